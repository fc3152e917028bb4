"""Ions, currents and displacements against their noise, and the size at which currents drown."""

from __future__ import annotations

from math import inf, pi, sqrt

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.integrate import quad
from scipy.special import j1

import vegard as vg
from vegard import amounts
from vegard.detectability import AVOGADRO
from vegard.noise_floor import deflection_noise

F, RT = 96485.33212, 8.31446261815324 * 298.15
D, BETA, NU, SLOPE, R = 7e-15, 1.2e-6, 0.3, -4.4e-5, 20e-9
LMO = vg.Material(D, BETA, NU, ocv_slope=SLOPE)
S_U, S_I, B = 5e-15, 5.5e-15, 100.0
AFM = vg.Instrument("mine", S_U, S_I, B)
DRIVE = 10e-3
C = DRIVE / abs(SLOPE)  # mol/m³ under the tip
CONTACT = vg.Experiment(LMO, vg.DiscTip(R), interface=vg.Contact())
FILM = vg.Film(50e-9)


def close(value, rel):
    """`pytest.approx` by itself lets pass any two numbers below 1e-12."""
    return pytest.approx(value, rel=rel, abs=0)


def detect(e, f, **kw):
    return vg.detection(e, f, **({"instrument": AFM, "drive": DRIVE} | kw))


def wave(f):
    return np.sqrt(2j * pi * np.asarray(f) / D)


# ---- ions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [1e-2, 1.0, 1e4])
@pytest.mark.parametrize(
    ("geometry", "depth"),
    [
        (vg.HalfSpace(), lambda q: 1 / q),
        (FILM, lambda q: np.tanh(q * 50e-9) / q),
        (vg.Film(50e-9, "permeable"), lambda q: np.tanh(q * 25e-9) / q),
    ],
)
def test_ions_of_a_fixed_concentration(geometry, depth, f):
    """c ∫S dA times ∫ of the plane profile; 1e-12: rounding of qh → 0."""
    for tip, area in ((vg.GaussianTip(R), 2 * pi * R**2), (vg.DiscTip(R), pi * R**2)):
        d = detect(vg.Experiment(LMO, tip, geometry), f)
        assert d.ions == close(6.02214076e23 * C * area * abs(depth(wave(f))), rel=1e-12)
        assert d.charge == close(F * C * area * abs(depth(wave(f))), rel=1e-12)


def test_ions_of_linear_kinetics_and_of_a_flux():
    f, k = 3.0, 1e-7
    q = wave(f)
    e = vg.Experiment(LMO, vg.GaussianTip(R), interface=vg.LinearKinetics(k))
    amount = C * 2 * pi * R**2 * abs(k / (k + D * q) / q)
    assert detect(e, f).ions == close(AVOGADRO * amount, rel=1e-12)
    assert detect(e, f).current == close(F * 2 * pi * f * amount, rel=1e-12)
    e = e.replace({"interface": vg.FixedFlux(), "geometry": FILM})
    d = detect(e, f, per="ampere", drive=1e-15)  # the prescribed one, I/ω whatever the film
    assert d.current == close(1e-15, rel=1e-12)
    assert d.charge == close(1e-15 / (2 * pi * f), rel=1e-12)
    e = e.replace({"material.charge": -2.0})
    assert detect(e, f, per="flux", drive=1e-6).charge == close(
        2 * F * 1e-6 * 2 * pi * R**2 / (2 * pi * f), rel=1e-12
    )


def test_contact_in_its_limits():
    """4DRc at rest, πσ(1+1/σ+1/4σ²)DRc far above D/R²."""
    low, high = 1e-9 * D / R**2, 1e4 * D / R**2
    d = detect(CONTACT, [low, high])
    sigma = R * wave(high)
    rim = pi * sigma * (1 + 1 / sigma + 1 / (4 * sigma**2))
    assert d.current[0] == close(F * 4 * D * R * C, rel=1e-4)  # next term 2|σ|/π = 5e-5
    assert d.current[1] == close(F * abs(rim) * D * R * C, rel=1e-6)  # physics §6: 1e-7
    assert d.charge == close(d.current / (2 * pi * d.frequency), rel=1e-12)


