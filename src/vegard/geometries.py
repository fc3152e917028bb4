"""Geometries: where the ions can go."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import diffusion, intercalation
from vegard.depth import Profile
from vegard.material import Material
from vegard.parameters import Parameters, choice, quantity


@dataclass(frozen=True, slots=True)
class Geometry(Parameters):
    """Base of the geometries."""

    def transport(self, q: Any, material: Material) -> tuple[Any, Profile]:
        """Admittance Y [m/s] and depth profile C/C₀ at transport wavenumber q [1/m]."""
        raise NotImplementedError

    @property
    def depth(self) -> float:
        """Depth of the back [m], infinite if there is none."""
        return inf

    def keeps_ions(self) -> bool:
        """Whether ions that entered stay for ever, so that a net flux has no static limit."""
        return True


@dataclass(frozen=True, slots=True)
class HalfSpace(Geometry):
    """Semi-infinite sample: the grain is much larger than the contact and diffusion length."""

    def transport(self, q: Any, material: Material) -> tuple[Any, Profile]:
        return diffusion.half_space(q, material.diffusivity_normal)


@dataclass(frozen=True, slots=True)
class Film(Geometry):
    """Film of uniform thickness, elastically one with its substrate unless ``elastic`` says else.

    Parameters
    ----------
    thickness : float
        h [m].
    back : {"blocking", "permeable"}
        No flux through the back, or a reservoir there (δC = 0).
    """

    thickness: float = quantity("film thickness", "h", "m", hint="Did you pass nm?")
    back: str = choice("condition at the back of the film", ("blocking", "permeable"), "blocking")

    def transport(self, q: Any, material: Material) -> tuple[Any, Profile]:
        permeable = self.back == "permeable"
        return diffusion.film(q, material.diffusivity_normal, self.thickness, permeable)

    @property
    def depth(self) -> float:
        return self.thickness

    def keeps_ions(self) -> bool:
        return self.back == "blocking"

    def modes(self, count: int, rate: float, normal: float) -> NDArray[np.float64]:
        """Wavenumbers y [1/m] of the first relaxation modes through the thickness.

        Roots of ξ tan ξ = Bi (blocking back) or -ξ cot ξ = Bi (permeable), ξ = yh, Bi = κh/D_z;
        κ = 0 is a fixed flux, κ = inf a fixed concentration.
        """
        biot = rate * self.thickness / normal
        permeable = self.back == "permeable"
        return intercalation.modes(count, biot, "planar", permeable=permeable) / self.thickness
