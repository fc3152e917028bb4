"""What an array in a file is, without its numbers: for maps that are read chunk by chunk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope import hdf5, zarr_store
from vegard.io.microscope.parsed import Parsed, Variable, axis, printable

_FILTERS = {1, 2, 3, 4, 5, 6, 32000}  # of HDF5 itself, and lzf of h5py: none is a plugin
_LISTED = 8


def of_hdf5(path: Path, asked: dict[str, Any]) -> Parsed:
    """Name, axes and scales of a dataset; its first and last reading are read.

    Parameters
    ----------
    path : Path
        The file.
    asked : dict
        ``dataset``, if the file has several.

    Raises
    ------
    FileError
        If the file is damaged, or it is not certain which data are wanted.
    """
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            store = hdf5.Store(path, file, dict(hdf5.walk(file)))
            found = {n: d for n, d in store.datasets.items() if _holds_map(d)}
            name = _one(path, {n: tuple(d.shape) for n, d in found.items()}, asked.get("dataset"))
            return _outlined(store, name, found[name])
    except (FileError, MemoryError):
        raise
    except Exception as error:  # h5py's errors have no common base
        raise FileError(f"{path} is a damaged HDF5 file: {printable(str(error))}.") from None


def _holds_map(dataset: Any) -> bool:
    scale = dataset.attrs.get("CLASS", b"") in (b"DIMENSION_SCALE", "DIMENSION_SCALE")
    return len(dataset.shape or ()) > 1 and dataset.dtype.kind in "iufc" and not scale


def _one(path: Path, found: dict[str, tuple[int, ...]], wanted: str | None) -> str:
    """The array that is wanted, if that is certain."""
    if wanted is None:
        most = max(map(len, found.values()), default=0)
        names = [n for n, shape in found.items() if len(shape) == most]
    else:
        names = [n for n in found if n.strip("/") == wanted.strip("/")]
    if len(names) != 1:
        listed = ", ".join(f"'{n.strip('/')}' {s}" for n, s in list(found.items())[:_LISTED])
        which = "several maps" if names else f"no map {wanted or ''}".strip()
        raise FileError(
            f"{path} has {which}; dataset= takes one of "
            f"{listed or 'none: it holds no array of numbers with two axes'}."
        )
    return names[0]


def _outlined(store: hdf5.Store, name: str, dataset: Any) -> Parsed:
    path = store.path
    if dataset.is_virtual or dataset.external:
        raise FileError(f"{path}: {name} lies in another file; copy it into this one.")
    filters = dataset.id.get_create_plist()
    numbers = {filters.get_filter(i)[0] for i in range(filters.get_nfilters())}
    if not numbers <= _FILTERS:
        raise FileError(
            f"{path}: {name} is compressed by a plugin of HDF5; repack it with gzip: h5repack -f "
            "GZIP=1 OLD NEW."
        )
    if any(key in dataset.attrs for key in ("scale_factor", "add_offset")):
        raise FileError(f"{path}: {name} is packed (scale_factor); save plain numbers.")
    labels = hdf5.words(dataset, "DIMENSION_LABELS")
    names: list[str] = []
    coords: dict[str, Variable] = {}
    for i, dim in enumerate(dataset.dims):
        scale = dim[0] if len(dim) else None
        own = labels[i] if i < len(labels) else ""
        text = own or (str(scale.name).rsplit("/", 1)[-1] if scale is not None else "")
        new = axis(text) if text else f"dim_{i}"
        names.append(new if new not in names else f"{new}_{i}")
        if scale is not None and scale.shape == dataset.shape[i : i + 1]:
            units = str(hdf5.attributes(scale).get("units", ""))
            coords[names[-1]] = Variable((names[-1],), store.values(scale), units, text)
    for corner in (0, -1):  # a chunk that cannot be unpacked shows here, under the limits
        dataset[(corner,) * (dataset.ndim - 1)]
    return _told(path, name, names, coords, dataset.shape, hdf5.attributes(dataset))


def _told(
    path: Path, name: str, dims: list[str], coords: dict[str, Variable], shape: Any, attrs: Any
) -> Parsed:
    if dims[-1] in ("x", "y"):
        raise FileError(
            f"{path}: {name} has axes {', '.join(dims)}; the curves of a map that is streamed lie "
            "along the last. Save it with that axis last."
        )
    settings = {"dataset": name, "dims": "\n".join(dims), "units": str(attrs.get("units", ""))}
    out = Parsed("array", coordinates=coords, settings=settings)
    out.notes = [f"{name} {tuple(shape)}"]
    return out


def of_zarr(path: Path, asked: dict[str, Any]) -> Parsed:
    """Name, axes and coordinates of an array of a folder; its first and last reading are read.

    Parameters
    ----------
    path : Path
        The folder.
    asked : dict
        ``dataset``, if the folder has several.

    Raises
    ------
    FileError
        If zarr is not there, the folder is damaged, or it is not certain which data are wanted.
    """
    with zarr_store.opened(path) as (_, arrays, dims_of):
        maps = {
            n: tuple(a.shape) for n, a in arrays.items() if a.ndim > 1 and a.dtype.kind in "iufc"
        }
        name = _one(path, maps, asked.get("dataset"))
        array = arrays[name]
        named = dims_of[name] or array.attrs.get("_ARRAY_DIMENSIONS") or []
        dims = [str(d) for d in named] or [f"dim_{i}" for i in range(array.ndim)]
        coords = {
            d: Variable((d,), np.asarray(a[...]), str(a.attrs.get("units", "")), d)
            for i, d in enumerate(dims)
            if (a := arrays.get(d)) is not None and a.shape == array.shape[i : i + 1]
        }
        for corner in (0, -1):
            array[(corner,) * (array.ndim - 1)]
        return _told(path, name, dims, coords, array.shape, dict(array.attrs))
