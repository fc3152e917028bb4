"""The command map, as a user calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
from made_maps import smooth
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app

SHAPE = (9, 10)
NOISE = 2e-13
SAMPLE = """schema = 1
[material]
name = "LiMn2O4"
[tip]
kind = "DiscTip"
radius = "20 nm"
"""
FREE = ["--free", "material.diffusivity", "--free", "gain", "--free", "offset"]
DRIVEN = ["--drive", "1 V", "--pulse", "10 ms"]
PICTURES = ["diffusivity", "sigma", "goodness", "flags", "histogram"]


def call(*args):
    return CliRunner().invoke(app, ["map", *map(str, args)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Relaxations of known D, a topography that D rises with, and the sample."""
    folder = tmp_path_factory.mktemp("maps")
    rng = np.random.default_rng(0)
    height = smooth(rng, SHAPE, 1)
    d = 3e-15 * 10 ** (0.3 * height)
    e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(20e-9))
    t = 0.01 + np.geomspace(2e-4, 1.0, 32)
    rows = [vg.time_response(e.replace({"material.diffusivity": v}), vg.Pulse(0.01), t).values
            for v in d.ravel()]  # fmt: skip
    u = np.reshape(rows, (*SHAPE, t.size)) + NOISE * rng.normal(size=(*SHAPE, t.size))
    u[0, 0, 3] = np.nan
    u[0, 1] = 0.0
    y, x = (10e-9 * np.arange(n) for n in SHAPE)
    places = {"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})}
    data = xr.Dataset({"response": (("y", "x", "time"), u, {"units": "m"}),
                       "height": (("y", "x"), 1e-8 * height, {"units": "m"})},
                      places | {"time": ("time", t, {"units": "s"})})  # fmt: skip
    vg.write(data, folder / "curves.nc")
    (folder / "sample.toml").write_text(SAMPLE)
    return folder, d, t, u


@pytest.fixture(scope="module")
def run(made):
    """A folder of maps, and what was printed."""
    folder, *_ = made
    result = call(folder / "sample.toml", "--data", folder / "curves.nc", *FREE, *DRIVEN,
                  "--channel", "response", "--sigma", "0.2 pm", "--topography",
                  f"{folder / 'curves.nc'}:height", "--export", "csv", "--export", "gwy",
                  "-o", folder / "out", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder / "out", json.loads(result.stdout)


@pytest.mark.slow
def test_a_folder_of_maps(run):
    out, told = run
    names = {"maps.nc", "maps.csv", "maps.gwy", "report.html", "report.txt", "summary.json",
             "correlation.png", *(f"{p}.png" for p in PICTURES)}  # fmt: skip
    assert {p.name for p in out.iterdir()} == names
    assert json.loads((out / "summary.json").read_text("utf-8"))["flags"] == told["flags"]
    assert "D is determined in" in (out / "report.txt").read_text("utf-8")
    assert "data:image/svg+xml" in (out / "report.html").read_text("utf-8")
    assert vg.read(out / "maps.gwy").diffusivity.shape == SHAPE


@pytest.mark.slow
def test_maps_are_the_truth(made, run):
    (_, d, _, _), (out, told) = made, run
    maps = vg.read(out / "maps.nc")
    good = maps.flag.values == 0
    assert good.sum() > 80
    ratio = np.log(maps.diffusivity.values / d)[good]
    sigma = (maps.diffusivity_sigma / maps.diffusivity).values[good]
    # 4.5 standard deviations of one of 90 Gaussian numbers
    assert np.abs(ratio / sigma).max() < 4.5
    # χ² of 29 degrees of freedom, median of 88: 1 ± 0.03
    assert np.median(maps.chi2.values[good]) / told["degrees"] == pytest.approx(1.0, abs=0.12)
    flags = told["flags"]
    assert (flags["good"], flags["flat"], flags["incomplete"]) == (good.sum(), 1, 1)
    assert told["shape"] == list(SHAPE)
    assert told["determined"] == good.sum() + 1 + flags.get("outliers", 0)
    assert told["correlation"]["rho"] > 0.9
    spread = told["maps"]["diffusivity"]
    assert spread["median"] == pytest.approx(np.median(d), rel=0.1)
    assert spread["noise"] < spread["width"]


@pytest.mark.slow
def test_csv_has_one_row_a_pixel(run):
    out, _ = run
    lines = (out / "maps.csv").read_text("utf-8").splitlines()
    head, *rows = (line.split(",") for line in lines if not line.startswith("#"))
    assert len(rows) == SHAPE[0] * SHAPE[1]
    maps = vg.read(out / "maps.nc")
    assert head[:3] == ["y", "x", "diffusivity"]
    column = np.array([float(r[2]) for r in rows]).reshape(SHAPE)
    np.testing.assert_array_equal(column, maps.diffusivity.values)
    assert [float(rows[11][0]), float(rows[11][1])] == [1e-8, 1e-8]
    assert rows[1][-1] == "flat"
    assert any(line.startswith("# units") and "m²/s" in line for line in lines)


def test_text_without_a_folder(made):
    folder, *_ = made
    result = call(folder / "sample.toml", "--data", folder / "curves.nc", *FREE, *DRIVEN,
                  "--loss", "huber")  # fmt: skip
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "9 × 10 pixels: D is determined in" in text
    assert "radius R of 20 nm" in text
    assert "loss huber" in text


def test_readings_that_count(made):
    folder, _, t, _ = made
    result = call(folder / "sample.toml", "--data", folder / "curves.nc", *FREE, *DRIVEN,
                  "--from", "11 ms", "--to", "0.5 s", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["degrees"] == ((t >= 0.011) & (t <= 0.5)).sum() - len(FREE) / 2


def test_band_excitation_within_a_window(made, tmp_path):
    """The noise of its fits is cut with the readings."""
    folder, _, t, u = made
    f = np.linspace(310e3, 350e3, 24)
    shape = 330e3**2 / (f**2 - 1j * f * 330e3 / 60 - 330e3**2)
    rng = np.random.default_rng(2)
    spectra = np.where(np.isfinite(u[2:4, 2:5, :, None]), u[2:4, 2:5, :, None], 0) * shape
    noise = rng.normal(size=(*spectra.shape, 2)) @ np.array([1, 1j])
    data = xr.Dataset({"response": (("y", "x", "time", "frequency"), spectra + 1e-13 * noise,
                                    {"units": "m"})}, {"time": t, "frequency": f})  # fmt: skip
    vg.write(data, tmp_path / "be.h5")
    result = call(folder / "sample.toml", "--data", tmp_path / "be.h5", *FREE, *DRIVEN,
                  "--to", "0.1 s", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["shape"] == [2, 3]
    assert told["degrees"] == (t <= 0.1).sum() - 3


def test_an_earlier_run_is_replaced_and_others_are_not(made, tmp_path, monkeypatch):
    monkeypatch.setattr("vegard.report.maps.figures", lambda *_: {})  # seconds each
    folder, *_ = made
    args = (folder / "sample.toml", "--data", folder / "curves.nc", *FREE, *DRIVEN, "-o")
    for _ in range(2):
        result = call(*args, tmp_path / "out")
        assert result.exit_code == 0, result.output
    assert "4 files in" in result.stdout
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sigma.png").write_text("mine")
    result = call(*args, tmp_path / "mine")
    assert result.exit_code == 2
    assert "sigma.png that no run of vegard has left" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--pulse", "10 ms"], "--pulse needs --drive"),
        ([*DRIVEN, "--topography", "FOLDER/curves.nc:heigth"], "Did you mean 'height'"),
        ([*DRIVEN, "--channel", "respnse"], "respnse"),
        ([*DRIVEN, "--from", "1 h"], "0 points of a curve"),
        ([*DRIVEN, "--kind", "pitt"], "pitt"),
        ([*DRIVEN, "--stream"], "name it with -o FOLDER"),
        ([*DRIVEN, "--sigma", "1 V"], "--sigma"),
        ([*DRIVEN, "--free", "material.vegrad"], "vegard"),
        ([*DRIVEN, "--set", "tip.radius=[1e-8, 2e-8]"], "lists are sweeps"),
    ],
)
def test_bad_input(made, more, words):
    folder, *_ = made
    more = [m.replace("FOLDER", str(folder)) for m in more]
    result = call(folder / "sample.toml", "--data", folder / "curves.nc", *FREE, *more)
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.output.split())


def test_what_is_no_map(made, tmp_path):
    folder, _, t, u = made
    curve = xr.Dataset({"response": ("time", u[3, 3], {"units": "m"})}, {"time": t})
    vg.write(curve, tmp_path / "one.nc")
    result = call(folder / "sample.toml", "--data", tmp_path / "one.nc", *FREE, *DRIVEN)
    assert (result.exit_code, "vegard fit fits it" in result.output) == (2, True)
    volts = xr.Dataset({"response": (("y", "x", "time"), u, {"units": "V"})}, {"time": t})
    vg.write(volts, tmp_path / "volts.nc")
    result = call(folder / "sample.toml", "--data", tmp_path / "volts.nc", "--free",
                  "material.diffusivity", *DRIVEN)  # fmt: skip
    assert (result.exit_code, "add --free gain" in result.output) == (2, True)
    deep = volts.expand_dims(z=2).assign(response=lambda s: s.response.assign_attrs(units="m"))
    vg.write(deep, tmp_path / "deep.nc")
    result = call(folder / "sample.toml", "--data", tmp_path / "deep.nc", *FREE, *DRIVEN)
    assert (result.exit_code, "one axis or two" in " ".join(result.output.split())) == (2, True)


# --- larger than memory ---


def zarr(curves, t, unit, path):
    data = xr.Dataset({"response": (("y", "x", "time"), curves, {"units": "m"})},
                      {"time": ("time", t, {"units": unit})})  # fmt: skip
    data.to_zarr(path, zarr_format=3, consolidated=False)


@pytest.fixture(scope="module")
def store(made):
    """The same curves, many times over, in a Zarr folder: 4,500 pixels in 45 chunks."""
    pytest.importorskip("zarr")
    pytest.importorskip("dask")
    folder, _, t, u = made
    rng = np.random.default_rng(1)
    many = np.tile(u, (5, 10, 1)) + NOISE * rng.normal(size=(45, 100, t.size))
    zarr(many, t, "s", folder / "curves.zarr")
    return folder, many, t


def streamed(folder, out, *more):
    return ["map", str(folder / "sample.toml"), "--data", str(folder / "curves.zarr"), *FREE,
            *DRIVEN, "--stream", "--chunks", "100", "-o", str(out), *more]  # fmt: skip


def finished(out):
    markers = (out / "maps.zarr" / "finished").glob("[0-9]*")  # not those half-written
    return {p: p.stat().st_mtime_ns for p in markers}


@pytest.mark.slow
def test_streamed_maps_are_the_same(store, tmp_path, monkeypatch):
    monkeypatch.setattr("vegard.report.maps.figures", lambda *_: {})
    folder, many, t = store
    out = tmp_path / "out"
    result = CliRunner().invoke(app, streamed(folder, out, "--format", "json"))
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["shape"] == [45, 100]
    assert told["data"].keys() == {"bytes", "mtime_ns"}
    assert len(finished(out)) == 45
    e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(20e-9))
    data = vg.Data("relaxation", t, many, drive=vg.Pulse(0.01))
    direct = vg.fit_map(e, data, ["material.diffusivity", "gain", "offset"])
    maps = vg.read(out / "maps.nc")
    np.testing.assert_array_equal(maps.flag.values, direct.flag.values)
    # other chunks, other order of sums: refined to 1e-6 of σ
    np.testing.assert_allclose(maps.diffusivity.values, direct.diffusivity.values, rtol=1e-7)
    before = finished(out)
    again = CliRunner().invoke(app, streamed(folder, out))
    assert again.exit_code == 0, again.output
    assert finished(out) == before
    other = CliRunner().invoke(app, streamed(folder, out, "--loss", "huber"))
    assert other.exit_code == 2
    assert "--no-resume" in other.output
    anew = CliRunner().invoke(app, streamed(folder, out, "--no-resume"))
    assert anew.exit_code == 0, anew.output
    assert finished(out).keys() == before.keys()
    assert finished(out) != before


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_goes_on(store, tmp_path, monkeypatch, how):
    monkeypatch.setattr("vegard.report.maps.figures", lambda *_: {})
    folder, *_ = store
    out = tmp_path / "out"
    line = [sys.executable, "-m", "vegard.cli", *streamed(folder, out)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}) as run:  # fmt: skip
        end = time.monotonic() + 60
        while len(finished(out)) < 5 and time.monotonic() < end:
            time.sleep(0.01)
        run.send_signal(how)
        _, said = run.communicate()
    before = finished(out)
    assert 5 <= len(before) < 45
    if how == signal.SIGINT:
        assert run.returncode == 130
        assert "keeps what is finished" in " ".join(said.split())
    assert [p.name for p in out.iterdir() if p.name[0] != "."] == ["maps.zarr"]
    result = CliRunner().invoke(app, streamed(folder, out))
    assert result.exit_code == 0, result.output
    after = finished(out)
    assert len(after) == 45
    assert {p: after[p] for p in before} == before
    assert (out / "report.html").exists()


