"""Which measurement a table holds, and which column is which quantity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from vegard.errors import FileError
from vegard.io import columns as named
from vegard.io.columns import QUANTITIES, Column
from vegard.io.tables import Table


class Kind(NamedTuple):
    """A measurement: its axis, what it must have, and what may stand beside it."""

    axis: str
    needs: tuple[str, ...]
    extras: tuple[str, ...]
    words: str


KINDS = {
    "eis": Kind("frequency", (), ("time", "voltage", "current"), "frequency, Re Z and Im Z"),
    "pitt": Kind("time", ("current",), ("voltage", "cycle"), "time and current"),
    "gitt": Kind("time", ("voltage",), ("current", "cycle"), "time, voltage and current"),
    "frequency": Kind("frequency", (), (), "frequency, amplitude and phase"),
    "relaxation": Kind("time", ("displacement",), ("voltage",), "time and displacement"),
    "table": Kind("row", (), (), "anything"),
}
_POSITIONS = {  # of columns without names
    ("eis", 3): ("frequency", "real", "imaginary"),
    ("pitt", 2): ("time", "current"),
    ("gitt", 2): ("time", "voltage"),
    ("relaxation", 2): ("time", "displacement"),
}
_TECHNIQUES = {
    "eis": r"impedance",
    "gitt": r"galvanostatic intermittent|\bgitt\b",
    "pitt": r"potentiostatic intermittent|\bpitt\b|chronoamperometry",
}
_STILL = {"voltage": (2e-3, 0.0), "current": (0.0, 0.02)}  # a smaller span is none: SI, relative
_JUMP = 0.05  # of the span; plateaus between jumps drift less


class Quantities(dict[str, list[Column]]):
    """Columns by quantity; several may claim the same one."""

    def pick(self, quantity: str, table: Table) -> Column:
        """The column of a quantity, if it is certain which it is."""
        first, *others = self[quantity]
        for other in others:
            same = np.array_equal(first.values, other.values, equal_nan=True)
            if not same or first.unit != other.unit:
                raise FileError(
                    f"{table.path}: both {first.label} (column {first.position}) and "
                    f"{other.label} (column {other.position}) may be the {quantity}, and they "
                    f"differ; give columns={{'{quantity}': {first.position}}} or "
                    f"{{'{quantity}': {other.position}}}."
                )
        return first

    def need(self, kind: str, wanted: Iterable[str], table: Table) -> dict[str, Column]:
        """Columns that must be there."""
        wanted = tuple(wanted)
        lacking = [q for q in wanted if q not in self]
        if lacking:
            have = ", ".join(f"{c.position} {c.label}" for c in table.columns)
            raise FileError(
                f"{table.path}: kind '{kind}' needs {KINDS[kind].words}, but no column is the "
                f"{' or the '.join(lacking)}. There is: {have}. If one is, give its number: "
                f"columns={{'{lacking[0]}': NUMBER}}."
            )
        return {q: self.pick(q, table) for q in wanted}


def quantities(table: Table, kind: str | None) -> Quantities:
    """Columns by quantity: by ``columns=``, by their names, or without names by their order.

    Raises
    ------
    FileError
        If there are no names, and the order does not tell.
    """
    if not table.headed and not table.chosen:
        order = _POSITIONS.get((kind or "", len(table.columns)))
        if order is None:
            raise FileError(_unnamed(table, kind))
        return Quantities({q: [c] for q, c in zip(order, table.columns, strict=True)})
    found = Quantities()
    for column in table.columns:
        quantity = column.quantity
        numbers_rows = quantity == "cycle" and np.unique(column.values).size == len(table.where)
        if quantity and not numbers_rows:
            found.setdefault(quantity, []).append(column)
    found |= {q: [c] for q, c in table.chosen.items()}
    return found


def _unnamed(table: Table, kind: str | None) -> str:
    count = len(table.columns)
    fits = [k for k, n in _POSITIONS if n == count and kind is None]
    words = " or ".join(f"kind='{k}' ({', '.join(_POSITIONS[k, count])} in SI)" for k in fits)
    return (
        f"{table.path} does not name its {count} columns; {f'give {words}, or ' * bool(fits)}name "
        "them: columns='time (s), current (mA)', '-' for those to leave out."
    )


def infer(table: Table, found: Quantities) -> str:
    """Which measurement it is, from what the file says and holds.

    Raises
    ------
    FileError
        If that is not certain.
    """
    has = set(found)
    frequency = "frequency" in has or {"centre", "shift"} <= has
    told = next((k for k, p in _TECHNIQUES.items() if re.search(p, table.about.lower())), None)
    if told and KINDS[told].axis in has:
        return told
    pair = {"real", "imaginary"} <= has or {"amplitude", "phase"} <= has
    if frequency and pair and any(map(_is_impedance, (c for q in found for c in found[q]))):
        return "eis"
    if "time" not in has and any(len(c.bad) == len(table.where) for c in table.columns):
        return "table"  # columns of text, such as names of scans
    if frequency and ("amplitude" in has or (pair and found["real"][0].unit)):
        return "frequency"
    if {"time", "current", "voltage"} <= has:
        if kind := _stepped(table, found):
            return kind
    elif {"time", "current"} <= has:
        return "pitt"
    elif "time" in has and has & {"displacement", "amplitude"}:
        return "relaxation"
    have = ", ".join(c.label for c in table.columns)
    fits = [k for k, kind in KINDS.items() if kind.needs and {kind.axis, *kind.needs} <= has]
    fits += ["eis", "frequency"] if frequency and pair else []
    words = " or ".join(f"kind='{k}'" for k in fits)
    names = "name them, with units: columns='time (s), current (mA)', '-' for those to leave out"
    raise FileError(
        f"{table.path}: the columns {have} do not say for certain what was measured; "
        f"{f'give {words}' if fits else f'{names}, or give kind='}."
    )


def _is_impedance(column: Column) -> bool:
    parts = ("real", "imaginary", "amplitude")
    unit = re.search(r"(?i)ohm|Ω|\u2126", column.unit)
    return column.quantity in parts and bool(unit or re.search("(?i)z|impedan", column.bare))


def _stepped(table: Table, found: Quantities) -> str:
    """Gitt if the current alone goes in steps, pitt if the voltage alone does; else nothing."""
    steps = []
    for quantity, (smallest, relative) in _STILL.items():
        y, _ = named.si(found.pick(quantity, table), QUANTITIES[quantity][0], table.path)
        y = y[np.isfinite(y)]
        span = float(np.ptp(y)) if y.size else 0.0
        change = np.diff(y)
        drift = np.cumsum(np.where(np.abs(change) > _JUMP * span, 0.0, change))
        still = span <= max(smallest, relative * np.abs(y).max(initial=0.0))
        steps.append(still or np.ptp(drift) < _JUMP * span)
    return {(False, True): "gitt", (True, False): "pitt"}.get((bool(steps[0]), bool(steps[1])), "")
