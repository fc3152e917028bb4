r"""Where a resolution holds: contact radius × frequency × diffusivity.

On a half-space whose only length is the contact's, all lengths over R are functions of ωR²/D alone,
and the reading is R times one (R²/D times one where a flux is given). A few dozen calls of
`vegard.resolution` at R = D = 1 therefore give every radius, frequency and diffusivity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, inf, isfinite, log10, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import noise
from vegard.detectability import usable
from vegard.elastic import Uniform
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.findings import LATTICE_CONSTANT, SMALLEST_RADIUS
from vegard.instrument import Instrument
from vegard.material import Material
from vegard.noise_floor import reading_noise
from vegard.parameters import number, quantity
from vegard.resolution_table import Progress, Reduced
from vegard.response import checked_experiment, checked_points

Real = NDArray[np.float64]

FINE = 10e-9
"""Feature size [m] that "sub-10 nm" promises."""
_FLUX = ("flux", "ampere")
RADII = (1e-9, 300e-9, 125)
FREQUENCIES = (1e-2, 1e6, 193)
DIFFUSIVITIES = (1e-17, 1e-15, 1e-13)

_FLOOR = quantity("feature size", "a", "m")
_DRIVE = quantity("drive", "", "units of per")


class Reach(NamedTuple):
    """What it takes to resolve a feature: contacts and frequencies at which a tip does.

    Edge width (25 to 75 %) and noise-limited period are both no larger than the feature.
    """

    feature: float
    """[m]"""
    smallest_radius: float
    """Smallest contact radius [m], of those looked at, at any frequency."""
    largest_radius: float
    """Largest contact radius [m] at any frequency …"""
    frequency: float
    """… and the highest frequency [Hz] there (of the largest radius looked at)."""
    highest_frequency: float
    """Highest frequency [Hz] at any contact radius …"""
    radius: float
    """… and the largest radius [m] there (of those looked at)."""
    steady_radius: float | None
    """Largest radius [m] that resolves it at every frequency looked at up to the highest."""
    continuum: float
    """Frequency [Hz] above which the diffusion length is below a lattice constant."""


@dataclass(frozen=True, eq=False)
class ResolutionMap:
    """What a punch resolves over contact radius, frequency and diffusivity.

    Parameters
    ----------
    radius : ndarray, shape (r,)
        Contact radii [m].
    frequency : ndarray, shape (f,)
        Frequencies [Hz].
    diffusivity : ndarray, shape (d,)
        Diffusivities normal to the surface [m²/s].
    edge : ndarray, shape (d, r, f)
        Width of an edge from 25 to 75 % [m].
    period : ndarray, shape (d, r, f)
        Noise-limited period [m]: of a full modulation of β whose image is as large as the noise,
        at the first wavenumber at which it falls that low; infinite where a uniform sample drowns.
        Above a signal of 1e6 times the noise, and below R/10, an upper bound.
    feature : float
        Size [m] that is asked for.
    inputs : dict
        The arguments.

    Notes
    -----
    Both lengths are nan where the diffusion length √(D/ω) is below a lattice constant: no continuum
    diffuses there, and no number means anything.
    """

    radius: Real
    frequency: Real
    diffusivity: Real
    edge: Real
    period: Real
    feature: float
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def finest(self) -> Real:
        """The larger of edge width and noise-limited period [m], shape (d, r, f)."""
        return np.maximum(self.edge, self.period)

    @property
    def resolved(self) -> NDArray[np.bool_]:
        """Where both are no larger than the feature, shape (d, r, f)."""
        return self.finest <= self.feature

    @property
    def table(self) -> Any:
        """A row for each diffusivity, radius and frequency; lengths in m: a pandas DataFrame."""
        import pandas as pd

        axes = np.meshgrid(self.diffusivity, self.radius, self.frequency, indexing="ij")
        names = ("diffusivity", "radius", "frequency", "edge_25_75", "noise_limited_period")
        columns = (*axes, self.edge, self.period)
        return pd.DataFrame({n: c.ravel() for n, c in zip(names, columns, strict=True)})

    def reach(self, index: int = 0) -> Reach | None:
        """What it takes at one of the diffusivities; None if no contact of the map resolves it.

        Between the points of the map it is linear in logarithms.
        """
        d, e = float(self.diffusivity[index]), self.inputs["experiment"]
        top = float(continuum(_ratio(e) * d))
        margin = np.log(self.feature / np.minimum(self.finest[index], 1e300))
        margin[np.isnan(margin)] = -inf
        ever = margin.max(axis=1)
        largest = _last(self.radius, ever, inf)
        smallest = _last(self.radius[::-1], ever[::-1], inf)
        if largest is None or smallest is None:
            return None
        ends = np.array([_last(self.frequency, row, top) or 0.0 for row in margin])
        best = ends.max()
        last = int(np.flatnonzero(ends)[-1])
        there = int(np.flatnonzero(ends >= (1 - 1e-9) * best)[-1])
        steady = _last(self.radius, margin[:, self.frequency <= best].min(axis=1), inf)
        return Reach(self.feature, smallest, largest, float(ends[last]), float(best),
                     float(self.radius[there]), steady, top)  # fmt: skip

    def report(self) -> str:
        """Sentences: up to which contact and frequency the feature is resolved, for each D."""
        from vegard.report.resolution import map_sentences

        return map_sentences(self)

    def plot(self, figure: Any = None) -> Any:
        """A panel for each diffusivity on one colour scale; returns the Figure."""
        from vegard.plot_resolution import draw_map

        return draw_map(self, figure)


def resolution_map(
    experiment: Experiment,
    *,
    instrument: Instrument,
    drive: float = 1.0,
    per: str = "volt",
    radius: ArrayLike | None = None,
    frequency: ArrayLike | None = None,
    diffusivity: ArrayLike | None = None,
    feature: float = FINE,
    progress: Progress | None = None,
) -> ResolutionMap:
    r"""Edge width and noise-limited period over contact radius, frequency and diffusivity.

    Parameters
    ----------
    experiment : Experiment
        On a half-space, with no length but the contact's; its radius and diffusivity are replaced
        (a ratio of diffusivities stays), and it is read by a punch.
    instrument : Instrument
        Its noise in its bandwidth.
    drive : float
        Amplitude, in units of ``per``.
    per : {"volt", "concentration", "flux", "ampere"}
        Unit of the drive.
    radius : array_like, shape (r,), optional
        Contact radii [m]; 1 to 300 nm if left out.
    frequency : array_like, shape (f,), optional
        [Hz]; 10 mHz to 1 MHz if left out.
    diffusivity : array_like, shape (d,), optional
        [m²/s]; 1e-17, 1e-15, 1e-13 if left out.
    feature : float
        Size [m] that counts as resolved.
    progress : callable, optional
        Called with the steps done, the steps in all, and what is computed.

    Returns
    -------
    ResolutionMap

    Raises
    ------
    VegardError
        For an experiment with another length (a film, a finite rate, a Debye length, layers), or an
        instrument whose noise or bandwidth is unknown.

    Notes
    -----
    With σ² = ωR²/D, edge and wavenumbers are

    .. math:: w = R\,W(\sigma^2),\qquad |\hat h(K)| = R\,|\hat H(KR, \sigma^2)|

    W and Ĥ come from `vegard.resolution` at three σ² a decade (one below 1e-3) and are interpolated
    in ln σ²: edges to 0.1 % (1 %), periods to 2 % except where they leap, because a minimum of the
    MTF comes up to the noise. tests/test_resolution_edges.py compares with direct calls.
    """
    e = _scalable(experiment)
    tool, bandwidth, _ = usable(instrument)
    r = _axis("radius", radius, np.geomspace(*RADII), "m")
    f = _axis("frequency", frequency, np.geomspace(*FREQUENCIES), "Hz")
    d = _axis("diffusivity", diffusivity, np.array(DIFFUSIVITIES), "m²/s")
    size = number("feature", _FLOOR.metadata, feature)
    height = number("drive", _DRIVE.metadata, drive)
    shape = d.size, r.size, f.size
    s2 = 2 * pi * f * r[:, None] ** 2 / d[:, None, None]
    least = _ratio(e) * d[:, None, None]
    real = np.broadcast_to(f <= (1 + 1e-9) * continuum(least), shape)
    edge, period = np.full(shape, np.nan), np.full(shape, np.nan)
    if real.any():
        table = Reduced.over(e, "flux" if per in _FLUX else "concentration", s2[real], progress)
        where = np.nonzero(real)
        at_r, at_d = r[where[1]], d[where[0]]
        edge[real] = at_r * table.edge(s2[real])
        sigma = noise.peak_sigma(reading_noise(tool, f), bandwidth)[where[2]]
        signal = height * _signal(e, per, r)[where[1]] * _power(per, at_r, at_d)
        period[real] = at_r * table.period(s2[real], signal, sigma)
    inputs = {"experiment": e, "instrument": tool, "drive": height, "per": per}
    return ResolutionMap(r, f, d, edge, period, size, inputs)


def reach(
    experiment: Experiment,
    *,
    instrument: Instrument,
    drive: float = 1.0,
    per: str = "volt",
    feature: float = FINE,
    lowest: float = FREQUENCIES[0],
    progress: Progress | None = None,
) -> Reach | None:
    """What it takes to resolve a feature in a material: the largest contact, the highest frequency.

    Parameters
    ----------
    experiment, instrument, drive, per, feature, progress
        As for `resolution_map`; the diffusivity [m²/s] is the material's.
    lowest : float
        Lowest frequency [Hz] looked at.

    Returns
    -------
    Reach or None
        None where no contact of 1 nm radius or more resolves it at any such frequency.

    Raises
    ------
    VegardError
        As `resolution_map`.
    """
    m = checked_experiment(experiment).material
    top = float(continuum(min(m.diffusivity_in_plane, m.diffusivity_normal)))
    if top <= lowest:
        return None
    f = np.geomspace(lowest, top, ceil(40 * log10(top / lowest)) + 2)
    r = np.geomspace(min(SMALLEST_RADIUS, feature / 10), 4 * feature, 121)
    found = resolution_map(experiment, instrument=instrument, drive=drive, per=per, radius=r,
                           frequency=f, diffusivity=[m.diffusivity_normal], feature=feature,
                           progress=progress)  # fmt: skip
    return found.reach()


def continuum(diffusivity: Any) -> Any:
    """Frequency [Hz] at which the diffusion length √(D/ω) is a lattice constant, D in [m²/s].

    Examples
    --------
    >>> f"{continuum(1e-15):.0f} Hz"
    '249 Hz'
    """
    return diffusivity / (2 * pi * LATTICE_CONSTANT**2)


def _last(x: Real, margin: Real, end: float) -> float | None:
    """Last x at which a margin is ≥ 0, linear between the points in ln x, at most an end."""
    good = np.flatnonzero(margin >= 0)
    if not good.size:
        return None
    i = int(good[-1])
    if i == x.size - 1:
        return min(float(x[i]), end)
    a, b = float(margin[i]), float(margin[i + 1])
    if b == -inf:  # no continuum at the next
        return end
    return min(float(x[i] * (x[i + 1] / x[i]) ** (a / (a - b))), end)


def _axis(name: str, given: ArrayLike | None, default: Real, unit: str) -> Real:
    if given is None:
        return default
    values = checked_points(name, given, unit).ravel()
    if not (values.size and values[0] > 0 and (np.diff(values) > 0).all()):
        raise VegardError(f"{name} must be > 0 and increase [{unit}]; got {given!r}.")
    return values


def _scalable(experiment: Experiment) -> Experiment:
    """The experiment read by a punch, if the contact is its only length."""
    e = checked_experiment(experiment)
    own = []
    if isfinite(e.thickness):
        own.append(f"a film of {e.thickness:g} m")
    if e.interface.scales(1.0, e.material) or isfinite(getattr(e.interface, "rate", inf)):
        own.append(f"the scale of {e.interface}")
    if not isinstance(e.elastic, Uniform):
        own.append(f"the layers of {type(e.elastic).__name__}")
    if own:
        raise VegardError(
            "a map over radius and frequency needs an experiment whose only length is the contact; "
            f"this one has {' and '.join(own)}. Take HalfSpace with FixedConcentration, FixedFlux "
            "or Contact(), or ask vegard.resolution at each radius."
        )
    return e.replace({"readout": "punch", "also": ()})


def _ratio(e: Experiment) -> float:
    """The smaller of the diffusivities over that normal to the surface."""
    m = e.material
    return min(m.diffusivity_in_plane / m.diffusivity_normal, 1.0)


def _power(per: str, radius: Real, diffusivity: Real) -> Real:
    """How the reading grows with R [m] and D [m²/s]."""
    return radius**2 / diffusivity if per in _FLUX else radius


def _signal(e: Experiment, per: str, radius: Real) -> Real:
    """Amplitude of the interface's own drive per unit ``per`` at radii, times β(1+ν)."""
    one = [e.replace({"tip.radius": v}) for v in radius.tolist()]
    size = [abs(x.interface.amplitude(per, x.tip, x.material)) for x in one]
    return np.array(size) * _strain(e.material)


def _strain(m: Material) -> float:
    """β(1+ν) where it is a mere factor."""
    return abs(m.vegard) * (1 + m.need("poisson")) if isinstance(m.vegard, float) else 1.0
