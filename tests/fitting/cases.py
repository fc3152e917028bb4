"""Synthetic measurements of known truth."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg

RADIUS = 20e-9
NOISE = 0.02


def near(value, rel=1e-6, abs=0.0):
    """pytest.approx without its absolute tolerance of 1e-12, which any diffusivity passes."""
    return pytest.approx(value, rel=rel, abs=abs)


def experiment(diffusivity, interface=None, geometry=None, beta=1e-6):
    material = vg.Material(diffusivity, beta, 0.3, ocv_slope=-4.4e-5)
    return vg.Experiment(
        material,
        vg.DiscTip(RADIUS),
        geometry or vg.HalfSpace(),
        interface or vg.FixedConcentration(),
    )


def noisy(rng, y, sigma):
    if np.iscomplexobj(y):
        return y + sigma * (rng.normal(size=y.size) + 1j * rng.normal(size=y.size))
    return y + sigma * rng.normal(size=y.size)


def relaxation(e, rng, n=50, *, pulse=0.01, noise=NOISE, known=True):
    t = pulse + np.geomspace(1e-4, 10.0, n)
    drive = vg.Pulse(pulse)
    u = vg.time_response(e, drive, t, per="concentration").values
    sigma = noise * np.abs(u).max()
    return vg.Data(
        "relaxation", t, noisy(rng, u, sigma), sigma if known else None, drive=drive,
        per="concentration",
    )  # fmt: skip


def spectrum(e, rng, n=40, *, noise=NOISE, known=True, modulus=False):
    f = np.geomspace(0.1, 1e6, n)
    u = vg.frequency_response(e, f, per="concentration").values
    u = np.abs(u) if modulus else u
    sigma = noise * np.abs(u).max()
    y = noisy(rng, u, sigma)
    return vg.Data("frequency", f, y, sigma if known else None, per="concentration")


def film(diffusivity=1e-13, rate=np.inf, **kw):
    material = vg.Material(diffusivity, 1e-6, 0.3, ocv_slope=-4.4e-5)
    return vg.Cell(material, length=200e-9, area=1e-4, rate=rate, **kw)
