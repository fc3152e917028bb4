"""What an instrument cannot see below: displacement and current noise where it measures."""

from __future__ import annotations

from math import inf, pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import beam, noise
from vegard.cantilever import Cantilever
from vegard.errors import VegardError
from vegard.instrument import Instrument
from vegard.parameters import number, quantity
from vegard.response import checked_frequency

Real = NDArray[np.float64]

_TEMPERATURE = quantity("temperature", "T", "K")
_RESISTANCE = quantity("resistance of the source", "R", "Ω", infinite=True)
_CAPACITANCE = quantity(
    "capacitance at the input", "C", "F", rule=">= 0", hint="1 m of coaxial cable has 1e-10 F."
)


def deflection_noise(
    lever: Cantilever, frequency: ArrayLike, *, temperature: float = 298.15
) -> Any:
    r"""Thermal noise of a lever as its photodiode reads it.

    Parameters
    ----------
    lever : Cantilever
        With its contact stiffness; 0 is a free lever, infinite a pinned tip.
    frequency : array_like
        Frequencies [Hz], > 0.
    temperature : float
        T [K] of the lever, its air and its contact.

    Returns
    -------
    float or ndarray
        Calibrated deflection [m/√Hz], shape frequency.shape.

    Raises
    ------
    VegardError
        If the contact stiffness is unknown, or a number breaks its rule.

    Notes
    -----
    .. math:: S_d = \frac{4k_BT}{\omega}\,|\mathrm{Im}\,\chi_{dd}|,\qquad
        \chi_{dd} = \frac{3}{k_L y_0'^2}\,\chi,\qquad
        \int_0^\infty S_d\,\mathrm{d}f = k_BT\chi_{dd}(0)

    χ is the slope per moment at the laser in units of L/EI (``noise.slope_compliance``) and
    y₀' the slope per surface displacement, in 1/L, by which deflection is calibrated (3/2 with tip
    and laser at the end). The integral is 4k_BT/3k_L for a free lever and k_BT/3k_L for a pinned
    one (Butt and Jaschke, Nanotechnology 6, 1 (1995)). The only losses are the viscous force on
    the lever and the dashpot of the contact; the inner friction of a coating, whose power goes like
    1/f, adds to that far below the resonance. Tested against a sum of modes and finite elements.

    Examples
    --------
    >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
    >>> f"{deflection_noise(lever, 10e3):.2g} {deflection_noise(lever, 319.9e3):.2g}"
    '8.6e-16 5.5e-13'
    """
    if not isinstance(lever, Cantilever):
        raise VegardError(f"lever must be a vegard.Cantilever; got {lever!r}.")
    f = checked_frequency(frequency)
    t = number("temperature", _TEMPERATURE.metadata, temperature)
    contact = lever._contact()
    slow = contact._replace(normal=inf, lateral=0.0)
    rest = beam.slope(np.zeros(1), slow, lever.laser_position)[0].real
    flat = f.ravel()
    dashpot = 6 * pi * flat * lever.contact_damping / lever.stiffness
    chi = noise.slope_compliance(lever._wavenumber(flat), contact, lever.laser_position, dashpot)
    loss = 3 / (lever.stiffness * rest * rest) * chi.imag
    return noise.thermal(loss, flat, t).reshape(f.shape)[()]


def displacement_noise(
    instrument: Instrument, frequency: ArrayLike, *, temperature: float = 298.15
) -> Any:
    r"""Noise of an instrument as a displacement of the surface that would read the same.

    Parameters
    ----------
    instrument : Instrument
        With ``displacement_noise``; a ``cantilever`` adds its thermal noise and its transfer.
    frequency : array_like
        Frequencies [Hz], > 0.
    temperature : float
        T [K].

    Returns
    -------
    float or ndarray
        [m/√Hz], shape frequency.shape.

    Raises
    ------
    VegardError
        If the detector's noise or the contact stiffness of the lever is unknown, or the lever is
        free and sees nothing of the surface.

    Notes
    -----
    .. math:: S_u^{1/2} = \frac{\sqrt{S_{det}+S_d(f)}}{|H(f)|}

    S_det the detector, white, S_d `deflection_noise`, H `Cantilever.transfer`. At a contact
    resonance the detector is divided by the gain and the lever's own noise is what remains. Without
    a cantilever this is the detector alone.

    Examples
    --------
    >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
    >>> afm = Instrument("afm", 50e-15, None, 100.0, lever)
    >>> [f"{v:.2g}" for v in displacement_noise(afm, [10e3, 319.9e3])]
    ['5e-14', '6.8e-16']
    """
    made = _checked(instrument)
    f = checked_frequency(frequency)
    detector = _known(made, "displacement_noise")
    lever = made.cantilever
    if lever is None:
        number("temperature", _TEMPERATURE.metadata, temperature)
        return np.full(f.shape, detector)[()]
    if lever.contact_stiffness == 0:
        raise VegardError(
            f"the lever of instrument {made.name!r} is free (contact_stiffness = 0) and reads "
            "nothing of the surface; give its contact stiffness [N/m], or ask for deflection_noise."
        )
    own = deflection_noise(lever, f, temperature=temperature)
    return noise.quadrature(own, detector) / np.abs(lever.transfer(f))


