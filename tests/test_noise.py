"""Noise: the fluctuation-dissipation theorem against equipartition, modes and finite elements."""

from __future__ import annotations

from itertools import pairwise
from math import inf, pi, sqrt

import array_api_strict
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from vegard import noise
from vegard.cantilever import Cantilever
from vegard.noise_floor import deflection_noise

KT = 1.380649e-23 * 298.15


def close(value, rel):
    """Equal to ``rel`` alone: `pytest.approx` by itself lets pass any two numbers below 1e-12."""
    return pytest.approx(value, rel=rel, abs=0)


def grid(peaks, widths, top):
    """Frequencies dense about each peak, from far below the first."""
    near = np.sinh(np.linspace(-9, 9, 4001))
    points = [f + w * near for f, w in zip(peaks, widths, strict=True)]
    points = np.concatenate([*points, np.geomspace(1.0, top, 20001)])
    return np.unique(points[(points > 0) & (points <= top)])


# ---- oscillator ----------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [0.3, 1.0, 150.0, 1e4])
def test_equipartition(q):
    """∫S df = k_B T/k whatever Q; beyond 1000 f₀ the rest is S ~ f⁻⁴."""
    k, f0 = 2.8, 75e3

    def power(x):
        return noise.oscillator(x * f0, k, f0, q, 298.15) ** 2 * f0

    edges = [0, 1 - 30 / q, 1 - 1 / q, 1, 1 + 1 / q, 1 + 30 / q, 10, 1000]
    edges = sorted({e for e in edges if 0 <= e <= 1000})
    parts = [quad(power, *ends, epsabs=0, epsrel=1e-10, limit=200)[0] for ends in pairwise(edges)]
    area = sum(parts)
    area += power(1000.0) * 1000 / 3
    assert area == close(KT / k, rel=1e-7)  # the f⁻⁶ of the rest is 1e-6 of 1e-9


def test_oscillator_in_its_limits():
    k, f0, q = 2.8, 75e3, 150.0
    w0 = 2 * pi * f0
    rest, peak, far = noise.oscillator(np.array([0.0, f0, 1e4 * f0]), k, f0, q, 298.15)
    assert peak == close(sqrt(4 * KT * q / (k * w0)), rel=1e-14)
    assert rest == close(sqrt(4 * KT / (k * w0 * q)), rel=1e-14)
    assert far == close(rest * 1e-8, rel=3e-8)  # 1/x², next term 1/x⁴


def test_oscillator_is_the_theorem_for_its_compliance():
    """χ = 1/(k - mω² + iωγ), with m = k/ω₀², γ = √(km)/Q."""
    k, f0, q = 0.4, 13e3, 40.0
    f = np.geomspace(1, 1e6, 50)
    w, m = 2 * pi * f, k / (2 * pi * f0) ** 2
    chi = 1 / (k - m * w * w + 1j * w * sqrt(k * m) / q)
    got = noise.thermal(chi.imag, f, 298.15)
    assert np.allclose(got, noise.oscillator(f, k, f0, q, 298.15), rtol=1e-10, atol=0)


def test_it_goes_with_the_root_of_the_temperature():
    cold = noise.oscillator(1e4, 2.8, 75e3, 150.0, 298.15 / 4)
    assert cold == close(noise.oscillator(1e4, 2.8, 75e3, 150.0, 298.15) / 2, rel=1e-15)


# ---- lever ---------------------------------------------------------------------------------------


