"""Elastic objects: how strain at depth moves the surface."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, inf, sin
from typing import Any, NamedTuple

from vegard import elasticity
from vegard.depth import Term
from vegard.material import Material
from vegard.parameters import Parameters

COMPONENTS = ("vertical", "lateral_x", "lateral_y")


class Harmonic(NamedTuple):
    """One azimuthal harmonic of a displacement under an axisymmetric concentration.

    u(r, θ) gains (``cos`` cos nθ + ``sin`` sin nθ) (1/2π) ∫ [Σ ``terms`` overlapped with Ĉ] Jₙ(kr)
    k dk with n = ``order``.
    """

    order: int
    cos: float
    sin: float
    terms: tuple[Term, ...]

    def factor(self, azimuth: float) -> float:
        """Angular factor at θ = ``azimuth`` [rad]."""
        return self.cos * cos(self.order * azimuth) + self.sin * sin(self.order * azimuth)


Weights = dict[str, tuple[Harmonic, ...]]


@dataclass(frozen=True, slots=True)
class Elastic(Parameters):
    """Base of the elastic objects."""

    def weights(self, K: Any, material: Material, thickness: float) -> Weights:
        """Harmonics of each of ``COMPONENTS`` at elastic wavenumber K [rad/m].

        Vertical is the uplift; ``thickness`` [m] is that of the film that holds the ions.
        """
        raise NotImplementedError

    def onset(self, material: Material, thickness: float) -> float:
        """Wavenumber [1/m] below which the weights are analytic in K."""
        return inf


@dataclass(frozen=True, slots=True)
class Uniform(Elastic):
    """Elastic half-space of one material: film and substrate share E and ν. Any Vegard tensor."""

    def weights(self, K: Any, material: Material, thickness: float) -> Weights:
        nu = float(material.need("poisson"))
        mean, normal, d, b12, b13, b23 = elasticity.split(material.vegard_tensor)
        pair = mean, normal
        along_x = elasticity.half_space_radial(K, pair, nu, d)
        along_y = elasticity.half_space_radial(K, pair, nu, -d)
        # a harmonic with factors of zero costs no integral
        up, out = float(any(pair)), float(any((*pair, d)))
        vertical = [Harmonic(0, up, 0.0, elasticity.half_space_uplift(K, pair, nu))]
        x, y = [Harmonic(1, out, 0.0, along_x)], [Harmonic(1, 0.0, out, along_y)]
        if d or b12:
            second, first, third = elasticity.half_space_stretch(K, nu)
            vertical += [Harmonic(2, d, b12, second)]
            x += [Harmonic(1, 0.0, b12, first), Harmonic(3, d, b12, third)]
            y += [Harmonic(1, b12, 0.0, first), Harmonic(3, -b12, d, third)]
        if b13 or b23:
            rise, shift, turn = elasticity.half_space_tilt(K)
            vertical += [Harmonic(1, b13, b23, rise)]
            x += [Harmonic(0, b13, 0.0, shift), Harmonic(2, b13, b23, turn)]
            y += [Harmonic(0, b23, 0.0, shift), Harmonic(2, -b23, b13, turn)]
        return {"vertical": tuple(vertical), "lateral_x": tuple(x), "lateral_y": tuple(y)}
