"""Fits of many curves at once: maps from curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.fitting.problem import Problem, robust_weights
from vegard.mapping import screening
from vegard.mapping.dictionary import Dictionary
from vegard.mapping.refine import Frame, Searched, Weighted, refine, search
from vegard.mapping.screening import LOST, code

Real = NDArray[np.float64]
Bool = NDArray[np.bool_]

_BLOCK = 4096  # curves at a time: what fits into the cache
_SCORES = 2**22  # numbers of their comparison with the dictionary
_LARGEST = 1e60  # reading: what is above is as good as infinite, and its powers are
_ROUNDS = 60  # of weights of a robust loss
_HELD = 3  # rounds after which an unknown scatter stays
_AT_REST = 1e-4  # of a logarithm, from round to round
_LEVELS = (1, 2, 3)  # standard deviations at which a profile is read
_OPEN = 4.0  # rise of χ² at the end of a range below which a parameter has no end there: 2 σ
_SIGNAL = 12.0  # χ² that a signal must explain: 3 σ at the best of many shapes
_ALIKE = 4.0  # standard deviations of the correlation of neighbours that is no accident
_TOGETHER = 0.8  # squared correlation from which on a parameter has no end where another has none
_SUSPECT = 3.5  # residual from which on the scatter is taken from the median
_MEDIAN = 1.65  # standard deviation of a variance by the median, of one by the sum
_FEW = 4  # readings beyond the dictionary that tell their scatter
_EXCESS = 6.0  # of χ² over its mean, in its own standard deviations
_FAR = 6.0  # residual of an outlier, in standard deviations
_RIDGE = 1e-14  # keeps directions that are not seen from dividing by zero


@dataclass(frozen=True, slots=True, eq=False)
class Solver:
    """Curves in, maps out: a pure function of the curves, in one thread.

    ``variables`` are types and attributes of the maps by name; the first of them are the
    parameters, each followed by its standard deviation.
    """

    problem: Problem
    dictionary: Dictionary
    variables: dict[str, tuple[Any, dict[str, Any]]]

    def __call__(self, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Maps (p,) of curves (p, n)."""
        size = max(min(_BLOCK, _SCORES // self.dictionary.searched[1][..., 0].size), 64)
        parts = [self._block(rows[i : i + size]) for i in range(0, len(rows), size)]
        return {
            name: np.concatenate([part[i] for part in parts]).astype(kind)
            for i, (name, (kind, _)) in enumerate(self.variables.items())
        }

    def _block(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        if np.iscomplexobj(rows):  # nan in one part makes a reading nan
            lost = np.where(np.isfinite(rows), 0.0, np.nan)
            rows = np.concatenate([rows.real + lost, rows.imag + lost], axis=1)
        y = np.asarray(rows, float)
        with np.errstate(over="ignore"):
            weighted = y * self.dictionary.weights
        known = np.abs(weighted) < _LARGEST  # nan is not
        whole = known.all(axis=1)
        flag = screening.screen(y, known, self._count)
        y = weighted if whole.all() else np.where(known, weighted, 0.0)
        out = np.full((len(self.variables) - 1, len(y)), np.nan)
        out[-1] = 0
        plain = whole if self.problem.loss == "gauss" else np.zeros_like(whole)
        for group, solve in ((plain, self._plain), (~plain, self._weighted)):
            at = np.flatnonzero(group & (flag == 0))
            if at.size:
                out[:, at], flag[at] = solve(y[at], known[at])
        out[:-1, (flag > 0) & (flag <= LOST)] = np.nan
        return [*out, flag]

    @property
    def _count(self) -> int:
        return len(self.problem.nonlinear) + len(self.problem.linear)

    # --- the minimum ---

    def _plain(self, y: Real, known: Bool) -> tuple[Real, NDArray[np.int8]]:
        """Least squares of complete curves."""
        frame = Frame(self.dictionary)
        c = frame.of(y)
        beyond = np.einsum("pi,pi->p", y, y) - np.einsum("pi,pi->p", c, c)
        beyond = np.maximum(beyond, 0)  # what no shape holds: noise
        noise: Real | None = np.ones(len(y))
        if not all(self.problem.known):
            left = y.shape[1] - c.shape[1]
            noise = beyond / left if left >= _FEW else None
        return self._told(y, known, frame, search(frame, c, noise, beyond), None)

    def _weighted(self, y: Real, known: Bool) -> tuple[Real, NDArray[np.int8]]:
        """Curves with readings that are missing or, with a robust loss, far off."""
        d, loss = self.dictionary, self.problem.loss
        q = known.astype(float)
        if loss != "gauss":
            q[screening.spikes(y / d.weights, known)] = 0
        frame = Weighted(d, q)
        size = np.ones(len(y)) if all(self.problem.known) else None
        found = search(frame, y, size)
        if loss == "gauss":
            return self._told(y, known, frame, found, None)
        size = np.ones(len(y))
        theta = found.theta
        at = np.arange(len(y))  # those that still move
        for turn in range(_ROUNDS):
            frame = Weighted(d, q[at])
            left = self._left(y[at], frame, y[at], theta[at])[0]
            if turn <= _HELD and not all(self.problem.known):
                size[at] = _spread(left, known[at], self._count)
            q[at] = known[at] * robust_weights(left / size[at, None], loss) ** 2
            frame = Weighted(d, q[at])
            before = theta[at]
            if turn:
                theta[at] = refine(frame, frame.centred(y[at]), before, size[at] ** 2)[0]
            else:
                theta = search(frame, y, size**2).theta
            if turn > _HELD:
                at = at[np.abs(theta[at] - before).max(axis=1) > _AT_REST]
            if not at.size:
                break
        frame = Weighted(d, q)
        found = search(frame, y, size**2)
        found.done[at] = False
        return self._told(y, known, frame, found, size)

    def _left(
        self, y: Real, frame: Frame, c: Real, theta: Real
    ) -> tuple[Real, Real, Real, tuple[Real, list[Real]]]:
        """Residuals of curves with coordinates c, factors of s and of the offset, the table."""
        d = self.dictionary
        table = d.at(theta)
        f = frame.expand(table[0])
        a = np.ones(len(y))
        if d.scaled:
            s, t = frame.centred(f), frame.centred(c)
            a = np.einsum("pi,pi->p", s, t) / np.maximum(np.einsum("pi,pi->p", s, s), 1e-300)
        b = frame.along(c - a[:, None] * f)
        rows = a[:, None] * table[0]
        rows[:, -2] += b
        return y - d.full(rows), a, b, table

    # --- what is told ---

    def _told(
        self, y: Real, known: Bool, frame: Frame, found: Searched, size: Real | None
    ) -> tuple[Real, NDArray[np.int8]]:
        """Rows of all variables but the flag, and flags.

        ``size`` is the scatter that a robust loss took, None for least squares.
        """
        d, problem, theta = self.dictionary, self.problem, found.theta
        c = frame.of(y)
        left, a, b, table = self._left(y, frame, c, theta)
        degrees = np.maximum(known.sum(axis=1) - self._count, 1)
        if isinstance(frame, Weighted):
            chi2 = frame.dot(left, left)
        else:
            chi2 = np.einsum("pi,pi->p", left, left)
        variance = np.ones(len(y))
        if not all(problem.known):
            variance = chi2 / degrees if size is None else size**2
        variance = np.maximum(variance, 1e-300)
        covariance = variance[:, None, None] * self._covariance(frame, table, a)
        rise = [(p - chi2[:, None]) / variance[:, None] for p in found.profiles]
        flag, ends = self._open(theta, rise, covariance)
        wide = _widened(covariance, self._reach(found, rise, chi2, variance))
        values, spread = self._values(theta, table[0], a, b, wide)
        outside = self._outside(values)
        flag[outside.any(axis=1) & (flag == 0)] = code("limit")
        spread[self._endless(ends, covariance)] = np.inf
        spread[:, : theta.shape[1]][outside] = np.inf
        if d.scaled:
            t = frame.centred(c)
            flag[np.einsum("pi,pi->p", t, t) - chi2 < _SIGNAL * variance] = code("undetermined")
        if size is not None:  # by the median, as the weighted sum is too small
            chi2 = degrees * _spread(left, known, self._count) ** 2
        far, missed = self._doubtful(left, known, variance, None if size is None else chi2)
        flag[(far > 0) & (flag == 0)] = code("outliers")
        flag[~known.all(axis=1) & (flag == 0)] = code("incomplete")
        flag[missed] = code("misfit")
        flag[~found.done] = code("not_converged")
        typical = 1 / float(np.sqrt(np.mean(d.weights**2)))
        scatter = np.sqrt(chi2 / degrees) * typical
        told = np.stack([values, spread], axis=-1).reshape(len(y), -1).T
        return np.vstack([told, chi2, degrees, scatter, far]), flag

    def _covariance(self, frame: Frame, table: tuple[Real, list[Real]], a: Real) -> Real:
        """Covariance of θ and the linear parameters at unit variance (p, k, k)."""
        d = self.dictionary
        rows, slopes = table
        f = frame.expand(rows)
        columns = [a[:, None] * (frame.expand(t) + f * t[:, -1:]) for t in slopes]
        for p in self.problem.linear:
            if p.path == "offset":
                length = float(np.linalg.norm(d.weights))
                columns.append(np.broadcast_to(frame.offset * length, f.shape))
            else:
                columns.append(f * np.exp(rows[:, -1:]))
        gram = np.empty((len(f), len(columns), len(columns)))
        for j, one in enumerate(columns):
            for k in range(j + 1):
                gram[:, j, k] = gram[:, k, j] = frame.dot(one, columns[k])
        return _inverse(gram)

    def _reach(self, found: Searched, rise: list[Real], chi2: Real, variance: Real) -> Real:
        """Standard deviations (p, d) of which k hold all that raises χ² by less than k²."""
        theta = found.theta
        nodes, _ = self.dictionary.searched
        out = np.zeros(theta.shape)
        for j, (axis, up) in enumerate(zip(nodes, rise, strict=True)):
            for k in _LEVELS:
                inside = up < k**2
                first, last = axis[inside.argmax(1)], axis[::-1][inside[:, ::-1].argmax(1)]
                reach = np.maximum(last - theta[:, j], theta[:, j] - first) / k
                out[:, j] = np.where(inside.any(axis=1), np.maximum(out[:, j], reach), out[:, j])
        for here, place, left in found.others:
            away = np.sqrt(np.maximum((left - chi2[here]) / variance[here], 1.0))
            reach = np.abs(place - theta[here]) / np.ceil(away)[:, None]
            near = away <= _LEVELS[-1]
            out[here[near]] = np.maximum(out[here[near]], reach[near])
        return out

    def _values(
        self, theta: Real, rows: Real, a: Real, b: Real, covariance: Real
    ) -> tuple[Real, Real]:
        """Parameters and their standard deviations (p, k)."""
        d, problem = self.dictionary, self.problem
        count = theta.shape[1]
        ties = problem.ties
        sizes = np.exp(theta @ ties.T)
        values = [*(sizes * np.array([p.sign for p in problem.nonlinear])).T]
        logs = np.einsum("jk,pkl,jl->pj", ties, covariance[:, :count, :count], ties)
        spread = [*(sizes * np.sqrt(logs)).T]
        norm = np.exp(rows[:, -1])
        for i, p in enumerate(problem.linear, count):
            values.append(b / np.linalg.norm(d.weights) if p.path == "offset" else a / norm)
            spread.append(np.sqrt(covariance[:, i, i]))
        return np.stack(values, axis=1), np.stack(spread, axis=1)

    def _open(
        self, theta: Real, rise: list[Real], covariance: Real
    ) -> tuple[NDArray[np.int8], Bool]:
        """Flags of what is not determined, and which coordinates have no end (p, d)."""
        d = self.dictionary
        count = theta.shape[1]
        below, above = theta <= d.low, theta >= d.high
        for j, up in enumerate(rise):
            below[:, j] |= up[:, 0] < _OPEN
            above[:, j] |= up[:, -1] < _OPEN
        if count > 1:  # a valley across the nodes, too narrow for them
            reach = np.sqrt(_OPEN * np.einsum("pjj->pj", covariance[:, :count, :count]))
            below, above = below | (theta - reach < d.low), above | (theta + reach > d.high)
        flag = np.where((below | above).any(axis=1), code("limit"), 0).astype(np.int8)
        flag[(below & above).any(axis=1)] = code("undetermined")
        return flag, below | above

    def _endless(self, ends: Bool, covariance: Real) -> Bool:
        """Which parameters have no end (p, k): those that go along with a coordinate that has none.

        A rate goes with D where it is ln(κ/D); linear parameters where they are correlated.
        """
        count = ends.shape[1]
        out = np.zeros(covariance.shape[:2], bool)
        out[:, :count] = (ends[:, None, :] & (self.problem.ties != 0)).any(axis=2)
        own = np.einsum("pjj->pj", covariance)
        for i in range(count, own.shape[1]):
            with np.errstate(all="ignore"):
                share = covariance[:, i, :count] ** 2 / (own[:, :count] * own[:, i : i + 1])
            out[:, i] = (ends & ~(share < _TOGETHER)).any(axis=1)
        return out

    def _outside(self, values: Real) -> Bool:
        """Parameters outside of the range given for them (p, d), as a rate beside D may be."""
        pairs = [(p.low if p.low > 0 else 0.0, p.high) for p in self.problem.nonlinear]
        low, high = np.array(pairs).T
        size = np.abs(values[:, : len(pairs)])
        return np.asarray((size < low * (1 - 1e-9)) | (size > high * (1 + 1e-9)))

    def _doubtful(
        self, left: Real, known: Bool, variance: Real, robust: Real | None
    ) -> tuple[Any, Bool]:
        """How many residuals are far off, and where the rest is no noise.

        That is where neighbours are alike, by size or by sign, or χ² is too large for a known σ;
        ``robust`` is χ² by the median.
        """
        given = all(self.problem.known)
        if not known.all():
            left = np.where(known, left, 0.0)
        z = left / np.sqrt(variance)[:, None]
        size = np.abs(z)
        if not given and robust is None:  # spikes hide in a scatter that they make
            rows = np.flatnonzero(size.max(axis=1) > _SUSPECT)
            own = _spread(left[rows], known[rows], self._count)
            size[rows] = np.abs(left[rows]) / own[:, None]
        far = size > _FAR
        count = far.sum(axis=1)
        if count.any():
            z = np.where(far, 0.0, z)
        total = np.einsum("pi,pi->p", z, z)
        degrees = np.maximum(known.sum(axis=1) - self._count, 1)
        missed = np.zeros(len(z), bool)
        sign = np.sign(z)
        for one, whole in ((z, total), (sign, np.einsum("pi,pi->p", sign, sign))):
            both = np.einsum("pi,pi->p", one[:, 1:], one[:, :-1])
            missed |= both * np.sqrt(z.shape[1] - 1) > _ALIKE * np.maximum(whole, 1e-300)
        if given:
            excess = total - (degrees - count) if robust is None else (robust - degrees) / _MEDIAN
            missed |= excess > _EXCESS * np.sqrt(2 * degrees)
        return count, missed


def _widened(covariance: Real, reach: Real) -> Real:
    """The covariance with standard deviations of at least ``reach`` (p, d) for the first d.

    What goes along with a parameter is widened with it.
    """
    out = covariance.copy()
    for j in range(reach.shape[1]):
        own = covariance[:, j, j]
        wider = (reach[:, j] ** 2 > own) & (own > 0)
        column = covariance[wider, :, j]
        more = (reach[wider, j] ** 2 - own[wider]) / own[wider] ** 2
        out[wider] += more[:, None, None] * column[:, :, None] * column[:, None, :]
    return out


def _spread(left: Real, known: Bool, parameters: int) -> Real:
    """Scatter of residuals by their median, as of as many readings less the parameters."""
    median = screening.nanmedian(np.where(known, np.abs(left), np.nan))
    count = known.sum(axis=1)
    size = 1.4826 * median * np.sqrt(count / np.maximum(count - parameters, 1))
    return np.asarray(np.maximum(size, 1e-10 * np.abs(left).max(axis=1) + 1e-300))


def _inverse(gram: Real) -> Real:
    """Inverse of each; infinite variances of what is not seen."""
    size = np.sqrt(np.einsum("pjj->pj", gram))
    unseen = ~(size > 0).all(axis=1)
    scale = np.where(size > 0, size, 1.0)
    scaled = gram / scale[:, :, None] / scale[:, None, :] + _RIDGE * np.eye(gram.shape[1])
    out = np.linalg.inv(scaled) / scale[:, :, None] / scale[:, None, :]
    out[unseen] = np.inf
    return np.asarray(out)
