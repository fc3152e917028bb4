"""Why strain and not current: the contact size below which the current of the ions drowns.

LiMn2O4 under 10 mV at 1 kHz, seen by an interferometric microscope and a quiet ammeter; every
method has 5 ms, one reading in 100 Hz.
"""

import vegard as vg

instrument = vg.instruments["QPDI+SCM-PIT+SP983"].replace({"cantilever.contact_stiffness": 360.0})
material = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
experiment = vg.Experiment(material, vg.DiscTip(20e-9), interface=vg.Contact())

found = vg.detection(experiment, 1e3, instrument=instrument, drive=10e-3)
print(found.report())

crossing = vg.crossing(experiment, 1e3, instrument=instrument, drive=10e-3)
print(crossing.report())

low, high = crossing.window
assert abs(found.ions - 188) < 1
assert low == 1e-9  # strain is seen at every size
assert abs(high / 22.2e-9 - 1) < 0.01
