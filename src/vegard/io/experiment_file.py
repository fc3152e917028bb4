"""Experiment files: TOML in the words of the Python names, units as people write them."""

from __future__ import annotations

import difflib
import tomllib
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from math import isfinite, prod
from pathlib import Path
from typing import Any

import numpy as np

from vegard import transfer, units
from vegard.contacts import Contact
from vegard.errors import FileError, OutOfRegime, VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.io import objects
from vegard.io.extras import Case, Extras, made
from vegard.io.plan import COMMON, SIGNALS, Plan, bounded, drive_unit
from vegard.io.signals import plan_signals
from vegard.io.values import HEAD, keys, row, switch, text, whole
from vegard.parameters import replace_path

SCHEMA = 1
_HEADS = ("readout", "per", "drive", "azimuth")
LARGEST_FILE = 1_000_000  # bytes
MOST_COMBINATIONS = 10_000


def read(
    path: str | Path,
    changes: dict[str, Any] | None = None,
    signals: Iterable[str] = COMMON,
) -> Plan:
    """Plan of a run, from an experiment file.

    Parameters
    ----------
    path : str or Path
        The file: TOML with ``schema = 1``.
    changes : dict, optional
        Values that replace those of the file, by dotted path: ``{"tip.radius": "10 nm"}``.
    signals : iterable of str
        Signals that are computed although the file has no section for them.

    Returns
    -------
    Plan
        All numbers in SI units.

    Raises
    ------
    FileError
        If the file cannot be read, or says something that cannot be meant: with the key.
    """
    path = Path(path)
    data = load(path)
    try:
        for key, value in (changes or {}).items():
            _put(data, key, value)
        return parse(data, path.name, signals)
    except VegardError as error:
        raise FileError(f"{path}: {error}") from None
    except ArithmeticError:
        raise FileError(
            f"{path}: a number is too large or too small to compute with; check the units."
        ) from None


def load(path: Path) -> dict[str, Any]:
    """Content of a TOML file of decent size.

    Raises
    ------
    FileError
        If it is missing, a folder, unreadable, binary, empty, huge, or not TOML.
    """
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; give the experiment file in it.")
        if not path.exists():
            raise FileError(f"{path} does not exist. Check the name; the file ends in .toml.")
        if not path.is_file():
            raise FileError(f"{path} is not a regular file; give a text file.")
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except FileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be read: {reason}.") from None
    if len(raw) > LARGEST_FILE:
        raise FileError(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB; is it the data?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is not a text file in UTF-8 (byte {error.start}); save it as UTF-8."
        ) from None
    if "\0" in text:
        raise FileError(f"{path} is not a text file (it holds zero bytes).")
    if not text.strip():
        raise FileError(f"{path} is empty; start from the example in the README.")
    return _toml(path, text)


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise FileError(f"{path} is nested too deeply for an experiment file.") from None
    except ValueError as error:  # TOMLDecodeError, or a number with thousands of digits
        twice = "twice" in str(error) or "overwrite" in str(error)
        fix = "It is there already." if twice else 'Quantities stand in quotes: radius = "20 nm".'
        raise FileError(f"{path} is not valid TOML: {error}. {fix}") from None


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    section, _, key = path.rpartition(".")
    section = section or ("experiment" if key in _HEADS else "")
    place = data
    for name in section.split(".") if section else ():
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise VegardError(f"'{path}' goes into {place!r}, which is no section.")
    for group in [g for g in place if key.startswith(f"{g}_")]:  # substrate_young of substrate
        if isinstance(place[group], dict):
            place, key = place[group], key.removeprefix(f"{group}_")
        elif section == "elastic":
            del place[group]  # "rigid"
    place[key] = value


