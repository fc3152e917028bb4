"""The words agree with the code: README example, names, nomenclature, versions, pins."""

import importlib.util
import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import vegard as vg
from vegard.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def examples():
    for page in PAGES:
        for i, block in enumerate(BLOCK.findall(page.read_text("utf-8"))):
            if ">>>" not in block:  # doctests run by themselves
                yield pytest.param(block, id=f"{page.name}-{i}")


@pytest.mark.parametrize("block", list(examples()))
def test_example_runs(block, capsys):
    exec(compile(block, "example", "exec"), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*.py")), ids=lambda p: p.stem)
def test_script_in_examples_runs(path, capsys):
    runpy.run_path(str(path), run_name="__main__")  # they assert their numbers
    assert capsys.readouterr().out.strip()


INTERFACES = {
    "FixedConcentration": vg.FixedConcentration(),
    "LinearKinetics": vg.LinearKinetics(1e-6),
    "Contact": vg.Contact(1e-6),
    "FixedFlux": vg.FixedFlux(),
    "BlockingTip": vg.BlockingTip(1e-9, 1e3),
}


def signs():
    """Cells of the table «Up or down?»: interface, dE/dC, sign of the drive, z and the word."""
    table = text("docs/choosing.md").split("### Up or down?")[1].split("\n\n")[2]
    names, host = [], False
    for line in table.splitlines()[2:]:
        what, drive, *words = (cell.strip() for cell in line.strip("|").split("|"))
        if what:
            names, host = re.findall(r"`(\w+)`", what) or names, "host" in what
        for z, word in zip((1, -1), words, strict=True):
            slope = -1e-5 if host else -0.0257 / (z * 1e3)  # R_gT/F = 25.7 mV, C = 1000 mol/m³
            for name in names if word else ():
                yield pytest.param(name, slope, drive[2], z, word, id=f"{name} {drive} {z} {host}")


@pytest.mark.parametrize(("name", "slope", "drive", "z", "word"), list(signs()))
def test_surface_goes_up_or_down_as_told(name, slope, drive, z, word):
    material = vg.Material(1e-15, 1e-6, 0.3, ocv_slope=slope, charge=z)
    e = vg.Experiment(material, vg.DiscTip(20e-9), interface=INTERFACES[name])
    per = "ampere" if name == "FixedFlux" else "volt"
    u = vg.frequency_response(e, 1e-3, per=per).values.real
    assert word == ("uplift" if (u > 0) == (drive == ">") else "dip")


TRANSCRIPT = re.compile(
    r"\$ vegard ((?:hertz|lever|orientation) (?:.*\\\n)*.*)\n((?:(?!\$ |```).*\n)*)"
)


@pytest.mark.parametrize(("typed", "answer"), TRANSCRIPT.findall(text("docs/command_line.md")))
def test_transcripts_are_what_the_command_says(typed, answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grain = text("docs/command_line.md").split("## vegard orientation")[1]
    Path("grain.toml").write_text(re.search(r"```toml\n(.*?)```", grain, re.S).group(1), "utf-8")
    done = CliRunner().invoke(app, shlex.split(typed.replace("\\\n", " ")))
    assert done.exit_code == 0
    assert done.output.split() == answer.split()


def test_readme_example_is_short():
    block = BLOCK.search(text("README.md")).group(1)
    assert len([line for line in block.splitlines() if line.strip()]) <= 12


def test_api_page_has_every_public_name():
    listed = set(re.findall(r"^\.\. auto\w+:: vegard\.(\w+)$", text("docs/api.md"), re.M))
    listed |= set(re.findall(r"^\.\. data:: vegard\.(\w+)$", text("docs/api.md"), re.M))
    assert listed - {"catalogue"} == set(vg.__all__)


def test_nomenclature_has_every_field():
    module = script("make_nomenclature")
    tables = module.text()
    for name in module.public():
        for field, meta in module.table(getattr(vg, name)):
            assert f"| `{field}` | {meta.get('symbol', '')} |" in tables


def test_versions_agree():
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert version == vg.__version__
    assert f"\nversion: {version}\n" in text("CITATION.cff")


def test_constraints_are_exact_and_without_addresses():
    lines = [line for line in text("constraints.txt").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", line) for line in lines)


def test_links_between_pages_lead_somewhere():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
