"""The finite-element package, loaded when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from vegard.errors import VegardError


class Engine(NamedTuple):
    """NGSolve and its mesher."""

    ngsolve: Any
    meshing: Any


def engine() -> Engine:
    """NGSolve, or an error that says how to get it."""
    try:
        return Engine(import_module("ngsolve"), import_module("netgen.meshing"))
    except ImportError:
        raise VegardError(
            "vegard verify needs NGSolve; install it with: pip install 'vegard[fem]'"
        ) from None


def solve_system(matrix: Any, loads: list[Any], fields: list[Any]) -> None:
    """Solve one symmetric system for several loads; ``fields`` hold the Dirichlet values.

    A condensed matrix has the inner unknowns of its elements eliminated before factorisation.
    """
    free = fields[0].space.FreeDofs(matrix.condense)
    inverse = matrix.mat.Inverse(free, inverse="sparsecholesky")
    for load, field in zip(loads, fields, strict=True):
        rest = load.vec.CreateVector()
        rest.data = load.vec - matrix.mat * field.vec
        if matrix.condense:
            rest.data += matrix.harmonic_extension_trans * rest
        field.vec.data += inverse * rest
        if matrix.condense:
            field.vec.data += matrix.harmonic_extension * field.vec
            field.vec.data += matrix.inner_solve * rest
