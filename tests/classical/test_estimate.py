"""What an estimate says of itself."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from math import inf

import pytest

from vegard.classical import Estimate


def estimate(low=0.9e-13, high=1.1e-13, method="sqrt_t", d=1e-13, **more):
    return Estimate(method, d, 5e-15, (low, high), (1e-3, 0.5), "a flat earth", more)


def test_frozen_and_slotted():
    with pytest.raises(FrozenInstanceError):
        estimate().diffusivity = 2.0
    assert not hasattr(estimate(), "__dict__")


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((0.9e-13, 1.1e-13), "D = 1e-13 m²/s ± 5e-15 (1σ), 95 %: 9e-14 to 1.1e-13 m²/s"),
        ((0.0, 1.1e-13), "D < 1.1e-13 m²/s (95 %), no lower bound"),
        ((0.9e-13, inf), "D > 9e-14 m²/s (95 %), no upper bound"),
        ((0.0, inf), "the data do not determine D"),
    ],
)
def test_a_bound_is_told_as_a_bound(ends, words):
    assert estimate(*ends).report().splitlines()[0] == f"sqrt_t: {words}"


def test_report():
    lines = estimate(resistance=12.5, noise=2e-6, circuit="R0", biot=inf, other=(1, 2)).report()
    assert lines.splitlines()[1:] == [
        "used: 1 ms to 500 ms",
        "assumes: a flat earth",
        "resistance: 12.5 Ω",
        "noise: 2 µV",
        "circuit: R0",
        "biot: inf",
    ]
    assert "used: 1 mHz to 500 mHz" in estimate(method="warburg").report()
    assert "noise: 2e-06" in estimate(method="circuit", noise=2e-6).report()


def test_doubts_only_where_all_of_the_interval_is_absurd():
    assert estimate().doubts == estimate(1e-30, 1e-3, d=1e-5).doubts == ()
    assert estimate(0.0, inf, d=1.0).doubts == ()
    assert "above 1e-8" in estimate(0.9e-7, 1.1e-7, d=1e-7).doubts[0]
    assert "note: D = 1e-25 m²/s is below 1e-22" in estimate(1e-26, 1e-24, d=1e-25).report()
