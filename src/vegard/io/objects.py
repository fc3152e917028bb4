"""Sections of an experiment file as objects, driven by the metadata of their fields."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

import numpy as np

from vegard import layered, parameters, units
from vegard.catalogue import UNITS, materials
from vegard.errors import OutOfRegime, VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.io.extras import LINKS, Case, Extras, Hertz, Parasitics, linked
from vegard.io.values import placed

PAIR = ("in_plane", "normal")
AUTO = "auto"
ROWS: dict[str, Mapping[str, Any]] = {"elastic.layers": layered.ROW}  # tables in a list


@dataclass(slots=True)
class Section:
    """An object made from a section, its sweeps and its sources."""

    value: Any
    sweeps: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    auto: list[str] = field(default_factory=list)
    euler: tuple[float, ...] | None = None


def parts() -> dict[str, Field[Any]]:
    """Sections that are objects of the experiment: its fields that name a kind."""
    return {f.name: f for f in fields(Experiment) if "kind" in f.metadata}


def extras() -> dict[str, type]:
    """The other sections that are objects, and their classes."""
    found = {
        "cantilever": Extras,
        **{f"parasitics.{f.name}": Parasitics for f in fields(Parasitics)},
    }
    return {
        name: parameters.field_of(owner, name.rpartition(".")[2]).metadata["kind"]
        for name, owner in found.items()
    }


def sections() -> dict[str, type]:
    """All sections that are objects, and the class or base of the classes they make."""
    return {name: part.metadata["kind"] for name, part in parts().items()} | extras()


def kinds(base: type, *, recipes: bool = False) -> dict[str, type]:
    """Classes that a section can make, by name: all below ``base``, or ``base`` itself.

    With ``recipes`` also those from which the object of an experiment is computed.
    """
    found: dict[str, type] = {}
    stack: list[type] = list(base.__subclasses__())
    while stack:
        cls = stack.pop(0)  # a slotted dataclass follows its unslotted draft: the last one counts
        found[cls.__name__] = cls
        stack += cls.__subclasses__()
    kept = {name: cls for name, cls in found.items() if recipes or cls is not Hertz}
    return kept or {base.__name__: base}


def is_number(meta: Mapping[str, Any]) -> bool:
    """Whether a field is a number with a unit."""
    return "rule" in meta


def given(experiment: Experiment, more: Extras | None = None) -> dict[str, Any]:
    """The objects that there are, by section."""
    found = {name: getattr(experiment, name) for name in parts()}
    for name in extras() if more is not None else ():
        if (value := parameters.get_path(more, name)) is not None:
            found[name] = value
    return found


def numbers(experiment: Experiment, more: Extras | None = None) -> dict[str, tuple[Any, str]]:
    """Value and unit of each known number of an experiment, by dotted path."""
    found: dict[str, tuple[Any, str]] = {}
    for name, part in given(experiment, more).items():
        for f in fields(part):
            value = getattr(part, f.name)
            if is_number(f.metadata) and value is not None:
                found[f"{name}.{f.name}"] = value, f.metadata["unit"]
    return found


def build(name: str, table: dict[str, Any], case: Case | None = None) -> Section:
    """Object of the section ``name``.

    Parameters
    ----------
    name : str
        The section.
    table : dict
        Its keys.
    case : Case, optional
        The sections before it, from which the keys of ``LINKS`` follow unless they are given.

    Raises
    ------
    VegardError
        With the path of the key that is wrong.
    """
    rest = dict(table)
    cls = _class(name, sections()[name], rest)
    out = Section(None)
    entry = None
    if name == "material":
        entry, out.euler = _entry(rest), _euler(rest)
    values: dict[str, Any] = {}
    for key, raw in _spread(name, cls, rest).items():
        path = f"{name}.{key}"
        meta = _field(path, cls, key).metadata
        if raw == AUTO and path in LINKS:
            out.auto.append(path)
            continue
        values[key] = _read(path, meta, raw, out)
        if is_number(meta):
            out.sources[path] = {"source": "experiment file", "verified": None}
    if case is not None:
        values |= _follow(name, cls, values, case, out)
    out.value = _make(name, cls, values, entry, out)
    return out


def _read(path: str, meta: Mapping[str, Any], raw: Any, out: Section) -> Any:
    """A value; of a list the first, the whole becomes a sweep."""
    if not isinstance(raw, list) or not ("options" in meta or is_number(meta)):
        return _value(path, meta, raw)
    if not raw:
        raise VegardError(f"{path} is an empty list; give one value, or more for a sweep.")
    if any(isinstance(item, dict) for item in raw):
        raise VegardError(f"{path}: a pair (in_plane, normal) cannot be swept; run once for each.")
    if any(isinstance(item, list) for item in raw):
        return _tensor(path, meta, raw)
    out.sweeps[path] = tuple(_value(path, meta, item) for item in raw)
    return out.sweeps[path][0]


def _tensor(path: str, meta: Mapping[str, Any], raw: list[Any]) -> Any:
    """Three lists of three are a tensor; a list of numbers is a sweep."""
    if not meta.get("tensor"):
        raise VegardError(f"{path} is a list in a list; a sweep is one list of values.")
    if len(raw) != 3 or any(not isinstance(row, list) or len(row) != 3 for row in raw):
        raise VegardError(
            f"{path} as a tensor is three rows of three, [[…, …, …], […], […]]; a list of numbers "
            "is a sweep, and a tensor cannot be swept: run once for each."
        )
    one = {**meta, "pair": False, "tensor": False}
    return tuple(tuple(_value(path, one, v) for v in row) for row in raw)


def _spread(name: str, cls: type, rest: dict[str, Any]) -> dict[str, Any]:
    """Keys with ``film = { young = … }`` written out as ``film_young``; "rigid" is infinite."""
    known = {f.name: f.metadata for f in fields(cls)}
    out: dict[str, Any] = {}
    for key, raw in rest.items():
        group = [f for f in known if f.startswith(f"{key}_")]
        if key in known or not group:
            new = {key: raw}
        elif raw == "rigid":
            new = {f: float("inf") for f in group if known[f].get("infinite")}
        elif isinstance(raw, dict):
            new = {f"{key}_{part}": value for part, value in raw.items()}
        else:
            new = {}
        if not new:
            form = ", ".join(f"{f.removeprefix(key + '_')} = …" for f in group)
            word = ', or "rigid"' if any(known[f].get("infinite") for f in group) else ""
            raise VegardError(f"{name}.{key} is {{ {form} }}{word}; got {raw!r}.")
        for twice in new.keys() & out.keys():
            raise VegardError(f"{name}.{twice} is given twice, alone and in a table.")
        out |= new
    return out


def _follow(
    name: str, cls: type, values: dict[str, Any], case: Case, out: Section
) -> dict[str, Any]:
    """Values of the keys that follow from other sections; ``out`` remembers which."""
    found: dict[str, Any] = {}
    for f in fields(cls):
        path = f"{name}.{f.name}"
        if path not in LINKS or f.name in values:
            continue
        value = linked(path, case)
        if value is not None:
            found[f.name] = value
            out.sources[path] = {"source": f"follows from {LINKS[path].words}", "verified": None}
            out.auto += [] if path in out.auto else [path]
        elif path in out.auto or f.metadata.get("unknown"):
            unit = f.metadata["unit"]
            raise VegardError(
                f"{path} cannot follow from {LINKS[path].words}, which is not in the file; "
                f"give the {f.metadata['doc']} [{unit}]."
            )
    return found


def _euler(rest: dict[str, Any]) -> tuple[float, ...] | None:
    """Bunge's angles [rad] of ``material.euler``."""
    raw = rest.pop("euler", None)
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) != 3:
        raise VegardError(
            'material.euler is Bunge\'s three angles, ["30 deg", "45 deg", "0 deg"]; got '
            f"{raw!r}. It cannot be swept: run once for each grain."
        )
    angles = [units.parse(v, "rad", "material.euler") for v in raw]
    if not np.isfinite(angles).all():
        raise VegardError(f"material.euler must be finite [rad]; got {raw!r}.")
    return tuple(angles)


