"""PITT, GITT and EIS against shells, mpmath, each other, and the limits of physics."""

from __future__ import annotations

from math import inf, pi
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
import shells
from hypothesis import given
from hypothesis import strategies as st

import vegard as vg
from vegard.classical import eis, gitt, pitt, valid_range

FARADAY = 96485.33212
M = {"planar": 0, "cylinder": 1, "sphere": 2}
BODIES = [
    ("planar", "blocking"),
    ("planar", "permeable"),
    ("cylinder", "blocking"),
    ("sphere", "blocking"),
]
# Bessel functions of 30 digits take their time
SLOW_BESSEL = [pytest.param(*b, marks=[pytest.mark.slow] * (b[0] == "cylinder")) for b in BODIES]
HOST = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
SLOW = {"rate": 1e-6}  # Bi = 2
WIRED = {"rate": 1e-6, "series_resistance": 2.0}
LOADED = {"rate": 1e-6, "series_resistance": 2.0, "double_layer": 3e-3}
AROUND = [{}, SLOW, WIRED, LOADED]


def electrode(shape="planar", back="blocking", **kw):
    """R = 9.12 Ω, τ = 0.4 s."""
    return vg.Cell(HOST, 2e-7, 1e-4, shape, back, **kw)


R = 4.4e-5 / (FARADAY * 1e-4) * 2e-7 / 1e-13
TAU = 4e-14 / 1e-13


def charge_transfer(cell):
    return 0.0 if cell.rate == inf else 4.4e-5 / (FARADAY * 1e-4) / cell.rate


def textbook(cell, s):
    """Z(s) in mpmath, typed again."""
    x = mp.sqrt(s * TAU)
    y = {
        ("planar", "blocking"): lambda: x * mp.tanh(x),
        ("planar", "permeable"): lambda: x * mp.coth(x),
        ("cylinder", "blocking"): lambda: x * mp.besseli(1, x) / mp.besseli(0, x),
        ("sphere", "blocking"): lambda: x * mp.coth(x) - 1,
    }[cell.shape, cell.back]()
    return cell.series_resistance + 1 / (
        s * cell.double_layer + 1 / (charge_transfer(cell) + R / y)
    )


def inverted(transform, time):
    """Talbot's contour in mpmath, 30 digits."""
    with mp.workdps(30):
        return float(mp.invertlaplace(transform, mp.mpf(time), method="talbot", degree=36))


# --- rulers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("around", AROUND)
def test_impedance_is_the_textbooks(shape, back, around):
    cell = electrode(shape, back, **around)
    f = np.geomspace(1e-6, 1e6, 25)
    z = eis(cell, f)
    with mp.workdps(40):
        expected = [complex(textbook(cell, 2j * mp.pi * mp.mpf(v))) for v in f.tolist()]
    assert (np.abs(z.values - expected) <= z.error).all()
    assert (z.error < 1e-14 * np.abs(z.values)).all()


