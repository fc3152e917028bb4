"""Diffusivity from the current after a step of the potential."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.cell import Cell
from vegard.classical import series_checks as checks
from vegard.classical.estimate import Estimate
from vegard.classical.regression import Curve, Fit, fit, half, interval, line, settle, student
from vegard.classical.trial_curves import DIMENSION, step_current
from vegard.errors import VegardError, unknown_name
from vegard.prefixes import quantity

Real = NDArray[np.float64]
Bools = NDArray[np.bool_]

VERB = "analyse_pitt"
METHODS = ("cottrell", "long_time", "kinetics")
FIRST_MODE = {"planar": pi / 2, "cylinder": 2.404825557695773, "sphere": pi}  # Bi = ∞
SHORT = {"planar": 0.1668, "cylinder": 0.0155, "sphere": 0.1136}  # Dt/L², D within 1 %
LONG = {"planar": 0.3387, "cylinder": 0.2453, "sphere": 0.1926}
PERMEABLE_LONG = 0.1926
_OVER = 0.01  # of the charge: I t at the end of a transient that is over


class _Series(NamedTuple):
    """The transient after the step, current counted positive."""

    t: Real
    i: Real
    sign: float
    cell: Cell
    scale: float | None  # ΔV/k [A s/m], so that I = scale·D/L·j; None: unknown


def analyse_pitt(
    time: ArrayLike,
    current: ArrayLike,
    cell: Cell,
    *,
    method: str,
    step: float | None = None,
    window: tuple[float, float] | None = None,
) -> Estimate:
    r"""Diffusivity from the current after a step of the potential (PITT).

    Parameters
    ----------
    time : array_like
        Times [s], increasing; the step is at t = 0, and what is before it is not used.
    current : array_like
        Current [A], one for each time, without background.
    cell : Cell
        Its ``length``, ``area``, ``shape`` and ``back`` are used, and of the material
        ``ocv_slope`` and ``charge`` if ``step`` is given; no diffusivity and no rate.
    method : {"cottrell", "long_time", "kinetics"}
        See below.
    step : float, optional
        Height of the step [V], that of the reservoir against the sample: positive inserts.
        Without it, or without ``ocv_slope``, "cottrell" takes the charge of the whole transient
        and "kinetics" fits the height; "long_time" does not need it.
    window : (float, float), optional
        Times [s] to use. By default all that lie within the range of the formula.

    Returns
    -------
    Estimate
        D [m²/s] with its interval. ``more`` holds ``charge`` [C] (cottrell); ``decay`` [1/s]
        (long_time); ``rate`` κ [m/s] with ``rate_interval``, and ``determined``: "both",
        "diffusivity", "rate" or "neither" (kinetics).

    Raises
    ------
    VegardError
        For bad data, an unknown method, or no data in the range of the formula.

    Warns
    -----
    OutOfRegime
        If the window leaves the range of the formula, or the fit leaves more than noise.

    Notes
    -----
    With k = (-dE/dC)/(zFA), T = Dt/L² and m = 0, 1, 2 for film, cylinder, sphere:

    .. math:: \text{cottrell: } I = \frac{\Delta V}{k}\sqrt{\frac{D}{\pi t}}\;(+\,const.),\qquad
        \text{long time: } I \propto e^{-\lambda_1^2 T},\ \lambda_1 = \pi/2,\ 2.405,\ \pi

    *cottrell* regresses I on 1/√t, with an intercept for the curvature of particles; 1 % in D up to
    T = 0.167 (film), 0.0155 (cylinder), 0.114 (sphere). ΔV/k = (m+1)Q/L if the charge Q stands in
    for the step. *long_time* fits the last exponential (and a constant, for a permeable back);
    1 % from T = 0.339, 0.245, 0.193 (0.193, permeable) on. Both assume an interface at rest: at a
    finite Bi = κL/D the film's long-time D is low by (2λ₁/π)², λ₁ tan λ₁ = Bi: 0.039, 0.30, 0.83,
    0.98 at Bi = 0.1, 1, 10, 100. *kinetics* fits D and κ to all of it,

    .. math:: I = \frac{\Delta V}{k}\frac{D}{L}\sum_n\frac{2Bi^2}{\lambda_n^2+(1-m)Bi+Bi^2}
        e^{-\lambda_n^2T},

    with a series resistance counted into 1/κ. All noise is taken as of one size. Wen, Boukamp,
    Huggins and Weppner, J. Electrochem. Soc. 126, 2258 (1979); Montella, J. Electroanal. Chem. 518,
    61 (2002). tests/classical/test_analyse_pitt.py.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> film = vg.Cell(lmo, length=200e-9, area=1e-4, rate=5e-7)  # Bi = 1
    >>> t = np.linspace(0.02, 4.0, 200)
    >>> current = vg.classical.pitt(film, t, 0.01).values
    >>> for method in ("long_time", "kinetics"):
    ...     d = vg.classical.analyse_pitt(t, current, film, method=method, step=0.01).diffusivity
    ...     print(f"{method}: {d:.3e} m²/s")
    long_time: 3.000e-14 m²/s
    kinetics: 1.000e-13 m²/s
    """
    if method not in METHODS:
        raise unknown_name(f"method of {VERB}", method, METHODS)
    data = _series(time, current, cell, step)
    if method == "cottrell":
        return _cottrell(data, window)
    return _long_time(data, window) if method == "long_time" else _kinetics(data, window)


def _series(time: Any, current: Any, cell: Any, step: Any) -> _Series:
    cell = checks.checked_cell(VERB, cell)
    t, i = checks.series(VERB, time, current, "current", "A")
    after = t > 0
    if after.sum() < 5:
        raise VegardError(
            f"{VERB} needs 5 or more points after the step at t = 0; got {int(after.sum())} of "
            f"{t.size}. Subtract the time of the step from all times."
        )
    t, i = t[after], i[after]
    charge = float(np.trapezoid(i, t))
    sign = 1.0 if charge >= 0 else -1.0
    stiffness = checks.possible_stiffness(cell)
    scale = None
    if step is not None:
        height = checks.checked_number(VERB, "step", "V", step)
        if height * sign < 0:
            raise VegardError(
                f"{VERB}: the step is {height:g} V but the current mostly "
                f"{'negative' if sign < 0 else 'positive'}. In vegard V is that of the reservoir "
                "against the sample and a positive step drives a positive current; a cell voltage "
                "of a cathode counts the other way. Change the sign of one of them."
            )
        scale = None if stiffness is None else abs(height) / stiffness
    return _Series(t, i * sign, sign, cell, scale)


def _short(cell: Cell) -> float:
    return SHORT[cell.shape] * cell.length**2


def _long(cell: Cell) -> float:
    return (PERMEABLE_LONG if cell.permeable else LONG[cell.shape]) * cell.length**2


def _cottrell(data: _Series, window: Any) -> Estimate:
    t, cell = data.t, data.cell
    allowed = checks.inside(VERB, t, window, "s", 4)

    def found(used: Bools) -> tuple[float, float, dict[str, float]]:
        """Square root of D, its standard error, and more."""
        columns = [1 / np.sqrt(t[used]), *([np.ones(used.sum())] if DIMENSION[cell.shape] else [])]
        seen = line(columns, data.i[used])
        if data.scale is not None:
            factor = np.sqrt(pi) / data.scale
            return factor * seen.values[0], factor * seen.sigma[0], {"noise": seen.noise}
        return _by_charge(data, used, columns, seen.values, seen.noise)

    def result(used: Bools) -> float:
        return found(used)[0] ** 2

    limit = _short(cell)
    if window is None:
        d, used = settle(allowed, lambda d: t <= limit / d if d else allowed, result, 4)
        _refuse_empty(used, d, limit / d, data, "later than", "the first points are too late")
    else:
        used = allowed
        d = result(used)
        last = float(t[used].max())
        if last * d > 1.02 * limit:
            checks.told(
                f"{VERB}: the window ends at {quantity(last, 's')}, Dt/L² = "
                f"{last * d / cell.length**2:.3g}; I ∝ 1/√t holds to {SHORT[cell.shape]:g}, "
                f"{quantity(limit / d, 's')}. Shorten the window, or leave it out."
            )
    root, error, more = found(used)
    if root <= 0:
        raise VegardError(f"{VERB}: the current does not fall with time; is t = 0 the step?")
    _check_rest(t, data.i, used, bool(DIMENSION[cell.shape]))
    reach = error * student(int(used.sum()) - (2 if DIMENSION[cell.shape] else 1))
    ends = (max(root - reach, 0.0) ** 2, (root + reach) ** 2)
    text = (
        "semi-infinite diffusion behind an interface at rest (κ√(t/D) ≫ 1): a slow interface or a "
        "series resistance makes D too small"
    )
    return Estimate("cottrell", root**2, 2 * root * error, ends, _ends(t[used]), text,
                    {"points": int(used.sum()), **more})  # fmt: skip


def _by_charge(
    data: _Series, used: Bools, columns: list[Real], values: Real, noise: float
) -> tuple[float, float, dict[str, float]]:
    """The same, the charge of the whole transient in the place of ΔV/k = (m+1)Q/L."""
    cell, u = data.cell, np.sqrt(data.t)
    if cell.permeable:
        raise VegardError(
            f'{VERB}: method="cottrell" needs step and Material.ocv_slope for a permeable back: '
            "the current does not end, and there is no charge to take in their place."
        )
    gaps = np.diff(u)
    weight = u * (np.append(gaps, 0.0) + np.append(0.0, gaps))  # ∫I dt = ∫2I√t d√t
    head = 2 * values[0] * u[0] + (values[1] * data.t[0] if values.size > 1 else 0.0)
    charge = float(weight @ data.i + head)
    end = data.t >= 0.9 * data.t[-1]
    left = float(data.i[end].mean() * data.t[-1]) / charge
    by_noise = 5 * noise * float(data.t[-1]) / charge / end.sum() ** 0.5
    if charge <= 0 or left > _OVER + by_noise:
        raise VegardError(
            f'{VERB}: method="cottrell" needs step and Material.ocv_slope, or in their place a '
            f"transient that is over: at its end I t is {left:.2g} of the charge, more than "
            f"{_OVER:g}. Give both, or measure longer."
        )
    own = np.zeros(u.size)  # share of every current in a/Q
    own[used] = np.linalg.pinv(np.stack(columns, axis=1))[0]
    ratio = values[0] / charge
    own = own / charge * (1 - 2 * u[0] * ratio) - weight * ratio / charge
    factor = np.sqrt(pi) * cell.length / (DIMENSION[cell.shape] + 1)
    error = noise * float(np.sqrt(own @ own))
    return factor * ratio, factor * error, {"charge": charge * data.sign, "noise": noise}


def _check_rest(t: Real, i: Real, used: Bools, curved: bool) -> None:
    columns = np.stack([1 / np.sqrt(t[used])] + ([np.ones(used.sum())] if curved else []), axis=1)
    rest = i[used] - columns @ np.linalg.lstsq(columns, i[used], rcond=None)[0]
    checks.check_shape_of_rest(f'{VERB} method="cottrell"', rest, i[used])


def _exponential(t: Real, i: Real, *, constant: bool) -> tuple[Curve, Fit]:
    """The curve b e^(-pt) (+ c) through some points; θ = ln(p·t_last)."""
    last = float(t[-1])

    def parts(theta: Real) -> tuple[Real, Real]:
        # p counts from the first point, so that nothing underflows
        fall = np.exp(-np.exp(theta[0]) * (t - t[0]) / last)
        basis = np.stack([fall, np.ones(t.size)], axis=1) if constant else fall[:, None]
        return np.zeros(t.size), basis

    high = log(10 * last / float(np.diff(t).min()))
    curve = Curve(i, parts, np.array([-6.0]), np.array([high]))
    return curve, fit(curve, [[x] for x in np.linspace(-3, high, 24)])


def _long_time(data: _Series, window: Any) -> Estimate:
    t, cell = data.t, data.cell
    least = 5 if cell.permeable else 4
    allowed = checks.inside(VERB, t, window, "s", least)
    mode = pi if cell.permeable else FIRST_MODE[cell.shape]
    limit, size = _long(cell), (cell.length / mode) ** 2

    def result(used: Bools) -> float:
        found = _exponential(t[used], data.i[used], constant=cell.permeable)[1]
        return float(np.exp(found.theta[0]) / t[used][-1]) * size

    if window is None:
        d, used = settle(allowed, lambda d: t >= limit / d, result, least)
        _refuse_empty(used, d, limit / d, data, "earlier than", "the transient ends too early")
    else:
        used = allowed
        d = result(used)
        if t[used].min() * d < 0.98 * limit:
            checks.told(
                f"{VERB}: the window starts at {quantity(float(t[used].min()), 's')}, Dt/L² = "
                f"{t[used].min() * d / cell.length**2:.3g}; one exponential holds from "
                f"{limit / cell.length**2:.3g}, {quantity(limit / d, 's')}, on. Start the window "
                "later, or leave it out."
            )
    curve, found = _exponential(t[used], data.i[used], constant=cell.permeable)
    unit = size / float(t[used][-1])
    checks.check_shape_of_rest(f'{VERB} method="long_time"', curve.rest(found.theta)[0], curve.y)
    d = float(np.exp(found.theta[0])) * unit
    low, high = (float(np.exp(e)) * unit for e in interval(curve, found, 0))
    more = {"decay": d / size, "points": int(used.sum()), "noise": found.noise}
    if cell.permeable:
        more["step_level"] = data.sign * float(found.linear[1])
    text = (
        "one mode of diffusion is left and the interface is at rest (Bi = κL/D = ∞): a slow "
        "interface makes D too small, by 0.98, 0.83, 0.30, 0.039 at Bi = 100, 10, 1, 0.1 in a film"
    )
    sigma = half((low, high), found.freedom)
    return Estimate("long_time", d, sigma, (low, high), _ends(t[used]), text, more)


def _kinetics(data: _Series, window: Any) -> Estimate:
    cell = data.cell
    used = checks.inside(VERB, data.t, window, "s", 6)
    t, i = data.t[used], data.i[used]
    first, last = float(t[0]), float(t[-1])
    unit = 1 / np.sqrt(first * last)  # of D/L² and of κ/L

    def parts(theta: Real) -> tuple[Real, Real]:
        x = unit * np.exp(theta[0])  # D/L²
        biot = unit * np.exp(theta[1]) / x if theta.size > 1 else inf
        shape = x * step_current(t * x, biot, cell.shape, permeable=cell.permeable)
        if data.scale is None:
            return np.zeros(t.size), shape[:, None]
        return shape * data.scale * cell.length, np.empty((t.size, 0))

    wide = log(last / first) / 2
    low, high = np.array([-wide - 70.0, -wide - 40.0]), np.array([wide + 23.0, wide + 32.0])
    curve = Curve(i, parts, low, high)
    start = np.linspace(-wide - 3, wide + 3, 9)
    if data.scale is not None:  # short of any bend the height alone has D
        root = np.median(i * np.sqrt(pi * t)) / data.scale
        start = np.append(start, 2 * log(max(root, 1e-300) / cell.length) - log(unit))
    found = fit(curve, [(x, x + b) for x in start for b in (-5, -2.3, 0, 2.3, 5, 14)])
    far = list(np.linspace(low, high, 60))
    # while semi-infinite and of unknown height, I keeps its shape along κ ∝ √D: the bound of the
    # one parameter must be reached before that of the other
    near = np.array([[-wide - 46.0, low[1]], [low[0], -wide - 23.0]])
    sides = [
        tuple(np.exp(interval(replace(curve, low=near[j]), found, j, far)).tolist()) for j in (0, 1)
    ]
    theta = found.theta
    if sides[1][1] == inf:  # whether κ = ∞ does as well
        simple = fit(Curve(i, parts, low[:1], high[:1]), [theta[:1]])
        if simple.square <= max(found.square * (1 + 1e-6), 1e-22 * float(i @ i)):
            theta = np.append(simple.theta, inf)
    checks.check_shape_of_rest(f'{VERB} method="kinetics"', curve.rest(found.theta)[0], i)
    return _both(data, t, theta, found, sides, unit)


def _both(
    data: _Series, t: Real, theta: Real, found: Fit, sides: list[Any], unit: float
) -> Estimate:
    """The estimate of D and κ from θ and the ends of the intervals of e^θ."""
    length = data.cell.length
    d, rate = unit * np.exp(theta[0]) * length**2, unit * np.exp(theta[1]) * length
    bounded = [low > 0 and high < inf for low, high in sides]
    words = {(True, True): "both", (True, False): "diffusivity", (False, True): "rate"}
    low, high = (e * unit * length**2 for e in sides[0])
    more: dict[str, Any] = {
        "determined": words.get((bounded[0], bounded[1]), "neither"),
        "rate": float(rate),
        "rate_interval": tuple(e * unit * length for e in sides[1]),
        "biot": float(rate * length / d),
        "points": t.size,
        "noise": found.noise,
    }
    sigma = half((low, high), found.freedom)
    text = (
        "linear diffusion behind a linear interface, no double layer; a series resistance counts "
        "as part of the interface"
    )
    return Estimate("kinetics", float(d), sigma, (low, high), _ends(t), text, more)


def _refuse_empty(used: Bools, d: float, edge: float, data: _Series, word: str, why: str) -> None:
    if used.sum() >= 4:
        return
    raise VegardError(
        f"{VERB}: {int(used.sum())} of {used.size} points are left in the range of the formula. "
        f"With D = {d:.3g} m²/s, L²/D = {quantity(data.cell.length**2 / d, 's')}, points {word} "
        f"{quantity(edge, 's')} do not belong to it, and the data span {checks.span(data.t, 's')}: "
        f'{why}. Use method="kinetics", which takes all times; or check units, if this D is '
        "absurd: current in A, length in m, area in m²."
    )


def _ends(t: Real) -> tuple[float, float]:
    return float(t[0]), float(t[-1])
