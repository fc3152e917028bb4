"""What lies behind the blur of an image, as far as its noise lets one see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.convolution import Plane, tabulated
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.image_inputs import (
    VEGARD,
    Sweep,
    checked_pixel,
    checked_plane,
    checked_sigma,
)
from vegard.imaging import Image
from vegard.prefixes import quantity
from vegard.response import checked_experiment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Real = NDArray[np.float64]

_GAIN = 4.0  # of the log-likelihood that two parameters must bring: by chance in 1 of 50 images
_SPREADS = np.geomspace(1e-4, 1e4, 9)
_LENGTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Deconvolved:
    """A map of β behind an image.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        β [m³/mol].
    sigma : float
        Expected error of a pixel [m³/mol], root mean square; of the map at the pixel's own size.
    mean : float
        Mean of β [m³/mol].
    contrast : float
        Standard deviation of β that the image speaks for [m³/mol]; 0 if none.
    correlation_length : float or None
        ξ [m] of the map, from its image; None without contrast.
    wavenumber, transfer : ndarray
        K [rad/m] and what is left of each Fourier mode of the map [–], W of `deconvolve`.
    cutoff : float or None
        K [rad/m] at which W first falls to ½: what the image and its noise resolve. None if not
        within the pixels; 0 without contrast.
    raw_cutoff : float or None
        K [rad/m] at which the image itself falls to ½, at its best frequency or time.
    chi2 : float
        Squared misfit per free reading, in units of the noise [–]: 1 where experiment and noise
        are right.
    pixel : (float, float)
        Size of a pixel along y and x [m].
    inputs : dict
        From what it was made.
    """

    values: Real
    sigma: float
    mean: float
    contrast: float
    correlation_length: float | None
    wavenumber: Real = field(repr=False)
    transfer: Real = field(repr=False)
    cutoff: float | None
    raw_cutoff: float | None
    chi2: float
    pixel: tuple[float, float]
    inputs: dict[str, Any] = field(default_factory=dict, repr=False)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the map; returns the matplotlib Axes."""
        from vegard.plot_image import draw_map

        title = "No contrast above the noise"
        if self.cutoff:
            title = f"β resolved down to {quantity(np.pi / self.cutoff, 'm')} (half a period)"
        elif self.cutoff is None:
            title = "β resolved down to the pixel"
        return draw_map(self.values, self.pixel, VEGARD, ax, title=title)

    def report(self) -> str:
        """A few lines that a person can read."""
        if not self.contrast:
            return (
                f"No contrast above the noise: β = {self.mean:.4g} m³/mol everywhere "
                f"(misfit {self.chi2:.2f})."
            )

        def half(k: float | None) -> str:
            return "the pixel" if k is None else quantity(np.pi / k, "m")

        return (
            f"β = {self.mean:.4g} ± {self.contrast:.2g} m³/mol over the map, error of a pixel "
            f"{self.sigma:.2g} m³/mol, correlation length "
            f"{quantity(float(self.correlation_length or 0), 'm')}; half a period of "
            f"{half(self.cutoff)} is resolved, {half(self.raw_cutoff)} in the image itself "
            f"(misfit {self.chi2:.2f})."
        )


