"""Spectra from files: a text sweep with named columns, or an array of many (.npy)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io import columns as named
from vegard.io import spectra, tables, texts
from vegard.io.columns import Column, Real
from vegard.io.texts import Dialect, digest, short

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["digest", "read"]

_MAGIC = b"\x93NUMPY"
_EXAMPLE = "--columns 'frequency (Hz), amplitude (m), phase (deg)'"


def read(
    path: Path,
    *,
    ends: tuple[float, float] | None = None,
    columns: str | None = None,
    phase_unit: str | None = None,
) -> tuple[Real, xr.DataArray]:
    """Frequencies and spectra of a file.

    Parameters
    ----------
    path : Path
        Text with columns frequency, amplitude and phase, or frequency, real and imaginary part, or
        frequency and amplitude, under a line with their names; what stands above is skipped. A
        frequency shift [Hz] beside a centre frequency is added to it. Or an array in NumPy's
        format, the frequencies last; its frequencies are not in it.
    ends : (float, float), optional
        First and last frequency [Hz] of an array, evenly spaced.
    columns : str, optional
        Names of the columns, with units, instead of those of the text: "frequency (kHz), -,
        amplitude (pm), phase (deg)". What has no known name is skipped.
    phase_unit : {"deg", "rad"}, optional
        Unit of the phase, instead of that in the name of its column.

    Returns
    -------
    frequencies : ndarray
        Frequencies [Hz].
    spectra : xarray.DataArray
        Complex, or real if there are amplitudes alone; the frequencies last.

    Raises
    ------
    FileError
        If the file cannot be read, or what its columns mean is not certain. Nothing in a file is
        ever executed: arrays of Python objects are refused.
    """
    import xarray as xr

    if texts.start(path, len(_MAGIC)) == _MAGIC:
        values = _array(path)
        if ends is None:
            raise FileError(
                f'{path} holds no frequencies; give the first and the last: --from "300 kHz" '
                '--to "350 kHz".'
            )
        if columns or phase_unit:
            raise FileError(f"{path} is an array; --columns and --phase-unit are for text.")
        f = np.linspace(*ends, values.shape[-1])
        dims = [*"yx"][-(values.ndim - 1) :] if values.ndim in (2, 3) else None
        names = None if dims is None else [*dims, "frequency"]
        return f, xr.DataArray(values, dims=names)
    if ends is not None:
        raise FileError(f"{path} is text with its own frequencies; --from and --to are for arrays.")
    table = _table(path, columns)
    found = spectra.roles(path, ((c.quantity, c) for c in table), _flag)
    f, spectrum, unit = spectra.response(path, found, phase_unit, _flag)
    return f, xr.DataArray(spectrum, dims=["frequency"], attrs={"units": unit} if unit else {})


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')} "


def _array(path: Path) -> NDArray[Any]:
    """The array of a .npy file, mapped: a size that its header invents costs no memory."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, OverflowError) as error:
        if "object" in str(error).lower():
            raise FileError(
                f"{path} holds Python objects, which are never loaded: they may run code. "
                "Save an array of numbers."
            ) from None
        raise FileError(f"{path} is damaged: {' '.join(str(error).split())}.") from None
    if values.size == 0 or values.ndim == 0 or values.dtype.kind not in "fciu":
        raise FileError(
            f"{path} must hold numbers with the frequencies last; got {values.dtype} of shape "
            f"{values.shape}."
        )
    return np.asarray(values)


def _table(path: Path, columns: str | None) -> list[Column]:
    """Named columns of the block of numbers at the end of a text."""
    lines = [line.strip() for _, line in texts.lines(path)]
    rows: list[list[float]] = []
    while lines and (row := _row(lines[-1])) and len(row) == len(rows[0] if rows else row):
        rows.append(row)
        lines.pop()
    if len(rows) < 2 or len(rows[0]) < 2:
        if any(texts.has_decimal_commas(line) for line in lines[-3:]):
            raise FileError(f"{path} has decimal commas; write decimal points: 0.5, not 0,5.")
        last = f" Its last line is {short(lines[-1])!r}." if lines else ""
        raise FileError(f"{path} does not end in lines of two numbers or more.{last}")
    width = len(rows[0])
    if columns is None:
        names = tables.split(lines[-1], Dialect("\t", "."), width) if lines else []
    else:
        names = named.split_names(columns)
    if len(names) != width:
        above = f"the line above them is {short(lines[-1])!r}" if lines else "nothing names them"
        what = above if columns is None else f"--columns has {len(names)} names"
        raise FileError(f"{path} ends in {width} columns, but {what}. Give {_EXAMPLE}.")
    values = np.array(rows[::-1]).T
    pairs = enumerate(zip(names, values, strict=True), 1)
    return [Column(name, i, column, {}) for i, (name, column) in pairs]


def _row(line: str) -> list[float] | None:
    mark = next((m for m in "\t;," if m in line), None)
    try:
        return [float(cell) for cell in line.split(mark)]
    except ValueError:
        return None
