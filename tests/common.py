"""Shared pieces of the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import vegard as vg

ORACLES = Path(__file__).parent / "oracles"

INTERFACES = {
    "conc": lambda biot: vg.FixedConcentration(),
    "flux": lambda biot: vg.FixedFlux(),
    "kinetics": lambda biot: vg.LinearKinetics(biot),
}
TIPS = {"disc": vg.DiscTip, "gauss": vg.GaussianTip}
PER = {"conc": "concentration", "flux": "flux", "kinetics": "concentration"}


def load(name: str) -> Any:
    """One oracle file."""
    return json.loads((ORACLES / name).read_text())


def unit_experiment(
    tip: str,
    interface: str,
    *,
    thickness: float | None = None,
    back: str | None = None,
    biot: float | None = None,
    d: float = 1.0,
    vegard: Any = None,
    nu: float = 0.3,
    readout: str = "centre",
) -> vg.Experiment:
    """R = D_z = 1 and 2(1+ν)β = 1 unless β is given."""
    beta = 1 / (2 * (1 + nu)) if vegard is None else vegard
    geometry = vg.Film(thickness, back or "blocking") if thickness else vg.HalfSpace()
    return vg.Experiment(
        vg.Material((d, 1.0), beta, nu),
        TIPS[tip](1.0),
        geometry,
        INTERFACES[interface](biot),
        readout,
    )


class Offset:
    """An additive signal with a lag, linear in the drive."""

    def transfer(self, s, experiment, per):
        return 0.1 / (1 + s)
