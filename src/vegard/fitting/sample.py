"""The sample of a fit: one material, seen by the tip and by electrodes, and its free parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from math import inf, isfinite
from typing import Any, NamedTuple

from vegard.cell import Cell
from vegard.contacts import Contact
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.fitting.data import Data
from vegard.parameters import field_of, replace_paths

D, VEGARD, SLOPE, SERIES = (
    "material.diffusivity",
    "material.vegard",
    "material.ocv_slope",
    "cell.series_resistance",
)
RATES = ("interface.rate", "cell.rate")
NUISANCE = ("gain", "offset")
_INDEXED = re.compile(r"(gain|offset)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Sample:
    """Experiment and electrodes that share a material; ``cells`` has one entry per data."""

    experiment: Experiment | None
    cells: tuple[Cell | None, ...]

    def replace(self, changes: Mapping[str, Any]) -> Sample:
        """Copy with values at paths replaced, in all objects that have them."""
        experiment, cells = self.experiment, list(self.cells)
        shared = {p: v for p, v in changes.items() if p.startswith("material.")}
        tip = {p: v for p, v in changes.items() if not p.startswith("cell.")}
        cell = {p.removeprefix("cell."): v for p, v in changes.items() if p.startswith("cell.")}
        if experiment is not None:
            experiment = experiment.replace(tip)
        for i, one in enumerate(cells):
            if one is not None:
                cells[i] = replace_paths(one, shared | cell)
        return Sample(experiment, tuple(cells))

    def get(self, path: str) -> Any:
        """Value at a path; an unknown one lists what there is."""
        owner: Any
        if path.startswith("cell."):
            owner, rest = next((c for c in self.cells if c is not None), None), path[5:]
            if owner is None:
                raise VegardError(f"'{path}' is free, but there is no Cell: give Data(cell=…).")
        elif self.experiment is not None:
            owner, rest = self.experiment, path
        else:
            owner, rest = next(c for c in self.cells if c is not None), path
        for name in rest.split("."):
            if not is_dataclass(owner):
                raise VegardError(f"'{path}' goes into {owner!r}, which has no fields.")
            owner = getattr(owner, field_of(owner, name).name)
        return owner

    def meta(self, path: str) -> Mapping[str, Any]:
        """Symbol, unit and rule of the field at a path."""
        head, _, name = path.rpartition(".")
        owner: Any = self.get(head) if head and head != "cell" else None
        if head == "cell":
            owner = next(c for c in self.cells if c is not None)
        return field_of(owner, name).metadata


class Parameter(NamedTuple):
    """One free parameter."""

    name: str
    """As the user wrote it; gain and offset with the number of their data."""
    path: str
    symbol: str
    unit: str
    linear: bool
    sign: float
    start: float | None
    low: float
    high: float


def sample(experiment: object, data: list[Data]) -> tuple[Sample, bool]:
    """The sample of a fit, and whether the first argument was a Cell."""
    bare = isinstance(experiment, Cell)
    main = experiment if isinstance(experiment, Cell) else None
    if not isinstance(experiment, Experiment | Cell | None):
        raise VegardError(
            f"fit takes a vegard.Experiment or vegard.Cell first; got {experiment!r}."
        )
    probe = experiment if isinstance(experiment, Experiment) else None
    cells: list[Cell | None] = []
    for i, d in enumerate(data):
        cell = None if d.strain else d.cell or main
        if d.strain and probe is None:
            raise VegardError(
                f"data {i} ({d.kind}) is a displacement: fit needs the vegard.Experiment first."
            )
        contact = probe is not None and isinstance(probe.interface, Contact)
        if not d.strain and cell is None and not contact:
            raise VegardError(
                f"data {i} ({d.kind}) needs its electrode: Data(cell=vegard.Cell(…)), or an "
                "experiment with interface=Contact(…) for the contact itself."
            )
        cells.append(cell)
    return Sample(probe, tuple(cells)), bare


def parameters(
    free: Any, whole: Sample, bare: bool, data: list[Data]
) -> tuple[list[Parameter], list[str]]:
    """Free parameters in order, and the names as the user wrote them."""
    if isinstance(free, str):
        free = [free]
    if not isinstance(free, Mapping | Iterable):
        raise VegardError(f"free must be a list of paths or a dict of starts; got {free!r}.")
    given: dict[str, Any] = dict(free) if isinstance(free, Mapping) else dict.fromkeys(free)
    if not given:
        raise VegardError('free is empty; give paths, e.g. ["material.diffusivity"].')
    names = _spread(given, data)
    linear = _linear(set(names), whole, bare, data)
    return [_parameter(n, v, whole, bare, n in linear) for n, v in names.items()], list(names)


def _spread(given: dict[str, Any], data: list[Data]) -> dict[str, Any]:
    """Gain and offset once for each data they are for."""
    out: dict[str, Any] = {}
    for name, value in given.items():
        found = _INDEXED.fullmatch(name)
        if found and not int(found[2]) < len(data):
            raise VegardError(f"'{name}': there are {len(data)} data, numbered from 0.")
        if name == "gain":
            chosen = [i for i, d in enumerate(data) if d.strain] or list(range(len(data)))
        else:
            chosen = list(range(len(data)))
        if name in NUISANCE and len(data) > 1:
            out |= {f"{name}[{i}]": value for i in chosen}
        else:
            out[name] = value
    return out


def target(name: str, bare: bool) -> str:
    """Path of a name: with a Cell first, "rate" is "cell.rate"."""
    if name.partition("[")[0] in NUISANCE:
        return name
    inside = name.startswith(("cell.", "material."))
    return f"cell.{name}" if bare and not inside else name


def index(name: str) -> int:
    """Which data a gain or offset belongs to."""
    found = _INDEXED.fullmatch(name)
    return int(found[2]) if found else 0


def _linear(names: set[str], whole: Sample, bare: bool, data: list[Data]) -> set[str]:
    """Those that enter linearly: projected out at every step."""
    out = {n for n in names if n.partition("[")[0] in NUISANCE}
    gains = {n for n in out if n.startswith("gain")}
    for name in names - out:
        path = target(name, bare)
        if path == VEGARD and not gains and any(d.strain for d in data):
            beta = whole.get(path)
            if isinstance(beta, tuple):
                raise VegardError(
                    "material.vegard is a tensor here; free 'gain' to scale it, or give one number."
                )
            out.add(name)
        kinds = {d.kind for d, c in zip(data, whole.cells, strict=True) if c is not None}
        parallel = any(d.kind == "eis" and not d.is_complex for d in data)
        if path == SERIES and kinds <= {"eis", "gitt"} and not gains and not parallel:
            out.add(name)
    return out


def _parameter(name: str, given: Any, whole: Sample, bare: bool, linear: bool) -> Parameter:
    path = target(name, bare)
    start, low, high = _start(name, given)
    if path.partition("[")[0] in NUISANCE:
        unit = "–" if path.startswith("gain") else "of y"
        return Parameter(name, path, name, unit, True, 1.0, start, low, high)
    base = whole.get(path)
    if is_dataclass(base) or isinstance(base, str):
        raise VegardError(f"'{name}' is not a number; free one of its fields.")
    meta = whole.meta(path)
    if "rule" not in meta:
        raise unknown_name("parameter to fit", name, _numbers(whole))
    reference = start if start is not None else base[1] if isinstance(base, tuple) else base
    if reference is None:
        reference = -1.0 if path == SLOPE else 1.0
    sign = -1.0 if reference < 0 else 1.0
    if low < 0 and sign < 0 and high <= 0:
        low, high = -high, -low
    return Parameter(name, path, meta["symbol"], meta["unit"], linear, sign, start, low, high)


def _start(name: str, given: Any) -> tuple[float | None, float, float]:
    """Start and bounds from what the user gave for a name."""
    if given is None:
        return None, -inf, inf
    if isinstance(given, int | float) and isfinite(given):
        return float(given), -inf, inf
    try:
        low, high = (float(v) for v in given)
    except (TypeError, ValueError):
        raise VegardError(
            f"free['{name}'] must be a start, a range (low, high) or None; got {given!r}."
        ) from None
    if not low < high:
        raise VegardError(f"free['{name}'] must be low < high; got ({low:g}, {high:g}).")
    return None, low, high


def _numbers(whole: Sample) -> list[str]:
    """Paths of all numbers of a sample."""
    found = []
    cell = next((c for c in whole.cells if c is not None), None)
    owners: list[tuple[str, Any]] = [("", whole.experiment), ("cell.", cell)]
    for prefix, owner in owners:
        for part in () if owner is None else owner.__dataclass_fields__:
            value = getattr(owner, part)
            if is_dataclass(value):
                found += [
                    f"{part}.{n}" for n, f in value.__dataclass_fields__.items()
                    if "rule" in f.metadata
                ]  # fmt: skip
            elif "rule" in owner.__dataclass_fields__[part].metadata:
                found.append(prefix + part)
    return found
