"""What a map says as a whole: its spread against its noise, its correlation with another map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError
from vegard.map_pixels import DETERMINED, is_log, other_map, states, values_of
from vegard.prefixes import quantity

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]

_ONE_SIGMA = 0.6826894921370859  # of a Gaussian within one standard deviation
_LEAST = 10.0  # independent samples, below which p of simulated maps is wrong by a factor of 2
_PIXELS = 4


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the determined pixels of a map spread, and what their noise alone would give.

    Parameters
    ----------
    variable, unit : str
        What it is a map of.
    pixels : int
        Determined ones, which alone count.
    median, low, high : float
        Median, 10 % and 90 % quantile [unit of the map].
    log : bool
        Whether ``width`` and ``noise`` are of log₁₀ of the values, in decades.
    width : float
        Half the distance of the quantiles 16 and 84 % [decades, or unit of the map].
    noise : float or None
        What ``width`` would be if all pixels were equal and only their σ differed; None without σ.
    """

    variable: str
    unit: str
    pixels: int
    median: float
    low: float
    high: float
    log: bool
    width: float
    noise: float | None

    @property
    def noise_share(self) -> float | None:
        """Noise in the variance of the map [–]; 1 and above: nothing but noise."""
        return None if self.noise is None else (self.noise / self.width) ** 2

    def __str__(self) -> str:
        spread, noise = self._sizes()
        text = f"the pixels spread by {spread} (half of 16–84 %)"
        if noise is None:
            return text
        share = self.noise_share or 0.0
        if share >= 1:
            return f"{text}, no more than their noise, {noise}"
        told = "less than 0.1" if share < 0.001 else f"{100 * share:.2g}"
        return f"{text}, their noise alone by {noise}: {told} % of the variance is noise"

    def _sizes(self) -> tuple[str, str | None]:
        def said(size: float) -> str:
            if not self.log:
                return quantity(size, self.unit)
            return f"a factor {10**size:.3g}" if size > 0.04 else f"{100 * (10**size - 1):.2g} %"

        return said(self.width), None if self.noise is None else said(self.noise)


@dataclass(frozen=True, slots=True)
class Correlation:
    """How a map goes with another one.

    Parameters
    ----------
    variable, other : str
        The maps.
    rho : float
        Spearman's ρ, the correlation of the ranks [–].
    p : float or None
        Probability that two independent maps as smooth as these reach |ρ| [–]; None with
        less than 10 independent samples.
    interval : (float, float) or None
        Of ρ, at ``level``.
    level : float
        Confidence level [–].
    effective : float
        Number of independent samples that the pixels are worth [–].
    pixels, total : int
        Those that were used, and all of the map.
    """

    variable: str
    other: str
    rho: float
    p: float | None
    interval: tuple[float, float] | None
    level: float
    effective: float
    pixels: int
    total: int

    def __str__(self) -> str:
        worth = f"{self.pixels} pixels are worth {self.effective:.3g} independent ones"
        if self.p is None or self.interval is None:
            return (
                f"whether {self.variable} goes with {self.other} cannot be told: {worth}, the maps "
                "are too smooth for their size"
            )
        low, high = self.interval
        way = "rises" if self.rho > 0 else "falls"
        seen = f"{self.variable} {way} with {self.other}"
        if self.p > 1 - self.level:
            seen = f"no correlation of {self.variable} with {self.other} is seen"
        return (
            f"{seen}: Spearman's ρ = {self.rho:.2f} ({low:.2f} … {high:.2f} at {self.level:.0%}), "
            f"p = {self.p:.2g}; {worth}"
        )


