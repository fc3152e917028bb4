r"""Hankel integrals by product integration.

.. math:: u(r) = \frac{1}{2\pi}\int_0^\infty S(k)\,P(k)\,T(k)\,J_n(kr)\,k\,dk

All oscillation sits in the *density* S P Jₙ k, which depends on the geometry of the measurement
alone; the physics T(k, s) is analytic in the sector |arg k| < π/4, so a few dozen Gauss-Legendre
nodes per e-fold of k carry it to rounding. A rule is a set of nodes k and weights W with
u = Σ W T(k): T is interpolated, the density is integrated against the interpolant on a fine grid
of its own. So an arbitrary radius costs no more evaluations of T than the centre.

The endless oscillation of a disc (and of J₀(kr) far from the tip) is cut by a smooth window in
kΩ, Ω the distance in real space that the oscillation belongs to: because T and the amplitude of
the density are analytic, what is dropped is smaller than rounding. Products of oscillating
factors are taken apart into sums and differences of their phases first, and each part gets the
window of its own frequency; a part that does not oscillate (the disc read at its rim) is carried
to ``limit``.

Lengths are in units of the tip radius here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, product
from math import ceil, e, exp, inf, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.spectra import WINDOW_END, Footprint, Wave, turn, window

Real = NDArray[np.float64]

ORDER = 32  # nodes per panel: rounding of T on an e-fold
_DROP = 5  # Legendre modes that the second rule leaves out
_PHASE = 16.0  # largest phase [rad] across one fine panel of ORDER nodes
_DENSE = 9.5  # first panel's longest length [1/R]


def _product(factors: Sequence[Real]) -> Any:
    out: Any = 1.0
    for factor in factors:
        out = out * factor
    return out


def _signs(n: int) -> list[tuple[int, ...]]:
    """Signs of the phases in a product of n waves, the first one fixed."""
    return [(1, *s) for s in product((1, -1), repeat=n - 1)] if n else []


Column = tuple[tuple[Footprint, ...], tuple[Wave, ...]]
Memo = dict[tuple[Any, str], Any]


def _once(memo: Memo, item: Any, what: str, k: Real) -> Any:
    if (item, what) not in memo:
        memo[item, what] = getattr(item, what)(k)
    return memo[item, what]


class Density:
    """Density of one source and one point, with its windows.

    Parameters
    ----------
    footprint : Footprint
        The source.
    waves : sequence of Wave
        Further oscillating factors: read-out, Jₙ(kr).
    """

    def __init__(self, footprint: Footprint, waves: Sequence[Wave]) -> None:
        self.footprint = footprint
        every = sorted((*footprint.waves, *waves), key=lambda w: -w.rho)
        self.smooth = [w for w in every if w.rho == 0]
        moving = [w for w in every if w.rho > 0]
        self.split: list[Wave] = []
        self.slow: list[Wave] = []
        slack = footprint.extent if footprint.kinks else 0.0
        for wave in moving:
            lowest = min((abs(f) for f in self._frequencies([*self.split])), default=0.0)
            if self.split and wave.rho <= 0.25 * (lowest - slack):
                self.slow.append(wave)
                slack += wave.rho
            else:
                self.split.append(wave)
        self.signs = _signs(len(self.split))
        self.frequencies = [max(abs(f) - slack, 0.0) for f in self._frequencies(self.split)]
        self.total = sum(w.rho for w in moving) + slack
        self.slack = slack
        self.turn = max((turn(w.order) / w.rho for w in self.split), default=0.0)

    @staticmethod
    def _frequencies(waves: Sequence[Wave]) -> list[float]:
        return [
            sum(sign * w.rho for sign, w in zip(signs, waves, strict=True))
            for signs in _signs(len(waves))
        ]

    @property
    def top(self) -> float:
        """Wavenumber above which the density is nothing; infinite if it does not oscillate."""
        lowest = min(self.frequencies, default=0.0)
        return min(self.footprint.top, self.turn + WINDOW_END / lowest if lowest > 0 else inf)

    def rate(self, k: float) -> float:
        """Highest frequency still present at k."""
        active = [f for f in self.frequencies if (k - self.turn) * f < WINDOW_END]
        return self.footprint.extent + (max(active) + 2 * self.slack if active else 0.0)

    def __call__(self, k: Real, memo: Memo | None = None) -> tuple[Real, Real]:
        """Density at k for the rule and for the second rule.

        ``memo`` keeps what densities at the same k share.
        """
        kept: Memo = {} if memo is None else memo
        base = _once(kept, self.footprint, "amplitude", k)
        factor = _product([_once(kept, w, "real", k) for w in (*self.slow, *self.smooth)])
        first, second = self._waves(k, kept)
        return base[0] * factor * first, base[1] * factor * second

    def _waves(self, k: Real, memo: Memo) -> tuple[Real, Real]:
        """Product of the split waves, windowed."""
        past = k - self.turn
        # where all windows are one, and where a Bessel function does not oscillate yet
        if past[-1] <= 0 or past[-1] * self.total < 6.0 or not self.split:
            whole = _product([_once(memo, w, "real", k) for w in self.split]) * np.ones_like(k)
            return whole, whole
        if len(self.split) == 1:
            whole, x = self.split[0].real(k), past * self.frequencies[0]
            return whole * window(x, 0), whole * window(x, 1)
        amplitudes = [_once(memo, w, "amplitude", k) for w in self.split]
        both: list[Any] = [0.0, 0.0]
        for signs, low in zip(self.signs, self.frequencies, strict=True):
            part: Any = 1.0
            phase = 0.0
            for s, a, w in zip(signs, amplitudes, self.split, strict=True):
                part = part * (a if s > 0 else a.conj())
                phase += s * w.rho
            value = (part * np.exp(1j * (k * phase))).real
            for which in (0, 1):
                both[which] = both[which] + value * window(past * low, which)
        scale = 2.0 ** (1 - len(self.split))
        return scale * both[0], scale * both[1]


@lru_cache(maxsize=1)
def _panel() -> tuple[Real, Real, Real]:
    """Gauss-Legendre nodes and weights of a panel, and the map from Legendre moments to weights."""
    x, w = np.polynomial.legendre.leggauss(ORDER)
    modes = np.polynomial.legendre.legvander(x, ORDER - 1) * (np.arange(ORDER) + 0.5)
    return x, w, modes * w[:, None]


def _fine(densities: Sequence[Density], a: float, b: float) -> Iterator[tuple[Real, Real]]:
    """Fine nodes and weights on [a, b], segment by segment, that resolve all the densities."""
    x, w, _ = _panel()
    scale = 1.0 / max(1.0, *(max(d.total, d.footprint.extent) for d in densities))
    turns = sorted({d.turn for d in densities})
    while a < b:
        end = min(b, max(e * a, scale))
        end = next((t for t in turns if a < t < end), end)
        rate = max(d.rate(a) for d in densities)
        cuts = np.linspace(a, end, ceil(rate * (end - a) / _PHASE) + 2)
        half = np.diff(cuts)[:, None] / 2
        yield (cuts[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
        a = end


def grid(edges: Sequence[float], rate: float, stop: float) -> tuple[Real, Real]:
    """Gauss-Legendre nodes and weights on panels, cut ``rate`` times per k up to ``stop``."""
    x, w, _ = _panel()
    nodes, weights = [], []
    for a, b in pairwise(edges):
        cuts = np.linspace(a, b, 2 + (int((b - a) * rate) if a < stop else 0))
        half = np.diff(cuts)[:, None] / 2
        nodes.append((cuts[:-1, None] + half * (x + 1)).ravel())
        weights.append((half * w).ravel())
    return np.concatenate(nodes), np.concatenate(weights)


def _basis(k: Real, a: float, b: float) -> Real:
    """Legendre modes (k.size, ORDER) of the panel [a, b]; the unknown is k if a = 0, else ln k."""
    where = 2 * np.log(k / a) / log(b / a) - 1 if a else 2 * k / b - 1
    return np.asarray(np.polynomial.legendre.legvander(where, ORDER - 1))


@lru_cache(maxsize=8192)
def _panel_weights(
    footprints: tuple[Footprint, ...], waves: tuple[Wave, ...], a: float, b: float
) -> Real:
    """Weights (2, spectra, ORDER) on the panel [a, b]; the unknown is k if a = 0, else ln k."""
    moments = np.zeros((2, footprints[0].size, ORDER))
    size: Any = 0.0
    for density in (Density(f, waves) for f in footprints):
        for k, w in _fine([density], a, min(b, density.top)):
            basis = _basis(k, a, b)
            parts = w * np.stack(density(k))
            parts = parts.reshape(2, -1, k.size)
            moments += parts @ basis
            size = size + np.abs(parts[0]).sum(axis=-1, keepdims=True)
    # what T has in the highest modes must show even where a smooth density has nothing there
    moments[1, :, ORDER - _DROP :] = size
    return np.asarray(moments @ _panel()[2].T)


def _nodes(folds: int, top: float) -> tuple[list[tuple[float, float]], Real]:
    """Panels up to ``top``, the first from 0, and their nodes."""
    x = (_panel()[0] + 1) / 2
    panels = list(pairwise([0.0, *(top * exp(-n) for n in range(folds, -1, -1))]))
    return panels, np.concatenate([a * np.exp(x * log(b / a)) if a else b * x for a, b in panels])


@lru_cache(maxsize=256)
def _rule(
    columns: tuple[Column, ...], sums: tuple[float | None, ...], folds: int, top: float
) -> tuple[Real, Real]:
    panels, k = _nodes(folds, top)
    weights = np.concatenate(
        [
            np.concatenate([_panel_weights(footprints, waves, a, b) for a, b in panels], axis=-1)
            for footprints, waves in columns
        ],
        axis=1,
    )
    # T is nearly constant where the diffusion length is small, and ∫ density is the profile itself:
    # far from the tip the weights must sum to it to the last digit
    middle = int(np.argmin(np.abs(k - 1.0)))
    for j, total in enumerate(sums):
        if total is not None:
            weights[:, j, middle] += total - weights[:, j].sum(axis=-1)
    k.flags.writeable = weights.flags.writeable = False  # they are kept for the next call
    return k, weights


@lru_cache(maxsize=256)
def _tops(columns: tuple[Column, ...]) -> tuple[float, ...]:
    """For each column the wavenumber above which its density is nothing."""
    return tuple(max(Density(f, waves).top for f in footprints) for footprints, waves in columns)


def rule(
    columns: tuple[Column, ...], sums: tuple[float | None, ...], low: float, limit: float
) -> tuple[Real, Real]:
    """Nodes and weights of ∫ density(k) T(k) dk for several densities at once.

    Parameters
    ----------
    columns : tuple of (tuple of Footprint, tuple of Wave)
        For each density its source, a sum of terms, and the further oscillating factors
        (read-out, Jₙ(kr)). A family of spectra makes as many densities, one after the other.
    sums : tuple of (float or None)
        For each column ∫ density dk where it is known exactly (not for a family).
    low : float
        Wavenumber below which T is analytic in k [1/R].
    limit : float
        Where a density that does not oscillate may be cut [1/R].

    Returns
    -------
    k : ndarray, shape (n,)
        Nodes [1/R].
    weights : ndarray, shape (2, densities, n)
        The rule, and a second one (fewer modes, narrower windows) for the error estimate.
    """
    tops = _tops(columns)
    top = max(tops)
    # far off the axis the sum cancels to the last digit of T: nodes where the density is large
    # keep the weights, and with them the rounding of T, small
    reach = max((w.rho for _, waves in columns for w in waves), default=0.0)
    low = min(low, _DENSE / max(1.0, min(reach, 6.0)))
    if top > limit:  # only the columns that are cut there lose their sum
        top = exp(ceil(log(limit)))
        sums = tuple(t if own <= top else None for t, own in zip(sums, tops, strict=True))
    return _rule(columns, sums, max(0, ceil(log(top / low))), top)


def table(
    spectra: tuple[tuple[Footprint, ...], ...],
    waves: tuple[Wave, ...],
    order: int,
    rho: Real,
    low: float,
    limit: float,
) -> tuple[Real, Real]:
    """Nodes and weights of ∫ density(k) Jₙ(kρ) T(k) dk for sources at many radii.

    The same as `rule`, without the second one; radii within a factor of e share their fine grid,
    so that hundreds of them cost little more than one.

    Parameters
    ----------
    spectra : tuple of tuple of Footprint
        The sources; families count as many.
    waves : tuple of Wave
        Further oscillating factors.
    order : int
        n.
    rho : ndarray, shape (r,)
        Radii [R], increasing.
    low, limit : float
        As for `rule`.

    Returns
    -------
    k : ndarray, shape (n,)
        Nodes [1/R].
    weights : ndarray, shape (r, spectra, n)
    """
    top = exp(ceil(log(limit)))
    most = max((f.top for footprints in spectra for f in footprints), default=top)
    top = min(top, most)
    panels, k = _nodes(max(0, ceil(log(top / min(low, _DENSE / 6.0)))), top)
    count = sum(footprints[0].size for footprints in spectra)
    weights = np.zeros((rho.size, count, k.size))
    fold = np.floor(np.log(rho)).astype(int)
    for group in (np.flatnonzero(fold == n) for n in np.unique(fold)):
        ends = [tuple((*waves, Wave(float(r), order)) for r in rho[group])]
        start = 0
        for footprints in spectra:
            rows = slice(start, start + footprints[0].size)
            start = rows.stop
            for f in footprints:
                densities = [Density(f, every) for every in ends[0]]
                last = max(d.top for d in densities)
                for p, (a, b) in enumerate(panels):
                    if a < last:
                        part = _shared(densities, a, min(b, last), b)
                        weights[group, rows, p * ORDER : (p + 1) * ORDER] += part
    return k, weights


def _shared(densities: list[Density], a: float, end: float, b: float) -> Real:
    """Weights (densities, spectra, ORDER) on the panel [a, b], the densities being 0 past end."""
    moments = np.zeros((len(densities), densities[0].footprint.size, ORDER))
    for k, w in _fine(densities, a, end):
        basis = w[:, None] * _basis(k, a, b)
        memo: Memo = {}
        for row, density in enumerate(densities):
            if a < density.top:
                moments[row] += density(k, memo)[0].reshape(-1, k.size) @ basis
    return np.asarray(moments @ _panel()[2].T)


def density(footprints: tuple[Footprint, ...], waves: tuple[Wave, ...], k: Real) -> Real:
    """The density itself at k [1/R], without windows."""
    out = np.zeros_like(k)
    for f in footprints:
        out += f.amplitude(k)[0] * _product([w.real(k) for w in (*f.waves, *waves)])
    return out


def extent(footprints: tuple[Footprint, ...], waves: tuple[Wave, ...]) -> float:
    """Largest phase per k of the density."""
    own = max(f.extent + sum(w.rho for w in f.waves) for f in footprints)
    return own + sum(w.rho for w in waves)
