"""vg.read: measured files become quantities in SI, with sign, unit and order made certain."""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import vegard as vg
from vegard.io import measured
from vegard.io.columns import Column, factor, quantity, split_unit

DATA = Path(__file__).parents[3] / "shared" / "data"
real_files = pytest.mark.skipif(
    not DATA.is_dir(), reason="needs the measured files of ../shared/data"
)
F = np.geomspace(1e4, 1e-2, 25)  # Hz, falling as instruments measure
Z = 20 + 100 / (1 + 2j * pi * F * 100 * 1e-3)  # Ω: 20 Ω, then 100 Ω beside 1 mF
T = np.arange(1, 401) * 0.05  # s


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(head: str, *columns: Any, mark: str = ",", comma: bool = False) -> Path:
    """A text of columns of numbers."""
    lines = [mark.join(repr(float(x)) for x in row) for row in zip(*columns, strict=True)]
    text = "\n".join([*lines, ""])
    path = Path("a.csv")
    path.write_text(f"{head}\n{text.replace('.', ',') if comma else text}", "utf-8")
    return path


def load(text: str | bytes, name: str = "a.csv", **hints: Any) -> xr.Dataset:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return vg.read(name, **hints)


def same(got: xr.DataArray, wanted: Any, unit: str, rtol: float = 1e-15) -> None:
    """Equal but for the last digit of a conversion."""
    np.testing.assert_allclose(got.values, wanted, rtol=rtol, atol=0)
    assert got.attrs["units"] == unit


# kinds


def test_step_of_potential() -> None:
    data = vg.read(write("time/ms;I/µA", T * 1e3, 1 / np.sqrt(T), mark=";", comma=True))
    assert data.attrs["kind"] == "pitt"
    same(data["time"], T, "s", 1e-14)  # T * 1e3 is rounded as it is written
    same(data["current"], 1e-6 / np.sqrt(T), "A")
    assert data["current"].dims == ("time",)
    notes = data.attrs["notes"]
    assert "'time/ms': ms converted to s." in notes
    assert "'I/µA': µA converted to A." in notes
    assert "Taken for pitt" in notes


