"""Master curves: the response in reduced frequency or time, computed once and shifted.

With lengths in R and times in R²/D a response is one curve of ln f or ln t for all D, and for all
R on a half-space. It is computed on a grid and read by a quintic spline, so that a fit of D costs
one curve. Error of the spline: below 1e-7 of the value in frequency; in time 3e-8 of
the largest value for steps and pulses, 1e-7 for ramps (tests/fitting/test_curves.py).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from math import inf, log, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import laplace, superposition
from vegard.cell import Cell
from vegard.classical import simulate
from vegard.contacts import Contact
from vegard.elastic import Uniform
from vegard.experiment import Experiment
from vegard.geometries import Film, HalfSpace
from vegard.interfaces import FixedConcentration, FixedFlux, LinearKinetics
from vegard.material import FARADAY, Material
from vegard.tips import DiscTip, GaussianTip
from vegard.transfer import transfer
from vegard.waveforms import Drive, Sine

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

PER_DECADE = 24
_STEP = log(10) / PER_DECADE
_GROWTH = PER_DECADE  # knots at least that a curve grows by: a search walks along it
_PAD = 6  # knots past the ends, where a spline is worse
_KEPT = 96  # curves
_DIGITS = 12  # of reduced parameters: curves that differ by rounding are one
_LOST = 1e-9
_MOST_EVENTS = 512  # edges of a waveform that are summed; above, the exact verb serves
_TIPS = (DiscTip, GaussianTip)
_INTERFACES = (FixedConcentration, FixedFlux, LinearKinetics, Contact)


class Reduced(NamedTuple):
    """An experiment in units of its own diffusion."""

    changes: dict[str, Any]
    """What makes the experiment reduced."""
    at: float
    time: float
    """Unit of time [s]."""
    scale: float
    """Displacement per unit amplitude, over that of the reduced experiment."""


class Curve:
    """A function of ln x by a quintic spline over a grid that grows as it is asked."""

    def __init__(self, function: Callable[[Real], NDArray[Any]]) -> None:
        self._function = function
        self._first = 0
        self._rows: NDArray[Any] = np.zeros((0, 2))
        self._spline: Any = None

    def __call__(self, x: Real) -> NDArray[Any]:
        """Values at x > 0."""
        u = np.log(x) / _STEP
        low, high = int(np.floor(u.min())) - _PAD, int(np.ceil(u.max())) + _PAD
        last = self._first + len(self._rows) - 1
        if self._spline is None or low < self._first or high > last:
            self._grow(low, high)
        found = self._spline(u)
        return np.asarray(found[:, 0] + 1j * found[:, 1] if found.shape[1] == 2 else found[:, 0])

    def _grow(self, low: int, high: int) -> None:
        from scipy.interpolate import make_interp_spline

        if self._spline is None:
            self._first, self._rows = low, self._at(np.arange(low, high + 1))
        else:
            last = self._first + len(self._rows) - 1
            parts = [self._rows]
            if low < self._first:
                low = min(low, self._first - _GROWTH)
                parts.insert(0, self._at(np.arange(low, self._first)))
            if high > last:
                high = max(high, last + _GROWTH)
                parts.append(self._at(np.arange(last + 1, high + 1)))
            self._first, self._rows = min(low, self._first), np.concatenate(parts)
        knots = self._first + np.arange(len(self._rows))
        self._spline = make_interp_spline(knots, self._rows, k=5)

    def _at(self, index: NDArray[np.intp]) -> NDArray[Any]:
        values = self._function(np.exp(index * _STEP))
        parts = (values.real, values.imag) if np.iscomplexobj(values) else (values,)
        return np.stack(parts, axis=1)


class Curves:
    """Responses of experiments from master curves, the latest ones kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Curve] = OrderedDict()

    def frequency(self, e: Experiment, at: float, frequency: Real) -> Complex:
        """Displacement [m] per unit amplitude of the interface's own drive."""
        r = reduced(e, at)

        def spectrum(f: Real) -> NDArray[Any]:
            s = np.asarray(2j * pi * f, complex)
            return np.asarray(transfer(e.replace(r.changes), s, np.array([r.at]))[0][0])

        found = self._curve("frequency", e, r, spectrum)(frequency * r.time)
        return np.asarray(r.scale * found, complex)

    def time(self, e: Experiment, at: float, drive: Drive, time: Real) -> Real:
        """Displacement [m] under a drive in units of the interface's own amplitude."""
        r = reduced(e, at)

        def after(name: str, t: Real) -> Real:
            kernel = superposition.Kernel(e.replace(r.changes), np.array([r.at]), "", 1.0)
            return np.asarray(laplace.invert(getattr(kernel, name), t)[0][0])

        def step(t: Real) -> Real:
            return self._curve("step", e, r, partial(after, "step"))(t / r.time)

        def ramp(t: Real) -> Real:
            return r.time * self._curve("ramp", e, r, partial(after, "ramp"))(t / r.time)

        return r.scale * _summed(drive, time, step, ramp)

    def electrode(self, method: str, sample: Cell | Experiment, drive: Drive, time: Real) -> Real:
        """Current [A] (method "pitt") or voltage [V] ("gitt") of steps and pulses."""
        plain: Cell | Experiment
        key: tuple[Any, ...]
        if isinstance(sample, Cell):
            resistance, unit = sample.diffusion_resistance, sample.diffusion_time
            plain, key, added = _plain(method, sample)
        else:
            plain, key, resistance, unit = _plain_contact(sample)
            added = 0.0
        verb = {"pitt": simulate.pitt, "gitt": simulate.gitt}[method]
        curve = self._kept_or((method, *key), lambda t: np.asarray(verb(plain, t, 1.0).values))
        scale = 1 / resistance if method == "pitt" else resistance
        return _summed(drive, time, lambda t: added + scale * curve(t / unit))

    def impedance(self, contact: Experiment, frequency: Real) -> Complex:
        """Impedance [Ω] of the contact under the tip."""
        plain, key, resistance, unit = _plain_contact(contact)
        curve = self._kept_or(("eis", *key), lambda f: np.asarray(simulate.eis(plain, f).values))
        return np.asarray(resistance * curve(frequency * unit), complex)

    def _curve(
        self, name: str, e: Experiment, r: Reduced, function: Callable[[Real], NDArray[Any]]
    ) -> Curve:
        kinds = type(e.tip), type(e.geometry), type(e.interface), getattr(e.geometry, "back", "")
        constants = e.readout, e.elastic, e.material.vegard, e.material.poisson, e.material.young
        key = name, r.at, kinds, constants, tuple(r.changes.values())
        return self._kept_or(key, function)

    def _kept_or(self, key: Any, function: Callable[[Real], NDArray[Any]]) -> Curve:
        if key not in self._kept:
            self._kept[key] = Curve(function)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _summed(
    drive: Drive,
    time: Real,
    step: Callable[[Real], Real],
    ramp: Callable[[Real], Real] | None = None,
) -> Real:
    """Sum of the answers to the jumps and slope changes of a drive.

    0 where the answers to jumps cancel to less than the curves' error: a fit would scale it up
    until it looked like data.
    """
    start, jump, slope = drive.events()
    total, size = np.zeros(time.size), np.zeros(time.size)
    for part, answer in ((jump, step), (slope, ramp)):
        height = part[part != 0]
        lag = time - start[part != 0][:, None]
        on = lag > 0
        if on.any():
            assert answer is not None
            moved = answer(lag[on]) * np.broadcast_to(height[:, None], lag.shape)[on]
            at = np.nonzero(on)[1]
            total += np.bincount(at, moved, time.size)
            size += np.bincount(at, np.abs(moved), time.size) if part is jump else np.inf
    return np.where((np.abs(total) < _LOST * size) & np.isfinite(size), 0.0, total)


