"""The report of maps: sentences, tables, the page."""

from __future__ import annotations

import re

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from made_maps import DEGREES, FLAGS, maps, nothing_found

import vegard as vg
from vegard.report.maps import figures, report, write

mpl.use("Agg")

SOUND = [FLAGS.index(n) for n in ("good", "incomplete", "outliers")]


def test_sentences_tell_the_numbers():
    data, height = maps()
    text = report(data, height)
    good = np.isin(data.flag.values, SOUND)
    d = data.diffusivity.values[good]
    low, middle, high = np.quantile(d, (0.1, 0.5, 0.9))
    count = {n: int((data.flag.values == FLAGS.index(n)).sum()) for n in FLAGS}
    assert f"24 × 32 pixels: D is determined in {good.sum()} of 768;" in text
    assert f"D is {middle:.3g} m²/s (median), {low:.3g} … {high:.3g} (10–90 %)." in text
    chi2 = data.chi2.values[np.isfinite(data.chi2.values)] / DEGREES
    assert f"χ² per degree of freedom is {np.median(chi2):.3g} (median)" in text
    assert f"In {count['misfit']} pixels" in text
    assert "their noise alone by" in text
    assert "Spearman's ρ" in text
    for name, n in count.items():
        if n:
            assert re.search(rf"^  {name.replace('_', ' ')} +{n} +\w", text, re.M)
    sigma = np.median(data.diffusivity_sigma.values[good])
    assert re.search(rf"^  diffusivity .* {sigma:.3g} m²/s$", text, re.M)


def test_what_was_assumed_is_said():
    data, _ = maps()
    text = report(data)
    assert "the contact's radius R of 20 nm among it" in text
    assert "21 % larger if R is 10 % larger" in text  # D ∝ R²: 1.1² = 1.21
    assert "no more than a limit are left out" in text
    count = int((data.flag.values == FLAGS.index("outliers")).sum())
    assert f"In {count} pixels some readings lie far off and pull the fit" in text
    robust = report(data.assign_attrs(loss="huber"))
    assert "count less (loss huber)" in robust
    assert "use a robust loss" not in robust


def test_scatter_where_sigma_is_unknown():
    data, _ = maps()
    data.attrs["sigma_given"] = 0
    text = report(data)
    assert "χ²" not in text
    assert "The readings scatter about their fit by 20" in text  # 2e-13 m by construction
    assert figures(data)["goodness"].axes[0].get_title(loc="left").startswith("Scatter")


@pytest.mark.slow
def test_page_holds_everything(tmp_path):
    data, height = maps()
    text = write(data, tmp_path / "report.html", height).read_text("utf-8")
    assert text.count("data:image/svg+xml;base64,") == 6
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "<script" not in text
    for words in ("What was assumed", "0" * 64, "material.diffusivity gain offset",
                  "24 pixels, 10 nm … 470 nm"):  # fmt: skip
        assert words in text
    assert list(figures(data, height)) == ["diffusivity", "sigma", "goodness", "flags",
                                           "histogram", "correlation"]  # fmt: skip


def test_every_free_parameter_has_a_picture():
    data, _ = maps()
    data = data.assign(rate=data.diffusivity * 1e7, rate_sigma=data.diffusivity_sigma * 1e7)
    data["rate"].attrs["units"] = data["rate_sigma"].attrs["units"] = "m/s"
    data.attrs["free"] = "material.diffusivity interface.rate gain"
    assert list(figures(data))[:2] == ["diffusivity", "rate"]
    assert "\n  rate " in report(data)


def test_nothing_found_is_said(tmp_path):
    data, height = nothing_found()
    text = report(data, height)
    assert "D is determined in 0 of 72; 72 not determined." in text
    assert "There is no map of D" in text
    assert "saturated  72  readings stick to the end of their range" in text
    page = write(data, tmp_path / "report.html", height).read_text("utf-8")
    assert page.count("data:image/svg+xml;base64,") == 5


def test_pixels_that_are_all_misfits_have_a_scatter():
    data, _ = maps()
    data["flag"] = xr.full_like(data.flag, FLAGS.index("misfit"))
    text = report(data.assign_attrs(sigma_given=0))
    assert "There is no map of D" in text
    assert "The readings scatter about their fit by 20" in text
    assert "In 758 pixels (99 %) the residuals are no noise" in text


def test_maps_of_oscillators():
    f = np.linspace(310e3, 350e3, 48)
    f0 = np.linspace(325e3, 335e3, 12).reshape(3, 4)[..., None]
    fit = vg.fit_sho(f, 2e-12 * f0**2 / (f**2 - 1j * f * f0 / 60 - f0**2))
    text = report(fit)
    assert "f₀ is 330 kHz (median)" in text
    assert "\n  phase " in text
    assert "radius" not in text
    assert list(figures(fit)) == ["f0", "sigma", "flags", "histogram"]


def test_three_axes_have_a_text_and_no_pictures(tmp_path):
    data, _ = maps()
    deep = xr.concat([data, data], "z", combine_attrs="override")
    assert report(deep).startswith("2 × 24 × 32 pixels")
    with pytest.raises(vg.VegardError, match=r"isel\(z=0\)"):
        write(deep, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
