"""The chunks of a map through a solver: in memory, or into a store that outlives the process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError, VegardError
from vegard.mapping import grids, locks, schedulers
from vegard.mapping import store as stores
from vegard.mapping.grids import Index, Slices
from vegard.mapping.sources import Source
from vegard.mapping.store import Store

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int, str], None]
Blocks = dict[str, NDArray[Any]]
Chunk = tuple[Index, Slices]

_UNDER_WAY = 2**29  # bytes of curves that are read at once


class Solver(Protocol):
    """Curves in, maps out: a function of the curves alone, picklable, for any thread."""

    @property
    def variables(self) -> dict[str, tuple[Any, dict[str, Any]]]:
        """Types and attributes of the maps by name, in order."""
        ...

    def __call__(self, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Maps (n,) of curves (n, m)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What is done with each chunk.

    Parameters
    ----------
    solver : Solver
        Makes maps of curves.
    types : dict of str to str
        Variables and their types.
    store : Store, optional
        Takes the maps of a chunk; without it they are returned.
    """

    solver: Solver
    types: dict[str, str]
    store: Store | None = None

    def do(self, index: Index, piece: Any) -> Blocks | None:
        """One chunk, from its curves or from what reads them."""
        with schedulers.one_thread():
            rows = piece() if callable(piece) else piece
            shape = rows.shape[:-1]
            # always rows in a row: BLAS sums the columns of another layout in another order
            found = self.solver(np.ascontiguousarray(rows.reshape(-1, rows.shape[-1])))
            blocks = {
                name: np.asarray(found[name]).astype(kind, casting="same_kind").reshape(shape)
                for name, kind in self.types.items()
            }
        if self.store is None:
            return blocks
        self.store.write(index, blocks)
        return None


def _do(job: Job, index: Index, piece: Any) -> Blocks | None:
    return job.do(index, piece)


def _same(job: Job) -> Job:
    """A task of its own, so that a cluster makes the job anew where a worker took it along."""
    return job


def in_memory(
    solver: Solver,
    source: Source,
    chunks: Any = None,
    scheduler: Any = "threads",
    progress: Progress | None = None,
) -> xr.Dataset:
    """Maps of curves that fit into memory.

    Parameters
    ----------
    solver : Solver
        Makes maps of curves.
    source : Source
        The curves.
    chunks : int or tuple of int, optional
        See `grids.choose`.
    scheduler : str, distributed.Client or cluster of Dask
        See `schedulers.opened`; threads need nothing of Dask.
    progress : callable, optional
        Called with (done, total, what) after each chunk.

    Returns
    -------
    xarray.Dataset
        The variables of the solver over the axes of the map.

    Raises
    ------
    VegardError
        Also what the solver refuses, with the pixels.
    """
    import xarray as xr

    types = _types(solver, source)
    sizes = grids.choose(source.shape, chunks, source.blocks, _row(source))
    todo = list(grids.cut(source.shape, sizes))
    out = {name: np.empty(source.shape, kind) for name, kind in types.items()}
    count = _Count(len(todo), 0, progress)
    if len(todo) == 1 and scheduler == "threads":
        scheduler = "synchronous"  # one chunk needs no second thread
    with closing(_through(Job(solver, types), source, todo, scheduler)) as done:
        for (_, slices), blocks in done:
            for name, block in (blocks or {}).items():
                out[name][slices] = block
            count.one()
    data = {name: (source.dims, out[name], dict(solver.variables[name][1])) for name in types}
    return xr.Dataset(data).assign_coords(source.coords)


def run(
    solver: Solver,
    source: Source,
    *,
    out: str | Path,
    chunks: Any = None,
    scheduler: Any = "threads",
    resume: bool = True,
    progress: Progress | None = None,
    manifest: Mapping[str, Any],
) -> xr.Dataset:
    """Maps of curves that need not fit into memory, chunk by chunk into a Zarr folder.

    A run that ends in the middle, killed or by an error, goes on when it is started again: finished
    chunks stay as they are, and the maps are those of a run in one go to the last bit, on the same
    kind of processor. While it lasts, pixels to come are nan, -1 in whole numbers.

    Parameters
    ----------
    solver, source, chunks, scheduler, progress
        As of `in_memory`. Of a run that goes on, ``chunks`` are those it began with. Processes on
        other machines must find data and ``out`` under the same path.
    out : path-like
        The folder. ``manifest.json`` in it says what it was made of; ``finished/`` has a marker for
        each chunk.
    resume : bool
        False replaces maps that are there.
    manifest : mapping
        All that the solver depends on, as texts, numbers and lists; becomes the attributes of the
        dataset.

    Returns
    -------
    xarray.Dataset
        The maps, read from the folder when they are used.

    Raises
    ------
    FileError
        If ``out`` holds maps of other inputs or something else, if another run writes there, or if
        it cannot be written.
    VegardError
        Also what the solver refuses, with the pixels; chunks that are finished stay.
    """
    try:
        import zarr  # noqa: F401
    except ImportError:
        raise VegardError(schedulers.NEEDS.format("out=")) from None
    path = Path(out)
    with locks.locked(path):
        about = _manifest(solver, source, manifest)
        begun = stores.begun(path) if resume and chunks is None else None
        sizes = begun or grids.choose(source.shape, chunks, source.blocks, _row(source))
        labels = (source.dims, source.coords)
        store = stores.prepared(path, about | {"chunks": list(sizes)}, labels, resume=resume)
        grid = list(grids.cut(source.shape, sizes))
        todo = [chunk for chunk in grid if not store.finished(chunk[0])]
        count = _Count(len(grid), len(grid) - len(todo), progress)
        job = Job(solver, store.types, store)
        with closing(_through(job, source, todo, scheduler)) as done:
            for (index, _), _ in done:
                store.expect(index)
                count.one()
    return opened(path, list(solver.variables))


