r"""Elastic kernels: the uplift per concentration at depth, in the Hankel domain.

Free surface of a transversely isotropic-β half-space,

.. math:: \hat u = \int\{\beta_{33}(1+Kz) + \beta_{11}(1+2\nu-Kz)\}\,e^{-Kz}\,\hat C\,dz

(J. Appl. Phys. 108, 053712 (2010); physics of the isotropic case
:math:`2(1+\nu)\beta\int e^{-Kz}\hat C\,dz`). Only array-API operations.
"""

from __future__ import annotations

from typing import Any

from vegard.depth import Term


def half_space_uplift(K: Any, vegard: tuple[float, float], poisson: float) -> tuple[Term, ...]:
    """Terms of the uplift [m³/mol] at elastic wavenumber K [rad/m] for β = (β₁₁, β₃₃), ν."""
    b11, b33 = vegard
    flat = Term(b33 + b11 * (1 + 2 * poisson))
    if b11 == b33:
        return (flat,)
    return (flat, Term((b33 - b11) * K, 1))


def half_space_radial(K: Any, vegard: tuple[float, float], poisson: float) -> tuple[Term, ...]:
    """Terms of the outward radial displacement, β₃₃Kz + β₁₁(2+2ν-Kz), to be used with J₁."""
    b11, b33 = vegard
    flat = Term(2 * b11 * (1 + poisson))
    if b11 == b33:
        return (flat,)
    return (flat, Term((b33 - b11) * K, 1))
