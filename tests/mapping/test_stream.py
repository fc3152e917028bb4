"""Maps larger than memory: chunks, sources, schedulers, and a process that is killed."""

from __future__ import annotations

import builtins
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import suppress
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given
from hypothesis import strategies as st
from mapped import Toy, curves

from vegard.errors import FileError, VegardError
from vegard.mapping import grids, locks, schedulers, sources, store, stream

TOLD = {"verb": "test", "seed": 7}
TESTS = Path(__file__).parents[1]


def run(data, out, **more):
    options = {"chunks": 40, "manifest": TOLD} | more
    solver = options.pop("solver", Toy())
    return stream.run(solver, sources.of(data), out=out, **options)


def same(a, b):
    """To the last bit: nothing but the order of work differs."""
    assert list(a.data_vars) == list(b.data_vars)
    for name in a.data_vars:
        assert a[name].dtype == b[name].dtype
        assert a[name].values.tobytes() == b[name].values.tobytes()


def files(out):
    """All files of a store but half-written ones, with the time of their last change."""
    return {
        p.relative_to(out).as_posix(): p.stat().st_mtime_ns
        for p in Path(out).rglob("*")
        if p.is_file() and not p.name.startswith(".")
    }


def done_before(out):
    """Files of finished chunks, found by the names alone, as the layout of Zarr has them."""
    markers = {name for name in files(out) if name.startswith("finished/")}
    keep = set(markers)
    for marker in markers:
        keep |= {f"{v}/c/{marker[9:].replace('.', '/')}" for v in Toy().variables}
    return {name: when for name, when in files(out).items() if name in keep}


# --- chunks ---


@given(st.data())
def test_each_pixel_lies_in_one_chunk_and_none_is_alone(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=3), "shape"))
    blocks = data.draw(
        st.none() | st.tuples(*[st.integers(1, 50) for _ in shape]), "blocks of the data"
    )
    each = st.tuples(*[st.integers(1, 60) for _ in shape])
    chunks = data.draw(st.none() | st.integers(1, 2000) | each, "chunks")
    row = data.draw(st.sampled_from((8, 1024, 2**20, 2**28)), "bytes of a curve")
    sizes = grids.choose(shape, chunks, blocks, row)
    count = np.zeros(shape, int)
    cut = list(grids.cut(shape, sizes))
    for index, slices in cut:
        count[slices] += 1
        assert [s.start for s in slices] == [i * c for i, c in zip(index, sizes, strict=True)]
        pixels = prod(s.stop - s.start for s in slices)
        assert pixels > 1 or count.size == 1
    assert (count == 1).all()
    assert len(cut) == prod(grids.counts(shape, sizes))


@pytest.mark.parametrize(
    ("shape", "chunks", "blocks", "row", "expected"),
    [
        ((1024, 1024), None, None, 1024, (2, 1024)),  # 2 MiB
        ((1024, 1024), None, (64, 64), 1024, (64, 64)),  # whole blocks, 4 MiB
        ((1024, 1024), None, (16, 16), 1024, (16, 128)),  # eight of them, 2 MiB
        ((1024, 1024), None, (1024, 1024), 1024, (128, 1024)),  # blocks above 128 MiB are cut
        ((1000,), 300, None, 8, (250,)),  # in equal parts
        ((9,), (4,), None, 8, (5,)),  # 4 + 4 + 1 would leave one
        ((3, 9), (1, 4), None, 8, (1, 5)),
        ((3, 1), 1, None, 8, (3, 1)),  # 2 + 1 would, too
        ((5, 8), (2, 7), None, 8, (2, 8)),  # and so would the corner of 2 × 7
        ((5, 8), (2, 4), None, 8, (2, 4)),  # a last row of four is none
    ],
)
def test_sizes_of_chunks(shape, chunks, blocks, row, expected):
    assert grids.choose(shape, chunks, blocks, row) == expected


