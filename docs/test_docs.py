"""The words agree with the code: README example, names, nomenclature, versions, pins."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import vegard as vg

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
