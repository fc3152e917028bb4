"""A resolution in words, pictures and maps, and the command that gives them."""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp, inf, log, pi, sqrt

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

import vegard as vg
from vegard import plot_resolution, resolution_map, resolution_table
from vegard.cli import app
from vegard.report.resolution import WHY_PUNCH, map_sentences, material_sentences, notes, sentences
from vegard.resolution_map import continuum, reach
from vegard.result import Axis

LMO = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-1e-5, name="mine")
TOOL = vg.Instrument("tool", 5e-15, None, 100.0)
SIGMA = 5e-15 * sqrt(2 * 100.0)  # of a quadrature [m]


def close(value, rel):
    return pytest.approx(value, rel=rel, abs=0)


def disc(radius=10e-9, **changes):
    return vg.Experiment(LMO, vg.DiscTip(radius), **changes)


@pytest.fixture(scope="module")
def punched():
    """At 10 Hz and 1 kHz, a signal of some 3e3 and 200 times the noise."""
    return vg.resolution(disc(readout="punch"), [10.0, 1e3], drive=0.1, instrument=TOOL)


# the map against direct calls


def quiet(e, frequency, drive, per, share):
    """An instrument whose noise is a share of the signal, and what `resolution` says with it."""
    one = vg.resolution(e, frequency, drive=drive, per=per)
    sigma = share * np.abs(one.kernel.total)
    tool = vg.Instrument("made", float(sigma[0]) / sqrt(2 * 100.0), None, 100.0)
    return tool, replace(one, noise=sigma)


@pytest.mark.parametrize("share", [0.3, 0.02])
def test_map_is_what_resolution_says(share):
    """Interpolated in ln(ωR²/D): 1e-3 for edges; periods 1 %, by chords between wavenumbers."""
    e = vg.Experiment(replace(LMO, diffusivity=3e-15), vg.DiscTip(7e-9), readout="punch")
    tool, one = quiet(e, 200.0, 0.1, "volt", share)
    got = resolution_map.resolution_map(
        disc(), instrument=tool, drive=0.1, radius=[7e-9], frequency=[200.0], diffusivity=[3e-15]
    )
    assert got.edge.shape == (1, 1, 1)
    assert got.edge.item() == close(one.edge_25_75, rel=1e-3)
    assert got.period.item() == close(one.noise_limited_period, rel=0.01)


def test_map_of_an_anisotropic_sample_under_a_current():
    """The strain's anisotropy stays in the table; a current's reading does not grow with R."""
    material = vg.Material((4e-15, 1e-15), (2e-7, -1.1e-6), 0.2)
    e = vg.Experiment(material, vg.GaussianTip(5e-9), interface=vg.FixedFlux(), readout="punch")
    tool, one = quiet(e, 50.0, 1e-18, "ampere", 0.3)
    other = vg.Experiment(vg.Material((4e-13, 1e-13), (2e-7, -1.1e-6), 0.2),
                          vg.GaussianTip(80e-9), interface=vg.FixedFlux())  # fmt: skip
    got = resolution_map.resolution_map(
        other, instrument=tool, drive=1e-18, per="ampere", radius=[5e-9], frequency=[50.0],
        diffusivity=[1e-15],
    )  # fmt: skip
    assert got.edge.item() == close(one.edge_25_75, rel=1e-3)
    assert got.period.item() == close(one.noise_limited_period, rel=0.01)


def test_a_disc_far_above_its_corner_has_edges_of_its_radius():
    """The punch of a thin skin reads its own pressure: a flat line spread of width 2R."""
    got = resolution_table._at(resolution_table._unit(disc(readout="punch")), "concentration", 24)
    assert exp(got[0]) == close(1.0, rel=3e-3)  # 1e8: the skin is 1e-4 R
    k = resolution_table._WAVENUMBERS
    flat = np.sin(k) / k
    assert np.abs(got[2] - flat).max() < 3e-3


