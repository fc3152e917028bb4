"""Master curves against the exact verbs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import vegard as vg
from vegard.fitting.curves import Curve, Curves, few, serves

sys.path.insert(0, str(Path(__file__).parent))
from cases import experiment, film

F = np.geomspace(1e-4, 1e6, 57)
T = np.geomspace(1e-3, 1e5, 57)
GEOMETRIES = {
    "half-space": vg.HalfSpace(),
    "thin": vg.Film(3e-9),
    "permeable": vg.Film(30e-9, "permeable"),
}
INTERFACES = {
    "equilibrium": (vg.FixedConcentration(), "concentration"),
    "flux": (vg.FixedFlux(), "flux"),
    "kinetics": (vg.LinearKinetics(1e-7), "concentration"),
}
EXTRAS = ({}, {"series_resistance": 3.0}, {"double_layer": 1e-3, "series_resistance": 3.0})
DRIVES = {
    "pulse": vg.Pulse(1.0, 0.7),
    "triangle": vg.Triangle(4.0),
    "train": vg.PulseTrain(0.5, 1.0, (1.0, -1.0, 2.0)),
}


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("at", [0.0, 30e-9])
def test_curves_are_the_verbs(geometry, interface, at):
    """Spline of order 5, 24 knots a decade: 1e-7 of the value in frequency; in time what jumps
    leave keeps 3e-8 of the largest value, what ramps leave (larger, and cancelling more) 1e-7."""
    which, per = INTERFACES[interface]
    e = experiment(3e-15, which, GEOMETRIES[geometry])
    curves = Curves()
    exact = vg.frequency_response(e, F, per=per, at=at).values
    assert np.abs(curves.frequency(e, at, F) / exact - 1).max() < 1e-7
    for name, drive in DRIVES.items():
        exact = vg.time_response(e, drive, T, per=per, at=at).values
        limit = 1e-7 if name == "triangle" else 3e-8
        assert np.abs(curves.time(e, at, drive, T) - exact).max() < limit * np.abs(exact).max()


def test_one_curve_serves_all_diffusivities_and_radii():
    """On a half-space the number of curves does not grow with D or R."""
    curves = Curves()
    for d in (1e-17, 1e-13):
        for radius in (5e-9, 80e-9):
            e = experiment(d).replace({"tip.radius": radius})
            exact = vg.frequency_response(e, F, per="concentration").values
            assert np.abs(curves.frequency(e, 0.0, F) / exact - 1).max() < 1e-7
    assert len(curves._kept) == 1


@pytest.mark.parametrize("shape", ["planar", "sphere", "cylinder"])
@pytest.mark.parametrize("extra", EXTRAS)
def test_electrodes(shape, extra):
    curves = Curves()
    t = np.geomspace(1e-4, 5.0, 40)
    for method, drive in (("pitt", vg.Pulse(1.0, 0.01)), ("gitt", vg.Pulse(1.0, 1e-3))):
        for d in (1e-13, 3e-15):
            cell = film(d, 1e-6, shape=shape, **extra)
            exact = getattr(vg.classical, method)(cell, t, drive).values
            off = np.abs(curves.electrode(method, cell, drive, t) - exact)
            assert off.max() < 1e-7 * np.abs(exact).max()


LAYERS = vg.Layered(film=(1e11, 0.3), substrate=(np.inf, 0.3))


@pytest.mark.parametrize(
    ("geometry", "elastic"),
    [(vg.HalfSpace(), None), (vg.Film(30e-9), None), (vg.Film(30e-9), LAYERS)],
)
def test_electrode_of_the_contact(geometry, elastic):
    e = experiment(3e-15, vg.Contact(), geometry).replace({"elastic": elastic})
    t = np.geomspace(1e-3, 1e2, 20)
    for method in ("pitt", "gitt"):
        exact = getattr(vg.classical, method)(e, t, 0.1).values
        now = Curves().electrode(method, e, vg.Sampled((0.0,), (0.1,)), t)
        assert np.abs(now / exact - 1).max() < 1e-7
    f = np.geomspace(1e-3, 1e3, 20)
    exact = vg.classical.eis(e, f).values
    assert np.abs(Curves().impedance(e, f) / exact - 1).max() < 1e-7


def test_a_curve_grows_where_it_is_asked():
    calls = []

    def function(x):
        calls.append(x.size)
        return np.log(x) ** 3

    curve = Curve(function)
    curve(np.array([1.0, 10.0]))
    first = sum(calls)
    assert np.allclose(curve(np.array([2.0])), np.log(2.0) ** 3, rtol=1e-12)
    assert sum(calls) == first
    curve(np.array([1e3]))
    assert sum(calls) < first + 60
    assert np.allclose(curve(np.array([0.9, 500.0])), np.log([0.9, 500.0]) ** 3, rtol=1e-9)


def test_what_curves_do_not_serve():
    assert not few(vg.Sine(1.0))
    assert not few(vg.Triangle(1.0), jumps_alone=True)
    assert not serves(experiment(1e-15, vg.BlockingTip(1e-9, 1e3)))
