"""Admittance, modes and series of film, cylinder and sphere, typed a second time in mpmath."""

from __future__ import annotations

from functools import cache
from itertools import product

import mpmath as mp
import numpy as np
import pytest

from vegard import intercalation

BODIES = [("planar", False), ("planar", True), ("cylinder", False), ("sphere", False)]
# Bessel functions of 90 digits take their time
SLOW_BESSEL = [pytest.param(*b, marks=[pytest.mark.slow] * (b[0] == "cylinder")) for b in BODIES]
M = {"planar": 0, "cylinder": 1, "sphere": 2}
EPS = np.finfo(float).eps


def textbook(x2, shape, permeable):
    """Y from the hyperbolic and Bessel functions; they cancel 60 digits at |x²| = 1e-30."""
    with mp.workdps(90):
        x = mp.sqrt(mp.mpmathify(x2))
        if shape == "planar":
            return x * (mp.coth(x) if permeable else mp.tanh(x))
        if shape == "sphere":
            return x * mp.coth(x) - 1
        return x * mp.besseli(1, x) / mp.besseli(0, x)


@cache
def root(biot, n, shape, permeable):
    """The n-th wavenumber by bisection of the textbook's equation, free of poles."""
    equation = {
        ("planar", False): lambda v: v * mp.sin(v) - biot * mp.cos(v),
        ("planar", True): lambda v: v * mp.cos(v) + biot * mp.sin(v),
        ("cylinder", False): lambda v: v * mp.besselj(1, v) - biot * mp.besselj(0, v),
        ("sphere", False): lambda v: (1 - biot) * mp.sin(v) - v * mp.cos(v),
    }[shape, permeable]
    with mp.workdps(30):
        if shape == "cylinder":
            low = mp.besseljzero(0, n - 1) if n > 1 else mp.mpf(0)
            high = mp.besseljzero(0, n)
        else:
            half = mp.mpf(1) / 2 if (shape, permeable) == ("planar", False) else 0
            low, high = max((n - 1 - half) * mp.pi, 0), (n - half) * mp.pi
        low = low or mp.mpf(10) ** -20  # some equations have a root at 0 that does not count
        rising = equation(high) > 0
        while high - low > 1e-18 * high:
            middle = (low + high) / 2
            if (equation(middle) > 0) == rising:
                high = middle
            else:
                low = middle
        return low


@pytest.mark.parametrize(("shape", "permeable"), SLOW_BESSEL)
def test_admittance(shape, permeable):
    """All phases that a contour meets (155°), |x²| from 1e-12 to 1e8; both components at i."""
    for turn in (0, 0.25, 0.5, -0.5, 0.75, 0.86):
        x2 = np.geomspace(1e-12, 1e8, 81) * np.exp(1j * np.pi * turn)
        got = intercalation.admittance(x2, shape, permeable=permeable)
        expected = np.array([complex(textbook(v, shape, permeable)) for v in x2])
        assert np.abs(got / expected - 1).max() < 1e-15 * 4  # rounding of a quotient
    x2 = 1j * np.geomspace(1e-30, 1e-2, 57)  # a third of the resistance beside a huge reactance
    got = 1 / intercalation.admittance(x2, shape, permeable=permeable)
    expected = 1 / np.array([complex(textbook(v, shape, permeable)) for v in x2])
    assert np.abs(got.real / expected.real - 1).max() < 1e-14
    assert np.abs(got.imag / expected.imag - 1).max() < 1e-14


@pytest.mark.parametrize(("shape", "permeable"), BODIES)
def test_on_the_axis_of_the_modes(shape, permeable):
    """Real arguments, x² < 0: y runs through poles; in units of its own slope there."""
    x2 = -np.geomspace(1e-6, 900.0, 400)
    got = intercalation.admittance(x2, shape, permeable=permeable)
    assert got.dtype == float
    expected = np.array([float(mp.re(textbook(v, shape, permeable))) for v in x2])
    # dy/dx² from the Riccati equation of the module
    slope = (x2 + (1 - M[shape]) * expected - expected**2) / (2 * x2)
    error = np.abs(got - expected) / (np.abs(expected) + np.abs(slope * x2))
    assert error.max() < 4e-15


