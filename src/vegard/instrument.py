"""Instruments, and a catalogue of their parts: every number with the address it was read at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vegard.catalogues import TomlCatalogue
from vegard.errors import FileError, VegardError, unknown_name
from vegard.parameters import Parameters, quantity, replace_paths, text

if TYPE_CHECKING:
    from vegard.cantilever import Cantilever

KINDS = ("afm", "lever", "lock-in", "electrometer", "preset")
UNITS: dict[str, str] = {
    "displacement_noise": "m/√Hz",
    "current_noise": "A/√Hz",
    "voltage_noise": "V/√Hz",
    "bandwidth": "Hz",
    "gain": "V/A",
    "frequency_limit": "Hz",
    "stiffness": "N/m",
    "free_resonance": "Hz",
    "quality": "–",
    "length": "m",
    "tip_position": "–",
    "tip_height": "m",
}
_LEVER = ("stiffness", "free_resonance", "quality", "length")  # without these no Cantilever
_BASES = ("measured", "stated", "derived")


@dataclass(frozen=True, slots=True)
class Instrument(Parameters):
    """A microscope with its lever and its ammeter, as far as their noise goes.

    Parameters
    ----------
    name : str
        What it is called.
    displacement_noise : float or None
        White noise of the deflection detector [m/√Hz], in calibrated deflection; None is unknown.
    current_noise : float or None
        Noise of the ammeter with nothing at its input [A/√Hz].
    bandwidth : float or None
        Equivalent noise bandwidth of the measurement [Hz], as the low pass of the lock-in sets it
        (``noise.filter_bandwidth``).
    cantilever : Cantilever or None
        The lever, which has thermal noise and turns deflection into surface displacement.
    source : str or None
        Where the numbers come from.
    voltage_noise : float or None
        Noise voltage at the input of the ammeter [V/√Hz]; it drives a current through whatever lies
        there.

    Notes
    -----
    None is unknown, and the verb that needs it says so. All densities are one-sided.

    Examples
    --------
    >>> afm = Instrument("mine", 50e-15, 5e-15, 100.0)
    >>> afm.replace({"bandwidth": 10.0}).bandwidth
    10.0
    """

    name: str = text("name", default=MISSING)
    displacement_noise: float | None = quantity(
        "white noise of the deflection detector", "S_det^½", "m/√Hz",
        rule=">= 0", unknown=True, hint="Detectors have 1e-15..1e-12 m/√Hz.",
    )  # fmt: skip
    current_noise: float | None = quantity(
        "noise of the ammeter with nothing at its input", "i_n", "A/√Hz",
        rule=">= 0", unknown=True, hint="Ammeters have 1e-16..1e-10 A/√Hz.",
    )  # fmt: skip
    bandwidth: float | None = quantity(
        "equivalent noise bandwidth of the measurement", "B", "Hz", unknown=True
    )
    cantilever: Any = field(default=None, metadata={"doc": "the lever, a vegard.Cantilever"})
    source: str | None = text("where the numbers come from")
    voltage_noise: float | None = quantity(
        "noise voltage at the input of the ammeter", "e_n", "V/√Hz",
        rule=">= 0", default=None, unknown=True, hint="Inputs have 1e-9..1e-7 V/√Hz.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super(Instrument, self).__post_init__()
        if not self.name:
            raise VegardError("Instrument.name must be text; got nothing. Call it something.")
        if self.cantilever is not None and not hasattr(self.cantilever, "contact_stiffness"):
            raise VegardError(
                f"Instrument.cantilever must be a vegard.Cantilever; got {self.cantilever!r}."
            )

    def replace(self, changes: dict[str, Any]) -> Instrument:
        """Copy with values at dotted paths replaced, ``{"cantilever.contact_stiffness": 500}``.

        Raises
        ------
        VegardError
            If a path does not exist, or a value breaks its rule.
        """
        return replace_paths(self, changes)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one part, as it was read.

    Parameters
    ----------
    quantity : str
        Key of ``UNITS``.
    value : float
        The number, in ``unit``.
    unit : str
        SI unit.
    basis : {"measured", "stated", "derived"}
        Measured by the source; stated by a maker or quoted from one; computed by us from what is
        written there, as ``conditions`` says.
    conditions : str
        What it was measured under, or what it holds for.
    source : str
        Address where it was read.
    range : (float, float) or None
        Limits that the source gives.
    """

    quantity: str
    value: float
    unit: str
    basis: str
    conditions: str
    source: str
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an instrument, or a combination of parts, with its readings.

    Parameters
    ----------
    name, title : str
        Key in the catalogue; what it is.
    kind : str
        "afm", "lever", "lock-in", "electrometer" or "preset".
    readings : mapping
        By quantity; what is not there is unknown.
    notes : tuple of str
        What to know before use.
    parts : tuple of str
        Of a preset: the names of its parts.
    bandwidth : float or None
        Of a preset: the measuring bandwidth [Hz], a choice and no reading.
    """

    name: str
    title: str
    kind: str
    readings: Mapping[str, Reading]
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    bandwidth: float | None = None

    def value(self, name: str) -> float | None:
        """The number of a quantity in its SI unit, e.g. [m/√Hz]; None if unknown."""
        if name not in UNITS:
            raise unknown_name("quantity", name, UNITS)
        reading = self.readings.get(name)
        return None if reading is None else reading.value

    def lever(self, **overrides: Any) -> Cantilever:
        """The lever of this part.

        Parameters
        ----------
        **overrides
            Fields of `vegard.Cantilever` in SI units, e.g. the ``quality`` [–] that few makers
            state, or ``contact_stiffness`` [N/m].

        Raises
        ------
        VegardError
            If a field that a lever needs is neither read nor given; if this is no lever.

        Examples
        --------
        >>> instruments.part("OSCM-PT").lever(quality=150).stiffness
        2.0
        """
        from vegard.cantilever import Cantilever

        if self.kind != "lever":
            raise VegardError(f"{self.name!r} is of kind {self.kind}, not a lever.")
        known = {f.name for f in fields(Cantilever)} & set(UNITS)
        values = {k: r.value for k, r in self.readings.items() if k in known} | overrides
        missing = [k for k in _LEVER if k not in values]
        if missing:
            raise VegardError(
                f"{', '.join(missing)} of the lever {self.name!r} could not be read anywhere; "
                f"measure it and use instruments.part({self.name!r}).lever({missing[0]}=…)."
            )
        return Cantilever(**values)

    def instrument(self) -> Instrument:
        """What this part alone knows, as an Instrument; the rest stays None."""
        return Instrument(
            self.name,
            self.value("displacement_noise"),
            self.value("current_noise"),
            self.value("bandwidth"),
            self.lever() if self.kind == "lever" else None,
            "; ".join(dict.fromkeys(r.source for r in self.readings.values())),
            self.value("voltage_noise"),
        )


class Catalogue(TomlCatalogue[Part, Instrument]):
    """Instruments by name, from a TOML data file that is read on first use.

    Parameters
    ----------
    path : str or Path, optional
        A data file of your own in the same format; the one of the package if left out.

    Notes
    -----
    A preset has the noise of its microscope, lever and ammeter. A part by itself has its own
    numbers and leaves the rest unknown: a lock-in is an ammeter by the noise current and noise
    voltage of its input. A lever whose quality factor nobody states has no Cantilever: asking for
    it by name is an error that says so, and ``part(name).lever(quality=…)`` makes it.

    Examples
    --------
    >>> instruments["SP983"].current_noise
    5.5e-15
    >>> instruments["SP938"]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    vegard.errors.VegardError: unknown instrument 'SP938'. Did you mean 'SP983'? Valid: ...
    """

    _what = "instrument"

    def part(self, name: str) -> Part:
        """The part or preset of that name, with its readings and their sources."""
        return self._entry(name)

    def __getitem__(self, name: str) -> Instrument:
        part = self.part(name)
        if part.kind != "preset":
            return part.instrument()
        made = [self[p] for p in part.parts]
        shared = ("displacement_noise", "current_noise", "cantilever", "voltage_noise")
        known: dict[str, Any] = {
            key: next((v for m in made if (v := getattr(m, key)) is not None), None)
            for key in shared
        }
        source = "; ".join(dict.fromkeys(str(m.source) for m in made))
        return Instrument(name, bandwidth=part.bandwidth, source=source, **known)

    def _load(self) -> dict[str, Part]:
        where, data = self._tables()
        made = {name: _part(f"{where}: {name}", name, table) for name, table in data.items()}
        for part in made.values():
            for member in part.parts:
                if member not in made:
                    raise FileError(f"{where}: {part.name}: {unknown_name('part', member, made)}")
        return made

    def table(self, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Rows for comparing: each quantity of ``UNITS`` in its SI unit [m/√Hz, A/√Hz, ...].

        Parameters
        ----------
        names : iterable of str, optional
            Which, in this order; all if left out.

        Returns
        -------
        list of dict
            Keys name, kind, title and the quantities; None where unknown. A preset has those of its
            parts.
        """
        rows = []
        for part in [self.part(n) for n in (self if names is None else names)]:
            values: dict[str, float | None] = {}
            for member in [self.part(p) for p in part.parts] or [part]:
                values |= {k: r.value for k, r in member.readings.items() if k not in values}
            if part.kind == "preset":
                values["bandwidth"] = part.bandwidth
            numbers = {q: values.get(q) for q in UNITS}
            rows.append({"name": part.name, "kind": part.kind, "title": part.title, **numbers})
        return rows


