"""Figures of a run, and how they are written."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING, Any

from vegard.plot import OKABE_ITO, Line, Scale, curves, ordered
from vegard.readings import is_curve, kind
from vegard.report import signals
from vegard.report.words import label, parameter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {
    "frequency": "Amplitude and phase over frequency",
    "lateral_x": "Lateral motion along x over frequency",
    "lateral_y": "Lateral motion along y over frequency",
    "photodiode": "What the photodiode reads over frequency",
    "step": "Displacement after a step",
    "pulse": "Displacement under a pulse and after it",
    "profile": "Surface profile",
    "relaxation": "Distribution of relaxation times",
    "impedance": "Impedance of the contact over frequency",
    "current": "Current through the contact over frequency",
    "step_current": "Current through the contact after a step",
    "edge_width": "Width of an edge of β, 25 to 75 %, over frequency",
    "snr_strain": "Displacement over noise, over frequency",
    "snr_current": "Current over noise, over frequency",
}
PARASITICS = "Terms at the drive's frequency and their sum; the other figures show diffusion alone"


def figures(results: Any) -> dict[str, Figure]:
    """One figure per kind of response in a run; the points of a sweep become curves.

    Parameters
    ----------
    results : vegard.run.Results
        The run.

    Returns
    -------
    dict
        Figures by name: those of ``KINDS`` that were computed at two points or more, and
        "parasitics" for the first point.
    """
    from matplotlib.figure import Figure

    out: dict[str, Figure] = {}
    for name in KINDS:
        points = [p for p in results.points if is_curve(getattr(p, name))]
        if not points:
            continue
        phased = kind(getattr(points[0], name)) == "frequency"
        figure = Figure(figsize=(6.4, 5.0 if phased else 4.0))
        lines, bar = _lines(points, name)
        curves(lines, figure.add_subplot(), bar)
        out[name] = figure
        if name == "frequency" and points[0].sum is not None:
            out["parasitics"] = figure = Figure(figsize=(6.4, 4.0))
            where = label(points[0].experiment, points[0].changes)
            signals.terms(figure.add_subplot(), points[0], f"; {where}" if where else "")
    return out


def _lines(points: Sequence[Any], name: str) -> tuple[list[Line], Scale | None]:
    """Curves of a sweep: a legend for a few or unordered points, else a colour bar."""
    experiment = points[0].experiment
    swept = [getattr(p, name) for p in points]
    labels = [label(p.experiment, p.changes) for p in points]
    if len(points) == 1:
        return [Line("", swept[0])], None
    values = _ordered_values(points)
    if values is None and len(points) <= len(OKABE_ITO):
        colours: Sequence[Any] = OKABE_ITO
    elif values is None:
        return _numbered(labels, swept)
    else:
        rank = sorted(range(len(values)), key=values.__getitem__)
        palette = _palette(values)
        lines = [Line(labels[i], swept[i], palette[i]) for i in rank]
        if len(points) <= len(OKABE_ITO):
            return lines, None
        meta = parameter(experiment, next(iter(points[0].changes)))
        name = meta.get("symbol") or next(iter(points[0].changes))
        low, high = min(values), max(values)
        return lines, Scale(name, meta.get("unit", ""), low, high, _log(values))
    return [Line(*row) for row in zip(labels, swept, colours, strict=False)], None


def _numbered(labels: list[str], swept: list[Any]) -> tuple[list[Line], Scale]:
    lines = [Line(*row) for row in zip(labels, swept, ordered(len(labels)), strict=True)]
    return lines, Scale("point of the sweep, numbered as in the table", "", 1, len(labels), False)


def _ordered_values(points: Sequence[Any]) -> list[float] | None:
    """The numbers of a sweep over a single parameter; None if it is not one."""
    paths = {tuple(p.changes) for p in points}
    if len(paths) != 1 or len(path := paths.pop()) != 1:
        return None
    values = [p.changes[path[0]] for p in points]
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        return None
    return [float(v) for v in values] if len(set(values)) == len(values) else None


def _log(values: list[float]) -> bool:
    return min(values) > 0 and max(values) >= 10 * min(values)


def _palette(values: list[float]) -> list[tuple[float, ...]]:
    """Colours by value, so that curves and colour bar agree."""
    many = ordered(256)
    at = [log10(v) for v in values] if _log(values) else values
    low, high = min(at), max(at)
    return [many[round(255 * (v - low) / (high - low))] for v in at]


def svg(figure: Figure) -> str:
    """A figure as an SVG document; the same figure gives the same text."""
    import matplotlib as mpl

    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "vegard", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    return buffer.getvalue()


def data_uri(figure: Figure) -> str:
    """A figure as a data URI, to stand in a page without a file of its own."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg(figure).encode()).decode()
