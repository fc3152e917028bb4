"""What the command fit takes from files of a microscope, and from images of a known object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vegard import terminal
from vegard.commands.shared import optional
from vegard.errors import VegardError, unknown_name

if TYPE_CHECKING:
    import xarray as xr

    from vegard.fitting import Data

_STEPS = ("cycle", "time", "bias", "bias_step", "step", "frequency")
_ARRAYS = (".npy", ".csv", ".txt", ".png")


class Choice(NamedTuple):
    """What is taken of a file that holds more than a curve."""

    pixel: str | None = None
    """ROW,COLUMN; of an image the size of its pixels."""
    channel: str | None = None
    objects: list[str] | None = None
    """Maps of the object of an image, PATH=FILE."""
    frequency: list[str] | None = None
    time: list[str] | None = None


def is_microscope(path: Path) -> bool:
    """Whether a file has labelled axes, not columns."""
    from vegard.io.microscope import formats

    return formats.recognise(path) not in (None, formats.CURVE)


def curve(path: Path, kind: str | None, hints: dict[str, Any], choose: Choice) -> xr.Dataset:
    """One curve of a file of a microscope, maybe of spectra over its resonance."""
    from vegard.io.measured import load

    found = load(path, None, hints)
    names = [str(n) for n in found.data_vars]
    if choose.channel is not None and choose.channel not in names:
        raise unknown_name(f"--channel of {path.name}", choose.channel, names)
    signal = found[choose.channel or ("response" if "response" in names else names[0])]
    lead = {str(d): n for d, n in signal.sizes.items() if d not in _STEPS and n > 1}
    if lead and choose.pixel is None:
        shape = " × ".join(map(str, lead.values()))
        raise VegardError(
            f"{path} holds a map of {shape} curves, over {', '.join(lead)}; choose one with "
            f"--pixel {','.join('0' for _ in lead)}, or fit all of them: vegard map."
        )
    if choose.pixel is not None:
        found = found.isel(_place(path, choose.pixel, lead))
    told = next((k for k, d in (("relaxation", "time"), ("loop", "bias"), ("loop", "bias_step"))
                 if d in signal.dims), found.attrs["kind"])  # fmt: skip
    found.attrs |= {"kind": kind or told, "unit": signal.attrs.get("units", ""), "labelled": True}
    return found.squeeze([d for d, n in found.sizes.items() if d not in _STEPS and n == 1])


def _place(path: Path, text: str, lead: dict[str, int]) -> dict[str, int]:
    """Index along each axis of a map."""
    try:
        at = [int(part) for part in text.split(",")]
    except ValueError:
        at = []
    if len(at) != len(lead) or not all(0 <= i < n for i, n in zip(at, lead.values(), strict=True)):
        told = ", ".join(f"{d} 0..{n - 1}" for d, n in lead.items()) or "one curve only"
        raise VegardError(f"--pixel {text!r}: {path} has {told}.")
    return dict(zip(lead, at, strict=True))


def labelled(
    table: xr.Dataset, own: dict[str, str | None], unit: str, common: dict[str, Any], choose: Choice
) -> Data:
    """The curve of a microscope's file as data, without its standard deviation."""
    from vegard.fitting import Data
    from vegard.waveforms import Pulse

    kind = str(table.attrs["kind"])
    seconds = optional(own["pulse"], "s", "--pulse")
    height: Any = optional(own["drive"], unit, "--drive")
    how: dict[str, Any] = {"per": common["per"], "variable": choose.channel, "kind": kind}
    if kind == "loop":
        period = optional(own["period"], "s", "--period")
        how |= {"duration": seconds, "period": period, "field": common["field"]}
    elif seconds is not None:
        if height is None:
            raise VegardError("--pulse needs --drive, the height of the pulse.")
        height = Pulse(seconds, height)
    return Data.from_xarray(table, drive=height, **how)


def image(path: Path, choose: Choice, hints: dict[str, Any]) -> xr.Dataset:
    """An image over y, x and frequency or time."""
    import xarray as xr

    over, points = _swept(choose)
    if path.suffix.lower() in _ARRAYS:
        values, unit, size = _array(path), "", None
    else:
        values, unit, size, more = _channel(path, choose.channel, hints)
        over, points = (over, points) if points else more
    if not points:
        raise VegardError(f"{path} does not tell when it was read: give --frequency or --time.")
    values = values[..., None] if values.ndim == 2 else values
    if values.ndim != 3 or values.shape[2] != len(points):
        raise VegardError(
            f"{path} holds an array of {values.shape} for {len(points)} values of --{over}."
        )
    size = size if choose.pixel is None else terminal.number(choose.pixel, "m", "--pixel")
    if size is None:
        raise VegardError(f'{path} does not tell the size of its pixels: give --pixel "2 nm".')
    attrs = {"kind": "image", "unit": unit, "pixel": size, "over": over}
    return xr.Dataset({"image": (("y", "x", over), values)}, {over: points}, attrs)


def _swept(choose: Choice) -> tuple[str, list[float]]:
    if choose.frequency and choose.time:
        raise VegardError("an image is over --frequency or over --time: give one of them.")
    if choose.time:
        return "time", [terminal.number(t, "s", "--time") for t in choose.time]
    return "frequency", [terminal.number(f, "Hz", "--frequency") for f in choose.frequency or ()]


def _array(path: Path) -> Any:
    import numpy as np

    from vegard.errors import FileError
    from vegard.io.maps import read_map

    if path.suffix.lower() != ".npy":
        return read_map(path)
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read as an array: {error}.") from None


def _channel(path: Path, name: str | None, hints: dict[str, Any]) -> tuple[Any, str, Any, Any]:
    """Values, unit, size of the pixels, and the swept axis of an image in a labelled file."""
    import numpy as np

    from vegard.io.measured import load

    found = load(path, None, hints)
    names = [str(n) for n, v in found.data_vars.items() if {"y", "x"} <= set(v.dims)]
    name = name or ("image" if "image" in names else names[0] if len(names) == 1 else None)
    if name not in names:
        told = ", ".join(names) or "no image"
        raise VegardError(f"{path} holds {told}; choose one with --channel.")
    values = found[name]
    axis = [str(d) for d in values.dims if d not in ("y", "x")]
    values = values.transpose("y", "x", *axis)
    size = tuple(abs(float(np.diff(values[d].values).mean())) for d in ("y", "x")
                 if d in values.coords and values.sizes[d] > 1)  # fmt: skip
    alone = [n for n in ("frequency", "time") if n in values.coords]
    over = axis[0] if axis else alone[0] if alone else "frequency"
    swept = over, np.atleast_1d(values[over].values).tolist() if axis or alone else []
    return values.values, values.attrs.get("units", ""), size if len(size) == 2 else None, swept


def image_data(
    table: xr.Dataset, own: dict[str, str | None], unit: str, common: dict[str, Any], choose: Choice
) -> Data:
    """An image as data, without its standard deviation."""
    from vegard.commands.images import map_of
    from vegard.fitting import Data

    if not choose.objects:
        raise VegardError(
            "an image needs what is known of its object: --object material.vegard=beta.npy, as "
            "--map of vegard image."
        )
    over = table.attrs["over"]
    height = optional(own["drive"], unit, "--drive")
    return Data("image", table[over].values, table["image"].values, drive=height, over=over,
                per=common["per"], pixel=table.attrs["pixel"],
                maps=dict(map_of(text) for text in choose.objects))  # fmt: skip
