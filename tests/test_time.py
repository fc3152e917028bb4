"""Drives and superposition, against closed forms and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from common import PER, unit_experiment

import vegard as vg
from vegard import closed_forms as cf
from vegard import superposition

STEP = cf.gaussian_concentration_step


@pytest.fixture
def e():
    return unit_experiment("gauss", "conc")


def respond(e, drive, t, **kw):
    return vg.time_response(e, drive, t, per="concentration", **kw)


def test_before_t0_is_the_state_before(e):
    for drive in (vg.Pulse(1.0), vg.Sine(2.0), vg.Triangle(1.0), vg.Sampled([0, 1], [0, 1])):
        assert respond(e, drive, [-1.0, 0.0]).values.tolist() == [0.0, 0.0]
    assert vg.step_response(e, -1.0, per="concentration").values == 0.0


def test_pulse_is_step_minus_step(e):
    t = np.array([0.5, 1.0, 1.5, 40.0])
    after = np.where(t > 1, STEP(np.maximum(t - 1, 1e-9)), 0.0)
    u = respond(e, vg.Pulse(1.0, amplitude=-2.0), t)
    assert np.allclose(u.values, -2 * (STEP(t) - after), rtol=1e-11)
    assert u.units == "m"


def test_train_is_its_pulses(e):
    t = np.linspace(0.1, 9, 41)
    train = vg.PulseTrain(1.0, 2.0, (1.0, -0.5, 2.0), rest=0.25)
    single = [respond(e, vg.Pulse(1.0), t - 2 * i).values for i in range(3)]
    rest = 0.25 * (vg.step_response(e, t, per="concentration").values - sum(single))
    expected = single[0] - 0.5 * single[1] + 2 * single[2] + rest
    assert np.allclose(respond(e, train, t).values, expected, rtol=1e-10, atol=1e-14)


def test_triangle_is_a_sampled_triangle(e):
    t = np.linspace(0.01, 12, 60)
    knots = np.array([0.0, 1, 3, 5, 7, 8])
    sampled = vg.Sampled(knots, [0.0, 2, -2, 2, -2, 0])
    a, b = respond(e, vg.Triangle(4.0, 2.0, 2), t), respond(e, sampled, t)
    assert np.allclose(a.values, b.values, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("interface", ["conc", "flux", "kinetics"])
def test_late_sine_is_the_frequency_response(interface):
    """Time and frequency by independent routes: the transient has died, H(iω) remains.

    Under a flux the mean drifts like ln t: the difference over half a period removes most of it.
    """
    e = unit_experiment("disc", interface, biot=2.0)
    f = 0.8
    t = 4000 / f + np.linspace(0, 1, 9) / f
    h = vg.frequency_response(e, f, per=PER[interface]).values
    wave = vg.time_response(e, vg.Sine(f), t, per=PER[interface]).values
    steady = (h * np.exp(2j * np.pi * f * t)).imag
    drift = (wave - steady).mean()
    assert np.allclose(wave - drift, steady, atol=2e-6 * abs(h))
    if interface != "flux":
        assert abs(drift) < 1e-4 * abs(h)


def test_sine_against_fine_samples(e):
    """An independent route: a piecewise linear sine through the FFT."""
    t = np.linspace(0, 5, 200_001)
    fine = respond(e, vg.Sampled(t, np.sin(2 * np.pi * 3 * t)), t).values
    exact = respond(e, vg.Sine(3.0), t[::20_000]).values
    assert np.allclose(fine[::20_000], exact, atol=1e-8)


def test_burst_ends(e):
    t = np.array([0.2, 0.74, 0.9, 3.0])
    fine = np.linspace(0, 4, 40_001)
    wave = np.where(fine < 0.75, np.sin(2 * np.pi * 3 * fine), 0.0)
    cut = np.searchsorted(fine, 0.75)
    fine, wave = np.insert(fine, cut, 0.75 - 1e-6), np.insert(wave, cut, np.sin(4.5 * np.pi))
    burst = respond(e, vg.Sine(3.0, amplitude=2.0, cycles=2.25), t)
    assert np.allclose(burst.values, 2 * respond(e, vg.Sampled(fine, wave), t).values, atol=5e-6)


def test_fft_route_is_the_direct_route(e, monkeypatch):
    """Even samples: FFT against the direct sum, with a first value that jumps."""
    rng = np.random.default_rng(7)
    t = np.linspace(0.3, 7.3, 500)
    drive = vg.Sampled(t, rng.normal(size=t.size))
    fast = respond(e, drive, t, at=[0.0, 0.8])
    monkeypatch.setattr(superposition, "_DIRECT", 10**9)
    direct = respond(e, drive, t, at=[0.0, 0.8])
    assert np.allclose(fast.values, direct.values, atol=1e-11)
    assert (np.abs(fast.values - direct.values) <= fast.error + direct.error).all()


def test_spline_route_is_the_direct_route(e, monkeypatch):
    rng = np.random.default_rng(8)
    t = np.sort(rng.uniform(0, 5, 300))
    drive = vg.Sampled(t, rng.normal(size=t.size))
    ask = rng.uniform(-1, 9, 200)
    direct = respond(e, drive, ask)
    monkeypatch.setattr(superposition, "_DIRECT", 100)
    spline = respond(e, drive, ask)
    assert np.allclose(spline.values, direct.values, atol=1e-9)
    assert (np.abs(spline.values - direct.values) <= spline.error + direct.error).all()


def test_a_long_uneven_waveform_is_refused_with_the_fix(e):
    t = np.cumsum(np.random.default_rng(1).uniform(0.5, 1.5, 10_000))
    with pytest.raises(vg.VegardError, match="Sample the drive evenly"):
        respond(e, vg.Sampled(t, t), np.linspace(0, 1, 10_000))


def test_linear_in_the_drive(e):
    t = np.linspace(0.1, 3, 11)
    one = respond(e, vg.Triangle(2.0, 1.0), t).values
    assert np.allclose(respond(e, vg.Triangle(2.0, -3.0), t).values, -3 * one, rtol=1e-13)


@pytest.mark.parametrize("film", [None, 0.2])
@pytest.mark.parametrize("interface", ["conc", "flux", "kinetics"])
def test_step_integrates_to_the_charge_picture(film, interface):
    """du/dt ≥ 0 on the axis, and early times know nothing of the film's back."""
    e = unit_experiment("gauss", interface, thickness=film, biot=2.0)
    t = np.logspace(-8, 3, 45)
    u = vg.step_response(e, t, per=PER[interface])
    assert (np.diff(u.values) > -1e-12 * u.values[1:]).all()
    half = vg.step_response(unit_experiment("gauss", interface, biot=2.0), t, per=PER[interface])
    early = t < 1e-3
    assert np.allclose(u.values[early], half.values[early], rtol=1e-4)


