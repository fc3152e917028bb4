"""What the catalogues of the package share: entries by name, from a TOML file read on first use."""

from __future__ import annotations

import tomllib
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

from vegard.errors import FileError, unknown_name

E = TypeVar("E")
V = TypeVar("V")


class TomlCatalogue(Mapping[str, V], Generic[E, V]):
    """Values by name; a value is an entry of the file, or made from one.

    Parameters
    ----------
    path : str or Path, optional
        A data file of your own in the same format; the one of the package if left out.
    """

    _what = ""
    """Word for an entry."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = None if path is None else Path(path)
        self._cache: dict[str, E] | None = None

    @abstractmethod
    def _load(self) -> dict[str, E]:
        """All entries."""

    @property
    def _entries(self) -> dict[str, E]:
        if self._cache is None:
            self._cache = self._load()
        return self._cache

    def _entry(self, name: str) -> E:
        try:
            return self._entries[name]
        except KeyError:
            raise unknown_name(self._what, name, self._entries) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def get(self, name: str, default: Any = None) -> Any:
        """Value of that name, or ``default``."""
        if name not in self:
            return default
        return self[name]

    def __repr__(self) -> str:
        return f"Catalogue({'vegard' if self._path is None else str(self._path)!r})"

    def _tables(self) -> tuple[str, dict[str, Any]]:
        """Words for where the data are, and the tables of the file."""
        where = f"the {self._what} data of vegard" if self._path is None else str(self._path)
        try:
            if self._path is None:
                packaged = resources.files("vegard") / "data" / f"{self._what}s.toml"
                text = packaged.read_text("utf-8")
            else:
                text = self._path.read_text("utf-8")
            return where, tomllib.loads(text)
        except OSError as err:
            raise FileError(f"{where} cannot be read: {err.strerror or err}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise FileError(f"{where} is not valid TOML: {err}.") from None
