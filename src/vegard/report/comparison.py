"""Pictures of measured amplitudes against what diffusion can give."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.dart_scans import CHANGE, QUALITIES, Analysis, between
from vegard.findings import LATTICE_CONSTANT
from vegard.plot import OKABE_ITO
from vegard.prefixes import quantity
from vegard.response import frequency_response, time_response
from vegard.waveforms import Pulse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE = OKABE_ITO[0], OKABE_ITO[1]
_PALE, _MIDDLE = "#d5e5f2", "#9fc5e2"  # two strengths of the blue of diffusion


def amplitudes(ax: Axes, a: Analysis) -> Axes:
    """Measured medians, as they stand and divided by Q, against the bound for each material [pm].

    The bars end at the largest diffusive displacement for the two changes of concentration.
    """
    low = 1e12 * min(s.amplitude for s in a.scans) / max(QUALITIES) / 4
    for row, name in enumerate(reversed(a.materials)):
        mine = [s for s in a.scans if s.material == name]
        for case, colour in ((1, _PALE), (0, _MIDDLE)):
            end = 1e12 * max(a.bound(s, case).displacement for s in mine)
            ax.barh(row, end - low, left=low, height=0.78, color=colour, zorder=1)
        jitter = row + 0.26 * np.linspace(-1, 1, len(mine))
        size = 1e12 * np.array([s.amplitude for s in mine])
        for q, face in zip(QUALITIES, (ORANGE, "white"), strict=True):
            ax.scatter(size / q, jitter, s=20, facecolor=face, edgecolor=ORANGE, zorder=3)
    ax.set_yticks(range(len(a.materials)), _names(a))
    ax.set(xscale="log", xlabel="displacement of the surface (pm)", ylim=(-0.55, None))
    ax.set_xlim(left=low)
    ax.set_title(_message(a), loc="left", fontsize=11)
    _labels(ax, a)
    _clean(ax, "x")
    return ax


def _names(a: Analysis) -> list[str]:
    out = []
    for name in reversed(a.materials):
        mine = [s for s in a.scans if s.material == name]
        out.append(f"{name}\n{len(mine)} scans\n{between([s.frequency for s in mine], 'Hz')}")
    return out


def _message(a: Analysis) -> str:
    n = len(a.scans)
    parts = []
    for q in QUALITIES:
        few, most = a.possible(0, q), a.possible(1, q)
        count = f"{few}" if few == most else f"{few} to {most}"
        parts.append(f"Q = {q:g}: {count} of {n}")
    return "Within reach of diffusion – " + ", ".join(parts)


def _labels(ax: Axes, a: Analysis) -> None:
    from matplotlib.artist import Artist
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Patch(color=_MIDDLE, label=f"diffusion, Δx ≤ {CHANGE:g}"),
        Patch(color=_PALE, label=f"diffusion, Δx ≤ {a.fraction:.2g}"),
    ]
    for q, face in zip(QUALITIES, (ORANGE, "white"), strict=True):
        name = "measured (Q = 1)" if q == 1 else f"measured / {q:g} (Q = {q:g})"
        dot: dict[str, Any] = {"markersize": 5, "markerfacecolor": face, "markeredgecolor": ORANGE}
        handles.append(Line2D([], [], marker="o", linestyle="", label=name, **dot))
    ax.legend(handles=handles, frameon=False, fontsize=9, ncols=2, loc="upper center",
              bbox_to_anchor=(0.5, -0.17))  # fmt: skip


def spectrum(ax: Axes, a: Analysis) -> Axes:
    """Diffusive amplitude over frequency for both ends of D, and where was measured."""
    change = float(a.changes[0] or 0.0)
    ends = a.diffusivity
    first = min(a.window.contact_frequency) / 100
    f = np.geomspace(first, 3 * max(s.frequency for s in a.scans), 241)
    for d, style in zip(ends, ("--", "-"), strict=True):
        e = a.experiment.replace({"material.diffusivity": d})
        u = frequency_response(e, f, per="concentration").amplitude * change * 1e12
        thin = f > d / (2 * pi * LATTICE_CONSTANT**2)
        ax.plot(f[~thin], u[~thin], style, color=BLUE, label=f"D = {d:g} m²/s")
        ax.plot(f[thin], u[thin], style, color=BLUE, alpha=0.35)
    ax.plot([], [], color=BLUE, alpha=0.35, label="skin below a lattice constant")
    for q, face in zip(QUALITIES, (ORANGE, "white"), strict=True):
        ax.scatter(
            [s.frequency for s in a.scans], [1e12 * s.amplitude / q for s in a.scans], s=16,
            facecolor=face, edgecolor=ORANGE, linewidth=0.8, zorder=3,
            label="measured (Q = 1)" if q == 1 else f"measured / {q:g} (Q = {q:g})",
        )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="frequency f (Hz)",
           ylabel="displacement of the surface |u| (pm)")  # fmt: skip
    show = between(a.window.contact_frequency, "Hz", 2)
    title = "Diffusive amplitude over frequency"
    if _apart(a):
        title = f"Diffusion shows at {show}, not where these scans measured"
    ax.set_title(title, loc="left", fontsize=11)
    ax.legend(frameon=False, fontsize=9, loc="lower left")
    _clean(ax, "both")
    return ax


def _apart(a: Analysis) -> bool:
    return max(a.window.contact_frequency) < min(s.frequency for s in a.scans) / 10


def relaxation(ax: Axes, a: Analysis) -> Axes:
    """What a pulse of R²/D would show, for the slowest and the fastest D."""
    change = float(a.changes[0] or 0.0)
    for d, duration, style in zip(a.diffusivity, a.window.pulse, ("--", "-"), strict=True):
        e = a.experiment.replace({"material.diffusivity": d})
        t = duration * np.sort(np.append(np.geomspace(1e-2, 1e2, 240), [1.0, 1.0 + 1e-6]))
        u = time_response(e, Pulse(duration), t, per="concentration").values * change * 1e12
        label = f"D = {d:g} m²/s, pulse of {quantity(duration, 's', 2)}"
        ax.plot(t, u, style, color=BLUE, label=label)
    ax.set(xscale="log", xlabel="time t (s)", ylabel="displacement u (pm)")
    fall = between(a.window.relaxation, "s", 2)
    ax.set_title(f"After a pulse of R²/D the surface falls to 1/e in {fall}", loc="left",
                 fontsize=11)  # fmt: skip
    ax.legend(frameon=False, fontsize=9, loc="upper right")
    ax.set_ylim(top=1.3 * ax.get_ylim()[1])
    _clean(ax, "both")
    return ax


def _clean(ax: Axes, axis: str) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, which="major", axis=axis, color="0.9", linewidth=0.6)  # type: ignore[arg-type]
    ax.set_axisbelow(True)
