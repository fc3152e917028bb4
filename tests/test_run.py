"""Runs: what is computed, what is written, and that it is whole or not there."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import vegard as vg
from vegard import io, report, run
from vegard.errors import FileError, VegardError
from vegard.io import folder

EXAMPLES = Path(__file__).parents[1] / "examples"
TEXT = """
schema = 1
title = "small, with ±"
seed = 7
[material]
diffusivity = "1e-15 m^2/s"
vegard = "1e-6 m^3/mol"
poisson = 0.3
ocv_slope = "-1e-5 V m^3/mol"
[tip]
kind = "GaussianTip"
radius = "20 nm"
[experiment]
drive = "0.1 V"
[frequency]
from = "1 Hz"
to = "1 kHz"
points = 4
[time]
values = ["-1 s", "0.1 s"]
[pulse]
duration = "100 ms"
points = 4
[profile]
to = "40 nm"
points = 3
frequency = ["1 Hz", "10 Hz"]
[relaxation]
from = "0.1 s"
to = "10 s"
points = 5
"""
SWEPT = TEXT.replace('"20 nm"', '["20 nm", "30 nm", "40 nm"]') + '[geometry]\nkind = "Film"\n'
SWEPT += 'thickness = "1 um"\nback = ["blocking", "permeable"]\n'
SHORT = """
[frequency]
from = "100 Hz"
to = "1 MHz"
points = 5
[time]
values = ["-1 s", "1 ms", "1 s"]
[pulse]
enabled = false
[profile]
enabled = false
"""
HOST = """schema = 1
[material]
diffusivity = "1e-11 cm^2/s"
vegard = "1 cm^3/mol"
poisson = 0.3
young = "100 GPa"
ocv_slope = "-1e-5 V m^3/mol"
"""
DISC = '[tip]\nkind = "DiscTip"\nradius = "20 nm"\n'
CONTACT = HOST + DISC + '[interface]\nkind = "Contact"\nrate = "1e-7 m/s"\n'
CONTACT += SHORT + '[current]\nvalues = ["1 Hz", "1 kHz"]\n'
BLOCKING = HOST + DISC + '[interface]\nkind = "BlockingTip"\ndebye_length = "2 nm"\n'
BLOCKING += "concentration = 1e3\n" + SHORT
GRAIN = HOST.replace(
    '"1 cm^3/mol"', '[[2e-7, 0, 0], [0, 2e-7, 0], [0, 0, -1.1e-6]]\neuler = ["30 deg", "40 deg", 0]'
)
GRAIN += DISC + '[experiment]\nazimuth = "20 deg"\n' + SHORT
LAYERS = (
    HOST + DISC + '[geometry]\nkind = "Film"\nthickness = "50 nm"\n[elastic]\nkind = "Layered"\n'
)
LAYERS += 'substrate = { young = ["3 GPa", "70 GPa"], poisson = 0.25 }\n'
LAYERS += 'layers = [{ thickness = "20 nm", young = "168 GPa", poisson = 0.38 }]\n' + SHORT
LOADED = (
    HOST
    + """[tip]
kind = "Hertz"
load = ["30 nN", "60 nN"]
tip_radius = "30 nm"
tip_young = "169 GPa"
tip_poisson = 0.22
[cantilever]
stiffness = "2.8 N/m"
free_resonance = "75 kHz"
quality = 150
length = "225 um"
tip_height = "12.5 um"
[parasitics.electrostatic]
gap = "1 nm"
lever_width = "28 um"
dc = "200 mV"
[parasitics.joule]
resistance = "1 Gohm"
conductivity = "3 W/m/K"
heat_capacity = "3e6 J/m^3/K"
expansion = "1.3e-5 1/K"
dc = "200 mV"
"""
)
LOADED += SHORT


def plan_of(tmp_path: Path, text: str = TEXT, name: str = "e.toml") -> io.Plan:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return io.read(path)


@pytest.fixture
def plan(tmp_path: Path) -> io.Plan:
    return plan_of(tmp_path)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that costs nothing."""
    monkeypatch.setattr(report, "figures", lambda results: {})
    monkeypatch.setattr(
        report, "write", lambda results, path, figures: Path(path).write_text(results.title)
    )