@pytest.mark.parametrize("bad", [0, -3, 2.0, "8", True, (4,), (4, 0), (4, 4, 4)])
def test_chunks_that_are_none(bad):
    with pytest.raises(VegardError, match="chunks must be a number of pixels, or one for each"):
        grids.choose((8, 8), bad, None, 8)


# --- sources ---


def made(kind, tmp_path, y):
    """The same curves behind another door."""
    import dask.array as da
    import h5py

    if kind == "numpy":
        return y
    if kind == "strided":
        return np.asfortranarray(y)
    if kind == "dask":
        return da.from_array(y, chunks=(3, 5, -1))
    if kind == "zarr in memory":
        return zarr.create_array({}, data=y, chunks=(3, 5, 8))
    if kind == "zarr":
        return zarr.create_array(tmp_path / "y.zarr", data=y, chunks=(3, 5, 8))
    labelled = xr.DataArray(y, dims=("y", "x", "time"), name="response")
    if kind == "xarray":
        return labelled
    if kind == "xarray of dask":
        return labelled.chunk({"y": 3, "x": 5})
    if kind == "xarray, lazy":
        labelled.to_netcdf(tmp_path / "y.nc", engine="h5netcdf")
        return xr.open_dataarray(tmp_path / "y.nc", engine="h5netcdf")
    core = {"driver": "core", "backing_store": False} if kind == "h5py in memory" else {}
    file = h5py.File(tmp_path / "y.h5", "w", **core)
    return file.create_dataset("a/y", data=y, chunks=(3, 5, 8))


KINDS = (
    "numpy", "strided", "dask", "zarr in memory", "zarr", "xarray", "xarray of dask",
    "xarray, lazy", "h5py in memory", "h5py",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_sources_agree(kind, tmp_path):
    y = curves(13, 11, 8)
    data = made(kind, tmp_path, y)
    source = sources.of(data)
    assert (source.shape, source.columns, source.dtype) == ((13, 11), 8, y.dtype)
    at = (slice(4, 9), slice(2, 11))
    assert (source.read(at) == y[at]).all()
    assert (source.piece(at)() == y[at]).all()
    expected = stream.in_memory(Toy(), sources.of(y), (4, 5))
    same(stream.in_memory(Toy(), source, (4, 5)), expected)
    same(run(data, tmp_path / "out", chunks=(4, 5)), expected)
    own = {"dask", "zarr", "zarr in memory", "xarray of dask", "h5py", "h5py in memory"}
    assert source.blocks == ((3, 5) if kind in own else None)


def test_solvers_get_rows_in_a_row():
    class Looks(Toy):
        def __call__(self, rows):
            assert rows.flags.c_contiguous
            return super().__call__(rows)

    y = curves(40, 8)
    for layout in (np.asfortranarray(y), np.repeat(y, 2, axis=1)[:, ::2], y[::-1]):
        expected = stream.in_memory(Looks(), sources.of(layout.copy(order="C")), 10)
        same(stream.in_memory(Looks(), sources.of(layout), 10), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_fingerprints_tell_data_apart(kind, tmp_path):
    y = curves(13, 11, 8)
    data = made(kind, tmp_path, y)
    first = sources.of(data).fingerprint()
    assert sources.of(data).fingerprint() == first
    json.dumps(first)
    other = tmp_path / "other"
    other.mkdir()
    y[12, 10, 7] += 1e-9
    assert sources.of(made(kind, other, y)).fingerprint() != first


def test_a_file_that_was_changed_is_another(tmp_path):
    import h5py

    made("h5py", tmp_path, curves(13, 11, 8)).file.close()
    marks = []
    for _ in range(2):
        with h5py.File(tmp_path / "y.h5", "r") as file:
            marks.append(sources.of(file["a/y"]).fingerprint())
        os.utime(tmp_path / "y.h5", ns=(1, 1))
    assert marks[0] != marks[1]
    assert marks[1]["mtime_ns"] == 1
    source = sources.of(made("zarr", tmp_path, curves(13, 11, 8)))
    first = source.fingerprint()
    os.utime(tmp_path / "y.zarr/c/1/1/0", ns=(1, 1))
    assert source.fingerprint()["listing_sha256"] != first["listing_sha256"]


def test_complex_curves_and_whole_numbers_come_as_they_are(tmp_path):
    for y in (curves(9, 4) + 1j, (100 * curves(9, 4)).astype(">i2")):
        seen = sources.of(y).read((slice(None),))
        assert seen.dtype == y.dtype
        same(run(y, tmp_path / y.dtype.kind), stream.in_memory(Toy(), sources.of(y)))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.zeros(5), "two axes or more"),
        (np.zeros((0, 5)), r"two axes or more; got \(0, 5\)"),
        (np.array([["a", "b"]]), "must hold numbers"),
        ([[1.0, 2.0]], "two axes or more"),
    ],
)
def test_what_is_no_map(bad, words):
    with pytest.raises(VegardError, match=words):
        sources.of(bad)


