"""Covariance, and intervals by profile likelihood, which may have one end only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, inf, isfinite, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.fitting.minimise import Found, bounds, jacobian, minimise
from vegard.fitting.problem import Problem
from vegard.fitting.sample import SERIES, Parameter

Real = NDArray[np.float64]

_FAR = log(10) * 8  # beyond this a parameter has no bound
_TOLERANCE = 1e-4  # of the end of an interval, in standard deviations
_NEAR = 1e-4  # of a derivative along the valley
_LOOSE = 0.3  # relative deviation of a size from which its interval is sought along its logarithm
_SINGULAR = 1e-11  # singular values below which a direction is unknown, of the largest


def degrees(problem: Problem) -> int:
    """Points less parameters."""
    return int(problem.y.size - len(problem.nonlinear) - len(problem.linear))


def sensitivity(problem: Problem, found: Found) -> Real:
    """Derivative of the weighted residual by ln|nonlinear| and by linear parameters, in order.

    Unknown scatter is divided by the degrees of freedom that are left, not by the points.
    """
    theta, point = found.theta, found.point
    held = dict(enumerate(point.linear.tolist()))
    n = len(problem.nonlinear)
    jac = jacobian(problem, theta, point.weights, list(range(n)), held)
    jac = jac.reshape(point.residual.size, n) @ np.linalg.inv(problem.ties)
    _, table = problem.columns(theta)
    down = np.zeros((point.residual.size, len(problem.linear)))
    down[: problem.y.size] = -table * point.weights[:, None]
    row = problem.y.size + sum(p.name in problem.prior for p in problem.nonlinear)
    for j, p in enumerate(problem.linear):
        if p.name in problem.prior:
            down[row, j] = 1 / problem.prior[p.name][1]
            row += 1
    out = np.hstack([jac, down])
    if not all(problem.known):
        left = max(degrees(problem), 1) / problem.y.size
        for block, known in zip(problem.blocks, problem.known, strict=True):
            if not known:
                out[block] *= left**0.5
    return out


def covariance(jac: Real) -> Real:
    """(JᵀJ)⁻¹ with infinite variance for parameters that take part in an unknown direction."""
    size = np.sqrt((jac**2).sum(axis=0))
    scale = np.where(size > 0, size, 1.0)
    _, s, vt = np.linalg.svd(np.linalg.qr(jac / scale, mode="r"), full_matrices=True)
    full = np.zeros(vt.shape[0])
    full[: s.size] = s
    good = full > _SINGULAR * max(full.max(initial=0.0), 1e-300)
    v = vt[good].T / scale[:, None]
    cov = (v / full[good] ** 2) @ v.T
    lost = vt[~good].T
    bad = (np.abs(lost) > 1e-6).any(axis=1) | (size == 0)
    cov[bad, bad] = inf
    return np.asarray(cov)


def threshold(problem: Problem, level: float) -> float:
    """Rise of the objective at the end of an interval of a level."""
    from scipy.special import ndtri, stdtrit

    tail = (1 + level) / 2
    if all(problem.known):
        return float(ndtri(tail) ** 2)
    nu = max(degrees(problem), 1)
    t = float(stdtrit(nu, tail))
    return float(problem.y.size * np.log1p(t**2 / nu))


def interval(
    problem: Problem, found: Found, name: str, level: float, sigma: float
) -> tuple[float, float]:
    """Values between which the profile of the objective stays below its threshold.

    ``sigma`` is the standard deviation by curvature, to start from.
    """
    limit = threshold(problem, level)
    for p in problem.nonlinear:
        if p.name == name:
            return _nonlinear(problem, found, p, limit, sigma)
    k = [p.name for p in problem.linear].index(name)
    return _linear(problem, found, k, limit, sigma)


def _nonlinear(
    problem: Problem, found: Found, p: Parameter, limit: float, sigma: float
) -> tuple[float, float]:
    loose = replace(problem, tied=False)
    theta = problem.ties @ found.theta
    j = problem.nonlinear.index(p)
    low, high = bounds(loose)
    centre = float(theta[j])
    spread = sigma / exp(centre)
    rise = _Rise(loose, found.point.objective, theta, centre, lambda x: ({j: x}, {}))
    below = _end(rise, centre, -1, spread, limit, max(low[j], centre - _FAR))
    above = _end(rise, centre, 1, spread, limit, min(high[j], centre + _FAR))
    a = max(p.low, 0.0) if below is None else exp(below)
    b = p.high if above is None else exp(above)
    return (a, b) if p.sign > 0 else (-b, -a)


def _linear(
    problem: Problem, found: Found, k: int, limit: float, sigma: float
) -> tuple[float, float]:
    p, centre = problem.linear[k], float(found.point.linear[k])
    least = max(p.low, 0.0 if p.path == SERIES else -inf)
    floor, theta = found.point.objective, found.theta
    if not sigma < _LOOSE * abs(centre) and centre and not p.path.startswith("offset"):
        # a size that another parameter can make up for: along its logarithm
        rise = _Rise(problem, floor, theta, 0.0, lambda x: ({}, {k: centre * exp(x)}))
        start = sigma / abs(centre)
        small = _end(rise, 0.0, -1, start, limit, -_FAR)
        large = _end(rise, 0.0, 1, start, limit, _FAR)
        far = p.high if large is None and centre > 0 else inf if large is None else exp(large)
        none = minimise(problem, theta, held={k: 0.0}).point.objective - floor
        if small is not None or none > limit:  # else zero, and the other sign, do as well
            ends = sorted((centre * (0.0 if small is None else exp(small)), centre * far))
            return max(ends[0], least), min(ends[1], p.high)
    rise = _Rise(problem, floor, theta, centre, lambda x: ({}, {k: x}))
    step = sigma if isfinite(sigma) and sigma > 0 else abs(centre) or 1.0
    below = _end(rise, centre, -1, step, limit, max(least, centre - 1e6 * step))
    above = _end(rise, centre, 1, step, limit, min(p.high, centre + 1e6 * step))
    return least if below is None else below, p.high if above is None else above


class _Rise:
    """Least rise of the objective with one parameter at x, over all others.

    ``held`` turns x into the nonlinear coordinates and linear parameters that it fixes.
    """

    def __init__(
        self,
        problem: Problem,
        floor: float,
        theta: Real,
        centre: float,
        held: Callable[[float], Any],
    ) -> None:
        self.problem, self.floor, self.held = problem, floor, held
        self.known = {centre: theta}

    def __call__(self, x: float) -> float:
        near = min(self.known, key=lambda v: abs(v - x))
        fixed, linear = self.held(x)
        found: Found | None = None
        for theta in self._places(near, x, fixed, linear):
            now = minimise(self.problem, theta, fixed=frozenset(fixed), held=linear)
            if found is None or now.point.objective < found.point.objective:
                found = now
        assert found is not None
        self.known[x] = found.theta
        return found.point.objective - self.floor

    def _places(self, near: float, x: float, fixed: Any, linear: Any) -> list[Real]:
        """Where to start: along the valley from the nearest known place, and straight on."""
        straight = self.known[near].copy()
        for j, value in fixed.items():
            straight[j] = value
        free = [j for j in range(straight.size) if j not in fixed]
        if not free or abs(x - near) < 1e-12:
            return [straight]
        base = self.known[near]
        weights = self.problem.at(base, held=self.held(near)[1]).weights
        ends = []
        for side in (1, -1):
            there, lines = self.held(near + side * _NEAR)
            theta = base.copy()
            for j, value in there.items():
                theta[j] = value
            ends.append(self.problem.at(theta, weights, lines).residual)
        along = (ends[0] - ends[1]) / (2 * _NEAR)
        jac = jacobian(self.problem, base, weights, free, self.held(near)[1])
        shift = -np.linalg.lstsq(jac, along, rcond=1e-9)[0] * (x - near)
        low, high = bounds(self.problem)
        valley = straight.copy()
        valley[free] = np.clip(straight[free] + shift, low[free], high[free])
        return [valley] if np.abs(shift).max() < 1e-3 else [valley, straight]


def _end(
    rise: Callable[[float], float],
    centre: float,
    sign: int,
    sigma: float,
    limit: float,
    edge: float,
) -> float | None:
    """Where the rise passes the limit on one side; None if it never does up to the edge."""
    span = abs(edge - centre)
    if span == 0:
        return None
    step = sigma * limit**0.5 if isfinite(sigma) and sigma > 0 else span / 8
    step = min(max(step, 1e-9 * span), span / 8)
    inside, low = 0.0, -limit
    outside = step
    while (high := rise(centre + sign * outside) - limit) <= 0:
        if outside >= span:
            return None
        inside, low = outside, high
        outside = min(outside * 1.6, outside + span / 8, span)
    return centre + sign * _root(lambda x: rise(centre + sign * x) - limit, (inside, low),
                                 (outside, high), limit)  # fmt: skip


def _root(f: Any, below: tuple[float, float], above: tuple[float, float], limit: float) -> float:
    """Where f, which is about x² - limit, changes its sign: secants of the root of the rise."""
    (a, fa), (b, fb) = below, above
    for _ in range(60):
        ra, rb = (max(v + limit, 0.0) ** 0.5 - limit**0.5 for v in (fa, fb))
        x = a - ra * (b - a) / (rb - ra) if rb != ra else (a + b) / 2
        x = min(max(x, a + 0.02 * (b - a)), b - 0.02 * (b - a))
        fx = f(x)
        if abs(fx) < _TOLERANCE * limit:
            return float(x)
        if fx < 0:
            a, fa = x, fx
        else:
            b, fb = x, fx
        if b - a < 1e-7 * max(abs(b), 1e-12):
            break
    return (a + b) / 2
