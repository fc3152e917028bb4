"""Contact and blocking tip: limits, switches, stated errors, signs and refusals."""

from __future__ import annotations

from functools import partial
from math import inf, pi

import numpy as np
import pytest
from scipy.special import kv
from test_galerkin import ANGLES, Dual, experiment, library

import vegard as vg
from vegard import contacts, current, galerkin
from vegard.material import FARADAY, GAS_CONSTANT
from vegard.transfer import transfer

THERMAL = GAS_CONSTANT * 298.15 / FARADAY  # R_gT/F [V]
response = partial(vg.frequency_response, per="concentration")


# ---------------------------------------------------------------------------- the contact


def test_low_frequency_grows_like_the_logarithm():
    """(Φ/2π)[-¼ ln σ² + (2 ln 2 - 1)/4 + L/2], Φ = 4; L = 1-γ centre, 3/2-γ-ln 2 punch."""
    omega = 1e-11
    for readout, level in (("centre", 1.0), ("punch", 1.5 - np.log(2))):
        u = response(experiment(readout=readout), omega / (2 * pi)).values
        bracket = -np.log(1j * omega) / 4 + (2 * np.log(2) - 1) / 4
        expected = 4 / (2 * pi) * (bracket + (level - np.euler_gamma) / 2)
        assert abs(u - expected) < 3e-5  # σ ln σ


@pytest.mark.parametrize("s", [1e6j, 1e10j])
def test_high_frequency(s):
    """Centre 1/σ - 1/σ² + 1/(2σ³)."""
    sigma = np.sqrt(s)
    u = response(experiment(), s.imag / (2 * pi)).values
    expected = 1 / sigma - 1 / sigma**2 + 1 / (2 * sigma**3)
    assert abs(u / expected - 1) < 2 / abs(sigma) ** 3 + 1e-12


