"""Finite elements against closed forms, and the library against finite elements."""

from __future__ import annotations

import ast
import sys
from math import isinf, log, pi
from pathlib import Path

import numpy as np
import pytest
from common import Offset

import vegard as vg
from vegard.contacts import Contact
from vegard.fem import cases, mesh, problem, solve, table, verify, write

HERE = Path(mesh.__file__).parent
RULER = ("engine", "mesh", "problem", "transport", "mechanics", "solution")
ALLOWED = {
    "fem", "errors", "units", "parameters", "result",
    "experiment", "material", "tips", "geometries", "interfaces", "contacts", "elastic", "layered",
}  # fmt: skip


def needs_ngsolve():
    pytest.importorskip("ngsolve", reason="extra [fem]: the finite-element ruler needs NGSolve")


@pytest.mark.parametrize("name", RULER)
def test_ruler_imports_no_kernel(name):
    tree = ast.parse((HERE / f"{name}.py").read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vegard"):
            parts = node.module.split(".")
            found |= {parts[1]} if parts[1:] else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("vegard.")}
    assert found <= ALLOWED


def test_missing_engine_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ngsolve", None)
    with pytest.raises(vg.VegardError, match=r"pip install 'vegard\[fem\]'"):
        verify()


def test_nodes_keep_breaks_and_grow_from_features():
    axis = mesh.Axis((0.0, 1.0, 100.0), (mesh.Feature(1.0, 1e-4),), (mesh.Layer(1.0, 0.1, 0.5),))
    x = mesh.nodes(axis)
    size = np.diff(x)
    at = int(np.flatnonzero(x == 1.0)[0])
    assert size[at] <= 1e-4
    assert (size[np.abs(x[:-1] - 1) < 0.4] <= 0.11).all()
    assert mesh.nodes(axis, 2).size == 2 * x.size - 1
    assert (x[0], x[-1]) == (0.0, 100.0)


def unit(**kw):
    """R = D = β = 1."""
    kw.setdefault("tip", vg.DiscTip(1.0))
    return vg.Experiment(vg.Material(1.0, 1.0, 0.3), **kw)


@pytest.mark.parametrize(
    ("experiment", "per"),
    [
        (unit().replace({"material.ocv_slope": -2e-5, "tip.radius": 2e-8}), "volt"),
        (unit(interface=vg.FixedFlux(), tip=vg.GaussianTip(3e-8)), "ampere"),
        (unit(interface=vg.FixedFlux(), tip=vg.DiscTip(3e-8)), "ampere"),
        (unit(interface=vg.FixedFlux(), tip=vg.ProfileTip(2.0, (0, 1, 3), (1, 2, 0.5))), "ampere"),
        (unit(interface=vg.FixedFlux()), "flux"),
    ],
)
def test_amplitude_agrees_with_the_library(experiment, per):
    e, m = experiment, experiment.material
    own = e.interface.amplitude(per, e.tip, m)
    unit_of = e.tip.radius  # displacement of the scaled problem, in contact radii
    if isinstance(e.interface, vg.FixedFlux):
        unit_of *= e.tip.radius / m.diffusivity_normal  # its concentration is J R/D_z
    assert problem.amplitude(e, per) == pytest.approx(unit_of * own, rel=1e-8, abs=0)


def test_refusals():
    needs_ngsolve()
    with pytest.raises(vg.VegardError, match="no response per"):
        solve(unit(), 1.0, per="flux")
    with pytest.raises(vg.VegardError, match="frequency must be > 0"):
        solve(unit(), 0.0, per="concentration")
    with pytest.raises(vg.VegardError, match=r"poisson < 0\.4999"):
        solve(unit().replace({"material.poisson": 0.5}), 1.0, per="concentration")
    rimless = unit().replace({"tip": vg.GaussianTip(1.0), "interface": vg.Contact()})
    with pytest.raises(vg.VegardError, match="needs a DiscTip"):
        solve(rimless, 1.0, per="concentration")
    with pytest.raises(vg.VegardError, match=r"must be a vegard\.Experiment"):
        solve("e", 1.0, per="concentration")
    with pytest.raises(vg.VegardError, match="additive signals"):
        solve(unit(also=(Offset(),)), 1.0, per="concentration")
    with pytest.raises(vg.VegardError, match="Valid: all, quick"):
        verify("some")


def exact_disc(sigma):
    """u/[2(1+ν)β c R] of the fixed-concentration disc, read at the centre (Laplace, σ² = iω)."""
    return (sigma - 1 + np.exp(-sigma)) / sigma**2


@pytest.mark.slow
@pytest.mark.parametrize("omega", [1e-3, 1.0, 1e3])
def test_disc_closed_form(omega):
    needs_ngsolve()
    found = solve(unit(), omega / (2 * pi), per="concentration")
    exact = 2 * 1.3 * exact_disc(np.sqrt(1j * omega))
    assert abs(found.values / exact - 1) < 1e-5  # measured: 3e-6 at worst
    assert abs(found.values - exact) <= found.error


@pytest.mark.slow
def test_disc_at_rest():
    """(1+ν)βcR: at |σ²| = 1e-8 the response is off its static limit by σ/3."""
    needs_ngsolve()
    found = solve(unit(), 1e-8 / (2 * pi), per="concentration")
    assert abs(found.values - 1.3) < 1.3 * 1e-4  # |σ|/3 = 3.3e-5, and the elements' 1e-6


@pytest.mark.slow
def test_ions_under_a_contact_at_low_frequency():
    """A microdisc takes up 4DcR (1 + 2σ/π): its far field, u → (1+ν)β Φ/(πD) [-¼ln σ² …]."""
    needs_ngsolve()
    omega = 1e-6
    sigma = np.sqrt(1j * omega)
    euler = 0.5772156649015329
    flux = 4 * (1 + 2 * sigma / pi)
    level = -np.log(sigma) / 2 + (2 * log(2) - 1) / 4 + (1 - euler) / 2
    exact = 2 * 1.3 * flux / (2 * pi) * level
    found = solve(unit(interface=Contact()), omega / (2 * pi), per="concentration")
    assert abs(found.values / exact - 1) < 5e-4  # the next term is of order σ


@pytest.mark.slow
def test_shapes_units_and_inputs():
    needs_ngsolve()
    e = unit(tip=vg.GaussianTip(1.0))
    found = solve(e, [0.1, 1.0], per="concentration", at=[0.0, 1.0, 2.0])
    assert found.values.shape == found.error.shape == (3, 2)
    assert found.units == "m/(mol/m³)"
    one = solve(e, 1.0, per="concentration")
    assert np.ndim(one.values) == 0
    assert abs(one.values - found.values[0, 1]) <= one.error + found.error[0, 1]


def test_every_case_is_posed():
    chosen = cases.every_case()
    assert len({case.name for case in chosen}) == len(chosen)
    for case in chosen:
        posed = problem.scaled(case.experiment, problem.Settings(), centred=not case.at)
        assert isinf(posed.slabs[-1].thickness)
        r, z = problem.axes(posed, 1e3, (), problem.Settings())
        assert (np.diff(r.breaks) > 0).all()
        assert (np.diff(z.breaks) > 0).all()


@pytest.mark.slow
def test_quick_part(tmp_path):
    needs_ngsolve()
    found = verify("quick")
    assert float(found["deviation"].max()) < 1e-4
    assert float(found["doubled"].max()) < 1e-4
    text = write(tmp_path / "page.md", found).read_text()
    assert table(found) in text
    assert text.count("\n| ") == 1 + found.sizes["object"]
