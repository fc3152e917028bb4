"""Spectra of sources and read-outs, as products of a smooth amplitude and oscillating factors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

_WINDOWS = ((90.0, 13.0), (84.0, 12.0))  # (centre, width) in kΩ: rule and second rule
WINDOW_END = 168.0
_STRUVE = 40.0  # beyond it Struve's functions are asymptotic series


def bessel(order: float | tuple[float, ...], x: Real) -> Real:
    """Jₙ(x), rows for several orders; J₀ and J₁ have faster routines of their own."""
    from scipy import special

    if order in (0, 1):
        return np.asarray(special.j1(x) if order else special.j0(x))
    return np.asarray(special.jv(_rows(order), x))


def _rows(value: float | tuple[float, ...]) -> Any:
    """A number as it is, several as a column."""
    return np.array(value)[:, None] if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Wave:
    """An oscillating factor of the density: Jₙ(kρ), or sin(kρ)/(kρ) for ``order`` -1.

    Several orders stand for as many factors; arrays over k then have a row for each.
    """

    rho: float
    order: float | tuple[float, ...] = 0

    def real(self, k: Real) -> Real:

        if self.order == -1:
            return np.sinc(k * (self.rho / np.pi))
        return bessel(self.order, k * self.rho)

    def amplitude(self, k: Real) -> NDArray[np.complex128]:
        """A(k) with ``real`` = Re[A e^{ikρ}]; varies slowly."""
        from scipy import special

        x = k * self.rho
        if self.order == -1:
            return np.asarray(-1j / x, complex)
        order = _rows(self.order)
        # scipy's Hankel functions turn into nan near x = 1e15: their asymptotic form from 1e6 on
        far = x > 1e6
        out = np.asarray(special.hankel1e(order, np.where(far, 1.0, x)))
        y, m = 1j / np.where(far, x, 1.0), 4 * order**2
        series = 1 + (m - 1) / 8 * y * (1 + (m - 9) / 16 * y)
        turned = np.exp(-0.25j * np.pi * (2 * order + 1))
        tail = np.sqrt(2 / np.pi * np.abs(y)) * turned * series
        return np.asarray(np.where(far, tail, out), complex)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Spectrum of one term of a source.

    S(k) k/(2π) = weight · kᵖᵒʷᵉʳ · exp(-k²/2 if gaussian) · Π waves, or, with ``kinks``, that of a
    continuous piecewise linear profile whose slope grows by b at each radius ρ (``kinks`` holds
    the pairs (ρ, b)), with the kinks rounded by the window at ``band``. Weights, powers and orders
    may be several, for a family of spectra.
    """

    weight: float | tuple[float, ...] = 1.0
    power: float = 0.0
    gaussian: bool = False
    waves: tuple[Wave, ...] = ()
    kinks: tuple[tuple[float, float], ...] = ()
    band: float = inf

    @property
    def size(self) -> int:
        """Number of spectra."""
        return len(self.weight) if isinstance(self.weight, tuple) else 1

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
        out = _rows(self.weight) * k**self.power
        if self.gaussian:
            out = out * np.exp(-0.5 * k * k)
        if not self.kinks:
            return out, out
        out = out * _cones(k, self.kinks)
        x = k * (WINDOW_END / self.band)
        return out * window(x, 0), out * window(2 * x, 0)


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


def turn(order: float | tuple[float, ...]) -> float:
    """Argument past which a Bessel function oscillates like e^{ix} and may be taken apart."""
    most = max(order) if isinstance(order, tuple) else order
    return 1.5 * most if most > 4 else 0.0


def window(x: Real, which: int) -> Real:
    """Smooth cut-off in kΩ of the rule (0) or of the second rule (1)."""
    from scipy import special

    centre, width = _WINDOWS[which]
    return np.asarray(0.5 * special.erfc((x - centre) / width))