def reading_noise(instrument: Instrument, frequency: ArrayLike) -> Any:
    """`displacement_noise`, without the lever where its contact is unknown: the detector alone.

    Parameters
    ----------
    instrument : Instrument
    frequency : array_like
        Frequencies [Hz], > 0.

    Returns
    -------
    float or ndarray
        [m/√Hz], shape frequency.shape.

    Examples
    --------
    >>> afm = Instrument("afm", 50e-15, None, 100.0, Cantilever(2.8, 75e3, 150, 225e-6))
    >>> f"{reading_noise(afm, 10e3):.2g}"
    '5e-14'
    """
    lever = _checked(instrument).cantilever
    if lever is not None and lever.contact_stiffness is None:
        instrument = instrument.replace({"cantilever": None})
    return displacement_noise(instrument, frequency)


def bandwidth(instrument: Instrument) -> float:
    """Equivalent noise bandwidth [Hz] of an instrument.

    Raises
    ------
    VegardError
        If it is unknown.
    """
    band = _checked(instrument).bandwidth
    if band is None:
        raise VegardError(
            f"Instrument.bandwidth of {instrument.name!r} is unknown; give that of your lock-in "
            '[Hz] with instrument.replace({"bandwidth": 100.0}).'
        )
    return band


def reading_sigma(instrument: Instrument, frequency: ArrayLike) -> Any:
    """Standard error of either quadrature of a lock-in reading in the instrument's bandwidth.

    Parameters
    ----------
    instrument : Instrument
    frequency : array_like
        Frequencies [Hz], > 0.

    Returns
    -------
    float or ndarray
        [m], shape frequency.shape; see `reading_noise`.

    Examples
    --------
    >>> f"{reading_sigma(Instrument('afm', 50e-15, None, 100.0), 1e3):.2g}"  # 50 fm √200
    '7.1e-13'
    """
    return noise.peak_sigma(reading_noise(instrument, frequency), bandwidth(instrument))


def current_noise(
    instrument: Instrument,
    frequency: ArrayLike,
    *,
    source_resistance: float = inf,
    source_capacitance: float = 0.0,
    temperature: float = 298.15,
) -> Any:
    r"""Noise of an instrument as a current at its input.

    Parameters
    ----------
    instrument : Instrument
        With ``current_noise``, and ``voltage_noise`` if anything lies at its input.
    frequency : array_like
        Frequencies [Hz], > 0.
    source_resistance : float
        R [Ω] of sample and contact to ground, with thermal noise of its own; infinite is none.
    source_capacitance : float
        C [F] at the input: cable, sample, stray.
    temperature : float
        T [K] of the source.

    Returns
    -------
    float or ndarray
        [A/√Hz], shape frequency.shape.

    Raises
    ------
    VegardError
        If a noise that is needed is unknown.

    Notes
    -----
    .. math:: S_I = i_n^2 + \frac{4k_BT}{R} + e_n^2\left[\frac1{R^2}+(\omega C)^2\right]

    The last term grows with frequency and rules at kilohertz: 5 nV/√Hz on 100 pF are 3 fA/√Hz at
    1 kHz. The feedback resistor is part of i_n as makers state it.

    Examples
    --------
    >>> amplifier = Instrument("amplifier", None, 5e-15, 100.0, voltage_noise=5e-9)
    >>> [f"{v:.2g}" for v in current_noise(amplifier, [1.0, 10e3], source_capacitance=1e-10)]
    ['5e-15', '3.2e-14']
    """
    made = _checked(instrument)
    f = checked_frequency(frequency)
    t = number("temperature", _TEMPERATURE.metadata, temperature)
    r = number("source_resistance", _RESISTANCE.metadata, source_resistance)
    c = number("source_capacitance", _CAPACITANCE.metadata, source_capacitance)
    own = _known(made, "current_noise")
    voltage = _known(made, "voltage_noise") if r < inf or c else 0.0
    return noise.quadrature(own, noise.johnson(r, t), noise.source_current(voltage, f, r, c))


def _checked(instrument: object) -> Instrument:
    if not isinstance(instrument, Instrument):
        raise VegardError(
            f"instrument must be a vegard.Instrument, as vg.instruments[name] gives; "
            f"got {instrument!r}."
        )
    return instrument


def _known(instrument: Instrument, name: str) -> float:
    value: float | None = getattr(instrument, name)
    if value is None:
        unit = Instrument.__dataclass_fields__[name].metadata["unit"]
        raise VegardError(
            f"Instrument.{name} of {instrument.name!r} is unknown; give it [{unit}] with "
            f'instrument.replace({{"{name}": …}}), 0 to leave it out.'
        )
    return value
