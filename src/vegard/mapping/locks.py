"""One run at a time writes to a folder."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from vegard.errors import FileError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a folder that may not be there yet, by a lock on the file ``.NAME.lock`` beside it.

    The system frees the lock when the process ends, however it ends: what a dead run has left is
    taken over. The file names process and machine; a lock of another machine, where the system may
    not tell, must be removed by hand.

    Parameters
    ----------
    path : Path
        The folder.

    Raises
    ------
    FileError
        If another run holds it, or it cannot be locked.
    """
    file = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _open(file)
    except OSError as error:
        raise FileError(
            f"cannot lock {path}: {error.strerror or error}. Choose a folder you may write to."
        ) from None
    with handle:
        free = _take(handle)
        handle.seek(0)
        said = _said(handle.read())
        host = platform.node()
        if not free or said.get("host", host) != host:
            raise FileError(
                f"another run writes to {path} (process {said.get('pid', '?')} on "
                f"{said.get('host', host)}): wait for it or end it"
                + ("." if not free else f", and remove {file} if it is over.")
            )
        handle.seek(0)
        handle.truncate()
        handle.write(json.dumps({"pid": os.getpid(), "host": host}))
        handle.flush()
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no file that is open
                file.unlink()


def _said(text: str) -> dict[str, object]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):  # empty, or its writer died in the middle
        return {}


def _open(file: Path) -> TextIO:
    return os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o666), "r+", encoding="utf-8")


def _take(handle: TextIO) -> bool:
    """Whether the lock is ours now."""
    try:
        import fcntl
    except ImportError:
        return _take_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(handle.fileno()).st_nlink > 0  # else its holder has just removed it


def _take_on_windows(handle: TextIO) -> bool:
    import msvcrt

    handle.seek(1 << 20)  # past the text, which others read
    try:
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True
