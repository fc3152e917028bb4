"""From a table to a measurement: quantities in SI over time or frequency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io import columns as named
from vegard.io import rows, spectra
from vegard.io.columns import QUANTITIES, Column
from vegard.io.hints import Hints
from vegard.io.kinds import KINDS, Quantities, infer, quantities
from vegard.io.tables import Table

# no K: a factor makes nothing of °C
_SI = ("Hz", "s", "V", "A", "Ω", "m", "rad", "m/V", "C", "F", "W")


class Variable(NamedTuple):
    """Values with their unit, and the column they come from."""

    values: NDArray[Any]
    unit: str
    source: str


class Measured(NamedTuple):
    """What a table was understood to hold, with what was decided and what is to be warned of."""

    kind: str
    axis: str
    variables: dict[str, Variable]  # that of the axis included
    table: Table
    notes: list[str]
    warnings: list[str]


def build(table: Table, kind: str | None, hints: Hints) -> Measured:
    """The measurement in a table.

    Parameters
    ----------
    table : Table
        As it was read.
    kind : str, optional
        One of `KINDS`; inferred if it is None.
    hints : Hints
        What the user says.

    Raises
    ------
    FileError
        If the kind is not certain, a column is missing or ambiguous, or a row is faulty.
    """
    notes = []
    if kind != "table":
        found = quantities(table, kind)
        if not table.headed and not table.chosen:
            notes.append(f"No names: the columns are taken for {', '.join(found)}, in SI.")
        if kind is None:
            kind = infer(table, found)
            notes.append(f"Taken for {kind} by what it holds; kind= overrides.")
    if kind == "table":
        hints.fit(table.path, "table")
        return _plain(table, notes)
    hints.fit(table.path, kind)
    make = {"eis": _eis, "frequency": _response}.get(kind, _record)
    made = make(table, kind, found, hints)
    return made._replace(notes=[*made.table.notes, *notes, *made.notes])


def _record(table: Table, kind: str, found: Quantities, hints: Hints) -> Measured:
    """Quantities over time."""
    spec = KINDS[kind]
    if kind == "relaxation" and "displacement" not in found and "amplitude" in found:
        found["displacement"] = found["amplitude"]
    needed = found.need(kind, ("time", *spec.needs), table)
    extras, notes = _extras(table, found, spec.extras)
    table = replace(table, chosen=needed | extras | _cycle(table, found, hints))
    table = rows.select(table, needed, hints, one_cycle=False)
    columns = {q: c for q, c in table.chosen.items() if q in (*needed, *extras)}
    moved = columns.pop("displacement", None)
    variables, told = _convert(table, columns, hints)
    if moved is not None:
        y, unit, more = best_si(moved.label, moved.values, moved.unit)
        variables["response"] = Variable(y, unit, moved.source)
        told += more
    return _arranged(Measured(kind, "time", variables, table, [*notes, *told], []), hints)


def _eis(table: Table, kind: str, found: Quantities, hints: Hints) -> Measured:
    """Impedance over frequency."""
    polar = not {"real", "imaginary"} <= set(found) and {"amplitude", "phase"} <= set(found)
    parts = ("amplitude", "phase") if polar else ("real", "imaginary")
    needed = found.need(kind, ("frequency", *parts), table)
    spare = {q: found[q][0] for q in ("amplitude", "phase") if len(found.get(q, ())) == 1}
    extras, notes = _extras(table, found, KINDS[kind].extras)
    table = replace(table, chosen=spare | needed | extras | _cycle(table, found, hints))
    table = rows.select(table, needed, hints, one_cycle=True)
    columns = {q: c for q, c in table.chosen.items() if q in ("frequency", *extras)}
    variables, told = _convert(table, columns, hints)
    spectrum = spectra.impedance(
        table.path,
        variables["frequency"].values,
        {q: c for q, c in table.chosen.items() if q in (*parts, *spare)},
        headed=table.headed,
        sign=hints.sign,
        phase_unit=hints.phase_unit,
    )
    source = " and ".join(table.chosen[q].source for q in parts)
    variables |= {"impedance": Variable(spectrum.values, "Ω", source)}
    notes += [*told, *spectrum.notes]
    made = Measured(kind, "frequency", variables, table, notes, list(spectrum.warnings))
    return _arranged(made, hints)


def _response(table: Table, kind: str, found: Quantities, hints: Hints) -> Measured:
    """Response of the tip over frequency."""
    needed = spectra.roles(table.path, ((q, c) for q in found for c in found[q]))
    table = replace(table, chosen=needed | _cycle(table, found, hints))
    table = rows.select(table, needed, hints, one_cycle=True)
    columns = {q: table.chosen[q] for q in needed}
    f, y, unit = spectra.response(table.path, columns, hints.phase_unit)
    y, unit, notes = best_si("The response", y, unit)
    axes = " and ".join(c.source for q, c in columns.items() if QUANTITIES[q][0] == "Hz")
    source = " and ".join(c.source for q, c in columns.items() if QUANTITIES[q][0] != "Hz")
    variables = {"frequency": Variable(f, "Hz", axes), "response": Variable(y, unit, source)}
    return _arranged(Measured(kind, "frequency", variables, table, notes, []), hints)


def _extras(
    table: Table, found: Quantities, wanted: Iterable[str]
) -> tuple[dict[str, Column], list[str]]:
    """Columns that may be there; one that is faulty or not certain is left out, with a word."""
    kept: dict[str, Column] = {}
    notes = []
    for quantity in (q for q in wanted if q in found):
        try:
            column = found.pick(quantity, table)
            named.si(column, QUANTITIES[quantity][0], table.path)
        except FileError:
            names = " or ".join(c.label for c in found[quantity])
            notes.append(f"No {quantity} was taken, for it is not certain: {names}.")
            continue
        if column.bad:
            notes.append(f"{column.label} was not taken: no number in {table.at(min(column.bad))}.")
        else:
            kept[quantity] = column
    return kept, notes


def _cycle(table: Table, found: Quantities, hints: Hints) -> dict[str, Column]:
    """The column that counts cycles; if it is not certain, an error where one is asked for."""
    try:
        return {"cycle": found.pick("cycle", table)} if "cycle" in found else {}
    except FileError:
        if hints.group is not None:
            raise
        return {}


def _convert(
    table: Table, columns: Mapping[str, Column], hints: Hints
) -> tuple[dict[str, Variable], list[str]]:
    """Columns in SI, and what was done."""
    variables, notes = {}, []
    for quantity, column in columns.items():
        unit = QUANTITIES[quantity][0]
        values, note = named.si(column, unit, table.path)
        notes += note if table.headed or hints.columns else []
        variables[quantity] = Variable(values, unit, column.source)
    return variables, notes


def _arranged(made: Measured, hints: Hints) -> Measured:
    """The points in a lawful order."""
    arrays = {name: v.values for name, v in made.variables.items()}
    arrays, notes = rows.arrange(made.table, made.axis, arrays, hints)
    variables = {k: v._replace(values=arrays[k]) for k, v in made.variables.items()}
    return made._replace(variables=variables, notes=[*made.notes, *notes])


def best_si(label: str, y: NDArray[Any], unit: str) -> tuple[NDArray[Any], str, list[str]]:
    """Values in SI, where the unit is one of those known here."""
    if unit in ("", "–"):
        return y, unit, [] if unit else [f"{label} has no unit."]
    for target in _SI:
        with suppress(FileError):
            factor = named.factor(unit, target, "")
            note = [f"{label}: {unit} converted to {target}."] if factor != 1 else []
            return named.scaled(y, factor), target, note
    return y, unit, [f"{label} is in {unit}, as in the file."]


def _plain(table: Table, notes: Iterable[str]) -> Measured:
    """All columns, texts included, over the number of the row."""
    variables = {"row": Variable(table.where, "", table.place)}
    told = [*table.notes, *notes]
    for column in table.columns:
        name = re.sub(r"\W+", "_", column.bare).strip("_") or f"column_{column.position}"
        name = f"{name}_{column.position}" if name in variables else name
        if len(column.bad) == len(table.where):
            texts = np.array([column.bad[i] for i in range(len(table.where))])
            variables[name] = Variable(texts, "", column.source)
            continue
        y, unit, note = best_si(column.label, column.values, column.unit)
        told += note
        if column.bad:
            first = table.at(min(column.bad))
            told.append(f"{column.label} is nan in {len(column.bad)} rows, first in {first}.")
        variables[name] = Variable(y, unit, column.source)
    return Measured("table", "row", variables, table, told, [])
