"""Write the nomenclature from the metadata of the public objects' fields.

python docs/make_nomenclature.py [--write FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from math import inf
from operator import attrgetter
from pathlib import Path
from typing import Any

import vegard as vg
from vegard.parameters import Parameters, table

GROUPS = (
    ("Material", ("Material",)),
    ("Tips", ("DiscTip", "GaussianTip", "ProfileTip")),
    ("Geometries", ("HalfSpace", "Film")),
    (
        "Interfaces",
        ("FixedConcentration", "FixedFlux", "LinearKinetics", "Contact", "BlockingTip"),
    ),
    ("Elastic models", ("Layered",)),
    ("Experiment", ("Experiment",)),
    ("Drives in time", ("Pulse", "PulseTrain", "Triangle", "Sine", "Sampled")),
    ("Lever", ("Cantilever",)),
    ("Electrode", ("Cell", "Host")),
    ("Instrument", ("Instrument",)),
    (
        "What else moves the tip",
        ("parasitics.Electrostatic", "parasitics.Electrostriction", "parasitics.Joule"),
    ),
)
HEAD = "| field | symbol | unit | meaning | must be | default |\n|:--|:--|:--|:--|:--|:--|"


def public() -> list[str]:
    """Public names that are classes with a table of fields."""
    values = ((name, getattr(vg, name)) for name in vg.__all__)
    return [n for n, v in values if isinstance(v, type) and issubclass(v, Parameters)]


def rule(meta: Mapping[str, Any]) -> str:
    """What a value must be, in words."""
    if "options" in meta:
        return " or ".join(f'`"{option}"`' for option in meta["options"])
    if "rule" not in meta:
        return ""
    words = [meta["rule"]]
    if meta["pair"]:
        words.append("or (in plane, normal)")
    if meta.get("tensor"):
        words.append("or a symmetric 3×3")
    if meta["infinite"]:
        words.append("or infinite")
    if meta["unknown"]:
        words.append("or unknown (`None`)")
    return " ".join(words)


def default(owner: type, name: str) -> str:
    """The default as one would type it."""
    found = next(f for f in fields(owner) if f.name == name)
    if found.default_factory is not MISSING:
        return f"`{found.default_factory.__name__}()`"
    if found.default is MISSING:
        return "required"
    return "∞" if found.default == inf else f"`{found.default!r}`"


def rows(owner: type) -> Iterator[str]:
    """One line of the table per field."""
    for name, meta in table(owner):
        cells = (
            f"`{name}`",
            meta.get("symbol", ""),
            meta.get("unit", ""),
            meta.get("doc", ""),
            rule(meta),
            default(owner, name),
        )
        yield "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def text() -> str:
    """The tables of all groups; a public object in no group is an error."""
    grouped = {name for _, names in GROUPS for name in names}
    missing = set(public()) - grouped
    if missing:
        raise SystemExit(f"docs/make_nomenclature.py: put into a group: {sorted(missing)}")
    lines: list[str] = []
    for title, names in GROUPS:
        lines += [f"## {title}", ""]
        for name in names:
            owner = attrgetter(name)(vg)
            first = (owner.__doc__ or "").strip().splitlines()[0]
            body = list(rows(owner))
            lines += [f"**{name}**: {first}", ""]
            lines += [HEAD, *body, ""] if body else []
    return "\n".join(lines)


def main() -> None:
    """Print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="Markdown file to write")
    args = parser.parse_args()
    if args.write:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(text(), encoding="utf-8")
    else:
        print(text())


if __name__ == "__main__":
    main()
