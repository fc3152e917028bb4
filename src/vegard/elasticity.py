r"""Elastic kernels: the displacement per concentration at depth, in the Hankel domain.

Free surface of an elastically isotropic half-space; e\ :sup:`-Kz` and the concentration are left
to the overlap. Any Vegard tensor is its mean in the plane :math:`b = (\beta_{11}+\beta_{22})/2` and
:math:`\beta_{33}`, a *stretch* :math:`d = (\beta_{11}-\beta_{22})/2` with :math:`\beta_{12}`, and a
*tilt* :math:`\beta_{13}, \beta_{23}`. With :math:`H_n[f] = \frac1{2\pi}\int K J_n(Kr)\int f\,
e^{-Kz}\hat C\,dz\,dK` and the point at (r, θ):

.. math::

    u_\uparrow &= H_0[\beta_{33}(1+Kz) + b(1+2\nu-Kz)]
        - (\beta_{13}\cos\theta + \beta_{23}\sin\theta)\,H_1[2Kz]
        - (d\cos2\theta + \beta_{12}\sin2\theta)\,H_2[1-2\nu-Kz] \\
    u_x &= -\beta_{13}H_0[2-Kz] + \cos\theta\,H_1[\beta_{33}Kz + b(2+2\nu-Kz)]
        + (d\cos\theta + \beta_{12}\sin\theta)\,H_1[2-\nu-Kz/2] \\
        &\quad - (\beta_{13}\cos2\theta + \beta_{23}\sin2\theta)\,H_2[Kz]
        + (d\cos3\theta + \beta_{12}\sin3\theta)\,H_3[\nu+Kz/2] \\
    u_y &= -\beta_{23}H_0[2-Kz] + \sin\theta\,H_1[\beta_{33}Kz + b(2+2\nu-Kz)]
        + (\beta_{12}\cos\theta - d\sin\theta)\,H_1[2-\nu-Kz/2] \\
        &\quad - (\beta_{13}\sin2\theta - \beta_{23}\cos2\theta)\,H_2[Kz]
        + (d\sin3\theta - \beta_{12}\cos3\theta)\,H_3[\nu+Kz/2]

J. Appl. Phys. 108, 053712 (2010) has the first term; all follow by reciprocity from the stress
under a point force on the surface (Boussinesq, Cerruti), with which tests/test_kernels.py checks
each of them. Only array-API operations.
"""

from __future__ import annotations

from typing import Any

from vegard.depth import Term
from vegard.parameters import Tensor

Terms = tuple[Term, ...]

_ROUNDING = 1e-15


def split(vegard: Tensor) -> tuple[float, float, float, float, float, float]:
    """(b, β₃₃, d, β₁₂, β₁₃, β₂₃); what a rotation leaves by rounding is zero, and costs nothing."""
    (b11, b12, b13), (_, b22, b23), (_, _, b33) = vegard
    found = (b11 + b22) / 2, b33, (b11 - b22) / 2, b12, b13, b23
    least = _ROUNDING * max(map(abs, found))
    mean, normal, *rest = found
    d, b12, b13, b23 = (v if abs(v) > least else 0.0 for v in rest)
    return mean, normal, d, b12, b13, b23


def half_space_uplift(K: Any, vegard: tuple[float, float], poisson: float) -> Terms:
    """Terms of the uplift [m³/mol] at elastic wavenumber K [rad/m] for β = (in_plane, normal)."""
    b11, b33 = vegard
    flat = Term(b33 + b11 * (1 + 2 * poisson))
    if b11 == b33:
        return (flat,)
    return (flat, Term((b33 - b11) * K, 1))


def half_space_radial(
    K: Any, vegard: tuple[float, float], poisson: float, stretch: float = 0.0
) -> Terms:
    """Terms of the outward displacement, to be used with J₁.

    That along x takes ``stretch`` = d, that along y -d.
    """
    b11, b33 = vegard
    flat = Term(2 * b11 * (1 + poisson) + stretch * (2 - poisson))
    bent = b33 - b11 - stretch / 2
    return (flat, Term(bent * K, 1)) if bent else (flat,)


def half_space_stretch(K: Any, poisson: float) -> tuple[Terms, Terms, Terms]:
    """Terms per d or β₁₂: uplift with J₂, lateral with J₁, lateral with J₃."""
    return (
        (Term(2 * poisson - 1), Term(K, 1)),
        (Term(2 - poisson), Term(-K / 2, 1)),
        (Term(poisson), Term(K / 2, 1)),
    )


def half_space_tilt(K: Any) -> tuple[Terms, Terms, Terms]:
    """Terms per β₁₃ or β₂₃: uplift with J₁, lateral with J₀, lateral with J₂."""
    return (Term(-2 * K, 1),), (Term(-2.0), Term(K, 1)), (Term(-K, 1),)
