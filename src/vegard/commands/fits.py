"""The command fit: parameters of a sample from measured curves."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import StrEnum
from functools import partial
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands import fit_curves, fit_files, posteriors
from vegard.commands.analyse import Back, Charge, First, Hint, Last, Reverse, Shape, Slope, Start
from vegard.commands.shared import check, finish, flag, noted, optional, say, stamp
from vegard.errors import VegardError, unknown_name
from vegard.terminal import Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    import xarray as xr

    from vegard.cell import Cell
    from vegard.experiment import Experiment
    from vegard.fitting import Fit

_FILES = ("fit.json", "fit.png", "report.txt", "residuals.csv")
_PRIOR = re.compile(r"([\w.\[\]]+)\s*=(.+?)(?:±|\+/?-)\s*(\d+(?:\.\d+)?)\s*%\s*$")
_UNKNOWN = {"material.diffusivity": 1e-14, "material.ocv_slope": -1e-5}  # where free, any will do


class Field(StrEnum):
    """When the tip reads."""

    on = "on"
    off = "off"


class Loss(StrEnum):
    """What the fit makes least."""

    gauss = "gauss"
    huber = "huber"
    cauchy = "cauchy"


Texts = fit_curves.Texts
File = Annotated[
    Path | None, typer.Argument(metavar="[FILE.toml]", help="Experiment file of the tip's sample.")
]
Curves = Annotated[list[Path], flag("FILE", "Measured curve, as of info; repeat for more.")]
Free = Annotated[list[str], flag("PATH", "Free parameter: material.diffusivity, gain; repeat.")]
Kinds = Annotated[
    Texts, flag("pitt|gitt|eis|relaxation|frequency|loop|image", "What was measured.")
]
DriveOf = Annotated[Texts, flag('"10 mV"', "Height of the step or pulse, or the amplitude.")]
PulseOf = Annotated[Texts, flag('"10 ms"', "Length of the pulse; a step if left out.")]
PeriodOf = Annotated[Texts, flag('"20 ms"', "loop: from pulse to pulse.")]
Sigma = Annotated[Texts, flag("SIGMA", 'Standard deviation: "1 pm", 2%, or a column of the file.')]
Per = Annotated[
    str | None, flag("volt|concentration|flux|ampere", "What drives the tip; as in the file.")
]
Length = Annotated[str | None, flag('"200 nm"', "Electrode: thickness, or radius of particles.")]
Area = Annotated[str | None, flag('"1 cm^2"', "Electrode: active area.")]
Prior = Annotated[Texts, flag('"tip.radius=20 nm±20%"', "What is known beforehand; repeat.")]
LossOf = Annotated[Loss, typer.Option(help="Squares, or a loss that bears outliers.")]
Level = Annotated[float, typer.Option(help="Confidence level of the intervals.")]
Pixel = Annotated[
    str | None, flag('ROW,COLUMN|"2 nm"', "Curve of a map, from 0; of an image its pixels' size.")
]
Channel = Annotated[str | None, flag("NAME", "Of a microscope's file: which channel.")]
Objects = Annotated[
    Texts, flag('"PATH=FILE:LOW..HIGH"', "image: what is known, as --map of image.", "--object")
]
FrequencyOf = Annotated[Texts, flag('"1 kHz"', "image: where it was read; again for more.")]
TimeOf = Annotated[Texts, flag('"10 ms"', "image: when it was read, instead.")]
Draws = Annotated[int | None, flag("4000", "Draw so many times from the posterior.")]
FieldOf = Annotated[Field, typer.Option(help="loop: read during the pulse, or after it.")]


def fit(
    data: Curves,
    free: Free,
    file: File = None,
    kind: Kinds = None,
    drive: DriveOf = None,
    pulse: PulseOf = None,
    period: PeriodOf = None,
    sigma: Sigma = None,
    field: FieldOf = Field.on,
    per: Per = None,
    length: Length = None,
    area: Area = None,
    shape: Shape = "planar",
    back: Back = "blocking",
    ocv_slope: Slope = None,
    charge: Charge = 1.0,
    sets: Overrides = None,
    reverse: Reverse = False,
    start: Start = None,
    low: First = None,
    high: Last = None,
    prior: Prior = None,
    loss: LossOf = Loss.gauss,
    level: Level = 0.95,
    posterior: Draws = None,
    hints: Hint = None,
    pixel: Pixel = None,
    channel: Channel = None,
    objects: Objects = None,
    frequency: FrequencyOf = None,
    time: TimeOf = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Fit a sample to measured curves: values, intervals, what cannot be told apart.

    The sample is an experiment file (displacements), an electrode of --length and --area (currents,
    voltages, impedances), or both with one material. No starting values are needed; what is fixed
    and not in the file is set, e.g. --set cell.rate="1e-8 m/s". Of --kind, --drive, --pulse,
    --period and --sigma give one for all, or one for each in order, "-" for none.
    """
    from vegard.fitting import fit as run

    if not 0 < level < 1:
        raise VegardError(f"--level must be between 0 and 1, e.g. 0.95; got {level:g}.")
    what = ("vegard fit", f"fit of {', '.join(path.name for path in data)}")
    names = _FILES if posterior is None else _FILES + posteriors.FILES
    check(output, what, names, force)
    experiment, per, unit = _experiment(file, given := terminal.overrides(sets), ocv_slope, per)
    cell = _cell(length, area, (shape, back), (ocv_slope, charge), given, free, experiment)
    choose = fit_files.Choice(pixel, channel, objects, frequency, time)
    tables = fit_curves.load_curves(data, kind, hints or [], choose)
    flags = {"drive": drive, "pulse": pulse, "period": period, "sigma": sigma}
    span = fit_curves.window(start, low, high, tables)
    more = {"per": per, "field": str(field), "cell": cell}
    curves = fit_curves.curves(data, tables, flags, span, (more, unit, reverse), choose)
    fit_curves.check_units(data, tables, free)
    with noted() as notes, terminal.progress(quiet=False) as progress:
        assert progress is not None
        progress(0, 2, "searching")
        result = run(experiment or cell, curves, free, prior=_priors(prior or []), loss=str(loss))
        progress(1, 2, "intervals")
        report, numbers, files = _told(result, level, posterior, tables)
    numbers |= {"files": [path.name for path in data], "notes": notes}
    finish(numbers, form, lambda: say(report, notes), output, what, files)


