r"""Mixed boundary value problem of a disc: exchange under the contact, none outside.

The flux under a contact of radius 1 is expanded in
:math:`\mu^{2\alpha} P_n^{(0,\alpha)}(2\mu^2-1)`, :math:`\mu = \sqrt{1-r^2}`, P the Jacobi
polynomials, whose transforms are (up to a factor) :math:`2\pi\psi`,

.. math:: \psi(k) = J_{2n+\alpha+1}(k)\,/\,k^{\alpha+1},

with α = -½, singular at the rim, for a perfect contact, and with α = 0 and ½ together for a finite
rate: all powers of μ, which resolve the layer at the rim where the flux has a logarithm. The
condition under the contact is tested with the same functions:

.. math:: \sum_n\Big[\int_0^\infty \psi_m\psi_n\,\frac{k}{Y}\,dk + \frac{1}{\mathrm{Bi}}
          \int_0^\infty \psi_m\psi_n\,k\,dk\Big]x_n = \psi_m(0)

with the admittance Y in units that make k/Y → 1 for k → ∞. The static half-space, k/Y = 1, and
the second integral are known in closed form; what is left of the first decays.

For Bi → ∞ the layer at the rim becomes too thin for the second basis. The first one then serves to
first order in 1/Bi, with the finite part of its divergent second integral: with the flux F/μ at
the rim, :math:`\int f_m f_n\,\mu\,d\mu \to \mathrm{f.p.} + F_m F_n(0)\,\frac12\ln(2e^{1+\gamma}\,
\mathrm{Bi})`, γ Euler's constant, from the layer of a half plane by Wiener and Hopf
(tests/test_galerkin.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import ceil, exp, gamma, isinf, log, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.hankel import grid
from vegard.spectra import Footprint, Wave, turn, window

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_PHASE = 16.0  # largest phase [rad] across one panel
_ROUNDING = 4e-15  # relative error of the matrix
_NEARLY_DEPENDENT = 1e-10  # relative error where two families together are nearly dependent


PERFECT, FINITE = (-0.5,), (0.0, 0.5)  # families for a perfect contact and for a finite rate


class Basis(NamedTuple):
    """Functions of the flux: ``size`` of each family α."""

    alphas: tuple[float, ...]
    size: int

    @property
    def power(self) -> Real:
        """α + 1 of each function."""
        return np.repeat(np.array(self.alphas) + 1, self.size)

    @property
    def order(self) -> Real:
        """Order of the Bessel function in each transform."""
        return np.asarray(2 * np.tile(np.arange(self.size), len(self.alphas)) + self.power)

    @property
    def scale(self) -> Real:
        """Factor that makes the static diagonal of order one."""
        return np.asarray(self.order**self.power)

    @property
    def load(self) -> Real:
        """ψ(0) of each function. The net flux is 2π Σ ψ(0) x."""
        first = np.isclose(self.order, self.power)
        limit = [1 / (2**p * gamma(p + 1)) for p in self.power]
        return np.where(first, self.scale * limit, 0.0)

    @property
    def curvature(self) -> Real:
        """Coefficient of k² in ψ(k) of each function."""
        order, power = self.order, self.power
        value = np.zeros(order.size)
        for i, (v, p, c) in enumerate(zip(order, power, self.scale, strict=True)):
            if np.isclose(v, p):
                value[i] = -c / (2**p * gamma(p + 1) * 4 * (p + 1))
            elif np.isclose(v, p + 2):
                value[i] = c / (2**v * gamma(v + 1))
        return value

    def footprints(self) -> tuple[tuple[Footprint, ...], ...]:
        """The functions as sources for the quadrature of vegard.hankel, a family each."""
        orders, scales = (np.split(v, len(self.alphas)) for v in (self.order, self.scale))
        return tuple(
            (Footprint(tuple(w.tolist()), -alpha, waves=(Wave(1.0, tuple(v.tolist())),)),)
            for alpha, w, v in zip(self.alphas, scales, orders, strict=True)
        )

    def fewer(self) -> NDArray[np.intp]:
        """Functions of the rougher solution: fewer where it converges slowly."""
        left = (self.size + 1) // 2 if len(self.alphas) > 1 else self.size - self.size // 3
        return np.flatnonzero(np.tile(np.arange(self.size), len(self.alphas)) < left)


@lru_cache(maxsize=64)
def _moments(basis: Basis, power: int) -> Real:
    """∫ ψ_m ψ_n kᵖ dk (Weber and Schafheitlin)."""
    from scipy.special import gammaln, rgamma

    a, b = basis.order[:, None], basis.order
    c = basis.power[:, None] + basis.power - power
    value = np.exp(gammaln(c) + gammaln((a + b - c + 1) / 2) - gammaln((a + b + c + 1) / 2))
    value *= rgamma((b - a + c + 1) / 2) * rgamma((a - b + c + 1) / 2) / 2**c
    return np.asarray(basis.scale[:, None] * basis.scale * value)


@lru_cache(maxsize=96)
def _pairs(basis: Basis, fold: int, first: bool) -> tuple[Real, Real]:
    """Nodes k and weighted products w ψ_m ψ_n, m ≤ n, from e^fold to e^(fold+1), or from 0."""
    from scipy import special

    order = basis.order
    start = turn(float(order.max()))
    edges = [0.0 if first else exp(fold), exp(fold + 1)]
    x, w = grid(edges, 2 / _PHASE, start + 84.0)
    one, other = np.triu_indices(order.size)
    shape = basis.scale / x[:, None] ** basis.power
    whole = x < start
    near = special.jv(order, x[whole, None]) * shape[whole]
    out = np.empty((x.size, one.size))
    out[whole] = near[:, one] * near[:, other]
    # J_μ J_ν = Re[A_μ A_ν* + A_μ A_ν e^{2ik}]/2: the second part is cut by a window
    y = x[~whole, None]
    far = special.hankel1e(order, y) * shape[~whole]
    gone = window(2 * (y[:, 0] - start), 0)
    turned = far * (np.exp(2j * y) * gone[:, None]) + far.conj()
    out[~whole] = (turned[:, one] * far[:, other]).real / 2
    out *= w[:, None]
    x.flags.writeable = out.flags.writeable = False
    return x, out


def _panels(basis: Basis, low: float, high: float) -> Iterator[tuple[Real, Real]]:
    first = int(np.floor(log(min(low, 1.0)))) - 1
    for fold in range(first, ceil(log(high))):
        yield _pairs(basis, fold, fold == first)


def nodes(basis: Basis, low: float, high: float) -> Real:
    """Wavenumbers [1/R] at which ``solve`` wants the admittance."""
    return np.concatenate([k for k, _ in _panels(basis, low, high)])


@lru_cache(maxsize=64)
def _layer(basis: Basis) -> tuple[Real, Real]:
    """Finite part of ∫ f_m f_n μ dμ for the singular functions f = F/μ, and F(0) F(0)."""
    from scipy.special import eval_legendre, gammaln

    n = np.arange(basis.size)
    # F = P_2n(μ) up to the factor that its transform j_2n brings
    inner = np.exp(gammaln(2 * n + 1) - 2 * gammaln(n + 1) - n * log(4))
    factor = basis.scale * sqrt(2 / pi) / inner
    t, w = np.polynomial.legendre.leggauss(2 * basis.size + 8)
    t, w = (t + 1) / 2, w / 2
    shape = factor[:, None] * eval_legendre(2 * n[:, None], t)
    rim = factor * eval_legendre(2 * n, 0.0)
    outer = np.outer(rim, rim)
    return (shape * (w / t)) @ shape.T - outer * (w / t).sum(), outer


def solve(
    basis: Basis,
    low: float,
    high: float,
    excess: Complex,
    biot: float,
    load: Complex | None = None,
) -> Complex:
    """Strengths of the functions of the flux.

    Parameters
    ----------
    basis : Basis
    low, high : float
        Range of wavenumbers [1/R], as given to ``nodes``.
    excess : ndarray, shape (m, n)
        k/Y - 1 at the nodes, Y in units that make k/Y → 1.
    biot : float
        Exchange rate in the same units; infinite for a perfect contact.
    load : ndarray, shape (m, functions), optional
        ∫ ψ_m â k dk of what is to be met under the contact instead of 1, whose own is ψ_m(0).

    Returns
    -------
    ndarray, shape (2, m, functions)
        Solution, and one with fewer functions for the error estimate.
    """
    stacked = np.concatenate([excess.real, excess.imag])
    total, start = np.zeros((1, 1)), 0
    for k, weights in _panels(basis, low, high):
        total = total + stacked[:, start : start + k.size] @ weights
        start += k.size
    real, imag = np.split(total, 2)
    packed = real + 1j * imag
    count = basis.order.size
    given = basis.load if load is None else load
    each = np.broadcast_to(given, (excess.shape[0], count))[..., None]
    where = np.empty((count, count), int)
    first, second = np.triu_indices(count)
    where[first, second] = where[second, first] = np.arange(first.size)
    matrix = packed[:, where] + _moments(basis, 0)
    out = np.zeros((2, excess.shape[0], count), complex)
    first_order = basis.alphas == PERFECT and not isinf(biot)
    added = _resistance(basis, biot)
    if not first_order:
        matrix = matrix + added
    for row, kept in enumerate((np.arange(count), basis.fewer())):
        inside = np.ix_(kept, kept)
        part = matrix[:, inside[0], inside[1]]
        strengths = np.linalg.solve(part, each[:, kept])
        if first_order:
            change = np.linalg.solve(part, added[inside] @ strengths)
            # the next order of the expansion in 1/Bi is as this one squared
            flux, less = (basis.load[kept] @ x[..., 0].T for x in (strengths, change))
            share = np.abs(less / flux)
            strengths = strengths - change * (1 + row * 10 * share[:, None, None])
        out[row][:, kept] = strengths[..., 0]
    if first_order:  # the change is singular at the rim and converges slowly
        out[1] += 4 * (out[1] - out[0])
    if len(basis.alphas) > 1:
        out[1] *= 1 + _NEARLY_DEPENDENT
        # what rounding of the matrix does, which differs from processor to processor
        sign = 1 - 2 * (np.arange(count) % 2)
        shaken = matrix * (1 + _ROUNDING * np.outer(sign, sign[::-1]))
        out[1] += np.linalg.solve(shaken, each)[..., 0] - out[0]
    return out


def _resistance(basis: Basis, biot: float) -> Real:
    """What a finite rate adds to the matrix."""
    if isinf(biot):
        return np.zeros((1, 1))
    if basis.alphas != PERFECT:
        return _moments(basis, 1) / biot
    regular, outer = _layer(basis)
    return np.asarray((regular + outer * (1 + np.euler_gamma + log(2 * biot)) / 2) / biot)
