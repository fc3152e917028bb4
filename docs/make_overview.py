"""Make docs/images/overview.png, the picture of the README. Run: python docs/make_overview.py"""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import vegard as vg
from vegard import dart_scans
from vegard.plot import OKABE_ITO, Line, curves
from vegard.report import comparison


def main() -> Path:
    """Draw the two panels and write the file."""
    material = vg.materials["LiMn2O4"].material()
    equilibrium = vg.Experiment(material, vg.DiscTip(10e-9))
    rate = 3 * material.diffusivity / equilibrium.tip.radius  # κR/D = 3
    slow = equilibrium.replace({"interface": vg.LinearKinetics(rate)})
    frequency = np.geomspace(1e-1, 1e6, 241)
    figure, (left, right) = plt.subplots(1, 2, figsize=(12.5, 4.6), gridspec_kw={"wspace": 0.42})

    change = 0.1 * material.site_concentration
    lines = []
    for name, e, colour in (
        ("equilibrium with the tip", equilibrium, OKABE_ITO[0]),
        ("slow charge transfer, κR/D = 3", slow, OKABE_ITO[1]),
    ):
        u = vg.frequency_response(e, frequency, per="concentration")
        u = vg.Response(change * u.values, change * u.error, "m", u.axes, u.inputs)
        lines.append(Line(name, u, colour))
    curves(lines, left)
    left.set_title("The slope tells the interface: LiMn₂O₄, Δx = 0.1", loc="left", fontsize=11)
    notes = (("slope −1/2", (8, 6)), ("slope −1", (-62, -14)))
    for line, (text, place) in zip(lines, notes, strict=True):
        y = np.interp(3e4, frequency, line.response.amplitude) * 1e12
        left.annotate(text, (3e4, y), xytext=place, textcoords="offset points",
                      color=line.colour, fontsize=10)  # fmt: skip
    comparison.amplitudes(right, dart_scans.analyse())
    path = Path(__file__).parent / "images" / "overview.png"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=130, bbox_inches="tight", metadata={"Software": None})
    return path


if __name__ == "__main__":
    main()
