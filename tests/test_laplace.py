"""Hyperbolic contours on transforms whose originals are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from vegard import laplace

KNOWN = [
    (lambda s: 1 / np.sqrt(s), lambda t: 1 / np.sqrt(np.pi * t)),
    (lambda s: 1 / (s + 1), lambda t: np.exp(-t)),
    (lambda s: np.exp(-np.sqrt(s)) / s, lambda t: special.erfc(0.5 / np.sqrt(t))),
    (lambda s: np.log1p(1 / s), lambda t: -np.expm1(-t) / t),
    (lambda s: 1 / (s * np.sqrt(s + 1)), lambda t: special.erf(np.sqrt(t))),
]


@pytest.mark.parametrize("pair", KNOWN)
def test_known_pairs(pair):
    transform, original = pair
    t = np.logspace(-2, 1, 100)
    values, error = laplace.invert(lambda s: (transform(s), np.zeros(s.shape)), t)
    assert np.allclose(values, original(t), rtol=1e-11, atol=1e-13)
    assert (np.abs(values - original(t)) <= error + 1e-14).all()


def test_before_the_start_there_is_nothing():
    values, error = laplace.invert(lambda s: (1 / s, np.zeros(s.shape)), np.array([-1.0, 0.0]))
    assert values.tolist() == error.tolist() == [0.0, 0.0]


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=60))
def test_order_and_grouping_do_not_matter(times):
    """Each time alone gives what it gives in company."""
    t = np.array(times)
    transform = lambda s: (1 / (s * np.sqrt(s + 1)), np.zeros(s.shape))  # noqa: E731
    together, _ = laplace.invert(transform, t)
    assert np.allclose(together, special.erf(np.sqrt(t)), rtol=1e-11)
    groups = laplace.windows(t)
    assert sorted(np.concatenate(groups).tolist()) == list(range(t.size))
    assert all(t[g].max() <= 10 * t[g].min() * (1 + 1e-12) for g in groups)
