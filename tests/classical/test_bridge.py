"""Displacement is charge: exact on the film, and by how much not under a contact."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg
from vegard.classical import bridge_ratio, strain_of_charge

MATERIAL = vg.Material(1e-13, 1.2e-6, 0.3, young=1e11, ocv_slope=-4.4e-5)
THICKNESS = 200e-9


@pytest.mark.parametrize("rate", [np.inf, 1e-6])
def test_wide_tip_on_a_clamped_film(rate):
    """A gaussian 3000 films wide on a rigid base against Z alone: what is left is (h/R)²."""
    f = np.array([1e-2, 1.0, 30.0])
    interface = vg.LinearKinetics(rate) if np.isfinite(rate) else vg.FixedConcentration()
    e = vg.Experiment(
        MATERIAL, vg.GaussianTip(3000 * THICKNESS), vg.Film(THICKNESS), interface,
        elastic=vg.Layered(film=(1e11, 0.3), substrate=(np.inf, 0.3)),
    )  # fmt: skip
    seen = vg.frequency_response(e, f).values
    cell = vg.Cell(MATERIAL, THICKNESS, area=1e-4, rate=rate)
    assert np.allclose(seen / strain_of_charge(cell, f).values, 1, rtol=1e-6, atol=0)


def test_double_layer_and_series_resistance_carry_no_ions():
    """I_F typed again from the elements of the circuit."""
    f = np.geomspace(1e-2, 1e4, 9)
    w = 2j * np.pi * f
    cell = vg.Cell(MATERIAL, THICKNESS, 1e-4, rate=1e-6, series_resistance=5.0, double_layer=1e-5)
    bare = vg.Cell(MATERIAL, THICKNESS, 1e-4, rate=1e-6)
    z = np.asarray(vg.classical.eis(bare, f).values)
    inner = 1 / (1 / z + w * 1e-5)
    faradaic = inner / (5.0 + inner) / z
    factor = 1.2e-6 * 1.3 / 0.7
    expected = factor * faradaic / (w * 96485.33212 * 1e-4)
    assert np.allclose(strain_of_charge(cell, f).values, expected, rtol=1e-12, atol=0)


def test_under_a_contact():
    """1 where the ions lie in a thin layer, σ² ln falling where they have spread."""
    e = vg.Experiment(
        vg.Material(1.0, 1.0, 0.3, ocv_slope=-1.0), vg.DiscTip(1.0), interface=vg.Contact()
    )
    size = np.array([1e-4, 1e-2, 1.0, 1e2, 1e4])
    ratio = np.abs(bridge_ratio(e, size / (2 * np.pi)))
    assert (np.diff(ratio) > 0).all()
    assert ratio[-1] == pytest.approx(1, abs=0.02)
    # F → (Φ/2πDR)[-¼ ln σ² + (2 ln 2 - 1)/4 + (1-γ)/2], Q = Φ/s (physics.md, section 5)
    low = 1j * size[0]
    charge = low * (-np.log(low) / 4 + (2 * np.log(2) - 1) / 4 + (1 - np.euler_gamma) / 2) / 2
    assert ratio[0] == pytest.approx(abs(charge), rel=0.03, abs=0)


def test_what_has_no_bridge():
    for cell in (vg.Cell(MATERIAL, 1e-6, 1e-4, "sphere"), vg.Cell(MATERIAL, 1e-6, 1e-4,
                 back="permeable")):  # fmt: skip
        with pytest.raises(vg.VegardError, match="planar"):
            strain_of_charge(cell, 1.0)
