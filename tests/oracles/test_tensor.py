"""Every entry of the tensor reference: one component of β at a time, at the centre and off it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from common import load, unit_experiment

import vegard as vg

ENTRIES = load("tensor.json")["entries"]


def test_the_file_holds_what_it_should():
    assert len(ENTRIES) == 36
    assert len({(e["component"], e["omega"], e["x"]) for e in ENTRIES}) == 36


@pytest.mark.parametrize(
    "entry", ENTRIES, ids=lambda e: f"{e['component']}-{e['omega']}-{e['x']}-{e['y']}"
)
def test_component(entry):
    i, j = (int(digit) - 1 for digit in entry["component"][1:])
    beta = np.zeros((3, 3))
    beta[i, j] = beta[j, i] = 1.0
    e = unit_experiment("gauss", entry["interface"], vegard=beta, nu=entry["nu"])
    for component, key in (("vertical", "uz"), ("lateral_x", "ux"), ("lateral_y", "uy")):
        u = vg.frequency_response(
            e,
            entry["omega"] / (2 * math.pi),
            per="concentration",
            at=math.hypot(entry["x"], entry["y"]),
            azimuth=math.atan2(entry["y"], entry["x"]),
            component=component,
        )
        reference = complex(entry[key + "_re"], entry[key + "_im"])
        assert (
            abs(u.values - reference) < 2e-14
        )  # rounding of the largest component; 1e-7 is asked for
