"""The command analyse: files in, a diffusivity out, refusals with the flag that mends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from analysed import TAU, D, K, L, cell, near
from typer.testing import CliRunner

import vegard as vg
from vegard.classical import eis, gitt, pitt
from vegard.commands.analyse import analyse
from vegard.errors import VegardError

SIZES = ["--length", "200 nm", "--area", "1 cm^2"]
SLOPE = ["--ocv-slope", "-4.4e-5 V m^3/mol"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sample = cell(1.0)
    t = np.linspace(0.01, 4, 200) * TAU
    write("pitt.csv", "t/s,I/mA", t + 100, 1e3 * pitt(sample, t, 0.01).values)
    t = np.linspace(0, 1, 401) * TAU
    on = (t > 0) & (t <= 0.5 * TAU)
    v = gitt(sample, t, vg.Pulse(0.5 * TAU, 1e-4)).values
    write("gitt.csv", "t/s,I/mA,E/V", t, 0.1 * on, 3.9 - v)  # a cathode against lithium
    f = np.geomspace(1e-2, 1e4, 40)
    z = eis(cell(1.0, series_resistance=2.0, double_layer=1e-4), f).values
    write("eis.csv", "f/Hz,Re(Z)/Ohm,-Im(Z)/Ohm", f, z.real, -z.imag)


def write(name: str, head: str, *columns: Any) -> None:
    np.savetxt(name, np.stack(columns, 1), fmt="%.15g", delimiter=",", header=head, comments="")


def invoke(*args: str) -> Any:
    app = typer.Typer()
    app.command()(analyse)
    return CliRunner().invoke(app, [*args[:1], *SIZES, *args[1:]])


def told(*args: str) -> dict[str, Any]:
    out = invoke(*args, "--format", "json")
    assert out.exit_code == 0, out.exception
    data: dict[str, Any] = json.loads(out.stdout, parse_constant=pytest.fail)
    return data


def test_pitt() -> None:
    data = told("pitt.csv", "--kind", "pitt", "--method", "kinetics", "--start", "100 s")
    assert data["diffusivity_m2_per_s"] == near(D, rel=1e-9)  # of 15 digits, from 100 s on
    assert data["more"]["rate"] == near(D / L, rel=1e-9)
    assert data["more"]["determined"] == "both"
    assert (data["schema"], data["notes"]) == (1, [])
    assert len(data["inputs_sha256"]) == 64
    again = told("pitt.csv", "--kind", "pitt", "--method", "kinetics", "--start", "100.0 s")
    assert again == data
    other = told("pitt.csv", "--kind", "pitt", "--method", "long_time", "--start", "100 s",
                 "--from", "1 s")  # fmt: skip
    assert other["inputs_sha256"] != data["inputs_sha256"]
    assert other["diffusivity_m2_per_s"] == near(0.30 * D, rel=2e-3)
    assert other["valid_range_s"][0] >= 1.0


def test_gitt() -> None:
    kind = ["--kind", "gitt", *SLOPE, "--reverse", "--pulse", "200 ms"]
    data = told("gitt.csv", *kind, "--method", "full_model")
    assert data["diffusivity_m2_per_s"] == near(D, rel=1e-6)  # of V near 4, 15 digits
    assert data["more"]["resistance"] == near(K * L / D, rel=1e-6)
    data = told("gitt.csv", *kind, "--method", "sqrt_t", "--current", "0.1 mA", "--to", "20 ms")
    assert data["diffusivity_m2_per_s"] == near(D, rel=1e-6)
    out = invoke("gitt.csv", "--kind", "gitt", *SLOPE, "--method", "full_model")
    assert isinstance(out.exception, VegardError)
    assert "--reverse" in str(out.exception)


def test_eis_as_text() -> None:
    pytest.importorskip("impedance")
    out = invoke("eis.csv", "--kind", "eis", "--method", "circuit")
    assert out.exit_code == 0, out.exception
    lines = out.stdout.splitlines()
    assert lines[0] == "eis.csv: 40 points"
    assert lines[1].startswith("circuit: D = 1e-13 m²/s")
    assert lines[2] == "used: 10 mHz to 10 kHz"
    assert "circuit: R0-p(R1-Wo1,C1)" in lines
    assert "R0: 2" in lines


def test_a_range_that_is_left_is_noted() -> None:
    data = told("eis.csv", "--kind", "eis", "--method", "warburg", *SLOPE, "--from", "1 Hz",
                "--to", "5 Hz")  # fmt: skip
    assert "holds from 36.7" in data["notes"][0]
    write(
        "sign.csv", "f/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *np.loadtxt("eis.csv", delimiter=",", skiprows=1).T
    )
    out = invoke("sign.csv", "--kind", "eis", "--method", "diffusion_model")
    assert "Im Z is above 0" in out.stderr
    assert isinstance(out.exception, VegardError)
    turned = told("sign.csv", "--kind", "eis", "--method", "diffusion_model", "--hint", "sign=-1")
    assert turned["diffusivity_m2_per_s"] == near(D, rel=1e-8)


def test_open_ends_are_null() -> None:
    t = np.geomspace(1e-4, 0.05, 60) * TAU
    i = pitt(cell(), t, 0.01).values
    i *= 1 + 1e-3 * np.random.default_rng(0).standard_normal(60)
    write("short.csv", "t/s,I/A", t, i)
    data = told("short.csv", "--kind", "pitt", "--method", "kinetics")
    assert data["sigma_m2_per_s"] is None
    assert data["interval_m2_per_s"][0] == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["pitt.csv", "--kind", "pitt", "--method", "warburg"], "unknown method of analyse_pitt"),
        (["pitt.csv", "--kind", "gitt", "--method", "sqrt_t"], "voltage"),
        (["pitt.csv", "--kind", "pitt", "--method", "kinetics", "--pulse", "1 s"],
         "--pulse is for --kind gitt; got --kind pitt"),
        (["pitt.csv", "--kind", "pitt", "--method", "kinetics", "--reverse"], "--reverse is for"),
        (["pitt.csv", "--kind", "pitt", "--method", "kinetics", "--step", "10 nm"], "a length"),
        (["none.csv", "--kind", "eis", "--method", "warburg"], "none.csv"),
        (["eis.csv", "--kind", "eis", "--method", "warburg"], "--ocv-slope"),
        (["eis.csv", "--kind", "eis", "--method", "warburg", "--shape", "cube"], "sphere"),
    ],
)  # fmt: skip
def test_refusals(args: list[str], words: str) -> None:
    out = invoke(*args)
    assert isinstance(out.exception, VegardError)
    assert words in str(out.exception)
    assert out.stdout == ""


def test_help_can_be_read() -> None:
    out = invoke("pitt.csv", "--help")
    assert out.exit_code == 0
    assert max(map(len, out.output.splitlines())) <= 80
    assert "--ocv-slope" in out.output
