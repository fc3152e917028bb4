"""Concentration under the tip: closed forms, quadrature, the mixed problem, time and frequency."""

from __future__ import annotations

from functools import partial
from math import inf, pi

import mpmath as mp
import numpy as np
import pytest
from common import PER, Offset, unit_experiment
from scipy import special
from test_galerkin import Dual
from test_galerkin import experiment as contact

import vegard as vg
from vegard import concentrations

LMO = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
OMEGA = np.array([1e-8, 1e-2, 1.0, 30.0, 1e4, 1e8])
concentration = partial(vg.concentration, per="concentration")
flux = partial(vg.concentration, per="flux")
PROFILES = {
    "disc": vg.DiscTip(1.0),
    "gauss": vg.GaussianTip(1.0),
    "cone": vg.ProfileTip(1.0, (0.0, 0.5, 1.0), (1.0, 0.8, 0.4)),
}


def at(s):
    return np.asarray(s) / (2 * pi)


def gauss_legendre(a, b, n=40):
    x, w = np.polynomial.legendre.leggauss(n)
    return a + (b - a) * (x + 1) / 2, (b - a) * w / 2


# ------------------------------------------------------------------ what the tip prescribes


@pytest.mark.parametrize("tip", PROFILES)
@pytest.mark.parametrize("geometry", [vg.HalfSpace(), vg.Film(0.1), vg.Film(3.0, "permeable")])
def test_fixed_concentration_is_the_profile_itself(tip, geometry):
    """C = S(r) at every frequency and every time after the step: rounding is all that is left."""
    e = vg.Experiment(LMO, PROFILES[tip], geometry)
    r = np.array([0.0, 0.3, 0.97, 1.0, 1.4, 5.0])
    shape = PROFILES[tip].shape(r)
    shape[3] = {"disc": 0.5, "gauss": np.exp(-0.5), "cone": 0.2}[tip]  # the mean of a jump
    # the kinks of a cone are rounded over a hundredth of their spacing, and so it is stated
    exact = {"rtol": 0, "atol": 1e-12 if tip != "cone" else 1e-4}
    got = concentration(e, at(OMEGA), at=r)
    off = np.abs(got.values - shape[:, None])
    assert (off <= 1.0001 * got.error).all()
    assert got.error.max() < exact["atol"]
    step = concentration(e, time=[1e-9, 1.0, 1e9], at=r)
    assert np.allclose(step.values, shape[:, None], **exact)


@pytest.mark.parametrize("tip", PROFILES)
@pytest.mark.parametrize("r", [0.0, 0.4])
def test_punch_reads_the_mean_with_its_own_pressure(tip, r):
    """∫₀¹ dt of the mean over the circle of radius √(1 - t²) around r; 1 for a disc on its axis."""
    e = vg.Experiment(LMO, PROFILES[tip], readout="punch")
    got = concentration(e, at(OMEGA), at=r)
    if tip == "disc":  # the share of each circle that lies in the disc
        t = (np.arange(100_000) + 0.5) / 100_000
        rho = np.sqrt(1 - t * t)
        cosine = (r * r + rho * rho - 1) / (2 * r * rho) if r else -np.ones_like(t)
        mean = np.arccos(np.clip(cosine, -1, 1)).mean() / pi
    else:
        t, w = gauss_legendre(0, 1, 200)
        theta = (np.arange(400) + 0.5) * pi / 400
        rho = np.sqrt(1 - t * t)[:, None]
        circle = np.sqrt(r * r + rho * rho - 2 * r * rho * np.cos(theta))
        mean = w @ PROFILES[tip].shape(circle).mean(axis=1)
    # the cone's rim cuts the circles: the double sum is good to 1e-4 there, 1e-6 for the disc
    tolerance = {"disc": 1e-6 if r else 1e-12, "gauss": 1e-12, "cone": 3e-4}[tip]
    assert np.allclose(got.values, mean, rtol=0, atol=tolerance)
    if tip == "disc" and not r:
        assert (np.abs(got.values - 1) <= got.error).all()
        assert got.error.max() < 1e-12


