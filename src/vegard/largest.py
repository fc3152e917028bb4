"""How large a displacement diffusion can give, and whether a measured one can be diffusive."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.findings import LATTICE_CONSTANT
from vegard.interfaces import FixedConcentration
from vegard.prefixes import quantity
from vegard.response import frequency_response, time_response
from vegard.waveforms import Pulse

Real = NDArray[np.float64]
Range = tuple[float, float]

_PER_DECADE = 8
_ROUNDS = 6  # of refinement, each four times finer: D to 1e-4, the maximum to 1e-9


@dataclass(frozen=True, slots=True)
class Largest:
    """Largest displacement that diffusion can give.

    Parameters
    ----------
    displacement : float or ndarray
        |u| [m], peak; shape of ``frequency``.
    diffusivity : float or ndarray
        Diffusivity [m²/s] within the stated range at which it is reached.
    change : float
        Concentration change under the tip [mol/m³], peak.
    frequency : float or ndarray
        Frequency [Hz].
    strain : float
        |βΔC| under the tip [–].
    limited_by : {"open-circuit slope", "site concentration", "given"}
        What limits ``change``.
    """

    displacement: Any
    diffusivity: Any
    change: float
    frequency: Any
    strain: float
    limited_by: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a measured amplitude can be diffusive.

    Parameters
    ----------
    answer : {"possible", "excluded"}
        Judged by size alone: "possible" means not excluded.
    ratio : float
        Measured surface displacement (amplitude over Q) over the largest diffusive one [–].
    measured : float
        The amplitude as measured [m].
    q : float
        Resonance enhancement by which it was divided [–].
    sentence : str
        The answer with its numbers.
    """

    answer: str
    ratio: float
    measured: float
    q: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Window:
    """Where diffusion would show, for the lower and the upper end of a range of D.

    Parameters
    ----------
    diffusivity : (float, float)
        D [m²/s].
    lattice_frequency : (float, float)
        Frequency D/(2πa²) [Hz] below which the diffusion length exceeds a lattice constant a.
    contact_frequency : (float, float)
        Frequency D/(2πR²) [Hz] at which the diffusion length equals the contact radius.
    displacement : float
        |u| at the contact frequency [m]; the same for both ends.
    pulse : (float, float)
        Duration R²/D [s].
    relaxation : (float, float)
        Time after such a pulse [s] in which u falls to 1/e.
    """

    diffusivity: Range
    lattice_frequency: Range
    contact_frequency: Range
    displacement: float
    pulse: Range
    relaxation: Range


def _bounds(diffusivity: Range) -> Range:
    try:
        low, high = (float(d) for d in diffusivity)
    except (TypeError, ValueError):
        raise VegardError(
            f"diffusivity must be a range (low, high) [m²/s]; got {diffusivity!r}."
        ) from None
    if not 0 < low <= high < np.inf:
        raise VegardError(
            f"diffusivity must be 0 < low <= high [m²/s]; got ({low:g}, {high:g}). "
            "Solids lie near 1e-20..1e-9."
        )
    return low, high


def _change(experiment: Experiment, drive: float, change: float | None) -> tuple[float, str]:
    """Concentration change under the tip [mol/m³] and what limits it."""
    m = experiment.material
    if not drive > 0:
        raise VegardError(f"drive must be > 0 [V]; got {drive!r}.")
    if change is not None:
        if not 0 < change < np.inf:
            raise VegardError(f"change must be > 0 [mol/m³]; got {change!r}.")
        if m.site_concentration is not None and change > m.site_concentration:
            raise VegardError(
                f"change must be <= the site concentration {m.site_concentration:g} mol/m³; "
                f"got {change:g}."
            )
        return float(change), "given"
    slope, sites = m.ocv_slope, m.site_concentration
    if slope is None and sites is None:
        raise VegardError(
            "the largest change of concentration is unknown: give change=… [mol/m³], or "
            "Material(ocv_slope=…) or Material(site_concentration=…)."
        )
    by_slope = np.inf if slope is None else abs(drive / slope)
    by_sites = np.inf if sites is None else sites
    if by_slope <= by_sites:
        return float(by_slope), "open-circuit slope"
    return float(by_sites), "site concentration"


