"""The NSID layout of pycroscopy: arrays of many axes, each with a scale of its own.

https://pycroscopy.github.io/pyNSID/nsid.html.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vegard.errors import FileError
from vegard.io.microscope import kinds
from vegard.io.microscope.hdf5 import Store, attributes, chosen, listing, words
from vegard.io.microscope.parsed import (
    Parsed,
    Variable,
    axis,
    fits,
    from_json,
    keep,
    printable,
    slug,
)

OURS = "vegard_attributes"  # attribute of the file's root: JSON of what a dataset carries
_OWN = {  # attributes of the layout, which are no one's settings
    "CLASS", "NAME", "data_type", "dimension_type", "main_data_name", "modality", "name",
    "quantity", "units", "source", "machine_id", "platform", "timestamp", "pyNSID_version",
    "sidpy_version", "vegard_attributes", "vegard_name", "vegard_role",
}  # fmt: skip


def mains(store: Store) -> dict[str, Any]:
    """Datasets that say what they are, and have a scale on every axis."""
    return {
        name: d
        for name, d in store.datasets.items()
        if (d.shape or "vegard_name" in d.attrs) and "data_type" in d.attrs and _scaled(d)
    }


def _scaled(dataset: Any) -> bool:
    return all(len(dim) > 0 for dim in dataset.dims)


def understood(store: Store, found: dict[str, Any], asked: dict[str, Any]) -> Parsed:
    """Datasets over their axes: all of them, if their axes agree."""
    for name in ("starts_with", "field"):
        if asked.get(name) is not None:
            raise FileError(f"{store.path}: {name}= says nothing about the NSID layout.")
    wanted = chosen(store, found, asked.get("dataset"))
    out = Parsed("")
    root = attributes(store.file)
    ours = OURS in root
    fits(store.path, sum(d.size * d.dtype.itemsize for d in wanted.values()))
    for name, dataset in wanted.items():
        _one(store, out, name, dataset, ours, found)
    if ours:
        out.attributes = from_json(root[OURS])
    groups = dict.fromkeys(n.rsplit("/", 1)[0] for n in wanted)
    inner = [g for g in groups if g]
    for place in inner:
        for sub in ("metadata", "original_metadata"):
            if f"{place}/{sub}" in store.file:
                inner = [*inner, f"{place}/{sub}"]
    for key, value in store.settings("/", *dict.fromkeys(inner)).items():
        if key not in _OWN:
            keep(out.settings, key, value)
    first = next(iter(wanted.values()))
    out.technique = printable(str(attributes(first).get("modality", "")))
    out.unused = [n.strip("/") for n in found if n not in wanted]
    out.kind = str(out.attributes.pop("kind", "")) or kinds.told(
        {d for v in out.variables.values() for d in v.dims}
    )
    return out


def _one(
    store: Store, out: Parsed, path: str, dataset: Any, ours: bool, found: dict[str, Any]
) -> None:
    """One dataset and its axes."""
    about = attributes(dataset)
    labels = words(dataset, "DIMENSION_LABELS")
    dims = []
    for i, dim in enumerate(dataset.dims):
        scale = dim[0]
        label = labels[i] if i < len(labels) and labels[i] else str(scale.name).rsplit("/", 1)[-1]
        name = label if ours else axis(label)
        name = name if name not in dims else f"{name}_{i}"
        dims.append(name)
        values = store.values(scale)
        if values.shape != (dataset.shape[i],):
            raise FileError(f"{store.path} is damaged: the axis {label!r} does not fit {path}.")
        said = attributes(scale)
        attrs = from_json(said.get(OURS)) if ours else {}
        units, column = str(said.get("units", "")), attrs.pop("column", "" if ours else label)
        new = Variable((name,), values, units, column, attrs)
        old = out.coordinates.setdefault(name, new)
        if not (old.dims == new.dims and np.array_equal(old.values, new.values)):
            raise FileError(
                f"{store.path} holds data over different axes; give one: dataset= {listing(found)}."
            )
    attrs = from_json(about.get(OURS)) if ours else {}
    quantity = str(about.get("quantity", "")) or path.rsplit("/", 1)[-1]
    column = attrs.pop("column", "" if ours else quantity)
    variable = Variable(
        tuple(dims), store.values(dataset), str(about.get("units", "")), column, attrs
    )
    if ours:
        place = out.coordinates if about.get("vegard_role") == "coordinate" else out.variables
        place[str(about.get("vegard_name", quantity))] = variable
        return
    spectral = kinds.told(set(dims)) not in ("image", "array")
    single = len(found) == 1 and spectral
    out.add("response" if single else slug(quantity) or "response", variable)
