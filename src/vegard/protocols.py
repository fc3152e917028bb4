"""What each of the four methods measures on a sample, and the noise of its readings."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isinf, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import classical, intercalation
from vegard.cell import Cell
from vegard.classical.estimate import Estimate
from vegard.contacts import Contact
from vegard.errors import OutOfRegime, VegardError
from vegard.experiment import Experiment
from vegard.fitting import Data
from vegard.instrument import Instrument
from vegard.noise_floor import current_noise, reading_noise
from vegard.response import frequency_response, time_response
from vegard.waveforms import Pulse

Real = NDArray[np.float64]
Analysis = Callable[[NDArray[Any]], float]
Entry = tuple[Analysis, str]

POINTS = 60
_PERIODS = 3.0  # measured at each frequency


@dataclass(frozen=True, slots=True)
class Measurement:
    """Readings of one method without noise, the noise of each, and who analyses them.

    ``analyses`` maps the name of an estimator to (function of the readings that gives D [m²/s],
    assumption); ``model`` is (sample, data, free) for the fit of the true model.
    """

    method: str
    y: NDArray[Any]
    sigma: Real
    seconds: float
    analyses: dict[str, Entry]
    model: tuple[str, Any, Data, list[str]]
    volume: float
    """Sampled volume [m³]."""
    power: float
    """σ(ln D) falls like volume^-power as the sample grows; 0 if it does not."""


def electrode(cell: Cell, instrument: Instrument, step: float) -> list[Measurement]:
    """PITT, GITT and EIS of an electrode of films or particles."""
    current = float(current_noise(instrument, 1.0))  # white, nothing at the input
    made = _pitt(cell, current, step), _gitt(cell, current, step), _eis(cell, current, step)
    return [replace(m, volume=cell.volume, power=1.0) for m in made]


def _pitt(cell: Cell, current: float, step: float) -> Measurement:
    slowest = intercalation.modes(1, cell.biot, cell.shape, permeable=cell.permeable)[0]
    t = np.geomspace(1e-4, max(4.0, 8 / slowest**2), POINTS) * cell.diffusion_time
    i = np.asarray(classical.pitt(cell, t, step).values)
    noise = current / np.sqrt(2 * np.gradient(t))

    def analysis(name: str) -> Entry:
        return _analysis(lambda y: classical.analyse_pitt(t, y, cell, method=name, step=step), i)

    analyses = {name: analysis(name) for name in ("cottrell", "long_time", "kinetics")}
    free = ["material.diffusivity", *(["rate"] if not isinf(cell.rate) else [])]
    model = cell, Data("pitt", t, i, noise, drive=step), free
    return _made("PITT", i, noise, t[-1], analyses, model)


def _gitt(cell: Cell, current: float, step: float) -> Measurement:
    tau = cell.diffusion_time
    height, long = step / (cell.diffusion_resistance + cell.charge_transfer_resistance), 0.15 * tau
    half = POINTS // 2
    t = np.append(np.geomspace(1e-5, 0.15, half), 0.15 + np.geomspace(1e-4, 2, half)) * tau
    pulse = Pulse(long, height)
    v = np.asarray(classical.gitt(cell, t, pulse).values)
    noise = _through(cell, t) * current / np.sqrt(2 * np.gradient(t))

    def analysis(name: str) -> Entry:
        return _analysis(
            lambda y: classical.analyse_gitt(t, y, cell, method=name, current=height, pulse=long),
            v,
        )

    analyses = {name: analysis(name) for name in ("weppner_huggins", "sqrt_t", "full_model")}
    free = ["material.diffusivity", "series_resistance"]
    model = cell, Data("gitt", t, v, noise, drive=pulse), free
    return _made("GITT", v, noise, t[-1], analyses, model)


def _eis(cell: Cell, current: float, step: float) -> Measurement:
    f = np.geomspace(1e-2, 1e5, POINTS) / (2 * pi * cell.diffusion_time)
    z = np.asarray(classical.eis(cell, f).values)
    noise = np.abs(z) ** 2 / step * current / np.sqrt(_dwell(f))

    def analysis(name: str) -> Entry:
        return _analysis(lambda y: classical.analyse_eis(f, y, cell, method=name), z)

    names = ["warburg", "diffusion_model", *(["circuit"] if _has_impedance() else [])]
    analyses = {name: analysis(name) for name in names}
    free = ["material.diffusivity", "series_resistance"]
    free += ["rate"] if not isinf(cell.rate) else []
    model = cell, Data("eis", f, z, noise), free
    return _made("EIS", z, noise, float(_dwell(f).sum()), analyses, model)


def contact(e: Experiment, instrument: Instrument, step: float) -> list[Measurement]:
    """The same through the contact under the tip alone, a microdisc electrode."""
    rate = getattr(e.interface, "rate", np.inf)
    e = e.replace({"interface": Contact(rate)})
    radius, m, name = e.tip.radius, e.material, "microdisc model"
    current = float(current_noise(instrument, 1.0))  # white, nothing at the input
    flat = Cell(m, radius, pi * radius**2, rate=rate)
    free = ["material.diffusivity", *(["interface.rate"] if not isinf(rate) else [])]
    t = np.geomspace(1e-4, 30, POINTS) * radius**2 / m.diffusivity_normal
    widths = np.sqrt(2 * np.gradient(t))

    i = np.asarray(classical.pitt(e, t, step).values)
    noise = np.asarray(current / widths)
    one = _analysis(lambda y: classical.analyse_pitt(t, y, flat, method="cottrell", step=step), i)
    model = e, Data("pitt", t, i, noise, drive=step), free
    out = [_made("PITT", i, noise, t[-1], {"cottrell": one}, model, name)]

    size = _through(e, t)
    height = step / float(size.max())
    v = np.asarray(classical.gitt(e, t, height).values)
    noise = size * current / widths
    two = _analysis(
        lambda y: classical.analyse_gitt(t, y, flat, method="sqrt_t", current=height), v
    )
    model = e, Data("gitt", t, v, noise, drive=height), free
    out.append(_made("GITT", v, noise, t[-1], {"sqrt_t": two}, model, name))

    f = 1 / (2 * pi * t[::-1])
    z = np.asarray(classical.eis(e, f).values)
    noise = np.abs(z) ** 2 / step * current / np.sqrt(_dwell(f))
    three = _analysis(lambda y: classical.analyse_eis(f, y, flat, method="warburg"), z)
    model = e, Data("eis", f, z, noise), free
    seconds = float(_dwell(f).sum())
    out.append(_made("EIS", z, noise, seconds, {"warburg": three}, model, name))
    return [replace(x, volume=_under(e), power=2 / 3) for x in out]


def strain(e: Experiment, instrument: Instrument, step: float) -> list[Measurement]:
    """ESM: relaxation after a pulse, and a frequency sweep."""
    made = _relaxation(e, instrument, step), _spectrum(e, instrument, step)
    return [replace(x, volume=_under(e), power=2 / 3) for x in made]


def _relaxation(e: Experiment, instrument: Instrument, step: float) -> Measurement:
    radius = e.tip.radius
    tau = radius**2 / e.material.diffusivity_normal
    pulse = Pulse(tau, step)
    t = np.linspace(0.01, 1.0, POINTS) * tau
    u = np.asarray(time_response(e, pulse, tau + t).values)
    noise = reading_noise(instrument, 1 / (2 * pi * t)) / np.sqrt(2 * np.gradient(t))
    one = _analysis(lambda y: classical.analyse_esm(t, y, radius, method="single_exponential"), u)
    model = e, Data("relaxation", tau + t, u, noise, drive=pulse), _strain_free(e)
    analyses = {"single exponential R²/τ": one}
    return _made("ESM relaxation", u, noise, 2 * tau, analyses, model)


def _spectrum(e: Experiment, instrument: Instrument, step: float) -> Measurement:
    m, radius = e.material, e.tip.radius
    f = np.geomspace(1e-2, 1e3, POINTS) * m.diffusivity_normal / (2 * pi * radius**2)
    u = np.asarray(step * frequency_response(e, f).values)
    noise = reading_noise(instrument, f) / np.sqrt(_dwell(f))
    per_volt = abs(m.vegard_pair[1] / float(m.need("ocv_slope")))
    one = _analysis(
        lambda y: classical.analyse_esm(
            f[-1:], np.abs(y[-1:]), radius, method="amplitude", drive=step,
            strain_per_volt=per_volt,
        ),
        u,
    )  # fmt: skip
    model = e, Data("frequency", f, u, noise, drive=step), _strain_free(e)
    seconds = float(_dwell(f).sum())
    return _made("ESM spectrum", u, noise, seconds, {"amplitude πf(A/QVβ)²": one}, model)


def _strain_free(e: Experiment) -> list[str]:
    """The size of an ESM signal is not known well enough to carry D: it is free."""
    slow = not isinf(getattr(e.interface, "rate", np.inf))
    return ["material.diffusivity", "gain", *(["interface.rate"] if slow else [])]


def _dwell(f: Real) -> Real:
    """Time [s] that is spent at each frequency."""
    return np.asarray(_PERIODS / f)


def _through(sample: Any, t: Real) -> Real:
    """|Z| [Ω] at the frequencies that readings at t see: a current's noise becomes a voltage's."""
    return np.asarray(np.abs(classical.eis(sample, 1 / (2 * pi * t)).values))


def _under(e: Experiment) -> float:
    """Volume under the tip [m³]: a half-sphere of the contact radius, or the film's part of it."""
    radius = e.tip.radius
    return float(pi * radius**2 * min(2 * radius / 3, e.thickness))


def _analysis(call: Callable[[NDArray[Any]], Estimate], y: NDArray[Any]) -> Entry:
    """A textbook analysis as a function of the readings, and its assumption or its refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutOfRegime)  # being wrong is the point of a comparison
        try:
            words = call(y).assumption
        except VegardError as error:
            words = f"refused: {error}"
    return lambda readings: call(readings).diffusivity, words


def _made(
    method: str,
    y: NDArray[Any],
    sigma: Real,
    seconds: float,
    analyses: dict[str, Entry],
    model: tuple[Any, Data, list[str]],
    name: str = "fit of the model",
) -> Measurement:
    return Measurement(method, y, sigma, float(seconds), analyses, (name, *model), 0.0, 0.0)


def _has_impedance() -> bool:
    from importlib.util import find_spec

    return find_spec("impedance") is not None