@pytest.mark.parametrize("h", [inf, 0.5])
@pytest.mark.parametrize("readout", ["centre", "punch"])
def test_slow_rate_is_a_fixed_flux(h, readout):
    """Bi → 0: J = κc under the tip; what is left is of the order of Bi."""
    slow = response(experiment(1e-6, h, readout=readout), [1e-3, 1.0], at=[0.0, 0.7, 2.0])
    fixed = experiment(1.0, h, readout=readout).replace({"interface": vg.FixedFlux()})
    flux = vg.frequency_response(fixed, [1e-3, 1.0], per="flux", at=[0.0, 0.7, 2.0])
    assert np.allclose(slow.values, 1e-6 * flux.values, rtol=3e-5 / min(h, 1), atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("s", [1j, 1e3j])
def test_fast_rate_joins_the_perfect_contact(s):
    """The distance times Bi is a + b ln Bi; at rest b = 4/π (tests/test_galerkin.py)."""
    perfect, _ = library(s, at=(0.0, 0.5, 1.5))
    rates = (1e7, 1e8, 1e9)
    away = np.array([(library(s, b, at=(0.0, 0.5, 1.5))[0] - perfect) * b for b in rates])
    assert np.all(np.abs(away[2]) / 1e9 < 1e-5 * np.abs(perfect))
    bend, rise = away[0] - 2 * away[1] + away[2], away[2] - away[0]
    # flux, outside and punch; a point under the contact needs more functions
    assert np.all(np.abs(bend)[[0, 3, 4]] < 2e-2 * np.abs(rise)[[0, 3, 4]])


@pytest.mark.slow
@pytest.mark.parametrize("biot", [32.0, 1e3, 1e6])
@pytest.mark.parametrize(("s", "h"), [(1j, 0.1), (100j, inf)])
def test_no_jump_where_the_functions_change(biot, s, h):
    at = (0.0, 0.3, 0.9, 1.1, 3.0)
    step = 1e-7
    below, error = library(s, biot * (1 - step), h, at=at)
    above, other = library(s, biot * (1 + step), h, at=at)
    smooth = 2 * step * np.abs(above)  # |d ln u/d ln Bi| ≤ 1
    assert np.all(np.abs(above - below) <= 3 * (error + other) + smooth)


def test_a_back_far_away_is_none():
    deep = response(experiment(h=30.0), [1.0, 100.0])
    assert np.allclose(deep.values, response(experiment(), [1.0, 100.0]).values, rtol=1e-9, atol=0)


def test_permeable_film_at_rest():
    e = experiment(h=0.5, back="permeable")
    d = Dual(1e-8, inf, 0.5, "permeable")
    u = vg.static_response(e, per="concentration")
    assert u.values == pytest.approx(d.centre().real, rel=1e-9)
    slow = response(e, 1e-9).values
    assert slow.real == pytest.approx(u.values, rel=1e-6)
    late = vg.step_response(e, 5.0, per="concentration")
    assert late.values == pytest.approx(u.values, rel=1e-8)


def test_step_and_frequency_are_one_transform():
    """A slow ramp of sines: the response to a long sine is the frequency response."""
    e, f = experiment(), 2.0
    t = np.linspace(40, 41, 9) / f
    drive = vg.Sine(frequency=f, amplitude=1.0)
    got = vg.time_response(e, drive, t, per="concentration").values
    h = response(e, f).values
    assert np.allclose(got, (h * np.exp(2j * pi * f * t)).imag, rtol=0, atol=6e-3 * abs(h))


@pytest.mark.parametrize("geometry", [vg.HalfSpace(), vg.Film(1.0)])
def test_no_displacement_at_rest(geometry):
    e = experiment().replace({"geometry": geometry})
    with pytest.raises(vg.NoStaticLimit, match="Contact on"):
        vg.static_response(e, per="concentration")


@pytest.mark.slow
def test_stated_errors():
    """Random corners against the same code with far more functions and a longer range."""
    rng = np.random.default_rng(7)
    basis, tail = contacts.Basis, contacts._TAIL

    def larger(alphas, size):
        more = min(2 * size, 80) if alphas == galerkin.PERFECT else min(size + 16, 40)
        return basis(alphas, more)

    def both(e, s, at):
        values, error = transfer(e, s, at)
        flux, spread = current._flux(e, s)
        return np.append(values[:, 0], flux), np.append(error[:, 0], spread)

    wrong, count = [], 0
    for _ in range(8):
        biot = inf if rng.random() < 0.5 else 10 ** rng.uniform(-3, 2.9)
        s = np.array([10 ** rng.uniform(-12, 4) * rng.choice([1j, ANGLES[0], ANGLES[1]])])
        h = inf if rng.random() < 0.4 else 10 ** rng.uniform(np.log10(0.05), 2)
        back, readout = rng.choice(["blocking", "permeable"]), rng.choice(["centre", "punch"])
        e = experiment(biot, h, str(back), str(readout), 10 ** rng.uniform(-1, 1))
        at = np.array([0.0, rng.uniform(0, 1), rng.choice([0.99, 1.0, 1.01]), rng.uniform(1, 10)])
        values, error = both(e, s, at)
        try:
            contacts.Basis, contacts._TAIL = larger, 1e5
            expected, _ = both(e, s, at)
        finally:
            contacts.Basis, contacts._TAIL = basis, tail
            galerkin._pairs.cache_clear()
        off = np.abs(values - expected)
        size = np.maximum(np.abs(expected), 1e-6 * np.abs(expected[0]))
        bad = off > 3 * error + 1e-11 * size
        wrong += [(e, s[0], at, off[bad], error[bad])] if bad.any() else []
        limit = 1e-6 if biot == inf or (biot <= 100 and abs(s[0]) <= 100) else 1e-4
        assert np.all(off <= limit * size), (e, s, off / size)
        count += off.size
    assert not wrong, wrong


# ------------------------------------------------------------------------ the blocking tip

LENGTH = 0.01


def blocking(tip=None, length=LENGTH, extent="surface", charge=1, readout="centre"):
    """R = D = 1, 2(1+ν)β = 1, C_b = 1."""
    return vg.Experiment(
        vg.Material(1.0, 1 / 2.6, 0.3, charge=charge),
        tip or vg.GaussianTip(1.0),
        interface=vg.BlockingTip(length, 1.0, extent),
        readout=readout,
    )


def test_blocking_formula():
    """û = -(zFC_b/R_gT) V S k/(k(k+Q)+p), integrated anew; S = 2πe^{-k²/2}."""
    k = np.linspace(0, 9, 90001)[1:]
    for omega in (1e-2, 30.0):
        p = 1j * omega
        q = np.sqrt(k * k + LENGTH**-2 + p)
        density = np.exp(-k * k / 2) * k * k / (k * (k + q) + p)
        expected = -np.trapezoid(density, k) / THERMAL
        u = vg.frequency_response(blocking(), omega / (2 * pi)).values
        assert abs(u / expected - 1) < 1e-6


def test_blocking_at_rest_is_a_layer_of_one_debye_length():
    """λ ≪ R: u → -(zFC_b/R_gT)Vλ under the centre, and the sign is that of depletion."""
    for length in (1e-2, 1e-4):
        u = vg.static_response(blocking(length=length)).values
        assert u == pytest.approx(-length / THERMAL, rel=2 * length)
    two = vg.static_response(blocking(charge=2)).values
    assert two == pytest.approx(2 * vg.static_response(blocking()).values, rel=1e-13)


def test_blocking_turnover():
    """ω = D/(Rλ): 0.69 of the value at rest, -39° behind; above it |u| ∝ 1/ω."""
    e = blocking(length=1e-4)
    rest = vg.static_response(e).values
    u = vg.frequency_response(e, 1e4 / (2 * pi)).values / rest
    assert abs(u) == pytest.approx(0.69, abs=0.005)
    assert np.degrees(np.angle(u)) == pytest.approx(-39, abs=0.5)
    f = np.array([3e5, 1e6])
    slope = np.diff(np.log(vg.frequency_response(e, f).amplitude)) / np.diff(np.log(f))
    assert slope[0] == pytest.approx(-1, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("length", [0.3, 0.05])
@pytest.mark.parametrize("omega", [1e-3, 3.0, 300.0])
def test_blocking_contact(length, omega):
    """The integral equation with k/Y - 1 divided by 1 + λ²p, σ² = λ⁻² + p."""
    p = 1j * omega
    d = Dual(np.sqrt(p + length**-2), gain=1 / (1 + length**2 * p))
    for readout, expected in (("centre", d.centre()), ("punch", d.punch())):
        e = blocking(vg.DiscTip(1.0), length, "contact", readout=readout)
        u = vg.frequency_response(e, omega / (2 * pi))
        assert abs(u.values * THERMAL + expected) <= 1e-8 * abs(expected)
        assert abs(u.values * THERMAL + expected) <= u.error * THERMAL + 1e-11 * abs(expected)


def test_blocking_contact_at_rest_is_a_contact():
    """At rest k/Y = k/Q: the ions sit as they diffuse at s = D/λ²; V > 0 depletes."""
    length = 0.1
    u = vg.static_response(blocking(vg.DiscTip(1.0), length, "contact")).values
    s = np.array([length**-2], complex)
    expected = transfer(experiment(), s, np.zeros(1))[0][0, 0]
    assert u * THERMAL == pytest.approx(-expected.real, rel=1e-9)


def test_blocking_contact_of_a_dielectric():
    """λ ≫ R: the charge of Weber's disc, (2/π)ε/√(1-r²), 4εRV on the sample's side.

    C₀ = charge/(εQ) with Q → σ: u = (2/π)∫ sin k/(q(k+q)) dk.
    """
    length, omega = 1e3, 50.0
    sigma = np.sqrt(1j * omega)
    expected = 2 / pi * (1 / sigma - kv(1, sigma)) / sigma
    u = vg.frequency_response(blocking(vg.DiscTip(1.0), length, "contact"), omega / (2 * pi))
    assert abs(u.values * THERMAL + expected) < 1e-6 * abs(expected)  # (R/λ)²


def test_blocking_step_comes_to_rest():
    e = blocking(length=0.05)
    rest = vg.static_response(e).values
    u = vg.step_response(e, [1e-4, 1e5]).values
    assert u[1] == pytest.approx(rest, rel=1e-3)
    # early: a constant current of migration, u = t · lim s H(s)
    high = 1e9
    slope = (vg.frequency_response(e, high / (2 * pi)).values * 1j * high).real
    assert u[0] == pytest.approx(slope * 1e-4, rel=0.05)


# --------------------------------------------------------------- interface × sign of V × z


@pytest.mark.slow
@pytest.mark.parametrize("volt", [1e-3, -1e-3])
@pytest.mark.parametrize("z", [1, -1])
@pytest.mark.parametrize(
    "interface",
    [
        vg.FixedConcentration(),
        vg.FixedFlux(),
        vg.LinearKinetics(1e-8),
        vg.Contact(),
        vg.Contact(1e-8),
        vg.BlockingTip(1e-9, 1e3),
        vg.BlockingTip(1e-9, 1e3, "contact"),
    ],
    ids=lambda i: type(i).__name__,
)
def test_uplift_or_dip(interface, z, volt):
    """β > 0, ideal dilute ions, dE/dC = -R_gT/(zFC): a tip that exchanges ions drives cations in
    for V > 0 (uplift) and anions out (dip); one that blocks them repels cations (dip).
    """
    slope = -THERMAL / (z * 1e3)
    material = vg.Material(1e-15, 1e-6, 0.3, ocv_slope=slope, charge=z)
    e = vg.Experiment(material, vg.DiscTip(2e-8), interface=interface)
    per = "ampere" if isinstance(interface, vg.FixedFlux) else "volt"
    # early, where even a half-space that keeps its ions knows where it goes
    u = vg.step_response(e, 1e-3, per=per).values * volt
    blocks = isinstance(interface, vg.BlockingTip)
    assert np.sign(u) == np.sign(volt) * np.sign(z) * (-1 if blocks else 1)


# ---------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tip": vg.GaussianTip(1.0)}, "Contact acts under a contact with a rim: it needs a Disc"),
        ({"tip": vg.ProfileTip(1.0, (0.0, 1.0), (1.0, 0.0))}, "got ProfileTip"),
        (
            {"interface": vg.BlockingTip(1.0, 1.0, "contact"), "tip": vg.GaussianTip(1.0)},
            "needs a DiscTip",
        ),
        ({"interface": vg.BlockingTip(1.0, 1.0), "geometry": vg.Film(1.0)}, "half-space"),
        (
            {"interface": vg.BlockingTip(1.0, 1.0), "material": vg.Material((1.0, 2.0), 1.0, 0.3)},
            "one diffusivity",
        ),
    ],
)
def test_what_does_not_fit(change, words):
    e = experiment().replace(change)
    per = next(iter(e.interface.drives))
    e = e if per == "concentration" else e.replace({"material.ocv_slope": -1.0})
    with pytest.raises(vg.VegardError, match=words):
        vg.frequency_response(e, 1.0, per=per)
    with pytest.raises(vg.VegardError, match=words):
        vg.step_response(e, 1.0, per=per)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: vg.Contact(0.0), r"Contact.rate must be > 0 \[m/s\]"),
        (lambda: vg.Contact(-1.0), "got -1"),
        (lambda: vg.Contact(np.nan), "Contact.rate"),
        (lambda: vg.BlockingTip(0.0, 1.0), r"BlockingTip.debye_length must be > 0 \[m\]"),
        (lambda: vg.BlockingTip(inf, 1.0), "BlockingTip.debye_length"),
        (lambda: vg.BlockingTip(1e-9, -1.0), "BlockingTip.concentration"),
        (lambda: vg.BlockingTip(1e-9, 1.0, "air"), "extent"),
    ],
)
def test_impossible_parameters(make, words):
    with pytest.raises(vg.VegardError, match=words):
        make()