def deconvolve(
    image: Image | ArrayLike,
    experiment: Experiment | None = None,
    *,
    noise: ArrayLike | Any | None = None,
    pixel: float | Sequence[float] | None = None,
    frequency: ArrayLike | None = None,
    time: ArrayLike | None = None,
    drive: Any = None,
    per: str | None = None,
    boundary: str | None = None,
) -> Deconvolved:
    r"""The map of an isotropic β behind an image, as sharp as its noise allows.

    Parameters
    ----------
    image : Image or array_like, shape (ny, nx) + swept.shape
        Displacement [m]; complex over frequency, real over time.
    experiment : Experiment, optional
        What made it; that of the Image if left out.
    noise : float, array_like or Instrument, optional
        Standard deviation of each quadrature or reading [m], as for `image`; that of the Image if
        left out. There is no way without it: it decides how far to sharpen.
    pixel : float or (float, float), optional
        Size of a pixel [m]; needed for an array.
    frequency, time : array_like, optional
        Frequencies [Hz] or times [s]; one is needed for an array.
    drive : float or Drive, optional
        Amplitude in units of ``per``; 1 for an array.
    per : str, optional
        What drives; "volt" for an array.
    boundary : {"mirror", "periodic"}, optional
        How the sample goes on beyond the edges; "mirror" for an array.

    Returns
    -------
    Deconvolved
        ``.values`` [m³/mol], ``.cutoff`` [rad/m], ``.sigma``, ``.report()``.

    Raises
    ------
    VegardError
        Without a noise level > 0, or what an array needs.

    Notes
    -----
    All frequencies or times together, mode by mode of the map, each weighted by |ĥ|²/σ²:

    .. math:: \hat\beta(K) = W\,\frac{\sum_f\mathrm{Re}\,\hat h_f^*\hat u_f/\sigma_f^2}{A},\quad
        A = \sum_f\frac{|\hat h_f|^2}{\sigma_f^2},\quad W = \frac{A S}{1 + A S},\quad
        S = \frac{v}{a^2}\,\frac{2\pi\xi^2}{(1+K^2\xi^2)^{3/2}}

    Wiener's filter, a the pixel. S is the spectrum of a map of random bodies whose correlation
    falls like e^{-r/ξ} (Debye, Anderson and Brumberger, J. Appl. Phys. 28, 679 (1957), in two
    dimensions). Variance v and length ξ are those that make the image most likely given its noise;
    if they raise the log-likelihood by less than 4 over v = 0 the mean is all that is returned. No
    mode gets more noise than √S/2. W = ½ where |ĥ| times contrast equals the noise: the honest
    resolution. D, κ and drift are taken as uniform and none. Tested by maps that are known in
    tests/test_deconvolve.py.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9), readout="punch")
    >>> film = vg.samples.columns((100, 100), 3e-9, 30e-9, 60e-9, inside=2e-6, outside=1e-6)
    >>> u = vg.image(e, {"material.vegard": film.values}, pixel=3e-9, frequency=10.0, drive=100.0,
    ...              per="concentration", noise=5e-14)
    >>> print(deconvolve(u).report())
    β = 1.213e-06 ± 4.5e-07 m³/mol over the map, error of a pixel 2.3e-07 m³/mol,
    correlation length 14.4 nm; half a period of 18.5 nm is resolved, 29.8 nm in the image itself
    (misfit 0.99).
    """
    if isinstance(image, Image):
        e = checked_experiment(experiment or image.inputs["experiment"])
        made = image.inputs
        stack, plane = image.values, checked_plane(image.validity.shape, image.pixel,
                                                   boundary or made["boundary"])  # fmt: skip
        how = {image.axis.name: image.axis.points}
        sweep = Sweep.checked(e, how.get("frequency"), how.get("time"),
                              made["drive"] if drive is None else drive,
                              per or made["per"])  # fmt: skip
        noise = image.sigma if noise is None else noise
    else:
        e = checked_experiment(experiment)
        sweep = Sweep.checked(e, frequency, time, 1.0 if drive is None else drive, per or "volt")
        stack, plane = _array(image, sweep, pixel, boundary or "mirror")
    sigma = _noise(noise, sweep)
    ny, nx = plane.shape
    readings = np.moveaxis(stack.reshape(ny, nx, -1), -1, 0)
    if e.also:
        readings = readings - sweep.also(e)[:, None, None]
    kernel = sweep.kernels(e.replace({VEGARD: 1.0, "also": ()}), ["vegard"])["vegard"]
    table = tabulated(kernel.transform, plane.different[0])
    seen = _seen(readings, table, sigma, plane)
    inputs = {"verb": "deconvolve", "experiment": e, "noise": sigma, "drive": sweep.drive,
              "per": sweep.per, "boundary": plane.boundary, sweep.axis.name: sweep.axis.points,
              "pixel": plane.pixel}  # fmt: skip
    return _solved(seen, table, plane, np.iscomplexobj(readings), inputs)


def _array(image: Any, sweep: Sweep, pixel: Any, boundary: str) -> tuple[NDArray[Any], Plane]:
    values, shape = np.asarray(image), sweep.axis.points.shape
    if values.ndim != 2 + len(shape) or values.shape[2:] != shape:
        raise VegardError(
            f"image must have shape (ny, nx) + {shape}, the shape of {sweep.axis.name}; got "
            f"{values.shape}."
        )
    if not np.isfinite(values).all():
        raise VegardError("image must be finite [m]; it holds nan or inf.")
    if np.iscomplexobj(values) != (sweep.axis.name == "frequency"):
        raise VegardError(
            "image must be complex over frequency (both quadratures), real over time."
        )
    if pixel is None:
        raise VegardError("give pixel= [m], the size of a pixel of the array.")
    return values, checked_plane(values.shape[:2], checked_pixel(pixel), boundary)


def _noise(noise: Any, sweep: Sweep) -> Real:
    sigma = None if noise is None else checked_sigma(noise, sweep).ravel()
    if sigma is None or not (sigma > 0).all():
        raise VegardError(
            "deconvolve needs the noise of the image, > 0 [m] for each quadrature or reading: it "
            f"decides how far to sharpen; got {noise!r}. Give noise=, e.g. the standard deviation "
            "where the sample is uniform."
        )
    return sigma


class _Seen(NamedTuple):
    """What all readings say of each mode."""

    information: Real
    """A at the different K."""
    scores: NDArray[Any]
    """Best estimate of each mode (ny, nx) times √A: signal, and noise of variance 1."""
    square: float
    """Σ|u|²/σ² of all readings."""
    readings: int


