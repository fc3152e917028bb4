r"""Transport kernels in the Hankel-Laplace domain.

.. math:: q = \sqrt{(D_r k^2 + s)/D_z},\quad \mathrm{Re}\,q > 0,\qquad
          Y = -D_z\,\frac{\partial C/\partial z}{C}\Big|_{z=0}

Only array-API operations, so other array libraries pass.
"""

from __future__ import annotations

from math import inf
from typing import Any

from vegard.depth import Profile


def wavenumber(k: Any, s: Any, in_plane: float, normal: float) -> Any:
    """Transport wavenumber q = √((D_r k² + s)/D_z) [1/m], Re q > 0.

    Parameters
    ----------
    k : array
        Radial wavenumber [rad/m].
    s : array
        Laplace variable [1/s], complex; broadcast against k.
    in_plane, normal : float
        Diffusivities D_r, D_z [m²/s].
    """
    xp = s.__array_namespace__()
    return xp.sqrt((in_plane / normal) * (k * k) + s / normal)


def half_space(q: Any, normal: float) -> tuple[Any, Profile]:
    """Admittance Y = D_z q [m/s] and profile e^{-qz} of a half-space."""
    return normal * q, Profile(q)


def film(q: Any, normal: float, thickness: float, permeable: bool) -> tuple[Any, Profile]:
    """Admittance [m/s] and profile of a film.

    Blocking back: Y = D_z q tanh qh, C/C₀ = cosh q(h-z)/cosh qh.
    Permeable back (C = 0 there): Y = D_z q coth qh, C/C₀ = sinh q(h-z)/sinh qh.
    """
    xp = q.__array_namespace__()
    x = q * thickness
    if bool(xp.any(xp.abs(x) < 0.5)):
        lost = xp.expm1(-x)  # e^{-x} - 1: no cancellation where x is small
        fade, gap = 1 + lost, -lost * (2 + lost)
    else:
        fade = xp.exp(-x)
        gap = 1 - fade * fade
    ratio = gap / (1 + fade * fade)
    y = normal * q / ratio if permeable else normal * q * ratio
    return y, Profile(q, thickness, -1 if permeable else 1, fade)


def length(normal: float, frequency: float) -> float:
    """Diffusion length ℓ = √(D/ω) [m] at a frequency [Hz]."""
    return float((normal / (2 * 3.141592653589793 * frequency)) ** 0.5) if frequency > 0 else inf
