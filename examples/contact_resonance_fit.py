"""Amplitude, resonance and quality factor from noisy spectra across a contact resonance."""

import numpy as np

import vegard as vg

rng = np.random.default_rng(0)
drive, resonance, quality = 2e-12, 330e3, 80.0  # m, Hz, –
f = np.linspace(310e3, 350e3, 64)
clean = drive * resonance**2 / (f**2 - 1j * f * resonance / quality - resonance**2)
sigma = 5e-12  # m, of the real and of the imaginary part
noise = rng.normal(scale=sigma, size=(400, f.size)) + 1j * rng.normal(
    scale=sigma, size=(400, f.size)
)

fit = vg.fit_sho(f, clean + noise)
for name, true in (("amplitude", drive), ("f0", resonance), ("q", quality)):
    values, stated = fit[name].values, fit[f"{name}_sigma"].values
    print(f"{name}: true {true:g}, mean {values.mean():.6g}, scatter {values.std():.2g}, "
          f"stated {stated.mean():.2g}")  # fmt: skip
    assert abs(values.std() / stated.mean() - 1) < 0.15

two = clean[[16, 47]]  # DART: two of the bins, without noise
pixel = vg.dart(*np.abs(two), *np.angle(two), f[[16, 47]].mean(), f[47] - f[16])
print(f"from two bins: {float(pixel.f0):.1f} Hz, Q {float(pixel.q):.2f}")
assert abs(float(pixel.q) - quality) < 1e-6
