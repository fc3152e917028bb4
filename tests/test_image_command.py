"""The command image, and maps from files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from matplotlib import image as pictures
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app
from vegard.io.maps import read_map

FILE = """
schema = 1
title = "Columns"
[material]
name = "mine"
catalogue = false
diffusivity = "1e-15 m^2/s"
vegard = "1 cm^3/mol"
poisson = 0.3
ocv_slope = "-4.4e-5 V m^3/mol"
[tip]
kind = "GaussianTip"
radius = "10 nm"
[experiment]
per = "volt"
drive = "50 mV"
"""
E = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-4.4e-5), vg.GaussianTip(10e-9))
SAMPLE = ("--sample", "columns", "--inside", "2 cm^3/mol", "--outside", "1 cm^3/mol",
          "--size", "120 nm", "--pixel", "3 nm")  # fmt: skip


def call(*args):
    return CliRunner().invoke(app, ["image", *map(str, args)])


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "columns.toml"
    path.write_text(FILE)
    return path


def test_folder_and_numbers(file, tmp_path):
    out = tmp_path / "out"
    result = call(file, *SAMPLE, "--frequency", "10 Hz", "--frequency", "1 kHz", "--noise", "1 pm",
                  "--deconvolve", "--drive", "20 mV", "-o", out, "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout, parse_constant=pytest.fail)
    film = vg.samples.columns((40, 40), 3e-9, 30e-9, 60e-9, inside=2e-6, outside=1e-6).values
    image = vg.image(E, {"material.vegard": film}, pixel=3e-9, frequency=[10.0, 1e3], drive=20e-3,
                     noise=1e-12)  # fmt: skip
    assert data["shape"] == [40, 40]
    assert data["contrast"] == pytest.approx(image.contrast.tolist(), rel=1e-9, abs=0)
    assert data["frequency"] == [10.0, 1e3]
    behind = vg.deconvolve(image)
    assert data["deconvolved"]["mean"] == pytest.approx(behind.mean, rel=1e-9, abs=0)
    names = {"image.nc", "image.png", "map.png", "report.txt", "summary.json", "deconvolved.npy",
             "deconvolved.png"}  # fmt: skip
    assert {p.name for p in out.iterdir()} == names
    with xr.open_dataset(out / "image.nc", engine="h5netcdf") as read:
        np.testing.assert_allclose(read.image_re.values, image.values.real, rtol=1e-9)
    np.testing.assert_allclose(np.load(out / "deconvolved.npy"), behind.values, rtol=1e-9)
    assert json.loads((out / "summary.json").read_text())["seed"] == 0
    assert "is resolved" in (out / "report.txt").read_text()


def test_maps_of_files_and_a_note(file, tmp_path):
    d = np.where(np.arange(20) < 10, 1e-16, 1e-14) * np.ones((20, 1))
    np.save(tmp_path / "d.npy", d)
    grey = np.linspace(0, 1, 20) * np.ones((20, 1))
    pictures.imsave(tmp_path / "beta.png", grey, cmap="gray", vmin=0, vmax=1)
    out = tmp_path / "out"
    result = call(file, "--map", "material.diffusivity=d.npy", "--map",
                  "material.vegard=beta.png:1..2 cm^3/mol", "--pixel", "5 nm", "--time", "1 ms",
                  "-o", out)  # fmt: skip
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "pixel-wise" in text
    assert "note: to first order in D the image would be off by up to" in text
    assert {p.name for p in out.iterdir()} == {
        "image.nc", "image.png", "map.png", "report.txt", "summary.json"
    }  # fmt: skip
    beta = read_map(tmp_path / "beta.png", 1e-6, 2e-6)
    with xr.open_dataset(out / "image.nc", engine="h5netcdf") as read:
        np.testing.assert_allclose(read["material.vegard"].values, beta, rtol=1e-12)
        np.testing.assert_array_equal(read["material.diffusivity"].values, d)
    np.testing.assert_allclose(beta[3], np.linspace(1e-6, 2e-6, 20), atol=1e-6 / 140)  # 8 bits


def test_grains_by_tilt_and_inclusions(file):
    pair = '{ in_plane = "0.2 cm^3/mol", normal = "-1.1 cm^3/mol" }'
    file.write_text(FILE.replace('"1 cm^3/mol"', pair))
    result = call(file, "--sample", "grains", "--tilt", "90 deg", "--pixel", "5 nm",
                  "--frequency", "1 kHz", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["maps"] == ["orientation"]
    result = call(file, "--sample", "inclusions", "--of", "material.diffusivity", "--inside",
                  "1.05e-15 m^2/s", "--outside", "1e-15 m^2/s", "--pixel", "5 nm", "--frequency",
                  "1 kHz", "--instrument", "QPDI+SCM-PIT+SP983")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "to first order" in result.stdout
    assert "noise" in result.stdout


def test_refused(file, tmp_path):
    sweep = tmp_path / "sweep.toml"
    sweep.write_text(FILE.replace('"10 nm"', '["10 nm", "20 nm"]'))
    np.save(tmp_path / "beta.npy", np.ones((3, 3)))
    at = ("--frequency", "1 kHz")
    for args, words in (
        ((sweep, *SAMPLE, *at), "lists are sweeps"),
        ((file, *SAMPLE), "either frequency"),
        ((file, "--pixel", "1 nm", *at), "either --map"),
        ((file, *SAMPLE, *at, "--map", "material.vegard=beta.npy"), "either --map"),
        ((file, "--pixel", "1 nm", *at, "--map", "beta.npy"), "must look like"),
        ((file, "--pixel", "1 nm", *at, "--map", "material.beta=beta.npy"), "unknown map"),
        ((file, "--pixel", "1 nm", *at, "--map", "material.vegard=no.npy"), "cannot be read"),
        ((file, "--sample", "columns", "--pixel", "1 nm", *at), "needs --inside"),
        ((file, *SAMPLE, *at, "--tilt", "9 deg"), "--tilt is of"),
        ((file, *SAMPLE, *at, "--size", "1 m"), "pixels"),
        ((file, *SAMPLE, *at, "--deconvolve"), "needs the noise"),
        ((file, *SAMPLE, *at, "--noise", "1 pm", "--instrument", "QPDI"), "say the same"),
    ):
        result = call(*args)
        assert result.exit_code == 2, (words, result.output)
        assert words in " ".join(result.stderr.split())
    result = call("--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80


# ---- maps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", ";", "\t", "  "])
def test_tables(tmp_path, mark):
    path = tmp_path / "map.csv"
    path.write_text("﻿" + f"1e-6{mark}2e-6\n3e-6{mark}4e-6\n", "utf-8")
    assert read_map(path).tolist() == [[1e-6, 2e-6], [3e-6, 4e-6]]


def test_pictures(tmp_path):
    grey = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    clear = np.full_like(grey, 100)
    for name, raw in (("rgb", np.dstack([grey] * 3)), ("rgba", np.dstack([*[grey] * 3, clear]))):
        pictures.imsave(tmp_path / f"{name}.png", raw)
        np.testing.assert_allclose(
            read_map(tmp_path / f"{name}.png", -1.0, 1.0)[2], np.linspace(-1, 1, 256), atol=1e-6
        )
    colour = np.stack([grey, grey, 255 - grey], -1)
    pictures.imsave(tmp_path / "colour.png", colour)
    with pytest.raises(vg.FileError, match="colour"):
        read_map(tmp_path / "colour.png", 0.0, 1.0)


def test_files_that_are_no_maps(tmp_path):
    def put(name, make):
        make(tmp_path / name)
        return tmp_path / name

    objects = put("o.npy", lambda p: np.save(p, np.array([{}], object), allow_pickle=True))
    cases = (
        (objects, {}, "cannot be read as a map"),
        (put("line.npy", lambda p: np.save(p, np.ones(3))), {}, r"shape \(ny, nx\)"),
        (put("text.npy", lambda p: np.save(p, np.array([["a"]]))), {}, "must hold numbers"),
        (put("nan.npy", lambda p: np.save(p, np.array([[np.nan]]))), {}, "nan"),
        (put("odd.csv", lambda p: p.write_text("1,2\n3\n")), {}, "cannot be read"),
        (put("bad.png", lambda p: p.write_bytes(b"\x89PNG no")), {"low": 0.0, "high": 1.0},
         "cannot be read"),
        (put("some.png", lambda p: pictures.imsave(p, np.ones((2, 2)))), {}, "LOW..HIGH"),
        (put("one.npy", lambda p: np.save(p, np.ones((1, 1)))), {"low": 0.0, "high": 1.0},
         "for pictures"),
        (tmp_path / "map.tif", {}, "must end in"),
        (tmp_path / "none.npy", {}, "No such file"),
    )  # fmt: skip
    for path, how, words in cases:
        with pytest.raises(vg.FileError, match=words):
            read_map(path, **how)
