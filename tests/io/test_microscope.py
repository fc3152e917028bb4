"""Files of microscopes become labelled arrays in SI, with units, settings and digest."""

from __future__ import annotations

import hashlib
import json
from math import pi
from pathlib import Path
from typing import Any

import h5py
import microscope_files as made
import numpy as np
import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

import vegard as vg
from vegard.commands.info import info
from vegard.io.microscope import formats

RNG = np.random.default_rng(7)
EXACT = 1e-12  # one multiplication in double precision
SINGLE = 1e-6  # one multiplication in single precision


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, raw: bytes | str, **hints: Any) -> xr.Dataset:
    return vg.read(made.put(Path.cwd(), name, raw), **hints)


# --- Asylum ---


@pytest.mark.parametrize(("kind", "order"), [("f4", "<"), ("f8", ">"), ("i2", "<"), ("c8", ">")])
def test_wave_has_its_channels_over_y_and_x(kind: str, order: str) -> None:
    values = (100 * RNG.normal(size=(4, 3, 5))).astype(kind)  # x, y, channel
    data = read("a.ibw", made.ibw(values, order=order))
    assert list(data.data_vars) == [
        "height_trace", "height_retrace", "phase1", "frequency", "channel_5",
    ]  # fmt: skip
    assert data.height_retrace.dims == ("y", "x")
    np.testing.assert_array_equal(data.height_retrace, values[:, :, 1].T)
    np.testing.assert_allclose(data.phase1, values[:, :, 2].T * pi / 180, rtol=SINGLE)
    np.testing.assert_allclose(data.x, 5e-7 * np.arange(4), rtol=EXACT)
    np.testing.assert_allclose(data.y, 1e-7 + 2.5e-7 * np.arange(3), rtol=EXACT)
    assert data.height_trace.dtype == np.dtype(kind)  # in the order of this machine
    units = {n: data[n].units for n in (*data.data_vars, "x")}
    assert units == {
        "height_trace": "m", "height_retrace": "m", "phase1": "rad", "frequency": "Hz",
        "channel_5": "", "x": "m",
    }  # fmt: skip
    assert data.phase1.direction == "retrace"


def test_wave_has_the_settings_of_its_note() -> None:
    raw = made.ibw(np.zeros((2, 2, 5), "f4"))
    data = read("a.ibw", raw)
    assert (data.kind, data.source, data.format) == ("image", "a.ibw", "IBW")
    assert data.sha256 == hashlib.sha256(raw).hexdigest()
    assert data.drive_amplitude == 3  # keys repeat, the last wins
    assert data.drive_frequency == 3.5e5
    assert data.quality_factor == 139.75  # of the tune, rather than of the thermal spectrum
    assert data.inverse_optical_sensitivity == 1.2e-7
    assert data.scan_size == 2e-6
    assert data.dart_width == 1e4
    assert json.loads(data.settings)["UserCalcUnit"] == "°"
    assert data.technique == "DART, PFM Mode"
    assert "quality_factor = 139.75 is 'TuneQResult' of the file." in data.notes


def test_curve_of_channels_and_wave_of_version_2() -> None:
    values = RNG.normal(size=(6, 2)).astype("f4")
    data = read("a.ibw", made.ibw(values, (b"Defl\0ection", b"ZSensor"), units=b"s", labelled=1))
    assert (data.kind, list(data.data_vars)) == ("curve", ["defl", "zsensor"])
    np.testing.assert_array_equal(data.zsensor, values[:, 1])
    np.testing.assert_allclose(data.time, 5e-7 * np.arange(6), rtol=EXACT)
    old = read("b.ibw", made.ibw2(np.arange(9.0)))
    np.testing.assert_array_equal(old["curve"], np.arange(9.0))
    np.testing.assert_allclose(old.time, 2.0 + 0.5 * np.arange(9), rtol=EXACT)
    assert old.drive_amplitude == 3


