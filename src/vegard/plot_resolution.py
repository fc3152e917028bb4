"""Pictures of a resolution: contrast over period, an edge, and the map of what is resolved."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.plot import GREY, OKABE_ITO, ordered
from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vegard.resolution_map import ResolutionMap
    from vegard.resolving import Resolution

Real = NDArray[np.float64]

_MOST = 5  # curves
_LEVELS = (0.5, 0.1)
_LEAST, _MOST_SEEN = 1e-3, 1.6  # contrasts drawn
_SCALE = (1.0, 1000.0)  # nm, of the colours of a map


def draw(r: Resolution, ax: Axes | None = None) -> Axes:
    """Draw |MTF| over the period, both logarithmic, with the noise where an instrument is known.

    Parameters
    ----------
    r : Resolution
        Of several swept values five are drawn, with the experiment's own readout.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    """
    ax = _axes(ax)
    pick, colours = _picked(r)
    k = np.geomspace(0.03 * float(np.min(r.k50)), _finest(r), 500)
    size = np.abs(r.mtf(k)).reshape(k.size, -1)
    factor, unit = scale(2 * pi / float(k[k.size // 2]), "m")
    for i, colour in zip(pick, colours, strict=True):
        ax.plot(2 * pi / k * factor, size[:, i], color=colour, label=_where(r, i))
        if _noisy(r):
            _noise(ax, r, i, colour, factor)
    for level in _LEVELS:
        ax.axhline(level, color=GREY, linewidth=0.7, zorder=0)
        ax.annotate(f"{level:.0%}", (1, level), xycoords=("axes fraction", "data"), ha="right",
                    xytext=(-2, 2), textcoords="offset points", fontsize=8, color=GREY)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel=f"period 2π/K ({unit})", ylabel="contrast |MTF| (–)",
           ylim=_range(r, pick), xlim=2 * pi / k[[-1, 0]] * factor)  # fmt: skip
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_title(_message(r, pick), loc="left", fontsize=11)
    return _finished(ax, len(pick) > 1)


def _noise(ax: Axes, r: Resolution, i: int, colour: Any, factor: float) -> None:
    """The share of the signal that is noise, and the period at which the image is as small."""
    assert r.noise is not None
    share = float(r.noise[i] / np.abs(r.kernel.total[i]))
    period = float(np.atleast_1d(r.noise_limited_period).ravel()[i])
    ax.axhline(share, color=colour, linewidth=0.9, linestyle="--")
    if np.isfinite(period):
        ax.plot(period * factor, share, "o", color=colour, markersize=6, zorder=5)


def _noisy(r: Resolution) -> bool:
    return r.noise is not None and bool(r.noise.all())


def _range(r: Resolution, pick: NDArray[np.intp]) -> tuple[float, float]:
    """Contrasts drawn, with the noise."""
    if not _noisy(r):
        return _LEAST, _MOST_SEEN
    assert r.noise is not None
    share = (r.noise / np.abs(r.kernel.total))[pick]
    return min(_LEAST, 0.5 * float(share.min())), max(_MOST_SEEN, 2 * float(share.max()))


def _finest(r: Resolution) -> float:
    """Largest wavenumber [rad/m] drawn."""
    ends = [2.0 * float(np.max(np.atleast_1d(r.k10)))]
    if _noisy(r):
        seen = np.atleast_1d(r.noise_limited_period).ravel()
        ends += (1.3 * 2 * pi / seen[np.isfinite(seen)]).tolist()
    return min(max(ends), 1e3 / r.experiment.tip.radius)


def draw_edge(r: Resolution, ax: Axes | None = None) -> Axes:
    """Draw the image of an edge of β over distance; in frequency its part in phase.

    Parameters
    ----------
    r : Resolution
        Of several swept values five are drawn, with the experiment's own readout.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    """
    ax = _axes(ax)
    pick, colours = _picked(r)
    widths = np.atleast_1d(r.edge_25_75).ravel()
    reach = 1.6 * float(np.max(np.atleast_1d(r.edge_10_90).ravel()[pick]))
    x = np.linspace(-reach, reach, 301)
    values = np.real(r.esf(x)).reshape(x.size, -1)
    factor, unit = scale(reach, "m")
    for i, colour in zip(pick, colours, strict=True):
        ax.plot(x * factor, values[:, i], color=colour, label=_where(r, i))
        ax.plot(np.array([-0.5, 0.5]) * widths[i] * factor, [0.25, 0.75], "o", color=colour,
                markersize=4)  # fmt: skip
    ax.plot([-reach * factor, 0, 0, reach * factor], [0, 0, 1, 1], color=GREY, linewidth=0.8,
            zorder=0)  # fmt: skip
    ax.set(xlabel=f"distance from the edge x ({unit})", ylabel="image of an edge of β (–)",
           xlim=(-reach * factor, reach * factor))  # fmt: skip
    chosen = widths[pick]
    low, high = quantity(float(chosen.min()), "m"), quantity(float(chosen.max()), "m")
    size = low if low == high else f"{low} to {high}"
    ax.set_title(f"An edge rises from 25 to 75 % over {size}", loc="left", fontsize=11)
    return _finished(ax, len(pick) > 1)


def draw_map(m: ResolutionMap, figure: Figure | None = None) -> Figure:
    """Draw what is resolved over radius and frequency, a panel for each diffusivity.

    The colour is the larger of edge width and noise-limited period.

    Parameters
    ----------
    m : ResolutionMap
        Two radii and two frequencies at least.
    figure : matplotlib.figure.Figure, optional
        Where to draw; a new one if left out.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure as Made

    count = m.diffusivity.size
    figure = figure or Made(figsize=(3.3 * count + 1.4, 4.4), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, count, sharey=True))
    norm, nm = LogNorm(*_SCALE), 1e9
    image: Any = None
    for i, ax in enumerate(axes):
        image = _panel(ax, m, i, norm)
        ax.set(xscale="log", yscale="log", xlabel="frequency f (Hz)",
               xlim=(m.frequency[0], m.frequency[-1]),
               ylim=(m.radius[0] * nm, m.radius[-1] * nm))  # fmt: skip
        ax.yaxis.set_major_formatter("{x:g}")
        ax.set_title(f"D = {_power(float(m.diffusivity[i]))} m²/s", fontsize=10)
    axes[0].set_ylabel("contact radius R (nm)")
    bar = figure.colorbar(image, ax=list(axes), extend="both", pad=0.01)
    bar.set_label("edge width or noise-limited period,\nwhichever is larger (nm)")
    bar.ax.yaxis.set_major_formatter("{x:g}")
    figure.legend(
        handles=_legend(m), loc="outside lower center", ncols=3, frameon=False, fontsize=8
    )
    figure.suptitle(_summary(m), x=0.01, ha="left", fontsize=11)
    return figure


def _panel(ax: Axes, m: ResolutionMap, i: int, norm: Any) -> Any:
    f, r, nm = m.frequency, m.radius * 1e9, 1e9
    finest = np.where(np.isinf(m.finest[i]), 1e3 * _SCALE[1], m.finest[i] * nm)
    ax.set_facecolor("0.8")  # no continuum
    image = ax.pcolormesh(f, r, np.ma.masked_invalid(finest), norm=norm, cmap="cividis_r",
                          shading="gouraud" if not np.isnan(finest).any() else "nearest",
                          rasterized=True)  # fmt: skip
    for values, colour, style in ((m.edge[i], "#000000", "--"), (m.period[i], OKABE_ITO[1], "-")):
        size = np.ma.masked_invalid(np.minimum(values, 1e-3) / m.feature)
        if size.count() and size.min() < 1 < size.max():
            ax.contour(f, r, np.ma.log(size), [0.0], colors=[colour], linewidths=1.8,
                       linestyles=style)  # fmt: skip
    shown = m.resolved[i]
    if shown.any() and not shown.all():
        ax.contourf(f, r, shown.astype(float), [0.5, 1.5], colors="none", hatches=["//"])
    return image


def _legend(m: ResolutionMap) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    size = quantity(m.feature, "m")
    return [
        Line2D([], [], color="#000000", linestyle="--", label=f"edge of {size}"),
        Line2D([], [], color=OKABE_ITO[1], label=f"noise-limited period of {size}"),
        Patch(facecolor="none", edgecolor="black", hatch="//", label=f"{size} resolved"),
        Patch(facecolor="0.8", label="diffusion length below a lattice constant"),
    ]


def _summary(m: ResolutionMap) -> str:
    size, found = quantity(m.feature, "m"), [m.reach(i) for i in range(m.diffusivity.size)]
    some = [x for x in found if x is not None]
    if not some:
        return f"No contact resolves {size}"
    radius = quantity(max(x.largest_radius for x in some), "m", 2)
    tops = ", ".join("none" if x is None else quantity(x.highest_frequency, "Hz", 2) for x in found)
    return f"{size} takes a contact radius of at most {radius} and a frequency of at most {tops}"


def _power(value: float) -> str:
    digits, power = f"{value:.2e}".split("e")
    number = f"{float(digits):g}"
    tail = rf"10$^{{{int(power)}}}$"
    return tail if number == "1" else f"{number}·{tail}"


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(6.4, 4.4), layout="constrained").add_subplot()


def _picked(r: Resolution) -> tuple[NDArray[np.intp], list[Any]]:
    n = r.axis.points.size
    pick = np.unique(np.linspace(0, n - 1, min(n, _MOST)).round().astype(int))
    return pick, [OKABE_ITO[0]] if pick.size == 1 else ordered(pick.size)


def _where(r: Resolution, i: int) -> str:
    sign = "f" if r.axis.name == "frequency" else "t"
    return f"{sign} = {quantity(float(r.axis.points.ravel()[i]), r.axis.unit)}"


def _message(r: Resolution, pick: NDArray[np.intp]) -> str:
    half = 2 * pi / np.atleast_1d(r.k50).ravel()[pick]
    low, high = quantity(float(half.min()), "m"), quantity(float(half.max()), "m")
    text = "Half of the contrast is left at " + (low if low == high else f"{low} to {high}")
    if not _noisy(r) or pick.size > 1:
        return text
    period = float(np.atleast_1d(r.noise_limited_period).ravel()[pick[0]])
    if not np.isfinite(period):
        return "All of the signal drowns in noise"
    return f"{text}, noise ends it at {quantity(period, 'm')}"


def _finished(ax: Axes, legend: bool) -> Axes:
    if legend:
        ax.legend(frameon=False, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="0.92", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax
