"""Responses in time from steps, ramps and sines.

A piecewise linear drive is a sum of jumps and slope changes. Few of them are summed directly; a
long waveform on a uniform grid is convolved with the exact cell averages of the step response by
FFT.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vegard import laplace
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.transfer import also, transfer
from vegard.waveforms import Drive, PulseTrain, Sampled, Sine

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Transform = Callable[[Complex], tuple[Complex, Real]]

_DIRECT = 200_000  # lags summed one by one with the contour
_MOST = 60_000_000  # lags summed through the spline
_PER_DECADE = 400  # knots of the spline: cubic error below 1e-11
_EXACT_CELLS = 256  # cells whose average comes from ramp differences


@dataclass(frozen=True, slots=True)
class Kernel:
    """Transform of the response to a unit drive at several points."""

    experiment: Experiment
    at: Real
    per: str
    scale: float
    component: str = "vertical"
    azimuth: float = 0.0

    def transform(self, s: Complex) -> tuple[Complex, Real]:
        """H(s) [m per unit drive] and its error, shape (points, s)."""
        values, error = transfer(self.experiment, s, self.at, self.component, self.azimuth)
        values = values * self.scale
        if self.experiment.also and self.component == "vertical":
            more, spread = also(self.experiment, s, self.per)
            return values + more, error * abs(self.scale) + spread
        return values, error * abs(self.scale)

    def step(self, s: Complex) -> tuple[Complex, Real]:
        """H(s)/s."""
        values, error = self.transform(s)
        return values / s, error / np.abs(s)

    def ramp(self, s: Complex) -> tuple[Complex, Real]:
        """H(s)/s²."""
        values, error = self.transform(s)
        return values / s**2, error / np.abs(s) ** 2


def driven(kernel: Kernel, drive: object, time: Real) -> tuple[Real, Real]:
    """Response (points, times) to any drive, and its error."""
    if not isinstance(drive, Drive):
        raise VegardError(
            f"drive must be a vegard.Pulse, PulseTrain, Triangle, Sine or Sampled; got {drive!r}."
        )
    return sine(kernel, drive, time) if isinstance(drive, Sine) else piecewise(kernel, drive, time)


def train(kernel: Kernel, drive: PulseTrain, moment: float) -> tuple[Real, Real]:
    """Response (points, pulses) ``moment`` [s] after the start of each pulse, and its error.

    Up to the start of the next pulse. All lags lie on two even rows, so that two step responses
    for each pulse serve every pair of pulses.
    """
    lag = moment + drive.period * np.arange(len(drive.amplitudes))
    unit, spread = laplace.invert(kernel.step, np.concatenate([lag, lag - drive.duration]))
    (begun, ended), (rough, after) = np.split(unit, 2, axis=-1), np.split(spread, 2, axis=-1)
    height = np.asarray(drive.amplitudes) - drive.rest
    values, error = drive.rest * begun, abs(drive.rest) * rough
    for i in range(kernel.at.size):
        values[i] += np.convolve(height, begun[i] - ended[i])[: lag.size]
        error[i] += np.convolve(np.abs(height), rough[i] + after[i])[: lag.size]
    return values, error


def piecewise(kernel: Kernel, drive: Drive, time: Real) -> tuple[Real, Real]:
    """Response (points, times) to a piecewise linear drive, and its error."""
    if isinstance(drive, Sampled) and drive.time.size * time.size > _DIRECT:
        grid = _grid_index(drive.time, time)
        if grid is not None:
            values, error = _uniform(kernel, drive)
            before = grid < 0
            picked = np.where(before, 0.0, values[:, grid])
            return picked, np.where(before, 0.0, error[:, grid])
    start, jump, slope = drive.events()
    if start.size * time.size > _MOST:
        raise VegardError(
            f"{start.size} samples read at {time.size} times are too many for an uneven grid. "
            "Sample the drive evenly and ask for times on its own grid: that takes n log n."
        )
    lag = time - start[:, None]
    moved = np.broadcast_to(jump[:, None], lag.shape), np.broadcast_to(slope[:, None], lag.shape)
    values = np.zeros((kernel.at.size, time.size))
    error = np.zeros_like(values)
    for part, transform in zip(moved, (kernel.step, kernel.ramp), strict=True):
        use = (lag > 0) & (part != 0)
        if not use.any():
            continue
        unit, spread = _evaluate(transform, lag[use], kernel.at.size)
        column = np.broadcast_to(np.arange(time.size), lag.shape)[use]
        for i in range(kernel.at.size):
            values[i] += np.bincount(column, unit[i] * part[use], time.size)
            error[i] += np.bincount(column, spread[i] * np.abs(part[use]), time.size)
    return values, error


def _evaluate(transform: Transform, lag: Real, points: int) -> tuple[Real, Real]:
    """Inverse transform at many lags: directly, or through a spline in ln t."""
    if lag.size <= _DIRECT:
        return laplace.invert(transform, lag)
    spline, error = _spline(transform, float(lag.min()), float(lag.max()))
    return spline(np.log(lag)).T, np.broadcast_to(error[:, None], (points, lag.size))


def _spline(transform: Transform, first: float, last: float) -> tuple[Callable[[Real], Real], Real]:
    """Cubic spline in ln t of an inverse transform, and its largest error per point."""
    from scipy.interpolate import CubicSpline

    knots = max(16, int(np.ceil(np.log10(last / first) * _PER_DECADE)) + 1)
    x = np.linspace(np.log(first) - 1e-9, np.log(last) + 1e-9, knots)
    values, error = laplace.invert(transform, np.exp(x))
    interpolation = 1e-11 * np.abs(values).max(axis=-1)
    return CubicSpline(x, values.T), error.max(axis=-1) + interpolation


def _grid_index(grid: Real, time: Real) -> NDArray[np.intp] | None:
    """Index of each time on an even grid, -1 before it; None if it is not one or leaves it."""
    if grid.size < 2:
        return None
    dt = (grid[-1] - grid[0]) / (grid.size - 1)
    even = grid[0] + dt * np.arange(grid.size)
    if np.abs(grid - even).max() > 1e-6 * dt:
        return None
    place = (time - grid[0]) / dt
    index = np.rint(place)
    rounding = 1e-9 + 1e-15 * float(np.abs(time).max()) / dt
    if np.abs(place - index).max() > rounding or index.max() >= grid.size:
        return None
    return np.asarray(np.maximum(index, -1), np.intp)


def _uniform(kernel: Kernel, drive: Sampled) -> tuple[Real, Real]:
    """Response on the drive's own even grid, by FFT."""
    from scipy import fft

    n = drive.time.size
    dt = float(drive.time[-1] - drive.time[0]) / (n - 1)
    cells, cell_error = _cell_averages(kernel, dt, n)
    rise = np.diff(drive.values)
    size = fft.next_fast_len(2 * n, real=True)
    spectra = fft.rfft(np.vstack([rise, cells[:, : n - 1]]), size, workers=2)
    values = np.zeros((kernel.at.size, n))
    values[:, 1:] = fft.irfft(spectra[1:] * spectra[0], size, workers=2)[:, : n - 1]
    travel = float(np.abs(rise).sum())
    error = np.broadcast_to((cell_error * travel)[:, None], values.shape).copy()
    if drive.values[0]:
        first, spread = _evaluate(kernel.step, drive.time[1:] - drive.time[0], kernel.at.size)
        values[:, 1:] += drive.values[0] * first
        error[:, 1:] += abs(drive.values[0]) * spread
    return values, error


