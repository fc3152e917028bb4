"""Diffusivity from an impedance spectrum."""

from __future__ import annotations

from math import inf, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.cell import Cell
from vegard.classical import series_checks as checks
from vegard.classical.estimate import Estimate
from vegard.classical.regression import Curve, Fit, fit, half, interval, line
from vegard.classical.trial_curves import DIMENSION, admittance
from vegard.errors import VegardError, unknown_name
from vegard.prefixes import quantity

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

VERB = "analyse_eis"
METHODS = ("circuit", "warburg", "diffusion_model")
SEMI_INFINITE = {"planar": 36.7, "cylinder": 255.4, "sphere": 650.8}  # ωL²/D, D within 1 %
_ALIKE = 0.01  # by which the slopes of Re Z and Im Z may differ
_SHARP = 0.4  # to which noise must leave them known


class _Spectrum(NamedTuple):
    """Angular frequencies that rise, the impedance, and k [Ω m/s] if it is known."""

    w: Real
    z: Complex
    cell: Cell
    stiffness: float | None


def analyse_eis(
    frequency: ArrayLike,
    impedance: ArrayLike,
    cell: Cell,
    *,
    method: str,
    window: tuple[float, float] | None = None,
    circuit: str | None = None,
) -> Estimate:
    r"""Diffusivity from an impedance spectrum.

    Parameters
    ----------
    frequency : array_like
        Frequencies [Hz], > 0, in any order.
    impedance : array_like
        Z = Re + i Im [Ω], a capacitance with Im Z < 0.
    cell : Cell
        Its ``length``, ``area``, ``shape`` and ``back`` are used, and of the material
        ``ocv_slope`` and ``charge`` ("warburg" needs them, "diffusion_model" works without,
        "circuit" has no use for them); no diffusivity, rate, resistance or capacitance.
    method : {"circuit", "warburg", "diffusion_model"}
        See below.
    window : (float, float), optional
        Frequencies [Hz] to use. By default all, and for "warburg" the widest range in which Re Z
        and Im Z go alike with ω^(-1/2).
    circuit : str, optional
        For "circuit": a circuit in the notation of impedance.py with one Wo (blocking) or Ws
        (permeable). By default ``R0-p(R1-Wo1,C1)``, and ``R0-Wo1`` where the data show no arc.

    Returns
    -------
    Estimate
        D [m²/s] with its interval. ``more`` holds ``series_resistance``,
        ``charge_transfer_resistance`` [Ω], ``double_layer`` [F], ``rate`` κ [m/s], ``stiffness``
        (-dE/dC)/(zFA) [Ω m/s] if it was fitted; ``warburg`` [Ω/√s]; the circuit and its parameters.

    Raises
    ------
    VegardError
        For bad data, an unknown method, no data in the range of the formula, or the extra
        ``vegard[eis]`` missing.

    Warns
    -----
    OutOfRegime
        If the window leaves the range of the formula, or the fit leaves more than noise.

    Notes
    -----
    With k = (-dE/dC)/(zFA), X = ωL²/D, and the noise a fixed share of |Z|:

    .. math:: \text{warburg: } Z = R + \frac{k}{\sqrt{2D}}(1-i)\,\omega^{-1/2}
        - i\frac{m}{2}\frac{k}{\omega L},\qquad \text{diffusion model: }
        Z = R_s + \Big[i\omega C_{dl} + \frac1{R_{ct}+\dfrac{kL}{D\,y(iX)}}\Big]^{-1},

    y(x²) = x tanh x (film), x coth x (permeable), x I₁/I₀ (cylinder), x coth x - 1 (sphere).
    *warburg*: 1 % in D for X >= 37 (film), 255 (cylinder), 651 (sphere); an arc must be over, which
    the like slopes of Re Z and Im Z show. *circuit* fits an equivalent circuit with impedance.py
    (Murbach et al., J. Open Source Softw. 5, 2349 (2020)), where Wo = Z₀ coth√(iωτ)/√(iωτ) and
    Ws = Z₀ tanh√(iωτ)/√(iωτ): D = (V/A)²/τ, V/A = L/(m+1) the volume per area. That is right for a
    film; for particles it is so at both ends of the spectrum but not between. Ho, Raistrick and
    Huggins, J. Electrochem. Soc. 127, 343 (1980). tests/classical/test_analyse_eis.py.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> lmo = vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
    >>> film = vg.Cell(lmo, 200e-9, 1e-4, rate=5e-7, series_resistance=2.0, double_layer=1e-5)
    >>> f = np.logspace(-3, 5, 60)
    >>> z = vg.classical.eis(film, f).values
    >>> e = vg.classical.analyse_eis(f, z, film, method="diffusion_model")
    >>> f"{e.diffusivity:.3e} m²/s, R_ct = {e.more['charge_transfer_resistance']:.3f} Ω"
    '1.000e-13 m²/s, R_ct = 9.121 Ω'
    """
    if method not in METHODS:
        raise unknown_name(f"method of {VERB}", method, METHODS)
    if circuit is not None and method != "circuit":
        raise VegardError(f'{VERB}: circuit goes with method="circuit"; got method="{method}".')
    cell = checks.checked_cell(VERB, cell)
    f, z = checks.spectrum(frequency, impedance)
    used = checks.inside(VERB, f, window, "Hz", 5)
    data = _Spectrum(2 * pi * f[used], z[used], cell, checks.possible_stiffness(cell))
    if method == "warburg":
        return _warburg(data, chosen=window is not None)
    if method == "diffusion_model":
        return _diffusion_model(data)
    from vegard.classical.circuits import fitted

    start = _diffusion_model(data._replace(stiffness=None), quiet=True)
    return fitted(data.w, data.z, cell, start, circuit)


