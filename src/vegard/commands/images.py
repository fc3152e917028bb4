"""The command image: what a scan reads of a sample whose properties vary."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, noted, optional, stamp
from vegard.errors import VegardError
from vegard.prefixes import quantity
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    from vegard.deconvolution import Deconvolved
    from vegard.imaging import Image
    from vegard.io import Plan

_FILES = ("image.nc", "image.png", "map.png", "report.txt", "deconvolved.npy", "deconvolved.png")
_MAP = re.compile(r"([\w.]+)=(.+?)(?::([^:]+?)\.\.([^:]+))?")
_BARE = re.compile(r"[+-]?[\d.]+(?:e[+-]?\d+)?", re.IGNORECASE)
_MOST = 4096  # pixels along a side of a sample


class Kind(StrEnum):
    """Samples that are made."""

    columns = "columns"
    grains = "grains"
    inclusions = "inclusions"


Maps = Annotated[
    list[str] | None,
    flag('"PATH=FILE:LOW..HIGH"', "Map: material.vegard=beta.png:1e-6..2e-6; repeat.", "--map"),
]
Made = Annotated[
    Kind | None, typer.Option("--sample", help="A sample that is made, instead of a map.")
]
Of = Annotated[str, flag("PATH", "What varies in the sample.")]
Inside = Annotated[
    str | None, flag('"2 cm^3/mol"', "Value of columns or inclusions, or of half the grains.")
]
Outside = Annotated[str | None, flag('"1 cm^3/mol"', "Value of the rest.")]
Tilt = Annotated[
    str | None, flag('"90 deg"', "Grains of any c axis up to this, instead of values.")
]
Spacing = Annotated[
    str | None, flag('"60 nm"', "Mean spacing of columns, inclusions; twice the diameter.")
]
Drive = Annotated[str | None, flag('"10 mV"', "Amplitude, in the unit of the file's drive.")]
Behind = Annotated[
    bool, typer.Option("--deconvolve", help="The map of β behind the noisy image, too.")
]
Several = Annotated[list[str] | None, flag('"1 kHz"', "Again for more.")]
Times = Annotated[list[str] | None, flag('"10 ms"', "After a step of the drive, instead.")]
Noise = Annotated[str | None, flag('"1 pm"', "Standard deviation of a quadrature or reading.")]
Preset = Annotated[str | None, flag("NAME", "Preset of vegard instruments, for its noise.")]
Method = Annotated[str, flag("auto|first_order|pixelwise|blurred", "How D, κ and thickness enter.")]


def image(
    file: File,
    pixel: Annotated[str, flag('"1 nm"', "Size of a pixel.")],
    maps: Maps = None,
    sample: Made = None,
    of: Of = "material.vegard",
    inside: Inside = None,
    outside: Outside = None,
    tilt: Tilt = None,
    size: Annotated[str, flag('"300 nm"', "Side of the sample.")] = "300 nm",
    diameter: Annotated[str, flag('"30 nm"', "Of columns, inclusions or grains.")] = "30 nm",
    spacing: Spacing = None,
    frequency: Several = None,
    time: Times = None,
    drive: Drive = None,
    noise: Noise = None,
    instrument: Preset = None,
    method: Method = "auto",
    deconvolve: Behind = False,
    seed: Annotated[int, typer.Option(help="Of sample and noise.")] = 0,
    sets: Overrides = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """What a scan reads of maps of β, D, κ or thickness, or of columns, grains and inclusions.

    A map is a .npy, .csv or .txt in SI units, or a grey .png whose black and white are LOW..HIGH.
    β and the orientation of grains are exact; D and κ to first order, or pixel by pixel where that
    does not hold, which is said.
    """
    from vegard import io

    plan = io.read(file, terminal.overrides(sets), signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, image takes one experiment: {swept}.")
    what = (f"vegard image {plan.file}", plan.title)
    check(output, what, _FILES, force)
    how: dict[str, Any] = {
        "pixel": terminal.number(pixel, "m", "--pixel"),
        "frequency": _points(frequency, "Hz", "--frequency"),
        "time": _points(time, "s", "--time"),
        "noise": _noise(noise, instrument),
        "seed": seed,
        "method": method,
    }
    side, wide = (
        terminal.number(v, "m", n) for v, n in ((size, "--size"), (diameter, "--diameter"))
    )
    lengths = (how["pixel"], side, wide, optional(spacing, "m", "--spacing"))
    given = _given(maps, sample, of, (inside, outside, tilt), lengths, seed)
    with noted() as notes, terminal.progress(quiet=False) as progress:
        result = _imaged(plan, given, drive, how | {"progress": progress})
        behind = _behind(result) if deconvolve else None
    data = _told(result, behind, plan, what[0]) | {"notes": notes}
    text = "\n".join([plan.title, result.report(), *([behind.report()] if behind else [])])
    head = None if sample is None else f"{quantity(wide, 'm')} {sample}"
    text += "".join(f"\nnote: {n}" for n in notes)
    files: dict[str, Callable[[Path], None]] = {
        name: partial(_file, name, result, behind, text, head)
        for name in _FILES
        if _has(name, result, behind)
    }
    finish(data, form, lambda: typer.echo(text), output, what, files)


def _noise(noise: str | None, name: str | None) -> Any:
    from vegard.instrument import instruments

    if noise is not None and name is not None:
        raise VegardError("--noise and --instrument say the same: give one of them.")
    return (optional(noise, "m", "--noise") or 0.0) if name is None else instruments[name]


def _imaged(plan: Plan, given: dict[str, Any], drive: str | None, how: dict[str, Any]) -> Image:
    from vegard.imaging import image as run
    from vegard.io.plan import drive_unit

    turned = "orientation" in given  # from the axes of the crystal
    experiment = (replace(plan, euler=None) if turned else plan).at({}).experiment
    height = plan.drive
    if drive is not None:
        height = terminal.number(drive, drive_unit(experiment, plan.per), "--drive")
    return run(experiment, given, drive=height, per=plan.per, **how)


def _points(texts: list[str] | None, unit: str, name: str) -> list[float] | None:
    return [terminal.number(text, unit, name) for text in texts] if texts else None


def _given(
    maps: list[str] | None,
    sample: Kind | None,
    of: str,
    values: tuple[str | None, str | None, str | None],
    lengths: tuple[float, float, float, float | None],
    seed: int,
) -> dict[str, Any]:
    """Maps from files, or a sample that is made."""
    if (not maps) == (sample is None):
        raise VegardError('give either --map "PATH=FILE", or --sample columns.')
    if sample is not None:
        return _sample(sample, of, values, lengths, seed)
    found: dict[str, Any] = {}
    for text in maps or ():
        path, values = map_of(text)
        if path in found:
            raise VegardError(f"--map: {path} is given twice.")
        found[path] = values
    return found


def _unit(path: str) -> str:
    from vegard.errors import unknown_name
    from vegard.image_inputs import LOCAL

    if path not in LOCAL:
        raise unknown_name("map", path, LOCAL)
    return LOCAL[path][1]


def map_of(text: str) -> tuple[str, Any]:
    """Path and values of PATH=FILE or PATH=FILE:LOW..HIGH; a unit at the end is that of both."""
    from vegard.io.maps import read_map

    found = _MAP.fullmatch(text.strip())
    if found is None:
        raise VegardError(
            f"--map {text!r} must look like material.vegard=beta.npy, or for a picture "
            "material.vegard=beta.png:1e-6..2e-6."
        )
    path, file, low, high = found.groups()
    unit = _unit(path)
    if low is None:
        return path, read_map(file)
    top = _BARE.match(high.strip())
    if _BARE.fullmatch(low.strip()) and top:
        low = low.strip() + high.strip()[top.end() :]
    black, white = (terminal.number(v, unit, "--map") for v in (low, high))
    return path, read_map(file, black, white)


def _sample(
    kind: Kind,
    of: str,
    values: tuple[str | None, str | None, str | None],
    lengths: tuple[float, float, float, float | None],
    seed: int,
) -> dict[str, Any]:
    from vegard import samples

    (inside, outside, tilt), (pixel, size, diameter, spacing) = values, lengths
    count = round(size / pixel) if pixel > 0 else 0
    if not 1 <= count <= _MOST:
        raise VegardError(f"--size over --pixel must be 1 to {_MOST} pixels; got {count}.")
    shape = (count, count)
    if tilt is not None:
        if kind is not Kind.grains or inside is not None or outside is not None:
            raise VegardError("--tilt is of --sample grains, without --inside and --outside.")
        most = terminal.number(tilt, "rad", "--tilt")
        made = samples.grains(shape, pixel, diameter, tilt=most, seed=seed)
        return {"orientation": made.values}
    if inside is None or outside is None:
        raise VegardError(f"--sample {kind} needs --inside and --outside, the values of {of}.")
    unit = _unit(of)
    high = terminal.number(inside, unit, "--inside")
    low = terminal.number(outside, unit, "--outside")
    apart = 2 * diameter if spacing is None else spacing
    if kind is Kind.grains:
        made = samples.grains(shape, pixel, diameter, values=[high, low], seed=seed)
    elif kind is Kind.columns:
        made = samples.columns(shape, pixel, diameter, apart, inside=high, outside=low, seed=seed)
    else:
        made = samples.inclusions(
            shape, pixel, diameter / 2, inside=high, outside=low, density=apart**-2, seed=seed
        )
    return {of: made.values}


def _behind(result: Image) -> Deconvolved:
    from vegard.deconvolution import deconvolve

    if list(result.maps) != ["material.vegard"]:
        raise VegardError(
            f"--deconvolve finds a map of β alone; this image has {', '.join(result.maps)}."
        )
    return deconvolve(result)


def _told(result: Image, behind: Deconvolved | None, plan: Plan, command: str) -> dict[str, Any]:
    """The image in numbers, for JSON."""
    import numpy as np

    from vegard.io import inputs_hash
    from vegard.result import describe

    swept = result.axis
    flat = result.values.reshape(result.validity.size, -1)
    asked = describe(result.inputs | {"maps": result.maps, swept.name: swept.points})
    return {
        **stamp({"command": command, "file": inputs_hash(plan), "asked": asked}),
        "seed": result.inputs["seed"],
        "shape": list(result.validity.shape),
        "pixel": list(result.pixel),
        "maps": list(result.maps),
        "per": plan.per,
        "drive": result.inputs["drive"],
        "drive_unit": plan.drive_unit,
        swept.name: swept.points.ravel().tolist(),
        "method": result.method,
        "validity": {"median": float(np.median(result.validity)),
                     "largest": float(result.validity.max())},
        "mean": np.abs(flat.mean(axis=0)).tolist(),
        "contrast": result.contrast.ravel().tolist(),
        "sigma": result.sigma.ravel().tolist(),
        "deconvolved": None if behind is None else {
            name: getattr(behind, name) for name in ("mean", "contrast", "correlation_length",
                                                     "sigma", "cutoff", "raw_cutoff", "chi2")
        },
    }  # fmt: skip


def _has(name: str, result: Image, behind: Deconvolved | None) -> bool:
    if name.startswith("deconvolved"):
        return behind is not None
    return name != "map.png" or "orientation" not in result.maps


def _file(
    name: str, result: Image, behind: Deconvolved | None, text: str, head: str | None, path: Path
) -> None:
    if name == "image.nc":
        result.to_netcdf(path)
    elif name == "report.txt":
        path.write_text(text + "\n", "utf-8", newline="\n")
    elif name == "deconvolved.npy" and behind is not None:
        import numpy as np

        with path.open("wb") as stream:
            np.save(stream, behind.values, allow_pickle=False)
    else:
        from matplotlib.figure import Figure

        from vegard.plot_image import draw, draw_map

        figure = Figure(figsize=(5.4, 4.6), layout="constrained")
        ax = figure.add_subplot()
        if name == "map.png":
            of, values = next(iter(result.maps.items()))
            draw_map(values, result.pixel, of, ax)
        elif behind is not None and name == "deconvolved.png":
            behind.plot(ax)
        else:
            draw(result, ax, index=0, title=head)
        figure.savefig(path, dpi=150)