@pytest.mark.parametrize("rate", [inf, 1e-7])
@pytest.mark.parametrize("geometry", [vg.HalfSpace(), FILM])
def test_charge_is_conserved(geometry, rate):
    """I = iωQ where ions cannot leave through the back, whatever the tip and the interface."""
    f = np.array([0.1, 10.0, 1e3])
    for interface in (vg.Contact(rate), vg.LinearKinetics(rate)):
        d = detect(vg.Experiment(LMO, vg.DiscTip(R), geometry, interface), f)
        assert d.current == close(2 * pi * f * d.charge, rel=1e-11)


def test_ions_leave_through_a_permeable_back():
    e = CONTACT.replace({"geometry": vg.Film(50e-9, "permeable")})
    d = detect(e, 1e-2)
    q = wave(1e-2) * 50e-9
    ratio = abs(np.tanh(q / 2) * np.tanh(q))  # iω tanh(qh/2)/q over Dq coth qh
    assert d.charge * 2 * pi * 1e-2 / d.current == close(ratio, rel=1e-9)
    assert ratio < 0.02
    assert any("through the back" in n for n in d.notes)


def rings(edges, count=10):
    x, w = np.polynomial.legendre.leggauss(count)
    low, high = np.array(edges[:-1])[:, None], np.array(edges[1:])[:, None]
    r = (low + high) / 2 + (high - low) / 2 * x
    return r.ravel(), (2 * pi * r * w * (high - low) / 2).ravel()


@pytest.mark.slow
@pytest.mark.parametrize("interface", [vg.LinearKinetics(2e-7), vg.Contact()])
def test_ions_in_real_space(interface):
    """∫δC(r, 0) dA over rings, times the depth 1/q of all rings together.

    1e-4: the contact's concentration has a root at the rim, the last ring ends at 14 lengths.
    """
    f = 20.0
    length = 1 / wave(f).real
    e = vg.Experiment(LMO, vg.DiscTip(R), interface=interface)
    steps = np.geomspace(1e-3, 1, 10)
    inner, outer = R - (R * steps)[::-1], R + 14 * length * steps
    r, area = rings([*inner, R, *outer])
    surface = np.asarray(vg.concentration(e, f, at=r).values)
    amount = abs((area * surface).sum() / wave(f)) * DRIVE
    assert detect(e, f).ions == close(AVOGADRO * amount, rel=1e-4)


def test_ions_under_a_blocking_tip():
    """R∫Ĉ₀J₁(kR)/Q dk, typed again; the net amount is zero."""
    lam, conc, f = 1e-9, 1e3, 10.0
    e = vg.Experiment(LMO, vg.GaussianTip(R), interface=vg.BlockingTip(lam, conc))
    p = 2j * pi * f / D
    edges = np.concatenate([[0], np.geomspace(1e-9, 9, 150)]) / R
    k, w = rings(edges)
    w = w / (2 * pi * k)
    q = np.sqrt(k**2 + 1 / lam**2 + p)
    spectrum = 2 * pi * R**2 * np.exp(-(k**2) * R**2 / 2)
    c = spectrum * k * (1 + lam**2 * p) / (k + q * lam**2 * p)
    amount = conc * F / RT * DRIVE * abs(R * (w * c * j1(k * R) / q).sum())
    d = detect(e, f)
    assert d.ions == close(AVOGADRO * amount, rel=1e-9)
    assert d.current is None
    assert d.snr_current is None
    assert d.snr_strain > 1
    assert "displacement current" in d.notes[0]
    with pytest.raises(vg.VegardError, match="no snr_current"):
        d.smallest(by="current")


