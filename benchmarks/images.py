"""Time of images of 512 × 512 pixels at 32 frequencies, each in a process of its own.

Usage: python benchmarks/images.py

Everything counts: imports, the kernel, the convolution; a map of β with all pixels different.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

CASES = (  # name, tip, interface, read-out, figure [s]
    ("gaussian, point", "vg.GaussianTip(20e-9)", "vg.FixedConcentration()", "centre", 3),
    ("gaussian, punch", "vg.GaussianTip(20e-9)", "vg.FixedConcentration()", "punch", 3),
    ("disc, punch", "vg.DiscTip(20e-9)", "vg.FixedConcentration()", "punch", 20),
    ("disc with kinetics, punch", "vg.DiscTip(20e-9)", "vg.LinearKinetics(1e-7)", "punch", 20),
    ("contact, punch", "vg.DiscTip(20e-9)", "vg.Contact()", "punch", 20),
)
CODE = """
import numpy as np, vegard as vg
m = vg.Material(7e-15, 1.2e-6, 0.3, ocv_slope=-4.4e-5)
e = vg.Experiment(m, {tip}, interface={interface}, readout="{readout}")
beta = 1e-6 * (1 + np.random.default_rng(0).random((512, 512)))
u = vg.image(e, {{"material.vegard": beta}}, pixel=1e-9, frequency=np.geomspace(1, 1e4, 32))
assert u.values.shape == (512, 512, 32)
"""


def rows() -> list[tuple[str, str, str, str, str]]:
    """Lines of the table, an image of each kind."""
    out = []
    for name, tip, interface, readout, figure in CASES:
        code = CODE.format(tip=tip, interface=interface, readout=readout)
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        wall = time.perf_counter() - start
        what = f"image 512² × 32 frequencies, {name}"
        out.append((what, f"{wall:.1f} s", f"≤ {figure} s", "", ""))
    return out


def main() -> None:
    """Measure and print."""
    print(f"{os.cpu_count()} cores; seconds by the clock of a process, imports and all")
    for what, measured, figure, _, _ in rows():
        print(f"{what:60s} {measured:>8s}  ({figure})")


if __name__ == "__main__":
    main()
