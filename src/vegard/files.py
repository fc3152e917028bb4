"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from vegard.errors import FileError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Temporary file beside ``path`` that takes its place when the block ends well.

    Raises
    ------
    FileError
        If the place cannot be written.
    """
    target = path.with_name(f".{path.stem}.{uuid4().hex[:12]}{path.suffix}")
    try:
        target.touch(exist_ok=False)  # with the user's own permissions, unlike tempfile's
    except OSError as error:
        raise FileError(
            f"cannot write {path}: {error.strerror or error}. Choose a folder you may write to."
        ) from None
    try:
        yield target
        os.replace(target, path)
    finally:
        with suppress(FileNotFoundError):
            target.unlink()
