"""The beam: known roots, closed forms, reciprocity, and its two ways of computing side by side."""

from __future__ import annotations

from math import inf

import mpmath as mp
import numpy as np
import pytest

import vegard as vg
from vegard import beam

UNIT = np.eye(2)  # a force, a moment; or an apex that moves with y and with y'
PLACES = np.array([0.1, 0.35, 0.8, 1.0])


def contact(normal, at=1.0, rows=UNIT, lateral=0.0):
    return beam.Contact(at, np.array(rows, float), normal, lateral)


def exact_receptance(z, at, x, force, moment):
    """y and y' from eight constants of two pieces, in 40 digits."""
    with mp.workdps(40):
        z, at, x = mp.mpc(z), mp.mpf(at), mp.mpf(x)

        def row(x, order):
            h, t = (mp.cosh(z * x), mp.sinh(z * x)), (mp.cos(z * x), mp.sin(z * x))
            c, s = [(t[0], t[1]), (-t[1], t[0]), (-t[0], -t[1]), (t[1], -t[0])][order]
            return [v * z**order for v in (h[order % 2], h[1 - order % 2], c, s)]

        none = [mp.mpf(0)] * 4
        a = [row(0, 0) + none, row(0, 1) + none, none + row(1, 2), none + row(1, 3)]
        a += [[-v for v in row(at, order)] + row(at, order) for order in range(4)]
        c = mp.lu_solve(mp.matrix(a), mp.matrix([0, 0, 0, 0, 0, 0, -moment, force]))
        piece = list(c[:4]) if x <= at else list(c[4:])
        return [complex(mp.fdot(piece, row(x, order))) for order in (0, 1)]


@pytest.mark.parametrize("at", [1.0, 0.8, 0.3])
@pytest.mark.parametrize("z", [0.01, 0.3 - 0.1j, 0.79, 0.81, 1.5, 3.0, 6.0 - 0.2j, 25.0 - 0.01j])
def test_receptance_against_40_digits(z, at):
    g = beam.receptance(np.array([z]), at, PLACES, UNIT)[..., 0]
    for load in (0, 1):
        exact = np.array([exact_receptance(z, at, x, *UNIT[load]) for x in PLACES]).T
        size = np.abs(exact).max(axis=1, keepdims=True)
        assert (np.abs(g[:, load] - exact) <= 1e-12 * size).all()  # rounding, damped or not


def test_rest():
    """End of a cantilever: FL³/3EI, FL²/2EI = ML²/2EI, ML/EI; with no digit lost near rest."""
    g = beam.receptance(np.array([0.0, 1e-4, 1e-2]), 1.0, [1.0], UNIT)
    for n in range(3):
        assert np.allclose(g[:, :, 0, n], [[1 / 3, 1 / 2], [1 / 2, 1]], rtol=1e-8 if n else 1e-15)


@pytest.mark.parametrize("z", [0.5, 2.0, 11.0 - 0.3j])
def test_reciprocity(z):
    """What a load here does there, the same load there does here."""
    there = beam.receptance(np.array([z]), 0.4, [0.9], UNIT)[:, :, 0, 0]
    here = beam.receptance(np.array([z]), 0.9, [0.4], UNIT)[:, :, 0, 0]
    assert np.allclose(there, here.T, rtol=1e-12)


def test_the_two_ways_agree_where_they_meet():
    x, z = np.linspace(0.05, 1, 7), np.array([0.8, 0.8 - 0.2j, 0.9])
    series = beam._series(z**4, 0.7, x[:, None], UNIT)
    assert np.allclose(series, beam._waves(z.astype(complex), 0.7, x, UNIT), rtol=3e-13)


def test_short_waves_do_not_overflow():
    """Far from the ends the beam is infinite: y = -(1 + i)F/4z³ under a force."""
    z = np.array([3000.0 - 30.0j])
    g = beam.receptance(z, 0.5, [0.5, 0.1], UNIT)
    assert g[0, 0, 0, 0] == pytest.approx((-(1 + 1j) / (4 * z**3))[0], rel=1e-10, abs=0)
    assert np.isfinite(g).all()


def test_roots_of_the_free_and_of_the_pinned_beam():
    free = [mp.findroot(lambda z: 1 + mp.cos(z) * mp.cosh(z), g) for g in (1.9, 4.7, 7.9, 11, 14.1)]
    pinned = [mp.findroot(lambda z: mp.tan(z) - mp.tanh(z), g) for g in (3.93, 7.07, 10.21)]
    assert np.allclose(beam.roots(contact(0.0), 5), np.array(free, float), rtol=1e-14)
    assert np.allclose(beam.roots(contact(inf), 3), np.array(pinned, float), rtol=1e-14)
    assert np.allclose(beam.roots(contact(0.0), 2), [1.87510407, 4.69409113], rtol=2e-9)  # books
    assert np.allclose(beam.roots(contact(inf), 2), [3.92660231, 7.06858275], rtol=2e-9)
    assert beam.roots(contact(0.0), 400)[-1] == pytest.approx(399.5 * np.pi, rel=1e-14)


@pytest.mark.parametrize("at", [1.0, 0.7834, 0.5])
@pytest.mark.parametrize("lateral", [0.0, 30.0])
def test_springs_only_raise_resonances(at, lateral):
    """Each rises with the spring, and stays below the next resonance of the beam without it."""
    rows = [[0.98, -0.02], [0.2, 0.1]]
    stiff = (0.0, 1e-9, 1e-3, 1.0, 30.0, 1e3, 1e6, 1e9, inf)
    z = np.array([beam.roots(contact(k, at, rows, lateral), 6) for k in stiff])
    assert (np.diff(z, axis=0) >= -1e-13).all()
    assert (z[:, :-1] <= z[0, 1:] + 1e-13).all()
    assert np.allclose(z[1], z[0], rtol=1e-9)
    assert np.allclose(z[-2], z[-1], rtol=1e-5)  # 1/k


def test_spring_undoes_roots():
    c = contact(250.0, 0.9, [[0.98, -0.02], [0.2, 0.1]], 40.0)
    for z in beam.roots(c, 4):
        assert beam.spring(z, c) == pytest.approx(250, rel=1e-9)


def test_too_much_damping_is_told():
    with pytest.raises(vg.VegardError, match="damps the resonance too strongly"):
        beam.damped(2.0, contact(1.0), 100.0, 1e4)
    assert beam.damped(beam.FIRST, contact(inf), 100.0, 1e4).imag == 1 / 200  # a pin cannot damp
