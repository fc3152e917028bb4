"""What the base does to a film: rigid, silicon, the film's own stiffness, soft.

A stiff base holds the film back from contracting sideways, a soft one gives way. It matters where
the film is thinner than the contact, and hardly where it is three times thicker.
"""

from math import inf

import vegard as vg

film = vg.Material(1e-15, 1e-6, poisson=0.3, young=100e9)
bases = {"rigid": inf, "silicon": (170e9, 0.28), "the same": (100e9, 0.3), "soft": (10e9, 0.3)}
radius = 20e-9
ratio = {}
for thickness in (2e-9, 20e-9, 60e-9):
    experiment = vg.Experiment(film, vg.DiscTip(radius), vg.Film(thickness))
    uniform = vg.static_response(experiment, per="concentration").values
    for name, base in bases.items():
        layered = experiment.replace({"elastic": vg.Layered(film, base)})
        ratio[thickness, name] = vg.static_response(layered, per="concentration").values / uniform
    row = ", ".join(f"{name} {ratio[thickness, name]:.3f}" for name in bases)
    print(f"h/R = {thickness / radius:3.1f}, u over that of one stiffness: {row}")

assert abs(ratio[2e-9, "rigid"] - 0.752) < 1e-3
assert abs(ratio[60e-9, "rigid"] - 0.984) < 1e-3
assert abs(ratio[20e-9, "the same"] - 1) < 1e-9
