"""Maps: a sample fitted to the curve of every pixel."""

from vegard.mapping.core import fit_map

__all__ = ["fit_map"]
