"""Curves of files for the command fit, with what the flags say of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vegard import terminal
from vegard.commands import fit_files
from vegard.commands.fit_files import Choice
from vegard.commands.shared import optional
from vegard.errors import VegardError, unknown_name

if TYPE_CHECKING:
    import xarray as xr

    from vegard.fitting import Data

_PERCENT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*$")
_SIGNALS = {"pitt": "current", "gitt": "voltage", "eis": "impedance", "frequency": "response",
            "relaxation": "response", "loop": "response", "image": "image"}  # fmt: skip
_STRAIN = ("frequency", "relaxation", "loop", "image")
_DRIVEN = ("pitt", "gitt", "relaxation", "frequency", "image")
_PULSED = ("pitt", "gitt", "relaxation", "loop")
_IN_TIME = ("pitt", "gitt", "relaxation")
_UNITS = {"pitt": "V", "gitt": "A"}
NOTHING = Choice()
Texts = list[str] | None
Window = tuple[float, float, float]


def load_curves(
    paths: Sequence[Path], kinds: Texts, hints: list[str], choose: Choice = NOTHING
) -> list[xr.Dataset]:
    """All files, each as its kind of data."""
    given = kinds or ["-"]
    if len(given) not in (1, len(paths)):
        raise VegardError(f"--kind is given {len(given)} times for {len(paths)} files.")
    each = given if len(given) == len(paths) else given * len(paths)
    return [
        _load(path, None if kind == "-" else kind, hints, choose)
        for path, kind in zip(paths, each, strict=True)
    ]


def _load(path: Path, kind: str | None, hints: list[str], choose: Choice) -> xr.Dataset:
    """A file as one kind of data; attributes tell the kind and the unit of the signal."""
    from vegard.io.measured import load

    if kind is not None and kind not in _SIGNALS:
        raise unknown_name("--kind", kind, _SIGNALS)
    values = {n: terminal.literal(v) for n, v in terminal.changes(hints, "--hint").items()}
    if kind == "image":
        return fit_files.image(path, choose, values)
    labelled = fit_files.is_microscope(path)
    if labelled:
        found = fit_files.curve(path, kind, values, choose)
    else:
        found = load(path, "table" if kind == "loop" else kind, values)
        found = _loop(path, found) if kind == "loop" else found
    what = found.attrs["kind"]
    if what not in _SIGNALS:
        raise VegardError(f"{path} holds a {what}; say what was measured: --kind.")
    for line in found.attrs.get("warnings", "").splitlines():
        typer.echo(f"warning: {line}", err=True)
    if not labelled:
        found.attrs["unit"] = found[_SIGNALS[what]].attrs.get("units", "")
    return found


def _loop(path: Path, table: xr.Dataset) -> xr.Dataset:
    """Bias and response of a table, by their units."""
    volts, metres = ([n for n, v in table.data_vars.items() if v.attrs["units"] == u] for u in "Vm")
    if len(volts) != 1 or len(metres) != 1:
        raise VegardError(
            f"{path}: a loop needs one column of bias [V] and one of displacement [m], in order of "
            f"time; there are {len(volts)} and {len(metres)}, of {', '.join(map(str, table))}."
        )
    table.attrs["kind"] = "loop"
    return table.rename({volts[0]: "bias", metres[0]: "response"})


def window(
    start: str | None, low: str | None, high: str | None, tables: Sequence[xr.Dataset]
) -> Window:
    """Origin and ends of what is used, in s or Hz."""
    kinds = {t.attrs["kind"] for t in tables}
    timed = kinds <= set(_IN_TIME)
    if start is not None and not timed:
        raise VegardError(f"--start is for {', '.join(_IN_TIME)}; got {', '.join(sorted(kinds))}.")
    if (low or high) and not (timed or kinds <= {"eis", "frequency"}):
        raise VegardError("--from and --to are for curves that are all over time or frequency.")
    unit = "s" if timed else "Hz"
    origin, first, last = (
        optional(v, unit, f) for v, f in ((start, "--start"), (low, "--from"), (high, "--to"))
    )
    return origin or 0.0, -inf if first is None else first, inf if last is None else last


def curves(
    paths: Sequence[Path],
    tables: Sequence[xr.Dataset],
    flags: dict[str, Texts],
    span: Window,
    common: tuple[dict[str, Any], str, bool],
    choose: Choice = NOTHING,
) -> list[Data]:
    """All curves, each with its own flags."""
    kinds = [str(t.attrs["kind"]) for t in tables]
    takes = {"drive": _DRIVEN, "pulse": _PULSED, "period": ("loop",), "sigma": tuple(_SIGNALS)}
    rows = {n: _each(n, texts or [], kinds, takes[n]) for n, texts in flags.items()}
    own = [{n: row[i] for n, row in rows.items()} for i in range(len(paths))]
    return [
        _curve(p, t, one, span, common, choose)
        for p, t, one in zip(paths, tables, own, strict=True)
    ]


def _each(
    name: str, texts: Sequence[str], kinds: Sequence[str], takes: Sequence[str]
) -> list[str | None]:
    """One flag for each curve: given once it is for all that take it."""
    if len(texts) == 1 and any(k in takes for k in kinds):
        return [texts[0] if k in takes else None for k in kinds]
    if len(texts) not in (0, len(kinds)):
        raise VegardError(f"--{name} is given {len(texts)} times for {len(kinds)} files.")
    out = [None if t == "-" else t for t in texts] or [None] * len(kinds)
    for kind, text in zip(kinds, out, strict=True):
        if text is not None and kind not in takes:
            raise VegardError(f"--{name} is for {', '.join(takes)}; got {text!r} for {kind}.")
    return out


def _curve(
    path: Path,
    table: xr.Dataset,
    own: dict[str, str | None],
    span: Window,
    common: tuple[dict[str, Any], str, bool],
    choose: Choice,
) -> Data:
    """One curve of a file."""
    from vegard.fitting import Data

    more, unit, reverse = common
    kind = str(table.attrs["kind"])
    if kind == "image":
        data = fit_files.image_data(table, own, unit, more, choose)
        return _weighted(path, table, own["sigma"], data)
    if "labelled" in table.attrs:
        data = fit_files.labelled(table, own, unit, more, choose)
        return _weighted(path, table, own["sigma"], _within(path, data, span))
    axis = "bias" if kind == "loop" else str(next(iter(table.dims)))
    x, y = table[axis].values, table[_SIGNALS[kind]].values
    if kind == "gitt" and reverse:
        y = -y
    origin, low, high = span
    sigma = _sigma(path, table, own["sigma"], y)
    if kind != "loop":
        x = x - origin
        keep = (x >= low) & (x <= high)
        if keep.sum() < 3:
            raise VegardError(f"{path}: {int(keep.sum())} points lie between --from and --to.")
        x, y = x[keep], y[keep]
        sigma = sigma if sigma is None or isinstance(sigma, float) else sigma[keep]
    drive = _drive(kind, x, own, _UNITS.get(kind, unit))
    return Data(kind, x, y, sigma, drive=drive, **more)


def _weighted(path: Path, table: xr.Dataset, text: str | None, data: Data) -> Data:
    """The same with the standard deviation that a flag gives."""
    return data if text is None else replace(data, sigma=_sigma(path, table, text, data.y))


def _within(path: Path, data: Data, span: Window) -> Data:
    """What lies between --from and --to."""
    origin, low, high = span
    if origin:
        raise VegardError(f"{path} tells itself when it was driven: leave --start out.")
    keep = (data.x >= low) & (data.x <= high)
    if keep.all():
        return data
    if data.kind == "loop" or keep.sum() < 3:
        raise VegardError(f"{path}: {int(keep.sum())} points lie between --from and --to.")
    sigma = None if data.sigma is None else data.sigma[keep]
    return replace(data, x=data.x[keep], y=data.y[keep], sigma=sigma)


def _drive(kind: str, x: Any, own: dict[str, str | None], unit: str) -> Any:
    """How it was driven: a height, a pulse, or the envelope of a loop."""
    from vegard.waveforms import Pulse, PulseTrain

    seconds = optional(own["pulse"], "s", "--pulse")
    if kind == "loop":
        period = optional(own["period"], "s", "--period")
        if seconds is None or period is None:
            raise VegardError('a loop needs --pulse and --period, e.g. "10 ms" and "20 ms".')
        return PulseTrain(seconds, period, tuple(x.tolist()))
    height = optional(own["drive"], unit, "--drive")
    if height is None and kind in _IN_TIME:
        raise VegardError(f"{kind} needs --drive, the height of its step or pulse [{unit}].")
    return height if seconds is None or height is None else Pulse(seconds, height)


def _sigma(path: Path, table: xr.Dataset, text: str | None, y: Any) -> Any:
    """A number, a share of each value, or a column."""
    import numpy as np

    if text is None:
        return None
    if (percent := _PERCENT.match(text)) is not None:
        return float(percent[1]) / 100 * np.abs(y)
    if text[:1].isdigit() or text[:1] in ".+-":
        return terminal.number(text, table.attrs["unit"] or "–", "--sigma")
    from vegard.io.measured import load

    columns = load(path, "table", {})
    if text not in columns:
        raise unknown_name(f"column of {path.name} for --sigma", text, map(str, columns.data_vars))
    found = columns[text]
    if found.shape != y.shape:
        raise VegardError(f"{path}: --sigma {text} does not go with --hint that changes the rows.")
    if found.attrs["units"] not in ("", table.attrs["unit"]):
        raise VegardError(
            f"{path}: column {text} is in {found.attrs['units']}, the data are in "
            f"{table.attrs['unit'] or 'no unit'}."
        )
    return found.values


def check_units(paths: Sequence[Path], tables: Sequence[xr.Dataset], free: Sequence[str]) -> None:
    """A displacement that is not in metres is only known up to a gain."""
    for i, (path, table) in enumerate(zip(paths, tables, strict=True)):
        strain = table.attrs["kind"] in _STRAIN
        if strain and table.attrs["unit"] != "m" and not {"gain", f"gain[{i}]"} & set(free):
            unit = table.attrs["unit"] or "no unit"
            raise VegardError(f"{path}: the response has {unit}, not m; add --free gain.")
