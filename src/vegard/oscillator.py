"""Damped harmonic oscillators fitted to many spectra at once.

Scaled by the middle f_c of the band: x = f/f_c, u = x² - 1, p = (f₀/f_c)² - 1, w = f₀/(f_c Q). Then
y = c g with g = 1/(p - u + i x w) and c complex; the modulus is |c|/√((p - u)² + x² w²). Both are
linear in c, which is eliminated, so that p and w alone are searched.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FLAGS = (
    "good",
    "invalid_input",
    "no_signal",
    "not_converged",
    "no_resonance",
    "resonance_outside_band",
    "quality_not_positive",
)
BINS = 5  # the fewest that leave residuals
_STEPS = 60  # of Levenberg and Marquardt; 3 to 5 are usual
_EVIDENCE = 40.0  # fall of χ² against a constant; noise in 64 bins reaches it once in 1e5 spectra
_CLOSE = 0.9  # share of Σ|y|² explained from which a start is good enough
_NEGATIVE = 0.2  # share of the power below 0; amplitudes far from noise have none


class Band(NamedTuple):
    """Frequencies scaled by their middle [Hz]."""

    middle: float
    x: Array
    u: Array


class _Batch(NamedTuple):
    """Spectra times their weights, and the model at the same bins."""

    y: Array
    weight: Array | None
    band: Band
    constant: bool  # whether any complex number may be added to a spectrum

    def of(self, raw: Array) -> Array:
        """Weighted, and less the constant that fits best."""
        out = raw if self.weight is None else raw * self.weight
        if not self.constant:
            return out
        if self.weight is None:
            return np.asarray(out - out.mean(1, keepdims=True))
        unit = self.weight / np.sqrt(np.vecdot(self.weight, self.weight))[:, None]
        return np.asarray(out - np.vecdot(unit, out)[:, None] * unit)

    def part(self, keep: Array) -> _Batch:
        """Some of the spectra."""
        weight = None if self.weight is None else self.weight[keep]
        return self._replace(y=self.y[keep], weight=weight)

    def explained(self, p: Array, w: Array) -> Array:
        """The fall of χ² by the oscillator."""
        g = self.of(_shape(p, w, self.band, np.iscomplexobj(self.y))[0])
        return np.asarray(np.abs(np.vecdot(g, self.y)) ** 2 / np.vecdot(g, g).real)

    def slopes(self, p: Array, w: Array) -> tuple[Array, ...]:
        """χ², its Gauss-Newton matrix and downhill slopes; c, the shares of g in ∂g, and |g|²."""
        g, by_p, by_w = map(self.of, _shape(p, w, self.band, np.iscomplexobj(self.y)))
        h11, h12, h22, b1, b2, gg = _project(g, by_p, by_w)
        c = np.vecdot(g, self.y) / gg
        rest = self.y - c[:, None] * g
        s1, s2 = ((c.conj() * np.vecdot(d, rest)).real for d in (by_p, by_w))
        size = np.abs(c) ** 2
        chi2 = np.vecdot(rest, rest).real
        return chi2, h11 * size, h12 * size, h22 * size, s1, s2, c, b1, b2, gg


def needs_constant(y: Array, noise: Array | None, band: Band) -> bool:
    """Whether most spectra are described much better with a constant added.

    The ratio F of the fall of χ² to its mean has the median ln 2 if there is none, and its spread
    over N spectra is 1/√N.
    """
    without, added = (fit_oscillators(y, noise, band, constant=c)[-2:] for c in (False, True))
    bins = band.x.size if noise is None else np.isfinite(noise).sum(1)
    with np.errstate(all="ignore"):
        ratio = (without[0] / added[0] - 1) * (bins - 3)
    ratio = ratio[(added[1] == 0) & np.isfinite(ratio)]
    return ratio.size > 0 and bool(np.median(ratio) > np.log(2) + 8 / np.sqrt(ratio.size))


def fit_oscillators(y: Array, noise: Array | None, band: Band, *, constant: bool) -> Array:
    """A, f₀, Q (signed), φ of the textbook, their errors, χ² and the flag, of a few spectra."""
    table = np.full((10, len(y)), np.nan)
    y = y.astype(complex if np.iscomplexobj(y) else float)
    used = np.ones(y.shape, bool) if noise is None else np.isfinite(noise)
    y[~used] = 0
    finite = np.isfinite(y).all(1) & (used.sum(1) >= BINS)
    y[~finite] = 0
    size = np.abs(y).max(1)
    mean = y.sum(1) / np.maximum(used.sum(1), 1)
    spread = np.abs(y - mean[:, None]).max(1, initial=0, where=used)
    flag = np.where(finite, 0, FLAGS.index("invalid_input"))
    flag[finite & (spread <= 1e-12 * size)] = FLAGS.index("no_signal")
    if not np.iscomplexobj(y):  # noise may be below 0; half of the real part of a spectrum is
        below = (np.minimum(y, 0) ** 2).sum(1)
        flag[below > _NEGATIVE * (y**2).sum(1)] = FLAGS.index("invalid_input")
    fit = flag == 0
    if fit.any():
        scale = size[fit]
        weight = None if noise is None else scale[:, None] / noise[fit]
        table[:, fit] = _search(y[fit] / scale[:, None], weight, band, constant)
        table[0, fit] *= scale
        table[4, fit] *= scale
    table[-1, ~fit] = flag[~fit]
    return table


def _search(y: Array, weight: Array | None, band: Band, constant: bool) -> Array:
    """`fit_oscillators` of finite spectra of height 1, weighted."""
    phased = np.iscomplexobj(y)
    batch = _Batch(y, weight, band, constant)
    batch = batch._replace(y=batch.of(y))
    with np.errstate(all="ignore"):  # what goes astray is flagged
        p, w = _start(y, batch)
        bins = np.full(len(y), band.x.size) if weight is None else (weight > 0).sum(1)
        dof = 2 * bins - (6 if constant else 4) if phased else bins - 3
        converged = _descend(p, w, batch, dof)
        chi2, h11, h12, h22, _, _, c, b1, b2, gg = batch.slopes(p, w)
        variance = chi2 / dof if weight is None else np.ones(len(y))
        table = _physical(p, w, (h11, h12, h22), (c, b1, b2, gg), variance, band.middle)
        if not phased:
            table[2], table[3], table[7] = np.abs(table[2]), np.nan, np.nan
        rest = batch._replace(constant=True).of(y)
        fall = np.vecdot(rest, rest).real - chi2
        f = band.middle * band.x
        outside = ~((table[1] >= f.min()) & (table[1] <= f.max()))
        unseen = ~(fall > _EVIDENCE * variance) | ~(3 * table[6] < np.abs(table[2]))
    flag = np.select(
        [~converged, unseen, outside],
        [FLAGS.index(n) for n in ("not_converged", "no_resonance", "resonance_outside_band")],
    )
    return np.concatenate([table, chi2[None], flag[None]])


def _shape(p: Array, w: Array, band: Band, phased: bool) -> tuple[Array, Array, Array]:
    """The resonance g and its derivatives by p and w."""
    real, imag = p[:, None] - band.u, w[:, None] * band.x
    square = 1 / (real * real + imag * imag)
    if phased:
        g = np.empty(real.shape, complex)  # (real - i imag) square
        g.real, g.imag = real * square, -imag * square
        by_p = -g * g
        return g, by_p, 1j * band.x * by_p
    g = np.sqrt(square)
    cube = -g * square
    return g, real * cube, imag * band.x * cube


def _project(g: Array, a: Array, b: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Normal matrix of a and b after g, whose factor is free, was taken out of them."""
    gg, b1, b2 = np.vecdot(g, g).real, np.vecdot(g, a), np.vecdot(g, b)
    h11 = np.vecdot(a, a).real - np.abs(b1) ** 2 / gg
    h12 = (np.vecdot(a, b) - b1.conj() * b2 / gg).real
    h22 = np.vecdot(b, b).real - np.abs(b2) ** 2 / gg
    return h11, h12, h22, b1 / gg, b2 / gg, gg


