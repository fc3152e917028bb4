"""Rules of ``Experiment.check`` for the interfaces and elastic models beyond the plain ones."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg

HOST = vg.Material(1e-15, 1e-6, 0.3, young=100e9, ocv_slope=-2e-5)


def rules(e, **kw):
    return {f.rule: f for f in e.check(**kw)}


def test_migration_is_linear_below_the_thermal_voltage():
    """R_gT/F = 25.69 mV at 298.15 K; a divalent ion has half of it."""
    e = vg.Experiment(HOST, vg.DiscTip(20e-9), interface=vg.BlockingTip(1e-9, 1e-3))
    found = rules(e, drive=0.1)["bias above the thermal voltage R_gT/zF"]
    assert (found.left, found.right) == (0.1, pytest.approx(0.025693, rel=1e-4))
    two = rules(e.replace({"material.charge": -2.0}), drive=-0.02)
    assert two["bias above the thermal voltage R_gT/zF"].right == pytest.approx(0.012846, rel=1e-4)
    assert rules(e, drive=0.02) == {}


def test_diffuse_layer_thinner_than_the_lattice():
    e = vg.Experiment(HOST, vg.DiscTip(20e-9), interface=vg.BlockingTip(1e-10, 1e-3))
    assert rules(e, drive=0.01)["Debye length below a lattice constant"].left == 1e-10


def test_strain_under_a_blocking_tip_is_that_of_its_own_ions():
    """|βΔC| = β C_b zFV/R_gT, whatever the slope of the open-circuit curve."""
    e = vg.Experiment(HOST, vg.DiscTip(20e-9), interface=vg.BlockingTip(1e-9, 3e4))
    found = rules(e, drive=0.02)["Vegard strain |βΔC| above 2 %"]
    assert found.left == pytest.approx(1e-6 * 3e4 * 0.02 / 0.025693, rel=1e-4)


def test_strain_of_a_tensor_is_its_largest_principal_value():
    tilted = vg.Material(1e-15, (0.0, -4e-6), 0.3, ocv_slope=-2e-5).rotated((0.0, np.pi / 4, 0.0))
    found = rules(vg.Experiment(tilted, vg.DiscTip(20e-9)), drive=0.2)
    assert found["Vegard strain |βΔC| above 2 %"].left == pytest.approx(0.04, rel=1e-9)


def test_ions_that_stay_spread_until_the_grain_ends():
    """√(D/2πf) = 12.6 µm at 1 µHz, against 100 × 20 nm; a sink or a film has no such limit."""
    e = vg.Experiment(HOST, vg.DiscTip(20e-9), interface=vg.Contact())
    found = rules(e, drive=0.01, frequency=1e-6)["ions spread over a hundred contact radii"]
    assert (found.left, found.right) == (pytest.approx(12.616e-6, rel=1e-4), pytest.approx(2e-6))
    assert rules(e, drive=0.01, frequency=1.0) == {}
    for other in ({"geometry": vg.Film(1e-7)}, {"interface": vg.FixedConcentration()}):
        assert rules(e.replace(other), drive=0.01, frequency=1e-6) == {}


def test_contact_far_below_equilibrium_measures_the_rate():
    e = vg.Experiment(HOST, vg.DiscTip(20e-9), interface=vg.Contact(1e-10))
    assert rules(e, drive=0.01)["Biot number κR/D far below 1"].left == pytest.approx(2e-3)
    assert rules(e.replace({"interface.rate": np.inf}), drive=0.01) == {}


def test_punch_on_layers_reads_with_the_pressure_of_a_half_space():
    """A film thin against the contact gives way like its substrate: (1-ν²)/E of either."""
    e = vg.Experiment(
        HOST,
        vg.DiscTip(100e-9),
        vg.Film(1e-12),
        readout="punch",
        elastic=vg.Layered(substrate=(10e9, 0.2)),
    )
    rule = "punch on layers: surface compliance under the tip over that of the bare film's bulk"
    soft = (1 - 0.2**2) / 10e9 / ((1 - 0.3**2) / 100e9)
    assert rules(e, drive=0.01)[rule].left == pytest.approx(soft, rel=1e-3)
    assert rules(e.replace({"geometry": vg.Film(1e-3)}), drive=0.01) == {}  # sees the film alone
    assert rules(e.replace({"readout": "centre"}), drive=0.01) == {}
    alike = e.replace({"elastic": vg.Layered(substrate=(100e9, 0.3))})
    assert rules(alike, drive=0.01) == {}


def test_what_is_unknown_is_left_out():
    nothing = vg.Material(None, None, None)
    for e in (
        vg.Experiment(nothing, vg.DiscTip(1e-8), interface=vg.Contact(1e-9)),
        vg.Experiment(nothing, vg.DiscTip(1e-8), interface=vg.BlockingTip(1e-9, 1e-3)),
        vg.Experiment(
            nothing,
            vg.DiscTip(1e-8),
            vg.Film(1e-8),
            readout="punch",
            elastic=vg.Layered(substrate=(10e9, 0.2)),
        ),
    ):
        assert e.check(drive=0.01, frequency=1e-6) == []


def test_nonsense_is_refused():
    e = vg.Experiment(HOST, vg.DiscTip(20e-9))
    for bad in ({"drive": float("nan")}, {"frequency": -1.0}, {"frequency": float("inf")}):
        with pytest.raises(vg.VegardError, match="check takes a finite drive"):
            e.check(**bad)


def test_punch_on_layers_of_a_half_space_is_no_finding():
    """The verbs refuse it, with the reason; check() stays silent."""
    layers = vg.Layered(substrate=(10e9, 0.2))
    e = vg.Experiment(HOST, vg.DiscTip(20e-9), readout="punch", elastic=layers)
    assert rules(e, drive=0.01) == {}
