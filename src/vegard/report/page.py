"""A self-contained HTML page: no script, no address that a browser would fetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from html import escape
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.citations import citations
from vegard.files import whole
from vegard.io import objects
from vegard.prefixes import quantity
from vegard.readings import message
from vegard.report import signals
from vegard.report.pictures import KINDS, PARASITICS, data_uri
from vegard.report.words import answer, key_numbers, label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_ROWS = 200
_WIDEST = 30  # letters of a number that does not break

_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1b; --back: #ffffff; --soft: #5b5b5b;
  --line: #d5d5d5; --box: #f4f6f8; --mark: #0072B2; --warn: #b34700; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e8e8; --back: #16181b; --soft: #a9a9a9;
  --line: #3b3f45; --box: #202429; --mark: #6cb6e8; --warn: #ffa45c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 54rem; color: var(--text);
  background: var(--back); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--line); }
.answer { font-size: 1.08rem; padding: 1rem 1.2rem; background: var(--box);
  border-left: 4px solid var(--mark); margin: 1.2rem 0; }
.soft, figcaption, footer { color: var(--soft); font-size: .9rem; }
.warn { color: var(--warn); font-weight: 600; }
figure { margin: 1.2rem 0; break-inside: avoid; }
figure img { display: block; width: 100%; max-width: 46rem; height: auto; background: #ffffff;
  border: 1px solid var(--line); border-radius: 4px; padding: .6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; overflow-wrap: normal; }
td.n { white-space: nowrap; font-variant-numeric: tabular-nums; }
pre { background: var(--box); padding: .9rem 1rem; overflow-x: auto; font-size: .85rem; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; }
@media print { :root { --text: #000; --back: #fff; --soft: #444; --line: #bbb; --box: #fff;
  --mark: #000; --warn: #000; } body { max-width: none; padding: 0; font-size: 10.5pt; }
  .scroll { overflow: visible; } table { font-size: 8.5pt; } th, td { padding-right: .4rem; }
  td.n { white-space: normal; } figure img { max-width: 13cm; } .answer { font-size: 11pt; }
  pre { white-space: pre-wrap; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def page(title: str, body: Iterable[str]) -> str:
    """A whole page from its parts (HTML); the title is text."""
    from vegard import __version__

    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="vegard {__version__}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, *body: str) -> str:
    """A headed part of the page; the title is text, the body HTML."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(body) + "\n</section>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text; ``kind`` is a class of the style: answer, soft, warn."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def bullets(items: Iterable[str]) -> str:
    """A list of plain texts."""
    return "<ul>\n" + "\n".join(f"<li>{escape(i)}</li>" for i in items) + "\n</ul>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of plain texts; short ones in the columns ``numbers`` do not break."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in header)
    lines = [
        "<tr>"
        + "".join(
            f'<td class="n">{escape(c)}</td>'
            if i in numbers and len(c) <= _WIDEST
            else f"<td>{escape(c)}</td>"
            for i, c in enumerate(row)
        )
        + "</tr>"
        for row in rows
    ]
    return (
        f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(lines)
        + "\n</tbody>\n</table></div>"
    )


def picture(figure: Figure, alt: str, caption: str = "") -> str:
    """A figure inside the page, with a text for those who cannot see it."""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img src="{data_uri(figure)}" alt="{escape(alt)}">{below}</figure>'


def save(path: str | Path, html: str) -> Path:
    """Write a page, whole or not at all.

    Raises
    ------
    FileError
        If the place cannot be written.
    """
    with whole(Path(path)) as target:
        target.write_text(html, encoding="utf-8")
    return Path(path)


