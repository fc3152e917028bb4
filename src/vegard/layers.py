r"""Stress in a stack of elastic layers under a harmonic load on its surface.

By Betti's reciprocity the surface displacement that a concentration causes is the overlap of the
Vegard strain with the stress of a unit surface load :math:`\propto e^{ikx}`. In plane strain that
stress follows from one function f(ξ), ξ = Kz, with :math:`\sigma_{zz} = f`,
:math:`\sigma_\parallel = -f''`, :math:`\sigma_{\parallel z} = -f'`,
:math:`\sigma_\perp = \nu(f - f'')`,

.. math:: f = (A + B\xi)\,e^{-\xi} + (C + D\eta)\,e^{-\eta},\quad \eta = K(h - z)

What lies below a layer acts by its compliance alone, a symmetric matrix m (times 2μ of the layer)
from the tractions (f', f) to the displacements :math:`2\mu K(u_\parallel, -u_z)`; m = 0 is rigid,
:math:`m_\downarrow` a half-space of the layer's own material,

.. math:: m_{\downarrow,\uparrow} = \begin{pmatrix} \pm 2(1-\nu) & 1-2\nu\\ 1-2\nu & \pm 2(1-\nu)
          \end{pmatrix}.

The tractions of the part that decays upwards are R times those of the part that decays downwards,
at the bottom and, with x = Kd and d the layer's thickness, at the top,

.. math:: R = 4(1-\nu)(m - m_\uparrow)^{-1} - 1,\qquad R_{top} = e^{-2x}P^TRP,\quad
          P = \begin{pmatrix} 1-x & -x\\ x & 1+x\end{pmatrix}

(elementary from Airy's function; the recursion over layers is that of reflection matrices: Kennett,
Seismic Wave Propagation in Stratified Media, Cambridge University Press 1983, for K → static).
Decaying exponentials only: nothing overflows for Kh → ∞, and 1 + R_top is formed without
cancellation for Kh → 0. The antiplane part is the same with one exponential each way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Slab = tuple[float, float, float]

_EYE = np.eye(2)
_N = np.array([[-1.0, -1.0], [1.0, 1.0]])  # P = 1 + xN


class Loads(NamedTuple):
    """Coefficients (A, B, C, D), shape (4, n), in the top layer under unit loads on its surface.

    ``normal``: f = 1, f' = 0 (tension); ``tangential``: f = 0, f' = 1; ``antiplane``: (A, 0, C, 0)
    of A e^{-ξ} + C e^{-η}, the shear stress along the surface.
    """

    normal: Real
    tangential: Real
    antiplane: Real


def _half_space(poisson: float, sign: int = 1) -> Real:
    """Compliance × 2μ of a half-space below (+1) or above (-1)."""
    own, cross = sign * 2 * (1 - poisson), 1 - 2 * poisson
    return np.array([[own, cross], [cross, own]])


def _inverse(m: Real) -> Real:
    """Inverse of symmetric 2 × 2 matrices, shape (n, 2, 2)."""
    a, b, c = m[:, 0, 0], m[:, 0, 1], m[:, 1, 1]
    out = np.empty_like(m)
    out[:, 0, 0], out[:, 1, 1] = c, a
    out[:, 0, 1] = out[:, 1, 0] = -b
    return np.asarray(out / (a * c - b * b)[:, None, None])


def _reflection(x: Real, below: Real, poisson: float) -> tuple[Real, Real, Real]:
    """R at the bottom of a layer, R_top - R and 1 + R_top; ``below`` is the compliance × 2μ."""
    g = 4 * (1 - poisson) * _inverse(below - _half_space(poisson, -1))
    r = g - _EYE
    x = x[:, None, None]
    cross = r @ _N
    # (1 + xN)ᵀ R (1 + xN) - R; x e^{-2x} stays finite where x overflows no exponential
    first, second = cross + cross.swapaxes(1, 2), _N.T @ cross
    fade = np.exp(-2 * x)
    change = np.expm1(-2 * x) * r + fade * x * first + fade * x * x * second
    return r, change, g + change


def _on_top(x: Real, below: Real, poisson: float) -> Real:
    """Compliance × 2μ of the top of a layer."""
    _, change, whole = _reflection(x, below, poisson)
    up, inverse = _half_space(poisson, -1), _inverse(whole)
    # the first loses nothing where what is below is stiff, the second where it is soft
    stiff = below - (below - up) @ change @ inverse
    soft = up + 4 * (1 - poisson) * inverse
    trace = below[:, 0, 0] + below[:, 1, 1]
    out = np.where((trace < 4 * (1 - poisson))[:, None, None], stiff, soft)
    return np.asarray((out + out.swapaxes(1, 2)) / 2)


def _below(K: Real, stack: tuple[Slab, ...]) -> tuple[Real, Real]:
    """In-plane and antiplane compliance [1/Pa] of the top of a stack."""
    *layers, (_, young, poisson) = stack
    twice = young / (1 + poisson)  # 2μ
    plane = np.broadcast_to(_half_space(poisson) / twice, (K.size, 2, 2))
    anti = np.full(K.shape, 2 / twice)
    for thickness, young, poisson in reversed(layers):
        twice = young / (1 + poisson)
        plane = _on_top(K * thickness, plane * twice, poisson) / twice
        t, n = np.tanh(K * thickness), anti * twice / 2
        anti = (n + t) / (1 + n * t) * (2 / twice)
    return plane, anti


def loads(K: Real, stack: tuple[Slab, ...]) -> Loads:
    """Stress in the top layer of a stack under unit harmonic loads on its surface.

    Parameters
    ----------
    K : ndarray, shape (n,)
        Wavenumber [rad/m].
    stack : tuple of (thickness [m], Young's modulus [Pa], Poisson ratio)
        Layers from the surface down; the last is the substrate, infinitely thick, and rigid if its
        modulus is infinite.

    Returns
    -------
    Loads
        Dimensionless coefficients.
    """
    thickness, young, poisson = stack[0]
    twice, x = young / (1 + poisson), K * thickness
    plane, anti = _below(K, stack[1:])
    r, _, whole = _reflection(x, plane * twice, poisson)
    down = _inverse(whole)  # tractions (f', f) of what decays downwards, one column per load
    moved = down + x[:, None, None] * (_N @ down)
    up = r @ (np.exp(-x)[:, None, None] * moved)
    normal, tangential = (
        np.stack([d[:, 1], d[:, 0] + d[:, 1], u[:, 1], u[:, 1] - u[:, 0]])
        for d, u in ((down[..., 1], up[..., 1]), (down[..., 0], up[..., 0]))
    )
    n, fade = anti * twice / 2, np.exp(-x)
    whole = 1 + fade * fade - n * np.expm1(-2 * x)
    none = np.zeros_like(x)
    antiplane = np.stack([(1 + n) / whole, none, (n - 1) * fade / whole, none])
    return Loads(normal, tangential, antiplane)


def surface_compliance(K: Real, stack: tuple[Slab, ...]) -> Real:
    """Normal compliance of a stack's surface over that of a half-space of its top layer, (n,)."""
    twice, poisson = stack[0][1] / (1 + stack[0][2]), stack[0][2]
    plane, _ = _below(K, stack)
    return np.asarray(plane[:, 1, 1] * twice / (2 * (1 - poisson)))