def _cell_averages(kernel: Kernel, dt: float, n: int) -> tuple[Real, Real]:
    """Mean of the step response over each cell [j dt, (j+1) dt], and the largest error."""
    exact = min(n, _EXACT_CELLS)
    ramp, ramp_error = laplace.invert(kernel.ramp, dt * np.arange(1.0, exact + 1))
    cells = np.empty((kernel.at.size, n))
    cells[:, :exact] = np.diff(ramp, axis=-1, prepend=0.0) / dt
    error = 2 * ramp_error.max(axis=-1) / dt
    if n > exact:
        spline, spline_error = _spline(kernel.step, (exact - 1) * dt, (n + 1) * dt)
        middle = spline(np.log(dt * (np.arange(exact - 1, n + 1) + 0.5))).T
        # midpoint rule and its first correction; the next term is below 1e-12 here
        cells[:, exact:] = middle[:, 1:-1] + np.diff(middle, 2, axis=-1) / 24
        error = np.maximum(error, spline_error)
    return cells, error + 1e-15 * np.abs(cells).max(axis=-1)


def sine(kernel: Kernel, drive: Sine, time: Real) -> tuple[Real, Real]:
    """Response (points, times) to a sine from t = 0, or a burst, and its error."""
    values, error = _onset(kernel, drive.frequency, 0.0, time)
    if np.isfinite(drive.end):
        phase = 2 * np.pi * drive.frequency * drive.end
        after, spread = _onset(kernel, drive.frequency, phase, time - drive.end)
        values, error = values - after, error + spread
    return drive.amplitude * values, abs(drive.amplitude) * error


def _onset(kernel: Kernel, frequency: float, phase: float, time: Real) -> tuple[Real, Real]:
    """Response to sin(ωt + φ) switched on at t = 0.

    Steady part Im[H(iω) e^{i(ωt+φ)}] and a transient whose transform has no pole at ±iω, so that
    the contour need not know ω.
    """
    omega = 2 * np.pi * frequency
    steady, steady_error = kernel.transform(np.array([1j * omega]))
    gain = steady[:, 0] * np.exp(1j * phase)

    def transient(s: Complex) -> tuple[Complex, Real]:
        h, error = kernel.transform(s)
        pole = omega * gain.real[:, None] + s * gain.imag[:, None]
        drive = omega * np.cos(phase) + s * np.sin(phase)
        below = s * s + omega * omega
        total = error * np.abs(drive) + steady_error * np.abs(omega + s)
        return (h * drive - pole) / below, total / np.abs(below)

    on = time > 0
    values, error = laplace.invert(transient, time)
    wave = (gain[:, None] * np.exp(1j * omega * np.where(on, time, 0.0))).imag
    return np.where(on, values + wave, 0.0), np.where(on, error + steady_error, 0.0)
