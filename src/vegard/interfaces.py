"""Interfaces: what the bias prescribes at the surface."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from vegard import diffusion, kinetics
from vegard.errors import VegardError
from vegard.material import FARADAY, Material
from vegard.parameters import Parameters, quantity
from vegard.tips import Tip


@dataclass(frozen=True, slots=True)
class Interface(Parameters):
    """Base of the interfaces."""

    drives: ClassVar[dict[str, str]] = {}
    """Legal ``per`` and the unit of the response."""
    sink: ClassVar[bool] = True
    """Whether the surface outside the tip holds δC near zero, so that a static limit exists."""

    def wavenumber(self, k: Any, s: Any, material: Material) -> Any:
        """Transport wavenumber q [1/m]; neutral diffusion unless the interface has its own."""
        return diffusion.wavenumber(
            k, s, material.diffusivity_in_plane, material.diffusivity_normal
        )

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        """C₀(k, s)/(amplitude · S(k)): smooth in k; the tip's spectrum is kept apart."""
        raise NotImplementedError

    @property
    def exchange(self) -> float | None:
        """Rate κ [m/s] of linear exchange on the whole surface: 0 fixed flux, inf equilibrium.

        None for an interface of another kind.
        """
        return None

    def amplitude(self, per: str, tip: Tip, material: Material) -> float:
        """Amplitude of the prescribed quantity per unit drive; its sign follows from V."""
        if per not in self.drives:
            legal = " or ".join(f'"{name}"' for name in self.drives)
            raise VegardError(
                f'{type(self).__name__} has no response per "{per}"; ask per={legal}.'
            )
        return self._amplitude(per, tip, material)

    def _amplitude(self, per: str, tip: Tip, material: Material) -> float:
        if per == "concentration":
            return 1.0
        return -1.0 / float(material.need("ocv_slope"))


@dataclass(frozen=True, slots=True)
class FixedConcentration(Interface):
    """Equilibrium with the tip: C = c S(r) on the whole surface (the kin of PITT).

    c = -V/(dE/dC): with dE/dC < 0 a positive tip drives ions into the sample. Outside the tip the
    surface is held at δC = 0, a sink.
    """

    drives: ClassVar[dict[str, str]] = {"volt": "m/V", "concentration": "m/(mol/m³)"}

    @property
    def exchange(self) -> float:
        return inf

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        return 1.0


@dataclass(frozen=True, slots=True)
class FixedFlux(Interface):
    """Flux J S(r) into the sample on the whole surface, none outside the tip (the kin of GITT)."""

    drives: ClassVar[dict[str, str]] = {"flux": "m/(mol/m²/s)", "ampere": "m/A"}
    sink: ClassVar[bool] = False

    @property
    def exchange(self) -> float:
        return 0.0

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        return 1.0 / admittance

    def _amplitude(self, per: str, tip: Tip, material: Material) -> float:
        return 1.0 if per == "flux" else 1.0 / (material.charge * FARADAY * tip.area)


@dataclass(frozen=True, slots=True)
class LinearKinetics(Interface):
    """Linear charge transfer on the whole surface: -D_z C' = κ(c S - C), c = -V/(dE/dC).

    Parameters
    ----------
    rate : float
        κ [m/s] = (-dE/dC)/(zF R_ct); infinite is equilibrium.
    """

    rate: float = quantity(
        "charge-transfer rate",
        "κ",
        "m/s",
        default=inf,
        infinite=True,
        hint="κ = (-dE/dC)/(zF R_ct).",
    )
    drives: ClassVar[dict[str, str]] = {"volt": "m/V", "concentration": "m/(mol/m³)"}

    @property
    def exchange(self) -> float:
        return self.rate

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        return kinetics.surface_fraction(admittance, self.rate)