def test_labels_are_kept(tmp_path):
    y = xr.DataArray(
        curves(13, 11, 8),
        dims=("y", "x", "time"),
        coords={
            "x": ("x", np.arange(11) * 2e-9, {"units": "m"}),
            "y": ("y", np.arange(13) * 1e-9, {"units": "m"}),
            "time": np.arange(8.0),
            "temperature": 298.15,
            "grain": (("y", "x"), np.arange(143).reshape(13, 11)),
        },
    )
    kept = {"x", "y", "temperature", "grain"}
    maps = run(y, tmp_path / "m.zarr")
    assert tuple(maps.sizes.items()) == (("y", 13), ("x", 11))
    for found in (maps, xr.open_zarr(tmp_path / "m.zarr", chunks=None)):
        assert set(found.coords) == kept
        for name in kept:
            assert found[name].dims == y[name].dims
            assert (found[name].values == y[name].values).all()
        assert found.x.attrs == {"units": "m"}
        assert found.best.dims == ("y", "x")
        assert found.best.attrs == {"units": "m", "long_name": "largest product"}
        assert found.attrs == TOLD
    in_memory = stream.in_memory(Toy(), sources.of(y), 40)
    same(maps, in_memory)
    assert set(in_memory.coords) == kept
    assert tuple(in_memory.sizes) == ("y", "x")


def test_coordinates_that_zarr_does_not_know(tmp_path):
    y = xr.DataArray(curves(4, 3, 8), dims=("y", "x", "t"), coords={"y": range(4), "x": range(3)})
    with pytest.raises(FileError, match="reset_index or drop_vars"):
        run(y.stack(pixel=("y", "x")).transpose("pixel", "t"), tmp_path / "m.zarr")
    assert not list(tmp_path.iterdir())


# --- the store ---


def test_a_store_is_plain_zarr(tmp_path):
    y = curves(13, 11, 8)
    out = tmp_path / "m.zarr"
    maps = run(y, out, chunks=(4, 5))
    assert maps.best._in_memory is False
    raw = zarr.open_array(out / "best", mode="r")
    assert raw.chunks == (4, 6)
    assert (raw[...] == stream.in_memory(Toy(), sources.of(y), (4, 5)).best.values).all()
    told = json.loads((out / "manifest.json").read_text())
    assert (told["schema"], told["chunks"], told["shape"]) == (1, [4, 6], [13, 11])
    assert told["inputs"] == TOLD
    assert len(told["inputs_sha256"]) == 64
    assert sorted(told["variables"]) == ["best", "flag", "which"]
    assert len(list((out / "finished").iterdir())) == 4 * 2
    store.annotate(out, {"counts": "{}"})
    assert xr.open_zarr(out).attrs == TOLD | {"counts": "{}"}
    assert run(y, out, chunks=(4, 5)).attrs["counts"] == "{}"


