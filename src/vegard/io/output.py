"""The files of a run: numbers as CSV and NetCDF, figures and the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vegard.io import numbers
from vegard.io.experiment_file import SCHEMA

if TYPE_CHECKING:
    from vegard.run import Results

Progress = Callable[[int, int, str], None]

CONTENT = {
    "frequency": "frequency response",
    "lateral_x": "frequency response along x, in the plane of the surface",
    "lateral_y": "frequency response along y, in the plane of the surface",
    "electrostatic": "electrostatic force, as a displacement of the surface",
    "electrostriction": "electrostriction",
    "joule": "Joule heating",
    "sum": "frequency response with all parasitic terms",
    "photodiode": "calibrated deflection of the lever that the photodiode reads",
    "step": "step response",
    "pulse": "relaxation after a pulse",
    "profile": "surface profile u(r)",
    "relaxation": "distribution of relaxation times g, H(s) = ∫ g/(1 + sτ) d ln τ",
    "impedance": "impedance of the contact",
    "current": "current through the contact, positive into the sample",
    "step_current": "current through the contact after a step, positive into the sample",
    "resistance": "resistance of the contact at rest, charge transfer and spreading",
    "edge_width": "distance over which an edge of β rises from 25 to 75 %, read by a punch",
    "half_contrast_period": "period of β at which half of the contrast is left, read by a punch",
    "noise_limited_period": "period of a full modulation of β that equals the noise of a reading",
    "ions": "ions moved per cycle",
    "snr_strain": "displacement over the noise of a reading",
    "snr_current": "current of ions over the noise of a reading",
}


def stamp(results: Results) -> dict[str, Any]:
    """What every file of a run carries: schema, version, inputs hash and seed."""
    from vegard import __version__

    return {
        "schema": SCHEMA,
        "vegard": __version__,
        "inputs_sha256": results.inputs_sha256,
        "seed": results.plan.seed,
    }


def write_numbers(results: Results, stage: Path) -> None:
    """Each kind of response as CSV and NetCDF."""
    sweeps = dict(results.plan.sweeps)
    for name, content in CONTENT.items():
        rows = [(p.changes, r) for p in results.points if (r := p.responses.get(name)) is not None]
        if not rows:
            continue
        head = {
            **stamp(results),
            "title": results.title,
            "content": content,
            "convention": "peak amplitudes, exp(+iωt), phase in rad, SI units; displacement up",
            "per": results.per,
        }
        if (pulse := results.plan.pulse) is not None and rows[0][1].inputs.get("drive"):
            head["drive"] = f"{results.drive:g} {results.plan.drive_unit}"
            head["pulse_duration"] = f"{pulse.duration:g} s"
        text = numbers.table(rows, head, results.base)
        (stage / f"{name}.csv").write_text(text, "utf-8", newline="\n")
        numbers.dataset(rows, sweeps, head).to_netcdf(stage / f"{name}.nc", engine="h5netcdf")


def write_report(results: Results, stage: Path, progress: Progress | None) -> None:
    """The figures and the page that shows them."""
    from vegard import report

    figures = report.figures(results)
    steps = 2 * len(figures) + 1
    (stage / "figures").mkdir()
    for i, (name, figure) in enumerate(figures.items()):
        for j, kind in enumerate(("png", "svg")):
            if progress is not None:
                progress(2 * i + j, steps, f"figure {name}.{kind}")
            _save(figure, stage / "figures" / f"{name}.{kind}", results, name)
    if progress is not None:
        progress(steps - 1, steps, "report")
    report.write(results, stage / "report.html", figures)


def _save(figure: Any, path: Path, results: Results, name: str) -> None:
    import matplotlib as mpl

    marks = stamp(results)
    about = "; ".join(f"{key} {value}" for key, value in marks.items())
    meta: dict[str, Any] = {"Title": f"{results.title}: {name}", "Description": about}
    if path.suffix == ".svg":
        meta |= {"Date": None, "Creator": f"vegard {marks['vegard']}"}
    else:
        meta["Software"] = f"vegard {marks['vegard']}"
    with mpl.rc_context({"svg.hashsalt": results.inputs_sha256}):
        figure.savefig(path, dpi=150, bbox_inches="tight", metadata=meta)
