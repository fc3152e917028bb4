"""Tips: the lateral profile of what the bias prescribes at the surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from vegard import footprints
from vegard.errors import VegardError
from vegard.footprints import Real
from vegard.parameters import Parameters, quantity
from vegard.spectra import Footprint

_RADIUS_HINT = "A tip contact is 1e-9..1e-6; did you pass nm?"


@dataclass(frozen=True, slots=True)
class Tip(Parameters):
    """Base of the tips."""

    radius: float = quantity("contact radius", "R", "m", hint=_RADIUS_HINT)

    def spectrum(self, k: ArrayLike) -> Real:
        """Hankel transform S(k) [m²] of the profile at k [rad/m]."""
        raise NotImplementedError

    def footprint(self) -> tuple[Footprint, ...]:
        """The same as terms for the quadrature, lengths in contact radii."""
        raise NotImplementedError

    def shape(self, r: ArrayLike) -> Real:
        """The profile itself at r [m]."""
        raise NotImplementedError

    def plain(self, r: float, punch: bool) -> float | None:
        """The profile as read at r [m], where it is known to the last digit."""
        return None

    @property
    def reach(self) -> float:
        """Radius [m] beyond which the profile is zero to rounding."""
        return self.radius

    @property
    def area(self) -> float:
        """∫ S d²r [m²]."""
        return float(self.spectrum(0.0))


@dataclass(frozen=True, slots=True)
class DiscTip(Tip):
    """Disc: 1 for r < R, 0 outside.

    Parameters
    ----------
    radius : float
        Contact radius R [m].

    Examples
    --------
    >>> round(DiscTip(20e-9).area * 1e18, 2)  # π R² [nm²]
    1256.64
    """

    def spectrum(self, k: ArrayLike) -> Real:
        return footprints.disc(k, self.radius)

    def footprint(self) -> tuple[Footprint, ...]:
        return footprints.DISC

    def shape(self, r: ArrayLike) -> Real:
        x = np.asarray(r, float)
        return np.where(x < self.radius, 1.0, np.where(x == self.radius, 0.5, 0.0))

    def plain(self, r: float, punch: bool) -> float | None:
        return None if punch else float(self.shape(r))


@dataclass(frozen=True, slots=True)
class GaussianTip(Tip):
    """Gaussian: exp(-r²/2R²).

    Parameters
    ----------
    radius : float
        Standard deviation R [m].

    Examples
    --------
    >>> round(GaussianTip(20e-9).area * 1e18, 2)  # 2π R² [nm²]
    2513.27
    """

    def spectrum(self, k: ArrayLike) -> Real:
        return footprints.gaussian(k, self.radius)

    def footprint(self) -> tuple[Footprint, ...]:
        return footprints.GAUSSIAN

    @property
    def reach(self) -> float:
        return 9.5 * self.radius

    def shape(self, r: ArrayLike) -> Real:
        return np.asarray(np.exp(-0.5 * (np.asarray(r, float) / self.radius) ** 2))

    def plain(self, r: float, punch: bool) -> float | None:
        return footprints.gaussian_punch(r / self.radius) if punch else float(self.shape(r))


@dataclass(frozen=True, slots=True)
class ProfileTip(Tip):
    """Any radial profile, given at points and linear between them, zero beyond the last.

    Parameters
    ----------
    radius : float
        Contact radius R [m]: the unit of ``r``, and the radius of the punch.
    r : sequence of float
        Radii of the points in units of R, increasing from 0 [–].
    profile : sequence of float
        Values of the profile at these points [–].

    Examples
    --------
    >>> cone = ProfileTip(10e-9, (0.0, 1.0), (1.0, 0.0))
    >>> round(cone.area * 1e18, 2)  # π R²/3 [nm²]
    104.72
    """

    r: Sequence[float] = field(default=(), metadata={"doc": "radii of the points in contact radii"})
    profile: Sequence[float] = field(default=(), metadata={"doc": "profile at these radii"})

    def __post_init__(self) -> None:
        super(ProfileTip, self).__post_init__()
        missing = [f"tip.{n}" for n in ("r", "profile") if not np.size(getattr(self, n))]
        if missing:
            raise VegardError(f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} missing.")
        r = _numbers("r", self.r)
        p = _numbers("profile", self.profile)
        if len(r) != len(p) or len(r) < 2:
            raise VegardError(
                f"ProfileTip.r and .profile must have the same length of two or more; "
                f"got {len(r)} and {len(p)}."
            )
        if r[0] != 0 or any(b <= a for a, b in pairwise(r)):
            raise VegardError("ProfileTip.r must start at 0 and increase.")
        if not any(p):
            raise VegardError("ProfileTip.profile is zero everywhere; give a profile that is not.")
        object.__setattr__(self, "r", r)
        object.__setattr__(self, "profile", p)

    def spectrum(self, k: ArrayLike) -> Real:
        x = np.asarray(k, float) * self.radius
        safe = np.where(x == 0, 1e-3, x)  # S(0) - S(1e-3) is below 1e-6
        terms = sum(
            f.amplitude(safe.ravel())[0] * np.prod([w.real(safe.ravel()) for w in f.waves], axis=0)
            for f in self.footprint()
        )
        density = np.reshape(terms / safe.ravel(), x.shape)
        return np.asarray(2 * np.pi * self.radius**2 * density)

    def footprint(self) -> tuple[Footprint, ...]:
        return footprints.piecewise(tuple(self.r), tuple(self.profile))

    def shape(self, r: ArrayLike) -> Real:
        x = np.asarray(r, float) / self.radius
        return np.interp(x, self.r, self.profile, right=0.0)

    @property
    def reach(self) -> float:
        return 1.1 * self.r[-1] * self.radius

    @property
    def area(self) -> float:
        """∫ S d²r [m²], exact for the piecewise linear profile."""
        r, p = np.array(self.r), np.array(self.profile)
        a, b, pa, pb = r[:-1], r[1:], p[:-1], p[1:]
        parts = (b - a) * (pa * (2 * a + b) + pb * (a + 2 * b)) / 6
        return float(2 * np.pi * self.radius**2 * parts.sum())


def _numbers(name: str, values: Any) -> tuple[float, ...]:
    try:
        out = tuple(float(v) for v in values)
    except (TypeError, ValueError):
        raise VegardError(
            f"ProfileTip.{name} must be a sequence of numbers"
            f"{', plain and in contact radii' if name == 'r' else ''}; got {values!r}."
        ) from None
    if not np.all(np.isfinite(out)):
        raise VegardError(f"ProfileTip.{name} must be finite; got {values!r}.")
    return out
