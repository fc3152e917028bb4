"""Contact, lever and parasitic terms in a report: key numbers, sentences, one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vegard import readings
from vegard.io.extras import Hertz
from vegard.plot import OKABE_ITO
from vegard.prefixes import quantity, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.result import Response

TERMS = {
    "frequency": ("diffusion (ESM)", OKABE_ITO[0], "-"),
    "electrostatic": ("electrostatic force", OKABE_ITO[1], "--"),
    "electrostriction": ("electrostriction", OKABE_ITO[2], "-."),
    "joule": ("Joule heating", OKABE_ITO[3], ":"),
}
_MODES = 3


def numbers(point: Any) -> dict[str, float]:
    """Key numbers of contact, lateral motion, lever and parasitic terms, where computed."""
    out: dict[str, float] = {}
    tip = None if point.case is None else point.case.recipe.tip
    if isinstance(tip, Hertz):
        out["contact_radius_m"] = point.experiment.tip.radius
    if point.impedance is not None:
        z = np.abs(readings.curve(point.impedance)[1])
        if point.resistance is not None:
            out["resistance_at_rest_Ohm"] = float(np.real(point.resistance.values))
            out["current_at_rest_A_per_V"] = 1 / out["resistance_at_rest_Ohm"]
        out |= {
            "impedance_lowest_Ohm": float(abs(z[0])),
            "impedance_highest_Ohm": float(abs(z[-1])),
        }
        out["current_lowest_A_per_V"] = 1 / out["impedance_lowest_Ohm"]
    if point.step_current is not None:
        unit = "A_per_V" if point.step_current.units == "A/V" else "mol_per_s_per_mol_per_m3"
        out[f"step_current_last_{unit}"] = float(readings.curve(point.step_current)[1][-1].real)
    for name in ("lateral_x", "lateral_y"):
        if (sideways := getattr(point, name)) is not None:
            out[f"{name}_lowest"] = float(abs(readings.curve(sideways)[1][0]))
    for name, unit in (("edge_width", "_m"), ("snr_strain", ""), ("snr_current", "")):
        if (seen := getattr(point, name)) is not None:
            f, y = readings.curve(seen)
            out |= {f"{name}_lowest{unit}": float(y[0]), f"{name}_highest{unit}": float(y[-1])}
            out |= {f"{name}_lowest_Hz": float(f[0]), f"{name}_highest_Hz": float(f[-1])}
    return out | _of_terms(point) | _of_lever(point)


def _of_terms(point: Any) -> dict[str, float]:
    if point.sum is None:
        return {}
    out: dict[str, float] = {}
    for name in (*list(TERMS)[1:], "sum"):
        if (term := getattr(point, name)) is not None:
            size = np.abs(readings.curve(term)[1])
            out |= {f"{name}_lowest": float(size[0]), f"{name}_highest": float(size[-1])}
    changes = largest(point)
    out["largest_term_changes_Hz"] = changes[1][1] if len(changes) > 1 else float("nan")
    return out


def _of_lever(point: Any) -> dict[str, float]:
    if point.photodiode is None:
        return {}
    lever = point.case.extras.cantilever
    out = {"contact_stiffness_N_per_m": lever.contact_stiffness}
    pairs = zip(lever.resonances(_MODES), lever.quality_factors(_MODES), strict=True)
    for i, (f, q) in enumerate(pairs, 1):
        out |= {f"contact_resonance_{i}_Hz": float(f), f"contact_quality_{i}": float(q)}
    f, d = readings.curve(point.photodiode)
    top = int(np.abs(d).argmax())
    return out | {"photodiode_peak": float(np.abs(d[top])), "photodiode_peak_Hz": float(f[top])}


def largest(point: Any) -> list[tuple[str, float]]:
    """Which term has the largest amplitude, and from which frequency [Hz] on."""
    given = [name for name in TERMS if getattr(point, name) is not None]
    f, _ = readings.curve(point.frequency)
    size = np.array([np.abs(readings.curve(getattr(point, name))[1]) for name in given])
    top = size.argmax(axis=0)
    out = [(given[top[0]], float(f[0]))]
    for i in np.flatnonzero(np.diff(top)):
        ratio = np.log(size[top[i + 1], i : i + 2] / size[top[i], i : i + 2])
        out.append((given[top[i + 1]], readings.crossing(f[i : i + 2], ratio, 0.0)))
    return out


def dominance(point: Any) -> str:
    """Which term moves the tip most, at which frequency."""
    found = largest(point)
    names = [TERMS[name][0] for name, _ in found]
    edges = [quantity(f, "Hz") for _, f in found[1:]]
    if not edges:
        return f"Of all terms {names[0]} is the largest at every frequency computed"
    parts = [f"{names[0]} below {edges[0]}"]
    parts += [
        f"{n} from {low} to {high}"
        for n, low, high in zip(names[1:-1], edges, edges[1:], strict=False)
    ]
    return f"The largest term is {', '.join(parts)}, and {names[-1]} above {edges[-1]}"


def per(response: Response) -> str:
    """The drive of a response in words, empty for a number of its own."""
    units = response.units.partition("/")[2]
    return " per volt" if units == "V" else f" per {units.strip('()')}" if units else ""


def amplitude(value: float, response: Response) -> str:
    """An amplitude with its drive, e.g. 1.4 nm per volt."""
    return quantity(value, "m") + per(response)


def sentences(point: Any, n: dict[str, float]) -> list[str]:
    """What the new signals say, one sentence each."""
    said = []
    if "contact_radius_m" in n:
        tip = point.case.recipe.tip
        said.append(
            f"A load of {1e9 * tip.load:.3g} nN makes a contact of radius "
            f"{quantity(n['contact_radius_m'], 'm')} ({tip.model}, {tip.shape})."
        )
    if "resistance_at_rest_Ohm" in n:
        said.append(
            f"At rest the contact lets through {quantity(n['current_at_rest_A_per_V'], 'A')} per "
            f"volt: a resistance of {quantity(n['resistance_at_rest_Ohm'], 'Ω')}, charge transfer "
            "and spreading."
        )
    sideways = [d for d in "xy" if f"lateral_{d}_lowest" in n]
    if sideways:
        drive = per(getattr(point, f"lateral_{sideways[0]}"))
        size = " and ".join(
            f"{quantity(n[f'lateral_{d}_lowest'], 'm')}{drive} along {d}" for d in sideways
        )
        said.append(f"Sideways it moves by {size} at {quantity(n['lowest_frequency_Hz'], 'Hz')}.")
    if "edge_width_lowest_m" in n:
        ends = (
            f"{quantity(n[f'edge_width_{end}_m'], 'm')} at "
            f"{quantity(n[f'edge_width_{end}_Hz'], 'Hz')}"
            for end in ("lowest", "highest")
        )
        said.append(f"Read by a punch, an edge of β is seen over {' and '.join(ends)}.")
    for name, signal in (("snr_strain", "displacement"), ("snr_current", "current")):
        if f"{name}_lowest" in n:
            ends = (
                f"{quantity(n[f'{name}_{end}'], '–', 2)} times the noise at "
                f"{quantity(n[f'{name}_{end}_Hz'], 'Hz')}"
                for end in ("lowest", "highest")
            )
            said.append(f"The {signal} is {' and '.join(ends)}.")
    if point.sum is not None:
        said.append(dominance(point) + ".")
    if "photodiode_peak" in n:
        said.append(
            f"In contact ({n['contact_stiffness_N_per_m']:.3g} N/m) the lever resonates first at "
            f"{quantity(n['contact_resonance_1_Hz'], 'Hz')} with Q = {n['contact_quality_1']:.3g}."
        )
    return said


def terms(ax: Axes, point: Any, label: str) -> Axes:
    """Amplitude of diffusion, of each parasitic term and of their sum."""
    factor, unit = scale(float(np.abs(point.sum.values).max()), point.sum.units)
    f, total = readings.curve(point.sum)
    ax.plot(f, np.abs(total) * factor, color="0.75", linewidth=5, label="sum", zorder=1)
    for name, (words, colour, style) in TERMS.items():
        if (term := getattr(point, name)) is None:
            continue
        size = np.abs(readings.curve(term)[1]) * factor
        ax.plot(f, np.where(size > 0, size, np.nan), style, color=colour, label=words)
    ax.set(xscale="log", yscale="log", xlabel="frequency f (Hz)", ylabel=f"amplitude |u| ({unit})")
    title = dominance(point).replace("The largest term is ", "Largest: ")
    ax.set_title(f"{title}{label}", loc="left", fontsize=11, wrap=True)
    ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax
