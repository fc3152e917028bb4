"""The command info: what a measured file was understood to hold."""

from __future__ import annotations

import json
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
        flag(
            "KIND",
            "What was measured: eis, pitt, gitt, frequency, relaxation, table; of a microscope "
            "image, frequency, relaxation, loop, sho, curve, array.",
        ),
    ] = None,
    hints: Annotated[
        list[str] | None,
        flag("NAME=VALUE", "What the file does not say: sign=-1, cycle=2, decimal=,", "--hint"),
    ] = None,
    form: Form = Format.text,
) -> None:
    """Tell what is in a measured file: kind, columns, units, ranges.

    FILE is text with columns, a text export of EC-Lab (.mpt), Parquet, JSON, a file that
    impedance.py reads (Gamry, Autolab, ZPlot, …), or of a microscope: Asylum .ibw, HDF5 (USID,
    NSID), Gwyddion .gwy, Nanonis .sxm, .3ds, .dat; NetCDF and Zarr that vegard wrote. Hints are
    those of vg.read; each can be given: --hint columns='time (s), -, current (mA)', --hint
    starts_with=write.
    """
    from vegard.io.measured import load

    given = {name: _value(text) for name, text in terminal.changes(hints or [], "--hint").items()}
    data = load(file, kind, given)
    if form is Format.json:
        say_json(_summary(data))
        return
    about = data.attrs
    technique = f" ({about['technique']})" if about["technique"] else ""
    typer.echo(f"{about['source']}: {about['kind']}{technique}, {_size(data)}")
    terminal.table(["", "unit", "from", "to", "column"], [_row(*item) for item in _parts(data)])
    if about["unused"]:
        terminal.paragraph(f"not taken: {', '.join(about['unused'].splitlines())}")
    terminal.notes(about["notes"].splitlines())
    if count := len(_settings(data)):
        typer.echo(f"note: {count} settings of the instrument: --format json lists them.")
    for line in about["warnings"].splitlines():
        typer.echo(f"warning: {line}")


def _size(data: xr.Dataset) -> str:
    """Number of points along each axis."""
    axes = list(dict.fromkeys(d for v in data.data_vars.values() for d in v.dims))
    sizes = " × ".join(str(data.sizes[axis]) for axis in axes)
    return f"{sizes} points" + (f" ({', '.join(map(str, axes))})" if len(axes) > 1 else "")


def _settings(data: xr.Dataset) -> dict[str, Any]:
    """Settings of a microscope."""
    found: dict[str, Any] = json.loads(data.attrs.get("settings", "{}"))
    return found


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
    unit, column = array.attrs.get("units", ""), array.attrs.get("column", "")
    ends = _range(array)
    if ends is None:
        words = [str(array.values.flat[i]) for i in (0, -1)] if array.dtype.kind == "U" else ["nan"]
        return [name, unit, words[0], words[-1], column]
    return [name, unit, *(units.format(x, unit) for x in ends), column]


def _range(array: xr.DataArray) -> list[float] | None:
    """Smallest and largest number, nan left out; None where there are none."""
    if array.dtype.kind == "U" or not array.notnull().any():
        return None
    return [float(array.min()), float(array.max())]


def _summary(data: xr.Dataset) -> dict[str, Any]:
    """What the table says, as numbers."""
    variables = {
        name: {
            "units": array.attrs.get("units", ""),
            "column": array.attrs.get("column", ""),
            "range": _range(array),
        }
        for name, array in _parts(data)
    }
    lists = {name: data.attrs[name].splitlines() for name in ("notes", "warnings", "unused")}
    return {
        **data.attrs,
        **lists,
        "points": data.sizes[next(iter(data.dims))],
        "sizes": dict(data.sizes),
        "settings": _settings(data),
        "columns": variables,
    }