def _plain(method: str, cell: Cell) -> tuple[Cell, tuple[Any, ...], float]:
    """The cell with D = L = R = 1, what it depends on, and a voltage that is added per current."""
    resistance = cell.diffusion_resistance
    series, transfer_ = (
        _round(x / resistance) for x in (cell.series_resistance, cell.charge_transfer_resistance)
    )
    double = _round(cell.double_layer * resistance / cell.diffusion_time)
    added = 0.0
    if not double:
        if method == "gitt":  # constants, beside diffusion
            added = cell.series_resistance + cell.charge_transfer_resistance
            series = transfer_ = 0.0
        else:  # one resistance before diffusion
            series, transfer_ = 0.0, series + transfer_
    unit = Material(1.0, 1.0, 0.0, ocv_slope=-FARADAY)
    rate = 1 / transfer_ if transfer_ else inf
    plain = Cell(unit, 1.0, 1.0, cell.shape, cell.back, rate, series, double)
    return plain, (cell.shape, cell.back, series, transfer_, double), added


def _plain_contact(e: Experiment) -> tuple[Experiment, tuple[Any, ...], float, float]:
    """The contact in its own units, what it depends on, and the units of resistance and time."""
    e = e.replace({"elastic": Uniform()})  # no current depends on it, and its lengths would stay
    r, m = reduced(e, 0.0), e.material
    charge = m.charge * FARADAY
    slope = -float(m.need("ocv_slope"))
    resistance = slope / (charge * m.diffusivity_normal * e.tip.radius)
    plain = e.replace(r.changes | {"material.ocv_slope": -charge})
    kind = type(e.geometry), getattr(e.geometry, "back", "")
    return plain, (*kind, *r.changes.values()), resistance, r.time


def few(drive: Any, *, jumps_alone: bool = False) -> bool:
    """Whether a drive has few enough edges to be summed."""
    if isinstance(drive, Sine):
        return False
    start, _, slope = drive.events()
    return start.size <= _MOST_EVENTS and not (jumps_alone and slope.any())


def serves(e: Experiment) -> bool:
    """Whether master curves hold: linear exchange alone."""
    return isinstance(e.interface, _INTERFACES) and not e.also and isinstance(e.tip, _TIPS)


def reduced(e: Experiment, at: float) -> Reduced:
    """The experiment with D_z = 1, and R = 1 unless the elastic model has lengths of its own."""
    d, normal = e.material.diffusivity, e.material.diffusivity_normal
    ratio = d[0] / d[1] if isinstance(d, tuple) else 1.0
    scalable = isinstance(e.elastic, Uniform) and isinstance(e.geometry, HalfSpace | Film)
    radius = e.tip.radius if scalable else 1.0
    changes: dict[str, Any] = {"material.diffusivity": (_round(ratio), 1.0) if ratio != 1 else 1.0}
    changes["tip.radius"] = _round(e.tip.radius / radius)
    if isinstance(e.geometry, Film):
        changes["geometry.thickness"] = _round(e.thickness / radius)
    rate = getattr(e.interface, "rate", None)
    if rate is not None:
        changes["interface.rate"] = _round(rate * radius / normal)
    scale = radius**2 / normal if isinstance(e.interface, FixedFlux) else radius
    return Reduced(changes, _round(at / radius), radius**2 / normal, scale)


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
