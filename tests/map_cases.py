"""Maps of known truth, their curves by the exact verbs."""

from __future__ import annotations

import numpy as np

import vegard as vg

D = "material.diffusivity"
FREE = (D, "gain", "offset")
TIMES = np.geomspace(0.11, 10, 64)
PULSE = vg.Pulse(0.1)
SAMPLE = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9))


def relaxation(y, sigma=None):
    """Data of a map of relaxations."""
    return vg.Data("relaxation", TIMES, y, sigma, drive=PULSE, per="concentration")


def curves(diffusivity, sample=SAMPLE):
    """Relaxations of diffusivities (...,) by the exact verb."""
    flat = np.ravel(diffusivity)
    rows = [
        vg.time_response(sample.replace({D: float(d)}), PULSE, TIMES, per="concentration").values
        for d in flat
    ]
    return np.reshape(rows, (*np.shape(diffusivity), TIMES.size))


def noisy(pixels, noise=0.02, seed=0, low=-16.5, high=-14.0, kinds=60):
    """Truth (D, gain, offset) of many pixels, and their curves with noise."""
    rng = np.random.default_rng(seed)
    d = 10 ** rng.uniform(low, high, kinds)
    pick = rng.integers(kinds, size=pixels)
    u = curves(d)[pick]
    gain, offset = rng.uniform(0.5, 2, pixels), rng.normal(size=pixels) * np.abs(u).max()
    size = noise * gain * np.abs(u).max(axis=1)
    y = gain[:, None] * u + offset[:, None] + size[:, None] * rng.normal(size=u.shape)
    return {"diffusivity": d[pick], "amplitude": gain, "offset": offset}, y, size


def deviations(maps, truth, name):
    """Errors in standard deviations, of a size along its logarithm."""
    value, sigma = maps[name].values, maps[f"{name}_sigma"].values
    if name in ("diffusivity", "rate"):
        return np.log(value / truth) * value / sigma
    return (value - truth) / sigma