def test_drives():
    with pytest.raises(vg.VegardError, match='no response per "concentration"; ask per="volt"'):
        vg.frequency_response(blocking(), 1.0, per="concentration")
    with pytest.raises(vg.VegardError, match='no response per "flux"'):
        vg.frequency_response(experiment(), 1.0, per="flux")
    with pytest.raises(vg.VegardError, match="ocv_slope"):
        vg.frequency_response(experiment(), 1.0)


@pytest.mark.parametrize("interface", [vg.Contact(), vg.BlockingTip(1e-9, 1e3)])
def test_relaxation_times_say_what_they_cannot_do(interface):
    """A spectrum, or a refusal with its reason; never a wrong one in silence."""
    e = vg.Experiment(
        vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-1e-5), vg.DiscTip(2e-8), interface=interface
    )
    with pytest.raises(vg.VegardError, match=type(interface).__name__):
        vg.relaxation_times(e, per="volt")


# --------------------------------------------------------------- inside a narrow leak


@pytest.mark.parametrize("biot", [30.0, 1e3, 1e5])
@pytest.mark.parametrize("size", [2e3, 9e3])
def test_centre_where_the_leak_is_narrow(biot, size):
    """A line at the rim with two moments serves the centre; the flux itself converges slower."""
    e = experiment(biot)
    u = vg.frequency_response(e, size / 2 / pi, per="concentration")
    truth = Dual(np.sqrt(1j * size), biot, n=400)
    assert abs(u.values / truth.centre() - 1) < 3e-6
    assert u.error < 1e-5 * u.amplitude