def listing(place: Path) -> dict[str, bytes]:
    return {
        p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*") if p.is_file()
    }


def test_points_are_what_the_verbs_say(plan: io.Plan) -> None:
    point = run.execute(plan).points[0]
    e = plan.experiment
    assert point.changes == {}
    f = np.geomspace(1.0, 1000.0, 4)
    pulse = vg.Pulse(0.1, 0.1)
    pairs = [
        (point.frequency, vg.frequency_response(e, f)),
        (point.step, vg.step_response(e, [-1.0, 0.1])),
        (point.pulse, vg.time_response(e, pulse, plan.pulse.times())),
        (point.profile, vg.frequency_response(e, [1.0, 10.0], at=[0.0, 20e-9, 40e-9])),
        (point.relaxation, vg.relaxation_times(e, tau=np.geomspace(0.1, 10.0, 5))),
    ]
    for got, wanted in pairs:
        assert got.units == wanted.units
        np.testing.assert_array_equal(got.values, wanted.values)


@pytest.mark.parametrize("key", ["time", "pulse_time"])
def test_profiles_in_time(tmp_path: Path, key: str) -> None:
    text = TEXT.replace('frequency = ["1 Hz", "10 Hz"]', f"{key} = [0.05, 0.2]")
    point = run.execute(plan_of(tmp_path, text)).points[0]
    e, at = point.experiment, [0.0, 20e-9, 40e-9]
    if key == "time":
        wanted = vg.step_response(e, [0.05, 0.2], at=at)
    else:
        wanted = vg.time_response(e, vg.Pulse(0.1, 0.1), [0.05, 0.2], at=at)
    np.testing.assert_array_equal(point.profile.values, wanted.values)


def test_results_carry_sources_and_findings(plan: io.Plan) -> None:
    results = run.execute(plan)
    source = {s["parameter"]: s for s in results.sources}
    assert source["tip.radius"]["value"] == 20e-9
    assert source["tip.radius"]["unit"] == "m"
    assert source["material.charge"]["source"] == "default of vegard"
    assert [f.rule for f in results.points[0].findings] == [
        f.rule for f in plan.experiment.check(0.1, 1000.0)
    ]
    assert results.inputs_sha256 in results.text


def test_progress_counts_every_step(plan: io.Plan) -> None:
    seen: list[tuple[int, int]] = []
    run.execute(plan, lambda done, total, what: seen.append((done, total)))
    assert seen == [(i, 5) for i in range(5)]


