"""A run: from a plan to responses, report, figures, numbers and a file that repeats it."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from vegard import response, waveforms
from vegard.errors import OutOfRegime, VegardError
from vegard.experiment import Experiment, Finding
from vegard.io import dump, folder, inputs_hash, numbers, objects
from vegard.io.experiment_file import SCHEMA
from vegard.io.plan import SIGNALS, Plan
from vegard.result import Response

log = logging.getLogger("vegard")

Progress = Callable[[int, int, str], None]

RESOLVED = "experiment.resolved.toml"
FIELDS = {"frequency": "frequency", "time": "step"} | {s: s for s in SIGNALS[2:]}
_WORDS = {
    "frequency": "frequency response",
    "time": "step response",
    "pulse": "relaxation after a pulse",
    "profile": "surface profile u(r)",
    "relaxation": "distribution of relaxation times g, H(s) = ∫ g/(1 + sτ) d ln τ",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One combination of the sweeps.

    Parameters
    ----------
    changes : dict
        Values of the sweeps, by dotted path; empty without sweeps.
    experiment : Experiment
        The experiment.
    findings : list of Finding
        Where it leaves the range of its model, at the drive and the highest frequency.
    frequency, step, pulse, profile, relaxation : Response or None
        What was computed; displacement [m] or [m per unit drive].
    """

    changes: dict[str, Any]
    experiment: Experiment
    findings: list[Finding]
    frequency: Response | None = None
    step: Response | None = None
    pulse: Response | None = None
    profile: Response | None = None
    relaxation: Response | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """All that a run computed.

    Parameters
    ----------
    title : str
        Heading.
    plan : Plan
        What was computed.
    text : str
        The resolved experiment file.
    base : Experiment
        The experiment with the first value of each sweep.
    drive : float
        Amplitude of the drive, in the unit of ``per``.
    per : str
        Drive to which the responses refer.
    points : list of Point
        One for each combination of the sweeps.
    sources : list of dict
        Keys parameter, value, unit, source, verified.
    notes : list of str
        Warnings, and signals that were left out.
    inputs_sha256 : str
        Hash of all inputs.
    """

    title: str
    plan: Plan
    text: str
    base: Experiment
    drive: float
    per: str
    points: list[Point]
    sources: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    inputs_sha256: str = ""


def execute(plan: Plan, progress: Progress | None = None) -> Results:
    """Compute all signals of a plan at all points of its sweeps.

    Parameters
    ----------
    plan : Plan
        What to compute.
    progress : callable, optional
        Called with (steps done, steps in all, what comes next).

    Returns
    -------
    Results
        Responses, findings and sources. A signal that the file does not name itself and that this
        experiment does not have is left out, with a note.

    Raises
    ------
    VegardError
        If a signal that the file names cannot be computed.
    """
    wanted = [s for s in SIGNALS if getattr(plan, s) is not None]
    found: list[tuple[dict[str, Any], Experiment, dict[str, Response]]] = []
    notes = list(plan.notes)
    changes = list(plan.changes())
    for i, change in enumerate(changes):
        e = plan.experiment.replace(change)
        got: dict[str, Response] = {}
        for j, signal in enumerate(tuple(wanted)):
            if progress is not None:
                progress(i * len(wanted) + j, len(changes) * len(wanted), _WORDS[signal])
            try:
                got[FIELDS[signal]] = _compute(plan, signal, e, notes)
            except VegardError as error:
                where = "".join(f" at {path} = {value}" for path, value in change.items())
                if signal in plan.asked:
                    raise VegardError(f"[{signal}]{where}: {error}") from error
                notes.append(f"[{signal}] is left out{where}: {error}")
                wanted.remove(signal)
        found.append((change, e, got))
    dropped: dict[str, Any] = {s: None for s in SIGNALS if s not in wanted}
    plan = replace(plan, **dropped)
    kept = {FIELDS[s] for s in wanted}
    points = [
        Point(c, e, _findings(plan, e), **{k: r for k, r in got.items() if k in kept})
        for c, e, got in found
    ]
    return _results(plan, points, list(dict.fromkeys(notes)))


