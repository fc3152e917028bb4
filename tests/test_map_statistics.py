"""Spread and correlation of maps, against brute force, theory and simulation."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from made_maps import LIMIT, maps, nothing_found, smooth
from scipy import stats

import vegard as vg
from vegard import map_pixels, map_statistics
from vegard.map_statistics import correlate, spread


def plain(values, name="diffusivity", **attrs):
    dims = ("y", "x")[-values.ndim :]
    return xr.Dataset({name: (dims, values, attrs)})


# --- effective number of samples ---


@pytest.mark.parametrize("shape", [(7, 9), (6, 10), (23,)])
def test_variance_is_the_sum_over_pairs(shape):
    """Every pair by itself, with pixels missing; rtol: the rounding of the FFT."""
    rng = np.random.default_rng(1)
    used = rng.random(shape) > 0.3
    x, y = (np.where(used, smooth(rng, shape, 1), 0.0) for _ in range(2))
    for map_ in (x, y):
        map_[used] -= map_[used].mean()
    places = np.argwhere(used)
    sums = {}
    for a in places:
        for b in places:
            h = tuple(a - b)
            if all(abs(step) <= n // 2 for step, n in zip(h, shape, strict=True)):
                pairs, cx, cy = sums.get(h, (0, 0.0, 0.0))
                sums[h] = pairs + 1, cx + x[tuple(a)] * x[tuple(b)], cy + y[tuple(a)] * y[tuple(b)]
    zero = sums[(0,) * len(shape)]
    brute = sum(cx * cy / pairs for pairs, cx, cy in sums.values()) / (zero[1] * zero[2])
    assert map_statistics._variance(x, y, used) == pytest.approx(brute, rel=1e-10, abs=0)


def test_independent_pixels_are_worth_themselves():
    rng = np.random.default_rng(2)
    found = [correlate(plain(np.exp(rng.normal(size=(40, 50)))), rng.normal(size=(40, 50)))
             for _ in range(20)]  # fmt: skip
    # one estimate scatters by about 1.5 %, their mean by 0.35 %
    assert np.mean([f.effective for f in found]) == pytest.approx(2000, rel=0.015)


@pytest.mark.parametrize("size", [(1.5, 1.5), (1.0, 4.0)])
def test_effective_number_is_that_of_the_known_correlation(size):
    """Ranks of a Gaussian field correlate as (6/π) asin(c/2); Σ over all lags, by hand."""
    shape = (64, 64)
    h = np.arange(-63, 64)
    c = np.exp(-(h[:, None] ** 2) / (4 * size[0] ** 2) - h**2 / (4 * size[1] ** 2))
    pairs = np.outer(64 - abs(h), 64 - abs(h))
    variance = (pairs * (6 / np.pi * np.arcsin(c / 2)) ** 2).sum() / (64 * 64) ** 2
    rng = np.random.default_rng(3)
    found = [1 / (correlate(plain(np.exp(smooth(rng, shape, size))), smooth(rng, shape, size))
                  .effective - 1) for _ in range(40)]  # fmt: skip
    # 40 estimates with 20 % scatter each: 3 %, and the mean that is taken off: a few %
    assert np.mean(found) == pytest.approx(variance, rel=0.12)


def false_alarms(size, count, seed, shape=(48, 48), holes=0.0):
    """Share of independent pairs with p < 5 %: corrected, and by the usual p."""
    rng = np.random.default_rng(seed)
    p, usual = [], []
    for _ in range(count):
        a, b = smooth(rng, shape, size), smooth(rng, shape, size)
        b[rng.random(shape) < holes] = np.nan
        p.append(correlate(plain(np.exp(a)), b).p)
        used = np.isfinite(b)
        usual.append(stats.spearmanr(a[used], b[used]).pvalue)
    return np.mean(np.array(p) < 0.05), np.mean(np.array(usual) < 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "holes"), [((3, 3), 0.0), ((3, 3), 0.4), ((0, 6), 0.0), ((1, 6), 0.2)]
)
def test_smooth_independent_maps_correlate_in_one_of_twenty(size, holes):
    corrected, usual = false_alarms(size, 400, 11, holes=holes)
    assert 0.017 < corrected < 0.083  # 5 % ± 3 standard deviations of 400 trials
    assert usual > 0.3


@pytest.mark.slow
def test_interval_holds_the_truth():
    """Two maps that share a part: Spearman's ρ of a Gaussian pair is (6/π) asin(r/2)."""
    rng, r, hits = np.random.default_rng(5), 0.6, 0
    for _ in range(300):
        a, b = smooth(rng, (48, 48), 2), smooth(rng, (48, 48), 2)
        low, high = correlate(plain(np.exp(a)), r * a + np.sqrt(1 - r * r) * b).interval
        hits += low <= 6 / np.pi * np.arcsin(r / 2) <= high
    assert hits / 300 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)


