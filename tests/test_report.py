"""The report: self-contained, and every number in it from the run."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

import vegard as vg
from vegard import io, report, run
from vegard.io.extras import Extras
from vegard.report import page, pictures, signals
from vegard.result import Axis

mpl.use("Agg")

BASE = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(10e-9))
F = np.geomspace(1e-2, 1e6, 41)
T = np.geomspace(1e-5, 1e2, 61)
TEXT = 'schema = 1\ntitle = "a < b"\n'
SOURCES = [
    {"parameter": "material.diffusivity", "value": 7.08e-15, "unit": "m²/s", "source": "Zhang & Co",
     "verified": True},
    {"parameter": "material.vegard", "value": 1e-6, "unit": "m³/mol", "source": "hearsay",
     "verified": False},
]  # fmt: skip


def point(changes, **only):
    e = BASE.replace(changes)
    pulse = np.concatenate([np.linspace(0.001, 0.009, 9), 0.01 + np.geomspace(1e-5, 10, 61)])
    made = {
        "frequency": vg.frequency_response(e, F),
        "step": vg.step_response(e, T),
        "pulse": vg.time_response(e, vg.Pulse(0.01, 0.1), pulse),
        "profile": vg.static_response(e, at=np.linspace(0, 50e-9, 26)),
        "relaxation": vg.relaxation_times(e, tau=np.geomspace(1e-5, 1e1, 31)),
    } | only
    made = {name: response for name, response in made.items() if response is not None}
    return run.Point(changes, e, e.check(0.1, 1e6), made)


def results(*points, **kw):
    given = {
        "title": "Run <1>",
        "plan": SimpleNamespace(drive_unit="V", extras=Extras(), auto=(), euler=None, azimuth=0.0),
        "text": TEXT,
        "base": BASE,
        "drive": 0.1,
        "per": "volt",
        "points": list(points),
        "sources": SOURCES,
        "notes": ["[profile] is left out"],
        "inputs_sha256": "c0ffee",
    }
    return SimpleNamespace(**given | kw)


@pytest.fixture(scope="module")
def one():
    return results(point({}))


@pytest.fixture(scope="module")
def html(one, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert report.write(one, path, report.figures(one)) == path
    return path.read_text("utf-8")


class Reader(HTMLParser):
    """Open tags, pictures and the text of a page; complains about tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.images, self.words = [], [], []
        self.feed(text)
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.images.append(dict(attrs))
        elif tag != "meta":
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_page_is_self_contained_and_well_formed(html):
    read = Reader(html)
    assert len(read.images) == 5
    for image in read.images:
        assert image["src"].startswith("data:image/svg+xml;base64,")
        assert len(image["alt"]) > 40
    bare = re.sub(r'src="data:[^"]*"', "", html)
    assert not re.search(r"(?:src|href)=|url\(|@import|<script|<link", bare)


def test_text_is_escaped(html):
    assert "<h1>Run &lt;1&gt;</h1>" in html
    assert "title = &quot;a &lt; b&quot;" in html
    assert "Zhang &amp; Co" in html


def test_page_says_what_a_reader_needs(html):
    text = " ".join(Reader(html).words)
    for words in (
        "Drive 100 mV (peak), response per volt.",
        "diffusion length below a lattice constant",
        "A continuum Vegard signal has no meaning here",
        "[profile] is left out",
        "chemical diffusivity",
        "7.08e-15 m²/s",
        "arXiv:1004.0507",
        "Weideman",
        "c0ffee",
        f"vegard {vg.__version__}",
    ):
        assert words in text, words


def test_verified_flag_follows_the_source(html):
    row = {d: re.search(rf"<tr><td class=.n.>{d}</td>.*?</tr>", html)[0] for d in ("D", "β")}
    assert row["D"].endswith("<td>Zhang &amp; Co</td><td>yes</td></tr>")
    assert row["β"].endswith("<td>hearsay</td><td>no</td></tr>")


def test_answer_gives_the_numbers_of_the_run(one):
    said = report.answer(one)
    n = report.key_numbers(one.points[0])
    assert n["corner_frequency_Hz"] == pytest.approx(7.08e-15 / (2 * np.pi * 1e-16), rel=1e-12)
    assert n["slope"] == pytest.approx(-0.5, abs=0.01)
    high = abs(vg.frequency_response(BASE, 1e6).values)
    assert n["amplitude_highest"] == pytest.approx(high, rel=1e-12)
    assert f"{high * 1e12:.3g} pm per volt at 1 MHz" in said
    assert "D/(2πR²) = 11.3 Hz" in said
    assert "slope is −0.50, the law of equilibrium" in said
    assert "LiMn2O4 under a disc tip of radius 10 nm, half-space" in said


