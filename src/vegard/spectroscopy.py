r"""Distribution of relaxation times.

.. math:: H(s) = \int \frac{g(\tau)}{1+s\tau}\,d\ln\tau,\qquad
          g(\tau) = -\frac1\pi\,\mathrm{Im}\,H(-1/\tau + i0)

On a half-space the transport wavenumber is imaginary below :math:`k_x = \sqrt{x/D_r}`, x = 1/τ,
and g is an integral over that range. In a film each mode through the thickness contributes the
residue at the one k that relaxes with this τ, so g jumps where a mode sets in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vegard import hankel
from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.geometries import Film
from vegard.response import checked_experiment, checked_points, respond
from vegard.result import Axis, Response
from vegard.spectra import Wave
from vegard.transfer import Part, amplitude, parts, physics, terms, waves

Real = NDArray[np.float64]

_PER_DECADE = 40
_DECADES = 4.0  # default range around R²/D, both ways
_MOST_PHASE = 2e5  # phase of the tip's spectrum that is still integrated
_MOST_MODES = 20_000
_CIRCLE = 24  # points of the circle around a pole


def relaxation_times(
    experiment: Experiment,
    *,
    per: str = "volt",
    at: ArrayLike = 0.0,
    tau: ArrayLike | None = None,
) -> Response:
    r"""Distribution of relaxation times (DRT) of the displacement.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    per : {"volt", "concentration", "flux", "ampere"}
        Drive to which the response refers.
    at : array_like
        Distance from the tip's axis [m], >= 0.
    tau : array_like, optional
        Relaxation times [s], > 0; by default four decades around R²/D both ways, with a node on
        either side of each jump of a film.

    Returns
    -------
    Response
        g(τ) [m per unit drive], real, may be negative; shape at.shape + tau.shape.

    Notes
    -----
    .. math:: H(s) = \int g/(1+s\tau)\,d\ln\tau

    Half-space, disc, fixed concentration, on the axis: :math:`g \propto (\sqrt{x}-\sin\sqrt{x})/
    (\pi x)`, x = R²/(Dτ) (tests/test_spectroscopy.py).

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1.0, 1.0, 0.0), vg.DiscTip(1.0))
    >>> g = vg.relaxation_times(e, per="concentration", tau=1.0)
    >>> round(float(g.values) / 2, 6)   # (1 - sin 1)/π
    0.050461
    """
    e = checked_experiment(experiment)
    if e.interface.exchange is None or e.also:
        raise VegardError(
            f"relaxation_times knows linear exchange on the whole surface, not "
            f"{e.also or type(e.interface).__name__}: use step_response, or take it out."
        )
    r = checked_points("at", at, "m", least=0.0)
    times = _default_times(e) if tau is None else checked_points("tau", tau, "s")
    if (times <= 0).any():
        raise VegardError(f"tau must be > 0 [s]; got {times.min():g}.")
    scale = amplitude(e, per)
    rates = 1 / times.ravel()
    distribution = _film if isinstance(e.geometry, Film) else _half_space
    values, error = np.zeros((2, r.size, rates.size))
    for part in parts(e, "vertical", 0.0):
        for i, point in enumerate(r.ravel()):
            one, spread = distribution(e, rates, waves(e, float(point), part.order), part)
            values[i] += scale * part.factor * one
            error[i] += abs(scale * part.factor) * spread
    axis = Axis("relaxation_time", "s", times)
    return respond("relaxation_times", e, values, error, per, r, axis)


def _default_times(e: Experiment) -> Real:
    middle = e.tip.radius**2 / e.material.diffusivity_in_plane
    n = round(2 * _DECADES * _PER_DECADE) + 1
    tau = middle * np.logspace(-_DECADES, _DECADES, n)
    if isinstance(e.geometry, Film):
        jumps = 1 / onsets(e, 1 / tau[0])
        jumps = jumps[(jumps > tau[0]) & (jumps < tau[-1])]
        tau = np.sort(np.concatenate([tau, jumps * (1 - 1e-9), jumps * (1 + 1e-9)]))
    return tau


def onsets(experiment: Experiment, fastest: float) -> Real:
    """Rates [1/s] up to ``fastest`` at which a film's modes set in: D_z y_n²."""
    film, m = experiment.geometry, experiment.material
    rate = experiment.interface.exchange
    assert isinstance(film, Film)
    assert rate is not None
    normal = m.diffusivity_normal
    count = int((fastest / normal) ** 0.5 * film.thickness / np.pi) + 2
    if count > _MOST_MODES:
        raise VegardError(
            f"the film has {count} modes faster than τ = {1 / fastest:.2g} s; ask for longer tau, "
            "or use HalfSpace: the film is thick against the diffusion length."
        )
    rates = normal * film.modes(count, rate, normal) ** 2
    return np.asarray(rates[rates <= fastest])