def test_what_is_not_computed_yet_is_no_number(tmp_path):
    class Stop(Exception):
        pass

    def stop(done, total, what):
        raise Stop

    with pytest.raises(Stop):
        run(
            curves(12, 10, 8),
            tmp_path / "m",
            chunks=(4, 10),
            scheduler="synchronous",
            progress=stop,
        )
    maps = xr.open_zarr(tmp_path / "m", chunks=None)
    assert np.isnan(maps.best[4:]).all()
    assert (maps.flag[4:] == -1).all()
    assert np.isfinite(maps.best[:4]).all()
    assert not (tmp_path / ".m.lock").exists()


def test_a_run_that_was_stopped_goes_on(tmp_path):
    y, said = curves(12, 10, 8), []
    whole = run(y, tmp_path / "whole", chunks=20)
    run(y, tmp_path / "part", chunks=20)
    out = tmp_path / "part"
    gone = ["0.0", "3.0"]
    for name in gone:
        (out / "finished" / name).unlink()
    (out / "best/c/3/0").unlink()
    (out / "best/c/0/0").write_bytes(b"half")  # killed while it wrote
    (out / "best/c/0" / f".0.{'a' * 12}").write_bytes(b"half")
    before = done_before(out)
    maps = run(y, out, chunks=None, progress=lambda *a: said.append(a))
    same(maps, whole)
    assert [a[:2] for a in said] == [(5, 6), (6, 6)]
    after = files(out)
    assert all(after[name] == when for name, when in before.items())
    assert set(after) == set(files(tmp_path / "whole"))
    assert not list(out.rglob(".*"))


@pytest.mark.parametrize("damage", ["zeros", "short", "gone"])
def test_a_chunk_that_is_not_as_it_was_written_is_made_again(tmp_path, damage):
    y = curves(12, 10, 8)
    whole = run(y, tmp_path / "m").load()
    chunk = tmp_path / "m/which/c/1/0"
    raw = chunk.read_bytes()
    chunk.unlink()
    if damage != "gone":
        chunk.write_bytes(raw[:-4] if damage == "short" else bytes(len(raw)))
    said = []
    same(run(y, tmp_path / "m", progress=lambda *a: said.append(a)), whole)
    assert len(said) == 1
    assert chunk.read_bytes() == raw


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"manifest": TOLD | {"seed": 8}}, "other inputs .different: inputs seed."),
        ({"data": curves(12, 10, 8, seed=3)}, "other inputs .different: data sha256."),
        ({"chunks": 60}, r"in chunks of \(4, 10\) pixels, not \(6, 10\)"),
        ({"data": curves(12, 10, 9)}, "other inputs .different: data columns, data sha256."),
    ],
)
def test_maps_of_something_else_are_not_touched(tmp_path, change, words):
    out = tmp_path / "m"
    y = curves(12, 10, 8)
    run(y, out)
    before = files(out)
    options = dict(change)
    with pytest.raises(FileError, match=f"{words}.*resume=False"):
        run(options.pop("data", y), out, **options)
    assert files(out) == before
    options = dict(change)
    new = options.pop("data", y)
    expected = stream.in_memory(Toy(), sources.of(new), options.get("chunks", 40))
    same(run(new, out, resume=False, **options), expected)
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_maps_of_another_version(tmp_path, monkeypatch):
    run(curves(12, 10, 8), tmp_path / "m")
    monkeypatch.setattr("vegard.__version__", "9.9")
    with pytest.raises(FileError, match=r"different: vegard [0-9.]+, now 9\.9"):
        run(curves(12, 10, 8), tmp_path / "m")


@pytest.mark.parametrize("resume", [True, False])
def test_what_others_wrote_is_not_touched(tmp_path, resume):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.txt").write_text("years of work")
    with pytest.raises(FileError, match="did not write: choose another place"):
        run(curves(9, 8), out, resume=resume)
    (out / "manifest.json").write_text('{"schema": 1}')
    with pytest.raises(FileError, match="did not write: choose another place"):
        run(curves(9, 8), out, resume=resume)
    assert (out / "chapter.txt").read_text() == "years of work"
    with pytest.raises(FileError, match="did not write"):
        run(curves(9, 8), out / "chapter.txt", resume=resume)


