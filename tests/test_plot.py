"""Plots: what is drawn, in which units, with which message."""

import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import vegard as vg
from vegard import plot, readings
from vegard.prefixes import quantity, scale

mpl.use("Agg")

LMO = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3, ocv_slope=-1e-5, name="LMO"), vg.DiscTip(10e-9))
F = np.geomspace(1e-3, 1e7, 101)
T = np.geomspace(1e-6, 1e4, 201)


def draw(resp):
    return plot.response(resp, Figure().add_subplot())


def test_frequency_has_amplitude_and_phase():
    u = vg.frequency_response(LMO, F)
    ax = draw(u)
    below = ax.figure.axes[-1]
    x, y = ax.lines[0].get_data()
    assert ax.get_ylabel() == "amplitude |u| (nm/V)"
    np.testing.assert_allclose(y, 1e9 * u.amplitude, rtol=1e-12)
    np.testing.assert_allclose(x, F)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert below.get_ylabel() == "phase (°)"
    assert below.get_xlabel() == "frequency f (Hz)"
    assert below.lines[0].get_ydata()[-1] == pytest.approx(-45, abs=0.2)
    assert ax.get_title(loc="left") == r"At high frequency the amplitude falls as $f^{\,-0.50}$"


def test_slow_kinetics_title_says_minus_one():
    e = LMO.replace({"interface": vg.LinearKinetics(1e-9)})
    assert "-1.00" in draw(vg.frequency_response(e, F)).get_title(loc="left")


def test_flat_spectrum_is_called_flat():
    u = vg.frequency_response(LMO, np.geomspace(1e-6, 1e-4, 11))
    assert "flat" in draw(u).get_title(loc="left")


def test_step_over_log_time_drops_what_was_before():
    u = vg.step_response(LMO, np.append([-1.0, 0.0], T))
    ax = draw(u)
    assert ax.get_xscale() == "log"
    assert ax.lines[0].get_xdata().min() > 0
    assert ax.get_ylabel() == "displacement u (nm/V)"
    # half of 1/2 for F(T) = 1/4: T = 0.0911, R²/D = 0.1 s
    assert readings.half_time(u) == pytest.approx(9.1e-3, rel=0.01)
    assert ax.get_title(loc="left") == "Half of the displacement is there after 9.11 ms"


def test_pulse_is_shaded_and_its_fall_is_read():
    times = np.concatenate([np.linspace(0.01, 0.09, 9), 0.1 + np.geomspace(1e-5, 10, 121)])
    u = vg.time_response(LMO, vg.Pulse(0.1), times)
    ax = draw(u)
    assert ax.patches[0].get_x() + ax.patches[0].get_width() == pytest.approx(0.1)
    after = vg.time_response(LMO, vg.Pulse(0.1), [0.1, 0.1 + readings.fall_time(u)]).values
    assert after[1] / after[0] == pytest.approx(np.exp(-1), rel=5e-3)  # two steps apart


def test_fall_that_was_not_sampled_is_not_told():
    u = vg.time_response(LMO, vg.Pulse(0.1), [0.05, 0.1, 1.0, 2.0])
    assert np.isnan(readings.fall_time(u))
    assert draw(u).get_title(loc="left") == "Displacement in time"


def test_relaxation_over_tau():
    g = vg.relaxation_times(LMO, tau=np.geomspace(1e-5, 1e2, 141))
    ax = draw(g)
    assert ax.get_xlabel() == "relaxation time τ (s)"
    # (√x - sin √x)/(πx) is largest at √x = 2.66: τ = R²/(D x)
    x = np.linspace(1, 20, 20000)
    peak = x[((np.sqrt(x) - np.sin(np.sqrt(x))) / x).argmax()]
    assert readings.main_relaxation(g) == pytest.approx(0.1 / peak, rel=0.06)


def test_profile_over_distance():
    r = np.linspace(0, 40e-9, 81)
    ax = draw(vg.static_response(LMO, at=r))
    assert ax.get_xlabel() == "distance from the axis r (nm)"
    np.testing.assert_allclose(ax.lines[0].get_xdata(), r * 1e9)
    assert ax.get_title(loc="left") == "The surface bump falls to half its height at r = 11.5 nm"


