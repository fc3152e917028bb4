"""Maps of a property from files: NumPy arrays, tables of numbers, grey pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError

Real = NDArray[np.float64]

KINDS = (".npy", ".csv", ".txt", ".png")
LARGEST_FILE = 600_000_000  # bytes
_COLOUR = 1e-6  # difference of the channels of a grey picture


def read_map(path: str | Path, low: float | None = None, high: float | None = None) -> Real:
    r"""A map from a file.

    Parameters
    ----------
    path : str or Path
        ``.npy``; ``.csv`` or ``.txt`` of plain numbers, one line for each row, apart by commas,
        semicolons, tabs or blanks; ``.png``, a grey picture. The first line is y = 0.
    low, high : float, optional
        What black and white of a picture stand for [units of the map], linear between; only with
        ``.png``, which needs them.

    Returns
    -------
    ndarray, shape (ny, nx)
        Values [units of the map].

    Raises
    ------
    FileError
        If the file cannot be read as that.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "beta.csv"
    ...     _ = file.write_text("1e-6, 2e-6\n1e-6, 1e-6\n")
    ...     float(read_map(file)[0, 1])
    2e-06
    """
    file = Path(path)
    kind = file.suffix.lower()
    if kind not in KINDS:
        raise FileError(f"{file} is no map: its name must end in {', '.join(KINDS)}.")
    ranged = low is not None and high is not None
    if ranged != (kind == ".png"):
        raise FileError(
            f"{file} is a picture: say what black and white are, 'LOW..HIGH'." if kind == ".png"
            else f"{file} holds numbers: LOW..HIGH is for pictures."
        )  # fmt: skip
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise FileError(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB.")
        values = _READERS[kind](file)
    except FileError:
        raise
    except (OSError, ValueError, SyntaxError) as error:  # SyntaxError: how pillow says broken
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{file} cannot be read as a map: {reason}.") from None
    if values.ndim != 2 or not values.size or values.dtype.kind not in "iuf":
        raise FileError(
            f"{file} must hold numbers of shape (ny, nx); it has {values.dtype} of {values.shape}."
        )
    found = np.asarray(values, float)
    if not np.isfinite(found).all():
        raise FileError(f"{file} holds nan or inf; fill the holes first.")
    return found if low is None or high is None else low + (high - low) * found


def _numbers(file: Path) -> NDArray[Any]:
    text = file.read_text("utf-8-sig")
    for mark in ",;":
        text = text.replace(mark, " ")
    return np.loadtxt(text.splitlines(), ndmin=2)


def _picture(file: Path) -> NDArray[Any]:
    """Grey from 0 to 1; transparency is left out."""
    from matplotlib import image

    shades = np.asarray(image.imread(file), float)
    if shades.ndim == 2:
        return shades
    colours = shades[..., : 3 if shades.shape[-1] >= 3 else 1]
    if np.ptp(colours, axis=-1).max() > _COLOUR:
        raise FileError(f"{file} is in colour, which has no order; save it as grey.")
    return np.asarray(colours[..., 0])


_READERS = {
    ".npy": lambda file: np.asarray(np.load(file, allow_pickle=False)),
    ".csv": _numbers,
    ".txt": _numbers,
    ".png": _picture,
}