@pytest.mark.parametrize(("shape", "back"), SLOW_BESSEL)
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("method", ["pitt", "gitt"])
def test_transients_against_another_contour(shape, back, around, method):
    """Both sides of the switch at 0.02 L²/D, and the stated error above the true one."""
    cell = electrode(shape, back, **around)
    t = np.array([1e-6, 1e-3, 0.0199, 0.0201, 0.3, 1.0]) * TAU
    got = (pitt if method == "pitt" else gitt)(cell, t, 1.0)

    def transform(s):
        z = textbook(cell, s)
        return z / s if method == "gitt" else 1 / (s * z)

    expected = np.array([inverted(transform, v) for v in t.tolist()])
    assert (np.abs(got.values - expected) <= got.error + 1e-15 * np.abs(expected)).all()
    assert (got.error < 1e-11 * np.abs(expected)).all()


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("around", AROUND)
def test_against_shells(shape, back, around):
    """Finite volumes and matrix exponentials, which know no series: within what n → 2n changes."""
    cell = electrode(shape, back, **around)
    t = np.array([0.03, 0.2, 1.0]) * TAU
    for method, verb in (("pitt", pitt), ("gitt", gitt)):
        got = verb(cell, t, 1.0).values
        expected, change = shells.extrapolated(
            lambda n, m=method: shells.step(cell, m, t, n)
        )  # fmt: skip
        assert (np.abs(got - expected) <= 0.1 * change).all()
        assert (change < 2e-3 * np.abs(expected)).all()
    f = np.array([0.02, 0.3, 3.0]) / TAU
    expected, change = shells.extrapolated(lambda n: shells.impedance(cell, f, n))
    assert (np.abs(eis(cell, f).values - expected) <= 0.1 * change).all()
    assert (change < 2e-3 * np.abs(expected)).all()


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "m"), list(M.items()))
def test_low_frequency(shape, m):
    """R_s + R_ct + R/(m+3) + 1/(iωC_int), each component by itself down to 1e-30 Hz."""
    cell = electrode(shape, **WIRED)
    f = np.geomspace(1e-30, 1e-7, 24)
    z = eis(cell, f).values
    volume = {0: 1e-4 * 2e-7, 1: 1e-4 * 2e-7 / 2, 2: 1e-4 * 2e-7 / 3}[m]
    reactance = -4.4e-5 / (FARADAY * volume) / (2 * pi * f)
    assert np.allclose(z.real, 2.0 + charge_transfer(cell) + R / (m + 3), rtol=1e-12, atol=0)
    assert np.allclose(z.imag, reactance, rtol=1e-12, atol=0)


def test_low_frequency_of_other_ends():
    through = eis(electrode(back="permeable"), np.geomspace(1e-30, 1e-8, 12)).values
    assert np.allclose(through, R, rtol=1e-7, atol=0)
    # a double layer joins the capacitance of the host
    cell = electrode(double_layer=3e-3)
    total = FARADAY * 2e-11 / 4.4e-5 + 3e-3
    assert eis(cell, 1e-12).values.imag * -2 * pi * 1e-12 == pytest.approx(1 / total, rel=1e-10)


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_high_frequency(shape, back):
    """Warburg's -45° and R/√(ωτ); curvature adds (m/2)R/(iωτ)."""
    f = np.array([1e8, 1e12, 1e30])
    z = eis(electrode(shape, back), f).values
    warburg = R / np.sqrt(2j * pi * f * TAU)
    assert np.allclose(z, warburg, rtol=2e-4, atol=0)
    assert np.allclose(z, warburg * (1 + M[shape] / 2 * warburg / R), rtol=1e-8, atol=0)
    assert np.angle(z[-1]) == pytest.approx(-pi / 4, rel=1e-12)
    assert eis(electrode(shape, back, **LOADED), 1e30).values == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("around", AROUND)
def test_nothing_overflows(shape, back, around):
    """Warnings are errors. 60 decades of frequency and of time."""
    cell = electrode(shape, back, **around)
    assert np.isfinite(eis(cell, np.geomspace(1e-30, 1e30, 61)).values).all()
    t = np.geomspace(1e-30, 1e30, 61)
    for r in (pitt(cell, t, 1.0), gitt(cell, t, 1.0)):
        assert np.isfinite(r.values).all()
        assert np.isfinite(r.error).all()
    for method, forms in (("pitt", "short long"), ("gitt", "short long")):
        for form in forms.split():
            verb = pitt if method == "pitt" else gitt
            assert np.isfinite(verb(cell, t, 1.0, form=form).values).all()
    for form in ("high", "low"):
        assert np.isfinite(eis(cell, t, form=form).values).all()