def test_profiles_at_times_get_one_curve_each():
    ax = draw(vg.step_response(LMO, [1e-3, 1e-1], at=np.linspace(0, 40e-9, 41)))
    names = [t.get_text() for t in ax.get_legend().get_texts()]
    assert names == ["t = 1 ms", "t = 100 ms"]
    assert ax.get_title(loc="left").startswith("The surface bump widens: half height at r = ")


def test_points_read_get_one_curve_each():
    ax = draw(vg.frequency_response(LMO, F, at=[0.0, 20e-9]))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["r = 0 m", "r = 20 nm"]
    assert len(ax.lines) == 2


def test_single_number_has_nothing_to_plot():
    with pytest.raises(vg.VegardError, match="single number"):
        draw(vg.static_response(LMO))
    with pytest.raises(vg.VegardError, match="no curve"):
        draw(vg.frequency_response(LMO, 1.0))


def test_no_global_settings_are_changed():
    before = dict(mpl.rcParams)
    draw(vg.frequency_response(LMO, F))
    assert dict(mpl.rcParams) == before


def test_response_plot_makes_its_own_figure():
    import matplotlib.pyplot as plt

    ax = vg.static_response(LMO, at=[0.0, 1e-8]).plot()
    assert ax.figure in map(plt.figure, plt.get_fignums())
    plt.close(ax.figure)


def test_colours_are_okabe_ito_and_rise_in_lightness():
    assert plot.OKABE_ITO[:2] == ("#0072B2", "#D55E00")
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b, _ in plot.ordered(6)]
    assert (np.diff(light) > 0.05).all()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.3727e-12, "m", "1.37 pm"),
        (9.996e-10, "m", "1 nm"),
        (395153.0, "Hz", "395 kHz"),
        (0.0, "m", "0 m"),
        (-2.5e-9, "m/V", "-2.5 nm/V"),
        (22900.0, "mol/m³", "22900 mol/m³"),
        (1e-15, "m²/s", "1e-15 m²/s"),
        (0.3, "–", "0.3"),
        (1000.0, "s", "1 ks"),
        (1e-30, "m", "1e-12 am"),
    ],
)
def test_quantity(value, unit, text):
    assert quantity(value, unit) == text


def test_scale_is_exact_at_powers_of_a_thousand():
    for n in range(-5, 4):
        factor, _ = scale(1000.0**n, "m")
        assert factor * 1000.0**n == pytest.approx(1.0, rel=1e-12)


CONTACT = LMO.replace({"interface": vg.Contact(1e-7)})


def test_an_impedance_is_drawn_as_one():
    perfect = LMO.replace({"interface": vg.Contact()})
    ax = draw(vg.contact_impedance(perfect, np.geomspace(1e3, 1e6, 7)))
    assert ax.get_ylabel() == "impedance |Z| (GΩ)"
    # the skin under the contact: Z ∝ 1/√s, less what enters at the rim
    assert re.fullmatch(r"At high frequency \|Z\| falls as \$f\^\{\\,-0\.[45]\d\}\$",
                        ax.get_title(loc="left"))  # fmt: skip
    slow = draw(vg.contact_impedance(CONTACT, np.geomspace(1e5, 1e7, 7)))
    assert slow.get_title(loc="left") == "At high frequency |Z| is flat"  # charge transfer


def test_the_current_after_a_step_is_drawn_over_decades():
    i = vg.contact_current(CONTACT, time=[1e-4, 1e-2, 1.0])
    ax = draw(i)
    assert ax.get_ylabel() == "current I (fA/V)"
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    first, last = (quantity(float(v), "A/V") for v in i.values[[0, -1]])
    title = f"The current goes from {first} at 100 µs to {last} at 1 s"
    assert ax.get_title(loc="left") == title


def test_lateral_motion_and_the_photodiode_are_named():
    tilted = LMO.replace({"material.vegard": ((0, 0, 1e-6), (0, 0, 0), (1e-6, 0, 0))})
    ax = draw(vg.frequency_response(tilted, F, component="lateral_x"))
    assert ax.get_ylabel().startswith("amplitude |$u_x$|")
    assert ax.get_title(loc="left").endswith(", along x")
    lever = vg.Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
    peak = lever.resonances(1)[0]
    u = vg.frequency_response(LMO, peak * np.array([0.5, 1.0, 1.5]))
    ax = draw(lever.detect(u))
    assert ax.get_ylabel().startswith("deflection |d|")
    assert ax.get_title(loc="left") == f"The photodiode reads most at {quantity(peak, 'Hz')}"
