"""NICE Workforce Framework for Cybersecurity as tables: work roles, statements, and which role has which statement.

A role is a JobRole with its codes; a task, knowledge or skill statement is a Competency of that kind. The statements
describe the work, so they are `should`: what admits to a role at a level is DoD 8140's to say. The JSON that NIST
exports is read by `nice_components`. Source: NIST SP 800-181 Rev. 1, components 2.0.0.
"""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    Code,
    Competency,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Requirement,
    Source,
    Statement,
    derived_iri,
)

from .detection import Fit, Format, Table, find_table, table_fit
from .nice_components import fit_components, read_components
from .sources import NICE, english, find_gaps, minted_iri, said, said_besides

ROLES: Final = Table(
    name="roles",
    required=("workRoleId", "title"),
    optional=("description", "category", "opmCode"),
    file_names=("nice_work_roles.csv",),
)
STATEMENTS: Final = Table(name="statements", required=("id", "type", "text"), file_names=("nice_statements.csv",))
REQUIREMENTS: Final = Table(
    name="requirements", required=("workRoleId", "statementId"), file_names=("nice_work_role_requirements.csv",)
)
TABLES: Final = (ROLES, STATEMENTS, REQUIREMENTS)
KINDS: Final = MappingProxyType({"task": "task", "knowledge": "knowledge", "skill": "skill"})


def read_nice(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """The framework, then roles, statements and requirements in the order of the files."""
    if documents:
        yield Located(record=NICE, source=Source(file=documents[0].name))
    for document in documents:
        if fit_components(document) is Fit.EXACT:
            yield from read_components(document)
            continue
        table, _ = find_table(document, TABLES)
        assert table is not None, "there are tables to choose from"
        for row in read_rows(document, required=table.required, optional=table.optional):
            yield from [row] if isinstance(row, Finding) else _read_row(row, table)


def _read_row(row: Row, table: Table) -> Iterator[Located | Finding]:
    if gaps := find_gaps(row, table.required):
        yield from gaps
    elif table is ROLES:
        yield Located(record=_role(row), source=row.source)
    elif table is REQUIREMENTS:
        yield Located(record=_requirement(row), source=row.source)
    elif row.get("type").casefold() in KINDS:
        yield Located(record=_statement(row), source=row.source)
    else:
        yield Finding(
            level=FindingLevel.MUST,
            code="nice.unknown-type",
            message=f"The type {row.get('type')!r} of statement {row.get('id')} is not one of {', '.join(KINDS)}.",
            subject=_iri(row.get("id")),
            source=row.at("type"),
            fix="Write task, knowledge or skill.",
        )


def _iri(identifier: str) -> str:
    return minted_iri("nice", identifier)


def _role(row: Row) -> JobRole:
    identifier, opm = row.get("workRoleId"), row.get("opmCode")
    codes = (Code("nice", identifier), *((Code("opm", opm),) if opm else ()))
    return JobRole(
        iri=_iri(identifier),
        labels=english(row.get("title")),
        descriptions=english(row.get("description")),
        codes=codes,
        framework=NICE.iri,
        statements=tuple(sorted({*said("nice", "category", row.get("category")), *_besides(row, ROLES)})),
    )


def _statement(row: Row) -> Competency:
    identifier = row.get("id")
    return Competency(
        iri=_iri(identifier),
        labels=english(row.get("text")),
        codes=(Code("nice", identifier),),
        framework=NICE.iri,
        kind=KINDS[row.get("type").casefold()],
        statements=_besides(row, STATEMENTS),
    )


def _requirement(row: Row) -> Requirement:
    owner, target = _iri(row.get("workRoleId")), _iri(row.get("statementId"))
    return Requirement(
        iri=derived_iri("requirement", owner, None, None, target),
        owner=owner,
        target=target,
        importance=Importance.SHOULD,
        statements=_besides(row, REQUIREMENTS),
    )


def _besides(row: Row, table: Table) -> tuple[Statement, ...]:
    return said_besides("nice", row, table.columns)


def _fit(document: Document) -> Fit:
    return max(fit_components(document), table_fit(TABLES)(document))


FORMAT: Final = Format(name="nice", fit=_fit, read=lambda documents, _: read_nice(documents))
