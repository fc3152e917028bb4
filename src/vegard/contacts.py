"""Interfaces that act under the tip alone, and the tip that lets no ions through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isinf, pi
from typing import Any, ClassVar

import numpy as np

from vegard import diffusion, galerkin, kinetics, migration, rim
from vegard.errors import VegardError
from vegard.footprints import DISC, RING, SLOPE
from vegard.galerkin import FINITE, PERFECT, Basis
from vegard.geometries import Geometry, HalfSpace
from vegard.interfaces import Complex, Interface, Source
from vegard.material import FARADAY, GAS_CONSTANT, Material
from vegard.parameters import choice, quantity
from vegard.spectra import Footprint
from vegard.tips import DiscTip, Tip

_SWITCH = 100.0  # |σ| above which a perfect contact is solved at its rim
_RIM = 0.05  # relative error of that solution times |σ|³, largest at the rim
_DEEP = 10.0  # Re qh above which a film is a half-space to the rim
_MOST = 96  # functions at most
_THIN = 1e6  # Biot number above which the layer at the rim is taken to first order
_NARROW = 30.0  # R over the leak's decay length from which it is a line at the rim …
_FAR = 25.0  # … for points this many decay lengths away from it
_TAIL = 3e4  # range of the Galerkin integrals past the last scale


Load = Callable[[tuple[tuple[Footprint, ...], ...]], Complex]


def _disc(interface: Interface, tip: Tip) -> None:
    if not isinstance(tip, DiscTip):
        raise VegardError(
            f"{type(interface).__name__} acts under a contact with a rim: it needs a DiscTip; "
            f"got {type(tip).__name__}."
        )


def _sigma(s: Complex, tip: Tip, material: Material) -> Complex:
    """σ = R√(s/D_r) [–]."""
    return np.asarray(tip.radius * np.sqrt(s / material.diffusivity_in_plane))


def _needed(scale: float) -> float:
    """Functions that a perfect contact needs for wavenumbers up to ``scale`` [1/R]."""
    return float(8 + 3 * scale**0.5)


@dataclass(frozen=True, slots=True)
class Contact(Interface):
    """Exchange under the tip only, no flux through the surface outside (microdisc electrode).

    -D_z C' = κ(c - C) for r < R, c = -V/(dE/dC), and no flux for r > R: the mixed boundary value
    problem. Ions that enter cannot leave: no static displacement on a half-space or a film with
    a blocking back.

    Parameters
    ----------
    rate : float
        κ [m/s] = (-dE/dC)/(zF R_ct); infinite is equilibrium under the tip.

    Notes
    -----
    Galerkin's method (vegard.galerkin), and for a perfect contact with |s|R²/D > 1e4 the rim's own
    solution (vegard.rim). tests/test_contacts.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(
    ...     vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9), interface=vg.Contact()
    ... )
    >>> u = vg.frequency_response(e, 1.0, per="concentration")
    >>> f"{u.amplitude:.3e} m/(mol/m³)"
    '1.934e-14 m/(mol/m³)'
    """

    rate: float = quantity(
        "charge-transfer rate under the tip",
        "κ",
        "m/s",
        default=inf,
        infinite=True,
        hint="κ = (-dE/dC)/(zF R_ct).",
    )
    drives: ClassVar[dict[str, str]] = {"volt": "m/V", "concentration": "m/(mol/m³)"}
    sink: ClassVar[bool] = False

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        return 1.0 / admittance

    def fits(self, tip: Tip, geometry: Geometry, material: Material) -> None:
        _disc(self, tip)

    @staticmethod
    def _scale(size: float, tip: Tip, geometry: Geometry, material: Material) -> float:
        """Largest wavenumber [1/R] of the problem for |s| ≤ ``size``."""
        normal, in_plane = material.diffusivity_normal, material.diffusivity_in_plane
        back = 1.6 * tip.radius / geometry.depth * (normal / in_plane) ** 0.5
        return float(max(1.0, (size / in_plane) ** 0.5 * tip.radius, back))

    def apart(self, s: Complex, tip: Tip, geometry: Geometry, material: Material) -> float:
        scale = self._scale(np.abs(s).max(), tip, geometry, material)
        if isinf(self.rate) and _needed(scale) < _MOST:
            return inf
        decay = self._decay(s, geometry, material)
        return _FAR / decay if decay * tip.radius > _NARROW else inf

    @staticmethod
    def _decay(s: Complex, geometry: Geometry, material: Material) -> float:
        """Slowest in-plane decay [1/m] of what leaks out past the rim."""
        rate = s / material.diffusivity_in_plane
        if not geometry.keeps_ions():
            mode = pi / (2 * geometry.depth)
            rate = rate + mode**2 * material.diffusivity_normal / material.diffusivity_in_plane
        return float(np.sqrt(rate).real.min())

    def sources(
        self, s: Complex, tip: Tip, geometry: Geometry, material: Material, far: bool = False
    ) -> tuple[Source, ...]:
        high = self.beyond(s, tip, geometry, material)
        out = []
        if not high.all():
            rows = np.flatnonzero(~high)
            basis, strengths = self.flux(s[rows], tip, geometry, material)
            if far:
                out.append(self._leak(s[rows], basis, strengths, tip, geometry, material, rows))
            else:
                out.append(Source(basis.footprints(), strengths, self.surface, rows))
        if high.any():
            rows = np.flatnonzero(high)
            one = np.ones((2, rows.size, 1), complex)
            one[1, :, 0] += _RIM / np.abs(_sigma(s[rows], tip, material)) ** 3

            def part(which: int) -> Any:
                def surface(admittance: Any, k: Any, s: Any, material: Material) -> Any:
                    return rim.spread(k * tip.radius, _sigma(s, tip, material))[which]

                return surface

            out += [
                Source((footprint,), one, part(which), rows)
                for which, footprint in enumerate((DISC, RING))
            ]
        return tuple(out)

    def _leak(
        self,
        s: Complex,
        basis: Basis,
        strengths: Complex,
        tip: Tip,
        geometry: Geometry,
        material: Material,
        rows: Any,
    ) -> Source:
        """Exchange on the whole surface, and what leaks out past the rim as a line there.

        With g the flux, g/Y + g/κ = c under the tip and C outside: the response is that of linear
        kinetics on the whole surface to the disc c and to the leak, whose first two moments are
        those of g/Y + g/κ less those of the disc. They converge like g squared, g itself does not.
        """

        def resistance(s: Complex) -> Complex:
            q = self.wavenumber(np.zeros(1), s, material)
            return np.asarray(1 / geometry.transport(q, material)[0] + 1 / self.rate)

        level, bend = strengths @ basis.load, strengths @ basis.curvature
        step = 1e-4
        slope = (resistance(s * (1 + step)) - resistance(s * (1 - step))) / (2 * step * s)
        slope = slope * material.diffusivity_in_plane / tip.radius**2  # by k², as q² is in s + Dk²
        total = resistance(s)
        first = level * total - 0.5
        second = bend * total + level * slope + 1 / 16
        out = np.ones((2, s.size, 3), complex)
        out[..., 1], out[..., 2] = first, -2 * second - first / 2
        width = 1 / (tip.radius * self._decay(s, geometry, material))
        out[1, :, 2] *= 1 + 4 * width  # the third moment is as much smaller as the leak is narrow

        def surface(admittance: Any, k: Any, s: Any, material: Material) -> Any:
            return kinetics.surface_fraction(admittance, self.rate)

        return Source((DISC, RING, SLOPE), out, surface, rows)

    def dual(
        self, s: Complex, tip: Tip, geometry: Geometry, material: Material, load: Load
    ) -> Source:
        """Flux under the contact that the adjoint field (vegard.adjoint) meets there, at s (m,).

        ``load`` gives, for the spectra of a basis, ∫ ψ â k dk (s, n) [1/m²] of the adjoint without
        exchange; what the contact adds makes κ a the flux out, or a = 0 if it is perfect.
        """
        scale = self._scale(np.abs(s).max(), tip, geometry, material)
        if isinf(self.rate) and _needed(scale) > _MOST:
            raise VegardError(
                "the diffusion length is too far below the contact radius: a change of transport "
                "under a contact is not resolved there; ask for a lower frequency, or take "
                "FixedConcentration, which is the same but at the rim."
            )

        def met(basis: Basis) -> Complex:
            return np.asarray(-load(basis.footprints()) / (2 * pi))

        basis, strengths = self.flux(s, tip, geometry, material, met)
        return Source(basis.footprints(), strengths, self.surface, np.arange(s.size))

    def net_flux(
        self, s: Complex, tip: Tip, geometry: Geometry, material: Material
    ) -> tuple[Complex, Any]:
        """Ions through the contact per surface concentration [m³/s] at s (m,), and its error."""
        scale = 2 * pi * tip.radius**2
        values, error = np.empty(s.shape, complex), np.empty(s.shape)
        high = self.beyond(s, tip, geometry, material)
        if not high.all():
            basis, strengths = self.flux(s[~high], tip, geometry, material)
            best, rough = scale * (strengths @ basis.load)
            values[~high], error[~high] = best, np.abs(best - rough)
        q = self.wavenumber(np.zeros(1), s[high], material)
        sigma = _sigma(s[high], tip, material)
        disc, ring = rim.spread(np.zeros(1), sigma)
        values[high] = scale * material.diffusivity_normal * q * (disc / 2 + ring)
        error[high] = np.abs(values[high]) * _RIM / np.abs(sigma) ** 3
        return values, error + 1e-14 * np.abs(values)

    def beyond(self, s: Complex, tip: Tip, geometry: Geometry, material: Material) -> Any:
        """Where the rim's own solution holds: |σ| > 100, perfect, no back in sight."""
        q = np.sqrt(s / material.diffusivity_normal)
        deep = q.real > _DEEP / geometry.depth
        return (np.abs(_sigma(s, tip, material)) > _SWITCH) & deep & isinf(self.rate)

    def flux(
        self,
        s: Complex,
        tip: Tip,
        geometry: Geometry,
        material: Material,
        load: Callable[[Basis], Complex] | None = None,
    ) -> tuple[Basis, Complex]:
        """Functions of the flux and their strengths (2, s, n) [m/s] per surface concentration.

        ``load`` gives (s, n) what the contact meets instead of 1, see `galerkin.solve`.
        """
        normal, in_plane = material.diffusivity_normal, material.diffusivity_in_plane
        unit = (normal * in_plane) ** 0.5 / tip.radius
        scale = self._scale(np.abs(s).max(), tip, geometry, material)
        biot = self.rate / unit
        if biot > _THIN:
            basis = Basis(PERFECT, int(min(_needed(scale), _MOST)))
        else:
            few = biot < 32 and scale < 12
            basis = Basis(FINITE, 16 if few else 24 if biot < 1e3 else 64)
        low = max((np.abs(s).min() / max(normal, in_plane)) ** 0.5 * tip.radius, 1e-18)
        high = scale * _TAIL

        def excess(k: Any) -> Any:
            q = self.wavenumber(k / tip.radius, s[:, None], material)
            return k * unit / geometry.transport(q, material)[0] - 1

        k = galerkin.nodes(basis, low, high)
        given = None if load is None else load(basis)
        return basis, galerkin.solve(basis, low, high, excess(k), biot, given) * unit