def test_wave_without_labels_is_one_image() -> None:
    values = RNG.normal(size=(4, 3)).astype("f4")
    data = read("a.ibw", made.ibw(values, ()))
    np.testing.assert_array_equal(data.wave, values.T)
    assert data.warnings == ""


def test_wave_with_a_wrong_checksum_is_doubted() -> None:
    raw = bytearray(made.ibw(np.zeros((2, 2, 5), "f4")))
    raw[64 + 28] ^= 1  # the name of the wave
    with pytest.warns(vg.OutOfRegime, match="checksum"):
        read("a.ibw", bytes(raw))


# --- HDF5 ---


def test_relaxation_is_zero_at_the_step_of_the_bias() -> None:
    raw, values = made.relaxation()
    data = read("a.h5", raw, starts_with="write")
    assert (data.kind, data.technique) == ("relaxation", "BERelaxData")
    assert data.response.dims == ("y", "x", "cycle", "time", "frequency")
    np.testing.assert_array_equal(data.response, values)
    np.testing.assert_allclose(data.time, 0.008 * np.arange(-2, 4), rtol=EXACT)
    assert data.stage.values.tolist() == ["write"] * 2 + ["read"] * 4
    np.testing.assert_allclose(data.frequency, np.linspace(3e5, 3.4e5, 5), rtol=SINGLE)
    np.testing.assert_allclose(data.x, [0, 5e-7, 1e-6], rtol=EXACT)
    np.testing.assert_array_equal(data.bias, [[4, 4, 0, 0, 0, 0]] * 2)
    assert (data.drive_amplitude, data.pulse_duration) == (1.5, 0.002)
    assert (data.response.units, data.frequency.units, data.bias.units) == ("V", "Hz", "V")


def test_relaxation_that_starts_with_reading() -> None:
    with pytest.warns(vg.OutOfRegime, match="the other way round"):
        data = read("a.h5", made.relaxation()[0], starts_with="read")
    np.testing.assert_allclose(data.time, 0.008 * np.arange(6), rtol=EXACT)
    assert data.stage.values.tolist() == ["read"] * 4 + ["write"] * 2


def test_oscillators_have_the_names_of_fit_sho() -> None:
    raw, values = made.oscillators()
    data = read("a.h5", raw, kind="sho", field="off,on")  # the guess is not taken
    assert list(data.data_vars) == ["amplitude", "f0", "q", "phase", "r2"]
    assert data.f0.dims == ("y", "x", "bias", "field")
    np.testing.assert_array_equal(data.f0, values["Frequency [Hz]"])
    assert data.field.values.tolist() == ["off", "on"]
    np.testing.assert_array_equal(data.bias, [0, 2, -2, 0])
    assert (data.amplitude.units, data.f0.units, data.phase.units) == ("V", "Hz", "rad")
    guess = read("a.h5", raw, dataset="Guess", field="on,off")
    assert guess.field.values.tolist() == ["on", "off"]
    full = read("a.h5", raw, field="off,on")  # what was measured, unless something else is asked
    assert full.unused.count("SHO_Fit") == 2
    assert (full.kind, full.response.shape) == ("frequency", (2, 3, 4, 2, 3))


def test_scan_that_was_broken_off_stays_a_list() -> None:
    file = made.Usid({})
    place = file.tables("Position", made.POSITIONS, made.rows(3, 2)[:5])
    spectra = file.tables("Spectroscopic", {"Bias": ("V", np.arange(3.0))}, made.rows(3))
    file.main("Raw_Data", np.arange(15.0).reshape(5, 3), place, spectra, quantity="R", units="V")
    data = read("a.h5", file.bytes())
    assert data.response.dims == ("pixel", "bias")
    np.testing.assert_allclose(data.x, [0, 5e-7, 1e-6, 0, 5e-7], rtol=EXACT)
    assert "no full grid" in data.notes


