"""NetCDF 4 files that vegard wrote: variables over named axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope import kinds
from vegard.io.microscope.hdf5 import Store, attributes, chosen
from vegard.io.microscope.parsed import Parsed, Variable, fits

_PLACE = b"This is a netCDF dimension but not a netCDF variable"
_OWN = {
    "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates",
    "_FillValue", "_nc3_strict", "_NCProperties", "coordinates", "units", "column", "dtype",
}  # fmt: skip
_PACKED = ("scale_factor", "add_offset")


def mains(store: Store) -> dict[str, Any]:
    """Variables of a file that is NetCDF."""
    if "_NCProperties" not in store.file.attrs:
        return {}
    return {name: d for name, d in store.datasets.items() if not _is_place(d)}


def _is_place(dataset: Any) -> bool:
    """Whether a dataset only stands for the length of an axis."""
    name = dataset.attrs.get("NAME", b"")
    raw = name if isinstance(name, bytes) else str(name).encode()
    return raw.startswith(_PLACE)


def understood(store: Store, found: dict[str, Any], asked: dict[str, Any]) -> Parsed:
    """All variables of a file."""
    for name in ("starts_with", "field"):
        if asked.get(name) is not None:
            raise FileError(f"{store.path}: {name}= says nothing about NetCDF; leave it out.")
    deep = [n for n in found if n.count("/") > 1]
    if deep:
        raise FileError(f"{store.path} has groups, such as {deep[0]!r}; save it without.")
    wanted = chosen(store, found, asked.get("dataset"))
    fits(store.path, sum(d.size * d.dtype.itemsize for d in wanted.values()))
    out = Parsed("array")
    out.attributes = {k: v for k, v in attributes(store.file).items() if k not in _OWN}
    beside = _coordinates(store.file)
    for dataset in wanted.values():
        beside |= _coordinates(dataset)
    for path, dataset in found.items():
        name = path.strip("/")
        scale = dataset.attrs.get("CLASS", b"") == b"DIMENSION_SCALE"
        if path in wanted or scale or name in beside:
            place = out.coordinates if scale or name in beside else out.variables
            place[name] = _variable(store, name, dataset, scale)
    out.kind = str(out.attributes.pop("kind", "")) or kinds.told(
        {d for v in out.variables.values() for d in v.dims}
    )
    return out


def _coordinates(thing: Any) -> set[str]:
    return set(str(attributes(thing).get("coordinates", "")).split())


def _variable(store: Store, name: str, dataset: Any, scale: bool) -> Variable:
    about = attributes(dataset)
    if any(key in about for key in _PACKED):
        raise FileError(f"{store.path}: {name} is packed (scale_factor); save plain numbers.")
    values = store.values(dataset)
    if about.get("dtype") == "bool":
        values = values.astype(bool)
    if scale:
        dims: tuple[str, ...] = (name,)
    else:
        dims = tuple(str(d[0].name).rsplit("/", 1)[-1] if len(d) else "" for d in dataset.dims)
    if "" in dims or len(dims) != values.ndim or len(set(dims)) != len(dims):
        raise FileError(f"{store.path} is damaged: {name} lacks the name of an axis.")
    attrs = {k: v for k, v in about.items() if k not in _OWN}
    units, column = str(about.get("units", "")), str(about.get("column", ""))
    return Variable(dims, np.asarray(values), units, column, attrs)
