r"""The image of a known object at trial values: kernels in reduced units, computed once and read.

With lengths in R and times in R²/D the transfer of a Fourier mode of wavenumber K is

.. math:: \hat h(K;\omega) = L\,T(KR,\ \omega R^2/D;\ \kappa R/D,\ h/R),

L = R, or R²/D under a fixed flux. T is tabulated over KR and ln ωR²/D (a time counts as tD/R²), in
blocks as they are asked for, and read by polynomials through the nearest knots; also over ln κR/D
and ln h/R where a fit moves them. An image at new D and R then costs a few milliseconds. The error
is below 1e-5 of the largest transfer (tests/fitting/test_images.py).
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from functools import lru_cache
from math import ceil, factorial, isfinite, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.convolution import Plane
from vegard.errors import OutOfRegime, VegardError
from vegard.experiment import Experiment
from vegard.fitting.curves import Curves, few, reduced, serves
from vegard.fitting.data import Data
from vegard.image_inputs import (
    DIFFUSIVITY,
    ORIENTATION,
    RATE,
    VEGARD,
    checked_maps,
    tensor_amounts,
)
from vegard.image_kernels import PARTS, kernels
from vegard.imaging import image
from vegard.interfaces import FixedFlux
from vegard.local_responses import geometric_mean
from vegard.material import Material
from vegard.point_spread import Kernel
from vegard.waveforms import Drive, Sampled

Real = NDArray[np.float64]

RADIUS, THICKNESS = "tip.radius", "geometry.thickness"
PER_DECADE = 12
_STEP = log(10) / PER_DECADE
_BLOCK = 48  # knots computed together: they share a mesh and its tables
_OTHERS = log(10) / 8  # step of ln κR/D and ln h/R
_FIRST = 1e-4  # KR of the first node past zero
_SPACING = 0.2  # of the nodes, in KR + ln KR
_COLUMNS = 128  # nodes computed together
_POINTS = 8  # of a polynomial
_SCALE = np.array([  # 1/∏(i - j)
    (-1) ** (_POINTS - 1 - i) / factorial(i) / factorial(_POINTS - 1 - i) for i in range(_POINTS)
])  # fmt: skip
_DIGITS = 12
_LOCAL = {DIFFUSIVITY: "diffusivity", RATE: "rate"}
_MOVED = {RATE: {DIFFUSIVITY, RADIUS, RATE}, THICKNESS: {RADIUS, THICKNESS}, RADIUS: {RADIUS}}
_TOLERANCE = 0.05  # error of linearising that is not told


# --- the image ---


class Scene(NamedTuple):
    """An object as the modes of its maps."""

    plane: Plane
    parts: list[tuple[str, NDArray[Any]]]
    """Name of a kernel, and what it is multiplied with."""


def check(e: Experiment, d: Data, free: Collection[str]) -> None:
    """Refuse maps that do not fit the experiment, and a β that is a map and free."""
    checked_maps(e, d.maps)
    if VEGARD in d.maps and VEGARD in free:
        raise VegardError('the image has a map of β: free "gain" to scale it, not material.vegard.')


def moving(e: Any, d: Data, free: Collection[str]) -> str:
    """What of a reduced experiment a fit moves, as words; empty if one table serves it all."""
    told = {RATE: "κR/D", THICKNESS: "h/R", RADIUS: "R over the layers"}
    e = _at_the_means(e, d, free)
    return " and ".join(told[p] for p in _loose(reduced(e, 0.0).changes, free)) if serves(e) else ""


def _loose(changes: Mapping[str, Any], free: Collection[str]) -> tuple[str, ...]:
    return tuple(
        p for p, v in changes.items()
        if _MOVED.get(p, set()) & set(free) and isfinite(v) and (p, v) != (RADIUS, 1.0)
    )  # fmt: skip


def values(
    e: Experiment, d: Data, free: Collection[str], scenes: dict[Any, Scene], curves: Curves
) -> NDArray[Any]:
    """Image (ny, nx, n) of the object of ``d`` [m].

    Parameters
    ----------
    e : Experiment
    d : Data
        An image.
    free : collection of str
        Paths whose values are those of ``e``, not of a map.
    scenes : dict
        Keeps what does not change.
    curves : Curves
        For the uniform part of images of D and κ.
    """
    e = _at_the_means(e, d, free)
    drive = d.drive if isinstance(d.drive, Drive) else Sampled((0.0,), (d.drive,))
    if not serves(e) or not few(drive, jumps_alone=True):
        return exact(e, d, free)
    scene = _kept(e, d, scenes)
    wanted, back = scene.plane.different
    size = e.interface.amplitude(d.per, e.tip, e.material)
    total: Any = 0
    for name, modes in scene.parts:
        total = total + modes * _swept(name, e, d, drive, wanted, free)[:, back]
    found = scene.plane.inverse(size * total)
    if d.over == "time":
        found = found.real
    ny, nx = d.y.shape[:2]
    stack = np.moveaxis(found[:, :ny, :nx], 0, -1)
    if VEGARD in d.maps or ORIENTATION in d.maps:
        return stack
    if d.over == "time":
        return np.asarray(stack + size * curves.time(e, 0.0, drive, d.x))
    return np.asarray(stack + size * d.drive * curves.frequency(e, 0.0, d.x))


def exact(e: Experiment, d: Data, free: Collection[str]) -> NDArray[Any]:
    """The same by the verb itself; warns where first order in D or κ is not enough.

    Warns
    -----
    OutOfRegime
    """
    maps = dict(d.maps)
    for path in _LOCAL.keys() & maps.keys() & set(free):
        maps[path] = maps[path] * (e[path] / geometric_mean(maps[path]))
    made = image(e, maps, pixel=d.pixel, drive=d.drive, per=d.per, boundary=d.boundary,
                 method="first_order", **{d.over: d.x})  # fmt: skip
    worst = float(made.validity.max())
    if worst > _TOLERANCE:
        warnings.warn(
            f"to first order in the maps of D or κ the image is off by up to {worst:.2g} of itself "
            "at the fitted values; fit a part of it where they vary less.",
            OutOfRegime,
            stacklevel=2,
        )
    return made.values


def _at_the_means(e: Experiment, d: Data, free: Collection[str]) -> Experiment:
    changes: dict[str, Any] = {
        path: geometric_mean(d.maps[path])
        for path in _LOCAL.keys() & d.maps.keys() if path not in free
    }  # fmt: skip
    return e.replace(changes | ({VEGARD: 1.0} if VEGARD in d.maps else {}))


def _kept(e: Experiment, d: Data, scenes: dict[Any, Scene]) -> Scene:
    turned = e.material.vegard if ORIENTATION in d.maps else None
    key = id(d), turned
    if key not in scenes:
        scenes[key] = _scene(e, d)
    return scenes[key]


def _scene(e: Experiment, d: Data) -> Scene:
    shape = d.y.shape[0], d.y.shape[1]
    if ORIENTATION in d.maps:
        _, layers = tensor_amounts(e, d.maps[ORIENTATION])
    else:
        beta = d.maps.get(VEGARD)
        weight = 1.0 if beta is None else beta
        layers = [] if beta is None else [("vegard", beta, False)]
        layers += [
            (_LOCAL[p], weight * np.log(m / geometric_mean(m)), False)
            for p, m in d.maps.items() if p in _LOCAL
        ]  # fmt: skip
    turning = any(name in PARTS and PARTS[name][1] for name, _, _ in layers)
    plane = Plane(shape, d.pixel, d.boundary)
    if turning and d.boundary == "mirror":  # a plane of twice the size that holds the mirror images
        plane = Plane((2 * shape[0], 2 * shape[1]), d.pixel, "periodic")
        width = ((0, shape[0]), (0, shape[1]))
        layers = [(n, np.pad(a, width, "symmetric"), sine) for n, a, sine in layers]
    parts = []
    for name, amounts, sine in layers:
        order = PARTS[name][1] if name in PARTS else 0
        modes = plane.forward(amounts)
        parts.append((name, modes * plane.angular(order, sine) if order else modes))
    return Scene(plane, parts)


def _swept(
    name: str, e: Experiment, d: Data, drive: Drive, K: Real, free: Collection[str]
) -> NDArray[Any]:
    """Transfer (n, K) at the frequencies or times, under the drive in units of the interface's."""
    if d.over == "frequency":
        return np.asarray(d.drive * transfer(name, e, "frequency", d.x, K, free))
    start, jump, _ = drive.events()
    lag = d.x - start[:, None]
    on = (lag > 0) & (jump[:, None] != 0)
    answers = transfer(name, e, "time", lag[on], K, free) if on.any() else np.zeros((0, K.size))
    out = np.zeros((d.x.size, K.size))
    event, at = np.nonzero(on)
    np.add.at(out, at, jump[event, None] * answers)
    return out


