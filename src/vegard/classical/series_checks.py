"""Measured series before they are analysed: what is wrong, where, and what to do."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vegard.cell import Cell
from vegard.errors import OutOfRegime, VegardError
from vegard.prefixes import quantity

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Window = tuple[float, float]

_UNEXPLAINED = 0.02  # share of the signal
_SERIAL = 0.5  # correlation of neighbouring residuals


def series(verb: str, time: Any, y: Any, name: str, unit: str) -> tuple[Real, Real]:
    """Times [s] that increase, and finite values, one for each."""
    t, v = _pair(verb, _row(verb, "time", "s", time), _row(verb, name, unit, y), "time", name)
    wrong = np.flatnonzero(np.diff(t) <= 0)
    if wrong.size:
        i = int(wrong[0])
        if t[i] == t[i + 1]:
            raise VegardError(
                f"{verb}: the time {t[i]:g} s occurs twice, at points {i} and {i + 1}; keep one of "
                "them or take their mean."
            )
        raise VegardError(
            f"{verb}: time must increase, but after point {i} it falls from {t[i]:g} s to "
            f"{t[i + 1]:g} s ({wrong.size} such places). Sort both columns: "
            "order = numpy.argsort(time). If several transients follow each other, pass one, with "
            "t = 0 at its step."
        )
    return t, _alive(verb, v, name)


def spectrum(frequency: Any, impedance: Any) -> tuple[Real, Complex]:
    """Frequencies [Hz] that rise, and an impedance [Ω] with Im Z < 0."""
    verb = "analyse_eis"
    z = _numbers(verb, "impedance", "Ω", impedance)
    if not np.iscomplexobj(z):
        raise VegardError(
            f"{verb}: impedance must be complex [Ω], Re Z + 1j·Im Z; got real numbers. Pass both "
            "columns as one: z_real + 1j * z_imag."
        )
    f, z = _pair(verb, _row(verb, "frequency", "Hz", frequency), z, "frequency", "impedance")
    if (f <= 0).any():
        i = int(np.argmax(f <= 0))
        raise VegardError(
            f"{verb}: frequency must be > 0 [Hz]; got {f[i]:g} at point {i}. Leave it out, or undo "
            "the logarithm."
        )
    order = np.argsort(f, kind="stable")
    f, z = f[order], z[order]
    same = np.flatnonzero(np.diff(f) == 0)
    if same.size:
        where = sorted(order[same[0] : same[0] + 2].tolist())
        raise VegardError(
            f"{verb}: the frequency {f[same[0]]:g} Hz occurs twice, at points {where[0]} and "
            f"{where[1]} ({same.size} such pairs). Keep one of each or take their mean; two sweeps "
            "in one file are two spectra."
        )
    _alive(verb, np.abs(z), "impedance")
    above = int((z.imag > 0).sum())
    if 2 * above > z.size:
        raise VegardError(
            f"{verb}: Im Z is above 0 at {above} of {z.size} frequencies; with e^(+iωt) a "
            "capacitance has Im Z < 0. The column holds -Im Z, as many files do: pass "
            "numpy.conj(impedance)."
        )
    return f, z


def known_stiffness(verb: str, cell: Cell, why: str) -> float:
    """(-dE/dC)/(zFA) [Ω m/s]."""
    if cell.material.ocv_slope is None:
        raise VegardError(
            f"{verb}: {why} needs the slope of the open-circuit curve: "
            "Material(ocv_slope=…) [V m³/mol] (on the command line --ocv-slope)."
        )
    return cell.stiffness


def possible_stiffness(cell: Cell) -> float | None:
    """The same, None if the slope is unknown."""
    return None if cell.material.ocv_slope is None else cell.stiffness


def checked_cell(verb: str, cell: object) -> Cell:
    """The cell, if it is one."""
    if not isinstance(cell, Cell):
        raise VegardError(
            f"{verb}: cell must be a vegard Cell(material, length, area, …); got {cell!r}."
        )
    return cell


def checked_number(verb: str, name: str, unit: str, value: Any) -> float:
    """One finite number that is not 0."""
    try:
        out = float(value)
    except (TypeError, ValueError):
        raise VegardError(f"{verb}: {name} must be one number [{unit}]; got {value!r}.") from None
    if not np.isfinite(out) or out == 0:
        raise VegardError(f"{verb}: {name} must be finite and not 0 [{unit}]; got {out:g}.")
    return out


def inside(verb: str, x: Real, window: Any, unit: str, least: int) -> NDArray[np.bool_]:
    """Which points lie in the window that was asked for; all of them for None."""
    if window is None:
        chosen = np.ones(x.shape, bool)
    else:
        try:
            low, high = (float(w) for w in window)
        except (TypeError, ValueError):
            raise VegardError(
                f"{verb}: window must be (low, high) [{unit}]; got {window!r}."
            ) from None
        if not low < high:
            raise VegardError(f"{verb}: window must be low < high [{unit}]; got {window!r}.")
        chosen = (x >= low) & (x <= high)
    if chosen.sum() < least:
        where = "" if window is None else f" in the window {low:g} to {high:g} {unit}"
        raise VegardError(
            f"{verb} needs {least} or more points{where}; got {int(chosen.sum())} of {x.size}."
        )
    return chosen


def told(message: str) -> None:
    """Say that a formula is used outside its range."""
    warnings.warn(message, OutOfRegime, stacklevel=4)


def check_shape_of_rest(verb: str, rest: Real, y: Real) -> None:
    """Say so if the residuals are no noise: large, and alike in neighbours."""
    if rest.size < 20:
        return
    size, signal = float(rest @ rest), float(y @ y)
    serial = float(rest[1:] @ rest[:-1]) / size if size else 0.0
    share = (size / signal) ** 0.5 if signal else 0.0
    if serial > _SERIAL and share > _UNEXPLAINED:
        told(
            f"{verb}: the model does not describe the data: what it leaves is {share:.2g} of the "
            f"signal and no noise (neighbouring residuals correlate by {serial:.2f}, noise by 0). "
            "D and its interval mean little; check units, step or current, shape, and the window."
        )


def span(x: Real, unit: str) -> str:
    """First to last, for people."""
    return f"{quantity(float(x.min()), unit)} to {quantity(float(x.max()), unit)}"


def _numbers(verb: str, name: str, unit: str, values: Any) -> NDArray[Any]:
    try:
        out = np.asarray(values)
    except ValueError:
        out = np.empty(0, object)
    if out.dtype.kind not in "fciu":
        raise VegardError(
            f"{verb}: {name} must be a row of numbers [{unit}]; got {_shown(values)}."
        )
    if out.ndim != 1:
        raise VegardError(
            f"{verb}: {name} must be one row of numbers [{unit}]; got the shape {out.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(out))
    if bad.size:
        raise VegardError(
            f"{verb}: {name} is {out[bad[0]]:g} at point {int(bad[0])} ({bad.size} of {out.size} "
            "are not finite). Leave these points out of both columns."
        )
    return out


def _row(verb: str, name: str, unit: str, values: Any) -> Real:
    out = _numbers(verb, name, unit, values)
    if np.iscomplexobj(out):
        raise VegardError(f"{verb}: {name} must be real [{unit}]; got complex numbers.")
    return out.astype(float)


def _pair(verb: str, x: Real, y: Any, x_name: str, y_name: str) -> tuple[Real, Any]:
    if x.size != y.size:
        raise VegardError(
            f"{verb}: {x_name} has {x.size} values but {y_name} {y.size}; give one {y_name} for "
            f"each {x_name}."
        )
    return x, y


def _alive(verb: str, v: Real, name: str) -> Real:
    if v.size and not v.any():
        raise VegardError(
            f"{verb}: {name} is 0 at all {v.size} points: nothing was measured, or it is the wrong "
            "column."
        )
    return v


def _shown(values: Any) -> str:
    text = repr(values)
    return text if len(text) < 60 else text[:57] + "…"
