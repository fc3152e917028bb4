"""Overlap of profile and weight against mpmath quadrature, and its branch switches."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vegard import diffusion
from vegard.depth import Term, overlap


def truth(q, K, h, sign, power, from_back):
    """The integral with mpmath at 25 digits."""
    mp.mp.dps = 25
    q, K, h = mp.mpc(q), mp.mpf(K), mp.mpf(h)
    shape = mp.cosh if sign > 0 else mp.sinh
    profile = lambda z: shape(q * (h - z)) / shape(q * h)  # noqa: E731
    depth = (lambda z: h - z) if from_back else (lambda z: z)
    scale = min(h, 1 / abs(q), 1 / K)
    cuts = [mp.mpf(0)] + [h * c for c in (0.25, 0.5, 0.75)] + [h]
    cuts += [v for c in (1, 5, 20, 60) for v in (c * scale, h - c * scale) if 0 < v < h]
    return complex(
        mp.quad(lambda z: depth(z) ** power * mp.exp(-K * depth(z)) * profile(z), sorted(set(cuts)))
    )


def ours(q, K, h, sign, power, from_back):
    _, profile = diffusion.film(np.array([[complex(q)]]), 1.0, h, sign < 0)
    return overlap(profile, np.array([float(K)]), (Term(1.0, power, from_back),))[0, 0]


CASES = [
    (1e-6, 1e-6, 1.0),
    (1e-3j**0.5, 1e-3, 1e-2),
    (0.999, 2.0, 1.0),
    (1.001, 2.0, 1.0),
    (2.0, 2.0, 1.0),  # q = K
    (2.0 + 1e-9j, 2.0, 1.0),
    (3 + 3j, 3.2, 1.0),
    (3.6 + 0.2j, 3.2, 1.0),
    (0.3 + 0.1j, 300.0, 1.0),
    (40 + 40j, 0.1, 2.0),
    (1e-4 + 1e-4j, 50.0, 10.0),
    (0.02 + 5j, 1.0, 1.0),  # nearly a standing wave
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("power", "from_back"), [(0, False), (1, False), (0, True), (1, True)])
def test_against_mpmath(case, sign, power, from_back):
    reference = truth(*case, sign, power, from_back)
    assert abs(ours(*case, sign, power, from_back) - reference) < 2e-13 * abs(reference)


@given(st.floats(-6, 3), st.floats(0, 0.49), st.floats(-6, 3), st.sampled_from([1, -1]))
def test_half_space_is_the_limit_of_a_thick_film(log_q, turn, log_k, sign):
    q, k = 10**log_q * np.exp(1j * np.pi * turn), 10**log_k
    h = 60 / min(q.real, k)
    q_, k_ = np.array([[q]]), np.array([k])
    _, thick = diffusion.film(q_, 1.0, h, sign < 0)
    _, half = diffusion.half_space(q_, 1.0)
    for power in (0, 1):
        terms = (Term(1.0, power),)
        a, b = overlap(thick, k_, terms)[0, 0], overlap(half, k_, terms)[0, 0]
        assert abs(a - b) < 1e-12 * abs(b)


def test_extremes_are_finite():
    k = np.logspace(-12, 20, 65)
    q = np.logspace(-12, 20, 65)[:, None] * np.exp(0.24j * np.pi) * np.ones(k.size)
    for h in (1e-4, 1.0, 1e6):
        for permeable in (False, True):
            _, profile = diffusion.film(q, 1.0, h, permeable)
            for term in (Term(1.0), Term(1.0, 1), Term(1.0, 0, True), Term(1.0, 1, True)):
                assert np.isfinite(overlap(profile, k, (term,))).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_continuity_across_the_switches(sign):
    """|qh| = 1 (series) and |(q-K)h| = 0.5 (difference quotient)."""
    for q, k in ((1.0, 0.3), (1.0, 5.0), (2.5, 2.0), (1.5, 2.0)):
        for power in (0, 1):
            low = ours(q * (1 - 1e-12), k, 1.0, sign, power, False)
            high = ours(q * (1 + 1e-12), k, 1.0, sign, power, False)
            assert abs(low / high - 1) < 1e-11
