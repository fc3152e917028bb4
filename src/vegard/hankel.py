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
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from math import ceil, e, exp, inf, log

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

ORDER = 32  # nodes per panel: rounding of T on an e-fold
_DROP = 5  # Legendre modes that the second rule leaves out
_WINDOWS = ((90.0, 13.0), (84.0, 12.0))  # (centre, width) in kΩ: rule and second rule
_PHASE = 16.0  # largest phase [rad] across one fine panel of ORDER nodes
WINDOW_END = 168.0
_DENSE = 9.5  # first panel's longest length [1/R]
_STRUVE = 40.0  # beyond it Struve's functions are asymptotic series


@dataclass(frozen=True, slots=True)
class Wave:
    """An oscillating factor of the density: Jₙ(kρ), or sin(kρ)/(kρ) for ``order`` -1."""

    rho: float
    order: int = 0

    def real(self, k: Real) -> Real:
        from scipy import special

        if self.order < 0:
            return np.sinc(k * (self.rho / np.pi))
        return np.asarray(special.jv(self.order, k * self.rho))

    def amplitude(self, k: Real) -> NDArray[np.complex128]:
        """A(k) with ``real`` = Re[A e^{ikρ}]; varies slowly."""
        from scipy import special

        x = k * self.rho
        if self.order < 0:
            return np.asarray(-1j / x, complex)
        # scipy's Hankel functions turn into nan near x = 1e15: their asymptotic form from 1e6 on
        far = x > 1e6
        out = np.asarray(special.hankel1e(self.order, np.where(far, 1.0, x)))
        y, m = 1j / np.where(far, x, 1.0), 4 * self.order**2
        series = 1 + (m - 1) / 8 * y * (1 + (m - 9) / 16 * y)
        turn = np.exp(-0.25j * np.pi * (2 * self.order + 1))
        tail = np.sqrt(2 / np.pi * np.abs(y)) * turn * series
        return np.asarray(np.where(far, tail, out), complex)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Spectrum of one term of a source.

    S(k) k/(2π) = weight · kᵖᵒʷᵉʳ · exp(-k²/2 if gaussian) · Π waves, or, with ``kinks``, that of a
    continuous piecewise linear profile whose slope grows by b at each radius ρ (``kinks`` holds
    the pairs (ρ, b)), with the kinks rounded by the window at ``band``.
    """

    weight: float = 1.0
    power: int = 0
    gaussian: bool = False
    waves: tuple[Wave, ...] = ()
    kinks: tuple[tuple[float, float], ...] = ()
    band: float = inf

    @property
    def extent(self) -> float:
        """Extra phase per k that the amplitude itself carries."""
        if self.kinks:
            return max(rho for rho, _ in self.kinks)
        return 1.0 if self.gaussian else 0.0

    @property
    def top(self) -> float:
        """Wavenumber above which the amplitude is nothing."""
        return 9.0 if self.gaussian else self.band

    def amplitude(self, k: Real) -> tuple[Real, Real]:
        """The factor that is not a wave, for the rule and for the second rule."""
        out = self.weight * k**self.power
        if self.gaussian:
            out = out * np.exp(-0.5 * k * k)
        if not self.kinks:
            return out, out
        out = out * _cones(k, self.kinks)
        x = k * (WINDOW_END / self.band)
        return out * _window(x, 0), out * _window(2 * x, 0)


def _cones(k: Real, kinks: tuple[tuple[float, float], ...]) -> Real:
    r"""Σ b ∫₀^ρ ρ'J₁(kρ')dρ' = Σ b (πρ/2k)[J₁H₀ - J₀H₁](kρ), H Struve's functions."""
    from scipy import special

    out = np.zeros_like(k)
    for rho, b in kinks:
        x = k * rho
        far = x > _STRUVE
        near, y = x[~far], 1 / x[far]
        value = np.empty_like(x)
        value[~far] = near * np.polynomial.chebyshev.chebval(
            near / (_STRUVE / 2) - 1, _cone_series()
        )
        # H - Y is an asymptotic series, and J₁Y₀ - J₀Y₁ = 2/πx
        tail = special.j1(x[far]) * _struve_tail(0, y) - special.j0(x[far]) * _struve_tail(1, y)
        value[far] = y * (np.pi / 2 * tail + y)
        out += b * rho**2 * value
    return out


@lru_cache(maxsize=1)
def _cone_series() -> Real:
    """Chebyshev series of ∫₀¹ t J₁(xt) dt / x on [0, 40]."""
    from scipy import special

    t, w = np.polynomial.legendre.leggauss(64)
    t, w = (t + 1) / 2, w / 2

    def value(u: Real) -> Real:
        x = (u + 1) * (_STRUVE / 2)
        return np.asarray((special.j1(x[:, None] * t) / x[:, None]) @ (w * t))

    return np.asarray(np.polynomial.chebyshev.chebinterpolate(value, 80))  # type: ignore[type-var]


def _struve_tail(order: int, y: Real) -> Real:
    """Struve H - Neumann Y at x = 1/y > 40 (Abramowitz and Stegun 12.1.29)."""
    term = 2 / np.pi * (y if order == 0 else np.ones_like(y))
    total = term.copy()
    for m in range(1, 12):
        term = term * (2 * m - 1) * (2 * order - 2 * m + 1) * y * y
        total += term
    return total


def _window(x: Real, which: int) -> Real:
    from scipy import special

    centre, width = _WINDOWS[which]
    return np.asarray(0.5 * special.erfc((x - centre) / width))


def _signs(n: int) -> list[tuple[int, ...]]:
    """Signs of the phases in a product of n waves, the first one fixed."""
    return [(1, *s) for s in product((1, -1), repeat=n - 1)] if n else []


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
        return min(self.footprint.top, WINDOW_END / lowest if lowest > 0 else inf)

    def rate(self, k: float) -> float:
        """Highest frequency still present at k."""
        active = [f for f in self.frequencies if k * f < WINDOW_END]
        return self.footprint.extent + (max(active) + 2 * self.slack if active else 0.0)

    def __call__(self, k: Real) -> tuple[Real, Real]:
        """Density at k for the rule and for the second rule."""
        base = self.footprint.amplitude(k)
        factor = np.prod([w.real(k) for w in (*self.slow, *self.smooth)], axis=0)
        first, second = self._waves(k)
        return base[0] * factor * first, base[1] * factor * second

    def _waves(self, k: Real) -> tuple[Real, Real]:
        """Product of the split waves, windowed."""
        if k[-1] * self.total < 6.0 or not self.split:  # all windows are one
            whole = np.prod([w.real(k) for w in self.split], axis=0) * np.ones_like(k)
            return whole, whole
        if len(self.split) == 1:
            whole, x = self.split[0].real(k), k * self.frequencies[0]
            return whole * _window(x, 0), whole * _window(x, 1)
        amplitudes = [w.amplitude(k) for w in self.split]
        both = [np.zeros_like(k), np.zeros_like(k)]
        for signs, low in zip(self.signs, self.frequencies, strict=True):
            part = np.ones(k.shape, complex)
            phase = 0.0
            for s, a, w in zip(signs, amplitudes, self.split, strict=True):
                part *= a if s > 0 else a.conj()
                phase += s * w.rho
            value = (part * np.exp(1j * (k * phase))).real
            for which in (0, 1):
                both[which] += value * _window(k * low, which)
        scale = 2.0 ** (1 - len(self.split))
        return scale * both[0], scale * both[1]


@lru_cache(maxsize=1)
def _panel() -> tuple[Real, Real, Real]:
    """Gauss-Legendre nodes and weights of a panel, and the map from Legendre moments to weights."""
    x, w = np.polynomial.legendre.leggauss(ORDER)
    modes = np.polynomial.legendre.legvander(x, ORDER - 1) * (np.arange(ORDER) + 0.5)
    return x, w, modes * w[:, None]


def _fine(density: Density, a: float, b: float) -> Iterator[tuple[Real, Real]]:
    """Fine nodes and weights on [a, b], segment by segment, that resolve the density."""
    x, w, _ = _panel()
    scale = 1.0 / max(density.total, density.footprint.extent, 1.0)
    while a < b:
        end = min(b, max(e * a, scale))
        cuts = np.linspace(a, end, ceil(density.rate(a) * (end - a) / _PHASE) + 2)
        half = np.diff(cuts)[:, None] / 2
        yield (cuts[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
        a = end


@lru_cache(maxsize=8192)
def _panel_weights(
    footprints: tuple[Footprint, ...], waves: tuple[Wave, ...], a: float, b: float
) -> Real:
    """Weights (2, ORDER) of one point on the panel [a, b]; the unknown is k if a = 0, else ln k."""
    moments = np.zeros((2, ORDER))
    size = 0.0
    for density in (Density(f, waves) for f in footprints):
        for k, w in _fine(density, a, min(b, density.top)):
            where = 2 * np.log(k / a) / log(b / a) - 1 if a else 2 * k / b - 1
            basis = np.polynomial.legendre.legvander(where, ORDER - 1)
            parts = w * np.stack(density(k))
            moments += parts @ basis
            size += float(np.abs(parts[0]).sum())
    # what T has in the highest modes must show even where a smooth density has nothing there
    moments[1, ORDER - _DROP :] = size
    return np.asarray(moments @ _panel()[2].T)


@lru_cache(maxsize=256)
def _rule(
    footprints: tuple[Footprint, ...],
    points: tuple[tuple[Wave, ...], ...],
    sums: tuple[float | None, ...],
    folds: int,
    top: float,
) -> tuple[Real, Real]:
    x = (_panel()[0] + 1) / 2
    panels = list(pairwise([0.0, *(top * exp(-n) for n in range(folds, -1, -1))]))
    k = np.concatenate([a * np.exp(x * log(b / a)) if a else b * x for a, b in panels])
    weights = np.empty((2, len(points), k.size))
    for j, waves in enumerate(points):
        weights[:, j] = np.hstack([_panel_weights(footprints, waves, a, b) for a, b in panels])
    # T is nearly constant where the diffusion length is small, and ∫ density is the profile itself:
    # far from the tip the weights must sum to it to the last digit
    middle = int(np.argmin(np.abs(k - 1.0)))
    for j, total in enumerate(sums):
        if total is not None:
            weights[:, j, middle] += total - weights[:, j].sum(axis=-1)
    k.flags.writeable = weights.flags.writeable = False  # they are kept for the next call
    return k, weights


@lru_cache(maxsize=256)
def _tops(
    footprints: tuple[Footprint, ...], points: tuple[tuple[Wave, ...], ...]
) -> tuple[float, ...]:
    """For each point the wavenumber above which its density is nothing."""
    return tuple(max(Density(f, w).top for f in footprints) for w in points)


def rule(
    footprints: tuple[Footprint, ...],
    points: tuple[tuple[Wave, ...], ...],
    sums: tuple[float | None, ...],
    low: float,
    limit: float,
) -> tuple[Real, Real]:
    """Nodes and weights of ∫ density(k) T(k) dk for several points at once.

    Parameters
    ----------
    footprints : tuple of Footprint
        The source, a sum of terms.
    points : tuple of tuple of Wave
        For each point the further oscillating factors (read-out, Jₙ(kr)).
    sums : tuple of (float or None)
        For each point ∫ density dk where it is known exactly.
    low : float
        Wavenumber below which T is analytic in k [1/R].
    limit : float
        Where a density that does not oscillate may be cut [1/R].

    Returns
    -------
    k : ndarray, shape (n,)
        Nodes [1/R].
    weights : ndarray, shape (2, points, n)
        The rule, and a second one (fewer modes, narrower windows) for the error estimate.
    """
    tops = _tops(footprints, points)
    top = max(tops)
    # far off the axis the sum cancels to the last digit of T: nodes where the density is large
    # keep the weights, and with them the rounding of T, small
    turn = max((w.rho for waves in points for w in waves), default=0.0)
    low = min(low, _DENSE / max(1.0, min(turn, 6.0)))
    if top > limit:  # only the points that are cut there lose their sum
        top = exp(ceil(log(limit)))
        sums = tuple(t if own <= top else None for t, own in zip(sums, tops, strict=True))
    return _rule(footprints, points, sums, max(0, ceil(log(top / low))), top)


def density(footprints: tuple[Footprint, ...], waves: tuple[Wave, ...], k: Real) -> Real:
    """The density itself at k [1/R], without windows."""
    out = np.zeros_like(k)
    for f in footprints:
        out += f.amplitude(k)[0] * np.prod([w.real(k) for w in (*f.waves, *waves)], axis=0)
    return out


def extent(footprints: tuple[Footprint, ...], waves: tuple[Wave, ...]) -> float:
    """Largest phase per k of the density."""
    own = max(f.extent + sum(w.rho for w in f.waves) for f in footprints)
    return own + sum(w.rho for w in waves)
