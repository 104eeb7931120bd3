"""A dataset as CTDL: JSON-LD in the published contexts, the same bytes for the same records.

What was read from CTDL comes out as the graph that it was. What comes from elsewhere is said in CTDL's words; then the
document is read back, and whatever the reader does not find again is told as a loss. Docs: docs/ctdl.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Final

from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Framework,
    JobRole,
    LevelMapping,
    Record,
    Requirement,
    Resource,
    RoleLevel,
    Scale,
    ScaleLevel,
    Statement,
    Teaching,
    Unmapped,
)
from ontology.readers.ctdl import records_of
from ontology.readers.ctdl_graph import CtdlGraph
from ontology.readers.ctdl_spelling import respelled, spelled, words_of
from ontology.readers.ctdl_terms import UNSAID, short
from ontology.readers.ctdl_things import CtdlThings
from ontology.readers.surroundings import Nothing
from ontology.skolem import without_blanks

from .ctdl_fields import MADE, SPELLED_FIELDS, field_statements, related_statements
from .ctdl_json import write_graph
from .ctdl_trees import condition_words, tree_statements, trees_of
from .head import Loss

_OWN: Final = ("https://purl.org/ctdl", "http://purl.org/ctdl", "https://purl.org/ctdlasn", "http://purl.org/ctdlasn")
_DESCRIBED: Final = (Framework, Competency, Course, Credential, JobRole)
Subjects = dict[str, list[Statement]]


def write_ctdl(records: Iterable[Record]) -> tuple[bytes, list[Loss]]:
    """(the JSON-LD document in UTF-8, what it cannot say). Nothing is lost of what was read from CTDL."""
    export = _Export(records)
    return write_graph(_renamed(export.subjects)), export.losses()


def _renamed(subjects: Subjects) -> Subjects:
    """Nodes that the writer made under the names that a reader will give them: an export of the export is the same."""
    triples = (
        (_unnamed(iri), predicate, _unnamed(term[1:-1]) if term.startswith(f"<{MADE}") else term)
        for iri, pairs in subjects.items()
        for predicate, term in pairs
    )
    found: Subjects = {}
    for iri, predicate, term in without_blanks(dict.fromkeys(triples)):
        found.setdefault(iri, []).append((predicate, term))
    return found


def _unnamed(iri: str) -> str:
    return f"_:{iri.removeprefix(MADE)}" if iri.startswith(MADE) else iri


class _Export:
    """The graph of the records, made in two steps: what they keep and spell, then what reading that back lacks."""

    def __init__(self, records: Iterable[Record]):
        self._records = sorted(records, key=lambda record: record.iri)
        self._known = _Implied(self._records)
        self.subjects: Subjects = {}
        for record in self._records:
            said = respelled(record) if isinstance(record, Resource) else _kept(record)
            if said or isinstance(record, Resource | Unmapped):
                self.subjects.setdefault(record.iri, []).extend(said)
        self._complete()

    def _complete(self) -> None:
        found = {record.iri: record for record in records_of(self.subjects, self._known)}
        for record in self._records:
            if isinstance(record, Resource):
                self._mend(record, found.get(record.iri))
        self._complete_trees(list(found.values()))
        there = {_content(each) for each in found.values()}
        wanted = [each for each in self._records if isinstance(each, Teaching | Awarding | Alignment)]
        self._withdraw(found.values(), {_content(each) for each in wanted})
        for record in wanted:
            if _content(record) not in there:
                self._add(related_statements(record, self._known.type_of))
        for record in self._records:
            if isinstance(record, Scale) and record.iri not in found:
                self._add(related_statements(record, self._known.type_of))

    def _mend(self, record: Resource, read: Record | None) -> None:
        """Says the fields of a thing that reading back does not find as they are."""
        said = self.subjects[record.iri]
        differing = _differing(record, read)
        for group, names in SPELLED_FIELDS.items():
            if differing.intersection(names):
                words = words_of(group)
                said[:] = [each for each in said if short(each[0]) not in words or not each[0].startswith(_OWN)]
                said.extend(spelled(record).get(group, ()))
        for name in sorted(differing):
            words, statements = field_statements(record, name)
            said[:] = [each for each in said if short(each[0]) not in words]
            self._add(statements)

    def _complete_trees(self, read: list[Record]) -> None:
        """Says each requirement tree anew that reading back does not find as it is."""
        wanted, there = trees_of(self._records), trees_of(read)
        levels = self._levels()
        for owner in sorted({*wanted, *there}):
            if wanted.get(owner) == there.get(owner):
                continue
            if owner in there and owner in self.subjects:
                words = condition_words()
                self.subjects[owner] = [each for each in self.subjects[owner] if short(each[0]) not in words]
            if owner in wanted:
                self._add(tree_statements(owner, wanted[owner], self._known.type_of, levels))

    def _levels(self) -> Mapping[tuple[str, float], str]:
        graph = CtdlGraph(self.subjects)
        CtdlThings(graph)
        return {place: level for level, place in sorted(graph.scale_levels.items(), reverse=True)}

    def _withdraw(self, read: Iterable[Record], wanted: set[tuple[object, ...]]) -> None:
        """Takes back what a thing says of teachings, awards and alignments that are no more."""
        for record in read:
            if not isinstance(record, Teaching | Awarding | Alignment) or _content(record) in wanted:
                continue
            ends = {f"<{each}>" for each in _ends(record)[1:]}
            said = self.subjects.get(_ends(record)[0])
            if said is not None:
                words = _WORDS[type(record)]
                said[:] = [each for each in said if each[1] not in ends or not short(each[0]).endswith(words)]

    def _add(self, statements: Iterable[tuple[str, str, str]]) -> None:
        for subject, predicate, term in statements:
            self.subjects.setdefault(subject, []).append((predicate, term))

    def losses(self) -> list[Loss]:
        """What reading the document back does not find, one line for each kind of it."""
        read = records_of(self.subjects, self._known)
        found = {record.iri: record for record in read}
        lost: dict[str, list[str]] = {}
        for record in self._records:
            if isinstance(record, Resource):
                for name in _differing(record, found.get(record.iri)):
                    lost.setdefault(f"{type(record).__name__}.{name}", []).append(record.iri)
        wanted, there = trees_of(self._records), trees_of(read)
        for owner in wanted:
            if wanted[owner] != there.get(owner):
                lost.setdefault("requirements (levels of roles, some of several, names of groups)", []).append(owner)
        contents = Counter(_content(each) for each in read)
        for record in self._records:
            if isinstance(record, Teaching | Awarding | Alignment) and _content(record) not in contents:
                lost.setdefault(f"{type(record).__name__}", []).append(_ends(record)[0])
            elif isinstance(record, Alignment) and _unsaid(record):
                lost.setdefault("method, author, source and comment of alignments", []).append(record.subject)
            elif isinstance(record, Scale) and not _same_scale(record, found.get(record.iri)):
                lost.setdefault("Scale", []).append(record.iri)
            elif isinstance(record, LevelMapping | ScaleLevel) and found.get(record.iri) != record:
                lost.setdefault(type(record).__name__, []).append(record.level.scale)
            elif isinstance(record, RoleLevel):
                lost.setdefault("RoleLevel", []).append(record.role)
        return [
            Loss(subject=min(iris), what=f"CTDL cannot say {what}: {len(iris)} of them are left out.")
            for what, iris in sorted(lost.items())
        ]


_WORDS: Final[Mapping[type[Record], tuple[str, ...]]] = {
    Teaching: ("teaches", "assesses"),
    Awarding: ("resultsInCredential",),
    Alignment: ("Alignment", "Match", "alignTo"),
}
"""Ends of the words by which a thing says such a record itself."""


class _Implied(Nothing):
    """What other datasets are taken to describe: what the records name as something without describing it."""

    def __init__(self, records: Iterable[Record]):
        self._types: dict[str, type[Record]] = {}
        named: dict[str, type[Record]] = {}
        for record in records:
            if isinstance(record, _DESCRIBED):
                self._types[record.iri] = type(record)
                if record.framework is not None:
                    named[record.framework] = Framework
            if isinstance(record, Teaching):
                named[record.competency] = Competency
            elif isinstance(record, Awarding):
                named |= {record.course: Course, record.credential: Credential}
            elif isinstance(record, Requirement) and record.target is not None:
                named.setdefault(record.target, Competency)
        self._types = named | self._types

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of what is named."""
        return self._types.get(iri)


