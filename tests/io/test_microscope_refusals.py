"""Damaged, foreign and malicious files get one clear sentence, and never the better of us."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import h5py
import microscope_files as made
import numpy as np
import pytest
import xarray as xr

import vegard as vg
from vegard.io.microscope import child, exchange, formats, hdf5, parsed

DATA = Path(__file__).parents[3] / "shared" / "data"
real_files = pytest.mark.skipif(
    not DATA.is_dir(), reason="needs the measured files of ../shared/data"
)
WAVE = made.ibw(np.ones((4, 3, 5), "f4"))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sentence(error: BaseException) -> str:
    message = str(error)
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 500
    return message


def refused(name: str, raw: bytes | str = b"", **hints: Any) -> str:
    path = made.put(Path.cwd(), name, raw) if raw else Path(name)
    with pytest.raises(vg.VegardError) as caught:
        vg.read(path, **hints)
    return sentence(caught.value)


def parse(name: str, raw: bytes, **asked: Any) -> str:
    """As `refused`, without a child process: the parsers alone."""
    path = made.put(Path.cwd(), name, raw)
    what = formats.recognise(path)
    assert what
    with pytest.raises(vg.FileError) as caught:
        formats.parse(path, what, asked)
    return sentence(caught.value)


def changed(raw: bytes, at: int, new: bytes) -> bytes:
    return raw[:at] + new + raw[at + len(new) :]


GIGABYTES = (2**30).to_bytes(4, "little")
SXM = made.sxm(np.zeros((3, 2, 2)))
GRID = made.grid(np.zeros((2, 2, 1, 3)))
CASES = [
    ("a.ibw", WAVE[:300], "is cut off or damaged"),
    ("a.ibw", WAVE[:-100], "is cut off or damaged: the labels"),
    ("a.ibw", changed(WAVE, 64 + 68, GIGABYTES), "cannot have the sizes"),
    ("a.ibw", changed(WAVE, 64 + 12, GIGABYTES), "a wave of 1073741824 numbers"),
    ("a.ibw", changed(WAVE, 12, GIGABYTES), "the note should be 1073741824 bytes"),
    ("a.ibw", changed(WAVE, 64 + 16, b"\0\0"), "type 0, which is no numbers"),
    ("a.ibw", changed(WAVE, 64 + 16, b"\x09\0"), "complex whole numbers"),
    ("a.ibw", b"\x05\x00", "is cut off"),
    ("a.gwy", b"GWYPGwyContainer\0" + GIGABYTES, "should be 1073741824 bytes"),
    ("a.gwy", b"GWYO" + bytes(20), "save it again from Gwyddion 2"),
    ("a.gwy", b"GWYPGwyContainer\0\0\0\0\0", "holds no image"),
    ("a.gwy", b"GWYP" + b"A" * 500, "has no end"),
    ("a.sxm", SXM[:-5], "channel 'Current'"),
    ("a.sxm", SXM[:100], "its header has no end"),
    ("a.sxm", SXM.replace(b"       2       2", b"999999 999999  "), "is cut off or damaged"),
    ("a.sxm", SXM.replace(b"DATA_INFO", b"DATA_ONFO"), "does not list the channels"),
    ("a.3ds", GRID.replace(b"Points=3", b"Points=0"), "1 channels of 0 points"),
    ("a.3ds", GRID[: GRID.index(b":HEADER_END:") + 20], "before the first spectrum"),
    ("a.3ds", GRID.replace(b"# Parameters (4 byte)=3", b"# Parameters (4 byte)=1"), "the sweep"),
    ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(50), "is a damaged HDF5 file"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "said"), CASES, ids=[c[2] for c in CASES])
def test_parsers_refuse_what_is_damaged(name: str, raw: bytes, said: str) -> None:
    assert said in parse(name, raw)


def test_a_deep_file_of_gwyddion_is_refused() -> None:
    raw = b""
    for _ in range(50):
        raw = b"a\0oA\0" + len(raw).to_bytes(4, "little") + raw
    raw = b"GWYPA\0" + len(raw).to_bytes(4, "little") + raw
    assert "more than 20 deep" in parse("a.gwy", raw)


@pytest.mark.parametrize("count", [10_000_000, 2**32 - 1])
def test_empty_objects_by_the_million_are_refused(count: int) -> None:
    body = b"a\0O" + count.to_bytes(4, "little") + b"A\0\0\0\0\0" * 300_000
    raw = b"GWYPA\0" + len(body).to_bytes(4, "little") + body
    assert "more than 200000 parts" in parse("a.gwy", raw)


# --- HDF5: nothing but numbers and texts that lie in the file ---


def written(fill: Any) -> bytes:
    with h5py.File("a.h5", "w") as file:
        fill(file)
    return Path("a.h5").read_bytes()


def main(file: h5py.File, **how: Any) -> None:
    """A dataset of NSID, made as said."""
    scale = file.create_dataset("x", data=np.arange(3.0))
    scale.make_scale("x")
    data = file.create_dataset("main", **{"shape": (3,), "dtype": "f8", **how})
    data.attrs["data_type"] = "LINE"
    data.dims[0].attach_scale(scale)


def test_objects_are_never_loaded() -> None:
    raw = written(lambda f: main(f, dtype=h5py.vlen_dtype(np.float64)))
    assert "holds objects" in parse("a.h5", raw)
    raw = written(lambda f: main(f, dtype=h5py.ref_dtype))
    assert "holds objects" in parse("a.h5", raw)
    opaque = np.array([np.void(pickle.dumps(i)) for i in range(3)])
    raw = written(lambda f: main(f, data=opaque, dtype=opaque.dtype))
    assert "holds objects" in parse("a.h5", raw)


def test_other_files_are_not_followed() -> None:
    made.put(Path.cwd(), "secret", bytes(24))
    raw = written(lambda f: main(f, external=[("secret", 0, 24)]))
    assert "lies in another file" in parse("a.h5", raw)
    with h5py.File("b.h5", "w") as file:
        main(file)
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("b.h5", "main", (3,))

    def virtual(file: h5py.File) -> None:
        scale = file.create_dataset("x", data=np.arange(3.0))
        scale.make_scale("x")
        data = file.create_virtual_dataset("main", layout)
        data.attrs["data_type"] = "LINE"
        data.dims[0].attach_scale(scale)

    assert "lies in another file" in parse("a.h5", written(virtual))

    def link(file: h5py.File) -> None:
        file["main"] = h5py.ExternalLink("b.h5", "/main")
        file["again"] = h5py.SoftLink("/main")

    assert "it holds no dataset" in parse("a.h5", written(link))


def test_a_group_that_holds_itself_ends() -> None:
    def loop(file: h5py.File) -> None:
        group = file.create_group("a")
        group["a"] = file["/"]
        main(file)

    made.put(Path.cwd(), "a.h5", written(loop))
    assert formats.parse(Path("a.h5"), "HDF5", {}).kind == "array"


def test_a_small_file_of_gigabytes_is_refused() -> None:
    raw = written(huge)
    assert len(raw) < 20_000
    assert "would take 2.15 GB in memory" in parse("a.h5", raw)


def test_a_small_table_of_gigabytes_is_refused() -> None:
    with h5py.File("a.h5", "w") as file:
        huge(file)
        small = file.create_dataset("raw", data=np.ones((2, 2)))
        for name in ("Position", "Spectroscopic"):
            for end in ("Indices", "Values"):
                small.attrs[f"{name}_{end}"] = file["main"].ref
        del file["main"].attrs["data_type"]
    assert "/main would take 2.15 GB in memory" in parse("a.h5", Path("a.h5").read_bytes())


def huge(file: h5py.File) -> None:
    """Zeros that take no place in the file."""
    data = file.create_dataset("main", (2**14, 2**14), "f8", chunks=(2**9, 2**9))
    data.attrs["data_type"] = "IMAGE"
    for i in range(2):
        scale = file.create_dataset(f"x{i}", (2**14,), "f8", chunks=(2**9,))
        scale.make_scale(f"x{i}")
        data.dims[i].attach_scale(scale)


def test_layouts_that_are_not_known_are_listed() -> None:
    raw = written(lambda f: f.create_dataset("group/numbers", data=np.ones(3)))
    assert "it holds /group/numbers (3,)" in parse("a.h5", raw)


def test_questions_name_the_hint() -> None:
    relaxation, oscillators = made.relaxation()[0], made.oscillators()[0]
    assert "give starts_with='write' or 'read'" in parse("a.h5", relaxation)
    said = parse("a.h5", oscillators, kind="sho")
    assert "give field='off,on' if 0 is without bias" in said
    file = made.Usid({})
    place = file.tables("Position", made.POSITIONS, made.rows(3, 2))
    spectra = file.tables("Spectroscopic", {"Bias": ("V", np.arange(2.0))}, made.rows(2))
    for name in ("first", "second"):
        file.main(name, np.zeros((6, 2)), place, spectra)
    said = parse("a.h5", file.bytes())
    assert "give one: dataset= 'Measurement_000/Channel_000/first' (6, 2), 'Meas" in said
    assert "no data called 'nope'" in parse("a.h5", oscillators, dataset="nope")
    assert "starts_with= says nothing" in parse(
        "a.h5", oscillators, dataset="Fit", starts_with="read"
    )
    settings = {**made.RELAXATION, "BE_repeats": 0.0}
    file = made.Usid(settings)
    place = file.tables("Position", made.POSITIONS, made.rows(3, 2))
    spectra = file.tables("Spectroscopic", {"Frequency": ("Hz", np.arange(2.0))}, made.rows(2))
    file.main("Raw_Data", np.zeros((6, 2)), place, spectra)
    said = parse("a.h5", file.bytes(), starts_with="write")
    assert "1 steps are no whole number of cycles" in said


def test_packed_netcdf_is_refused() -> None:
    data = xr.Dataset({"a": ("x", [1.0, 2.0])})
    packed = {"scale_factor": 0.1, "dtype": "i2", "_FillValue": -1}
    data.to_netcdf("a.nc", engine="h5netcdf", encoding={"a": packed})
    assert "a is packed" in parse("a.nc", Path("a.nc").read_bytes())


@pytest.mark.parametrize(
    "about", [{"dtype": "|O"}, {"dtype": "<f8", "filters": [{"id": "pickle"}]}], ids=str
)
def test_zarr_of_objects_is_refused_before_it_is_opened(about: dict[str, Any]) -> None:
    group = Path("a.zarr")
    (group / "v").mkdir(parents=True)
    (group / ".zgroup").write_text('{"zarr_format": 2}')
    (group / "v" / ".zarray").write_text(json.dumps(about))
    with pytest.raises(vg.FileError, match="v holds objects"):
        vg.read(group)


# --- formats, kinds and hints ---


def test_endings_that_promise_something_else() -> None:
    assert "does not begin as a file .gwy does" in refused("a.gwy", "hello")
    assert "does not begin as a file .ibw does" in refused("a.ibw", "hello, world")
    assert "nccopy -k nc4 a.nc" in refused("a.nc", b"CDF\x01" + bytes(20))
    assert "does not exist" in refused("nope.ibw")
    assert "is a folder" in refused(str(Path.cwd()))


def test_kinds_and_hints_are_checked() -> None:
    assert "its kind is one of image, frequency" in refused("a.ibw", WAVE, kind="eis")
    assert "holds 'image' (channels over y and x), not 'loop'" in refused(
        "a.ibw", WAVE, kind="loop"
    )
    assert "sort= says nothing about 'IBW'" in refused("a.ibw", WAVE, sort=True)
    assert "starts_with= is 'write' or 'read'" in refused("a.ibw", WAVE, starts_with="x")
    text = "t/s,I/A\n0,1\n1,2\n"
    assert "its kind is one of eis, pitt" in refused("a.csv", text, kind="image")
    assert "field= says nothing about 'text'" in refused("a.csv", text, field="off,on")
    assert "dataset= is the path" in refused("a.ibw", WAVE, dataset=3)


@pytest.mark.parametrize(
    ("module", "name", "extra"), [("h5py", "a.h5", "files"), ("zarr", "a.zarr", "maps")]
)
def test_a_missing_package_names_its_extra(
    module: str, name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(name)
    if name == "a.h5":
        path.write_bytes(b"\x89HDF\r\n\x1a\n")
    else:
        (path / "v").mkdir(parents=True)
        (path / "zarr.json").write_text('{"node_type": "group"}')
        (path / "v" / "zarr.json").write_text('{"node_type": "array", "data_type": "float64"}')
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(vg.FileError) as caught:
        formats.parse(path, formats.recognise(path) or "", {})
    assert f'needs {module}: pip install "vegard[{extra}]".' in sentence(caught.value)


# --- the child process ---


def stand_in(monkeypatch: pytest.MonkeyPatch, code: str) -> str:
    """What is said if the child runs ``code`` instead of its parser."""
    start = child._START.replace("main(job)", f"import os, signal, time; {code}")
    monkeypatch.setattr(child, "_START", start)
    return refused("a.ibw", WAVE)


def test_a_crash_of_the_child_is_an_error_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    said = stand_in(monkeypatch, "os.abort()")
    assert "is damaged: reading it made the child process end with code" in said


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SECONDS", 1)
    start = time.monotonic()
    said = stand_in(monkeypatch, "time.sleep(100)")
    assert time.monotonic() - start < 20
    assert "could not be read within 1 s" in said


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of the address space")
def test_a_child_that_asks_for_gigabytes_is_told_no(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from vegard.io.microscope import formats; "
    code += "formats.parse = lambda *a: bytearray(3 * 2**30); main(job)"
    assert "asks for more than 2 GiB of memory" in stand_in(monkeypatch, code)


def test_a_child_that_lies_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"kind": "image", "technique": "", "notes": [], "warnings": [], "unused": [],
              "settings": {}, "attributes": {}, "coordinates": [],
              "variables": [["a", ["x"], "|O", [3], "", "", {}]]}  # fmt: skip
    code = f"open(job['result'], 'w').write({json.dumps(answer)!r} + chr(10))"
    assert "something else than numbers" in stand_in(monkeypatch, code)
    monkeypatch.undo()


def test_a_child_that_says_nothing_sensible(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no sensible answer" in stand_in(monkeypatch, "open(job['result'], 'w').write('x')")


def test_what_the_child_hands_over_is_never_pickled() -> None:
    made_up = parsed.Parsed("array")
    made_up.add("a", parsed.Variable(("x",), np.array([{}], object)))
    with Path("out").open("wb") as stream, pytest.raises(vg.FileError, match="holds objects"):
        exchange.dump(made_up, stream)


def test_the_child_imports_neither_scipy_nor_the_library() -> None:
    code = (
        "import sys; import vegard.io.microscope.child, vegard.io.microscope.exchange, "
        "vegard.io.microscope.ibw, vegard.io.microscope.gwy, vegard.io.microscope.nanonis; "
        "print(' '.join(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(out.stdout.split())
    assert not {"scipy", "xarray", "pint", "h5py", "vegard.experiment"} & loaded


def test_the_folder_at_hand_is_not_searched_for_modules() -> None:
    made.put(Path.cwd(), "numpy.py", "open('taken', 'w')")
    made.put(Path.cwd(), "json.py", "open('taken', 'w')")
    assert vg.read(made.put(Path.cwd(), "a.ibw", WAVE)).kind == "image"
    assert not Path("taken").exists()


# --- writing ---


def test_write_refuses_what_no_format_holds() -> None:
    plane = xr.Dataset({"a": (("y", "x"), np.ones((2, 2)))}, {"y": [0.0, 1.0], "x": [0.0, 1.0]})
    cases: list[tuple[Any, str, str]] = [
        (plane, "a.txt", "its ending is one of .nc, .h5, .hdf5, .gwy"),
        ({"a": 1}, "a.nc", "takes an xarray.Dataset or DataArray; got dict"),
        (plane.rename(a="a/b"), "a.nc", "'a/b' is no name for a file"),
        (plane.assign(t=("x", np.array([{}, {}], object))), "a.h5", "t holds object"),
        (
            plane.assign(t=("x", np.array(["2020"], "M8[D]").repeat(2))),
            "a.h5",
            "t holds datetime64",
        ),
        (plane.assign(a_re=plane.a, a=plane.a * 1j), "a.nc", "a_re exists already"),
        (plane.assign(t=("x", [1.0, 2.0])), "a.gwy", "t is over x (float64)"),
        (plane.assign_coords(x=[0.0, -1.0]), "a.gwy", "a rising, even axis, and x is none"),
        (plane.isel(y=[0]), "a.gwy", "two pixels or more"),
        (plane, "no/such/folder/a.nc", "cannot write"),
    ]
    for data, name, said in cases:
        with pytest.raises(vg.VegardError) as caught:
            vg.write(data, name)
        assert said in sentence(caught.value)
    assert not list(Path.cwd().iterdir())  # whole or not there


# --- measured files ---


@real_files
def test_dart_map() -> None:
    data = vg.read(DATA / "dart_pfm_map.ibw")
    names = ["height", "amplitude1", "amplitude2", "phase1", "phase2", "frequency"]
    assert list(data.data_vars) == names
    assert data.sizes == {"y": 256, "x": 256}
    assert (data.drive_amplitude, data.dart_width, data.quality_factor) == (3, 1e4, 139.75)
    assert abs(float(data.x[-1]) / 5e-6 - 1) < 1e-12
    assert (float(data.phase1.min()), float(data.phase1.max())) == pytest.approx(
        (-np.pi / 2, 1.5 * np.pi), rel=1e-3
    )
    fit = vg.dart(
        data.amplitude1.values, data.amplitude2.values, data.phase1.values, data.phase2.values,
        data.frequency.values, data.dart_width,
    )  # fmt: skip
    good = fit.flag.values == 0
    assert float(np.median(fit.f0.values[good])) == pytest.approx(366e3, rel=0.01)
    assert float(np.median(fit.q.values[good])) == pytest.approx(56, rel=0.1)


@real_files
def test_loops_and_relaxation() -> None:
    loops = vg.read(DATA / "beps_loops_nsid.h5")
    assert (loops.kind, loops.response.dims) == ("loop", ("y", "x", "bias"))
    assert (loops.response.shape, loops.response.units) == ((50, 50, 64), "a.u.")
    assert float(np.abs(loops.bias).max()) == 8.5
    with pytest.raises(vg.FileError, match="starts_with='write'"):
        vg.read(DATA / "synthetic_be_relaxation_usid.h5")
    relaxation = vg.read(DATA / "synthetic_be_relaxation_usid.h5", starts_with="write")
    assert relaxation.response.shape == (4, 4, 1, 255, 31)
    assert float(relaxation.time[5]) == 0  # 5 write steps, then the step of the bias
    assert float(relaxation.time[-1]) == pytest.approx(249 * 0.008, rel=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert vg.read(DATA / "resonance_sweep_nanonis.dat").resonance_frequency == 30281.5211


@real_files
def test_a_measured_map_survives_each_format(tmp_path: Path) -> None:
    data = vg.read(DATA / "dart_pfm_map.ibw")
    for name in ("a.nc", "a.h5", "a.gwy"):
        again = vg.read(vg.write(data, tmp_path / name))
        assert again.settings == data.settings
        assert again.origin_sha256 == data.sha256
        for channel in data.data_vars:
            np.testing.assert_array_equal(again[channel], data[channel])
            assert again[channel].attrs == data[channel].attrs


def test_h5py_is_not_asked_for_objects() -> None:
    assert hdf5._numbers(np.dtype("f8"))
    assert not hdf5._numbers(np.dtype("O"))
    assert not hdf5._numbers(np.dtype([("a", "f4"), ("b", "O")]))
