"""The experiment: material, tip, geometry, interface and read-out, and where its model ends."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import inf, pi
from typing import Any, NamedTuple

from vegard import diffusion
from vegard.elastic import Uniform
from vegard.errors import VegardError
from vegard.geometries import Film, Geometry, HalfSpace
from vegard.interfaces import FixedConcentration, Interface, LinearKinetics
from vegard.material import Material
from vegard.parameters import Parameters, choice, get_path, replace_path
from vegard.prefixes import quantity
from vegard.tips import Tip

LATTICE_CONSTANT = 0.8e-9  # m; spinel LiMn2O4 0.82 nm, the largest of the common hosts
STRAIN_LIMIT = 0.02
SMALLEST_RADIUS = 1e-9  # m


class Finding(NamedTuple):
    """One rule that the experiment breaks: ``left`` should not be on this side of ``right``."""

    rule: str
    left: float
    right: float
    unit: str
    advice: str

    def __str__(self) -> str:
        left, right = quantity(self.left, self.unit), quantity(self.right, self.unit)
        return f"{self.rule}: {left} against {right}. {self.advice}"


def _part(doc: str, kind: type, **kw: Any) -> Any:
    return field(metadata={"doc": doc, "kind": kind}, **kw)


@dataclass(frozen=True, slots=True)
class Experiment(Parameters):
    """An ESM experiment on a mixed conductor.

    Parameters
    ----------
    material : Material
        The sample.
    tip : DiscTip, GaussianTip or ProfileTip
        Lateral profile of what the bias prescribes.
    geometry : HalfSpace or Film
        Where the ions can go.
    interface : FixedConcentration, FixedFlux or LinearKinetics
        What the bias prescribes.
    readout : {"centre", "punch"}
        Displacement at a point, or of a rigid frictionless punch of the tip's radius.
    elastic : optional
        Elastic model; a half-space of one material unless given.
    also : tuple
        Additive signals linear in the drive, objects with ``transfer(s, experiment, per)`` [m per
        unit drive].

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    >>> e["tip.radius"], e.replace({"tip.radius": 10e-9})["tip.radius"]
    (2e-08, 1e-08)
    """

    material: Material = _part("the sample", Material)
    tip: Tip = _part("lateral profile of the drive", Tip)
    geometry: Geometry = _part("where the ions can go", Geometry, default_factory=HalfSpace)
    interface: Interface = _part(
        "what the bias prescribes", Interface, default_factory=FixedConcentration
    )
    readout: str = choice("what the tip reads", ("centre", "punch"), "centre")
    elastic: Any = field(default=None, metadata={"doc": "elastic model"})
    also: tuple[Any, ...] = field(default=(), metadata={"doc": "additive linear signals"})

    def __post_init__(self) -> None:
        super(Experiment, self).__post_init__()
        for f in fields(self):
            kind = f.metadata.get("kind")
            value = getattr(self, f.name)
            if kind is not None and not isinstance(value, kind):
                raise VegardError(f"Experiment.{f.name} must be a {kind.__name__}; got {value!r}.")
        if self.elastic is None:
            object.__setattr__(self, "elastic", Uniform())
        object.__setattr__(self, "also", tuple(self.also))

    def __getitem__(self, path: str) -> Any:
        return get_path(self, path)

    def replace(self, changes: dict[str, Any]) -> Experiment:
        """Copy with values at dotted paths replaced, e.g. ``{"tip.radius": 10e-9}``.

        Raises
        ------
        VegardError
            If a path does not exist, or a value breaks its rule.
        """
        out = self
        for path, value in changes.items():
            out = replace_path(out, path, value)
        return out

    @property
    def thickness(self) -> float:
        """Film thickness [m], infinite for a half-space."""
        return self.geometry.thickness if isinstance(self.geometry, Film) else inf

    def check(self, drive: float = 1.0, frequency: float | None = None) -> list[Finding]:
        """Where the experiment leaves the range in which its model holds.

        Parameters
        ----------
        drive : float
            Amplitude of the bias [V].
        frequency : float, optional
            Frequency [Hz].

        Returns
        -------
        list of Finding
            Empty if nothing speaks against the model. Rules whose parameters are unknown are
            left out.

        Examples
        --------
        >>> import vegard as vg
        >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
        >>> print(e.check(frequency=400e3)[0].rule)
        diffusion length below a lattice constant
        """
        out: list[Finding] = []
        m = self.material
        if frequency is not None and m.diffusivity is not None:
            slowest = min(m.diffusivity_in_plane, m.diffusivity_normal)
            length = diffusion.length(slowest, frequency)
            if length < LATTICE_CONSTANT:
                out.append(
                    Finding(
                        "diffusion length below a lattice constant",
                        length,
                        LATTICE_CONSTANT,
                        "m",
                        "A continuum Vegard signal has no meaning here; go below "
                        f"{quantity(slowest / LATTICE_CONSTANT**2 / (2 * pi), 'Hz', 2)}.",
                    )
                )
        if self.tip.radius < SMALLEST_RADIUS:
            out.append(
                Finding(
                    "contact radius below one nanometre",
                    self.tip.radius,
                    SMALLEST_RADIUS,
                    "m",
                    "The contact is a few atoms wide; use a larger tip or an atomistic model.",
                )
            )
        # a diffusivity of a solid says that the numbers are SI, not dimensionless
        if m.diffusivity is not None and m.diffusivity_normal < 1e-6 < self.tip.radius / 10:
            out.append(
                Finding(
                    "contact radius above ten micrometres",
                    self.tip.radius,
                    10e-6,
                    "m",
                    "No tip is that blunt; did you pass nm or µm?",
                )
            )
        out += self._check_strain(drive)
        if isinstance(self.interface, LinearKinetics) and m.diffusivity is not None:
            size = min(self.tip.radius, self.thickness)
            biot = self.interface.rate * size / m.diffusivity_normal
            if biot < 0.1:
                out.append(
                    Finding(
                        "Biot number κR/D far below 1",
                        biot,
                        1.0,
                        "–",
                        "Charge transfer limits the signal: you measure κ, not D.",
                    )
                )
        return out

    def _check_strain(self, drive: float) -> list[Finding]:
        m = self.material
        if m.vegard is None or m.ocv_slope is None or "volt" not in self.interface.drives:
            return []
        out = []
        change = abs(drive / m.ocv_slope)
        strain = max(abs(b) for b in m.vegard_pair) * change
        if strain > STRAIN_LIMIT:
            out.append(
                Finding(
                    "Vegard strain |βΔC| above 2 %",
                    strain,
                    STRAIN_LIMIT,
                    "–",
                    f"Linear theory ends here; drive with less than "
                    f"{abs(drive) * STRAIN_LIMIT / strain:.2g} V.",
                )
            )
        if m.site_concentration is not None and change > m.site_concentration:
            out.append(
                Finding(
                    "concentration change above the site concentration",
                    change,
                    m.site_concentration,
                    "mol/m³",
                    f"Drive with less than {abs(m.ocv_slope) * m.site_concentration:.2g} V.",
                )
            )
        return out
