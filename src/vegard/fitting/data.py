"""Measured curves and how they were taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.cell import Cell
from vegard.errors import VegardError, unknown_name
from vegard.fitting import image_rows
from vegard.waveforms import Drive, PulseTrain, Sine

Real = NDArray[np.float64]

KINDS = {  # unit of x, of y
    "frequency": ("Hz", "m"),
    "relaxation": ("s", "m"),
    "loop": ("V", "m"),
    "pitt": ("s", "A"),
    "gitt": ("s", "V"),
    "eis": ("Hz", "Ω"),
    "image": ("Hz", "m"),
}
STRAIN = ("frequency", "relaxation", "loop", "image")
_NEEDS = {
    "relaxation": "the bias in time, e.g. drive=vegard.Pulse(1.0)",
    "image": "the bias in time, e.g. drive=vegard.Pulse(1.0)",
    "loop": "the envelope, e.g. drive=vegard.PulseTrain(…)",
    "pitt": "the height of the step [V]",
    "gitt": "the current [A], e.g. drive=vegard.Pulse(60.0, 1e-3)",
}


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """One measured curve, or image.

    Parameters
    ----------
    kind : {"frequency", "relaxation", "loop", "image", "pitt", "gitt", "eis"}
        Displacement over frequency, in time, over bias; image of a known object; current after a
        step of the potential; voltage under a current; impedance.
    x : array_like, shape (n,)
        Frequency [Hz], time [s] after the start of the drive, or the bias [V] of each reading of a
        loop. Of an image one or several.
    y : array_like, shape (n,); (..., n) of a map for `fit_map`; (ny, nx) or (ny, nx, n) of an image
        Displacement [m] (or any unit with a free ``"gain"``), current [A], voltage [V] or impedance
        [Ω], e^{+iωt}. Complex in frequency; real amplitudes are fitted by the modulus. A map may
        be an array of NumPy, xarray, Dask, Zarr or h5py: it is read when it is fitted, and may
        hold nan.
    sigma : float or array_like, optional
        Standard deviation of ``y``, of the real and the imaginary part each; estimated from the
        scatter about the fit if left out. Of an image also a map of it.
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
    maps : dict, optional
        What is known of the object of an image: arrays (ny, nx) by path, as `image` takes them, of
        β [m³/mol], D [m²/s] or κ [m/s], or "orientation" [rad]. Of a D or κ that is free the
        geometric mean is fitted.
    pixel : float or (float, float), optional
        Size of a pixel of an image [m], along y and x.
    over : {"frequency", "time"}
        What x of an image is.
    boundary : {"mirror", "periodic"}
        How an object goes on beyond the edges of its image.

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
    maps: Any = field(default=None, kw_only=True, metadata={"doc": "the object of an image"})
    pixel: Any = field(default=None, kw_only=True, metadata={"doc": "size of a pixel"})
    over: str = field(default="frequency", kw_only=True, metadata={"doc": "what x of an image is"})
    boundary: str = field(default="mirror", kw_only=True, metadata={"doc": "beyond the edges"})
    field: str = field(default="on", kw_only=True, metadata={"doc": "when a loop is read"})

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of data", self.kind, KINDS)
        if self.kind == "image":
            x, y = self._image_rows()
        elif self.maps is not None or self.pixel is not None:
            raise VegardError(f'maps and pixel are of an "image", not of "{self.kind}".')
        else:
            x, y = self._map_rows() if self.is_map else self._rows()
        sigma = self._sigma(x, y)
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

    @classmethod
    def from_xarray(
        cls,
        dataset: Any,
        *,
        drive: Any = None,
        per: str = "volt",
        at: float = 0.0,
        sigma: Any = None,
        field: str | None = None,
        cell: Cell | None = None,
        kind: str | None = None,
        variable: str | None = None,
        axis: str | None = None,
        duration: float | None = None,
        period: float | None = None,
        delay: float = 0.0,
        reference: float | None = None,
    ) -> Data:
        r"""Data of a file: one curve, or a map with a curve for each pixel.

        Parameters
        ----------
        dataset : xarray.Dataset
            As `read` gives it, or `fit_sho`. Axes besides that of the curves make a map, which
            keeps its labels; choose one curve with ``dataset.isel(y=…, x=…)``. Spectra at steps of
            time or bias (band excitation) are reduced to one reading each, see Notes.
        drive : float or Drive, optional
            As of `Data`. Where a file tells which steps are written, a number is the height of
            that pulse; left out, it is the bias of the file [V], above that of the reading. Times
            count from the start of the first writing; cycles follow each other.
        per, at, sigma, cell
            As of `Data`. The noise of band excitation is taken from its fits.
        field : {"on", "off"}, optional
            Which readings: of a relaxation those while it is written ("on") or after it ("off", if
            left out); of a loop as in `Data`.
        kind : str, optional
            Kind of data, where the axes do not tell.
        variable, axis : str, optional
            Variable, and axis of its curves, where the names do not tell.
        duration, period : float, optional
            Of the pulses of a loop, and from one to the next [s].
        delay : float
            Time from the start of a step of a relaxation to its reading [s].
        reference : float, optional
            Phase ψ [rad] that band excitation has where it counts as positive.

        Raises
        ------
        VegardError
            If the axes, or what the file does not say, are not certain.

        Warns
        -----
        OutOfRegime
            For one curve, if spectra show no resonance: they are left out. In a map they are nan,
            and the attribute ``flags`` of ``y`` counts them.

        Notes
        -----
        .. math:: u = A\cos(\varphi - \psi)

        A and φ are amplitude [unit of the spectra] and phase [rad] of what drives the oscillator,
        not the peak A Q, so that a drifting quality factor does not enter; ψ is common to all
        spectra (vegard.fitting.oscillations). Signed: twice the angle of all A e^{iφ} gives ψ, and
        most of the signal is positive. Amplitudes without a phase are taken as they are.

        Examples
        --------
        >>> import numpy as np, vegard as vg, xarray as xr
        >>> f, t = np.linspace(310e3, 350e3, 32), np.array([0.5, 1.0, 2.0])
        >>> u = np.array([3e-12, 2e-12, 1e-12])[:, None]
        >>> y = u * np.exp(1j) * 330e3**2 / (f**2 - 1j * f * 330e3 / 60 - 330e3**2)
        >>> y = xr.DataArray(y, {"time": t, "frequency": f})
        >>> data = vg.Data.from_xarray(y.to_dataset(name="response"), drive=vg.Pulse(0.1))
        >>> data.kind, [f"{v:.2e}" for v in data.y]
        ('relaxation', ['3.00e-12', '2.00e-12', '1.00e-12'])
        """
        from vegard.fitting import measured

        hints = measured.Hints(kind, variable, axis, field, duration, period, delay, reference)
        found = measured.rows(dataset, hints, drive, per)
        spread = found.sigma if sigma is None else sigma
        how: dict[str, Any] = {"per": per, "at": at, "cell": cell, "field": field or "on"}
        return cls(found.kind, found.x, found.y, spread, drive=found.drive, **how)

    @property
    def is_map(self) -> bool:
        """Whether y holds a curve for each of many pixels."""
        return self.kind != "image" and getattr(self.y, "ndim", 1) > 1

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
        return self.kind in ("frequency", "eis") or (self.kind, self.over) == ("image", "frequency")

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

    def _image_rows(self) -> tuple[Real, NDArray[Any]]:
        x, y = image_rows.rows(self.x, self.y, self.over, self.boundary)
        if self.at:
            raise VegardError("an image is read under the tip: leave at out.")
        self._check_axis(x, np.iscomplexobj(y))
        object.__setattr__(self, "maps", image_rows.maps(self.maps, y.shape[:2]))
        object.__setattr__(self, "pixel", image_rows.pixel(self.pixel))
        return x, y

    def _check_axis(self, x: Real, complex_: bool) -> None:
        if complex_ and not self.spectral:
            raise VegardError(f'Data.y of "{self.kind}" must be real; got complex numbers.')
        if self.spectral and (x <= 0).any():
            raise VegardError(
                f"Data.x must be > 0 [Hz]; got {x.min():g} at point {int(x.argmin())}."
            )
        if self.kind in ("relaxation", "pitt", "gitt") and (np.diff(x) <= 0).any():
            where = int(np.argmax(np.diff(x) <= 0))
            raise VegardError(
                f"Data.x must rise [s]; after point {where} ({x[where]:g} s) comes "
                f"{x[where + 1]:g} s. Sort the rows and drop repeats."
            )

    def _sigma(self, x: Real, y: Any) -> Any:
        if self.sigma is None:
            return None
        sigma = np.array(self.sigma, float)
        image = self.kind == "image"
        if image and sigma.shape == y.shape[:2]:
            sigma = sigma[..., None]
        elif sigma.shape not in ((), x.shape, *((y.shape,) if image else ())):
            raise VegardError(
                f"Data.sigma must be one number or as many as x; got shape {sigma.shape} for "
                f"{x.shape}."
            )
        if not (np.isfinite(sigma) & (sigma > 0)).all():
            raise VegardError("Data.sigma must be > 0 and finite; leave it out if it is unknown.")
        return np.broadcast_to(sigma, y.shape if image else x.shape)

    def _drive(self) -> Any:
        if self.kind == "eis":
            if self.drive is not None:
                raise VegardError("impedance is per unit of current; leave drive out.")
            return None
        drive: Any = self.drive
        if drive is None and self.spectral:
            drive = 1.0
        if drive is None:
            raise VegardError(f'Data("{self.kind}") needs drive=: {_NEEDS[self.kind]}.')
        if isinstance(drive, Drive):
            if self.spectral or (isinstance(drive, Sine) and self.kind != "relaxation"):
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
