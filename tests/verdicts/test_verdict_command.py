"""The command verdict, as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app

SAMPLE = """schema = 1
[material]
diffusivity = "1e-14 m^2/s"
vegard = "1.17e-6 m^3/mol"
poisson = 0.3
ocv_slope = "-4.4e-5 V m^3/mol"
site_concentration = "22900 mol/m^3"
[tip]
kind = "DiscTip"
radius = "20 nm"
"""
NAMED = ["--material", "LiMn2O4", "--radius", "10 nm"]


def call(*args):
    return CliRunner().invoke(app, ["verdict", *map(str, args)])


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.toml"
    path.write_text(SAMPLE)
    return path


@pytest.fixture
def spectrum(tmp_path):
    e = vg.Experiment(vg.Material(1e-14, 1e-6, 0.3), vg.DiscTip(20e-9))
    f = np.geomspace(1, 1e5, 25)
    u = 1e3 * vg.frequency_response(e, f, per="concentration").amplitude
    u *= np.exp(0.05 * np.random.default_rng(0).normal(size=25))
    path = tmp_path / "spectrum.csv"
    rows = [f"{a:.6g},{b * 1e12:.6g}" for a, b in zip(f, u, strict=True)]
    path.write_text("\n".join(["frequency (Hz),amplitude (pm)", *rows]) + "\n")
    return path


def test_spectrum_with_series(sample, spectrum, tmp_path):
    bias = tmp_path / "bias.csv"
    bias.write_text("bias (V),displacement (pm),sigma (pm)\n" + "".join(
        f"{v},{2 + 0.01 * v},0.05\n" for v in (-2, -1, 0, 1, 2)))  # fmt: skip
    warm = tmp_path / "warm.csv"
    warm.write_text("temperature (K),displacement (pm)\n" + "".join(
        f"{t},{2 * np.exp(-0.3 / 8.617e-5 * (1 / t - 1 / 300)):.5g}\n"
        for t in (290, 300, 310, 320, 330)))  # fmt: skip
    out = tmp_path / "out"
    done = call(spectrum, "--experiment", sample, "--drive", "1 V", "--dc", bias, "--temperature",
                warm, "--frequency", "100 kHz", "--harmonics", "2 pm,0.05 pm,0.05 pm",
                "-o", out, "--format", "json")  # fmt: skip
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)["verdicts"]
    assert told["answer"] == "possible"
    assert [e["name"] for e in told["evidence"]] == [
        "size", "spectrum", "harmonics", "dc bias", "temperature",
    ]  # fmt: skip
    assert [e["says"] for e in told["evidence"]][1] == "for"
    assert {p.name for p in out.iterdir()} == {
        "evidence.csv", "report.txt", "summary.json", "verdict.png",
    }  # fmt: skip
    rows = [r for r in (out / "evidence.csv").read_text("utf-8").splitlines() if r[0] != "#"]
    assert rows[0].startswith("signal,answer,evidence,says,weight")
    assert len(rows) == 6
    assert told["sentence"] in (out / "report.txt").read_text("utf-8")
    again = call(spectrum, "--experiment", sample, "--drive", "1 V", "-o", out)
    assert again.exit_code == 0
    assert "This can be Vegard strain" in " ".join(again.stdout.split())


def test_table_of_amplitudes_is_judged_line_by_line(tmp_path):
    from vegard.dart_scans import scans

    path = tmp_path / "scans.csv"
    lines = [f"{s.name},{s.frequency},{s.drive},{s.amplitude}" for s in scans()]
    head = "scan,drive_frequency_Hz,drive_amplitude_V,median_amplitude_m"
    path.write_text("\n".join([head, *lines]) + "\n")
    out = tmp_path / "out"
    done = call(path, *NAMED, "-o", out)
    assert done.exit_code == 0, done.output
    assert "26 signals: 0 possible, 0 excluded, 26 undecided." in done.stdout
    assert {p.name for p in out.iterdir()} == {"evidence.csv", "report.txt", "summary.json"}
    span = ["--diffusivity", "1e-17..1e-13 m^2/s"]
    done = call(path, *NAMED, "--q", "1..1", *span)
    assert "0 possible, 21 excluded, 5 undecided" in done.stdout
    done = call(path, *NAMED, "--drive", "10 V", *span, "--change", "2290 mol/m^3", "--q", "1..1")
    assert "26 excluded" in done.stdout
    assert call(path, *NAMED, "--amplitude", "1 pm", "--frequency", "1").exit_code == 2


def test_amplitude_by_flags():
    done = call(*NAMED, "--amplitude", "300 pm", "--frequency", "366 kHz", "--null", "280 pm",
                "--drive", "1 V")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "null material" in done.stdout
    assert "against" in done.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--amplitude", "1 pm", "--frequency", "1 Hz", *NAMED], "give --drive"),
        (["--amplitude", "1 pm", "--frequency", "1 Hz", "--drive", "1 V"], "say what the tip"),
        ([*NAMED, "--drive", "1 V"], "empty"),
        ([*NAMED, "--drive", "1 V", "--q", "3"], "LOW..HIGH"),
        ([*NAMED, "--drive", "1 m"], "needs a voltage"),
        (["--material", "LiMn2O4", "--drive", "1 V"], "needs --radius"),
        ([*NAMED, "--harmonics", "1 pm", "--drive", "1 V"], "takes three"),
        (["nothing.csv", *NAMED, "--drive", "1 V"], "nothing.csv"),
    ],
)
def test_bad_input(args, words):
    done = call(*args)
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())
