"""The verb `verdict`: evidence of each kind, and the answer that follows from all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, pi
from typing import Any

import numpy as np

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.prefixes import quantity
from vegard.verdicts import amplitude, parity, spectrum, temperature
from vegard.verdicts.evidence import DECISIVE, Evidence
from vegard.verdicts.observations import Observations, enhancement, observations

_SOLIDS = (1e-20, 1e-9)  # m²/s, where D is unknown
_SCATTER = 100.0  # factor by which published D of one material differ, each way


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a measured signal can be Vegard strain by diffusion.

    Parameters
    ----------
    answer : {"possible", "excluded", "undecided"}
        "possible": something speaks for diffusion and nothing against it; it is no proof.
    evidence : tuple of Evidence
        One of each kind that the data allow, with its number, limit and weight.
    sentence : str
        The answer with its reason.
    next : str
        The measurement that would tell most.
    inputs : dict
        What it was judged with: drive [V], q [–], range of D [m²/s], observations.
    """

    answer: str
    evidence: tuple[Evidence, ...]
    sentence: str
    next: str
    inputs: dict[str, Any] = field(repr=False, compare=False)

    @property
    def weight(self) -> float:
        """Sum of all weights, ln of a likelihood ratio; the evidence is taken as independent."""
        return sum(e.weight for e in self.evidence)

    def report(self) -> str:
        """The answer, each evidence, and what to do next."""
        lines = [self.sentence, ""]
        lines += [f"  {e.name:<13}  {e.says:<8}  {e.words}" for e in self.evidence]
        return "\n".join([*lines, "", self.next])

    def plot(self, ax: Any = None) -> Any:
        """Draw the weight of each evidence; returns the matplotlib Axes."""
        from vegard import plot_verdict

        return plot_verdict.draw(self, ax)


def verdict(
    data: Any,
    experiment: Experiment,
    *,
    drive: float,
    q: tuple[float, float] = (1, 100),
    diffusivity: tuple[float, float] | None = None,
    change: float | None = None,
) -> Verdict:
    r"""Whether a measured signal can be Vegard strain by diffusion.

    Parameters
    ----------
    data : Data, list of Data, xarray.Dataset, Observations or mapping
        Spectra of kind "frequency" [m]; a spectrum or a DART map as `read` returns it; or
        `Observations` (or its fields), which also holds one amplitude, harmonics, a series over dc
        bias or temperature, and a null material.
    experiment : Experiment
        Material, tip, geometry and readout that the data are held against; the interface is not
        used, all are tried.
    drive : float
        Amplitude of the bias [V], peak.
    q : (float, float)
        Range of the unknown resonance enhancement [–]: amplitude over Q is the displacement, in
        spectra, too; (1, 1) for what is calibrated.
    diffusivity : (low, high), optional
        Range of D [m²/s]; a hundred times either way about the material's if left out, the scatter
        of published values, and 1e-20 to 1e-9 where that is unknown.
    change : float, optional
        Largest concentration change [mol/m³]; as of `largest_response` if left out.

    Returns
    -------
    Verdict
        ``.answer``, ``.evidence``, ``.sentence``, ``.next``; ``.report()``, ``.plot()``.

    Raises
    ------
    VegardError
        If the data are of another kind, or the largest change of concentration is unknown.

    Notes
    -----
    Each evidence weighs

    .. math:: w = \ln\frac{p(\text{readings}\mid\text{diffusion})}
                          {p(\text{readings}\mid\text{something else})}

    "for" is w ≥ 4.5 (3σ), "against" w ≤ -2 (2σ), and w ≤ -4.5 excludes. Only transport has the
    spectrum of transport, so that a spectrum can make diffusion possible; so can an activation
    energy with a signal that does not go with V² (heat by a leakage current is activated, too, and
    a piezoelectric is linear). Size, parity and null material alone cannot.

    - excluded: one evidence excludes and none of spectrum and temperature is for;
    - possible: spectrum, or temperature and parity, are for and none is against;
    - undecided: anything else, contradictions included.

    How often it errs: docs/verdict.md, tests/verdicts.

    Examples
    --------
    LiMn₂O₄ at 366 kHz, 1 nm at a contact resonance of Q = 48 to 62:

    >>> import vegard as vg
    >>> e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(10e-9))
    >>> seen = vg.Observations(frequency=366e3, amplitude=1e-9, q=(48, 62))
    >>> v = vg.verdict(seen, e, drive=1.0)
    >>> v.answer, f"{v.evidence[0].value * 1e12:.0f} pm of {v.evidence[0].limit * 1e12:.0f} pm"
    ('undecided', '16 pm of 37 pm')
    >>> v.next.split(":")[0]
    'Next'
    """
    if not isinstance(experiment, Experiment):
        raise VegardError(f"verdict takes a vegard.Experiment; got {type(experiment).__name__}.")
    if not (isinstance(drive, int | float | np.number) and 0 < drive < inf):
        raise VegardError(f"drive must be > 0 [V]; got {drive!r}.")
    o = observations(data, float(drive))
    for d in o.spectra:
        if d.drive not in (1.0, drive):
            raise VegardError(
                f"a spectrum was taken at drive={d.drive:g} V, the verdict is for {drive:g} V."
            )
    span = enhancement(q)
    known = experiment.material.diffusivity
    if known is None:
        experiment = experiment.replace({"material.diffusivity": 1e-14})
    elif diffusivity is None:
        d = experiment.material.diffusivity_normal
        diffusivity = (d / _SCATTER, d * _SCATTER)
    limits = diffusivity or _SOLIDS
    found = tuple(_evidence(o, experiment, drive, span, limits, change))
    answer = _answer(found)
    inputs = {"verb": "verdict", "experiment": experiment, "drive": drive, "q": span,
              "diffusivity": limits, "change": change, "observations": o}  # fmt: skip
    return Verdict(answer, found, _sentence(answer, found), _next(answer, found, inputs), inputs)