def _half_space(
    e: Experiment, rates: Real, reader: tuple[Wave, ...], part: Part
) -> tuple[Real, Real]:
    sources, radius = e.tip.footprint(), e.tip.radius
    turn = hankel.extent(sources, reader)
    out, error = np.empty(rates.size), np.empty(rates.size)
    for i, x in enumerate(rates):
        edge = (x / e.material.diffusivity_in_plane) ** 0.5 * radius
        top = min(1.0, max(f.top for f in sources) / edge)
        phase = top * edge * turn
        if phase > _MOST_PHASE:
            least = 2 * (turn * radius / _MOST_PHASE) ** 2 / e.material.diffusivity_in_plane
            raise VegardError(
                f"tau = {1 / x:.2g} s is too short against R²/D to resolve this tip's sharp edge; "
                f"ask for tau >= {least:.2g} s."
            )
        for order in (24, 32):
            u, w = np.polynomial.legendre.leggauss(order)
            cuts = np.linspace(0, np.arcsin(top), 2 + int(phase / 12))
            half = np.diff(cuts)[:, None] / 2
            angle = (cuts[:-1, None] + half * (u + 1)).ravel()
            k = edge * np.sin(angle)
            measure = (half * w).ravel() * edge * np.cos(angle)
            at = k / radius
            t = physics(e, at, np.full((1, 1), complex(-x, 0.0)), terms(e, at, part))[0]
            piece = measure * hankel.density(sources, reader, k) * t.imag / np.pi
            value = -piece.sum()
            # q² = (D_r k² - x)/D_z is a difference near the edge
            blur = 1e-14 + 4e-16 / np.cos(angle) ** 2
            error[i] = abs(value - out[i]) + np.abs(piece) @ blur
            out[i] = value
    return out, error


def _film(e: Experiment, rates: Real, reader: tuple[Wave, ...], part: Part) -> tuple[Real, Real]:
    m, sources, radius = e.material, e.tip.footprint(), e.tip.radius
    modes = onsets(e, 4 * rates.max() + 20 * m.diffusivity_normal / e.thickness**2)
    gap = np.minimum(np.diff(modes, prepend=-np.inf), np.diff(modes, append=np.inf))
    extent = hankel.extent(sources, reader)
    turn = np.exp(1j * np.pi * (2 * np.arange(_CIRCLE) + 1) / _CIRCLE)[:, None]
    out, error = np.zeros(rates.size), np.zeros(rates.size)
    for i, x in enumerate(rates):
        on = modes < x
        if not on.any():
            continue
        k = ((x - modes[on]) / m.diffusivity_in_plane) ** 0.5
        circle = 0.2 * gap[on] * turn
        t = physics(e, k, circle - x, terms(e, k, part)) * circle
        residue = t.mean(axis=0).real, t[::2].mean(axis=0).real
        # u = ∫ density T d(kR), and x = D_z y² + D_r k² picks the one k: dk = dx/(2 D_r k)
        density = hankel.density(sources, reader, k * radius)
        shape = density * radius / (2 * m.diffusivity_in_plane * k)
        out[i] = shape @ residue[0]
        size = np.abs(t).mean(axis=0)
        # half the points leave the square root of what all of them leave
        left = (residue[0] - residue[1]) ** 2 / size
        # k² is a difference: its rounding turns the phase of the density
        blur = x / (x - modes[on]) * (1 + extent * k * radius)
        error[i] = np.abs(shape) @ (left + (1e-14 + 1e-15 * blur) * size)
    return out, error
