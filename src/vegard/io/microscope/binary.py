"""Bytes of a file with every length checked before it is believed."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io.microscope.parsed import fits


class Bytes:
    """Content of a file, or a part of it.

    Parameters
    ----------
    path : object
        The file, for messages.
    raw : bytes
        What it holds.
    """

    def __init__(self, path: object, raw: bytes | memoryview) -> None:
        self.path = path
        self.raw = memoryview(raw)

    @classmethod
    def of(cls, path: Path) -> Bytes:
        """The whole file."""
        fits(path, path.stat().st_size)
        return cls(path, path.read_bytes())

    def __len__(self) -> int:
        return len(self.raw)

    def cut(self, start: int, count: int, what: str) -> memoryview:
        """Some bytes; an error if they are not all there."""
        if count < 0 or start < 0 or start + count > len(self.raw):
            raise FileError(
                f"{self.path} is cut off or damaged: {what} should be {count} bytes from byte "
                f"{start} on, and the file has {len(self.raw)}. Copy it again from the instrument."
            )
        return self.raw[start : start + count]

    def unpack(self, form: str, start: int, what: str) -> tuple[Any, ...]:
        """Numbers by a format of `struct`."""
        return struct.unpack(form, self.cut(start, struct.calcsize(form), what))

    def array(self, dtype: np.dtype[Any], start: int, count: int, what: str) -> NDArray[Any]:
        """Numbers in a row; no copy."""
        if count < 0 or dtype.itemsize * count > len(self.raw):
            raise FileError(
                f"{self.path} is cut off or damaged: {what} should be {count} numbers of "
                f"{dtype.itemsize} bytes, and the file has {len(self.raw)} bytes. Copy it again "
                "from the instrument."
            )
        return np.frombuffer(self.cut(start, dtype.itemsize * count, what), dtype)
