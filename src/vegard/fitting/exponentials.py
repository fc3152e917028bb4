"""Relaxation by an exponential, plain or stretched: a shape without diffusion, for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.fitting import minimise, result
from vegard.fitting.data import Data
from vegard.fitting.minimise import lags
from vegard.fitting.problem import Problem, _flat, build
from vegard.fitting.result import Fit
from vegard.fitting.sample import Parameter, Sample
from vegard.parameters import Parameters, quantity
from vegard.waveforms import Pulse

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

EXPONENTS = (0.1, 1.0)
_BEYOND = 1e4  # factor by which τ is sought beyond the times of the data, as R²/D is
_TURN = pi / 4  # of the path of the transform
_SPACING = 0.2  # of its points in ln v, over the exponent: 1e-10 (tests/fitting)
_PER_RANGE, _POLISHED = 3.0, 4  # places of the search in a factor of e; those that are refined


@dataclass(frozen=True, slots=True)
class StretchedExponential(Parameters):
    """What is left of a signal at time t after a step: exp(−(t/τ)^b).

    Parameters
    ----------
    tau : float
        τ, relaxation time [s].
    exponent : float
        b, between 0.1 and 1, the plain exponential [–].
    """

    tau: float = quantity("relaxation time", "τ", "s")
    exponent: float = quantity("stretching exponent", "b", "–", default=1.0)

    def left(self, time: Real) -> Real:
        """exp(−(t/τ)^b) at t ≥ 0, 1 before; (n,)."""
        return np.asarray(np.exp(-((np.maximum(time, 0.0) / self.tau) ** self.exponent)))

    def spectrum(self, frequency: Real) -> Complex:
        r"""Response [–] to a periodic drive, with e^{iωt}, at frequency [Hz]; (n,).

        Notes
        -----
        .. math:: \chi(\omega) = -\int_0^\infty \frac{d}{dt}e^{-(t/\tau)^b}\,e^{-i\omega t}\,dt
            = \int_0^\infty e^{-u - i\omega\tau u^{1/b}}\,du

        along u = v e^{−iπb/4}, where both exponents decay, by the trapezoidal rule in ln v; for b =
        1 it is 1/(1 + iωτ). Wuttke, Algorithms 5, 604 (2012), doi:10.3390/a5040604.
        tests/fitting/test_model_choice.py.
        """
        b = self.exponent
        omega = 2 * pi * np.asarray(frequency) * self.tau
        s = np.arange(-36.0 - b * log(max(1.0, float(omega.max()))), 4.5, _SPACING * b)
        turn, v = np.exp(-1j * _TURN * b), np.exp(s)
        x = np.exp(s / b) * np.exp(-1j * _TURN)
        with np.errstate(over="ignore", invalid="ignore"):
            terms = np.exp(-v * turn - 1j * omega[:, None] * x)
        return np.asarray(turn * _SPACING * b * (terms @ v))


@dataclass(frozen=True, slots=True)
class LawSample(Sample):
    """A law where a fit expects a sample."""

    law: StretchedExponential

    def replace(self, changes: Mapping[str, Any]) -> LawSample:
        """Copy with parameters of the law replaced."""
        return replace(self, law=replace(self.law, **changes))

    def get(self, path: str) -> Any:
        """A parameter of the law."""
        return getattr(self.law, path)


@dataclass(frozen=True, slots=True, eq=False)
class LawProblem(Problem):
    """A fit of a law: the gain is in units of y."""

    def _model(self, now: Sample, i: int, d: Data) -> Real:
        assert isinstance(now, LawSample)
        if d.kind == "frequency":
            return _flat(d, now.law.spectrum(d.x))
        if isinstance(d.drive, Pulse):
            return now.law.left(d.x - d.drive.duration)
        return 1 - now.law.left(d.x)


def refuse(d: Data) -> None:
    """An exponential is a shape after one step, or of a spectrum; anything else is an error."""
    step = d.kind == "relaxation" and isinstance(d.drive, float) and d.x[0] >= 0
    after = d.kind == "relaxation" and isinstance(d.drive, Pulse) and d.x[0] >= d.drive.duration
    if not (step or after or d.kind == "frequency"):
        raise VegardError(
            "an exponential tells a relaxation after a step or after one pulse, or a spectrum; "
            f"here the data are a {d.kind} under {d.drive!r}. Leave out what was read before "
            "and during the pulse, or leave the exponentials out of models."
        )


def fit_exponential(
    data: list[Data], names: list[str], ranges: Mapping[str, Any], own: list[str]
) -> Fit:
    """Fit gain and offset of each curve with one τ for all, and one b.

    Parameters
    ----------
    data : list of Data
    names : list of str
        Gains and offsets, as `sample.parameters` spreads them.
    ranges : mapping
        "tau" and "exponent" to (low, high) [s and –], where they are not the usual ones.
    own : list of str
        "tau", and "exponent" unless it is 1.
    """
    ends = [lags(d) for d in data]
    first, last = min(a for a, _ in ends), max(b for _, b in ends)
    usual = {"tau": (first / _BEYOND, last * _BEYOND), "exponent": EXPONENTS}
    law = StretchedExponential((first * last) ** 0.5, 0.5 if "exponent" in own else 1.0)
    parts = [
        Parameter(n, n, f.metadata["symbol"], f.metadata["unit"], False, 1.0, None,
                  *(ranges.get(n) or usual[n]))
        for n, f in StretchedExponential.__dataclass_fields__.items() if n in own
    ]  # fmt: skip
    inf = float("inf")
    parts += [Parameter(n, n, n, "of y", True, 1.0, None, -inf, inf) for n in names]
    whole = LawSample(None, (None,) * len(data), law)
    plain = build(whole, data, parts, None, "gauss")
    problem = LawProblem(*(getattr(plain, n) for n, f in plain.__dataclass_fields__.items()
                           if f.init))  # fmt: skip
    found, _ = minimise.best(problem, _starts(problem))
    message = "Converged." if found.converged else f"Not at rest after {found.steps} steps."
    inputs = {"verb": "fit", "free": tuple(p.name for p in parts), "loss": "gauss", "prior": {},
              "seed": 0, "data": tuple(data), "experiment": law}  # fmt: skip
    told = result.assemble(problem, found, [p.name for p in parts], whole, False, message, inputs)
    return replace(told, sample=replace(law, **{n: told.values[n] for n in own}))


def _starts(problem: LawProblem) -> list[Real]:
    """The best places of a grid: the misfit of a law is smooth."""
    low, high = minimise.search_range(problem)
    axes = [np.linspace(a, b, 2 + int((b - a) * _PER_RANGE))[1:-1]
            for a, b in zip(low, high, strict=True)]  # fmt: skip
    places = list(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, low.size))
    return sorted(places, key=lambda theta: problem.at(theta).objective)[:_POLISHED]
