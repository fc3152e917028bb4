"""The demo: can measured ESM amplitudes be diffusion? Run, write, and say it in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from vegard.dart_scans import (
    ASSUMPTION,
    CHANGE,
    QUALITIES,
    Analysis,
    Range,
    Scan,
    analyse,
    between,
    sentences,
)
from vegard.prefixes import quantity
from vegard.report.demo import check, write


def main(
    folder: str | Path,
    *,
    rows: Sequence[Scan] | None = None,
    diffusivity: Range | None = None,
    force: bool = False,
) -> str:
    """Run the demo and write its report, figures and numbers.

    Parameters
    ----------
    folder : str or Path
        Where to write report.html, figures/ (PNG and SVG), verdict.csv and verdict.json. An
        earlier demo there is replaced, other files are left alone.
    rows, diffusivity : optional
        Other input [m], [m²/s], as in `analyse`.
    force : bool
        Replace an earlier run, and files of others with our names.

    Returns
    -------
    str
        The answer for a terminal.

    Raises
    ------
    FileError
        If the folder cannot be written, or holds something else.
    """
    check(Path(folder), force=force)
    analysis = analyse(rows, diffusivity=diffusivity)
    write(analysis, Path(folder), force=force)
    return text(analysis, Path(folder))


def text(a: Analysis, folder: Path) -> str:
    """About a dozen lines for a terminal."""
    m, radius = a.experiment.material, quantity(a.experiment.tip.radius, "m")
    cases = f"Δx = {CHANGE:g} / {a.fraction:.2g}"
    heads = [f"Q = {q:g}, {cases}" for q in QUALITIES]
    lines = [
        f"Can the amplitudes of {len(a.scans)} published DART-ESM scans be diffusion? Model: "
        f"{m.name}, disc tip of",
        f"{radius}, half-space, equilibrium with the tip, D = {a.diffusivity[0]:g} to "
        f"{a.diffusivity[1]:g} m²/s.",
        "",
        f"  not excluded   {heads[0]}   {heads[1]}   measured",
    ]
    for name in a.materials:
        mine = [s for s in a.scans if s.material == name]
        cells = [
            f"{a.possible(0, q, name)} / {a.possible(1, q, name)} of {len(mine)}".center(len(h))
            for q, h in zip(QUALITIES, heads, strict=True)
        ]
        size = between([s.amplitude for s in mine], "m")
        lines.append(f"  {name:<12}   {cells[0]}   {cells[1]}   {size}")
    lines.append("")
    for sentence in [*sentences(a), ASSUMPTION]:
        lines += textwrap.wrap(sentence, 98)
    return "\n".join([*lines, "", f"Report: {folder / 'report.html'}"])
