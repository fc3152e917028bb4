"""The command instruments: microscopes, levers, lock-ins and ammeters, with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal, units
from vegard.commands.shared import say_json
from vegard.terminal import Form, Format

if TYPE_CHECKING:
    from vegard.instrument import Part

_COLUMNS = {
    "displacement_noise": "displacement noise",
    "current_noise": "current noise",
    "voltage_noise": "voltage noise",
    "bandwidth": "bandwidth",
    "stiffness": "stiffness",
    "free_resonance": "free resonance",
    "quality": "Q",
}


def instruments(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if left out.")] = None,
    form: Form = Format.text,
) -> None:
    """List the instruments, show one with all its sources, or compare several."""
    from vegard.instrument import instruments as catalogue

    if form is Format.json:
        say_json({name: _data(catalogue.part(name)) for name in names or catalogue})
    elif names and len(names) == 1:
        part = catalogue.part(names[0])
        _show(part)
        for member in part.parts:
            typer.echo()
            _show(catalogue.part(member))
    else:
        _compare(catalogue.table(names or None))


def _data(part: Part) -> dict[str, Any]:
    from dataclasses import asdict

    extra = {} if part.bandwidth is None else {"parts": part.parts, "bandwidth": part.bandwidth}
    return {
        "kind": part.kind,
        "title": part.title,
        "notes": part.notes,
        **extra,
        "readings": [asdict(r) for r in part.readings.values()],
    }


def _amount(value: float | None, unit: str) -> str:
    return "–" if value is None else units.format(value, unit)


def _compare(rows: list[dict[str, Any]]) -> None:
    from vegard.instrument import UNITS

    body = [[r["name"], r["kind"], *(_amount(r[c], UNITS[c]) for c in _COLUMNS)] for r in rows]
    terminal.table(["name", "kind", *_COLUMNS.values()], body)
    typer.echo("– is unknown. One of them with all sources: vegard instruments NAME")


def _show(part: Part) -> None:
    typer.echo(f"{part.name}  {part.title} ({part.kind})")
    if part.bandwidth is not None:
        typer.echo(f"made of {', '.join(part.parts)}; bandwidth {part.bandwidth:g} Hz is a choice")
    for r in part.readings.values():
        spread = ""
        if r.range is not None:
            spread = f" ({' to '.join(units.format(v, r.unit) for v in r.range)})"
        name = r.quantity.replace("_", " ")
        typer.echo(f"  {name} = {_amount(r.value, r.unit)}{spread}, {r.basis}: {r.conditions}")
        typer.echo(f"    read at: {r.source}")
    for note in part.notes:
        typer.echo(f"- {note}")
