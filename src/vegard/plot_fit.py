"""The picture of a fit: data, curve, and the residuals in standard deviations below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import plot_fit_image
from vegard.plot import OKABE_ITO
from vegard.prefixes import scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.fitting import Data, Fit

Real = NDArray[np.float64]

_NAMES = {"frequency": "displacement u", "relaxation": "displacement u", "loop": "displacement u",
          "pitt": "current I", "gitt": "voltage V", "eis": "impedance |Z|"}  # fmt: skip
_DATA, _SECOND, _CURVE = OKABE_ITO[0], OKABE_ITO[2], OKABE_ITO[1]
_MANY = 300  # points from which on marks are small


class _Panel(NamedTuple):
    """One curve of a fit, ready to draw."""

    data: Data
    x: Real
    label: str
    y: NDArray[Any]
    model: NDArray[Any]
    residual: NDArray[Any]
    unit: str
    factor: float

    @property
    def size(self) -> float:
        """Of a mark [points]."""
        return 3.5 if self.x.size < _MANY else 1.2


def draw(
    result: Fit,
    ax: Axes | None = None,
    *,
    level: float = 0.95,
    units: Sequence[str] | None = None,
) -> Axes:
    """Draw the curves of a fit over their data, residuals in standard deviations below.

    Several data stand side by side. Complex impedance is drawn in its plane, its residuals over
    frequency; a complex displacement as amplitude and phase. After a pulse the time counts from its
    end, if nothing was read before.

    Parameters
    ----------
    result : Fit
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the other panels take their room from it. A new pyplot figure if left out.
    level : float
        Confidence level of the interval in the title [–].
    units : sequence of str, optional
        Units of each y, where they are not m, A, V and Ω: a displacement with a free gain.

    Returns
    -------
    matplotlib.axes.Axes
        Data and curve of the first data; the others follow in ``ax.figure.axes``.
    """
    count = len(result.residuals)
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(6.4 * count, 5.2)).add_subplot()
    models = result.model()
    for i, one in enumerate(_columns(ax, count)):
        data = result.inputs["data"][i]
        unit = data.unit if units is None else units[i]
        if data.kind == "image":
            plot_fit_image.draw(one, data, models[i], result.residuals[i], unit)
            continue
        panel = _panel(data, models[i], result.residuals[i], unit)
        if not np.iscomplexobj(data.y):
            _real(one, panel)
        elif data.kind == "eis":
            _plane(one, panel)
        else:
            _bode(one, panel)
        one.legend(frameon=False, fontsize=9)
    ax.set_title(_title(result, level), loc="left", fontsize=11)
    return ax


def _columns(ax: Axes, count: int) -> list[Axes]:
    """The axes, made narrower, and others beside it."""
    if count == 1:
        return [ax]
    figure: Any = ax.figure
    box = ax.get_position()
    grid = figure.add_gridspec(
        1, count, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1, wspace=0.3
    )
    ax.set_subplotspec(grid[0])
    return [ax, *(figure.add_subplot(grid[i]) for i in range(1, count))]


def _panel(data: Data, model: NDArray[Any], residual: NDArray[Any], unit: str) -> _Panel:
    x, label = _axis(data)
    shown = np.full(x.size, True) if data.kind == "loop" else x > 0  # what a log axis has
    factor, unit = scale(float(np.abs(data.y[shown]).max(initial=0.0)), unit)
    return _Panel(data, x[shown], label, data.y[shown], model[shown], residual[shown], unit, factor)


def _axis(data: Data) -> tuple[Real, str]:
    """What the data are drawn over."""
    from vegard.waveforms import Pulse

    x = np.asarray(data.x)
    if data.spectral:
        return x, "frequency f (Hz)"
    if data.kind == "loop":
        return x, "bias V (V)"
    if isinstance(data.drive, Pulse) and (x > data.drive.duration).all():
        return x - data.drive.duration, "time after the pulse (s)"
    return x, "time t (s)"


def _real(ax: Axes, p: _Panel) -> None:
    (below,) = _below(ax, p, "35%")
    order = slice(None) if p.data.kind == "loop" else np.argsort(p.x)
    _over(ax, p, p.x, p.factor * p.y, p.factor * p.model, order)
    below.plot(p.x, p.residual, "o", color=_DATA, markersize=p.size)
    ax.set_ylabel(f"{_NAMES[p.data.kind]}{_in(p.unit)}")
    if p.data.kind in ("pitt", "frequency", "eis") and (p.y > 0).all() and (p.model > 0).all():
        ax.set_yscale("log")


def _plane(ax: Axes, p: _Panel) -> None:
    """Nyquist's plane, one scale for both axes."""
    (below,) = _below(ax, p, "35%", share=False)
    z, curve = p.factor * p.y, p.factor * p.model
    order = np.argsort(p.x)
    ax.plot(z.real, -z.imag, "o", color=_DATA, markersize=p.size, label="data")
    ax.plot(curve.real[order], -curve.imag[order], color=_CURVE, linewidth=1.3, label="fit")
    ax.set(xlabel=f"Re Z{_in(p.unit)}", ylabel=f"−Im Z{_in(p.unit)}")
    ax.set_aspect("equal", adjustable="datalim")
    _parts(below, p, "Z")


