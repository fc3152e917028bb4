"""A ruler of its own: shells of finite volume, a circuit around them, matrix exponentials.

No series, no Laplace transform, no root finding. The body is cut into n shells, thinner towards the
surface; the state is their concentration (as a voltage, -dE/dC δC) and that of the double layer.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

FARADAY = 96485.33212
M = {"planar": 0, "cylinder": 1, "sphere": 2}


def state_space(cell, method, n):
    """A, b, c, d of dx/dt = A x + b u, y = c·x + d u; u, y = V, I for PITT and I, V for GITT."""
    m, d = M[cell.shape], cell.material.diffusivity
    per = -cell.material.ocv_slope / (cell.material.charge * FARADAY)  # V per mol, × C/mol
    x = np.linspace(0, 1, n + 1)
    edge = cell.length * (1.5 * x - 0.5 * x**3)  # thin shells at the surface, smooth
    middle = (edge[1:] + edge[:-1]) / 2
    share = (edge / cell.length) ** m * cell.area  # area of each face
    volume = share[-1] * np.diff(edge ** (m + 1)) / (m + 1) / cell.length**m
    between = d * share[1:-1] / np.diff(middle)  # conductance of inner faces [m³/s]
    a = np.zeros((n, n))
    for i, g in enumerate(between):
        a[i, i] -= g / volume[i]
        a[i, i + 1] += g / volume[i]
        a[i + 1, i + 1] -= g / volume[i + 1]
        a[i + 1, i] += g / volume[i + 1]
    if cell.back == "permeable":
        a[0, 0] -= d * share[0] / middle[0] / volume[0]
    r_ct = 0.0 if np.isinf(cell.rate) else per / (cell.area * cell.rate)
    half = per * (edge[-1] - middle[-1]) / (d * cell.area)  # half a shell [Ω]
    r, rs, c = r_ct + half, cell.series_resistance, cell.double_layer
    gain = per / volume[-1]  # dv/dt of the last shell per ampere
    last = np.zeros(n)
    last[-1] = 1.0
    if method == "gitt" and not c:
        return a, gain * last, last, r + rs
    if method == "pitt" and not (c and rs):
        r += rs
        a[-1, -1] -= gain / r
        return a, gain / r * last, -last / r, 1 / r
    big = np.zeros((n + 1, n + 1))  # the last state is the voltage of the double layer
    big[:n, :n] = a
    big[n - 1, n - 1] -= gain / r
    big[n - 1, n] = gain / r
    big[n, n - 1], big[n, n] = 1 / (r * c), -1 / (r * c)
    b, y = np.zeros(n + 1), np.zeros(n + 1)
    if method == "gitt":
        b[n], y[n] = 1 / c, 1.0
        return big, b, y, rs
    big[n, n] -= 1 / (rs * c)
    b[n], y[n] = 1 / (rs * c), -1 / rs
    return big, b, y, 1 / rs


def step(cell, method, time, n):
    """Answer to a unit step at the given times."""
    a, b, c, d = state_space(cell, method, n)
    size = len(b)
    whole = np.zeros((size + 1, size + 1))
    whole[:size, :size], whole[:size, size] = a, b
    return np.array([c @ expm(whole * t)[:size, size] + d for t in time])


def impedance(cell, frequency, n):
    """Z from the same matrices."""
    a, b, c, d = state_space(cell, "gitt", n)
    return np.array(
        [c @ np.linalg.solve(2j * np.pi * f * np.eye(len(b)) - a, b) + d for f in frequency]
    )


def extrapolated(compute):
    """Limit of a second-order answer on n, 2n shells, and how far the finer one is off."""
    coarse, fine = compute(40), compute(80)
    limit = fine + (fine - coarse) / 3
    return limit, np.abs(limit - fine)
