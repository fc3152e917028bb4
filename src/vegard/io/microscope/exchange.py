"""How the child hands over what it found: a line of JSON, then the bytes of the numbers."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope.parsed import Parsed, Variable

_LISTS = ("notes", "warnings", "unused")
_MAPS = ("settings", "attributes")


def dump(parsed: Parsed, stream: BinaryIO) -> None:
    """Write all of it; nothing is pickled."""
    about: dict[str, Any] = {name: getattr(parsed, name) for name in (*_LISTS, *_MAPS)}
    about |= {"kind": parsed.kind, "technique": parsed.technique}
    arrays = []
    for part in ("coordinates", "variables"):
        rows = []
        for name, v in getattr(parsed, part).items():
            values = np.ascontiguousarray(v.values).reshape(v.values.shape)
            if values.dtype.kind not in "biufcU":
                raise FileError(f"{name} holds objects, which are never handed over.")
            arrays.append(values)
            rows.append([name, v.dims, values.dtype.str, values.shape, v.units, v.column, v.attrs])
        about[part] = rows
    stream.write(json.dumps(about).encode() + b"\n")
    for values in arrays:
        stream.write(values.data if values.size and values.dtype.kind != "U" else values.tobytes())


def load(path: Path) -> Parsed:
    """Read what `dump` wrote; what a child says is checked like any file."""
    with path.open("rb") as stream:
        about = json.loads(stream.readline())
        if "refused" in about:
            raise FileError(str(about["refused"]))
        parts: dict[str, dict[str, Variable]] = {}
        for part in ("coordinates", "variables"):
            parts[part] = {}
            for name, dims, kind, shape, units, column, attrs in about[part]:
                dtype = np.dtype(str(kind))
                if dtype.kind not in "biufcU" or len(dims) != len(shape):
                    raise FileError("the child process handed over something else than numbers.")
                values = np.fromfile(stream, dtype, prod(shape)).reshape(shape)
                parts[part][name] = Variable(tuple(dims), values, units, column, attrs)
    told = {name: about[name] for name in (*_LISTS, *_MAPS)}
    return Parsed(
        about["kind"], about["technique"], parts["variables"], parts["coordinates"], **told
    )
