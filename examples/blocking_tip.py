"""A tip that passes no ions: they migrate in its field, and cannot follow above D/(2πRλ).

The diffuse layer, λ thick, charges through the spreading resistance of the sample. The turnover is
where that takes a cycle, far above D/(2πR²); beyond it the amplitude falls like 1/f.
"""

import numpy as np

import vegard as vg

radius, debye, diffusivity = 20e-9, 1e-9, 1e-15  # m, m, m²/s; assumed
experiment = vg.Experiment(
    vg.Material(diffusivity, vegard=1e-6, poisson=0.3),
    vg.GaussianTip(radius),
    interface=vg.BlockingTip(debye, concentration=1e3),
)
turnover = diffusivity / (2 * np.pi * radius * debye)  # 8 Hz
rest = vg.static_response(experiment).values  # real, below zero: V > 0 drives cations away
frequency = turnover * np.array([1e-3, 1.0, 1e3])
u = vg.frequency_response(experiment, frequency)

print(f"at rest {rest * 1e12:.1f} pm/V; linear only far below R_gT/F = 26 mV")
for f, x in zip(frequency, u.values / rest, strict=True):
    print(f"{f:9.4g} Hz: {abs(x):.4f} of it, {np.degrees(np.angle(x)):6.1f}°")

assert rest < 0
assert abs(abs(u.values[1] / rest) - 0.691) < 1e-3  # 0.69 for every λ ≪ R
