"""CIP programmes of study and the occupations that they prepare for, by SOC code.

A programme is a Course; the families and series above it are kept as they are. One that was moved to another code leads
there. An occupation is prepared for by any one of its programmes: an ANY group that is `should`, for
no occupation is closed to people from elsewhere. The occupations are all those known by the SOC code (O*NET describes
several for some), else one of its own. Source: NCES and BLS, CIP 2020 - SOC 2018 crosswalk.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    Code,
    Course,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Requirement,
    RequirementGroup,
    Source,
    Unmapped,
    derived_iri,
)
from ontology.ntriples import literal_term, text_term
from ontology.terms import SKOS

from .detection import Format, Table, find_table, table_fit
from .sources import CIP, english, find_gaps, minted_iri, said, said_besides
from .surroundings import Surroundings

PROGRAMMES: Final = Table(
    name="programmes by occupation",
    required=("CIP2020Code", "CIP2020Title", "SOC2018Code", "SOC2018Title"),
    file_names=("cip_programs_to_soc.csv", "cip2020_soc2018_crosswalk.csv"),
)
CODES: Final = Table(
    name="programmes",
    required=("CIPCode", "CIPTitle"),
    optional=("CIPFamily", "Action", "TextChange", "CIPDefinition", "CrossReferences", "Examples"),
    file_names=("cipcode2020.csv",),
)
TABLES: Final = (PROGRAMMES, CODES)
NO_MATCH: Final = MappingProxyType({"CIP": "99.9999", "SOC": "99-9999"})
"""What the crosswalk writes for a programme or an occupation that has no counterpart."""
_CODES = MappingProxyType(
    {
        "CIP2020Code": re.compile(r"\d\d\.\d{4}", re.ASCII),
        "SOC2018Code": re.compile(r"\d\d-\d{4}", re.ASCII),
        "CIPCode": re.compile(r"\d\d(\.\d\d(\d\d)?)?", re.ASCII),
    }
)
_PROGRAMME: Final = 7
"""Characters of a programme's code, `01.0106`; families and series have shorter ones."""
_MOVED = re.compile(r"(?:Moved from \d\d\.\d{4} to|Deleted, report under) (\d\d\.\d{4})", re.ASCII | re.IGNORECASE)
"""What stands where the definition would be, where a programme has another code now."""


def read_cip(documents: Sequence[Document], *, surroundings: Surroundings) -> Iterator[Located | Finding]:
    """The framework, the programmes as they come, then for each occupation its group."""
    if documents:
        yield Located(record=CIP, source=Source(file=documents[0].name))
    found = [(find_table(document, TABLES)[0] or PROGRAMMES, document) for document in documents]
    programmes: set[str] = set()
    for table, document in found:
        if table is CODES:
            yield from _read_codes(document, programmes)
    joined = _Joined({}, {})
    for table, document in found:
        if table is PROGRAMMES:
            yield from _read_pairs(document, programmes, joined)
    for soc, courses in joined.by_soc.items():
        yield from _read_occupation(soc, joined.titles[soc], courses, surroundings)


@dataclass(frozen=True, slots=True)
class _Joined:
    """Which programmes prepare for which occupation."""

    titles: dict[str, str]
    by_soc: dict[str, dict[str, Source]]


def _read_pairs(document: Document, programmes: set[str], joined: _Joined) -> Iterator[Located | Finding]:
    for row in read_rows(document, required=PROGRAMMES.required, optional=PROGRAMMES.optional):
        if isinstance(row, Finding):
            yield row
            continue
        cip, soc = _plain(row.get("CIP2020Code")), _plain(row.get("SOC2018Code"))
        if faults := _find_faults(row, PROGRAMMES.required):
            yield from faults
            continue
        iri = minted_iri("cip", cip)
        if cip != NO_MATCH["CIP"]:
            if iri not in programmes:
                programmes.add(iri)
                yield Located(record=_programme(iri, cip, row), source=row.source)
            if soc != NO_MATCH["SOC"]:
                joined.titles.setdefault(soc, row.get("SOC2018Title"))
                joined.by_soc.setdefault(soc, {}).setdefault(iri, row.source)


