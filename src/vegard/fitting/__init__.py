"""Fits of a sample to measured curves."""

from vegard.fitting.choice import compare_models
from vegard.fitting.chosen import Candidate, ModelChoice
from vegard.fitting.combinations import Combination
from vegard.fitting.core import fit
from vegard.fitting.data import Data
from vegard.fitting.exponentials import StretchedExponential
from vegard.fitting.result import Fit

__all__ = [
    "Candidate",
    "Combination",
    "Data",
    "Fit",
    "ModelChoice",
    "StretchedExponential",
    "compare_models",
    "fit",
]
