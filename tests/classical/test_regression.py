"""Least squares: lines, curves with linear parts, profile intervals, windows."""

from __future__ import annotations

import numpy as np
import pytest
from analysed import near
from scipy.stats import t as student_t

from vegard.classical.regression import Curve, fit, half, interval, line, settle, student


def test_student():
    assert student(7) == near(student_t.ppf(0.975, 7), rel=1e-12)


def test_line_is_the_textbook_regression():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1e6, 30), rng.standard_normal(30)
    y += 3e-5 * x + 2
    seen = line([x, np.ones(30)], y)
    wanted, cov = np.polyfit(x, y, 1, cov=True)
    assert np.allclose(seen.values, wanted, rtol=1e-10, atol=0)
    assert np.allclose(seen.sigma, np.sqrt(np.diag(cov)), rtol=1e-10, atol=0)
    assert seen.freedom == 28
    assert np.allclose(seen.reach, seen.sigma * student_t.ppf(0.975, 28), rtol=1e-10, atol=0)


X = np.linspace(0, 3, 40)


def decay(y, low=-10.0, high=10.0):
    """Height × e^(-θx): one parameter and one linear part."""

    def parts(theta):
        return np.zeros(X.size), np.exp(-np.exp(theta[0]) * X)[:, None]

    return Curve(y, parts, np.array([low]), np.array([high]))


def test_fit_and_interval_of_a_curve():
    """Profile by hand: where Σ exceeds the least by t² s²."""
    y = 2 * np.exp(-1.3 * X) + 0.02 * np.random.default_rng(2).standard_normal(40)
    curve = decay(y)
    found = fit(curve, [[-1.0], [3.0]])
    low, high = interval(curve, found, 0)

    def least(theta):
        e = np.exp(-np.exp(theta) * X)
        return ((y - e * (e @ y) / (e @ e)) ** 2).sum()

    grid = np.linspace(found.theta[0] - 0.2, found.theta[0] + 0.2, 40_001)
    square = np.array([least(g) for g in grid])
    assert found.square == near(square.min(), rel=1e-6)
    inside = grid[square <= square.min() * (1 + student(38) ** 2 / 38)]
    assert (low, high) == pytest.approx((inside[0], inside[-1]), abs=2e-5 + 1e-3 * found.sigma[0])
    assert found.sigma[0] == near((high - low) / 2 / student(38), rel=0.02)  # nearly linear
    assert half((low, high), 38) == np.inf if low <= 0 else half((low, high), 38) > 0


def test_what_is_not_determined_is_open():
    """No decay within the data: any slow rate does as well; noise alone: nothing is known."""
    noise = 0.02 * np.random.default_rng(3).standard_normal(40)
    curve = decay(1 + noise)
    found = fit(curve, [[v] for v in range(-9, 10, 2)])
    low, high = interval(curve, found, 0)
    assert low == -np.inf
    assert -8 < high < 0
    assert half((0.0, 1.0), 5) == half((1.0, np.inf), 5) == np.inf
    curve = decay(noise)
    low, high = interval(curve, fit(curve, [[0.0]]), 0)
    assert (low, high) == (-np.inf, np.inf)


def test_correlated_parameters_profile_over_each_other():
    """Of θ₀ + θ₁ and nothing else is known: both are open, and their errors infinite."""

    def parts(theta):
        return np.exp(-np.exp(theta[0] + theta[1]) * X), np.empty((40, 0))

    y = np.exp(-X) + 0.01 * np.random.default_rng(4).standard_normal(40)
    curve = Curve(y, parts, np.array([-5.0, -5.0]), np.array([5.0, 5.0]))
    found = fit(curve, [[1.0, 0.5]])
    assert np.isinf(found.sigma).all()
    assert found.theta.sum() == pytest.approx(0, abs=0.05)
    assert interval(curve, found, 0) == (-np.inf, np.inf)


def test_intervals_cover():
    """95 % of 500 intervals hold the truth, give or take 2 % (two standard deviations)."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(500):
        curve = decay(2 * np.exp(-1.3 * X) + 0.1 * rng.standard_normal(40))
        low, high = interval(curve, fit(curve, [[0.3]]), 0)
        hits += low <= np.log(1.3) <= high
    assert 0.93 <= hits / 500 <= 0.97


def test_settle_finds_the_window_that_agrees_with_itself():
    x = np.linspace(0, 1, 101)
    limit, used = settle(np.ones(101, bool), lambda d: x <= d, lambda u: (x[u].max() + 0.4) / 2, 3)
    assert limit == pytest.approx(0.4, abs=0.011)
    assert x[used].max() <= limit
    # two windows that lead to each other: what they share
    turns = iter(range(1000))
    _, used = settle(
        np.ones(101, bool), lambda d: x <= d, lambda u: 0.3 + 0.4 * (next(turns) % 2), 3
    )
    assert x[used].max() == near(0.3)
    _, used = settle(np.ones(101, bool), lambda d: x <= d, lambda u: 0.0, 3)
    assert used.sum() == 1
