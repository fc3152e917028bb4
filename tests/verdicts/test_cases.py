"""How often the verdict errs on synthetic observations of known truth."""

from __future__ import annotations

from collections import Counter

import pytest
from verdicts.cases import KINDS, PARASITIC, case

import vegard as vg

FIRST = 10000  # seeds from here on were never used in tuning


def confusion(seeds):
    """Answers for each kind of truth."""
    table = {kind: Counter() for kind in KINDS}
    for seed in seeds:
        c = case(seed)
        answer = vg.verdict(c.seen, c.experiment, drive=c.drive).answer
        table[c.kind][answer] += 1
    return table


def errors(table):
    """Share of parasitic signals called possible, and of diffusion called excluded."""
    parasitic = sum((table[k] for k in PARASITIC), Counter())
    return (
        parasitic["possible"] / parasitic.total(),
        table["diffusion"]["excluded"] / table["diffusion"].total(),
    )


@pytest.mark.slow
def test_few():
    table = confusion(range(FIRST, FIRST + 60))
    wrong, missed = errors(table)
    assert (wrong, missed) == (0, 0)
    assert table["diffusion"]["possible"] >= 5  # of 10
    assert sum(table[k]["excluded"] for k in PARASITIC) >= 20  # of 40


@pytest.mark.exhaustive
def test_many():
    """The table of docs/verdict.md."""
    table = confusion(range(FIRST, FIRST + 600))
    wrong, missed = errors(table)
    assert (wrong, missed) == (0, 0)  # of 400, of 100
    # a case or two sits on a threshold, where rounding decides
    assert table["diffusion"]["possible"] == pytest.approx(72, abs=2)
    assert sum(table[k]["excluded"] for k in PARASITIC) == pytest.approx(264, abs=4)
    assert table["mixture"]["possible"] == pytest.approx(15, abs=2)
