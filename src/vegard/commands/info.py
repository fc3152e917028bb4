"""The command info: what a measured file was understood to hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal, units
from vegard.commands.shared import flag, say_json
from vegard.terminal import Form, Format

if TYPE_CHECKING:
    import xarray as xr


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Measured data.")],
    kind: Annotated[
        str | None,
        flag("KIND", "What was measured: eis, pitt, gitt, frequency, relaxation, table."),
    ] = None,
    hints: Annotated[
        list[str] | None,
        flag("NAME=VALUE", "What the file does not say: sign=-1, cycle=2, decimal=,", "--hint"),
    ] = None,
    form: Form = Format.text,
) -> None:
    """Tell what is in a measured file: kind, columns, units, ranges.

    FILE is text with columns, a text export of EC-Lab (.mpt), Parquet, JSON, or a file that
    impedance.py reads (Gamry, Autolab, ZPlot, …). Hints are those of vg.read; each can be given:
    --hint columns='time (s), -, current (mA)'.
    """
    from vegard.io.measured import load

    given = {name: _value(text) for name, text in terminal.changes(hints or [], "--hint").items()}
    data = load(file, kind, given)
    if form is Format.json:
        say_json(_summary(data))
        return
    about = data.attrs
    technique = f" ({about['technique']})" if about["technique"] else ""
    axis = next(iter(data.dims))
    typer.echo(f"{about['source']}: {about['kind']}{technique}, {data.sizes[axis]} points")
    terminal.table(["", "unit", "from", "to", "column"], [_row(*item) for item in _parts(data)])
    if about["unused"]:
        terminal.paragraph(f"not taken: {', '.join(about['unused'].splitlines())}")
    terminal.notes(about["notes"].splitlines())
    for line in about["warnings"].splitlines():
        typer.echo(f"warning: {line}")


def _value(text: str) -> Any:
    """A hint: a number, true, or text; a lone mark such as a comma is text."""
    value = terminal.literal(text)
    return text if isinstance(value, list | dict) else value


def _parts(data: xr.Dataset) -> list[tuple[str, xr.DataArray]]:
    """Variables, the axis first; complex ones in two parts."""
    import numpy as np

    out: list[tuple[str, xr.DataArray]] = []
    for name in (*data.coords, *data.data_vars):
        array = data[name]
        if np.iscomplexobj(array.values):
            out += [(f"{name}, Re", array.real), (f"{name}, Im", array.imag)]
        else:
            out.append((str(name), array))
    return [(name, part.assign_attrs(data[name.split(",")[0]].attrs)) for name, part in out]


def _row(name: str, array: xr.DataArray) -> list[str]:
    unit, column = array.attrs["units"], array.attrs["column"]
    if array.dtype.kind == "U":
        ends = [str(array.values[0]), str(array.values[-1])]
    else:
        ends = [units.format(float(x), unit) for x in (array.min(), array.max())]
    return [name, unit, *ends, column]


def _summary(data: xr.Dataset) -> dict[str, Any]:
    """What the table says, as numbers."""
    variables = {
        name: {
            "units": array.attrs["units"],
            "column": array.attrs["column"],
            "range": None if array.dtype.kind == "U" else [float(array.min()), float(array.max())],
        }
        for name, array in _parts(data)
    }
    lists = {name: data.attrs[name].splitlines() for name in ("notes", "warnings", "unused")}
    return {
        **data.attrs,
        **lists,
        "points": data.sizes[next(iter(data.dims))],
        "columns": variables,
    }
