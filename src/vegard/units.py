"""Units as people write them, at the border only: text in, SI numbers out, and back."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from functools import cache
from math import floor, isnan, log10
from numbers import Real
from typing import Any

from vegard.errors import VegardError
from vegard.prefixes import quantity

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_NUMBER = re.compile(
    r"\s*(?P<mantissa>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf)"
    r"(?:\s*[×x*·]\s*10\s*(?:\^|\*\*)?\s*(?P<power>[+-]?\d+))?(?P<unit>.*)",
    re.IGNORECASE,
)
_EXPONENT = re.compile(r"(?<=[^\W\d_)])\s*(?:\*\*|\^)?\s*([+-]?\d{1,2})(?!\d)")
_LEGAL = re.compile(r"[^\W\d_]|[\s()*/°%Ω-]")
_SEVERAL = re.compile(r"±|\+/?-|[-–—]\s*\.?\d|\.\.|to\b")  # 20±2 nm, 20-30 nm, 20 to 30 nm
_LONGEST = 80

_KINDS = {  # what a unit measures, and how it is written
    "m": ("a length", "20 nm"),
    "s": ("a time", "10 ms"),
    "Hz": ("a frequency", "1 kHz"),
    "V": ("a voltage", "100 mV"),
    "A": ("a current", "1 pA"),
    "K": ("a temperature", "25 degC"),
    "Pa": ("a pressure", "10 GPa"),
    "m²/s": ("a diffusivity", "1e-15 m^2/s"),
    "m³/mol": ("a molar volume", "1e-6 m^3/mol"),
    "V m³/mol": ("a slope dE/dC", "-1e-5 V m^3/mol"),
    "mol/m³": ("a concentration", "2.3e4 mol/m^3"),
    "m/s": ("a rate", "1e-8 m/s"),
    "mol/m²/s": ("a flux", "1e-6 mol/m^2/s"),
    "–": ("a plain number", "0.3"),
    "kg": ("a mass", "1 kg"),
    "C": ("a charge", "1 C"),
    "mol": ("an amount", "1 mol"),
    "m²": ("an area", "1 nm^2"),
    "m³": ("a volume", "1 nm^3"),
    "N": ("a force", "1 nN"),
    "rad": ("an angle", "30 deg"),
    "N/m": ("a stiffness", "3 N/m"),
    "Ω": ("a resistance", "1 Mohm"),
    "J": ("an energy", "1 J"),
    "rad/m": ("a wavenumber", "1e8 rad/m"),
}
_COMMON = (
    "m", "cm", "mm", "µm", "um", "nm", "pm", "Å", "s", "ms", "µs", "us", "ns", "min", "h", "Hz",
    "kHz", "MHz", "V", "mV", "A", "mA", "nA", "pA", "K", "degC", "Pa", "MPa", "GPa", "mol", "L",
    "cm^2/s", "m^2/s", "mol/m^3", "m^3/mol", "V m^3/mol", "m/s",
)  # fmt: skip


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)


def parse(value: object, unit: str, name: str = "") -> float:
    """SI number of a quantity as people write it.

    Parameters
    ----------
    value : str or float
        Text with a unit, ``"20 nm"``, ``"1e-12 cm²/s"``, ``"25 degC"``; a plain number is SI.
    unit : str
        SI unit that is wanted, e.g. "m", "m²/s", "V m³/mol"; "–" for a pure number.
    name : str, optional
        What it is, for the message: "tip.radius".

    Returns
    -------
    float
        The number in ``unit``; "3 nm" is 3e-9 to the last digit.

    Raises
    ------
    VegardError
        For a wrong dimension, an unknown unit, text without a number or unit, nan, or a bool.

    Examples
    --------
    >>> parse("20 nm", "m"), parse("1e-12 cm²/s", "m²/s"), parse(0.3, "–")
    (2e-08, 1e-16, 0.3)
    >>> parse("20 s", "m", "tip.radius")
    Traceback (most recent call last):
        ...
    vegard.errors.VegardError: tip.radius: '20 s' is a time; needs a length, e.g. "20 nm".
    """
    label = f"{name}: " if name else ""
    if isinstance(value, str):
        result = _parse_text(value, unit, label)
    elif not isinstance(value, bool) and isinstance(value, Real):
        try:
            result = float(value)
        except OverflowError:
            raise VegardError(f"{label}the number is too large for a computer.") from None
    else:
        raise VegardError(f"{label}needs {_wanted(unit)}; got {value!r}.")
    if isnan(result):
        raise VegardError(f"{label}must be a number, not nan; needs {_wanted(unit)}.")
    return result


def format(value: float, unit: str, digits: int = 4) -> str:
    """A quantity for people: SI prefix, few digits, unit.

    Parameters
    ----------
    value : float
        Number in ``unit``.
    unit : str
        SI unit; "–" for a pure number.
    digits : int
        Significant digits.

    Examples
    --------
    >>> format(2e-8, "m"), format(1200.0, "Hz"), format(3.4e-15, "m²/s"), format(0.3, "–")
    ('20 nm', '1.2 kHz', '3.4e-15 m²/s', '0.3')
    """
    return quantity(value, unit, digits)


def _wanted(unit: str) -> str:
    kind, example = _KINDS.get(unit, (f"a quantity in {unit}", f"1 {unit}"))
    return f"{kind}, e.g. {example}" if unit == "–" else f'{kind}, e.g. "{example}"'


def _parse_text(text: str, unit: str, label: str) -> float:
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    plain = text.translate(_SUPERSCRIPTS).replace("−", "-").replace("μ", "µ")
    match = _NUMBER.fullmatch(plain) if len(text) <= _LONGEST else None
    if match is None:
        raise VegardError(f"{label}'{shown}' does not start with a number; needs {_wanted(unit)}.")
    mantissa = match["mantissa"] + (f"e{match['power']}" if match["power"] else "")
    if match["power"] and "e" in match["mantissa"].lower():
        raise VegardError(f"{label}'{text}' has two powers of ten; needs {_wanted(unit)}.")
    written = match["unit"].strip()
    if written[:1] == "," and written[1:2].isdigit():
        raise VegardError(f"{label}'{text}' has a comma; write a decimal point: 0.5, not 0,5.")
    if _SEVERAL.match(written):
        raise VegardError(f"{label}'{text}' is more than one number; a list is a sweep.")
    given, target = _normal(written), _normal(unit)
    if given == target or (not given and float(mantissa) in (0.0, float("inf"), -float("inf"))):
        return float(mantissa)
    if not given:
        raise VegardError(
            f"{label}'{text}' has no unit; needs {_wanted(unit)}, or the bare number in "
            f"{unit} without quotes."
        )
    return _convert(mantissa, given, target, f"{label}'{text}'", unit)


def _normal(unit: str) -> str:
    """The unit as pint reads it: exponents with **, products with blanks."""
    plain = unit.strip().translate(_SUPERSCRIPTS).replace("−", "-").replace("μ", "µ")
    if plain in ("", "–", "-"):
        return ""
    return _EXPONENT.sub(r"**\1", plain.replace("·", " ").replace("⋅", " "))


def _legal(unit: str) -> bool:
    """Whether the unit is names and small exponents only: pint would compute anything else."""
    bare = re.sub(r"(?<=[^\W\d_])\*\*[+-]?\d{1,2}(?!\d)", "", unit)
    bare = bare[1:] if re.match(r"1\s*/", bare) else bare
    return "**" not in bare and not _LEGAL.sub("", bare)


def _convert(mantissa: str, given: str, target: str, shown: str, unit: str) -> float:
    registry = _registry()
    source = _units(given, shown, unit)
    goal = registry.Unit(target or "dimensionless")
    number = registry.Quantity(float(mantissa), source)
    if number.dimensionality != goal.dimensionality:
        raise VegardError(f"{shown} is {_kind(number)}; needs {_wanted(unit)}.")
    if "radian" in str(number.to_root_units().units) and "rad" not in target:
        raise VegardError(
            f"{shown} holds an angle; needs {_wanted(unit)}. Divide an angular frequency by 2π."
        )
    factor = float(registry.Quantity(1.0, source).to(goal).magnitude)
    if registry.Quantity(2.0, source).to(goal).magnitude != 2 * factor:  # an offset: degC, degF
        return float(number.to(goal).magnitude)
    power = floor(log10(factor) + 0.5)
    if abs(factor / 10.0**power - 1) < 1e-12 and "inf" not in mantissa.lower():
        return float(Decimal(mantissa).scaleb(power))
    return float(mantissa) * factor


def _units(given: str, shown: str, unit: str) -> Any:
    near = difflib.get_close_matches(given.replace("**", "^"), _COMMON, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    problem = VegardError(f"{shown} has an unknown unit.{hint} Needs {_wanted(unit)}.")
    if not _legal(given):
        raise problem
    try:
        return _registry().Unit(given)
    except Exception:  # pint has no common base for what it may raise on odd text
        raise problem from None


def _kind(number: Any) -> str:
    if number.dimensionless:
        return "a plain number"
    registry = _registry()
    for unit, (kind, _) in _KINDS.items():
        wanted = registry.Unit(_normal(unit) or "dimensionless")
        if number.dimensionality == wanted.dimensionality:
            return kind
    return f"a quantity in {number.to_base_units().units:~P}"