def _warburg(data: _Spectrum, *, chosen: bool) -> Estimate:
    cell, m = data.cell, DIMENSION[data.cell.shape]
    k = checks.known_stiffness(VERB, cell, 'method="warburg"')
    root, weight = 1 / np.sqrt(data.w), 1 / np.abs(data.z)
    imaginary = -data.z.imag - m / 2 * k / (data.w * cell.length)
    lowest = SEMI_INFINITE[cell.shape] / cell.length**2  # ω/D
    ends = (0, root.size) if chosen else _alike(root, data.z.real, imaginary, weight, k, lowest)
    used = slice(*ends)
    u, p, w = root[used], weight[used], data.w[used]
    both = np.concatenate([u * p, u * p]), np.concatenate([p, 0 * p])
    y = np.concatenate([data.z.real[used] * p, imaginary[used] * p])
    seen = line(both, y)
    slope, reach = float(seen.values[0]), float(seen.reach[0])
    if slope <= 0:
        raise VegardError(
            f"{VERB}: Re Z and -Im Z do not rise with ω^(-1/2) between "
            f"{checks.span(w / (2 * pi), 'Hz')}; there is no Warburg tail. Give another window, or "
            'use method="diffusion_model".'
        )
    d = k**2 / (2 * slope**2)
    if w.min() < 0.98 * lowest * d:
        checks.told(
            f"{VERB}: the window starts at {quantity(float(w.min()) / (2 * pi), 'Hz')}, ωL²/D = "
            f"{w.min() * cell.length**2 / d:.3g}; a Warburg line holds from "
            f"{SEMI_INFINITE[cell.shape]:.4g}, {quantity(lowest * d / (2 * pi), 'Hz')}, on. Start "
            "it there, or leave the window out."
        )
    rest = y - both[0] * slope - both[1] * float(seen.values[1])
    checks.check_shape_of_rest(f'{VERB} method="warburg"', rest, both[0] * slope)
    low = k**2 / (2 * (slope + reach) ** 2)
    high = k**2 / (2 * (slope - reach) ** 2) if slope > reach else inf
    more = {"warburg": slope, "resistance": float(seen.values[1]), "points": u.size,
            "noise": seen.noise}  # fmt: skip
    text = (
        "semi-infinite diffusion in series with a resistance: frequencies above those at which the "
        "back of the host is felt, and below those at which the double layer conducts"
    )
    sigma = 2 * d * float(seen.sigma[0]) / slope
    return Estimate("warburg", d, sigma, (low, high), _ends(w), text, more)


