"""Fixtures."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

import vegard as vg

# a first run builds the Unicode tables inside the first draw
settings.register_profile("vegard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vegard")


@pytest.fixture
def lmo() -> vg.Experiment:
    """LiMn2O4-like material under a 10 nm disc."""
    material = vg.Material(
        1e-15, 1.17e-6, 0.3, ocv_slope=-2e-5, site_concentration=22900.0, name="like LiMn2O4"
    )
    return vg.Experiment(material, vg.DiscTip(10e-9))
