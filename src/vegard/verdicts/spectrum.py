"""Slope and phase over frequency: laws of diffusion against all others, by likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.experiment import Experiment
from vegard.fitting import Data
from vegard.verdicts import laws
from vegard.verdicts.evidence import LEANING, Evidence
from vegard.verdicts.laws import Complex, Law, Range, Real

FEWEST = 4  # points that tell a slope from noise
_ROUNDS = 2  # of refinement of θ, each eight times finer
_MOSTLY = 3 / 4  # share of diffusion at the lowest frequency in what is called diffusion
_EDGE = 1 / _MOSTLY - 1  # flat part over the diffusive one at that share
_SHARES = _EDGE * np.geomspace(0.03, 1.0, 12)  # of amplitudes
_MISFIT = 0.5  # of the signal; a best law further off is no description
_LEAST = 1e-12  # relative determinant below which a law is flat itself


class Curve(NamedTuple):
    """One spectrum, weighted."""

    f: Real
    y: NDArray[Any]
    w: Real
    """1/σ², σ of the real and the imaginary part each."""

    @property
    def points(self) -> int:
        """Number of real readings."""
        return self.y.size * (2 if np.iscomplexobj(self.y) else 1)


class Fit(NamedTuple):
    """The least χ² of one law."""

    law: str
    chi2: float
    parameters: int
    theta: float
    share: float
    """Of the diffusive part at the lowest frequency."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The best fits: mostly diffusion, mostly something else beside it, and nothing of it."""

    diffusive: Fit
    mixed: Fit
    other: Fit
    scale: float
    misfit: float
    """What the best law leaves beyond noise, over the signal; with it where σ is unknown."""
    points: int

    def likelihood(self, fit: Fit) -> float:
        """Its ln, less ½ k ln N for k parameters and N readings (Schwarz)."""
        return -fit.chi2 / (2 * self.scale) - fit.parameters / 2 * log(self.points)


def evidence(spectra: tuple[Data, ...], experiment: Experiment, diffusivity: Range) -> Evidence:
    """Whether a law of diffusion or another one fits better.

    Notes
    -----
    Diffusion: c₁H(ω/D) + c₂, real c and |c₁H| >= 3|c₂| at the lowest frequency, H any of the
    interfaces on this sample or (iω)^-n, n = 0.4 to 1; others: a constant, a slow rise or fall,
    heat. Amplitudes are held against the modulus. ln L = -χ²/2s - ½ k ln N; s >= 1 is χ²/(N - k) of
    the best law, so that a law which none fits is no certainty.
    """
    curves = [_curve(d) for d in spectra]
    slope, error, phase = line(curves)
    if min(c.f.size for c in curves) < FEWEST:
        return Evidence(
            "spectrum", slope, error, "–", "slope of ln|u| over ln f", None, 0.0,
            f"A slope needs {FEWEST} frequencies or more.",
        )  # fmt: skip
    known = all(d.sigma is not None for d in spectra)
    judged = judge(curves, experiment, diffusivity, spectra[0].at, known=known)
    weight, best, words = _weigh(judged)
    if len(spectra) > 1 and weight > 0:
        alone = [evidence((d,), experiment, diffusivity).weight for d in spectra]
        if min(alone) <= -LEANING:
            weight, words = 0.0, f"but number {int(np.argmin(alone)) + 1} alone says it is not."
    turn = "" if np.isnan(phase) else f", phase {phase * 180 / pi:.0f}°"
    numbers = {"share": best.share, "lnL_diffusive": judged.likelihood(judged.diffusive),
               "lnL_other": judged.likelihood(judged.other),
               "lnL_mixed": judged.likelihood(judged.mixed)}  # fmt: skip
    if not np.isnan(phase):
        numbers["phase_rad"] = phase
    return Evidence(
        "spectrum", slope, error, "–", "slope of ln|u| over ln f", -0.5, weight,
        f"|u| goes as f^({slope:.2f} ± {error:.2f}){turn}: {words}", numbers,
    )  # fmt: skip