@pytest.mark.exhaustive
def test_map_between_whole_decades_of_slow_diffusion():
    """One a decade below ωR²/D = 1e-3, under a contact whose edge spreads without limit there."""
    e = disc(interface=vg.Contact(), readout="punch")
    frequency = 10**-4.5 * 7e-15 / (2 * pi * 10e-9**2)
    tool, one = quiet(e, frequency, 0.1, "volt", 0.3)
    got = resolution_map.resolution_map(
        e, instrument=tool, drive=0.1, radius=[10e-9], frequency=[frequency], diffusivity=[7e-15]
    )
    assert got.edge.item() == close(one.edge_25_75, rel=0.01)  # 0.6 % found
    assert got.period.item() == close(one.noise_limited_period, rel=0.01)


def test_a_zero_between_two_wavenumbers_is_not_missed():
    """Sin(K)/K falls by any factor at its first zero, K = π: to a step of 0.05, 1.6 %."""
    k = resolution_table._WAVENUMBERS
    (row,) = np.exp(resolution_table._crossings((np.sin(k) / k).astype(complex)[None, :]))
    gains = resolution_table._GAINS
    assert row[gains > 8] == close(pi, rel=0.016)
    half = row[np.argmin(np.abs(gains - log(2)))]
    assert half == close(1.8955, rel=0.01)  # sin(K)/K = 1/2; steps of 0.05 in the gain


# the machinery of the map, on a table that is known


@pytest.fixture
def known(monkeypatch):
    """Edge R, contrast exp(-K²R²/2), reading R/(1 + σ) per strain."""

    def at(unit, per, step):
        contrast = np.exp(-(resolution_table._WAVENUMBERS**2) / 2)
        return 0.0, -log(1 + 10 ** (step / 6)), contrast.astype(complex)

    monkeypatch.setattr(resolution_table, "_at", at)


def gain(radius, frequency, diffusivity, sigma=SIGMA):
    """Signal over noise at 0.1 V: ΔC = 1e4 mol/m³, strain β(1+ν)ΔC."""
    square = 2 * pi * frequency * radius**2 / diffusivity
    return 1.2e-6 * 1.3 * 1e4 * radius / (1 + np.sqrt(square)) / sigma


def mapped(**how):
    return resolution_map.resolution_map(disc(), drive=0.1, **({"instrument": TOOL} | how))


@pytest.mark.parametrize("density", [5e-15, 5e-13])
def test_period_solves_contrast_times_signal_is_noise(known, density):
    """Exp(-K²R²/2) S/σ = 1; 1 % by the interpolation of ln K in ln of the gain and of σ²."""
    r, f, d = np.array([2e-9, 11e-9]), np.array([0.5, 77.0]), np.array([1e-16, 4e-14])
    got = mapped(radius=r, frequency=f, diffusivity=d,
                 instrument=replace(TOOL, displacement_noise=density))  # fmt: skip
    ratio = gain(r[:, None], f, d[:, None, None], density * sqrt(2 * 100.0))
    seen = np.sqrt(2 * np.log(np.maximum(ratio, 1 + 1e-9)))
    want = np.where(ratio > 1, 2 * pi * r[:, None] / seen, inf)
    assert ratio.min() < 1 or density < 1e-13
    real = ~np.isnan(got.period)
    assert got.period[real] == close(want[real], rel=0.01)
    assert (real == (f <= continuum(d)[:, None, None])).all()
    assert got.edge[real] == close(np.broadcast_to(r[:, None], got.edge.shape)[real], rel=1e-12)
    assert (got.resolved == (np.nan_to_num(got.finest, nan=inf) <= 10e-9)).all()
    assert got.inputs["experiment"].readout == "punch"


def test_what_drowns_has_no_period(known):
    loud = replace(TOOL, displacement_noise=1e-9)
    got = mapped(instrument=loud, radius=[5e-9, 6e-9], frequency=[10.0], diffusivity=[1e-15])
    assert np.isinf(got.period).all()
    assert got.reach() is None
    assert "no contact resolves 10 nm" in got.report()
    silent = mapped(instrument=replace(TOOL, displacement_noise=0.0), radius=[5e-9],
                    frequency=[10.0], diffusivity=[1e-15])  # fmt: skip
    assert silent.period.item() == close(2 * pi * 5e-9 / sqrt(28), rel=0.01)  # 1.2e6, a bound