def test_positions_in_any_order_are_sorted() -> None:
    file = made.Usid({})
    order = RNG.permutation(6)
    place = file.tables("Position", made.POSITIONS, made.rows(3, 2)[order])
    spectra = file.tables("Spectroscopic", {"Bias": ("V", np.arange(4.0))}, made.rows(4))
    values = RNG.normal(size=(6, 4))
    file.main("Raw_Data", values[order], place, spectra, quantity="R", units="V")
    np.testing.assert_array_equal(read("a.h5", file.bytes()).response, values.reshape(2, 3, 4))


def test_envelope_of_bias_that_grows_keeps_its_values() -> None:
    file = made.Usid({})
    place = file.tables("Position", {"X": ("m", np.arange(2.0))}, made.rows(2))
    index = made.rows(3, 2)  # bias runs fastest, then FORC
    axes = {"DC_Offset": ("V", np.arange(3.0)), "FORC": ("", np.arange(2.0))}
    spectra = file.tables("Spectroscopic", axes, index)
    spectra["Spectroscopic_Values"][0] = [0, 1, 2, 0, 2, 4]
    file.main("Raw_Data", np.zeros((2, 6)), place, spectra, quantity="R", units="V")
    data = read("a.h5", file.bytes())
    assert (data.kind, data.response.dims) == ("loop", ("x", "forc", "bias_step"))
    np.testing.assert_array_equal(data.bias, [[0, 1, 2], [0, 2, 4]])


def nsid(name: str = "a.h5") -> h5py.File:
    """A file in the NSID layout, of one loop on 2 × 3 pixels."""
    file = h5py.File(name, "w")
    group = file.create_group("Measurement_000/Channel_000/loops")
    values = RNG.normal(size=(3, 2, 4))
    main = group.create_dataset("loops", data=values)
    for i, (label, unit, n) in enumerate((("X", "um", 3), ("Y", "um", 2), ("Voltage", "V", 4))):
        scale = group.create_dataset(label, data=np.arange(float(n)))
        scale.attrs["units"] = unit
        scale.make_scale(label)
        main.dims[i].label = label
        main.dims[i].attach_scale(scale)
    main.attrs.update({"data_type": "SPECTRAL_IMAGE", "quantity": "Piezoresponse", "units": "pm"})
    group.create_group("metadata").attrs["Q"] = 55.0
    return file


def test_nsid_loops() -> None:
    with nsid() as file:
        values = file["Measurement_000/Channel_000/loops/loops"][()]
    data = vg.read("a.h5")
    assert (data.kind, data.response.dims) == ("loop", ("y", "x", "bias"))
    np.testing.assert_allclose(data.response, np.moveaxis(values, 0, 1) * 1e-12, rtol=EXACT)
    assert (data.response.units, data.response.column) == ("m", "Piezoresponse")
    np.testing.assert_allclose(data.x, [0, 1e-6, 2e-6], rtol=EXACT)
    assert data.quality_factor == 55


def test_two_data_over_different_axes_are_a_question() -> None:
    with nsid() as file:
        group = file["Measurement_000/Channel_000/loops"]
        scale = group.create_dataset("X2", data=np.arange(7.0))
        scale.make_scale("X")
        more = group.create_dataset("line", data=np.arange(7.0))
        more.dims[0].label = "X"
        more.dims[0].attach_scale(scale)
        more.attrs.update({"data_type": "LINE", "quantity": "Line", "units": "m"})
    with pytest.raises(vg.FileError, match=r"different axes; give one: dataset= .*loops/line"):
        vg.read("a.h5")
    assert vg.read("a.h5", dataset="line").sizes == {"x": 7}


# --- Nanonis ---


@pytest.mark.parametrize("down", [False, True])
def test_nanonis_image_is_the_right_way_round(down: bool) -> None:
    planes = RNG.normal(size=(3, 2, 4)).astype("f4")
    data = read("a.sxm", made.sxm(planes, down))
    step = -1 if down else 1
    np.testing.assert_array_equal(data.z_forward, planes[0, ::step])
    np.testing.assert_array_equal(data.z_backward, planes[1, ::step, ::-1])
    np.testing.assert_array_equal(data.current, planes[2, ::step])
    assert (data.z_forward.units, data.current.units) == ("m", "A")
    np.testing.assert_allclose(data.x, (np.arange(4) + 0.5) * 5e-7, rtol=EXACT)
    assert json.loads(data.settings)["BIAS"] == "1.5"