def test_relaxation_after_an_instant_dose():
    """Disc dose on a blocking surface, u/u0 = 1 - e^-x I0(x), x = R²/8Dt."""
    from scipy.special import i0e

    e = unit_experiment("disc", "flux")
    t = np.logspace(-2, 3, 11)
    width = 1e-4
    u = vg.time_response(e, vg.Pulse(width, 1 / width), t + width / 2, per="flux").values
    assert np.allclose(u, 1 - i0e(1 / (8 * t)), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: vg.Pulse(-1.0), "Pulse.duration must be > 0 [s]; got -1.0"),
        (lambda: vg.PulseTrain(2.0, 1.0), "period must be at least the duration"),
        (lambda: vg.PulseTrain(1.0, 2.0, ()), "one or more finite numbers"),
        (lambda: vg.Triangle(1.0, cycles=1.5), "whole number"),
        (lambda: vg.Sine(0.0), "Sine.frequency must be > 0"),
        (lambda: vg.Sampled([0.0, 0.0], [1.0, 2.0]), "must increase"),
        (lambda: vg.Sampled([0.0, 1.0], [1.0]), "same length"),
        (lambda: vg.Sampled([0.0, 1.0], [1.0, np.nan]), "finite"),
    ],
)
def test_impossible_drives(make, words):
    with pytest.raises(vg.VegardError) as caught:
        make()
    assert words in str(caught.value)


