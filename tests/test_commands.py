"""The commands beside run and sweep: what they print, write and refuse."""

from __future__ import annotations

import json
import os
import pickle
import shlex
import sys
from math import cos, cosh, pi, sin, sinh
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import vegard as vg
from vegard import cli, fem

DATA = Path(__file__).parents[2] / "shared" / "data"
HERTZ = ["hertz", "--load", "100 nN", "--tip-young", "169 GPa", "--tip-poisson", "0.22"]
SPHERE = [*HERTZ, "--tip-radius", "20 nm"]
BEAM = ["lever", "--stiffness", "2.8 N/m", "--free-resonance", "75 kHz", "--quality", "150",
        "--length", "225 um"]  # fmt: skip
LEVER = [*BEAM, "--contact-stiffness", "500 N/m"]
F = np.linspace(300e3, 340e3, 41)
F0, Q, A = 320e3, 50.0, 2e-12
GRAIN = """
schema = 1
[material]
name = "layered"
catalogue = false
diffusivity = "5e-15 m^2/s"
vegard = { in_plane = 2e-7, normal = -1.1e-6 }
poisson = 0.2
[tip]
kind = "DiscTip"
radius = "20 nm"
[experiment]
per = "concentration"
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def invoke(*args: object) -> Any:
    return CliRunner().invoke(cli.app, [str(a) for a in args])


def told(*args: object) -> dict[str, Any]:
    """JSON of a command that must succeed."""
    out = invoke(*args, "--format", "json")
    assert out.exit_code == 0, out.stderr
    data: dict[str, Any] = json.loads(out.stdout, parse_constant=pytest.fail)
    return data


def refused(*args: object) -> str:
    """The sentence of a command that must fail and write nothing."""
    before = sorted(os.listdir())
    out = invoke(*args)
    assert out.exit_code == 2, out.output
    assert out.stdout == ""
    assert sorted(os.listdir()) == before
    error: str = out.stderr
    return error


def spectrum(f: np.ndarray = F) -> np.ndarray:
    """The oscillator of the field, typed again; e^{+iωt}."""
    return A * F0**2 / (f**2 - 1j * f * F0 / Q - F0**2)


def text(name: str, head: str, *columns: np.ndarray, mark: str = ",") -> Path:
    np.savetxt(name, np.stack(columns, 1), fmt="%.12g", delimiter=mark, header=head, comments="")
    return Path(name)


@pytest.mark.parametrize("name", ["hertz", "lever", "sho", "orientation", "verify"])
def test_help_can_be_read(name: str) -> None:
    assert name in invoke("--help").output
    out = invoke(name, "--help")
    assert out.exit_code == 0
    assert max(map(len, out.output.splitlines())) <= 80
    assert "--format" in out.output


# hertz


def test_hertz_gives_radius_and_stiffness() -> None:
    data = told(*SPHERE, "--material", "LiMn2O4")
    modulus = 1 / ((1 - 0.3**2) / 87e9 + (1 - 0.22**2) / 169e9)
    radius = (3 * 20e-9 * 100e-9 / (4 * modulus)) ** (1 / 3)
    assert radius == pytest.approx(2.89e-9, rel=2e-3)
    exact = {"rel": 1e-12, "abs": 0}  # rounding
    assert data["contact_radius_m"] == pytest.approx(radius, **exact)
    assert data["contact_stiffness_N_per_m"] == pytest.approx(2 * modulus * radius, **exact)
    assert data["mean_pressure_Pa"] == pytest.approx(100e-9 / (pi * radius**2), **exact)
    assert data["notes"] == []


def test_hertz_prints_quantities() -> None:
    out = invoke(*SPHERE, "--material", "LiMn2O4")
    assert out.stdout.splitlines() == [
        "contact radius     2.89 nm",
        "contact stiffness  359.2 N/m",
        "reduced modulus    62.15 GPa",
        "mean pressure      3.811 GPa",
    ]


def test_hertz_of_elastic_constants_alone_is_that_of_the_material() -> None:
    known = told(*SPHERE, "--material", "LiMn2O4")
    assert told(*SPHERE, "--young", "87 GPa", "--poisson", "0.3") == known
    softer = told(*SPHERE, "--material", "LiMn2O4", "--young", "40 GPa")
    assert softer["contact_radius_m"] > known["contact_radius_m"]


def test_hertz_knows_adhesion_cones_and_rigid_tips() -> None:
    sample = ["--young", "87 GPa", "--poisson", "0.3"]
    dmt = told(*SPHERE, *sample, "--model", "dmt", "--adhesion", "50 mJ/m^2", "--load", "0")
    silicon = {"tip_young": 169e9, "tip_poisson": 0.22}
    material = vg.Material(1.0, 1.0, 0.3, young=87e9)
    wanted = vg.hertz(20e-9, 0.0, material, **silicon, model="dmt", adhesion=0.05)
    assert dmt["contact_radius_m"] == pytest.approx(wanted.radius, rel=1e-12, abs=0)
    cone = told(*HERTZ, *sample, "--shape", "cone", "--half-angle", "80 deg", "--tip-young", "inf")
    modulus = 87e9 / (1 - 0.3**2)
    radius = (2 * 100e-9 * np.tan(np.radians(80)) / (pi * modulus)) ** 0.5
    assert cone["contact_radius_m"] == pytest.approx(radius, rel=1e-12, abs=0)


def test_hertz_tells_where_theory_ends() -> None:
    out = invoke(*HERTZ, "--material", "LiMn2O4", "--tip-radius", "2 nm", "--load", "20 nN")
    assert out.exit_code == 0
    assert (
        "note: slope of the tip at the edge of the contact, a/R = 0.392 against 0.3" in out.stdout
    )
    assert out.stderr == ""  # no Python warning


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (SPHERE, "the sample is unknown: give --material NAME"),
        ([*SPHERE, "--young", "87 GPa"], "or --young and --poisson"),
        ([*SPHERE, "--material", "LiMn204"], "Did you mean 'LiMn2O4'?"),
        ([*SPHERE, "--material", "PCO"], "poisson is unknown for PCO; give --poisson."),
        ([*HERTZ, "--material", "LiMn2O4"], "--tip-radius is missing"),
        ([*SPHERE, "--material", "LiMn2O4", "--load", "100 nm"], "--load: '100 nm' is a length"),
        ([*SPHERE, "--material", "LiMn2O4", "--load", "nan"], "--load: must be a number, not nan"),
        ([*SPHERE, "--material", "LiMn2O4", "--load=-1 nN"], "load must be > 0 [N]"),
        ([*SPHERE, "--material", "LiMn2O4", "--load", "100"], "the tip would sink in"),
        ([*SPHERE, "--material", "LiMn2O4", "--model", "dtm"], "Did you mean 'dmt'?"),
        ([*SPHERE, "--material", "LiMn2O4", "--half-angle", "20 deg"], "no half_angle"),
    ],
)
def test_hertz_refuses(args: list[str], said: str) -> None:
    error = refused(*args)
    assert said in error
    assert len(error.splitlines()) == 1


# lever


def test_lever_gives_the_contact_resonances() -> None:
    data = told(*LEVER)
    assert np.round(np.array(data["resonances_Hz"]) / 1e3, 1).tolist() == [319.9, 956.4, 1749.5]
    first = 1.8751040687119611
    for f in data["resonances_Hz"]:  # Rabe's equation, typed again
        z = first * (f / 75e3) ** 0.5
        free, pinned = z**3 * (1 + cos(z) * cosh(z)), sin(z) * cosh(z) - cos(z) * sinh(z)
        assert -free / pinned == pytest.approx(3 * 500 / 2.8, rel=1e-8)
    # without damping of the contact Q grows with f
    wanted = [150 * f / 75e3 for f in data["resonances_Hz"]]
    assert data["quality_factors"] == pytest.approx(wanted, rel=1e-4)  # to order 1/Q²
    assert data["gain_at_rest"] == pytest.approx(500 / 502.8, rel=1e-12)
    assert data["blind_laser_positions"][0] == pytest.approx([0.592], abs=5e-4)


def test_lever_prints_a_table() -> None:
    out = invoke(*LEVER, "--count", "1")
    assert out.exit_code == 0
    head, _, row = out.stdout.splitlines()
    assert head.endswith("contact stiffness 500 N/m; reads 0.9944 m per m at rest")
    assert row.split() == ["1", "319.9", "kHz", "639.8", "812.1", "0.592"]


def test_lever_from_a_measured_resonance() -> None:
    data = told(*BEAM, "--contact-resonance", "319.9052 kHz")
    assert data["lever"]["contact_stiffness"] == pytest.approx(500, rel=1e-4)  # seven digits of f


@pytest.mark.parametrize("args", [["--contact-stiffness=0"], ["--contact-stiffness", "inf"]])
def test_lever_free_and_pinned(args: list[str]) -> None:
    data = told(*BEAM, *args)
    free = args[0].endswith("0")
    assert data["gain_at_rest"] == (0 if free else 1)
    z = 1.8751040687119611 if free else 3.9266023120479188  # clamped-free; clamped-pinned
    assert data["resonances_Hz"][0] == pytest.approx(75e3 * (z / 1.8751040687119611) ** 2, rel=1e-9)
    assert invoke(*BEAM, *args).exit_code == 0


@pytest.mark.slow
def test_lever_writes_a_figure_and_numbers() -> None:
    first = invoke(*LEVER, "--tilt", "11 deg", "-o", "a")
    assert first.exit_code == 0, first.stderr
    names = ["summary.json", "transfer.csv", "transfer.png", "transfer.svg"]
    assert sorted(os.listdir("a")) == names
    assert first.stdout.endswith(f"4 files in a: {', '.join(names)}\n")
    lines = Path("a/transfer.csv").read_text("utf-8").splitlines()
    assert lines[0] == "# schema: 1"
    table = np.loadtxt(lines, delimiter=",", skiprows=7)
    lever = vg.Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500, tilt=np.radians(11))
    np.testing.assert_allclose(table[:, 3], abs(lever.transfer(table[:, 0])), rtol=1e-9)
    peak = table[table[:, 3].argmax()]
    summary = json.loads(Path("a/summary.json").read_text("utf-8"))
    assert peak[3] == pytest.approx(max(summary["gains"]), rel=1e-3)  # the grid meets the peaks
    f1, width = summary["resonances_Hz"][0], summary["resonances_Hz"][0] / 640
    assert np.diff(table[abs(table[:, 0] - f1) < 3 * width, 0]).max() < width / 5
    assert b"\x89PNG" in Path("a/transfer.png").read_bytes()[:8]
    assert told(*LEVER, "--tilt", "11 deg", "-o", "b")["folder"] == "b"
    for name in names[:2] + names[3:]:
        assert (Path("a") / name).read_bytes() == (Path("b") / name).read_bytes()


def test_lever_leaves_foreign_files_alone() -> None:
    Path("a").mkdir()
    Path("a/transfer.csv").write_text("mine")
    assert "--force" in refused(*LEVER, "-o", "a")
    assert Path("a/transfer.csv").read_text() == "mine"
    assert invoke(*LEVER, "-o", "a", "--force").exit_code == 0
    assert Path("a/transfer.csv").read_text("utf-8") != "mine"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (BEAM, "give either --contact-stiffness (0 is a free lever)"),
        ([*LEVER, "--contact-resonance", "300 kHz"], "give either --contact-stiffness"),
        (LEVER[:1] + LEVER[3:], "--stiffness is missing: the static spring constant at the free"),
        ([*LEVER, "--tilt"], "--tilt needs a value after it."),
        ([*LEVER, "--tilt="], "--tilt needs a value after it."),
        ([*LEVER, "--quality", "3"], "--quality is given twice."),
        ([*LEVER, "--tilt", "11"], "Cantilever.tilt must be below π/2 [rad]"),
        ([*LEVER, "--tip-height", "1 s"], "--tip-height: '1 s' is a time"),
        ([*LEVER, "--laser-position", "1.2"], "must be > 0 and <= 1"),
        ([*BEAM, "--contact-stiffness=-1"], "Cantilever.contact_stiffness must be >= 0 [N/m]"),
        ([*BEAM, "--contact-resonance", "30 kHz"], "the first three lie at 75..328.89 kHz"),
        ([*BEAM, "--contact-stiffness", "0", "-o", "out"], "leave out -o"),
        ([*LEVER, "--count", "0"], "--count"),
        ([*LEVER, "--stifness", "3"], "--stifness"),
    ],
)
def test_lever_refuses(args: list[str], said: str) -> None:
    assert said in refused(*args)


# sho


def test_sho_reads_named_columns() -> None:
    y = spectrum()
    text("a.csv", "Frequency (kHz),Amplitude (pm),Phase (deg)",
         F / 1e3, abs(y) * 1e12, np.degrees(np.angle(y)))  # fmt: skip
    text("b.txt", "instrument\nQ 50\n# f [Hz]  real [m]  imag [m]", F, y.real, y.imag, mark=" ")
    text("c.dat", "Frequency Shift (Hz)\tCenter Frequency (Hz)\tAmplitude (m)\tPhase (rad)",
         F - 320e3, 0 * F + 320e3, abs(y), np.angle(y), mark="\t")  # fmt: skip
    for name, factor in (("a.csv", 1e12), ("b.txt", 1.0), ("c.dat", 1.0)):
        data = told("sho", name)
        values = data["values"]
        assert data["amplitude_unit"] == ("m" if factor == 1 else "pm")
        got = [values[k][0] for k in ("f0", "q", "amplitude")]
        assert got == pytest.approx([F0, Q, A * factor], rel=1e-6, abs=0)  # digits of the text
        assert values["phase"][0] == pytest.approx(0, abs=1e-6)


def test_sho_prints_values_with_errors() -> None:
    noise = np.random.default_rng(1).normal(scale=1e-13, size=(2, F.size))
    y = spectrum() + noise[0] + 1j * noise[1]
    text("a.csv", "f (Hz),re (m),im (m)", F, y.real, y.imag)
    out = invoke("sho", "a.csv")
    assert out.exit_code == 0, out.stderr
    lines = dict(zip(("f", "q", "a"), out.stdout.splitlines()[1:], strict=False))
    for key, unit, scale, true in (("f", " Hz", 1, F0), ("q", "", 1, Q), ("a", " pm", 1e-12, A)):
        value, sigma = lines[key].removesuffix(unit).split("  ")[-1].split(" ± ")
        assert len(sigma.replace(".", "").lstrip("0")) == 2  # significant digits
        assert abs(float(value) * scale - true) < 4 * float(sigma) * scale
    assert "falling through the resonance" in out.stdout


def test_sho_of_amplitudes_has_no_phase() -> None:
    text("a.csv", "frequency;amplitude (V)", F, abs(spectrum()), mark=";")
    out = invoke("sho", "a.csv")
    assert "Amplitudes alone: there is no phase." in out.stdout
    assert "phase φ" not in out.stdout
    assert "peak A·Q              100 pV" in out.stdout


def test_sho_conventions_differ_by_half_a_turn() -> None:
    y = spectrum() * np.exp(0.4j)
    text("a.csv", "frequency,amplitude,phase", F, abs(y), np.angle(y))
    phase = {
        c: told("sho", "a.csv", "--phase-unit", "rad", "--convention", c)["values"]["phase"][0]
        for c in ("field", "textbook")
    }
    assert phase["field"] == pytest.approx(0.4, abs=1e-6)
    assert phase["field"] - phase["textbook"] == pytest.approx(pi, abs=1e-12)


def test_sho_of_many_spectra_writes_netcdf() -> None:
    y = spectrum() * np.exp(1j * np.linspace(3.1, 3.2, 6)).reshape(2, 3, 1)  # across the branch
    y[1, 2] = np.nan
    np.save("m.npy", y)
    out = invoke("sho", "m.npy", "--from", "300 kHz", "--to", "340 kHz", "-o", "out")
    assert out.exit_code == 0, out.stderr
    assert "m.npy: 2 × 3 spectra of 41 points, 300 kHz to 340 kHz" in out.stdout
    assert "spectra: 5 good, 1 invalid input" in out.stdout
    assert sorted(os.listdir("out")) == ["oscillators.nc", "summary.json"]
    with xr.open_dataset("out/oscillators.nc", engine="h5netcdf") as data:
        assert data["f0"].dims == ("y", "x")
        assert float(data["f0"][0, 0]) == pytest.approx(F0, rel=1e-9)
        assert data["flag"].values.tolist() == [[0, 0, 0], [0, 0, 1]]
        assert data.attrs["schema"] == 1
        assert len(data.attrs["inputs_sha256"]) == 64
    summary = json.loads(Path("out/summary.json").read_text("utf-8"))
    low, middle, high = summary["quantiles_10_50_90"]["phase"]
    assert 3.1 < low < middle < high < 3.2
    other = told("sho", "m.npy", "--from", "301 kHz", "--to", "340 kHz")
    assert other["inputs_sha256"] != summary["inputs_sha256"]
    np.save("m.npy", 2 * y)
    other = told("sho", "m.npy", "--from", "300 kHz", "--to", "340 kHz")
    assert other["inputs_sha256"] != summary["inputs_sha256"]


def test_sho_never_unpickles() -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, ("exploded",)

    np.save("a.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    Path("b.npy").write_bytes(pickle.dumps(Bomb()))
    assert "Python objects, which are never loaded" in refused("sho", "a.npy")
    assert "binary" in refused("sho", "b.npy")


def test_sho_does_not_believe_a_size() -> None:
    np.save("a.npy", np.zeros(41))
    raw = Path("a.npy").read_bytes()
    claimed = raw.replace(b"(41,), }           ", b"(4100000000000,), }")  # 33 TB in 456 bytes
    assert len(claimed) == len(raw)
    assert claimed != raw
    Path("a.npy").write_bytes(claimed)
    assert "a.npy is damaged" in refused("sho", "a.npy", "--from", "1 Hz", "--to", "2 Hz")


@pytest.mark.parametrize(
    ("content", "args", "said"),
    [
        ("", "", "is empty"),
        ("word\nword\n", "", "does not end in lines of two numbers or more"),
        ("1 2 3\n2 3 4\n", "", "ends in 3 columns, but nothing names them"),
        ("f amplitude\n1 2 3\n2 3 4\n", "", "the line above them is 'f amplitude'"),
        ("1 2 3\n2 3 4\n", "--columns f,amplitude", "--columns has 2 names"),
        ("a b\n1 2\n2 3\n", "", "are not one frequency with amplitude"),
        ("f,amplitude,amplitude 2\n1,2,2\n2,3,3\n", "", "are not one frequency"),
        ("f,frequency shift,amplitude\n1,2,2\n2,3,3\n", "", "are not one frequency"),
        ("f,amplitude,phase\n1,2,2\nbroken,2,2\n2,3,3\n3,2,2\n", "", "the columns broken, 2, 2"),
        ("f;amplitude\n1,5;2,5\n2,5;3,5\n", "", "has decimal commas"),
        ("f (nm),amplitude\n1,2\n2,3\n", "", "'1 nm' is a length"),
        ("f,amplitude,phase\n1,2,3\n2,3,4\n", "", "the phase is in deg or rad; got 'no unit'"),
        ("f,amplitude,phase\n1,2,3\n2,3,4\n", "--phase-unit grad", "got 'grad'"),
        ("f,amplitude,phase (rad)\n1,2,3\n2,3,90\n", "", "a phase of 90 is not in rad"),
        ("f,amplitude\n1,2\n2,3\n", "--phase-unit deg", "has no phase"),
        ("f,re (V),im (mV)\n1,2,3\n2,3,4\n", "", "the units of the real and the imaginary part"),
        ("f,amplitude\n1,2\n2,3\n", "", "5 or more different frequencies"),
        ("f,amplitude\n1,2\n2,3\n", "--from 1Hz --to 2Hz", "--from and --to are for arrays"),
        ("f,amplitude\n" + "".join(f"{i},3\n" for i in range(1, 9)), "", "its values are equal"),
        ("f,amplitude\n1,2\n2,3\n", "--sense nope", "unknown sense 'nope'"),
    ],
)
def test_sho_refuses_text(content: str, args: str, said: str) -> None:
    Path("a.txt").write_text(content)
    error = refused("sho", "a.txt", *shlex.split(args), "-o", "out")
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("values", "args", "said"),
    [
        (spectrum(), "", "holds no frequencies; give the first and the last: --from"),
        (spectrum(), "--from 300kHz", "0 < FROM < TO"),
        (spectrum(), "--from 2Hz --to 1Hz", "0 < FROM < TO"),
        (spectrum(), "--from 300kHz --to 340s", "--to: '340s' is a time"),
        (spectrum(), "--from 1Hz --to 2Hz --phase-unit deg", "--columns and --phase-unit are for"),
        (spectrum(), "--from 300kHz --to 340kHz --sense rising", "its phase runs the other way"),
        (np.zeros((0, 5)), "--from 1Hz --to 2Hz", "got float64 of shape (0, 5)"),
        (np.array(1.0), "--from 1Hz --to 2Hz", "with the frequencies last"),
        (np.array(["a", "b"]), "--from 1Hz --to 2Hz", "must hold numbers"),
    ],
)
def test_sho_refuses_arrays(values: np.ndarray, args: str, said: str) -> None:
    np.save("a.npy", values)
    assert said in refused("sho", "a.npy", *shlex.split(args))


def test_sho_refuses_what_is_no_file() -> None:
    Path("folder").mkdir()
    Path("cut.npy").write_bytes(b"\x93NUMPY")
    assert "is a folder" in refused("sho", "folder")
    assert "does not exist" in refused("sho", "nope")
    assert "cut.npy is damaged" in refused("sho", "cut.npy", "--from", "1 Hz", "--to", "2 Hz")


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the measured files of ../shared/data")
def test_sho_of_measured_files() -> None:
    values = told("sho", DATA / "resonance_sweep_nanonis.dat")["values"]
    assert values["f0"][0] == pytest.approx(30281.2, abs=0.1)  # as the README of the data says
    assert values["q"][0] == pytest.approx(1220, abs=2)
    many = told("sho", DATA / "contact_resonance_map.npy", "--from", "298kHz", "--to", "348kHz")
    low, _, high = many["quantiles_10_50_90"]["f0"]
    assert 323e3 < low < high < 332e3
    assert many["flags"]["good"] > 0.99 * 32 * 32
    for name in ("dart_pfm_map.ibw", "beps_loops_nsid.h5"):
        assert "binary" in refused("sho", DATA / name)
    assert "nothing names them" in refused("sho", DATA / "eis_warburg_tail.csv")


# orientation


@pytest.fixture
def grain() -> Path:
    path = Path("g.toml")
    path.write_text(GRAIN)
    return path


def test_orientation_of_a_layered_oxide(grain: Path) -> None:
    data = told("orientation", grain, "--frequency", "10 mHz", "--tilts", "3",
                "--euler", "90,45,0 deg")  # fmt: skip
    assert data["units"] == "m/(mol/m³)"
    signals = [[g[n]["amplitude"] for n in ("vertical", "lateral_x", "lateral_y")]
               for g in data["grains"]]  # fmt: skip
    turned, flat, tilted, upright = np.array(signals)
    assert flat[0] / upright[0] == pytest.approx(13.5, abs=0.05)  # as orientation_contrast says
    assert flat[1:] == pytest.approx([0, 0], abs=1e-12 * flat[0])
    assert turned[0] == pytest.approx(tilted[0], rel=1e-9, abs=0)
    assert turned[1] == pytest.approx(tilted[2], rel=1e-9, abs=0)  # the tilt turns from y to x
    assert turned[2] == pytest.approx(0, abs=1e-9 * turned[1])
    e = vg.Experiment(vg.Material(5e-15, (2e-7, -1.1e-6), 0.2), vg.DiscTip(20e-9))
    wanted = vg.frequency_response(e, 0.01, per="concentration")
    assert flat[0] == pytest.approx(float(wanted.amplitude), rel=1e-9, abs=0)


def test_orientation_prints_a_table(grain: Path) -> None:
    out = invoke("orientation", grain, "--frequency", "10 mHz", "--tilts", "2",
                 "--tip-radius", "50 nm")  # fmt: skip
    assert out.exit_code == 0, out.stderr
    lines = out.stdout.splitlines()
    assert lines[0] == "g: signal at 10 mHz, phase in rad"
    assert "vertical [fm/(mol/m³)]" in lines[1]
    assert lines[2].split()[:3] == ["0", "0", "0"]
    assert lines[3].split()[:3] == ["0", "90", "0"]
    assert lines[2].split()[5:] == ["0", "–", "0", "–"]
    punch = invoke("orientation", grain, "--frequency", "1 Hz", "--tilts", "2",
                   "--experiment-readout", "punch")  # fmt: skip
    assert "lateral" not in punch.stdout


def test_orientation_of_the_grain_in_the_file(grain: Path) -> None:
    turned = ["--set", 'material.euler=["0 deg", "45 deg", "0 deg"]']
    ask = ["orientation", grain, "--frequency", "10 mHz"]
    wanted = told(*ask, "--euler", "0,45,0 deg")
    assert told(*ask, *turned) == wanted
    assert told(*ask, *turned, "--euler", "0,45,0 deg") == wanted  # not turned twice


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("--frequency 1Hz", "give the grains"),
        ("--frequency 1Hz --euler 0,45,0", "with one unit"),
        ("--frequency 1Hz --euler '0,45 deg'", "with one unit"),
        ("--frequency 1Hz --euler '0,x,0 deg'", "'x deg' does not start with a number"),
        ("--frequency 0 --tilts 2", "frequency must be > 0 [Hz]"),
        ("--frequency 1s --tilts 2", "--frequency: '1s' is a time"),
        ("--tilts 2", "--frequency"),
        ("--frequency 1Hz --tilts 1", "--tilts"),
        ("""--frequency 1Hz --tilts 2 --set 'tip.radius=["1nm","2nm"]'""", "one experiment: tip"),
        ("--frequency 1Hz --tilts 2 --tip-radus 2nm", "Did you mean 'tip.radius'?"),
    ],
)
def test_orientation_refuses(grain: Path, args: str, said: str) -> None:
    assert said in refused("orientation", grain, *shlex.split(args))


# verify


def compared(deviation: float) -> xr.Dataset:
    names = ("size", "deviation", "doubled", "stated", "order", "seconds_fem", "seconds_library",
             "ratio")  # fmt: skip
    data = {n: ("object", [1.0, 2.0]) for n in names}
    data["deviation"] = ("object", [1e-7, deviation])
    return xr.Dataset(data, {"object": ["disc", "film"]}, {"ngsolve": "6.2"})


def test_verify_prints_and_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    result = [9e-5, 1.1e-4, float("nan")]
    monkeypatch.setattr(fem, "verify", lambda cases: asked.append(cases) or compared(result.pop(0)))
    good = invoke("verify")
    assert good.exit_code == 0
    assert "film    1        9.0e-05" in good.stdout.replace("2  ", "1  ")
    bad = invoke("verify", "--all")
    assert bad.exit_code == 1
    assert bad.stderr == (
        "vegard: film deviates from finite elements by 1.1e-04, 0.0001 is allowed. "
        "Please report it with this table.\n"
    )
    assert invoke("verify").exit_code == 1  # nan is no agreement
    assert asked == ["quick", "all", "quick"]


def test_verify_writes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fem, "verify", lambda cases: compared(1e-6))
    assert "add --all" in refused("verify", "--write", "page.md")
    data = told("verify", "--all", "--write", "page.md")
    assert data["objects"] == ["disc", "film"]
    assert data["deviation"] == [1e-7, 1e-6]
    assert "| film |" in Path("page.md").read_text("utf-8")
    assert "cannot write" in refused("verify", "--all", "--write", "nowhere/page.md")


def test_verify_says_how_to_get_ngsolve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ngsolve", None)
    error = refused("verify", "--all", "--write", "page.md")
    assert "pip install 'vegard[fem]'" in error
