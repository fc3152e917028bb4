"""The verb `write`: labelled data as NetCDF, NSID HDF5 or Gwyddion, whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vegard.errors import FileError, VegardError
from vegard.files import whole

if TYPE_CHECKING:
    import xarray as xr

SCHEMA = 1
_PATH = re.compile(r"[^/\0]+")
_EVEN = 1e-6  # of a step: how far the pixels of an image may be from an even grid


def write(data: xr.Dataset | xr.DataArray, path: str | Path) -> Path:
    r"""Write labelled data to a file that `vegard.read` and other programs open.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        Numbers, truth values or texts over named axes, with ``units`` [any] in the attributes. A
        response is written by ``write(response.to_xarray(), path)``.
    path : str or Path
        ``.nc``: NetCDF 4, complex values as ``name_re`` and ``name_im``. ``.h5`` or ``.hdf5``:
        NSID, complex values as such. ``.gwy``: Gwyddion, for images over ``y`` and ``x`` [m] of
        even pixels; in double precision, a complex one as two images, nan and inf under a mask
        (read again as nan).

    Returns
    -------
    Path
        The file; it is written beside and renamed, so that it is whole or not there.

    Raises
    ------
    VegardError
        If the ending is none of these, or the data do not fit the format.
    FileError
        If the place cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import xarray as xr
    >>> import vegard as vg
    >>> map = xr.Dataset({"height": (("y", "x"), [[1e-9, 2e-9], [3e-9, 4e-9]], {"units": "m"})},
    ...                  {"y": [0.0, 1e-8], "x": [0.0, 1e-8]})
    >>> with TemporaryDirectory() as folder:
    ...     again = vg.read(vg.write(map, Path(folder, "map.gwy")))
    >>> float(again.height.sel(y=1e-8, x=0.0, method="nearest")), again.height.units
    (3e-09, 'm')
    """
    import xarray as xr

    if isinstance(data, xr.DataArray):
        data = data.to_dataset(name=data.name or "response")
    if not isinstance(data, xr.Dataset):
        raise VegardError(
            f"write takes an xarray.Dataset or DataArray; got {type(data).__name__}. A response "
            "becomes one by .to_xarray()."
        )
    path = Path(path)
    make = _WRITERS.get(path.suffix.lower())
    if make is None:
        raise VegardError(
            f"{path} does not say the format: its ending is one of {', '.join(_WRITERS)}."
        )
    _check(data)
    with whole(path) as target:
        try:
            make(data, target)
        except OSError as error:
            raise FileError(f"cannot write {path}: {error.strerror or error}.") from None
    return path


def _check(data: xr.Dataset) -> None:
    """Refuse what no file holds: objects, and names with a slash."""
    for name in (*data.dims, *data.variables):
        if not isinstance(name, str) or not _PATH.fullmatch(name) or name == ".":
            raise VegardError(f"{name!r} is no name for a file; rename it, data.rename(...).")
    for name, v in data.variables.items():
        if v.dtype.kind not in "biufcUT" and not _is_text(v.values):
            raise VegardError(
                f"{name} holds {v.dtype}, and only numbers, truth values and texts are written; "
                "convert it, data[name].astype(float)."
            )


def _is_text(values: Any) -> bool:
    return values.dtype.kind == "O" and all(isinstance(item, str) for item in values.ravel())


def _stamped(data: xr.Dataset) -> dict[str, Any]:
    """Attributes of the file: those of the data, with schema and version."""
    from vegard import __version__

    return {"schema": SCHEMA, "vegard": __version__, **_plain(data.attrs)}


def _plain(attrs: Any) -> dict[str, Any]:
    """Attributes as texts and numbers; anything else as JSON or text."""
    out: dict[str, Any] = {}
    for key, value in attrs.items():
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, bool):
            value = int(value)
        out[str(key)] = value if isinstance(value, str | int | float) else str(value)
    return out


def _in_parts(data: xr.Dataset) -> xr.Dataset:
    """Complex variables as pairs of real ones."""
    for name in [str(n) for n, v in data.variables.items() if v.dtype.kind == "c"]:
        v = data[name]
        for end, part in (("re", v.real), ("im", v.imag)):
            new = f"{name}_{end}"
            if new in data.variables:
                raise VegardError(
                    f"{name} is complex and {new} exists already; rename one of them."
                )
            data = data.assign({new: part.assign_attrs(v.attrs)})
        data = data.drop_vars(name)
    return data


def _netcdf(data: xr.Dataset, target: Path) -> None:
    complex_axes = [n for n in data.dims if n in data.coords and data[n].dtype.kind == "c"]
    if complex_axes:
        raise VegardError(f"the axis {complex_axes[0]} is complex, which NetCDF cannot hold.")
    out = _in_parts(data).copy()  # whose attributes may change
    for name, v in out.variables.items():
        numbers = {  # flag_values, by CF in the type of the flags
            key: np.asarray(value, v.dtype if key == "flag_values" else None)
            for key, value in v.attrs.items()
            if isinstance(value, list | tuple | np.ndarray) and np.asarray(value).dtype.kind in "if"
        }
        out[name].attrs = _plain(v.attrs) | numbers
    out = out.assign_attrs(_stamped(data))
    out.attrs = _stamped(data)
    plain = {str(name): {"_FillValue": None} for name in out.variables}
    out.to_netcdf(target, engine="h5netcdf", encoding=plain)


def _nsid(data: xr.Dataset, target: Path) -> None:
    import h5py

    from vegard.io.microscope.nsid import OURS

    with h5py.File(target, "w") as file:
        file.attrs[OURS] = json.dumps(_stamped(data))
        group = file.create_group("Measurement_000/Channel_000")
        scales = {}
        for name, size in data.sizes.items():
            v = data.coords.get(name)
            values = np.arange(size) if v is None else v.values
            scale = scales[name] = _dataset(group, f"{name}/{name}", values)
            attrs = {} if v is None else _plain(v.attrs)
            _tell(scale, str(name), attrs, "axis" if v is not None else "number")
            scale.attrs["dimension_type"] = _dimension(str(name))
            scale.make_scale(str(name))
        for name, v in data.variables.items():
            if name in data.dims:
                continue
            new = _dataset(group, f"{name}/{name}", v.values)
            role = "coordinate" if name in data.coords else "variable"
            _tell(new, str(name), _plain(v.attrs), role)
            _main(new, str(name), v.dims, scales)


def _dataset(group: Any, name: str, values: Any) -> Any:
    """Numbers as they are; texts of variable length, which every reader knows."""
    import h5py

    if values.dtype.kind in "UTO":
        text = h5py.string_dtype()
        return group.create_dataset(name, data=values.astype(object), dtype=text)
    return group.create_dataset(name, data=values)


def _tell(item: Any, name: str, attrs: dict[str, Any], role: str) -> None:
    from vegard.io.microscope.nsid import OURS

    item.attrs["quantity"] = str(attrs.get("column") or name)
    item.attrs["units"] = str(attrs.get("units", ""))
    item.attrs["vegard_name"], item.attrs["vegard_role"] = name, role
    item.attrs[OURS] = json.dumps({k: v for k, v in attrs.items() if k != "units"})


def _dimension(name: str) -> str:
    kinds = {"x": "SPATIAL", "y": "SPATIAL", "time": "TEMPORAL"}
    return kinds.get(name, "SPECTRAL")


def _main(item: Any, name: str, dims: tuple[Any, ...], scales: dict[Any, Any]) -> None:
    """What makes a dataset one of NSID: a scale on every axis, and what it is."""
    spatial = {"x", "y"} & set(dims)
    rest = len(dims) - len(spatial)
    kind = {(2, 0): "IMAGE", (0, 1): "SPECTRUM", (2, 1): "SPECTRAL_IMAGE"}
    item.attrs["data_type"] = kind.get((len(spatial), rest), "UNKNOWN")
    item.attrs["modality"], item.attrs["source"] = "scanning probe microscopy", "vegard"
    item.attrs["main_data_name"] = name
    for i, dim in enumerate(dims):
        item.dims[i].label = str(dim)
        item.dims[i].attach_scale(scales[dim])


def _gwyddion(data: xr.Dataset, target: Path) -> None:
    from vegard.io.microscope import gwy
    from vegard.io.microscope.gwy import Object

    data = _in_parts(data)
    items: dict[str, Any] = {}
    about = json.dumps(_stamped(data))
    for number, (name, v) in enumerate(data.data_vars.items()):
        if v.dims not in (("y", "x"), ("x", "y")) or v.dtype.kind not in "biuf":
            axes = ", ".join(map(str, v.dims))
            raise VegardError(
                f"Gwyddion holds images over y and x, and {name} is over {axes} ({v.dtype}); "
                "choose one, data.isel(...), or write .nc or .h5."
            )
        attrs = _plain(v.attrs)
        plane = v.transpose("y", "x").values[::-1].astype(float)  # its first row is the upper edge
        known = np.isfinite(plane)
        if not known.all():  # Gwyddion marks what has no value by a mask, and fills it
            items[f"/{number}/mask"] = _field(data, (~known).astype(float), "")
            plane = np.where(known, plane, plane[known].mean() if known.any() else 0.0)
        items[f"/{number}/data"] = _field(data, plane, str(attrs.pop("units", "")))
        items[f"/{number}/data/title"] = str(name)
        meta = {gwy.FILE: about, gwy.IMAGE: json.dumps(attrs)}
        items[f"/{number}/meta"] = Object("GwyContainer", meta)
    target.write_bytes(gwy.packed(Object("GwyContainer", items)))


def _field(data: xr.Dataset, plane: Any, unit: str) -> Any:
    """An image with its lengths, as Gwyddion has it."""
    from vegard.io.microscope.gwy import Object

    size, start = zip(*(_even(data, axis) for axis in ("y", "x")), strict=True)
    lengths = str(data["x"].attrs.get("units", "m")) if "x" in data.coords else ""
    return Object(
        "GwyDataField",
        {
            "xres": int(plane.shape[1]),
            "yres": int(plane.shape[0]),
            "xreal": size[1],
            "yreal": size[0],
            "xoff": start[1],
            "yoff": start[0],
            "si_unit_xy": Object("GwySIUnit", {"unitstr": lengths}),
            "si_unit_z": Object("GwySIUnit", {"unitstr": unit}),
            "data": plane.ravel(),
        },
    )


def _even(data: xr.Dataset, axis: str) -> tuple[float, float]:
    """Length of an axis and its first edge; an error if its pixels are not even and rising."""
    count = data.sizes[axis]
    x = np.asarray(data[axis].values, float)
    step = (x[-1] - x[0]) / (count - 1) if count > 1 else 0.0
    if not step > 0 or np.abs(np.diff(x) - step).max() > _EVEN * step:
        raise VegardError(
            f"Gwyddion needs two pixels or more on a rising, even axis, and {axis} is none; use "
            f"data.sortby('{axis}') or data.interp, or write .nc or .h5."
        )
    return float(step * count), float(x[0] - step / 2)


_WRITERS: dict[str, Callable[[Any, Path], None]] = {
    ".nc": _netcdf,
    ".h5": _nsid,
    ".hdf5": _nsid,
    ".gwy": _gwyddion,
}
