"""The command fit on files of a microscope and on images, as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app

D, R = "material.diffusivity", "tip.radius"
SAMPLE = """
schema = 1
[material]
diffusivity = "1e-15 m^2/s"
vegard = "1e-6 m^3/mol"
poisson = 0.3
ocv_slope = "-5e-5 V m^3/mol"
[tip]
kind = "GaussianTip"
radius = "10 nm"
[experiment]
readout = "punch"
per = "volt"
"""
TIP = vg.Experiment(
    vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-5e-5), vg.GaussianTip(10e-9), readout="punch"
)
PIXEL = 4e-9


def call(*args):
    return CliRunner().invoke(app, ["fit", *map(str, args)])


def words(result):
    return " ".join(result.output.split())


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.toml"
    path.write_text(SAMPLE)
    return path


@pytest.fixture
def excitation(tmp_path):
    """Spectra (y, x, time, frequency) [V] of two samples after a pulse of 40 ms, as NSID."""
    f, t = np.linspace(334e3, 434e3, 31), 0.04 + 0.01 * np.arange(1, 41)
    rng = np.random.default_rng(1)
    size = np.empty((2, 1, t.size))
    for i, d in enumerate((1e-15, 1e-14)):
        u = vg.time_response(TIP.replace({D: d}), vg.Pulse(0.04, 4.0), t).values
        size[i, 0] = 1 + u / 1e-9
    drive = size[..., None] * np.exp(0.3j) * 1e-3
    y = drive * 384e3**2 / (f**2 - 1j * f * 384e3 / 70 - 384e3**2)
    y = y + 1e-4 * (rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape))
    axes = {"y": [0.0, 1e-8], "x": [0.0], "time": t, "frequency": f}
    ds = xr.Dataset({"response": (tuple(axes), y, {"units": "V"})}, axes)
    for name, unit in (("y", "m"), ("x", "m"), ("time", "s"), ("frequency", "Hz")):
        ds[name].attrs["units"] = unit
    return vg.write(ds, tmp_path / "be.h5")


FREE = ["--free", D, "--free", "gain", "--free", "offset", "--drive", "4 V", "--pulse", "40 ms"]


@pytest.mark.parametrize(("pixel", "truth"), [("0", 1e-15), ("1", 1e-14)])
def test_curve_of_a_map_of_spectra(sample, excitation, tmp_path, pixel, truth):
    out = tmp_path / "out"
    result = call(sample, "--data", excitation, *FREE, "--pixel", pixel, "-o", out,
                  "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    low, high = json.loads(result.stdout)["intervals"][D]
    assert low < truth < high
    assert high / low < 3
    rows = [r for r in (out / "residuals.csv").read_text().splitlines() if r[0] != "#"]
    assert len(rows) == 41


def test_part_of_a_curve_and_its_noise(sample, excitation):
    result = call(sample, "--data", excitation, *FREE, "--pixel", "0", "--to", "0.2 s",
                  "--sigma", "3%")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "relaxation (16 points)" in words(result)


BAD = {
    "no pixel": ([], "holds a map of 2 curves, over y; choose one with --pixel 0"),
    "two numbers": (["--pixel", "1,0"], "has y 0..1"),
    "beyond": (["--pixel", "2"], "has y 0..1"),
    "no number": (["--pixel", "2 nm"], "has y 0..1"),
    "channel": (["--pixel", "0", "--channel", "respons"], "Did you mean 'response'"),
    "start": (["--pixel", "0", "--start", "1 s"], "leave --start out"),
    "few": (["--pixel", "0", "--to", "60 ms"], "2 points lie between"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_clear(sample, excitation, case):
    more, told = BAD[case]
    result = call(sample, "--data", excitation, *FREE, *more)
    assert result.exit_code == 2
    assert told in words(result)


@pytest.fixture
def image(tmp_path):
    beta = vg.samples.columns((24, 24), PIXEL, 30e-9, 50e-9, inside=2e-6, outside=1e-6).values
    np.save(tmp_path / "beta.npy", beta)
    made = vg.image(TIP, {"material.vegard": beta}, pixel=PIXEL, frequency=3.0, noise=2e-11)
    np.save(tmp_path / "image.npy", made.values)
    made.to_netcdf(tmp_path / "image.nc")
    return tmp_path


def test_image_against_its_object(sample, image):
    known = ["--kind", "image", "--object", f"material.vegard={image / 'beta.npy'}"]
    out = image / "out"
    result = call(sample, "--data", image / "image.nc", *known, "--free", R, "--sigma", "20 pm",
                  "-o", out, "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    low, high = told["intervals"][R]
    assert low < 10e-9 < high
    rows = [r for r in (out / "residuals.csv").read_text().splitlines() if r[0] != "#"]
    assert len(rows) == 24 * 24 + 1
    assert rows[1].startswith("0,3.0,")
    bare = ["--data", image / "image.npy", "--free", R, "--free", "gain", "--sigma", "2e-11"]
    same = call(sample, *bare, *known, "--pixel", "4 nm", "--frequency", "3 Hz", "--format", "json")
    assert same.exit_code == 0, same.output
    assert json.loads(same.stdout)["values"][R] == pytest.approx(told["values"][R], rel=0.05)
    for left, words_ in (
        (["--pixel", "4 nm", "--frequency", "3 Hz"], "has no unit, not m; add --free gain"),
        (["--free", "gain", "--frequency", "3 Hz"], "size of its pixels"),
        (["--free", "gain", "--pixel", "4 nm"], "give --frequency or --time"),
        (["--free", "gain", "--frequency", "3 Hz", "--time", "1 s"], "give one of them"),
    ):
        wrong = call(sample, "--data", image / "image.npy", "--free", R, *known, *left)
        assert wrong.exit_code == 2
        assert words_ in words(wrong)
    none = call(sample, "--data", image / "image.nc", "--kind", "image", "--free", R)
    assert "--object" in words(none)