@dataclass(frozen=True, slots=True)
class BlockingTip(Interface):
    """Tip that passes no ions: they migrate in its field and pile up below it (electromigration).

    One mobile ion on an immobile background, electrons slow; V > 0 depletes cations, the opposite
    sign of an exchanging tip. Linear for |zFV/R_gT| ≪ 1; half-space, isotropic diffusivity.

    Parameters
    ----------
    debye_length : float
        λ [m]; with the concentration it fixes the permittivity.
    concentration : float
        Concentration of the mobile ions at rest [mol/m³].
    extent : {"surface", "contact"}
        Where the potential is held: V S(r) on the whole surface (screened or grounded outside the
        tip), or V under a disc with air outside (a true contact; needs a DiscTip; for Debye lengths
        down to about R/1000, below which the stated error grows past 1e-4).

    Notes
    -----
    Morozovska, Eliseev and Kalinin, J. Appl. Phys. 111, 014114 (2012), arXiv:1112.3768;
    vegard.migration, tests/test_contacts.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(
    ...     vg.Material(1e-15, 1e-6, 0.3), vg.GaussianTip(20e-9),
    ...     interface=vg.BlockingTip(1e-9, 1e3),
    ... )
    >>> u = vg.frequency_response(e, 1.0)
    >>> f"{u.amplitude * 1e12:.1f} pm/V"
    '92.7 pm/V'
    """

    debye_length: float = quantity(
        "Debye length", "λ", "m", hint="Solids lie near 1e-10..1e-8; did you pass nm?"
    )
    concentration: float = quantity("concentration of mobile ions at rest", "C_b", "mol/m³")
    extent: str = choice("where the potential is held", ("surface", "contact"), "surface")
    drives: ClassVar[dict[str, str]] = {"volt": "m/V"}

    def fits(self, tip: Tip, geometry: Geometry, material: Material) -> None:
        if self.extent == "contact":
            _disc(self, tip)
        if not isinstance(geometry, HalfSpace):
            raise VegardError("BlockingTip is solved on a half-space; use geometry=HalfSpace().")
        if material.diffusivity_normal != material.diffusivity_in_plane:
            raise VegardError(
                "BlockingTip needs one diffusivity for all directions: migration along the field "
                "and diffusion do not separate otherwise; give Material(diffusivity=…) one number."
            )

    def wavenumber(self, k: Any, s: Any, material: Material) -> Any:
        d = material.diffusivity_normal
        return diffusion.wavenumber(k, s + d / self.debye_length**2, d, d)

    def surface(self, admittance: Any, k: Any, s: Any, material: Material) -> Any:
        d = material.diffusivity_normal
        return migration.surface_concentration(k, admittance / d, s / d, self.debye_length)

    def sources(
        self, s: Complex, tip: Tip, geometry: Geometry, material: Material, far: bool = False
    ) -> tuple[Source, ...]:
        if self.extent == "surface":
            return super(BlockingTip, self).sources(s, tip, geometry, material)
        radius, d = tip.radius, material.diffusivity_normal
        scale = max(1.0, radius / self.debye_length)
        basis = Basis(PERFECT, int(min(_needed(scale), _MOST)))
        low = max(self.onset(np.abs(s).min(), material) * radius, 1e-18)
        high = max(scale, (np.abs(s).max() / d) ** 0.5 * radius) * _TAIL
        k = galerkin.nodes(basis, low, high) / radius
        p = s[:, None] / d
        excess = migration.elastance(
            k, self.wavenumber(k, s[:, None], material), p, self.debye_length
        )
        strengths = galerkin.solve(basis, low, high, excess - 1, inf) / radius

        def charge(admittance: Any, k: Any, s: Any, material: Material) -> Any:
            """Ĉ₀ per surface charge over ε: 1/Q."""
            return material.diffusivity_normal / admittance

        return (Source(basis.footprints(), strengths, charge, np.arange(s.size)),)

    def scales(self, size: float, material: Material) -> tuple[float, ...]:
        return (1 / self.debye_length, size * self.debye_length / material.diffusivity_normal)

    def onset(self, size: float, material: Material) -> float:
        # the spreading resistance charges the diffuse layer: k + Qλ²p = 0 near k = λp
        slow = size * self.debye_length / material.diffusivity_normal
        return min(slow, super(BlockingTip, self).onset(size, material))

    def _amplitude(self, per: str, tip: Tip, material: Material) -> float:
        thermal = GAS_CONSTANT * material.temperature / (material.charge * FARADAY)
        return -self.concentration / thermal
