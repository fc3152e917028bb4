"""One planned measurement: what to do at the microscope, and the noise of each reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.fitting.data import Data
from vegard.prefixes import quantity
from vegard.waveforms import PulseTrain

Real = NDArray[np.float64]

METHODS = ("frequency", "relaxation")
_PULSES = 32  # of a long train that a reading remembers; the rest alternates away


@dataclass(frozen=True, slots=True, eq=False)
class PlannedMeasurement:
    """One measurement of a plan.

    Parameters
    ----------
    method : {"frequency", "relaxation"}
        A lock-in at one frequency after the other; or pulses of alternating sign, each reading
        averaged over all of them with that sign.
    x : ndarray, shape (n,)
        Frequencies [Hz], or delays after the end of the pulse [s].
    width : ndarray, shape (n,)
        Time at each frequency, or interval about each delay over which is averaged [s].
    averages : ndarray, shape (n,)
        Periods at each frequency, or pulses [–].
    sigma : ndarray, shape (n,)
        Standard deviation [m] of each reading, of either quadrature of a spectrum.
    seconds : float
        All of it [s].
    drive : float
        Amplitude, in the unit of ``per``.
    per : str
        What drives the tip, "volt" as a rule.
    experiment : Experiment
        With the tip and the temperature to use.
    pulse, period : float
        Length of each pulse and time from one to the next [s]; 0 for a spectrum.
    """

    method: str
    x: Real
    width: Real
    averages: NDArray[np.int64]
    sigma: Real
    seconds: float
    drive: float
    per: str
    experiment: Experiment = field(repr=False)
    pulse: float = 0.0
    period: float = 0.0

    @property
    def spectral(self) -> bool:
        """Whether x is a frequency."""
        return self.method == "frequency"

    @property
    def tip_radius(self) -> float:
        """Contact radius [m]."""
        return float(self.experiment.tip.radius)

    @property
    def temperature(self) -> float:
        """Temperature [K]."""
        return self.experiment.material.temperature

    @property
    def waveform(self) -> PulseTrain:
        """Pulses that together act on the averaged readings as all pulses do, [unit of ``per``].

        The mean of n readings that remember j pulses back with the sign (-1)^j holds each with the
        weight 1 - j/n. Of a long train the latest are kept, the last of them by half: what is left
        of an alternating sum is then small.
        """
        n = int(self.averages[0])
        kept = min(n, _PULSES)
        back = np.arange(kept)[::-1]
        heights = (-1.0) ** back * (1 - back / n)
        if n > kept:
            heights[0] /= 2
        return PulseTrain(self.pulse, self.period, tuple((self.drive * heights).tolist()))

    @property
    def time(self) -> Real:
        """Times [s] of the readings after the start of ``waveform``."""
        before = (len(self.waveform.amplitudes) - 1) * self.period + self.pulse
        return np.asarray(before + self.x)

    def data(self, y: ArrayLike | None = None) -> Data:
        """The readings as `vegard.fit` and `vegard.fisher` take them.

        Parameters
        ----------
        y : array_like, shape (n,), optional
            What was read [m], complex for a spectrum; zeros if left out, for `vegard.fisher`.
        """
        if y is None:
            y = np.zeros(self.x.size, complex if self.spectral else float)
        if np.shape(y) != self.x.shape:
            raise VegardError(
                f"y must have one reading for each of the {self.x.size} planned ones; got shape "
                f"{np.shape(y)}."
            )
        if self.spectral:
            return Data("frequency", self.x, y, self.sigma, drive=self.drive, per=self.per)
        return Data("relaxation", self.time, y, self.sigma, drive=self.waveform, per=self.per)

    def rows(self) -> list[dict[str, Any]]:
        """One dict for each reading: x [Hz or s], seconds [s], averages [–] and sigma [m]."""
        return [
            {"method": self.method, "x": float(x), "seconds": float(t), "averages": int(n),
             "sigma": float(s)}
            for x, t, n, s in zip(self.x, self.width, self.averages, self.sigma, strict=True)
        ]  # fmt: skip

    def report(self) -> str:
        """What to do, for a person."""
        unit = {"volt": "V", "ampere": "A", "concentration": "mol/m³", "flux": "mol/m²/s"}[self.per]
        height = quantity(self.drive, unit)
        with_ = f"tip of {quantity(self.tip_radius, 'm')}, {self.temperature:.4g} K"
        took = quantity(self.seconds, "s")
        if self.method == "relaxation":
            n = int(self.averages[0])
            pulses = f"{n} pulses" if n > 1 else "One pulse"
            signs = ", of alternating sign," if n > 1 else ""
            return (
                f"{pulses} of {height} and {quantity(self.pulse, 's')}{signs} one each "
                f"{quantity(self.period, 's')}; read from {quantity(float(self.x[0]), 's')} to "
                f"{quantity(float(self.x[-1]), 's')} after the end of each in {self.x.size} "
                f"intervals, the mean over all pulses with their sign ({with_}; {took})."
            )
        lines = [f"Lock-in at {height} and these frequencies ({with_}; {took}):"]
        for f, t, n in zip(self.x, self.width, self.averages, strict=True):
            lines.append(f"  {quantity(float(f), 'Hz'):>9} for {quantity(float(t), 's'):>8}, "
                         f"{int(n)} periods")  # fmt: skip
        return "\n".join(lines)
