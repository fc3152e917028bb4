r"""What else moves the tip: electrostatic forces, electrostriction, Joule heating.

Each goes with the square of the voltage, u = q ∗ V², so that one transfer q(s) [m/V²] gives all:

.. math:: V = V_0 + V_{ac}\cos\omega t:\qquad
          u_{1\omega} = 2 V_0 V_{ac}\, q(i\omega),\qquad
          u_{2\omega} = \tfrac12 V_{ac}^2\, q(2i\omega)

Displacements are those of the surface that would move the tip as much, so that they add to the ESM
signal before the cantilever acts on the sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isinf, log, log1p, pi, sin, tan
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.closed_forms import disc_flux
from vegard.errors import NoStaticLimit, VegardError
from vegard.experiment import Experiment
from vegard.parameters import Parameters, choice, number, quantity
from vegard.response import checked_points
from vegard.result import Axis, Response

Complex = NDArray[np.complex128]

VACUUM = 8.8541878128e-12  # F/m, CODATA 2018

_AC = quantity("ac drive", "V_ac", "V", hint="Peak, not rms.")
_DC = quantity("dc bias", "V_dc", "V", rule="finite")
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_X, _W = (_NODES + 1) / 2, _WEIGHTS / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Parasitic(Parameters):
    """Base of the signals that go with V²."""

    dc: float = quantity(
        "dc bias of the tip when part of Experiment.also", "V_dc", "V", rule="finite", default=0.0
    )
    precision: ClassVar[float] = 1e-14
    """Relative numerical error of ``quadratic``."""

    def quadratic(self, s: ArrayLike) -> Complex:
        """Displacement per squared voltage, q(s) [m/V²], at Laplace s [1/s]; shape of s."""
        raise NotImplementedError

    def bias(self, dc: float = 0.0) -> float:
        """V₀ [V]: the stored dc plus ``dc``, less the voltage at which nothing moves."""
        return self.dc + dc

    def response(self, f: ArrayLike, *, ac: float, dc: float = 0.0, harmonic: int = 1) -> Response:
        """Displacement at the drive's frequency or at twice it.

        Parameters
        ----------
        f : array_like
            Frequencies of the drive [Hz], > 0.
        ac : float
            Peak amplitude of the drive [V], > 0.
        dc : float
            Bias added to the object's own ``dc`` [V].
        harmonic : {1, 2}
            1 is linear in the drive and adds to ``frequency_response(per="volt")``.

        Returns
        -------
        Response
            harmonic 1: 2 V₀ q(iω), per volt of the drive [m/V] (``ac`` cancels);
            harmonic 2: ½ ac² q(2iω), peak at this ``ac`` [m]. Complex, up is positive, e^{+iωt}.
            The axis is the frequency of the signal, ``harmonic`` times f.

        Raises
        ------
        VegardError
            For bad numbers or another harmonic.
        """
        points = checked_points("f", f, "Hz")
        if (points <= 0).any():
            raise VegardError(f"f must be > 0 [Hz]; got {points.min():g}.")
        amplitude = number("ac", _AC.metadata, ac)
        offset = self.bias(number("dc", _DC.metadata, dc))
        whole = isinstance(harmonic, int | np.integer) and not isinstance(harmonic, bool)
        if not whole or harmonic not in (1, 2):
            raise VegardError(f"harmonic must be 1 or 2; got {harmonic!r}. V² has no other.")
        factor = 2 * offset if harmonic == 1 else amplitude * amplitude / 2
        axis = Axis("frequency", "Hz", harmonic * points)
        values = factor * self.quadratic(2j * pi * axis.points)
        return Response(
            values[()],
            (self.precision * np.abs(values))[()],
            "m/V" if harmonic == 1 else "m",
            (Axis("at", "m", np.zeros(())), axis),
            {
                "verb": f"{type(self).__name__}.response",
                "parasitic": self,
                "ac": amplitude,
                "dc": dc,
                "harmonic": harmonic,
            },
        )

    def transfer(self, s: ArrayLike, experiment: Experiment, per: str) -> Complex:
        """First harmonic per volt [m/V] at the stored ``dc``, for ``Experiment(also=...)``.

        Parameters
        ----------
        s : array_like
            Laplace variable [1/s].
        experiment : Experiment
            Not used: the object holds all it needs.
        per : str
            "volt"; a voltage alone says nothing about a concentration or a current.
        """
        if per != "volt":
            raise VegardError(
                f'{type(self).__name__} has no response per "{per}"; ask per="volt", with an '
                "interface that knows it, or take it out of Experiment.also."
            )
        return 2 * self.bias() * self.quadratic(s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Electrostatic(Parasitic):
    r"""Attraction of tip and cantilever by the sample, a conductor behind a gap.

    Parameters
    ----------
    tip_radius : float
        Radius R of the tip's end [m].
    gap : float
        Gap d between tip and conductor [m]: sum of thickness over relative permittivity of air,
        water and dead layer.
    contact_stiffness : float
        k* [N/m], ``vegard.contact_mechanics.stiffness``.
    lever_stiffness : float
        k [N/m] of the cantilever under a load on its end.
    lever_length, lever_width : float
        L, w [m]; width 0 leaves the cantilever out.
    tip_height : float
        H [m] of the cone, and of the cantilever's end above the sample.
    half_angle : float
        θ [rad] between the axis and the flank of the cone.
    tilt : float
        τ [rad] of the cantilever against the sample.
    surface_potential : float
        V_s [V], the tip bias at which the force vanishes.
    dc : float
        Bias of the tip [V] when part of ``Experiment.also``.

    Raises
    ------
    VegardError
        If a value breaks its rule, or the tip is no higher than it is blunt.

    Notes
    -----
    Up is positive. A point load at ξL bends the lever, whose tip the contact spring k* holds. The
    detector reads the slope of the end; the same slope comes from a surface moving by

    .. math:: u = -\frac{F_{tip}}{k^*} + \int_0^1 f(\xi)\,\xi^2
              \Big[\frac{1-\xi}{2k} - \frac{1}{k^*}\Big]d\xi,\qquad
              f = \frac{\varepsilon_0 w L\,V_0^2}{2[H + (1-\xi)L\sin\tau]^2}

    so that a stiff contact makes the pull on the lever read as a rise. With a = 1 - sin θ,
    Δ = d + aR,

    .. math:: F_{tip} = \pi\varepsilon_0 V_0^2\Big[\frac{aR^2}{d\,\Delta}
              + \frac{1}{\ln^2\tan(\theta/2)}\Big(\ln\frac H\Delta - 1
              + \frac{R\cos^2\theta}{\Delta\sin\theta}\Big)\Big]

    (Hudlet, Saint Jean, Guthmann, Berger, Eur. Phys. J. B 2, 5 (1998)), V₀ = V_dc - V_s. Against
    the charge on a whole tip, solved numerically for R = 20 nm, θ = 5° to 44°, the force is right
    to 7 % at d = 1 nm, 17 % at 5 nm, 27 % at 20 nm. Flat in frequency; the term on the tip is exact
    through the contact resonances, that on the lever only well below the first. Multiply by
    ``Cantilever.transfer`` for what the detector reads.

    Examples
    --------
    A 2.8 N/m lever, 225 × 28 µm, tip 12.5 µm high; typical values, assumed.

    >>> pull = Electrostatic(tip_radius=20e-9, gap=1e-9, contact_stiffness=360.0,
    ...     lever_stiffness=2.8, lever_length=225e-6, lever_width=28e-6, tip_height=12.5e-6)
    >>> [round(v * 1e12, 2) for v in (pull.tip, pull.lever)]  # [pm/V²]
    [-1.68, 0.56]
    >>> u = pull.response(100e3, ac=1.0, dc=0.5)  # [m/V]
    >>> round(float(u.values.real) * 1e12, 2)  # [pm/V]
    -1.12
    """

    tip_radius: float = quantity("radius of the tip's end", "R", "m", hint="Near 1e-8..1e-6.")
    gap: float = quantity(
        "gap between tip and conductor, thickness over permittivity", "d", "m", hint="Near 1e-9."
    )
    contact_stiffness: float = quantity("contact stiffness", "k*", "N/m", hint="Near 1e1..1e4.")
    lever_stiffness: float = quantity("stiffness of the cantilever", "k", "N/m", hint="0.01..100.")
    lever_length: float = quantity("length of the cantilever", "L", "m", hint="Did you pass µm?")
    lever_width: float = quantity(
        "width of the cantilever", "w", "m", rule=">= 0", hint="Did you pass µm?"
    )
    tip_height: float = quantity("height of the tip", "H", "m", hint="Did you pass µm?")
    half_angle: float = quantity("angle from axis to flank of the cone", "θ", "rad", default=0.35)
    tilt: float = quantity("tilt of the cantilever", "τ", "rad", rule=">= 0", default=0.19)
    surface_potential: float = quantity(
        "tip bias without force", "V_s", "V", rule="finite", default=0.0
    )

    def __post_init__(self) -> None:
        super(Electrostatic, self).__post_init__()
        for name in ("half_angle", "tilt"):
            if getattr(self, name) > pi / 4:
                raise VegardError(
                    f"Electrostatic.{name} must be <= π/4 [rad]; got {getattr(self, name):g}. "
                    "Did you pass degrees?"
                )
        if self.tip_height <= self.gap + self.tip_radius:
            raise VegardError(
                f"Electrostatic.tip_height must be > gap + tip_radius [m]; got "
                f"{self.tip_height:g}. A tip is about 1e-5 m high."
            )

    def bias(self, dc: float = 0.0) -> float:
        return self.dc + dc - self.surface_potential

    @property
    def tip(self) -> float:
        """Share of the tip, apex and cone [m/V²]."""
        sine = sin(self.half_angle)
        away = self.gap + self.tip_radius * (1 - sine)
        apex = self.tip_radius**2 * (1 - sine) / (self.gap * away)
        flank = log(self.tip_height / away) - 1 + self.tip_radius * (1 - sine**2) / (sine * away)
        force = pi * VACUUM * (apex + flank / log(tan(self.half_angle / 2)) ** 2)
        return -force / self.contact_stiffness

    @property
    def lever(self) -> float:
        """Share of the cantilever [m/V²]."""
        # H + y L sin τ = H e^{cx}, y = 1 - ξ: entire in x, so that Gauss converges fast
        c = log1p(self.lever_length * sin(self.tilt) / self.tip_height)
        y = np.expm1(c * _X) / np.expm1(c) if c else _X
        scale = (c / np.expm1(c) if c else 1.0) * np.exp(-c * _X)
        load = VACUUM * self.lever_width * self.lever_length / (2 * self.tip_height**2) * scale
        turn = y / (2 * self.lever_stiffness) - 1 / self.contact_stiffness
        return float(_W @ (load * (1 - y) ** 2 * turn))

    def quadratic(self, s: ArrayLike) -> Complex:
        return np.full(np.shape(s), self.tip + self.lever, complex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Electrostriction(Parasitic):
    r"""Strain that goes with the square of the field under the tip, of an isotropic sample.

    Parameters
    ----------
    longitudinal, transverse : float
        M₁₁, M₁₂ [m²/V²]: strain along and across the field, free of stress, over E².
    radius : float
        Radius R of the contact [m].
    poisson : float
        Poisson ratio ν [–].
    thickness : float
        Thickness h [m] of a film on a rigid electrode, R ≫ h; infinite is a half-space, R ≪ h.
        Between them neither formula holds.
    readout : {"centre", "punch"}
        What the tip reads on a half-space, as in ``Experiment``.
    dc : float
        Bias of the tip [V] when part of ``Experiment.also``.

    Notes
    -----
    Strain M₁₂E²δᵢⱼ + (M₁₁-M₁₂)EᵢEⱼ. A film strains freely only along its normal; E = V/h gives

    .. math:: u = \frac{V_0^2}{h}\Big[M_{11} + \frac{2\nu}{1-\nu}M_{12}\Big]

    A half-space, with the potential V(2/π)arccot ξ of a disc electrode in oblate spheroidal
    coordinates, weighted by the stress of a unit load on the surface (Betti), gives with
    g = 1 - 2/π

    .. math::
       u &= \frac{V_0^2}{\pi R}\big[M_{11}(1+2g\nu) + M_{12}(4g-1+2g\nu)\big]
            \quad\text{(centre)} \\
       u &= \frac{V_0^2}{\pi R}\big[M_{11}(4\ln2-1+2(1-\ln2)\nu) + M_{12}(1+(6\ln2-2)\nu)\big]
            \quad\text{(punch)}

    derived for this library, checked by quadrature in tests/test_parasitics.py. The field spreads
    as in a uniform conductor or dielectric of high permittivity; charges that screen it are left
    out. Flat in frequency. The attraction of the electrodes (Maxwell stress), unless measured with
    M, adds -ε/2E to M₁₁ and νε/2E to M₁₂ of a film, E Young's modulus, ε the permittivity [F/m]:
    4e-22 m²/V² at 10 ε₀ and 100 GPa. Compare Eliseev et al., Appl. Phys. Lett. 104, 232901 (2014).

    Examples
    --------
    M₁₁ = 1e-20 m²/V², an assumed value, 20 nm contact:

    >>> m = Electrostriction(longitudinal=1e-20, transverse=-3e-21, radius=20e-9, poisson=0.3)
    >>> round(float(m.response(1e5, ac=1.0, harmonic=2).amplitude * 1e15), 1)  # [fm]
    80.9
    """

    longitudinal: float = quantity("strain along the field over E²", "M₁₁", "m²/V²", rule="finite")
    transverse: float = quantity("strain across the field over E²", "M₁₂", "m²/V²", rule="finite")
    radius: float = quantity("contact radius", "R", "m", hint="A contact is 1e-9..1e-6.")
    poisson: float = quantity("Poisson ratio", "ν", "–", rule="> -1 and <= 0.5")
    thickness: float = quantity("film thickness", "h", "m", default=inf, infinite=True)
    readout: str = choice("what the tip reads", ("centre", "punch"), "centre")

    def quadratic(self, s: ArrayLike) -> Complex:
        nu = self.poisson
        if not isinf(self.thickness):
            along, across, length = 1.0, 2 * nu / (1 - nu), self.thickness
        elif self.readout == "centre":
            g, length = 1 - 2 / pi, pi * self.radius
            along, across = 1 + 2 * g * nu, 4 * g - 1 + 2 * g * nu
        else:
            g, length = log(2), pi * self.radius
            along, across = 4 * g - 1 + 2 * (1 - g) * nu, 1 + (6 * g - 2) * nu
        q = (self.longitudinal * along + self.transverse * across) / length
        return np.full(np.shape(s), q, complex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joule(Parasitic):
    r"""Thermal expansion of a half-space that the current heats under the contact.

    Parameters
    ----------
    resistance : float
        Resistance R_el = V²/P [Ω] that turns the voltage into heat at the contact.
    radius : float
        Contact radius R [m].
    conductivity : float
        Thermal conductivity λ [W/m/K].
    heat_capacity : float
        Heat capacity per volume ρc [J/m³/K].
    expansion : float
        Linear thermal expansion α [1/K].
    poisson : float
        Poisson ratio ν [–].
    dc : float
        Bias of the tip [V] when part of ``Experiment.also``.

    Raises
    ------
    NoStaticLimit
        For s = 0: the rise of a heated half-space grows like ln(1/ω).

    Notes
    -----
    Heat diffuses as ions do, and expands as they swell: P = V²/R_el spread evenly over the disc is
    ``FixedFlux`` with D → λ/ρc, βJ → αP/(πR²ρc), read at the centre,

    .. math:: u = \frac{2(1+\nu)\alpha P}{\pi\lambda}\,G\Big(\frac{sR^2\rho c}{\lambda}\Big),\qquad
              G(\sigma^2) = \frac{1-\frac{\sigma}{2}(I_0K_1-I_1K_0)(\sigma/2)}{\sigma^2}

    (``vegard.closed_forms.disc_flux``). Falls like 1/ω above f = λ/(2πρcR²), 400 MHz in the
    example, and is nearly flat below, ∝ ln(1/ω): only wide contacts show the roll-off. The centre
    warms by P/(πλR) at rest. Heat made deeper, or leaving by the tip, moves the surface less.

    Examples
    --------
    1 GΩ under 20 nm, an oxide of 3 W/m/K, 3 MJ/m³/K, 1.3e-5 /K (assumed, like LiCoO₂):

    >>> j = Joule(resistance=1e9, radius=20e-9, conductivity=3.0, heat_capacity=3e6,
    ...     expansion=1.3e-5, poisson=0.3)
    >>> u = j.response([1e3, 1e6], ac=1.0, dc=1.0)  # [m/V]
    >>> (u.amplitude * 1e15).round(1).tolist()  # [fm/V]
    [13.1, 7.0]
    """

    resistance: float = quantity("resistance that makes the heat", "R_el", "Ω", hint="1e5..1e12.")
    radius: float = quantity("contact radius", "R", "m", hint="A contact is 1e-9..1e-6.")
    conductivity: float = quantity(
        "thermal conductivity", "λ", "W/m/K", hint="Oxides lie near 1..10."
    )
    heat_capacity: float = quantity(
        "heat capacity per volume", "ρc", "J/m³/K", hint="Near 3e6; did you pass J/kg/K?"
    )
    expansion: float = quantity(
        "linear thermal expansion", "α", "1/K", rule="finite", hint="Near 1e-5."
    )
    poisson: float = quantity("Poisson ratio", "ν", "–", rule="> -1 and <= 0.5")
    precision: ClassVar[float] = 1e-12

    def quadratic(self, s: ArrayLike) -> Complex:
        rate = np.asarray(s, complex)
        if (rate == 0).any():
            raise NoStaticLimit(
                "Joule heating of a half-space has no static displacement: it grows like ln(1/ω). "
                "Choose a lowest frequency, or take it out of Experiment.also."
            )
        scale = 2 * (1 + self.poisson) * self.expansion / (pi * self.conductivity * self.resistance)
        sigma2 = rate * (self.radius**2 * self.heat_capacity / self.conductivity)
        return np.asarray(scale * disc_flux(sigma2))