@pytest.mark.slow
def test_ions_of_the_layer_under_a_blocking_contact():
    """∫δC(r, 0) dA/Q again; outside the rim it falls like e^(-r/λ)."""
    lam, conc, f = 0.3 * R, 1e3, 1e-6
    e = vg.Experiment(LMO, vg.DiscTip(R), interface=vg.BlockingTip(lam, conc, "contact"))
    steps = np.geomspace(1e-5, 1, 9)
    r, area = rings([*(R - (R * steps)[::-1]), R, *(R + 25 * lam * steps)], 6)
    surface = np.asarray(vg.concentration(e, f, at=r).values)
    amount = abs((area * surface).sum() * lam) * DRIVE
    # at the rim it has an inverse root, of which six nodes on the last ring of 1e-5 R miss a part
    assert detect(e, f).ions == close(AVOGADRO * amount, rel=3e-3)


def test_thin_layer_under_both_blocking_tips():
    """λ ≪ R at rest: a sheet of πR²λ at C_b zFV/RT, the rim adds or takes a share of order λ/R."""
    for extent in ("surface", "contact"):
        e = vg.Experiment(LMO, vg.DiscTip(R), interface=vg.BlockingTip(R / 1000, 1e3, extent))
        moved, flow = amounts.moved(e, np.array(1e-8), "volt")
        assert abs(complex(moved)) == close(1e3 * F / RT * R / 1000 * pi * R**2, rel=2e-3)
        assert flow is None


def test_fewer_than_one_ion():
    assert any("Fewer than one ion" in n for n in detect(CONTACT, 1e6, drive=1e-4).notes)
    assert not any("Fewer than one ion" in n for n in detect(CONTACT, 1e3).notes)


# ---- noise ---------------------------------------------------------------------------------------


def test_snr_by_hand():
    """Half-space, far above D/R²: u = 2(1+ν)βc√(D/ω) less (D/ω)/R (disc), at 45°."""
    e = vg.Experiment(LMO, vg.DiscTip(R))
    f, n = 1e5, 16
    length = 1 / wave(f)
    u = abs(2 * (1 + NU) * BETA * C * (length - length**2 / R))
    d = detect(e, f, averages=n)
    assert d.displacement == close(u, rel=1e-9)  # the next term is e^(-σ)
    assert d.snr_strain == close(u / (S_U * sqrt(2 * B / n)), rel=1e-9)
    current = F * pi * R**2 * C * abs(D * wave(f))
    assert d.snr_current == close(current / (S_I * sqrt(2 * B / n)), rel=1e-12)


def test_noise_of_lever_and_source():
    """Detector and thermal motion over the gain, at the material's temperature; R and C."""
    t, f, ohm, farad, e_n = 350.0, np.array([1e3, 319.9e3]), 1e10, 1e-10, 5e-9
    lever = vg.Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
    tool = vg.Instrument("afm", 50e-15, S_I, B, lever, voltage_noise=e_n)
    hot = CONTACT.replace({"material.temperature": t})
    d = detect(hot, f, instrument=tool, source_resistance=ohm, source_capacitance=farad)
    own = deflection_noise(lever, f, temperature=t)
    s = np.sqrt(50e-15**2 + own**2) / abs(lever.transfer(f))
    assert d.displacement_noise == close(s * sqrt(2 * B), rel=1e-12)
    assert own[1] > 50e-15  # the lever, not the detector, rules at its contact resonance
    power = S_I**2 + 4 * 1.380649e-23 * t / ohm + e_n**2 * (ohm**-2 + (2 * pi * f * farad) ** 2)
    assert d.current_noise == close(np.sqrt(2 * B * power), rel=1e-12)


def test_lock_in_by_monte_carlo():
    """White noise of density S, demodulated over T = 1/2B: the spread is the noise told."""
    rng = np.random.default_rng(7)
    rate, f, seconds, readings = 10e3, 1e3, 1 / (2 * 10.0), 2000
    d = detect(CONTACT, f, instrument=AFM.replace({"bandwidth": 10.0}))
    t = np.arange(round(rate * seconds)) / rate
    clean = d.displacement * np.cos(2 * pi * f * t)
    noise = S_U * sqrt(rate / 2) * rng.normal(size=(readings, t.size))  # one-sided: S²·rate/2
    read = 2 * ((clean + noise) @ np.exp(-2j * pi * f * t)) / t.size
    assert read.real.mean() == close(d.displacement, rel=4 / d.snr_strain / sqrt(readings))
    for part in (read.real, read.imag):  # 1/√(2·2000) = 1.6 %, three times that
        assert part.std() == close(d.displacement_noise, rel=0.05)


