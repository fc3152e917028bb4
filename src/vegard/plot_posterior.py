"""The picture of a posterior: each parameter, and each pair against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.plot import OKABE_ITO
from vegard.prefixes import scale

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Real = NDArray[np.float64]

_BINS = 40
_SHARES = (0.9545, 0.6827)  # of the draws, within the two shades


class _Axis(NamedTuple):
    """Draws of one parameter, ready to draw."""

    values: Real
    label: str
    edges: Real
    log: bool


def draw(table: xr.Dataset, figure: Figure) -> list[Axes]:
    """Draw the marginal densities of a posterior on the diagonal, pairs of parameters below.

    Parameters
    ----------
    table : xarray.Dataset
        Of `Fit.posterior`.
    figure : matplotlib.figure.Figure
        Where to draw.

    Returns
    -------
    list of matplotlib.axes.Axes
        Row by row. Shades hold 68 % and 95 % of the draws, dashes the median and the central 95 %;
        what spans more than a decade stands on a logarithmic axis.
    """
    rows = [_axis(v) for v in table.values()]
    n = len(rows)
    grid = figure.add_gridspec(n, n, wspace=0.08, hspace=0.08)
    out: list[Axes] = []
    for i, y in enumerate(rows):
        for j, x in enumerate(rows[: i + 1]):
            ax = figure.add_subplot(grid[i, j])
            if i == j:
                _marginal(ax, x)
            else:
                _pair(ax, x, y)
            ax.set(xlabel=x.label if i == n - 1 else "", ylabel=y.label if j == 0 and i else "")
            ax.tick_params(labelbottom=i == n - 1, labelleft=j == 0 and i > 0, labelsize=8)
            ax.spines[["top", "right"]].set_visible(False)
            out.append(ax)
    out[0].set_title(_title(table), loc="left", fontsize=11)
    return out


def _axis(x: xr.DataArray) -> _Axis:
    low, high = np.quantile(x.values, [0.001, 0.999])
    unit = x.attrs["units"]
    if wide := bool(low > 0 and high > 10 * low):
        return _Axis(x.values, f"{x.attrs['symbol']} ({unit})", np.geomspace(low, high, _BINS + 1),
                     wide)  # fmt: skip
    size = max(abs(low), abs(high))
    factor, name = scale(size, unit)
    power = 3 * int(np.floor(np.log10(size * factor) / 3)) if size else 0
    if power:
        factor, name = factor / 10.0**power, rf"$10^{{{power}}}$ {name}".replace(" –", "")
    values = x.values * factor
    edges = np.linspace(low * factor, high * factor, _BINS + 1)
    return _Axis(values, f"{x.attrs['symbol']} ({name})", edges, wide)


def _marginal(ax: Axes, x: _Axis) -> None:
    share = np.histogram(x.values, x.edges)[0]
    ax.stairs(share, x.edges, fill=True, color=OKABE_ITO[0], alpha=0.35)
    ax.stairs(share, x.edges, color=OKABE_ITO[0])
    for quantile in np.quantile(x.values, [0.025, 0.5, 0.975]):
        ax.axvline(quantile, color="0.3", linewidth=0.8, linestyle="--")
    _span(ax, "x", x)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _pair(ax: Axes, x: _Axis, y: _Axis) -> None:
    a, b = x.edges[::2], y.edges[::2]  # wider, or bins would hold too few
    count = np.histogram2d(x.values, y.values, (a, b))[0]
    order = np.sort(count.ravel())[::-1]
    cumulated = np.cumsum(order) / max(order.sum(), 1.0)
    levels = sorted({float(order[np.searchsorted(cumulated, s)]) for s in _SHARES} - {0.0})
    shades = np.digitize(count, levels).astype(float)
    ax.pcolormesh(
        a, b, np.where(shades > 0, shades, np.nan).T, cmap="Blues", vmin=0, vmax=3, rasterized=True
    )
    _span(ax, "x", x)
    _span(ax, "y", y)


def _span(ax: Axes, which: str, x: _Axis) -> None:
    """Scale, limits and a few ticks of one direction."""
    ends: Any = (x.edges[0], x.edges[-1])
    ax.set(**{f"{which}scale": "log" if x.log else "linear", f"{which}lim": ends})
    if not x.log:
        ax.locator_params(axis=which, nbins=4)  # type: ignore[arg-type]


def _title(table: xr.Dataset) -> str:
    open_ = [v.attrs["symbol"] for v in table.values() if v.attrs.get("open")]
    if open_:
        return f"No limit to {', '.join(open_)} at one end: there the draws are the prior"
    x = next(iter(table.values()))
    low, median, high = np.quantile(x.values, [0.025, 0.5, 0.975])
    unit = "" if x.attrs["units"] in ("–", "of y") else f" {x.attrs['units']}"
    return f"{x.attrs['symbol']} = {median:.2g}{unit} (95%: {low:.2g} … {high:.2g})"
