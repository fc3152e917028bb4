"""Files of the command map: curves in, maps, pictures and report out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

STORE = "maps.zarr"
_FILES = ("maps.nc", "report.html", "report.txt")
_ROWS = 65536  # of a CSV at a time
Write = Callable[[Path], None]


def names(free: Sequence[str], formats: Sequence[str]) -> list[str]:
    """Files that a map of these parameters may write."""
    from vegard.report.maps import CAPTIONS

    pictures = [*CAPTIONS, *(path.rpartition(".")[2] for path in free)]
    return [*_FILES, *(f"{p}.png" for p in pictures), *(f"maps.{f}" for f in map(str, formats))]


def written(maps: xr.Dataset, second: Any, text: str, numbers: dict[str, Any]) -> dict[str, Write]:
    """Maps, pictures and report, each with what writes it."""
    from vegard.io.writing import write
    from vegard.report import maps as pages

    drawn = pages.figures(maps, second)
    return {
        "maps.nc": lambda path: _ignored(write(maps, path)),
        "report.txt": lambda path: _ignored(path.write_text(text + "\n", "utf-8", newline="\n")),
        "report.html": lambda path: _ignored(pages.write(maps, path, second, drawn)),
    } | {f"{name}.png": partial(_png, figure, numbers) for name, figure in drawn.items()}


def _ignored(_: Any) -> None:
    """What a writer returns."""


def _png(figure: Any, numbers: dict[str, Any], path: Path) -> None:
    about = f"vegard {numbers['vegard']}; inputs_sha256 {numbers['inputs_sha256']}"
    figure.savefig(path, bbox_inches="tight", metadata={"Software": about})


def exported(formats: Sequence[str]) -> dict[str, Callable[[Any, Path], None]]:
    """Other formats of the maps, by file."""
    from vegard.io.writing import write

    def labelled(maps: xr.Dataset, path: Path) -> None:
        write(maps, path)

    return {f"maps.{f}": _csv if f == "csv" else labelled for f in map(str, formats)}


def _csv(maps: xr.Dataset, path: Path) -> None:
    """One row a pixel: its place, all maps, the word of its flag."""
    import numpy as np

    from vegard.map_pixels import meanings

    flag = maps["flag"]
    axes = [np.asarray(maps[d].values if d in maps.coords else np.arange(maps.sizes[d]))
            for d in flag.dims]  # fmt: skip
    places = [a.ravel() for a in np.meshgrid(*axes, indexing="ij")]
    names = [str(n) for n in maps.data_vars if n != "flag"]
    columns = [*places, *(maps[n].transpose(*flag.dims).values.ravel() for n in names)]
    units = {n: str(maps[n].attrs.get("units", "")) for n in (*map(str, flag.dims), *names)
             if n in maps}  # fmt: skip
    head = {k: maps.attrs.get(k) for k in ("schema", "vegard", "inputs_sha256", "free", "counts")}
    head |= {"units": json.dumps(units, ensure_ascii=False)}
    words = meanings(maps)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"# {k}: {v}\n" for k, v in head.items())
        file.write(",".join([*map(str, flag.dims), *names, "flag"]) + "\n")
        for i in range(0, flag.size, _ROWS):
            cells = [map(repr, c[i : i + _ROWS].tolist()) for c in columns]
            flags = (words[int(v)] for v in flag.values.ravel()[i : i + _ROWS])
            file.writelines(",".join(row) + "\n" for row in zip(*cells, flags, strict=True))