def spread(dataset: xr.Dataset, variable: str = "diffusivity") -> Spread:
    r"""How far a map spreads, and how far its noise alone would.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`, with ``variable``, ``variable_sigma`` [its unit] and
        ``flag``.
    variable : str
        Which of them.

    Returns
    -------
    Spread
        Of the determined pixels.

    Raises
    ------
    VegardError
        If there is no such map, or fewer than two pixels are determined.

    Notes
    -----
    Were all pixels equal, their estimates would be a mixture of Gaussians of their own σᵢ, of which
    68.3 % lie within w of the middle:

    .. math:: \frac1n\sum_i \mathrm{erf}\frac{w}{\sqrt2\,\sigma_i} = 0.683

    with σᵢ of log₁₀ D where the map is told by its logarithm, σ/(D ln 10). The quantiles make both
    widths proof against a few pixels that are far off.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> d = 1e-15 * 10 ** (0.3 * np.random.default_rng(0).normal(size=(64, 64)))
    >>> maps = xr.Dataset({"diffusivity": (("y", "x"), d, {"units": "m²/s"}),
    ...                    "diffusivity_sigma": (("y", "x"), 0.23 * d, {"units": "m²/s"})})
    >>> found = spread(maps)
    >>> f"{found.width:.2f} decades, noise {found.noise:.2f}"
    '0.30 decades, noise 0.10'
    """
    values = values_of(dataset, variable)
    good = states(dataset, variable) == DETERMINED
    if good.sum() < 2:
        raise VegardError(
            f"{int(good.sum())} of {good.size} pixels of {variable} are determined; a spread needs "
            "two."
        )
    seen = values[good]
    unit = str(dataset[variable].attrs.get("units", ""))
    low, middle, high = _quantiles(seen, (0.1, 0.5, 0.9), turns=unit == "rad")
    log = is_log(variable, seen)
    scaled = np.log10(seen) if log else seen
    ends = (1 - _ONE_SIGMA) / 2, (1 + _ONE_SIGMA) / 2
    below, above = _quantiles(scaled, ends, turns=unit == "rad")
    noise = None
    if f"{variable}_sigma" in dataset:
        sigma = values_of(dataset, f"{variable}_sigma")[good]
        noise = _mixture(sigma / (seen * np.log(10)) if log else sigma)
    width = (above - below) / 2
    return Spread(variable, unit, seen.size, middle, low, high, log, width, noise)


def _quantiles(values: Real, at: tuple[float, ...], *, turns: bool) -> list[float]:
    """Of angles about their mean direction, so that a jump at ±π does not matter."""
    middle = float(np.angle(np.exp(1j * values).sum())) if turns else 0.0
    away = np.angle(np.exp(1j * (values - middle))) if turns else values
    return [float(q) + middle for q in np.quantile(away, at)]


def _mixture(sigma: Real) -> float | None:
    """Half width of 68.3 % of a mixture of Gaussians about one middle."""
    from scipy.optimize import brentq
    from scipy.special import erf

    sigma = sigma[np.isfinite(sigma) & (sigma > 0)]
    if not sigma.size:
        return None
    scaled = np.sqrt(2) * sigma

    def excess(w: float) -> float:
        return float(erf(w / scaled).mean()) - _ONE_SIGMA

    low, high = 0.99 * float(sigma.min()), 1.01 * float(sigma.max())
    return float(brentq(excess, low, high, rtol=1e-9))


