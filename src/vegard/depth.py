r"""Overlap of a transport profile with an elastic weight over depth.

In the Hankel domain the concentration in a homogeneous layer is one of

- half-space: :math:`e^{-qz}`
- blocking back at *h*: :math:`\cosh q(h-z)/\cosh qh`
- permeable back at *h*: :math:`\sinh q(h-z)/\sinh qh`

and the elastic weight is a sum of terms :math:`c\,\zeta^p e^{-K\zeta}`, where :math:`\zeta` is the
depth from the top or from the back. The signal is :math:`\int_0^h w(z)\,C(z)/C_0\,dz`.

The transport wavenumber *q* and the elastic wavenumber *K* are separate arguments. Nothing
overflows for :math:`qh \to \infty`, nothing cancels for :math:`qh \to 0` or :math:`q \to K`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import factorial, inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]

_SHALLOW = 1.0  # |qh| below which the profile is expanded in (qh)²
_ORDERS = 11  # powers of (qh)² kept: 1/22! is below rounding
_NEAR = 0.5  # |(q-K)h| below which the difference quotient is a series


class Term(NamedTuple):
    """One term c ζᵖ e^{-Kζ} of an elastic weight; ζ is the depth from the top or from the back.

    ``coefficient`` carries the units [m³/mol · m⁻ᵖ] and may depend on K (array of K's shape).
    """

    coefficient: Any
    power: int = 0
    from_back: bool = False


class Profile(NamedTuple):
    """Depth profile C/C₀ of one homogeneous layer, see the module's docstring.

    ``sign`` is 0 (half-space), +1 (blocking back) or -1 (permeable back); ``fade`` is e^{-qh} and
    ``scale`` is 1/cosh qh or qh/sinh qh.
    """

    q: Complex
    thickness: float = inf
    sign: int = 0
    fade: Any = None
    scale: Any = None

    def at(self, z: Real) -> Complex:
        """C/C₀ at depths z (d,) [m] for wavenumbers q (n,); shape (n, d)."""
        near, far, whole = self._waves(z)
        return np.asarray(near * (_lost(far, self.sign) / whole))

    def slope(self, z: Real) -> Complex:
        """d(C/C₀)/dz [1/m] at depths z, shape (n, d)."""
        near, far, whole = self._waves(z)
        return np.asarray(-self.q[:, None] * near * (_lost(far, -self.sign) / whole))

    def _waves(self, z: Real) -> tuple[Any, Any, Any]:
        """e^{-qz}, 2q(h-z), and 1 ± e^{-2qh}."""
        q = self.q[:, None]
        if not self.sign:
            return np.exp(-q * z), 0.0, 1.0
        whole = _lost(2 * q * self.thickness, self.sign)
        return np.exp(-q * z), 2 * q * (self.thickness - z), whole


def _lost(x: Any, sign: int) -> Any:
    """1 + sign e^{-x}, without cancellation."""
    return -np.expm1(-x) if sign < 0 else 1 + sign * np.exp(-x)


@lru_cache(maxsize=4)
def _unit_rule(n: int) -> tuple[Real, Real]:
    x, w = np.polynomial.legendre.leggauss(n)
    return (x + 1) / 2, w / 2


@lru_cache(maxsize=4)
def _decay_rule(n: int) -> tuple[Real, Real]:
    x, w = np.polynomial.laguerre.laggauss(n)
    return x, w


@lru_cache(maxsize=64)
def _power_moments(
    wavenumbers: bytes, thickness: float, power: int, odd: bool, from_back: bool
) -> Real:
    """∫₀¹ a(t)ⁿ ζᵖ e^{-xζ} dt/n!, x = Kh, with a = 1-t and ζ = t (top) or ζ = 1-t (back)."""
    x = np.frombuffer(wavenumbers) * thickness
    near = x < 40.0
    out = np.empty((_ORDERS, x.size))
    t, w = _unit_rule(40)
    v, wv = _decay_rule(16)
    kernel = w * t**power * np.exp(-x[near, None] * t)
    # e^{-x} < 1e-17 beyond: the integral over [0, 1] is one over [0, ∞)
    far = wv * v**power
    depth = v / x[~near, None]
    for j in range(_ORDERS):
        n = 2 * j + odd
        out[j, near] = kernel @ (t**n if from_back else (1 - t) ** n)
        shape = depth**n if from_back else (1 - depth) ** n
        out[j, ~near] = shape @ far / x[~near] ** (power + 1)
        out[j] /= factorial(n)
    return out


def _shallow(
    y: Complex, K: Real, profile: Profile, scale: Complex, terms: Sequence[Term], column: Any
) -> Any:
    """Overlap where |qh| < 1: the profile is a short series in (qh)² with moments per K."""
    h, odd = profile.thickness, profile.sign < 0
    moments: Any = sum(
        term.coefficient
        * h ** (term.power + 1)
        * _power_moments(K.tobytes(), h, term.power, odd, term.from_back)
        for term in terms
    )
    square = y * y
    largest = float(np.abs(square).max())
    count = 2
    while count < _ORDERS and largest**count > 1e-17 * factorial(2 * count):
        count += 1
    top = square * moments[count - 1, column]
    for j in range(count - 2, 0, -1):
        top += moments[j, column]
        top *= square
    top += moments[0, column]
    return top * scale


def _same(g: Complex, fade: Complex, h: float, power: int) -> Complex:
    """∫₀ʰ ζᵖ e^{-gζ} dζ with fade = e^{-gh}, for |gh| of order one or more."""
    if power == 0:
        return (1 - fade) / g
    return (1 - fade * (1 + g * h)) / (g * g)


def _cross(
    q: Complex, K: Complex | Real, a: Complex, e: Complex | Real, h: float, power: int
) -> Complex:
    """∫₀ʰ ζᵖ e^{-Kζ} e^{-q(h-ζ)} dζ with a = e^{-qh}, e = e^{-Kh}; finite at q = K."""
    x = (q - K) * h
    near = np.abs(x) < _NEAR
    some = bool(near.any())
    d = np.where(near, 1.0, x) if some else x
    first = (e - a) / d
    out = first if power == 0 else (e - first) / d
    if some:
        xs = x[near]
        series = np.zeros_like(xs)
        for j in reversed(range(16)):  # ∫₀¹ (1-t)ᵖ e^{-xt} dt
            series = series * -xs + 1.0 / factorial(j + 1 + power)
        out[near] = np.broadcast_to(e, x.shape)[near] * series
    return out * h ** (power + 1)


def _deep(
    q: Complex, a: Complex, K: Real, e: Real, profile: Profile, terms: Sequence[Term], column: Any
) -> Complex:
    """Overlap where |qh| ≥ 1, from the two exponentials of the profile."""
    h, sign = profile.thickness, profile.sign
    echo = sign * a
    total: Any = 0.0
    for power in sorted({term.power for term in terms}):
        same = _same(q + K, a * e, h, power)
        cross = _cross(q, K, a, e, h, power)
        for term in terms:
            if term.power == power:
                near, far = (cross, same) if term.from_back else (same, cross)
                total = total + _at(term.coefficient, column) * (near + echo * far)
    return np.asarray(total / (1 + echo * a))


def _at(coefficient: Any, column: Any) -> Any:
    return coefficient[column] if np.ndim(coefficient) else coefficient


def overlap(profile: Profile, K: Real, terms: Sequence[Term]) -> Complex:
    """Integral of elastic weight × concentration profile over depth.

    Parameters
    ----------
    profile : Profile
        Transport profile; ``profile.q`` of shape (..., n) [1/m].
    K : ndarray, shape (n,)
        Elastic wavenumber [rad/m].
    terms : sequence of Term
        Elastic weight; powers 0 and 1.

    Returns
    -------
    ndarray, shape (..., n)
        ∫ w(z) C(z)/C₀ dz, in units of the coefficients × m^(p+1).

    Notes
    -----
    Checked against mpmath quadrature of the profile in ``tests/test_depth.py``.
    """
    total: Any = 0.0
    q = profile.q
    if profile.sign == 0:
        g = q + K
        inverse = 1.0 / g
        for term in terms:
            power = inverse if term.power == 0 else inverse * inverse
            total = total + term.coefficient * power
        return np.asarray(total)
    h, fade, scale = profile.thickness, profile.fade, profile.scale
    shallow = np.abs(q) * h < _SHALLOW
    e = np.exp(-K * h)
    every = np.arange(K.size)
    if shallow.all():
        return np.asarray(_shallow(q * h, K, profile, scale, terms, every))
    if not shallow.any():
        return _deep(q, fade, K, e, profile, terms, slice(None))
    deep = ~shallow
    column = np.broadcast_to(every, q.shape)
    high = column[deep]
    out = np.empty(q.shape, complex)
    out[shallow] = _shallow(q[shallow] * h, K, profile, scale[shallow], terms, column[shallow])
    out[deep] = _deep(q[deep], fade[deep], K[high], e[high], profile, terms, high)
    return out
