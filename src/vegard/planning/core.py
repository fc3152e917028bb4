"""The verb plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.fitting.sample import D
from vegard.host import Host
from vegard.instrument import Instrument
from vegard.planning import habits, outcome, twins
from vegard.planning.beliefs import Belief, Node, believed
from vegard.planning.candidates import Relaxations, Setting, Spectra
from vegard.planning.measurement import METHODS, PlannedMeasurement
from vegard.planning.outcome import Plan
from vegard.response import checked_experiment

Real = NDArray[np.float64]
Told = Callable[[int, int, str], None]

_LADDER = (0.1, 0.3, 1.0, 3.0, 10.0)  # budgets, of the given one
_ACTIVATED = {D: "diffusivity", "interface.rate": "rate"}


class Weighed(NamedTuple):
    """The best measurement of one method in one setting."""

    setting: Setting
    measurement: PlannedMeasurement
    sigma: Real
    candidates: Spectra | Relaxations


def plan(
    experiment: Experiment,
    *,
    unknown: Sequence[str],
    prior: Mapping[str, tuple[float, float]],
    instrument: Instrument,
    budget: float,
    drive: float,
    seed: int = 0,
    per: str = "volt",
    methods: Sequence[str] = METHODS,
    tip_radii: Sequence[float] | None = None,
    temperatures: Sequence[float] | None = None,
    activation_energy: Mapping[str, float] | None = None,
    progress: Told | None = None,
) -> Plan:
    r"""What to measure for the least expected error of ln D, from what is believed beforehand.

    Parameters
    ----------
    experiment : Experiment
        The sample, tip and interface. Its D does not matter; what is unknown and has no prior is
        taken at its value here.
    unknown : list of str
        What a fit of the readings will have to find: "material.diffusivity" and, for instance,
        "gain", "offset", "interface.rate", "tip.radius".
    prior : dict
        Path to (low, high) [SI units]: between them ln p is equally likely everywhere, outside it
        is not. The same form as a range in the ``free`` of `vegard.fit`, and **not** its prior
        (centre, deviation): a value v known to 20 % is (0.7 v, 1.4 v).
    instrument : Instrument
        Noise of the displacement, bandwidth, lever.
    budget : float
        Time [s].
    drive : float
        Amplitude of the bias [V], or in the unit of ``per``.
    seed : int
        Of the places where the priors of other parameters than D are sampled.
    per : {"volt", "concentration", "flux", "ampere"}
        What drives the tip.
    methods : sequence of {"frequency", "relaxation"}
        What may be measured.
    tip_radii : sequence of float, optional
        Contact radii [m] to choose from; that of the experiment alone if left out. A larger tip
        moves more and resolves less.
    temperatures : sequence of float, optional
        Temperatures [K] to choose from.
    activation_energy : dict, optional
        Energy [J/mol] of "diffusivity" and "rate", as in `vegard.Host`: what temperature changes.
    progress : callable, optional
        Called with steps done, all steps and what comes next.

    Returns
    -------
    Plan
        ``measurements``, ``expected``, ``confounded``, ``against_budget``, ``habitual``;
        ``.report()``, ``.plot()``.

    Raises
    ------
    VegardError
        If D or its prior is missing, a path or a number of the instrument is unknown, or the time
        is too short for any reading.

    Notes
    -----
    .. math:: \phi = \Big\{ \big[(P + F)^{-1}\big]_{DD}^{1/2} \Big\}_{prior},\qquad
        F = \sum_i \frac{t_i}{S_i}\,\mathrm{Re}\,
        \frac{\partial u_i^*}{\partial\ln p}\frac{\partial u_i}{\partial\ln p}

    is least, {…} the mean over the prior: the bound of Cramér and Rao joined with the prior P,
    12/ln²(high/low) on the diagonal.
    A lock-in reads a quadrature with the variance S/t after the time t, a reading over Δt after a
    pulse has S/2Δt, S the instrument's white noise as displacement [m²/Hz]; drift is not in it. The
    shares of the time among frequencies are a convex problem (planning/weights.py), its solution is
    thinned to few frequencies of three periods or more each. Pulses alternate in sign, so that
    nothing piles up. Where more than D shapes the signal, half of the time is spread over more
    frequencies, and samples far away that would give nearly the same readings are looked for
    (planning/twins.py); their part is in ``expected`` and ``sigma``. 400 simulated measurements of
    each kind, refitted by `vegard.fit` without starts, scatter as predicted:
    tests/planning/test_plan_refits.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-4.4e-5), vg.DiscTip(20e-9))
    >>> afm = vg.Instrument("afm", 1e-12, None, 1e3)
    >>> D = "material.diffusivity"
    >>> p = vg.plan(e, unknown=[D, "gain"], prior={D: (1e-17, 1e-13)}, instrument=afm, budget=600,
    ...             drive=0.01, methods=["frequency"])
    >>> f"{len(p.measurements[0].x)} frequencies: ln D to {p.expected:.2f}"
    '4 frequencies: ln D to 0.09'
    """
    e = checked_experiment(experiment)
    _checked(e, instrument, budget, drive, per, methods)
    belief = believed(e, unknown, prior)
    nodes = belief.nodes(seed)
    radii, warm = _choices(e, belief, tip_radii, temperatures, activation_energy)
    host = Host(e.material, activation_energy=dict(activation_energy or {}))
    settings = [_setting(e, instrument, belief, nodes, drive, per, host, r, t)
                for r in radii for t in warm]  # fmt: skip
    total = len(settings) * len(methods) + 2
    say = progress or (lambda done, total, what: None)
    weighed = _weighed(settings, methods, budget, lambda done, what: say(done, total, what))
    setting, best, sigma, _ = min(weighed, key=lambda row: row.sigma.mean())
    say(total - 2, total, "other budgets")
    same = [w.candidates for w in weighed if w.setting is setting]
    ladder = tuple(_ladder(setting, same, budget, float(sigma.mean())))
    say(total - 1, total, "habits")
    usual = _habits(setting, budget)
    say(total - 1, total, "twins")
    others = twins.everywhere(setting, best)
    sigma = np.hypot(sigma, twins.error(others, setting.nodes))
    inputs = {"verb": "plan", "experiment": e, "unknown": belief.names, "prior": dict(prior),
              "instrument": instrument, "budget": budget, "drive": drive, "per": per, "seed": seed,
              "methods": tuple(methods), "tip_radii": tuple(radii), "temperatures": tuple(warm),
              "activation_energy": dict(activation_energy or {})}  # fmt: skip
    return Plan(
        (best,),
        float(sigma.mean()),
        np.array([n[D] for n in setting.nodes]),
        sigma,
        belief.spread(D),
        (*outcome.confounded(setting, best), *twins.told(others, setting.nodes)),
        ladder,
        {name: float(s.mean()) for name, s in usual.items()},
        usual,
        tuple((m.method, m.tip_radius, m.temperature, float(s.mean())) for _, m, s, _ in weighed),
        tuple(_notes(setting, best)),
        inputs,
    )


def _weighed(
    settings: Sequence[Setting],
    methods: Sequence[str],
    budget: float,
    say: Callable[[int, str], None],
) -> list[Weighed]:
    """The best measurement of each method in each setting."""
    out: list[Weighed] = []
    for done, (setting, method) in enumerate((s, m) for s in settings for m in methods):
        say(done, method)
        kind = Spectra if method == "frequency" else Relaxations
        candidates = kind(setting, max(_LADDER) * budget)
        made = candidates.best(budget)
        rated = sorted(zip(setting.expected(made), made, strict=True), key=lambda r: r[0].mean())
        out += [Weighed(setting, m, s, candidates) for s, m in rated[:1]]
    if not out:
        raise VegardError(
            f"plan: nothing can be read in {budget:g} s: give more time, or an instrument with a "
            "larger bandwidth."
        )
    return out


def _checked(
    e: Experiment, instrument: Any, budget: Any, drive: Any, per: str, methods: Sequence[str]
) -> None:
    if not isinstance(instrument, Instrument):
        raise VegardError(
            f"plan: instrument must be a vegard.Instrument, as vg.instruments[name] gives; got "
            f"{instrument!r}."
        )
    for name, value in (("budget", budget), ("drive", drive)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and 0 < value < inf):
            raise VegardError(f"plan: {name} must be > 0; got {value!r}.")
    if per not in e.interface.drives:
        raise unknown_name(f"per of {type(e.interface).__name__}", per, e.interface.drives)
    for method in methods:
        if method not in METHODS:
            raise unknown_name("method of plan", method, METHODS)
    if isinstance(methods, str) or not methods:
        raise VegardError(f"plan: methods must be a list out of {METHODS}; got {methods!r}.")


def _choices(
    e: Experiment, belief: Belief, radii: Any, temperatures: Any, energy: Any
) -> tuple[list[float], list[float]]:
    """Tip radii and temperatures to choose from."""
    if radii is not None and "tip.radius" in belief.names:
        raise VegardError(
            "plan: tip.radius is unknown, and its prior is that of one tip; leave tip_radii out, "
            "or plan once for each tip."
        )
    if temperatures is not None and not energy:
        raise VegardError(
            "plan: temperatures change nothing without an energy: give "
            'activation_energy={"diffusivity": …} [J/mol].'
        )
    out = []
    for name, given, own in (("tip_radii", radii, e.tip.radius),
                             ("temperatures", temperatures, e.material.temperature)):  # fmt: skip
        values = [own] if given is None else list(given)
        if not values:
            raise VegardError(f"plan: {name} is empty; leave it out for that of the experiment.")
        out.append([float(v) for v in values])
    return out[0], out[1]


def _setting(
    e: Experiment,
    instrument: Instrument,
    belief: Belief,
    nodes: Sequence[Node],
    drive: float,
    per: str,
    host: Host,
    radius: float,
    temperature: float,
) -> Setting:
    """One tip at one temperature: what is activated moves, with all that is believed of it."""
    factor = {p: host.arrhenius(name, temperature) for p, name in _ACTIVATED.items()}
    changes: dict[str, Any] = {"tip.radius": radius, "material.temperature": temperature}
    rate = getattr(e.interface, "rate", inf)
    if rate < inf:
        changes["interface.rate"] = rate * factor["interface.rate"]
    here = e.replace(changes)

    def moved(values: Mapping[str, Any]) -> dict[str, Any]:
        return {k: np.multiply(v, factor[k]) if k in factor else v for k, v in values.items()}

    ranges = {k: (float(v[0]), float(v[1])) for k, v in moved(belief.ranges).items()}
    scaled = [{k: float(v) for k, v in moved(n).items()} for n in nodes]
    belief = replace(belief, ranges=ranges, fixed=moved(belief.fixed))
    return Setting(here, instrument, belief, scaled, drive, per)


def _ladder(
    setting: Setting, candidates: Sequence[Spectra | Relaxations], budget: float, here: float
) -> Iterator[tuple[float, float]]:
    """Expected error of the best plan for each budget."""
    made = {part * budget: [m for c in candidates for m in c.best(part * budget)]
            for part in _LADDER if part != 1}  # fmt: skip
    flat = [m for some in made.values() for m in some]
    found = iter(setting.expected(flat))
    rated = {t: min((float(next(found).mean()) for _ in some), default=inf)
             for t, some in made.items()} | {budget: here}  # fmt: skip
    yield from sorted((t, value) for t, value in rated.items() if value < inf)


def _habits(setting: Setting, budget: float) -> dict[str, Real]:
    """Errors of ln D at each node."""
    made = {habits.RESONANCE: habits.one_frequency(setting, budget)}
    if setting.instrument.bandwidth is not None:
        pulse = habits.one_pulse(setting, budget)
        if pulse is not None:
            made[habits.PULSE] = pulse
    out = dict(zip(made, setting.expected(list(made.values())), strict=True))
    if habits.PULSE in made:
        out[habits.EXPONENTIAL] = habits.exponential(setting, made[habits.PULSE])
    return out


def _notes(setting: Setting, best: PlannedMeasurement) -> Iterator[str]:
    """What the experiment's own rules say of the drive, and of the lever."""
    low, high = setting.belief.ranges[D]
    middle = setting.experiment.replace({D: (low * high) ** 0.5})
    drive = best.drive if best.per == "volt" else 0.0
    for finding in middle.check(drive):
        yield str(finding)
    lever = setting.instrument.cantilever
    if lever is not None and setting.contact is None:
        yield (
            "The contact stiffness of the lever is unknown: its resonance and thermal noise are "
            'left out. Give instrument.replace({"cantilever.contact_stiffness": …}) [N/m].'
        )
