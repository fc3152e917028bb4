r"""Diffusion in a planar film, a cylinder and a sphere: admittance, modes and series.

Everything is dimensionless: lengths in L (thickness or radius), times in L²/D, admittances in D/L.
With x² = sL²/D and m = 0, 1, 2 for planar, cylinder and sphere, the admittance y = -C'/C at the
surface of a body with a blocking centre (or back) solves

.. math:: 2x^2\,\frac{dy}{d(x^2)} = x^2 + (1-m)\,y - y^2,\qquad
          y = \cfrac{x^2}{m+1+\cfrac{x^2}{m+3+\cfrac{x^2}{m+5+\dots}}}

(Riccati and Gauss; the permeable planar film y = x coth x solves the planar equation too). All
residues follow from the first equation. Crank, The Mathematics of Diffusion (1975), chapters 4-6.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

DIMENSION = {"planar": 0, "cylinder": 1, "sphere": 2}
_SMALL = 1.0  # |x²| below which the continued fraction serves
_DEPTH = 14  # of the continued fraction: 1e-17 at |x²| = 1
_LARGE = 1e8  # |x²| above which the cylinder's asymptote serves


def admittance(x2: Any, shape: str, *, permeable: bool = False) -> Any:
    """Admittance y of a body; no overflow for any argument.

    Parameters
    ----------
    x2 : ndarray
        sL²/D [–], complex, or real: negative on the axis of the modes.
    shape : {"planar", "cylinder", "sphere"}
    permeable : bool
        Whether the back of the planar film is held at C = 0.

    Returns
    -------
    ndarray
        y [–], complex if x2 is.
    """
    x2 = np.asarray(x2)
    small = np.abs(x2) < _SMALL
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(small, _fraction(np.where(small, x2, 0.0), DIMENSION[shape]), _wide(x2, shape))
        # x coth x = x²/(x tanh x), as C and the flux change places
        return np.where(x2 == 0, 1.0, x2 / np.where(x2 == 0, 1.0, y)) if permeable else y


def _fraction(x2: Any, m: int) -> Any:
    tail: Any = np.zeros_like(x2)
    for j in range(_DEPTH, -1, -1):
        tail = x2 / (m + 1 + 2 * j + tail)
    return tail


def _wide(x2: Any, shape: str) -> Any:
    """The same away from zero."""
    if not np.iscomplexobj(x2):
        negative = x2 < 0
        x = np.sqrt(np.abs(x2))
        return np.where(negative, _oscillating(x, shape), _growing(x, shape))
    return _growing(np.sqrt(x2), shape)


def _growing(x: Any, shape: str) -> Any:
    if shape == "planar":
        return x * np.tanh(x)
    if shape == "sphere":
        return x / np.tanh(x) - 1
    from scipy.special import ive

    far = np.abs(x) > _LARGE**0.5
    near = np.where(far, 1.0, x)
    asymptote = x - 0.5 - 1 / (8 * x) - 1 / (8 * x**2)
    return np.where(far, asymptote, near * ive(1, near) / ive(0, near))


def _oscillating(x: Any, shape: str) -> Any:
    if shape == "planar":
        return -x * np.tan(x)
    if shape == "sphere":
        return x / np.tan(x) - 1
    from scipy.special import j0, j1

    return -x * j1(x) / j0(x)


@lru_cache(maxsize=64)
def _poles(shape: str, permeable: bool, count: int) -> Real:
    """Where y(-λ²) is infinite: the ends of the branches, from 0."""
    n = np.arange(1, count + 1)
    if shape == "cylinder":
        from scipy.special import jn_zeros

        ends = np.asarray(jn_zeros(0, count))
    else:
        ends = np.pi * (n if permeable or shape == "sphere" else n - 0.5)
    return np.append(0.0, ends)


@lru_cache(maxsize=256)
def modes(count: int, biot: float, shape: str, *, permeable: bool = False) -> Real:
    """First wavenumbers λ of relaxation, y(-λ²) = -Bi.

    Parameters
    ----------
    count : int
    biot : float
        Bi = κL/D [–]; 0 is a fixed flux, inf a fixed concentration.
    shape : {"planar", "cylinder", "sphere"}
    permeable : bool

    Returns
    -------
    ndarray, shape (count,)
        λ [–], rising. For Bi = 0 and a blocking back the first is 0.
    """
    ends = _poles(shape, permeable, count)
    if np.isinf(biot):
        return ends[1:]
    low, high = ends[:-1].copy(), ends[1:].copy()
    if not permeable:  # Dunkerley: 1/λ² ≤ 1/λ²(Bi = ∞) + 1/((m+1)Bi), and not below either
        high[0] = min(high[0], ((DIMENSION[shape] + 1) * biot) ** 0.5)
        low[0] = high[0] / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(60):  # y falls from one pole to the next
            middle = (low + high) / 2
            above = admittance(-(middle**2), shape, permeable=permeable) > -biot
            low, high = np.where(above, middle, low), np.where(above, high, middle)
            if not (high - low > 4.5e-16 * high).any():
                break
    found = (low + high) / 2
    if biot == 0 and not permeable:
        found[0] = 0.0
    return found


def flux_after_step(time: Real, biot: float, shape: str, *, permeable: bool = False) -> Real:
    r"""Flux j(T) [D ΔC/L] after a step of the concentration outside the interface (PITT).

    .. math:: j = j_\infty + \sum_n \frac{2Bi^2}{\lambda_n^2 + (1-m)Bi + Bi^2}e^{-\lambda_n^2T}

    2Bi²/(…) → 2 for Bi → ∞; j_∞ = 1/(1 + 1/Bi) for a permeable back, else 0. Serves T ≥ 0.02,
    Bi > 0.
    """
    return _flux(time, biot, shape, permeable, _COUNT)


def _flux(time: Real, biot: float, shape: str, permeable: bool, count: int) -> Real:
    m = DIMENSION[shape]
    found = modes(count, biot, shape, permeable=permeable)
    weight = 2.0 if np.isinf(biot) else 2 * biot / (found**2 / biot + 1 - m + biot)
    rest = 1 / (1 + 1 / biot) if permeable else 0.0
    return np.asarray(rest + (weight * np.exp(-np.multiply.outer(time, found**2))).sum(axis=-1))


def last_flux(time: Real, biot: float, shape: str, *, permeable: bool = False) -> Real:
    """The first exponential of `flux_after_step` alone, with what flows at rest."""
    return _flux(time, biot, shape, permeable, 1)


def level_after_current(time: Real, shape: str, *, permeable: bool = False) -> Real:
    r"""Surface concentration c(T) [JL/D] after a step of the flux J (GITT).

    .. math:: c = (m+1)T + \frac{1}{m+3} - \sum_{n\ge1}\frac{2}{\lambda_n^2}e^{-\lambda_n^2T}

    and 1 - Σ 2e^{-λ²T}/λ² for a permeable back; λ_n the modes of Bi = 0. Serves T ≥ 0.02.
    """
    m = DIMENSION[shape]
    found = modes(_COUNT, 0.0, shape, permeable=permeable)
    found = found if permeable else found[1:]
    late = np.ones_like(time) if permeable else (m + 1) * time + 1 / (m + 3)
    return np.asarray(
        late - (2 / found**2 * np.exp(-np.multiply.outer(time, found**2))).sum(axis=-1)
    )


SERIES_FROM = 0.02  # dimensionless time from which the series serve
_COUNT = 16  # terms: e^{-λ²T} < 1e-18 at T = 0.02
