"""What figures written by people mean."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.model import Money
from ontology.quantities import MINOR_DIGITS, minor_digits, read_days, read_money, read_number


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.50", "EUR", 1250),
        ("12.5", "EUR", 1250),
        ("12", "USD", 1200),
        ("0", "EUR", 0),
        ("-0", "EUR", 0),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("0.07", "EUR", 7),
        ("9999999999999.99", "EUR", 999999999999999),
    ],
)
def test_money_is_integer_minor_units_of_its_currency(amount: str, currency: str, units: int) -> None:
    """The exponent is the currency's own, and no amount goes through binary floating point."""
    assert read_money(amount, currency) == Money(units, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.345", "EUR"),
        ("12.340", "EUR"),
        ("1.5", "JPY"),
        ("1.2345", "KWD"),
        ("-1", "EUR"),
        ("NaN", "EUR"),
        ("inf", "EUR"),
        ("1e999", "EUR"),
        ("1e3", "EUR"),
        ("12,50", "EUR"),
        ("1,200.00", "EUR"),
        ("€12", "EUR"),
        ("", "EUR"),
        ("١٢", "EUR"),
        ("12", "Euro"),
        ("12", "eur"),
        ("10000000000000.01", "EUR"),
        ("9" * 5000, "EUR"),
    ],
)
def test_money_refuses_what_is_not_one_plain_amount(amount: str, currency: str) -> None:
    """Nothing is guessed, rounded or allowed to overflow."""
    with pytest.raises(ValueError):
        read_money(amount, currency)


def test_only_the_listed_currencies_differ_from_two_decimals() -> None:
    """ISO 4217's exceptions, all of them, and hundredths for the rest."""
    assert {digits: sum(1 for each in MINOR_DIGITS.values() if each == digits) for digits in (0, 3, 4)} == {
        0: 17,
        3: 7,
        4: 2,
    }
    assert minor_digits("EUR") == minor_digits("XTS") == 2


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_money_reads_back_what_was_written(units: int, currency: str) -> None:
    """Writing minor units with the currency's decimals and reading them is the identity."""
    written = f"{Decimal(units).scaleb(-minor_digits(currency)):f}"
    assert read_money(written, currency) == Money(units, currency)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("12", "12"),
        ("0", "0"),
        ("1.5", "1.5"),
        ("2.50", "2.5"),
        ("0.000001", "0.000001"),
        ("16 h", "2"),
        ("16h", "2"),
        ("16 hours", "2"),
        ("1 Hour", "0.125"),
        ("4 hrs.", "0.5"),
        ("90 min", "0.1875"),
        ("3 days", "3"),
        ("2 weeks", "10"),
        ("1.5 weeks", "7.5"),
        (" 2 weeks ", "10"),
        ("1 min", "0.002083"),
    ],
)
def test_a_length_is_learning_days(text: str, days: str) -> None:
    """8 hours are a day, a week is five days; one value has one spelling."""
    assert str(read_days(text)) == days


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "3 months",
        "-1",
        "-2 h",
        "NaN",
        "inf",
        "1e999",
        "1e3",
        "1,5",
        "2-3 days",
        "two weeks",
        "5 d 3 h",
        "0.0000001",
        "1000001",
        "9" * 400,
    ],
)
def test_a_length_that_may_mean_two_things_is_unknown(text: str) -> None:
    """What cannot be read is no length, never a guess."""
    assert read_days(text) is None


@given(st.integers(0, 10**9))
def test_hours_and_days_say_the_same(minutes: int) -> None:
    """A length in minutes is its 480th part in days, to six decimals."""
    days = read_days(f"{minutes} min")
    if minutes <= 480 * 10**6:
        assert days is not None
        assert abs(Fraction(days) - Fraction(minutes, 480)) <= Fraction(1, 2 * 10**6)
    else:
        assert days is None


@given(st.text(max_size=12))
def test_a_number_is_plain_or_refused(text: str) -> None:
    """What is accepted is ASCII digits with at most one sign and one point, and finite."""
    try:
        number = read_number(text)
    except ValueError:
        return
    assert number.is_finite()
    assert text.strip("+-").replace(".", "", 1).isascii()