def modes(stiffness, count):
    """κL of the lever on an end spring (in k_L), and the variance of its deflection in k_B T/k_L.

    Eigenfunctions φ = cosh zx - cos zx - σ(sinh zx - sin zx) with φ''(1) = 0; calibrated deflection
    is 2/3 of the slope, and k_L = 3EI/L³: variance = (4/9)·3·φ'(1)²/(z⁴ ∫φ²).
    """

    def end(z):  # over cosh z; Rabe's equation
        t, c = np.tanh(z), 1 / np.cosh(z)
        spring = 0.0 if stiffness == inf else z**3 * (c + np.cos(z))
        kind = 1.0 if stiffness == inf else 3 * stiffness
        return spring + kind * (np.sin(z) - np.cos(z) * t)

    z = np.linspace(0.1, (count + 1) * pi, 200 * count)
    value = end(z)
    at = np.flatnonzero(np.sign(value[1:]) != np.sign(value[:-1]))[:count]
    roots = np.array([brentq(end, z[i], z[i + 1], xtol=1e-14) for i in at])
    x, w = np.polynomial.legendre.leggauss(400)
    x = (x + 1) / 2
    out = []
    for r in roots:
        e = np.exp(-r)
        sigma = (1 + e * e + 2 * e * np.cos(r)) / (1 - e * e + 2 * e * np.sin(r))
        decay, rise = np.exp(-r * x), np.exp(r * (x - 1))
        # cosh - σ sinh = ((1-σ)e^{rx} + (1+σ)e^{-rx})/2, where 1-σ = 2e·small
        small = (np.sin(r) - np.cos(r) - e) / (1 - e * e + 2 * e * np.sin(r))
        phi = small * rise + (1 + sigma) / 2 * decay - np.cos(r * x) + sigma * np.sin(r * x)
        slope = r * (small - (1 + sigma) / 2 * e + np.sin(r) + sigma * np.cos(r))
        out.append(4 / 3 * slope**2 / (r**4 * (w / 2) @ phi**2))
    return roots, np.array(out)


def test_modes_share_what_butt_and_jaschke_say():
    """The ruler itself: 16/(3α²)·[sin α sinh α/(sin α + sinh α)]²; all of them 4/3, pinned 1/3."""
    z, share = modes(0.0, 60)
    first = 16 / (3 * z[0] ** 2) * (np.sin(z[0]) * np.sinh(z[0])
                                    / (np.sin(z[0]) + np.sinh(z[0]))) ** 2  # fmt: skip
    assert share[0] == close(first, rel=1e-10)
    rest = 16 / (3 * pi**2) / 60  # Σ 16/(3z²) from 60½π on
    assert share.sum() + rest == close(4 / 3, rel=1e-5)
    assert modes(inf, 60)[1].sum() == close(1 / 3, rel=3e-2)


@pytest.mark.parametrize("spring", [0.0, 3.0, 500.0, inf])
def test_lever_is_a_sum_of_oscillators(spring):
    """Uniform viscous damping leaves the modes apart, each with Q_n = Q f_n/f₁."""
    z, share = modes(spring / 2.8, 60)
    resonances = 75e3 * (z / z0()) ** 2
    f = np.concatenate([np.geomspace(100, 3e6, 40), resonances[:4]])
    parts = [noise.oscillator(f, 2.8 / s, fn, 150 * fn / 75e3, 298.15)
             for fn, s in zip(resonances, share, strict=True)]  # fmt: skip
    expected = noise.quadrature(*parts)
    lever = Cantilever(2.8, 75e3, 150.0, 225e-6, contact_stiffness=spring)
    assert np.allclose(deflection_noise(lever, f), expected, rtol=3e-6, atol=0)  # 60 modes: z⁻⁶


def z0():
    return brentq(lambda z: 1 + np.cos(z) * np.cosh(z), 1.8, 1.9, xtol=1e-15)


@pytest.mark.parametrize(("spring", "total"), [(0.0, 4 / 3), (inf, 1 / 3)])
def test_equipartition_of_the_lever(spring, total):
    """∫S df = k_B T χ(0), 4/3 free and 1/3 pinned; modes above the band have their share of it."""
    lever = Cantilever(2.8, 75e3, 30.0, 225e-6, contact_stiffness=spring)
    z, share = modes(spring, 200)
    resonances = 75e3 * (z / z0()) ** 2
    count = 6
    top = np.sqrt(resonances[count - 1] * resonances[count])
    f = grid(resonances[:count], np.full(count, 75e3 / 30 / 40), top)
    area = np.trapezoid(deflection_noise(lever, f) ** 2, f) / (KT / 2.8)
    above = total - share[:count].sum()
    assert above < 0.16 * total
    assert area == close(total - above, rel=3e-4)  # wings across the edge of the band


