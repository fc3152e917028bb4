"""Current through the contact, and its impedance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import laplace
from vegard.contacts import Contact
from vegard.errors import NoStaticLimit, VegardError
from vegard.experiment import Experiment
from vegard.material import FARADAY
from vegard.response import checked_experiment, checked_points
from vegard.result import Axis, Response
from vegard.transfer import groups

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_UNITS = {"volt": "A/V", "concentration": "(mol/s)/(mol/m³)"}


def contact_current(
    experiment: Experiment,
    frequency: ArrayLike | None = None,
    *,
    time: ArrayLike | None = None,
    per: str = "volt",
) -> Response:
    r"""Current of ions through the contact, in frequency or after a step.

    Parameters
    ----------
    experiment : Experiment
        With ``interface=Contact(...)``.
    frequency : array_like, optional
        Frequencies [Hz], >= 0; 0 is the current at rest.
    time : array_like, optional
        Times after a unit step [s], > 0; one of the two is given.
    per : {"volt", "concentration"}
        Drive to which the current refers.

    Returns
    -------
    Response
        Current into the sample, positive for V > 0: [A/V] per volt, else [mol/s per mol/m³].
        Complex peak amplitude in frequency, real in time.

    Raises
    ------
    VegardError
        For another interface: where ions also exchange outside the tip there is no contact, and
        under a disc of fixed concentration the flux at the rim is infinite.
    NoStaticLimit
        For frequency 0 on a film with a blocking back, where the current at rest vanishes.

    Notes
    -----
    .. math:: I = zF\,2\pi\int_0^R (-D_z\,\partial_z C)\,r\,dr

    At rest 4DRc for a perfect contact on a half-space; πσ(1+1/σ+1/4σ²)DRc for
    σ = R√(s/D) ≫ 1. In time this is the microdisc's chronoamperometry (Shoup and Szabo,
    J. Electroanal. Chem. 140, 237 (1982)). tests/test_current.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1.0, 1.0, 0.3), vg.DiscTip(1.0), interface=vg.Contact())
    >>> round(float(vg.contact_current(e, 0.0, per="concentration").values.real), 9)  # 4DR
    4.0
    """
    e = _contact(experiment)
    if (frequency is None) == (time is None):
        raise VegardError("contact_current takes either frequency [Hz] or time= [s].")
    scale = e.interface.amplitude(per, e.tip, e.material)
    if per == "volt":
        scale *= e.material.charge * FARADAY
    inputs: dict[str, Any] = {"verb": "contact_current", "experiment": e, "per": per}
    values: Any
    if frequency is None:
        assert time is not None
        t = _positive(time)

        def step(s: Complex) -> tuple[Complex, Real]:
            values, error = _flux(e, s)
            return values / s, error / np.abs(s)

        values, error = laplace.invert(step, t.ravel())
        axis = Axis("time", "s", t)
        inputs["step"] = True
    else:
        f = checked_points("frequency", frequency, "Hz", least=0.0)
        values, error = _flux(e, np.asarray(2j * np.pi * f.ravel(), complex))
        axis = Axis("frequency", "Hz", f)
    shape = axis.points.shape
    return Response(
        (values * scale).reshape(shape)[()],
        (error * abs(scale)).reshape(shape)[()],
        _UNITS[per],
        (axis,),
        inputs,
    )


def contact_impedance(experiment: Experiment, frequency: ArrayLike) -> Response:
    r"""Local impedance of the contact: charge transfer, spreading and diffusion.

    Parameters
    ----------
    experiment : Experiment
        With ``interface=Contact(...)`` and a material with ``ocv_slope``.
    frequency : array_like
        Frequencies [Hz], >= 0; 0 is the spreading resistance with the charge transfer.

    Returns
    -------
    Response
        Z = V/I [Ω], shape frequency.shape.

    Raises
    ------
    VegardError
        For another interface (see contact_current).
    NoStaticLimit
        For frequency 0 on a film with a blocking back.

    Notes
    -----
    .. math:: Z(0) = \frac{-dE/dC}{zF}\,\frac{1}{4DR}

    for a perfect contact on a half-space. The double layer and the electronic path are left out.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> e = vg.Experiment(lmo, vg.DiscTip(20e-9), interface=vg.Contact())
    >>> f"{vg.contact_impedance(e, 0.0).values.real:.2e} Ω"
    '8.14e+11 Ω'
    """
    current = contact_current(experiment, frequency, per="volt")
    z: Any = 1 / current.values
    inputs = {**current.inputs, "verb": "contact_impedance"}
    return Response(z, current.error * np.abs(z) ** 2, "Ω", current.axes, inputs)


def contact_impedance_at(experiment: Experiment, s: Complex) -> tuple[Complex, Real]:
    """Z(s) [Ω] of the contact at Laplace variables s (m,) [1/s], and its error."""
    e = _contact(experiment)
    scale = e.interface.amplitude("volt", e.tip, e.material) * e.material.charge * FARADAY
    flux, error = _flux(e, s)
    z = 1 / (scale * flux)
    return z, error * abs(scale) * np.abs(z) ** 2


def _contact(experiment: object) -> Experiment:
    e = checked_experiment(experiment)
    if not isinstance(e.interface, Contact):
        raise VegardError(
            f"{type(e.interface).__name__} has no contact current: there ions do not enter under "
            "the tip alone, and the flux at the rim of a disc of fixed concentration is infinite. "
            "Use interface=Contact(rate)."
        )
    e.interface.fits(e.tip, e.geometry, e.material)
    return e


def _positive(time: ArrayLike) -> Real:
    t = checked_points("time", time, "s")
    if (t <= 0).any():
        raise VegardError(
            f"time must be > 0 [s]; got {t.min():g}. At the step itself the current is infinite."
        )
    return t


def _flux(e: Experiment, s: Complex) -> tuple[Complex, Real]:
    assert isinstance(e.interface, Contact)
    if (s == 0).any() and e.geometry.keeps_ions() and np.isfinite(e.geometry.depth):
        raise NoStaticLimit(
            "on a film with a blocking back the current at rest vanishes like 1/ln ω; ask for "
            "frequency > 0, or use a film with a permeable back."
        )
    values, error = np.empty(s.shape, complex), np.empty(s.shape)
    for group in groups(s):
        parts = e.interface.net_flux(s[group], e.tip, e.geometry, e.material)
        values[group], error[group] = parts
    return values, error
