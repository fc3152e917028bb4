"""Transfer function of an experiment: displacement per amplitude at any Laplace variable."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import depth, hankel
from vegard.experiment import Experiment

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]

_GROUP = 30.0  # |s| spanned by one set of nodes
_BLOCK = 24_576  # elements of T evaluated at once: fits the cache
_ROUNDING = 2.5e-15
_TAIL = 1e13  # decades past the last scale to carry a density that does not oscillate


def physics(experiment: Experiment, k: Real, s: Complex, component: str) -> Complex:
    """T(k, s): displacement per S(k), amplitude 1; k (n,) [rad/m], s (m, 1) [1/s]."""
    e, m = experiment, experiment.material
    q = e.interface.wavenumber(k, s, m)
    admittance, profile = e.geometry.transport(q, m)
    surface = e.interface.surface(admittance, k, s, m)
    _, terms = e.elastic.weights(k, m, e.thickness)[component]
    return np.asarray(surface * depth.overlap(profile, k, terms))


def _limit(experiment: Experiment, size: float) -> float:
    """Wavenumber [1/R] past every scale of T for |s| = size."""
    m, radius = experiment.material, experiment.tip.radius
    normal, in_plane = m.diffusivity_normal, m.diffusivity_in_plane
    skew = max(1.0, (normal / in_plane) ** 0.5)
    scales = [1.0, (size / min(normal, in_plane)) ** 0.5 * radius]
    if isfinite(experiment.thickness):
        scales.append(radius / experiment.thickness * skew)
    rate = experiment.interface.exchange
    if rate is not None and isfinite(rate):
        scales.append(rate * radius / normal * skew)
    return float(max(scales) * _TAIL)


def _low(experiment: Experiment, size: float) -> float:
    """Wavenumber [1/R] below which T is analytic in k for |s| ≥ size."""
    m, radius = experiment.material, experiment.tip.radius
    fastest = max(m.diffusivity_normal, m.diffusivity_in_plane)
    return float(max((size / fastest) ** 0.5 * radius, 1e-18))


def _groups(s: Complex) -> list[NDArray[np.intp]]:
    """Indices of s grouped by magnitude, each group within a factor of ``_GROUP``."""
    size = np.abs(s)
    order = np.argsort(size, kind="stable")
    out = []
    while order.size:
        first = size[order[0]]
        end = int(np.searchsorted(size[order], first * _GROUP, side="right"))
        out.append(order[:end])
        order = order[end:]
    return out


def waves(experiment: Experiment, r: float, order: int = 0) -> tuple[hankel.Wave, ...]:
    """Oscillating factors of the reading at r [m]: read-out and Jₙ(kr)."""
    reader = (hankel.Wave(1.0, -1),) if experiment.readout == "punch" else ()
    return (*reader, hankel.Wave(r / experiment.tip.radius, order))


def _plain(experiment: Experiment, r: float) -> float | None:
    """The tip's profile as read at r, where it is known to the last digit."""
    tip = experiment.tip
    punch = experiment.readout == "punch"
    return 0.0 if r > tip.reach + punch * tip.radius else tip.plain(r, punch)


def transfer(
    experiment: Experiment, s: Complex, at: Real, component: str = "vertical"
) -> tuple[Complex, Real]:
    """Displacement per unit amplitude.

    Parameters
    ----------
    experiment : Experiment
    s : ndarray, shape (m,)
        Laplace variable [1/s]; 0 is the static limit.
    at : ndarray, shape (p,)
        Distance from the tip's axis [m].
    component : {"vertical", "radial"}

    Returns
    -------
    values : ndarray, shape (p, m)
        Complex displacement per unit amplitude of the interface's own drive.
    error : ndarray, shape (p, m)
        Absolute numerical error, from a second rule and rounding.
    """
    radius = experiment.tip.radius
    order, _ = experiment.elastic.weights(np.ones(1), experiment.material, experiment.thickness)[
        component
    ]
    # S k/2π in units of the radius is the footprint; one factor 1/R² from k dk, R² from S
    sources = experiment.tip.footprint()
    points = tuple(waves(experiment, float(r), order) for r in at)
    sums = tuple(_plain(experiment, float(r)) if order == 0 else None for r in at)
    values = np.empty((at.size, s.size), complex)
    error = np.empty((at.size, s.size))
    for group in _groups(s):
        size = np.abs(s[group])
        low, limit = _low(experiment, size.min()), _limit(experiment, size.max())
        k, weights = hankel.rule(sources, points, sums, low, limit)
        matrix = np.concatenate([weights[0], weights[1]]).T.astype(complex)
        absolute = np.abs(weights[0]).T
        rows = max(1, _BLOCK // k.size)
        for start in range(0, group.size, rows):
            part = group[start : start + rows]
            t = physics(experiment, k / radius, s[part, None], component)
            both = (t @ matrix).T
            values[:, part] = both[: at.size]
            spread = (np.abs(t.real) + np.abs(t.imag)) @ absolute
            error[:, part] = np.abs(both[: at.size] - both[at.size :]) + _ROUNDING * spread.T
    return values, error


def amplitude(experiment: Experiment, per: str) -> float:
    """Amplitude of the interface's own drive per unit ``per``."""
    return experiment.interface.amplitude(per, experiment.tip, experiment.material)


def also(experiment: Experiment, s: Complex, per: str) -> Any:
    """Sum of the additive linear signals [m per unit drive] at s."""
    return sum(signal.transfer(s, experiment, per) for signal in experiment.also)
