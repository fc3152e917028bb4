"""Plots of loops: read-out against bias, first-order reversal curves, area against rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.plot import GREY, OKABE_ITO, ordered
from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.loops import Forc, Loop

_SYMBOLS = {"deflection": ("displacement", "u"), "concentration": ("concentration", "C")}


def loop(one: Loop, ax: Axes | None = None) -> Axes:
    """Draw a loop: the last cycle in colour with its sense, what came before in grey.

    Parameters
    ----------
    one : Loop
        Values [m or mol/m³] against the bias [V or units of the drive].
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import vegard as vg
    >>> from matplotlib.figure import Figure
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> one = vg.loop(e, vg.Triangle(1.0), per="concentration")  # [s]
    >>> loop(one, Figure().add_subplot()).get_ylabel()
    'displacement u (fm)'
    """
    return loops([one], ax=ax)


def forc(family: Forc, ax: Axes | None = None) -> Axes:
    """Draw the last cycles of a family, from small to large peaks [bias units].

    Parameters
    ----------
    family : Forc
        Loops of growing amplitude.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.

    Returns
    -------
    matplotlib.axes.Axes
    """
    unit = family.loops[0].bias_units
    labels = [f"peak {quantity(float(p), unit)}" for p in family.peaks]
    return loops(family.loops, labels, ordered(len(labels)), ax)


def loops(
    every: Sequence[Loop],
    labels: Sequence[str] = (),
    colours: Sequence[Any] = OKABE_ITO,
    ax: Axes | None = None,
) -> Axes:
    """Draw loops of one observable together; a single one also with its history.

    Parameters
    ----------
    every : sequence of Loop
        The loops, in the same units.
    labels : sequence of str
        What the legend calls them.
    colours : sequence
        Their colours.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(5.6, 4.4)).add_subplot()
    factor, unit = scale(max(float(np.abs(one.values).max()) for one in every), every[0].units)
    wide, volts = scale(max(float(np.abs(one.bias).max()) for one in every), every[0].bias_units)
    for one, colour in zip(every, colours, strict=False):
        x, y = one.bias * wide, one.values * factor
        if len(every) == 1:
            ax.plot(x, y, color="0.75", linewidth=1.0, zorder=1)
        x, y = (np.append(v[one.last], v[one.last][0]) for v in (x, y))
        ax.plot(x, y, color=colour)
        _arrows(ax, x, y, colour)
    for label, colour in zip(labels, colours, strict=False):
        ax.plot([], [], color=colour, label=label)
    if labels:
        ax.legend(frameon=False, fontsize=9)
    name, sign = _SYMBOLS[every[0].inputs["observable"]]
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=0)
    ax.axvline(0.0, color=GREY, linewidth=0.8, zorder=0)
    ax.set(xlabel=f"bias ({volts})", ylabel=f"{name} {sign} ({unit})")
    if len(every) == 1:
        ax.set_title(message(every[0]), loc="left", fontsize=11)
    _clean(ax)
    return ax


def areas(
    rates: Any, curves: Sequence[tuple[str, Any]], ax: Axes, label: str = "ωτ = 2πR²/(D × period)"
) -> Axes:
    """Draw loop areas [any one unit] against the rate, both logarithmic.

    Parameters
    ----------
    rates : array_like, shape (n,)
        Rates [–] on the horizontal axis.
    curves : sequence of (str, array_like)
        Name and areas, shape (n,), of each model.
    ax : matplotlib.axes.Axes
        Where to draw.
    label : str
        Of the horizontal axis.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for (name, y), colour in zip(curves, OKABE_ITO, strict=False):
        ax.loglog(rates, y, color=colour, label=name)
    ax.legend(frameon=False, fontsize=9)
    ax.set(xlabel=label, ylabel="loop area")
    _clean(ax)
    return ax


def message(one: Loop) -> str:
    """What a loop says, in one line.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> message(vg.loop(e, vg.Triangle(1.0), per="concentration"))  # [s]
    'On-field loop, at zero bias 1.42 fm and -1.27 fm'
    """
    head = f"{one.inputs['field'].capitalize()}-field loop"
    pair = one.remanence
    if not one.opens:
        return f"{head} without an area"
    if pair is None:
        return head
    fall, rise = pair
    if abs(fall + rise) < 0.02 * abs(fall - rise):
        return f"{head}, remanent ±{quantity(abs(fall - rise) / 2, one.units)}"
    return f"{head}, at zero bias {quantity(fall, one.units)} and {quantity(rise, one.units)}"


def _arrows(ax: Axes, x: Any, y: Any, colour: Any) -> None:
    """The sense of the loop, a quarter after each reversal of the bias."""
    for start in (np.argmax(x), np.argmin(x)):
        i = int(start + x.size // 8) % (x.size - 1)
        if x[i] != x[i + 1] or y[i] != y[i + 1]:
            ax.annotate(
                "", (x[i + 1], y[i + 1]), (x[i], y[i]),
                arrowprops={"arrowstyle": "-|>", "color": colour, "mutation_scale": 14},
            )  # fmt: skip


def _clean(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
