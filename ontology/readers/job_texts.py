"""What employers mean by their words: where a text is a list, what is only wished for, how much experience, what codes.

Reads English words and plain figures, and only what can mean one thing. Called by `job_records`; docs/jobs.md has the
rules in words.
"""

import re
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from ontology.model import Code, Importance
from ontology.quantities import DAYS_A_WEEK as LEARNING_DAYS_A_WEEK
from ontology.quantities import HOURS_A_DAY, read_days

DAYS_A_YEAR: Final = 365
MONTHS_A_YEAR: Final = 12
DAYS_A_WEEK: Final = 7
LIST_ITEM_WORDS: Final = 6
"""Words that an item of a list on one line may have; what is longer is prose with commas in it."""

_BULLET = re.compile(r"^\s*(?:[-*•·\u2013—▪◦‣]|\(?\d{1,2}[.)])\s+")
_PROSE = re.compile(r"[.!?](?:\s|$)")
_ALTERNATIVE = re.compile(r"\b(?:or|und/oder|and/or)\b", re.IGNORECASE)
_LAST = re.compile(r"^(?:and|&)\s+", re.IGNORECASE)
_WISHED = re.compile(
    r"\b(?:prefer(?:red|ably)?|nice[ -]to[ -]have|a (?:big |strong )?plus|desir(?:ed|able)|optional(?:ly)?|bonus|"
    r"advantageous|would be an? (?:advantage|asset)|an asset|ideally)\b",
    re.IGNORECASE,
)
_NUMBERS: Final = MappingProxyType(
    {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
)
_AMOUNT = rf"(\d{{1,3}}(?:\.\d{{1,2}})?|{'|'.join(_NUMBERS)})"
_EXPERIENCE = re.compile(
    rf"\b{_AMOUNT}\s*(?:\(\d+\)\s*)?\+?\s*(?:(?:-|\u2013|to|or)\s*(?:\d{{1,3}}|{'|'.join(_NUMBERS)})?\+?\s*)?"
    r"(?:more\s+|full\s+)?(years?|yrs?|months?|mos?|weeks?|days?)\b",
    re.IGNORECASE,
)
_ISO_LENGTH = re.compile(
    r"P(?=.)(?:(\d{1,3}(?:\.\d{1,3})?)Y)?(?:(\d{1,4}(?:\.\d{1,3})?)M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T.*)?", re.ASCII
)
_ISO_LEARNING = re.compile(
    r"P(?=.)(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6}(?:\.\d{1,2})?)H)?(?:(\d{1,8})M)?)?", re.ASCII
)
_NOTHING_ASKED: Final = frozenset(
    {"no requirements", "none", "no experience", "no experience required", "not required"}
)
_ONETSOC = re.compile(r"(?<![\d.-])(\d\d-\d{4})(\.\d\d)(?![\d.-])", re.ASCII)
_SOC = re.compile(r"(?<![\d.-])(\d\d-\d{4})(?![\d.-])", re.ASCII)
_ISCO = re.compile(r"(?<![\d.-])C?(\d{4})(?![\d.-])", re.ASCII)
_ESCO = re.compile(r"(?<![\d.-])(\d{4}(?:\.\d+)+)(?![\d.-])", re.ASCII)


def read_list(text: str, otherwise: Importance) -> list[tuple[str, Importance]]:
    """(item, importance) of a text that is clearly a list, else the text alone; nothing where it is blank.

    Lines make a list, and one that ends with a colon is the heading of those below it; so do semicolons, and commas
    where there is no sentence, no `or`, and no item of more than `LIST_ITEM_WORDS` words. Commas and semicolons in
    brackets and in figures separate nothing.
    """
    lines = [_BULLET.sub("", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) < 2:
        return [(item, stated_importance(item, otherwise)) for item in _one_line("".join(lines))]
    items, below = [], otherwise
    for line in lines:
        if line.endswith(":"):
            below = stated_importance(line, otherwise)
        else:
            items.append((line, stated_importance(line, below)))
    return items


def _one_line(whole: str) -> list[str]:
    if not whole:
        return []
    for separator in ";,":
        parts = _split(whole, separator)
        if len(parts) > 1 and _is_list(whole, parts):
            return [_LAST.sub("", part) for part in parts]
    return [whole]


def _split(text: str, separator: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        figure = text[position - 1 : position].isdigit() and text[position + 1 : position + 2].isdigit()
        if character == separator and depth <= 0 and not figure:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for each in parts if (part := each.strip().rstrip(".").strip())]


def _is_list(whole: str, parts: list[str]) -> bool:
    if _PROSE.search(whole.strip().removesuffix(".")) or _ALTERNATIVE.search(whole):
        return False
    return all(len(part.split()) <= LIST_ITEM_WORDS for part in parts)


def stated_importance(text: str, otherwise: Importance = Importance.MUST) -> Importance:
    """`should` where the words say that something is only wished for."""
    return Importance.SHOULD if _WISHED.search(text) else otherwise


def read_experience(text: str) -> float | None:
    """Days of experience asked for, of a range its lower end; 0 where words say none, None where that is unsure.

    `Minimum 3 years` 1095; `2-4 yrs` 730; `18 months` 547.5; `P2Y` 730; `2 years Java, 5 years in all` None.
    """
    words = " ".join(text.split())
    if words.casefold().rstrip(".") in _NOTHING_ASKED:
        return 0.0
    if iso := _ISO_LENGTH.fullmatch(words):
        years, months, weeks, days = (float(part or 0) for part in iso.groups())
        return years * DAYS_A_YEAR + months_to_days(months) + weeks * DAYS_A_WEEK + days
    found = {
        _to_days(float(_NUMBERS.get(amount.casefold(), 0) or amount), unit.casefold())
        for amount, unit in _EXPERIENCE.findall(words)
    }
    return found.pop() if len(found) == 1 else None


def read_learning_days(text: str) -> Decimal | None:
    """Learning days of `PT40H`, `P5D`, `P2W`, `40 hours`; None for months and years, which have no set hours."""
    words = text.strip()
    if found := _ISO_LEARNING.fullmatch(words):
        weeks, days, hours, minutes = (Fraction(part or 0) for part in found.groups())
        total = weeks * LEARNING_DAYS_A_WEEK + days + (hours + minutes / 60) / HOURS_A_DAY
        return read_days(f"{total * HOURS_A_DAY * 60} min") if (total * HOURS_A_DAY * 60).denominator == 1 else None
    return read_days(words) if re.search(r"[A-Za-z]", words) else None


def months_to_days(months: float) -> float:
    """Days in so many months: twelve of them are 365 days."""
    return months * DAYS_A_YEAR / MONTHS_A_YEAR


def _to_days(amount: float, unit: str) -> float:
    if unit.startswith("y"):
        return amount * DAYS_A_YEAR
    if unit.startswith("m"):
        return months_to_days(amount)
    return amount * DAYS_A_WEEK if unit.startswith("w") else amount


def read_occupation_codes(text: str, system: str = "") -> list[Code]:
    """Codes of occupations in a text: `15-1252.00 Software Developers` is O*NET-SOC's.

    Args:
        system: what the source says of the code's set; ISCO and ESCO codes look like many others and need it.
    """
    named = re.sub(r"[\W_]", "", system).casefold()
    if found := _ONETSOC.search(text):
        return [Code("onetsoc", found[1] + found[2]), Code("soc", found[1])]
    if found := _SOC.search(text):
        return [Code("soc", found[1])]
    if "esco" in named and (found := _ESCO.search(text)):
        return [Code("esco", found[1]), Code("isco", found[1].partition(".")[0])]
    if ("isco" in named or "esco" in named or "isco" in text.casefold()) and (found := _ISCO.search(text)):
        return [Code("isco", found[1])]
    return []