def test_early_pitt_is_cottrells():
    """zFA ΔC √(D/πt), ΔC = ΔV/(-dE/dC); with a slow interface the current starts at ΔV/R_ct."""
    t = np.geomspace(1e-12, 1e-4, 9) * TAU
    expected = FARADAY * 1e-4 * 0.01 / 4.4e-5 * np.sqrt(1e-13 / (pi * t))
    assert np.allclose(pitt(electrode(), t, 0.01).values, expected, rtol=1e-11, atol=0)
    curved = pitt(electrode("sphere"), t, 0.01).values  # √(1/πT) - 1
    assert np.allclose(curved, expected - 0.01 / R, rtol=1e-11, atol=0)
    slow = electrode(**WIRED)
    first = 0.01 / (2 + charge_transfer(slow))
    assert pitt(slow, 1e-14, 0.01).values == pytest.approx(first, rel=1e-6)
    # a double layer makes the series resistance the only limit at first
    assert pitt(electrode(**LOADED), 1e-12, 0.01).values == pytest.approx(0.01 / 2, rel=1e-8)


def test_late_pitt_is_one_exponential():
    """λ tan λ = Bi, so that the textbook's 4L²/π² × rate is low by (2λ/π)²; or a steady flow."""
    t = np.array([3.0, 4.0]) * TAU
    i = pitt(electrode(**SLOW), t, 1.0).values
    root = float(mp.findroot(lambda v: v * mp.tan(v) - 2, 1.0))  # Bi = κL/D = 2
    assert np.log(i[0] / i[1]) == pytest.approx(root**2, rel=1e-10)
    steady = pitt(electrode(back="permeable", **WIRED), 100 * TAU, 1.0).values
    assert steady == pytest.approx(1 / (2 + R / 2 + R), rel=1e-12)
    assert pitt(electrode(), 1e6, 1.0).values == 0.0


def test_late_gitt_is_a_line():
    """Slope I/C_int, level R_s + R_ct + R/(m+3)."""
    for shape, m in M.items():
        cell = electrode(shape, **WIRED)
        t = np.array([5.0, 7.0]) * TAU
        v = gitt(cell, t, 2e-4).values
        slope = (m + 1) * R / TAU
        assert np.diff(v)[0] / np.diff(t)[0] == pytest.approx(2e-4 * slope, rel=1e-12)
        level = 2 + R / 2 + R / (m + 3)
        assert v[0] - 2e-4 * slope * t[0] == pytest.approx(2e-4 * level, rel=1e-12)
    through = gitt(electrode(back="permeable"), 1e3, 2e-4).values
    assert through == pytest.approx(2e-4 * R, rel=1e-12)


def test_early_gitt_gives_back_the_diffusivity():
    """Weppner and Huggins: D = (4/π)(I/(zFA) dE/dC / (dE/d√t))², for any linear kinetics."""
    for around in ({}, SLOW, WIRED):
        t = np.array([0.01, 0.02]) * TAU
        v = gitt(electrode(**around), t, 1e-4).values
        slope = np.diff(v)[0] / np.diff(np.sqrt(t))[0]
        d = 4 / pi * (1e-4 / (FARADAY * 1e-4) * 4.4e-5 / slope) ** 2
        assert d == pytest.approx(1e-13, rel=1e-9)


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_kinetics_between_its_limits(shape, back):
    """Bi → ∞ is equilibrium; Bi → 0 leaves R_ct and the capacitance alone."""
    t = np.geomspace(1e-3, 1.0, 7) * TAU
    fast = pitt(electrode(shape, back, rate=1e6), t, 1.0).values
    assert np.allclose(fast, pitt(electrode(shape, back), t, 1.0).values, rtol=1e-9, atol=0)
    slow = electrode(shape, back, rate=1e-15)
    assert np.allclose(pitt(slow, t, 1.0).values, 1 / charge_transfer(slow), rtol=1e-7, atol=0)
    assert eis(slow, 1.0).values == pytest.approx(charge_transfer(slow), rel=1e-7)


# --- the methods against each other -------------------------------------------------------------


