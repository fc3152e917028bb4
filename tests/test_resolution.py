"""vg.resolution: reference MTF, spreads by each other and by Fourier, limits, noise, time."""

from __future__ import annotations

from math import inf, pi

import numpy as np
import pytest
from common import load
from scipy.integrate import quad
from scipy.optimize import brentq

import vegard as vg
from vegard.noise import peak_sigma

UNIT = vg.Material(1.0, 1.0, 0.3)
GAUSS = vg.Experiment(UNIT, vg.GaussianTip(1.0), readout="punch")
DISC = vg.Experiment(UNIT, vg.DiscTip(1.0), readout="punch")
POINT = vg.Experiment(UNIT, vg.GaussianTip(1.0))


def ask(e, omega, **kw):
    return vg.resolution(e, np.asarray(omega) / (2 * pi), per="concentration", **kw)


@pytest.mark.parametrize("omega", [1e-3, 1.0, 1e3])
def test_reference(omega):
    rows = [r for r in load("mtf.json")["entries"] if r["omega"] == omega]
    found = ask(POINT, omega).mtf([float(r["K"]) for r in rows])
    exact = np.array([complex(r["value_re"], r["value_im"]) for r in rows])
    assert found.shape == (3,)
    assert np.abs(found - exact).max() < 1e-6


def test_shapes():
    one = ask(GAUSS, 1.0)
    assert np.ndim(one.k50) == np.ndim(one.mtf(1.0)) == np.ndim(one.psf(0.5)) == 0
    many = ask(GAUSS, [[0.1, 1.0, 10.0]])
    assert many.k50.shape == many.edge_10_90.shape == many.information_depth.shape == (1, 3)
    assert many.mtf([0.1, 1.0]).shape == many.esf([0.0, 1.0]).shape == (2, 1, 3)
    assert many.k50[0, 1] == pytest.approx(one.k50, rel=1e-6)
    assert many.mtf(0.0) == pytest.approx(1.0, rel=1e-9)


def test_levels_are_met():
    r = ask(GAUSS, [0.1, 10.0])
    for i in (0, 1):
        assert abs(r.mtf(r.k50[i])[i]) == pytest.approx(0.5, rel=1e-6)
        assert abs(r.mtf(r.k10[i])[i]) == pytest.approx(0.1, rel=1e-5)
        below = np.linspace(0, r.k50[i], 40)[:-1]
        assert (np.abs(r.mtf(below)[:, i]) > 0.5).all()
        for level, width in ((0.75, r.edge_25_75), (0.9, r.edge_10_90)):
            assert r.esf(width[i] / 2)[i].real == pytest.approx(level, abs=2e-5)


def project(y, r, x):
    return 2 * r.psf(np.hypot(x, y)).real


def test_spreads_agree_with_each_other():
    r = ask(GAUSS, 2.0)
    for x in (0.2, 0.9, 1.3, 3.0):
        step = 1e-3
        slope = (r.esf(x + step) - r.esf(x - step)) / (2 * step)
        assert abs(slope - r.lsf(x)) < 1e-5  # step² of the third derivative
        # the line is the projection of the point: dy on the other side of the foot
        whole = quad(project, 0, 200, args=(r, x), limit=400)[0]
        assert whole == pytest.approx(r.lsf(x).real, abs=1e-5)
    x = np.array([0.3, 1.0, 4.0])
    assert np.allclose(r.esf(-x), 1 - r.esf(x), rtol=1e-12)
    assert abs(r.esf(0.0) - 0.5) < 1e-12
    assert abs(r.esf(1e5) - 1) < 1e-4


def test_edge_from_the_mtf():
    r = ask(GAUSS, 2.0)
    # |MTF| falls like K^-3/2 past the ring of the punch: 1e-4 is left out at K = 400
    x, w = np.polynomial.legendre.leggauss(4000)
    K, w = 200 * (x + 1), 200 * w
    mtf = r.mtf(K)
    for at in (0.3, 0.9, 2.0):
        edge = 0.5 + (w * mtf * np.sin(K * at) / K).sum() / pi
        assert abs(r.esf(at) - edge) < 1e-4


def test_limits_of_a_punch_on_a_disc():
    # the line spread tends to a box of width 2R, at the rate √(ℓ/R)
    r = ask(DISC, 1e9)
    root = brentq(lambda k: np.sin(k) / k - 0.5, 1, 3)
    assert r.k50 == pytest.approx(root, rel=3e-3)
    assert r.edge_25_75 == pytest.approx(1.0, rel=5e-3)
    assert r.edge_10_90 == pytest.approx(1.6, rel=5e-3)
    assert r.rayleigh == pytest.approx(2.0, rel=2e-2)
    assert r.sparrow == pytest.approx(2.0, rel=2e-2)


def test_two_lines():
    r = ask(GAUSS, 1.0)
    for distance, dip in ((r.rayleigh, 8 / pi**2), (r.sparrow, 0.999)):
        x = np.linspace(0, 2 * distance, 801)[1:]
        both = np.abs(r.lsf(x - distance / 2) + r.lsf(x + distance / 2))
        middle = 2 * abs(r.lsf(distance / 2))
        assert middle / both.max() == pytest.approx(dip, abs=5e-4)
    assert r.sparrow < r.rayleigh
    assert ask(POINT, 1.0).rayleigh == 0


