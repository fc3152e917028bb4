"""A band-excitation relaxation whose quality factor drifts: D from the drive, not from the peak."""

import numpy as np
import xarray as xr

import vegard as vg

D = "material.diffusivity"
truth = vg.Experiment(vg.Material(2e-15, 1e-6, 0.3, ocv_slope=-5e-5), vg.DiscTip(20e-9))
pulse = vg.Pulse(0.04, 4.0)
time = 0.04 + 0.008 * (np.arange(200) + 0.5)
frequency = np.linspace(334e3, 434e3, 31)
rng = np.random.default_rng(0)

u = vg.time_response(truth, pulse, time).values
drive = 20e-12 * (1 + 2 * u / u.max()) * np.exp(0.3j)  # m, beside a constant of 20 pm
quality, f0 = np.linspace(63, 77, 200)[:, None], 384e3
spectra = drive[:, None] * f0**2 / (frequency**2 - 1j * frequency * f0 / quality - f0**2)
spectra = spectra + 6e-12 * (rng.normal(size=(2, 200, 31)) * np.array([[[1]], [[1j]]])).sum(axis=0)

axes = {"time": time, "frequency": frequency}
measured = xr.Dataset({"response": (("time", "frequency"), spectra, {"units": "m"})}, axes)
fit = vg.fit(truth, vg.Data.from_xarray(measured, drive=pulse), [D, "gain", "offset"])
print(fit.report())
low, high = fit.interval(D)
assert low < 2e-15 < high

found = vg.fit_sho(frequency, measured.response)
peak = (found.amplitude * found.q).values
false = vg.fit(truth, vg.Data("relaxation", time, peak, drive=pulse), [D, "gain", "offset"])
print(f"from the peak: D = {false.values[D]:.1e} m²/s, {false.interval(D)}")
low, high = false.interval(D)
assert not low < 2e-15 < high
