"""What each method reports of one sample."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg
from vegard.four_methods import COLUMNS

MATERIAL = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
near = pytest.approx


def rows(comparison):
    return {(r.method, r.estimator): r for r in comparison.rows}


@pytest.fixture(scope="module")
def film():
    cell = vg.Cell(MATERIAL, length=200e-9, area=1e-4, rate=5e-7)  # Bi = 1
    return vg.compare(cell)


@pytest.mark.slow
def test_film_with_a_slow_interface(film):
    """Long-time PITT (2λ₁/π)² = 0.30 at Bi = 1; GITT and EIS do not mind the interface."""
    found = rows(film)
    assert found["PITT", "long_time"].bias == near(0.29999, rel=1e-3)
    assert found["PITT", "cottrell"].bias < 0.1
    assert found["GITT", "sqrt_t"].bias == near(1, rel=1e-2)
    assert found["GITT", "weppner_huggins"].bias == near(1, rel=1e-2)
    assert found["EIS", "diffusion_model"].bias == near(1, rel=1e-6)
    assert found["EIS", "circuit"].bias == near(1, rel=1e-3)
    for (_, estimator), row in found.items():
        if estimator == "fit of the model":
            assert row.bias == near(1, rel=1e-3)  # a fit rests within a thousandth of its σ
    assert found["ESM spectrum", "amplitude πf(A/QVβ)²"].bias < 1e-3  # the interface, taken for D
    assert film.kind == "film"


@pytest.mark.slow
def test_table_and_report(film):
    table = film.table
    assert set(COLUMNS) <= set(table.columns)
    assert len(table) == len(film.rows)
    assert (table["bias"] * film.truth / table["diffusivity"] - 1).abs().max() < 1e-12
    report = film.report()
    assert "0.3 D" in report
    assert "QPDI" in report
    ax = film.plot()
    assert "reported over true" in ax.get_xlabel()


@pytest.mark.slow
def test_contact_needs_its_own_model():
    """A microdisc analysed as a plane: √t sees the spreading, the model does not."""
    e = vg.Experiment(MATERIAL, vg.DiscTip(20e-9), interface=vg.Contact())
    c = vg.compare(e)
    found = rows(c)
    assert c.kind == "contact"
    assert found["GITT", "sqrt_t"].bias > 1.2
    for method in ("PITT", "GITT", "EIS"):
        assert found[method, "microdisc model"].bias == near(1, rel=1e-4)
    refused = found["EIS", "warburg"]
    assert np.isnan(refused.diffusivity)
    assert refused.assumption.startswith("refused: ")
    # the same noise on strain and current: strain samples the smaller volume
    assert (
        found["ESM spectrum", "fit of the model"].smallest_volume
        < found["EIS", "microdisc model"].smallest_volume
    )


@pytest.mark.slow
def test_time_goes_with_the_square_of_the_noise():
    """Ten times the noise: a hundred times the time, and 10 times the film."""
    quiet = vg.Instrument("quiet", 1e-11, 1e-10, 100.0)
    loud = vg.Instrument("loud", 1e-10, 1e-9, 100.0)
    cell = vg.Cell(MATERIAL, length=200e-9, area=1e-12)
    a, b = (rows(vg.compare(cell, instrument=i)) for i in (quiet, loud))
    for key in (("EIS", "diffusion_model"), ("GITT", "full_model"), ("PITT", "fit of the model")):
        assert b[key].seconds / a[key].seconds == near(100, rel=1e-2)
        assert b[key].smallest_volume / a[key].smallest_volume == near(10, rel=1e-2)
    key = "ESM spectrum", "fit of the model"
    assert b[key].smallest_volume / a[key].smallest_volume == near(10**1.5, rel=1e-2)


def test_bad_input_says_what_to_do():
    cell = vg.Cell(MATERIAL, 200e-9, 1e-4)
    experiment = vg.Experiment(MATERIAL, vg.DiscTip(20e-9))
    blocking = experiment.replace({"interface": vg.BlockingTip(1e-9, 1e3)})
    current = vg.Instrument("no ammeter", 1e-14, None, 100.0)
    for call, words in (
        (lambda: vg.compare(cell, cell=cell), "only beside an Experiment"),
        (lambda: vg.compare(MATERIAL), "takes a vegard.Cell or an Experiment"),
        (lambda: vg.compare(blocking), "exchanges no ions"),
        (lambda: vg.compare(cell, step=0.0), "step must be > 0"),
        (lambda: vg.compare(cell, instrument=current), "current_noise is unknown"),
    ):
        with pytest.raises(vg.VegardError, match=words):
            call()
