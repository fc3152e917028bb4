"""The demo: whether the amplitudes of 26 published DART-ESM scans can be diffusion.

The answer is a comparison of sizes: the measured medians, with and without the enhancement by a
contact resonance, against the largest displacement that diffusion can give in LiMn2O4.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import NamedTuple

from vegard.catalogue import Record, materials
from vegard.diffusion import length
from vegard.experiment import Experiment
from vegard.findings import LATTICE_CONSTANT
from vegard.largest import Judgement, Largest, Window, judge_amplitude, largest_response, window
from vegard.prefixes import quantity, scale
from vegard.response import static_response
from vegard.tips import DiscTip

RADIUS = 10e-9  # m, of the contact; above kHz the bound does not depend on it
CHANGE = 0.1  # Δx that linear theory and a kinetically limited contact still allow
QUALITIES = (1.0, 100.0)
CITATION = (
    "Scans: 10.5281/zenodo.21055266, CC-BY; medians from the results table of "
    "MIIMSEKAIST/afm-img-quantification, MIT."
)
ASSUMPTION = (
    "An upper bound by size within the model of LiMn2O4; the scanned materials are others, so "
    "read it as an order of magnitude. LICGC is a solid electrolyte whose β is unknown."
)
_MATERIAL = "LiMn2O4"

Range = tuple[float, float]


class Scan(NamedTuple):
    """One published scan: frequency [Hz], drive [V] and median amplitude [m]."""

    name: str
    material: str
    frequency: float
    drive: float
    amplitude: float


def scans() -> list[Scan]:
    """The 26 scans that come with the package.

    Examples
    --------
    >>> rows = scans()
    >>> len(rows), f"{min(r.amplitude for r in rows) * 1e12:.1f} pm"
    (26, '95.3 pm')
    """
    text = (resources.files("vegard") / "data" / "dart_scans.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return [
        Scan(
            row["scan"],
            row["material"],
            float(row["drive_frequency_Hz"]),
            float(row["drive_amplitude_V"]),
            float(row["median_amplitude_m"]),
        )
        for row in rows
    ]


def diffusivities() -> list[Record]:
    """The published diffusivities of LiMn2O4 in the catalogue [m²/s], slowest first."""
    return sorted(materials[_MATERIAL].records("diffusivity"), key=_size)


def _size(record: Record) -> float:
    assert isinstance(record.value, float)
    return record.value


@dataclass(frozen=True)
class Analysis:
    """The comparison of scans with the bound, every number computed from the inputs.

    Parameters
    ----------
    scans : sequence of Scan
        Measured amplitudes [m].
    experiment : Experiment
        The model.
    diffusivity : (float, float)
        Range of D [m²/s] over which the bound is the largest.
    """

    scans: Sequence[Scan]
    experiment: Experiment
    diffusivity: Range

    @cached_property
    def changes(self) -> tuple[float | None, float | None]:
        """Concentration changes [mol/m³]: Δx = 0.1, and None for what the bias allows."""
        return CHANGE * float(self.experiment.material.need("site_concentration")), None

    @cached_property
    def bounds(self) -> dict[tuple[float, float, int], Largest]:
        """Largest diffusive displacement by frequency, drive and number of the change."""
        keys = sorted({(s.frequency, s.drive) for s in self.scans})
        return {
            (f, v, i): largest_response(
                self.experiment, f, diffusivity=self.diffusivity, drive=v, change=change
            )
            for f, v in keys
            for i, change in enumerate(self.changes)
        }

    def bound(self, scan: Scan, case: int) -> Largest:
        """The bound for one scan; case 0 is Δx = 0.1, case 1 all that the bias allows."""
        return self.bounds[scan.frequency, scan.drive, case]

    def judge(self, scan: Scan, case: int, q: float) -> Judgement:
        """Whether one scan can be diffusive."""
        return judge_amplitude(scan.amplitude, self.bound(scan, case), q)

    def possible(self, case: int, q: float, material: str | None = None) -> int:
        """Number of scans, of one material or all, that are not excluded."""
        return sum(
            self.judge(s, case, q).answer == "possible"
            for s in self.scans
            if material in (None, s.material)
        )

    @cached_property
    def window(self) -> Window:
        """Where diffusion would show."""
        return window(self.experiment, diffusivity=self.diffusivity, change=self.changes[0])

    @cached_property
    def rest(self) -> float:
        """Displacement at rest for Δx = 0.1 [m], which no frequency exceeds."""
        still = static_response(self.experiment, per="concentration")
        return float(still.values) * float(self.changes[0] or 0.0)

    @cached_property
    def fraction(self) -> float:
        """Largest fraction of the sites that the bias may exchange, the second change."""
        sites = float(self.experiment.material.need("site_concentration"))
        return max(b.change for b in self.bounds.values()) / sites

    @property
    def skin(self) -> Range:
        """Diffusion length at the largest D [m] for the highest and the lowest frequency."""
        f = [s.frequency for s in self.scans]
        return length(self.diffusivity[1], max(f)), length(self.diffusivity[1], min(f))

    @property
    def materials(self) -> list[str]:
        """The scans' materials, in order of appearance."""
        return list(dict.fromkeys(s.material for s in self.scans))


