"""Drives in time. t = 0 is where the drive starts; before it there is none.

A drive is a sum of jumps and slope changes, so its response is a sum of step and ramp responses;
a sine is handled by its own poles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, isinf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.errors import VegardError
from vegard.parameters import Parameters, quantity

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drive(Parameters):
    """Base of the drives."""

    def __call__(self, time: ArrayLike) -> Real:
        """The drive at ``time`` [s]; at a jump, the value after it."""
        start, jump, slope = self.events()
        t = np.asarray(time, float)
        begun = np.searchsorted(start, t, side="right")
        level, rate, moment = (
            np.append(0.0, np.cumsum(part))[begun] for part in (jump, slope, slope * start)
        )
        return np.asarray(level + rate * t - moment)

    def events(self) -> tuple[Real, Real, Real]:
        """Times [s], jumps of the value and changes of the slope [1/s] there."""
        raise NotImplementedError


def _amplitude(doc: str = "amplitude") -> Any:
    return quantity(doc, "A", "–", rule="finite", default=1.0)


@dataclass(frozen=True, slots=True)
class Pulse(Drive):
    """Rectangular pulse from t = 0, with the relaxation after it.

    Parameters
    ----------
    duration : float
        Length [s].
    amplitude : float
        Height, in units of the drive.

    Examples
    --------
    >>> Pulse(2.0)([-1.0, 0.0, 1.0, 2.0]).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    duration: float = quantity("length of the pulse", "t_p", "s")
    amplitude: float = _amplitude("height of the pulse")

    def events(self) -> tuple[Real, Real, Real]:
        a = self.amplitude
        return np.array([0.0, self.duration]), np.array([a, -a]), np.zeros(2)


@dataclass(frozen=True, slots=True)
class PulseTrain(Drive):
    """Train of rectangular pulses: a staircase of writing pulses with a level between them.

    Parameters
    ----------
    duration : float
        Length of each pulse [s].
    period : float
        Time from one pulse to the next [s], at least ``duration``.
    amplitudes : sequence of float
        Height of each pulse, in units of the drive.
    rest : float
        Level between the pulses (the read-out level) and after the last.

    Examples
    --------
    >>> train = PulseTrain(1.0, 2.0, (1.0, 2.0))
    >>> train([0.5, 1.5, 2.5, 3.5]).tolist()
    [1.0, 0.0, 2.0, 0.0]
    """

    duration: float = quantity("length of each pulse", "t_p", "s")
    period: float = quantity("time from pulse to pulse", "t_r", "s")
    amplitudes: Sequence[float] = field(default=(1.0,), metadata={"doc": "height of each pulse"})
    rest: float = quantity("level between the pulses", "A_0", "–", rule="finite", default=0.0)

    def __post_init__(self) -> None:
        super(PulseTrain, self).__post_init__()
        object.__setattr__(self, "amplitudes", _row("PulseTrain.amplitudes", self.amplitudes))
        if self.period < self.duration:
            raise VegardError(
                f"PulseTrain.period must be at least the duration; got {self.period} s and "
                f"{self.duration} s."
            )

    def events(self) -> tuple[Real, Real, Real]:
        starts = np.arange(len(self.amplitudes)) * self.period
        levels = np.repeat(self.rest, 2 * starts.size)
        levels[::2] = self.amplitudes
        times = np.column_stack([starts, starts + self.duration]).ravel()
        return times, np.diff(levels, prepend=0.0), np.zeros(times.size)