def test_a_signal_nobody_asked_for_is_left_out_with_a_note(
    plan: io.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(plan: Any, case: Any, cases: Any) -> Any:
        raise VegardError("no such thing here.")

    monkeypatch.setitem(run.VERBS, "relaxation", fail)
    with pytest.raises(VegardError, match=r"\[relaxation\]: no such thing here"):
        run.execute(plan)
    from dataclasses import replace

    results = run.execute(replace(plan, asked=frozenset()))
    assert results.points[0].relaxation is None
    assert results.notes == ["[relaxation] is left out: no such thing here."]
    assert "[relaxation]\nenabled = false" in results.text


def test_concentration_drives_are_checked_as_concentrations(tmp_path: Path) -> None:
    text = TEXT.replace('drive = "0.1 V"', 'per = "concentration"\ndrive = 1e5')
    found = {f.rule: f.left for f in run.execute(plan_of(tmp_path, text)).points[0].findings}
    assert found["Vegard strain |βΔC| above 2 %"] == pytest.approx(1e-6 * 1e5, rel=1e-12)


@pytest.mark.usefixtures("plain")
def test_every_file_carries_schema_version_hash_and_seed(plan: io.Plan, tmp_path: Path) -> None:
    results = run.execute(plan)
    files = run.write(results, tmp_path / "out")
    digest = io.inputs_hash(results.plan)
    assert sorted(files) == sorted(listing(tmp_path / "out"))
    for name in files:
        place = tmp_path / "out" / name
        if name.endswith(".nc"):
            with xr.open_dataset(place) as data:
                marks = data.attrs
            assert (marks["schema"], marks["seed"]) == (1, 7)
            assert (marks["vegard"], marks["inputs_sha256"]) == (vg.__version__, digest)
        elif name != "report.html":
            text = place.read_text("utf-8")
            assert digest in text
            assert vg.__version__ in text
            assert "seed" in text
            assert "schema" in text


@pytest.mark.usefixtures("plain")
def test_a_sweep_stacks(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SWEPT)
    results = run.execute(plan)
    run.write(results, tmp_path / "out")
    paths = tuple(path for path, _ in plan.sweeps)
    with xr.open_dataset(tmp_path / "out" / "frequency.nc") as data:
        assert data["response_re"].dims == (*paths, "frequency")
        assert data["response_re"].attrs["units"] == "m/V"
        one = data.sel({"tip.radius": 30e-9, "geometry.back": "permeable"})
        re, im = one["response_re"].values, one["response_im"].values
    e = plan.experiment.replace({"tip.radius": 30e-9, "geometry.back": "permeable"})
    wanted = vg.frequency_response(e, plan.frequency.array()).values
    np.testing.assert_array_equal(re + 1j * im, wanted)
    with xr.open_dataset(tmp_path / "out" / "profile.nc") as data:
        assert data["response_re"].dims == (*paths, "at", "frequency")
    lines = (tmp_path / "out" / "frequency.csv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 6 * 4
    last = [r for r in rows if r["tip.radius"] == "3e-08" and r["geometry.back"] == "permeable"]
    assert [float(r["re"]) for r in last] == wanted.real.tolist()
    assert [float(r["phase"]) for r in last] == np.angle(wanted).tolist()


@pytest.mark.usefixtures("plain")
def test_what_is_in_metres_states_its_drive(tmp_path: Path) -> None:
    text = TEXT.replace('frequency = ["1 Hz", "10 Hz"]', "pulse_time = [0.05, 0.2]")
    run.write(run.execute(plan_of(tmp_path, text)), tmp_path / "out")
    for name in ("pulse", "profile", "step"):
        lines = (tmp_path / "out" / f"{name}.csv").read_text("utf-8").splitlines()
        with xr.open_dataset(tmp_path / "out" / f"{name}.nc") as data:
            said = data.attrs.get("drive"), data.attrs.get("pulse_duration")
        assert said == ((None, None) if name == "step" else ("0.1 V", "0.1 s"))
        assert ("# drive: 0.1 V" in lines) == (name != "step")
        assert ("# pulse_duration: 0.1 s" in lines) == (name != "step")


def test_single_points_have_numbers_and_no_figure(tmp_path: Path) -> None:
    text = TEXT.split("[frequency]")[0] + '[frequency]\nvalues = ["1 kHz"]\n'
    text += '[time]\nvalues = ["1 s"]\n[pulse]\nenabled = false\n'
    text += "[profile]\nvalues = [0]\ntime = 1\n[relaxation]\nvalues = [1]\n"
    results = run.execute(plan_of(tmp_path, text))
    files = run.write(results, tmp_path / "out")
    assert "report.html" in files
    assert not [n for n in files if n.startswith("figures/")]
    number = run.summary(results)["points"][0]["numbers"]
    assert number["amplitude_lowest"] == float(results.points[0].frequency.amplitude[0])
    assert "The surface moves by" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_contact_has_a_current(tmp_path: Path) -> None:
    results = run.execute(plan_of(tmp_path, CONTACT))
    point = results.points[0]
    e = point.experiment
    z = vg.contact_impedance(e, [1.0, 1000.0])
    np.testing.assert_array_equal(point.impedance.values, z.values)
    np.testing.assert_array_equal(point.resistance.values, vg.contact_impedance(e, 0.0).values)
    step = vg.contact_current(e, time=[1e-3, 1.0])  # not before the step
    np.testing.assert_array_equal(point.step_current.values, step.values)
    number = report.key_numbers(point)
    # charge transfer alone -dE/dC/(zFκπR²), spreading alone -dE/dC/(4zFDR): more than their sum
    per = 1e-5 / 96485.33212
    alone = per / (1e-7 * np.pi * 20e-9**2) + per / (4 * 1e-15 * 20e-9)
    assert alone < number["resistance_at_rest_Ohm"] < 1.1 * alone
    assert number["current_at_rest_A_per_V"] == 1 / number["resistance_at_rest_Ohm"]
    assert number["impedance_lowest_Ohm"] == np.abs(z.values)[0]
    assert len(results.notes) == 1
    assert "[relaxation] is left out" in results.notes[0]
    assert "A per volt: a resistance of" in report.answer(results)


SEEN = """
[resolution]
values = ["1 Hz", "100 Hz"]
instrument = "QPDI+SCM-PIT+SP983"
[detection]
from = "1 Hz"
to = "100 Hz"
points = 3
instrument = "QPDI+SCM-PIT+SP983"
"""


def test_resolution_and_detection_are_those_of_the_verbs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, TEXT + SEEN)
    results = run.execute(plan)
    point, tool = results.points[0], vg.instruments["QPDI+SCM-PIT+SP983"]
    e = point.experiment
    r = vg.resolution(e.replace({"readout": "punch"}), [1.0, 100.0], instrument=tool, drive=0.1)
    np.testing.assert_allclose(point.edge_width.values, r.edge_25_75, rtol=1e-12)
    np.testing.assert_allclose(point.half_contrast_period.values, 2 * np.pi / r.k50, rtol=1e-12)
    np.testing.assert_allclose(
        point.noise_limited_period.values, r.noise_limited_period, rtol=1e-12
    )
    d = vg.detection(e, np.geomspace(1, 100, 3), instrument=tool, drive=0.1)
    np.testing.assert_allclose(point.snr_strain.values, d.snr_strain, rtol=1e-12)
    np.testing.assert_allclose(point.ions.values, d.ions, rtol=1e-12)
    assert (point.edge_width.error < 1e-6 * point.edge_width.values).all()
    said = report.answer(results)
    assert "an edge of β is seen over" in said
    assert "times the noise at" in said
    assert report.key_numbers(point)["edge_width_lowest_m"] == point.edge_width.values[0]
    files = run.write(results, tmp_path / "out")
    assert {"edge_width.csv", "snr_strain.nc", "figures/edge_width.png"} <= set(files)
    again = io.read(tmp_path / "out" / run.RESOLVED)
    assert again.resolution == plan.resolution
    assert again.detection == plan.detection


def test_a_run_without_the_sections_has_no_resolution(plan: io.Plan) -> None:
    assert plan.resolution is None
    assert "resolution" not in io.dump(plan)


def test_a_sample_that_drowns_has_no_noise_limited_period(tmp_path: Path) -> None:
    weak = (TEXT + SEEN).replace('"0.1 V"', '"1e-9 V"')
    results = run.execute(plan_of(tmp_path, weak))
    assert results.points[0].noise_limited_period is None
    assert any("no noise-limited period" in note for note in results.notes)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[detection]\n", r"detection\.instrument is missing"),
        ('[resolution]\ninstrument = "QPDI+SCM"\n', "QPDI"),
        ("[resolution]\nradius = 1\n", "resolution"),
    ],
)
def test_what_is_seen_says_what_is_wrong(tmp_path: Path, section: str, said: str) -> None:
    with pytest.raises(VegardError, match=said):
        plan_of(tmp_path, TEXT + section)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CONTACT + "[relaxation]\n", r"\[relaxation\]: relaxation_times knows linear exchange"),
        (BLOCKING + "[relaxation]\n", r"\[relaxation\]: relaxation_times knows linear exchange"),
        (BLOCKING + "[current]\n", r"\[current\]: BlockingTip has no contact current"),
        (LOADED.replace("quality = 150", "quality = 1e-300"), r"\[frequency\].*check their units"),
        (
            LOADED.replace('"1 Gohm"', '"1 Gohm"\nradius = 1e-200'),
            r"\[frequency\].*check their units",
        ),
    ],
)
def test_what_is_asked_and_does_not_exist_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(VegardError, match=said):
        run.execute(plan_of(tmp_path, text))


