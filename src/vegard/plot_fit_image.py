"""The picture of an image in a fit: data, fit and residuals side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.fitting import Data

_LIMIT = 4.0  # standard deviations at which the colours of residuals end


def draw(
    ax: Axes, data: Data, model: NDArray[Any], residual: NDArray[Any], unit: str
) -> list[Axes]:
    """Draw the first image of a stack, its fit and its residuals.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where the data go; fit and residuals take their room from it.
    data : Data
        The image.
    model, residual : ndarray, shape (ny, nx, n)
        The fitted image [unit of the data], and data less fit [standard deviations].
    unit : str
        Unit of the data.
    """
    figure: Any = ax.figure
    box = ax.get_position()
    grid = figure.add_gridspec(
        1, 3, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1, wspace=0.2
    )
    ax.set_subplotspec(grid[0])
    second, third = figure.add_subplot(grid[1]), figure.add_subplot(grid[2])
    shown, curve = (np.abs(v[..., 0]) if data.is_complex else v[..., 0] for v in (data.y, model))
    factor, named = scale(float(np.abs(shown).max()), unit)
    size = {"vmin": factor * float(shown.min()), "vmax": factor * float(shown.max())}
    left = np.real(residual[..., 0])
    when = quantity(float(data.x[0]), "Hz" if data.spectral else "s")
    what = "amplitude" if data.spectral else "displacement"
    label = f"{what} ({named})" if named not in ("", "–") else f"{what} (as measured)"
    panels: list[tuple[Axes, Any, dict[str, Any], str]] = [
        (ax, factor * shown, {"cmap": "viridis", **size}, label),
        (second, factor * curve, {"cmap": "viridis", **size}, f"fit, {when}"),
        (third, left, {"cmap": "RdBu_r", "vmin": -_LIMIT, "vmax": _LIMIT},
         "residual of Re u (σ)" if data.is_complex else "residual (σ)"),
    ]  # fmt: skip
    for i, (one, values, how, name) in enumerate(panels):
        _panel(one, values, data.pixel, how, name)
        if i:
            one.set_ylabel("")
            one.tick_params(labelleft=False)
    return [ax, second, third]


def _panel(
    ax: Axes, values: Any, pixel: tuple[float, float], how: dict[str, Any], name: str
) -> None:
    """One image with its colours below, axes in real lengths."""
    (ny, nx), (dy, dx) = values.shape, pixel
    factor, unit = scale(max(ny * dy, nx * dx), "m")
    extent = (0.0, factor * nx * dx, factor * ny * dy, 0.0)
    drawn = ax.imshow(values, extent=extent, interpolation="nearest", **how)
    ax.set(xlabel=f"x ({unit})", ylabel=f"y ({unit})", anchor="N")
    ax.locator_params(nbins=4)
    figure: Any = ax.figure
    bar = figure.colorbar(
        drawn, ax=ax, label=name, orientation="horizontal", fraction=0.05, pad=0.16
    )
    bar.outline.set_visible(False)
