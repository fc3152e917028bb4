"""Diffusivity from the voltage during and after a pulse of current."""

from __future__ import annotations

from math import inf, log, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.cell import Cell
from vegard.classical import series_checks as checks
from vegard.classical.estimate import Estimate
from vegard.classical.regression import Curve, Fit, fit, half, interval, line, settle, student
from vegard.classical.trial_curves import DIMENSION, current_level
from vegard.errors import VegardError, unknown_name
from vegard.prefixes import quantity

Real = NDArray[np.float64]
Bools = NDArray[np.bool_]

VERB = "analyse_gitt"
METHODS = ("weppner_huggins", "sqrt_t", "full_model")
ROOT = {"planar": 0.1667, "cylinder": 0.00624, "sphere": 0.00241}  # Dt/L², D of sqrt_t within 1 %
CHORD = {"planar": 0.270, "cylinder": 1.27e-4, "sphere": 3.2e-5}  # Dτ/L², D of Weppner-Huggins
REST = {"planar": 0.607, "cylinder": 0.361, "sphere": 0.242}  # Dt/L² after the pulse, ΔE_s 0.5 %


class _Series(NamedTuple):
    """The whole series; which points lie in the pulse; its length and current."""

    t: Real
    v: Real
    on: Bools
    pulse: float
    current: float | None
    cell: Cell


def analyse_gitt(
    time: ArrayLike,
    voltage: ArrayLike,
    cell: Cell,
    *,
    method: str,
    current: ArrayLike | None = None,
    pulse: float | None = None,
    window: tuple[float, float] | None = None,
) -> Estimate:
    r"""Diffusivity from the voltage during and after a pulse of constant current (GITT).

    Parameters
    ----------
    time : array_like
        Times [s], increasing; the current starts at t = 0.
    voltage : array_like
        Voltage [V] of the reservoir against the sample, with any constant: a positive current
        raises it. (A cathode's voltage against lithium counts the other way.)
    cell : Cell
        Its ``length``, ``area``, ``shape`` and ``back`` are used, and of the material
        ``ocv_slope`` and ``charge``; no diffusivity and no resistance.
    method : {"weppner_huggins", "sqrt_t", "full_model"}
        See below.
    current : float or array_like, optional
        Current [A] of the pulse; or the measured one at all times, from which the pulse is read.
        Needed unless the relaxation stands in for it.
    pulse : float, optional
        Length τ of the pulse [s]; later points are the relaxation. By default as ``current`` says,
        or all times.
    window : (float, float), optional
        Times [s] to use. By default all that lie within the range of the formula.

    Returns
    -------
    Estimate
        D [m²/s] with its interval. ``more`` holds ``resistance`` [Ω], the current's share of the
        constant (sqrt_t: only if V counts from rest), ``stiffness`` [Ω m/s] where it was found,
        ``delta_s``, ``delta_tau`` [V] (weppner_huggins).

    Raises
    ------
    VegardError
        For bad data, the opposite sign, an unknown method, or no data in the range of the formula.

    Warns
    -----
    OutOfRegime
        If the pulse or the window is too long for the formula, the rest too short, or the fit
        leaves more than noise.

    Notes
    -----
    With k = (-dE/dC)/(zFA), T = Dt/L², m = 0, 1, 2 for film, cylinder, sphere:

    .. math:: \text{sqrt t: } V = V_0 + 2kI\sqrt{\frac{t}{\pi D}} + \frac m2\frac{kI}{L}t,\qquad
        \text{Weppner-Huggins: } D = \frac{4}{\pi}\Big[\frac{kI}{dV/d\sqrt t}\Big]^2
        = \frac{4}{\pi\tau}\Big[\frac{L}{m+1}\frac{\Delta E_s}{\Delta E_\tau}\Big]^2

    *sqrt_t* regresses V on √t; resistances and linear kinetics, at any rate, go into V₀ and leave D
    alone. The term in t, the curvature of a particle, is known. 1 % in D up to T = 0.167 (film),
    0.0062 (cylinder), 0.0024 (sphere). *weppner_huggins* is the textbook's chord between the first
    point and the last, without curvature: 1 % up to Dτ/L² = 0.27 (film), 1.3e-4 (cylinder), 3.2e-5
    (sphere). It takes ΔE_s from the relaxation if there is one (blocking back; then neither
    ``current`` nor ``ocv_slope`` is needed), else kI. *full_model* fits

    .. math:: V = V_0 + I r + \frac{kIL}{D}[c(T) - c(T - T_\tau)],\quad
        c = (m+1)T + \frac1{m+3} - \sum_n\frac{2}{\lambda_n^2}e^{-\lambda_n^2T}

    with D, V₀ and r free, at all times; k as well if ``ocv_slope`` or ``current`` is unknown. The
    interface must be linear and without double layer. Weppner and Huggins, J. Electrochem. Soc.
    124, 1569 (1977). tests/classical/test_analyse_gitt.py.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> film = vg.Cell(lmo, length=200e-9, area=1e-4, rate=1e-8)  # Bi = 0.02
    >>> t = np.linspace(0.001, 0.05, 50)
    >>> v = vg.classical.gitt(film, t, 1e-4).values
    >>> d = vg.classical.analyse_gitt(t, v, film, method="sqrt_t", current=1e-4).diffusivity
    >>> f"{d:.3e} m²/s"
    '1.000e-13 m²/s'
    """
    if method not in METHODS:
        raise unknown_name(f"method of {VERB}", method, METHODS)
    data = _series(time, voltage, cell, current, pulse)
    if method == "sqrt_t":
        return _sqrt_t(data, window)
    return _full_model(data, window) if method == "full_model" else _chord(data, window)


