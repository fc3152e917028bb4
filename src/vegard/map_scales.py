"""How a map is shown: its numbers as people read them, the scale of its colours, its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.map_pixels import (
    DETERMINED,
    LIMIT,
    MISFIT,
    NOTHING,
    counts,
    is_log,
    states,
    values_of,
)
from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

SYMBOLS = {"diffusivity": "D", "rate": "κ", "f0": "f₀", "q": "Q", "chi2": "χ²", "phase": "φ"}
WORDS = {LIMIT: "no more than a limit", MISFIT: "poor fit", NOTHING: "not determined"}
_ENDS = (0.01, 0.99)  # quantiles at the ends of a scale
_ALIKE = 1e-9  # of a value: what has no scale of its own


class Shown(NamedTuple):
    """Numbers as they are drawn, what each is, label and colours of the scale, message, prefix."""

    values: Real
    state: NDArray[np.int8]
    label: str
    look: dict[str, Any]
    title: str
    factor: float = 1.0


def of(dataset: xr.Dataset, variable: str) -> Shown:
    """A map as it is shown: values, an error relative to them, or how well the model fits."""
    base = variable.removesuffix("_sigma")
    if base != variable and base in dataset:
        return _error(dataset, base)
    if variable in ("chi2", "scatter"):
        return _goodness(dataset, variable)
    values, state = values_of(dataset, variable), states(dataset, variable)
    seen = values[state == DETERMINED]
    unit = unit_of(dataset, variable)
    factor, shown = scale(float(np.median(np.abs(seen))) if seen.size else 0.0, unit)
    symbol = SYMBOLS.get(variable, variable)
    label = f"{symbol} ({shown})" if shown else symbol
    if unit == "rad":
        look = {"cmap": "twilight", "norm": _between(-np.pi, np.pi, log=False)}
    else:
        look = _look(factor * seen, log=is_log(variable, seen))
    return Shown(factor * values, state, label, look, message(dataset, variable), factor)


def _error(dataset: xr.Dataset, base: str) -> Shown:
    """The standard deviation: relative to what has a logarithm, else as it is."""
    values, state = values_of(dataset, base), states(dataset, base)
    sigma = values_of(dataset, f"{base}_sigma")
    state = np.where((state != LIMIT) & ~np.isfinite(sigma), np.int8(NOTHING), state)
    good = state == DETERMINED
    symbol, unit = SYMBOLS.get(base, base), unit_of(dataset, base)
    if is_log(base, values[good]):
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = sigma / np.abs(values)
        wide = bool(good.any() and np.quantile(relative[good], 0.9) > 1)
        shown = relative / np.log(10) if wide else 100 * relative
        label = "decades" if wide else "%"
        told = range_of(shown[good], label)
    else:
        factor, label = scale(float(np.median(sigma[good])) if good.any() else 0.0, unit)
        shown, told = factor * sigma, range_of(sigma[good], unit)
    head = f"1σ of {symbol}"
    title = f"{head}: {told}{_left_out(state)}"
    look = _look(shown[good], log=is_log("", shown[good])) | {"cmap": "plasma"}
    return Shown(shown, state, f"{head} ({label})" if label else head, look, title)


def _goodness(dataset: xr.Dataset, variable: str) -> Shown:
    """χ² over its degrees of freedom, or the scatter of the readings; of all that were fitted."""
    values = values_of(dataset, variable)
    state = np.where(np.isfinite(values), np.int8(DETERMINED), np.int8(NOTHING))
    good = state == DETERMINED
    if variable == "scatter":
        unit = unit_of(dataset, variable)
        factor, prefixed = scale(float(np.median(values[good])) if good.any() else 0.0, unit)
        shown, label, head = factor * values, f"scatter ({prefixed})", "Scatter about the fit"
        told = range_of(values[good], unit)
        look = _look(shown[good], log=is_log("", shown[good])) | {"cmap": "cividis"}
    else:
        degrees = dataset.get("degrees", dataset.attrs.get("degrees"))
        shown = values if degrees is None else values / np.asarray(degrees, float)
        told = range_of(shown[good], "")
        label = head = "χ²" if degrees is None else "Reduced χ²"
        far = np.abs(np.log(shown[good & (shown > 0)])) if good.any() else np.zeros(1)
        reach = float(np.exp(max(np.quantile(far, _ENDS[1]) if far.size else 0.0, np.log(2.5))))
        look = {"cmap": "PuOr_r", "norm": _between(1 / reach, reach, log=True)}
    misfit = counts(dataset).get("misfit", 0)
    title = (
        f"{head}: {told}\n{misfit} {WORDS[MISFIT]} of {good.size} pixels"
        if misfit
        else f"{head}: {told}"
    )
    return Shown(shown, state, label, look, title)


def message(dataset: xr.Dataset, variable: str) -> str:
    """The range of a map's values, and how many of its pixels are none."""
    state = states(dataset, variable)
    symbol = SYMBOLS.get(variable, variable)
    seen = values_of(dataset, variable)[state == DETERMINED]
    return f"{symbol}: {range_of(seen, unit_of(dataset, variable))}{_left_out(state)}"


def range_of(values: Real, unit: str) -> str:
    """Median and the middle 80 % of values in an SI unit, % or decades."""
    if not values.size:
        return "no pixel is determined"
    low, middle, high = (float(q) for q in np.quantile(values, (0.1, 0.5, 0.9)))
    prefixed = scale(middle, unit)[1] != unit
    ends = (quantity(v, unit if prefixed else "") for v in (low, high))
    return f"{quantity(middle, unit)} (median), {' … '.join(ends)} (10–90 %)"


def _left_out(state: NDArray[np.int8]) -> str:
    """How many pixels are no value of the sample, and why; empty if all are."""
    found = [f"{n} {WORDS[s]}" for s in WORDS if (n := int((state == s).sum()))]
    return f"\n{', '.join(found)} of {state.size} pixels" if found else ""


def unit_of(dataset: xr.Dataset, variable: str) -> str:
    """Unit of a map; empty for a pure number."""
    unit = str(dataset[variable].attrs.get("units", ""))
    return "" if unit in ("1", "–") else unit


def _look(seen: Real, *, log: bool) -> dict[str, Any]:
    return {"cmap": "viridis", "norm": _norm(seen, log=log)}


def _norm(seen: Real, *, log: bool) -> Any:
    """A scale from the 1 to the 99 % quantile."""
    low, high = (float(q) for q in np.quantile(seen, _ENDS)) if seen.size else (1.0, 10.0)
    if high - low <= _ALIKE * abs(high):  # some room on both sides
        low, high = (low / 2, high * 2) if log else (low - abs(low) / 2, high + abs(high) / 2)
    return _between(low, high, log=log)


def _between(low: float, high: float, *, log: bool) -> Any:
    from matplotlib.colors import LogNorm, Normalize

    return LogNorm(low, high) if log else Normalize(low, high)
