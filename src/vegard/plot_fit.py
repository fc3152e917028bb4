"""The picture of a fit: data, curve and residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.prefixes import scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.fitting import Data, Fit

_NAMES = {"frequency": "displacement", "relaxation": "displacement", "loop": "displacement",
          "pitt": "current", "gitt": "voltage", "eis": "impedance"}  # fmt: skip
_X = {"frequency": "frequency (Hz)", "eis": "frequency (Hz)", "relaxation": "time (s)",
      "pitt": "time (s)", "gitt": "time (s)", "loop": "bias (V)"}  # fmt: skip
_CURVE = "#D55E00"


def draw(result: Fit, ax: Axes | None = None, *, which: int = 0) -> Axes:
    """Draw one curve of a fit over its data, the residuals in standard deviations below.

    Parameters
    ----------
    result : Fit
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new pyplot figure if left out.
    which : int
        Number of the data.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of data and curve.
    """
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    data: Data = result.inputs["data"][which]
    model, residual = result.model()[which], result.residuals[which]
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.4, 4.8)).add_subplot()
    below = make_axes_locatable(ax).append_axes("bottom", size="30%", pad=0.12, sharex=ax)
    factor, unit = scale(float(np.abs(data.y).max()), data.unit)
    size = 3.5 if data.x.size < 300 else 1.2
    for label, mark, y, curve, rest in _parts(data, model, residual):
        (points,) = ax.plot(data.x, factor * y, mark, markersize=size, label=label)
        order = np.arange(data.x.size) if data.kind == "loop" else np.argsort(data.x)
        ax.plot(data.x[order], factor * curve[order], color=_CURVE, linewidth=1.3)
        below.plot(data.x, rest, mark, markersize=size, color=points.get_color())
    below.axhline(0.0, color="0.5", linewidth=0.8, zorder=0)
    below.set(xlabel=_X[data.kind], ylabel="residual (σ)")
    ax.set(ylabel=f"{_NAMES[data.kind]} ({unit})", xlabel=_X[data.kind])
    ax.tick_params(labelbottom=False)
    if data.kind != "loop" and (data.x > 0).all():
        ax.set_xscale("log")
    if _positive(data, model):
        ax.set_yscale("log")
    if np.iscomplexobj(data.y):
        ax.legend(frameon=False, fontsize=9)
    ax.set_title(_title(result), loc="left", fontsize=11)
    for one in (ax, below):
        one.spines[["top", "right"]].set_visible(False)
        one.grid(visible=True, color="0.9", linewidth=0.6)
        one.set_axisbelow(True)
    return ax


def _parts(data: Data, model: NDArray[Any], residual: NDArray[Any]) -> list[tuple[Any, ...]]:
    if not np.iscomplexobj(data.y):
        return [("", "o", data.y, model, residual)]
    sign = "-" if data.kind == "eis" else ""
    turn = -1.0 if data.kind == "eis" else 1.0
    name = "Z" if data.kind == "eis" else "u"
    return [
        (f"Re {name}", "o", data.y.real, model.real, residual.real),
        (f"{sign}Im {name}", "^", turn * data.y.imag, turn * model.imag, turn * residual.imag),
    ]


def _positive(data: Data, model: NDArray[Any]) -> bool:
    """Whether a logarithmic scale shows everything."""
    if data.kind == "eis" and np.iscomplexobj(data.y):
        return bool((data.y.real > 0).all() and (data.y.imag < 0).all() and (model.imag < 0).all())
    real = not np.iscomplexobj(data.y)
    return data.kind in ("pitt", "frequency") and real and bool((data.y > 0).all())


def _title(result: Fit) -> str:
    name = "material.diffusivity"
    if name not in result.values:
        return "Fit and residuals"
    low, high = result.interval(name)
    if low > 0 and np.isfinite(high):
        return f"D = {result.values[name]:.2g} m²/s (95 %: {low:.2g} … {high:.2g})"
    if low > 0:
        return f"D ≥ {low:.2g} m²/s (95 %), no upper limit"
    return (
        f"D ≤ {high:.2g} m²/s (95 %), no lower limit" if np.isfinite(high) else "D not determined"
    )
