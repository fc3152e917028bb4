"""Rows of the validation page for contact, blocking tip, tensors, layers, lever and fits.

Each row holds the library against a ruler that uses none of it. Lengths are in contact radii,
D = 1, and 2(1+ν)β = 1 unless said. Used by make_validation.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from math import atan2, hypot, inf, pi, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import vegard as vg

ORACLES = Path(__file__).resolve().parent.parent / "tests" / "oracles"
N = 120  # beam elements
HEAD = "| what | ruler | values | worst error | ruler good to |\n|:--|:--|--:|--:|:--|"
NU = 0.3
PER = "concentration"


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ruler: str
    errors: list[float]
    good: str

    def __str__(self) -> str:
        size = f"{max(self.errors):.0e}"
        return f"| {self.what} | {self.ruler} | {len(self.errors)} | {size} | {self.good} |"


@cache
def entries(name: str) -> list[dict[str, Any]]:
    """Entries of an oracle file."""
    return list(json.loads((ORACLES / f"{name}.json").read_text("utf-8"))["entries"])


def number(entry: dict[str, Any], name: str) -> complex:
    """A complex value of an entry."""
    return complex(entry[f"{name}_re"], entry[f"{name}_im"])


def off(got: Any, true: Any) -> list[float]:
    """Relative differences."""
    return list(np.abs(np.ravel(np.asarray(got) / np.asarray(true) - 1)))


def contact(rate: float = inf, thickness: float = inf, back: str = "blocking") -> vg.Experiment:
    """A contact with R = D = 1."""
    sample = vg.Film(thickness, back) if thickness < inf else vg.HalfSpace()
    return vg.Experiment(
        vg.Material(1.0, 0.5 / (1 + NU), NU), vg.DiscTip(1.0), sample, vg.Contact(rate)
    )


def contact_rows() -> Iterator[Row]:
    """Current and displacement of a contact."""
    some = [e for e in entries("contact") if e["kind"] == "contact"]
    errors: dict[str, list[float]] = {"flux": [], "centre": [], "punch": []}
    for entry in some:
        rate = inf if entry["biot"] is None else entry["biot"]
        e = contact(rate, entry.get("thickness") or inf, entry.get("back") or "blocking")
        f = entry["omega"] / (2 * pi)
        got = {
            "flux": vg.contact_current(e, f, per=PER),
            "centre": vg.frequency_response(e, f, per=PER),
            "punch": vg.frequency_response(e.replace({"readout": "punch"}), f, per=PER),
        }
        for name, response in got.items():
            errors[name] += off(response.values, number(entry, name))
    for name, words in (("flux", "current"), ("centre", "centre"), ("punch", "punch")):
        yield Row(f"contact, {words}", "another Galerkin code", errors[name], "2e-6")
    rest = vg.contact_current(contact(), 0.0, per=PER).values
    yield Row("perfect contact, current at rest", "4DcR", off(rest, 4.0), "exact")
    high = np.array([1e6, 1e8, 1e10])
    sigma = np.sqrt(1j * high)
    got = vg.contact_current(contact(), high / (2 * pi), per=PER).values
    truth = pi * sigma * (1 + 1 / sigma + 1 / (4 * sigma**2))
    yield Row("perfect contact, current, ωR²/D ≥ 10⁶", "asymptote", off(got, truth), "1e-9")
    # |s|R²/D = 1e4 is where the rim's solution takes over
    f = 1e4 * np.array([1 - 1e-12, 1 + 1e-12]) / (2 * pi)
    for at, words in ((0.0, "centre"), (1.0, "rim")):
        low, above = vg.frequency_response(contact(), f, per=PER, at=at).values
        what = f"perfect contact, step at the switch, {words}"
        yield Row(what, "Galerkin against rim", off(low, above), "itself")
    low, above = vg.contact_current(contact(), f, per=PER).values
    what = "perfect contact, step at the switch, current"
    yield Row(what, "Galerkin against rim", off(low, above), "itself")


def other_rows() -> Iterator[Row]:
    """Blocking tip, tensor of β, layers."""
    errors: list[float] = []
    thermal = 8.31446261815324 * 298.15 / 96485.33212
    for entry in entries("contact"):
        if entry["kind"] == "contact":
            continue
        tip = vg.BlockingTip(entry["debye_length"], 1.0)
        e = vg.Experiment(vg.Material(1.0, 0.5 / 1.3, NU), vg.GaussianTip(1.0), interface=tip)
        got = vg.frequency_response(e, entry["omega"] / (2 * pi)).values
        errors += off(got, -number(entry, "value") / thermal)
    yield Row("blocking tip", "mpmath quadrature", errors, "1e-13")
    errors = []
    for entry in entries("tensor"):
        i, j = (int(digit) - 1 for digit in entry["component"][1:])
        beta = np.zeros((3, 3))
        beta[i, j] = beta[j, i] = 1.0
        m = vg.Material(1.0, beta.tolist(), entry["nu"])
        x, y = entry["x"], entry["y"]
        for name, key in (("vertical", "uz"), ("lateral_x", "ux"), ("lateral_y", "uy")):
            got = vg.frequency_response(
                vg.Experiment(m, vg.GaussianTip(1.0)), entry["omega"] / (2 * pi),
                per=PER, at=hypot(x, y), azimuth=atan2(y, x), component=name,
            )  # fmt: skip
            errors.append(abs(complex(got.values) - number(entry, key)))
    what = "each component of β, three displacements, error over cR"
    yield Row(what, "quadrature in two dimensions", errors, "1e-7")
    yield from layer_rows()


def layer_rows() -> Iterator[Row]:
    """Film on a rigid base against its closed form; a thin film; a stack of equal layers."""
    h, omegas = 0.5, np.logspace(-3, 3, 7)
    m = vg.Material(1.0, 0.5 / (1 + NU), NU, young=1.0)
    film = vg.Experiment(m, vg.GaussianTip(1.0), vg.Film(h), elastic=vg.Layered(m, inf))
    got = vg.frequency_response(film, omegas / (2 * pi), per=PER).values
    truth = [rigid_base(h, omega) for omega in omegas]
    yield Row("film on a rigid base", "closed weight, Gauss in k and z", off(got, truth), "1e-11")
    same = vg.Layered(m, (1.0, NU), [(0.3, 1.0, NU), (2.0, 1.0, NU)])
    got = vg.frequency_response(film.replace({"elastic": same}), omegas / (2 * pi), per=PER).values
    plain = film.replace({"elastic": None})
    truth = vg.frequency_response(plain, omegas / (2 * pi), per=PER).values
    yield Row("stack of equal layers", "half-space", off(got, truth), "1e-13")
    errors = []
    for base in (inf, (1.7, 0.28), (0.5, 0.4)):
        e = vg.Experiment(m, vg.GaussianTip(1.0), vg.Film(1e-6), elastic=vg.Layered(m, base))
        got = vg.static_response(e, per=PER).values / (m.vegard * 1e-6)
        soft = 0.0
        if base != inf:
            soft = (1 - 2 * base[1]) * (1 + base[1]) / (1 + NU) / base[0]
        errors += off(got, (1 + NU) / (1 - NU) * (1 + soft))
    yield Row("film of h = 10⁻⁶ R on three bases", "long-wave limit", errors, "1e-6")


def rigid_base(h: float, omega: float) -> complex:
    """u of a gaussian, R = D = c = 2(1+ν)β = 1, blocking film on a rigid base, fixed c."""
    x, w = np.polynomial.legendre.leggauss(200)
    k, dk = (x[:, None] + 1) * 4.3, w[:, None] * 4.3
    cut = min(1.0, 40 / sqrt(omega) / h)  # nothing is deeper than the skin
    z, dz = (x + 1) * h * cut / 2, w * h * cut / 2
    s, c, a = np.sinh(k * h), np.cosh(k * h), k * h
    top = ((1 - 2 * NU) * s**2 + 2 * (1 - NU) * c**2) * np.cosh(k * z)
    top -= ((3 - 4 * NU) * s * c - a) * np.sinh(k * z)
    weight = top / (4 * (1 - NU) ** 2 * c**2 - (1 - 2 * NU) ** 2 * s**2 + a**2)
    q = np.sqrt(k * k + 1j * omega)
    profile = np.exp(-q * z) * (1 + np.exp(-2 * q * (h - z))) / (1 + np.exp(-2 * q * h))
    depth = (weight * profile * dz).sum(axis=1, keepdims=True)
    return complex((depth * np.exp(-k * k / 2) * k * dk).sum())


def lever_rows() -> Iterator[Row]:
    """The lever against finite elements, and fits against what made the data."""
    lever = vg.Cantilever(2.8, 75e3, 150, 225e-6, contact_stiffness=500)
    found = finite_elements(lever, lever.resonances(3))
    yield Row("lever, three contact resonances", f"{N} beam elements", found, "3e-8")
    f = np.array([1e3, 1e5, 2.5e5, 3.1e5, 3.3e5, 5e5, 9e5])
    got = off(lever.transfer(f), [element_transfer(lever, x) for x in f])
    yield Row("lever, transfer function", f"{N} beam elements", got, "2e-7")
    rng = np.random.default_rng(0)
    f0, q = rng.uniform(325e3, 335e3, 100), rng.uniform(30, 300, 100)
    phase = rng.uniform(-3, 3, 100)
    f = np.linspace(310e3, 350e3, 64)
    drive = np.exp(1j * phase)[:, None] * f0[:, None] ** 2
    y = drive / (f**2 - 1j * f * (f0 / q)[:, None] - f0[:, None] ** 2)
    fit = vg.fit_sho(f, y)
    yield Row("fit_sho, Q without noise", "what made the spectra", off(fit.q, q), "1e-14")
    two = y[:, [20, 44]]
    pair = vg.dart(*np.abs(two).T, *np.angle(two).T, f[[20, 44]].mean(), f[44] - f[20])
    yield Row("dart, Q without noise", "what made the data", off(pair.q, q), "1e-14")


@cache
def matrices() -> tuple[Any, Any]:
    """Stiffness and mass of a clamped beam, EI = μ = L = 1; y and y' of the free end stand last."""
    a = 1 / N
    k = 12 / a**3 * np.array([[1, 0, -1, 0], [0, 0, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 0]])
    k += 6 / a**2 * np.array([[0, 1, 0, 1], [1, 0, -1, 0], [0, -1, 0, -1], [1, 0, -1, 0]])
    k += 2 / a * np.array([[0, 0, 0, 0], [0, 2, 0, 1], [0, 0, 0, 0], [0, 1, 0, 2]])
    m = np.array([[156, 22, 54, -13], [22, 4, 13, -3], [54, 13, 156, -22], [-13, -3, -22, 4]])
    m = m * np.outer([1, a, 1, a], [1, a, 1, a]) * a / 420
    stiff, mass = np.zeros((2 * N + 2, 2 * N + 2)), np.zeros((2 * N + 2, 2 * N + 2))
    for i in range(0, 2 * N, 2):
        stiff[i : i + 4, i : i + 4] += k
        mass[i : i + 4, i : i + 4] += m
    return stiff[2:, 2:], mass[2:, 2:]


