r"""Tip profiles and their Hankel transforms.

.. math:: S(k) = 2\pi \int_0^\infty p(r)\,J_0(kr)\,r\,dr

disc :math:`2\pi R J_1(kR)/k`; gaussian :math:`2\pi R^2 e^{-k^2R^2/2}`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.spectra import WINDOW_END, Footprint, Wave

Real = NDArray[np.float64]


def disc(k: ArrayLike, radius: float) -> Real:
    """Spectrum of a disc of ``radius`` [m] at k [rad/m]: 2πR J₁(kR)/k [m²]."""
    from scipy.special import j1

    x = np.asarray(k, float) * radius
    safe = np.where(x == 0, 1.0, x)
    return np.asarray(2 * np.pi * radius**2 * np.where(x == 0, 0.5, j1(safe) / safe))


def gaussian(k: ArrayLike, radius: float) -> Real:
    """Spectrum of exp(-r²/2R²) at k [rad/m]: 2πR² e^{-k²R²/2} [m²]."""
    x = np.asarray(k, float) * radius
    return np.asarray(2 * np.pi * radius**2 * np.exp(-0.5 * x * x))


DISC = (Footprint(waves=(Wave(1.0, 1),)),)
RING = (Footprint(power=1, waves=(Wave(1.0, 0),)),)  # S = 2πR² J₀(kR): a line at the rim
SLOPE = (Footprint(weight=-1.0, power=2, waves=(Wave(1.0, 1),)),)  # its derivative by the radius
GAUSSIAN = (Footprint(power=1, gaussian=True),)


def piecewise(r: tuple[float, ...], p: tuple[float, ...]) -> tuple[Footprint, ...]:
    """Terms of a profile linear between the points: S = Σ b·cone(ρ) + rim·disc(last ρ)."""
    slopes = [0.0, *np.diff(p) / np.diff(r), 0.0]
    kinks = tuple(
        (rho, float(after - before))
        for rho, before, after in zip(r, slopes[:-1], slopes[1:], strict=True)
        if rho > 0 and before != after
    )
    out = []
    if kinks:
        # the window rounds the kinks over about a hundredth of the finest spacing
        band = 2 * WINDOW_END / min(float(np.diff(r).min()), 0.02)
        out.append(Footprint(kinks=kinks, band=band))
    if p[-1]:
        out.append(Footprint(weight=p[-1] * r[-1], waves=(Wave(r[-1], 1),)))
    return tuple(out)


def gaussian_punch(x: float) -> float:
    """Mean of exp(-r²/2) under a punch of radius 1 whose axis is at x (lengths in radii).

    ∫₀¹ e^{-(x²+ρ²)/2} I₀(xρ) dt with ρ² = 1 - t², the punch's own pressure ∝ 1/t.
    """
    from scipy.special import i0e

    t, w = np.polynomial.legendre.leggauss(48)
    rho = np.sqrt(1 - ((t + 1) / 2) ** 2)
    return float(w / 2 @ (np.exp(-0.5 * (x - rho) ** 2) * i0e(x * rho)))