def _class(name: str, base: type, rest: dict[str, Any]) -> type:
    known = kinds(base, recipes=True)
    if len(known) == 1 and base.__name__ in known:
        return base
    kind = rest.pop("kind", None)
    if kind is None:
        raise VegardError(f"[{name}] needs kind, one of {', '.join(sorted(known))}.")
    if not isinstance(kind, str):
        raise VegardError(f"{name}.kind takes one name in quotes; got {kind!r}.")
    if kind not in known:
        raise unknown_name(f"{name}.kind", kind, known)
    return known[kind]


def _field(path: str, cls: type, key: str) -> Field[Any]:
    table = {f.name: f for f in fields(cls)}
    section = path.rpartition(".")[0]
    if key not in table:
        placed(section, key)
        for kind, other in kinds(sections()[section], recipes=True).items():
            if key in {f.name for f in fields(other)}:
                raise VegardError(f'[{section}] kind = "{kind}" has {key}; {cls.__name__} has not.')
        special = ["catalogue", "euler"] if section == "material" else []
        special += ["kind"] if len(kinds(sections()[section], recipes=True)) > 1 else []
        raise unknown_name("key", path, [f"{section}.{k}" for k in (*table, *special)])
    return table[key]


def _value(path: str, meta: Mapping[str, Any], raw: Any) -> Any:
    """A value of a field; numbers are parsed and checked here to name their key."""
    if path in ROWS:
        return _rows(path, raw)
    if not is_number(meta):
        return raw
    if not isinstance(raw, dict):
        return parameters.number(path, meta, units.parse(raw, meta["unit"], path))
    if not meta["pair"]:
        raise VegardError(f"{path} takes one number; got {raw!r}.")
    if set(raw) != set(PAIR):
        raise VegardError(
            f"{path} as a pair is {{ in_plane = …, normal = … }}; got the keys {', '.join(raw)}."
        )
    both = {**meta, "pair": False}
    return tuple(_value(f"{path}.{k}", both, raw[k]) for k in PAIR)


