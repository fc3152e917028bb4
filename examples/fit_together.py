"""A strain spectrum knows D/R² and βR; with a PITT transient of the same material it knows all."""

import numpy as np

import vegard as vg

D = "material.diffusivity"
material = vg.Material(2e-14, 1e-6, 0.3, ocv_slope=-4.4e-5)
experiment = vg.Experiment(material, vg.DiscTip(20e-9))
cell = vg.Cell(material, length=200e-9, area=1e-4)
rng = np.random.default_rng(1)

f = np.geomspace(0.1, 1e6, 40)
u = vg.frequency_response(experiment, f).values
s = 0.02 * np.abs(u).max()
strain = vg.Data("frequency", f, u + s * (rng.normal(size=40) + 1j * rng.normal(size=40)), s)

t = np.geomspace(1e-3, 3.0, 60)
i = vg.classical.pitt(cell, t, 0.01).values
s = 0.02 * i[20]
current = vg.Data("pitt", t, i + s * rng.normal(size=60), s, drive=0.01, cell=cell)

free = [D, "tip.radius", "material.vegard"]
alone = vg.fit(experiment, strain, free)
print(alone.report(), end="\n\n")
assert alone.interval("tip.radius") == (0.0, np.inf)

both = vg.fit(experiment, [strain, current], free)
print(both.report())
assert abs(both.values["tip.radius"] / 20e-9 - 1) < 0.1
