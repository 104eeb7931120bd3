"""ESCO's CSV folder in any number of languages: occupations, skills, groups, schemes, relations, collections, labels.

Gives the same things as ESCO's RDF, so that a steward may go from one form to the other: same IRIs, same requirements
(essential is `must`, optional `should`). Relations between skills stay statements. docs/esco.md says what maps to what.
Source: ESCO download packages 1.0.3 to 1.2.0, European Commission.
"""

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.languages import is_well_formed, normalised
from ontology.model import Finding, FindingLevel, Importance, Located, Requirement, Text, derived_iri
from ontology.ntriples import is_iri, literal_term, text_term
from ontology.terms import SKOS

from . import esco_concepts as said
from .detection import Format, ReadContext, Table, find_table, table_fit
from .esco_concepts import Concepts, Records
from .esco_tables import (
    BROADER,
    CONCEPTS,
    HIERARCHY,
    LABELS,
    OCCUPATION_SKILL,
    PREFERRED_LABELS,
    SCHEMES,
    SKILL_SKILL,
    TABIYA,
    TABLES,
    collection_name,
    file_language,
    is_collection,
    rank,
    split_labels,
    split_uris,
)
from .skos_facts import DCT, ESCO, ESCO_MODEL
from .sources import find_gaps, said_besides
from .sources import said as stated

XSD_DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
STATUS: Final = "http://purl.org/iso25964/skos-thes#status"
_RELATIONS: Final = MappingProxyType(
    {
        "essential": (f"{ESCO_MODEL}relatedEssentialSkill", Importance.MUST),
        "optional": (f"{ESCO_MODEL}relatedOptionalSkill", Importance.SHOULD),
    }
)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_PREFERRED: Final = frozenset({"", "pref", "preflabel", "preferred"})
"""What a list of labels calls a preferred one."""
_LEVELS: Final = 4
"""Levels of the table of the skills hierarchy."""


def read_esco(documents: Sequence[Document], *, language: str) -> Iterator[Located | Finding]:
    """The requirements, a row each, then schemes, and concepts where they are first described.

    Args:
        language: BCP 47 tag of a table whose file name does not end with one.
    """
    found = [(find_table(document, TABLES)[0] or CONCEPTS, document) for document in documents]
    found.sort(key=lambda each: rank(each[1], each[0]))
    reader = _Reader(alone=all(table is not CONCEPTS for table, _ in found))
    for table, document in found:
        if table is not OCCUPATION_SKILL:
            yield from reader.gather(document, table, file_language(document, language))
    seen: set[int] = set()
    for table, document in found:
        if table is OCCUPATION_SKILL:
            yield from _read_requirements(document, seen, reader.concepts)
    records = Records(reader.concepts)
    yield from records.all()
    for tally in (records.several, records.untyped, records.obsolete, records.unlisted):
        yield from tally.findings()


