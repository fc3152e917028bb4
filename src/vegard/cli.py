"""The command line: run, sweep, materials, demo; the other commands come from `commands`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from vegard import __version__, commands, terminal
from vegard.errors import VegardError
from vegard.terminal import File, Folder, Force, Form, Format, Overrides

if TYPE_CHECKING:
    from vegard.io import Plan
    from vegard.run import Results

app = typer.Typer(
    name="vegard",
    help="Electrochemical strain microscopy: what the tip reads when ions move.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

BAD_INPUT, OUR_FAULT, INTERRUPTED = 2, 1, 130
ISSUES = "the issue tracker of vegard"
_SECTIONS = (
    "parasitics-electrostatic", "parasitics-electrostriction", "parasitics-joule", "material",
    "tip", "geometry", "interface", "elastic", "experiment", "cantilever", "frequency", "time",
    "pulse", "profile", "relaxation", "current",
)  # fmt: skip
_debug = False


class FieldFlags(TyperCommand):
    """Command that takes every field as a flag: ``--tip-radius "10 nm"`` sets tip.radius."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {name for p in self.params for name in p.opts}
        return super().parse_args(ctx, list(_with_fields(args, own)))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.epilog = "Fields as flags: " + ", ".join(_flags()) + ", and all other keys alike."
        super().format_help(ctx, formatter)


def _with_fields(args: Sequence[str], own: set[str]) -> Iterator[str]:
    rest = iter(args)
    for token in rest:
        name, equals, value = token.removeprefix("--").partition("=")
        if token.startswith("--") and f"--{name}" not in own and (near := _nearest(name)):
            terminal.say(f"vegard: there is no --{name}. Did you mean {near}?")
            raise typer.Exit(BAD_INPUT)
        section = next((s for s in _SECTIONS if name.startswith(f"{s}-")), None)
        if token.startswith("--") and section:
            key = name.removeprefix(f"{section}-").replace("-", "_")
            value = value if equals else next(rest, "")
            yield from ("--set", f"{section.replace('-', '.')}.{key}={value}")
        else:
            yield token


def _nearest(name: str) -> str:
    """The flag that is meant by ``tip.radius`` or by a bare ``radius``; empty if none is."""
    key, flags = "-" + name.replace(".", "-").replace("_", "-"), _flags()
    return "" if f"--{name}" in flags else next((f for f in flags if f.endswith(key)), "")


def _flags() -> list[str]:
    """Every number and choice of the objects, from the metadata of their fields."""
    from vegard.io import objects

    found: dict[str, list[str]] = {
        name: ["kind"] if len(objects.kinds(base)) > 1 else []
        for name, base in objects.sections().items()
    }
    for path in objects.paths():
        section, _, key = path.rpartition(".")
        found[section].append(key)
    all_of = (f"--{s}-{key}" for s, keys in found.items() for key in keys)
    extra = ("experiment-readout", "experiment-per", "experiment-drive", "frequency-from")
    flags = (f.replace(".", "-").replace("_", "-") for f in (*all_of, *(f"--{e}" for e in extra)))
    return list(dict.fromkeys(flags))


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Exit codes: 2 bad input, 1 our fault, 130 interrupted; never a traceback unless asked."""

    @wraps(command)
    def inner(*args: Any, **kw: Any) -> None:
        try:
            command(*args, **kw)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except VegardError as error:
            terminal.say(f"vegard: {error}")
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            terminal.say("vegard: interrupted; nothing was written.")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            if _debug:
                raise
            terminal.say(
                f"vegard: sorry, this is a fault of vegard ({type(error).__name__}: {error}). "
                f"Please report it to {ISSUES} with the output of vegard --debug …"
            )
            raise typer.Exit(OUR_FAULT) from None

    return inner


def _version(value: bool) -> None:
    if value:
        typer.echo(f"vegard {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    global _debug
    _debug = debug


def _values(path: str, text: str) -> list[Any]:
    """Values of a sweep: "10 nm,20 nm", or "1nm:1um:20", log-spaced."""
    parts = text.split(":")
    if len(parts) not in (1, 3):
        raise VegardError(f"{path}={text}: a range is FROM:TO:COUNT, e.g. 1nm:1um:20.")
    if len(parts) == 1:
        whole = terminal.literal(text)
        items = (
            whole
            if isinstance(whole, list)
            else [terminal.literal(t.strip()) for t in text.split(",")]
        )
        if "" in items:
            raise VegardError(f"{path}={text} has an empty value; write {path}=VALUE,VALUE,…")
        return items
    import numpy as np

    from vegard import units
    from vegard.io import objects

    unit = objects.unit(path)
    low, high = (units.parse(terminal.literal(t.strip()), unit, path) for t in parts[:2])
    if not parts[2].strip().isdigit() or not 2 <= int(parts[2]) <= 10_000:
        raise VegardError(f"{path}={text}: the range FROM:TO:COUNT needs 2 to 10000 points.")
    if not (0 < low < high < float("inf") or -float("inf") < low < high < 0):
        raise VegardError(
            f"{path}={text}: a log-spaced range needs 0 < FROM < TO, or both negative; "
            "else list the values."
        )
    return [float(v) for v in np.geomspace(low, high, int(parts[2]))]


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


@app.command(cls=FieldFlags)
@_guarded
def run(
    file: File,
    output: Folder,
    sets: Overrides = None,
    form: Form = Format.text,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Compute an experiment file: report, figures, numbers, and a file that repeats it.

    A folder that holds an earlier run of the same file is replaced; other files in it stay.
    """
    from vegard import io

    changes = terminal.overrides(sets)
    plan = io.read(file, changes)
    results, files = _run(plan, output, force, quiet, report=True)
    if form is Format.json:
        _json(results, output)
        return
    from vegard import report

    terminal.paragraph(report.answer(results))
    terminal.findings(results)
    main = output / "report.html"
    typer.echo(f"{len(files)} files in {output}; start with {main}")


