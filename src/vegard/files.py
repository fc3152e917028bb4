"""Files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vegard.errors import FileError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Temporary file beside ``path`` that takes its place when the block ends well.

    Raises
    ------
    FileError
        If the place cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix
        )
    except OSError as error:
        raise FileError(
            f"cannot write {path}: {error.strerror or error}. Choose a folder you may write to."
        ) from None
    os.close(handle)
    target = Path(name)
    try:
        yield target
        os.replace(target, path)
    finally:
        with suppress(FileNotFoundError):
            target.unlink()
