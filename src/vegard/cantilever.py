"""The lever: from the motion of the surface under the tip to what the photodiode reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, inf, pi, sin, tan
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import beam, photodiode
from vegard.errors import VegardError, unknown_name
from vegard.parameters import Parameters, quantity
from vegard.photodiode import whole
from vegard.response import checked_points
from vegard.result import Response

Real = NDArray[np.float64]
_BLOCK = 4000  # frequencies at once: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Cantilever(Parameters):
    r"""Lever in contact with a moving surface: a beam on a contact spring, read by a laser.

    Parameters
    ----------
    stiffness : float
        Static spring constant k_L for a force at the free end [N/m].
    free_resonance : float
        First flexural resonance f₁ of the free lever [Hz].
    quality : float
        Quality factor Q of that free resonance [–]; the viscous force on the whole lever that
        makes it also acts in contact.
    length : float
        Length L [m]; only ``tip_height``/L counts, everything else is in fractions of it.
    contact_stiffness : float
        Spring k* between tip and surface along its normal [N/m]; ``tuned`` finds it from a
        measured contact resonance. None is unknown, 0 a free lever, infinite a pinned tip.
    contact_damping : float
        Dashpot c beside that spring [N s/m].
    lateral_stiffness : float
        Spring k_lat between tip and surface along the lever [N/m]; 0 slides freely.
    tip_position, laser_position : float
        Places of the tip x₁ and of the laser spot x_d, in fractions of L from the base [–].
    tip_height : float
        Height h of the tip [m].
    tilt : float
        Angle α by which the lever leans towards the surface [rad]; 11° is 0.19.

    Notes
    -----
    .. math:: EI\,y'''' + \mu\Big(\ddot y + \frac{\omega_1}{Q}\dot y\Big) = 0,\qquad
        (\kappa L)^4 = 1.8751^4\,\frac{f^2 - i f f_1/Q}{f_1^2},\qquad k_L = \frac{3EI}{L^3}

    clamped at x = 0 and free at x = L; the surface displacement u pulls at the tip's apex with
    (k* + iωc)(u − u_apex). The photodiode reads the slope y'(x_d), calibrated in metres the way it
    is done at the microscope: a slow force curve on a hard, frictionless surface, with the laser
    where it is, reads 1 m per m. For tip and laser at the end this is 2L/3 times the slope, and

    .. math:: H = \frac{2\hat k z\,\sin z\,\sinh z}{3\,[z^3(1+\cos z\cosh z)
        + \hat k(\sin z\cosh z - \cos z\sinh z)]},\qquad z = \kappa L,\quad \hat k = 3k^*/k_L

    which tends to k*/(k* + k_L) at rest. Holds for a slender uniform lever (flexure only: no
    torsion, no mass of the tip, no electrostatic force on the lever) and a small laser spot.
    After Rabe, Janser and Arnold, Rev. Sci. Instrum. 67, 3281 (1996); damping of the contact as in
    Yuya, Hurley and Turner, J. Appl. Phys. 104, 074916 (2008); tested against finite elements.

    Examples
    --------
    >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
    >>> (lever.resonances(2) / 1e3).round(1).tolist()  # kHz
    [319.9, 956.4]
    >>> abs(lever.transfer([10.0, 319.9e3])).round(2).tolist()  # at rest and at the resonance
    [0.99, 811.91]
    """

    stiffness: float = quantity(
        "static spring constant at the free end", "k_L", "N/m", hint="Levers have 0.01..100 N/m."
    )
    free_resonance: float = quantity("first free flexural resonance", "f_1", "Hz")
    quality: float = quantity("quality factor of the free resonance", "Q", "–")
    length: float = quantity(
        "length", "L", "m", hint="Levers are 1e-5..5e-4 m long; did you pass µm?"
    )
    contact_stiffness: float | None = quantity(
        "contact stiffness along the normal of the surface", "k*", "N/m",
        rule=">= 0", default=None, unknown=True, infinite=True,
    )  # fmt: skip
    contact_damping: float = quantity(
        "damping of the contact", "c", "N s/m", rule=">= 0", default=0.0
    )
    lateral_stiffness: float = quantity(
        "contact stiffness along the lever", "k_lat", "N/m", rule=">= 0", default=0.0
    )
    tip_position: float = quantity("place of the tip, fraction of L", "x₁/L", "–", default=1.0)
    laser_position: float = quantity("place of the laser, fraction of L", "x_d/L", "–", default=1.0)
    tip_height: float = quantity("height of the tip", "h", "m", rule=">= 0", default=0.0)
    tilt: float = quantity(
        "angle by which the lever leans towards the surface", "α", "rad", rule=">= 0", default=0.0
    )

    def __post_init__(self) -> None:
        super(Cantilever, self).__post_init__()
        for name in ("tip_position", "laser_position"):
            if getattr(self, name) > 1:
                raise VegardError(
                    f"Cantilever.{name} must be > 0 and <= 1; got {getattr(self, name)!r}. "
                    "It is a fraction of the length."
                )
        if self.tilt >= pi / 2:
            raise VegardError(
                f"Cantilever.tilt must be below π/2 [rad]; got {self.tilt!r}. Did you pass degrees?"
            )
        reach = self.tip_position * self.length / 2
        if self.tip_height * tan(self.tilt) >= reach:
            raise VegardError(
                f"Cantilever.tip_height must be below {reach / tan(self.tilt):.3g} [m] with this "
                f"tilt; got {self.tip_height!r}. A higher tip bends the lever the other way."
            )

    def transfer(self, f: ArrayLike, *, component: str = "vertical") -> Any:
        """What the photodiode reads per displacement of the surface under the tip.

        Parameters
        ----------
        f : array_like
            Frequencies [Hz], >= 0.
        component : {"vertical", "lateral_x"}
            Direction in which the surface moves; x points from the base of the lever to its end.

        Returns
        -------
        complex or ndarray
            Calibrated deflection per displacement [m/m], e^{+iωt}, shape of f.

        Raises
        ------
        VegardError
            If the contact stiffness is unknown, for frequencies < 0, for lateral motion without
            a lateral spring, or across the lever (torsion is not modelled).

        Examples
        --------
        >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
        >>> round(float(abs(lever.transfer(0.0))), 5)  # k*/(k* + k_L)
        0.99443
        """
        points = checked_points("f", f, "Hz", least=0.0)
        if component == "lateral_y":
            raise VegardError(
                'component="lateral_y" turns the lever, and torsion is not modelled; '
                'use "vertical" or "lateral_x".'
            )
        if component not in ("vertical", "lateral_x"):
            raise unknown_name("component", component, ("vertical", "lateral_x"))
        if component == "lateral_x" and not self.lateral_stiffness:
            raise VegardError(
                'component="lateral_x" moves the lever only through Cantilever.lateral_stiffness, '
                "which is 0; give it [N/m], 2(1-ν)/(2-ν) times k* if the tip sticks."
            )
        contact = self._contact()
        slow = contact._replace(normal=inf, lateral=0.0)
        rest = beam.slope(np.zeros(1), slow, self.laser_position)[0].real
        dashpot = 2 * pi * self.contact_damping * 3 / self.stiffness
        flat = points.ravel()
        lateral = component == "lateral_x"
        blocks = [
            beam.slope(self._wavenumber(x), contact, self.laser_position, x * dashpot, lateral)
            for x in np.split(flat, range(_BLOCK, flat.size, _BLOCK))
        ]
        return (np.concatenate(blocks) / rest).reshape(points.shape)[()]

    def resonances(self, n: int = 1) -> Real:
        r"""Frequencies of the first contact resonances, without damping.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        ndarray
            Frequencies [Hz], rising, shape (n,).

        Notes
        -----
        For a tip at the end that slides freely, z = κL solves (Rabe et al. 1996)

        .. math:: z^3(1+\cos z\cosh z) + \frac{3k^*}{k_L}(\sin z\cosh z-\cos z\sinh z) = 0,\qquad
            f = f_1 (z/1.8751)^2

        Examples
        --------
        >>> free = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=0)
        >>> (free.resonances(3) / 75e3).round(3).tolist()
        [1.0, 6.267, 17.547]
        """
        z = beam.roots(self._contact(), whole("n", n, 1))
        return self.free_resonance * (z / beam.FIRST) ** 2

    def quality_factors(self, n: int = 1) -> Real:
        """Quality factors of the first contact resonances.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        ndarray
            |ω|/(2 Im ω) of the complex resonance frequencies [–], shape (n,). Without damping of
            the contact this is Q f_n/f₁.

        Examples
        --------
        >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
        >>> lever.quality_factors(1).round().tolist()
        [640.0]
        """
        contact = self._contact()
        dashpot = 2 * pi * self.free_resonance * self.contact_damping * 3 / self.stiffness
        roots = beam.roots(contact, whole("n", n, 1)).tolist()
        s = np.array([beam.damped(z, contact, self.quality, dashpot) for z in roots])
        return np.asarray(np.abs(s) / (2 * s.imag))

    def blind_positions(self, resonance: int = 1) -> Real:
        """Laser positions at which a contact resonance is not seen.

        Parameters
        ----------
        resonance : int
            Which contact resonance, from 1.

        Returns
        -------
        ndarray
            Fractions of the length [–] where the slope of the undamped resonance vanishes, if any.
            How the laser's place decides: Balke et al., Nanotechnology 27, 425707 (2016).

        Examples
        --------
        >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
        >>> lever.blind_positions().round(3).tolist()
        [0.592]
        """
        contact = self._contact()
        if not contact.normal:
            raise VegardError(
                "Cantilever.contact_stiffness is 0, so a free lever is blind everywhere; give k*."
            )
        root = beam.roots(contact, whole("resonance", resonance, 1))[-1]
        return beam.blind(float(root), contact)

    def tuned(self, resonance: float) -> Cantilever:
        """The lever with the contact stiffness that a measured contact resonance tells.

        Parameters
        ----------
        resonance : float
            Frequency of any contact resonance [Hz].

        Returns
        -------
        Cantilever
            A copy with ``contact_stiffness`` set.

        Raises
        ------
        VegardError
            If no contact stiffness can give this resonance; says which can be had.

        Examples
        --------
        >>> round(Cantilever(2.8, 75e3, 150, 225e-6).tuned(319.9e3).contact_stiffness)
        500
        """
        f = checked_points("resonance", resonance, "Hz", least=0.0)
        if f.ndim:
            raise VegardError("resonance must be one number [Hz].")
        free, pinned = (replace(self, contact_stiffness=k) for k in (0.0, inf))
        z = beam.FIRST * np.sqrt(float(f) / self.free_resonance)
        spring = beam.spring(z, free._contact()) if f > 0 else -1.0
        if not 0 < spring < inf:
            bands = zip(free.resonances(3), pinned.resonances(3), strict=True)
            legal = ", ".join(f"{a / 1e3:.5g}..{b / 1e3:.5g} kHz" for a, b in bands)
            raise VegardError(
                f"no contact stiffness puts a resonance at {float(f) / 1e3:.5g} kHz; "
                f"the first three lie at {legal}."
            )
        return replace(self, contact_stiffness=spring * self.stiffness / 3)

    def frequencies(
        self,
        mode: str,
        *,
        frequency: float | None = None,
        width: float | None = None,
        points: int = 64,
    ) -> Real:
        """Frequencies at which a way of detection reads.

        Parameters
        ----------
        mode : {"dart", "band"}
            Two frequencies beside the resonance, or a band of bins across it.
        frequency : float, optional
            Centre [Hz]; the first contact resonance if left out.
        width : float, optional
            Distance from the first to the last [Hz]; if both are left out, f/Q of the first
            contact resonance for "dart" and ten times that for "band".
        points : int
            Number of bins of the band.

        Returns
        -------
        ndarray
            Frequencies [Hz], shape (2,) or (points,).

        Examples
        --------
        >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
        >>> lever.frequencies("dart", frequency=320e3, width=10e3).tolist()
        [315000.0, 325000.0]
        """
        return photodiode.frequencies(self, mode, frequency, width, points)

    def detect(
        self,
        response: Response,
        *,
        mode: str = "single",
        frequency: float | None = None,
        width: float | None = None,
        points: int = 64,
    ) -> Any:
        """What the photodiode reads of a frequency response.

        Parameters
        ----------
        response : Response
            Displacement of the surface [m per unit drive] from ``frequency_response``, or a sum of
            such, at any frequencies for "dart" and "band": it is computed anew where they read. A
            response of other origin must be given at ``frequencies(mode, ...)``.
        mode : {"single", "dart", "band"}
            Each frequency of the response by itself; two frequencies beside the contact resonance
            (Rodriguez et al., Nanotechnology 18, 475504 (2007)); or a band of bins across it
            (Jesse et al., Nanotechnology 18, 435503 (2007)).
        frequency, width, points
            Centre [Hz], width [Hz] and number of bins, as in ``frequencies``.

        Returns
        -------
        Response or xarray.Dataset
            "single": the Response times the transfer function, in metres of calibrated deflection
            per unit drive. "dart": amplitude1, amplitude2 [m per unit drive], phase1, phase2 [rad]
            at frequency ∓ width/2, frequency and width [Hz], the arguments of a fit of the
            oscillator. "band": response (complex), error, amplitude, phase over ``frequency``.

        Raises
        ------
        VegardError
            For a response not over frequency, already detected, or across the lever.

        Examples
        --------
        >>> import vegard as vg
        >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
        >>> lever = Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
        >>> u = vg.frequency_response(e, 319.9e3, per="concentration")
        >>> round(lever.detect(u).amplitude / u.amplitude)  # the resonance enhances
        812
        >>> two = lever.detect(u, mode="dart", width=10e3)
        >>> round(float(two.phase1 - two.phase2), 2)  # nearly π
        3.04
        """
        return photodiode.detect(self, response, mode, frequency, width, points)

    def _contact(self) -> beam.Contact:
        """The springs at the tip in units of EI/L³."""
        if self.contact_stiffness is None:
            raise VegardError(
                "Cantilever.contact_stiffness is unknown; give it [N/m], or the contact resonance "
                "that you measured: lever.tuned(resonance)."
            )
        c, s, h = cos(self.tilt), sin(self.tilt), self.tip_height / self.length
        return beam.Contact(
            self.tip_position,
            np.array([[c, -h * s], [s, h * c]]),
            3 * self.contact_stiffness / self.stiffness,
            3 * self.lateral_stiffness / self.stiffness,
        )

    def _wavenumber(self, f: Real) -> NDArray[np.complex128]:
        """κL at frequencies [Hz], with the viscous force on the lever."""
        x = f / self.free_resonance
        return np.asarray(beam.FIRST * np.sqrt(np.sqrt(x * x - 1j * x / self.quality)))
