r"""Noise densities: thermal motion, resistors, single charges, amplifiers, and how they add.

Every density is one-sided and an amplitude per root hertz: its square integrates over the positive
frequencies to the variance. Plain arithmetic, so that arrays of any library pass.
"""

from __future__ import annotations

from math import gamma, inf, isinf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import beam

BOLTZMANN = 1.380649e-23  # J/K, exact
ELEMENTARY = 1.602176634e-19  # C, exact


def thermal(loss: Any, frequency: Any, temperature: float) -> Any:
    r"""Motion in equilibrium, from the loss of any linear system.

    Parameters
    ----------
    loss : array
        Imaginary part of the compliance χ = displacement/force [m/N], of either sign.
    frequency : array
        Frequency f [Hz], > 0.
    temperature : float
        T [K].

    Returns
    -------
    array
        Displacement [m/√Hz].

    Notes
    -----
    .. math:: S_x(f) = \frac{4k_BT}{\omega}\,|\mathrm{Im}\,\chi(\omega)|,\qquad
        \int_0^\infty S_x\,\mathrm{d}f = k_BT\,\chi(0)

    the fluctuation-dissipation theorem for ħω ≪ k_BT (Callen and Welton, Phys. Rev. 83, 34
    (1951)); the second by the Kramers-Kronig relation.

    Examples
    --------
    >>> f"{thermal(1e-6, 1e3, 298.15):.3g}"  # a loss of 1 µm/N at 1 kHz
    '1.62e-15'
    """
    return (4 * BOLTZMANN * temperature * abs(loss) / (2 * pi * frequency)) ** 0.5


def oscillator(
    frequency: Any, stiffness: float, resonance: float, quality: float, temperature: float
) -> Any:
    r"""Thermal motion of a damped harmonic oscillator.

    Parameters
    ----------
    frequency : array
        Frequency f [Hz], >= 0.
    stiffness, resonance, quality : float
        k [N/m], f₀ [Hz] and Q [–].
    temperature : float
        T [K].

    Returns
    -------
    array
        Displacement [m/√Hz].

    Notes
    -----
    .. math:: S_x = \frac{4k_BT}{k\,\omega_0 Q}\,\frac{1}{(1-x^2)^2+(x/Q)^2},\qquad x = f/f_0

    At rest √(4k_BT/(kω₀Q)), at the resonance Q times that, √(4k_BTQ/(kω₀)).

    Examples
    --------
    >>> f"{oscillator(75e3, 2.8, 75e3, 150.0, 298.15):.3g}"  # 1.4 pm/√Hz at the peak
    '1.37e-12'
    """
    x = frequency / resonance
    square = (1 - x * x) ** 2 + (x / quality) ** 2
    return (2 * BOLTZMANN * temperature / (pi * stiffness * resonance * quality) / square) ** 0.5


def slope_compliance(z: Any, contact: beam.Contact, laser: float, damping: Any = 0.0) -> Any:
    r"""Slope of a lever per moment, both at the laser: the compliance that its reading has.

    Parameters
    ----------
    z : ndarray, shape (n,)
        Wavenumber κL [–], complex by the viscous force on the lever.
    contact : Contact
        Springs at the tip [EI/L³], to a surface at rest.
    laser : float
        Place of the laser spot, in lengths of the beam [–].
    damping : float or ndarray, shape (n,)
        ωc of a dashpot beside the normal spring [EI/L³].

    Returns
    -------
    ndarray, shape (n,)
        Slope [–] per moment [EI/L], complex.

    Notes
    -----
    With g the compliances without springs, d the laser, i and j the motions of the apex along its
    springs of stiffness k, and reciprocity g_{id} = g_{di},

    .. math:: \chi = g_{dd} - \sum_{ij} g_{di}\,[(g + k^{-1})^{-1}]_{ij}\,g_{jd}
    """
    own = beam.receptance(z, laser, np.array([laser]), [[0.0, 1.0]])[1, 0, 0]
    springs: list[Any] = [contact.normal + 1j * damping, contact.lateral]
    if isinf(contact.normal):
        springs[0] = inf
    held = [i for i, k in enumerate(springs) if np.any(k != 0)]
    if not held:
        return own
    rows = contact.rows[held]
    g = beam.receptance(z, contact.at, np.array([contact.at, laser]), rows)
    apex = np.einsum("ia,ajn->nij", rows, g[:, :, 0])
    for i, k in enumerate(held):
        apex[:, i, i] += 1 / springs[k]
    seen: NDArray[Any] = g[1, :, 1].T[..., None]
    return own - (seen * np.linalg.solve(apex, seen)).sum((1, 2))


