"""Sections of an experiment file as objects, driven by the metadata of their fields."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from vegard import parameters, units
from vegard.catalogue import UNITS, materials
from vegard.errors import OutOfRegime, VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.io.values import placed

PAIR = ("in_plane", "normal")


@dataclass(slots=True)
class Section:
    """An object made from a section, its sweeps and its sources."""

    value: Any
    sweeps: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parts() -> dict[str, Field[Any]]:
    """Sections that are objects of the experiment: its fields that name a kind."""
    return {f.name: f for f in fields(Experiment) if "kind" in f.metadata}


def kinds(base: type) -> dict[str, type]:
    """Classes that a section can make, by name: all below ``base``, or ``base`` itself."""
    found: dict[str, type] = {}
    stack: list[type] = list(base.__subclasses__())
    while stack:
        cls = stack.pop(0)  # a slotted dataclass follows its unslotted draft: the last one counts
        found[cls.__name__] = cls
        stack += cls.__subclasses__()
    return found or {base.__name__: base}


def is_number(meta: Mapping[str, Any]) -> bool:
    """Whether a field is a number with a unit."""
    return "rule" in meta


def numbers(experiment: Experiment) -> dict[str, tuple[Any, str]]:
    """Value and unit of each known number of an experiment, by dotted path."""
    found: dict[str, tuple[Any, str]] = {}
    for name in parts():
        part = getattr(experiment, name)
        for f in fields(part):
            value = getattr(part, f.name)
            if is_number(f.metadata) and value is not None:
                found[f"{name}.{f.name}"] = value, f.metadata["unit"]
    return found


def build(name: str, table: dict[str, Any]) -> Section:
    """Object of the section ``name``.

    Raises
    ------
    VegardError
        With the path of the key that is wrong.
    """
    rest = dict(table)
    base = parts()[name].metadata["kind"]
    cls = _class(name, base, rest)
    entry = _entry(rest) if name == "material" else None
    values: dict[str, Any] = {}
    out = Section(None)
    for key, raw in rest.items():
        path = f"{name}.{key}"
        meta = _field(path, cls, key).metadata
        if isinstance(raw, list) and ("options" in meta or is_number(meta)):
            if not raw:
                raise VegardError(f"{path} is an empty list; give one value, or more for a sweep.")
            if any(isinstance(item, dict) for item in raw):
                raise VegardError(
                    f"{path}: a pair (in_plane, normal) cannot be swept; run once for each."
                )
            out.sweeps[path] = tuple(_value(path, meta, item) for item in raw)
            values[key] = out.sweeps[path][0]
        else:
            values[key] = _value(path, meta, raw)
        if is_number(meta):
            out.sources[path] = {"source": "experiment file", "verified": None}
    out.value = _make(name, cls, values, entry, out)
    return out


def _class(name: str, base: type, rest: dict[str, Any]) -> type:
    known = kinds(base)
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
    section = path.split(".")[0]
    if key not in table:
        placed(section, key)
        for kind, other in kinds(parts()[section].metadata["kind"]).items():
            if key in {f.name for f in fields(other)}:
                raise VegardError(f'[{section}] kind = "{kind}" has {key}; {cls.__name__} has not.')
        special = ("catalogue",) if cls is parts()["material"].metadata["kind"] else ("kind",)
        raise unknown_name("key", path, [f"{section}.{k}" for k in (*table, *special)])
    return table[key]


def _value(path: str, meta: Mapping[str, Any], raw: Any) -> Any:
    """A value of a field; numbers are parsed and checked here to name their key."""
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
        for name, part in parts().items()
        for cls in kinds(part.metadata["kind"]).values()
        for f in fields(cls)
    }


def unit(path: str) -> str:
    """SI unit of the number at a dotted path, in whichever class has it."""
    table = {name: meta["unit"] for name, meta in paths().items() if is_number(meta)}
    if path not in table:
        raise unknown_name("number", path, table)
    return str(table[path])
