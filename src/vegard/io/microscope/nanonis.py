"""Files of Nanonis: images (.sxm), grids of spectra (.3ds), single curves (.dat)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io import texts
from vegard.io.microscope import kinds
from vegard.io.microscope.binary import Bytes
from vegard.io.microscope.parsed import (
    Parsed,
    Variable,
    axis,
    fits,
    image_axes,
    keep,
    slug,
    unit_in,
)

_LONGEST = 1_000_000  # bytes of a header
_FLOAT = np.dtype(">f4")
_SMALL_FIRST = np.dtype("<f4")


def _head(data: Bytes, end: bytes) -> tuple[str, int]:
    """Text of the header and the byte after it."""
    raw = bytes(data.raw[:_LONGEST])
    at = raw.find(end)
    if at < 0:
        raise FileError(f"{data.path} is cut off or damaged: its header has no end.")
    return raw[:at].decode("latin-1").replace("\r\n", "\n"), at + len(end)


def _numbers(data: Bytes, text: str | None, count: int, what: str) -> list[float]:
    """Numbers of a line of the header."""
    found = re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", text or "")
    numbers = [float(word) for word in found[:count]]
    if len(numbers) < count or not np.isfinite(numbers).all():
        raise FileError(f"{data.path} is damaged: {what} needs {count} numbers; got {text!r:.80}.")
    return numbers


def _sizes(data: Bytes, text: str | None, what: str) -> tuple[int, int]:
    x, y = _numbers(data, text, 2, what)
    if min(x, y) < 1 or max(x, y) > 2**20 or x % 1 or y % 1:
        raise FileError(f"{data.path} is damaged: {what} is {text!r:.80}.")
    return int(x), int(y)


def sxm_header(data: Bytes) -> tuple[dict[str, str], int]:
    """Keys of an image's header, and the byte where its numbers start."""
    text, at = _head(data, b":SCANIT_END:")
    parts = re.split(r"^:([^:\n]+):[ \t]*$", text, flags=re.MULTILINE)
    keys = {k.strip(): v.strip("\n") for k, v in zip(parts[1::2], parts[2::2], strict=True)}
    mark = bytes(data.raw).find(b"\x1a\x04", at, at + 100)
    if mark < 0:
        raise FileError(f"{data.path} is cut off or damaged: no numbers follow the header.")
    return keys, mark + 2


def sxm(data: Bytes) -> Parsed:
    """Channels of an image in memory."""
    keys, at = sxm_header(data)
    nx, ny = _sizes(data, keys.get("SCAN_PIXELS"), "SCAN_PIXELS")
    width, height = _numbers(data, keys.get("SCAN_RANGE"), 2, "SCAN_RANGE")
    out = Parsed("image", "Nanonis image")
    for key, value in keys.items():
        if key != "DATA_INFO":
            keep(out.settings, key, " ".join(value.split()))
    step = (height / ny, width / nx)
    out.coordinates = image_axes((ny, nx), step, (step[0] / 2, step[1] / 2), "m")
    out.notes.append(
        "y is upwards: the first row is the lower edge; x and y are in the scan's frame."
    )
    table = [line.split("\t") for line in keys.get("DATA_INFO", "").split("\n") if line.strip()]
    rows = [[cell.strip() for cell in row if cell.strip()] for row in table[1:]]
    if not rows or any(len(row) < 4 for row in rows):
        raise FileError(f"{data.path} is damaged: DATA_INFO does not list the channels.")
    kind = keys.get("SCANIT_TYPE", "FLOAT MSBFIRST")
    if "FLOAT" not in kind:
        raise FileError(f"{data.path} holds numbers of the type {kind.strip()!r:.40}, not FLOAT.")
    dtype = _SMALL_FIRST if "LSBFIRST" in kind else _FLOAT
    down = keys.get("SCAN_DIR", "").strip().lower() == "down"
    for _, name, unit, direction, *_ in rows:
        ways = ("forward", "backward") if direction.lower() == "both" else (direction.lower(),)
        for way in ways:
            plane = data.array(dtype, at, nx * ny, f"channel {name!r:.60}").reshape(ny, nx)
            at += 4 * nx * ny
            plane = plane[:: -1 if down else 1, :: -1 if way == "backward" else 1]
            label = f"{slug(name)}_{way}" if len(ways) > 1 else slug(name)
            out.add(label, Variable(("y", "x"), plane, unit, f"{name} {way}", {"direction": way}))
    _unfinished(out)
    return out


def _unfinished(out: Parsed) -> None:
    bad = {n: int(np.isnan(v.values).sum()) for n, v in out.variables.items()}
    if any(bad.values()):
        name, count = max(bad.items(), key=lambda pair: pair[1])
        out.notes.append(f"The scan was not finished: {name} is nan at {count} points.")


def grid_header(data: Bytes) -> tuple[dict[str, str], int]:
    """Keys of a grid's header, and the byte where its numbers start."""
    text, at = _head(data, b":HEADER_END:")
    keys: dict[str, str] = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        if equals:
            keys[key.strip()] = value.strip().strip('"')
    while at < len(data) and data.raw[at] in b"\r\n":
        at += 1
        if data.raw[at - 1] == 10:
            break
    return keys, at


