"""The numbers of a run as CSV and NetCDF; the points of a sweep are dimensions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import isfinite
from typing import Any

import numpy as np

from vegard.io.objects import numbers
from vegard.result import Response

Row = tuple[dict[str, Any], Response]


def dataset(
    rows: Sequence[Row], sweeps: Mapping[str, tuple[Any, ...]], stamp: dict[str, Any]
) -> Any:
    """Dataset of one signal: dimensions are the sweeps, then those of the response.

    Parameters
    ----------
    rows : sequence of (changes, Response)
        One for each combination of the sweeps, in order.
    sweeps : dict
        Dotted paths and their values.
    stamp : dict
        Attributes: schema, version, hash, seed.

    Returns
    -------
    xarray.Dataset
        ``response`` (or its ``response_re`` and ``response_im``) and ``error``, with units.
    """
    import xarray as xr

    first = rows[0][1].to_xarray()
    shape = tuple(len(v) for v in sweeps.values())
    dims = (*sweeps, *first["response"].dims)
    coords: dict[str, Any] = {path: (path, list(values)) for path, values in sweeps.items()}
    coords |= dict(first.coords)
    parts: dict[str, list[Any]] = {"error": [r.error for _, r in rows]}
    if np.iscomplexobj(first["response"].values):
        parts["response_re"] = [np.real(r.values) for _, r in rows]
        parts["response_im"] = [np.imag(r.values) for _, r in rows]
    else:
        parts["response"] = [r.values for _, r in rows]
    attributes = {"units": rows[0][1].units}
    data = {
        name: (dims, np.stack(values).reshape(shape + first["response"].shape), attributes)
        for name, values in sorted(parts.items())
    }
    return xr.Dataset(data, coords, {k: v for k, v in stamp.items() if v is not None})


def table(rows: Sequence[Row], stamp: dict[str, Any], base: Any) -> str:
    """The same as CSV, one line for each point, with a heading of comments.

    Parameters
    ----------
    rows : sequence of (changes, Response)
        One for each combination of the sweeps.
    stamp : dict
        What the heading says.
    base : Experiment
        The experiment, for the units of the swept parameters.
    """
    out = io.StringIO(newline="")
    for key, value in stamp.items():
        out.write(f"# {key}: {_line(value)}\n")
    names, units = _columns(rows[0], base)
    described = (
        f"{n} [{u}]" if u not in ("", "–") else n for n, u in zip(names, units, strict=True)
    )
    out.write(f"# columns: {', '.join(described)}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerows(_lines(*row))
    return out.getvalue()


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _columns(row: Row, base: Any) -> tuple[list[str], list[str]]:
    changes, response = row
    known = numbers(base)
    columns = [(path, known[path][1] if path in known else "") for path in changes]
    columns += [(a.name, a.unit) for a in response.axes]
    unit = response.units
    if np.iscomplexobj(response.values):
        columns += [("re", unit), ("im", unit), ("amplitude", unit), ("phase", "rad")]
    else:
        columns += [("displacement" if unit == "m" else "response", unit)]
    columns.append(("error", unit))
    return [c[0] for c in columns], [c[1] for c in columns]


def _lines(changes: dict[str, Any], response: Response) -> Iterator[list[Any]]:
    head = list(changes.values())
    values, error = np.atleast_1d(response.values), np.atleast_1d(response.error)
    axes = [np.ravel(a.points).tolist() for a in response.axes]
    points = product(*axes)
    for point, v, e in zip(points, values.ravel().tolist(), error.ravel().tolist(), strict=True):
        if isinstance(v, complex):
            yield [*head, *point, v.real, v.imag, abs(v), float(np.angle(v)), e]
        else:
            yield [*head, *point, v, e]


def plain(value: Any) -> Any:
    """Content that JSON can hold: no nan, no infinity, no arrays."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
