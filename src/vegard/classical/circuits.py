"""Equivalent circuits, fitted by impedance.py (extra ``vegard[eis]``)."""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import exp, inf, isfinite, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.cell import Cell
from vegard.classical import series_checks as checks
from vegard.classical.estimate import Estimate
from vegard.classical.regression import student
from vegard.classical.trial_curves import DIMENSION
from vegard.errors import VegardError

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

VERB = "analyse_eis"
_LOOSE = 3.0  # of ln τ: the standard errors of impedance.py are no bounds from there on
_ARC = 3.0  # standard errors by which a capacitance must differ from 0


def fitted(w: Real, z: Complex, cell: Cell, start: Estimate, circuit: str | None) -> Estimate:
    """D = (V/A)²/τ from a circuit with one Warburg element.

    Parameters
    ----------
    w, z : ndarray
        Angular frequencies [1/s] and impedance [Ω].
    cell : Cell
    start : Estimate
        Of the diffusion model: where the search begins.
    circuit : str, optional
        In the notation of impedance.py.
    """
    element = "Ws" if cell.permeable else "Wo"
    text = circuit or (f"R0-p(R1-{element}1,C1)" if _arc(w, z, start) else f"R0-{element}1")
    names, found, errors = _search(text, w / (2 * pi), z, _guesses(z, cell, start, element))
    where = [i for i, n in enumerate(names) if n.startswith(element) and n.endswith("_1")]
    tau, error = float(found[where[0]]), float(errors[where[0]])
    length = cell.length / (DIMENSION[cell.shape] + 1)
    d = length**2 / tau
    relative = error / tau if isfinite(error) else inf
    freedom = 2 * w.size - len(names)
    reach = relative * student(freedom)
    ends = (d * exp(-reach), d * exp(reach)) if reach < _LOOSE else (0.0, inf)
    if cell.shape != "planar":
        checks.told(
            f'{VERB} method="circuit": {element} is the element of a film; with the volume per '
            f"area of a {cell.shape} as its length D comes out too small, by up to a factor 3, and "
            'the interval does not know of it. Use method="diffusion_model".'
        )
    planar = "" if cell.shape == "planar" else (
        f"; the element is that of a film, its length {length:.3g} m the volume per area of the "
        f"{cell.shape}"
    )  # fmt: skip
    more = {"circuit": text, **dict(zip(names, map(float, found), strict=True)), "points": w.size}
    return replace(
        start,
        method="circuit",
        diffusivity=d,
        sigma=d * relative,
        interval=ends,
        assumption=f"linear diffusion as the circuit {text} has it, with constant elements{planar}",
        more=more,
    )


def _arc(w: Real, z: Complex, model: Estimate) -> bool:
    """Whether the double layer shows."""
    capacitance = model.more["double_layer"]
    share = capacitance * float((w * np.abs(z)).max())
    return bool(capacitance > _ARC * model.more["double_layer_sigma"] and share > 1e-3)


def _guesses(z: Complex, cell: Cell, model: Estimate, element: str) -> dict[str, float]:
    """Where each kind of element starts."""
    more, least = model.more, 1e-6 * float(np.abs(z).min())
    tau = (cell.length / (DIMENSION[cell.shape] + 1)) ** 2 / model.diffusivity
    transfer = max(more["charge_transfer_resistance"], least)
    return {
        "R0": max(more["series_resistance"], least),
        "R": transfer,
        "C": max(more["double_layer"], 1e-20),
        "CPE_0": max(more["double_layer"], 1e-20),
        "CPE_1": 0.95,
        f"{element}_0": more["stiffness"] * (tau / model.diffusivity) ** 0.5,
        f"{element}_1": tau,
    }


def _search(
    text: str, f: Real, z: Complex, guesses: dict[str, float]
) -> tuple[list[str], Real, Real]:
    """Names, values and standard errors of the parameters."""
    circuits = _library()
    names = _names(text, guesses)
    guess = [_guess(name, guesses) for name in names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of shows in the errors
        try:
            model = circuits.CustomCircuit(text, initial_guess=guess)
            model.fit(f, z, weight_by_modulus=True, xtol=1e-14, gtol=1e-14)
        except Exception as error:  # whatever the library makes of odd text or data
            raise VegardError(
                f"{VERB}: impedance.py could not fit the circuit {text}: {error}. Check its "
                'notation, or use method="diffusion_model".'
            ) from None
        rest = (model.predict(f) - z) / np.abs(z)
    whole = np.concatenate([rest.real, rest.imag])
    unit = np.concatenate([z.real, z.imag]) / np.abs(np.concatenate([z, z]))
    checks.check_shape_of_rest(f'{VERB} method="circuit"', whole, unit)
    return names, np.asarray(model.parameters_), np.asarray(model.conf_)


def _library() -> Any:
    try:
        from impedance.models.circuits import circuits  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise VegardError(
            f'{VERB}: method="circuit" needs impedance.py, which is not installed: pip install '
            '"vegard[eis]". method="diffusion_model" needs nothing more.'
        ) from None
    return circuits


def _names(text: str, guesses: dict[str, float]) -> list[str]:
    """Parameters of a circuit in the order of impedance.py."""
    import re

    names: list[str] = []
    for kind, number in re.findall(r"([A-Z][A-Za-z]*)_?(\d+)", text):
        pair = [f"{kind}_0", f"{kind}_1"]
        if all(p in guesses for p in pair):
            names += [f"{kind}{number}_0", f"{kind}{number}_1"]
        elif kind in ("R", "C"):
            names.append(f"{kind}{number}")
        else:
            known = sorted({"R", "C", "CPE", *(g[:2] for g in guesses if g.startswith("W"))})
            raise VegardError(
                f"{VERB}: the circuit {text} has the element {kind}, for which no start is known; "
                f"take {', '.join(known)}. Wo is for a blocking back, Ws for a permeable one."
            )
    if sum(n.startswith("W") for n in names) != 2:
        raise VegardError(
            f"{VERB}: the circuit must hold one Warburg element, as R0-p(R1-Wo1,C1); got {text}."
        )
    return names


def _guess(name: str, guesses: dict[str, float]) -> float:
    kind = name.rstrip("0123456789")
    if name in guesses:
        return guesses[name]
    if kind in guesses:
        return guesses[kind]
    return guesses[kind.rstrip("_0123456789") + name[-2:]]
