"""The finite-element solution of an Experiment."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.fem.engine import Engine, engine
from vegard.fem.mechanics import displacement
from vegard.fem.mesh import build, nodes, surface_points
from vegard.fem.problem import Problem, Settings, amplitude, axes, scaled
from vegard.fem.transport import concentration
from vegard.result import Axis, Response

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]


def _points(name: str, value: ArrayLike, unit: str, rule: str) -> Real:
    try:
        out = np.array(value, float)
    except (TypeError, ValueError):
        raise VegardError(f"{name} must be numbers in {unit}; got {value!r}.") from None
    legal = np.isfinite(out) & ((out > 0) if rule == "> 0" else (out >= 0))
    if not out.size or not legal.all():
        raise VegardError(f"{name} must be {rule} and finite [{unit}]; got {value!r}.")
    return out


def _readers(at: float, punch: bool, count: int) -> tuple[Real, Real]:
    """Radii at which the surface is read, and weights: one point, or a punch about ``at``.

    The punch's pressure is ∝ (1-ρ²)^(-1/2); with ρ = sin t its weight is sin t dt.
    """
    if not punch:
        return np.array([at]), np.ones(1)
    x, weight = np.polynomial.legendre.leggauss(count)
    rho = np.sin(np.pi / 4 * (x + 1))
    share = np.pi / 4 * weight * rho
    if not at:
        return rho, share
    turn = np.pi / 2 * (x + 1)
    radius = np.abs(at + rho[:, None] * np.exp(1j * turn))
    return radius.ravel(), np.outer(share, weight / 2).ravel()


def uplift(
    engine: Engine, problem: Problem, omega: float, at: tuple[float, ...], settings: Settings
) -> Complex:
    """Uplift of the scaled problem at ωR²/D_z, shape (at,)."""
    across, down = axes(problem, omega, at, settings)
    r, z = nodes(across, settings.refine), nodes(down, settings.refine)
    depths = np.cumsum([slab.thickness for slab in problem.slabs])
    mesh = build(engine, r, z, np.unique(np.minimum(depths, z[-1])))
    c = concentration(engine, mesh, problem, omega, settings.degree)
    parts = displacement(engine, mesh, problem, c, settings.degree)
    out = []
    for a in at:
        radii, weights = _readers(a, problem.punch, 12 * settings.degree)
        points = surface_points(mesh, r, z, radii)
        real, imaginary = (-weights @ part(points).ravel() for part in parts)
        out.append(complex(real, imaginary))
    return np.array(out)


def solve(
    experiment: Experiment, frequency: ArrayLike, *, per: str, at: ArrayLike = 0.0
) -> Response:
    r"""Displacement of the surface by finite elements: a ruler for ``frequency_response``.

    Diffusion (or migration under a blocking tip) and elasticity are solved on one graded mesh in
    (r, z); none of the library's kernels is used. Seconds per frequency.

    Parameters
    ----------
    experiment : Experiment
        The experiment, without additive signals.
    frequency : array_like
        Frequencies [Hz], > 0.
    per : {"volt", "concentration", "flux", "ampere"}
        Drive to which the response refers.
    at : array_like
        Distance from the tip's axis [m], >= 0.

    Returns
    -------
    Response
        Complex peak amplitude [m per unit drive], shape at.shape + frequency.shape; ``error`` is
        twice the change to a rougher solution (``Settings.rougher``).

    Raises
    ------
    VegardError
        If NGSolve is missing, a layer is incompressible, or an object is unknown here.

    Notes
    -----
    .. math:: i\omega C = \nabla\!\cdot(D\nabla C),\quad
        \nabla\!\cdot\big[c:(\varepsilon - \beta C)\big] = 0

    with the interface's own condition at z = 0, which is free of traction; the box reaches 3e4
    contact radii or diffusion lengths. Tested against closed forms in tests/fem.

    Examples
    --------
    >>> import vegard as vg
    >>> from vegard.fem import solve
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.GaussianTip(10e-9))
    >>> u = solve(e, 1.0, per="concentration")  # doctest: +SKIP
    >>> f"{u.amplitude:.3e} m/(mol/m³)"  # doctest: +SKIP
    '1.275e-14 m/(mol/m³)'
    """
    if not isinstance(experiment, Experiment):
        raise VegardError(f"the first argument must be a vegard.Experiment; got {experiment!r}.")
    experiment.interface.fits(experiment.tip, experiment.geometry, experiment.material)
    f, r = _points("frequency", frequency, "Hz", "> 0"), _points("at", at, "m", ">= 0")
    scale, tools, settings = amplitude(experiment, per), engine(), Settings()
    radius, normal = experiment.tip.radius, experiment.material.diffusivity_normal
    where = tuple(float(a) / radius for a in r.ravel())
    runs = []
    for used in (settings, settings.rougher()):
        problem = scaled(experiment, used, centred=not r.any())
        omega = 2 * np.pi * f.ravel() * radius**2 / normal
        runs.append([uplift(tools, problem, float(w), where, used) for w in omega])
    both = scale * np.array(runs).transpose(0, 2, 1)
    shape = r.shape + f.shape
    return Response(
        both[0].reshape(shape)[()],
        2 * np.abs(both[0] - both[1]).reshape(shape)[()],
        experiment.interface.drives[per],
        (Axis("at", "m", r), Axis("frequency", "Hz", f)),
        {"verb": "fem.solve", "experiment": experiment, "per": per},
    )
