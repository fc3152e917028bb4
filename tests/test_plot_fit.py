"""The picture of a fit: what stands on which axes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import vegard as vg
from vegard import plot_fit

D = 1e-13
CELL = vg.Cell(vg.Material(D, 1e-6, 0.3, ocv_slope=-4.4e-5), 200e-9, 1e-4, rate=1e-6)


def noisy(y, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=y.size) + (1j * rng.normal(size=y.size) if np.iscomplexobj(y) else 0)
    return y + 0.01 * np.abs(y) * noise


@pytest.fixture(scope="module")
def both():
    """Impedance and a step of one electrode."""
    f, t = np.geomspace(0.3, 1e4, 30), np.geomspace(1e-3, 1.0, 30)
    z, i = vg.classical.eis(CELL, f).values, vg.classical.pitt(CELL, t, 0.01).values
    data = [vg.Data("eis", f, noisy(z), 0.01 * np.abs(z)),
            vg.Data("pitt", t, noisy(i), 0.01 * np.abs(i), drive=0.01)]  # fmt: skip
    return vg.fit(CELL, data, ["material.diffusivity", "rate"])


def test_panels_and_the_plane(both):
    figure = Figure(figsize=(12, 5))
    ax = plot_fit.draw(both, figure.add_subplot())
    FigureCanvasAgg(figure).draw()
    assert ax.get_title(loc="left").startswith("D = ")
    assert ax.get_ylabel().startswith("−Im Z")
    box = ax.get_position()
    assert box.width > 0.2  # equal axes must not take the room of the panel
    across, up = ax.transData.get_matrix().diagonal()[:2]
    assert across == pytest.approx(up, rel=1e-6)  # rounding of the layout
    labels = [a.get_ylabel() for a in figure.axes]
    assert sum(label == "residual (σ)" for label in labels) == 2
    assert any(label.startswith("current I (") for label in labels)
    points = ax.lines[0].get_xydata()
    z = both.inputs["data"][0].y
    factor = points[0, 0] / z[0].real
    np.testing.assert_allclose(points[:, 1], -factor * z.imag, rtol=1e-12)  # rounding


def test_pulse_counts_from_its_end():
    e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    t = np.geomspace(0.11, 10, 30)
    u = noisy(vg.time_response(e, vg.Pulse(0.1), t, per="concentration").values)
    d = vg.Data("relaxation", t, u, drive=vg.Pulse(0.1), per="concentration")
    result = vg.fit(e, d, ["material.diffusivity", "gain"])
    figure = Figure()
    ax = plot_fit.draw(result, figure.add_subplot(), units=["V"])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), t - 0.1, rtol=1e-12)
    assert figure.axes[-1].get_xlabel() == "time after the pulse (s)"
    assert ax.get_ylabel().endswith("V)")
    np.testing.assert_allclose(figure.axes[-1].lines[-1].get_ydata(), result.residuals[0])


def test_spectrum_has_amplitude_and_phase():
    e = vg.Experiment(vg.Material(3e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    f = np.geomspace(0.1, 1e3, 30)
    u = noisy(vg.frequency_response(e, f, per="concentration").values)
    result = vg.fit(e, vg.Data("frequency", f, u, per="concentration"), ["gain"])
    figure = Figure()
    ax = plot_fit.draw(result, figure.add_subplot())
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [a.get_ylabel() for a in figure.axes][1:] == ["phase (°)", "residual (σ)"]
    assert ax.get_title(loc="left").startswith("Largest residual")
