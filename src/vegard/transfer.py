"""Transfer function of an experiment: displacement per amplitude at any Laplace variable."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import depth, hankel
from vegard.experiment import Experiment
from vegard.interfaces import Source
from vegard.spectra import Wave

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]

_GROUP = 30.0  # |s| spanned by one set of nodes
_BLOCK = 24_576  # elements of T evaluated at once: fits the cache
_ROUNDING = 2.5e-15
_SOLVED = 2e-14  # relative rounding of strengths that a problem was solved for
_TAIL = 1e13  # times the last scale to which a density is carried that does not oscillate
_LONG = 1e30  # the same where T does not decay with k as an overlap with depth does

CONCENTRATION = "concentration"
"""Component that reads C at the surface itself, not what it lifts."""

# glibc gives freed memory back to the system, to fault it in again at the next call (a fifth of the
# time of a spectrum), until a block larger than its threshold was freed once
np.empty(16_000_000, np.uint8)


class Part(NamedTuple):
    """One harmonic of a component as seen at one azimuth."""

    component: str
    which: int
    order: int
    factor: float


def parts(experiment: Experiment, component: str, azimuth: float) -> list[Part]:
    """Harmonics of a component that do not vanish at an azimuth [rad]."""
    e = experiment
    if component == CONCENTRATION:
        return [Part(component, 0, 0, 1.0)]
    found = e.elastic.weights(np.ones(1), e.material, e.thickness)[component]
    every = (Part(component, i, h.order, h.factor(azimuth)) for i, h in enumerate(found))
    return [part for part in every if part.factor]


def terms(experiment: Experiment, k: Real, part: Part) -> tuple[depth.Term, ...] | None:
    """Elastic weight of one harmonic at wavenumbers k (n,) [rad/m]; None for a concentration."""
    e = experiment
    if part.component == CONCENTRATION:
        return None
    return e.elastic.weights(k, e.material, e.thickness)[part.component][part.which].terms


def physics(
    experiment: Experiment,
    k: Real,
    s: Complex,
    weight: tuple[depth.Term, ...] | None,
    source: Source | None = None,
) -> Complex:
    """T(k, s): displacement per S(k), amplitude 1; k (n,) [rad/m], s (m, 1) [1/s].

    Without a weight it is the concentration at the surface.
    """
    e, m = experiment, experiment.material
    q = e.interface.wavenumber(k, s, m)
    admittance, profile = e.geometry.transport(q, m)
    surface = (source or e.interface).surface(admittance, k, s, m)
    if weight is None:
        return np.asarray(np.broadcast_to(surface, admittance.shape), complex)
    return np.asarray(surface * depth.overlap(profile, k, weight))


def _limit(experiment: Experiment, size: float, part: Part) -> float:
    """Wavenumber [1/R] past every scale of T for |s| = size."""
    m, radius = experiment.material, experiment.tip.radius
    normal, in_plane = m.diffusivity_normal, m.diffusivity_in_plane
    scales = [1.0, (size / min(normal, in_plane)) ** 0.5 * radius]
    others = (1 / experiment.geometry.depth, *experiment.interface.scales(size, m))
    skew = max(1.0, (normal / in_plane) ** 0.5)
    scales += [wavenumber * radius * skew for wavenumber in others]
    return float(max(scales) * (_LONG if part.component == CONCENTRATION else _TAIL))


def _low(experiment: Experiment, size: float) -> float:
    """Wavenumber [1/R] below which T is analytic in k for |s| ≥ size."""
    e = experiment
    onset = min(e.interface.onset(size, e.material), e.elastic.onset(e.material, e.thickness))
    return float(max(onset * e.tip.radius, 1e-18))


def groups(s: Complex) -> list[NDArray[np.intp]]:
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


def waves(experiment: Experiment, r: float, order: int = 0) -> tuple[Wave, ...]:
    """Oscillating factors of the reading at r [m]: read-out and Jₙ(kr)."""
    reader = (Wave(1.0, -1),) if experiment.readout == "punch" else ()
    return (*reader, Wave(r / experiment.tip.radius, order))


def _plain(experiment: Experiment, r: float) -> float | None:
    """The tip's profile as read at r, where it is known to the last digit."""
    tip = experiment.tip
    punch = experiment.readout == "punch"
    return 0.0 if r > tip.reach + punch * tip.radius else tip.plain(r, punch)


