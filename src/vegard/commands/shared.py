"""What the commands share: quantities as flags, notes, JSON, and a folder of results."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vegard import terminal
from vegard.errors import OutOfRegime
from vegard.terminal import Format

if TYPE_CHECKING:
    from vegard.instrument import Instrument
    from vegard.io import Plan

SCHEMA = 1


def flag(example: str, text: str, *names: str) -> Any:
    """Option of a quantity."""
    return typer.Option(*names, metavar=example, help=text)


@contextmanager
def noted() -> Iterator[list[str]]:
    """Warnings about the range of a model, as sentences."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OutOfRegime)
        yield notes
    notes += dict.fromkeys(str(w.message) for w in caught)


def optional(text: str | None, unit: str, flag: str) -> float | None:
    """A flag's quantity, None if it was left out."""
    return None if text is None else terminal.number(text, unit, flag)


def preset(plan: Plan, name: str | None, bandwidth: str | None) -> Instrument:
    """The instrument of --instrument and --bandwidth, with the lever of the file."""
    from vegard.four_methods import PRESET

    tool = plan.at({}).instrument(name or PRESET)
    band = optional(bandwidth, "Hz", "--bandwidth")
    return tool if band is None else tool.replace({"bandwidth": band})


def say(report: str, notes: Sequence[str]) -> None:
    """A report and its notes; lines that are set as a table stay as they are."""
    for line in report.splitlines():
        if line.startswith("  ") or not line:
            typer.echo(line)
        else:
            terminal.paragraph(line)
    terminal.notes(notes)


def say_json(data: dict[str, Any]) -> None:
    """Numbers as JSON on the standard output."""
    from vegard.io.numbers import plain

    typer.echo(json.dumps(plain(data), ensure_ascii=True, allow_nan=False, indent=1))


def stamp(inputs: dict[str, Any]) -> dict[str, Any]:
    """What every file carries."""
    from hashlib import sha256

    from vegard import __version__

    digest = sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    return {"schema": SCHEMA, "vegard": __version__, "inputs_sha256": digest}


def finish(
    data: dict[str, Any],
    form: Format,
    show: Callable[[], None],
    folder: Path | None,
    what: tuple[str, str],
    files: dict[str, Callable[[Path], None]],
) -> None:
    """Write a folder, all of it or nothing, then print.

    Parameters
    ----------
    data : dict
        Numbers for JSON and for the summary of the folder.
    form : Format
        JSON, or what ``show`` prints.
    folder : Path, optional
        Where ``files`` go, each written by its function; `what` is file and title of the summary.
    """
    from vegard.io import folder as place
    from vegard.io.numbers import plain

    names = sorted([*files, place.SUMMARY])
    if folder is not None:
        with place.staged(folder) as stage:
            for name, make in files.items():
                make(stage / name)
            told = {**data, "file": what[0], "title": what[1], "files": names}
            text = json.dumps(plain(told), indent=1, ensure_ascii=False, allow_nan=False)
            (stage / place.SUMMARY).write_text(text + "\n", "utf-8", newline="\n")
    if form is Format.json:
        say_json(data | ({} if folder is None else {"folder": str(folder)}))
        return
    show()
    if folder is not None:
        typer.echo(f"{len(names)} files in {folder}: {', '.join(names)}")


def check(folder: Path | None, what: tuple[str, str], names: Iterable[str], force: bool) -> None:
    """Refuse a folder that cannot be written, or holds something else, before computing."""
    from vegard.io import folder as place

    if folder is not None:
        place.check(folder, *what, [*names, place.SUMMARY], force=force)
