"""Kernels of an image as it is measured: at frequencies, or at times under a drive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import laplace, superposition
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.point_spread import (
    Kernel,
    Nodes,
    depth_profile,
    nodes,
    vegard_kernels,
)
from vegard.response import checked_experiment, checked_frequency, checked_points
from vegard.result import Axis
from vegard.transfer import amplitude
from vegard.transport_spread import transport_kernels
from vegard.waveforms import Drive, Sine

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

PARTS: Mapping[str, tuple[Any, int]] = MappingProxyType({
    "mean": (((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)), 0),
    "normal": (((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), 0),
    "stretch": (((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 0.0)), 2),
    "tilt": (((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), 1),
})  # fmt: skip
"""Parts of a Vegard tensor, per 1 m³/mol of (β₁₁+β₂₂)/2, β₃₃, (β₁₁-β₂₂)/2 and β₁₃: the tensor and
its azimuthal order; β₁₂ and β₂₃ are the last two turned by 45° and 90°."""
TRANSPORT = ("diffusivity", "rate")
NAMES = ("vegard", *PARTS, *TRANSPORT)
_EARLY, _LATE = 60.0, 0.05  # |s| of a contour times the first and the last lag
_TURN = 2.6  # largest angle of s on it that still counts


def kernels(
    experiment: Experiment,
    names: Sequence[str] = ("vegard",),
    *,
    frequency: ArrayLike | None = None,
    time: ArrayLike | None = None,
    drive: Any = 1.0,
    per: str = "volt",
) -> tuple[dict[str, Kernel], Axis]:
    """Kernels of relative changes of properties [m per m²], and the swept axis.

    Parameters
    ----------
    experiment : Experiment
    names : sequence of str
        Of ``NAMES``: β as a whole, the parts of its tensor (per m³/mol), D, κ.
    frequency : array_like, optional
        Frequencies [Hz], > 0: complex kernels at the amplitude ``drive``.
    time : array_like, optional
        Times [s], > 0; one of the two is given: real kernels under a step of height ``drive``, or
        under a drive of any shape.
    drive : float or Drive
        In units of ``per``.
    per : str
        Unit of the drive; legal ones as for `frequency_response`.

    Raises
    ------
    VegardError
        For an unknown name, a missing or double sweep, or what the kernels do not hold for.
    """
    e = checked_experiment(experiment)
    for name in names:
        if name not in NAMES:
            raise unknown_name("property", name, NAMES)
    if (frequency is None) == (time is None):
        raise VegardError("give either frequency [Hz] or time= [s].")
    scale = amplitude(e, per)
    if frequency is not None:
        if isinstance(drive, Drive):
            raise VegardError("a drive in time needs time= [s]; at a frequency give an amplitude.")
        f = checked_frequency(frequency)
        s = np.asarray(2j * np.pi * f.ravel(), complex)
        found = _kernels(e, s, names, None)
        size = scale * float(drive)
        out = {n: Kernel(k.mesh, size * k.values, k.order) for n, k in found.items()}
        return out, Axis("frequency", "Hz", f)
    t = checked_points("time", time, "s")  # type: ignore[arg-type]
    return _in_time(e, names, t.ravel(), drive, scale), Axis("time", "s", t)


def depths(
    experiment: Experiment, axis: Axis, *, drive: Any, per: str
) -> tuple[Real, NDArray[Any]]:
    """Depths z (d,) [m] and what each adds to the reading (m, d) [m], in even steps of ln z."""
    e, points = experiment, axis.points.ravel()
    scale = amplitude(e, per)
    if axis.name == "frequency":
        s = np.asarray(2j * np.pi * points, complex)
        at = nodes(e, s)
        values: NDArray[Any] = scale * float(drive) * depth_profile(e, s, at)[1]
    else:
        at = _nodes(e, drive, points)

        def transform(s: Complex) -> Complex:
            return np.asarray(scale * depth_profile(e, s, at)[1].T)

        values = _driven(_Inverse(transform, np.zeros(at.depth.size)), drive, points).T
    return at.depth, values * at.weight


def _kernels(
    e: Experiment, s: Complex, names: Sequence[str], at: Nodes | None
) -> dict[str, Kernel]:
    out: dict[str, Kernel] = {}
    if "vegard" in names:
        out |= vegard_kernels(e, s, at=at)
    if tensors := {n: PARTS[n] for n in names if n in PARTS}:
        out |= vegard_kernels(e, s, tensors, at)
    if transport := [n for n in names if n in TRANSPORT]:
        out |= transport_kernels(e, s, transport, at)
    return out


@dataclass(frozen=True)
class _Inverse:
    """Many transforms of s as the response at as many points, which has the verbs of time."""

    values: Callable[[Complex], Complex]
    at: Real

    def transform(self, s: Complex) -> tuple[Complex, Real]:
        values = self.values(s)
        return values, np.zeros(values.shape)

    def step(self, s: Complex) -> tuple[Complex, Real]:
        return self.values(s) / s, np.zeros((self.at.size, s.size))

    def ramp(self, s: Complex) -> tuple[Complex, Real]:
        return self.values(s) / s**2, np.zeros((self.at.size, s.size))


def _driven(one: _Inverse, drive: Any, t: Real) -> Any:
    if isinstance(drive, Drive):
        return superposition.driven(one, drive, t)[0]  # type: ignore[arg-type]
    return float(drive) * laplace.invert(one.step, t)[0]


def _in_time(
    e: Experiment, names: Sequence[str], t: Real, drive: Any, scale: float
) -> dict[str, Kernel]:
    at = _nodes(e, drive, t)
    count = at.mesh.rho.size

    def transform(s: Complex) -> Complex:
        found = _kernels(e, s, names, at)
        return np.asarray(scale * np.concatenate([found[n].values.T for n in names]), complex)

    values = _driven(_Inverse(transform, np.zeros(count * len(names))), drive, t)
    orders = {n: PARTS[n][1] if n in PARTS else 0 for n in names}
    return {n: Kernel(at.mesh, values[i * count : (i + 1) * count].T, orders[n])
            for i, n in enumerate(names)}  # fmt: skip


def _nodes(e: Experiment, drive: Any, t: Real) -> Nodes:
    """Meshes for the contours of all lags [s]."""
    if isinstance(drive, Sine):
        starts = np.array([0.0, drive.end]) if np.isfinite(drive.end) else np.zeros(1)
    elif isinstance(drive, Drive):
        starts = drive.events()[0]
    else:
        starts = np.zeros(1)
    lag = (t - starts[:, None]).ravel()
    lag = lag[lag > 0]
    if not lag.size:
        raise VegardError(f"all times lie before the drive starts; got up to {t.max():g} s.")
    return nodes(e, np.array([_LATE / lag.max(), _EARLY / lag.min()]) * np.exp(1j * _TURN))
