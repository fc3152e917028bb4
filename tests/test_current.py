"""Current through the contact and its impedance."""

from __future__ import annotations

from functools import partial
from math import inf, pi

import numpy as np
import pytest
from test_galerkin import ANGLES, Dual, experiment

import vegard as vg

LMO = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
FARADAY = 96485.33212
current = partial(vg.contact_current, per="concentration")


def at(s):
    return s / (2 * pi)


def test_rest():
    assert current(experiment(), 0.0).values == pytest.approx(4, rel=1e-13)
    d = Dual(1e-9, inf, 1.0, "permeable")
    got = current(experiment(h=1.0, back="permeable"), 0.0)
    assert got.values == pytest.approx(d.flux(), rel=1e-9)
    # a thin permeable film: its own area and a rim, D π R²/h (1 + (4 ln 2/π) h/R + …)
    h = 1e-2
    thin = current(experiment(h=h, back="permeable"), 0.0).values.real * h / pi
    assert thin == pytest.approx(1 + 4 * np.log(2) / pi * h, rel=1e-3)


@pytest.mark.parametrize("d", [0.1, 1.0, 10.0])
def test_low_and_high_frequency(d):
    """4(1+2σ/π) and π(σ+1+1/(4σ)) times √(D_r D_z) R, σ² = sR²/D_r."""
    e = experiment(d=d)
    low, high = np.array([1e-10, 1e-8]), np.array([1e5, 1e7, 1e9])
    sigma = np.sqrt(1j * low / d)
    values = current(e, at(low)).values / np.sqrt(d)
    assert np.allclose(values, 4 * (1 + 2 * sigma / pi), rtol=1e-7, atol=0)
    assert np.allclose(values.imag, (8 * sigma / pi).imag, rtol=1e-3, atol=0)
    sigma = np.sqrt(1j * high / d)
    values = current(e, at(high)).values / np.sqrt(d)
    assert np.allclose(values, pi * (sigma + 1 + 1 / (4 * sigma)), rtol=2e-7, atol=0)


def test_switch_to_the_rim():
    """|σ| = 100: the flux is smooth across it to the sum of the stated errors."""
    omega = 1e4 * np.array([0.998, 0.999, 0.9999999, 1.0000001, 1.001, 1.002])
    response = current(experiment(), at(omega))
    sigma = np.sqrt(1j * omega)
    reduced = response.values / (pi * (sigma + 1 + 1 / (4 * sigma)))
    jump = np.abs(np.diff(reduced))
    assert jump[2] <= 1.5 * np.abs(response.error / response.values)[2:4].sum()
    assert jump.max() < 1e-7


@pytest.mark.parametrize(("biot", "h"), [(inf, inf), (3.0, 0.5)])
def test_scales_and_shapes(biot, h):
    """SI numbers are the dimensionless ones times DcR, ω in D/R²; scalar in, scalar out."""
    radius, d = 2e-8, 7e-15
    geometry = vg.HalfSpace() if h == inf else vg.Film(h * radius)
    e = vg.Experiment(LMO, vg.DiscTip(radius), geometry, vg.Contact(biot * d / radius))
    omega = np.array([[0.1, 1.0], [5.0, 40.0]])
    got = current(e, at(omega) * d / radius**2)
    assert got.values.shape == (2, 2)
    expected = current(experiment(biot, h), at(omega)).values
    assert np.allclose(got.values, expected * d * radius, rtol=1e-12, atol=0)
    assert np.isscalar(current(e, 1.0).values)
    volt = vg.contact_current(e, at(omega) * d / radius**2)
    assert np.allclose(volt.values, got.values * FARADAY / 4.4e-5, rtol=1e-12, atol=0)
    assert volt.units == "A/V"
    assert volt.values.real.min() > 0  # V > 0 drives ions in


