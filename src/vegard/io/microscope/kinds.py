"""What a file of a microscope holds, told by its axes."""

from __future__ import annotations

from collections.abc import Collection

from vegard.errors import FileError

KINDS = {
    "image": "channels over y and x",
    "frequency": "spectra over frequency, band excitation among them",
    "relaxation": "a response over time after a step of the bias",
    "loop": "a response over bias",
    "sho": "fitted oscillators: amplitude, f0, q, phase",
    "curve": "channels over time, or over the number of the point",
    "array": "anything else",
}


def told(dims: Collection[str]) -> str:
    """The kind that goes with names of axes."""
    for axis, kind in (("frequency", "frequency"), ("bias", "loop"), ("time", "relaxation")):
        if axis in dims:
            return kind
    return "image" if set(dims) == {"y", "x"} else "array"


def agree(path: object, asked: str | None, found: str) -> None:
    """Refuse a kind that the file does not hold."""
    if asked not in (None, found):
        raise FileError(
            f"{path} holds {found!r} ({KINDS.get(found, found)}), not {asked!r}; leave kind= out."
        )
