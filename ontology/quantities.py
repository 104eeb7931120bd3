"""What figures written by people mean: money in integer minor units, lengths in learning days, plain numbers.

Knows spellings and units, not files: readers turn a refusal into a finding with its place. Nothing here passes NaN, an
infinity or an exponent, and nothing goes through binary floating point before it is exact.
"""

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from types import MappingProxyType

from .model import Money

DEFAULT_MINOR_DIGITS = 2
MINOR_DIGITS = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
                "XAF", "XOF", "XPF",
            ),
            0,
        ),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
        **dict.fromkeys(("CLF", "UYW"), 4),
    }
)  # fmt: skip
"""Currencies whose minor unit is not a hundredth. Source: ISO 4217, list one as of 2026-01-01, column "minor unit"."""

LARGEST_MINOR_UNITS = 10**15
"""Ten million million units with cents; a thousand such figures still add up within 64 bits."""
LARGEST_EXPONENT = 20
"""Powers of ten that an amount may have; beyond are no sums of money."""
LARGEST_DAYS = 10**6
"""Some 2,700 years: what is longer is a slip of the pen."""
HOURS_A_DAY = 8
DAYS_A_WEEK = 5
DAY_DECIMALS = 6

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?", re.ASCII)
_MACHINE_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_LENGTH = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([a-z]+)\.?", re.ASCII | re.IGNORECASE)
_DAYS_IN = MappingProxyType(
    {
        **dict.fromkeys(("min", "mins", "minute", "minutes"), Fraction(1, 60 * HOURS_A_DAY)),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), Fraction(1, HOURS_A_DAY)),
        **dict.fromkeys(("d", "day", "days"), Fraction(1)),
        **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), Fraction(DAYS_A_WEEK)),
    }
)


def minor_digits(currency: str) -> int:
    """Decimals of a currency's amounts: 2 for EUR, 0 for JPY, 3 for KWD; 2 for a code that ISO 4217 does not list."""
    return MINOR_DIGITS.get(currency, DEFAULT_MINOR_DIGITS)


def read_number(text: str) -> Decimal:
    """An exact number from plain digits with a decimal point, such as `12`, `-3.50`.

    Raises:
        ValueError: anything else: a comma, an exponent, NaN, infinity, more than 40 digits.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain decimal number")
    return Decimal(text)


def read_money(amount: str, currency: str) -> Money:
    """An amount in minor units from its decimal text, `12.50` `EUR` → 1250.

    Raises:
        ValueError: not a plain number, negative, too many decimals for the currency, too large, or no currency code.
    """
    if not re.fullmatch(r"[A-Z]{3}", currency, re.ASCII):
        raise ValueError(f"{currency!r} is not an ISO 4217 code of three capital letters")
    number = read_number(amount)
    if number < 0:
        raise ValueError(f"{amount!r} is negative")
    digits = minor_digits(currency)
    written = len(amount.partition(".")[2])
    if written > digits:
        raise ValueError(f"{amount!r} has {written} decimals, {currency} has {digits}")
    units = int(number.scaleb(digits))
    if units > LARGEST_MINOR_UNITS:
        raise ValueError(f"{amount!r} is too large")
    return Money(units, currency)


def read_amount(amount: str, currency: str) -> int:
    """Minor units of an amount as machines write it, which `read_money` would not: `1.0E5`, `50000.00 JPY`.

    Raises:
        ValueError: as `read_money`.
    """
    try:
        number = Decimal(amount) if _MACHINE_NUMBER.fullmatch(amount) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ValueError(f"{amount!r} is not a plain decimal number")
    text = format(number, "f")
    return read_money(text.rstrip("0").rstrip(".") if "." in text else text, currency).minor_units


def read_days(text: str) -> Decimal | None:
    """Learning days that a length means, None where it cannot be read.

    `12`, `2.5` are days; `16 h`, `90 min`, `3 days`, `2 weeks` are converted (8 hours = 1 day, a week = 5 days) and
    rounded to six decimals. A plain number with more than six decimals, or a negative one, is not read.
    """
    text = text.strip()
    if match := _LENGTH.fullmatch(text):
        unit = _DAYS_IN.get(match[2].lower())
        if unit is None:
            return None
        exact = Fraction(match[1]) * unit
        days = Decimal(round(exact * 10**DAY_DECIMALS)).scaleb(-DAY_DECIMALS)
    elif _NUMBER.fullmatch(text) and len(text.partition(".")[2]) <= DAY_DECIMALS:
        days = Decimal(text)
    else:
        return None
    return _plain(days) if 0 <= days <= LARGEST_DAYS else None


def _plain(number: Decimal) -> Decimal:
    """The same number in one spelling: `2.50` and `2.5` are one value and one record."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