def _weigh(judged: Judged) -> tuple[float, Fit, str]:
    """Weight, best fit and words."""
    ours, mixed, other = (
        judged.likelihood(x) for x in (judged.diffusive, judged.mixed, judged.other)
    )
    weight = ours - other
    if judged.misfit > _MISFIT:
        return 0.0, judged.diffusive, f"no law fits, the best is off by {judged.misfit:.0%}."
    if mixed > max(ours, other) + LEANING:
        best = judged.mixed
        return 0.0, best, (
            f"a mixture, {best.share:.0%} of it by diffusion ({best.law}) at the lowest frequency, "
            "the rest flat."
        )  # fmt: skip
    best = judged.diffusive if weight > 0 else judged.other
    kind = "diffusion" if weight > 0 else "not diffusion"
    rest = "" if best.share in (0.0, 1.0) else f", {best.share:.0%} of it at the lowest frequency"
    return weight, best, f"best «{best.law}», {kind}{rest} (ln likelihood ratio {weight:+.1f})."


def judge(
    curves: list[Curve], experiment: Experiment, diffusivity: Range, at: float, *, known: bool
) -> Judged:
    """All laws, the best of each sort."""
    f = np.concatenate([c.f for c in curves])
    n, size = sum(c.points for c in curves), len(curves)
    ours, mixed, rest = [], [], []
    for law in laws.diffusive(experiment, f, diffusivity, at):
        ours.append(_pure(law, curves, 1 + size, 1.0))
        major, minor = (_mixture(law, curves, 1 + 2 * size, major=m) for m in (True, False))
        ours.append(major)
        mixed.append(minor)
    for law in laws.others(experiment, f):
        free = 0 if law.grid.size == 1 else 1
        rest.append(_pure(law, curves, free + size, 0.0))
    best = min([*ours, *mixed, *rest], key=lambda x: x.chi2)
    scale = best.chi2 / max(n - best.parameters, 1)
    noise = np.median(np.concatenate([_relative(c) for c in curves]))
    misfit = float(noise) * max(scale - known, 0.0) ** 0.5
    scale = max(scale, 1.0) if known else max(scale, 1e-12)
    judged = Judged(ours[0], mixed[0], rest[0], scale, misfit, n)
    a, b, c = (max(group, key=judged.likelihood) for group in (ours, mixed, rest))
    return Judged(a, b, c, scale, misfit, n)


def _curve(data: Data) -> Curve:
    """A spectrum with weights; relative ones where σ is unknown."""
    y = data.y
    sigma = np.maximum(np.abs(y), 1e-6 * np.abs(y).max()) if data.sigma is None else data.sigma
    if not data.is_complex and data.sigma is not None:
        y = np.sqrt(np.maximum(y**2 - sigma**2, 0))  # the modulus of a noisy signal is too large
    return Curve(data.x, y, 1 / np.square(sigma))


def _relative(c: Curve) -> Real:
    """σ over the signal, 1 at most."""
    return np.asarray(1 / np.maximum(np.abs(c.y) * np.sqrt(c.w), 1.0))


def _pure(law: Law, curves: list[Curve], parameters: int, share: float) -> Fit:
    def chi2(theta: Real) -> Real:
        return np.asarray(np.sum([_one(law.shape(c.f, theta), c) for c in curves], axis=0))

    theta, least = _search(law.grid, chi2)
    return Fit(law.name, least, parameters, theta, share)


def _mixture(law: Law, curves: list[Curve], parameters: int, *, major: bool) -> Fit:
    """With a flat part; at the lowest frequency diffusion is the larger part, or the smaller."""

    def both(theta: Real) -> tuple[Real, Real]:
        parts = [_two(law.shape(c.f, theta), c, major=major) for c in curves]
        return np.sum([p[0] for p in parts], axis=0), np.mean([p[1] for p in parts], axis=0)

    theta, least = _search(law.grid, lambda t: both(t)[0])
    share = float(both(np.array([theta]))[1][0])
    return Fit(f"{law.name}, and a flat part", least, parameters, theta, share)


def _search(grid: Real, chi2: Any) -> tuple[float, float]:
    """θ of the least χ² on a grid, refined about it."""
    theta, low, high = grid, grid[0], grid[-1]
    step = grid[1] - grid[0] if grid.size > 1 else 0.0
    for i in range(_ROUNDS + 1):
        found = chi2(theta)
        best = int(np.argmin(found))
        value, least = float(theta[best]), float(found[best])
        if step == 0 or i == _ROUNDS:
            break
        theta = np.minimum(np.maximum(value + step * np.linspace(-1, 1, 17), low), high)
        step /= 8
    return value, max(least, 0.0)