def test_answer_follows_the_interface():
    e = BASE.replace({"interface": vg.LinearKinetics(1e-9)})
    p = run.Point({}, e, [], {"frequency": vg.frequency_response(e, F)})
    said = report.answer(results(p))
    assert "slope is −1.00, the law of a flux" in said
    assert "pulse" not in said


def test_no_largest_relaxation_time_is_told_for_a_flux():
    e = BASE.replace({"interface": vg.FixedFlux()})
    g = vg.relaxation_times(e, per="flux", tau=np.geomspace(1e-5, 1e1, 31))
    p = run.Point({}, e, [], {"relaxation": g})
    assert np.isnan(report.key_numbers(p)["main_relaxation_s"])
    assert "distribution" not in report.answer(results(p))
    title = report.figures(results(p))["relaxation"].axes[0].get_title(loc="left")
    assert title == "Distribution of relaxation times"


def test_missing_signals_are_left_out():
    p = point({}, step=None, pulse=None, profile=None, relaxation=None)
    assert list(report.figures(results(p))) == ["frequency"]
    assert "half_time_s" not in report.key_numbers(p)


def test_sweep_has_a_curve_per_point_in_order_and_a_legend(tmp_path):
    sweep = results(*(point({"tip.radius": r}) for r in (4e-8, 1e-8, 2e-8)))
    ax = report.figures(sweep)["frequency"].axes[0]
    names = [t.get_text() for t in ax.get_legend().get_texts()]
    assert names == ["R = 10 nm", "R = 20 nm", "R = 40 nm"]
    for line, p in zip(ax.lines, [sweep.points[i] for i in (1, 2, 0)], strict=True):
        np.testing.assert_allclose(line.get_ydata(), 1e9 * p.frequency.amplitude, rtol=1e-12)
    html = report.write(sweep, tmp_path / "r.html", report.figures(sweep)).read_text("utf-8")
    text = " ".join(Reader(html).words)
    assert "Points of the sweep" in text
    assert "a sweep of tip.radius with 3 points" in text
    assert "3 of 3 points" in text
    assert re.search(r"<td>contact radius</td><td class=\"n\">swept</td>", html)


def test_long_sweep_has_a_colour_bar():
    sweep = results(
        *(point({"material.diffusivity": d}, step=None, pulse=None, profile=None, relaxation=None)
          for d in np.geomspace(1e-17, 1e-13, 9).tolist())
    )  # fmt: skip
    figure = report.figures(sweep)["frequency"]
    bars = [a for parent in figure.axes for a in parent.child_axes]
    assert figure.axes[0].get_legend() is None
    assert [a.get_ylabel() for a in bars] == ["D (m²/s)"]
    assert bars[0].get_ylim() == pytest.approx((1e-17, 1e-13))
    assert bars[0].get_yscale() == "log"


def test_sweep_over_two_parameters_names_both():
    changes = {"tip.radius": 1e-8, "interface": vg.LinearKinetics(1e-9)}
    assert pictures.label(BASE, changes) == "R = 10 nm, interface = LinearKinetics"


PART_2 = """schema = 1
[material]
diffusivity = "1e-11 cm^2/s"
vegard = [["1 cm^3/mol", 0, 0], [0, "1 cm^3/mol", "0.5 cm^3/mol"], [0, "0.5 cm^3/mol", 0]]
euler = ["30 deg", 0, 0]
poisson = 0.3
young = "100 GPa"
ocv_slope = "-1e-5 V m^3/mol"
[tip]
kind = "Hertz"
load = ["30 nN", "60 nN"]
tip_radius = "30 nm"
tip_young = "169 GPa"
tip_poisson = 0.22
[geometry]
kind = "Film"
thickness = "50 nm"
[elastic]
kind = "Layered"
substrate = { young = "70 GPa", poisson = 0.25 }
layers = [{ thickness = "20 nm", young = "168 GPa", poisson = 0.38 }]
[interface]
kind = "Contact"
rate = "1e-7 m/s"
[cantilever]
stiffness = "2.8 N/m"
free_resonance = "75 kHz"
quality = 150
length = "225 um"
[parasitics.joule]
resistance = "1 Gohm"
conductivity = "3 W/m/K"
heat_capacity = "3e6 J/m^3/K"
expansion = "1.3e-5 1/K"
dc = "200 V"
[frequency]
from = "100 Hz"
to = "1 MHz"
points = 9
[time]
values = ["1 ms", "1 s"]
[pulse]
enabled = false
[profile]
enabled = false
"""


