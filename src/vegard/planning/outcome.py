"""A plan: what to measure, what it would tell, and how the usual measurements compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.fitting.sample import D
from vegard.planning.candidates import Setting
from vegard.planning.information import indistinct, told
from vegard.planning.measurement import PlannedMeasurement
from vegard.prefixes import quantity

Real = NDArray[np.float64]

_USEFUL = 0.3  # error of ln D up to which D is called known
_LEARNED = 0.9  # of the prior's standard deviation, above which nothing is


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to measure for the least expected error of ln D.

    Parameters
    ----------
    measurements : tuple of PlannedMeasurement
        What to do; the time of all is at most the budget.
    expected : float
        Expected standard deviation of ln D afterwards [–], the mean over the prior.
    diffusivity : ndarray, shape (k,)
        D [m²/s] at nodes of the prior, at the temperature of the measurement.
    sigma : ndarray, shape (k,)
        Expected standard deviation of ln D at each [–], taking a twin for the truth included.
    before : float
        Standard deviation of ln D before the measurement [–].
    confounded : tuple of str
        What the planned readings cannot tell apart, and for which D.
    against_budget : tuple of (seconds, float)
        Expected error [–] of the best plan for other budgets [s], twins left out.
    habitual : dict
        Usual measurements in the same time with the same noise: their expected error [–].
    habitual_sigma : dict
        The same at each node, shape (k,).
    alternatives : tuple of (method, tip radius, temperature, expected)
        What was weighed: [m], [K] and [–].
    notes : tuple of str
        Where the model does not hold.
    inputs : dict
        Experiment, unknown, prior, instrument, budget, drive and seed.
    """

    measurements: tuple[PlannedMeasurement, ...]
    expected: float
    diffusivity: Real
    sigma: Real
    before: float
    confounded: tuple[str, ...]
    against_budget: tuple[tuple[float, float], ...]
    habitual: dict[str, float]
    habitual_sigma: dict[str, Real]
    alternatives: tuple[tuple[str, float, float, float], ...]
    notes: tuple[str, ...]
    inputs: dict[str, Any] = field(repr=False)

    def plot(self, ax: Any = None) -> Any:
        """Draw the expected error of ln D over D; returns the matplotlib Axes."""
        from vegard import plot_plan

        return plot_plan.draw(self, ax)

    def report(self) -> str:
        """What to do and what to expect, for a person."""
        low, high = self.diffusivity[0], self.diffusivity[-1]
        lines = [m.report() for m in self.measurements]
        lines += [
            "",
            f"Expected error of ln D, averaged over D = {low:.2g} … {high:.2g} m²/s: "
            f"{self.expected:.2g} (before: {self.before:.2g}). {self._where()}",
        ]
        lines += [f"{name[0].upper()}{name[1:]}, in the same time: {_error(value, self.before)}."
                  for name, value in self.habitual.items()]  # fmt: skip
        ladder = ", ".join(f"{value:.2g} in {_time(t)}" for t, value in self.against_budget)
        lines.append(f"With other budgets: {ladder}.")
        if len(self.alternatives) > 1:
            rest = "; ".join(
                f"{method}, tip of {quantity(radius, 'm')}, {warm:.4g} K: {value:.2g}"
                for method, radius, warm, value in self.alternatives
            )
            lines.append(f"Weighed: {rest}.")
        lines += [*self.confounded, *self.notes]
        lines.append("The noise is the instrument's white noise; drift is not in it.")
        return "\n".join(lines)

    def _where(self) -> str:
        good = self.sigma <= _USEFUL
        if good.all():
            return f"It is below {_USEFUL:g} for all of them."
        if not good.any():
            return f"Nowhere is it below {_USEFUL:g}."
        if np.abs(np.diff(good.astype(int))).sum() > 2:
            return f"It is below {_USEFUL:g} for {good.mean():.0%} of what is believed."
        d = self.diffusivity[good]
        return f"It is below {_USEFUL:g} from {d[0]:.2g} to {d[-1]:.2g} m²/s."


def confounded(setting: Setting, measurement: PlannedMeasurement) -> tuple[str, ...]:
    """Sentences about what cannot be told apart, joined where neighbouring D say the same."""
    names = setting.names(measurement.method)
    problem = setting.problem(measurement)
    order = [names.index(p.name) for p in (*problem.nonlinear, *problem.linear)]
    signs = {p.name: p.sign for p in (*problem.nonlinear, *problem.linear)}
    rows = np.array([
        [1 / setting.belief.spread(n) if n == m else 0.0 for m in names]
        for n in names if n != D and n in setting.belief.ranges
    ]).reshape(-1, len(names))  # fmt: skip
    found: dict[str, list[tuple[float, str]]] = {}
    for node, jac in zip(setting.nodes, setting.weighted([measurement])[0], strict=True):
        values = {n: node[n] * signs[n] for n in names}
        for c in indistinct(problem, np.vstack([jac, rows])[:, order], values):
            plain = all(2 * v % 1 == 0 for v in c.exponents.values())
            key = c.text if plain else " and ".join(sorted(c.exponents))
            words = told(c) if plain else f"{key} cannot be told apart."
            found.setdefault(key, []).append((node[D], words))
    out = []
    for some in found.values():
        share = len(some) / len(setting.nodes)
        out.append(f"{_range([d for d, _ in some])} ({share:.0%} of what is believed): "
                   f"{some[len(some) // 2][1]}")  # fmt: skip
    return tuple(out)


def _range(d: Sequence[float]) -> str:
    return f"D = {d[0]:.2g} m²/s" if len(d) == 1 else f"D = {d[0]:.2g} … {d[-1]:.2g} m²/s"


def _error(value: float, before: float) -> str:
    if value > _LEARNED * before:
        return f"{value:.2g}, no better than before" if value <= before else (
            f"{value:.2g}, worse than before: it is biased"
        )  # fmt: skip
    return f"{value:.2g}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return quantity(seconds, "s", 2)
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"
