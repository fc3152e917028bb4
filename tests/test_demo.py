"""The demo: the answer follows from the numbers, and the files are whole."""

import csv
import json
import re
import time

import matplotlib as mpl
import pytest

import vegard as vg
from vegard import dart_scans, demo, io, run

mpl.use("Agg")


def scaled(factor):
    return [s._replace(amplitude=s.amplitude * factor) for s in dart_scans.scans()]


@pytest.fixture(scope="module")
def analysis():
    return dart_scans.analyse()


def test_the_26_published_medians():
    rows = dart_scans.scans()
    assert len(rows) == 26
    by = {m: [s for s in rows if s.material == m] for m in ("LICGC", "LMNO", "NCM811")}
    assert {m: len(v) for m, v in by.items()} == {"LICGC": 10, "LMNO": 9, "NCM811": 7}
    assert {s.frequency for s in by["LMNO"]} == {395153.0}
    assert sorted(s.amplitude for s in by["LMNO"])[4] == 4.3614e-10  # the median of medians
    assert min(s.amplitude for s in rows) == 9.5344e-11
    assert {s.drive for s in rows} == {1.0}


def test_range_of_d_is_what_the_catalogue_spans(analysis):
    assert analysis.diffusivity == (1e-17, 1e-13)


def test_bounds_are_the_skin_times_the_strain(analysis):
    m = analysis.experiment.material
    for (f, _, case), b in analysis.bounds.items():
        ell = (1e-13 / (2 * 3.141592653589793 * f)) ** 0.5
        change = (0.1, 1.0)[case] * m.site_concentration
        assert b.change == pytest.approx(change, rel=1e-12)
        assert b.displacement == pytest.approx(
            2 * 1.3 * m.vegard * change * ell, rel=1.5 * ell / 1e-8
        )
    assert {b.limited_by for b in analysis.bounds.values()} == {"given", "site concentration"}


def test_counts(analysis):
    count = {(q, i): analysis.possible(i, q) for q in (1.0, 100.0) for i in (0, 1)}
    assert count == {(1.0, 0): 0, (1.0, 1): 0, (100.0, 0): 5, (100.0, 1): 26}
    assert analysis.possible(0, 100.0, "NCM811") == 5


def test_sentence_on_the_published_numbers(analysis):
    said = " ".join(dart_scans.sentences(analysis))
    assert "cannot give any of the 26 measured amplitudes as they stand" in said
    assert "Q = 100 it could give 5 of them for Δx = 0.1 and 26 for Δx = 1" in said
    assert "95.3–910 pm; at 312–395 kHz diffusion gives at most 1.37–1.54 pm for Δx = 0.1" in said
    assert "skin of 200–230 pm, less than a lattice constant (800 pm)" in said
    assert "rises by 34.7 pm only" in said
    assert "16 mHz–160 Hz" in said
    assert "pulse of 1 ms–10 s" in said


def test_smaller_amplitudes_change_the_sentence(analysis):
    small = dart_scans.analyse(scaled(1e-3))
    said = dart_scans.sentences(small)
    assert said[0] != dart_scans.sentences(analysis)[0]
    assert said[0] == (
        "All 26 measured amplitudes are small enough to be diffusion, even with Q = 1."
    )
    assert "95.3–910 fm" in said[1]
    assert not any("no diffusivity would help" in s for s in said)


def test_faster_diffusion_changes_the_sentence(analysis):
    low, high = analysis.diffusivity
    fast = dart_scans.analyse(diffusivity=(1e4 * low, 1e4 * high))
    said = dart_scans.sentences(fast)
    assert said[0].startswith("Diffusion could give 11 of the 26 measured amplitudes as they stand")
    assert "26 with a resonance of Q = 100" in said[0]
    assert not any("skin of" in s for s in said)  # 20 nm now
    assert "160 Hz–1.6 MHz" in said[-1]


def test_both_change_the_sentence():
    said = dart_scans.sentences(dart_scans.analyse(scaled(1e-3), diffusivity=(1e-13, 1e-9)))
    assert said[0].startswith("All 26")


def test_larger_amplitudes_exclude_everything():
    said = dart_scans.sentences(dart_scans.analyse(scaled(100.0)))
    assert said[0] == "None of the 26 measured amplitudes can be diffusion, not even with Q = 100."


