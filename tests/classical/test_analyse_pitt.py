"""PITT analysed: truth recovered, textbook biases as theory has them, honest intervals."""

from __future__ import annotations

from functools import partial
from math import inf, log, pi

import numpy as np
import pytest
from analysed import AREA, BODIES, FARADAY, HOST, SLOPE, TAU, UNKNOWN, D, K, L, cell, coverage, near
from scipy.optimize import brentq
from scipy.special import erfcx, jn_zeros

import vegard as vg
from vegard.classical import analyse_pitt, pitt
from vegard.classical.pitt_analysis import LONG, PERMEABLE_LONG, SHORT

STEP = 0.01
M = {"planar": 0, "cylinder": 1, "sphere": 2}


def transient(sample, t, step=STEP):
    return pitt(sample, t * TAU, step).values


# the long-time method


def first_root(biot):
    return brentq(lambda x: x * np.sin(x) - biot * np.cos(x), 1e-9, pi / 2)


@pytest.mark.parametrize(("biot", "told"), [(0.1, 0.039), (1, 0.30), (10, 0.83), (100, 0.98)])
def test_long_time_is_low_by_the_first_root(biot, told):
    """D_app/D = (2λ₁/π)², λ₁ tan λ₁ = Bi; the second mode is left out to 0.1 % of D."""
    exact = (2 * first_root(biot) / pi) ** 2
    assert exact == pytest.approx(told, abs=0.005 if told > 0.1 else 0.0005)
    t = np.linspace(0.01, 8 / min(biot, 1), 1500)
    got = analyse_pitt(
        t * TAU, transient(cell(biot), t), cell(material=UNKNOWN), method="long_time"
    )
    ratio = got.diffusivity / D
    assert ratio == pytest.approx(told, abs=0.005 if told > 0.1 else 0.0005)
    assert ratio == near(exact, rel=1e-3)
    assert got.more["decay"] == near(first_root(biot) ** 2 / TAU, rel=1e-3)
    # later there is nothing else
    late = t[t > 3]
    got = analyse_pitt(late * TAU, transient(cell(biot), late), cell(), method="long_time")
    assert got.diffusivity / D == near(exact, rel=1e-9)


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_long_time_of_all_bodies(shape, back):
    """At rest D is right: λ₁ = π/2, 2.405, π, and the constant flow of a permeable film."""
    t = np.linspace(0.01, 2.5, 500)
    sample = cell(inf, shape, back)
    got = analyse_pitt(t * TAU, transient(sample, t), sample, method="long_time")
    assert got.diffusivity == near(D, rel=3e-3)  # 1 % where the window starts, less from there on
    if back == "permeable":
        assert got.more["step_level"] == near(STEP * D / (K * L), rel=1e-5)
    late = np.linspace(1.2, 2.5, 100)
    got = analyse_pitt(late * TAU, transient(sample, late), sample, method="long_time")
    assert got.diffusivity == near(D, rel=1e-7)


def test_ranges_of_the_limits_are_where_d_is_within_one_per_cent():
    """Typed again from the modes: local slope of ln I; I√t; slope of I against 1/√t."""
    modes = {"planar": pi * (np.arange(40) + 0.5), "cylinder": jn_zeros(0, 40),
             "sphere": pi * np.arange(1, 41)}  # fmt: skip
    for shape, found in modes.items():

        def local(t, m=found):
            w = np.exp(-m * m * t)
            return (m * m * w).sum() / w.sum() / m[0] ** 2 - 1

        assert local(LONG[shape]) == near(0.01, rel=5e-3)  # constants of four digits
    assert LONG["sphere"] == PERMEABLE_LONG  # the same modes
    # Cottrell, film: j√(πT) = 1 - 2e^(-1/T) + …, D goes with its square
    assert 1 / log(400) == near(SHORT["planar"], rel=2e-3)
    # sphere: j = (1 + 2e^(-1/T))/√(πT) - 1; slope against u = T^(-1/2)
    u = SHORT["sphere"] ** -0.5
    assert (1 + (2 - 4 * u * u) * np.exp(-u * u)) ** 2 == pytest.approx(0.99, abs=1e-4)
    # cylinder: j = 1/√(πT) - 1/2 - √(T/π)/4 - T/8 …; slope (1 + T/4 + √π T^(3/2)/4)/√π
    t = SHORT["cylinder"]
    slope = 1 + t / 4 + pi**0.5 / 4 * t**1.5
    assert slope**2 == pytest.approx(1.01, abs=1e-3)


