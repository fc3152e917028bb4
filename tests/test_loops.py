"""Loops against frequency, against other routes in time, and at both limits of the rate."""

from __future__ import annotations

import json
from functools import partial
from math import inf, pi
from pathlib import Path

import numpy as np
import pytest
import typer
from common import Offset, unit_experiment
from hypothesis import given, settings
from hypothesis import strategies as st
from test_galerkin import experiment as contact
from typer.testing import CliRunner

import vegard as vg
from vegard import cli, envelopes, loops, superposition
from vegard.commands import loops as commands_loops
from vegard.waveforms import staircase

PC = {"per": "concentration"}
loop = partial(vg.loop, per="concentration")


@pytest.fixture
def e():
    return unit_experiment("disc", "conc")


@pytest.fixture
def film():
    """Relaxes as e^{-t π²D/h²}: a sine has no transient left after a few cycles."""
    return unit_experiment("disc", "conc", thickness=0.5, back="permeable")


def stairs(period, steps=64, cycles=3, duty=0.5, peak=1.0, rest=0.0):
    """A staircase whose cycle takes ``period``."""
    step = period / steps
    return vg.PulseTrain(duty * step, step, staircase(peak, steps, cycles), rest)


def polygon(x, y):
    """½ Σ (x_i y_{i+1} - x_{i+1} y_i): the shoelace, counter-clockwise positive."""
    return 0.5 * sum(
        x[i - 1] * y[i] - x[i] * y[i - 1] for i in range(len(x))
    )  # i - 1 = -1 closes it


# ------------------------------------------------------------------ area against frequency


@pytest.mark.parametrize("f", [0.3, 3.0, 30.0])
def test_area_of_a_sine_is_its_loss(film, f):
    """∮ V du = -π V̂² Im H(iω): time and frequency by independent routes."""
    got = loop(film, vg.Sine(f, 2.0, cycles=int(4 + 2 * f)), points=1024)
    h = vg.frequency_response(film, f, **PC).values
    expected = -pi * 4 * h.imag
    assert expected > 0  # the response lags
    # Richardson's rule on 1024 points leaves (2π/1024)⁴/30 = 5e-11
    assert got.area == pytest.approx(expected, rel=1e-10)
    assert abs(got.area - expected) <= got.area_error


@pytest.mark.parametrize("f", [0.3, 3.0])
def test_area_of_a_triangle_is_its_fourier_sum(film, f):
    """-π Σ n bₙ² Im H(nω), bₙ = (8/π²) V̂ (-1)^((n-1)/2)/n², over odd n."""
    n = np.arange(1, 20_001, 2)
    b = 8 / pi**2 * 2.0 / n**2
    h = vg.frequency_response(film, n * f, **PC).values
    expected = -pi * np.sum(n * b**2 * h.imag)  # the rest is below 1e-10
    got = loop(film, vg.Triangle(1 / f, 2.0, cycles=int(4 + 2 * f)), points=1024)
    # u turns like (t - t₀)^{3/2} after each reversal: the polygon converges as points^{-5/2}
    assert got.area == pytest.approx(expected, rel=5e-6)
    assert abs(got.area - expected) <= got.area_error
    finer = loop(film, vg.Triangle(1 / f, 2.0, cycles=int(4 + 2 * f)), points=4096)
    assert abs(finer.area - expected) < abs(got.area - expected) / 16


def test_a_half_space_needs_many_cycles(e):
    """The transient of a sink in a half-space falls as a power of time."""
    h = vg.frequency_response(e, 1.0, **PC).values
    areas = [loop(e, vg.Sine(1.0, cycles=n)).area for n in (1, 4, 64)]
    off = np.abs(np.array(areas) / (-pi * h.imag) - 1)
    assert off[0] > 1e-3
    assert (np.diff(off) < 0).all()
    assert off[-1] < 1e-5


