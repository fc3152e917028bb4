"""The posterior of a fit: linear parameters in closed form, others by quadrature, then draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, log, pi
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.fitting.minimise import Found, search_range
from vegard.fitting.problem import Problem
from vegard.fitting.quadrature import Line, Quadrature, draws
from vegard.fitting.sample import RATES, SERIES, D, Parameter

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

_OUTER = log(10) / 3  # points to start from, along directions that each need a curve
_INNER = log(10) / 5  # and along the innermost
_WHITE = 1.0  # along a linear parameter [standard deviations]
_REACH = 30.0  # of a linear parameter without bounds [standard deviations]
_MOST = 3  # parameters that are integrated by quadrature
_NOWHERE = -1e9  # ln density where a curve vanishes, or is another one, and has no size of its own
_ALIKE = 1e-10  # smallest over largest singular value of such curves
_RIM, _SHARE = 0.02, 0.005  # width of the rim of a range, and the share of draws that it may hold


class Solved(NamedTuple):
    """A posterior on its grid."""

    problem: Problem
    line: Line
    evidence: float
    """ln of the integral of likelihood and prior; linear parameters in units of their curves."""
    marginal: _Marginal | _Joint
    low: Real
    high: Real
    evaluations: int

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Of the priors, by what is flat or normal in its logarithm [SI units]."""
        p = self.problem
        names = [f"{q.name}/D" if tie > 1 else q.name
                 for q, tie in zip(p.nonlinear, p.ties.sum(axis=1), strict=True)]  # fmt: skip
        ends = zip(np.exp(self.low).tolist(), np.exp(self.high).tolist(), strict=True)
        return dict(zip(names, ends, strict=True))


class _Group(NamedTuple):
    """Readings with a scatter of their own, and the linear parameters that they alone see."""

    rows: NDArray[np.intp]
    columns: list[int]
    known: bool


# --- the linear parameters ---


class _Marginal:
    """ln density of the nonlinear parameters, linear ones and unknown scatter integrated out."""

    def __init__(self, problem: Problem, groups: list[_Group]) -> None:
        self.problem, self.groups = problem, groups
        self.spans: list[Any] = []

    def __call__(self, point: tuple[float, ...]) -> tuple[float, Real]:
        theta = np.array(point)
        fixed, table = self.problem.columns(theta)
        total, told = _pulled(self.problem, theta), []
        for g in self.groups:
            part, row = self._group(g, self.problem.y - fixed, table)
            total += part
            told.append(row)
        return max(total, _NOWHERE), np.concatenate(told)

    def _group(self, g: _Group, target: Real, table: Real) -> tuple[float, Real]:
        """Density as ln, and best values, Cholesky factor and degrees of freedom for the draws."""
        p, q = self.problem, len(g.columns)
        weight = 1 / p.sigma[g.rows]
        a, b = table[g.rows][:, g.columns] * weight[:, None], target[g.rows] * weight
        size = np.sqrt((a**2).sum(axis=0))
        if not (size > 0).all():
            return _NOWHERE, np.zeros(q + q * q)
        a, prior = a / size, _prior_rows(p, g.columns)
        flat = [i for i, j in enumerate(g.columns) if p.linear[j].name not in p.prior]
        wide = np.vstack([a, prior[0] / size])
        both = np.append(b, prior[1])
        _, s, vt = np.linalg.svd(wide, full_matrices=False)
        if q and s[-1] < _ALIKE * s[0]:
            return _NOWHERE, np.zeros(q + q * q)
        best = np.linalg.lstsq(wide, both, rcond=None)[0]
        rest = float(((both - wide @ best) ** 2).sum())
        nu = len(g.rows) - q
        scale = 1.0 if g.known else (rest / nu) ** 0.5
        factor = scale * _lower(vt, s)
        total = -rest / 2 if g.known else -nu / 2 * log(max(rest, 1e-300))
        total += _size(a[:, flat]) - float(np.log(s).sum())
        if q and _bounded(p.linear[g.columns[0]]):
            ends = self._ends(g, best[0] / size[0], factor[0, 0] / size[0])
            total += log(max(_between(*ends, None if g.known else nu), 1e-300))
        return total, np.concatenate([best / size, (factor / size[:, None]).ravel()])

    def _ends(self, g: _Group, centre: Any, spread: Any) -> tuple[Any, Any]:
        low, high = _limits(self.problem.linear[g.columns[0]])
        return (low - centre) / spread, (high - centre) / spread

    def linear(self, told: Real, rng: np.random.Generator) -> Real:
        """Draws of the linear parameters, (n, q)."""
        out = np.zeros((len(told), len(self.problem.linear)))
        at = 0
        for g in self.groups:
            q = len(g.columns)
            best = told[:, at : at + q]
            factor = told[:, at + q : at + q + q * q].reshape(len(told), q, q)
            at += q + q * q
            if q:
                nu = None if g.known else len(g.rows) - q
                z = rng.normal(size=best.shape)
                if _bounded(self.problem.linear[g.columns[0]]):
                    ends = self._ends(g, best[:, 0], factor[:, 0, 0])
                    z[:, 0] = _truncated(*ends, nu, rng.uniform(size=len(z)))
                    if nu is not None:
                        left = np.sqrt((nu + z[:, 0] ** 2) / rng.chisquare(nu + 1, len(z)))
                        z[:, 1:] *= left[:, None]
                elif nu is not None:
                    z *= np.sqrt(nu / rng.chisquare(nu, len(z)))[:, None]
                out[:, g.columns] = best + np.einsum("nij,nj->ni", factor, z)
        return out


