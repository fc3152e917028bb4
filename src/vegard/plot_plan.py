"""The picture of a plan: the expected error of ln D over D, beside the usual measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.planning.outcome import Plan

Real = NDArray[np.float64]

_LOOKS: tuple[tuple[str, Any], ...] = (
    ("#0072B2", "--"),
    ("#E69F00", "-."),
    ("#CC79A7", (0, (1, 1))),
)
_PLAN = "#000000"


def draw(plan: Plan, ax: Axes | None = None) -> Axes:
    """Draw the expected error of ln D over D, both logarithmic.

    Where other parameters than D have a prior, each D stands with one value of them: the lines are
    then medians over neighbouring D, the dots the places themselves.

    Parameters
    ----------
    plan : Plan
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.4, 4.4), layout="constrained").add_subplot()
    alone = len(plan.inputs["prior"]) == 1
    d = plan.diffusivity
    curves: list[Any] = [("this plan", plan.sigma, (_PLAN, "-"), 2.4)]
    curves += [
        (name, sigma, look, 1.5)
        for (name, sigma), look in zip(plan.habitual_sigma.items(), _LOOKS, strict=False)
    ]
    for name, sigma, (colour, style), width in curves:
        line = sigma if alone else _smooth(sigma)
        ax.plot(d, line, color=colour, linestyle=style, linewidth=width, label=name)
        if not alone:
            ax.plot(d, sigma, ".", color=colour, markersize=3, alpha=0.5)
    ax.axhline(plan.before, color="0.5", linewidth=0.8, zorder=0)
    ax.annotate("known before", (d[0], plan.before), textcoords="offset points", xytext=(0, 3),
                fontsize=8, color="0.4")  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="diffusivity D (m²/s)",
           ylabel="expected error of ln D (–)")  # fmt: skip
    ax.set_title(_title(plan), loc="left", fontsize=11)
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.14), ncols=2, fontsize=8, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="0.92", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def _smooth(sigma: Real) -> Real:
    """Medians over thirteen neighbours."""
    wide = np.pad(sigma, 6, mode="reflect")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(wide, 13), axis=1))


def _title(plan: Plan) -> str:
    best = min(plan.habitual.values())
    if plan.expected > 0.9 * plan.before:
        return "No measurement in this time tells D"
    return f"ln D to {plan.expected:.2g} on average; the best of the usual measurements: {best:.2g}"
