"""The contact resonance: oscillators from spectra, and from two frequencies (DART)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vegard.errors import VegardError, unknown_name
from vegard.oscillator import BINS, FLAGS, Band, fit_oscillators, needs_constant

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]

CONVENTIONS = ("field", "textbook")
BACKGROUNDS = ("auto", "none", "constant")
SENSES = ("auto", "falling", "rising")
DART_FLAGS = ("good", "invalid_input", "undetermined", "frequency_not_real", "quality_not_positive")
_SAMPLE = 256  # spectra at most that decide on a background
_CHUNK = 1024  # spectra at a time: their work arrays stay in the cache
_PAIR = ("amplitude1", "amplitude2", "phase1", "phase2", "frequency", "width")


def fit_sho(
    f: Any,
    spectra: Any,
    *,
    sigma: Any = None,
    background: str = "auto",
    convention: str = "field",
    sense: str = "auto",
) -> xr.Dataset:
    r"""Least-squares fit of a damped harmonic oscillator to each of many spectra.

    Parameters
    ----------
    f : array_like, shape (n,)
        Frequencies [Hz], > 0, five or more.
    spectra : array_like or xarray.DataArray, shape (..., n)
        Complex spectra in any unit; or real amplitudes, to which the modulus is fitted.
    sigma : array_like, optional
        Standard deviation of the noise [unit of the spectra], of the real and of the imaginary part
        each; broadcast to ``spectra``. ``inf`` leaves a bin out. By default it is the same in all
        bins of a spectrum and taken from its residuals.
    background : {"auto", "none", "constant"}
        Whether a complex constant (crosstalk) is fitted beside the oscillator; "auto": if most of
        the spectra are described much better with it. The attribute ``background`` tells which.
        Amplitudes take none.
    convention : {"field", "textbook"}
        The meaning of the phase φ, see below.
    sense : {"auto", "falling", "rising"}
        Whether the phase of the data falls through the resonance (time factor e^{+iωt}) or rises
        (e^{-iωt}); "auto": as in most of the spectra. The attribute ``sense`` tells which.

    Returns
    -------
    xarray.Dataset
        ``amplitude`` A of the drive [unit of the spectra]: the peak is A·Q. ``f0`` f₀ [Hz], ``q`` Q
        and ``phase`` φ [rad], principal. ``*_sigma`` their standard errors. ``flag`` 0 where all is
        well. Elsewhere the others are nan, and the flag is 1 for nan or inf in the spectrum, or
        amplitudes below 0; 2 all bins equal; 3 not converged; 4 no resonance: a constant does as
        well, or Q is below 3 standard errors; 5 f₀ outside the band; 6 Q ≤ 0: the phase goes the
        other way. Amplitudes have no phase: it is nan then, and its attribute ``comment`` says so.

    Raises
    ------
    VegardError
        If shapes do not fit, a frequency or a sigma breaks its rule, or a word is unknown.

    Notes
    -----
    .. math::
        y_{field} = \frac{A e^{i\varphi} f_0^2}{f^2 - i f f_0/Q - f_0^2}, \qquad
        y_{textbook} = \frac{A e^{i\varphi} f_0^2}{f_0^2 - f^2 + i f f_0/Q}

    with f [Hz] the frequency, A the amplitude of the drive and φ its phase, f₀ the resonance, Q the
    quality factor. One is minus the other: for the same data φ_field = φ_textbook ± π, and A, f₀
    and Q are the same. The textbook's φ is the phase far below the resonance, 0 in phase with the
    drive; at f₀ the phase of y is φ_textbook - π/2 = φ_field + π/2. Neither is the conjugate of the
    other: in both the phase falls by π through the resonance, as e^{+iωt} has it. Data that rise
    are conjugated, and φ is that of the conjugate: -φ of e^{-iωt}; A, f₀ and Q do not change.

    Σ|y - model|²/σ² is minimised over all bins, without a weight that a linear fit would bring
    (the linear fit of y (f₀² - f² + i f f₀/Q) = const is the start). The standard errors come from
    the Jacobian and σ, or the variance of the residuals. Those of amplitudes hold where the noise
    is far below the amplitude: else it is not Gaussian, and it lifts the wings.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> f = np.linspace(310e3, 350e3, 64)
    >>> y = 2e-12 * 330e3**2 / (f**2 - 1j * f * 330e3 / 60 - 330e3**2)
    >>> fit = vg.fit_sho(f, y)
    >>> f"{float(fit.f0):.1f} Hz, Q {float(fit.q):.3f}, peak {float(fit.amplitude * fit.q):.2e} m"
    '330000.0 Hz, Q 60.000, peak 1.20e-10 m'
    """
    _words(convention, sense, background)
    band = _band(f)
    y = _spectra(spectra, band.x.size)
    phased = np.iscomplexobj(y)
    if background == "constant" and not phased:
        raise VegardError(
            "fit_sho.background must be 'none' for amplitudes: a constant adds to complex spectra."
        )
    rows = y.reshape(-1, band.x.size)
    noise = None if sigma is None else _noise(sigma, y.shape).reshape(rows.shape)
    constant = background == "constant"
    if background == "auto" and phased:
        some = slice(None, None, -(-len(rows) // _SAMPLE))
        constant = needs_constant(rows[some], None if noise is None else noise[some], band)
    jobs = [slice(i, i + _CHUNK) for i in range(0, len(rows), _CHUNK)]
    parts = [(rows[job], None if noise is None else noise[job]) for job in jobs]
    table = np.concatenate(
        [fit_oscillators(*part, band, constant=constant) for part in parts], axis=1
    )
    flag = table[-1].astype(np.int8)
    turned = phased and _rising(table[2], flag == 0, sense)
    if turned:
        table[2:4] *= -1
    flag[(flag == 0) & ~(table[2] > 0)] = FLAGS.index("quality_not_positive")
    table[:-1, flag != 0] = np.nan
    if phased:
        table[3] = _as_told(table[3], convention)
    names = ("amplitude", "f0", "q", "phase")
    data = dict(zip((*names, *(f"{n}_sigma" for n in names)), table, strict=False)) | {"flag": flag}
    told = {
        "convention": convention,
        "sense": ("rising" if turned else "falling") if phased else "unknown",
        "background": "constant" if constant else "none",
    }
    return _dataset(data, spectra, y.shape[:-1], FLAGS, told)


def dart(
    amplitude1: Any,
    amplitude2: Any,
    phase1: Any,
    phase2: Any,
    frequency: Any,
    width: Any,
    *,
    convention: str = "field",
    sense: str = "auto",
) -> xr.Dataset:
    r"""Resonance, quality factor and drive of each pixel of a dual-frequency (DART) map.

    Parameters
    ----------
    amplitude1, amplitude2 : array_like or xarray.DataArray
        Amplitudes at the lower and at the upper frequency, > 0, in one unit. All six broadcast;
        the first gives the labels.
    phase1, phase2 : array_like
        Phases there [rad]; multiples of 2π do not matter.
    frequency : array_like
        Middle of the two frequencies [Hz]: f₁,₂ = frequency ∓ width/2.
    width : array_like
        Distance of the two frequencies [Hz], > 0.
    convention : {"field", "textbook"}
        The meaning of the phase φ of the drive, as in `fit_sho`.
    sense : {"auto", "falling", "rising"}
        Whether the phase falls through the resonance (e^{+iωt}) or rises (e^{-iωt}); "auto": as in
        most of the pixels. The attribute ``sense`` tells which.

    Returns
    -------
    xarray.Dataset
        ``f0`` f₀ [Hz], ``q`` Q, ``drive`` A [unit of the amplitudes]: the peak is A·Q, and
        ``phase`` φ [rad], principal; of rising data that of their conjugate. ``flag`` 0 where all
        is well. Elsewhere the others are nan, and the flag is 1 for nan, inf or an amplitude that
        is not > 0; 2 undetermined: equal values, or no difference in phase; 3 f₀² < 0; 4 Q ≤ 0:
        the phase goes the other way. Four numbers give four: nothing is left that would tell
        whether a pixel is an oscillator, or the standard errors.

    Raises
    ------
    VegardError
        If shapes do not fit, frequencies are not > 0, phases are in degrees, or a word is unknown.

    Notes
    -----
    With y_n = A_n e^{iφ_n} and e = y₁/y₂ - 1, y_n (f₀² - f_n² + i f_n f₀/Q) = B at both frequencies
    is linear in f₀² and f₀/Q:

    .. math::
        f_0^2 = f_1^2 + (f_2^2 - f_1^2)\frac{f_2 - f_1 - f_1 \mathrm{Re}\,e}{N}, \quad
        \frac{f_0}{Q} = (f_2^2 - f_1^2)\frac{\mathrm{Im}\,e}{N}, \quad
        N = f_1 |e|^2 - (f_2 - f_1) \mathrm{Re}\,e

    and B = A e^{iφ} f₀² gives the drive, φ the textbook's (see `fit_sho`). Conjugation changes the
    sign of Q and φ alone. No branch of a tangent or of a root is chosen, so phases may wrap. The
    same as A. Gannepalli, D. G. Yablon, A. H. Tsou, R. Proksch, Nanotechnology 22, 355705 (2011),
    which is in real form. Errors grow where the resonance lies many line widths off both
    frequencies.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> f = np.array([361e3, 371e3])
    >>> y = 3e-12 * 366e3**2 / (f**2 - 1j * f * 366e3 / 56 - 366e3**2)
    >>> pixel = vg.dart(*np.abs(y), *np.angle(y), 366e3, 10e3)
    >>> f"{float(pixel.f0):.1f} Hz, Q {float(pixel.q):.3f}, drive {float(pixel.drive):.2e} m"
    '366000.0 Hz, Q 56.000, drive 3.00e-12 m'
    """
    _words(convention, sense)
    a1, a2, p1, p2, middle, step = _inputs(amplitude1, amplitude2, phase1, phase2, frequency, width)
    valid = np.isfinite([a1, a2, p1, p2, middle]).all(0) & (a1 > 0) & (a2 > 0)
    f1 = middle - step / 2
    with np.errstate(all="ignore"):  # what goes astray is flagged
        y1 = a1 * np.exp(1j * p1)
        e = a1 / a2 * np.exp(1j * (p1 - p2)) - 1
        norm = f1 * np.abs(e) ** 2 - step * e.real
        square = f1 * f1 + 2 * middle * step * (step - f1 * e.real) / norm
        damping = 2 * middle * step * e.imag / norm
        b = y1 * (square - f1 * f1 + 1j * f1 * damping)
        f0 = np.sqrt(square)
        q = f0 / damping
    lost = ~np.isfinite(square) | ~np.isfinite(damping) | ~np.isfinite(b) | (damping == 0)
    flag = np.select([~valid, lost, ~(square > 0)], [1, 2, 3]).astype(np.int8)
    turned = _rising(q, flag == 0, sense)
    if turned:
        q, b = -q, b.conj()
    flag[(flag == 0) & ~(q > 0)] = DART_FLAGS.index("quality_not_positive")
    with np.errstate(all="ignore"):
        data = {
            "f0": f0,
            "q": q,
            "drive": np.abs(b) / square,
            "phase": _as_told(np.angle(b), convention),
        }
    data = {name: np.where(flag == 0, v, np.nan) for name, v in data.items()} | {"flag": flag}
    told = {"convention": convention, "sense": "rising" if turned else "falling"}
    return _dataset(data, amplitude1, flag.shape, DART_FLAGS, told)


def _band(f: Any) -> Band:
    """The checked frequencies."""
    try:
        f = np.asarray(f, float)
    except (TypeError, ValueError):
        f = np.empty(0)
    good = f.ndim == 1 and np.isfinite(f).all() and (f > 0).all()
    if not good or np.unique(f).size < BINS:
        raise VegardError(
            f"fit_sho.f must be > 0, one axis, {BINS} or more different frequencies [Hz]; "
            f"got {np.array2string(f, threshold=6)}."
        )
    middle = (f.min() + f.max()) / 2
    shift = (f - middle) / middle
    return Band(float(middle), 1 + shift, shift * (2 + shift))


def _spectra(spectra: Any, bins: int) -> Array:
    """The checked spectra."""
    try:
        y = np.asarray(spectra)
    except ValueError as error:
        raise VegardError(
            f"fit_sho.spectra must be one array (..., {bins}); got rows of different lengths."
        ) from error
    if y.dtype.kind not in "fciu" or y.shape[-1:] != (bins,) or y.size == 0:
        raise VegardError(
            f"fit_sho.spectra must be numbers of shape (..., {bins}), a bin per frequency; "
            f"got {y.dtype} of shape {y.shape}. Put the frequencies last."
        )
    if np.iscomplexobj(y) and y.real.any() and not y.imag.any():
        raise VegardError(
            "fit_sho.spectra must have an imaginary part if complex; got none. "
            "To fit amplitudes pass them as real numbers."
        )
    return y


def _noise(sigma: Any, shape: tuple[int, ...]) -> Array:
    """The checked standard deviation of every bin."""
    try:
        out = np.broadcast_to(np.asarray(sigma, float), shape)
    except (TypeError, ValueError) as error:
        raise VegardError(f"fit_sho.sigma must broadcast to the spectra {shape}.") from error
    if not (out > 0).all():
        raise VegardError(
            "fit_sho.sigma must be > 0 [unit of the spectra]; inf leaves a bin out; "
            f"got {out[~(out > 0)][0]:g}."
        )
    return out


def _shape(value: Any) -> Any:
    try:
        return np.shape(value)
    except ValueError:
        return "with rows of different lengths"


def _inputs(*values: Any) -> list[Array]:
    """The six inputs, checked and of one shape."""
    if len({v.dims for v in values if getattr(v, "dims", ())}) > 1:
        raise VegardError("dart takes labelled arrays of the same dimensions in the same order.")
    try:
        a1, a2, p1, p2, middle, width = np.broadcast_arrays(*(np.asarray(v, float) for v in values))
    except (TypeError, ValueError) as error:
        shapes = ", ".join(f"{n} {_shape(v)}" for n, v in zip(_PAIR, values, strict=True))
        raise VegardError(
            f"dart takes real numbers that broadcast to one shape; got {shapes}."
        ) from error
    if a1.size == 0:
        raise VegardError("dart.amplitude1 must not be empty.")
    bad = ~(np.isfinite(width) & (width > 0))
    if bad.any():
        raise VegardError(
            "dart.width must be > 0 [Hz], the distance of the two frequencies (DFRTFrequencyWidth "
            f"of Asylum files); got {width[bad][0]:g}."
        )
    low = middle - width / 2 <= 0
    if low.any():
        raise VegardError(
            "dart.frequency must be > width/2 [Hz], the middle of the two frequencies; "
            f"got {middle[low][0]:g} with width {width[low][0]:g}."
        )
    largest = max(np.abs(p[np.isfinite(p)]).max(initial=0) for p in (p1, p2))
    if largest > 4 * np.pi:
        raise VegardError(
            f"dart.phase1 and phase2 must be in rad, within ±4π; got {largest:g}. "
            "Degrees? Use numpy.radians."
        )
    return [a1, a2, p1, p2, middle, width]


def _words(convention: str, sense: str, background: str = "none") -> None:
    """Raise unless all words are known."""
    if convention not in CONVENTIONS:
        raise unknown_name("convention", convention, CONVENTIONS)
    if sense not in SENSES:
        raise unknown_name("sense", sense, SENSES)
    if background not in BACKGROUNDS:
        raise unknown_name("background", background, BACKGROUNDS)


def _rising(quality: Array, good: Array, sense: str) -> bool:
    """Whether the data have e^{-iωt}: as told, or as the sign of Q has it in most pixels."""
    if sense != "auto":
        return sense == "rising"
    return bool((quality[good] < 0).sum() * 2 > good.sum())


def _as_told(phase: Array, convention: str) -> Array:
    """The textbook's phase in the convention asked for, principal."""
    if convention == "textbook":
        return phase
    return np.where(phase > 0, phase - np.pi, phase + np.pi)


