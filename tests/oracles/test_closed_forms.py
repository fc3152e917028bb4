"""Closed forms against 60-digit mpmath: 1e-12 over 24 decades."""

from __future__ import annotations

import numpy as np
import pytest
from common import load, unit_experiment

import vegard as vg
from vegard import closed_forms as cf

DATA = load("closed_forms.json")
S = np.array([complex(e["s_re"], e["s_im"]) for e in DATA["transfer"]])
T = np.array([e["T"] for e in DATA["step"]])
NAMES = {
    "F_disc": ("disc", "conc", cf.disc_concentration, cf.disc_concentration_step),
    "F_gauss": ("gauss", "conc", cf.gaussian_concentration, cf.gaussian_concentration_step),
    "G_disc": ("disc", "flux", cf.disc_flux, cf.disc_flux_step),
    "G_gauss": ("gauss", "flux", cf.gaussian_flux, cf.gaussian_flux_step),
}


@pytest.mark.parametrize("name", NAMES)
def test_transfer(name):
    reference = np.array([complex(*e[name]) for e in DATA["transfer"]])
    assert np.abs(NAMES[name][2](S) / reference - 1).max() < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_step(name):
    reference = np.array([e[name] for e in DATA["step"]])
    assert np.abs(NAMES[name][3](T) / reference - 1).max() < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_engine_agrees_in_frequency(name):
    tip, interface, function, _ = NAMES[name]
    per = "concentration" if interface == "conc" else "flux"
    omega = np.logspace(-12, 12, 73)
    u = vg.frequency_response(unit_experiment(tip, interface), omega / (2 * np.pi), per=per)
    assert np.abs(u.values / function(1j * omega) - 1).max() < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_engine_agrees_in_time(name):
    tip, interface, _, function = NAMES[name]
    per = "concentration" if interface == "conc" else "flux"
    t = np.logspace(-10, 10, 61)
    u = vg.step_response(unit_experiment(tip, interface), t, per=per)
    assert np.abs(u.values / function(t) - 1).max() < 1e-11
    assert (np.abs(u.values - function(t)) <= u.error + 1e-14 * np.abs(u.values)).all()


def test_continuity_across_every_switch():
    """Both sides of each branch agree: the textbook formula, a series, an asymptotic series."""
    for function, edges in (
        (cf.disc_concentration, (0.25,)),
        (cf.gaussian_concentration, (0.25,)),
        (cf.disc_flux, (2500.0,)),
        (cf.gaussian_flux, (2.0, 120.0)),
    ):
        for x in edges:
            for phi in (0.0, 0.5, -0.5, 0.9):
                s = x * np.exp(1j * np.pi * phi) * np.array([1 - 1e-13, 1 + 1e-13])
                low, high = function(s)
                assert abs(low / high - 1) < 2e-12


def test_limits():
    """F → ½ and ½√(π/2) at rest, 1/σ at high frequency; G → 1/σ²."""
    assert cf.disc_concentration(1e-12) == pytest.approx(0.5, rel=1e-6)
    assert cf.gaussian_concentration(1e-12) == pytest.approx(0.5 * np.sqrt(np.pi / 2), rel=1e-6)
    for f in (cf.disc_concentration, cf.gaussian_concentration):
        assert abs(f(1e12j) * np.sqrt(1e12j) - 1) < 2e-6
    for g in (cf.disc_flux, cf.gaussian_flux):
        assert abs(g(1e12j) * 1e12j - 1) < 1e-5
    ratio = cf.gaussian_flux(1e-10) - (-0.25 * np.log(1e-10) + (np.log(8) - 1 - cf.EULER) / 4)
    assert abs(ratio) < 1e-8


def test_shapes():
    assert np.ndim(cf.disc_concentration(1j)) == 0
    assert cf.disc_flux(np.ones((2, 3)) * 1j).shape == (2, 3)
