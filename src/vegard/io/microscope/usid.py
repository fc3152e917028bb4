"""The USID layout of pycroscopy: positions × spectra, with a table of indices for each.

https://pycroscopy.github.io/USID/usid_model.html. Band excitation, relaxation and fitted
oscillators come in it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io.microscope import kinds, relaxation
from vegard.io.microscope.hdf5 import Store, attributes, chosen, listing, words
from vegard.io.microscope.parsed import Parsed, Variable, axis, fits, slug

_TABLES = ("Position_Indices", "Position_Values", "Spectroscopic_Indices", "Spectroscopic_Values")
_SHO = {  # names of the field: ours, unit
    "Amplitude [V]": ("amplitude", "V"),
    "Frequency [Hz]": ("f0", "Hz"),
    "Quality Factor": ("q", "–"),
    "Phase [rad]": ("phase", "rad"),
    "R2 Criterion": ("r2", "–"),
}
_MOST_AXES = 20


class Axes(NamedTuple):
    """What numbers the positions, or the points of a spectrum: one column for each axis."""

    labels: list[str]
    units: list[str]
    indices: NDArray[Any]  # (count, axes)
    values: NDArray[Any]


class Grid(NamedTuple):
    """Axes as dimensions: their sizes, the order of the points, and coordinates."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    order: NDArray[np.intp] | None  # None: as they stand
    coordinates: dict[str, Variable]


def mains(store: Store) -> dict[str, Any]:
    """Datasets with all four tables."""
    return {
        name: d
        for name, d in store.datasets.items()
        if len(d.shape or ()) == 2 and all(table in d.attrs for table in _TABLES)
    }


def understood(store: Store, found: dict[str, Any], asked: dict[str, Any]) -> Parsed:
    """One dataset over its axes."""
    name, main = _one(store, chosen(store, found, asked.get("dataset")), asked.get("kind"))
    groups = [name.rsplit("/", i)[0] or "/" for i in range(name.count("/"), 0, -1)]
    out = Parsed("", settings=store.settings("/", *groups))
    out.technique = str(out.settings.get("data_type", ""))
    out.unused = [n.strip("/") for n in found if n != name]
    if out.unused and asked.get("dataset") is None:
        out.notes.append(f"Taken: {name.strip('/')}; dataset= takes another of the file.")
    positions = _axes(store, main, "Position")
    spectra = _axes(store, main, "Spectroscopic")
    if main.shape != (len(positions.indices), len(spectra.indices)):
        raise FileError(f"{store.path} is damaged: the tables of {name} do not fit its size.")
    place = _grid(positions) or _list(positions, "pixel")
    if place.dims == ("pixel",):
        out.notes.append("The positions are no full grid: they stay a list, 'pixel'.")
    steps = relaxation.steps(out.settings)
    point = None if steps else _grid(spectra)
    if point is None:
        point = _stepped(spectra) or _list(spectra, "point")
    raw = store.values(main)
    values = _arranged(raw, place, point)
    out.coordinates = {**place.coordinates, **point.coordinates}
    dims = (*place.dims, *point.dims)
    _take(store, out, name, main, dims, values)
    if steps and "step" in dims:
        relaxation.split(store.path, out, steps, asked.get("starts_with"))
    elif asked.get("starts_with") is not None:
        raise FileError(f"{store.path}: starts_with= says nothing about {name}; leave it out.")
    _label_field(store, out, asked.get("field"))
    present = {d.removesuffix("_step") for v in out.variables.values() for d in v.dims}
    out.kind = out.kind or ("relaxation" if steps else kinds.told(present))
    return out


def _one(store: Store, found: dict[str, Any], kind: str | None) -> tuple[str, Any]:
    """The dataset that is wanted, if that is certain."""
    kept = (
        found if kind is None else {n: d for n, d in found.items() if _is_fit(d) == (kind == "sho")}
    )
    starts = [n for n in kept if n.endswith("/Guess") and n[: -len("Guess")] + "Fit" in kept]
    kept = {n: d for n, d in kept.items() if n not in starts}  # of a fit that is there
    measured = {n: d for n, d in kept.items() if n.endswith("/Raw_Data")}  # the rest is made of it
    kept = measured if len(measured) == 1 else kept
    if len(kept) != 1:
        raise FileError(f"{store.path} holds several data; give one: dataset= {listing(found)}.")
    return next(iter(kept.items()))


def _is_fit(dataset: Any) -> bool:
    """Whether a dataset holds fitted oscillators."""
    return {"Amplitude [V]", "Frequency [Hz]"} <= set(dataset.dtype.names or ())


def _axes(store: Store, main: Any, which: str) -> Axes:
    """The tables of positions or of spectra."""
    tables = []
    for end in ("Indices", "Values"):
        table = store.file[main.attrs[f"{which}_{end}"]]
        values = store.values(table)
        if values.ndim != 2 or values.dtype.kind not in "iuf":
            raise FileError(f"{store.path} is damaged: {which}_{end} is no table of numbers.")
        tables.append((values if which == "Position" else values.T, table))
    (indices, about), (values, _) = tables
    labels, units = words(about, "labels"), words(about, "units")
    count = indices.shape[1]
    if indices.shape != values.shape or not 1 <= count <= _MOST_AXES:
        raise FileError(f"{store.path} is damaged: indices and values of {which} do not fit.")
    labels = (labels + [f"axis_{i}" for i in range(len(labels), count)])[:count]
    units = (units + [""] * count)[:count]
    return Axes(labels, units, indices, values)


