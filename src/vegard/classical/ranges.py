"""Where the textbook limits of PITT, GITT and impedance hold."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.cell import Cell
from vegard.classical.simulate import FORMS, checked_cell, eis, gitt, known_form, pitt
from vegard.errors import VegardError, unknown_name

Real = NDArray[np.float64]

_DECADES = 7  # either side of L²/D
_PER_DECADE = 40


def valid_range(
    cell: Cell, method: str, form: str, *, tolerance: float = 0.01
) -> tuple[float, float]:
    """Where a textbook limit holds.

    Parameters
    ----------
    cell : Cell
        The electrode.
    method : {"pitt", "gitt", "eis"}
    form : {"short", "long", "high", "low"}
        The limit, as in the verbs.
    tolerance : float
        Largest relative deviation from the exact answer [–].

    Returns
    -------
    low, high : float
        Range of time [s] (PITT, GITT) or frequency [Hz] in fourteen decades around L²/D, 0 or inf
        where it does not end within them: that at late times or low frequencies, of the other
        limits the widest, which a double layer ends on both sides. Read from the exact answer at
        40 points a decade: each end holds, and the next 6 % do not.

    Raises
    ------
    VegardError
        If it holds nowhere over a factor of two: where the double layer charges as slowly as the
        ions diffuse, or at a tiny tolerance.

    Examples
    --------
    >>> import vegard as vg
    >>> film = vg.Cell(vg.Material(1e-13, 1e-6, 0.3, ocv_slope=-4.4e-5), 200e-9, 1e-4)
    >>> low, high = vg.classical.valid_range(film, "pitt", "short")
    >>> f"Cottrell within 1 % to {high / film.diffusion_time:.2f} L²/D"
    'Cottrell within 1 % to 0.19 L²/D'
    """
    if method not in FORMS:
        raise unknown_name("method", method, FORMS)
    if known_form(method, form) == "full":
        raise VegardError('form="full" holds everywhere; ask for one of the limits.')
    if not 0 < tolerance < inf:
        raise VegardError(f"tolerance must be > 0; got {tolerance!r}. 0.01 is 1 %.")
    checked_cell(cell)
    unit = 1 / cell.diffusion_time if method == "eis" else cell.diffusion_time
    x = np.logspace(-_DECADES, _DECADES, 2 * _DECADES * _PER_DECADE + 1) * unit
    first, last = _run(*_holds(cell, method, form, tolerance, x), {"long": -1, "low": 0}.get(form))
    if x[last - 1] < 2 * x[first]:
        raise VegardError(
            f"the {form} form of {method} holds to {tolerance:g} nowhere over a factor of two for "
            "this cell: series resistance and double layer hide that limit, or the tolerance is "
            'too small. Use form="full".'
        )
    return (
        0.0 if first == 0 else float(x[first]),
        inf if last == x.size else float(x[last - 1]),
    )


def _holds(
    cell: Cell, method: str, form: str, tolerance: float, x: Real
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the limit is within the tolerance, and whether both are over."""
    verb: Any = {"pitt": pitt, "gitt": gitt, "eis": eis}[method]
    args = () if method == "eis" else (1.0,)
    exact = verb(cell, x, *args)
    limit = verb(cell, x, *args, form=form).values
    size = np.abs(exact.values)
    over = np.maximum(size, np.abs(limit)) <= exact.error
    return np.abs(limit - exact.values) <= tolerance * size, over


def _run(near: NDArray[np.bool_], over: NDArray[np.bool_], side: int | None) -> tuple[int, int]:
    """Start and end (exclusive) of the run at a side (0 or -1), if there is one, or the longest.

    What is over beyond its end is added.
    """
    runs = np.flatnonzero(np.diff(near.astype(int), prepend=0, append=0)).reshape(-1, 2)
    if not runs.size:
        return 0, 1
    at_side = side is not None and near[side]
    first, last = runs[side if at_side else np.argmax(runs[:, 1] - runs[:, 0])].tolist()
    return first, near.size if over[last:].all() else last
