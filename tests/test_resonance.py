"""Oscillators from spectra and from DART: exact cases, peers, statistics, flags, real files."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import curve_fit

import vegard as vg

DATA = Path(__file__).parents[2] / "shared" / "data"
F = np.linspace(300e3, 350e3, 64)
TRUTH = ("amplitude", "f0", "q", "phase")


def field(f, a, f0, q, phase):
    """The oscillator as the field writes it."""
    return a * np.exp(1j * phase) * f0**2 / (f**2 - 1j * f * f0 / q - f0**2)


def textbook(f, a, f0, q, phase):
    """The oscillator of e^{+iωt}: m x'' + γ x' + k x = drive."""
    return a * np.exp(1j * phase) / (1 - (f / f0) ** 2 + 1j * (f / f0) / q)


def real_file(name):
    """A file of the shared folder; a checkout elsewhere has none."""
    if not (DATA / name).exists():
        pytest.skip(f"{name} lies in the shared folder, which is not here")
    return DATA / name


def drawn(n, seed=0):
    """Random oscillators whose resonance lies in the band."""
    rng = np.random.default_rng(seed)
    a, f0 = rng.uniform(1e-12, 3e-12, n), rng.uniform(308e3, 342e3, n)
    return {
        "amplitude": a,
        "f0": f0,
        "q": rng.uniform(30, 250, n),
        "phase": rng.uniform(-np.pi, np.pi, n),
    }


def spectra(truth, model=field):
    return model(F, *(v[:, None] for v in truth.values()))


def noise(truth, snr, seed=1):
    """Complex noise, the peak being snr times its real part."""
    z = np.random.default_rng(seed).normal(size=(2, truth["q"].size, F.size))
    return (truth["amplitude"] * truth["q"] / snr)[:, None] * (z[0] + 1j * z[1])


def turn(angle):
    return np.angle(np.exp(1j * angle))


def pulls(fit, truth, name):
    off = fit[name].values - truth[name]
    return (turn(off) if name == "phase" else off) / fit[f"{name}_sigma"].values


@pytest.mark.parametrize(("convention", "model"), [("field", field), ("textbook", textbook)])
@pytest.mark.parametrize("background", ["auto", "none", "constant"])
def test_without_noise(convention, model, background):
    truth = drawn(200)
    fit = vg.fit_sho(F, spectra(truth, model), convention=convention, background=background)
    assert (fit.flag == 0).all()
    for name in ("amplitude", "f0", "q"):
        np.testing.assert_allclose(fit[name], truth[name], rtol=1e-9)  # rounding times Q²
    np.testing.assert_allclose(turn(fit.phase - truth["phase"]), 0, atol=1e-9)
    assert fit.attrs["sense"] == "falling"


def test_the_conventions_are_a_half_turn_apart():
    y = spectra(drawn(50))
    a, b = (vg.fit_sho(F, y, convention=c) for c in ("field", "textbook"))
    np.testing.assert_allclose(turn(a.phase - b.phase - np.pi), 0, atol=1e-12)
    for name in ("amplitude", "f0", "q", "phase_sigma"):
        np.testing.assert_array_equal(a[name], b[name])


def test_phase_at_and_below_resonance():
    """The textbook's φ is the phase at rest; at f₀ the response lags it by π/2."""
    f = np.append(np.linspace(1.0, 2e5, 400), 1e5)
    y = textbook(f, 1.0, 1e5, 5.0, 0.3)
    fit = vg.fit_sho(f, y, convention="textbook")
    assert float(fit.phase) == pytest.approx(np.angle(y[0]), abs=1e-5)  # f/f0 = 1e-5
    assert np.angle(y[-1]) == pytest.approx(float(fit.phase) - np.pi / 2, abs=1e-9)


@pytest.mark.parametrize("convention", ["field", "textbook"])
def test_conjugation_turns_the_phase_only(convention):
    truth = drawn(50)
    y = spectra(truth) + noise(truth, 100)
    a = vg.fit_sho(F, y, convention=convention)
    b = vg.fit_sho(F, y.conj(), convention=convention)
    assert (a.attrs["sense"], b.attrs["sense"]) == ("falling", "rising")
    for name in ("amplitude", "f0", "q"):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-6)
    # b is the fit of the conjugate of its data, which is y
    np.testing.assert_allclose(turn(a.phase - b.phase), 0, atol=1e-6)
    forced = vg.fit_sho(F, y.conj(), sense="falling")
    assert (forced.flag == 6).all()
    assert np.isnan(forced.q).all()