def test_what_is_unknown_is_said():
    no_ammeter = vg.Instrument("afm", S_U, None, B)
    d = detect(CONTACT, 1e3, instrument=no_ammeter)
    assert d.current_noise is None
    assert d.snr_current is None
    assert d.current > 0
    assert any("current_noise is unknown" in n for n in d.notes)
    assert "fA. 188 ions" in d.report()
    no_detector = vg.Instrument("meter", None, S_I, B)
    assert detect(CONTACT, 1e3, instrument=no_detector).snr_strain is None
    preset = vg.instruments["QPDI+SCM-PIT+SP983"]
    d = detect(CONTACT, 1e3, instrument=preset)
    assert d.displacement_noise == close(5e-15 * sqrt(200), rel=1e-12)
    assert any("contact stiffness" in n for n in d.notes)
    assert not any("contact stiffness" in n for n in detect(CONTACT, 1e3).notes)
    assert any("above the frequency" in n for n in detect(CONTACT, 10.0).notes)


def test_net_current_is_called_so():
    disc, spot = (vg.Experiment(LMO, t(R)) for t in (vg.DiscTip, vg.GaussianTip))
    assert "infinite at the rim" in detect(disc, 1e3).notes[0]
    assert "net one" in detect(spot, 1e3).notes[0]
    assert "infinite" not in detect(spot, 1e3).notes[0]
    assert not detect(CONTACT, 1e3).notes


def test_other_signals_are_left_out():
    more = vg.parasitics.Electrostriction(
        longitudinal=1e-20, transverse=-3e-21, radius=R, poisson=NU, dc=0.5
    )
    e = CONTACT.replace({"also": (more,)})
    d = detect(e, 1e3)
    assert d.displacement == detect(CONTACT, 1e3).displacement
    assert any("Experiment.also" in n for n in d.notes)


def test_shapes():
    d = detect(CONTACT, 1e3)
    for name in ("ions", "charge", "current", "displacement", "snr_strain", "snr_current"):
        assert np.ndim(getattr(d, name)) == 0
        many = getattr(detect(CONTACT, [[1e3, 2e3, 3e3]]), name)
        assert many.shape == (1, 3)
        assert many[0, 0] == close(getattr(d, name), rel=1e-9)
    assert detect(CONTACT, 1e3, drive=2 * DRIVE).snr_strain == close(2 * d.snr_strain, rel=1e-14)


# ---- the least that is seen ----------------------------------------------------------------------


@pytest.mark.parametrize("by", ["strain", "current"])
@pytest.mark.parametrize("e", [CONTACT, vg.Experiment(LMO, vg.GaussianTip(R), FILM)])
def test_smallest_is_just_seen(e, by):
    d = detect(e, 1e3)
    s = d.smallest(5.0, by=by)

    def snr(changes, **kw):
        return getattr(detect(e.replace(changes), 1e3, **kw), f"snr_{by}")

    assert snr({}, drive=s.drive) == close(5.0, rel=1e-12)
    assert snr({"tip.radius": s.radius}) == close(5.0, rel=1e-8)
    assert snr({"material.diffusivity": s.diffusivity}) == close(5.0, rel=1e-8)
    assert s.change == close(s.drive / abs(SLOPE), rel=1e-9)
    assert s.product == close(D * s.change, rel=1e-12)
    depth = min(sqrt(D / (2 * pi * 1e3)), 2 * s.radius / 3)
    assert s.volume == close(pi * s.radius**2 * depth, rel=1e-12)