def _results(plan: Plan, points: list[Point], notes: list[str]) -> Results:
    known = objects.numbers(plan.experiment)
    swept = dict(plan.sweeps)
    sources = [
        {
            "parameter": s["parameter"],
            "value": swept.get(s["parameter"], known[s["parameter"]][0]),
            "unit": known[s["parameter"]][1],
            "source": s["source"],
            "verified": s["verified"],
        }
        for s in plan.sources
    ]
    return Results(
        title=plan.title,
        plan=plan,
        text=dump(plan),
        base=plan.experiment,
        drive=plan.drive,
        per=plan.per,
        points=points,
        sources=sources,
        notes=notes,
        inputs_sha256=inputs_hash(plan),
    )


def _compute(plan: Plan, signal: str, e: Experiment, notes: list[str]) -> Response:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OutOfRegime)
        out = _VERBS[signal](plan, e)
    for warning in caught:
        notes.append(str(warning.message))
    return out


def _frequency(plan: Plan, e: Experiment) -> Response:
    assert plan.frequency is not None
    return response.frequency_response(e, plan.frequency.array(), per=plan.per)


def _step(plan: Plan, e: Experiment) -> Response:
    assert plan.time is not None
    return response.step_response(e, plan.time.array(), per=plan.per)


def _pulse(plan: Plan, e: Experiment) -> Response:
    assert plan.pulse is not None
    drive = waveforms.Pulse(plan.pulse.duration, plan.drive)
    return response.time_response(e, drive, plan.pulse.times(), per=plan.per)


def _profile(plan: Plan, e: Experiment) -> Response:
    assert plan.profile is not None
    moments, at = np.array(plan.profile.moments), plan.profile.at()
    if plan.profile.of == "frequency":
        return response.frequency_response(e, moments, per=plan.per, at=at)
    if plan.profile.of == "time":
        return response.step_response(e, moments, per=plan.per, at=at)
    assert plan.pulse is not None
    drive = waveforms.Pulse(plan.pulse.duration, plan.drive)
    return response.time_response(e, drive, moments, per=plan.per, at=at)


def _relaxation(plan: Plan, e: Experiment) -> Response:
    from vegard.spectroscopy import relaxation_times

    assert plan.relaxation is not None
    tau = None if plan.relaxation.tau is None else plan.relaxation.tau.array()
    return relaxation_times(e, per=plan.per, tau=tau)


_VERBS: dict[str, Callable[[Plan, Experiment], Response]] = {
    "frequency": _frequency,
    "time": _step,
    "pulse": _pulse,
    "profile": _profile,
    "relaxation": _relaxation,
}


def _findings(plan: Plan, e: Experiment) -> list[Finding]:
    highest = float(plan.frequency.array().max()) if plan.frequency is not None else None
    return e.check(plan.bias(e), highest)


def stamp(results: Results) -> dict[str, Any]:
    """What every file of a run carries: schema, version, inputs hash and seed."""
    from vegard import __version__

    return {
        "schema": SCHEMA,
        "vegard": __version__,
        "inputs_sha256": results.inputs_sha256,
        "seed": results.plan.seed,
    }


def summary(results: Results) -> dict[str, Any]:
    """Key numbers of a run, ready for JSON: what is not a finite number is None.

    Parameters
    ----------
    results : Results
        The run.

    Returns
    -------
    dict
        Keys schema, vegard, inputs_sha256, seed, file, title, per, drive, drive_unit, units,
        notes and points; a point has changes, findings and numbers, whose names end in their
        unit or are in ``units``.
    """
    from vegard import report

    points = [
        {
            "changes": p.changes,
            "findings": [f._asdict() for f in p.findings],
            "numbers": report.key_numbers(p),
        }
        for p in results.points
    ]
    plan = results.plan
    units = plan.experiment.interface.drives[plan.per]
    out = {
        **stamp(results),
        "file": plan.file,
        "title": results.title,
        "per": results.per,
        "drive": results.drive,
        "drive_unit": plan.drive_unit,
        "units": units,
        "notes": results.notes,
        "points": points,
    }
    return dict(numbers.plain(out))


