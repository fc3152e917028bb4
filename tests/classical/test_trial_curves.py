"""The curves that the analyses fit: against mpmath, and against the simulator, which is apart."""

from __future__ import annotations

import ast
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from analysed import AREA, BODIES, FARADAY, SLOPE, TAU, D, K, L, cell, near

import vegard as vg
from vegard.classical import trial_curves as curves

BIOTS = [1e-6, 0.3, 1.0, 40.0, 1e6, np.inf]


def admittance(s, shape, back):
    """Typed again."""
    x = mp.sqrt(s)
    return {
        ("planar", "blocking"): lambda: x * mp.tanh(x),
        ("planar", "permeable"): lambda: x * mp.coth(x),
        ("cylinder", "blocking"): lambda: x * mp.besseli(1, x) / mp.besseli(0, x),
        ("sphere", "blocking"): lambda: x * mp.coth(x) - 1,
    }[shape, back]()


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_admittance(shape, back):
    x2 = np.concatenate(
        [s * np.append(np.geomspace(1e-12, 1e9, 40), 9.9e-4) for s in (1, 1j, np.exp(2.6j))]
    )
    got = curves.admittance(x2, shape, permeable=back == "permeable")
    with mp.workdps(40):
        wanted = np.array([complex(admittance(mp.mpmathify(complex(s)), shape, back)) for s in x2])
    # the sphere's x coth x - 1 loses three digits just above its series
    assert np.allclose(got, wanted, rtol=3e-13 if shape == "sphere" else 1e-14, atol=0)


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("biot", [0.3, 40.0, np.inf])
def test_step_current_against_mpmath(shape, back, biot):
    """Inverse of y/(s(1 + y/Bi)), on both sides of T = 0.02."""
    time = np.array([1e-6, 1e-3, 0.0199, 0.0201, 0.3, 2.0])

    def transform(s):
        y = admittance(s, shape, back)
        return y / (s * (1 + (0 if biot == np.inf else y / biot)))

    with mp.workdps(20):
        wanted = [float(mp.invertlaplace(transform, t, method="talbot")) for t in time]
    got = curves.step_current(time, biot, shape, permeable=back == "permeable")
    assert np.allclose(got, wanted, rtol=2e-12, atol=0)


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_current_level_against_mpmath(shape, back):
    time = np.array([1e-6, 1e-3, 0.0199, 0.0201, 0.3, 2.0])
    with mp.workdps(20):
        wanted = [
            float(mp.invertlaplace(lambda s: 1 / (s * admittance(s, shape, back)), t,
                                   method="talbot"))
            for t in time
        ]  # fmt: skip
    got = curves.current_level(time, shape, permeable=back == "permeable")
    assert np.allclose(got, wanted, rtol=2e-12, atol=0)
    assert (curves.current_level(np.array([-1.0, 0.0]), shape) == 0).all()


@pytest.mark.parametrize(("shape", "back"), BODIES)
@mp.workdps(40)
def test_modes_solve_their_equation(shape, back):
    """Bi + y(-λ²) = 0 within rounding of λ, and none is left out."""
    for biot in BIOTS[:-1]:
        found = curves._modes(biot, shape, back == "permeable")
        for i in (0, 1, 7, 15):
            x = mp.mpf(float(found[i]))
            off = biot + admittance(-(x**2), shape, back)
            slope = mp.diff(lambda z: admittance(-(z**2), shape, back), x)
            assert abs(off / slope) < 1e-15 * x
        assert (np.diff(found) > 2.0).all()
        assert (np.diff(found) < np.pi + 1.6).all()


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("biot", BIOTS)
def test_against_the_simulator(shape, back, biot):
    """It inverts the transform and bisects for its modes; the two agree to 1e-12."""
    sample = cell(biot, shape, back)
    t = np.geomspace(1e-7, 8.0, 120)
    how = {"permeable": back == "permeable"}
    current = vg.classical.pitt(sample, t * TAU, 0.01)
    own = 0.01 * D / (K * L) * curves.step_current(t, biot, shape, **how)
    assert (np.abs(own - current.values) <= current.error + 1e-12 * np.abs(own)).all()
    level = K * L / D * curves.current_level(t, shape, **how)
    resistance = 0.0 if np.isinf(biot) else K * L / (D * biot)
    voltage = vg.classical.gitt(sample, t * TAU, 1.0)
    error = voltage.error + 1e-12 * (level + resistance)
    assert (np.abs(level + resistance - voltage.values) <= error).all()
    f = np.geomspace(1e-6, 1e6, 40) / TAU
    z = K * L / D / curves.admittance(2j * np.pi * f * TAU, shape, **how) + resistance
    assert np.allclose(z, vg.classical.eis(sample, f).values, rtol=1e-12, atol=0)


def test_many_times_are_thinned():
    t = np.geomspace(1e-4, 5, 20_000)
    whole = np.concatenate([curves.step_current(p, 2.0, "planar") for p in np.split(t, 100)])
    got = curves.step_current(t, 2.0, "planar")
    assert not np.array_equal(got, whole)  # the spline was used
    assert np.abs(got - whole).max() < 1e-10
    level = np.concatenate([curves.current_level(p, "sphere") for p in np.split(t, 100)])
    assert np.allclose(curves.current_level(t, "sphere"), level, rtol=1e-10, atol=0)


ANALYSES = ["pitt_analysis", "gitt_analysis", "eis_analysis", "circuits", "trial_curves",
            "regression", "series_checks", "estimate"]  # fmt: skip
MAY = {"cell", "errors", "prefixes"}


@pytest.mark.parametrize("name", ANALYSES)
def test_analysis_shares_no_code_with_the_simulator(name):
    """Of vegard an analysis imports the parameters, errors, words, and other analyses alone."""
    path = Path(vg.__file__).parent / "classical" / f"{name}.py"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(a.name.startswith("vegard") for a in node.names)
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("vegard"):
            continue
        assert node.level == 0
        rest = node.module.split(".")[1:]
        if rest[:1] == ["classical"]:
            names = rest[1:2] or [a.name for a in node.names]
            assert set(names) <= set(ANALYSES), f"{name} imports {names}"
        else:
            assert set(rest[:1] or [a.name for a in node.names]) <= MAY, f"{name} imports {rest}"


def test_analysis_takes_no_answer_from_the_cell():
    """No diffusivity, rate or resistance of the cell is read: it holds what is to be found."""
    known = {"length", "area", "shape", "back", "permeable", "stiffness", "material"}
    for name in ANALYSES:
        path = Path(vg.__file__).parent / "classical" / f"{name}.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute):
                continue
            owner = node.value
            called = getattr(owner, "id", getattr(owner, "attr", ""))
            if called == "cell":
                assert node.attr in known, f"{name} reads cell.{node.attr}"
            if called == "material":
                assert node.attr == "ocv_slope", f"{name} reads material.{node.attr}"


def test_units_of_the_samples():
    assert near(-SLOPE / (FARADAY * AREA)) == K == cell().stiffness