# Cottrell


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("sign", [1, -1])
def test_cottrell(shape, back, sign):
    """Early enough exact; within its range 1 %; the sign of the step does not matter."""
    sample = cell(inf, shape, back)
    early = np.geomspace(1e-5, 2e-4 if shape == "cylinder" else 0.02, 50)
    got = analyse_pitt(early * TAU, transient(sample, early, sign * STEP), sample,
                       method="cottrell", step=sign * STEP)  # fmt: skip
    # the cylinder's next term is T/4 of the first
    assert got.diffusivity == near(D, rel=5e-5 if shape == "cylinder" else 1e-10)
    t = np.geomspace(1e-4, 5, 400)
    got = analyse_pitt(t * TAU, transient(sample, t), sample, method="cottrell", step=STEP)
    assert got.diffusivity == near(D, rel=0.01)
    assert got.valid_range[1] <= SHORT[shape] * TAU * 1.01
    assert got.valid_range[1] > SHORT[shape] * TAU * 0.95


@pytest.mark.parametrize("shape", ["planar", "cylinder", "sphere"])
def test_cottrell_by_charge(shape):
    """Without step and slope: the charge of the whole transient, (m+1)Q/L = ΔV/k."""
    t = np.geomspace(1e-5, 3.0, 800)
    sample = cell(inf, shape)
    got = analyse_pitt(t * TAU, transient(sample, t), cell(inf, shape, material=UNKNOWN),
                       method="cottrell")  # fmt: skip
    assert got.diffusivity == near(D, rel=3e-3)
    charge = STEP / -SLOPE * FARADAY * AREA * L / (M[shape] + 1)
    assert got.more["charge"] == near(charge, rel=1e-3)
    down = analyse_pitt(t * TAU, -transient(sample, t), cell(inf, shape), method="cottrell")
    assert down.diffusivity == near(got.diffusivity, rel=1e-12)
    assert down.more["charge"] == near(-charge, rel=1e-3)
    with pytest.raises(vg.VegardError, match=r"transient that is over.*measure longer"):
        analyse_pitt(t[:600] * TAU, transient(sample, t[:600]), sample, method="cottrell")
    with pytest.raises(vg.VegardError, match="permeable"):
        analyse_pitt(t, transient(cell(inf, back="permeable"), t), cell(inf, back="permeable"),
                     method="cottrell")  # fmt: skip


def test_cottrell_is_biased_by_a_slow_interface():
    """I = (ΔV/k)(κ) e^(h²) erfc h, h = κ√(t/D): D too small, as GITT's is not; and it is told."""
    biot, t = 5.0, np.linspace(0.001, 0.02, 40)
    i = transient(cell(biot), t)
    h = biot * np.sqrt(t)
    assert np.allclose(i, STEP / K * biot * D / L * erfcx(h), rtol=1e-9, atol=0)
    with pytest.warns(vg.OutOfRegime, match="does not describe"):
        got = analyse_pitt(t * TAU, i, cell(), method="cottrell", step=STEP)
    u = 1 / np.sqrt(t * TAU)
    wanted = pi * (K / STEP * (u @ i) / (u @ u)) ** 2
    assert got.diffusivity == near(wanted, rel=1e-12)
    assert got.diffusivity < 0.2 * D


# kinetics


ONE_FAST = [pytest.param(*b, marks=[pytest.mark.slow] * (i > 0)) for i, b in enumerate(BODIES)]


@pytest.mark.parametrize(("shape", "back"), ONE_FAST)
@pytest.mark.parametrize("step", [STEP, None])
def test_kinetics_recovers_both(shape, back, step):
    """Bi from 0.01 to 100, with and without the height: D and κ to 1e-8."""
    for biot in (0.01, 1.0, 100.0):
        sample = cell(biot, shape, back)
        t = np.geomspace(1e-4, 4 / min(1, biot), 150)
        bare = cell(inf, shape, back, HOST if step else UNKNOWN)
        got = analyse_pitt(t * TAU, transient(sample, t), bare, method="kinetics", step=step)
        assert got.diffusivity == near(D, rel=1e-8)
        assert got.more["rate"] == near(sample.rate, rel=1e-8)
        assert got.more["biot"] == near(biot, rel=1e-8)
        assert got.more["determined"] == "both"
        assert got.valid_range == (t[0] * TAU, t[-1] * TAU)


def test_kinetics_counts_a_series_resistance_as_interface():
    """1/κ_app = 1/κ + R_s zFA/(-dE/dC)."""
    t = np.geomspace(1e-4, 4, 100)
    sample = cell(10.0, series_resistance=2.0)
    got = analyse_pitt(t * TAU, transient(sample, t), cell(), method="kinetics", step=STEP)
    assert got.diffusivity == near(D, rel=1e-8)
    assert 1 / got.more["rate"] == near(1 / sample.rate + 2.0 / K, rel=1e-8)


