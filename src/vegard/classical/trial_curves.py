r"""What the analyses fit: current after a step, voltage under a current, diffusion impedance.

Written apart from the simulator, with which it shares nothing: the solution φ of
φ'' + (m/λ)φ' + φ = 0 that is regular at the centre (cos, J₀, the spherical j₀; sin from a
permeable back) gives the modes, a contour what comes before them. All is dimensionless: lengths in
L, times T in L²/D, m = 0, 1, 2 for film, cylinder and sphere. tests/classical/test_trial_curves.py
has them against mpmath and against the simulator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

DIMENSION = {"planar": 0, "cylinder": 1, "sphere": 2}
_MODES = 16  # the last is e^(-48) of the first from _LATE on
_LATE = 0.02
_NODES = 24  # of the contour: 3.89⁻²⁴
_FINE = 0.008  # of ln T; the spline is then good to 1e-10
_SMALL, _LARGE = 1e-3, 1e3  # |x²|, |x| beyond which the sphere's and the cylinder's series serve


def step_current(time: Real, biot: float, shape: str, *, permeable: bool = False) -> Real:
    r"""Flux j [D ΔC/L] into a body after a step of the concentration that it would rest at.

    .. math:: j = j_\infty + \sum_k \frac{2\,e^{-\lambda_k^2T}}{1+(1-m)/Bi+(\lambda_k/Bi)^2},
        \qquad Bi\,\varphi(\lambda_k) + \lambda_k\varphi'(\lambda_k) = 0

    Parameters
    ----------
    time : ndarray
        T = Dt/L² [–], > 0.
    biot : float
        Bi = κL/D [–], > 0; inf for an interface at rest.
    shape : {"planar", "cylinder", "sphere"}
    permeable : bool
        Whether the back of the film is held at C = 0; then j_∞ = 1/(1 + 1/Bi).
    """
    m = DIMENSION[shape]

    def late(t: Real) -> Real:
        found = _modes(biot, shape, permeable)
        weight = 2 / (1 + (1 - m) / biot + (found / biot) ** 2)
        rest = 1 / (1 + 1 / biot) if permeable else 0.0
        return np.asarray(rest + np.exp(-np.multiply.outer(t, found**2)) @ weight)

    def transform(s: Complex) -> Complex:
        return np.asarray(1 / (s * (1 / biot + 1 / admittance(s, shape, permeable=permeable))))

    return _joined(time, late, transform)


def current_level(time: Real, shape: str, *, permeable: bool = False) -> Real:
    r"""Concentration c [JL/D] at the surface after a flux J was switched on.

    .. math:: c = (m+1)T + \frac1{m+3} - \sum_{k\ge1}\frac{2}{\lambda_k^2}e^{-\lambda_k^2T},
        \qquad \varphi'(\lambda_k) = 0

    and 1 - Σ 2e^{-λ²T}/λ² for a permeable back; 0 for T <= 0.
    """
    m = DIMENSION[shape]

    def late(t: Real) -> Real:
        found = _modes(0.0, shape, permeable)
        line = np.ones_like(t) if permeable else (m + 1) * t + 1 / (m + 3)
        return np.asarray(line - np.exp(-np.multiply.outer(t, found**2)) @ (2 / found**2))

    def transform(s: Complex) -> Complex:
        return np.asarray(1 / (s * admittance(s, shape, permeable=permeable)))

    return _joined(time, late, transform)


def admittance(x2: Any, shape: str, *, permeable: bool = False) -> Complex:
    """Flux per concentration at the surface y [D/L], x² = sL²/D off the negative axis.

    x tanh x, x coth x (permeable), x I₁/I₀ (cylinder) and x coth x - 1 (sphere).
    """
    x2 = np.asarray(x2, complex)
    x = np.sqrt(x2)
    if shape == "planar":
        return np.asarray(x / np.tanh(x) if permeable else x * np.tanh(x))
    if shape == "sphere":
        small = np.abs(x2) < _SMALL
        wide = np.where(small, 1.0, x)
        near = x2 / 3 - x2**2 / 45 + 2 * x2**3 / 945 - x2**4 / 4725
        return np.where(small, near, wide / np.tanh(wide) - 1)
    from scipy.special import ive

    large = np.abs(x) > _LARGE
    far = np.where(large, x, 1.0)
    wide = np.where(large, 1.0, x)
    asymptote = far - 1 / 2 - 1 / (8 * far) - 1 / (8 * far**2) - 25 / (128 * far**3)
    return np.where(large, asymptote, wide * ive(1, wide) / ive(0, wide))


def _joined(
    time: Real, late: Callable[[Real], Real], transform: Callable[[Complex], Complex]
) -> Real:
    out = np.zeros(time.shape)
    on = time > 0
    if on.any():
        out[on] = _thinned(lambda t: _at(t, late, transform), time[on])
    return out


def _thinned(function: Callable[[Real], Real], time: Real) -> Real:
    """A smooth function of ln T at many times, from fewer."""
    low, high = float(np.log(time.min())), float(np.log(time.max()))
    count = int((high - low) / _FINE) + 8
    if time.size < 2 * count:
        return function(time)
    from scipy.interpolate import CubicSpline

    knots = np.linspace(low, high, count)
    return np.asarray(CubicSpline(knots, function(np.exp(knots)))(np.log(time)))


def _at(time: Real, late: Callable[[Real], Real], transform: Callable[[Complex], Complex]) -> Real:
    out, done = np.empty(time.shape), time >= _LATE
    if done.any():
        out[done] = late(time[done])
    if not done.all():
        out[~done] = _early(transform, time[~done])
    return out


def _early(transform: Callable[[Complex], Complex], time: Real) -> Real:
    """Talbot's contour as Weideman optimised it (SIAM J. Numer. Anal. 44, 2342 (2006))."""
    z, dz = _contour()
    s = z / time[:, None]
    return np.asarray((transform(s) * np.exp(z) * dz).imag.sum(axis=1) * 2 / _NODES / time)