def nodes(last, panels=60, order=20):
    """Gauss nodes in √t, panels growing towards ``last`` [τ]."""
    edges = np.append(0.0, np.geomspace(1e-9, last, panels)) ** 0.5
    edges = np.unique(np.append(edges, np.sqrt(np.linspace(0.0, last, 200)[1:])))
    x, w = np.polynomial.legendre.leggauss(order)
    half = np.diff(edges)[:, None] / 2
    root = (edges[:-1, None] + half * (x + 1)).ravel()
    return TAU * root**2, TAU * (half * w).ravel() * 2 * root


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("around", AROUND)
def test_pitt_is_the_impedance(shape, back, around):
    """∫(I - I_∞)e^{-iωt} dt = 1/(iωZ) - I_∞/(iω): one material, two methods."""
    cell = electrode(shape, back, **around)
    t, w = nodes(60.0)
    i = pitt(cell, t, 1.0).values
    rest = 1 / (R + cell.series_resistance + charge_transfer(cell)) if cell.permeable else 0.0
    for f in np.array([0.03, 0.3, 3.0]) / TAU:
        s = 2j * pi * f
        transformed = (w * (i - rest)) @ np.exp(-s * t) + rest / s
        expected = 1 / (s * eis(cell, f).values)
        assert transformed == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("around", [*AROUND, {"double_layer": 3e-3}])
def test_gitt_is_the_impedance(around):
    """A pulse of unit charge: ∫(v - v_∞)e^{-iωt} dt = Z(1 - e^{-iωt_p})/(iωt_p) - v_∞/(iω)."""
    cell, tp = electrode("sphere", **around), 0.25 * TAU
    t, w = nodes(0.25)  # in the pulse, then after it
    late, more = nodes(60.0)
    v = np.concatenate([gitt(cell, x, vg.Pulse(tp, 1 / tp)).values for x in (t, tp + late)])
    t, w = np.append(t, tp + late), np.append(w, more)
    rest = 1 / (FARADAY * 2e-11 / 3 / 4.4e-5 + cell.double_layer)
    for f in np.array([0.03, 0.3, 3.0]) / TAU:
        s = 2j * pi * f
        transformed = (w * (v - rest)) @ np.exp(-s * t) + rest / s
        expected = eis(cell, f).values * (1 - np.exp(-s * tp)) / (s * tp)
        assert transformed == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("shape", M)
@pytest.mark.parametrize("around", AROUND)
def test_charge_is_conserved(shape, around):
    """∫ I dt = (C_int + C_dl) ΔV; after a pulse the rest is I t_p/(C_int + C_dl)."""
    cell = electrode(shape, **around)
    t, w = nodes(200.0)
    held = FARADAY * 2e-11 / (M[shape] + 1) / 4.4e-5 + cell.double_layer
    assert w @ pitt(cell, t, 0.01).values == pytest.approx(0.01 * held, rel=1e-10)
    v = gitt(cell, 100 * TAU, vg.Pulse(0.7, 1e-4)).values
    assert v == pytest.approx(0.7 * 1e-4 / held, rel=1e-11)


# --- drives --------------------------------------------------------------------------------------


def test_pulse_is_two_steps():
    cell, t = electrode("sphere", **WIRED), np.array([-1.0, 0.0, 0.05, 0.1, 0.1 + 1e-9, 0.3, 4.0])
    for verb in (pitt, gitt):
        got = verb(cell, t, vg.Pulse(0.1, 3e-4))
        expected = 3e-4 * (verb(cell, t, 1.0).values - verb(cell, t - 0.1, 1.0).values)
        assert (np.abs(got.values - expected) <= got.error + 1e-17).all()
        assert (got.values[:2] == 0).all()
    # at its very end the pulse is still on: the ohmic drop comes after it
    v = gitt(cell, [0.1, 0.1 + 1e-9], vg.Pulse(0.1, 3e-4)).values
    assert v[0] - v[1] == pytest.approx(3e-4 * (2 + R / 2), rel=1e-3)


