"""The verb compare_models: criteria by hand, evidence by QUADPACK, who is taken for whom."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import wofz

import vegard as vg
from vegard.fitting.exponentials import StretchedExponential

sys.path.insert(0, str(Path(__file__).parent))
from cases import RADIUS, experiment, near, noisy, relaxation, spectrum

D = "material.diffusivity"


def law_data(rng, tau, b, kind="relaxation", *, noise=0.02, n=50, known=True):
    """What a stretched exponential gives where the cases of cases.py have diffusion."""
    if kind == "spectrum":
        f = np.geomspace(0.1, 1e6, n)
        y = 1e-12 * StretchedExponential(tau, b).spectrum(f)
        s = noise * np.abs(y).max()
        return vg.Data("frequency", f, noisy(rng, y, s), s if known else None, per="concentration")
    t = 0.01 + np.geomspace(1e-4, 10.0, n)
    y = 1e-12 * np.exp(-(((t - 0.01) / tau) ** b))
    s = noise * y.max()
    return vg.Data("relaxation", t, noisy(rng, y, s), s if known else None, drive=vg.Pulse(0.01),
                   per="concentration")  # fmt: skip


# --- the law ---


def test_spectrum_of_the_law():
    """b = 1 and ½ in closed form, over twelve decades of ωτ, 1e-9: what the trapezoids leave."""
    f = np.geomspace(1e-6, 1e6, 49)
    s = 2j * np.pi * f
    np.testing.assert_allclose(StretchedExponential(1.0).spectrum(f), 1 / (1 + s), rtol=1e-9)
    half = np.sqrt(np.pi) / (2 * np.sqrt(s)) * wofz(0.5j / np.sqrt(s))  # of exp(-√t), by parts
    np.testing.assert_allclose(StretchedExponential(1.0, 0.5).spectrum(f), half, rtol=1e-9)


@pytest.mark.parametrize("b", [0.1, 0.3, 0.8])
def test_spectrum_by_oscillating_quadrature(b):
    """∫ (b/t) t^b exp(−t^b) e^(−iωt) dt by QUADPACK in u = t^b; rtol is its own."""
    omega = 0.7
    re, im = (
        quad(lambda u, g=g: np.exp(-u) * g(omega * u ** (1 / b)), 0, 1, limit=2000)[0]
        + _tail(b, omega, g)
        for g in (np.cos, np.sin)
    )
    found = StretchedExponential(1.0, b).spectrum(np.array([omega / (2 * np.pi)]))[0]
    np.testing.assert_allclose([found.real, -found.imag], [re, im], rtol=1e-6, atol=1e-8)


def _tail(b, omega, g):
    """From t = 1 on, where the weight of an oscillating rule takes e^(−iωt)."""
    weight = "cos" if g is np.cos else "sin"

    def f(t):
        return b * t ** (b - 1) * np.exp(-(t**b))

    return quad(f, 1, np.inf, weight=weight, wvar=omega, limlst=1000, limit=2000)[0]


def test_law_comes_back():
    rng = np.random.default_rng(3)
    for kind in ("relaxation", "spectrum"):
        d = law_data(rng, 0.02, 0.6, kind, noise=1e-4)
        fits = vg.compare_models(
            experiment(1e-14), d, ("exponential", "stretched_exponential")
        ).fits
        found = fits["stretched_exponential"].values
        assert found["tau"] == near(0.02, rel=5e-3)  # six standard deviations
        assert found["exponent"] == near(0.6, rel=5e-3)
        assert found["gain"] == near(1e-12, rel=5e-3)
        assert fits["exponential"].diagnostics["chi2_reduced"] > 100


# --- criteria ---


def test_aicc_by_hand():
    """One D and one gain at a D that is known: a linear case, on paper."""
    rng = np.random.default_rng(4)
    e = experiment(3e-15)
    known = relaxation(e, rng, 12)
    unknown = relaxation(e, rng, 12, known=False)
    for d, sigma in ((known, known.sigma[0]), (unknown, None)):
        found = vg.compare_models(e, d, ("half_space", "exponential"))
        row = next(c for c in found.rows if c.model == "half_space")
        u = vg.time_response(
            e.replace({D: row.fit.values[D]}), vg.Pulse(0.01), d.x, per="concentration"
        ).values
        rest = d.y - u * (u @ d.y) / (u @ u)
        if sigma:
            assert row.parameters == 2
            assert row.aicc == near(rest @ rest / sigma**2 + 4, rel=1e-5)  # master curve
        else:
            assert row.parameters == 3  # σ too
            expected = 12 * np.log(rest @ rest / 12) + 6 + 2 * 3 * 4 / (12 - 3 - 1)
            assert row.aicc == near(expected, rel=1e-5)
    total = sum(c.weight for c in found.rows)
    assert total == near(1.0, rel=1e-12)
    a, b = found.rows
    assert a.weight / b.weight == near(np.exp((b.aicc - a.aicc) / 2), rel=1e-9)


def evidence(d, model, **kw):
    found = vg.compare_models(
        experiment(1e-14), d, (model, "exponential" if model != "exponential" else "half_space"),
        criterion="evidence", **kw,
    )  # fmt: skip
    return next(c for c in found.rows if c.model == model)


@pytest.mark.parametrize("known", [True, False])
def test_evidence_in_one_dimension(known):
    """ln Z of an exponential by QUADPACK on the sums of squares written out."""
    d = law_data(np.random.default_rng(6), 0.3, 1.0, n=25, known=known)
    row = evidence(d, "exponential")
    (low, high), t = row.ranges["tau"], d.x - 0.01
    s = d.sigma[0] if known else 1.0
    best = row.fit.objective

    def density(log_tau):
        a = np.exp(-t / np.exp(log_tau))
        rest = (d.y @ d.y - (a @ d.y) ** 2 / (a @ a)) / s**2
        if known:
            return np.exp(-rest / 2 + best / 2)
        return (rest / np.exp(best / 25) / 25) ** -12.0  # (n − q)/2, q = 1 gain

    around = np.log(row.fit.values["tau"])
    value, _ = quad(density, around - 4, around + 4, points=[around], limit=500)
    expected = np.log(value) - np.log(np.log(high / low))
    expected += -best / 2 if known else -12 * (best / 25 + np.log(25))
    assert row.evidence == near(expected, abs=2e-3)  # the tolerance of a line is 1e-3 of its mass


def test_evidence_in_two_dimensions():
    """ln Z of a stretched exponential by dblquad."""
    d = law_data(np.random.default_rng(7), 0.3, 0.6, n=25, noise=0.05)
    row = evidence(d, "stretched_exponential")
    (b0, b1), (t0, t1) = row.ranges["exponent"], row.ranges["tau"]
    t, s, best = d.x - 0.01, d.sigma[0], row.fit.objective

    def density(log_tau, log_b):
        a = np.exp(-((t / np.exp(log_tau)) ** np.exp(log_b)))
        rest = (d.y @ d.y - (a @ d.y) ** 2 / (a @ a)) / s**2
        return np.exp((best - rest) / 2)

    around = np.log(row.fit.values["tau"])
    value, _ = dblquad(density, np.log(b0), np.log(b1), around - 3, around + 3, epsrel=1e-5)
    expected = np.log(value) - np.log(np.log(b1 / b0) * np.log(t1 / t0)) - best / 2
    assert row.evidence == near(expected, abs=4e-3)  # two lines, one inside the other


def test_evidence_pays_for_a_wider_range():
    """Where the data end the density, a range that is twice as wide in ln costs ln 2."""
    d = law_data(np.random.default_rng(8), 0.3, 1.0, n=25)
    narrow = evidence(d, "exponential", free={"gain": None, "tau": (0.03, 3.0)})
    wide = evidence(d, "exponential", free={"gain": None, "tau": (0.003, 30.0)})
    assert narrow.ranges["tau"] == near((0.03, 3.0), rel=1e-12)
    assert narrow.evidence - wide.evidence == near(np.log(2), abs=2e-3)  # as above


# --- what is told ---


@pytest.mark.slow
def test_film_is_found_behind_the_plateau_of_thick_ones():
    """Thick films are one curve, better than any other place of the search: it must go on."""
    e = experiment(3e-15, geometry=vg.Film(20e-9))
    t = 0.1 + np.geomspace(1e-3, 10, 60)
    u = vg.time_response(e, vg.Pulse(0.1), t, per="concentration").values
    rng = np.random.default_rng(0)
    rng.normal(size=60)
    y = u + 0.02 * u.max() * rng.normal(size=60)
    d = vg.Data("relaxation", t, y, 0.02 * u.max(), drive=vg.Pulse(0.1), per="concentration")
    free = [D, "geometry.thickness", "gain"]
    told = {D: 3e-15, "geometry.thickness": 20e-9, "gain": None}
    assert vg.fit(e, d, free).objective == near(vg.fit(e, d, told).objective, rel=1e-6)


@pytest.mark.exhaustive
def test_wide_and_narrow_model_are_not_told_apart():
    """A film much thicker than √Dt draws the half-space's curve: neither wins."""
    d = relaxation(experiment(3e-15), np.random.default_rng(5), noise=0.01)
    found = vg.compare_models(experiment(1e-14), d, ("half_space", "film", "contact"))
    assert found.best is None
    assert set(found.candidates) == {"half_space", "film"}
    assert found.alike == (("half_space", "film"),)
    assert "cannot be told apart" in found.sentence
    assert "differ by less than the noise" in found.sentence
    assert found.table["model"].tolist() == ["half_space", "film", "contact"]
    assert found.report().count("\n") >= 6


