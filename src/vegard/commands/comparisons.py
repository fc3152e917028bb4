"""The command compare: what PITT, GITT, EIS and ESM would each report of one sample."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands.shared import check, finish, flag, optional, stamp
from vegard.errors import VegardError
from vegard.terminal import File, Force, Form, Format, Overrides

if TYPE_CHECKING:
    from vegard.cell import Cell
    from vegard.four_methods import Comparison

_FILES = ("comparison.csv", "comparison.png", "report.txt")


def compare(
    file: File,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for table, figure and report.")
    ] = None,
    particle_radius: Annotated[
        str | None, flag('"5 um"', "Electrode of spheres of the material, instead of a film.")
    ] = None,
    area: Annotated[str, flag('"1 cm^2"', "Active area of that electrode.")] = "1 cm^2",
    rate: Annotated[
        str | None, flag('"1e-8 m/s"', "Charge-transfer rate of that electrode.")
    ] = None,
    instrument: Annotated[
        str | None, flag("NAME", "Preset of vegard instruments; its noise is used.")
    ] = None,
    step: Annotated[str, flag('"10 mV"', "Amplitude of the bias in all methods.")] = "10 mV",
    sets: Overrides = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Compare what PITT, GITT, EIS and ESM would each report of the sample of a file.

    On a film the electrical methods see 1 cm² of it, on a half-space the contact under the tip
    alone; --particle-radius takes spheres. Prints the value of each analysis, its bias, the time to
    10 % in D and the smallest volume.
    """
    from vegard import io
    from vegard.four_methods import PRESET
    from vegard.four_methods import compare as run
    from vegard.instrument import instruments

    plan = io.read(file, terminal.overrides(sets), signals=())
    if plan.sweeps:
        swept = ", ".join(path for path, _ in plan.sweeps)
        raise VegardError(f"{file}: lists are sweeps, compare takes one experiment: {swept}.")
    what = (f"vegard compare {plan.file}", plan.title)
    check(output, what, _FILES, force)
    experiment = plan.at({}).experiment
    cell = _electrode(experiment.material, particle_radius, area, rate)
    name = instrument or PRESET
    height = terminal.number(step, "V", "--step")
    with terminal.progress(quiet=False) as progress:
        steps = iter(range(99))

        def told(method: str) -> None:
            if progress is not None:
                progress(next(steps), 7, method)

        tool = instruments[name]
        result = run(experiment, cell=cell, instrument=tool, step=height, progress=told)
    data = _numbers(result, what[0])
    files: dict[str, Callable[[Path], None]] = {n: partial(_file, n, result) for n in _FILES}
    finish(data, form, lambda: typer.echo(result.report()), output, what, files)


def _electrode(material: Any, radius: str | None, area: str, rate: str | None) -> Cell | None:
    from math import inf

    from vegard.cell import Cell

    if radius is None:
        if rate is not None:
            raise VegardError(
                "--rate belongs to an electrode of particles: give --particle-radius."
            )
        return None
    size = terminal.number(radius, "m", "--particle-radius")
    surface = terminal.number(area, "m²", "--area")
    speed = optional(rate, "m/s", "--rate")
    return Cell(material, size, surface, "sphere", rate=inf if speed is None else speed)


def _numbers(result: Comparison, what: str) -> dict[str, Any]:
    from math import isfinite

    rows = [
        {k: (v if isinstance(v, str) or isfinite(v) else None) for k, v in r._asdict().items()}
        for r in result.rows
    ]
    told = {"kind": result.kind, "diffusivity": result.truth, "target": result.target}
    return {**stamp({"command": what, **told, "rows": rows}), **told, "rows": rows}


def _file(name: str, result: Comparison, path: Path) -> None:
    if name.endswith(".csv"):
        result.table.to_csv(path, index=False)
    elif name.endswith(".txt"):
        path.write_text(result.report() + "\n", "utf-8")
    else:
        from matplotlib.figure import Figure

        from vegard.plot_comparison import draw

        figure = Figure(figsize=(7.6, 0.8 + 0.34 * len(result.rows)), layout="constrained")
        draw(result, figure.add_subplot())
        figure.savefig(path, dpi=150)
