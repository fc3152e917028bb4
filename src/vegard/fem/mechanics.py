"""Displacement by finite elements: axisymmetric elasticity with a swelling film."""

from __future__ import annotations

from math import isfinite
from typing import Any

from vegard.fem.engine import Engine, solve_system
from vegard.fem.problem import Problem
from vegard.fem.transport import inside


def displacement(
    engine: Engine, mesh: Any, problem: Problem, concentration: Any, degree: int
) -> tuple[Any, Any]:
    """Real and imaginary part of the displacement u_z (into the sample).

    Stress c:(ε - βC), free surface, fixed at the far sides of the box:

        ∫ (λ tr ε δ + 2μ ε) : ε(v) r dr dz = ∫ C (λ tr β δ + 2μ β) : ε(v) r dr dz.
    """
    ng = engine.ngsolve
    x, grad = ng.x, ng.grad
    end = "side|bottom" if isfinite(problem.slabs[0].thickness) else "side|back"
    if any(not isfinite(slab.young) for slab in problem.slabs[:2]):
        end = "side|back"
    space = ng.H1(mesh, order=degree, dirichlet=f"axis|{end}") * ng.H1(
        mesh, order=degree, dirichlet=end
    )
    (u, w), (du, dw) = space.TnT()
    first, second = _lame(mesh, problem)

    def strain(radial: Any, normal: Any) -> tuple[Any, ...]:
        shear = (grad(radial)[1] + grad(normal)[0]) / 2
        return grad(radial)[0], radial / x, grad(normal)[1], shear

    def stress(e: tuple[Any, ...]) -> tuple[Any, ...]:
        swell = first * (e[0] + e[1] + e[2])
        return (*(swell + 2 * second * part for part in e[:3]), 4 * second * e[3])

    virtual = strain(du, dw)
    matrix = ng.BilinearForm(space, symmetric=True, condense=True)
    matrix += sum(a * b for a, b in zip(stress(strain(u, w)), virtual, strict=True)) * x * ng.dx
    matrix.Assemble()
    in_plane, normal = problem.vegard
    swelling = stress((in_plane, in_plane, normal, 0.0))[:3]
    work = sum(a * b for a, b in zip(swelling, virtual[:3], strict=True)) * x
    work = inside(engine, problem, problem.core.vegard) * work
    loads, fields = [], []
    for part in (concentration.real, concentration.imag):
        load = ng.LinearForm(space)
        load += part * work * ng.dx(definedon=mesh.Materials("layer0"))
        load.Assemble()
        loads.append(load)
        fields.append(ng.GridFunction(space))
    solve_system(matrix, loads, fields)
    return fields[0].components[1], fields[1].components[1]


def _lame(mesh: Any, problem: Problem) -> tuple[Any, Any]:
    """λ and μ on the mesh, in units of the film's E."""
    first, second = {}, {}
    for i, (_, young, poisson) in enumerate(problem.slabs):
        if isfinite(young):
            first[f"layer{i}"] = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
            second[f"layer{i}"] = young / (2 * (1 + poisson))
    return mesh.MaterialCF(first), mesh.MaterialCF(second)
