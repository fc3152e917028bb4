"""PITT, GITT and impedance spectroscopy of the same sample, and their textbook analyses."""

from vegard.classical.bridge import bridge_ratio, strain_of_charge
from vegard.classical.eis_analysis import analyse_eis
from vegard.classical.esm_analysis import analyse_esm
from vegard.classical.estimate import Estimate
from vegard.classical.gitt_analysis import analyse_gitt
from vegard.classical.pitt_analysis import analyse_pitt
from vegard.classical.ranges import valid_range
from vegard.classical.simulate import eis, gitt, pitt
from vegard.classical.titration import gitt_titration, pitt_titration

__all__ = [
    "Estimate",
    "analyse_eis",
    "analyse_esm",
    "analyse_gitt",
    "analyse_pitt",
    "bridge_ratio",
    "eis",
    "gitt",
    "gitt_titration",
    "pitt",
    "pitt_titration",
    "strain_of_charge",
    "valid_range",
]
