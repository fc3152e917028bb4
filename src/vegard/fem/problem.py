"""An experiment as a problem for finite elements: R = D_z = 1, unit drive."""

from __future__ import annotations

from math import inf, isfinite, pi
from typing import NamedTuple

import numpy as np

from vegard.elastic import Uniform
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.fem.mesh import Axis, Feature, Layer
from vegard.geometries import Film
from vegard.layered import Layered
from vegard.material import FARADAY, GAS_CONSTANT
from vegard.tips import DiscTip, GaussianTip, ProfileTip, Tip

INTERFACES = ("FixedConcentration", "FixedFlux", "LinearKinetics", "Contact", "BlockingTip")
DECAYED = 8.0  # diffusion lengths that get fine elements


class Settings(NamedTuple):
    """How finely a problem is solved."""

    degree: int = 7
    refine: int = 1
    """Parts into which each interval of the mesh is cut."""
    box: float = 3e4
    """Size of the box in contact radii or diffusion lengths, whichever is longer."""
    edge: float = 1e-5
    """Elements at the contact's edge, and width over which a jump is drawn, in contact radii."""

    def rougher(self) -> Settings:
        """One degree less, half the box, an edge four times as wide."""
        return self._replace(degree=self.degree - 1, box=self.box / 2, edge=4 * self.edge)


class Slab(NamedTuple):
    """One elastic layer: thickness in contact radii, E in units of the film's."""

    thickness: float
    young: float
    poisson: float


class Core(NamedTuple):
    """Cylinder about the axis, through all depths, whose properties are multiplied."""

    radius: float
    diffusivity: float = 1.0
    rate: float = 1.0
    vegard: float = 1.0


class Problem(NamedTuple):
    """Scaled problem; lengths in contact radii, times in R²/D_z."""

    kind: str
    rate: float
    debye: float
    extent: str
    profile: tuple[tuple[float, float], ...] | None
    """Corners of a piecewise linear profile; None is the gaussian."""
    in_plane: float
    thickness: float
    permeable: bool
    slabs: tuple[Slab, ...]
    vegard: tuple[float, float]
    punch: bool
    core: Core = Core(0.0)


def _profile(tip: Tip, edge: float) -> tuple[tuple[float, float], ...] | None:
    if isinstance(tip, GaussianTip):
        return None
    if isinstance(tip, DiscTip):
        corners = [(0.0, 1.0), (1.0, 1.0)]
    elif isinstance(tip, ProfileTip):
        corners = list(zip(tip.r, tip.profile, strict=True))
    else:
        raise VegardError(f"vegard.fem does not know the tip {type(tip).__name__}.")
    end, last = corners[-1]
    if last:  # a jump is drawn as a steep ramp about it: its area differs by edge² only
        corners[-1:] = [(end * (1 - edge), last), (end * (1 + edge), 0.0)]
    return tuple(corners)


def stack(experiment: Experiment) -> list[tuple[float, float | None, float]]:
    """Elastic layers from the surface down as (thickness [m], E [Pa], ν); the last is infinite.

    E is None where it drops out; an infinite E is a rigid base.
    """
    elastic, thickness = experiment.elastic, experiment.thickness
    if isinstance(elastic, Layered):
        return elastic.stack(experiment.material, thickness)
    if not isinstance(elastic, Uniform):
        raise VegardError(f"vegard.fem does not know the elastic model {type(elastic).__name__}.")
    poisson = float(experiment.material.need("poisson"))
    below = [(inf, None, poisson)] if isfinite(thickness) else []
    return [(thickness, None, poisson), *below]


def _slabs(experiment: Experiment) -> tuple[Slab, ...]:
    layers = stack(experiment)
    unit = layers[0][1] or 1.0
    if any(poisson > 0.4999 for _, young, poisson in layers if young != inf):
        raise VegardError(
            "vegard.fem solves for displacements only and needs poisson < 0.4999; an "
            "incompressible layer would lock."
        )
    radius = experiment.tip.radius
    return tuple(Slab(t / radius, (young or 1.0) / unit, nu) for t, young, nu in layers)


def _vegard(experiment: Experiment, centred: bool) -> tuple[float, float]:
    """β in the plane and along z; on the axis any tensor acts by its mean over the angles."""
    if not centred:
        return experiment.material.vegard_pair
    (b11, _, _), (_, b22, _), (_, _, b33) = experiment.material.vegard_tensor
    return (b11 + b22) / 2, b33


