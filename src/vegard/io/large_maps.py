"""Maps in files that are too large to be opened at once."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from vegard.errors import FileError
from vegard.io.microscope import child, formats
from vegard.mapping.sources import Labelled


def open_path(path: str | Path, dataset: str | None = None) -> Labelled:
    """The curves of a map in a file, which are read when they are fitted.

    Parameters
    ----------
    path : path-like
        HDF5 with any array whose last axis are the curves (NSID and NetCDF 4 with their axes, other
        layouts without), or a Zarr folder.
    dataset : str, optional
        Which array, if there are several.

    Returns
    -------
    Labelled
        Shape (..., m), with axes, their coordinates and the units as the file has them; takes the
        place of ``y`` in `vegard.Data`.

    Raises
    ------
    FileError
        If the file is damaged or of another format, or it is not certain what is wanted.

    Notes
    -----
    A child process with limits opens the file first, looks at its structure and reads the axes and
    the first and last curve. Only then this process opens it. What that does not cover: chunks in
    the middle are unpacked where they are fitted, without limits of memory and time. A file from a
    source that you do not trust should be copied with `vegard.read`, in parts.
    """
    file = Path(path)
    what = formats.recognise(file)
    if what not in ("HDF5", "Zarr"):
        raise FileError(
            f"{file} cannot be read in parts: HDF5 and Zarr can. Open it at once with vegard.read."
        )
    found = child.opened(file, f"{what} outline", {"dataset": dataset})
    name, dims = found.settings["dataset"], found.settings["dims"].split("\n")
    if what == "HDF5":
        import h5py

        array = h5py.File(file, "r", locking=False)[name]
    else:
        array = import_module("zarr").open_array(file / name, mode="r")
    import xarray as xr

    coords = {
        key: xr.Variable(v.dims, v.values, {"units": v.units} if v.units else {})
        for key, v in found.coordinates.items()
    }
    units = found.settings["units"]
    return Labelled(array, tuple(dims), coords, {"units": units} if units else {})
