"""Size: against the largest displacement of diffusion, and against a material without ions."""

from __future__ import annotations

from math import exp, log, pi, sqrt

import numpy as np

from vegard.contacts import BlockingTip, Contact
from vegard.diffusion import length
from vegard.experiment import Experiment
from vegard.findings import LATTICE_CONSTANT
from vegard.fitting import Data
from vegard.largest import largest_response
from vegard.prefixes import quantity
from vegard.tips import DiscTip
from vegard.verdicts.evidence import Evidence
from vegard.verdicts.laws import Range, Real, decades, responses

MODEL = log(2)  # 1σ of ln of the bound: β, R and the linear model are known to a factor of two
_SIGHT = 3.0  # standard deviations by which a point of a spectrum must stand out
_SAME = log(2)  # spread of ln of a parasitic signal from one material to another
_LEFT = 0.2  # of a diffusive signal that a material without ions may still show
_HIDDEN = 0.05  # chance that something of the same size as diffusion hides it


def largest(
    experiment: Experiment, f: Real, *, drive: float, diffusivity: Range, change: float | None
) -> tuple[Real, Real]:
    """Largest diffusive displacement [m] at each frequency, and the D [m²/s] that gives it.

    The larger one of equilibrium on the whole surface and of a contact. A contact has no sink
    outside, so that its response grows like ln(1/ω) and passes that of the surface at low ω.
    """
    if change is None and isinstance(experiment.interface, BlockingTip):
        m = experiment.material
        change = abs(drive * experiment.interface.amplitude("volt", experiment.tip, m))
        change = min(change, m.site_concentration or np.inf)
    top = largest_response(experiment, f, diffusivity=diffusivity, drive=drive, change=change)
    size, best = np.atleast_1d(top.displacement), np.atleast_1d(top.diffusivity)
    contact = experiment.replace(
        {"also": (), "tip": DiscTip(experiment.tip.radius), "interface": Contact()}
    )
    low, high = diffusivity
    d = np.geomspace(low, high, 2 + int(8 * np.log10(high / low)))
    table = responses(contact, decades(f, diffusivity))
    found = top.change * np.abs(table(np.log(f[:, None] / d)))
    pick = found.argmax(axis=1)
    more = found[np.arange(f.size), pick]
    return np.maximum(size, more), np.where(more > size, d[pick], best)


def size(
    readings: tuple[Real, Real, Real],
    experiment: Experiment,
    *,
    drive: float,
    q: Range,
    diffusivity: Range,
    change: float | None,
) -> Evidence | None:
    """Whether the displacement is too large for diffusion.

    Parameters
    ----------
    readings : (frequency, amplitude, sigma)
        Rows [Hz], [m], [m]; None comes back if no amplitude stands out of its noise.

    Notes
    -----
    The surface moves by A/Q. ln L = -½ z², z = ln(A/(Q B))/ln 2 > 0 with the largest Q of its
    range and the bound B; a smaller signal tells nothing, because ΔC may be as small as one likes.
    """
    f, amplitude, sigma = readings
    sure = amplitude - _SIGHT * sigma
    if not (sure > 0).any():
        return None
    f, sure, amplitude = f[sure > 0], sure[sure > 0], amplitude[sure > 0]
    bound, best = largest(experiment, f, drive=drive, diffusivity=diffusivity, change=change)
    worst = int(np.argmax(sure / bound))
    moved, top = float(sure[worst]) / q[1], float(bound[worst])
    ratio = moved / top
    weight = -0.5 * (log(ratio) / MODEL) ** 2 if ratio > 1 else 0.0
    skin = length(diffusivity[1], float(f[worst]))
    told = "" if q[1] == 1 else f" even if a resonance of Q = {q[1]:.3g} raised it"
    end = (
        f"{ratio:.2g} times the largest diffusive {quantity(top, 'm')}{told}."
        if ratio > 1 else f"not above the largest diffusive {quantity(top, 'm')}."
    )  # fmt: skip
    if ratio <= 1 and skin < LATTICE_CONSTANT:
        end += (
            f" But ions would move in a skin of {quantity(skin, 'm', 2)} at most, less than a "
            "lattice constant."
        )
    return Evidence(
        "size", moved, None, "m", f"displacement at Q = {q[1]:.3g}", top, weight,
        f"at {quantity(float(f[worst]), 'Hz')} the surface moves by {quantity(moved, 'm')} or more,"
        f" {end}",
        {"frequency_Hz": float(f[worst]), "ratio": ratio, "skin_m": skin,
         "diffusivity_m2_per_s": float(best[worst])},
    )  # fmt: skip


def spectra_readings(spectra: tuple[Data, ...], unknown: Real) -> tuple[Real, Real, Real]:
    """All points of spectra as frequency, amplitude and sigma; ``unknown`` where none is given."""
    f = np.concatenate([d.x for d in spectra])
    a = np.concatenate([np.abs(d.y) for d in spectra])
    s = [np.abs(d.y) * u if d.sigma is None else d.sigma
         for d, u in zip(spectra, unknown, strict=True)]  # fmt: skip
    return f, a, np.concatenate(s)


def null(amplitude: float, without: float) -> Evidence:
    """Whether a material without mobile ions shows the same.

    Notes
    -----
    x = null over signal. Something else: ln x normal about 0, spread ln 2; diffusion: x half-normal
    of 0.2, or in 5 % of cases as for something else, since a null material may by chance show as
    much as ions do. So it never excludes by itself.
    """
    x = without / amplitude
    same = exp(-0.5 * (log(x) / _SAME) ** 2) / (x * _SAME * sqrt(2 * pi))
    less = 2 * exp(-0.5 * (x / _LEFT) ** 2) / (_LEFT * sqrt(2 * pi))
    floor = 1e-300  # of densities, to take a logarithm
    weight = log(max((1 - _HIDDEN) * less + _HIDDEN * same, floor)) - log(max(same, floor))
    return Evidence(
        "null material", x, None, "–", "signal without ions over signal", 1.0, weight,
        f"without mobile ions the signal is {x:.2g} of this (ln likelihood ratio {weight:+.1f}).",
        {"null_m": without},
    )  # fmt: skip
