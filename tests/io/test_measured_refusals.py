"""Bad data gets a clear word: what, where in the file, what to do."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

import vegard as vg
from vegard.io import texts

DATA = Path(__file__).parents[3] / "shared" / "data"
EIS = "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n"
MPT = "EC-Lab ASCII FILE\nNb header lines : {}\n\nImpedance\nfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(text: str | bytes, name: str = "a.csv", **hints: Any) -> str:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(vg.VegardError) as caught:
        vg.read(name, **hints)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 400
    return message


# text, hints, what is wrong and where, what to do
CASES = [
    # order, duplicates
    ("t/s,I/A\n0,1\n2,2\n1,3\n3,4\n", {}, "the time falls from 2 s to 1 s in line 4", "sort=True"),
    ("t/s,I/A\n0,1\n1,2\n0,1\n1,2\n", {}, "in line 4", "split the file there"),
    ("t/s,I/A\n0,1\n1,2\n1,3\n", {}, "the time 1 s stands in lines 3 and 4", "duplicates='mean'"),
    (EIS + "2,1,1\n1,1,2\n1,2,2\n", {}, "the frequency 1 Hz stands in lines 3 and 4",
     "duplicates='mean', 'first' or 'keep'"),
    (EIS + "2,1,1\n1,1,2\n1,1,2\n", {}, "lines 3 and 4", "duplicates='first' loses nothing"),
    # cells
    ("t/s,I/A\n0,1\n1,nan\n2,3\n", {}, "line 3: 'I/A' is 'nan', no finite", "missing='drop'"),
    ("t/s,I/A\n0,1\n1,-inf\n2,3\n", {}, "line 3: 'I/A' is '-inf', no finite", "missing='drop'"),
    ("t/s,I/A\n0,1e999\n1,2\n2,3\n", {}, "line 2: 'I/A' is '1e999', no finite", "missing='drop'"),
    ("t/s,I/A\n0,OVL\n1,2\n2,3\n", {}, "line 2: 'I/A' is 'OVL'", "missing='drop'"),
    ("t/s,I/A\n0,1_000\n1,2\n2,3\n", {}, "line 2: 'I/A' is '1_000'", "correct it"),
    ("t/s,I/A\n0,1\n,2\n2,3\n", {}, "line 3: 't/s' is empty", "missing='drop'"),
    ("t/s,E/V,I/A\n0,1,3\n1,2,\n2,3,3\n", {"kind": "pitt"}, "line 3: 'I/A' is empty", "drop"),
    ("t/s,I/A\n0,x\n1,OVL\n2,3\n3,4\n", {}, "line 2 (the first of 2)", "missing='drop'"),
    ("t/s,I/A\n0,a\n1,b\n2,c\n", {"kind": "pitt"}, "'I/A', the current, holds no number at all; "
     "in line 2 it is 'a'", ""),
    (EIS + "0,1,1\n2,1,2\n1,2,2\n", {}, "line 2: 'freq/Hz' is 0, not above 0", "missing='drop'"),
    # decimal marks
    ("t/s;I/A\n0;1.234,5\n1;1,25\n2;1,1\n", {}, "line 2: 'I/A' is '1.234,5', which seems to have a "
     "thousands separator", "export numbers without it"),
    ('t/s,I/A\n0,"1,234.5"\n1,2.5\n2,3\n', {}, "line 2: 'I/A' is '1,234.5'", "without it"),
    ("t/s;I/A\n0;1'234.5\n1;2.5\n2;3\n", {}, "thousands separator", "without it"),
    ("t/s;I/A\n0;1,500\n1;1,250\n", {}, "'1,500' in line 2 may be 1.500 or 1500", "decimal=','"),
    ("t/s;I/A\n0;1,5\n1;1,2\n", {"decimal": "."}, "in line 2 it is '1,5', with a decimal comma",
     "decimal=','"),
    ("t/s;I/A\n0;1,5\n1;1,2\n2;1.1\n", {}, "line 4: 'I/A' is '1.1', with a decimal point", ""),
    ("t/s,I/A\n0,0,1,5\n1,0,1,2\n", {}, "there are 4 columns, but line 1 above them is 't/s,I/A'",
     "export with semicolons"),
    ("x\n0,5\n1,5\n", {"delimiter": "blank", "decimal": "."}, "holds no table", "decimal=','"),
    ("t/s;I/A\n0;1\n1;2\n", {"delimiter": ",", "decimal": ","}, "commas cannot", "delimiter="),
    # layout
    ("t/s,I/A\n0,1\n1,2\n2,3\n3", {}, "line 5, '3'", "cut off: complete it, or take it out"),
    ("t/s,I/A\n0,1\n1,2,7\n2,3\n", {}, "line 3, '1,2,7', does not have 2 cells", "take it out"),
    ("t/s,I/A\n0,1\nSTOP\n2,3\n", {}, "line 3, 'STOP'", "take it out"),
    ("t/s,I/A\n0,1\n1,2\nt/s,I/A\n0,1\n1,3\n", {}, "repeats its header, first in line 4: it holds "
     "2 measurements, from lines 2, 5", "part=1 to part=2"),
    ("t/s,I/A\n0,1\n1,2\n", {"part": 2}, "part= is 1 to 1", ""),
    ("t/s,I/A\n0,1\n1,2\nt/s,I/A\nx\n", {"part": 2}, "line 5, 'x', does not have 2", "take it"),
    ("a line\n1 2 3\n2 3 4\n", {}, "from line 2 on there are 3 columns", "columns="),
    ("t/s,I/A\n0,1\n", {}, "holds no table", "two lines"),
    ("hello world\nsome text\n", {}, "holds no table", ""),
    ("", {}, "is empty", ""),
    (" \n\n", {}, "is empty", ""),
    # columns
    ("t/s,I/A,E/V,I/A\n0,1,3,5\n1,2,3,6\n", {}, "both 'I/A' (column 2) and 'I/A' (column 4) may be "
     "the current, and they differ", "columns={'current': 2} or {'current': 4}"),
    ("t/s,I/A,I/mA\n0,1,1\n1,2,2\n", {}, "both 'I/A' (column 2) and 'I/mA' (column 3)", "differ"),
    ("t/s,E/V\n0,1\n1,2\n", {"kind": "pitt"}, "no column is the current. There is: "
     "1 't/s', 2 'E/V'", "columns={'current': NUMBER}"),
    ("t/s,E/V\n0,1\n1,2\n", {}, "do not say for certain what was measured", "give kind='gitt'"),
    ("a,b\n0,1\n1,2\n", {}, "the columns 'a', 'b' do not say", "columns='time (s), current (mA)'"),
    ("f/Hz,real,imag\n1,1,-1\n2,2,-2\n", {}, "for certain", "kind='eis' or kind='frequency'"),
    ("0,1\n1,2\n", {}, "does not name its 2 columns", "kind='pitt' (time, current in SI)"),
    ("0,1,2\n1,2,3\n", {"kind": "gitt"}, "does not name its 3 columns", "name them"),
    ("0,1,2\n1,2,3\n", {"columns": "t (s), I (A)"}, "has 3 columns, but columns= names 2", "'-'"),
    ("t,I\n0,1\n1,2\n", {"columns": {"current": 7}}, "there is no column '7'", "1 t, 2 I"),
    ("t,I\n0,1\n1,2\n", {"columns": {"curent": 2}}, "unknown quantity", "'current'"),
    ("t,I\n0,1\n1,2\n", {"columns": 2}, "columns= takes names or numbers", ""),
    # units
    ("t (mA),I (A)\n0,1\n1,2\n", {}, "'t (mA)': '1 mA' is a current", "needs a time"),
    ("t (s),I (foo)\n0,1\n1,2\n", {}, "'I (foo)': '1 foo' has an unknown unit", "needs a current"),
    ("t (s),I (mA/cm²)\n0,1\n1,2\n", {}, "is a quantity in A/m²", "area"),
    ("ω (rad/s),Zre (Ohm),Zim (Ohm)\n1,2,-3\n2,3,-4\n", {}, "holds an angle", "by 2π"),
    ("f/Hz,|Z|/Ohm,phase\n1,2,-45\n2,3,-45\n", {}, "the phase is in deg or rad", "phase_unit=deg"),
    ("f/Hz,|Z|/Ohm,phase/rad\n1,2,-45\n2,3,-45\n", {}, "a phase of 45 is not in rad", "=deg"),
    # cycles
    (EIS.strip() + ",cycle number\n2,1,1,1\n1,1,1,1\n2,1,1,2\n1,1,1,2\n", {},
     "holds 2 spectra, counted by 'cycle number': 1, 2", "cycle=1"),
    (EIS.strip() + ",cycle number\n2,1,1,1\n1,1,1,1\n2,1,1,2\n1,1,1,2\n", {"cycle": 3},
     "'cycle number' has no 3", "It has 1, 2"),
    ("t/s,I/A\n0,1\n1,2\n", {"pulse": 3}, "no column that counts cycles or pulses", "cycle="),
    # hints
    ("t/s,I/A\n0,1\n1,2\n", {"cyle": 3}, "unknown hint 'cyle'. Did you mean 'cycle'?", "Valid: "),
    ("t/s,I/A\n0,1\n1,2\n", {"kind": "cv"}, "unknown kind 'cv'", "Valid: array, curve, eis, "),
    ("t/s,I/A\n0,1\n1,2\n", {"sign": -1}, "sign= says nothing about 'pitt'", "leave it out"),
    ("t/s,I/A\n0,1\n1,2\n", {"record": "a"}, "record= says nothing about 'text'", "leave it out"),
    ("t/s,I/A\n0,1\n1,2\n", {"duplicates": "x"}, "duplicates= is 'first' or", "got 'x'"),
    ("t/s,I/A\n0,1\n1,2\n", {"sign": True}, "sign= is 1 or -1", "True"),
    ("t/s,I/A\n0,1\n1,2\n", {"sort": 1}, "sort= is True or False", "1"),
    ("t/s,I/A\n0,1\n1,2\n", {"cycle": "a"}, "cycle= is a number", "'a'"),
    ("t/s,I/A\n0,1\n1,2\n", {"cycle": 1, "pulse": 1}, "mean the same", "one of them"),
    ("t/s,I/A\n0,1\n1,2\n", {"instrument": "x"}, "unknown instrument 'x'", "gamry"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "hints", "said", "fix"), CASES)
def test_refuses_text(text: str, hints: dict[str, Any], said: str, fix: str) -> None:
    message = refused(text, **hints)
    assert said in message
    assert fix.lower() in message.lower()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.mpt", MPT.format(5) + "1\t2\t3\n", "below line 5, its header"),
        ("a.mpt", MPT.format(4) + "1\t2\t3\n2\t3\t4\n", "line 4 should name the columns"),
        ("a.mpt", MPT.format(50) + "1\t2\t3\n2\t3\t4\n", "but it is empty"),
        (
            "a.mpt",
            MPT.replace("Nb", "No").format(5),
            "says 'Nb header lines : N' in its second line",
        ),
        ("a.mpr", b"BIO-LOGIC MODULAR FILE\x1a\0", "export it as text (.mpt)"),
        ("a.xlsx", b"PK\x03\x04\0\0", "save the sheet as CSV"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "is a damaged HDF5 file"),
        ("a.npy", b"\x93NUMPY\1\0", "an array of NumPy without names or units"),
        ("a.ibw", b"\5\0\0\0abc", "is cut off or damaged: the header should be 12 bytes"),
        ("a.toml", "schema = 1\n", "use vegard run a.toml"),
        ("a.json", '{"t": [0, 1], "I": [1]}', "the columns differ in length: {'t': 2, 'I': 1}"),
        ("a.json", '{"t": [0, 1],', "is not valid JSON"),
        ("a.json", "[" * 100_000, "is not valid JSON"),
        ("a.json", "[1, 2]", "must hold lists by name"),
        ("a.json", '{"t/s": [0, 1], "I/A": [1, null]}', "item 2: 'I/A' is empty"),
        ("a.json", '{"t/s": [0, 1], "I/A": [1, 1e999]}', "item 2: 'I/A' is 'inf'"),
        (
            "a.json",
            '{"a": {"t": [0, 1]}, "b": {"t": [0, 1]}}',
            "holds 2 records; give one: record=",
        ),
    ],
)
def test_refuses_files(name: str, text: str | bytes, said: str) -> None:
    assert said in refused(text, name)


def test_refuses_hints_that_do_not_fit_the_format() -> None:
    assert "decimal= says nothing about 'JSON'" in refused('{"a": [1]}', "a.json", decimal=",")
    assert "holds no records" in refused('{"a": [1, 2]}', "a.json", record="b")
    assert "unknown record 'b'" in refused('{"a": {"t": [1, 2]}}', "a.json", record="b")


def test_refuses_what_impedance_py_cannot_read() -> None:
    pytest.importorskip("impedance", reason="needs the extra [eis]")
    for name, text in (("a.DTA", "EXPLAIN\n"), ("a.z", "nothing\n"), ("a.par", "no segment\n")):
        assert "cannot be read as impedances of" in refused(text, name)
    one = "EXPLAIN\nZCURVE\na\nb\n0 1 100 1 -1\n"
    assert "finds no two points of gamry" in refused(one, "a.DTA")


def test_never_unpickles() -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return Path.mkdir, (Path("exploded"),)

    for protocol in range(6):
        refused(pickle.dumps(Bomb(), protocol), "a.csv")
        refused(pickle.dumps(Bomb(), protocol), "a.parquet")
    assert not Path("exploded").exists()


def test_refuses_what_is_no_file_or_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("folder").mkdir()
    for name, said in (("folder", "is a folder"), ("nope.csv", "does not exist")):
        with pytest.raises(vg.FileError, match=said):
            vg.read(name)
    monkeypatch.setattr(texts, "LARGEST", 19)
    assert "is larger than 0 MB; thin it out or split it" in refused("t/s,I/A\n0,1\n1,2\n2,3\n")


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the measured files of ../shared/data")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("contact_resonance_map.npy", "an array of NumPy"),
    ],
)
def test_refuses_measured_files_of_other_kinds(name: str, said: str) -> None:
    with pytest.raises(vg.FileError, match=said):
        vg.read(DATA / name)