def analyse(
    rows: Sequence[Scan] | None = None,
    *,
    experiment: Experiment | None = None,
    diffusivity: Range | None = None,
) -> Analysis:
    """The demo's comparison, or the same one on other input.

    Parameters
    ----------
    rows : sequence of Scan, optional
        Measured amplitudes [m]; the packaged ones if left out.
    experiment : Experiment, optional
        LiMn2O4 half-space under a disc tip of 10 nm if left out.
    diffusivity : (low, high), optional
        Range of D [m²/s]; what the catalogue's records span if left out.

    Examples
    --------
    >>> a = analyse()
    >>> a.possible(0, 1.0), a.possible(1, 1.0), a.possible(0, 100.0), a.possible(1, 100.0)
    (0, 0, 5, 26)
    """
    known = [_size(r) for r in diffusivities()]
    return Analysis(
        tuple(scans() if rows is None else rows),
        experiment or Experiment(materials[_MATERIAL].material(), DiscTip(RADIUS)),
        diffusivity or (known[0], known[-1]),
    )


def between(values: Sequence[float], unit: str, digits: int = 3) -> str:
    """The smallest and the largest of some values, with one unit where they share it.

    Examples
    --------
    >>> between([312e3, 395e3], "Hz"), between([1e-3, 10.0], "s")
    ('312–395 kHz', '1 ms–10 s')
    """
    low, high = min(values), max(values)
    a, b = quantity(low, unit, digits), quantity(high, unit, digits)
    if a == b:
        return a
    if scale(float(f"{low:.{digits}g}"), unit)[1] == scale(float(f"{high:.{digits}g}"), unit)[1]:
        return f"{a.split(' ')[0]}–{b}"
    return f"{a}–{b}"


def sentences(a: Analysis) -> list[str]:
    """The answer in words; every sentence follows from the numbers.

    Returns
    -------
    list of str
        Whether diffusion can give these amplitudes; the sizes compared; what limits that reading;
        and which frequency or pulse would show diffusion instead.
    """
    return [_verdict(a), _sizes(a), *_limits(a), _instead(a)]


def _verdict(a: Analysis) -> str:
    plain, most = QUALITIES
    n = len(a.scans)
    all_sites = a.possible(1, plain), a.possible(1, most)
    if a.possible(0, plain) == n:
        return f"All {n} measured amplitudes are small enough to be diffusion, even with Q = 1."
    if all_sites[1] == 0:
        return f"None of the {n} measured amplitudes can be diffusion, not even with Q = {most:g}."
    if all_sites[0] == 0:
        few = a.possible(0, most)
        which = f"{few} of them for Δx = {CHANGE:g} and {all_sites[1]} for Δx = {a.fraction:.2g}"
        return (
            f"Diffusion alone cannot give any of the {n} measured amplitudes as they stand; with a "
            f"resonance of Q = {most:g} it could give {'all of them' if few == n else which}."
        )
    return (
        f"Diffusion could give {all_sites[0]} of the {n} measured amplitudes as they stand, and "
        f"{all_sites[1]} with a resonance of Q = {most:g}."
    )


def _sizes(a: Analysis) -> str:
    size = between([s.amplitude for s in a.scans], "m")
    f = between([s.frequency for s in a.scans], "Hz")
    tops = [between([a.bound(s, i).displacement for s in a.scans], "m") for i in (0, 1)]
    why = {
        "site concentration": "every site exchanged",
        "open-circuit slope": "what the drive allows by the open-circuit slope",
    }.get(a.bound(a.scans[0], 1).limited_by, "as given")
    return (
        f"Measured are {size}; at {f} diffusion gives at most {tops[0]} for Δx = {CHANGE:g} and "
        f"{tops[1]} for Δx = {a.fraction:.2g} ({why})."
    )


def _limits(a: Analysis) -> list[str]:
    out = []
    if a.skin[0] < LATTICE_CONSTANT:
        out.append(
            f"Even at the largest D the ions would move in a skin of {between(a.skin, 'm', 2)}, "
            f"less than a lattice constant ({quantity(LATTICE_CONSTANT, 'm')}): continuum strain "
            "has no meaning there, so «not excluded» is no evidence for diffusion."
        )
    if a.rest < min(s.amplitude for s in a.scans):
        out.append(
            f"With Q = 1 and Δx = {CHANGE:g} no diffusivity would help: even at rest a contact of "
            f"{quantity(a.experiment.tip.radius, 'm')} rises by {quantity(a.rest, 'm')} only."
        )
    return out


def _instead(a: Analysis) -> str:
    w = a.window
    low, high = a.diffusivity
    return (
        f"Diffusion would show at {between(w.contact_frequency, 'Hz', 2)} "
        f"({quantity(w.displacement, 'm', 2)} for Δx = {CHANGE:g}), or after a pulse of "
        f"{between(w.pulse, 's', 2)}, which relaxes to 1/e in {between(w.relaxation, 's', 2)}; "
        f"above {between(w.lattice_frequency, 'Hz', 2)} its skin is thinner than a lattice "
        f"constant (ranges: D = {low:g} to {high:g} m²/s)."
    )
