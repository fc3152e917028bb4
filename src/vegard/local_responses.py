"""Responses of many uniform samples that differ in a few parameters: a pixel's own, for each pixel.

Few different samples are computed one by one. Many are a Chebyshev series in the logarithms of the
parameters, with as many nodes as its last coefficients ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import NotConverged

Real = NDArray[np.float64]
Respond = Callable[[dict[str, float]], NDArray[Any]]
Progress = Callable[[int, int, str], None]

_FEW = 64
_FIRST = 9  # nodes along a parameter, doubled where they do not suffice
_TOLERANCE = 1e-7  # of the last two coefficients, of the largest value
_MOST = 20_000  # responses
_BLOCK = 4_000_000  # numbers at once


def each(maps: Mapping[str, Real], respond: Respond, progress: Progress | None) -> NDArray[Any]:
    """Responses (pixels, m) for the values that the pixels have.

    Parameters
    ----------
    maps : dict
        Path to the values > 0 of all pixels, (pixels,).
    respond : callable
        Values by path to the response (m,).
    progress : callable, optional
        Called as (done, total, what).

    Raises
    ------
    NotConverged
        If the series needs more than 20,000 responses.
    """
    paths = list(maps)
    table = np.stack([maps[p] for p in paths], axis=1)
    found, back = np.unique(table, axis=0, return_inverse=True)

    def one(row: Any, done: int, total: int) -> NDArray[Any]:
        if progress is not None:
            progress(done, total, "uniform samples")
        return respond({p: float(v) for p, v in zip(paths, row, strict=True)})

    if len(found) <= _FEW:
        values = np.array([one(row, i, len(found)) for i, row in enumerate(found)])
        return values[back.ravel()]
    low, high = np.log(table.min(axis=0)), np.log(table.max(axis=0))
    middle, half = (low + high) / 2, np.where(high > low, (high - low) / 2, 1.0)
    counts = np.where(high > low, _FIRST, 1)
    while True:
        total = int(np.prod(counts))
        nodes = [np.exp(m + h * _nodes(n)) for m, h, n in zip(middle, half, counts, strict=True)]
        values = np.array([one(row, i, total) for i, row in enumerate(product(*nodes))])
        series = _series(values.reshape(*counts, -1))
        short = np.array([_tail(series, axis) for axis in range(len(paths))]) > _TOLERANCE
        if not short.any():
            return _evaluated(series, (np.log(table) - middle) / half)
        counts = np.where(short & (counts > 1), 2 * counts - 1, counts)
        if np.prod(counts) > _MOST:
            raise NotConverged(
                f"the response over the values of {' and '.join(paths)}",
                _TOLERANCE, max(_tail(series, axis) for axis in range(len(paths))),
                "Give maps of fewer decades, or of a few values (up to 64 different pixels).",
            )  # fmt: skip


def _nodes(count: int) -> Real:
    return np.asarray(np.cos(np.pi * (np.arange(count) + 0.5) / count))


def _series(values: NDArray[Any]) -> NDArray[Any]:
    """Chebyshev coefficients along all axes but the last."""
    for axis in range(values.ndim - 1):
        n = values.shape[axis]
        inverse = 2 / n * np.polynomial.chebyshev.chebvander(_nodes(n), n - 1).T
        inverse[0] /= 2
        values = np.moveaxis(np.tensordot(inverse, values, (1, axis)), 0, axis)
    return values


def _tail(series: NDArray[Any], axis: int) -> float:
    """Last two coefficients along an axis, of the largest at each frequency or time."""
    if series.shape[axis] == 1:
        return 0.0
    others = tuple(range(series.ndim - 1))
    last = np.abs(np.take(series, [-2, -1], axis)).max(axis=others)
    size = np.abs(series).max(axis=others)
    return float(np.divide(last, size, out=np.zeros(size.shape), where=size > 0).max())


def _evaluated(series: NDArray[Any], t: Real) -> NDArray[Any]:
    """The series (a, b, …, m) at t (pixels, parameters) in [-1, 1]."""
    shape = series.shape
    rows = max(1, _BLOCK // (series.size // shape[0]))
    parts = np.array_split(t, max(1, len(t) // rows))

    def contracted(part: Real) -> NDArray[Any]:
        vander = [np.polynomial.chebyshev.chebvander(part[:, i], n - 1)
                  for i, n in enumerate(shape[:-1])]  # fmt: skip
        first = (vander[0] @ series.reshape(shape[0], -1)).reshape(len(part), *shape[1:])
        return reduce(lambda x, v: np.einsum("nb,nb...->n...", v, x), vander[1:], first)

    return np.concatenate([contracted(part) for part in parts])


def geometric_mean(values: Real) -> float:
    """Geometric mean of values > 0."""
    first = float(values.flat[0])
    return first * float(np.exp(np.mean(np.log(values / first))))  # a uniform map to the last digit
