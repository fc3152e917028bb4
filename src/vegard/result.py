"""The result of every linear verb."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError

SCHEMA = 1


class Axis(NamedTuple):
    """One coordinate of a response."""

    name: str
    unit: str
    points: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """Displacement of the surface, or another linear signal, along one swept axis.

    Parameters
    ----------
    values : complex or float, or ndarray
        Peak amplitude per unit drive; shape = at.shape + swept.shape.
    error : float or ndarray
        Absolute numerical error, same shape; from a second rule and rounding.
    units : str
        Unit of ``values`` and ``error``.
    axes : tuple of Axis
        Coordinates: where the tip reads (``at``), then the swept one.
    inputs : dict
        The verb, the experiment and the arguments from which it was made.
    """

    values: Any
    error: Any
    units: str
    axes: tuple[Axis, ...]
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def axis(self) -> NDArray[Any] | None:
        """The swept coordinate: frequency [Hz] or time [s]; None at rest."""
        return self.axes[-1].points if self.axes[-1].name != "at" else None

    @property
    def amplitude(self) -> Any:
        """|values|, peak."""
        return np.abs(self.values)

    @property
    def phase(self) -> Any:
        """Principal phase [rad]; -π/2 lags the drive by a quarter period."""
        return np.angle(self.values)

    def __add__(self, other: Response) -> Response:
        if not isinstance(other, Response):
            return NotImplemented
        same = len(self.axes) == len(other.axes) and all(
            a.name == b.name and np.array_equal(a.points, b.points)
            for a, b in zip(self.axes, other.axes, strict=True)
        )
        if self.units != other.units or not same:
            raise VegardError(
                "responses add only on the same axes and in the same units; got "
                f"{self.units} on {self._shape()} and {other.units} on {other._shape()}."
            )
        return Response(
            self.values + other.values,
            self.error + other.error,
            self.units,
            self.axes,
            {"sum": (self.inputs, other.inputs)},
        )

    def _shape(self) -> str:
        return " × ".join(f"{a.name}[{a.points.size}]" for a in self.axes)

    def to_xarray(self) -> Any:
        """Labelled dataset with ``response`` and ``error``.

        Returns
        -------
        xarray.Dataset
            Dimensions ``at`` and the swept axis where they are arrays; scalars are coordinates.
        """
        import xarray as xr

        dims: list[str] = []
        coords: dict[str, Any] = {}
        for a in self.axes:
            names = (
                [a.name] if a.points.ndim == 1 else [f"{a.name}_{i}" for i in range(a.points.ndim)]
            )
            dims += names if a.points.ndim else []
            coords[a.name] = (names if a.points.ndim else (), a.points, {"units": a.unit})
        data = {
            "response": (dims, np.asarray(self.values), {"units": self.units}),
            "error": (dims, np.asarray(self.error), {"units": self.units}),
        }
        return xr.Dataset(data, coords, self._attributes())

    def _attributes(self) -> dict[str, Any]:
        from vegard import __version__

        described = describe(self.inputs | {a.name: a.points for a in self.axes})
        return {
            "schema": SCHEMA,
            "vegard": __version__,
            "inputs": described,
            "inputs_sha256": hashlib.sha256(described.encode()).hexdigest(),
        }

    def to_netcdf(self, path: str | Path) -> Path:
        """Write a NetCDF file; complex values become ``response_re`` and ``response_im``.

        Parameters
        ----------
        path : str or Path
            The file; written beside and renamed, so that it is whole or not there.
        """
        from vegard.files import whole

        data = self.to_xarray()
        if np.iscomplexobj(data["response"].values):
            for name, part in (("re", data["response"].real), ("im", data["response"].imag)):
                data[f"response_{name}"] = part.assign_attrs(units=self.units)
            data = data.drop_vars("response")
        with whole(Path(path)) as target:
            data.to_netcdf(target, engine="h5netcdf")
        return Path(path)

    def plot(self, ax: Any = None) -> Any:
        """Plot along the swept axis; returns the matplotlib Axes."""
        from vegard import plot

        return plot.response(self, ax)

    def citations(self) -> list[str]:
        """What to cite for this result, from the objects that made it."""
        from vegard.citations import citations

        return citations(self.inputs)

    def report(self) -> str:
        """A few lines that a person can read."""
        values = np.asarray(self.values)
        size = np.abs(values)
        error = np.asarray(self.error)
        worst = float((error / np.where(size > 0, size, 1)).max(initial=0.0))
        lines = [f"{self.inputs.get('verb', 'response')} on {self._shape()}"]
        if size.size:
            lines.append(f"size from {size.min():.4g} to {size.max():.4g} {self.units}")
        lines.append(f"numerical error at most {worst:.1e} of the value")
        return "\n".join(lines)


def describe(value: Any) -> str:
    """Stable text of an object's content: the same inputs give the same text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {describe(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, np.ndarray):
        if value.size > 16:
            digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
            return f"array{value.shape} {digest}"
        return repr(value.tolist())
    if isinstance(value, tuple | list):
        return "(" + ", ".join(describe(v) for v in value) + ")"
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__ + describe(
            {f.name: getattr(value, f.name) for f in fields(value)}
        )
    return repr(value)
