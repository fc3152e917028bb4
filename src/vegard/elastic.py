"""Elastic objects: how strain at depth moves the surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vegard import elasticity
from vegard.depth import Term
from vegard.material import Material
from vegard.parameters import Parameters

Weights = dict[str, tuple[int, tuple[Term, ...]]]


@dataclass(frozen=True, slots=True)
class Uniform(Parameters):
    """Elastic half-space of one material: film and substrate share E and ν."""

    def weights(self, K: Any, material: Material, thickness: float) -> Weights:
        """{component: (azimuthal order, terms)} at elastic wavenumber K [rad/m].

        ``vertical`` is the uplift (J₀), ``radial`` the outward displacement (J₁).
        """
        beta, nu = material.vegard_pair, float(material.need("poisson"))
        return {
            "vertical": (0, elasticity.half_space_uplift(K, beta, nu)),
            "radial": (1, elasticity.half_space_radial(K, beta, nu)),
        }