def test_what_cannot_be_streamed(store, tmp_path):
    folder, many, t = store
    out = tmp_path / "out"
    for more, words in (
        (["--from", "20 ms"], "--from and --to are not for streamed data"),
        (["--hint", "starts_with=write"], "--hint starts_with is not for streamed data"),
        (["--kind", "loop"], "has curves over y, x, time"),
    ):
        result = CliRunner().invoke(app, streamed(folder, out, *more))
        assert result.exit_code == 2, result.output
        assert words in " ".join(result.output.split())
    assert not out.exists()
    gone = [a.replace("curves.zarr", "none.zarr") for a in streamed(folder, out)]
    assert CliRunner().invoke(app, gone).exit_code == 2
    zarr(many[:2, :2], 1e3 * t, "ms", tmp_path / "curves.zarr")
    (tmp_path / "sample.toml").write_text(SAMPLE)
    result = CliRunner().invoke(app, streamed(tmp_path, out))
    assert result.exit_code == 2
    assert "time is in ms, and what is streamed has it in s" in " ".join(result.output.split())


def test_large_files_are_streamed(store, tmp_path):
    folder, *_ = store
    args = [a for a in streamed(folder, tmp_path / "out") if a != "--stream"]
    result = CliRunner().invoke(app, [*args[:-2], "--in-memory", "1 kB"])
    assert result.exit_code == 2
    assert "name it with -o FOLDER" in result.output
