"""HDF5 files: opened with care, and handed to the reader of their layout (USID, NSID, NetCDF)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io.microscope.parsed import Parsed, fits, keep, plain, printable

_MOST_OBJECTS = 20_000
_MOST_TEXTS = 100_000
_LISTED = 8


@dataclass(slots=True)
class Store:
    """An open file and its datasets by path.

    Parameters
    ----------
    path : Path
        The file, for messages.
    file : h5py.File
        Open for reading.
    datasets : dict
        All datasets that lie in the file itself.
    """

    path: Path
    file: Any
    datasets: dict[str, Any]

    def values(self, dataset: Any) -> NDArray[Any]:
        """The content of a dataset.

        Raises
        ------
        FileError
            If it lies in another file, holds objects, or is too large.
        """
        name = printable(str(dataset.name))
        if dataset.external or dataset.is_virtual:
            raise FileError(f"{self.path}: {name} lies in another file; copy it into this one.")
        if dataset.shape is None:
            raise FileError(f"{self.path}: {name} is empty.")
        if _texts(dataset.dtype):
            return self._read_texts(dataset, name)
        if not _numbers(dataset.dtype):
            raise FileError(
                f"{self.path}: {name} holds objects ({dataset.dtype}), which are never loaded; "
                "save numbers."
            )
        fits(self.path, dataset.size * dataset.dtype.itemsize, name)
        return np.asarray(dataset[()])

    def _read_texts(self, dataset: Any, name: str) -> NDArray[Any]:
        if dataset.size > _MOST_TEXTS:
            raise FileError(f"{self.path}: {name} holds {dataset.size} texts; it is damaged.")
        items = np.asarray(dataset[()])
        words = [str(plain(item)) for item in items.ravel().tolist()]
        fits(self.path, 4 * len(words) * max(map(len, words), default=0), name)
        return np.array(words, dtype=np.str_).reshape(dataset.shape)

    def settings(self, *places: str) -> dict[str, Any]:
        """Attributes of groups, those that come later win."""
        out: dict[str, Any] = {}
        for place in places:
            for key, value in attributes(self.file[place]).items():
                keep(out, key, value)
        return out


def _texts(dtype: Any) -> bool:
    import h5py

    return h5py.check_string_dtype(dtype) is not None


def _numbers(dtype: np.dtype[Any]) -> bool:
    if dtype.names:
        return all(_numbers(dtype[name]) and not dtype[name].names for name in dtype.names)
    return dtype.kind in "biufc" and dtype.itemsize <= 16 and dtype.subdtype is None


def attributes(thing: Any) -> dict[str, Any]:
    """Attributes that are single numbers or texts; nothing else is looked at."""
    out: dict[str, Any] = {}
    for key in thing.attrs:
        info = thing.attrs.get_id(key)
        if info.shape in ((), (1,)) and (_numbers(info.dtype) or _texts(info.dtype)):
            value = thing.attrs[key]
            out[key] = plain(value[0] if isinstance(value, np.ndarray) and value.size else value)
    return out


def words(thing: Any, name: str) -> list[str]:
    """The texts of an attribute, such as labels and units of axes."""
    if name not in thing.attrs or not _texts(thing.attrs.get_id(name).dtype):
        return []
    return [str(plain(item)) for item in np.atleast_1d(thing.attrs[name]).tolist()]


def walk(file: Any) -> Iterator[tuple[str, Any]]:
    """Datasets of a file by path; only what lies in the file, and each once."""
    import h5py

    seen: set[Any] = set()
    queue: list[tuple[str, Any]] = [("", file)]
    while queue:
        path, group = queue.pop(0)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            mark = h5py.h5o.get_info(item.id).addr
            if mark in seen:
                continue
            seen.add(mark)
            if len(seen) > _MOST_OBJECTS:
                return
            if isinstance(item, h5py.Group):
                queue.append((f"{path}/{name}", item))
            elif isinstance(item, h5py.Dataset):
                yield f"{path}/{name}", item


def parse(path: Path, asked: dict[str, Any]) -> Parsed:
    """The data of a file, by its layout.

    Parameters
    ----------
    path : Path
        The file.
    asked : dict
        ``kind``, ``dataset``, ``starts_with``, ``field``; each may be left out.

    Raises
    ------
    FileError
        If h5py is not there, the file is damaged, or it is not certain what is wanted.
    """
    try:
        import h5py
    except ImportError:
        raise FileError(
            f'{path} is an HDF5 file, which needs h5py: pip install "vegard[files]".'
        ) from None
    try:
        with h5py.File(path, "r", locking=False) as file:
            store = Store(path, file, dict(walk(file)))
            return _layout(store, asked)
    except (FileError, MemoryError):
        raise
    except Exception as error:  # h5py's errors have no common base
        reason = printable(" ".join(str(error).split()))
        raise FileError(
            f"{path} is a damaged HDF5 file: {reason or type(error).__name__}."
        ) from None


def _layout(store: Store, asked: dict[str, Any]) -> Parsed:
    from vegard.io.microscope import netcdf, nsid, usid

    for module in (usid, nsid, netcdf):
        if main := module.mains(store):
            parsed: Parsed = module.understood(store, main, asked)
            return parsed
    listed = ", ".join(f"{n} {d.shape}" for n, d in list(store.datasets.items())[:_LISTED])
    raise FileError(
        f"{store.path} is an HDF5 file in a layout that is not known (USID, NSID and NetCDF are); "
        f"it holds {listed or 'no dataset'}. Save it in one of them, or the numbers as CSV."
    )


def chosen(store: Store, mains: dict[str, Any], wanted: str | None) -> dict[str, Any]:
    """The datasets that ``dataset=`` names; all of them without it."""
    if wanted is None:
        return mains
    names = [n for n in mains if n.strip("/") == wanted.strip("/")] or [
        n for n in mains if f"{n}/".endswith(f"/{wanted.strip('/')}/")
    ]
    if len(names) != 1:
        many = "several" if names else "no"
        raise FileError(
            f"{store.path} has {many} data called {wanted!r}; dataset= is one of {listing(mains)}."
        )
    return {names[0]: mains[names[0]]}


def listing(mains: dict[str, Any]) -> str:
    """Names and sizes for a message."""
    parts = [f"'{n.strip('/')}' {tuple(d.shape)}" for n, d in list(mains.items())[:_LISTED]]
    more = len(mains) - len(parts)
    return ", ".join(parts) + (f" and {more} more" if more else "")
