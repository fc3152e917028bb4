"""Text exports of EC-Lab (.mpt): a counted header, tabs, names with units after a slash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vegard.errors import FileError
from vegard.io import tables, texts
from vegard.io.columns import Names
from vegard.io.tables import Table
from vegard.io.texts import Line, short

MAGIC = re.compile(rb"(\xef\xbb\xbf)?(EC|BT)-Lab ASCII FILE")
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d+)\s*")


def read(
    path: Path,
    *,
    columns: Names | None = None,
    decimal: str | None = None,
    part: int | None = None,
) -> Table:
    """The table of an export, and its technique.

    Parameters
    ----------
    path : Path
        The file; its second line says "Nb header lines : N", and line N names the columns.
    columns, decimal, part
        As for `tables.read`.

    Raises
    ------
    FileError
        If the header does not end where it says, or the table cannot be read.
    """
    content = texts.lines(path)
    count = next((m for _, line in content[:3] if (m := _COUNT.fullmatch(line.strip()))), None)
    if count is None:
        raise FileError(
            f"{path}: an EC-Lab export says 'Nb header lines : N' in its second line, which is "
            f"{short(content[min(1, len(content) - 1)][1])!r}. Export the file again."
        )
    head = int(count[1])
    body = [line for line in content if line[0] >= head]
    if not body or body[0][0] != head or "\t" not in body[0][1]:
        names = f"is {short(body[0][1])!r}" if body and body[0][0] == head else "is empty"
        raise FileError(
            f"{path}: line {head} should name the columns, as 'Nb header lines : {head}' says, but "
            f"it {names}. Was the file edited? Correct the number."
        )
    if len(body) < 3:
        raise FileError(f"{path}: below line {head}, its header, there are no two lines of data.")
    mark = decimal or ("," if "," in body[1][1] else ".")
    table = tables.read(
        path, columns=columns, decimal=mark, delimiter="tab", part=part, content=body
    )
    return replace(table, about=_technique(content, head))


def _technique(content: Sequence[Line], head: int) -> str:
    """The line after the count that is no "name : value"."""
    texts_above = (line.strip() for number, line in content[2:6] if number < head)
    return next((line for line in texts_above if ":" not in line), "")
