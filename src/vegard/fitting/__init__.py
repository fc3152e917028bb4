"""Fits of a sample to measured curves."""

from vegard.fitting.combinations import Combination
from vegard.fitting.core import fit
from vegard.fitting.data import Data
from vegard.fitting.result import Fit

__all__ = ["Combination", "Data", "Fit", "fit"]
