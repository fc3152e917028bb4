"""The command orientation: what grains of different orientation read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import pi
from typing import Annotated, Any

import typer

from vegard import prefixes, terminal, units
from vegard.commands.shared import flag, noted, say_json
from vegard.errors import VegardError
from vegard.terminal import File, Form, Format, Overrides

MOST = 10_000
ROUNDING = 1e-12


def orientation(
    file: File,
    frequency: Annotated[str, flag('"1 kHz"', "Frequency of the drive.")],
    euler: Annotated[
        list[str] | None,
        flag('"0,45,0 deg"', "Bunge's angles φ1, Φ, φ2 of a grain; any number of times."),
    ] = None,
    tilts: Annotated[
        int | None,
        typer.Option(
            min=2, max=MOST, metavar="N", help="N tilts Φ of the c axis from 0 to 90 deg."
        ),
    ] = None,
    sets: Overrides = None,
    form: Form = Format.text,
) -> None:
    """Vertical and lateral signal of grains, by orientation.

    The material's vegard is the tensor in the crystal's own axes, e.g. the pair
    { in_plane = …, normal = … } across and along its c axis; z points into the sample. The grain is
    larger than the contact and the diffusion length. Without --euler and --tilts it is the grain of
    the file, material.euler.
    """
    import numpy as np

    from vegard import io
    from vegard.orientation import orientation_contrast

    plan = io.read(file, terminal.overrides(sets), signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, orientation takes one experiment: {swept}.")
    f = terminal.number(frequency, "Hz", "--frequency")
    angles: list[tuple[float, ...]] = [_triple(text) for text in euler or []]
    angles += [(0.0, float(tilt), 0.0) for tilt in np.linspace(0, pi / 2, tilts or 0)]
    if not angles and plan.euler is not None:
        angles = [plan.euler]
    if not angles:
        raise VegardError('give the grains: --euler "0,45,0 deg", or --tilts 7.')
    with noted() as notes:
        experiment = replace(plan, euler=None).at({}).experiment  # in the axes of the crystal
        signal = orientation_contrast(experiment, angles, f, per=plan.per)
    unit = plan.experiment.interface.drives[plan.per]
    names = [n for n in ("vertical", "lateral_x", "lateral_y") if n in signal]
    if form is Format.text:
        typer.echo(f"{plan.title}: signal at {units.format(f, 'Hz')}, phase in rad")
        _print(angles, [(n, signal[n].values) for n in names], unit)
        terminal.notes(notes)
        return
    values = {n: np.atleast_1d(signal[n].values) for n in names}
    grains = [
        {
            "euler_rad": list(angle),
            **{n: {"amplitude": abs(v[i]), "phase": np.angle(v[i])} for n, v in values.items()},
        }
        for i, angle in enumerate(angles)
    ]
    head = {k: signal.attrs[k] for k in ("schema", "vegard", "inputs_sha256")}
    say_json({**head, "units": unit, "frequency_Hz": f, "grains": grains, "notes": notes})


def _triple(text: str) -> tuple[float, ...]:
    """Three angles [rad] of "0,45,0 deg"."""
    body, _, unit = text.strip().rpartition(" ")
    parts = body.split(",")
    if len(parts) != 3 or unit not in ("deg", "rad"):
        raise VegardError(
            f'--euler takes φ1, Φ, φ2 with one unit, "0,45,0 deg" or "0,0.8,0 rad"; got {text!r}.'
        )
    return tuple(units.parse(f"{p.strip()} {unit}", "rad", "--euler") for p in parts)


def _print(
    angles: Sequence[Sequence[float]], signals: Sequence[tuple[str, Any]], unit: str
) -> None:
    """One line for each grain; a motion below rounding is 0."""
    import numpy as np

    largest = max(float(abs(v).max()) for _, v in signals)
    factor, shown = prefixes.scale(largest, unit)
    head = ["φ1", "Φ", "φ2 [deg]"]
    for name, _ in signals:
        head += [f"{name} [{shown}]", "phase"]
    rows = []
    for i, angle in enumerate(angles):
        row = [f"{np.degrees(a):.4g}" for a in angle]
        for _, v in signals:
            seen = abs(v[i]) > ROUNDING * largest
            row += [f"{abs(v[i]) * factor:.4g}" if seen else "0"]
            row += [f"{np.angle(v[i]):.3f}" if seen else "–"]
        rows.append(row)
    terminal.table(head, rows)