@pytest.mark.parametrize(("shape", "permeable"), BODIES)
def test_riccati(shape, permeable):
    """2x² dy/dx² = x² + (1-m)y - y², on which all residues rest."""
    for x2 in (0.3 + 0.2j, 5j, 40 + 3j, -3.1 + 0.4j):
        slope = mp.diff(lambda v: textbook(v, shape, permeable), x2)
        y = textbook(x2, shape, permeable)
        assert abs(2 * x2 * slope - (x2 + (1 - M[shape]) * y - y * y)) < 1e-12 * abs(y * y)


@pytest.mark.parametrize(("shape", "permeable"), BODIES)
def test_switches(shape, permeable):
    """Both sides of |x²| = 1 and of the cylinder's asymptote agree."""
    for edge, turn in product((1.0, 1e8), (0.0, 0.5, -0.5, 0.8)):
        x2 = edge * np.exp(1j * np.pi * turn) * np.array([1 - 1e-15, 1 + 4e-15])
        below, above = intercalation.admittance(x2, shape, permeable=permeable)
        assert abs(below / above - 1) < 1e-14


@pytest.mark.parametrize(("shape", "permeable"), BODIES)
def test_ends_of_the_range(shape, permeable):
    x2 = np.append(0.0, np.geomspace(1e-300, 1e300, 121)) * np.exp(0.5j * np.pi)
    y = intercalation.admittance(x2, shape, permeable=permeable)
    assert np.isfinite(y).all()
    assert y[0] == (1.0 if permeable else 0.0)
    assert y[-1] == pytest.approx(np.sqrt(x2[-1]), rel=1e-15)
    small = 1.0 if permeable else x2[1] / (M[shape] + 1)
    assert y[1] == pytest.approx(small, rel=1e-15)
    assert intercalation.admittance(1e300, shape, permeable=permeable) == pytest.approx(1e150)


@pytest.mark.parametrize(("shape", "permeable"), BODIES)
@pytest.mark.parametrize("biot", [1e-12, 1e-3, 0.5, 1.0, 3.0, 40.0, 1e4, 1e12])
def test_modes(shape, permeable, biot):
    got = intercalation.modes(5, biot, shape, permeable=permeable)
    expected = [float(root(mp.mpf(biot), n, shape, permeable)) for n in (1, 2, 5)]
    assert np.allclose(got[[0, 1, 4]], expected, rtol=8 * EPS, atol=0)


def test_modes_at_the_ends():
    for shape, m in M.items():
        tiny = intercalation.modes(3, 1e-250, shape)
        assert tiny[0] == pytest.approx(np.sqrt((m + 1) * 1e-250), rel=1e-14)
        none = intercalation.modes(3, 0.0, shape)
        assert none[0] == 0
        assert np.allclose(tiny[1:], none[1:], rtol=4 * EPS, atol=0)
        wide = intercalation.modes(3, 1e300, shape)
        assert np.allclose(wide, intercalation.modes(3, np.inf, shape), rtol=4 * EPS, atol=0)
    half = np.pi * (np.arange(3) + 0.5)
    assert np.allclose(intercalation.modes(3, np.inf, "planar"), half, rtol=EPS, atol=0)
    assert np.allclose(intercalation.modes(3, 0.0, "planar", permeable=True), half, rtol=4 * EPS)
    # tan λ = λ
    assert intercalation.modes(2, 0.0, "sphere")[1] == pytest.approx(4.493409457909064, rel=1e-15)


def crank(time, biot, shape, permeable, terms=60):
    """Flux after a step of the concentration, as the textbook writes it for each body."""
    total = mp.mpf(0)
    if permeable:
        total = biot / (1 + biot)
    for n in range(1, terms + 1):
        v = root(biot, n, shape, permeable)
        weight = {
            ("planar", False): 2 * biot**2 / (v**2 + biot**2 + biot),
            ("planar", True): 2 * biot**2 / (v**2 + biot**2 + biot),
            ("cylinder", False): 2 * biot**2 / (v**2 + biot**2),
            ("sphere", False): 2 * biot**2 / (v**2 + biot * (biot - 1)),
        }[shape, permeable]
        total += weight * mp.exp(-(v**2) * time)
    return float(total)