def test_smallest_in_closed_form():
    """Far above D/R²: u = 2(1+ν)βc√(D/ω), so D = ω(3σ/2(1+ν)βc)²; current ∝ R²."""
    f, e = 1e5, vg.Experiment(LMO, vg.DiscTip(1e-6), interface=vg.FixedConcentration())
    d = detect(e, f)
    s = d.smallest()
    sigma = S_U * sqrt(2 * B)
    expected = 2 * pi * f * (3 * sigma / (2 * (1 + NU) * BETA * C)) ** 2
    assert s.diffusivity == close(expected, rel=1e-3)  # √(D/ω)/R = 2e-4
    assert s.change == close(3 * sigma / (2 * (1 + NU) * BETA * sqrt(D / (2 * pi * f))), rel=1e-3)
    current = d.smallest(by="current")
    assert current.radius == close(1e-6 * sqrt(3 / d.snr_current), rel=1e-9)


def test_smallest_keeps_the_ratio_of_an_anisotropic_diffusivity():
    e = vg.Experiment(vg.Material((4 * D, D), BETA, NU, ocv_slope=SLOPE), vg.GaussianTip(R))
    s = detect(e, 1e3).smallest()
    changed = e.replace({"material.diffusivity": (4 * s.diffusivity, s.diffusivity)})
    assert detect(changed, 1e3).snr_strain == close(3.0, rel=1e-8)


def test_what_has_no_smallest_says_why():
    """A given current lifts a smaller spot more; slow kinetics cannot be helped by any D."""
    e = vg.Experiment(LMO, vg.GaussianTip(R), interface=vg.FixedFlux())
    s = detect(e, 1e2, per="ampere", drive=1e-14).smallest()
    assert s.radius is None
    assert s.volume is None
    assert s.notes[0].startswith("the signal is large enough at any contact radius down to")
    slow = vg.Experiment(LMO, vg.GaussianTip(R), interface=vg.LinearKinetics(1e-9))
    s = detect(slow, 1e3).smallest(by="current")
    assert s.diffusivity is None
    assert s.notes[-1].startswith("no diffusivity up to")
    text = detect(slow, 1e3).report()
    assert "No diffusivity up to" in text


def test_smallest_for_each_frequency():
    many = detect(CONTACT, [1e3, 1e4]).smallest()
    assert [s.frequency for s in many] == [1e3, 1e4]
    assert many[0].radius == close(detect(CONTACT, 1e3).smallest().radius, rel=1e-9)


def test_report_says_it_in_a_sentence():
    text = detect(CONTACT, 1e3, drive=1e-3).report()
    first = text.splitlines()[0]
    assert first.startswith("At 20 nm and 1 kHz the displacement is 72.1 fm, 1 times the noise")
    assert "the current of 19 fA drowns 4.1-fold. 19 ions move per cycle." in first
    assert "a contact of" in text


# ---- crossing ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crossed():
    return vg.crossing(CONTACT, 1e3, instrument=AFM, drive=DRIVE, points=7)


def test_crossing_agrees_with_detection(crossed):
    """One reading of the lock-in takes 1/2B: the same noise, and the size at which SNR = 3."""
    curves = {c.method: c for c in crossed.curves}
    for i, r in enumerate(crossed.radius):
        d = detect(CONTACT.replace({"tip.radius": float(r)}), 1e3)
        assert curves["ESM"].snr[i] == close(d.snr_strain, rel=1e-12)
        assert curves["EIS"].snr[i] == close(d.snr_current, rel=1e-12)
        assert curves["EIS"].signal[i] == close(d.current, rel=1e-12)
    d = detect(CONTACT.replace({"tip.radius": crossed.sizes["EIS"]}), 1e3)
    assert d.snr_current == close(3.0, rel=1e-8)
    assert crossed.sizes["EIS"] == close(detect(CONTACT, 1e3).smallest(by="current").radius, 1e-8)
    assert crossed.sizes["ESM"] is None
    assert crossed.window == (1e-9, crossed.sizes["EIS"])


