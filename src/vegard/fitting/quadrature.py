"""Integrals of a density that is known by its logarithm, one dimension inside the other, and draws.

The innermost direction is a line on which the density is cheap (D on one master curve); each outer
direction is a line whose points are inner lines. A line is refined where its mass is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import NotConverged

Real = NDArray[np.float64]
Density = Callable[[tuple[float, ...]], tuple[float, Real]]

_DEEP = 25.0  # ln of density below the top that carries nothing
_ASIDE = 40.0  # below the best of all lines: such a line is not refined
_STEEP = 4.0  # change of ln density over an interval that is resolved
_TOLERANCE = 1e-3  # of the mass of a line
_MOST = 600  # points of a line
_FINE = 32  # parts of an interval in which its mass is summed


class Line(NamedTuple):
    """A density along one direction."""

    x: Real
    log: Real
    """ln of the density, integrated over what lies inside."""
    parts: list[Any]
    """At each point the inner line, or what the density told beside its logarithm."""
    total: float
    """ln of the integral."""
    error: float
    """Relative, estimated."""


class Quadrature:
    """Iterated integral of ``density`` over a region.

    Parameters
    ----------
    density : callable
        Point to ln density and a row of numbers that is interpolated for the draws.
    spans : sequence of callable
        For each direction, outer ones first: the outer coordinates to (low, high).
    steps : sequence of float
        Distance of the points to start from, along each direction.
    guess : ndarray
        Where the density is high.
    """

    def __init__(
        self,
        density: Density,
        spans: Sequence[Callable[[tuple[float, ...]], tuple[float, float]]],
        steps: Sequence[float],
        guess: Real,
    ) -> None:
        self._density, self._spans, self._steps = density, spans, steps
        self._near = [float(x) for x in guess]
        self._best = density(tuple(self._near))[0]
        self.evaluations = 1

    def line(self, before: tuple[float, ...] = ()) -> Line:
        """The line at outer coordinates ``before``."""
        depth = len(before)
        low, high = self._spans[depth](before)
        x = np.linspace(low, high, 5 + int((high - low) / self._steps[depth]))
        if low < self._near[depth] < high:
            x = np.unique(np.append(x, self._near[depth]))
        log, parts = self._at(before, x)
        error = np.full(x.size - 1, np.inf)
        mass = sum_ = 0.0
        while True:
            top = float(log.max())
            if before and _hope(x, log).max() < self._best - _ASIDE:
                break
            mass = float(np.exp(_masses(x, log) - top).sum())
            live = _hope(x, log) > top - _DEEP
            sum_ = float(error[live].sum())
            split = live & (_rough(log, top) | (error > _TOLERANCE * mass / (2 * live.sum())))
            if not split.any():
                break
            x, log, parts, error = self._split(before, x, log, parts, error, split)
            if x.size > _MOST:
                raise NotConverged(
                    f"the posterior, {_MOST} points along one direction,", _TOLERANCE, sum_ / mass,
                    "Give the parameters narrower ranges, free={path: (low, high)}.",
                )  # fmt: skip
        self._near[depth] = float(x[log.argmax()])
        total = float(log.max()) + float(np.log(np.exp(_masses(x, log) - log.max()).sum()))
        inner = [p.error for p in parts if isinstance(p, Line)]
        weights = np.exp(log - log.max())
        below = float(np.average(inner, weights=weights)) if inner else 0.0
        own = min(sum_ / mass, 1.0) if mass else 1.0
        return Line(x, log, parts, total, below + own)

    def _at(self, before: tuple[float, ...], x: Real) -> tuple[Real, list[Any]]:
        logs, parts = [], []
        for value in x:
            here = (*before, float(value))
            if len(here) < len(self._spans):
                part: Any = self.line(here)
                logs.append(part.total)
            else:
                log, part = self._density(here)
                self.evaluations += 1
                self._best = max(self._best, log)
                logs.append(log)
            parts.append(part)
        return np.array(logs), parts

    def _split(
        self,
        before: tuple[float, ...],
        x: Real,
        log: Real,
        parts: list[Any],
        error: Real,
        split: NDArray[np.bool_],
    ) -> tuple[Real, Real, list[Any], Real]:
        """Halve intervals; how far the middle is from what was expected tells the error left."""
        where = np.flatnonzero(split)
        middle = (x[where] + x[where + 1]) / 2
        told, new = self._at(before, middle)
        top = max(float(log.max()), float(told.max()))
        expected = _curve(x, log, where, np.full(where.size, 0.5))
        miss = np.abs(np.exp(np.minimum(expected - top, 1.0)) - np.exp(told - top))
        left = miss * np.diff(x)[where] / 8  # a third-order curve: 1/8 on each half
        error = np.insert(error, where + 1, left)
        error[where + np.arange(where.size)] = left
        out = list(parts)
        for i, part in zip(where[::-1], new[::-1], strict=True):
            out.insert(i + 1, part)
        return np.insert(x, where + 1, middle), np.insert(log, where + 1, told), out, error


def draws(line: Line, u: Real) -> tuple[Real, Real]:
    """Points from uniform numbers, and the numbers that the density told there.

    Parameters
    ----------
    line : Line
        The outermost.
    u : ndarray, shape (n, d)
        Between 0 and 1.

    Returns
    -------
    x, told : ndarray, shape (n, d) and (n, p)
        Between two points of a line the inner quantiles are interpolated.
    """
    fine, cumulated = _cumulated(line)
    x = np.interp(u[:, 0], cumulated, fine)
    i = np.clip(np.searchsorted(line.x, x) - 1, 0, line.x.size - 2)
    w = ((x - line.x[i]) / (line.x[i + 1] - line.x[i]))[:, None]
    if u.shape[1] == 1:
        rows = np.array(line.parts)
        return x[:, None], (1 - w) * rows[i] + w * rows[i + 1]
    inside = told = np.zeros((0, 0))
    for j in np.unique(i):
        at = np.flatnonzero(i == j)
        ends = [draws(line.parts[k], u[at, 1:]) for k in (j, j + 1)]
        mixed = [(1 - w[at]) * a + w[at] * b for a, b in zip(*ends, strict=True)]
        if not inside.size:
            inside = np.zeros((x.size, mixed[0].shape[1]))
            told = np.zeros((x.size, mixed[1].shape[1]))
        inside[at], told[at] = mixed
    return np.column_stack([x, inside]), told


def _cumulated(line: Line) -> tuple[Real, Real]:
    """Points, and the share of the mass below each."""
    n = line.x.size - 1
    where = np.repeat(np.arange(n), _FINE)
    w = np.tile(np.arange(_FINE) / _FINE, n)
    x = np.append(line.x[where] + w * np.diff(line.x)[where], line.x[-1])
    log = np.append(_curve(line.x, line.log, where, w), line.log[-1])
    mass = np.exp(_pieces(x, log) - line.total)
    total = np.append(0.0, np.cumsum(mass))
    return x, total / total[-1]


def _masses(x: Real, log: Real) -> Real:
    """Mass, as ln, of each interval."""
    n = x.size - 1
    where, w = np.repeat(np.arange(n), _FINE + 1), np.tile(np.arange(_FINE + 1) / _FINE, n)
    fine = _curve(x, log, where, w).reshape(n, _FINE + 1)
    at = (x[where] + w * np.diff(x)[where]).reshape(n, _FINE + 1)
    parts = _pieces(at, fine)
    top = parts.max(axis=1)
    return np.asarray(top + np.log(np.exp(parts - top[:, None]).sum(axis=1)))


def _pieces(x: Real, log: Real) -> Real:
    """Mass, as ln, between neighbours, between which ln density is straight."""
    a, b = log[..., :-1], log[..., 1:]
    fall = np.maximum(np.abs(a - b), 1e-12)
    return np.asarray(np.maximum(a, b) + np.log(-np.expm1(-fall) / fall) + np.log(np.diff(x)))


def _curve(x: Real, log: Real, where: NDArray[np.intp], w: Real) -> Real:
    """Density, as ln, in intervals: cubic by parabolas, straight where it is steep."""
    h, rise = np.diff(x), np.diff(log)
    slope = rise / h
    d = (h[1:] * slope[:-1] + h[:-1] * slope[1:]) / (h[1:] + h[:-1])
    d = np.concatenate([2 * slope[:1] - d[:1], d, 2 * slope[-1:] - d[-1:]])
    most = (3 * np.abs(rise) + 3) / h
    left, right = np.clip(d[:-1], -most, most)[where], np.clip(d[1:], -most, most)[where]
    a, b, size = log[where], log[where + 1], h[where]
    cubic = (
        a * (1 + 2 * w) * (1 - w) ** 2 + b * w**2 * (3 - 2 * w)
        + size * (left * w * (1 - w) ** 2 - right * w**2 * (1 - w))
    )  # fmt: skip
    return np.where(np.abs(rise)[where] > _STEEP, a + w * (b - a), cubic)


def _hope(x: Real, log: Real) -> Real:
    """What ln density may reach in each interval, by the parabola through a highest point."""
    peak = log.copy()
    a, b, c = log[:-2], log[1:-1], log[2:]
    h, k = x[1:-1] - x[:-2], x[2:] - x[1:-1]
    left, right = (b - a) / h, (b - c) / k
    bend, slope = (left + right) / (h + k), (left * k - right * h) / (h + k)
    high = (b >= a) & (b >= c) & (bend > 0)
    lift = np.where(high, slope, 0.0) ** 2 / (4 * np.where(high, bend, 1.0))
    peak[1:-1] = b + 2 * lift  # doubled: no peak is a parabola
    return np.maximum(peak[:-1], peak[1:])


def _rough(log: Real, top: float) -> NDArray[np.bool_]:
    """Intervals in which ln density changes too much to be read by a curve."""
    return (np.abs(np.diff(log)) > _STEEP) & (np.maximum(log[:-1], log[1:]) > top - _STEEP * 3)
