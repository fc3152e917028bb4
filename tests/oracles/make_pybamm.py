"""PyBaMM's single-particle model on the sample that vegard.Cell describes; writes pybamm.json.

Nothing of vegard is used. Run it where PyBaMM is (``pip install pybamm``)::

    python tests/oracles/make_pybamm.py

A half cell against lithium metal: spheres of one size, constant D, a linear open-circuit curve, a
constant exchange current; the metal's own kinetics and resistance are made negligible, and the
single-particle model has no losses in the electrolyte. What is left is a sphere behind a charge
transfer (and, in one of the spectra, a double layer).

PyBaMM divides the radius into N shells of equal thickness, second order in 1/N. Each result is
computed on doubled meshes and extrapolated (Richardson, powers 2, 3, 4, ... of 1/N: the surface is
extrapolated, and that brings odd powers). Stored are the values of the finest mesh, its own error
(against the extrapolated ones), the extrapolated values, and theirs: the change at the last step of
the extrapolation and what is known of the model (``FLOOR``).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")
import pybamm

OUT = Path(__file__).with_name("pybamm.json")

SAMPLE = {
    "radius": 5e-6,  # [m]
    "diffusivity": 1e-14,  # [m²/s]
    "site_concentration": 5e4,  # [mol/m³]
    "ocv_slope": -1e-5,  # dE/dC [V m³/mol]
    "volume": 3e-9,  # of all spheres [m³]
    "temperature": 298.15,  # [K]
}
THICKNESS, SIDE = 5e-5, 1e-2  # of the porous electrode [m]
MESHES = (100, 200, 400, 800, 1600)
EIS = {"exchange_current": 2.0, "double_layer": 0.2}  # [A/m²], [F/m²]
GITT = {"exchange_current": 200.0, "current": 1e-4}  # [A/m²], [A]
PULSE = 0.1  # length of the pulse [R²/D]
IN_PULSE = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1)  # [R²/D]
AT_REST = (1e-3, 1e-2, 0.1, 0.4)  # after its end [R²/D]
FREQUENCIES = np.logspace(-2, 3, 21)  # [D/R²]
TOLERANCE = 1e-12  # of the integrator
FLOOR = 5e-9  # arsinh(j/2j₀) instead of j/2j₀, the metal, the integrator: relative


def time_unit() -> float:
    """R²/D [s]."""
    return SAMPLE["radius"] ** 2 / SAMPLE["diffusivity"]


def half_cell(exchange_current: float, double_layer: float | None) -> tuple[Any, Any]:
    """Model and parameters; the surface is a state of its own where there is a double layer."""
    surface = "false" if double_layer is None else "differential" if double_layer else "algebraic"
    model = pybamm.lithium_ion.SPM({"working electrode": "positive", "surface form": surface})
    slope = SAMPLE["ocv_slope"] * SAMPLE["site_concentration"]
    values = model.default_parameter_values.copy()
    values.update(
        {
            "Positive particle radius [m]": SAMPLE["radius"],
            "Positive particle diffusivity [m2.s-1]": SAMPLE["diffusivity"],
            "Maximum concentration in positive electrode [mol.m-3]": SAMPLE["site_concentration"],
            "Initial concentration in positive electrode [mol.m-3]": (
                SAMPLE["site_concentration"] / 2
            ),
            "Positive electrode OCP [V]": lambda filled: 4.0 + slope * filled,
            "Positive electrode OCP entropic change [V.K-1]": 0.0,
            "Positive electrode exchange-current density [A.m-2]": (
                lambda *state: pybamm.Scalar(exchange_current)
            ),
            "Positive electrode double-layer capacity [F.m-2]": double_layer or 0.0,
            "Positive electrode active material volume fraction": (
                SAMPLE["volume"] / (THICKNESS * SIDE * SIDE)
            ),
            "Positive electrode thickness [m]": THICKNESS,
            "Electrode height [m]": SIDE,
            "Electrode width [m]": SIDE,
            "Number of electrodes connected in parallel to make a cell": 1,
            "Exchange-current density for lithium metal electrode [A.m-2]": (
                lambda *state: pybamm.Scalar(1e14)
            ),
            "Negative electrode conductivity [S.m-1]": 1e14,
            "Contact resistance [Ohm]": 0.0,
            "Lower voltage cut-off [V]": 0.0,
            "Upper voltage cut-off [V]": 10.0,
            "Ambient temperature [K]": SAMPLE["temperature"],
            "Initial temperature [K]": SAMPLE["temperature"],
            "Reference temperature [K]": SAMPLE["temperature"],
            "Current function [A]": "[input]",
        }
    )
    return model, values


def prepare_eis(mesh: int, double_layer: float) -> Any:
    """Simulation of a spectrum."""
    model, values = half_cell(EIS["exchange_current"], double_layer)
    values["Current function [A]"] = 0.0
    points = {**model.default_var_pts, "r_p": mesh}
    return pybamm.EISSimulation(model, parameter_values=values, var_pts=points)


def eis(mesh: int, double_layer: float) -> np.ndarray:
    """Impedance [Ohm] at FREQUENCIES."""
    solution = prepare_eis(mesh, double_layer).solve(FREQUENCIES / time_unit())
    return np.asarray(solution["Impedance [Ohm]"])


def prepare_gitt(mesh: int, tolerance: float = TOLERANCE) -> Any:
    """Simulation of a pulse with the rest after it."""
    model, values = half_cell(GITT["exchange_current"], None)
    points = {**model.default_var_pts, "r_p": mesh}
    solver = pybamm.IDAKLUSolver(rtol=tolerance, atol=tolerance)
    return pybamm.Simulation(model, parameter_values=values, var_pts=points, solver=solver)


def solve_gitt(simulation: Any) -> np.ndarray:
    """Change of the voltage [V] in the pulse and at rest."""
    out = []
    for current, times in ((GITT["current"], IN_PULSE), (0.0, AT_REST)):
        t = np.array(times) * time_unit()
        inputs = {"Current function [A]": current}
        start = simulation.solution.t[-1] if simulation.solution else 0.0
        simulation.step(float(t[-1]), t_interp=t, inputs=inputs)
        inside = start + np.append(t[:-1], t[-1] * (1 - 1e-12))
        out += [float(simulation.solution["Voltage [V]"](x)) for x in inside]
    before = 4.0 + SAMPLE["ocv_slope"] * SAMPLE["site_concentration"] / 2
    return np.array(out) - before


def gitt(mesh: int) -> np.ndarray:
    """Change of the voltage [V] on one mesh."""
    return solve_gitt(prepare_gitt(mesh))


def extrapolated(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Limit of doubled meshes, and the change at the last step."""
    power = 2
    while len(rows) > 2:
        rows = [(2**power * b - a) / (2**power - 1) for a, b in zip(rows, rows[1:])]
        power += 1
    a, b = rows
    limit = (2**power * b - a) / (2**power - 1)
    return limit, np.abs(limit - b)


