"""What a parser makes of a file: named arrays with their axes and units, and the story."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError

LARGEST = 1_200_000_000  # bytes that are opened at once; the child process has 2 GiB
_MOST_SETTINGS = 5000
_LONGEST_SETTING = 2000  # letters
_AXES = {  # spellings of an axis, without unit
    "x": "x", "col": "x", "cols": "x", "column": "x", "columns": "x",
    "y": "y", "row": "y", "rows": "y",
    "voltage": "bias", "bias": "bias", "dc_offset": "bias", "dc_bias": "bias", "vdc": "bias",
    "bias_calc": "bias",
}  # fmt: skip


class Variable(NamedTuple):
    """An array with its axes.

    Parameters
    ----------
    dims : tuple of str
        Names of the axes.
    values : ndarray
        Numbers, truth values or texts of fixed length; never objects.
    units : str
        As the file has it, or by the name of the channel; empty if it is not known.
    column : str
        The name in the file.
    attrs : dict
        Whatever else is known: texts and numbers.
    """

    dims: tuple[str, ...]
    values: NDArray[Any]
    units: str = ""
    column: str = ""
    attrs: dict[str, Any] = {}  # noqa: RUF012  # never changed


@dataclass(slots=True)
class Parsed:
    """All that was understood of a file.

    Parameters
    ----------
    kind : str
        One of `kinds.KINDS`.
    technique : str
        As the file calls it.
    variables, coordinates : dict of Variable
        By name.
    settings : dict
        Settings of the instrument as the file has them.
    notes, warnings, unused : list of str
        Decisions; doubts; what was not taken.
    attributes : dict
        Attributes of a file that vegard wrote itself.
    """

    kind: str
    technique: str = ""
    variables: dict[str, Variable] = field(default_factory=dict)
    coordinates: dict[str, Variable] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, variable: Variable) -> None:
        """A variable under a name that is still free."""
        self.variables[free(name, {*self.variables, *self.coordinates})] = variable


def free(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if it is taken."""
    taken = set(taken)
    number = 1
    new = name
    while new in taken:
        number += 1
        new = f"{name}_{number}"
    return new


def slug(text: str) -> str:
    """A name in small letters and underscores, its unit left out.

    Examples
    --------
    >>> slug("Z Sensor"), slug("Current [bwd] (A)"), slug("DC_Offset"), slug("ZSensor")
    ('z_sensor', 'current_bwd', 'dc_offset', 'zsensor')
    """
    bare = re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", text)
    return re.sub(r"[^0-9a-z]+", "_", bare.lower()).strip("_")[:60]


def axis(text: str) -> str:
    """The name of an axis; the same for its usual spellings.

    Examples
    --------
    >>> axis("X"), axis("DC_Offset"), axis("Bias (V)"), axis("Frequency")
    ('x', 'bias', 'bias', 'frequency')
    """
    name = slug(text) or "axis"
    return _AXES.get(name, name)


def unit_in(text: str) -> str:
    """The unit in brackets at the end of a name; empty if there is none."""
    found = re.search(r"[(\[]([^()\[\]]*)[)\]]\s*$", text)
    return found[1].strip() if found else ""


def printable(text: str, most: int = 200) -> str:
    """A text without control marks, and not too long for a message."""
    text = "".join(c for c in text if c.isprintable()).strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def image_axes(
    size: tuple[int, int], step: tuple[float, float], start: tuple[float, float], unit: str
) -> dict[str, Variable]:
    """Axes of an image from its (y, x) sizes, steps and first values."""
    return {
        name: Variable((name,), start[i] + step[i] * np.arange(size[i]), unit)
        for i, name in enumerate(("y", "x"))
    }


def plain(value: Any) -> Any:
    """A value as text, number or truth value; anything else as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    return str(value)


def keep(settings: dict[str, Any], name: object, value: Any) -> None:
    """Take a setting over; the last of a name wins."""
    if len(settings) < _MOST_SETTINGS:
        value = plain(value)
        value = printable(value, _LONGEST_SETTING) if isinstance(value, str) else value
        settings[printable(str(name))] = value


def from_json(text: Any) -> dict[str, Any]:
    """Attributes that vegard wrote as JSON: texts and numbers by name."""
    try:
        data = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {k: v for k, v in data.items() if isinstance(v, str | int | float)}


def fits(path: object, count: int, what: str = "") -> None:
    """Refuse what is too large to be opened at once.

    Parameters
    ----------
    path : object
        The file, for the message.
    count : int
        Bytes in memory.
    what : str
        Which part of the file.
    """
    if count > LARGEST:
        raise FileError(
            f"{path}: {what or 'the data'} would take {count / 1e9:.3g} GB in memory, more than "
            f"{LARGEST / 1e9:.2g} GB; save a part of it as a file of its own."
        )
