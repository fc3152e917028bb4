"""The experiment: material, tip, geometry, interface and read-out, and where its model ends."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any

from vegard.elastic import Elastic, Uniform
from vegard.errors import VegardError
from vegard.findings import RULES, Finding
from vegard.geometries import Geometry, HalfSpace
from vegard.interfaces import FixedConcentration, Interface
from vegard.material import Material
from vegard.parameters import Parameters, choice, get_path, replace_paths
from vegard.tips import Tip


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
    interface : FixedConcentration, FixedFlux, LinearKinetics, Contact or BlockingTip
        What the bias prescribes.
    readout : {"centre", "punch"}
        Displacement at a point, or of a rigid frictionless punch of the tip's radius.
    elastic : Uniform or Layered
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
    elastic: Elastic = _part("elastic model", Elastic, default_factory=Uniform)
    also: tuple[Any, ...] = field(default=(), metadata={"doc": "additive linear signals"})

    def __post_init__(self) -> None:
        super(Experiment, self).__post_init__()
        given: Any = self.elastic
        if given is None:
            object.__setattr__(self, "elastic", Uniform())
        for f in fields(self):
            kind = f.metadata.get("kind")
            value = getattr(self, f.name)
            if kind is not None and not isinstance(value, kind):
                raise VegardError(f"Experiment.{f.name} must be a {kind.__name__}; got {value!r}.")
        signals = self.also if isinstance(self.also, tuple | list) else (self.also,)
        if not all(callable(getattr(signal, "transfer", None)) for signal in signals):
            raise VegardError(
                "Experiment.also must be a tuple of objects with transfer(s, experiment, per), "
                f"e.g. vegard.parasitics.Joule(…); got {self.also!r}."
            )
        object.__setattr__(self, "also", tuple(signals))

    def __getitem__(self, path: str) -> Any:
        return get_path(self, path)

    def replace(self, changes: dict[str, Any]) -> Experiment:
        """Copy with values at dotted paths replaced, e.g. ``{"tip.radius": 10e-9}``.

        Raises
        ------
        VegardError
            If a path does not exist, or a value breaks its rule.
        """
        return replace_paths(self, changes)

    @property
    def thickness(self) -> float:
        """Film thickness [m], infinite for a half-space."""
        return self.geometry.depth

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
        given = [v for v in (drive, frequency) if v is not None]
        if not all(isfinite(v) for v in given) or (frequency is not None and frequency <= 0):
            raise VegardError(
                "check takes a finite drive [V] and a frequency > 0 [Hz]; "
                f"got {drive!r} and {frequency!r}."
            )
        return [finding for rule in RULES for finding in rule(self, drive, frequency)]