@pytest.mark.parametrize(("springs", "static"), [((0.0, 0.0), 1.0), ((inf, 0.0), 0.25)])
def test_static_compliance(springs, static):
    """A moment at the end: θ = ML/EI free, ML/4EI with the end pinned."""
    lever = Cantilever(2.8, 75e3, 150.0, 225e-6, contact_stiffness=springs[0])
    got = noise.slope_compliance(np.zeros(1), lever._contact(), 1.0)
    assert got[0] == close(static, rel=1e-12)


def elements(lever, f, count=60):
    """Deflection noise from Hermite beam elements: springs, dashpot and viscous force by hand."""
    n, h = 2 * (count + 1), 1 / count
    ends = np.array([[12, 6, -12, 6], [6, 4, -6, 2], [-12, -6, 12, -6], [6, 2, -6, 4]])
    mass = np.array([[156, 22, 54, -13], [22, 4, 13, -3], [54, 13, 156, -22], [-13, -3, -22, 4]])
    arms = np.outer([1, h, 1, h], [1, h, 1, h])
    stiff, mass = ends * arms / h**3, mass * arms * h / 420
    k, m = np.zeros((n, n)), np.zeros((n, n))
    for e in range(count):
        s = slice(2 * e, 2 * e + 4)
        k[s, s] += stiff
        m[s, s] += mass
    tip, spot = 2 * round(lever.tip_position * count), 2 * round(lever.laser_position * count)
    c, s, high = np.cos(lever.tilt), np.sin(lever.tilt), lever.tip_height / lever.length
    normal, along = np.zeros((2, n))
    normal[tip : tip + 2], along[tip : tip + 2] = (c, -high * s), (s, high * c)
    x = f / lever.free_resonance
    w = 2 * pi * f
    spring = 3 * (lever.contact_stiffness + 1j * w * lever.contact_damping) / lever.stiffness
    a = k - z0() ** 4 * (x * x - 1j * x / lever.quality) * m
    a = a + spring * np.outer(normal, normal)
    a = a + 3 * lever.lateral_stiffness / lever.stiffness * np.outer(along, along)
    moment = np.zeros(n)
    moment[spot + 1] = 1
    chi = np.linalg.solve(a[2:, 2:], moment[2:])[spot - 1]
    big = k + 1e9 * np.outer(normal, normal)  # slow, stiff, frictionless: y' per displacement
    rest = np.linalg.solve(big[2:, 2:], 1e9 * normal[2:])[spot - 1]
    return sqrt(4 * KT / w * abs(3 / (lever.stiffness * rest**2) * chi.imag))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"contact_damping": 2e-6},
        {"laser_position": 0.75},
        {"tip_position": 0.9, "laser_position": 1.0},
        {"tilt": 0.19, "tip_height": 15e-6},
        {"tilt": 0.19, "tip_height": 15e-6, "lateral_stiffness": 300.0, "tip_position": 0.95,
         "laser_position": 0.8, "contact_damping": 1e-6},
    ],
    ids=["plain", "dashpot", "laser", "tip", "tilt", "all"],
)  # fmt: skip
@pytest.mark.parametrize("f", [5e3, 60e3, 315e3, 900e3])
def test_lever_against_finite_elements(change, f):
    lever = Cantilever(2.8, 75e3, 150.0, 225e-6, contact_stiffness=500.0, **change)
    assert deflection_noise(lever, f) == close(elements(lever, f), rel=2e-4)  # h⁴, 1e9


def test_a_dashpot_can_only_make_loss_where_the_apex_moves():
    """A pinned apex does not move: the dashpot beside an infinite spring is silent."""
    f = np.geomspace(1e3, 1e6, 20)
    pinned = Cantilever(2.8, 75e3, 150.0, 225e-6, contact_stiffness=inf)
    loud = Cantilever(2.8, 75e3, 150.0, 225e-6, contact_stiffness=inf, contact_damping=1e-5)
    assert np.array_equal(deflection_noise(pinned, f), deflection_noise(loud, f))


# ---- electrons -----------------------------------------------------------------------------------


