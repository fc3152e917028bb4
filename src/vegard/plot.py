"""Plots: one message per figure, units on the axes, colours that colour-blind readers can tell.

No global settings are changed; every function returns the matplotlib Axes it drew on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.prefixes import quantity, scale
from vegard.readings import kind, message, profile_curves, pulse_duration, what
from vegard.result import Response

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#6b6b6b"
_LEGEND = 7  # entries; more than these get a colour bar


class Line(NamedTuple):
    """One curve: what the legend calls it, its response, its colour and, if ordered, its value."""

    label: str
    response: Response
    colour: str | tuple[float, ...] = OKABE_ITO[0]


class Scale(NamedTuple):
    """A colour bar for an ordered sweep: label, unit, lowest and highest value, log or not."""

    label: str
    unit: str
    low: float
    high: float
    log: bool


def response(resp: Response, ax: Axes | None = None) -> Axes:
    """Plot a response along its axis.

    Parameters
    ----------
    resp : Response
        Over frequency [Hz]: amplitude and phase; over time or relaxation time [s]; or a profile
        u(r) over distance [m]. Several points read, or several times of a profile, become curves.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out. A frequency response makes room in it for
        the phase, which is then ``ax.figure.axes[-1]``.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the displacement.

    Raises
    ------
    VegardError
        If the response is a single number.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> from matplotlib.figure import Figure
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.static_response(e, per="concentration", at=np.linspace(0, 50e-9, 6))
    >>> response(u, Figure().add_subplot()).get_ylabel()
    'displacement u (fm/(mol/m³))'
    """
    return curves([Line("", resp)], ax)


def curves(lines: Sequence[Line], ax: Axes | None = None, bar: Scale | None = None) -> Axes:
    """Plot responses of one kind together.

    Parameters
    ----------
    lines : sequence of Line
        Curves with labels and colours; all over the same kind of axis, in the same units.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    bar : Scale, optional
        Colour bar to draw instead of a legend.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the displacement [prefixed units of the responses].
    """
    what = kind(lines[0].response)
    split = [part for line in lines for part in _split(line, what, alone=len(lines) == 1)]
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.4, 4.8 if what == "frequency" else 4.0)).add_subplot()
    draw = {
        "frequency": _frequency,
        "time": _time,
        "relaxation_time": _relaxation,
        "profile": _profile,
    }[what]
    draw(ax, split, lines)
    title = re.sub(r"f\^(−?)([\d.]+)", _power, _title(lines))
    ax.set_title(title, loc="left", fontsize=11)
    if bar is not None:
        _bar(ax, bar)
    elif len(split) > 1:
        look: dict[str, Any] = {"frameon": False, "fontsize": 9}
        if len(split) > 3:  # too many to find a free corner
            look |= {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        ax.legend(**look)
    return ax


def _power(found: re.Match[str]) -> str:
    return rf"$f^{{\,{'-' if found[1] else ''}{found[2]}}}$"


class _Part(NamedTuple):
    label: str
    colour: Any
    x: NDArray[np.float64]
    y: NDArray[Any]


def ordered(n: int) -> list[tuple[float, ...]]:
    """Colours for n ordered curves, from dark to light (cividis, without its palest end)."""
    import matplotlib as mpl

    return [tuple(c) for c in mpl.colormaps["cividis"](np.linspace(0.0, 0.88, n))]


def _split(line: Line, what: str, *, alone: bool) -> list[_Part]:
    """Curves of one response: one per point read, or per swept value of a profile."""
    resp = line.response
    if what == "profile":
        x, rows = profile_curves(resp)
        swept = resp.axes[-1] if resp.axes[-1].name != "at" else None
    else:
        x = np.asarray(resp.axes[-1].points, float).ravel()
        order = np.argsort(x, kind="stable")
        rows = np.asarray(resp.values).reshape(-1, x.size)[:, order]
        x, swept = x[order], resp.axes[0]
    if len(rows) == 1 or not alone:
        return [_Part(line.label, line.colour, x, row) for row in rows[:1]]
    assert swept is not None
    sign = {"at": "r", "time": "t", "frequency": "f"}.get(swept.name, swept.name)
    pick = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _LEGEND)).round().astype(int))
    values = np.asarray(swept.points, float).ravel()[pick]
    return [
        _Part(f"{sign} = {quantity(float(v), swept.unit)}", colour, x, rows[i])
        for v, i, colour in zip(values, pick, ordered(len(pick)), strict=True)
    ]


def _scaled(parts: Sequence[_Part], unit: str) -> tuple[float, str]:
    largest = max((float(np.abs(p.y).max(initial=0.0)) for p in parts), default=0.0)
    return scale(largest, unit)


def _frequency(ax: Axes, parts: Sequence[_Part], lines: Sequence[Line]) -> None:
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    factor, unit = _scaled(parts, lines[0].response.units)
    for p in parts:
        size = np.abs(p.y) * factor
        ax.plot(p.x, np.where(size > 0, size, np.nan), color=p.colour, label=p.label)
    name, sign = what(lines[0].response)
    ax.set(xscale="log", yscale="log", xlabel="frequency f (Hz)")
    _clean(ax)
    if not any(np.iscomplexobj(p.y) for p in parts):  # a number without phase
        ax.set_ylabel(f"{name} {sign} ({unit})" if unit != "–" else f"{name} {sign}")
        return
    name = "amplitude" if name == "displacement" else name
    below = make_axes_locatable(ax).append_axes("bottom", size="55%", pad=0.12, sharex=ax)
    for p in parts:
        below.plot(p.x, np.degrees(np.unwrap(np.angle(p.y))), color=p.colour)
    ax.set(xlabel="", ylabel=f"{name} |{sign}| ({unit})")
    ax.tick_params(labelbottom=False)
    below.set(xlabel="frequency f (Hz)", ylabel="phase (°)")
    below.yaxis.set_major_locator(_degrees())
    _clean(below)


def _degrees() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=5, steps=[1, 1.5, 3, 4.5, 9, 10])


def _time(ax: Axes, parts: Sequence[_Part], lines: Sequence[Line]) -> None:
    factor, unit = _scaled(parts, lines[0].response.units)
    for p in parts:
        on = p.x > 0
        ax.plot(p.x[on], p.y[on].real * factor, color=p.colour, label=p.label)
    end = pulse_duration(lines[0].response)
    name, sign = what(lines[0].response)
    ax.set(xscale="log", xlabel="time t (s)", ylabel=f"{name} {sign} ({unit})")
    if name == "current" and all((p.y.real > 0).all() for p in parts):
        ax.set_yscale("log")
    if end is not None and all(pulse_duration(line.response) == end for line in lines):
        left = ax.get_xlim()[0]
        ax.axvspan(left, end, color="0.92", zorder=0, label="pulse on" if len(parts) > 1 else None)
        ax.set_xlim(left=left)
        if len(parts) == 1:
            _note(ax, "pulse on", end, 0.03, ha="right")
    _clean(ax)


def _relaxation(ax: Axes, parts: Sequence[_Part], lines: Sequence[Line]) -> None:
    factor, unit = _scaled(parts, lines[0].response.units)
    for p in parts:
        ax.plot(p.x, p.y.real * factor, color=p.colour, label=p.label)
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=0)
    ax.set(xscale="log", xlabel="relaxation time τ (s)", ylabel=f"g(τ), per unit of ln τ ({unit})")
    _clean(ax)


def _profile(ax: Axes, parts: Sequence[_Part], lines: Sequence[Line]) -> None:
    factor, unit = _scaled(parts, lines[0].response.units)
    far, length = scale(float(parts[0].x.max()), "m")
    complex_values = any(np.iscomplexobj(p.y) for p in parts)
    for p in parts:
        y = np.abs(p.y) if complex_values else p.y
        ax.plot(p.x * far, y * factor, color=p.colour, label=p.label)
    name = "amplitude |u|" if complex_values else "displacement u"
    ax.set(xlabel=f"distance from the axis r ({length})", ylabel=f"{name} ({unit})")
    radius = {getattr(_tip(line.response), "radius", None) for line in lines}
    if len(radius) == 1 and (only := radius.pop()) is not None and only <= parts[0].x.max():
        ax.axvline(only * far, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
        _note(ax, "R", only * far, 0.94)
    _clean(ax)


def _note(ax: Axes, text: str, x: float, y: float, ha: Literal["left", "right"] = "left") -> None:
    """Words beside x (data) at height y (fraction of the axes)."""
    ax.annotate(
        text,
        (x, y),
        xycoords=("data", "axes fraction"),
        xytext=(4 if ha == "left" else -4, 0),
        textcoords="offset points",
        ha=ha,
        color=GREY,
        fontsize=9,
    )


def _tip(resp: Response) -> Any:
    return getattr(resp.inputs.get("experiment"), "tip", None)


def _title(lines: Sequence[Line]) -> str:
    """The message of one response, or that of the two ends of a sweep."""
    first = message(lines[0].response)
    last = message(lines[-1].response)
    if len(lines) == 1 or first == last:
        return first
    names = {"f^": "High-frequency slope", "after ": "Half of the displacement after",
             "most at ": "Photodiode reads most at",
             "1/e in ": "After the pulse: 1/e in", "τ = ": "Strongest relaxation at τ =",
             "r = ": "Half height at r =",
             "seen over ": "At best an edge is seen over",
             "crosses the noise at ": "The noise is crossed at"}  # fmt: skip
    for mark, name in names.items():
        if mark in first and mark in last:
            return f"{name} {first.split(mark)[-1]} … {last.split(mark)[-1]}"
    return "Sweep"


def _clean(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)


def _bar(ax: Axes, bar: Scale) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm, Normalize

    norm = (LogNorm if bar.log else Normalize)(bar.low, bar.high)
    mappable = ScalarMappable(norm, ListedColormap(ordered(256)))
    area = ax.inset_axes((1.03, 0.0, 0.03, 1.0))
    unit = f" ({bar.unit})" if bar.unit not in ("", "–") else ""
    ax.figure.colorbar(mappable, cax=area, label=bar.label + unit)