@app.command(cls=FieldFlags)
@_guarded
def sweep(
    file: File,
    ranges: Annotated[
        list[str],
        typer.Argument(metavar="PATH=VALUES…", help='tip.radius="10 nm,20 nm" or "1nm:1um:20".'),
    ],
    output: Folder,
    sets: Overrides = None,
    form: Form = Format.text,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Vary parameters over all combinations: a table, NetCDF and CSV.

    VALUES are a list, or FROM:TO:COUNT, log-spaced. Computes the signals that the file names
    itself, or else the frequency response.
    """
    from vegard import io

    changes = terminal.overrides(sets)
    changes |= {k: _values(k, v) for k, v in terminal.changes(ranges, "sweep").items()}
    plan = io.read(file, changes, signals=())
    if not plan.asked:
        plan = io.read(file, changes, signals=("frequency",))
    results, files = _run(plan, output, force, quiet, report=False)
    if form is Format.json:
        _json(results, output)
        return
    terminal.sweep_table(results)
    terminal.findings(results)
    typer.echo(f"{len(files)} files in {output}: {', '.join(files)}")


def _run(
    plan: Plan, output: Path, force: bool, quiet: bool, *, report: bool
) -> tuple[Results, list[str]]:
    from vegard import run as runner

    runner.check(plan, output, force=force, report=report)
    with terminal.progress(quiet) as progress:
        results = runner.execute(plan, progress)
        files = runner.write(results, output, force=force, report=report, progress=progress)
    return results, files


def _json(results: Results, output: Path) -> None:
    from vegard import run as runner

    data = {**runner.summary(results), "folder": str(output)}
    typer.echo(json.dumps(data, ensure_ascii=True, allow_nan=False, indent=1))


@app.command()
@_guarded
def materials(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all if left out.")] = None,
    form: Form = Format.text,
) -> None:
    """List the materials, show one with all its sources, or compare several."""
    from vegard.catalogue import materials as catalogue

    if form is Format.json:
        typer.echo(json.dumps(terminal.materials_json(names or []), indent=1, allow_nan=False))
    elif names and len(names) == 1:
        terminal.show(catalogue[names[0]])
    else:
        terminal.compare(catalogue.table(names or None))


@app.command()
@_guarded
def demo(output: Folder = Path("vegard-demo"), force: Force = False) -> None:
    """Measured ESM amplitudes against what diffusion can give: report and figures."""
    from vegard import demo as demonstration

    typer.echo(demonstration.main(output, force=force))


app.command(cls=FieldFlags)(_guarded(commands.orientation))
app.command()(_guarded(commands.hertz))
app.command(cls=commands.LeverFlags)(_guarded(commands.lever))
app.command()(_guarded(commands.sho))
app.command()(_guarded(commands.verify))
app.command()(_guarded(commands.info))
app.command()(_guarded(commands.instruments))
app.command()(_guarded(commands.analyse))
app.command()(_guarded(commands.fit))
app.command()(_guarded(commands.models))
app.command("map")(_guarded(commands.map_curves))
app.command(cls=FieldFlags)(_guarded(commands.compare))
app.command(cls=FieldFlags)(_guarded(commands.detect))
app.command(cls=FieldFlags)(_guarded(commands.image))
app.command(cls=FieldFlags)(_guarded(commands.loop))
app.command(cls=FieldFlags)(_guarded(commands.plan))
app.command(cls=FieldFlags)(_guarded(commands.resolution))
app.command()(_guarded(commands.verdict))


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
