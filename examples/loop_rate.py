"""Loop area against the rate: nothing slow, nothing fast, most where R²/D fits into a cycle.

A staircase of writing pulses on LiMn2O4 under a disc of 20 nm, read on- and off-field. Fast charge
transfer opens the loop most at ωR²/D = 8 (ω = 2π over the time of a cycle), a charge transfer with
κR/D = 1 at 2: the rate of the widest loop holds R and κ as well as D.
"""

import numpy as np

import vegard as vg
from vegard.waveforms import staircase

equilibrium = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(radius=20e-9))
tau = 20e-9**2 / equilibrium.material.diffusivity  # 56 ms
kinetics = equilibrium.replace({"interface": vg.LinearKinetics(20e-9 / tau)})  # κ = D/R


def area(e: vg.Experiment, rate: float, field: str) -> float:
    """Area [m V] of the third cycle of 64 pulses up to 0.1 V, at ωR²/D = rate."""
    step = 2 * np.pi * tau / rate / 64
    train = vg.PulseTrain(step / 2, step, staircase(0.1, 64, cycles=3))
    return vg.loop(e, train, field=field).area


rates = 8 * np.geomspace(1e-4, 1e4, 33)
for name, e in (("equilibrium", equilibrium), ("κR/D = 1", kinetics)):
    for field in ("on", "off"):
        areas = np.array([area(e, rate, field) for rate in rates])
        top = areas.argmax()
        slow, fast = (np.diff(np.log(areas)) / np.diff(np.log(rates)))[[0, -1]]
        print(
            f"{name}, {field}-field: widest at ωR²/D = {rates[top]:.2g} with "
            f"{areas[top] * 1e12:.2f} pm V; slow ∝ rate^{slow:.2f}, fast ∝ rate^{fast:.2f}"
        )
        assert abs(slow - 0.5) < 0.02
        assert abs(fast + (0.5 if e is equilibrium else 1.0)) < 0.01
        assert rates[top] == rates[16] if e is equilibrium else 1 < rates[top] < 4
assert abs(area(equilibrium, 8.0, "on") / 6.96e-12 - 1) < 1e-3
