"""The command info: what a measured file was understood to hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import vegard as vg
from vegard.commands.info import info

TEXT = "t/s,I/mA,flag\n0,1,7\n1,2,8\n1,4,9\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def invoke(*args: str) -> Any:
    app = typer.Typer()
    app.command()(info)
    return CliRunner().invoke(app, args)


def test_info_prints_what_was_understood() -> None:
    Path("a.csv").write_text(TEXT)
    out = invoke("a.csv", "--hint", "duplicates=mean")
    assert out.exit_code == 0, out.exception
    lines = out.stdout.splitlines()
    assert lines[0] == "a.csv: pitt, 2 points"
    assert lines[2].split() == ["time", "s", "0", "s", "1", "s", "t/s"]
    assert lines[3].split() == ["current", "A", "1", "mA", "3", "mA", "I/mA"]
    assert "not taken: 'flag'" in lines
    assert "note: 'I/mA': mA converted to A." in lines
    assert "note: Points of the same time averaged: 1 fewer." in lines


def test_info_as_json() -> None:
    Path("a.csv").write_text("f/Hz,Re(Z)/Ohm,Im(Z)/Ohm\n10,1,2\n1,3,4\n")
    data = json.loads(invoke("a.csv", "--format", "json").stdout)
    assert (data["kind"], data["points"], data["unused"]) == ("eis", 2, [])
    assert data["columns"]["impedance, Im"]["range"] == [2, 4]
    assert data["columns"]["frequency"] == {"units": "Hz", "column": "f/Hz", "range": [1, 10]}
    assert "give sign=-1" in data["warnings"][0]
    turned = invoke("a.csv", "--hint", "sign=-1", "--format", "json")
    assert json.loads(turned.stdout)["columns"]["impedance, Im"]["range"] == [-4, -2]
    assert "warning: a.csv: Im Z is above 0" in invoke("a.csv").stdout


def test_info_of_texts_and_of_an_export() -> None:
    Path("a.csv").write_text("scan,frequency_kHz\na,1\nb,2\n")
    assert "scan" in invoke("a.csv").stdout
    data = json.loads(invoke("a.csv", "--format", "json").stdout)
    assert data["columns"]["scan"]["range"] is None
    assert data["columns"]["frequency"]["range"] == [1000, 2000]
    head = "EC-Lab ASCII FILE\nNb header lines : 4\nChronoamperometry\ntime/s\tI/mA\n"
    Path("a.mpt").write_text(head + "0\t1\n1\t2\n")
    assert invoke("a.mpt").stdout.startswith("a.mpt: pitt (Chronoamperometry), 2 points\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "duplicates='mean'"),
        (["--kind", "cv"], "unknown kind 'cv'"),
        (["--hint", "cyle=2"], "Did you mean 'cycle'?"),
        (["--hint", "cycle"], "--hint takes"),
        (["--hint", "decimal=,"], "holds no table"),
        (["--hint", "columns=t (s), I (A)"], "has 3 columns, but columns= names 2"),
    ],
)
def test_info_refuses(args: list[str], said: str) -> None:
    Path("a.csv").write_text(TEXT)
    error = invoke("a.csv", *args).exception
    assert isinstance(error, vg.VegardError)
    assert said in str(error)
