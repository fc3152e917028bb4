"""Estimators of the diffusivity that are in use for ESM, with what they take for granted."""

from __future__ import annotations

from math import isfinite, pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.classical.estimate import Estimate
from vegard.classical.regression import Curve, fit, interval
from vegard.classical.series_checks import series
from vegard.errors import VegardError, unknown_name

Real = NDArray[np.float64]

VERB = "analyse_esm"
METHODS = ("single_exponential", "amplitude")


def analyse_esm(
    x: ArrayLike,
    y: ArrayLike,
    radius: float,
    *,
    method: str,
    drive: float | None = None,
    strain_per_volt: float | None = None,
    quality: float = 1.0,
) -> Estimate:
    r"""Diffusivity by the estimators that ESM papers use.

    Parameters
    ----------
    x : array_like, shape (n,)
        Time after the pulse [s] ("single_exponential"), or frequency [Hz] ("amplitude").
    y : array_like, shape (n,)
        Displacement, or another signal that relaxes with it; amplitude [m].
    radius : float
        Contact radius R [m].
    method : {"single_exponential", "amplitude"}
        D = R²/τ of an exponential with a constant, or D = πf(A/(QVβ_V))².
    drive : float, optional
        Amplitude V of the bias [V], for "amplitude".
    strain_per_volt : float, optional
        β_V = |β/(dE/dC)| [1/V], strain per volt in equilibrium, for "amplitude".
    quality : float
        Resonance enhancement Q in y [–].

    Returns
    -------
    Estimate
        D [m²/s], its statistical error, and the assumption.

    Raises
    ------
    VegardError
        For rows that do not fit together, times that do not rise, numbers that are missing.

    Notes
    -----
    .. math:: u = a\,e^{-t/\tau} + b,\ D = \frac{R^2}{\tau};\qquad
        D = \pi f\Big(\frac{A}{QV\beta_V}\Big)^2

    Both are biased by theory. What an instantaneous dose under a disc leaves is no exponential but
    1 - e^{-x}I₀(x), x = R²/8Dt, with a tail that goes on for ever: the longer one looks, the slower
    the exponential. The second takes the concentration for uniform in a depth √(D/πf) that swells
    freely: at ω ≫ D/R² the displacement is 2(1+ν)β_V V √(D/ω), so that it gives 2(1+ν)² D, 3.4 D at
    ν = 0.3, and at ω ≪ D/R² anything. tests/classical/test_esm_analysis.py.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> t = np.linspace(0.01, 1.0, 100)
    >>> u = 2 * np.exp(-t / 0.3) + 1
    >>> e = vg.classical.analyse_esm(t, u, 20e-9, method="single_exponential")
    >>> f"{e.diffusivity:.2e} m²/s"  # R²/τ
    '1.33e-15 m²/s'
    """
    if method not in METHODS:
        raise unknown_name("method of analyse_esm", method, METHODS)
    if not (isinstance(radius, int | float) and isfinite(radius) and radius > 0):
        raise VegardError(f"{VERB}: radius must be > 0 [m]; got {radius!r}.")
    if method == "amplitude":
        return _amplitude(x, y, drive, strain_per_volt, quality)
    t, u = series(VERB, x, y, "displacement", "m")
    if t[0] <= 0 or t.size < 5:
        raise VegardError(
            f"{VERB} needs five or more times > 0 after the end of the pulse; got {t.size}, the "
            f"first at {t[0]:g} s. Leave out what was read during the pulse."
        )
    return _exponential(t, u, float(radius))


def _exponential(t: Real, u: Real, radius: float) -> Estimate:
    def parts(theta: Real) -> tuple[Real, Real]:
        falling = np.exp(-np.exp(theta[0]) * t)
        return np.zeros(t.size), np.stack([falling, np.ones(t.size)], axis=1)

    slowest, fastest = np.log(1e-3 / t[-1]), np.log(1e3 / t[0])
    curve = Curve(u, parts, np.array([slowest]), np.array([fastest]))
    found = fit(curve, [[x] for x in np.linspace(slowest, fastest, 60)])
    rate = float(np.exp(found.theta[0]))
    low, high = (float(np.exp(v)) for v in interval(curve, found, 0))
    d = radius**2 * rate
    return Estimate(
        "single_exponential",
        d,
        d * float(found.sigma[0]),
        (radius**2 * low, radius**2 * high),
        (float(t[0]), float(t[-1])),
        "The signal relaxes as one exponential whose time is R²/D. Diffusion under a tip has no "
        "such time: the result depends on how long one looks.",
        {"decay": rate, "points": t.size},
    )


def _amplitude(
    frequency: ArrayLike, amplitude: ArrayLike, drive: Any, strain: Any, quality: Any
) -> Estimate:
    for name, value, unit in (("drive", drive, "V"), ("strain_per_volt", strain, "1/V"),
                              ("quality", quality, "–")):  # fmt: skip
        if not (isinstance(value, int | float) and isfinite(value) and value > 0):
            raise VegardError(
                f'{VERB}: method="amplitude" needs {name}= > 0 [{unit}]; got {value!r}.'
            )
    f, a = (np.atleast_1d(np.asarray(v, float)) for v in (frequency, amplitude))
    if f.shape != a.shape or f.ndim != 1 or not (np.isfinite(f) & np.isfinite(a) & (f > 0)).all():
        raise VegardError(
            f"{VERB}: frequency > 0 [Hz] and amplitude [m] must be finite rows of one length; got "
            f"shapes {f.shape} and {a.shape}."
        )
    each = pi * f * (a / (quality * drive * strain)) ** 2
    d = float(np.median(each))
    spread = float(np.std(each, ddof=1)) / f.size**0.5 if f.size > 1 else np.inf
    return Estimate(
        "amplitude",
        d,
        spread,
        (max(d - 1.96 * spread, 0.0), d + 1.96 * spread),
        (float(f.min()), float(f.max())),
        "The whole amplitude is the free swelling of a layer √(D/πf) deep in equilibrium with the "
        "bias: no other signal, no spreading, no slow interface.",
        {"points": f.size},
    )
