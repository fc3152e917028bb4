"""Samples to take images of: grains, inclusions, columns.

Each function returns a `Sample`: a map of a property, and which body each pixel belongs to. A pixel
belongs to what lies at its centre; rows run along y, columns along x.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import rotations
from vegard.errors import VegardError
from vegard.parameters import number, quantity

Real = NDArray[np.float64]

_POSITIVE = quantity("a length", "", "m").metadata
_NOT_NEGATIVE = quantity("a length", "", "m", rule=">= 0").metadata
_VALUE = quantity("a value", "", "units of the map", rule="finite").metadata
_MARGIN = 3.0  # sizes beyond the edges in which there are seeds, too
_NEIGHBOURS = 4
_TRIES = 200  # places tried for each inclusion
MOST_PIXELS = 2**26


class Sample(NamedTuple):
    """A map and its bodies."""

    values: Real
    """(ny, nx) in the unit of what was given, or (ny, nx, 3) Bunge's angles [rad]."""
    labels: NDArray[np.intp]
    """(ny, nx): number of the body, from 1; 0 is the matrix or a grain boundary."""


def grains(
    shape: Sequence[int],
    pixel: float,
    size: float,
    *,
    values: ArrayLike | None = None,
    tilt: float | None = None,
    boundary_width: float = 0.0,
    boundary_value: float | None = None,
    seed: int = 0,
) -> Sample:
    r"""Grains of a polycrystal: cells of random points (Voronoi), uniform in depth.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    pixel : float
        Size of a pixel [m].
    size : float
        Mean grain size [m]: the diameter of a disc of the mean area.
    values : array_like, optional
        Values of which each grain takes one at random [units of the map].
    tilt : float, optional
        Instead of ``values``: each grain gets Bunge's angles of a random orientation with its c
        axis within ``tilt`` of the surface normal [rad]; π is any.
    boundary_width : float
        Width of the grain boundaries [m].
    boundary_value : float, optional
        Their value [units of the map]; needed with a width.
    seed : int
        Of points and choices.

    Returns
    -------
    Sample
        ``values`` (ny, nx), or (ny, nx, 3) [rad] with ``tilt``; ``labels`` (ny, nx).

    Raises
    ------
    VegardError
        Unless exactly one of values and tilt is given, and all sizes are > 0.

    Examples
    --------
    >>> sample = grains((128, 128), 2e-9, 50e-9, values=[1e-6, 2e-6], boundary_width=5e-9,
    ...                 boundary_value=4e-6)
    >>> len(np.unique(sample.labels)), f"{(sample.labels == 0).mean():.2f} boundary"
    (40, '0.19 boundary')
    """
    rows, a, wide = _checked(shape), _length("pixel", pixel), _length("size", size)
    width = number("boundary_width", _NOT_NEGATIVE, boundary_width)
    if (values is None) == (tilt is None):
        raise VegardError("give either values, of which each grain takes one, or tilt [rad].")
    if (width > 0) != (boundary_value is not None) or (width > 0 and tilt is not None):
        raise VegardError(
            "boundary_width and boundary_value come together, and with values, not with tilt; got "
            f"width {boundary_width!r} and value {boundary_value!r}."
        )
    rng = _generator(seed)
    extent = np.array(rows) * a
    low, high = -_MARGIN * wide * np.ones(2), extent + _MARGIN * wide
    count = max(1, round(float(np.prod(high - low)) / (pi / 4 * wide**2)))
    points = low + (high - low) * rng.random((count, 2))
    cell, gap = _cells(rows, a, points)
    _, labels = np.unique(cell, return_inverse=True)
    labels = labels.reshape(rows) + 1
    bodies = int(labels.max())
    if tilt is not None:
        return Sample(_orientations(bodies, tilt, rng)[labels - 1], labels)
    chosen = rng.choice(_values(values), bodies)
    found = chosen[labels - 1]
    if boundary_value is not None:
        edge = gap < width / 2
        found[edge] = number("boundary_value", _VALUE, boundary_value)
        labels[edge] = 0
    return Sample(found, labels)