def test_a_contact_that_keeps_its_ions_has_no_resistance_at_rest(tmp_path: Path) -> None:
    film = '[geometry]\nkind = "Film"\nthickness = "50 nm"\n'
    results = run.execute(plan_of(tmp_path, CONTACT + film))
    assert results.points[0].resistance is None
    assert "resistance_at_rest_Ohm" not in report.key_numbers(results.points[0])
    assert any("no resistance at rest" in note for note in results.notes)


def test_a_contact_without_a_slope_has_a_current_per_concentration(tmp_path: Path) -> None:
    text = CONTACT.replace('ocv_slope = "-1e-5 V m^3/mol"\n', "")
    point = run.execute(plan_of(tmp_path, text)).points[0]
    assert point.impedance is None
    assert point.current.units == "(mol/s)/(mol/m³)"


def test_a_blocking_tip_runs(tmp_path: Path) -> None:
    results = run.execute(plan_of(tmp_path, BLOCKING))
    e = vg.Experiment(
        vg.Material(1e-15, 1e-6, 0.3, young=100e9, ocv_slope=-1e-5), vg.DiscTip(20e-9),
        interface=vg.BlockingTip(2e-9, 1e3),
    )  # fmt: skip
    f = results.plan.frequency.array()
    wanted = vg.frequency_response(e, f).values
    np.testing.assert_array_equal(results.points[0].frequency.values, wanted)
    assert "a tip that lets no ions through" in report.answer(results)


