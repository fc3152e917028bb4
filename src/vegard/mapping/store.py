"""Maps in a Zarr folder that grows by whole chunks, and survives the end of its process."""

from __future__ import annotations

import json
import os
import re
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.files import whole
from vegard.mapping.grids import Index

MANIFEST = "manifest.json"
SCHEMA = 1
_FINISHED = "finished"
_OWN = {MANIFEST, _FINISHED, "zarr.json"}
_STRAY = re.compile(r"\..+\.[0-9a-f]{12}(\.\w+)?")  # half-written when a run was killed


@dataclass(frozen=True, slots=True)
class Store:
    """Where the tasks put their chunks; small, and picklable.

    Each chunk of each variable is a file of plain little-endian numbers, written beside and
    renamed. The marker of a chunk comes last and holds the SHA-256 of its files: what has no
    marker, or does not agree with it, is computed again.

    Parameters
    ----------
    path : Path
        The folder.
    chunks : tuple of int
        Sizes of a chunk.
    types : dict of str to str
        Variables and their types.
    """

    path: Path
    chunks: tuple[int, ...]
    types: dict[str, str]

    def _file(self, name: str, index: Index) -> Path:
        return self.path.joinpath(name, "c", *map(str, index))

    def _marker(self, index: Index) -> Path:
        return self.path / _FINISHED / ".".join(map(str, index))

    def write(self, index: Index, values: Mapping[str, NDArray[Any]]) -> None:
        """Put a chunk into its place, shape (≤ chunks) for each variable."""
        digest = sha256()
        for name, kind in self.types.items():
            dtype = np.dtype(kind).newbyteorder("<")
            block = np.full(self.chunks, blank(dtype), dtype)
            block[tuple(map(slice, values[name].shape))] = values[name]
            raw = block.tobytes()
            digest.update(raw)
            _put(self._file(name, index), raw)
        _put(self._marker(index), digest.hexdigest().encode())

    def finished(self, index: Index) -> bool:
        """Whether a chunk is there, and as it was written."""
        digest = sha256()
        try:
            said = self._marker(index).read_text()
            for name in self.types:
                digest.update(self._file(name, index).read_bytes())
        except FileNotFoundError:
            return False
        return said == digest.hexdigest()

    def expect(self, index: Index) -> None:
        """Refuse to go on if a worker has finished a chunk, and it is not here."""
        if not self._marker(index).is_file():
            raise FileError(
                f"a worker finished a chunk that is not in {self.path}: give out= in a folder that "
                "all workers share, under the same path."
            )