@pytest.mark.parametrize("h", [inf, 0.3])
def test_perfect_contact_holds_what_the_tip_prescribes(h):
    """C = 1 under the tip, up to the rim and through both ways of solving; stated errors hold."""
    r = np.array([0.0, 0.5, 0.9, 1.0])
    for readout, where in (("centre", r), ("punch", r[:1])):
        got = concentration(contact(h=h, readout=readout), at(OMEGA), at=where)
        off = np.abs(got.values - 1)
        assert (off <= got.error).all()
        assert off.max() < 5e-8  # at the rim, where the rim's solution takes over
        assert got.error.max() < 1e-7
    step = concentration(contact(h=h), time=[1e-6, 1e-2, 1e2], at=r[:3])
    assert np.allclose(step.values, 1, rtol=0, atol=1e-7)
    assert (np.abs(step.values - 1) <= step.error).all()


# ------------------------------------------------------------------ flux: closed forms


def flux_disc(sigma):
    """∫ J₁(k)/q dk."""
    return -np.expm1(-sigma) / sigma


def flux_gauss(sigma):
    """∫ e^{-k²/2} k/q dk."""
    return np.sqrt(pi / 2) * special.erfcx(np.asarray(sigma) / np.sqrt(2))


@pytest.mark.parametrize("d", [0.01, 1.0, 100.0])
@pytest.mark.parametrize(("tip", "closed"), [("disc", flux_disc), ("gauss", None)])
def test_flux_in_frequency(tip, closed, d):
    """J/√(D_r D_z) × F(R√(s/D_r)) on the axis; 1e-12 is the accuracy that the verbs promise."""
    e = unit_experiment(tip, "flux", d=d)
    sigma = np.sqrt(1j * OMEGA / d)
    got = flux(e, at(OMEGA))
    if closed is None:
        expected = np.sqrt(pi / 2) * special.wofz(1j * sigma / np.sqrt(2))  # e^{z²} erfc z
    else:
        expected = closed(sigma)
    expected = expected / np.sqrt(d)
    assert np.allclose(got.values, expected, rtol=1e-12, atol=0)
    if closed is not None:  # wofz is good to 1e-14
        assert (np.abs(got.values - expected) <= got.error + 1e-15 * np.abs(expected)).all()


def test_flux_at_rest():
    """JR/D under a disc, √(π/2) under a gaussian, π/4 as the punch means it, 2/π at the rim."""
    for tip, readout, r, expected in (
        ("disc", "centre", 0.0, 1.0),
        ("gauss", "centre", 0.0, np.sqrt(pi / 2)),
        ("disc", "punch", 0.0, pi / 4),
        ("disc", "centre", 1.0, 2 / pi),
    ):
        got = flux(unit_experiment(tip, "flux", readout=readout), 0.0, at=r)
        assert got.values == pytest.approx(expected, rel=1e-12)
        assert np.isscalar(got.values)


def ierfc(x):
    return np.exp(-x * x) / np.sqrt(pi) - x * special.erfc(x)


def test_flux_after_a_step():
    """Carslaw and Jaeger's disc, 2√T [ierfc 0 - ierfc(1/2√T)]; gaussian √(2/π) atan √(2T)."""
    t = np.array([1e-8, 1e-3, 0.1, 1.0, 1e2, 1e8])
    disc = 2 * np.sqrt(t) * (1 / np.sqrt(pi) - ierfc(1 / (2 * np.sqrt(t))))
    gauss = np.sqrt(2 / pi) * np.arctan(np.sqrt(2 * t))
    for tip, expected in (("disc", disc), ("gauss", gauss)):
        got = flux(unit_experiment(tip, "flux"), time=t)
        # the closed form of the disc cancels at late times: 1e-16 of 2√(T/π)
        assert np.allclose(got.values, expected, rtol=1e-11, atol=2e-16 * np.sqrt(t.max()))
        if tip == "gauss":
            assert (np.abs(got.values - expected) <= got.error).all()


