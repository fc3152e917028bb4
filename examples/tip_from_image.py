"""How wide is the contact? The image of columns that another microscope has seen tells R and D.

A spectrum of displacement knows D/R² and no more; an image of a known object has a ruler in it, its
pixels.
"""

import numpy as np

import vegard as vg

D, R, PIXEL = "material.diffusivity", "tip.radius", 4e-9
columns = vg.samples.columns((40, 40), PIXEL, 30e-9, 60e-9, inside=2e-6, outside=1e-6, jitter=4e-9)
maps = {"material.vegard": columns.values}
truth = vg.Experiment(
    vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-5e-5), vg.GaussianTip(10e-9), readout="punch"
)
image = vg.image(truth, maps, pixel=PIXEL, frequency=3.0, drive=50e-3, noise=1e-12, seed=1)

data = vg.Data("image", 3.0, image.values, 1e-12, drive=50e-3, maps=maps, pixel=PIXEL)
fit = vg.fit(truth.replace({D: 1e-12, R: 50e-9}), data, [D, R, "gain"])
print(fit.report())

low, high = fit.interval(R)
assert low < 10e-9 < high
assert high / low < 1.4
assert abs(np.log(fit.values[D] / 1e-15)) < 3 * fit.sigma[D] / fit.values[D]