def _evidence(
    o: Observations, e: Experiment, drive: float, q: Any, span: Any, change: float | None
) -> Any:
    """Every evidence that the data allow."""
    bound = {"drive": drive, "diffusivity": span, "change": change}
    sizes = []
    if o.spectra:
        unknown = np.array([spectrum.scatter(d) for d in o.spectra])
        readings = amplitude.spectra_readings(o.spectra, unknown)
        sizes.append(amplitude.size(readings, e, q=q, **bound))
    if o.amplitude is not None:
        one = (np.array([o.frequency]), np.array([o.amplitude]), np.zeros(1))
        sizes.append(amplitude.size(one, e, q=o.q or q, **bound))
    seen = [s for s in sizes if s is not None]
    if seen:
        yield max(seen, key=lambda s: s.numbers["ratio"])
    if o.spectra:
        yield spectrum.evidence(o.spectra, e, span)
    if o.harmonics is not None:
        yield parity.harmonics(o.harmonics, drive=drive, dc=o.dc_bias)
    if o.dc_series is not None:
        yield parity.dc_series(o.dc_series)
    if o.temperature_series is not None:
        yield temperature.evidence(o.temperature_series, o.frequency, e, span)  # type: ignore[arg-type]
    if o.null_amplitude is not None:
        yield amplitude.null(o.amplitude, o.null_amplitude)  # type: ignore[arg-type]


def _answer(found: tuple[Evidence, ...]) -> str:
    """The rule of the docstring."""
    for_ = {e.name for e in found if e.says == "for"}
    transport = bool(for_ & {"spectrum", "temperature"})
    if any(e.excludes for e in found):
        return "undecided" if transport else "excluded"
    linear = bool(for_ & {"harmonics", "dc bias"})
    told = "spectrum" in for_ or ("temperature" in for_ and linear)
    against = any(e.says == "against" for e in found)
    return "possible" if told and not against else "undecided"


def _sentence(answer: str, found: tuple[Evidence, ...]) -> str:
    for_ = [e for e in found if e.says == "for"]
    against = sorted((e for e in found if e.says == "against"), key=lambda e: e.weight)
    if answer == "excluded":
        return f"This cannot be Vegard strain by diffusion: {against[0].words}"
    if answer == "possible":
        best = max(for_, key=lambda e: e.weight)
        return f"This can be Vegard strain by diffusion: {best.words}"
    if for_ and against:
        return (
            f"Undecided: {for_[0].name} speaks for diffusion, {against[0].name} against it; "
            "check the calibration, or the signal is a mixture."
        )
    if against:
        return f"Undecided, but diffusion is unlikely: {against[0].words}"
    mixed = [e for e in found if e.weight == 0 and 0 < e.numbers.get("share", 0) < 1]
    if mixed:
        return f"Undecided: {mixed[0].words}"
    return "Undecided: nothing measured here tells diffusion from other signals."


def _next(answer: str, found: tuple[Evidence, ...], inputs: dict[str, Any]) -> str:
    """The missing measurement that tells most."""
    e, o = inputs["experiment"], inputs["observations"]
    names = {x.name: x for x in found}
    corner = [d / (2 * pi * e.tip.radius**2) for d in inputs["diffusivity"]]
    center = float(np.sqrt(corner[0] * corner[1]))
    ends = f"{quantity(center / 3, 'Hz', 2)} to {quantity(center * 300, 'Hz', 2)}"
    if answer == "excluded":
        return "Next: look for what else moves the tip; repeat over the dc bias to find V²." if (
            "dc bias" not in names
        ) else "Next: take out what goes with V² (bias the tip to V_s) and repeat."  # fmt: skip
    if {"for", "against"} <= {x.says for x in found}:
        square = any(names[n].says == "against" for n in ("dc bias", "harmonics") if n in names)
        return (
            "Next: bias the tip to V_s, where what goes with V² vanishes, and repeat the spectrum."
            if square
            else "Next: check the gain of the lever and the numbers of the material, then repeat."
        )
    if "spectrum" not in names:
        return (
            f"Next: repeat at {ends}, off resonance, and look for a slope of -1/2 with -45° "
            "(concentration) or -1 with -90° (flux, charge transfer); a flat one excludes it."
        )
    if answer == "undecided" and names["spectrum"].says == "neutral":
        f = np.concatenate([d.x for d in o.spectra])
        if f.min() > center / 3 or f.max() < 30 * center:
            return f"Next: extend the spectrum, now {quantity(f.min(), 'Hz', 2)} to " + (
                f"{quantity(f.max(), 'Hz', 2)}, to {ends}, where the slope of diffusion sets in."
            )
    if "dc bias" not in names:
        return (
            "Next: repeat over the dc bias, -2 V to 2 V: what goes with V² changes its sign at "
            "V_s, diffusion does not."
        )
    if "temperature" not in names:
        return "Next: repeat at 20 to 80 °C: diffusion gives 0.07 to 0.6 eV, other signals none."
    if "null material" not in names:
        return "Next: repeat on a material without mobile ions, such as fused silica."
    if answer == "possible":
        return "Next: fit D with vegard.fit, and compare with PITT, GITT or EIS."
    return (
        f"Next: average longer, to {DECISIVE:g} in ln of the likelihood ratio, or cover more "
        "decades of frequency."
    )
