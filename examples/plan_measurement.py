"""What to measure in ten minutes to know D, which may be anything from 1e-17 to 1e-13 m²/s."""

import numpy as np

import vegard as vg

D = "material.diffusivity"
lmo = vg.Material(1e-15, 1.17e-6, 0.3, ocv_slope=-4.4e-5)
experiment = vg.Experiment(lmo, vg.DiscTip(20e-9))
microscope = vg.Instrument("beam deflection", 1e-12, None, bandwidth=1e3)
plan = vg.plan(
    experiment,
    unknown=[D, "gain"],
    prior={D: (1e-17, 1e-13)},
    instrument=microscope,
    budget=600,
    drive=0.01,
)
print(plan.report())
assert plan.expected < 0.1
assert plan.habitual["one frequency near contact resonance"] > 0.95 * plan.before

# as if it were measured: D = 4e-16 m²/s
(measurement,) = plan.measurements
truth = experiment.replace({D: 4e-16})
rng = np.random.default_rng(1)
noise = rng.normal(size=(2, measurement.x.size)) * measurement.sigma
u = measurement.drive * vg.frequency_response(truth, measurement.x).values
fit = vg.fit(experiment, measurement.data(u + noise[0] + 1j * noise[1]), [D, "gain"])
low, high = fit.interval(D)
print(f"\nMeasured: {low:.2g} < D < {high:.2g} m²/s")
assert low < 4e-16 < high
assert np.log(high / low) < 4.5 * plan.expected