def _dataset(
    data: dict[str, Array],
    like: Any,
    shape: tuple[int, ...],
    flags: tuple[str, ...],
    told: dict[str, str],
) -> xr.Dataset:
    """Labelled results; dimensions and coordinates of `like` if it has some."""
    import xarray as xr

    known = np.ndim(like) >= len(shape) and hasattr(like, "dims")
    dims = tuple(like.dims if known else (f"dim_{i}" for i in range(len(shape))))[: len(shape)]
    coords = {k: v for k, v in like.coords.items() if set(v.dims) <= set(dims)} if known else {}
    signal = getattr(like, "attrs", {}).get("units", "unit of the input")
    drive = ("amplitude of the drive; the peak is this times q", signal)
    labels = {
        "amplitude": drive,
        "drive": drive,
        "f0": ("resonance frequency", "Hz"),
        "q": ("quality factor", "1"),
        "phase": (f"phase of the drive, {told['convention']} convention", "rad"),
    }
    out = {}
    for name, values in data.items():
        attrs: dict[str, Any] = {"long_name": "what went wrong, 0 for nothing"}
        if name == "flag":
            attrs |= {"flag_values": list(range(len(flags))), "flag_meanings": " ".join(flags)}
        else:
            text, unit = labels[name.removesuffix("_sigma")]
            error = "standard error of the " if name.endswith("_sigma") else ""
            attrs = {"long_name": error + text, "units": unit}
        if name.startswith("phase") and told["sense"] == "unknown":
            attrs["comment"] = "nan: amplitudes alone do not tell the phase"
        out[name] = xr.DataArray(values.reshape(shape), None, dims, name, attrs)
    return xr.Dataset(out, coords, told)