def write(results: Any, path: str | Path, figures: dict[str, Figure]) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    results : vegard.run.Results
        The run.
    path : str or Path
        The file, e.g. ``out/report.html``.
    figures : dict
        Figures by name, as `figures` makes them.

    Returns
    -------
    Path
        The file.
    """
    drive = quantity(results.drive, results.plan.drive_unit)
    notes = [section("Notes", bullets(results.notes))] if results.notes else []
    parts = [
        paragraph(f"Drive {drive} (peak), response per {results.per}.", "soft"),
        paragraph(answer(results), "answer"),
        section("Does the model hold here?", _findings(results)),
        *notes,
        section("Figures", *(_figure(results, name, f) for name, f in figures.items())),
    ]
    if len(results.points) > 1:
        parts.append(section("Points of the sweep", _points(results)))
    parts += [
        section("Parameters", _parameters(results)),
        section("What to cite", bullets(_citations(results))),
        section("How to repeat this run", *_repeat(results)),
        f"<footer>{escape(_stamp(results.inputs_sha256))}</footer>",
    ]
    return save(path, page(results.title, parts))


def _stamp(digest: str) -> str:
    from vegard import __version__

    return f"Made with vegard {__version__}. Inputs sha256 {digest}."


def _findings(results: Any) -> str:
    """Findings of all points; one that several points share is said once, with its range."""
    found: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
    for p in results.points:
        for f in p.findings:
            found.setdefault((f.rule, f.unit), []).append((f, p))
    if not found:
        return paragraph("check() found nothing that speaks against the model.")
    rows = []
    for (rule, unit), hits in found.items():
        left = sorted(f.left for f, _ in hits)
        got = " … ".join(dict.fromkeys(quantity(v, unit) for v in (left[0], left[-1])))
        where = "" if len(results.points) == 1 else f"{len(hits)} of {len(results.points)} points"
        f = hits[0][0]
        rows.append((rule, got, quantity(f.right, unit), f.advice, where))
    header = ("Rule that is broken", "here", "limit", "Advice", "where")
    keep = 5 if len(results.points) > 1 else 4
    return table(header[:keep], (r[:keep] for r in rows), numbers=(1, 2))


def _figure(results: Any, name: str, figure: Figure) -> str:
    responses = [r for p in results.points if (r := getattr(p, name, None)) is not None]
    title = KINDS.get(name, PARASITICS)
    if results.points[0].sum is not None:
        title += {"frequency": ", of diffusion alone", "photodiode": ", of the sum"}.get(name, "")
    curves = f" ({len(responses)} curves)" if len(responses) > 1 else ""
    said = message(responses[0]) if responses else signals.dominance(results.points[0])
    alt = f"{title}{curves}. {said}."
    return picture(figure, alt, f"{title}{curves}.")


def _points(results: Any) -> str:
    numbers = [key_numbers(p) for p in results.points[:_MOST_ROWS]]
    shown = {k: v for k, v in _COLUMNS.items() if any(k in n for n in numbers)}
    rows = []
    for i, (p, n) in enumerate(zip(results.points, numbers, strict=False), 1):
        cells = [str(i), label(p.experiment, p.changes)]
        for key, (_, unit) in shown.items():
            here = unit or p.frequency.units
            cells.append(quantity(n[key], here) if isfinite(n.get(key, nan)) else "–")
        rows.append(cells)
    cut = len(results.points) - len(rows)
    more = paragraph(f"{cut} more points are in the numbers' files.", "soft") if cut else ""
    heads = ["#", "point", *(words for words, _ in shown.values())]
    return table(heads, rows, numbers=range(2, len(heads))) + more


_COLUMNS = {
    "contact_radius_m": ("contact radius", "m"),
    "amplitude_lowest": ("lowest f: |u|", ""),
    "amplitude_highest": ("highest f: |u|", ""),
    "slope": ("slope", "–"),
    "corner_frequency_Hz": ("D/(2πR²)", "Hz"),
    "largest_term_changes_Hz": ("largest term changes", "Hz"),
    "contact_resonance_1_Hz": ("contact resonance", "Hz"),
    "resistance_at_rest_Ohm": ("resistance at rest", "Ω"),
    "half_time_s": ("half of a step", "s"),
    "fall_time_s": ("fall after the pulse", "s"),
}


def _parameters(results: Any) -> str:
    sources = {str(s["parameter"]): s for s in results.sources}
    swept = {path for p in results.points for path in p.changes}
    rows = []
    for path, symbol, doc, value, unit in _walk(results):
        s = sources.pop(path, None) or sources.pop(path.rpartition(".")[2], None)
        shown = "swept" if path in swept else _value(value, unit)
        computed = path == "tip.radius" and results.base.tip.radius is None
        if swept and (computed or path in results.plan.auto):
            shown = "follows"
        rows.append((symbol, doc, shown, *_source(s, value)))
    for name, s in sources.items():
        value, unit = s.get("value"), str(s.get("unit") or "")
        rows.append(("", name, _value(value, unit), *_source(s, value)))
    return table(("", "parameter", "value", "source", "verified"), rows, numbers=(0, 2))


def _source(s: dict[str, Any] | None, value: Any) -> tuple[str, str]:
    if s is None or value is None:
        return "", ""
    verified = s.get("verified")
    return str(s.get("source") or ""), "" if verified is None else "yes" if verified else "no"


def _walk(results: Any) -> Iterator[tuple[str, str, str, Any, str]]:
    """Path, symbol, meaning, value and unit of every parameter of a run."""
    base, plan = results.base, results.plan
    for part, owner in objects.given(base, plan.extras).items():
        if part != "material":
            yield part, "", part.replace(".", ": "), type(owner).__name__, ""
        for f in (f for f in fields(owner) if f.name != "source"):
            m, value, path = f.metadata, getattr(owner, f.name), f"{part}.{f.name}"
            symbol, doc, unit = m.get("symbol", ""), m.get("doc", f.name), m.get("unit", "")
            if path in objects.ROWS:
                value = _layers(value, objects.ROWS[path]) or "none"
            if path == "tip.radius" and value is None:
                value = results.points[0].experiment.tip.radius
            if value is not None or part == "material":
                yield path, symbol.translate(_PLAIN), doc, value, unit
        if part == "material" and plan.euler is not None:
            doc = "orientation of the crystal, Bunge's angles"
            yield "material.euler", "φ1, Φ, φ2", doc, tuple(np.degrees(plan.euler)), "°"
    yield "readout", "", "what the tip reads", base.readout, ""
    if plan.azimuth:
        degrees = float(np.degrees(plan.azimuth))
        yield "azimuth", "θ", "direction of the points read", degrees, "°"


_PLAIN = str.maketrans({"{": None, "}": None, "^": None})  # of the symbols' TeX


def _layers(rows: Any, metas: Any) -> str:
    """Layers below the film, one after the other."""
    units = [m["unit"] for m in metas.values()]
    return "; ".join(
        ", ".join(quantity(v, u) for v, u in zip(row, units, strict=True)) for row in rows
    )


def _value(value: Any, unit: str) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, tuple | list):
        if value and isinstance(value[0], tuple) and unit:  # a tensor
            rows = "; ".join(", ".join(f"{v:.6g}" for v in row) for row in value)
            return f"[{rows}] {unit}"
        if len(value) > 4:
            return f"{len(value)} values"
        return "(" + ", ".join(_value(v, unit) for v in value) + ")"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return quantity(float(value), unit, 6)
    return str(value)


def _citations(results: Any) -> list[str]:
    out: dict[str, None] = {}
    for p in results.points:
        for response in p.responses.values():
            out |= dict.fromkeys(citations(response.inputs))
    return list(out)


def _repeat(results: Any) -> tuple[str, ...]:
    return (
        paragraph("Save these lines as experiment.toml; every value is written out in them."),
        f"<pre><code>{escape(results.text)}</code></pre>",
        "<pre><code>vegard run experiment.toml -o out</code></pre>",
    )
