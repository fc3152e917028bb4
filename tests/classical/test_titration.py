"""Titrations: each step by hand, against one pulse train, charge, temperature, refusals."""

from __future__ import annotations

from math import inf, pi

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import vegard as vg
from vegard.classical import gitt, gitt_titration, pitt, pitt_titration

FARADAY, GAS = 96485.33212, 8.31446261815324
SITES = 2.29e4
BASE = vg.Material(None, 1.2e-6, 0.3, site_concentration=SITES)
X = np.linspace(0.1, 0.9, 81)
ENERGY = {"diffusivity": 40e3, "rate": 60e3}
SHAPES = {"planar": 0, "cylinder": 1, "sphere": 2}
AROUND = [
    {},
    {"rate": 1e-7, "series_resistance": 2.0},
    {"rate": 1e-7, "series_resistance": 2.0, "double_layer": 4e-3},
    {"rate": 1e-7, "double_layer": 4e-3},
]


def host(**kw):
    tables = {"ocv": (X, 4.1 - 0.1 * X - 0.3 * X**2), "diffusivity": (X, 1e-13 * np.exp(-3 * X))}
    return vg.Host(**{"material": BASE, "activation_energy": ENERGY} | tables | kw)


def straight():
    return host(ocv=([0.1, 0.9], [4.1, 3.7]), diffusivity=([0.1, 0.9], [5e-14, 5e-14]))


def electrode(shape="planar", **kw):
    return vg.Cell(BASE, 2e-7, 1e-4, shape, **kw)


def capacity(shape="planar"):
    """zF·volume·C_max [C]."""
    return FARADAY * 2e-11 / (SHAPES[shape] + 1) * SITES


def taken(data, k):
    """Times since the start of step k and its part of the data."""
    part = data.isel(time=data["index"].values == k)
    return part.time.values - float(data.start[k]), part


# --- GITT ----------------------------------------------------------------------------------------


