"""The model of a fit: nonlinear coordinates, linear columns, weights and the objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.classical import simulate
from vegard.errors import VegardError
from vegard.fitting import image_model
from vegard.fitting.curves import Curves, few, serves
from vegard.fitting.data import Data
from vegard.fitting.sample import RATES, SERIES, VEGARD, D, Parameter, Sample, index
from vegard.response import frequency_response, time_response
from vegard.waveforms import Drive, Sampled

Real = NDArray[np.float64]

CURVES = Curves()  # shared by all fits: one experiment is one curve
LOSSES = ("gauss", "huber", "cauchy")
_HUBER = 1.345  # 95 % efficient
_CAUCHY = 2.385
_KEPT = 8  # places whose model is remembered
_FLOOR = 1e-10  # scatter below which a fit is perfect, relative to the data


class Point(NamedTuple):
    """A place in parameter space."""

    objective: float
    residual: Real
    """Weighted; its square is what a step reduces."""
    linear: Real
    weights: Real


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Data against a sample with free parameters.

    ``theta`` are the nonlinear coordinates: logarithms of |value|, a rate as ln(κ/D) where D is
    free too, so that a change of D moves along one curve.
    """

    sample: Sample
    data: tuple[Data, ...]
    nonlinear: tuple[Parameter, ...]
    linear: tuple[Parameter, ...]
    prior: Mapping[str, tuple[float, float]]
    loss: str
    y: Real
    sigma: Real
    """1 where it is unknown."""
    blocks: tuple[slice, ...]
    known: tuple[bool, ...]
    tied: bool = True
    exact: bool = False
    curves: Curves = CURVES
    _latest: dict[bytes, tuple[Real, Real]] = field(init=False, repr=False, default_factory=dict)
    _scenes: dict[Any, image_model.Scene] = field(repr=False, default_factory=dict)

    # --- coordinates ---

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the nonlinear parameters."""
        return tuple(p.path for p in self.nonlinear)

    @property
    def ties(self) -> Real:
        """M in ln|value| = M θ."""
        n = len(self.nonlinear)
        out = np.eye(n)
        paths = [p.path for p in self.nonlinear]
        if self.tied and D in paths:
            for i, path in enumerate(paths):
                if path in RATES:
                    out[i, paths.index(D)] = 1.0
        return out

    def values(self, theta: Real) -> dict[str, float]:
        """Values by path."""
        size = np.exp(self.ties @ theta)
        return {p.path: p.sign * float(v) for p, v in zip(self.nonlinear, size, strict=True)}

    # --- model ---

    def columns(self, theta: Real) -> tuple[Real, Real]:
        """Fixed part (n,) and linear columns (n, q), complex data as real and imaginary parts."""
        key = theta.tobytes()
        if key not in self._latest:
            if len(self._latest) >= _KEPT:
                self._latest.pop(next(iter(self._latest)))
            self._latest[key] = self._columns(theta)
        return self._latest[key]

    def _columns(self, theta: Real) -> tuple[Real, Real]:
        names = [p.path for p in self.linear]
        changes: dict[str, Any] = dict(self.values(theta))
        if VEGARD in names:
            changes[VEGARD] = 1.0
        if SERIES in names:
            changes[SERIES] = 0.0
        now = self.sample.replace(with_ratio(self.sample, changes))
        fixed, table = np.zeros(self.y.size), np.zeros((self.y.size, len(names)))
        for i, (d, block) in enumerate(zip(self.data, self.blocks, strict=True)):
            model = self._model(now, i, d)
            own = {p.path.partition("[")[0]: j for j, p in enumerate(self.linear)
                   if p.path.startswith(("gain", "offset")) and index(p.path) == i}  # fmt: skip
            if "gain" in own:
                table[block, own["gain"]] = model
            elif d.strain and VEGARD in names:
                table[block, names.index(VEGARD)] = model
            else:
                fixed[block] = model
            if "offset" in own:
                table[block, own["offset"]] = _flat(d, np.ones(d.y.shape))
            if SERIES in names and self.sample.cells[i] is not None:
                table[block, names.index(SERIES)] = _flat(d, _series(d))
        return fixed, table

    def _model(self, now: Sample, i: int, d: Data) -> Real:
        cell = now.cells[i]
        electrode = cell if cell is not None else now.experiment
        if d.kind == "eis" and cell is None and not self.exact and serves(now.experiment):  # type: ignore[arg-type]
            return _flat(d, self.curves.impedance(now.experiment, d.x))  # type: ignore[arg-type]
        if d.kind == "eis":
            return _flat(d, simulate.eis(electrode, d.x).values)  # type: ignore[arg-type]
        drive = d.drive if isinstance(d.drive, Drive) else Sampled((0.0,), (d.drive,))
        if not d.strain:
            if not self.exact and few(drive, jumps_alone=True) and (cell or serves(now.experiment)):  # type: ignore[arg-type]
                return self.curves.electrode(d.kind, electrode, drive, d.x)  # type: ignore[arg-type]
            verb = simulate.pitt if d.kind == "pitt" else simulate.gitt
            return _flat(d, verb(electrode, d.x, drive).values)  # type: ignore[arg-type]
        e = now.experiment
        assert e is not None
        if d.kind == "image":
            if self.exact:
                return _flat(d, image_model.exact(e, d, self.paths))
            return _flat(d, image_model.values(e, d, self.paths, self._scenes, self.curves))
        if d.kind == "frequency":
            if self.exact or not serves(e):
                return _flat(d, d.drive * frequency_response(e, d.x, per=d.per, at=d.at).values)
            size = e.interface.amplitude(d.per, e.tip, e.material) * d.drive
            return _flat(d, size * self.curves.frequency(e, d.at, d.x))
        if self.exact or not (serves(e) and few(drive)):
            return np.asarray(time_response(e, drive, d.time, per=d.per, at=d.at).values)
        size = e.interface.amplitude(d.per, e.tip, e.material)
        return size * self.curves.time(e, d.at, drive, d.time)

    # --- objective ---

    def at(
        self, theta: Real, weights: Real | None = None, held: Mapping[int, float] | None = None
    ) -> Point:
        """Linear parameters, residual and objective at θ.

        Parameters
        ----------
        theta : ndarray
        weights : ndarray, optional
            1/scale of each point; from this place itself if left out.
        held : dict
            Values of linear parameters that are not free.
        """
        held = held or {}
        fixed, table = self.columns(theta)
        if weights is None:
            _, misfit = self._project(fixed, table, 1 / self.sigma, held)
            weights = self._weights(misfit)
        linear, misfit = self._project(fixed, table, weights, held)
        residual = np.concatenate([misfit * weights, self._pulled(theta, linear, held)])
        return Point(self._objective(misfit, residual[misfit.size :]), residual, linear, weights)

    def reweighted(self, point: Point) -> Real:
        """Weights from the residual of a place."""
        return self._weights(point.residual[: self.y.size] / point.weights)

    def _project(
        self, fixed: Real, table: Real, weights: Real, held: Mapping[int, float]
    ) -> tuple[Real, Real]:
        target = self.y - fixed
        out = np.zeros(len(self.linear))
        free = [j for j in range(len(self.linear)) if j not in held]
        for j, value in held.items():
            out[j] = value
            target = target - value * table[:, j]
        while free:
            a, b = table[:, free] * weights[:, None], target * weights
            for row, j in enumerate(free):
                if (name := self.linear[j].name) in self.prior:
                    centre, spread = self.prior[name]
                    extra = np.zeros((1, len(free)))
                    extra[0, row] = 1 / spread
                    a, b = np.vstack([a, extra]), np.append(b, centre / spread)
            size = np.sqrt((a**2).sum(axis=0))
            size[size == 0] = 1.0
            found = np.linalg.lstsq(a / size, b, rcond=1e-13)[0] / size
            low = np.array([max(self.linear[j].low, _least(self.linear[j])) for j in free])
            high = np.array([self.linear[j].high for j in free])
            outside = (found < low) | (found > high)
            if not outside.any():
                out[free] = found
                break
            for j, v, lo, hi in zip(np.array(free)[outside], found[outside], low[outside],
                                    high[outside], strict=True):  # fmt: skip
                out[j] = lo if v < lo else hi
                target = target - out[j] * table[:, j]
                free.remove(j)
        return out, self.y - fixed - table @ out

    def _weights(self, misfit: Real) -> Real:
        out = 1 / self.sigma
        for block, known in zip(self.blocks, self.known, strict=True):
            if not known:
                out[block] = 1 / self._scatter(misfit, block)
        return np.asarray(out * robust_weights(misfit * out, self.loss))

    def _scatter(self, misfit: Real, block: slice) -> float:
        part = misfit[block]
        scale = float(np.sqrt(np.mean(part**2)))
        return max(scale, _FLOOR * float(np.sqrt(np.mean(self.y[block] ** 2))), 1e-300)

    def _objective(self, misfit: Real, pulled: Real) -> float:
        total = float(pulled @ pulled)
        for block, known in zip(self.blocks, self.known, strict=True):
            n = block.stop - block.start
            if not known:
                total += 2 * n * log(self._scatter(misfit, block))
                continue
            z = misfit[block] / self.sigma[block]
            if self.loss == "gauss":
                total += float(z @ z)
            elif self.loss == "huber":
                far = np.abs(z) > _HUBER
                total += float(np.where(far, 2 * _HUBER * np.abs(z) - _HUBER**2, z**2).sum())
            else:
                total += float(_CAUCHY**2 * np.log1p((z / _CAUCHY) ** 2).sum())
        return total

    def _pulled(self, theta: Real, linear: Real, held: Mapping[int, float]) -> Real:
        """Residuals of the priors."""
        out = []
        size = self.ties @ theta
        for p, x in zip(self.nonlinear, size, strict=True):
            if p.name in self.prior:
                centre, spread = self.prior[p.name]
                out.append((x - log(abs(centre))) / spread)
        for p, value in zip(self.linear, linear, strict=True):
            if p.name in self.prior:
                centre, spread = self.prior[p.name]
                out.append((value - centre) / spread)
        return np.array(out)

    def with_scatter(self, residual: Real) -> Problem:
        """The same with unknown standard deviations fixed from a residual, by the median."""
        sigma = self.sigma.copy()
        for block, known in zip(self.blocks, self.known, strict=True):
            if not known:
                part = 1.4826 * float(np.median(np.abs(residual[block])))
                floor = _FLOOR * float(np.sqrt(np.mean(self.y[block] ** 2)))
                sigma[block] = max(part, floor, 1e-300)
        return replace(self, sigma=sigma, known=(True,) * len(self.known))


def robust_weights(z: Real, loss: str) -> Real:
    """Factors of residuals z, in standard deviations, by which a loss becomes least squares."""
    if loss == "huber":
        return np.asarray(1 / np.sqrt(np.maximum(1.0, np.abs(z) / _HUBER)))
    if loss == "cauchy":
        return np.asarray(1 / np.sqrt(1 + (z / _CAUCHY) ** 2))
    return np.ones_like(z)


def _least(p: Parameter) -> float:
    """Lower bound of a linear parameter by its own rule."""
    return 0.0 if p.path == SERIES else -np.inf


def _flat(d: Data, values: Any) -> Real:
    """As the data are, in a row: real, modulus, or real and imaginary part."""
    values = np.asarray(values).ravel()
    if d.is_complex:
        return np.concatenate([values.real, values.imag])
    return np.abs(values) if d.spectral else np.asarray(values.real, float)


def _series(d: Data) -> Any:
    """What a series resistance of 1 Ω adds."""
    if d.kind == "eis":
        return np.ones(d.x.size)
    return d.drive(d.x) if isinstance(d.drive, Drive) else np.where(d.x > 0, d.drive, 0.0)


def with_ratio(sample: Sample, changes: dict[str, Any]) -> dict[str, Any]:
    """A diffusivity that is a pair keeps its ratio; the value is the normal one."""
    if D in changes and isinstance(base := sample.get(D), tuple):
        changes[D] = (changes[D] * base[0] / base[1], changes[D])
    return changes


def build(
    sample: Sample,
    data: list[Data],
    free: list[Parameter],
    prior: Mapping[str, Any] | None,
    loss: str,
) -> Problem:
    """The problem of a fit, checked."""
    for p in free:
        d = data[index(p.path)]
        if p.path.startswith("offset") and d.spectral and d.kind != "image":
            raise VegardError(
                f'"{p.name}": an offset is fitted to signals in time; for a spectrum free "gain", '
                "or add the constant signal to Experiment(also=…)."
            )
    for d in data:
        if d.kind == "image":
            image_model.check(sample.experiment, d, [p.path for p in free])  # type: ignore[arg-type]
    parts = [_flat(d, d.y) for d in data]
    ends = np.cumsum([0, *(part.size for part in parts)])
    blocks = tuple(slice(int(a), int(b)) for a, b in pairwise(ends))
    sigma = np.ones(ends[-1])
    for d, block in zip(data, blocks, strict=True):
        if d.sigma is not None:
            sigma[block] = np.tile(d.sigma.ravel(), 2) if d.is_complex else d.sigma.ravel()
    return Problem(
        sample,
        tuple(data),
        tuple(p for p in free if not p.linear),
        tuple(p for p in free if p.linear),
        _priors(prior, free),
        loss,
        np.concatenate(parts),
        sigma,
        blocks,
        tuple(d.sigma is not None for d in data),
    )


def _priors(prior: Mapping[str, Any] | None, free: list[Parameter]) -> dict[str, Any]:
    """(centre, spread): of the logarithm for nonlinear parameters, absolute for linear ones."""
    out: dict[str, Any] = {}
    by_name = {p.name: p for p in free}
    for name, given in (prior or {}).items():
        if name not in by_name:
            raise VegardError(
                f"prior['{name}'] is not free; free are {', '.join(by_name)}. A value that is "
                "known exactly belongs into the experiment."
            )
        try:
            centre, relative = (float(v) for v in given)
        except (TypeError, ValueError):
            raise VegardError(
                f"prior['{name}'] must be (centre, relative standard deviation); got {given!r}."
            ) from None
        if not (centre != 0 and relative > 0):
            raise VegardError(f"prior['{name}'] needs a centre != 0 and a deviation > 0.")
        out[name] = (centre, abs(centre) * relative if by_name[name].linear else relative)
    return out
