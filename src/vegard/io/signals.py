"""Sections of an experiment file that say which signals are computed, and at which points."""

from __future__ import annotations

from dataclasses import replace
from math import log10, pi
from typing import Any

from vegard import transfer
from vegard.elastic import COMPONENTS
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.io.plan import (
    SIGNALS,
    Grid,
    Plan,
    ProfilePlan,
    PulsePlan,
    RelaxationPlan,
    Scales,
    SeenPlan,
    rounded,
    scales,
)
from vegard.io.values import MOST_POINTS, keys, number, numbers, switch, text, whole

_PROFILE = {"frequency": "Hz", "time": "s", "pulse_time": "s"}
_RANGE = ("from", "to", "points", "values")


def plan_signals(plan: Plan, experiments: list[Experiment], wanted: dict[str, Any]) -> Plan:
    """The plan with the points of its signals; automatic axes span all sweeps.

    Parameters
    ----------
    plan : Plan
        The plan without signals.
    experiments : list of Experiment
        All combinations of its sweeps.
    wanted : dict
        Sections of the file by signal, empty where all is automatic.
    """
    size = scales(experiments)
    chosen: dict[str, Any] = {}
    for name in SIGNALS:
        if name in wanted and switch(f"{name}.enabled", wanted[name].get("enabled", True)):
            table = {k: v for k, v in wanted[name].items() if k != "enabled"}
            if name == "frequency":
                chosen["components"] = _components(table.pop("components", None), experiments, plan)
            chosen[name] = _MAKERS[name](table, size, chosen)
    return replace(plan, **chosen)


def _components(given: Any, experiments: list[Experiment], plan: Plan) -> tuple[str, ...]:
    """Components of the frequency response; by default lateral ones that the tensor brings."""
    name = "frequency.components"
    if given is None:
        return tuple(c for c in COMPONENTS if _seen(c, experiments, plan.azimuth))
    if not isinstance(given, list) or any(not isinstance(c, str) for c in given):
        raise VegardError(f'{name} is a list, ["vertical", "lateral_x"]; got {given!r}.')
    for c in given:
        if c not in COMPONENTS:
            raise unknown_name(name, c, COMPONENTS)
    if "vertical" not in given:
        raise VegardError(f'{name} needs "vertical", to which the lateral ones are compared.')
    if len(given) > 1 and any(e.readout != "centre" for e in experiments):
        raise VegardError(f'{name}: lateral motion is read at a point; use readout = "centre".')
    return tuple(c for c in COMPONENTS if c in given)


def _seen(component: str, experiments: list[Experiment], azimuth: float) -> bool:
    """Whether a component moves the centre: there only harmonics of order 0 count."""
    return component == "vertical" or any(
        e.readout == "centre" and part.order == 0
        for e in experiments
        for part in transfer.parts(e, component, azimuth)
    )


def _grid(
    section: str,
    table: dict[str, Any],
    unit: str,
    auto: tuple[float, float],
    per_decade: int = 10,
) -> Grid:
    """Points of an axis: ``values``, or log-spaced ``from`` … ``to``; by default ``auto``."""
    if "values" in table:
        if len(table) > 1:
            raise VegardError(f"[{section}] takes values, or from/to/points; not both.")
        values = numbers(f"{section}.values", table["values"], unit, positive=section != "time")
        return Grid(values=values)
    start = number(f"{section}.from", table.get("from", rounded(auto[0])), unit)
    stop = number(f"{section}.to", table.get("to", rounded(auto[1])), unit)
    lone = {"from", "to"} - set(table)
    if stop <= start and len(lone) == 1:
        other = lone.pop()
        raise VegardError(
            f"{section}.{other} is automatic, {start if other == 'from' else stop:g} {unit} here, "
            f"and {section}.to must be above {section}.from; give {section}.{other} too."
        )
    if stop <= start:
        raise VegardError(
            f"{section}.to must be above {section}.from; got {stop:g} and {start:g} {unit}."
        )
    count = max(round(per_decade * log10(stop / start)) + 1, 11)
    return Grid(start, stop, whole(f"{section}.points", table.get("points", count), 2, MOST_POINTS))


