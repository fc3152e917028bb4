"""The electrode of PITT, GITT and EIS: its derived numbers and what it refuses."""

from __future__ import annotations

from math import inf, pi

import numpy as np
import pytest

import vegard as vg

FARADAY = 96485.33212
HOST = vg.Material(2e-14, 1.2e-6, 0.3, ocv_slope=-3e-5)


def cell(**kw):
    return vg.Cell(**{"material": HOST, "length": 3e-7, "area": 2e-4} | kw)


def test_derived_numbers():
    c = cell(rate=5e-8)
    assert c.diffusion_time == pytest.approx(9e-14 / 2e-14, rel=1e-15)
    # R = (-dE/dC)L/(zFAD), R_ct = (-dE/dC)/(zFAκ), Bi their ratio
    assert c.diffusion_resistance == pytest.approx(3e-5 * 3e-7 / (FARADAY * 2e-4 * 2e-14), rel=1e-9)
    assert c.charge_transfer_resistance == pytest.approx(3e-5 / (FARADAY * 2e-4 * 5e-8), rel=1e-9)
    assert c.biot == pytest.approx(c.diffusion_resistance / c.charge_transfer_resistance, rel=1e-14)
    assert cell().charge_transfer_resistance == 0
    assert cell().biot == inf


@pytest.mark.parametrize(("shape", "m"), [("planar", 0), ("cylinder", 1), ("sphere", 2)])
def test_volume_and_capacitance(shape, m):
    """Volumes from geometry: n bodies that have the area A together; τ = R C_int (m + 1)."""
    c = cell(shape=shape)
    radius, area = c.length, c.area
    volume = {
        "planar": area * radius,
        "cylinder": area / (2 * pi * radius) * pi * radius**2,  # length of wire
        "sphere": area / (4 * pi * radius**2) * 4 / 3 * pi * radius**3,
    }[shape]
    assert c.volume == pytest.approx(volume, rel=1e-14)
    assert c.capacitance == pytest.approx(FARADAY * volume / 3e-5, rel=1e-9)
    product = c.diffusion_resistance * c.capacitance * (m + 1)
    assert product == pytest.approx(c.diffusion_time, rel=1e-14)


def test_anisotropic_host_diffuses_along_its_normal():
    c = cell(material=vg.Material((1e-10, 2e-14), 1.2e-6, 0.3, ocv_slope=-3e-5))
    assert c.diffusion_time == cell().diffusion_time


def test_charge_of_the_ion():
    """Two charges per ion carry twice the current; anions need the opposite slope."""
    double = cell(material=vg.Material(2e-14, None, None, ocv_slope=-3e-5, charge=2))
    assert double.diffusion_resistance == pytest.approx(cell().diffusion_resistance / 2, rel=1e-14)
    anion = cell(material=vg.Material(2e-14, None, None, ocv_slope=3e-5, charge=-1))
    assert anion.diffusion_resistance == pytest.approx(cell().diffusion_resistance, rel=1e-14)


def test_unstable_host():
    """E that rises as ions enter would give a negative resistance."""
    for slope, charge in ((3e-5, 1), (-3e-5, -1)):
        c = cell(material=vg.Material(2e-14, None, None, ocv_slope=slope, charge=charge))
        with pytest.raises(vg.VegardError, match=r"sign opposite to the charge.*unstable"):
            vg.classical.eis(c, 1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"material": "LiMn2O4"}, "must be a vegard.Material"),
        ({"length": -1.0}, r"Cell.length must be > 0 \[m\]; got -1.*µm"),
        ({"area": 0.0}, r"Cell.area must be > 0 \[m²\]; got 0.*cm²"),
        ({"shape": "ball"}, r"unknown Cell.shape 'ball'.*cylinder, planar, sphere"),
        ({"back": "open"}, "unknown Cell.back 'open'"),
        ({"shape": "sphere", "back": "permeable"}, 'blocking centre; use back="blocking"'),
        ({"rate": 0.0}, r"Cell.rate must be > 0 \[m/s\]"),
        ({"series_resistance": -1.0}, r"Cell.series_resistance must be >= 0 \[Ω\]"),
        ({"double_layer": np.nan}, r"Cell.double_layer must be >= 0 \[F\]"),
        ({"double_layer": inf}, r"Cell.double_layer must be >= 0 \[F\]"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(vg.VegardError, match=words):
        cell(**change)


@pytest.mark.parametrize("name", ["ocv_slope", "diffusivity"])
def test_unknown_material(name):
    given = {"diffusivity": 2e-14, "vegard": None, "poisson": None, "ocv_slope": -3e-5, name: None}
    with pytest.raises(vg.VegardError, match=rf"Material.{name} is unknown"):
        vg.classical.eis(cell(material=vg.Material(**given)), 1.0)