def test_what_every_dataset_carries() -> None:
    path = write("time/s,I/mA,flag", T, T, T)
    about = vg.read(path).attrs
    assert about["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (about["source"], about["schema"], about["vegard"]) == ("a.csv", 1, vg.__version__)
    assert about["unused"] == "'flag'"
    assert about["warnings"] == ""
    vg.read(path).to_netcdf("a.nc", engine="h5netcdf")
    with xr.open_dataset("a.nc", engine="h5netcdf") as back:
        assert back.attrs["notes"] == about["notes"]


@pytest.mark.parametrize(
    ("head", "imaginary"),
    [
        ("freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm", -1e0),
        ("Frequency (Hz)\tZ' (kOhm)\t-Z'' (kOhm)", -1e-3),
        ("f [kHz]\tZreal [mΩ]\tZimag [mΩ]", 1e3),
        ("Freq/Hz\tZ'/ohm\tZ\"/ohm", 1e0),
        ("# frequency_Hz\tZ_re_Ohm\t−Z_im_Ohm", -1e0),
    ],
)
def test_impedance(head: str, imaginary: float) -> None:
    f = F / (1e3 if "kHz" in head else 1)
    path = write(head, f, Z.real * abs(imaginary), Z.imag * imaginary, mark="\t")
    data = vg.read(path)
    assert data.attrs["kind"] == "eis"
    same(data["frequency"], F, "Hz", 1e-14)
    same(data["impedance"], Z, "Ω", 1e-14)
    assert (data["impedance"].values.imag < 0).all()  # a capacitor
    assert ("its sign was turned" in data.attrs["notes"]) == (imaginary < 0)


def test_a_column_that_numbers_the_rows_counts_no_spectra() -> None:
    path = write("Index,f (Hz),Z' (Ω),-Z'' (Ω)", np.arange(F.size), F, Z.real, -Z.imag)
    data = vg.read(path)
    same(data["impedance"], Z, "Ω")
    assert data.attrs["unused"] == "'Index'"


def test_impedance_from_modulus_and_phase() -> None:
    for head, sign in (("f (Hz),|Z| (Ohm),Phase (deg)", 1), ("f (Hz),|Z| (Ohm),-Phase (°)", -1)):
        data = vg.read(write(head, F, abs(Z), sign * np.degrees(np.angle(Z))))
        same(data["impedance"], Z, "Ω", 1e-13)
    data = vg.read(write("f (Hz),|Z| (Ohm),phase", F, abs(Z), np.angle(Z)), phase_unit="rad")
    same(data["impedance"], Z, "Ω", 1e-14)


def test_sign_without_names_is_decided_by_physics_alone() -> None:
    z = Z + 2j * pi * F * 1e-3  # the leads are inductive
    odd = np.where(np.arange(F.size) % 2, Z, Z.conj())

    def read(turn: int, z: Any, **hints: Any) -> xr.Dataset:
        path = write("", F, z.real, turn * z.imag)
        return vg.read(path, kind="eis", **hints)

    assert (z.imag > 0).any()
    for sign, said in ((1, "for Im Z: it is below"), (-1, "for -Im Z, and its sign was turned")):
        data = read(sign, z)
        same(data["impedance"], z, "Ω")
        assert said in data.attrs["notes"]
        assert "are taken for frequency, real, imaginary, in SI" in data.attrs["notes"]
    with pytest.raises(vg.FileError, match=r"signs do not tell: \d\d% .* Give sign=1 for Im Z"):
        read(1, odd)
    same(read(1, odd, sign=-1)["impedance"], odd.conj(), "Ω")


def test_a_named_sign_is_believed_with_a_warning() -> None:
    path = write("f (Hz),Re(Z) (Ohm),Im(Z) (Ohm)", F, Z.real, -Z.imag)
    with pytest.warns(vg.OutOfRegime, match=r"Im Z is above 0 at 100% .* give sign=-1"):
        data = vg.read(path)
    same(data["impedance"], Z.conj(), "Ω", 1e-14)
    assert "give sign=-1" in data.attrs["warnings"]
    same(vg.read(path, sign=-1)["impedance"], Z, "Ω", 1e-14)  # warnings are errors here
    same(vg.read(path, sign=1)["impedance"], Z.conj(), "Ω", 1e-14)


def test_columns_that_repeat_others_are_compared() -> None:
    phase = np.degrees(np.angle(Z))
    head = "f (Hz),Re(Z) (Ohm),Im(Z) (Ohm),"
    data = vg.read(write(head + "phases [rad]", F, Z.real, Z.imag, phase))
    assert "'phases [rad]' is in degrees, whatever its name says" in data.attrs["notes"]
    quiet = vg.read(write(head + "phases [deg],|Z| (Ohm)", F, Z.real, Z.imag, phase, abs(Z)))
    assert "phases" not in quiet.attrs["notes"]
    with pytest.warns(vg.OutOfRegime, match="has the sign of -Im Z"):
        vg.read(write(head + "phase [deg]", F, Z.real, Z.imag, -phase))
    with pytest.warns(vg.OutOfRegime, match="is not the phase of the real and the imaginary"):
        vg.read(write(head + "phase [deg]", F, Z.real, Z.imag, phase + 30))
    with pytest.warns(vg.OutOfRegime, match="is not the modulus"):
        vg.read(write(head + "|Z| (Ohm)", F, Z.real, Z.imag, 2 * abs(Z)))


def gitt() -> tuple[Any, Any]:
    """Pulses and rests; the voltage relaxes as √t."""
    current = np.where(T % 10 < 5, 1e-3, 0.0)
    voltage = 3.7 - 1e-3 * T - np.where(T % 10 < 5, 0.02 * np.sqrt(T % 10), 0.02 / (1 + T % 10))
    return voltage, current


def test_titration_is_told_from_a_step_by_what_is_constant() -> None:
    voltage, current = gitt()
    head = "Zeit (h);Spannung (mV);Strom (mA)"
    data = vg.read(write(head, T / 3600, voltage * 1e3, current * 1e3, mark=";", comma=True))
    assert data.attrs["kind"] == "gitt"
    same(data["voltage"], voltage, "V", 1e-14)
    same(data["current"], current, "A")
    same(data["time"], T, "s", 1e-14)
    noise = np.random.default_rng(0).normal(scale=1e-6, size=T.size)
    assert vg.read(write("t/s,E/V,I/A", T, voltage, current + noise)).attrs["kind"] == "gitt"
    pulse = 1e-3 * (1 + 2e3 * noise)  # constant within 2 %
    assert vg.read(write("t/s,E/V,I/A", T, 3.7 - np.sqrt(T), pulse)).attrs["kind"] == "gitt"
    held = 3.7 + 200 * noise  # within 1 mV
    assert vg.read(write("t/s,E/V,I/A", T, held, 1e-3 / np.sqrt(T))).attrs["kind"] == "pitt"
    step = 0.01 * np.sign(T - 1)
    assert vg.read(write("t/s,E/V,I/A", T, step, 1e-3 / np.sqrt(T))).attrs["kind"] == "pitt"
    sweep = vg.read  # a voltammogram is neither
    path = write("t/s,E/V,I/A", T, abs(T - 10) / 10, np.sin(T))
    with pytest.raises(
        vg.FileError, match=r"do not say for certain .* give kind='pitt' or kind='gitt'"
    ):
        sweep(path)
    assert set(vg.read(path, kind="pitt").data_vars) == {"current", "voltage"}


def test_response_of_the_tip() -> None:
    y = np.exp(0.3j) * np.linspace(1, 2, F.size)
    head = "Frequency (kHz),Amplitude (pm),Phase (deg)"
    path = write(head, F / 1e3, abs(y), np.degrees(np.angle(y)))
    data = vg.read(path)
    assert data.attrs["kind"] == "frequency"
    same(data["response"], y * 1e-12, "m", 1e-14)
    same(data["frequency"], F, "Hz", 1e-14)
    shifted = vg.read(write("Center Frequency (Hz),Frequency Shift (Hz),amplitude", F, F, abs(y)))
    same(shifted["frequency"], 2 * F, "Hz")
    assert shifted["response"].attrs["units"] == ""
    assert not np.iscomplexobj(shifted["response"])


def test_relaxation_of_the_tip() -> None:
    data = vg.read(write("time (ms),displacement (pm)", T, T))
    assert data.attrs["kind"] == "relaxation"
    same(data["response"], T * 1e-12, "m")
    same(vg.read(write("time (ms),amplitude (mV)", T, T))["response"], T * 1e-3, "V")


def test_table_of_texts_and_numbers() -> None:
    data = load("scan,drive_frequency_Hz,amplitude_pm\na,311811.0,909\nb,311811.0,340\n")
    assert data.attrs["kind"] == "table"
    assert data["scan"].values.tolist() == ["a", "b"]
    same(data["drive_frequency"], [311811.0, 311811.0], "Hz")
    same(data["amplitude"], [909e-12, 340e-12], "m")
    odd = load("a,b (foo),b\n1,2,3\n3,x,5\n", kind="table")
    assert odd["b"].attrs["units"] == "foo"
    assert np.isnan(odd["b"].values[1])
    assert "'b (foo)' is nan in 1 rows, first in line 3" in odd.attrs["notes"]
    assert odd["b_3"].values.tolist() == [3, 5]


# text


@given(
    values=st.lists(
        st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=2, max_size=6
    ),
    mark=st.sampled_from(["\t", ";", ",", " "]),
    comma=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
    above=st.lists(st.sampled_from(["Instrument X", "Area: 2", "", "# µ"]), max_size=3),
)
def test_numbers_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[float],
    mark: str,
    comma: bool,
    end: str,
    encoding: str,
    above: list[str],
) -> None:
    comma = comma and mark != ","
    rows = [f"{i}.25{mark}{float(v)!r}" for i, v in enumerate(values)]
    body = end.join([*rows, ""])
    text = end.join([*above, f"t/s{mark}I/A", body.replace(".", ",") if comma else body])
    path = tmp_path_factory.mktemp("t") / "a.txt"
    path.write_bytes(text.encode(encoding))
    data = vg.read(path, decimal="," if comma else None)
    assert data["current"].values.tolist() == values
    assert data["time"].values.tolist() == [i + 0.25 for i in range(len(values))]


