"""The verb fit_map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.errors import VegardError, unknown_name
from vegard.experiment import Experiment
from vegard.fitting.data import Data
from vegard.fitting.problem import LOSSES, Problem
from vegard.fitting.problem import build as problem_of
from vegard.fitting.sample import VEGARD, parameters, sample
from vegard.mapping import dictionary, sources, store, stream
from vegard.mapping.screening import FLAGS
from vegard.mapping.solver import Solver
from vegard.result import describe

if TYPE_CHECKING:
    import xarray as xr

SCHEMA = 1
_AXES = {"relaxation": "time", "frequency": "frequency", "loop": "bias"}
_NAMES = {"gain": "amplitude", VEGARD: "vegard"}


def fit_map(
    experiment: Experiment,
    data: Data,
    free: Any,
    *,
    out: Any = None,
    chunks: Any = None,
    scheduler: Any = "threads",
    resume: bool = True,
    loss: str = "gauss",
    progress: Callable[[int, int, str], None] | None = None,
) -> xr.Dataset:
    r"""Fit a sample to the curve of every pixel of a map.

    Parameters
    ----------
    experiment : Experiment
        The sample; what is free needs no value.
    data : Data
        Curves with ``y`` of shape (..., n), one for each pixel: relaxations, spectra or loops. An
        array of NumPy, xarray, Dask, Zarr or h5py; labels of xarray are kept. nan is a reading
        that is missing.
    free : list of str, or dict
        Paths of the free parameters, as of `fit`: one or two nonlinear ones, such as
        ``"material.diffusivity"`` and ``"interface.rate"``, each with a range (low, high) [SI
        units] or None in a dict; ``"gain"`` or ``"material.vegard"``; ``"offset"``.
    out : str or Path, optional
        Zarr store for the maps, for data larger than memory: chunks are written as they are
        finished. Needs the extra ``maps``.
    chunks : int or tuple of int, optional
        Pixels of a chunk, along each axis of the map or altogether.
    scheduler : str or distributed.Client
        "threads", "synchronous", "processes", or the address of a Dask scheduler, "tcp://…".
    resume : bool
        Go on with what ``out`` holds of the same fit; False starts anew.
    loss : {"gauss", "huber", "cauchy"}
        What is least: squares, or a loss that bears outliers.
    progress : callable, optional
        Called with (done, total, what) after each chunk.

    Returns
    -------
    xarray.Dataset
        Over the axes of the map: each free parameter by the last part of its path, such as
        ``diffusivity`` [m²/s], the gain as ``amplitude`` [unit of the data per unit of the model],
        ``offset`` [unit of the data]; each with ``*_sigma``, its standard deviation, inf where the
        data set no more than a limit. ``chi2``, the sum of squared residuals, over σ² where it was
        given; from the median of the residuals with a robust loss. ``degrees``, readings less
        parameters. ``scatter`` of the readings about the fit [unit of the data]. ``outliers``, how
        many readings lie 6 standard deviations off. ``flag``: 0 good; 1 missing: too few readings;
        2 flat; 3 saturated; 4 not_converged: these have nan; 5 undetermined: no signal, or any
        value serves; 6 limit: a parameter has one end only; 7 incomplete: some readings are nan;
        8 outliers; 9 misfit: the residuals are no noise, the model is not the sample and the
        standard deviations are too small. The attribute ``counts`` has the number of each as JSON.

    Raises
    ------
    VegardError
        If data are no map, for other numbers of nonlinear parameters, starts, what `fit` refuses.
    NotConverged
        If shapes change too fast for a dictionary.

    Notes
    -----
    .. math:: \min_{\theta,a,b} \sum_i \frac{(y_i - a\,m_i(\theta) - b)^2}{\sigma_i^2}, \qquad
        m - \bar m \propto s(\theta) \approx \sum_{k=1}^{r} c_k(\theta)\,v_k

    θ are logarithms of the nonlinear parameters, a the gain, b the offset, y the readings of a
    pixel and m the curve at gain 1. Shapes s are tabulated once over all θ that the data can see
    and 10⁴ beyond, compressed to r singular vectors v (to 1e-7), and splined; the attribute
    ``dictionary_error`` is their error against the exact verbs. Each pixel is compared with all of
    them and refined from the best (Levenberg, Marquardt; variable projection: Golub and Pereyra,
    SIAM J. Numer. Anal. 10, 413 (1973), doi 10.1137/0710036). Standard deviations are σ²(JᵀJ)⁻¹,
    with σ² = χ²/(n - p) where it was not given, or larger, so that kσ hold all θ that raise χ² by
    less than k²σ², k = 1, 2, 3. A robust loss starts without what a Hampel filter finds, and
    weights again until at rest. With R fixed only D/R² is known: an error of R enters D twice.
    tests/mapping.

    Examples
    --------
    >>> import numpy as np, vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(20e-9))
    >>> t, pulse = np.geomspace(0.11, 10, 64), vg.Pulse(0.1)
    >>> D = np.array([[1e-15, 4e-15], [2e-14, 3e-16]])
    >>> u = [[vg.time_response(e.replace({"material.diffusivity": d}), pulse, t,
    ...                        per="concentration").values for d in row] for row in D]
    >>> noise = np.random.default_rng(1).normal(size=(2, 2, 64)) * 1e-16
    >>> maps = vg.fit_map(e, vg.Data("relaxation", t, u + noise, drive=pulse, per="concentration"),
    ...                   ["material.diffusivity", "gain", "offset"])
    >>> [f"{d:.1e} ± {s:.0e}" for d, s in zip(maps.diffusivity.values.ravel(),
    ...                                       maps.diffusivity_sigma.values.ravel())]
    ['1.0e-15 ± 5e-17', '4.0e-15 ± 5e-16', '2.0e-14 ± inf', '2.8e-16 ± 1e-17']
    """
    problem = _problem(experiment, data, free, loss)
    table = dictionary.of(problem)
    solver = Solver(problem, table, _variables(problem, data))
    source = sources.of(data.y)
    told = _told(experiment, data, problem, table)
    if out is None:
        made = stream.in_memory(solver, source, chunks, scheduler, progress)
        return made.assign_attrs(told | _counted(made))
    made = stream.run(
        solver, source, out=out, chunks=chunks, scheduler=scheduler, resume=resume,
        progress=progress, manifest=told,
    )  # fmt: skip
    counts = _counted(made)
    store.annotate(out, counts)
    return made.assign_attrs(counts)


def _problem(experiment: Any, data: Any, free: Any, loss: str) -> Problem:
    """The problem of one pixel."""
    if loss not in LOSSES:
        raise unknown_name("loss", loss, LOSSES)
    if not isinstance(experiment, Experiment):
        raise VegardError(f"fit_map takes a vegard.Experiment first; got {experiment!r}.")
    if not isinstance(data, Data) or not data.is_map:
        raise VegardError(
            "fit_map takes a vegard.Data with y of shape (..., n), a curve for each pixel; one "
            "curve is fitted by vegard.fit."
        )
    _check_labels(data, free)
    kind = complex if data.is_complex else float
    one = Data(data.kind, data.x, np.ones(data.x.size, kind), data.sigma, drive=data.drive,
               per=data.per, at=data.at, field=data.field)  # fmt: skip
    whole, bare = sample(experiment, [one])
    found, _ = parameters(free, whole, bare, [one])
    for p in found:
        if p.linear and (p.start is not None or np.isfinite([p.low, p.high]).any()):
            raise VegardError(f"free['{p.name}'] takes no start or range in a map; give None.")
    if {"gain", VEGARD} <= {p.path for p in found}:
        raise VegardError("'gain' and 'material.vegard' scale the same curve: free one of them.")
    return problem_of(whole, [one], found, None, loss)


def _check_labels(data: Data, free: Any) -> None:
    """Refuse labels that say something else than the data."""
    unit = getattr(data.y, "attrs", {}).get("units", "")
    if unit not in ("", data.unit) and "gain" not in free:
        raise VegardError(
            f"the curves are in {unit}, the model in {data.unit}: free 'gain' too, or convert them."
        )
    if (axis := _AXES[data.kind]) in (dims := tuple(getattr(data.y, "dims", ())))[:-1]:
        raise VegardError(
            f"the axes of the curves are {', '.join(map(str, dims))}; '{axis}' must be the last: "
            f"data.transpose(..., '{axis}')."
        )


def _variables(problem: Problem, data: Data) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Types and attributes of the maps."""
    unit = getattr(data.y, "attrs", {}).get("units", data.unit)
    out: dict[str, tuple[Any, dict[str, Any]]] = {}
    for p in (*problem.nonlinear, *problem.linear):
        name = _NAMES.get(p.path, p.path.rpartition(".")[2])
        scale = "1" if unit == data.unit else f"({unit})/{data.unit}"
        units = {"gain": scale, "offset": unit}.get(p.path, p.unit)
        what = {"gain": "factor of the model", "offset": "constant added to the model"}
        text = what.get(p.path, f"{p.path}, {p.symbol}")
        out[name] = (float, {"long_name": text, "units": units})
        out[f"{name}_sigma"] = (float, {"long_name": f"standard deviation of {name}, inf where it "
                                        "has no more than a limit", "units": units})  # fmt: skip
    known = all(problem.known)
    square = "1" if known else f"({unit})²"
    text = "sum of squared residuals" + (" over sigma²" if known else "")
    if problem.loss != "gauss":
        text += ", from their median"
    out["chi2"] = (float, {"long_name": text, "units": square})
    out["degrees"] = (float, {"long_name": "readings less parameters", "units": "1"})
    out["scatter"] = (float, {"long_name": "scatter of readings about the fit", "units": unit})
    out["outliers"] = (np.int32, {"long_name": "readings 6 standard deviations off", "units": "1"})
    out["flag"] = (np.int8, {"long_name": "what went wrong, 0 for nothing",
                             "flag_values": list(range(len(FLAGS))),
                             "flag_meanings": " ".join(FLAGS)})  # fmt: skip
    return out


