"""The command line: what a user types, sees, and gets as an exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import vegard as vg
from vegard import cli, report, run

EXAMPLES = Path(__file__).parents[1] / "examples"
FILE = """
schema = 1
title = "small"
[material]
name = "LiMn2O4"
[tip]
kind = "DiscTip"
radius = "20 nm"
[frequency]
from = "1 Hz"
to = "1 MHz"
points = 3
"""
ONLY = "".join(f"[{s}]\nenabled = false\n" for s in ("time", "pulse", "profile", "relaxation"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "figures", lambda results: {})
    path = tmp_path / "e.toml"
    path.write_text(FILE + ONLY)
    return path


def invoke(*args: object) -> Any:
    return CliRunner().invoke(cli.app, [str(a) for a in args])


def console(*args: object, **kw: Any) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "vegard.cli", *(str(a) for a in args)]
    env = os.environ | {"PYTHONUTF8": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=env, check=False, **kw
    )


def test_help_is_light() -> None:
    code = (
        "import sys\n"
        "from vegard.cli import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit as stop:\n    assert not stop.code\n"
        "heavy = {'numpy', 'scipy', 'matplotlib', 'pint', 'xarray'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("run", "sweep", "materials", "demo", "hertz", "lever", "sho", "verify"):
        assert command in out.stdout


def test_help_is_fast() -> None:
    def once() -> float:
        start = time.perf_counter()
        assert console("--help").returncode == 0
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.6  # best of five: the machine may be busy


def test_version() -> None:
    out = console("--version")
    assert (out.returncode, out.stdout) == (0, f"vegard {vg.__version__}\n")


def test_run_help_lists_the_fields_as_flags() -> None:
    out = invoke("run", "--help")
    text = "".join(out.output.split())
    for flag in (
        "--tip-radius",
        "--material-ocv-slope",
        "--geometry-thickness",
        "--interface-kind",
    ):
        assert flag in text
    assert "--interface-drives" not in text  # no field but a constant of the class
    assert text.endswith("--frequency-from,andallotherkeysalike.")


def test_run_as_a_process(file: Path, tmp_path: Path) -> None:
    out = console("run", file, "-o", tmp_path / "out")
    assert out.returncode == 0, out.stderr
    assert "LiMn2O4 under a disc tip of radius 20 nm" in out.stdout
    answer = out.stdout.split("note:")[0].splitlines()
    assert len(answer) > 2
    assert max(map(len, answer)) <= 98
    assert "note: diffusion length below a lattice constant" in out.stdout
    assert "start with" in out.stdout
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "LiMn2O4" in page


def test_bad_input_as_a_process(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(FILE.replace("20 nm", "20 s"))
    out = console("run", path, "-o", tmp_path / "out")
    assert out.returncode == 2
    assert out.stdout == ""
    assert out.stderr == (
        f"vegard: {path}: tip.radius: '20 s' is a time; needs a length, e.g. \"20 nm\".\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_interrupt_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    many = ", ".join(f'"{5 + i} nm"' for i in range(400))
    path.write_text((FILE + ONLY).replace('"20 nm"', f"[{many}]"))
    command = [sys.executable, "-m", "vegard.cli", "run", path, "-o", tmp_path / "a" / "out"]
    # where the tests run in the background SIGINT is ignored, and a child inherits that
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("computing")
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert error.splitlines()[-1] == "vegard: interrupted; nothing was written."
    assert os.listdir(tmp_path) == ["long.toml"]


def test_an_interrupt_while_writing_leaves_nothing(file: Path, monkeypatch: Any) -> None:
    def stop(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "write", stop)
    out = invoke("run", file, "-o", "out")
    assert out.exit_code == 130
    assert os.listdir(file.parent) == ["e.toml"]


def test_our_fault_is_admitted(file: Path, monkeypatch: Any) -> None:
    def broken(*args: Any, **kw: Any) -> None:
        raise ZeroDivisionError("nought")

    monkeypatch.setattr(run, "execute", broken)
    out = invoke("run", file, "-o", "out")
    assert out.exit_code == 1
    assert out.stdout == ""
    assert "sorry" in out.stderr
    assert "ZeroDivisionError: nought" in out.stderr
    assert len(out.stderr.splitlines()) == 1
    told = invoke("--debug", "run", file, "-o", "out")
    assert told.exit_code == 1
    assert isinstance(told.exception, ZeroDivisionError)  # goes through, with its traceback


def test_json_and_nothing_else(file: Path) -> None:
    out = invoke("run", file, "-o", "out", "--format", "json")
    assert out.exit_code == 0

    def refuse(word: str) -> None:
        raise AssertionError(word)

    data = json.loads(out.stdout, parse_constant=refuse)
    assert data["schema"] == 1
    assert data["folder"] == "out"
    number = data["points"][0]["numbers"]
    wanted = vg.frequency_response(
        vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(20e-9)), 1.0
    )
    assert number["amplitude_lowest"] == pytest.approx(float(wanted.amplitude), rel=1e-12)


@pytest.mark.parametrize(
    "args",
    [
        ["--set", "tip.radius=50 nm"],
        ["--set", "tip.radius=5e-8"],
        ["--tip-radius", "50 nm"],
        ["--tip-radius=50 nm"],
    ],
)
def test_fields_are_flags(file: Path, args: list[str]) -> None:
    out = invoke("run", *args, file, "-o", "out", "--format", "json")
    assert out.exit_code == 0, out.stderr
    text = (file.parent / "out" / "experiment.resolved.toml").read_text("utf-8")
    assert 'radius = "5e-08 m"' in text


def test_flags_take_words_switches_and_negative_numbers(file: Path) -> None:
    flags = ["--geometry-kind", "Film", "--geometry-thickness", "90 nm", "--time-enabled", "true"]
    flags += ["--material-ocv-slope", "-2e-5", "--experiment-readout=punch"]
    out = invoke("run", file, "-o", "out", *flags)
    assert out.exit_code == 0, out.stderr
    text = (file.parent / "out" / "experiment.resolved.toml").read_text("utf-8")
    for line in ('kind = "Film"', '"-2e-05 V m³/mol"', 'readout = "punch"', "[time]\nfrom ="):
        assert line in text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--tip-radus", "3 nm"], "Did you mean 'tip.radius'?"),
        (["--tip-radius", "3 s"], "tip.radius: '3 s' is a time"),
        (["--radius", "3 nm"], "Did you mean --tip-radius?"),
        (["--tip.radius=3 nm"], "Did you mean --tip-radius?"),
        (["--tip_radius", "3 nm"], "Did you mean --tip-radius?"),
        (["--tip-radius"], "takes PATH=VALUE"),
        (["--set", "tip.radius"], "takes PATH=VALUE"),
        (["--parasitics-joule-resistanse", "1"], "Did you mean 'parasitics.joule.resistance'?"),
        (["--elastic-kind", "Layerd"], "Did you mean 'Layered'?"),
        (["--set", "tip.radius=-1e-9"], "tip.radius must be > 0 [m]"),
        (["--set", "frequency.from=0"], "frequency.from must be > 0 [Hz]"),
        (["--set", "experiment.per=ampere"], 'ask per="volt" or "concentration"'),
        (["--set", "tip.radius=1nm", "--tip-radius", "2nm"], "tip.radius is given twice"),
        (["--set", "nonsense=1"], "unknown key 'nonsense'"),
        (["--set", "title.x=1"], "no section"),
    ],
)
def test_bad_flags(file: Path, args: list[str], said: str) -> None:
    out = invoke("run", file, "-o", "out", *args)
    assert out.exit_code == 2
    assert out.stdout == ""
    assert said in out.stderr
    assert len(out.stderr.splitlines()) == 1
    assert os.listdir(file.parent) == ["e.toml"]


@pytest.mark.parametrize("args", [[], ["nope"], ["run"], ["run", "x.toml"], ["--nope"]])
def test_wrong_use_is_bad_input(args: list[str]) -> None:
    assert invoke(*args).exit_code == 2


def test_the_folder_is_checked_before_computing(file: Path, monkeypatch: Any) -> None:
    def computed(*args: Any, **kw: Any) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(run, "execute", computed)
    out = invoke("run", file, "-o", file / "below")
    assert out.exit_code == 2
    assert "is a file" in out.stderr


def test_the_folder_has_a_name(file: Path) -> None:
    for command in (["run", file], ["sweep", file, "tip.radius=1nm,2nm"], ["demo"]):
        out = invoke(*command, "-o", "")
        assert out.exit_code == 2
        assert "name of the folder is empty" in out.stderr
    assert os.listdir(file.parent) == ["e.toml"]


def test_another_run_needs_force(file: Path) -> None:
    assert invoke("run", file, "-o", "out").exit_code == 0
    assert invoke("run", file, "-o", "out").exit_code == 0
    other = file.rename(file.with_name("other.toml"))
    out = invoke("run", other, "-o", "out")
    assert out.exit_code == 2
    assert "--force" in out.stderr
    assert invoke("run", other, "-o", "out", "--force").exit_code == 0


def test_sweep_makes_a_table_and_files(file: Path) -> None:
    out = invoke("sweep", file, "tip.radius=10nm:1um:3", "material.diffusivity=1e-15,1e-14 m^2/s",
                 "-o", "out")  # fmt: skip
    assert out.exit_code == 0, out.stderr
    lines = [line for line in out.stdout.splitlines() if line.startswith("1e-1")]
    assert len(lines) == 6
    assert "(6 of 6 points)" in out.stdout
    assert sorted(os.listdir("out")) == [
        "experiment.resolved.toml", "frequency.csv", "frequency.nc", "summary.json",
    ]  # fmt: skip
    data = json.loads(Path("out/summary.json").read_text("utf-8"))
    radii = [p["changes"]["tip.radius"] for p in data["points"]]
    assert radii[:3] == pytest.approx([1e-8, 1e-7, 1e-6], rel=1e-12)


def test_sweep_computes_what_the_file_names(file: Path) -> None:
    head, _ = FILE.split("[frequency]")
    file.write_text(head + '[time]\nvalues = ["1 ms", "1 s"]\n')
    out = invoke("sweep", file, "readout=centre,punch", "-o", "out", "--format", "json")
    assert out.exit_code == 0, out.stderr
    assert len(json.loads(out.stdout)["points"]) == 2
    assert "frequency.csv" not in os.listdir("out")
    assert "step.csv" in os.listdir("out")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("tip.radius=1nm:2nm:1", "2 to 10000 points"),
        ("tip.radius=1nm:2nm:x", "2 to 10000 points"),
        ("tip.radius=2nm:1nm:3", "0 < FROM < TO"),
        ("tip.radius=0nm:1nm:3", "0 < FROM < TO"),
        ("tip.radius=1s:2s:3", "is a time"),
        ("tip.radus=1nm:2nm:3", "Did you mean 'tip.radius'?"),
        ("tip.radius=1nm,,2nm", "empty value"),
        ("tip.radius=[]", "empty list"),
        ("tip.radius=1nm,2s", "is a time"),
        ("tip.radius=1nm:1um", "a range is FROM:TO:COUNT"),
        ("poisson=0.1,0.2", "Did you mean material.poisson?"),
        ("experiment.drive=1V,2V", "drive takes one value; the response is linear in it"),
        ("tip.radius", "PATH=VALUE"),
        ("tip.radius=1nm tip.radius=2nm", "given twice; give it once"),
    ],
)
def test_bad_sweeps(file: Path, value: str, said: str) -> None:
    out = invoke("sweep", file, *value.split(), "-o", "out")
    assert out.exit_code == 2
    assert said in out.stderr
    assert os.listdir(file.parent) == ["e.toml"]


def test_materials_list_show_and_compare() -> None:
    every = invoke("materials")
    assert every.exit_code == 0
    assert all(name in every.stdout for name in vg.materials)
    one = invoke("materials", "LiMn2O4").stdout
    entry = vg.materials["LiMn2O4"]
    for record in entry.records():
        assert record.source in one
        assert record.read_from in one
    assert "7.08e-15 m²/s  (verified)" in one
    both = invoke("materials", "LiMn2O4", "Si").stdout
    assert "LiMn2O4" in both
    assert "not linear" in both
    assert "graphite" not in both


def test_materials_as_json() -> None:
    data = json.loads(invoke("materials", "Si", "--format", "json").stdout)
    assert list(data) == ["Si"]
    assert data["Si"]["linear"] is False
    assert len(data["Si"]["records"]) == len(vg.materials["Si"].records())


def test_unknown_material() -> None:
    out = invoke("materials", "LiMn204")
    assert out.exit_code == 2
    assert "Did you mean 'LiMn2O4'?" in out.stderr


def test_no_progress_when_quiet(file: Path) -> None:
    assert invoke("run", file, "-o", "out", "--quiet").stderr == ""


def test_demo_goes_to_its_folder(monkeypatch: Any, tmp_path: Path) -> None:
    module = type(sys)("vegard.demo")
    module.main = lambda folder, force: f"wrote {folder}"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vegard.demo", module)
    monkeypatch.setattr(vg, "demo", module, raising=False)
    out = invoke("demo", "-o", tmp_path / "d")
    assert (out.exit_code, out.stdout) == (0, f"wrote {tmp_path / 'd'}\n")
