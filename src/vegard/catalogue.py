"""Materials from a data file: every number with its source, method and uncertainty."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from vegard.catalogues import TomlCatalogue
from vegard.errors import FileError, OutOfRegime, unknown_name

if TYPE_CHECKING:
    from vegard.material import Material

Value = float | tuple[float, float]

UNITS: dict[str, str] = {
    "diffusivity": "m²/s",
    "vegard": "m³/mol",
    "poisson": "–",
    "young": "Pa",
    "site_concentration": "mol/m³",
    "ocv_slope": "V m³/mol",
}
CLASSES = ("intercalation", "conductor", "alloy")
_TEXTS = ("composition", "method", "uncertainty", "source", "read_from")
_NUMBERS: dict[str, tuple[int, ...]] = {  # how many numbers each key may hold
    "value": (1, 2),
    "range": (2,),
    "temperature_K": (1,),
    "strain_per_x": (1, 2),
    "site_concentration": (1,),
}

MAX_STRAIN = 0.5


@dataclass(frozen=True, slots=True)
class Record:
    """One published number for one property of one material.

    Parameters
    ----------
    property : str
        Field of `vegard.Material` that it is for.
    value : float or (in_plane, normal)
        The number, in ``unit``.
    unit : str
        SI unit.
    composition, method, uncertainty, source, read_from : str
        State of charge; how it was obtained; how sure it is; the reference; the text in which we
        read it.
    verified : bool
        Whether every number the value rests on was read by us in ``read_from``.
    default : bool
        Whether `Entry.material` takes this record.
    temperature : float or None
        Temperature [K], where the source states it.
    range : (float, float) or None
        Limits that the source gives; the value is then their geometric mean.
    strain_per_x : float or (in_plane, normal) or None
        For the Vegard coefficient: linear strain per composition [–], β C_max.
    site_concentration : float or None
        For the Vegard coefficient: the C_max [mol/m³] that joins the two.
    """

    property: str
    value: Value
    unit: str
    composition: str
    method: str
    uncertainty: str
    source: str
    read_from: str
    verified: bool
    default: bool = False
    temperature: float | None = None
    range: tuple[float, float] | None = None
    strain_per_x: Value | None = None
    site_concentration: float | None = None

    def volume_change(self, site: float | None = None) -> float | None:
        """Volume change tr(β) C_max [–] of a Vegard record; None without a site concentration.

        ``site`` [mol/m³] stands in where the record has none of its own.
        """
        c_max = self.site_concentration or site
        if c_max is None:
            return None
        in_plane, normal = self.value if isinstance(self.value, tuple) else (self.value,) * 2
        return (2 * in_plane + normal) * c_max


@dataclass(frozen=True, slots=True)
class Entry:
    """A material of the catalogue with all its records.

    Parameters
    ----------
    name, formula, title : str
        Key in the catalogue, chemical formula, plain name.
    kind : str
        "intercalation", "conductor" or "alloy".
    linear : bool
        Whether small strain with a constant Vegard coefficient [m³/mol] can hold at all.
    charge : float
        Charge number of the mobile ion [–].
    notes : tuple of str
        Phase regions and warnings to read before use.
    """

    name: str
    formula: str
    title: str
    kind: str
    linear: bool
    charge: float = 1.0
    notes: tuple[str, ...] = ()
    _records: tuple[Record, ...] = field(default=(), repr=False)

    def records(self, property: str | None = None) -> list[Record]:
        """All records, or those of one property, in the order of the file.

        Parameters
        ----------
        property : str, optional
            "diffusivity" [m²/s], "vegard" [m³/mol], "poisson" [–], "young" [Pa],
            "site_concentration" [mol/m³] or "ocv_slope" [V m³/mol].

        Raises
        ------
        VegardError
            If there is no such property.
        """
        if property is None:
            return list(self._records)
        if property not in UNITS:
            raise unknown_name("property", property, UNITS)
        return [r for r in self._records if r.property == property]

    def default(self, property: str) -> Record | None:
        """The record that `material` takes for a property; None if the value is unknown."""
        return next((r for r in self.records(property) if r.default), None)

    def material(self, **overrides: Any) -> Material:
        """Material in SI units from the default records; what is unknown stays None.

        Parameters
        ----------
        **overrides
            Fields of `vegard.Material` to set instead: a number in SI units, or a `Record`.

        Returns
        -------
        Material
            Its ``source`` names the references of all records used.

        Raises
        ------
        VegardError
            If an override is no field of `vegard.Material`, or breaks a rule.

        Warns
        -----
        OutOfRegime
            If the strain of the material is too large for the linear theory.

        Notes
        -----
        Defaults of one material may come from different samples and methods: read the records.

        Examples
        --------
        >>> materials["LiMn2O4"].material().vegard
        1.16567e-06
        >>> lco = materials["LiCoO2"]
        >>> lco.material(vegard=lco.records("vegard")[2]).vegard  # c axis along the tip
        (2.0127e-07, -1.1035e-06)
        """
        from vegard.material import Material

        valid = [f.name for f in fields(Material)]
        for name in overrides:
            if name not in valid:
                raise unknown_name("field of Material", name, valid)
        chosen: dict[str, Any] = {p: self.default(p) for p in UNITS} | overrides
        used = [v for v in chosen.values() if isinstance(v, Record)]
        values: dict[str, Any] = {
            k: v.value if isinstance(v, Record) else v for k, v in chosen.items()
        }
        values.setdefault("charge", self.charge)
        values.setdefault("name", self.name)
        values.setdefault("source", "; ".join(dict.fromkeys(r.source for r in used)) or None)
        if not self.linear:
            warnings.warn(self._too_large(), OutOfRegime, stacklevel=2)
        return Material(**values)

    def _too_large(self) -> str:
        strains = (r.volume_change() for r in self.records("vegard"))
        largest = max((abs(v) for v in strains if v is not None), default=float("nan"))
        return (
            f"{self.name}: linear = false. Volume change at full occupancy {largest:.2g} against "
            f"a limit of {MAX_STRAIN:.2g} for the linear theory; keep to small changes of "
            "concentration and read Entry.notes."
        )


class Catalogue(TomlCatalogue[Entry, Entry]):
    """Materials of a TOML data file, read on first use.

    Parameters
    ----------
    path : str or Path, optional
        A data file of your own in the same format; the one of the package if left out.

    Examples
    --------
    >>> materials["LiMn2O4"].title
    'lithium manganese oxide, spinel'
    >>> materials["LiMn204"]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    vegard.errors.VegardError: unknown material 'LiMn204'. Did you mean 'LiMn2O4'? Valid: ...
    """

    _what = "material"

    def __getitem__(self, name: str) -> Entry:
        return self._entry(name)

    def _load(self) -> dict[str, Entry]:
        where, data = self._tables()
        return {name: _entry(f"{where}: {name}", name, table) for name, table in data.items()}

    def table(self, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Rows for comparing materials: the default value of every property in SI units.

        Parameters
        ----------
        names : iterable of str, optional
            Which materials, in this order; all if left out.

        Returns
        -------
        list of dict
            Keys name, formula, class, linear, diffusivity [m²/s], vegard [m³/mol], poisson [–],
            young [Pa], site_concentration [mol/m³], ocv_slope [V m³/mol], strain_per_x [–],
            records and verified (counts). None where unknown.

        Raises
        ------
        VegardError
            If a name is unknown.

        Examples
        --------
        >>> [row["young"] for row in materials.table(["LiMn2O4", "LNMO"])]
        [87000000000.0, None]
        """
        return [_row(self[n]) for n in (self if names is None else names)]


