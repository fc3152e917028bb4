"""Least squares for the analyses: lines, and curves some of whose parts are linear."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

LEVEL = 0.95
_CLOSE = 1e-3  # of a standard error, to which ends of an interval are found
_STEP = 1e-5  # of a difference quotient; its error is below 1e-9 where θ is a logarithm
_ROUNDING = 1e-10  # of the signal: noise is not taken as smaller
_STEPS, _FAR = 100, 3.0  # most steps, and the longest


class Line(NamedTuple):
    """Coefficients, their standard errors, the noise of one value and its degrees of freedom."""

    values: Real
    sigma: Real
    noise: float
    freedom: int

    @property
    def reach(self) -> Real:
        """Half widths of the 95 % intervals."""
        return self.sigma * student(self.freedom)


def student(freedom: int) -> float:
    """Quantile of Student's t for a two-sided interval of 95 %."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))


def line(columns: Iterable[Real], y: Real) -> Line:
    """Linear regression of y on columns, all values of the same noise."""
    a = np.stack(list(columns), axis=1)
    scale = np.sqrt((a * a).sum(axis=0))
    q, r = np.linalg.qr(a / scale)
    values = np.linalg.solve(r, q.T @ y)
    rest = y - (a / scale) @ values
    freedom = y.size - a.shape[1]
    noise = float(np.sqrt(rest @ rest / freedom))
    spread = np.sqrt((np.linalg.inv(r) ** 2).sum(axis=1))
    return Line(values / scale, noise * spread / scale, noise, freedom)


@dataclass(frozen=True, slots=True)
class Curve:
    """y = known(θ) + basis(θ) @ c, of the same noise in every value.

    Parameters
    ----------
    y : ndarray, shape (n,)
    parts : callable
        θ (p,) -> known (n,) and basis (n, q), q = 0 or more.
    low, high : ndarray, shape (p,)
        Bounds of θ: far enough out that the curve does not change any more.
    """

    y: Real
    parts: Callable[[Real], tuple[Real, Real]]
    low: Real
    high: Real

    def rest(self, theta: Real) -> tuple[Real, Real]:
        """Residuals and c, the c eliminated."""
        known, basis = self.parts(theta)
        left = self.y - known
        if not basis.shape[1]:
            return left, np.empty(0)
        c = np.asarray(np.linalg.lstsq(basis, left, rcond=None)[0], float)
        return left - basis @ c, c


class Fit(NamedTuple):
    """θ, its standard errors, c, noise, degrees of freedom and Σ of the squares."""

    theta: Real
    sigma: Real
    linear: Real
    noise: float
    freedom: int
    square: float


def fit(curve: Curve, starts: Iterable[Any], tries: int = 2) -> Fit:
    """Best of the local minima that are reached from the best few starts."""
    firsts = sorted(
        (np.clip(np.asarray(s, float), curve.low, curve.high) for s in starts),
        key=lambda s: _square(curve, s),
    )[:tries]
    ends = [_descend(curve, s) for s in firsts]
    theta = min(ends, key=lambda e: _square(curve, e))
    rest, linear = curve.rest(theta)
    square = float(rest @ rest)
    freedom = rest.size - theta.size - linear.size
    noise = float(np.sqrt(square / freedom))
    return Fit(theta, noise * _spread(curve, theta), linear, noise, freedom, square)


def interval(curve: Curve, found: Fit, i: int, starts: Iterable[Any] = ()) -> tuple[float, float]:
    """95 % interval of θ_i from the profile of Σ; -inf or inf where the data leave it open.

    At the bounds the other parameters may be far from where they are at the best: ``starts`` are
    tried there.
    """
    wanted = student(found.freedom)
    noise = max(found.noise, _ROUNDING * float(np.sqrt(curve.y @ curve.y / curve.y.size)))
    step = min(1.2 * wanted * max(float(found.sigma[i]), _ROUNDING), _FAR)
    best, others = float(found.theta[i]), np.delete(found.theta, i)

    def excess(value: float) -> float:
        """Distance in standard errors, less what is wanted."""
        nonlocal others
        theta = _profile(curve, i, value, others)
        others = np.delete(theta, i)  # a good start for the next
        square = _square(curve, theta)
        return float(np.sqrt(max(square - found.square, 0.0))) / noise - wanted

    ends = []
    for bound, sign in ((curve.low[i], -1.0), (curve.high[i], 1.0)):
        others = np.delete(found.theta, i)
        inner, outer = (best, -wanted), best + sign * min(step, abs(bound - best))
        beyond = excess(outer)
        if beyond < 0:
            inner, outer = (outer, beyond), float(bound)
            others = _nearest(curve, i, outer, [others, *(np.delete(s, i) for s in starts)])
            beyond = excess(outer)
            others = np.delete(found.theta, i)
        ends.append(sign * np.inf if beyond < 0 else _root(excess, inner, (outer, beyond)))
    return ends[0], ends[1]


