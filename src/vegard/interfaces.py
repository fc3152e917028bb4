"""Interfaces: what the bias prescribes at the surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import diffusion, kinetics
from vegard.errors import VegardError
from vegard.geometries import Geometry
from vegard.material import FARADAY, Material
from vegard.parameters import Parameters, quantity
from vegard.spectra import Footprint
from vegard.tips import Tip

Complex = NDArray[np.complex128]


class Source(NamedTuple):
    """Spectra that drive the sample: Ĉ₀ = Σ strength · spectrum · surface(Y, k, s, material).

    ``strengths`` has shape (2, rows, spectra): the solution and a rougher one, whose difference
    is the error. ``rows`` are the indices of s that the source serves.
    """

    spectra: tuple[tuple[Footprint, ...], ...]
    strengths: Complex
    surface: Callable[[Any, Any, Any, Material], Any]
    rows: NDArray[np.intp]
    prescribed: bool = False
    """Whether the one spectrum is the tip's own profile."""


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

    def fits(self, tip: Tip, geometry: Geometry, material: Material) -> None:
        """Refuse what the interface cannot be combined with, and say what to use.

        Raises
        ------
        VegardError
        """

    def apart(self, s: Complex, tip: Tip, geometry: Geometry, material: Material) -> float:
        """Distance inside the rim [m] from which ``sources`` has a better form, for all s (m,)."""
        return inf

    def sources(
        self, s: Complex, tip: Tip, geometry: Geometry, material: Material, far: bool = False
    ) -> tuple[Source, ...]:
        """What drives the sample at s (m,): the tip's profile, unless a problem must be solved.

        ``far`` asks for the form that serves points ``apart`` from the rim, read at the centre.
        """
        one = np.ones((2, s.size, 1), complex)
        return (Source((tip.footprint(),), one, self.surface, np.arange(s.size), True),)

    def scales(self, size: float, material: Material) -> tuple[float, ...]:
        """Wavenumbers [1/m] at which C₀ turns for |s| = ``size``, besides those of diffusion."""
        return ()

    def onset(self, size: float, material: Material) -> float:
        """Wavenumber [1/m] below which C₀ is analytic in k for |s| ≥ ``size``."""
        fastest = max(material.diffusivity_normal, material.diffusivity_in_plane)
        return float((size / fastest) ** 0.5)

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

    def scales(self, size: float, material: Material) -> tuple[float, ...]:
        return (self.rate / material.diffusivity_normal,) if isfinite(self.rate) else ()

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        return kinetics.surface_fraction(admittance, self.rate)
