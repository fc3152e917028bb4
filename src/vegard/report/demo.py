"""The demo's page, figures and numbers."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vegard.catalogue import materials
from vegard.citations import PAPER, citations, software
from vegard.dart_scans import (
    ASSUMPTION,
    CHANGE,
    CITATION,
    QUALITIES,
    Analysis,
    between,
    diffusivities,
    sentences,
)
from vegard.io import folder as place
from vegard.prefixes import quantity
from vegard.report import comparison
from vegard.report.page import bullets, page, paragraph, picture, section, table
from vegard.result import SCHEMA, describe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Can these DART-ESM amplitudes be diffusion?"
COMMAND = "vegard demo"
FILES = (
    "report.html", "verdict.csv", "verdict.json", "figures/amplitudes.png",
    "figures/amplitudes.svg", "figures/spectrum.png", "figures/spectrum.svg",
    "figures/relaxation.png", "figures/relaxation.svg",
)  # fmt: skip
_HOSTS = ("LiMn2O4", "LNMO", "NMC811")


def figures(a: Analysis) -> dict[str, Figure]:
    """The demo's figures by name: amplitudes, spectrum, relaxation."""
    from matplotlib.figure import Figure

    draw: dict[str, Callable[..., Any]] = {
        "amplitudes": comparison.amplitudes,
        "spectrum": comparison.spectrum,
        "relaxation": comparison.relaxation,
    }
    out = {}
    for name, function in draw.items():
        out[name] = Figure(figsize=(7.0, 3.8))
        function(out[name].add_subplot(), a)
    return out


def check(folder: Path, *, force: bool = False) -> None:
    """Refuse a folder that the demo must not be written to; see `vegard.io.folder.check`."""
    place.check(folder, COMMAND, TITLE, FILES, force=force)


def write(a: Analysis, folder: Path, *, force: bool = False) -> None:
    """Write report.html, figures/, verdict.csv and verdict.json; all of it or nothing.

    Raises
    ------
    FileError
        If the folder cannot be written, or holds something else.
    """
    check(folder, force=force)
    with place.staged(folder) as stage:
        _make(a, stage)


