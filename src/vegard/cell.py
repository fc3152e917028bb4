"""An electrode of one material as PITT, GITT and impedance spectroscopy see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isinf

from vegard.errors import VegardError
from vegard.intercalation import DIMENSION
from vegard.material import FARADAY, Material
from vegard.parameters import Parameters, choice, quantity


@dataclass(frozen=True, slots=True)
class Cell(Parameters):
    """Electrode of equal films, cylinders or spheres, behind a resistance and a double layer.

    Parameters
    ----------
    material : Material
        The host; ``ocv_slope`` and ``diffusivity`` (the normal one) are used.
    length : float
        Thickness L of the film, or radius of the particles [m].
    area : float
        Active area [m²], that of all particles together.
    shape : {"planar", "sphere", "cylinder"}
        Shape of the host.
    back : {"blocking", "permeable"}
        Back of the planar film: no flux ("finite space"), or a reservoir with δC = 0 ("finite
        length"). Particles have a blocking centre.
    rate : float
        Charge-transfer rate κ [m/s] = (-dE/dC)/(zF R_ct A); infinite is equilibrium.
    series_resistance : float
        R_s [Ω].
    double_layer : float
        Capacitance C_dl [F] parallel to charge transfer and diffusion.

    Raises
    ------
    VegardError
        If a value breaks its rule, or a particle is to have a permeable back; later, if dE/dC is
        unknown or has the sign of an unstable host.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> film = vg.Cell(lmo, length=200e-9, area=1e-4)
    >>> f"{film.diffusion_time:.2f} s, {film.diffusion_resistance:.2f} Ω"
    '0.40 s, 9.12 Ω'
    """

    material: Material = field(metadata={"doc": "the host", "kind": Material})
    length: float = quantity(
        "thickness of the film or radius of the particles", "L", "m", hint="Did you pass µm?"
    )
    area: float = quantity(
        "active area of the electrode", "A", "m²", hint="Did you pass cm²? 1 cm² is 1e-4 m²."
    )
    shape: str = choice("shape of the host", tuple(DIMENSION), "planar")
    back: str = choice("condition at the back", ("blocking", "permeable"), "blocking")
    rate: float = quantity(
        "charge-transfer rate", "κ", "m/s", default=inf, infinite=True,
        hint="κ = (-dE/dC)/(zF R_ct A).",
    )  # fmt: skip
    series_resistance: float = quantity("series resistance", "R_s", "Ω", rule=">= 0", default=0.0)
    double_layer: float = quantity(
        "capacitance of the double layer", "C_dl", "F", rule=">= 0", default=0.0
    )

    def __post_init__(self) -> None:
        if not isinstance(self.material, Material):
            raise VegardError(f"Cell.material must be a vegard.Material; got {self.material!r}.")
        super(Cell, self).__post_init__()
        if self.shape != "planar" and self.back == "permeable":
            raise VegardError(
                f'Cell: a {self.shape} has a blocking centre; use back="blocking", or '
                'shape="planar" for a film on a reservoir.'
            )

    @property
    def permeable(self) -> bool:
        """Whether ions leave through the back."""
        return self.back == "permeable"

    @property
    def diffusion_time(self) -> float:
        """L²/D [s]."""
        return self.length**2 / self.material.diffusivity_normal

    @property
    def volume(self) -> float:
        """Volume of the host AL/(m+1) [m³], m = 0, 1, 2 for film, cylinder, sphere."""
        return self.area * self.length / (DIMENSION[self.shape] + 1)

    @property
    def stiffness(self) -> float:
        """(-dE/dC)/(zFA) [Ω m/s]: voltage per flow of ions in units of current and area."""
        slope = float(self.material.need("ocv_slope"))
        stiffness = -slope / (self.material.charge * FARADAY * self.area)
        if stiffness < 0:
            raise VegardError(
                "Material.ocv_slope must have the sign opposite to the charge for a Cell; got "
                f"{slope:g} V m³/mol with z = {self.material.charge:g}. Where E rises as ions "
                "enter, a host is unstable; give the slope against their own concentration."
            )
        return stiffness

    @property
    def diffusion_resistance(self) -> float:
        """R = (-dE/dC) L/(zFAD) [Ω]."""
        return self.stiffness * self.length / self.material.diffusivity_normal

    @property
    def charge_transfer_resistance(self) -> float:
        """R_ct = (-dE/dC)/(zFAκ) [Ω]."""
        return 0.0 if isinf(self.rate) else self.stiffness / self.rate

    @property
    def capacitance(self) -> float:
        """C_int = zF·volume/(-dE/dC) [F]: charge per volt at rest, with a blocking back."""
        return self.volume / (self.stiffness * self.area)

    @property
    def biot(self) -> float:
        """Bi = κL/D [–]: below about 1 the interface, not diffusion, limits."""
        return self.rate * self.length / self.material.diffusivity_normal
