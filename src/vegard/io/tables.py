"""Tables in text: header, rows, and the line of every fault."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io import columns as named
from vegard.io import texts
from vegard.io.columns import Column, Names
from vegard.io.texts import Dialect, Line, short

_ONE_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # 1,234: is it 1.234 or 1234?
_COMMENT = "#%! "


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of a file, with the place of each row in it.

    Parameters
    ----------
    path : Path
        The file.
    columns : tuple of Column
        Its columns.
    where : ndarray
        Number of each row in the file, from 1.
    place : str
        What is counted: "line" of a text, "row" of a table without lines.
    notes : tuple of str
        What was decided while reading.
    headed : bool
        Whether the columns have names.
    chosen : mapping
        Columns by quantity, where ``columns=`` says it.
    about : str
        The technique, where the file says it.
    """

    path: Path
    columns: tuple[Column, ...]
    where: NDArray[np.intp]
    place: str = "line"
    notes: tuple[str, ...] = ()
    headed: bool = True
    chosen: Mapping[str, Column] = field(default_factory=dict)
    about: str = ""

    def at(self, row: int) -> str:
        """The place of a row: "line 17"."""
        return f"{self.place} {self.where[row]}"

    def take(self, rows: NDArray[np.intp], *notes: str) -> Table:
        """Some rows, in their order, and a word about it."""
        chosen = {q: c.take(rows) for q, c in self.chosen.items()}
        columns = tuple(c.take(rows) for c in self.columns)
        told = (*self.notes, *notes)
        return replace(self, columns=columns, where=self.where[rows], chosen=chosen, notes=told)

    def renamed(self, spec: Names | None) -> Table:
        """The table with the names that ``columns=`` says."""
        if spec is None:
            return self
        columns, chosen = named.renamed(self.columns, spec, self.path)
        headed = self.headed or not chosen
        note = () if chosen else ("The names of the columns are those of columns=.",)
        return replace(
            self, columns=columns, chosen=chosen, headed=headed, notes=(*self.notes, *note)
        )


def read(
    path: Path,
    *,
    columns: Names | None = None,
    decimal: str | None = None,
    delimiter: str | None = None,
    part: int | None = None,
    content: Sequence[Line] | None = None,
) -> Table:
    """The table of a text; what stands above its header is skipped.

    Parameters
    ----------
    path : Path
        The file.
    columns : str, sequence or mapping, optional
        Names of the columns, see `columns.renamed`.
    decimal, delimiter : str, optional
        Marks, instead of those that fit.
    part : int, optional
        Which part, from 1, of a file whose header is repeated.
    content : sequence of (int, str), optional
        The lines from the header on, where that is known.

    Raises
    ------
    FileError
        If there is no table, or it is not certain how it is to be read: with the line.
    """
    content = texts.lines(path) if content is None else content
    dialect, width, full = texts.sniff(path, content, decimal, delimiter)
    first = _first(content, dialect, width, full)
    names, count = _names(content, first, dialect, width)
    if len(names) > width and _room(content[first][1], dialect) >= len(names):
        width = len(names)  # columns that are empty at the end of the first row
    replaced = columns is not None and not named.is_choice(columns)
    if first and len(names) != width and not replaced:
        raise FileError(_unnamed(path, content, first, dialect, width, len(names)))
    if replaced or not first:
        names = [""] * width
    rows, notes = _part(path, content, first, count, part)
    table = _table(path, rows, names, dialect, bool(first) and not replaced)
    if decimal is None and dialect.decimal == ",":
        _refuse_thousands(path, rows, dialect)
    return replace(table, notes=(*notes, *table.notes)).renamed(columns)


def _first(content: Sequence[Line], dialect: Dialect, width: int, full: bool) -> int:
    """Index of the first row."""

    def cells(i: int) -> list[str]:
        found = dialect.cells(content[i][1])
        return found if len(found) == width else []

    first = next(i for i in range(len(content)) if dialect.is_row(cells(i), full))
    while full and first and 2 * dialect.count(cells(first - 1)) >= width:
        first -= 1  # a row with a fault in it
    return first


def _names(
    content: Sequence[Line], first: int, dialect: Dialect, width: int
) -> tuple[list[str], int]:
    """Names above the first row, and of how many lines: units may stand below them."""
    if not first:
        return [], 0
    names = split(content[first - 1][1], dialect, width)
    units = [n for n in names if n not in ("", "-", "–", "#")]
    if first > 1 and units and all(named.is_unit(u) for u in units):
        above = split(content[first - 2][1], dialect, width)
        if len(above) == len(names):
            pairs = zip(above, (u.strip("[]()") for u in names), strict=True)
            return [f"{n} ({u})" if u not in ("", "-", "–", "#") else n for n, u in pairs], 2
    return names, 1


