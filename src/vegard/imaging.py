"""The image of a sample: what a scan reads of maps of its properties."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.convolution import Layer, Plane, convolve
from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.image_inputs import (
    LOCAL,
    ORIENTATION,
    VEGARD,
    Sweep,
    checked_maps,
    checked_pixel,
    checked_plane,
    checked_sigma,
    tensor_amounts,
)
from vegard.local_images import Local
from vegard.parameters import number
from vegard.parameters import quantity as parameter
from vegard.photodiode import whole
from vegard.prefixes import quantity
from vegard.response import checked_experiment
from vegard.result import SCHEMA, Axis, describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from vegard.instrument import Instrument

Real = NDArray[np.float64]
Progress = Callable[[int, int, str], None]

_TOLERANCE = parameter("error that is accepted", "", "–", rule=">= 0", infinite=True).metadata
METHODS = ("auto", "first_order", "pixelwise", "blurred")


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """What a scan reads of a sample.

    Parameters
    ----------
    values : ndarray, shape (ny, nx) + swept.shape
        Displacement [m] at the drive's amplitude: complex peak amplitude over frequency, e^{+iωt};
        real over time. Rows run along y, columns along x.
    validity : ndarray, shape (ny, nx)
        Estimated error of the method, largest over frequencies or times, of |values| [–]: of
        linearising the response at the pixel's own D and κ ("first_order"), or of what the
        neighbours do to a pixel that is taken as a sample of its own ("pixelwise", "blurred"); 0
        where the image is exact.
    pixel : (float, float)
        Size of a pixel along y and x [m].
    axis : Axis
        Frequencies [Hz] or times [s].
    method : {"exact", "first_order", "pixelwise", "blurred"}
        How D, κ and thickness entered; "exact" for maps of β or orientation alone.
    sigma : ndarray, shape swept.shape
        Standard deviation of the noise that was added to each quadrature or reading [m].
    maps : dict
        The maps, by path.
    inputs : dict
        Experiment, drive, boundary and all else from which it was made.
    """

    values: NDArray[Any]
    validity: Real
    pixel: tuple[float, float]
    axis: Axis
    method: str
    sigma: Real
    maps: dict[str, Real] = field(default_factory=dict, repr=False)
    inputs: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def amplitude(self) -> Real:
        """|values| [m]."""
        return np.asarray(np.abs(self.values))

    @property
    def phase(self) -> Real:
        """Principal phase [rad]; -π/2 lags the drive by a quarter period."""
        return np.asarray(np.angle(self.values))

    @property
    def contrast(self) -> Real:
        """Standard deviation of the values over their mean [–], without noise; swept.shape.

        Noise is taken off as ``sigma`` says; 0 where it explains all that varies.
        """
        mean = self.values.mean(axis=(0, 1))
        spread = (np.abs(self.values - mean) ** 2).mean(axis=(0, 1))
        noise = self.sigma**2 * (2 if np.iscomplexobj(self.values) else 1)
        return np.asarray(np.sqrt(np.where(spread > noise, spread - noise, 0.0)) / np.abs(mean))

    def to_xarray(self) -> Any:
        """Labelled dataset with ``image``, ``validity``, ``sigma`` and the maps.

        Returns
        -------
        xarray.Dataset
            Over ``y`` and ``x`` [m] from the first pixel, and frequency or time.
        """
        import xarray as xr

        from vegard import __version__

        a, (ny, nx), (dy, dx) = self.axis, self.validity.shape, self.pixel
        swept = [a.name] if a.points.ndim == 1 else [f"{a.name}_{i}" for i in range(a.points.ndim)]
        data: dict[str, Any] = {
            "image": (["y", "x", *swept], self.values, {"units": "m"}),
            "validity": (["y", "x"], self.validity, {"units": "1"}),
            "sigma": (swept, self.sigma, {"units": "m"}),
        }
        for path, values in self.maps.items():
            dims = ["y", "x"] + (["angle"] if values.ndim == 3 else [])
            data[path] = (dims, values, {"units": "rad" if values.ndim == 3 else LOCAL[path][1]})
        coords = {
            "y": ("y", dy * np.arange(ny), {"units": "m"}),
            "x": ("x", dx * np.arange(nx), {"units": "m"}),
            a.name: (swept, a.points, {"units": a.unit}),
        }
        text = describe(self.inputs | {"maps": self.maps, a.name: a.points})
        digest = hashlib.sha256(text.encode()).hexdigest()
        seed = self.inputs.get("seed", 0)
        head = {"schema": SCHEMA, "vegard": __version__, "inputs": text, "inputs_sha256": digest}
        return xr.Dataset(data, coords, head | {"method": self.method, "seed": seed})

    def to_netcdf(self, path: str | Path) -> Path:
        """Write a NetCDF file; a complex image becomes ``image_re`` and ``image_im``.

        Parameters
        ----------
        path : str or Path
            The file; written beside and renamed, so that it is whole or not there.
        """
        from vegard.files import whole

        data = self.to_xarray()
        if np.iscomplexobj(self.values):
            for name, part in (("re", data["image"].real), ("im", data["image"].imag)):
                data[f"image_{name}"] = part.assign_attrs(units="m")
            data = data.drop_vars("image")
        with whole(Path(path)) as target:
            data.to_netcdf(target, engine="h5netcdf")
        return Path(path)

    def plot(self, ax: Axes | None = None, **how: Any) -> Axes:
        """Draw one image of the stack (`vegard.plot_image.draw`); returns the matplotlib Axes."""
        from vegard.plot_image import draw

        return draw(self, ax, **how)

    def report(self) -> str:
        """A few lines that a person can read."""
        (ny, nx), (dy, dx) = self.validity.shape, self.pixel
        names = ", ".join(self.maps)
        lines = [
            f"{nx} × {ny} pixels, {quantity(nx * dx, 'm')} × {quantity(ny * dy, 'm')}, of a map of "
            f"{names}; {_METHOD[self.method]}"
        ]
        if self.method != "exact":
            worst, median = float(self.validity.max()), float(np.median(self.validity))
            lines[0] += f", off by up to {worst:.2g} of itself (median {median:.2g})"
        size = np.abs(self.values.reshape(ny * nx, -1).mean(axis=0))
        flat = self.contrast.ravel(), self.axis.points.ravel(), self.sigma.ravel()
        for mean, contrast, x, sigma in zip(size, *flat, strict=True):
            noise = f", noise {quantity(float(sigma), 'm')}" if sigma else ""
            lines.append(
                f"  {quantity(float(x), self.axis.unit):>9}  {quantity(float(mean), 'm')}, "
                f"contrast {100 * float(contrast):.2g} %{noise}"
            )
        return "\n".join(lines)


_METHOD = {
    "exact": "exact",
    "first_order": "to first order",
    "pixelwise": "pixel-wise",
    "blurred": "pixel-wise, averaged by the kernel of β",
}


def image(
    experiment: Experiment,
    maps: Mapping[str, ArrayLike],
    *,
    pixel: float | Sequence[float],
    frequency: ArrayLike | None = None,
    time: ArrayLike | None = None,
    noise: ArrayLike | Instrument = 0.0,
    seed: int = 0,
    drive: Any = 1.0,
    per: str = "volt",
    boundary: str = "mirror",
    method: str = "auto",
    tolerance: float = 0.05,
    drift: Sequence[float] = (0.0, 0.0),
    progress: Progress | None = None,
) -> Image:
    r"""What a scan reads of a sample whose properties vary from place to place.

    Parameters
    ----------
    experiment : Experiment
        Everything that does not vary.
    maps : dict
        Arrays of shape (ny, nx) by path, in SI units: "material.vegard" (isotropic β [m³/mol]),
        "material.diffusivity" (isotropic D [m²/s]), "interface.rate" (κ [m/s]),
        "geometry.thickness" [m]; or "orientation", Bunge's angles of shape (ny, nx, 3) [rad] by
        which the experiment's β is turned. Properties are uniform in depth; rows run along y (down
        the image), columns along x.
    pixel : float or (float, float)
        Size of a pixel [m], along y and x.
    frequency : array_like, optional
        Frequencies [Hz], > 0.
    time : array_like, optional
        Times [s] under a step of height ``drive`` or a drive of any shape; one of the two is given.
    noise : float, array_like or Instrument
        Standard deviation of each quadrature (frequency) or reading (time) [m], or of each of the
        swept points; an instrument with displacement noise and bandwidth gives its own
        (``noise.peak_sigma``).
    seed : int
        Of the noise.
    drive : float or Drive
        Amplitude in units of ``per``; a waveform with ``time``.
    per : {"volt", "concentration", "flux", "ampere"}
        What drives; which are legal depends on the interface.
    boundary : {"mirror", "periodic"}
        How the sample goes on beyond the edges of the maps.
    method : {"auto", "first_order", "pixelwise", "blurred"}
        For D and κ: to first order, or each pixel as a large sample of its own values, as it is or
        averaged by the kernel of β. "auto" is to first order unless ``validity`` exceeds
        ``tolerance`` somewhere or there is no kernel: then it is pixel-wise and warns.
    tolerance : float
        Error of linearising that "auto" accepts [–].
    drift : (float, float)
        How far the sample moves along y and x from the first line to the last [m].
    progress : callable, optional
        Called as (done, total, what).

    Returns
    -------
    Image
        ``.values`` [m] of shape (ny, nx) + swept.shape, ``.validity`` [–] of shape (ny, nx).

    Raises
    ------
    VegardError
        For maps that do not fit each other or the experiment; "first_order" where there is no
        kernel (a blocking tip, layers felt from the back, a map of thickness); an orientation map
        beside others or with an anisotropic D that it tilts.

    Warns
    -----
    OutOfRegime
        When "auto" falls back to a pixel-wise image.

    Notes
    -----
    .. math:: u(X) = \int \beta(x')\,h_\beta(X-x')\,d^2x'
              + \sum_{p\in\{D,\kappa\}}\int \ln\frac{p(x')}{\bar p}\,h_p(X-x')\,d^2x'

    h_β is exact, also for the six components of a turned tensor; h_D and h_κ are the adjoint
    kernels at the geometric means of the maps (`vegard.point_spread`), which the logarithm serves
    over wider ranges than the change itself. With a map of β a change of D or κ counts with the
    β of its own pixel, h taken per β: uniform maps are then as good as without it. The maps are
    sums of their own Fourier modes (`vegard.convolution`). Checked against integrals in real
    space, `frequency_response` and `orientation_contrast` in tests/test_image.py. Additive signals
    of the experiment are added as they are.

    Examples
    --------
    Columns of twice the β, 30 nm wide, under a tip that is 20 nm wide:

    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9), readout="punch")
    >>> columns = vg.samples.columns((100, 100), 3e-9, 30e-9, 60e-9, inside=2e-6, outside=1e-6)
    >>> u = vg.image(e, {"material.vegard": columns.values}, pixel=3e-9, frequency=1e3,
    ...              per="concentration")
    >>> f"contrast {u.contrast:.2f} of {columns.values.std() / columns.values.mean():.2f}"
    'contrast 0.23 of 0.34'
    """
    e = checked_experiment(experiment)
    given = checked_maps(e, maps)
    shape = next(iter(given.values())).shape[:2]
    plane = checked_plane((shape[0], shape[1]), checked_pixel(pixel), boundary)
    sweep = Sweep.checked(e, frequency, time, drive, per)
    sigma = checked_sigma(noise, sweep)
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    limit = number("tolerance", _TOLERANCE, tolerance)
    stack, validity, found = _made(e, given, plane, sweep, method, limit, progress)
    if e.also:
        stack = stack + sweep.also(e)[:, None, None]
    stack = _drifted(stack, plane, drift)
    if sigma.any():
        rng = np.random.default_rng(whole("seed", seed, 0))
        stack = _noisy(stack, sigma.ravel()[:, None, None], rng)
    values = np.moveaxis(stack, 0, -1).reshape(*shape, *sweep.axis.points.shape)
    inputs = {"verb": "image", "experiment": e, "drive": drive, "per": per, "boundary": boundary,
              "method": method, "tolerance": tolerance, "drift": tuple(drift), "seed": seed,
              "pixel": plane.pixel}  # fmt: skip
    return Image(values, validity, plane.pixel, sweep.axis, found, sigma, given, inputs)


def _made(
    e: Experiment,
    maps: dict[str, Real],
    plane: Plane,
    sweep: Sweep,
    method: str,
    tolerance: float,
    progress: Progress | None,
) -> tuple[NDArray[Any], Real, str]:
    """Stack (m, ny, nx), validity and method."""
    if ORIENTATION in maps:
        kernels_of, layers = tensor_amounts(e, maps[ORIENTATION])
        found = sweep.kernels(kernels_of, [name for name, _, _ in layers])
        parts = [Layer(amounts, found[n].transform, found[n].order, sine)
                 for n, amounts, sine in layers]  # fmt: skip
        return convolve(plane, parts), np.zeros(plane.shape), "exact"
    if VEGARD not in maps or len(maps) > 1:
        return Local(e, maps, plane, sweep, progress).image(method, tolerance)
    kernel = sweep.kernels(e.replace({VEGARD: 1.0}), ["vegard"])["vegard"]
    stack = convolve(plane, [Layer(maps[VEGARD], kernel.transform)])
    return stack, np.zeros(plane.shape), "exact"


def _drifted(stack: NDArray[Any], plane: Plane, drift: Sequence[float]) -> NDArray[Any]:
    """Each line of the scan at the place where the sample has moved to meanwhile."""
    moved = np.asarray(drift, float)
    if moved.shape != (2,) or not np.isfinite(moved).all():
        raise VegardError(f"drift must be two numbers (y, x) [m] over the scan; got {drift!r}.")
    if not moved.any():
        return stack
    from scipy import ndimage

    ny, nx = plane.shape
    rows, columns = np.mgrid[:ny, :nx].astype(float)
    share = rows / max(ny - 1, 1)
    at = rows - share * moved[0] / plane.pixel[0], columns - share * moved[1] / plane.pixel[1]
    mode = "reflect" if plane.boundary == "mirror" else "grid-wrap"
    return np.stack([ndimage.map_coordinates(one, at, order=5, mode=mode) for one in stack])


def _noisy(stack: NDArray[Any], sigma: Real, rng: np.random.Generator) -> NDArray[Any]:
    out = stack + sigma * rng.standard_normal(stack.shape)
    if np.iscomplexobj(stack):
        out.imag += sigma * rng.standard_normal(stack.shape)
    return out