def test_train_and_samples():
    """A train is its steps; a finely sampled ramp is the integral of the step response."""
    cell = electrode(**LOADED)
    t = np.linspace(0.01, 2.0, 40)
    train = vg.PulseTrain(0.2, 0.5, (1e-4, 2e-4, -1e-4), rest=2e-5)
    for verb in (pitt, gitt):
        expected = 0.0
        for start, height in ((0, 1e-4), (0.5, 2e-4), (1.0, -1e-4)):
            expected = expected + (height - 2e-5) * verb(cell, t - start, vg.Pulse(0.2)).values
        expected = expected + 2e-5 * verb(cell, t, 1.0).values
        got = verb(cell, t, train)
        assert (np.abs(got.values - expected) <= got.error + 1e-17).all()
    ramp = vg.Sampled((0.0, 1.0, 2.0), (0.0, 1.0, 1.0))
    x, w = np.polynomial.legendre.leggauss(24)
    for verb in (pitt, gitt):
        for now in (0.4, 1.0):
            y = np.sqrt(now) * (x + 1) / 2  # √ of the time since
            weight = w * np.sqrt(now) / 2 * 2 * y
            expected = weight @ verb(cell, y * y, 1.0).values
            assert verb(cell, now, ramp).values == pytest.approx(expected, rel=1e-6)


def test_long_waveform():
    """The fast convolution on an even grid is the sum over its kinks."""
    cell, t = electrode(**WIRED), np.linspace(0, 5.0, 1001)
    drive = vg.Sampled(t, np.random.default_rng(1).normal(size=t.size))
    for verb in (pitt, gitt):
        fast, slow = verb(cell, t, drive), verb(cell, t[::100], drive)
        off = np.abs(fast.values[::100] - slow.values)
        assert (off <= fast.error[::100] + slow.error).all()


def test_sweep_charges_the_double_layer():
    """C_dl dV/dt beside the host's current, which knows nothing of it without a resistance."""
    t, sweep = np.array([-1.0, 0.1, 0.3, 0.5, 0.9, 1.5]), vg.Triangle(1.0, 0.02)
    bare, loaded = electrode(**SLOW), electrode(double_layer=3e-3, **SLOW)
    extra = pitt(loaded, t, sweep).values - pitt(bare, t, sweep).values
    rate = np.array([0.0, 0.08, -0.08, -0.08, 0.08, 0.0])  # ±4·0.02 V/s
    assert np.allclose(extra, 3e-3 * rate, rtol=1e-12, atol=1e-18)
    # a small resistance in series changes little
    wired = electrode(double_layer=3e-3, series_resistance=1e-3, **SLOW)
    assert np.allclose(
        pitt(wired, t[1:], sweep).values, pitt(loaded, t[1:], sweep).values, rtol=2e-3, atol=1e-7
    )
    # steps: the charge flows at t = 0
    assert np.array_equal(pitt(loaded, t, 0.02).values, pitt(bare, t, 0.02).values)


# --- limits of textbooks -------------------------------------------------------------------------


def test_forms():
    cell = electrode("sphere", **WIRED)
    r, t = 2 + R / 2, np.array([1e-3, 0.5])
    root = np.sqrt(t / TAU)
    assert np.allclose(gitt(cell, t, 1.0, form="short").values, r + 2 * R * root / np.sqrt(pi))
    assert np.allclose(gitt(cell, t, 1.0, form="long").values, r + R * (3 * t / TAU + 1 / 5))
    biot = R / r
    short = [float(mp.exp(biot**2 * v) * mp.erfc(biot * mp.sqrt(v)) / r) for v in t / TAU]
    assert np.allclose(pitt(cell, t, 1.0, form="short").values, short, rtol=1e-13)
    f = np.array([0.1, 10.0])
    s = 2j * pi * f
    assert np.allclose(eis(cell, f, form="high").values, r + R / np.sqrt(s * TAU), rtol=1e-14)
    assert np.allclose(eis(cell, f, form="low").values, r + R * (1 / 5 + 3 / (s * TAU)), rtol=1e-14)
    through = electrode(back="permeable")
    assert eis(through, 1.0, form="low").values == pytest.approx(R, rel=1e-14)
    assert gitt(through, 1.0, 1.0, form="long").values == pytest.approx(R, rel=1e-14)
    pulse = gitt(cell, t, vg.Pulse(0.1, 2.0), form="short").values
    steps = [gitt(cell, t - x, 2.0, form="short").values for x in (0, 0.1)]
    assert np.allclose(pulse, steps[0] - steps[1], rtol=1e-14)