@pytest.mark.parametrize(
    "text",
    [
        "\n\nt/s,I/A\n\n0,1\n\n1,2\n\n",
        "t/s,I/A,,\n0,1,,\n1,2,,\n",
        "t/s,I/A,\n0,1,\n1,2,\n",
        '"t/s","I/A"\n"0","1"\n"1","2"\n',
        "t\tI\ns\tA\n0\t1\n1\t2\n",
        "t\tI\n[s]\t[A]\n0\t1\n1\t2\n",
        "# t (s)   I (A)\n0 1\n1 2\n",
        "% t [s], I [A]\n0, 1\n1, 2\n",
        "Instrument,X\nArea,2\nDate,1.2.2020\nt (s),I (A)\n0,1\n1,2\n",
        "x\ty\nQ\t50\n[DATA]\nTime (s)\tCurrent (A)\n0\t1\n1\t2\n",
        "t/s,I/A\n0,1\n# paused\n1,2\nEnd of file\n",
        "date,t/s,I/A\n2020-01-01 10:00,0,1\n2020-01-01 10:01,1,2\n",
        "t/s,I/A,I/A\n0,1,1\n1,2,2\n",
        "index,t/s,I/A\n1,0,1\n2,1,2\n",
    ],
)
def test_layouts(text: str) -> None:
    data = load(text)
    assert data.attrs["kind"] == "pitt"
    assert data["time"].values.tolist() == [0, 1]
    assert data["current"].values.tolist() == [1, 2]