def test_reach(known):
    """Against the same closed forms on a fine grid; 2 % by the steps of the map."""
    loud = replace(TOOL, displacement_noise=1e-12)
    found = reach(disc(), instrument=loud, drive=0.1)
    r, f = np.geomspace(1e-9, 40e-9, 1500)[:, None], np.geomspace(1e-2, 2e3, 1500)
    with np.errstate(invalid="ignore", divide="ignore"):
        period = 2 * pi * r / np.sqrt(2 * np.log(gain(r, f, 7e-15, 1e-12 * sqrt(200.0))))
    good = (np.nan_to_num(period, nan=inf) <= 10e-9) & (r <= 10e-9)
    radii = r[good.any(axis=1), 0]
    assert found.smallest_radius == close(radii.min(), rel=0.02)
    assert found.largest_radius == close(radii.max(), rel=0.02)
    assert found.highest_frequency == close(f[good.any(axis=0)].max(), rel=0.02)
    assert found.highest_frequency < 0.9 * found.continuum
    assert found.continuum == close(7e-15 / (2 * pi * 0.8e-9**2), rel=1e-12)
    steady = good[:, f <= found.highest_frequency].all(axis=1)
    assert found.steady_radius == close(r[steady, 0].max(), rel=0.03)
    assert found.radius == close(r[good[:, f <= found.highest_frequency][:, -1], 0].max(), rel=0.2)


def test_reach_ends_where_the_continuum_does(known):
    found = reach(disc(), instrument=TOOL, drive=0.1)
    assert found.highest_frequency == close(found.continuum, rel=1e-9)
    r, f = np.geomspace(1e-9, 3e-8, 30), np.geomspace(1, 1e4, 40)
    text = map_sentences(mapped(radius=r, frequency=f, diffusivity=[1e-15]))
    assert "above which the diffusion length is below a lattice constant" in text
    assert "period of 10 nm (stripes of 5 nm) above the noise of tool in 100 Hz, at 100 mV" in text
    assert reach(disc(), instrument=TOOL, lowest=1e5) is None


def test_materials_are_told_with_what_breaks_the_model(known):
    tool = vg.instruments["QPDI+SCM-PIT+SP983"]
    lco, lmo = material_sentences(disc(), instrument=tool, drive=1.0)
    assert lco.startswith("LiCoO2 (D = 5.4e-15 m²/s, 1 V: Δx = 0.88): 10 nm takes a contact radius")
    assert "Beyond the model" not in lco
    assert "Δx = 4.2" in lmo
    assert "concentration change above the site concentration" in lmo
    (one,) = material_sentences(disc(), instrument=tool, drive=500.0, per="concentration",
                                names=["LiMn2O4"])  # fmt: skip
    assert "500 mol/m³: Δx = 0.022" in one


@pytest.mark.exhaustive
def test_what_sub_10_nm_takes_in_the_battery_materials():
    """The numbers of docs/resolution.md."""
    tool = vg.instruments["QPDI+SCM-PIT+SP983"]
    e = vg.Experiment(LMO, vg.DiscTip(10e-9))
    got = {}
    for name in ("LiCoO2", "LiMn2O4"):
        here = e.replace({"material": vg.materials[name].material()})
        got[name] = reach(here, instrument=tool, drive=0.1)
    lco, lmo = got["LiCoO2"], got["LiMn2O4"]
    assert [lco.largest_radius, lco.highest_frequency] == close([10.9e-9, 1340], rel=0.03)
    assert [lmo.largest_radius, lmo.highest_frequency] == close([11.9e-9, 1761], rel=0.03)
    assert [lco.steady_radius, lmo.steady_radius] == close([5.4e-9, 5.8e-9], rel=0.04)


