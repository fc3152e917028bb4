"""Instruments: the object, the catalogue and its sources, the noise floor, the command."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from math import inf, isfinite, pi
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import vegard
from vegard import noise
from vegard.cantilever import Cantilever
from vegard.commands.instruments import instruments as command
from vegard.errors import FileError, VegardError
from vegard.instrument import KINDS, UNITS, Catalogue, Instrument, instruments
from vegard.noise_floor import current_noise, deflection_noise, displacement_noise

LEVER = Cantilever(2.8, 75e3, 150.0, 225e-6, contact_stiffness=500.0)
BOUNDS = {  # what instruments of the kind can have at all
    "displacement_noise": (1e-16, 1e-11),
    "current_noise": (1e-17, 1e-9),
    "voltage_noise": (5e-10, 1e-6),
    "bandwidth": (1e-4, 1e9),
    "gain": (1e2, 1e14),
    "frequency_limit": (1.0, 1e10),
    "stiffness": (5e-3, 500.0),
    "free_resonance": (1e3, 3e6),
    "quality": (1.0, 1e6),
    "length": (5e-6, 1e-3),
    "tip_position": (0.8, 1.0),
    "tip_height": (1e-6, 5e-5),
}
READINGS = [(n, r) for n in instruments for r in instruments.part(n).readings.values()]


def close(value, rel):
    """Equal to ``rel`` alone: `pytest.approx` by itself lets pass any two numbers below 1e-12."""
    return pytest.approx(value, rel=rel, abs=0)


# ---- the object ----------------------------------------------------------------------------------


def test_fields_and_order():
    i = Instrument("mine", 1e-14, 2e-15, 100, LEVER, "a page", 5e-9)
    assert (i.displacement_noise, i.current_noise, i.bandwidth) == (1e-14, 2e-15, 100.0)
    assert (i.cantilever, i.source, i.voltage_noise) == (LEVER, "a page", 5e-9)
    unknown = Instrument("x", None, None, None)
    assert unknown.cantilever is None
    assert unknown.source is None
    with pytest.raises(AttributeError):
        i.bandwidth = 3.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"displacement_noise": -1e-15}, r"Instrument.displacement_noise must be >= 0 \[m/√Hz\]"),
        ({"current_noise": "5 fA"}, "must be a number in SI units"),
        ({"bandwidth": 0.0}, "bandwidth must be > 0"),
        ({"voltage_noise": inf}, "voltage_noise must be >= 0"),
        ({"cantilever": 2.8}, "must be a vegard.Cantilever; got 2.8"),
        ({"name": ""}, "name must be text"),
        ({"name": 3}, "name must be text"),
        ({"bandwith": 1.0}, "Did you mean 'bandwidth'"),
        ({"cantilever.stiffness": -1.0}, "Cantilever.stiffness must be > 0"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(VegardError, match=words):
        Instrument("mine", 1e-14, 1e-15, 100.0, LEVER).replace(change)


def test_replace_reaches_the_lever():
    made = Instrument("mine", 1e-14, 1e-15, 100.0, LEVER)
    other = made.replace({"cantilever.contact_stiffness": 90, "bandwidth": 1})
    assert (other.cantilever.contact_stiffness, other.bandwidth) == (90.0, 1.0)
    assert made.cantilever.contact_stiffness == 500.0


# ---- the catalogue -------------------------------------------------------------------------------


def test_there_is_something_of_each_kind():
    kinds = [instruments.part(n).kind for n in instruments]
    assert set(kinds) == set(KINDS)
    assert kinds.count("lever") >= 5
    assert kinds.count("electrometer") >= 4
    assert len(instruments) == len(kinds) >= 20


@pytest.mark.parametrize(("name", "r"), READINGS, ids=[f"{n}-{r.quantity}" for n, r in READINGS])
def test_every_number_has_its_address_and_can_be_true(name, r):
    assert r.source.startswith("https://")
    assert len(r.source.split("/")) > 3  # a page, not a site
    assert r.conditions.strip()
    assert r.unit == UNITS[r.quantity]
    low, high = BOUNDS[r.quantity]
    assert all(isfinite(v) and low <= v <= high for v in (r.value, *(r.range or ())))
    if r.basis == "derived":  # says from what
        assert any(c.isdigit() for c in r.conditions)


def test_no_registry_and_no_place_of_ours():
    text = (Path(vegard.__file__).parent / "data" / "instruments.toml").read_text("utf-8").lower()
    for word in ("pypi", "conda", "/work/", "/tmp/", "localhost"):
        assert word not in text


def test_derived_numbers_follow_from_their_words():
    part = instruments.part("differential-interferometer")
    assert part.value("displacement_noise") == close(1e-12 / np.sqrt(20e3), rel=5e-3)
    assert instruments.part("SCM-PIT").value("tip_position") == close(1 - 4.5 / 225.9, 1e-4)
    assert instruments.part("Multi75E-G").value("tip_position") == close(1 - 11 / 225, 1e-4)


@pytest.mark.parametrize(
    ("name", "resistance"),
    [("ULCA 6.75G", 6.75e9), ("M1-Delft", 1e9), ("SP983", 1e9), ("ULCA 185G", 185e9)],
)
def test_amplifiers_are_not_quieter_than_their_resistors(name, resistance):
    """A check of the reading: i_n lies above √(4k_BT/R), and not far."""
    own = instruments[name].current_noise
    assert 0.97 < own / noise.johnson(resistance, 298.15) < 1.5


def test_a_silicon_lever_keeps_the_relation_of_beams():
    """f₁ = 1.8751²/(2π L²)·√(EI/μ), k = 3EI/L³: thickness from both, E = 169 GPa, 2330 kg/m³."""
    for name in ("SCM-PIT", "PPP-CONTAu", "Multi75E-G", "OSCM-PT", "DDESP-FM", "DDESP"):
        part = instruments.part(name)
        k, f, length = (part.value(q) for q in ("stiffness", "free_resonance", "length"))
        thickness = f * 2 * pi * length**2 / (1.8751**2 * np.sqrt(169e9 / 12 / 2330))
        width = 4 * k * length**3 / (169e9 * thickness**3)
        assert 0.5e-6 < thickness < 10e-6, name
        assert 1e-5 < width < 1.5e-4, name


def test_a_preset_joins_its_parts():
    name = "QPDI+SCM-PIT+SP983"
    made = instruments[name]
    assert made.name == name
    assert made.displacement_noise == instruments["QPDI"].displacement_noise == 5e-15
    assert made.current_noise == instruments["SP983"].current_noise == 5.5e-15
    assert made.voltage_noise == 1.8e-9
    assert made.cantilever == instruments.part("SCM-PIT").lever()
    assert made.bandwidth == instruments.part(name).bandwidth == 100.0
    assert made.source.count("https://") == 3
    (row,) = instruments.table([name])
    assert (row["kind"], row["bandwidth"], row["stiffness"]) == ("preset", 100.0, 1.697)


def test_what_was_not_read_stays_unknown():
    assert instruments["QPDI"].current_noise is None
    assert instruments["M1-Delft"].bandwidth is None
    assert instruments["MFLI"].voltage_noise is None
    assert instruments.part("OSCM-PT").value("quality") is None


def test_levers():
    lever = instruments["SCM-PIT"].cantilever
    assert (lever.stiffness, lever.free_resonance, lever.quality) == (1.697, 63801.0, 175.1)
    assert lever.contact_stiffness is None
    given = instruments.part("OSCM-PT").lever(quality=150, contact_stiffness=10)
    assert (given.length, given.quality, given.contact_stiffness) == (240e-6, 150.0, 10.0)
    with pytest.raises(VegardError, match=r"quality of the lever 'OSCM-PT' .*lever\(quality=…\)"):
        instruments["OSCM-PT"]
    with pytest.raises(VegardError, match="'QPDI' is of kind afm, not a lever"):
        instruments.part("QPDI").lever()


def test_unknown_names_list_the_nearest():
    for ask in (instruments.__getitem__, instruments.part, lambda n: instruments.table([n])):
        with pytest.raises(VegardError, match=r"unknown instrument 'SP938'. Did you mean 'SP983'"):
            ask("SP938")
    with pytest.raises(VegardError, match="Did you mean 'stiffness'"):
        instruments.part("SCM-PIT").value("stifness")
    assert "SP938" not in instruments
    assert instruments.get("SP938") is None
    assert instruments.get("SP983").current_noise == 5.5e-15


def test_import_reads_no_file_and_loads_no_numpy():
    code = (
        "import sys; from vegard.instrument import instruments; "
        "assert instruments._cache is None; assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("first", ["Instrument", "instruments"])
def test_the_public_name_is_the_catalogue_whatever_is_asked_first(first):
    """A module of the name ``instruments`` would take its place once anything imports it."""
    code = (
        f"import vegard as vg; vg.{first}; import vegard.noise_floor, vegard.commands.instruments; "
        "assert vg.instruments['QPDI'].name == 'QPDI'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


GOOD = {
    "value": "1e-14", "unit": '"m/√Hz"', "basis": '"stated"', "conditions": '"air"',
    "source": '"https://a.b/c"',
}  # fmt: skip


def file(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return Catalogue(path)


def one(quantity="displacement_noise", **change):
    pairs = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    body = "\n".join(f"{k} = {v}" for k, v in pairs.items())
    return f'[X]\nkind = "afm"\ntitle = "x"\n[X.{quantity}]\n{body}\n'


def test_a_file_of_your_own(tmp_path):
    assert file(tmp_path, one())["X"].displacement_noise == 1e-14
    with pytest.raises(FileError, match="cannot be read"):
        len(Catalogue(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = [", "not valid TOML"),
        ("X = 3", "must be a table"),
        ('[X]\nkind = "microscope"\ntitle = "x"', "a kind out of afm, lever"),
        ('[X]\nkind = "afm"', "needs a title"),
        ('[X]\nkind = "afm"\ntitle = "x"\nparts = ["X"]', "only a preset has"),
        ('[X]\nkind = "preset"\ntitle = "x"\nparts = ["Y"]\nbandwidth = 1', "unknown part 'Y'"),
        ('[X]\nkind = "preset"\ntitle = "x"\nparts = ["X"]', "title, notes, parts and bandwidth"),
        (one("displacment_noise"), "Did you mean 'displacement_noise'"),
        (one(value="-1.0"), "numbers > 0"),
        (one(value="inf"), "numbers > 0"),
        (one(value='"5 fm"'), "numbers > 0"),
        (one(unit='"fm/√Hz"'), "unit must be m/√Hz"),
        (one(basis='"guessed"'), "unknown basis 'guessed'"),
        (one(source='"the manual"'), "source must be the address"),
        (one(source=None), "must hold basis, conditions, source, unit, value"),
        (one(colour='"red"'), "must hold"),
        (one(range="[2e-14, 3e-14]"), "about the value"),
        (one(range="3.0"), "numbers > 0"),
        (one(range='["a", 1]'), "numbers > 0"),
        (one(range="[1e-15]"), "about the value"),
    ],
)
def test_bad_files_are_refused_in_words(tmp_path, text, words):
    with pytest.raises(FileError, match=words):
        len(file(tmp_path, text))


# ---- the noise floor -----------------------------------------------------------------------------


def test_without_a_lever_the_detector_is_all():
    made = Instrument("x", 3e-14, None, 10.0)
    assert displacement_noise(made, 1e3) == 3e-14
    assert displacement_noise(made, [[1.0, 2.0]]).tolist() == [[3e-14, 3e-14]]


def test_detector_and_lever_add_and_are_divided_by_the_gain():
    f = np.array([1e3, 1e5, LEVER.resonances(1)[0], 6e5])
    made = Instrument("x", 5e-14, None, 10.0, LEVER)
    got = displacement_noise(made, f)
    expected = np.sqrt(25e-28 + deflection_noise(LEVER, f) ** 2) / np.abs(LEVER.transfer(f))
    assert np.allclose(got, expected, rtol=1e-14, atol=0)
    assert got[2] < got[0] / 50  # the resonance helps
    quiet = displacement_noise(made.replace({"displacement_noise": 0.0}), f)
    assert np.allclose(
        quiet * np.abs(LEVER.transfer(f)), deflection_noise(LEVER, f), rtol=1e-14, atol=0
    )
    cold = displacement_noise(made.replace({"displacement_noise": 0}), f, temperature=298.15 / 4)
    assert np.allclose(cold, quiet / 2, rtol=1e-13, atol=0)


def test_at_a_contact_resonance_the_lever_is_an_oscillator():
    """Near f_n: H ≈ H_n·L, S_d ≈ S_n·L with one Lorentzian L, so S_u is flat across the peak."""
    f = LEVER.resonances(1)[0]
    width = f / LEVER.quality_factors(1)[0]
    quiet = Instrument("x", 0.0, None, 10.0, LEVER)
    across = displacement_noise(quiet, f + width * np.array([-1.0, 0.0, 1.0]))
    assert np.allclose(across, across[1], rtol=0.01, atol=0)


def test_current_noise_by_its_parts():
    f, r, c = np.array([1.0, 1e3, 1e5]), 1e9, 1e-10
    made = Instrument("x", None, 5e-15, 10.0, voltage_noise=5e-9)
    got = current_noise(made, f, source_resistance=r, source_capacitance=c, temperature=310.0)
    y2 = 1 / r**2 + (2 * pi * f * c) ** 2
    expected = np.sqrt(25e-30 + 4 * 1.380649e-23 * 310 / r + 25e-18 * y2)
    assert np.allclose(got, expected, rtol=1e-13, atol=0)
    open_input = Instrument("x", None, 5e-15, 10.0)
    assert current_noise(open_input, [1.0, 1e6]).tolist() == [5e-15, 5e-15]
    assert np.isscalar(current_noise(open_input, 1.0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: displacement_noise(LEVER, 1.0), "must be a vegard.Instrument"),
        (lambda: deflection_noise("lever", 1.0), "must be a vegard.Cantilever"),
        (lambda: displacement_noise(instruments["SP983"], 1.0),
         r"Instrument.displacement_noise of 'SP983' is unknown; give it \[m/√Hz\]"),
        (lambda: current_noise(instruments["QPDI"], 1.0), "current_noise of 'QPDI' is unknown"),
        (lambda: current_noise(instruments["M1-Delft"], 1.0, source_capacitance=1e-10),
         "voltage_noise of 'M1-Delft' is unknown"),
        (lambda: current_noise(instruments["M1-Delft"], 1.0, source_resistance=1e9),
         "voltage_noise of 'M1-Delft' is unknown"),
        (lambda: displacement_noise(instruments["QPDI+SCM-PIT+SP983"], 1.0),
         "contact_stiffness is unknown"),
        (lambda: displacement_noise(instruments["QPDI+SCM-PIT+SP983"].replace(
            {"cantilever.contact_stiffness": 0}), 1.0), "is free .* reads nothing"),
        (lambda: displacement_noise(instruments["QPDI"], 0.0), "frequency must be > 0"),
        (lambda: displacement_noise(instruments["QPDI"], 1.0, temperature=0), "temperature must"),
        (lambda: current_noise(instruments["SP983"], 1.0, temperature=-1), "temperature must"),
        (lambda: current_noise(instruments["SP983"], 1.0, source_resistance=0), "source_resist"),
        (lambda: current_noise(instruments["SP983"], 1.0, source_capacitance=-1), "source_capac"),
        (lambda: current_noise(instruments["SP983"], []), "empty"),
    ],
)  # fmt: skip
def test_what_is_unknown_or_wrong_is_said(call, words):
    with pytest.raises(VegardError, match=words):
        call()


# ---- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(command)
    app.command("other")(lambda: None)

    def invoke(*words):
        return CliRunner().invoke(app, ["instruments", *words])

    return invoke


def test_command_lists_shows_and_compares(run):
    listed = run()
    assert listed.exit_code == 0
    assert all(name in listed.output for name in instruments)
    assert "5.5 fA/√Hz" in listed.output
    shown = run("QPDI+SCM-PIT+SP983").output
    for name in ("QPDI", "SCM-PIT", "SP983"):
        for reading in instruments.part(name).readings.values():
            assert reading.source in shown
    assert "is a choice" in shown
    assert "0.6" in run("OSCM-PT").output or "600 mN/m" in run("OSCM-PT").output
    two = run("QPDI", "SP983").output
    assert "QPDI" in two
    assert "SCM-PIT" not in two


def test_command_as_json(run):
    data = json.loads(run("--format", "json").output)
    raw = tomllib.loads(
        (Path(vegard.__file__).parent / "data" / "instruments.toml").read_text("utf-8")
    )
    assert list(data) == list(raw)
    (reading,) = data["QPDI"]["readings"]
    assert (reading["value"], reading["unit"]) == (5e-15, "m/√Hz")
    assert data["QPDI+SCM-PIT+SP983"]["parts"] == ["QPDI", "SCM-PIT", "SP983"]


def test_command_refuses_unknown_names(run):
    result = run("SP938")
    assert isinstance(result.exception, VegardError)
    assert "Did you mean 'SP983'" in str(result.exception)
