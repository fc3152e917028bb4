"""Product integration: known integrals, windows, profiles."""

from __future__ import annotations

import numpy as np
import pytest
from common import unit_experiment
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import vegard as vg
from vegard import footprints, hankel
from vegard.spectra import Footprint, Wave


def apply(sources, waves, function, low=1e-3, limit=1e12):
    k, weights = hankel.rule(((sources, waves),), (None,), low, limit)
    return weights[:, 0] @ function(k)


@pytest.mark.parametrize("r", [0.0, 1e-3, 0.2, 0.5, 0.9, 0.999, 1.001, 1.5, 3.0, 30.0, 100.0])
def test_disc_against_gegenbauer(r):
    """∫ J₁(k) J₀(kr) e^{-kz} dk, the solid-angle integral, against the double layer in θ."""
    z = 0.37
    value, second = apply(footprints.DISC, (Wave(r, 0),), lambda k: np.exp(-k * z), low=0.5)
    # (1/π)∫ (1 - z/√(ρ²+z²)) (1 - r cos θ)/ρ² dθ, the potential of a double layer
    theta = (np.arange(8000) + 0.5) * np.pi / 8000  # periodic: the midpoint rule is spectral
    rho2 = 1 + r * r - 2 * r * np.cos(theta)
    on_axis = 1 - z / np.sqrt(rho2 + z * z)
    reference = (on_axis * (1 - r * np.cos(theta)) / rho2).mean()
    assert value == pytest.approx(reference, rel=1e-10, abs=1e-14)
    assert abs(value - second) < 1e-10


def test_density_integrates_to_the_profile():
    """∫ S k J₀/2π dk = p(r): the rule with T = 1."""
    for r in (0.0, 0.3, 0.97, 1.03, 4.0, 50.0):
        value = apply(footprints.DISC, (Wave(r, 0),), np.ones_like)[0]
        assert value == pytest.approx(1.0 if r < 1 else 0.0, abs=2e-13)
        value = apply(footprints.GAUSSIAN, (Wave(r, 0),), np.ones_like)[0]
        assert value == pytest.approx(np.exp(-r * r / 2), abs=2e-15)


def test_punch_reads_the_average():
    """Disc of radius ρ under a punch of radius 1: 1 - √(1-ρ²) inside."""
    for rho in (0.2, 0.7, 0.95):
        disc = (Footprint(weight=rho, waves=(Wave(rho, 1),)),)
        punch = (Wave(1.0, -1), Wave(0.0, 0))
        value = apply(disc, punch, lambda k: np.exp(-1e-7 * k), limit=1e10)[0]
        assert value == pytest.approx(1 - np.sqrt(1 - rho**2), abs=1e-6)


def test_asymptotic_amplitude_joins():
    """Hankel functions from scipy below x = 1e6, from their series above."""
    for order in (0, 1, 2):
        wave = Wave(1.0, order)
        low, high = wave.amplitude(np.array([1e6 * (1 - 1e-9), 1e6 * (1 + 1e-9)]))
        assert abs(low / high - 1) < 3e-9
        k = np.array([3.0, 50.0])
        again = (wave.amplitude(k) * np.exp(1j * k)).real
        assert np.allclose(again, special.jv(order, k), rtol=1e-13)
        assert np.isfinite(wave.amplitude(np.array([1e18]))).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 100.0), st.floats(-4, 4))
def test_no_jump_in_radius(r, log_s):
    """u(r) is continuous: the splitting of the waves changes with r, the value does not."""
    e = vg.Experiment(vg.Material(1.0, 1 / 2.6, 0.3), vg.DiscTip(1.0))
    step = 1e-9 * max(r, 1e-3)
    u = vg.frequency_response(e, 10**log_s, per="concentration", at=[r, r + step, 0.0]).values
    # the slope at the rim grows with 1/ℓ
    assert abs(u[0] - u[1]) < 1e-8 * (1 + (2 * np.pi * 10**log_s) ** 0.5) * abs(u[2])


def test_no_jump_where_the_waves_are_split():
    """r = R/4 and 4R switch between one window and two."""
    e = vg.Experiment(vg.Material(1.0, 1 / 2.6, 0.3), vg.DiscTip(1.0), vg.Film(0.3))
    for r in (0.25, 4.0):
        at = [r * (1 - 1e-12), r * (1 + 1e-12)]
        for omega in (1e-6, 1.0, 1e6):
            u = vg.frequency_response(e, omega, per="concentration", at=at)
            assert abs(u.values[0] - u.values[1]) <= 1e-11 * abs(u.values[0]) + u.error.sum()


def test_profile_tip_is_a_sum_of_discs():
    """A cone as a Gauss-Legendre sum of discs, read on the axis and outside."""
    material = vg.Material(1.0, 1 / 2.6, 0.3)
    cone = vg.ProfileTip(1.0, (0.0, 0.4, 1.0), (1.0, 0.7, 0.2))
    at, f = np.array([0.0, 1.7]), np.array([1e-3, 1.0, 50.0])
    u = vg.frequency_response(vg.Experiment(material, cone), f, per="concentration", at=at)
    x, w = np.polynomial.legendre.leggauss(12)
    total = (
        0.2
        * vg.frequency_response(
            vg.Experiment(material, vg.DiscTip(1.0)), f, per="concentration", at=at
        ).values
    )
    for a, b, pa, pb in ((0.0, 0.4, 1.0, 0.7), (0.4, 1.0, 0.7, 0.2)):
        for s, v in zip(x, w, strict=True):
            disc = vg.Experiment(material, vg.DiscTip(a + (b - a) * (s + 1) / 2))
            part = vg.frequency_response(disc, f, per="concentration", at=at).values
            total = total + (pa - pb) * v / 2 * part
    assert np.allclose(u.values, total, rtol=3e-7)
    assert (np.abs(u.values - total) <= 3 * u.error + 1e-12).all()


