"""The picture of a crossing: signal over noise of each method against the contact's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vegard.plot import GREY, OKABE_ITO
from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.crossings import Crossing

_STYLES = {  # the currents fall on each other: the lower ones wide, the upper ones broken
    "PITT": (OKABE_ITO[0], "-", 3.0),
    "GITT": (OKABE_ITO[4], "--", 1.8),
    "EIS": (OKABE_ITO[2], "-.", 1.8),
    "ESM": (OKABE_ITO[3], "-", 2.4),
    "ESM relaxation": (OKABE_ITO[3], ":", 2.4),
}


def draw(crossing: Crossing, ax: Axes | None = None) -> Axes:
    """Draw the SNR of each method against the contact radius, both logarithmic.

    Parameters
    ----------
    crossing : Crossing
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.4, 4.6), layout="constrained").add_subplot()
    factor, unit = scale(float(crossing.radius[0]), "m")
    for c in crossing.curves:
        colour, style, wide = _STYLES[c.method]
        ax.plot(crossing.radius * factor, c.snr, style, color=colour, lw=wide, label=c.method)
        if c.size is not None:
            ax.plot(c.size * factor, crossing.snr, "o", color=colour, markersize=6, zorder=5)
    ax.axhline(crossing.snr, color=GREY, linewidth=0.8, zorder=0)
    ax.annotate(
        f"SNR {crossing.snr:g}", (1, crossing.snr), xycoords=("axes fraction", "data"),
        xytext=(-4, 3), textcoords="offset points", ha="right", fontsize=8, color=GREY,
    )  # fmt: skip
    if crossing.window is not None:
        low, high = (r * factor for r in crossing.window)
        ax.axvspan(low, high, color=OKABE_ITO[3], alpha=0.12, linewidth=0, zorder=0)
    ax.set(
        xscale="log", yscale="log", xlabel=f"contact radius R ({unit})",
        ylabel="signal over noise (–)",
        xlim=(float(crossing.radius[0]) * factor, float(crossing.radius[-1]) * factor),
    )  # fmt: skip
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_title(_title(crossing), loc="left", fontsize=11)
    ax.legend(frameon=False, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="0.92", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def _title(crossing: Crossing) -> str:
    if crossing.window is None:
        return "No contact size is seen by strain alone"
    low, high = crossing.window
    if low > float(crossing.radius[0]):
        return f"Strain alone is seen from {quantity(low, 'm')} to {quantity(high, 'm')}"
    return f"Below {quantity(high, 'm')} strain is seen, and no current is"