def opened(path: str | Path, names: list[str]) -> xr.Dataset:
    """Maps of a store, read when they are used.

    Parameters
    ----------
    path : path-like
        The folder.
    names : list of str
        Variables, in order.
    """
    import xarray as xr

    found: xr.Dataset = xr.open_zarr(path, chunks=None, decode_timedelta=False)
    return found[names]


def _types(solver: Solver, source: Source) -> dict[str, str]:
    """Types of the maps by name."""
    if taken := sorted({*solver.variables} & {*source.coords, *source.dims}):
        raise VegardError(f"the data have a coordinate '{taken[0]}', like a map: rename it.")
    return {name: np.dtype(kind).name for name, (kind, _) in solver.variables.items()}


def _row(source: Source) -> int:
    return source.columns * source.dtype.itemsize


def _manifest(solver: Solver, source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the maps are made of."""
    from vegard import __version__

    data = {"dims": source.dims, "columns": source.columns, "type": source.dtype.str}
    about = {
        "vegard": __version__,
        "inputs": dict(given),
        "data": data | source.fingerprint(),
        "shape": source.shape,
        "variables": {
            name: (kind, solver.variables[name][1]) for name, kind in _types(solver, source).items()
        },
    }
    text = json.dumps(about, sort_keys=True)
    digest = sha256(text.encode()).hexdigest()
    return {"schema": stores.SCHEMA, "inputs_sha256": digest, **json.loads(text)}


def _through(
    job: Job, source: Source, todo: list[Chunk], scheduler: Any
) -> Generator[tuple[Chunk, Blocks | None]]:
    """Chunks as they are done, in any order; a few are under way at a time."""
    if not todo:
        return
    with schedulers.one_thread(), schedulers.opened(scheduler) as pool:
        width = pool.width
        sent: Any = job
        if pool.client is None:
            largest = max(prod(s.stop - s.start for s in slices) for _, slices in todo)
            width = max(min(width, _UNDER_WAY // (largest * _row(source))), 1)
        else:
            sent = pool.client.submit(_same, job, pure=False)

        def submit(chunk: Chunk) -> Future[Any]:
            piece = source.piece(chunk[1], pool.client)
            return pool.executor.submit(_do, sent, chunk[0], piece)

        yield from _bounded(submit, todo, width)


def _bounded(
    submit: Callable[[Chunk], Future[Any]], todo: Iterable[Chunk], width: int
) -> Generator[tuple[Chunk, Any]]:
    """Results of tasks, not more than ``width`` of them under way."""
    under_way: dict[Future[Any], Chunk] = {}
    rest = iter(todo)
    try:
        while True:
            while len(under_way) < width and (chunk := next(rest, None)) is not None:
                under_way[submit(chunk)] = chunk
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                chunk = under_way.pop(future)
                error = CancelledError() if future.cancelled() else future.exception()
                if error is not None:
                    raise _told(error, chunk) from error
                yield chunk, future.result()
    finally:
        for future in under_way:
            future.cancel()


def _told(error: BaseException, chunk: Chunk) -> Exception:
    """The error of a task, with the pixels it met."""
    where = "pixels [" + ", ".join(f"{s.start}:{s.stop}" for s in chunk[1]) + "]"
    if isinstance(error, VegardError):
        kind = FileError if isinstance(error, FileError) else VegardError
        return kind(f"{where}: {error}")
    if isinstance(error, CancelledError):
        return VegardError(f"{where}: the cluster was closed. Start one, and run the same again.")
    if isinstance(error, MemoryError) or type(error).__name__ == "KilledWorker":
        return VegardError(
            f"{where}: the worker ran out of memory or was killed, again and again ({error}): give "
            "smaller chunks=, or workers more memory."
        )
    return RuntimeError(f"{where}: {type(error).__name__}: {error}")


class _Count:
    """Chunks done, and when the others will be."""

    def __init__(self, total: int, before: int, progress: Progress | None) -> None:
        self.total, self.before, self.done = total, before, before
        self.start = time.monotonic()
        self.progress = progress

    def one(self) -> None:
        """One more is done; those of an earlier run say nothing about the pace."""
        self.done += 1
        if self.progress is not None:
            pace = (time.monotonic() - self.start) / (self.done - self.before)
            left = lasting(pace * (self.total - self.done))
            what = f"{self.done} of {self.total} chunks, {left} left"
            self.progress(self.done, self.total, what)


def lasting(seconds: float) -> str:
    """A time in words.

    Examples
    --------
    >>> lasting(42.3), lasting(200), lasting(9000)
    ('42 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