def test_flat_profile_is_the_disc():
    material = vg.Material(1.0, 1 / 2.6, 0.3)
    flat = vg.ProfileTip(1.0, (0.0, 1.0), (1.0, 1.0))
    f = np.array([1e-3, 1.0, 50.0])
    a, b = (
        vg.frequency_response(vg.Experiment(material, t), f, per="concentration", at=[0.0, 0.3])
        for t in (flat, vg.DiscTip(1.0))
    )
    assert np.allclose(a.values, b.values, rtol=1e-13)


@pytest.mark.slow
def test_fine_profile_is_the_gaussian():
    """exp(-r²/2) sampled at 60 points: the interpolation's own error is h²/8."""
    r = np.linspace(0, 6, 61)
    tip = vg.ProfileTip(1.0, r, np.exp(-r * r / 2))
    material = vg.Material(1.0, 1 / 2.6, 0.3)
    a, b = (
        vg.frequency_response(vg.Experiment(material, t), [0.01, 1.0], per="concentration")
        for t in (tip, vg.GaussianTip(1.0))
    )
    assert np.allclose(a.values, b.values, rtol=2e-3)
    assert tip.area == pytest.approx(2 * np.pi, rel=2e-3)


def test_the_second_rule_has_windows_and_modes_of_its_own():
    """Else a T that the rule does not carry would pass unseen: the two must differ by as much."""
    k = np.linspace(60.0, 120.0, 61)
    first, second = hankel.Density(footprints.DISC[0], (Wave(0.0),))(k)
    assert np.abs(first - second).max() > 0.01 * np.abs(first).max()  # windows
    for width in (0.2, 0.1, 0.05):  # a resonance at k = 1, too narrow for the panels
        peak = lambda k, w=width: 1 / (1 + ((k - 1) / w) ** 2)  # noqa: E731
        k, w = hankel.rule(((footprints.GAUSSIAN, (Wave(0.0),)),), (None,), 1e-3, 1e12)
        value, other = w[:, 0] @ peak(k)
        x, g = np.polynomial.legendre.leggauss(40)
        half = 9.0 / 200
        x = (half * (2 * np.arange(100)[:, None] + 1 + x)).ravel()
        g = np.tile(half * g, 100)
        truth = g @ (x * np.exp(-x * x / 2) * peak(x))
        assert abs(value - truth) <= abs(value - other)  # modes
        assert abs(value - other) < 0.5 * truth


@pytest.mark.parametrize("company", [1.0, 2.0, 1 - 1e-9])
def test_a_radius_in_company_is_as_good_as_alone(company):
    """The rim does not oscillate: its rule must not take the known sum from the other points."""
    readout = "punch" if company == 2.0 else "centre"
    for omega, r, kw in (
        (7.4e9, 1.59, {"thickness": 1.7e-4, "back": "permeable", "d": 1e4}),
        (4.1e11, 6.46, {"thickness": 0.143}),
        (7.1e8, 5.96, {"thickness": 2.9e-4}),
        (1e12, 100.0, {}),
    ):
        e = unit_experiment("disc", "conc", readout=readout, **kw)
        f, call = omega / (2 * np.pi), {"per": "concentration"}
        alone = vg.frequency_response(e, f, at=[r, 0.0], **call)
        both = vg.frequency_response(e, f, at=[r, 0.0, company], **call)
        allowed = 2e-10 * (abs(alone.values[0]) + 1e-6 * abs(alone.values[1]))
        assert abs(both.values[0] - alone.values[0]) <= allowed


def test_stated_error_just_off_the_rim():
    """r = R(1 ± δ) oscillates so slowly that it is cut before it has turned: mpmath values."""
    e = unit_experiment("disc", "conc", d=3.6092169876863576)
    f = 7.750604781796484e-12 / (2 * np.pi)
    r = 1.0000000010895607
    rim = vg.frequency_response(e, f, per="concentration", at=[r, 1.0]).values
    far = vg.frequency_response(e, f, per="concentration", at=r)
    # the slope at the rim is logarithmic: u(R+δ) - u(R) ~ δ ln δ
    assert abs(rim[0] - far.values) <= far.error + 1e-14


def test_gaussian_under_a_punch():
    """∫ density is the mean of the profile under the punch: two independent sums."""
    for x in (0.0, 0.7, 2.0, 5.9):
        waves = (Wave(1.0, -1), Wave(x, 0))
        direct = apply(footprints.GAUSSIAN, waves, np.ones_like)[0]
        assert footprints.gaussian_punch(x) == pytest.approx(direct, rel=1e-13, abs=2e-15)
    assert footprints.gaussian_punch(0.0) == pytest.approx(np.sqrt(2) * special.dawsn(np.sqrt(0.5)))
