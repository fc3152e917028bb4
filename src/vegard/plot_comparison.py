"""The picture of a comparison: how far each estimator is from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.four_methods import Comparison

_COLOURS = {"PITT": "#0072B2", "GITT": "#E69F00", "EIS": "#009E73", "ESM": "#CC79A7"}


def draw(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Draw D_reported/D of each estimator on a logarithmic scale.

    Parameters
    ----------
    comparison : Comparison
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    """
    rows = [r for r in comparison.rows if np.isfinite(r.bias)]
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(7.2, 0.6 + 0.34 * len(rows))).add_subplot()
    place = np.arange(len(rows))[::-1]
    for y, r in zip(place, rows, strict=True):
        colour = _COLOURS[r.method.split()[0]]
        ax.plot([1, r.bias], [y, y], color=colour, linewidth=1.5)
        ax.plot(r.bias, y, "o", color=colour)
        ax.annotate(
            f"{r.bias:.2g}", (r.bias, y), textcoords="offset points",
            xytext=(7 if r.bias >= 1 else -7, 0), va="center",
            ha="left" if r.bias >= 1 else "right", fontsize=8,
        )  # fmt: skip
    ax.axvline(1.0, color="0.4", linewidth=0.8, zorder=0)
    ax.set_yticks(place, [f"{r.method}: {r.estimator}" for r in rows], fontsize=8)
    ax.set(xscale="log", xlabel="reported over true diffusivity (–)")
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, 0.3) / 3, max(high, 3.0) * 3)
    worst = max(rows, key=lambda r: abs(np.log(r.bias)))
    ax.set_title(f"Off by {_factor(worst.bias)}: {worst.estimator}", loc="left", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis="x", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def _factor(value: float) -> str:
    size = max(value, 1 / value)
    return f"a factor of {size:.2g}" if size < 1e4 else f"{np.log10(size):.0f} decades"
