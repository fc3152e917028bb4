"""Distribution of relaxation times: closed forms, and time responses rebuilt from it."""

from __future__ import annotations

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from common import PER, Offset, unit_experiment
from scipy import special

import vegard as vg
from vegard.spectroscopy import onsets

X = np.logspace(-1, 3, 9)  # 1/τ in D/R²
ROOT = np.sqrt(X)
CLOSED = {
    ("disc", "conc"): (ROOT - np.sin(ROOT)) / (np.pi * X),
    ("gauss", "conc"): (ROOT - np.sqrt(2) * special.dawsn(ROOT / np.sqrt(2))) / (np.pi * X),
    ("gauss", "flux"): (special.ive(0, X / 4) - special.ive(1, X / 4)) / 4,
    ("disc", "flux"): special.j0(ROOT / 2) * special.j1(ROOT / 2) / (2 * ROOT),
}


@pytest.mark.parametrize("case", CLOSED)
def test_closed_forms(case):
    tip, interface = case
    g = vg.relaxation_times(unit_experiment(tip, interface), per=PER[interface], tau=1 / X)
    assert np.allclose(g.values, CLOSED[case], rtol=1e-11, atol=1e-13 * abs(CLOSED[case]).max())
    assert (np.abs(g.values - CLOSED[case]) <= g.error + 1e-12).all()


def rebuilt(e, t, per, at):
    """u(∞) - u(t) = ∫ g e^{-t/τ} d ln τ, with nodes at every jump."""
    fastest = 60 / t.min()
    edges = [*onsets(e, fastest), fastest]
    u, w = np.polynomial.legendre.leggauss(120)
    total = np.zeros(t.size)
    for low, high in pairwise(edges):
        y = np.sqrt(high - low) * (u + 1) / 2
        x = low + y * y
        g = vg.relaxation_times(e, per=per, tau=1 / x, at=at).values
        total += (g * w * np.sqrt(high - low) * y / x) @ np.exp(-np.outer(x, t))
    return total


@pytest.mark.slow
@pytest.mark.parametrize(
    ("interface", "back"),
    [
        ("conc", "blocking"),
        ("conc", "permeable"),
        ("kinetics", "blocking"),
        ("kinetics", "permeable"),
        ("flux", "permeable"),  # with a blocking back there is no static limit
    ],
)
@pytest.mark.parametrize(
    ("tip", "at", "readout"), [("gauss", 0.0, "centre"), ("disc", 2.0, "punch")]
)
def test_time_response_from_the_modes_of_a_film(back, interface, tip, at, readout):
    """Contours in s against residues in k: two routes that share no quadrature."""
    e = unit_experiment(tip, interface, thickness=0.7, back=back, biot=2.0, d=0.5, readout=readout)
    t = np.array([0.05, 0.2])
    per = PER[interface]
    rest = vg.static_response(e, per=per, at=at).values
    step = vg.step_response(e, t, per=per, at=at).values
    assert np.allclose(rebuilt(e, t, per, at), rest - step, rtol=1e-8)


@pytest.mark.parametrize(
    ("interface", "back", "slowest"),
    [("conc", "blocking", 4.0), ("conc", "permeable", 1.0), ("flux", "permeable", 4.0)],
)
def test_nothing_is_slower_than_the_film(interface, back, slowest):
    """4h²/π²D for a quarter wave, h²/π²D for a half wave; g jumps there."""
    h = 0.5
    e = unit_experiment("gauss", interface, thickness=h, back=back)
    edge = slowest * h**2 / np.pi**2
    g = vg.relaxation_times(e, per=PER[interface], tau=edge * np.array([1.001, 0.999])).values
    assert g[0] == 0.0
    assert g[1] > 1e-3


def test_default_times_straddle_the_jumps():
    e = unit_experiment("gauss", "conc", thickness=0.5)
    g = vg.relaxation_times(e, per="concentration")
    first = 4 * 0.25 / np.pi**2
    assert (np.abs(g.axis / first - 1) < 2e-9).sum() == 2
    assert (np.diff(g.axis) > 0).all()