def _row(entry: Entry) -> dict[str, Any]:
    chosen = {p: entry.default(p) for p in UNITS}
    vegard = chosen["vegard"]
    return {
        "name": entry.name,
        "formula": entry.formula,
        "class": entry.kind,
        "linear": entry.linear,
        **{p: r.value if r else None for p, r in chosen.items()},
        "strain_per_x": vegard.strain_per_x if vegard else None,
        "records": len(entry.records()),
        "verified": sum(r.verified for r in entry.records()),
    }


def _entry(where: str, name: str, table: Any) -> Entry:
    if not isinstance(table, dict):
        raise FileError(f"{where} must be a table [{name}]; got {table!r}.")
    rest = dict(table)
    found: list[Record] = []
    for prop in UNITS:
        group = rest.pop(prop, [])
        if not isinstance(group, list):
            raise FileError(f"{where}.{prop} must be records [[{name}.{prop}]]; got {group!r}.")
        found += [_record(f"{where}.{prop}[{i}]", prop, r) for i, r in enumerate(group)]
        if sum(r.default for r in found if r.property == prop) > 1:
            raise FileError(f"{where}.{prop} has more than one record with default = true.")
    entry = Entry(
        name=name,
        formula=_take(where, rest, "formula", str, name),
        title=_take(where, rest, "title", str, name),
        kind=_take(where, rest, "class", str),
        linear=_take(where, rest, "linear", bool),
        charge=float(_take(where, rest, "charge", (int, float), 1)),
        notes=tuple(_take(where, rest, "notes", list, [])),
        _records=tuple(found),
    )
    if entry.kind not in CLASSES:
        raise FileError(f"{where}.class must be one of {', '.join(CLASSES)}; got {entry.kind!r}.")
    if rest:
        known = (*UNITS, "formula", "title", "class", "linear", "charge", "notes")
        raise FileError(f"{where}: {unknown_name('key', next(iter(rest)), known)}")
    return entry


