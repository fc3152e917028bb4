"""Each kind of evidence against formulas typed a second time and integrals on other grids."""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
import pytest
from scipy.stats import halfnorm, lognorm, norm

import vegard as vg
from vegard.verdicts import amplitude, laws, parity, spectrum, temperature
from vegard.verdicts.evidence import Evidence

LMO = vg.Material(1e-14, 1.17e-6, 0.3, ocv_slope=-4.4e-5, site_concentration=22900.0)
E = vg.Experiment(LMO, vg.DiscTip(20e-9))
SPAN = (1e-16, 1e-12)
F = np.geomspace(1.0, 1e5, 30)


def near(value, rel):
    return pytest.approx(value, rel=rel, abs=0)


def spectral(y, sigma=None, f=F, e=E, span=SPAN):
    return spectrum.evidence((vg.Data("frequency", f, y, sigma),), e, span)


def noisy(y, rng, noise=0.05):
    s = noise * np.abs(y)
    return y + s * (rng.normal(size=y.size) + 1j * rng.normal(size=y.size)), s


def test_thresholds_are_those_of_three_and_two_sigma():
    def says(weight):
        e = Evidence("size", 1.0, None, "m", "", None, weight, "")
        return e.says, e.excludes

    assert says(3**2 / 2) == ("for", False)
    assert says(4.49) == ("neutral", False)
    assert says(-1.99) == ("neutral", False)
    assert says(-(2**2) / 2) == ("against", False)
    assert says(-(3**2) / 2) == ("against", True)


# --- size ---


def sized(a, q=(1.0, 1.0), f=400e3, change=2290.0):
    one = np.array([f]), np.array([a]), np.zeros(1)
    return amplitude.size(one, E, drive=1.0, q=q, diffusivity=(1e-17, 1e-13), change=change)


def test_size_against_the_high_frequency_law():
    bound = 2 * 1.3 * 1.17e-6 * 2290.0 * sqrt(1e-13 / (2 * pi * 400e3))
    # F = 1/σ - 1/σ²: the bound is smaller by ℓ/R√2 = 0.7 %
    e = sized(100e-12)
    assert e.limit == near(bound, 0.01)
    assert e.numbers["ratio"] == near(100e-12 / e.limit, 1e-12)
    assert e.weight == near(-0.5 * (log(100e-12 / e.limit) / log(2)) ** 2, 1e-12)
    assert e.excludes
    again = sized(100e-12, (1.0, 50.0))
    assert again.value == near(2e-12, 1e-12)
    assert again.weight == near(-0.5 * (log(2e-12 / e.limit) / log(2)) ** 2, 1e-12)
    assert not again.excludes


def test_a_small_size_tells_nothing():
    e = sized(1e-13)
    assert (e.weight, e.says) == (0.0, "neutral")
    assert "less than a lattice constant" in e.words


def test_at_rest_a_contact_moves_more_than_the_whole_surface():
    # §5: u → 2(1+ν)β (Φ/2πDR)[-¼ ln σ² + (2ln2-1)/4 + (1-γ)/2], Φ = 4DcR
    f, d = 1e-7, 1e-15
    top, _ = amplitude.largest(E, np.array([f]), drive=1.0, diffusivity=(d, d * 1.0001), change=1.0)
    sigma2 = 2j * pi * f * (20e-9) ** 2 / d
    inner = -0.25 * np.log(sigma2) + (2 * log(2) - 1) / 4 + (1 - np.euler_gamma) / 2
    contact = abs(2 * 1.3 * 1.17e-6 * (4 / (2 * pi)) * 20e-9 * inner)
    assert contact > 2 * 1.3 * 1.17e-6 * 20e-9 / 2
    assert top[0] == near(contact, 2e-3)  # next terms are of order σ


def test_noise_is_no_size():
    f = np.array([400e3])
    how = {"drive": 1.0, "q": (1.0, 1.0), "diffusivity": SPAN, "change": 1.0}
    assert amplitude.size((f, np.array([2e-12]), np.array([1e-12])), E, **how) is None
    e = amplitude.size((f, np.array([5e-12]), np.array([1e-12])), E, **how)
    assert e.value == near(2e-12, 1e-12)


