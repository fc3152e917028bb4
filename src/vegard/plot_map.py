"""Pictures of maps of fitted curves: values, errors, goodness, flags, histogram, correlation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.map_pixels import DETERMINED, LIMIT, MISFIT, NOTHING, counts, meanings, values_of
from vegard.map_scales import WORDS, Shown, of
from vegard.plot import OKABE_ITO
from vegard.prefixes import scale

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Real = NDArray[np.float64]

GREYS = {LIMIT: "#3d3d3d", MISFIT: "#7a7a7a", NOTHING: "#b8b8b8"}
_GOOD = "#d5e5f2"  # so pale that the others stand out
_FLAGS = (*OKABE_ITO[1:6], "#882255", OKABE_ITO[0], "#44AA99", "#999933", "#000000")
_BELOW = 0.45  # inches from an axis to its legend: room for ticks and label
_LONG = 6.0  # of the sides of a map, from which on its pixels are not drawn square


class Plane(NamedTuple):
    """The axes of a map: names, centres and edges of the pixels, and the unit of both."""

    dims: tuple[str, ...]
    centres: tuple[Real, ...]
    edges: tuple[Real, ...]
    unit: str


def draw(
    dataset: xr.Dataset,
    variable: str = "diffusivity",
    ax: Axes | None = None,
    *,
    title: str | None = None,
) -> Axes:
    """Draw one map of a fit of maps.

    Values have a logarithmic scale where they span a decade (D and κ always), from the 1 to the
    99 % quantile; pixels that are no value of the sample are grey, each kind in a grey of its own.
    ``*_sigma`` is drawn as a share of the value, or in decades above 100 %; ``chi2`` per degree of
    freedom about 1; ``flag`` as categories. A map of one axis is drawn as a line with its errors.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`.
    variable : str
        Which of them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    title : str, optional
        Words instead of the message.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, lengths [m with a prefix] along them where the map has any.

    Raises
    ------
    VegardError
        If there is no such map, or it has more than two axes.
    """
    values_of(dataset, variable)
    plane = _plane(dataset, variable)
    if variable == "flag":
        return _flags(dataset, plane, ax, title)
    shown = of(dataset, variable)
    ax = _axes(ax, plane)
    if len(plane.dims) == 1:
        _line(dataset, variable, shown, plane, ax)
    else:
        _image(shown, plane, ax)
    ax.set_title(title or shown.title, loc="left", fontsize=10)
    return ax


def _plane(dataset: xr.Dataset, variable: str) -> Plane:
    """Edges of the pixels along each axis: real lengths where there are any, else numbers."""
    map_ = dataset[variable]
    dims = tuple(map(str, map_.dims))
    if not 1 <= len(dims) <= 2:
        fix = f"choose a plane, dataset.isel({dims[0]}=0)" if dims else "it is a single pixel"
        raise VegardError(
            f"a picture shows maps of one or two axes, and {variable} is over "
            f"{', '.join(dims) or 'none'}; {fix}."
        )
    if any(d not in map_.coords for d in dims):
        places, unit = [np.arange(float(n)) for n in map_.shape], ""
    else:
        places = [np.asarray(map_[d].values, float) for d in dims]
        units = {str(map_[d].attrs.get("units", "")) for d in dims}
        unit = units.pop() if len(units) == 1 else ""
    steps = [float(np.abs(np.diff(x)).mean()) for x in places if x.size > 1]
    edges = [_edges(x, d, steps[0] if steps else 1.0) for x, d in zip(places, dims, strict=True)]
    factor, unit = scale(max(float(np.ptp(e)) for e in edges), unit)
    centres, edges = ([factor * x for x in xs] for xs in (places, edges))
    return Plane(dims, tuple(centres), tuple(edges), unit)


def _edges(x: Real, name: str, step: float) -> Real:
    """Between the centres, and as far beyond the first and last; of one pixel a step apart."""
    apart = np.diff(x)
    if not ((apart > 0).all() or (apart < 0).all()):
        raise VegardError(f"positions along {name} must rise: dataset.sortby('{name}').")
    if x.size == 1:
        return np.asarray(x[0] + step * np.array([-0.5, 0.5]))
    between = (x[1:] + x[:-1]) / 2
    return np.concatenate([[2 * x[0] - between[0]], between, [2 * x[-1] - between[-1]]])


def _axes(ax: Axes | None, plane: Plane) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    size = (6.4, 4.0) if len(plane.dims) == 1 else (5.8, 5.2)
    return plt.figure(figsize=size, layout="constrained").add_subplot()


def _image(shown: Shown, plane: Plane, ax: Axes) -> None:
    """Colours where there is a value, greys elsewhere, each with what it stands for."""
    good = shown.state == DETERMINED
    picture = _pixels(ax, plane, np.where(good, shown.values, np.nan), **shown.look)
    _greys(ax, plane, shown.state)
    if good.any():
        low, high = (_beyond(shown, good, end) for end in ("vmin", "vmax"))
        extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[low, high]
        beside = ax.inset_axes((1.03, 0.0, 0.04, 1.0))
        bar = ax.figure.colorbar(picture, cax=beside, label=shown.label, extend=extend)
        log_ticks(bar.ax.yaxis, shown.look["norm"])
        bar.outline.set_visible(False)
    _name_axes(ax, plane)


def _beyond(shown: Shown, good: NDArray[np.bool_], end: str) -> int:
    limit, seen = getattr(shown.look["norm"], end), shown.values[good]
    return int((seen < limit).any() if end == "vmin" else (seen > limit).any())


def _pixels(ax: Axes, plane: Plane, values: Any, **look: Any) -> Any:
    """An image; y upwards where it is a length, the first row on top where it is a number."""
    down, across = plane.edges
    even = all(np.allclose(np.diff(e), np.diff(e)[0], rtol=1e-6, atol=0) for e in plane.edges)
    drawn: Any
    if even:
        extent = (across[0], across[-1], down[0], down[-1])
        drawn = ax.imshow(values, origin="lower", extent=extent, interpolation="nearest", **look)
    else:
        drawn = ax.pcolormesh(across, down, np.ma.masked_invalid(values), rasterized=True, **look)
    sides = abs(down[-1] - down[0]), abs(across[-1] - across[0])
    ax.set_aspect("equal" if max(sides) <= _LONG * min(sides) else "auto")
    ax.set_xlim(across.min(), across.max())
    ax.set_ylim(*sorted((down[0], down[-1]), reverse=not plane.unit))
    return drawn


def _greys(ax: Axes, plane: Plane, state: NDArray[np.int8]) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    kinds = [s for s in GREYS if (state == s).any()]
    if kinds:
        colours = ListedColormap([GREYS[s] for s in GREYS])
        edges = BoundaryNorm(np.arange(len(GREYS) + 1) + 0.5, len(GREYS))
        _pixels(ax, plane, np.where(state == DETERMINED, np.nan, state), cmap=colours, norm=edges)
        _legend(ax, [(GREYS[s], f"{WORDS[s]} ({(state == s).sum()})") for s in kinds])


def _legend(ax: Axes, entries: Sequence[tuple[str, str]]) -> None:
    """Colours and words below the axes."""
    from matplotlib.patches import Patch
    from matplotlib.transforms import ScaledTranslation

    handles = [Patch(facecolor=c, label=text) for c, text in entries]
    below = ax.transAxes + ScaledTranslation(0, -_BELOW, ax.figure.dpi_scale_trans)
    ax.legend(handles=handles, frameon=False, fontsize=8, loc="upper left", ncols=2,
              bbox_to_anchor=(0, 0), bbox_transform=below, borderaxespad=0)  # fmt: skip


def _name_axes(ax: Axes, plane: Plane) -> None:
    unit = f" ({plane.unit})" if plane.unit else ""
    names = [f"{d}{unit}" if unit else f"{d} (pixel)" for d in plane.dims]
    ax.set_xlabel(names[-1])
    if len(names) == 2:
        ax.set_ylabel(names[0])


def _line(dataset: xr.Dataset, variable: str, shown: Shown, plane: Plane, ax: Axes) -> None:
    """A map of one axis: values with their σ, limits as marks of their own."""
    x, good = plane.centres[0], shown.state == DETERMINED
    bars = None
    if f"{variable}_sigma" in dataset and good.any():
        bars = shown.factor * values_of(dataset, f"{variable}_sigma")[good]
    log = type(shown.look["norm"]).__name__ == "LogNorm"
    if log:
        ax.set_yscale("log")
        if bars is not None:  # σ is that of the logarithm
            with np.errstate(over="ignore"):  # a bar without an end
                ratio = np.exp(bars / shown.values[good])
            bars = np.array(
                [shown.values[good] * (1 - 1 / ratio), shown.values[good] * (ratio - 1)]
            )
    ax.errorbar(x[good], shown.values[good], bars, fmt="o", markersize=3.5, color=OKABE_ITO[0],
                elinewidth=0.8, label="with 1σ" if bars is not None else None)  # fmt: skip
    for state, mark in ((LIMIT, "v"), (MISFIT, "x"), (NOTHING, "|")):
        at = shown.state == state
        if at.any():
            known = at & np.isfinite(shown.values) & (state != NOTHING)
            look: dict[str, Any] = {"color": GREYS[state], "markersize": 5, "linestyle": ""}
            ax.plot(x[known], shown.values[known], mark, **look)
            at_foot = ax.get_xaxis_transform()  # what has no value
            ax.plot(x[at & ~known], np.full((at & ~known).sum(), 0.02), mark, **look,
                    transform=at_foot, label=f"{WORDS[state]} ({at.sum()})")  # fmt: skip
    _name_axes(ax, plane)
    ax.set_ylabel(shown.label)
    log_ticks(ax.yaxis, shown.look["norm"])
    clean(ax)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False, fontsize=8)


def log_ticks(axis: Any, norm: Any) -> None:
    """Ticks at 1, 2 and 5 on a logarithmic axis of two decades or less; numbers where they fit."""
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, NullFormatter

    if not isinstance(norm, LogNorm) or norm.vmin is None or norm.vmax is None:
        return
    decades = np.log10(norm.vmax / norm.vmin)
    if decades > 2:
        return
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades > 0.5 else "all"))
    plain = norm.vmin > 1e-3 and norm.vmax < 1e5
    everywhere = (np.inf, np.inf)
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:g}")
        if plain
        else LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=everywhere)
    )
    axis.set_minor_formatter(NullFormatter())


def clean(ax: Axes) -> None:
    """Take away what carries no number."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)


def _flags(dataset: xr.Dataset, plane: Plane, ax: Axes | None, title: str | None) -> Axes:
    """Flags as categories, those that occur with their counts."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    ax = _axes(ax, plane)
    named, found = meanings(dataset), counts(dataset)
    number = {word: i for i, word in enumerate(found)}
    flag = np.asarray(dataset["flag"].values)
    index = np.full(flag.shape, np.nan)
    for value, word in named.items():
        if word in found:
            index[flag == value] = number[word]
    others = [w for w in named.values() if w != "good"]
    colours = [_GOOD if w == "good" else _FLAGS[others.index(w) % len(_FLAGS)] for w in found]
    entries = [(c, f"{w.replace('_', ' ')} ({n})") for c, (w, n) in zip(colours, found.items(),
                                                                       strict=True)]  # fmt: skip
    if len(plane.dims) == 1:
        for i, (colour, _) in enumerate(entries):
            ax.plot(
                plane.centres[0][index == i], index[index == i], "|", color=colour, markersize=9
            )
        ax.set_yticks(range(len(found)), [text for _, text in entries])
        clean(ax)
    else:
        norm = BoundaryNorm(np.arange(len(found) + 1) - 0.5, max(len(found), 1))
        _pixels(ax, plane, index, cmap=ListedColormap(colours), norm=norm)
        _legend(ax, entries)
    _name_axes(ax, plane)
    good = found.get("good", 0)
    ax.set_title(title or f"{good} of {flag.size} pixels are good", loc="left", fontsize=10)
    return ax