def _grid(axes: Axes) -> Grid | None:
    """Axes as dimensions, if each combination is there once; None if not."""
    columns = [np.unique(column, return_inverse=True) for column in axes.indices.T]
    sizes = [len(unique) for unique, _ in columns]
    total = len(axes.indices)
    product = 1
    for size in sizes:
        product *= size
    if product != total or total == 0:
        return None
    changes = [int(np.count_nonzero(np.diff(rank.ravel()))) for _, rank in columns]
    slow = sorted(range(len(columns)), key=lambda i: changes[i])
    place = np.zeros(total, np.intp)
    for i in slow:
        place = place * sizes[i] + columns[i][1].ravel()
    order = np.argsort(place, kind="stable")
    if (place[order] != np.arange(total)).any():
        return None
    shape = tuple(sizes[i] for i in slow)
    grids = [axes.values[order, i].reshape(shape) for i in slow]
    # an axis may have values that go with the others, such as a growing envelope of bias
    needed = [
        {k, *(j for j in range(len(shape)) if j != k and np.ptp(grid, axis=j).any())}
        for k, grid in enumerate(grids)
    ]
    dims: list[str] = []
    for k, i in enumerate(slow):
        name = axis(axes.labels[i]) + ("_step" if len(needed[k]) > 1 else "")
        dims.append(name if name not in dims else f"{name}_{i}")
    coordinates = {}
    for k, i in enumerate(slow):
        index = tuple(slice(None) if j in needed[k] else 0 for j in range(len(shape)))
        own = tuple(dims[j] for j in sorted(needed[k]))
        coordinates[dims[k].removesuffix("_step")] = _coordinate(own, grids[k][index], axes, i)
    same = (order == np.arange(total)).all()
    return Grid(tuple(dims), shape, None if same else order, coordinates)


def _coordinate(dims: tuple[str, ...], values: NDArray[Any], axes: Axes, i: int) -> Variable:
    return Variable(dims, np.array(values, float), axes.units[i], axes.labels[i])


def _list(axes: Axes, dim: str) -> Grid:
    """Axes as columns beside one dimension."""
    coordinates = {
        axis(label): _coordinate((dim,), axes.values[:, i], axes, i)
        for i, label in enumerate(axes.labels)
    }
    return Grid((dim,), (len(axes.indices),), None, coordinates)


def _stepped(axes: Axes) -> Grid | None:
    """Steps × frequency, if every step has the same frequencies in order."""
    names = [axis(label) for label in axes.labels]
    if "frequency" not in names:
        return None
    i = names.index("frequency")
    bins = len(np.unique(axes.indices[:, i]))
    total = len(axes.indices)
    if total % bins:
        return None
    table = axes.values[:, i].reshape(-1, bins)
    if (table != table[0]).any():
        return None
    coordinates = {"frequency": _coordinate(("frequency",), table[0], axes, i)}
    for j, name in enumerate(names):
        column = axes.values[:, j].reshape(-1, bins)
        if j != i and (column == column[:, :1]).all():
            coordinates[name] = _coordinate(("step",), column[:, 0], axes, j)
    return Grid(("step", "frequency"), table.shape, None, coordinates)


def _arranged(raw: NDArray[Any], place: Grid, point: Grid) -> NDArray[Any]:
    if place.order is not None:
        raw = raw[place.order]
    if point.order is not None:
        raw = raw[:, point.order]
    return raw.reshape(*place.shape, *point.shape)


def _take(
    store: Store, out: Parsed, name: str, main: Any, dims: tuple[str, ...], values: NDArray[Any]
) -> None:
    """The variables of a dataset: a fit has several."""
    about = attributes(main)
    short = name.rsplit("/", 1)[-1]
    if values.dtype.names is None:
        fits(store.path, values.nbytes, name)
        label = str(about.get("quantity", "")) or short
        spectral = any(d in dims for d in ("frequency", "bias", "bias_step", "time", "step"))
        variable = "response" if spectral else slug(label) or "response"
        out.add(variable, Variable(dims, values, str(about.get("units", "")), f"{short}: {label}"))
        return
    for field in values.dtype.names:
        ours, unit = _SHO.get(field, (slug(field) or "field", ""))
        out.add(ours, Variable(dims, values[field], unit, field))
    if _is_fit(main):
        out.kind = "sho"
        out.notes.append(
            "Oscillators A e^{iφ} f0²/(f² - i f f0/q - f0²): the amplitude is that of the drive "
            "(the peak is A q), and the phase is π off the usual form."
        )


def _label_field(store: Store, out: Parsed, said: str | None) -> None:
    """Texts for a field that is 0 or 1: which is which differs between programs."""
    field = out.coordinates.get("field")
    both = field is not None and np.unique(field.values).size == 2
    if said is None:
        if both:
            raise FileError(
                f"{store.path}: 'Field' is 0 or 1, which means opposite things in different "
                "programs; give field='off,on' if 0 is without bias, or field='on,off'."
            )
        return
    if field is None or not np.isin(field.values, (0, 1)).all():
        raise FileError(f"{store.path} has no field of 0 and 1; leave field= out.")
    labels = np.array(said.split(","))
    out.coordinates["field"] = field._replace(values=labels[field.values.astype(int)])
    out.notes.append(f"field: 0 is {labels[0]}, 1 is {labels[1]}, as field= says.")