def grid(data: Bytes) -> Parsed:
    """Channels of a grid in memory; what was not measured is nan."""
    keys, at = grid_header(data)
    nx, ny = _sizes(data, keys.get("Grid dim"), "Grid dim")
    _, _, width, height, *_ = _numbers(data, keys.get("Grid settings"), 5, "Grid settings")
    (points,) = _numbers(data, keys.get("Points"), 1, "Points")
    (extra,) = _numbers(data, keys.get("# Parameters (4 byte)"), 1, "# Parameters")
    names = [name for name in keys.get("Channels", "").split(";") if name.strip()]
    if not names or not 1 <= points <= 2**24 or not 0 <= extra <= 10_000:
        raise FileError(f"{data.path} is damaged: {len(names)} channels of {points:g} points.")
    n, skip = int(points), int(extra)
    each = skip + n * len(names)
    fits(data.path, 4 * each * nx * ny, "the grid")
    have = min((len(data) - at) // 4 // each, nx * ny)
    if have < 1:
        raise FileError(f"{data.path} is cut off: it ends before the first spectrum does.")
    values = np.full((nx * ny, each), np.nan, np.float32)
    values[:have] = data.array(_FLOAT, at, have * each, "the spectra").reshape(have, each)
    out = Parsed("", keys.get("Experiment", ""))
    for key, value in keys.items():
        keep(out.settings, key, value)
    step = (height / ny, width / nx)
    out.coordinates = image_axes((ny, nx), step, (step[0] / 2, step[1] / 2), "m")
    sweep = _sweep(data, out, keys, values[:have, :skip], n)
    for i, name in enumerate(names):
        part = values[:, skip + i * n : skip + (i + 1) * n].reshape(ny, nx, n)
        out.add(
            slug(name) or f"channel_{i + 1}", Variable(("y", "x", sweep), part, unit_in(name), name)
        )
    out.kind = kinds.told({"y", "x", sweep})
    out.notes.append(
        "y is upwards: the first row is the lower edge; x and y are in the grid's frame."
    )
    if have < nx * ny:
        out.notes.append(f"The grid was not finished: {have} of {nx * ny} spectra are there.")
    return out


def _sweep(
    data: Bytes, out: Parsed, keys: dict[str, str], parameters: NDArray[Any], count: int
) -> str:
    """The axis of the spectra: from start to end of the sweep, in equal steps."""
    signal = keys.get("Sweep Signal", "")
    name = axis(signal)
    ends = parameters[:, :2]
    if ends.shape[1] < 2 or not np.isfinite(ends).all():
        raise FileError(f"{data.path} is damaged: it does not tell start and end of the sweep.")
    if (ends != ends[0]).any():
        raise FileError(
            f"{data.path}: the sweep differs from point to point, so that there is no common axis; "
            "export the spectra one by one."
        )
    if any("segment" in key.lower() for key in keys):
        out.warnings.append(
            f"{data.path}: the sweep has segments; its axis is only right if they are alike."
        )
    first, last = (float(x) for x in ends[0])
    out.coordinates[name] = Variable(
        (name,), np.linspace(first, last, count), unit_in(signal), signal
    )
    return name


def curve_header(text: str) -> dict[str, str]:
    """Settings of a curve's header: names and values apart by a tab."""
    keys: dict[str, Any] = {}
    for line in text.partition("[DATA]")[0].split("\n"):
        key, tab, value = line.partition("\t")
        if tab and key.strip():
            keep(keys, key, value)
    return keys


def is_curve(path: Path) -> bool:
    """Whether a file is a curve of Nanonis."""
    with path.open("rb") as stream:
        head = stream.read(100_000)
    return head.startswith(b"Experiment\t") and b"[DATA]" in head


def curve(path: Path) -> Parsed:
    """Columns of a curve over the first of them.

    Parameters
    ----------
    path : Path
        The file.
    """
    text = texts.read(path)
    head, mark, table = text.partition("[DATA]")
    lines = [line for line in table.split("\n") if line.strip()]
    if not mark or len(lines) < 2:
        raise FileError(f"{path} is cut off: no numbers follow [DATA].")
    names = [name.strip() for name in lines[0].split("\t") if name.strip()]
    try:
        rows = np.array([[float(c) for c in line.split("\t")[: len(names)]] for line in lines[1:]])
    except ValueError:
        raise FileError(f"{path} is damaged: the lines below [DATA] are not all numbers.") from None
    if not names or rows.ndim != 2 or rows.shape[1] != len(names):
        raise FileError(f"{path} is damaged: a line has fewer than {len(names)} numbers.")
    settings = curve_header(head)
    first = axis(names[0])
    kind = kinds.told({first}) if len(names) > 1 else "curve"
    out = Parsed(
        "curve" if kind == "array" else kind, settings.get("Experiment", ""), settings=settings
    )
    out.coordinates[first] = Variable((first,), rows[:, 0], unit_in(names[0]), names[0])
    for i, name in enumerate(names[1:], 1):
        out.add(slug(name) or f"channel_{i}", Variable((first,), rows[:, i], unit_in(name), name))
    if not out.variables:
        raise FileError(f"{path} holds one column only, so that there is nothing over it.")
    return out
