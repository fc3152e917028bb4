"""What the command line takes and shows: common options, progress, findings, tables."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import units
from vegard.errors import VegardError

if TYPE_CHECKING:
    from vegard.catalogue import Entry
    from vegard.run import Results


class Format(StrEnum):
    """What goes to the standard output."""

    text = "text"
    json = "json"


def _folder(text: str) -> Path:
    if not str(text).strip():
        raise typer.BadParameter("the name of the folder is empty; write -o FOLDER.")
    return Path(text)


_OUTPUT = typer.Option(
    "--output", "-o", metavar="FOLDER", parser=_folder, help="Folder for the results."
)
File = Annotated[Path, typer.Argument(metavar="FILE.toml", help="Experiment file.")]
Folder = Annotated[Path, _OUTPUT]
MaybeFolder = Annotated[Path | None, _OUTPUT]
Force = Annotated[bool, typer.Option("--force", help="Replace what others have left.")]
Form = Annotated[Format, typer.Option("--format", help="What to print.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help='Replace a value: tip.radius="10 nm".'),
]


def changes(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """Paths and values of PATH=VALUE."""
    out: dict[str, Any] = {}
    for pair in pairs:
        path, equals, value = pair.partition("=")
        if not (path.strip() and equals and value.strip()):
            raise VegardError(f'{option} takes PATH=VALUE, e.g. tip.radius="10 nm"; got {pair!r}.')
        if path.strip() in out:
            raise VegardError(f"{path.strip()} is given twice; give it once, or as a list.")
        out[path.strip()] = value.strip()
    return out


def overrides(pairs: Sequence[str] | None) -> dict[str, Any]:
    """Values of --set, by path."""
    return {path: literal(value) for path, value in changes(pairs or [], "--set").items()}


def literal(text: str) -> Any:
    """A number, list or truth value as TOML writes it; anything else is text."""
    import tomllib

    try:
        return tomllib.loads(f"v = {text}")["v"]
    except (ValueError, RecursionError):
        return text


def number(text: str, unit: str, flag: str) -> float:
    """A flag's quantity; a number without a unit is in SI units."""
    return units.parse(literal(text.strip()), unit, flag)


def say(line: str) -> None:
    """One line to the standard error."""
    typer.echo(" ".join(line.split()), err=True)


def paragraph(text: str) -> None:
    """A text, as wide as the terminal and at most 98 characters."""
    width = min(98, shutil.get_terminal_size().columns)
    typer.echo(textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False))


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[int, int, str], None] | None]:
    """Progress on the standard error, from the first second on."""
    if quiet:
        yield None
        return
    from threading import Timer

    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("starting", total=None)
    live = bar.console.is_terminal
    timer = Timer(1.0, bar.start if live else lambda: say("computing…"))
    timer.daemon = True
    timer.start()
    said = time.monotonic()

    def report(done: int, total: int, what: str) -> None:
        nonlocal said
        bar.update(task, total=total, completed=done, description=what)
        if not live and time.monotonic() - said > 5:
            said = time.monotonic()
            say(f"{100 * done // total} % {what}")

    try:
        yield report
    finally:
        timer.cancel()
        if live:
            bar.stop()


def findings(results: Results) -> None:
    """Each finding and note once, as a plain line."""
    seen: dict[str, int] = {}
    for point in results.points:
        for finding in point.findings:
            seen.setdefault(finding.rule, 0)
            seen[finding.rule] += 1
    firsts = {f.rule: f for p in reversed(results.points) for f in p.findings}
    for rule, count in seen.items():
        many = f" ({count} of {len(results.points)} points)" if len(results.points) > 1 else ""
        typer.echo(f"note: {firsts[rule]}{many}")
    notes(results.notes)


def notes(lines: Sequence[str]) -> None:
    """Each as a plain line."""
    for line in lines:
        typer.echo(f"note: {line}")


def sweep_table(results: Results) -> None:
    """Key numbers of all points of a sweep."""
    from vegard import run as runner
    from vegard.io import objects

    data = runner.summary(results)
    known = objects.numbers(results.base, results.plan.extras)
    names = list(dict.fromkeys(k for p in data["points"] for k in p["numbers"]))
    head = [f"{p} [{known[p][1]}]" if p in known else p for p in dict(results.plan.sweeps)]
    rows = [
        [*(_cell(v) for v in p["changes"].values()), *(_cell(p["numbers"].get(n)) for n in names)]
        for p in data["points"]
    ]
    typer.echo(f"{results.title}; amplitudes in {data['units']}")
    table([*head, *names], rows)


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; as wide as it needs to be where the output is not a terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 400, highlight=False)
    table = Table(*(escape(h) for h in head), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def materials_json(names: Sequence[str]) -> Any:
    """All records of materials, by name."""
    from dataclasses import asdict

    from vegard.catalogue import materials as catalogue

    chosen = {name: catalogue[name] for name in names or catalogue}
    return {
        name: {
            "formula": e.formula,
            "title": e.title,
            "class": e.kind,
            "linear": e.linear,
            "charge": e.charge,
            "notes": list(e.notes),
            "records": [asdict(r) for r in e.records()],
        }
        for name, e in chosen.items()
    }


def compare(rows: Sequence[dict[str, Any]]) -> None:
    """Materials side by side: rows of `Catalogue.table`."""
    from vegard.catalogue import UNITS

    numbers = [*UNITS, "strain_per_x"]
    head = ["name", "formula", *(f"{n} [{UNITS.get(n, '–')}]" for n in numbers), "verified"]
    body = [
        [
            r["name"],
            r["formula"] + ("" if r["linear"] else " (not linear)"),
            *(_amount(r[n], "–") for n in numbers),
            f"{r['verified']} of {r['records']}",
        ]
        for r in rows
    ]
    table(head, body)
    typer.echo("One of them with all sources: vegard materials NAME")


def _amount(value: Any, unit: str) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, tuple):
        return " | ".join(units.format(v, unit) for v in value)
    return units.format(value, unit)


def show(entry: Entry) -> None:
    """One material with every record and its source."""
    typer.echo(f"{entry.name}  {entry.formula}  {entry.title} ({entry.kind})")
    if not entry.linear:
        typer.echo("linear = false: the linear theory does not hold for large changes.")
    for r in entry.records():
        chosen = "*" if r.default else " "
        state = "verified" if r.verified else "NOT verified"
        typer.echo(f"\n{chosen} {r.property} = {_amount(r.value, r.unit)}  ({state})")
        where = f"; {r.temperature:g} K" if r.temperature is not None else ""
        typer.echo(f"    {r.composition}{where}; {r.method}; uncertainty: {r.uncertainty}")
        typer.echo(f"    source: {r.source}")
        typer.echo(f"    read in: {r.read_from}")
    typer.echo("\n* taken by name in an experiment file; pairs are in plane | normal.")
    for note in entry.notes:
        typer.echo(f"- {note}")
