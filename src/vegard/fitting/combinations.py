"""What the data determine when they do not determine each parameter: D/R², β R, Q/√τ."""

from __future__ import annotations

from itertools import combinations as choose
from math import exp
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.fitting.problem import Problem

Real = NDArray[np.float64]

_LOST = 0.7  # standard deviation of ln value (a factor of 2) from which a direction is unknown
_APART = 20.0  # least ratio of the widths of unknown and known directions
_SIMPLE = 0.08  # distance of an exponent from a multiple of ½
_MEANING = {  # exponents of D, then others, to words
    (("material.diffusivity", 1.0), ("tip.radius", -2.0)): "the relaxation time R²/D alone",
    (("cell.length", -2.0), ("material.diffusivity", 1.0)): "the diffusion time L²/D alone",
    (("material.diffusivity", 1.0), ("material.ocv_slope", -2.0)):
        "Q/√τ alone: the charge over the root of the diffusion time",
    (("material.vegard", 1.0), ("tip.radius", 1.0)): "the size β ΔC R alone",
    (("material.ocv_slope", -1.0), ("material.vegard", 1.0)): "the strain β ΔC alone",
}  # fmt: skip


class Combination(NamedTuple):
    """A product of powers that the data determine, though not its factors.

    Parameters
    ----------
    exponents : dict
        Path to power.
    value : float
        Of the product, in SI units.
    sigma : float
        Standard deviation of its logarithm [–].
    text : str
        The product in symbols.
    meaning : str
        What it is, where it has a name.
    """

    exponents: dict[str, float]
    value: float
    sigma: float
    text: str
    meaning: str


def find(problem: Problem, jac: Real, values: dict[str, float]) -> tuple[Combination, ...]:
    """Combinations that are known while their factors are not.

    ``jac`` is the weighted sensitivity by ln|nonlinear| and by linear parameters, in order.
    """
    parts = [*problem.nonlinear, *problem.linear]
    sizes = np.array([1.0] * len(problem.nonlinear) + [values[p.name] for p in problem.linear])
    jac = jac * sizes
    scale = [j for j, p in enumerate(parts) if values[p.name] and not p.path.startswith("offset")]
    rest = [j for j in range(len(parts)) if j not in scale]
    a = _without(jac[:, scale], jac[:, rest])
    _, s, vt = np.linalg.svd(np.linalg.qr(a, mode="r"), full_matrices=True)
    width = np.full(vt.shape[0], np.inf)
    width[: s.size] = 1 / np.maximum(s, 1e-300)
    best = width.min(initial=np.inf)
    lost = (width > _LOST) & (width > _APART * best)
    if not lost.any() or lost.all():
        return ()
    nowhere = vt[lost]
    taking = np.flatnonzero((np.abs(nowhere) > 0.05).any(axis=0))
    if taking.size < 2:
        return ()
    rows = _simplest(nowhere[:, taking])
    out = []
    for row in rows:
        full = np.zeros(len(scale))
        full[taking] = row
        spread = _width(full, vt, width, lost)
        if spread < 1.0:
            chosen = {scale[i]: full[i] for i in taking if full[i]}
            out.append(_combination(parts, values, chosen, spread))
    return tuple(out)


def _without(a: Real, b: Real) -> Real:
    """a, less what b can do."""
    return a - b @ np.linalg.lstsq(b, a, rcond=None)[0] if b.shape[1] else a


def _width(direction: Real, vt: Real, width: Real, lost: Any) -> float:
    """Standard deviation of the product along ``direction`` by the known directions."""
    part = vt @ direction
    return float(np.sqrt(((part * width)[~lost] ** 2).sum()))


def _simplest(lost: Real) -> Real:
    """Rows that span what is orthogonal to the lost directions, with the roundest exponents."""
    d, n = lost.shape
    best: tuple[float, Real] | None = None
    for free in choose(range(n), d):
        kept = [j for j in range(n) if j not in free]
        block = lost[:, free]
        if abs(np.linalg.det(block)) < 1e-6:
            continue
        rows = np.zeros((n - d, n))
        rows[:, kept] = np.eye(n - d)
        rows[:, free] = -np.linalg.solve(block, lost[:, kept]).T
        near = np.round(rows * 2) / 2
        rows = np.where(np.abs(rows - near) < _SIMPLE, near, rows)
        rows = rows * np.where((rows % 1 == 0.5).any(axis=1), 2, 1)[:, None]
        cost = float((np.abs(rows % 1) > 0).sum() * 20 + np.abs(rows).sum())
        if best is None or cost < best[0]:
            best = cost, rows
    if best is None:
        return np.zeros((0, n))
    return best[1]


def _combination(
    parts: list[Any], values: dict[str, float], chosen: dict[int, float], spread: float
) -> Combination:
    first = next(iter(chosen.values()))
    if len(chosen) > 1 and first < 0:
        chosen = {j: -v for j, v in chosen.items()}
    exponents = {parts[j].path: float(round(v, 3)) for j, v in chosen.items()}
    size = sum(v * np.log(abs(values[parts[j].name])) for j, v in chosen.items())
    above = " ".join(_power(parts[j].symbol, v) for j, v in chosen.items() if v > 0)
    below = " ".join(_power(parts[j].symbol, -v) for j, v in chosen.items() if v < 0)
    text = above + (f"/({below})" if " " in below or "/" in below else f"/{below}" if below else "")
    return Combination(exponents, exp(size), spread, text, _meaning(exponents))


def _power(symbol: str, v: float) -> str:
    v = round(v, 2)
    if v == 1:
        return symbol
    name = f"({symbol})" if "/" in symbol else symbol
    return name + {2.0: "²", 3.0: "³", 0.5: "^½"}.get(v, f"^{v:g}")


def _meaning(exponents: dict[str, float]) -> str:
    """Words for a product, whatever power of it was found."""
    for known, words in _MEANING.items():
        table = dict(known)
        if table.keys() == exponents.keys():
            ratios = {round(exponents[k] / table[k], 2) for k in table}
            if len(ratios) == 1:
                return words
    return ""
