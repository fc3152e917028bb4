"""Measured spectra and transients, read and fitted end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vegard as vg

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
D, SLOPE = "material.diffusivity", "material.ocv_slope"
MATERIAL = vg.Material(1e-14, 1e-6, 0.3, ocv_slope=-1e-5)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder shared/data is not beside the tree"),
]


def drawn(fit):
    """The picture with its residuals can be made."""
    from matplotlib.figure import Figure

    figure = Figure()
    fit.plot(figure.add_subplot())
    assert any("residual" in ax.get_ylabel() and ax.get_xlabel() for ax in figure.axes)


def test_film_step_knows_charge_over_root_time_alone():
    data = vg.read(DATA / "potential_step_mno2_film.csv", kind="pitt")
    t, i = data.time.values, data.current.values
    late = np.flatnonzero(t > 3.0)[::20]
    cell = vg.Cell(MATERIAL, length=650e-9, area=1e-4)
    f = vg.fit(cell, vg.Data("pitt", t[late], i[late], drive=0.1), [D, SLOPE])
    low, high = f.interval(D)
    assert low == 0.0
    assert 1e-16 < high < 1e-15
    report = f.report()
    assert "upper limit only" in report
    assert "Q/√τ alone" in report
    (known,) = f.combinations
    assert known.sigma < 0.01
    # I = V/k √(D/πt), k = (-dE/dC)/(zFA): typed again from I√t
    plateau = np.median(i[late] * np.sqrt(np.pi * t[late])) / (0.1 * 96485.33212 * 1e-4)
    assert known.value == pytest.approx(plateau**2, rel=0.02, abs=0)
    drawn(f)


def test_warburg_tail():
    data = vg.read(DATA / "eis_warburg_tail.csv", kind="eis")
    f, z = data.frequency.values, data.impedance.values
    low = f < 0.3
    cell = vg.Cell(MATERIAL, length=10e-6, area=1e-4)
    curve = vg.Data("eis", f[low], z[low], 0.01 * np.abs(z[low]))
    fit = vg.fit(cell, curve, [D, SLOPE, "series_resistance"])
    assert fit.interval(D)[0] == 0.0
    assert fit.values["series_resistance"] == pytest.approx(0.0309, abs=2e-4)
    assert np.abs(fit.model()[0] / z[low] - 1).max() < 0.03
    (known,) = fit.combinations
    # σ_W from the slope of Re Z against ω^-1/2
    w = 2 * np.pi * f[low]
    sigma = np.polyfit(w**-0.5, z[low].real, 1)[0]
    expected = 1 / (2 * (sigma * 96485.33212 * 1e-4) ** 2)
    assert known.value == pytest.approx(expected, rel=0.15, abs=0)
    drawn(fit)


def test_particles():
    name = "gitt_impedance_monolayer.parquet"
    data = vg.read(DATA / name, pulse=10, duplicates="first")
    f, z = data.frequency.values, data.impedance.values
    cell = vg.Cell(MATERIAL, length=5.22e-6, area=1e-3, shape="sphere", double_layer=1e-4)
    curve = vg.Data("eis", f[::4], z[::4], 0.02 * np.abs(z[::4]))
    free = [D, SLOPE, "rate", "series_resistance", "double_layer"]
    fit = vg.fit(cell, curve, free)
    assert 1e-15 < fit.values[D] < 3e-14
    assert fit.values["series_resistance"] == pytest.approx(14.6, abs=0.5)
    assert "misses a shape" in fit.report()
    drawn(fit)


def test_ec_lab():
    data = vg.read(DATA / "eis_biologic.mpt")
    f, z = data.frequency.values, data.impedance.values
    assert (z.imag < 0).mean() > 0.8
    cell = vg.Cell(MATERIAL, length=1e-6, area=1e-4, double_layer=1e-5)
    curve = vg.Data("eis", f, z, 0.03 * np.abs(z))
    fit = vg.fit(cell, curve, [D, SLOPE, "rate", "series_resistance", "double_layer"])
    assert fit.diagnostics["chi2_reduced"] < 1
    assert fit.values["series_resistance"] == pytest.approx(64.0, abs=0.5)
    drawn(fit)
