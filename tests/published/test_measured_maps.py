"""Measured maps with all the junk that is in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import vegard as vg

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FREE = ["material.diffusivity", "gain", "offset"]
SAMPLE = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder shared/data is not beside the tree"),
]


@pytest.fixture(scope="module")
def loops():
    """Switching of a ferroelectric: 50 × 50 loops, an eighth with spikes above ten spans."""
    found = vg.read(DATA / "beps_loops_nsid.h5")
    bias = found.bias.values
    train = vg.PulseTrain(0.005, 0.01, tuple(bias))  # the file does not tell the times
    data = vg.Data("loop", bias, found.response, drive=train, per="concentration", field="off")
    return {
        loss: vg.fit_map(SAMPLE, data, FREE, loss=loss) for loss in ("gauss", "huber", "cauchy")
    }


def test_switching_is_not_taken_for_diffusion(loops):
    counts = {loss: json.loads(maps.attrs["counts"]) for loss, maps in loops.items()}
    assert all(sum(c.values()) == 2500 for c in counts.values())
    assert all(c["misfit"] > 2200 for c in counts.values())
    assert all(c["good"] < 50 for c in counts.values())


def test_spikes_outweigh_the_loops_unless_the_loss_bears_them(loops):
    spiky = vg.read(DATA / "beps_loops_nsid.h5").response
    spiky = np.ptp(spiky.values, axis=-1) > 3e-3  # ten times the median span
    assert spiky.sum() > 600
    assert (loops["cauchy"].outliers.values[spiky] > 0).mean() > 0.95
    worse = loops["gauss"].scatter / loops["cauchy"].scatter
    assert float(worse.values[spiky].mean()) > 20


def test_loops_keep_their_places(loops):
    maps = loops["cauchy"]
    assert maps.diffusivity.dims == ("y", "x")
    assert float(maps.x[-1]) == pytest.approx(2e-6)


def test_contact_resonances_that_are_none_are_flagged():
    spectra = np.load(DATA / "contact_resonance_map.npy")
    maps = vg.fit_sho(np.linspace(298e3, 348e3, 102), spectra)
    flags, counts = np.unique(maps.flag.values, return_counts=True)
    assert dict(zip(flags.tolist(), counts.tolist(), strict=True)) == {0: 1020, 4: 4}
    good = maps.flag.values == 0
    assert np.isnan(maps.f0.values[~good]).all()
    low, high = np.percentile(maps.f0.values[good], [5, 95])
    assert 323e3 < low < high < 331e3
