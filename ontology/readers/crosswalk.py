"""The ESCO - O*NET crosswalk as alignments, in both of its directions and in its original and cut forms.

Beware of the direction: `Software Developers, broadMatch, mobile application developer` says that the O*NET side is the
broader one. SKOS reads `subject broadMatch object` as: the object is broader. So what the table calls broadMatch is
here `O*NET narrowMatch ESCO`. `exactISCO` is an exact match to an ISCO group. The other table states no types: its
rows claim no more than `relatedMatch`. Source: ESCO Secretariat with USDOL/ETA, September 2022.
"""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    Alignment,
    Finding,
    FindingLevel,
    JobRole,
    Located,
    Relation,
    Source,
    derived_iri,
)
from ontology.ntriples import is_iri

from .detection import Format, Table, find_table, table_fit
from .sources import CROSSWALK, find_gaps, is_onet_code, minted_iri, said_besides
from .surroundings import Surroundings

CUT: Final = Table(
    name="O*NET to ESCO",
    required=("onetCode", "escoUri", "match"),
    optional=("onetTitle", "escoTitle"),
    file_names=("crosswalk_onet_esco.csv",),
)
ORIGINAL: Final = Table(
    name="O*NET to ESCO, original",
    required=("O*NET Id", "ESCO or ISCO URI", "Type of Match"),
    optional=("O*NET Title", "O*NET Description", "ESCO or ISCO Title", "ESCO or ISCO Description"),
    preamble=True,
)
REVERSE: Final = Table(
    name="ESCO to O*NET",
    required=("ESCO/ISCO Code", "O*NET-SOC 2019 Code"),
    optional=("ESCO/ISCO Title", "O*NET-SOC 2019 Title"),
)
TABLES: Final = (CUT, ORIGINAL, REVERSE)
RELATIONS: Final = MappingProxyType(
    {
        "exactmatch": Relation.EXACT,
        "exactisco": Relation.EXACT,
        "closematch": Relation.CLOSE,
        "broadmatch": Relation.NARROW,
        "narrowmatch": Relation.BROAD,
        "relatedmatch": Relation.RELATED,
    }
)
"""What the table calls a row (folded) -> relation of the O*NET occupation to the ESCO one, as SKOS reads it."""
ISCO_GROUP: Final = "http://data.europa.eu/esco/isco/C"


def read_crosswalk(documents: Sequence[Document], *, surroundings: Surroundings) -> Iterator[Located | Finding]:
    """The crosswalk's own record with its attribution, then an alignment for each row."""
    if documents:
        yield Located(record=CROSSWALK, source=Source(file=documents[0].name))
    for document in documents:
        table = find_table(document, TABLES)[0] or CUT
        for row in read_rows(document, required=table.required, optional=table.optional, preamble=table.preamble):
            if isinstance(row, Finding):
                yield row
            elif not any(row.get(column) for column in table.required):
                yield _remark(row)
            elif gaps := find_gaps(row, table.required):
                yield from gaps
            elif table is REVERSE:
                yield from _read_reverse(row, surroundings)
            else:
                yield from _read_row(row, table)


def _read_row(row: Row, table: Table) -> Iterator[Located | Finding]:
    onet_column, esco_column, match_column = table.required
    code, esco, match = (row.get(column) for column in table.required)
    relation = RELATIONS.get(match.casefold())
    if relation is None:
        yield _fault(row, match_column, "crosswalk.unknown-match", f"{match!r} is no type of match.", list(RELATIONS))
    if not is_iri(esco):
        yield _fault(row, esco_column, "crosswalk.bad-uri", f"{esco!r} is not a URI.", [f"{ISCO_GROUP}2512"])
    if not is_onet_code(code):
        yield _bad_onet_code(row, onet_column, code)
    if relation is not None and is_iri(esco) and is_onet_code(code):
        yield _align(row, table, minted_iri("onet", code), relation, esco)


def _read_reverse(row: Row, surroundings: Surroundings) -> Iterator[Located | Finding]:
    esco_code, onet_code = (row.get(column) for column in REVERSE.required)
    if not is_onet_code(onet_code):
        yield _bad_onet_code(row, REVERSE.required[1], onet_code)
        return
    ends = surroundings.find_by_code("esco", esco_code, (JobRole,))
    if not ends and "." not in esco_code:
        ends = (f"{ISCO_GROUP}{esco_code}",)
    for esco in ends:
        yield _align(row, REVERSE, esco, Relation.RELATED, minted_iri("onet", onet_code))
    if not ends:
        yield Finding(
            level=FindingLevel.SHOULD,
            code="crosswalk.unknown-code",
            message=f"No ESCO occupation with the code {esco_code} is known; the row was left out.",
            source=row.at(REVERSE.required[0]),
            fix="Load ESCO first, or together with this table.",
        )


def _align(row: Row, table: Table, subject: str, relation: Relation, target: str) -> Located:
    alignment = Alignment(
        iri=derived_iri("alignment", CROSSWALK.iri, subject, relation, target),
        subject=subject,
        object=target,
        relation=relation,
        method="stated",
        source=CROSSWALK.iri,
        statements=said_besides("esco-onet", row, table.required),  # titles of both ends, and what else there is
    )
    return Located(record=alignment, source=row.source)


def _remark(row: Row) -> Finding:
    """The original tables end with a note about their licence."""
    return Finding(
        level=FindingLevel.SHOULD,
        code="crosswalk.remark",
        message=f"The row has no codes and was taken for a remark: {' '.join(filter(None, row.cells.values()))[:120]}",
        source=row.source,
        fix="Nothing to do if it is one.",
    )


def _bad_onet_code(row: Row, column: str, code: str) -> Finding:
    return _fault(row, column, "onet.bad-code", f"{code!r} is not an O*NET-SOC code.", ["15-1212.00"])


def _fault(row: Row, column: str, code: str, message: str, expected: Sequence[str]) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code=code,
        message=message,
        source=row.at(column),
        fix=f"Expected is, for example: {', '.join(expected)}.",
    )


FORMAT: Final = Format(
    name="crosswalk",
    fit=table_fit(TABLES),
    read=lambda documents, context: read_crosswalk(documents, surroundings=context.surroundings),
)
