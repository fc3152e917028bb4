"""The command plan, as a user calls it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from vegard.cli import app

SAMPLE = """schema = 1
[material]
diffusivity = "1e-15 m^2/s"
vegard = "1e-6 m^3/mol"
poisson = 0.3
ocv_slope = "-4.4e-5 V m^3/mol"
[tip]
kind = "DiscTip"
radius = "20 nm"
"""
ASKED = {
    "--instrument": "QPDI+SCM-PIT+SP983",
    "--unknown": "material.diffusivity",
    "--prior": "material.diffusivity=1e-17..1e-13 m^2/s",
    "--budget": "10 min",
    "--drive": "1 mV",
    "--method": "frequency",
}


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.toml"
    path.write_text(SAMPLE)
    return path


def call(sample, *more, **changes):
    given = ASKED | {f"--{k}": v for k, v in changes.items()}
    flags = [part for k, v in given.items() if v is not None for part in (k, v)]
    return CliRunner().invoke(app, ["plan", str(sample), *flags, *map(str, more)])


def test_folder_and_json(sample, tmp_path):
    out = tmp_path / "out"
    done = call(sample, "--unknown", "gain", "-o", out, "--format", "json")
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    files = {"plan.csv", "plan.png", "report.txt", "summary.json"}
    assert {p.name for p in out.iterdir()} == files
    (m,) = data["measurements"]
    assert m["method"] == "frequency"
    assert sum(r["seconds"] for r in m["readings"]) == pytest.approx(m["seconds"])
    assert m["seconds"] <= 600
    assert data["expected"] < 0.01 < 1 < data["before"]
    assert json.loads((out / "summary.json").read_text("utf-8"))["expected"] == data["expected"]
    assert any("contact stiffness" in n for n in data["notes"])
    rows = [r for r in (out / "plan.csv").read_text().splitlines() if r[0] != "#"]
    assert rows[0] == "method,x,seconds,averages,sigma"
    assert float(rows[1].split(",")[1]) == m["readings"][0]["x"]
    assert "Expected error of ln D" in (out / "report.txt").read_text("utf-8")
    assert call(sample, "-o", out, "--force").exit_code == 0


def test_units_of_either_end_and_choices(sample):
    prior = "material.diffusivity=1e-13 cm^2/s..1e-9 cm^2/s"
    more = ["--contact-stiffness", "500 N/m", "--choose-temperature", "25 degC",
            "--choose-temperature", "350", "--diffusivity-energy", "40 kJ/mol",
            "--choose-radius", "20 nm", "--tip-radius", "50 nm", "--format", "json"]  # fmt: skip
    done = call(sample, *more, prior=prior)
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert len(data["alternatives"]) == 2
    assert data["measurements"][0]["tip_radius"] == 20e-9
    warm = data["measurements"][0]["temperature"] == 350
    assert (data["diffusivity"][0] > 1.2e-17) == warm
    assert data["notes"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prior": "material.diffusivity=1e-15"}, "must look like"),
        ({"prior": "material.diffusivity=1 s..2 s"}, "needs a diffusivity"),
        ({"prior": "tip.radius=10..30 nm"}, "unknown parameter with a prior"),
        ({"instrument": "QPDJ"}, "unknown instrument"),
        ({"budget": "10 nm"}, "needs a time"),
        ({"drive": "-1 V"}, "drive must be > 0"),
        ({"method": "eis"}, "unknown method"),
    ],
)
def test_bad_input(sample, changes, words):
    done = call(sample, **changes)
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())
