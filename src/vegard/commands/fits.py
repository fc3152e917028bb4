"""The command fit: parameters of a sample from measured curves."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, optional, stamp
from vegard.errors import VegardError
from vegard.terminal import Force, Form, Format

if TYPE_CHECKING:
    import xarray as xr

    from vegard.fitting import Data, Fit

_FILES = ("fit.png", "report.txt", "residuals.csv")
_PRIOR = re.compile(r"([\w.\[\]]+)=(.+?)±\s*(\d+(?:\.\d+)?)\s*%$")
_UNITS = {"pitt": "V", "gitt": "A"}
_SIGNALS = {"pitt": "current", "gitt": "voltage", "eis": "impedance", "frequency": "response",
            "relaxation": "response"}  # fmt: skip
Text = str | None


def fit(
    data: Annotated[
        list[Path], flag("FILE", "Measured curve, as of vegard info; repeat for more.")
    ],
    free: Annotated[list[str], flag("PATH", "Free parameter: material.diffusivity, gain, rate, …")],
    sample: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Experiment file of the sample.")
    ] = None,
    kind: Annotated[Text, flag("pitt|gitt|eis|relaxation|frequency", "What was measured.")] = None,
    drive: Annotated[Text, flag('"10 mV"', "Height of step or pulse, or amplitude.")] = None,
    pulse: Annotated[Text, flag('"10 ms"', "Length of the pulse; t = 0 is its start.")] = None,
    sigma: Annotated[
        Text, flag('"1 pm" or 2%', "Standard deviation; of each value if in %.")
    ] = None,
    length: Annotated[
        Text, flag('"200 nm"', "Thickness or particle radius of the electrode.")
    ] = None,
    area: Annotated[Text, flag('"1 cm^2"', "Its active area.")] = None,
    shape: Annotated[str, flag("planar|sphere|cylinder", "Its shape.")] = "planar",
    back: Annotated[str, flag("blocking|permeable", "Back of the film.")] = "blocking",
    ocv_slope: Annotated[Text, flag('"-4e-5 V m^3/mol"', "Slope dE/dC of the host.")] = None,
    double_layer: Annotated[Text, flag('"1 uF"', "Capacitance to search around.")] = None,
    prior: Annotated[
        list[str] | None, flag('"tip.radius=20 nm±20%"', "What is known beforehand.")
    ] = None,
    loss: Annotated[
        str, flag("gauss|huber|cauchy", "Squares, or a loss that bears outliers.")
    ] = "gauss",
    first: Annotated[Text, flag('"3 s"', "First time or frequency to use.", "--from")] = None,
    last: Annotated[Text, flag('"3 min"', "Last time or frequency to use.", "--to")] = None,
    hint: Annotated[list[str] | None, flag("NAME=VALUE", "For the reader; see info.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for report, figure, residuals.")
    ] = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Fit a sample to measured curves: values, 95 % intervals, what cannot be told apart.

    The sample is an experiment file (--sample), an electrode (--length, --area …), or both. No
    starting values are needed.
    """
    from vegard.fitting import fit as run

    what = (f"vegard fit {' '.join(path.name for path in data)}", "fit")
    check(output, what, _FILES, force)
    experiment, cell, per = _sample(sample, length, area, shape, back, ocv_slope, double_layer)
    window = first, last
    curves = [_data(path, kind, drive, pulse, sigma, window, hint or [], per) for path in data]
    if cell is not None and experiment is not None:
        from dataclasses import replace

        curves = [d if d.strain else replace(d, cell=cell) for d in curves]
    with terminal.progress(quiet=False) as progress:
        if progress is not None:
            progress(0, 2, "searching")
        result = run(experiment or cell, curves, free, prior=_priors(prior or []), loss=loss)
        if progress is not None:
            progress(1, 2, "intervals")
        numbers = _numbers(result, what[0])
        report = result.report()
    files: dict[str, Callable[[Path], None]] = {
        n: partial(_file, n, result, report) for n in _FILES
    }
    finish(numbers, form, lambda: typer.echo(report), output, what, files)


def _sample(
    file: Path | None,
    length: Text,
    area: Text,
    shape: str,
    back: str,
    slope: Text,
    double_layer: Text,
) -> tuple[Any, Any, str]:
    """Experiment and electrode, and the unit of the drive of the experiment."""
    from vegard import io
    from vegard.cell import Cell
    from vegard.material import Material

    experiment, per = None, "volt"
    if file is not None:
        plan = io.read(file, {}, signals=())
        if plan.sweeps:
            raise VegardError(f"{file}: lists are sweeps, fit takes one experiment.")
        experiment, per = plan.at({}).experiment, plan.per
    if (length is None) != (area is None):
        raise VegardError("an electrode needs both --length and --area.")
    if length is None or area is None:
        if experiment is None:
            raise VegardError(
                "fit needs a sample: --sample FILE.toml for a tip, --length and --area for an "
                "electrode."
            )
        return experiment, None, per
    e_slope = optional(slope, "V m³/mol", "--ocv-slope")
    # D and dE/dC are placeholders where they are free; what is not free must be given
    material = experiment.material if experiment is not None else Material(
        1e-14, None, None, ocv_slope=-1e-5 if e_slope is None else e_slope)  # fmt: skip
    double = optional(double_layer, "F", "--double-layer")
    cell = Cell(
        material, terminal.number(length, "m", "--length"), terminal.number(area, "m²", "--area"),
        shape, back, double_layer=0.0 if double is None else double,
    )  # fmt: skip
    return experiment, cell, per


