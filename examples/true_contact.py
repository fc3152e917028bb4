"""Exchange under the tip only, against exchange on the whole surface.

A sealed surface outside the contact keeps the ions in: below D/(2πR²) the true contact goes on
growing, while the sink around a `FixedConcentration` holds the displacement. Above they agree.
"""

import numpy as np

import vegard as vg

material = vg.materials["LiMn2O4"].material()
tip = vg.DiscTip(radius=20e-9)
contact = vg.Experiment(material, tip, interface=vg.Contact())
surface = contact.replace({"interface": vg.FixedConcentration()})

corner = material.diffusivity / (2 * np.pi * tip.radius**2)  # 2.8 Hz
frequency = corner * np.array([1e-4, 1e-2, 1.0, 1e2])
u, v = (vg.frequency_response(e, frequency) for e in (contact, surface))  # per volt
for f, a, b in zip(frequency, u.amplitude, v.amplitude, strict=True):
    print(f"{f:9.3g} Hz: contact {a * 1e9:6.3f} nm/V, whole surface {b * 1e9:6.3f} nm/V")

resistance = vg.contact_impedance(contact, 0.0).values.real  # (-dE/dC)/(zF 4DR)
print(f"spreading resistance {resistance * 1e-9:.0f} GΩ")

assert abs(resistance / 191.915e9 - 1) < 1e-5
assert abs(u.amplitude[0] / v.amplitude[0] - 3.384) < 1e-3  # grows like ln(1/ω)
assert abs(u.amplitude[-1] / v.amplitude[-1] - 1) < 2e-4
