"""The command detect, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app

FILE = """
schema = 1
title = "A contact"
[material]
name = "mine"
catalogue = false
diffusivity = "7e-15 m^2/s"
vegard = "1.2 cm^3/mol"
poisson = 0.3
ocv_slope = "-4.4e-5 V m^3/mol"
[tip]
kind = "DiscTip"
radius = "20 nm"
[interface]
kind = "Contact"
[experiment]
per = "volt"
drive = "50 mV"
"""
LEVER = """
[cantilever]
stiffness = "2.8 N/m"
free_resonance = "75 kHz"
quality = 150
length = "225 um"
contact_stiffness = "500 N/m"
"""


def close(value, rel):
    return pytest.approx(value, rel=rel, abs=0)


def call(*args):
    return CliRunner().invoke(app, ["detect", *map(str, args)])


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "contact.toml"
    path.write_text(FILE)
    return path


def test_folder_and_numbers(file, tmp_path):
    out = tmp_path / "out"
    result = call(file, "--drive", "10 mV", "--frequency", "1 kHz", "--frequency", "10 kHz",
                  "-o", out, "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout, parse_constant=pytest.fail)
    material = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    e = vg.Experiment(material, vg.DiscTip(20e-9), interface=vg.Contact())
    tool = vg.instruments["QPDI+SCM-PIT+SP983"]
    d = vg.detection(e, [1e3, 1e4], instrument=tool, drive=10e-3)
    assert data["frequency"] == [1e3, 1e4]
    for name in ("ions", "current", "snr_strain", "snr_current"):
        assert data[name] == close(getattr(d, name).tolist(), rel=1e-9)
    strain, current = data["smallest"]
    assert strain["by"] == "strain"
    assert current["radius"] == close(d.smallest(by="current")[0].radius, rel=1e-6)
    sizes = {c["method"]: c["size"] for c in data["crossing"]["curves"]}
    assert sizes["EIS"] == close(current["radius"], rel=1e-6)
    assert data["crossing"]["window"][1] == close(sizes["EIS"], rel=1e-12)
    assert {p.name for p in out.iterdir()} == {
        "detection.csv", "crossing.csv", "crossing.png", "report.txt", "summary.json"
    }  # fmt: skip
    assert json.loads((out / "summary.json").read_text("utf-8"))["ions"] == data["ions"]
    table = (out / "detection.csv").read_text().splitlines()
    assert table[0].startswith("frequency [Hz],ions [–],charge [C],current [A]")
    assert len(table) == 3
    report = (out / "report.txt").read_text()
    assert "At 20 nm and 1 kHz" in report
    assert report.count("contact stiffness") == 1
    assert len((out / "crossing.csv").read_text().splitlines()) == 1 + 5 * 13


def test_text_lever_and_scaled(file):
    """The lever of the file replaces the preset's; a resonance makes the noise smaller."""
    file.write_text(FILE + LEVER)
    result = call(file, "--frequency", "319.9 kHz", "--averages", 4, "--scaled", "--snr", 2,
                  "--smallest", "5 nm", "--largest", "100 nm", "--bandwidth", "1 kHz",
                  "--tip-radius", "30 nm")  # fmt: skip
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "At 30 nm and 320 kHz" in text
    assert "contact stiffness" not in text
    assert "frequency and time scaled as R²" in text
    assert "50 mV at contacts of 5 nm to 100 nm" in text
    assert "SNR 2:" in text
    assert "diffusion length below a lattice constant" in text


def test_without_exchange_there_is_no_crossing(file, tmp_path):
    kind = 'kind = "BlockingTip"\ndebye_length = "1 nm"\nconcentration = "1e3 mol/m^3"'
    file.write_text(FILE.replace('kind = "Contact"', kind))
    out = tmp_path / "out"
    result = call(file, "--drive", "10 mV", "-o", out)
    assert result.exit_code == 0, result.output
    assert "no current of ions" in result.stdout
    assert {p.name for p in out.iterdir()} == {"detection.csv", "report.txt", "summary.json"}
    assert "current" not in (out / "detection.csv").read_text().splitlines()[0].split(",")[3]


def test_without_an_ammeter_there_is_no_crossing(file):
    result = call(file, "--instrument", "QPDI", "--bandwidth", "50 Hz", "--format", "json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["crossing"] is None
    assert data["snr_current"] is None
    assert data["frequency"] == [500.0]


def test_default_frequency_is_ten_bandwidths(file):
    result = call(file, "--format", "json", "--capacitance", "100 pF", "--largest", "30 nm",
                  "--averages", 4)  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["frequency"] == [1e3]
    assert data["drive"] == 50e-3
    power = 5.5e-15**2 + (1.8e-9 * 2 * 3.141592653589793e3 * 1e-10) ** 2
    assert data["current_noise"] == [close((200 * power / 4) ** 0.5, rel=1e-9)]
    assert data["crossing"]["seconds"][0] == close(4 / 200, rel=1e-12)


def test_refused(file, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "report.txt").write_text("mine")
    sweep = tmp_path / "sweep.toml"
    sweep.write_text(FILE.replace('"20 nm"', '["10 nm", "20 nm"]'))
    for args, words in (
        ((sweep,), "lists are sweeps"),
        ((file, "--instrument", "QPDI+SR570"), "unknown instrument"),
        ((file, "--drive", "10 nm"), "--drive"),
        ((file, "--instrument", "QPDI"), "bandwidth"),
        ((file, "--smallest", "1 um", "--largest", "1 nm"), "radius must rise"),
        ((file, "-o", tmp_path / "other"), "report.txt"),
        ((file, "--radius", "10 nm"), "Did you mean --tip-radius"),
    ):
        result = call(*args)
        assert result.exit_code == 2, result.output
        assert words in " ".join(result.stderr.split())
    assert sorted(p.name for p in Path().iterdir()) == ["contact.toml", "other", "sweep.toml"]


def test_help_can_be_read():
    result = call("--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
