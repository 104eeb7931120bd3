"""Tables of alignments that people made: NICE 2017 to 2.0.0, DCWF to NICE, NCS to O*NET, Nesta's and VDAB's to ESCO.

Each row gives alignments, with what else it says kept; the ends may be described elsewhere or nowhere. Where a table
joins by a code that both have, its rows claim closeMatch; where it states no type, no more than relatedMatch.
Called by the loader.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import Alignment, Finding, FindingLevel, Framework, Located, Relation, Source, derived_iri
from ontology.ntriples import is_iri
from ontology.quantities import read_number

from .dcwf import nice_2017_iri, role_iri
from .detection import Format, Table, find_table, table_fit
from .sources import (
    DCWF_NICE,
    NCS_ONET,
    NESTA,
    NICE_VERSIONS,
    VDAB,
    find_gaps,
    is_onet_code,
    minted_iri,
    said,
    said_besides,
)

NICE_COLUMNS: Final = Table(
    name="NICE 2017 to 2.0.0",
    required=("nice2017Id", "nice2Id"),
    optional=("nice2017Title", "opmCode", "nice2Title"),
    file_names=("nice2017_to_nice2.0_work_roles.csv",),
)
DCWF_COLUMNS: Final = Table(
    name="DCWF to NICE",
    required=("dcwfCode", "nice2017Id", "nice2Ids"),
    optional=("dcwfTitle",),
    file_names=("dcwf_to_nice_work_roles.csv",),
)
NCS_COLUMNS: Final = Table(
    name="NCS to O*NET", required=("ncsSlug", "onetSoc2010", "onetSoc2019"), file_names=("ncs_to_onet.csv",)
)
NESTA_COLUMNS: Final = Table(
    name="ESCO to O*NET (Nesta)",
    required=("concept_uri", "onet_code", "confidence"),
    optional=("id", "esco_occupation", "isco_code", "onet_occupation", "matching_job_titles", "semantic_similarity"),
    file_names=("esco_onet_crosswalk_mcc.csv", "nesta_mcc_esco_to_onet.csv"),
)
VDAB_COLUMNS: Final = Table(
    name="VDAB Competent to ESCO",
    required=("escoUri", "id", "relation"),
    optional=("escoLabel_nl", "label_fr", "label_nl"),
    file_names=("vdab_competent3.8_to_esco_skills.csv",),
)
HIGHEST_CONFIDENCE: Final = 2
"""Nesta's confidences are 0.5, 1 and 2; the share of the highest is the alignment's."""
_RELATIONS: Final = MappingProxyType({f"skos:{relation}".casefold(): relation for relation in Relation})

Pairs = Iterator[tuple[str, Relation, str, float | None] | Finding]


@dataclass(frozen=True, slots=True)
class _Kind:
    table: Table
    framework: Framework
    term: str
    """Path of the predicates of columns that no field holds."""
    needed: tuple[str, ...]
    """Columns that no row may leave empty."""
    held: tuple[str, ...]
    """Columns that the ends, the relation and the confidence hold in full; the others are kept."""
    pairs: Callable[[Row], Pairs]


def read_alignment_tables(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """The record with each table's licence and attribution, then its alignments in the order of the rows."""
    tables = [kind.table for kind in _KINDS]
    begun: set[str] = set()
    for document in documents:
        table, _ = find_table(document, tables)
        kind = next(kind for kind in _KINDS if kind.table is table)
        if kind.term not in begun:
            begun.add(kind.term)
            yield Located(record=kind.framework, source=Source(file=document.name))
        nowhere: list[Row] = []
        for row in read_rows(document, required=kind.table.required, optional=kind.table.optional):
            if isinstance(row, Finding):
                yield row
            elif gaps := find_gaps(row, kind.needed):
                yield from gaps
            else:
                items = [_located(item, row, kind) for item in kind.pairs(row)]
                yield from items
                if not items:
                    nowhere.append(row)
        if nowhere:
            yield _nowhere(kind, nowhere)


def _located(item: tuple[str, Relation, str, float | None] | Finding, row: Row, kind: _Kind) -> Located | Finding:
    if isinstance(item, Finding):
        return item
    subject, relation, target, confidence = item
    statements = {*said_besides(kind.term, row, kind.table.columns)}
    for column in kind.table.columns:
        if column not in kind.held:
            statements.update(said(kind.term, column, row.get(column)))
    record = Alignment(
        iri=derived_iri("alignment", subject, relation, target, kind.framework.iri),
        subject=subject,
        object=target,
        relation=relation,
        confidence=confidence,
        method="stated",
        source=kind.framework.iri,
        statements=tuple(sorted(statements)),
    )
    return Located(record=record, source=row.source)


