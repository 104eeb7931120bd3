"""What each source is called here: IRIs of what it leaves unnamed, predicates of its own columns, its attribution.

The patterns are those of docs/identity.md. Called by the readers of one source each; reads nothing itself.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from ontology.documents import Row
from ontology.model import IDENTITY, Finding, FindingLevel, Framework, Statement, Text
from ontology.ntriples import literal_term

ENGLISH: Final = "en"

NICE: Final = Framework(
    iri=f"{IDENTITY}nice",
    labels=(Text("NICE Workforce Framework for Cybersecurity", ENGLISH),),
    url="https://www.nist.gov/nice/framework",
    license="United States public domain (17 USC 105)",
    attribution="NICE Workforce Framework for Cybersecurity (NIST SP 800-181 Rev. 1), "
    "National Institute of Standards and Technology.",
)
DOD8140: Final = Framework(
    iri=f"{IDENTITY}dod8140",
    labels=(Text("DoD 8140 Qualification Matrix", ENGLISH),),
    url="https://www.cyber.mil/dod-workforce-innovation-directorate/dod8140",
    license="United States public domain (17 USC 105)",
    attribution="DoD 8140 Qualification Matrix V2.1, U.S. Department of Defense. "
    "Names of certifications are trademarks of their owners.",
)
_ONET_ATTRIBUTION = (
    "This product includes information from the O*NET 29.2 Database by the U.S. Department of Labor, Employment and "
    "Training Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET(R) is a trademark of USDOL/ETA. Some "
    "of this information has been modified; USDOL/ETA has not approved, endorsed, or tested these modifications."
)
ONET: Final = Framework(
    iri=f"{IDENTITY}onet",
    labels=(Text("O*NET-SOC occupations", ENGLISH),),
    url="https://www.onetcenter.org/",
    license="https://creativecommons.org/licenses/by/4.0/",
    attribution=_ONET_ATTRIBUTION,
)
CIP: Final = Framework(
    iri=f"{IDENTITY}cip",
    labels=(Text("CIP 2020 programmes of study", ENGLISH),),
    url="https://nces.ed.gov/ipeds/cipcode/",
    license="United States public domain (17 USC 105)",
    attribution="CIP 2020 and the CIP 2020 - SOC 2018 crosswalk, National Center for Education Statistics and "
    "Bureau of Labor Statistics.",
)
ESCO_LICENSE: Final = "https://eur-lex.europa.eu/eli/dec/2011/833/oj"
ESCO_ATTRIBUTION: Final = (
    "This service uses the ESCO classification of the European Commission. ESCO (c) European Union; "
    "what is shown here is derived from it and modified."
)
CROSSWALK: Final = Framework(
    iri=f"{IDENTITY}esco-onet",
    labels=(Text("ESCO - O*NET crosswalk", ENGLISH),),
    url="https://esco.ec.europa.eu/en/use-esco/other-crosswalks",
    license="https://creativecommons.org/licenses/by/4.0/",
    attribution=f"{ESCO_ATTRIBUTION}\n{_ONET_ATTRIBUTION}",
)


def minted_iri(source: str, *keys: str) -> str:
    """`https://w3id.org/headwater/id/<source>/<key>/…`, keys percent-encoded."""
    return "/".join((f"{IDENTITY}{source}", *(quote(key, safe="") for key in keys)))


def folded(key: str) -> str:
    """A key in which case and the number of blanks make no difference."""
    return " ".join(key.casefold().split())


def said(source: str, column: str, value: str) -> tuple[Statement, ...]:
    """What a column says that no field of a record holds; nothing where the cell is empty."""
    return ((minted_iri(source, "term", column), literal_term(value)),) if value else ()


def said_besides(source: str, row: Row, known: Iterable[str]) -> tuple[Statement, ...]:
    """What the columns say that the reader does not know: kept, though told."""
    known = set(known)
    return tuple(
        statement
        for column in sorted(row.cells)
        if column not in known
        for statement in said(source, column, row.get(column))
    )


def is_onet_code(text: str) -> bool:
    """Whether the text has the form of an O*NET-SOC code, `15-1212.00`."""
    return bool(re.fullmatch(r"\d\d-\d{4}\.\d\d", text, re.ASCII))


def english(text: str) -> tuple[Text, ...]:
    """One English text, or none where there is nothing."""
    return (Text(text, ENGLISH),) if text else ()


def find_gaps(row: Row, columns: Iterable[str]) -> list[Finding]:
    """A finding for each of the columns that has no value in this row."""
    return [
        Finding(
            level=FindingLevel.MUST,
            code="table.missing-value",
            message=f"The cell `{column}` is empty; every row needs one.",
            source=row.at(column),
            fix=f"Fill in `{column}`, or remove the row.",
        )
        for column in columns
        if not row.get(column)
    ]
