"""The command map: a sample fitted to the curve of every pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands import fits
from vegard.commands.analyse import First, Hint, Last, Slope, Start
from vegard.commands.fits import Channel, Field, Loss, LossOf, Per
from vegard.commands.map_files import STORE, exported, names, written
from vegard.commands.map_inputs import Source, curves, driven_by, opened, other, unit_of, window
from vegard.commands.shared import check, finish, flag, noted, say, stamp
from vegard.errors import FileError, VegardError
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    import xarray as xr

    from vegard.experiment import Experiment
    from vegard.fitting import Data


class Export(StrEnum):
    """Other formats of the maps."""

    csv = "csv"
    gwy = "gwy"
    h5 = "h5"


Curves = Annotated[Path, flag("FILE", "Measured map of curves, as of info.", "--data")]
Free = Annotated[list[str], flag("PATH", "Free parameter: material.diffusivity, gain; repeat.")]
Kind = Annotated[str | None, flag("relaxation|frequency|loop", "What was measured.")]
DriveOf = Annotated[str | None, flag('"1 V"', "Height of the step or pulse, or the amplitude.")]
PulseOf = Annotated[str | None, flag('"10 ms"', "Length of the pulse; a step if left out.")]
PeriodOf = Annotated[str | None, flag('"20 ms"', "loop: from pulse to pulse.")]
Sigma = Annotated[str | None, flag('"1 pm"', "Standard deviation of a reading; of its scatter.")]
FieldOf = Annotated[Field | None, typer.Option(help="Readings during the pulse, or after it.")]
Other = Annotated[str | None, flag("FILE[:NAME]", "Another map: how does D go with it?")]
Scheduler = Annotated[str, flag("NAME", "threads, synchronous, processes, or tcp://… of Dask.")]
Chunks = Annotated[int | None, typer.Option(min=2, help="Pixels at a time.")]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help=f"Go on with {STORE}, or anew.")]
Stream = Annotated[bool, typer.Option("--stream", help=f"Chunk by chunk into {STORE}.")]
Limit = Annotated[str, flag('"1 GB"', "Larger data are streamed.")]
Exports = Annotated[list[Export] | None, typer.Option("--export", help="maps.csv, …; repeat.")]


def map_curves(
    file: File,
    data: Curves,
    free: Free,
    kind: Kind = None,
    drive: DriveOf = None,
    pulse: PulseOf = None,
    period: PeriodOf = None,
    sigma: Sigma = None,
    field: FieldOf = None,
    per: Per = None,
    channel: Channel = None,
    ocv_slope: Slope = None,
    sets: Overrides = None,
    start: Start = None,
    low: First = None,
    high: Last = None,
    loss: LossOf = Loss.gauss,
    topography: Other = None,
    scheduler: Scheduler = "threads",
    chunks: Chunks = None,
    resume: Resume = True,
    stream: Stream = False,
    in_memory: Limit = "1 GB",
    export: Exports = None,
    hints: Hint = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Fit a sample to the curve of every pixel: maps of D with their errors, flags, a report.

    The sample is an experiment file; what is fixed in it holds for all pixels. No starting values
    are needed. Curves larger than --in-memory are streamed into FOLDER/maps.zarr; killed at any
    time, the same command goes on where it was.
    """
    from vegard.report.maps import report

    what = ("vegard map", f"map of {data.name}")
    check(output, what, names(free, export or ()), force)
    experiment, per, unit = fits._experiment(file, terminal.overrides(sets), ocv_slope, per)
    assert experiment is not None
    source = opened(data, kind, hints or [], channel, stream=stream, limit=in_memory)
    if source.parts is not None and output is None:
        raise VegardError(f"{data} is streamed into a folder: name it with -o FOLDER.")
    driven = driven_by(drive, pulse, period, unit)
    asked = (kind, channel, None if field is None else str(field))
    rows = window(curves(source, asked, driven, per), start, low, high)
    if sigma is not None:
        rows = replace(rows, sigma=terminal.number(sigma, unit_of(rows) or "–", "--sigma"))
    _check(source, rows, free)
    second = other(topography, rows)
    how = {"loss": str(loss), "scheduler": scheduler, "chunks": chunks, "resume": resume}
    where = output / STORE if source.parts is not None and output is not None else None
    with noted() as notes:
        maps = _fitted(experiment, rows, free, where, how)
    maps.attrs["data_file"] = data.name
    numbers = _numbers(maps, second, source) | {"notes": notes}
    text = report(maps, second)
    files: dict[str, Callable[[Path], None]] = {
        name: partial(make, maps) for name, make in exported(export or ()).items()
    }
    files |= written(maps, second, text, numbers) if output is not None else {}
    finish(numbers, form, lambda: say(text, notes), output, what, files)


def _check(source: Source, data: Data, free: list[str]) -> None:
    """Refuse what is no map, or cannot be drawn, before computing."""
    if not data.is_map:
        raise VegardError(f"{source.path} holds one curve; vegard fit fits it.")
    if data.y.ndim > 3:
        raise VegardError(
            f"{source.path} holds curves over {', '.join(map(str, data.y.dims[:-1]))}; a map has "
            "one axis or two: choose a plane, vegard.read(…).isel(…), and write it, vegard.write."
        )
    unit = unit_of(data) or "no unit"
    if unit != "m" and "gain" not in free:
        raise VegardError(f"{source.path}: the response has {unit}, not m; add --free gain.")


def _fitted(
    experiment: Experiment, data: Data, free: list[str], where: Path | None, how: dict[str, Any]
) -> xr.Dataset:
    """The maps; what a stream has finished stays when it is stopped."""
    from vegard.mapping import fit_map

    try:
        with terminal.progress(quiet=False) as progress:
            return fit_map(experiment, data, free, out=where, progress=progress, **how)
    except FileError as error:  # of the store, in the words of the library
        fix = str(error).replace("resume=False", "--no-resume")
        raise FileError(fix.replace("another place for out", "another folder with -o")) from None
    except KeyboardInterrupt:
        if where is None or not where.exists():
            raise
        terminal.say(
            f"vegard: interrupted; {where} keeps what is finished, the same command goes on."
        )
        raise typer.Exit(130) from None


# --- what is told ---


def _numbers(maps: xr.Dataset, second: Any, source: Source) -> dict[str, Any]:
    """The maps in numbers, for JSON."""
    from vegard.map_pixels import DETERMINED, counts, main_variable, states
    from vegard.map_statistics import correlate, spread
    from vegard.report.maps import parameters

    first = main_variable(maps)
    good = int((states(maps, first) == DETERMINED).sum())
    found = [n for n in parameters(maps) if (states(maps, n) == DETERMINED).sum() > 1]
    attrs = {k: v for k, v in maps.attrs.items() if k not in ("counts", "inputs", "inputs_sha256")}
    return {
        **attrs,
        **stamp({"fit": maps.attrs["inputs"], "data": source.mark}),
        "data": source.mark,
        "shape": list(maps[first].shape),
        "determined": good,
        "flags": counts(maps),
        "maps": {n: {k: v for k, v in asdict(spread(maps, n)).items() if k != "variable"}
                 for n in found},
        "correlation": None if second is None or good < 4 else asdict(
            correlate(maps, second, first)),
    }  # fmt: skip
