"""The command hertz: how wide and how stiff a pressed contact is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal, units
from vegard.commands.shared import flag, noted, optional, say_json
from vegard.errors import VegardError
from vegard.terminal import Form, Format

if TYPE_CHECKING:
    from vegard.material import Material


def hertz(
    load: Annotated[str, flag('"100 nN"', "Force that presses the tip on the sample.")],
    tip_young: Annotated[str, flag('"169 GPa"', "Young's modulus of the tip; inf is rigid.")],
    tip_poisson: Annotated[str, flag("0.27", "Poisson ratio of the tip.")],
    tip_radius: Annotated[str | None, flag('"20 nm"', "Radius of a spherical tip.")] = None,
    material: Annotated[
        str | None, flag("NAME", "Sample of the catalogue: see vegard materials.")
    ] = None,
    young: Annotated[str | None, flag('"87 GPa"', "Young's modulus of the sample.")] = None,
    poisson: Annotated[str | None, flag("0.3", "Poisson ratio of the sample.")] = None,
    model: Annotated[str, flag("hertz|dmt|jkr", "Without or with adhesion.")] = "hertz",
    adhesion: Annotated[
        str | None, flag('"50 mJ/m^2"', "Work of adhesion, for dmt and jkr.")
    ] = None,
    shape: Annotated[str, flag("sphere|cone", "Shape of the tip.")] = "sphere",
    half_angle: Annotated[
        str | None, flag('"80 deg"', "Angle between axis and flank of a cone.")
    ] = None,
    form: Form = Format.text,
) -> None:
    """Contact radius and contact stiffness of a pressed tip."""
    from math import pi

    from vegard import contact_mechanics as contact

    if shape == "sphere" and tip_radius is None:
        raise VegardError(
            '--tip-radius is missing, e.g. "20 nm"; a cone takes --shape cone --half-angle.'
        )
    force = terminal.number(load, "N", "--load")
    silicon = {
        "tip_young": terminal.number(tip_young, "Pa", "--tip-young"),
        "tip_poisson": terminal.number(tip_poisson, "–", "--tip-poisson"),
    }
    with noted() as notes:
        sample = _sample(material, young, poisson)
        radius = contact.hertz(
            optional(tip_radius, "m", "--tip-radius"),
            force,
            sample,
            **silicon,
            model=model,
            adhesion=optional(adhesion, "J/m²", "--adhesion"),
            shape=shape,
            half_angle=optional(half_angle, "rad", "--half-angle"),
        ).radius
    rows = [
        ("contact radius", "contact_radius_m", radius, "m"),
        ("contact stiffness", "contact_stiffness_N_per_m",
         contact.stiffness(radius, sample, **silicon), "N/m"),
        ("reduced modulus", "reduced_modulus_Pa", contact.reduced_modulus(sample, **silicon), "Pa"),
        ("mean pressure", "mean_pressure_Pa", force / (pi * radius**2), "Pa"),
    ]  # fmt: skip
    if form is Format.json:
        say_json({**{key: value for _, key, value, _ in rows}, "notes": notes})
        return
    for name, _, value, unit in rows:
        typer.echo(f"{name:<18} {units.format(value, unit)}")
    terminal.notes(notes)


def _sample(name: str | None, young: str | None, poisson: str | None) -> Material:
    """Material of the catalogue, or of its elastic constants alone."""
    from vegard.catalogue import materials
    from vegard.material import Material

    given = {"young": optional(young, "Pa", "--young"),
             "poisson": optional(poisson, "–", "--poisson")}  # fmt: skip
    known: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    if name is not None:
        sample = materials[name].material(**known)
        for key in given:
            if getattr(sample, key) is None:
                raise VegardError(f"{key} is unknown for {name}; give --{key}.")
        return sample
    if len(known) < 2:
        raise VegardError(
            "the sample is unknown: give --material NAME of the catalogue, or --young and "
            "--poisson."
        )
    return Material(1.0, 1.0, **known)  # diffusion does not matter here