class _Reader:
    """Gathers what the tables say of each concept; gives what is wrong with their rows."""

    def __init__(self, *, alone: bool) -> None:
        self.concepts = Concepts()
        self._alone = alone
        """Whether no table of ESCO's own describes concepts: then Tabiya's rows do."""

    def gather(self, document: Document, table: Table, language: str) -> Iterator[Finding]:
        needed = _needed(table)
        for row in read_rows(document, required=table.required, optional=table.optional, ragged=table is HIERARCHY):
            if isinstance(row, Finding):
                yield row
            elif faults := _find_faults(row, table, needed):
                yield from faults
            elif table is CONCEPTS:
                yield from self._read_concept(row, language, document)
            elif table is SKILL_SKILL:
                yield from self._relate(row)
            else:
                self._read_other(row, table, language)

    def _read_other(self, row: Row, table: Table, language: str) -> None:
        if table is SCHEMES:
            self._read_scheme(row, language)
        elif table is HIERARCHY:
            self._read_hierarchy(row, language)
        elif table is BROADER:
            self.concepts.say(row.get("conceptUri"), said.BROADER, row.get("broaderUri"))
        elif table is TABIYA:
            self._read_tabiya(row, language)
        else:
            self._read_label(row, table)

    def _read_concept(self, row: Row, language: str, document: Document) -> Iterator[Finding]:
        iri, kind = row.get("conceptUri"), row.get("conceptType")
        if kind not in said.KINDS:
            yield Finding(
                level=FindingLevel.SHOULD,
                code="esco.unknown-type",
                message=f"Got the conceptType {kind!r}, expected one of {', '.join(sorted(said.KINDS))}; it is kept "
                "as it is.",
                subject=iri,
                source=row.at("conceptType"),
                fix="Write one of ESCO's types.",
            )
            kind = said.OTHER
        self.concepts.describe(iri, kind, row.source)
        self._say_texts(iri, row, language, raw=kind in (said.ISCO, said.OTHER))
        self._say_facts(iri, row)
        if is_collection(document):
            self._keep(iri, "collection", collection_name(document))
        for parent in split_uris(row.get("broaderConceptUri")):
            self.concepts.say(iri, said.LISTED_BROADER, parent)
        for statement in said_besides("esco", row, (*CONCEPTS.columns, "conceptUri")):
            self.concepts.keep(iri, *statement)

    def _say_texts(self, iri: str, row: Row, language: str, *, raw: bool) -> None:
        """`raw`: what is kept as it is keeps its blanks too, as ESCO's RDF does."""
        self.concepts.say(iri, said.PREFERRED, _cell(row, "preferredLabel"), language)
        for column in ("altLabels", "hiddenLabels"):
            for label in split_labels(row.get(column)):
                self.concepts.say(iri, said.ALTERNATIVE, label, language)
        description = row.get("description")
        words = row.cells["description"] if raw and description else description
        self.concepts.say(iri, said.DESCRIPTION, words, language)
        self.concepts.say(iri, said.DEFINITION, row.get("definition"), language)
        if note := row.get("scopeNote"):
            self.concepts.keep(iri, f"{SKOS}scopeNote", text_term(Text(note, language)))

    def _say_facts(self, iri: str, row: Row) -> None:
        self.concepts.say(iri, said.NOTATION, row.get("code"))
        self.concepts.say(iri, said.ISCO_CODE, row.get("iscoGroup"))
        if kind := row.get("skillType"):
            self.concepts.say(iri, said.SKILL_TYPE, _slug(kind))
        for scheme in split_uris(row.get("inScheme")):
            self.concepts.say(iri, said.IN_SCHEME, scheme)
        for successor in split_uris(row.get("replacedBy")):
            self.concepts.say(iri, said.REPLACED_BY, successor)
        if level := row.get("reuseLevel"):
            self.concepts.keep(iri, f"{ESCO_MODEL}skillReuseLevel", f"<{ESCO}skill-reuse-level/{_slug(level)}>")
        if status := row.get("status"):
            self.concepts.keep(iri, STATUS, literal_term(status))
        if date := row.get("modifiedDate"):
            known = XSD_DATE_TIME if _DATE_TIME.fullmatch(date) else None
            self.concepts.keep(iri, f"{DCT}modified", literal_term(date, known))
        if note := row.get("regulatedProfessionNote"):
            term = f"<{note}>" if is_iri(note) else literal_term(note)
            self.concepts.keep(iri, f"{ESCO_MODEL}regulatedProfessionNote", term)
        self._keep(iri, "naceCode", row.get("naceCode"))

    def _keep(self, iri: str, column: str, value: str) -> None:
        for statement in stated("esco", column, value):
            self.concepts.keep(iri, *statement)

    def _read_scheme(self, row: Row, language: str) -> None:
        iri = row.get("conceptSchemeUri")
        self.concepts.describe(iri, said.SCHEME, row.source)
        self.concepts.say(iri, said.PREFERRED, _cell(row, "preferredLabel"), language)
        if row.get("title") != row.get("preferredLabel"):
            self.concepts.say(iri, said.ALTERNATIVE, row.get("title"), language)
        self.concepts.say(iri, said.DESCRIPTION, row.get("description"), language)
        if status := row.get("status"):
            self.concepts.keep(iri, STATUS, literal_term(status))
        for concept in split_uris(row.get("hasTopConcept")):
            self.concepts.keep(iri, f"{SKOS}hasTopConcept", f"<{concept}>")
        for statement in said_besides("esco", row, SCHEMES.columns):
            self.concepts.keep(iri, *statement)

    def _read_hierarchy(self, row: Row, language: str) -> None:
        """A row describes its last level, below the one before."""
        path = [(level, row.get(f"Level {level} URI")) for level in range(_LEVELS)]
        path = [(level, iri) for level, iri in path if iri]
        level, iri = path[-1]
        self.concepts.describe(iri, said.GROUP, row.source)
        self.concepts.say(iri, said.PREFERRED, _cell(row, f"Level {level} preferred term"), language)
        self.concepts.say(iri, said.NOTATION, row.get(f"Level {level} code"))
        self.concepts.say(iri, said.DESCRIPTION, row.get("Description"), language)
        if note := row.get("Scope note"):
            self.concepts.keep(iri, f"{SKOS}scopeNote", text_term(Text(note, language)))
        if len(path) > 1:
            self.concepts.say(iri, said.BROADER, path[-2][1])
        for statement in said_besides("esco", row, HIERARCHY.columns):
            self.concepts.keep(iri, *statement)

    def _read_label(self, row: Row, table: Table) -> None:
        iri, tag = row.get("conceptUri"), row.get("lang")
        what = said.PREFERRED if row.get("kind").casefold() in _PREFERRED else said.ALTERNATIVE
        label = row.get("prefLabel" if table is PREFERRED_LABELS else "label")
        self.concepts.say(iri, what, label, normalised(tag) if is_well_formed(tag) else tag)
        if iri not in self.concepts.sources:
            self.concepts.sources[iri] = row.source
        for statement in said_besides("esco", row, table.columns):
            self.concepts.keep(iri, *statement)

    def _read_tabiya(self, row: Row, language: str) -> None:
        iri = row.get("ORIGINURI")
        if self._alone:
            self.concepts.describe(iri, _tabiya_kind(row), row.source)
            self.concepts.say(iri, said.ISCO_CODE, row.get("OCCUPATIONGROUPCODE"))
            self.concepts.say(iri, said.NOTATION, row.get("CODE"))
            if kind := row.get("SKILLTYPE"):
                self.concepts.say(iri, said.SKILL_TYPE, _slug(kind))
        self.concepts.sources.setdefault(iri, row.source)
        self.concepts.say(iri, said.PREFERRED, _cell(row, "PREFERREDLABEL"), language)
        for label in split_labels(row.get("ALTLABELS")):
            if label != row.get("PREFERREDLABEL"):
                self.concepts.say(iri, said.ALTERNATIVE, label, language)
        self.concepts.say(iri, said.DESCRIPTION, row.get("DESCRIPTION"), language)
        self.concepts.say(iri, said.DEFINITION, row.get("DEFINITION"), language)
        if note := row.get("SCOPENOTE"):
            self.concepts.keep(iri, f"{SKOS}scopeNote", text_term(Text(note, language)))
        spoken = {"PREFERREDLABEL", "ORIGINURI", "ALTLABELS", "DESCRIPTION", "DEFINITION", "SCOPENOTE"}
        spoken |= {"OCCUPATIONGROUPCODE", "CODE", "SKILLTYPE"} if self._alone else set()
        for statement in said_besides("esco", row, spoken):
            self.concepts.keep(iri, *statement)

    def _relate(self, row: Row) -> Iterator[Finding]:
        relation = _RELATIONS.get(row.get("relationType").casefold())
        if relation is None:
            yield _unknown_relation(row)
        else:
            self.concepts.keep(row.get("originalSkillUri"), relation[0], f"<{row.get('relatedSkillUri')}>")


