"""GITT analysed: unbiased by linear kinetics, textbook biases as theory has them, intervals."""

from __future__ import annotations

from functools import partial
from math import inf, log, pi

import numpy as np
import pytest
from analysed import AREA, BODIES, HOST, TAU, UNKNOWN, D, K, L, cell, coverage, near
from scipy.optimize import brentq
from scipy.special import iv, ive

import vegard as vg
from vegard.classical import analyse_gitt, gitt
from vegard.classical.gitt_analysis import CHORD, REST, ROOT

I = 1e-4  # noqa: E741 the current
M = {"planar": 0, "cylinder": 1, "sphere": 2}


def pulse(sample, length, current=I, *, rest=2.0, points=100):
    """Times from the start, evenly in the pulse, and V; lengths in L²/D."""
    t = np.linspace(length / points, length, points)
    if rest:
        t = np.concatenate([t, length + np.geomspace(1e-3 * rest, rest, points // 2)])
    return t * TAU, gitt(sample, t * TAU, vg.Pulse(length * TAU, current)).values


# √t


@pytest.mark.parametrize("biot", [1e-6, 1e-2, 1.0, 100.0, inf])
@pytest.mark.parametrize("current", [I, -I])
def test_sqrt_t_is_unbiased_by_kinetics(biot, current):
    """Any κ, any series resistance: in the √t range to what rounding of V leaves, 1e-9."""
    t, v = pulse(cell(biot, series_resistance=3.0), 0.02, current, rest=0)
    got = analyse_gitt(t, v, cell(), method="sqrt_t", current=current)
    assert got.diffusivity == near(D, rel=2e-11 / min(biot, 1e-2))
    wanted = 3.0 + (0 if biot == inf else K * L / (D * biot))
    assert got.more["resistance"] == near(wanted, rel=1e-9)


def test_sqrt_t_of_a_whole_pulse_does_not_depend_on_the_rate():
    """Where the window is the legal one the back is felt a little, the interface not at all."""
    found = [
        analyse_gitt(*pulse(cell(biot), 1.0), cell(), method="sqrt_t", current=I, pulse=TAU)
        for biot in (1e-3, 1.0, inf)
    ]
    assert found[0].diffusivity == near(found[2].diffusivity, rel=1e-9)
    assert found[1].diffusivity == near(found[2].diffusivity, rel=1e-12)
    assert found[2].diffusivity == near(D, rel=1e-3)
    assert found[2].valid_range[1] == near(ROOT["planar"] * TAU, rel=0.05)


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_sqrt_t_of_all_bodies(shape, back):
    """The known curvature (m/2)kIt/L is taken out; 1 % in the stated range, less when earlier."""
    sample = cell(1.0, shape, back)
    t, v = pulse(sample, ROOT[shape], rest=0)
    got = analyse_gitt(t, v, sample, method="sqrt_t", current=I)
    assert got.diffusivity == near(D, rel=0.01)
    t, v = pulse(sample, 0.01 * ROOT[shape], rest=0)
    got = analyse_gitt(t, v, sample, method="sqrt_t", current=I)
    assert got.diffusivity == near(D, rel=1e-4)  # D off ∝ T or less


def theta(t):
    """1 + 2Σe^(-n²/T)."""
    n = np.arange(1, 60)
    return 1 + 2 * np.exp(-n * n / t).sum()


def test_ranges_are_where_d_is_within_one_per_cent():
    """From the transforms, typed again: dc/d√T ∝ L⁻¹[1/y], c ∝ L⁻¹[1/(sy)]."""
    # film: √(πT) dc/dT = 1 + 2Σe^(-n²/T)
    assert theta(ROOT["planar"]) ** -2 == pytest.approx(0.99, abs=2e-4)

    def level(t):  # film: 2√(T/π)(1 + …) by the series that serves late
        n = np.arange(1, 60)
        return t + 1 / 3 - (2 / (pi * n) ** 2 * np.exp(-((pi * n) ** 2) * t)).sum()

    t = CHORD["planar"]
    assert 4 * t / pi / level(t) ** 2 == pytest.approx(0.99, abs=2e-4)
    # sphere: c = e^T(1 + erf √T) - 1; cylinder: 1/y = 1/x + 1/2x² + 3/8x³ + 3/8x⁴ …
    from scipy.special import erf

    def sphere(r):
        return np.exp(r * r) * (1 + erf(r)) - 1

    t = CHORD["sphere"]
    assert 4 * t / pi / sphere(t**0.5) ** 2 == pytest.approx(0.99, abs=1e-4)
    r, h = ROOT["sphere"] ** 0.5, 1e-5
    slope = (sphere(r + h) - sphere(r - h)) / (2 * h) - 2 * r
    assert 4 / pi / slope**2 == pytest.approx(0.99, abs=1e-4)
    t = ROOT["cylinder"]
    slope = 2 / pi**0.5 * (1 + 3 / 4 * t + 3 / 8 * pi**0.5 * t**1.5)
    assert 4 / pi / slope**2 == pytest.approx(0.99, abs=1e-4)
    t = CHORD["cylinder"]
    c = 2 * (t / pi) ** 0.5 + t / 2 + t**1.5 / (2 * pi**0.5)
    assert 4 * t / pi / c**2 == pytest.approx(0.99, abs=1e-4)
    x = 40.0  # the expansion itself
    y = x * ive(1, x) / ive(0, x)
    assert 1 / y == near(1 / x + 1 / (2 * x**2) + 3 / (8 * x**3) + 3 / (8 * x**4), rel=1e-6)
    assert iv(1, 2.0) > 0  # the cylinder's y is x I₁/I₀
    # after a pulse: ΔE_s + 2kI/L … e^(-λ₁²T), 0.5 % of ΔE_s for a short one
    modes = {"planar": pi, "cylinder": 3.8317059702075125,
             "sphere": brentq(lambda x: np.tan(x) - x, 4.4, 4.6)}  # fmt: skip
    for shape, first in modes.items():
        assert log(400 / (M[shape] + 1)) / first**2 == near(REST[shape], rel=2e-3)


def test_a_long_pulse_is_cut_or_told():
    t, v = pulse(cell(), 1.0, rest=0)
    with (
        pytest.warns(vg.OutOfRegime, match="does not describe"),
        pytest.warns(
            vg.OutOfRegime,
            match=r"t/\(L²/D\) = 0\.\d+, too long.*up to 0\.167, window=\(0, 0\.\d+\) s",
        ),
    ):
        got = analyse_gitt(t, v, cell(), method="sqrt_t", current=I, window=(0, TAU))
    assert got.diffusivity < 0.8 * D
    t, v = pulse(cell(), 20.0, rest=0, points=30)
    with pytest.raises(
        vg.VegardError, match=r"1 of 30 points.*too long, or sampled too slowly.*full"
    ):
        analyse_gitt(t, v, cell(), method="sqrt_t", current=I)


# Weppner and Huggins


def test_weppner_huggins_is_the_textbook_formula():
    """D = (4/πτ)(L ΔE_s/ΔE_τ)², the chord from the first point, typed again."""
    sample = cell(0.1)
    t, v = pulse(sample, 0.1)
    got = analyse_gitt(t, v, cell(material=UNKNOWN), method="weppner_huggins", pulse=0.1 * TAU)
    on = t <= 0.1 * TAU * (1 + 1e-12)
    chord = (v[on][-1] - v[on][0]) / (t[on][-1] ** 0.5 - t[on][0] ** 0.5)
    formula = 4 / pi * (L * v[-1] / (0.1 * TAU) / chord) ** 2
    assert got.diffusivity == near(formula, rel=1e-12)
    assert got.diffusivity == near(D, rel=1e-3)
    assert got.more["delta_s"] == v[-1]
    # the same with the slope of the open-circuit curve in the place of the relaxation
    general = analyse_gitt(t[on], v[on], cell(), method="weppner_huggins", current=I)
    assert general.diffusivity == near(4 / pi * (K * I / chord) ** 2, rel=1e-12)
    assert "delta_s" not in general.more
    # with current but without the slope, the relaxation tells the slope
    told = analyse_gitt(t, v, cell(material=UNKNOWN), method="weppner_huggins", pulse=0.1 * TAU,
                        current=I)  # fmt: skip
    assert told.more["stiffness"] == near(K, rel=1e-6)


def test_weppner_huggins_of_a_sphere():
    """V/A = R/3 stands for L: the textbook's (4/πτ)(R/3)²(ΔE_s/ΔE_τ)², right for a short pulse."""
    t, v = pulse(cell(inf, "sphere"), 2e-5, rest=1.0)
    got = analyse_gitt(t, v, cell(inf, "sphere", material=UNKNOWN), method="weppner_huggins",
                       pulse=2e-5 * TAU)  # fmt: skip
    assert got.diffusivity == near(D, rel=0.01)


def test_weppner_huggins_of_a_constant_that_is_not_zero():
    """Points before the pulse tell the level from which ΔE_s counts."""
    t, v = pulse(cell(), 0.1)
    t, v = np.append([-2.0, -1.0, 0.0], t), np.append([0.0, 0.0, 0.0], v)
    found = [
        analyse_gitt(t, v + shift, cell(), method="weppner_huggins", pulse=0.1 * TAU).diffusivity
        for shift in (0.0, -3.9)
    ]
    assert found[0] == near(found[1], rel=1e-9)
    assert found[0] == near(D, rel=2e-3)


@pytest.mark.parametrize(("length", "low", "high"), [(0.25, 0.98, 1.0), (1.0, 0.7, 0.8),
                                                     (4.0, 0.2, 0.3)])  # fmt: skip
def test_weppner_huggins_of_a_long_pulse(length, low, high):
    """(2√(T/π)/c)²: towards 4/(πT), which says nothing of D; told from 0.27 L²/D on."""
    t, v = pulse(cell(), length, rest=0, points=4000)
    run = partial(analyse_gitt, t, v, cell(), method="weppner_huggins", current=I)
    if length < CHORD["planar"]:
        got = run()
    else:
        with pytest.warns(vg.OutOfRegime, match="too long for √t.*up to 0.27"):
            got = run()
    n = np.arange(1, 60)
    c = length + 1 / 3 - (2 / (pi * n) ** 2 * np.exp(-((pi * n) ** 2) * length)).sum()
    first = 1 - 4000**-0.5
    assert got.diffusivity / D == near(4 * length / pi / c**2, rel=3 * (1 - first))
    assert low < got.diffusivity / D < high


def test_weppner_huggins_of_a_sphere_is_curved():
    """A particle's curvature makes D too small long before its centre is felt: 17 % at 0.01."""
    t, v = pulse(cell(inf, "sphere"), 0.01, rest=0)
    with pytest.warns(vg.OutOfRegime, match="up to 3.2e-05"):
        got = analyse_gitt(t, v, cell(inf, "sphere"), method="weppner_huggins", current=I)
    assert got.diffusivity / D == pytest.approx(0.833, abs=0.03)


def test_a_short_relaxation_is_told_or_not_used():
    t, v = pulse(cell(), 0.1, rest=0.2)
    with pytest.warns(vg.OutOfRegime, match=r"relaxation lasts .* ΔE_s needs 0\.607 L²/D"):
        wrong = analyse_gitt(t, v, cell(), method="weppner_huggins", pulse=0.1 * TAU)
    assert wrong.diffusivity > 1.2 * D
    got = analyse_gitt(t, v, cell(), method="weppner_huggins", pulse=0.1 * TAU, current=I)
    assert got.diffusivity == near(D, rel=1e-3)
    assert "delta_s" not in got.more


# the full model


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("length", [0.02, 3.0])
def test_full_model_recovers_everything(shape, back, length):
    """D, R_s + R_ct, and -dE/dC where it is not known: 1e-8 without noise."""
    sample = cell(0.5, shape, back, series_resistance=2.0)
    resistance = 2.0 + K * L / (D * 0.5)
    t, v = pulse(sample, length)
    run = partial(analyse_gitt, t, method="full_model", pulse=length * TAU)
    for shift in (0.0, -3.9):
        got = run(v + shift, cell(inf, shape, back), current=I)
        assert got.diffusivity == near(D, rel=1e-8)
        assert got.more["resistance"] == near(resistance, rel=1e-8)
    bare = cell(inf, shape, back, UNKNOWN)
    got = run(v, bare, current=I)
    assert got.diffusivity == near(D, rel=1e-8)
    assert got.more["resistance"] == near(resistance, rel=1e-8)
    assert got.more["stiffness"] == near(K, rel=1e-8)
    # from the shape alone: neither current nor slope
    assert run(v, bare).diffusivity == near(D, rel=1e-8)
    # the pulse alone: the constants are one
    on = t <= length * TAU * (1 + 1e-12)
    got = analyse_gitt(t[on], v[on], cell(inf, shape, back), method="full_model", current=I)
    assert got.diffusivity == near(D, rel=1e-8)
    assert "resistance" not in got.more


def test_full_model_says_what_it_cannot_know():
    """Semi-infinite and of unknown height: D has an upper bound alone."""
    t, v = pulse(cell(), 1e-3, rest=1e-3)
    v = v + 1e-3 * v.max() * np.random.default_rng(0).standard_normal(v.size)
    got = analyse_gitt(t, v, cell(material=UNKNOWN), method="full_model", pulse=1e-3 * TAU)
    assert got.interval[0] == 0
    assert D < got.interval[1] < inf
    assert got.sigma == inf
    got = analyse_gitt(t, v, cell(), method="full_model", pulse=1e-3 * TAU, current=I)
    assert got.interval[0] < D < got.interval[1] < 1.1 * D


def test_double_layer_and_units_do_not_pass_unseen():
    loaded = cell(0.1, double_layer=2e-2)
    t, v = pulse(loaded, 0.5, rest=0)
    with pytest.warns(vg.OutOfRegime, match="does not describe"):
        analyse_gitt(t, v, cell(), method="full_model", current=I)
    t, v = pulse(cell(), 0.2, rest=0)
    with pytest.raises(vg.VegardError, match=r"check units.*current in A"):
        analyse_gitt(t, v, cell(), method="sqrt_t", current=1e3 * I)  # mA
    with pytest.warns(vg.OutOfRegime, match="check units"):
        analyse_gitt(t, v, cell(), method="full_model", current=1e3 * I)
    with pytest.warns(vg.OutOfRegime):
        got = analyse_gitt(t, v, cell(), method="weppner_huggins", current=1e3 * I)
    assert "in mA for A changes D by 1e6" in got.report()


# the measured current


def test_measured_current_tells_the_pulse():
    t = np.linspace(0, 0.6, 1201) * TAU
    v = gitt(cell(1.0), t, vg.Pulse(0.2 * TAU, -I)).values
    on = (t > 0) & (t <= 0.2 * TAU)
    current = np.where(on, -I, 0.0) + 1e-3 * I * np.random.default_rng(0).standard_normal(t.size)
    run = partial(analyse_gitt, t, v, cell(), method="full_model")
    with pytest.warns(
        vg.OutOfRegime, match=r"ends between 0\.08 s and 0\.0802 s; 0\.0801 s is taken"
    ):
        rough = run(current=current)
    got = run(current=current, pulse=0.2 * TAU)
    assert got.diffusivity == near(D, rel=1e-4)  # the mean of a noisy current
    assert rough.diffusivity == near(D, rel=0.02)
    part = t <= 0.2 * TAU  # on from the point at t = 0 to the last
    whole = analyse_gitt(t[part], v[part], cell(), method="full_model",
                         current=np.full(part.sum(), -I), window=(1e-9, TAU))  # fmt: skip
    assert whole.diffusivity == near(D, rel=1e-8)
    for wrong, words in (
        (np.where(on, np.linspace(1, 1.2, t.size), 0), "not constant in the pulse"),
        (np.where(on & (np.abs(t - 0.04) > 1e-3), I, 0), r"a gap at 0\.039"),
        (np.where(t > 0.1, I, 0), r"must start at t = 0; it does so between 0\.1 s and 0\.1002 s"),
        (np.zeros(t.size), "current is 0 at all"),
        (np.ones(3), "time has 1201 values but current 3"),
    ):
        with pytest.raises(vg.VegardError, match=words):
            run(current=wrong)


T = np.linspace(0.1, 1, 10)
GIVEN = {"time": T, "voltage": np.sqrt(T), "cell": cell(), "method": "sqrt_t", "current": 1e-4}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": T[::-1]}, "time must increase"),
        ({"voltage": -np.sqrt(T)}, r"V falls in the pulse.*cathode.*Pass -voltage"),
        ({"current": -1e-4}, r"-0\.0001 A but V rises"),
        ({"voltage": [*np.sqrt(T)[:9], np.inf]}, "voltage is inf at point 9"),
        ({"voltage": np.zeros(10)}, "voltage is 0 at all 10 points"),
        ({"time": T - 0.75}, r"4 or more points in the pulse, 0 < t <= 0\.25 s; got 3 of 10"),
        ({"pulse": 0.25}, "got 2 of 10"),
        ({"pulse": -1.0}, "4 or more points in the pulse"),
        ({"current": None}, r"needs current=… \[A\]"),
        ({"current": "1 mA"}, r"current must be one number \[A\]"),
        ({"cell": cell(material=UNKNOWN)}, r"slope of the open-circuit curve: Material\(ocv_slope"),
        ({"cell": HOST}, "must be a vegard Cell"),
        ({"method": "galvanostatic"}, "Valid: full_model, sqrt_t, weppner_huggins"),
        ({"window": (0.0, 0.35)}, "4 or more points of the pulse in the window; got 3"),
    ],
)
def test_bad_data(change, words):
    given = GIVEN | change
    with pytest.raises(vg.VegardError, match=words):
        analyse_gitt(given.pop("time"), given.pop("voltage"), given.pop("cell"), **given)


def test_a_permeable_film_has_no_steady_change():
    t, v = pulse(cell(inf, back="permeable"), 0.1)
    with pytest.raises(vg.VegardError, match="without a relaxation"):
        analyse_gitt(t, v, cell(inf, back="permeable", material=UNKNOWN), current=I,
                     method="weppner_huggins", pulse=0.1 * TAU)  # fmt: skip


def test_noise_has_no_sign():
    """Nothing but noise: no word about signs, and (but for one in 40) no bound above."""
    rng = np.random.default_rng(3)
    t = np.linspace(1, 100, 200)
    slow = vg.Cell(HOST, L, 1e4 * AREA)
    ends = [
        analyse_gitt(t, 1e-3 * rng.standard_normal(200), slow, method="full_model", current=1e-9)
        for _ in range(20)
    ]
    assert sum(e.interval[1] == inf for e in ends) >= 18


# intervals


def noise(sample, length, share, **kw):
    t, v = pulse(sample, length, **kw)
    size = share * np.ptp(v)
    return t, lambda rng: v + size * rng.standard_normal(t.size)


def test_sqrt_t_covers():
    """1000 repeats: 2 % are three standard deviations."""
    t, case = noise(cell(1.0), 0.3, 0.005, rest=0)
    run = partial(analyse_gitt, t, cell=cell(), method="sqrt_t", current=I)
    assert 0.93 <= coverage(case, run, 1000) <= 0.97


@pytest.mark.parametrize("current", [I, None])
def test_weppner_huggins_covers(current):
    t, case = noise(cell(1.0), 0.2, 0.003)
    host = cell(material=HOST if current else UNKNOWN)
    run = partial(analyse_gitt, t, cell=host, method="weppner_huggins", current=current,
                  pulse=0.2 * TAU)  # fmt: skip
    assert 0.93 <= coverage(case, run, 1000) <= 0.97


def test_weppner_huggins_without_relaxation_covers():
    t, case = noise(cell(), 0.1, 0.003, rest=0)
    run = partial(analyse_gitt, t, cell=cell(), current=I, method="weppner_huggins")
    assert 0.93 <= coverage(case, run, 1000) <= 0.97


@pytest.mark.exhaustive
@pytest.mark.parametrize("current", [I, None])
def test_full_model_covers(current):
    t, case = noise(cell(1.0), 0.6, 0.01, rest=1.0)
    host = cell(material=HOST if current else UNKNOWN)
    run = partial(analyse_gitt, t, cell=host, method="full_model", current=current,
                  pulse=0.6 * TAU)  # fmt: skip
    assert 0.93 <= coverage(case, run, 400) <= 0.97
