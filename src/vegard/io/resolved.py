"""Resolved experiment files: every number written out, so that the run repeats exactly."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import fields
from typing import Any

from vegard.errors import OutOfRegime
from vegard.io import objects
from vegard.io.experiment_file import SCHEMA
from vegard.io.extras import Hertz
from vegard.io.plan import COMMON, SIGNALS, Grid, Plan, SeenPlan


def dump(plan: Plan) -> str:
    """The resolved experiment file of a plan; reading it gives the same plan.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        TOML, all numbers in SI units with all their digits.
    """
    from vegard import __version__

    return (
        "# Resolved experiment file: `vegard run` of it repeats the numbers exactly.\n"
        f"# vegard {__version__}; inputs sha256 {inputs_hash(plan)}; seed {plan.seed}\n"
        + body(plan)
    )


def inputs_hash(plan: Plan) -> str:
    """SHA-256 of everything that decides the numbers and their sources."""
    return hashlib.sha256(body(plan).encode()).hexdigest()


def body(plan: Plan) -> str:
    """The resolved file without its heading."""
    swept = dict(plan.sweeps)
    lines = [f"schema = {SCHEMA}", f"title = {_text(plan.title)}", f"seed = {plan.seed}"]
    for name, value in objects.given(plan.experiment, plan.extras).items():
        lines += ["", f"[{name}]", *_object(name, value, swept, plan.auto)]
        if isinstance(value, Hertz) and not swept:
            lines.append(f"# contact radius {_float(_radius(plan))} m")
        if name == "material" and plan.euler is not None:
            lines.append(f"euler = {_plain(plan.euler)}  # rad; vegard is in the crystal's axes")
    readout = swept.get("readout", plan.experiment.readout)
    lines += ["", "[experiment]", f"readout = {_plain(readout)}", f"per = {_text(plan.per)}"]
    lines += [f"drive = {_quantity(plan.drive, plan.drive_unit)}"]
    lines += [f"azimuth = {_quantity(plan.azimuth, 'rad')}"]
    for name in SIGNALS:
        if name not in COMMON and getattr(plan, name) is None:
            continue
        lines += ["", f"[{name}]", *_signal(name, getattr(plan, name))]
        if name == "frequency" and plan.frequency is not None:
            lines.append(f"components = {_plain(plan.components)}")
    if plan.sources:
        lines += ["", "[sources]"]
        lines += [f"{_text(s['parameter'])} = {_source(s)}" for s in plan.sources]
    return "\n".join(lines) + "\n"


def _radius(plan: Plan) -> float:
    """Contact radius [m]; its warnings are those of the run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutOfRegime)
        return plan.at({}).experiment.tip.radius


def _object(
    name: str, value: Any, swept: dict[str, tuple[Any, ...]], auto: tuple[str, ...]
) -> list[str]:
    kind = type(value)
    known = objects.kinds(objects.sections()[name], recipes=True)
    lines = [f"kind = {_text(kind.__name__)}"] if len(known) > 1 else []
    if name == "material":
        lines.append("catalogue = false  # all that is known stands here")
    for f in fields(kind):
        path = f"{name}.{f.name}"
        content = swept.get(path, getattr(value, f.name))
        if path in auto:
            lines.append(f'{f.name} = "{objects.AUTO}"  # {_field(content, f.metadata, False)}')
        elif path in objects.ROWS:
            lines.append(f"{f.name} = {_rows(content, objects.ROWS[path])}")
        elif content is not None:
            lines.append(f"{f.name} = {_field(content, f.metadata, path in swept)}")
    return lines


def _field(value: Any, meta: Any, swept: bool) -> str:
    if swept:
        return "[" + ", ".join(_field(v, meta, False) for v in value) + "]"
    if not objects.is_number(meta):
        return _plain(value)
    if isinstance(value, tuple) and isinstance(value[0], tuple):
        one = meta["unit"]
        rows = (", ".join(_quantity(v, one) for v in row) for row in value)
        return "[" + ", ".join(f"[{row}]" for row in rows) + "]"
    if isinstance(value, tuple):
        pair = zip(objects.PAIR, value, strict=True)
        return "{ " + ", ".join(f"{k} = {_quantity(v, meta['unit'])}" for k, v in pair) + " }"
    return _quantity(value, meta["unit"])


def _rows(rows: Any, metas: Any) -> str:
    tables = (
        ", ".join(
            f"{k} = {_quantity(v, m['unit'])}" for (k, m), v in zip(metas.items(), row, strict=True)
        )
        for row in rows
    )
    return "[" + ", ".join(f"{{ {t} }}" for t in tables) + "]"


def _signal(name: str, part: Any) -> list[str]:
    if part is None:
        return ["enabled = false"]
    if isinstance(part, Grid):
        return _grid(part, "s" if name == "time" else "Hz")
    if isinstance(part, SeenPlan):
        tool = [] if part.instrument is None else [f"instrument = {_text(part.instrument)}"]
        return [*_grid(part.grid, "Hz"), *tool]
    if name == "pulse":
        return [f"duration = {_quantity(part.duration, 's')}", *_grid(part.after, "s")]
    if name == "relaxation":
        return ["enabled = true"] if part.tau is None else _grid(part.tau, "s")
    unit = "Hz" if part.of == "frequency" else "s"
    radii = part.radii
    points = (
        [f"values = {_plain(radii.values)}  # m"]
        if radii.values
        else [f"to = {_quantity(radii.stop, 'm')}", f"points = {radii.count}"]
    )
    return [f"{part.of} = {_plain(part.moments)}  # {unit}", *points]


def _grid(grid: Grid, unit: str) -> list[str]:
    if grid.values:
        return [f"values = {_plain(grid.values)}  # {unit}"]
    return [
        f"from = {_quantity(grid.start, unit)}",
        f"to = {_quantity(grid.stop, unit)}",
        f"points = {grid.count}",
    ]


def _quantity(value: float, unit: str) -> str:
    return _float(value) if unit == "–" else _text(f"{_float(value)} {unit}")


def _float(value: float) -> str:
    """The shortest text that reads back as the same number."""
    short = f"{value:g}"
    return short if value and float(short) == value else repr(value)  # "-0" would lose its sign


def _plain(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_plain(v) for v in value) + "]"
    return _text(value) if isinstance(value, str) else _float(value)


def _source(source: dict[str, Any]) -> str:
    text = _text(source["source"])
    if source["verified"] is None:
        return text
    return f"{{ source = {text}, verified = {str(source['verified']).lower()} }}"


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's, which also escapes DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