def staircase(peak: float, steps: int, cycles: int = 1) -> tuple[float, ...]:
    """Amplitudes of a triangular staircase of writing pulses: 0, up to +peak, down to -peak, back.

    Parameters
    ----------
    peak : float
        Largest amplitude, in units of the drive; a negative one starts downwards.
    steps : int
        Pulses of one cycle, a multiple of 4, so that both peaks are reached.
    cycles : int
        Number of cycles.

    Returns
    -------
    tuple of float
        ``steps * cycles`` amplitudes, in units of the drive; for ``PulseTrain.amplitudes``.

    Examples
    --------
    >>> staircase(2.0, 8)
    (0.0, 1.0, 2.0, 1.0, 0.0, -1.0, -2.0, -1.0)
    """
    for name, value, least in (("steps", steps, 4), ("cycles", cycles, 1)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least or value % least:
            raise VegardError(
                f"staircase {name} must be a whole number"
                f"{', a multiple of 4' if least > 1 else ' of 1 or more'}; got {value!r}."
            )
    quarter = int(steps) // 4
    up = [float(peak) * i / quarter for i in range(quarter + 1)]
    half = up + up[-2:0:-1]
    # 0 - v: rest is 0, not -0
    return (*half, *(0.0 - v for v in half)) * int(cycles)


@dataclass(frozen=True, slots=True)
class Triangle(Drive):
    """Triangular voltage sweep: 0, +A, -A, 0, as in voltage spectroscopy.

    Parameters
    ----------
    period : float
        Time of one cycle [s].
    amplitude : float
        Peak value, in units of the drive.
    cycles : int
        Number of cycles; the drive is zero afterwards.

    Examples
    --------
    >>> Triangle(4.0)([0.0, 1.0, 2.0, 3.0, 4.0]).tolist()
    [0.0, 1.0, 0.0, -1.0, 0.0]
    """

    period: float = quantity("time of one cycle", "t_c", "s")
    amplitude: float = _amplitude("peak value")
    cycles: float = quantity("number of cycles", "n", "–", default=1)

    def __post_init__(self) -> None:
        super(Triangle, self).__post_init__()
        if self.cycles != int(self.cycles):
            raise VegardError(f"Triangle.cycles must be a whole number; got {self.cycles}.")

    def events(self) -> tuple[Real, Real, Real]:
        n = int(self.cycles)
        quarter = self.period / 4
        times = np.append(0.0, quarter * (2 * np.arange(2 * n) + 1))
        times = np.append(times, n * self.period)
        rate = self.amplitude / quarter
        slopes = np.append(rate * (-1.0) ** np.arange(2 * n + 1), 0.0)
        return times, np.zeros(times.size), np.diff(slopes, prepend=0.0)


@dataclass(frozen=True, slots=True)
class Sine(Drive):
    """Sine A sin(2πft) switched on at t = 0, endless or a burst.

    Parameters
    ----------
    frequency : float
        Frequency [Hz].
    amplitude : float
        Peak amplitude, in units of the drive.
    cycles : float
        Length of the burst in periods; infinite for an endless sine.

    Examples
    --------
    >>> round(float(Sine(1.0)(0.25)), 12)
    1.0
    """

    frequency: float = quantity("frequency", "f", "Hz")
    amplitude: float = _amplitude("peak amplitude")
    cycles: float = quantity("length of the burst in periods", "n", "–", default=inf, infinite=True)

    @property
    def end(self) -> float:
        """End of the burst [s]."""
        return inf if isinf(self.cycles) else self.cycles / self.frequency

    def __call__(self, time: ArrayLike) -> Real:
        t = np.asarray(time, float)
        on = (t >= 0) & (t < self.end)
        return np.where(on, self.amplitude * np.sin(2 * np.pi * self.frequency * t), 0.0)

    def events(self) -> tuple[Real, Real, Real]:
        raise TypeError("a sine has no finite list of events")


@dataclass(frozen=True, slots=True, eq=False)
class Sampled(Drive):
    """Any waveform, given at points, linear between them and constant after the last.

    Parameters
    ----------
    time : sequence of float
        Increasing times [s]; the drive is zero before the first and jumps there if its first
        value is not zero.
    values : sequence of float
        Values, in units of the drive.

    Examples
    --------
    >>> Sampled((0.0, 1.0), (0.0, 2.0))([0.5, 3.0]).tolist()
    [1.0, 2.0]
    """

    time: Any = field(metadata={"doc": "increasing times", "unit": "s"})
    values: Any = field(metadata={"doc": "values of the drive"})

    def __post_init__(self) -> None:
        t = np.array(self.time, float)
        v = np.array(self.values, float)
        if t.ndim != 1 or t.shape != v.shape or t.size == 0:
            raise VegardError(
                "Sampled.time and .values must be rows of the same length, one or more; "
                f"got shapes {t.shape} and {v.shape}."
            )
        if not (np.isfinite(t).all() and np.isfinite(v).all()):
            raise VegardError("Sampled.time and .values must be finite; remove nan and inf.")
        if (np.diff(t) <= 0).any():
            where = int(np.argmax(np.diff(t) <= 0))
            raise VegardError(
                f"Sampled.time must increase; it does not after point {where} "
                f"({t[where]:g} s, {t[where + 1]:g} s). Sort the samples and drop repeats."
            )
        for name, array in (("time", t), ("values", v)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def events(self) -> tuple[Real, Real, Real]:
        slopes = np.diff(self.values) / np.diff(self.time)
        jump = np.zeros(self.time.size)
        jump[0] = self.values[0]
        return self.time, jump, np.diff(slopes, prepend=0.0, append=0.0)

    def __call__(self, time: ArrayLike) -> Real:
        return np.asarray(np.interp(np.asarray(time, float), self.time, self.values, left=0.0))


def _row(name: str, values: Any) -> tuple[float, ...]:
    try:
        out = tuple(float(v) for v in values)
    except (TypeError, ValueError):
        raise VegardError(f"{name} must be a row of numbers; got {values!r}.") from None
    if not out or not all(np.isfinite(out)):
        raise VegardError(f"{name} must hold one or more finite numbers; got {values!r}.")
    return out
