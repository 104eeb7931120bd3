"""The CASE payloads of a dataset, ready to be served: documents, packages and single entities, as 1.1 and as 1.0.

Pure: made once from records, then looked up by identifier. Every 1.1 payload is valid by the official schema of its
operation. Called by the CASE provider and by `case`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5

from ontology.json_documents import Json
from ontology.model import Framework, Record, derived_iri
from ontology.readers.case_payloads import link_iri
from ontology.readers.case_terms import (
    CF_ASSOCIATION,
    CF_ASSOCIATION_GROUPING,
    CF_CONCEPT,
    CF_DOCUMENT,
    CF_ITEM,
    CF_ITEM_TYPE,
    CF_LICENSE,
    CF_RUBRIC,
    CF_SUBJECT,
    UUID,
    UUID_1_0,
    JsonObject,
    Kind,
)

from .case_downgrade import as_version_1_0
from .case_foreign import foreign_associations, foreign_parts
from .case_parts import (
    ARRAYS,
    Part,
    Parts,
    ordered,
    original_package,
    original_part,
    packages_of,
    shell_of,
)
from .case_report import CaseReport
from .case_upgrade import Upgrade, inside

Version = Literal["1.1", "1.0"]
VERSIONS: Final[tuple[Version, ...]] = ("1.1", "1.0")
UNNAMED: Final = "Competencies without a framework"
"""Title of the document that is made for items that name none."""
DEFAULT_BASE: Final = "https://w3id.org/headwater/id/case"
"""Base of the CFPackageURI of a document that states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payloads:
    """What is written in one version."""

    entities: dict[int, JsonObject]
    """By `id` of the part: two datasets may hold one IRI in different words, and each keeps its own."""
    packages: dict[str, JsonObject]
    """By IRI of the CFDocument."""

    def of(self, part: Part) -> JsonObject:
        """The entity of a part."""
        return self.entities[id(part)]