def test_a_store_with_files_of_others_is_not_replaced(tmp_path):
    out = tmp_path / "m"
    run(curves(9, 8), out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(FileError, match=r"holds 'notes\.txt', which fit_map did not write"):
        run(curves(9, 8), out, resume=False)
    run(curves(9, 8), out)
    assert (out / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_taken_and_leftovers_are_swept(tmp_path):
    (tmp_path / "m[1]").mkdir()
    left = tmp_path / f".m[1].{'0' * 12}.old"
    left.mkdir()
    mine = tmp_path / ".m[1].backup.old"
    mine.mkdir()
    run(curves(9, 8), tmp_path / "m[1]")
    assert not left.exists()
    assert mine.exists()


def test_a_name_that_is_taken(tmp_path):
    y = xr.DataArray(curves(9, 8), dims=("y", "t"), coords={"flag": ("y", range(9))})
    with pytest.raises(VegardError, match="coordinate 'flag', like a map: rename it"):
        run(y, tmp_path / "m")


# --- locks ---


def test_two_runs_at_once(tmp_path):
    words = f"process {os.getpid()} on .* wait for it or end it"
    with locks.locked(tmp_path / "m"), pytest.raises(FileError, match=words):
        run(curves(9, 8), tmp_path / "m")
    run(curves(9, 8), tmp_path / "m")


def test_a_lock_of_the_dead_is_taken_over(tmp_path):
    code = (
        "import os, signal; from pathlib import Path; from vegard.mapping import locks\n"
        f"with locks.locked(Path({str(tmp_path / 'm')!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert (tmp_path / ".m.lock").exists()
    run(curves(9, 8), tmp_path / "m")
    assert not (tmp_path / ".m.lock").exists()


def test_a_lock_of_another_machine_stays(tmp_path):
    lock = tmp_path / ".m.lock"
    lock.write_text('{"pid": 12, "host": "far-away"}')
    with pytest.raises(
        FileError, match=r"process 12 on far-away.*remove .*\.m\.lock if it is over"
    ):
        run(curves(9, 8), tmp_path / "m")
    assert json.loads(lock.read_text())["host"] == "far-away"
    lock.write_text('{"pid"')  # its writer died in the middle
    run(curves(9, 8), tmp_path / "m")


# --- schedulers and errors ---


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
@pytest.mark.parametrize("where", ["memory", "store"])
def test_an_error_names_the_pixels_once(tmp_path, scheduler, where):
    y = curves(12, 10, 8)
    y[5, 3, 0] = -99.0
    options = {"chunks": (4, 5), "scheduler": scheduler}

    def go(solver):
        if where == "memory":
            return stream.in_memory(solver, sources.of(y), **options)
        return run(y, tmp_path / "m", solver=solver, **options)

    with pytest.raises(VegardError, match=r"^pixels \[4:8, 0:5\]: this pixel did not converge"):
        go(Toy(bad=-99.0))
    y[5, 3, 0] = 99.0
    with pytest.raises(RuntimeError, match=r"^pixels \[4:8, 0:5\]: KeyError: 'a bug'"):
        go(Toy(bad=99.0)) if where == "memory" else run(
            y, tmp_path / "n", solver=Toy(bad=99.0), **options
        )


def test_too_little_memory_names_the_fix():
    class Greedy(Toy):
        def __call__(self, rows):
            raise MemoryError("8 GiB")

    with pytest.raises(VegardError, match=r"\[0:9\]: the worker ran out .*8 GiB.*smaller chunks="):
        stream.in_memory(Greedy(), sources.of(curves(9, 8)))


def test_a_cluster_that_is_closed():
    lost = Future()
    lost.cancel()
    lost.set_running_or_notify_cancel()  # as distributed does
    with pytest.raises(VegardError, match=r"\[0:9\]: the cluster was closed"):
        list(stream._bounded(lambda chunk: lost, [((0,), (slice(0, 9),))], 1))


def test_blas_keeps_to_one_thread():
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads():
        return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}

    class Looks(Toy):
        def __call__(self, rows):
            seen.append(threads())
            return super().__call__(rows)

    seen = []
    with threadpool_limits(2, "blas"):
        stream.in_memory(Looks(), sources.of(curves(40, 8)), 10)
        assert threads() == {2}
    assert seen == [{1}] * 4


@pytest.mark.parametrize(
    ("scheduler", "words"),
    [
        ("thread", "unknown scheduler 'thread'. Did you mean 'threads'"),
        (3, "must be one of threads, synchronous, processes, an address"),
    ],
)
def test_schedulers_that_are_none(scheduler, words):
    with pytest.raises(VegardError, match=words):
        stream.in_memory(Toy(), sources.of(curves(9, 8)), None, scheduler)


@pytest.mark.parametrize("missing", ["zarr", "distributed"])
def test_missing_packages(tmp_path, monkeypatch, missing):
    def without(name, *args, **kwargs):
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return found(name, *args, **kwargs)

    found = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(schedulers, "import_module", without)
    expected = r"needs dask and zarr: pip install 'vegard\[maps\]'"
    y = curves(9, 8)
    with pytest.raises(VegardError, match=expected):
        run(y, tmp_path / "m", scheduler="processes")
    maps = stream.in_memory(Toy(), sources.of(y))  # needs none of them
    assert maps.best.shape == (9,)
    if missing == "distributed":
        same(run(y, tmp_path / "m"), maps)


def test_threads_need_nothing_of_dask():
    code = (
        "import sys; from mapped import *; from vegard.mapping import sources, stream\n"
        "stream.in_memory(Toy(), sources.of(curves(40, 8)), 10)\n"
        "print([m for m in ('distributed', 'zarr', 'h5py') if m in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": str(TESTS)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_progress_tells_what_is_left():
    said = []
    stream.in_memory(Toy(0.01), sources.of(curves(40, 8)), 10, "threads", lambda *a: said.append(a))
    assert [a[:2] for a in said] == [(i, 4) for i in (1, 2, 3, 4)]
    assert [a[2] for a in said] == [f"{i} of 4 chunks, 0 s left" for i in (1, 2, 3, 4)]


def test_the_time_left_is_that_of_this_run(monkeypatch):
    clock = iter([100.0, 110.0, 120.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    said = []
    count = stream._Count(1000, 800, lambda *a: said.append(a))
    count.one()
    count.one()
    assert said == [
        (801, 1000, "801 of 1000 chunks, 33 min left"),  # 199 at 10 s
        (802, 1000, "802 of 1000 chunks, 33 min left"),
    ]


@pytest.fixture(scope="module")
def cluster():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as here,
        Client(here, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_cluster_reads_all_sources(cluster, tmp_path, kind):
    y = curves(13, 11, 8)
    expected = stream.in_memory(Toy(), sources.of(y), (4, 5))
    data = made(kind, tmp_path, y)
    scheduler = cluster.cluster if kind == "numpy" else cluster
    scheduler = cluster.scheduler.address if kind == "zarr" else scheduler
    same(run(data, tmp_path / "m", chunks=(4, 5), scheduler=scheduler), expected)
    same(stream.in_memory(Toy(), sources.of(data), (4, 5), scheduler), expected)


@pytest.mark.slow
def test_a_cluster_in_this_process(tmp_path):
    from distributed import LocalCluster

    y = curves(13, 11, 8)
    expected = stream.in_memory(Toy(), sources.of(y), 40)
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as here:
        same(run(made("h5py", tmp_path, y), tmp_path / "m", scheduler=here), expected)


@pytest.mark.slow
def test_a_worker_is_killed(cluster, tmp_path):
    y = curves(40, 10, 8)
    expected = stream.in_memory(Toy(), sources.of(y), 20)

    victims = []

    def kill(done, total, what):
        if done == 4:
            victims.append(next(iter(cluster.run(os.getpid).values())))
            os.kill(victims[0], signal.SIGKILL)

    maps = run(y, tmp_path / "m", solver=Toy(0.2), chunks=20, scheduler=cluster, progress=kill)
    assert victims[0] not in cluster.run(os.getpid).values()
    same(maps, expected)


@pytest.mark.slow
def test_an_error_on_a_cluster_is_raised_once(cluster, tmp_path):
    y = curves(12, 10, 8)
    y[5, 3, 0] = -99.0
    options = {"chunks": (4, 5), "solver": Toy(bad=-99.0), "scheduler": cluster}
    with pytest.raises(VegardError, match=r"^pixels \[4:8, 0:5\]: this pixel did not converge"):
        run(y, tmp_path / "m", **options)
    y[5, 3, 0] = 0.0
    same(
        run(y, tmp_path / "m2", chunks=(4, 5), scheduler=cluster),
        stream.in_memory(Toy(), sources.of(y), (4, 5)),
    )


@pytest.mark.slow
def test_an_address_where_nobody_answers():
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.3s"}),
        pytest.raises(VegardError, match="no scheduler of Dask answers at tcp:"),
    ):
        stream.in_memory(Toy(), sources.of(curves(9, 8)), 4, "tcp://127.0.0.1:9")


# --- killed ---

SERVER = """
import os, sys, zarr, xarray
from mapped import Toy, curves
from vegard.mapping import sources, stream
y, told = curves(60, 50, 32), {"verb": "kill"}
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        stream.run(Toy(0.01), sources.of(y), out=line.strip(), chunks=50, manifest=told)
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Server:
    """A process that has loaded everything, and runs each job in a fork of its own."""

    def __init__(self):
        env = os.environ | {"PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def start(self, out):
        self.process.stdin.write(f"{out}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def status(self):
        return int(self.process.stdout.readline())


@pytest.fixture
def server():
    here = Server()
    with here.process:  # closes its input, at which it ends
        yield here


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a fork, which Windows has not")
def test_killed_at_any_time(tmp_path, server):
    source = sources.of(curves(60, 50, 32))
    lasted = np.inf
    for name in ("warm", "again", "whole"):
        begin = time.monotonic()
        server.start(tmp_path / name)
        assert server.status() == 0
        lasted = min(time.monotonic() - begin, lasted)  # the machine has other things to do, too
    whole = stream.opened(tmp_path / "whole", list(Toy().variables)).load()
    same(whole, stream.in_memory(Toy(), source, 50))
    middle = 0
    for k in range(14):
        out = tmp_path / f"killed_{k}"
        pid = server.start(out)
        time.sleep((k + 0.5) / 14 * lasted)
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(pid, signal.SIGKILL)
        assert server.status() in (0, signal.SIGKILL)
        before = done_before(out) if out.exists() else {}
        finished = sum(name.startswith("finished/") for name in before)
        middle += 0 < finished < 60
        made = []  # chunks of this run
        maps = stream.run(
            Toy(), source, out=out, chunks=50, manifest={"verb": "kill"},
            progress=lambda done, total, what, made=made: made.append(done),
        )  # fmt: skip
        assert len(made) == 60 - finished
        after = files(out)
        assert all(after[name] == when for name, when in before.items())
        assert set(after) == set(files(tmp_path / "whole"))
        same(maps, whole)
        assert not list(out.rglob(".*"))
    assert middle >= 5  # kills that hit the chunks, not the start or the end
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


# --- memory ---

MEASURED = """
import resource, sys, h5py, xarray, zarr
from mapped import Toy
from vegard.mapping import sources, stream
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
with h5py.File(sys.argv[1], "r") as file:
    y = file["y"]
    small = sources.of(y[:2])
    stream.run(Toy(), small, out=sys.argv[2] + ".small", manifest={})
    before = peak()
    maps = stream.run(Toy(), sources.of(y), out=sys.argv[2], manifest={})
    print(before, peak())
"""


def grown(tmp_path, rows):
    """Peak of resident memory [MiB] before and after maps of (rows, 1024, 128) float64."""
    import h5py

    with h5py.File(tmp_path / "y.h5", "w") as file:
        y = file.create_dataset("y", (rows, 1024, 128), "f8", chunks=(16, 64, 128))
        part = curves(64, 1024, 128)
        for i in range(0, rows, 64):
            y[i : i + 64] = part
    env = os.environ | {"PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "y.h5"), str(tmp_path / "m")],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(map(int, done.stdout.split()))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_map(tmp_path):
    before, after = grown(tmp_path, 256)  # 256 MiB
    assert after - before < 100


@pytest.mark.exhaustive
def test_a_gibibyte_within_two(tmp_path):
    before, after = grown(tmp_path, 1024)
    print(before, after)
    assert after < 2048
    assert after - before < 100


# --- files that others wrote ---


def test_files_are_opened_for_streaming(tmp_path):
    import vegard as vg
    from vegard.io.large_maps import open_path

    y = xr.DataArray(
        curves(13, 11, 8) * 1e-12,
        dims=("y", "x", "time"),
        coords={"y": np.arange(13) * 1e-9, "x": np.arange(11) * 1e-9, "time": np.arange(1.0, 9.0)},
        attrs={"units": "m"},
    )
    for name in "yx":
        y[name].attrs["units"] = "m"
    y["time"].attrs["units"] = "s"
    expected = stream.in_memory(Toy(), sources.of(y), 40)
    vg.write(y.to_dataset(name="response"), tmp_path / "y.nc")
    vg.write(y.to_dataset(name="response"), tmp_path / "y.h5")
    bare = y.drop_vars("time").to_dataset(name="response")
    bare.to_zarr(tmp_path / "y.zarr", zarr_format=3, consolidated=False)
    for name, kind in (("y.nc", sources.Hdf5), ("y.h5", sources.Hdf5), ("y.zarr", sources.Zarr)):
        found = open_path(tmp_path / name)
        assert (found.dims, found.attrs) == (("y", "x", "time"), {"units": "m"})
        data = vg.Data("relaxation", np.arange(1.0, 9.0), found, drive=vg.Pulse(0.1))
        assert data.is_map
        source = sources.of(data.y)
        assert type(source) is kind
        maps = run(found, tmp_path / f"{name}.maps")
        same(maps, expected)
        assert maps.y.identical(expected.y)


def test_files_that_are_not_opened_for_streaming(tmp_path):
    import h5py

    from vegard.io.large_maps import open_path

    path = tmp_path / "y.h5"
    with h5py.File(path, "w") as file:
        file["a"], file["b/c"], file["line"] = curves(3, 4, 5), curves(3, 4, 6), curves(7)
        file["packed"] = curves(3, 4)
        file["packed"].attrs["scale_factor"] = 0.1
        file["image"] = curves(3, 4)
        file["image"].dims[1].label = "x"
        elsewhere = h5py.VirtualLayout((3, 4, 5), "f8")
        elsewhere[...] = h5py.VirtualSource(str(tmp_path / "z.h5"), "z", (3, 4, 5))
        file.create_virtual_dataset("virtual", elsewhere)
    assert open_path(path, "b/c").shape == (3, 4, 6)
    for name, words in {
        None: r"several maps; dataset= takes one of 'a' \(3, 4, 5\)",
        "line": "no map line",
        "packed": "is packed",
        "image": "curves of a map that is streamed lie along the last",
        "virtual": "lies in another file",
    }.items():
        with pytest.raises(FileError, match=words):
            open_path(path, name)
    raw = path.read_bytes()
    (tmp_path / "cut.h5").write_bytes(raw[: len(raw) // 2])
    (tmp_path / "y.csv").write_text("time,response\n1,2\n")
    for name, words in {"cut.h5": "damaged", "y.csv": "cannot be read in parts"}.items():
        with pytest.raises(FileError, match=words):
            open_path(tmp_path / name)


def test_grids_name_every_chunk():
    seen = [index for index, _ in grids.cut((5, 7), (2, 3))]
    assert seen == list(product(range(3), range(3)))
