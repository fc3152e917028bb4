"""Gwyddion files: objects in objects, each length before its content.

Written from the description in the user guide, "Format of Gwyddion Files"
(https://gwyddion.net/documentation/user-guide-en/gwyfile-format.html).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope.binary import Bytes
from vegard.io.microscope.parsed import (
    Parsed,
    Variable,
    from_json,
    image_axes,
    keep,
    printable,
    slug,
)

MAGIC = b"GWYP"
FILE, IMAGE = "vegard file", "vegard image"  # metadata: JSON of what a dataset and a variable carry
_ATOMS = {"b": "<?", "c": "<c", "i": "<i", "q": "<q", "d": "<d"}
_ARRAYS = {"C": "u1", "I": "<i4", "Q": "<i8", "D": "<f8"}
_DEEPEST = 20
_MOST = 200_000  # components in a file


class Object(NamedTuple):
    """An object of Gwyddion: its class and what it holds by name."""

    kind: str
    items: dict[str, Any]


class _Reader:
    """A place in a file, and how many components were read."""

    def __init__(self, data: Bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.count = 0

    def text(self, end: int) -> str:
        """A text up to its zero byte."""
        raw = self.data.raw[self.at : end]
        step = 64
        while (zero := bytes(raw[:step]).find(b"\0")) < 0:
            if step >= len(raw):
                raise FileError(
                    f"{self.data.path} is damaged: a text from byte {self.at} on has no end."
                )
            step *= 4
        self.at += zero + 1
        return bytes(raw[:zero]).decode("utf-8", "replace")

    def number(self, form: str, what: str) -> Any:
        """One number."""
        (value,) = self.data.unpack(form, self.at, what)
        self.at += struct.calcsize(form)
        return value

    def object(self, end: int, depth: int) -> Object:
        """An object with all it holds."""
        if depth > _DEEPEST:
            raise FileError(f"{self.data.path} is damaged: objects lie more than {_DEEPEST} deep.")
        kind = self.text(end)
        size = self.number("<I", f"the size of {printable(kind)}")
        stop = self.at + size
        if stop > end:
            self.data.cut(self.at, size, printable(kind) or "an object")
            raise FileError(f"{self.data.path} is damaged: {printable(kind)!r} reaches too far.")
        items: dict[str, Any] = {}
        while self.at < stop:
            self.count += 1
            if self.count > _MOST:
                raise FileError(f"{self.data.path} holds more than {_MOST} parts; it is damaged.")
            name = self.text(stop)
            items[name] = self.value(stop, depth)
        return Object(kind, items)

    def value(self, end: int, depth: int) -> Any:
        """The value of a component, by the letter of its type."""
        letter = bytes(self.data.cut(self.at, 1, "the type of a component")).decode("latin-1")
        self.at += 1
        if letter in _ATOMS:
            return self.number(_ATOMS[letter], "a number")
        if letter == "s":
            return self.text(end)
        if letter == "o":
            return self.object(end, depth + 1)
        if letter not in "CIQDSO":
            raise FileError(
                f"{self.data.path} is damaged: there is no component of type {letter!r}."
            )
        count = self.number("<I", "the length of an array")
        if letter in _ARRAYS:
            dtype = np.dtype(_ARRAYS[letter])
            values = self.data.array(dtype, self.at, count, "an array")
            self.at += dtype.itemsize * count
            return values
        read = self.text if letter == "S" else lambda stop: self.object(stop, depth + 1)
        out = []
        for _ in range(count):
            self.count += 1
            if self.count > _MOST:
                raise FileError(f"{self.data.path} holds more than {_MOST} parts; it is damaged.")
            out.append(read(end))
        return out


def content(data: Bytes) -> Object:
    """The outermost object of a file.

    Raises
    ------
    FileError
        If it is no file of Gwyddion 2 or later, or damaged.
    """
    if bytes(data.raw[:4]) != MAGIC:
        raise FileError(f"{data.path} is of Gwyddion 1 (GWYO): save it again from Gwyddion 2.")
    return _Reader(data, 4).object(len(data), 0)


def starts(data: Bytes) -> bool:
    """Whether the first bytes and the size of the outermost object are sound."""
    if bytes(data.raw[:4]) != MAGIC:
        return False
    reader = _Reader(data, 4)
    reader.text(len(data))
    return bool(reader.at + 4 + reader.number("<I", "a size") <= len(data))


def parse(data: Bytes) -> Parsed:
    """Images of a file in memory."""
    top = content(data)
    out = Parsed("image", "Gwyddion")
    found = [
        (int(match[1]), value)
        for key, value in top.items.items()
        if (match := re.fullmatch(r"/(\d{1,9})/data", key)) and isinstance(value, Object)
    ]
    several: list[dict[str, Variable]] = []
    for number, field in sorted(found, key=lambda pair: pair[0]):
        _image(data, out, top.items, number, field, several)
    if not out.variables:
        raise FileError(
            f"{data.path} holds no image: export one from Gwyddion, or save it as text."
        )
    kept = r"/\d+/(data|meta|mask)" if out.attributes else r"/\d+/(data|meta)"
    others = {
        f"{key} ({value.kind})"
        for key, value in top.items.items()
        if isinstance(value, Object) and not re.fullmatch(kept, key)
    }
    out.unused = sorted(map(printable, others))
    out.notes.append("y is upwards: the first row is the lower edge.")
    return out


def _image(
    data: Bytes,
    out: Parsed,
    top: Mapping[str, Any],
    number: int,
    field: Object,
    several: list[dict[str, Variable]],
) -> None:
    """One data field."""
    label = f"image {number}"
    size = tuple(_whole(data, field, name, label) for name in ("yres", "xres"))
    values = field.items.get("data")
    if (
        not isinstance(values, np.ndarray)
        or values.dtype != "<f8"
        or values.size != size[0] * size[1]
    ):
        raise FileError(
            f"{data.path} is damaged: {label} does not have {size[0]} x {size[1]} numbers."
        )
    real = [_real(data, field, name, 1.0, label) for name in ("yreal", "xreal")]
    start = [_real(data, field, name, 0.0, label) for name in ("yoff", "xoff")]
    step = (real[0] / size[0], real[1] / size[1])
    axes = image_axes(
        (size[0], size[1]), step, (start[0] + step[0] / 2, start[1] + step[1] / 2),
        _unit(field.items.get("si_unit_xy")),
    )  # fmt: skip
    place = next((i for i, a in enumerate(several) if _same(a, axes)), len(several))
    if place == len(several):
        several.append(axes)
    suffix = "" if place == 0 else f"_{place + 1}"
    dims = ("y" + suffix, "x" + suffix)
    for name, axis in axes.items():
        out.coordinates[name + suffix] = axis._replace(dims=(name + suffix,))
    title = printable(str(top.get(f"/{number}/data/title", ""))) or f"channel {number}"
    meta = top.get(f"/{number}/meta")
    attrs = _meta(out, meta.items if isinstance(meta, Object) else {})
    words = re.sub(r"[\[\]()]", " ", title)  # Height [Retrace]
    name = title if out.attributes else slug(words) or f"channel_{number}"
    column = str(attrs.pop("column", "" if out.attributes else title))
    plane = values.reshape(size[0], size[1])[::-1]
    mask = top.get(f"/{number}/mask")
    hidden = mask.items.get("data") if isinstance(mask, Object) and out.attributes else None
    if isinstance(hidden, np.ndarray) and hidden.size == plane.size:  # ours: it had no value
        plane = np.where(hidden.reshape(plane.shape)[::-1] > 0, np.nan, plane)
    out.add(name, Variable(dims, plane, _unit(field.items.get("si_unit_z")), column, attrs))


def _meta(out: Parsed, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of an image; those of the whole file, and settings, go to what was parsed."""
    for key, value in meta.items():
        if key not in (FILE, IMAGE) and isinstance(value, str | int | float | bool):
            keep(out.settings, key, value)
    out.attributes |= from_json(meta.get(FILE))
    return from_json(meta.get(IMAGE))