def _alike(
    u: Real, real: Real, imaginary: Real, p: Real, k: float, lowest: float
) -> tuple[int, int]:
    """The widest run of points in which Re and Im have one slope, above the lowest legal ω."""
    noise = 1.3 * _noise(np.asarray((real - 1j * imaginary) * p))  # itself known to 20 or 30 %
    best, found, closest = 4, (0, 0), inf
    for i in range(u.size - 4):
        a, q = u[i:], p[i:] ** 2
        n, x, xx = (np.cumsum(q * a**j) for j in (0, 1, 2))
        y, xy, yy, xz, zz = (
            np.cumsum(q * v)
            for v in (real[i:], real[i:] * a, real[i:] ** 2, imaginary[i:] * a, imaginary[i:] ** 2)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            own = xx - x * x / n  # of u, without its mean
            first, second = (xy - x * y / n) / own, xz / xx
            slope = (first * own + second * xx) / (own + xx)
            rest = yy - y * y / n - first**2 * own + zz - second**2 * xx
            count = np.arange(1, a.size + 1)
            blur = 3 * noise * np.sqrt(1 / own + 1 / xx) / slope
            apart = np.abs(first - second) / slope - blur
            chance = noise**2 * (2 * count + 6 * np.sqrt(count))  # 3 standard deviations above
            off = np.sqrt(np.maximum(rest - chance, 0) / (own + xx)) / slope
            worst = np.where(blur < _SHARP, np.maximum(apart, off), inf)
            good = (slope > 0) & (worst <= _ALIKE) & (count > best)
            good &= 2 * slope**2 >= lowest * k**2 * a[0] ** 2
        if good.any():
            best = int(count[good].max())
            found = (i, i + best)
        known = worst[(count > 4) & (slope > 0)]
        closest = min(closest, float(known.min(initial=inf)))
    if best == 4:
        raise VegardError(
            f"{VERB}: nowhere do five neighbouring frequencies show a Warburg line, Re Z and -Im Z "
            f"rising alike with ω^(-1/2) within {100 * _ALIKE:g} % above the frequency at which "
            f"the back is felt (the nearest are {100 * closest:.2g} % apart). The arc of charge "
            "transfer and the end of the host leave no room between them: use "
            'method="diffusion_model".'
        )
    return found


def _noise(z: Complex) -> float:
    """Noise of each part of a smooth complex row, from its differences of fourth order."""
    rough = np.diff(z, 4)
    return float(np.sqrt((np.abs(rough) ** 2).mean() / (2 * 70)))  # 70 = 1 + 4² + 6² + 4² + 1


def _diffusion_model(data: _Spectrum, *, quiet: bool = False) -> Estimate:
    w, z, cell = data.w, data.z, data.cell
    weight = 1 / np.abs(z)
    middle = 1 / float(np.sqrt(w[0] * w[-1]))  # s
    size = float(np.median(np.abs(z)))
    y = np.concatenate([z.real * weight, z.imag * weight])
    ones = np.concatenate([weight, 0 * weight])[:, None]

    def warburg(theta: Real) -> Complex:
        x = np.exp(theta[0]) / middle  # D/L²
        if data.stiffness is not None:
            height = data.stiffness / (cell.length * x)
        else:
            height = size * float(np.exp(theta[3]))
        return np.asarray(height / admittance(1j * w / x, cell.shape, permeable=cell.permeable))

    def parts(theta: Real) -> tuple[Real, Real]:
        inner = size * np.exp(theta[1]) + warburg(theta)
        out = weight / (1 / inner + 1j * w * (np.exp(theta[2]) * middle / size))
        return np.concatenate([out.real, out.imag]), ones

    free = data.stiffness is None
    wide = float(np.log(w[-1] / w[0])) / 2
    steep = float(np.log(np.abs(z).max() / np.abs(z).min()))
    low = np.array([-wide - 25, -steep - 25, -wide - steep - 25, -wide - steep - 30])
    high = np.array([wide + 25, steep + 5, wide + steep + 10, wide + steep + 30])
    curve = Curve(y, parts, low[: 3 + free], high[: 3 + free])
    starts = _starts(curve, data, middle, size)
    found = fit(curve, starts, tries=4)
    ends = interval(curve, found, 0, starts)
    if not quiet:
        rest = curve.rest(found.theta)[0]
        checks.check_shape_of_rest(f'{VERB} method="diffusion_model"', rest, y)
    return _whole(data, found, ends, (middle, size))


def _starts(curve: Curve, data: _Spectrum, middle: float, size: float) -> list[list[float]]:
    """Diffusivities across the spectrum and by its height, with arcs of several sizes, or none."""
    w, z, cell = data.w, data.z, data.cell
    wide = float(np.log(w[-1] / w[0])) / 2
    first = list(np.linspace(-wide - 2, wide + 2, 8))
    if data.stiffness is not None:
        for i in (0, w.size // 3, w.size // 2):
            d = data.stiffness**2 / (2 * w[i] * max(abs(z[i].imag), 1e-12 * size) ** 2)
            first.append(float(np.log(d / cell.length**2 * middle)))
    fall = float(np.ptp(z.real)) / size
    resistances = np.log(max(fall, 1e-6) * np.array([1e-3, 0.03, 0.1, 0.3, 1.0]))
    out, none = [], []
    for a in first:
        x = np.exp(a) / middle
        tail = 1 / admittance(1j * w[:1] / x, cell.shape, permeable=cell.permeable)[0]
        height = float(np.log(max(abs(z[0].imag), 1e-9 * size) / abs(tail.imag) / size))
        last = [height] if data.stiffness is None else []
        none.append([a, *last])
        out += [[a, b, c, *last] for b in resistances for c in np.linspace(-wide, wide, 5) - b]
    no_arc = curve.low[1:3]

    def parts(theta: Real) -> tuple[Real, Real]:
        return curve.parts(np.concatenate([theta[:1], no_arc, theta[1:]]))

    keep = np.array([True, False, False, True])[: curve.low.size]
    theta = fit(Curve(curve.y, parts, curve.low[keep], curve.high[keep]), none).theta
    return [*out, [theta[0], *no_arc, *theta[1:]]]


def _whole(
    data: _Spectrum, found: Fit, ends: tuple[float, float], scales: tuple[float, float]
) -> Estimate:
    """The estimate from θ = ln(D/L², R_ct, C_dl, kL/D) in their units, and R_s."""
    middle, size = scales
    cell, to_d = data.cell, data.cell.length**2 / middle
    d, resistance, capacitance = (
        float(v) for v in np.exp(found.theta[:3]) * [to_d, size, middle / size]
    )
    k = data.stiffness
    more: dict[str, Any] = {
        "series_resistance": float(found.linear[0]),
        "charge_transfer_resistance": resistance,
        "charge_transfer_resistance_sigma": resistance * float(found.sigma[1]),
        "double_layer": capacitance,
        "double_layer_sigma": capacitance * float(found.sigma[2]),
    }
    if k is None:
        k = more["stiffness"] = size * float(np.exp(found.theta[3])) * d / cell.length
    more |= {"rate": k / resistance, "points": data.w.size, "noise": found.noise}
    low, high = (float(np.exp(e)) * to_d for e in ends)
    sigma = half((low, high), found.freedom)
    text = (
        "linear diffusion in equal bodies of this shape behind a charge transfer resistance and "
        "an ideal double layer"
    )
    return Estimate("diffusion_model", d, sigma, (low, high), _ends(data.w), text, more)


def _ends(w: Real) -> tuple[float, float]:
    return float(w[0]) / (2 * pi), float(w[-1]) / (2 * pi)
