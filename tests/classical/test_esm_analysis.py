"""The estimators in use for ESM, and how wrong they are; biases as computed in field.md."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.special import ive

import vegard as vg
from vegard.classical.esm_analysis import analyse_esm

TIMES = {1: 4.69, 3: 3.24, 10: 2.11}
LOG_TIMES = {1: 5.19, 3: 4.38, 10: 3.95}


def dose(t):
    """Displacement after an instantaneous dose on a disc, blocking surface, R = D = 1."""
    return 1 - ive(0, 1 / (8 * t))


@pytest.mark.parametrize("window", TIMES)
def test_single_exponential_is_biased(window):
    """100 even points from T/100 to T: D_est/D = 4.69, 3.24, 2.11 within 1 %."""
    t = np.linspace(window / 100, window, 100)
    found = analyse_esm(t, dose(t), 1.0, method="single_exponential")
    assert found.diffusivity == pytest.approx(TIMES[window], rel=0.01)

    def model(t, a, tau, b):
        return a * np.exp(-t / tau) + b

    tau = curve_fit(model, t, dose(t), [1.0, 0.2 * window, 0.0])[0][1]
    assert found.diffusivity == pytest.approx(1 / tau, rel=1e-4)  # what curve_fit stops at


@pytest.mark.parametrize("window", LOG_TIMES)
def test_the_sampling_matters(window):
    t = np.geomspace(0.01, window, 100)
    found = analyse_esm(t, dose(t), 1.0, method="single_exponential")
    assert found.diffusivity == pytest.approx(LOG_TIMES[window], rel=0.01)


def test_dose_is_a_short_pulse_of_flux():
    """The closed form against the engine: u after a short pulse, per dose."""
    e = vg.Experiment(vg.Material(1.0, 1.0, 0.3), vg.DiscTip(1.0), interface=vg.FixedFlux())
    t = np.array([0.02, 0.3, 4.0])
    width = 1e-5
    u = vg.time_response(e, vg.Pulse(width), t + width / 2, per="flux").values
    assert np.allclose(u / (2 * 1.3 * width), dose(t), rtol=1e-5, atol=0)


def test_amplitude_at_high_frequency_gives_3_4_times_d():
    m = vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-4e-5)
    e = vg.Experiment(m, vg.DiscTip(1e-6))
    f = np.array([1e3, 1e5])
    a = vg.frequency_response(e, f).amplitude
    found = analyse_esm(
        f, 50 * 2.0 * a, 1e-6, method="amplitude", drive=2.0, strain_per_volt=1e-6 / 4e-5,
        quality=50.0,
    )  # fmt: skip
    assert found.diffusivity / 1e-15 == pytest.approx(2 * 1.3**2, rel=1e-3)


def test_bad_input():
    t = np.linspace(0.01, 1, 20)
    for args, words in (
        ((t, t, 1.0, "exponential"), "Valid: amplitude, single_exponential"),
        ((t, t, -1.0, "single_exponential"), "radius must be > 0"),
        ((t - 0.5, t, 1.0, "single_exponential"), "after the end of the pulse"),
        ((t, t, 1.0, "amplitude"), "needs drive="),
        ((t[::-1], t, 1.0, "single_exponential"), "must increase"),
    ):
        with pytest.raises(vg.VegardError, match=words):
            analyse_esm(*args[:3], method=args[3])
