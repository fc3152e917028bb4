"""A resolution in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, isfinite, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from vegard.catalogue import materials
from vegard.findings import LATTICE_CONSTANT
from vegard.prefixes import quantity
from vegard.report.words import setting
from vegard.resolution_map import Reach, ResolutionMap, reach
from vegard.waveforms import Drive

if TYPE_CHECKING:
    from vegard.experiment import Experiment
    from vegard.instrument import Instrument
    from vegard.resolving import Resolution

BATTERIES = ("LiCoO2", "LiMn2O4")
_POINT = (
    "point spread has a peak 1/ρ: at high frequency its MTF stays near 1 up to a wavenumber of "
    "√(ω/D) and says nothing about the tip."
)
WHY_PUNCH = (
    f"The experiment reads at a point, whose {_POINT} So this is what a punch of the contact's "
    "radius reads."
)
WHY_NOT_POINT = f"Do not quote these numbers: the {_POINT}"
_HEAD = ("25–75 %", "10–90 %", "period 50 %", "10 %", "two lines", "depth", "noise at")
_DIGITS = 3


def sentences(r: Resolution, *, asked: str | None = None) -> str:
    """The resolution of an experiment as it is quoted: read by a punch.

    Parameters
    ----------
    r : Resolution
        At one or several frequencies [Hz] or times [s].
    asked : str, optional
        Readout that was asked for before ``r`` was made; with it ``r`` is told as it is.

    Returns
    -------
    str
        Sentences for one swept value, else a line for each; then notes.
    """
    q = r.quoted if asked is None else r
    reads = q.experiment.readout
    if reads == "centre":
        lines = [f"{setting(q.experiment)}, read at a point.", WHY_NOT_POINT]
    else:
        lines = [f"{setting(q.experiment)}, read by a punch."]
        lines += [WHY_PUNCH] if reads != (asked or r.experiment.readout) else []
    rows = _rows(q)
    if len(rows) == 1:
        lines += _one(q, *rows[0])
    else:
        lines += _table(q, rows)
    return "\n".join([*lines, *(f"note: {n}" for n in notes(q))])


def notes(r: Resolution) -> list[str]:
    """Where the resolution leaves the range of its model."""
    e, points = r.experiment, r.axis.points.ravel()
    if r.axis.name == "frequency":
        return [str(f) for f in e.check(_bias(r), float(points.max()))]
    m = e.material
    first = float(points[points > 0].min())
    length = sqrt(min(m.diffusivity_in_plane, m.diffusivity_normal) * first)
    out = [str(f) for f in e.check(_bias(r))]
    if length < LATTICE_CONSTANT:
        out.append(
            f"in {quantity(first, 's')} ions diffuse √(Dt) = {quantity(length, 'm')}, less than a "
            f"lattice constant ({quantity(LATTICE_CONSTANT, 'm')}): read later."
        )
    return out


def _bias(r: Resolution) -> float:
    """The largest bias [V], 0 where the drive is none or a shape."""
    drive, slope = r.inputs["drive"], r.experiment.material.ocv_slope
    if isinstance(drive, Drive):
        return 0.0
    if r.inputs["per"] == "concentration" and slope is not None:
        return float(drive) * slope
    return float(drive) if r.inputs["per"] == "volt" else 0.0


def _rows(r: Resolution) -> list[tuple[str, list[float | None]]]:
    """Where, and the lengths [m] of ``_HEAD``; None without an instrument."""
    period = r.noise_limited_period
    columns = [np.atleast_1d(v).ravel() for v in (
        r.edge_25_75, r.edge_10_90, 2 * pi / np.asarray(r.k50), 2 * pi / np.asarray(r.k10),
        r.rayleigh, r.information_depth, np.nan if period is None else period,
    )]  # fmt: skip
    unit = r.axis.unit
    out: list[tuple[str, list[float | None]]] = []
    for i, x in enumerate(r.axis.points.ravel().tolist()):
        values = [float(np.broadcast_to(c, (r.axis.points.size,))[i]) for c in columns]
        last = None if period is None else values[-1]
        out.append((quantity(x, unit), [*values[:-1], last]))
    return out


def _one(r: Resolution, where: str, v: list[float | None]) -> list[str]:
    edge, wide, half, tenth, lines, depth = (_length(x) for x in v[:6])
    at = "At" if r.axis.name == "frequency" else "After"
    said = [
        f"{at} {where} an edge of β rises from 25 to 75 % over {edge}, 10 to 90 % over {wide}.",
        f"Half of the contrast is left at a period of {half}, a tenth at {tenth}; two lines show a "
        f"dip from {lines} on; 90 % of the signal come from above {depth}.",
    ]
    if r.noise is not None and v[6] is not None:
        signal = quantity(float(np.abs(r.kernel.total[0])), "m", _DIGITS)
        noise = quantity(float(np.atleast_1d(r.noise)[0]), "m", _DIGITS)
        name = r.inputs["instrument"].name
        said.append(
            f"A uniform sample moves by {signal}, a reading of {name} is uncertain by {noise}: "
            + ("all of it drowns." if v[6] == inf else
               f"a full modulation of β drowns below a period of {_length(v[6])}, stripes of "
               f"{_length(v[6] / 2)}.")
        )  # fmt: skip
    return said


def _table(r: Resolution, rows: list[tuple[str, list[float | None]]]) -> list[str]:
    keep = len(_HEAD) if r.noise is not None else len(_HEAD) - 1
    name = "frequency" if r.axis.name == "frequency" else "time"
    body = [[name, *_HEAD[:keep]]]
    body += [[where, *(_length(v) for v in values[:keep])] for where, values in rows]
    width = [max(len(row[i]) for row in body) for i in range(keep + 1)]
    lines = ["  ".join(f"{c:>{w}}" for c, w in zip(row, width, strict=True)) for row in body]
    return ["Edge width, period at 50 and 10 % of the contrast, two lines apart, depth of 90 % of "
            "the signal, noise-limited period:", *lines]  # fmt: skip


def _length(value: float | None) -> str:
    if value is None:
        return "unknown"
    return quantity(value, "m", _DIGITS) if isfinite(value) else "none"


def map_sentences(m: ResolutionMap) -> str:
    """Up to which contact and frequency a feature is resolved, for each diffusivity of a map."""
    e, tool = m.inputs["experiment"], m.inputs["instrument"]
    size = quantity(m.feature, "m")
    lines = [
        f"Resolved to {size}: an edge (25 to 75 %) of {size} or less, and a period of {size} "
        f"(stripes of {quantity(m.feature / 2, 'm')}) above the noise of {tool.name} in "
        f"{quantity(tool.bandwidth, 'Hz')}, at {_drive(m.inputs['drive'], m.inputs['per'], e)}."
    ]
    for i, d in enumerate(m.diffusivity.tolist()):
        lines.append(f"D = {d:g} m²/s: {_takes(m.reach(i), size)}")
    return "\n".join(lines)


def _takes(found: Reach | None, size: str) -> str:
    if found is None:
        return f"no contact resolves {size}."
    least, most = (quantity(v, "m", 2) for v in (found.smallest_radius, found.largest_radius))
    text = (
        f"{size} takes a contact radius of {least} to {most} "
        f"(at {most} up to {quantity(found.frequency, 'Hz', 2)}), and at most "
        f"{quantity(found.highest_frequency, 'Hz', 2)} (with {quantity(found.radius, 'm', 2)})"
    )
    thin = found.highest_frequency > 0.999 * found.continuum
    text += ", above which " + (
        "the diffusion length is below a lattice constant" if thin else "it drowns"
    )
    if found.steady_radius is None:
        return text + "."
    steady = quantity(found.steady_radius, "m", 2)
    return f"{text}; at all lower frequencies too it takes {steady} at most."


def _drive(value: float, per: str, e: Experiment) -> str:
    from vegard.io.plan import drive_unit

    return quantity(value, drive_unit(e, per))


def material_sentences(
    experiment: Experiment,
    *,
    instrument: Instrument,
    drive: float = 1.0,
    per: str = "volt",
    names: Iterable[str] = BATTERIES,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[str]:
    """What sub-10 nm takes in materials of the catalogue, one sentence each, under the same tip.

    Parameters
    ----------
    experiment : Experiment
        Tip and interface; its material is replaced by the default records.
    instrument, drive, per, progress
        As for `vegard.resolution_map.reach`.
    names : iterable of str
        Materials of the catalogue.
    """
    out = []
    for name in names:
        m = materials[name].material()
        e = experiment.replace({"material": m})
        found = reach(e, instrument=instrument, drive=drive, per=per, progress=progress)
        change = drive * abs(e.interface.amplitude(per, e.tip, m)) / m.need("site_concentration")
        text = f"{name} (D = {m.diffusivity_normal:.2g} m²/s"
        if per in ("volt", "concentration"):
            text += f", {_drive(drive, per, e)}: Δx = {change:.2g}"
        text += f"): {_takes(found, '10 nm')}"
        volts = drive if per == "volt" else 0.0
        text += "".join(f" Beyond the model: {f}" for f in e.check(volts))
        out.append(text)
    return out
