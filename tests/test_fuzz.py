"""Files damaged at random give a result or one clear sentence; those that once did not, too."""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

import vegard as vg
from vegard.io.microscope import child

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
sys.path.insert(0, str(FUZZ))

import mutate  # noqa: E402
import run  # noqa: E402
import seeds  # noqa: E402

HINTS: tuple[dict[str, str], ...] = (
    {},
    {"starts_with": "write"},
    {"field": "off,on", "kind": "sho"},
)
CORPUS = sorted(path for path in (FUZZ / "corpus").iterdir() if path.suffix != ".md")


def test_sound_files_are_read(tmp_path: Path) -> None:
    worker = run.Worker()
    for i, seed in enumerate(seeds.seeds()):
        path = tmp_path / f"{i}{seed.ending}"
        path.write_bytes(seed.raw)
        got = worker.ask({"path": str(path), "format": seed.format, "hints": seed.hints})
        assert got == {"past": True, "end": "result"}, seed.format
    worker.close()


def test_chance_repeats_itself() -> None:
    raw = bytes(range(256)) * 4
    first = [mutate.mutated(raw, [raw], Random(3)) for _ in range(2)]
    assert first[0] == first[1] != raw


@pytest.mark.slow
def test_two_thousand_damaged_files() -> None:
    tally = run.run(2000, seconds=120, seed=22, share=0.002)
    assert not tally.failures, tally.failures[0][:2]
    files = sum(found["files"] for found in tally.ends.values())
    assert files == 2000
    assert tally.past() >= 0.3, tally.table()


@pytest.mark.exhaustive
def test_a_hundred_thousand_damaged_files() -> None:
    tally = run.run(100_000, seconds=1200, seed=21, share=0.001)
    assert not tally.failures, tally.failures[0][:2]
    assert tally.past() >= 0.3, tally.table()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_files_that_ended_a_reader(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SECONDS", 1)  # some would take all of the 60
    for hints in HINTS if path.suffix == ".h5" else HINTS[:1]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", vg.OutOfRegime)
            with suppress(vg.VegardError):
                vg.read(path, **hints)


def test_a_worker_that_ends_is_noticed(tmp_path: Path) -> None:
    worker = run.Worker()
    assert worker.ask({"path": str(tmp_path)})["end"] == "crash"  # a job without format
    sound = seeds.seeds()[0]
    path = tmp_path / "a.ibw"
    path.write_bytes(sound.raw)
    assert worker.ask({"path": str(path), "format": "IBW", "hints": {}})["end"] == "result"
    worker.close()
