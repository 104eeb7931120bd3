"""Figures of plans as they are written down."""

import pytest

from graph.figures import days, money_total


@pytest.mark.parametrize(
    ("millionths", "written"),
    [(10_000_000, "10"), (300_000_000, "300"), (500_000, "0.5"), (12_500_000, "12.5"), (1, "0.000001"), (0, "0")],
)
def test_days_are_written_without_exponent_and_trailing_zeros(millionths: int, written: str) -> None:
    """10 days are "10", not "1E+1": a Decimal that was normalised equals it and is told otherwise."""
    assert f"{days(millionths):f}" == written
    assert millionths == 1 or str(days(millionths)) == written


@pytest.mark.parametrize(
    ("minor_units", "currency", "written"),
    [(120_000, "EUR", "1200.00"), (120_000, "JPY", "120000"), (1_234, "KWD", "1.234"), (5, None, "0.05")],
)
def test_amounts_keep_the_digits_of_their_currency(minor_units: int, currency: str | None, written: str) -> None:
    """Cents of the euro, none of the yen, three of the dinar; two where no currency is known."""
    assert str(money_total(minor_units, currency)) == written
