"""The pixels of a map: what each value is worth, by its flag, and other maps on the same pixels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

DETERMINED, LIMIT, MISFIT, NOTHING = range(4)  # what a pixel's value is, by `states`
_SOUND = ("good", "incomplete", "outliers")
_STATES = {"limit": LIMIT, "misfit": MISFIT}  # of the other flags; all that are left: NOTHING
_LOG = ("diffusivity", "rate")  # searched over decades, so their logarithm is what spreads


def meanings(dataset: xr.Dataset) -> dict[int, str]:
    """Words of the flags of a map, by number; empty if it has none."""
    if "flag" not in dataset:
        return {}
    attrs = dataset["flag"].attrs
    words = str(attrs.get("flag_meanings", "")).split()
    values = attrs.get("flag_values", range(len(words)))
    if isinstance(values, str):  # as a file gives it back
        values = re.findall(r"\d+", values)
    return {int(v): w for v, w in zip(values, words, strict=True)}


def counts(dataset: xr.Dataset) -> dict[str, int]:
    """Number of pixels of each flag that occurs, in the order of the flags."""
    if "flag" not in dataset:
        return {}
    flag = np.asarray(dataset["flag"].values)
    found = {word: int((flag == value).sum()) for value, word in meanings(dataset).items()}
    return {word: n for word, n in found.items() if n}


def states(dataset: xr.Dataset, variable: str) -> NDArray[np.int8]:
    """What the value of each pixel is.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`.
    variable : str
        One of them.

    Returns
    -------
    ndarray of int8, shape of the map
        DETERMINED; LIMIT, no more than a limit; MISFIT, the model does not hold; NOTHING, not
        determined.
    """
    values = values_of(dataset, variable)
    out = np.full(values.shape, DETERMINED, np.int8)
    if "flag" in dataset:
        flag = np.asarray(dataset["flag"].values)
        for value, word in meanings(dataset).items():
            if word not in _SOUND:
                out[flag == value] = _STATES.get(word, NOTHING)
    out[~np.isfinite(values)] = NOTHING
    return out


def values_of(dataset: xr.Dataset, variable: str) -> Real:
    """A map of a dataset, as numbers; an error names those there are."""
    if variable not in dataset.data_vars:
        raise unknown_name("map", variable, map(str, dataset.data_vars))
    if dataset[variable].dtype.kind not in "biuf":
        raise VegardError(f"{variable} holds {dataset[variable].dtype}; a map holds real numbers.")
    return np.asarray(dataset[variable].values, float)


def is_log(variable: str, values: Real) -> bool:
    """Whether a map is told by its logarithm: D and κ, and what spans a decade above zero."""
    seen = values[np.isfinite(values)]
    if not seen.size or not (seen > 0).all():
        return False
    low, high = np.quantile(seen, (0.01, 0.99))
    return variable in _LOG or bool(high >= 10 * low)


def other_map(dataset: xr.Dataset, other: Any, variable: str) -> tuple[Real, str]:
    """Another map on the pixels of ``variable``, with its name."""
    mine = dataset[variable]
    if isinstance(other, str):
        return values_of(dataset, other), other
    name = str(getattr(other, "name", None) or "the other map")
    if hasattr(other, "dims") and set(other.dims) == set(mine.dims):
        other = other.transpose(*mine.dims)
        for axis in mine.dims:
            if axis in mine.coords and axis in other.coords and other.sizes == mine.sizes:
                a, b = (np.asarray(m[axis].values, float) for m in (mine, other))
                step = np.abs(np.diff(a)).min() if a.size > 1 else abs(a).max()
                if np.abs(a - b).max() > 0.5 * step:
                    raise VegardError(
                        f"{name} lies elsewhere along {axis} than {variable}; bring it there, "
                        f"other.interp({axis}=dataset.{axis})."
                    )
    try:
        values = np.asarray(other, float)
    except (TypeError, ValueError):
        raise VegardError(f"{name} must be a map of numbers; got {type(other).__name__}.") from None
    if values.shape != mine.shape:
        raise VegardError(
            f"{name} has the shape {values.shape} and {variable} {mine.shape}; bring it to the "
            "same pixels, e.g. by xarray's interp."
        )
    return values, name


def main_variable(dataset: xr.Dataset) -> str:
    """The map that is shown first: D, or the first parameter."""
    names = [str(n) for n in dataset.data_vars if n != "flag" and not str(n).endswith("_sigma")]
    if not names:
        raise VegardError(
            f"there is no map among {', '.join(map(str, dataset.data_vars)) or 'no variables'}; "
            "give what fit_map, fit_sho or dart returned."
        )
    return next((n for n in ("diffusivity", "rate", "f0") if n in names), names[0])