@pytest.mark.parametrize(("shape", "permeable"), SLOW_BESSEL)
@pytest.mark.parametrize("biot", [0.01, 1.0, 50.0])
def test_flux_series(shape, permeable, biot):
    """From the time at which the series take over."""
    for time in (intercalation.SERIES_FROM, 0.3, 3.0):
        got = intercalation.flux_after_step(
            np.array([time]), biot, shape, permeable=permeable
        )[0]  # fmt: skip
        expected = crank(mp.mpf(time), mp.mpf(biot), shape, permeable, 24)
        assert got == pytest.approx(expected, rel=2e-14)


def test_flux_without_kinetics():
    t = np.array([0.02, 0.1, 1.0])
    for shape, permeable in BODIES:
        got = intercalation.flux_after_step(t, np.inf, shape, permeable=permeable)
        slow = intercalation.flux_after_step(t, 1e13, shape, permeable=permeable)
        assert np.allclose(got, slow, rtol=1e-11, atol=0)
    n = np.arange(200)[:, None]
    film = 2 * np.exp(-((n + 0.5) ** 2) * np.pi**2 * t).sum(axis=0)
    assert np.allclose(intercalation.flux_after_step(t, np.inf, "planar"), film, rtol=1e-14)
    ball = 2 * np.exp(-((n + 1) ** 2) * np.pi**2 * t).sum(axis=0)
    assert np.allclose(intercalation.flux_after_step(t, np.inf, "sphere"), ball, rtol=1e-14)
    through = 1 + ball
    got = intercalation.flux_after_step(t, np.inf, "planar", permeable=True)
    assert np.allclose(got, through, rtol=1e-14)


@pytest.mark.parametrize("biot", [1e-300, 1e-200, 1e-100, 1e-3, 1e100, 1e300])
def test_flux_does_not_overflow(biot):
    """Warnings are errors here; a slow interface passes Bi e^(-(m+1)Bi T)."""
    for shape, m in M.items():
        got = intercalation.flux_after_step(np.array([0.5]), biot, shape)[0]
        if biot < 1:  # and a thousandth of it
            expected = biot * np.exp(-(m + 1) * 0.5 * biot)
            assert got == pytest.approx(expected, rel=max(biot, 1e-14))
        else:
            assert got == pytest.approx(
                intercalation.flux_after_step(np.array([0.5]), np.inf, shape)[0], rel=1e-13
            )


def test_last_flux_is_the_first_exponential():
    t = np.array([0.5, 2.0])
    v = float(root(mp.mpf(2), 1, "sphere", False))
    expected = 8 / (v**2 + 2) * np.exp(-(v**2) * t)
    assert np.allclose(intercalation.last_flux(t, 2.0, "sphere"), expected, rtol=1e-14)


def test_level_series():
    """Crank's (4.55), (5.41), (6.45) at the surface: (m+1)T + 1/(m+3) - Σ 2e^{-λ²T}/λ²."""
    t = np.array([intercalation.SERIES_FROM, 0.3, 3.0])
    n = np.arange(1, 200)[:, None]
    film = t + 1 / 3 - (2 / (np.pi * n) ** 2 * np.exp(-((np.pi * n) ** 2) * t)).sum(axis=0)
    assert np.allclose(intercalation.level_after_current(t, "planar"), film, rtol=1e-14)
    v = (n - 0.5) * np.pi
    through = 1 - (2 / v**2 * np.exp(-(v**2) * t)).sum(axis=0)
    got = intercalation.level_after_current(t, "planar", permeable=True)
    assert np.allclose(got, through, rtol=1e-14)
    ball = [float(root(mp.mpf(0), k, "sphere", False)) for k in range(2, 26)]  # tan λ = λ
    ring = [float(mp.besseljzero(1, k)) for k in range(1, 25)]
    for shape, m, found in (("sphere", 2, ball), ("cylinder", 1, ring)):
        v = np.array(found)[:, None]
        expected = (m + 1) * t + 1 / (m + 3) - (2 / v**2 * np.exp(-(v**2) * t)).sum(axis=0)
        assert np.allclose(intercalation.level_after_current(t, shape), expected, rtol=1e-14)
