"""The verb fit: truth recovered, starts, priors, losses, joint fits, errors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq, curve_fit, minimize_scalar

import vegard as vg
from vegard.closed_forms import disc_concentration

sys.path.insert(0, str(Path(__file__).parent))
from cases import experiment, film, near, relaxation, spectrum

D = "material.diffusivity"
T = np.geomspace(1e-3, 3.0, 40)
F = np.geomspace(1e-3, 1e4, 40)


def loop_data(e, field="off"):
    from vegard.waveforms import staircase

    train = vg.PulseTrain(0.01, 0.03, staircase(1.0, 16, 2))
    values = vg.loop(e, train, field=field).values
    return vg.Data("loop", train.amplitudes, values, 1e-15, drive=train, field=field)


EXACT = {
    "relaxation": lambda: (
        experiment(3e-15, vg.LinearKinetics(2e-7)),
        [
            vg.Data(
                "relaxation",
                0.01 + T,
                vg.time_response(
                    experiment(3e-15, vg.LinearKinetics(2e-7)), vg.Pulse(0.01), 0.01 + T
                ).values,
                1e-15,
                drive=vg.Pulse(0.01),
            )
        ],
        {D: 3e-15, "interface.rate": 2e-7, "material.vegard": 1e-6},
    ),
    "frequency": lambda: (
        experiment(3e-15),
        [vg.Data("frequency", F, vg.frequency_response(experiment(3e-15), F).values, 1e-15)],
        {D: 3e-15, "material.vegard": 1e-6},
    ),
    "loop": lambda: (experiment(3e-15), [loop_data(experiment(3e-15))], {D: 3e-15}),
    "pitt": lambda: (
        film(1e-13, 1e-6),
        [vg.Data("pitt", T, vg.classical.pitt(film(1e-13, 1e-6), T, 0.01).values, 1e-9,
                 drive=0.01)],
        {D: 1e-13, "rate": 1e-6},
    ),
    "gitt": lambda: (
        film(1e-13, 1e-6, shape="sphere", series_resistance=2.0),
        [vg.Data("gitt", T, vg.classical.gitt(
            film(1e-13, 1e-6, shape="sphere", series_resistance=2.0), T, vg.Pulse(1.0, 1e-4)
        ).values, 1e-9, drive=vg.Pulse(1.0, 1e-4))],
        {D: 1e-13, "series_resistance": 2.0},
    ),
    "eis": lambda: (
        film(1e-13, 3e-6, series_resistance=2.0, double_layer=1e-4),
        [vg.Data("eis", F, vg.classical.eis(
            film(1e-13, 3e-6, series_resistance=2.0, double_layer=1e-4), F).values, 1e-4)],
        {D: 1e-13, "rate": 3e-6, "series_resistance": 2.0, "double_layer": 1e-4},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EXACT)
def test_truth_comes_back(kind):
    """From automatic starts, with values that mislead in the sample; what noise-free data leave."""
    sample, data, truth = EXACT[kind]()
    wrong = {D: 1e-10, "rate": 1.0, "interface.rate": 1.0, "material.vegard": 7.0}
    for path in truth:
        if path in wrong and path != "rate":
            sample = sample.replace({path: wrong[path]}) if isinstance(
                sample, vg.Experiment) else _replaced(sample, path, wrong[path])  # fmt: skip
    f = vg.fit(sample, data, list(truth))
    assert f.converged, f.message
    for path, value in truth.items():
        assert f.values[path] == near(value, rel=2e-5), path
    assert f.sample is not None


def _replaced(cell, path, value):
    from vegard.parameters import replace_path

    return replace_path(cell, path, value)


def test_start_given_and_automatic_agree():
    rng = np.random.default_rng(3)
    for d in (1e-17, 1e-14, 1e-11):
        e = experiment(d)
        data = relaxation(e, rng)
        auto = vg.fit(e, data, [D, "gain"])
        told = vg.fit(e, data, {D: d, "gain": None})
        assert auto.objective <= told.objective * (1 + 1e-6)


def test_against_curve_fit():
    """Independent ruler: scipy.optimize.curve_fit on the closed form of the disc."""
    rng = np.random.default_rng(8)
    e = experiment(2e-15)
    data = spectrum(e, rng, 30)

    def model(f, log_d, size):
        sigma2 = 2j * np.pi * f * 400e-18 / np.exp(log_d)
        u = 2 * 1.3 * 1e-6 * 20e-9 * size * disc_concentration(sigma2)
        return np.concatenate([u.real, u.imag]) * 1e14

    y = np.concatenate([data.y.real, data.y.imag])
    best, cov = curve_fit(
        model, data.x, y * 1e14, [np.log(1e-15), 1.0], sigma=np.tile(data.sigma, 2) * 1e14,
        absolute_sigma=True,
    )  # fmt: skip
    f = vg.fit(e, data, [D, "gain"])
    assert np.log(f.values[D]) == near(best[0], abs=1e-4 * cov[0, 0] ** 0.5)
    assert f.sigma[D] / f.values[D] == near(cov[0, 0] ** 0.5, rel=1e-3)
    assert f.sigma["gain"] == near(cov[1, 1] ** 0.5, rel=1e-3)
    expected = cov[0, 1] * f.values[D]
    assert f.covariance[0, 1] == near(expected, rel=1e-2)


@pytest.mark.parametrize("known", [True, False])
def test_interval_against_a_scan(known):
    """Profile typed again: least squares over the size at each D, root of the rise."""
    from scipy.stats import chi2, t

    rng = np.random.default_rng(12)
    e = experiment(5e-16)
    data = spectrum(e, rng, 12, noise=0.1, known=known)
    y = np.concatenate([data.y.real, data.y.imag])
    sigma = data.sigma[0] if known else 1.0

    def squares(log_d):
        u = disc_concentration(2j * np.pi * data.x * 400e-18 / np.exp(log_d))
        a = np.concatenate([u.real, u.imag])
        return ((y - a * (a @ y) / (a @ a)) ** 2).sum() / sigma**2

    best = minimize_scalar(squares, bracket=(np.log(1e-16), np.log(3e-15)), tol=1e-12)
    n = y.size
    limit = (
        best.fun + chi2.ppf(0.95, 1)
        if known
        else best.fun * (1 + t.ppf(0.975, n - 2) ** 2 / (n - 2))
    )
    low = brentq(lambda x: squares(x) - limit, best.x - 8, best.x)
    high = brentq(lambda x: squares(x) - limit, best.x, best.x + 8)
    f = vg.fit(e, data, [D, "gain"])
    assert np.log(f.interval(D)) == near([low, high], abs=2e-4 * (high - low))


def test_prior_counts_as_a_measurement():
    """D/R² from the curve and R from the prior: σ²(ln D) = σ²(ln D/R²) + 4 σ²(ln R)."""
    rng = np.random.default_rng(21)
    e = experiment(3e-15)
    data = relaxation(e, rng, noise=0.002)
    alone = vg.fit(e, data, [D, "gain"])
    spread = alone.sigma[D] / alone.values[D]
    f = vg.fit(e, data, [D, "tip.radius", "gain"], prior={"tip.radius": (20e-9, 0.1)})
    assert f.values["tip.radius"] == near(20e-9, rel=1e-3)
    got = f.sigma[D] / f.values[D]
    assert got == near(np.hypot(spread, 0.2), rel=1e-2)
    low, high = f.interval(D)
    assert np.log(high / low) / 2 == near(1.96 * np.hypot(spread, 0.2), rel=2e-2)


@pytest.mark.parametrize("loss", ["huber", "cauchy"])
def test_outliers(loss):
    rng = np.random.default_rng(4)
    e = experiment(3e-15)
    for known in (True, False):
        data = relaxation(e, rng, 60, known=known)
        y = data.y.copy()
        y[::9] += 30 * 0.02 * np.abs(y).max()
        spoiled = vg.Data("relaxation", data.x, y, data.sigma, drive=data.drive,
                          per="concentration")  # fmt: skip
        off = {}
        for name in ("gauss", loss):
            f = vg.fit(e, spoiled, [D, "material.vegard"], loss=name)
            off[name] = abs(np.log(f.values[D] / 3e-15))
        assert off[loss] < 0.3
        assert off[loss] < off["gauss"] / 3


def test_methods_together():
    """One material: ESM gives D/R², PITT gives D; together they give the radius too."""
    rng = np.random.default_rng(9)
    e, cell = experiment(2e-14), film(2e-14)
    t = np.geomspace(1e-3, 3.0, 60)
    i = vg.classical.pitt(cell, t, 0.01).values
    noise = 0.01 * i[30] * rng.normal(size=60)
    electric = vg.Data("pitt", t, i + noise, 0.01 * i[30], drive=0.01, cell=cell)
    strain = spectrum(e, rng)
    free = [D, "tip.radius", "material.vegard"]
    alone = vg.fit(e, strain, free)
    assert alone.sigma["tip.radius"] > 1e3 * 20e-9
    both = vg.fit(e, [strain, electric], free)
    assert abs(np.log(both.values["tip.radius"] / 20e-9)) < 4 * both.sigma["tip.radius"] / 20e-9
    assert both.sigma["tip.radius"] < 2e-9
    assert both.combinations == ()
    assert both.sample["tip.radius"] == both.values["tip.radius"]


def test_gain_and_offset_of_each_curve():
    e = experiment(3e-15)
    rng = np.random.default_rng(2)
    rows = []
    for gain, offset in ((3e9, 2e-5), (7e9, -4e-5)):
        d = relaxation(e, rng, noise=1e-6)
        rows.append(vg.Data("relaxation", d.x, gain * d.y + offset, drive=d.drive,
                            per="concentration"))  # fmt: skip
    f = vg.fit(e, rows, [D, "gain", "offset"])
    assert list(f.values) == [D, "gain[0]", "gain[1]", "offset[0]", "offset[1]"]
    found = [f.values[k] for k in list(f.values)[1:]]
    assert found == near([3e9, 7e9, 2e-5, -4e-5], rel=1e-3)
    one = vg.fit(e, rows, [D, "gain", "offset[1]", "offset[0]"])
    assert one.values["offset[1]"] == near(found[3], rel=1e-6)


def test_amplitudes_alone():
    """Moduli are fitted by the modulus."""
    rng = np.random.default_rng(6)
    e = experiment(3e-14)
    f = vg.fit(e, spectrum(e, rng, modulus=True), [D, "material.vegard"])
    assert abs(np.log(f.values[D] / 3e-14)) < 4 * f.sigma[D] / f.values[D]


def test_pair_of_diffusivities_keeps_its_ratio():
    e = experiment((2e-15, 1e-15))
    rng = np.random.default_rng(6)
    data = spectrum(e, rng, noise=1e-5)
    start = e.replace({D: (2e-12, 1e-12)})
    f = vg.fit(start, data, [D])
    assert f.values[D] == near(1e-15, rel=1e-3)
    assert f.sample.material.diffusivity == near((2e-15, 1e-15), rel=1e-3)


def test_exact_verbs_where_no_curve_serves():
    """A blocking tip goes through the verb itself."""
    e = experiment(1e-14).replace({"interface": vg.BlockingTip(1e-9, 1e3)})
    f = np.geomspace(1.0, 1e4, 12)
    y = vg.frequency_response(e, f).values
    got = vg.fit(e, vg.Data("frequency", f, y, 1e-4 * np.abs(y).max()), {D: (1e-17, 1e-11)})
    assert got.values[D] == near(1e-14, rel=1e-3)


def test_correlated_residuals_are_named():
    """A film fitted as a half-space: the report says that a shape is missed."""
    e = experiment(3e-14, geometry=vg.Film(8e-9))
    data = spectrum(e, np.random.default_rng(1), 80, noise=0.005)
    report = vg.fit(experiment(1e-15), data, [D, "gain"]).report()
    assert "misses a shape" in report
    good = vg.fit(e, data, [D, "gain"])
    assert "misses a shape" not in good.report()
    assert 0.7 < good.diagnostics["chi2_reduced"] < 1.4


def test_residuals_and_model():
    rng = np.random.default_rng(1)
    e = experiment(3e-15)
    data = spectrum(e, rng)
    f = vg.fit(e, data, [D])
    z = f.residuals[0]
    assert z.shape == data.x.shape
    assert np.allclose(z * data.sigma, data.y - f.model()[0])
    assert f.diagnostics["chi2"] == near((np.abs(z) ** 2).sum())
    assert f.objective == near(f.diagnostics["chi2"])


BAD = {
    "no data": (lambda e, d: vg.fit(e, [], [D]), "one or more vegard.Data"),
    "nothing free": (lambda e, d: vg.fit(e, d, []), "free is empty"),
    "unknown path": (lambda e, d: vg.fit(e, d, ["material.difusivity"]), "diffusivity"),
    "not a number": (lambda e, d: vg.fit(e, d, ["tip"]), "not a number"),
    "loss": (lambda e, d: vg.fit(e, d, [D], loss="gaus"), "Did you mean 'gauss'"),
    "no cell": (lambda e, d: vg.fit(e, d, ["cell.rate"]), "there is no Cell"),
    "experiment": (lambda e, d: vg.fit(film(), d, [D]), "needs the vegard.Experiment"),
    "electrode": (
        lambda e, d: vg.fit(e, vg.Data("eis", [1, 2], [1 - 1j, 2 - 1j]), [D]),
        "needs its electrode",
    ),
    "half a start": (
        lambda e, d: vg.fit(e, d, {D: 1e-15, "tip.radius": None}),
        "starts for some parameters but not for tip.radius",
    ),
    "range": (lambda e, d: vg.fit(e, d, {D: (1e-10, 1e-15)}), "low < high"),
    "prior": (lambda e, d: vg.fit(e, d, [D], prior={"tip.radius": (1e-9, 0.1)}), "not free"),
    "prior form": (lambda e, d: vg.fit(e, d, [D], prior={D: 1e-15}), "relative standard"),
    "offset": (lambda e, d: vg.fit(e, d, [D, "offset"]), "fitted to signals in time"),
    "index": (lambda e, d: vg.fit(e, d, [D, "gain[3]"]), "there are 1 data"),
    "no base": (lambda e, d: vg.fit(e, d, [D, "material.young"]), "give a range"),
    "many": (
        lambda e, d: vg.fit(e, vg.Data("frequency", [1, 2], [1.0, 2.0]), [D, "tip.radius", "gain"]),
        "free fewer",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_to_do(case):
    call, words = BAD[case]
    e = experiment(1e-15)
    data = spectrum(e, np.random.default_rng(0), 10)
    with pytest.raises(vg.VegardError, match=words):
        call(e, data)


BAD_DATA = {
    "kind": (lambda: vg.Data("pit", [1, 2], [1, 2]), "Did you mean 'pitt'"),
    "shape": (lambda: vg.Data("eis", [1, 2, 3], [1, 2]), "rows of one length"),
    "nan": (lambda: vg.Data("eis", [1, 2], [1, np.nan]), "1 points are not, the first is point 1"),
    "order": (
        lambda: vg.Data("pitt", [1, 3, 2], [1, 2, 3], drive=1.0),
        "after point 1 .3 s. comes 2 s",
    ),
    "drive": (lambda: vg.Data("pitt", [1, 2], [1, 2]), "height of the step"),
    "minus": (lambda: vg.Data("eis", [1, 2], [1 + 1j, 2 + 2j]), "complex conjugate"),
    "zero frequency": (lambda: vg.Data("eis", [0, 2], [1, 2]), "> 0"),
    "sigma": (lambda: vg.Data("eis", [1, 2], [1, 2], 0.0), "sigma must be > 0"),
    "sigma shape": (lambda: vg.Data("eis", [1, 2], [1, 2], [1, 2, 3]), "as many as x"),
    "complex time": (lambda: vg.Data("pitt", [1, 2], [1j, 2], drive=1.0), "must be real"),
    "loop drive": (
        lambda: vg.Data("loop", [1, 2], [1, 2], drive=vg.Triangle(1.0)),
        "readings under a sweep",
    ),
    "loop length": (
        lambda: vg.Data("loop", [1, 2], [1, 2], drive=vg.PulseTrain(1, 2, (1, 2, 3))),
        "3 pulses, but the loop has 2",
    ),
    "loop bias": (
        lambda: vg.Data("loop", [2, 1], [1, 2], drive=vg.PulseTrain(1, 2, (1, 2))),
        "in order of time",
    ),
    "at": (lambda: vg.Data("eis", [1, 2], [1, 2], at=-1), "at must be >= 0"),
    "text": (lambda: vg.Data("eis", ["a", "b"], [1, 2]), "rows of numbers"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_say_what_to_do(case):
    call, words = BAD_DATA[case]
    with pytest.raises(vg.VegardError, match=words):
        call()


def test_interval_names_and_levels():
    e = experiment(1e-15)
    f = vg.fit(e, spectrum(e, np.random.default_rng(0), 10), [D])
    assert f.interval(D, 0.99)[1] > f.interval(D, 0.68)[1] > f.values[D]
    with pytest.raises(vg.VegardError, match="Valid"):
        f.interval("gain")
    with pytest.raises(vg.VegardError, match="between 0 and 1"):
        f.interval(D, 95)


@pytest.mark.parametrize("said", ["range", "prior"])
def test_what_is_said_of_a_rate_beside_a_free_diffusivity_is_of_the_rate(said):
    """The coordinate of the rate is ln(κ/D) there: the search must still hold the truth."""
    d, k = "material.diffusivity", "interface.rate"
    m = vg.Material(1e-16, 1e-6, 0.3, ocv_slope=-4.4e-5)
    e = vg.Experiment(m, vg.DiscTip(20e-9), interface=vg.LinearKinetics(4e-7))
    f = np.geomspace(0.02, 300, 14)
    u = vg.frequency_response(e, f).values
    s = 1e-3 * np.abs(u).max()
    noise = np.random.default_rng(0).normal(size=(2, 14))
    data = vg.Data("frequency", f, u + s * (noise[0] + 1j * noise[1]), s)
    plain = vg.fit(e, data, [d, k, "gain"])
    free = {d: (1e-17, 1e-13), k: (1e-9, 1e-5), "gain": None} if said == "range" else [d, k, "gain"]
    prior = {k: (4e-7, 3.0)} if said == "prior" else None
    found = vg.fit(e, data, free, prior=prior)
    assert found.objective < plain.objective + 0.1
    assert found.values[k] == pytest.approx(plain.values[k], rel=0.02, abs=0)