SPACING = 10 ** (1 / 40)


@pytest.mark.parametrize(
    ("method", "form", "edge"),
    [
        # the first image: 2e^{-1/T} = 0.01
        ("pitt", "short", 1 / np.log(200)),
        # the second mode: e^{-2π²T} = 0.01
        ("pitt", "long", np.log(100) / (2 * pi**2)),
        # the first image: 2√π ierfc(1/√T) = 0.01
        ("gitt", "short", 0.32757),
        # (2/π²)e^{-π²T} = 0.01(T + ⅓)
        ("gitt", "long", 0.34317),
        # coth x - 1 = 2e^{-2x'} = 0.01, x' = √(πfτ)
        ("eis", "high", (np.log(200) / 2) ** 2 / pi),
        # |x²/45| = 0.01/|x²|
        ("eis", "low", np.sqrt(0.45) / (2 * pi)),
    ],
)
def test_range_of_a_film(method, form, edge):
    """The film's by hand, to first order in what is left out; found on a grid of 6 %."""
    low, high = valid_range(electrode(), method, form)
    unit = 1 / TAU if method == "eis" else TAU
    found = (high if form in ("short", "low") else low) / unit
    inner = 1 / SPACING if form in ("short", "low") else SPACING
    assert min(1, inner) * edge * 0.98 < found < max(1, inner) * edge * 1.02
    assert {low, high} & {0.0, inf}


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("around", [*AROUND, {"double_layer": 1e-5, "series_resistance": 1.0}])
@pytest.mark.parametrize(
    ("method", "form"),
    [("pitt", "short"), ("pitt", "long"), ("gitt", "short"), ("gitt", "long"), ("eis", "high"),
     ("eis", "low")],
)  # fmt: skip
def test_ranges_hold_and_end(shape, back, around, method, form):
    """Inside the range the form is within 3 %, just outside it is not."""
    cell = electrode(shape, back, **around)
    try:
        low, high = valid_range(cell, method, form, tolerance=0.03)
    except vg.VegardError as error:
        assert "nowhere over a factor of two" in str(error)  # noqa: PT017
        assert cell.double_layer == 3e-3
        return
    verb = {"pitt": pitt, "gitt": gitt, "eis": eis}[method]
    args = () if method == "eis" else (1.0,)

    def off(x):
        exact = verb(cell, x, *args)
        difference = np.abs(verb(cell, x, *args, form=form).values - exact.values)
        return (difference - exact.error) / np.abs(exact.values)

    inside = np.geomspace(max(low, min(1e-6, high / 10)), min(high, max(10.0, low * 10)), 30)
    assert (off(inside) <= 0.03 * (1 + 1e-9)).all()
    if low > 0:
        assert off(low / SPACING) > 0.03
    if high < inf:
        assert off(high * SPACING) > 0.03


def test_range_between_double_layer_and_thickness():
    low, high = valid_range(electrode(double_layer=1e-5, **WIRED), "gitt", "short")
    assert 0 < low < 0.05 * TAU < high < TAU
    # behind a resistance the limits also agree, wider, where they mean nothing
    low, high = valid_range(electrode(back="permeable", **LOADED), "eis", "low")
    assert low == 0
    assert 0.005 < high * TAU < 0.01


# --- the microdisc -------------------------------------------------------------------------------


def disc(rate=inf):
    return vg.Experiment(HOST, vg.DiscTip(1e-7), interface=vg.Contact(rate))


SPREAD = 4.4e-5 / FARADAY / (4 * 1e-13 * 1e-7)  # (-dE/dC)/(zF 4DR)


