"""Text files: size, encoding, lines with their numbers, delimiter and decimal mark."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from hashlib import file_digest
from math import isnan, nan
from pathlib import Path
from typing import NamedTuple

from vegard.errors import FileError

LARGEST = 50_000_000  # bytes
Line = tuple[int, str]  # number in the file, from 1
_MARKS = {"tab": "\t", "\t": "\t", ";": ";", ",": ",", "blank": None, " ": None}
_COMMA = re.compile(r"(?:^|[\s;])-?\d*,\d+(?:$|[\s;eE])")  # 1,5 for 1.5


class Dialect(NamedTuple):
    """What sets the cells of a line apart (None: blanks), and the mark of decimals."""

    delimiter: str | None
    decimal: str

    def cells(self, line: str) -> list[str]:
        """The cells of a line, stripped, without the empty ones at its end."""
        if self.delimiter is None:
            return line.split()
        row = line.split(self.delimiter)
        if '"' in line:
            with suppress(csv.Error):  # a cell of more than 131072 characters
                row = next(csv.reader([line], delimiter=self.delimiter, skipinitialspace=True))
        cells = [cell.strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def number(self, cell: str) -> float:
        """The number in a cell; nan if it is none."""
        if self.decimal == ",":
            cell = cell.replace(".", "_").replace(",", ".")
        if "_" in cell:  # Python would read 1_000
            return nan
        try:
            return float(cell)
        except ValueError:
            return nan

    def count(self, cells: Sequence[str]) -> int:
        """How many cells hold numbers, nan written as such included."""
        return sum(not isnan(self.number(c)) or c.lower().lstrip("+-") == "nan" for c in cells)

    def is_row(self, cells: Sequence[str], full: bool) -> bool:
        """Whether cells are a row of numbers, all of them or (not ``full``) some."""
        count = self.count(cells)
        return len(cells) >= 2 and (count == sum(map(bool, cells)) if full else count > 0)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def start(path: Path, count: int = 8) -> bytes:
    """The first bytes of a regular file.

    Raises
    ------
    FileError
        If there is none, or it cannot be read.
    """
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; give a file in it.")
        if not path.is_file():
            state = "is not a regular file" if path.exists() else "does not exist"
            raise FileError(f"{path} {state}. Check the name.")
        with path.open("rb") as stream:
            return stream.read(count)
    except FileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be read: {reason}.") from None


def read(path: Path) -> str:
    """The text of a file, its lines set apart by a newline alone.

    Raises
    ------
    FileError
        If the file is huge, binary or empty.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(raw) > LARGEST:
        raise FileError(
            f"{path} is larger than {LARGEST // 1_000_000} MB; thin it out or split it."
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):  # the "Unicode text" of Windows
        text = raw.decode("utf-16", errors="replace")
    elif b"\0" in raw:
        raise FileError(
            f"{path} is neither text nor an array of NumPy (.npy): it is binary. Export it as text."
        )
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")  # µ and ° of older instruments
    if not text.strip():
        raise FileError(f"{path} is empty.")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("−", "-")


def lines(path: Path) -> list[Line]:
    """The lines of a text that are not blank, with their numbers."""
    found = enumerate(read(path).split("\n"), 1)
    return [(number, line) for number, line in found if line.strip()]


def short(text: str) -> str:
    """A text that is not too long for a message."""
    text = text.strip()
    return text if len(text) <= 60 else text[:59] + "…"


def has_decimal_commas(text: str) -> bool:
    """Whether a line holds numbers like 1,5 between blanks or semicolons."""
    return bool(_COMMA.search(text))


def sniff(
    path: Path, content: Sequence[Line], decimal: str | None, delimiter: str | None
) -> tuple[Dialect, int, bool]:
    """Marks that make the most rows of numbers.

    Parameters
    ----------
    path : Path
        The file, for messages.
    content : sequence of (int, str)
        Its lines.
    decimal, delimiter : str, optional
        Marks that are known.

    Returns
    -------
    dialect : Dialect
        The marks.
    width : int
        Number of columns.
    full : bool
        Whether all cells of a row are numbers; else there are columns of text.

    Raises
    ------
    FileError
        If there are no two rows alike.
    """
    if decimal not in (None, ".", ","):
        raise FileError(f"decimal= is '.' or ','; got {decimal!r}.")
    if delimiter is not None and delimiter not in _MARKS:
        raise FileError(f"delimiter= is ',', ';', 'tab' or 'blank'; got {delimiter!r}.")
    if delimiter == decimal == ",":
        raise FileError("commas cannot set apart both columns and decimals; change delimiter=.")
    pairs = [("\t", "."), (";", "."), (",", "."), (None, "."), ("\t", ","), (";", ","), (None, ",")]
    dialects = [
        Dialect(mark, point)
        for mark, point in pairs
        if (delimiter is None or _MARKS[delimiter] == mark) and decimal in (None, point)
    ]
    sample = [line for _, line in content[:: -max(1, len(content) // 200)]]
    for full in (True, False):
        fits = [(_fit(sample, dialect, full), dialect) for dialect in dialects]
        (rows, _, width), dialect = max(fits, key=lambda fit: fit[0][:2])
        if rows >= 2:
            return dialect, width, full
    last, text = content[-1]
    commas = decimal == "." and any(has_decimal_commas(line) for line in sample)
    fix = "it has decimal commas: give decimal=','" if commas else f"the last is {short(text)!r}"
    raise FileError(
        f"{path} holds no table, two lines or more of at least two numbers each, among its lines "
        f"1 to {last}; {fix}."
    )


def _fit(sample: Sequence[str], dialect: Dialect, full: bool) -> tuple[int, int, int]:
    """Rows and numbers that a dialect finds in lines, and their columns."""
    found: Counter[int] = Counter()
    numbers: Counter[int] = Counter()
    for line in sample:
        cells = dialect.cells(line)
        if dialect.is_row(cells, full):
            found[len(cells)] += 1
            numbers[len(cells)] += dialect.count(cells)
    if not found:
        return 0, 0, 0
    width, rows = found.most_common(1)[0]
    return rows, numbers[width], width