def _same(one: Mapping[str, Variable], other: Mapping[str, Variable]) -> bool:
    return all(
        np.array_equal(one[n].values, other[n].values) and one[n].units == other[n].units
        for n in one
    )


def _whole(data: Bytes, field: Object, name: str, label: str) -> int:
    value = field.items.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FileError(f"{data.path} is damaged: {name} of {label} is {value!r}.")
    return value


def _real(data: Bytes, field: Object, name: str, default: float, label: str) -> float:
    value = field.items.get(name, default)
    if not isinstance(value, float) or not np.isfinite(value) or (default and value <= 0):
        raise FileError(f"{data.path} is damaged: {name} of {label} is {value!r}.")
    return value


def _unit(value: Any) -> str:
    text = value.items.get("unitstr", "") if isinstance(value, Object) else ""
    return printable(text) if isinstance(text, str) else ""


def packed(top: Object) -> bytes:
    """A file that holds an object.

    Parameters
    ----------
    top : Object
        Its items are truth values, whole numbers, floats, texts, arrays of floats, or objects.
    """
    return MAGIC + _object(top)


def _object(value: Object) -> bytes:
    body = b"".join(name.encode() + b"\0" + _value(item) for name, item in value.items.items())
    return value.kind.encode() + b"\0" + struct.pack("<I", len(body)) + body


def _value(item: Any) -> bytes:
    if isinstance(item, Object):
        return b"o" + _object(item)
    if isinstance(item, bool):
        return b"b" + struct.pack("<?", item)
    if isinstance(item, int):
        return b"i" + struct.pack("<i", item)
    if isinstance(item, float):
        return b"d" + struct.pack("<d", item)
    if isinstance(item, str):
        return b"s" + item.replace("\0", "").encode() + b"\0"
    return b"D" + struct.pack("<I", item.size) + np.ascontiguousarray(item, "<f8").tobytes()
