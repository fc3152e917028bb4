"""What cannot be told apart is named, and intervals without an end have none."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import vegard as vg

sys.path.insert(0, str(Path(__file__).parent))
from cases import experiment, film, near, noisy, relaxation, spectrum

D = "material.diffusivity"


def texts(f):
    return sorted(c.text for c in f.combinations)


def test_radius_and_diffusivity():
    """On a half-space a relaxation sees R²/D and βR alone."""
    e = experiment(3e-15)
    data = relaxation(e, np.random.default_rng(1), noise=0.005)
    f = vg.fit(e, data, [D, "tip.radius", "material.vegard"])
    assert texts(f) == ["D/R²", "R β"]
    by_text = {c.text: c for c in f.combinations}
    time = by_text["D/R²"]
    assert time.value == near(3e-15 / 400e-18, rel=4 * time.sigma)
    assert "relaxation time" in time.meaning
    assert by_text["R β"].value == near(20e-15, rel=4 * by_text["R β"].sigma)
    for name in f.values:
        assert f.interval(name) in ((0.0, np.inf), (-np.inf, np.inf))
    report = f.report()
    assert "only D/R² is known" in report
    assert f"{D} is not determined" in report


def test_size_of_the_signal():
    """Per volt the size is β/(dE/dC)."""
    e = experiment(3e-15)
    f0 = np.geomspace(1, 1e6, 40)
    y = vg.frequency_response(e, f0).values
    data = vg.Data("frequency", f0, y, 0.01 * np.abs(y).max())
    f = vg.fit(e, data, [D, "material.ocv_slope", "material.vegard"])
    assert texts(f) == ["β/(dE/dC)"] or texts(f) == ["dE/dC/β"]
    low, high = f.interval(D)
    assert 1e-15 < low < 3e-15 < high < 1e-14


def test_high_frequencies_alone():
    """|σ| ≫ 1: u = 2(1+ν)β√(D/ω), one number; with the size free D has no limit above."""
    e = experiment(1e-17)
    f0 = np.geomspace(1e4, 1e6, 20)
    y = vg.frequency_response(e, f0, per="concentration").values
    data = vg.Data("frequency", f0, noisy(np.random.default_rng(0), y, 0.02 * np.abs(y).max()),
                   0.02 * np.abs(y).max(), per="concentration")  # fmt: skip
    f = vg.fit(e, data, [D, "material.vegard"])
    low, high = f.interval(D)
    assert low == 0.0
    assert 1e-17 < high < 1e-12
    assert texts(f) == ["D β²"]
    assert "upper limit only" in f.report()


def test_film_step_without_a_bend():
    """I ∝ 1/√t: only Q/√τ is known; D has an upper limit."""
    cell = film(1e-17)
    t = np.geomspace(3.0, 180.0, 120)
    i = vg.classical.pitt(cell, t, 0.1).values
    data = vg.Data("pitt", t, noisy(np.random.default_rng(5), i, 0.004 * i.max()), drive=0.1)
    f = vg.fit(cell, data, [D, "material.ocv_slope"])
    low, high = f.interval(D)
    assert low == 0.0
    assert high < 1e-15
    assert "Q/√τ alone" in f.report()
    combination = f.combinations[0]
    truth = 1e-17 / 4.4e-5**2
    assert combination.value == near(truth, rel=5 * max(combination.sigma, 1e-3))


def test_slow_interface():
    """Bi ≪ 1: κ is known, D has a lower limit."""
    cell = film(1e-13, 5e-9)  # Bi = 0.01
    t = np.geomspace(1e-2, 200.0, 80)
    i = vg.classical.pitt(cell, t, 0.01).values
    data = vg.Data("pitt", t, noisy(np.random.default_rng(5), i, 0.02 * i.max()),
                   0.02 * i.max(), drive=0.01)  # fmt: skip
    f = vg.fit(cell, data, [D, "rate"])
    low, high = f.interval(D)
    assert np.isinf(high)
    assert 0 < low < 1e-13
    below, above = f.interval("rate")
    assert 4e-9 < below < 5e-9 < above < 7e-9


def test_what_is_known_is_not_named():
    e = experiment(3e-15)
    f = vg.fit(e, spectrum(e, np.random.default_rng(0)), [D, "material.vegard"])
    assert f.combinations == ()
    assert f.interval("material.vegard")[0] > 0


def test_size_that_may_be_zero():
    """Noise alone: the interval of the size holds both signs, D none."""
    e = experiment(3e-15)
    f0 = np.geomspace(1, 1e6, 40)
    rng = np.random.default_rng(11)
    data = vg.Data("frequency", f0, noisy(rng, np.zeros(40, complex), 1e-15), 1e-15,
                   per="concentration")  # fmt: skip
    f = vg.fit(e, data, [D, "material.vegard"])
    assert f.interval(D) == (0.0, np.inf)
    low, high = f.interval("material.vegard")
    assert low < 0 < high


def test_unknown_values_of_free_parameters():
    """A free D and rate need no value; a D that is neither known nor free is asked for."""
    t = np.geomspace(1e-3, 3.0, 60)
    i = vg.classical.pitt(film(1e-13, 1e-6), t, 0.01).values
    data = vg.Data("pitt", t, noisy(np.random.default_rng(5), i, 0.01 * i[30]), 0.01 * i[30],
                   drive=0.01)  # fmt: skip
    found = []
    for guess in (None, 1e-20, 1e-9):
        material = vg.Material(guess, None, None, ocv_slope=-4.4e-5)
        f = vg.fit(vg.Cell(material, 200e-9, 1e-4), data, [D, "rate"])
        found.append([*f.interval(D), *f.interval("rate")])
    assert found[0] == near(found[1], rel=1e-6)
    assert found[0] == near(found[2], rel=1e-6)
    unknown = vg.Cell(vg.Material(None, None, None, ocv_slope=-4.4e-5), 200e-9, 1e-4)
    with pytest.raises(vg.VegardError, match="diffusivity is unknown"):
        vg.fit(unknown, data, ["rate"])


def test_one_missed_curve_among_many_is_named():
    """A PITT transient of another D, its scatter unknown, beside spectra that are met."""
    e = experiment(2e-14)
    rng = np.random.default_rng(3)
    t = np.geomspace(1e-3, 3.0, 60)
    i = vg.classical.pitt(film(3e-13), t, 0.01).values
    wrong = vg.Data("pitt", t, noisy(rng, i, 0.002 * i.max()), drive=0.01, cell=film(2e-14))
    f = vg.fit(e, [spectrum(e, rng, 300), wrong], [D, "gain[0]"])
    assert "misses a shape" in f.report()