def _diffusive(experiment: Experiment, diffusivity: float) -> Experiment:
    """The experiment in equilibrium with the tip, no other signals, normal D replaced."""
    d = experiment.material.diffusivity
    ratio = d[0] / d[1] if isinstance(d, tuple) else 1.0
    pair = (ratio * diffusivity, diffusivity) if ratio != 1 else diffusivity
    return experiment.replace(
        {"material.diffusivity": pair, "interface": FixedConcentration(), "also": ()}
    )


def largest_response(
    experiment: Experiment,
    frequency: ArrayLike,
    *,
    diffusivity: Range,
    drive: float = 1.0,
    change: float | None = None,
) -> Largest:
    r"""Largest displacement that diffusion can give at a frequency.

    Parameters
    ----------
    experiment : Experiment
        Material, tip, geometry and readout. Its interface is replaced by equilibrium with the tip,
        the largest of the exchange interfaces for a given change of concentration.
    frequency : array_like
        Frequencies [Hz], > 0.
    diffusivity : (low, high)
        Range of the diffusivity [m²/s] (the normal one; a ratio in plane to normal is kept).
    drive : float
        Amplitude of the bias [V], peak.
    change : float, optional
        Concentration change under the tip [mol/m³]; else |drive/(dE/dC)|, at most the site
        concentration.

    Returns
    -------
    Largest
        Displacement [m], where in the range it is reached, and what limited the concentration.

    Raises
    ------
    VegardError
        If the change of concentration is unknown, or a range is empty.

    Notes
    -----
    .. math:: u_{max}(\omega) = \Delta C\,\max_D |H(i\omega; D)|,\qquad
        H \to 2(1+\nu)\beta\sqrt{D/\omega}\ \text{for}\ \sqrt{D/\omega}\ll R

    With equilibrium at the tip H depends on ω/D only, so that D is scanned by scanning frequency.
    A bound within the continuum model and its assumptions: linear, uniform, no other signals.
    Checked in tests/test_largest.py against the limit above and the static (1+ν)βΔC R.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(10e-9))
    >>> top = largest_response(e, 400e3, diffusivity=(1e-17, 1e-13), change=2290.0)
    >>> f"{top.displacement * 1e12:.2f} pm at D = {top.diffusivity:.0e} m²/s"
    '1.37 pm at D = 1e-13 m²/s'
    """
    f = np.asarray(frequency, float)
    if not f.size or not (np.isfinite(f) & (f > 0)).all():
        raise VegardError("frequency must be > 0 and finite [Hz], one value or more.")
    low, high = _bounds(diffusivity)
    amount, limited_by = _change(experiment, drive, change)
    model = _diffusive(experiment, low)

    def size(d: Real) -> Real:
        """|H| at frequency f and diffusivity d, f.shape + (n,)."""
        r = frequency_response(model, f.ravel()[:, None] * (low / d), per="concentration")
        return np.asarray(r.amplitude)

    n = 2 + int(np.ceil(np.log10(high / low) * _PER_DECADE))
    trial = np.broadcast_to(np.geomspace(low, high, n), (f.size, n))
    step = np.log(high / low) / (n - 1)
    row = np.arange(f.size)
    for last in [*[False] * _ROUNDS, True]:
        found = size(trial)
        pick = found.argmax(axis=1)
        best_d, best = trial[row, pick], found[row, pick]
        if last or step == 0:
            break
        around = best_d[:, None] * np.exp(step * np.linspace(-1, 1, 9))
        trial = np.minimum(np.maximum(around, low), high)
        step /= 4
    return Largest(
        (amount * best).reshape(f.shape)[()],
        best_d.reshape(f.shape)[()],
        amount,
        f[()],
        max(abs(b) for b in experiment.material.vegard_principal) * amount,
        limited_by,
    )


