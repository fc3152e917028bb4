"""Arguments of images, checked: maps, pixels, the swept axis, noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import rotations
from vegard.convolution import Plane
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.image_kernels import kernels
from vegard.instrument import Instrument
from vegard.noise_floor import reading_sigma
from vegard.point_spread import Kernel
from vegard.response import (
    checked_frequency,
    checked_points,
    frequency_response,
    step_response,
    time_response,
)
from vegard.result import Axis
from vegard.transfer import amplitude
from vegard.waveforms import Drive

Real = NDArray[np.float64]

VEGARD, DIFFUSIVITY, RATE = "material.vegard", "material.diffusivity", "interface.rate"
THICKNESS, ORIENTATION = "geometry.thickness", "orientation"
LOCAL: Mapping[str, tuple[str, str]] = {
    VEGARD: ("β", "m³/mol"),
    DIFFUSIVITY: ("D", "m²/s"),
    RATE: ("κ", "m/s"),
    THICKNESS: ("thickness", "m"),
}
"""Symbol and unit of each scalar map."""
BOUNDARIES = ("mirror", "periodic")
_LEAST = 1e-15  # of the largest component of β: rounding of a turn


def checked_maps(e: Experiment, maps: Any) -> dict[str, Real]:
    """The maps as arrays of one shape, checked against the experiment."""
    if not isinstance(maps, Mapping) or not maps:
        raise VegardError(
            'maps must be a dict of path to array, e.g. {"material.vegard": beta}; '
            f"got {type(maps).__name__ if not isinstance(maps, Mapping) else 'an empty one'}."
        )
    out: dict[str, Real] = {}
    for path, value in maps.items():
        if path == ORIENTATION:
            out[path] = rotations.checked_euler(value)
            if out[path].ndim != 3:
                raise VegardError(
                    f"the map of orientation must have shape (ny, nx, 3); got {out[path].shape}."
                )
        elif path in LOCAL:
            out[path] = _scalar(e, path, value)
        else:
            raise unknown_name("map", path, (*LOCAL, ORIENTATION))
    shapes = {path: m.shape[:2] for path, m in out.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{p} {s}" for p, s in shapes.items())
        raise VegardError(f"all maps must have the same pixels; got {told}.")
    if ORIENTATION in out:
        if len(out) > 1:
            raise VegardError(
                "a map of orientation turns the experiment's own β and cannot be joined with "
                f"{', '.join(p for p in out if p != ORIENTATION)}; make an image of each."
            )
        e.material.check_diffusion(rotations.rotation(out[ORIENTATION].reshape(-1, 3)))
    return out


def _scalar(e: Experiment, path: str, value: Any) -> Real:
    unit = LOCAL[path][1]
    name = f"the map of {path}"
    array = checked_points(name, value, unit)
    if array.ndim != 2:
        raise VegardError(f"{name} must have shape (ny, nx); got {array.shape}.")
    if path == VEGARD:
        return array
    if not (array > 0).all():
        raise VegardError(f"{name} must be > 0 [{unit}]; got down to {array.min():g}.")
    if path == DIFFUSIVITY and isinstance(e.material.diffusivity, tuple):
        raise VegardError(
            f"{name} is isotropic, but Material.diffusivity is {e.material.diffusivity!r}; "
            "give one number there."
        )
    e.replace({path: float(array.flat[0])})  # refuses a path that the experiment does not have
    return array


def checked_pixel(pixel: Any) -> tuple[float, float]:
    """Size of a pixel along y and x [m]."""
    size = checked_points("pixel", pixel, "m")
    if size.shape not in ((), (2,)) or not (size > 0).all():
        raise VegardError(f"pixel must be one size > 0 [m], or two along y and x; got {pixel!r}.")
    dy, dx = np.broadcast_to(size, 2)
    return float(dy), float(dx)


def checked_plane(shape: tuple[int, int], pixel: tuple[float, float], boundary: str) -> Plane:
    """The pixels of a map."""
    if boundary not in BOUNDARIES:
        raise unknown_name("boundary", boundary, BOUNDARIES)
    return Plane(shape, pixel, boundary)


@dataclass(frozen=True)
class Sweep:
    """Frequencies or times, and the drive."""

    axis: Axis
    drive: Any
    per: str

    @classmethod
    def checked(cls, e: Experiment, frequency: Any, time: Any, drive: Any, per: str) -> Sweep:
        """Checked arguments of `image`."""
        if (frequency is None) == (time is None):
            raise VegardError("give either frequency= [Hz] or time= [s].")
        amplitude(e, per)
        if isinstance(drive, Drive):
            if time is None:
                raise VegardError(
                    "a drive in time needs time= [s]; at a frequency give an amplitude."
                )
        else:
            height = checked_points("drive", drive, "units of per")
            if height.ndim or not height:
                raise VegardError(f"drive must be one number, not 0; got {drive!r}.")
            drive = float(height)
        if time is None:
            return cls(Axis("frequency", "Hz", checked_frequency(frequency)), drive, per)
        return cls(Axis("time", "s", checked_points("time", time, "s")), drive, per)

    @property
    def _named(self) -> dict[str, Any]:
        return {self.axis.name: self.axis.points.ravel()}

    def kernels(self, e: Experiment, names: Sequence[str]) -> dict[str, Kernel]:
        """Kernels at the drive."""
        found, _ = kernels(e, names, **self._named, drive=self.drive, per=self.per)
        return found

    def respond(self, e: Experiment) -> NDArray[Any]:
        """Displacement (m,) [m] of a uniform sample."""
        x = self.axis.points.ravel()
        if isinstance(self.drive, Drive):
            return np.asarray(time_response(e, self.drive, x, per=self.per).values)
        verb = frequency_response if self.axis.name == "frequency" else step_response
        return np.asarray(self.drive * verb(e, x, per=self.per).values)

    def also(self, e: Experiment) -> NDArray[Any]:
        """What the additive signals contribute, (m,)."""
        return np.asarray(self.respond(e) - self.respond(e.replace({"also": ()})))


def checked_sigma(noise: ArrayLike | Instrument, sweep: Sweep) -> Real:
    """Standard deviation [m] of a quadrature or reading at each swept point."""
    shape = sweep.axis.points.shape
    if isinstance(noise, Instrument):
        if sweep.axis.name != "frequency":
            raise VegardError(
                "an instrument's noise is taken at frequencies; with time= give noise as a "
                "standard deviation [m], S √B for its density S [m/√Hz] and bandwidth B [Hz]."
            )
        return np.asarray(reading_sigma(noise, sweep.axis.points))
    sigma = checked_points("noise", noise, "m", least=0.0)
    if sigma.shape not in ((), shape):
        raise VegardError(
            f"noise must be one number [m], or one for each {sweep.axis.name}, shape {shape}; got "
            f"shape {sigma.shape}."
        )
    return np.broadcast_to(sigma, shape)


def tensor_amounts(e: Experiment, euler: Real) -> tuple[Experiment, list[tuple[str, Real, bool]]]:
    """Experiment for the kernels, and (part, map, sine) of a turned Vegard tensor."""
    turn = rotations.rotation(euler)
    beta = rotations.rotated(e.material.vegard_tensor, turn)
    b11, b22 = beta[..., 0, 0], beta[..., 1, 1]
    parts = [
        ("mean", (b11 + b22) / 2, False),
        ("normal", beta[..., 2, 2], False),
        ("stretch", (b11 - b22) / 2, False),
        ("stretch", beta[..., 0, 1], True),
        ("tilt", beta[..., 0, 2], False),
        ("tilt", beta[..., 1, 2], True),
    ]
    least = _LEAST * np.abs(beta).max()
    return e, [p for p in parts if np.abs(p[1]).max() > least] or parts[:1]
