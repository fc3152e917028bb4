"""The command detect: what an instrument sees of the ions that an experiment moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, preset, stamp
from vegard.errors import VegardError
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    from vegard.crossings import Crossing
    from vegard.detectability import Detection
    from vegard.io import Plan

_FILES = ("detection.csv", "crossing.csv", "crossing.png", "report.txt")
_FIELDS = ("frequency", "ions", "charge", "current", "displacement", "displacement_noise",
           "current_noise", "snr_strain", "snr_current")  # fmt: skip
_UNITS = ("Hz", "–", "C", "A", "m", "m", "A", "–", "–")


def detect(
    file: File,
    instrument: Annotated[
        str | None, flag("NAME", "Preset of vegard instruments; its noise is used.")
    ] = None,
    frequency: Annotated[
        list[str] | None, flag('"1 kHz"', "Again for more; 10 bandwidths if left out.")
    ] = None,
    drive: Annotated[
        str | None, flag('"10 mV"', "Peak amplitude, in the unit of the file's drive.")
    ] = None,
    snr: Annotated[float, typer.Option(help="Signal over noise that counts as seen.")] = 3.0,
    averages: Annotated[int, typer.Option(help="Independent readings.")] = 1,
    capacitance: Annotated[
        str, flag('"100 pF"', "Of cable and sample at the input of the ammeter.")
    ] = "0 F",
    bandwidth: Annotated[
        str | None, flag('"10 Hz"', "Of the lock-in, instead of that of the preset.")
    ] = None,
    smallest: Annotated[str, flag('"1 nm"', "Smallest contact radius of the crossing.")] = "1 nm",
    largest: Annotated[str, flag('"1 um"', "Largest.")] = "1 um",
    scaled: Annotated[
        bool, typer.Option("--scaled", help="Crossing at the same ωR²/D at every size.")
    ] = False,
    sets: Overrides = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """What an instrument sees of the ions under the tip: by their strain, and by their current.

    Ions per cycle, charge, current and displacement of the experiment against the noise; the least
    drive, ΔC, contact and D that are seen; and the size of the contact below which PITT, GITT and
    EIS drown while strain is still seen. The lever is that of the file, if it has one.
    """
    from vegard import io
    from vegard.io.plan import drive_unit

    plan = io.read(file, terminal.overrides(sets), signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, detect takes one experiment: {swept}.")
    what = (f"vegard detect {plan.file}", plan.title)
    check(output, what, _FILES, force)
    if drive is not None:
        unit = drive_unit(plan.experiment, plan.per)
        plan = replace(plan, drive=terminal.number(drive, unit, "--drive"))
    tool = preset(plan, instrument, bandwidth)
    f = [terminal.number(v, "Hz", "--frequency") for v in frequency or ()]
    farad = terminal.number(capacitance, "F", "--capacitance")
    radii = tuple(
        terminal.number(v, "m", f"--{k}") for k, v in (("smallest", smallest), ("largest", largest))
    )
    how: dict[str, Any] = {"instrument": tool, "drive": plan.drive, "source_capacitance": farad}
    one, two = _seen(plan, f, averages, how, {"radius": radii, "snr": snr, "scaled": scaled})
    data = _numbers(plan, one, two, snr, what[0])
    text = _text(plan, one, two, snr, data["notes"])
    files: dict[str, Callable[[Path], None]] = {
        name: partial(_file, name, one, two, text)
        for name in _FILES
        if two is not None or not name.startswith("crossing")
    }
    finish(data, form, lambda: typer.echo(text), output, what, files)


def _crosses(plan: Plan) -> bool:
    """Whether a voltage drives ions through the surface, so that there are currents to compare."""
    interface = plan.experiment.interface
    exchanges = interface.exchange is not None or hasattr(interface, "rate")
    return plan.per == "volt" and exchanges


def _seen(
    plan: Plan, f: list[float], averages: int, how: dict[str, Any], more: dict[str, Any]
) -> tuple[Detection, Crossing | None]:
    """What is seen of the experiment, and over the sizes where currents can be compared."""
    from vegard.crossings import crossing
    from vegard.detectability import detection, usable

    e, bandwidth = plan.at({}).experiment, usable(how["instrument"])[1]
    one = detection(e, f or [10 * bandwidth], per=plan.per, averages=averages, **how)
    if one.displacement_noise is None or one.current_noise is None or not _crosses(plan):
        return one, None
    first, seconds = float(one.frequency[0]), averages / (2 * bandwidth)
    with terminal.progress(quiet=False) as progress:
        return one, crossing(e, first, seconds=seconds, progress=progress, **how, **more)


def _smallest(one: Detection, snr: float) -> list[dict[str, Any]]:
    """Limits by strain and by current at the first frequency."""
    found = []
    for by in ("strain", "current"):
        if getattr(one, f"snr_{by}") is not None:
            limits: Any = one.smallest(snr, by=by)
            found.append(asdict(limits[0]))
    return found


def _numbers(
    plan: Plan, one: Detection, two: Crossing | None, snr: float, command: str
) -> dict[str, Any]:
    from vegard.io import inputs_hash
    from vegard.result import describe

    e = one.inputs["experiment"]
    found = e.check(plan.bias(e), float(one.frequency.max()))
    crossed = None if two is None else {
        "frequency": two.frequency.tolist(),
        "seconds": two.seconds.tolist(),
        "radius": two.radius.tolist(),
        "curves": [
            {"method": c.method, "unit": c.unit, "signal": c.signal.tolist(),
             "noise": c.noise.tolist(), "snr": c.snr.tolist(), "size": c.size}
            for c in two.curves
        ],
        "window": two.window,
    }  # fmt: skip
    how = {k: v for k, v in one.inputs.items() if k != "experiment"}
    asked = {"snr": snr, "detection": how, "crossing": two and (two.radius, two.frequency)}
    values = {k: getattr(one, k) for k in _FIELDS}
    notes = [*one.notes, *(two.notes if two is not None else ()), *map(str, found)]
    return {
        **stamp({"command": command, "file": inputs_hash(plan), "asked": describe(asked)}),
        "per": plan.per,
        "drive": plan.drive,
        "drive_unit": plan.drive_unit,
        "instrument": one.inputs["instrument"].name,
        "bandwidth": one.inputs["instrument"].bandwidth,
        "averages": one.inputs["averages"],
        "snr": snr,
        **{k: None if v is None else v.tolist() for k, v in values.items()},
        "smallest": _smallest(one, snr),
        "crossing": crossed,
        "notes": list(dict.fromkeys(notes)),
    }


def _text(plan: Plan, one: Detection, two: Crossing | None, snr: float, notes: list[str]) -> str:
    """Both reports, and each note once."""
    parts = [plan.title, one.report(snr), *([] if two is None else [two.report()])]
    lines = [x for part in parts for x in part.splitlines() if not x.startswith("note: ")]
    return "\n".join([*lines, *(f"note: {n}" for n in notes)])


def _file(name: str, one: Detection, two: Crossing | None, text: str, path: Path) -> None:
    if name == "detection.csv":
        heads = [f"{k} [{u}]" for k, u in zip(_FIELDS, _UNITS, strict=True)]
        columns = [getattr(one, k) for k in _FIELDS]
        kept = [(h, c.tolist()) for h, c in zip(heads, columns, strict=True) if c is not None]
        rows = zip(*(c for _, c in kept), strict=True)
        lines = [",".join(h for h, _ in kept), *(",".join(map(repr, r)) for r in rows)]
        path.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")
    elif name == "report.txt":
        path.write_text(text + "\n", "utf-8", newline="\n")
    elif two is not None and name == "crossing.csv":
        two.table.to_csv(path, index=False)
    elif two is not None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 4.6), layout="constrained")
        two.plot(figure.add_subplot())
        figure.savefig(path, dpi=150)