def test_lines_that_were_not_read_are_told() -> None:
    notes = load("t/s,I/A\n0,1\n# paused\n1,2\nEnd of file\n").attrs["notes"]
    assert "Line 3: comments, not read." in notes
    assert "Line 5 below the table: text, not read." in notes


@pytest.mark.parametrize(
    ("name", "bare", "unit", "what"),
    [
        ("<I>/mA", "<I>", "mA", "current"),
        ("-Im(Z)/Ohm", "Im(Z)", "Ohm", "imaginary"),
        ("Re(Z)", "Re(Z)", "", "real"),
        ("Z'(a)", "Z'(a)", "", "real"),
        ("Current(A)", "Current", "A", "current"),
        ("Test_Time(s)", "Test_Time", "s", "time"),
        ("Date_Time", "Date_Time", "", ""),
        ("|Ewe|/V", "|Ewe|", "V", ""),
        ("Phase(Y)/deg", "Phase(Y)", "deg", ""),
        ("Potential (V) vs Ag/AgCl", "Potential", "V", "voltage"),
        ("drive_frequency_Hz", "drive_frequency", "Hz", "frequency"),
        ("I Range", "I Range", "", ""),
        ("sample", "sample", "", ""),
        ("SOC [-]", "SOC", "–", ""),
        ("cycle number", "cycle number", "", "cycle"),
    ],
)
def test_names_of_columns(name: str, bare: str, unit: str, what: str) -> None:
    column = Column(name, 1, np.zeros(2), {})
    assert (column.bare, column.unit) == (bare, unit)
    assert quantity(name) == what
    assert split_unit(name)[1] == unit


