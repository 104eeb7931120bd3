"""Entities of CASE as records: what their words mean here, and the rest kept as statements.

Looks at all entities of a source together, for an association says something of two. Every property that no field
holds letter by letter stays a statement, so that `ontology.writers.case` gives back what was read. Called by `case`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ontology.json_documents import Json
from ontology.languages import normalised
from ontology.model import (
    Alignment,
    Code,
    Competency,
    Finding,
    Framework,
    Located,
    Record,
    Relation,
    Statement,
    Text,
    Unmapped,
    sorted_texts,
)
from ontology.ntriples import iri_term, is_iri, literal_term

from .case_payloads import Entity, Faults, language_of, link_iri
from .case_terms import (
    ABSENT,
    CF_ASSOCIATION,
    CF_DOCUMENT,
    CF_ITEM,
    CF_LICENSE,
    CODING_SCHEME,
    DOCUMENT,
    GUID,
    JSON_DATATYPE,
    PACKAGE,
    RELATION,
    RELATIONS,
    JsonObject,
    canonical_json,
    folded_identifier,
    kind_statement,
    property_statement,
)

STATED = "stated"


def held_properties(record: Record, language: str | None = None) -> JsonObject:
    """What the fields of a record say in the words of CASE, as they are once `validation` has cleaned them.

    Args:
        language: tag of the label that names it; of any other where there is none in that language.
    """
    held: JsonObject = {"uri": record.iri}
    if isinstance(record, Competency | Framework):
        identifier = next((code.value for code in record.codes if code.system == GUID), None)
        if identifier is not None:
            held["identifier"] = identifier
        if words := _name(record, language):
            held["fullStatement" if isinstance(record, Competency) else "title"] = words
    if isinstance(record, Competency):
        code = next((code.value for code in record.codes if code.system == CODING_SCHEME), None)
        if code is not None:
            held["humanCodingScheme"] = code
        if record.kind is not None:
            held["CFItemType"] = record.kind
    if isinstance(record, Framework) and record.descriptions:
        held["description"] = record.descriptions[0].text
    return held


def _name(record: Competency | Framework, language: str | None) -> str:
    tag = normalised(language_of(language)) if language else None
    ranked = sorted(record.labels, key=lambda label: label.language != tag)
    return ranked[0].text.strip() if ranked else ""


@dataclass(slots=True)
class Dataset:
    """The entities of a source by IRI, and what their associations say of them."""

    language: str
    entities: dict[str, list[Entity]] = field(default_factory=lambda: defaultdict(list))
    documents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """IRI -> the CFDocuments in whose packages it stands."""
    by_identifier: dict[str, str] = field(default_factory=dict)
    broader: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    successors: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    packages: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, entity: Entity) -> None:
        """Takes an entity in."""
        self.entities[entity.iri].append(entity)
        self.by_identifier.setdefault(folded_identifier(_text(entity.properties, "identifier")), entity.iri)
        if entity.document is not None:
            self.documents[entity.iri].add(entity.document)
        if entity.package is not None:
            self.packages[entity.iri].add(canonical_json(entity.package))

    def kind_name(self, iri: str) -> str | None:
        """Name of the kind of the entity of this IRI, None where there is none."""
        found = self.entities.get(iri)
        return found[0].kind.name if found else None

    def resolved(self, link: Json) -> str | None:
        """The IRI of the entity that a link leads to, by its uri, else by its identifier; else what it names."""
        iri = link_iri(link)
        if iri is None or iri in self.entities or not isinstance(link, dict):
            return iri
        identifier = link.get("identifier")
        return self.by_identifier.get(folded_identifier(identifier), iri) if isinstance(identifier, str) else iri

    def frameworks(self, entity: Entity) -> list[str]:
        """The CFDocuments that an entity belongs to; by its CFDocumentURI where it stands in no package."""
        stands = sorted(self.documents.get(entity.iri, ()))
        if stands:
            return stands
        named = self.resolved(entity.properties.get("CFDocumentURI"))
        return [named] if named is not None and self.kind_name(named) == CF_DOCUMENT.name else []


def find_links(dataset: Dataset, faults: Mapping[str, Faults]) -> None:
    """Reads parents and successors off the associations; a parent that is not there is told."""
    for entities in list(dataset.entities.values()):
        for entity in entities:
            if entity.kind is CF_ASSOCIATION:
                _find_link(entity, dataset, faults[entity.source.file])


def _find_link(entity: Entity, dataset: Dataset, faults: Faults) -> None:
    kind = _text(entity.properties, "associationType")
    if kind not in {"isChildOf", "replacedBy"}:
        return
    origin = dataset.resolved(entity.properties["originNodeURI"])
    destination = dataset.resolved(entity.properties["destinationNodeURI"])
    assert origin is not None, "an association without ends is not read"
    assert destination is not None, "an association without ends is not read"
    child, parent = dataset.kind_name(origin), dataset.kind_name(destination)
    if kind == "replacedBy":
        if child is not None and origin != destination and parent in {None, child}:
            dataset.successors[origin].add(destination)
        return
    if child is None or parent is None:
        missing = origin if child is None else destination
        faults.should(
            "case.missing-parent" if child is not None else "case.missing-child",
            entity.source.pointer or "",
            f"Got isChildOf from <{origin}> to <{destination}>, and <{missing}> is not in the source, expected both; "
            f"it is kept and joins nothing.",
            "Give both ends, or leave the association out.",
        )
    elif child == parent == CF_ITEM.name and _share_document(dataset, origin, destination):
        dataset.broader[origin].add(destination)


def _share_document(dataset: Dataset, first: str, second: str) -> bool:
    ours, theirs = dataset.documents.get(first, set()), dataset.documents.get(second, set())
    return bool(ours & theirs) or not (ours or theirs)


def read_records(dataset: Dataset) -> Iterator[Located | Finding]:
    """A record for each entity, in the order read."""
    for entities in dataset.entities.values():
        for entity in entities:
            yield Located(record=_record(entity, dataset), source=entity.source)


def _record(entity: Entity, dataset: Dataset) -> Record:
    if entity.kind is CF_DOCUMENT:
        return _framework(entity, dataset)
    if entity.kind is CF_ITEM:
        return _competency(entity, dataset)
    documents = [(DOCUMENT, iri_term(iri)) for iri in dataset.frameworks(entity)]
    if entity.kind is CF_ASSOCIATION:
        return _association(entity, dataset, documents)
    return Unmapped(iri=entity.iri, statements=_kept(entity, Unmapped(iri=entity.iri), documents))


def _kept(entity: Entity, record: Record, more: list[Statement]) -> tuple[Statement, ...]:
    """The properties that the record does not hold letter by letter, and those that it holds and the source has not."""
    held = held_properties(record)
    found = {kind_statement(entity.kind), *more}
    for name, value in entity.properties.items():
        if name not in held or not isinstance(value, str) or held[name] != value:
            found.add(property_statement(name, value))
    found.update((ABSENT, literal_term(name)) for name in held.keys() - entity.properties.keys())
    return tuple(sorted(found))


def _framework(entity: Entity, dataset: Dataset) -> Framework:
    properties = entity.properties
    language = _language(properties) or dataset.language
    source = _text(properties, "officialSourceURL")
    creators = dict.fromkeys(filter(None, (_text(properties, name).strip() for name in ("creator", "publisher"))))
    record = Framework(
        iri=entity.iri,
        labels=_texts(_text(properties, "title"), language),
        descriptions=_texts(_text(properties, "description"), language),
        codes=(Code(GUID, _text(properties, "identifier")),),
        replaced_by=min(dataset.successors.get(entity.iri, ()), default=None),
        url=source if is_iri(source) else None,
        license=_license(properties.get("licenseURI"), dataset),
        attribution=", ".join(creators) or None,
    )
    shells = [(PACKAGE, literal_term(shell, JSON_DATATYPE)) for shell in dataset.packages.get(entity.iri, ())]
    return replace(record, statements=_kept(entity, record, shells))


def _license(link: Json, dataset: Dataset) -> str | None:
    """The text of the license that a link leads to, else the link's title, else its IRI."""
    iri = dataset.resolved(link)
    if iri is None or not isinstance(link, dict):
        return None
    known = dataset.entities.get(iri)
    if known and known[0].kind is CF_LICENSE:
        for name in ("licenseText", "title"):
            if words := _text(known[0].properties, name).strip():
                return words
    return _text(link, "title").strip() or iri


