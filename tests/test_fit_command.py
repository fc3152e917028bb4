"""The command fit, as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app

CELL = vg.Cell(vg.Material(1e-13, 1e-6, 0.3, ocv_slope=-4.4e-5), 200e-9, 1e-4, rate=1e-6)
ELECTRODE = ["--length", "200 nm", "--area", "1 cm^2", "--ocv-slope", "-4.4e-5 V m^3/mol"]


def call(*args):
    return CliRunner().invoke(app, ["fit", *map(str, args)])


@pytest.fixture
def step(tmp_path):
    t = np.geomspace(1e-3, 3.0, 60)
    i = vg.classical.pitt(CELL, t, 0.01).values * 1e3
    rng = np.random.default_rng(0)
    rows = "\n".join(f"{a:.8g},{b:.8g}" for a, b in zip(t, i + 0.01 * rng.normal(size=60),
                                                        strict=True))  # fmt: skip
    path = tmp_path / "step.csv"
    path.write_text(f"time/s,I/mA\n{rows}\n")
    return path


def test_electrode(step, tmp_path):
    free = ["--free", "material.diffusivity", "--free", "rate"]
    out = tmp_path / "out"
    result = call("--data", step, *free, "--drive", "10 mV", *ELECTRODE, "-o", out,
                  "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    low, high = data["intervals"]["material.diffusivity"]
    assert low < 1e-13 < high
    assert {p.name for p in out.iterdir()} == {"fit.json", "fit.png", "report.txt",
                                               "residuals.csv", "summary.json"}  # fmt: skip
    assert json.loads((out / "fit.json").read_text("utf-8"))["values"] == data["values"]
    assert "95%" in (out / "report.txt").read_text()
    rows = [r for r in (out / "residuals.csv").read_text().splitlines() if r[0] != "#"]
    assert len(rows) == 61


def test_window_prior_and_percent(step):
    result = call(
        "--data", step, "--free", "material.diffusivity", "--free", "cell.rate", "--drive", "10 mV",
        *ELECTRODE, "--from", "10 ms", "--to", "2 s", "--sigma", "5%",
        "--loss", "huber",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "degrees of freedom" in " ".join(result.stdout.split())


def test_tip(tmp_path):
    e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(20e-9))
    e = e.replace({"material.diffusivity": 3e-15})
    t = 0.01 + np.geomspace(1e-4, 1.0, 40)
    u = vg.time_response(e, vg.Pulse(0.01), t).values * 1e12
    path = tmp_path / "u.csv"
    path.write_text("time/s,displacement/pm\n" + "\n".join(
        f"{a:.9g},{b:.9g}" for a, b in zip(t, u, strict=True)) + "\n")  # fmt: skip
    sample = tmp_path / "sample.toml"
    sample.write_text('schema = 1\n[material]\nname = "LiMn2O4"\n[tip]\nkind = "DiscTip"\n'
                      'radius = "20 nm"\n')  # fmt: skip
    result = call(sample, "--data", path, "--kind", "relaxation", "--free",
                  "material.diffusivity", "--free", "gain", "--drive", "1 V", "--pulse", "10 ms",
                  "--sigma", "0.1 pm", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["values"]["material.diffusivity"]
    assert found == pytest.approx(3e-15, rel=1e-2, abs=0)


def test_what_is_fixed_and_unknown_is_an_error(step):
    result = call("--data", step, "--free", "rate", "--drive", "10 mV", *ELECTRODE)
    assert result.exit_code == 2, result.output
    assert "diffusivity" in result.output
    fixed = ["--set", 'material.diffusivity="1e-9 cm^2/s"']
    known = call("--data", step, "--free", "rate", "--drive", "10 mV", *ELECTRODE, *fixed,
                 "--format", "json")  # fmt: skip
    low, high = json.loads(known.stdout)["intervals"]["rate"]
    assert low < 1e-6 < high


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--free", "material.difusivity", "--drive", "10 mV", *ELECTRODE], "diffusivity"),
        (["--free", "material.diffusivity", *ELECTRODE], "needs --drive"),
        (["--free", "material.diffusivity", "--drive", "10 mV"], "needs a sample"),
        (["--free", "rate", "--drive", "10 mV", "--length", "1 um"], "both --length and --area"),
        (
            ["--free", "material.diffusivity", "--drive", "10 mV", *ELECTRODE, "--prior", "rate"],
            "must look like",
        ),
        (
            ["--free", "material.diffusivity", "--drive", "10 mV", *ELECTRODE, "--from", "1 h"],
            "0 points lie",
        ),
        (
            ["--free", "material.diffusivity", "--drive", "10 mV", *ELECTRODE, "--sigma", "noise"],
            "--sigma",
        ),
        (
            ["--free", "material.diffusivity", "--drive", "10 mV", *ELECTRODE, "--period", "1 s"],
            "is for loop",
        ),
        (
            ["--free", "material.diffusivity", "--drive", "10 mV", *ELECTRODE, "--level", "95"],
            "between 0 and 1",
        ),
    ],
)
def test_bad_input(step, args, words):
    result = call("--data", step, *args)
    assert result.exit_code == 2
    assert words in result.output.replace("\n", " ")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A film under a pulse, as a table, and the file of a sample that does not say so."""
    folder = tmp_path_factory.mktemp("film")
    e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(20e-9), vg.Film(15e-9))
    e = e.replace({"material.diffusivity": 3e-15})
    t = 0.01 + np.geomspace(1e-4, 1.0, 40)
    u = vg.time_response(e, vg.Pulse(0.01), t).values * 1e12
    u += 0.01 * u.max() * np.random.default_rng(1).normal(size=40)
    (folder / "u.csv").write_text("time/s,displacement/pm\n" + "\n".join(
        f"{a:.9g},{b:.9g}" for a, b in zip(t, u, strict=True)) + "\n")  # fmt: skip
    (folder / "sample.toml").write_text(
        'schema = 1\n[material]\nname = "LiMn2O4"\n[tip]\nkind = "DiscTip"\nradius = "20 nm"\n'
    )
    return folder


