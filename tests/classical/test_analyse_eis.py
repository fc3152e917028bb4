"""Impedance analysed: by a Warburg line, by impedance.py's circuits, by the diffusion model."""

from __future__ import annotations

import sys
from functools import partial
from math import inf, pi

import numpy as np
import pytest
from analysed import BODIES, TAU, UNKNOWN, D, K, L, cell, coverage, near
from scipy.special import iv

import vegard as vg
from vegard.classical import Estimate, analyse_eis, eis
from vegard.classical.eis_analysis import SEMI_INFINITE

M = {"planar": 0, "cylinder": 1, "sphere": 2}
F = np.geomspace(1e-3, 1e5, 81)
R_CT = K * L / D  # at Bi = 1: 9.12 Ω
FULL = {"series_resistance": 2.0, "double_layer": 1e-5}


def spectrum(sample, f=F):
    return eis(sample, f).values


# the diffusion model


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("known", [True, False])
def test_diffusion_model_recovers_everything(shape, back, known):
    """D, R_s, R_ct, C_dl and, where it is not known, -dE/dC: 1e-8 without noise."""
    sample = cell(1.0, shape, back, **FULL)
    bare = cell(inf, shape, back, **({} if known else {"material": UNKNOWN}))
    got = analyse_eis(F, spectrum(sample), bare, method="diffusion_model")
    assert got.diffusivity == near(D, rel=1e-8)
    assert got.more["series_resistance"] == near(2.0, rel=1e-8)
    assert got.more["charge_transfer_resistance"] == near(R_CT, rel=1e-8)
    assert got.more["double_layer"] == near(1e-5, rel=1e-8)
    assert got.more["rate"] == near(sample.rate, rel=1e-8)
    if not known:
        assert got.more["stiffness"] == near(K, rel=1e-8)
    assert got.valid_range == near((F[0], F[-1]), rel=1e-12)


@pytest.mark.parametrize(("shape", "back"), BODIES)
@pytest.mark.parametrize("biot", [inf, 0.1])
def test_diffusion_model_without_an_arc(shape, back, biot):
    """No double layer: R_s and R_ct are one, D is not touched by it."""
    z = spectrum(cell(biot, shape, back))
    got = analyse_eis(F, z, cell(inf, shape, back), method="diffusion_model")
    assert got.diffusivity == near(D, rel=1e-8)
    whole = got.more["series_resistance"] + got.more["charge_transfer_resistance"]
    assert whole == pytest.approx(R_CT / biot, abs=1e-8)


def test_diffusion_model_says_what_it_cannot_know():
    """A Warburg tail of unknown height: the back is not felt, D is bounded from above alone."""
    f = np.geomspace(30, 3000, 40)
    z = spectrum(cell(1.0), f)
    z = z * (1 + 1e-3 * np.random.default_rng(0).standard_normal(40))
    got = analyse_eis(f, z, cell(material=UNKNOWN), method="diffusion_model")
    assert got.interval[0] == 0
    assert got.interval[1] > D
    assert got.sigma == inf
    got = analyse_eis(f, z, cell(), method="diffusion_model")
    assert got.interval[0] < D < got.interval[1] < 1.2 * D


def test_order_of_frequencies_does_not_matter():
    order = np.random.default_rng(0).permutation(F.size)
    z = spectrum(cell(1.0, **FULL))
    a, b = (analyse_eis(x, y, cell(), method="diffusion_model") for x, y in
            ((F, z), (F[order], z[order])))  # fmt: skip
    assert a == b


# Warburg's line


def line(x, shape, back):
    """Z/R at X = ωL²/D, typed again."""
    s = np.sqrt(1j * x)
    y = {
        ("planar", "blocking"): lambda: s * np.tanh(s),
        ("planar", "permeable"): lambda: s / np.tanh(s),
        ("cylinder", "blocking"): lambda: s * iv(1, s) / iv(0, s),
        ("sphere", "blocking"): lambda: s / np.tanh(s) - 1,
    }[shape, back]()
    return 1 / y


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_range_of_the_warburg_line(shape, back):
    """Local slopes against X^(-1/2), each with 1/(2 slope²) = D within 1 % from there on."""

    def worst(x):
        h = 1e-4
        u = np.array([x * (1 - h), x * (1 + h)])
        z = line(u, shape, back)
        im = -z.imag - M[shape] / 2 / u
        slopes = np.array([np.diff(z.real), np.diff(im)]) / np.diff(u**-0.5)
        return np.abs(1 / (2 * slopes**2) - 1).max()

    edge = SEMI_INFINITE[shape]
    assert worst(edge) == near(0.01, rel=0.02)
    assert max(worst(x) for x in edge * np.geomspace(1.01, 10, 40)) < 0.01


