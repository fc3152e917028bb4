"""The lever against finite elements and closed forms, and what each way of detection reads."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import inf

import numpy as np
import pytest
from scipy import linalg

import vegard as vg
from vegard.cantilever import Cantilever

PLAIN = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
REAL = replace(
    PLAIN,
    quality=40,
    contact_damping=2e-6,
    lateral_stiffness=400,
    tip_position=0.9,
    laser_position=0.8,
    tip_height=15e-6,
    tilt=0.19,
)
LEVERS = {
    "plain": PLAIN,
    "real": REAL,
    "tip inside": replace(PLAIN, tip_position=0.6, laser_position=0.95, contact_stiffness=20),
    "pinned": replace(REAL, contact_stiffness=inf, contact_damping=0.0),
}
N = 60  # elements; L = EI = μ = 1; a resonance is off by (z/N)⁴/720: 4e-7 at z = 8


@cache
def matrices():
    """Stiffness and mass of Hermite elements, clamped at the base; unknowns y, y' at each node."""
    h = 1 / N
    k = np.array([[12, 6, -12, 6], [6, 4, -6, 2], [-12, -6, 12, -6], [6, 2, -6, 4]]) / h**3
    m = np.array([[156, 22, 54, -13], [22, 4, 13, -3], [54, 13, 156, -22], [-13, -3, -22, 4]])
    scale = np.outer([1, h, 1, h], [1, h, 1, h])
    stiffness, mass = np.zeros((2, 2 * N + 2, 2 * N + 2))
    for i in range(0, 2 * N, 2):
        part = slice(i, i + 4)
        stiffness[part, part] += k * scale
        mass[part, part] += m * scale * h / 420
    return stiffness[2:, 2:], mass[2:, 2:]


def node(x):
    return 2 * round(x * N) - 2


def assembled(lever):
    """K, C, M over ω/ω₁, the apex directions and the row that reads the slope."""
    stiffness, mass = matrices()
    c, s, h = np.cos(lever.tilt), np.sin(lever.tilt), lever.tip_height / lever.length
    apex = np.zeros((2, 2 * N))
    apex[:, node(lever.tip_position) : node(lever.tip_position) + 2] = [[c, -h * s], [s, h * c]]
    unit = 3 / lever.stiffness  # L³/EI
    w1 = 1.875104068711961**2
    springs = unit * np.array([min(lever.contact_stiffness, 1e9), lever.lateral_stiffness])
    k = stiffness + apex.T @ np.diag(springs) @ apex
    dashpot = unit * lever.contact_damping * 2 * np.pi * lever.free_resonance
    d = mass * w1**2 / lever.quality + dashpot * np.outer(apex[0], apex[0])
    slope = np.zeros(2 * N)
    slope[node(lever.laser_position) + 1] = 1
    return k, d, mass * w1**2, apex, springs, dashpot, slope


def elements_transfer(lever, f, which=0):
    k, d, m, apex, springs, dashpot, slope = assembled(lever)
    u = np.linalg.solve(matrices()[0], apex[0])
    rest = slope @ u / (apex[0] @ u)  # a force curve on a hard surface
    out = []
    for w in f / lever.free_resonance:
        pull = springs[which] + (1j * w * dashpot if which == 0 else 0)
        out.append(slope @ np.linalg.solve(k + 1j * w * d - w**2 * m, apex[which] * pull) / rest)
    return np.array(out)


