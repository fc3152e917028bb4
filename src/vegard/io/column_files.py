"""Files that hold columns as such: Parquet (through pyarrow) and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from vegard.errors import FileError, unknown_name
from vegard.io import texts
from vegard.io.columns import Column
from vegard.io.tables import Table

MAGIC = b"PAR1"
LARGEST_TABLE = 20_000_000  # numbers: a small file can unfold to a huge table


def parquet(path: Path) -> Table:
    """The columns of a Parquet file.

    Parameters
    ----------
    path : Path
        The file. Its columns are plain numbers or texts; nothing in it is executed.

    Raises
    ------
    FileError
        If pyarrow is not there, or the file is damaged or huge.
    """
    try:
        module = import_module("pyarrow.parquet")
    except ImportError:
        raise FileError(
            f'{path} is a Parquet file, which needs pyarrow: pip install "vegard[files]".'
        ) from None
    try:
        with module.ParquetFile(str(path)) as file:
            about = file.metadata
            if about.num_rows * about.num_columns > LARGEST_TABLE:
                raise FileError(
                    f"{path} holds {about.num_rows} rows of {about.num_columns} columns, more than "
                    f"{LARGEST_TABLE // 1_000_000} million numbers; split it."
                )
            content = file.read()
            columns = {name: content[name].to_pylist() for name in content.column_names}
    except FileError:
        raise
    except Exception as error:  # pyarrow's errors have no common base
        reason = " ".join(str(error).split())[:200]
        raise FileError(f"{path} is a damaged Parquet file: {reason}.") from None
    return _table(path, columns, "row")


def columns_of_json(path: Path, record: str | None = None) -> Table:
    """Lists of equal length in a JSON file, by name.

    Parameters
    ----------
    path : Path
        The file: {"time (s)": [0, 1], "current (A)": [2, 3]}.
    record : str, optional
        Name of the object to read, where the file holds several.

    Raises
    ------
    FileError
        If it is not JSON, or holds no such lists.
    """
    try:
        data = json.loads(texts.read(path))
    except FileError:
        raise
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is not valid JSON: {error}.") from None
    inner = [k for k, v in data.items() if isinstance(v, dict)] if isinstance(data, dict) else []
    if record is not None:
        if not inner:
            raise FileError(f"{path} holds no records; leave record= out.")
        if record not in inner:
            raise FileError(f"{path}: {unknown_name('record', record, inner)}")
        data = data[record]
    elif inner:
        names = ", ".join(repr(name) for name in inner[:10])
        raise FileError(f"{path} holds {len(inner)} records; give one: record= {names}.")
    if (
        not isinstance(data, dict)
        or not data
        or not all(isinstance(v, list) for v in data.values())
    ):
        raise FileError(f'{path} must hold lists by name, {{"time (s)": [0, 1], …}}.')
    return _table(path, data, "item")


def _table(path: Path, data: dict[str, Sequence[Any]], place: str) -> Table:
    lengths = {name: len(values) for name, values in data.items()}
    if len(set(lengths.values())) > 1:
        raise FileError(f"{path}: the columns differ in length: {lengths}. Make them equal.")
    count = next(iter(lengths.values()), 0)
    if count < 2:
        raise FileError(f"{path} holds no two {place}s.")
    columns = tuple(_column(n, i, v) for i, (n, v) in enumerate(data.items(), 1))
    return Table(path, columns, np.arange(1, count + 1), place)


def _column(name: str, position: int, cells: Sequence[Any]) -> Column:
    numbers = np.array([_number(cell) for cell in cells])
    missing = np.flatnonzero(np.isnan(numbers)).tolist()
    bad = {i: "" if cells[i] is None else str(cells[i]) for i in missing}
    return Column(str(name), position, numbers, bad)


def _number(cell: Any) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return np.nan
    try:
        return float(cell) if np.isfinite(float(cell)) else np.nan
    except OverflowError:
        return np.nan