def test_a_point_read_says_nothing_about_the_tip():
    fast, faster = ask(POINT, [1e4, 1e6]).k50
    assert faster / fast == pytest.approx(10.0, rel=0.05)  # 1/ℓ, whatever the radius
    assert ask(POINT, 1.0).psf(0.0) == inf
    assert np.isfinite(ask(GAUSS, 1.0).psf(0.0))


def test_quoted_is_a_punch():
    r = ask(POINT, 1.0)
    assert r.quoted.experiment.readout == "punch"
    assert r.quoted.k50 == pytest.approx(ask(GAUSS, 1.0).k50, rel=1e-12)
    assert r.quoted.quoted is r.quoted


def test_information_depth_of_a_thin_skin():
    # du ∝ e^{-qz}, q² = iω/D: 1 - Re e^{-qz} = 0.9
    omega = 1e8
    root = brentq(lambda x: np.exp(-x) * np.cos(x) - 0.1, 0.5, 1.5)
    e = vg.Experiment(UNIT, vg.DiscTip(1.0))
    assert ask(e, omega).information_depth == pytest.approx(root * (2 / omega) ** 0.5, rel=3e-3)


def test_information_depth_near_rest():
    # du/dz ∝ 1 - 2z/√(R² + 4z²): the share above z is (2z - √(R² + 4z²) + R)/R
    root = brentq(lambda z: 2 * z - np.sqrt(1 + 4 * z * z) + 1 - 0.9, 0.01, 50)
    e = vg.Experiment(UNIT, vg.DiscTip(1.0))
    # √ω of the signal comes from a diffusion length away
    assert ask(e, 1e-9).information_depth == pytest.approx(root, rel=3e-3)


def test_noise_limited_period():
    afm = vg.Instrument("afm", 1e-3, None, 100.0)
    r = ask(DISC, [1.0, 1e7], instrument=afm, drive=10.0)
    sigma = peak_sigma(1e-3, 100.0)
    K = 2 * pi / r.noise_limited_period[0]
    assert abs(r.mtf(K)[0]) * abs(r.kernel.total[0]) == pytest.approx(sigma, rel=1e-5)
    assert r.noise_limited_period[1] == inf  # a signal of 8e-3 drowns
    assert abs(r.kernel.total[0]) == pytest.approx(
        10 * abs(vg.frequency_response(DISC, 0.5 / pi, per="concentration").values), rel=1e-7
    )
    assert ask(DISC, 1.0).noise_limited_period is None


@pytest.mark.parametrize("level", [0.02, 1e-3, 1e-5])
def test_noise_ends_at_the_first_zero_of_a_disc(level):
    """Also where the minimum is so narrow that even steps of ln K would jump over it."""
    one = ask(DISC, 1.0)
    afm = vg.Instrument("afm", level * abs(one.kernel.total[0]) / 200**0.5, None, 100.0)
    K = 2 * pi / ask(DISC, 1.0, instrument=afm).noise_limited_period
    below = np.linspace(0.5, K, 20_001)[:-1]
    assert (np.abs(one.mtf(below)) > level).all()
    if level > 1e-4:
        assert abs(K - 3.65) < 0.1
        assert abs(one.mtf(K)) == pytest.approx(level, rel=1e-4)


def test_noise_in_time_is_that_of_the_bandwidth():
    afm = vg.Instrument("afm", 1e-3, None, 100.0)
    r = vg.resolution(GAUSS, time=[0.5, 1.0], instrument=afm, per="concentration")
    assert r.noise == pytest.approx([1e-2, 1e-2], rel=1e-12)
    assert (np.isfinite(r.noise_limited_period)).all()


@pytest.mark.slow
def test_blur_grows_after_a_pulse():
    t = 0.01 + np.array([1e-3, 0.1, 1.0, 10.0])
    r = vg.resolution(GAUSS, time=t, drive=vg.Pulse(0.01), per="concentration")
    assert (np.diff(r.k50) < 0).all()
    assert (np.diff(r.edge_25_75) > 0).all()
    assert r.mtf(1.0).dtype == float
    # sum rule: the kernel adds up to the response
    u = vg.time_response(GAUSS, vg.Pulse(0.01), t, per="concentration").values
    assert r.kernel.total == pytest.approx(u, rel=1e-6, abs=0)
    assert (np.diff(r.information_depth) > 0).all()


def test_early_blur_is_that_of_high_frequency():
    # C = S erfc(z/2√t) at once under the whole profile: the same ring, √(t)/R of the rim lost
    r = vg.resolution(DISC, time=1e-6, per="concentration")
    assert r.mtf(2.0) == pytest.approx(np.sin(2.0) / 2, abs=2e-2)


@pytest.mark.parametrize(
    ("kw", "words"),
    [
        ({}, "either frequency"),
        ({"frequency": 0.0}, "frequency must be > 0"),
        ({"frequency": 1.0, "per": "flux"}, "no response per"),
        ({"frequency": 1.0, "instrument": vg.Instrument("a", 1.0, None, None)}, "bandwidth"),
        ({"frequency": 1.0, "instrument": vg.Instrument("a", None, None, 1.0)}, "unknown"),
    ],
)
def test_refusals(kw, words):
    with pytest.raises(vg.VegardError, match=words):
        vg.resolution(GAUSS, **{"per": "concentration", **kw})
    with pytest.raises(vg.VegardError, match="K must be >= 0"):
        ask(GAUSS, 1.0).mtf(-1.0)
