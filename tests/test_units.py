"""Units as people write them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vegard.errors import VegardError
from vegard.units import format, parse


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("20 nm", "m", 2e-8),
        ("3 nm", "m", 3e-9),  # 3 * 1e-9 would end in ...04
        ("0.1um", "m", 1e-7),
        ("1 µm", "m", 1e-6),  # micro sign
        ("1 μm", "m", 1e-6),  # Greek mu
        ("8.2 Å", "m", 8.2e-10),
        ("1 µs", "s", 1e-6),
        ("2 min", "s", 120.0),
        ("100 mV", "V", 0.1),
        ("1 kHz", "Hz", 1e3),
        ("2 GPa", "Pa", 2e9),
        ("25 degC", "K", 298.15),
        ("25 °C", "K", 298.15),
        ("300 K", "K", 300.0),
        ("1e-12 cm^2/s", "m²/s", 1e-16),
        ("1e-12 cm²/s", "m²/s", 1e-16),
        ("1e-12 cm2/s", "m²/s", 1e-16),
        ("1e-12 cm**2/s", "m²/s", 1e-16),
        ("1e-12 cm² s⁻¹", "m²/s", 1e-16),
        ("1e-12 cm^2 s^-1", "m²/s", 1e-16),
        ("3.5e-6 m^3/mol", "m³/mol", 3.5e-6),
        ("3.5 cm³/mol", "m³/mol", 3.5e-6),
        ("3.5×10⁻⁶ m³/mol", "m³/mol", 3.5e-6),
        ("-2.3e-5 V m^3/mol", "V m³/mol", -2.3e-5),
        ("−2.3e-5 V·m³/mol", "V m³/mol", -2.3e-5),  # a minus sign, not a hyphen
        ("22.9 mol/L", "mol/m³", 22900.0),
        ("1e-6 mol/(m^2 s)", "mol/m²/s", 1e-6),
        ("1 nm/s", "m/s", 1e-9),
        ("30 %", "–", 0.3),
        ("0.3", "–", 0.3),
        ("inf", "m/s", float("inf")),
        ("0", "m", 0.0),
        (2, "m", 2.0),
        (-1.5, "V", -1.5),
    ],
)
def test_what_people_write(text: object, unit: str, value: float) -> None:
    assert parse(text, unit) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["3 nm", "20 nm", "7.08e-15 cm^2/s"])
def test_powers_of_ten_are_exact(text: str) -> None:
    number, unit = text.split()
    power = {"nm": -9, "cm^2/s": -4}[unit]
    mantissa, _, exponent = number.partition("e")
    exact = float(f"{mantissa}e{int(exponent or 0) + power}")
    assert parse(text, "m" if unit == "nm" else "m²/s") == exact


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        ("20 s", "m", "tip.radius: '20 s' is a time; needs a length, e.g. \"20 nm\"."),
        ("20 nm", "s", "is a length; needs a time"),
        ("20 C", "K", "is a charge; needs a temperature"),
        ("1 V", "–", "is a voltage; needs a plain number"),
        ("1e-14 m^2 s", "m²/s", "is a quantity in"),
        ("20", "m", "has no unit"),
        ("20 nmm", "m", "Did you mean 'nm'?"),
        ("20 NM", "m", "unknown unit"),
        ("nm", "m", "does not start with a number"),
        ("", "m", "does not start with a number"),
        ("nan", "m", "does not start with a number"),
        (float("nan"), "m", "not nan"),
        (True, "m", "got True"),
        (None, "m", "got None"),
        ([1], "m", "got [1]"),
        (10**400, "m", "too large"),
        ("0,5 nm", "m", "decimal point"),
        ("1,000 nm", "m", "decimal point"),
        ("5 10 nm", "m", "unknown unit"),
        ("1e5e5 nm", "m", "tip.radius"),
        ("1e2 × 10^3 nm", "m", "two powers of ten"),
        ("1 rad/s", "Hz", "Divide an angular frequency by 2π"),
        ("1 9**9**9**9**9", "m", "unknown unit"),
        ("1 m**99999999", "m", "unknown unit"),
        ("1 ((m", "m", "unknown unit"),
        ("1 m/", "m", "unknown unit"),
        ("1 " + "m" * 1000, "m", "does not start"),
        ("1 __import__('os')", "m", "unknown unit"),
    ],
)
def test_one_sentence_with_the_fix(value: object, unit: str, said: str) -> None:
    with pytest.raises(VegardError) as caught:
        parse(value, unit, "tip.radius")
    message = str(caught.value)
    assert said in message
    assert message.startswith("tip.radius: ")
    assert "\n" not in message


@given(st.text(max_size=30), st.sampled_from(["m", "m²/s", "V m³/mol", "K", "–"]))
def test_any_text_gives_a_number_or_our_error(text: str, unit: str) -> None:
    with suppress(VegardError):
        assert isinstance(parse(text, unit), float)


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["m", "m²/s", "V m³/mol", "mol/m³", "K"]),
)
def test_si_text_reads_back_to_the_last_bit(value: float, unit: str) -> None:
    assert parse(f"{value!r} {unit}", unit) == value


@given(st.floats(1e-15, 1e9), st.sampled_from(["m", "Hz", "V", "m²/s", "m³/mol", "Pa"]))
def test_format_reads_back(value: float, unit: str) -> None:
    # twelve digits are written, and pint multiplies once: 1e-11 leaves room for both
    assert parse(format(value, unit, 12), unit) == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2e-8, "m", "20 nm"),
        (1200.0, "Hz", "1.2 kHz"),
        (3.4e-15, "m²/s", "3.4e-15 m²/s"),
        (0.3, "–", "0.3"),
        (1.4e-12, "m/V", "1.4 pm/V"),
    ],
)
def test_format(value: float, unit: str, text: str) -> None:
    assert format(value, unit) == text


def test_si_numbers_do_not_load_pint() -> None:
    code = (
        "import sys; from vegard.units import parse; parse('2e-08 m', 'm'); parse(1.0, 'm'); "
        "assert 'pint' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
