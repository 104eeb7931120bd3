"""CIP programmes of study and the occupations that they prepare for, by SOC code.

A programme is a Course. An occupation is prepared for by any one of its programmes: an ANY group that is `should`, for
no occupation is closed to people from elsewhere. The occupations are all those known by the SOC code (O*NET describes
several for some), else one of its own. Source: NCES and BLS, CIP 2020 - SOC 2018 crosswalk.
"""

import re
from collections.abc import Iterator, Sequence
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
    derived_iri,
)

from .detection import Format, Table, table_fit
from .sources import CIP, english, find_gaps, minted_iri, said_besides
from .surroundings import Surroundings

PROGRAMMES: Final = Table(
    name="programmes by occupation",
    required=("CIP2020Code", "CIP2020Title", "SOC2018Code", "SOC2018Title"),
    file_names=("cip_programs_to_soc.csv", "cip2020_soc2018_crosswalk.csv"),
)
TABLES: Final = (PROGRAMMES,)
NO_MATCH: Final = MappingProxyType({"CIP": "99.9999", "SOC": "99-9999"})
"""What the crosswalk writes for a programme or an occupation that has no counterpart."""
_CODES = MappingProxyType(
    {"CIP2020Code": re.compile(r"\d\d\.\d{4}", re.ASCII), "SOC2018Code": re.compile(r"\d\d-\d{4}", re.ASCII)}
)


def read_cip(documents: Sequence[Document], *, surroundings: Surroundings) -> Iterator[Located | Finding]:
    """The framework, the programmes as they come, then for each occupation its group."""
    if documents:
        yield Located(record=CIP, source=Source(file=documents[0].name))
    programmes: set[str] = set()
    titles: dict[str, str] = {}
    by_soc: dict[str, dict[str, Source]] = {}
    for document in documents:
        for row in read_rows(document, required=PROGRAMMES.required, optional=PROGRAMMES.optional):
            if isinstance(row, Finding):
                yield row
                continue
            cip, soc = _plain(row.get("CIP2020Code")), _plain(row.get("SOC2018Code"))
            if faults := _find_faults(row):
                yield from faults
                continue
            iri = minted_iri("cip", cip)
            if cip != NO_MATCH["CIP"]:
                if iri not in programmes:
                    programmes.add(iri)
                    yield Located(record=_programme(iri, cip, row), source=row.source)
                if soc != NO_MATCH["SOC"]:
                    titles.setdefault(soc, row.get("SOC2018Title"))
                    by_soc.setdefault(soc, {}).setdefault(iri, row.source)
    for soc, courses in by_soc.items():
        yield from _read_occupation(soc, titles[soc], courses, surroundings)


def _plain(cell: str) -> str:
    """The code in a cell, also where a spreadsheet wrote `="01.0106"` to keep it a text."""
    return cell.removeprefix('="').removesuffix('"') if cell.startswith('="') else cell


def _find_faults(row: Row) -> list[Finding]:
    faults = find_gaps(row, PROGRAMMES.required)
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
    title = row.get("CIP2020Title")
    return Course(
        iri=iri,
        labels=english(title.removesuffix(".")),
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