def by_curve_fit(y, p0, sigma=None, background=False, f=F):
    """A peer: (values, standard errors) of amplitude, f0, q, phase."""

    def model(f, a, f0, q, phase, *b):
        z = field(f[: f.size // 2], a, f0 * p0[1], q, phase) + (b[0] + 1j * b[1] if b else 0)
        return np.concatenate([z.real, z.imag])

    start = [p0[0], 1.0, p0[2], p0[3]] + [0.0, 0.0] * background
    two = None if sigma is None else np.tile(sigma, 2)
    best, cov = curve_fit(
        model,
        np.tile(f, 2),
        np.concatenate([y.real, y.imag]),
        start,
        two,
        absolute_sigma=sigma is not None,
        xtol=1e-14,
        ftol=1e-14,
    )
    scale = np.array([1, p0[1], 1, 1])
    return best[:4] * scale, np.sqrt(np.diag(cov))[:4] * scale


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("background", [False, True])
def test_against_curve_fit(weighted, background):
    truth = drawn(20) | {"amplitude": np.linspace(1, 2, 20)}
    y = spectra(truth) + noise(truth, 40) + 5 * background
    sigma = np.linspace(1, 3, F.size) if weighted else None
    fit = vg.fit_sho(F, y, sigma=sigma, background="constant" if background else "none")
    for i in range(20):
        values, errors = by_curve_fit(y[i], [v[i] for v in truth.values()], sigma, background)
        for name, value, error in zip(TRUTH, values, errors, strict=True):
            off = float(fit[name][i]) - value
            assert abs(turn(off) if name == "phase" else off) < 2e-3 * error  # both stop short
            assert float(fit[f"{name}_sigma"][i]) == pytest.approx(error, rel=2e-3)


def test_amplitudes_against_curve_fit():
    truth = drawn(20) | {"amplitude": np.linspace(1, 2, 20)}
    y = np.abs(spectra(truth)) + noise(truth, 60).real
    fit = vg.fit_sho(F, y)
    for i in range(20):
        a, f0, q, _ = (v[i] for v in truth.values())

        def model(f, a, r, q, f0=f0):
            return a / np.sqrt((1 - (f / f0 / r) ** 2) ** 2 + (f / f0 / r / q) ** 2)

        best, cov = curve_fit(model, F, y[i], [a, 1.0, q], xtol=1e-14, ftol=1e-14)
        best[1] *= f0
        errors = np.sqrt(np.diag(cov)) * [1, f0, 1]
        for name, value, error in zip(TRUTH, best, errors, strict=False):
            assert abs(float(fit[name][i]) - value) < 2e-3 * error
            assert float(fit[f"{name}_sigma"][i]) == pytest.approx(error, rel=2e-3)


@pytest.mark.parametrize("background", ["auto", "constant"])
@pytest.mark.parametrize("known", [False, True])
def test_standard_errors_are_honest(background, known):
    truth = drawn(2000)
    sigma = (truth["amplitude"] * truth["q"] / 50)[:, None] if known else None
    fit = vg.fit_sho(F, spectra(truth) + noise(truth, 50), sigma=sigma, background=background)
    assert (fit.flag == 0).all()
    assert fit.attrs["background"] == ("none" if background == "auto" else "constant")
    for name in TRUTH:
        z = pulls(fit, truth, name)
        assert z.std() == pytest.approx(1, abs=0.05)  # 3 standard errors of a spread over 2000
        assert abs(z.mean()) < 0.07  # 3 standard errors of a mean


def test_standard_errors_of_amplitudes():
    truth = drawn(2000)
    fit = vg.fit_sho(F, np.abs(spectra(truth)) + noise(truth, 200).real)
    for name in TRUTH[:3]:
        z = pulls(fit, truth, name)
        assert z.std() == pytest.approx(1, abs=0.06)  # 61 degrees of freedom: 1.02 expected
        assert abs(z.mean()) < 0.07
    assert np.isnan(fit.phase).all()
    assert "amplitudes alone" in fit.phase.attrs["comment"]


def test_standard_errors_under_uneven_noise_and_with_lost_bins():
    truth = drawn(2000)
    sigma = (truth["amplitude"] * truth["q"] / 50)[:, None] * np.linspace(0.5, 3, F.size)
    z = np.random.default_rng(3).normal(size=(2, *sigma.shape))
    y = spectra(truth) + sigma * (z[0] + 1j * z[1])
    sigma[:, 7], y[:, 7] = np.inf, np.nan
    fit = vg.fit_sho(F, y, sigma=sigma)
    assert (fit.flag == 0).all()
    for name in TRUTH:
        assert pulls(fit, truth, name).std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("size", [0.05, 3.0])
def test_crosstalk_is_found_and_taken_out(size):
    """A constant of random phase beside each peak, `size` peaks high."""
    truth = drawn(300)
    peak = truth["amplitude"] * truth["q"]
    angle = np.random.default_rng(4).uniform(0, 2 * np.pi, 300)
    y = spectra(truth) + noise(truth, 50) + (size * peak * np.exp(1j * angle))[:, None]
    fit = vg.fit_sho(F, y)
    assert fit.attrs["background"] == "constant"
    assert (fit.flag == 0).all()
    for name in TRUTH:
        assert pulls(fit, truth, name).std() == pytest.approx(1, abs=0.13)  # 3 errors over 300
    plain = vg.fit_sho(F, y, background="none")  # wrong Q, or no oscillator at all
    wrong = np.abs(pulls(plain, truth, "q")) > 3
    assert (wrong | (plain.flag.values > 0)).mean() > 0.15


def test_flags():
    truth = {name: v[:1] for name, v in drawn(1).items()} | {"phase": np.zeros(1)}
    good = spectra(truth)[0]
    lost, flat = good.copy(), np.full(F.size, 1 + 1j)
    lost[3] = np.nan
    z = np.random.default_rng(0).normal(size=(2, F.size))
    rows = {
        0: good,
        1: lost,
        2: flat,
        4: z[0] + 1j * z[1],
        5: field(F, 1.0, 370e3, 40.0, 0.0),
        6: good.conj(),
    }
    fit = vg.fit_sho(
        F, np.array([*rows.values(), 0 * good, good + np.inf, good]), background="none"
    )
    assert fit.flag.values.tolist() == [*rows, 2, 1, 0]
    names = fit.flag.attrs["flag_meanings"].split()
    assert names[5] == "resonance_outside_band"
    assert fit.flag.attrs["flag_values"] == list(range(len(names)))
    for name in (*TRUTH, "f0_sigma"):
        np.testing.assert_array_equal(np.isfinite(fit[name]), fit.flag == 0)


def test_flags_of_amplitudes():
    y = np.abs(field(F, 1.0, 330e3, 60.0, 0.0))
    noisy = np.random.default_rng(0).uniform(1, 2, F.size)
    # the last is the real part of a spectrum: no amplitude
    rows = [y, np.zeros(64), noisy, y * np.nan, np.abs(field(F, 1.0, 370e3, 40.0, 0.0))]
    fit = vg.fit_sho(F, [*rows, field(F, 1.0, 330e3, 60.0, 0.0).real])
    assert fit.flag.values.tolist() == [0, 2, 4, 1, 5, 1]


def test_noise_is_not_taken_for_a_resonance():
    z = np.random.default_rng(0).normal(size=(2, 2000, F.size))
    for background in ("none", "constant"):
        fit = vg.fit_sho(F, z[0] + 1j * z[1], background=background)
        assert (fit.flag == 0).sum() == 0  # 1 in 1e5 expected
    assert (vg.fit_sho(F, np.hypot(*z)).flag == 0).sum() == 0


def test_spikes_are_not_taken_for_a_resonance():
    """One bin 100 standard deviations high: an oscillator of any Q far above 400 fits it."""
    z = np.random.default_rng(0).normal(size=(2, 200, F.size))
    y = z[0] + 1j * z[1]
    y[:, 20] += 100
    assert (vg.fit_sho(F, y).flag != 0).all()
    # a floor of rectified noise looks a little like wings
    assert (vg.fit_sho(F, np.abs(y)).flag.values == 0).mean() < 0.05


@pytest.mark.parametrize("rising", [False, True])
def test_faint_resonances_are_found(rising):
    """Five standard deviations at the peak: the linear start is lost in noise."""
    truth = drawn(1000)
    y = spectra(truth) + noise(truth, 5)
    fit = vg.fit_sho(F, y.conj() if rising else y)
    good = fit.flag.values == 0
    assert good.mean() > 0.98
    assert (np.abs(pulls(fit, truth, "f0")[good]) < 6).all()


def test_low_quality():
    """Q of 2 in a wide band, where A, f₀ and Q hang together, beside a peer."""
    f = np.linspace(50e3, 200e3, 400)
    rng = np.random.default_rng(6)
    y = field(f, 1.0, 1e5, 2.0, 0.4) + 0.01 * (rng.normal(size=400) + 1j * rng.normal(size=400))
    fit = vg.fit_sho(f, y, background="none")
    _, errors = by_curve_fit(y, (1.0, 1e5, 2.0, 0.4), f=f)
    for name, error in zip(TRUTH, errors, strict=True):
        assert float(fit[f"{name}_sigma"]) == pytest.approx(error, rel=1e-3)


def test_too_few_steps_are_flagged(monkeypatch):
    monkeypatch.setattr("vegard.oscillator._STEPS", 1)
    truth = drawn(50)
    fit = vg.fit_sho(F, spectra(truth) + noise(truth, 10))
    assert (fit.flag == 3).mean() > 0.9


def test_shape_labels_and_units():
    truth = drawn(6)
    y = spectra(truth).reshape(2, 3, F.size)
    fit = vg.fit_sho(F, y)
    assert fit.f0.shape == (2, 3)
    np.testing.assert_allclose(fit.f0.values.ravel(), truth["f0"], rtol=1e-9)
    assert vg.fit_sho(F, y[0, 0]).q.shape == ()
    named = xr.DataArray(y, {"x": [0.0, 1e-9], "f": F}, ("x", "y", "f"), attrs={"units": "m"})
    fit = vg.fit_sho(F, named)
    assert fit.f0.dims == ("x", "y")
    assert set(fit.coords) == {"x"}
    units = {name: fit[name].attrs["units"] for name in TRUTH}
    assert units == {"amplitude": "m", "f0": "Hz", "q": "1", "phase": "rad"}
    assert set(fit.data_vars) == {*TRUTH, *(f"{n}_sigma" for n in TRUTH), "flag"}


def test_pieces_do_not_matter(monkeypatch):
    truth = drawn(40)
    y = (spectra(truth) + noise(truth, 30)).astype(np.complex64)
    whole = vg.fit_sho(F, y)
    monkeypatch.setattr("vegard.resonance._CHUNK", 7)
    xr.testing.assert_allclose(vg.fit_sho(F, y), whole, rtol=1e-12)
    np.testing.assert_allclose(vg.fit_sho(F[::-1], y[:, ::-1]).q, whole.q, rtol=1e-9)


ONE = field(F, 1.0, 330e3, 60.0, 0.0)
BAD = [
    ((F[:4], ONE[:4]), {}, r"fit_sho.f must be > 0, one axis, 5 or more"),
    ((-F, ONE), {}, r"fit_sho.f must be > 0"),
    ((F * np.nan, ONE), {}, r"fit_sho.f must be > 0"),
    (("frequency", ONE), {}, r"fit_sho.f must be > 0"),
    ((F, ONE[:-1]), {}, r"shape \(..., 64\).*got complex128 of shape \(63,\)"),
    ((F, ONE[:, None]), {}, r"Put the frequencies last"),
    ((F, np.zeros((0, 64))), {}, r"got float64 of shape \(0, 64\)"),
    ((F, ["a"] * 64), {}, r"must be numbers"),
    ((F, np.abs(ONE) + 0j), {}, r"pass them as real numbers"),
    ((F, ONE), {"sigma": 0.0}, r"fit_sho.sigma must be > 0 .* got 0"),
    ((F, ONE), {"sigma": np.nan}, r"got nan"),
    ((F, ONE), {"sigma": np.ones(5)}, r"must broadcast to the spectra \(64,\)"),
    ((F, ONE), {"convention": "feld"}, r"Did you mean 'field'"),
    ((F, ONE), {"sense": "up"}, r"unknown sense 'up'"),
    ((F, ONE), {"background": "const"}, r"Did you mean 'constant'"),
    ((F, np.abs(ONE)), {"background": "constant"}, r"must be 'none' for amplitudes"),
]


@pytest.mark.parametrize(("args", "words", "message"), BAD)
def test_fit_sho_refuses(args, words, message):
    with pytest.raises(vg.VegardError, match=message):
        vg.fit_sho(*args, **words)


@pytest.mark.slow
def test_speed():
    """At least 1e4 spectra of 64 bins per second of one core; the figure is near 5e4."""
    truth = drawn(10000)
    y = spectra(truth) + noise(truth, 50)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        vg.fit_sho(F, y)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1.0


def test_nanonis_sweep():
    text = real_file("resonance_sweep_nanonis.dat").read_text("latin-1")
    rows = text.split("[DATA]")[1].strip().splitlines()[1:]
    shift, centre, amplitude, degrees = np.array([r.split("\t")[:4] for r in rows], float).T
    y = amplitude * np.exp(1j * np.radians(degrees))
    fit = vg.fit_sho(shift + centre, y)
    assert fit.attrs["background"] == "constant"  # the residuals are 6.5 times larger without
    assert float(fit.f0) == pytest.approx(30281.2, abs=0.1)
    assert float(fit.q) == pytest.approx(1220, abs=1.5)
    assert float(fit.amplitude * fit.q) == pytest.approx(1.50e-9, rel=0.01)
    plain = vg.fit_sho(shift + centre, y, background="none")
    assert float(plain.q) == pytest.approx(1141, abs=1)  # 6 % low: what crosstalk does


def test_contact_resonance_map():
    amplitudes = np.load(real_file("contact_resonance_map.npy"))
    fit = vg.fit_sho(np.linspace(298e3, 348e3, 102), amplitudes)
    good = fit.flag.values == 0
    assert good.mean() > 0.99
    assert set(np.unique(fit.flag)) == {0, 4}
    low, high = np.nanpercentile(fit.f0, [5, 95])
    assert (low, high) == (pytest.approx(323.5e3, abs=200), pytest.approx(330.5e3, abs=200))
    low, high = np.nanpercentile(fit.q, [5, 95])
    assert (low, high) == (pytest.approx(43.7, abs=0.5), pytest.approx(94.7, abs=1))


# ---- dual frequency


def pair(truth, width, offset, model=field):
    """What an instrument sees at two frequencies around f0 + offset."""
    f = (truth["f0"] + offset)[None] + np.array([[-0.5], [0.5]]) * width
    y = model(f, *truth.values())
    return (*np.abs(y), *np.angle(y), truth["f0"] + offset, width)


@pytest.mark.parametrize(("convention", "model"), [("field", field), ("textbook", textbook)])
@pytest.mark.parametrize("sign", [1, -1])
def test_dart_round_trip(convention, model, sign):
    truth = drawn(2000)
    rng = np.random.default_rng(2)
    width = rng.uniform(2e3, 20e3, 2000)
    a1, a2, p1, p2, f, w = pair(truth, width, rng.uniform(-8e3, 8e3, 2000), model)
    turns = 2 * np.pi * rng.integers(-1, 2, (2, 2000))  # instruments wrap where they like
    got = vg.dart(a1, a2, sign * p1 + turns[0], sign * p2 + turns[1], f, w, convention=convention)
    assert (got.flag == 0).all()
    assert got.attrs["sense"] == {1: "falling", -1: "rising"}[sign]
    for name, true in (("f0", "f0"), ("q", "q"), ("drive", "amplitude")):
        np.testing.assert_allclose(got[name], truth[true], rtol=1e-9)
    np.testing.assert_allclose(turn(got.phase - truth["phase"]), 0, atol=1e-9)


def gannepalli(a1, a2, phi, f1, f2):
    """f₀ and Q in the real form of the paper, φ = φ₂ - φ₁ of a phase that rises."""
    omega, tan = f1 * a1 / (f2 * a2), np.tan(phi)
    root = np.sign(tan) * np.sqrt(1 + tan**2)
    x1, x2 = -(1 - root / omega) / tan, (1 - root * omega) / tan
    f0 = np.sqrt(f1 * f2 * (f2 * x1 - f1 * x2) / (f1 * x1 - f2 * x2))
    return f0, np.sqrt(f1 * f2 * (f2 * x1 - f1 * x2) * (f1 * x1 - f2 * x2)) / (f2**2 - f1**2)


def test_dart_against_the_published_form():
    truth = drawn(500)
    a1, a2, p1, p2, f, w = pair(truth, 10e3, 1e3)
    f0, q = gannepalli(a1, a2, turn(p1 - p2), f - w / 2, f + w / 2)
    got = vg.dart(a1, a2, p1, p2, f, w)
    np.testing.assert_allclose(got.f0, f0, rtol=1e-9)
    np.testing.assert_allclose(got.q, q, rtol=1e-9)


def test_dart_agrees_with_the_fit_of_spectra():
    truth = drawn(20)
    y = spectra(truth)
    fit = vg.fit_sho(F, y)
    i, j = 20, 40
    two = y[:, i], y[:, j]
    got = vg.dart(*map(np.abs, two), *map(np.angle, two), (F[i] + F[j]) / 2, F[j] - F[i])
    for a, b in (("f0", "f0"), ("q", "q"), ("drive", "amplitude"), ("phase", "phase")):
        np.testing.assert_allclose(got[a], fit[b], rtol=1e-8)


def test_dart_noise():
    """Little noise: the scatter is that of linear propagation; no bias; twice the noise, twice."""
    truth = {k: np.full(4000, v) for k, v in zip(TRUTH, (1.0, 330e3, 60.0, 0.4), strict=True)}
    a1, a2, p1, p2, f, w = pair(truth, 8e3, 1e3)
    y1, y2 = a1 * np.exp(1j * p1), a2 * np.exp(1j * p2)

    def numbers(y1, y2):
        got = vg.dart(np.abs(y1), np.abs(y2), np.angle(y1), np.angle(y2), f, w)
        return np.array([got.f0, got.q])

    exact, h = numbers(y1, y2), 1e-4
    slopes = [(numbers(y1 + h * d, y2 + h * e) - exact)[:, 0] / h for d, e in DIRECTIONS]
    expected = np.sqrt((np.array(slopes) ** 2).sum(0))
    z = np.random.default_rng(0).normal(size=(4, 4000))
    for sigma in (0.05, 0.1):  # peak 60
        off = numbers(y1 + sigma * (z[0] + 1j * z[1]), y2 + sigma * (z[2] + 1j * z[3])) - exact
        np.testing.assert_allclose(off.std(1), sigma * expected, rtol=0.05)  # 4 errors of a spread
        assert (np.abs(off.mean(1)) < 0.07 * sigma * expected).all()


DIRECTIONS = [(1, 0), (1j, 0), (0, 1), (0, 1j)]


def test_dart_flags():
    good = pair({k: v[:1] for k, v in drawn(1).items()}, 8e3, 0.0)
    rows = [np.full(7, float(np.ravel(v)[0])) for v in good]
    a1, a2, p1, p2, f, _ = rows
    a1[1], a2[2], p1[3], f[4] = 0.0, np.nan, np.inf, np.nan
    a2[5], p2[5] = a1[5], p1[5]  # no difference
    p1[6], p2[6] = p2[6], p1[6]
    got = vg.dart(*rows, sense="falling")
    assert got.flag.values.tolist() == [0, 1, 1, 1, 1, 2, 4]
    for name in ("f0", "q", "drive", "phase"):
        np.testing.assert_array_equal(np.isfinite(got[name]), got.flag == 0)
    assert got.flag.attrs["flag_meanings"].split()[4] == "quality_not_positive"
    # 2 % amplitude over 1e-3 rad: f₀² from the two equations is negative
    odd = vg.dart(1.02, 1.0, 0.0, -1e-3, 1e5, 1e3)
    assert int(odd.flag) == 3
    assert int(vg.dart(1.2, 1.0, 0.5, 0.5, 1e5, 1e3).flag) == 2  # undamped
    assert np.isnan(odd.f0)


def test_dart_shapes_and_labels():
    one = vg.dart(1e-10, 1.1e-10, 0.3, -1.2, 366e3, 10e3)
    assert one.f0.shape == ()
    assert int(one.flag) == 0
    a = xr.DataArray(np.full((2, 3), 1e-10), {"x": [0, 1]}, ("x", "y"), attrs={"units": "m"})
    got = vg.dart(a, 1.1 * a, 0.3, -1.2, 366e3, 10e3)
    assert got.q.dims == ("x", "y")
    assert got.drive.attrs["units"] == "m"
    assert set(got.data_vars) == {"f0", "q", "drive", "phase", "flag"}
    np.testing.assert_allclose(got.q, np.full((2, 3), float(one.q)), rtol=1e-14)
    with pytest.raises(vg.VegardError, match="same dimensions in the same order"):
        vg.dart(a, a.T, 0.3, -1.2, 366e3, 10e3)


DART_BAD = [
    ({"width": 0.0}, r"dart.width must be > 0 \[Hz\]"),
    ({"width": np.nan}, r"got nan"),
    ({"frequency": 4e3}, r"dart.frequency must be > width/2"),
    ({"phase1": 250.0}, r"must be in rad.*Degrees"),
    ({"amplitude1": "one"}, r"numbers that broadcast"),
    ({"amplitude1": np.ones(2), "phase1": np.ones(3)}, r"amplitude1 \(2,\).*phase1 \(3,\)"),
    ({"amplitude1": np.ones(0)}, r"must not be empty"),
    ({"sense": "down"}, r"unknown sense"),
    ({"convention": "book"}, r"Did you mean 'textbook'"),
]


@pytest.mark.parametrize(("change", "message"), DART_BAD)
def test_dart_refuses(change, message):
    names = ("amplitude1", "amplitude2", "phase1", "phase2", "frequency", "width")
    words = dict(zip(names, (1.0, 1.1, 0.3, -1.0, 3e5, 1e4), strict=True))
    with pytest.raises(vg.VegardError, match=message):
        vg.dart(**words | change)


def igor(path):
    """Array (x, y, channel) and note of an Igor binary wave of version 5, 32-bit floats."""
    raw = path.read_bytes()
    version, _, _, formula, note = struct.unpack_from("<hhiii", raw)
    points, kind = struct.unpack_from("<ih", raw, 64 + 12)
    shape = [n for n in struct.unpack_from("<4i", raw, 64 + 68) if n]
    assert (version, kind) == (5, 2)
    values = np.frombuffer(raw, "<f4", points, 384).reshape(shape, order="F")
    text = raw[384 + 4 * points + formula :][:note].decode("latin-1")
    lines = (line.partition(":") for line in text.split("\r"))
    return values.astype(float), {key.strip(): value.strip() for key, _, value in lines}


def test_dart_map_of_an_asylum_instrument():
    values, note = igor(real_file("dart_pfm_map.ibw"))
    _, a1, a2, degrees1, degrees2, frequency = np.moveaxis(values, 2, 0)
    width = float(note["DFRTFrequencyWidth"])
    got = vg.dart(a1, a2, np.radians(degrees1), np.radians(degrees2), frequency, width)
    assert got.f0.shape == (256, 256)
    assert got.attrs["sense"] == "rising"  # this instrument counts lag as positive
    assert float(got.f0.median()) == pytest.approx(366.13e3, abs=100)
    assert float(got.q.median()) == pytest.approx(56.1, abs=0.2)
    assert (got.flag == 0).mean() > 0.96
    assert set(np.unique(got.flag)) == {0, 3, 4}
