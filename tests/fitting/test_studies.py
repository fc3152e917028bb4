"""Many random cases: automatic starts against starts at the truth, coverage of the intervals."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import vegard as vg

sys.path.insert(0, str(Path(__file__).parent))
from cases import experiment, film, noisy, relaxation, spectrum

D = "material.diffusivity"


def tip_case(rng, data, free, interface=None, geometry=None):
    e = experiment(10 ** rng.uniform(-18, -10), interface, geometry)
    return e, data(e, rng), free, {p: None if p == "gain" else e[p] for p in free}


def electrode_case(rng, kind):
    d = 10 ** rng.uniform(-18, -10)
    cell = film(d, d / 200e-9 * 10 ** rng.uniform(-1.5, 2.5), shape=str(rng.choice(["planar",
                "sphere", "cylinder"])), series_resistance=5.0)  # fmt: skip
    t = np.geomspace(1e-3, 1e4, 60)
    free = [D, "rate"]
    if kind == "pitt":
        y, drive = vg.classical.pitt(cell, t, 0.01).values, 0.01
    elif kind == "gitt":
        drive = vg.Pulse(300.0, 1e-4)
        y = vg.classical.gitt(cell, t, drive).values
        free = [D, "series_resistance"]
    else:
        y, drive = vg.classical.eis(cell, 1 / t).values, None
        free = [D, "rate", "series_resistance"]
    # a resistance of contact does not hide in an absolute error of the largest value
    sigma = 0.01 * float(np.median(np.abs(y)))
    data = vg.Data(kind, 1 / t if kind == "eis" else t, noisy(rng, y, sigma), sigma, drive=drive)
    truth = {D: d, "rate": cell.rate, "series_resistance": 5.0}
    return cell, data, free, {p: truth[p] for p in free}


FAMILIES = {
    "relaxation": lambda rng: tip_case(rng, relaxation, [D, "material.vegard"]),
    "spectrum": lambda rng: tip_case(rng, spectrum, [D, "gain"]),
    "film": lambda rng: tip_case(rng, relaxation, [D, "gain"], geometry=vg.Film(15e-9)),
    "flux": lambda rng: tip_case(
        rng,
        lambda e, r: spectrum(e.replace({"interface": vg.FixedConcentration()}), r),
        [D, "gain"],
        vg.LinearKinetics(1e3),
    ),
    "pitt": lambda rng: electrode_case(rng, "pitt"),
    "gitt": lambda rng: electrode_case(rng, "gitt"),
    "eis": lambda rng: electrode_case(rng, "eis"),
}
KINETIC = {
    "kinetic relaxation": lambda rng: tip_case(
        rng, relaxation, [D, "interface.rate"], vg.LinearKinetics(10 ** rng.uniform(-9, -4))
    ),
    "kinetic spectrum": lambda rng: tip_case(
        rng, spectrum, [D, "interface.rate", "gain"], vg.LinearKinetics(10 ** rng.uniform(-9, -4))
    ),
}


def lost(families, each, seed):
    """Cases whose automatic minimum lies above the one reached from the truth."""
    worse = []
    for number, (name, make) in enumerate(families.items()):
        rng = np.random.default_rng([seed, number])
        for i in range(each):
            sample, data, free, truth = make(rng)
            auto = vg.fit(sample, data, free).objective
            told = vg.fit(sample, data, truth).objective
            if not auto <= told * (1 + 1e-6):
                worse.append((name, i, auto, told))
    return worse


@pytest.mark.slow
def test_automatic_starts_sample():
    assert lost(FAMILIES, 2, 1) == []


@pytest.mark.exhaustive
def test_automatic_starts():
    """1,000 cases over eight decades of D: at least 99 % reach what a start at the truth does."""
    worse = lost(FAMILIES | KINETIC, 112, 2)
    assert len(worse) <= 0.01 * 112 * 9, worse


def covered(families, each, seed, known):
    """Share of 95 % intervals of D that hold the truth, and the number of them."""
    inside = total = 0
    for number, make in enumerate(families.values()):
        rng = np.random.default_rng([seed, number])
        for _ in range(each):
            sample, data, free, truth = make(rng)
            if not known:
                data = vg.Data(data.kind, data.x, data.y, drive=data.drive, per=data.per)
            low, high = vg.fit(sample, data, free).interval(D)
            inside += low <= truth[D] <= high
            total += 1
    return inside / total, total


RESOLVED = ("relaxation", "spectrum", "film", "gitt")


@pytest.mark.slow
def test_coverage_sample():
    """60 cases: six standard deviations of the binomial around 95 %."""
    share, n = covered({k: FAMILIES[k] for k in RESOLVED}, 15, 3, known=True)
    assert abs(share - 0.95) < 6 * (0.95 * 0.05 / n) ** 0.5


@pytest.mark.exhaustive
@pytest.mark.parametrize("known", [True, False])
def test_coverage(known):
    """2,000 cases over eight decades of D: 95 % profile intervals cover 93 to 97 %."""
    share, n = covered({k: FAMILIES[k] for k in RESOLVED}, 500, 4, known)
    assert n == 2000
    assert 0.93 < share < 0.97
