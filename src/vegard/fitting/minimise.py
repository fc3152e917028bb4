"""Search over the whole range, then Levenberg and Marquardt on the projected residual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import log, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.fitting.curves import serves
from vegard.fitting.data import Data
from vegard.fitting.problem import Point, Problem
from vegard.fitting.sample import RATES, SLOPE, D
from vegard.waveforms import Drive

Real = NDArray[np.float64]

_STEP = 1e-4  # of the coordinates, for derivatives
_SMALL = 1e-7  # gain of the objective below which it is at rest
_MOST_STEPS = 80
_LONGEST = 2.3  # a decade in one step
_PER_DECADE = 5  # nodes of the search along D
_OTHERS = 192  # points of the search in the other directions, for each line along D
_MANY = 2048  # points where no master curve serves
_POLISHED = 8
_ALIKE = 1.0  # distance of two starts
_LEVEL = 0.1  # difference of their objectives
_WIDE = log(10) * 24  # how far beyond the search a parameter may follow another


class Found(NamedTuple):
    """A minimum."""

    theta: Real
    point: Point
    steps: int
    converged: bool


def minimise(
    problem: Problem,
    theta: Real,
    *,
    fixed: frozenset[int] = frozenset(),
    held: Mapping[int, float] | None = None,
) -> Found:
    """Local minimum of the objective from ``theta``; coordinates in ``fixed`` stay."""
    held = held or {}
    free = [j for j in range(theta.size) if j not in fixed]
    low, high = bounds(problem)
    point = problem.at(theta, held=held)
    damping, steps = 1e-3, 0
    done = False
    for steps in range(_MOST_STEPS):
        weights = problem.reweighted(point)
        here = problem.at(theta, weights, held)
        if not free:
            done = abs(here.objective - point.objective) < _SMALL
            point = here
            if done or steps > 20:
                break
            continue
        jac = jacobian(problem, theta, weights, free, held)
        gradient, hessian = jac.T @ here.residual, jac.T @ jac
        scale = np.diag(hessian) + 1e-12 * max(np.diag(hessian).max(initial=0.0), 1e-300)
        newton = np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
        if gradient @ newton < _SMALL:
            done = True
            break
        moved = False
        while damping < 1e12:
            step = -np.linalg.solve(hessian + damping * np.diag(scale), gradient)
            step *= min(1.0, _LONGEST / max(np.abs(step).max(), 1e-300))
            trial = theta.copy()
            trial[free] = np.clip(theta[free] + step, low[free], high[free])
            there = problem.at(trial, weights if _steady(problem) else None, held)
            if there.objective < point.objective:
                moved = True
                break
            damping *= 8
        if not moved:
            done = True
            break
        gain = point.objective - there.objective
        theta, point, damping = trial, there, max(damping / 8, 1e-9)
        if gain < _SMALL:
            done = True
            break
    return Found(theta, point, steps + 1, done)


def _steady(problem: Problem) -> bool:
    """Whether the weights are the same everywhere."""
    return all(problem.known) and problem.loss == "gauss"


def jacobian(
    problem: Problem,
    theta: Real,
    weights: Real,
    free: list[int],
    held: Mapping[int, float] | None = None,
) -> Real:
    """Derivative of the projected residual by the coordinates ``free``."""
    out = []
    for j in free:
        ends = []
        for sign in (1, -1):
            near = theta.copy()
            near[j] += sign * _STEP
            ends.append(problem.at(near, weights, held or {}).residual)
        out.append((ends[0] - ends[1]) / (2 * _STEP))
    return np.array(out).T


# --- the range to search ---


def lags(d: Data) -> tuple[float, float]:
    """Shortest and longest time [s] that the data resolve."""
    if d.spectral:
        return 1 / (2 * pi * float(d.x.max())), 1 / (2 * pi * float(d.x.min()))
    starts = d.drive.events()[0] if isinstance(d.drive, Drive) else np.zeros(1)
    after = d.time - starts[:, None]
    after = after[after > 0]
    if not after.size:
        raise VegardError(f"all times of the {d.kind} lie before its drive; t = 0 is its start.")
    return float(after.min()), float(after.max())


def _spans(problem: Problem) -> tuple[float, float, list[float]]:
    """Shortest and longest time, and the lengths over which ions diffuse."""
    times = [lags(d) for d in problem.data]
    sample = problem.sample
    lengths = [c.length for c in sample.cells if c is not None]
    if sample.experiment is not None:
        lengths += [x for x in (sample.experiment.tip.radius, sample.experiment.thickness)
                    if np.isfinite(x)]  # fmt: skip
    return min(t for t, _ in times), max(t for _, t in times), lengths


def search_range(problem: Problem) -> tuple[Real, Real]:
    """Coordinates between which a fit looks for its start."""
    first, last, lengths = _spans(problem)
    low, high = [], []
    paths = [p.path for p in problem.nonlinear]
    for p in problem.nonlinear:
        base = problem.sample.get(p.path)
        base = base[1] if isinstance(base, tuple) else base
        if p.name in problem.prior:
            centre, spread = problem.prior[p.name]
            a, b = log(abs(centre)) - 6 * spread, log(abs(centre)) + 6 * spread
        elif p.path == D:
            a = log(min(lengths) ** 2 / last) - log(1e4)
            b = log(max(lengths) ** 2 / first) + log(1e4)
        elif p.path in RATES:
            middle = -log(_length(problem, p.path))  # of κ/D
            if D not in paths:
                middle += log(_diffusivity(problem))
            elif not problem.tied:  # the middle of what the search covers, not a value that is free
                middle += log(min(lengths) * max(lengths)) - log(first * last) / 2
            a, b = middle + log(1e-4), middle + log(1e5)
        elif p.path == "cell.double_layer":
            resistance = _resistance(problem)
            a, b = log(first / resistance) - log(1e3), log(last / resistance) + log(1e1)
        elif p.path == "tip.radius" and (images := [d for d in problem.data if d.kind == "image"]):
            a, b = _blurring(images)
        else:
            a, b = _around(p.name, p.path, base)
        if p.low > 0 or np.isfinite(p.high):
            a, b = _given(p, a, b)
        low.append(a)
        high.append(b)
    if problem.tied and D in paths:  # what is said of a rate is of κ, its coordinate is ln(κ/D)
        d = paths.index(D)
        for i, p in enumerate(problem.nonlinear):
            said = p.name in problem.prior or p.low > 0 or np.isfinite(p.high)
            if p.path in RATES and said:
                low[i], high[i] = low[i] - high[d], high[i] - low[d]
    return np.array(low), np.array(high)


def _given(p: Any, a: float, b: float) -> tuple[float, float]:
    if p.low > 0:
        a = log(p.low)
    if np.isfinite(p.high):
        b = log(p.high)
    if not a < b:
        raise VegardError(
            f"free['{p.name}']: the range ({p.low:g}, {p.high:g}) holds nothing that can be "
            "searched; give both ends, 0 < low < high."
        )
    return a, b


def _around(name: str, path: str, base: Any) -> tuple[float, float]:
    if base is None and path == SLOPE:
        return log(1e-9), log(1e-1)
    if base is None or not base or not np.isfinite(base):
        raise VegardError(
            f"'{name}' has no value to search around; give a range: free={{'{name}': (low, high)}}."
        )
    return log(abs(base)) - log(1e3), log(abs(base)) + log(1e3)


def _blurring(images: list[Data]) -> tuple[float, float]:
    """Logarithms of the radii that images can tell: from a quarter of a pixel to half a side."""
    smallest = min(min(d.pixel) for d in images) / 4
    return log(smallest), log(max(max(_sides(d)) for d in images) / 2)


def _sides(d: Data) -> tuple[float, float]:
    return d.y.shape[0] * d.pixel[0], d.y.shape[1] * d.pixel[1]


def _length(problem: Problem, path: str) -> float:
    if path == "interface.rate":
        assert problem.sample.experiment is not None
        return problem.sample.experiment.tip.radius
    return next(c.length for c in problem.sample.cells if c is not None)


def _diffusivity(problem: Problem) -> float:
    value = problem.sample.get(D)
    if value is None:
        raise VegardError(f"{D} is unknown (None) and not free: give it, or free it too.")
    return float(value[1] if isinstance(value, tuple) else value)


def _resistance(problem: Problem) -> float:
    """A typical resistance of the electrical data [Ω]."""
    for d, block in zip(problem.data, problem.blocks, strict=True):
        size = float(np.median(np.abs(problem.y[block]))) or 1.0
        if d.kind == "eis":
            return size
        if d.kind in ("pitt", "gitt"):
            drive = d.drive
            jump = np.abs(drive.events()[1]).max() if isinstance(drive, Drive) else abs(drive)
            return float(jump / size if d.kind == "pitt" else size / jump)
    return 1.0


def bounds(problem: Problem) -> tuple[Real, Real]:
    """Coordinates that a fit may not leave: the user's, or far beyond any search."""
    low, high = [], []
    for p in problem.nonlinear:
        low.append(log(p.low) if p.low > 0 else -np.inf)
        high.append(log(p.high) if np.isfinite(p.high) else np.inf)
    ties = problem.ties
    loose = (ties != np.eye(len(low))).any(axis=1)  # a tied rate has no bound of its own
    a, b = np.where(loose, -np.inf, low), np.where(loose, np.inf, high)
    start, end = search_range(problem)
    return np.maximum(a, start - _WIDE), np.minimum(b, end + _WIDE)