# --- the table ---


def transfer(
    name: str, e: Experiment, over: str, x: Real, K: Real, free: Collection[str] = ()
) -> NDArray[Any]:
    """Transform (x, K) of a kernel per unit amplitude: at frequencies [Hz], or times [s] of a step.

    Parameters
    ----------
    name : str
        Of `image_kernels.NAMES`.
    e : Experiment
    over : {"frequency", "time"}
    x, K : ndarray
        Frequencies or times, and wavenumbers [rad/m].
    free : collection of str
        Paths of what a fit moves.
    """
    r = reduced(e, 0.0)
    m = e.material
    beta, factor = (1.0, m.vegard) if isinstance(m.vegard, float) else (m.vegard, 1.0)
    if name in PARTS:
        beta, factor = 1.0, 1.0
    plain = e.replace({"material": Material(1.0, beta, m.poisson, m.young), **r.changes})
    loose = _loose(r.changes, free)
    points = x * r.time if over == "frequency" else x / r.time
    return r.scale * factor * _between(name, plain, over, points, K * e.tip.radius, loose)


def _between(
    name: str, plain: Experiment, over: str, x: Real, kappa: Real, loose: tuple[str, ...]
) -> NDArray[Any]:
    """The table at values between those for which it is computed."""
    if not loose:
        return _read(name, plain, over, x, kappa)
    first, weights = _stencil(np.array([log(float(plain[loose[0]])) / _OTHERS]))
    total: Any = 0
    for i, w in enumerate(weights[0]):
        value = float(f"{np.exp((first[0] + i) * _OTHERS):.{_DIGITS}g}")
        near = plain.replace({loose[0]: value})
        total = total + w * _between(name, near, over, x, kappa, loose[1:])
    return np.asarray(total)