def _part(where: str, name: str, table: Any) -> Part:
    if not isinstance(table, dict):
        raise FileError(f"{where} must be a table [{name}]; got {table!r}.")
    rest = dict(table)
    kind, title = rest.pop("kind", None), rest.pop("title", None)
    if kind not in KINDS or not isinstance(title, str):
        kinds = ", ".join(KINDS)
        raise FileError(f"{where} needs a title and a kind out of {kinds}; got {kind!r}.")
    notes, parts = tuple(rest.pop("notes", ())), tuple(rest.pop("parts", ()))
    if kind == "preset":
        bandwidth = rest.pop("bandwidth", None)
        if rest or not parts or isinstance(bandwidth, bool | str | dict) or not bandwidth:
            raise FileError(f"{where} is a preset: it has title, notes, parts and bandwidth [Hz].")
        return Part(name, title, kind, MappingProxyType({}), notes, parts, float(bandwidth))
    if parts:
        raise FileError(f"{where} has parts, which only a preset has.")
    readings = {q: _reading(f"{where}.{q}", q, r) for q, r in rest.items()}
    return Part(name, title, kind, MappingProxyType(readings), notes)


def _reading(where: str, name: str, table: Any) -> Reading:
    if name not in UNITS:
        raise FileError(f"{where}: {unknown_name('quantity', name, UNITS)}")
    keys = {f.name for f in fields(Reading)} - {"quantity"}
    if not isinstance(table, dict) or not keys - {"range"} <= set(table) <= keys:
        raise FileError(f"{where} must hold {', '.join(sorted(keys - {'range'}))}; range may come.")
    spread = table.get("range", [table["value"], table["value"]])
    numbers = [table["value"], *spread] if isinstance(spread, list) else [spread, None]
    if not all(_positive(v) for v in numbers):
        raise FileError(f"{where} needs numbers > 0 in SI units; got {numbers!r}.")
    if len(spread) != 2 or not spread[0] <= table["value"] <= spread[1]:
        raise FileError(f"{where}.range must be [low, high] about the value; got {spread!r}.")
    if table["unit"] != UNITS[name]:
        raise FileError(f"{where}.unit must be {UNITS[name]}; got {table['unit']!r}.")
    if table["basis"] not in _BASES:
        raise FileError(f"{where}: {unknown_name('basis', table['basis'], _BASES)}")
    if not str(table["source"]).startswith("http"):
        raise FileError(f"{where}.source must be the address; got {table['source']!r}.")
    limits = (float(spread[0]), float(spread[1])) if "range" in table else None
    return Reading(quantity=name, **{**table, "value": float(table["value"]), "range": limits})


def _positive(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value < inf  # type: ignore[operator]


instruments = Catalogue()
