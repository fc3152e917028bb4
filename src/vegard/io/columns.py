"""Columns of tables: what their names mean, in which unit, and the way to SI."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import units
from vegard.errors import FileError, VegardError, unknown_name

Real = NDArray[np.float64]
Names = str | Sequence[str] | Mapping[str, str | int]

QUANTITIES = {  # SI unit and name, without unit and sign; the first that fits
    "shift": ("Hz", r"freq.*(shift|offset)"),
    "centre": ("Hz", r"cent(er|re).*freq"),
    "frequency": ("Hz", r"freq|^f$|^omega|^ω|angular"),
    "cycle": ("–", r"^(cycle|loop|pulse)s?( number| index| no\.?)?$|^ind(ex|ices)$"),
    "time": ("s", r"^t$|\b(time|zeit)\b(?!.*stamp)"),
    "imaginary": ("Ω", r"imag|^(z ?)?im\b|^im ?z|^z ?(''|\"|i$)"),
    "real": ("Ω", r"real|^(z ?)?re\b|^re ?z|^z ?('|r$)"),
    "phase": ("rad", r"phase|^phi\b|^φ|^theta|^θ|^z ?phz"),
    "amplitude": ("–", r"\bamp(l|s?$|s?/)|magnitude|modulus|^z ?mod|^\|z\|$"),
    "current": ("A", r"^i$|current|\bstrom\b"),
    "voltage": ("V", r"^(e|u|v|vf|ewe|ecell|ocv)$|voltage|potential|spannung"),
    "displacement": ("m", r"displacement|deflection|uplift"),
}
_OTHER = r"\b(re|im|phase)\((?!z\))|\||admittance|permittivity|range|\bdate"
_PREFIXED = r"[fpnuµmkMG]?(?:Hz|s|V|A|[Oo]hm|Ω|F|S|m|W|C)"
_UNIT = re.compile(rf"{_PREFIXED}|[kmMG]?Ω|min|h|hr|sec|deg|°|rad|%")
_BRACKETS = re.compile(r"(.*?)(\s*)[\[(]([^\[\]()]*)[\])]")
_TRAILING = re.compile(r"(.+?)(?:_|,? )([^\s_,]+)")
_NO_UNITS = {"Z", "z", "Y", "y", "f", "t", "w", "ω", "a", "b"}  # Re(Z), Z'(a)
_SPELLINGS = (
    (r"\s+vs\.?\s.*", ""),
    ("\u2126", "Ω"),
    (r"(?i)(?<![a-z])([kmgµu]?)ohms?\b", r"\1ohm"),
    (r"(?i)\b(hz|hertz)\b", "Hz"),
    (r"(?i)\bkhz\b", "kHz"),
    (r"(?i)\bsecs?\b", "s"),
    (r"(?i)\b([mµu]?)volts?\b", r"\1V"),
    (r"(?i)\b([mµun]?)amp(?:s|eres?)?\b", r"\1A"),
)
_ANGLES = {"deg": pi / 180, "degree": pi / 180, "degrees": pi / 180, "°": pi / 180}
_ANGLES |= {"rad": 1.0, "radian": 1.0, "radians": 1.0}


class Column(NamedTuple):
    """One column of a table.

    Parameters
    ----------
    name : str
        As the file has it, or as ``columns=`` says.
    position : int
        From 1.
    values : ndarray
        Numbers, in the unit of the file; nan where there is none.
    bad : mapping of int to str
        What stands in the rows that hold no finite number.
    """

    name: str
    position: int
    values: Real
    bad: Mapping[int, str]

    @property
    def label(self) -> str:
        """The name for messages."""
        return repr(self.name) if self.name else f"column {self.position}"

    @property
    def source(self) -> str:
        """The name as the file has it, or the number of the column."""
        return self.name or self.label

    @property
    def bare(self) -> str:
        """The name without unit and sign."""
        return _sign(split_unit(self.name)[0])[0]

    @property
    def unit(self) -> str:
        """The unit in the name; empty if there is none."""
        return split_unit(self.name)[1]

    @property
    def turned(self) -> bool:
        """Whether the name starts with a minus: -Im(Z)."""
        return _sign(split_unit(self.name)[0])[1]

    @property
    def quantity(self) -> str:
        """What the column is by its name; empty if that is not known."""
        return quantity(self.name)

    def take(self, rows: NDArray[np.intp]) -> Column:
        """The column of some rows, in their order."""
        bad = {i: self.bad[r] for i, r in enumerate(rows.tolist()) if r in self.bad}
        return self._replace(values=self.values[rows], bad=bad)


def split_unit(name: str) -> tuple[str, str]:
    """Name and unit of "I/mA", "Time (s)", "phases [rad]", "frequency_Hz".

    Examples
    --------
    >>> split_unit("-Im(Z)/Ohm"), split_unit("Re(Z)"), split_unit("Test_Time(s)")
    (('-Im(Z)', 'Ohm'), ('Re(Z)', ''), ('Test_Time', 's'))
    """
    name = re.sub(r"([)\]])\s+vs\.?\s.*", r"\1", name.strip())  # Potential (V) vs Ag/AgCl
    found = _BRACKETS.fullmatch(name)
    if found and found[1]:
        bare, gap, inside = found.groups()
        if gap or not (inside in _NO_UNITS or inside.isdigit()):
            return bare.strip(), "–" if inside.strip() in ("-", "–", "1") else inside.strip()
    bare, slash, unit = name.partition("/")
    if slash and bare.strip() and unit.strip():
        return bare.strip(), unit.strip()
    found = _TRAILING.fullmatch(name)
    if found and _UNIT.fullmatch(found[2]):
        return found[1].strip(), found[2]
    return name, ""


def is_unit(text: str) -> bool:
    """Whether a cell below a name is its unit."""
    return bool(_UNIT.fullmatch(text.strip().strip("[]()")))


def _sign(name: str) -> tuple[str, bool]:
    plain = re.sub(r"^(-|neg(ative|\.)?\s|minus\s)\s*", "", name.strip(), flags=re.IGNORECASE)
    return plain, plain != name.strip()


def quantity(name: str) -> str:
    """What a column is by its name, one of `QUANTITIES`; empty if that is not known.

    Examples
    --------
    >>> [quantity(n) for n in ("time/s", "<I>/mA", "-Im(Z)/Ohm", 'Z" [Ω]', "Re(Y)/Ohm-1")]
    ['time', 'current', 'imaginary', 'imaginary', '']
    """
    plain = _sign(split_unit(name)[0])[0].lower().replace("_", " ")
    plain = re.sub("[’′`]", "'", re.sub("[”″“]", '"', plain)).strip("<> ")
    if plain != "|z|" and re.search(_OTHER, plain):
        return ""
    return next((q for q, (_, p) in QUANTITIES.items() if re.search(p, plain)), "")


def factor(unit: str, target: str, label: str) -> float:
    """What a unit of the file is in SI.

    Parameters
    ----------
    unit : str
        As the file has it: "mA", "Ohm", "V vs. Li/Li+".
    target : str
        SI unit.
    label : str
        File and column, for the message.

    Raises
    ------
    FileError
        If the unit is unknown, or measures something else.

    Examples
    --------
    >>> factor("mA", "A", "I"), factor("kOhm", "Ω", "Z"), factor("h", "s", "t")
    (0.001, 1000.0, 3600.0)
    """
    plain = unit
    for pattern, new in _SPELLINGS:
        plain = re.sub(pattern, new, plain)
    try:
        return units.parse(f"1 {plain}", target, label)
    except VegardError as error:
        per_area = re.search(r"c?m(²|\^?2)", plain)
        fix = " Undo the division by, or the multiplication with, the area." if per_area else ""
        raise FileError(f"{error}{fix}") from None


def si(column: Column, target: str, path: object) -> tuple[Real, list[str]]:
    """Values of a column in an SI unit, and what was done to them.

    Parameters
    ----------
    column : Column
        Values in the unit of its name; without one they are taken to be in SI.
    target : str
        SI unit; "–" for pure numbers.
    path : object
        The file, for messages.
    """
    if target == "–":
        return column.values, []
    if not column.unit:
        return column.values, [f"{column.label} has no unit: {target} assumed."]
    scale = factor(column.unit, target, f"{path}: {column.label}")
    note = [f"{column.label}: {column.unit} converted to {target}."] if scale != 1 else []
    return scaled(column.values, scale), note


def scaled(values: Any, scale: float) -> Any:
    """Values in another unit, to the last digit: 1.25 µA is 1.25e-6 A."""
    inverse = round(1 / scale)
    if scale < 1 and abs(inverse * scale - 1) < 1e-12:
        return values / inverse
    return values * scale


def radians(column: Column, unit: str | None, path: object, hint: str) -> Real:
    """A phase [rad].

    Parameters
    ----------
    column : Column
        The phase, in degrees or radians.
    unit : {"deg", "rad"}, optional
        Instead of the unit in the name.
    path : object
        The file, for messages.
    hint : str
        How the unit is given: "phase_unit=" or "--phase-unit ".
    """
    said = (unit or column.unit).lower()
    if said not in _ANGLES:
        raise FileError(
            f"{path}: the phase is in deg or rad; got {said or 'no unit'!r}. Give {hint}deg."
        )
    largest = float(np.nanmax(np.abs(column.values), initial=0.0))
    if _ANGLES[said] == 1.0 and largest > 4 * pi:
        raise FileError(f"{path}: a phase of {largest:.4g} is not in rad; give {hint}deg.")
    return np.asarray(column.values * _ANGLES[said])


def is_choice(spec: Names) -> bool:
    """Whether ``columns=`` chooses columns for quantities, rather than naming all."""
    return isinstance(spec, Mapping) or (isinstance(spec, str) and "=" in spec)


def renamed(
    columns: Sequence[Column], spec: Names, path: object
) -> tuple[tuple[Column, ...], dict[str, Column]]:
    """Columns as ``columns=`` says, and those chosen by quantity.

    Parameters
    ----------
    columns : sequence of Column
        The columns of the file.
    spec : str, sequence of str, or mapping
        Names of all columns in order, "time (s), -, current (mA)"; or for some quantities the name
        or the number (from 1) of their column, ``{"current": 2}`` or "current=2".
    path : object
        The file, for messages.

    Returns
    -------
    columns : tuple of Column
        With the new names.
    chosen : dict
        Columns by quantity.
    """
    if isinstance(spec, str) and "=" in spec:
        parts = [part.partition("=") for part in spec.split(",")]
        spec = {key.strip(): value.strip() for key, _, value in parts}
    if isinstance(spec, Mapping):
        return tuple(columns), {q: _chosen(columns, q, w, path) for q, w in spec.items()}
    names = split_names(spec) if isinstance(spec, str) else [str(name).strip() for name in spec]
    if len(names) != len(columns):
        raise FileError(
            f"{path} has {len(columns)} columns, but columns= names {len(names)}; name each, "
            "'-' for those to leave out."
        )
    pairs = zip(columns, names, strict=True)
    return tuple(c._replace(name="" if n in ("-", "–") else n) for c, n in pairs), {}


def split_names(names: str) -> list[str]:
    """Names between commas, semicolons or tabs."""
    return [name.strip() for name in re.split(r"[,;\t]", names)]


def _chosen(columns: Sequence[Column], name: str, wanted: str | int, path: object) -> Column:
    if name not in QUANTITIES:
        raise unknown_name("quantity in columns=", name, QUANTITIES)
    text = str(wanted)
    found = [c for c in columns if c.name == text] or [
        c for c in columns if text == str(c.position) or c.bare == text
    ]
    if len(found) != 1:
        have = ", ".join(f"{c.position} {c.name}".strip() for c in columns)
        many = f"{len(found)} columns are called" if found else "there is no column"
        raise FileError(f"{path}: {many} {text!r}; give its number in columns=. There is: {have}.")
    return found[0]