def noisy(sample, t, share, seed=0):
    i = transient(sample, t)
    return i + share * np.sqrt((i**2).mean()) * np.random.default_rng(seed).standard_normal(t.size)


def test_kinetics_at_rest_gives_d_only():
    t = np.geomspace(1e-4, 3, 80)
    exact = analyse_pitt(t * TAU, transient(cell(), t), cell(), method="kinetics", step=STEP)
    assert exact.diffusivity == near(D, rel=1e-10)
    assert exact.more["rate"] == inf
    got = analyse_pitt(t * TAU, noisy(cell(), t, 0.01), cell(), method="kinetics", step=STEP)
    assert got.more["determined"] == "diffusivity"
    assert got.more["rate_interval"][1] == inf
    assert got.interval[0] < D < got.interval[1] < 1.1 * D


def test_kinetics_of_a_slow_interface_gives_the_rate_only():
    """Bi = 1e-3, no point early enough to see diffusion: κ to 1 %, D above a bound."""
    t = np.geomspace(0.05, 5000, 80)
    got = analyse_pitt(t * TAU, noisy(cell(1e-3), t, 0.01), cell(), method="kinetics", step=STEP)
    assert got.more["determined"] == "rate"
    assert got.more["rate"] == near(1e-3 * D / L, rel=0.01)
    assert 0 < got.interval[0] < D
    assert got.interval[1] == got.sigma == inf
    assert "D > " in got.report()


def test_kinetics_of_a_straight_cottrell_line_without_height_gives_nothing():
    """I ∝ 1/√t without a bend: D has an upper bound alone, below which it has not bent yet."""
    t = np.geomspace(1e-4, 0.05, 80)
    i = noisy(cell(), t, 0.01)
    got = analyse_pitt(t * TAU, i, cell(material=UNKNOWN), method="kinetics")
    assert got.more["determined"] == "neither"
    assert got.interval[0] == 0
    assert D < got.interval[1] < 20 * D
    assert got.sigma == inf
    assert "D < " in got.report()
    # the height settles it
    got = analyse_pitt(t * TAU, i, cell(), method="kinetics", step=STEP)
    assert got.more["determined"] == "diffusivity"
    assert got.interval[0] < D < got.interval[1]


def test_kinetics_bends_of_the_interface_alone():
    """Bi = 30, semi-infinite, height unknown: κ²/D has its bend, κ and D have no lower bound."""
    t = np.geomspace(1e-4, 0.05, 80)
    got = analyse_pitt(t * TAU, noisy(cell(30.0), t, 0.01), cell(), method="kinetics")
    assert got.more["determined"] == "neither"
    assert got.interval[0] == got.more["rate_interval"][0] == 0
    assert got.interval[1] < 100 * D
    assert got.more["rate"] ** 2 / got.diffusivity == near(30**2 * D / L**2, rel=0.5)


def test_unit_mistakes_are_told():
    t = np.geomspace(1e-3, 4, 200)
    i = transient(cell(), t)
    with pytest.raises(vg.VegardError, match=r"L²/D = 4.* ns.*check units.*current in A"):
        analyse_pitt(t * TAU, 1e3 * i, cell(), method="cottrell", step=STEP)  # mA
    with pytest.warns(vg.OutOfRegime, match="check units"):
        analyse_pitt(t * TAU, 1e3 * i, cell(), method="kinetics", step=STEP)
    long = vg.Cell(HOST, L * 1e6, AREA)  # µm for m
    assert "µm" in analyse_pitt(t * TAU, i, long, method="long_time").report()
    assert analyse_pitt(t * TAU, i, cell(), method="long_time").doubts == ()


def test_window():
    t = np.geomspace(1e-3, 4, 200)
    i = transient(cell(), t)
    got = analyse_pitt(t * TAU, i, cell(), method="cottrell", step=STEP, window=(0.0, 0.05 * TAU))
    assert got.valid_range == (t[0] * TAU, t[t <= 0.05][-1] * TAU)
    with pytest.warns(vg.OutOfRegime, match=r"Dt/L² = 0\.9.*holds to 0\.1668"):
        analyse_pitt(t * TAU, i, cell(), method="cottrell", step=STEP, window=(0.0, TAU))
    unlike = pytest.warns(vg.OutOfRegime, match="does not describe")
    with unlike, pytest.warns(vg.OutOfRegime, match=r"Dt/L² = 0\.1.*from 0\.339"):
        analyse_pitt(t * TAU, i, cell(), method="long_time", window=(0.1 * TAU, 3 * TAU))
    for window, words in (((1.0, 0.5), "low < high"), ("all", r"\(low, high\)"),
                          ((1e3, 2e3), "in the window 1000 to 2000 s; got 0 of 200")):  # fmt: skip
        with pytest.raises(vg.VegardError, match=words):
            analyse_pitt(t * TAU, i, cell(), method="kinetics", window=window)


