"""Voltage spectroscopy: hysteresis loops under any envelope, and families of them (FORC)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import concentrations, envelopes
from vegard.envelopes import Law
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.response import checked_experiment, checked_points
from vegard.result import Axis, Response
from vegard.superposition import Kernel
from vegard.transfer import amplitude
from vegard.waveforms import Drive, PulseTrain, Sine, Triangle, staircase

Real = NDArray[np.float64]

OBSERVABLES = ("deflection", "concentration")


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """Readings of a voltage spectroscopy against the bias.

    Parameters
    ----------
    bias : ndarray, shape (n,)
        Bias [``bias_units``] of each reading: that of the writing pulse before it, or of the
        sweep.
    values : ndarray, shape (n,)
        Displacement [m] or concentration [mol/m³].
    error : ndarray, shape (n,)
        Absolute numerical error of the values.
    time : ndarray, shape (n,)
        Times of the readings [s].
    area : float
        Signed area ∮ V du of the last full cycle [``units`` × ``bias_units``], closed at its first
        bias: positive if the loop turns counter-clockwise, a response that lags the bias.
    area_error : float
        Its absolute numerical error: that of the values, and of the polygon for a sweep.
    last : slice
        Readings of the last full cycle.
    units, bias_units : str
        Of the values and of the bias.
    inputs : dict
        The verb, the experiment and the arguments from which it was made.
    """

    bias: Real
    values: Real
    error: Real
    time: Real
    area: float
    area_error: float
    last: slice
    units: str
    bias_units: str
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def area_units(self) -> str:
        """Unit of the area."""
        return f"{self.units}·{self.bias_units}"

    @property
    def opens(self) -> bool:
        """Whether the loop has an area beyond its numerical error."""
        return abs(self.area) > self.area_error

    @property
    def remanence(self) -> tuple[float, float] | None:
        """Values where the bias of the last cycle passes 0, falling and rising.

        None if it does not pass 0 just once each way.
        """
        return _passing(self.bias[self.last], self.values[self.last])

    @property
    def coercive_bias(self) -> tuple[float, float] | None:
        """Biases where the values of the last cycle pass 0, falling and rising.

        None if they do not pass 0 just once each way.
        """
        return _passing(self.values[self.last], self.bias[self.last])

    def _response(self) -> Response:
        axis = Axis("time", "s", self.time)
        return Response(self.values, self.error, self.units, (axis,), self.inputs)

    def to_xarray(self) -> Any:
        """Labelled dataset with ``response`` and ``error`` over time, ``bias`` a coordinate.

        Returns
        -------
        xarray.Dataset
        """
        bias = ("time", self.bias, {"units": self.bias_units})
        numbers = {"area": self.area, "area_error": self.area_error}
        return self._response().to_xarray().assign_coords(bias=bias).assign_attrs(numbers)

    def plot(self, ax: Any = None) -> Any:
        """Plot the values against the bias; returns the matplotlib Axes."""
        from vegard import plot_loops

        return plot_loops.loop(self, ax)

    def citations(self) -> list[str]:
        """What to cite for this result."""
        return self._response().citations()

    def report(self) -> str:
        """A few lines that a person can read."""
        lines = [
            f"{self.bias.size} readings, {self.inputs.get('field', 'on')}-field, of the "
            f"{self.inputs.get('observable', 'deflection')}",
            f"area of the last cycle {self.area:.4g} {self.area_units}, numerical error "
            f"{self.area_error:.1g}" + ("" if self.opens else ": no loop"),
        ]
        if not self.opens:
            return "\n".join(lines)
        for name, pair, unit in (
            ("remanence", self.remanence, self.units),
            ("coercive bias", self.coercive_bias, self.bias_units),
        ):
            told = "not defined" if pair is None else f"{pair[0]:.4g} and {pair[1]:.4g} {unit}"
            lines.append(f"{name} (falling, rising): {told}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, eq=False)
class Forc:
    """Loops of growing amplitude (first-order reversal curves).

    Parameters
    ----------
    peaks : ndarray, shape (n,)
        Largest bias of each loop, in the loops' ``bias_units``.
    loops : tuple of Loop
        The loops, in the order of the peaks.
    """

    peaks: Real
    loops: tuple[Loop, ...]

    @property
    def areas(self) -> Real:
        """Area of each loop [units × bias_units], shape (n,)."""
        return np.array([one.area for one in self.loops])

    def plot(self, ax: Any = None) -> Any:
        """Plot all loops; returns the matplotlib Axes."""
        from vegard import plot_loops

        return plot_loops.forc(self, ax)


def loop(
    experiment: Experiment,
    envelope: Drive,
    *,
    field: str = "on",
    per: str = "volt",
    observable: str = "deflection",
    law: Law | None = None,
    delay: float | None = None,
    at: float = 0.0,
    points: int = 512,
) -> Loop:
    r"""Voltage spectroscopy: the read-out against the bias, and the area of the loop.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    envelope : PulseTrain, Triangle, Sine or Sampled
        Staircase of writing pulses with read-out intervals at ``rest`` between them (see
        `vegard.waveforms.staircase`), or a continuous sweep.
    field : {"on", "off"}
        "on" reads at the end of each writing pulse (of a sweep: all along), "off" at the end of
        the interval after it. Never 0 and 1, which mean opposite things in different tools.
    per : {"volt", "concentration", "flux", "ampere"}
        Unit of the drive.
    observable : {"deflection", "concentration"}
        Displacement [m], or the concentration under the tip [mol/m³], which the amplitude of an
        ac read-out follows: A = A₀(1 + χC).
    law : callable, optional
        Drive that the interface prescribes, in units of ``per``, of the bias [V] (ndarray to
        ndarray). It acts on the pulses or samples before the linear diffusion; here nonlinear
        kinetics come in. Without it the bias is the drive.
    delay : float, optional
        Time [s] from the edge before the reading: from the start of the pulse on-field, from its
        end off-field. At the end of pulse or interval unless given.
    at : float
        Distance from the tip's axis [m], >= 0.
    points : int
        Readings for each cycle of a Triangle or Sine, a multiple of 8.

    Returns
    -------
    Loop
        Bias, values and area of the last full cycle: the shortest after which the bias repeats.

    Raises
    ------
    VegardError
        For a field that is not a word, or "off" where nothing rests.

    Notes
    -----
    .. math:: A = \oint V\,du = -\pi\hat V^2\,\mathrm{Im}\,H(i\omega)

    for a sine that went on for long. Linear diffusion gives A ∝ V̂², and nothing for a bias that
    the surface follows at once (slow) or not at all (fast); between, near ωR²/D = 1…10, A is
    largest. tests/test_loops.py, docs/spectroscopies.md.

    Examples
    --------
    >>> import vegard as vg
    >>> from vegard.waveforms import staircase
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> train = vg.PulseTrain(0.005, 0.01, staircase(1.0, 64, 2))
    >>> on = vg.loop(e, train, field="on", per="concentration")
    >>> f"{on.area:.2e} m·mol/m³; remanent {on.remanence[0]:.1e} m"
    '2.08e-15 m·mol/m³; remanent 7.1e-16 m'
    """
    e = checked_experiment(experiment)
    if not isinstance(field, str) or field not in ("on", "off"):
        raise VegardError(
            'field must be "on" (read while the writing pulse is on) or "off" (at rest, after it); '
            f"got {field!r}. Numbers and truth values are refused: 0 is on-field in some tools and "
            "off-field in others."
        )
    kernel = _kernel(e, at, per, observable)
    got = envelopes.read(kernel, envelope, field, delay, law, points)
    bias, values, error = rows = tuple(row[got.last] for row in (got.bias, got.values, got.error))
    area, spread = _area(bias, values, error)
    if isinstance(envelope, Triangle | Sine):  # a polygon of a smooth curve: Richardson's rule
        rough = _area(*(row[::2] for row in rows))[0]
        area, spread = area + (area - rough) / 3, spread + abs(area - rough) / 3
    told = {"field": field, "per": per, "observable": observable, "delay": delay, "at": at}
    inputs = {"verb": "loop", "experiment": e, "envelope": envelope, "drive": got.drive, **told}
    units = "m" if observable == "deflection" else concentrations.UNIT
    unit = "V" if law is not None else e.interface.drives[per].removeprefix("m/").strip("()")
    return Loop(
        got.bias, got.values, got.error, got.time, area, spread, got.last, units, unit, inputs
    )


def forc(
    experiment: Experiment,
    peaks: ArrayLike,
    *,
    steps: int,
    duration: float,
    period: float,
    cycles: int = 2,
    rest: float = 0.0,
    field: str = "on",
    per: str = "volt",
    observable: str = "deflection",
    law: Law | None = None,
    delay: float | None = None,
    at: float = 0.0,
) -> Forc:
    """Loops of growing amplitude, each from rest (first-order reversal curves).

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    peaks : array_like, shape (n,)
        Largest bias of each loop, > 0, in units of the bias.
    steps : int
        Writing pulses of one cycle, a multiple of 4.
    duration, period : float
        Length of each pulse, and time from one pulse to the next [s].
    cycles : int
        Cycles of each loop; the area is that of the last.
    rest : float
        Bias of the read-out intervals.
    field, per, observable, law, delay, at
        As of `loop`.

    Returns
    -------
    Forc
        Peaks, loops and areas.

    Raises
    ------
    VegardError
        As `loop` does, and for peaks that are not a row of numbers > 0.

    Notes
    -----
    Linear diffusion gives areas that grow as peak², from the first on: a loop that opens only above
    a threshold needs a ``law``. tests/test_loops.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> family = vg.forc(
    ...     e, [1.0, 2.0], steps=64, duration=0.005, period=0.01, per="concentration"
    ... )
    >>> round(float(family.areas[1] / family.areas[0]), 9)  # peak²
    4.0
    """
    height = checked_points("peaks", peaks, "units of the bias")
    if height.ndim != 1 or (height <= 0).any():
        raise VegardError(f"peaks must be a row of numbers > 0, one for each loop; got {peaks!r}.")
    how: dict[str, Any] = {"field": field, "per": per, "observable": observable, "law": law}
    loops = tuple(
        loop(
            experiment,
            PulseTrain(duration, period, staircase(float(peak), steps, cycles), rest),
            delay=delay,
            at=at,
            **how,
        )
        for peak in height
    )
    return Forc(height, loops)


def _kernel(e: Experiment, at: float, per: str, observable: str) -> Kernel:
    """Transform of what is observed."""
    r = checked_points("at", at, "m", least=0.0)
    if r.ndim:
        raise VegardError("at must be one number [m]; ask once for each distance.")
    if observable not in OBSERVABLES:
        raise unknown_name("observable", observable, OBSERVABLES)
    if observable == "concentration":
        return concentrations.kernel(e, r.reshape(1), per)
    scale = amplitude(e, per)
    e.interface.fits(e.tip, e.geometry, e.material)
    return Kernel(e, r.reshape(1), per, scale)


def _area(x: Real, y: Real, error: Real) -> tuple[float, float]:
    """Signed area ∮ x dy of a closed polygon, and its error from that of y."""
    x = x - x.mean()
    y = y - y.mean()
    turns = np.roll(x, 1) - np.roll(x, -1)
    return float(turns @ y) / 2, float(np.abs(turns) @ error) / 2


def _passing(x: Real, y: Real) -> tuple[float, float] | None:
    """Values y where x passes 0 falling and rising, if it does so once each in a cycle."""
    after, found = np.roll(x, -1), []
    for sign in (1.0, -1.0):
        place = np.flatnonzero((sign * x > 0) & (sign * after <= 0))
        if place.size != 1:
            return None
        i = int(place[0])
        part = x[i] / (x[i] - after[i])
        found.append(float(y[i] + part * (np.roll(y, -1)[i] - y[i])))
    return found[0], found[1]