def _read_requirements(document: Document, seen: set[int], concepts: Concepts) -> Iterator[Located | Finding]:
    """The requirements of one table; what a table before said is the same in another language."""
    here: set[int] = set()
    pairs: dict[int, Importance] = {}
    for row in read_rows(document, required=OCCUPATION_SKILL.required, optional=OCCUPATION_SKILL.optional):
        if isinstance(row, Finding):
            yield row
        elif faults := _find_faults(row, OCCUPATION_SKILL, OCCUPATION_SKILL.required):
            yield from faults
        elif (relation := _RELATIONS.get(row.get("relationType").casefold())) is None:
            yield _unknown_relation(row)
        else:
            owner, target = row.get("occupationUri"), row.get("skillUri")
            iri = derived_iri("requirement", owner, None, None, target, relation[1])
            key = int(iri.rpartition("/")[2], 16)
            here.add(key)
            if key not in seen:
                if pairs.setdefault(hash((owner, target)), relation[1]) is not relation[1]:
                    concepts.keep(owner, _RELATIONS["optional"][0], f"<{target}>")  # the checks make one must of both
                record = Requirement(
                    iri=iri,
                    owner=owner,
                    target=target,
                    importance=relation[1],
                    statements=said_besides("esco", row, OCCUPATION_SKILL.columns),
                )
                yield Located(record=record, source=row.source)
    seen |= here


