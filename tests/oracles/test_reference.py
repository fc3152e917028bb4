"""Every published reference entry of the linear physics: 1e-10 in frequency, 1e-8 in time."""

from __future__ import annotations

import math

import pytest
from common import PER, load, unit_experiment

import vegard as vg

ENTRIES = load("linear.json")["entries"]
SPECTRA = [e for e in ENTRIES if "omega" in e]
STEPS = [e for e in ENTRIES if "t" in e]
TENSOR = load("tensor.json")["entries"]


def _experiment(entry, kind):
    vegard = (entry["vegard11"], entry["vegard33"]) if "nu" in entry else None
    return unit_experiment(
        kind,
        entry["interface"],
        thickness=entry.get("thickness"),
        back=entry.get("back"),
        biot=entry.get("biot"),
        d=entry.get("D_in_plane_over_D_normal", 1.0),
        vegard=vegard,
        nu=entry.get("nu", 0.3),
        readout="punch" if "readout" in entry else "centre",
    )


def test_the_files_hold_what_they_should():
    assert len(SPECTRA) == 178
    assert len(STEPS) == 18


@pytest.mark.parametrize("entry", SPECTRA, ids=lambda e: "-".join(str(v) for v in e.values())[:60])
def test_frequency(entry):
    u = vg.frequency_response(
        _experiment(entry, entry["kind"]),
        entry["omega"] / (2 * math.pi),
        per=PER[entry["interface"]],
        at=entry.get("r", 0.0),
    )
    scale = 2 * (1 + entry["nu"]) if "nu" in entry else 1.0
    reference = complex(entry["value_re"], entry["value_im"])
    assert abs(u.values / scale - reference) <= 1e-10 * abs(reference)
    # the file gives 14 digits at r > 0
    assert abs(u.values / scale - reference) <= u.error / scale + 2e-13 * abs(reference)


@pytest.mark.parametrize("entry", STEPS, ids=lambda e: f"{e['kind']}-{e['interface']}-{e['t']}")
def test_step(entry):
    e = _experiment(entry, entry["kind"].split()[0])
    u = vg.step_response(e, entry["t"], per=PER[entry["interface"]])
    assert u.values == pytest.approx(entry["value_re"], rel=1e-8)
    assert abs(u.values - entry["value_re"]) <= u.error + 1e-15


@pytest.mark.parametrize("omega", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("point", [(0, 0), (0.7, 0.4)])
def test_transverse_isotropy_against_the_tensor_oracle(omega, point):
    """β₁₁ = β₂₂ is the sum of two tensor entries: uplift and both lateral components."""
    pick = {e["component"]: e for e in TENSOR if e["omega"] == omega and (e["x"], e["y"]) == point}
    for pair, parts in (((1.0, 0.0), ("b11", "b22")), ((0.0, 1.0), ("b33",))):
        e = unit_experiment("gauss", "conc", vegard=pair)
        for component, key in (("vertical", "uz"), ("lateral_x", "ux"), ("lateral_y", "uy")):
            u = vg.frequency_response(
                e,
                omega / (2 * math.pi),
                per="concentration",
                at=math.hypot(*point),
                azimuth=math.atan2(point[1], point[0]),
                component=component,
            )
            reference = sum(complex(pick[p][key + "_re"], pick[p][key + "_im"]) for p in parts)
            assert abs(u.values - reference) < 1e-7  # the oracle's own accuracy