@pytest.mark.slow
def test_a_tilted_grain_moves_sideways(tmp_path: Path) -> None:
    results = run.execute(plan_of(tmp_path, GRAIN))
    point, f = results.points[0], results.plan.frequency.array()
    material = results.plan.experiment.material.rotated(np.radians([30.0, 40.0, 0.0]))
    e = results.plan.experiment.replace({"material": material})
    for name in ("lateral_x", "lateral_y"):
        wanted = vg.frequency_response(e, f, component=name, azimuth=np.radians(20)).values
        np.testing.assert_allclose(getattr(point, name).values, wanted, rtol=1e-12)  # rad of deg
    assert "Sideways it moves by" in report.answer(results)


def test_the_photodiode_reads_the_sum_through_the_lever(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, LOADED)
    for point in run.execute(plan).points:
        lever, terms = point.case.extras.cantilever, point.case.extras.parasitics.given()
        u = vg.frequency_response(point.experiment, plan.frequency.array()).values
        total = u + sum(t.transfer(2j * np.pi * plan.frequency.array(), point.experiment, "volt")
                        for t in terms.values())  # fmt: skip
        np.testing.assert_allclose(point.sum.values, total, rtol=1e-12)  # order of the sum
        np.testing.assert_array_equal(point.frequency.values, u)  # diffusion alone
        f = point.photodiode.axis
        there = np.isin(f, plan.frequency.array())
        read = total * lever.transfer(plan.frequency.array())
        np.testing.assert_allclose(point.photodiode.values[there], read, rtol=1e-12)
        first = lever.resonances(1)[0]
        assert np.abs(f / first - 1).min() < 1e-12  # the resonance itself is among the points
        number = report.key_numbers(point)
        assert number["contact_resonance_1_Hz"] == first
        assert number["contact_quality_1"] == pytest.approx(150 * first / 75e3, rel=1e-4)
        assert number["contact_radius_m"] == point.experiment.tip.radius


