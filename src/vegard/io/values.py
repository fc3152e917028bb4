"""Values of an experiment file, checked, with the key in every message."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from vegard import units
from vegard.errors import VegardError, unknown_name

MOST_POINTS = 100_000
HEAD = ("schema", "title", "seed")


def keys(section: str, table: dict[str, Any], valid: Iterable[str]) -> None:
    """A section holds only ``valid`` keys."""
    names = tuple(valid)
    for key in table:
        placed(section, key)
        if key not in names:
            raise unknown_name("key", f"{section}.{key}", [f"{section}.{k}" for k in names])


def placed(section: str, key: str) -> None:
    """A key of the whole file does not stand in a section, though TOML reads it there."""
    if key in HEAD:
        raise VegardError(f"{key} below [{section}] belongs above the first section of the file.")


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise VegardError(f"{name} is text in quotes; got {value!r}.")
    return value


def switch(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise VegardError(f"{name} is true or false; got {value!r}.")
    return value


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise VegardError(f"{name} is a whole number from {least} to {most}; got {value!r}.")
    return value


def row(name: str, value: Any) -> tuple[Any, ...]:
    """One value or more."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise VegardError(f"{name} is an empty list; give one value or more.")
    if len(items) > MOST_POINTS:
        raise VegardError(f"{name} has {len(items)} values; the most is {MOST_POINTS}.")
    return tuple(items)


def number(name: str, raw: Any, unit: str) -> float:
    """One number > 0, in ``unit``."""
    if isinstance(raw, list):
        raise VegardError(f"{name} takes one value; got a list.")
    return numbers(name, raw, unit)[0]


def numbers(
    name: str, raw: Any, unit: str, *, positive: bool = True, zero: bool = False
) -> tuple[float, ...]:
    """Finite numbers in ``unit``; unless ``positive`` is false > 0, or >= 0 with ``zero``."""
    values = tuple(units.parse(v, unit, name) for v in row(name, raw))
    for v in values:
        if not isfinite(v):
            raise VegardError(f"{name} must be finite [{unit}]; got {v:g}.")
        if positive and (v < 0 or (v == 0 and not zero)):
            rule = ">= 0" if zero else "> 0"
            raise VegardError(f"{name} must be {rule} [{unit}]; got {v:g}.")
    return values