# --- what counts ---


def test_ranks_alone_count():
    rng = np.random.default_rng(6)
    a, b = np.exp(smooth(rng, (30, 30), 1)), smooth(rng, (30, 30), 1)
    one, two = correlate(plain(a), b), correlate(plain(a**3), -np.exp(b))
    assert two.rho == pytest.approx(-one.rho, rel=1e-12)
    assert two.p == pytest.approx(one.p, rel=1e-9)
    assert one.rho == pytest.approx(stats.spearmanr(a.ravel(), b.ravel()).statistic, rel=1e-12)


def test_only_determined_pixels_count():
    made, height = maps()
    state = map_pixels.states(made, "diffusivity")
    flag = made.flag.values
    expected = np.isin(flag, [0, 7, 8])
    np.testing.assert_array_equal(state == map_pixels.DETERMINED, expected)
    np.testing.assert_array_equal(state == map_pixels.LIMIT, flag == LIMIT)
    before = correlate(made, height), spread(made)
    changed = made.copy()
    changed["diffusivity"] = made.diffusivity.where(expected, 1e-9)
    assert (correlate(changed, height), spread(changed)) == before
    assert before[0].pixels == expected.sum()


def test_other_map_is_an_array_or_a_name_in_any_order():
    made, height = maps()
    want = correlate(made, height)
    assert want.other == "topography"
    assert correlate(made, height.T).rho == want.rho
    assert correlate(made, height.values).rho == want.rho
    named = correlate(made.assign(topography=height), "topography")
    assert named == want


def test_correlation_says_what_is_seen():
    made, height = maps((48, 48), 1)
    found = correlate(made, height)
    assert found.p < 0.05
    assert str(found).startswith("diffusivity rises with topography: Spearman's ρ = 0.")
    assert f"{found.pixels} pixels are worth {found.effective:.3g} independent ones" in str(found)
    falls = correlate(made, -height)
    assert str(falls).startswith("diffusivity falls with topography")
    rng = np.random.default_rng(9)
    none = correlate(made, smooth(rng, (48, 48), 4))
    assert none.p > 0.05
    assert str(none).startswith("no correlation of diffusivity with the other map is seen")


def test_too_smooth_maps_have_no_p():
    y, x = np.mgrid[:12, :12]
    found = correlate(plain(1.0 + y + 0.1 * x), y**2 - 0.1 * x)
    assert found.rho > 0.9
    assert 1 < found.effective < 10
    assert (found.p, found.interval) == (None, None)
    assert "cannot be told" in str(found)


def test_equal_maps_have_rho_one():
    d = np.exp(np.random.default_rng(0).normal(size=(9, 9)))
    found = correlate(plain(d), d)
    assert (found.p, found.interval) == (0.0, (1.0, 1.0))
    assert found.rho == 1.0


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda m, h: h[:-1], "has the shape"),
        (lambda m, h: 0 * h, "is the same in all"),
        (lambda m, h: h.assign_coords(x=h.x + 1e-6), "lies elsewhere along x"),
        (lambda m, h: "topograhy", "unknown map 'topograhy'"),
        (lambda m, h: object(), "must be a map of numbers"),
        (lambda m, h: h.where(h > h.max()), "a correlation needs four"),
    ],
)
def test_maps_that_do_not_go_together(other, words):
    made, height = maps()
    with pytest.raises(vg.VegardError, match=words):
        correlate(made, other(made, height))


def test_level_is_checked():
    made, height = maps()
    with pytest.raises(vg.VegardError, match="between 0 and 1"):
        correlate(made, height, level=95)


# --- spread ---


