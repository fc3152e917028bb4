"""One sample, four methods: what PITT, GITT, EIS and ESM would each report of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf, isfinite, log
from typing import Any, NamedTuple

import numpy as np

from vegard import protocols
from vegard.cell import Cell
from vegard.errors import OutOfRegime, VegardError
from vegard.experiment import Experiment
from vegard.fitting import fit
from vegard.geometries import Film, HalfSpace
from vegard.instrument import Instrument, instruments
from vegard.interfaces import FixedConcentration, LinearKinetics
from vegard.parameters import get_path
from vegard.prefixes import quantity
from vegard.protocols import Measurement
from vegard.tips import DiscTip

COLUMNS = ("method", "estimator", "diffusivity", "bias", "seconds", "smallest_volume")
PRESET = "QPDI+SCM-PIT+SP983"
_DRAWS = 16  # of noise, for the spread of a textbook estimator
_AREA = 1e-4  # m², of the electrode that is made of a film under a tip
_SMALL = 1e-4  # noise over signal at which the spread is taken, to be linear


class Row(NamedTuple):
    """One estimator of one method."""

    method: str
    estimator: str
    diffusivity: float
    """What it reports without noise [m²/s]; nan where it refuses (see ``assumption``)."""
    bias: float
    """Over the true diffusivity [–]."""
    seconds: float
    """Time to a statistical error of ``target`` in ln D [s]; inf if it does not get there."""
    smallest_volume: float
    """Least volume [m³] in which one measurement reaches it; its duration goes with the sample."""
    assumption: str


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What each method reports of one sample.

    Parameters
    ----------
    rows : tuple of Row
        One for each estimator.
    truth : float
        Diffusivity of the sample [m²/s].
    target : float
        Statistical error of ln D for ``seconds`` and ``smallest_volume`` [–].
    kind : {"film", "particle", "contact"}
        What the electrical methods measure.
    inputs : dict
        Sample, electrode, experiment, instrument and step.
    """

    rows: tuple[Row, ...]
    truth: float
    target: float
    kind: str
    inputs: dict[str, Any] = field(repr=False)

    @property
    def table(self) -> Any:
        """The rows as a pandas.DataFrame.

        Columns method, estimator, diffusivity [m²/s], bias [–], seconds [s], smallest_volume [m³]
        and assumption.
        """
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(Row._fields))

    def plot(self, ax: Any = None) -> Any:
        """Draw the bias of each estimator; returns the matplotlib Axes."""
        from vegard import plot_comparison

        return plot_comparison.draw(self, ax)

    def report(self) -> str:
        """What the table says, for a person."""
        names = [f"{r.method}, {r.estimator}" for r in self.rows]
        wide = max(map(len, names))
        lines = [
            f"One {self.kind}, D = {quantity(self.truth, 'm²/s')}. What each would report:",
            "",
        ]
        for name, r in zip(names, self.rows, strict=True):
            if not isfinite(r.diffusivity):
                lines.append(f"  {name:<{wide}}  {r.assumption.split('. ')[0]}.")
                continue
            lines.append(
                f"  {name:<{wide}}  {quantity(r.diffusivity, 'm²/s'):>16}  {r.bias:8.3g} D   "
                f"{_time(r.seconds):>9}   {_volume(r.smallest_volume):>11}"
            )
        lines += [
            "",
            f"Time and smallest volume are for a statistical error of {self.target:.0%} in D with "
            f"{self.inputs['instrument'].name}; they are of no use where the bias is larger.",
        ]
        return "\n".join(lines)


