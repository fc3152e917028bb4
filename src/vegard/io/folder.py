"""A folder of results that is whole or not there."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from vegard.errors import FileError

SUMMARY = "summary.json"
SUMMARIES = (SUMMARY, "verdict.json")  # of a run, of the demo


def check(
    folder: Path, file: str, title: str, names: Iterable[str], *, force: bool = False
) -> None:
    """Refuse a folder that cannot be written, or that holds something else, before computing.

    A folder that is new, empty, or holds an earlier run of the same experiment file is fine, and
    so is one with files of other names: they stay. One that holds a run of another file, or
    somebody's own file with one of our names, is not.

    Parameters
    ----------
    folder : Path
        Where the results shall go.
    file, title : str
        Name of the experiment file, and its title.
    names : iterable of str
        Files that may be written, relative to the folder.
    force : bool
        Replace what is there.

    Raises
    ------
    FileError
        With what to do.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise FileError(f"{folder} is a file; choose a folder with -o.")
        _writable(folder)
        if not force and folder.exists():
            _ours(folder, file, title, names)
    except (OSError, ValueError) as error:
        raise _wrapped(folder, error) from None


def _wrapped(folder: Path, error: Exception) -> FileError:
    if isinstance(error, FileError):
        return error
    reason = getattr(error, "strerror", None) or error
    return FileError(f"cannot write {folder}: {reason}. Choose a folder you may write to with -o.")


def _writable(folder: Path) -> None:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        raise FileError(f"{folder} cannot be made: {place} is a file. Choose another with -o.")
    trial = _fresh(place)
    trial.rmdir()


def _fresh(place: Path) -> Path:
    path = place / f".vegard-{uuid.uuid4().hex[:12]}"
    path.mkdir()
    return path


def _ours(folder: Path, file: str, title: str, names: Iterable[str]) -> None:
    fix = "choose another folder with -o, or replace it with --force."
    earlier = previous(folder) or {"file": file, "title": title, "files": []}
    if earlier.get("file") != file:
        raise FileError(f"{folder} holds the run of {earlier.get('file')}; {fix}")
    if earlier.get("title") != title:
        raise FileError(f"{folder} holds the run of {file} titled {earlier.get('title')!r}; {fix}")
    for name in names:
        if name not in earlier["files"] and os.path.lexists(folder / name):
            raise FileError(f"{folder} holds a {name} that no run of vegard has left; {fix}")


def previous(folder: Path) -> dict[str, Any] | None:
    """Summary of an earlier run or demo in a folder; None if there is none."""
    for name in SUMMARIES:
        with suppress(OSError, ValueError, TypeError, RecursionError):
            data = json.loads((folder / name).read_text("utf-8"))
            if isinstance(data, dict) and "inputs_sha256" in data and "files" in data:
                return {**data, "files": [n for n in data["files"] if _inside(n)]}
    return None


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Temporary folder whose files go to ``folder`` together when the block ends well.

    Raises
    ------
    FileError
        If something cannot be written; ``folder`` is then as it was.
    """
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    new = folder in missing
    stage: Path | None = None
    done = False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = _fresh(folder.parent if new else folder)
        yield stage
        if new:
            os.replace(stage, folder)
        else:
            _exchange(stage, folder)
        done = True
    except OSError as error:
        raise _wrapped(folder, error) from None
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        for parent in () if done else missing:
            with suppress(OSError):
                parent.rmdir()


def _exchange(stage: Path, folder: Path) -> None:
    """Move the files of ``stage`` in and those of the earlier run out; all of them or none."""
    fresh = [p.relative_to(stage) for p in sorted(stage.rglob("*")) if p.is_file()]
    old = {Path(n) for n in (previous(folder) or {"files": ()})["files"]} | set(fresh)
    moved: list[tuple[Path, Path]] = []
    backup = _fresh(folder)

    def move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
        moved.append((source, target))

    try:
        for name in sorted(old):
            if (folder / name).is_file():
                move(folder / name, backup / name)
        for name in fresh:
            move(stage / name, folder / name)
    except BaseException:
        for source, target in reversed(moved):
            os.replace(target, source)
        raise
    finally:
        shutil.rmtree(backup, ignore_errors=True)


def _inside(name: object) -> bool:
    """Whether a name from a summary stays in its folder."""
    if not isinstance(name, str):
        return False
    path = PurePosixPath(name)
    return (
        not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    )