@pytest.mark.slow
def test_a_term_without_bias_is_told(tmp_path: Path) -> None:
    text = LOADED.replace('heat_capacity = "3e6 J/m^3/K"\nexpansion = "1.3e-5 1/K"\ndc = "200 mV"',
                          'heat_capacity = "3e6 J/m^3/K"\nexpansion = "1.3e-5 1/K"')  # fmt: skip
    results = run.execute(plan_of(tmp_path, text))
    assert not results.points[0].joule.values.any()
    assert any("[parasitics.joule] has no part at the drive's" in note for note in results.notes)
    off = run.execute(
        plan_of(tmp_path, LOADED.replace("[frequency]", "[frequency]\nenabled = false"))
    )
    assert any("[cantilever] and [parasitics] act in [frequency]" in note for note in off.notes)


def test_explicit_frequencies_are_the_photodiodes_too(tmp_path: Path) -> None:
    text = LOADED.replace('from = "100 Hz"\nto = "1 MHz"\npoints = 5', "values = [1e3, 1e5]")
    point = run.execute(plan_of(tmp_path, text)).points[0]
    assert point.photodiode.axis.tolist() == [1e3, 1e5]


def test_the_largest_term_is_told_with_its_frequencies(tmp_path: Path) -> None:
    text = LOADED.replace("points = 5", "points = 41").replace("200 mV", "20 V")
    results = run.execute(plan_of(tmp_path, text))
    point = results.points[0]
    edge = report.key_numbers(point)["largest_term_changes_Hz"]
    pull = point.case.extras.parasitics.electrostatic
    level = abs(pull.response(1e3, ac=1.0).values)
    crossing = vg.frequency_response(point.experiment, edge).amplitude
    assert crossing == pytest.approx(level, rel=1e-2)  # linear between ten points a decade
    assert "The largest term is diffusion (ESM) below" in report.answer(results)


@pytest.mark.slow
@pytest.mark.parametrize("text", [TEXT, SWEPT, CONTACT, BLOCKING, GRAIN, LAYERS, LOADED])
@pytest.mark.usefixtures("plain")
def test_the_resolved_file_repeats_bit_for_bit(tmp_path: Path, text: str) -> None:
    run.write(run.execute(plan_of(tmp_path, text)), tmp_path / "one")
    again = io.read(tmp_path / "one" / "experiment.resolved.toml")
    run.write(run.execute(again), tmp_path / "two")
    one, two = listing(tmp_path / "one"), listing(tmp_path / "two")
    assert one.keys() == two.keys()
    for name in one:
        if name.endswith((".csv", ".toml")):
            assert one[name] == two[name], name


@pytest.mark.usefixtures("plain")
def test_the_summary_holds_no_nan(plan: io.Plan, tmp_path: Path, monkeypatch: Any) -> None:
    numbers = {"a": float("nan"), "b": float("inf"), "c": np.float64(2.0)}
    monkeypatch.setattr(report, "key_numbers", lambda point: numbers)
    run.write(run.execute(plan), tmp_path / "out")
    text = (tmp_path / "out" / "summary.json").read_text("utf-8")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    data = json.loads(text, parse_constant=refuse)
    assert data["points"][0]["numbers"] == {"a": None, "b": None, "c": 2.0}