def test_johnson():
    assert noise.johnson(1e9, 298.15) == close(4.0578e-15, rel=1e-4)
    assert noise.johnson(inf, 298.15) == 0
    # across its own capacitance the variance of the voltage is k_B T/C: R drops out
    r, c = 1e9, 1e-12

    def power(f):
        return (noise.johnson(r, 298.15) * r) ** 2 / (1 + (2 * pi * f * r * c) ** 2)

    corner = 1 / (2 * pi * r * c)
    area = quad(lambda x: power(x * corner) * corner, 0, inf, epsabs=0, epsrel=1e-10)[0]
    assert area == close(KT / c, rel=1e-9)


def test_shot_noise_counts_charges():
    """N charges in t have the variance N: ⟨δI²⟩ = eI/t, and a boxcar of t is 1/2t wide."""
    current, t = 1e-12, 1e-3
    sigma = sqrt(1.602176634e-19 * current / t)
    assert noise.shot(current) * sqrt(1 / (2 * t)) == close(sigma, rel=1e-14)
    assert noise.shot(-current) == noise.shot(current)


def test_flicker_corner():
    assert noise.flicker(3.0, 100.0, 100.0) == close(3 * sqrt(2), rel=1e-15)
    assert noise.flicker(3.0, 1.0, 1e6) == close(3e3, rel=1e-6)
    assert noise.flicker(3.0, 1e9, 1.0) == close(3.0, rel=1e-8)


def test_source_current():
    f, r, c = np.array([1.0, 1e3, 1e6]), 1e8, 1e-10
    z = 1 / (1 / r + 2j * pi * f * c)
    got = noise.source_current(5e-9, f, r, c)
    assert np.allclose(got, 5e-9 / np.abs(z), rtol=1e-14, atol=0)
    assert noise.source_current(5e-9, 1e3) == 0


def test_quadrature():
    assert noise.quadrature(2.0, 3.0, 6.0) == 7.0


# ---- measuring -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "factor"), [(1, 1 / 4), (2, 1 / 8), (3, 3 / 32), (4, 5 / 64)])
def test_bandwidth_of_a_low_pass(order, factor):
    tau = 3e-3
    area = quad(lambda y: 1 / (1 + y * y) ** order, 0, inf, epsabs=0, epsrel=1e-11)[0]
    got = noise.filter_bandwidth(tau, order)
    assert got == close(area / (2 * pi * tau), rel=1e-10)
    assert got == close(factor / tau, rel=1e-14)


def test_error_of_a_peak_amplitude():
    """White noise demodulated by a boxcar of T, B = 1/2T: both quadratures have S√(2B)."""
    rng = np.random.default_rng(7)
    rate, n, f, density = 1e4, 1000, 500.0, 2e-14
    t = np.arange(n) / rate
    series = rng.normal(0, density * sqrt(rate / 2), (4000, n))
    reads = series @ (2 / n * np.exp(-2j * pi * f * t))
    sigma = noise.peak_sigma(density, rate / (2 * n))
    # 4000 readings tell a standard deviation to 1.1 %
    assert reads.real.std() == close(sigma, rel=0.05)
    assert reads.imag.std() == close(sigma, rel=0.05)
    mean = reads.real.reshape(-1, 4).mean(1).std()
    assert mean == close(noise.peak_sigma(density, rate / (2 * n), 4), rel=0.1)
    assert noise.averages(sigma, sigma / 3) == close(9, rel=1e-14)


def test_formulas_take_arrays_of_any_library():
    xp = array_api_strict
    f = xp.asarray([1.0, 1e3], dtype=xp.float64)
    white = xp.asarray([5e-9, 5e-9], dtype=xp.float64)
    for got in (
        noise.oscillator(f, 2.8, 75e3, 150.0, 298.15),
        noise.thermal(f, f, 298.15),
        noise.flicker(white, f, 10.0),
        noise.source_current(white, f, 1e9, 1e-10),
        noise.quadrature(white, f),
        noise.peak_sigma(white, 100.0),
        noise.johnson(f, 298.15),
        noise.shot(f),
    ):
        assert type(got) is type(f)
        assert got.shape == (2,)