def _kept(record: Record) -> list[Statement]:
    return [each for each in record.statements if each[0] != UNSAID]


def _differing(record: Resource, read: Record | None) -> set[str]:
    """Names of the fields that are not found again. Of kinds the case is CTDL's."""
    if type(read) is not type(record) or not isinstance(read, Resource):
        return {each.name for each in fields(record)} - {"iri", "statements"}
    names = {
        each.name
        for each in fields(record)
        if each.name != "statements" and getattr(record, each.name) != getattr(read, each.name)
    }
    if "kind" in names and isinstance(record, Credential) and isinstance(read, Credential):
        same = (record.kind or "").casefold() == (read.kind or "").casefold()
        names -= {"kind"} if same else set()
    return names


def _content(record: Record) -> tuple[object, ...]:
    """What a record says, whatever IRI it has."""
    if isinstance(record, Teaching):
        return Teaching, record.subject, record.competency, record.level
    if isinstance(record, Awarding):
        return Awarding, record.course, record.credential
    if isinstance(record, Alignment):
        return Alignment, record.subject, record.object, record.relation, record.confidence, record.date
    return (record.iri,)


def _ends(record: Teaching | Awarding | Alignment) -> tuple[str, str]:
    if isinstance(record, Teaching):
        return record.subject, record.competency
    if isinstance(record, Awarding):
        return record.course, record.credential
    return record.subject, record.object


def _unsaid(record: Alignment) -> bool:
    return bool(
        (record.method or "stated") != "stated" or record.author or record.source or record.comment or record.statements
    )


def _same_scale(record: Scale, read: Record | None) -> bool:
    return isinstance(read, Scale) and (read.minimum, read.maximum, read.labels) == (
        record.minimum,
        record.maximum,
        record.labels,
    )
