"""The microdisc electrode: the chronoamperometry that electrochemists know.

Shoup and Szabo, J. Electroanal. Chem. 140, 237 (1982): one formula for all times. Mahon and Oldham,
Electrochim. Acta 50, 5041 (2005): polynomials for early and late times.
"""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from test_galerkin import Dual, experiment

import vegard as vg


def current(t):
    """I/(DcR) at Dt/R²."""
    return vg.contact_current(experiment(), time=t, per="concentration").values


def shoup_szabo(t):
    root = 1 / np.sqrt(4 * t)
    return 4 * (0.7854 + 0.8862 * root + 0.2146 * np.exp(-0.7823 * root))


def mahon_oldham(t):
    early = 1 / np.sqrt(pi * t) + 1 + np.sqrt(t / (4 * pi)) - 3 * t / 25 + 3 * t**1.5 / 226
    late = 4 / pi + 8 / np.sqrt(pi**5 * t) + 8.9542e-3 * t**-1.5 - 2.5664e-4 * t**-2.5
    late += -2.2312e-4 * t**-3.5 + 2.7628e-5 * t**-4.5
    return pi * np.where(t <= 1.281, early, late)


def talbot(transform, t, n=24):
    """Weideman's modified Talbot contour, typed a second time; n/2 evaluations."""
    theta = (np.arange(0, n, 2) + 1) * pi / n
    s = n / t * (0.5017 * theta / np.tan(0.6407 * theta) - 0.6122 + 0.2645j * theta)
    slope = (
        n
        / t
        * (
            0.5017 / np.tan(0.6407 * theta)
            - 0.5017 * 0.6407 * theta / np.sin(0.6407 * theta) ** 2
            + 0.2645j
        )
    )
    f = np.array([transform(z) for z in s])
    return 2 / n * (np.exp(s * t) * f * slope).imag.sum()


def test_talbot_on_a_known_pair():
    assert talbot(lambda s: 1 / np.sqrt(s), 0.7) == pytest.approx(1 / np.sqrt(0.7 * pi), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("t", [0.45, 3.0])
def test_transient_against_an_independent_solution(t):
    """Fredholm's equation in s, another contour: near 0.51 Shoup and Szabo are off most."""
    expected = talbot(lambda s: Dual(np.sqrt(s)).flux() / s, t)
    assert current(t) == pytest.approx(expected, rel=1e-9)


def test_shoup_szabo():
    """Their 0.6 % is 0.653 % of the exact current (it is 0.648 % of theirs), near Dt/R² = 0.51."""
    t = np.geomspace(1e-6, 1e6, 481)
    off = shoup_szabo(t) / current(t) - 1
    assert np.abs(off).max() == pytest.approx(6.526e-3, rel=1e-3)
    assert 0.4 < t[np.argmax(np.abs(off))] < 0.6
    assert np.abs(off[[0, -1]]).max() < 4e-5  # both ends to the digits printed


def test_mahon_oldham():
    t = np.geomspace(1e-4, 1e4, 161)
    off = np.abs(mahon_oldham(t) / current(t) - 1)
    assert off.max() < 3e-4
    assert off[t > 5].max() < 1e-6
    assert off[t < 0.05].max() < 2e-5


def test_late_series():
    """1 + 0.71835 τ^{-1/2} + 0.05626 τ^{-3/2} - 0.00646 τ^{-5/2}, τ = 4Dt/R²."""
    t = np.array([30.0, 1e3, 1e5])
    x = 1 / np.sqrt(4 * t)
    series = 4 * (1 + 0.71835 * x + 0.05626 * x**3 - 0.00646 * x**5)
    assert np.allclose(current(t), series, rtol=1e-6, atol=0)


def test_cottrell():
    """At early times a plane and its rim: π(1/√(πT) + 1 + √(T/4π)) for T = Dt/R² ≪ 1."""
    t = np.array([1e-8, 1e-6, 1e-4])
    expected = pi * (1 / np.sqrt(pi * t) + 1 + np.sqrt(t / (4 * pi)))
    assert np.allclose(current(t), expected, rtol=2e-6, atol=0)
