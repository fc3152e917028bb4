"""E(x), D(x) and temperature of a host."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg

GAS = 8.31446261815324
SITES = 2.29e4
BASE = vg.Material(1e-14, 1.2e-6, 0.3, site_concentration=SITES, name="host")
X = np.linspace(0.1, 0.9, 81)
ENERGY = {"diffusivity": 40e3, "rate": 60e3}


def curve(x):
    return 4.1 - 0.1 * x - 0.3 * x**2 + 0.02 * np.log((1 - x) / x)


def slope(x):
    return -0.1 - 0.6 * x - 0.02 / (x * (1 - x))


def make(**kw):
    tables = {"ocv": (X, curve(X)), "diffusivity": (X, 1e-13 * np.exp(-4 * X))}
    return vg.Host(**{"material": BASE, "activation_energy": ENERGY} | tables | kw)


def test_slope_and_diffusivity():
    """dE/dC = (dE/dx)/C_max; the slope of shape-preserving cubics is of second order in Δx."""
    host = make()
    for x in (0.15, 0.4321, 0.85):
        m = host.at(x)
        assert m.ocv_slope == pytest.approx(slope(x) / SITES, rel=1e-3)
        # ln D is linear here, and a cubic keeps a line
        assert m.diffusivity == pytest.approx(1e-13 * np.exp(-4 * x), rel=1e-13, abs=0)
        assert (m.vegard, m.poisson, m.name, m.temperature) == (1.2e-6, 0.3, "host", 298.15)
        fine = np.linspace(0.1, 0.9, 801)
        sharp = make(ocv=(fine, curve(fine))).at(x)
        assert sharp.ocv_slope == pytest.approx(slope(x) / SITES, rel=1e-5)


def test_voltage_and_composition_are_inverse():
    host = make()
    assert np.allclose(host.voltage(X), curve(X), rtol=1e-15)
    assert host.voltage(X.reshape(9, 9)).shape == (9, 9)
    assert np.ndim(host.voltage(0.5)) == 0
    for x in (0.1, 0.2345, 0.9):
        assert host.composition(float(host.voltage(x))) == pytest.approx(x, abs=1e-13)
    for e, x in ((curve(X)[0], 0.1), (curve(X)[-1], 0.9)):  # the table's own ends, as typed
        assert host.composition(float(e)) == pytest.approx(x, abs=1e-13)
    with pytest.raises(vg.VegardError, match="outside the table"):
        host.composition(float(curve(X)[-1]) - 1e-9)


def test_ends_of_any_table():
    """The cubic rounds a table's ends up as often as down; both ends are inside."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, e = np.sort(rng.uniform(0, 1, 6)), np.sort(rng.uniform(3, 4, 6))[::-1]
        host = make(ocv=(x, e))
        assert host.composition(float(e[0])) == pytest.approx(x[0], abs=1e-10)
        assert host.composition(float(e[-1])) == pytest.approx(x[-1], abs=1e-10)


def test_no_extrema_that_the_table_has_not():
    """A step in a coarse table overshoots with splines; not here."""
    host = make(ocv=([0.1, 0.3, 0.35, 0.6, 0.9], [4.1, 4.09, 3.9, 3.89, 3.8]))
    assert (np.diff(host.voltage(np.linspace(0.1, 0.9, 500))) < 0).all()


def test_arrhenius():
    """ln D and ln κ against 1/T fall with E_a/R; at the material's own temperature nothing does."""
    host = make()
    t = np.array([273.15, 298.15, 333.15])
    d = [host.at(0.5, float(v)).diffusivity for v in t]
    assert -np.polyfit(1 / t, np.log(d), 1)[0] * GAS == pytest.approx(40e3, rel=1e-10)
    k = [host.arrhenius("rate", float(v)) for v in t]
    assert -np.polyfit(1 / t, np.log(k), 1)[0] * GAS == pytest.approx(60e3, rel=1e-10)
    assert d[1] == host.at(0.5).diffusivity
    assert k[1] == 1
    assert host.at(0.5, 310.0).temperature == 310
    assert make(activation_energy={}).arrhenius("rate", 400.0) == 1


