"""The pictures of a posterior and of a comparison of models."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import vegard as vg
from vegard import plot_models, plot_posterior


def table(open_=""):
    rng = np.random.default_rng(0)
    d = 3e-15 * np.exp(0.2 * rng.normal(size=4000))
    r = 5e-8 * np.exp(2 * rng.normal(size=4000))
    attrs = {"units": "m²/s", "symbol": "D", "open": open_}
    return xr.Dataset({
        "material.diffusivity": ("draw", d, attrs),
        "interface.rate": ("draw", r, {"units": "m/s", "symbol": "κ"}),
        "gain": ("draw", rng.normal(size=4000), {"units": "–", "symbol": "gain"}),
    })  # fmt: skip


def test_corner():
    figure = Figure(figsize=(7, 7))
    axes = plot_posterior.draw(table(), figure)
    FigureCanvasAgg(figure).draw()
    assert len(axes) == 6
    assert axes[0].get_title(loc="left").startswith("D = 3e-15 m²/s (95%: 2e-15 … 4.")
    assert axes[3].get_xlabel() == r"D ($10^{-15}$ m²/s)"
    assert axes[1].get_ylabel() == "κ (m/s)"
    assert axes[1].get_yscale() == "log"  # three decades
    assert axes[1].get_xscale() == "linear"
    mesh = axes[1].collections[0]
    shaded = np.ma.filled(mesh.get_array(), np.nan)
    edges = mesh.get_coordinates()
    x, y = table()["material.diffusivity"].values * 1e15, table()["interface.rate"].values
    count = np.histogram2d(x, y, (edges[0, :, 0], edges[:, 0, 1]))[0].T
    inside = count[np.isfinite(shaded)].sum() / count.sum()
    assert inside == pytest.approx(0.9545, abs=0.03)  # whole bins


def test_open_end_is_the_title():
    axes = plot_posterior.draw(table("high"), Figure())
    assert axes[0].get_title(loc="left").startswith("No limit to D at one end")


def test_models():
    t = 0.1 + np.geomspace(1e-3, 10, 40)
    e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    u = vg.time_response(e, vg.Pulse(0.1), t, per="concentration").values
    y = u + 0.02 * u.max() * np.random.default_rng(0).normal(size=40)
    d = vg.Data("relaxation", t, y, 0.02 * u.max(), drive=vg.Pulse(0.1), per="concentration")
    found = vg.compare_models(e, d, ("exponential", "half_space"))
    figure = Figure()
    ax = plot_models.draw(found, figure.add_subplot())
    FigureCanvasAgg(figure).draw()
    assert ax.get_title(loc="left") == "The data speak for: half-space"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["half-space", "exponential"]
    last = ax.lines[-1]  # the mark of the exponential, at the edge
    assert last.get_marker() == ">"
    assert last.get_xdata()[0] == pytest.approx(1e6, rel=1e-12)
    assert found.plot(Figure().add_subplot()) is not None
