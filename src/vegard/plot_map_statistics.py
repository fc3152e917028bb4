"""Pictures of what a map says as a whole: histogram of its values, correlation with another map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.map_pixels import DETERMINED, LIMIT, is_log, other_map, states, values_of
from vegard.map_scales import SYMBOLS, WORDS, message, unit_of
from vegard.map_statistics import Spread, correlate, spread
from vegard.plot import OKABE_ITO
from vegard.plot_map import clean, log_ticks
from vegard.prefixes import scale

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Real = NDArray[np.float64]

_MANY = 3000  # pixels from which on a scatter becomes a density
_BINS = 120
_MOST = (0.002, 0.998)  # quantiles that the axis of a histogram holds
_ROOM = 0.15  # of its length, on each side


def histogram(dataset: xr.Dataset, variable: str = "diffusivity", ax: Axes | None = None) -> Axes:
    """Draw how the values of a map are distributed, and how far their noise alone would spread.

    Determined pixels are filled, those that have no more than a limit are hatched. The bar holds
    68 % of what equal pixels with these σ would give.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`, of any number of axes.
    variable : str
        Which of them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, numbers of pixels over the value [unit of the map, with a prefix].
    """
    from matplotlib.colors import LogNorm

    values, state = values_of(dataset, variable), states(dataset, variable)
    seen = values[state == DETERMINED]
    ax = _axes(ax)
    if seen.size < 2:
        ax.set_title(message(dataset, variable), loc="left", fontsize=10)
        ax.set_axis_off()
        return ax
    found = spread(dataset, variable)
    factor, label = _scaled(dataset, variable, seen)
    limits = values[(state == LIMIT) & ((values > 0) | (not found.log))]
    edges = _edges(factor * seen, log=found.log)
    _bars(ax, factor * seen, edges, "determined", color=OKABE_ITO[0])
    if limits.size:
        look = {"histtype": "step", "color": "0.25", "hatch": "////"}
        _bars(ax, factor * limits, edges, WORDS[LIMIT], **look)
    if found.log:
        ax.set_xscale("log")
        log_ticks(ax.xaxis, LogNorm(edges[0], edges[-1]))
    if found.noise is not None:
        _noise(ax, factor, found)
    ax.set(xlabel=label, ylabel="number of pixels")
    words = str(found).replace(", ", ",\n", 1)
    ax.set_title(words[0].upper() + words[1:], loc="left", fontsize=10)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.14), ncols=3)
    clean(ax)
    return ax


def correlation(
    dataset: xr.Dataset,
    other: Any,
    ax: Axes | None = None,
    *,
    variable: str = "diffusivity",
    level: float = 0.95,
) -> Axes:
    """Draw a map against another one, pixel by pixel, with the correlation of their ranks.

    Parameters
    ----------
    dataset, other, variable, level
        As for `vegard.map_statistics.correlate`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, the map [its unit, with a prefix] over the other one.
    """
    found = correlate(dataset, other, variable, level=level)
    second, name = other_map(dataset, other, variable)
    values = values_of(dataset, variable)
    used = (states(dataset, variable) == DETERMINED) & np.isfinite(second)
    ax = _axes(ax)
    factor, label = _scaled(dataset, variable, values[used])
    x, y = second[used], factor * values[used]
    unit = str(getattr(dataset[other] if isinstance(other, str) else other, "attrs", {})
               .get("units", ""))  # fmt: skip
    stretch, unit = scale(float(np.median(np.abs(x - np.median(x)))), unit)
    log = is_log(variable, values[used])
    if x.size <= _MANY:
        ax.plot(stretch * x, y, "o", color=OKABE_ITO[0], markersize=2.5, alpha=0.6)
        if log:
            ax.set_yscale("log")
    else:
        dense = ax.hexbin(stretch * x, y, gridsize=45, bins="log", mincnt=1, cmap="viridis",
                          yscale="log" if log else "linear", linewidths=0.2)  # fmt: skip
        ax.figure.colorbar(dense, ax=ax, label="number of pixels").outline.set_visible(False)
    ax.set(xlabel=f"{name} ({unit})" if unit else name, ylabel=label)
    words = str(found).replace("; ", ";\n").replace(": ", ":\n", 1)
    ax.set_title(words[0].upper() + words[1:], loc="left", fontsize=10)
    clean(ax)
    return ax


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(6.0, 4.4), layout="constrained").add_subplot()


def _scaled(dataset: xr.Dataset, variable: str, seen: Real) -> tuple[float, str]:
    """Factor and label of an axis."""
    factor, unit = scale(float(np.median(np.abs(seen))), unit_of(dataset, variable))
    symbol = SYMBOLS.get(variable, variable)
    return factor, f"{symbol} ({unit})" if unit else symbol


def _edges(seen: Real, *, log: bool) -> list[float]:
    """Bins by the rule of Freedman and Diaconis, somewhat beyond all but a few pixels."""
    a = np.log10(seen) if log else seen
    low, high = (float(q) for q in np.quantile(a, _MOST))
    room = _ROOM * (high - low) or 0.5 * (1.0 if log else abs(low) or 1.0)
    low, high = low - room, high + room
    width = 2 * float(np.subtract(*np.quantile(a, (0.75, 0.25)))) / a.size ** (1 / 3)
    count = _BINS if width <= 0 else int(np.ceil((high - low) / width))
    edges = np.linspace(low, high, min(max(count, 10), _BINS) + 1)
    out: list[float] = (10**edges if log else edges).tolist()
    return out


def _bars(ax: Axes, values: Real, edges: list[float], words: str, **how: Any) -> None:
    """A histogram; its label tells how many pixels lie beyond it."""
    beyond = int(((values < edges[0]) | (values > edges[-1])).sum())
    more = f", {beyond} beyond" if beyond else ""
    ax.hist(values, edges, label=f"{words} ({values.size}{more})", **how)


def _noise(ax: Axes, factor: float, found: Spread) -> None:
    """A bar over the histogram: median ± what noise alone would spread."""
    noise, middle = found.noise or 0.0, factor * found.median
    ends = (middle / 10**noise, middle * 10**noise) if found.log else \
        (middle - factor * noise, middle + factor * noise)  # fmt: skip
    top = 1.06 * ax.get_ylim()[1]
    ax.plot(ends, (top, top), "|-", color=OKABE_ITO[1], linewidth=2, markersize=10,
            label="noise alone (68 %)")  # fmt: skip
    ax.set_ylim(top=1.1 * top)
