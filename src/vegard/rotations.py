r"""Rotations of crystals, in Bunge's Euler angles.

.. math:: Q = R_z(\varphi_1)\,R_x(\Phi)\,R_z(\varphi_2),\qquad
          v_\text{sample} = Q\,v_\text{crystal},\qquad \beta' = Q\,\beta\,Q^T

with the active, right-handed :math:`R_z(\alpha) = [[\cos\alpha, -\sin\alpha, 0],
[\sin\alpha, \cos\alpha, 0], [0, 0, 1]]`: Q is the transpose of Bunge's g, which takes sample to
crystal coordinates. Columns of Q are the crystal's axes seen in the sample; the third one is
:math:`(\sin\varphi_1\sin\Phi, -\cos\varphi_1\sin\Phi, \cos\Phi)`.

The sample's z points **into** it, so that y points down the image when x points to its right.
Angles measured with z out of the sample and y up the image (φ1, Φ, φ2) are (-φ1, Φ + π, φ2) here,
which turns the axes by π about x.

H.-J. Bunge, Texture Analysis in Materials Science, Butterworths, London (1982).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.errors import VegardError
from vegard.parameters import Tensor

Real = NDArray[np.float64]


def _numbers(name: str, value: ArrayLike, what: str) -> Real:
    """Finite numbers (..., 3), checked."""
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "iuf":
            raise TypeError
        out = np.array(raw, float)
    except (TypeError, ValueError):
        raise VegardError(f"{name} must be {what}; got {value!r}.") from None
    if not out.size or out.ndim == 0 or out.shape[-1] != 3:
        raise VegardError(f"{name} must be {what}, shape (..., 3); got shape {out.shape}.")
    if not np.isfinite(out).all():
        raise VegardError(f"{name} must be {what}, finite; it holds nan or inf.")
    return out


def checked_euler(euler: ArrayLike, single: bool = False) -> Real:
    """Bunge's angles (..., 3) [rad], checked; one triple if ``single``."""
    angles = _numbers("euler", euler, "Bunge's angles (φ1, Φ, φ2) in rad")
    if single and angles.ndim != 1:
        raise VegardError(
            f"euler must be one triple (φ1, Φ, φ2) [rad]; got shape {angles.shape}. For a map of "
            "grains use vegard.orientation_contrast."
        )
    return angles


def rotation(euler: ArrayLike) -> Real:
    """Rotation that takes vectors from the crystal's axes to the sample's.

    Parameters
    ----------
    euler : array_like, shape (..., 3)
        Bunge's angles (φ1, Φ, φ2) [rad].

    Returns
    -------
    ndarray, shape (..., 3, 3)
        Q of the module's docstring [–].

    Raises
    ------
    VegardError
        If the angles are not finite numbers of that shape.

    Examples
    --------
    >>> rotation((0.0, np.pi / 3, 0.0))[:, 2].round(3)  # the c axis, tilted by 60°
    array([ 0.   , -0.866,  0.5  ])
    """
    angles = checked_euler(euler)
    (c1, c, c2), (s1, s, s2) = (
        np.moveaxis(np.cos(angles), -1, 0),
        np.moveaxis(np.sin(angles), -1, 0),
    )
    rows = (
        (c1 * c2 - s1 * c * s2, -c1 * s2 - s1 * c * c2, s1 * s),
        (s1 * c2 + c1 * c * s2, -s1 * s2 + c1 * c * c2, -c1 * s),
        (s * s2, s * c2, c),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def euler_along(
    direction: ArrayLike, *, lattice: ArrayLike | None = None, turn: float = 0.0
) -> Real:
    """Euler angles of the grain that has a crystal direction along z, into the sample.

    Parameters
    ----------
    direction : array_like, shape (..., 3)
        Direction in the crystal's Cartesian axes, or [uvw] of ``lattice`` [–].
    lattice : array_like, shape (3, 3), optional
        Rows a, b, c [any unit] in those axes; ``np.linalg.inv(lattice).T`` for plane normals (hkl).
    turn : float
        Turn about z after the shortest rotation that brings the direction there [rad].

    Returns
    -------
    ndarray, shape (..., 3)
        Bunge's angles [rad].

    Raises
    ------
    VegardError
        If a direction is zero or not finite, or the lattice is flat.

    Examples
    --------
    >>> (rotation(euler_along((1, 1, 0))) @ (1, 1, 0)).round(3)
    array([0.   , 0.   , 1.414])
    """
    d = _numbers("direction", direction, "a direction (u, v, w)")
    if lattice is not None:
        axes = _numbers("lattice", lattice, "three rows a, b, c")
        if axes.shape != (3, 3) or np.linalg.matrix_rank(axes) < 3:
            raise VegardError("lattice must be three rows a, b, c that span space, shape (3, 3).")
        d = d @ axes
    given: Any = turn
    if isinstance(given, str) or np.ndim(given) or not np.isfinite(given):
        raise VegardError(f"turn must be finite [rad]; got {turn!r}.")
    x, y, z = np.moveaxis(d, -1, 0)
    across = np.hypot(x, y)
    if (np.hypot(across, z) == 0).any():
        raise VegardError("direction must not be (0, 0, 0).")
    # R_z(a) R_y(-tilt) R_z(-a) is the shortest turn onto z, a the azimuth of the direction;
    # R_y = R_z(π/2) R_x R_z(-π/2)
    a = np.arctan2(y, x) + np.pi / 2
    return np.stack([a + turn, -np.arctan2(across, z), -a], axis=-1)


def rotated(vegard: Tensor, turn: Real) -> Real:
    """β' = Q β Qᵀ for turns Q (..., 3, 3), exactly symmetric."""
    found: Any = turn @ np.asarray(vegard) @ np.swapaxes(turn, -1, -2)
    return np.asarray((found + np.swapaxes(found, -1, -2)) / 2)
