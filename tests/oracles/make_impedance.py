"""Warburg elements and circuits of impedance.py; writes impedance_py.json.

Nothing of vegard is used. Run it where impedance.py is (``pip install impedance``)::

    python tests/oracles/make_impedance.py

R is the diffusion resistance (-dE/dC)L/(zFAD) [Ohm] and tau = L²/D [s]: W is semi-infinite, with
A_W = R/sqrt(2 tau); Wo ends in a wall (finite space), Ws in a reservoir (finite length).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
from impedance.models.circuits import CustomCircuit

OUT = Path(__file__).with_name("impedance_py.json")

CELL = {
    "length": 2e-7,  # [m]
    "diffusivity": 1e-13,  # [m²/s]
    "resistance": 9.0,  # R [Ω]
    "charge_transfer": 3.0,  # R_ct [Ω]
    "series": 0.5,  # R_s [Ω]
    "double_layer": 2e-3,  # [F]
}
FREQUENCIES = np.logspace(-5, 7, 49)  # [Hz]


def circuits() -> dict[str, tuple[str, list[float]]]:
    """Circuit and its parameters, in the peer's order."""
    r, tau = CELL["resistance"], CELL["length"] ** 2 / CELL["diffusivity"]
    ends = {"Wo": [r, tau], "Ws": [r, tau]}
    out = {"W": ("W0", [r / np.sqrt(2 * tau)])}
    out |= {name: (f"{name}0", values) for name, values in ends.items()}
    around = [CELL["series"], CELL["double_layer"], CELL["charge_transfer"]]
    for name, values in ends.items():
        out[f"randles_{name}"] = (f"R0-p(C0,R1-{name}0)", [*around, *values])
    return out


def spectra(frequency: np.ndarray = FREQUENCIES) -> dict[str, np.ndarray]:
    """Impedance [Ohm] of each circuit."""
    return {
        name: np.asarray(CustomCircuit(circuit, initial_guess=values).predict(frequency))
        for name, (circuit, values) in circuits().items()
    }


def digest() -> str:
    """SHA-256 of this script, line ends as on Unix."""
    text = Path(__file__).read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(text).hexdigest()


def main() -> None:
    data: dict[str, Any] = {
        "peer": "impedance.py",
        "version": importlib.metadata.version("impedance"),
        "python": platform.python_version(),
        "script": Path(__file__).name,
        "script_sha256": digest(),
        "cell": CELL,
        "circuits": circuits(),
        "frequency": FREQUENCIES.tolist(),
        "results": {
            name: [[v.real, v.imag] for v in values.tolist()] for name, values in spectra().items()
        },
    }
    OUT.write_text(json.dumps(data, indent=1) + "\n")
    print({name: values[0] for name, values in spectra().items()})


if __name__ == "__main__":
    main()
