"""The verb compare_models: which of several samples tells the data best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vegard.contacts import Contact
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.fitting import posterior
from vegard.fitting.chosen import CRITERIA, Candidate, ModelChoice
from vegard.fitting.core import fit
from vegard.fitting.data import Data
from vegard.fitting.exponentials import fit_exponential, refuse
from vegard.fitting.result import Fit
from vegard.fitting.sample import NUISANCE, D, _spread
from vegard.geometries import Film, HalfSpace
from vegard.interfaces import FixedConcentration, LinearKinetics

THICKNESS, RATE = "geometry.thickness", "interface.rate"
DEFAULT = ("half_space", "film", "contact", "kinetics", "stretched_exponential")


def _half_space(e: Experiment) -> tuple[Experiment, list[str]]:
    return e.replace({"geometry": HalfSpace(), "interface": FixedConcentration()}), [D]


def _film(e: Experiment) -> tuple[Experiment, list[str]]:
    e = e.replace({"interface": FixedConcentration()})
    if isinstance(e.geometry, Film):
        return e, [D]
    return e.replace({"geometry": Film(e.tip.radius)}), [D, THICKNESS]


def _contact(e: Experiment) -> tuple[Experiment, list[str]]:
    return e.replace({"interface": Contact()}), [D]


def _kinetics(e: Experiment) -> tuple[Experiment, list[str]]:
    return e.replace({"interface": LinearKinetics(1.0)}), [D, RATE]


def _contact_kinetics(e: Experiment) -> tuple[Experiment, list[str]]:
    return e.replace({"interface": Contact(1.0)}), [D, RATE]


SAMPLES: dict[str, Callable[[Experiment], tuple[Experiment, list[str]]]] = {
    "half_space": _half_space,
    "film": _film,
    "contact": _contact,
    "kinetics": _kinetics,
    "contact_kinetics": _contact_kinetics,
}
LAWS = ("exponential", "stretched_exponential")
_OWN = (D, THICKNESS, RATE, "tau", "exponent")


def compare_models(
    experiment: Experiment,
    data: Data | Iterable[Data],
    models: Iterable[str] = DEFAULT,
    *,
    free: Iterable[str] | Mapping[str, Any] = ("gain",),
    criterion: str = "aicc",
) -> ModelChoice:
    r"""Tell which model of the sample the data speak for, and which they cannot tell apart.

    Parameters
    ----------
    experiment : Experiment
        Material, tip and readout of all models; each puts its own geometry or interface in.
    data : Data or list of Data
        Displacements: relaxations, spectra, loops.
    models : sequence of str
        "half_space": equilibrium on the whole surface of a half-space, D free; "film": the same of
        a film, its thickness free too, unless the experiment is a film; "contact": equilibrium
        under the tip alone; "kinetics": exchange at a finite rate on the whole surface, the rate
        free too; "contact_kinetics": the same under the tip alone. These three keep the
        experiment's geometry. "exponential" and "stretched_exponential" have no diffusion: τ free,
        and b.
    free : list of str, or dict
        What is free beside each model's own: "gain", "offset", other paths; a dict gives ranges
        (low, high), of a model's own parameters too, e.g. ``{"gain": None, "tau": (1e-3, 1.0)}``.
    criterion : {"aicc", "evidence"}
        Akaike's, with the weight exp(−Δ/2), or the integral of likelihood and prior, with the
        probability by equal odds beforehand.

    Returns
    -------
    ModelChoice
        ``candidates``, ``best``, ``table``, ``sentence``, ``fits``, ``report()``, ``plot()``.

    Raises
    ------
    VegardError
        For an unknown model, electrical data, fewer than two points more than parameters, an
        exponential for data that it does not tell, an evidence without a gain.

    Notes
    -----
    .. math:: \mathrm{AIC_c} = -2\ln L + 2k + \frac{2k(k+1)}{n-k-1}

    with n numbers and k parameters, σ one of them for each curve whose σ is unknown. The last term
    is for a σ that is estimated (Hurvich and Tsai, Biometrika 76, 297 (1989),
    doi:10.1093/biomet/76.2.297); where all σ are known, AIC has no bias of that kind and the term
    is left out. The evidence is

    .. math:: Z = \int L(\theta, c)\,\pi(c\,|\,\theta)\,\pi(\theta)\,d\theta\,dc

    with the priors of `Fit.posterior`: flat in ln(parameter) over the range that is stated in the
    table, and flat in the curves that gain and offset make, the same for all models, so that their
    unknown norm drops out. It depends on the ranges: a range ten times wider in ln costs a factor
    of ten.

    Models within a factor of 20 of the best are not told apart. A wider model is never excluded by
    a narrower one that is true: a thick film draws the curve of a half-space.
    tests/fitting/test_model_choice.py.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9), vg.Film(20e-9))
    >>> t = 0.1 + np.geomspace(1e-3, 10, 40)
    >>> u = vg.time_response(e, vg.Pulse(0.1), t, per="concentration").values
    >>> y = u + 0.01 * u.max() * np.random.default_rng(0).normal(size=40)
    >>> d = vg.Data("relaxation", t, y, drive=vg.Pulse(0.1), per="concentration")
    >>> found = vg.compare_models(e, d, ["half_space", "film", "exponential"])
    >>> found.best
    'film'
    """
    if criterion not in CRITERIA:
        raise unknown_name("criterion", criterion, CRITERIA)
    names = [models] if isinstance(models, str) else list(dict.fromkeys(models))
    for name in names:
        if name not in (*SAMPLES, *LAWS):
            raise unknown_name("model", name, (*SAMPLES, *LAWS))
    if len(names) < 2:
        raise VegardError(f"compare_models compares two models or more; got {names}.")
    if not isinstance(experiment, Experiment):
        raise VegardError(f"compare_models takes a vegard.Experiment first; got {experiment!r}.")
    rows = [data] if isinstance(data, Data) else list(data)
    _check(rows, names)
    given = dict(free) if isinstance(free, Mapping) else dict.fromkeys(
        [free] if isinstance(free, str) else free)  # fmt: skip
    gains = any(n.partition("[")[0] == "gain" for n in given)
    if criterion == "evidence" and not gains and any(n in LAWS for n in names):
        raise VegardError(
            "the evidence of an exponential, whose size is always free, stands beside others only "
            'if theirs is free too: free=("gain",), or criterion="aicc".'
        )
    plans = {n: _plan(n, experiment, given) for n in names}
    used = {p for _, own in plans.values() for p in own}
    if idle := [n for n in given if n in _OWN and n not in used]:
        raise VegardError(f"'{idle[0]}' is free, but none of {', '.join(names)} has it.")
    found = [_candidate(n, _fit(n, plans[n], rows, given), criterion) for n in names]
    inputs = {"verb": "compare_models", "experiment": experiment, "data": tuple(rows),
              "models": tuple(names), "free": tuple(given.items()),
              "criterion": criterion}  # fmt: skip
    return ModelChoice.of(found, criterion, inputs)


def _check(rows: list[Data], names: list[str]) -> None:
    for d in rows:
        if not isinstance(d, Data):
            raise VegardError("data must be one or more vegard.Data.")
        if d.kind not in ("relaxation", "frequency", "loop"):
            raise VegardError(
                f"compare_models takes displacements over time, frequency or bias; got {d.kind}. "
                "Use vegard.fit for it."
            )
        if d.is_map:
            raise VegardError("data are a map: give one of its curves.")
        if any(n in LAWS for n in names):
            refuse(d)


def _plan(
    name: str, experiment: Experiment, given: dict[str, Any]
) -> tuple[Experiment | None, list[str]]:
    """The sample of a model and its own parameters."""
    if name in LAWS:
        return None, ["tau", "exponent"][: 1 + (name != "exponential")]
    sample, own = SAMPLES[name](experiment)
    if THICKNESS in given and isinstance(sample.geometry, Film) and THICKNESS not in own:
        own = [*own, THICKNESS]
    return sample, own


def _fit(
    name: str,
    plan: tuple[Experiment | None, list[str]],
    rows: list[Data],
    given: dict[str, Any],
) -> Fit:
    """The fit of one model with its own parameters and what is free beside them."""
    sample, own = plan
    beside = {n: v for n, v in given.items() if n not in _OWN}
    if sample is None:
        linear = {n: None for n in beside if n.partition("[")[0] in NUISANCE}
        if not any(n.startswith("gain") for n in linear):
            linear = {"gain": None} | linear
        return fit_exponential(rows, list(_spread(linear, rows)), given, own)
    return fit(sample, rows, {n: given.get(n) for n in own} | beside)


def _candidate(name: str, found: Fit, criterion: str) -> Candidate:
    """The fit's numbers for a criterion."""
    p = found._problem
    unknown = sum(not known for known in p.known)
    k, n = len(found.values) + unknown, p.y.size
    if n < k + 2:
        raise VegardError(
            f"{name} has {k} parameters{' with the unknown sigma' if unknown else ''}, which takes "
            f"{k + 2} numbers or more to compare; there are {n}. Free fewer, or give sigma."
        )
    deviance = found.objective
    aicc = deviance + 2 * k + (2 * k * (k + 1) / (n - k - 1) if unknown else 0.0)
    evidence, ranges = None, {}
    if criterion == "evidence":
        solved = posterior.solve(p, found._found)
        evidence, ranges = solved.evidence, solved.ranges
    return Candidate(name, found, k, n, deviance, aicc, evidence, ranges)
