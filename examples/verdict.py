"""Can it be diffusion? A diffusive spectrum, a capacitive one, and a mixture of both."""

import numpy as np

import vegard as vg

lmo = vg.Material(1e-14, 1.17e-6, 0.3, ocv_slope=-4.4e-5, site_concentration=22900.0)
experiment = vg.Experiment(lmo, vg.DiscTip(20e-9))
f = np.geomspace(1, 1e5, 30)  # Hz
ions = 0.01 * vg.frequency_response(experiment, f).values  # 1 % of what 1 V could move
pull = np.full(f.size, abs(ions[0]))  # frequency-flat
rng = np.random.default_rng(7)


def measured(u):
    sigma = 0.05 * np.abs(u)
    return vg.Data(
        "frequency", f, u + sigma * (rng.normal(size=30) + 1j * rng.normal(size=30)), sigma
    )


answers = {}
for name, u in {"ions": ions, "pull": pull, "both": 0.5 * ions + 0.5 * pull}.items():
    v = vg.verdict(measured(u), experiment, drive=1.0)
    answers[name] = v.answer
    print(f"{name}: {v.report()}\n")
assert answers == {"ions": "possible", "pull": "excluded", "both": "undecided"}
assert abs(v.evidence[-1].numbers["share"] - 0.5) < 0.05

# one amplitude at a contact resonance tells little; over the dc bias it tells more
volts = np.linspace(-2, 2, 9)
seen = vg.Observations(
    frequency=366e3,
    amplitude=300e-12,
    dc_series=(volts, 40e-12 * (volts - 0.3) + 2e-12 * rng.normal(size=9), 2e-12),
)
v = vg.verdict(seen, experiment, drive=1.0, q=(1, 100))
print(v.report())
assert v.answer == "excluded"
assert abs(v.evidence[-1].value - 0.3) < 0.05  # V, the surface potential