@pytest.mark.slow
def test_limits_of_the_docs():
    """The table of docs/resolution.md, at ωR²/D = 1e-8, 10 and 1e10; 1 % is its rounding."""
    unit = vg.Experiment(vg.Material(1.0, 1.0, 0.3), vg.DiscTip(1.0), readout="punch")
    low, middle, high = (
        vg.resolution(unit, s / (2 * pi), per="concentration") for s in (1e-8, 10.0, 1e10)
    )
    names = ("k50", "k10", "edge_25_75", "edge_10_90", "information_depth")
    assert [getattr(low, n) for n in names] == close([1.61, 3.08, 1.05, 1.93, 3.1], rel=0.013)
    assert [getattr(high, n) for n in names] == close([1.90, 2.85, 1, 1.6, 1.73e-5], rel=0.01)
    assert middle.edge_25_75 == close(0.84, rel=0.01)
    assert abs(low.mtf(3.7)) < 2e-3
    contact = unit.replace({"interface": vg.Contact()})
    wide = [vg.resolution(contact, s / (2 * pi), per="concentration") for s in (1e-3, 1e-7)]
    assert [w.edge_25_75 for w in wide] == close([2.1, 16.4], rel=0.01)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"geometry": vg.Film(50e-9)}, "a film of 5e-08 m"),
        ({"interface": vg.LinearKinetics(1e-8)}, "LinearKinetics"),
        ({"interface": vg.Contact(1e-8)}, "Contact"),
        ({"interface": vg.BlockingTip(1e-9, 1e3)}, "BlockingTip"),
        (
            {"geometry": vg.Film(50e-9), "elastic": vg.Layered(substrate=(1e11, 0.3))},
            "the layers of Layered",
        ),
    ],
)
def test_another_length_is_refused(changes, words):
    with pytest.raises(vg.VegardError, match=f"only length is the contact.*{words}"):
        resolution_map.resolution_map(disc(**changes), instrument=TOOL)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"radius": [2e-9, 1e-9]}, "radius must be > 0 and increase"),
        ({"frequency": [0.0, 1.0]}, "frequency must be > 0 and increase"),
        ({"drive": -1.0}, "drive must be > 0"),
        ({"feature": 0.0}, "feature must be > 0"),
        ({"instrument": vg.instruments["QPDI"]}, "bandwidth of 'QPDI' is unknown"),
    ],
)
def test_arguments_are_refused(how, words):
    with pytest.raises(vg.VegardError, match=words):
        resolution_map.resolution_map(disc(), **({"instrument": TOOL} | how))


# words


def test_a_point_read_is_quoted_by_a_punch(punched):
    r = vg.resolution(disc(), 10.0, drive=0.1, instrument=TOOL)
    text = r.report()
    assert "mine under a disc tip of radius 10 nm, half-space, equilibrium with the tip" in text
    assert WHY_PUNCH in text
    nm = 1e9 * np.array([punched.edge_25_75[0], 2 * pi / punched.k50[0]])
    assert f"rises from 25 to 75 % over {nm[0]:.3g} nm" in text
    assert f"Half of the contrast is left at a period of {nm[1]:.3g} nm" in text
    assert "a reading of tool is uncertain by 70.7 fm" in text
    own = sentences(r, asked="centre")
    assert "read at a point" in own
    assert "Do not quote these numbers" in own
    assert f"over {r.edge_25_75 * 1e9:.3g} nm" in own


def test_several_frequencies_are_a_table(punched):
    lines = punched.report().splitlines()
    assert WHY_PUNCH not in lines
    head, low, high = lines[2:5]
    assert head.split()[0] == "frequency"
    assert low.split()[:3] == ["10", "Hz", f"{punched.edge_25_75[0] * 1e9:.3g}"]
    assert high.split()[:2] == ["1", "kHz"]
    assert len(low) == len(high) == len(head)
    without = replace(punched, noise=None, inputs=punched.inputs | {"instrument": None})
    assert "noise at" not in sentences(without).splitlines()[2]


def test_all_drowns_in_words_and_title(punched):
    one = vg.resolution(disc(readout="punch"), 10.0, drive=1e-9, instrument=TOOL)
    assert "all of it drowns" in one.report()
    title = one.plot(Figure().add_subplot()).get_title(loc="left")
    assert title == "All of the signal drowns in noise"