@pytest.mark.parametrize(
    ("unit", "target", "wanted"),
    [
        ("Ohm", "Ω", 1.0), ("kOhm", "Ω", 1e3), ("MOhms", "Ω", 1e6), ("\u2126", "Ω", 1.0),
        ("µA", "A", 1e-6), ("uA", "A", 1e-6), ("mAmps", "A", 1e-3), ("Volts", "V", 1.0),
        ("V vs. Li/Li+", "V", 1.0), ("mV vs Ref", "V", 1e-3), ("Sec", "s", 1.0), ("min", "s", 60.0),
        ("h", "s", 3600.0), ("HZ", "Hz", 1.0), ("khz", "Hz", 1e3), ("mHz", "Hz", 1e-3),
    ],
)  # fmt: skip
def test_units_as_instruments_write_them(unit: str, target: str, wanted: float) -> None:
    assert factor(unit, target, "x") == wanted


def test_conversion_is_exact_to_the_last_digit() -> None:
    data = load("t/ms;I/µA\n0,1;1,250\n0,3;1,1\n")  # nor is 1,250 a thousand beside 1,1
    assert data["current"].values.tolist() == [1.25e-6, 1.1e-6]
    assert data["time"].values.tolist() == [0.1e-3, 0.3e-3]


# what the user decides


def test_names_from_the_user() -> None:
    text = "0,7,3\n1,8,4\n"
    for columns in ("time (s), -, current (mA)", ["time (s)", "-", "current (mA)"]):
        data = load(text, columns=columns)
        assert data["current"].values.tolist() == [0.003, 0.004]
        assert data.attrs["unused"] == "column 2"
    chosen = load(text, columns={"time": 1, "current": 3})
    assert chosen["current"].values.tolist() == [3, 4]
    assert "column 3 has no unit: A assumed" in chosen.attrs["notes"]
    twice = "t/s,I/mA,E/V,I/mA\n0,1,3,5\n1,2,3,6\n"
    for columns in ({"current": 4}, "current=4", "current = 4, time = t/s"):
        assert load(twice, columns=columns, kind="pitt")["current"].values.tolist() == [5e-3, 6e-3]
    assert load("t/s,x,I/A\n0,1,5\n1,2,6\n", columns={"current": "x"})["current"][1] == 2


def test_order_and_duplicates() -> None:
    text = "t/s,I/A\n0,1\n2,2\n1,3\n2,8\n3,4\n"
    data = load(text, sort=True, duplicates="mean")
    assert data["time"].values.tolist() == [0, 1, 2, 3]
    assert data["current"].values.tolist() == [1, 3, 5, 4]
    assert "Sorted: the time fell in line 4." in data.attrs["notes"]
    assert "Points of the same time averaged: 1 fewer." in data.attrs["notes"]
    first = load(text, sort=True, duplicates="first")
    assert first["current"].values.tolist() == [1, 3, 2, 4]
    keep = load(text, sort=True, duplicates="keep")
    assert keep["time"].values.tolist() == [0, 1, 2, 2, 3]
    assert keep["current"].values.tolist() == [1, 3, 2, 8, 4]
    twice = np.repeat(F, 2)
    z = np.repeat(Z, 2) + np.tile([1, -1], F.size)
    path = write("f/Hz,Re(Z)/Ohm,Im(Z)/Ohm", twice, z.real, z.imag)
    mean = vg.read(path, duplicates="mean")
    assert mean["frequency"].values.tolist() == F.tolist()  # falling, as in the file
    same(mean["impedance"], Z, "Ω", 1e-14)
    assert (np.diff(vg.read(path, duplicates="first", sort=True)["frequency"]) > 0).all()


def test_missing_numbers_are_left_out_when_asked() -> None:
    data = load("t/s,I/A\n0,1\n1,OVL\n2,3\n3,nan\n4,5\n", missing="drop")
    assert data["time"].values.tolist() == [0, 2, 4]
    assert "Left out for want of a number: line 3, line 5; 2 in all." in data.attrs["notes"]
    zero = load("f/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n0,0,0\n2,1,1\n1,1,2\n", missing="drop")
    assert zero["frequency"].values.tolist() == [2, 1]
    beside = load("t/s,E/V,I/A\n0,,1\n1,2,2\n", kind="pitt")  # the voltage is not needed
    assert list(beside.data_vars) == ["current"]
    assert "'E/V' was not taken: no number in line 2." in beside.attrs["notes"]


