"""The rim's own solution: against the integral equation, and piece by piece."""

from __future__ import annotations

from math import inf, pi

import numpy as np
import pytest
from scipy import integrate, special
from test_galerkin import ANGLES, Dual, experiment, library

from vegard import contacts, rim


def tail(w, sigma, power):
    """∫₀^∞ F e^{-wx} dx for the data xᵖ/p! at x < 0, p = 0, 1, 2.

    F = e^{αx} erfc √((σ+α)x) belongs to e^{αx}; the others are its derivatives at α = 0.
    """

    def value(alpha, x):
        return np.exp(alpha * x) * special.erfc(np.sqrt((sigma + alpha) * x))

    def profile(x):
        d = 0.02 * sigma
        if power == 0:
            return value(0.0, x)
        # five-point differences: their error falls like d⁴
        points = [value(i * d, x) for i in (-2, -1, 0, 1, 2)]
        rule = (1, -8, 0, 8, -1) if power == 1 else (-1, 16, -30, 16, -1)
        return np.dot(rule, points) / (12 * d**power) / (1 if power == 1 else 2)

    # x = y² takes the root out
    return integrate.quad(lambda y: 2 * y * profile(y * y) * np.exp(-w * y * y), 0, 12)[0]


@pytest.mark.parametrize("w", [0.3, 1.0, 4.0])
def test_half_plane(w):
    """E(w) of the data 1 + x/2 - x²/8."""
    sigma = 2.0
    parts = [tail(w, sigma, p) for p in range(3)]
    expected = parts[0] + parts[1] / 2 - 2 * parts[2] / 8
    assert rim._tail(np.float64(w), np.float64(sigma)) == pytest.approx(expected, rel=2e-5)


def test_half_plane_solves_its_equation():
    """C = e^{αx} for x < 0 and its tail: the flux outside the contact vanishes (Re k-transform)."""
    # with q = √(k²+σ²) the transform of the whole line is c/√(σ+ik)·…: the flux q Ĉ is analytic
    sigma, alpha = 2.0, 0.5
    k = np.array([-3.0, -0.4, 0.7, 5.0])
    inside = 1 / (alpha - 1j * k)  # ∫_{-∞}^0 e^{αx-ikx} dx
    w = 1j * k
    outside = (1 - np.sqrt((sigma + alpha) / (sigma + w))) / (w - alpha)
    flux = np.sqrt(k * k + sigma**2) * (inside + outside)
    # analytic where Im k > 0, hence zero for x > 0: √(σ-ik)/(α-ik) up to a constant
    shape = np.sqrt(sigma - 1j * k) / (alpha - 1j * k)
    assert np.allclose(flux / shape, np.sqrt(sigma + alpha), rtol=1e-13, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("s", [1e4j, 3e4j, 1e4 * ANGLES[0]])
def test_against_the_integral_equation(s):
    d = Dual(np.sqrt(1.001 * s))
    expected = np.array([d.flux(), d.centre(), d.punch()])
    values, error = library(1.001 * s)
    off = np.abs(values - expected)
    assert np.all(off <= 1e-6 * np.abs(expected))
    assert np.all(off <= error + 1e-10 * np.abs(expected))


@pytest.mark.slow
@pytest.mark.parametrize("s", [1e4j, 1e4 * ANGLES[1]])
def test_continuous_at_the_switch(s, monkeypatch):
    """Both solutions at the same s: centre, under the contact, at and outside the rim."""
    at = (0.0, 0.5, 0.95, 1.0, 1.05, 2.0)
    monkeypatch.setattr(contacts, "_SWITCH", 99.0)
    ours, error = library(s, at=at)
    monkeypatch.setattr(contacts, "_SWITCH", 1e9)
    monkeypatch.setattr(contacts, "_MOST", 96)
    galerkin, other = library(s, at=at)
    off = np.abs(ours - galerkin) / np.abs(galerkin)
    assert np.all(off <= (error + other) / np.abs(galerkin))
    assert off[[0, 1, 2, 3, 4, 5, 7]].max() < 1e-6
    assert off[6] < 1e-4  # r = 2 reads the far field alone, far below the centre


@pytest.mark.slow
def test_order(monkeypatch):
    """What the rim leaves out falls like σ⁻⁴ in the net flux and at the centre."""
    monkeypatch.setattr(contacts, "_SWITCH", 5.0)
    off = []
    for sigma in (10.0, 20.0, 40.0):
        s = 1j * sigma**2
        d = Dual(np.sqrt(s), n=96)
        values, error = library(s)
        expected = np.array([d.flux(), d.centre(), d.punch()])
        off.append(np.abs(values - expected) / np.abs(expected))
        assert np.all(np.abs(values - expected) <= error)
    order = np.log2(np.array(off[:-1]) / off[1:])
    assert np.all(order > 3.5)


@pytest.mark.parametrize("s", [1e6j, 1e9j, 1e12j, 1e8 * ANGLES[0]])
def test_asymptotic_forms(s):
    sigma = np.sqrt(s)
    values, error = library(s)
    expected = [pi * (sigma + 1 + 1 / (4 * sigma)), 1 / sigma - 1 / sigma**2 + 1 / (2 * sigma**3)]
    size = np.abs(values[:2])
    assert np.all(np.abs(values[:2] - expected) <= size * (2e-12 + 2 / np.abs(sigma) ** 3))
    assert np.all(error[:2] < 1e-6 * size)


def test_films_and_finite_rates_do_not_take_it():
    one = np.array([1e5j])
    thick, thin = experiment(h=1.0), experiment(h=0.01)
    finite = experiment(1e3)
    taken = [
        e.interface.beyond(one, e.tip, e.geometry, e.material)[0] for e in (thick, thin, finite)
    ]
    assert taken == [True, False, False]


def test_disc_and_ring_at_k_zero():
    """∫ of the surface concentration: disc/2 + ring = ½ + the tail, from 1/(2σ) on."""
    sigma = np.array([200.0])
    disc, ring = rim.spread(np.zeros(1), sigma)
    # ∫₁^∞ erfc √(σ(r-1)) r dr = 1/(2σ) + 3/(8σ²) to leading orders of the straight rim
    assert disc / 2 + ring == pytest.approx(0.5 + 1 / (2 * 200), rel=1e-4)
    assert inf > ring[0] > 0