def check(plan: Plan, target: Path, *, force: bool, report: bool) -> None:
    """Refuse a folder that this plan must not be written to; see `vegard.io.folder.check`."""
    wanted = [name for signal, name in FIELDS.items() if getattr(plan, signal) is not None]
    names = [folder.SUMMARY, RESOLVED]
    names += [f"{name}.{kind}" for name in wanted for kind in ("csv", "nc")]
    if report:
        names += ["report.html", *(f"figures/{n}.{k}" for n in wanted for k in ("png", "svg"))]
    folder.check(target, plan.file, plan.title, names, force=force)


def write(
    results: Results,
    target: str | Path,
    *,
    force: bool = False,
    report: bool = True,
    progress: Progress | None = None,
) -> list[str]:
    """Write a run into a folder: all of it or nothing.

    Parameters
    ----------
    results : Results
        The run.
    target : str or Path
        The folder; made if it does not exist. An earlier run of the same file name and title is
        replaced; files of others stay.
    force : bool
        Replace the run of another experiment file, and files of others with our names.
    report : bool
        Whether to draw figures and write ``report.html``.
    progress : callable, optional
        Called with (steps done, steps in all, what comes next).

    Returns
    -------
    list of str
        Names of the files, relative to the folder.

    Raises
    ------
    FileError
        If the folder cannot be written, or holds something else.
    """
    target = Path(target)
    check(results.plan, target, force=force, report=report)
    with folder.staged(target) as stage:
        _write_numbers(results, stage)
        (stage / RESOLVED).write_text(results.text, "utf-8", newline="\n")
        if report:
            _write_report(results, stage, progress)
        files = [p.relative_to(stage).as_posix() for p in stage.rglob("*") if p.is_file()]
        files = sorted([*files, folder.SUMMARY])
        text = json.dumps({**summary(results), "files": files}, indent=1, ensure_ascii=False)
        (stage / folder.SUMMARY).write_text(text + "\n", "utf-8", newline="\n")
    log.info("wrote %d files to %s", len(files), target)
    return files


def _write_numbers(results: Results, stage: Path) -> None:
    sweeps = dict(results.plan.sweeps)
    for signal, name in FIELDS.items():
        rows = [(p.changes, r) for p in results.points if (r := getattr(p, name)) is not None]
        if not rows:
            continue
        head = {
            **stamp(results),
            "title": results.title,
            "content": _WORDS[signal],
            "convention": "peak amplitudes, exp(+iωt), phase in rad, SI units; displacement up",
            "per": results.per,
        }
        if (pulse := results.plan.pulse) is not None and rows[0][1].inputs.get("drive"):
            head["drive"] = f"{results.drive:g} {results.plan.drive_unit}"
            head["pulse_duration"] = f"{pulse.duration:g} s"
        text = numbers.table(rows, head, results.base)
        (stage / f"{name}.csv").write_text(text, "utf-8", newline="\n")
        numbers.dataset(rows, sweeps, head).to_netcdf(stage / f"{name}.nc", engine="h5netcdf")


def _write_report(results: Results, stage: Path, progress: Progress | None) -> None:
    from vegard import report

    figures = report.figures(results)
    steps = 2 * len(figures) + 1
    (stage / "figures").mkdir()
    for i, (name, figure) in enumerate(figures.items()):
        for j, kind in enumerate(("png", "svg")):
            if progress is not None:
                progress(2 * i + j, steps, f"figure {name}.{kind}")
            _save(figure, stage / "figures" / f"{name}.{kind}", results, name)
    if progress is not None:
        progress(steps - 1, steps, "report")
    report.write(results, stage / "report.html", figures)


def _save(figure: Any, path: Path, results: Results, name: str) -> None:
    import matplotlib as mpl

    marks = stamp(results)
    about = "; ".join(f"{key} {value}" for key, value in marks.items())
    meta: dict[str, Any] = {"Title": f"{results.title}: {name}", "Description": about}
    if path.suffix == ".svg":
        meta |= {"Date": None, "Creator": f"vegard {marks['vegard']}"}
    else:
        meta["Software"] = f"vegard {marks['vegard']}"
    with mpl.rc_context({"svg.hashsalt": results.inputs_sha256}):
        figure.savefig(path, dpi=150, bbox_inches="tight", metadata=meta)
