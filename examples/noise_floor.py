"""Which is seen first under a tip: the strain of the ions, or their current?

A contact of 20 nm on LiMn2O4 driven with 10 mV, seen by an interferometric microscope and a quiet
current amplifier behind 100 pF of cable, in a bandwidth of 100 Hz. The numbers of the instruments
come from the catalogue, each with the address where it was read.
"""

import vegard as vg
from vegard import noise
from vegard.noise_floor import current_noise, displacement_noise

instrument = vg.instruments["QPDI+SCM-PIT+SP983"].replace({"cantilever.contact_stiffness": 360.0})
material = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
experiment = vg.Experiment(material, vg.DiscTip(20e-9), interface=vg.Contact())
drive = 10e-3  # V, peak

for frequency in (1e3, 10.0):
    u = drive * vg.frequency_response(experiment, frequency).amplitude
    i = drive * vg.contact_current(experiment, frequency).amplitude
    x = displacement_noise(instrument, frequency)
    y = current_noise(instrument, frequency, source_capacitance=1e-10)
    x, y = (noise.peak_sigma(density, instrument.bandwidth) for density in (x, y))
    print(f"{frequency:g} Hz: {u * 1e12:.2g} pm over a noise of {x * 1e15:.0f} fm, "
          f"{i * 1e15:.3g} fA over {y * 1e15:.0f} fA")  # fmt: skip

times = noise.averages(y, i)
print(f"at 10 Hz the current needs {times:.1f} readings to equal its noise")
assert abs(u / x - 66.0) < 0.5  # the strain is seen at once
assert abs(times - 8.59) < 0.05