def test_nanonis_grid_and_one_that_was_broken_off() -> None:
    spectra = RNG.normal(size=(2, 3, 2, 5)).astype("f4")
    raw = made.grid(spectra)
    data = read("a.3ds", raw)
    assert (data.kind, data.current.dims) == ("loop", ("y", "x", "bias"))
    np.testing.assert_array_equal(data.current, spectra[:, :, 0])
    np.testing.assert_array_equal(data.lix_1_omega, spectra[:, :, 1])
    np.testing.assert_allclose(data.bias, np.linspace(-1, 1, 5), rtol=EXACT)
    part = read("a.3ds", raw[: -4 * 13 * 2])  # the last two spectra are missing
    assert np.isnan(part.current[1, 1:]).all()
    assert not np.isnan(part.current[1, 0]).any()
    assert "4 of 6 spectra" in part.notes


def test_nanonis_curves() -> None:
    data = read("a.dat", made.CURVE)
    assert (data.kind, list(data.data_vars)) == ("loop", ["current", "current_bwd"])
    np.testing.assert_array_equal(data.current_bwd, [-3e-9, 1e-12, 3e-9])
    np.testing.assert_array_equal(data.bias, [-1, 0, 1])
    table = read("a.dat", made.CURVE, kind="table")  # and the columns themselves
    np.testing.assert_array_equal(table.Current, [-2e-9, 0, 2e-9])
    sweep = read("b.dat", made.SWEEP)
    assert (sweep.kind, sweep.quality_factor, sweep.format) == ("frequency", 1161, "Nanonis curve")
    assert abs(complex(sweep.response[1]) - 2e-12j) < 1e-12 * 2e-12


# --- round trips ---

NOTES = "a note\n" * 100  # lines stay lines, and nothing is cut short


def image() -> xr.Dataset:
    values = RNG.normal(size=(3, 4))
    return xr.Dataset(
        {
            "height": (("y", "x"), values, {"units": "m", "direction": "trace"}),
            "response": (("y", "x"), values + 1j * RNG.normal(size=(3, 4)), {"units": "V"}),
        },
        {"y": ("y", np.arange(3) * 1e-8, {"units": "m"}), "x": np.arange(4) * 2e-8},
        {"drive": 1.5, "kind": "image", "notes": NOTES, "sha256": "abc"},
    )


def cube() -> xr.Dataset:
    more = {
        "curves": (("y", "x", "time"), RNG.normal(size=(3, 4, 5)).astype("f4"), {"units": "m"}),
        "good": (("y", "x"), RNG.normal(size=(3, 4)) > 0),
        "count": (("time",), np.arange(5), {"column": "N"}),
    }
    times = ("time", np.array([-1.0, 0.0, 1.0, 10.0, 100.0]), {"units": "s"})
    stage = ("time", np.array(["write", *["read"] * 4]))
    return image().assign(more).assign_coords(time=times, stage=stage, temperature=298.15)


@pytest.mark.parametrize(
    ("name", "data"), [("a.nc", cube()), ("a.h5", cube()), ("b.hdf5", image())]
)
def test_what_is_written_is_read_again(name: str, data: xr.Dataset) -> None:
    again = vg.read(vg.write(data, name))
    xr.testing.assert_equal(again, data)
    for variable in data.variables:
        assert again[variable].attrs == data[variable].attrs
        assert again[variable].dtype.kind == data[variable].dtype.kind
    assert (again.kind, again.drive, again.notes) == ("image", 1.5, NOTES)
    assert again.origin_sha256 == "abc"
    assert again.sha256 == hashlib.sha256(Path(name).read_bytes()).hexdigest()


