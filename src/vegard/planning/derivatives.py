"""Derivatives of the model of a fit by the logarithms of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.fitting.problem import Problem
from vegard.fitting.sample import Parameter

Real = NDArray[np.float64]


class Stencil(NamedTuple):
    """Central differences: weights of f(x+h)-f(x-h), f(x+2h)-f(x-2h), ..., over the step h."""

    weights: tuple[float, ...]
    step: float


QUICK = Stencil((2 / 3, -1 / 12), 0.04)
"""Off by h⁴/30 of the fifth derivative, 9e-8: with more, quiet readings seem to know everything."""
FINE = Stencil((3 / 4, -3 / 20, 1 / 60), 0.02)
"""Off by h⁶/140 of the seventh derivative, 5e-13, and by 90 times the error of the model."""
ROUGHER = Stencil((2 / 3, -1 / 12), 0.02)
"""From the same places; the difference to `FINE` bounds its error."""


class Sensitivity(NamedTuple):
    """Readings of a model and their derivatives."""

    model: Real
    """Shape (n,): complex data as real and imaginary parts."""
    jacobian: Real
    """Shape (n, p) by ln|parameter|, by the parameter itself where it is an offset or zero."""
    error: float
    """Of the derivatives, over the largest of their column; 0 if there is no rougher stencil."""


def parts(problem: Problem) -> list[Parameter]:
    """All free parameters in the order of the columns of a `Sensitivity`."""
    return [*problem.nonlinear, *problem.linear]


def logarithmic(p: Parameter, value: float) -> bool:
    """Whether the derivative is by the logarithm."""
    return value != 0 and not p.path.startswith("offset")


def sensitivity(
    problem: Problem,
    values: Mapping[str, float],
    stencil: Stencil,
    rougher: Stencil | None = None,
) -> Sensitivity:
    """Readings and derivatives at ``values``, by the name of each parameter."""
    logs = np.log(np.abs([values[p.name] for p in problem.nonlinear]))
    theta = np.asarray(np.linalg.solve(problem.ties, logs), float)
    linear = np.array([values[p.name] for p in problem.linear])

    def model(at: Real) -> Real:
        fixed, table = problem.columns(at)
        return np.asarray(fixed + table @ linear)

    here = model(theta)
    _, table = problem.columns(theta)
    fine, rough = np.zeros((2, here.size, theta.size))
    for j, unit in enumerate(np.eye(theta.size) * stencil.step):
        for i, weight in enumerate(stencil.weights):
            change = (model(theta + (i + 1) * unit) - model(theta - (i + 1) * unit)) / stencil.step
            fine[:, j] += weight * change
            if rougher is not None and i < len(rougher.weights):
                rough[:, j] += rougher.weights[i] * change
    back = np.linalg.inv(problem.ties)
    fine, rough = fine @ back, rough @ back
    sizes = [v if logarithmic(p, v) else 1.0
             for p, v in zip(problem.linear, linear.tolist(), strict=True)]  # fmt: skip
    error = 0.0
    if rougher is not None and theta.size:
        largest = np.abs(fine).max(axis=0)
        off = np.abs(fine - rough).max(axis=0)
        error = float((off / np.where(largest > 0, largest, 1.0)).max())
    return Sensitivity(here, np.hstack([fine, table * sizes]), error)
