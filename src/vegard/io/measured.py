"""The verb `read`: measured files, with units, signs and order made certain."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vegard.errors import FileError, OutOfRegime, unknown_name
from vegard.io import (
    assembly,
    column_files,
    ec_lab,
    hints,
    impedance_formats,
    tables,
    texts,
)
from vegard.io.hints import Hints
from vegard.io.kinds import KINDS
from vegard.io.microscope import formats, kinds, labelled
from vegard.io.tables import Table

if TYPE_CHECKING:
    import xarray as xr

SCHEMA = 1
_FOREIGN = (  # first bytes of files that are no text
    (rb"PK\x03\x04", "an archive or a workbook", "save the sheet as CSV"),
    (rb"\xd0\xcf\x11\xe0", "an old workbook", "save the sheet as CSV"),
    (rb"\x93NUMPY", "an array of NumPy without names or units", "write it as CSV with a header"),
    (rb"BIO-LOGIC MODULAR FILE", "a binary file of EC-Lab", "export it as text (.mpt) in EC-Lab"),
    (rb"BIO-LOG", "a binary file of EC-Lab", "export it as text (.mpt) in EC-Lab"),
    (rb"\x80[\x02-\x05]", "a pickle, which is never loaded", "export the columns as CSV"),
)


def read(path: str | Path, *, kind: str | None = None, **hints: Any) -> xr.Dataset:
    r"""Quantities of a measured file, of electrochemistry or of a microscope, in SI.

    Parameters
    ----------
    path : str or Path
        Text with columns (any delimiter, decimal points or commas), a text export of EC-Lab
        (.mpt), Parquet, JSON, or a format that impedance.py reads. Of a microscope: Asylum .ibw,
        HDF5 (USID and NSID), Gwyddion .gwy, Nanonis .sxm, .3ds and .dat; NetCDF and Zarr that
        vegard wrote. These are opened in a child process of at most 2 GiB and 60 s.
    kind : str, optional
        What was measured, inferred where that is certain: "eis", "pitt", "gitt", "frequency",
        "relaxation" or "table"; of a microscope "image", "frequency", "relaxation", "loop", "sho",
        "curve" or "array".
    **hints
        What the file does not say; None of them is needed where it does.
        ``columns``: names of all columns with units, "time (s), -, current (mA)", or the number
        (from 1) or name of one, ``{"current": 2}``; ``decimal``, ``delimiter``; ``part`` of a file
        with several headers; ``cycle`` or ``pulse`` to read; ``sort=True`` for times out of order;
        ``duplicates``: "mean", "first" or "keep"; ``missing="drop"``; ``sign``: 1 if the imaginary
        column is Im Z, -1 if it is -Im Z; ``phase_unit``: "deg" or "rad"; ``instrument`` for
        impedance.py; ``record`` of a JSON file. Of HDF5: ``dataset``, the path of one of several;
        ``starts_with``: "write" or "read", which comes first in a relaxation; ``field``: "off,on"
        or "on,off", what 0 and 1 stand for.

    Returns
    -------
    xarray.Dataset
        Over ``time`` [s]: ``current`` [A] (pitt, gitt), ``voltage`` [V] (gitt), ``response``
        (relaxation). Over ``frequency`` [Hz]: complex ``impedance`` [Ω], in the convention
        e^{+iωt}, a capacitor having Im Z < 0 (eis); ``response`` (frequency). A response has the
        unit in its attribute, [m] or [V], and none where the file says none. A "table" has all its
        columns over ``row``. Of a microscope all channels, over ``y`` and ``x`` [m] and what else
        there is: ``frequency`` [Hz], ``time`` [s], ``bias`` [V]; fitted oscillators are
        ``amplitude`` [V], ``f0`` [Hz], ``q``, ``phase`` [rad]. Their attributes tell the settings,
        such as ``drive_amplitude`` [V] and ``inverse_optical_sensitivity`` [m/V], and all others as
        JSON in ``settings``. Attributes: ``kind``, ``source``, ``sha256``, ``vegard``, ``schema``,
        ``technique``, ``notes`` (a line for each decision), ``warnings``, ``unused`` (columns that
        were not taken).

    Raises
    ------
    FileError
        If anything is not certain: with the line, and with the hint that settles it. Rows are never
        sorted, averaged or left out unasked.

    Warns
    -----
    OutOfRegime
        If an impedance is inductive at low frequencies, or a column contradicts another.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import vegard as vg
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "step.csv")
    ...     _ = file.write_text("time/ms;I/mA\n0,5;1,25\n1,5;0,75\n")
    ...     data = vg.read(file)
    >>> data.kind, data.time.values.tolist(), data.current.values.tolist()
    ('pitt', [0.0005, 0.0015], [0.00125, 0.00075])
    """
    data = load(Path(path), kind, hints)
    for line in data.attrs["warnings"].splitlines():
        warnings.warn(line, OutOfRegime, stacklevel=2)
    return data


def load(path: Path, kind: str | None = None, given: dict[str, Any] | None = None) -> xr.Dataset:
    """As `read`, with warnings in the attributes alone: a function of the file and nothing else.

    Parameters
    ----------
    path : Path
        The file.
    kind : str, optional
        One of `KINDS`.
    given : dict, optional
        Hints by name.
    """
    if kind is not None and kind not in {**KINDS, **kinds.KINDS}:
        raise unknown_name("kind", kind, {**KINDS, **kinds.KINDS})
    told = hints.make(given or {})
    what = formats.recognise(path)
    columns = kind in KINDS or told != Hints() or labelled.is_sweep(path, what)
    if what is not None and not (what == formats.CURVE and columns):
        return labelled.load(path, what, kind, told)
    if kind is not None and kind not in KINDS:
        raise FileError(f"{path} holds columns; its kind is one of {', '.join(KINDS)}.")
    table = _table(path, told)
    data = _dataset(assembly.build(table, kind, told))
    return data.assign_attrs(labelled.curve_settings(path)) if what else data


def _table(path: Path, told: Hints) -> Table:
    """Columns of a file, by what it is."""
    head = texts.start(path, 64)
    for magic, what, fix in _FOREIGN:
        if re.match(magic, head):
            raise FileError(f"{path} is {what}; {fix}.")
    suffix = path.suffix.lower()
    if suffix == ".toml":
        raise FileError(f"{path} is an experiment file: use vegard run {path.name}.")
    if head.startswith(column_files.MAGIC):
        told.fit(path, "Parquet")
        return column_files.parquet(path).renamed(told.columns)
    if suffix == ".json":
        told.fit(path, "JSON")
        return column_files.columns_of_json(path, told.record).renamed(told.columns)
    instrument = told.instrument or impedance_formats.SUFFIXES.get(suffix)
    is_ec_lab = bool(ec_lab.MAGIC.match(head))
    if instrument and not (is_ec_lab and instrument == "biologic"):
        told.fit(path, "impedance.py")
        return impedance_formats.read(path, instrument).renamed(told.columns)
    told.fit(path, "EC-Lab" if is_ec_lab else "text")
    if is_ec_lab:
        return ec_lab.read(path, columns=told.columns, decimal=told.decimal, part=told.part)
    return tables.read(
        path,
        columns=told.columns,
        decimal=told.decimal,
        delimiter=told.delimiter,
        part=told.part,
    )


def _dataset(made: assembly.Measured) -> xr.Dataset:
    """The measurement with its units and its story."""
    import xarray as xr

    from vegard import __version__

    table = made.table
    taken = {c.position for c in table.chosen.values()}
    unused = [c for c in table.columns if c.position not in taken and made.kind != "table"]
    variables = {
        name: (made.axis, v.values, {"units": v.unit, "column": v.source})
        for name, v in made.variables.items()
    }
    axis = {made.axis: variables.pop(made.axis)}
    attributes = {
        "schema": SCHEMA,
        "vegard": __version__,
        "kind": made.kind,
        "source": table.path.name,
        "sha256": texts.digest(table.path),
        "technique": table.about,
        "notes": "\n".join(made.notes),
        "warnings": "\n".join(made.warnings),
        "unused": "\n".join(c.label for c in unused),
    }
    return xr.Dataset(variables, axis, attributes)
