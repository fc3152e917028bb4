r"""Inverse Laplace transforms on hyperbolic contours.

For a transform whose singularities lie on the negative real axis,

.. math:: f(t) = \frac{1}{2\pi i}\int e^{st} F(s)\,ds,\qquad
          s(u) = \mu\,[1 + \sin(iu - \alpha)],

the trapezoidal rule converges like :math:`e^{-BN}` for all times of a window
:math:`[t_1/\Lambda, t_1]` at once (Weideman and Trefethen, Math. Comp. 76, 1341 (2007)).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import acosh, ceil, pi, sin

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_WINDOW = 10.0  # times per contour: ratio of latest to earliest
_DIGITS = 38.0  # e-folds of convergence
_ROUNDING = 1e-15
_BLOCK = 16_384  # times summed at once
_LEFT = 2e-14  # what the trapezoidal rule leaves out, of the largest value in its window


@lru_cache(maxsize=256)
def _contour(ratio: float) -> tuple[float, float, int]:
    """α, A(α) and the number of nodes for a window of times of the given ratio."""

    def spread(alpha: float) -> float:
        up = (pi - 2 * alpha) * ratio + 4 * alpha - pi
        return acosh(up / ((4 * alpha - pi) * sin(alpha)))

    alphas = [pi / 4 + (pi / 4) * (i + 0.5) / 400 for i in range(400)]
    alpha = max(alphas, key=lambda a: (pi * pi - 2 * pi * a) / spread(a))
    a = spread(alpha)
    return alpha, a, ceil(_DIGITS * a / (pi * pi - 2 * pi * alpha))


def windows(time: Real) -> list[NDArray[np.intp]]:
    """Indices of positive times, grouped so that each group spans at most one window."""
    order = np.argsort(time, kind="stable")
    order = order[time[order] > 0]
    out = []
    while order.size:
        end = int(np.searchsorted(time[order], time[order[0]] * _WINDOW, side="right"))
        out.append(order[:end])
        order = order[end:]
    return out


def invert(transform: Callable[[Complex], tuple[Complex, Real]], time: Real) -> tuple[Real, Real]:
    """Inverse Laplace transform of a real function of time; zero for t ≤ 0.

    Parameters
    ----------
    transform : callable
        s (n,) -> F (..., n) and its absolute error (..., n).
    time : ndarray, shape (m,)
        Times [s].

    Returns
    -------
    values, error : ndarray, shape (..., m)
        The error carries that of F, and rounding, through the sum over the contour.
    """
    groups = windows(time)
    contours = []
    for group in groups:
        late = float(time[group].max())
        alpha, a, n = _contour(round(late / float(time[group].min()), 6))
        step = a / n
        mu = (4 * pi * alpha - pi * pi) / a * n / late
        w = 1j * (np.arange(n) + 0.5) * step - alpha
        contours.append((mu * (1 + np.sin(w)), step / pi * mu * np.cos(w)))
    if not groups:
        shape = transform(np.array([1.0 + 0j]))[1].shape[:-1]
        return np.zeros((*shape, time.size)), np.zeros((*shape, time.size))
    f, df = transform(np.concatenate([s for s, _ in contours]))
    values = np.zeros((*f.shape[:-1], time.size))
    error = np.zeros_like(values)
    start = 0
    for group, (s, ds) in zip(groups, contours, strict=True):
        part = slice(start, start + s.size)
        start += s.size
        rough = df[..., part] + _ROUNDING * np.abs(f[..., part])
        for first in range(0, group.size, _BLOCK):
            now = group[first : first + _BLOCK]
            kernel = np.exp(s[:, None] * time[now]) * ds[:, None]
            values[..., now] = (f[..., part] @ kernel).real
            error[..., now] = rough @ np.abs(kernel)
        error[..., group] += _LEFT * np.abs(values[..., group]).max(axis=-1, keepdims=True)
    return values, error
