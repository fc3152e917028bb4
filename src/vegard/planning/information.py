"""Fisher information: how far readings that are not yet taken would determine a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isinf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import NotConverged, VegardError, unknown_name
from vegard.fitting import combinations, profile
from vegard.fitting.combinations import Combination
from vegard.fitting.data import Data
from vegard.fitting.problem import Problem, build
from vegard.fitting.sample import D, Parameter, Sample, parameters, sample
from vegard.planning import derivatives
from vegard.planning.derivatives import FINE, ROUGHER, logarithmic

Real = NDArray[np.float64]

_LOST = (
    1e-7  # singular values of the scaled derivatives that their error could make, of the largest
)
_MOST = 1e-4  # error of the derivatives above which the information is refused
_LINEAR = {"gain": 1.0, "offset": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class Information:
    """What readings would tell of the parameters of a sample.

    Parameters
    ----------
    names : tuple of str
        Free parameters, as they were given; gain and offset with the number of their data.
    values : dict
        Where the information was taken [SI units].
    matrix : ndarray, shape (p, p)
        Fisher information of ln|parameter| [–], of the parameter itself [1/unit²] where that is an
        offset or zero. What is known beforehand is added.
    covariance : ndarray, shape (p, p)
        Its inverse, the least covariance of any unbiased estimate (Cramér and Rao); infinite
        variance for what takes part in an undetermined direction.
    combinations : tuple of Combination
        Products that would be known although their factors would not, e.g. D/R².
    error : float
        Of the derivatives, over the largest of their curve [–].
    inputs : dict
        Sample, data, names and prior.
    """

    names: tuple[str, ...]
    values: dict[str, float]
    matrix: Real
    covariance: Real
    combinations: tuple[Combination, ...]
    error: float
    inputs: dict[str, Any] = field(repr=False)

    def sigma(self, name: str) -> float:
        """Least standard deviation of ln|parameter| [–], of an offset in its own unit.

        inf where the readings say nothing.
        """
        if name not in self.names:
            raise unknown_name("free parameter", name, self.names)
        i = self.names.index(name)
        return sqrt(self.covariance[i, i])

    def report(self) -> str:
        """What would be known, for a person."""
        wide = max(map(len, self.names))
        lines = ["Least standard deviations that these readings allow:", ""]
        for name in self.names:
            sigma = self.sigma(name)
            unit = "" if self.values[name] and not name.startswith("offset") else " (not relative)"
            words = "not determined" if isinf(sigma) else f"{sigma:.2g} of its value"
            lines.append(f"  {name:<{wide}}  {words if not unit else f'{sigma:.2g}' + unit}")
        lines += [told(c) for c in self.combinations]
        return "\n".join(lines)


def told(c: Combination) -> str:
    """A combination as a sentence."""
    names = " and ".join(c.exponents)
    what = f"only {c.text} would be known{', ' + c.meaning if c.meaning else ''}"
    return f"{names} cannot be told apart: {what}, to {c.sigma:.2g} of its value."


def fisher(
    experiment: Any,
    data: Any,
    free: Any,
    *,
    prior: Mapping[str, tuple[float, float]] | None = None,
) -> Information:
    r"""Fisher information of the parameters of a sample in readings, taken or only planned.

    Parameters
    ----------
    experiment : Experiment or Cell
        The sample, with a value for each free parameter: that is where the information is taken.
    data : Data or list of Data
        Readings with their ``sigma``. Their ``y`` does not matter, zeros will do; but complex zeros
        stand for both quadratures of a spectrum, real ones for its amplitude.
    free : list of str
        Paths of the free parameters, as in `vegard.fit`.
    prior : dict, optional
        Path to (centre, relative standard deviation), as in `vegard.fit`: its information is added.

    Returns
    -------
    Information
        Matrix, covariance, ``sigma(name)`` and what cannot be told apart.

    Raises
    ------
    VegardError
        If a sigma or the value of a free parameter is unknown, or a path is.
    NotConverged
        If the derivatives are off by more than 1e-4.

    Notes
    -----
    .. math:: F_{jk} = \sum_i \frac{1}{\sigma_i^2}\,\mathrm{Re}\,
        \frac{\partial f_i^*}{\partial\ln p_j}\,\frac{\partial f_i}{\partial\ln p_k}
        + \frac{\delta_{jk}}{s_j^2},\qquad \mathrm{cov} \ge F^{-1}

    for Gaussian noise, σ that of either quadrature, s of the prior. The derivatives are central
    differences of sixth order of the exact verbs; tests/planning/test_information.py holds them
    against mpmath's derivatives of the closed forms to 1e-6. Gain is taken at 1, offset at 0.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    >>> f = np.geomspace(0.1, 1e3, 20)
    >>> d = vg.Data("frequency", f, np.zeros(20, complex), 1e-16, per="concentration")
    >>> known = vg.fisher(e, d, ["material.diffusivity", "gain"])
    >>> f"D to {known.sigma('material.diffusivity'):.1%}"  # 0.1 fm on 26 fm per mol/m³
    'D to 1.0%'
    """
    rows = [data] if isinstance(data, Data) else list(data)
    if not rows or not all(isinstance(d, Data) for d in rows):
        raise VegardError("data must be one or more vegard.Data.")
    for i, d in enumerate(rows):
        if d.sigma is None:
            raise VegardError(f"data {i} ({d.kind}) has no sigma; fisher needs Data(sigma=…).")
    whole, bare = sample(experiment, rows)
    found, names = parameters(free, whole, bare, rows)
    problem = replace(build(whole, rows, found, prior, "gauss"), tied=False, exact=True)
    values = {p.name: _value(p, whole) for p in derivatives.parts(problem)}
    s = derivatives.sensitivity(problem, values, FINE, ROUGHER)
    if s.error > _MOST:
        raise NotConverged(
            "Derivatives of the response", _MOST, s.error,
            "The response is not that exact there: leave out the readings at its corners.",
        )  # fmt: skip
    weighted = np.vstack([s.jacobian / problem.sigma[:, None], _known(problem, values)])
    order = [p.name for p in derivatives.parts(problem)]
    pick = np.array([order.index(n) for n in names])
    cov = profile.covariance(_cleaned(weighted))
    inputs = {"verb": "fisher", "experiment": experiment, "data": tuple(rows),
              "free": tuple(names), "prior": dict(prior or {})}  # fmt: skip
    return Information(
        tuple(names),
        {n: values[n] for n in names},
        (weighted.T @ weighted)[np.ix_(pick, pick)],
        cov[np.ix_(pick, pick)],
        indistinct(problem, weighted, values),
        s.error,
        inputs,
    )


def indistinct(
    problem: Problem, weighted: Real, values: Mapping[str, float]
) -> tuple[Combination, ...]:
    """What cannot be told apart, from weighted derivatives by the logarithms."""
    sizes = [
        values[p.name] if p.linear and logarithmic(p, values[p.name]) else 1.0
        for p in derivatives.parts(problem)
    ]
    return combinations.find(problem, weighted / sizes, dict(values))


def _value(p: Parameter, whole: Sample) -> float:
    """Where the information is taken."""
    kind = p.name.partition("[")[0]
    if kind in _LINEAR:
        return _LINEAR[kind]
    value = whole.get(p.path)
    value = value[1] if isinstance(value, tuple) and p.path == D else value
    if value is None:
        raise VegardError(
            f"'{p.name}' is unknown (None), but the information depends on it: give the value at "
            "which the readings are planned, experiment.replace({…})."
        )
    if isinstance(value, tuple):
        raise VegardError(f"'{p.name}' is a tensor here; free 'gain' to scale it.")
    if not p.linear and (not value or isinf(value)):
        raise VegardError(f"'{p.name}' is {value:g}, which has no logarithm; give another value.")
    return float(value)


def _known(problem: Problem, values: Mapping[str, float]) -> Real:
    """Rows of what is known beforehand."""
    parts = derivatives.parts(problem)
    out = np.zeros((len(problem.prior), len(parts)))
    for row, name in enumerate(problem.prior):
        j = next(j for j, p in enumerate(parts) if p.name == name)
        size = values[name] if parts[j].linear and logarithmic(parts[j], values[name]) else 1.0
        out[row, j] = size / problem.prior[name][1]
    return out


def _cleaned(weighted: Real) -> Real:
    """Without what the error of the derivatives leaves of directions that are not there."""
    size = np.sqrt((weighted**2).sum(axis=0))
    scale = np.where(size > 0, size, 1.0)
    u, s, vt = np.linalg.svd(weighted / scale, full_matrices=False)
    return np.asarray((u * np.where(s > _LOST * s.max(initial=0.0), s, 0.0)) @ vt * scale)
