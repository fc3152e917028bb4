"""What a run computes: an experiment, its sweeps, and the points of each signal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import inf, isfinite, log10
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.io.extras import Case, Extras, made

Real = NDArray[np.float64]

COMMON = ("frequency", "time", "pulse", "profile", "relaxation", "current")
SIGNALS = (*COMMON, "resolution", "detection")


@dataclass(frozen=True, slots=True)
class Grid:
    """Points of an axis: log-spaced from ``start`` to ``stop``, or given one by one.

    Parameters
    ----------
    start, stop : float
        First and last point [the axis' unit].
    count : int
        Number of points.
    values : tuple of float
        The points themselves, where they were given.
    """

    start: float = 0.0
    stop: float = 0.0
    count: int = 0
    values: tuple[float, ...] = ()

    def array(self) -> Real:
        """The points."""
        if self.values:
            return np.array(self.values)
        return np.geomspace(self.start, self.stop, self.count)


@dataclass(frozen=True, slots=True)
class PulsePlan:
    """A pulse of ``duration`` [s], read during it and on ``after`` [s] from its end."""

    duration: float
    after: Grid

    def times(self) -> Real:
        """Times [s] from the start of the pulse."""
        after = self.after.array()
        during = self.duration * np.linspace(0.0, 1.0, max(after.size // 4, 10) + 1)[1:-1]
        return np.concatenate([during, self.duration + after])


@dataclass(frozen=True, slots=True)
class ProfilePlan:
    """Surface profile u(r): of the amplitude at frequencies, or at times of the step or pulse.

    Parameters
    ----------
    of : {"frequency", "time", "pulse_time"}
        At which frequencies [Hz], times after the step [s], or times from the pulse's start [s].
    moments : tuple of float
        Those frequencies or times.
    radii : Grid
        Distances from the axis [m]; without ``values`` evenly spaced from 0 to ``stop``.
    """

    of: str
    moments: tuple[float, ...]
    radii: Grid

    def at(self) -> Real:
        """Distances from the axis [m]."""
        if self.radii.values:
            return np.array(self.radii.values)
        return np.linspace(0.0, self.radii.stop, self.radii.count)


@dataclass(frozen=True, slots=True)
class RelaxationPlan:
    """Distribution of relaxation times on ``tau`` [s]; None lets the verb choose."""

    tau: Grid | None = None


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """What an ``instrument`` of the catalogue sees at frequencies [Hz]; None is no instrument."""

    grid: Grid
    instrument: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run needs; read from an experiment file, written as a resolved one.

    Parameters
    ----------
    title : str
        Heading of the report.
    experiment : Experiment
        The experiment as the file writes it, with the first value of each sweep: a tip may be a
        ``Hertz``, the material is in the axes of its crystal. `at` makes it ready to compute.
    per : str
        Drive to which the responses refer.
    drive : float
        Amplitude of the drive, in ``drive_unit``.
    sweeps : tuple of (path, values)
        Dotted paths and their values; all combinations are computed.
    frequency, time, pulse, profile, relaxation, current, resolution, detection : optional
        The points of each signal; None leaves it out.
    asked : frozenset of str
        Signals that the file names itself: if one of them fails the run fails.
    extras : Extras
        Cantilever and parasitics.
    auto : tuple of str
        Dotted paths in ``extras`` whose values follow from other sections.
    euler : tuple of float, optional
        Orientation of the crystal, Bunge's angles [rad].
    azimuth : float
        Direction of the points read [rad].
    components : tuple of str
        Components of the frequency response; the first is "vertical".
    sources : tuple of dict
        Keys parameter, source, verified: where the numbers come from.
    file : str
        Name of the experiment file.
    notes : tuple of str
        What the reader of the results should know.
    """

    title: str
    experiment: Experiment
    per: str
    drive: float = 1.0
    sweeps: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    frequency: Grid | None = None
    time: Grid | None = None
    pulse: PulsePlan | None = None
    profile: ProfilePlan | None = None
    relaxation: RelaxationPlan | None = None
    current: Grid | None = None
    resolution: SeenPlan | None = None
    detection: SeenPlan | None = None
    extras: Extras = field(default_factory=Extras)
    auto: tuple[str, ...] = ()
    euler: tuple[float, ...] | None = None
    azimuth: float = 0.0
    components: tuple[str, ...] = ("vertical",)
    asked: frozenset[str] = field(default=frozenset(SIGNALS), compare=False)
    sources: tuple[dict[str, Any], ...] = ()
    seed: int = 0
    file: str = field(default="", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def drive_unit(self) -> str:
        """Unit of the drive, from the unit of the response per drive."""
        return drive_unit(self.experiment, self.per)

    def changes(self) -> Iterator[dict[str, Any]]:
        """Each combination of the sweeps; one empty change without sweeps."""
        paths = [path for path, _ in self.sweeps]
        for values in product(*(values for _, values in self.sweeps)):
            yield dict(zip(paths, values, strict=True))

    def at(self, changes: dict[str, Any]) -> Case:
        """The case of one point of the sweeps, with all that follows from its changes."""
        return made(self.experiment, self.extras, self.euler, self.auto, changes)

    def bias(self, experiment: Experiment) -> float:
        """The drive as a bias [V] where it is one; a concentration through dE/dC."""
        slope = experiment.material.ocv_slope
        if self.per == "concentration" and slope is not None:
            return self.drive * slope
        return self.drive


def drive_unit(experiment: Experiment, per: str) -> str:
    """Unit of the drive ``per``: "m/(mol/m³)" per drive makes it mol/m³."""
    return experiment.interface.drives[per].removeprefix("m/").removeprefix("(").removesuffix(")")


class Scales(NamedTuple):
    """Diffusion times R²/D [s] and contact radii [m] that automatic axes must span."""

    shortest: float
    longest: float
    radius: float
    swept: bool


def rounded(value: float) -> float:
    """Two digits: what is chosen automatically should look chosen."""
    return float(f"{value:.1e}")


def bounded(e: Experiment) -> None:
    """Refuse a length or rate so far from the diffusivity that no computer number holds it."""
    d, rate = log10(e.material.diffusivity_normal), getattr(e.interface, "rate", inf)
    debye = getattr(e.interface, "debye_length", inf)
    powers = {
        ("tip.radius", "R²/D"): 2 * log10(e.tip.radius) - d,
        ("geometry.thickness", "h²/D"): 2 * log10(e.thickness) - d,
        ("interface.rate", "κR/D"): log10(rate) + log10(e.tip.radius) - d,
        ("interface.debye_length", "λ²/D"): 2 * log10(debye) - d,
    }
    for (path, name), power in powers.items():
        if isfinite(power) and abs(power) > 60:
            raise VegardError(
                f"{path} and material.diffusivity are too far apart: {name} = 1e{power:.0f} in SI "
                "units, which cannot be computed; check their units."
            )


def scales(experiments: list[Experiment]) -> Scales:
    """Scales of all experiments of a sweep."""
    times = [e.tip.radius**2 / e.material.diffusivity_normal for e in experiments]
    radius = max(e.tip.radius for e in experiments)
    return Scales(rounded(min(times)), rounded(max(times)), radius, len(experiments) > 1)