def test_remanence_and_coercive_bias_of_an_ellipse(film):
    """u(V = 0) = ∓V̂ Im H falling and rising; V(u = 0) = ±V̂ sin φ."""
    got = loop(film, vg.Sine(3.0, 2.0, cycles=10), points=2048)
    h = vg.frequency_response(film, 3.0, **PC).values
    assert got.remanence == pytest.approx((-2 * h.imag, 2 * h.imag), rel=1e-5)
    sine = 2 * np.sin(np.angle(h))
    assert got.coercive_bias == pytest.approx((sine, -sine), rel=1e-5)


# ------------------------------------------------------------------ pulses


@pytest.mark.parametrize("name", ["conc", "flux", "kinetics"])
@pytest.mark.parametrize(
    ("field", "delay", "moment"),
    [("on", None, 0.03), ("on", 0.01, 0.01), ("off", None, 0.1), ("off", 0.02, 0.05)],
)
def test_readings_are_those_of_the_time_response(name, field, delay, moment):
    """The convolution over equal lags against the sum over all jumps."""
    e = unit_experiment("disc", name, biot=2.0)
    per = "flux" if name == "flux" else "concentration"
    train = vg.PulseTrain(0.03, 0.1, staircase(2.0, 16, 2), rest=0.2)
    got = vg.loop(e, train, field=field, delay=delay, per=per)
    time = 0.1 * np.arange(32) + moment
    assert np.allclose(got.time, time, rtol=1e-15, atol=0)
    assert got.bias.tolist() == list(staircase(2.0, 16, 2))
    # at an edge the reading is that before it; rounding must not put it after
    direct = vg.time_response(e, train, time * (1 - 1e-15), per=per)
    assert np.allclose(got.values, direct.values, rtol=1e-11, atol=1e-12)
    assert (np.abs(got.values - direct.values) <= got.error + direct.error).all()


def test_two_step_responses_for_each_pulse(e, monkeypatch):
    """Some hundred pulses stay cheap: the lags asked for grow with their number, not its square."""
    asked = []
    plain = superposition.laplace.invert
    monkeypatch.setattr(
        superposition.laplace, "invert", lambda f, t: asked.append(t.size) or plain(f, t)
    )
    loop(e, stairs(1.0, 256, 2), field="off")
    assert sum(asked) == 2 * 512


def test_area_is_the_shoelace_of_the_last_cycle(e):
    got = loop(e, stairs(1.0), field="on")
    assert got.last == slice(127, None)
    x, y = got.bias[127:], got.values[127:]
    assert got.area == pytest.approx(polygon(x, y), rel=1e-9)
    assert got.area > 0
    assert got.opens
    first = loop(e, stairs(1.0, cycles=1), field="on")
    assert first.last == slice(0, None)
    assert first.area != pytest.approx(got.area, rel=1e-3)  # the first cycle starts from rest


def test_stated_error_of_the_area_carries_that_of_the_values(e, monkeypatch):
    plain = superposition.transfer
    monkeypatch.setattr(
        superposition, "transfer", lambda *a: (plain(*a)[0], 1e-6 * np.abs(plain(*a)[0]))
    )
    assert loop(e, stairs(1.0)).area_error > 1e-7
    assert loop(e, vg.Triangle(1.0)).area_error > 1e-7


def test_a_negative_response_turns_the_loop_round():
    e = unit_experiment("disc", "conc", vegard=-1 / 2.6)
    assert loop(e, stairs(1.0)).area < 0


def test_a_signal_that_is_not_the_ions_adds_to_the_deflection_alone(e):
    both = e.replace({"also": (Offset(),)})
    train = stairs(1.0, 16)
    more = loop(both, train).values - loop(e, train).values
    alone = 0.1 * vg.loop(vg.Experiment(vg.Material(1.0, 0.0, 0.3), vg.DiscTip(1.0),
                                        also=(Offset(),)), train, **PC).values / 0.1  # fmt: skip
    assert np.allclose(more, alone, rtol=0, atol=1e-10)
    assert np.abs(alone).max() > 1e-3
    kinetics = unit_experiment("disc", "kinetics", biot=2.0)
    ions = loop(kinetics, train, observable="concentration").values
    same = loop(kinetics.replace({"also": (Offset(),)}), train, observable="concentration").values
    assert np.array_equal(ions, same)


