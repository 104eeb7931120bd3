"""The words of CASE 1.0 and 1.1: its kinds with the type of each property, and properties kept as statements.

One table serves the reader, which says what is wrong with a value, and the writer, which makes valid 1.1 of it. Reads
and writes nothing itself.
Source: 1EdTech CASE Service 1.1 (final, 24 January 2025), JSON schema binding; CASE Service 1.0.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote

from ontology.json_documents import Json
from ontology.model import IDENTITY, Relation, Statement
from ontology.ntriples import find_literal, literal_term
from ontology.terms import RDF, RDF_TYPE

JsonObject = dict[str, Json]

VOCABULARY: Final = "https://purl.imsglobal.org/spec/case/vocab#"
JSON_DATATYPE: Final = f"{RDF}JSON"
GUID: Final = "case"
"""Code system of the identifier."""
CODING_SCHEME: Final = "case-code"
"""Code system of a CFItem's humanCodingScheme."""
MINTED: Final = f"{IDENTITY}case/"
"""Prefix of the IRI of an entity whose `uri` is no absolute IRI; the rest is its percent-encoded identifier."""
DOCUMENT: Final = f"{MINTED}term/document"
"""Predicate: the CFDocument in whose package an entity stands, where no field says it."""
PACKAGE: Final = f"{MINTED}term/package"
"""Predicate: the CFPackage of a CFDocument as JSON, its CFDocument left out and its arrays empty."""
ABSENT: Final = f"{MINTED}term/absent"
"""Predicate: a property that a field gives and that the source does not have."""
RUBRIC: Final = f"{MINTED}term/rubric"
"""Predicate of a scale and of its levels: the CFRubric that they were read out of, which says all of them."""
ITEM: Final = f"{MINTED}term/item"
"""Predicate of such a scale: the CFItem whose levels these are."""
ORIGINAL: Final = "headwater:original"
"""Key of `extensions`: what valid 1.1 has no place for, by property."""
RELATION: Final = "headwater:relation"
"""Key of an association's `extensions`: the SKOS relation, where no associationType says it."""

MAX_DEPTH: Final = 100
"""Objects and arrays inside each other that a property may have. CASE itself nests six deep."""
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""What CASE 1.1 allows: lower case, version 1 to 5."""
UUID_1_0: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""What CASE 1.0 allows: any version, any case."""
EXTENDED_TYPE: Final = re.compile(r"ext:[A-Za-z0-9.\-_]+")
ASSOCIATION_TYPES: Final = frozenset(
    {
        "isChildOf",
        "isPeerOf",
        "isPartOf",
        "exactMatchOf",
        "precedes",
        "isRelatedTo",
        "replacedBy",
        "exemplar",
        "hasSkillLevel",
        "isTranslationOf",
    }
)
RELATIONS: Final = MappingProxyType(
    {
        "exactMatchOf": Relation.EXACT,
        "isTranslationOf": Relation.EXACT,
        "isRelatedTo": Relation.RELATED,
        "isPeerOf": Relation.RELATED,
    }
)
"""associationType -> relation; the others say something else than that two things correspond."""


class Shape(StrEnum):
    """What the value of a property is."""

    TEXT = "a string"
    URI = "a string with a URI"
    IDENTIFIER = "a string with a UUID"
    DATE = "a string with a date"
    TIME = "a string with a date and time"
    INTEGER = "an integer"
    NUMBER = "a number"
    TEXTS = "an array of strings"
    LINK = "an object with title, identifier and uri"
    NODE = "an object with title, identifier, uri and perhaps targetType"
    LINKS = "an array of objects with title, identifier and uri"
    OBJECT = "an object"
    OBJECTS = "an array of objects"
    ASSOCIATION_TYPE = "one of the association types, or ext: and a name"
    VERSION = "the version of CASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entity. `properties` are in the order in which they are written."""

    name: str
    properties: Mapping[str, Shape]
    required: tuple[str, ...]
    """What 1.1 requires inside a package."""
    title: str | None = "title"
    """The property that names it."""


_NAMED = {"identifier": Shape.IDENTIFIER, "uri": Shape.URI}
_ENDING = {"lastChangeDateTime": Shape.TIME, "extensions": Shape.OBJECT}
_MUST = ("identifier", "uri", "lastChangeDateTime")

