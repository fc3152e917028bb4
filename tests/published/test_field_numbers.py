"""Numbers that the field has computed before: half-space, disc, LiMn2O4-like strain.

Uniform-flux disc and fixed-concentration disc, independent quadratures; the relaxation after a
dose and Fletcher-like tables are in tests/test_time.py.
"""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg

STRAIN = 0.00267  # βΔc at Δx = 0.1


@pytest.mark.parametrize(
    ("d", "f", "pm"),
    [
        (1e-13, 1.0, 34.0),
        (1e-13, 100.0, 28.8),
        (1e-13, 3.5e3, 12.7),
        (1e-13, 400e3, 1.37),
        (1e-15, 1.0, 28.8),
        (1e-15, 100.0, 8.0),
        (1e-15, 3.5e3, 1.46),
        (1e-15, 400e3, 0.14),
        (1e-17, 1.0, 8.0),
        (1e-17, 3.5e3, 0.15),
        (1e-17, 400e3, 0.014),
    ],
)
def test_limn2o4_table(d, f, pm):
    e = vg.Experiment(vg.Material(d, STRAIN, 0.3), vg.DiscTip(10e-9))
    u = vg.frequency_response(e, f, per="concentration")
    assert u.amplitude * 1e12 == pytest.approx(pm, rel=0.04)  # two digits in the table


def test_static_uplift():
    e = vg.Experiment(vg.Material(1e-15, STRAIN, 0.3), vg.DiscTip(10e-9))
    assert vg.static_response(e, per="concentration").values * 1e12 == pytest.approx(34.7, rel=1e-3)


@pytest.mark.parametrize(
    ("s", "size", "degrees"),
    [(1e-4, 2.7355, -8.25), (1e-2, 1.6046, -14.10), (1.0, 0.54405, -36.33), (1e2, 0.01865, -85.63)],
)
def test_uniform_flux_disc(s, size, degrees):
    """U = u D/((1+ν)βgR²)."""
    e = vg.Experiment(vg.Material(1.0, 1 / 1.3, 0.3), vg.DiscTip(1.0), interface=vg.FixedFlux())
    u = vg.frequency_response(e, s / (2 * np.pi), per="flux")
    assert u.amplitude == pytest.approx(size, rel=3e-4)
    assert np.degrees(u.phase) == pytest.approx(degrees, abs=0.006)
