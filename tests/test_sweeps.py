"""Sweeps: labelled, complete, and refused where they make no sense."""

from __future__ import annotations

import numpy as np
import pytest
from common import unit_experiment

import vegard as vg


def test_two_parameters_and_an_axis():
    e = unit_experiment("gauss", "kinetics", biot=1.0)
    f = np.array([0.1, 1.0])
    u = vg.sweep(
        vg.frequency_response,
        e,
        {"tip.radius": [1.0, 2.0, 3.0], "interface.rate": [0.5, 5.0]},
        frequency=f,
        per="concentration",
        at=[0.0, 1.0],
    )
    assert u.dims == ("tip.radius", "interface.rate", "at", "frequency")
    assert u.shape == (3, 2, 2, 2)
    one = e.replace({"tip.radius": 2.0, "interface.rate": 5.0})
    direct = vg.frequency_response(one, f, per="concentration", at=[0.0, 1.0])
    picked = u.sel({"tip.radius": 2.0, "interface.rate": 5.0})
    assert np.array_equal(picked.values, direct.values)
    assert np.array_equal(picked["error"].values, direct.error)
    assert u.attrs["units"] == "m/(mol/m³)"


def test_objects_can_be_swept():
    e = unit_experiment("gauss", "conc")
    u = vg.sweep(
        vg.static_response,
        e,
        {"geometry": [vg.HalfSpace(), vg.Film(0.1)]},
        per="concentration",
    )
    assert u.values[0] > u.values[1]
    assert "Film" in str(u["geometry"].values[1])


def test_a_moving_axis_is_refused():
    e = unit_experiment("gauss", "conc")
    with pytest.raises(vg.VegardError, match=r"give it, e\.g\. tau="):
        vg.sweep(vg.relaxation_times, e, {"tip.radius": [1.0, 2.0]}, per="concentration")


def test_nothing_to_sweep():
    assert vg.sweep(
        vg.static_response, unit_experiment("disc", "conc"), {}, per="concentration"
    ) == (pytest.approx(0.5))


def test_numpy_values_stay_numbers():
    e = unit_experiment("disc", "conc")
    u = vg.sweep(
        vg.static_response,
        e,
        {"tip.radius": np.arange(1, 4, dtype=np.float32)},
        per="concentration",
    )
    assert u["tip.radius"].values.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(vg.VegardError, match="takes a list of values"):
        vg.sweep(vg.static_response, e, {"geometry.back": "permeable"}, per="concentration")
