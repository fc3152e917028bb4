"""What a user may say about a measured file beside its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from vegard.errors import FileError, VegardError, unknown_name
from vegard.io.columns import Names

_DUPLICATES = ("first", "keep", "mean")


@dataclass(frozen=True, slots=True)
class Hints:
    """Hints of `vegard.read`; None is left to the file.

    Parameters
    ----------
    columns : str, sequence or mapping
        Names of all columns with units, "time (s), -, current (mA)", or the name or the number
        (from 1) of the column of a quantity, ``{"current": 2}``.
    decimal : {".", ","}
        Mark of decimals.
    delimiter : {",", ";", "tab", "blank"}
        What sets columns apart.
    part : int
        Which measurement, from 1, where the header is repeated.
    cycle, pulse : float
        Which cycle or pulse, where a column counts them.
    sort : bool
        Put times in order.
    duplicates : {"first", "mean", "keep"}
        What becomes of points with the same time or frequency.
    missing : {"drop"}
        Leave out lines without a number.
    sign : {1, -1}
        Whether the imaginary column (or the phase) is that of Z, or its negative.
    phase_unit : {"deg", "rad"}
        Unit of the phase.
    instrument : str
        Maker's format that impedance.py reads: "gamry", "zplot", …
    record : str
        Which object of a JSON file.
    dataset : str
        Which data of an HDF5 file that holds several: their path, or its end.
    starts_with : {"write", "read"}
        What comes first in each cycle of a relaxation.
    field : {"off,on", "on,off"}
        What 0 and 1 of an axis called Field stand for.
    """

    columns: Names | None = None
    decimal: str | None = None
    delimiter: str | None = None
    part: int | None = None
    cycle: float | None = None
    pulse: float | None = None
    sort: bool = False
    duplicates: str | None = None
    missing: str | None = None
    sign: int | None = None
    phase_unit: str | None = None
    instrument: str | None = None
    record: str | None = None
    dataset: str | None = None
    starts_with: str | None = None
    field: str | None = None

    def __post_init__(self) -> None:
        for name, legal in _LEGAL.items():
            value = getattr(self, name)
            if value is not None and (value not in legal or isinstance(value, bool)):
                words = " or ".join(repr(v) for v in legal)
                raise VegardError(f"{name}= is {words}; got {value!r}.")
        if not isinstance(self.sort, bool):
            raise VegardError(f"sort= is True or False; got {self.sort!r}.")
        if not isinstance(self.columns, str | Sequence | Mapping | None):
            raise VegardError(f"columns= takes names or numbers of columns; got {self.columns!r}.")
        if not isinstance(self.dataset, str | None):
            raise VegardError(f"dataset= is the path of data in the file; got {self.dataset!r}.")
        if self.cycle is not None and self.pulse is not None:
            raise VegardError("cycle= and pulse= mean the same; give one of them.")
        for name in ("cycle", "pulse", "part"):
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                raise VegardError(f"{name}= is a number; got {value!r}.")

    @property
    def group(self) -> float | None:
        """The cycle or pulse that is wanted."""
        return self.pulse if self.cycle is None else self.cycle

    def fit(self, path: object, what: str) -> None:
        """Refuse hints that say nothing about a kind of measurement or of file."""
        given = [f.name for f in fields(self) if getattr(self, f.name) not in (None, False)]
        for name in given:
            if what in _NOT_FOR.get(name, ()) or name not in _MICROSCOPE.get(what, name):
                raise FileError(f"{path}: {name}= says nothing about {what!r}; leave it out.")


_LEGAL: dict[str, tuple[Any, ...]] = {
    "decimal": (".", ","),
    "delimiter": (",", ";", "tab", "blank", "\t", " "),
    "duplicates": _DUPLICATES,
    "missing": ("drop",),
    "sign": (1, -1),
    "phase_unit": ("deg", "rad"),
    "starts_with": ("write", "read"),
    "field": ("off,on", "on,off"),
}


_RECORDS = ("pitt", "gitt", "relaxation")
_ROWS = ("sort", "duplicates", "missing", "cycle", "pulse")
_TEXT = ("decimal", "delimiter", "part")
_COLUMNS = ("Parquet", "JSON", "impedance.py")
_NOT_FOR: dict[str, tuple[str, ...]] = {
    "sign": (*_RECORDS, "frequency", "table"),
    "phase_unit": (*_RECORDS, "table"),
    **dict.fromkeys(_ROWS, ("table",)),
    **dict.fromkeys(_TEXT, _COLUMNS),
    "record": ("Parquet", "impedance.py", "text"),
    "instrument": ("Parquet", "JSON"),
    "delimiter": (*_COLUMNS, "EC-Lab"),
    **dict.fromkeys(("dataset", "starts_with", "field"), (*_COLUMNS, "text", "EC-Lab")),
}
_MICROSCOPE: dict[str, tuple[str, ...]] = {  # formats and the only hints they take
    "HDF5": ("dataset", "starts_with", "field"),
    **dict.fromkeys(
        ("IBW", "Gwyddion", "Nanonis image", "Nanonis grid", "Nanonis curve", "Zarr"), ()
    ),
}


def make(given: Mapping[str, Any]) -> Hints:
    """Hints by name; an unknown one is an error that lists the valid ones."""
    valid = [f.name for f in fields(Hints)]
    for name in given:
        if name not in valid:
            raise unknown_name("hint", name, valid)
    return Hints(**given)