def _start(y: Array, batch: _Batch) -> tuple[Array, Array]:
    """The best of the linear fit and, where noise spoils it, peaks of four widths."""
    m, band = np.abs(y), batch.band
    k = m * m if batch.weight is None else m * m * batch.weight  # m²: noise counts little
    k = k.astype(y.dtype)
    width = np.ptp(band.x)
    if np.iscomplexobj(y):  # c - p y - w (i x y) = -u y
        a = k * y
        p, w = _solve(k, a, 1j * band.x * a, band.u * a)
    else:  # c² - m² (p² + w²) - m² u (w² - 2p) = m² u²
        a = k * y * y
        c0, c1 = _solve(k, a, band.u * a, -(band.u**2) * a)
        p = (c0 - c1) / (1 + np.sqrt(1 + c0 - c1))
        w = np.sqrt(np.maximum(c1 + 2 * p, (width / band.x.size) ** 2))
    peak = band.u[np.abs(batch.y).argmax(1)]
    best = np.nan_to_num(batch.explained(p, w))
    poor = best < _CLOSE * np.vecdot(batch.y, batch.y).real
    if poor.any():
        batch, peak, best, p_, w_ = batch.part(poor), peak[poor], best[poor], p[poor], w[poor]
        sides = (1, -1) if np.iscomplexobj(y) else (1,)
        for wide in np.outer(width * np.geomspace(1 / band.x.size, 1, 4), sides).flat:
            fall = batch.explained(peak, np.full(len(peak), wide))
            better = fall > best
            p_[better], w_[better], best[better] = peak[better], wide, fall[better]
        p[poor], w[poor] = p_, w_
    return p, w