def test_slow_rate_is_a_uniform_flux():
    """Bi → 0: πκ(1 - 8Bi/(3π) + …) at rest."""
    biot = 1e-4
    got = current(experiment(biot), 0.0).values.real
    assert got == pytest.approx(pi * biot * (1 - 8 * biot / (3 * pi)), rel=3e-8)


def test_film_late_and_early():
    """A permeable film comes to rest; a deep or an early one does not know of its back."""
    e = experiment(h=0.5, back="permeable")
    rest = current(e, 0.0).values.real
    assert current(e, time=5.0).values == pytest.approx(rest, rel=1e-9)
    early = [current(experiment(h=h), time=1e-3).values for h in (0.5, inf)]
    assert early[0] == pytest.approx(early[1], rel=1e-9)
    # a blocking film in the late stage is a plane problem: I/(4πDh) → 1/x - γ/x², x = ln 4T - 2γ
    h, t = 0.05, 1e12
    late = current(experiment(h=h), time=t).values
    x = np.log(4 * t) - 2 * np.euler_gamma
    assert late == pytest.approx(4 * pi * h * (1 - np.euler_gamma / x) / x, rel=5e-3)


@pytest.mark.slow
def test_current_fills_the_film():
    """∫₀ᵗ I dt' are the ions inside: 2πh∫ δC r dr of a plane cylinder problem, thin blocking film.

    For h ≪ R the region under the contact is full at once, πR²h, and more leaks out: the charge
    per πR²h is 1 + (4/√π)√T to first order (a straight rim: 2√(T/π) per length).
    """
    e, h = experiment(h=0.01), 0.01
    edges = np.concatenate([[0], np.geomspace(1e-4, 0.02, 16)])  # √t
    x, w = np.polynomial.legendre.leggauss(12)
    half = np.diff(edges)[:, None] / 2
    y = (edges[:-1, None] + half * (x + 1)).ravel()
    weight = (half * w).ravel() * 2 * y
    charge = weight @ current(e, time=y * y).values / (pi * h)
    root = 4 / np.sqrt(pi) * np.sqrt(4e-4)
    # and a fillet at the rim, of the order of h/R
    assert charge == pytest.approx(1 + root, abs=0.025)


