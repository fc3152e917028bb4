"""How to share the time among readings: the convex problem of optimal design.

Readings i, of information A_ki per second where the sample is node k, give
M_k = P + T Σ w_i A_ki for shares w of the time T, P known beforehand. The mean over k of
[(M_k⁻¹)_00]^½, the standard deviation of the first parameter, is convex in w: 1/(M⁻¹)_00, what is
left for that parameter when the others are free, is concave, and x^(-½) falls and is convex.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vegard.errors import NotConverged

Real = NDArray[np.float64]

_GAP = 2e-3  # of the objective, above its least possible value
_MOST_STEPS = 20_000
_SLOWEST = (1.0, 0.5, 0.2)  # least shares up to which a reading is in the first choice
_NOTHING = 1e-3  # share of the time that is not worth going to


def spread(information: Real) -> Real:
    """Standard deviation of the first parameter at each node, (k,) from (k, p, p)."""
    return np.asarray(np.sqrt(np.linalg.inv(information)[:, 0, 0]))


def shares(atoms: Real, known: Real) -> tuple[Real, float]:
    """Best shares of the time.

    Parameters
    ----------
    atoms : ndarray, shape (k, n, p, p)
        Information of each reading at each node if it had all the time.
    known : ndarray, shape (k, p, p)
        Information that is there anyway.

    Returns
    -------
    shares : ndarray, shape (n,)
        Sum 1.
    gap : float
        How far the objective may lie above its least value, by convexity, relative.

    Notes
    -----
    w_i grows with the root of its derivative, d_i = -∂φ/∂w_i: the multiplicative algorithm of
    Silvey, Titterington and Torsney (Commun. Stat. A7, 1379 (1978)). At the optimum no d_i is above
    Σ w_i d_i (Kiefer and Wolfowitz), and φ(w) - φ(best) ≤ max d - Σ w d everywhere.
    """
    n = atoms.shape[1]
    w = np.full(n, 1 / n)
    gap = np.inf
    for _ in range(_MOST_STEPS):
        value, down = _slope(atoms, known, w)
        mean = float(w @ down)
        gap = (down.max() - mean) / value
        if gap < _GAP:
            return w, gap
        w = w * np.sqrt(down / mean)
        w /= w.sum()
    raise NotConverged("The share of the time", _GAP, gap, "Please report it with its inputs.")


def _slope(atoms: Real, known: Real, w: Real) -> tuple[float, Real]:
    """The objective, and how fast it falls with each share."""
    k, n, p, _ = atoms.shape
    flat = atoms.transpose(1, 0, 2, 3).reshape(n, -1)
    inverse = np.linalg.inv(known + (w @ flat).reshape(k, p, p))
    sigma = np.sqrt(inverse[:, 0, 0])
    column = inverse[:, :, 0] / np.sqrt(sigma)[:, None]
    outer = column[:, :, None] * column[:, None, :]
    return float(sigma.mean()), flat @ outer.ravel() / (2 * k)


def thinned(atoms: Real, known: Real, least: Real) -> Real:
    """Shares among few readings, each of its least share or of none.

    ``least`` has shape (n,), at most 1; neighbours among the readings stand for each other. From
    the peaks of the best shares, of all readings and of those that leave time for others, readings
    are taken out, moved to a neighbour, or joined by the one that would help most, while the
    objective allows.
    """
    found = []
    for most in _SLOWEST:
        on = np.flatnonzero(least <= most)
        if on.size:
            w, _ = shares(atoms[:, on], known)
            found.append(_descended(atoms, known, least, [int(on[i]) for i in _peaks(w)]))
    return min(found, key=lambda item: item[1])[0]


def _descended(atoms: Real, known: Real, least: Real, chosen: list[int]) -> tuple[Real, float]:
    """Shares and objective at the end of single moves from a choice."""
    while len(chosen) > 1 and least[chosen].sum() > 1:
        chosen.remove(max(chosen, key=lambda i: least[i]))
    best, value = filled(atoms, known, least, chosen)
    moving = True
    while moving:
        moving = False
        _, down = _slope(atoms, known, best)
        for trial in _moves(chosen, least, int(down.argmax())):
            w, now = filled(atoms, known, least, trial)
            allowed = 1 + _NOTHING if len(trial) < len(chosen) else 1 - _NOTHING
            if now < value * allowed:
                best, value, chosen, moving = w, now, trial, True
                break
    return best, value


def _moves(chosen: list[int], least: Real, helpful: int) -> Iterator[list[int]]:
    """Without one of the readings, with its neighbour in its place, or with one more."""
    if helpful not in chosen and least[[*chosen, helpful]].sum() <= 1:
        yield sorted([*chosen, helpful])
    for i in chosen:
        rest = [j for j in chosen if j != i]
        if rest:
            yield rest
        for near in (i - 1, i + 1):
            if 0 <= near < least.size and near not in rest:
                trial = sorted([*rest, near])
                if least[trial].sum() <= 1:
                    yield trial


def _peaks(w: Real) -> list[int]:
    """One reading for each run of neighbours that take part, the heaviest."""
    runs: list[list[int]] = []
    for i in np.flatnonzero(w > _NOTHING):
        if runs and i == runs[-1][-1] + 1 and not _valley(w, runs[-1], int(i)):
            runs[-1].append(int(i))
        else:
            runs.append([int(i)])
    return [max(run, key=lambda i: w[i]) for run in runs]


def _valley(w: Real, run: list[int], i: int) -> bool:
    """Whether the weights rise again after they have fallen."""
    return bool(w[i] > w[run[-1]] and w[run[-1]] < max(w[j] for j in run))


def filled(atoms: Real, known: Real, least: Real, chosen: list[int]) -> tuple[Real, float]:
    """Each of the chosen its least share, the rest of the time where it helps most."""
    out = np.zeros(least.size)
    out[chosen] = least[chosen]
    left = 1 - float(out.sum())
    held = known + np.einsum("i,kiab->kab", out, atoms)
    if left > 1e-9:
        more, _ = shares(atoms[:, chosen] * left, held)
        out[chosen] += left * more
    return out, float(spread(known + np.einsum("i,kiab->kab", out, atoms)).mean())
