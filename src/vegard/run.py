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

from vegard.errors import OutOfRegime, VegardError
from vegard.experiment import Experiment
from vegard.findings import Finding
from vegard.io import dump, folder, inputs_hash, numbers, objects, output
from vegard.io.extras import Case
from vegard.io.output import CONTENT, Progress, stamp
from vegard.io.plan import SIGNALS, Plan
from vegard.io.verbs import VERBS, names
from vegard.result import Response

log = logging.getLogger("vegard")

RESOLVED = "experiment.resolved.toml"
_WORDS = {
    "frequency": "frequency response",
    "time": "step response",
    "pulse": "relaxation after a pulse",
    "profile": "surface profile u(r)",
    "relaxation": "distribution of relaxation times",
    "current": "current through the contact",
    "resolution": "resolution",
    "detection": "detection",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One combination of the sweeps.

    Parameters
    ----------
    changes : dict
        Values of the sweeps, by dotted path; empty without sweeps.
    experiment : Experiment
        The experiment, with the contact radius and the orientation that the file implies.
    findings : list of Finding
        Where it leaves the range of its model, at the drive and the highest frequency.
    responses : dict
        What was computed, by name (`vegard.io.output.CONTENT`); each is an attribute too, None
        unless it was computed.
    case : Case, optional
        The experiment as the file writes it, lever and parasitics.
    """

    changes: dict[str, Any]
    experiment: Experiment
    findings: list[Finding]
    responses: dict[str, Response] = field(default_factory=dict)
    case: Case | None = None

    def __getattr__(self, name: str) -> Response | None:
        if name not in CONTENT:
            raise AttributeError(f"a point has no {name}")
        return self.responses.get(name)


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
        The experiment as the file writes it, with the first value of each sweep.
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
    notes = list(plan.notes)
    changes = list(plan.changes())
    cases = [_caught(notes, plan.at, change) for change in changes]
    points = []
    for i, (change, case) in enumerate(zip(changes, cases, strict=True)):
        got: dict[str, Response] = {}
        for j, signal in enumerate(tuple(wanted)):
            if progress is not None:
                progress(i * len(wanted) + j, len(changes) * len(wanted), _WORDS[signal])
            try:
                got |= _computed(notes, signal, plan, case, cases)
            except VegardError as error:
                where = "".join(f" at {path} = {value}" for path, value in change.items())
                if signal in plan.asked:
                    raise VegardError(f"[{signal}]{where}: {error}") from error
                notes.append(f"[{signal}] is left out{where}: {error}")
                wanted.remove(signal)
        points.append(Point(change, case.experiment, _findings(plan, case.experiment), got, case))
    dropped: dict[str, Any] = {s: None for s in SIGNALS if s not in wanted}
    plan = replace(plan, **dropped)
    kept = names(plan)
    for p in points:
        for name in p.responses.keys() - kept:
            del p.responses[name]
    return _results(plan, points, list(dict.fromkeys(notes)))


def _computed(notes: list[str], signal: str, *arguments: Any) -> dict[str, Response]:
    """The responses of a signal; numbers that no computer holds are an error, not a nan."""
    try:
        out: dict[str, Response] = _caught(notes, VERBS[signal], *arguments)
        wrong = [name for name, r in out.items() if not np.isfinite(r.values).all()]
    except ArithmeticError:
        wrong = [_WORDS[signal]]
    if wrong:
        raise VegardError(f"{wrong[0]} is no finite number with these values; check their units.")
    return out


def _caught(notes: list[str], function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns; what it warns of becomes a note."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OutOfRegime)
        out = function(*arguments)
    notes += [str(warning.message) for warning in caught]
    return out


def _results(plan: Plan, points: list[Point], notes: list[str]) -> Results:
    known = objects.numbers(plan.experiment, plan.extras)
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


def _findings(plan: Plan, e: Experiment) -> list[Finding]:
    highest = float(plan.frequency.array().max()) if plan.frequency is not None else None
    return e.check(plan.bias(e), highest)


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
    files = [folder.SUMMARY, RESOLVED]
    files += [f"{name}.{kind}" for name in names(plan) for kind in ("csv", "nc")]
    if report:
        drawn = [*names(plan), *(["parasitics"] if plan.extras.parasitics.given() else [])]
        files += ["report.html", *(f"figures/{n}.{k}" for n in drawn for k in ("png", "svg"))]
    folder.check(target, plan.file, plan.title, files, force=force)


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
        output.write_numbers(results, stage)
        (stage / RESOLVED).write_text(results.text, "utf-8", newline="\n")
        if report:
            output.write_report(results, stage, progress)
        files = [p.relative_to(stage).as_posix() for p in stage.rglob("*") if p.is_file()]
        files = sorted([*files, folder.SUMMARY])
        text = json.dumps({**summary(results), "files": files}, indent=1, ensure_ascii=False)
        (stage / folder.SUMMARY).write_text(text + "\n", "utf-8", newline="\n")
    log.info("wrote %d files to %s", len(files), target)
    return files