def _bode(ax: Axes, p: _Panel) -> None:
    """Amplitude over phase."""
    phase, below = _below(ax, p, "45%", "35%")
    order = np.argsort(p.x)
    _over(ax, p, p.x, p.factor * np.abs(p.y), p.factor * np.abs(p.model), order)
    angle = np.empty(p.x.size)
    angle[order] = np.unwrap(np.angle(p.model[order]))
    near = angle + np.angle(p.y / p.model)  # the turn of the circle that is nearest to the fit
    _over(phase, p, p.x, np.degrees(near), np.degrees(angle), order)
    phase.set_ylabel("phase (°)")
    ax.set(yscale="log", ylabel=f"amplitude |u|{_in(p.unit)}")
    _parts(below, p, "u")


def _over(ax: Axes, p: _Panel, x: Real, y: Real, curve: Real, order: Any) -> None:
    ax.plot(x, y, "o", color=_DATA, markersize=p.size, label="data")
    ax.plot(x[order], curve[order], color=_CURVE, linewidth=1.3, label="fit")


def _parts(below: Axes, p: _Panel, name: str) -> None:
    """Residuals of the real and of the imaginary part."""
    for part, mark, colour in (("Re", "o", _DATA), ("Im", "^", _SECOND)):
        rest = p.residual.real if part == "Re" else p.residual.imag
        below.plot(p.x, rest, mark, color=colour, markersize=p.size, label=f"{part} {name}")
    below.legend(fontsize=8, ncols=2, loc="best", edgecolor="none", framealpha=0.8)


def _below(ax: Axes, p: _Panel, *sizes: str, share: bool = True) -> list[Axes]:
    """Axes below, the last for the residuals; they have the same x, unless ``share`` is false."""
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    divider = make_axes_locatable(ax)
    divider.set_aspect(False)  # equal axes widen their limits, not their room
    pad = 0.12 if share else 0.6
    more = {"sharex": ax} if share else {}
    out: list[Axes] = [divider.append_axes("bottom", size=s, pad=pad, **more) for s in sizes]
    below = out[-1]
    below.axhspan(-2, 2, color="0.94", zorder=0)
    below.axhline(0.0, color="0.5", linewidth=0.8, zorder=0.5)
    below.set(xlabel=p.label, ylabel="residual (σ)")
    if p.data.kind != "loop":
        below.set_xscale("log")
    for one in (ax, *out):
        one.spines[["top", "right"]].set_visible(False)
        one.grid(visible=True, which="major", color="0.9", linewidth=0.6)
        one.set_axisbelow(True)
        if share and one is not below:
            one.tick_params(labelbottom=False)
    return out


def _in(unit: str) -> str:
    return f" ({unit})" if unit not in ("", "–") else " (as measured)"


def _title(result: Fit, level: float) -> str:
    """What was found: the diffusivity, or how well the curve fits."""
    name = "material.diffusivity"
    if name not in result.values:
        return f"Largest residual of the fit: {result.diagnostics['largest']:.2g} σ"
    low, high = result.interval(name, level)
    above, below = low > 0, bool(np.isfinite(high))
    if above and below:
        return f"D = {result.values[name]:.2g} m²/s ({level:.0%}: {low:.2g} … {high:.2g})"
    known = [c.text for c in result.combinations if name in c.exponents]
    words = f"; only {known[0]} is known" if known else ""
    if above:
        return f"D ≥ {low:.2g} m²/s ({level:.0%}), no upper limit{words}"
    if below:
        return f"D ≤ {high:.2g} m²/s ({level:.0%}), no lower limit{words}"
    return f"D is not determined{words}"
