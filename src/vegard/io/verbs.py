"""What each signal of a plan computes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vegard import response, waveforms
from vegard.current import contact_current, contact_impedance
from vegard.errors import NoStaticLimit, OutOfRegime
from vegard.experiment import Experiment
from vegard.io.extras import Case
from vegard.io.plan import Plan
from vegard.result import Axis, Response

Real = NDArray[np.float64]
Responses = dict[str, Response]

_RESONANCES = 6
_BESIDE = np.geomspace(0.05, 300.0, 22)  # half-widths f/2Q from a resonance
_AROUND = np.concatenate([-_BESIDE[::-1], [0.0], _BESIDE])
_MOST_CASES = 20
_NO_BIAS = (
    "[parasitics.{}] has no part at the drive's frequency without a dc bias, only at twice it; "
    "give dc (for the electrostatic force, against surface_potential)."
)


def names(plan: Plan) -> list[str]:
    """Responses that a plan makes, in the order of its signals."""
    return [
        name
        for signal, every in _NAMES.items()
        if getattr(plan, signal) is not None
        for name in every(plan)
    ]


def _spectra(plan: Plan) -> Iterator[str]:
    yield "frequency"
    yield from plan.components[1:]
    if terms := plan.extras.parasitics.given():
        yield from (*terms, "sum")
    if plan.extras.cantilever is not None:
        yield "photodiode"


def _currents(plan: Plan) -> Iterator[str]:
    if plan.experiment.material.ocv_slope is None:
        yield "current"
    else:
        yield from ("impedance", "resistance")
    if plan.time is not None:
        yield "step_current"


def _of_resolution(plan: Plan) -> Iterator[str]:
    yield from ("edge_width", "half_contrast_period")
    if plan.resolution is not None and plan.resolution.instrument is not None:
        yield "noise_limited_period"


_NAMES: dict[str, Callable[[Plan], Iterator[str]]] = {
    "frequency": _spectra,
    "time": lambda plan: iter(("step",)),
    "pulse": lambda plan: iter(("pulse",)),
    "profile": lambda plan: iter(("profile",)),
    "relaxation": lambda plan: iter(("relaxation",)),
    "current": _currents,
    "resolution": _of_resolution,
    "detection": lambda plan: iter(("ions", "snr_strain", "snr_current")),
}


def _frequency(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    assert plan.frequency is not None
    e, f = case.experiment, plan.frequency.array()
    out: Responses = {}
    for component in plan.components:
        name = "frequency" if component == "vertical" else component
        out[name] = response.frequency_response(
            e, f, per=plan.per, azimuth=plan.azimuth, component=component
        )
    terms = case.extras.parasitics.given()
    if terms:
        out |= {name: term.response(f, ac=abs(plan.drive)) for name, term in terms.items()}
        for name, term in terms.items():
            if not term.bias():
                warnings.warn(_NO_BIAS.format(name), OutOfRegime, stacklevel=2)
        out["sum"] = sum((out[name] for name in terms), start=out["frequency"])
    lever = case.extras.cantilever
    if lever is not None:
        fine = lever_grid(plan, cases)
        total = response.frequency_response(e, fine, per=plan.per, azimuth=plan.azimuth)
        for term in terms.values():
            total = total + term.response(fine, ac=abs(plan.drive))
        out["photodiode"] = lever.detect(total)
        if lever.lateral_stiffness:  # a tip that sticks is bent sideways too
            sideways = response.frequency_response(
                e, fine, per=plan.per, azimuth=plan.azimuth, component="lateral_x"
            )
            if sideways.values.any():
                out["photodiode"] = out["photodiode"] + lever.detect(sideways)
    return out


def lever_grid(plan: Plan, cases: Sequence[Case]) -> Real:
    """Frequencies [Hz] of the plan, and more across the contact resonances of all cases."""
    assert plan.frequency is not None
    f = plan.frequency.array()
    if plan.frequency.values or len(cases) > _MOST_CASES:
        return f
    levers = dict.fromkeys(case.extras.cantilever for case in cases)
    more = [f]
    for lever in levers:
        if lever is not None:
            middle, q = lever.resonances(_RESONANCES), lever.quality_factors(_RESONANCES)
            more.append((middle[:, None] * (1 + _AROUND / (2 * q[:, None]))).ravel())
    every = np.unique(np.concatenate(more))
    return np.asarray(every[(every >= f.min()) & (every <= f.max())])


def _step(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    assert plan.time is not None
    e, t = case.experiment, plan.time.array()
    return {"step": response.step_response(e, t, per=plan.per, azimuth=plan.azimuth)}


def _pulse(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    assert plan.pulse is not None
    drive, t = waveforms.Pulse(plan.pulse.duration, plan.drive), plan.pulse.times()
    out = response.time_response(case.experiment, drive, t, per=plan.per, azimuth=plan.azimuth)
    return {"pulse": out}


def _profile(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    assert plan.profile is not None
    e, moments, at = case.experiment, np.array(plan.profile.moments), plan.profile.at()
    if plan.profile.of == "frequency":
        out = response.frequency_response(e, moments, per=plan.per, at=at, azimuth=plan.azimuth)
    elif plan.profile.of == "time":
        out = response.step_response(e, moments, per=plan.per, at=at, azimuth=plan.azimuth)
    else:
        assert plan.pulse is not None
        drive = waveforms.Pulse(plan.pulse.duration, plan.drive)
        out = response.time_response(e, drive, moments, per=plan.per, at=at, azimuth=plan.azimuth)
    return {"profile": out}


def _relaxation(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    from vegard.spectroscopy import relaxation_times

    assert plan.relaxation is not None
    tau = None if plan.relaxation.tau is None else plan.relaxation.tau.array()
    return {"relaxation": relaxation_times(case.experiment, per=plan.per, tau=tau)}


def _current(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    assert plan.current is not None
    e, f = case.experiment, plan.current.array()
    out: Responses = {}
    if e.material.ocv_slope is None:
        out["current"] = contact_current(e, f, per=plan.per)
    else:
        out["impedance"] = contact_impedance(e, f)
        try:
            out["resistance"] = contact_impedance(e, 0.0)
        except NoStaticLimit as error:
            warnings.warn(f"no resistance at rest: {error}", OutOfRegime, stacklevel=2)
    if plan.time is not None:
        t = plan.time.array()
        if (t > 0).any():  # before the step there is none, at the step it is infinite
            out["step_current"] = contact_current(e, time=t[t > 0], per=plan.per)
    return out


def _resolution(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    from vegard.resolving import resolution

    assert plan.resolution is not None
    f = plan.resolution.grid.array()
    e = case.experiment.replace({"also": ()})
    name = plan.resolution.instrument
    tool = None if name is None else case.instrument(name)
    r = resolution(e, f, instrument=tool, drive=abs(plan.drive), per=plan.per).quoted
    u = response.frequency_response(r.experiment, f, per=plan.per).values * abs(plan.drive)
    lengths = {"edge_width": r.edge_25_75, "half_contrast_period": 2 * np.pi / r.k50}
    if tool is not None:
        period = r.noise_limited_period
        if np.isfinite(period).all():
            lengths["noise_limited_period"] = period
        else:
            seen = f"{np.isfinite(period).sum()} of {f.size} frequencies"
            warnings.warn(f"a uniform sample is seen at {seen} only: no noise-limited period is "
                          "written.", OutOfRegime, stacklevel=2)  # fmt: skip
    share = np.abs(r.kernel.total / u - 1)
    return {n: _over(f, v, share * v, "m", n, r.experiment) for n, v in lengths.items()}


def _detection(plan: Plan, case: Case, cases: Sequence[Case]) -> Responses:
    from vegard.detectability import detection

    assert plan.detection is not None
    assert plan.detection.instrument is not None
    f, tool = plan.detection.grid.array(), case.instrument(plan.detection.instrument)
    d = detection(case.experiment, f, instrument=tool, drive=abs(plan.drive), per=plan.per)
    for note in d.notes:
        warnings.warn(note, OutOfRegime, stacklevel=2)
    found = {"ions": d.ions, "snr_strain": d.snr_strain, "snr_current": d.snr_current}
    return {n: _over(f, v, 1e-9 * v, "–", n, case.experiment)
            for n, v in found.items() if v is not None}  # fmt: skip


def _over(f: Real, values: Real, error: Real, unit: str, name: str, e: Experiment) -> Response:
    """Positive numbers over frequency."""
    axes = (Axis("at", "m", np.zeros(())), Axis("frequency", "Hz", f))
    return Response(values, error, unit, axes, {"verb": name, "experiment": e})


VERBS: dict[str, Callable[[Plan, Case, Sequence[Case]], Responses]] = {
    "frequency": _frequency,
    "time": _step,
    "pulse": _pulse,
    "profile": _profile,
    "relaxation": _relaxation,
    "current": _current,
    "resolution": _resolution,
    "detection": _detection,
}