def _seen(readings: NDArray[Any], table: NDArray[Any], sigma: Real, plane: Plane) -> _Seen:
    _, back = plane.different
    information = (np.abs(table) ** 2 / sigma**2).sum(axis=1)
    total: Any = 0
    for one, h, s in zip(readings, table.T, sigma, strict=True):
        total = total + h.conj()[back] * plane.forward(one) / s**2
    # the map is real: so are its cosine modes, and its periodic modes come in pairs
    mirror = plane.boundary == "mirror"
    total = total.real if mirror else plane.forward(plane.inverse(total).real)
    root = np.sqrt(information)[back]
    scores = np.divide(total, root, out=np.zeros_like(total), where=root > 0)
    square = float((np.abs(readings) ** 2 / (sigma**2)[:, None, None]).sum())
    return _Seen(information, scores, square, readings.size)


def _solved(
    seen: _Seen, table: NDArray[Any], plane: Plane, both: bool, inputs: dict[str, Any]
) -> Deconvolved:
    K, back = plane.different
    A = seen.information
    if A[0] == 0:
        raise VegardError("the experiment moves nothing: its kernel vanishes; check the drive.")
    squares = (np.abs(seen.scores) ** 2).ravel()
    power = np.asarray(np.bincount(back.ravel(), squares, K.size), float)
    count = np.asarray(np.bincount(back.ravel(), minlength=K.size), float)
    variance, length = _spectrum(K[1:], A[1:], power[1:], count[1:], plane)
    S = _model(K, variance, length, plane.pixel)
    W = A * S / (1 + A * S)
    W[0] = 1.0  # the mean is taken as it is
    root = np.sqrt(A)
    modes = np.divide(W, root, out=np.zeros_like(W), where=root > 0)[back] * seen.scores
    values = plane.inverse(modes).real
    error = (count[1:] * S[1:] / (1 + A[1:] * S[1:])).sum() + 1 / A[0]
    # Σ|u - ĥβ|²/σ² = Σ|u|²/σ² - 2 Σ√A score β + Σ A β²
    misfit = seen.square - (power * (2 * W - W**2)).sum()
    free = seen.readings * (2 if both else 1) - (count * W).sum()  # what the map has not taken up
    mean = float(values.mean())
    return Deconvolved(
        values, float(np.sqrt(error / count.sum())), mean, float(np.sqrt(variance)),
        length if variance else None, K, W,
        _first_below(K, W) if variance else 0.0, _raw_cutoff(K, table),
        float(misfit / free), plane.pixel, inputs,
    )  # fmt: skip


def _model(K: Real, variance: float, length: float, pixel: tuple[float, float]) -> Real:
    """Expected square of a mode."""
    area = pixel[0] * pixel[1]
    return np.asarray(variance * (2 * np.pi * length**2 / area) / (1 + (K * length) ** 2) ** 1.5)


def _spectrum(K: Real, A: Real, power: Real, count: Real, plane: Plane) -> tuple[float, float]:
    """Variance [m⁶/mol²] and correlation length [m] that make the scores most likely."""
    from scipy import optimize

    if not K.size:
        return 0.0, plane.pixel[0]
    shortest = min(plane.pixel) / 2
    lengths = np.geomspace(shortest, max(1 / K[0], 4 * shortest), _LENGTHS)

    def cost(x: Any) -> float:
        signal = A * _model(K, float(np.exp(x[0])), float(np.exp(x[1])), plane.pixel)
        return float((count * np.log1p(signal) - power * signal / (1 + signal)).sum() / 2)

    starts = []
    for length in lengths:
        unit = (count * A * _model(K, 1.0, float(length), plane.pixel)).sum()
        one = max(float((power - count).sum()), 1.0) / unit  # what the scores have above noise
        starts += [(np.log(one * spread), np.log(length)) for spread in _SPREADS]
    best = min(starts, key=cost)
    found = optimize.minimize(
        cost, best, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3}
    )
    if -found.fun < _GAIN:
        return 0.0, float(np.exp(found.x[1]))
    return float(np.exp(found.x[0])), float(np.exp(found.x[1]))


def _first_below(K: Real, values: Real) -> float | None:
    """K at which values first fall to ½."""
    low = np.flatnonzero(values[1:] < 0.5)
    if not low.size:
        return None
    i = int(low[0]) + 1
    share = (values[i - 1] - 0.5) / (values[i - 1] - values[i])
    return float(K[i - 1] + share * (K[i] - K[i - 1]))


def _raw_cutoff(K: Real, table: NDArray[Any]) -> float | None:
    size = np.abs(table)
    found = [_first_below(K, column / column[0]) for column in size.T if column[0] > 0]
    return None if None in found else max(f for f in found if f is not None)