def inclusions(
    shape: Sequence[int],
    pixel: float,
    radius: float,
    *,
    inside: float,
    outside: float,
    density: float | None = None,
    positions: ArrayLike | None = None,
    seed: int = 0,
) -> Sample:
    """Round inclusions in a matrix.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    pixel : float
        Size of a pixel [m].
    radius : float
        Radius of an inclusion [m].
    inside, outside : float
        Value of the inclusions and of the matrix [units of the map].
    density : float, optional
        Inclusions per area [1/m²], at random places where they do not overlap.
    positions : array_like, shape (n, 2), optional
        Instead of a density: centres (y, x) [m] from the centre of the first pixel.
    seed : int
        Of the places.

    Returns
    -------
    Sample
        ``values`` and ``labels``, (ny, nx).

    Raises
    ------
    VegardError
        Unless exactly one of density and positions is given; if they do not fit without overlap.

    Examples
    --------
    >>> one = inclusions((51, 51), 1e-9, 10e-9, inside=2.0, outside=1.0,
    ...                  positions=[(25e-9, 25e-9)])
    >>> int(one.labels.sum())  # π 10² pixels
    317
    """
    rows, a, r = _checked(shape), _length("pixel", pixel), _length("radius", radius)
    if (density is None) == (positions is None):
        raise VegardError("give either density [1/m²] or positions [m] of the inclusions.")
    extent = (np.array(rows) - 1) * a
    if positions is not None:
        centres = _positions(positions)
    else:
        share = number("density", quantity("a density", "", "1/m²").metadata, density)
        count = round(share * float(np.prod(extent + a)))
        centres = _apart(count, extent, 2 * r, _generator(seed))
    return _discs(rows, a, centres, r, inside, outside)


def columns(
    shape: Sequence[int],
    pixel: float,
    diameter: float,
    spacing: float,
    *,
    inside: float,
    outside: float,
    jitter: float = 0.0,
    seed: int = 0,
) -> Sample:
    """Columns on a hexagonal lattice, as in vertically aligned nanocomposite films.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of pixels.
    pixel : float
        Size of a pixel [m].
    diameter : float
        Of a column [m].
    spacing : float
        Between the centres of neighbours [m].
    inside, outside : float
        Value of the columns and of the matrix [units of the map].
    jitter : float
        Standard deviation of the centres from the lattice, along y and along x [m].
    seed : int
        Of the jitter.

    Returns
    -------
    Sample
        ``values`` and ``labels``, (ny, nx).

    Raises
    ------
    VegardError
        If a length is not > 0, or the columns are wider than their spacing.

    Examples
    --------
    Columns of 30 nm, of the size of those of ceria in SrTiO₃:

    >>> film = columns((300, 300), 1e-9, 30e-9, 60e-9, inside=2e-6, outside=1e-6)
    >>> f"{(film.labels > 0).mean():.2f}"  # without edges π/(2√3) (d/a)² = 0.23
    '0.22'
    """
    rows, a = _checked(shape), _length("pixel", pixel)
    wide, apart = _length("diameter", diameter), _length("spacing", spacing)
    if wide > apart:
        raise VegardError(
            f"columns wider than their spacing overlap: diameter {diameter:g} m, spacing "
            f"{spacing:g} m; make the spacing larger."
        )
    shift = number("jitter", _NOT_NEGATIVE, jitter)
    (height, width), line = np.array(rows) * a, apart * sqrt(3) / 2
    n, m = ceil(height / line) + 2, ceil(width / apart) + 3
    y = (np.arange(n) - 1)[:, None] * line + np.zeros(m)
    x = (np.arange(m) - 1) * apart - (np.arange(n) % 2)[:, None] * apart / 2
    centres = np.stack([y.ravel(), x.ravel()], axis=1)
    centres = centres + shift * _generator(seed).standard_normal(centres.shape)
    return _discs(rows, a, centres, wide / 2, inside, outside)