def _frequency(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> Grid:
    keys("frequency", table, _RANGE)
    low, high = 1 / (2 * pi * size.longest), 1 / (2 * pi * size.shortest)
    return _grid("frequency", table, "Hz", (low * 1e-4, high * 1e4))


def _time(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> Grid:
    keys("time", table, _RANGE)
    return _grid("time", table, "s", (size.shortest * 1e-4, size.longest * 1e4))


def _pulse(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> PulsePlan:
    keys("pulse", table, ("duration", "from", "to", "points"))
    rest = {k: v for k, v in table.items() if k != "duration"}
    duration = number("pulse.duration", table.get("duration", size.longest), "s")
    shortest = min(duration, size.shortest)
    return PulsePlan(duration, _grid("pulse", rest, "s", (shortest * 1e-3, duration * 1e3)))


def _profile(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> ProfilePlan:
    keys("profile", table, ("to", "points", "values", *_PROFILE))
    given = [k for k in _PROFILE if k in table]
    if len(given) > 1:
        names = ", ".join(_PROFILE)
        raise VegardError(f"[profile] takes one of {names}; got {' and '.join(given)}.")
    if "pulse_time" in given and "pulse" not in chosen:
        raise VegardError("profile.pulse_time needs the section [pulse].")
    of = given[0] if given else "pulse_time" if "pulse" in chosen else "time"
    length = chosen["pulse"].duration if of == "pulse_time" else size.longest
    auto = [rounded(length * n) for n in (1, 2, 5, 20)]
    raw, positive = table.get(of, auto), of == "frequency"
    moments = numbers(f"profile.{of}", raw, _PROFILE[of], positive=positive)
    return ProfilePlan(of, moments, _radii(table, size))


def _radii(table: dict[str, Any], size: Scales) -> Grid:
    if "values" in table:
        if "to" in table or "points" in table:
            raise VegardError("[profile] takes values, or to/points; not both.")
        return Grid(values=numbers("profile.values", table["values"], "m", zero=True))
    stop = number("profile.to", table.get("to", rounded(5 * size.radius)), "m")
    return Grid(0.0, stop, whole("profile.points", table.get("points", 41), 2, MOST_POINTS))


def _relaxation(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> RelaxationPlan:
    keys("relaxation", table, _RANGE)
    if not table and not size.swept:
        return RelaxationPlan()
    auto = (size.shortest * 1e-4, size.longest * 1e4)
    return RelaxationPlan(_grid("relaxation", table, "s", auto, 40))  # a film's g jumps


def _current(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> Grid:
    keys("current", table, _RANGE)
    if not table and "frequency" in chosen:
        same: Grid = chosen["frequency"]
        return same
    if "frequency" in chosen and "values" not in table:
        f = chosen["frequency"].array()
        table = {"from": float(f.min()), "to": float(f.max()), **table}
    low, high = 1 / (2 * pi * size.longest), 1 / (2 * pi * size.shortest)
    return _grid("current", table, "Hz", (low * 1e-4, high * 1e4))


def _resolution(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> SeenPlan:
    return _seen_by("resolution", table, size, chosen)


def _detection(table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> SeenPlan:
    seen = _seen_by("detection", table, size, chosen)
    if seen.instrument is None:
        raise VegardError(
            "detection.instrument is missing: a name of `vegard instruments`, e.g. instrument = "
            '"QPDI+SCM-PIT+SP983".'
        )
    return seen


def _seen_by(name: str, table: dict[str, Any], size: Scales, chosen: dict[str, Any]) -> SeenPlan:
    """Frequencies [Hz], three in a decade around D/R² unless given, and an instrument."""
    from vegard.instrument import instruments

    keys(name, table, (*_RANGE, "instrument"))
    tool = table.get("instrument")
    if tool is not None:
        tool = text(f"{name}.instrument", tool)
        instruments[tool]  # an unknown name is said now
    rest = {k: v for k, v in table.items() if k != "instrument"}
    low, high = 1 / (2 * pi * size.longest), 1 / (2 * pi * size.shortest)
    return SeenPlan(_grid(name, rest, "Hz", (low * 1e-2, high * 1e4), 3), tool)


_MAKERS: dict[str, Any] = {
    "frequency": _frequency,
    "time": _time,
    "pulse": _pulse,
    "profile": _profile,
    "relaxation": _relaxation,
    "current": _current,
    "resolution": _resolution,
    "detection": _detection,
}
