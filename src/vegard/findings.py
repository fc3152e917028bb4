"""Where an experiment leaves the range in which its model holds: one function a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, pi
from typing import TYPE_CHECKING, NamedTuple

from vegard import diffusion
from vegard.contacts import BlockingTip, Contact
from vegard.interfaces import LinearKinetics
from vegard.layered import Layered
from vegard.prefixes import quantity

if TYPE_CHECKING:
    from vegard.experiment import Experiment

LATTICE_CONSTANT = 0.8e-9  # m; spinel LiMn2O4 0.82 nm, the largest of the common hosts
STRAIN_LIMIT = 0.02
SMALLEST_RADIUS = 1e-9  # m
ALIKE = 0.01  # share by which layers may change the compliance of the surface unnoticed
WIDE = 100.0  # contact radii over which ions spread before the sample's size must matter


class Finding(NamedTuple):
    """One rule that the experiment breaks: ``left`` should not be on this side of ``right``."""

    rule: str
    left: float
    right: float
    unit: str
    advice: str

    def __str__(self) -> str:
        left, right = quantity(self.left, self.unit), quantity(self.right, self.unit)
        return f"{self.rule}: {left} against {right}. {self.advice}"


def _lattice(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    m = e.material
    if frequency is None or m.diffusivity is None:
        return
    slowest = min(m.diffusivity_in_plane, m.diffusivity_normal)
    length = diffusion.length(slowest, frequency)
    if length < LATTICE_CONSTANT:
        yield Finding(
            "diffusion length below a lattice constant",
            length,
            LATTICE_CONSTANT,
            "m",
            "A continuum Vegard signal has no meaning here; go below "
            f"{quantity(slowest / LATTICE_CONSTANT**2 / (2 * pi), 'Hz', 2)}.",
        )


def _radius(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    radius, m = e.tip.radius, e.material
    if radius < SMALLEST_RADIUS:
        yield Finding(
            "contact radius below one nanometre",
            radius,
            SMALLEST_RADIUS,
            "m",
            "The contact is a few atoms wide; use a larger tip or an atomistic model.",
        )
    # a diffusivity of a solid says that the numbers are SI, not dimensionless
    if m.diffusivity is not None and m.diffusivity_normal < 1e-6 < radius / 10:
        yield Finding(
            "contact radius above ten micrometres",
            radius,
            10e-6,
            "m",
            "No tip is that blunt; did you pass nm or µm?",
        )


def _strain(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    m = e.material
    known = m.ocv_slope is not None or isinstance(e.interface, BlockingTip)
    if m.vegard is None or not known or "volt" not in e.interface.drives:
        return
    change = abs(drive * e.interface.amplitude("volt", e.tip, m))
    strain = max(abs(b) for b in m.vegard_principal) * change
    if strain > STRAIN_LIMIT:
        yield Finding(
            "Vegard strain |βΔC| above 2 %",
            strain,
            STRAIN_LIMIT,
            "–",
            f"Linear theory ends here; drive with less than "
            f"{abs(drive) * STRAIN_LIMIT / strain:.2g} V.",
        )
    if m.site_concentration is not None and change > m.site_concentration:
        yield Finding(
            "concentration change above the site concentration",
            change,
            m.site_concentration,
            "mol/m³",
            f"Drive with less than {abs(drive) * m.site_concentration / change:.2g} V.",
        )


def _biot(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    if not isinstance(e.interface, LinearKinetics | Contact) or e.material.diffusivity is None:
        return
    biot = e.interface.rate * min(e.tip.radius, e.thickness) / e.material.diffusivity_normal
    if biot < 0.1:
        yield Finding(
            "Biot number κR/D far below 1",
            biot,
            1.0,
            "–",
            "Charge transfer limits the signal: you measure κ, not D.",
        )


def _spread(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    if frequency is None or e.material.diffusivity is None or e.interface.sink:
        return
    length = diffusion.length(e.material.diffusivity_in_plane, frequency)
    if e.geometry.depth == inf and length > WIDE * e.tip.radius:
        yield Finding(
            "ions spread over a hundred contact radii",
            length,
            WIDE * e.tip.radius,
            "m",
            "The displacement grows like ln(1/ω) without limit: the size of the grain counts, not "
            "the contact. Use a Film, or a higher frequency.",
        )


def _migration(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    if not isinstance(e.interface, BlockingTip):
        return
    scale = abs(e.interface.concentration / e.interface.amplitude("volt", e.tip, e.material))
    if abs(drive) > scale:
        yield Finding(
            "bias above the thermal voltage R_gT/zF",
            abs(drive),
            scale,
            "V",
            "Linear migration ends here: ions saturate or run out under the tip; drive with less.",
        )
    if e.interface.debye_length < LATTICE_CONSTANT:
        yield Finding(
            "Debye length below a lattice constant",
            e.interface.debye_length,
            LATTICE_CONSTANT,
            "m",
            "The diffuse layer is thinner than the lattice: take its charge as a surface layer.",
        )


def _punch(e: Experiment, drive: float, frequency: float | None) -> Iterator[Finding]:
    if e.readout != "punch" or not isinstance(e.elastic, Layered) or e.thickness == inf:
        return
    own = (e.elastic.film_young, e.material.young), (e.elastic.film_poisson, e.material.poisson)
    if any(film is None and material is None for film, material in own):
        return
    ratio = float(e.elastic.compliance(1 / e.tip.radius, e.material, e.thickness)[0])
    if abs(ratio - 1) > ALIKE:
        yield Finding(
            "punch on layers: surface compliance under the tip over that of the bare film's bulk",
            ratio,
            1.0,
            "–",
            "The read-out averages with the pressure of a half-space, which layers change: about "
            "2 % of the signal at a ratio of 1.5, 10 % at 0.1 or 4, up to a factor of 2 at 50. "
            'Compare with readout="centre".',
        )


RULES: tuple[Callable[[Experiment, float, float | None], Iterator[Finding]], ...] = (
    _lattice,
    _radius,
    _strain,
    _biot,
    _spread,
    _migration,
    _punch,
)
