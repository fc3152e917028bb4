"""Pictures of maps: what is drawn where, in which colours, with which message."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from made_maps import DEGREES, FLAGS, LIMIT, maps, nothing_found
from matplotlib.figure import Figure

import vegard as vg
from vegard.map_statistics import spread
from vegard.plot_map import draw
from vegard.plot_map_statistics import correlation, histogram

mpl.use("Agg")

SOUND = [FLAGS.index(n) for n in ("good", "incomplete", "outliers")]


@pytest.fixture(scope="module")
def made():
    return maps()


def panel(function, *args, **kw):
    figure = Figure(layout="constrained")
    return function(*args, ax=figure.add_subplot(), **kw)


def title(ax):
    return ax.get_title(loc="left")


def legend(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


def test_values_are_coloured_and_the_rest_is_grey(made):
    data, _ = made
    ax = panel(draw, data)
    colours, greys = (i.get_array() for i in ax.images)
    good = np.isin(data.flag.values, SOUND)
    np.testing.assert_array_equal(~np.ma.getmaskarray(colours), good)
    np.testing.assert_array_equal(~np.ma.getmaskarray(greys), ~good)
    np.testing.assert_allclose(colours[good], data.diffusivity.values[good], rtol=1e-15)
    rgb = ax.images[1].to_rgba(greys)[~good][:, :3]
    assert (np.ptp(rgb, axis=1) < 1e-6).all()  # no colour
    limit = ax.images[1].to_rgba(greys)[data.flag.values == LIMIT]
    assert len(np.unique(limit, axis=0)) == 1
    assert len(np.unique(rgb, axis=0)) == 3


def test_scale_is_logarithmic_from_one_to_99_percent(made):
    data, _ = made
    ax = panel(draw, data)
    norm = ax.images[0].norm
    good = np.isin(data.flag.values, SOUND)
    ends = np.quantile(data.diffusivity.values[good], (0.01, 0.99))
    assert type(norm).__name__ == "LogNorm"
    np.testing.assert_allclose((norm.vmin, norm.vmax), ends, rtol=1e-12)
    bar = ax.images[0].colorbar
    assert bar.extend == "both"
    assert bar.ax.get_ylabel() == "D (m²/s)"


def test_title_tells_range_and_what_is_left_out(made):
    data, _ = made
    d = data.diffusivity.values[np.isin(data.flag.values, SOUND)]
    low, middle, high = np.quantile(d, (0.1, 0.5, 0.9))
    first, second = title(panel(draw, data)).split("\n")
    assert first == f"D: {middle:.3g} m²/s (median), {low:.3g} … {high:.3g} (10–90 %)"
    count = {n: int((data.flag.values == FLAGS.index(n)).sum()) for n in FLAGS}
    nothing = sum(count[n] for n in FLAGS[1:6])
    assert second == (f"{count['limit']} no more than a limit, {count['misfit']} poor fit, "
                      f"{nothing} not determined of {data.flag.size} pixels")  # fmt: skip
    assert legend(panel(draw, data))[0] == f"no more than a limit ({count['limit']})"
    assert title(panel(draw, data, title="mine")) == "mine"


def test_axes_are_lengths_with_y_upwards():
    data, _ = maps((10, 30), pixel=(40e-9, 20e-9))
    ax = panel(draw, data)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x (nm)", "y (nm)")
    np.testing.assert_allclose(ax.images[0].get_extent(), (0, 600, 0, 400), atol=1e-9)
    assert ax.images[0].origin == "lower"
    assert ax.get_ylim()[0] < ax.get_ylim()[1]
    assert ax.get_aspect() == 1.0  # a pixel is twice as high as wide
    assert panel(draw, maps((6, 90))[0]).get_aspect() == "auto"


def test_without_lengths_the_first_row_is_on_top():
    ax = panel(draw, maps(labels=False)[0])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("dim_1 (pixel)", "dim_0 (pixel)")
    assert ax.get_ylim() == (23.5, -0.5)


def test_uneven_axes_are_drawn_as_they_are():
    data, _ = maps((6, 8))
    y = np.array([0.0, 1.0, 3.0, 6.0, 10.0, 15.0]) * 1e-8
    data = data.assign_coords(y=("y", y, {"units": "m"}))
    ax = panel(draw, data)
    assert not ax.images
    edges = ax.collections[0].get_coordinates()[:, 0, 1]
    np.testing.assert_allclose(edges, [-5, 5, 20, 45, 80, 125, 175], rtol=1e-12, atol=1e-9)


def test_axes_that_fall_are_drawn_rising():
    data, _ = maps((6, 8))
    ax = panel(draw, data.isel(y=slice(None, None, -1), x=slice(None, None, -1)))
    assert ax.get_ylim()[0] < ax.get_ylim()[1]
    assert ax.get_xlim()[0] < ax.get_xlim()[1]
    assert ax.images[0].get_extent() == pytest.approx([160, 0, 120, 0], abs=1e-9)
    with pytest.raises(vg.VegardError, match=r"sortby\('x'\)"):
        draw(data.isel(x=[0, 2, 1]))


def test_one_row_is_as_high_as_its_pixels_are_wide():
    ax = panel(draw, maps((6, 8))[0].isel(y=[2]))
    assert np.ptp(ax.get_ylim()) == pytest.approx(20.0, rel=1e-12)


def test_error_is_a_share_of_the_value(made):
    data, _ = made
    good = np.isin(data.flag.values, SOUND)
    ax = panel(draw, data, "diffusivity_sigma")
    percent = 100 * (data.diffusivity_sigma / data.diffusivity).values[good]
    np.testing.assert_allclose(ax.images[0].get_array()[good], percent, rtol=1e-12)
    assert ax.images[0].colorbar.ax.get_ylabel() == "1σ of D (%)"
    assert title(ax).startswith(f"1σ of D: {np.median(percent):.3g} % (median)")
    wide, _ = maps(noise=1.5)
    ax = panel(draw, wide, "diffusivity_sigma")
    decades = (wide.diffusivity_sigma / wide.diffusivity).values / np.log(10)
    good = np.isin(wide.flag.values, SOUND)
    np.testing.assert_allclose(ax.images[0].get_array()[good], decades[good], rtol=1e-12)
    assert ax.images[0].colorbar.ax.get_ylabel() == "1σ of D (decades)"
    ax = panel(draw, data, "offset_sigma")
    assert ax.images[0].colorbar.ax.get_ylabel() == "1σ of offset (fm)"
    np.testing.assert_allclose(ax.images[0].get_array()[good & (data.flag.values == 0)], 100.0)


def test_goodness_is_per_degree_of_freedom_about_one(made):
    data, _ = made
    ax = panel(draw, data, "chi2")
    fitted = np.isfinite(data.chi2.values)
    shown = ax.images[0].get_array()
    np.testing.assert_allclose(shown[fitted], data.chi2.values[fitted] / DEGREES, rtol=1e-12)
    norm = ax.images[0].norm
    assert norm.vmin * norm.vmax == pytest.approx(1.0, rel=1e-12)  # 1 in the middle
    assert "poor fit" in title(ax)
    assert panel(draw, data, "scatter").images[0].colorbar.ax.get_ylabel() == "scatter (fm)"


def test_flags_are_categories_with_counts(made):
    data, _ = made
    ax = panel(draw, data, "flag")
    found = [n for n in FLAGS if (data.flag.values == FLAGS.index(n)).any()]
    count = [int((data.flag.values == FLAGS.index(n)).sum()) for n in found]
    want = [f"{n.replace('_', ' ')} ({c})" for n, c in zip(found, count, strict=True)]
    assert legend(ax) == want
    assert title(ax) == f"{count[0]} of {data.flag.size} pixels are good"
    words = np.array(found)[ax.images[0].get_array().astype(int)]
    np.testing.assert_array_equal(words, np.array(FLAGS)[data.flag.values])


def test_a_line_has_its_errors():
    data, _ = maps((90,), limit=0.2)
    ax = panel(draw, data)
    good = np.isin(data.flag.values, SOUND)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(x, 1e6 * data.x.values[good], rtol=1e-12)
    np.testing.assert_allclose(y, data.diffusivity.values[good], rtol=1e-15)
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "x (µm)", "D (m²/s)")
    bars = np.array([s[:, 1] for s in ax.collections[0].get_segments()])
    ratio = np.exp((data.diffusivity_sigma / data.diffusivity).values[good])
    np.testing.assert_allclose(bars[:, 1], y * ratio, rtol=1e-12)  # σ of ln D
    np.testing.assert_allclose(bars[:, 0], y / ratio, rtol=1e-12)
    assert any(t.startswith("no more than a limit") for t in legend(ax))
    for name in ("diffusivity_sigma", "chi2", "offset"):
        assert panel(draw, data, name).lines
    assert panel(draw, data, "flag").get_yticklabels()[0].get_text().startswith("good (")


def test_angles_have_a_cyclic_scale():
    turn = xr.Dataset({"phase": (("y", "x"), np.linspace(-3, 3, 20).reshape(4, 5),
                                 {"units": "rad"})})  # fmt: skip
    image = panel(draw, turn, "phase").images[0]
    assert (image.norm.vmin, image.norm.vmax) == (-np.pi, np.pi)
    assert image.get_cmap().name == "twilight"


def test_three_axes_are_refused_with_the_fix(made):
    data, _ = made
    deep = xr.concat([data, data], "z")
    with pytest.raises(vg.VegardError, match=r"isel\(z=0\)"):
        draw(deep)
    with pytest.raises(vg.VegardError, match="a single pixel"):
        draw(data.isel(y=0, x=0))
    with pytest.raises(vg.VegardError, match="Did you mean 'diffusivity'"):
        draw(data, "difusivity")
    assert "determined" in legend(panel(histogram, deep))[0]


def test_nothing_found_is_said():
    data, _ = nothing_found()
    for name in ("diffusivity", "diffusivity_sigma", "chi2", "scatter", "offset"):
        assert "no pixel is determined" in title(panel(draw, data, name))
    assert title(panel(draw, data, "flag")) == "0 of 72 pixels are good"
    assert "72 not determined of 72 pixels" in title(panel(histogram, data))


def test_one_value_everywhere_has_a_scale():
    data = xr.Dataset({"diffusivity": (("y", "x"), np.full((4, 4), 1e-15), {"units": "m²/s"}),
                       "f0": (("y", "x"), np.full((4, 4), 3e5), {"units": "Hz"})})  # fmt: skip
    for name in data:
        image = panel(draw, data, name).images[0]
        middle = image.get_array().mean()
        assert image.norm.vmin < 0.8 * middle < 1.2 * middle < image.norm.vmax


# --- histogram and correlation ---


def test_histogram_counts_pixels(made):
    data, _ = made
    ax = panel(histogram, data)
    good = np.isin(data.flag.values, SOUND)
    edges = np.array([p.get_x() for p in ax.containers[0]])
    assert np.ptp(np.diff(np.log10(edges))) < 1e-9  # equal decades
    inside = sum(p.get_height() for p in ax.containers[0])
    text = legend(ax)
    assert text[0].startswith(f"determined ({good.sum()}")
    beyond = int(text[0].partition(", ")[2].split()[0]) if "beyond" in text[0] else 0
    assert inside + beyond == good.sum()
    assert text[1].startswith(f"no more than a limit ({(data.flag.values == LIMIT).sum()}")
    assert ax.get_xscale() == "log"
    bar = ax.lines[0].get_xdata()
    found = spread(data)
    np.testing.assert_allclose(np.log10(bar[1] / bar[0]), 2 * found.noise, rtol=1e-12)
    assert f"a factor {10**found.width:.3g}" in title(ax)


def test_correlation_is_told_and_drawn(made):
    data, height = made
    ax = panel(correlation, data, height)
    assert ax.get_xlabel() == "topography (nm)"
    assert (ax.get_ylabel(), ax.get_yscale()) == ("D (m²/s)", "log")
    good = np.isin(data.flag.values, SOUND)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), 1e9 * height.values[good], rtol=1e-12)
    assert "Spearman's ρ" in title(ax)
    many, height = maps((80, 80))
    ax = panel(correlation, many, height)
    assert ax.collections[0].get_array().sum() == np.isin(many.flag.values, SOUND).sum()


def test_oscillators_are_drawn():
    f = np.linspace(310e3, 350e3, 48)
    f0 = np.linspace(325e3, 335e3, 12).reshape(3, 4)[..., None]
    fit = vg.fit_sho(f, 2e-12 * f0**2 / (f**2 - 1j * f * f0 / 60 - f0**2))
    assert panel(draw, fit, "f0").images[0].colorbar.ax.get_ylabel() == "f₀ (kHz)"
    assert legend(panel(draw, fit, "flag")) == ["good (12)"]
    assert panel(draw, fit, "q").images
    assert panel(histogram, fit, "f0").get_xlabel() == "f₀ (kHz)"


def test_global_settings_stay(made):
    before = dict(mpl.rcParams)
    data, height = made
    panel(draw, data)
    panel(histogram, data)
    panel(correlation, data, height)
    assert dict(mpl.rcParams) == before