def transfer(
    experiment: Experiment,
    s: Complex,
    at: Real,
    component: str = "vertical",
    azimuth: float = 0.0,
) -> tuple[Complex, Real]:
    """Displacement per unit amplitude.

    Parameters
    ----------
    experiment : Experiment
    s : ndarray, shape (m,)
        Laplace variable [1/s]; 0 is the static limit.
    at : ndarray, shape (p,)
        Distance from the tip's axis [m].
    component : {"vertical", "lateral_x", "lateral_y"}
    azimuth : float
        Direction of the points [rad].

    Returns
    -------
    values : ndarray, shape (p, m)
        Complex displacement per unit amplitude of the interface's own drive.
    error : ndarray, shape (p, m)
        Absolute numerical error, from a second rule, a rougher solution and rounding.
    """
    e = experiment
    values = np.zeros((at.size, s.size), complex)
    error = np.zeros((at.size, s.size))
    seen = parts(e, component, azimuth)
    for group in groups(s):
        case = s[group], e.tip, e.geometry, e.material
        gap = e.interface.apart(*case) if e.readout == "centre" else inf
        away = e.tip.radius - at > gap
        for far, mask in ((False, ~away), (True, away)):
            points = np.flatnonzero(mask)
            if not points.size:
                continue
            r = at[points]
            for source in e.interface.sources(*case, far=far):
                rows = group[source.rows]
                for part in seen:
                    if part.order and not r.any():
                        continue  # vanishes on the axis
                    value, spread = _integral(e, s[rows], r, part, source)
                    values[points[:, None], rows] += part.factor * value
                    error[points[:, None], rows] += abs(part.factor) * spread
    return values, error


def _integral(
    e: Experiment, s: Complex, at: Real, part: Part, source: Source
) -> tuple[Complex, Real]:
    """Integral over k of one harmonic and source, and its error; shapes (points, s)."""
    # S k/2π in units of the radius is the footprint; one factor 1/R² from k dk, R² from S
    columns = tuple((f, waves(e, float(r), part.order)) for r in at for f in source.spectra)
    known = source.prescribed and part.order == 0
    sums = tuple(_plain(e, float(r)) if known else None for r in at for _ in source.spectra)
    size = np.abs(s)
    k, weights = hankel.rule(columns, sums, _low(e, size.min()), _limit(e, size.max(), part))
    matrix = np.concatenate([weights[0], weights[1]]).T.astype(complex)
    absolute = np.abs(weights[0]).T
    rows = max(1, _BLOCK // k.size)
    k = k / e.tip.radius
    done: list[tuple[Complex, Real]] = []
    weight = terms(e, k, part)
    for start in range(0, s.size, rows):
        now = slice(start, start + rows)
        t = physics(e, k, s[now, None], weight, source)
        both = t @ matrix
        spread = _ROUNDING * ((np.abs(t.real) + np.abs(t.imag)) @ absolute)
        if not source.prescribed:
            both, spread = _combined(both, spread, source.strengths[:, now])
        best = both[:, : at.size]
        done.append((best.T, (np.abs(best - both[:, at.size :]) + spread).T))
    if len(done) == 1:
        return done[0]
    return np.hstack([v for v, _ in done]), np.hstack([d for _, d in done])


def _combined(both: Complex, spread: Real, strengths: Complex) -> tuple[Complex, Real]:
    """Sums over the spectra of a source: (rows, 2 points) and its error beyond the second rule's.

    ``both`` holds the two rules for each point and spectrum.
    """
    fine, rough = strengths
    rows, count = fine.shape
    each = both.reshape(rows, -1, count)
    points = each.shape[1] // 2
    total = np.einsum("mpn,mn->mp", each, fine)
    other = np.einsum("mpn,mn->mp", each[:, :points], rough)
    spread = np.einsum("mpn,mn->mp", spread.reshape(rows, points, count), np.abs(fine))
    return total, spread + _SOLVED * np.abs(total[:, :points]) + np.abs(total[:, :points] - other)


def amplitude(experiment: Experiment, per: str) -> float:
    """Amplitude of the interface's own drive per unit ``per``."""
    return experiment.interface.amplitude(per, experiment.tip, experiment.material)


def also(experiment: Experiment, s: Complex, per: str) -> tuple[Any, Any]:
    """Sum of the additive linear signals [m per unit drive] at s, and its error."""
    total, error = np.zeros(s.shape, complex), np.zeros(s.shape)
    for signal in experiment.also:
        one = signal.transfer(s, experiment, per)
        total += one
        error += getattr(signal, "precision", _ROUNDING) * np.abs(one)
    return total, error
