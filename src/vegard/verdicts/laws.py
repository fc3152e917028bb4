"""Shapes of a spectrum: what diffusion gives at any D of a range, and what else moves the tip."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil, floor, log, log10, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard import closed_forms
from vegard.contacts import BlockingTip, Contact
from vegard.elastic import Uniform
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.interfaces import FixedConcentration, FixedFlux, Interface, LinearKinetics
from vegard.response import frequency_response

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Range = tuple[float, float]

_PER_DECADE = 12  # of f/D in a table, for splines good to 1e-5
_BIOTS = (0.1, 1.0, 10.0)
_SCREENING = (0.03, 0.3)  # λ/R
_HEAT = (1e-7, 1e-4)  # m²/s, thermal diffusivity of solids, from polymers to metals
_EXPONENTS = (0.4, 1.0)  # of diffusive power laws: √ω for concentration, ω for flux and kinetics
_RISES = (-0.1, 1.0)  # slope of dispersion of a permittivity, and of anything that grows


class Law(NamedTuple):
    """A shape with one parameter θ, sampled over ``grid``; its size is free."""

    name: str
    grid: Real
    shape: Callable[[Real, Real], Complex]
    """Of frequency (f,) [Hz] and θ (m,), as (m, f)."""
    diffusive: bool


def diffusive(experiment: Experiment, f: Real, diffusivity: Range, at: float = 0.0) -> list[Law]:
    """Laws of diffusion: neutral and blocking interfaces on the experiment's sample, and powers."""
    low, high = diffusivity
    grid = np.linspace(log(low), log(high), 2 + int(_PER_DECADE * np.log10(high / low)))
    span = decades(f, diffusivity)
    laws = []
    for name, changed in interfaces(experiment):
        table = responses(changed, span, at)
        laws.append(Law(name, grid, lambda f, d, t=table: t(np.log(f) - d[:, None]), True))  # type: ignore[misc]
    middle = float(np.sqrt(f.min() * f.max()))
    power = Law(
        "power law",
        np.linspace(*_EXPONENTS, 13),
        lambda f, n: np.asarray((1j * f / middle) ** -n[:, None], complex),
        True,
    )
    return [*laws, power]


def others(experiment: Experiment, f: Real) -> list[Law]:
    """Laws of what is not diffusion of ions: flat, slowly varying or rising, heat."""
    middle = float(np.sqrt(f.min() * f.max()))
    radius = experiment.tip.radius

    def heat(f: Real, rate: Real) -> Complex:
        return np.asarray(closed_forms.disc_flux(2j * pi * f * radius**2 / np.exp(rate)[:, None]))

    return [
        Law("flat", np.zeros(1), lambda f, n: np.ones((1, f.size), complex), False),
        Law(
            "slow dispersion or a rise",
            np.linspace(*_RISES, 23),
            lambda f, n: ((f / middle) ** n[:, None]).astype(complex),
            False,
        ),
        Law("heat", np.linspace(log(_HEAT[0]), log(_HEAT[1]), 13), heat, False),
    ]


def interfaces(experiment: Experiment) -> list[tuple[str, Experiment]]:
    """The sample with each interface whose response depends on f/D alone."""
    d = experiment.material.diffusivity_normal
    size = min(experiment.tip.radius, experiment.thickness)
    kinds: list[tuple[str, Interface]] = [
        ("concentration held", FixedConcentration()),
        ("flux given", FixedFlux()),
    ]
    kinds += [(f"kinetics, κR/D = {b:g}", LinearKinetics(b * d / size)) for b in _BIOTS]
    kinds += [("contact", Contact()), ("contact, κR/D = 1", Contact(d / size))]
    kinds += [
        (f"blocking tip, λ/R = {x:g}", BlockingTip(x * experiment.tip.radius, 1.0))
        for x in _SCREENING
    ]
    plain = experiment.replace({"also": (), "interface": FixedConcentration()})
    return [
        (name, plain.replace({"interface": kind})) for name, kind in kinds if _holds(kind, plain)
    ]


def _holds(interface: Interface, e: Experiment) -> bool:
    """Whether an interface is solved on this sample; a blocking tip knows no layers either."""
    try:
        interface.fits(e.tip, e.geometry, e.material)
    except VegardError:
        return False
    return isinstance(e.elastic, Uniform) or not isinstance(interface, BlockingTip)


def decades(f: Real, diffusivity: Range) -> Range:
    """Whole decades of f/D [1/m²] that cover all f and D, so that tables serve again."""
    low, high = diffusivity
    return floor(log10(f.min() / high)), ceil(log10(f.max() / low))


@lru_cache(maxsize=64)
def responses(experiment: Experiment, span: Range, at: float = 0.0) -> Callable[[Real], Complex]:
    """Response over ln(f/D) by splines of ln|H| and the phase; ``span`` its ends, log10 of 1/m²."""
    from scipy.interpolate import CubicSpline

    low, high = log(10) * span[0], log(10) * span[1]
    x = np.linspace(low - 0.3, high + 0.3, 8 + int(_PER_DECADE * (high - low) / log(10)))
    drives: Any = experiment.interface.drives
    per = "concentration" if "concentration" in drives else next(iter(drives))
    d = experiment.material.diffusivity_normal
    values = np.asarray(frequency_response(experiment, np.exp(x) * d, per=per, at=at).values)
    real = CubicSpline(x, np.log(np.abs(values)))
    turn = CubicSpline(x, np.unwrap(np.angle(values)))
    return lambda at: np.exp(real(at) + 1j * turn(at))