def _read_codes(document: Document, programmes: set[str]) -> Iterator[Located | Finding]:
    """The list of all codes: programmes with what they are about, families and series kept as they are."""
    for row in read_rows(document, required=CODES.required, optional=CODES.optional, mend=True):
        if isinstance(row, Finding):
            yield row
        elif faults := _find_faults(row, CODES.required):
            yield from faults
        else:
            code = _plain(row.get("CIPCode"))
            programmes.add(minted_iri("cip", code))
            yield Located(record=_listed(code, row), source=row.source)


def _listed(code: str, row: Row) -> Course | Unmapped:
    iri, title = minted_iri("cip", code), _title(row.get("CIPTitle"))
    statements = {
        statement
        for column in ("Action", "TextChange", "CrossReferences", "Examples")
        for statement in said("cip", column, row.get(column))
    }
    statements.update(said_besides("cip", row, CODES.columns))
    above = code[:2] if len(code) < _PROGRAMME else code[:5]
    if above != code:
        statements.add((f"{SKOS}broader", f"<{minted_iri('cip', above)}>"))
    if len(code) < _PROGRAMME:
        statements.update((f"{SKOS}prefLabel", text_term(text)) for text in english(title))
        statements.add((f"{SKOS}notation", literal_term(code)))
        statements.update(said("cip", "CIPDefinition", row.get("CIPDefinition")))
        return Unmapped(iri=iri, statements=tuple(sorted(statements)))
    moved = _MOVED.match(row.get("CIPDefinition"))
    return Course(
        iri=iri,
        labels=english(title),
        descriptions=english(row.get("CIPDefinition")),
        codes=(Code("cip", code),),
        framework=CIP.iri,
        replaced_by=minted_iri("cip", moved[1]) if moved and moved[1] != code else None,
        statements=tuple(sorted(statements)),
    )


def _title(text: str) -> str:
    return text.removesuffix(".")


def _plain(cell: str) -> str:
    """The code in a cell, also where a spreadsheet wrote `="01.0106"` to keep it a text."""
    return cell.removeprefix('="').removesuffix('"') if cell.startswith('="') else cell


def _find_faults(row: Row, required: Sequence[str]) -> list[Finding]:
    faults = find_gaps(row, required)
    for column, form in _CODES.items():
        code = _plain(row.get(column))
        if code and not form.fullmatch(code):
            faults.append(
                Finding(
                    level=FindingLevel.MUST,
                    code="cip.bad-code",
                    message=f"{code!r} is no code of the form {'01.0106' if column.startswith('CIP') else '15-1212'}.",
                    source=row.at(column),
                    fix="Write the code as text; a spreadsheet drops its zeros.",
                )
            )
    return faults


def _programme(iri: str, code: str, row: Row) -> Course:
    return Course(
        iri=iri,
        labels=english(_title(row.get("CIP2020Title"))),
        codes=(Code("cip", code),),
        framework=CIP.iri,
        statements=said_besides("cip", row, PROGRAMMES.columns),
    )


def _read_occupation(soc: str, title: str, courses: dict[str, Source], surroundings: Surroundings) -> Iterator[Located]:
    source = next(iter(courses.values()))
    own = minted_iri("soc", soc)
    owners = [iri for iri in surroundings.find_by_code("soc", soc, (JobRole,)) if iri != own]
    if not owners:
        owners = [own]
        role = JobRole(iri=own, labels=english(title), codes=(Code("soc", soc),), framework=CIP.iri)
        yield Located(record=role, source=source)
    for owner in owners:
        group = derived_iri("group", owner, None, CIP.iri)
        record = RequirementGroup(iri=group, owner=owner, minimum=1, importance=Importance.SHOULD)
        yield Located(record=record, source=source)
        for target, place in courses.items():
            leaf = Requirement(
                iri=derived_iri("requirement", owner, None, group, target),
                owner=owner,
                group=group,
                target=target,
                importance=Importance.SHOULD,
            )
            yield Located(record=leaf, source=place)


FORMAT: Final = Format(
    name="cip",
    fit=table_fit(TABLES),
    read=lambda documents, context: read_cip(documents, surroundings=context.surroundings),
)