def test_snr_of_pitt_is_the_matched_filter(crossed):
    """√(2∫I²dt)/S from T/1000 to T; a bin of I ∝ 1/√t is ln(1000)²/60²/24 = 6e-4 off in I²."""
    curve = next(c for c in crossed.curves if c.method == "PITT")
    t = 1 / (2 * B)
    for i in (0, 3, 6):
        e = CONTACT.replace({"tip.radius": float(crossed.radius[i])})

        def power(x, e=e):
            return float(vg.contact_current(e, time=np.exp(x)).values) ** 2 * np.exp(x)

        area = quad(power, np.log(t / 1000), np.log(t), epsrel=1e-6, epsabs=0)[0] * DRIVE**2
        assert curve.snr[i] == close(sqrt(2 * area) / S_I, rel=1e-3)
        assert curve.signal[i] / curve.noise[i] == close(curve.snr[i], rel=1e-14)
        assert curve.noise[i] == close(S_I / sqrt(2 * t * 0.999), rel=1e-12)  # of white


def test_gitt_and_relaxation_by_hand(crossed):
    """R = 1 µm, ℓ ≪ R: V = 2Ir√(t/π) and |Z(1/2πt)| = r√t, r = -dE/dC/(zFπR²√D); u ∝ √t."""
    curves = {c.method: c for c in crossed.curves}
    span = 1 / (2 * B)
    r = abs(SLOPE) / (F * pi * 1e-12 * sqrt(D))
    height = DRIVE / (2 * r * sqrt(span / pi))  # V reaches the drive at the end
    expected = 2 / sqrt(pi) * height / S_I * sqrt(2 * span)
    assert curves["GITT"].snr[-1] == close(expected, rel=0.01)  # the rim adds ℓ/R
    half = span / 2

    def square(t):
        return (4 * (1 + NU) * BETA * C * sqrt(D / pi) * (sqrt(half + t) - sqrt(t))) ** 2

    area = quad(square, half / 1000, half, epsabs=0, epsrel=1e-9)[0]
    assert curves["ESM relaxation"].snr[-1] == close(sqrt(2 * area) / S_U, rel=0.01)


def test_scaled_is_the_same_physics_at_every_size():
    """I ∝ R, u ∝ R and σ ∝ 1/√T ∝ 1/R at the same ωR²/D: every SNR ∝ R²."""
    c = vg.crossing(CONTACT, 1e3, instrument=AFM, drive=DRIVE, points=3, scaled=True)
    assert c.frequency * c.radius**2 == close(np.full(3, 1e3 * R**2), rel=1e-12)
    assert c.seconds / c.radius**2 == close(np.full(3, 5e-3 / R**2), rel=1e-12)
    for curve in c.curves:
        assert curve.snr / c.radius**2 == close(
            np.full(3, curve.snr[0] / c.radius[0] ** 2), rel=1e-7
        )
    assert "scaled as R²" in c.report()


def test_more_time_and_a_quieter_meter(crossed):
    """SNR of a sine ∝ √T; of a current alone ∝ 1/S_I."""
    longer = vg.crossing(CONTACT, 1e3, instrument=AFM, drive=DRIVE, points=2, seconds=0.5)
    quiet = AFM.replace({"current_noise": S_I / 10})
    better = vg.crossing(CONTACT, 1e3, instrument=quiet, drive=DRIVE, points=2)
    for a, b, c in zip(crossed.curves, longer.curves, better.curves, strict=True):
        strain = a.method.startswith("ESM")
        if a.method in ("EIS", "ESM"):
            assert b.snr[-1] / a.snr[-1] == close(10.0, rel=1e-9)
        assert c.snr[-1] / a.snr[-1] == close(1.0 if strain else 10.0, rel=1e-9)


def test_where_nothing_crosses_it_says_so():
    loud = AFM.replace({"displacement_noise": 1e-9, "current_noise": 1e-9})
    none = vg.crossing(CONTACT, 1e3, instrument=loud, drive=DRIVE, points=3)
    assert none.window is None
    assert set(none.sizes.values()) == {None}
    assert "No size is seen by strain alone." in none.report()
    assert "drowns at every size up to 1 µm" in none.report()
    assert "No contact size" in none.plot(Figure().add_subplot()).get_title(loc="left")
    deaf = AFM.replace({"current_noise": 1e-9})
    c = vg.crossing(CONTACT, 1e3, instrument=deaf, drive=DRIVE, points=3)
    assert c.window == (1e-9, 1e-6)


