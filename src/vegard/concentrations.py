"""Concentration at the surface under the tip: what the ac read-out follows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import laplace, superposition
from vegard.errors import NoStaticLimit, VegardError
from vegard.experiment import Experiment
from vegard.response import checked_experiment, checked_points, respond
from vegard.result import Axis, Response
from vegard.superposition import Kernel
from vegard.transfer import CONCENTRATION, amplitude
from vegard.waveforms import Drive

Real = NDArray[np.float64]

UNIT = "mol/m³"


def concentration(
    experiment: Experiment,
    frequency: ArrayLike | None = None,
    *,
    time: ArrayLike | None = None,
    drive: Drive | None = None,
    per: str = "volt",
    at: ArrayLike = 0.0,
) -> Response:
    r"""Concentration of ions at the surface, in frequency, after a step or under a drive.

    Parameters
    ----------
    experiment : Experiment
        The experiment. ``readout="punch"`` asks for the mean under the tip, weighted with its
        pressure, instead of the value at a point; elastic constants play no part.
    frequency : array_like, optional
        Frequencies [Hz], >= 0; 0 is the concentration at rest.
    time : array_like, optional
        Times [s] after a unit step, or of the drive; t <= 0 is before (0). One of frequency and
        time is given.
    drive : Pulse, PulseTrain, Triangle, Sine or Sampled, optional
        The drive in time, in units of ``per``.
    per : {"volt", "concentration", "flux", "ampere"}
        Unit of the drive; which are legal depends on the interface.
    at : array_like
        Distance from the tip's axis [m], >= 0.

    Returns
    -------
    Response
        Change of the concentration at z = 0: complex peak amplitude [mol/m³ per unit drive] in
        frequency, real after a step, and [mol/m³] under a drive. Shape at.shape + swept.shape.

    Raises
    ------
    VegardError
        For a ``per`` that does not fit the interface, or not exactly one of frequency and time.
    NoStaticLimit
        For frequency 0 on a film with a blocking back into which ions enter for ever.

    Notes
    -----
    .. math:: C(r,s) = \frac{1}{2\pi}\int_0^\infty C_0(k,s)\,J_0(kr)\,k\,dk,\qquad
              \bar C = \frac{1}{2\pi R}\int_{r<R} \frac{C\,d^2r}{\sqrt{R^2-r^2}}

    C₀ the surface concentration of the interface. Under `FixedConcentration` and a perfect
    `Contact` it is the one that the tip prescribes, at once; under a `BlockingTip` it belongs to a
    layer one Debye length thick. On a half-space it has a limit at rest even where the
    displacement has none: JR/D under a disc of flux J. The amplitude of an ac read-out follows it,
    A(t) = A₀[1 + χ C(t)], where the ions move too slowly to follow the ac voltage itself
    (Amanieu et al., J. Appl. Phys. 118, 055101 (2015)). tests/test_concentrations.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(
    ...     vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9), interface=vg.FixedFlux()
    ... )
    >>> c = vg.concentration(e, 0.0, per="flux")  # R/D [mol/m³ per mol/m²/s]
    >>> f"{c.values.real:.3e} {c.units}"
    '1.000e+07 (mol/m³)/(mol/m²/s)'
    """
    e = checked_experiment(experiment)
    if (frequency is None) == (time is None) or (drive is not None and time is None):
        raise VegardError(
            "concentration takes either frequency [Hz] or time= [s], and a drive= only with time=."
        )
    r = checked_points("at", at, "m", least=0.0)
    k = kernel(e, r.ravel(), per)
    values: NDArray[Any]
    if frequency is not None:
        f = checked_points("frequency", frequency, "Hz", least=0.0)
        if not f.all():
            _has_rest(e)
        values, error = k.transform(np.asarray(2j * np.pi * f.ravel(), complex))
        axis = Axis("frequency", "Hz", f)
    else:
        assert time is not None
        axis = Axis("time", "s", checked_points("time", time, "s"))
        t = axis.points.ravel()
        if drive is None:
            values, error = laplace.invert(k.step, t)
        else:
            values, error = superposition.driven(k, drive, t)
    how = {"drive": drive, "in_time": time is not None}
    out = respond("concentration", e, values, error, per, r, axis, **how)
    unit = UNIT if drive is not None else f"({UNIT})" + e.interface.drives[per].removeprefix("m")
    return Response(out.values, out.error, unit, out.axes, out.inputs)


def kernel(experiment: Experiment, at: Real, per: str) -> Kernel:
    """Transform of the concentration at points ``at`` [m] per unit drive."""
    scale = amplitude(experiment, per)
    experiment.interface.fits(experiment.tip, experiment.geometry, experiment.material)
    ions = experiment.replace({"also": (), "elastic": None})
    return Kernel(ions, at, per, scale, CONCENTRATION)


def _has_rest(e: Experiment) -> None:
    if not e.interface.sink and e.geometry.keeps_ions() and np.isfinite(e.geometry.depth):
        raise NoStaticLimit(
            f"{type(e.interface).__name__} on a film with a blocking back has no concentration at "
            "rest that can be computed: ions that enter stay, and spread for ever. Ask for "
            'frequency > 0, or use a film with back="permeable".'
        )
