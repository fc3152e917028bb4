r"""Closed forms on a half-space, on the axis, read at the centre: oracles and fast arrays.

With σ² = sR²/D and T = tD/R²,

.. math:: u = 2(1+\nu)\beta c R\,F \quad\text{(concentration)},\qquad
          u = 2(1+\nu)\beta \frac{J R^2}{D} G \quad\text{(flux)}.

Each function holds to 1e-12 for |σ²| and T from 1e-12 to 1e12 and |arg σ²| < π
(tests/oracles/closed_forms.json, mpmath): where the formula of the textbook cancels, a series or
an equivalent form without cancellation takes over.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, gamma, log, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

EULER = 0.57721566490153286


def _horner(x: NDArray, coefficients: list[float]) -> NDArray:  # type: ignore[type-arg]
    out = np.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        out *= x
        out += c
    return out


def _branches(x: NDArray, *cases: tuple[NDArray, Callable]) -> NDArray:  # type: ignore[type-arg]
    """Evaluate each (mask, function) on its own part of x; the masks cover x."""
    for mask, function in cases:
        if mask.all():
            return np.asarray(function(x))
    out = np.empty_like(x)
    for mask, function in cases:
        if mask.any():
            out[mask] = function(x[mask])
    return out


def _root(s: ArrayLike) -> Complex:
    return np.atleast_1d(np.sqrt(np.asarray(s, complex)))


def _back(values: NDArray, like: ArrayLike) -> NDArray:  # type: ignore[type-arg]
    return values.reshape(np.shape(like))[()]


_DISC = [(-1.0) ** n / factorial(n + 2) for n in range(16)]
_GAUSS = [sqrt(pi / 2) * (-1) ** n * 2.0 ** (-n / 2) / gamma(n / 2 + 1) for n in range(2, 24)]


def disc_concentration(s: ArrayLike) -> Complex:
    """F = (σ - 1 + e^{-σ})/σ² at s = σ² (array, any shape); disc tip, fixed concentration.

    >>> complex(disc_concentration(1j)).__format__('.6f')
    '0.386791-0.081960j'
    """
    root = _root(s)
    small = np.abs(root) < 0.5
    return _back(
        _branches(
            root,
            (small, lambda q: _horner(q, _DISC)),
            (~small, lambda q: (q - 1 + np.exp(-q)) / (q * q)),
        ),
        s,
    )


def gaussian_concentration(s: ArrayLike) -> Complex:
    """F = [σ + √(π/2)(e^{σ²/2} erfc(σ/√2) - 1)]/σ² at s = σ²; gaussian tip, fixed concentration.

    >>> complex(gaussian_concentration(1j)).__format__('.6f')
    '0.418233-0.122005j'
    """
    from scipy.special import erfcx

    root = _root(s)
    small = np.abs(root) < 0.5
    c = sqrt(pi / 2)
    return _back(
        _branches(
            root,
            (small, lambda q: _horner(q, _GAUSS)),
            (~small, lambda q: (q - c + c * erfcx(q * sqrt(0.5))) / (q * q)),
        ),
        s,
    )


def _bessel_coefficients(order: int, count: int) -> list[float]:
    """a_k(ν) of the asymptotic series of Bessel functions (DLMF 10.17.1)."""
    out = [1.0]
    for k in range(1, count):
        out.append(out[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k))
    return out


_A0 = _bessel_coefficients(0, 18)
_A1 = _bessel_coefficients(1, 18)


def disc_flux(s: ArrayLike) -> Complex:
    """G = I₁(σ/2)K₀(σ/2)/σ at s = σ²; disc tip, fixed flux.

    The same as [1 - (σ/2)(I₀K₁ - I₁K₀)(σ/2)]/σ² by the Wronskian I₀K₁ + I₁K₀ = 2/σ, and free of
    its cancellation.

    >>> complex(disc_flux(1j)).__format__('.6f')
    '0.219153-0.161154j'
    """
    from scipy.special import ive, kve

    def near(q: Complex) -> Complex:
        z = q / 2
        return np.asarray(ive(1, z) * kve(0, z) * np.exp(-1j * z.imag) / q)

    def far(q: Complex) -> Complex:
        y = 2 / q
        turn = np.where(q.imag < 0, 1j, -1j) * np.exp(-q)  # the other exponential of I₁
        rising = _horner(-y, _A1) + turn * _horner(y, _A1)
        return np.asarray(_horner(y, _A0) * rising / (q * q))

    root = _root(s)
    large = np.abs(root) > 50
    return _back(_branches(root, (~large, near), (large, far)), s)


def _log_series(count: int) -> tuple[list[float], list[float], list[float]]:
    """Series in (y/2)² of I₁/(y/2), of the finite part of K₁ and of that of K₀."""
    i1 = [1 / (factorial(k) * factorial(k + 1)) for k in range(count)]
    harmonic = np.cumsum([0.0, *(1 / n for n in range(1, count + 2))])
    psi = harmonic - EULER  # ψ(k+1)
    k1 = [float(psi[k] + psi[k + 1]) * i1[k] for k in range(count)]
    k0 = [float(psi[k]) / factorial(k) ** 2 for k in range(count)]
    return i1, k1, k0


_I1, _K1, _K0 = _log_series(9)
_I0 = [1 / factorial(k) ** 2 for k in range(9)]


def gaussian_flux(s: ArrayLike) -> Complex:
    """G = [1 - y e^y (K₁ - K₀)(y)]/σ², y = σ²/4, at s = σ²; gaussian tip, fixed flux.

    >>> complex(gaussian_flux(1j)).__format__('.6f')
    '0.234571-0.243124j'
    """
    from scipy.special import kve

    def near(y: Complex) -> Complex:
        half = y / 2
        square, ln = half * half, np.log(half)
        lost = half * (0.5 * _horner(square, _K1) - ln * _horner(square, _I1))  # 1/y - K₁
        k0 = _horner(square, _K0) - ln * _horner(square, _I0)
        return np.asarray((np.exp(y) * (lost + k0) - np.expm1(y) / y) / 4)

    def middle(y: Complex) -> Complex:
        return np.asarray((1 - y * (kve(1, y) - kve(0, y))) / (4 * y))

    def far(y: Complex) -> Complex:
        x = 1 / y
        gap = [b - a for a, b in zip(_A0, _A1, strict=True)][1:]
        return np.asarray((1 - np.sqrt(pi / 2 * x) * _horner(x, gap)) * x / 4)

    y = np.atleast_1d(np.asarray(s, complex)) / 4
    size = np.abs(y)
    cases = (
        (size < 0.5, near),
        ((size >= 0.5) & (size <= 30), middle),
        (size > 30, far),
    )
    return _back(_branches(y, *cases), s)


def _positive(t: ArrayLike) -> Real:
    return np.atleast_1d(np.asarray(t, float))


def _disc_late(count: int) -> list[float]:
    """Coefficients of x^{2n-1}, n ≥ 1, of F - 1/2 for a step, x = 1/(2√T)."""
    out = []
    for n in range(1, count):
        sign = (-1.0) ** n
        rest = sign / (4 * factorial(n) * (2 * n + 1)) - sign / (2 * factorial(n - 1) * (2 * n - 1))
        out.append(-(sign / (2 * factorial(n)) + 2 * rest) / sqrt(pi))
    return out


def disc_concentration_step(t: ArrayLike) -> Real:
    """F(T) = 2√(T/π) - T + T[(1+2x²)erfc x - (2x/√π)e^{-x²}], x = 1/(2√T), for T > 0.

    >>> round(float(disc_concentration_step(1.0)), 6)
    0.408238
    """
    from scipy.special import erfc

    def early(v: Real) -> Real:
        x = 0.5 / np.sqrt(v)
        edge = (1 + 2 * x * x) * erfc(x) - 2 * x / sqrt(pi) * np.exp(-x * x)
        return np.asarray(2 * np.sqrt(v / pi) - v + v * edge)

    def late(v: Real) -> Real:
        x = 0.5 / np.sqrt(v)
        return np.asarray(0.5 + x * _horner(x * x, _disc_late(18)))

    v = _positive(t)
    return _back(_branches(v, (v < 0.5, early), (v >= 0.5, late)), t)


def gaussian_concentration_step(t: ArrayLike) -> Real:
    """F(T) = 2√(T/π) - √(π/2)T + √(2/π)[(T+½)arctan√(2T) - √(T/2)], for T > 0.

    >>> round(float(gaussian_concentration_step(1.0)), 6)
    0.454224
    """

    def early(v: Real) -> Real:
        bend = (v + 0.5) * np.arctan(np.sqrt(2 * v)) - np.sqrt(v / 2)
        return np.asarray(2 * np.sqrt(v / pi) - sqrt(pi / 2) * v + sqrt(2 / pi) * bend)

    def late(v: Real) -> Real:
        y = 1 / np.sqrt(2 * v)
        series = [(-1) ** n * (1 / (2 * n + 1) - 1 / (2 * n - 1)) for n in range(1, 28)]
        return np.asarray(0.5 * sqrt(pi / 2) - sqrt(1 / (2 * pi)) * y * _horner(y * y, series))

    v = _positive(t)
    return _back(_branches(v, (v < 2, early), (v >= 2, late)), t)


def _scaled_i0(count: int) -> list[float]:
    """Power series of e^{-y}I₀(y): (-1)ⁿ (2n)!/(2ⁿ n!³)."""
    return [(-0.5) ** n * factorial(2 * n) / factorial(n) ** 3 for n in range(count)]


def disc_flux_step(t: ArrayLike) -> Real:
    """G(T) = ∫₀ᵀ [1 - e^{-y}I₀(y)] dt', y = 1/(8t'), for T > 0.

    >>> round(float(disc_flux_step(1.0)), 6)
    0.285748
    """
    from scipy.special import i0e, i1e

    c = _scaled_i0(26)
    nodes, weights = np.polynomial.legendre.leggauss(48)
    nodes, weights = (nodes + 1) / 2, weights / 2

    def late(v: Real) -> Real:  # y < 1: ∫ e^{-y}I₀/y dy = ln2 - γ - ln y - Σ
        y = 0.125 / v
        tail = log(2) - EULER - np.log(y) - y * _horner(y, [a / n for n, a in enumerate(c) if n])
        return np.asarray((-_horner(y, c[1:]) - i0e(y) - i1e(y) + tail) / 8)

    def middle(v: Real) -> Real:  # ∫_y^∞ e^{-y'}I₀/y'² dy' with y' = y/w²
        y = 0.125 / v
        inner = i0e(y[:, None] / nodes**2) @ (weights * nodes)
        return np.asarray(v - inner / (4 * y))

    def early(v: Real) -> Real:
        x = 8 * v
        terms = [(-1.0) ** k * a / (k + 1.5) for k, a in enumerate(_A0)]
        return np.asarray(v - x**1.5 / (8 * sqrt(2 * pi)) * _horner(x, terms))

    v = _positive(t)
    cases = ((v > 0.125, late), ((v <= 0.125) & (v >= 0.004), middle), (v < 0.004, early))
    return _back(_branches(v, *cases), t)


def gaussian_flux_step(t: ArrayLike) -> Real:
    """G(T) = T - ½√(2T(1+2T)) + ½ asinh√(2T), for T > 0.

    >>> round(float(gaussian_flux_step(0.5)), 6)   # ½ - ½√2 + ½ asinh 1
    0.23358
    """

    def early(v: Real) -> Real:
        w = np.sqrt(2 * v)
        binomial, series = 1.0, []
        for n in range(26):
            series.append(-binomial / (2 * n + 3))
            binomial *= (-0.5 - n) / (n + 1)
        return np.asarray(v + w**3 * _horner(w * w, series))

    def late(v: Real) -> Real:
        return np.asarray(0.5 * np.arcsinh(np.sqrt(2 * v)) - 0.5 / (1 + np.sqrt(1 + 0.5 / v)))

    v = _positive(t)
    return _back(_branches(v, (v < 0.1, early), (v >= 0.1, late)), t)
