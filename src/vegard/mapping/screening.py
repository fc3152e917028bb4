"""Pixels that cannot be fitted, readings that cannot be believed, and the flags of a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Bool = NDArray[np.bool_]

FLAGS = (
    "good",
    "missing",  # fewer finite readings than parameters + 2
    "flat",
    "saturated",
    "not_converged",
    "undetermined",  # no signal, or any value of a parameter serves
    "limit",  # a parameter has one end only, or is at the end of its range
    "incomplete",  # some readings are nan
    "outliers",  # some readings lie far off the fit
    "misfit",  # the residual is no noise
)
LOST = 4  # flags up to this have no values
_NOTHING = 1e-100  # largest reading of a curve that is as good as zero
_RAIL = 4  # equal readings in a row at the end of the range
_UNIQUE = 0.8  # share of values that occur once, of data that are not coarse
_SPIKE = 8.0  # distance from the neighbours' median, in their own scatter
_NEAR = 3  # neighbours on each side
_STEP = 4.0  # the same in units of the change from neighbour to neighbour


def code(name: str) -> int:
    """Number of a flag."""
    return FLAGS.index(name)


def screen(y: Real, known: Bool, parameters: int) -> NDArray[np.int8]:
    """Flag of pixels that are not fitted, 0 for all others.

    Parameters
    ----------
    y : ndarray, shape (p, n)
        Readings.
    known : ndarray of bool, shape (p, n)
        Which are finite.
    parameters : int
        How many are free.
    """
    some = np.asarray(known.all(axis=1))
    flag = np.zeros(len(y), np.int8)
    flag[known.sum(axis=1) < parameters + 2] = code("missing")
    filled = y if some.all() else np.where(known, y, np.nan)
    with np.errstate(all="ignore"):
        high, low = _ends(filled, some)
    flat = ((high == low) | (np.maximum(high, -low) < _NOTHING)) & (flag == 0)
    flag[flat] = code("flat")
    at_high, at_low = filled == high[:, None], filled == low[:, None]
    most = np.maximum(at_high.sum(axis=1), at_low.sum(axis=1))
    for i in np.flatnonzero((most >= _RAIL) & (flag == 0)):
        if _clipped(filled[i][known[i]]):
            flag[i] = code("saturated")
    return flag


def _clipped(y: Real) -> bool:
    """Whether readings stay at the end of the range.

    Where other values repeat too, a coarse converter is as good a reason: then only a long run at
    the end that lies farther from the median, where a signal would be, is taken for clipping.
    """
    high, low = y == y.max(), y == y.min()
    rest = y[~high & ~low]
    if np.unique(rest).size > _UNIQUE * rest.size:
        return max(_longest(high), _longest(low)) >= _RAIL
    middle = np.median(y)
    far = high if y.max() - middle >= middle - y.min() else low
    return _longest(far) >= max(_RAIL, y.size // 8)


def _ends(y: Real, some: Bool) -> tuple[Real, Real]:
    high, low = y.max(axis=1), y.min(axis=1)
    if not some.all():
        part = np.where(np.isfinite(y[~some]), y[~some], -np.inf)
        high[~some] = part.max(axis=1)
        low[~some] = -np.where(np.isfinite(part), -part, -np.inf).max(axis=1)
    return high, low


def _longest(here: Bool) -> int:
    """Longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], here.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def spikes(y: Real, known: Bool) -> Bool:
    """Readings far from all their neighbours, (p, n): what a smooth curve cannot do.

    Hampel's identifier with a median over seven readings; its scale is the median distance over the
    curve, but no less than what the curve does from one reading to the next.
    """
    n = y.shape[1]
    filled = np.where(known, y, np.nan)
    index = np.clip(np.arange(n)[:, None] + np.arange(-_NEAR, _NEAR + 1), 0, n - 1)
    with np.errstate(all="ignore"):
        median = nanmedian(filled[:, index])
        away = np.abs(filled - median)
        scatter = 1.4826 * nanmedian(away)[:, None]
        change = nanmedian(np.abs(np.diff(median, axis=1)))[:, None]
    found: Bool = away > _SPIKE * scatter + _STEP * change
    return found & known


def nanmedian(values: Real) -> Real:
    """Median of the finite ones along the last axis; nan where there is none."""
    ordered = np.sort(values, axis=-1)  # nan last
    count = np.isfinite(ordered).sum(axis=-1)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0)[..., None] // 2, -1)[..., 0]
    high = np.take_along_axis(ordered, np.maximum(count, 0)[..., None] // 2, -1)[..., 0]
    out: Real = np.where(count > 0, (low + np.where(count % 2 == 0, high, low)) / 2, np.nan)
    return out
