"""The few numbers that a person reads off a response."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.prefixes import quantity
from vegard.result import Response

Real = NDArray[np.float64]


def kind(response: Response) -> str:
    """What is on the horizontal axis: frequency, time, relaxation_time or profile.

    Raises
    ------
    VegardError
        If the response is a single number.
    """
    at = response.axes[0].points.size
    swept = response.axes[-1]
    if swept.name == "at" or at > swept.points.size:
        if at < 2:
            raise VegardError(
                "a single number has nothing to plot; ask for several frequencies, times or at=…."
            )
        return "profile"
    if swept.points.size < 2:
        raise VegardError(f"one {swept.name} is no curve to plot; ask for several.")
    return swept.name


def is_curve(response: Response | None) -> bool:
    """Whether there is a response of two points or more: something to plot."""
    return response is not None and max(a.points.size for a in response.axes) > 1


def curve(response: Response) -> tuple[Real, NDArray[Any]]:
    """The swept axis and the values at the first point read, in increasing order of the axis.

    Returns
    -------
    x : ndarray, shape (n,)
        Frequency [Hz], time or relaxation time [s]; at rest the distance from the axis [m].
    values : ndarray, shape (n,)
        Values in the response's units.
    """
    axis = response.axes[-1]
    x = np.asarray(axis.points, float).ravel()
    y = np.asarray(response.values).reshape(-1, x.size)[0]
    order = np.argsort(x, kind="stable")
    return x[order], y[order]


def slope(response: Response) -> float:
    """Slope d ln|u|/d ln f [–] over the highest decade of a frequency response; nan for one point.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.frequency_response(e, np.logspace(3, 7, 41), per="concentration")
    >>> round(slope(u), 3)
    -0.5
    """
    f, u = curve(response)
    keep = (np.abs(u) > 0) & (f >= f[-1] / 10.001)
    if keep.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(f[keep]), np.log(np.abs(u[keep])), 1)[0])


def crossing(x: Real, y: Real, level: float) -> float:
    """First x > 0 where y crosses a level, linear in ln x; nan if it does not."""
    use = x > 0
    x, above = x[use], y[use] - level
    hit = np.flatnonzero(above[:-1] * above[1:] <= 0)
    if not hit.size:
        return float("nan")
    i = hit[0]
    if above[i] == above[i + 1]:
        return float(x[i])
    part = above[i] / (above[i] - above[i + 1])
    return float(x[i] * (x[i + 1] / x[i]) ** part)


def half_time(step: Response) -> float:
    """Time [s] at which a step response reaches half of its last value; nan if it never does."""
    t, u = curve(step)
    return crossing(t, u.real, 0.5 * float(u[-1].real))


def pulse_duration(response: Response) -> float | None:
    """Duration [s] of the pulse in the response's inputs, None without one."""
    length = getattr(response.inputs.get("drive"), "duration", None)
    return None if length is None else float(length)


def fall_time(pulse: Response) -> float:
    """Time [s] after a pulse in which the displacement falls to 1/e; nan if it is not seen.

    The value at the end of the pulse is carried on from the last two before it; a fall that is
    over before the first time read after the pulse is not seen.
    """
    end = pulse_duration(pulse)
    t, u = curve(pulse)
    on = end is not None and t <= end
    if end is None or np.sum(on) < 2 or np.all(on):
        return float("nan")
    (t0, t1), (u0, u1) = t[on][-2:], u[on][-2:].real
    top = u1 + (u1 - u0) * (end - t1) / (t1 - t0)
    left = u[~on].real / top
    return crossing(t[~on] - end, left, np.exp(-1)) if left[0] > np.exp(-1) else float("nan")


def main_relaxation(distribution: Response) -> float:
    """Relaxation time [s] at which the distribution is largest; nan if that is at an end."""
    tau, g = curve(distribution)
    top = int(np.abs(g).argmax())
    return float(tau[top]) if 0 < top < tau.size - 1 else float("nan")


def half_radius(profile: Response, row: int = -1) -> float:
    """Distance [m] at which a profile falls to half of its centre; nan if it is not seen.

    Parameters
    ----------
    profile : Response
        A profile over distance, at rest or at several times.
    row : int
        Which of the times; the last if left out.
    """
    r, u = profile_curves(profile)
    size = np.abs(u[row])
    hit = np.flatnonzero(size < 0.5 * size[0])
    if not size[0] > 0 or not hit.size:
        return float("nan")
    i = hit[0]
    return float(np.interp(-0.5 * size[0], -size[i - 1 : i + 1], r[i - 1 : i + 1]))