def test_a_blocking_tip_is_bounded_by_its_own_concentration():
    tip = vg.BlockingTip(2e-9, 1000.0)
    e = E.replace({"interface": tip, "material.ocv_slope": None})
    top, _ = amplitude.largest(e, np.array([1e5]), drive=0.01, diffusivity=SPAN, change=None)
    change = 0.01 * 96485.33 * 1000 / (8.314463 * 298.15)
    same, _ = amplitude.largest(E, np.array([1e5]), drive=1.0, diffusivity=SPAN, change=change)
    assert top[0] == near(same[0], 1e-6)  # constants to 7 digits


def test_null_material():
    for x in (0.05, 0.3, 1.0, 2.0):
        same = lognorm(s=log(2)).pdf(x)
        want = log(0.95 * halfnorm(scale=0.2).pdf(x) + 0.05 * same) - log(same)
        e = amplitude.null(1e-12, x * 1e-12)
        assert e.value == near(x, 1e-12)
        assert e.weight == near(want, 1e-9)
        assert not e.excludes
    assert amplitude.null(1e-12, 1e-12).says == "against"


# --- parity ---

V = np.linspace(-2, 2, 7)


def marginal(y, sigma, shape, prior):
    """Logarithm of the likelihood with the size free, averaged over a prior by trapezia."""
    x = np.linspace(*prior.interval(1 - 1e-14), 200001)
    m, w = shape(x[:, None]), 1 / sigma**2
    size = (m @ (w * y)) / ((m * m) @ w)
    chi2 = np.sum(w * np.abs(y - size[:, None] * m) ** 2, axis=1)
    return np.log(np.trapezoid(np.exp(-(chi2 - chi2.min()) / 2) * prior.pdf(x), x)) - chi2.min() / 2


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_dc_bias_against_another_integral(share):
    rng = np.random.default_rng(4)
    y = share * np.exp(-0.8j) + (1 - share) * (V - 0.7)
    y, sigma = y + 0.2 * (rng.normal(size=7) + 1j * rng.normal(size=7)), np.full(7, 0.3)
    e = parity.dc_series((V, y, sigma))
    linear = marginal(y, sigma, lambda r: 1 + r * V, norm(0, 0.1))
    square = marginal(y, sigma, lambda s: V - s, norm(0, 1.0))
    assert e.weight == pytest.approx(linear - square, abs=1e-3)  # grid of the average


def test_dc_bias_finds_the_surface_potential():
    y = 3e-12 * (V - 0.7)
    e = parity.dc_series((V, y, np.full(7, 1e-14)))
    assert e.value == near(0.7, 1e-9)
    # error of the zero of a line, V̄ = 0: (σ/c)√(1/n + V_s²/ΣV²)
    want = 1e-14 / 3e-12 * sqrt(1 / 7 + 0.49 / np.sum(V**2))
    assert e.sigma == near(want, 1e-6)
    assert e.excludes
    assert parity.dc_series((V, y, None)).excludes


def test_a_constant_signal_does_not_go_with_v2():
    e = parity.dc_series((V, np.full(7, 2e-12 * np.exp(-0.8j)), np.full(7, 1e-13)))
    assert e.says == "for"
    assert "does not depend" in e.words


@pytest.mark.parametrize(("one", "two"), [(10.0, 0.1), (10.0, 2.5), (10.0, 12.0)])
def test_harmonics_against_another_integral(one, two):
    drive, dc, sigma = 1.5, 0.3, 0.2

    def off(a, b):
        return (one * b - two * a) ** 2 / (a * a + b * b) / sigma**2

    def mean(f):
        grid = np.linspace(-8, 8, 400001)
        return log(np.trapezoid(np.exp(-f(grid) / 2) * norm.pdf(grid), grid))

    square = mean(lambda x: off(4 * np.abs(dc - x), drive))
    linear = mean(lambda x: off(np.ones_like(x), 0.2 * np.abs(x)))
    e = parity.harmonics((one, two, sigma), drive=drive, dc=dc)
    assert e.value == near(two / one, 1e-12)
    assert e.weight == pytest.approx(linear - square, abs=0.01)  # grid of 4001