def test_without_tables_the_material_serves():
    plain = vg.Host(BASE, activation_energy=ENERGY)
    warm = plain.at(0.5, 320.0)
    assert warm.diffusivity == pytest.approx(
        1e-14 * plain.arrhenius("diffusivity", 320.0), rel=1e-13, abs=0
    )
    assert warm.ocv_slope is None
    pair = vg.Host(vg.Material((1e-14, 1e-16), None, None), activation_energy=ENERGY)
    assert pair.at(0.5, 320.0).diffusivity_in_plane == warm.diffusivity
    assert vg.Host(vg.Material(None, None, None)).at(0.2).diffusivity is None


def test_tables_are_rows():
    host = vg.Host(BASE, np.array([X, curve(X)]), (list(X), (1e-14 + 0 * X).tolist()))
    assert isinstance(host.ocv, tuple)
    assert host.at(0.3).diffusivity == pytest.approx(1e-14, rel=1e-13, abs=0)


def test_plateau_and_rise():
    flat = make(ocv=([0.1, 0.3, 0.7, 0.9], [3.6, 3.43, 3.43, 3.2]))
    with pytest.raises(vg.VegardError, match=r"flat at x = 0.5: on a plateau"):
        flat.at(0.5)
    with pytest.raises(vg.VegardError, match="must fall with x"):
        flat.composition(3.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"material": 1.0}, "must be a vegard.Material"),
        ({"ocv": [0.1, 0.2, 0.3]}, "two rows of numbers"),
        ({"ocv": ([0.1, 0.2], ["a", "b"])}, "two rows of numbers"),
        ({"ocv": ([0.1], [4.0])}, "two points or more"),
        ({"ocv": ([0.1, 0.2], [4.0, 3.9, 3.8])}, r"got shapes \(2,\) and \(3,\)"),
        ({"ocv": ([0.1, 0.1], [4.0, 3.9])}, r"x must rise within \[0, 1\]"),
        ({"ocv": ([0.1, 1.2], [4.0, 3.9])}, "divide C by C_max"),
        ({"ocv": ([0.1, 0.2], [4.0, np.nan])}, "must be finite"),
        ({"diffusivity": ([0.1, 0.2], [1e-14, 0.0])}, r"must be > 0 \[m²/s\] everywhere"),
        ({"activation_energy": {"diffusion": 1.0}}, "unknown activation energy 'diffusion'"),
        ({"activation_energy": {"rate": "0.35 eV"}}, r"in SI units \[J/mol\]"),
        ({"activation_energy": {"rate": np.inf}}, r"must be finite \[J/mol\].*0.35 eV"),
        ({"activation_energy": {"rate": True}}, "must be finite"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(vg.VegardError, match=words):
        make(**change)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda h: h.at(0.05), "outside Host.ocv, which spans 0.1 … 0.9|outside Host.diffusivity"),
        (lambda h: h.at(np.nan), "x must be finite"),
        (lambda h: h.at([0.2, 0.3]), "x must be finite"),
        (lambda h: h.at("half"), "x must be a number"),
        (lambda h: h.at(0.5, -1.0), r"temperature must be > 0 \[K\].*°C"),
        (lambda h: h.arrhenius("diffusivty", 300.0), "Did you mean 'diffusivity'"),
        (lambda h: h.voltage([0.5, 0.95]), "outside Host.ocv"),
        (lambda h: h.composition(5.0), "outside the table"),
        (lambda h: h.composition(np.nan), "outside the table"),
        (lambda h: vg.Host(BASE).voltage(0.5), r"Host.ocv is needed: give Host\(ocv="),
        (lambda h: vg.Host(BASE).composition(4.0), "Host.ocv is needed"),
        (lambda h: make(material=vg.Material(None, None, None)).at(0.5), "site_concentration"),
    ],
)
def test_refusals_later(call, words):
    with pytest.raises(vg.VegardError, match=words):
        call(make())


def test_numpy_numbers_are_numbers():
    host = make(activation_energy={"rate": np.float32(6e4), "diffusivity": np.int64(40000)})
    assert host.activation_energy == {"rate": 6e4, "diffusivity": 4e4}
    assert host.at(np.float64(0.5)).diffusivity == make().at(0.5).diffusivity