_URI_COLUMNS: Final = MappingProxyType(
    {
        CONCEPTS.name: ("conceptUri", "inScheme", "broaderConceptUri", "replacedBy"),
        SCHEMES.name: ("conceptSchemeUri", "hasTopConcept"),
        HIERARCHY.name: tuple(f"Level {level} URI" for level in range(_LEVELS)),
        BROADER.name: ("conceptUri", "broaderUri"),
        SKILL_SKILL.name: ("originalSkillUri", "relatedSkillUri"),
        OCCUPATION_SKILL.name: ("occupationUri", "skillUri"),
        LABELS.name: ("conceptUri",),
        PREFERRED_LABELS.name: ("conceptUri",),
        TABIYA.name: ("ORIGINURI",),
    }
)


def _needed(table: Table) -> tuple[str, ...]:
    """Cells that no row may leave empty; a table in another language may lack a label."""
    if table is HIERARCHY:
        return ("Level 0 URI",)
    return tuple(column for column in table.required if column not in {"preferredLabel", "PREFERREDLABEL"})


def _find_faults(row: Row, table: Table, needed: Sequence[str]) -> list[Finding]:
    """Cells that are empty and must not be, and those that are no URIs."""
    faults = [] if all(map(row.get, needed)) else find_gaps(row, needed)
    for column in _URI_COLUMNS[table.name]:
        cell = row.get(column)
        if cell and not is_iri(cell):  # one URI in most cells: only several have to be taken apart
            faults.extend(_bad_uri(row, column, uri) for uri in split_uris(cell) if not is_iri(uri))
    return faults


def _bad_uri(row: Row, column: str, uri: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="esco.bad-uri",
        message=f"Got {uri[:80]!r} in `{column}`, expected a URI.",
        source=row.at(column),
        fix=f"Write the whole URI, such as {ESCO}skill/0005c151-5b5a-4a66-8aac-60e734beb1ab.",
    )


def _unknown_relation(row: Row) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="esco.unknown-relation",
        message=f"Got the relationType {row.get('relationType')!r}, expected essential or optional.",
        source=row.at("relationType"),
        fix="Write essential or optional.",
    )


def _cell(row: Row, column: str) -> str:
    """A label with its outer blanks, which the checks tell; nothing where there are only blanks."""
    return row.cells.get(column, "") if row.get(column) else ""


def _slug(term: str) -> str:
    """`skill/competence` is `skill`, `sector-specific` stays: the last segments of ESCO's own IRIs."""
    plain = re.sub(r"[^a-z0-9-]+", "-", term.casefold().strip()).strip("-")
    return "skill" if plain == "skill-competence" else plain or "other"


def _tabiya_kind(row: Row) -> str:
    iri = row.get("ORIGINURI")
    if "OCCUPATIONTYPE" in row.cells:
        return said.OCCUPATION
    if iri.startswith(f"{ESCO}isco/") or "GROUPTYPE" in row.cells:
        return said.ISCO
    return said.SKILL if "SKILLTYPE" in row.cells else said.GROUP


def _read(documents: Sequence[Document], context: ReadContext) -> Iterator[Located | Finding]:
    return read_esco(documents, language=context.language)


FORMAT: Final = Format(name="esco", fit=table_fit(TABLES), read=_read, alone=True)
