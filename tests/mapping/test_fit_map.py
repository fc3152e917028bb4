"""Maps against curves fitted one by one, against truth, and with all that real maps hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from map_cases import FREE, PULSE, SAMPLE, TIMES, D, curves, deviations, noisy, relaxation
from scipy.optimize import curve_fit

import vegard as vg
from vegard.mapping.screening import FLAGS

GOOD = FLAGS.index("good")


def flags(maps):
    return [FLAGS[f] for f in maps.flag.values.ravel()]


# --- the minimum ---


def test_each_pixel_as_by_fit():
    """Another search, another spline, the same minimum, and the same curvature."""
    _, y, _ = noisy(8, noise=0.01, seed=1)
    maps = vg.fit_map(SAMPLE, relaxation(y.reshape(2, 4, -1)), FREE)
    assert maps.diffusivity.shape == (2, 4)
    for i, row in enumerate(y):
        one = vg.fit(SAMPLE, relaxation(row), FREE)
        for name, path in (("diffusivity", D), ("amplitude", "gain"), ("offset", "offset")):
            value, sigma = maps[name].values.ravel()[i], maps[f"{name}_sigma"].values.ravel()[i]
            # both stop where χ² gains less than 1e-6: 1e-3 σ
            assert value == pytest.approx(one.values[path], abs=2e-3 * one.sigma[path])
            assert sigma >= one.sigma[path] * (1 - 1e-3)
            assert sigma <= one.sigma[path] * 1.5  # where the valley is no parabola
        left = row - one.model()[0]
        assert maps.chi2.values.ravel()[i] <= left @ left * (1 + 1e-5)


def test_residuals_are_no_worse_than_a_loop_over_curve_fit():
    truth, y, _ = noisy(6, seed=2, kinds=6)
    y = y / np.abs(y).max(axis=1, keepdims=True)
    maps = vg.fit_map(SAMPLE, relaxation(y[:, None, :]), FREE)
    for i, row in enumerate(y):

        def model(t, log_d, gain, offset):
            return gain * curves(np.exp(log_d)) / 1e-15 + offset

        log_d = np.log(truth["diffusivity"][i])
        u = np.column_stack([model(TIMES, log_d, 1, 0), np.ones(64)])
        peer, _ = curve_fit(model, TIMES, row, (log_d, *np.linalg.lstsq(u, row, rcond=None)[0]))
        left = row - model(TIMES, *peer)
        assert float(maps.chi2[i, 0]) <= left @ left * (1 + 1e-6)  # both stop at about 1e-8


def test_the_least_of_a_fine_grid():
    """The equation typed again: best line in the curve at each of many D, nothing compressed."""
    _, y, _ = noisy(1, noise=0.01, seed=3)
    grid = np.geomspace(1e-17, 1e-13, 161)
    left = []
    for u in curves(grid):
        table = np.column_stack([u / np.abs(u).max(), np.ones(u.size)])
        _, rest, _, _ = np.linalg.lstsq(table, y[0], rcond=None)
        left.append(float(rest[0]))
    best = int(np.argmin(left))
    maps = vg.fit_map(SAMPLE, relaxation(y[None]), FREE)
    assert grid[best - 1] < float(maps.diffusivity[0, 0]) < grid[best + 1]
    assert left[best] >= float(maps.chi2[0, 0])


def test_truth_between_nodes_without_noise():
    d = 10.0 ** (-16 + np.sqrt(2) * np.arange(4) / 3)
    maps = vg.fit_map(SAMPLE, relaxation(curves(d)[None] * 3 + 1e-15), FREE)
    # the dictionary's own error, 1e-7 of the shape
    np.testing.assert_allclose(maps.diffusivity.values[0], d, rtol=2e-6)
    np.testing.assert_allclose(maps.amplitude.values[0], 3, rtol=2e-6)
    np.testing.assert_allclose(maps.offset.values[0], 1e-15, rtol=1e-5)
    assert float(maps.attrs["dictionary_error"]) < 1e-6


@pytest.mark.slow
def test_standard_deviations_hold_the_truth():
    truth, y, size = noisy(4000, seed=4)
    for sigma in (None, True):
        parts = y if sigma is None else y / size[:, None]
        told = dict(truth)
        if sigma:
            told = {k: v / size if k != "diffusivity" else v for k, v in truth.items()}
        maps = vg.fit_map(SAMPLE, relaxation(parts[:, None], 1.0 if sigma else None), FREE)
        good = maps.flag.values[:, 0] == GOOD
        assert good.mean() > 0.95
        for name in ("diffusivity", "amplitude", "offset"):
            z = deviations(maps.isel(dim_1=0), told[name], name)[good]
            # 68 % and 95 % of 4000, less three standard errors; wider where the valley is crooked
            assert 0.66 < (np.abs(z) < 1).mean() < 0.82
            assert (np.abs(z) < 2).mean() > 0.944
            assert (np.abs(z) < 4).mean() > 0.998
        expected = 1.0 if sigma else size
        ratio = maps.scatter.values[:, 0] / expected
        assert np.mean(ratio[good]) == pytest.approx(1, abs=0.01)


# --- beyond the dictionary ---


def test_truth_two_decades_beyond_a_range_is_flagged():
    d = np.array([1e-18, 1e-16, 5e-16, 1e-15, 1e-13])
    noise = np.random.default_rng(5).normal(size=(5, 64)) * 1e-17
    free = {D: (1e-16, 1e-15), "gain": None, "offset": None}
    maps = vg.fit_map(SAMPLE, relaxation((curves(d) + noise)[None]), free)
    found = flags(maps)
    assert found[2] == "good"
    assert found[0] in ("limit", "misfit")
    assert found[4] in ("limit", "misfit")
    value = maps.diffusivity.values[0]
    assert value[0] == pytest.approx(1e-16)
    assert value[4] == pytest.approx(1e-15)
    assert np.isinf(maps.diffusivity_sigma.values[0][[0, 4]]).all()


def test_diffusivities_that_the_times_cannot_see():
    """Far too slow and far too fast: no more than a limit, or the truth within its deviation."""
    d = 10.0 ** np.array([-22.0, -20, -18, -16, -14, -12, -10, -9])
    u = curves(d)
    rng = np.random.default_rng(6)
    y = u + 0.01 * np.abs(u).max(axis=1, keepdims=True) * rng.normal(size=u.shape)
    maps = vg.fit_map(SAMPLE, relaxation(y[None]), FREE)
    z = np.abs(deviations(maps.isel(dim_0=0), d, "diffusivity"))
    assert (z[np.isfinite(z)] < 4).all()
    assert flags(maps)[3] == "good"
    assert {flags(maps)[0], flags(maps)[-1]} <= {"limit", "undetermined"}


# --- what real maps hold ---


def test_bad_pixels_are_flagged_and_counted():
    _, y, _ = noisy(12, seed=7)
    clean = vg.fit_map(SAMPLE, relaxation(y[None]), FREE)
    bad = y.copy()
    bad[0] = np.nan
    bad[1] = 3e-12
    bad[2] = np.minimum(y[2], np.quantile(y[2], 0.6))
    bad[3] = np.maximum(y[3], np.quantile(y[3], 0.5))
    bad[4, 3:5] = np.nan, np.inf
    bad[5] = np.random.default_rng(8).normal(size=64)
    bad[6, 20] += 50 * np.ptp(y[6])
    maps = vg.fit_map(SAMPLE, relaxation(bad[None]), FREE)
    assert flags(maps)[:6] == [
        "missing", "flat", "saturated", "saturated", "incomplete", "undetermined",
    ]  # fmt: skip
    assert flags(maps)[6] in ("undetermined", "misfit", "outliers")
    counts = json.loads(maps.attrs["counts"])
    assert sum(counts.values()) == 12
    assert counts["saturated"] == 2
    assert np.isnan(maps.diffusivity.values[0, :4]).all()
    assert np.isfinite(maps.diffusivity.values[0, 4:]).all()
    # in the company of bad pixels the others stay: sums in another order, 1e-12
    np.testing.assert_allclose(maps.diffusivity[0, 7:], clean.diffusivity[0, 7:], rtol=1e-9)


def test_a_coarse_converter_is_no_saturation():
    _, y, _ = noisy(3, noise=0.01, seed=9)
    step = np.ptp(y, axis=1, keepdims=True) / 40
    maps = vg.fit_map(SAMPLE, relaxation((np.round(y / step) * step)[None]), FREE)
    assert "saturated" not in flags(maps)


@pytest.mark.parametrize("loss", ["huber", "cauchy"])
def test_spikes_of_a_hundred_times_the_span(loss):
    truth, y, _ = noisy(400, seed=10)
    rng = np.random.default_rng(11)
    hit = rng.random(y.shape) < 0.03
    y[hit] += 100 * np.ptp(y, axis=1).mean() * rng.normal(size=hit.sum())
    maps = vg.fit_map(SAMPLE, relaxation(y[:, None]), FREE, loss=loss)
    z = np.abs(deviations(maps.isel(dim_1=0), truth["diffusivity"], "diffusivity"))
    assert np.median(z) < 0.8  # 0.67 of a normal deviate
    assert (z < 4).mean() > 0.99
    several = hit.sum(axis=1) > 0
    told = np.array(flags(maps))
    assert (told[several] != "good").mean() > 0.95
    assert (told[~several] == "good").mean() > 0.9


def test_readings_that_are_missing_cost_accuracy_and_no_more():
    truth, y, _ = noisy(400, seed=12)
    y[np.random.default_rng(13).random(y.shape) < 0.13] = np.nan
    maps = vg.fit_map(SAMPLE, relaxation(y[:, None]), FREE)
    z = deviations(maps.isel(dim_1=0), truth["diffusivity"], "diffusivity")
    assert 0.6 < (np.abs(z) < 1).mean() < 0.85
    assert set(flags(maps)) <= {"incomplete", "limit", "good"}


def test_another_law_is_a_misfit():
    t = TIMES - 0.1
    y = np.exp(-((t / 1.0) ** 1.5))[None, None] * np.ones((2, 3, 1))
    y = y + 1e-3 * np.random.default_rng(14).normal(size=y.shape)
    assert set(flags(vg.fit_map(SAMPLE, relaxation(y), FREE))) == {"misfit"}


def test_noise_that_is_underrated_is_a_misfit():
    _, y, size = noisy(50, seed=15)
    y = (y / size[:, None])[:, None]
    assert flags(vg.fit_map(SAMPLE, relaxation(y, 1.0), FREE)).count("misfit") <= 1
    assert flags(vg.fit_map(SAMPLE, relaxation(y, 0.5), FREE)).count("misfit") >= 49


def repeated(noise, count, at=1e-15, seed=23):
    """One curve with new noise each time, and the size of the noise."""
    u = curves(at)
    size = noise * np.abs(u).max()
    return u + size * np.random.default_rng(seed).normal(size=(count, 64)), size


@pytest.mark.parametrize("loss", ["gauss", "huber", "cauchy"])
def test_scatter_and_chi2_of_each_loss(loss):
    y, size = repeated(0.02, 300)
    for sigma, misfits in ((size, 0), (size / 2, 200)):
        maps = vg.fit_map(SAMPLE, relaxation(y[:, None], sigma), FREE, loss=loss)
        assert float(maps.scatter.mean()) == pytest.approx(size, rel=0.04)
        reduced = float((maps.chi2 / maps.degrees).mean())
        assert reduced == pytest.approx((size / sigma) ** 2, rel=0.05)
        assert (flags(maps).count("misfit") > misfits) == (misfits > 0)


def test_degrees_count_the_readings_that_are_there():
    y, size = repeated(0.02, 200)
    y[:, ::2] = np.nan
    maps = vg.fit_map(SAMPLE, relaxation(y[:, None], size), FREE)
    assert set(maps.degrees.values.ravel()) == {29}
    assert float((maps.chi2 / maps.degrees).mean()) == pytest.approx(1, abs=0.05)


def test_a_spike_cannot_hide_in_a_scatter_that_it_makes():
    y, size = repeated(0.01, 60)
    y = y[:, ::2]
    y[:, -1] -= 40 * size
    data = vg.Data("relaxation", TIMES[::2], y[:, None], drive=PULSE, per="concentration")
    assert (vg.fit_map(SAMPLE, data, FREE).outliers.values > 0).all()
    y[:, -1] += 25 * size
    known = vg.Data("relaxation", TIMES[::2], y[:, None], size, drive=PULSE, per="concentration")
    assert set(flags(vg.fit_map(SAMPLE, known, FREE))) == {"outliers"}  # the rest is noise


def test_a_gain_has_no_end_where_its_diffusivity_has_none():
    y, _ = repeated(0.01, 200, at=1e-11)
    maps = vg.fit_map(SAMPLE, relaxation(y[:, None]), FREE)
    limit = np.array(flags(maps)) == "limit"
    assert limit.mean() > 0.9
    assert np.isinf(maps.amplitude_sigma.values.ravel()[limit]).all()


@pytest.mark.slow
@pytest.mark.parametrize("noise", [1e-2, 1e-4])
def test_a_combination_is_no_parameter(noise):
    """D/R² alone is known: a valley across the nodes, too narrow for them."""
    y, _ = repeated(noise, 20)
    maps = vg.fit_map(SAMPLE, relaxation(y[:, None]), [D, "tip.radius", "gain"])
    assert set(flags(maps)) <= {"undetermined", "limit"}
    assert np.isinf(maps.diffusivity_sigma).all()


@pytest.mark.slow
def test_a_rate_outside_of_its_range_is_no_more_than_a_limit():
    sample = SAMPLE.replace({"interface": vg.LinearKinetics(5e-8)})
    u = curves(1e-15, sample)
    y = u + 0.01 * u.max() * np.random.default_rng(24).normal(size=(10, 64))
    free = {D: (1e-16, 1e-14), "interface.rate": (1e-6, 1e-5), "gain": None}
    maps = vg.fit_map(sample, relaxation(y[:, None]), free)
    outside = (maps.rate.values < 1e-6).ravel()
    assert np.isinf(maps.rate_sigma.values.ravel()[outside]).all()
    assert "good" not in np.array(flags(maps))[outside]


def test_half_of_a_complex_reading_is_none():
    f = np.geomspace(0.1, 1e4, 40)
    u = vg.frequency_response(SAMPLE, f, per="concentration").values
    rng = np.random.default_rng(25)
    y = u + 0.01 * np.abs(u).max() * (rng.normal(size=(4, 40)) + 1j * rng.normal(size=(4, 40)))
    y[:, [5, 20]] = np.nan  # NumPy leaves the imaginary part 0
    y[0, 7] = complex(0, np.nan)
    maps = vg.fit_map(SAMPLE, spectra(y[None]), [D, "gain"])
    assert set(flags(maps)) == {"incomplete"}
    assert maps.degrees.values.ravel().tolist() == [72, 74, 74, 74]
    assert (np.abs(deviations(maps.isel(dim_0=0), 1e-15, "diffusivity")) < 3.5).all()


# --- kinds of data and parameters ---


def spectra(y):
    return vg.Data("frequency", np.geomspace(0.1, 1e4, 40), y, per="concentration")


@pytest.mark.parametrize("phase", [True, False])
def test_spectra(phase):
    d = np.array([2e-16, 3e-15, 7e-14])
    f = np.geomspace(0.1, 1e4, 40)
    u = np.array([vg.frequency_response(SAMPLE.replace({D: x}), f, per="concentration").values
                  for x in d])  # fmt: skip
    rng = np.random.default_rng(16)
    y = 2 * u + 0.01 * np.abs(u) * (rng.normal(size=u.shape) + 1j * rng.normal(size=u.shape))
    maps = vg.fit_map(SAMPLE, spectra((y if phase else np.abs(y))[None]), [D, "gain"])
    assert (np.abs(deviations(maps.isel(dim_0=0), d, "diffusivity")) < 3).all()
    np.testing.assert_allclose(maps.amplitude.values[0], 2, rtol=0.05)


@pytest.mark.parametrize("field", ["on", "off"])
def test_loops(field):
    from vegard.waveforms import staircase

    train = vg.PulseTrain(0.005, 0.01, staircase(1.0, 64, 1))
    d = np.array([3e-15, 2e-14, 1e-13])
    u = []
    for x in d:
        e = SAMPLE.replace({D: x})
        at = vg.Data("loop", train.amplitudes, np.zeros(64), drive=train, field=field).time
        u.append(vg.time_response(e, train, at, per="concentration").values)
    y = np.array(u) + 1e-3 * np.abs(u).max() * np.random.default_rng(17).normal(size=(3, 64))
    data = vg.Data("loop", train.amplitudes, y[None], drive=train, per="concentration", field=field)
    maps = vg.fit_map(SAMPLE, data, FREE)
    assert (np.abs(deviations(maps.isel(dim_0=0), d, "diffusivity")) < 4).all()


@pytest.mark.parametrize(
    ("sample", "free", "name", "unit"),
    [
        (SAMPLE, [D, "material.vegard"], "vegard", "m³/mol"),
        (SAMPLE.replace({"geometry": vg.Film(50e-9)}), [D, "gain"], "amplitude", "1"),
        (SAMPLE, [D], "diffusivity", "m²/s"),
    ],
    ids=["vegard", "film", "nothing else free"],
)
def test_samples_and_parameters(sample, free, name, unit):
    d = np.array([3e-16, 2e-15])
    u = curves(d, sample)
    y = u + 0.005 * np.abs(u).max(axis=1, keepdims=True) * np.random.default_rng(18).normal(
        size=u.shape
    )
    maps = vg.fit_map(sample, relaxation(y[None]), free)
    assert (np.abs(deviations(maps.isel(dim_0=0), d, "diffusivity")) < 4).all()
    truth = {"vegard": 1e-6, "amplitude": 1.0, "diffusivity": d}[name]
    np.testing.assert_allclose(maps[name].values[0], truth, rtol=0.1)
    assert maps[name].attrs["units"] == unit


@pytest.mark.slow
def test_diffusivity_and_rate():
    """Two basins with nearly the same curves: the lower is found, and σ holds both."""
    sample = SAMPLE.replace({"interface": vg.LinearKinetics(1e-8)})
    rng = np.random.default_rng(19)
    d, bi = 10 ** rng.uniform(-16, -14.3, 40), 10 ** rng.uniform(-1, 1, 40)
    rate = bi * d / 20e-9
    u = np.array([
        curves(float(x), sample.replace({"interface.rate": float(k)}))
        for x, k in zip(d, rate, strict=True)
    ])  # fmt: skip
    noise = 1e-3 * np.abs(u).max(axis=1, keepdims=True) * rng.normal(size=u.shape)
    free = {D: (1e-18, 1e-12), "interface.rate": None, "gain": None, "offset": None}
    maps = vg.fit_map(sample, relaxation((u + noise)[:, None]), free).isel(dim_1=0)
    lines = np.stack([u / np.abs(u).max(axis=1, keepdims=True), np.ones_like(u)], axis=2)
    for i, row in enumerate(u + noise):
        _, rest, _, _ = np.linalg.lstsq(lines[i], row, rcond=None)
        assert float(maps.chi2[i]) <= rest[0] * (1 + 1e-6)
    for name, truth in (("diffusivity", d), ("rate", rate)):
        z = np.abs(deviations(maps, truth, name))
        assert (z < 4).all()
        assert np.median(z) < 1


def test_labels_are_kept():
    import xarray as xr

    _, y, _ = noisy(6, seed=20)
    cube = xr.DataArray(y.reshape(2, 3, -1), dims=("y", "x", "time"),
                        coords={"y": [0, 1e-8], "x": [0, 2e-8, 4e-8], "time": TIMES},
                        attrs={"units": "V"})  # fmt: skip
    maps = vg.fit_map(SAMPLE, relaxation(cube), FREE)
    assert maps.diffusivity.dims == ("y", "x")
    assert maps.x.values.tolist() == [0, 2e-8, 4e-8]
    assert maps.offset.attrs["units"] == "V"
    assert maps.amplitude.attrs["units"] == "(V)/m"
    assert maps.attrs["free"] == "material.diffusivity gain offset"


def test_progress_is_told():
    seen = []
    _, y, _ = noisy(64, seed=21)
    vg.fit_map(SAMPLE, relaxation(y.reshape(8, 8, -1)), FREE, chunks=16,
               progress=lambda done, total, what: seen.append((done, total)))  # fmt: skip
    assert seen[-1] == (4, 4)


# --- what is refused ---


Y = np.zeros((2, 2, 64))


def labelled(*dims, units="m"):
    import xarray as xr

    return xr.DataArray(np.zeros((64, 64)), dims=dims, attrs={"units": units})


REFUSED = {
    "one curve": (lambda: vg.fit_map(SAMPLE, relaxation(Y[0, 0]), FREE), "fitted by vegard.fit"),
    "a map to fit": (lambda: vg.fit(SAMPLE, relaxation(Y), FREE), "use vegard.fit_map"),
    "start": (lambda: vg.fit_map(SAMPLE, relaxation(Y), {D: 1e-15}), "is a start"),
    "gain range": (
        lambda: vg.fit_map(SAMPLE, relaxation(Y), {D: None, "gain": (1, 2)}), "takes no start",
    ),
    "none": (lambda: vg.fit_map(SAMPLE, relaxation(Y), ["gain"]), "one or two nonlinear"),
    "three": (
        lambda: vg.fit_map(
            SAMPLE.replace({"geometry": vg.Film(1e-8), "interface": vg.LinearKinetics(1e-8)}),
            relaxation(Y), [D, "interface.rate", "geometry.thickness"],
        ),
        "one or two nonlinear",
    ),
    "two scales": (
        lambda: vg.fit_map(SAMPLE, relaxation(Y), [D, "gain", "material.vegard"]),
        "gain",
    ),
    "loss": (lambda: vg.fit_map(SAMPLE, relaxation(Y), FREE, loss="l1"), "gauss"),
    "cell": (lambda: vg.fit_map(None, relaxation(Y), FREE), "vegard.Experiment first"),
    "shape": (lambda: relaxation(np.zeros((2, 63))), "Put that axis last"),
    "kind": (lambda: vg.Data("pitt", TIMES, Y, drive=0.01), "is one curve"),
    "text": (lambda: relaxation(np.full((2, 64), "a")), "must hold numbers"),
    "unit": (
        lambda: vg.fit_map(SAMPLE, relaxation(labelled("p", "time", units="pm")), [D]),
        "free 'gain' too",
    ),
    "axis": (
        lambda: vg.fit_map(SAMPLE, relaxation(labelled("time", "x")), FREE), "must be the last",
    ),
    "early": (
        lambda: vg.fit_map(
            SAMPLE,
            vg.Data("relaxation", [-2.0, -1.0], np.zeros((2, 2)), drive=PULSE), [D, "gain"],
        ),
        "before its drive",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_what_to_do(call, words):
    with pytest.raises(vg.VegardError, match=words):
        call()


# --- anything ---


def junk(draw_seed):
    """A map of anything that a file may hold."""
    rng = np.random.default_rng(draw_seed)
    y = rng.normal(size=(24, 64)) * 10.0 ** rng.choice(
        [-300, -160, -30, -12, 0, 12, 140, 300], (24, 1)
    )
    y[rng.random(24) < 0.2] = 0
    lost = rng.random(y.shape) < rng.choice([0, 0.05, 0.5, 0.95])
    y[lost] = rng.choice([np.nan, np.inf, -np.inf])
    y[rng.random(y.shape) < 0.02] = rng.choice([1e308, -1e308, 5e-324])
    y[:4] = np.where(rng.random((4, 64)) < 0.5, y[:4], 1.0)
    return y.reshape(4, 6, 64)


@pytest.mark.parametrize("loss", ["gauss", "huber", "cauchy"])
@pytest.mark.parametrize("sigma", [None, 1e-12])
def test_anything_gives_a_flag_and_no_warning(loss, sigma):
    for seed in range(5):
        maps = vg.fit_map(SAMPLE, relaxation(junk(seed), sigma), FREE, loss=loss)
        lost = (maps.flag.values > 0) & (maps.flag.values <= 4)
        assert np.isnan(maps.diffusivity.values[lost]).all()
        assert np.isfinite(maps.diffusivity.values[~lost]).all()
        assert not np.isnan(maps.diffusivity_sigma.values[~lost]).any()
        assert json.loads(maps.attrs["counts"]).get("good", 0) <= 1  # noise is no signal


def test_whole_numbers_and_single_precision():
    _, y, _ = noisy(4, noise=0.01, seed=22)
    y = y / np.abs(y).max()
    double = vg.fit_map(SAMPLE, relaxation(y[None]), FREE)
    single = vg.fit_map(SAMPLE, relaxation(y[None].astype(np.float32)), FREE)
    whole = vg.fit_map(SAMPLE, relaxation(np.round(y[None] * 30000).astype(np.int16)), FREE)
    np.testing.assert_allclose(single.diffusivity, double.diffusivity, rtol=1e-4)
    np.testing.assert_allclose(whole.diffusivity, double.diffusivity, rtol=1e-2)