def test_notes_of_frequency_and_time(punched):
    loud = punched.inputs | {"drive": 1.0}
    fast = " ".join(
        notes(replace(punched, axis=Axis("frequency", "Hz", np.array([1e5])), inputs=loud))
    )
    assert "diffusion length below a lattice constant" in fast
    assert "Vegard strain" in fast
    early = notes(replace(punched, axis=Axis("time", "s", np.array([1e-6]))))
    assert early == [
        "in 1 µs ions diffuse √(Dt) = 83.7 pm, less than a lattice constant (800 pm): read later."
    ]
    pulsed = punched.inputs | {"drive": vg.Pulse(1.0, 99.0)}
    assert not notes(replace(punched, axis=Axis("time", "s", np.array([1.0])), inputs=pulsed))


# pictures


def test_mtf_has_levels_and_noise(punched):
    ax = punched.plot(Figure().add_subplot())
    assert ax.get_xlabel() == "period 2π/K (nm)"
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert {t.get_text() for t in ax.texts} == {"50%", "10%"}
    curve = next(line for line in ax.lines if line.get_label() == "f = 1 kHz")
    x, y = np.array(curve.get_data())
    i = int(np.argmax(x >= 2 * pi / punched.k50[1] * 1e9)) if x[0] < x[-1] else int(
        np.argmax(x <= 2 * pi / punched.k50[1] * 1e9)
    )  # fmt: skip
    assert y[i] == close(0.5, rel=0.05)  # steps of 1 % in K
    level = float(punched.noise[1] / np.abs(punched.kernel.total[1]))
    dashed = [ln.get_ydata()[0] for ln in ax.lines if ln.get_linestyle() == "--"]
    assert any(v == close(level, rel=1e-12) for v in dashed)
    one = vg.resolution(disc(readout="punch"), 1e3, drive=0.1)
    title = one.plot(Figure().add_subplot()).get_title(loc="left")
    assert title == f"Half of the contrast is left at {2e9 * pi / one.k50:.3g} nm"


def test_an_instrument_without_noise_draws_none(punched):
    ax = replace(punched, noise=np.zeros(2)).plot(Figure().add_subplot())
    assert not [line for line in ax.lines if line.get_linestyle() == "--"]


