"""The verb fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from vegard.errors import VegardError, unknown_name
from vegard.fitting import image_model, minimise, result
from vegard.fitting.data import Data
from vegard.fitting.minimise import Found
from vegard.fitting.problem import LOSSES, Problem, build
from vegard.fitting.result import Fit
from vegard.fitting.sample import parameters, sample

_AGREE = 1e-3  # shift of a residual by the master curve, in standard deviations, that is let pass


def fit(
    experiment: Any,
    data: Any,
    free: Any,
    *,
    prior: Mapping[str, tuple[float, float]] | None = None,
    loss: str = "gauss",
    seed: int = 0,
) -> Fit:
    r"""Fit a sample to one or more measured curves.

    Parameters
    ----------
    experiment : Experiment or Cell
        The sample. Free parameters need no value here, except those around which a search has to
        start: radius, thickness, double layer. Electrodes of electrical data come with the data, or
        are the first argument.
    data : Data or list of Data
        Curves to fit together; the material is the same for all.
    free : list of str, or dict
        Paths of the free parameters, e.g. ``["material.diffusivity", "interface.rate"]``; in a dict
        each with a start, a range (low, high) or None. ``"cell.…"`` is a field of the electrodes;
        with a Cell first, its fields need no prefix. ``"gain"`` and ``"offset"`` scale and shift
        each curve by itself.
    prior : dict, optional
        Path to (centre, relative standard deviation): what is known beforehand, e.g.
        ``{"tip.radius": (20e-9, 0.2)}``.
    loss : {"gauss", "huber", "cauchy"}
        What is least: squares, or a loss that bears outliers.
    seed : int
        Kept with the result; the search itself is not random.

    Returns
    -------
    Fit
        Values, standard deviations, covariance, intervals, combinations, residuals.

    Raises
    ------
    VegardError
        For an unknown path, a parameter that has nothing to search around, data that do not fit the
        sample, more parameters than points.

    Notes
    -----
    .. math:: \chi^2(\theta) = \sum_i \Big|\frac{y_i - f_i(\theta) - \sum_j A_{ij}(\theta)c_j}
        {\sigma_i}\Big|^2

    least over the linear c at each θ (variable projection; Golub and Pereyra, SIAM J. Numer. Anal.
    10, 413 (1973)), over θ = ln(parameters) by a search of the whole range that the data can see
    and Levenberg-Marquardt from its best places. Where σ is unknown, n ln Σ|…|² is least.
    The response is computed once in reduced units and shifted (vegard.fitting.curves).
    tests/fitting.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    >>> t = np.geomspace(0.11, 10, 40)
    >>> u = vg.time_response(e, vg.Pulse(0.1), t, per="concentration").values
    >>> noise = np.random.default_rng(1).normal(size=40) * 0.01 * u.max()
    >>> d = vg.Data("relaxation", t, u + noise, drive=vg.Pulse(0.1), per="concentration")
    >>> f = vg.fit(e.replace({"material.diffusivity": 1.0}), d, ["material.diffusivity", "gain"])
    >>> f"D = {f.values['material.diffusivity']:.1e} m²/s"
    'D = 3.0e-15 m²/s'
    """
    if loss not in LOSSES:
        raise unknown_name("loss", loss, LOSSES)
    rows = [data] if isinstance(data, Data) else list(data)
    if not rows or not all(isinstance(d, Data) for d in rows):
        raise VegardError("data must be one or more vegard.Data.")
    if any(d.is_map for d in rows):
        raise VegardError("data are a map: use vegard.fit_map, or give one of its curves.")
    whole, bare = sample(experiment, rows)
    found_free, names = parameters(free, whole, bare, rows)
    problem = build(whole, rows, found_free, prior, loss)
    if problem.y.size < len(names):
        raise VegardError(
            f"{len(names)} parameters are free but there are {problem.y.size} numbers; free fewer."
        )
    given = _given(problem)
    if given is None:
        _searchable(problem)
    places = [given] if given is not None else minimise.starts(problem)
    best, problem = minimise.best(problem, places)
    best, problem = _exact(problem, best)
    inputs = {"verb": "fit", "free": tuple(names), "loss": loss, "prior": dict(prior or {}),
              "seed": seed, "data": tuple(rows), "experiment": experiment}  # fmt: skip
    return result.assemble(problem, best, names, whole, bare, _message(problem, best), inputs)


def _given(problem: Problem) -> Any:
    """Coordinates of the user's starts, if there is one for each; the rest is an error."""
    have = [p.start is not None for p in problem.nonlinear]
    if not any(have):
        return None
    if not all(have):
        lacking = [p.name for p, h in zip(problem.nonlinear, have, strict=True) if not h]
        raise VegardError(
            f"free gives starts for some parameters but not for {', '.join(lacking)}. Give all or "
            "none; a range (low, high) narrows the automatic search."
        )
    for p in problem.nonlinear:
        if not p.start:
            raise VegardError(f"free['{p.name}'] cannot start at 0: it is fitted as a logarithm.")
    logs = np.log(np.abs([p.start or 1.0 for p in problem.nonlinear]))
    return np.linalg.solve(problem.ties, logs)


def _searchable(problem: Problem) -> None:
    """Refuse to search with images whose kernels would be computed anew for each place."""
    e = problem.sample.replace(problem.values(np.zeros(len(problem.nonlinear)))).experiment
    for d in problem.data:
        if d.kind == "image" and (moved := image_model.moving(e, d, problem.paths)):
            raise VegardError(
                f"an image is not searched over {moved}, which takes minutes: give a start for "
                f"each of {', '.join(p.name for p in problem.nonlinear)}, as free={{path: value}}, "
                "e.g. from the fit of a spectrum."
            )


def _exact(problem: Problem, best: Found) -> tuple[Found, Problem]:
    """The minimum held against the exact verbs; sought with them if the curves are not enough."""
    exact = replace(problem, exact=True)
    near, far = problem.columns(best.theta), exact.columns(best.theta)
    shift = (far[0] - near[0]) + (far[1] - near[1]) @ best.point.linear
    if np.abs(shift * best.point.weights).max() < _AGREE:
        return best, problem
    return minimise.minimise(exact, best.theta), exact


def _message(problem: Problem, best: Found) -> str:
    if not best.converged:
        return f"Not at rest after {best.steps} steps: free fewer parameters, or give a prior."
    low, high = minimise.search_range(problem)
    outside = [
        p.name
        for p, x, a, b in zip(problem.nonlinear, best.theta, low, high, strict=True)
        if not a <= x <= b
    ]
    if outside:
        return (
            f"The best {', '.join(outside)} lies outside of what these data can see: take the "
            "interval, not the value."
        )
    return "Converged."
