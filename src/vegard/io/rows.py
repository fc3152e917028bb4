"""Rows of a table: missing numbers, cycles, order and duplicates. Nothing changes unasked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import units
from vegard.errors import FileError
from vegard.io.columns import QUANTITIES
from vegard.io.hints import Hints
from vegard.io.tables import Table
from vegard.io.texts import Dialect, short

Arrays = dict[str, NDArray[Any]]
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,'’ \xa0\u202f]\d{3})+([.,]\d+)?")
_LOW = "\0"  # before a number that is none above 0; no text file holds it
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


def select(table: Table, needed: Iterable[str], hints: Hints, *, one_cycle: bool) -> Table:
    """The rows of one cycle, without those that lack a number.

    Parameters
    ----------
    table : Table
        With its columns by quantity.
    needed : iterable of str
        Quantities that must have a number in each row.
    hints : Hints
        Cycle, and what to do where a number is missing.
    one_cycle : bool
        Whether rows of several cycles cannot stand side by side.

    Raises
    ------
    FileError
        With the line, if a number is missing, or if there are several cycles.
    """
    table = _cycle(table, hints, one_cycle)
    lost: dict[int, tuple[str, str]] = {}
    for quantity in needed:
        column = table.chosen[quantity]
        bad = dict(column.bad)
        if quantity in ("frequency", "centre"):
            low = np.flatnonzero(column.values <= 0).tolist()
            bad |= {i: f"{_LOW}{column.values[i]:g}" for i in low}
        if len(bad) == len(table.where):
            raise FileError(
                f"{table.path}: {column.label}, the {quantity}, holds no number at all; "
                f"in {table.at(0)} it {_fault(bad[0], '')}."
            )
        lost |= {i: (column.label, text) for i, text in bad.items() if i not in lost}
    if not lost:
        return table
    if hints.missing == "drop":
        rows = np.setdiff1d(np.arange(len(table.where)), list(lost))
        left = ", ".join(table.at(i) for i in sorted(lost)[:5])
        more = " …" if len(lost) > 5 else ""
        return table.take(rows, f"Left out for want of a number: {left}{more}; {len(lost)} in all.")
    i = min(lost)
    label, text = lost[i]
    more = f" (the first of {len(lost)})" if len(lost) > 1 else ""
    advice = f"; correct it, or leave such {table.place}s out: missing='drop'"
    raise FileError(f"{table.path}, {table.at(i)}{more}: {label} {_fault(text, advice)}.")


def _fault(text: str, advice: str) -> str:
    """Why a cell is no number that can be taken, and the advice if nothing better is known."""
    if text.startswith(_LOW):
        return f"is {text.removeprefix(_LOW)}, not above 0{advice}"
    shown = repr(short(text))
    if not text:
        return f"is empty{advice}"
    if _THOUSANDS.fullmatch(text):
        return f"is {shown}, which seems to have a thousands separator; export numbers without it"
    if _COMMA.fullmatch(text):
        return f"is {shown}, with a decimal comma; give decimal=','"
    if np.isfinite(Dialect(None, ".").number(text)):
        return f"is {shown}, with a decimal point among decimal commas; give decimal='.'"
    return f"is {shown}, no finite number{advice}"


def _cycle(table: Table, hints: Hints, one_cycle: bool) -> Table:
    column = table.chosen.get("cycle")
    wanted = hints.group
    if column is None:
        if wanted is not None:
            raise FileError(
                f"{table.path} has no column that counts cycles or pulses; leave cycle= out, or "
                "name it: columns={'cycle': NUMBER}."
            )
        return table
    values = np.unique(column.values[np.isfinite(column.values)])
    listed = ", ".join(f"{v:g}" for v in values[:12]) + (" …" if values.size > 12 else "")
    word = "pulse" if "cycle" not in column.name.lower() else "cycle"
    if wanted is None:
        if one_cycle and values.size > 1:
            raise FileError(
                f"{table.path} holds {values.size} spectra, counted by {column.label}: {listed}. "
                f"Give one: {word}={values[0]:g}."
            )
        return table
    rows = np.flatnonzero(column.values == wanted)
    if not rows.size:
        raise FileError(f"{table.path}: {column.label} has no {wanted:g}. It has {listed}.")
    return table.take(rows, f"{column.label} {wanted:g} of {values.size} was read.")


def arrange(table: Table, axis: str, arrays: Arrays, hints: Hints) -> tuple[Arrays, list[str]]:
    """Points in a lawful order, each once; or an error that says where they are not.

    Parameters
    ----------
    table : Table
        For the places of the rows.
    axis : {"time", "frequency"}
        What the points are. Times must rise; frequencies may run as they like.
    arrays : dict
        Times [s] or frequencies [Hz], and what belongs to them.
    hints : Hints
        Whether to sort, and what to do with duplicates.

    Raises
    ------
    FileError
        With the lines, if times fall, or if a point stands there twice.
    """
    arrays, order, notes = _sorted(table, axis, arrays, hints)
    values, inverse, counts = np.unique(arrays[axis], return_inverse=True, return_counts=True)
    if values.size == order.size or hints.duplicates == "keep":
        return arrays, notes
    if hints.duplicates is None:
        raise FileError(_duplicates(table, axis, order, arrays, inverse, counts))
    _, first = np.unique(inverse, return_index=True)
    stay = np.sort(first)
    if hints.duplicates == "mean":
        arrays = {k: _means(v, inverse, counts)[inverse] for k, v in arrays.items()}
    word = "averaged" if hints.duplicates == "mean" else "left out but for the first"
    notes.append(f"Points of the same {axis} {word}: {order.size - stay.size} fewer.")
    return {k: v[stay] for k, v in arrays.items()}, notes


def _sorted(
    table: Table, axis: str, arrays: Arrays, hints: Hints
) -> tuple[Arrays, NDArray[np.intp], list[str]]:
    points = arrays[axis]
    order = np.arange(points.size)
    back = np.flatnonzero(np.diff(points) < 0)
    notes = []
    if axis == "time" and back.size and not hints.sort:
        i = int(back[0]) + 1
        raise FileError(
            f"{table.path}: the time falls from {_said(points[i - 1], axis)} to "
            f"{_said(points[i], axis)} in {table.at(i)}{_more(back.size)}. If two records were "
            "joined, split the file there; if the lines are only out of order, give sort=True."
        )
    if back.size and hints.sort:
        order = np.argsort(points, kind="stable")
        notes.append(f"Sorted: the {axis} fell in {table.at(int(back[0]) + 1)}{_more(back.size)}.")
    return {k: v[order] for k, v in arrays.items()}, order, notes


def _duplicates(
    table: Table,
    axis: str,
    order: NDArray[np.intp],
    arrays: Arrays,
    inverse: NDArray[np.intp],
    counts: NDArray[np.intp],
) -> str:
    """Where the same point stands twice, and what can be done."""
    i = int(np.flatnonzero(counts[inverse] > 1)[0])
    same = np.flatnonzero(inverse == inverse[i])
    places = [str(n) for n in table.where[order[same[:6]]]]
    listed = f"{', '.join(places[:-1])} and {places[-1]}"
    twins = all((v[same] == v[i]).all() for v in arrays.values())
    fix = (
        f"The {table.place}s say the same: duplicates='first' loses nothing."
        if twins
        else "Give duplicates='mean', 'first' or 'keep'."
    )
    return (
        f"{table.path}: the {axis} {_said(arrays[axis][i], axis)} stands in {table.place}s {listed}"
        f"{_more(int((counts > 1).sum()))}. {fix}"
    )


def _means(values: NDArray[Any], inverse: NDArray[np.intp], counts: NDArray[np.intp]) -> Any:
    total = np.zeros(counts.size, values.dtype)
    np.add.at(total, inverse, values)
    return total / counts


def _more(count: int) -> str:
    return f" (the first of {count} such places)" if count > 1 else ""


def _said(value: float, axis: str) -> str:
    return units.format(float(value), QUANTITIES[axis][0], 8)