# --- the search ---


def starts(problem: Problem) -> list[Real]:
    """Places to start from, the most promising first."""
    low, high = search_range(problem)
    if not low.size:
        return [np.zeros(0)]
    seen = []
    for line in _lines(problem, low, high):
        heights = [problem.at(theta).objective for theta in line]
        padded = np.array([np.inf, *heights, np.inf])
        dips = (padded[1:-1] <= padded[:-2]) & (padded[1:-1] <= padded[2:])
        seen += [(heights[i], line[i]) for i in np.flatnonzero(dips)]
    seen.sort(key=lambda item: item[0])
    out: list[Real] = []
    taken: list[float] = []
    for height, theta in seen:
        flat = any(abs(height - other) < _LEVEL for other in taken)  # one curve, drawn twice
        if not flat and all(np.abs(theta - other).max() > _ALIKE for other in out):
            out.append(theta)
            taken.append(height)
        if len(out) == _POLISHED:
            break
    return out


def _lines(problem: Problem, low: Real, high: Real) -> Iterator[list[Real]]:
    """Places in lines along D, or along the only parameter; each a line of its own otherwise."""
    paths = [p.path for p in problem.nonlinear]
    if low.size == 1 or D not in paths:
        count = int(np.ceil((high - low).max() / log(10) * _PER_DECADE)) if low.size == 1 else _MANY
        places = list(low + (high - low) * _spread(low.size, count))
        yield from [places] if low.size == 1 else ([theta] for theta in places)
        return
    along = paths.index(D)
    nodes = 1 + int(np.ceil((high[along] - low[along]) / log(10) * _PER_DECADE))
    others = [j for j in range(low.size) if j != along]
    curved = all(
        d.strain and problem.sample.experiment is not None
        and serves(problem.sample.experiment) for d in problem.data
    )  # fmt: skip
    if len(others) == 1:
        points = np.linspace(0.02, 0.98, 14)[:, None]
    else:
        points = _spread(len(others), _OTHERS if curved else _MANY // 16)
    coarse = 1 if curved or len(others) < 2 else 3
    for point in points:
        theta = low + (high - low) * np.insert(point, along, 0.0)
        line = np.tile(theta, (nodes, 1))
        line[:, along] = np.linspace(low[along], high[along], nodes)
        yield list(line[::coarse])


def _spread(dimensions: int, count: int) -> Real:
    """Evenly spread points of the unit cube: Kronecker's sequence (Roberts, R_d)."""
    if dimensions == 1:
        return np.linspace(0, 1, count)[:, None]
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (dimensions + 1))
    steps = root ** -np.arange(1, dimensions + 1)
    return np.asarray((0.5 + np.arange(1, count + 1)[:, None] * steps) % 1)


def best(problem: Problem, places: list[Real]) -> tuple[Found, Problem]:
    """The lowest minimum from several starts; and the problem, its scatter fixed if robust."""
    if problem.loss != "gauss" and not all(problem.known):
        plain = replace(problem, loss="gauss")
        rough = min(
            (minimise(plain, t) for t in islice(places, 3)), key=lambda f: f.point.objective
        )
        for _ in range(3):
            point = rough.point
            problem = problem.with_scatter(point.residual[: problem.y.size] / point.weights)
            rough = minimise(problem, rough.theta)
        places = [rough.theta, *places]
    found: Found | None = None
    again = 0
    for theta in places:
        now = minimise(problem, theta)
        if found is None or now.point.objective < found.point.objective - 1e-6:
            again = 0
        else:
            again += 1
        if found is None or now.point.objective < found.point.objective:
            found = now
        if again >= 3:
            break
    assert found is not None
    return found, problem