def _competency(entity: Entity, dataset: Dataset) -> Competency:
    properties = entity.properties
    frameworks = dataset.frameworks(entity)
    language = _language(properties) or document_language(frameworks, dataset)
    code, kind = _text(properties, "humanCodingScheme"), _text(properties, "CFItemType")
    if not kind and isinstance(link := properties.get("CFItemTypeURI"), dict):
        kind = _text(link, "title")
    statement = _text(properties, "fullStatement")
    others = {words for name in ("alternativeLabel", "abbreviatedStatement") if (words := _text(properties, name))}
    record = Competency(
        iri=entity.iri,
        labels=_texts(statement, language),
        alternative_labels=sorted_texts(
            text for words in sorted(others - {statement}) for text in _texts(words, language)
        ),
        codes=tuple(
            sorted(
                {
                    Code(GUID, _text(properties, "identifier")),
                    *({Code(CODING_SCHEME, code)} if code.strip() else ()),
                }
            )
        ),
        framework=frameworks[0] if frameworks else None,
        replaced_by=min(dataset.successors.get(entity.iri, ()), default=None),
        kind=kind if kind.strip() else None,
        broader=tuple(sorted(dataset.broader.get(entity.iri, ()))),
    )
    more = [(DOCUMENT, iri_term(iri)) for iri in frameworks[1:]]
    return replace(record, statements=_kept(entity, record, more))