def parse(data: dict[str, Any], file: str, signals: Iterable[str] = COMMON) -> Plan:
    """Plan of the content of an experiment file.

    Parameters
    ----------
    data : dict
        Content of the TOML file.
    file : str
        Its name, for the results.
    signals : iterable of str
        Signals that are computed although there is no section for them.
    """
    _schema(data)
    parts = objects.parts()
    _known(data, (*parts, "experiment", "cantilever", "parasitics", *SIGNALS, "sources"), HEAD)
    sections = {n: objects.build(n, data[n]) for n in parts if n in data}
    for name, example in _EXAMPLES.items():
        if name not in sections:
            raise VegardError(f"the section [{name}] is missing. {example}")
    sweeps = {k: v for s in sections.values() for k, v in s.sweeps.items()}
    head = dict(data.get("experiment", {}))
    keys("experiment", head, _HEADS)
    readout = row("experiment.readout", head.get("readout", "centre"))
    if isinstance(head.get("readout"), list):
        sweeps["readout"] = readout
    recipe = Experiment(**{n: s.value for n, s in sections.items()}, readout=readout[0])
    euler = sections["material"].euler
    case = _made(recipe, euler)
    case = _extras(data, case, sections)
    for name in objects.extras():
        sweeps |= sections[name].sweeps if name in sections else {}
    per, drive = _drive(head, case.experiment)
    plan = Plan(
        title=text("title", data.get("title", Path(file).stem)),
        experiment=recipe,
        per=per,
        drive=drive,
        sweeps=tuple(sweeps.items()),
        asked=frozenset(s for s in SIGNALS if s in data),
        extras=case.extras,
        auto=tuple(path for s in sections.values() for path in s.auto),
        euler=euler,
        azimuth=_azimuth(head),
        sources=_sources(data.get("sources", {}), case, sections),
        seed=whole("seed", data.get("seed", 0), 0, 2**63 - 1),
        file=file,
        notes=tuple(note for s in sections.values() for note in s.notes),
    )
    common = [s for s in signals if s != "current" or isinstance(recipe.interface, Contact)]
    wanted = {s: data.get(s, {}) for s in SIGNALS if s in data or s in common}
    plan = plan_signals(plan, _points(plan), wanted)
    if plan.frequency is None and plan.extras != Extras():
        note = "[cantilever] and [parasitics] act in [frequency], which is not computed."
        plan = replace(plan, notes=(*plan.notes, note))
    return plan


