"""What was measured of one place, for the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.fitting import Data

Rows = tuple[NDArray[Any], NDArray[Any], Any]
_LONG = 3  # rows of a series that tell a law from noise


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Observations:
    """Measured signals of one place; leave out what was not measured.

    Parameters
    ----------
    spectra : sequence of Data
        Spectra of kind "frequency" [m], taken at the drive of the verdict, per volt; complex with
        the phase of the instrument taken out up to a sign, or amplitudes; off resonance, or divided
        by the transfer of the lever.
    frequency : float
        Frequency [Hz] of all that follows.
    amplitude : float
        Amplitude at it [m], peak, as the instrument gave it.
    q : (float, float)
        Range of the resonance enhancement in ``amplitude`` [–]; that of the verdict if left out.
    harmonics : (float, float, float)
        Amplitudes at once and twice the frequency, and their standard deviation [m], each divided
        by the transfer of the lever.
    dc_bias : float
        Bias of the tip [V] at which the harmonics were read.
    dc_series : (array_like, array_like, float or array_like)
        Bias of the tip [V], signal at the frequency (complex, or real with its sign) and its
        standard deviation, None if unknown, in any unit.
    temperature_series : (array_like, array_like, float or array_like)
        Temperature [K], amplitude, its standard deviation or None, in any unit.
    null_amplitude : float
        Amplitude [m], read as ``amplitude`` was, on a material without mobile ions.

    Raises
    ------
    VegardError
        For rows that do not fit together, numbers that cannot be, or nothing at all.

    Examples
    --------
    >>> o = Observations(frequency=366e3, amplitude=1e-9, q=(48, 62))
    >>> f"{o.amplitude / max(o.q) * 1e12:.1f} pm"
    '16.1 pm'
    """

    spectra: Any = field(default=(), metadata={"doc": "displacement over frequency"})
    frequency: float | None = field(default=None, metadata={"doc": "frequency of the rest"})
    amplitude: float | None = field(default=None, metadata={"doc": "amplitude as measured"})
    q: Any = field(default=None, metadata={"doc": "enhancement in the amplitude"})
    harmonics: Any = field(default=None, metadata={"doc": "first and second harmonic"})
    dc_bias: float = field(default=0.0, metadata={"doc": "bias of the tip with the harmonics"})
    dc_series: Any = field(default=None, metadata={"doc": "signal over dc bias"})
    temperature_series: Any = field(default=None, metadata={"doc": "amplitude over temperature"})
    null_amplitude: float | None = field(default=None, metadata={"doc": "amplitude without ions"})

    def __post_init__(self) -> None:
        spectra = (self.spectra,) if isinstance(self.spectra, Data) else tuple(self.spectra)
        for data in spectra:
            _check_spectrum(data)
        if len({data.at for data in spectra}) > 1:
            raise VegardError("Observations.spectra must be of one distance at= from the axis.")
        for name in ("frequency", "amplitude", "null_amplitude"):
            value = getattr(self, name)
            if value is not None and not (_number(value) and value > 0):
                raise VegardError(f"Observations.{name} must be > 0; got {value!r}.")
        if not _number(self.dc_bias):
            raise VegardError(f"Observations.dc_bias must be finite [V]; got {self.dc_bias!r}.")
        alone = self.amplitude is not None or self.temperature_series is not None
        if alone and self.frequency is None:
            raise VegardError("Observations: an amplitude needs its frequency=… [Hz].")
        if self.null_amplitude is not None and self.amplitude is None:
            raise VegardError("Observations: null_amplitude needs amplitude=… of the sample [m].")
        object.__setattr__(self, "spectra", spectra)
        if self.q is not None:
            object.__setattr__(self, "q", enhancement(self.q))
        if self.harmonics is not None:
            object.__setattr__(self, "harmonics", _harmonics(self.harmonics))
        for name in ("dc_series", "temperature_series"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _series(name, getattr(self, name)))
        if self.temperature_series is not None:
            _check_temperatures(*self.temperature_series[:2])
        if not spectra and all(
            getattr(self, n) is None
            for n in ("amplitude", "harmonics", "dc_series", "temperature_series")
        ):
            raise VegardError(
                "Observations are empty: give spectra, an amplitude, harmonics, a dc_series or a "
                "temperature_series."
            )


def observations(data: Any, drive: float) -> Observations:
    """Whatever the verdict takes, as Observations."""
    if isinstance(data, Observations):
        return data
    if isinstance(data, Data):
        return Observations(spectra=(data,))
    if hasattr(data, "data_vars"):
        from vegard.verdicts.labelled import from_dataset

        return from_dataset(data, drive)
    if isinstance(data, Mapping):
        known = [f.name for f in fields(Observations)]
        for name in data:
            if name not in known:
                raise unknown_name("observation", str(name), known)
        return Observations(**data)
    if isinstance(data, Sequence) and data and all(isinstance(d, Data) for d in data):
        return Observations(spectra=tuple(data))
    raise VegardError(
        'verdict takes vegard.Data of kind "frequency", a list of them, what vegard.read returns, '
        f"vegard.Observations, or a mapping of its fields; got {type(data).__name__}."
    )


def enhancement(q: Any) -> tuple[float, float]:
    """A checked range of the resonance enhancement."""
    try:
        low, high = (float(v) for v in q)
    except (TypeError, ValueError):
        raise VegardError(f"q must be a range (low, high) [–], e.g. (1, 100); got {q!r}.") from None
    if not 0 < low <= high < np.inf:
        raise VegardError(f"q must be 0 < low <= high [–]; got ({low:g}, {high:g}).")
    return low, high


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _check_spectrum(data: Any) -> None:
    if not isinstance(data, Data) or data.kind != "frequency":
        what = data.kind if isinstance(data, Data) else type(data).__name__
        raise VegardError(f'Observations.spectra must be Data of kind "frequency"; got {what}.')
    if data.per != "volt":
        raise VegardError(f'a verdict needs spectra per="volt"; got per="{data.per}".')
    if not data.is_complex and (data.y < 0).any():
        raise VegardError(
            "a real spectrum is one of amplitudes and must be >= 0; with a sign or a phase give "
            "complex numbers."
        )
    if not data.y.any():
        raise VegardError("a spectrum of zeros tells nothing; leave it out.")


def _harmonics(values: Any) -> tuple[float, float, float]:
    try:
        one, two, sigma = (float(v) for v in values)
    except (TypeError, ValueError):
        raise VegardError(
            "Observations.harmonics must be (first, second, standard deviation) [m]; got "
            f"{values!r}."
        ) from None
    if not (0 < one < np.inf and 0 <= two < np.inf and 0 < sigma < np.inf):
        raise VegardError(
            f"Observations.harmonics must be amplitudes with a standard deviation > 0 [m]; got "
            f"({one:g}, {two:g}, {sigma:g})."
        )
    return one, two, sigma


def _series(name: str, rows: Any) -> Rows:
    try:
        x, y, sigma = rows
        x, y = np.array(x, float), np.array(y)
        y = y.astype(complex if np.iscomplexobj(y) else float)
        s = None if sigma is None else np.broadcast_to(np.array(sigma, float), x.shape)
    except (TypeError, ValueError):
        raise VegardError(
            f"Observations.{name} must be (values, signals, standard deviation or None), rows of "
            "one length."
        ) from None
    if x.ndim != 1 or x.shape != y.shape or np.unique(x).size < _LONG:
        raise VegardError(
            f"Observations.{name} needs rows of one length and {_LONG} different values or more; "
            f"got shapes {x.shape} and {y.shape}."
        )
    if not (np.isfinite(x) & np.isfinite(y)).all() or not y.any():
        raise VegardError(f"Observations.{name} must be finite and not all zero.")
    if s is None and x.size < _LONG + 1:
        raise VegardError(
            f"Observations.{name} of {x.size} rows needs a standard deviation; it is estimated "
            f"from the scatter of {_LONG + 1} or more."
        )
    if s is not None and not (np.isfinite(s) & (s > 0)).all():
        raise VegardError(f"Observations.{name}: the standard deviation must be > 0 and finite.")
    return x, y, s


def _check_temperatures(kelvin: Any, y: Any) -> None:
    if (kelvin <= 0).any():
        raise VegardError(
            f"Observations.temperature_series must be > 0 [K]; got {kelvin.min():g}. Are these °C?"
        )
    if np.iscomplexobj(y):
        raise VegardError("Observations.temperature_series takes amplitudes; got complex numbers.")
