"""Radial meshes: exact Hankel transforms, nested panels, interpolation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from vegard.radial import ORDER, RadialMesh, graded

EDGES = graded({0.0: 1e-2, 1.0: 1e-4}, 1e6)
MESH = RadialMesh(EDGES, 2.0)
K = np.geomspace(1e-3, 600, 60)


def test_edges_rise_and_hold_the_rims():
    assert (np.diff(EDGES) > 0).all()
    assert {0.0, 1.0, 1e6} <= set(EDGES)
    after = EDGES[np.searchsorted(EDGES, 1.0) + 1] - 1
    assert after == pytest.approx(1e-4, rel=1e-9, abs=0)


def test_meshes_with_the_same_grading_share_their_panels():
    other = graded({0.0: 1e-2}, 1e3)
    near = EDGES[EDGES < 0.2]
    assert np.allclose(other[: near.size], near, rtol=1e-14)


# 12 nodes on an e-fold leave (4.1)⁻¹² = 5e-8 of a power of the radius
@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (lambda r: np.exp(-r), lambda k: 2 * np.pi / (1 + k**2) ** 1.5),
        (lambda r: (1 + r**2) ** -1.5, lambda k: 2 * np.pi * np.exp(-k)),
        (lambda r: np.where(r < 1, 1.0, 0.0), lambda k: 2 * np.pi * special.j1(k) / k),
    ],
)
def test_transform(function, exact):
    found = MESH.transform(K) @ function(MESH.rho)
    assert np.abs(found - exact(K)).max() < 1e-7


def test_transform_of_order_one():
    # H₁ of r e^{-r²/2} is K e^{-K²/2}; 12 nodes from 2.7 to 7.4 leave 3e-7 of the gaussian
    found = MESH.transform(K, 1) @ (MESH.rho * np.exp(-(MESH.rho**2) / 2))
    assert np.abs(found - 2 * np.pi * K * np.exp(-(K**2) / 2)).max() < 5e-7


def test_a_ring_singular_at_the_rim():
    # the panel at the rim is 1e-4 wide and holds √(2e-4) of the ring; Gauss misses a few per cent
    ring = np.where(MESH.rho < 1, 1.0, 0.0) / np.sqrt(np.abs(1 - MESH.rho**2))
    exact = 2 * np.pi * np.sin(K) / K
    assert np.abs(MESH.transform(K) @ ring - exact).max() < 5e-3


def test_total_is_the_transform_at_zero():
    values = np.exp(-MESH.rho)
    assert MESH.total(values) == pytest.approx(2 * np.pi, rel=1e-12)


def test_interpolation():
    at = np.array([0.0, 0.3, 0.99999, 1.5, 30.0, MESH.rho[7], 2e6])
    found = MESH.interpolation(at) @ (1 / (1 + MESH.rho**2))
    assert np.allclose(found[:-1], 1 / (1 + at[:-1] ** 2), rtol=1e-6)
    assert found[-1] == 0
    assert MESH.rho.size == ORDER * (EDGES.size - 1)