@pytest.mark.parametrize("interface", ["conc", "flux", "kinetics"])
@pytest.mark.parametrize("tip", ["disc", "gauss"])
@pytest.mark.parametrize("film", [False, True])
def test_units(interface, tip, film):
    """g scales as the response: R for a concentration, R²/D for a flux."""
    radius, d = 3e-8, 2e-15
    one = unit_experiment(tip, interface, thickness=0.7 if film else None, biot=2.0)
    other = one.replace({"tip.radius": radius, "material.diffusivity": d})
    if film:
        other = other.replace({"geometry.thickness": 0.7 * radius})
    if interface == "kinetics":
        other = other.replace({"interface.rate": 2.0 * d / radius})
    tau, at = np.array([0.01, 0.1, 0.5]), [0.0, 0.4]
    a = vg.relaxation_times(one, per=PER[interface], tau=tau, at=at)
    b = vg.relaxation_times(
        other, per=PER[interface], tau=tau * radius**2 / d, at=np.array(at) * radius
    )
    scale = radius**2 / d if interface == "flux" else radius
    assert np.allclose(b.values, scale * a.values, rtol=1e-10)
    assert np.abs(a.values).max() > 1e-3


def test_other_signals_are_refused():
    """A pole of its own would be missed in silence."""
    e = unit_experiment("gauss", "conc")
    with pytest.raises(vg.VegardError, match="use step_response"):
        vg.relaxation_times(vg.Experiment(e.material, e.tip, also=(Offset(),)), per="concentration")


def test_too_short_times_are_refused():
    e = unit_experiment("disc", "conc")
    with pytest.raises(vg.VegardError, match="too short"):
        vg.relaxation_times(e, per="concentration", tau=1e-14)
    film = unit_experiment("gauss", "conc", thickness=1e6)
    with pytest.raises(vg.VegardError, match="use HalfSpace"):
        vg.relaxation_times(film, per="concentration", tau=1e-3)


def half_space_truth(tip, interface, x, r, d, biot=2.0):
    """-Im H(-x+i0)/π over the range where q is imaginary, with mpmath."""
    mp.mp.dps = 25
    x = mp.mpf(x)
    edge = mp.sqrt(x / d)

    def f(angle):
        k, q = edge * mp.sin(angle), 1j * mp.sqrt(x) * mp.cos(angle)
        t = 1 / (k + q)
        t *= {"conc": 1, "flux": 1 / q, "kinetics": biot / (biot + q)}[interface]
        spot = mp.besselj(1, k) if tip == "disc" else k * mp.exp(-k * k / 2)
        return spot * mp.besselj(0, k * r) * t.imag * edge * mp.cos(angle)

    cuts = mp.linspace(0, mp.pi / 2, 2 + int(edge * (1 + r) / 6))
    return float(-mp.quad(f, cuts) / mp.pi)


@pytest.mark.parametrize("interface", ["conc", "flux", "kinetics"])
@pytest.mark.parametrize("tip", ["disc", "gauss"])
def test_half_space_off_axis_and_anisotropic(tip, interface):
    for d, r, x in ((0.3, 0.0, 2.0), (5.0, 0.7, 0.1), (1.0, 5.0, 10.0), (1.0, 30.0, 1.0)):
        e = unit_experiment(tip, interface, d=d, biot=2.0)
        g = vg.relaxation_times(e, per=PER[interface], tau=1 / x, at=r)
        truth = half_space_truth(tip, interface, 1 / (1 / x), r, d)
        assert g.values == pytest.approx(truth, rel=1e-9)
        assert abs(g.values - truth) <= g.error + 1e-14 * abs(truth)


def film_truth(tip, x, r, h):
    """Blocking film, fixed concentration: the residues of q tanh qh by hand."""
    mp.mp.dps = 30
    total, n, x = mp.mpf(0), 0, mp.mpf(x)
    while (y := (n + mp.mpf(1) / 2) * mp.pi / h) ** 2 < x:
        k = mp.sqrt(x - y * y)
        spot = mp.besselj(1, k) if tip == "disc" else k * mp.exp(-k * k / 2)
        residue = 2 * y * (y - k * mp.exp(-k * h) * (-1) ** n) / (x * h)
        total += spot * mp.besselj(0, k * r) * residue / (2 * k)
        n += 1
    return float(total)


@pytest.mark.parametrize("tip", ["disc", "gauss"])
@pytest.mark.parametrize("r", [0.0, 1.0, 5.0, 100.0])
def test_film_against_its_residues(tip, r):
    for h, x in (
        (0.01, 24674.1),
        (0.3, 27.41567),
        (0.3, 37.0),
        (10.0, 0.1),
        (10.0, 3.0),
        (1e3, 0.1),
    ):
        tau = 1 / x
        g = vg.relaxation_times(
            unit_experiment(tip, "conc", thickness=h, back="blocking"),
            per="concentration", tau=tau, at=r,
        )  # fmt: skip
        truth = film_truth(tip, 1 / mp.mpf(tau), r, h)
        assert abs(g.values - truth) <= g.error
        assert g.error <= 1e-8 * abs(truth)
