"""The lever as an Euler–Bernoulli beam, clamped at its base, on springs at its tip.

Everything is dimensionless: lengths in L, forces in EI/L², moments in EI/L, stiffness in EI/L³,
and z = κL with z⁴ = μω²L⁴/EI. Time runs as e^{+iωt}.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

FIRST = 1.8751040687119611  # first root of 1 + cos z cosh z
_SERIES = 0.8  # |z| below which the power series serves; both ways are good to rounding there
# reflection of (travelling, evanescent) waves at a clamped and at a free end
_CLAMPED = np.array([[-1j, -1 - 1j], [-1 + 1j, 1j]])
_FREE = np.array([[-1j, 1 + 1j], [1 - 1j, 1j]])


class Contact(NamedTuple):
    """Springs between the tip's apex and the surface.

    ``at`` is the place of the tip; ``rows`` the motion of its apex along the normal of the surface
    and along the surface, each per (y, y') of the beam; then the stiffness in these directions.
    """

    at: float
    rows: Real
    normal: float
    lateral: float


def receptance(z: Any, at: float, x: Any, loads: Any) -> Complex:
    r"""Deflection and slope at x under loads at one point.

    Parameters
    ----------
    z : ndarray, shape (n,)
        Wavenumber κL [–], real part >= 0.
    at : float
        Where the loads act, in lengths of the beam [–].
    x : ndarray, shape (m,)
        Where the beam is read, in lengths of the beam [–].
    loads : ndarray, shape (l, 2)
        Force F and moment M of each load [–].

    Returns
    -------
    ndarray, shape (2, l, m, n)
        First index y or y' [–], second the load.

    Notes
    -----
    .. math:: y'''' - z^4 y = F\,\delta(x-x_1) - M\,\delta'(x-x_1),\quad
        y(0)=y'(0)=0,\quad y''(1)=y'''(1)=0

    At small z by power series in z⁴ (no cancellation down to z = 0); elsewhere by waves that start
    at the load, decay, and are reflected at the ends, so that nothing overflows (Mace, J. Sound
    Vib. 97, 237 (1984)). Tested against finite elements and closed forms.
    """
    z = np.asarray(z, complex)
    x = np.asarray(x, float)
    loads = np.asarray(loads, float)
    small = np.abs(z) < _SERIES
    if not small.any():
        return _waves(z, at, x, loads)
    out = np.empty((2, len(loads), x.size, z.size), complex)
    out[..., small] = _series(z[small] ** 4, at, x[:, None], loads)
    out[..., ~small] = _waves(z[~small], at, x, loads)
    return out


def _powers(b: Any, x: Any) -> list[Any]:
    """Σ b^m x^{4m+j}/(4m+j)!, j = 0..3: solutions of y'''' = b y, each the slope of the next."""
    u, out = b * x**4, []
    for j in range(4):
        total: Any = 1 / factorial(12 + j)
        for m in (2, 1, 0):
            total = total * u + 1 / factorial(4 * m + j)
        out.append(total * x**j)
    return out


def _series(b: Complex, at: float, x: Real, loads: Real) -> Complex:
    c0, c1, _, c3 = _powers(b, 1.0)
    e0, e1, _, e3 = _powers(b, 1.0 - at)
    _, s1, s2, s3 = _powers(b, x)
    _, t1, t2, t3 = _powers(b, np.maximum(x - at, 0.0))
    det = c0 * c0 - b * c1 * c3
    out = np.empty((2, len(loads), x.size, b.size), complex)
    for load, (jump3, moment) in enumerate(loads):
        jump2 = -moment  # of y'' at the load; jump3 that of y'''
        end2 = jump2 * e0 + jump3 * e1
        end3 = jump2 * b * e3 + jump3 * e0
        base2 = (c1 * end3 - c0 * end2) / det
        base3 = (b * c3 * end2 - c0 * end3) / det
        out[0, load] = base2 * s2 + base3 * s3 + jump2 * t2 + jump3 * t3
        out[1, load] = base2 * s1 + base3 * s2 + jump2 * t1 + jump3 * t2
    return out


def _exp(exponent: Complex) -> Complex:
    """Complex exponential from real functions, which NumPy evaluates several at a time."""
    out = np.empty(exponent.shape, complex)
    size = np.exp(exponent.real)
    np.multiply(size, np.cos(exponent.imag), out=out.real)
    np.multiply(size, np.sin(exponent.imag), out=out.imag)
    return out


def _times(matrix: Any, v: Any) -> Complex:
    """Matrix @ v over the first axis of v, without threads for so little."""
    return np.stack([a * v[0] + b * v[1] for a, b in matrix])


def _waves(z: Complex, at: float, x: Real, loads: Real) -> Complex:
    known = {0.0: np.ones((2, z.size), complex)}

    def decay(d: float) -> Complex:  # of the travelling and the evanescent wave over a distance
        if d not in known:
            known[d] = np.stack([_exp(-1j * d * z), _exp(-d * z)])
        return known[d]

    force, moment = loads.T[..., None]
    even = np.array([[[-1j]], [[-1]]]) * (force / (4 * z**3))  # wave, load, z
    odd = np.array([[[1]], [[-1]]]) * (moment / (4 * z * z))
    near, far = decay(at)[:, None], decay(1.0 - at)[:, None]
    along, to_end, to_base = near * far, (even + odd) * far, (even - odd) * near
    m = np.eye(2)[..., None] - _times(_CLAMPED, along * _FREE[..., None] * along[:, 0])
    p, q = _times(_CLAMPED, to_base + along * _times(_FREE, to_end))
    det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    away = np.stack([m[1, 1] * p - m[0, 1] * q, m[0, 0] * q - m[1, 0] * p]) / det
    back = _times(_FREE, to_end + away * along)  # off the free end; away: off the base
    out = np.empty((2, len(loads), x.size, z.size), complex)
    for i, point in enumerate(x.tolist()):
        a, b = away * decay(point)[:, None], back * decay(1.0 - point)[:, None]
        if point < at:  # and straight from the load
            b += (even - odd) * decay(at - point)[:, None]
        else:
            a += (even + odd) * decay(point - at)[:, None]
        out[0, :, i] = (a + b).sum(0)
        out[1, :, i] = z * (1j * (b[0] - a[0]) + b[1] - a[1])
    return out


def _apex(z: Any, contact: Contact, x: Any) -> tuple[Complex, Complex]:
    """Motion of the apex along its springs per force of each spring; slope at x per such force."""
    points = list(dict.fromkeys([contact.at, *x]))  # none twice
    rows = contact.rows if contact.lateral else contact.rows[:1]
    g = receptance(z, contact.at, points, rows)
    tip = _times(rows, g[:, :, 0])
    return tip, g[1][:, [points.index(p) for p in x]]


def _without_lateral(tip: Any, contact: Contact) -> tuple[Any, Any]:
    """Compliance along the normal once the lateral spring is eliminated; lateral/normal force."""
    if contact.lateral == 0:
        return tip[0, 0], 0.0
    share = -tip[0, 1] / (tip[1, 1] + 1 / contact.lateral)
    return tip[0, 0] + share * tip[0, 1], share


def slope(z: Any, contact: Contact, laser: float, damping: Any = 0.0, lateral: bool = False) -> Any:
    """Slope y' at the laser per unit displacement of the surface along its normal, or laterally.

    Parameters
    ----------
    z : ndarray, shape (n,)
        Wavenumber κL [–].
    contact : Contact
        The springs at the tip [EI/L³].
    laser : float
        Place of the laser spot, in lengths of the beam [–].
    damping : float or ndarray, shape (n,)
        ωc of a dashpot parallel to the normal spring [EI/L³].
    lateral : bool
        Whether the surface moves along the lever instead of along its normal.
    """
    tip, read = _apex(z, contact, [laser])
    compliance, share = _without_lateral(tip, contact)
    stiffness = contact.normal + 1j * damping
    force = 1 / compliance if contact.normal == inf else stiffness / (1 + stiffness * compliance)
    out = (read[0, 0] + share * read[-1, 0]) * force
    if not lateral:
        return out
    return share * out + read[1, 0] / (tip[1, 1] + 1 / contact.lateral)


def _below(z: Real, contact: Contact) -> Any:
    """Number of resonances below z: those of the free beam, less the springs that forbid one."""
    tip = _apex(z, contact, [])[0].real
    odd = (np.cos(z) + 2 * np.exp(-z) / (1 + np.exp(-2 * z)) < 0) * 1.0
    free = odd + 2 * np.rint((z / np.pi - odd) / 2)
    out = free - (tip[1, 1] + 1 / contact.lateral < 0) if contact.lateral else free
    if contact.normal:
        out = out - (_without_lateral(tip, contact)[0] + 1 / contact.normal < 0)
    return out


def roots(contact: Contact, n: int) -> Real:
    """Wavenumbers κL of the first n undamped contact resonances, to rounding.

    Bisection on the number of resonances below z, so that none is missed or found twice (Wittrick
    and Williams, Q. J. Mech. Appl. Math. 24, 263 (1971)): N(z) = N_free(z) minus the number of
    negative eigenvalues of 1/stiffness + compliance of the beam at the contact.
    """
    order = np.arange(n)
    top = (order + 3) * np.pi  # two springs delay by two at most
    return _bisect(lambda z: _below(z, contact) > order, np.zeros(n), top)


def _bisect(passed: Callable[[Any], Any], low: Any, high: Any) -> Real:
    """Where the test first passes between low and high, each its own interval."""
    for _ in range(60):
        middle = (low + high) / 2
        right = passed(middle)
        low, high = np.where(right, low, middle), np.where(right, middle, high)
    return np.asarray(high)


def spring(z: float, contact: Contact) -> float:
    """Normal stiffness that puts a resonance at z; not positive where there is none."""
    tip = _apex(np.array([z]), contact, [])[0].real
    return float(-1 / _without_lateral(tip, contact)[0][0])


def damped(root: float, contact: Contact, quality: float, damping: float) -> complex:
    """Complex ω/ω₁ of a contact resonance, ω₁ that of the free beam; Im > 0 decays.

    Parameters
    ----------
    root : float
        Its undamped wavenumber κL [–].
    contact : Contact
        The springs at the tip.
    quality : float
        Q of the free first mode, by a viscous force on the whole beam [–].
    damping : float
        ω₁c of a dashpot parallel to the normal spring [EI/L³]; followed from 0 in steps.
    """
    loss = 0.5j / quality
    s = complex(loss + np.emath.sqrt((root / FIRST) ** 4 - abs(loss) ** 2))

    def determinant(s: Any, dash: float) -> Any:
        z = FIRST * (s * s - 2 * s * loss) ** 0.25
        tip = _apex(z, contact, [])[0]
        beam = np.cos(z) + 1 / np.cosh(z)  # takes away the poles of the compliances
        if contact.lateral:
            beam = beam * (tip[1, 1] + 1 / contact.lateral)
        compliance = _without_lateral(tip, contact)[0]
        return beam * (1 + (contact.normal + 1j * dash * s) * compliance)

    steps = 0 if damping == 0 or contact.normal == inf else 20
    for i in range(steps):
        begun = s
        for _ in range(6):
            f, up, down = determinant(
                s * (1 + 1e-5 * np.array([0, 1, -1])), damping * (i + 1) / steps
            )
            last = f * 2e-5 / (up - down)
            s *= 1 - complex(last)
        if not (abs(last) < 1e-8 and abs(s - begun) < 0.2 * abs(begun) and s.imag < abs(s) / 2):
            raise VegardError(
                "the contact damps the resonance too strongly to follow it (Q near 1 or below); "
                "lower the damping of the contact."
            )
    return s


def blind(root: float, contact: Contact) -> Real:
    """Where the slope of an undamped contact resonance vanishes, in lengths of the beam."""
    z = np.array([root])
    share = _without_lateral(_apex(z, contact, [])[0].real, contact)[1]

    def shape(x: Real) -> Real:
        read = _apex(z, contact, x)[1].real
        return np.asarray((read[0] + share * read[-1])[:, 0])

    x = np.linspace(0.0, 1.0, 24 * int(1 + root))[1:]  # a wavelength is 2π/z
    sign = np.sign(shape(x))
    at = np.flatnonzero(sign[1:] != sign[:-1])
    return _bisect(lambda y: np.sign(shape(y)) != sign[at], x[at], x[at + 1])
