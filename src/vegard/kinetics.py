"""Charge transfer at the surface. Only array-API operations."""

from __future__ import annotations

from math import isinf
from typing import Any


def surface_fraction(admittance: Any, rate: float) -> Any:
    """C₀/(c S) = κ/(κ + Y) for linear kinetics -D_z C' = κ(c S - C).

    Parameters
    ----------
    admittance : array
        Y [m/s].
    rate : float
        κ [m/s]; infinite means equilibrium.
    """
    if isinf(rate):
        return 0 * admittance + 1
    return rate / (rate + admittance)
