"""The entities of CASE that records stand for, letter by letter as they were read, and the packages that they form.

Undoes what `ontology.readers.case_records` did. Records that do not come from CASE are `case_foreign`'s matter. Called
by `case` and `case_index`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ontology.json_documents import Json
from ontology.model import Competency, Framework, Record
from ontology.readers.case_payloads import link_iri
from ontology.readers.case_records import held_properties
from ontology.readers.case_terms import (
    ABSENT,
    CF_DOCUMENT,
    DEFINITIONS,
    DOCUMENT,
    PACKAGE,
    PARTS,
    JsonObject,
    Kind,
    find_kind,
    folded_identifier,
    stated_iris,
    stated_properties,
    term_value,
)

ARRAYS = {kind.name: name for name, kind in {**PARTS, **DEFINITIONS}.items()}
"""Kind -> the array that its entities stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entity. `documents` are the IRIs of the CFDocuments in whose packages it stands."""

    kind: Kind
    iri: str
    properties: JsonObject
    documents: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What names it, the empty string where nothing does."""
        value = self.properties.get(self.kind.title) if self.kind.title else None
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A CFDocument with what stands in its package, by kind, each in the order of IRIs."""

    document: Part
    shell: JsonObject
    """The package without entities: what there is besides them, and which arrays there are."""
    parts: Mapping[str, list[Part]]


@dataclass(slots=True, kw_only=True)
class Parts:
    """Entities, and which of them a link leads to."""

    by_iri: dict[str, Part] = field(default_factory=dict)
    by_identifier: dict[str, Part] = field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Takes an entity in; the first of several of one IRI or identifier is what links lead to."""
        self.by_iri.setdefault(part.iri, part)
        identifier = part.properties.get("identifier")
        if isinstance(identifier, str):
            self.by_identifier.setdefault(folded_identifier(identifier), part)

    def find(self, link: Json) -> Part | None:
        """The entity that a link leads to, by its uri, else by its identifier."""
        iri = link_iri(link)
        found = self.by_iri.get(iri) if iri is not None else None
        if found is not None or not isinstance(link, dict):
            return found
        identifier = link.get("identifier")
        return self.by_identifier.get(folded_identifier(identifier)) if isinstance(identifier, str) else None

    def target(self, link: Json) -> str | None:
        """The IRI that a link leads to, described or not."""
        found = self.find(link)
        return found.iri if found is not None else link_iri(link)


def original_part(record: Record) -> Part | None:
    """The entity that a record was read from, None where it does not come from CASE."""
    kind = find_kind(record.statements)
    if kind is None:
        return None
    stated = stated_properties(record.statements)
    language = stated.get("language")
    held = held_properties(record, language if isinstance(language, str) else None)
    absent = {term_value(term) for name, term in record.statements if name == ABSENT}
    properties: JsonObject = {name: value for name, value in held.items() if (name,) not in absent}
    for name, value in stated.items():
        renamed = (
            name == kind.title and isinstance(value, str) and name in properties and value.strip() != properties[name]
        )
        if not renamed or not isinstance(record, Competency | Framework):
            properties[name] = value
    return Part(kind=kind, iri=record.iri, properties=ordered(properties, kind), documents=_documents(record))


def ordered(properties: Mapping[str, Json], kind: Kind) -> JsonObject:
    """The properties in the order of the standard, those that it does not know last by name."""
    known = {name: properties[name] for name in kind.properties if name in properties}
    return known | {name: properties[name] for name in sorted(properties.keys() - known.keys())}


def _documents(record: Record) -> tuple[str, ...]:
    named = stated_iris(record.statements, DOCUMENT)
    framework = record.framework if isinstance(record, Competency) else None
    return tuple(dict.fromkeys([*([framework] if framework else []), *named]))


def shell_of(record: Framework) -> JsonObject:
    """What the package of a CFDocument has besides entities."""
    shell: JsonObject = {}
    for name, term in record.statements:
        if name == PACKAGE and (value := term_value(term)) and isinstance(value[0], dict):
            for key, each in value[0].items():
                before = shell.get(key)
                shell[key] = {**before, **each} if isinstance(before, dict) and isinstance(each, dict) else each
    return shell


def packages_of(parts: Iterable[Part], shells: Mapping[str, JsonObject]) -> tuple[list[Package], list[Part]]:
    """The packages by IRI of their CFDocument, and the entities that stand in none."""
    documents: dict[str, Part] = {}
    inside: dict[str, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    others = []
    for part in parts:
        if part.kind is CF_DOCUMENT:
            documents[part.iri] = part
        else:
            others.append(part)
    loose = []
    for part in sorted(others, key=lambda each: each.iri):
        homes = [iri for iri in part.documents if iri in documents]
        if not homes:
            loose.append(part)
        for iri in homes:
            inside[iri][part.kind.name].append(part)
    packages = [
        Package(document=documents[iri], shell=shells.get(iri, {}), parts=inside[iri]) for iri in sorted(documents)
    ]
    return packages, loose


def original_package(package: Package) -> JsonObject:
    """The package as it was imported, but for the order of its arrays."""
    written: JsonObject = {"CFDocument": package.document.properties, **package.shell}
    definitions = package.shell.get("CFDefinitions")
    defined: JsonObject = dict(definitions) if isinstance(definitions, dict) else {}
    for kind, parts in package.parts.items():
        name = ARRAYS[kind]
        values: list[Json] = [part.properties for part in parts]
        if name in DEFINITIONS:
            defined[name] = values
            written["CFDefinitions"] = defined
        else:
            written[name] = values
    return written
