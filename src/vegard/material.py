"""The sample's material: scalars in SI units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vegard.errors import VegardError
from vegard.parameters import Parameters, quantity, text

Pair = float | tuple[float, float]

FARADAY = 96485.33212  # C/mol, CODATA 2018 (exact)
GAS_CONSTANT = 8.314462618  # J/(mol K), CODATA 2018 (exact)


@dataclass(frozen=True, slots=True)
class Material(Parameters):
    """Mixed conductor under the tip.

    Parameters
    ----------
    diffusivity : float or (in_plane, normal)
        Chemical diffusivity D [m²/s].
    vegard : float or (in_plane, normal)
        Linear Vegard coefficient β [m³/mol]: strain per concentration, a third of the partial
        molar volume.
    poisson : float
        Poisson ratio ν [–].
    young : float, optional
        Young's modulus E [Pa]; the uplift of a uniform half-space does not depend on it.
    ocv_slope : float, optional
        Slope of the open-circuit curve dE/dC [V m³/mol], negative for an intercalation host.
    site_concentration : float, optional
        Concentration of sites C_max [mol/m³].
    charge : float
        Charge number z of the mobile ion [–].
    temperature : float
        Temperature [K].
    name, source : str, optional
        What it is, and where the numbers come from.

    Raises
    ------
    VegardError
        If a value breaks its rule.

    Examples
    --------
    >>> lmo = Material(diffusivity=7.08e-15, vegard=1.17e-6, poisson=0.3)
    >>> lmo.diffusivity_normal
    7.08e-15
    """

    diffusivity: Pair | None = quantity(
        "chemical diffusivity",
        "D",
        "m²/s",
        hint="Solids lie near 1e-20..1e-9; did you pass cm²/s?",
        pair=True,
        unknown=True,
    )
    vegard: Pair | None = quantity(
        "linear Vegard coefficient, strain per concentration (a third of the partial molar volume)",
        "β",
        "m³/mol",
        rule="finite",
        hint="Hosts lie near ±1e-7..1e-5.",
        pair=True,
        unknown=True,
    )
    poisson: float | None = quantity(
        "Poisson ratio",
        "ν",
        "–",
        rule="> -1 and <= 0.5",
        hint="Ceramics lie near 0.2..0.35.",
        unknown=True,
    )
    young: float | None = quantity(
        "Young's modulus", "E", "Pa", default=None, unknown=True, hint="Did you pass GPa?"
    )
    ocv_slope: float | None = quantity(
        "slope of the open-circuit curve against concentration",
        "dE/dC",
        "V m³/mol",
        rule="!= 0",
        default=None,
        unknown=True,
        hint="Negative for an intercalation host; zero (a plateau) has no linear response.",
    )
    site_concentration: float | None = quantity(
        "concentration of sites",
        "C_max",
        "mol/m³",
        default=None,
        unknown=True,
        hint="Hosts lie near 1e4..1e5.",
    )
    charge: float = quantity("charge number of the mobile ion", "z", "–", rule="!= 0", default=1)
    temperature: float = quantity("temperature", "T", "K", default=298.15, hint="Did you pass °C?")
    name: str | None = text("name of the material")
    source: str | None = text("where the numbers come from")

    @property
    def diffusivity_in_plane(self) -> float:
        """D_r [m²/s]."""
        d: Any = self.need("diffusivity")
        return float(d[0] if isinstance(d, tuple) else d)

    @property
    def diffusivity_normal(self) -> float:
        """D_z [m²/s]."""
        d: Any = self.need("diffusivity")
        return float(d[1] if isinstance(d, tuple) else d)

    @property
    def vegard_pair(self) -> tuple[float, float]:
        """(β₁₁, β₃₃) [m³/mol]."""
        b: Any = self.need("vegard")
        return b if isinstance(b, tuple) else (b, b)

    def need(self, name: str) -> Any:
        """Value of a field that the calculation cannot do without.

        Raises
        ------
        VegardError
            If the value is unknown (None).
        """
        value = getattr(self, name)
        if value is None:
            raise VegardError(
                f"Material.{name} is unknown (None) but this calculation needs it. "
                f"Give Material({name}=…)" + (f" for {self.name}." if self.name else ".")
            )
        return value