CF_DOCUMENT: Final = Kind(
    name="CFDocument",
    properties={
        **_NAMED,
        "frameworkType": Shape.TEXT,
        "caseVersion": Shape.VERSION,
        "creator": Shape.TEXT,
        "title": Shape.TEXT,
        "lastChangeDateTime": Shape.TIME,
        "officialSourceURL": Shape.URI,
        "publisher": Shape.TEXT,
        "description": Shape.TEXT,
        "subject": Shape.TEXTS,
        "subjectURI": Shape.LINKS,
        "language": Shape.TEXT,
        "version": Shape.TEXT,
        "adoptionStatus": Shape.TEXT,
        "statusStartDate": Shape.DATE,
        "statusEndDate": Shape.DATE,
        "licenseURI": Shape.LINK,
        "notes": Shape.TEXT,
        "extensions": Shape.OBJECT,
        "CFPackageURI": Shape.LINK,
    },
    required=(*_MUST, "creator", "title"),
)
CF_ITEM: Final = Kind(
    name="CFItem",
    properties={
        **_NAMED,
        "fullStatement": Shape.TEXT,
        "alternativeLabel": Shape.TEXT,
        "CFItemType": Shape.TEXT,
        "humanCodingScheme": Shape.TEXT,
        "listEnumeration": Shape.TEXT,
        "abbreviatedStatement": Shape.TEXT,
        "conceptKeywords": Shape.TEXTS,
        "conceptKeywordsURI": Shape.LINK,
        "notes": Shape.TEXT,
        "subject": Shape.TEXTS,
        "subjectURI": Shape.LINKS,
        "language": Shape.TEXT,
        "educationLevel": Shape.TEXTS,
        "CFItemTypeURI": Shape.LINK,
        "licenseURI": Shape.LINK,
        "statusStartDate": Shape.DATE,
        "statusEndDate": Shape.DATE,
        **_ENDING,
        "CFDocumentURI": Shape.LINK,
    },
    required=(*_MUST, "fullStatement"),
    title="fullStatement",
)
CF_ASSOCIATION: Final = Kind(
    name="CFAssociation",
    properties={
        **_NAMED,
        "associationType": Shape.ASSOCIATION_TYPE,
        "sequenceNumber": Shape.INTEGER,
        "originNodeURI": Shape.NODE,
        "destinationNodeURI": Shape.NODE,
        "CFAssociationGroupingURI": Shape.LINK,
        "notes": Shape.TEXT,
        **_ENDING,
        "CFDocumentURI": Shape.LINK,
    },
    required=(*_MUST, "associationType", "originNodeURI", "destinationNodeURI"),
    title=None,
)
CF_CONCEPT: Final = Kind(
    name="CFConcept",
    properties={
        **_NAMED,
        "title": Shape.TEXT,
        "keywords": Shape.TEXT,
        "hierarchyCode": Shape.TEXT,
        "description": Shape.TEXT,
        **_ENDING,
    },
    required=(*_MUST, "title", "hierarchyCode"),
)
CF_SUBJECT: Final = Kind(
    name="CFSubject",
    properties={
        **_NAMED,
        "title": Shape.TEXT,
        "hierarchyCode": Shape.TEXT,
        "description": Shape.TEXT,
        **_ENDING,
    },
    required=(*_MUST, "title", "hierarchyCode"),
)
CF_LICENSE: Final = Kind(
    name="CFLicense",
    properties={
        **_NAMED,
        "title": Shape.TEXT,
        "description": Shape.TEXT,
        "licenseText": Shape.TEXT,
        **_ENDING,
    },
    required=(*_MUST, "title", "licenseText"),
)
CF_ITEM_TYPE: Final = Kind(
    name="CFItemType",
    properties={
        **_NAMED,
        "title": Shape.TEXT,
        "description": Shape.TEXT,
        "hierarchyCode": Shape.TEXT,
        "typeCode": Shape.TEXT,
        **_ENDING,
    },
    required=(*_MUST, "title", "description", "hierarchyCode"),
)
CF_ASSOCIATION_GROUPING: Final = Kind(
    name="CFAssociationGrouping",
    properties={**_NAMED, "title": Shape.TEXT, "description": Shape.TEXT, **_ENDING},
    required=(*_MUST, "title"),
)
CF_RUBRIC: Final = Kind(
    name="CFRubric",
    properties={
        **_NAMED,
        "title": Shape.TEXT,
        "description": Shape.TEXT,
        "lastChangeDateTime": Shape.TIME,
        "CFRubricCriteria": Shape.OBJECTS,
        "extensions": Shape.OBJECT,
    },
    required=_MUST,
)
CF_RUBRIC_CRITERION: Final = Kind(
    name="CFRubricCriterion",
    properties={
        **_NAMED,
        "category": Shape.TEXT,
        "description": Shape.TEXT,
        "CFItemURI": Shape.LINK,
        "weight": Shape.NUMBER,
        "position": Shape.INTEGER,
        "rubricId": Shape.IDENTIFIER,
        "lastChangeDateTime": Shape.TIME,
        "CFRubricCriterionLevels": Shape.OBJECTS,
        "extensions": Shape.OBJECT,
    },
    required=_MUST,
    title=None,
)
CF_RUBRIC_CRITERION_LEVEL: Final = Kind(
    name="CFRubricCriterionLevel",
    properties={
        **_NAMED,
        "description": Shape.TEXT,
        "quality": Shape.TEXT,
        "score": Shape.NUMBER,
        "feedback": Shape.TEXT,
        "position": Shape.INTEGER,
        "rubricCriterionId": Shape.IDENTIFIER,
        "lastChangeDateTime": Shape.TIME,
        "extensions": Shape.OBJECTS,
    },
    required=_MUST,
    title=None,
)

KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            CF_DOCUMENT,
            CF_ITEM,
            CF_ASSOCIATION,
            CF_CONCEPT,
            CF_SUBJECT,
            CF_LICENSE,
            CF_ITEM_TYPE,
            CF_ASSOCIATION_GROUPING,
            CF_RUBRIC,
            CF_RUBRIC_CRITERION,
            CF_RUBRIC_CRITERION_LEVEL,
        )
    }
)
NESTED: Final = MappingProxyType(
    {"CFRubricCriteria": CF_RUBRIC_CRITERION, "CFRubricCriterionLevels": CF_RUBRIC_CRITERION_LEVEL}
)
"""Property -> kind of the entities that stand inside of another one."""
PARTS: Final = MappingProxyType({"CFItems": CF_ITEM, "CFAssociations": CF_ASSOCIATION, "CFRubrics": CF_RUBRIC})
"""Array of a package -> kind of its entities."""
DEFINITIONS: Final = MappingProxyType(
    {
        "CFConcepts": CF_CONCEPT,
        "CFSubjects": CF_SUBJECT,
        "CFLicenses": CF_LICENSE,
        "CFItemTypes": CF_ITEM_TYPE,
        "CFAssociationGroupings": CF_ASSOCIATION_GROUPING,
    }
)
"""Array of CFDefinitions -> kind of its entities."""
PACKAGE_PROPERTIES: Final = frozenset({"CFDocument", *PARTS, "CFDefinitions", "extensions"})

_KIND_TERMS = {f"<{VOCABULARY}{name}>": kind for name, kind in KINDS.items()}


def canonical_json(value: Json) -> str:
    """The value as JSON with sorted keys and no blanks.

    Raises ValueError where a number has no JSON form, a text has half of a surrogate pair, or it nests deeper than
    `MAX_DEPTH`.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except RecursionError as error:
        raise ValueError(f"it nests deeper than {MAX_DEPTH}") from error
    text.encode()
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(f"it nests deeper than {MAX_DEPTH}")
    return text


def _depth(value: Json) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1
    return depth


def kind_statement(kind: Kind) -> Statement:
    """The statement that marks a record as an entity of CASE."""
    return RDF_TYPE, f"<{VOCABULARY}{kind.name}>"


def find_kind(statements: Iterable[Statement]) -> Kind | None:
    """The kind that a record is marked as, None where it does not come from CASE."""
    return next((_KIND_TERMS[term] for name, term in statements if name == RDF_TYPE and term in _KIND_TERMS), None)


def property_statement(name: str, value: Json) -> Statement:
    """A property as a statement: a string as a plain literal, anything else as canonical JSON."""
    predicate = _predicate(name)
    if isinstance(value, str):
        return predicate, literal_term(value)
    return predicate, literal_term(canonical_json(value), JSON_DATATYPE)


@lru_cache(maxsize=1024)
def _predicate(name: str) -> str:
    return VOCABULARY + quote(name, safe="")


@lru_cache(maxsize=1024)
def _name(predicate: str) -> str:
    return unquote(predicate.removeprefix(VOCABULARY))


def stated_properties(statements: Iterable[Statement]) -> JsonObject:
    """The properties that statements hold."""
    found: JsonObject = {}
    for predicate, term in statements:
        if predicate.startswith(VOCABULARY):
            value = term_value(term)
            if value is not None:
                found[_name(predicate)] = value[0]
    return found


def term_value(term: str) -> tuple[Json] | None:
    """The JSON value of a literal in a tuple, for null is a value too; None for what is no such literal."""
    literal = find_literal(term)
    if literal is None or literal.language is not None:
        return None
    if literal.datatype != JSON_DATATYPE:
        return (literal.value,)
    try:
        value: Json = json.loads(literal.value)
    except ValueError:
        return None
    return (value,)


def stated_iris(statements: Iterable[Statement], predicate: str) -> list[str]:
    """The IRIs that statements with this predicate name, in their order."""
    return [term[1:-1] for name, term in statements if name == predicate and term.startswith("<")]


def folded_identifier(identifier: str) -> str:
    """What two spellings of one identifier share: the case of a UUID's letters says nothing (RFC 4122, section 3)."""
    return identifier.lower() if UUID_1_0.fullmatch(identifier) else identifier


def minted_case_iri(identifier: str) -> str:
    """The IRI of an entity whose `uri` is no absolute IRI."""
    return MINTED + quote(identifier, safe="")