@pytest.mark.parametrize("h", [0.01, 0.3])
@pytest.mark.parametrize("back", ["blocking", "permeable"])
@pytest.mark.parametrize("biot", [1.0, 20.0])
def test_both_forms_agree_inside(monkeypatch, h, back, biot):
    at = [0.0, 0.3]
    e = experiment(biot).replace({"geometry": vg.Film(h, back)})
    ask = {"per": "concentration", "at": at}
    line = vg.frequency_response(e, 3e3 / 2 / pi, **ask)
    monkeypatch.setattr("vegard.contacts._NARROW", np.inf)
    whole = vg.frequency_response(e, 3e3 / 2 / pi, **ask)
    assert np.all(line.values != whole.values)
    assert np.all(abs(line.values - whole.values) <= line.error + whole.error)
    assert np.all(whole.error < 1e-4 * whole.amplitude)


@pytest.mark.parametrize("size", [1e6, 1e8])
def test_narrow_leak_at_the_switch_of_the_layer(size):
    """The flux's own error reaches the stated one: the physics changes by 1e-12 here."""
    at = [0.0, 0.9]
    below, above = (
        vg.frequency_response(experiment(1e6 * f), size / 2 / pi, per="concentration", at=at)
        for f in (1 - 1e-9, 1 + 1e-9)
    )
    assert np.all(abs(below.values - above.values) <= below.error + above.error)
