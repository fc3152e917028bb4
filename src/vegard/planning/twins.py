"""Other samples that would give nearly the same readings, far from the true one.

The bound of Cramér and Rao sees the neighbourhood of the truth alone. A fit goes to the least χ²
anywhere, and noise may make that of a twin the least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.fitting import minimise
from vegard.fitting.problem import build
from vegard.fitting.sample import D, parameters, sample
from vegard.planning.beliefs import Node
from vegard.planning.candidates import Setting
from vegard.planning.measurement import PlannedMeasurement

Real = NDArray[np.float64]

_FAR = 60.0  # χ² from which noise never prefers the twin: one case in 10⁴
_DETERMINED = 0.7  # standard deviation of ln D, a factor of two
_TRIED = 4  # places from which twins are looked for
_LIKELY = 0.02  # chance from which a twin is told
_SAME = 0.05  # distance of two minima in ln p


class Twin(NamedTuple):
    """A sample that may be taken for the true one."""

    diffusivity: float
    chance: float
    """That noise makes its χ² the smaller."""


def find(setting: Setting, measurement: PlannedMeasurement, node: Node) -> list[Twin]:
    r"""Twins of the sample at a node within what is believed.

    Where the readings of the two differ by χ² = Σ|u - u'|²/σ², least over the size, noise prefers
    the twin with the chance Φ(-χ/2).
    """
    from scipy.special import ndtr

    truth = setting.problem(measurement)
    names = setting.names(measurement.method)
    y = setting.model(truth, names, node).model
    half = y.size // 2
    data = measurement.data(y[:half] + 1j * y[half:] if measurement.spectral else y)
    whole, bare = sample(setting.experiment, [data])
    found, _ = parameters(setting.belief.free(names), whole, bare, [data])
    problem = build(whole, [data], found, None, "gauss")
    # few frequencies are computed sooner than a curve through them
    close = replace(problem, exact=measurement.spectral)
    logs = [log(abs(node[p.name])) for p in problem.nonlinear]
    here = np.asarray(np.linalg.solve(problem.ties, logs), float)
    minima = [here]
    out = []
    for place in _starts(problem, here):
        at = minimise.minimise(close, place)
        if all(np.abs(at.theta - other).max() > _SAME for other in minima):
            minima.append(at.theta)
            values = problem.values(at.theta)
            if at.point.objective < _FAR:
                chance = float(ndtr(-sqrt(max(at.point.objective, 0.0)) / 2))
                out.append(Twin(values[D], chance))
    return out


def _starts(problem: Any, here: Real) -> Iterator[Real]:
    """The best places of a fit's own search that are not at the truth."""
    far = [p for p in minimise.starts(problem) if np.abs(p - here).max() > 0.5]
    yield from far[:_TRIED]


def everywhere(setting: Setting, measurement: PlannedMeasurement) -> list[list[Twin]]:
    """Twins at each node where the readings alone determine D; none if D alone shapes a signal.

    Where they do not, the neighbourhood says so already.
    """
    if setting.shapes < 2:
        return [[] for _ in setting.nodes]
    alone = setting.expected([measurement], prior=False)[0]
    return [
        find(setting, measurement, node) if sigma < _DETERMINED else []
        for node, sigma in zip(setting.nodes, alone, strict=True)
    ]


def error(found: Sequence[Sequence[Twin]], nodes: Sequence[Node]) -> Real:
    """Root mean square error of ln D at nodes from taking a twin for the truth."""
    return np.sqrt([
        sum(t.chance * log(t.diffusivity / node[D]) ** 2 for t in some)
        for some, node in zip(found, nodes, strict=True)
    ])  # fmt: skip


def told(found: Sequence[Sequence[Twin]], nodes: Sequence[Node]) -> tuple[str, ...]:
    """A sentence on twins, if there are any."""
    pairs = [(t, node[D]) for some, node in zip(found, nodes, strict=True) for t in some]
    likely = [(t, d) for t, d in pairs if t.chance > _LIKELY]
    if not likely:
        return ()
    share = len({d for _, d in likely}) / len(nodes)
    twin, d = max(likely, key=lambda p: p[0].chance * log(p[0].diffusivity / p[1]) ** 2)
    return (
        f"For {share:.0%} of what is believed another sample may fit better than the true one: "
        f"at D = {d:.2g} m²/s one with {twin.diffusivity:.2g} m²/s, in {twin.chance:.0%} of cases.",
    )
