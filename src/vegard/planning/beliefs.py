"""What is believed of a sample before it is measured: ranges, their nodes, their information."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, inf, isfinite, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.fitting.sample import D

RATE = "interface.rate"
Real = NDArray[np.float64]
Node = dict[str, float]

_NODES = 33  # of D alone
_MORE = 32  # where other parameters have a range too
_OPEN = (RATE, "gain", "offset")
_BIOTS = 2  # values of κR/D in a decade
_FLAT = 1e-4  # information of ln p where nothing is known: a standard deviation of 43 decades
_ODD = 1e5  # ratio from which a range that ends between these is a centre and a deviation
_SHARES = (0.01, 1.0)


@dataclass(frozen=True, slots=True)
class Belief:
    """Unknown parameters, and a range of each that is not known at all otherwise.

    Parameters
    ----------
    names : tuple of str
        Unknown parameters, D first.
    ranges : dict
        Path to (low, high) of the absolute value [SI units], log-uniform.
    fixed : dict
        Path to the value at which those without a range are taken.
    """

    names: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]
    fixed: dict[str, float]

    def spread(self, name: str) -> float:
        """Standard deviation of ln p before the measurement [–]; inf without a range."""
        if name not in self.ranges:
            return inf
        low, high = self.ranges[name]
        return log(high / low) / 12**0.5

    def information(self, names: Iterable[str], prior: bool = True) -> Real:
        """Diagonal matrix of the prior information of ln p, next to nothing without the prior."""
        return np.diag([max(self.spread(n) ** -2.0 if prior else 0.0, _FLAT) for n in names])

    def free(self, names: Iterable[str]) -> dict[str, tuple[float, float] | None]:
        """The ``free`` of `vegard.fit`: each parameter with its range, or None.

        A rate has none there: a fit looks for κ/D, in the range that the readings can see.
        """
        return {n: None if n in _OPEN else self.ranges.get(n) for n in names}

    def nodes(self, seed: int) -> list[Node]:
        """Values of all unknown parameters at points spread evenly over the ranges.

        D in equal steps of its logarithm, the others by Kronecker's sequence from a start that
        depends on the seed.
        """
        others = [n for n in self.names if n in self.ranges and n != D]
        count = _MORE if others else _NODES
        places = np.zeros((count, 1 + len(others)))
        places[:, 0] = (np.arange(count) + 0.5) / count
        start = np.random.default_rng(seed).uniform(size=len(others))
        places[:, 1:] = (start + np.arange(count)[:, None] * _steps(len(others))) % 1
        out = []
        for row in places:
            node = dict(self.fixed)
            for name, place in zip([D, *others], row, strict=True):
                low, high = self.ranges[name]
                node[name] = float(low * exp(place * log(high / low)))
            out.append({n: node[n] for n in self.names})
        return [_shared(n, self.ranges) for n in out]


def _shared(node: Node, ranges: Mapping[str, tuple[float, float]]) -> Node:
    """A rate moved to the nearest half decade of κ/D in its range: nodes then share curves."""
    low, high = ranges.get(RATE, (1.0, 1.0))
    if low < high:
        steps = np.log10(np.array([low, node[RATE], high]) / node[D]) * _BIOTS
        inside = np.clip(np.round(steps[1]), np.ceil(steps[0]), np.floor(steps[2]))
        if steps[0] <= inside <= steps[2]:  # else the range is narrower than that
            node = node | {RATE: float(node[D] * 10 ** (inside / _BIOTS))}
    return node


def _steps(dimensions: int) -> Real:
    """Steps of Kronecker's sequence (Roberts, R_d), independent of the even one of D."""
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (dimensions + 1))
    return np.asarray(root ** -np.arange(1.0, dimensions + 1))


def believed(experiment: Experiment, unknown: Any, prior: Any) -> Belief:
    """Unknown parameters and their ranges, checked."""
    names = [unknown] if isinstance(unknown, str) else list(unknown)
    if not names or not all(isinstance(n, str) for n in names) or len(set(names)) < len(names):
        raise VegardError(f"plan: unknown must be a list of different paths; got {unknown!r}.")
    if D not in names:
        raise VegardError(f"plan makes the error of ln D least: put '{D}' into unknown.")
    if not isinstance(prior, Mapping):
        raise VegardError(f"plan: prior must be a dict of path: (low, high); got {prior!r}.")
    for name in prior:
        if name not in names or name == "offset":
            raise unknown_name("parameter with a prior", name, set(names) - {"offset"})
    if D not in prior:
        raise VegardError(
            f"plan averages over what D may be: give prior={{'{D}': (low, high)}}, e.g. "
            "(1e-17, 1e-13)."
        )
    ordered = (D, *(n for n in names if n != D))
    ranges = {n: _range(n, given) for n, given in prior.items()}
    fixed = {n: _known(experiment, n) for n in ordered if n not in ranges}
    return Belief(ordered, ranges, fixed)


def _range(name: str, given: Any) -> tuple[float, float]:
    try:
        low, high = sorted(abs(float(v)) for v in given)
        same = float(given[0]) * float(given[1]) > 0 and low < high
    except (TypeError, ValueError):
        same, low, high = False, 0.0, 0.0
    if not same or not isfinite(high):
        raise VegardError(
            f"prior['{name}'] must be a range (low, high) of one sign, low < high; got {given!r}. "
            "A value v known to 20 % is (0.7 v, 1.4 v)."
        )
    if high > _ODD * low and _SHARES[0] <= high <= _SHARES[1]:
        raise VegardError(
            f"prior['{name}'] = {given!r} would be a range over {np.log10(high / low):.0f} "
            "decades. Is it a centre and a deviation? plan takes (low, high)."
        )
    return low, high


def _known(experiment: Experiment, name: str) -> float:
    if name == "gain":
        return 1.0
    if name == "offset":
        return 0.0
    if "." not in name:
        raise VegardError(
            f"plan: '{name}' is no path of the experiment; unknown may hold paths such as "
            '"interface.rate", "gain" and "offset".'
        )
    value = experiment[name]
    if not isinstance(value, int | float) or not value or not isfinite(value):
        raise VegardError(
            f"plan: '{name}' is {value!r} in the experiment and has no prior; give one of both."
        )
    return abs(float(value))