def test_harmonics_of_known_signals():
    pull = vg.parasitics.Electrostriction(
        longitudinal=1e-20, transverse=-3e-21, radius=20e-9, poisson=0.3
    )
    one = pull.response(1e3, ac=1.0, dc=0.1).amplitude  # per volt of 1 V
    two = pull.response(1e3, ac=1.0, harmonic=2).amplitude
    assert parity.harmonics((one, two, 0.02 * one), drive=1.0, dc=0.0).says == "against"
    assert parity.harmonics((one, 0.0, 0.005 * one), drive=1.0, dc=0.0).weight > 2


# --- temperature ---

KELVIN = np.linspace(280, 340, 7)


@pytest.mark.parametrize("energy", [0.0, 0.2, 0.6])
def test_activation_energy_is_found(energy):
    u = 3e-12 * np.exp(-energy / 8.617333e-5 * (1 / KELVIN - 1 / 300))
    e = temperature.evidence((KELVIN, u, 0.02 * u), 1e5, E, SPAN)
    assert e.value == pytest.approx(energy, abs=2e-4)
    x = (1 / KELVIN - np.mean(1 / KELVIN)) / 8.617333e-5
    assert e.sigma == near(0.02 / sqrt(np.sum(x**2)), 0.02)  # of ln u, to first order
    assert e.says == ("against" if energy == 0 else "for")
    assert not e.excludes


def test_a_diffusive_signal_has_half_the_activation_energy():
    d = 1e-14 * np.exp(-0.5 / 8.617333e-5 * (1 / KELVIN - 1 / 310))
    u = [abs(vg.frequency_response(E.replace({"material.diffusivity": x}), 1e6).values) for x in d]
    e = temperature.evidence((KELVIN, np.array(u), None), 1e6, E, SPAN)
    assert e.value == pytest.approx(0.25, abs=0.005)
    assert e.says == "for"


def test_below_the_corner_temperature_tells_little():
    u = np.full(7, 3e-12)
    slow = temperature.evidence((KELVIN, u, 0.02 * u), 1e-3, E, SPAN)
    fast = temperature.evidence((KELVIN, u, 0.02 * u), 1e6, E, SPAN)
    assert fast.weight < slow.weight
    assert slow.says == "neutral"


# --- spectrum ---


def test_slope_is_that_of_least_squares():
    rng = np.random.default_rng(2)
    y, _ = noisy((1j * F) ** -0.5, rng)
    e = spectral(y)
    c, cov = np.polyfit(np.log(F), np.log(np.abs(y)), 1, cov=True)
    assert e.value == near(c[0], 1e-9)
    assert e.sigma == near(sqrt(cov[0, 0]), 1e-6)
    assert e.numbers["phase_rad"] == pytest.approx(-pi / 4, abs=0.03)


