"""Where the curves of a map come from: arrays that are read block by block, in any process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError

Slices = tuple[slice, ...]
Piece = Callable[[], NDArray[Any]]  # picklable: the rows of a block, read where it is called

_HASHED = 2**24  # bytes of an array without blocks that are hashed at a time


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """An array that stays where it is, with the names and coordinates of its axes.

    Parameters
    ----------
    array : array of Zarr, h5py or anything else with shape, dtype and slices
        Curves, shape (..., m).
    dims : tuple of str
        Names of all axes, that of the curves last.
    coords : mapping of str to xarray.Variable
        Coordinates by name.
    attrs : mapping
        Attributes, such as ``units``.
    """

    array: Any
    dims: tuple[str, ...]
    coords: Mapping[str, Any] = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of all axes."""
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        kind: np.dtype[Any] = np.dtype(self.array.dtype)
        return kind


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Curves that lie in memory, or behind anything that is sliced in this process.

    Parameters
    ----------
    array : array
        Shape (..., m).
    dims : tuple of str
        Names of the axes of the map.
    coords : mapping
        Coordinates along them, as xarray takes them.
    blocks : tuple of int, optional
        Sizes of the array's own chunks along the axes of the map.
    """

    array: Any
    dims: tuple[str, ...]
    coords: Mapping[str, Any]
    blocks: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the map."""
        return tuple(self.array.shape[:-1])

    @property
    def columns(self) -> int:
        """Readings of a curve."""
        return int(self.array.shape[-1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a reading."""
        kind: np.dtype[Any] = np.dtype(self.array.dtype)
        return kind

    def read(self, slices: Slices) -> NDArray[Any]:
        """The curves of a block, shape (..., m)."""
        return np.asarray(self.array[slices])

    def piece(self, slices: Slices, client: Any = None) -> Any:
        """What a task gets for a block: rows, a function that reads them, or a future of them."""
        return self.read(slices) if client is not None else partial(self.read, slices)

    def fingerprint(self) -> dict[str, Any]:
        """What tells the same data from others: the SHA-256 of all readings, block by block."""
        whole = sha256()
        for slices in self._parts():
            whole.update(np.ascontiguousarray(self.read(slices)).data.cast("B"))
        return {"sha256": whole.hexdigest(), "blocks": self.blocks}

    def _parts(self) -> Iterator[Slices]:
        row = prod(self.shape[1:]) * self.columns * self.dtype.itemsize
        blocks = self.blocks or (max(_HASHED // row, 1), *self.shape[1:])
        pairs = list(zip(self.shape, blocks, strict=True))
        for corner in product(*(range(0, n, b) for n, b in pairs)):
            yield tuple(slice(i, min(i + b, n)) for i, (n, b) in zip(corner, pairs, strict=True))


class Hdf5(Source):
    """A dataset of a file of HDF5: each task elsewhere opens the file for itself."""

    __slots__ = ()

    def piece(self, slices: Slices, client: Any = None) -> Piece:
        if client is None:  # h5py lets one thread in at a time anyway
            return partial(self.read, slices)
        path = os.path.abspath(self.array.file.filename)
        return partial(_of_hdf5, path, self.array.name, slices)

    def fingerprint(self) -> dict[str, Any]:
        """Path, size and time of the last change of the file, not its content."""
        path = os.path.abspath(self.array.file.filename)
        about = os.stat(path)
        return {
            "hdf5": path,
            "dataset": self.array.name,
            "bytes": about.st_size,
            "mtime_ns": about.st_mtime_ns,
        }


def _of_hdf5(path: str, name: str, slices: Slices) -> NDArray[Any]:
    import h5py

    try:
        file = h5py.File(path, "r", locking=False)
    except OSError:  # a worker in the process that has it open: HDF5 wants the same way of locking
        file = h5py.File(path, "r")
    with file:
        return np.asarray(file[name][slices])


class Zarr(Source):
    """An array of Zarr in a folder: each task reads it for itself."""

    __slots__ = ()

    def piece(self, slices: Slices, client: Any = None) -> Piece:
        return partial(_of_zarr, self.array, slices)

    def fingerprint(self) -> dict[str, Any]:
        """Names, sizes and times of the last change of its files, not their content."""
        root = Path(self.array.store.root, self.array.path).resolve()
        files = sorted(p for p in root.rglob("*") if p.is_file())
        whole = sha256()
        for file in files:
            about = file.stat()
            name = file.relative_to(root).as_posix()
            whole.update(f"{name} {about.st_size} {about.st_mtime_ns}\n".encode())
        return {"zarr": str(root), "files": len(files), "listing_sha256": whole.hexdigest()}


def _of_zarr(array: Any, slices: Slices) -> NDArray[Any]:
    return np.asarray(array[slices])


class Dask(Source):
    """An array of Dask: a block is computed in its task, or by the cluster on its own."""

    __slots__ = ()

    def read(self, slices: Slices) -> NDArray[Any]:
        return np.asarray(self.array[slices].compute())

    def piece(self, slices: Slices, client: Any = None) -> Any:
        block = self.array[slices]
        return partial(_of_dask, block) if client is None else client.compute(block)


def _of_dask(block: Any) -> NDArray[Any]:
    return np.asarray(block.compute(scheduler="synchronous"))


def of(data: Any) -> Source:
    """The curves of a map as something that is read block by block.

    Parameters
    ----------
    data : array of NumPy, xarray, Dask, Zarr or h5py, or `Labelled`
        Shape (..., m), with two axes or more; of xarray and `Labelled` the labels are kept. A
        dataset of h5py in a file and an array of Zarr in a folder are read by the tasks that need
        them, which may run elsewhere; what else lies on a disk, such as a lazy array of xarray that
        Dask does not hold, is read in this process.

    Raises
    ------
    VegardError
        If there are no curves, or no numbers.

    Examples
    --------
    >>> import numpy as np
    >>> source = of(np.arange(24.0).reshape(2, 3, 4))
    >>> source.shape, source.columns, source.read((slice(0, 1), slice(2, 3)))[..., -1].tolist()
    ((2, 3), 4, [[11.0]])
    """
    shape = getattr(data, "shape", ())
    if len(shape) < 2 or 0 in shape:
        raise VegardError(
            f"a map is an array of shape (..., m) with two axes or more; got {tuple(shape)}. Put "
            "the axis of the curves last."
        )
    if np.dtype(data.dtype).kind not in "biufc":
        raise VegardError(f"a map must hold numbers; got {data.dtype}.")
    dims = tuple(f"dim_{i}" for i in range(len(shape) - 1))
    coords: dict[str, Any] = {}
    if hasattr(data, "dims") and hasattr(data, "coords"):
        dims = tuple(str(d) for d in data.dims[:-1])
        coords = {str(k): v for k, v in data.coords.items() if set(v.dims) <= set(dims)}
    kind, array, blocks = _kind(data)
    if blocks is not None:
        blocks = tuple(int(b) for b in blocks[: len(dims)])
    return kind(array, dims, coords, blocks)


def _kind(data: Any) -> tuple[type[Source], Any, Any]:
    """The class of a source, the bare array, and its own chunks."""
    if isinstance(data, Labelled):
        return _kind(data.array)
    home = type(data).__module__.partition(".")[0]
    if home == "xarray":
        if data.chunks is not None:
            return _kind(data.data)
        preferred = data.encoding.get("preferred_chunks")
        known = preferred and all(d in preferred for d in data.dims)
        return Source, data.variable, [preferred[d] for d in data.dims] if known else None
    if home == "dask":
        return Dask, data, data.chunksize
    if home == "zarr":
        import zarr

        blocks = data.shards or data.chunks
        return (Zarr if isinstance(data.store, zarr.storage.LocalStore) else Source), data, blocks
    if home == "h5py" and hasattr(data, "file"):
        return (Hdf5 if _lies_in_file(data) else Source), data, data.chunks
    return Source, data, None


def _lies_in_file(dataset: Any) -> bool:
    """Whether another process finds the numbers under the name of the file."""
    if dataset.file.driver == "core" or dataset.is_virtual or dataset.external:
        return False
    if dataset.file.mode != "r":
        dataset.file.flush()
    return os.path.isfile(dataset.file.filename)