class _Joint:
    """ln density of all parameters, the linear ones along the axes of their curvature."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.count = len(problem.nonlinear)
        self.spans = [self._span] * len(problem.linear)
        self._kept: tuple[tuple[float, ...], Any] | None = None

    def __call__(self, point: tuple[float, ...]) -> tuple[float, Real]:
        theta = np.array(point[: self.count])
        best, factor, size = self._axes(point[: self.count])
        if factor is None:
            return _NOWHERE, best
        c = best + factor @ np.array(point[self.count :])
        held = dict(enumerate(c.tolist()))
        return size - self.problem.at(theta, held=held).objective / 2, c

    def _axes(self, point: tuple[float, ...]) -> Any:
        """Best values, the factor of their covariance, ln of the volume by the flat prior."""
        if self._kept is None or self._kept[0] != point:
            self._kept = point, self._found(np.array(point))
        return self._kept[1]

    def _found(self, theta: Real) -> Any:
        p = self.problem
        here = p.at(theta)
        _, table = p.columns(theta)
        size = np.sqrt((table**2).sum(axis=0))
        if not (size > 0).all():
            return np.zeros(len(p.linear)), None, 0.0
        rows = _prior_rows(p, list(range(len(p.linear))))[0]
        a = np.vstack([table * here.weights[:, None], rows]) / size
        _, s, vt = np.linalg.svd(a, full_matrices=False)
        if s.size and s[-1] < _ALIKE * s[0]:
            return np.zeros(len(p.linear)), None, 0.0
        factor = _lower(vt, s)
        flat = [j for j, q in enumerate(p.linear) if q.name not in p.prior]
        volume = _size((table / p.sigma[:, None] / size)[:, flat]) - float(np.log(s).sum())
        return here.linear, factor / size[:, None], volume

    def _span(self, before: tuple[float, ...]) -> tuple[float, float]:
        """Ends along an axis, at the bounds of the parameter if it has some."""
        best, factor, _ = self._axes(before[: self.count])
        j = len(before) - self.count
        if factor is None:
            return -_REACH, _REACH
        low, high = _limits(self.problem.linear[j])
        centre = best[j] + factor[j, :j] @ np.array(before[self.count :])
        a, b = (low - centre) / factor[j, j], (high - centre) / factor[j, j]
        return max(a, min(-_REACH, b - _REACH)), min(b, max(_REACH, a + _REACH))

    def linear(self, told: Real, rng: np.random.Generator) -> Real:
        """Draws of the linear parameters, (n, q)."""
        return told


def _limits(p: Parameter) -> tuple[float, float]:
    return max(p.low, 0.0 if p.path == SERIES else -inf), p.high


def _bounded(p: Parameter) -> bool:
    return _limits(p) != (-inf, inf)


def _size(a: Real) -> float:
    """½ ln det AᵀA."""
    return float(np.log(np.linalg.svd(a, compute_uv=False)).sum()) if a.shape[1] else 0.0


def _lower(vt: Real, s: Real) -> Real:
    """Lower triangular L with L Lᵀ = (AᵀA)⁻¹, A = U diag(s) Vᵀ."""
    factor: Real = np.linalg.qr(vt / s[:, None])[1].T if s.size else vt
    return np.asarray(factor * np.where(np.diag(factor) < 0, -1.0, 1.0))


def _prior_rows(p: Problem, columns: list[int]) -> tuple[Real, Real]:
    """Priors of linear parameters as readings of them."""
    named = [(i, p.prior[p.linear[j].name]) for i, j in enumerate(columns)
             if p.linear[j].name in p.prior]  # fmt: skip
    rows = np.zeros((len(named), len(columns)))
    for row, (i, (_, spread)) in zip(rows, named, strict=True):
        row[i] = 1 / spread
    return rows, np.array([centre / spread for _, (centre, spread) in named])


def _pulled(p: Problem, theta: Real) -> float:
    """Priors, as ln, of the nonlinear parameters, up to their norms."""
    size = p.ties @ theta
    return -0.5 * sum(
        float((x - log(abs(p.prior[q.name][0]))) / p.prior[q.name][1]) ** 2
        for q, x in zip(p.nonlinear, size, strict=True) if q.name in p.prior
    )  # fmt: skip


def _between(low: float, high: float, nu: int | None) -> float:
    """Probability of standard values in between, normal or Student's."""
    from scipy.special import ndtr, stdtr

    if low > 0:  # the tail without cancellation
        low, high = -high, -low
    below = ndtr if nu is None else lambda z: stdtr(nu, z)
    return float(below(high) - below(low))


