"""Reference entries of the contact (2e-6, the file's own accuracy) and of the blocking tip."""

from __future__ import annotations

import math
from functools import cache

import pytest
from common import load

import vegard as vg
from vegard.material import FARADAY, GAS_CONSTANT

ENTRIES = load("contact.json")["entries"]
CONTACT = [e for e in ENTRIES if e["kind"] == "contact"]
BLOCKING = [e for e in ENTRIES if e["kind"] == "gauss blocking-electromigration"]
OMEGAS = sorted({e["omega"] for e in CONTACT})
THERMAL = GAS_CONSTANT * 298.15 / FARADAY  # R_gT/F [V]


def reference(entry, name):
    return complex(entry[name + "_re"], entry[name + "_im"])


@cache
def spectra(biot, thickness, back):
    """Net flux, centre and punch at all frequencies of the file."""
    f = [omega / (2 * math.pi) for omega in OMEGAS]
    geometry = vg.Film(thickness, back) if thickness else vg.HalfSpace()
    e = vg.Experiment(
        vg.Material(1.0, 1 / 2.6, 0.3),
        vg.DiscTip(1.0),
        geometry,
        vg.Contact(math.inf if biot is None else biot),
    )
    return {
        "flux": vg.contact_current(e, f, per="concentration"),
        "centre": vg.frequency_response(e, f, per="concentration"),
        "punch": vg.frequency_response(e.replace({"readout": "punch"}), f, per="concentration"),
    }


def test_the_file_holds_what_it_should():
    assert (len(CONTACT), len(BLOCKING)) == (36, 9)
    assert OMEGAS == [0.001, 1.0, 30.0]


@pytest.mark.parametrize("entry", CONTACT, ids=lambda e: "-".join(str(v) for v in e.values())[8:40])
def test_contact(entry):
    got = spectra(entry["biot"], entry.get("thickness"), entry.get("back"))
    for name, response in got.items():
        value = response.values[OMEGAS.index(entry["omega"])]
        assert abs(value - reference(entry, name)) <= 2e-6 * abs(value), name


@pytest.mark.parametrize("entry", BLOCKING, ids=lambda e: f"{e['omega']}-{e['debye_length']}")
def test_blocking_tip(entry):
    e = vg.Experiment(
        vg.Material(1.0, 1 / 2.6, 0.3),
        vg.GaussianTip(1.0),
        interface=vg.BlockingTip(entry["debye_length"], 1.0),
    )
    u = vg.frequency_response(e, entry["omega"] / (2 * math.pi))
    expected = -reference(entry, "value") / THERMAL
    assert abs(u.values - expected) <= 1e-10 * abs(expected)
    assert abs(u.values - expected) <= u.error + 2e-13 * abs(expected)  # the file's last digits