def _nice_versions(row: Row) -> Pairs:
    yield minted_iri("nice2017", row.get("nice2017Id")), Relation.CLOSE, minted_iri("nice", row.get("nice2Id")), None


def _dcwf(row: Row) -> Pairs:
    subject = role_iri(row.get("dcwfCode"))
    if row.get("nice2017Id"):
        yield subject, Relation.CLOSE, nice_2017_iri(row.get("nice2017Id")), None
    for identifier in row.get("nice2Ids").replace(";", " ").replace("|", " ").replace(",", " ").split():
        yield subject, Relation.CLOSE, minted_iri("nice", identifier), None


def _ncs(row: Row) -> Pairs:
    """One code of 2010 may have become several."""
    for code in row.get("onetSoc2019").replace(";", " ").split():
        if is_onet_code(code):
            yield minted_iri("ncs", row.get("ncsSlug")), Relation.RELATED, minted_iri("onet", code), None
        else:
            yield _fault(row, "onetSoc2019", "onet.bad-code", f"{code!r} is not an O*NET-SOC code.", "15-1212.00")


def _nesta(row: Row) -> Pairs:
    esco, code = row.get("concept_uri"), row.get("onet_code")
    faults = []
    if not is_iri(esco):
        faults.append(_fault(row, "concept_uri", "crosswalk.bad-uri", f"{esco!r} is not a URI.", "an ESCO URI"))
    if not is_onet_code(code):
        faults.append(_fault(row, "onet_code", "onet.bad-code", f"{code!r} is not an O*NET-SOC code.", "15-1212.00"))
    confidence = None
    with suppress(ValueError):
        confidence = float(read_number(row.get("confidence"))) / HIGHEST_CONFIDENCE
    if confidence is None or not 0 <= confidence <= 1:
        what = f"{row.get('confidence')!r} is no number from 0 to {HIGHEST_CONFIDENCE}."
        faults.append(_fault(row, "confidence", "confidence.out-of-range", what, "1.0"))
    yield from faults
    if not faults:
        yield esco, Relation.RELATED, minted_iri("onet", code), confidence


def _vdab(row: Row) -> Pairs:
    """The relation is that of VDAB's skill to ESCO's: `Binnenschrijnwerk` broadMatch `timmerwerk`, the broader one."""
    esco, relation = row.get("escoUri"), _RELATIONS.get(row.get("relation").casefold())
    if not is_iri(esco):
        yield _fault(row, "escoUri", "crosswalk.bad-uri", f"{esco!r} is not a URI.", "an ESCO URI")
    if relation is None:
        what = f"{row.get('relation')!r} is no type of match."
        yield _fault(row, "relation", "crosswalk.unknown-match", what, ", ".join(_RELATIONS))
    elif is_iri(esco):
        yield minted_iri("vdab", row.get("id")), relation, esco, None


_KINDS: Final = (
    _Kind(
        NICE_COLUMNS, NICE_VERSIONS, "nice2017-nice", NICE_COLUMNS.required, ("nice2017Id", "nice2Id"), _nice_versions
    ),
    _Kind(DCWF_COLUMNS, DCWF_NICE, "dcwf-nice", ("dcwfCode",), ("dcwfCode",), _dcwf),
    _Kind(NCS_COLUMNS, NCS_ONET, "ncs-onet", ("ncsSlug",), ("ncsSlug", "onetSoc2019"), _ncs),
    _Kind(NESTA_COLUMNS, NESTA, "nesta", NESTA_COLUMNS.required, ("concept_uri", "onet_code"), _nesta),
    _Kind(VDAB_COLUMNS, VDAB, "vdab", VDAB_COLUMNS.required, ("escoUri", "id", "relation"), _vdab),
)


def _nowhere(kind: _Kind, rows: Sequence[Row]) -> Finding:
    first = rows[0]
    key = first.get(kind.needed[0])
    return Finding(
        level=FindingLevel.SHOULD,
        code="crosswalk.leads-nowhere",
        message=f"{len(rows)} of the rows name nothing to align with, such as that of {key}; they give no alignment.",
        source=first.source,
        fix="Nothing to do where there is no counterpart.",
    )


def _fault(row: Row, column: str, code: str, message: str, expected: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code=code,
        message=message,
        source=row.at(column),
        fix=f"Expected is, for example: {expected}.",
    )


FORMAT: Final = Format(
    name="alignments",
    fit=table_fit(tuple(kind.table for kind in _KINDS)),
    read=lambda documents, _: read_alignment_tables(documents),
)