def _put(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with whole(path) as target:
            target.write_bytes(raw)
    except OSError as error:
        raise FileError(
            f"cannot write {path}: {error.strerror or error}. Make room, and run the same again: "
            "finished chunks stay."
        ) from None


def blank(dtype: np.dtype[Any]) -> Any:
    """What stands where nothing was computed yet: nan, -1, or the largest number."""
    if dtype.kind in "fc":
        return np.nan
    if dtype.kind == "b":
        return False
    return -1 if dtype.kind == "i" else np.iinfo(dtype).max


def prepared(path: Path, about: dict[str, Any], labels: Any, *, resume: bool) -> Store:
    """The store of a run, new or as an earlier run has left it.

    Parameters
    ----------
    path : Path
        The folder.
    about : dict
        The manifest: ``inputs``, which become attributes of the dataset, ``data``, ``shape``,
        ``chunks``, ``variables`` (name to type and attributes) and ``inputs_sha256`` of all of it.
    labels : tuple
        Names of the axes, and coordinates.
    resume : bool
        Go on with what is there.

    Raises
    ------
    FileError
        If the folder holds another run, or something that is not ours.
    """
    _sweep(path)
    found = _manifest(path)
    if found is not None and resume:
        _same(path, found, about)
        for file in path.rglob(".*"):
            if _STRAY.fullmatch(file.name):
                file.unlink()
    else:
        _create(path, about, labels, found)
    types = {name: kind for name, (kind, _) in about["variables"].items()}
    return Store(path.absolute(), tuple(about["chunks"]), types)


def begun(path: Path) -> tuple[int, ...] | None:
    """Sizes of the chunks of a store that is there; None if there is none."""
    found = _manifest(path)
    return None if found is None else tuple(found["chunks"])


def _manifest(path: Path) -> dict[str, Any] | None:
    """The manifest of a store; None if there is nothing yet."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return None
    try:
        found = json.loads((path / MANIFEST).read_bytes())
        if found["schema"] == SCHEMA and found["members"]:
            return dict(found)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise FileError(
        f"{path} holds something that fit_map did not write: choose another place for out."
    )


def _same(path: Path, found: dict[str, Any], about: dict[str, Any]) -> None:
    """Refuse to go on with other inputs, or in other chunks."""
    fix = "Choose another place for out, or replace it with resume=False."
    if found["inputs_sha256"] != about["inputs_sha256"]:
        differ = [
            f"{part} {key}"
            for part in ("inputs", "data")
            for key in sorted({*found[part], *about[part]})
            if found[part].get(key) != about[part].get(key)
        ]
        if found["vegard"] != about["vegard"]:
            differ.insert(0, f"vegard {found['vegard']}, now {about['vegard']}")
        raise FileError(
            f"{path} holds maps of other inputs (different: {', '.join(differ) or 'variables'}). "
            f"{fix}"
        )
    if found["chunks"] != list(about["chunks"]):
        raise FileError(
            f"{path} was begun in chunks of {tuple(found['chunks'])} pixels, not "
            f"{tuple(about['chunks'])}: leave chunks out to go on. {fix}"
        )


def _create(path: Path, about: dict[str, Any], labels: Any, found: dict[str, Any] | None) -> None:
    """Make a store beside, whole, and put it into its place."""
    if found is not None:
        names = {p.name for p in path.iterdir()} - _OWN - set(found["members"])
        if strange := {name for name in names if not _STRAY.fullmatch(name)}:
            raise FileError(
                f"{path} is not replaced: it holds '{min(strange)}', which fit_map did not write. "
                "Move that elsewhere."
            )
    new, old = (path.with_name(f".{path.name}.{uuid4().hex[:12]}.{w}") for w in ("new", "old"))
    try:
        _skeleton(new, about, labels)
        if found is not None:
            os.rename(path, old)
        elif path.exists():
            path.rmdir()  # empty
        os.rename(new, path)
    except OSError as error:
        raise FileError(
            f"cannot write {path}: {error.strerror or error}. Choose a folder you may write to."
        ) from None
    finally:
        _sweep(path)


def _sweep(path: Path) -> None:
    """Remove what a run that was killed has left beside: names of ours with twelve marks."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{12}}\.(new|old)")
    for left in path.parent.iterdir():
        if ours.fullmatch(left.name):
            shutil.rmtree(left)


def _skeleton(folder: Path, about: dict[str, Any], labels: Any) -> None:
    """All of a store but its chunks."""
    import xarray as xr
    import zarr

    dims, coords = labels
    with warnings.catch_warnings():  # of parts of the format that only Python reads yet
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", FutureWarning)
        try:
            xr.Dataset(coords=coords, attrs=about["inputs"]).to_zarr(
                folder, zarr_format=3, consolidated=False
            )
        except (NotImplementedError, TypeError, ValueError) as error:
            raise FileError(
                f"coordinates of the data cannot be written to Zarr ({error}): leave them out with "
                "reset_index or drop_vars."
            ) from None
        group = zarr.open_group(folder, mode="r+", use_consolidated=False)
        for name, (kind, attrs) in about["variables"].items():
            group.create_array(
                name,
                shape=tuple(about["shape"]),
                chunks=tuple(about["chunks"]),
                dtype=kind,
                compressors=None,
                fill_value=blank(np.dtype(kind)),
                dimension_names=dims,
                attributes=attrs,
            )
        zarr.consolidate_metadata(folder)
    (folder / _FINISHED).mkdir()
    members = [p.parent.name for p in folder.glob("*/zarr.json")]
    (folder / MANIFEST).write_text(json.dumps(about | {"members": members}, indent=1), "utf-8")


def annotate(path: Path | str, attributes: Mapping[str, Any]) -> None:
    """Add attributes to the dataset of a store, in one step.

    Parameters
    ----------
    path : path-like
        The folder.
    attributes : mapping
        Texts and numbers.
    """
    file = Path(path, "zarr.json")
    about = json.loads(file.read_bytes())
    about["attributes"] |= attributes
    with whole(file) as target:
        target.write_text(json.dumps(about, indent=2), "utf-8")
