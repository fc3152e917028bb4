"""Speed of vegard against peers, measured in one run; writes the table of the documentation.

Usage: python benchmarks/run.py [--write FILE]
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import images
import maps
import numpy as np
import peers
import sho
from scipy import integrate, special
from timing import best

import vegard as vg
from vegard import closed_forms

UNIT = vg.Material(1.0, 1 / 2.6, 0.3)
FILM = vg.Film(0.3)
RATE = vg.LinearKinetics(2.0)
OMEGA = np.logspace(-3, 5, 200)
WIDE = np.logspace(-12, 12, 200)
PER = {"per": "concentration"}


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    target: str
    peer: str
    ratio: str


def by_quad(omega: np.ndarray, r: float) -> np.ndarray:
    """Gaussian tip, film, kinetics by adaptive quadrature: the peer everybody would write."""

    def integrand(k: float, w: float) -> complex:
        h, q = FILM.thickness, np.sqrt(k * k + 1j * w)
        e, a = np.exp(-k * h), np.exp(-q * h)
        c0 = RATE.rate / (RATE.rate + q * np.tanh(q * h))
        moment = ((1 - a * e) / (k + q) + a * (e - a) / (q - k)) / (1 + a * a)
        return c0 * moment * special.j0(k * r) * k * np.exp(-k * k / 2)

    def one(w: float) -> complex:
        inner = {"epsabs": 1e-14, "epsrel": 1e-11, "limit": 400}
        edge = min(np.sqrt(w), 4.0)
        return sum(
            integrate.quad(lambda k: integrand(k, w).real, a, b, **inner)[0]
            + 1j * integrate.quad(lambda k: integrand(k, w).imag, a, b, **inner)[0]
            for a, b in ((1e-12, edge), (edge, 9.0))
        )

    return np.array([one(w) for w in omega])


def spectrum(
    tip: vg.GaussianTip | vg.DiscTip, omega: np.ndarray, at: float
) -> Callable[[], object]:
    """200 frequencies on the film with finite kinetics."""
    e = vg.Experiment(UNIT, tip, FILM, RATE)
    return lambda: vg.frequency_response(e, omega / (2 * np.pi), at=at, **PER).values


def engine_rows() -> list[Row]:
    """Spectra against their figures."""
    gauss, disc = vg.GaussianTip(1.0), vg.DiscTip(1.0)
    ours = spectrum(gauss, OMEGA, 0.7)
    seconds = best(ours, 60)
    start = time.perf_counter()
    peer = by_quad(OMEGA, 0.7)
    quad = time.perf_counter() - start
    off = np.abs(np.asarray(ours()) / peer - 1).max()
    rows = [
        Row(
            "gaussian off axis, s 1e-3…1e5 D/R²",
            f"{seconds * 1e3:.1f} ms",
            "≤ 5 ms",
            f"scipy.integrate.quad {quad:.1f} s (agrees to {off:.0e})",
            f"{quad / seconds:.0f}×",
        )
    ]
    slowest = max(best(spectrum(gauss, WIDE, r), 3) for r in (0.0, 1.0, 10.0, 100.0))
    rows.append(
        Row(
            "any gaussian, s 1e-12…1e12 D/R², r/R 0…100",
            f"{slowest * 1e3:.1f} ms",
            "≤ 20 ms",
            "",
            "",
        )
    )
    axis = best(spectrum(disc, OMEGA, 0.0), 3)
    rows.append(Row("disc on axis", f"{axis * 1e3:.1f} ms", "≤ 100 ms", "", ""))
    off_axis = max(best(spectrum(disc, OMEGA, r), 3) for r in (0.5, 0.999, 1.0, 1.5, 30.0))
    rows.append(
        Row("disc off axis, worst of r/R 0.5…30", f"{off_axis * 1e3:.1f} ms", "≤ 3 s", "", "")
    )
    return rows


def part_two_rows() -> list[Row]:
    """The true contact, layers and fits of contact resonances."""
    omega, film = np.logspace(-3, 3, 100), vg.Film(0.5)
    rows = []
    for name, rate in (("perfect", np.inf), ("κR/D = 10", 10.0)):
        e = vg.Experiment(UNIT, vg.DiscTip(1.0), film, vg.Contact(rate))
        call = partial(vg.frequency_response, e, omega / (2 * np.pi), **PER)
        u, ms = call(), best(call, 15) * 1e3
        start = time.perf_counter()
        vg.fem.solve(e, 1.0, per="concentration")
        peer = (time.perf_counter() - start) * omega.size
        rows.append(
            Row(
                f"contact on a film, {name}, 100 frequencies, s 1e-3…1e3 D/R² "
                f"(stated error {(u.error / np.abs(u.values)).max():.0e})",
                f"{ms:.0f} ms",
                "≤ 150 ms",
                f"finite elements {peer:.0f} s",
                f"{peer / ms * 1e3:.0f}×",
            )
        )
    film = vg.Film(0.3)
    ratios = []
    for soft in (0.1, 10.0):
        times = [
            best(partial(vg.frequency_response, e, OMEGA / (2 * np.pi), **PER), 30)
            for e in (
                vg.Experiment(UNIT, vg.GaussianTip(1.0), film, RATE, elastic=elastic)
                for elastic in (vg.Layered((1.0, 0.3), (soft, 0.25)), None)
            )
        ]
        ratios.append(times[0] / times[1])
    rows.append(
        Row(
            "layered over plain, substrate 10× softer and 10× stiffer",
            " and ".join(f"{r:.1f}×" for r in ratios),
            "≤ 3×",
            "",
            "",
        )
    )
    fitted = sho.measure()
    rows.append(
        Row(
            "fit_sho, complex spectra of 64 bins, one thread",
            f"{fitted['complex']:.0f} /s",
            "≥ 10,000 /s",
            f"scipy.optimize.curve_fit started at the truth {fitted['peer']:.0f} /s",
            f"{fitted['complex'] / fitted['peer']:.0f}×",
        )
    )
    return rows


def closed_form_rows() -> list[Row]:
    """Nanoseconds per value in arrays of 1e5."""
    s = 1j * np.logspace(-12, 12, 100_000)
    rows = []
    for name, target in (
        ("disc_concentration", 150),
        ("gaussian_concentration", 150),
        ("disc_flux", 1000),
        ("gaussian_flux", 1000),
    ):
        function = getattr(closed_forms, name)
        ns = best(lambda f=function: f(s)) / s.size * 1e9
        rows.append(
            Row(f"closed form {name}, 1e5 values", f"{ns:.0f} ns", f"≤ {target} ns", "", "")
        )
    return rows


def time_rows() -> list[Row]:
    """A million samples, and one step against a general inverse Laplace transform."""
    import mpmath as mp

    e = vg.Experiment(UNIT, vg.GaussianTip(1.0), FILM, RATE)
    t = np.linspace(0, 1000, 10**6)
    drive = vg.Sampled(t, np.random.default_rng(0).normal(size=t.size))
    seconds = best(lambda: vg.time_response(e, drive, t, **PER), 5)
    rows = [Row("waveform of 10⁶ samples", f"{seconds:.2f} s", "≤ 0.3 s", "", "")]
    free = vg.Experiment(UNIT, vg.DiscTip(1.0))
    times = np.logspace(-3, 3, 100)
    ours = best(lambda: vg.step_response(free, times, **PER))
    start = time.perf_counter()
    for v in times[::10]:
        mp.invertlaplace(
            lambda p: (mp.sqrt(p) - 1 + mp.exp(-mp.sqrt(p))) / p**2, v, method="talbot"
        )
    peer = (time.perf_counter() - start) * 10
    rows.append(
        Row(
            "step response at 100 times, disc",
            f"{ours * 1e3:.1f} ms",
            "",
            f"mpmath.invertlaplace of the closed form {peer:.1f} s",
            f"{peer / ours:.0f}×",
        )
    )
    return rows


def process(*command: str) -> float:
    """Median wall time of a whole process [s]."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def process_rows() -> list[Row]:
    """Start-up and the demo."""
    python, script = sys.executable, str(Path(sys.executable).parent / "vegard")
    numpy = process(python, "-c", "import numpy")
    ours = process(python, "-c", "import numpy, vegard")
    rows = [Row("import vegard above numpy", f"{ours - numpy:.3f} s", "≤ 0.1 s", "", "")]
    rows.append(Row("vegard --help", f"{process(script, '--help'):.2f} s", "≤ 0.6 s", "", ""))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [script, "demo", "-o", str(Path(folder) / "demo")], check=True, capture_output=True
        )
        rows.append(Row("vegard demo", f"{time.perf_counter() - start:.1f} s", "≤ 30 s", "", ""))
    return rows


def main() -> None:
    """Measure and print, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="file of the table")
    arguments = parser.parse_args()
    rows = [
        *engine_rows(),
        *part_two_rows(),
        *closed_form_rows(),
        *time_rows(),
        *process_rows(),
        *(Row(*r) for r in (*peers.rows(), *images.rows(), *maps.rows())),
    ]
    lines = [
        f"200 frequencies on a film with finite kinetics unless said; {platform.machine()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}.",
        "",
        "| what | measured | figure | peer | ratio |",
        "|:--|--:|--:|:--|--:|",
        *(f"| {r.what} | {r.measured} | {r.target} | {r.peer} | {r.ratio} |" for r in rows),
    ]
    text = "\n".join(lines) + "\n"
    sys.stdout.write(text)
    if arguments.write:
        arguments.write.write_text(text)


if __name__ == "__main__":
    main()
