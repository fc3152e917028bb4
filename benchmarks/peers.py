"""Speed of GITT and EIS beside PyBaMM's single-particle model of the same electrode.

Usage: python benchmarks/peers.py

PyBaMM is optional (``pip install pybamm``). Its simulations are those of
tests/oracles/make_pybamm.py, on the coarsest of its meshes whose error is below 1e-3 everywhere,
built before the clock starts; its time with building is given beside. Errors are against the stored
limit of ever finer meshes, for both.
"""

from __future__ import annotations

import importlib.util
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from timing import best

import vegard as vg
from vegard.material import GAS_CONSTANT

ORACLES = Path(__file__).resolve().parent.parent / "tests" / "oracles"
MESH = {"gitt": 800, "eis": 400}
TOLERANCE = 3e-8  # of the peer's integrator: the loosest that keeps its error below 1e-3


def planar() -> float:
    """60 frequencies of a film with kinetics, double layer and series resistance [s]."""
    film = vg.Cell(
        vg.Material(1e-13, 1.2e-6, 0.3, ocv_slope=-4.4e-5), 2e-7, 1e-4, rate=1e-6,
        series_resistance=1.0, double_layer=1e-5,
    )  # fmt: skip
    f = np.logspace(-4, 5, 60)
    return best(lambda: vg.classical.eis(film, f), 300)


def electrode(data: dict[str, Any], exchange_current: float) -> vg.Cell:
    """The peer's spheres."""
    s = data["sample"]
    rate = -s["ocv_slope"] * exchange_current / (GAS_CONSTANT * s["temperature"])
    material = vg.Material(s["diffusivity"], None, None, ocv_slope=s["ocv_slope"])
    area = 3 * s["volume"] / s["radius"]
    return vg.Cell(material, s["radius"], area, shape="sphere", rate=rate)


def peer() -> Any | None:
    """The script of the oracle, if PyBaMM is there."""
    if importlib.util.find_spec("pybamm") is None:
        return None
    spec = importlib.util.spec_from_file_location("make_pybamm", ORACLES / "make_pybamm.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure() -> list[dict[str, Any]]:
    """Times [s] and errors of GITT and EIS; without the peer, ours alone."""
    data = json.loads((ORACLES / "pybamm.json").read_text())
    limits = {name: np.array(data["results"][name]["limit"]) for name in ("gitt", "eis")}
    limits["eis"] = limits["eis"] @ np.array([1, 1j])
    g = data["gitt"]
    t = np.array(g["time"]) * (1 - 1e-12 * (np.array(g["time"]) == g["pulse"]))
    drive, loaded = vg.Pulse(g["pulse"], g["current"]), electrode(data, g["exchange_current"])
    f, slow = np.array(data["eis"]["frequency"]), electrode(data, data["eis"]["exchange_current"])
    ours = {
        "gitt": lambda: -vg.classical.gitt(loaded, t, drive).values,
        "eis": lambda: vg.classical.eis(slow, f).values,
    }
    script = peer()
    rows = []
    for name, call in ours.items():
        row = {"what": name, "points": limits[name].size, "ours": best(call, 100)}
        row["error"] = float(np.abs(call() / limits[name] - 1).max())
        if script is not None:
            row |= theirs(script, name, limits[name])
        rows.append(row)
    return rows


def theirs(script: Any, name: str, limit: np.ndarray) -> dict[str, float]:
    """Time and error of the peer."""
    mesh = MESH[name]

    def prepare() -> Any:
        if name == "eis":
            return script.prepare_eis(mesh, 0.0)
        return script.prepare_gitt(mesh, TOLERANCE)

    def solve(simulation: Any) -> np.ndarray:
        if name == "gitt":
            return np.asarray(script.solve_gitt(simulation))
        solution = simulation.solve(script.FREQUENCIES / script.time_unit())
        return np.asarray(solution["Impedance [Ohm]"])

    whole, solving, error = [], [], 0.0
    for _ in range(4):
        start = time.perf_counter()
        simulation = prepare()
        solve(simulation)  # builds the model
        whole.append(time.perf_counter() - start)
        if name == "gitt":
            simulation._solution = None  # the same start, on the built model
        start = time.perf_counter()
        values = solve(simulation)
        solving.append(time.perf_counter() - start)
        error = float(np.abs(values / limit - 1).max())
    return {"peer": min(solving), "building": min(whole), "peer_error": error}


def rows() -> list[tuple[str, str, str, str, str]]:
    """Lines of the table: what, measured, figure, peer, ratio."""
    out = [("EIS of a film, 60 frequencies", f"{planar() * 1e3:.2f} ms", "≤ 1 ms", "", "")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's own
        measured = measure()
    for r in measured:
        said, ratio = "PyBaMM is not installed", ""
        if "peer" in r:
            said = (
                f"PyBaMM {r['peer'] * 1e3:.0f} ms, error {r['peer_error']:.0e} "
                f"({r['building'] * 1e3:.0f} ms with building)"
            )
            ratio = f"{r['peer'] / r['ours']:.0f}×"
        what = f"{r['what'].upper()} of a sphere, {r['points']} points, error ≤ {r['error']:.0e}"
        out.append((what, f"{r['ours'] * 1e3:.2f} ms", "", said, ratio))
    return out


def main() -> None:
    """Measure and print."""
    for row in rows():
        print(" | ".join(cell for cell in row if cell))


if __name__ == "__main__":
    main()