def _record(where: str, prop: str, table: Any) -> Record:
    if not isinstance(table, dict):
        raise FileError(f"{where} must be a table; got {table!r}.")
    rest = dict(table)
    unit = _take(where, rest, "unit", str)
    if unit != UNITS[prop]:
        raise FileError(f"{where}.unit must be {UNITS[prop]}; got {unit!r}.")
    found: dict[str, Any] = {k: _number(where, rest, k, n) for k, n in _NUMBERS.items()}
    if found["value"] is None:
        raise FileError(f"{where}.value is missing.")
    if prop != "vegard" and (found["strain_per_x"] or found["site_concentration"]):
        raise FileError(f"{where}: strain_per_x and site_concentration belong to vegard only.")
    found |= {key: _take(where, rest, key, str) for key in _TEXTS}
    found["verified"] = _take(where, rest, "verified", bool)
    found["default"] = _take(where, rest, "default", bool, False)
    if rest:
        raise FileError(f"{where}: {unknown_name('key', next(iter(rest)), (*found, 'unit'))}")
    found["temperature"] = found.pop("temperature_K")
    return Record(property=prop, unit=unit, **found)


def _take(where: str, table: dict[str, Any], key: str, kind: Any, default: Any = None) -> Any:
    value = table.pop(key, default)
    if value is None:
        raise FileError(f"{where}.{key} is missing.")
    if not isinstance(value, kind):
        raise FileError(f"{where}.{key} has the wrong type; got {value!r}.")
    return value


def _number(where: str, table: dict[str, Any], key: str, counts: tuple[int, ...]) -> Any:
    value = table.pop(key, None)
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in items):
        raise FileError(f"{where}.{key} must be a number in SI units; got {value!r}.")
    if len(items) not in counts:
        words = " or ".join({1: "one number", 2: "[a, b]"}[n] for n in counts)
        raise FileError(f"{where}.{key} must be {words}; got {value!r}.")
    numbers = tuple(float(v) for v in items)
    return numbers if isinstance(value, list) else numbers[0]


materials = Catalogue()
"""The materials of the package (values in SI units), read on first use."""
