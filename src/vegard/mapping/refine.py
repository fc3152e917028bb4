"""Search and refinement of many curves at once.

Complete curves are compared in the few coordinates of the dictionary; where readings are missing or
weighted, reading by reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.mapping.dictionary import Dictionary

Real = NDArray[np.float64]
Index = NDArray[np.intp]

_STARTS = {1: 3, 2: 6}  # places that a curve is refined from at most, by the number of parameters
_RIVAL = {1: 4.0, 2: 100.0}  # times what the best node leaves, above which no place is tried
_SMALL = 1e-6  # gain of χ² below which a curve is at rest
_ROUNDING = 1e-15  # of the square of a curve
_MOST = 40
_POOR, _FINE = 0.3, 0.75  # of the gain hoped for, from which on damping grows or falls
_LONGEST = 2.3  # a decade in one step


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Coordinates of complete curves: r of the dictionary's basis, and one along the offset."""

    dictionary: Dictionary

    def of(self, y: Real) -> Real:
        """Coordinates (p, k) of weighted curves (p, n)."""
        return y @ self.dictionary.frame

    def expand(self, rows: Real) -> Real:
        """Coordinates of rows of the table."""
        return rows[:, :-1]

    def centred(self, z: Real) -> Real:
        """Without the part along the offset."""
        return z[:, :-1]

    def along(self, z: Real) -> Real:
        """The part along the offset (p,)."""
        return z[:, -1]

    def dot(self, one: Real, other: Real) -> Real:
        """Scalar products (p,)."""
        return np.asarray(np.einsum("pi,pi->p", one, other))

    def take(self, index: Index) -> Frame:
        """The frame of some of the curves."""
        return self

    @property
    def offset(self) -> Real:
        """Coordinates of the offset's unit vector."""
        d = self.dictionary
        return np.append(np.zeros(d.rank), 1.0 if d.offset.any() else 0.0)

    def scores(self, rows: Real, y: Real) -> Real:
        """How much of Σ y² each row of the table explains (p, g), with amplitude and offset."""
        shapes = rows[:, : self.dictionary.rank]
        return _explained(self.dictionary, self.centred(y) @ shapes.T, (shapes**2).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Weighted(Frame):
    """Curves reading by reading, with weights q (p, n)."""

    q: Real

    def of(self, y: Real) -> Real:
        return y

    def expand(self, rows: Real) -> Real:
        return self.dictionary.full(rows)

    def centred(self, z: Real) -> Real:
        o = self.dictionary.offset
        if o.any():
            z = z - o * self.along(z)[:, None]
        return np.asarray(np.sqrt(self.q) * z)

    def along(self, z: Real) -> Real:
        o = self.dictionary.offset
        return np.asarray((self.q * z) @ o / (self.q @ o**2)) if o.any() else np.zeros(len(z))

    def dot(self, one: Real, other: Real) -> Real:
        return np.asarray(np.einsum("pi,pi,pi->p", self.q, one, other))

    def take(self, index: Index) -> Weighted:
        return Weighted(self.dictionary, self.q[index])

    @property
    def offset(self) -> Real:
        return self.dictionary.offset

    def scores(self, rows: Real, y: Real) -> Real:
        q, o, curves = self.q, self.dictionary.offset, self.dictionary.full(rows)
        product, size = (q * y) @ curves.T, q @ (curves**2).T
        if o.any():
            total = (q @ o**2)[:, None]
            along = (q * o) @ curves.T
            product -= along * ((q * y) @ o)[:, None] / total
            size -= along**2 / total
        return _explained(self.dictionary, product, size)


def _explained(d: Dictionary, product: Real, size: Real) -> Real:
    if not d.scaled:
        return np.asarray(2 * product - size)
    return np.asarray(product**2 / np.maximum(size, 1e-300))


class Searched(NamedTuple):
    """The minimum over the whole dictionary, and what competes with it."""

    theta: Real
    """(p, d)."""
    done: NDArray[np.bool_]
    """Whether it is at rest."""
    profiles: tuple[Real, ...]
    """Sum of squares that is left at the nodes of each parameter, least over the other (p, g)."""
    others: tuple[tuple[Index, Real, Real], ...]
    """Other minima: of which curves, where, and what they leave."""


def search(
    frame: Frame, y: Real, noise: Real | None = None, beyond: Real | float = 0.0
) -> Searched:
    """Least squares over the whole dictionary.

    Parameters
    ----------
    frame : Frame
    y : ndarray, shape (p, k)
        Coordinates of curves.
    noise : ndarray, shape (p,), optional
        Variance of a reading; what the best node leaves if it is not known.
    beyond : ndarray, shape (p,), or float
        Sum of squares of what the coordinates do not hold.
    """
    d = frame.dictionary
    nodes, table = d.searched
    rest = -frame.scores(table.reshape(-1, table.shape[-1]), y)
    y = frame.centred(y)
    rest += (np.einsum("pi,pi->p", y, y) + beyond)[:, None]
    found: tuple[Real, ...] = (rest,)
    if len(nodes) == 2:
        rest = rest.reshape(-1, *(a.size for a in nodes))
        found = rest.min(axis=2), rest.min(axis=1)
    if noise is None:
        noise = np.maximum(found[0].min(axis=1), 0) / d.weights.size
    theta = np.empty((len(y), len(nodes)))
    least = np.full(len(y), np.inf)
    done = np.zeros(len(y), bool)
    starts = list(_starts(nodes, found, rest))
    all_ = np.concatenate([here for here, _ in starts])
    refined = refine(frame.take(all_), y[all_], np.concatenate([t for _, t in starts]), noise[all_])
    ends = np.cumsum([here.size for here, _ in starts])[:-1]
    others = []
    for (here, _), new, left, still in zip(
        starts, *(np.split(part, ends) for part in refined), strict=True
    ):
        others.append((here, new, left))
        won = left < least[here]
        theta[here[won]], least[here[won]], done[here[won]] = new[won], left[won], still[won]
    return Searched(theta, done, found, tuple(others))


def _starts(
    nodes: tuple[Real, ...], found: tuple[Real, ...], rest: Real
) -> Iterator[tuple[Index, Real]]:
    """Curves and places to start from, seen along each parameter."""
    for j, profile in enumerate(found):
        for here, node in _dips(profile, len(nodes)):
            index: tuple[Index, ...] = (node,)
            if len(nodes) == 2 and j == 0:
                index = node, rest[here, node].argmin(axis=1)
            elif len(nodes) == 2:
                index = rest[here, :, node].argmin(axis=1), node
            start = np.stack([a[i] for a, i in zip(nodes, index, strict=True)], axis=1)
            if len(nodes) == 1:
                start[:, 0] += (nodes[0][1] - nodes[0][0]) * _vertex(profile, here, node)
            yield here, start


def _vertex(profile: Real, here: Index, node: Index) -> Real:
    """Place of the least of a parabola through a minimum and its neighbours, in nodes."""
    inside = (node > 0) & (node < profile.shape[1] - 1)
    i = np.clip(node, 1, profile.shape[1] - 2)
    before, at, after = (profile[here, i + k] for k in (-1, 0, 1))
    bend = np.where(inside, before - 2 * at + after, 0.0)
    return np.asarray((before - after) / 2 / np.where(bend > 0, bend, np.inf))


def _dips(profile: Real, dimensions: int) -> Iterator[tuple[Index, Index]]:
    """Curves and the nodes to start from: minima of the profile, the lowest first."""
    node = profile.argmin(axis=1)
    everyone = np.arange(len(profile))
    yield everyone, node
    rival = profile <= _RIVAL[dimensions] * profile[everyone, node][:, None]
    rival[:, 1:] &= profile[:, 1:] <= profile[:, :-1]
    rival[:, :-1] &= profile[:, :-1] <= profile[:, 1:]
    rival[everyone, node] = False
    for _ in range(_STARTS[dimensions] - 1):
        here = np.flatnonzero(rival.any(axis=1))
        if not here.size:
            return
        node = np.where(rival[here], profile[here], np.inf).argmin(axis=1)
        rival[here, node] = False
        yield here, node


def refine(
    frame: Frame, y: Real, theta: Real, noise: Real, most: int = _MOST
) -> tuple[Real, Real, NDArray[np.bool_]]:
    """Local least squares of each curve from ``theta``, within the dictionary's range.

    Levenberg and Marquardt on the projected residual, every curve with a damping of its own.

    Parameters
    ----------
    frame : Frame
    y : ndarray, shape (p, k)
        Centred coordinates.
    theta : ndarray, shape (p, d)
    noise : ndarray, shape (p,)
        Variance of a weighted reading.
    most : int
        Steps.

    Returns
    -------
    theta, rest, converged
        Places, sum of squares that is left, and whether it is at rest.
    """
    theta = theta.copy()
    rest, slope, curvature = _model(frame, y, theta)
    still = _SMALL * noise + _ROUNDING * np.einsum("pi,pi->p", y, y)
    damping = np.full(len(y), 1e-3)
    done = np.zeros(len(y), bool)
    for _ in range(most):
        at = np.flatnonzero(~done)
        if not at.size:
            break
        moved = _steps(frame.dictionary, theta[at], slope[at], curvature[at], damping[at])
        hoped = -np.einsum("pj,pj->p", slope[at], moved)
        done[at] = hoped < still[at]
        here = ~done[at]
        at, moved, hoped = at[here], moved[here], hoped[here]
        if not at.size:
            break
        new = theta[at] + moved
        found = _model(frame.take(at), y[at], new)
        gain = rest[at] - found[0]
        better = gain > 0
        damping[at] *= np.select(
            [gain <= 0, gain < _POOR * hoped, gain > _FINE * hoped], [8, 4, 1 / 8], 1
        )
        done[at] = (better & (gain < still[at])) | (damping[at] > 1e10)
        won = at[better]
        theta[won] = new[better]
        rest[won], slope[won], curvature[won] = (part[better] for part in found)
    return theta, rest, done


def _model(frame: Frame, y: Real, theta: Real) -> tuple[Real, Real, Real]:
    """Σ residual² (p,), half its slope (p, d) and curvature (p, d, d)."""
    d = frame.dictionary
    rows, slopes = d.at(theta)
    s = frame.centred(frame.expand(rows))
    turns = [frame.centred(frame.expand(t)) for t in slopes]
    if d.scaled:
        size = np.maximum(np.einsum("pi,pi->p", s, s), 1e-300)
        a = np.einsum("pi,pi->p", y, s) / size
        turns = [
            a[:, None] * (t - s * (np.einsum("pi,pi->p", s, t) / size)[:, None]) for t in turns
        ]
        s = a[:, None] * s
    left = y - s
    count = len(turns)
    slope, curvature = np.empty((len(y), count)), np.empty((len(y), count, count))
    for j, one in enumerate(turns):
        slope[:, j] = -np.einsum("pi,pi->p", one, left)
        for k in range(j + 1):
            curvature[:, j, k] = curvature[:, k, j] = np.einsum("pi,pi->p", one, turns[k])
    return np.einsum("pi,pi->p", left, left), slope, curvature


def _steps(d: Dictionary, theta: Real, slope: Real, curvature: Real, damping: Real) -> Real:
    """Damped steps, of coordinates that are not at their end."""
    stuck = ((theta <= d.low) & (slope > 0)) | ((theta >= d.high) & (slope < 0))
    g = np.where(stuck, 0.0, slope)
    h = np.where(stuck[:, :, None] | stuck[:, None, :], 0.0, curvature)
    scale = np.einsum("pjj->pj", h)
    largest = scale.max(axis=1, keepdims=True)
    extra = damping[:, None] * scale + 1e-12 * largest + np.where(stuck, largest, 0.0) + 1e-300
    if theta.shape[1] == 1:
        step = -g / (h[:, :, 0] + extra)
    else:
        h = h + extra[:, :, None] * np.eye(theta.shape[1])
        step = -np.linalg.solve(h, g[:, :, None])[:, :, 0]
    step *= np.minimum(1.0, _LONGEST / np.maximum(np.abs(step).max(axis=1), 1e-300))[:, None]
    return np.asarray(np.clip(theta + step, d.low, d.high) - theta)