@pytest.fixture(scope="module")
def part_2(tmp_path_factory):
    path = tmp_path_factory.mktemp("part_2") / "e.toml"
    path.write_text(PART_2, "utf-8")
    return run.execute(io.read(path))


@pytest.mark.slow
def test_the_report_shows_contact_lever_and_parasitics(part_2, tmp_path):
    figures = report.figures(part_2)
    assert list(figures) == [
        "frequency", "parasitics", "lateral_x", "lateral_y", "photodiode", "step", "impedance",
        "step_current",
    ]  # fmt: skip
    labels = {name: f.axes[0].get_ylabel() for name, f in figures.items()}
    assert labels["lateral_x"].startswith("amplitude |$u_x$| (")
    assert labels["photodiode"].startswith("deflection |d| (")
    assert labels["impedance"] == "impedance |Z| (TΩ)"
    assert labels["step_current"] == "current I (fA/V)"
    html = report.write(part_2, tmp_path / "r.html", figures).read_text("utf-8")
    text = " ".join(Reader(html).words)
    for words in (
        "[1e-06, 0, 0; 0, 1e-06, 5e-07; 0, 5e-07, 0] m³/mol",
        "(30 °, 0 °, 0 °)",
        "20 nm, 168 GPa, 0.38",
        "on a substrate of 70 GPa",
        "exchange under the contact alone",
        "A load of 30 nN makes a contact of radius 2.15 nm (hertz, sphere).",
        "follows from stiffness of the Hertz contact of [tip]",
        "contact radius, computed",
        "of diffusion alone",
        "the other figures show diffusion alone",
        "The largest term is",
        "no resistance at rest",
        "[relaxation] is left out",
    ):
        assert words in text, words
    assert "work of adhesion" not in text  # of this tip there is none
    row = re.search(r"<td>contact radius, computed</td><td class=\"n\">(.*?)</td>", html)
    assert row[1] == "follows"
    table = text[text.index("Points of the sweep") : text.index("Parameters")]
    assert "contact resonance" in table
    assert "resistance at rest" not in table  # a film that keeps its ions has none
    assert "nan" not in table.split()


def test_the_figure_of_the_terms_draws_each_and_their_sum(part_2):
    point = part_2.points[0]
    ax = report.figures(part_2)["parasitics"].axes[0]
    names = [t.get_text() for t in ax.get_legend().get_texts()]
    assert names == ["sum", "diffusion (ESM)", "Joule heating"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    unit = re.search(r"\((.)m/V\)", ax.get_ylabel())[1]
    factor = {"n": 1e9, "p": 1e12, "f": 1e15}[unit]
    for line, name in zip(ax.lines, ("sum", "frequency", "joule"), strict=True):
        wanted = factor * getattr(point, name).amplitude
        np.testing.assert_allclose(line.get_ydata(), wanted, rtol=1e-12)  # scaled once
    assert ax.get_title(loc="left").endswith("; F = 30 nN")


def term(values):
    at = Axis("at", "m", np.zeros(()))
    return vg.Response(np.array(values, complex), np.zeros(3), "m/V",
                       (at, Axis("frequency", "Hz", np.array([1.0, 10.0, 100.0]))))  # fmt: skip


def test_dominance_names_each_range():
    made = {
        "frequency": term([10.0, 1.0, 0.1]),
        "joule": term([1.0, 10.0, 1.0]),
        "electrostatic": term([0.1, 1.0, 10.0]),
    }
    p = run.Point({}, BASE, [], made)
    said = signals.dominance(p)  # equal half-way in the logarithms
    assert said == (
        "The largest term is diffusion (ESM) below 3.16 Hz, Joule heating from 3.16 Hz to "
        "31.6 Hz, and electrostatic force above 31.6 Hz"
    )
    assert signals.largest(p)[1][1] == pytest.approx(10**0.5, rel=1e-12)
    p = run.Point({}, BASE, [], made | {"frequency": term([100.0, 100.0, 100.0])})
    assert "Of all terms diffusion (ESM) is the largest at every" in signals.dominance(p)


@pytest.mark.slow
def test_same_run_same_page(one, html, tmp_path):
    again = report.write(one, tmp_path / "again.html", report.figures(one))
    assert again.read_text("utf-8") == html


def test_unwritable_place_is_a_clear_error(one, tmp_path):
    with pytest.raises(vg.FileError, match="cannot write"):
        report.write(one, tmp_path / "no" / "report.html", {})


def test_table_escapes_and_marks_numbers():
    assert page.table(["a", "b"], [["<x>", "1 pm"]], [1]).count('<td class="n">1 pm</td>') == 1
    assert "&lt;x&gt;" in page.table(["a"], [["<x>"]])
