"""Numbers for people: SI prefixes, three digits, units."""

from __future__ import annotations

from math import floor, isfinite, log10

_PREFIXES = {
    -18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T",
}  # fmt: skip
_TAKES_PREFIX = {"m", "s", "Hz", "V", "A", "Pa", "N", "Ω"}


def scale(value: float, unit: str) -> tuple[float, str]:
    """Factor and unit with an SI prefix that bring a value to 1…1000.

    Parameters
    ----------
    value : float
        A typical value, in ``unit``.
    unit : str
        SI unit; the prefix goes to its first factor. Units such as m²/s take none.

    Returns
    -------
    factor : float
        Multiply values in ``unit`` by it.
    unit : str
        Unit of the result.

    Examples
    --------
    >>> scale(1.4e-12, "m/V")
    (1000000000000.0, 'pm/V')
    """
    if value == 0 or not isfinite(value) or unit.split("/")[0] not in _TAKES_PREFIX:
        return 1.0, unit
    power = 3 * floor(log10(abs(value)) / 3 + 1e-9)
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    return 10.0**-power, _PREFIXES[power] + unit


def quantity(value: float, unit: str, digits: int = 3) -> str:
    """A value with its unit and prefix, rounded.

    Parameters
    ----------
    value : float
        The value, in ``unit``.
    unit : str
        SI unit; "–" for a pure number.
    digits : int
        Significant digits.

    Examples
    --------
    >>> quantity(1.3727e-12, "m"), quantity(395153.0, "Hz"), quantity(7.08e-15, "m²/s")
    ('1.37 pm', '395 kHz', '7.08e-15 m²/s')
    """
    rounded = float(f"{value:.{digits}g}")  # 999.96 becomes 1000 before the prefix is chosen
    factor, name = scale(rounded, unit)
    number = f"{rounded * factor:.{digits}g}"
    if "e+" in number and abs(rounded * factor) < 1e5:
        number = f"{rounded * factor:.0f}"
    return number if name in ("", "–") else f"{number} {name}"