@pytest.mark.slow
def test_microdisc_against_shoup_and_szabo():
    """Their formula is off by 0.653 % at worst (tests/published/test_microdisc.py)."""
    unit = 1e-14 / 1e-13  # R²/D
    t = np.geomspace(1e-5, 1e5, 201)
    root = 1 / np.sqrt(4 * t)
    theirs = 0.7854 + 0.8862 * root + 0.2146 * np.exp(-0.7823 * root)
    i = pitt(disc(), t * unit, 0.05).values / (0.05 / SPREAD)
    off = np.abs(theirs / i - 1)
    assert off.max() == pytest.approx(6.526e-3, rel=2e-3)
    assert off[[0, -1]].max() < 1e-4


@pytest.mark.parametrize("rate", [inf, pytest.param(1e-6, marks=pytest.mark.slow)])
def test_microdisc_is_the_contact(rate):
    e, t, f = disc(rate), np.array([1e-4, 0.1, 30.0]), np.array([0.1, 100.0])
    current = vg.contact_current(e, time=t).values
    assert np.allclose(pitt(e, t, 0.02).values, 0.02 * current, rtol=1e-12, atol=0)
    assert np.allclose(eis(e, f).values, vg.contact_impedance(e, f).values, rtol=1e-14, atol=0)
    z = eis(e, f)
    assert (z.error < 1e-8 * np.abs(z.values)).all()


def test_microdisc_under_current():
    """V/I → R_spread(1 - 2/(π√(πT))), the inverse of Z = R_spread/(1 + 2σ/π), and relaxes to 0."""
    unit = 0.1
    t = np.array([1e4, 1e6])
    v = gitt(disc(), t * unit, 1e-12).values / (1e-12 * SPREAD)
    assert np.allclose(v, 1 - 2 / (pi * np.sqrt(pi * t)), rtol=0, atol=3e-6)
    early = gitt(disc(), 1e-6 * unit, 1e-12).values  # a plane: 2I√(t/πD)(-dE/dC)/(zFπR²)
    plane = 2 * np.sqrt(1e-6 * unit / pi / 1e-13) * 4.4e-5 / (FARADAY * pi * 1e-14)
    assert early == pytest.approx(1e-12 * plane, rel=3e-3)
    rest = gitt(disc(), 1e6 * unit, vg.Pulse(unit, 1e-12)).values
    assert 0 < rest < 1e-8 * 1e-12 * SPREAD


# --- shapes, properties, refusals ----------------------------------------------------------------


def test_shapes_and_inputs():
    cell = electrode()
    for r in (eis(cell, 1.0), pitt(cell, 1.0, 0.1), gitt(cell, 1.0, 0.1)):
        assert np.ndim(r.values) == np.ndim(r.error) == 0
        assert r.inputs["cell"] == cell
    grid = np.geomspace(0.1, 1.0, 6).reshape(2, 3)
    assert eis(cell, grid).values.shape == (2, 3)
    assert pitt(cell, grid, vg.Pulse(0.3)).values.shape == (2, 3)
    assert np.array_equal(
        gitt(cell, grid, 1.0).values.ravel(), gitt(cell, grid.ravel(), 1.0).values
    )
    assert [x.units for x in (pitt(cell, 1.0, 0.1), gitt(cell, 1.0, 0.1))] == ["A", "V"]
    assert (pitt(cell, [-1.0, 0.0], 0.1).values == 0).all()
    assert pitt(cell, 1.0, -0.1).values == -pitt(cell, 1.0, 0.1).values
    assert gitt(cell, [1.0, 2.0], 0.1).to_xarray()["response"].attrs["units"] == "V"
    assert pitt(cell, 1.0, np.float64(1)).values == pitt(cell, 1.0, 1).values


CELLS = st.builds(
    electrode,
    st.sampled_from(list(M)),
    rate=st.sampled_from([inf, 1e-3, 1e-6, 1e-9]),
    series_resistance=st.floats(0, 1e3),
    double_layer=st.sampled_from([0.0, 1e-9, 1e-5, 1e-1]),
)


@given(CELLS, st.floats(-12, 12))
def test_passive(cell, decade):
    """Re Z > 0 and Im Z < 0 for every R-C network."""
    z = eis(cell, 10**decade).values
    assert z.real > 0
    assert z.imag <= 0