# --- the sample ---


def _experiment(
    file: Path | None, given: dict[str, Any], slope: str | None, per: str | None
) -> tuple[Experiment | None, str, str]:
    """The experiment of the file, what drives it, and the unit of that."""
    from vegard import io
    from vegard.io.plan import drive_unit

    if file is None:
        return None, per or "volt", "V"
    changes = {k: v for k, v in given.items() if not k.startswith("cell.")}
    if slope is not None:
        changes["material.ocv_slope"] = slope
    plan = io.read(file, changes, signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, fit takes one experiment: {swept}.")
    experiment = plan.at({}).experiment
    per = per or plan.per
    if per not in experiment.interface.drives:
        raise unknown_name("--per of this interface", per, experiment.interface.drives)
    return experiment, per, drive_unit(experiment, per)


def _cell(
    length: str | None,
    area: str | None,
    form: tuple[str, str],
    material: tuple[str | None, float],
    given: dict[str, Any],
    free: Collection[str],
    experiment: Experiment | None,
) -> Cell | None:
    """The electrode, if its size is given; with the material of the experiment, if there is one."""
    from vegard.cell import Cell
    from vegard.material import Material
    from vegard.parameters import get_path, replace_path

    own = {k: v for k, v in given.items() if experiment is None or k.startswith("cell.")}
    if (length is None) != (area is None):
        raise VegardError("an electrode needs both --length and --area.")
    if length is None or area is None:
        if experiment is None:
            raise VegardError(
                "fit needs a sample: FILE.toml for a tip, --length and --area for an electrode."
            )
        if own:
            raise VegardError(f"--set {next(iter(own))} needs --length and --area.")
        return None
    slope, charge = material
    if experiment is not None:
        what = experiment.material
    else:
        e_slope = optional(slope, "V m³/mol", "--ocv-slope")
        what = Material(None, None, None, ocv_slope=e_slope, charge=charge)
    sizes = terminal.number(length, "m", "--length"), terminal.number(area, "m²", "--area")
    cell = Cell(what, *sizes, *form)
    for path, value in own.items():
        inside = path.removeprefix("cell.")
        cell = replace_path(cell, inside, terminal.number(str(value), _unit(path), path))
    for path, start in _UNKNOWN.items():
        if get_path(cell, path) is None:
            if path not in free:
                raise VegardError(f"{path} is not known: --free it, or --set {path}=… if it is.")
            cell = replace_path(cell, path, start)
    return cell


def _unit(path: str) -> str:
    """SI unit of a parameter, by the name that --free takes."""
    from vegard.cell import Cell
    from vegard.io import objects
    from vegard.parameters import field_of

    if path.partition("[")[0] in ("gain", "offset"):
        return "–"
    inside = path.removeprefix("cell.")
    return str(field_of(Cell, inside).metadata["unit"]) if "." not in inside else objects.unit(path)


def _priors(texts: list[str]) -> dict[str, tuple[float, float]]:
    out = {}
    for text in texts:
        found = _PRIOR.match(text)
        if found is None:
            raise VegardError(f'--prior {text!r} must look like "tip.radius=20 nm±20%".')
        path, value, percent = found.groups()
        out[path] = (terminal.number(value, _unit(path), path), float(percent) / 100)
    return out


# --- what is told ---


def _told(
    result: Fit, level: float, draws: int | None, tables: list[xr.Dataset]
) -> tuple[str, dict[str, Any], dict[str, Callable[[Path], None]]]:
    """Report, numbers, and the files of a folder."""
    report, numbers = result.report(level), _numbers(result, level)
    more: dict[str, Callable[[Path], None]] = {}
    if draws is not None:
        table = result.posterior(draws)
        report += "\n\n" + posteriors.report(table, level)
        numbers["posterior"] = posteriors.quantiles(table, level)
        more = posteriors.files(table, numbers)
    return report, numbers, {
        "fit.json": partial(_json, numbers),
        "fit.png": partial(_figure, result, [t.attrs["unit"] for t in tables], numbers),
        "report.txt": lambda path: _write(path, report + "\n"),
        "residuals.csv": partial(_csv, result, numbers),
        **more,
    }  # fmt: skip


def _numbers(result: Fit, level: float) -> dict[str, Any]:
    """The fit for JSON; None stands for an end that is open."""
    from vegard.result import describe

    def end(value: float) -> float | None:
        return None if value == 0 or isinf(value) else float(value)

    return {
        **stamp({"fit": describe(result.inputs)}),
        "values": result.values,
        "sigma": {k: end(v) for k, v in result.sigma.items()},
        "level": level,
        "intervals": {k: [end(v) for v in result.interval(k, level)] for k in result.values},
        "combinations": [c._asdict() for c in result.combinations],
        "diagnostics": result.diagnostics,
        "converged": result.converged,
        "message": result.message,
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")


def _json(numbers: dict[str, Any], path: Path) -> None:
    import json

    from vegard.io.numbers import plain

    _write(path, json.dumps(plain(numbers), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _figure(result: Fit, units: list[str], numbers: dict[str, Any], path: Path) -> None:
    from matplotlib.figure import Figure

    from vegard import plot_fit

    figure = Figure(figsize=(6.4 * len(units), 5.2))
    plot_fit.draw(result, figure.add_subplot(), level=numbers["level"], units=units)
    about = f"vegard {numbers['vegard']}; inputs_sha256 {numbers['inputs_sha256']}"
    figure.savefig(path, dpi=150, bbox_inches="tight", metadata={"Software": about})


def _csv(result: Fit, numbers: dict[str, Any], path: Path) -> None:
    """Data, fit and residuals; one row a point."""
    import numpy as np

    head = {k: numbers[k] for k in ("schema", "vegard", "inputs_sha256")} | {
        "columns": "number of the data, x [Hz, s or V], data and fit [unit of the data], "
        "residual [standard deviations]"
    }
    lines = [f"# {k}: {v}" for k, v in head.items()]
    lines.append("data,x,y_re,y_im,fit_re,fit_im,residual_re,residual_im")
    rows = zip(result.inputs["data"], result.model(), result.residuals, strict=True)
    for i, (d, model, rest) in enumerate(rows):
        every = np.broadcast_to(d.x, d.y.shape)  # of an image row by row
        for x, *values in zip(*(v.ravel() for v in (every, d.y, model, rest)), strict=True):
            parts = [float(v) for z in values for v in (complex(z).real, complex(z).imag)]
            lines.append(f"{i},{float(x)!r}," + ",".join(map(repr, parts)))
    _write(path, "\n".join(lines) + "\n")