def _rows(path: str, raw: Any) -> tuple[tuple[Any, ...], ...]:
    """A list of tables, all with the same keys."""
    names = ", ".join(f"{key} = …" for key in ROWS[path])
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        raise VegardError(f"{path} is a list of tables, [{{ {names} }}, …]; got {raw!r}.")
    for i, row in enumerate(raw):
        if set(row) != set(ROWS[path]):
            raise VegardError(
                f"{path}[{i}] is {{ {names} }}; got the keys {', '.join(row) or 'of nothing'}."
            )
    return tuple(
        tuple(_value(f"{path}[{i}].{key}", meta, row[key]) for key, meta in ROWS[path].items())
        for i, row in enumerate(raw)
    )


def _entry(rest: dict[str, Any]) -> Any:
    """The catalogue's entry of this name; ``catalogue = false`` looks nothing up."""
    look = rest.pop("catalogue", True)
    if not isinstance(look, bool):
        raise VegardError(f"material.catalogue is true or false; got {look!r}.")
    name = rest.get("name")
    if isinstance(name, list):
        raise VegardError("material.name takes one name; run once for each material.")
    if not look or name is None:
        return None
    if name in materials:
        return materials[name]
    if "diffusivity" not in rest or "vegard" not in rest:
        raise unknown_name("material", name, materials)
    return None


def _complete(name: str, cls: type, known: Any, state: str = "is missing") -> None:
    """Nothing without a default may be missing or unknown: a run needs it."""
    for f in fields(cls):
        needed = f.default is MISSING and f.default_factory is MISSING
        if needed and known(f.name) is None:
            unit = f.metadata.get("unit", "")
            unit = f" [{unit}]" if unit not in ("", "–") else ""
            raise VegardError(f"{name}.{f.name} {state}. Give the {f.metadata['doc']}{unit}.")


def _make(name: str, cls: type, values: dict[str, Any], entry: Any, out: Section) -> Any:
    if entry is None:
        _complete(name, cls, values.get)
        try:
            return cls(**values)
        except VegardError as error:
            raise VegardError(f"[{name}] {error}") from None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OutOfRegime)
        made = entry.material(**values)
    _complete(name, cls, lambda key: getattr(made, key), f"is unknown for {entry.name}")
    out.notes += [str(w.message) for w in caught]
    for key in UNITS:
        record = entry.default(key)
        if key not in values and record is not None:
            text = f"{record.source} (read in {record.read_from})"
            out.sources[f"{name}.{key}"] = {"source": text, "verified": record.verified}
    return made


def paths() -> dict[str, Mapping[str, Any]]:
    """Metadata of every field that some section may have, by dotted path."""
    return {
        f"{name}.{f.name}": f.metadata
        for name, base in sections().items()
        for cls in kinds(base, recipes=True).values()
        for f in fields(cls)
    }


def unit(path: str) -> str:
    """SI unit of the number at a dotted path, in whichever class has it."""
    table = {name: meta["unit"] for name, meta in paths().items() if is_number(meta)}
    if path not in table:
        raise unknown_name("number", path, table)
    return str(table[path])