# ------------------------------------------------------------------ concentration under the tip


def test_concentration_loops_follow_the_verb():
    e = unit_experiment("disc", "kinetics", biot=2.0)
    train = stairs(1.0, 16, 2)
    for field in ("on", "off"):
        got = loop(e, train, field=field, observable="concentration")
        seen = vg.concentration(e, time=got.time, drive=train, **PC)
        assert np.allclose(got.values, seen.values, rtol=1e-11, atol=1e-13)
        assert (got.units, got.bias_units) == ("mol/m³", "mol/m³")
        assert got.area > 0


def test_equilibrium_has_no_loop_in_the_concentration(e):
    """C follows the bias at once: on-field a line, off-field nothing; yet the deflection opens."""
    on = loop(e, stairs(1.0), observable="concentration")
    assert np.allclose(on.values, on.bias, rtol=0, atol=1e-11)
    off = loop(e, stairs(1.0), field="off", observable="concentration")
    assert np.allclose(off.values, 0, rtol=0, atol=1e-11)
    for one in (on, off):
        assert not one.opens
        assert "no loop" in one.report()
    assert loop(e, stairs(1.0), field="off").area > 0.05


def test_slow_kinetics_in_the_concentration():
    """Sine: -π V̂² Im C(iω) of the surface, from the verb in frequency."""
    e = unit_experiment("disc", "kinetics", biot=2.0, thickness=0.3, back="permeable")
    got = loop(e, vg.Sine(3.0, cycles=12), observable="concentration", points=1024)
    c = vg.concentration(e, 3.0, **PC).values
    assert got.area == pytest.approx(-pi * c.imag, rel=1e-9)


# ------------------------------------------------------------------ both limits of the rate


def tail(t):
    """Slow part of the step response of a disc: -√s/6 in H(s) is -1/(6√(πt))."""
    return -1 / (6 * np.sqrt(pi * t))


def onset(t):
    """Fast part: H → 1/√s, 2√(t/π)."""
    return 2 * np.sqrt(t / pi)


def bare_area(step, train, moment):
    """Area of the last cycle from a given step response, summed pulse by pulse."""
    a, p = np.array(train.amplitudes), train.period
    u = np.zeros(a.size)
    for m in range(a.size):
        for n in range(m + 1):
            lag = (m - n) * p + moment
            u[m] += a[n] * (step(lag) if lag > 0 else 0.0)
            lag -= train.duration
            u[m] -= a[n] * (step(lag) if lag > 1e-12 * p else 0.0)
    return polygon(a[-17:], u[-17:])


@pytest.mark.parametrize("field", ["on", "off"])
def test_area_vanishes_as_the_square_root_of_the_rate_and_of_its_inverse(e, field):
    """Slow: the √s of the sink; fast: the √t of plane diffusion. Both typed a second time."""
    for period, step in ((1e10, tail), (1e-10, onset)):
        train = stairs(period, 16)
        moment = train.duration if field == "on" else train.period
        expected = bare_area(step, train, moment)
        got = loop(e, train, field=field).area
        # the next order is a factor √(R²/Dt) or √(Dt)/R of a step, 1e-4
        assert got == pytest.approx(expected, rel=1e-3)
        assert got > 0
    areas = [loop(e, stairs(period, 16), field=field).area for period in (1e-10, 1e-8, 1e8, 1e10)]
    assert areas[1] / areas[0] == pytest.approx(10, rel=1e-3)
    assert areas[2] / areas[3] == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "biot", "field", "peak"),
    [
        ("conc", inf, "on", 7.85),
        ("conc", inf, "off", 8.66),
        ("kinetics", 1.0, "on", 2.20),
        ("kinetics", 0.01, "off", 0.112),
    ],
)
def test_area_has_one_peak_over_the_rate(name, biot, field, peak):
    """At ωR²/D = 8 in equilibrium, near 1 for κR/D = 1; slower charge transfer moves it down."""
    e = unit_experiment("disc", name, biot=biot)
    rate = peak * np.geomspace(1e-4, 1e4, 41)
    areas = np.array([loop(e, stairs(2 * pi / w), field=field).area for w in rate])
    top = int(areas.argmax())
    assert (np.diff(areas[: top + 1]) > 0).all()
    assert (np.diff(areas[top:]) < 0).all()
    assert top == 20
    # a parabola through the three highest: the step of the row is 1.6
    three = np.polyfit(np.log(rate[19:22]), np.log(areas[19:22]), 2)
    assert np.exp(-three[1] / (2 * three[0])) == pytest.approx(peak, rel=0.05)