@pytest.mark.parametrize("back", ["blocking", "permeable"])
@pytest.mark.parametrize("h", [0.2, 2.0])
def test_flux_into_a_film_by_images(back, h):
    """Σ (±1)ⁿ [e^{-σz} - e^{-σ√(1+z²)}]/σ, z = 2|n|h: discs at the images of the surface."""
    s = np.array([0.3j, 4j, 100j])
    sigma = np.sqrt(s)
    n = np.arange(1, int(80 / h / sigma.real.min()))[:, None]
    sign = 1.0 if back == "blocking" else (-1.0) ** n
    z = 2 * n * h
    images = sign * (np.exp(-sigma * z) - np.exp(-sigma * np.sqrt(1 + z * z))) / sigma
    expected = flux_disc(sigma) + 2 * images.sum(axis=0)
    got = flux(unit_experiment("disc", "flux", thickness=h, back=back), at(s.imag))
    assert np.allclose(got.values, expected, rtol=1e-11, atol=0)


# ------------------------------------------------------------------ kinetics


def kinetics_disc(biot, sigma):
    """κ/(κ + Dq) = κ/D ∫ e^{-(κ/D + q)z} dz, and ∫ J₁ e^{-qz} dk in closed form, to 20 digits."""
    mp.mp.dps = 20
    sigma = mp.mpc(sigma)

    def depth(z):
        rho = mp.sqrt(1 + z * z)
        return mp.exp(-biot * z) * (mp.exp(-sigma * z) - z / rho * mp.exp(-sigma * rho))

    scale = 1 / (biot + abs(sigma))
    cuts = [*sorted({0, scale, 5 * scale, 30 * scale, 1, 10, 100}), mp.inf]
    return complex(biot * mp.quad(depth, cuts))


