"""The command loop: voltage spectroscopy with the experiment of a file."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import prefixes, terminal, units
from vegard.commands.shared import check, finish, flag, stamp
from vegard.errors import VegardError
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    from vegard.io import Plan
    from vegard.loops import Loop

_FILES = ("loop.csv", "loop.png", "loop.svg")


class Field(StrEnum):
    """When the tip reads."""

    on = "on"
    off = "off"


class Observable(StrEnum):
    """What it reads."""

    deflection = "deflection"
    concentration = "concentration"


def loop(
    file: File,
    period: Annotated[str, flag('"1 s"', "Time of one cycle of the staircase.")],
    peak: Annotated[str, flag('"1 V"', "Largest bias, in the unit of the file's drive.")],
    steps: Annotated[int, typer.Option(help="Writing pulses of one cycle, a multiple of 4.")] = 64,
    cycles: Annotated[int, typer.Option(help="Number of cycles; the last is told.")] = 2,
    duty: Annotated[float, typer.Option(help="Part of each step that its pulse takes.")] = 0.5,
    field: Annotated[
        Field, typer.Option(help="Read while the pulse is on, or at rest after it.")
    ] = Field.on,
    observable: Annotated[
        Observable, typer.Option(help="What is read; an ac read-out follows the concentration.")
    ] = Observable.deflection,
    sets: Overrides = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Hysteresis loop of voltage spectroscopy: its area, remanence and coercive bias.

    A staircase of writing pulses 0, +peak, -peak, 0 with rests at zero bias between them. With -o a
    figure and a table of all readings.
    """
    from vegard import io
    from vegard.io.plan import drive_unit

    plan = io.read(file, terminal.overrides(sets), signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, loop takes one experiment: {swept}.")
    what = (f"vegard loop {plan.file}", plan.title)
    check(output, what, _FILES, force)
    seconds = terminal.number(period, "s", "--period")
    height = terminal.number(peak, drive_unit(plan.experiment, plan.per), "--peak")
    if not 0 < duty <= 1:
        raise VegardError(f"--duty must be > 0 and at most 1; got {duty:g}.")
    if duty == 1 and field is Field.off:
        raise VegardError("--duty 1 leaves no rest to read off-field; give less, e.g. --duty 0.5.")
    one = _loop(plan, seconds, height, (steps, cycles, duty), field, observable)
    data = _numbers(plan, one, seconds)
    files = dict.fromkeys(_FILES, lambda path: _file(path, one, data))
    finish(data, form, lambda: _print(plan, one, data), output, what, files)


def _loop(
    plan: Plan,
    period: float,
    peak: float,
    shape: tuple[int, int, float],
    field: Field,
    observable: Observable,
) -> Loop:
    from vegard.loops import loop
    from vegard.waveforms import PulseTrain, staircase

    steps, cycles, duty = shape
    amplitudes = staircase(peak, steps, cycles)
    train = PulseTrain(duty * period / steps, period / steps, amplitudes)
    experiment = plan.at({}).experiment
    how: dict[str, Any] = {"field": field.value, "observable": observable.value}
    return loop(experiment, train, per=plan.per, **how)


def _numbers(plan: Plan, one: Loop, period: float) -> dict[str, Any]:
    """What is told of the loop."""
    from vegard.io import inputs_hash
    from vegard.result import describe

    experiment, train = one.inputs["experiment"], one.inputs["envelope"]
    peak = max(train.amplitudes)
    found = experiment.check(replace(plan, drive=peak).bias(experiment), 1 / period)
    notes = [str(finding) for finding in found]
    if plan.extras.cantilever is not None or plan.extras.parasitics.given():
        notes.append("the lever and the parasitic terms of the file are left out of the loop.")
    how = {key: value for key, value in one.inputs.items() if key != "experiment"}
    return {
        **stamp({"file": inputs_hash(plan), "loop": describe(how)}),
        "field": one.inputs["field"],
        "observable": one.inputs["observable"],
        "units": one.units,
        "bias_units": one.bias_units,
        "rate": 2 * pi * experiment.tip.radius**2 / experiment.material.diffusivity_normal / period,
        "area": one.area,
        "area_error": one.area_error,
        "remanence": _pair(one.remanence),
        "coercive_bias": _pair(one.coercive_bias),
        "notes": notes,
    }


def _pair(values: tuple[float, float] | None) -> dict[str, float] | None:
    return None if values is None else dict(zip(("falling", "rising"), values, strict=True))


def _print(plan: Plan, one: Loop, data: dict[str, Any]) -> None:
    typer.echo(
        f"{plan.title}: {data['field']}-field loop of the {data['observable']}, "
        f"ωR²/D = {data['rate']:.3g}"
    )
    factor, unit = prefixes.scale(one.area, one.area_units)
    rows = [("area", f"{one.area * factor:.4g} {unit}" if one.opens else "no loop")]
    for name, unit in (("remanence", one.units), ("coercive_bias", one.bias_units)):
        pair = data[name] if one.opens else None
        both = ", ".join(f"{units.format(v, unit)} {way}" for way, v in (pair or {}).items())
        rows.append((name.replace("_", " "), both or "not defined"))
    for name, told in rows:
        typer.echo(f"{name:15}{told}")
    terminal.notes(data["notes"])


def _file(path: Path, one: Loop, data: dict[str, Any]) -> None:
    """The readings as numbers or as a figure."""
    if path.suffix == ".csv":
        _csv(path, one, data)
    else:
        _figure(path, one, data)


def _csv(path: Path, one: Loop, data: dict[str, Any]) -> None:
    import numpy as np

    keys = ("schema", "vegard", "inputs_sha256", "field", "observable", "area", "area_error")
    head = {key: data[key] for key in keys} | {
        "columns": f"time [s], bias [{one.bias_units}], response [{one.units}], error [{one.units}]"
    }
    table = np.stack([one.time, one.bias, one.values, one.error], axis=1)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"# {key}: {value}\n" for key, value in head.items())
        stream.write("time,bias,response,error\n")
        stream.writelines(",".join(map(repr, row)) + "\n" for row in table.tolist())


def _figure(path: Path, one: Loop, data: dict[str, Any]) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 4.4))
    one.plot(figure.add_subplot())
    about = f"vegard {data['vegard']}; inputs_sha256 {data['inputs_sha256']}"
    png = path.suffix == ".png"
    meta = {"Software": about} if png else {"Creator": about, "Date": None}
    with mpl.rc_context({"svg.hashsalt": data["inputs_sha256"]}):
        figure.savefig(path, dpi=150, bbox_inches="tight", metadata=meta)