def test_limits_of_a_sine():
    """-π Im H: π√(ωτ)/(6√2) slow, at any rate of charge transfer; π/√(2ωτ) or πBi/(ωτ) fast."""
    slow, fast = 1e-10, 1e12
    for name, biot, limit in (
        ("conc", inf, pi / np.sqrt(2 * fast)),
        ("kinetics", 3.0, pi * 3.0 / fast),
    ):
        e = unit_experiment("disc", name, biot=biot)
        h = vg.frequency_response(e, np.array([slow, fast]) / (2 * pi), **PC).values
        # relative next orders: √slow·O(1/Bi) and Bi/√fast
        assert -pi * h[0].imag == pytest.approx(pi * np.sqrt(slow / 2) / 6, rel=1e-4)
        assert -pi * h[1].imag == pytest.approx(limit, rel=1e-4)


def test_a_contact_on_a_half_space_stays_open_in_the_slow_limit():
    """u ~ -(Φ/2πDR) ¼ ln s: the lag is π/8, and the area π/4 Φ/(4DcR), at any slow rate."""
    for biot in (inf, 1.0):
        e = contact(biot)
        flow = vg.contact_current(e, 0.0, **PC).values.real / 4
        h = vg.frequency_response(e, 1e-9, **PC).values
        assert -pi * h.imag == pytest.approx(pi / 4 * flow, rel=1e-3)
    areas = [loop(contact(), stairs(period, 16), field="on").area for period in (1e9, 1e11)]
    assert areas[0] == pytest.approx(areas[1], rel=5e-4)
    assert areas[0] > 0.1


def test_a_contact_on_a_permeable_film_closes_at_both_ends():
    e = contact(h=1.0, back="permeable")
    areas = [loop(e, stairs(period, 16)).area for period in (1e-8, 1e-6, 1.0, 1e3)]
    assert areas[1] / areas[0] == pytest.approx(10, rel=1e-2)
    assert areas[2] == max(areas)
    assert abs(areas[3]) < 1e-6  # each pulse outlasts the slowest mode, h²/π²D
    h = vg.frequency_response(e, np.array([1e-8, 1e-6]), **PC).values.imag
    assert h[1] / h[0] == pytest.approx(100, rel=1e-6)  # a static limit: ∝ ω under a sine


def test_kinetics_under_a_contact_in_the_concentration():
    """C under the tip: √ω slow on a half-space, 1/√ω fast."""
    c = vg.concentration(contact(2.0), np.array([1e-10, 1e-8, 1e8, 1e10]), **PC).values.imag
    assert c[1] / c[0] == pytest.approx(10, rel=1e-3)
    assert c[2] / c[3] == pytest.approx(10, rel=1e-3)


# ------------------------------------------------------------------ law: nonlinear kinetics


def dead_zone(v):
    return np.sign(v) * np.maximum(np.abs(v) - 0.5, 0.0)


def test_a_dead_zone_opens_no_loop_below_its_threshold(e):
    for envelope in (stairs(1.0, peak=0.49), vg.Triangle(1.0, 0.49), vg.Sine(1.0, 0.49, 2.0)):
        one = loop(e, envelope, law=dead_zone)
        assert one.area == 0.0
        assert not one.values.any()
        assert (one.remanence, one.coercive_bias)[1] is None
        assert one.bias_units == "V"
    above = loop(e, stairs(1.0, peak=1.0), law=dead_zone)
    assert above.area > 0.01
    assert max(above.bias) == 1.0  # the bias is what the user set
    assert max(above.inputs["drive"].amplitudes) == 0.5  # the drive is what the ions feel


