"""The linear verbs: an experiment's response in frequency, at rest and in time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import laplace, superposition
from vegard.elastic import COMPONENTS
from vegard.errors import NoStaticLimit, VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.result import Axis, Response
from vegard.transfer import also, amplitude, transfer
from vegard.waveforms import Drive

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]


def checked_points(name: str, value: ArrayLike, unit: str, *, least: float | None = None) -> Real:
    """An array of finite numbers, checked; ``least`` None allows all, 0 bounds from below."""
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "iuf" and raw.size:
            raise TypeError
        out = np.array(raw, float)  # a copy: the response keeps its axis
    except (TypeError, ValueError):
        raise VegardError(f"{name} must be numbers in {unit}; got {value!r}.") from None
    out.flags.writeable = False
    if out.size == 0:
        raise VegardError(f"{name} is empty; give one value or more in {unit}.")
    if not np.isfinite(out).all():
        raise VegardError(f"{name} must be finite [{unit}]; it holds nan or inf.")
    if least is not None and (out < least).any():
        raise VegardError(f"{name} must be >= {least:g} [{unit}]; got {out.min():g}.")
    return out


def checked_frequency(value: ArrayLike) -> Real:
    """Frequencies [Hz] > 0, checked."""
    f = checked_points("frequency", value, "Hz")
    if (f <= 0).any():
        raise VegardError(
            f"frequency must be > 0 [Hz]; got {f.min():g}. For zero use static_response."
        )
    return f


def checked_experiment(value: object) -> Experiment:
    """The first argument of every verb, checked."""
    if not isinstance(value, Experiment):
        raise VegardError(f"the first argument must be a vegard.Experiment; got {value!r}.")
    return value


def _shaped(flat: NDArray[Any], shape: tuple[int, ...]) -> Any:
    """Array of the shape asked for; a scalar for shape ()."""
    return flat.reshape(shape)[()]


def respond(
    verb: str,
    experiment: Experiment,
    values: NDArray[Any],
    error: Real,
    per: str,
    at: Real,
    swept: Axis | None,
    **inputs: Any,
) -> Response:
    """Response of a verb: shapes, units [per unit drive] and inputs in one place."""
    shape = at.shape + (swept.points.shape if swept else ())
    axes = (Axis("at", "m", at), swept) if swept else (Axis("at", "m", at),)
    units = experiment.interface.drives[per]
    return Response(
        _shaped(values, shape),
        _shaped(error, shape),
        units,
        axes,
        {"verb": verb, "experiment": experiment, "per": per, **inputs},
    )


def _prepared(
    experiment: object, per: str, at: ArrayLike, azimuth: float, component: str
) -> tuple[Experiment, float, Real, float]:
    """Experiment, amplitude per unit drive, points and azimuth of a verb, all checked."""
    e = checked_experiment(experiment)
    r = checked_points("at", at, "m", least=0.0)
    scale = amplitude(e, per)
    e.interface.fits(e.tip, e.geometry, e.material)
    turn = checked_points("azimuth", azimuth, "rad")
    if turn.ndim:
        raise VegardError("azimuth must be one number [rad]; ask once for each direction.")
    if component not in COMPONENTS:
        raise unknown_name("component", component, COMPONENTS)
    if component != "vertical" and e.readout != "centre":
        raise VegardError(
            f'component="{component}" is read at a point; use Experiment(readout="centre").'
        )
    return e, scale, r, float(turn)


def frequency_response(
    experiment: Experiment,
    frequency: ArrayLike,
    *,
    per: str = "volt",
    at: ArrayLike = 0.0,
    azimuth: float = 0.0,
    component: str = "vertical",
) -> Response:
    r"""Displacement of the surface per unit drive at given frequencies.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    frequency : array_like
        Frequencies [Hz], > 0.
    per : {"volt", "concentration", "flux", "ampere"}
        Drive to which the response refers; which are legal depends on the interface.
    at : array_like
        Distance from the tip's axis [m], >= 0.
    azimuth : float
        Direction of the point [rad].
    component : {"vertical", "lateral_x", "lateral_y"}
        Component of the displacement; vertical is positive upwards.

    Returns
    -------
    Response
        Complex peak amplitude [m per unit drive], e^{+iωt}, shape at.shape + frequency.shape.

    Raises
    ------
    VegardError
        For a drive that does not fit the interface, frequencies <= 0, or an unknown parameter.

    Notes
    -----
    .. math:: u(r,s) = \frac{1}{2\pi}\int_0^\infty C_0(k,s)\,\Big[\int_0^h w(k,z)
        \frac{C(z)}{C_0}dz\Big]\,J_0(kr)\,k\,dk,\quad s = i\omega

    after Morozovska et al., J. Appl. Phys. 108, 053712 (2010); checked in
    tests/oracles against mpmath over the whole range of parameters.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.frequency_response(e, 1.0, per="concentration")
    >>> f"{u.amplitude:.3e} m/(mol/m³), {u.phase:.3f} rad"
    '1.079e-14 m/(mol/m³), -0.170 rad'
    """
    e, scale, r, turn = _prepared(experiment, per, at, azimuth, component)
    f = checked_frequency(frequency)
    s: Complex = np.asarray(2j * np.pi * f.ravel(), complex)
    values, error = transfer(e, s, r.ravel(), component, turn)
    values, error = values * scale, error * abs(scale)
    if e.also and component == "vertical":
        more, spread = also(e, s, per)
        values, error = values + more, error + spread
    return respond(
        "frequency_response",
        e,
        values,
        error,
        per,
        r,
        Axis("frequency", "Hz", f),
        azimuth=azimuth,
        component=component,
    )


def static_response(
    experiment: Experiment,
    *,
    per: str = "volt",
    at: ArrayLike = 0.0,
    azimuth: float = 0.0,
    component: str = "vertical",
) -> Response:
    """Displacement at rest, the limit of zero frequency.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    per : {"volt", "concentration", "flux", "ampere"}
        Drive to which the response refers.
    at : array_like
        Distance from the tip's axis [m], >= 0.
    azimuth : float
        Direction of the point [rad].
    component : {"vertical", "lateral_x", "lateral_y"}
        Component of the displacement; vertical is positive upwards.

    Returns
    -------
    Response
        Real displacement [m per unit drive], shape at.shape.

    Raises
    ------
    NoStaticLimit
        If ions enter for ever: a net flux into a half-space or a film with a blocking back.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.static_response(e, per="concentration")   # (1+ν)βR
    >>> f"{u.values:.3e}"
    '1.300e-14'
    """
    e, scale, r, turn = _prepared(experiment, per, at, azimuth, component)
    if not e.interface.sink and e.geometry.keeps_ions():
        raise NoStaticLimit(
            f"{type(e.interface).__name__} on {type(e.geometry).__name__} with no way out for the "
            "ions has no static displacement: it grows like ln(1/ω). Choose a cut-off: the lowest "
            "frequency (frequency_response), the longest time (step_response), or a film with "
            'back="permeable".'
        )
    values, error = transfer(e, np.zeros(1, complex), r.ravel(), component, turn)
    rest, spread = values[:, 0].real * scale, error[:, 0] * abs(scale)
    if e.also and component == "vertical":
        more, rough = also(e, np.zeros(1, complex), per)
        rest, spread = rest + more.real, spread + rough
    return respond(
        "static_response", e, rest, spread, per, r, None, azimuth=azimuth, component=component
    )


def step_response(
    experiment: Experiment,
    time: ArrayLike,
    *,
    per: str = "volt",
    at: ArrayLike = 0.0,
    azimuth: float = 0.0,
    component: str = "vertical",
) -> Response:
    """Displacement after a unit step of the drive at t = 0.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    time : array_like
        Times [s]; t <= 0 is before the step (0).
    per : {"volt", "concentration", "flux", "ampere"}
        Drive to which the response refers.
    at : array_like
        Distance from the tip's axis [m], >= 0.
    azimuth : float
        Direction of the point [rad].
    component : {"vertical", "lateral_x", "lateral_y"}
        Component of the displacement; vertical is positive upwards.

    Returns
    -------
    Response
        Real displacement [m per unit drive], shape at.shape + time.shape.

    Notes
    -----
    Inverse Laplace transform of H(s)/s on hyperbolic contours (vegard.laplace).

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.step_response(e, [-1.0, 0.1], per="concentration")
    >>> [f"{v:.3e}" for v in u.values]
    ['0.000e+00', '1.061e-14']
    """
    e, scale, r, turn = _prepared(experiment, per, at, azimuth, component)
    t = checked_points("time", time, "s")
    kernel = superposition.Kernel(e, r.ravel(), per, scale, component, turn)
    values, error = laplace.invert(kernel.step, t.ravel())
    axis = Axis("time", "s", t)
    return respond(
        "step_response", e, values, error, per, r, axis, azimuth=azimuth, component=component
    )


def time_response(
    experiment: Experiment,
    drive: Drive,
    time: ArrayLike,
    *,
    per: str = "volt",
    at: ArrayLike = 0.0,
    azimuth: float = 0.0,
    component: str = "vertical",
) -> Response:
    """Displacement under any drive.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    drive : Pulse, PulseTrain, Triangle, Sine or Sampled
        The drive in time, in units of ``per``.
    time : array_like
        Times [s]; before the drive starts the displacement is 0.
    per : {"volt", "concentration", "flux", "ampere"}
        Unit of the drive.
    at : array_like
        Distance from the tip's axis [m], >= 0.
    azimuth : float
        Direction of the point [rad].
    component : {"vertical", "lateral_x", "lateral_y"}
        Component of the displacement; vertical is positive upwards.

    Returns
    -------
    Response
        Real displacement [m], shape at.shape + time.shape.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.time_response(e, vg.Pulse(0.1), [0.1, 0.2, 1.0], per="concentration")
    >>> [f"{v:.2e}" for v in u.values]
    ['1.06e-14', '6.78e-16', '4.15e-17']
    """
    e, scale, r, turn = _prepared(experiment, per, at, azimuth, component)
    t = checked_points("time", time, "s")
    kernel = superposition.Kernel(e, r.ravel(), per, scale, component, turn)
    values, error = superposition.driven(kernel, drive, t.ravel())
    how = {"drive": drive, "azimuth": azimuth, "component": component}
    out = respond("time_response", e, values, error, per, r, Axis("time", "s", t), **how)
    return Response(out.values, out.error, "m", out.axes, out.inputs)
