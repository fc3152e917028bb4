"""The picture of a verdict: how far each evidence speaks for or against diffusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vegard.verdicts.evidence import DECISIVE, LEANING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.verdicts import Verdict

_COLOURS = {"for": "#0072B2", "neutral": "#999999", "against": "#D55E00"}
_TITLES = {
    "possible": "This can be Vegard strain by diffusion",
    "excluded": "This cannot be Vegard strain by diffusion",
    "undecided": "Undecided whether this is Vegard strain by diffusion",
}


def draw(verdict: Verdict, ax: Axes | None = None) -> Axes:
    """Draw the weight of each evidence, ln of its likelihood ratio.

    Parameters
    ----------
    verdict : Verdict
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    """
    rows = verdict.evidence
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.8, 1.6 + 0.5 * len(rows)), layout="constrained").add_subplot()
    place = np.arange(len(rows))[::-1]
    weight = np.array([e.weight for e in rows])
    ax.barh(place, weight, height=0.55, color=[_COLOURS[e.says] for e in rows])
    for y, e in zip(place, rows, strict=True):
        right, digits = e.weight >= 0, 0 if abs(e.weight) >= 10 else 1
        ax.annotate(
            f"{e.weight:+.{digits}f}  {e.says}", (e.weight, y), textcoords="offset points",
            xytext=(5 if right else -5, 0), va="center", ha="left" if right else "right",
            fontsize=9,
        )  # fmt: skip
    ax.set_xscale("symlog", linthresh=DECISIVE, linscale=1.5)
    end = max(20.0, 50 * float(np.abs(weight).max()))
    ax.set_xlim(-end, end)
    powers = [10.0**p for p in range(2, int(np.log10(end)) + 1)][:: 1 if end < 1e4 else 2]
    ticks = [-DECISIVE, -LEANING, 0.0, DECISIVE]
    ax.set_xticks([-p for p in powers[::-1]] + ticks + powers)
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:g}")
    for x in ticks:
        ax.axvline(x, color="0.6", linewidth=0.8, linestyle="-" if x == 0 else ":", zorder=0)
    ax.set_yticks(place, [e.name for e in rows])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_xlabel("against   ←   ln of the likelihood ratio of diffusion (–)   →   for")
    ax.set_title(_TITLES[verdict.answer], loc="left", fontsize=11)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax
