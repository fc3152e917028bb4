"""The answer of a run in words, and the numbers it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from math import isfinite, pi
from typing import Any

import numpy as np

from vegard import readings
from vegard.io import objects
from vegard.layered import Layered
from vegard.parameters import field_of
from vegard.prefixes import quantity
from vegard.report import signals
from vegard.result import Response

_TIPS = {"DiscTip": "disc", "GaussianTip": "gaussian", "ProfileTip": "profiled"}
_INTERFACES = {
    "FixedConcentration": "equilibrium with the tip",
    "FixedFlux": "a fixed flux under the tip",
    "LinearKinetics": "linear charge transfer",
    "Contact": "exchange under the contact alone",
    "BlockingTip": "a tip that lets no ions through",
}
_LAWS = {
    -0.5: "the law of equilibrium with the tip: a skin √(D/ω) thin",
    -1.0: "the law of a flux fixed by the bias, of charge transfer, or of a blocking tip",
}


def parameter(experiment: Any, path: str) -> Mapping[str, Any]:
    """Metadata (doc, symbol, unit …) of the field at a dotted path; empty if there is none."""
    if path in (known := objects.paths()):
        return known[path]
    owner = experiment
    *parts, last = path.split(".")
    for name in parts:
        owner = getattr(owner, name, None)
    return field_of(owner, last).metadata if is_dataclass(owner) else {}


def key_numbers(point: Any) -> dict[str, float]:
    """The numbers of one point of a run that a person asks for first.

    Parameters
    ----------
    point : vegard.run.Point
        One experiment with its responses.

    Returns
    -------
    dict
        Of what was computed: corner_frequency_Hz; lowest_frequency_Hz, amplitude_lowest and
        highest_frequency_Hz, amplitude_highest in the response's units; slope; half_time_s;
        pulse_s, fall_time_s; main_relaxation_s; half_radius_m; those of `signals.numbers`. nan
        where a number is not seen.
    """
    e = point.experiment
    out: dict[str, float] = {}
    if e.material.diffusivity is not None:
        out["corner_frequency_Hz"] = e.material.diffusivity_normal / (2 * pi * e.tip.radius**2)
    if point.frequency is not None:
        f, u = readings.curve(point.frequency)
        out |= {
            "lowest_frequency_Hz": float(f[0]),
            "amplitude_lowest": float(np.abs(u[0])),
            "highest_frequency_Hz": float(f[-1]),
            "amplitude_highest": float(np.abs(u[-1])),
            "slope": readings.slope(point.frequency),
        }
    if point.step is not None:
        out["half_time_s"] = readings.half_time(point.step)
    if point.pulse is not None:
        duration = readings.pulse_duration(point.pulse)
        if duration is not None:
            out |= {"pulse_s": duration, "fall_time_s": readings.fall_time(point.pulse)}
    if point.relaxation is not None:
        out["main_relaxation_s"] = readings.main_relaxation(point.relaxation)
    if readings.is_curve(point.profile) and readings.kind(point.profile) == "profile":
        out["half_radius_m"] = readings.half_radius(point.profile)
    return out | signals.numbers(point)


def setting(e: Any) -> str:
    """The experiment in a few words.

    Examples
    --------
    >>> import vegard as vg
    >>> setting(vg.Experiment(vg.Material(1e-15, 1e-6, 0.3, name="LMO"), vg.DiscTip(10e-9)))
    'LMO under a disc tip of radius 10 nm, half-space, equilibrium with the tip'
    """
    tip, interface = type(e.tip).__name__, type(e.interface).__name__
    place = "half-space"
    if isfinite(e.thickness):
        place = f"film of {quantity(e.thickness, 'm')} with a {e.geometry.back} back"
    if isinstance(e.elastic, Layered):
        young = e.elastic.substrate_young
        place += f" on a {'substrate' if isfinite(young) else 'rigid base'}"
        place += f" of {quantity(young, 'Pa')}" if isfinite(young) else ""
    return (
        f"{e.material.name or 'A material'} under a {_TIPS.get(tip, tip)} tip of radius "
        f"{quantity(e.tip.radius, 'm')}, {place}, {_INTERFACES.get(interface, interface)}"
    )


def answer(results: Any) -> str:
    """What a run says, as one paragraph with its key numbers.

    Parameters
    ----------
    results : vegard.run.Results
        The run.
    """
    point = results.points[0]
    said = [f"{setting(point.experiment)}." if len(results.points) == 1 else _swept(results)]
    numbers = key_numbers(point)
    if point.frequency is not None:
        said.append(_in_frequency(point.frequency, numbers))
    if "corner_frequency_Hz" in numbers:
        corner = quantity(numbers["corner_frequency_Hz"], "Hz")
        said.append(f"The diffusion length equals the contact radius at D/(2πR²) = {corner}.")
    if "slope" in numbers and isfinite(numbers["slope"]):
        said.append(_on_slope(numbers["slope"]))
    said += signals.sentences(point, numbers)
    said += _in_time(numbers)
    return " ".join(said)


def _swept(results: Any) -> str:
    first = results.points[0]
    paths = ", ".join(first.changes) or "nothing"
    text = f"{setting(first.experiment)}; a sweep of {paths} with {len(results.points)} points."
    tops = [
        (float(np.abs(readings.curve(p.frequency)[1][-1])), p.frequency)
        for p in results.points
        if p.frequency is not None
    ]
    if tops:
        size = [t[0] for t in tops]
        f = quantity(float(readings.curve(tops[0][1])[0][-1]), "Hz")
        text += (
            f" At {f} the amplitude lies between {quantity(min(size), 'm')} and "
            f"{signals.amplitude(max(size), tops[0][1])}."
        )
    return f"{text} What follows is for {label(first.experiment, first.changes)}."


def _in_frequency(response: Response, n: dict[str, float]) -> str:
    low = signals.amplitude(n["amplitude_lowest"], response)
    low += f" at {quantity(n['lowest_frequency_Hz'], 'Hz')}"
    if n["lowest_frequency_Hz"] == n["highest_frequency_Hz"]:
        return f"The surface moves by {low}."
    high = signals.amplitude(n["amplitude_highest"], response)
    return f"The surface moves by {low} and {high} at {quantity(n['highest_frequency_Hz'], 'Hz')}."


def _on_slope(slope: float) -> str:
    text = f"Over the highest decade its slope is {slope:.2f}".replace("-", "−")
    for law, words in _LAWS.items():
        if abs(slope - law) < 0.05:
            return f"{text}, {words}."
    return f"{text}."


def _in_time(n: dict[str, float]) -> list[str]:
    said = []
    if isfinite(n.get("half_time_s", np.nan)):
        said.append(
            f"After a step half of the last displacement is there after "
            f"{quantity(n['half_time_s'], 's')}."
        )
    if isfinite(n.get("fall_time_s", np.nan)):
        said.append(
            f"After a pulse of {quantity(n['pulse_s'], 's')} it relaxes to 1/e in "
            f"{quantity(n['fall_time_s'], 's')}."
        )
    if isfinite(n.get("main_relaxation_s", np.nan)):
        said.append(
            "The distribution of relaxation times is largest at "
            f"{quantity(n['main_relaxation_s'], 's')}."
        )
    if isfinite(n.get("half_radius_m", np.nan)):
        said.append(
            f"The surface bump falls to half of its height {quantity(n['half_radius_m'], 'm')} "
            "from the axis."
        )
    return said


def label(experiment: Any, changes: dict[str, Any]) -> str:
    """The changes of a sweep's point in words, e.g. "R = 10 nm, D = 1e-15 m²/s".

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> label(e, {"tip.radius": 2e-8})
    'R = 20 nm'
    """
    return ", ".join(_one(experiment, path, value) for path, value in changes.items())


def _one(experiment: Any, path: str, value: Any) -> str:
    meta = parameter(experiment, path)
    name = meta.get("symbol") or path.rpartition(".")[2]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{name} = {quantity(float(value), meta.get('unit', ''))}"
    return f"{name} = {value if isinstance(value, str) else type(value).__name__}"
