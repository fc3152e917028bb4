"""Signal and noise of PITT, GITT, EIS and ESM at a contact of any size, in the same time."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import classical
from vegard.contacts import Contact
from vegard.current import contact_current
from vegard.detectability import noise_density
from vegard.experiment import Experiment
from vegard.instrument import Instrument
from vegard.response import frequency_response, time_response
from vegard.tips import DiscTip
from vegard.waveforms import Pulse

Real = NDArray[np.float64]

STRAIN = ("ESM", "ESM relaxation")
_READINGS = 60  # in time, from a thousandth of it on
_FIRST = 1e-3


class Setting(NamedTuple):
    """What is the same at all sizes."""

    experiment: Experiment
    tool: Instrument
    drive: float
    frequency: float
    seconds: float
    scaled: bool
    source: dict[str, float]

    def clock(self, radius: float) -> tuple[float, float]:
        """Frequency [Hz] and time [s] at a size."""
        x = (radius / self.experiment.tip.radius) ** 2 if self.scaled else 1.0
        return self.frequency / x, self.seconds * x

    def density(self, name: str, f: Any) -> Real:
        """Noise per root hertz at frequencies f [Hz]."""
        at = np.asarray(f, float)
        temperature = self.experiment.material.temperature
        return np.asarray(noise_density(name, self.tool, at, temperature, self.source))


def _contact(s: Setting, radius: float) -> Experiment:
    """The microdisc of that radius."""
    rate = getattr(s.experiment.interface, "rate", inf)
    return s.experiment.replace({"interface": Contact(rate), "tip": DiscTip(radius)})


def _readings(seconds: float) -> tuple[Real, Real, Real]:
    """Times of reading, √(2Δt) of the bins about them, and the frequencies that they see."""
    edges = np.geomspace(_FIRST, 1.0, _READINGS + 1) * seconds
    t = np.sqrt(edges[:-1] * edges[1:])
    return t, np.sqrt(2 * np.diff(edges)), 1 / (2 * np.pi * t)


def _best(y: Any, sigma: Any) -> tuple[float, float]:
    """Size of a signal and its standard error: their ratio is √Σ(y/σ)²."""
    weight = 1 / np.square(sigma)
    total = float(np.sum(weight))
    return sqrt(float(np.sum(weight * np.abs(y) ** 2)) / total), total**-0.5


def _pitt(s: Setting, radius: float) -> tuple[float, float]:
    t, width, f = _readings(s.clock(radius)[1])
    i = classical.pitt(_contact(s, radius), t, s.drive).values
    return _best(i, s.density("current", f) / width)


def _gitt(s: Setting, radius: float) -> tuple[float, float]:
    seconds = s.clock(radius)[1]
    t, width, f = _readings(seconds)
    e = _contact(s, radius)
    v = np.asarray(classical.gitt(e, np.append(t, seconds), 1.0).values)  # per ampere
    z = np.asarray(classical.eis(e, f).amplitude)
    return _best(v[:-1] * s.drive / v[-1], z * s.density("current", f) / width)


def _eis(s: Setting, radius: float) -> tuple[float, float]:
    f, seconds = s.clock(radius)
    i = s.drive * float(contact_current(_contact(s, radius), f).amplitude)
    return i, float(s.density("current", f)) / sqrt(seconds)


def _esm(s: Setting, radius: float) -> tuple[float, float]:
    f, seconds = s.clock(radius)
    e = s.experiment.replace({"tip.radius": radius})
    u = s.drive * float(frequency_response(e, f).amplitude)
    return u, float(s.density("displacement", f)) / sqrt(seconds)


def _relaxation(s: Setting, radius: float) -> tuple[float, float]:
    half = s.clock(radius)[1] / 2
    t, width, f = _readings(half)
    e = s.experiment.replace({"tip.radius": radius})
    u = time_response(e, Pulse(half, s.drive), half + t).values
    return _best(u, s.density("displacement", f) / width)


Method = Callable[[Setting, float], tuple[float, float]]
METHODS: dict[str, tuple[str, Method]] = {
    "PITT": ("A", _pitt),
    "GITT": ("V", _gitt),
    "EIS": ("A", _eis),
    "ESM": ("m", _esm),
    "ESM relaxation": ("m", _relaxation),
}
