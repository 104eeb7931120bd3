"""The DoD Cyber Workforce Framework: work roles with their KSATs as JSON (2023), and the roles of 2025 as CSV.

A KSAT is a Competency, a role a JobRole with its DCWF code. Core and additional say how a statement describes the
work, not what admits to it, so both are `should`: a core one weighs as much as a must (importance 1), an additional one
as any other should. Where both files describe a role, the later one's words count and the earlier ones are kept.
Source: DCWF, October 2023, as github.com/qtfkwk/dcwf compiles it; DoD 8140 Qualification Matrix V2.1, reference sheet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.json_documents import read_json
from ontology.model import (
    Alignment,
    Code,
    Competency,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Relation,
    Requirement,
    Source,
    Statement,
    Text,
    derived_iri,
)

from .detection import Fit, Format, Table, table_fit
from .json_fields import Fields, objects_of
from .sources import DCWF, ENGLISH, class_of_source, english, find_gaps, link, minted_iri, said, said_besides

SOURCE: Final = "dcwf"
ROLES_2025: Final = Table(
    name="DCWF work roles",
    required=("workRoleCode", "workRole", "definition"),
    file_names=("dcwf_2025_work_roles.csv",),
)
KINDS: Final = MappingProxyType(
    {
        "task": "task",
        "knowledge": "knowledge",
        "skill": "skill",
        "ability": "ability",
        "ksa": "ksa",
    }
)
CORE: Final = 1.0
"""Graded importance of a core statement: it weighs as a must does, and blocks nothing."""
_ROLE: Final = frozenset(
    {
        *("id", "name", "url", "nist_id", "name_id", "description", "element", "core_ksats", "additional_ksats"),
    }
)
_KSAT: Final = frozenset({"id", "description", "kind"})
_ELEMENT: Final = frozenset({"id", "name", "url", "roles"})
_SPECIALTIES: Final = MappingProxyType(
    {
        "AN-AN": "AN-ASA", "AN-LA": "AN-LNG", "AN-TA": "AN-TWA", "AN-TD": "AN-TGT", "AN-XA": "AN-EXP",
        "CO-CL": "CO-CLO", "CO-PL": "CO-OPL", "IN-CI": "IN-INV", "IN-FO": "IN-FOR", "OM-AN": "OM-ANA",
        "OM-DA": "OM-DTA", "OM-KM": "OM-KMG", "OM-SA": "OM-ADM", "OM-TS": "OM-STS", "OV-ED": "OV-TEA",
        "OV-EX": "OV-EXL", "OV-LG": "OV-LGA", "OV-MG": "OV-MGT", "OV-PL": "OV-SPP", "OV-PM": "OV-PMA",
        "PR-DA": "PR-CDA", "PR-IR": "PR-CIR", "PR-VA": "PR-VAM", "SP-RD": "SP-TRD", "SP-RM": "SP-RSK",
        "SP-RP": "SP-SRP", "SP-TE": "SP-TST",
    }
)  # fmt: skip
"""Specialty areas as the DCWF abbreviates them -> as NICE 2017 does. Made by comparing roles of one OPM code."""


def nice_2017_iri(identifier: str) -> str:
    """The role of NICE 2017 that the DCWF calls `OM-DA-001`: there it is `OM-DTA-001`."""
    area, hyphen, number = identifier.rpartition("-")
    return minted_iri("nice2017", f"{_SPECIALTIES.get(area, area)}{hyphen}{number}")


def role_iri(code: str) -> str:
    """The IRI of a work role by its code."""
    return minted_iri(SOURCE, "role", code)


def fit_dcwf(document: Document) -> Fit:
    """Whether a document is the JSON by the members at its beginning, or the table of roles."""
    head = document.head.lstrip()
    named = b'"core_ksats"' in head or b'"additional_ksats"' in head or b'"ksats"' in head
    return Fit.EXACT if head[:1] == b"{" and named else table_fit((ROLES_2025,))(document)


def read_dcwf(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """Elements, KSATs and roles, each once, then what the roles ask for and which role of NICE 2017 each was."""
    if documents:
        yield Located(record=DCWF, source=Source(file=documents[0].name))
    framework = _Framework()
    for document in documents:
        if document.head.lstrip()[:1] == b"{":
            yield from framework.take_json(document)
        else:
            yield from framework.take_table(document)
    yield from framework.records()


@dataclass(slots=True)
class _Role:
    """A role as one file describes it."""

    source: Source
    name: str
    description: str
    url: str | None = None
    nist_id: str = ""
    statements: set[Statement] = field(default_factory=set)


class _Framework:
    """What the files said so far."""

    def __init__(self) -> None:
        self._described: list[Located] = []
        self._ksats: set[str] = set()
        self._roles: dict[str, list[_Role]] = {}
        self._asked: dict[tuple[str, str], tuple[bool, Source]] = {}

    def take_json(self, document: Document) -> Iterator[Finding]:
        """All of the JSON."""
        value = read_json(document)
        if isinstance(value, Finding):
            yield value
            return
        top = Fields(values=value if isinstance(value, dict) else {}, file=document.name)
        takers = (("elements", self._take_element), ("ksats", self._take_ksat), ("roles", self._take_role))
        for member, take in takers:
            for item in objects_of(top.values.get(member), file=document.name, path=(member,)):
                if isinstance(item, Finding):
                    yield item
                    continue
                take(item)
                yield from item.findings
        yield from self._dangling()
        kept = top.besides(SOURCE, {member for member, _ in takers})
        yield from top.findings
        if kept:
            record = class_of_source(minted_iri(SOURCE, "document", document.name), more=kept)
            self._described.append(Located(record=record, source=Source(file=document.name)))

    def _take_element(self, item: Fields) -> None:
        identifier, name = item.text("id", needed=True), item.text("name", needed=True)
        more = {*item.besides(SOURCE, _ELEMENT), *said(SOURCE, "url", item.text("url"))}
        more.update(link(SOURCE, "role", role_iri(code)) for code in item.texts("roles"))
        if not item.broken:
            record = class_of_source(minted_iri(SOURCE, "element", identifier), code=identifier, label=name, more=more)
            self._described.append(Located(record=record, source=item.at()))

    def _take_ksat(self, item: Fields) -> None:
        identifier = item.text("id", needed=True)
        text, kind = item.text("description", needed=True), item.text("kind", needed=True)
        statements = item.besides(SOURCE, _KSAT)
        if kind and kind.casefold() not in KINDS:
            item.fault(
                "dcwf.unknown-kind",
                f"The kind {kind!r} of KSAT {identifier} is not one of {', '.join(KINDS)}.",
                "Write Task, Knowledge, Skill or Ability.",
                "kind",
                level=FindingLevel.MUST,
            )
        if item.broken:
            return
        self._ksats.add(identifier)
        record = Competency(
            iri=_ksat_iri(identifier),
            labels=english(text),
            codes=(Code(SOURCE, identifier),),
            framework=DCWF.iri,
            kind=KINDS[kind.casefold()],
            statements=statements,
        )
        self._described.append(Located(record=record, source=item.at()))

    def _take_role(self, item: Fields) -> None:
        code, name = item.text("id", needed=True), item.text("name", needed=True)
        role = _Role(item.at(), name, item.text("description"), item.text("url") or None, item.text("nist_id"))
        role.statements.update(item.besides(SOURCE, _ROLE))
        for member in ("nist_id", "name_id"):
            role.statements.update(said(SOURCE, member, item.text(member)))
        if element := item.text("element"):
            role.statements.add(link(SOURCE, "element", minted_iri(SOURCE, "element", element)))
        core, additional = item.texts("core_ksats"), item.texts("additional_ksats")
        if item.broken:
            return
        self._roles.setdefault(code, []).append(role)
        for index, ksat in enumerate(additional):
            self._asked[code, ksat] = (False, item.at("additional_ksats", index))
        for index, ksat in enumerate(core):
            if (code, ksat) in self._asked:
                item.fault(
                    "dcwf.core-and-additional",
                    f"KSAT {ksat} is core and additional to role {code}; it is core.",
                    "List it once.",
                    "core_ksats",
                    index,
                    level=FindingLevel.SHOULD,
                )
            self._asked[code, ksat] = (True, item.at("core_ksats", index))

    def _dangling(self) -> Iterator[Finding]:
        for (code, ksat), (_, source) in list(self._asked.items()):
            if ksat not in self._ksats:
                del self._asked[code, ksat]
                yield Finding(
                    level=FindingLevel.MUST,
                    code="dcwf.unknown-ksat",
                    message=f"Role {code} asks for KSAT {ksat}, which the file does not describe.",
                    subject=role_iri(code),
                    source=source,
                    fix="Describe the KSAT, or take it out of the role.",
                )

    def take_table(self, document: Document) -> Iterator[Finding]:
        """The rows of the table of roles."""
        for row in read_rows(document, required=ROLES_2025.required):
            if isinstance(row, Finding):
                yield row
            elif gaps := find_gaps(row, ("workRoleCode", "workRole")):
                yield from gaps
            else:
                self._take_row(row)

    def _take_row(self, row: Row) -> None:
        role = _Role(row.source, row.get("workRole"), row.get("definition"))
        role.statements.update(said_besides(SOURCE, row, ROLES_2025.columns))
        self._roles.setdefault(row.get("workRoleCode"), []).insert(0, role)

    def records(self) -> Iterator[Located]:
        """Everything once."""
        yield from self._described
        for code, described in self._roles.items():
            yield Located(record=_merged(code, described), source=described[0].source)
        for (code, ksat), (core, source) in self._asked.items():
            owner, target = role_iri(code), _ksat_iri(ksat)
            requirement = Requirement(
                iri=derived_iri("requirement", owner, None, None, target),
                owner=owner,
                target=target,
                importance=Importance.SHOULD,
                importance_value=CORE if core else None,
            )
            yield Located(record=requirement, source=source)
        for code, described in self._roles.items():
            for role in described:
                if role.nist_id:
                    yield Located(record=align_role(code, nice_2017_iri(role.nist_id), DCWF.iri), source=role.source)


def align_role(code: str, other: str, source: str) -> Alignment:
    """A DCWF role and the NICE role of the same OPM code, as `source` states it."""
    subject = role_iri(code)
    return Alignment(
        iri=derived_iri("alignment", subject, Relation.CLOSE, other, source),
        subject=subject,
        object=other,
        relation=Relation.CLOSE,
        method="stated",
        source=source,
    )


def _merged(code: str, described: Sequence[_Role]) -> JobRole:
    """The role in the words of the first; what the others say differently is kept."""
    first = described[0]
    names = {role.name for role in described[1:] if role.name.casefold() != first.name.casefold()}
    statements = {statement for role in described for statement in role.statements}
    for role in described[1:]:
        if role.description != first.description:
            statements.update(said(SOURCE, "description", role.description))
    return JobRole(
        iri=role_iri(code),
        labels=english(first.name),
        alternative_labels=tuple(Text(name, ENGLISH) for name in sorted(names)),
        descriptions=english(next((role.description for role in described if role.description), "")),
        codes=(Code(SOURCE, code),),
        framework=DCWF.iri,
        url=next((role.url for role in described if role.url), None),
        statements=tuple(sorted(statements)),
    )


def _ksat_iri(identifier: str) -> str:
    return minted_iri(SOURCE, "ksat", identifier)


FORMAT: Final = Format(name="dcwf", fit=fit_dcwf, read=lambda documents, _: read_dcwf(documents))