def test_gwyddion_file_is_read_again() -> None:
    data = image()
    again = vg.read(vg.write(data, "a.gwy"))
    xr.testing.assert_allclose(again, data, rtol=EXACT)
    assert (again.y.values > -1e-8).all()
    for name in data.data_vars:
        np.testing.assert_array_equal(again[name], data[name])  # doubles as they are
        assert again[name].attrs == data[name].attrs
    assert (again.drive, again.kind, again.notes) == (1.5, "image", NOTES)


def test_gwyddion_file_is_what_gwyddion_reads() -> None:
    """By the description in the user guide, typed a second time."""
    raw = vg.write(image()[["height"]], "a.gwy").read_bytes()
    assert raw[:4] == b"GWYP"
    assert raw[4:18] == b"GwyContainer\0" + raw[17:18]
    assert int.from_bytes(raw[17:21], "little") == len(raw) - 21
    at = raw.index(b"xres\0i") + 6
    assert int.from_bytes(raw[at : at + 4], "little") == 4
    at = raw.index(b"data\0D") + 6
    assert int.from_bytes(raw[at : at + 4], "little") == 12
    first = np.frombuffer(raw, "<f8", 4, at + 4)  # the upper edge
    np.testing.assert_array_equal(first, image_row(raw))
    assert b"/0/data/title\0sheight\0" in raw


def image_row(raw: bytes) -> Any:
    return vg.read("a.gwy").height.values[-1]


def test_response_is_written_and_read(lmo: vg.Experiment) -> None:
    response = vg.frequency_response(lmo, [1.0, 10.0], per="volt")
    for name in ("a.nc", "a.h5"):
        again = vg.read(vg.write(response.to_xarray(), name))
        np.testing.assert_array_equal(again.response, response.values)
        assert again.inputs_sha256 == response.to_xarray().inputs_sha256
    assert vg.read(response.to_netcdf("b.nc")).kind == "frequency"


def test_array_alone_takes_its_name() -> None:
    again = vg.read(vg.write(image().height, "a.nc"))
    assert list(again.data_vars) == ["height"]


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_of_our_own(version: int) -> None:
    pytest.importorskip("zarr", reason="needs zarr (extra [maps])")
    data = cube().drop_vars("stage")
    data.to_zarr("a.zarr", zarr_format=version, consolidated=False)
    xr.testing.assert_equal(vg.read("a.zarr"), data)


# --- the command ---


def invoke(*args: str) -> Any:
    app = typer.Typer()
    app.command()(info)
    return CliRunner().invoke(app, args)


def test_info_of_a_wave() -> None:
    made.put(Path.cwd(), "a.ibw", made.ibw(np.ones((4, 2, 5), "f4")))
    said = invoke("a.ibw").stdout
    assert said.startswith("a.ibw: image (DART, PFM Mode), 2 × 4 points (y, x)\n")
    assert "Height retrace" in said
    assert "note: 10 settings of the instrument" in said
    data = json.loads(invoke("a.ibw", "--format", "json").stdout)
    assert data["sizes"] == {"y": 2, "x": 4}
    assert data["settings"]["DriveAmplitude"] == "3"
    assert data["columns"]["height_trace"]["range"] == [1, 1]


def test_info_takes_the_hints_and_tells_nan() -> None:
    made.put(Path.cwd(), "a.h5", made.relaxation()[0])
    said = invoke("a.h5", "--hint", "starts_with=write").stdout
    assert "2 × 3 × 2 × 6 × 5 points (y, x, cycle, time, frequency)" in said
    made.put(Path.cwd(), "a.sxm", made.sxm(np.full((3, 2, 2), np.nan)))
    data = json.loads(invoke("a.sxm", "--format", "json").stdout)
    assert data["columns"]["current"]["range"] is None
    assert "nan" in invoke("a.sxm").stdout


def test_formats_are_told_by_their_first_bytes() -> None:
    path = made.put(Path.cwd(), "no_ending", made.grid(RNG.normal(size=(1, 2, 1, 3))))
    assert formats.recognise(path) == "Nanonis grid"