def test_cycles_and_parts() -> None:
    head = "f/Hz,Re(Z)/Ohm,-Im(Z)/Ohm,"
    for name, hint in (("cycle number", "cycle"), ("pulse", "pulse"), ("indices", "cycle")):
        data = load(f"{head}{name}\n2,1,1,1\n1,1,2,1\n2,3,1,2\n1,3,2,2\n", **{hint: 2})
        assert data["impedance"].values.tolist() == [3 - 1j, 3 - 2j]
    record = load("t/s,I/A,cycle number\n0,1,1\n1,2,1\n2,3,2\n3,4,2\n")
    assert record["cycle"].values.tolist() == [1, 1, 2, 2]
    assert load("t/s,I/A,Cycle\n0,1,1\n1,2,1\n2,3,2\n3,4,2\n", cycle=2)["time"].values[0] == 2
    again = "t/s,I/mA\n0,1\n1,2\nt/s,I/mA\n0,3\n1,4\n"
    assert load(again, part=2)["current"].values.tolist() == [3e-3, 4e-3]
    assert "Part 1 of 2 was read." in load(again, part=1).attrs["notes"]
    units = "t,I\ns,mA\n0,1\n1,2\nt,I\ns,mA\n\n0,3\n1,4\n"
    assert load(units, part=2)["current"].values.tolist() == [3e-3, 4e-3]
    assert load("t/s,I/A\n0,1\n1,2\nt/s,I/A\n")["current"].values.tolist() == [1, 2]


def test_reading_is_a_function_of_the_file() -> None:
    """No warning, no state: what a process of its own can do."""
    path = write("f (Hz),Re(Z) (Ohm),Im(Z) (Ohm)", F, Z.real, -Z.imag)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = measured.load(path)
    assert data.attrs["warnings"]
    assert data.identical(measured.load(path))


# other formats

MPT = (
    "EC-Lab ASCII FILE\nNb header lines : 7\n\nPotentio Electrochemical Impedance Spectroscopy\n"
    "Electrode surface area : 0,001 cm²\n\n"
    "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\t<Ewe>/V\t<I>/mA\tRe(Y)/Ohm-1\t"
    "cycle number\tI Range\t\n"
)


def mpt(cycles: int = 1, comma: bool = True) -> bytes:
    rows = [
        "\t".join(f"{x:.7E}" for x in (
            f, z.real, -z.imag, abs(z), np.degrees(np.angle(z)), i, 3.5, 0.25, 1 / abs(z), c + 1, 11
        )) + "\t\n"
        for c in range(cycles) for i, (f, z) in enumerate(zip(F, Z, strict=True))
    ]  # fmt: skip
    return (MPT + ("".join(rows).replace(".", ",") if comma else "".join(rows))).encode("latin-1")


@pytest.mark.parametrize("comma", [True, False])
def test_ec_lab(comma: bool) -> None:
    data = load(mpt(comma=comma), "a.mpt")
    assert data.attrs["technique"] == "Potentio Electrochemical Impedance Spectroscopy"
    same(data["impedance"], Z, "Ω", 1e-7)  # digits of the text
    same(data["current"], np.full(F.size, 0.25e-3), "A")
    same(data["voltage"], np.full(F.size, 3.5), "V")
    assert data.attrs["unused"].splitlines() == ["'Re(Y)/Ohm-1'", "'I Range'"]
    assert load(mpt(), "a.txt").identical(data.assign_attrs(source="a.txt")) == comma
    many = load(mpt(3, comma), "a.mpt", cycle=2)
    assert many["frequency"].size == F.size
    assert "'cycle number' 2 of 3 was read." in many.attrs["notes"]