def compare(
    sample: Experiment | Cell,
    *,
    cell: Cell | None = None,
    instrument: Instrument | None = None,
    step: float = 0.01,
    tip_radius: float = 20e-9,
    target: float = 0.1,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    r"""What PITT, GITT, EIS and ESM would each report of one sample.

    Parameters
    ----------
    sample : Cell or Experiment
        An electrode, film or particle, which ESM then touches with a disc of ``tip_radius``; or an
        experiment. On a film the electrical methods see 1 cm² of it, on a half-space the contact
        under the tip alone, a microdisc.
    cell : Cell, optional
        The electrode of an experiment, e.g. the particles of the same material.
    instrument : Instrument, optional
        Noise of displacement and current; a preset unless given.
    step : float
        Amplitude of the bias [V] in all methods.
    tip_radius : float
        Contact radius [m] where the sample is a Cell.
    target : float
        Statistical error of ln D [–] for the columns ``seconds`` and ``smallest_volume``.
    seed : int
        Of the noise by which the spread of the textbook estimators is found.
    progress : callable, optional
        Called with the name of each method before it is measured.

    Returns
    -------
    Comparison
        ``.table`` with one row for each estimator; ``.report()``, ``.plot()``.

    Raises
    ------
    VegardError
        If dE/dC, D, β or ν is unknown, or the instrument's noise is.

    Notes
    -----
    The sample is measured by the simulator (vegard.classical.simulate, the linear verbs), each
    reading with white noise S/√(2Δt), Δt the time to the next; GITT with the same current noise
    through the impedance. It is analysed by code that shares nothing with it
    (vegard.classical.analyse_*) and by `fit`. σ(ln D) of a fit is that of its curvature, of a
    textbook analysis the spread over 16 draws of small noise (good to a fifth). The time grows with
    its square; a current grows with the area, displacement does not, but both can be traded for
    volume under a tip as R³. tests/test_four_methods.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> c = vg.compare(vg.Cell(lmo, length=200e-9, area=1e-4, rate=5e-7))  # Bi = 1
    >>> late = next(r for r in c.rows if r.estimator == "long_time")
    >>> f"long-time PITT: {late.bias:.2f} D"
    'long-time PITT: 0.30 D'
    """
    e, electrode = _arranged(sample, cell, tip_radius)
    tool = instrument or instruments[PRESET]
    for name, value in (("step", step), ("target", target), ("tip_radius", tip_radius)):
        if not (isinstance(value, int | float) and 0 < value < inf):
            raise VegardError(f"compare: {name} must be > 0; got {value!r}.")
    for name in ("current_noise", "displacement_noise"):
        if getattr(tool, name) is None:
            raise VegardError(
                f"Instrument.{name} is unknown (None) but compare needs it. Take a preset that has "
                f"both an AFM and an ammeter, or vegard.Instrument({name}=…)."
            )
    truth = e.material.diffusivity_normal
    kind = "contact" if electrode is None else "film" if electrode.shape == "planar" else "particle"
    say = progress or (lambda name: None)
    say("PITT, GITT, EIS")
    measured = (
        protocols.contact(e, tool, step) if electrode is None
        else protocols.electrode(electrode, tool, step)
    )  # fmt: skip
    say("ESM")
    measured += protocols.strain(e, tool, step)
    rows: list[Row] = []
    for m in measured:
        say(m.method)
        rows += _rows(m, truth, target, np.random.default_rng(seed))
    inputs = {"verb": "compare", "experiment": e, "cell": electrode, "instrument": tool,
              "step": step, "target": target, "seed": seed}  # fmt: skip
    return Comparison(tuple(rows), truth, target, kind, inputs)


def _arranged(
    sample: Experiment | Cell, cell: Cell | None, radius: float
) -> tuple[Experiment, Cell | None]:
    """The experiment and the electrode; None for the contact itself."""
    if isinstance(sample, Cell):
        if cell is not None:
            raise VegardError("compare: give cell= only beside an Experiment.")
        planar = sample.shape == "planar"
        where = Film(sample.length, sample.back) if planar else HalfSpace()
        what = LinearKinetics(sample.rate) if isfinite(sample.rate) else FixedConcentration()
        return Experiment(sample.material, DiscTip(radius), where, what), sample
    if not isinstance(sample, Experiment):
        raise VegardError(f"compare takes a vegard.Cell or an Experiment; got {sample!r}.")
    if "volt" not in sample.interface.drives or (
        sample.interface.exchange is None and not hasattr(sample.interface, "rate")
    ):
        raise VegardError(
            f"{type(sample.interface).__name__} exchanges no ions at a voltage, so that PITT, GITT "
            "and EIS have no current; use FixedConcentration, LinearKinetics or Contact."
        )
    if cell is None and isinstance(sample.geometry, Film):
        film, rate = sample.geometry, getattr(sample.interface, "rate", inf)
        cell = Cell(sample.material, film.thickness, _AREA, back=film.back, rate=rate)
    return sample, cell


def _rows(m: Measurement, truth: float, target: float, rng: Any) -> Iterator[Row]:
    """All estimators of one measurement."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutOfRegime)  # being wrong is the point
        name, sample, data, free = m.model
        found = fit(sample, data, _starts(sample, free))
        d = found.values["material.diffusivity"]
        model = found.sigma["material.diffusivity"] / d
        for estimator, (analyse, words) in m.analyses.items():
            if words.startswith("refused: "):
                yield Row(m.method, estimator, np.nan, np.nan, inf, inf, words)
                continue
            value = analyse(m.y)
            same = estimator in ("kinetics", "full_model", "diffusion_model", "circuit")
            spread = model if same else _spread(m, analyse, value, rng)
            yield _row(m, estimator, value, spread, truth, target, words)
        words = "The model of the sample itself; its size free."
        yield _row(m, name, d, model, truth, target, words)


def _starts(sample: Experiment | Cell, free: list[str]) -> dict[str, float | None]:
    """Starts a factor of two off; the linear ones need none."""
    linear = ("gain", "series_resistance")
    return {p: None if p in linear else 2 * float(get_path(sample, p)) for p in free}


def _spread(m: Measurement, analyse: Any, value: float, rng: Any) -> float:
    """σ(ln D) by draws of noise, scaled so small that D goes with it."""
    scale = _SMALL * float(np.median(np.abs(m.y) / m.sigma))
    off = []
    for _ in range(_DRAWS):
        noise = m.sigma * rng.normal(size=m.y.size)
        if np.iscomplexobj(m.y):
            noise = noise + 1j * m.sigma * rng.normal(size=m.y.size)
        off.append(log(analyse(m.y + scale * noise) / value))
    return float(np.sqrt(np.mean(np.square(off)))) / scale


def _row(
    m: Measurement,
    estimator: str,
    value: float,
    spread: float,
    truth: float,
    target: float,
    words: str,
) -> Row:
    excess = spread / target
    seconds = m.seconds * max(1.0, excess**2)
    volume = m.volume * excess ** (1 / m.power)
    return Row(m.method, estimator, float(value), float(value / truth), seconds, volume, words)


def _time(seconds: float) -> str:
    if seconds < 3600:
        return quantity(seconds, "s", 2)
    if seconds < 86400 * 3:
        return f"{seconds / 3600:.2g} h"
    return f"{seconds / 86400:.2g} d" if seconds < 1e9 else f"{seconds / 3.156e7:.1e} a"


def _volume(volume: float) -> str:
    """As the edge of a cube."""
    return f"({quantity(volume ** (1 / 3), 'm', 2)})³" if isfinite(volume) else "–"