def test_no_data_in_the_range():
    late, early = np.linspace(0.5, 4, 50), np.linspace(0.001, 0.2, 50)
    with pytest.raises(vg.VegardError, match=r'first points are too late.*method="kinetics"'):
        analyse_pitt(late * TAU, transient(cell(), late), cell(), method="cottrell", step=STEP)
    with pytest.raises(vg.VegardError, match="ends too early"):
        analyse_pitt(early * TAU, transient(cell(), early), cell(), method="long_time")


T = np.linspace(0.1, 1, 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": T[::-1]}, r"time must increase.*after point 0 it falls from 1 s to 0\.9 s \(9"),
        ({"time": [*T[:5], *T[4:9]]}, r"time 0\.5 s occurs twice, at points 4 and 5"),
        ({"current": [*np.ones(9), np.nan]}, "current is nan at point 9 .1 of 10"),
        ({"current": np.zeros(10)}, "current is 0 at all 10 points"),
        ({"current": np.ones(9)}, "time has 10 values but current 9"),
        ({"current": 1j * np.ones(10)}, "current must be real"),
        ({"current": ["a"] * 10}, r"row of numbers \[A\]"),
        ({"current": [[1.0], [1.0, 2.0]]}, r"row of numbers \[A\]"),
        ({"current": np.ones((10, 1))}, r"shape \(10, 1\)"),
        ({"time": T - 0.75}, "5 or more points after the step at t = 0; got 3 of 10"),
        ({"step": -0.01}, "opposite|other way.*Change the sign"),
        ({"step": 0.0}, r"step must be finite and not 0 \[V\]"),
        ({"step": "10 mV"}, r"step must be one number \[V\]"),
        ({"method": "cotrell"}, "Did you mean 'cottrell'.*kinetics, long_time"),
        ({"cell": "film"}, "must be a vegard Cell"),
    ],
)
def test_bad_data(change, words):
    given = {"time": T, "current": np.exp(-T), "cell": cell(), "method": "kinetics", **change}
    with pytest.raises(vg.VegardError, match=words):
        analyse_pitt(given.pop("time"), given.pop("current"), given.pop("cell"), **given)


def test_wrong_sign_of_the_slope():
    host = vg.Material(None, None, None, ocv_slope=4e-5)
    with pytest.raises(vg.VegardError, match="sign opposite to the charge"):
        analyse_pitt(T, np.exp(-T), vg.Cell(host, L, AREA), method="kinetics", step=0.01)


# intervals: noise of 2 % of the mean square


def noise(sample, t, share):
    i = transient(sample, t)
    size = share * np.sqrt((i**2).mean())
    return t * TAU, lambda rng: i + size * rng.standard_normal(t.size)


@pytest.mark.slow
def test_cottrell_covers():
    """1000 repeats: 2 % are three standard deviations. Film, and a sphere with its intercept."""
    for shape in ("planar", "sphere"):
        t, case = noise(cell(inf, shape), np.linspace(0.002, 0.4, 120), 0.02)
        run = partial(analyse_pitt, t, cell=cell(inf, shape), method="cottrell", step=STEP)
        share = coverage(case, run, 1000)
        assert 0.93 <= share <= 0.97


@pytest.mark.slow
def test_cottrell_by_charge_covers():
    """The noise of the charge and of the slope go together."""
    t, case = noise(cell(), np.geomspace(1e-4, 3.2, 200), 0.002)
    share = coverage(case, lambda i: analyse_pitt(t, i, cell(), method="cottrell"), 1000)
    assert 0.93 <= share <= 0.97


@pytest.mark.exhaustive
def test_long_time_covers():
    t, case = noise(cell(), np.linspace(0.05, 2, 60), 0.02)
    share = coverage(case, lambda i: analyse_pitt(t, i, cell(), method="long_time"), 400)
    assert 0.93 <= share <= 0.97


@pytest.mark.exhaustive
@pytest.mark.parametrize(("step", "biot"), [(STEP, 10.0), (None, 0.5)])
def test_kinetics_covers(step, biot):
    """Both D and κ; 1000 repeats: 2 % are three standard deviations."""
    t, case = noise(cell(biot), np.geomspace(1e-3, 4 / min(1, biot), 60), 0.02)
    hits, rate, rng = np.zeros(2), biot * D / L, np.random.default_rng(0)
    for _ in range(1000):
        got = analyse_pitt(t, case(rng), cell(), method="kinetics", step=step)
        low, high = got.more["rate_interval"]
        hits += got.interval[0] <= D <= got.interval[1], low <= rate <= high
    assert (np.abs(hits / 1000 - 0.95) <= 0.02).all()