@pytest.mark.usefixtures("plain")
class TestFolder:
    """Whole or not there, and never over somebody else's files."""

    def test_new_with_parents(self, plan: io.Plan, tmp_path: Path) -> None:
        run.write(run.execute(plan), tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b" / "summary.json").exists()
        assert os.listdir(tmp_path / "a") == ["b"]

    def test_again_replaces_and_foreign_files_stay(self, plan: io.Plan, tmp_path: Path) -> None:
        out = tmp_path / "out"
        run.write(run.execute(plan), out)
        (out / "notes.txt").write_text("mine")
        small = plan_of(tmp_path, TEXT.replace("[pulse]", "[pulse]\nenabled = false"))
        files = run.write(run.execute(small), out)
        assert "pulse.csv" not in files
        assert sorted(listing(out)) == sorted([*files, "notes.txt"])
        assert not [n for n in os.listdir(out) if n.startswith(".")]

    def test_the_run_of_another_file_is_kept(self, plan: io.Plan, tmp_path: Path) -> None:
        out = tmp_path / "out"
        run.write(run.execute(plan), out)
        before = listing(out)
        other = run.execute(plan_of(tmp_path, name="other.toml"))
        with pytest.raises(FileError, match=r"holds the run of e\.toml.*--force"):
            run.write(other, out)
        assert listing(out) == before
        run.write(other, out, force=True)
        assert json.loads((out / "summary.json").read_text())["file"] == "other.toml"

    def test_the_run_of_a_namesake_is_kept(self, plan: io.Plan, tmp_path: Path) -> None:
        out = tmp_path / "out"
        run.write(run.execute(plan), out)
        (tmp_path / "b").mkdir()
        other = plan_of(tmp_path / "b", TEXT.replace("small, with ±", "large"))
        with pytest.raises(FileError, match=r"e\.toml titled 'small, with ±'.*--force"):
            run.write(run.execute(other), out)

    @pytest.mark.parametrize("name", ["frequency.csv", "step.nc", "figures/pulse.svg"])
    def test_a_namesake_of_our_files_is_kept(
        self, plan: io.Plan, tmp_path: Path, name: str
    ) -> None:
        out = tmp_path / "out"
        (out / name).parent.mkdir(parents=True)
        (out / name).write_text("mine")
        with pytest.raises(FileError, match=f"holds a {name} that no run.*--force"):
            run.check(plan, out, force=False, report=True)
        results = run.execute(plan)
        with pytest.raises(FileError, match="--force"):
            run.write(results, out)
        assert listing(out) == {name: b"mine"}
        assert "summary.json" in run.write(results, out, force=True)

    def test_a_namesake_beside_an_earlier_run_is_kept(self, plan: io.Plan, tmp_path: Path) -> None:
        out = tmp_path / "out"
        small = plan_of(tmp_path, TEXT.replace("[pulse]", "[pulse]\nenabled = false"))
        run.write(run.execute(small), out)
        (out / "pulse.csv").write_text("mine")
        with pytest.raises(FileError, match=r"holds a pulse\.csv"):
            run.write(run.execute(plan), out)
        run.write(run.execute(small), out)
        assert (out / "pulse.csv").read_text() == "mine"

    def test_a_report_of_something_else_is_kept(self, plan: io.Plan, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "report.html").write_text("mine")
        with pytest.raises(FileError, match=r"report\.html that no run of vegard"):
            run.write(run.execute(plan), out)
        assert listing(out) == {"report.html": b"mine"}

    @pytest.mark.parametrize("place", ["file", "file/out", "file/a/b"])
    def test_a_file_in_the_way(self, plan: io.Plan, tmp_path: Path, place: str) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(FileError, match="is a file"):
            run.write(run.execute(plan), tmp_path / place)
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_folder_that_refuses(
        self, plan: io.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def deny(*args: Any, **kw: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "mkdir", deny)
        with pytest.raises(FileError, match=r"Permission denied\. Choose a folder you may write"):
            folder.check(tmp_path / "out", "e.toml", "e", ())

    @pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
    @pytest.mark.parametrize("earlier", [False, True])
    def test_nothing_half_written(
        self,
        plan: io.Plan,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        error: Any,
        earlier: bool,
    ) -> None:
        out = tmp_path / "a" / "out"
        results = run.execute(plan)
        if earlier:
            run.write(results, out)
        before = listing(tmp_path)

        def fail(*args: Any) -> None:
            raise error

        monkeypatch.setattr(report, "write", fail)
        with pytest.raises((KeyboardInterrupt, FileError)):
            run.write(results, out)
        assert listing(tmp_path) == before
        assert (tmp_path / "a").exists() == earlier
        if earlier:
            assert sorted(os.listdir(tmp_path / "a")) == ["out"]

    def test_a_locked_file_brings_all_back(
        self, plan: io.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "out"
        run.write(run.execute(plan), out)
        before = listing(out)
        real = os.replace
        locked = [True]

        def replace(source: Any, target: Any) -> None:
            if Path(target) == out / "step.csv" and locked:
                locked.clear()
                raise PermissionError(13, "in use by another program")
            real(source, target)

        monkeypatch.setattr(os, "replace", replace)
        changed = plan_of(tmp_path, TEXT.replace("20 nm", "25 nm"))
        with pytest.raises(FileError, match="in use by another program"):
            run.write(run.execute(changed), out)
        assert listing(out) == before
        assert not [n for n in os.listdir(out) if n.startswith(".")]

    def test_a_summary_cannot_reach_outside(self, plan: io.Plan, tmp_path: Path) -> None:
        out = tmp_path / "out"
        run.write(run.execute(plan), out)
        (tmp_path / "precious").write_text("mine")
        summary = json.loads((out / "summary.json").read_text())
        names = ["../precious", str(tmp_path / "precious"), "..\\precious", 3]
        summary["files"] += names
        (out / "summary.json").write_text(json.dumps(summary))
        run.write(run.execute(plan), out)
        assert (tmp_path / "precious").read_text() == "mine"


NEW = ("blocking_tip", "contact_current", "film_on_substrate", "load_to_photodiode", "parasitics",
       "tilted_grain")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lmo_disc", "film_kinetics_sweep", *NEW])
def test_examples_run(tmp_path: Path, name: str) -> None:
    results = run.execute(io.read(EXAMPLES / f"{name}.toml"))
    files = run.write(results, tmp_path / "out")
    assert {"report.html", "frequency.csv", "frequency.nc", "figures/frequency.png"} <= set(files)
    svg = (tmp_path / "out" / "figures" / "frequency.svg").read_text("utf-8")
    assert results.inputs_sha256 in svg
    assert (
        results.inputs_sha256.encode()
        in (tmp_path / "out" / "figures" / "frequency.png").read_bytes()
    )
    assert sorted(files) == sorted(listing(tmp_path / "out"))
    if name in NEW:
        return
    resolved = io.read(tmp_path / "out" / "experiment.resolved.toml")
    run.write(run.execute(resolved), tmp_path / "again", report=False)
    for path in (tmp_path / "again").glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes(), path.name
    first = results.points[0]
    if name == "lmo_disc":  # static limit (1+ν) β R /|dE/dC| = 2.89 nm/V
        m = first.experiment.material
        static = 1.3 * m.vegard * 20e-9 / abs(m.ocv_slope)
        assert float(first.frequency.amplitude[0]) == pytest.approx(static, rel=0.01)
        slopes = np.diff(np.log(first.frequency.amplitude)) / np.diff(np.log(first.frequency.axis))
        assert slopes[-1] == pytest.approx(-0.5, abs=0.005)
    else:
        assert len(results.points) == 6
        assert first.relaxation.values.shape == (377,)  # 40 a decade over the whole sweep


@pytest.mark.slow
def test_a_sticking_tip_reads_sideways_motion_too(tmp_path: Path) -> None:
    """A tilted grain under a tip that sticks: the two readings of the lever, added."""
    text = (
        GRAIN
        + """
[cantilever]
stiffness = "2.8 N/m"
free_resonance = "75 kHz"
quality = 150
length = "225 um"
contact_stiffness = "500 N/m"
lateral_stiffness = "400 N/m"
tip_height = "15 um"
tilt = "11 deg"
"""
    )
    results = run.execute(plan_of(tmp_path, text))
    point, plan = results.points[0], results.plan
    lever, f = point.case.extras.cantilever, point.photodiode.axes[-1].points
    ask = {"per": plan.per, "azimuth": plan.azimuth}
    up, along = (
        vg.frequency_response(point.experiment, f, component=component, **ask)
        for component in ("vertical", "lateral_x")
    )
    both = up.values * lever.transfer(f) + along.values * lever.transfer(f, component="lateral_x")
    assert np.allclose(point.photodiode.values, both, rtol=1e-12, atol=0)
    assert abs(along.values).max() > 0.1 * abs(up.values).max()
