"""Sound files to start from: of every format, a few kilobytes each."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))


class Seed(NamedTuple):
    """A sound file: format, ending, content, hints."""

    format: str
    ending: str
    raw: bytes
    hints: dict[str, str]


def seeds() -> list[Seed]:
    """One file or more of each format, the same every time."""
    import microscope_files as made

    rng = np.random.default_rng(0)
    cube = rng.normal(size=(4, 5, 5)).astype("f4")
    ask = {"starts_with": "write"}
    out = [
        Seed("IBW", ".ibw", made.ibw(cube), {}),
        Seed("IBW", ".ibw", made.ibw(cube.astype("f8"), order=">"), {}),
        Seed("IBW", ".ibw", made.ibw2(np.arange(20.0)), {}),
        Seed("HDF5", ".h5", made.relaxation()[0], ask),
        Seed("HDF5", ".h5", made.oscillators()[0], {"kind": "sho", "field": "off,on"}),
        Seed("Nanonis image", ".sxm", made.sxm(rng.normal(size=(3, 4, 6))), {}),
        Seed("Nanonis grid", ".3ds", made.grid(rng.normal(size=(2, 3, 2, 7))), {}),
        Seed("Nanonis curve", ".dat", made.CURVE.encode(), {}),
        Seed("Nanonis curve", ".dat", made.SWEEP.encode(), {}),
        *_written(rng),
        Seed("text", ".csv", b"freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n10,1,2\n5,2,3\n1,3,4\n", {}),
        Seed("text", ".txt", "Zeit (min);Strom (µA)\n0,5;12,25\n1,0;8,5\n2,0;6\n".encode(), {}),
        Seed("text", ".mpt", b"EC-Lab ASCII FILE\nNb header lines : 4\nImpedance\n"
             b"freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n2\t1\t2\n1\t2\t3\n", {}),
        Seed("text", ".json", b'{"time (s)": [0, 1, 2], "current (A)": [3, 2, 1]}', {}),
    ]  # fmt: skip
    for file in sorted((HERE.parent / "examples").glob("*.toml")):
        out.append(Seed("experiment", ".toml", file.read_bytes(), {}))
    return out


def _written(rng: np.random.Generator) -> list[Seed]:
    """Files of our own."""
    import xarray as xr

    import vegard as vg

    y, x = np.arange(3) * 1e-8, np.arange(4) * 1e-8
    image = xr.Dataset(
        {"height": (("y", "x"), rng.normal(size=(3, 4)), {"units": "m"})}, {"y": y, "x": x}
    )
    more = image.assign(z=(("y", "x", "bias"), rng.normal(size=(3, 4, 2)) + 1j))
    out = []
    with TemporaryDirectory() as folder:
        for name, data in (("HDF5 .h5", more), ("HDF5 .nc", more), ("Gwyddion .gwy", image)):
            form, ending = name.split()
            path = vg.write(data, Path(folder, f"a{ending}"))
            out.append(Seed(form, ending, path.read_bytes(), {}))
    return out
