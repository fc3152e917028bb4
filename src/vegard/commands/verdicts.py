"""The command verdict: whether a measured signal can be Vegard strain by diffusion."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, noted, optional, say, stamp
from vegard.errors import VegardError
from vegard.terminal import Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    import xarray as xr

    from vegard.experiment import Experiment
    from vegard.verdicts import Verdict

_FILES = ("evidence.csv", "report.txt")
_FIGURE = "verdict.png"
_COLUMNS = ("signal", "answer", "evidence", "says", "weight", "value", "sigma", "unit", "quantity",
            "limit")  # fmt: skip

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[DATA…]", help="Spectrum, DART map, or table of amplitudes; as info."),
]
Sample = Annotated[
    Path | None, typer.Option("--experiment", metavar="FILE.toml", help="Experiment file.")
]
Material = Annotated[str | None, flag("NAME", "Material of vegard materials, instead of a file.")]
Radius = Annotated[str | None, flag('"10 nm"', "Contact radius, with --material.")]
Drive = Annotated[str | None, flag('"1 V"', "Amplitude of the bias; if the data do not tell.")]
Enhancement = Annotated[str, flag("LOW..HIGH", "Range of the unknown resonance enhancement.")]
Span = Annotated[str | None, flag('"LOW..HIGH m^2/s"', "Range of D; else 100 times either way.")]
Change = Annotated[str | None, flag('"2290 mol/m^3"', "Largest concentration change.")]
Amplitude = Annotated[str | None, flag('"300 pm"', "Amplitude, instead of data.")]
At = Annotated[str | None, flag('"366 kHz"', "Frequency of --amplitude, --temperature, --null.")]
Null = Annotated[str | None, flag('"20 pm"', "Amplitude on a material without mobile ions.")]
Bias = Annotated[Path | None, flag("FILE", "Table of dc bias [V] and signal with its sign [m].")]
Heat = Annotated[Path | None, flag("FILE", "Table of temperature [K] and amplitude [m].")]
Second = Annotated[
    str | None, flag('"10 pm,1 pm,0.2 pm"', "First and second harmonic, standard deviation.")
]
_RANGE = re.compile(r"\s*([\d.eE+-]+)\s*\.\.\s*([\d.eE+-]+)\s*(.*)")


class Judged(NamedTuple):
    """One signal with its verdict."""

    name: str
    verdict: Verdict


def verdict(
    data: Files = None,
    experiment: Sample = None,
    material: Material = None,
    radius: Radius = None,
    drive: Drive = None,
    q: Enhancement = "1..100",
    diffusivity: Span = None,
    change: Change = None,
    amplitude: Amplitude = None,
    frequency: At = None,
    null: Null = None,
    dc: Bias = None,
    temperature: Heat = None,
    harmonics: Second = None,
    sets: Overrides = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Say whether a measured signal can be Vegard strain by diffusion.

    Data are spectra [m], a DART map of a microscope, or a table with a frequency and an amplitude
    on each line, each judged by itself; spectra and the flags together are one signal. The sample
    is an experiment file, or a material of the catalogue and a contact radius.
    """
    paths = data or []
    title = ", ".join(p.name for p in paths) or "the amplitudes given"
    what = ("vegard verdict", f"verdict on {title}")
    check(output, what, [*_FILES, _FIGURE], force)
    sample = _sample(experiment, material, radius, sets)
    given = _given(amplitude, frequency, null, dc, temperature, harmonics)
    how = {"q": _pair(q, "–", "--q"), "change": optional(change, "mol/m³", "--change")}
    if diffusivity is not None:
        how["diffusivity"] = _pair(diffusivity, "m²/s", "--diffusivity")
    with noted() as notes, terminal.progress(quiet=False) as progress:
        rows = _judge(paths, given, sample, optional(drive, "V", "--drive"), how, progress)
    report = _report(rows)
    numbers = _numbers(rows, what[0]) | {"notes": notes}
    files: dict[str, Callable[[Path], None]] = {
        "evidence.csv": partial(_csv, rows, numbers),
        "report.txt": lambda path: _write(path, report),
    }
    if len(rows) == 1:
        files[_FIGURE] = partial(_figure, rows[0].verdict)
    finish(numbers, form, lambda: say(report, notes), output, what, files)