def _checked(shape: Any) -> tuple[int, int]:
    found = np.asarray(shape)
    if found.shape != (2,) or found.dtype.kind not in "iu" or not (found > 0).all():
        raise VegardError(f"shape must be two whole numbers > 0 (rows, columns); got {shape!r}.")
    if int(found[0]) * int(found[1]) > MOST_PIXELS:
        raise VegardError(f"shape {shape!r} is more than {MOST_PIXELS} pixels; take larger pixels.")
    return int(found[0]), int(found[1])


def _generator(seed: Any) -> np.random.Generator:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise VegardError(f"seed must be a whole number >= 0; got {seed!r}.")
    return np.random.default_rng(seed)


def _length(name: str, value: float) -> float:
    return number(name, _POSITIVE, value)


def _values(values: Any) -> Real:
    found = np.asarray(values, float)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all():
        raise VegardError(f"values must be one or more finite numbers in a row; got {values!r}.")
    return found


def _positions(positions: Any) -> Real:
    found = np.asarray(positions, float)
    if found.ndim != 2 or found.shape[1] != 2 or not np.isfinite(found).all():
        raise VegardError(f"positions must be centres (y, x) [m], shape (n, 2); got {positions!r}.")
    return found


def _centres(rows: tuple[int, int], pixel: float) -> Real:
    """Centres of the pixels (ny·nx, 2) [m]."""
    y, x = np.mgrid[: rows[0], : rows[1]]
    return np.stack([y.ravel(), x.ravel()], axis=1) * pixel


def _cells(rows: tuple[int, int], pixel: float, points: Real) -> tuple[NDArray[np.intp], Real]:
    """Nearest point of each pixel, and its distance [m] from the border of that point's cell."""
    from scipy.spatial import cKDTree

    k = min(_NEIGHBOURS, len(points))
    distance, index = cKDTree(points).query(_centres(rows, pixel), k=max(k, 2))
    if k == 1:
        return index[:, 0].reshape(rows), np.full(rows, np.inf)
    first, others = index[:, :1], index[:, 1:]
    between = np.linalg.norm(points[others] - points[first], axis=-1)
    gap = ((distance[:, 1:] ** 2 - distance[:, :1] ** 2) / (2 * between)).min(axis=1)
    return index[:, 0].reshape(rows), gap.reshape(rows)


def _orientations(count: int, tilt: float, rng: np.random.Generator) -> Real:
    """Bunge's angles (count, 3), uniform over all turns with Φ ≤ tilt."""
    most = number("tilt", quantity("an angle", "", "rad", rule=">= 0").metadata, tilt)
    if most > pi:
        raise VegardError(f"tilt must be at most π [rad]; got {tilt!r}. Did you pass degrees?")
    turn = 2 * pi * rng.random((count, 2))
    cosine = 1 - (1 - np.cos(most)) * rng.random(count)
    return rotations.checked_euler(np.stack([turn[:, 0], np.arccos(cosine), turn[:, 1]], axis=1))


def _apart(count: int, extent: Real, least: float, rng: np.random.Generator) -> Real:
    """Centres at random, one after the other, none closer than ``least``."""
    found = np.empty((0, 2))
    for n in range(count):
        for _ in range(_TRIES):
            trial = extent * rng.random(2)
            if not n or np.hypot(*(found - trial).T).min() >= least:
                break
        else:
            raise VegardError(
                f"only {n} of {count} inclusions found room without overlap; take a smaller "
                "radius or density, or give positions."
            )
        found = np.vstack([found, trial])
    return found


def _discs(
    rows: tuple[int, int], pixel: float, centres: Real, radius: float, inside: float, outside: float
) -> Sample:
    """Discs around centres [m]."""
    from scipy.spatial import cKDTree

    high, low = number("inside", _VALUE, inside), number("outside", _VALUE, outside)
    labels = np.zeros(rows, np.intp)
    if len(centres):
        reach = radius * (1 + 1e-12)  # a pixel on the rim is inside, whatever rounding says
        distance, index = cKDTree(centres).query(
            _centres(rows, pixel), distance_upper_bound=2 * reach
        )
        hit = distance <= reach
        _, number_of = np.unique(index[hit], return_inverse=True)
        labels.reshape(-1)[hit] = number_of + 1
    return Sample(np.where(labels > 0, high, low), labels)
