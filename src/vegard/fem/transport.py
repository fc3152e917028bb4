"""Concentration by finite elements: diffusion, and Nernst-Planck-Poisson under a blocking tip."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from math import isfinite
from typing import Any

from vegard.fem.engine import Engine, solve_system
from vegard.fem.problem import Problem

SURFACE = "contact|free"


def profile(engine: Engine, problem: Problem) -> Any:
    """The tip's profile S(r) as a function on the mesh."""
    ng = engine.ngsolve
    x = ng.x
    if problem.profile is None:
        return ng.exp(-x * x / 2)
    corners = problem.profile
    pieces = list(pairwise(corners))[::-1]

    def join(outer: Any, piece: Any) -> Any:
        (a, p), (b, q) = piece
        return ng.IfPos(b - x, p + (q - p) / (b - a) * (x - a), outer)

    return reduce(join, pieces, 0.0)


def inside(engine: Engine, problem: Problem, factor: float) -> Any:
    """A factor within the core, 1 outside."""
    if factor == 1:
        return 1.0
    return engine.ngsolve.IfPos(problem.core.radius - engine.ngsolve.x, factor, 1.0)


def concentration(engine: Engine, mesh: Any, problem: Problem, omega: float, degree: int) -> Any:
    """Complex amplitude C(r, z) in ``layer0`` for a unit drive."""
    if problem.kind == "BlockingTip":
        return _electromigration(engine, mesh, problem, omega, degree)
    ng, p = engine.ngsolve, problem
    film = mesh.Materials("layer0")
    where = "contact" if p.kind == "Contact" else SURFACE
    flux = p.kind == "FixedFlux"
    held = "" if flux or isfinite(p.rate) else where
    away = "side|back" if p.permeable or not isfinite(p.thickness) else "side"
    space = ng.H1(
        mesh,
        order=degree,
        complex=True,
        definedon=film,
        dirichlet="|".join(part for part in (held, away) if part),
    )
    c, v = space.TnT()
    x, grad = ng.x, ng.grad
    matrix = ng.BilinearForm(space, symmetric=True, condense=True)
    flow = p.in_plane * grad(c)[0] * grad(v)[0] + grad(c)[1] * grad(v)[1]
    flow = inside(engine, p, p.core.diffusivity) * flow
    rate = inside(engine, p, p.core.rate) * p.rate
    matrix += (flow + 1j * omega * c * v) * x * ng.dx(definedon=film)
    load = ng.LinearForm(space)
    drive = 1.0 if p.kind == "Contact" else profile(engine, p)
    if flux:
        load += drive * v * x * ng.ds(where)
    elif not held:
        matrix += rate * c * v * x * ng.ds(where)
        load += rate * drive * v * x * ng.ds(where)
    matrix.Assemble()
    load.Assemble()
    out = ng.GridFunction(space)
    if held:
        out.Set(drive, definedon=mesh.Boundaries(held))
    solve_system(matrix, [load], [out])
    return out


def _electromigration(
    engine: Engine, mesh: Any, problem: Problem, omega: float, degree: int
) -> Any:
    """C/C₀ for a unit zFV/R_gT: no ions through the surface, potential at the tip.

    Unknowns are the electrochemical potential μ = c + ψ and ψ itself,

        iω(μ - ψ) = ∇·D∇μ,   λ²∇²ψ = ψ - μ,

    a symmetric system; far away both decay like 1/distance. (Not condensed: eliminating pairs of
    complex inner unknowns costs NGSolve more than it saves.)
    """
    ng, p = engine.ngsolve, problem
    held = "contact" if p.extent == "contact" else SURFACE
    plain = ng.H1(mesh, order=degree, complex=True)
    space = plain * ng.H1(mesh, order=degree, complex=True, dirichlet=held)
    (m, psi), (v, w) = space.TnT()
    x, z, grad, s = ng.x, ng.y, ng.grad, 1j * omega
    box = max(point[0] for point in (vertex.point for vertex in mesh.vertices))
    matrix = ng.BilinearForm(space, symmetric=True)
    flow = p.in_plane * grad(m)[0] * grad(v)[0] + grad(m)[1] * grad(v)[1]
    field = s * p.debye**2 * grad(psi) * grad(w)
    matrix += (flow + field + s * (m - psi) * (v - w)) * x * ng.dx
    decay = box / (x * x + z * z)
    matrix += (m * v + s * p.debye**2 * psi * w) * decay * x * ng.ds("side|back")
    load = ng.LinearForm(space)
    matrix.Assemble()
    load.Assemble()
    out = ng.GridFunction(space)
    drive = 1.0 if p.extent == "contact" else profile(engine, p)
    out.components[1].Set(drive, definedon=mesh.Boundaries(held))
    solve_system(matrix, [load], [out])
    return out.components[0] - out.components[1]