def test_esm_keeps_its_interface():
    e = vg.Experiment(LMO, vg.GaussianTip(R), FILM, vg.LinearKinetics(1e-6))
    c = vg.crossing(e, 1e3, instrument=AFM, drive=DRIVE, radius=(R, 2 * R), points=2)
    curves = {x.method: x for x in c.curves}
    assert curves["ESM"].snr[0] == close(detect(e, 1e3).snr_strain, rel=1e-12)
    disc = e.replace({"tip": vg.DiscTip(R), "interface": vg.Contact(1e-6)})
    assert curves["EIS"].snr[0] == close(detect(disc, 1e3).snr_current, rel=1e-12)
    assert "ESM keeps LinearKinetics" in c.notes[0]


def test_table_figure_and_report(crossed):
    table = crossed.table
    assert len(table) == 5 * 7
    assert (table["signal"] / table["noise"] / table["snr"] - 1).abs().max() < 1e-12
    ax = crossed.plot(Figure().add_subplot())
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "contact radius R (nm)"
    assert ax.get_title(loc="left") == "Below 22.2 nm strain is seen, and no current is"
    text = crossed.report()
    assert "EIS             drowns below 22.2 nm" in text
    assert "From 1 nm to 22.2 nm strain sees the ions and no current does" in text
    assert "period" not in text
    short = vg.crossing(CONTACT, 10.0, instrument=AFM, drive=DRIVE, points=2)
    assert "shorter than a period" in short.report()


# ---- bad input -----------------------------------------------------------------------------------


def cross(e=CONTACT, f=1e3, **kw):
    return vg.crossing(e, f, **({"instrument": AFM, "drive": DRIVE, "points": 2} | kw))


def test_bad_input_says_what_to_do():
    flux = CONTACT.replace({"interface": vg.FixedFlux()})
    blocking = CONTACT.replace({"interface": vg.BlockingTip(1e-9, 1e3)})
    for call, words in (
        (lambda: detect(LMO, 1e3), "must be a vegard.Experiment"),
        (lambda: detect(flux, 1e3), 'ask per="flux" or "ampere"'),
        (lambda: detect(CONTACT, 0.0), "frequency must be > 0"),
        (lambda: detect(CONTACT, 1e3, drive=0.0), "drive must be > 0"),
        (lambda: detect(CONTACT, 1e3, drive="10 mV"), "a number in SI units"),
        (lambda: detect(CONTACT, 1e3, averages=0), "averages"),
        (lambda: detect(CONTACT, 1e3, instrument="QPDI"), "must be a vegard.Instrument"),
        (lambda: detect(CONTACT, 1e3, instrument=vg.instruments["QPDI"]), "bandwidth"),
        (lambda: detect(CONTACT, 1e3, instrument=vg.Instrument("x", None, None, B)), "neither"),
        (lambda: detect(CONTACT, 1e3).smallest(0.0), "snr must be > 0"),
        (lambda: detect(CONTACT, 1e3).smallest(by="charge"), "unknown signal 'charge'"),
        (lambda: cross(flux), "exchanges no ions at a voltage"),
        (lambda: cross(blocking), "or ask vegard.detection"),
        (lambda: cross(f=[1e3, 2e3]), "one number"),
        (lambda: cross(radius=(1e-6, 1e-9)), "radius must rise"),
        (lambda: cross(radius=1e-9), "must be .smallest, largest."),
        (lambda: cross(points=1), "points"),
        (lambda: cross(seconds=-1.0), "seconds must be > 0"),
        (lambda: cross(instrument=vg.Instrument("x", S_U, None, B)), "current_noise of 'x'"),
    ):
        with pytest.raises(vg.VegardError, match=words):
            call()
