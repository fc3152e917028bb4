"""The least drive, concentration, contact and diffusivity that a reading detects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log, pi
from typing import Any

import numpy as np

from vegard import amounts, diffusion
from vegard.concentrations import concentration
from vegard.experiment import Experiment
from vegard.findings import SMALLEST_RADIUS
from vegard.material import FARADAY
from vegard.prefixes import quantity
from vegard.response import frequency_response

_STEP = 0.5  # decades between the radii or diffusivities at which a limit is looked for
_RADII = -4.0, 4.0  # decades about those of the experiment
_DIFFUSIVITIES = -8.0, 4.0


@dataclass(frozen=True, slots=True)
class Smallest:
    """The least that a reading of strain or current detects, all else as in the experiment.

    Parameters
    ----------
    by : {"strain", "current"}
        What is read.
    snr : float
        Signal over noise that counts as detected [–].
    frequency : float
        Frequency [Hz].
    drive : float or None
        Amplitude of the drive, in its unit [V, mol/m³, mol/m²/s or A].
    change : float or None
        ΔC under the centre of the tip [mol/m³].
    product : float or None
        D·ΔC with the normal D of the experiment [mol/m/s].
    radius : float or None
        Contact radius [m].
    volume : float or None
        Volume [m³] within a diffusion length √(D/ω) under that contact: πR² times that length, at
        most 2R/3 (a half-sphere) or the film.
    diffusivity : float or None
        Normal D [m²/s]; where D is anisotropic, its ratio is kept.
    notes : tuple of str
        Why something is None.
    """

    by: str
    snr: float
    frequency: float
    drive: float | None = None
    change: float | None = None
    product: float | None = None
    radius: float | None = None
    volume: float | None = None
    diffusivity: float | None = None
    notes: tuple[str, ...] = ()


def smallest(d: Any, i: int, wanted: float, by: str) -> Smallest:
    """The limits of a `Detection` at its frequency number i."""
    e, per, drive = (d.inputs[k] for k in ("experiment", "per", "drive"))
    f = float(np.ravel(d.frequency)[i])
    what = "displacement" if by == "strain" else "current"
    least = wanted * float(np.ravel(getattr(d, f"{what}_noise"))[i])
    size = float(np.ravel(getattr(d, what))[i])

    def signal(changed: Experiment) -> float:
        if by == "strain":
            u: float = drive * float(frequency_response(changed, f, per=per).amplitude)
            return u
        flow = amounts.moved(changed, np.asarray(f), per)[1]
        i_f: float = abs(e.material.charge) * FARADAY * drive * abs(complex(flow))
        return i_f

    notes: list[str] = []
    radius = _least(
        lambda x: signal(e.replace({"tip.radius": e.tip.radius * x})), least, _RADII,
        "contact radius", notes,
    )  # fmt: skip
    scale = _least(
        lambda x: signal(e.replace({"material.diffusivity": _times(e.material.diffusivity, x)})),
        least, _DIFFUSIVITIES, "diffusivity", notes,
    )  # fmt: skip
    if radius is not None and radius * e.tip.radius < SMALLEST_RADIUS:
        notes.append("a contact below 1 nm is a few atoms wide: noise does not limit its size.")
    d0, share = e.material.diffusivity_normal, least / size
    under = concentration(e.replace({"readout": "centre"}), f, per=per)
    change = share * drive * float(under.amplitude)
    r = None if radius is None else radius * e.tip.radius
    depth = min(diffusion.length(d0, f), e.thickness)
    return Smallest(
        by, wanted, f, share * drive, change, d0 * change,
        r, None if r is None else pi * r * r * min(depth, 2 * r / 3),
        None if scale is None else scale * d0, tuple(notes),
    )  # fmt: skip


def _times(diffusivity: Any, factor: float) -> Any:
    pair = isinstance(diffusivity, tuple)
    return tuple(factor * v for v in diffusivity) if pair else factor * diffusivity


def _least(
    signal: Callable[[float], float],
    wanted: float,
    decades: tuple[float, float],
    name: str,
    notes: list[str],
) -> float | None:
    """Smallest factor at which a signal is as large as wanted; None, with a note, if none is."""
    low, high = decades
    before: float | None = None
    for exponent in np.arange(low, high + _STEP / 2, _STEP).tolist():
        if signal(10**exponent) >= wanted:
            break
        before = exponent
    else:
        notes.append(
            f"no {name} up to 10^{high:g} times that of the experiment makes the signal large "
            "enough."
        )
        return None
    if before is None:
        notes.append(
            f"the signal is large enough at any {name} down to 10^{low:g} times that of the "
            "experiment."
        )
        return None
    from scipy.optimize import brentq

    root = brentq(lambda x: log(signal(10**x) / wanted), before, before + _STEP, xtol=1e-10)
    return float(10**root)


def sentence(s: Smallest, per: str) -> str:
    """What they are, in words."""
    unit = {"volt": "V", "concentration": "mol/m³", "flux": "mol/m²/s", "ampere": "A"}
    parts = [
        ("a drive of", s.drive, unit[per]),
        ("ΔC of", s.change, "mol/m³"),
        ("D·ΔC of", s.product, "mol/m/s"),
        ("a contact of", s.radius, "m"),
        ("D of", s.diffusivity, "m²/s"),
    ]
    told = ", ".join(f"{w} {quantity(v, u)}" for w, v, u in parts if v is not None and isfinite(v))
    if s.volume is not None:
        told += f" (a volume of ({quantity(s.volume ** (1 / 3), 'm', 2)})³)"
    text = (
        f"With an SNR of {s.snr:g} at {quantity(s.frequency, 'Hz')} the {s.by} detects, one at a "
        f"time, {told}."
    )
    return " ".join([text, *(n[0].upper() + n[1:] for n in s.notes)])