def _make(a: Analysis, folder: Path) -> None:
    pictures = figures(a)
    (folder / "figures").mkdir()
    for name, figure in pictures.items():
        figure.savefig(folder / "figures" / f"{name}.png", dpi=150, bbox_inches="tight")
        figure.savefig(folder / "figures" / f"{name}.svg", bbox_inches="tight")
    (folder / "report.html").write_text(html(a, pictures), encoding="utf-8")
    numbers = json.dumps(summary(a), indent=2, ensure_ascii=False)
    (folder / "verdict.json").write_text(numbers + "\n", encoding="utf-8")
    with (folder / "verdict.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"# {CITATION}\n# inputs sha256 {_digest(a)}\n")
        csv.writer(stream).writerows(_rows(a))


def _digest(a: Analysis) -> str:
    inputs = {"scans": a.scans, "experiment": a.experiment, "diffusivity": a.diffusivity}
    return hashlib.sha256(describe(inputs).encode()).hexdigest()


def _rows(a: Analysis) -> Iterator[list[Any]]:
    """The table of verdict.csv, header first; SI units."""
    cases = [f"dx{CHANGE:g}", f"dx{a.fraction:.2g}"]
    head = ["scan", "material", "drive_frequency_Hz", "drive_amplitude_V", "median_amplitude_m"]
    head += [f"largest_diffusive_m_{c}" for c in cases]
    head += [f"ratio_q{q:g}_{c}" for q in QUALITIES for c in cases]
    yield [*head, *(f"answer_q{q:g}_{c}" for q in QUALITIES for c in cases)]
    for s in a.scans:
        judged = [a.judge(s, i, q) for q in QUALITIES for i in (0, 1)]
        yield [
            *s,
            *(f"{a.bound(s, i).displacement:.6g}" for i in (0, 1)),
            *(f"{j.ratio:.6g}" for j in judged),
            *(j.answer for j in judged),
        ]


def summary(a: Analysis) -> dict[str, Any]:
    """The numbers behind the answer, SI units, ready for JSON."""
    from vegard import __version__

    w, counts = a.window, {}
    for q in QUALITIES:
        for i, fraction in enumerate((CHANGE, a.fraction)):
            counts[f"q={q:g}, dx={fraction:.2g}"] = a.possible(i, q)
    bounds = [
        {
            "frequency_Hz": f,
            "drive_V": v,
            "largest_m": b.displacement,
            "diffusivity_m2_per_s": b.diffusivity,
            "change_mol_per_m3": b.change,
            "strain": b.strain,
            "limited_by": b.limited_by,
        }
        for (f, v, _), b in a.bounds.items()
    ]
    return {
        "schema": SCHEMA,
        "vegard": __version__,
        "inputs_sha256": _digest(a),
        "file": COMMAND,
        "title": TITLE,
        "files": list(FILES),
        "sentences": [*sentences(a), ASSUMPTION],
        "scans": len(a.scans),
        "not_excluded": counts,
        "bounds": bounds,
        "displacement_at_rest_m": a.rest,
        "diffusivity_m2_per_s": list(a.diffusivity),
        "contact_radius_m": a.experiment.tip.radius,
        "contact_frequency_Hz": list(w.contact_frequency),
        "lattice_frequency_Hz": list(w.lattice_frequency),
        "displacement_at_contact_frequency_m": w.displacement,
        "pulse_s": list(w.pulse),
        "relaxation_s": list(w.relaxation),
        "data": CITATION,
    }


def html(a: Analysis, pictures: dict[str, Figure]) -> str:
    """The demo's page."""
    said = [*sentences(a), ASSUMPTION]
    return page(
        TITLE,
        [
            paragraph(" ".join(said[:2]), "answer"),
            *(paragraph(s) for s in said[2:]),
            section("The comparison", _picture(pictures, "amplitudes", _AMPLITUDES), _counts(a)),
            section(
                "What would show diffusion instead",
                _picture(pictures, "spectrum", _SPECTRUM),
                _picture(pictures, "relaxation", _RELAXATION),
                _window(a),
            ),
            section("Does the model hold here?", _findings(a)),
            section("What is assumed", bullets(_assumptions(a))),
            section("The range of D", _diffusivities(a)),
            section("Every scan", _scans(a)),
            section("What to cite", bullets(_cite(a))),
            section("How to repeat", _REPEAT),
            f"<footer>Inputs sha256 {_digest(a)}.</footer>",
        ],
    )


_AMPLITUDES = (
    "Bars end at the largest diffusive displacement in LiMn2O4 at each material's frequency; a dot "
    "inside a bar is not excluded by its size. Dots are spread vertically for legibility."
)
_SPECTRUM = (
    "Diffusive amplitude for Δx = 0.1 at the two ends of the range of D, and the measured medians."
)
_RELAXATION = "Displacement under a pulse as long as R²/D, and after it, for Δx = 0.1."
_REPEAT = "<pre><code>vegard demo</code></pre>"


def _picture(pictures: dict[str, Figure], name: str, caption: str) -> str:
    title = pictures[name].axes[0].get_title(loc="left")
    return picture(pictures[name], f"{title}. {caption}", caption)


def _counts(a: Analysis) -> str:
    rows = []
    for name in [*a.materials, None]:
        mine = [s for s in a.scans if name in (None, s.material)]
        cells = [str(a.possible(i, q, name)) for q in QUALITIES for i in (0, 1)]
        tops = [between([a.bound(s, i).displacement for s in mine], "m") for i in (0, 1)]
        size = between([s.amplitude for s in mine], "m")
        rows.append([name or "all", str(len(mine)), size, *tops, *cells])
    x = (f"Δx = {CHANGE:g}", f"Δx = {a.fraction:.2g}")
    heads = [f"possible, Q = {q:g}, {c}" for q in QUALITIES for c in x]
    return table(
        ["material", "scans", "measured", *(f"largest, {c}" for c in x), *heads], rows, range(2, 5)
    )


def _window(a: Analysis) -> str:
    w = a.window
    rows = [
        [f"{d:g} m²/s", *(quantity(v, u, 2) for v, u in cells)]
        for d, *cells in zip(
            w.diffusivity,
            ((f, "Hz") for f in w.contact_frequency),
            ((f, "Hz") for f in w.lattice_frequency),
            ((t, "s") for t in w.pulse),
            ((t, "s") for t in w.relaxation),
            strict=True,
        )
    ]
    heads = ["D", "diffusion length = contact radius at", "= lattice constant at", "pulse R²/D",
             "falls to 1/e in"]  # fmt: skip
    return table(heads, rows, range(5))


def _findings(a: Analysis) -> str:
    fastest = a.experiment.replace({"material.diffusivity": a.diffusivity[1]})
    drive, f = max(s.drive for s in a.scans), max(s.frequency for s in a.scans)
    found = fastest.check(drive, f)
    lead = (
        f"At D = {a.diffusivity[1]:g} m²/s, {quantity(f, 'Hz')} and {quantity(drive, 'V')}, with "
        "the concentration that the open-circuit slope would give:"
    )
    rows = [(x.rule, quantity(x.left, x.unit), quantity(x.right, x.unit), x.advice) for x in found]
    if not rows:
        return paragraph("check() found nothing that speaks against the model.")
    return paragraph(lead) + table(("Rule that is broken", "here", "limit", "Advice"), rows, (1, 2))


def _assumptions(a: Analysis) -> list[str]:
    m, radius = a.experiment.material, quantity(a.experiment.tip.radius, "m")
    strains = []
    for name in _HOSTS:
        record = materials[name].default("vegard")
        if record is not None and isinstance(record.strain_per_x, float):
            strains.append(f"{name} {100 * record.strain_per_x:.2g} %")
    return [
        f"Disc contact of radius {radius} on a half-space, read at its centre. At these "
        "frequencies the bound does not depend on the radius as long as the skin is thinner.",
        "Equilibrium with the tip: the largest of the exchange interfaces. Slow charge transfer "
        "only lowers the response.",
        f"Concentration: Δx = {CHANGE:g} (strain "
        f"{100 * a.bounds[min(a.bounds)].strain:.2g} %, within linear theory), and as the hard "
        f"limit what 1 V allows: the open-circuit slope {m.ocv_slope:g} V m³/mol asks for "
        f"{abs(1 / float(m.ocv_slope or 1)):.3g} mol/m³, the sites end at "
        f"{m.site_concentration:g} mol/m³ (strain "
        f"{100 * max(b.strain for b in a.bounds.values()):.2g} %; check() warns above 2 %).",
        "Q is not in the published table. Q = 1 takes the amplitudes as true displacement, "
        "Q = 100 divides them by a strong contact resonance.",
        "Strain per full exchange of lithium in the catalogue: " + ", ".join(strains)
        + ". The hosts differ less than D does.",
        "LICGC is a solid electrolyte: no Vegard coefficient is known, and none is assumed to be "
        "measured. Its rows say only what the β of LiMn2O4 would give.",
        "Only diffusion is modelled: electrostatic forces, electrostriction and cross-talk are the "
        "other candidates for these amplitudes.",
    ]  # fmt: skip


def _diffusivities(a: Analysis) -> str:
    rows = []
    for r in diffusivities():
        span = f"{r.range[0]:g} to {r.range[1]:g}" if r.range else ""
        rows.append((f"{r.value:g}", span, r.method, r.source, "yes" if r.verified else "no"))
    known = [r.range[1] if r.range else 0.0 for r in diffusivities()]
    text = f"The bound takes D = {a.diffusivity[0]:g} to {a.diffusivity[1]:g} m²/s."
    if max(known) > a.diffusivity[1]:
        factor = (max(known) / a.diffusivity[1]) ** 0.5
        text += (
            f" The highest value that any source here reports, {max(known):g} m²/s, would raise it "
            f"by a factor of {factor:.2g} (it grows as √D)."
        )
    heads = ("D (m²/s)", "range in the source", "method", "source", "verified")
    return paragraph(text) + table(heads, rows, (0, 1))


def _scans(a: Analysis) -> str:
    rows = []
    for s in a.scans:
        ratios = [quantity(a.judge(s, i, q).ratio, "–") for q in QUALITIES for i in (0, 1)]
        rows.append([s.name, quantity(s.frequency, "Hz"), quantity(s.amplitude, "m"), *ratios])
    heads = [f"Q = {q:g}, Δx = {x:.2g}" for q in QUALITIES for x in (CHANGE, a.fraction)]
    note = "Ratio of the surface's motion to the largest diffusive one; above 1 it is excluded."
    return paragraph(note, "soft") + table(["scan", "f", "median", *heads], rows, range(7))


def _cite(a: Analysis) -> list[str]:
    inputs = {"verb": "time_response", "experiment": a.experiment}
    rest = [c for c in citations(inputs) if c not in (software(), PAPER)]
    return [CITATION, software(), PAPER, *rest]