def scaled(experiment: Experiment, settings: Settings, *, centred: bool = True) -> Problem:
    """The experiment in contact radii and R²/D_z; ``centred`` if it is read on the axis only."""
    e, m, radius = experiment, experiment.material, experiment.tip.radius
    kind = type(e.interface).__name__
    if kind not in INTERFACES:
        raise unknown_name("interface of vegard.fem", kind, INTERFACES)
    if e.also:
        raise VegardError(
            "vegard.fem solves diffusion and elasticity only; leave additive signals out with "
            'experiment.replace({"also": ()}).'
        )
    normal = m.diffusivity_normal
    return Problem(
        kind,
        getattr(e.interface, "rate", inf) * radius / normal,
        getattr(e.interface, "debye_length", inf) / radius,
        getattr(e.interface, "extent", ""),
        _profile(e.tip, settings.edge),
        m.diffusivity_in_plane / normal,
        e.thickness / radius,
        isinstance(e.geometry, Film) and e.geometry.back == "permeable",
        _slabs(e),
        _vegard(e, centred),
        e.readout == "punch",
    )


def amplitude(experiment: Experiment, per: str) -> float:
    """Displacement [m] per unit drive of the scaled problem's displacement."""
    e, m, radius = experiment, experiment.material, experiment.tip.radius
    kind = type(e.interface).__name__
    if per not in e.interface.drives:
        legal = " or ".join(f'"{name}"' for name in e.interface.drives)
        raise VegardError(f'{kind} has no response per "{per}"; ask per={legal}.')
    if per == "concentration":
        return radius
    if kind == "BlockingTip":
        thermal = GAS_CONSTANT * m.temperature / (m.charge * FARADAY)  # V
        return radius * float(e.interface.concentration) / thermal  # type: ignore[attr-defined]
    if per == "volt":
        return -radius / float(m.need("ocv_slope"))
    flux = radius**2 / m.diffusivity_normal
    if per == "flux":
        return flux
    return flux / (m.charge * FARADAY * _area(e.tip))


def _area(tip: Tip) -> float:
    """∫ S d²r [m²], by Simpson's rule on pieces: exact for a piecewise linear profile."""
    corners = _profile(tip, 1e-9)
    if corners is None:
        return 2 * pi * tip.radius**2
    r, p = np.array(corners).T
    a, b = r[:-1], r[1:]
    middle = (a + b) / 2 * (p[:-1] + p[1:]) / 2
    return float(
        2 * pi * tip.radius**2 * np.sum((b - a) / 6 * (a * p[:-1] + 4 * middle + b * p[1:]))
    )


def edges(problem: Problem, edge: float) -> tuple[Feature, ...]:
    """Radii where the drive is not smooth, and the size of elements there."""
    if problem.kind == "Contact" or problem.extent == "contact":
        return (Feature(1.0, edge),)
    if problem.profile is None:
        return ()
    r, p = np.array(problem.profile).T
    gap = np.diff(r)
    near = np.minimum(np.append(gap, inf), np.append(inf, gap)) / 100
    first = 0 if p[0] != p[1] else 1  # a cone's apex is a kink too
    return tuple(Feature(float(a), float(b)) for a, b in zip(r[first:], near[first:], strict=True))


def axes(
    problem: Problem, omega: float, at: tuple[float, ...], settings: Settings
) -> tuple[Axis, Axis]:
    """What the mesh must resolve along r and z."""
    p, corners = problem, edges(problem, settings.edge)
    length = omega**-0.5
    lateral = length * p.in_plane**0.5
    depths = np.cumsum([slab.thickness for slab in p.slabs])
    finite = tuple(float(d) for d in depths if isfinite(d))
    thin = min(1.0, *(slab.thickness for slab in p.slabs))
    box = settings.box * max(1.0, length, lateral)
    box = max(box, *(4 * d for d in finite), *(100 * a for a in at)) if finite or at else box
    rigid = next((i for i, slab in enumerate(p.slabs) if not isfinite(slab.young)), None)
    bottom = finite[rigid - 1] if rigid else box

    smooth = not corners
    fine = min(lateral, p.thickness)
    across = tuple(Layer(f.at, fine, DECAYED * fine) for f in corners)
    cut = p.core.radius
    jump = (Feature(cut, min(cut, length, 1.0) / 50),) if cut else ()
    r = Axis(
        tuple(sorted({0.0, 1.0, cut, *(f.at for f in corners), *(a for a in at if a), box})),
        (
            *(corners or (Feature(0.0, 1.0),)),
            *jump,
            *(Feature(a, min(a, 2.0) / 4) for a in at if a),
        ),
        (Layer(0.0, 1.0, DECAYED),) if smooth else across,
    )
    top = min(length, 1.0, p.thickness, 2 * p.debye) / 2 if smooth else settings.edge
    layers = [Layer(0.0, 2 * length, DECAYED * 2 * length)]
    if isfinite(p.debye):
        layers.append(Layer(0.0, 2 * p.debye, DECAYED * 2 * p.debye))
    z = Axis(
        (*(d for d in finite if d < bottom), bottom) if finite else (bottom,),
        (Feature(0.0, top), *(Feature(d, thin / 2) for d in finite)),
        tuple(layers),
    )
    return r, z._replace(breaks=(0.0, *z.breaks))