def correlate(
    dataset: xr.Dataset,
    other: Any,
    variable: str = "diffusivity",
    *,
    level: float = 0.95,
) -> Correlation:
    r"""Spearman's correlation of a map with another, corrected for the likeness of neighbours.

    Parameters
    ----------
    dataset : xarray.Dataset
        Maps of `fit_map`, `fit_sho` or `dart`.
    other : array_like, xarray.DataArray or str
        The other map, e.g. the topography [m], of the same shape; or the name of a map in
        ``dataset``. It may hold nan.
    variable : str
        Which map of ``dataset``. Only its determined pixels count.
    level : float
        Confidence level of the interval [–].

    Returns
    -------
    Correlation
        ``.rho``, ``.p``, ``.interval``, ``.effective``; ``str()`` of it is a sentence.

    Raises
    ------
    VegardError
        If the shapes or positions differ, a map is the same everywhere, or fewer than four pixels
        are left.

    Notes
    -----
    Neighbouring pixels of a map are alike, so n pixels hold less than n independent ones, and the
    usual p of two independent smooth maps lies below 5 % in most cases. For independent stationary
    x and y (ranks less their mean) with autocovariances C(h) over lags h,

    .. math:: \mathrm{var}\,\rho = \frac{\sum_h N(h)\,C_x(h)\,C_y(h)}{n^2\,C_x(0)\,C_y(0)},
              \qquad n_{eff} = 1 + \frac1{\mathrm{var}\,\rho}

    with N(h) the number of pairs of used pixels at h: P. Clifford, S. Richardson, D. Hémon,
    Biometrics 45, 123 (1989), doi 10.2307/2532039; P. Dutilleul, Biometrics 49, 305 (1993), doi
    10.2307/2532625. Lags go up to half of each side; beyond, C is noise. No direction is averaged:
    streaks of a scan count as such. p is that of t = ρ √((n_eff-2)/(1-ρ²)) with n_eff - 2 degrees
    of freedom; the interval is tanh(artanh ρ ± z √((1+ρ²/2)/(n_eff-3))), D. G. Bonett, T. A.
    Wright, Psychometrika 65, 23 (2000), doi 10.1007/BF02294183. With n_eff below 10 simulated maps
    correlate by chance more often than p says, and none is given. A trend over the whole map is no
    stationary process: take it out first (a plane of the topography, a drift).

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from scipy.ndimage import gaussian_filter
    >>> from scipy.stats import spearmanr
    >>> rng = np.random.default_rng(1)
    >>> smooth = [gaussian_filter(rng.normal(size=(64, 64)), 4) for _ in range(2)]
    >>> maps = xr.Dataset({"diffusivity": (("y", "x"), 1e-15 * np.exp(20 * smooth[0]))})
    >>> found = correlate(maps, smooth[1])
    >>> f"rho {found.rho:.2f}, worth {found.effective:.0f} of {found.pixels}, p {found.p:.2f}"
    'rho 0.16, worth 48 of 4096, p 0.29'
    >>> f"without the correction p = {spearmanr(smooth[0].ravel(), smooth[1].ravel()).pvalue:.0e}"
    'without the correction p = 7e-24'
    """
    from scipy.stats import norm, rankdata, t

    if not 0 < level < 1:
        raise VegardError(f"correlate.level must be between 0 and 1; got {level!r}.")
    values = values_of(dataset, variable)
    second, name = other_map(dataset, other, variable)
    used = (states(dataset, variable) == DETERMINED) & np.isfinite(second)
    n = int(used.sum())
    if n < _PIXELS:
        raise VegardError(f"{n} pixels are determined in both maps; a correlation needs four.")
    x, y = np.zeros(used.shape), np.zeros(used.shape)
    for map_, into, what in ((values, x, variable), (second, y, name)):
        rank = rankdata(map_[used])
        into[used] = rank - rank.mean()
        if not into.any():
            raise VegardError(f"{what} is the same in all {n} pixels that are compared.")
    rho = float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))
    effective = 1 + 1 / _variance(x, y, used)
    said = (variable, name, rho)
    if not effective >= _LEAST:
        return Correlation(*said, None, None, level, effective, n, used.size)
    if abs(rho) == 1:
        return Correlation(*said, 0.0, (rho, rho), level, effective, n, used.size)
    p = 2 * t.sf(abs(rho) * np.sqrt((effective - 2) / (1 - rho**2)), effective - 2)
    half = norm.isf((1 - level) / 2) * np.sqrt((1 + rho**2 / 2) / (effective - 3))
    ends = np.tanh(np.arctanh(rho) + np.array([-half, half])).tolist()
    return Correlation(*said, float(p), (ends[0], ends[1]), level, effective, n, used.size)


def _variance(x: Real, y: Real, used: NDArray[np.bool_]) -> float:
    """Variance of the correlation of two centred maps that are independent; 0 outside ``used``."""
    from scipy.fft import irfftn, next_fast_len, rfftn

    sizes = [next_fast_len(n + n // 2, real=True) for n in x.shape]  # lags to n/2 do not wrap
    ends = zip(x.shape, sizes, strict=True)
    near = np.ix_(*(np.r_[0 : n // 2 + 1, s - n // 2 : s] for n, s in ends))

    def sums(map_: Any) -> Real:
        return np.asarray(irfftn(np.abs(rfftn(map_, sizes)) ** 2, sizes)[near])

    pairs = np.round(sums(used.astype(float)))
    a, b = sums(x)[pairs > 0], sums(y)[pairs > 0]
    return float((a * b / pairs[pairs > 0]).sum() / (a[0] * b[0]))