def test_no_law_is_the_law_that_changes_nothing(e):
    for envelope in (stairs(1.0, rest=0.1), vg.Triangle(1.0, cycles=2), vg.Sine(1.0, cycles=2)):
        bare, same = loop(e, envelope), loop(e, envelope, law=lambda v: v)
        assert np.abs(bare.values - same.values).max() <= (bare.error + same.error).max()
        assert same.area == pytest.approx(bare.area, rel=3e-5)  # 512 samples
        assert abs(same.area - bare.area) <= same.area_error + bare.area_error
    waveform = vg.Sampled(np.linspace(0, 2, 129), np.sin(np.pi * np.linspace(0, 2, 129)))
    assert np.array_equal(loop(e, waveform).values, loop(e, waveform, law=lambda v: v).values)


def test_a_law_acts_on_the_rest_too(e):
    train = vg.PulseTrain(0.1, 0.2, (1.0, 2.0, 3.0), rest=0.5)
    squared = loop(e, train, law=lambda v: v**2, field="off")
    by_hand = loop(e, vg.PulseTrain(0.1, 0.2, (1.0, 4.0, 9.0), rest=0.25), field="off")
    assert np.array_equal(squared.values, by_hand.values)
    assert squared.bias.tolist() == [1.0, 2.0, 3.0]


