"""The sample's material: scalars in SI units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import rotations
from vegard.errors import VegardError
from vegard.parameters import Parameters, Tensor, quantity, text

Pair = float | tuple[float, float]

FARADAY = 96485.33212  # C/mol, CODATA 2018
GAS_CONSTANT = 8.31446261815324  # J/(mol K), CODATA 2018
_AXISYMMETRIC = 1e-12  # what rotations leave by rounding


@dataclass(frozen=True, slots=True)
class Material(Parameters):
    """Mixed conductor under the tip.

    Parameters
    ----------
    diffusivity : float or (in_plane, normal)
        Chemical diffusivity D [m²/s].
    vegard : float, (in_plane, normal) or 3×3
        Linear Vegard coefficient β [m³/mol]: strain per concentration, a third of the partial
        molar volume. As a symmetric 3×3 in the axes of the sample: x, y in its surface, z **into**
        it. Whoever thinks of z as up changes the sign of β₁₃ and β₂₃.
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
    >>> grain = Material(5e-15, (2.0e-7, -1.1e-6), 0.2).rotated((0.0, 0.7854, 0.0))  # by 45°
    >>> f"β23 = {grain.vegard_tensor[1][2]:.2e} m³/mol"
    'β23 = 6.50e-07 m³/mol'
    """

    diffusivity: Pair | None = quantity(
        "chemical diffusivity",
        "D",
        "m²/s",
        hint="Solids lie near 1e-20..1e-9; did you pass cm²/s?",
        pair=True,
        unknown=True,
    )
    vegard: Pair | Tensor | None = quantity(
        "linear Vegard coefficient, strain per concentration (a third of the partial molar volume)",
        "β",
        "m³/mol",
        rule="finite",
        hint="Hosts lie near ±1e-7..1e-5.",
        pair=True,
        tensor=True,
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
    def vegard_tensor(self) -> Tensor:
        """β [m³/mol] as 3×3 in the axes of the sample, z into it."""
        b: Any = self.need("vegard")
        if isinstance(b, tuple) and len(b) == 3:
            return b
        in_plane, normal = b if isinstance(b, tuple) else (b, b)
        return (in_plane, 0.0, 0.0), (0.0, in_plane, 0.0), (0.0, 0.0, normal)

    @property
    def vegard_pair(self) -> tuple[float, float]:
        """(β₁₁, β₃₃) [m³/mol] of a β that is axisymmetric about the surface normal."""
        (b11, b12, b13), (_, b22, b23), (_, _, b33) = self.vegard_tensor
        least = _AXISYMMETRIC * max(map(abs, (b11, b22, b33)))
        if max(map(abs, (b11 - b22, b12, b13, b23))) > least:
            raise VegardError(
                "Material.vegard is not axisymmetric about the surface normal, and this "
                "calculation needs that: give Material(vegard=(in_plane, normal)). "
                "frequency_response and its kin take any tensor."
            )
        return b11, b33

    @property
    def vegard_principal(self) -> tuple[float, float, float]:
        """Principal values of β [m³/mol], rising."""
        low, middle, high = np.linalg.eigvalsh(self.vegard_tensor).tolist()
        return low, middle, high

    def rotated(self, euler: ArrayLike) -> Material:
        r"""The material of a grain turned by Euler angles.

        Parameters
        ----------
        euler : (φ1, Φ, φ2)
            Bunge's angles [rad]: the crystal's axes lie along the sample's (x, y in the surface, z
            into it) and are turned by φ1 about z, then Φ about their own x, then φ2 about their
            own z.

        Returns
        -------
        Material
            With β' = Q β Qᵀ, Q = R_z(φ1) R_x(Φ) R_z(φ2); `vegard.rotations.rotation`.

        Raises
        ------
        VegardError
            If D is anisotropic and the turn would tilt it: every verb needs a D that is
            axisymmetric about the surface normal.
        """
        turn = rotations.rotation(rotations.checked_euler(euler, single=True))
        self.check_diffusion(turn)
        return replace(self, vegard=rotations.rotated(self.vegard_tensor, turn).tolist())

    def along(
        self, direction: ArrayLike, *, lattice: ArrayLike | None = None, turn: float = 0.0
    ) -> Material:
        """The material of a grain with a crystal direction along the surface normal.

        Parameters
        ----------
        direction : (u, v, w)
            Direction in the crystal's axes, those in which β is given [–].
        lattice : 3×3, optional
            Rows a, b, c [any unit] in those axes, for a direction [uvw] of the lattice. For the
            normal of planes (hkl) give ``np.linalg.inv(lattice).T``.
        turn : float
            Turn about the normal after that [rad].

        Returns
        -------
        Material
            As by `rotated` with the shortest turn that brings the direction onto z.

        Examples
        --------
        >>> lco = Material(5e-15, (2.0e-7, -1.1e-6), 0.2)
        >>> lco.along((1, 0, 0)).vegard_tensor[0][0]  # c lies along x
        -1.1e-06
        """
        return self.rotated(rotations.euler_along(direction, lattice=lattice, turn=turn))

    def check_diffusion(self, rotation: NDArray[np.float64]) -> None:
        """Refuse turns (..., 3, 3) after which D is not axisymmetric about the surface normal."""
        if self.diffusivity is None or self.diffusivity_in_plane == self.diffusivity_normal:
            return
        if (1 - np.abs(rotation[..., 2, 2]) > _AXISYMMETRIC).any():
            raise VegardError(
                f"Material.diffusivity = {self.diffusivity!r} is anisotropic: in a tilted grain "
                "diffusion is no longer axisymmetric about the surface normal, as every verb "
                "needs. Turn about the normal only (Φ = 0), or give one number: once the D in "
                "plane and once the normal one show how much it matters."
            )

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