def test_noise_is_what_equal_pixels_would_spread():
    """Simulated: pixels of one D, each with its own σ; rtol: 4e5 draws of a quantile."""
    rng = np.random.default_rng(7)
    sigma = 0.1 * np.exp(0.7 * rng.normal(size=(200, 200)))
    made = plain(np.full((200, 200), 5.0), "offset")
    made["offset_sigma"] = (("y", "x"), sigma)
    varied = plain(5 + rng.normal(size=(200, 200)), "offset").assign(offset_sigma=made.offset_sigma)
    draws = (sigma * rng.normal(size=(10, 200, 200))).ravel()
    low, high = np.quantile(draws, stats.norm.cdf([-1, 1]))
    found = spread(varied, "offset")
    assert found.noise == pytest.approx((high - low) / 2, rel=6e-3)
    assert found.width == pytest.approx(1.0, rel=0.02)  # of a Gaussian, 40,000 pixels
    assert found.noise_share == pytest.approx((found.noise / found.width) ** 2, rel=1e-12)
    assert not found.log


def test_spread_that_is_noise_is_called_so():
    rng = np.random.default_rng(8)
    d = 1e-15 * np.exp(0.2 * rng.normal(size=(30, 30)))
    made = plain(d, units="m²/s").assign(diffusivity_sigma=(("y", "x"), 0.25 * d))
    assert "no more than their noise, a factor 1.28" in str(spread(made))  # e^0.25
    alone = spread(plain(d, units="m²/s"))
    assert (alone.noise, alone.noise_share) == (None, None)
    assert str(alone) == f"the pixels spread by a factor {10**alone.width:.3g} (half of 16–84 %)"
    assert (alone.low, alone.median, alone.high) == tuple(np.quantile(d, (0.1, 0.5, 0.9)))


def test_angles_spread_about_their_direction():
    rng = np.random.default_rng(4)
    turned = np.angle(np.exp(1j * (np.pi + 0.1 * rng.normal(size=(50, 50)))))
    found = spread(plain(turned, "phase", units="rad"), "phase")
    assert found.width == pytest.approx(0.1, rel=0.05)
    assert abs(np.angle(np.exp(1j * (found.median - np.pi)))) < 0.01


def test_maps_of_oscillators():
    f = np.linspace(310e3, 350e3, 64)
    rng = np.random.default_rng(0)
    f0 = 330e3 + 300 * rng.normal(size=(6, 6))[..., None]
    y = 2e-12 * 330e3**2 / (f**2 - 1j * f * 330e3 / 60 - f0**2)
    y += 2e-12 * (rng.normal(size=y.shape) + 1j * rng.normal(size=y.shape))
    y[0, 0] = np.nan
    fit = vg.fit_sho(f, y)
    assert map_pixels.main_variable(fit) == "f0"
    assert map_pixels.counts(fit) == {"good": 35, "invalid_input": 1}
    found = spread(fit, "f0")
    assert found.pixels == 35
    assert 0 < found.noise_share < 0.2


def test_what_has_no_spread():
    with pytest.raises(vg.VegardError, match="0 of 72 pixels of diffusivity are determined"):
        spread(nothing_found()[0])
    with pytest.raises(vg.VegardError, match="Did you mean 'diffusivity'"):
        spread(maps()[0], "difusivity")
    with pytest.raises(vg.VegardError, match="no map among"):
        map_pixels.main_variable(maps()[0][["flag"]])


@pytest.mark.parametrize("ending", ["nc", "h5", "gwy"])
def test_written_maps_say_the_same(ending, tmp_path):
    made, height = maps()
    again = vg.read(vg.write(made, tmp_path / f"maps.{ending}"))
    np.testing.assert_array_equal(
        map_pixels.states(again, "diffusivity"), map_pixels.states(made, "diffusivity")
    )
    assert map_pixels.counts(again) == map_pixels.counts(made)
    assert correlate(again, height).rho == correlate(made, height).rho
    assert spread(again) == spread(made)


def test_flags_are_written_as_cf_has_them(tmp_path):
    made, _ = maps()
    path = vg.write(made, tmp_path / "maps.nc")
    assert made.flag.attrs["flag_values"] == list(range(10))  # the caller's data stay as they are
    with xr.open_dataset(path) as again:
        assert again.flag.attrs["flag_values"].dtype == again.flag.dtype == np.int8
        assert again.flag.attrs["flag_values"].tolist() == list(range(10))
