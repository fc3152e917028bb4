"""Complex spectra from columns: impedance with its sign, and the tip's frequency response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vegard.errors import FileError
from vegard.io import columns as named
from vegard.io.columns import Column, Real

Complex = NDArray[np.complex128]
_SHARE = 0.9  # of the points below the middle frequency that must agree on a sign
_AXES = ("frequency", "centre", "shift")
_PARTS = ("real", "imaginary", "amplitude", "phase")
_RAD, _RELATIVE = 0.02, 0.01  # how closely a phase and a modulus repeat Re and Im


class Spectrum(NamedTuple):
    """Values with what was decided, and what is to be warned of."""

    values: Complex
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def impedance(
    path: object,
    frequency: Real,
    found: Mapping[str, Column],
    *,
    headed: bool,
    sign: int | None,
    phase_unit: str | None,
) -> Spectrum:
    """Impedance [Ω] in the convention e^{+iωt}: a capacitor has Im Z < 0.

    Parameters
    ----------
    path : object
        The file, for messages.
    frequency : ndarray
        Frequencies [Hz].
    found : mapping
        Columns by quantity: real and imaginary, or amplitude and phase, or all four.
    headed : bool
        Whether the columns have names; else the sign of Im Z is that of a capacitive spectrum,
        if it is so for 90 % of the points in the lower half of the frequencies (on a log axis).
    sign : {1, -1}, optional
        Whether the imaginary column holds Im Z or -Im Z.
    phase_unit : {"deg", "rad"}, optional
        Unit of the phase.
    """
    if not {"real", "imaginary"} <= set(found):
        modulus, told = named.si(found["amplitude"], "Ω", path)
        column = found["phase"]
        phase = named.radians(column, phase_unit, path, "phase_unit=")
        turn = _turn(column) if sign is None else sign
        z = modulus * np.exp(1j * turn * phase)
        told += [f"{column.label} is -φ: its sign was turned."] if turn < 0 else []
        doubts = [] if sign is not None else _inductive(path, frequency, z.imag)
        return Spectrum(z, tuple(told), tuple(doubts))
    real, told = named.si(found["real"], "Ω", path)
    imaginary, more = named.si(found["imaginary"], "Ω", path)
    turn, why = _sign(path, frequency, found["imaginary"], imaginary, headed, sign)
    z = real + 1j * turn * imaginary
    doubts = [] if sign is not None else _inductive(path, frequency, z.imag)
    also, others = _repeated(path, z, found, sign)
    told = [*told, *more] if headed else []  # without names all is in SI, which is said elsewhere
    return Spectrum(z, (*told, *why, *also), (*doubts, *others))


def _sign(
    path: object,
    frequency: Real,
    column: Column,
    values: Real,
    headed: bool,
    sign: int | None,
) -> tuple[int, list[str]]:
    """Factor of the imaginary column, and why."""
    if sign is not None:
        return sign, [f"{column.label} holds {'-' * (sign < 0)}Im Z, as sign= says."]
    if headed and column.turned:
        return -1, [f"{column.label} is -Im Z: its sign was turned."]
    if headed:
        return 1, []
    share = _share(frequency, values)
    if share >= _SHARE:
        return 1, [
            f"{column.label} is taken for Im Z: it is below 0 at {share:.0%} of the lower half of "
            "the frequencies, as in a capacitive spectrum."
        ]
    if share <= 1 - _SHARE:
        return -1, [
            f"{column.label} is taken for -Im Z, and its sign was turned: it is above 0 at "
            f"{1 - share:.0%} of the lower half of the frequencies; a capacitive spectrum has "
            "Im Z < 0."
        ]
    raise FileError(
        f"{path}: {column.label} has no name that says whether it is Im Z or -Im Z, and its signs "
        f"do not tell: {share:.0%} of the lower half of the frequencies are below 0. Give sign=1 "
        "for Im Z, sign=-1 for -Im Z."
    )


def _share(frequency: Real, imaginary: Real) -> float:
    """Share of the points below the middle frequency (on a log axis) with Im Z ≤ 0."""
    low = frequency <= np.sqrt(frequency.min() * frequency.max())
    return float((imaginary[low] <= 0).mean())


def _inductive(path: object, frequency: Real, imaginary: Real) -> list[str]:
    share = _share(frequency, imaginary)
    if share > 1 - _SHARE:
        return []
    return [
        f"{path}: Im Z is above 0 at {1 - share:.0%} of the lower half of the frequencies, which "
        "is inductive. If the file holds -Im Z, give sign=-1; if it is right, sign=1."
    ]


def _repeated(
    path: object, z: Complex, found: Mapping[str, Column], sign: int | None
) -> tuple[list[str], list[str]]:
    """Whether modulus and phase, where the file has them as well, say the same."""
    notes, doubts = [], []
    if "amplitude" in found:
        column = found["amplitude"]
        off = np.abs(named.si(column, "Ω", path)[0] - np.abs(z)) > _RELATIVE * np.abs(z)
        if off.mean() > 1 - _SHARE:
            doubts.append(
                f"{path}: {column.label} is not the modulus of the real and the imaginary part at "
                f"{off.mean():.0%} of the points, which were taken without it."
            )
    if "phase" in found:
        column = found["phase"]
        said = column.unit.lower()
        unit, factor = _phase_unit(column, z)
        if not unit:
            doubts.append(
                f"{path}: {column.label} is not the phase of the real and the imaginary part, in "
                "deg or in rad; they were taken without it. Check the columns."
            )
        elif said and unit != ("rad" if said.startswith("rad") else "deg"):
            name = "degrees" if unit == "deg" else "radians"
            notes.append(
                f"{column.label} is in {name}, whatever its name says: so it is the phase of the "
                "real and the imaginary part. Z does not depend on it."
            )
        if unit and factor < 0 and sign is None:
            doubts.append(
                f"{path}: {column.label} has the sign of -Im Z, as the imaginary part was read; "
                "check which of the two is turned, and give sign=."
            )
    return notes, doubts


def _phase_unit(column: Column, z: Complex) -> tuple[str, int]:
    """Unit and sign with which a phase is that of z; the unit in the name goes first."""
    names = ("rad", "deg") if column.unit.lower().startswith("rad") else ("deg", "rad")
    turned = _turn(column)
    for factor in (turned, -turned):
        for unit in names:
            phase = factor * column.values * (np.pi / 180 if unit == "deg" else 1)
            off = np.abs(np.angle(np.exp(1j * phase) * np.conj(z)))
            if (off < _RAD).mean() >= _SHARE:
                return unit, factor * turned
    return "", 1


def roles(
    path: object,
    columns: Iterable[tuple[str, Column]],
    option: Callable[[str], str] = "{}=".format,
) -> dict[str, Column]:
    """Columns of a tip's response by quantity.

    Parameters
    ----------
    path : object
        The file, for messages.
    columns : iterable of (str, Column)
        With what each of them is; those that are something else are left out.
    option : callable
        How an option is written in messages.

    Raises
    ------
    FileError
        Unless there is one frequency (or a centre frequency and a shift), with amplitude and phase,
        real and imaginary part, or amplitude alone.
    """
    columns = list(columns)
    kinds = sorted(q for q, _ in columns)
    axis = [k for k in kinds if k in _AXES]
    rest = [k for k in kinds if k in _PARTS]
    legal = (["amplitude"], ["amplitude", "phase"], ["imaginary", "real"])
    if axis not in (["frequency"], ["centre", "shift"]) or rest not in legal:
        names = ", ".join(c.source for _, c in columns)
        raise FileError(
            f"{path}: the columns {names} are not one frequency with "
            "amplitude (and phase) or real and imaginary part. Name those to take, '-' for others: "
            f"{option('columns')}'frequency (Hz), amplitude (m), phase (deg)'."
        )
    return {q: c for q, c in columns if q in (*_AXES, *_PARTS)}


def response(
    path: object,
    found: Mapping[str, Column],
    phase_unit: str | None,
    option: Callable[[str], str] = "{}=".format,
) -> tuple[Real, NDArray[Any], str]:
    """Frequencies [Hz], response of the tip and its unit, as the file has it.

    Parameters
    ----------
    path : object
        The file, for messages.
    found : mapping
        Columns by quantity, see `roles`.
    phase_unit : {"deg", "rad"}, optional
        Unit of the phase, instead of that in the name of its column.
    option : callable
        How an option is written in messages.
    """
    f = np.zeros(1)
    for column in (found[q] for q in _AXES if q in found):
        f = f + column.values * named.factor(column.unit or "Hz", "Hz", f"{path}: {column.label}")
    if "real" in found:
        real, imaginary = found["real"], found["imaginary"]
        if real.unit != imaginary.unit:
            raise FileError(f"{path}: the units of the real and the imaginary part differ.")
        return f, real.values + 1j * _turn(imaginary) * imaginary.values, real.unit
    amplitude = found["amplitude"]
    if "phase" not in found:
        if phase_unit:
            raise FileError(f"{path} has no phase, but {option('phase_unit')} was given.")
        return f, amplitude.values, amplitude.unit
    phase = named.radians(found["phase"], phase_unit, path, option("phase_unit"))
    return f, amplitude.values * np.exp(1j * _turn(found["phase"]) * phase), amplitude.unit


def _turn(column: Column) -> int:
    return -1 if column.turned else 1
