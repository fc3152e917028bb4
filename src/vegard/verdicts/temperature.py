"""Temperature: diffusion is thermally activated, and frozen out when it is cold."""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np

from vegard.experiment import Experiment
from vegard.verdicts.evidence import Evidence
from vegard.verdicts.laws import Range, Real
from vegard.verdicts.observations import Rows

BOLTZMANN = 8.617333262e-5  # eV/K, CODATA 2018
_ENERGY = (0.15, 1.2)  # eV, activation energies of D and κ in solid conductors
_STILL = 0.03  # eV, 1σ of what permittivity, stiffness and gap look like: 10 % from 290 K to 320 K
_ATHERMAL = 0.05  # chance that the flux is set by something that is not activated
_GRID = np.linspace(-2.0, 3.0, 5001)  # eV


def evidence(rows: Rows, frequency: float, experiment: Experiment, diffusivity: Range) -> Evidence:
    """Whether the amplitude is thermally activated as diffusion is.

    Notes
    -----
    u = u₀ exp[-E/k_B (1/T - 1/T₀)]. Diffusion: E = n E_a, E_a evenly between 0.15 and 1.2 eV, and
    n = -dln|u|/dln ω at this frequency: 0 at rest, ½ far above D/2πR² with D in its range, or 1 for
    charge transfer; in 5 % of cases as for others, since a flux that is not set by charge transfer
    moves the surface by 1/ω at any D. So no activation never excludes by itself. Others: E normal
    about 0, 0.03 eV. Both are averaged over their prior.
    """
    kelvin, u, sigma = rows
    middle = 1 / float(np.mean(1 / kelvin))
    x = (1 / kelvin - 1 / middle) / BOLTZMANN
    if sigma is None:  # relative errors, from the scatter about the straight line
        sigma = np.maximum(np.abs(u), 1e-6 * np.abs(u).max())
        known = False
    else:
        known = True
    chi2 = _chi2(x, u, sigma)
    scale = float(chi2.min()) / max(u.size - 2, 1)
    scale = max(scale, 1.0) if known else max(scale, 1e-12)
    exponent = -chi2 / (2 * scale)
    likelihood = np.exp(exponent - exponent.max())
    norm = likelihood.sum()
    mean = float((_GRID * likelihood).sum() / norm)
    error = sqrt(float(((_GRID - mean) ** 2 * likelihood).sum() / norm))
    active = _activated(experiment, frequency, diffusivity)
    still = np.exp(-0.5 * (_GRID / _STILL) ** 2) / (_STILL * sqrt(2 * pi))
    active = (1 - _ATHERMAL) * active + _ATHERMAL * still
    floor = 1e-300
    weight = log(max(float(likelihood @ active), floor)) - log(
        max(float(likelihood @ still), floor)
    )
    return Evidence(
        "temperature", mean, error, "eV", "apparent activation energy", 0.0, weight,
        f"the amplitude is activated with {mean:.3f} ± {error:.3f} eV over "
        f"{kelvin.min():.0f} to {kelvin.max():.0f} K (ln likelihood ratio {weight:+.1f}).",
    )  # fmt: skip


def _chi2(x: Real, u: Real, sigma: Real) -> Real:
    shape = np.exp(-_GRID[:, None] * x - np.max(np.abs(x)) * np.abs(_GRID)[:, None])
    w = 1 / sigma**2
    overlap = np.maximum(shape @ (u * w), 0)
    return np.asarray((u**2) @ w - overlap**2 / ((shape**2) @ w))


def _activated(experiment: Experiment, frequency: float, diffusivity: Range) -> Real:
    """Density of E [1/eV] on the grid if diffusion makes the signal."""
    d = np.geomspace(*diffusivity, 41)
    # concentration held: |u| ∝ 1/|1 + σ|, n = Re σ(1 + …); the exact slope to 0.06 is enough here
    sigma = np.sqrt(2 * pi * frequency * experiment.tip.radius**2 / d)
    n = 0.5 * sigma / (1 + sigma)
    low, high = _ENERGY
    density, step = np.zeros_like(_GRID), float(_GRID[1] - _GRID[0])
    for share in [*n, *np.full(n.size, 1.0)]:
        a, b = share * low, share * high
        density += (np.abs(_GRID - (a + b) / 2) <= (b - a) / 2) / max(b - a, step)
    return np.asarray(density / (density.sum() * step))