def test_noise_limited_period_is_marked():
    one = quiet(disc(readout="punch"), 10.0, 0.1, "volt", 0.3)[1]
    ax = one.plot(Figure().add_subplot())
    (mark,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert mark.get_xdata()[0] == close(one.noise_limited_period * 1e9, rel=1e-12)
    assert mark.get_ydata()[0] == close(0.3, rel=1e-9)
    assert "noise ends it at" in ax.get_title(loc="left")


def test_edge_is_marked_at_a_quarter(punched):
    ax = plot_resolution.draw_edge(punched, Figure().add_subplot())
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(marks) == 2
    width = np.ptp(marks[0].get_xdata())
    assert width == close(punched.edge_25_75[0] * 1e9, rel=1e-12)
    assert "An edge rises from 25 to 75 % over" in ax.get_title(loc="left")


def test_map_figure(known):
    m = mapped(radius=np.geomspace(1e-9, 1e-7, 20), frequency=np.geomspace(0.1, 1e5, 30))
    figure = m.plot()
    panels = [ax for ax in figure.axes if ax.get_xlabel() == "frequency f (Hz)"]
    assert len(panels) == 3
    assert len({c.get_clim() for ax in panels for c in ax.collections if c.get_array() is not None
                and c.get_array().size == 600}) == 1  # fmt: skip
    assert panels[0].get_ylabel() == "contact radius R (nm)"
    assert "10 nm takes a contact radius of at most 6 nm" in figure.get_suptitle()
    assert m.table.shape == (3 * 20 * 30, 5)


# command


FILE = """
schema = 1
title = "A disc"
[material]
name = "mine"
catalogue = false
diffusivity = "7e-15 m^2/s"
vegard = "1.2 cm^3/mol"
poisson = 0.3
ocv_slope = "-1e-5 V m^3/mol"
[tip]
kind = "DiscTip"
radius = "10 nm"
[experiment]
per = "volt"
drive = "100 mV"
"""


def call(*args):
    return CliRunner().invoke(app, ["resolution", *map(str, args)])


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "disc.toml"
    path.write_text(FILE)
    return path


def test_folder_and_numbers(file, tmp_path, punched):
    out = tmp_path / "out"
    result = call(file, "--frequency", "10 Hz", "--frequency", "1 kHz", "-o", out,
                  "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout, parse_constant=pytest.fail)
    assert data["readout"] == "punch"
    assert data["edge_25_75"] == close(punched.edge_25_75.tolist(), rel=1e-9)
    assert data["k50"] == close(punched.k50.tolist(), rel=1e-9)
    assert data["noise"] == close([SIGMA] * 2, rel=1e-12)
    assert data["map"] is None
    assert {p.name for p in out.iterdir()} == {
        "resolution.csv", "mtf.png", "edge.png", "report.txt", "summary.json"
    }  # fmt: skip
    table = (out / "resolution.csv").read_text().splitlines()
    assert table[0].startswith("frequency [Hz],k50 [rad/m],k10 [rad/m],edge_25_75 [m]")
    assert float(table[2].split(",")[3]) == close(punched.edge_25_75[1], rel=1e-9)
    assert WHY_PUNCH in (out / "report.txt").read_text("utf-8")


def test_map_of_the_command(file, tmp_path, known, monkeypatch):
    monkeypatch.setattr(resolution_map, "RADII", (1e-9, 1e-7, 16))
    monkeypatch.setattr(resolution_map, "FREQUENCIES", (0.1, 1e5, 20))
    out = tmp_path / "out"
    result = call(file, "--frequency", "10 Hz", "--map", "-o", out, "--format", "json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout, parse_constant=pytest.fail)
    m = mapped()  # the preset has the noise of the tool
    want = [m.reach(i).largest_radius for i in range(3)]
    assert [r["largest_radius"] for r in data["map"]["reach"]] == close(want, rel=1e-12)
    assert len(data["map"]["materials"]) == 2
    assert len((out / "map.csv").read_text().splitlines()) == 1 + 3 * 16 * 20
    assert (out / "map.png").stat().st_size > 10_000
    report = (out / "report.txt").read_text("utf-8")
    assert "D = 1e-15 m²/s: 10 nm takes a contact radius" in report
    assert "LiMn2O4 (D = 7.1e-15 m²/s, 100 mV: Δx = 0.42)" in report


def test_frequencies_of_the_file_once_a_decade(file):
    file.write_text(FILE + '[frequency]\nfrom = "1 Hz"\nto = "100 Hz"\npoints = 41\n')
    result = call(file, "--format", "json", "--drive", "50 mV")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["frequency"] == close([1.0, 10.0, 100.0], rel=1e-9)
    assert data["drive"] == 50e-3


def test_time_after_a_pulse_by_the_own_readout(file):
    result = call(file, "--time", "20 ms", "--pulse", "10 ms", "--readout", "own",
                  "--bandwidth", "1 kHz", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["readout"] == "centre"
    one = vg.resolution(disc(), time=[20e-3], drive=vg.Pulse(10e-3, 0.1))
    assert data["edge_25_75"] == close(one.edge_25_75.tolist(), rel=1e-9)
    assert data["bandwidth"] == 1e3
    assert data["time"] == [20e-3]


def test_refused(file, tmp_path):
    sweep = tmp_path / "sweep.toml"
    sweep.write_text(FILE.replace('"10 nm"', '["10 nm", "20 nm"]'))
    film = tmp_path / "film.toml"
    film.write_text(FILE + '[geometry]\nkind = "Film"\nthickness = "50 nm"\n')
    for args, words in (
        ((file,), "has no [frequency]: say where"),
        ((file, "--frequency", "1 Hz", "--time", "1 s"), "not both"),
        ((file, "--pulse", "1 s"), "--pulse needs --time"),
        ((file, "--frequency", "1 nm"), "--frequency"),
        ((file, "--frequency", "1 Hz", "--instrument", "QPDI+SR570"), "unknown instrument"),
        ((file, "--frequency", "1 Hz", "--instrument", "QPDI"), "bandwidth"),
        ((sweep, "--frequency", "1 Hz"), "lists are sweeps"),
        ((film, "--frequency", "1 Hz", "--map"), "only length is the contact"),
    ):
        result = call(*args)
        assert result.exit_code == 2, (args, result.output)
        assert words in " ".join(result.stderr.split()), result.stderr


def test_help_can_be_read():
    result = call("--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
