r"""Adjoint field: how a change of transport at depth moves the reading.

The reading is :math:`u = \int w\,C\,dz` per wavenumber; the adjoint solves

.. math:: D_z(q^2 a - a'') = w(z),\qquad D_z a'(0) = \kappa\,a(0),

with the back of the film as for C (κ = ∞: a(0) = 0). A change of D, in depth and in the plane,
moves the reading by :math:`-\int \delta D\,\nabla C\cdot\nabla C^\dagger\,dV` (first order of
the transport equation; tests/test_adjoint.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.depth import Profile, Term

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_NEAR = 0.5  # |(q-K)z| below which (1 - e^{-x})/x is a series
_SERIES = 16


class Adjoint(NamedTuple):
    """a, da/dz at depths (n, d), and a at the surface (n,)."""

    values: Complex
    slope: Complex
    surface: Complex


def adjoint(
    profile: Profile,
    K: Real,
    terms: Sequence[Term],
    z: Real,
    admittance: Complex,
    rate: float,
    diffusivity: float,
) -> Adjoint:
    """Adjoint of an elastic weight.

    Parameters
    ----------
    profile : Profile
        Transport profile at one s; ``profile.q`` of shape (n,) [1/m].
    K : ndarray, shape (n,)
        Wavenumber [rad/m].
    terms : sequence of Term
        Elastic weight, counted from the top.
    z : ndarray, shape (d,)
        Depths [m].
    admittance : ndarray, shape (n,)
        Y [m/s] of the sample.
    rate : float
        κ [m/s] of exchange at the surface; 0 is a fixed flux, infinite a fixed concentration.
    diffusivity : float
        D_z [m²/s].

    Returns
    -------
    Adjoint
        In units of the coefficients × s/m^(1-p)·m.
    """
    q, g = profile.q[:, None], K[:, None]
    values, slope = _deep(q, g, terms, z)
    rise = _deep(q, g, terms, np.zeros(1))[1]
    if profile.sign:
        h = profile.thickness
        end, bend = _deep(q, g, terms, np.array([h]))
        permeable = profile.sign < 0
        wave, climb, first = _returning(q, z, h, permeable)
        size = -(end if permeable else bend)
        values, slope, rise = values + size * wave, slope + size * climb, rise + size * first
    surface = np.zeros_like(rise) if isinf(rate) else rise / (rate + admittance[:, None])
    if not isinf(rate):
        values = values / diffusivity + surface * profile.at(z)
        slope = slope / diffusivity + surface * profile.slope(z)
    else:
        values, slope = values / diffusivity, slope / diffusivity
    return Adjoint(values, slope, surface[:, 0])


def _deep(q: Complex, g: Real, terms: Sequence[Term], z: Real) -> tuple[Complex, Complex]:
    """D_z a and D_z a' on a half-space whose surface holds a = 0."""
    x = (q - g) * z
    near = np.abs(x) < _NEAR
    down, fade = np.exp(-g * z), np.exp(-q * z)
    safe = np.where(near, 1.0, x)
    # φ = (1 - e^{-x})/x and its derivative, times e^{-gz}
    phi = (down - fade) / safe
    change = (fade * (1 + x) - down) / safe**2
    if near.any():
        small = x[near]
        one, two = np.zeros_like(small), np.zeros_like(small)
        factorial = np.cumprod(np.arange(1.0, _SERIES + 3))
        for n in reversed(range(_SERIES)):
            one = one * -small + 1 / factorial[n]
            two = two * -small + (n + 1) / factorial[n + 1]
        scale = np.broadcast_to(down, x.shape)[near]
        phi[near], change[near] = one * scale, -two * scale
    total: Any = 0.0
    rise: Any = 0.0
    inverse = 1 / (q + g)
    flat = z * phi * inverse
    flat_rise = -g * flat + fade * inverse
    for term in terms:
        c = np.asarray(term.coefficient)
        c = c[:, None] if c.ndim else c
        if term.power == 0:
            total, rise = total + c * flat, rise + c * flat_rise
        else:
            bent = z * inverse * (z * (phi + change) + phi * inverse)
            total = total + c * bent
            rise = rise + c * (flat - g * bent + fade * inverse**2)
    return np.asarray(total), np.asarray(rise)


def _returning(q: Complex, z: Real, h: float, permeable: bool) -> tuple[Any, Any, Any]:
    """The wave sinh qz over sinh qh (permeable) or q cosh qh, its slope, and that at z = 0."""
    up = np.exp(-q * (h - z))
    small = np.abs(q) * h < 1e-150
    q = np.where(small, 1e-150 / h, q)
    part, whole = -np.expm1(-2 * q * z), 1 + np.exp(-2 * q * z)
    if permeable:
        under = -np.expm1(-2 * q * h)
        return up * part / under, q * up * whole / under, 2 * q * np.exp(-q * h) / under
    under = 1 + np.exp(-2 * q * h)
    return up * part / (q * under), up * whole / under, 2 * np.exp(-q * h) / under
