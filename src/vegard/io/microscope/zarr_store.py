"""Zarr folders that vegard wrote: arrays over named axes, versions 2 and 3 of the format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope import kinds
from vegard.io.microscope.parsed import Parsed, Variable, fits, plain, printable

MARKS = ("zarr.json", ".zgroup", ".zarray")
_PLAIN = re.compile(r"[<>|][biufc]\d{1,2}|[<>|]U\d{1,4}|bool|u?int\d+|float\d+|complex\d+")
_OWN = {"_ARRAY_DIMENSIONS", "coordinates", "units", "column", "dtype", "_FillValue"}
_LONGEST = 1_000_000


def parse(path: Path, asked: dict[str, Any]) -> Parsed:
    """All arrays of a folder.

    Parameters
    ----------
    path : Path
        The folder.
    asked : dict
        Hints; none is used.

    Raises
    ------
    FileError
        If zarr is not there, an array holds objects (which would be unpickled), or it is damaged.
    """
    out = Parsed("array")
    with opened(path) as (group, arrays, names):
        fits(path, sum(a.size * a.dtype.itemsize for a in arrays.values()))
        out.attributes = _attributes(dict(group.attrs))
        beside = set(str(group.attrs.get("coordinates", "")).split())
        for array in arrays.values():
            beside |= set(str(array.attrs.get("coordinates", "")).split())
        for name, array in arrays.items():
            v = _variable(path, name, array, names[name])
            place = out.coordinates if v.dims == (name,) or name in beside else out.variables
            place[name] = v
    out.kind = str(out.attributes.pop("kind", "")) or kinds.told(
        {d for v in out.variables.values() for d in v.dims}
    )
    return out


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, dict[str, Any], dict[str, list[str] | None]]]:
    """The group of a folder, its arrays, and the names of their axes; all errors as `FileError`."""
    names = _checked(path)
    try:
        zarr = import_module("zarr")
    except ImportError:
        raise FileError(
            f'{path} is a Zarr folder, which needs zarr: pip install "vegard[maps]".'
        ) from None
    try:
        group = zarr.open_group(str(path), mode="r")
        yield group, {name: group[name] for name in names}, names
    except (FileError, MemoryError):
        raise
    except Exception as error:  # zarr and its codecs have no common base
        raise FileError(f"{path} is a damaged Zarr folder: {printable(str(error))}.") from None


def _checked(path: Path) -> dict[str, list[str] | None]:
    """Arrays by name with the names of their axes; refused before zarr sees them."""
    found: dict[str, list[str] | None] = {}
    for folder in sorted(p for p in path.iterdir() if p.is_dir()):
        for mark in ("zarr.json", ".zarray"):
            if not (folder / mark).is_file():
                continue
            about = _json(folder / mark)
            kind = about.get("data_type" if mark == "zarr.json" else "dtype")
            if mark == "zarr.json" and about.get("node_type") != "array":
                raise FileError(f"{path} has groups, such as {folder.name!r}; save it without.")
            if isinstance(kind, dict) and kind.get("name") == "fixed_length_utf32":
                kind = "<U1"
            text = json.dumps(about).lower()
            if not isinstance(kind, str) or not _PLAIN.fullmatch(kind) or "pickle" in text:
                raise FileError(
                    f"{path}: {folder.name} holds objects ({kind!r:.40}), which are never loaded; "
                    "save numbers."
                )
            names = about.get("dimension_names")
            found[folder.name] = names if isinstance(names, list) else None
    if not found:
        raise FileError(f"{path} is a Zarr folder without arrays of numbers.")
    return found


def _json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_bytes()[:_LONGEST])
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"{file} is damaged: {printable(str(error))}.") from None
    if not isinstance(data, dict):
        raise FileError(f"{file} is damaged: it holds no description of an array.")
    return data


def _attributes(attrs: dict[str, Any]) -> dict[str, Any]:
    return {
        k: plain(v) for k, v in attrs.items() if k not in _OWN and not isinstance(v, dict | list)
    }


def _variable(path: Path, name: str, array: Any, names: list[str] | None) -> Variable:
    attrs = dict(array.attrs)
    dims = (names or attrs.get("_ARRAY_DIMENSIONS")) if array.ndim else []
    if (
        not isinstance(dims, list)
        or len(dims) != array.ndim
        or len({*map(str, dims)}) != array.ndim
    ):
        raise FileError(f"{path}: {name} lacks the names of its axes.")
    values = np.asarray(array[...])
    if attrs.get("dtype") == "bool":
        values = values.astype(bool)
    units, column = str(attrs.get("units", "")), str(attrs.get("column", ""))
    return Variable(tuple(map(str, dims)), values, units, column, _attributes(attrs))
