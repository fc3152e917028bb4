"""Pictures of images and maps: perceptually uniform colours, axes in real lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.image_inputs import LOCAL, VEGARD
from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.imaging import Image

SHOWN = ("amplitude", "phase", "validity")
_ERRORS = 1e4  # of largest over smallest colour of an error
_DECADE = 10.0  # of largest over smallest, from which on a map has a logarithmic scale


def draw(
    image: Image,
    ax: Axes | None = None,
    *,
    index: int | tuple[int, ...] = 0,
    show: str = "amplitude",
    title: str | None = None,
) -> Axes:
    """Draw one image of a stack.

    Parameters
    ----------
    image : Image
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    index : int or tuple of int
        Which frequency or time.
    show : {"amplitude", "phase", "validity"}
        Amplitude [m] (over time the displacement itself), phase [rad] on a cyclic scale, or the
        error of the method [–].
    title : str, optional
        Words before the contrast.

    Raises
    ------
    VegardError
        For an unknown name, or an index beyond the stack.
    """
    if show not in SHOWN:
        raise unknown_name("picture", show, SHOWN)
    points = image.axis.points
    try:
        at = points[index] if points.ndim else points
        values = image.values[(slice(None), slice(None), *np.atleast_1d(index))] if points.ndim \
            else image.values  # fmt: skip
    except IndexError:
        raise VegardError(
            f"index {index!r} is beyond the {points.size} images of the stack."
        ) from None
    when = quantity(float(at), image.axis.unit)
    here = f"at {when}" if image.axis.name == "frequency" else f"after {when}"
    if show == "phase":
        low_high = {"vmin": -np.pi, "vmax": np.pi, "cmap": "twilight"}
        return _drawn(np.angle(values), image.pixel, "phase (rad)", ax, title or f"Phase {here}",
                      **low_high)  # fmt: skip
    if show == "validity":
        worst = float(image.validity.max())
        head = title or f"Error of the method at most {_percent(worst)}"
        return _drawn(100 * image.validity, image.pixel, "error of the method (%)", ax, head,
                      **_logarithmic(100 * worst / _ERRORS, 100 * worst))  # fmt: skip
    shown = np.abs(values) if np.iscomplexobj(values) else values
    factor, unit = scale(float(np.abs(shown).max()), "m")
    label = f"{'amplitude' if np.iscomplexobj(values) else 'displacement'} ({unit})"
    told = f"contrast {_percent(float(image.contrast[index if points.ndim else ()]))} {here}"
    told += _of_map(image)
    head = f"{title}: {told}" if title else told[0].upper() + told[1:]
    return _drawn(factor * shown, image.pixel, label, ax, head, cmap="viridis")


def _of_map(image: Image) -> str:
    """What the contrast is compared with, where one map makes it."""
    names = list(image.maps)
    if len(names) != 1 or names[0] not in LOCAL:
        return ""
    values = image.maps[names[0]]
    return f" ({LOCAL[names[0]][0]}: {_percent(float(values.std() / abs(values.mean())))})"


def draw_map(
    values: NDArray[np.float64],
    pixel: tuple[float, float],
    path: str = VEGARD,
    ax: Axes | None = None,
    *,
    title: str | None = None,
) -> Axes:
    """Draw a map of a property; over more than a decade its scale is logarithmic.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The map in SI units.
    pixel : (float, float)
        Size of a pixel along y and x [m].
    path : str
        What it is a map of: a key of ``image``'s maps.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    title : str, optional
        The message.
    """
    if path not in LOCAL:
        raise unknown_name("map", path, LOCAL)
    symbol, unit = LOCAL[path]
    low, high = float(values.min()), float(values.max())
    how: dict[str, Any] = {"cmap": "cividis"}
    if low > 0 and high / low >= _DECADE:
        how |= _logarithmic(low, high)
    factor, shown = scale(high, unit)
    power = 3 * int(np.floor(np.log10(max(abs(low), abs(high), 1e-300)) / 3))
    if shown == unit and power and "norm" not in how:  # no prefix fits
        factor, shown = 10.0**-power, rf"$10^{{{power}}}$ {unit}"
    head = title or f"{symbol} from {quantity(low, unit)} to {quantity(high, unit)}"
    return _drawn(factor * values, pixel, f"{symbol} ({shown})", ax, head, **how)


def _percent(share: float) -> str:
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def _logarithmic(low: float, high: float) -> dict[str, Any]:
    """A logarithmic scale of colours, where there is anything to show."""
    from matplotlib.colors import LogNorm

    return {"norm": LogNorm(low, high)} if high > 0 else {}


def _drawn(
    values: Any, pixel: tuple[float, float], label: str, ax: Any, title: str, **how: Any
) -> Axes:
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(5.4, 4.6), layout="constrained").add_subplot()
    (ny, nx), (dy, dx) = values.shape, pixel
    factor, unit = scale(max(ny * dy, nx * dx), "m")
    extent = (0.0, nx * dx * factor, ny * dy * factor, 0.0)
    shown = ax.imshow(values, extent=extent, interpolation="nearest", **{"cmap": "viridis"} | how)
    bar = ax.figure.colorbar(shown, ax=ax, label=label)
    bar.outline.set_visible(False)
    ax.set(xlabel=f"x ({unit})", ylabel=f"y ({unit})")
    ax.set_title(title, loc="left", fontsize=11)
    drawn: Axes = ax
    return drawn
