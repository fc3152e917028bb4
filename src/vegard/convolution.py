r"""Convolution of maps with kernels that are known by their Hankel transforms.

A map is taken as the sum of its own Fourier modes, so that every mode is multiplied by the
transfer of the kernel exactly. Beyond its edges it goes on as its mirror image (cosine modes,
:math:`K = \pi n/(N a)`, a the pixel), or periodically (:math:`K = 2\pi n/(N a)`). A kernel
:math:`h(\rho)\cos n(\theta-\theta_0)` has the two-dimensional transform

.. math:: \int h(\rho)\cos n(\theta-\theta_0)\,e^{-i\mathbf K\cdot\mathbf x}\,d^2x
          = (-i)^n\cos n(\varphi_K-\theta_0)\;2\pi\!\int h\,J_n(K\rho)\,\rho\,d\rho .
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Transform = Callable[[Real], NDArray[Any]]

NODES = 16  # of a panel, Chebyshev's
_TOLERANCE = 1e-8  # of the last coefficients of a panel, of the largest value
_BLOCK = 8  # images at once


class Layer(NamedTuple):
    """A map and the kernel that it is convolved with."""

    amounts: NDArray[Any]
    """(ny, nx), or (m, ny, nx) where it differs between them."""
    transform: Transform
    """K (n,) [rad/m] to 2π∫h Jₙ(Kρ)ρdρ, (n, m)."""
    order: int = 0
    sine: bool = False
    """sin nθ instead of cos nθ, θ the direction from the map's point to that of the image."""


