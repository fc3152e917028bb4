"""From arrays to a labelled dataset in SI, with its story and the file's digest."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.errors import FileError
from vegard.io import assembly, texts
from vegard.io.hints import Hints
from vegard.io.microscope import child, kinds, settings
from vegard.io.microscope.formats import CURVE
from vegard.io.microscope.parsed import Parsed, Variable, printable

if TYPE_CHECKING:
    import xarray as xr

SCHEMA = 1
_PARTS = ("_re", "_im")
_AS_THEY_ARE = ("", "–", "a.u.", "m", "s", "Hz", "V", "A", "rad", "N", "Pa", "degC", "°C")


def load(path: Path, what: str, kind: str | None, told: Hints) -> xr.Dataset:
    """The dataset of a microscope's file.

    Parameters
    ----------
    path : Path
        The file, or a folder of Zarr.
    what : str
        Its format, see `formats.recognise`.
    kind : str, optional
        One of `kinds.KINDS`, as a check; of several data in a file it chooses.
    told : Hints
        Of these ``dataset``, ``starts_with`` and ``field``.

    Raises
    ------
    FileError
        If the file is damaged, or it is not certain what is wanted.
    """
    told.fit(path, what)
    if kind is not None and kind not in kinds.KINDS:
        raise FileError(
            f"{path} is of the format {what}; its kind is one of {', '.join(kinds.KINDS)}, not "
            f"{kind!r}."
        )
    if what == CURVE:
        from vegard.io.microscope import nanonis

        parsed = nanonis.curve(path)
    else:
        asked = {"kind": kind, **{n: getattr(told, n) for n in ("dataset", "starts_with", "field")}}
        parsed = child.opened(path, what, asked)
    kinds.agree(path, kind, parsed.kind)
    return _dataset(path, what, parsed)


def is_sweep(path: Path, what: str | None) -> bool:
    """Whether a file of Nanonis is a sweep of frequency, which is a table like any other."""
    if what != CURVE:
        return False
    from vegard.io.microscope import nanonis

    return "freq" in str(nanonis.curve_header(texts.read(path)).get("Experiment", "")).lower()


def curve_settings(path: Path) -> dict[str, Any]:
    """Settings in the header of a curve of Nanonis, as attributes."""
    from vegard.io.microscope import nanonis

    found = nanonis.curve_header(texts.read(path))
    numbers, _ = settings.known(found)
    return {"format": CURVE, "settings": json.dumps(found, ensure_ascii=False), **numbers}


def _dataset(path: Path, what: str, parsed: Parsed) -> xr.Dataset:
    import xarray as xr

    own = bool(parsed.attributes)
    variables = _joined(parsed.variables) if own else parsed.variables
    notes = list(parsed.notes)
    data: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    for store, found in ((coordinates, parsed.coordinates), (data, variables)):
        for name, v in found.items():
            store[name] = _labelled(name, v, own, notes)
    try:
        made = xr.Dataset(data, coordinates)
    except ValueError as error:  # axes of different lengths under one name
        raise FileError(f"{path} is damaged: {' '.join(str(error).split())[:200]}.") from None
    if not own:  # rows first, whatever the file has
        made = made.transpose("y", "x", ..., missing_dims="ignore")
    return made.assign_attrs(_attributes(path, what, parsed, notes))


def _labelled(name: str, v: Variable, own: bool, notes: list[str]) -> tuple[Any, ...]:
    values, unit = v.values, printable(v.units)
    if values.dtype.byteorder not in "=|":
        values = values.astype(values.dtype.newbyteorder("="))
    if not own and unit not in _AS_THEY_ARE:
        values, unit, more = assembly.best_si(name, values, unit)
        notes += more
    words = {"units": unit, "column": printable(v.column)}
    if own:
        words = {key: word for key, word in words.items() if word}
    return (v.dims, values, {**words, **v.attrs})


def _joined(variables: dict[str, Variable]) -> dict[str, Variable]:
    """Complex variables from the pairs in which NetCDF and Gwyddion keep them."""
    out: dict[str, Variable] = {}
    for name, v in variables.items():
        base, end = name[:-3], name[-3:]
        pair = [variables.get(base + part) for part in _PARTS]
        if end not in _PARTS or None in pair or pair[0].dims != pair[1].dims:  # type: ignore[union-attr]
            out[name] = v
        elif end == "_re":
            values = np.empty(v.values.shape, np.result_type(v.values, np.complex64))
            values.real, values.imag = (p.values for p in pair)  # type: ignore[union-attr]
            out[base] = v._replace(values=values)
    return out


def _attributes(path: Path, what: str, parsed: Parsed, notes: list[str]) -> dict[str, Any]:
    """Where the data come from, and what the instrument was set to."""
    from vegard import __version__

    own = dict(parsed.attributes)
    for name in ("source", "sha256", "format"):  # those of the file that was read are told below
        if name in own:
            own.setdefault(f"origin_{name}", own[name])
    numbers, told = settings.known(parsed.settings)
    new: dict[str, Any] = {
        "schema": SCHEMA,
        "vegard": __version__,
        "kind": parsed.kind,
        "source": path.name,
        "sha256": _digest(path),
        "format": what,
    }
    story = {
        "technique": parsed.technique,
        "notes": "\n".join([*notes, *told]),
        "warnings": "\n".join(parsed.warnings),
        "unused": "\n".join(parsed.unused),
        "settings": json.dumps(parsed.settings, ensure_ascii=False),
    }
    return {**story, **numbers, **own, **new}


def _digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, that of its files' names and digests."""
    if not path.is_dir():
        return texts.digest(path)
    whole = sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        whole.update(f"{file.relative_to(path).as_posix()}\n{texts.digest(file)}\n".encode())
    return whole.hexdigest()