@pytest.mark.parametrize(
    ("technique", "kind"),
    [
        ("Galvanostatic Intermittent Titration Technique", "gitt"),
        ("Potentiostatic Intermittent Titration Technique", "pitt"),
        ("Chronoamperometry / Chronocoulometry", "pitt"),
    ],
)
def test_ec_lab_says_what_was_measured(technique: str, kind: str) -> None:
    head = f"EC-Lab ASCII FILE\nNb header lines : 5\n\n{technique}\nmode\ttime/s\tEwe/V\tI/mA\n"
    data = load(head + "1\t0.0\t3.5\t1.0\n1\t1.0\t3.6\t2.0\n", "a.mpt")
    assert data.attrs["kind"] == kind
    assert set(data.data_vars) == {"voltage", "current"}


def rows(pattern: str, *, mark: str = "\t") -> str:
    """Lines of F and Z where the pattern has f, x and y."""
    lines = []
    for f, z in zip(F, Z, strict=True):
        cells = {"f": f, "x": z.real, "y": z.imag}
        lines.append(mark.join(repr(float(cells[c])) if c in cells else c for c in pattern.split()))
    return "\n".join(lines) + "\n"


GAMRY = "EXPLAIN\nZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\n\t#\ts\tHz\tohm\tohm\n"
VERSA = "Segments=0\nSegments=1\n<Segment1>\na\nb\nc\n"
FORMATS = {
    "gamry": ("a.DTA", GAMRY + rows("0 1 f x y")),
    "autolab": ("a.csv", "x\nFreq,a,b,c,re,im\n" + rows("f 0 0 0 x y", mark=",")),
    "parstat": ("a.txt", "head\n" + rows("0 0 0 f x y")),
    "zplot": ("a.z", "ZPLOT2 ASCII\nEnd Comments\n" + rows("f 0 0 0 x y")),
    "versastudio": ("a.par", VERSA + rows("0 " * 9 + "f 0 0 0 0 x y", mark=",") + "</Segment1>\n"),
    "powersuite": ("a.txt", "f\tx\ty\n" + rows("f x y")),
    "chinstruments": ("a.txt", "CHI\nFreq/Hz, Z'/ohm\n\n" + rows("f x y", mark=",")),
}


@pytest.mark.parametrize("instrument", sorted(FORMATS))
def test_formats_of_impedance_py(instrument: str) -> None:
    pytest.importorskip("impedance", reason="needs the extra [eis]")
    name, text = FORMATS[instrument]
    data = load(text, name, instrument=instrument)
    same(data["impedance"], Z, "Ω", 1e-14)
    same(data["frequency"], F, "Hz", 1e-14)
    assert f"Read by impedance.py as a file of {instrument}" in data.attrs["notes"]
    if name in ("a.DTA", "a.z", "a.par"):
        assert load(text, name).identical(data)


def test_impedance_py_is_asked_for_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "impedance", None)
    monkeypatch.setitem(sys.modules, "impedance.preprocessing", None)
    with pytest.raises(vg.FileError, match=r'not installed: pip install "vegard\[eis\]"\.'):
        load(FORMATS["gamry"][1], "a.DTA")


def parquet(name: str, columns: dict[str, Any]) -> Path:
    pa = pytest.importorskip("pyarrow", reason="needs the extra [files]")
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra [files]")
    pq.write_table(pa.table(columns), name)
    return Path(name)


def test_parquet_of_pulses() -> None:
    columns = {
        "indices": np.repeat([1, 2], F.size),
        "frequencies [Hz]": np.tile(F, 2),
        "real_impedances [Ω]": np.concatenate([Z.real, 2 * Z.real]),
        "imaginary_impedances [Ω]": np.concatenate([Z.imag, 2 * Z.imag]),
        "phases [rad]": np.degrees(np.angle(np.tile(Z, 2))),
    }
    path = parquet("a.parquet", columns)
    with pytest.raises(vg.FileError, match=r"holds 2 spectra, .* Give one: pulse=1"):
        vg.read(path)
    data = vg.read(path, pulse=2)
    assert data["impedance"].values.tolist() == (2 * Z).tolist()
    assert "'phases [rad]' is in degrees" in data.attrs["notes"]