@dataclass(frozen=True)
class Plane:
    """The pixels of a map and its Fourier modes.

    Parameters
    ----------
    shape : (int, int)
        Rows (y) and columns (x).
    pixel : (float, float)
        Size of a pixel along y and x [m].
    boundary : {"mirror", "periodic"}
        How maps go on beyond their edges.
    """

    shape: tuple[int, int]
    pixel: tuple[float, float]
    boundary: str = "mirror"

    def forward(self, x: NDArray[Any]) -> NDArray[Any]:
        """Modes over the last two axes; white noise keeps its variance."""
        from scipy import fft

        how = {"axes": (-2, -1), "norm": "ortho", "workers": -1}
        return np.asarray(fft.dctn(x, **how) if self.boundary == "mirror" else fft.fftn(x, **how))

    def inverse(self, modes: NDArray[Any]) -> NDArray[Any]:
        """The map of its modes."""
        from scipy import fft

        how = {"axes": (-2, -1), "norm": "ortho", "workers": -1}
        mirror = self.boundary == "mirror"
        return np.asarray(fft.idctn(modes, **how) if mirror else fft.ifftn(modes, **how))

    @cached_property
    def along(self) -> tuple[Real, Real]:
        """K_y (ny, 1) and K_x (1, nx) [rad/m] of the modes."""
        (ny, nx), (dy, dx) = self.shape, self.pixel
        if self.boundary == "mirror":
            y, x = np.pi * np.arange(ny) / (ny * dy), np.pi * np.arange(nx) / (nx * dx)
        else:
            y, x = 2 * np.pi * np.fft.fftfreq(ny, dy), 2 * np.pi * np.fft.fftfreq(nx, dx)
        return np.asarray(y[:, None], float), np.asarray(x[None, :], float)

    @cached_property
    def modulus(self) -> Real:
        """K (ny, nx) [rad/m]."""
        return np.asarray(np.hypot(*self.along))

    @cached_property
    def different(self) -> tuple[Real, NDArray[np.intp]]:
        """The different K, rising [rad/m], and the index of each mode's among them."""
        found, back = np.unique(self.modulus, return_inverse=True)
        return found, back.reshape(self.shape)

    def angular(self, order: int, sine: bool) -> NDArray[np.complex128]:
        """(-i)ⁿ cos nφ or (-i)ⁿ sin nφ, φ the direction of K; periodic planes."""
        y, x = (k.copy() for k in self.along)
        # the highest mode of an even number of pixels is its own mirror image: odd parts vanish
        for k, n in zip((y, x), self.shape, strict=True):
            if n % 2 == 0 and (order % 2 or sine):
                k.flat[n // 2] = 0.0
        turn = (x + 1j * y) / np.where(self.modulus > 0, self.modulus, 1.0)
        power = turn**order
        return np.asarray((-1j) ** order * (power.imag if sine else power.real))


def convolve(plane: Plane, layers: Sequence[Layer]) -> NDArray[Any]:
    """Σ of maps convolved with their kernels, (m, ny, nx).

    Parameters
    ----------
    plane : Plane
        Of all maps.
    layers : sequence of Layer
        With kernels of the same number m of frequencies or times; all real or all complex.
    """
    if plane.boundary == "mirror" and any(layer.order for layer in layers):
        return _doubled(plane, layers)
    wanted, back = plane.different
    parts = []
    for layer in layers:
        modes = plane.forward(layer.amounts)
        if layer.order:
            modes = modes * plane.angular(layer.order, layer.sine)
        parts.append((modes, tabulated(layer.transform, wanted).T))
    real = not any(np.iscomplexobj(v) for layer in layers for v in (layer.amounts,)) and not any(
        np.iscomplexobj(table) for _, table in parts
    )
    count = parts[0][1].shape[0]
    out = np.empty((count, *plane.shape), float if real else complex)
    for start in range(0, count, _BLOCK):
        rows = slice(start, start + _BLOCK)
        total: Any = 0
        for modes, table in parts:
            here = modes if modes.ndim == 2 else modes[rows]
            total = total + here * table[rows][:, back]
        found = plane.inverse(total)
        out[rows] = found.real if real else found
    return out


def _doubled(plane: Plane, layers: Sequence[Layer]) -> NDArray[Any]:
    """The same on a plane of twice the size that holds the mirror images."""
    ny, nx = plane.shape
    large = Plane((2 * ny, 2 * nx), plane.pixel, "periodic")
    width = ((0, ny), (0, nx))
    both = [
        x._replace(
            amounts=np.pad(x.amounts, (((0, 0),) * (x.amounts.ndim - 2)) + width, "symmetric")
        )
        for x in layers
    ]
    return convolve(large, both)[:, :ny, :nx]


def tabulated(transform: Transform, K: Real) -> NDArray[Any]:
    """A transform at many K (n,) [rad/m], rising, from few values of its own.

    Chebyshev panels, halved until their last coefficients are negligible; where a panel holds
    fewer K than nodes these are computed themselves.
    """
    if K.size <= 4 * NODES:
        return transform(K)
    first = transform(K[:1])
    out = np.empty((K.size, first.shape[1]), first.dtype)
    out[0] = first[0]
    count = max(1, int(np.ceil(np.log2(K[-1] / K[1]))))
    edges = np.geomspace(K[1], K[-1] * (1 + 1e-12), count + 1)
    edges[0] = K[1]
    pending = np.stack([edges[:-1], edges[1:]], axis=1)
    x, inverse = _chebyshev()
    size, alone = np.abs(first).max(axis=0), [np.empty(0, np.intp)]
    while pending.size:
        inside = np.searchsorted(K, pending)
        held = np.diff(inside, axis=1)[:, 0]
        alone += [np.arange(*row) for row in inside[(held <= NODES)]]
        pending, inside = pending[held > NODES], inside[held > NODES]
        if not pending.size:
            break
        middle, half = pending.mean(axis=1), np.diff(pending, axis=1)[:, 0] / 2
        values = transform((middle[:, None] + half[:, None] * x).ravel())
        values = values.reshape(len(pending), NODES, -1)
        size = np.maximum(size, np.abs(values).max(axis=(0, 1)))
        series = np.einsum("ij,pjm->pim", inverse, values)
        good = (np.abs(series[:, -2:]) <= _TOLERANCE * size).all(axis=(1, 2))
        for p in np.flatnonzero(good):
            rows = slice(*inside[p])
            t = (K[rows] - middle[p]) / half[p]
            out[rows] = np.polynomial.chebyshev.chebvander(t, NODES - 1) @ series[p]
        left, right = pending[~good].T
        cut = (left + right) / 2
        pending = np.concatenate([np.stack([left, cut], 1), np.stack([cut, right], 1)])
    rest = np.concatenate(alone)
    if rest.size:
        out[rest] = transform(K[rest])
    return out


def _chebyshev() -> tuple[Real, Real]:
    """Nodes in (-1, 1), and the matrix that takes values there to Chebyshev coefficients."""
    x = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    inverse = 2 / NODES * np.polynomial.chebyshev.chebvander(x, NODES - 1).T
    inverse[0] /= 2
    return np.asarray(x), np.asarray(inverse)