def test_each_step_gives_back_its_diffusivity():
    """Weppner and Huggins by hand: slope against √t, ΔE at rest, D(x) at the middle.

    The rests are 15 L²/D and more, and the pulses short, so that only the shape of E(x) over a
    step is left: the secant is used by both.
    """
    h, dx = host(), 0.02
    pulse = 0.2  # 0.001 to 0.005 L²/D
    current = capacity() * dx / pulse
    run = {"current": current, "pulse": pulse, "rest": 20e3, "count": 20}
    data = gitt_titration(h, electrode(rate=1e-6, series_resistance=0.01), 0.4, **run)
    for k in range(20):
        t, part = taken(data, k)
        e, on = part.voltage.values, t <= pulse * (1 + 1e-9)
        slope = np.polyfit(np.sqrt(t[on]), e[on], 1)[0]
        before = 4.1 - 0.1 * 0.4 - 0.3 * 0.4**2 if k == 0 else taken(data, k - 1)[1].voltage[-1]
        fall = float(e[-1] - before)
        dc = dx * SITES  # what the pulse brought, from its charge
        d = 4 / pi * (current / (FARADAY * 1e-4) * (fall / dc) / slope) ** 2
        middle = 0.4 + dx * (k + 0.5)
        assert d == pytest.approx(1e-13 * np.exp(-3 * middle), rel=1e-6)
        assert data.diffusivity[k] == pytest.approx(1e-13 * np.exp(-3 * middle), rel=1e-12)
        assert data.x[k] == pytest.approx(middle, rel=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", AROUND)
def test_constant_host_is_one_pulse_train(shape, around):
    """Linear E and constant D: the sum of steps is GITT of the same material under all pulses."""
    h, cell = straight(), electrode(shape, **around)
    slope = -0.5 / SITES
    run = {"current": 2e-4, "pulse": 0.6, "rest": 0.9, "count": 4}
    data = gitt_titration(h, cell, 0.3, **run, points=20)
    material = vg.Material(5e-14, None, None, ocv_slope=slope)
    same = vg.Cell(material, 2e-7, 1e-4, shape, **around)
    train = vg.PulseTrain(0.6, 1.5, (2e-4,) * 4)
    inner = np.arange(data.time.size) % 40 != 19  # at the jump itself t - t_k rounds
    expected = 4.0 - gitt(same, data.time.values, train).values
    assert np.allclose(data.voltage.values[inner], expected[inner], rtol=0, atol=1e-12)
    assert np.allclose(data.ocv_slope, slope, rtol=1e-10)
    assert np.allclose(data.diffusivity, 5e-14, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("sign", [1, -1])
def test_ends_on_the_open_circuit_curve(shape, around, sign):
    """After a long rest E is E(x) of the charge: exact, with what the double layer holds."""
    h = host()
    current = sign * capacity(shape) * 0.02 / 50
    run = {"current": current, "pulse": 50.0, "rest": 4000.0, "count": 5}
    data = gitt_titration(h, electrode(shape, **around), 0.5, **run)
    held = around.get("double_layer", 0.0)
    for k in range(5):
        part = taken(data, k)[1]
        x = float(data.x_end[k])
        e = 4.1 - 0.1 * x - 0.3 * x**2  # cubics follow a parabola to 1e-7 here
        assert float(part.voltage[-1]) == pytest.approx(float(h.voltage(x)), abs=2e-12)
        assert float(part.voltage[-1]) == pytest.approx(e, abs=2e-6)
        fell = float(h.voltage(0.5)) - float(h.voltage(x))
        charge = capacity(shape) * (x - 0.5) + held * fell
        assert charge == pytest.approx(current * 50 * (k + 1), rel=1e-12)
        assert float(part.composition[-1]) == pytest.approx(x, abs=1e-11)
    assert np.array_equal(data.x_end[:-1], data.x_start[1:])


def test_stated_error():
    """A short pulse long ago is a small difference of large numbers: the error says so."""
    run = {"current": capacity("sphere") * 0.01, "pulse": 1.0, "rest": 2e4, "count": 20}
    data = gitt_titration(straight(), electrode("sphere"), 0.3, **run, points=4)
    rest = data.isel(time=slice(7, None, 8))
    off = np.abs(rest.voltage.values - straight().voltage(data.x_end.values))
    assert (off <= rest.error.values).all()
    assert 1e-14 < off.max() < 1e-11


def test_composition_is_the_charge():
    """In a pulse it grows with the current; the last time of a pulse is still under current."""
    run = {"current": 1e-5, "pulse": 60.0, "rest": 30.0, "count": 2}
    data = gitt_titration(host(), electrode(), 0.4, **run, points=10)
    assert data.sizes == {"time": 40, "step": 2}
    t, part = taken(data, 1)
    x = 0.4 + 1e-5 * (60 + np.minimum(t, 60.0)) / capacity()
    assert np.allclose(part.composition, x, rtol=1e-12)
    assert (part.current.values == 1e-5).sum() == 10
    assert part.current.values[9] == 1e-5
    assert part.current.values[10] == 0
    assert np.allclose(t[[9, 19]], [60.0, 90.0])
    # with a resistance the drop of IR comes after that time
    wired = gitt_titration(host(), electrode(series_resistance=5.0), 0.4, **run, points=10)
    drop = (wired.voltage - data.voltage).values
    assert np.allclose(drop, -5.0 * data.current.values, rtol=0, atol=1e-14)


def test_tails_of_earlier_steps_are_superposed():
    """Short rests: E after step 2 holds what steps 1 and 2 have left, with a D of their own."""
    h, cell = host(), electrode()
    run = {"current": 1e-4, "pulse": 0.5, "rest": 0.2, "count": 3}
    data = gitt_titration(h, cell, 0.4, **run, points=5)
    expected = 0.0
    x = 0.4
    for k in range(3):
        end = x + 1e-4 * 0.5 / capacity()
        secant = float(h.voltage(end) - h.voltage(x)) / ((end - x) * SITES)
        d = h.at((x + end) / 2).diffusivity
        one = vg.Cell(vg.Material(d, None, None, ocv_slope=secant), 2e-7, 1e-4)
        lag = 3 * 0.7 - k * 0.7
        expected += gitt(one, lag, 1e-4).values - gitt(one, lag - 0.5, 1e-4).values
        x = end
    got = float(h.voltage(0.4)) - float(data.voltage[-1])
    assert got == pytest.approx(expected, rel=1e-11)


# --- PITT ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("around", AROUND)
def test_pitt_passes_the_charge(shape, around):
    """∫ I dt over a long step is the host's charge and, behind a resistance, the double layer's."""
    h, e = host(), np.array([3.95, 3.94, 3.92, 3.93])
    data = pitt_titration(h, electrode(shape, **around), e, hold=3000.0, points=3000)
    x = [h.composition(v) for v in e]
    assert np.allclose(data.x_end, x[1:], rtol=1e-12)
    held = around.get("double_layer", 0.0) if around.get("series_resistance") else 0.0
    for k in range(3):
        t, part = taken(data, k)
        root, i = np.sqrt(t), part.current.values
        y = 2 * root * i  # even in √t, and finite at t = 0 (Cottrell)
        charge = root[0] * (y.sum() + (2 * y[0] - y[1]) / 2 - y[-1] / 2)
        expected = capacity(shape) * (x[k + 1] - x[k]) + held * (e[k] - e[k + 1])
        assert charge == pytest.approx(expected, rel=3e-3)
        assert float(part.composition[-1]) == pytest.approx(x[k + 1], abs=1e-10)
        assert (part.voltage == e[k + 1]).all()


@pytest.mark.parametrize("around", AROUND)
def test_composition_while_it_flows(around):
    """d(composition)/dt is the faradaic current: without a double layer all of it."""
    h = host()
    data = pitt_titration(h, electrode(**around), [3.95, 3.94], hold=20.0, points=4000)
    t, x, i = data.time.values, data.composition.values, data.current.values
    if "double_layer" in around and "series_resistance" in around:
        drop = 0.01 - 2.0 * i  # on the double layer
        i = i - 4e-3 * np.gradient(drop, t)
    rate = np.gradient(x, t)[200:-1]
    assert np.allclose(rate * capacity(), i[200:-1], rtol=2e-4, atol=1e-12)


def test_pitt_steps_and_tails():
    h, cell = host(), electrode(rate=1e-7)
    e = [3.95, 3.94, 3.92]
    data = pitt_titration(h, cell, e, hold=1.0, points=8)
    lag = taken(data, 1)[0]
    expected = 0.0
    for k in range(2):
        a, b = h.composition(e[k]), h.composition(e[k + 1])
        secant = (e[k + 1] - e[k]) / ((b - a) * SITES)
        d = h.at((a + b) / 2).diffusivity
        one = vg.Cell(vg.Material(d, None, None, ocv_slope=secant), 2e-7, 1e-4, rate=1e-7)
        expected = expected + pitt(one, lag + 1.0 - k, e[k] - e[k + 1]).values
    assert np.allclose(taken(data, 1)[1].current, expected, rtol=1e-9, atol=0)


def test_pitt_gives_back_the_diffusivity():
    """Late slope of ln I: D = 4L²/π² times it, for a rate that is no limit."""
    h = host()
    data = pitt_titration(h, electrode(), h.voltage(np.linspace(0.4, 0.6, 6)), hold=20.0)
    for k in range(5):
        t, part = taken(data, k)
        late = (t > 0.5 * 4e-14 / data.diffusivity.values[k]) & (t < 10)
        rate = -np.polyfit(t[late], np.log(part.current.values[late]), 1)[0]
        d = 4 * 4e-14 / pi**2 * rate
        assert d == pytest.approx(1e-13 * np.exp(-3 * (0.42 + 0.04 * k)), rel=2e-3)


# --- temperature ---------------------------------------------------------------------------------


def test_arrhenius():
    """ln D against 1/T, from √t slopes of the same step, gives E_a; the rate has its own."""
    temperatures, found, jump = np.array([278.15, 298.15, 318.15]), [], []
    current = capacity() * 0.001 / 0.02  # 0.005 to 0.03 L²/D
    run = {"current": current, "pulse": 0.02, "rest": 1.0, "count": 1}
    for warm in temperatures:
        data = gitt_titration(host(), electrode(rate=1e-7), 0.5, **run, temperature=float(warm))
        t, part = taken(data, 0)
        on = t <= 0.02
        slope, level = np.polyfit(np.sqrt(t[on]), part.voltage.values[on], 1)
        per = float(data.ocv_slope[0]) * current / (FARADAY * 1e-4)
        found.append(4 / pi * (per / slope) ** 2)
        jump.append(per / (level - float(host().voltage(0.5))))  # κ from I R_ct
    for values, energy in ((found, 40e3), (jump, 60e3)):
        fitted = -np.polyfit(1 / temperatures, np.log(values), 1)[0] * GAS
        assert fitted == pytest.approx(energy, rel=1e-6)
    assert jump[1] == pytest.approx(1e-7, rel=1e-6)


# --- results and refusals ------------------------------------------------------------------------


def test_result_says_how_it_was_made(tmp_path):
    run = {"current": 1e-5, "pulse": 60.0, "rest": 60.0, "count": 2}
    data = gitt_titration(host(), electrode(), 0.4, **run, points=3)
    assert data.voltage.attrs["units"] == "V"
    assert data.diffusivity.attrs["units"] == "m²/s"
    assert "gitt_titration" in data.attrs["inputs"]
    other = gitt_titration(host(), electrode(), 0.41, **run, points=3)
    assert data.attrs["inputs_sha256"] != other.attrs["inputs_sha256"]
    data.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert 0 < float(data.error.max()) < 1e-12


RUN = {"current": 1e-5, "pulse": 60.0, "rest": 60.0, "count": 2}
PLATEAU = {"ocv": ([0.1, 0.3, 0.7, 0.9], [3.6, 3.43, 3.43, 3.2])}


def titrate(start=0.4, cell=None, h=None, **kw):
    return gitt_titration(h or host(), cell or electrode(), start, **(RUN | kw))


def steps(potentials=(3.95, 3.94), cell=None, h=None, **kw):
    return pitt_titration(h or host(), cell or electrode(), potentials, **({"hold": 10.0} | kw))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: titrate(count=60), r"step \d+ would take x from 0.\d+ past 0.9, .* Give count=\d"),
        (lambda: titrate(0.895), "step 1 would take x from .* Start further inside"),
        (lambda: titrate(0.105, current=-1e-5), "past 0.1, where Host.ocv ends"),
        (
            lambda: titrate(0.895, cell=electrode(double_layer=1e-3)),
            "step 1 would take x from .* Start further inside",
        ),
        (lambda: titrate(0.95), "outside Host.ocv, which spans 0.1 … 0.9"),
        (
            lambda: titrate(0.7, current=4e-3, pulse=0.6, rest=1.0),
            r"step 2: at the end of the pulse the surface would be at .* V, outside Host.ocv",
        ),
        (lambda: titrate(0.4, h=host(**PLATEAU)), r"step 1, x = 0.4 → .*: .*plateau"),
        (
            lambda: titrate(0.24, h=host(ocv=([0.1, 0.25, 0.9], [3.6, 3.43, 3.43]))),
            r"step 2, .*plateau",
        ),
        (
            lambda: titrate(h=host(diffusivity=([0.1, 0.41], [1e-14, 1e-14]))),
            "step 2, .*outside Host.diffusivity",
        ),
        (lambda: titrate(h=host(ocv=([0.1, 0.9], [3.6, 3.8]))), "E does not fall as ions enter"),
        (lambda: titrate(h=host(ocv=None)), "Host.ocv is needed"),
        (lambda: titrate(current=0.0), r"current must be != 0 \[A\]; got 0.*inserts"),
        (lambda: titrate(pulse=-1.0), r"pulse must be > 0 \[s\]"),
        (lambda: titrate(rest=inf), r"rest must be > 0 \[s\]"),
        (lambda: titrate(count=0), "count must be a whole number of 1 or more; got 0"),
        (lambda: titrate(count=2.5), "count must be a whole number"),
        (lambda: titrate(points=True), "points must be a whole number"),
        (lambda: titrate(temperature=-5.0), r"temperature must be > 0 \[K\]"),
        (lambda: titrate(h=BASE), "must be a vegard.Host"),
        (lambda: titrate(cell="film"), "titrations are those of a vegard.Cell"),
        (lambda: titrate(cell=electrode(back="permeable")), 'Use back="blocking"'),
        (lambda: steps((3.95, 3.0)), r"potentials\[1\]: E = 3 V is outside the table"),
        (lambda: steps((3.95, 3.94, 3.94)), "step 2, .*potentials must differ"),
        (lambda: steps((3.95,)), "two or more"),
        (lambda: steps(3.95), "two or more"),
        (lambda: steps(h=host(**PLATEAU)), "must fall with x"),
        (lambda: steps(hold=0.0), r"hold must be > 0 \[s\]"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(vg.VegardError, match=words):
        call()


def test_step_across_a_whole_plateau():
    """A secant from slope to slope is legal where D and E are those of both phases."""
    across = {"current": capacity() * 0.6 / 1e6, "pulse": 1e6, "rest": 1e6, "count": 1}
    h = host(ocv=([0.1, 0.3, 0.7, 0.9], [3.6, 3.43, 3.429, 3.2]))
    data = gitt_titration(h, electrode(), 0.2, **across)
    assert float(data.voltage[-1]) == pytest.approx(float(h.voltage(0.8)), abs=1e-10)


def nonlinear(h, current, pulse, rest, count, time, n):
    """E(t) of a film with D(x) and E(x) as they are: finite volumes, stiff integration."""
    edge = np.linspace(0, 1, n + 1)
    edge = 2e-7 * (1.5 * edge - 0.5 * edge**3)
    middle, width = (edge[1:] + edge[:-1]) / 2, np.diff(edge)

    def diffusivity(x):
        return 1e-13 * np.exp(-3 * x)

    def surface(x, flux):
        out = x[-1]
        for _ in range(4):
            out = x[-1] + flux * width[-1] / 2 / diffusivity((out + x[-1]) / 2)
        return out

    flux_on = current / (FARADAY * 1e-4 * SITES)
    x, out = np.full(n, 0.4), []
    for k in range(count):
        for flux, span, begin in ((flux_on, pulse, 0.0), (0.0, rest, pulse)):

            def rate(_, x, flux=flux):
                inner = diffusivity((x[1:] + x[:-1]) / 2) * np.diff(x) / np.diff(middle)
                return np.diff(np.concatenate([[0.0], inner, [flux]])) / width

            local = time - k * (pulse + rest) - begin
            asked = local[(local > 1e-9) & (local <= span * (1 + 1e-9))]
            done = solve_ivp(
                rate, (0, span), x, "LSODA", np.minimum(asked, span), rtol=1e-9, atol=1e-12,
                lband=1, uband=1,
            )  # fmt: skip
            out += [float(h.voltage(surface(state, flux))) for state in done.y.T]
            x = done.y[:, -1]
    return np.array(out)


@pytest.mark.slow
def test_against_the_nonlinear_film():
    """Of second order in Δx is what linear steps leave out: of each step's ΔE it is of first order.

    Most at the end of a pulse, where the surface is 2Δx ahead of the host.
    """
    h, found = host(), []
    for dx in (0.02, 0.01):
        current = capacity() * dx / 0.4
        run = {"current": current, "pulse": 0.4, "rest": 0.8, "count": 3}
        data = gitt_titration(h, electrode(), 0.4, **run, points=8)
        coarse, fine = (nonlinear(h, time=data.time.values, n=n, **run) for n in (60, 120))
        exact = fine + (fine - coarse) / 3
        fall = float(h.voltage(0.4) - h.voltage(0.4 + dx))
        assert np.abs(fine - coarse).max() < 0.01 * fall  # next to the jump
        found.append(np.abs(data.voltage.values - exact).max() / fall)
    assert found[1] == pytest.approx(0.05, rel=0.05)
    assert 2 < found[0] / found[1] < 2.5
