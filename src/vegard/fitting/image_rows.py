"""Images as data: the readings, what is known of the object, and the pixels, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.image_inputs import BOUNDARIES, LOCAL, ORIENTATION, THICKNESS, checked_pixel

Real = NDArray[np.float64]

OVER = ("frequency", "time")
PATHS = (*(p for p in LOCAL if p != THICKNESS), ORIENTATION)
"""Maps that have a kernel."""


def rows(x: Any, y: Any, over: str, boundary: str) -> tuple[Real, NDArray[Any]]:
    """The swept axis (n,) and the image (ny, nx, n)."""
    for word, name, known in ((over, "over", OVER), (boundary, "boundary", BOUNDARIES)):
        if word not in known:
            raise unknown_name(name, word, known)
    try:
        points, image = np.array(x, float), np.array(y)
        if image.dtype.kind not in "iufc":
            raise TypeError
    except (TypeError, ValueError):
        raise VegardError("Data.x and .y of an image must be numbers.") from None
    if image.ndim == 2:
        image = image[..., None]
    points = points.reshape(-1) if points.ndim == 0 else points
    if image.ndim != 3 or points.shape != image.shape[2:] or 0 in image.shape:
        raise VegardError(
            "Data.y of an image must be of shape (ny, nx), or (ny, nx, n) for n values of x; got "
            f"{np.shape(y)} for x of {np.shape(x)}."
        )
    bad = ~np.isfinite(image)
    if bad.any() or not np.isfinite(points).all():
        raise VegardError(
            f"Data.x and .y of an image must be finite; {bad.sum()} readings are not. Crop the "
            "image, or put any number there and give these readings a large sigma."
        )
    return points, image.astype(complex if np.iscomplexobj(image) else float)


def maps(given: Any, shape: tuple[int, int]) -> dict[str, Real]:
    """Maps of the object, one value for each pixel."""
    if not isinstance(given, Mapping) or not given:
        raise VegardError(
            'Data("image") needs what is known of the object, e.g. maps={"material.vegard": beta}.'
        )
    out = {}
    for path, values in given.items():
        if path == THICKNESS:
            raise VegardError(
                "a map of geometry.thickness has no kernel: the edges of steps lift the surface by "
                "themselves; mask them and fit the curve of a pixel."
            )
        if path not in PATHS:
            raise unknown_name("map", path, PATHS)
        out[path] = np.array(values, float)
        if out[path].shape[:2] != shape:
            raise VegardError(
                f"the map of {path} must have the image's pixels, {shape}; got {out[path].shape}."
            )
    return out


def pixel(given: Any) -> tuple[float, float]:
    """Size of a pixel along y and x [m]."""
    if given is None:
        raise VegardError('Data("image") needs pixel=, the size of a pixel [m].')
    return checked_pixel(given)
