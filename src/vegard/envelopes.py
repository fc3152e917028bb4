"""Envelopes of voltage spectroscopy: when each is read, and where its last cycle begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import superposition
from vegard.errors import VegardError
from vegard.response import checked_points
from vegard.superposition import Kernel
from vegard.waveforms import Drive, PulseTrain, Sampled, Sine, Triangle

Real = NDArray[np.float64]
Law = Callable[[Real], ArrayLike]
"""Drive that the interface prescribes at each bias [V]; the place of nonlinear kinetics."""

_SAME = 1e-9  # of the largest bias: readings at one bias
_PROBES = 64


class Reading(NamedTuple):
    """Bias, the drive that was computed, times, values and error, and the last full cycle."""

    bias: Real
    drive: Drive
    time: Real
    values: Real
    error: Real
    last: slice


def read(
    kernel: Kernel,
    envelope: object,
    field: str,
    delay: float | None,
    law: Law | None,
    points: int,
) -> Reading:
    """Readings of a kernel at one point under an envelope; arguments as of `vegard.loop`.

    Returns
    -------
    Reading
        Bias in units of the envelope, values in those of the kernel [m or mol/m³].

    Raises
    ------
    VegardError
        Where there is nothing to read as asked.
    """
    if isinstance(envelope, PulseTrain):
        return _train(kernel, envelope, field, delay, law)
    if not isinstance(envelope, Sampled | Sine | Triangle):
        raise VegardError(
            f"a loop needs a PulseTrain, Triangle, Sine or Sampled as envelope; got {envelope!r}."
        )
    if field == "off" or delay is not None:
        raise VegardError(
            f"{type(envelope).__name__} has no pulses: no rest to read off-field and no edge to "
            'delay from. Use field="on" without delay, or a PulseTrain.'
        )
    if isinstance(envelope, Sampled):
        return _sampled(kernel, envelope, law)
    return _sweep(kernel, envelope, law, points)


def _train(
    kernel: Kernel, train: PulseTrain, field: str, delay: float | None, law: Law | None
) -> Reading:
    """At the same moment of every period."""
    start, end = (0.0, train.duration) if field == "on" else (train.duration, train.period)
    if start == end:
        raise VegardError(
            "the pulses follow each other without a rest, so there is nothing to read off-field; "
            f"make PulseTrain.period longer than the duration of {train.duration:g} s."
        )
    moment = end
    if delay is not None:
        wait = checked_points("delay", delay, "s")
        moment = start + float(wait.max())
        if wait.ndim or not start < moment <= end:
            raise VegardError(
                f"delay must be > 0 and at most {end - start:g} s, the time there is to read "
                f"{field}-field; got {delay!r}."
            )
    bias = np.array(train.amplitudes)
    if law is not None:
        *heights, rest = _bent(law, np.append(bias, train.rest))
        train = PulseTrain(train.duration, train.period, heights, rest)
    values, error = superposition.train(kernel, train, moment)
    time = np.asarray(moment + train.period * np.arange(bias.size))
    return Reading(bias, train, time, values[0], error[0], _last(bias, _repeat(bias)))


def _sampled(kernel: Kernel, sweep: Sampled, law: Law | None) -> Reading:
    """At the samples."""
    bias = np.asarray(sweep.values)
    if law is not None:
        sweep = Sampled(sweep.time, _bent(law, bias))
    values, error = superposition.driven(kernel, sweep, sweep.time)
    return Reading(bias, sweep, sweep.time, values[0], error[0], _last(bias, _repeat(bias)))


def _sweep(kernel: Kernel, sweep: Sine | Triangle, law: Law | None, points: int) -> Reading:
    """At even times."""
    time = _times(sweep, points)
    bias = sweep(time)
    last = _last(bias, points)
    if law is None:
        values, error = superposition.driven(kernel, sweep, time)
        return Reading(bias, sweep, time, values[0], error[0], last)
    given = _bent(law, bias)
    fine, coarse = Sampled(time, given), Sampled(time[::2], given[::2])
    values, error = superposition.driven(kernel, fine, time)
    rough, _ = superposition.driven(kernel, coarse, coarse.time)
    curve = np.abs(values[:, ::2] - rough).max()  # what the law does between the samples
    return Reading(bias, fine, time, values[0], error[0] + curve, last)


def _times(sweep: Sine | Triangle, points: int) -> Real:
    """Even times [s] of whole cycles."""
    if not isinstance(points, int | np.integer) or points < 8 or points % 8:
        raise VegardError(f"points must be a multiple of 8 for each cycle; got {points!r}.")
    if not np.isfinite(sweep.cycles) or sweep.cycles != int(sweep.cycles):
        raise VegardError(
            f"a loop needs whole cycles; got Sine(cycles={sweep.cycles:g}). Give e.g. cycles=10."
        )
    period = sweep.period if isinstance(sweep, Triangle) else 1 / sweep.frequency
    return np.asarray(period * (np.arange(int(sweep.cycles) * points + 1) / points))


def _bent(law: Law, bias: Real) -> Real:
    """What the interface prescribes at each bias."""
    out = checked_points("the drive that law returns", law(bias.copy()), "units of per")
    if out.shape != bias.shape:
        raise VegardError(
            f"law must return one drive for each bias: {bias.size} numbers; got shape {out.shape}."
        )
    return out


def _repeat(bias: Real) -> int:
    """Readings after which the bias repeats itself; all of them if it never does."""
    near = _SAME * float(np.abs(bias).max())
    half = bias.size // 2
    if not half:
        return bias.size
    probe = np.linspace(0, half - 1, min(half, _PROBES)).astype(int)[:, None]
    steps = np.arange(1, half + 1)
    for n in steps[(np.abs(bias[probe + steps] - bias[probe]) <= near).all(axis=0)]:
        if (np.abs(bias[n:] - bias[:-n]) <= near).all():
            return int(n)
    return bias.size


def _last(bias: Real, cycle: int) -> slice:
    """The last full cycle, from the reading before it at the same bias where there is one."""
    return slice(max(bias.size - cycle - 1, 0), None)