def judge_amplitude(measured: float, largest: Largest, q: float = 1.0) -> Judgement:
    """Whether a measured amplitude can be diffusive, by its size.

    Parameters
    ----------
    measured : float
        Amplitude as the instrument gave it [m], peak.
    largest : Largest
        The bound at the frequency of the measurement, a single one.
    q : float
        Resonance enhancement in ``measured`` [–]; 1 if it was divided out or there is none.

    Returns
    -------
    Judgement
        "possible" (not excluded) or "excluded", the ratio, and a sentence.

    Examples
    --------
    >>> top = Largest(1.37e-12, 1e-13, 2290.0, 400e3, 0.00267, "given")
    >>> judge_amplitude(390e-12, top, q=100).answer
    'excluded'
    """
    if not (measured >= 0 and q > 0):
        raise VegardError(f"measured must be >= 0 [m] and q > 0; got {measured!r} and {q!r}.")
    if np.ndim(largest.displacement):
        raise VegardError("judge one amplitude against one bound; got an array of frequencies.")
    moved = measured / q
    ratio = float(moved / largest.displacement)
    answer = "possible" if ratio <= 1 else "excluded"
    end = "diffusion is not excluded." if ratio <= 1 else "diffusion is excluded."
    sentence = (
        f"At {quantity(float(largest.frequency), 'Hz')} and Q = {q:g}, {quantity(measured, 'm')} "
        f"means a surface that moves by {quantity(moved, 'm')}, {ratio:.2g} times the largest "
        f"diffusive {quantity(float(largest.displacement), 'm')}: {end}"
    )
    return Judgement(answer, ratio, float(measured), float(q), sentence)


def window(
    experiment: Experiment,
    *,
    diffusivity: Range,
    drive: float = 1.0,
    change: float | None = None,
) -> Window:
    """Frequencies and pulses at which diffusion would show.

    Parameters
    ----------
    experiment : Experiment
        Material, tip, geometry and readout; equilibrium with the tip is assumed.
    diffusivity : (low, high)
        Range of the diffusivity [m²/s].
    drive, change : float
        As in `largest_response` [V], [mol/m³].

    Returns
    -------
    Window
        Frequencies [Hz], displacement [m] and times [s] for both ends of the range.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.materials["LiMn2O4"].material(), vg.DiscTip(10e-9))
    >>> w = window(e, diffusivity=(1e-17, 1e-13), change=2290.0)
    >>> [f"{f:.2g} Hz" for f in w.contact_frequency], f"{w.displacement * 1e12:.1f} pm"
    (['0.016 Hz', '1.6e+02 Hz'], '27.4 pm')
    """
    low, high = _bounds(diffusivity)
    amount, _ = _change(experiment, drive, change)
    model = _diffusive(experiment, low)
    radius = experiment.tip.radius
    duration = radius**2 / low
    u = frequency_response(model, low / (2 * pi * radius**2), per="concentration")
    fall = _fall(model, duration)
    ends = (low, high)
    pulse = (duration, radius**2 / high)
    return Window(
        ends,
        _each(ends, lambda d: d / (2 * pi * LATTICE_CONSTANT**2)),
        _each(ends, lambda d: d / (2 * pi * radius**2)),
        amount * float(u.amplitude),
        pulse,
        _each(pulse, lambda t: t * fall),
    )


def _each(pair: Range, function: Any) -> Range:
    return float(function(pair[0])), float(function(pair[1]))


def _fall(model: Experiment, duration: float) -> float:
    """Time after a pulse in which u falls to 1/e, in units of the pulse's duration."""
    after = np.geomspace(1e-5, 1e4, 181)
    u = time_response(
        model, Pulse(duration), duration * (1 + np.append(0.0, after)), per="concentration"
    ).values
    left = np.abs(u[1:] / u[0])
    below = int(np.argmax(left < np.exp(-1)))
    if left[below] >= np.exp(-1) or below == 0:
        raise VegardError("the displacement does not fall to 1/e within 1e-5..1e4 pulse lengths.")
    a, b = np.log(left[below - 1 : below + 1])
    x = np.log(after[below - 1 : below + 1])
    return float(np.exp(x[0] + (a + 1) / (a - b) * (x[1] - x[0])))
