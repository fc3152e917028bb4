"""A relaxation on a thin film: which model tells it, and how far its thickness is known."""

import numpy as np

import vegard as vg

D, h = "material.diffusivity", "geometry.thickness"
film = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9), vg.Film(15e-9))
pulse = vg.Pulse(0.01)
t = 0.01 + np.geomspace(1e-4, 10, 50)
u = vg.time_response(film, pulse, t, per="concentration").values
s = 0.01 * u.max()
y = u + s * np.random.default_rng(5).normal(size=50)
data = vg.Data("relaxation", t, y, s, drive=pulse, per="concentration")

# of the sample only material and tip are used
sample = vg.Experiment(vg.Material(1e-14, 1e-6, 0.3), vg.DiscTip(20e-9))
found = vg.compare_models(sample, data)
print(found.report(), end="\n\n")
assert found.best == "film"
weight = {c.model: c.weight for c in found.rows}
assert weight["half_space"] < 1e-6 < weight["stretched_exponential"] < 0.01

fit = vg.fit(film.replace({D: 1e-14, h: 20e-9}), data, {D: None, h: (5e-9, 100e-9), "gain": None})
draws = fit.posterior()
low, median, high = np.quantile(draws[h], [0.025, 0.5, 0.975])
print(f"thickness {median:.2g} m, 95 % between {low:.2g} and {high:.2g} m")
assert low < 15e-9 < high
assert high / low < 1.3