def test_best_model_that_is_wrong_is_said_to_be():
    d = relaxation(experiment(3e-15), np.random.default_rng(5), noise=0.002)
    found = vg.compare_models(experiment(1e-14), d, ("exponential", "contact"))
    assert not found.sound
    assert "does not tell the data" in found.sentence


def test_known_film_has_no_free_thickness():
    e = experiment(3e-15, geometry=vg.Film(15e-9))
    d = relaxation(e, np.random.default_rng(2))
    fits = vg.compare_models(e, d, ("film", "half_space")).fits
    assert set(fits["film"].values) == {D, "gain"}
    assert fits["film"].sample.thickness == 15e-9
    freed = vg.compare_models(
        e, d, ("film", "half_space"), free={"gain": None, "geometry.thickness": (5e-9, 5e-8)}
    )
    assert 5e-9 < freed.fits["film"].values["geometry.thickness"] < 5e-8


def test_bad_input():
    rng = np.random.default_rng(1)
    e = experiment(3e-15)
    d = relaxation(e, rng, 8)
    few = relaxation(e, rng, 5, known=False)
    drive = vg.Pulse(0.01)
    during = vg.Data("relaxation", [0.005, 0.02, 0.03], [1.0, 2.0, 1.0], drive=drive)
    cell = vg.Data("pitt", [1.0, 2.0, 3.0], [1.0, 2.0, 1.0], drive=0.1)
    cases = [
        (d, {"models": ("half_space", "filn")}, "Did you mean 'film'"),
        (d, {"models": "film"}, "two models or more"),
        (d, {"criterion": "bic"}, "criterion"),
        (few, {"models": ("half_space", "film")}, "film has 4 parameters with the unknown sigma"),
        (during, {"models": ("half_space", "exponential")}, "after a step or after one pulse"),
        (cell, {}, "takes displacements"),
        (d, {"models": ("half_space", "exponential"), "criterion": "evidence", "free": ()},
         "if theirs is free too"),
        (d, {"models": ("half_space", "contact"), "free": ("tau",)}, "'tau'"),
    ]  # fmt: skip
    for data, kw, words in cases:
        with pytest.raises(vg.VegardError, match=words):
            vg.compare_models(e, data, **kw)
    with pytest.raises(vg.VegardError, match="Experiment first"):
        vg.compare_models(3, d)


