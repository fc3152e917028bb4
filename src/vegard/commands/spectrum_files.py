"""Spectra from files: a text sweep with named columns, or an array of many (.npy)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import units
from vegard.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

LARGEST_TEXT = 50_000_000  # bytes
_MAGIC = b"\x93NUMPY"
_MEANINGS = {  # by name of the column; the first that fits
    "shift": r"freq.*(shift|offset)",
    "centre": r"cent(er|re).*freq",
    "frequency": r"freq|^f\b",
    "imaginary": r"imag|^im\b",
    "real": r"real|^re\b",
    "phase": r"phase|^phi\b|^φ",
    "amplitude": r"ampl?|magnitude|modulus",
}
_COMMA = re.compile(r"(?:^|[\s;])-?\d+,\d+(?:$|[\s;eE])")  # 1,5 for 1.5
_EXAMPLE = "--columns 'frequency (Hz), amplitude (m), phase (deg)'"


class _Column(NamedTuple):
    name: str
    meaning: str
    unit: str
    values: Real


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

    raw = _start(path)
    if raw == _MAGIC:
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
    f, spectrum, unit = _spectrum(path, _table(path, columns), phase_unit)
    return f, xr.DataArray(spectrum, dims=["frequency"], attrs={"units": unit} if unit else {})


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    from hashlib import file_digest

    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _start(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; give a file in it.")
        if not path.is_file():
            state = "is not a regular file" if path.exists() else "does not exist"
            raise FileError(f"{path} {state}. Check the name.")
        with path.open("rb") as stream:
            return stream.read(len(_MAGIC))
    except FileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be read: {reason}.") from None


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


def _table(path: Path, columns: str | None) -> list[_Column]:
    """Named columns of the block of numbers at the end of a text."""
    lines = _lines(path)
    rows: list[list[float]] = []
    while lines and (row := _row(lines[-1])) and len(row) == len(rows[0] if rows else row):
        rows.append(row)
        lines.pop()
    if len(rows) < 2 or len(rows[0]) < 2:
        if any(_COMMA.search(line) for line in lines[-3:]):
            raise FileError(f"{path} has decimal commas; write decimal points: 0.5, not 0,5.")
        last = f" Its last line is {_short(lines[-1])!r}." if lines else ""
        raise FileError(f"{path} does not end in lines of two numbers or more.{last}")
    names = _names(lines[-1] if lines else "", len(rows[0])) if columns is None else _split(columns)
    if len(names) != len(rows[0]):
        above = f"the line above them is {_short(lines[-1])!r}" if lines else "nothing names them"
        what = above if columns is None else f"--columns has {len(names)} names"
        raise FileError(f"{path} ends in {len(rows[0])} columns, but {what}. Give {_EXAMPLE}.")
    values = np.array(rows[::-1]).T
    return [_Column(n, *_meaning(n), v) for n, v in zip(names, values, strict=True)]


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(raw) > LARGEST_TEXT:
        raise FileError(f"{path} is larger than {LARGEST_TEXT // 1_000_000} MB; save it as .npy.")
    if b"\0" in raw:
        raise FileError(f"{path} is neither text nor an array of NumPy (.npy): it is binary.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # µ and ° of older instruments
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise FileError(f"{path} is empty.")
    return lines


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _row(line: str) -> list[float] | None:
    mark = next((m for m in "\t;," if m in line), None)
    try:
        return [float(cell) for cell in line.split(mark)]
    except ValueError:
        return None


def _split(names: str) -> list[str]:
    return [name.strip() for name in re.split(r"[,;\t]", names)]


def _names(line: str, width: int) -> list[str]:
    """Names in a line: split at tabs or commas, else at blanks outside brackets."""
    plain = line.lstrip("#%! ")
    split = _split(plain)
    if len(split) != width:
        split = re.findall(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?", plain)
    return [name.strip("\"' ") for name in split]


def _meaning(name: str) -> tuple[str, str]:
    """What a column is, and the unit in brackets."""
    plain = name.lower()
    meaning = next((m for m, pattern in _MEANINGS.items() if re.search(pattern, plain)), "")
    bracket = re.search(r"[(\[]([^)\]]*)[)\]]", name)
    return meaning, bracket[1].strip() if bracket else ""


def _spectrum(
    path: Path, table: Sequence[_Column], phase_unit: str | None
) -> tuple[Real, NDArray[Any], str]:
    """Frequencies [Hz], spectrum and its unit."""
    found = {c.meaning: c for c in table}
    kinds = sorted(c.meaning for c in table if c.meaning)
    axis = [k for k in kinds if k in ("centre", "frequency", "shift")]
    rest = [k for k in kinds if k not in axis]
    legal = (["amplitude"], ["amplitude", "phase"], ["imaginary", "real"])
    if axis not in (["frequency"], ["centre", "shift"]) or rest not in legal:
        named = ", ".join(c.name for c in table)
        raise FileError(
            f"{path}: the columns {named} are not one frequency with amplitude (and phase) or real "
            f"and imaginary part. Name those to take, '-' for others: {_EXAMPLE}."
        )
    f = sum((_hertz(path, found[k]) for k in axis), np.zeros(1))
    if "real" in found:
        if found["real"].unit != found["imaginary"].unit:
            raise FileError(f"{path}: the units of the real and the imaginary part differ.")
        return f, found["real"].values + 1j * found["imaginary"].values, found["real"].unit
    amplitude = found["amplitude"]
    if "phase" not in found:
        if phase_unit:
            raise FileError(f"{path} has no phase, but --phase-unit was given.")
        return f, amplitude.values, amplitude.unit
    phase = _radians(path, found["phase"], phase_unit)
    return f, amplitude.values * np.exp(1j * phase), amplitude.unit


def _hertz(path: Path, column: _Column) -> Real:
    return column.values * units.parse(f"1 {column.unit or 'Hz'}", "Hz", f"{path}: {column.name}")


def _radians(path: Path, column: _Column, unit: str | None) -> Real:
    known = {"deg": pi / 180, "degree": pi / 180, "degrees": pi / 180, "°": pi / 180}
    known |= {"rad": 1.0, "radian": 1.0, "radians": 1.0}
    said = (unit or column.unit).lower()
    if said not in known:
        raise FileError(
            f"{path}: the phase is in deg or rad; got {said or 'no unit'!r}. Give --phase-unit."
        )
    largest = float(np.nanmax(np.abs(column.values), initial=0.0))
    if known[said] == 1.0 and largest > 4 * pi:
        raise FileError(f"{path}: a phase of {largest:.4g} is not in rad; give --phase-unit deg.")
    return np.asarray(column.values * known[said])