def johnson(resistance: Any, temperature: float) -> Any:
    """Current noise of a resistor, √(4k_BT/R).

    Parameters
    ----------
    resistance : array
        R [Ω], > 0; infinite is none.
    temperature : float
        T [K].

    Returns
    -------
    array
        [A/√Hz].

    Examples
    --------
    >>> f"{johnson(1e9, 298.15):.3g}"  # 4.06 fA/√Hz of 1 GΩ
    '4.06e-15'
    """
    return (4 * BOLTZMANN * temperature / resistance) ** 0.5


def shot(current: Any) -> Any:
    """Noise of single charges that cross a barrier, √(2e|I|).

    Parameters
    ----------
    current : array
        Direct current I [A].

    Returns
    -------
    array
        [A/√Hz].

    Examples
    --------
    >>> f"{shot(1e-12):.3g}"  # 1 pA
    '5.66e-16'
    """
    return (2 * ELEMENTARY * abs(current)) ** 0.5


def flicker(white: Any, frequency: Any, corner: float) -> Any:
    """White noise with a 1/f rise of its power below a corner, S√(1 + f_c/f).

    Parameters
    ----------
    white : array
        Density S far above the corner [any unit/√Hz].
    frequency : array
        f [Hz], > 0.
    corner : float
        f_c [Hz], where both are alike.

    Returns
    -------
    array
        In the unit of ``white``.

    Examples
    --------
    >>> round(flicker(1.0, 10.0, 30.0), 12)
    2.0
    """
    return white * (1 + corner / frequency) ** 0.5


def source_current(
    voltage_noise: Any, frequency: Any, resistance: float = inf, capacitance: float = 0.0
) -> Any:
    """Current that an amplifier's own voltage noise drives through what lies at its input.

    Parameters
    ----------
    voltage_noise : array
        e_n at the input [V/√Hz].
    frequency : array
        f [Hz].
    resistance, capacitance : float
        R [Ω] and C [F] between the input and ground, in parallel: sample, cable, feedback.

    Returns
    -------
    array
        e_n √(1/R² + (ωC)²) [A/√Hz].

    Examples
    --------
    >>> f"{source_current(5e-9, 1e3, capacitance=1e-10):.3g}"  # 1 m of cable at 1 kHz
    '3.14e-15'
    """
    return voltage_noise * (resistance**-2 + (2 * pi * frequency * capacitance) ** 2) ** 0.5


def quadrature(*densities: Any) -> Any:
    """Root of the sum of squares: independent noises together, in their common unit.

    Examples
    --------
    >>> quadrature(3.0, 4.0)
    5.0
    """
    return sum(d * d for d in densities) ** 0.5


def filter_bandwidth(time_constant: float, order: int = 1) -> float:
    r"""Equivalent noise bandwidth of the low pass of a lock-in.

    Parameters
    ----------
    time_constant : float
        τ of each stage [s].
    order : int
        How many RC stages.

    Returns
    -------
    float
        B [Hz]: 1/4τ, 1/8τ, 3/32τ, 5/64τ, ...

    Notes
    -----
    .. math:: B = \int_0^\infty\frac{\mathrm{d}f}{[1+(2\pi f\tau)^2]^n}
        = \frac{\Gamma(n-\frac12)}{4\sqrt\pi\,\Gamma(n)\,\tau}

    Examples
    --------
    >>> [round(filter_bandwidth(2.5e-3, n), 6) for n in (1, 4)]
    [100.0, 31.25]
    """
    return gamma(order - 0.5) / (4 * sqrt(pi) * gamma(order) * time_constant)


def peak_sigma(density: Any, bandwidth: float, averages: int = 1) -> Any:
    """Standard error of either quadrature of a lock-in amplitude, peak as all amplitudes are.

    Parameters
    ----------
    density : array
        White noise about the frequency of the signal [unit/√Hz].
    bandwidth : float
        Equivalent noise bandwidth B of the low pass [Hz].
    averages : int
        N independent readings, each 1/B or more after the other.

    Returns
    -------
    array
        S √(2B/N) [unit]; the rms value of the same sine has S √(B/N).

    Examples
    --------
    >>> f"{peak_sigma(5e-15, 100.0):.3g}"  # 5 fm/√Hz in 100 Hz: 71 fm
    '7.07e-14'
    """
    return density * (2 * bandwidth / averages) ** 0.5


def averages(sigma: Any, wanted: Any) -> Any:
    """How many independent readings bring a standard error down, (σ/wanted)², not rounded.

    Parameters
    ----------
    sigma, wanted : array
        Standard error of one reading, and the one asked for, in the same unit.

    Returns
    -------
    array
        Number of readings [–].

    Examples
    --------
    >>> averages(4e-13, 1e-13)
    16.0
    """
    return (sigma / wanted) ** 2
