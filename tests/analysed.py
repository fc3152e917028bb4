"""Samples and noise for the tests of the analyses."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import vegard as vg

near = partial(pytest.approx, abs=0)  # its own abs of 1e-12 is ten times D
FARADAY = 96485.33212
D, L, AREA, SLOPE = 1e-13, 200e-9, 1e-4, -4.4e-5
TAU = L * L / D
K = -SLOPE / (FARADAY * AREA)  # Ω m/s
HOST = vg.Material(D, 1.2e-6, 0.3, ocv_slope=SLOPE)
UNKNOWN = vg.Material(None, None, None)  # all that an analysis has to find out
BODIES = [("planar", "blocking"), ("planar", "permeable"), ("cylinder", "blocking"),
          ("sphere", "blocking")]  # fmt: skip


def cell(biot=np.inf, shape="planar", back="blocking", material=HOST, **kw):
    return vg.Cell(material, L, AREA, shape=shape, back=back, rate=biot * D / L, **kw)


def coverage(case, run, count, seed=0):
    """Share of intervals that hold the truth, over noisy repeats."""
    rng = np.random.default_rng(seed)
    ends = np.array([run(case(rng)).interval for _ in range(count)])
    return float(((ends[:, 0] <= D) & (ends[:, 1] >= D)).mean())