# --- who is taken for whom ---

TRUTHS = ("half_space", "film", "contact", "kinetics", "stretched_exponential")


RANGES = {"gain": None, D: (1e-18, 1e-11), "geometry.thickness": (2e-9, 2e-7)}


def case(rng, truth, noise):
    """A random sample of one model, seen in time or in frequency."""
    d = 10 ** rng.uniform(-16, -13)
    make, kind = ((relaxation, "relaxation"), (spectrum, "spectrum"))[rng.integers(2)]
    n = 50 if kind == "relaxation" else 30
    if truth == "stretched_exponential":
        tau, b = 10 ** rng.uniform(-2.5, 0), rng.uniform(0.3, 0.8)
        return law_data(rng, tau, b, kind, noise=noise, n=n)
    e = {
        "half_space": lambda: experiment(d),
        "film": lambda: experiment(d, geometry=vg.Film(RADIUS * 10 ** rng.uniform(-0.7, 0.5))),
        "contact": lambda: experiment(d, vg.Contact()),
        "kinetics": lambda: experiment(d, vg.LinearKinetics(d / RADIUS * 10 ** rng.uniform(-1, 1))),
    }[truth]()
    return make(e, rng, n, noise=noise)


@pytest.mark.exhaustive
@pytest.mark.parametrize("noise", [0.01, 0.03, 0.1])
def test_confusion(noise):
    """70 random cases, the table of docs/fitting.md: the true model is left out in 3 at most."""
    told = Counter()
    for j, truth in enumerate(TRUTHS):
        rng = np.random.default_rng([2026, round(1000 * noise), j])
        for _ in range(14):
            found = vg.compare_models(experiment(1e-14), case(rng, truth, noise), free=RANGES)
            alone, among = found.best == truth, truth in found.candidates
            told[truth, "alone" if alone else "among" if among else "left out"] += 1
            if not among:
                print(truth, found.candidates, flush=True)
        row = [told[truth, what] for what in ("alone", "among", "left out")]
        print(f"| {noise:.0%} | {truth} | {row[0]} | {row[1]} | {row[2]} |", flush=True)
    assert sum(told.values()) == 70
    assert sum(v for (_, what), v in told.items() if what == "left out") <= 3