def split(line: str, dialect: Dialect, width: int) -> list[str]:
    """Names in a line: set apart as the numbers are, or else by other marks or blanks."""
    plain = line.strip(" ").lstrip(_COMMENT)
    ways = (
        dialect.cells(plain),
        named.split_names(plain),
        re.split(r"\s{2,}", plain.strip()),
        re.findall(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?", plain),
    )
    names = next((way for way in ways if len(way) == width), ways[0])
    return [re.sub(r"^([\"'])(.+)\1$", r"\2", name) for name in names]


def _room(line: str, dialect: Dialect) -> int:
    """Number of cells in a line, empty ones at its end included."""
    return 0 if dialect.delimiter is None else line.count(dialect.delimiter) + 1


def _unnamed(
    path: Path, content: Sequence[Line], first: int, dialect: Dialect, width: int, names: int
) -> str:
    (number, _), (above, text) = content[first], content[first - 1]
    mixed = dialect.delimiter == "," and width == 2 * names > 2
    fix = (
        "Commas may set apart both columns and decimals: export with semicolons or tabs"
        if mixed
        else "Name the columns: columns='time (s), current (mA)', '-' for those to leave out"
    )
    return (
        f"{path}: from line {number} on there are {width} columns, but line {above} above them is "
        f"{short(text)!r}. {fix}."
    )


def _part(
    path: Path, content: Sequence[Line], first: int, count: int, part: int | None
) -> tuple[list[Line], list[str]]:
    """The rows, or those of one part where the header is repeated."""
    header = [" ".join(line.split()) for _, line in content[first - count : first]]
    parts: list[list[Line]] = [[]]
    heads: list[int] = []
    skip = 0
    for number, line in content[first:]:
        if skip:
            skip -= 1
        elif header and " ".join(line.split()) == header[0]:
            parts.append([])
            heads.append(number)
            skip = count - 1  # the units below it
        else:
            parts[-1].append((number, line))
    parts = [rows for rows in parts if rows]
    if part is None and len(parts) > 1:
        starts = ", ".join(str(rows[0][0]) for rows in parts[:6])
        raise FileError(
            f"{path} repeats its header, first in line {heads[0]}: it holds {len(parts)} "
            f"measurements, from lines {starts}. Give one: part=1 to part={len(parts)}."
        )
    chosen = 1 if part is None else part
    if not isinstance(chosen, int) or not 1 <= chosen <= len(parts):
        raise FileError(f"{path}: part= is 1 to {len(parts)}; got {part!r}.")
    told = [f"Part {chosen} of {len(parts)} was read."] if len(parts) > 1 else []
    return parts[chosen - 1], told


def _table(
    path: Path, rows: Sequence[Line], names: Sequence[str], dialect: Dialect, headed: bool
) -> Table:
    """Numbers of the rows; lines that are none may only stand at the end, without numbers."""
    width = len(names)
    numbers = array("d")
    kept: list[Line] = []
    odd: list[tuple[int, str, int]] = []
    comments: list[int] = []
    for place, line in rows:
        if line.lstrip()[:1] in "#%":
            comments.append(place)
            continue
        cells = dialect.cells(line)
        if len(cells) < width <= _room(line, dialect):
            cells += [""] * (width - len(cells))
        if len(cells) == width:
            numbers.extend(map(dialect.number, cells))
            kept.append((place, line))
        else:
            odd.append((place, line, dialect.count(cells)))
    _refuse_odd(path, odd, kept[-1][0] if kept else odd[-1][0], width)
    values = np.frombuffer(numbers).reshape(-1, width).T
    bad: list[dict[int, str]] = [{} for _ in names]
    for row in np.flatnonzero(~np.isfinite(values).all(axis=0)).tolist():
        cells = dialect.cells(kept[row][1]) + [""] * width
        for j in np.flatnonzero(~np.isfinite(values[:, row])).tolist():
            bad[j][row] = cells[j]
    made = tuple(
        Column(name, i, np.where(np.isfinite(v), v, np.nan), b)
        for i, (name, v, b) in enumerate(zip(names, values, bad, strict=True), 1)
        if name or len(b) < len(kept) or any(b.values())
    )
    notes = [f"{_lines(comments)}: comments, not read."] if comments else []
    notes += [f"{_lines([o[0] for o in odd])} below the table: text, not read."] if odd else []
    where = np.array([place for place, _ in kept], dtype=np.intp)
    return Table(path, made, where, notes=tuple(notes), headed=headed)


def _lines(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Line {numbers[0]}"
    return f"Lines {', '.join(map(str, numbers[:5]))}{' …' if len(numbers) > 5 else ''}"


def _refuse_odd(path: Path, odd: Sequence[tuple[int, str, int]], last: int, width: int) -> None:
    """Refuse lines that do not fit, unless they are text below the table."""
    wrong = [(place, line) for place, line, count in odd if place <= last or count]
    if not wrong:
        return
    place, line = wrong[0]
    cut = "it seems to be cut off: complete it" if place > last else "complete it"
    raise FileError(
        f"{path}: line {place}, {short(line)!r}, does not have {width} cells like the others; "
        f"{cut}, or take it out."
    )


def _refuse_thousands(path: Path, rows: Sequence[Line], dialect: Dialect) -> None:
    """Refuse a table in which each comma may set apart thousands."""
    found: tuple[int, str] | None = None
    for place, line in rows:
        for cell in dialect.cells(line):
            if "," in cell and not _ONE_COMMA.fullmatch(cell):
                return
            found = found or ((place, cell) if "," in cell else None)
    if found:
        whole = found[1].replace(",", "")
        point = found[1].replace(",", ".")
        raise FileError(
            f"{path}: '{found[1]}' in line {found[0]} may be {point} or {whole}, as all numbers "
            "with a comma; give decimal=',' if it marks decimals, or export without it."
        )
