"""The adjoint field: its equation by Green's function, its conditions at surface and back."""

from __future__ import annotations

from math import inf

import mpmath as mp
import numpy as np
import pytest

from vegard import diffusion
from vegard.adjoint import adjoint
from vegard.depth import Term

D = 2.0
K = np.array([0.3, 1.0, 5.0])
CASES = [(inf, 0), (1.0, 1), (1.0, -1)]


def field(s, h, sign, rate, z):
    q = np.sqrt(K**2 + s / D)
    transport = diffusion.half_space(q, D) if not sign else diffusion.film(q, D, h, sign < 0)
    terms = (Term(1.3), Term(0.7 * K, 1))
    return adjoint(transport[1], K, terms, z, transport[0], rate, D)


def green(k, s, h, sign, rate, z):
    """∫ g(z, z') w(z') dz' by mpmath, g from the two solutions that meet their own condition."""
    q = mp.sqrt(k**2 + s / D)
    ratio = D * q / rate if rate else mp.inf
    if rate == inf:
        left, slope = (lambda x: mp.sinh(q * x)), (lambda x: q * mp.cosh(q * x))
    elif rate == 0:
        left, slope = (lambda x: mp.cosh(q * x)), (lambda x: q * mp.sinh(q * x))
    else:
        left = lambda x: mp.sinh(q * x) + ratio * mp.cosh(q * x)  # noqa: E731
        slope = lambda x: q * (mp.cosh(q * x) + ratio * mp.sinh(q * x))  # noqa: E731
    end = h if sign else 30
    if not sign:
        right, fall = (lambda x: mp.exp(-q * x)), (lambda x: -q * mp.exp(-q * x))
    elif sign > 0:
        right, fall = (lambda x: mp.cosh(q * (h - x))), (lambda x: -q * mp.sinh(q * (h - x)))
    else:
        right, fall = (lambda x: mp.sinh(q * (h - x))), (lambda x: -q * mp.cosh(q * (h - x)))
    wronskian = slope(z) * right(z) - left(z) * fall(z)

    def weight(x):
        return (1.3 + 0.7 * k * x) * mp.exp(-k * x)

    below = mp.quad(lambda x: left(x) * weight(x), [0, z / 2, z]) * right(z)
    above = mp.quad(lambda x: right(x) * weight(x), [z, z + (end - z) / 8, end]) * left(z)
    return (below + above) / (D * wronskian)


@pytest.mark.parametrize("rate", [0.0, 3.0, inf])
@pytest.mark.parametrize(("h", "sign"), CASES)
@pytest.mark.parametrize("s", [0.7j + 0.01, 40j, 1e-9])
def test_against_greens_function(s, h, sign, rate):
    z = np.array([1e-3, 0.2, 0.9])
    found = field(s, h, sign, rate, z).values
    for i, k in enumerate(K[1:], 1):
        for j, depth in enumerate(z):
            exact = complex(green(mp.mpf(k), mp.mpc(s), h, sign, rate, mp.mpf(depth)))
            # the half-space of the ruler ends at 30/k: e^-30
            assert abs(found[i, j] / exact - 1) < 1e-10


@pytest.mark.parametrize("rate", [0.0, 3.0, inf])
@pytest.mark.parametrize(("h", "sign"), CASES)
def test_slope_and_surface(h, sign, rate):
    z, step = np.array([0.05, 0.4, 0.8]), 1e-4
    a, up, down = (field(0.7j, h, sign, rate, z + d) for d in (0.0, step, -step))
    # central difference: step² of the third derivative
    assert np.allclose(a.slope, (up.values - down.values) / (2 * step), rtol=0, atol=2e-8)
    top = field(0.7j, h, sign, rate, np.zeros(1))
    assert np.allclose(top.surface, top.values[:, 0], rtol=0, atol=1e-15)
    if rate == inf:
        assert not top.values.any()
    else:
        assert np.allclose(D * top.slope[:, 0], rate * top.surface, rtol=0, atol=1e-14)


@pytest.mark.parametrize("sign", [1, -1])
def test_back_of_a_film(sign):
    a = field(0.7j, 1.0, sign, 3.0, np.ones(1))
    assert np.abs(a.slope if sign > 0 else a.values).max() < 1e-15


def test_reading_is_the_adjoint_at_the_surface():
    # a flux through the surface is read as overlap/Y: the adjoint with κ = 0 there
    from vegard.depth import overlap

    s = 0.7j
    q = np.sqrt(K**2 + s / D)
    y, profile = diffusion.film(q, D, 1.0, False)
    seen = overlap(profile, K, (Term(1.3), Term(0.7 * K, 1))) / y
    assert np.allclose(field(s, 1.0, 1, 0.0, np.zeros(1)).surface, seen, rtol=1e-12)
