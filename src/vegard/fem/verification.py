"""The library against finite elements: one row per object, and the page that keeps the table."""

from __future__ import annotations

from math import log2, pi
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from vegard.errors import unknown_name
from vegard.fem.cases import SIZES, Case, every_case
from vegard.fem.engine import engine
from vegard.fem.problem import Settings, amplitude, scaled
from vegard.fem.solution import solve, uplift
from vegard.response import frequency_response

_COLUMNS = (
    ("size", "worst at ωR²/D", "g"),
    ("deviation", "deviation", ".1e"),
    ("doubled", "in a box twice the size", ".1e"),
    ("stated", "stated error", ".1e"),
    ("order", "order", ".1f"),
    ("seconds_fem", "elements [s]", ".2f"),
    ("seconds_library", "vegard [s]", ".5f"),
    ("ratio", "ratio", ".0f"),
)
_PAGE = """# Verification by finite elements

Remade by `vegard verify --all --write docs/verification.md` (extra `[fem]`; NGSolve {version}).

Every object against an axisymmetric finite-element solution of the same `Experiment` that uses none
of the library's kernels: diffusion (for a blocking tip migration and Poisson's equation) and
elasticity, elements of degree {degree} on a mesh graded to the contact's edge, to the diffusion
length and to every layer, in a box of {box:g} contact radii or diffusion lengths, whichever is
longer. Each row is the worst of ωR²/D = 1e-3, 1 and 1e3.

*Deviation* is |u_FEM/u - 1| from `frequency_response`; *in a box twice the size* the same after
doubling the box; *stated error* the elements' own (twice the change with one degree less, half the
box, and an edge four times as wide); *order* the measured order of convergence of elements of
degree 3 when each interval of the mesh is halved (4 expected); the times are processor seconds of
one call at one frequency (for vegard after a first one, which keeps its nodes), *ratio* is their
quotient.

{table}
"""


def _seconds(call: Any) -> float:
    """Shortest of some calls in processor seconds, the first not counted."""
    call()
    times = []
    for _ in range(5):
        start = process_time()
        call()
        times.append(process_time() - start)
    return min(times)


def _order(case: Case, omega: float, truth: complex) -> float:
    """Measured order of convergence of elements of degree 3, intervals halved."""
    e = case.experiment
    problem = scaled(e, Settings(), centred=not case.at)
    at = (case.at / e.tip.radius,)
    errors = [
        abs(uplift(engine(), problem, omega, at, Settings(degree=3, refine=n))[0] - truth)
        for n in (1, 2)
    ]
    return log2(errors[0] / errors[1])


def _row(case: Case, sizes: tuple[float, ...]) -> dict[str, float]:
    """Worst deviation of one object, and what was measured there."""
    e = case.experiment
    rate = e.material.diffusivity_normal / e.tip.radius**2

    def library(size: float) -> Any:
        return frequency_response(e, size * rate / (2 * pi), per=case.per, at=case.at)

    rows = []
    for size in sizes:
        start = process_time()
        found = solve(e, size * rate / (2 * pi), per=case.per, at=case.at)
        seconds = process_time() - start
        deviation = abs(found.values / library(size).values - 1)
        rows.append((deviation, size, seconds, found))
    deviation, size, seconds, found = max(rows, key=lambda row: row[0])
    settings, scale = Settings(), amplitude(e, case.per)
    problem = scaled(e, settings, centred=not case.at)
    larger = settings._replace(box=2 * settings.box)
    at = (case.at / e.tip.radius,)
    doubled = scale * uplift(engine(), problem, size, at, larger)[0]
    quick = _seconds(lambda: library(size))
    return {
        "size": size,
        "deviation": deviation,
        "doubled": abs(doubled / library(size).values - 1),
        "stated": found.error / abs(found.values),
        "order": _order(case, size, found.values / scale),
        "seconds_fem": seconds,
        "seconds_library": quick,
        "ratio": seconds / quick,
    }


def verify(cases: str = "quick") -> Any:
    """Compare the library with finite elements, object by object.

    Parameters
    ----------
    cases : {"quick", "all"}
        A handful of objects at |s|R²/D = 1, or every object at 1e-3, 1 and 1e3 (minutes).

    Returns
    -------
    xarray.Dataset
        Along ``object``: ``size`` |s|R²/D [–] of the worst case, its relative ``deviation`` [–],
        the same in a box twice the size (``doubled``), the elements' own relative error
        (``stated``), measured ``order`` of convergence, ``seconds_fem`` and ``seconds_library``
        [s] of one call, and their ``ratio``.

    Raises
    ------
    VegardError
        If NGSolve is missing, or for another word.

    Examples
    --------
    >>> from vegard.fem import verify
    >>> float(verify("quick")["deviation"].max()) < 1e-4  # doctest: +SKIP
    True
    """
    import xarray as xr

    if cases not in ("quick", "all"):
        raise unknown_name("set of cases", cases, ("quick", "all"))
    version = engine().ngsolve.__version__
    chosen = [c for c in every_case() if c.quick or cases == "all"]
    rows = [_row(case, SIZES if cases == "all" else (1.0,)) for case in chosen]
    data = {name: ("object", np.array([row[name] for row in rows])) for name, _, _ in _COLUMNS}
    return xr.Dataset(data, {"object": [case.name for case in chosen]}, {"ngsolve": version})


def table(dataset: Any) -> str:
    """The dataset of ``verify`` as a Markdown table."""
    lines = [
        "| object | " + " | ".join(title for _, title, _ in _COLUMNS) + " |",
        "|:--|" + "--:|" * len(_COLUMNS),
    ]
    for i, name in enumerate(dataset["object"].values):
        cells = [format(float(dataset[key][i]), form) for key, _, form in _COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write(path: str | Path, dataset: Any) -> Path:
    """Write the documentation page that keeps the table of ``verify("all")``."""
    settings = Settings()
    page = _PAGE.format(
        version=dataset.attrs["ngsolve"],
        degree=settings.degree,
        box=settings.box,
        table=table(dataset),
    )
    Path(path).write_text(page, encoding="utf-8")
    return Path(path)
