"""What could be measured with an instrument in a time: spectra, and relaxations after pulses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.findings import LATTICE_CONSTANT
from vegard.fitting.problem import Problem, build
from vegard.fitting.sample import VEGARD, D, parameters, sample
from vegard.instrument import Instrument
from vegard.noise_floor import displacement_noise
from vegard.planning import derivatives, weights
from vegard.planning.beliefs import Belief, Node
from vegard.planning.derivatives import QUICK, Sensitivity
from vegard.planning.measurement import PlannedMeasurement

Real = NDArray[np.float64]

PERIODS = 3  # least number of periods at a frequency
_PER_DECADE = 6  # frequencies
_PULSES_PER_DECADE = 2
_WINDOWS = (1.0, 4.0, 16.0)  # how long is read after a pulse, in its length
_DELAYS_PER_DECADE = 8
_LEAST_DELAYS, _MOST_DELAYS = 6, 40
_LONG = 10**6  # pulses of a train whose number is not decided yet
_FASTEST = 1e6  # Hz, of a lock-in where no lever sets a limit
_PAST_RESONANCE = 2.0
_TRIED = 3  # pulses that are looked at exactly


@dataclass(frozen=True, slots=True)
class Setting:
    """One tip at one temperature with an instrument; and what is believed of the sample there."""

    experiment: Experiment
    instrument: Instrument
    belief: Belief
    nodes: Sequence[Node]
    drive: float
    per: str

    def noise(self, frequency: Any) -> Real:
        """Noise [m/√Hz]: detector, and lever if its contact is known."""
        tool = self.instrument
        if self.contact is None:
            tool = replace(tool, cantilever=None)
        warm = self.experiment.material.temperature
        return np.asarray(displacement_noise(tool, frequency, temperature=warm))

    @property
    def contact(self) -> float | None:
        """First contact resonance [Hz]; None if it is unknown."""
        lever = self.instrument.cantilever
        if lever is None or lever.contact_stiffness is None:
            return None
        return float(lever.resonances(1)[0])

    @property
    def bandwidth(self) -> float:
        """Equivalent noise bandwidth [Hz]: no reading after a pulse is faster than 1/2B."""
        if self.instrument.bandwidth is None:
            raise VegardError(
                f"Instrument.bandwidth of {self.instrument.name!r} is unknown, but it says how "
                "soon after a pulse can be read. Give it [Hz], or plan with "
                'methods=("frequency",).'
            )
        return float(self.instrument.bandwidth)

    def names(self, method: str) -> list[str]:
        """Unknown parameters of a method, D first: a lock-in does not see an offset."""
        return [n for n in self.belief.names if n != "offset" or method == "relaxation"]

    @property
    def shapes(self) -> int:
        """Unknown parameters that change the form of a signal, not only its size."""
        return sum(n not in ("gain", "offset", VEGARD) for n in self.belief.names)

    def known(self, method: str, prior: bool = True) -> Real:
        """Information before the measurement at each node, (k, p, p)."""
        one = self.belief.information(self.names(method), prior)
        return np.broadcast_to(one, (len(self.nodes), *one.shape))

    def problem(self, measurement: PlannedMeasurement) -> Problem:
        """The readings as a fit sees them."""
        data = measurement.data()
        whole, bare = sample(self.experiment, [data])
        free, _ = parameters(self.names(measurement.method), whole, bare, [data])
        return build(whole, [data], free, None, "gauss")

    def weighted(self, measurements: Sequence[PlannedMeasurement]) -> list[Real]:
        """Derivatives over σ at each node, (k, readings, p), of each measurement."""
        problems = [self.problem(m) for m in measurements]
        out: list[list[Real]] = [[] for _ in measurements]
        for node in self.nodes:  # the outer loop: what one node needs of curves is kept
            for m, problem, rows in zip(measurements, problems, out, strict=True):
                rows.append(self._one(problem, self.names(m.method), node))
        return [np.array(rows) for rows in out]

    def model(self, problem: Problem, names: Sequence[str], node: Node) -> Sensitivity:
        """Readings and their derivatives at a node."""
        signs = {p.name: p.sign for p in derivatives.parts(problem)}
        return derivatives.sensitivity(problem, {n: node[n] * signs[n] for n in names}, QUICK)

    def _one(self, problem: Problem, names: Sequence[str], node: Node) -> Real:
        order = [p.name for p in derivatives.parts(problem)]
        jac = self.model(problem, names, node).jacobian / problem.sigma[:, None]
        return np.asarray(jac[:, [order.index(n) for n in names]])

    def expected(
        self, measurements: Sequence[PlannedMeasurement], *, prior: bool = True
    ) -> list[Real]:
        """Standard deviation of ln D at each node after each measurement, or by it alone."""
        return [
            weights.spread(self.known(m.method, prior) + jac.transpose(0, 2, 1) @ jac)
            for m, jac in zip(measurements, self.weighted(measurements), strict=True)
        ]

    # --- measurements ---

    def spectrum(self, frequency: Real, seconds: Real) -> PlannedMeasurement:
        """Whole periods at each frequency within its time; a single one is read twice."""
        if frequency.size == 1:
            frequency, seconds = np.repeat(frequency, 2), np.repeat(seconds / 2, 2)
        periods = np.floor(frequency * seconds * (1 + 1e-9)).astype(np.int64)
        dwell = periods / frequency
        sigma = self.noise(frequency) / np.sqrt(dwell)
        return PlannedMeasurement(
            "frequency", frequency, dwell, periods, sigma, float(dwell.sum()), self.drive, self.per,
            self.experiment,
        )  # fmt: skip

    def relaxation(self, pulse: float, window: float, pulses: int) -> PlannedMeasurement:
        """Pulses, each read in intervals that widen, from 1/2B after it to the end of a window."""
        first, period = 1 / (2 * self.bandwidth), pulse + window
        count = int(
            np.clip(np.log10(window / first) * _DELAYS_PER_DECADE, _LEAST_DELAYS, _MOST_DELAYS)
        )
        edges = np.geomspace(first, window, count + 1)
        delay, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
        sigma = self.noise(1 / (2 * pi * delay)) / np.sqrt(2 * width * pulses)
        averages = np.full(count, pulses, np.int64)
        return PlannedMeasurement(
            "relaxation", delay, width, averages, sigma, pulses * period, self.drive, self.per,
            self.experiment, pulse, period,
        )  # fmt: skip


class Spectra:
    """Frequencies among which the time is shared."""

    def __init__(self, setting: Setting, longest: float) -> None:
        self.setting = setting
        self.frequency = _frequencies(setting, PERIODS / longest)
        one = setting.spectrum(self.frequency, np.ceil(self.frequency) / self.frequency)
        jac = setting.weighted([one])[0].reshape(len(setting.nodes), 2, self.frequency.size, -1)
        per_second = jac / np.sqrt(one.width)[:, None]
        self._atoms = np.einsum("kcia,kcib->kiab", per_second, per_second)

    def best(self, budget: float) -> list[PlannedMeasurement]:
        """The frequencies that make the mean error of ln D least; none if there is no time."""
        fit = self.frequency * budget >= PERIODS * (1 - 1e-9)
        if not fit.any():
            return []
        f = self.frequency[fit]
        known = self.setting.known("frequency")
        atoms, least = self._atoms[:, fit] * budget, PERIODS / f / budget
        share = weights.thinned(atoms, known, least)
        if self.setting.shapes > 1:
            share = _spread(atoms, known, least, share)
        on = share > 0
        return [self.setting.spectrum(f[on], share[on] * budget)]


class Relaxations:
    """Pulses of many lengths, read for a short or a long time."""

    def __init__(self, setting: Setting, longest: float) -> None:
        self.setting = setting
        first = 1 / (2 * setting.bandwidth)
        count = max(2, round(np.log10(longest / first) * _PULSES_PER_DECADE) + 1)
        self._pairs = [
            (float(pulse), float(pulse * part))
            for pulse in (np.geomspace(first, longest / 2, count) if longest > 4 * first else ())
            for part in _WINDOWS
            if pulse * part >= 2 * first and pulse * (1 + part) <= longest * (1 + 1e-9)
        ]
        trains = [setting.relaxation(*pair, _LONG) for pair in self._pairs]
        self._informed = [jac.transpose(0, 2, 1) @ jac / _LONG for jac in setting.weighted(trains)]

    def best(self, budget: float) -> list[PlannedMeasurement]:
        """A few pulses that make the mean error of ln D least if long trains tell it."""
        known = self.setting.known("relaxation")
        rated = []
        for (pulse, window), one in zip(self._pairs, self._informed, strict=True):
            n = int(budget / (pulse + window) * (1 + 1e-9))
            if n:
                value = float(weights.spread(known + n * one).mean())
                rated.append((value, (pulse, window, n)))
        return [self.setting.relaxation(*how) for _, how in sorted(rated)[:_TRIED]]


def _spread(atoms: Real, known: Real, least: Real, share: Real) -> Real:
    """Shares of which half go evenly to two frequencies in a decade, from the slowest chosen on.

    As few frequencies as there are parameters are best near the truth, but far from it another
    sample may give the same readings (planning/twins.py); between them it does not. The information
    of the best shares is halved at most.
    """
    on = np.flatnonzero(share)
    grid = np.arange(on[0], min(on[-1] + _PER_DECADE, share.size - 1) + 1, _PER_DECADE // 2)
    floor = least.copy()
    floor[grid] = np.maximum(least[grid], 0.5 / grid.size)
    chosen = sorted({*on.tolist(), *grid.tolist()})
    while floor[chosen].sum() > 1:
        chosen.remove(max(chosen, key=lambda i: floor[i]))
    return weights.filled(atoms, known, floor, chosen)[0]


def _frequencies(setting: Setting, lowest: float) -> Real:
    """A grid up to where the lever, or the lattice for any D believed, ends the model."""
    highest, lever = _FASTEST, setting.instrument.cantilever
    resonance = setting.contact
    if resonance is not None:
        highest = _PAST_RESONANCE * resonance
    elif lever is not None:
        highest = lever.free_resonance
    fastest = setting.belief.ranges[D][1]
    highest = min(highest, fastest / LATTICE_CONSTANT**2 / (2 * pi))
    if highest <= lowest:
        raise VegardError(
            f"in {PERIODS / lowest:.3g} s no frequency below {highest:.3g} Hz has {PERIODS} "
            "periods; above it the lever, or a diffusion length below a lattice constant, ends the "
            "model. Give more time."
        )
    count = int(np.ceil(np.log10(highest / lowest) * _PER_DECADE)) + 1
    out = np.geomspace(lowest, highest, max(count, 2))
    if resonance is not None and lowest < resonance < highest:
        out = np.sort(np.append(out, resonance))
    return out