def _solve(g: Array, a: Array, b: Array, target: Array) -> tuple[Array, Array]:
    """Real factors of a and b in the least-squares fit of the target, that of g free."""
    h11, h12, h22, b1, b2, _ = _project(g, a, b)
    t = np.vecdot(g, target)
    s1 = (np.vecdot(a, target) - b1.conj() * t).real
    s2 = (np.vecdot(b, target) - b2.conj() * t).real
    det = h11 * h22 - h12 * h12
    return (h22 * s1 - h12 * s2) / det, (h11 * s2 - h12 * s1) / det


def _descend(p: Array, w: Array, batch: _Batch, dof: Array) -> NDArray[np.bool_]:
    """Levenberg-Marquardt steps, in place; which spectra reached 1e-4 standard errors."""
    state = np.array(batch.slopes(p, w)[:6])
    damping = np.full(len(p), 1e-3)
    left = np.arange(len(p))
    for _ in range(_STEPS):
        chi2, h11, h12, h22, s1, s2 = state[:, left]
        d11, d22 = h11 * (1 + damping[left]), h22 * (1 + damping[left])
        det = d11 * d22 - h12 * h12
        dp, dw = (d22 * s1 - h12 * s2) / det, (d11 * s2 - h12 * s1) / det
        trial = p[left] + dp, w[left] + dw
        new = np.array(batch.slopes(*trial)[:6])
        lower = new[0] <= chi2
        moved = left[lower]
        p[moved], w[moved], state[:, moved] = trial[0][lower], trial[1][lower], new[:, lower]
        damping[left] *= np.where(lower, 0.1, 10)
        step = dp * dp * h11 + 2 * dp * dw * h12 + dw * dw * h22
        small = (step <= 1e-8 * chi2 / dof[left]) | (np.abs(dp) + np.abs(dw) < 1e-14)
        if small.any():
            left, batch = left[~small], batch.part(~small)
        if not left.size:
            break
    done = np.ones(len(p), bool)
    done[left] = False
    return done


def _physical(
    p: Array,
    w: Array,
    normal: tuple[Array, ...],
    shares: tuple[Array, ...],
    variance: Array,
    middle: float,
) -> Array:
    """A, f₀, Q, φ and their standard errors; the normal matrix is that of p and w alone."""
    h11, h12, h22 = normal
    c, b1, b2, gg = shares
    v11, v12, v22 = np.array([h22, -h12, h11]) * variance / (h11 * h22 - h12 * h12)
    own = variance / (gg * np.abs(c) ** 2)  # of ln c at fixed p and w

    def error(by_p: Array, by_w: Array) -> Array:
        return np.asarray(by_p * by_p * v11 + 2 * by_p * by_w * v12 + by_w * by_w * v22)

    square = 1 + p
    root = np.sqrt(square)
    a, q = np.abs(c) / square, root / w
    return np.array(
        [
            a,
            middle * root,
            q,
            np.angle(c),
            a * np.sqrt(own + error(-b1.real - 1 / square, -b2.real)),
            middle * np.sqrt(v11) / (2 * root),
            np.abs(q) * np.sqrt(error(0.5 / square, -1 / w)),
            np.sqrt(own + error(-b1.imag, -b2.imag)),
        ]
    )