def _read(name: str, plain: Experiment, over: str, x: Real, kappa: Real) -> NDArray[Any]:
    first, weights = _stencil(np.log(x) / _STEP)
    last = ceil(_column(np.array([max(float(kappa.max()), _FIRST)]))[0]) + _POINTS
    parts = range(last // _COLUMNS + 1)
    knots, where = np.unique(first[:, None] + np.arange(_POINTS), return_inverse=True)
    rows = np.array([
        np.concatenate([_columns(name, plain, over, k // _BLOCK, p)[k % _BLOCK] for p in parts])
        for k in knots.tolist()
    ])  # fmt: skip
    mixed = np.einsum("xi,xic->xc", weights, rows[where.reshape(first.size, _POINTS)])
    return _along(mixed, kappa)


def _along(rows: NDArray[Any], kappa: Real) -> NDArray[Any]:
    """Values at KR from those at the nodes, of which the first is 0."""
    out = np.empty((len(rows), kappa.size), rows.dtype)
    near = kappa < _FIRST
    share = kappa[near] / _FIRST
    out[:, near] = rows[:, :1] * (1 - share) + rows[:, 1:2] * share
    first, weights = _stencil(_column(kappa[~near]), 1)
    total: Any = 0
    for i in range(_POINTS):
        total = total + rows[:, first + i] * weights[:, i]
    out[:, ~near] = total
    return out


def _column(kappa: Real) -> Real:
    return np.asarray(1 + (kappa + np.log(kappa) - _FIRST - log(_FIRST)) / _SPACING)


def _stencil(position: Real, least: int | None = None) -> tuple[NDArray[np.intp], Real]:
    """First of the nearest knots of an even grid, and weights of the polynomial through them."""
    first = np.floor(position).astype(int) - _POINTS // 2 + 1
    if least is not None:
        first = np.maximum(first, least)
    apart = (position - first)[:, None] - np.arange(_POINTS)
    left, right = np.ones_like(apart), np.ones_like(apart)
    left[:, 1:] = np.cumprod(apart[:, :-1], axis=1)
    right[:, :-1] = np.cumprod(apart[:, :0:-1], axis=1)[:, ::-1]
    return first, left * right * _SCALE


@lru_cache(maxsize=1024)
def _columns(name: str, plain: Experiment, over: str, block: int, part: int) -> NDArray[Any]:
    """Transforms (knots, nodes) of a block of each."""
    from scipy.special import wrightomega

    j = part * _COLUMNS + np.arange(_COLUMNS)
    kappa = wrightomega(_FIRST + log(_FIRST) + _SPACING * (j - 1.0))
    kappa[j == 0] = 0.0
    found = _block(name, plain, over, block).transform(kappa / plain.tip.radius)
    return np.ascontiguousarray(found.T)


@lru_cache(maxsize=256)
def _block(name: str, plain: Experiment, over: str, block: int) -> Kernel:
    """The kernel at a block of reduced frequencies or times."""
    points = np.exp(_STEP * (block * _BLOCK + np.arange(_BLOCK)))
    per = "flux" if isinstance(plain.interface, FixedFlux) else "concentration"
    axis: Mapping[str, Any] = {over: points}
    found, _ = kernels(plain, [name], per=per, **axis)
    return found[name]