@pytest.mark.slow
def test_current_is_what_swells():
    """∫ u dA = 2(1+ν)β ∫ I dt: the same ions, in displacement (tail u ~ r⁻³) and in current."""
    e, t = experiment(), 0.05
    x, w = np.polynomial.legendre.leggauss(12)
    y = np.sqrt(t) * (x + 1) / 2
    charge = (w * np.sqrt(t) / 2 * 2 * y) @ current(e, time=y * y).values
    edges = np.array([0.0, 0.5, 0.8, 0.95, 1.0, 1.05, 1.3, 2.0, 4.0, 10.0, 30.0])
    half = np.diff(edges)[:, None] / 2
    r, wr = (edges[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
    u = vg.step_response(e, t, per="concentration", at=np.append(r, 30.0)).values
    swollen = 2 * pi * (wr * r) @ u[:-1] + 2 * pi * 30.0**2 * u[-1]
    assert swollen == pytest.approx(charge, rel=1e-5)


@pytest.mark.slow
def test_step_against_another_route():
    """I(t) as an integral over two rays at ±160°, and the share of the arc around s = 0."""
    e, angle = experiment(5.0, h=0.5, back="permeable"), 2.8
    x = np.geomspace(1e-6, 1e6, 500)
    s = x * np.exp(1j * angle)
    parts = [e.interface.net_flux(p, e.tip, e.geometry, e.material)[0] for p in np.split(s, 25)]
    rest = current(e, 0.0).values.real * angle / pi
    for t in (0.01, 0.3):
        rays = np.trapezoid((np.exp(s * t) * np.concatenate(parts)).imag, np.log(x)) / pi
        assert current(e, time=t).values == pytest.approx(rays + rest, rel=1e-6)


def test_impedance():
    slope, radius = 4.4e-5, 20e-9
    e = vg.Experiment(LMO, vg.DiscTip(radius), interface=vg.Contact())
    z = vg.contact_impedance(e, [0.0, 1.0, 1e3])
    assert z.units == "Ω"
    assert z.values[0] == pytest.approx(slope / FARADAY / (4 * 7e-15 * radius), rel=1e-12)
    i = vg.contact_current(e, [0.0, 1.0, 1e3])
    assert np.allclose(z.values * i.values, 1, rtol=1e-14, atol=0)
    assert np.allclose(z.error / np.abs(z.values), i.error / np.abs(i.values), rtol=1e-12, atol=0)
    # at high frequency only the charge transfer is left: R_ct/(πR²), κ = (-dE/dC)/(zF R_ct)
    r_ct = 1e-2
    slow = e.replace({"interface.rate": slope / (FARADAY * r_ct)})
    high = vg.contact_impedance(slow, 1e12)
    assert high.values.real == pytest.approx(r_ct / (pi * radius**2), rel=2e-3)
    warburg = vg.contact_impedance(e, 1e8).values
    assert np.degrees(np.angle(warburg)) == pytest.approx(-45, abs=0.1)


def test_step_on_the_contours_is_the_flux_at_s():
    """The sum over a contour needs the flux at 147°: against the integral equation."""
    s = 30 * ANGLES[0]
    e = experiment()
    got, error = e.interface.net_flux(np.array([s]), e.tip, e.geometry, e.material)
    assert abs(got[0] - Dual(np.sqrt(s)).flux()) <= 1e-11 * abs(got[0]) + error[0]


@pytest.mark.parametrize(
    ("change", "kw", "words"),
    [
        ({"interface": vg.FixedConcentration()}, {"frequency": 1.0}, "has no contact current"),
        ({"interface": vg.FixedFlux()}, {"frequency": 1.0}, r"Use interface=Contact"),
        ({"interface": vg.LinearKinetics(1.0)}, {"time": 1.0}, "ions do not enter under"),
        ({"interface": vg.BlockingTip(1e-9, 1.0)}, {"time": 1.0}, "BlockingTip has no contact"),
        ({"tip": vg.GaussianTip(1.0)}, {"frequency": 1.0}, "needs a DiscTip; got GaussianTip"),
        ({}, {}, "either frequency"),
        ({}, {"frequency": 1.0, "time": 1.0}, "either frequency"),
        ({}, {"frequency": -1.0}, "frequency must be >= 0"),
        ({}, {"frequency": np.nan}, "finite"),
        ({}, {"frequency": []}, "empty"),
        ({}, {"frequency": "fast"}, "numbers in Hz"),
        ({}, {"time": 0.0}, r"time must be > 0 \[s\]"),
        ({}, {"time": [1.0, -2.0]}, "got -2"),
        ({}, {"time": inf}, "finite"),
        ({}, {"frequency": 1.0, "per": "ampere"}, "no response per"),
        ({}, {"frequency": 1.0, "per": "volt"}, "ocv_slope"),
    ],
)
def test_refusals(change, kw, words):
    e = experiment().replace(change)
    with pytest.raises(vg.VegardError, match=words):
        vg.contact_current(e, **{"per": "concentration", **kw})


def test_what_has_no_rest():
    e = experiment(h=1.0)
    with pytest.raises(vg.NoStaticLimit, match="permeable"):
        current(e, [1.0, 0.0])
    with pytest.raises(vg.NoStaticLimit):
        vg.contact_impedance(e.replace({"material.ocv_slope": -1.0}), 0.0)
    with pytest.raises(vg.VegardError, match="Experiment"):
        vg.contact_current("contact", 1.0)
    with pytest.raises(vg.VegardError, match="has no contact current"):
        vg.contact_impedance(e.replace({"interface": vg.FixedFlux()}), 1.0)