def _series(time: Any, voltage: Any, cell: Any, current: Any, pulse: Any) -> _Series:
    cell = checks.checked_cell(VERB, cell)
    t, v = checks.series(VERB, time, voltage, "voltage", "V")
    if np.ndim(current):
        current, length = _measured(t, current, tell=pulse is None)
    else:
        current = None if current is None else checks.checked_number(VERB, "current", "A", current)
        length = float(t[-1])
    if pulse is not None:
        length = checks.checked_number(VERB, "pulse", "s", pulse)
    on = (t > 0) & (t <= length)
    if on.sum() < 4:
        raise VegardError(
            f"{VERB} needs 4 or more points in the pulse, 0 < t <= {length:g} s; got "
            f"{int(on.sum())} of {t.size}. Subtract the time at which the current starts."
        )
    data = _Series(t, v, on, length, current, cell)
    rise = line([np.sqrt(t[on]), np.ones(on.sum())], v[on])
    slope = float(rise.values[0])
    if current is not None and slope * current < 0 and abs(slope) > 3 * rise.sigma[0]:
        raise VegardError(
            f"{VERB}: the current is {current:g} A but V {'falls' if slope < 0 else 'rises'} in "
            "the pulse. In vegard V is that of the reservoir against the sample, so that a "
            "positive current raises it; a cathode's voltage against lithium counts the other way. "
            "Pass -voltage (on the command line --reverse), or change the sign of the current."
        )
    return data


def _measured(t: Real, current: Any, *, tell: bool) -> tuple[float, float]:
    """Current of the pulse and its length, from the measured current."""
    t, i = checks.series(VERB, t, current, "current", "A")
    on = np.abs(i) > np.abs(i).max() / 2
    inside = i[on]
    level = float(np.median(inside))
    far = float(np.abs(inside - level).max())
    if far > 0.02 * abs(level):
        raise VegardError(
            f"{VERB}: the current is not constant in the pulse: it departs from {level:g} A by "
            f"{far:.2g} A. Pass the current as one number, or analyse one pulse at a time."
        )
    first, last = int(np.argmax(on)), int(on.size - 1 - np.argmax(on[::-1]))
    if not on[first : last + 1].all():
        hole = first + int(np.argmin(on[first : last + 1]))
        raise VegardError(
            f"{VERB}: the current has a gap at {t[hole]:g} s; pass one pulse at a time, with its "
            "relaxation and t = 0 at its start."
        )
    before = float(t[first - 1]) if first else 0.0
    if t[first] < 0 or before > 0:
        raise VegardError(
            f"{VERB}: the current must start at t = 0; it does so between {before:g} s and "
            f"{t[first]:g} s. Subtract that time from all times."
        )
    if last + 1 == on.size:
        return level, float(t[last])
    end, gap = float(t[last] + t[last + 1]) / 2, float(t[last + 1] - t[last])
    if tell and gap > 2e-3 * end:
        checks.told(
            f"{VERB}: the current ends between {t[last]:g} s and {t[last + 1]:g} s; {end:g} s is "
            "taken. Give pulse=… [s], the length that was set."
        )
    return level, end


def _stiffness_times_current(data: _Series, why: str) -> float:
    """|kI| [V m/s]."""
    if data.current is None:
        raise VegardError(f"{VERB}: {why} needs current=… [A].")
    return checks.known_stiffness(VERB, data.cell, why) * abs(data.current)


def _in_pulse(data: _Series, window: Any) -> Bools:
    used = data.on & checks.inside(VERB, data.t, window, "s", 1)
    if used.sum() < 4:
        raise VegardError(
            f"{VERB} needs 4 or more points of the pulse in the window; got {int(used.sum())}: the "
            f"pulse spans {checks.span(data.t[data.on], 's')}."
        )
    return used


