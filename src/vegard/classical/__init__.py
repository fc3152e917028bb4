"""PITT, GITT and impedance spectroscopy of the same sample, and their textbook analyses."""

from vegard.classical.simulate import eis, gitt, pitt, valid_range

__all__ = ["eis", "gitt", "pitt", "valid_range"]
