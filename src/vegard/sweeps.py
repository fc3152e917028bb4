"""Any verb over any combination of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.errors import VegardError
from vegard.experiment import Experiment
from vegard.result import Response

if TYPE_CHECKING:
    import xarray as xr


def sweep(
    verb: Callable[..., Response],
    experiment: Experiment,
    parameters: Mapping[str, Any],
    **kw: Any,
) -> xr.DataArray:
    """Response of a verb over all combinations of parameters.

    Parameters
    ----------
    verb : callable
        ``frequency_response``, ``static_response``, ``step_response``, ``time_response`` or
        ``relaxation_times``.
    experiment : Experiment
        The experiment that is varied.
    parameters : dict
        Dotted path to its values, e.g. ``{"tip.radius": [10e-9, 20e-9]}``.
    **kw
        Arguments of the verb.

    Returns
    -------
    xarray.DataArray
        Dimensions: the paths, then ``at`` and the swept axis where they are arrays. The numerical
        error is the coordinate ``error``.

    Raises
    ------
    VegardError
        If a path does not exist, a value breaks its rule, or a list is empty.

    Examples
    --------
    >>> import vegard as vg
    >>> e = vg.Experiment(vg.Material(1e-15, 1e-6, 0.3), vg.DiscTip(10e-9))
    >>> u = vg.sweep(vg.static_response, e, {"tip.radius": [10e-9, 20e-9]}, per="concentration")
    >>> [f"{v:.2e}" for v in u.values], u.dims
    (['1.30e-14', '2.60e-14'], ('tip.radius',))
    """
    import xarray as xr

    values = {path: _values(path, v) for path, v in parameters.items()}
    results = [
        verb(experiment.replace(dict(zip(values, point, strict=True))), **kw).to_xarray()
        for point in product(*values.values())
    ]
    if not results:
        raise VegardError("nothing to sweep; give a dict of paths and values.")
    first = results[0]["response"]
    shape = tuple(len(row) for row in values.values())
    dims = (*values, *first.dims)

    def stacked(name: str) -> Any:
        same = [np.array_equal(r[d], first[d]) for r in results for d in first.dims]
        if not all(same):
            raise VegardError(
                "the axis of the response changes along the sweep; give it, e.g. tau=."
            )
        return np.stack([r[name].values for r in results]).reshape(shape + first.shape)

    coords: dict[str, Any] = {path: (path, _labels(row)) for path, row in values.items()}
    coords |= dict(first.coords.items())
    coords["error"] = (dims, stacked("error"))
    return xr.DataArray(stacked("response"), coords, dims, "response", first.attrs)


def _values(path: str, row: Any) -> list[Any]:
    """Values of one path as a list; NumPy numbers as Python's."""
    if isinstance(row, str) or not hasattr(row, "__iter__"):
        raise VegardError(f"the sweep over {path} takes a list of values; got {row!r}.")
    out = row.tolist() if isinstance(row, np.ndarray) else list(row)
    if not out:
        raise VegardError(f"the sweep over {path} is empty; give one value or more.")
    return [v.item() if isinstance(v, np.generic) else v for v in out]


def _labels(row: list[Any]) -> list[Any]:
    """Numbers as they are; pairs and objects as text."""
    return row if all(isinstance(v, int | float) for v in row) else [str(v) for v in row]
