"""Parity in the bias: signals that go with V² have a second harmonic and a zero in V_dc."""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np

from vegard.prefixes import quantity
from vegard.verdicts.evidence import Evidence
from vegard.verdicts.laws import Real
from vegard.verdicts.observations import Rows

POTENTIAL = 1.0  # V, 1σ of V_s: work functions differ by as much, and charges add to it
_CHANGE = 0.1  # 1/V, 1σ by which a diffusive signal may change with V_dc, through D and dE/dC
_NONLINEAR = 0.2  # 1σ of u₂/u₁ that diffusion may make at large ΔC
_GRID = 4001
_WIDE = 8.0  # standard deviations that a grid covers


def dc_series(rows: Rows) -> Evidence:
    """Whether the first harmonic goes through zero with the dc bias.

    Notes
    -----
    V²: y = c(V - V_s), V_s normal, 1 V about 0. Diffusion: y = c(1 + rV), r normal, 0.1 /V about 0.
    Both are averaged over their prior, the (complex) c free.
    """
    v, y, sigma = rows
    c = np.polynomial.polynomial.polyfit(v, y, 1)  # the error does not depend on the point
    rest = y - c[0] - c[1] * v
    n = y.size * (2 if np.iscomplexobj(y) else 1)
    free = n - (4 if np.iscomplexobj(y) else 2)
    if sigma is None:
        sigma = np.full(v.size, sqrt(float(np.sum(np.abs(rest) ** 2)) / free))
        sigma = np.maximum(sigma, 1e-9 * np.abs(y).max())
    else:
        scale = float(np.sum(np.abs(rest / sigma) ** 2)) / max(free, 1)
        sigma = sigma * sqrt(max(scale, 1.0))
    potential = np.linspace(-_WIDE, _WIDE, _GRID) * POTENTIAL
    change = np.linspace(-_WIDE, _WIDE, _GRID) * _CHANGE
    square = _mean(_chi2(v - potential[:, None], y, sigma), potential / POTENTIAL)
    linear = _mean(_chi2(1 + change[:, None] * v, y, sigma), change / _CHANGE)
    weight = linear - square
    zero, error = _zero(v, y, sigma)
    if abs(zero) > 20 * POTENTIAL or not np.isfinite(error):
        where = "it does not depend on the dc bias as V² does"
    else:
        where = f"it vanishes at {zero:.2f} ± {error:.2f} V"
    return Evidence(
        "dc bias", zero, error, "V", "dc bias without signal", POTENTIAL, weight,
        f"over the dc bias {where} (ln likelihood ratio {weight:+.1f}).",
    )  # fmt: skip


def harmonics(values: tuple[float, float, float], *, drive: float, dc: float) -> Evidence:
    """Whether the second harmonic is as large as V² asks for.

    Notes
    -----
    V²: u₂/u₁ = V_ac/(4|V_dc - V_s|), V_s normal, 1 V about 0. Diffusion is linear; u₂/u₁ half-
    normal, 0.2, for large ΔC. The average over each prior of the likelihood of u₂ and u₁.
    """
    one, two, sigma = values
    x = np.linspace(-_WIDE, _WIDE, _GRID)
    offset = np.abs(dc - POTENTIAL * x)
    # (u₁, u₂) along (4|V₀|, V_ac): distance of the reading from that line
    square = _mean(_off(one, two, 4 * offset, drive) / sigma**2, x)
    ratio = np.abs(x) * _NONLINEAR
    linear = _mean(_off(one, two, np.ones_like(x), ratio) / sigma**2, x)
    weight = linear - square
    return Evidence(
        "harmonics", two / one, sigma / one * sqrt(1 + (two / one) ** 2), "–",
        "second harmonic over first", drive / (4 * max(abs(dc), POTENTIAL)), weight,
        f"the second harmonic is {two / one:.2g} of the first, {quantity(two, 'm')} "
        f"(ln likelihood ratio {weight:+.1f}).",
    )  # fmt: skip


def _off(one: float, two: float, a: Real, b: Real | float) -> Real:
    """Squared distance of (one, two) from the line through 0 along (a, b)."""
    return np.asarray((one * b - two * a) ** 2 / (a * a + b * b))


def _chi2(shape: Real, y: Real, sigma: Real) -> Real:
    w = 1 / sigma**2
    overlap = shape @ (y * w)
    norm = np.maximum((shape**2) @ w, 1e-300)
    return np.asarray((np.abs(y) ** 2) @ w - np.abs(overlap) ** 2 / norm)


def _mean(chi2: Real, x: Real) -> float:
    """Logarithm of the mean of exp(-χ²/2) over x standard normal, evenly spaced."""
    exponent = -(chi2 + x * x) / 2
    top = float(exponent.max())
    step = float(x[1] - x[0])
    return top + log(float(np.exp(exponent - top).sum()) * step / sqrt(2 * pi))


def _zero(v: Real, y: Real, sigma: Real) -> tuple[float, float]:
    """V_s of the best V² law with its error, by the two straight lines in phase."""
    w = 1 / sigma**2
    turn = np.angle(np.sum(w * y**2)) / 2 if np.iscomplexobj(y) else 0.0
    real = (y * np.exp(-1j * turn)).real
    basis = np.stack([np.ones_like(v), v], axis=1) * np.sqrt(w)[:, None]
    covariance = np.linalg.inv(basis.T @ basis)
    c = covariance @ (basis.T @ (real * np.sqrt(w)))
    if c[1] == 0:
        return float("inf"), float("inf")
    zero = -c[0] / c[1]
    pull = np.array([-1.0, -zero]) / c[1]
    return float(zero), float(np.sqrt(pull @ covariance @ pull))