def _truncated(low: Real, high: Real, nu: int | None, u: Real) -> Real:
    """Standard values in between from uniform numbers."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    down = np.where(low > 0, -1.0, 1.0)
    low, high = np.where(down < 0, -high, low), np.where(down < 0, -low, high)
    below = ndtr if nu is None else lambda z: stdtr(nu, z)
    share = below(low) + u * (below(high) - below(low))
    return np.asarray(down * (ndtri(share) if nu is None else stdtrit(nu, share)))


# --- the whole ---


def solve(problem: Problem, found: Found) -> Solved:
    """The posterior of a problem around its minimum."""
    said = any(p.path in RATES and (p.low > 0 or np.isfinite(p.high)) for p in problem.nonlinear)
    theta = found.theta
    if said and problem.tied:  # a range of κ is no range of κ/D
        theta, problem = problem.ties @ theta, replace(problem, tied=False)
    problem, theta = _ordered(problem, theta)
    low, high = search_range(problem)
    marginal = _marginal(problem)
    inside = len(marginal.spans)
    if (count := low.size + inside) > _MOST:
        raise VegardError(
            f"the posterior is integrated over at most {_MOST} parameters, here over {count}: "
            f"{', '.join(p.name for p in problem.nonlinear)}"
            + (f" and {inside} linear ones, as their integral is not closed" if inside else "")
            + ". Free fewer."
        )
    spans = [_constant(a, b) for a, b in zip(low, high, strict=True)] + marginal.spans
    steps = [_OUTER] * (low.size - 1) + [_INNER] * bool(low.size) + [_WHITE] * inside
    guess = np.append(np.clip(theta, low, high), np.zeros(inside))
    if not spans:
        raise VegardError(
            "all free parameters are linear: sigma and covariance are the posterior already."
        )
    work = Quadrature(marginal, spans, steps, guess)
    line = work.line()
    return Solved(
        problem, line, line.total - _volume(problem, low, high), marginal, low, high,
        work.evaluations,
    )  # fmt: skip


def _constant(a: float, b: float) -> Callable[[tuple[float, ...]], tuple[float, float]]:
    return lambda before: (float(a), float(b))


def _ordered(problem: Problem, theta: Real) -> tuple[Problem, Real]:
    """D last, since a change of it moves along a curve."""
    order = sorted(range(theta.size), key=lambda j: problem.nonlinear[j].path == D)
    return replace(problem, nonlinear=tuple(problem.nonlinear[j] for j in order)), theta[order]


def _volume(problem: Problem, low: Real, high: Real) -> float:
    """Integral, as ln, of the priors of the nonlinear parameters as they stand."""
    return sum(
        log(problem.prior[p.name][1] * (2 * pi) ** 0.5) if p.name in problem.prior else log(b - a)
        for p, a, b in zip(problem.nonlinear, low, high, strict=True)
    )


def _marginal(problem: Problem) -> _Marginal | _Joint:
    """Linear parameters in closed form, or one by one where there is none."""
    groups = _groups(problem)
    return _Joint(problem) if groups is None else _Marginal(problem, groups)


def _groups(problem: Problem) -> list[_Group] | None:
    """Readings by their scatter with the parameters of each; None if one is of two groups."""
    if problem.loss != "gauss":
        return None
    index = np.arange(problem.y.size)
    sure = [index[b] for b, known in zip(problem.blocks, problem.known, strict=True) if known]
    rows = [(np.concatenate(sure), True)] if sure else []
    rows += [(index[b], False) for b, k in zip(problem.blocks, problem.known, strict=True) if not k]
    theta = np.mean(search_range(problem), axis=0) if problem.nonlinear else np.zeros(0)
    seen = problem.columns(theta)[1] != 0
    out = []
    for at, known in rows:
        columns = [j for j in range(len(problem.linear)) if seen[at, j].any()]
        bounded = sorted(columns, key=lambda j: not _bounded(problem.linear[j]))
        if sum(_bounded(problem.linear[j]) for j in columns) > 1:
            return None
        if not known and any(problem.linear[j].name in problem.prior for j in columns):
            return None
        if not known and len(at) <= len(columns):
            raise VegardError(
                f"{len(at)} numbers do not tell {len(columns)} linear parameters and their scatter;"
                " give sigma."
            )
        out.append(_Group(at, bounded, known))
    taken = [j for g in out for j in g.columns]
    return out if len(set(taken)) == len(taken) == len(problem.linear) else None


def sample(problem: Problem, found: Found, names: list[str], count: int, seed: int) -> xr.Dataset:
    """Draws of the free parameters, as `Fit.posterior` gives them."""
    import xarray as xr

    if not (isinstance(count, int) and count >= 1):
        raise VegardError(f"draws must be a whole number >= 1; got {count!r}.")
    solved = solve(problem, found)
    p, rng = solved.problem, np.random.default_rng(seed)
    d = len(p.nonlinear) + len(solved.marginal.spans)
    x, told = draws(solved.line, rng.uniform(size=(count, d)))
    theta = x[:, : len(p.nonlinear)]
    sizes = np.exp(theta @ p.ties.T) * [q.sign for q in p.nonlinear]
    found_ = {q.name: sizes[:, j] for j, q in enumerate(p.nonlinear)}
    linear = solved.marginal.linear(told, rng)
    found_ |= {q.name: linear[:, j] for j, q in enumerate(p.linear)}
    parts = {q.name: q for q in (*p.nonlinear, *p.linear)}
    table = xr.Dataset({n: ("draw", found_[n], {"units": parts[n].unit, "symbol": parts[n].symbol})
                        for n in names})  # fmt: skip
    for j, q in enumerate(p.nonlinear):
        table[q.name].attrs |= _range(q, solved, j, theta[:, j])
    return table.assign_attrs(
        ln_evidence=solved.evidence,
        error=solved.line.error,
        evaluations=solved.evaluations,
        seed=seed,
    )


def _range(q: Parameter, solved: Solved, j: int, theta: Real) -> dict[str, Any]:
    """The range of a parameter, and at which of its ends the data leave it open."""
    name, ends = list(solved.ranges.items())[j]
    a, b = solved.low[j], solved.high[j]
    rim = _RIM * (b - a)
    shares = {"low": np.mean(theta < a + rim), "high": np.mean(theta > b - rim)}
    said = q.name in solved.problem.prior
    return {
        "prior": f"{'normal' if said else 'flat'} in ln {name}",
        "range": ends,
        "open": " and ".join(end for end, share in shares.items() if share > _SHARE),
    }
