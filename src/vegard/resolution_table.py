"""Resolution of a contact on a half-space in reduced units, over ωR²/D."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, inf, log, log10, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.experiment import Experiment
from vegard.material import Material
from vegard.resolving import chords, resolution

Real = NDArray[np.float64]
Progress = Callable[[int, int, str], None]

_PER_DECADE = 3  # of ωR²/D, in whose logarithm edge, reading and MTF are smooth …
_SLOW = -9  # step below which one a decade is enough: all turns at ωR²/D ~ 1
_FINER = 33  # rows a decade of wavenumbers, which leap where a minimum of the MTF reaches a level
_WAVENUMBERS = np.concatenate(  # [1/R]; even steps past the first zeros, which must not be missed
    [np.geomspace(1e-5, 0.05, 60, endpoint=False), np.arange(0.05, 60, 0.05)]
)
_GAINS = np.concatenate(  # ln of signal over noise, up to 1.2e6
    [np.geomspace(1e-8, 0.5, 60, endpoint=False), np.linspace(0.5, 14, 271)]
)


def _unit(e: Experiment) -> Experiment:
    """The experiment at R = D = 1, all that is a mere factor taken out so that it is met again."""
    m = e.material
    d = (m.diffusivity_in_plane / m.diffusivity_normal, 1.0)
    isotropic = isinstance(m.vegard, float)
    material = Material(1.0 if d[0] == 1 else d, 1.0 if isotropic else m.vegard,
                        0.0 if isotropic else m.poisson)  # fmt: skip
    tip = e.replace({"tip.radius": 1.0}).tip
    return Experiment(material, tip, e.geometry, e.interface, "punch")


@lru_cache(maxsize=128)
def _at(unit: Experiment, per: str, step: int) -> tuple[float, float, NDArray[Any]]:
    """Logarithms of edge and reading, and the MTF at ``_WAVENUMBERS``, at σ² = 10^(step/3)."""
    found = resolution(unit, 10 ** (step / _PER_DECADE) / (2 * pi), per=per)
    total = float(np.abs(found.kernel.total)[0])
    return log(found.edge_25_75), log(total), np.asarray(found.mtf(_WAVENUMBERS))


def _whole(step: float) -> int:
    """The step of the whole decade at or below where all is slow, else the step at or below."""
    per = _PER_DECADE if step < _SLOW else 1
    return per * floor(step / per)


def _crossings(mtf: NDArray[Any]) -> Real:
    """Logarithms of the first wavenumbers at which |MTF| (m, K) falls by ``_GAINS``."""
    out = np.empty((len(mtf), _GAINS.size))
    K = np.append(_WAVENUMBERS[0] / 2, _WAVENUMBERS)
    for row, values in zip(out, mtf, strict=True):
        least = np.minimum.accumulate(np.concatenate([[1.0, abs(values[0])], chords(values)]))
        fall = -np.log(np.maximum(least, 1e-300))
        i = np.clip(np.searchsorted(fall, _GAINS), 1, fall.size - 1)
        a, b = fall[i - 1], fall[i]
        share = np.clip((_GAINS - a) / np.where(b > a, b - a, 1.0), 0.0, 1.0)
        row[:] = np.log(K[i - 1] + share * (K[i] - K[i - 1]))
    return out


@dataclass(frozen=True)
class Reduced:
    """Lengths over R and the reading at R = D = 1 over ln σ²."""

    edges: Any
    totals: Any
    wavenumbers: Any

    @classmethod
    def over(cls, e: Experiment, kind: str, s2: Real, progress: Progress | None) -> Reduced:
        """For the range of σ² = ωR²/D; kind is what the interface prescribes."""
        from scipy.interpolate import CubicSpline, RegularGridInterpolator

        low, high = (_PER_DECADE * log10(float(v)) for v in (s2.min(), s2.max()))
        steps = [n for n in range(_whole(low - 1), ceil(high) + 2) if n >= _SLOW or _whole(n) == n]
        unit = _unit(e)
        rows = []
        for i, step in enumerate(steps):
            if progress is not None:
                progress(i, len(steps), f"ωR²/D = {10 ** (step / _PER_DECADE):.2g}")
            rows.append(_at(unit, kind, step))
        edges, totals, mtf = (np.array(v) for v in zip(*rows, strict=True))
        x = np.array(steps) / _PER_DECADE * log(10)
        fine = np.linspace(x[0], x[-1], ceil(_FINER * (x[-1] - x[0]) / log(10)) + 1)
        K = _crossings(CubicSpline(x, mtf)(fine))
        return cls(CubicSpline(x, edges), CubicSpline(x, totals),
                   RegularGridInterpolator((fine, np.log(_GAINS)), K))  # fmt: skip

    def edge(self, s2: Real) -> Real:
        """Edge width over R."""
        return np.asarray(np.exp(self.edges(np.log(s2))))

    def period(self, s2: Real, scale: Real, sigma: Real) -> Real:
        """Noise-limited period over R; the reading is scale times that of the table."""
        x = np.log(s2)
        with np.errstate(divide="ignore"):  # without noise the gain is infinite
            gain = np.log(scale / sigma) + self.totals(x)
        clipped = np.log(np.clip(gain, _GAINS[0], _GAINS[-1]))
        K = np.exp(self.wavenumbers(np.stack([x, clipped], axis=-1)))
        return np.where(gain > 0, 2 * pi / K, inf)
