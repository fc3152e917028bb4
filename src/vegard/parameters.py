"""One table per object: each field's meaning, symbol, unit, rule and hint.

The metadata written here drives validation, command-line flags, experiment files and the
nomenclature page of the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from math import isfinite, isinf
from typing import Any, TypeVar

from vegard.errors import VegardError, unknown_name

T = TypeVar("T")
Row = tuple[float, float, float]
Tensor = tuple[Row, Row, Row]

_RULES: dict[str, Callable[[float], bool]] = {
    "> 0": lambda v: v > 0,
    ">= 0": lambda v: v >= 0,
    "!= 0": lambda v: v != 0,
    "finite": lambda v: True,
    "> -1 and <= 0.5": lambda v: -1 < v <= 0.5,
}


def quantity(
    doc: str,
    symbol: str,
    unit: str,
    *,
    rule: str = "> 0",
    hint: str = "",
    default: Any = MISSING,
    pair: bool = False,
    tensor: bool = False,
    unknown: bool = False,
    infinite: bool = False,
) -> Any:
    """Dataclass field of a number in SI units.

    Parameters
    ----------
    doc, symbol, unit : str
        Meaning, symbol in formulas, unit.
    rule : str
        Key of the rule that the value must keep.
    hint : str
        What usually went wrong when the rule is broken.
    pair : bool
        Whether (in_plane, normal) is legal beside a scalar.
    tensor : bool
        Whether a symmetric 3×3 is legal beside both.
    unknown : bool
        Whether None (unknown) is legal.
    infinite : bool
        Whether infinity is legal.
    """
    meta = {
        "doc": doc,
        "symbol": symbol,
        "unit": unit,
        "rule": rule,
        "hint": hint,
        "pair": pair,
        "tensor": tensor,
        "unknown": unknown,
        "infinite": infinite,
    }
    return field(default=default, metadata=meta)


def choice(doc: str, options: tuple[str, ...], default: Any = MISSING) -> Any:
    """Dataclass field of one word out of ``options``."""
    return field(default=default, metadata={"doc": doc, "options": options})


def text(doc: str, default: Any = None) -> Any:
    """Dataclass field of free text."""
    return field(default=default, metadata={"doc": doc, "text": True})


def fail(owner: str, meta: Mapping[str, Any], got: object) -> VegardError:
    """The error «Class.field must be RULE [unit]; got VALUE. HINT.»."""
    unit = f" [{meta['unit']}]" if meta["unit"] not in ("", "–") else ""
    pair = " or (in_plane, normal)" if meta["pair"] else ""
    pair += " or a symmetric 3×3" if meta.get("tensor") else ""
    hint = f" {meta['hint']}" if meta["hint"] else ""
    return VegardError(f"{owner} must be {meta['rule']}{unit}{pair}; got {got!r}.{hint}")


def number(owner: str, meta: Mapping[str, Any], value: object) -> float:
    """One number that keeps its rule, as a float."""
    if isinstance(value, str):
        raise VegardError(
            f"{owner} must be a number in SI units [{meta['unit']}]; got the text {value!r}. "
            f'Use vegard.units.parse({value!r}, "{meta["unit"]}"), or write it in a file.'
        )
    dimensions: int = getattr(value, "ndim", 0)  # older numpy takes the one item of an array
    if isinstance(value, bool) or dimensions:
        raise fail(owner, meta, value)
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise fail(owner, meta, value) from None
    legal = isfinite(result) or (isinf(result) and meta["infinite"])
    if not legal or not _RULES[meta["rule"]](result):
        raise fail(owner, meta, value)
    return result


def _checked(owner: str, meta: Mapping[str, Any], value: object) -> object:
    if "options" in meta:
        if value not in meta["options"]:
            raise unknown_name(owner, value, meta["options"])
        return value
    if meta.get("text"):
        if value is not None and not isinstance(value, str):
            raise VegardError(f"{owner} must be text; got {value!r}.")
        return value
    if "rule" not in meta:
        return value
    if value is None and meta["unknown"]:
        return None
    if (
        isinstance(value, str | bytes)
        or getattr(value, "ndim", 1) == 0
        or not hasattr(value, "__len__")
    ):
        return number(owner, meta, value)
    items = list(value)  # type: ignore[call-overload]
    if meta.get("tensor") and len(items) == 3:
        return _tensor(owner, meta, value, items)
    if not meta["pair"] or len(items) != 2:
        raise fail(owner, meta, value)
    return tuple(number(owner, meta, v) for v in items)


def _tensor(owner: str, meta: Mapping[str, Any], value: object, rows: list[Any]) -> Tensor:
    """A symmetric 3×3 as rows of floats; what rounding leaves of asymmetry is taken out."""
    if any(isinstance(r, str) or not hasattr(r, "__len__") or len(r) != 3 for r in rows):
        raise fail(owner, meta, value)
    t = [[number(owner, meta, v) for v in row] for row in rows]
    largest = max(abs(v) for row in t for v in row)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        if abs(t[i][j] - t[j][i]) > 1e-9 * largest:
            raise VegardError(
                f"{owner} must be symmetric as every strain is; got {t[i][j]:g} in row {i + 1}, "
                f"column {j + 1} but {t[j][i]:g} in row {j + 1}, column {i + 1}. Give the "
                "symmetric part (B + Bᵀ)/2: the rest is a rotation, not a strain."
            )
        t[i][j] = t[j][i] = (t[i][j] + t[j][i]) / 2
    a, b, c = t
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])


@dataclass(frozen=True, slots=True)
class Parameters:
    """Base of the objects: checks and converts each field by its metadata when it is made."""

    def __post_init__(self) -> None:
        for f in fields(self):
            if f.metadata:
                name = f"{type(self).__name__}.{f.name}"
                value = _checked(name, f.metadata, getattr(self, f.name))
                object.__setattr__(self, f.name, value)


def field_of(owner: object, name: str) -> Field[Any]:
    """The dataclass field ``name``; an unknown name lists the valid ones."""
    assert is_dataclass(owner)
    table = {f.name: f for f in fields(owner)}
    if name not in table:
        kind = owner.__name__ if isinstance(owner, type) else type(owner).__name__
        raise unknown_name(f"field of {kind}", name, table)
    return table[name]


def get_path(owner: object, path: str) -> Any:
    """Value at a dotted path, e.g. ``"tip.radius"``."""
    value: Any = owner
    for name in path.split("."):
        if not is_dataclass(value):
            raise VegardError(f"'{path}' goes into {value!r}, which has no fields.")
        value = getattr(value, field_of(value, name).name)
    return value


def replace_path(owner: T, path: str, value: object) -> T:
    """Copy of ``owner`` with the value at a dotted path replaced, and checked."""
    head, _, rest = path.partition(".")
    field_of(owner, head)
    if rest:
        inner = getattr(owner, head)
        if not is_dataclass(inner):
            raise VegardError(f"'{path}' goes into {inner!r}, which has no fields.")
        value = replace_path(inner, rest, value)
    return replace(owner, **{head: value})  # type: ignore[type-var]


def replace_paths(owner: T, changes: Mapping[str, object]) -> T:
    """Copy of ``owner`` with the values at dotted paths replaced, one after the other."""
    for path, value in changes.items():
        owner = replace_path(owner, path, value)
    return owner


def table(owner: type) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Field names and metadata of a class, in order."""
    assert is_dataclass(owner)
    for f in fields(owner):
        yield f.name, f.metadata
