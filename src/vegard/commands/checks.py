"""The command verify: the library against finite elements."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import flag, say_json
from vegard.errors import VegardError
from vegard.terminal import Form, Format

TARGET = 1e-4
_COLUMNS = {  # of the dataset: title and format
    "size": ("|s|R²/D", "g"),
    "deviation": ("deviation", ".1e"),
    "stated": ("stated error", ".1e"),
    "order": ("order", ".1f"),
    "ratio": ("times as fast", ".0f"),
}


def verify(
    every: Annotated[
        bool, typer.Option("--all", help="Every object, at three frequencies: minutes.")
    ] = False,
    page: Annotated[
        Path | None, flag("FILE.md", "Page that keeps the table; with --all.", "--write")
    ] = None,
    form: Form = Format.text,
) -> None:
    """Compare the library with finite elements (needs NGSolve).

    Install it with pip install 'vegard[fem]'. The exit code is 1 if a deviation is above 1e-4.
    """
    from vegard import fem
    from vegard.files import whole

    if page is not None and not every:
        raise VegardError("--write keeps the table of all objects; add --all.")
    with ExitStack() as stack:
        target = None if page is None else stack.enter_context(whole(page))
        stack.enter_context(terminal.progress(quiet=False))
        data = fem.verify("all" if every else "quick")
        if target is not None:
            fem.write(target, data)
    _print(data, form)
    deviations = dict(zip(data["object"].values, data["deviation"].values.tolist(), strict=True))
    name, deviation = max(deviations.items(), key=lambda item: (item[1] != item[1], item[1]))
    if not deviation <= TARGET:
        terminal.say(f"vegard: {name} deviates from finite elements by {deviation:.1e}, {TARGET:g} "
                     "is allowed. Please report it with this table.")  # fmt: skip
        raise typer.Exit(1)


def _print(data: Any, form: Format) -> None:
    names = data["object"].values.tolist()
    if form is Format.json:
        columns = {name: data[name].values for name in data.data_vars}
        say_json({"objects": names, **columns, **data.attrs, "target": TARGET})
        return
    rows = [
        [name, *(format(float(data[key][i]), form) for key, (_, form) in _COLUMNS.items())]
        for i, name in enumerate(names)
    ]
    terminal.table(["object", *(title for title, _ in _COLUMNS.values())], rows)
    typer.echo(
        f"Deviation |u_FEM/u - 1| at worst {float(data['deviation'].max()):.1e}, allowed are "
        f"{TARGET:g}. NGSolve {data.attrs['ngsolve']}."
    )
