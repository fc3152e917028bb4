"""LiCoO2: what a grain's orientation does to the vertical and the lateral signal.

Lithium that enters shrinks the cell along c and widens it in the layers. Assumed: one diffusivity
for all directions (that along c is far smaller in truth, and a tilted anisotropic D is not
axisymmetric); elastic isotropy; grains much larger than the tip; equilibrium with the tip.
"""

import numpy as np

import vegard as vg
from vegard.orientation import orientation_contrast

lco = vg.materials["LiCoO2"]
pair = lco.records("vegard")[2]  # (across c, along c); its source says how sure it is
experiment = vg.Experiment(lco.material(vegard=pair), vg.DiscTip(radius=20e-9))
print(f"β = {pair.value[0]:.2e} across and {pair.value[1]:.2e} m³/mol along c ({pair.uncertainty})")

grains = {"c normal": (0, 0, 0), "c in the plane": (0, np.pi / 2, 0), "c at 45°": (0, np.pi / 4, 0)}
frequency = np.array([1e-4, 2.0, 1e3])  # below, at and above D/(2πR²) = 2 Hz
u = orientation_contrast(experiment, list(grains.values()), frequency, per="concentration")

size = np.abs(u["vertical"].values)
ratio = size[0] / size[1]
lateral = np.abs(u["lateral_y"].values[2]) / size[2]  # Φ tilts c about x, so it leans along y
for i, f in enumerate(frequency):
    print(
        f"{f:8.4g} Hz: c normal gives {ratio[i]:.1f} times the vertical signal of c in the plane; "
        f"at 45° the surface moves {lateral[i]:.2f} times as far sideways as up"
    )

# the in-plane coefficient is known to ±40 % only, and the small signal is a difference
for factor in (0.6, 1.4):
    across, along = pair.value
    other = experiment.replace({"material.vegard": (factor * across, along)})
    low = orientation_contrast(other, list(grains.values())[:2], frequency[0], per="concentration")
    signed = (low["vertical"].values[1] / low["vertical"].values[0]).real
    print(f"with {factor:g} times that coefficient, c in the plane gives {signed:+.2f} of c normal")
