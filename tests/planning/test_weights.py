"""Sharing the time: known optima, brute force, and the bound on the gap."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from vegard.planning import weights

RNG = np.random.default_rng(3)


def line(points, target):
    """Rows of a straight line in the coordinates (value at the target, slope)."""
    rows = np.stack([np.ones(points.size), points - target], axis=1)
    return np.einsum("ia,ib->iab", rows, rows)[None]


def none(nodes=1, p=2):
    return np.broadcast_to(1e-9 * np.eye(p), (nodes, p, p))


@pytest.mark.parametrize("target", [1.5, 2.0, 5.0])
def test_extrapolation_of_a_line(target):
    """Hoel and Levine: from [-1, 1] to x₀ the ends get (x₀ ∓ 1)/2x₀, the variance is x₀²."""
    points = np.linspace(-1, 1, 21)
    atoms = line(points, target)
    w, gap = weights.shares(atoms, none())
    assert gap < 2e-3
    value = weights.spread(none() + np.einsum("i,kiab->kab", w, atoms))[0]
    assert target <= value < target * (1 + 2e-3)  # the stated gap
    thin = weights.thinned(atoms, none(), np.zeros(21))
    assert np.flatnonzero(thin).tolist() == [0, 20]
    # the objective is flat at its least: a gap of 2e-3 leaves 0.03 of the share
    assert thin[0] == pytest.approx((target - 1) / (2 * target), abs=0.04)


def random_atoms(nodes, n, p):
    rows = RNG.normal(size=(nodes, n, p)) * np.exp(RNG.normal(size=(nodes, n, 1)))
    return np.einsum("kia,kib->kiab", rows, rows)


def test_mean_over_nodes_against_a_general_minimiser():
    """Softmax coordinates and BFGS: another route to the same least value."""
    for _ in range(3):
        atoms, known = random_atoms(7, 9, 3), none(7, 3) + 0.05 * np.eye(3)

        def mean(z, atoms=atoms, known=known):
            w = np.exp(z - z.max())
            total = known + np.einsum("i,kiab->kab", w / w.sum(), atoms)
            return weights.spread(total).mean()

        best = min(minimize(mean, RNG.normal(size=9), tol=1e-10).fun for _ in range(3))
        w, gap = weights.shares(atoms, known)
        value = weights.spread(known + np.einsum("i,kiab->kab", w, atoms)).mean()
        assert w.sum() == pytest.approx(1, rel=1e-12)
        # the gap bounds the distance to the least value; 1e-5 is what BFGS leaves
        assert best * (1 - 1e-5) <= value <= best * (1 + gap) * (1 + 1e-5)


def test_few_readings_against_all_subsets():
    """Spectra 1/(1+iωτ) of many τ, τ and size unknown, each frequency a fifth of the time or more.

    Single moves from the peaks need not find the best of all 127 choices; they come within 3 %.
    """
    omega = np.geomspace(0.01, 100, 7)
    for spread in (1.0, 10.0, 100.0):
        x = omega * np.geomspace(1 / spread, spread, 9)[:, None]
        u = 1 / (1 + 1j * x)
        rows = np.stack([-1j * x * u**2, u], axis=2)
        atoms = np.einsum("kia,kib->kiab", rows.conj(), rows).real * 100
        known, least = none(9) + np.diag([0.1, 1e-4]), np.full(7, 0.2)
        thin = weights.thinned(atoms, known, least)
        on = thin > 0
        assert (thin[on] >= 0.2 - 1e-12).all()
        assert thin.sum() == pytest.approx(1, rel=1e-12)
        value = weights.spread(known + np.einsum("i,kiab->kab", thin, atoms)).mean()
        every = [
            weights.filled(atoms, known, least, list(chosen))[1]
            for n in range(1, 6)
            for chosen in combinations(range(7), n)
        ]
        assert value <= 1.03 * min(every)


def test_time_that_is_too_short_for_the_slow():
    """A reading that needs more than all the time is left out, one is always made."""
    atoms = random_atoms(2, 3, 2)
    thin = weights.thinned(atoms, none(2) + 0.1 * np.eye(2), np.array([0.9, 0.8, 0.7]))
    assert (thin > 0).sum() == 1


def test_nothing_to_be_seen():
    """No information in any reading: shares stay as they are, nothing is divided by zero."""
    w, gap = weights.shares(np.zeros((2, 3, 1, 1)), np.ones((2, 1, 1)))
    assert gap == 0
    assert w.tolist() == pytest.approx([1 / 3] * 3)