def test_parquet_refuses() -> None:
    path = parquet("a.parquet", {"t/s": [0.0, 1.0, None], "I/A": [1.0, 2.0, 3.0]})
    with pytest.raises(vg.FileError, match="row 3: 't/s' is empty"):
        vg.read(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(vg.FileError, match="is a damaged Parquet file"):
        vg.read(path)
    with pytest.raises(vg.FileError, match="no two rows"):
        vg.read(parquet("b.parquet", {"t/s": [0.0], "I/A": [1.0]}))


def test_parquet_needs_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(vg.FileError, match=r'needs pyarrow: pip install "vegard\[files\]"\.'):
        load(b"PAR1....PAR1", "a.parquet")


def test_json() -> None:
    lists = {"time (s)": [0, 1, 2], "current (mA)": [1, 2, 4]}
    assert load(json.dumps(lists), "a.json")["current"].values.tolist() == [1e-3, 2e-3, 4e-3]
    many = json.dumps({"a": lists, "b": {"OCV [V]": [1, 2], "SOC [-]": [0, 1]}})
    assert load(many, "a.json", record="b", kind="table")["OCV"].attrs["units"] == "V"


# measured files


@real_files
def test_real_step() -> None:
    data = vg.read(DATA / "potential_step_mno2_film.csv")
    assert (data.attrs["kind"], data.sizes["time"]) == ("pitt", 8993)
    assert float(data["time"][-1]) == pytest.approx(179.88094998399902, rel=1e-15)
    assert float(data["current"][0]) == pytest.approx(0.3951371908187866e-3, rel=1e-15)
    late = data.sel(time=slice(3, None))
    slope = np.polyfit(np.log(late["time"]), np.log(late["current"]), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.1)  # as its README says


@real_files
def test_real_spectra() -> None:
    tail = vg.read(DATA / "eis_warburg_tail.csv", kind="eis")
    assert tail.sizes["frequency"] == 66
    assert complex(tail["impedance"][0]) == 4.949989776405060160e-02 - 2.043869854441892481e-02j
    with pytest.raises(vg.FileError, match="does not name its 3 columns; give kind='eis'"):
        vg.read(DATA / "eis_warburg_tail.csv")
    lab = vg.read(DATA / "eis_biologic.mpt")
    assert lab.attrs["kind"] == "eis"
    assert complex(lab["impedance"][0]) == 65.470886 - 0.38998979j
    assert float(lab["current"][0]) == pytest.approx(-4.8041187e-05, rel=1e-15)


@real_files
def test_real_titration() -> None:
    pytest.importorskip("pyarrow", reason="needs the extra [files]")
    path = DATA / "gitt_impedance_monolayer.parquet"
    with pytest.raises(vg.FileError, match="holds 20 spectra"):
        vg.read(path)
    with pytest.raises(vg.FileError, match=r"in rows 1606 and 1607\. .* duplicates='first' loses"):
        vg.read(path, pulse=3)
    data = vg.read(path, pulse=3, duplicates="first")
    assert data.sizes["frequency"] == 753
    assert "'phases [rad]' is in degrees" in data.attrs["notes"]
    side = DATA / "gitt_impedance_ocv_alignment.json"
    table = vg.read(side, kind="table", record="monolayer_17_microns")
    assert float(table["OCV"][0]) == 3.621560018178841


@real_files
def test_real_tip() -> None:
    scans = vg.read(DATA / "esm_dart_scan_medians.csv")
    assert (scans.attrs["kind"], scans.sizes["row"]) == ("table", 26)
    assert scans["median_amplitude"].attrs["units"] == "m"
    sweep = vg.read(DATA / "resonance_sweep_nanonis.dat")
    fit = vg.fit_sho(sweep["frequency"].values, sweep["response"].values)
    assert float(fit["f0"]) == pytest.approx(30281.2, abs=0.1)  # as its README says
