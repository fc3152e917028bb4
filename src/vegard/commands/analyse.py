"""The command analyse: a diffusivity from measured PITT, GITT or impedance."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import flag, noted, optional, say_json, stamp
from vegard.errors import VegardError
from vegard.terminal import Form, Format

if TYPE_CHECKING:
    import xarray as xr

    from vegard.cell import Cell
    from vegard.classical.estimate import Estimate


class Kind(StrEnum):
    """What was measured."""

    pitt = "pitt"
    gitt = "gitt"
    eis = "eis"


_FLAGS = {"step": "pitt", "current": "gitt", "pulse": "gitt", "reverse": "gitt", "circuit": "eis"}


_METHODS = (
    "pitt: cottrell, long_time, kinetics; gitt: weppner_huggins, sqrt_t, full_model; "
    "eis: circuit, warburg, diffusion_model."
)
_LENGTH = "Thickness of the film, or radius of the particles."
_AREA = "Active area, that of all particles together."
_REVERSE = "gitt: V counts as that of a cathode against lithium."
_START = "Time in the file at which the step or the pulse starts."
_HINT = "What the file does not say: sign=-1, cycle=2; see info."
Text = str | None
File = Annotated[Path, typer.Argument(metavar="FILE", help="Measured data.")]
What = Annotated[Kind, typer.Option(help="What was measured.")]
Method = Annotated[str, flag("METHOD", _METHODS)]
Length = Annotated[str, flag('"200 nm"', _LENGTH)]
Area = Annotated[str, flag('"1 cm^2"', _AREA)]
Shape = Annotated[str, flag("planar|sphere|cylinder", "Shape of the host.")]
Back = Annotated[str, flag("blocking|permeable", "Back of the film.")]
Slope = Annotated[Text, flag('"-4e-5 V m^3/mol"', "Slope dE/dC of the open-circuit curve.")]
Charge = Annotated[float, typer.Option(help="Charge number of the ion.")]
Step = Annotated[Text, flag('"10 mV"', "pitt: height of the step; > 0 inserts.")]
Current = Annotated[Text, flag('"1 mA"', "gitt: current of the pulse, instead of the file's.")]
Pulse = Annotated[Text, flag('"10 s"', "gitt: length of the pulse.")]
Reverse = Annotated[bool, typer.Option("--reverse", help=_REVERSE)]
Circuit = Annotated[Text, flag("R0-p(R1-Wo1,C1)", "eis: circuit in impedance.py's notation.")]
Start = Annotated[Text, flag('"120 s"', _START)]
First = Annotated[
    Text, flag('"1 s"', "First time after the start, or frequency, to use.", "--from")
]
Last = Annotated[Text, flag('"10 s"', "Last one to use.", "--to")]
Hint = Annotated[list[str] | None, flag("NAME=VALUE", _HINT, "--hint")]


def analyse(
    file: File,
    kind: What,
    method: Method,
    length: Length,
    area: Area,
    shape: Shape = "planar",
    back: Back = "blocking",
    ocv_slope: Slope = None,
    charge: Charge = 1.0,
    step: Step = None,
    current: Current = None,
    pulse: Pulse = None,
    reverse: Reverse = False,
    circuit: Circuit = None,
    start: Start = None,
    low: First = None,
    high: Last = None,
    hints: Hint = None,
    form: Form = Format.text,
) -> None:
    """Diffusivity by a textbook method from PITT, GITT or impedance.

    FILE is any that info understands. V is that of the ion reservoir against the sample: a positive
    step or current inserts. Of what the method does not need, nothing has to be given.
    """
    _fit(kind, step=step, current=current, pulse=pulse, circuit=circuit, reverse=reverse or None)
    from vegard.cell import Cell
    from vegard.material import Material

    slope = optional(ocv_slope, "V m³/mol", "--ocv-slope")
    material = Material(None, None, None, ocv_slope=slope, charge=charge)
    sizes = terminal.number(length, "m", "--length"), terminal.number(area, "m²", "--area")
    cell = Cell(material, *sizes, shape=shape, back=back)
    unit = "Hz" if kind is Kind.eis else "s"
    words: dict[str, Any] = {"method": method, "window": _window(low, high, unit)}
    words |= {"step": optional(step, "V", "--step"), "current": optional(current, "A", "--current"),
              "pulse": optional(pulse, "s", "--pulse"), "circuit": circuit}  # fmt: skip
    data = _read(file, kind, hints or [])
    origin = optional(start, "s", "--start") or 0.0
    with noted() as notes:
        estimate = _run(data, kind, cell, origin, -1.0 if reverse else 1.0, words)
    notes += estimate.doubts
    if form is Format.json:
        inputs = {**words, "length": sizes[0], "area": sizes[1], "shape": shape, "back": back,
                  "ocv_slope": slope, "charge": charge, "start": origin, "reverse": reverse,
                  "kind": str(kind), "data_sha256": data.attrs.get("sha256")}  # fmt: skip
        say_json({**stamp(inputs), **_numbers(estimate), "notes": notes})
        return
    points = data.sizes[next(iter(data.dims))]
    typer.echo(f"{file.name}: {points} points")
    for line in estimate.report().splitlines():
        if not line.startswith("note: "):
            terminal.paragraph(line)
    terminal.notes(notes)


def _fit(kind: Kind, **given: object) -> None:
    """Refuse flags that say nothing about this kind."""
    for name, value in given.items():
        if value is not None and _FLAGS[name] != kind:
            raise VegardError(f"--{name} is for --kind {_FLAGS[name]}; got --kind {kind}.")


def _window(low: str | None, high: str | None, unit: str) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    first, last = optional(low, unit, "--from"), optional(high, unit, "--to")
    return (0.0 if first is None else first, float("inf") if last is None else last)


def _read(file: Path, kind: Kind, hints: list[str]) -> xr.Dataset:
    from vegard.io.measured import load

    values = {name: terminal.literal(v) for name, v in terminal.changes(hints, "--hint").items()}
    data = load(file, str(kind), values)
    for line in data.attrs.get("warnings", "").splitlines():
        typer.echo(f"warning: {line}", err=True)
    return data


def _run(
    data: xr.Dataset, kind: Kind, cell: Cell, origin: float, sign: float, words: dict[str, Any]
) -> Estimate:
    from vegard import classical

    def chosen(*names: str) -> dict[str, Any]:
        return {n: words[n] for n in ("method", "window", *names)}

    if kind is Kind.eis:
        f, z = data["frequency"].values, data["impedance"].values
        return classical.analyse_eis(f, z, cell, **chosen("circuit"))
    t = data["time"].values - origin
    if kind is Kind.pitt:
        return classical.analyse_pitt(t, data["current"].values, cell, **chosen("step"))
    if words["current"] is None and "current" in data:
        words = {**words, "current": data["current"].values}
    v = sign * data["voltage"].values
    return classical.analyse_gitt(t, v, cell, **chosen("current", "pulse"))


def _numbers(estimate: Estimate) -> dict[str, Any]:
    """The estimate for JSON; None stands for an end that is open."""
    low, high = estimate.interval
    return {
        "method": estimate.method,
        "diffusivity_m2_per_s": estimate.diffusivity,
        "sigma_m2_per_s": estimate.sigma,
        "interval_m2_per_s": [low, high],
        f"valid_range_{estimate.unit}": estimate.valid_range,
        "assumption": estimate.assumption,
        "more": estimate.more,
    }
