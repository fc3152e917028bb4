"""How small a feature the tip resolves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import inf, pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import image_kernels
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.instrument import Instrument
from vegard.noise_floor import bandwidth, reading_noise, reading_sigma
from vegard.point_spread import Kernel
from vegard.response import checked_experiment, checked_points
from vegard.result import Axis

Real = NDArray[np.float64]

_PER_DECADE = 40
_ORDER = 12  # nodes in a bracket
_DIP = 8 / pi**2  # of two lines at the distance of Rayleigh
_SEEN = 1e-3  # dip that counts as one, for Sparrow
_DEPTH = 0.9  # share of the signal from above the information depth
_RINGS = 200.0  # wavenumber [1/R] up to which they are looked for
_DECADES = 7  # over which a level is sought above 1/R


@dataclass(frozen=True, eq=False)
class Resolution:
    """Resolution of an image of the Vegard coefficient, at frequencies or times.

    All lengths and wavenumbers have the shape of the swept axis, scalars for a scalar; a length is
    infinite where the feature is not there at any scale.

    Parameters
    ----------
    experiment : Experiment
        Sample, tip and read-out.
    axis : Axis
        Frequency [Hz] or time [s].
    kernel : Kernel
        Point spread [m per m²] per relative change of β at the given drive.
    noise : ndarray or None
        Standard error of a reading [m].
    inputs : dict
        The arguments.
    """

    experiment: Experiment
    axis: Axis
    kernel: Kernel
    noise: Real | None
    inputs: dict[str, Any] = field(default_factory=dict)

    def mtf(self, K: ArrayLike) -> Any:
        """Modulation transfer ĥ(K)/ĥ(0) [–], complex in frequency.

        Parameters
        ----------
        K : array_like
            Wavenumber of a sinusoidal β(x) [rad/m], >= 0.

        Returns
        -------
        complex, float or ndarray
            Shape K.shape + swept.shape.
        """
        k = checked_points("K", K, "rad/m", least=0.0)
        return self._shaped(self.kernel.transform(k.ravel()) / self.kernel.total, k.shape)

    def psf(self, x: ArrayLike) -> Any:
        """Point spread h/∫h [1/m²] at distance |x| [m]; infinite at 0 for a point read.

        Returns
        -------
        complex, float or ndarray
            Shape x.shape + swept.shape.
        """
        r = checked_points("x", x, "m")
        size = np.abs(r.ravel())
        on = size == 0
        # a punch reads a finite value on the axis: that of the innermost panel
        inner = np.where(on, self.kernel.mesh.rho[0], size)
        values = self.kernel.at(inner) / self.kernel.total
        if on.any() and self.experiment.readout == "centre":
            values[on] = inf
        return self._shaped(values, r.shape)

    def lsf(self, x: ArrayLike) -> Any:
        """Line spread [1/m]: the image of a line, over its integral, at distance x [m] ≠ 0.

        Returns
        -------
        complex, float or ndarray
            Shape x.shape + swept.shape.
        """
        r = checked_points("x", x, "m")
        mesh = self.kernel.mesh
        return self._shaped(self._spread([mesh.line(abs(float(v))) for v in r.ravel()]), r.shape)

    def esf(self, x: ArrayLike) -> Any:
        """Edge spread [–]: the image of a step of β from 0 (x < 0) to 1 (x > 0).

        Returns
        -------
        complex, float or ndarray
            Shape x.shape + swept.shape.
        """
        r = checked_points("x", x, "m")
        mesh, sign = self.kernel.mesh, np.sign(r.ravel())[:, None]
        half = self._spread([mesh.strip(abs(float(v))) for v in r.ravel()])
        return self._shaped(0.5 + sign * half, r.shape)

    @cached_property
    def k50(self) -> Any:
        """Wavenumber [rad/m] at which |MTF| first falls to 50 %."""
        return self._scalar(self._fall(0.5))

    @cached_property
    def k10(self) -> Any:
        """Wavenumber [rad/m] at which |MTF| first falls to 10 %."""
        return self._scalar(self._fall(0.1))

    @cached_property
    def edge_25_75(self) -> Any:
        """Distance [m] over which the edge rises from 25 to 75 % (part in phase with the whole)."""
        return self._scalar(2 * self._edge_at(0.75))

    @cached_property
    def edge_10_90(self) -> Any:
        """Distance [m] over which the edge rises from 10 to 90 %."""
        return self._scalar(2 * self._edge_at(0.90))

    @cached_property
    def rayleigh(self) -> Any:
        """Distance [m] of two lines with a dip to 8/π² between them; 0 for a point read.

        The image of one line has an integrable peak where a point is read, at any frequency.
        """
        return self._scalar(self._two_lines(_DIP))

    @cached_property
    def sparrow(self) -> Any:
        """Distance [m] of two lines at which a dip appears (0.1 %); 0 for a point read."""
        return self._scalar(self._two_lines(1 - _SEEN))

    @cached_property
    def information_depth(self) -> Any:
        """Depth [m] from above which 90 % of the signal come (part in phase with the whole)."""
        from scipy.interpolate import CubicSpline

        z, parts = image_kernels.depths(self.experiment, self.axis, **self._drive)
        index, fine = np.arange(z.size), np.linspace(0, z.size - 1, 20 * z.size)
        out = []
        for row in parts:
            run = CubicSpline(index, row).antiderivative()(fine)
            out.append(_first(fine, (run / run[-1]).real, _DEPTH))
        return self._scalar(np.exp(np.interp(out, index, np.log(z))))

    @cached_property
    def noise_limited_period(self) -> Any:
        """Period [m] of a full modulation of β whose image is as large as the noise of a reading.

        Infinite where even a uniform sample drowns; None without an instrument.
        """
        if self.noise is None:
            return None
        share = self.noise / np.abs(self.kernel.total)
        K = self._fall(np.minimum(share, 1.0))
        return self._scalar(np.where(share < 1, 2 * pi / np.where(share < 1, K, 1.0), inf))

    @cached_property
    def quoted(self) -> Resolution:
        """The same read by a punch, which is what a resolution should be quoted with.

        A point read has an integrable peak 1/ρ in its point spread: its MTF tends to 1 up to
        K ~ √(ω/D) at high frequency and says nothing about the tip.
        """
        if self.experiment.readout == "punch":
            return self
        return resolution(self.experiment.replace({"readout": "punch"}), **self.inputs)

    def report(self) -> str:
        """Sentences that quote the resolution."""
        from vegard.report.resolution import sentences

        return sentences(self)

    def plot(self, ax: Any = None) -> Any:
        """MTF, with the levels of 50 % and 10 % and the noise; returns the Axes."""
        from vegard.plot_resolution import draw

        return draw(self, ax)

    @property
    def _drive(self) -> dict[str, Any]:
        return {name: self.inputs[name] for name in ("drive", "per")}

    def _shaped(self, values: NDArray[Any], shape: tuple[int, ...]) -> Any:
        return values.reshape(shape + self.axis.points.shape)[()]

    def _scalar(self, values: Real) -> Any:
        return self._shaped(np.asarray(values, float), ())

    def _fall(self, level: Any) -> Real:
        """First K [rad/m] at which |MTF| falls to a level, for each swept value."""
        total, radius = self.kernel.total, self.experiment.tip.radius
        levels = np.broadcast_to(level, total.shape)
        low, out = 1e-3 / self.kernel.mesh.edges[-1], np.full(total.shape, inf)
        while low < 10.0**_DECADES / radius and np.isinf(out).any():
            K = low * np.geomspace(1, 10, _PER_DECADE + 1)
            # a sharp rim makes zeros, as narrow as the level is low, every 3/R
            even = np.arange(low, min(K[-1], _RINGS / radius), 0.1 / radius)
            K = np.union1d(K, even)
            value = self.kernel.transform(K) / total
            for i in np.flatnonzero(np.isinf(out)):
                for b in np.flatnonzero(chords(value[:, i]) <= levels[i]):
                    out[i] = self._refined(K[b], K[b + 1], levels[i], int(i))
                    if out[i] < inf:
                        break
            low = K[-1]
        return out

    def _refined(self, a: float, b: float, level: float, i: int) -> float:
        """Where |MTF| falls to a level between a and b, by a polynomial; inf if it does not."""
        x = np.cos(pi * (np.arange(_ORDER) + 0.5) / _ORDER)
        K = np.sqrt(a * b) * (b / a) ** (x / 2)
        values = self.kernel.transform(K)[:, i] / self.kernel.total[i]
        modes = np.linalg.solve(np.polynomial.chebyshev.chebvander(x, _ORDER - 1), values)
        fine = np.linspace(-1, 1, 8001)
        size = np.abs(np.polynomial.chebyshev.chebval(fine, modes))
        return float(np.sqrt(a * b) * (b / a) ** (_first(fine, -size, -level) / 2))

    def _spread(self, weights: list[Real]) -> NDArray[Any]:
        """Integrals over the kernel (x, m), over that of all."""
        return np.asarray(np.array(weights) @ self.kernel.values.T / self.kernel.total)

    def _edge_at(self, level: float) -> Real:
        """Distance [m] at which the edge first rises to a level."""
        mesh = self.kernel.mesh
        x = np.geomspace(1e-3 * self.experiment.tip.radius, mesh.edges[-1], 12 * _PER_DECADE)
        rows = self.esf(x).reshape(x.size, -1).real
        out: list[float] = []
        for row in rows.T:
            b = max(int(np.argmax(row >= level)), 1)
            fine = np.geomspace(x[b - 1], x[b], _ORDER)
            values = self.esf(fine).reshape(fine.size, -1)[:, len(out)].real
            out.append(_first(fine, values, level))
        return np.array(out)

    def _two_lines(self, level: float) -> Real:
        """Distance [m] of two lines whose middle is a level of the highest point of their image."""
        from scipy.interpolate import CubicSpline
        from scipy.optimize import brentq

        if self.experiment.readout == "centre":
            return np.zeros(self.kernel.total.size)
        radius = self.experiment.tip.radius
        x = np.append(np.linspace(0, 4, 241)[1:-1], np.geomspace(4, 400, 160)) * radius
        rows = self.lsf(x).reshape(x.size, -1)
        fine = np.linspace(-1, 1, 801)
        out = []
        for row in rows.T:
            line = CubicSpline(np.append(0.0, x), np.append(row[0], row))

            def dip(d: float, line: Any = line) -> float:
                at = fine * (d / 2 + 2 * radius)
                both = np.abs(line(np.abs(at - d / 2)) + line(np.abs(at + d / 2)))
                return float(both[fine.size // 2] / both.max()) - level

            # from far to near: the flat top of a line spread may ripple
            d = np.geomspace(300, 0.02, 200) * radius
            joined = int(np.argmax([dip(float(v)) >= 0 for v in d]))
            out.append(brentq(dip, d[joined], d[joined - 1], xtol=1e-6 * radius))
        return np.array(out)


def chords(z: NDArray[Any]) -> Real:
    """Least modulus on the chord between each two values, so that no zero is missed."""
    a, step = z[:-1], np.diff(z)
    t = -(a.conj() * step).real / np.maximum(np.abs(step) ** 2, 1e-300)
    return np.asarray(np.abs(a + np.clip(t, 0.0, 1.0) * step))


def _first(x: Real, y: Real, level: float) -> float:
    """First x at which y rises to a level, linear between the points; infinite if it does not."""
    over = np.flatnonzero(y >= level)
    if not over.size:
        return inf
    b = max(int(over[0]), 1)
    return float(np.interp(level, y[b - 1 : b + 1], x[b - 1 : b + 1]))


def resolution(
    experiment: Experiment,
    frequency: ArrayLike | None = None,
    *,
    time: ArrayLike | None = None,
    instrument: Instrument | None = None,
    drive: Any = 1.0,
    per: str = "volt",
) -> Resolution:
    r"""Resolution of an image of the Vegard coefficient.

    Parameters
    ----------
    experiment : Experiment
        Any tip, interface, geometry and read-out.
    frequency : array_like, optional
        Frequencies [Hz], > 0.
    time : array_like, optional
        Times [s] after a step of height ``drive``, or under a drive of any shape, e.g.
        ``drive=vegard.Pulse(0.1)``; one of the two is given.
    instrument : Instrument, optional
        Its noise in its bandwidth gives ``noise_limited_period``.
    drive : float or Drive
        Amplitude, or drive in time, in units of ``per``.
    per : {"volt", "concentration", "flux", "ampere"}
        Unit of the drive.

    Returns
    -------
    Resolution
        MTF, point, line and edge spread as functions; wavenumbers at 50 and 10 % [rad/m], widths
        of an edge, distances of two lines, information depth and noise-limited period [m].

    Raises
    ------
    VegardError
        For a missing or double sweep, a drive that does not fit the interface, an instrument whose
        noise or bandwidth is unknown.

    Notes
    -----
    The image of β(x, y), uniform in depth, is its correlation with h(ρ) = ∫ C G dz, exactly; G is
    the displacement read per strain at depth (vegard.point_spread). On a half-space read at a point

    .. math:: \hat h(K) \propto \iint \frac{\hat C_0(k)}{|\mathbf K-\mathbf k|+q(k)}\,d^2k

    tests/test_point_spread.py computes it that way. A punch is what to quote: see
    `Resolution.quoted`. The part of β that is the same in all directions around the axis is meant.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9), readout="punch")
    >>> r = vg.resolution(e, 100.0, per="concentration")
    >>> f"{r.edge_25_75 * 1e9:.1f} nm"
    '8.9 nm'
    """
    e = checked_experiment(experiment)
    found, axis = image_kernels.kernels(e, frequency=frequency, time=time, drive=drive, per=per)
    inputs = {"frequency": frequency, "time": time, "instrument": instrument, "drive": drive,
              "per": per}  # fmt: skip
    kernel = found["vegard"]
    if not np.all(kernel.total != 0):
        raise VegardError("the signal is zero there; ask for times after the drive has started.")
    return Resolution(e, axis, kernel, _noise(instrument, axis), inputs)


def _noise(instrument: Instrument | None, axis: Axis) -> Real | None:
    """Standard error [m] of a reading at each swept value."""
    if instrument is None:
        return None
    if axis.name == "frequency":
        return np.asarray(reading_sigma(instrument, axis.points.ravel()))
    band = bandwidth(instrument)
    return np.full(axis.points.size, float(reading_noise(instrument, band)) * band**0.5)
