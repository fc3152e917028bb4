"""Impedance files of other makers, read by impedance.py (MIT), which is loaded when needed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

from vegard.errors import FileError, unknown_name
from vegard.io import texts
from vegard.io.columns import Column
from vegard.io.tables import Table

INSTRUMENTS = (
    "autolab", "chinstruments", "gamry", "parstat", "powersuite", "versastudio", "zplot",
)  # fmt: skip
SUFFIXES = {".dta": "gamry", ".z": "zplot", ".par": "versastudio"}
_PARSTAT = "impedance.py leaves out the points at frequency 0."


def read(path: Path, instrument: str) -> Table:
    """Frequency and impedance of a file.

    Parameters
    ----------
    path : Path
        The file.
    instrument : str
        One of `INSTRUMENTS`.

    Raises
    ------
    FileError
        If impedance.py is not there, or cannot read the file.
    """
    if instrument not in INSTRUMENTS:
        raise unknown_name("instrument", instrument, INSTRUMENTS)
    texts.lines(path)  # size, and that it is text
    try:
        module = import_module("impedance.preprocessing")
    except ImportError:
        raise FileError(
            f"{path} is read as a file of {instrument} by impedance.py, which is not installed: "
            'pip install "vegard[eis]".'
        ) from None
    try:
        f, z = module.readFile(str(path), instrument=instrument)
        rows = np.array([f, np.real(z), np.imag(z)], dtype=float)
    except Exception as error:  # whatever an unexpected text makes of its indices
        raise FileError(
            f"{path} cannot be read as impedances of {instrument} by impedance.py "
            f"({type(error).__name__}); check instrument=, or export a table with named columns."
        ) from None
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise FileError(f"{path}: impedance.py finds no two points of {instrument} in it.")
    names = ("frequency (Hz)", "Re Z (Ω)", "Im Z (Ω)")
    columns = tuple(
        Column(n, i, v, {int(k): f"{v[k]:g}" for k in np.flatnonzero(~np.isfinite(v))})
        for i, (n, v) in enumerate(zip(names, rows, strict=True), 1)
    )
    notes = [f"Read by impedance.py as a file of {instrument}, in Hz and Ω."]
    notes += [_PARSTAT] if instrument == "parstat" else []
    where = np.arange(1, rows.shape[1] + 1)
    return Table(path, columns, where, "point", tuple(notes), about="impedance spectroscopy")