def _sample(
    file: Path | None, material: str | None, radius: str | None, sets: list[str] | None
) -> Experiment:
    if (file is None) == (material is None):
        raise VegardError(
            "say what the tip touches: --experiment FILE.toml, or --material NAME with --radius."
        )
    changes = terminal.overrides(sets)
    if file is not None:
        from vegard import io

        if radius is not None:
            raise VegardError(
                "--radius goes with --material; a file has its own: --set tip.radius=…"
            )
        plan = io.read(file, changes, signals=())
        if plan.sweeps:
            swept = ", ".join(path for path, _ in plan.sweeps)
            raise VegardError(f"{file}: lists are sweeps, verdict takes one experiment: {swept}.")
        return plan.at({}).experiment
    from vegard.catalogue import materials
    from vegard.experiment import Experiment
    from vegard.tips import DiscTip

    if radius is None or changes:
        raise VegardError('--material needs --radius "10 nm", and takes no --set; use a file.')
    return Experiment(
        materials[str(material)].material(), DiscTip(terminal.number(radius, "m", "--radius"))
    )


def _pair(text: str, unit: str, name: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise VegardError(f"{name} must look like LOW..HIGH; got {text!r}.")
    low, high, end = found.groups()
    return terminal.number(f"{low} {end}", unit, name), terminal.number(f"{high} {end}", unit, name)


def _given(
    amplitude: str | None,
    frequency: str | None,
    null: str | None,
    dc: Path | None,
    temperature: Path | None,
    harmonics: str | None,
) -> dict[str, Any]:
    """Observations of the flags."""
    out: dict[str, Any] = {
        "amplitude": optional(amplitude, "m", "--amplitude"),
        "frequency": optional(frequency, "Hz", "--frequency"),
        "null_amplitude": optional(null, "m", "--null"),
        "dc_series": None if dc is None else _series(dc, "V"),
        "temperature_series": None if temperature is None else _series(temperature, "K"),
    }
    if harmonics is not None:
        parts = harmonics.split(",")
        if len(parts) != 3:
            raise VegardError(f'--harmonics takes three, "10 pm,1 pm,0.2 pm"; got {harmonics!r}.')
        out["harmonics"] = tuple(terminal.number(p, "m", "--harmonics") for p in parts)
    return {k: v for k, v in out.items() if v is not None}


def _columns(path: Path, table: xr.Dataset, unit: str, what: str) -> Any:
    """The only column of a unit."""
    names = [str(n) for n, v in table.data_vars.items() if v.attrs.get("units") == unit]
    names = [n for n in names if "sigma" not in n]
    if len(names) != 1:
        raise VegardError(
            f"{path}: needs one column of {what} [{unit}]; there are {len(names)} of "
            f"{', '.join(map(str, table.data_vars))}."
        )
    return table[names[0]].values


def _series(path: Path, unit: str) -> tuple[Any, Any, Any]:
    from vegard.io.measured import load

    table = load(path, "table", {})
    x = _columns(path, table, unit, {"V": "bias", "K": "temperature"}[unit])
    sigma = [v.values for n, v in table.data_vars.items() if "sigma" in str(n)]
    return x, _columns(path, table, "m", "displacement"), sigma[0] if sigma else None


def _judge(
    paths: list[Path],
    given: dict[str, Any],
    sample: Experiment,
    drive: float | None,
    how: dict[str, Any],
    progress: Any,
) -> list[Judged]:
    """All data as one signal, or each line of a table as its own."""
    from vegard.io.measured import load
    from vegard.verdicts import Observations, verdict

    tables = [load(path, None, {}) for path in paths]
    if any(t.attrs["kind"] == "table" for t in tables):
        if len(paths) != 1 or given:
            raise VegardError(f"{paths[0]}: a table of amplitudes is judged by itself.")
        return list(_lines(paths[0], tables[0], sample, drive, how, progress))
    told = [t.attrs["drive_amplitude"] for t in tables if "drive_amplitude" in t.attrs]
    volts = drive if drive is not None else (told[0] if told else None)
    if volts is None:
        raise VegardError('the data do not tell the drive: give --drive "1 V".')
    seen = dict(given)
    for table in tables:
        from vegard.verdicts.labelled import from_dataset

        one = from_dataset(table, volts)
        seen["spectra"] = (*seen.get("spectra", ()), *one.spectra)
        for name in ("frequency", "amplitude", "q"):
            if getattr(one, name) is not None:
                if name in seen:
                    raise VegardError(f"the {name} is given twice, the second time by a file.")
                seen[name] = getattr(one, name)
    name = ", ".join(p.name for p in paths) or "flags"
    return [Judged(name, verdict(Observations(**seen), sample, drive=volts, **how))]


def _lines(
    path: Path,
    table: xr.Dataset,
    sample: Experiment,
    drive: float | None,
    how: dict[str, Any],
    progress: Any,
) -> Any:
    """A verdict on each line of a table with a frequency and an amplitude."""
    from vegard.verdicts import Observations, verdict

    f, a = (_columns(path, table, u, w) for u, w in (("Hz", "frequency"), ("m", "amplitude")))
    volts = [v.values for v in table.data_vars.values() if v.attrs.get("units") == "V"]
    if drive is None and len(volts) != 1:
        raise VegardError(f'{path} does not tell the drive: give --drive "1 V".')
    each = [drive] * len(f) if drive is not None else volts[0]
    texts = [v.values for v in table.data_vars.values() if v.dtype.kind == "U"]
    names = texts[0] if texts else [f"line {int(i)}" for i in table["row"].values]
    for i, (name, x, y, v) in enumerate(zip(names, f, a, each, strict=True)):
        if progress is not None:
            progress(i, len(f), str(name))
        seen = Observations(frequency=float(x), amplitude=float(y))
        yield Judged(str(name), verdict(seen, sample, drive=float(v), **how))


def _report(rows: list[Judged]) -> str:
    if len(rows) == 1:
        return rows[0].verdict.report()
    counts = {a: sum(r.verdict.answer == a for r in rows) for a in ("possible", "excluded",
                                                                    "undecided")}  # fmt: skip
    wide = max(len(r.name) for r in rows)
    lines = [f"{len(rows)} signals: " + ", ".join(f"{n} {a}" for a, n in counts.items()) + ".", ""]
    lines += [
        f"  {r.name:<{wide}}  {r.verdict.answer:<9}  {e.words}"
        for r in rows for e in r.verdict.evidence
    ]  # fmt: skip
    hints = list(dict.fromkeys(r.verdict.next for r in rows))
    return "\n".join([*lines, "", *hints])


def _numbers(rows: list[Judged], command: str) -> dict[str, Any]:
    from vegard.result import describe

    told = [
        {
            "signal": r.name, "answer": r.verdict.answer, "sentence": r.verdict.sentence,
            "next": r.verdict.next, "weight": r.verdict.weight,
            "evidence": [
                {"name": e.name, "says": e.says, "weight": e.weight, "value": _finite(e.value),
                 "sigma": _finite(e.sigma), "unit": e.unit, "quantity": e.quantity,
                 "limit": e.limit, "words": e.words, "numbers": e.numbers}
                for e in r.verdict.evidence
            ],
        }
        for r in rows
    ]  # fmt: skip
    how = {k: v for k, v in rows[0].verdict.inputs.items() if k != "observations"}
    return {**stamp({"command": command, "how": describe(how), "told": describe(told)}),
            "verdicts": told}  # fmt: skip


def _finite(value: float | None) -> float | None:
    from math import isfinite

    return value if value is not None and isfinite(value) else None


def _write(path: Path, report: str) -> None:
    path.write_text(report + "\n", "utf-8", newline="\n")


def _csv(rows: list[Judged], head: dict[str, Any], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        for key in ("schema", "vegard", "inputs_sha256"):
            stream.write(f"# {key}: {head[key]}\n")
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        for told in head["verdicts"]:
            for e in told["evidence"]:
                first = (told["signal"], told["answer"], e["name"])
                writer.writerow([*first, *("" if e[k] is None else e[k] for k in _COLUMNS[3:])])


def _figure(verdict: Verdict, path: Path) -> None:
    from matplotlib.figure import Figure

    from vegard.plot_verdict import draw

    figure = Figure(figsize=(6.8, 1.6 + 0.5 * len(verdict.evidence)), layout="constrained")
    draw(verdict, figure.add_subplot())
    figure.savefig(path, dpi=150)
