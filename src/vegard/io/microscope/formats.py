"""Which format a file has, and which parser opens it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from vegard.errors import FileError
from vegard.io import texts
from vegard.io.microscope.binary import Bytes
from vegard.io.microscope.parsed import Parsed

PARSERS = {  # module and function, of the bytes of the file or of its path and the hints
    "IBW": ("ibw", "parse"),
    "HDF5": ("hdf5", "parse"),
    "Gwyddion": ("gwy", "parse"),
    "Nanonis image": ("nanonis", "sxm"),
    "Nanonis grid": ("nanonis", "grid"),
    "Zarr": ("zarr_store", "parse"),
    "HDF5 outline": ("outline", "of_hdf5"),
    "Zarr outline": ("outline", "of_zarr"),
}
_BY_PATH = ("HDF5", "Zarr", "HDF5 outline", "Zarr outline")
CURVE = "Nanonis curve"  # a text, read where the other texts are
_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"GWYP", "Gwyddion"),
    (b"GWYO", "Gwyddion"),
    (b":NANONIS_VERSION:", "Nanonis image"),
    (b"Grid dim=", "Nanonis grid"),
)
_WAVES = (b"\x05\x00", b"\x00\x05", b"\x02\x00", b"\x00\x02", b"\x01\x00", b"\x00\x01", b"\x03\x00",
          b"\x00\x03")  # fmt: skip
_ENDINGS = {
    ".ibw": "IBW", ".h5": "HDF5", ".hdf5": "HDF5", ".nc": "HDF5", ".gwy": "Gwyddion",
    ".sxm": "Nanonis image", ".3ds": "Nanonis grid",
}  # fmt: skip


def recognise(path: Path) -> str | None:
    """The format of a file by its first bytes; None if it is none of a microscope's.

    Raises
    ------
    FileError
        If there is no such file, or its name promises a format that it does not have.
    """
    if path.is_dir() and any((path / mark).is_file() for mark in ("zarr.json", ".zgroup")):
        return "Zarr"
    head = texts.start(path, 64)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    suffix = path.suffix.lower()
    if head[:2] in _WAVES and suffix in (".ibw", ".bwav", ""):
        return "IBW"
    if head.startswith(b"CDF") and len(head) > 3 and head[3] in (1, 2, 5):
        raise FileError(f"{path} is NetCDF 3: convert it, nccopy -k nc4 {path.name} new.nc.")
    if suffix in _ENDINGS:
        raise FileError(
            f"{path} does not begin as a file {suffix} does ({_ENDINGS[suffix]}): it is cut off, "
            "damaged, or something else under that name."
        )
    if head.startswith(b"Experiment\t"):
        from vegard.io.microscope.nanonis import is_curve

        return CURVE if is_curve(path) else None
    return None


def parse(path: Path, what: str, asked: dict[str, Any]) -> Parsed:
    """Open a file in this process.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        One of `PARSERS`.
    asked : dict
        Hints by name.
    """
    module, name = PARSERS[what]
    function = getattr(import_module(f"vegard.io.microscope.{module}"), name)
    parsed: Parsed = function(path, asked) if what in _BY_PATH else function(Bytes.of(path))
    return parsed
