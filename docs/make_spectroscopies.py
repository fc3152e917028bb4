"""Make docs/images/loops.png, of docs/spectroscopies.md. Run: python docs/make_spectroscopies.py"""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import vegard as vg
from vegard import loops, plot_loops
from vegard.plot import GREY
from vegard.waveforms import staircase

RATES = np.geomspace(1e-3, 1e4, 71)
MARKED = (0.1, 8.0, 1e3)


def main() -> Path:
    """Draw the two panels and write the file."""
    material = vg.materials["LiMn2O4"].material()
    tip = vg.DiscTip(20e-9)
    tau = tip.radius**2 / material.diffusivity
    equilibrium = vg.Experiment(material, tip)
    contact = equilibrium.replace({"interface": vg.Contact()})
    models = {
        "equilibrium": equilibrium,
        "κR/D = 1": equilibrium.replace({"interface": vg.LinearKinetics(tip.radius / tau)}),
        "contact, half-space": contact,
        "contact, permeable film h = R": contact.replace(
            {"geometry": vg.Film(tip.radius, "permeable")}
        ),
    }

    def loop(e: vg.Experiment, rate: float) -> loops.Loop:
        step = 2 * np.pi * tau / rate / 64
        return vg.loop(e, vg.PulseTrain(step / 2, step, staircase(0.1, 64, 3)), field="on")

    figure, (left, right) = plt.subplots(1, 2, figsize=(12.5, 4.8), gridspec_kw={"wspace": 0.28})
    three = [loop(equilibrium, rate) for rate in MARKED]
    plot_loops.loops(three, [f"ωR²/D = {rate:g}" for rate in MARKED], ax=left)
    left.set_title("Equilibrium, on-field: open in the middle", loc="left", fontsize=11)
    curves = []
    for name, e in models.items():
        every = [loop(e, rate) for rate in RATES]
        # where the film is at rest before each reading there is no loop but rounding
        curves.append((name, [one.area * 1e12 if one.opens else np.nan for one in every]))
    plot_loops.areas(RATES, curves, right, "rate of the cycle ωR²/D")
    right.set(ylabel="loop area (pm V)", ylim=(0.05, 200))
    right.legend(frameon=False, fontsize=9, loc="upper right")
    right.axvline(8.0, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    right.set_title("Only a sealed half-space stays open when slow", loc="left", fontsize=11)
    path = Path(__file__).parent / "images" / "loops.png"
    figure.savefig(path, dpi=130, bbox_inches="tight", metadata={"Software": None})
    return path


if __name__ == "__main__":
    main()