def test_a_curved_law_states_what_its_samples_miss(e):
    """tanh(3V) of a sine on 64 points against 4096."""
    law = lambda v: np.tanh(3 * v)  # noqa: E731
    rough, fine = (loop(e, vg.Sine(1.0, cycles=2), law=law, points=n) for n in (64, 4096))
    off = np.abs(rough.values - fine.values[:: 4096 // 64])
    assert off.max() > 1e-5
    assert (off <= rough.error + fine.error[::64]).all()
    assert abs(rough.area - fine.area) <= rough.area_error + fine.area_error


# ------------------------------------------------------------------ first-order reversal curves


def test_linear_areas_grow_as_the_square_of_the_peak(e):
    peaks = np.array([0.1, 0.5, 2.0])
    family = vg.forc(e, peaks, steps=32, duration=0.01, period=0.02, field="off", **PC)
    assert np.allclose(family.areas, family.areas[0] * (peaks / 0.1) ** 2, rtol=1e-10, atol=0)
    assert [one.bias.max() for one in family.loops] == peaks.tolist()
    assert family.loops[0].inputs["field"] == "off"


def test_a_threshold_shows_in_the_family(e):
    peaks = np.linspace(0.25, 1.5, 6)
    family = vg.forc(e, peaks, steps=32, duration=0.01, period=0.02, law=dead_zone, **PC)
    assert (family.areas[peaks <= 0.5] == 0).all()
    assert (np.diff(family.areas[peaks > 0.5]) > 0).all()


# ------------------------------------------------------------------ which cycle


@pytest.mark.parametrize(
    ("bias", "cycle"),
    [
        (staircase(1.0, 8, 3), 8),
        (staircase(1.0, 8, 3)[:20], 8),  # the last cycle is cut
        (staircase(1.0, 8, 1), 8),
        ((*staircase(1.0, 8, 1), 0.0), 9),  # one cycle, closed by hand
        ((*staircase(1.0, 8, 1), *staircase(2.0, 8, 1)), 16),  # growing: all of it
        ((1.0, 1.0, 1.0), 1),
        ((1.0,), 1),
        ((0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 4),
        (np.sin(2 * np.pi * np.arange(201) / 50), 50),  # rounding of the samples
    ],
)
def test_cycle_is_the_shortest_that_repeats(bias, cycle):
    assert envelopes._repeat(np.array(bias)) == cycle


@given(st.integers(1, 9), st.integers(2, 4), st.integers(0, 2**31))
@settings(max_examples=50)
def test_any_repeated_row_is_found(size, times, seed):
    row = np.random.default_rng(seed).normal(size=size)
    assert envelopes._repeat(np.tile(row, times)) == size


def test_sampled_sweeps_are_read_at_their_samples(film):
    t = np.linspace(0, 4, 2049)
    got = loop(film, vg.Sampled(t, np.sin(2 * np.pi * 1.5 * t)))
    h = vg.frequency_response(film, 1.5, **PC).values
    assert got.time.tolist() == t.tolist()
    # a turn is no whole number of samples: the bias repeats after three of them
    assert got.last == slice(2049 - 1025, None)
    assert got.area == pytest.approx(-3 * pi * h.imag, rel=1e-4)
    even = vg.Sampled(np.linspace(0, 4, 1537), np.sin(2 * np.pi * 1.5 * np.linspace(0, 4, 1537)))
    one = loop(film, even)
    assert one.last == slice(1537 - 257, None)
    assert one.area == pytest.approx(-pi * h.imag, rel=3e-4)  # polygon of 256 points: (2π/256)²/6


def test_passing_zero():
    x = np.array([0.0, 1.0, 0.0, -1.0])
    y = np.array([5.0, 6.0, 7.0, 8.0])
    assert loops._passing(x, y) == (7.0, 5.0)
    assert loops._passing(x + 0.5, y) == pytest.approx((7.5, 8.5 - 2.0))
    assert loops._passing(x + 2, y) is None
    assert loops._passing(np.tile(x, 2), np.tile(y, 2)) is None


# ------------------------------------------------------------------ staircase


def test_staircase():
    assert staircase(1.0, 4) == (0.0, 1.0, 0.0, -1.0)
    assert staircase(-3.0, 12, 2) == 2 * (0, -1, -2, -3, -2, -1, 0, 1, 2, 3, 2, 1)
    assert not np.signbit(staircase(1.0, 8)[::4]).any()
    n = np.arange(64)
    assert staircase(1.0, 64) == tuple(vg.Triangle(64.0)(n))
    for kw in ({"steps": 6}, {"steps": 0}, {"steps": 8.0}, {"steps": True}, {"cycles": 0}):
        with pytest.raises(vg.VegardError, match="whole number"):
            staircase(1.0, **{"steps": 8, **kw})


# ------------------------------------------------------------------ the result


def test_a_loop_tells_of_itself(e, tmp_path):
    one = vg.loop(e.replace({"material.ocv_slope": -1e-3}), stairs(1.0, 16, 2))
    assert (one.units, one.bias_units, one.area_units) == ("m", "V", "m·V")
    data = one.to_xarray()
    assert data["response"].dims == ("time",)
    assert data["bias"].attrs["units"] == "V"
    assert data.attrs["area"] == one.area
    assert len(data.attrs["inputs_sha256"]) == 64
    data.to_netcdf(tmp_path / "loop.nc", engine="h5netcdf")
    text = one.report()
    assert "32 readings, on-field, of the deflection" in text
    assert f"{one.area:.4g} m·V" in text
    assert f"{one.coercive_bias[0]:.4g}" in text
    assert any("053712" in line for line in one.citations())
    with pytest.raises(AttributeError):
        one.area = 1.0
    per_ampere = vg.loop(unit_experiment("disc", "flux"), stairs(1.0, 16), per="ampere")
    assert per_ampere.bias_units == "A"


@pytest.mark.parametrize("observable", loops.OBSERVABLES)
def test_loops_can_be_drawn(observable):
    from matplotlib.figure import Figure

    e = unit_experiment("disc", "kinetics", biot=2.0)
    one = loop(e, stairs(1.0, 16, 2), observable=observable)
    ax = one.plot(Figure().add_subplot())
    assert ax.get_xlabel() == "bias (mol/m³)"
    assert observable.replace("deflection", "displacement") in ax.get_ylabel()
    assert "On-field loop, " in ax.get_title(loc="left")
    drawn = ax.lines[1].get_xydata()  # the last cycle, closed
    assert drawn[0] == pytest.approx(drawn[-1])
    assert np.allclose(drawn[:-1, 0], one.bias[one.last])
    family = vg.forc(e, [0.5, 1.0], steps=16, duration=0.1, period=0.2, observable=observable, **PC)
    ax = family.plot(Figure().add_subplot())
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "peak 0.5 mol/m³",
        "peak 1 mol/m³",
    ]


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize("field", [0, 1, True, False, None, "On", "", ["on"]])
def test_field_is_a_word(e, field):
    with pytest.raises(vg.VegardError, match="0 is on-field in some tools"):
        loop(e, stairs(1.0), field=field)


@pytest.mark.parametrize(
    ("envelope", "kw", "words"),
    [
        (vg.Pulse(1.0), {}, "PulseTrain, Triangle, Sine or Sampled"),
        ([1.0, 2.0], {}, "PulseTrain, Triangle, Sine or Sampled"),
        (vg.Triangle(1.0), {"field": "off"}, "or a PulseTrain"),
        (vg.Sampled([0.0, 1.0], [0.0, 1.0]), {"field": "off"}, "no rest to read off-field"),
        (vg.Triangle(1.0), {"delay": 0.1}, "no edge to delay"),
        (vg.Sine(1.0), {}, "whole cycles"),
        (vg.Sine(1.0, cycles=2.5), {}, "whole cycles"),
        (vg.Triangle(1.0), {"points": 100}, "multiple of 8"),
        (vg.Triangle(1.0), {"points": 8.0}, "multiple of 8"),
        (stairs(1.0, duty=1.0), {"field": "off"}, "without a rest"),
        (stairs(6.4), {"delay": 0.06}, "at most 0.05 s"),
        (stairs(6.4), {"delay": 0.0}, "delay must be > 0"),
        (stairs(6.4), {"delay": -1.0, "field": "off"}, "delay must be > 0"),
        (stairs(6.4), {"delay": [0.01, 0.02]}, "delay must be > 0"),
        (stairs(1.0), {"observable": "phase"}, "deflection"),
        (stairs(1.0), {"at": [0.0, 1.0]}, "at must be one number"),
        (stairs(1.0), {"at": -1.0}, "at must be >= 0"),
        (stairs(1.0), {"per": "flux"}, "no response per"),
        (stairs(1.0), {"law": lambda v: v[:3]}, "one drive for each bias"),
        (stairs(1.0), {"law": lambda v: v / 0.0}, "finite"),
        (stairs(1.0), {"law": lambda v: "none"}, "law returns"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_refusals(e, envelope, kw, words):
    with pytest.raises(vg.VegardError, match=words):
        vg.loop(e, envelope, **{**PC, **kw})


def test_more_refusals(e):
    with pytest.raises(vg.VegardError, match=r"vegard\.Experiment"):
        vg.loop("film", stairs(1.0))
    with pytest.raises(vg.VegardError, match="needs a DiscTip"):
        loop(e.replace({"tip": vg.GaussianTip(1.0), "interface": vg.Contact()}), stairs(1.0))
    how = {"steps": 16, "duration": 0.1, "period": 0.2, **PC}
    for peaks in ([], [0.0], [-1.0, 1.0], 1.0, [[1.0]], ["1 V"]):
        with pytest.raises(vg.VegardError, match="peaks"):
            vg.forc(e, peaks, **how)
    with pytest.raises(vg.VegardError, match="multiple of 4"):
        vg.forc(e, [1.0], **{**how, "steps": 15})


# ------------------------------------------------------------------ the command


APP = typer.Typer()
APP.command(cls=cli.FieldFlags)(cli._guarded(commands_loops.loop))
EXAMPLE = Path(__file__).parent.parent / "examples" / "lmo_disc.toml"
ASKED = [EXAMPLE, "--period", "20 ms", "--peak", "100 mV"]


def invoke(*args):
    return CliRunner().invoke(APP, [str(a) for a in args])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lmo():
    return vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(20e-9))


@pytest.mark.parametrize("field", ["on", "off"])
def test_command_gives_the_numbers_of_the_verb(here, field):
    out = invoke(*ASKED, "--field", field, "--steps", 32, "--cycles", 3, "--format", "json")
    assert out.exit_code == 0, out.output
    data = json.loads(out.stdout, parse_constant=pytest.fail)
    one = vg.loop(lmo(), vg.PulseTrain(0.02 / 64, 0.02 / 32, staircase(0.1, 32, 3)), field=field)
    assert data["area"] == pytest.approx(one.area, rel=1e-12)
    assert data["remanence"]["falling"] == pytest.approx(one.remanence[0], rel=1e-12)
    assert data["coercive_bias"]["rising"] == pytest.approx(one.coercive_bias[1], rel=1e-12)
    assert (data["units"], data["bias_units"], data["field"]) == ("m", "V", field)
    e = lmo()
    rate = 2 * pi * e.tip.radius**2 / (e.material.diffusivity_normal * 0.02)
    assert data["rate"] == pytest.approx(rate, rel=1e-12)
    assert data["notes"] == []


def test_command_prints_and_writes(here):
    out = invoke(*ASKED, "-o", "out")
    assert out.exit_code == 0, out.output
    lines = out.stdout.splitlines()
    assert lines[0].endswith("on-field loop of the deflection, ωR²/D = 17.7")
    assert [line.split()[0] for line in lines[1:4]] == ["area", "remanence", "coercive"]
    assert lines[-1] == "4 files in out: loop.csv, loop.png, loop.svg, summary.json"
    table = np.genfromtxt("out/loop.csv", delimiter=",", names=True, comments="#", skip_header=8)
    one = vg.loop(lmo(), vg.PulseTrain(0.02 / 128, 0.02 / 64, staircase(0.1, 64, 2)))
    assert np.allclose(table["bias"], one.bias, rtol=1e-15, atol=0)
    assert np.allclose(table["response"], one.values, rtol=1e-12, atol=1e-25)
    assert Path("out/loop.png").read_bytes().startswith(b"\x89PNG")
    summary = json.loads(Path("out/summary.json").read_text("utf-8"))
    assert summary["area"] == pytest.approx(one.area, rel=1e-12)
    again = invoke(*ASKED, "-o", "out")  # its own folder may be replaced
    assert again.exit_code == 0
    before = Path("out/loop.svg").read_bytes()
    assert invoke(*ASKED, "-o", "out").exit_code == 0
    assert Path("out/loop.svg").read_bytes() == before


def test_command_tells_where_linear_theory_ends_and_what_is_left_out(here):
    out = invoke(EXAMPLE, "--period", "1 s", "--peak", "1 V")
    assert "note: Vegard strain" in out.stdout
    whole = EXAMPLE.parent / "parasitics.toml"
    out = invoke(whole, "--period", "1 s", "--peak", "10 mV")
    assert out.exit_code == 0, out.output
    assert "left out of the loop" in out.stdout


def test_command_without_a_loop(here):
    out = invoke(*ASKED, "--observable", "concentration", "--field", "off")
    assert "no loop" in out.stdout
    assert "not defined" in out.stdout
    charged = invoke(*ASKED, "--interface-kind", "LinearKinetics", "--interface-rate", "1e-6 m/s",
                     "--observable", "concentration")  # fmt: skip
    assert "mol/m³·V" in charged.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--peak", "1 nm"], "needs a voltage"),
        (["--period", "0 s"], "duration must be > 0"),
        (["--steps", "6"], "multiple of 4"),
        (["--cycles", "0"], "whole number"),
        (["--duty", "0"], "--duty must be > 0"),
        (["--duty", "1.5"], "--duty must be > 0"),
        (["--duty", "1", "--field", "off"], "leaves no rest"),
        (["--field", "1"], "is not one of"),
        (["--set", 'tip.radius=["10 nm", "20 nm"]'], "lists are sweeps"),
        (["--peak", "inf"], "finite"),
    ],
)
def test_command_refuses(here, change, words):
    out = invoke(*ASKED, *change, "-o", "out")
    assert out.exit_code == 2
    assert words in out.stderr
    assert not Path("out").exists()
