"""What O*NET's things are called here and how its rows are kept: IRIs, scales, elements, statements of whole rows.

Called by the other `onet_*` modules; reads nothing itself.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

import orjson

from ontology.documents import Row
from ontology.model import Finding, FindingLevel, Statement
from ontology.ntriples import literal_term

from .onet_tables import CODE
from .sources import find_gaps, is_onet_code, minted_iri

RDF_JSON: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON"
IMPORTANCE: Final = "IM"
LEVEL: Final = "LV"
SCALES: Final = MappingProxyType({IMPORTANCE: ("Importance", 1.0, 5.0), LEVEL: ("Level", 0.0, 7.0)})
"""Scales that ratings are read by, where no table describes them."""
DOMAINS: Final = MappingProxyType(
    {"1.A": "ability", "2.A": "skill", "2.B": "skill", "2.C": "knowledge", "4.A": "work activity"}
)
"""Branches of the content model whose elements are competencies, and their kind."""
_NAMED_ELSEWHERE: Final = frozenset({CODE, "Title", "Element Name", "Scale Name"})
"""Cells that repeat what the record itself, the content model or the scale says."""
NOT_AVAILABLE: Final = frozenset({"", "n/a"})


def onet_iri(kind: str, key: str) -> str:
    """`id/onet/<kind>/<key>`."""
    return minted_iri("onet", kind, key)


def domain(element: str) -> str | None:
    """What kind of competency an element is; None for the rest of the content model."""
    return DOMAINS.get(".".join(element.split(".")[:2]))


def kept_row(name: str, row: Row, without: Iterable[str] = ()) -> Statement:
    """A row as one statement: its cells as a JSON object, but for empty ones and what is said elsewhere."""
    left_out = _NAMED_ELSEWHERE.union(without)
    cells = {column: value for column in row.cells if column not in left_out and (value := row.get(column))}
    return minted_iri("onet", "term", name), literal_term(orjson.dumps(cells).decode(), RDF_JSON)


def find_faults(row: Row, columns: Iterable[str], codes: Iterable[str] = (CODE,)) -> list[Finding]:
    """Empty cells that must not be, and codes that are none."""
    faults = find_gaps(row, columns)
    for column in codes:
        code = row.get(column)
        if code and not is_onet_code(code):
            faults.append(
                Finding(
                    level=FindingLevel.MUST,
                    code="onet.bad-code",
                    message=f"{code!r} is not an O*NET-SOC code such as 15-1212.00.",
                    source=row.at(column),
                    fix="Write two digits, a hyphen, four digits, a point, two digits.",
                )
            )
    return faults


def find_number(row: Row, column: str) -> tuple[float | None, Finding | None]:
    """The number in a cell; None where it says that there is none; a finding where it is neither."""
    text = row.get(column)
    if text.casefold() in NOT_AVAILABLE:
        return None, None
    try:
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        number = None
    if number is None or number != number or number in (float("inf"), float("-inf")):
        return None, Finding(
            level=FindingLevel.MUST,
            code="onet.bad-value",
            message=f"Got {text[:40]!r} in `{column}`, expected a number or n/a.",
            source=row.at(column),
            fix="Write a number with a decimal point.",
        )
    return number, None


def says_yes(row: Row, column: str) -> bool:
    """Whether a flag is set."""
    return row.get(column).casefold() == "y"
