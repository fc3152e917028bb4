"""The command plan: what to measure at the microscope for the least error of ln D."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, noted, say, stamp
from vegard.errors import VegardError
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    from vegard.planning import Plan

_FILES = ("plan.csv", "plan.png", "report.txt")
_RANGE = re.compile(r"([\w.]+)\s*=\s*(.+?)\s*\.\.\s*(.+)")
_BARE = re.compile(r"[+-]?[\d.]+(?:e[+-]?\d+)?", re.IGNORECASE)
_ENERGY = {"--diffusivity-energy": "diffusivity", "--rate-energy": "rate"}

Unknown = Annotated[
    list[str], flag("PATH", "Unknown parameter: material.diffusivity, gain; repeat.")
]
Prior = Annotated[
    list[str], flag('"PATH=LOW..HIGH"', "What it may be: material.diffusivity=1e-17..1e-13 m^2/s.")
]
Preset = Annotated[str, flag("NAME", "Preset of vegard instruments; its noise is used.")]
Budget = Annotated[str, flag('"10 min"', "Time for the measurement.")]
Drive = Annotated[str, flag('"1 V"', "Amplitude of the bias.")]
Method = Annotated[list[str] | None, flag("frequency|relaxation", "What may be measured; repeat.")]
Tips = Annotated[
    list[str] | None, flag('"20 nm"', "Contact radius to choose from; repeat.", "--choose-radius")
]
Warm = Annotated[
    list[str] | None,
    flag('"40 degC"', "Temperature to choose from; repeat.", "--choose-temperature"),
]
Energy = Annotated[
    str | None, flag('"50 kJ/mol"', "Activation energy of D.", "--diffusivity-energy")
]
RateEnergy = Annotated[str | None, flag('"50 kJ/mol"', "That of the rate.", "--rate-energy")]
Stiffness = Annotated[
    str | None, flag('"500 N/m"', "Contact stiffness of the lever.", "--contact-stiffness")
]


def plan(
    file: File,
    unknown: Unknown,
    prior: Prior,
    instrument: Preset,
    budget: Budget,
    drive: Drive,
    method: Method = None,
    radii: Tips = None,
    temperatures: Warm = None,
    energy: Energy = None,
    rate_energy: RateEnergy = None,
    stiffness: Stiffness = None,
    seed: Annotated[int, typer.Option(help="Of the places where the priors are sampled.")] = 0,
    output: MaybeFolder = None,
    sets: Overrides = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Plan a measurement: method, frequencies or pulses, and the error of D to expect.

    Weighs spectra and relaxations that fit into the time and takes what makes the error of ln D
    least, averaged over what is believed; says what cannot be told apart, and what one frequency
    near contact resonance or one pulse would give instead.
    """
    from vegard import io
    from vegard.instrument import instruments
    from vegard.io.plan import drive_unit
    from vegard.planning import plan as run

    read = io.read(file, terminal.overrides(sets), signals=())
    if read.sweeps:
        swept = ", ".join(path for path, _ in read.sweeps)
        raise VegardError(f"{file}: lists are sweeps, plan takes one experiment: {swept}.")
    what = (f"vegard plan {read.file}", read.title)
    check(output, what, _FILES, force)
    experiment = read.at({}).experiment
    tool = instruments[instrument]
    if stiffness is not None:
        value = terminal.number(stiffness, "N/m", "--contact-stiffness")
        tool = tool.replace({"cantilever.contact_stiffness": value})
    energies = {name: terminal.number(text, "J/mol", name) for name, text in
                zip(_ENERGY.values(), (energy, rate_energy), strict=True) if text}  # fmt: skip
    more: dict[str, Any] = {"methods": tuple(method)} if method else {}
    with noted() as notes, terminal.progress(quiet=False) as progress:
        result = run(
            experiment,
            unknown=unknown,
            prior=dict(map(_prior, prior)),
            instrument=tool,
            budget=terminal.number(budget, "s", "--budget"),
            drive=terminal.number(drive, drive_unit(experiment, read.per), "--drive"),
            seed=seed,
            per=read.per,
            tip_radii=_numbers(radii, "m", "--choose-radius"),
            temperatures=_numbers(temperatures, "K", "--choose-temperature"),
            activation_energy=energies,
            progress=progress,
            **more,
        )
    data = _told(result, what[0]) | {"notes": [*result.notes, *notes]}
    files: dict[str, Callable[[Path], None]] = {n: partial(_file, n, result) for n in _FILES}
    finish(data, form, lambda: say(result.report(), notes), output, what, files)


def _prior(text: str) -> tuple[str, tuple[float, float]]:
    """Path and range of PATH=LOW..HIGH; a unit at the end is that of both."""
    from vegard.io import objects

    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise VegardError(
            f"--prior {text!r} must look like material.diffusivity=1e-17..1e-13 m^2/s."
        )
    path, low, high = found.groups()
    unit = "–" if path == "gain" else objects.unit(path)
    top = re.match(_BARE, high)
    if _BARE.fullmatch(low) and top:
        low += high[top.end() :]
    return path, (terminal.number(low, unit, path), terminal.number(high, unit, path))


def _numbers(texts: list[str] | None, unit: str, name: str) -> list[float] | None:
    return [terminal.number(text, unit, name) for text in texts] if texts else None


def _told(result: Plan, what: str) -> dict[str, Any]:
    """The plan for JSON."""
    from vegard.result import describe

    head = stamp({"command": what, "inputs": describe(result.inputs)})
    return {
        **head,
        "seed": result.inputs["seed"],
        "measurements": [
            {"method": m.method, "seconds": m.seconds, "tip_radius": m.tip_radius,
             "temperature": m.temperature, "drive": m.drive, "per": m.per, "pulse": m.pulse,
             "period": m.period, "readings": m.rows()} for m in result.measurements
        ],
        "expected": result.expected,
        "before": result.before,
        "diffusivity": result.diffusivity.tolist(),
        "sigma": result.sigma.tolist(),
        "confounded": list(result.confounded),
        "against_budget": [list(row) for row in result.against_budget],
        "habitual": result.habitual,
        "alternatives": [list(row) for row in result.alternatives],
    }  # fmt: skip


def _file(name: str, result: Plan, path: Path) -> None:
    if name.endswith(".txt"):
        path.write_text(result.report() + "\n", "utf-8", newline="\n")
    elif name.endswith(".csv"):
        path.write_text(_csv(result), "utf-8", newline="\n")
    else:
        from matplotlib.figure import Figure

        from vegard.plot_plan import draw

        figure = Figure(figsize=(6.4, 4.4), layout="constrained")
        draw(result, figure.add_subplot())
        figure.savefig(path, dpi=150)


def _csv(result: Plan) -> str:
    """One line for each reading: frequency or delay, time at it, averages, noise."""
    head = _told(result, "vegard plan")
    lines = [f"# {k}: {head[k]}" for k in ("schema", "vegard", "inputs_sha256", "seed")]
    lines.append("# columns: method, frequency [Hz] or delay [s], time [s], averages, sigma [m]")
    lines.append("method,x,seconds,averages,sigma")
    for m in result.measurements:
        lines += [",".join(str(v) for v in row.values()) for row in m.rows()]
    return "\n".join(lines) + "\n"
