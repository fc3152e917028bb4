"""What is usually measured instead: one frequency near contact resonance; one pulse."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from vegard.classical.esm_analysis import analyse_esm
from vegard.fitting.sample import D
from vegard.planning.candidates import Setting
from vegard.planning.measurement import PlannedMeasurement

Real = NDArray[np.float64]

RESONANCE = "one frequency near contact resonance"
PULSE = "one pulse, fit of the model"
EXPONENTIAL = "one pulse, D = R²/τ"
_PINNED = (3.9266 / 1.8751) ** 2  # first resonance of a pinned lever over that of a free one
_TYPICAL = 350e3  # Hz, of published DART-ESM scans (data/dart_scans.csv)
_WINDOW = 10.0  # how long is read after the pulse, in its length


def one_frequency(setting: Setting, budget: float) -> PlannedMeasurement:
    """All the time at the first contact resonance, or where it may be at most if unknown."""
    lever = setting.instrument.cantilever
    f = setting.contact or (_TYPICAL if lever is None else _PINNED * lever.free_resonance)
    return setting.spectrum(np.array([f]), np.array([budget]))


def one_pulse(setting: Setting, budget: float) -> PlannedMeasurement | None:
    """A pulse as long as R²/D in the middle of the prior, and its repetition."""
    low, high = setting.belief.ranges[D]
    tau = setting.experiment.tip.radius**2 / (low * high) ** 0.5
    first = 1 / (2 * setting.bandwidth)
    pulse = min(max(tau, first), budget / (1 + _WINDOW))
    if _WINDOW * pulse < 2 * first:
        return None
    period = (1 + _WINDOW) * pulse
    return setting.relaxation(pulse, _WINDOW * pulse, max(int(budget / period), 1))


def exponential(setting: Setting, measurement: PlannedMeasurement) -> Real:
    """Error of ln D at each node if D = R²/τ of an exponential is taken from the readings.

    Root of bias² and of the spread by noise, which is combined with what is believed beforehand.
    The spread is that of the exponential's own curvature.
    """
    problem, names = setting.problem(measurement), setting.names(measurement.method)
    x, before = measurement.x, setting.belief.spread(D)
    out = []
    for node in setting.nodes:
        u = setting.model(problem, names, node).model
        radius = node.get("tip.radius", setting.experiment.tip.radius)
        found = analyse_esm(x, u, radius, method="single_exponential")
        spread = _scatter(found.diffusivity / radius**2, x, u, measurement.sigma)
        kept = 1 / (1 / spread**2 + 1 / before**2)
        out.append(log(found.diffusivity / node[D]) ** 2 + kept)
    return np.sqrt(out)


def _scatter(rate: float, x: Real, u: Real, sigma: Real) -> float:
    """Standard deviation of ln k of a e^(-kx) + b fitted by plain least squares."""
    falling = np.exp(-rate * x)
    linear = np.stack([falling, np.ones(x.size)], axis=1)
    size = float(np.linalg.lstsq(linear, u, rcond=None)[0][0])
    table = np.column_stack([-size * rate * x * falling, linear])
    scale = np.sqrt((table**2).sum(axis=0))
    return float(np.sqrt(((np.linalg.pinv(table / scale)[0] / scale[0] * sigma) ** 2).sum()))
