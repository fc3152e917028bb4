"""Measured curves and how they were taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.cell import Cell
from vegard.errors import VegardError, unknown_name
from vegard.waveforms import Drive, PulseTrain, Sine

Real = NDArray[np.float64]

KINDS = {  # unit of x, of y
    "frequency": ("Hz", "m"),
    "relaxation": ("s", "m"),
    "loop": ("V", "m"),
    "pitt": ("s", "A"),
    "gitt": ("s", "V"),
    "eis": ("Hz", "Ω"),
}
STRAIN = ("frequency", "relaxation", "loop")
_NEEDS = {
    "relaxation": "the bias in time, e.g. drive=vegard.Pulse(1.0)",
    "loop": "the envelope, e.g. drive=vegard.PulseTrain(…)",
    "pitt": "the height of the step [V]",
    "gitt": "the current [A], e.g. drive=vegard.Pulse(60.0, 1e-3)",
}


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """One measured curve.

    Parameters
    ----------
    kind : {"frequency", "relaxation", "loop", "pitt", "gitt", "eis"}
        Displacement over frequency, in time, over bias; current after a step of the potential;
        voltage under a current; impedance.
    x : array_like, shape (n,)
        Frequency [Hz], time [s] after the start of the drive, or the bias [V] of each reading of a
        loop.
    y : array_like, shape (n,), or (..., n) of a map for `fit_map`
        Displacement [m] (or any unit with a free ``"gain"``), current [A], voltage [V] or impedance
        [Ω], e^{+iωt}. Complex in frequency; real amplitudes are fitted by the modulus. A map may
        be an array of NumPy, xarray, Dask, Zarr or h5py: it is read when it is fitted, and may
        hold nan.
    sigma : float or array_like, optional
        Standard deviation of ``y``, of the real and the imaginary part each; estimated from the
        scatter about the fit if left out.
    drive : float or Drive
        Amplitude at each frequency (1 if left out), step height, current, or the waveform, in units
        of ``per``.
    per : str, optional
        Unit of the drive of a displacement: "volt" (if left out), "concentration", "flux" or
        "ampere".
    at : float
        Distance from the tip's axis [m].
    cell : Cell, optional
        The electrode of ``pitt``, ``gitt`` and ``eis``, if the sample of the fit is not one itself.
    field : {"on", "off"}
        When a loop is read: at the end of each pulse, or of the rest after it.

    Raises
    ------
    VegardError
        For rows that do not fit together, nan, times that do not rise, a drive that is missing.

    Examples
    --------
    >>> import vegard as vg
    >>> d = vg.Data("relaxation", [0.2, 0.5, 1.0], [3e-12, 2e-12, 1e-12], drive=vg.Pulse(0.1))
    >>> d.x.size, d.sigma is None
    (3, True)
    """

    kind: str = field(metadata={"doc": "what was measured"})
    x: Any = field(metadata={"doc": "frequency, time or bias"})
    y: Any = field(metadata={"doc": "what was read"})
    sigma: Any = field(default=None, metadata={"doc": "standard deviation of y"})
    drive: Any = field(default=None, kw_only=True, metadata={"doc": "how it was driven"})
    per: str = field(default="volt", kw_only=True, metadata={"doc": "unit of the drive"})
    at: float = field(default=0.0, kw_only=True, metadata={"doc": "distance from the axis"})
    cell: Cell | None = field(default=None, kw_only=True, metadata={"doc": "the electrode"})
    field: str = field(default="on", kw_only=True, metadata={"doc": "when a loop is read"})

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of data", self.kind, KINDS)
        x, y = self._map_rows() if self.is_map else self._rows()
        sigma = self._sigma(x)
        drive = self._drive()
        if not (isinstance(self.at, int | float) and 0 <= self.at < np.inf):
            raise VegardError(f"Data.at must be >= 0 [m]; got {self.at!r}.")
        if self.cell is not None and not isinstance(self.cell, Cell):
            raise VegardError(f"Data.cell must be a vegard.Cell; got {self.cell!r}.")
        if self.kind == "loop":
            self._check_loop(x, drive)
        values = (("x", x), ("y", y), ("sigma", sigma), ("drive", drive))
        for name, value in values:
            object.__setattr__(self, name, value)

    @property
    def is_map(self) -> bool:
        """Whether y holds a curve for each of many pixels."""
        return getattr(self.y, "ndim", 1) > 1

    @property
    def strain(self) -> bool:
        """Whether it is a displacement, not an electrical signal."""
        return self.kind in STRAIN

    @property
    def unit(self) -> str:
        """Unit of y: m, A, V or Ω."""
        return KINDS[self.kind][1]

    @property
    def is_complex(self) -> bool:
        """Whether y is complex, not an amplitude."""
        return bool(self.y.dtype.kind == "c")

    @property
    def spectral(self) -> bool:
        """Whether x is a frequency."""
        return self.kind in ("frequency", "eis")

    @property
    def time(self) -> Real:
        """Times of the readings [s]; of a loop from its envelope."""
        if self.kind != "loop":
            return np.asarray(self.x)
        train = self.drive
        moment = train.duration if self.field == "on" else train.period
        return np.asarray(moment + train.period * np.arange(len(train.amplitudes)))

    def _rows(self) -> tuple[Real, NDArray[Any]]:
        try:
            x, y = np.array(self.x, float), np.array(self.y)
            if y.dtype.kind not in "iufc":
                raise TypeError
        except (TypeError, ValueError):
            raise VegardError("Data.x and .y must be rows of numbers.") from None
        y = y.astype(complex if np.iscomplexobj(y) else float)
        if x.ndim != 1 or x.shape != y.shape or x.size < 2:
            raise VegardError(
                "Data.x and .y must be rows of one length, two points or more; got shapes "
                f"{x.shape} and {y.shape}."
            )
        bad = ~(np.isfinite(x) & np.isfinite(y))
        if bad.any():
            raise VegardError(
                f"Data.x and .y must be finite; {bad.sum()} points are not, the first is point "
                f"{int(bad.argmax())}. Remove them."
            )
        self._check_axis(x, np.iscomplexobj(y))
        if self.kind == "eis" and np.iscomplexobj(y) and (y.imag > 0).mean() > 0.9:
            raise VegardError(
                f"Im Z is positive at {np.mean(y.imag > 0):.0%} of the frequencies: that is -Im Z, "
                "or the convention e^(-iωt). Give Data the complex conjugate."
            )
        return x, y

    def _map_rows(self) -> tuple[Real, Any]:
        """The axis, checked, and a map, which is not read before it is fitted."""
        try:
            x = np.array(self.x, float)
        except (TypeError, ValueError):
            raise VegardError("Data.x must be a row of numbers.") from None
        if not self.strain:
            raise VegardError(f'a map holds displacements; "{self.kind}" is one curve.')
        if self.y.dtype.kind not in "iufc":
            raise VegardError(f"Data.y must hold numbers; got {self.y.dtype}.")
        if x.ndim != 1 or x.size < 2 or self.y.shape[-1] != x.size or 0 in self.y.shape:
            raise VegardError(
                f"Data.y of a map must be of shape (..., {x.size}), the curves last and as long as "
                f"x; got {tuple(self.y.shape)} for x of {x.shape}. Put that axis last."
            )
        if not np.isfinite(x).all():
            raise VegardError("Data.x must be finite.")
        self._check_axis(x, self.y.dtype.kind == "c")
        return x, self.y

    def _check_axis(self, x: Real, complex_: bool) -> None:
        if complex_ and not self.spectral:
            raise VegardError(f'Data.y of "{self.kind}" must be real; got complex numbers.')
        if self.spectral and (x <= 0).any():
            raise VegardError(
                f"Data.x must be > 0 [Hz]; got {x.min():g} at point {int(x.argmin())}."
            )
        if not self.spectral and self.kind != "loop" and (np.diff(x) <= 0).any():
            where = int(np.argmax(np.diff(x) <= 0))
            raise VegardError(
                f"Data.x must rise [s]; after point {where} ({x[where]:g} s) comes "
                f"{x[where + 1]:g} s. Sort the rows and drop repeats."
            )

    def _sigma(self, x: Real) -> Any:
        if self.sigma is None:
            return None
        sigma = np.array(self.sigma, float)
        if sigma.shape not in ((), x.shape):
            raise VegardError(
                f"Data.sigma must be one number or as many as x; got shape {sigma.shape} for "
                f"{x.shape}."
            )
        if not (np.isfinite(sigma) & (sigma > 0)).all():
            raise VegardError("Data.sigma must be > 0 and finite; leave it out if it is unknown.")
        return np.broadcast_to(sigma, x.shape)

    def _drive(self) -> Any:
        if self.kind == "eis":
            if self.drive is not None:
                raise VegardError("impedance is per unit of current; leave drive out.")
            return None
        drive: Any = self.drive
        if drive is None and self.kind == "frequency":
            drive = 1.0
        if drive is None:
            raise VegardError(f'Data("{self.kind}") needs drive=: {_NEEDS[self.kind]}.')
        if isinstance(drive, Drive):
            if self.kind == "frequency" or (isinstance(drive, Sine) and self.kind != "relaxation"):
                raise VegardError(f'Data("{self.kind}") does not take a {type(drive).__name__}.')
            return drive
        if self.kind == "loop" or not isinstance(drive, int | float | np.number):
            raise VegardError(
                f'Data.drive of "{self.kind}" must be {_NEEDS.get(self.kind, "an amplitude")}; '
                f"got {drive!r}."
            )
        if not np.isfinite(drive) or drive == 0:
            raise VegardError(f"Data.drive must be finite and not zero; got {drive!r}.")
        return float(drive)

    def _check_loop(self, x: Real, drive: Any) -> None:
        if not isinstance(drive, PulseTrain):
            raise VegardError(
                'Data("loop") needs a PulseTrain as drive; readings under a sweep are '
                f'Data("relaxation", time, y, drive={type(drive).__name__}(…)).'
            )
        if self.field not in ("on", "off"):
            raise unknown_name("field", self.field, ("on", "off"))
        bias = np.asarray(drive.amplitudes)
        if bias.size != x.size:
            raise VegardError(
                f"the envelope has {bias.size} pulses, but the loop has {x.size} points. Give one "
                "reading for each pulse, in the order in which they were taken."
            )
        apart = np.abs(x - bias) > 1e-3 * np.abs(bias).max()
        if apart.any():
            where = int(apart.argmax())
            raise VegardError(
                f"Data.x at point {where} is {x[where]:g}, but the envelope's pulse there is "
                f"{bias[where]:g}. Both are the bias, in order of time."
            )