@lru_cache(maxsize=1)
def _contour() -> tuple[Complex, Complex]:
    """Upper half of z(θ) and dz/dθ."""
    u = (2 * np.arange(_NODES // 2) + 1) * np.pi / _NODES
    a = 0.6407 * u
    z = _NODES * (0.5017 * u / np.tan(a) - 0.6122 + 0.2645j * u)
    return z, _NODES * (0.5017 / np.tan(a) - 0.5017 * a / np.sin(a) ** 2 + 0.2645j)


_ENDS = {"planar": (0.0, 0.5), "cylinder": (0.0, 0.8), "sphere": (0.0, 1.0)}  # of branches, in π


@lru_cache(maxsize=64)
def _modes(biot: float, shape: str, permeable: bool) -> Real:
    """Roots λ > 0 of Bi φ + λφ' = 0, rising: one in each branch."""
    m = DIMENSION[shape]
    k = np.arange(_MODES) + (biot == 0 and not permeable)
    start, end = (0.5, 1.0) if permeable else _ENDS[shape]
    low, high = (k + start) * np.pi, (k + end) * np.pi
    if np.isinf(biot) and shape != "cylinder":
        return np.asarray(high)
    bi, scale = (1.0, 0.0) if np.isinf(biot) else (biot, 1.0)
    root, sign = low + (high - low) * bi / (bi + scale * (low + high) / 2), (-1.0) ** k
    if low[0] == 0:  # λ₀² ≈ (m+1)Bi for small Bi
        root[0] = high[0] * np.sqrt(bi / (bi + scale * high[0] ** 2 / (m + 1)))
    for _ in range(60):
        phi, slope = _regular(root, shape, permeable)  # φ and -φ'
        value = bi * phi - scale * root * slope
        low, high = np.where(value * sign > 0, root, low), np.where(value * sign > 0, high, root)
        fall = bi * slope + scale * (root * phi + (1 - m) * slope)
        new = root + value / np.where(fall == 0, 1.0, fall)
        new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
        moved, root = np.abs(new - root), new
        if (moved <= 1e-9 * root).all():  # its square is rounding
            break
    return root


def _regular(x: Real, shape: str, permeable: bool) -> tuple[Any, Any]:
    if permeable:
        return np.sin(x), -np.cos(x)
    if shape == "planar":
        return np.cos(x), np.sin(x)
    if shape == "cylinder":
        from scipy.special import j0, j1

        return j0(x), j1(x)
    wide = (np.sin(x) / x - np.cos(x)) / x
    return np.sin(x) / x, np.where(x > 0.03, wide, x / 3 - x**3 / 30 + x**5 / 840)
