"""Functions of the radius on graded panels, and their Hankel transforms.

A panel carries ``ORDER`` Gauss-Legendre nodes. Where Jₙ(Kρ) turns more than a little across a
panel, the polynomial through its nodes is integrated against it on a fine grid (product
integration); past ``smooth`` the function is analytic and the endless oscillation is cut by the
window of `vegard.spectra`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from math import ceil, e, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.spectra import WINDOW_END, bessel, window

Real = NDArray[np.float64]

ORDER = 12
_DIRECT = 3.0  # phase [rad] across a panel that its own nodes integrate
_PHASE = 16.0  # phase across a fine panel of _FINE nodes
_FINE = 32
_BLOCK = 2_000_000  # Bessel functions at once


@lru_cache(maxsize=4)
def _gauss(n: int) -> tuple[Real, Real]:
    x, w = np.polynomial.legendre.leggauss(n)
    return (x + 1) / 2, w / 2


@lru_cache(maxsize=1)
def _barycentric() -> Real:
    x, _ = _gauss(ORDER)
    gaps = x[:, None] - x + np.eye(ORDER)
    return np.asarray(1 / np.prod(4 * gaps, axis=1))


def _lagrange(x: Real) -> Real:
    """Values (x.size, ORDER) of the polynomials of one panel at x in [0, 1]."""
    gap = x[:, None] - _gauss(ORDER)[0]
    hit = gap == 0
    gap[hit] = 1.0
    part = _barycentric() / gap
    row = hit.any(axis=1)
    part[row] = hit[row]
    return np.asarray(part / part.sum(axis=1, keepdims=True))


class RadialMesh:
    """Panels between ``edges`` [m], the first at 0; a function is its values at ``rho``.

    Parameters
    ----------
    edges : ndarray, shape (p + 1,)
        Edges of the panels [m].
    smooth : float
        Radius [m] past which the functions are analytic.
    """

    def __init__(self, edges: Real, smooth: float) -> None:
        x, w = _gauss(ORDER)
        width = np.diff(edges)[:, None]
        self.edges, self.smooth = edges, smooth
        self.rho = np.asarray((edges[:-1, None] + width * x).ravel())
        self.weights = np.asarray((width * w).ravel())
        """Of ∫ f dρ [m]."""

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """2π ∫ f ρ dρ over the last axis."""
        return np.asarray(2 * np.pi * (values @ (self.weights * self.rho)))

    def interpolation(self, rho: Real) -> Real:
        """Matrix (rho.size, nodes) of values at ``rho`` [m]; zero past the last edge."""
        out = np.zeros((rho.size, self.rho.size))
        panel = np.searchsorted(self.edges, rho, side="right") - 1
        inside = np.flatnonzero(panel < self.edges.size - 1)
        p = panel[inside]
        start = self.edges[p]
        part = _lagrange((rho[inside] - start) / (self.edges[p + 1] - start))
        out[inside[:, None], p[:, None] * ORDER + np.arange(ORDER)] = part
        return out

    def line(self, x: float) -> Real:
        """Weights (nodes,) of ∫ f dy along a line at distance x [m] from the axis."""
        v, w = self._past(x)
        return self._at(np.hypot(x, v), 2 * w)

    def strip(self, x: float) -> Real:
        """Weights of ∫∫ f between the axis and that line.

        π ∫ f ρ dρ within x, and 2 ∫ f ρ asin(x/ρ) dρ beyond, where ρ dρ = v dv, v² = ρ² - x².
        """
        v, w = self._past(x)
        out = self._at(np.hypot(x, v), 2 * w * v * np.arctan2(x, v))
        y, u = _gauss(ORDER)
        inside = np.minimum(self.edges, x)
        width = np.diff(inside[: np.searchsorted(self.edges, x) + 1])[:, None]
        if not width.size:
            return out
        rho = (inside[: width.size, None] + width * y).ravel()
        return np.asarray(out + self._at(rho, np.pi * (width * u).ravel() * rho))

    def _past(self, x: float) -> tuple[Real, Real]:
        """Nodes and weights of ∫ dv, v = √(ρ² - x²), panels between the same radii."""
        y, w = _gauss(ORDER)
        edges = np.append(0.0, np.sqrt(self.edges[self.edges > x] ** 2 - x * x))
        width = np.diff(edges)[:, None]
        return (edges[:-1, None] + width * y).ravel(), (width * w).ravel()

    def _at(self, rho: Real, weights: Real) -> Real:
        """Σ weights · f(ρ) as weights on the nodes; ρf is what is smooth at the axis."""
        return np.asarray(((weights / rho) @ self.interpolation(rho)) * self.rho)

    def transform(self, K: Real, order: int = 0) -> Real:
        """Matrix (K.size, nodes) of 2π ∫ f Jₙ(Kρ) ρ dρ at K [rad/m]."""
        out = np.zeros((K.size, self.rho.size))
        for p, (a, b) in enumerate(pairwise(self.edges)):
            columns = slice(p * ORDER, (p + 1) * ORDER)
            seen = K * (a - self.smooth) < WINDOW_END
            turns = np.where(seen, K * (b - a), -1.0)
            level = np.ceil(np.log2(np.maximum(turns, _DIRECT) / _DIRECT))
            for which in np.unique(level[seen]):
                rows = np.flatnonzero(seen & (level == which))
                for part in np.array_split(rows, 1 + rows.size * int(2**which) * ORDER // _BLOCK):
                    out[part, columns] = self._panel(K[part], a, b, order)
        return np.asarray(2 * np.pi * out)

    def _panel(self, K: Real, a: float, b: float, order: int) -> Real:
        """∫ₐᵇ (polynomial of each node) Jₙ(Kρ) ρ dρ."""

        def kernel(rho: Real) -> Real:
            value = bessel(order, K[:, None] * rho) * rho
            if b > self.smooth:
                value *= window(K[:, None] * (rho - self.smooth), 0)
            return np.asarray(value)

        x, w = _gauss(ORDER)
        if K.max() * (b - a) <= _DIRECT:
            return kernel(a + (b - a) * x) * (w * (b - a))
        count = ceil(K.max() * (b - a) / _PHASE)
        y, v = _gauss(_FINE)
        at = ((np.arange(count)[:, None] + y) / count).ravel()
        fine = kernel(a + (b - a) * at) * np.tile(v * ((b - a) / count), count)
        return np.asarray(fine @ _lagrange(at))


def graded(ends: Mapping[float, float], last: float) -> Real:
    """Edges from 0 to ``last``, panels growing e-fold away from each of ``ends``.

    Parameters
    ----------
    ends : dict
        Radius to the width of the panels beside it; away from the last one to ``last``.
    last : float
        Last edge.
    """
    points = sorted(ends)
    out = [0.0] if points[0] > 0 else []
    for a, b in pairwise(points):
        middle = (a + b) / 2
        out += [a, *(a + _steps(ends[a], middle - a)), middle]
        out += [*(b - _steps(ends[b], b - middle)[::-1])]
    out += [points[-1], *(points[-1] + _steps(ends[points[-1]], last - points[-1])), last]
    if points[0] > 0:
        out = [0.0, points[0] / 2, *(points[0] - _steps(ends[points[0]], points[0] / 2)[::-1]),
               *out[1:]]  # fmt: skip
    return np.asarray(out)


def _steps(first: float, whole: float) -> Real:
    """Distances first, first·e, … short of ``whole``; meshes with the same first share them."""
    count = max(0, ceil(log(whole / first) - 0.5))
    return np.asarray(first * e ** np.arange(count))