PULSE = ["--kind", "relaxation", "--drive", "1 V", "--pulse", "10 ms"]


def test_posterior(film, tmp_path):
    out = tmp_path / "out"
    result = call(film / "sample.toml", "--data", film / "u.csv", *PULSE, "--free",
                  "material.diffusivity", "--free", "gain", "--posterior", 500, "-o", out,
                  "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["posterior"]["material.diffusivity"]
    assert told["low"] < told["median"] < told["high"]
    assert told["open"] == ""
    rows = [r for r in (out / "posterior.csv").read_text().splitlines() if r[0] != "#"]
    assert rows[0] == "material.diffusivity,gain"
    values = np.array([float(r.split(",")[0]) for r in rows[1:]])
    assert values.size == 500
    assert np.median(values) == pytest.approx(told["median"], rel=1e-12, abs=0)
    assert (out / "posterior.png").stat().st_size > 10_000
    assert "Posterior, 500 draws" in (out / "report.txt").read_text("utf-8")


def test_models(film, tmp_path):
    out = tmp_path / "out"
    args = ["--model", "half_space", "--model", "film", "--model", "exponential"]
    result = CliRunner().invoke(app, list(map(str, [
        "models", film / "sample.toml", "--data", film / "u.csv", *PULSE, *args,
        "--free", "gain", "--free", "tau=1 ms..1 s", "-o", out, "--format", "json",
    ])))  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["best"] == "film"
    assert told["candidates"] == ["film"]
    by_name = {r["model"]: r for r in told["rows"]}
    assert 1e-3 <= by_name["exponential"]["values"]["tau"] <= 1.0
    assert {p.name for p in out.iterdir()} == {"models.csv", "models.png", "report.txt",
                                               "summary.json"}  # fmt: skip
    assert "The data speak for the film" in (out / "report.txt").read_text("utf-8")
    table = (out / "models.csv").read_text().splitlines()
    assert table[0].startswith("model,parameters,deviance,aicc,delta,weight")
    assert len(table) == 4


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--model", "filn"], "Did you mean 'film'"),
        (["--free", "tau=1"], "must look like gain or"),
        (["--free", "offset"], "the response has V, not m; add --free gain"),
        (["--criterion", "bic"], "aicc"),
    ],
)
def test_models_bad_input(film, tmp_path, args, words):
    path = film / "u.csv"
    if "offset" in args:  # not in metres
        path = tmp_path / "counts.csv"
        path.write_text((film / "u.csv").read_text().replace("displacement/pm", "displacement/mV"))
    result = CliRunner().invoke(
        app, list(map(str, ["models", film / "sample.toml", "--data", path, *PULSE, *args]))
    )
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.output.split())
