"""Data from labelled datasets: axes, stages, drives, maps, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import vegard as vg

sys.path.insert(0, str(Path(__file__).parent))
from cases import experiment, near

WRITE, READ, PAUSE = 2, 4, 0.01


def staged(cycles=1, first="write", bias=3.0, rest=0.0, pixels=()):
    """As `vegard.read` gives a relaxation: t = 0 where the writing ends, or the reading begins."""
    number = np.arange(WRITE + READ) - (WRITE if first == "write" else 0)
    written = number < 0 if first == "write" else number >= READ
    shape = (*pixels, cycles, number.size)
    y = np.arange(np.prod(shape), dtype=float).reshape(shape)
    volts = np.tile(np.where(written, bias, rest), (cycles, 1))
    coords = {
        "time": number * PAUSE,
        "cycle": np.arange(cycles),
        "stage": ("time", np.where(written, "write", "read")),
        "bias": (("cycle", "time"), volts),
        **{d: 1e-8 * np.arange(n) for d, n in zip("yx", pixels, strict=False)},
    }
    dims = (*"yx"[: len(pixels)], "cycle", "time")
    return xr.Dataset({"response": (dims, y, {"units": "m"})}, coords, {"kind": "relaxation"})


def test_relaxation_counts_from_the_start_of_the_writing():
    d = vg.Data.from_xarray(staged())
    assert d.kind == "relaxation"
    assert d.drive == vg.Pulse(WRITE * PAUSE, 3.0)
    assert d.x == near(WRITE * PAUSE + PAUSE * np.arange(READ))
    assert d.y.tolist() == [2, 3, 4, 5]
    on = vg.Data.from_xarray(staged(), field="on")
    assert on.x == near([0.0, PAUSE], abs=1e-15)
    assert on.y.tolist() == [0, 1]
    late = vg.Data.from_xarray(staged(), delay=PAUSE / 2)
    assert late.x == near(d.x + PAUSE / 2)


def test_bias_is_taken_above_that_of_the_reading():
    assert vg.Data.from_xarray(staged(bias=3.0, rest=1.0)).drive.amplitude == near(2.0)


def test_cycles_follow_each_other():
    """A linear sample remembers the earlier pulses: one train, not three pulses."""
    d = vg.Data.from_xarray(staged(3))
    period = (WRITE + READ) * PAUSE
    assert d.drive == vg.PulseTrain(WRITE * PAUSE, period, (3.0,) * 3)
    one = WRITE * PAUSE + PAUSE * np.arange(READ)
    assert d.x == near(np.concatenate([one, one + period, one + 2 * period]))
    assert d.y.tolist() == [2, 3, 4, 5, 8, 9, 10, 11, 14, 15, 16, 17]


def test_reading_first():
    """The first readings come before any pulse: there the sample is at rest."""
    d = vg.Data.from_xarray(staged(2, first="read"))
    assert d.x[:READ] == near(PAUSE * (np.arange(READ) - READ))
    assert d.x[READ:] == near(WRITE * PAUSE + PAUSE * np.arange(READ))


def test_height_and_drive_of_the_user():
    assert vg.Data.from_xarray(staged(), drive=7.0, per="flux").drive == vg.Pulse(0.02, 7.0)
    own = vg.Triangle(0.02, 1.0)
    assert vg.Data.from_xarray(staged(), drive=own).drive == own
    with pytest.raises(vg.VegardError, match=r"writing took 0\.02 s"):
        vg.Data.from_xarray(staged(), drive=vg.Pulse(0.5))
    with pytest.raises(vg.VegardError, match="needs drive="):
        vg.Data.from_xarray(staged(), per="concentration")


def test_map_keeps_its_labels():
    ds = staged(2, pixels=(3, 2)).transpose("time", "x", "cycle", "y")
    d = vg.Data.from_xarray(ds)
    assert d.is_map
    assert d.y.dims == ("x", "y", "time")
    assert d.y.coords["y"].values.tolist() == [0, 1e-8, 2e-8]
    one = vg.Data.from_xarray(ds.isel(y=2, x=1))
    assert np.array_equal(d.y.sel(y=2e-8, x=1e-8), one.y)
    with pytest.raises(vg.VegardError, match="data are a map"):
        vg.fit(experiment(1e-15), d, ["material.diffusivity"])


def test_lazy_map_is_not_read():
    dask = pytest.importorskip("dask.array")
    ds = staged(2, pixels=(3, 2))
    ds["response"] = ds.response.copy(data=dask.from_array(ds.response.values))
    d = vg.Data.from_xarray(ds)
    assert isinstance(d.y.data, dask.Array)
    assert np.array_equal(d.y.values, vg.Data.from_xarray(ds.compute()).y.values)


def loops(pixels=(2, 3), cycles=None):
    bias = np.array([0.0, 1.0, 2.0, 1.0, 0.0, -1.0, -2.0, -1.0])
    size = (*pixels, *(() if cycles is None else (cycles,)), bias.size)
    dims = (*"yx"[: len(pixels)], *(() if cycles is None else ("cycle",)), "bias")
    y = np.arange(np.prod(size), dtype=float).reshape(size)
    return xr.Dataset({"response": (dims, y)}, {"bias": bias}, {"kind": "loop"})


def test_loops():
    d = vg.Data.from_xarray(loops(), duration=0.01, period=0.02, field="off")
    assert d.kind == "loop"
    assert d.y.dims == ("y", "x", "bias")
    assert d.drive == vg.PulseTrain(0.01, 0.02, tuple(loops().bias.values))
    assert d.time[0] == near(0.02)
    two = vg.Data.from_xarray(loops((), 2), duration=0.01, period=0.02)
    assert two.x.tolist() == [*loops().bias.values, *loops().bias.values]
    assert two.y.tolist() == list(range(16))
    train = vg.PulseTrain(0.01, 0.02, tuple(5 * loops().bias.values))
    per = vg.Data.from_xarray(loops(()), drive=train, per="concentration")
    assert per.x.tolist() == list(train.amplitudes)


def test_loops_whose_bias_differs_between_cycles():
    """An axis of steps with the bias beside it, read on and off field."""
    bias = np.array([[0.0, 1.0, 0.0, -1.0], [0.0, 2.0, 0.0, -2.0]])
    y = np.arange(16.0).reshape(2, 4, 2)
    ds = xr.Dataset(
        {"response": (("cycle", "bias_step", "field"), y)},
        {"bias": (("cycle", "bias_step"), bias), "field": ["off", "on"]},
    )
    d = vg.Data.from_xarray(ds, duration=0.01, period=0.02, field="on")
    assert d.x.tolist() == bias.ravel().tolist()
    assert d.y.tolist() == list(range(1, 16, 2))
    with pytest.raises(vg.VegardError, match="give field='on' or 'off'"):
        vg.Data.from_xarray(ds, duration=0.01, period=0.02)


def test_spectra_and_electrical_data():
    f = np.geomspace(1, 100, 5)
    ds = xr.Dataset({"response": (("frequency", "x"), np.ones((5, 2)) * 1j)}, {"frequency": f})
    d = vg.Data.from_xarray(ds, drive=0.5)
    assert (d.kind, d.y.shape, d.is_complex, d.drive) == ("frequency", (2, 5), True, 0.5)
    eis = xr.Dataset({"impedance": ("frequency", 1 - 1j * f)}, {"frequency": f}, {"kind": "eis"})
    assert vg.Data.from_xarray(eis).kind == "eis"


def test_axis_that_must_be_named():
    ds = xr.Dataset({"height": (("a", "delay"), np.ones((3, 4)))}, {"delay": 0.1 * np.arange(1, 5)})
    with pytest.raises(vg.VegardError, match="Name it: kind= and axis="):
        vg.Data.from_xarray(ds, drive=1.0)
    d = vg.Data.from_xarray(ds, drive=1.0, kind="relaxation", axis="delay")
    assert d.y.dims == ("a", "delay")
    with pytest.raises(vg.VegardError, match="name it with axis="):
        vg.Data.from_xarray(ds, drive=1.0, kind="relaxation")
    with pytest.raises(vg.VegardError, match="'delay'"):
        vg.Data.from_xarray(ds, drive=1.0, kind="relaxation", axis="dely")
    two = ds.assign(phase=ds.height)
    with pytest.raises(vg.VegardError, match="give one: variable="):
        vg.Data.from_xarray(two, drive=1.0, kind="relaxation", axis="delay")
    how = {"drive": 1.0, "kind": "relaxation", "axis": "delay", "variable": "phase"}
    assert vg.Data.from_xarray(two, **how).y.shape == (3, 4)


BAD = {
    "no dataset": (lambda: vg.Data.from_xarray(np.ones(3)), "takes an xarray.Dataset"),
    "variable": (lambda: vg.Data.from_xarray(staged(), variable="responce"), "response"),
    "kind": (lambda: vg.Data.from_xarray(staged(), kind="relax"), "relaxation"),
    "field": (lambda: vg.Data.from_xarray(staged(), field="of"), "Did you mean"),
    "reference": (lambda: vg.Data.from_xarray(staged(), reference=0.1), "phase of oscillators"),
    "pulses": (lambda: vg.Data.from_xarray(loops(())), "give duration= and period="),
    "envelope": (lambda: vg.Data.from_xarray(loops(()), drive=1.0), "takes a vegard.PulseTrain"),
    "no bias": (
        lambda: vg.Data.from_xarray(loops(()).drop_vars("bias"), kind="loop"),
        "needs its bias",
    ),
    "no times": (
        lambda: vg.Data.from_xarray(
            staged().isel(cycle=0, drop=True).drop_vars(["time", "stage"]), drive=1.0
        ),
        "has no values",
    ),
    "no stage": (
        lambda: vg.Data.from_xarray(staged(2).drop_vars("stage"), drive=1.0),
        "choose one: isel",
    ),
    "ramped bias": (
        lambda: vg.Data.from_xarray(
            staged().assign_coords(bias=(("cycle", "time"), np.arange(6.0)[None]))
        ),
        "bias changes while",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_certain_is_asked(case):
    call, words = BAD[case]
    with pytest.raises(vg.VegardError, match=words):
        call()