def record(compute: Callable[[int], np.ndarray], meshes: tuple[int, ...]) -> dict[str, Any]:
    """What is stored of one result."""
    rows = [compute(n) for n in meshes]
    limit, change = extrapolated(rows)
    error = change + FLOOR * np.abs(limit)
    mesh_error = np.abs(rows[-1] - limit) + error

    def pairs(values: np.ndarray) -> list[Any]:
        if np.iscomplexobj(values):
            return [[v.real, v.imag] for v in values.tolist()]
        return values.tolist()

    return {
        "meshes": meshes,
        "finest": pairs(rows[-1]),
        "finest_error": mesh_error.tolist(),
        "limit": pairs(limit),
        "limit_error": error.tolist(),
    }


def digest() -> str:
    """SHA-256 of this script, line ends as on Unix."""
    text = Path(__file__).read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(text).hexdigest()


def main() -> None:
    unit = time_unit()
    results = {
        "eis": record(lambda n: eis(n, 0.0), MESHES),
        "eis_double_layer": record(lambda n: eis(n, EIS["double_layer"]), MESHES),
        "gitt": record(gitt, MESHES[:4]),
    }
    times = [*IN_PULSE, *(PULSE + np.array(AT_REST)).tolist()]
    data = {
        "peer": "PyBaMM",
        "version": pybamm.__version__,
        "python": platform.python_version(),
        "script": Path(__file__).name,
        "script_sha256": digest(),
        "model": "lithium_ion.SPM, half cell, spheres",
        "sample": SAMPLE,
        "eis": EIS | {"frequency": (FREQUENCIES / unit).tolist()},
        "gitt": GITT | {"pulse": PULSE * unit, "time": (np.array(times) * unit).tolist()},
        "results": results,
    }
    OUT.write_text(json.dumps(data, indent=1) + "\n")
    for name, r in results.items():
        size = np.abs(np.array(r["limit"]) @ [1, 1j] if "eis" in name else np.array(r["limit"]))
        worst = {k: float((np.array(r[k]) / size).max()) for k in ("finest_error", "limit_error")}
        print(name, worst)


if __name__ == "__main__":
    main()
