"""The command models: which model of the sample the data speak for."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vegard import terminal
from vegard.commands import fit_curves, fits
from vegard.commands.analyse import First, Hint, Last, Start
from vegard.commands.shared import check, finish, flag, noted, say, stamp
from vegard.errors import VegardError
from vegard.terminal import File, Force, Form, Format, MaybeFolder, Overrides

if TYPE_CHECKING:
    from vegard.fitting import ModelChoice

_FILES = ("models.csv", "models.png", "report.txt")
_RANGE = re.compile(r"([\w.\[\]]+)\s*=(.+?)\.\.(.+)$")
_LAWS = {"tau": "s", "exponent": "–"}


class Criterion(StrEnum):
    """What tells the models apart."""

    aicc = "aicc"
    evidence = "evidence"


Free = Annotated[
    list[str] | None,
    flag('PATH|"PATH=LOW..HIGH"', "Free beside each model's own: gain, offset; or a range."),
]
Models = Annotated[
    list[str] | None,
    flag("NAME", "half_space, film, contact, kinetics, stretched_exponential (all of these if left "
         "out), contact_kinetics, exponential; repeat.", "--model"),
]  # fmt: skip


def models(
    file: File,
    data: fits.Curves,
    model: Models = None,
    free: Free = None,
    criterion: Annotated[
        Criterion, typer.Option(help="Akaike's, or the integral over the priors.")
    ] = Criterion.aicc,
    kind: fits.Kinds = None,
    drive: fits.DriveOf = None,
    pulse: fits.PulseOf = None,
    period: fits.PeriodOf = None,
    sigma: fits.Sigma = None,
    field: fits.FieldOf = fits.Field.on,
    per: fits.Per = None,
    sets: Overrides = None,
    start: Start = None,
    low: First = None,
    high: Last = None,
    hints: Hint = None,
    output: MaybeFolder = None,
    form: Form = Format.text,
    force: Force = False,
) -> None:
    """Compare models of the sample by measured curves: half-space, film, contact, kinetics.

    Material and tip are those of the file; each model puts its own geometry or interface in. The
    flags of the curves are those of fit. Gain is free if --free is left out.
    """
    from vegard.fitting import compare_models
    from vegard.fitting.choice import DEFAULT

    what = (f"vegard models {file}", f"models of {', '.join(path.name for path in data)}")
    check(output, what, _FILES, force)
    experiment, per, unit = fits._experiment(file, terminal.overrides(sets), None, per)
    freed = _free(free or ["gain"])
    tables = fit_curves.load_curves(data, kind, hints or [])
    flags = {"drive": drive, "pulse": pulse, "period": period, "sigma": sigma}
    span = fit_curves.window(start, low, high, tables)
    common = ({"per": per, "field": str(field)}, unit, False)
    curves = fit_curves.curves(data, tables, flags, span, common)
    fit_curves.check_units(data, tables, list(freed))
    assert experiment is not None
    with noted() as notes, terminal.progress(quiet=False) as progress:
        assert progress is not None
        progress(0, 1, "fitting each model")
        found = compare_models(
            experiment, curves, model or DEFAULT, free=freed, criterion=str(criterion)
        )
    numbers = _numbers(found) | {"files": [path.name for path in data], "notes": notes}
    files: dict[str, Callable[[Path], None]] = {n: partial(_file, n, found) for n in _FILES}
    finish(numbers, form, lambda: say(found.report(), notes), output, what, files)


def _free(texts: list[str]) -> dict[str, Any]:
    """Names, and ranges of those that have one."""
    out: dict[str, Any] = {}
    for text in texts:
        ranged = _RANGE.match(text)
        if ranged is None:
            if "=" in text:
                raise VegardError(f'--free {text!r} must look like gain or "tau=1 ms..1 s".')
            out[text] = None
            continue
        path, *ends = ranged.groups()
        unit = _LAWS.get(path) or fits._unit(path)
        out[path] = tuple(terminal.number(end, unit, path) for end in ends)
    return out


def _numbers(found: ModelChoice) -> dict[str, Any]:
    from vegard.result import describe

    rows = [
        {k: v for k, v in c._asdict().items() if k != "fit"} | {"values": c.fit.values}
        for c in found.rows
    ]
    return {
        **stamp({"models": describe(found.inputs)}),
        "criterion": found.criterion,
        "best": found.best,
        "candidates": list(found.candidates),
        "alike": [list(pair) for pair in found.alike],
        "sound": found.sound,
        "sentence": found.sentence,
        "rows": rows,
    }


def _file(name: str, found: ModelChoice, path: Path) -> None:
    if name.endswith(".csv"):
        found.table.to_csv(path, index=False)
    elif name.endswith(".txt"):
        path.write_text(found.report() + "\n", "utf-8", newline="\n")
    else:
        from matplotlib.figure import Figure

        from vegard.plot_models import draw

        figure = Figure(figsize=(6.4, 1.4 + 0.4 * len(found.rows)))
        draw(found, figure.add_subplot())
        figure.savefig(path, dpi=150, bbox_inches="tight")
