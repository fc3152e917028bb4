"""PITT, GITT and impedance of one sample: exact, and in the limits that textbooks use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isinf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import intercalation, laplace, superposition
from vegard.cell import Cell
from vegard.contacts import Contact
from vegard.current import contact_impedance_at
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.intercalation import DIMENSION, SERIES_FROM
from vegard.response import checked_points
from vegard.result import Axis, Response
from vegard.waveforms import Drive, Sine

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Sample = Cell | Experiment

_ROUNDING = 4e-15
FORMS = {
    "pitt": ("full", "short", "long"),
    "gitt": ("full", "short", "long"),
    "eis": ("full", "high", "low"),
}


def eis(sample: Sample, frequency: ArrayLike, *, form: str = "full") -> Response:
    r"""Impedance of an electrode, or of the contact under the tip.

    Parameters
    ----------
    sample : Cell or Experiment
        An electrode; or an experiment with ``interface=Contact(...)``, a microdisc.
    frequency : array_like
        Frequencies [Hz], > 0.
    form : {"full", "high", "low"}
        Exact; or the textbook limits of a Cell: semi-infinite (Warburg), and the resistance with
        the capacitance of intercalation. `valid_range` says where they hold.

    Returns
    -------
    Response
        Z [Ω], e^{+iωt}, so that a capacitance has Im Z < 0; shape frequency.shape.

    Raises
    ------
    VegardError
        For an unknown parameter of the material, or frequencies <= 0.

    Notes
    -----
    .. math:: Z = R_s + \Big[i\omega C_{dl} + \frac{1}{R_{ct} + Z_W}\Big]^{-1},\qquad
        Z_W = \frac{-dE/dC}{zFA\,Y(i\omega)},

    Y = √(iωD) tanh √(iωL²/D) for a blocking back ("finite space"), coth for a permeable one
    ("finite length"); (D/R)(x coth x - 1) for a sphere, (D/R) x I₁(x)/I₀(x) for a cylinder,
    x² = iωR²/D. At low frequency, blocking, Z_W → R/(m+3) + 1/(iωC_int), m = 0, 1, 2 for film,
    cylinder, sphere; with a permeable back Z_W → R. Ho, Raistrick and Huggins, J. Electrochem. Soc.
    127, 343 (1980).
    tests/classical/test_simulate.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> z = vg.classical.eis(vg.Cell(lmo, length=200e-9, area=1e-4), 1e-4)
    >>> f"{z.values.real:.3f} Ω"  # a third of the diffusion resistance
    '3.040 Ω'
    """
    f = _frequency(frequency)
    s: Complex = np.asarray(2j * np.pi * f.ravel(), complex)
    z, error = _impedance(_sample(sample), s, known_form("eis", form))
    return _response("eis", sample, z, error, "Ω", Axis("frequency", "Hz", f), form=form)


def pitt(sample: Sample, time: ArrayLike, step: float | Drive, *, form: str = "full") -> Response:
    r"""Current after a step of the potential (PITT, chronoamperometry).

    Parameters
    ----------
    sample : Cell or Experiment
        An electrode; or an experiment with ``interface=Contact(...)``, a microdisc.
    time : array_like
        Times [s]; t <= 0 is before the step (0).
    step : float or Drive
        Height of the step at t = 0 [V], or a drive such as PulseTrain or Sampled.
    form : {"full", "short", "long"}
        Exact; or the textbook limits of a Cell: semi-infinite (Cottrell, with the interface if it
        is slow), and the last exponential. `valid_range` says where they hold.

    Returns
    -------
    Response
        Current [A], positive for a positive step; shape time.shape.

    Raises
    ------
    VegardError
        For an unknown parameter of the material.

    Notes
    -----
    .. math:: I = zFA\,\frac{D\,\Delta C}{L}\sum_n\frac{2Bi^2}{\lambda_n^2+(1-m)Bi+Bi^2}
        e^{-\lambda_n^2 Dt/L^2},\qquad \Delta C = \frac{\Delta V}{-dE/dC},

    y(-λ²) = -Bi, Bi = κL/D (λ tan λ = Bi for a film); a permeable back adds the steady flow
    ΔV/(R_s + R_ct + R). A series resistance acts like a slower interface; with a double layer
    beside it the transform of V/(sZ) is inverted. V is that of the reservoir against the sample:
    V > 0 inserts (an electrode potential that falls by V). Without series resistance the double
    layer charges at once: a jump's charge flows at t = 0 and is not in I, a ramp's C_dl dV/dt is.
    Wen, Boukamp, Huggins and Weppner, J. Electrochem. Soc. 126, 2258 (1979); Montella,
    J. Electroanal. Chem. 518, 61 (2002).
    tests/classical/test_simulate.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> i = vg.classical.pitt(vg.Cell(lmo, length=200e-9, area=1e-4), [0.01, 1.0], 0.01)
    >>> [f"{v * 1e6:.3g} µA" for v in i.values]
    ['3.91e+03 µA', '4.59 µA']
    """
    t = checked_points("time", time, "s")
    values, error = _transient(_sample(sample), t, step, "pitt", known_form("pitt", form))
    return _response("pitt", sample, values, error, "A", Axis("time", "s", t), step=step, form=form)


def gitt(
    sample: Sample, time: ArrayLike, current: float | Drive, *, form: str = "full"
) -> Response:
    r"""Voltage under a constant current, with the relaxation after a pulse (GITT).

    Parameters
    ----------
    sample : Cell or Experiment
        An electrode; or an experiment with ``interface=Contact(...)``, a microdisc.
    time : array_like
        Times [s]; t <= 0 is before the current (0).
    current : float or Drive
        Current from t = 0 on [A], or a drive: ``Pulse(duration, amplitude)`` relaxes.
    form : {"full", "short", "long"}
        Exact; or the textbook limits of a Cell: √t (Weppner and Huggins), and the straight line.
        `valid_range` says where they hold.

    Returns
    -------
    Response
        Change of the voltage [V] that drives the current, of its sign; shape time.shape.

    Raises
    ------
    VegardError
        For an unknown parameter of the material.

    Notes
    -----
    .. math:: \frac{V}{I} = R_s + R_{ct} + R\Big[(m+1)T + \frac{1}{m+3}
        - \sum_n\frac{2}{\lambda_n^2}e^{-\lambda_n^2T}\Big],\quad T = \frac{Dt}{L^2},

    R = (-dE/dC)L/(zFAD), y(-λ²) = 0 (λ = nπ for a film); 1 instead of (m+1)T + 1/(m+3) with a
    permeable back, λ = (n - ½)π. Linear kinetics adds a constant and leaves the slope against √t
    alone. V > 0 inserts: the electrode's potential is E(before) - V. Weppner and Huggins,
    J. Electrochem. Soc. 124, 1569 (1977).
    tests/classical/test_simulate.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> film = vg.Cell(lmo, length=200e-9, area=1e-4)
    >>> v = vg.classical.gitt(film, [0.004, 0.5, 50.0], vg.Pulse(1.0, 1e-4))
    >>> [f"{x * 1e3:.3f} mV" for x in v.values]
    ['0.103 mV', '1.444 mV', '2.280 mV']
    """
    t = checked_points("time", time, "s")
    values, error = _transient(_sample(sample), t, current, "gitt", known_form("gitt", form))
    axis = Axis("time", "s", t)
    return _response("gitt", sample, values, error, "V", axis, current=current, form=form)


def known_form(method: str, form: str) -> str:
    """The form of a method, checked."""
    if form not in FORMS[method]:
        raise unknown_name(f"form of {method}", form, FORMS[method])
    return form


def _frequency(frequency: ArrayLike) -> Real:
    f = checked_points("frequency", frequency, "Hz")
    if (f <= 0).any():
        raise VegardError(
            f"frequency must be > 0 [Hz]; got {f.min():g}. At rest a host with a blocking back is "
            "a capacitor and Z is infinite; else take a frequency far below D/L²."
        )
    return f


def _sample(sample: object) -> Sample:
    if isinstance(sample, Cell) or (
        isinstance(sample, Experiment) and isinstance(sample.interface, Contact)
    ):
        return sample
    raise VegardError(
        "the sample must be a vegard.Cell (film, sphere, cylinder) or an Experiment with "
        f"interface=Contact(...), the microdisc; got {sample!r}."
    )


def _response(
    verb: str, sample: Sample, values: Any, error: Any, unit: str, axis: Axis, **inputs: Any
) -> Response:
    shape = axis.points.shape
    held = "cell" if isinstance(sample, Cell) else "experiment"
    return Response(
        values.reshape(shape)[()],
        error.reshape(shape)[()],
        unit,
        (axis,),
        {"verb": verb, held: sample, **inputs},
    )


def _impedance(sample: Sample, s: Complex, form: str = "full") -> tuple[Complex, Real]:
    """Z(s) [Ω] and its error."""
    if isinstance(sample, Experiment):
        if form != "full":
            checked_cell(sample)
        return contact_impedance_at(sample, s)
    z = sample.charge_transfer_resistance + _diffusion(sample, s, form)
    z = sample.series_resistance + z / (1 + s * sample.double_layer * z)
    return z, _ROUNDING * np.abs(z)


def _diffusion(cell: Cell, s: Complex, form: str) -> Complex:
    """Z_W(s) [Ω]."""
    x2 = s * cell.diffusion_time
    resistance = cell.diffusion_resistance
    if form == "high":
        return np.asarray(resistance / np.sqrt(x2))
    if form == "low":
        m = DIMENSION[cell.shape]
        return resistance * (np.ones_like(x2) if cell.permeable else 1 / (m + 3) + (m + 1) / x2)
    y = intercalation.admittance(x2, cell.shape, permeable=cell.permeable)
    return np.asarray(resistance / y)


@dataclass(frozen=True, slots=True)
class _Line:
    """What `superposition` asks of a kernel: transforms of the answer to a unit step and ramp."""

    transform: Callable[[Complex], tuple[Complex, Real]]
    at: Real

    def step(self, s: Complex) -> tuple[Complex, Real]:
        values, error = self.transform(s)
        return (values / s)[None], (error / np.abs(s))[None]

    def ramp(self, s: Complex) -> tuple[Complex, Real]:
        values, error = self.transform(s)
        return (values / s**2)[None], (error / np.abs(s) ** 2)[None]


def _transient(
    sample: Sample, time: Real, drive: float | Drive, method: str, form: str
) -> tuple[Real, Real]:
    flat = time.ravel()
    if not isinstance(drive, Drive):
        height = _height(drive, method)
        unit, error = _unit(sample, flat, method, form)
        return height * unit, abs(height) * error
    if isinstance(drive, Sine):
        raise VegardError(
            f"{method} takes steps, pulses, triangles and sampled drives; for a sine ask "
            "vegard.classical.eis."
        )
    if form == "full":
        line: Any = _Line(_transform(sample, method), np.zeros(1))
        values, spread = superposition.piecewise(line, drive, flat)
        return values[0] + _charging(sample, drive, flat, method), spread[0]
    start, jump, slope = drive.events()
    if slope.any():
        raise VegardError(f'form="{form}" takes steps and pulses alone; use form="full".')
    parts = [(h, *_unit(sample, flat - t, method, form)) for t, h in zip(start, jump, strict=True)]
    return sum(h * u for h, u, _ in parts), sum(abs(h) * e for h, _, e in parts)


def _height(drive: object, method: str) -> float:
    name, unit = ("step", "V") if method == "pitt" else ("current", "A")
    height = checked_points(name, drive, unit)  # type: ignore[arg-type]
    if height.ndim:
        raise VegardError(
            f"{name} must be one number [{unit}] or a drive; got {height.size} values. "
            "Sampled(time, values) is a waveform."
        )
    return float(height)


def _charging(sample: Sample, drive: Drive, time: Real, method: str) -> Real:
    """Current C_dl dV/dt of a double layer without series resistance."""
    if method != "pitt" or not isinstance(sample, Cell) or sample.series_resistance:
        return np.zeros(time.shape)
    start, _, slope = drive.events()
    rate = np.append(0.0, np.cumsum(slope))
    return np.asarray(sample.double_layer * rate[np.searchsorted(start, time)])


def _transform(sample: Sample, method: str) -> Callable[[Complex], tuple[Complex, Real]]:
    """Transform of the answer to a unit impulse: Z(s), or 1/Z(s)."""
    if method == "gitt":
        return lambda s: _impedance(sample, s)
    if isinstance(sample, Cell) and sample.series_resistance == 0:
        sample = replace(sample, double_layer=0.0)  # it charges at once: see _charging

    def admittance(s: Complex) -> tuple[Complex, Real]:
        z, error = _impedance(sample, s)
        return 1 / z, error / np.abs(z) ** 2

    return admittance


def _unit(sample: Sample, time: Real, method: str, form: str) -> tuple[Real, Real]:
    """Answer to a unit step at t = 0, and its error; 0 before."""
    out, error = np.zeros(time.shape), np.zeros(time.shape)
    on = time > 0
    if form != "full" or _has_series(sample, method):
        cell = checked_cell(sample)
        late = on if form != "full" else on & (time > SERIES_FROM * cell.diffusion_time)
        out[late] = _by_form(cell, time[late], method, form)
        error[late] = _ROUNDING * np.abs(out[late])
        on = on & ~late
    if on.any():
        line = _Line(_transform(sample, method), np.zeros(1))
        values, spread = laplace.invert(line.step, time[on])
        out[on], error[on] = values[0], spread[0]
    return out, error


def checked_cell(sample: object) -> Cell:
    """A sample that must be a Cell."""
    if not isinstance(sample, Cell):
        raise VegardError(
            "the textbook limits (short, long, high, low) and titrations are those of a "
            f'vegard.Cell; got {sample!r}. For a contact ask form="full".'
        )
    return sample


def _has_series(sample: Sample, method: str) -> bool:
    """Whether the modes are those of diffusion alone."""
    if not isinstance(sample, Cell):
        return False
    return sample.double_layer == 0 or (method == "pitt" and sample.series_resistance == 0)


def _by_form(cell: Cell, time: Real, method: str, form: str) -> Real:
    """Series and limits: answer to a unit step."""
    t = time / cell.diffusion_time
    resistance, m = cell.diffusion_resistance, DIMENSION[cell.shape]
    fixed = cell.series_resistance + cell.charge_transfer_resistance
    biot = resistance / fixed if fixed else inf
    how: dict[str, Any] = {"permeable": cell.permeable}
    if method == "pitt":
        if form == "short":
            return _cottrell(t, biot) / resistance
        if form == "long":
            return intercalation.last_flux(t, biot, cell.shape, **how) / resistance
        return intercalation.flux_after_step(t, biot, cell.shape, **how) / resistance
    if form == "short":
        return np.asarray(fixed + resistance * 2 * np.sqrt(t / np.pi))
    if form == "long":
        line = np.ones_like(t) if cell.permeable else (m + 1) * t + 1 / (m + 3)
        return np.asarray(fixed + resistance * line)
    return fixed + resistance * intercalation.level_after_current(t, cell.shape, **how)


def _cottrell(time: Real, biot: float) -> Real:
    """Semi-infinite flux after a step, with the interface: Bi e^(Bi²T) erfc(Bi√T)."""
    if isinf(biot):
        return np.asarray(1 / np.sqrt(np.pi * time))
    from scipy.special import erfcx

    return np.asarray(biot * erfcx(biot * np.sqrt(time)))
