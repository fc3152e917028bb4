"""Curves of a file for the command map, with what the flags say of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from vegard import terminal
from vegard.commands.shared import optional
from vegard.errors import VegardError, unknown_name

if TYPE_CHECKING:
    import xarray as xr

    from vegard.fitting import Data
    from vegard.mapping.sources import Labelled

_AXES = {"time": ("relaxation", "s"), "frequency": ("frequency", "Hz"), "bias": ("loop", "V")}
_KINDS = ("relaxation", "frequency", "loop")
_STEPS = {*_AXES, "cycle", "step", "bias_step"}
_HEIGHTS = ("height", "topography", "z")
Asked = tuple[str | None, str | None, str | None]  # kind, channel, field


class Source(NamedTuple):
    """Curves of a file: all of them, or in parts; and what tells the file from others."""

    path: Path
    dataset: xr.Dataset | None
    parts: Labelled | None
    mark: dict[str, Any]


def opened(
    path: Path, kind: str | None, hints: list[str], channel: str | None, *, stream: bool, limit: str
) -> Source:
    """The curves of a file; left in it if they shall be streamed, or are larger than the limit."""
    from vegard.io.measured import load

    if kind not in (None, *_KINDS):
        raise unknown_name("--kind of a map", str(kind), _KINDS)
    values = {n: terminal.literal(v) for n, v in terminal.changes(hints, "--hint").items()}
    size = _size(path)
    if stream or size > terminal.number(limit, "B", "--in-memory"):
        from vegard.io.large_maps import open_path

        if set(values) - {"dataset"}:
            raise VegardError(f"--hint {min(set(values) - {'dataset'})} is not for streamed data.")
        parts = open_path(path, channel or values.get("dataset"))
        return Source(path, None, parts, {"bytes": size, "mtime_ns": path.stat().st_mtime_ns})
    found = load(path, None, values)
    for line in found.attrs.get("warnings", "").splitlines():
        typer.echo(f"warning: {line}", err=True)
    return Source(path, found, None, {"sha256": str(found.attrs["sha256"])})


def _size(path: Path) -> int:
    """Bytes of a file or of a folder; 0 if there is none, which the reader says better."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def driven_by(
    drive: str | None, pulse: str | None, period: str | None, unit: str
) -> dict[str, float | None]:
    """Height [unit of the drive], length and period [s]."""
    return {
        "height": optional(drive, unit, "--drive"),
        "duration": optional(pulse, "s", "--pulse"),
        "period": optional(period, "s", "--period"),
    }


def curves(source: Source, asked: Asked, driven: dict[str, float | None], per: str) -> Data:
    """The curves with their drive: of the flags, or as the file has it."""
    return (_whole if source.parts is None else _in_parts)(source, asked, driven, per)


def unit_of(data: Data) -> str:
    """Unit of the readings of a map."""
    return str(data.y.attrs.get("units", ""))


def _whole(source: Source, asked: Asked, driven: dict[str, float | None], per: str) -> Data:
    from vegard.fitting import Data

    kind, channel, field = asked
    told: dict[str, Any] = {"kind": kind, "variable": channel, "field": field}
    if driven["period"] is not None:  # of a loop
        told |= {name: driven[name] for name in ("duration", "period")}
        return Data.from_xarray(source.dataset, per=per, **told)
    return Data.from_xarray(source.dataset, drive=_drive(driven), per=per, **told)


def _drive(driven: dict[str, float | None]) -> Any:
    """A pulse, a step or amplitude, or nothing."""
    from vegard.waveforms import Pulse

    height, duration = driven["height"], driven["duration"]
    if duration is not None and height is None:
        raise VegardError("--pulse needs --drive, the height of the pulse.")
    return height if duration is None or height is None else Pulse(duration, height)


def _in_parts(source: Source, asked: Asked, driven: dict[str, float | None], per: str) -> Data:
    """Curves that stay in their file, which must be as `Data` takes them."""
    from vegard.fitting import Data
    from vegard.waveforms import PulseTrain

    array, (kind, _, field) = source.parts, asked
    assert array is not None
    axis = array.dims[-1]
    kind = kind or _AXES.get(axis, ("",))[0]
    name, unit = next((a, u) for a, (k, u) in _AXES.items() if k == kind) if kind else ("", "")
    steps = _STEPS & set(array.dims[:-1])
    if axis != name or axis not in array.coords or steps:
        raise VegardError(
            f"{source.path} has curves over {', '.join(array.dims)}: what is streamed has time, "
            "frequency or bias as its last axis, with its values, and no other steps. Reduce band "
            "excitation in parts first: vegard.Data.from_xarray."
        )
    x = array.coords[axis]
    if (given := x.attrs.get("units", unit)) != unit:
        raise VegardError(
            f"{source.path}: {axis} is in {given}, and what is streamed has it in {unit}; save it "
            "so, or open it at once, with a larger --in-memory."
        )
    drive = _drive(driven) if kind != "loop" else None
    if kind == "loop":
        if driven["duration"] is None or driven["period"] is None:
            raise VegardError('a loop needs --pulse and --period, e.g. "10 ms" and "20 ms".')
        drive = PulseTrain(driven["duration"], driven["period"], tuple(x.values.tolist()))
    return Data(kind, x.values, array, drive=drive, per=per, field=field or "on")


def window(data: Data, start: str | None, low: str | None, high: str | None) -> Data:
    """Curves from --start on, and between --from and --to."""
    if not (start or low or high):
        return data
    if data.kind == "loop" or (start and data.spectral):
        raise VegardError("--start, --from and --to are for times; --from and --to for spectra.")
    unit = "Hz" if data.spectral else "s"
    x = data.x - (optional(start, "s", "--start") or 0.0)
    first, last = optional(low, unit, "--from"), optional(high, unit, "--to")
    keep = (x >= (x.min() if first is None else first)) & (x <= (x.max() if last is None else last))
    if keep.sum() < 3:
        raise VegardError(f"{int(keep.sum())} points of a curve lie between --from and --to.")
    if keep.all():
        return replace(data, x=x)
    if not hasattr(data.y, "__getitem__"):
        raise VegardError("--from and --to are not for streamed data: all readings are fitted.")
    sigma = None if data.sigma is None else data.sigma[keep]
    return replace(data, x=x[keep], y=data.y[..., keep], sigma=sigma)


def other(text: str | None, data: Data) -> Any:
    """The map of --topography, on the pixels of the curves."""
    if text is None:
        return None
    from vegard.io.measured import load

    file, name = Path(text), ""
    if not file.exists():
        head, colon, name = text.rpartition(":")
        file = Path(head) if colon else file
    found = load(file)
    names = [str(n) for n, v in found.data_vars.items() if v.ndim == data.y.ndim - 1]
    if not name:
        likely = names if len(names) == 1 else [n for n in names if n.startswith(_HEIGHTS)]
        name = likely[0] if len(likely) == 1 else ""
    if name not in names:
        raise unknown_name(f"map of {file.name}; name one, FILE:NAME,", name, names)
    if found[name].shape != data.y.shape[:-1]:
        raise VegardError(
            f"{file}: {name} has the shape {found[name].shape}, the curves have "
            f"{data.y.shape[:-1]}; bring it to the same pixels, e.g. by xarray's interp."
        )
    return found[name]