def _sqrt_t(data: _Series, window: Any) -> Estimate:
    cell, sign = data.cell, -1.0 if (data.current or 1.0) < 0 else 1.0
    drive = _stiffness_times_current(data, 'method="sqrt_t"')
    allowed = _in_pulse(data, window)
    m, t = DIMENSION[cell.shape], data.t
    straight = sign * data.v - m / 2 * drive / cell.length * t
    limit = ROOT[cell.shape] * cell.length**2

    def slope(used: Bools) -> Any:
        return line([np.sqrt(t[used]), np.ones(used.sum())], straight[used])

    def result(used: Bools) -> float:
        return 4 / pi * (drive / float(slope(used).values[0])) ** 2

    if window is None:
        d, used = settle(allowed, lambda d: t <= limit / d, result, 4)
    else:
        used = allowed
        d = result(used)
    if used.sum() < 4:
        raise _too_late(data, used, d, limit)
    last = float(t[used].max())
    if last * d > 1.02 * limit:
        _too_long(data, "the window ends at", last, d, ROOT)
    seen = slope(used)
    rest = straight[used] - np.sqrt(t[used]) * seen.values[0] - seen.values[1]
    checks.check_shape_of_rest(f'{VERB} method="sqrt_t"', rest, straight[used] - seen.values[1])
    b, reach = float(seen.values[0]), float(seen.reach[0])
    ends = tuple(4 / pi * (drive / x) ** 2 if x > 0 else inf for x in (b + reach, b - reach))
    more = {
        "resistance": float(seen.values[1]) / abs(data.current or 1.0),
        "points": int(used.sum()),
        "noise": seen.noise,
    }
    text = (
        "semi-infinite diffusion under a constant current; resistances and linear kinetics are "
        "constants and do not matter, a double layer or a changing dE/dC does"
    )
    return Estimate("sqrt_t", d, 2 * d * float(seen.sigma[0]) / b, (ends[0], ends[1]),
                    _ends(t[used]), text, more)  # fmt: skip


def _too_late(data: _Series, used: Bools, d: float, limit: float) -> VegardError:
    length = data.cell.length
    edge = f"t <= {quantity(limit / d, 's')} (Dt/L² = {limit / length**2:.3g})"
    return VegardError(
        f"{VERB}: {int(used.sum())} of {int(data.on.sum())} points of the pulse are left where V "
        f"goes with √t. With D = {d:.3g} m²/s, L²/D = {quantity(length**2 / d, 's')}, that is "
        f"{edge}, and the pulse spans {checks.span(data.t[data.on], 's')}: it is too long, or "
        'sampled too slowly. Use method="full_model", which takes all times; or check units, if '
        "this D is absurd: current in A, length in m, area in m²."
    )


def _too_long(data: _Series, what: str, last: float, d: float, table: dict[str, float]) -> None:
    limit = table[data.cell.shape]
    checks.told(
        f"{VERB}: {what} {quantity(last, 's')}, t/(L²/D) = {last * d / data.cell.length**2:.3g}, "
        f"too long for √t: D is within 1 % up to {limit:.3g}, "
        f"window=(0, {limit * data.cell.length**2 / d:.3g}) s. Use that window with "
        'method="sqrt_t", or method="full_model".'
    )


def _chord(data: _Series, window: Any) -> Estimate:
    cell, used = data.cell, _in_pulse(data, window)
    t, v = data.t[used], data.v[used]
    last, part = float(t[-1]), 1 - sqrt(float(t[0] / t[-1]))
    delta = abs(float(v[-1] - v[0])) / part  # as if read from t = 0
    seen = line([np.sqrt(t / last), np.ones(t.size), t / last], v)
    more: dict[str, Any] = {"delta_tau": delta, "points": 2, "noise": seen.noise}

    def result(drive: float) -> float:
        return 4 / (pi * last) * (drive * last / delta) ** 2

    known = data.current is not None and cell.material.ocv_slope is not None
    wait, rest = float(data.t[-1]) - data.pulse, REST[cell.shape] * cell.length**2
    words = 'method="weppner_huggins" without a relaxation'
    drive = _stiffness_times_current(data, words) if known or wait <= 0 or cell.permeable else inf
    spread = 2 * (seen.noise / delta / part) ** 2
    if wait > 0 and not cell.permeable and wait * result(drive) >= rest:
        drive, own = _relaxed(data, seen.noise, more)
        spread += own
        if wait * result(drive) < 0.98 * rest:
            checks.told(
                f"{VERB}: the relaxation lasts {quantity(wait, 's')}, "
                f"{wait * result(drive) / cell.length**2:.2g} L²/D; ΔE_s needs "
                f"{REST[cell.shape]:g} L²/D to be within 0.5 %. Wait longer, or give current and "
                'ocv_slope in its place, or use method="full_model".'
            )
    d = result(drive)
    if last * d > 1.02 * CHORD[cell.shape] * cell.length**2:
        _too_long(data, "the pulse lasts", last, d, CHORD)
    sigma = 2 * sqrt(spread)
    reach = float(np.exp(sigma * student(seen.freedom)))
    text = (
        "V follows √t through the whole pulse, first point to last (semi-infinite diffusion, no "
        "curvature); resistances and linear kinetics are over at the first point and constant"
    )
    return Estimate("weppner_huggins", d, d * sigma, (d / reach, d * reach), _ends(t), text, more)