class CasePackages:
    """The payloads of the records of one or more datasets.

    Args:
        records: of whole datasets, in any order; consumed once.
        base: URL of a CASE service without a slash at its end: `<base>/CFPackages/<identifier>` is the CFPackageURI of
            a document that states none.
    """

    def __init__(self, records: Iterable[Record], *, base: str = DEFAULT_BASE):
        kept = list(records)
        self.report = CaseReport()
        self._base = base
        originals = [part for record in kept if (part := original_part(record)) is not None]
        parts = Parts()
        every = [*originals, *foreign_parts(kept, self.report)]
        for part in every:
            parts.add(part)
        made = _made_documents(every, parts, self.report)
        housed = [_housed(part, parts, made) for part in every]
        known = Parts()
        for part in (*housed, *made.values()):
            known.add(part)
        associations = list(foreign_associations(kept, known, self.report))
        shells = {record.iri: shell_of(record) for record in kept if isinstance(record, Framework)}
        everything = [*housed, *made.values(), *associations]
        self._originals, _ = packages_of(originals, shells)
        self._parts = everything
        self._packages, loose = packages_of(everything, shells)
        self._tell_loose(loose)
        self._reports: dict[Version, CaseReport] = {
            "1.0": CaseReport(changes=list(self.report.changes)),
            "1.1": self.report,
        }
        self._made: dict[Version, _Payloads] = {}
        self._index(everything, known)

    def report_of(self, version: Version = "1.1") -> CaseReport:
        """What the packages of a version had changed, and what they do not hold."""
        self._of(version)
        return self._reports[version]

    def _of(self, version: Version) -> _Payloads:
        """The payloads of a version: those of 1.0, which keep the identifiers that 1.0 allows, when first asked for."""
        if version not in self._made:
            self._made[version] = self._payloads(version)
        return self._made[version]

    def _payloads(self, version: Version) -> _Payloads:
        report = self._reports[version]
        upgrade = Upgrade(self._parts, report, allowed=UUID if version == "1.1" else UUID_1_0)
        entities = {id(part): upgrade.entity(part) for part in self._parts}
        packages = {
            package.document.iri: upgrade.package(package, lambda part: entities[id(part)])
            for package in self._packages
        }
        if version == "1.0":
            packages = {iri: as_version_1_0(each, tell=partial(_tell_new, report)) for iri, each in packages.items()}
        return _Payloads(entities=entities, packages=packages)

    def _tell_loose(self, loose: Iterable[Part]) -> None:
        for part in loose:
            message = f"a {part.kind.name} outside of any package; packages do not hold it"
            self.report.tell("case-export.no-document", message, part.iri, None, loss=True)

    def _index(self, parts: Iterable[Part], known: Parts) -> None:
        payloads = self._of("1.1")
        self._by_identifier: dict[str, dict[str, Part]] = defaultdict(dict)
        self._by_kind: dict[str, list[Part]] = defaultdict(list)
        self._documents: dict[str, Part] = {}
        self._associations: dict[str, list[Part]] = defaultdict(list)
        for part in sorted(parts, key=lambda each: each.iri):
            self._by_kind[part.kind.name].append(part)
            by_identifier = self._by_identifier[part.kind.name]
            for properties in (payloads.of(part), part.properties):
                identifier = properties.get("identifier")
                if isinstance(identifier, str):
                    by_identifier.setdefault(identifier, part)
            if part.kind is CF_DOCUMENT:
                self._documents[part.iri] = part
            if part.kind is CF_ASSOCIATION:
                ends = {known.target(part.properties.get(name)) for name in ("originNodeURI", "destinationNodeURI")}
                for end in ends - {None}:
                    self._associations[str(end)].append(part)

    def original_packages(self) -> list[JsonObject]:
        """Every imported package as it was, but for the order of its arrays; by IRI of its CFDocument."""
        return [original_package(package) for package in self._originals]

    def identifiers(self) -> dict[str, list[str]]:
        """What the `find_` methods have, by the name of the kind (`CFItem`), sorted."""
        return {name: sorted(found) for name, found in self._by_identifier.items()}

    def packages(self, version: Version = "1.1") -> list[JsonObject]:
        """All packages, by IRI of their CFDocument."""
        return list(self._of(version).packages.values())

    def documents(self, version: Version = "1.1") -> list[JsonObject]:
        """All CFDocuments with their CFPackageURI, by IRI: what stands in getAllCFDocuments."""
        return [self._outside(part, version) for _, part in sorted(self._documents.items())]

    def find_package(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """The CFPackage of the document of this identifier (getCFPackage)."""
        part = self._find(CF_DOCUMENT, identifier)
        return self._of(version).packages[part.iri] if part else None

    def find_document(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """A CFDocument with its CFPackageURI (getCFDocument)."""
        return self._single(CF_DOCUMENT, identifier, version)

    def find_item(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """A CFItem with its CFDocumentURI (getCFItem)."""
        return self._single(CF_ITEM, identifier, version)

    def find_association(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """A CFAssociation (getCFAssociation)."""
        return self._single(CF_ASSOCIATION, identifier, version)

    def find_association_grouping(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """A CFAssociationGrouping (getCFAssociationGrouping)."""
        return self._single(CF_ASSOCIATION_GROUPING, identifier, version)

    def find_license(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """A CFLicense (getCFLicense)."""
        return self._single(CF_LICENSE, identifier, version)

    def find_rubric(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """A CFRubric with its criteria and levels (getCFRubric)."""
        return self._single(CF_RUBRIC, identifier, version)

    def find_concepts(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """`{"CFConcepts": [...]}`: the concept, then its descendants by hierarchyCode (getCFConcept)."""
        return self._descendants(CF_CONCEPT, identifier, version)

    def find_subjects(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """`{"CFSubjects": [...]}`: the subject, then its descendants by hierarchyCode (getCFSubject)."""
        return self._descendants(CF_SUBJECT, identifier, version)

    def find_item_types(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """`{"CFItemTypes": [...]}`: the type, then its descendants by hierarchyCode (getCFItemType)."""
        return self._descendants(CF_ITEM_TYPE, identifier, version)

    def find_item_associations(self, identifier: str, version: Version = "1.1") -> JsonObject | None:
        """`{"CFItem": ..., "CFAssociations": [...]}`: what starts or ends at the item (getCFItemAssociations).

        None also for an item without associations: the schema wants at least one.
        """
        part = self._find(CF_ITEM, identifier)
        found = self._associations.get(part.iri, []) if part else []
        if part is None or not found:
            return None
        values: list[Json] = [
            self._versioned(inside(self._of(version).of(each)), CF_ASSOCIATION, version) for each in found
        ]
        return {"CFItem": self._outside(part, version), "CFAssociations": values}

    def _find(self, kind: Kind, identifier: str) -> Part | None:
        return self._by_identifier[kind.name].get(identifier)

    def _single(self, kind: Kind, identifier: str, version: Version) -> JsonObject | None:
        part = self._find(kind, identifier)
        return self._outside(part, version) if part else None

    def _versioned(self, entity: JsonObject, kind: Kind, version: Version) -> JsonObject:
        return as_version_1_0(entity, kind) if version == "1.0" else entity

    def _outside(self, part: Part, version: Version) -> JsonObject:
        """The entity as it stands outside of a package, with links to its package or document."""
        payloads = self._of(version)
        entity = payloads.of(part)
        if part.kind is CF_DOCUMENT and "CFPackageURI" not in entity:
            identifier = entity["identifier"]
            link: JsonObject = {
                "title": entity["title"],
                "identifier": identifier,
                "uri": f"{self._base}/CFPackages/{identifier}",
            }
            entity = ordered({**entity, "CFPackageURI": link}, part.kind)
        elif "CFDocumentURI" in part.kind.properties and "CFDocumentURI" not in entity:
            homes = (self._documents[iri] for iri in part.documents if iri in self._documents)
            home = next((payloads.of(document) for document in homes), None)
            if home is not None:
                link = {name: home[name] for name in ("title", "identifier", "uri")}
                entity = ordered({**entity, "CFDocumentURI": link}, part.kind)
        return self._versioned(entity, part.kind, version)

    def _descendants(self, kind: Kind, identifier: str, version: Version) -> JsonObject | None:
        part = self._find(kind, identifier)
        if part is None:
            return None
        code = part.properties.get("hierarchyCode")
        found = [part]
        if isinstance(code, str) and code.strip():
            others = self._by_kind[kind.name]
            homes = {iri for each in others if each.iri == part.iri for iri in each.documents}
            below = {
                each.iri: each
                for each in reversed(others)
                if each.iri != part.iri
                and (homes & set(each.documents) or not (homes or each.documents))
                and str(each.properties.get("hierarchyCode") or "").startswith(f"{code.rstrip('.')}.")
            }
            found += sorted(below.values(), key=lambda each: (str(each.properties["hierarchyCode"]), each.iri))
        return {ARRAYS[kind.name]: [self._outside(each, version) for each in found]}


def _tell_new(report: CaseReport, uri: str, name: str) -> None:
    report.tell("case-export.new-in-1-1", f"{name}: 1.0 does not have it", uri, name, loss=True)


def _is_housed(part: Part, parts: Parts) -> bool:
    """Whether it is a document, or stands in the package of one that is there."""
    return part.kind is CF_DOCUMENT or any(_is_document(iri, parts) for iri in part.documents)


def _is_document(iri: str, parts: Parts) -> bool:
    found = parts.by_iri.get(iri)
    return found is not None and found.kind is CF_DOCUMENT


def _housed(part: Part, parts: Parts, made: Mapping[str, Part]) -> Part:
    """The entity in the document that it belongs to, or in the one that was made for it, where it stands in none."""
    if _is_housed(part, parts):
        return part
    home = _home(part, parts)
    if _is_document(home, parts):
        return replace(part, documents=(home,))
    return replace(part, documents=(made[home].iri,)) if home in made and part.kind in _HOUSED else part


_HOUSED = (CF_ITEM, CF_ASSOCIATION)
"""What a document is made for; definitions and rubrics without a package stay by themselves."""


def _home(part: Part, parts: Parts) -> str:
    """The IRI of the document that an entity without a package is of, as far as it says; the empty string else.

    An association that says nothing is where its ends are.
    """
    link = part.properties.get("CFDocumentURI")
    for named in (parts.target(link), link_iri(link)):
        if named is not None and (named not in parts.by_iri or _is_document(named, parts)):
            return named
    if part.kind is CF_ASSOCIATION:
        for name in ("originNodeURI", "destinationNodeURI"):
            end = parts.find(part.properties.get(name))
            if end is not None and end.kind is CF_ITEM:
                return next((iri for iri in end.documents if _is_document(iri, parts)), _home(end, parts))
    return next((iri for iri in part.documents if iri not in parts.by_iri), "")


def _made_documents(every: Iterable[Part], parts: Parts, report: CaseReport) -> dict[str, Part]:
    """Documents for the items that stand in none: by the IRI that they name, the empty string where they name none."""
    made: dict[str, Part] = {}
    unnamed = []
    for part in every:
        if part.kind is not CF_ITEM or _is_housed(part, parts):
            continue
        home = _home(part, parts)
        if _is_document(home, parts):
            continue
        if not home:
            unnamed.append(part.iri)
        elif home not in made:
            made[home] = _made_document(home, home, part.properties.get("CFDocumentURI"))
    if unnamed:
        made[""] = _made_document(derived_iri("case/document", min(unnamed)), UNNAMED, None)
    for part in made.values():
        report.tell(
            "case-export.document-made", "items stand in no package; a CFDocument is made for them", part.iri, None
        )
    return made


def _made_document(iri: str, title: str, link: Json) -> Part:
    properties: JsonObject = {
        "identifier": str(uuid5(NAMESPACE_URL, iri)),
        "uri": iri,
        "title": title,
    }
    stated = link if isinstance(link, dict) else {}
    properties |= {name: stated[name] for name in properties if isinstance(stated.get(name), str)}
    return Part(kind=CF_DOCUMENT, iri=iri, properties=properties)
