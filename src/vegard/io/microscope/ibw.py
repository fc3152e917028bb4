"""Binary waves of Igor Pro, as Asylum microscopes write them (versions 1, 2, 3 and 5).

Layout: Igor Pro Technical Note 003, WaveMetrics: a header of the file, a header of the wave, the
numbers with the first index running fastest, the note, and (version 5) units and labels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io.microscope import channels
from vegard.io.microscope.binary import Bytes
from vegard.io.microscope.parsed import Parsed, Variable, image_axes, printable

_TYPES = {2: "f4", 4: "f8", 8: "i1", 16: "i2", 32: "i4", 128: "i8"}
_COMPLEX, _UNSIGNED = 1, 64
_OLD = {1: 8, 2: 16, 3: 20}  # bytes of the file's header before version 5
_WAVE = 110  # bytes of the wave's header before version 5, up to the numbers
_LABEL = 32  # bytes of each label
_MOST_CHANNELS = 1000


class Header(NamedTuple):
    """What stands before the numbers."""

    version: int
    dtype: np.dtype[Any]
    sizes: tuple[int, ...]  # the first index runs fastest
    steps: tuple[float, ...]
    starts: tuple[float, ...]
    units: tuple[str, ...]
    name: str
    start: int  # byte of the first number
    note: tuple[int, int]  # first byte and count
    labels: tuple[tuple[int, int], ...]
    sound: bool  # whether the checksum fits


def header(data: Bytes) -> Header:
    """Headers of the file and of the wave.

    Raises
    ------
    FileError
        If it is no wave of numbers, or one of its counts cannot be.
    """
    mark = bytes(data.cut(0, 2, "the version"))
    order = ">" if mark[0] == 0 else "<"
    version = int.from_bytes(mark, "big" if order == ">" else "little")
    if version == 5:
        return _new(data, order)
    if version in _OLD:
        return _old(data, order, version)
    raise FileError(f"{data.path} is no binary wave of Igor: its version is {version}, not 1 to 5.")


def _new(data: Bytes, order: str) -> Header:
    what = "the header"
    count, formula, note = data.unpack(f"{order}3i", 4, what)
    extended, *more = data.unpack(f"{order}9i", 16, what)
    number, kind = data.unpack(f"{order}ih", 64 + 12, what)
    sizes = data.unpack(f"{order}4i", 64 + 68, what)
    scales = data.unpack(f"{order}8d", 64 + 84, what)
    units = bytes(data.cut(64 + 148, 20, what))
    dims = _sizes(data, sizes, number)
    start = 64 + 320
    after = 64 + count + formula
    labels = []
    at = after + note + extended + sum(more[:4])
    for length in more[4:]:
        labels.append((at, length))
        at += length
    return Header(
        5,
        _dtype(data, kind, order),
        dims,
        scales[: len(dims)],
        scales[4 : 4 + len(dims)],
        tuple(_text(units[i : i + 4]) for i in range(4, 4 + 4 * len(dims), 4)),
        _text(bytes(data.cut(64 + 28, 32, what))),
        start,
        (after, note),
        tuple(labels),
        _sum(data, order, start),
    )


def _old(data: Bytes, order: str, version: int) -> Header:
    what = "the header"
    at = _OLD[version]
    (count,) = data.unpack(f"{order}i", 2, what)
    note = data.unpack(f"{order}i", 6, what)[0] if version > 1 else 0
    (kind,) = data.unpack(f"{order}h", at, what)
    (number,) = data.unpack(f"{order}i", at + 42, what)
    scale = data.unpack(f"{order}2d", at + 48, what)
    return Header(
        version,
        _dtype(data, kind, order),
        _sizes(data, (number, 0, 0, 0), number),
        scale[:1],
        scale[1:],
        (_text(bytes(data.cut(at + 38, 4, what))),),
        _text(bytes(data.cut(at + 6, 20, what))),
        at + _WAVE,
        (at + count, note),
        (),
        _sum(data, order, at + _WAVE + 16),  # with the first 16 bytes of the numbers
    )


def _dtype(data: Bytes, kind: int, order: str) -> np.dtype[Any]:
    name = _TYPES.get(kind & ~(_COMPLEX | _UNSIGNED) & 0xFFFF)
    if name is None:
        raise FileError(f"{data.path} holds a wave of type {kind}, which is no numbers (texts?).")
    if kind & _UNSIGNED:
        name = name.replace("i", "u")
    if kind & _COMPLEX:
        if name not in ("f4", "f8"):
            raise FileError(f"{data.path} holds complex whole numbers (type {kind}).")
        name = f"c{2 * int(name[1])}"
    return np.dtype(order + name)


def _sizes(data: Bytes, sizes: tuple[int, ...], number: int) -> tuple[int, ...]:
    used = sizes[: sizes.index(0)] if 0 in sizes else sizes
    product = 1
    for n in used:
        product *= n
    if not used or min(used) < 0 or product != number or number < 1:
        raise FileError(
            f"{data.path} is damaged: a wave of {number} numbers cannot have the sizes {sizes}."
        )
    return used


def _sum(data: Bytes, order: str, count: int) -> bool:
    words = np.frombuffer(data.cut(0, count, "the header"), f"{order}i2")
    return int(words.sum(dtype=np.int64)) % 2**16 == 0


def _text(raw: bytes) -> str:
    return printable(raw.split(b"\0")[0].decode("latin-1"))


def parse(data: Bytes) -> Parsed:
    """Channels of a wave in memory."""
    head = header(data)
    number = int(np.prod(head.sizes, dtype=object))
    values = data.array(head.dtype, head.start, number, "the wave").reshape(head.sizes[::-1])
    settings: dict[str, Any] = {}
    notes = [f"Binary wave of Igor, version {head.version}, {head.name!r}."]
    warnings = []
    if head.note[1]:
        text = bytes(data.cut(*head.note, "the note")).decode("latin-1")
        settings = dict(channels.note(text))
    if not head.sound:
        warnings.append(f"{data.path}: the checksum of the header does not fit; it may be damaged.")
    out = Parsed("array", settings.get("ImagingMode", ""), settings=settings, notes=notes)
    out.warnings += warnings
    _fill(out, head, values, _labels(data, head, len(head.sizes) - 1))
    return out


def _labels(data: Bytes, head: Header, dim: int) -> list[channels.Channel]:
    """Labels along one axis; the first is that of the axis itself."""
    if dim >= len(head.labels) or not head.labels[dim][1] or head.sizes[dim] > _MOST_CHANNELS:
        return []
    at, count = head.labels[dim]
    raw = bytes(data.cut(at, count, "the labels"))
    parts = [raw[i : i + _LABEL] for i in range(_LABEL, count, _LABEL)][: head.sizes[dim]]
    found = [channels.cleaned(part) for part in parts]
    return found + [channels.Channel("", "")] * (head.sizes[dim] - len(found))


def _fill(out: Parsed, head: Header, values: NDArray[Any], labels: list[channels.Channel]) -> None:
    """Variables and axes: an image has two axes, a curve one, before that of the channels."""
    layered = bool(labels) or values.ndim == 3
    axes = values.ndim - layered
    labels = labels or [channels.Channel(head.name, "")] * (len(values) if layered else 1)
    planes = values if layered else values[None]
    dims: tuple[str, ...]
    if axes == 2:
        out.kind, dims = "image", ("y", "x")
        out.coordinates = image_axes(
            (head.sizes[1], head.sizes[0]),
            (head.steps[1], head.steps[0]),
            (head.starts[1], head.starts[0]),
            head.units[0],
        )
        if not any(head.steps[:2]):
            out.warnings.append("The file does not give the size of a pixel.")
        if not head.units[0]:
            out.coordinates = {n: v._replace(units="m") for n, v in out.coordinates.items()}
            out.notes.append("x and y have no unit: m assumed.")
        out.notes.append("y is upwards: the first row is the lower edge.")
    elif axes == 1:
        out.kind = "curve"
        name = "time" if head.units[0] == "s" else "point"
        dims = (name,)
        grid = head.starts[0] + head.steps[0] * np.arange(head.sizes[0])
        out.coordinates = {name: Variable(dims, grid, head.units[0])}
    else:
        dims = tuple(f"axis_{i}" for i in range(axes))
    for name, label, plane in zip(channels.names(labels), labels, planes, strict=True):
        units = channels.unit(label.name, out.settings)
        more = {"direction": label.direction} if label.direction else {}
        column = f"{label.name} {label.direction}".strip()
        out.add(name, Variable(dims, plane, units, column, more))
        if not units:
            out.notes.append(f"The unit of channel {column!r} is not known.")
    if str(out.settings.get("DFRTOn", "")) == "1":
        out.technique = f"DART, {out.technique}".strip(", ")
        out.notes.append("DART: the two drives are at Frequency - and + dart_width/2.")