def _relaxed(data: _Series, noise: float, more: dict[str, Any]) -> tuple[float, float]:
    """|kI| [V m/s] from ΔE_s, and the variance of its logarithm."""
    before = data.t <= 0
    rest = float(data.v[before].mean()) if before.any() else 0.0
    change = abs(float(data.v[-1]) - rest)
    drive = change * data.cell.length / ((DIMENSION[data.cell.shape] + 1) * data.pulse)
    more["delta_s"] = change
    if data.current is not None:
        more["stiffness"] = drive / abs(data.current)
    return drive, (noise / change) ** 2 * (1 + (1 / before.sum() if before.any() else 0.0))


def _full_model(data: _Series, window: Any) -> Estimate:
    cell = data.cell
    used = checks.inside(VERB, data.t, window, "s", 6)
    t, v, on = data.t[used], data.v[used], data.on[used]
    current = 1.0 if data.current is None else data.current
    stiffness = None if data.current is None else checks.possible_stiffness(cell)
    fixed = [np.ones(t.size)] if on.all() or not on.any() else [np.ones(t.size), on * 1.0]
    size = float(np.abs(v - v.mean()).max()) or 1.0
    y, unit = (v - v[0]) / size, 1 / data.pulse

    def parts(theta: Real) -> tuple[Real, Real]:
        x = unit * np.exp(theta[0])  # D/L²
        level = current_level(t * x, cell.shape, permeable=cell.permeable)
        level -= current_level((t - data.pulse) * x, cell.shape, permeable=cell.permeable)
        if stiffness is None:
            return np.zeros(t.size), np.stack([*fixed, level / (1 + level.max())], axis=1)
        known = stiffness * current / (cell.length * x) * level / size
        return known, np.stack(fixed, axis=1)

    wide = log(max(data.pulse, float(t[-1])) / float(t[t > 0].min()))
    curve = Curve(y, parts, np.array([-25.0 - wide]), np.array([25.0 + wide]))
    starts = list(np.arange(-5.0, wide + 5.0, 0.5))
    if stiffness is not None:  # short of any bend the slope against √t has D
        slope = float(line([np.sqrt(data.t[data.on]), np.ones(data.on.sum())],
                           data.v[data.on]).values[0])  # fmt: skip
        starts.append(log(4 / pi * (stiffness * current / slope / cell.length) ** 2 / unit))
    found = fit(curve, [[s] for s in starts])
    checks.check_shape_of_rest(f'{VERB} method="full_model"', curve.rest(found.theta)[0],
                               y - y.mean())  # fmt: skip
    return _whole(data, t, found, interval(curve, found, 0), (size, unit, len(fixed)))


def _whole(
    data: _Series, t: Real, found: Fit, ends: tuple[float, float], scales: tuple[float, float, int]
) -> Estimate:
    """The estimate from θ = ln(D/L²) in units of 1/τ, and the linear parts."""
    size, unit, fixed = scales
    cell, to_d = data.cell, unit * data.cell.length**2
    d = float(np.exp(found.theta[0])) * to_d
    current = 1.0 if data.current is None else data.current
    more: dict[str, Any] = {"points": t.size, "noise": found.noise * size}
    if fixed == 2:
        more["resistance"] = size * float(found.linear[1]) / current
    if found.linear.size > fixed and data.current is not None:
        level = current_level(t * d / cell.length**2, cell.shape, permeable=cell.permeable)
        level -= current_level(
            (t - data.pulse) * d / cell.length**2, cell.shape, permeable=cell.permeable
        )
        share = size * float(found.linear[-1]) / (1 + level.max()) / current
        more["stiffness"] = share * d / cell.length
    low, high = (float(np.exp(e)) * to_d for e in ends)
    sigma = half((low, high), found.freedom)
    text = (
        "linear diffusion under a constant current; a linear interface without double layer, which "
        "is a resistance; dE/dC constant"
    )
    return Estimate("full_model", d, sigma, (low, high), _ends(t), text, more)


def _ends(t: Real) -> tuple[float, float]:
    return float(t[0]), float(t[-1])