def _told(
    experiment: Experiment, data: Data, problem: Problem, table: dictionary.Dictionary
) -> dict[str, Any]:
    """What made the maps, apart from the curves themselves."""
    from vegard import __version__

    free = [p.name for p in (*problem.nonlinear, *problem.linear)]
    inputs = describe({"verb": "fit_map", "experiment": experiment, "kind": data.kind,
                       "x": data.x, "sigma": data.sigma, "drive": data.drive, "per": data.per,
                       "at": data.at, "field": data.field, "free": free, "loss": problem.loss,
                       "range": [[float(v) for v in pair]
                                 for pair in zip(table.low, table.high, strict=True)]})  # fmt: skip
    return {
        "schema": SCHEMA,
        "vegard": __version__,
        "kind": "map",
        "of": data.kind,
        "free": " ".join(free),
        "loss": problem.loss,
        "degrees": int(problem.y.size - len(free)),
        "sigma_given": int(all(problem.known)),
        "dictionary_error": table.error,
        "dictionary_rank": table.rank,
        "dictionary_nodes": int(table.table[..., 0].size),
        "inputs": inputs,
        "inputs_sha256": hashlib.sha256(inputs.encode()).hexdigest(),
    }


def _counted(made: xr.Dataset) -> dict[str, str]:
    """How many pixels have each flag."""
    flags, count = np.unique(made["flag"].values, return_counts=True)
    counts = {FLAGS[int(f)]: int(n) for f, n in zip(flags, count, strict=True)}
    return {"counts": json.dumps(counts)}