def _one(h: Complex, c: Curve) -> Real:
    """χ² of the shapes (m, f), each at its best size."""
    if np.iscomplexobj(c.y):
        overlap = (h.conj() * c.y).real @ c.w
    else:
        h = np.abs(h)
        overlap = (h * c.y).real @ c.w
    norm = (np.abs(h) ** 2) @ c.w
    return np.asarray((np.abs(c.y) ** 2) @ c.w - overlap**2 / norm)


def _two(h: Complex, c: Curve, *, major: bool) -> tuple[Real, Real]:
    """χ² of shape and constant together, and the share of the shape where f is lowest."""
    lowest = int(np.argmin(c.f))
    edge = np.abs(h[:, lowest])[:, None]
    if not np.iscomplexobj(c.y):
        r = np.concatenate([_SHARES, -_SHARES]) if major else _EDGE**2 / np.r_[_SHARES, -_SHARES]
        all_ = np.array([_one(h / edge + x, c) for x in r])
        pick = all_.argmin(axis=0)
        return all_[pick, np.arange(h.shape[0])], 1 / (1 + np.abs(r[pick]))
    p, q = (h.conj() * c.y).real @ c.w, c.y.real @ c.w
    aa, ab, bb = (np.abs(h) ** 2) @ c.w, h.real @ c.w, c.w.sum()
    det = aa * bb - ab**2
    det = np.where(det > _LEAST * aa * bb, det, np.inf)
    a, b = (bb * p - ab * q) / det, (aa * q - ab * p) / det
    free = (np.abs(c.y) ** 2) @ c.w - a * p - b * q
    part = np.abs(a) * edge[:, 0]
    share = part / np.maximum(part + np.abs(b), 1e-300)
    border = np.minimum(_one(h + _EDGE * edge, c), _one(h - _EDGE * edge, c))
    inside = (share >= _MOSTLY if major else share < _MOSTLY) & np.isfinite(det)
    return np.where(inside, free, border), np.where(inside, share, _MOSTLY)


def line(curves: list[Curve]) -> tuple[float, float, float]:
    """Slope of ln|u| over ln f with its error, by least squares, and the mean phase [rad].

    Points above 3σ, where there are enough. The phase is known up to π, so between -π/2 and π/2;
    nan for amplitudes.
    """
    rows, target, weight, turn = [], [], [], 0j
    for i, c in enumerate(curves):
        size = np.abs(c.y) * np.sqrt(c.w)
        seen = size > 3
        seen = seen if seen.sum() >= FEWEST else np.abs(c.y) > 0
        x = np.zeros((int(seen.sum()), 1 + len(curves)))
        x[:, 0], x[:, 1 + i] = np.log(c.f[seen]), 1
        rows.append(x)
        target.append(np.log(np.abs(c.y[seen])))
        weight.append(size[seen])
        if np.iscomplexobj(c.y):
            turn += np.sum((c.y[seen] / np.abs(c.y[seen])) ** 2)
    x, t, w = np.vstack(rows), np.concatenate(target), np.concatenate(weight)
    found, _, _, _ = np.linalg.lstsq(x * w[:, None], t * w, rcond=None)
    spread = float(np.sum(((t - x @ found) * w) ** 2)) / max(t.size - x.shape[1], 1)
    inverse = np.linalg.pinv((x * w[:, None]).T @ (x * w[:, None]))
    error = float(np.sqrt(inverse[0, 0] * spread))
    return float(found[0]), error, float(np.angle(turn) / 2) if turn else float("nan")


def scatter(data: Data) -> float:
    """Relative scatter of neighbours about a straight line in ln f, where σ is unknown."""
    if data.sigma is not None or data.x.size < FEWEST:
        return 0.0
    order = np.argsort(data.x)
    size, x = np.log(np.maximum(np.abs(data.y[order]), 1e-300)), np.log(data.x[order])
    share = (x[1:-1] - x[:-2]) / np.maximum(x[2:] - x[:-2], 1e-300)
    off = size[1:-1] - (1 - share) * size[:-2] - share * size[2:]
    return min(float(np.sqrt(np.mean(off**2) / 1.5)), 0.33)