LAWS = {
    "concentration held": vg.FixedConcentration(),
    "flux given": vg.FixedFlux(),
    "kinetics": vg.LinearKinetics(5e-7),
    "contact": vg.Contact(),
    "blocking tip": vg.BlockingTip(0.3 * 20e-9, 1e3),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("form", ["complex", "amplitude", "no sigma"])
def test_every_interface_speaks_for_diffusion(name, form):
    rng = np.random.default_rng(3)
    e = E.replace({"interface": LAWS[name]})
    u = vg.frequency_response(e, F, per=next(iter(e.interface.drives))).values
    y, s = noisy(np.asarray(u), rng)
    found = spectral(y if form == "complex" else np.abs(y), None if form == "no sigma" else s)
    assert found.says == "for"
    if form == "complex":
        assert f"«{name}" in found.words


def test_flat_and_rising_spectra_speak_against():
    rng = np.random.default_rng(5)
    for shape in (np.ones(30), (F / 1e3) ** 0.3):
        y, s = noisy(shape.astype(complex), rng)
        for given in ((y, s), (y, None), (np.abs(y), s)):
            assert spectral(*given).excludes


@pytest.mark.parametrize("seed", range(4))
def test_a_flat_amplitude_is_no_debye_relaxation_beside_half_of_it(seed):
    # |1/(1 + iωτ) - ½| = ½ at every frequency: a blocking tip and a flat part could hide so
    y = 1 + 0.05 * np.random.default_rng(seed).normal(size=30)
    assert spectral(y, np.full(30, 0.05)).excludes


def test_heat_of_a_contact_is_not_diffusion_of_ions():
    rng = np.random.default_rng(6)
    f = np.geomspace(1e4, 1e8, 30)
    wide = E.replace({"tip.radius": 200e-9})
    joule = vg.parasitics.Joule(
        resistance=1e8, radius=200e-9, conductivity=3.0, heat_capacity=3e6, expansion=1e-5,
        poisson=0.3,
    )  # fmt: skip
    y, s = noisy(joule.quadratic(2j * pi * f), rng)
    found = spectral(y, s, f=f, e=wide)
    assert found.excludes
    assert "heat" in found.words


def test_a_plateau_tells_nothing():
    rng = np.random.default_rng(7)
    f = np.geomspace(1e-4, 1e-2, 20)
    y, s = noisy(vg.frequency_response(E, f).values, rng)
    assert spectral(y, s, f=f).says == "neutral"


def test_a_mixture_is_called_one_and_its_share_found():
    rng = np.random.default_rng(8)
    u = vg.frequency_response(E, F).values
    y, s = noisy(0.4 * u / abs(u[0]) + 0.6, rng, 0.02)
    found = spectral(y, s)
    assert (found.weight, found.says) == (0.0, "neutral")
    assert found.numbers["share"] == pytest.approx(0.4, abs=0.05)
    y, s = noisy(0.9 * u / abs(u[0]) + 0.1, rng, 0.02)
    found = spectral(y, s)
    assert found.says == "for"
    assert found.numbers["share"] == pytest.approx(0.9, abs=0.05)


def test_likelihood_of_a_pure_law_typed_again():
    """χ² of the best size, Schwarz's term, and the scale, for the flat law."""
    rng = np.random.default_rng(9)
    y, s = noisy(np.ones(30, complex), rng)
    found = spectral(y, s)
    w = 1 / s**2
    size = np.sum(w * y.real) / np.sum(w)
    chi2 = np.sum(w * np.abs(y - size) ** 2)
    # the best law decides on the scale; flat is within a few χ² of it
    scale = max(1.0, chi2 / 59)
    want = -chi2 / 2 / scale - 0.5 * log(60)
    assert found.numbers["lnL_other"] == pytest.approx(want, abs=1.5)


def test_tables_are_the_exact_response():
    for name, e in laws.interfaces(E):
        table = laws.responses(e, (13, 21))
        f, d = np.array([3.3, 777.0, 5.5e4]), np.array([2.2e-15])
        got = table(np.log(f / d))
        e = e.replace({"material.diffusivity": d[0]} | scaled(e, d[0] / 1e-14))
        per = "concentration" if "concentration" in e.interface.drives else None
        want = vg.frequency_response(e, f, per=per or next(iter(e.interface.drives))).values
        ratio = got / want
        np.testing.assert_allclose(ratio, ratio[0], rtol=2e-4, err_msg=name)  # splines


def scaled(e, factor):
    rate = getattr(e.interface, "rate", np.inf)
    return {"interface.rate": rate * factor} if np.isfinite(rate) else {}


def test_several_spectra_add_up():
    rng = np.random.default_rng(10)
    u = vg.frequency_response(E, F[10:20]).values
    one, s = noisy(u, rng, 0.2)
    two, t = noisy(5 * u, rng, 0.2)
    data = [vg.Data("frequency", F[10:20], y, x) for y, x in ((one, s), (two, t))]
    both = spectrum.evidence(tuple(data), E, SPAN)
    alone = [spectrum.evidence((d,), E, SPAN) for d in data]
    assert both.weight > max(a.weight for a in alone)


def test_three_points_are_too_few():
    found = spectral(np.array([1, 0.5, 0.25]), f=np.array([1.0, 10.0, 100.0]))
    assert found.weight == 0
    assert "4 frequencies" in found.words
