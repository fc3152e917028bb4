r"""Transport kernels in the Hankel-Laplace domain.

.. math:: q = \sqrt{(D_r k^2 + s)/D_z},\quad \mathrm{Re}\,q > 0,\qquad
          Y = -D_z\,\frac{\partial C/\partial z}{C}\Big|_{z=0}

Only array-API operations, so other array libraries pass.
"""

from __future__ import annotations

from math import inf, pi
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
    real = (in_plane / normal) * (k * k) + xp.real(s) / normal
    imag = xp.imag(s) / normal
    # the square root from real ones, which are vectorised where the complex one is not
    large = xp.sqrt((xp.sqrt(real * real + imag * imag) + xp.abs(real)) / 2)
    small = imag / (2 * large)
    left = real < 0
    if bool(xp.any(left)):
        turned = xp.where(imag < 0, -large, large)
        return xp.where(left, xp.abs(small), large) + 1j * xp.where(left, turned, small)
    return large + 1j * small


def half_space(q: Any, normal: float) -> tuple[Any, Profile]:
    """Admittance Y = D_z q [m/s] and profile e^{-qz} of a half-space."""
    return normal * q, Profile(q)


def film(q: Any, normal: float, thickness: float, permeable: bool) -> tuple[Any, Profile]:
    """Admittance [m/s] and profile of a film.

    Blocking back: Y = D_z q tanh qh, C/C₀ = cosh q(h-z)/cosh qh.
    Permeable back (C = 0 there): Y = D_z q coth qh, C/C₀ = sinh q(h-z)/sinh qh.
    """
    x = q * thickness
    lost = _expm1(-x)  # e^{-x} - 1: no cancellation where x is small
    fade, gap = 1 + lost, lost * (-2 - lost)
    inverse = 1 / (1 + fade * fade)
    if permeable:
        return normal * q / (gap * inverse), Profile(q, thickness, -1, fade, 2 * fade * x / gap)
    return normal * q * (gap * inverse), Profile(q, thickness, 1, fade, 2 * fade * inverse)


def _expm1(x: Any) -> Any:
    """e^x - 1 from real functions, which are vectorised where the complex one is not."""
    xp = x.__array_namespace__()
    half = xp.imag(x) / 2
    sine, cosine, grown = xp.sin(half), xp.cos(half), xp.expm1(xp.real(x))
    turned = 2 * sine * sine  # 1 - cos(Im x)
    return (grown * (1 - turned) - turned) + 2j * ((1 + grown) * sine * cosine)


def length(normal: float, frequency: float) -> float:
    """Diffusion length ℓ = √(D/ω) [m] at a frequency [Hz]."""
    return float((normal / (2 * pi * frequency)) ** 0.5) if frequency > 0 else inf
