"""The command resolution: how small a feature the tip of a file resolves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, optional, preset, stamp
from vegard.errors import VegardError
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    from vegard.instrument import Instrument
    from vegard.io import Plan
    from vegard.resolution_map import ResolutionMap
    from vegard.resolving import Resolution

_FILES = ("resolution.csv", "mtf.png", "edge.png", "map.csv", "map.png", "report.txt")
_LENGTHS = ("edge_25_75", "edge_10_90", "rayleigh", "sparrow", "information_depth",
            "noise_limited_period")  # fmt: skip
_NUMBERS = ("k50", "k10", *_LENGTHS)


class Readout(StrEnum):
    """What reads the surface."""

    punch = "punch"
    own = "own"


Several = Annotated[
    list[str] | None, flag('"1 kHz"', "Again for more; each decade of the file if left out.")
]
Times = Annotated[list[str] | None, flag('"10 ms"', "After a step of the drive, instead.")]
Pulsed = Annotated[str | None, flag('"10 ms"', "With --time: a pulse this long, not a step.")]
Drive = Annotated[str | None, flag('"100 mV"', "Amplitude, in the unit of the file's drive.")]
Preset = Annotated[str | None, flag("NAME", "Preset of vegard instruments; its noise is used.")]
Bandwidth = Annotated[str | None, flag('"10 Hz"', "Of the lock-in, not that of the preset.")]
Reads = Annotated[
    Readout, typer.Option("--readout", help="Quote a punch, or the readout of the file.")
]
Mapped = Annotated[
    bool, typer.Option("--map", help="Over radius, frequency and D, too: where 10 nm holds.")
]


def resolution(
    file: File,
    frequency: Several = None,
    time: Times = None,
    pulse: Pulsed = None,
    drive: Drive = None,
    instrument: Preset = None,
    bandwidth: Bandwidth = None,
    readout: Reads = Readout.punch,
    mapped: Mapped = False,
    sets: Overrides = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """How small a feature the tip of a file resolves, and where noise ends it.

    Widths of an edge, periods at which half and a tenth of the contrast are left, the depth that is
    seen and the noise-limited period, read by a punch of the contact's radius. --map adds a figure
    over contact radius, frequency and diffusivity and what 10 nm takes in LiCoO2 and LiMn2O4; it
    takes a minute.
    """
    from vegard import io
    from vegard.resolving import resolution as run

    plan = io.read(file, terminal.overrides(sets), signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, resolution takes one experiment: {swept}.")
    what = (f"vegard resolution {plan.file}", plan.title)
    check(output, what, _FILES, force)
    plan = _driven(plan, drive)
    tool = preset(plan, instrument, bandwidth)
    where = _where(plan, frequency, time, optional(pulse, "s", "--pulse"))
    e = plan.at({}).experiment
    shown = run(e, instrument=tool, per=plan.per, **where)
    if readout is Readout.punch:
        shown = shown.quoted
    found, said = _mapped(plan, tool) if mapped else (None, [])
    text = _text(plan, shown, found, said)
    data = _numbers(plan, shown, found, said, what[0])
    files: dict[str, Callable[[Path], None]] = {
        name: partial(_file, name, shown, found, text)
        for name in _FILES
        if found is not None or not name.startswith("map")
    }
    finish(data, form, lambda: typer.echo(text), output, what, files)


def _driven(plan: Plan, drive: str | None) -> Plan:
    from vegard.io.plan import drive_unit

    if drive is None:
        return plan
    unit = drive_unit(plan.experiment, plan.per)
    return replace(plan, drive=terminal.number(drive, unit, "--drive"))


def _where(
    plan: Plan, frequency: list[str] | None, time: list[str] | None, pulse: float | None
) -> dict[str, Any]:
    """Frequencies or times, and the drive there."""
    from vegard.waveforms import Pulse

    if time:
        if frequency:
            raise VegardError("give --frequency or --time, not both.")
        t = [terminal.number(v, "s", "--time") for v in time]
        return {"time": t, "drive": plan.drive if pulse is None else Pulse(pulse, plan.drive)}
    if pulse is not None:
        raise VegardError("--pulse needs --time: when the surface is read, from its start.")
    if frequency:
        f = [terminal.number(v, "Hz", "--frequency") for v in frequency]
        return {"frequency": f, "drive": plan.drive}
    if plan.frequency is None:
        raise VegardError(
            f"{plan.file} has no [frequency]: say where, with "
            '--frequency "1 kHz" or --time "10 ms".'
        )
    return {"frequency": _decades(plan.frequency), "drive": plan.drive}


def _decades(grid: Any) -> Any:
    """Points of a sweep that were given one by one, else about one a decade."""
    from math import ceil, log10

    if grid.values:
        return grid.array()
    count = min(grid.count, ceil(log10(grid.stop / grid.start)) + 1)
    return replace(grid, count=count).array()


def _mapped(plan: Plan, tool: Instrument) -> tuple[ResolutionMap, list[str]]:
    from vegard.report.resolution import material_sentences
    from vegard.resolution_map import resolution_map

    e = plan.at({}).experiment
    with terminal.progress(quiet=False) as progress:
        how: dict[str, Any] = {"instrument": tool, "drive": abs(plan.drive), "per": plan.per,
                               "progress": progress}  # fmt: skip
        return resolution_map(e, **how), material_sentences(e, **how)


def _text(plan: Plan, r: Resolution, found: ResolutionMap | None, said: list[str]) -> str:
    from vegard.report.resolution import sentences

    own = plan.at({}).experiment.readout
    lines = [plan.title, sentences(r, asked=own)]
    return "\n".join([*lines, *([] if found is None else [found.report()]), *said])


def _numbers(
    plan: Plan, r: Resolution, found: ResolutionMap | None, said: list[str], command: str
) -> dict[str, Any]:
    import numpy as np

    from vegard.io import inputs_hash
    from vegard.report.resolution import notes
    from vegard.result import describe

    asked = {k: r.inputs[k] for k in ("instrument", "drive", "per")}
    asked |= {"readout": r.experiment.readout, r.axis.name: r.axis.points}
    tool = r.inputs["instrument"]
    reached = None if found is None else {
        "feature": found.feature,
        "diffusivity": found.diffusivity.tolist(),
        "reach": [None if (x := found.reach(i)) is None else x._asdict()
                  for i in range(found.diffusivity.size)],
        "materials": said,
    }  # fmt: skip
    return {
        **stamp({"command": command, "file": inputs_hash(plan), "asked": describe(asked)}),
        "readout": r.experiment.readout,
        r.axis.name: r.axis.points.tolist(),
        "per": plan.per,
        "drive": plan.drive,
        "drive_unit": plan.drive_unit,
        "instrument": tool.name,
        "bandwidth": tool.bandwidth,
        "signal": np.abs(r.kernel.total).tolist(),
        "noise": None if r.noise is None else r.noise.tolist(),
        **{name: np.broadcast_to(getattr(r, name), r.axis.points.shape).tolist()
           for name in _NUMBERS},
        "map": reached,
        "notes": notes(r),
    }  # fmt: skip


def _file(name: str, r: Resolution, found: ResolutionMap | None, text: str, path: Path) -> None:
    if name == "resolution.csv":
        _table(r, path)
    elif name == "report.txt":
        path.write_text(text + "\n", "utf-8", newline="\n")
    elif name == "map.csv" and found is not None:
        found.table.to_csv(path, index=False)
    elif name == "map.png" and found is not None:
        found.plot().savefig(path, dpi=150)
    else:
        from matplotlib.figure import Figure

        from vegard.plot_resolution import draw, draw_edge

        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        (draw if name == "mtf.png" else draw_edge)(r, figure.add_subplot())
        figure.savefig(path, dpi=150)


def _table(r: Resolution, path: Path) -> None:
    import numpy as np

    head = [f"{r.axis.name} [{r.axis.unit}]", "k50 [rad/m]", "k10 [rad/m]",
            *(f"{n} [m]" for n in _LENGTHS)]  # fmt: skip
    points = r.axis.points
    columns = [points, *(np.broadcast_to(getattr(r, n), points.shape) for n in _NUMBERS)]
    rows = zip(*(c.tolist() for c in columns), strict=True)
    lines = [",".join(head), *(",".join(map(repr, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