def _made(recipe: Experiment, euler: tuple[float, ...] | None) -> Case:
    """The case of the first values; warnings are those of the run, not of reading."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutOfRegime)
        return made(recipe, Extras(), euler, (), {})


def _extras(data: dict[str, Any], case: Case, sections: dict[str, objects.Section]) -> Case:
    """The case with the objects of [cantilever] and [parasitics.…]; ``sections`` gains them."""
    more = data.get("parasitics", {})
    keys("parasitics", more, [name.partition(".")[2] for name in objects.extras()][1:])
    tables = {"cantilever": data.get("cantilever")}
    tables |= {f"parasitics.{name}": table for name, table in more.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutOfRegime)
        for name, table in tables.items():
            if table is None:
                continue
            if not isinstance(table, dict):
                raise VegardError(f"{name} is a section: write [{name}] and its keys below.")
            sections[name] = objects.build(name, table, case)
            extras = replace_path(case.extras, name, sections[name].value)
            case = case._replace(extras=extras)
    return case


def _azimuth(head: dict[str, Any]) -> float:
    """Direction of the points read [rad]."""
    value = head.get("azimuth", 0.0)
    if isinstance(value, list):
        raise VegardError("experiment.azimuth takes one angle; run once for each direction.")
    azimuth = units.parse(value, "rad", "experiment.azimuth")
    if not isfinite(azimuth):
        raise VegardError(f"experiment.azimuth must be finite [rad]; got {azimuth:g}.")
    return azimuth


_EXAMPLES = {
    "material": '[material] name = "LiMn2O4", or give diffusivity, vegard and poisson.',
    "tip": '[tip] kind = "DiscTip" and radius = "20 nm".',
}


def _schema(data: dict[str, Any]) -> None:
    if "schema" not in data:
        raise VegardError(f"schema is missing; write schema = {SCHEMA} in the first line.")
    schema = data["schema"]
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        raise VegardError(f"schema is a whole number; got {schema!r}. Write schema = {SCHEMA}.")
    if schema > SCHEMA:
        raise VegardError(
            f"schema {schema} is newer than this vegard, which reads up to {SCHEMA}. "
            "Update with: pip install --upgrade vegard."
        )


def _known(data: dict[str, Any], sections: tuple[str, ...], keys: tuple[str, ...]) -> None:
    for name, value in data.items():
        if name in keys:
            continue
        near = [path for path in objects.paths() if path.endswith(f".{name}")]
        if name not in sections and isinstance(value, dict):
            if not difflib.get_close_matches(name, sections, cutoff=0.6):
                raise VegardError(
                    f"unknown section '{name}'. Valid: {', '.join(sorted(sections))}."
                )
            raise unknown_name("section", name, sections)
        if name not in sections and near:
            raise VegardError(f"{name} belongs into a section. Did you mean {near[0]}?")
        if name not in sections:
            raise unknown_name("key", name, (*sections, *keys))
        if not isinstance(value, dict):
            raise VegardError(f"{name} is a section: write [{name}] and its keys below.")


def _drive(head: dict[str, Any], experiment: Experiment) -> tuple[str, float]:
    """The drive and its amplitude; by default 1 V where dE/dC is known."""
    legal = tuple(experiment.interface.drives)
    known = experiment.material.ocv_slope is not None
    default = next((p for p in legal if p != "volt" or known), legal[0])
    per = text("experiment.per", head.get("per", default))
    _legal(experiment, per)
    if isinstance(head.get("drive"), list):
        raise VegardError("experiment.drive takes one value; the response is linear in it.")
    drive = units.parse(head.get("drive", 1.0), drive_unit(experiment, per), "experiment.drive")
    if not isfinite(drive) or drive == 0:
        raise VegardError(f"experiment.drive must be finite and not zero; got {drive:g}.")
    return per, drive


def _legal(e: Experiment, per: str) -> None:
    """The drive fits the interface, and what it needs is known; else the drives that do."""
    try:
        e.interface.amplitude(per, e.tip, e.material)
    except VegardError as error:
        others = []
        for other in e.interface.drives:
            with suppress(VegardError):
                e.interface.amplitude(other, e.tip, e.material)
                others.append(f'per = "{other}"')
        fix = f" In the file: {' or '.join(others)} under [experiment]." if others else ""
        raise VegardError(f"experiment.per: {error}{fix}") from None


def _flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Entries by dotted path; ``tip.radius`` without quotes is a table in a table to TOML."""
    known = objects.sections()
    for name, value in table.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and any(f"{s}.".startswith(f"{path}.") for s in known):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _sources(
    table: dict[str, Any], case: Case, sections: dict[str, objects.Section]
) -> tuple[dict[str, Any], ...]:
    """Where each number comes from: [sources], the file, the catalogue, or vegard's default."""
    given = {path: s for part in sections.values() for path, s in part.sources.items()}
    numbers = objects.numbers(case.recipe, case.extras)
    for path, value in _flat(table):
        entry = {"source": value} if isinstance(value, str) else value
        label = f'sources."{path}"'
        if not isinstance(entry, dict) or not isinstance(entry.get("source"), str):
            raise VegardError(
                f'{label} is a text or {{ source = "…", verified = true }}; got {value!r}.'
            )
        keys(label, entry, ("source", "verified"))
        switch(f"{label}.verified", entry.get("verified", True))
        if path not in numbers:
            raise unknown_name("parameter in [sources]", path, numbers)
        given[path] = {"verified": None, **entry}
    default = {"source": "default of vegard", "verified": None}
    return tuple({"parameter": path, **given.get(path, default)} for path in numbers)


def _points(plan: Plan) -> list[Experiment]:
    """All experiments of the sweeps: each is made, so that each value is checked."""
    if plan.extras.parasitics.given() and plan.per != "volt":
        raise VegardError(
            f'[parasitics] go with the voltage; with per = "{plan.per}" there is none to add them '
            'at. Use per = "volt" (it needs material.ocv_slope), or take them out.'
        )
    count = prod(len(values) for _, values in plan.sweeps)
    if count > MOST_COMBINATIONS:
        sizes = " × ".join(f"{path} ({len(values)})" for path, values in plan.sweeps)
        raise VegardError(
            f"the sweeps have {count} combinations, {sizes}; the most is {MOST_COMBINATIONS}. "
            "Shorten a list, or split the file."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutOfRegime)
        out = [plan.at(change).experiment for change in plan.changes()]
    for e in out:
        bounded(e)
        _legal(e, plan.per)
    # what is unknown, or does not go together, is said now
    k = np.array([1 / out[0].tip.radius])
    for part in transfer.parts(out[0], "vertical", 0.0):
        transfer.physics(out[0], k, np.array([[1j]]), transfer.terms(out[0], k, part))
    for e in out:
        e.interface.fits(e.tip, e.geometry, e.material)
    return out