@pytest.mark.parametrize(("shape", "back"), BODIES)
def test_warburg(shape, back):
    """Z = R + (k/√(2D))(1-i)ω^(-1/2), the curvature of a particle taken out."""
    sample = cell(0.5, shape, back, series_resistance=1.0)
    got = analyse_eis(F, spectrum(sample), cell(inf, shape, back), method="warburg")
    assert got.diffusivity == near(D, rel=1e-3)
    assert got.more["warburg"] == near(K / np.sqrt(2 * D), rel=1e-3)
    assert got.more["resistance"] == near(1.0 + R_CT / 0.5, rel=1e-3)
    edge = SEMI_INFINITE[shape] * D / (2 * pi * L * L)
    assert edge <= got.valid_range[0] <= 1.3 * edge
    assert got.valid_range[1] == near(F[-1])
    high = (10 * edge, 1e4 * edge)
    f = np.geomspace(*high, 40)
    got = analyse_eis(f, spectrum(sample, f), cell(inf, shape, back), method="warburg", window=high)
    # only the particle's next term is left, 3/8X (1 for a sphere) of the first
    assert got.diffusivity == near(D, rel=1e-9 if shape == "planar" else 1e-3)


def test_warburg_beside_an_arc():
    """A small arc is kept out of the window, or there is none left: then a word."""
    small = cell(20.0, double_layer=1e-6)
    got = analyse_eis(F, spectrum(small), cell(), method="warburg")
    assert got.diffusivity == near(D, rel=0.01)
    assert got.valid_range[1] < 1e4
    with pytest.raises(vg.VegardError, match=r"no.* five neighbouring.*diffusion_model"):
        analyse_eis(F, spectrum(cell(1.0, **FULL)), cell(), method="warburg")


def test_warburg_is_not_read_where_r_s_is_all_there_is():
    """At 40 kHz this spectrum is 2 Ω and a little capacitance, as flat as a line."""
    sample = cell(0.1, series_resistance=2.0, double_layer=1e-3)
    with pytest.raises(vg.VegardError, match="no room"):
        analyse_eis(F, spectrum(sample), cell(), method="warburg")


def test_warburg_outside_its_range_is_told():
    z = spectrum(cell())
    with pytest.warns(vg.OutOfRegime, match=r"ωL²/D = \d.*holds from 36\.7, .* Hz, on"):
        analyse_eis(F, z, cell(), method="warburg", window=(2.0, 1e5))
    with pytest.raises(vg.VegardError, match="no Warburg tail"):
        analyse_eis(F, 100 + 1 / (1j * F) * 1e-9 + 0.1 * np.log(F), cell(), method="warburg",
                    window=(1.0, 1e5))  # fmt: skip
    with pytest.raises(vg.VegardError, match="ocv_slope"):
        analyse_eis(F, z, cell(material=UNKNOWN), method="warburg")


# circuits


def test_definitions_of_impedance_py():
    """Wo and Ws as this analysis takes them, and what they are of a film: Z₀ = kL/D, τ = L²/D."""
    elements = pytest.importorskip("impedance.models.circuits.elements")
    x = np.sqrt(2j * pi * F * 0.4)
    with np.errstate(all="ignore"):
        assert np.allclose(elements.circuit_elements["Wo"]([3.0, 0.4], F), 3 / (x * np.tanh(x)),
                           rtol=1e-12, atol=0)  # fmt: skip
        assert np.allclose(elements.circuit_elements["Ws"]([3.0, 0.4], F), 3 * np.tanh(x) / x,
                           rtol=1e-12, atol=0)  # fmt: skip
    assert np.allclose(spectrum(cell()), R_CT / (x * np.tanh(x)), rtol=1e-12, atol=0)


@pytest.mark.parametrize("back", ["blocking", "permeable"])
@pytest.mark.parametrize("wires", [FULL, {}])
def test_circuit_recovers_a_film(back, wires):
    """With an arc and without, knowing no slope: 1e-7, where its fit stops."""
    pytest.importorskip("impedance")
    element = "Wo" if back == "blocking" else "Ws"
    z = spectrum(cell(1.0, back=back, **wires))
    got = analyse_eis(F, z, cell(back=back, material=UNKNOWN), method="circuit")
    assert got.diffusivity == near(D, rel=1e-7)
    assert got.more["circuit"] == (f"R0-p(R1-{element}1,C1)" if wires else f"R0-{element}1")
    assert got.more[f"{element}1_1"] == near(TAU, rel=1e-7)
    assert got.more[f"{element}1_0"] == near(R_CT, rel=1e-7)
    if wires:
        assert got.more["R0"] == near(2.0, rel=1e-7)
        assert got.more["R1"] == near(R_CT, rel=1e-7)
        assert got.more["C1"] == near(1e-5, rel=1e-7)


def test_circuit_of_ones_own():
    """A constant phase element, its exponent found."""
    pytest.importorskip("impedance")
    x = np.sqrt(2j * pi * F * TAU)
    inner = R_CT + R_CT / (x * np.tanh(x))
    z = 2 + 1 / (1 / inner + 1e-5 * (2j * pi * F) ** 0.9)
    got = analyse_eis(F, z, cell(), method="circuit", circuit="R0-p(R1-Wo1,CPE1)")
    assert got.diffusivity == near(D, rel=1e-6)
    assert got.more["CPE1_1"] == near(0.9, rel=1e-6)
    for circuit, words in (("R0-p(R1,C1)", "must hold one Warburg element"),
                           ("R0-p(R1-Ws1,C1)", "element Ws, for which no start"),
                           ("R0-L1-Wo1", "no start is known; take C, CPE, R, Wo"),
                           ("R0-p(R1-Wo1", "could not fit the circuit")):  # fmt: skip
        with pytest.raises(vg.VegardError, match=words.replace("(", r"\(").replace(")", r"\)")):
            analyse_eis(F, z, cell(), method="circuit", circuit=circuit)
    with pytest.raises(vg.VegardError, match='circuit goes with method="circuit"'):
        analyse_eis(F, z, cell(), method="warburg", circuit="R0-Wo1")