@pytest.mark.parametrize("biot", [1e-6, 1e-2, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("omega", [1e-6, 1.0, 1e4])
def test_kinetics_against_an_integral_over_depth(biot, omega):
    sigma = np.sqrt(1j * omega)
    got = concentration(unit_experiment("disc", "kinetics", biot=biot), at(omega))
    expected = kinetics_disc(biot, sigma)
    assert abs(got.values - expected) <= max(got.error, 1e-15 * abs(expected))
    assert got.error <= 2e-13 * abs(expected)


@pytest.mark.parametrize(("h", "back"), [(0.3, "blocking"), (0.3, "permeable")])
def test_kinetics_on_a_film_against_mpmath(h, back):
    """∫ e^{-k²/2} κ/(κ + Y) k dk typed anew."""
    mp.mp.dps = 20

    def integrand(k):
        q = mp.sqrt(k * k + 2j)
        y = q * (mp.tanh(q * h) if back == "blocking" else mp.coth(q * h))
        return mp.exp(-k * k / 2) * k * 3 / (3 + y)

    expected = complex(mp.quad(integrand, [0, 1, 2, 4, 9]))
    e = unit_experiment("gauss", "kinetics", thickness=h, back=back, biot=3.0)
    assert concentration(e, at(2.0)).values == pytest.approx(expected, rel=1e-13)


def test_kinetics_between_its_limits():
    """κ → ∞: what the tip prescribes; κ → 0: κ times the concentration under a flux."""
    omega = np.array([1e-3, 1.0, 1e3])
    fast = concentration(unit_experiment("disc", "kinetics", biot=1e9), at(omega))
    # left out is q D/κ: 1e-9 √(1e3)
    assert np.allclose(fast.values, 1, rtol=0, atol=1e-7)
    slow = concentration(unit_experiment("disc", "kinetics", biot=1e-6), at(omega))
    assert np.allclose(slow.values, 1e-6 * flux(
        unit_experiment("disc", "flux"), at(omega)
    ).values, rtol=1e-5, atol=0)  # fmt: skip


def test_punch_means_the_points():
    """∫₀¹ C(√(1 - t²)) dt: the punch against point values, for kinetics; smooth but at the rim."""
    e = unit_experiment("disc", "kinetics", biot=2.0)
    t, w = gauss_legendre(0, 1, 60)
    points = concentration(e, at(3.0), at=np.sqrt(1 - t * t)).values
    mean = concentration(e.replace({"readout": "punch"}), at(3.0)).values
    # the logarithm at the rim, t² ln t, is what Gauss's rule misses
    assert mean == pytest.approx(w @ points, rel=1e-6)


# ------------------------------------------------------------------ contact with a finite rate


def flux_under(d, r):
    """-(2/π) ∫ᵣ¹ φ'(t)/√(t² - r²) dt, the flux density of the dual solution."""
    y, w = gauss_legendre(0, 1, 400)
    x = 1 - y * y  # 1/√(1 - x) at the rim
    t = np.sqrt(r * r + (1 - r * r) * x * x)
    theta = np.arccos(t)
    n = 2 * np.arange(d.n) + 1
    slope = -(n * np.cos(n * theta[:, None])) @ d.solution / np.sin(theta)
    return -2 / pi * (w * 2 * y * np.sqrt(1 - r * r) / t) @ slope


@pytest.mark.slow
@pytest.mark.parametrize("biot", [0.1, 1.0, 10.0])
@pytest.mark.parametrize(("omega", "h"), [(1e-2, inf), (5.0, inf), (1.0, 0.5)])
def test_contact_is_below_the_prescribed_by_flux_over_rate(biot, omega, h):
    """C = c - g/κ, with the flux of Copson's integral equation; good to its n⁻⁴."""
    sigma = np.sqrt(1j * omega)
    r = np.array([0.0, 0.6])
    got = concentration(contact(biot, h=h), at(omega), at=r)
    coarse, fine = (
        np.array([1 - flux_under(Dual(sigma, biot, h, n=n), x) / biot for x in r])
        for n in (100, 160)
    )
    spread = np.abs(fine - coarse)
    assert spread.max() < 2e-5
    assert (np.abs(got.values - fine) <= got.error + 2 * spread).all()


@pytest.mark.parametrize("biot", [1e-3, 3.0, pytest.param(1e3, marks=pytest.mark.slow)])
def test_contact_takes_up_what_its_concentration_lets_in(biot):
    """I = κ ∫ (c - C) 2πr dr: point values against the current of the same contact."""
    e = contact(biot)
    t, w = gauss_legendre(0, 1, 10)  # √(1 - r²): the flux is smooth in it but for t² ln t
    got = concentration(e, at(2.0), at=np.sqrt(1 - t * t))
    entering = 2 * pi * biot * (w * t) @ (1 - got.values)
    unsure = 2 * pi * biot * (w * t) @ got.error
    current = vg.contact_current(e, at(2.0), per="concentration").values
    assert abs(entering - current) <= unsure + 1e-5 * abs(current)


def test_slow_contact_is_a_flux():
    got = concentration(contact(1e-6), at([0.1, 10.0])).values
    under = flux(unit_experiment("disc", "flux"), at([0.1, 10.0])).values
    assert np.allclose(got, 1e-6 * under, rtol=2e-6, atol=0)  # the next order is Bi


# ------------------------------------------------------------------ blocking tip


def blocking(extent="surface", debye=0.2, tip=vg.GaussianTip):
    return vg.Experiment(LMO.__class__(1.0, 1.0, 0.3, temperature=300.0), tip(1.0),
                         interface=vg.BlockingTip(debye, 10.0, extent))  # fmt: skip


THERMAL = 8.31446261815324 * 300.0 / 96485.33212


def test_blocking_tip_against_mpmath():
    """-(zFC_b/R_gT) ∫ e^{-k²/2} k²(1 + λ²p)/(k + Qλ²p) dk typed anew."""
    mp.mp.dps = 20
    p, debye = 3j, 0.2

    def integrand(k):
        big = mp.sqrt(k * k + 1 / debye**2 + p)
        return mp.exp(-k * k / 2) * k * k * (1 + debye**2 * p) / (k + big * debye**2 * p)

    expected = -10.0 / THERMAL * complex(mp.quad(integrand, [0, 0.1, 0.5, 1, 2, 4, 9]))
    got = vg.concentration(blocking(), at(3.0))
    assert got.values == pytest.approx(expected, rel=1e-12)
    assert got.units == "(mol/m³)/V"


@pytest.mark.parametrize("extent", ["surface", "contact"])
def test_blocking_tip_at_rest_is_boltzmann(extent):
    """C = -zFC_b V/(R_gT) wherever the potential is held."""
    e = blocking(extent, tip=vg.DiscTip)
    got = vg.concentration(e, 0.0, at=[0.0, 0.5])
    assert np.allclose(got.values, -10.0 / THERMAL, rtol=1e-10, atol=0)
    exact = e.interface.amplitude("volt", e.tip, e.material)
    assert (np.abs(got.values - exact) <= got.error).all()


# ------------------------------------------------------------------ time


def test_pulse_is_step_minus_step():
    e = unit_experiment("gauss", "flux")
    t = np.array([-1.0, 0.0, 0.5, 1.0, 1.5, 40.0])
    closed = lambda t: np.sqrt(2 / pi) * np.arctan(np.sqrt(2 * np.maximum(t, 0.0)))  # noqa: E731
    got = flux(e, time=t, drive=vg.Pulse(1.0, -2.0))
    assert np.allclose(got.values, -2 * (closed(t) - closed(t - 1)), rtol=1e-10, atol=1e-16)
    assert got.values[:2].tolist() == [0.0, 0.0]
    assert got.units == "mol/m³"
    assert got.inputs["drive"] == vg.Pulse(1.0, -2.0)


@pytest.mark.parametrize("name", ["flux", "kinetics"])
def test_late_sine_is_the_frequency_response(name):
    """Independent routes; the transient falls as t^{-3/2} or faster."""
    e = unit_experiment("disc", name, biot=2.0)
    f = 0.8
    t = 4000 / f + np.linspace(0, 1, 9) / f
    ask = partial(vg.concentration, e, per=PER[name])
    h = ask(f).values
    wave = ask(time=t, drive=vg.Sine(f)).values
    assert np.allclose(wave, (h * np.exp(2j * pi * f * t)).imag, rtol=0, atol=1e-6 * abs(h))


def test_late_step_is_the_rest():
    for e in (unit_experiment("disc", "kinetics", biot=2.0), contact(2.0)):
        rest = concentration(e, 0.0).values.real
        late = concentration(e, time=1e12).values
        assert late == pytest.approx(rest, rel=2e-6)  # what is missing falls as t^{-1/2}


@pytest.mark.parametrize(
    ("e", "per", "u", "c"),
    [
        (unit_experiment("disc", "flux"), "flux", 1.0, 1.5),
        (unit_experiment("disc", "conc"), "concentration", 1.5, None),
        (unit_experiment("disc", "kinetics", biot=1.0), "concentration", 1.5, 2.5),
        (contact(), "concentration", 1.0, None),
        (contact(1.0), "concentration", 1.0, 1.5),
    ],
)
def test_long_after_a_pulse(e, per, u, c):
    """Powers of 1/t of the bump and of the concentration that an ac read-out follows."""
    t = np.array([1e3, 4e3])
    pulse = vg.Pulse(1.0)
    bump = vg.time_response(e, pulse, t, per=per).values
    surface = vg.concentration(e, time=t, drive=pulse, per=per)
    assert np.log(bump[0] / bump[1]) / np.log(4) == pytest.approx(u, abs=0.02)
    if c is None:  # the tip holds the surface at rest
        assert (np.abs(surface.values) <= surface.error).all()
        assert np.abs(surface.values).max() < 1e-9
    else:
        slope = np.log(surface.values[0] / surface.values[1]) / np.log(4)
        assert slope == pytest.approx(c, abs=0.02)


# ------------------------------------------------------------------ the verb


def test_shapes_units_and_signs():
    e = vg.Experiment(LMO, vg.DiscTip(20e-9), interface=vg.LinearKinetics(1e-7))
    got = vg.concentration(e, [[1.0, 2.0]], at=[0.0, 1e-8, 3e-8])
    assert got.values.shape == got.error.shape == (3, 1, 2)
    assert got.units == "(mol/m³)/V"
    assert got.values.real[0].min() > 0  # V > 0 drives ions into a host
    rest = vg.concentration(vg.Experiment(LMO, vg.DiscTip(20e-9)), 0.0)
    assert rest.values == pytest.approx(1 / 4.4e-5, rel=1e-12)
    ampere = e.replace({"interface": vg.FixedFlux()})
    assert vg.concentration(ampere, 1.0, per="ampere").units == "(mol/m³)/A"
    per_flux = vg.concentration(ampere, 1.0, per="flux").values
    per_ampere = vg.concentration(ampere, 1.0, per="ampere").values
    area = pi * 20e-9**2
    assert per_ampere == pytest.approx(per_flux / (96485.33212 * area), rel=1e-9)


def test_neither_elastic_constants_nor_other_signals_matter():
    e = unit_experiment("disc", "kinetics", biot=2.0)
    plain = concentration(e, 1.0)
    unknown = e.replace({"material.poisson": None, "also": (Offset(),)})
    assert concentration(unknown, 1.0).values == plain.values
    layered = e.replace(
        {"geometry": vg.Film(0.5), "elastic": vg.Layered(substrate_young=1e9,
         substrate_poisson=0.3), "material.young": 1e11}
    )  # fmt: skip
    bare = layered.replace({"elastic": None})
    assert concentration(layered, 1.0).values == concentration(bare, 1.0).values


@pytest.mark.parametrize(
    ("change", "kw", "words"),
    [
        ({}, {}, "either frequency"),
        ({}, {"frequency": 1.0, "time": 1.0}, "either frequency"),
        ({}, {"frequency": 1.0, "drive": vg.Pulse(1.0)}, "only with time="),
        ({}, {"time": 1.0, "drive": "pulse"}, "vegard.Pulse"),
        ({}, {"frequency": -1.0}, "frequency must be >= 0"),
        ({}, {"time": "soon"}, "numbers in s"),
        ({}, {"frequency": 1.0, "at": -1.0}, "at must be >= 0"),
        ({}, {"frequency": 1.0, "per": "flux"}, "no response per"),
        ({"interface": vg.FixedFlux()}, {"frequency": 1.0}, 'ask per="flux"'),
        ({"interface": vg.Contact(), "tip": vg.GaussianTip(1.0)}, {"time": 1.0}, "needs a DiscTip"),
    ],
)
def test_refusals(change, kw, words):
    e = unit_experiment("disc", "conc").replace(change)
    with pytest.raises(vg.VegardError, match=words):
        vg.concentration(e, **{"per": "concentration", **kw})
    with pytest.raises(vg.VegardError, match=r"vegard\.Experiment"):
        vg.concentration("film", 1.0)


@pytest.mark.parametrize("interface", [vg.FixedFlux(), vg.Contact(1.0)])
def test_what_has_no_rest(interface):
    e = vg.Experiment(LMO, vg.DiscTip(1.0), vg.Film(1.0), interface)
    per = "flux" if interface == vg.FixedFlux() else "concentration"
    with pytest.raises(vg.NoStaticLimit, match="permeable"):
        vg.concentration(e, [1.0, 0.0], per=per)
    assert np.isfinite(vg.concentration(e.replace({"geometry.back": "permeable"}), 0.0, per=per)
                       .values)  # fmt: skip


def test_the_kernel_states_the_error_of_a_scale():
    e = unit_experiment("disc", "kinetics", biot=2.0).replace({"material.ocv_slope": -1e-3})
    kernel = concentrations.kernel(e, np.zeros(1), "volt")
    values, error = kernel.transform(np.array([1j]))
    plain = concentration(e, at(1.0))
    assert values[0, 0] == pytest.approx(1e3 * plain.values, rel=1e-14)
    assert error[0, 0] == pytest.approx(1e3 * plain.error, rel=1e-12)