def _language(properties: JsonObject) -> str:
    tag = _text(properties, "language")
    return language_of(tag) if tag.strip() else ""


def document_language(frameworks: list[str], dataset: Dataset) -> str:
    """The language that the first of these CFDocuments states; the dataset's where none does."""
    for iri in frameworks:
        for document in dataset.entities.get(iri, ()):
            if language := _language(document.properties):
                return language
    return dataset.language


def _association(entity: Entity, dataset: Dataset, documents: list[Statement]) -> Record:
    relation = _relation(entity.properties)
    origin = dataset.resolved(entity.properties["originNodeURI"])
    destination = dataset.resolved(entity.properties["destinationNodeURI"])
    kinds = {dataset.kind_name(origin or ""), dataset.kind_name(destination or "")}
    if relation is None or origin is None or destination is None or not kinds <= {None, CF_ITEM.name}:
        return Unmapped(iri=entity.iri, statements=_kept(entity, Unmapped(iri=entity.iri), documents))
    record = Alignment(
        iri=entity.iri,
        subject=origin,
        object=destination,
        relation=relation,
        method=STATED,
        comment=_text(entity.properties, "notes").strip() or None,
    )
    return replace(record, statements=_kept(entity, record, documents))


def _relation(properties: JsonObject) -> Relation | None:
    """The relation that an association states; one that Headwater exported says it in its extensions."""
    kind, extensions = properties.get("associationType"), properties.get("extensions")
    if kind == "isRelatedTo" and isinstance(extensions, dict):
        stated = extensions.get(RELATION)
        if isinstance(stated, str) and stated in set(Relation):
            return Relation(stated)
    return RELATIONS.get(kind) if isinstance(kind, str) else None


def _texts(words: str, language: str) -> tuple[Text, ...]:
    if not words.strip():
        return ()
    return (Text(words, language),)


def _text(properties: Mapping[str, Json], name: str) -> str:
    """A property that is a string; the empty string where there is none."""
    value = properties.get(name)
    return value if isinstance(value, str) else ""