@given(CELLS, st.floats(-6, 2))
def test_monotone(cell, decade):
    """A step of the voltage gives a current that falls, one of the current a voltage that rises."""
    t = TAU * 10**decade * np.array([1.0, 1.3])
    for verb, sign in ((pitt, -1), (gitt, 1)):
        r = verb(cell, t, 1.0)
        assert sign * np.diff(r.values)[0] >= -r.error.sum()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: eis(c, 0.0), r"frequency must be > 0 \[Hz\]; got 0.*capacitor.*far below D/L²"),
        (lambda c: eis(c, []), "frequency is empty"),
        (lambda c: eis(c, 1.0, form="short"), "unknown form of eis 'short'.*full, high, low"),
        (lambda c: pitt(c, 1.0, 1.0, form="lng"), "Did you mean 'long'"),
        (lambda c: pitt(c, np.nan, 1.0), "time must be finite"),
        (lambda c: pitt(c, 1.0, "10 mV"), "step must be numbers in V; got '10 mV'"),
        (lambda c: pitt(c, 1.0, [1.0, 2.0]), r"step must be one number \[V\] or a drive; got 2"),
        (lambda c: gitt(c, 1.0, [1.0]), r"current must be one number \[A\] or a drive; got 1"),
        (lambda c: gitt(c, 1.0, None), "current must be numbers in A"),
        (lambda c: pitt(c, 1.0, vg.Sine(1.0)), "for a sine ask vegard.classical.eis"),
        (lambda c: pitt(c, 1.0, vg.Triangle(1.0), form="short"), "takes steps and pulses alone"),
        (lambda c: eis("cell", 1.0), r"must be a vegard.Cell .* or an Experiment.*got 'cell'"),
        (lambda c: eis(disc().replace({"interface": vg.FixedFlux()}), 1.0), "interface=Contact"),
        (lambda c: pitt(disc(), 1.0, 1.0, form="short"), 'For a contact ask form="full"'),
        (lambda c: eis(disc(), 1.0, form="low"), 'For a contact ask form="full"'),
        (lambda c: valid_range(disc(), "pitt", "short"), "those of a vegard.Cell"),
        (lambda c: valid_range(c, "cv", "short"), "unknown method 'cv'.*eis, gitt, pitt"),
        (lambda c: valid_range(c, "pitt", "low"), "unknown form of pitt 'low'"),
        (lambda c: valid_range(c, "pitt", "full"), "holds everywhere"),
        (lambda c: valid_range(c, "pitt", "short", tolerance=0.0), "tolerance must be > 0"),
        (
            lambda c: valid_range(
                electrode(rate=1e-7, series_resistance=100.0, double_layer=0.01), "pitt", "short"
            ),
            "nowhere over a factor of two",
        ),
    ],
)
def test_refusals(call, words):
    with pytest.raises(vg.VegardError, match=words):
        call(electrode())


def test_table_of_the_documentation():
    """docs/four_methods.md: ranges within 1 %, in L²/D and D/L²."""
    page = Path(__file__).resolve().parents[2] / "docs" / "four_methods.md"
    part = page.read_text("utf-8").split("## Where the textbook's forms hold")[1].split("\n## ")[0]
    rows = [r for r in part.splitlines() if r.startswith("| ")]
    table = [[c.strip() for c in r.strip("|").split("|")] for r in rows]
    names = [tuple(c.replace(",", "").split()[:2]) for c in table[0][1:]]
    assert len(table) == 7
    for label, *cells in table[1:]:
        shape = label.split(",")[0].replace("film", "planar")
        back = "permeable" if "permeable" in label else "blocking"
        rate = 1.0 if "Bi = 1" in label else inf
        unit = vg.Material(1.0, None, None, ocv_slope=-1.0)
        cell = vg.Cell(unit, 1.0, 1.0, shape, back, rate)
        for (method, form), text in zip(names, cells, strict=True):
            low, high = valid_range(cell, method.lower(), form)
            found = high if form in ("short", "low") else low
            assert float(text) == pytest.approx(found, rel=0.05), (label, method, form)