@pytest.mark.parametrize("shape", ["cylinder", "sphere"])
def test_circuit_of_particles_is_told_to_be_wrong(shape):
    """Both ends of the spectrum agree with V/A = L/(m+1); between D comes out low."""
    pytest.importorskip("impedance")
    with pytest.warns(vg.OutOfRegime, match="Wo is the element of a film"):
        got = analyse_eis(F, spectrum(cell(1.0, shape, **FULL)), cell(inf, shape), method="circuit")
    assert 0.35 * D < got.diffusivity < 0.7 * D
    assert "volume per area" in got.assumption


def test_circuit_needs_impedance_py(monkeypatch):
    monkeypatch.setitem(sys.modules, "impedance.models.circuits", None)
    with pytest.raises(vg.VegardError, match=r'pip install "vegard\[eis\]"'):
        analyse_eis(F, spectrum(cell(1.0, **FULL)), cell(), method="circuit")


# bad data


def test_a_wrong_amplitude_is_told():
    """Z in mΩ, or of another area: the slope of the open-circuit curve does not go with it."""
    with pytest.warns(vg.OutOfRegime, match="check units"):
        analyse_eis(F, 1e3 * spectrum(cell(1.0)), cell(), method="diffusion_model")


X, Z = np.geomspace(1, 100, 20), spectrum(cell(1.0, **FULL), np.geomspace(1, 100, 20))
TWICE = np.append(X[:-1], X[3])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frequency": TWICE}, r"occurs twice, at points 3 and 19 \(1 such pairs\).*two sweeps"),
        ({"frequency": X - 1}, r"frequency must be > 0 \[Hz\]; got 0 at point 0"),
        ({"impedance": Z.conj()}, r"Im Z is above 0 at 20 of 20.*-Im Z.*numpy\.conj"),
        ({"impedance": Z.real}, "must be complex"),
        ({"impedance": np.append(Z[:-1], np.nan + 1j)}, "impedance is nan.* at point 19"),
        ({"impedance": 0 * Z}, "impedance is 0 at all 20 points"),
        ({"impedance": Z[:5]}, "frequency has 20 values but impedance 5"),
        ({"frequency": X[:4], "impedance": Z[:4]}, "needs 5 or more points; got 4"),
        ({"window": (200.0, 300.0)}, "in the window 200 to 300 Hz; got 0 of 20"),
        ({"method": "warberg"}, "Did you mean 'warburg'"),
        ({"cell": None}, "must be a vegard Cell"),
    ],
)
def test_bad_data(change, words):
    given = {"frequency": X, "impedance": Z, "cell": cell(), "method": "diffusion_model", **change}
    with pytest.raises(vg.VegardError, match=words):
        analyse_eis(given.pop("frequency"), given.pop("impedance"), given.pop("cell"), **given)


# intervals: noise of 2 % of |Z| in both parts


def noise(sample, f, share):
    z = spectrum(sample, f)

    def case(rng):
        return z * 1 + share * np.abs(z) * (
            rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size)
        )

    return case


@pytest.mark.slow
def test_warburg_covers():
    """1000 repeats at a given window, and where the data choose it; a refusal counts as a miss."""
    f = np.geomspace(16, 1600, 40)
    case = noise(cell(1.0), f, 0.005)
    run = partial(analyse_eis, f, cell=cell(), method="warburg")
    assert 0.93 <= coverage(case, partial(run, window=(1.0, 1e4)), 1000) <= 0.97

    def tried(z):
        try:
            return run(z)
        except vg.VegardError:
            return Estimate("warburg", D, 0.0, (0.0, 0.0), (0.0, 0.0), "")

    assert 0.93 <= coverage(case, tried, 1000) <= 0.97


@pytest.mark.exhaustive
@pytest.mark.parametrize("material", [{}, {"material": UNKNOWN}])
def test_diffusion_model_covers(material):
    f = np.geomspace(1e-2, 1e4, 40)
    case = noise(cell(1.0, series_resistance=2.0, double_layer=1e-4), f, 0.02)
    run = partial(analyse_eis, f, cell=cell(**material), method="diffusion_model")
    assert 0.93 <= coverage(case, run, 1000) <= 0.97


@pytest.mark.exhaustive
def test_circuit_covers():
    pytest.importorskip("impedance")
    f = np.geomspace(1e-2, 1e4, 40)
    case = noise(cell(1.0, series_resistance=2.0, double_layer=1e-4), f, 0.02)
    run = partial(analyse_eis, f, cell=cell(), method="circuit")
    assert 0.93 <= coverage(case, run, 400) <= 0.97
