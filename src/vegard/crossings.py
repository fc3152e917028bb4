"""The size below which currents drown in their noise while strain does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.contacts import Contact
from vegard.crossing_methods import METHODS, STRAIN, Method, Setting
from vegard.detectability import POSITIVE, usable
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.instrument import Instrument
from vegard.parameters import number
from vegard.photodiode import whole
from vegard.prefixes import quantity
from vegard.response import checked_experiment, checked_frequency

Real = NDArray[np.float64]


class Curve(NamedTuple):
    """One method over the sizes."""

    method: str
    unit: str
    signal: Real
    """Mean of the readings' size [``unit``], weighted with 1/σ²; of a single one its amplitude."""
    noise: Real
    """Standard error of that mean [``unit``]."""
    snr: Real
    """√Σ(y/σ)² over all readings [–]."""
    size: float | None
    """Radius [m] below which the method drowns; None if it does not cross."""
    verdict: str
    """Where it is seen, in words."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Signal over noise of PITT, GITT, EIS and ESM at contacts of all sizes.

    Parameters
    ----------
    radius : ndarray
        Contact radii [m], rising.
    frequency, seconds : ndarray
        Frequency [Hz] and time of each measurement [s] at these radii.
    snr : float
        Signal over noise below which a method drowns [–].
    curves : tuple of Curve
        PITT, GITT, EIS, ESM and ESM relaxation.
    notes : tuple of str
        What was left out or assumed.
    inputs : dict
        Experiment, instrument, drive and options.
    """

    radius: Real
    frequency: Real
    seconds: Real
    snr: float
    curves: tuple[Curve, ...]
    notes: tuple[str, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def sizes(self) -> dict[str, float | None]:
        """Radius [m] below which each method drowns; None where it does not cross."""
        return {c.method: c.size for c in self.curves}

    @property
    def window(self) -> tuple[float, float] | None:
        """Radii [m] between which strain is seen and no current is; None if there are none.

        The lower end is that of ``radius`` where strain is seen at all sizes, the upper end
        likewise where no current is seen at any.
        """
        ends = {c.method: _end(self, c) for c in self.curves}
        low = min(v for k, v in ends.items() if k in STRAIN)
        high = min(v for k, v in ends.items() if k not in STRAIN)
        low, high = max(low, float(self.radius[0])), min(high, float(self.radius[-1]))
        return (low, high) if low < high else None

    @property
    def table(self) -> Any:
        """All curves as a pandas.DataFrame.

        Columns method, radius [m], frequency [Hz], seconds [s], signal and noise [unit], unit and
        snr [–].
        """
        import pandas as pd

        rows = [
            (c.method, r, f, t, y, n, c.unit, x)
            for c in self.curves
            for r, f, t, y, n, x in zip(
                self.radius, self.frequency, self.seconds, c.signal, c.noise, c.snr, strict=True
            )
        ]
        names = ["method", "radius", "frequency", "seconds", "signal", "noise", "unit", "snr"]
        return pd.DataFrame(rows, columns=names)

    def plot(self, ax: Any = None) -> Any:
        """Draw signal over noise against the radius; returns the matplotlib Axes."""
        from vegard import plot_detection

        return plot_detection.draw(self, ax)

    def report(self) -> str:
        """What the curves say, for a person."""
        tool, drive = self.inputs["instrument"].name, self.inputs["drive"]
        how = (
            f"{quantity(float(self.frequency[0]), 'Hz')} and "
            f"{quantity(float(self.seconds[0]), 's')} at every size"
        )
        if self.inputs["scaled"]:
            how = "frequency and time scaled as R² keeps D/R², " + how.replace(
                "every size", quantity(float(self.radius[0]), "m")
            )
        lines = [
            f"{quantity(drive, 'V')} at contacts of {quantity(float(self.radius[0]), 'm')} to "
            f"{quantity(float(self.radius[-1]), 'm')} with {tool}, {how}, SNR {self.snr:g}:",
            *(f"  {c.method:<14}  {c.verdict}" for c in self.curves),
        ]
        if self.window is None:
            lines.append("No size is seen by strain alone.")
        else:
            low, high = self.window
            ratio = float(f"{(high / low) ** 3:.1g}")
            lines.append(
                f"From {quantity(low, 'm')} to {quantity(high, 'm')} strain sees the ions and no "
                f"current does: a factor of {ratio:,.0f} in volume."
            )
        return "\n".join([*lines, *(f"note: {n}" for n in self.notes)])


def crossing(
    experiment: Experiment,
    frequency: float,
    *,
    instrument: Instrument,
    drive: float,
    radius: tuple[float, float] = (1e-9, 1e-6),
    points: int = 13,
    snr: float = 3.0,
    seconds: float | None = None,
    scaled: bool = False,
    source_resistance: float = inf,
    source_capacitance: float = 0.0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Crossing:
    r"""Below which contact size PITT, GITT and EIS drown while strain is still seen.

    Parameters
    ----------
    experiment : Experiment
        Driven by a voltage, with ions that pass the surface. ESM keeps its interface and profile;
        the currents are those through a disc contact of the same radius and rate.
    frequency : float
        Of ESM and EIS [Hz], at every size; with ``scaled`` at the radius of the experiment.
    instrument : Instrument
        Noise of displacement and current, lever, and bandwidth.
    drive : float
        Amplitude of the voltage [V]: of the sine, of the step, of the pulse, and what the voltage
        reaches at the end of GITT.
    radius : (float, float)
        Smallest and largest contact radius [m].
    points : int
        Number of radii, log-spaced.
    snr : float
        Signal over noise below which a method drowns [–].
    seconds : float, optional
        Time that each measurement takes [s], the same for all methods; 1/(2B) unless given, which
        is one lock-in reading in the bandwidth B of the instrument.
    scaled : bool
        Whether frequency and time go with D/R² and R²/D, so that every size is measured at the
        same ωR²/D. Else the same frequency and time at all sizes, as is usual.
    source_resistance, source_capacitance : float
        What lies at the input of the ammeter [Ω] and [F].
    progress : callable, optional
        Called with (sizes done, sizes in all, the size).

    Returns
    -------
    Crossing
        Signal, noise and SNR of each method; ``.sizes``, ``.window``, ``.table``, ``.report()``,
        ``.plot()``.

    Raises
    ------
    VegardError
        If no voltage drives ions through the surface, or the noise of displacement or current or
        another parameter is unknown.

    Notes
    -----
    Every method takes the time T, and its SNR is that of the best estimate of its size,

    .. math:: \mathrm{SNR}^2 = \sum_j\frac{|y_j|^2}{\sigma_j^2},\qquad
        \sigma_{\mathrm{sine}} = \frac{S}{\sqrt T},\qquad
        \sigma_j = \frac{S(1/2\pi t_j)}{\sqrt{2\Delta t_j}}

    - **EIS**: the current through the contact under a sine, σ = S_I/√T;
    - **PITT**: the current after a step, read from T/1000 to T;
    - **GITT**: the voltage after a step of the current, σ = |Z| S_I: a current that is not known
      better than S_I makes no better voltage;
    - **ESM**: the displacement under a sine, σ = S_u/√T;
    - **ESM relaxation**: the displacement after a pulse of T/2, read from T/2000 to T/2 after it.

    White noise and an early Cottrell current make PITT's SNR grow with the logarithm of the first
    reading alone. At rest I ∝ R, at high frequency I ∝ R²; strain grows with R up to the diffusion
    length and not beyond. The argument is that of Morozovska, Eliseev, Balke and Kalinin, J. Appl.
    Phys. 108, 053712 (2010); tests/test_detection.py.

    Examples
    --------
    >>> import vegard as vg
    >>> lmo = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> e = vg.Experiment(lmo, vg.DiscTip(20e-9), interface=vg.Contact())
    >>> afm = vg.Instrument("mine", 5e-15, 5.5e-15, 100.0)  # [m/√Hz], [A/√Hz], [Hz]
    >>> c = vg.crossing(e, 1e3, instrument=afm, drive=10e-3, points=4)
    >>> f"EIS drowns below {c.sizes['EIS'] * 1e9:.1f} nm, strain is seen to 1 nm: {c.window[0]:g}"
    'EIS drowns below 22.2 nm, strain is seen to 1 nm: 1e-09'
    """
    e = _exchanging(experiment)
    f = checked_frequency(frequency)
    if f.ndim:
        raise VegardError("crossing: frequency must be one number [Hz]; ask once for each.")
    tool, bandwidth, notes = usable(instrument)
    for name in ("current_noise", "displacement_noise"):
        if getattr(tool, name) is None:
            raise VegardError(
                f"Instrument.{name} of {tool.name!r} is unknown but crossing compares strain with "
                f'current; give it with instrument.replace({{"{name}": …}}), or take a preset.'
            )
    span = 1 / (2 * bandwidth) if seconds is None else seconds
    source = {"source_resistance": source_resistance, "source_capacitance": source_capacitance}
    height, time = number("drive", POSITIVE, drive), number("seconds", POSITIVE, span)
    wanted, given = number("snr", POSITIVE, snr), e.replace({"also": ()})
    s = Setting(given, tool, height, float(f), time, bool(scaled), source)
    sizes = _radii(radius, whole("points", points, 2))
    rows = []
    for i, r in enumerate(sizes.tolist()):
        if progress is not None:
            progress(i, sizes.size, quantity(r, "m"))
        rows.append({name: method(s, r) for name, (_, method) in METHODS.items()})
    clocks = np.array([s.clock(r) for r in sizes.tolist()])
    curves = tuple(
        _curve(name, unit, method, s, sizes, np.array([row[name] for row in rows]), wanted)
        for name, (unit, method) in METHODS.items()
    )
    inputs = {"verb": "crossing", "experiment": s.experiment, "instrument": tool, "drive": height,
              "scaled": s.scaled, **source}  # fmt: skip
    notes = [*_said(e, s), *notes]
    return Crossing(sizes, clocks[:, 0], clocks[:, 1], wanted, curves, tuple(notes), inputs)


def _exchanging(experiment: Experiment) -> Experiment:
    """The experiment, if a voltage drives ions through its surface."""
    e = checked_experiment(experiment)
    if "volt" not in e.interface.drives or (
        e.interface.exchange is None and not hasattr(e.interface, "rate")
    ):
        raise VegardError(
            f"{type(e.interface).__name__} exchanges no ions at a voltage, so that PITT, GITT and "
            "EIS have no current to compare with; use FixedConcentration, LinearKinetics or "
            "Contact, or ask vegard.detection."
        )
    return e


def _radii(radius: Any, points: int) -> Real:
    try:
        low, high = (number("radius", POSITIVE, r) for r in radius)
    except (TypeError, ValueError) as error:
        raise VegardError(
            f"crossing: radius must be (smallest, largest) [m], both > 0; got {radius!r}."
        ) from error
    if low >= high:
        raise VegardError(f"crossing: radius must rise; got {radius!r}. Write (1e-9, 1e-6).")
    return np.geomspace(low, high, points)


def _said(e: Experiment, s: Setting) -> list[str]:
    out = []
    if not isinstance(e.interface, Contact):
        out.append(
            f"ESM keeps {type(e.interface).__name__}; the currents are those of a Contact of the "
            "same rate under a disc of the same radius."
        )
    if e.also:
        out.append("Signals of Experiment.also are left out: they are not the ions'.")
    if s.frequency * s.seconds < 1:
        out.append(
            f"{quantity(s.seconds, 's')} are shorter than a period of "
            f"{quantity(s.frequency, 'Hz')}: no lock-in reads that; give seconds=."
        )
    return out


def _curve(
    name: str, unit: str, method: Method, s: Setting, radii: Real, rows: Real, wanted: float
) -> Curve:
    """A curve, and the largest size at which it falls below the wanted SNR."""
    snr = rows[:, 0] / rows[:, 1]
    make = partial(Curve, name, unit, rows[:, 0], rows[:, 1], snr)
    seen = snr >= wanted
    ends = f"{quantity(float(radii[0]), 'm')}", f"{quantity(float(radii[-1]), 'm')}"
    if seen.all():
        return make(
            None,
            f"is seen down to {ends[0]} (there {quantity(float(snr[0]), '–', 2)} times the noise)",
        )
    if not seen[-1]:
        worst = f"at {ends[1]} it is {snr[-1]:.2g} of the noise" if snr[-1] < 1 else (
            f"at {ends[1]} it is {snr[-1]:.2g} times the noise"
        )  # fmt: skip
        some = " at the largest sizes" if seen.any() else f" at every size up to {ends[1]}"
        return make(None, f"drowns{some}: {worst}")
    from scipy.optimize import brentq

    i = int(np.flatnonzero(~seen)[-1])

    def excess(x: float) -> float:
        signal, noise = method(s, float(np.exp(x)))
        return log(signal / noise / wanted)

    size = float(np.exp(brentq(excess, log(radii[i]), log(radii[i + 1]), xtol=1e-10)))
    end = f"{snr[0]:.2g} times the noise at {ends[0]}"
    return make(size, f"drowns below {quantity(size, 'm')} ({end})")


def _end(c: Crossing, curve: Curve) -> float:
    """Radius [m] from which a method sees; 0 if at all sizes, inf if not at the largest."""
    if curve.size is not None:
        return curve.size
    return 0.0 if curve.snr[-1] >= c.snr else inf
