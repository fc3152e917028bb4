"""The result of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isinf
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.fitting import combinations, posterior, profile
from vegard.fitting.combinations import Combination
from vegard.fitting.minimise import Found
from vegard.fitting.problem import Problem, with_ratio
from vegard.fitting.sample import Sample
from vegard.prefixes import quantity

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Parameters of a sample from data, and how well they are known.

    Parameters
    ----------
    values : dict
        Value of each free parameter, by its path [SI units].
    sigma : dict
        Standard deviation [same units], from the curvature; inf where the data say nothing. For
        what is far from linear, such as a D at the edge of what was measured, ask `interval`.
    covariance : ndarray, shape (p, p)
        In the order of ``values`` [products of their units].
    combinations : tuple of Combination
        Products that are known although their factors are not, e.g. D/R².
    residuals : tuple of ndarray
        Data less fit in standard deviations, one row for each data, complex for spectra.
    converged : bool
        Whether the best minimum is at rest.
    message : str
        How the fit ended, and what to mind.
    sample : Experiment or Cell
        The first argument of the fit with the values put in.
    diagnostics : dict
        ``chi2``, ``degrees`` of freedom, ``chi2_reduced`` (None if no sigma was given),
        ``correlation`` of neighbouring residuals and its ``correlation_z``, of the curve where it
        is strongest, ``largest`` residual.
    """

    values: dict[str, float]
    sigma: dict[str, float]
    covariance: Real
    combinations: tuple[Combination, ...]
    residuals: tuple[NDArray[Any], ...]
    converged: bool
    message: str
    sample: Any
    diagnostics: dict[str, Any]
    objective: float
    """-2 ln likelihood up to a constant: χ² where the scatter was given."""
    inputs: dict[str, Any]
    _problem: Problem = field(repr=False)
    _found: Found = field(repr=False)
    _known: dict[tuple[str, float], tuple[float, float]] = field(repr=False, default_factory=dict)

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of one parameter by profile likelihood.

        Parameters
        ----------
        name : str
            Path of a free parameter.
        level : float
            Confidence level [–].

        Returns
        -------
        low, high : float
            [SI units]. 0 or ±inf where the data set no limit: the other parameters make up for any
            value within eight decades.

        Notes
        -----
        Ends where the objective, least over all other parameters, is above its minimum by χ²₁ of
        the level, or by n ln(1 + t²/ν) if the scatter was not given.
        """
        if name not in self.values:
            raise unknown_name("free parameter", name, self.values)
        if not 0 < level < 1:
            raise VegardError(f"level must be between 0 and 1, e.g. 0.95; got {level!r}.")
        key = name, level
        if key not in self._known:
            self._known[key] = profile.interval(
                self._problem, self._found, name, level, self.sigma[name]
            )
        return self._known[key]

    def posterior(self, draws: int = 4000, *, seed: int = 0) -> xr.Dataset:
        r"""Independent draws of the free parameters, given the data and their priors.

        Parameters
        ----------
        draws : int
            How many.
        seed : int
            Of the draws; the density itself is not random.

        Returns
        -------
        xarray.Dataset
            A variable over ``draw`` for each free parameter [SI units]. Attributes of a variable:
            ``prior``, ``range`` [SI units] and ``open``, the ends of its own range at which the
            data set no limit, so that the draws there are the prior. Attributes of the whole:
            ``ln_evidence`` [–], ``error`` of the integral [–], ``evaluations`` and ``seed``.

        Raises
        ------
        VegardError
            For more than three parameters to integrate over, or none.
        NotConverged
            Where the integral does not reach 10⁻³.

        Notes
        -----
        .. math:: p(\theta, c\,|\,y) \propto \pi(\theta)\,\pi(c\,|\,\theta)\,e^{-S(\theta, c)/2}

        with S the objective of the fit: χ² where σ is known; where it is not, n ln Σ|…|², which is
        the Gaussian likelihood integrated over σ with the prior 1/σ; for robust losses, the loss
        taken as the logarithm of a density. Nonlinear parameters have the fit's ``prior``, or are
        flat in ln(parameter) over the range that the fit searches (``free`` sets it); a rate that
        is free beside D, in ln κ/D. A linear parameter (gain, offset, β) without a prior is flat in
        the curve that it makes, π(c|θ) = √det AᵀA: flat in the gain itself, curves that are small
        at some θ would win by their many gains. So a direction without a limit gives its prior
        back, and that says nothing of the sample.

        The linear parameters are integrated in closed form, the others by adaptive quadrature, one
        inside the other, with D innermost as it moves along one curve (vegard.fitting.quadrature).
        The draws come from its inverse distribution function: independent, without burn-in.
        Gelman et al., Bayesian Data Analysis, 3rd ed. (2013), chapters 3 and 10.
        tests/fitting/test_posterior.py.

        Examples
        --------
        >>> import numpy as np, vegard as vg
        >>> e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
        >>> t = np.geomspace(0.11, 10, 40)
        >>> u = vg.time_response(e, vg.Pulse(0.1), t, per="concentration").values
        >>> d = vg.Data("relaxation", t, u, 0.02 * u.max(), drive=vg.Pulse(0.1),
        ...             per="concentration")
        >>> draws = vg.fit(e, d, ["material.diffusivity", "gain"]).posterior()
        >>> low, high = np.quantile(draws["material.diffusivity"], [0.025, 0.975])
        >>> f"{low:.1e} < D < {high:.1e} m²/s"
        '2.2e-15 < D < 4.5e-15 m²/s'
        """
        return posterior.sample(self._problem, self._found, list(self.values), draws, seed)

    def model(self) -> tuple[NDArray[Any], ...]:
        """The fitted curves [units of each y], one for each data."""
        fixed, table = self._problem.columns(self._found.theta)
        return _curves(self._problem, fixed + table @ self._found.point.linear)

    def plot(self, ax: Any = None) -> Any:
        """Draw data, fit and residuals; returns the matplotlib Axes."""
        from vegard import plot_fit

        return plot_fit.draw(self, ax)

    def report(self, level: float = 0.95) -> str:
        """What was found and how well it is known, for a person."""
        p = self._problem
        kinds = ", ".join(f"{d.kind} ({d.y.size} points)" for d in p.data)
        lines = [f"Fit of {kinds}; loss {p.loss}.", ""]
        parts = {q.name: q for q in (*p.nonlinear, *p.linear)}
        wide = max(len(name) for name in self.values)
        for name, value in self.values.items():
            low, high = self.interval(name, level)
            unit = parts[name].unit
            lines.append(
                f"  {name:<{wide}}  {parts[name].symbol} = {_number(value, unit)}   "
                f"{level:.0%}: {_range(low, high, unit)}"
            )
        lines += ["", self.message]
        for name in self.values:
            low, high = self.interval(name, level)
            if (words := _one_sided(name, low, high, parts[name].unit)) is not None:
                lines.append(words)
        lines += [_combined(c) for c in self.combinations]
        lines.append(self._goodness())
        return "\n".join(lines)

    def _goodness(self) -> str:
        d = self.diagnostics
        chi = d["chi2_reduced"]
        words = (
            "The standard deviation was not given; it was taken from the scatter about the fit."
            if chi is None
            else f"χ² = {d['chi2']:.4g} for {d['degrees']} degrees of freedom."
        )
        if chi is not None and chi > 2:
            words += " Above 2 per degree: sigma is too small, or the model is not the sample."
        if abs(d["correlation_z"]) > 4:
            words += (
                f" Neighbouring residuals are alike (correlation {d['correlation']:.2f}): the "
                "model misses a shape, and the intervals are too narrow."
            )
        return words


def _curves(problem: Problem, flat: Real) -> tuple[NDArray[Any], ...]:
    out = []
    for d, block in zip(problem.data, problem.blocks, strict=True):
        part = flat[block]
        n = d.y.size
        row = part[:n] + 1j * part[n:] if part.size == 2 * n else part
        out.append(row.reshape(d.y.shape))
    return tuple(out)


def _number(value: float, unit: str) -> str:
    return quantity(value, unit if unit != "of y" else "")


def _range(low: float, high: float, unit: str) -> str:
    below, above = _open(low, high)
    if below and above:
        return "no limit on either side"
    if above:
        return f"≥ {_number(low, unit)}"
    if below:
        return f"≤ {_number(high, unit)}"
    return f"{_number(low, unit)} … {_number(high, unit)}"


def _open(low: float, high: float) -> tuple[bool, bool]:
    """Whether an end of an interval is none; 0 is the open end of what has one sign."""
    return low == 0 or isinf(low), high == 0 or isinf(high)


def _one_sided(name: str, low: float, high: float, unit: str) -> str | None:
    open_below, open_above = _open(low, high)
    if open_above and open_below:
        return f"{name} is not determined by these data."
    if open_above:
        return f"{name} has a lower limit only, {_number(low, unit)}."
    if open_below:
        return f"{name} has an upper limit only, {_number(high, unit)}."
    return None


def _combined(c: Combination) -> str:
    names = " and ".join(c.exponents)
    what = f"{c.text} is known" if not c.meaning else f"{c.text} is known, {c.meaning}"
    return f"{names} cannot be told apart: only {what}, to {c.sigma:.2g} of its value."


def assemble(
    problem: Problem,
    found: Found,
    names: list[str],
    first: Sample,
    bare: bool,
    message: str,
    inputs: Mapping[str, Any],
) -> Fit:
    """The result from a minimum."""
    values = dict(
        zip((p.name for p in problem.nonlinear), problem.values(found.theta).values(), strict=True)
    )
    values |= {p.name: float(v) for p, v in zip(problem.linear, found.point.linear, strict=True)}
    jac = profile.sensitivity(problem, found)
    cov = profile.covariance(jac)
    order = [*(p.name for p in problem.nonlinear), *(p.name for p in problem.linear)]
    units = np.array([values[p.name] for p in problem.nonlinear] + [1.0] * len(problem.linear))
    with np.errstate(invalid="ignore"):
        cov = cov * np.outer(units, units)
    cov = np.where(np.isnan(cov), np.inf, cov)
    pick = [order.index(n) for n in names]
    spread = np.sqrt(np.diag(cov))
    changes = {p.path: values[p.name] for p in (*problem.nonlinear, *problem.linear)
               if "." in p.path}  # fmt: skip
    fitted = first.replace(with_ratio(first, changes))
    rows, diagnostics = _diagnosed(problem, found)
    return Fit(
        {n: values[n] for n in names},
        {n: float(spread[order.index(n)]) for n in names},
        cov[np.ix_(pick, pick)],
        combinations.find(problem, jac, values),
        rows,
        found.converged,
        message,
        fitted.cells[0] if bare else fitted.experiment or fitted.cells[0],
        diagnostics,
        found.point.objective,
        dict(inputs),
        problem,
        found,
    )


def _diagnosed(problem: Problem, found: Found) -> tuple[tuple[NDArray[Any], ...], dict[str, Any]]:
    point = found.point
    misfit = point.residual[: problem.y.size] / point.weights
    scale = problem.sigma.copy()
    left = max(profile.degrees(problem), 1)
    for block, known in zip(problem.blocks, problem.known, strict=True):
        if not known:
            scale[block] = np.sqrt(np.mean(misfit[block] ** 2) * problem.y.size / left) or 1.0
    z = misfit / scale
    rows = _curves(problem, z)
    # curve by curve: one that is missed hides among others that are met
    correlation, strongest = max((_alike(row) for row in rows), key=lambda found: abs(found[1]))
    given = any(d.sigma is not None for d in problem.data)
    chi2 = float(z @ z)
    return rows, {
        "chi2": chi2,
        "degrees": left,
        "chi2_reduced": chi2 / left if given else None,
        "correlation": correlation,
        "correlation_z": strongest,
        "largest": float(np.abs(z).max()),
    }


def _alike(row: NDArray[Any]) -> tuple[float, float]:
    """Correlation of neighbouring residuals of a curve or image, and in its standard deviations."""
    product = total = 0.0
    count = 0
    for part in (row.real, row.imag) if np.iscomplexobj(row) else (row,):
        pairs = [(part[1:], part[:-1])] + ([(part[:, 1:], part[:, :-1])] if part.ndim > 1 else [])
        for after, before in pairs:
            product += float((after * before).sum())
            count += after.size
        total += float((part**2).sum()) * len(pairs)
    correlation = product / total if total else 0.0
    return correlation, correlation * count**0.5
