"""From the load to the photodiode: contact radius, contact stiffness, surface, lever.

The tip is pressed with 100 nN; its contact sets both the disc that drives the ions and the spring
through which the surface pulls at the lever.
"""

import vegard as vg

sample = vg.materials["LiMn2O4"].material()
silicon = {"tip_young": 169e9, "tip_poisson": 0.22}
tip = vg.hertz(20e-9, 100e-9, sample, **silicon)
spring = vg.contact_mechanics.stiffness(tip.radius, sample, **silicon)
print(f"contact radius {tip.radius * 1e9:.2f} nm, stiffness {spring:.0f} N/m")

lever = vg.Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=spring)
resonance = float(lever.resonances()[0])
print(f"resonance {resonance / 1e3:.1f} kHz, Q {lever.quality_factors()[0]:.0f}")

experiment = vg.Experiment(sample, tip, readout="punch")
change = 0.1 * sample.site_concentration  # a tenth of the sites
for frequency in (10.0, resonance):
    surface = vg.frequency_response(experiment, frequency, per="concentration")
    read = lever.detect(surface)
    moved, seen = change * surface.amplitude * 1e12, change * read.amplitude * 1e12
    print(f"{frequency:8.6g} Hz: surface {moved:.3f} pm, photodiode {seen:.3f} pm")

assert abs(spring - 359.2) < 0.1
assert abs(read.amplitude / surface.amplitude - 784.3) < 0.2  # the resonance's gain
