"""Images of D, κ and thickness: to first order, or each pixel as a sample of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard import local_responses
from vegard.convolution import Layer, Plane, convolve
from vegard.errors import OutOfRegime, VegardError
from vegard.experiment import Experiment
from vegard.image_inputs import DIFFUSIVITY, LOCAL, RATE, THICKNESS, VEGARD, Sweep
from vegard.point_spread import Kernel

Real = NDArray[np.float64]

_KERNEL = {DIFFUSIVITY: "diffusivity", RATE: "rate"}


class Local:
    """Maps of D, κ and thickness, maybe with one of β, under one experiment.

    Parameters
    ----------
    experiment : Experiment
    maps : dict
        Checked maps by path.
    plane : Plane
    sweep : Sweep
    progress : callable, optional
    """

    def __init__(
        self,
        experiment: Experiment,
        maps: dict[str, Real],
        plane: Plane,
        sweep: Sweep,
        progress: Callable[[int, int, str], None] | None,
    ) -> None:
        self.local = {path: m for path, m in maps.items() if path != VEGARD}
        self.beta = maps.get(VEGARD)
        self.means = {path: local_responses.geometric_mean(m) for path, m in self.local.items()}
        changes: dict[str, Any] = {**self.means, "also": ()}
        if self.beta is not None:
            changes[VEGARD] = 1.0
        self.experiment = experiment.replace(changes)
        self.plane, self.sweep, self.progress = plane, sweep, progress

    def image(self, method: str, tolerance: float) -> tuple[NDArray[Any], Real, str]:
        """Stack (m, ny, nx), validity (ny, nx) and the method that made it."""
        if method in ("auto", "first_order"):
            try:
                found = self._transport()
            except VegardError as error:
                if method == "first_order":
                    raise
                reason = str(error)
            else:
                validity = self._linear_error(found)
                worst = float(validity.max())
                if method == "first_order" or worst <= tolerance:
                    return self._first_order(found), validity, "first_order"
                names = " and ".join(LOCAL[path][0] for path in self.local)
                reason = (
                    f"to first order in {names} the image would be off by up to {worst:.2g} "
                    f"> tolerance = {tolerance:.2g} of itself."
                )
        stack, averaged = self._pixelwise()
        validity = _largest(averaged - stack, stack)
        if method == "auto":
            warnings.warn(
                f"{reason} The image is pixel-wise: each pixel reads as a large sample of its own, "
                f"and neighbours may change it by up to {float(validity.max()):.2g} of itself "
                '(Image.validity; method="blurred" averages over them).',
                OutOfRegime,
                stacklevel=4,
            )
        blurred = method == "blurred"
        return (averaged if blurred else stack), validity, "blurred" if blurred else "pixelwise"

    def _transport(self) -> dict[str, Kernel]:
        """Kernels of the maps, by path."""
        if THICKNESS in self.local:
            raise VegardError(
                "a map of geometry.thickness has no first-order kernel: the edges of steps lift "
                'the surface by themselves; use method="pixelwise".'
            )
        found = self.sweep.kernels(self.experiment, [_KERNEL[path] for path in self.local])
        return {path: found[_KERNEL[path]] for path in self.local}

    @cached_property
    def _vegard(self) -> Kernel:
        return self.sweep.kernels(self.experiment, ["vegard"])["vegard"]

    @cached_property
    def _own(self) -> NDArray[Any]:
        """What each pixel would read as a uniform sample, (m, ny, nx); per β with a map of it."""
        flat = {path: m.ravel() for path, m in self.local.items()}
        found = local_responses.each(flat, self._respond, self.progress)
        return np.ascontiguousarray(found.T).reshape(-1, *self.plane.shape)

    def _respond(self, values: dict[str, float]) -> NDArray[Any]:
        return self.sweep.respond(self.experiment.replace(values))

    def _logs(self, path: str) -> Real:
        return np.asarray(np.log(self.local[path] / self.means[path]))

    def _linear_error(self, found: dict[str, Kernel]) -> Real:
        linear: Any = self.sweep.respond(self.experiment)[:, None, None]
        for path, kernel in found.items():
            linear = linear + kernel.total[:, None, None] * self._logs(path)
        return _largest(linear - self._own, self._own)

    def _first_order(self, found: dict[str, Kernel]) -> NDArray[Any]:
        weight = 1.0 if self.beta is None else self.beta
        layers = [Layer(weight * self._logs(path), k.transform) for path, k in found.items()]
        if self.beta is not None:
            return convolve(self.plane, [Layer(self.beta, self._vegard.transform), *layers])
        own = self.sweep.respond(self.experiment)[:, None, None]
        return np.asarray(own + convolve(self.plane, layers))

    def _pixelwise(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Each pixel by itself, and averaged by the kernel of β; stacks (m, ny, nx)."""
        total = self._vegard.total[:, None, None]
        share = np.divide(self._own, total, out=np.zeros_like(self._own), where=total != 0)
        transform = self._vegard.transform
        if self.beta is None:
            return self._own, convolve(self.plane, [Layer(share, transform)])
        blurred = convolve(self.plane, [Layer(self.beta, transform)])
        return share * blurred, convolve(self.plane, [Layer(self.beta * share, transform)])


def _largest(difference: NDArray[Any], of: NDArray[Any]) -> Real:
    """|difference| over |of|, the largest along the stack; 0 where both vanish."""
    off, size = np.abs(difference), np.abs(of)
    out = np.where(off > 0, np.inf, 0.0)
    return np.asarray(np.divide(off, size, out=out, where=size > 0).max(axis=0))