def test_drives_as_functions_of_time():
    """Value after a jump, slopes, and rest."""
    assert vg.PulseTrain(1.0, 2.0, (1.0, 2.0), rest=0.5)([0, 1, 2, 3, 9]).tolist() == [
        1.0,
        0.5,
        2.0,
        0.5,
        0.5,
    ]
    assert vg.Triangle(4.0, 2.0, 2)([1, 2, 3, 5, 8, 9]).tolist() == [2.0, 0.0, -2.0, 2.0, 0.0, 0.0]
    assert vg.Sampled([1.0, 2.0], [3.0, 4.0])([0.5, 1.0, 1.5, 9.0]).tolist() == [0.0, 3.0, 3.5, 4.0]


def test_only_an_even_grid_read_on_itself_takes_the_fft(e, monkeypatch):
    """Jittered samples, times between samples, times past the end: the direct sum."""
    rng = np.random.default_rng(3)
    even = np.linspace(0.0, 7.0, 300)
    dt = even[1]
    jittered = even + dt * rng.uniform(-0.1, 0.1, even.size)
    jittered[[0, -1]] = even[[0, -1]]
    values = rng.normal(size=even.size)
    asked = ((jittered, even), (even, even + 0.2 * dt), (even, even + 3 * dt))
    for grid, ask in asked:
        drive = vg.Sampled(grid, values)
        monkeypatch.setattr(superposition, "_DIRECT", 10**9)
        direct = respond(e, drive, ask)
        monkeypatch.setattr(superposition, "_DIRECT", 1000)
        routed = respond(e, drive, ask)
        assert (np.abs(routed.values - direct.values) <= routed.error + direct.error).all()
        assert routed.error.max() < 1e-6


@pytest.mark.parametrize(
    ("drive", "what"),
    [
        (vg.Triangle(1.0), "ramp"),
        (vg.Sine(1.0, cycles=1.5), "sine"),
        (vg.Pulse(1.0), "step"),
    ],
)
def test_the_error_of_the_transform_reaches_the_response(e, drive, what, monkeypatch):
    """A transform a thousand times less sure makes the stated error larger in every route."""
    t = np.array([0.3, 1.2, 2.7])
    sure = respond(e, drive, t).error
    plain = superposition.transfer

    def unsure(*a):
        values, error = plain(*a)
        # one frequency alone is the steady part of a sine: only the contour is unsure
        return values, error + 1e-6 * np.abs(values) * (a[1].size > 1)

    monkeypatch.setattr(superposition, "transfer", unsure)
    assert (respond(e, drive, t).error > 1e-8).all()
    assert (sure < 1e-11).all()


def test_both_ends_of_a_burst_count_in_the_error(e, monkeypatch):
    t = np.array([5.0])
    plain = superposition.transfer
    monkeypatch.setattr(
        superposition, "transfer", lambda *a: (plain(*a)[0], 1e-6 * np.abs(plain(*a)[0]))
    )
    endless = respond(e, vg.Sine(3.0), t).error
    burst = respond(e, vg.Sine(3.0, cycles=2.25), t).error
    assert burst[0] > 1.3 * endless[0]


def test_spline_states_its_own_error(e, monkeypatch):
    monkeypatch.setattr(superposition, "_DIRECT", 10)
    t = np.linspace(0.01, 5, 40)
    u = respond(e, vg.Sampled([0.0, 0.3, 1.1], [1.0, 1.0, 0.5]), t)
    assert (u.error > 0.9e-11 * np.abs(u.values).max()).all()


def test_a_sine_burst_is_over_when_it_is_over():
    burst = vg.Sine(1.0, cycles=1.25)
    assert burst([-0.1, 0.25, 1.24, 1.26, 9.3]).tolist() == pytest.approx(
        [0.0, 1.0, np.sin(2.48 * np.pi), 0.0, 0.0]
    )