@pytest.mark.parametrize("name", LEVERS)
def test_transfer_against_finite_elements(name):
    lever = LEVERS[name]
    f = lever.free_resonance * np.array([1e-4, 0.1, 0.5, 1.0, 2.0, 4.0, 7.0, 11.0, 16.0])
    # 1e-5: the elements shift a resonance by up to 8e-7, which flanks amplify tenfold
    assert np.allclose(lever.transfer(f), elements_transfer(lever, f), rtol=1e-5, atol=0)
    if lever.lateral_stiffness:
        sideways = lever.transfer(f, component="lateral_x")
        assert np.allclose(sideways, elements_transfer(lever, f, which=1), rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", LEVERS)
def test_resonances_and_quality_against_finite_elements(name):
    """Complex eigenvalues of (K + iωC - ω²M)."""
    lever = LEVERS[name]
    k, d, m, *_ = assembled(lever)
    undamped = np.sqrt(linalg.eigh(k, m, eigvals_only=True, subset_by_index=[0, 2]))
    assert np.allclose(lever.resonances(3) / lever.free_resonance, undamped, rtol=2e-6, atol=0)
    one, zero = np.eye(2 * N), np.zeros((2 * N, 2 * N))
    s = linalg.eigvals(np.block([[zero, one], [-np.linalg.solve(m, k), -np.linalg.solve(m, d)]]))
    s = s[s.imag > 0]
    s = s[np.argsort(np.abs(s))][:3]
    assert np.allclose(lever.quality_factors(3), np.abs(s) / (-2 * s.real), rtol=1e-5, atol=0)
    assert np.allclose(s.imag, undamped, rtol=0.05, atol=0)  # the same three


def test_equations_of_the_docstring():
    """Tip and laser at the end, typed a second time."""
    f = np.array([3e3, 80e3, 300e3, 330e3, 1.2e6])
    z = 1.875104068711961 * ((f**2 - 1j * f * 75e3 / 150) / 75e3**2) ** 0.25
    c, s, ch, sh = np.cos(z), np.sin(z), np.cosh(z), np.sinh(z)
    k = 3 * 500 / 2.8
    expected = 2 * k * z * s * sh / (3 * (z**3 * (1 + c * ch) + k * (s * ch - c * sh)))
    assert np.allclose(PLAIN.transfer(f), expected, rtol=1e-11, atol=0)
    z = 1.875104068711961 * np.sqrt(PLAIN.resonances(4) / 75e3)
    c, s, ch, sh = np.cos(z), np.sin(z), np.cosh(z), np.sinh(z)
    assert np.allclose(-(z**3) * (1 + c * ch) / (s * ch - c * sh), k, rtol=1e-9, atol=0)
    assert np.allclose(
        PLAIN.quality_factors(4), 150 * PLAIN.resonances(4) / 75e3, rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("laser", [0.2, 0.7, 1.0])
@pytest.mark.parametrize(("stiffness", "tip"), [(500, 1.0), (1.0, 1.0), (20.0, 0.6), (inf, 0.6)])
def test_rest(laser, stiffness, tip):
    """Two springs in a row, k* and that of the lever at its tip, wherever the laser is."""
    lever = replace(PLAIN, contact_stiffness=stiffness, tip_position=tip, laser_position=laser)
    expected = 1 / (1 + 2.8 / tip**3 / stiffness)
    assert lever.transfer(0.0) == pytest.approx(expected, rel=1e-13)
    assert lever.transfer(1.0) == pytest.approx(expected, rel=1e-5)  # lag of f/(f₁Q) = 1e-7


def test_second_flexural_resonance():
    f = np.linspace(10e3, 1.2e6, 20001)
    h = np.abs(PLAIN.transfer(f))
    peaks = f[1:-1][(h[1:-1] > h[:-2]) & (h[1:-1] > h[2:])]
    assert np.allclose(peaks, PLAIN.resonances(2), rtol=3e-4, atol=0)  # the step of the grid
    assert np.allclose(peaks, [319.9e3, 956.4e3], rtol=3e-4, atol=0)


def test_blind_laser():
    """A spot at 0.592 L does not see the resonance that the end sees 800-fold."""
    f = PLAIN.resonances(1)[0]
    (spot,) = PLAIN.blind_positions()
    assert spot == pytest.approx(0.592, abs=5e-4)
    seen = abs(PLAIN.transfer(f))
    assert seen == pytest.approx(812, rel=1e-3)
    assert abs(replace(PLAIN, laser_position=spot).transfer(f)) < 3e-3 * seen
    around = [replace(PLAIN, laser_position=x).transfer(f).imag for x in (spot - 0.1, spot + 0.1)]
    assert np.prod(around) < 0  # the phase turns by π from one side to the other
    pinned = replace(PLAIN, contact_stiffness=inf)
    assert [pinned.blind_positions(n).size for n in (1, 2, 6)] == [1, 2, 6]
    soft = replace(PLAIN, contact_stiffness=1.0)
    assert soft.blind_positions(1).size == 0  # like the free lever, which bends one way


@pytest.mark.parametrize("name", LEVERS)
def test_blind_spots_of_any_lever(name):
    lever = replace(LEVERS[name], quality=1e5, contact_damping=0.0)
    for n in (1, 2, 3):
        f = lever.resonances(n)[-1]
        spots = [0.99, *lever.blind_positions(n)]
        end, *blind = (abs(replace(lever, laser_position=x).transfer(f)) for x in spots)
        assert max(blind, default=0) < 1e-3 * end


def test_the_end_itself_can_be_blind():
    """sin z = 0 at z = π, where k*/k_L = π³ tanh(π/2)/3 = 9.48 puts the first resonance."""
    k = 2.8 * np.pi**3 * np.tanh(np.pi / 2) / 3
    lever = replace(PLAIN, contact_stiffness=k)
    f = 75e3 * (np.pi / 1.875104068711961) ** 2
    assert lever.resonances()[0] == pytest.approx(f, rel=1e-12)
    # y''(L) = 0, so that the blind spot leaves the end like the root of what k* is off
    spots = [
        replace(lever, contact_stiffness=k * (1 + d)).blind_positions()[0] for d in (1e-4, 1e-6)
    ]
    assert (1 - spots[0]) / (1 - spots[1]) == pytest.approx(10, rel=0.01)
    assert abs(lever.transfer(f)) < 2  # no resonance: 400-fold elsewhere
    assert abs(replace(lever, laser_position=0.7).transfer(f)) > 100


def test_damped_harmonic_oscillator_near_the_resonance():
    """Within ±2 linewidths H is one oscillator to 0.3 % of its peak (Q = 640)."""
    f0, q = PLAIN.resonances()[0], PLAIN.quality_factors()[0]
    f = f0 * (1 + np.linspace(-2, 2, 41) / q)
    oscillator = f0**2 / q / (f0**2 - f**2 + 1j * f * f0 / q)
    h = PLAIN.transfer(f)
    scale = np.vdot(oscillator, h) / np.vdot(oscillator, oscillator)
    assert np.abs(h - scale * oscillator).max() < 0.003 * np.abs(h).max()


@pytest.mark.parametrize("name", ["plain", "real", "tip inside"])
def test_tuned_to_a_measured_resonance(name):
    lever = LEVERS[name]
    for f in lever.resonances(3):
        assert replace(lever, contact_stiffness=None).tuned(f).contact_stiffness == pytest.approx(
            lever.contact_stiffness, rel=1e-8
        )


def test_shapes():
    assert np.ndim(PLAIN.transfer(1e3)) == 0
    assert PLAIN.transfer(np.ones((2, 3))).shape == (2, 3)
    f = np.geomspace(1, 1e7, 9001)  # more than one block
    some = [0, 3999, 4000, 9000]
    assert np.allclose(PLAIN.transfer(f)[some], PLAIN.transfer(f[some]), rtol=1e-13, atol=0)
    assert not abs(replace(PLAIN, contact_stiffness=0).transfer(f)).any()  # a free lever sees none


def response(e, f, **kw):
    return vg.frequency_response(e, f, per="concentration", **kw)


def test_single_frequency(lmo):
    f = np.array([[1.0, 1e3], [3e5, 1e6]])
    u = response(lmo, f, at=[0.0, 5e-9])
    read = REAL.detect(u)
    assert np.allclose(read.values, u.values * REAL.transfer(f), rtol=1e-14, atol=0)
    assert np.allclose(read.error, u.error * abs(REAL.transfer(f)), rtol=1e-14, atol=0)
    assert (read.units, read.values.shape) == (u.units, (2, 2, 2))
    assert read.inputs["cantilever"] is REAL
    assert set(read.citations()) > set(u.citations())
    assert any("Rabe" in line for line in read.citations())
    x = response(lmo, 3e5, at=5e-9, component="lateral_x")
    sideways = REAL.transfer(3e5, component="lateral_x")
    assert REAL.detect(x).values == pytest.approx(x.values * sideways, rel=1e-14, abs=0)
    assert (REAL.detect(response(lmo, 3e5, at=5e-9)) + REAL.detect(x)).inputs["sum"]


def test_dart_reads_beside_the_resonance(lmo):
    f0 = PLAIN.resonances()[0]
    two = PLAIN.detect(response(lmo, 1.0, at=[0.0, 5e-9]), mode="dart", width=8e3)
    at = np.array([f0 - 4e3, f0 + 4e3])
    exact = response(lmo, at, at=[0.0, 5e-9]).values * PLAIN.transfer(at)
    for i in (0, 1):
        assert np.allclose(two[f"amplitude{i + 1}"], abs(exact[:, i]), rtol=1e-12, atol=0)
        assert np.allclose(two[f"phase{i + 1}"], np.angle(exact[:, i]), rtol=1e-12, atol=0)
    assert set(two.data_vars) == {
        "amplitude1", "amplitude2", "phase1", "phase2", "frequency", "width",
    }  # fmt: skip
    assert (float(two.frequency), float(two.width)) == pytest.approx((f0, 8e3), rel=1e-12)
    assert two.amplitude1.attrs["units"] == "m/(mol/m³)"
    assert PLAIN.detect(response(lmo, 1.0), mode="dart").amplitude1.ndim == 0


def test_band_excitation(lmo):
    u = response(lmo, 1.0)
    band = PLAIN.detect(u, mode="band", frequency=320e3, width=40e3, points=81)
    f = np.linspace(300e3, 340e3, 81)
    assert np.allclose(band.frequency, f, rtol=1e-15, atol=0)
    assert np.allclose(
        band.response, response(lmo, f).values * PLAIN.transfer(f), rtol=1e-12, atol=0
    )
    assert np.allclose(band.amplitude * np.exp(1j * band.phase), band.response, rtol=1e-12, atol=0)
    assert band.frequency.values[band.amplitude.values.argmax()] == 320e3  # nearest to 319.9 kHz
    whole = PLAIN.detect(u + u, mode="band", frequency=320e3, width=40e3, points=81)
    assert np.allclose(whole.response, 2 * band.response, rtol=1e-14, atol=0)
    given = vg.Response(np.ones(81), np.zeros(81), "m", (u.axes[0], u.axes[1]._replace(points=f)))
    same = PLAIN.detect(given, mode="band", frequency=320e3, width=40e3, points=81)
    assert np.allclose(same.response, PLAIN.transfer(f), rtol=1e-14, atol=0)


def test_widths_come_from_the_resonance():
    f0, q = REAL.resonances()[0], REAL.quality_factors()[0]
    assert np.ptp(REAL.frequencies("dart")) == pytest.approx(f0 / q, rel=1e-9)
    band = REAL.frequencies("band", points=12)
    assert (np.ptp(band), band.mean(), band.size) == pytest.approx((10 * f0 / q, f0, 12), rel=1e-9)


FREE = {"stiffness": 2.8, "free_resonance": 75e3, "quality": 150, "length": 225e-6}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda u: Cantilever(**FREE | {"stiffness": 0}), r"Cantilever\.stiffness must be > 0"),
        (lambda u: Cantilever(**FREE | {"quality": np.nan}), r"Cantilever\.quality must be > 0"),
        (lambda u: Cantilever(**FREE, laser_position=1.2), "must be > 0 and <= 1; got 1.2"),
        (lambda u: Cantilever(**FREE, tip_position=0), r"Cantilever\.tip_position must be > 0"),
        (lambda u: Cantilever(**FREE, tilt=11), r"below π/2 \[rad\]; got 11.0"),
        (lambda u: Cantilever(**FREE, tilt=1.3, tip_height=1e-4), r"below 3.12e-05 \[m\]"),
        (lambda u: Cantilever(**FREE).transfer(1.0), "contact_stiffness is unknown"),
        (lambda u: Cantilever(**FREE, contact_stiffness=0).blind_positions(), "blind everywhere"),
        (lambda u: PLAIN.transfer(-1.0), r"f must be >= 0 \[Hz\]; got -1"),
        (lambda u: PLAIN.transfer([1.0, np.inf]), r"f must be finite \[Hz\]"),
        (lambda u: PLAIN.transfer([]), "f is empty"),
        (lambda u: PLAIN.transfer("fast"), "f must be numbers in Hz"),
        (lambda u: PLAIN.transfer(1.0, component="lateral_y"), "torsion is not modelled"),
        (lambda u: PLAIN.transfer(1.0, component="lateral_x"), "only through .*lateral_stiffness"),
        (lambda u: PLAIN.transfer(1.0, component="verticle"), "Did you mean 'vertical'"),
        (lambda u: PLAIN.resonances(0), "n must be a whole number, 1 or more; got 0"),
        (lambda u: PLAIN.resonances(True), "n must be a whole number"),
        (lambda u: PLAIN.quality_factors(1.5), "n must be a whole number"),
        (lambda u: PLAIN.blind_positions(0), "resonance must be a whole number"),
        (lambda u: PLAIN.tuned(400e3), r"at 400 kHz; .* 75\.\.328.89 kHz, 470.02\.\.1065.8 kHz"),
        (lambda u: PLAIN.tuned(0), "no contact stiffness puts a resonance at 0 kHz"),
        (lambda u: PLAIN.tuned([1e5, 2e5]), "one number"),
        (lambda u: PLAIN.frequencies("single"), "unknown mode 'single'"),
        (lambda u: PLAIN.frequencies("dart", frequency=3e5), "give width"),
        (lambda u: PLAIN.frequencies("dart", width=1e6), "below twice the frequency"),
        (lambda u: PLAIN.frequencies("band", width=[1.0, 2.0]), "one number each"),
        (lambda u: PLAIN.frequencies("band", points=1), "points must be a whole number, 2"),
        (lambda u: PLAIN.detect(u, mode="bart"), "Did you mean 'dart'"),
        (lambda u: PLAIN.detect(u, width=1e3), "leave out frequency and width"),
        (lambda u: PLAIN.detect(PLAIN.detect(u)), "detected already"),
        (lambda u: PLAIN.detect(1.0), "must be a vegard.Response; got 1.0"),
    ],
)
def test_bad_input(call, message, lmo):
    with pytest.raises(vg.VegardError, match=message):
        call(response(lmo, 1e3))


def test_responses_that_cannot_be_detected(lmo):
    u = response(lmo, 1e3, at=5e-9)
    step = vg.step_response(lmo, 1.0, per="concentration")
    with pytest.raises(vg.VegardError, match=r"got \[m/\(mol/m³\)\] over time"):
        PLAIN.detect(step)
    current = vg.Response(1.0, 0.0, "A/V", u.axes)
    with pytest.raises(vg.VegardError, match=r"takes a displacement \[m\]"):
        PLAIN.detect(current)
    with pytest.raises(vg.VegardError, match="mixes lateral_x and vertical"):
        REAL.detect(u + response(lmo, 1e3, at=5e-9, component="lateral_x"))
    foreign = vg.Response(1.0, 0.0, "m/V", u.axes)
    with pytest.raises(vg.VegardError, match=r"give the response at lever\.frequencies"):
        PLAIN.detect(foreign, mode="dart")
