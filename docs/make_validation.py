"""Compare the library with the oracles in tests/oracles and write the table of the docs page.

    python docs/make_validation.py [--write FOLDER] [--limit N]

The corners were computed with 320-bit arithmetic by tests/oracles/make_corners.py, which uses
nothing of this library. Lengths are in contact radii, D_z = 1, and u is in units of 2(1+ν)βcR
(concentration) or 2(1+ν)βJR²/D (flux).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import make_models
import numpy as np

import vegard as vg

ORACLES = Path(__file__).resolve().parent.parent / "tests" / "oracles"
EPS = 1e-13  # a true error below it is as good as the oracle's double
ASKED = 1e-10


@dataclass(frozen=True)
class Corner:
    """One point of the box: what was asked, and how far the library was off."""

    inputs: dict[str, Any]
    true: float
    stated: float

    @property
    def understated(self) -> bool:
        """Whether the true error is above the stated one where that can matter."""
        return self.true > max(self.stated, EPS)


def experiment(c: dict[str, Any]) -> tuple[vg.Experiment, str]:
    """The experiment of a corner, and its ``per``."""
    poisson = c.get("nu", 0.3)
    unit = 0.5 / (1 + poisson)  # β with 2(1+ν)β = 1
    beta = (unit * c["vegard11"], unit * c["vegard33"]) if "vegard33" in c else unit
    material = vg.Material((c["d"], 1.0), beta, poisson)
    tip = vg.DiscTip(1.0) if c["tip"] == "disc" else vg.GaussianTip(1.0)
    geometry = vg.Film(c["thickness"], c["back"]) if c["back"] else vg.HalfSpace()
    interfaces = {
        "conc": vg.FixedConcentration,
        "flux": vg.FixedFlux,
        "kinetics": lambda: vg.LinearKinetics(c["biot"]),
    }
    per = "flux" if c["interface"] == "flux" else "concentration"
    made = vg.Experiment(material, tip, geometry, interfaces[c["interface"]](), c["readout"])
    return made, per


def corner(c: dict[str, Any]) -> Corner:
    """Relative errors |·|/(|u(r)| + 1e-6|u(0)|), true and stated."""
    made, per = experiment(c)
    got = vg.frequency_response(made, c["omega"] / (2 * np.pi), per=per, at=c["r"])
    value = complex(c["value_re"], c["value_im"])
    scale = abs(value) + 1e-6 * abs(complex(c["centre_re"], c["centre_im"]))
    true = abs(complex(got.values) - value)
    return Corner(c, true / scale, float(got.error) / scale)


CLASSES: Sequence[tuple[str, Callable[[dict[str, Any]], bool]]] = (
    ("all", lambda c: True),
    ("disc, on axis", lambda c: c["tip"] == "disc" and c["r"] == 0),
    ("disc, off axis", lambda c: c["tip"] == "disc" and c["r"] not in (0.0, 1.0)),
    ("disc, at the rim", lambda c: c["tip"] == "disc" and c["r"] == 1),
    ("gaussian, on axis", lambda c: c["tip"] != "disc" and c["r"] == 0),
    ("gaussian, off axis", lambda c: c["tip"] != "disc" and c["r"] > 0),
    ("fixed concentration", lambda c: c["interface"] == "conc"),
    ("fixed flux", lambda c: c["interface"] == "flux"),
    ("linear kinetics", lambda c: c["interface"] == "kinetics"),
    ("half-space", lambda c: c["back"] is None),
    ("film, blocking back", lambda c: c["back"] == "blocking"),
    ("film, permeable back", lambda c: c["back"] == "permeable"),
    ("read by a punch", lambda c: c["readout"] == "punch"),
    ("anisotropic D", lambda c: c["d"] != 1),
    ("anisotropic β", lambda c: "vegard33" in c),
)


def row(name: str, corners: Sequence[Corner]) -> str:
    """One line of the table."""
    true, stated = [c.true for c in corners], [c.stated for c in corners]
    above = sum(c.understated for c in corners)
    return (
        f"| {name} | {len(corners)} | {median(true):.1e} | {max(true):.1e} "
        f"| {median(stated):.1e} | {max(stated):.1e} | {above} |"
    )


HEAD = (
    "| class | values | median error | worst error | median stated | worst stated "
    "| true > stated |\n"
    "|:--|--:|--:|--:|--:|--:|--:|"
)


def corners_table(corners: Iterable[Corner]) -> str:
    """The table of the corners, in Markdown, and a sentence."""
    every = list(corners)
    parts = [(name, [c for c in every if member(c.inputs)]) for name, member in CLASSES]
    above = sum(c.understated for c in every)
    return "\n".join(
        [
            HEAD,
            *(row(name, part) for name, part in parts if part),
            "",
            f"The true error exceeds the stated one (where it is above {EPS:.0e}) in {above} of "
            f"{len(every)} corners; the worst true error is {max(c.true for c in every):.1e}, "
            f"where {ASKED:.0e} was asked.",
            "",
        ]
    )


def closed_forms_table(data: dict[str, Any]) -> str:
    """On-axis closed forms, half-space: frequency and step response by the general route."""
    lines = [HEAD]
    for tip in ("disc", "gauss"):
        for letter, interface in (("F", "conc"), ("G", "flux")):
            key = f"{letter}_{tip}"
            c = {"tip": tip, "interface": interface, "back": None, "d": 1.0, "readout": "centre"}
            made, per = experiment(c)
            name = f"{tip}, {'concentration' if interface == 'conc' else 'flux'}"
            some = [e for e in data["transfer"] if e["phi_over_pi"] == 0.5]
            omega = np.array([e["s_im"] for e in some])
            truth = np.array([complex(*e[key]) for e in some])
            got = vg.frequency_response(made, omega / (2 * np.pi), per=per)
            lines.append(row(f"{name}, frequency", _against(got, truth)))
            truth = np.array([e[key] for e in data["step"]])
            got = vg.step_response(made, np.array([e["T"] for e in data["step"]]), per=per)
            lines.append(row(f"{name}, step", _against(got, truth)))
    return "\n".join([*lines, ""])


def _against(got: vg.Response, truth: np.ndarray) -> list[Corner]:
    true, stated = np.abs(got.values - truth) / np.abs(truth), got.error / np.abs(truth)
    return [Corner({}, float(a), float(b)) for a, b in zip(true, stated, strict=True)]


def main() -> None:
    """Run the comparison and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="folder for the tables")
    parser.add_argument("--limit", type=int, help="number of corners (all)")
    args = parser.parse_args()
    began = time.perf_counter()
    load = {p.stem: json.loads(p.read_text("utf-8")) for p in ORACLES.glob("c*.json")}
    tables = {
        "corners": corners_table(corner(c) for c in load["corners"][: args.limit]),
        "closed_forms": closed_forms_table(load["closed_forms"]),
        "models": make_models.table(),
    }
    for name, text in tables.items():
        if args.write:
            args.write.mkdir(parents=True, exist_ok=True)
            (args.write / f"{name}.md").write_text(text, encoding="utf-8")
        else:
            print(f"{name}\n\n{text}")
    print(f"validation tables: {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
