"""What an experiment file knows besides the experiment: load, orientation, lever, parasitics.

Values that follow from others (the contact radius from the load, the contact stiffness from both)
are made anew at every point of a sweep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vegard import contact_mechanics
from vegard.cantilever import Cantilever
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.instrument import Instrument, instruments
from vegard.material import Material
from vegard.parameters import Parameters, choice, quantity, replace_path
from vegard.parasitics import Electrostatic, Electrostriction, Joule, Parasitic
from vegard.tips import DiscTip, Tip


@dataclass(frozen=True, slots=True, kw_only=True)
class Hertz(Tip):
    """Tip pressed on the sample: the disc whose radius the load makes, see `vegard.hertz`."""

    radius: float | None = quantity(  # type: ignore[assignment]
        "contact radius, computed", "R", "m", default=None, unknown=True
    )
    load: float = quantity("load", "F", "N", rule="finite", hint="Loads lie near 1e-9..1e-6.")
    tip_radius: float | None = quantity(
        "radius of the tip's end", "R_t", "m", default=None, unknown=True, hint="Near 1e-8..1e-6."
    )
    tip_young: float = quantity(
        "Young's modulus of the tip", "E_t", "Pa", infinite=True, hint="Did you pass GPa?"
    )
    tip_poisson: float = quantity("Poisson ratio of the tip", "ν_t", "–", rule="> -1 and <= 0.5")
    model: str = choice("adhesion in the contact", contact_mechanics.MODELS, "hertz")
    adhesion: float | None = quantity(
        "work of adhesion", "w", "J/m²", rule=">= 0", default=None, unknown=True
    )
    shape: str = choice(  # type: ignore[assignment]  # of its end; a recipe is not computed with
        "shape of the tip's end", contact_mechanics.SHAPES, "sphere"
    )
    half_angle: float | None = quantity(
        "angle from axis to flank of a cone", "α", "rad", default=None, unknown=True
    )

    def __post_init__(self) -> None:
        super(Hertz, self).__post_init__()
        if self.radius is not None:
            raise VegardError(
                "Hertz computes the contact radius from the load; leave radius out, or take kind = "
                '"DiscTip". The radius of the tip itself is tip_radius.'
            )

    @property
    def _tip(self) -> dict[str, float]:
        return {"tip_young": self.tip_young, "tip_poisson": self.tip_poisson}

    def disc(self, material: Material) -> DiscTip:
        """The tip as the sample feels it."""
        words = {"model": self.model, "shape": self.shape}
        more = {"adhesion": self.adhesion, "half_angle": self.half_angle}
        arguments: dict[str, Any] = {**self._tip, **words, **more}
        try:
            return contact_mechanics.hertz(self.tip_radius, self.load, material, **arguments)
        except VegardError as error:
            raise VegardError(f"[tip] {error}") from None

    def stiffness(self, material: Material) -> float:
        """Contact stiffness k* [N/m]."""
        radius = self.disc(material).radius
        return contact_mechanics.stiffness(radius, material, **self._tip)


@dataclass(frozen=True, slots=True)
class Parasitics(Parameters):
    """What else moves the tip."""

    electrostatic: Electrostatic | None = field(
        default=None,
        metadata={"doc": "attraction of tip and cantilever", "kind": Electrostatic},
    )
    electrostriction: Electrostriction | None = field(
        default=None, metadata={"doc": "electrostriction", "kind": Electrostriction}
    )
    joule: Joule | None = field(default=None, metadata={"doc": "Joule heating", "kind": Joule})

    def given(self) -> dict[str, Parasitic]:
        """Those that the file has, by name."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: part for name, part in found.items() if part is not None}


@dataclass(frozen=True, slots=True)
class Extras(Parameters):
    """Sections of the file that are no part of the experiment."""

    cantilever: Cantilever | None = field(
        default=None, metadata={"doc": "the lever", "kind": Cantilever}
    )
    parasitics: Parasitics = field(
        default_factory=Parasitics, metadata={"doc": "what else moves the tip"}
    )


class Case(NamedTuple):
    """One point of a sweep, ready to compute."""

    experiment: Experiment
    recipe: Experiment
    extras: Extras

    def instrument(self, name: str) -> Instrument:
        """An instrument of the catalogue, with the lever of the file if it has one."""
        tool = instruments[name]
        lever = self.extras.cantilever
        return tool if lever is None else tool.replace({"cantilever": lever})


class Link(NamedTuple):
    """A key whose value follows from other sections unless it is given."""

    words: str
    value: Callable[[Case], Any]


def _hertz(name: str) -> Callable[[Case], Any]:
    return lambda c: getattr(c.recipe.tip, name) if isinstance(c.recipe.tip, Hertz) else None


def _lever(name: str) -> Callable[[Case], Any]:
    return lambda c: getattr(c.extras.cantilever, name, None)


def _stiffness(c: Case) -> float | None:
    tip = c.recipe.tip
    return tip.stiffness(c.experiment.material) if isinstance(tip, Hertz) else None


_RADIUS = Link("contact radius of [tip]", lambda c: c.experiment.tip.radius)
_POISSON = Link("poisson of [material]", lambda c: c.experiment.material.poisson)
LINKS = {
    "cantilever.contact_stiffness": Link("stiffness of the Hertz contact of [tip]", _stiffness),
    "parasitics.electrostatic.tip_radius": Link("[tip]", _hertz("tip_radius")),
    "parasitics.electrostatic.contact_stiffness": Link(
        "[cantilever], or the Hertz contact of [tip]",
        lambda c: _lever("contact_stiffness")(c) or _stiffness(c),
    ),
    "parasitics.electrostatic.lever_stiffness": Link("[cantilever]", _lever("stiffness")),
    "parasitics.electrostatic.lever_length": Link("[cantilever]", _lever("length")),
    "parasitics.electrostatic.tip_height": Link(
        "[cantilever]", lambda c: _lever("tip_height")(c) or None
    ),
    "parasitics.electrostatic.tilt": Link("[cantilever]", _lever("tilt")),
    "parasitics.electrostriction.radius": _RADIUS,
    "parasitics.electrostriction.poisson": _POISSON,
    "parasitics.electrostriction.readout": Link("[experiment]", lambda c: c.experiment.readout),
    "parasitics.joule.radius": _RADIUS,
    "parasitics.joule.poisson": _POISSON,
}


def linked(path: str, case: Case) -> Any:
    """Value of a linked key; None where nothing tells it."""
    return LINKS[path].value(case) if path in LINKS else None


def made(
    recipe: Experiment,
    extras: Extras,
    euler: tuple[float, ...] | None,
    auto: tuple[str, ...],
    changes: dict[str, Any],
) -> Case:
    """The case of one point of a sweep: changes first, then all that follows from them."""
    for path, value in changes.items():
        if path.partition(".")[0] in Extras.__slots__:
            extras = replace_path(extras, path, value)
        else:
            recipe = replace_path(recipe, path, value)
    e = recipe
    if isinstance(e.tip, Hertz):
        e = e.replace({"tip": e.tip.disc(e.material)})
    if euler is not None:
        e = e.replace({"material": e.material.rotated(euler)})
    for path in auto:
        value = linked(path, Case(e, recipe, extras))
        extras = replace_path(extras, path, value)
    return Case(e, recipe, extras)