def half(ends: tuple[float, float], freedom: int) -> float:
    """Standard error that goes with a 95 % interval: its half width over Student's t."""
    low, high = ends
    return (high - low) / (2 * student(freedom)) if low > 0 and high < np.inf else float(np.inf)


def _square(curve: Curve, theta: Real) -> float:
    rest = curve.rest(theta)[0]
    return float(rest @ rest)


def _descend(curve: Curve, start: Real, close: float = 1e-14) -> Real:
    """Levenberg's and Marquardt's steps, to `close` of a standard error squared, or rounding."""
    theta, damping = start, 1e-3
    enough = (1e-2 * _ROUNDING) ** 2 * float(curve.y @ curve.y)
    rest = curve.rest(theta)[0]
    for _ in range(_STEPS if start.size else 0):
        jacobian, size = _jacobian(curve, theta)
        normal, slope = jacobian.T @ jacobian, jacobian.T @ rest
        square = float(rest @ rest)
        while True:
            step = np.linalg.solve(normal + damping * np.eye(theta.size), -slope) / size
            new = np.clip(theta + np.clip(step, -_FAR, _FAR), curve.low, curve.high)
            trial = curve.rest(new)[0]
            if float(trial @ trial) < square or damping > 1e10:
                break
            damping *= 5
        if damping > 1e10:
            break
        moved, theta, rest = new - theta, new, trial
        damping = max(damping / 10, 1e-12)
        change = jacobian @ (moved * size)
        if change @ change < close * square / rest.size + enough:
            break
    return theta


def _jacobian(curve: Curve, theta: Real) -> tuple[Real, Real]:
    """Slopes of the residuals, columns of size 1, and their sizes (1 where nothing changes)."""
    slopes = []
    for move in _STEP * np.eye(theta.size):
        slopes.append((curve.rest(theta + move)[0] - curve.rest(theta - move)[0]) / (2 * _STEP))
    jacobian = np.stack(slopes, axis=1)
    size = np.sqrt((jacobian * jacobian).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    return jacobian / size, size


def _profile(curve: Curve, i: int, value: float, others: Real) -> Real:
    """θ with θ_i held and the others at their best."""

    def whole(rest: Real) -> Real:
        return np.insert(rest, i, value)

    keep = np.arange(curve.low.size) != i
    held = Curve(curve.y, lambda rest: curve.parts(whole(rest)), curve.low[keep], curve.high[keep])
    return whole(_descend(held, others, close=1e-6))


def _spread(curve: Curve, theta: Real) -> Real:
    """Standard errors of θ for noise 1; inf along directions in which nothing changes."""
    unit, size = _jacobian(curve, theta)
    _, s, v = np.linalg.svd(unit, full_matrices=False)
    loose = s < 1e-8 * s.max(initial=1.0)
    share = v**2 / np.where(loose, 1.0, s)[:, None] ** 2
    without_end = ~unit.any(axis=0) | ((v[loose] ** 2).sum(axis=0) > 1e-6)
    return np.where(without_end, np.inf, np.sqrt(share[~loose].sum(axis=0)) / size)


def _nearest(curve: Curve, i: int, value: float, others: list[Real]) -> Real:
    """The best start of the other parameters for a value of θ_i."""
    return min(others, key=lambda o: _square(curve, np.insert(o, i, value)))


def _root(
    function: Callable[[float], float], below: tuple[float, float], above: tuple[float, float]
) -> float:
    """Where a function is 0 between two points whose values are known (Illinois)."""
    (a, fa), (b, fb) = below, above
    for _ in range(100):
        c = b - fb * (b - a) / (fb - fa)
        fc = function(c)
        if abs(fc) < _CLOSE or abs(b - a) < 1e-13:
            break
        if fc * fb < 0:
            a, fa = b, fb
        else:
            fa /= 2
        b, fb = c, fc
    return c


def settle(
    allowed: NDArray[np.bool_],
    legal: Callable[[float], NDArray[np.bool_]],
    estimate: Callable[[NDArray[np.bool_]], float],
    least: int,
) -> tuple[float, NDArray[np.bool_]]:
    """Points within the range of a formula, where the range goes with the formula's own result.

    Parameters
    ----------
    allowed : ndarray of bool
        Points that may be used, all of them at first.
    legal : callable
        Points within the range for a result.
    estimate : callable
        The result from some points.
    least : int
        Points that the estimate needs.

    Returns
    -------
    result : float
        The last one.
    used : ndarray of bool
        The points that agree with it; fewer than ``least`` if there are none such.
    """
    used = allowed
    for turn in range(200):
        result = estimate(used)
        new = allowed & legal(result)
        if turn > 20:  # two sets that lead to each other: take what they share
            new &= used
        if (new == used).all() or new.sum() < least:
            return result, new
        used = new
    return result, used