def _data(
    path: Path,
    kind: Text,
    drive: Text,
    pulse: Text,
    sigma: Text,
    window: tuple[Text, Text],
    hints: list[str],
    per: str,
) -> Data:
    """One curve of a file."""
    import numpy as np

    from vegard.fitting import Data
    from vegard.io.measured import load
    from vegard.waveforms import Pulse

    values = {n: terminal.literal(v) for n, v in terminal.changes(hints, "--hint").items()}
    found: xr.Dataset = load(path, kind, values)
    what = str(found.attrs["kind"])
    if what not in _SIGNALS:
        raise VegardError(f"{path} holds {what}; fit takes {', '.join(_SIGNALS)}.")
    name = _SIGNALS[what]
    if name not in found:
        raise VegardError(f"{path} holds no {name}, but {', '.join(map(str, found.data_vars))}.")
    axis = "frequency" if what in ("eis", "frequency") else "time"
    x, y = found[axis].values, found[name].values
    unit = "Hz" if axis == "frequency" else "s"
    low, high = (optional(v, unit, f) for v, f in zip(window, ("--from", "--to"), strict=True))
    keep = (x >= (-inf if low is None else low)) & (x <= (inf if high is None else high))
    if keep.sum() < 3:
        raise VegardError(f"{path}: {int(keep.sum())} points lie between --from and --to.")
    x, y = x[keep], y[keep]
    height: Any = None
    if what != "eis":
        if drive is None and what != "frequency":
            raise VegardError(f'{what} needs --drive, e.g. --drive "10 mV" or "1 mA".')
        height = 1.0 if drive is None else terminal.number(drive, _UNITS.get(what, "V"), "--drive")
        if pulse is not None:
            height = Pulse(terminal.number(pulse, "s", "--pulse"), height)
    spread: Any = None
    if sigma is not None:
        share = sigma.strip().endswith("%")
        spread = (
            float(sigma.strip()[:-1]) / 100 * np.abs(y)
            if share
            else terminal.number(sigma, str(found[name].attrs["units"]), "--sigma")
        )
    return Data(what, x, y, spread, drive=height, per=per)


def _priors(texts: list[str]) -> dict[str, tuple[float, float]]:
    from vegard import units
    from vegard.io import objects

    out = {}
    for text in texts:
        found = _PRIOR.match(text)
        if found is None:
            raise VegardError(f'--prior {text!r} must look like "tip.radius=20 nm±20%".')
        path, value, percent = found.groups()
        unit = objects.unit(path) if "." in path else ""
        centre: Any = units.parse(terminal.literal(value.strip()), unit, path)
        out[path] = (float(centre), float(percent) / 100)
    return out


def _numbers(result: Fit, what: str) -> dict[str, Any]:
    def end(value: float) -> float | None:
        return float(value) if isfinite(value) else None

    told = {
        "values": result.values,
        "sigma": {k: end(v) for k, v in result.sigma.items()},
        "interval_95": {k: [end(v) for v in result.interval(k)] for k in result.values},
        "combinations": [c._asdict() for c in result.combinations],
        "diagnostics": result.diagnostics,
        "converged": result.converged,
        "message": result.message,
    }
    return {**stamp({"command": what, "values": result.values}), **told}


def _file(name: str, result: Fit, report: str, path: Path) -> None:
    if name == "report.txt":
        path.write_text(report + "\n", "utf-8")
    elif name == "fit.png":
        from matplotlib.figure import Figure

        from vegard import plot_fit

        count = len(result.residuals)
        figure = Figure(figsize=(6.4 * count, 4.8))
        for i in range(count):
            plot_fit.draw(result, figure.add_subplot(1, count, i + 1), which=i)
        figure.savefig(path, dpi=150, bbox_inches="tight")
    else:
        lines = ["data,x,y_re,y_im,fit_re,fit_im,residual_re,residual_im"]
        rows = zip(result.inputs["data"], result.model(), result.residuals, strict=True)
        for i, (d, model, rest) in enumerate(rows):
            for x, y, m, r in zip(d.x, d.y, model, rest, strict=True):
                parts = (f"{v:.9g}" for z in (y, m, r) for v in (complex(z).real, complex(z).imag))
                lines.append(f"{i},{x:.9g},{','.join(parts)}")
        path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
