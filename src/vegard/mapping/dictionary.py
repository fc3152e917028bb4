"""The dictionary of a map: shapes of the curve over the nonlinear parameters, compressed.

A curve is a·m(θ) + b. Without b and normalised, m is a unit vector s(θ) that turns slowly with
θ = ln(parameters): a few singular vectors V hold all of them. What is kept over a grid of θ are the
coordinates c of s = V c, the mean μ, and ln N of the norm; between nodes a quintic spline.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import NotConverged, VegardError
from vegard.fitting.curves import Curves
from vegard.fitting.minimise import search_range
from vegard.fitting.problem import Problem
from vegard.fitting.sample import D
from vegard.mapping import schedulers
from vegard.result import describe

Real = NDArray[np.float64]

PER_DECADE = {1: (24,), 2: (12, 6)}  # nodes of the spline, by the number of parameters
SEARCHED = {1: (12,), 2: (12, 12)}  # places that are searched, likewise
_FINER = 3  # times that a grid is halved if it is too rough
_DEGREE = 5
_RANK = 1e-7  # singular values that are left out, of the largest
_ERROR = 1e-5  # of a shape, that is accepted between the nodes
_LOST = {1: 1e-5, 2: 1e-7}  # size of a curve that is rounding, of the largest
_TRIED = 12  # places where the error is measured
_KEPT = 4


_LATEST: dict[str, Dictionary] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """Shapes of a curve over a grid of its nonlinear parameters.

    Coordinates are those of `Problem`: logarithms, a rate as ln(κ/D) where D is free too.
    """

    axes: tuple[Real, ...]
    """Nodes along each parameter."""
    table: Real
    """(…, r + 2): coordinates of the shape, μ, ln N."""
    basis: Real
    """(n, r)."""
    weights: Real
    """(n,): 1/σ, or 1."""
    offset: Real
    """(n,): unit vector of the offset in weighted data; 0 if there is none."""
    scaled: bool
    """Whether the amplitude is free."""
    error: float
    """Largest error found between the nodes, of a shape of norm 1, or of the largest curve."""
    spline: Any
    searched: tuple[tuple[Real, ...], Real]
    """Axes and rows of the table that are searched."""

    @property
    def rank(self) -> int:
        """Number of singular vectors."""
        return int(self.basis.shape[1])

    @property
    def frame(self) -> Real:
        """(n, r + 1): the basis, which is orthogonal to the offset, and the offset."""
        return np.column_stack([self.basis, self.offset])

    @property
    def low(self) -> Real:
        """First nodes."""
        return np.array([a[0] for a in self.axes])

    @property
    def high(self) -> Real:
        """Last nodes."""
        return np.array([a[-1] for a in self.axes])

    def at(self, theta: Real) -> tuple[Real, list[Real]]:
        """Rows of the table (p, r + 2) at θ (p, d), and their derivatives."""
        if len(self.axes) == 1:
            return self.spline(theta[:, 0]), [self.spline(theta[:, 0], 1)]
        slopes = [self.spline(theta, nu=tuple(np.eye(theta.shape[1], dtype=int)[j]))
                  for j in range(theta.shape[1])]  # fmt: skip
        return self.spline(theta), slopes

    def full(self, rows: Real) -> Real:
        """Weighted curves over their norm (p, n) from rows of the table."""
        return np.asarray(rows[:, :-1] @ self.frame.T)


def of(problem: Problem) -> Dictionary:
    """The dictionary of a problem with one curve; the latest ones are kept."""
    free = [(p.name, p.low, p.high, p.start) for p in (*problem.nonlinear, *problem.linear)]
    key = describe((problem.sample, problem.data, free))
    if key not in _LATEST:
        # curves of its own and one thread: the same bits whatever was computed before, and where
        with schedulers.one_thread():
            _LATEST[key] = build(replace(problem, curves=Curves()))
        while len(_LATEST) > _KEPT:
            _LATEST.pop(next(iter(_LATEST)))
    return _LATEST[key]


def build(problem: Problem) -> Dictionary:
    """A new dictionary.

    Raises
    ------
    VegardError
        For no nonlinear parameter, or more than two.
    NotConverged
        If the shapes change too fast for the finest grid.
    """
    names = [p.name for p in problem.nonlinear]
    if not 1 <= len(names) <= len(PER_DECADE):
        raise VegardError(
            "a map is fitted for one or two nonlinear parameters; got "
            f"{', '.join(names) or 'none'}. Fix the others, or fit single curves by vegard.fit."
        )
    for p in problem.nonlinear:
        if p.start is not None:
            raise VegardError(
                f"free['{p.name}'] is a start; a map is searched: give a range (low, high) or None."
            )
    low, high = search_range(problem)
    for finer in range(_FINER):
        found = _tabulated(problem, low, high, 2**finer)
        error = _error(problem, found)
        if error <= _ERROR:
            return replace(found, error=error)
    raise NotConverged(
        f"the dictionary of {', '.join(names)} between its nodes",
        asked=_ERROR,
        reached=error,
        fix="narrow the range: free={'path': (low, high)}",
    )


def _tabulated(problem: Problem, low: Real, high: Real, finer: int) -> Dictionary:
    axes = []
    for a, b, density in zip(low, high, PER_DECADE[low.size], strict=True):
        count = max(int(np.ceil((b - a) / np.log(10) * density * finer)), _DEGREE) + 1
        axes.append(np.linspace(a, b, count))
    weights = 1 / problem.sigma
    offset = np.zeros(weights.size)
    if any(p.path == "offset" for p in problem.linear):
        offset = weights / np.linalg.norm(weights)
    scaled = any(p.path != "offset" for p in problem.linear)
    curves = _curves(problem, axes) * weights
    mean = curves @ offset
    norm = np.ones(len(curves))
    shapes = curves - np.outer(mean, offset)
    if scaled:
        norm = np.linalg.norm(shapes, axis=1)
        curves, norm, shapes, axes, mean = _seen(curves, norm, shapes, axes, mean)
        shapes, mean = shapes / norm[:, None], mean / norm
    _, size, vt = np.linalg.svd(shapes, full_matrices=False)
    rank = max(int((size > _RANK * size[0]).sum()), 1)
    basis = np.ascontiguousarray(vt[:rank].T)
    table = np.column_stack([shapes @ basis, mean, np.log(norm)])
    table = table.reshape(*(a.size for a in axes), rank + 2)
    spline = _splined(axes, table)
    return Dictionary(tuple(axes), table, basis, weights, offset, scaled, np.nan, spline,
                      _searched(axes, spline))  # fmt: skip


def _searched(axes: list[Real], spline: Any) -> tuple[tuple[Real, ...], Real]:
    """Nodes of the search, at its own density."""
    nodes = []
    for a, density in zip(axes, SEARCHED[len(axes)], strict=True):
        count = int(np.ceil((a[-1] - a[0]) / np.log(10) * density)) + 2
        nodes.append(np.linspace(a[0], a[-1], count))
    if len(axes) == 1:
        return (nodes[0],), spline(nodes[0])
    return tuple(nodes), spline(np.stack(np.meshgrid(*nodes, indexing="ij"), axis=-1))


def _seen(curves: Real, norm: Real, shapes: Real, axes: list[Real], mean: Real) -> Any:
    """Without the ends of the first parameter where a curve is no more than rounding."""
    shape = [a.size for a in axes]
    here = (norm > _LOST[len(axes)] * np.linalg.norm(curves, axis=1).max()).reshape(shape)
    good = np.flatnonzero(here.reshape(shape[0], -1).all(axis=1))
    if good.size <= _DEGREE or (np.diff(good) > 1).any():
        raise VegardError(
            "these data hold no signal of the sample: at most places the curve is constant within "
            "rounding. Check the times and the drive."
        )
    keep = np.zeros(shape, bool)
    keep[good] = True
    rows = keep.ravel()
    return curves[rows], norm[rows], shapes[rows], [axes[0][good], *axes[1:]], mean[rows]


def _curves(problem: Problem, axes: list[Real]) -> Real:
    """Curves at all nodes; along D one master curve serves, if its ends are asked first."""
    paths = [p.path for p in problem.nonlinear]
    along = paths.index(D) if D in paths else 0
    out = np.empty((*(a.size for a in axes), problem.y.size))
    lines = np.moveaxis(out, along, 0)
    for rest in np.ndindex(lines.shape[1:-1]):
        for i in (0, -1, *range(1, axes[along].size - 1)):
            index = list(rest)
            index.insert(along, i)
            theta = np.array([a[k] for a, k in zip(axes, index, strict=True)])
            lines[(i, *rest)] = _curve(problem, theta)
    return out.reshape(-1, problem.y.size)


def _curve(problem: Problem, theta: Real) -> Real:
    """The curve at amplitude 1 without an offset."""
    fixed, table = problem.columns(theta)
    scale = [j for j, p in enumerate(problem.linear) if p.path != "offset"]
    return table[:, scale[0]] if scale else fixed


def _splined(axes: list[Real], table: Real) -> Any:
    from scipy.interpolate import NdBSpline, make_interp_spline

    if len(axes) == 1:
        return make_interp_spline(axes[0], table, k=_DEGREE)
    knots, c = [], table
    for j, a in enumerate(axes):
        one = make_interp_spline(a, c, k=_DEGREE, axis=j)
        c = np.moveaxis(one.c, 0, j)
        knots.append(one.t)
    return NdBSpline(tuple(knots), np.ascontiguousarray(c), _DEGREE)


def _error(problem: Problem, found: Dictionary) -> float:
    """Largest error against the exact verbs at places between the nodes."""
    exact = replace(problem, exact=True)
    share = (0.5 + np.arange(1, _TRIED + 1)[:, None] * np.array([0.7548776662, 0.5698402910])) % 1
    share = share[:, : len(found.axes)]
    for j, a in enumerate(found.axes):  # splines are worst next to their ends
        ends = np.full((2, len(found.axes)), 0.5)
        ends[:, j] = 0.5 / (a.size - 1), 1 - 0.5 / (a.size - 1)
        share = np.concatenate([share, ends])
    places = found.low + (found.high - found.low) * share
    rows, _ = found.at(places)
    size = np.exp(rows[:, -1:])
    curves = np.array([_curve(exact, t) for t in places]) * found.weights / size
    worst = np.abs(curves - found.full(rows)).max()
    return float(worst if found.scaled else worst / np.abs(curves).max())