def test_a_small_drive_is_limited_by_the_slope():
    rows = [s._replace(drive=0.1) for s in dart_scans.scans()]
    a = dart_scans.analyse(rows)
    assert a.fraction == pytest.approx(0.1 / 1.0488e-5 / 22900, rel=1e-12)
    assert "what the drive allows by the open-circuit slope" in dart_scans.sentences(a)[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "out"
    start = time.perf_counter()
    text = demo.main(folder)
    return folder, text, time.perf_counter() - start


def test_files_and_time(made):
    folder, _, seconds = made
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    figures = {f"figures/{n}.{k}" for n in ("amplitudes", "spectrum", "relaxation")
               for k in ("png", "svg")}  # fmt: skip
    assert found == {"report.html", "verdict.csv", "verdict.json"} | figures
    assert found == set(json.loads((folder / "verdict.json").read_text("utf-8"))["files"])
    assert [p.name for p in folder.parent.iterdir()] == ["out"]
    assert seconds < 30


def test_text_is_for_a_terminal(made):
    folder, text, _ = made
    lines = text.splitlines()
    assert len(lines) <= 26
    assert max(map(len, lines[:-1])) <= 100
    row = next(line for line in lines if "NCM811" in line)
    assert re.findall(r"\d+ / \d+ of 7", row) == ["0 / 0 of 7", "5 / 7 of 7"]
    assert "order of magnitude" in " ".join(lines)
    assert "LICGC is a solid electrolyte whose β is unknown" in " ".join(lines)
    assert lines[-1] == f"Report: {folder / 'report.html'}"


def test_numbers_agree_with_the_text(made):
    folder, text, _ = made
    data = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert data["not_excluded"] == {"q=1, dx=0.1": 0, "q=1, dx=1": 0, "q=100, dx=0.1": 5,
                                    "q=100, dx=1": 26}  # fmt: skip
    assert data["schema"] == 1
    assert data["vegard"] == vg.__version__
    joined = " ".join(text.split())
    assert all(" ".join(s.split()) in joined for s in data["sentences"])
    lines = (folder / "verdict.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("# Scans: 10.5281/zenodo.21055266, CC-BY")
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 26
    first = rows[0]
    assert float(first["ratio_q100_dx0.1"]) == pytest.approx(
        float(first["median_amplitude_m"]) / 100 / float(first["largest_diffusive_m_dx0.1"]),
        rel=1e-4,
    )
    assert sum(r["answer_q100_dx0.1"] == "possible" for r in rows) == 5


def test_report_is_self_contained(made):
    html = (made[0] / "report.html").read_text("utf-8")
    assert html.count("<img ") == html.count('src="data:image/svg+xml;base64,') == 3
    bare = re.sub(r'src="data:[^"]*"', "", html)
    assert not re.search(r"(?:src|href)=|url\(|@import|<script|<link", bare)
    for words in ("10.5281/zenodo.21055266", "arXiv:1004.0507", "no Vegard coefficient is known",
                  "concentration change above the site concentration"):  # fmt: skip
        assert words in html


@pytest.mark.slow
def test_running_again_replaces_its_own_files_only(made):
    folder = made[0]
    (folder / "notes.txt").write_text("mine")
    before = (folder / "verdict.csv").read_text("utf-8")
    demo.main(folder, rows=scaled(1e-3))
    assert (folder / "verdict.csv").read_text("utf-8") != before
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["verdict.csv", "report.html", "figures/spectrum.png"])
def test_somebody_elses_file_is_kept(tmp_path, name, monkeypatch):
    monkeypatch.setattr(demo, "analyse", None)  # refused before computing
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(vg.FileError, match=f"holds a {name} that no run.*--force"):
        demo.main(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.slow
def test_an_earlier_run_is_kept(tmp_path, made):
    path = tmp_path / "e.toml"
    path.write_text('schema = 1\n[material]\nname = "LiMn2O4"\n[tip]\nkind = "DiscTip"\n'
                    'radius = 2e-8\n[frequency]\nvalues = [1.0, 2.0]\n')  # fmt: skip
    results = run.execute(io.read(path, signals=()))
    files = run.write(results, tmp_path / "out", report=False)
    with pytest.raises(vg.FileError, match=r"holds the run of e\.toml.*--force"):
        demo.main(tmp_path / "out")
    assert all((tmp_path / "out" / name).exists() for name in files)
    with pytest.raises(vg.FileError, match=r"holds the run of vegard demo.*--force"):
        run.write(results, made[0], report=False)
    demo.main(tmp_path / "out", force=True)
    assert not (tmp_path / "out" / "summary.json").exists()


def test_unwritable_folder_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(vg.FileError, match=r"cannot (write|be made)"):
        demo.main(tmp_path / "file" / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