def profile_curves(response: Response) -> tuple[Real, NDArray[Any]]:
    """Distances [m] and values over them, shape (swept, at)."""
    r = np.asarray(response.axes[0].points, float).ravel()
    order = np.argsort(r, kind="stable")
    return r[order], np.asarray(response.values).reshape(r.size, -1)[order].T


def message(response: Response) -> str:
    """What a response says, in one line.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> message(vg.step_response(e, np.logspace(-5, 4, 91), per="concentration"))
    'Half of the displacement is there after 9.11 ms'
    """
    name = kind(response)
    if response.inputs.get("verb") in _SEEN:
        return _seen(response)
    if response.inputs.get("verb") in _ELECTRIC:
        return _electric(response)
    if name == "frequency":
        value = slope(response)
        if "cantilever" in response.inputs:
            f, d = curve(response)
            return f"The photodiode reads most at {quantity(float(f[np.abs(d).argmax()]), 'Hz')}"
        if not isfinite(value):
            return "Frequency response"
        if value > -0.05:
            return "The amplitude is flat up to the highest frequency"
        said = f"At high frequency the amplitude falls as f^{value:.2f}".replace("^-", "^−")
        component = response.inputs.get("component", "vertical")
        return said if component == "vertical" else said + f", along {component[-1]}"
    if name == "profile":
        first, last = half_radius(response, 0), half_radius(response)
        if not isfinite(last) and not isfinite(first):
            return "Surface profile"
        if not isfinite(last):
            return f"At first the surface bump has half its height at r = {quantity(first, 'm')}"
        if isfinite(first) and abs(first - last) > 0.01 * last:
            way = "widens" if last > first else "narrows"
            ends = f"{quantity(first, 'm')} → {quantity(last, 'm')}"
            return f"The surface bump {way}: half height at r = {ends}"
        return f"The surface bump falls to half its height at r = {quantity(last, 'm')}"
    if name == "relaxation_time":
        peak = main_relaxation(response)
        if not isfinite(peak):
            return "Distribution of relaxation times"
        return f"Relaxation is spread over decades, strongest at τ = {quantity(peak, 's')}"
    return _in_time(response)


_ELECTRIC = {
    "contact_impedance": ("impedance", "Z"),
    "eis": ("impedance", "Z"),
    "contact_current": ("current", "I"),
    "pitt": ("current", "I"),
    "gitt": ("voltage", "V"),
}


_SEEN = {
    "edge_width": ("edge width", "w"),
    "snr_strain": ("displacement over noise", "SNR"),
    "snr_current": ("current over noise", "SNR"),
}


def what(response: Response) -> tuple[str, str]:
    """Name and symbol of what a response is."""
    inputs = response.inputs
    if "cantilever" in inputs:
        return "deflection", "d"
    if (named := (_ELECTRIC | _SEEN).get(inputs.get("verb", ""))) is not None:
        return named
    component = inputs.get("component", "vertical")
    return "displacement", "u" if component == "vertical" else f"$u_{component[-1]}$"


def _seen(response: Response) -> str:
    """What an edge width, or a signal over noise, does over frequency."""
    x, y = curve(response)
    if response.inputs["verb"] == "edge_width":
        return f"At best an edge is seen over {quantity(float(y.min()), 'm')}"
    name = what(response)[0].split()[0]
    if (y > 1).all():
        return f"The {name} is above the noise at all frequencies"
    if (y < 1).all():
        return f"The {name} is below the noise at all frequencies"
    return f"The {name} crosses the noise at {quantity(crossing(x, y, 1.0), 'Hz')}"


def _electric(response: Response) -> str:
    """What a current, a voltage or an impedance does."""
    name, sign = what(response)
    x, y = curve(response)
    if kind(response) == "frequency":
        value = slope(response)
        if not isfinite(value) or abs(value) < 0.05:
            return f"At high frequency |{sign}| is flat"
        way = "falls" if value < 0 else "grows"
        return f"At high frequency |{sign}| {way} as f^{value:.2f}".replace("^-", "^−")
    first, last = (quantity(float(v.real), response.units) for v in (y[0], y[-1]))
    times = (quantity(float(t), "s") for t in (x[0], x[-1]))
    return f"The {name} goes from {first} at {next(times)} to {last} at {next(times)}"


def _in_time(response: Response) -> str:
    if response.inputs.get("verb") == "step_response" and isfinite(half_time(response)):
        return f"Half of the displacement is there after {quantity(half_time(response), 's')}"
    fall = fall_time(response)
    if isfinite(fall):
        return f"After the pulse the displacement falls to 1/e in {quantity(fall, 's')}"
    return "Displacement in time"
