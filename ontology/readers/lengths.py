"""How long a course is, out of the words that DoD 8140 uses for it, in learning days: 8 hours, a fifth of a week.

Reads only what can mean one thing: not two figures that disagree, ranges, phases or rates (`40 hours per week`).
"""

import re
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from ontology.quantities import DAYS_A_WEEK, HOURS_A_DAY, read_days

_UNITS: Final = MappingProxyType(
    {
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hours"),
        **dict.fromkeys(("d", "day", "days"), "days"),
        **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "weeks"),
    }
)
_DAYS_IN: Final = MappingProxyType(
    {"hours": Fraction(1, HOURS_A_DAY), "days": Fraction(1), "weeks": Fraction(DAYS_A_WEEK)}
)
_FIGURE = re.compile(r"\s*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*([a-z]+)\b\.?", re.ASCII)
_NO_REMARK = re.compile(
    r"\d|/|\b(per|each|every|a|or|to|up|min|minimum|max|maximum|plus|average|weekly|daily|monthly)\b"
)


def read_length(text: str) -> Decimal | None:
    """Learning days that a length in words means, None where that is not sure.

    `40 hours` 5; `80 hours/10 days` 10; `14 Wks. 0.0 Days` 70; `23Wks 4.0 Days` 119; `20 weeks Professional Military
    Education` 100. `666.0 Total Academic Hours 16.0 Total Administrative Hours` and `Phase 1 (2 Weeks), …`: None.
    """
    figures: list[tuple[str, Fraction, str]] = []
    rest = " ".join(text.casefold().split())
    while match := _FIGURE.match(rest):
        unit = _UNITS.get(match[2])
        if unit is None:
            return None
        figures.append((unit, Fraction(match[1].replace(",", "")), ""))
        rest = rest[match.end() :].strip()
        joint = re.match(r"(/|,|and\b)?\s*(?=\d)", rest)
        if joint is None:
            break
        figures[-1] = (*figures[-1][:2], (joint[1] or "").strip())
        rest = rest[joint.end() :]
    if not figures or _is_doubtful(rest):
        return None
    days = _days(figures)
    return read_days(f"{days * HOURS_A_DAY * 60} min") if days and (days * HOURS_A_DAY * 60).denominator == 1 else None


def _is_doubtful(remark: str) -> bool:
    """Whether words after the figures may change what they mean."""
    return bool(_NO_REMARK.search(remark)) or any(word in _UNITS for word in re.findall(r"[a-z]+", remark))


def _days(figures: list[tuple[str, Fraction, str]]) -> Fraction | None:
    """The sum of weeks and days, or the one figure that two of them agree on."""
    units = [unit for unit, _, _ in figures]
    values = [value * _DAYS_IN[unit] for unit, value, _ in figures]
    if len(figures) == 1:
        return values[0]
    if units == ["weeks", "days"] and figures[0][2] != "/":
        return sum(values, Fraction())
    if len(figures) == 2 and units[0] != units[1] and values[0] == values[1]:
        return values[0]
    return None
