"""The dictionary of a map: its error, its size, and that it is always the same."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from map_cases import FREE, PULSE, SAMPLE, TIMES, D, curves, relaxation

import vegard as vg
from vegard.mapping import core, dictionary

Y = np.zeros((2, 64))


def of(sample=SAMPLE, data=None, free=FREE):
    return dictionary.of(core._problem(sample, data or relaxation(Y), free, "gauss"))


def test_error_is_stated():
    """Shapes between the nodes against the exact verb, at places of its own."""
    d = of()
    where = np.random.default_rng(0).uniform(np.log(1e-18), np.log(1e-13), 40)
    rows, slopes = d.at(where[:, None])
    u = curves(np.exp(where))
    shape = u - u.mean(axis=1, keepdims=True)
    shape /= np.linalg.norm(shape, axis=1, keepdims=True)
    found = d.full(rows)
    found = found - found.mean(axis=1, keepdims=True)
    assert np.abs(found - shape).max() < 3 * d.error < 1e-6
    np.testing.assert_allclose(np.exp(rows[:, -1]) * d.full(rows).mean(axis=1), u.mean(axis=1),
                               rtol=1e-6)  # fmt: skip
    step = 1e-4
    ahead = (d.at(where[:, None] + step)[0] - d.at(where[:, None] - step)[0]) / (2 * step)
    np.testing.assert_allclose(slopes[0], ahead, atol=1e-6)


def test_seven_vectors_hold_the_shapes_nearly():
    """To 3e-4, over eleven decades of D: the next singular value over the first."""
    d = of()
    shapes = d.full(d.table)
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    size = np.linalg.svd(shapes, compute_uv=False)
    assert size[7] / size[0] < 3e-4
    assert d.rank < 20


def test_it_reaches_four_decades_beyond_what_the_times_see():
    d = of()
    assert np.exp(d.low[0]) == pytest.approx(20e-9**2 / TIMES[-1] / 1e4)
    assert np.exp(d.high[0]) == pytest.approx(20e-9**2 / (TIMES[0] - 0.1) * 1e4, rel=1e-6)


def test_it_is_the_same_whatever_was_computed_before():
    """Bit by bit, so that a run that goes on in another process makes the same maps."""
    first = of()
    dictionary._LATEST.clear()
    vg.fit(SAMPLE, relaxation(curves(3e-16)), FREE)  # the shared master curves grow
    again = of()
    assert again is not first
    for name in ("table", "basis", "weights"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert again.error == first.error


def test_it_travels():
    d = pickle.loads(pickle.dumps(of()))
    assert np.array_equal(d.at(np.array([[np.log(1e-15)]]))[0],
                          of().at(np.array([[np.log(1e-15)]]))[0])  # fmt: skip


def test_the_latest_are_kept():
    assert of() is of()
    assert of(free=[D, "gain"]) is not of()


def test_a_sample_that_gives_no_signal_is_refused():
    """Readings so long after a short pulse that nothing is left but rounding."""
    late = np.geomspace(1e12, 1e13, 8)
    data = vg.Data("relaxation", late, np.zeros((2, 8)), drive=vg.Pulse(1e-9), per="concentration")
    free = {D: (1e-9, 1e-8), "gain": None, "offset": None}
    with pytest.raises(vg.VegardError, match="no signal of the sample"):
        of(data=data, free=free)


def test_a_pulse_is_part_of_the_key():
    other = vg.Data("relaxation", TIMES, Y, drive=vg.Pulse(0.05), per="concentration")
    assert not np.array_equal(of().table[:, 0], of(data=other).table[:, 0])
    assert PULSE.duration == 0.1