def finite_elements(lever: vg.Cantilever, resonances: Any) -> list[float]:
    """Relative differences of the resonances from those of the finite elements."""
    from scipy.linalg import eigh

    stiff, mass = matrices()
    spring = np.zeros_like(stiff)
    spring[-2, -2] = 3 * lever.contact_stiffness / lever.stiffness
    z4 = eigh(stiff + spring, mass, eigvals_only=True)[: len(resonances)]
    return off(resonances, lever.free_resonance * np.sqrt(z4) / 1.8751040687119611**2)


def element_transfer(lever: vg.Cantilever, f: float) -> complex:
    """2/3 of the slope at the end per displacement of the surface."""
    stiff, mass = matrices()
    x = f / lever.free_resonance
    spring = 3 * lever.contact_stiffness / lever.stiffness
    whole = stiff - 1.8751040687119611**4 * (x * x - 1j * x / lever.quality) * mass
    whole[-2, -2] += spring
    load = np.zeros(len(whole))
    load[-2] = spring
    return complex(2 / 3 * np.linalg.solve(whole, load)[-1])


def table() -> str:
    """All rows in Markdown."""
    rows = [*contact_rows(), *other_rows(), *lever_rows()]
    return "\n".join([HEAD, *map(str, rows), ""])


if __name__ == "__main__":
    print(table())
