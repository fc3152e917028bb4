"""Kernels of images against finite elements: a cylinder of other β, D or κ under the tip."""

from __future__ import annotations

import numpy as np
import pytest

import vegard as vg
from vegard.image_kernels import kernels

UNIT = vg.Material(1.0, 1.0, 0.3)
OMEGA = 3.0
CASES = {
    "kinetics": (
        vg.Experiment(UNIT, vg.GaussianTip(1.0), interface=vg.LinearKinetics(2.0)),
        ("vegard", "diffusivity", "rate"),
    ),
    "flux": (
        vg.Experiment(UNIT, vg.GaussianTip(1.0), interface=vg.FixedFlux()),
        ("vegard", "diffusivity"),
    ),
    "contact": (
        vg.Experiment(UNIT, vg.DiscTip(1.0), interface=vg.Contact(2.0)),
        ("diffusivity", "rate"),
    ),
    "film": (
        vg.Experiment(UNIT, vg.DiscTip(1.0), vg.Film(0.5), readout="punch"),
        ("vegard", "diffusivity"),
    ),
}


def within(kernel, radius):
    """∫ h d²x over ρ < radius."""
    y, w = np.polynomial.legendre.leggauss(16)
    edges = np.minimum(kernel.mesh.edges, radius)
    width = np.diff(edges)[:, None]
    rho = (edges[:-1, None] + width * (y + 1) / 2)[width[:, 0] > 0].ravel()
    weight = (width * w / 2)[width[:, 0] > 0].ravel()
    return 2 * np.pi * (weight * rho) @ kernel.at(rho)[:, 0]


@pytest.mark.slow
@pytest.mark.parametrize("radius", [0.6, 1.7])
@pytest.mark.parametrize("name", CASES)
def test_inclusion(name, radius):
    pytest.importorskip("ngsolve", reason="extra [fem]: the finite-element ruler needs NGSolve")
    from vegard.fem.engine import engine
    from vegard.fem.problem import Core, Settings, scaled
    from vegard.fem.solution import uplift

    e, names = CASES[name]
    per = "flux" if name == "flux" else "concentration"
    found, _ = kernels(e, names, frequency=OMEGA / (2 * np.pi), per=per)
    settings = Settings(degree=6)
    problem, ng = scaled(e, settings), engine()

    def read(**core):
        return uplift(ng, problem._replace(core=Core(radius, **core)), OMEGA, (0.0,), settings)[0]

    whole = abs(read())
    for which in names:
        step = 1.0 if which == "vegard" else 0.01  # β acts linearly, the others to first order
        change = (read(**{which: 1 + step}) - read(**{which: 1 - step})) / (2 * step)
        # the punch's own quadrature in the ruler sees the kink of the surface at the edge of the
        # cylinder (3e-4); step² of the third derivative is below it
        assert abs(within(found[which], radius) - change) < 4e-4 * whole
