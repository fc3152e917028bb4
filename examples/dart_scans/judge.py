"""Which of the 26 amplitudes could be diffusion, for a material, tip and range of D of your own."""

import vegard as vg
from vegard.dart_scans import scans
from vegard.largest import judge_amplitude

experiment = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(radius=10e-9))
change = 0.1 * experiment.material.site_concentration  # mol/m³: Δx = 0.1

for scan in scans()[-3:]:
    top = vg.largest_response(experiment, scan.frequency, diffusivity=(1e-17, 1e-13), change=change)
    print(f"{scan.name}: {judge_amplitude(scan.amplitude, top, q=100).sentence}")
