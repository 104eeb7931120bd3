"""CASE payloads taken apart: which entities stand in a JSON value, where, in which package, and what is wrong there.

Knows where CASE puts things, not what they mean. A fault is a finding with its JSON pointer, and the rest is read.
Called by `case`.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ontology.json_documents import Json, pointer
from ontology.languages import is_well_formed
from ontology.model import UNDETERMINED, Finding, FindingLevel, Source
from ontology.ntriples import is_iri

from .case_terms import (
    ASSOCIATION_TYPES,
    CF_ASSOCIATION,
    CF_ASSOCIATION_GROUPING,
    CF_CONCEPT,
    CF_DOCUMENT,
    CF_ITEM,
    CF_ITEM_TYPE,
    CF_LICENSE,
    CF_RUBRIC,
    DEFINITIONS,
    EXTENDED_TYPE,
    KINDS,
    NESTED,
    PACKAGE_PROPERTIES,
    PARTS,
    JsonObject,
    Kind,
    Shape,
    canonical_json,
    minted_case_iri,
)

Path = tuple[str | int, ...]
MAXIMUM_IN_FULL: Final = 10
"""So many findings of one kind a file are told one by one; more become one with their number."""
_LISTS: Final[Mapping[str, Kind]] = {"CFDocuments": CF_DOCUMENT, **PARTS, **DEFINITIONS}
_LINKS = frozenset({Shape.LINK, Shape.NODE})
_ELSEWHERE = frozenset(
    {
        ("CFAssociation", "originNodeURI"),
        ("CFAssociation", "destinationNodeURI"),
        ("CFItemType", "description"),
    }
)
"""What is told by a must-finding, or what 1.0 does not require: nearly every package of 1.0 lacks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity as it stands in a file. `document` is the IRI of the CFDocument of its package."""

    kind: Kind
    iri: str
    properties: JsonObject
    source: Source
    document: str | None = None
    package: JsonObject | None = None
    """Of a CFDocument: its package without entities."""


@dataclass(slots=True)
class Faults:
    """The findings of one file: what a whole file may have is told ten times and then counted."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _last: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def must(self, code: str, path: Path, message: str, fix: str) -> None:
        """A fault that blocks."""
        self.findings.append(self._finding(FindingLevel.MUST, code, path, message, fix))

    def should(self, code: str, path: Path | str, message: str, fix: str, *, about: str = "") -> None:
        """A fault that is told, at a path or pointer; those of one code `about` the same are counted together."""
        key = (code, about)
        self._counts[key] += 1
        finding = self._finding(FindingLevel.SHOULD, code, path, message, fix)
        if self._counts[key] <= MAXIMUM_IN_FULL:
            self.findings.append(finding)
        else:
            self._last[key] = finding

    def all(self) -> Iterator[Finding]:
        """All of them; of those that were only counted, one with the number."""
        yield from self.findings
        for (code, about), last in self._last.items():
            more = self._counts[code, about] - MAXIMUM_IN_FULL
            yield Finding(
                level=FindingLevel.SHOULD,
                code=code,
                message=f"{more} more like it in {self.file}; the last one: {last.message}",
                source=last.source,
                fix=last.fix,
            )

    def _finding(self, level: FindingLevel, code: str, path: Path | str, message: str, fix: str) -> Finding:
        where = Source(file=self.file, pointer=path if isinstance(path, str) else pointer(*path))
        return Finding(level=level, code=code, message=message, source=where, fix=fix)


def find_entities(value: Json, faults: Faults) -> Iterator[Entity]:
    """The entities of a payload, each CFDocument before what stands in its package."""
    values = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    for index, each in values:
        path: Path = () if index is None else (index,)
        if not isinstance(each, dict):
            _wrong_type(faults, path, each, "a CASE payload, which is an object")
            continue
        yield from _payload(each, path, faults)


def _payload(payload: JsonObject, path: Path, faults: Faults) -> Iterator[Entity]:
    if "CFPackage" in payload and "CFDocument" not in payload:
        inner = payload["CFPackage"]
        if isinstance(inner, dict):
            yield from _package(inner, (*path, "CFPackage"), faults)
        else:
            _wrong_type(faults, (*path, "CFPackage"), inner, "a CFPackage, which is an object")
        _check_besides(payload, {"CFPackage"}, path, faults)
    elif "CFDocument" in payload or "CFDefinitions" in payload:
        yield from _package(payload, path, faults)
    elif "CFItem" in payload and "identifier" not in payload:
        yield from _entities([payload["CFItem"]], CF_ITEM, (*path, "CFItem"), None, faults, single=True)
        yield from _entities(payload.get("CFAssociations"), CF_ASSOCIATION, (*path, "CFAssociations"), None, faults)
        _check_besides(payload, {"CFItem", "CFAssociations"}, path, faults)
    elif payload.keys() & {"CFItems", "CFRubrics"}:
        yield from _package(payload, path, faults)
    elif payload.keys() & _LISTS.keys():
        for name, kind in _LISTS.items():
            yield from _entities(payload.get(name), kind, (*path, name), None, faults)
        _check_besides(payload, _LISTS.keys(), path, faults)
    else:
        yield from _entities([payload], kind_of(payload), path, None, faults, single=True)


def kind_of(payload: Mapping[str, Json]) -> Kind:
    """The kind of an entity that stands alone, by what only that kind has, else by the path of its `uri`."""
    for name, kind in _TELLTALES:
        if name in payload:
            return kind
    uri = payload.get("uri")
    parts = uri.split("/") if isinstance(uri, str) else []
    named = next((kind for name, kind in KINDS.items() if f"{name}s" in parts), None)
    if named is not None:
        return named
    return CF_CONCEPT if "hierarchyCode" in payload else CF_ASSOCIATION_GROUPING


_TELLTALES = (
    ("fullStatement", CF_ITEM),
    ("associationType", CF_ASSOCIATION),
    ("originNodeURI", CF_ASSOCIATION),
    ("CFRubricCriteria", CF_RUBRIC),
    ("licenseText", CF_LICENSE),
    ("CFPackageURI", CF_DOCUMENT),
    ("creator", CF_DOCUMENT),
    ("typeCode", CF_ITEM_TYPE),
    ("humanCodingScheme", CF_ITEM),
)


def _check_besides(payload: JsonObject, known: Container[str], path: Path, faults: Faults) -> None:
    """Tells what stands beside the entities of a payload that is no package: there is no place to keep it."""
    for name in payload:
        if name not in known:
            faults.should(
                "case.left-out",
                (*path, name),
                f"Got {name[:60]!r} beside the entities of the payload, expected nothing there; it is left out.",
                "Move it into an entity, or into the `extensions` of a package.",
            )


def _package(package: JsonObject, path: Path, faults: Faults) -> Iterator[Entity]:
    document = None
    if package.get("CFDocument") is None:
        faults.must(
            "case.missing-document",
            path,
            "Got a CFPackage without CFDocument, expected one; what it holds belongs to no framework.",
            "Give the package its CFDocument.",
        )
    else:
        shell = _shell(package, path, faults)
        where = (*path, "CFDocument")
        for found in _entities([package["CFDocument"]], CF_DOCUMENT, where, None, faults, single=True):
            document = found.iri
            yield Entity(
                kind=found.kind, iri=found.iri, properties=found.properties, source=found.source, package=shell
            )
    for name, kind in PARTS.items():
        yield from _entities(package.get(name), kind, (*path, name), document, faults)
    definitions = package.get("CFDefinitions")
    if isinstance(definitions, dict):
        for name, kind in DEFINITIONS.items():
            yield from _entities(definitions.get(name), kind, (*path, "CFDefinitions", name), document, faults)
    elif definitions is not None and definitions != []:
        _wrong_type(faults, (*path, "CFDefinitions"), definitions, "an object")


def _shell(package: JsonObject, path: Path, faults: Faults) -> JsonObject:
    """The package without its entities: what there is besides them, and which arrays there are."""
    shell: JsonObject = {}
    for name, value in package.items():
        if name == "CFDocument":
            continue
        if name in PARTS:
            shell[name] = None if value is None else []
        elif name == "CFDefinitions" and isinstance(value, dict):
            shell[name] = {
                inner: (None if each is None else []) if inner in DEFINITIONS else each for inner, each in value.items()
            }
            for inner in value.keys() - DEFINITIONS.keys() - {"extensions"}:
                _unknown(faults, (*path, name, inner), inner, "CFDefinitions")
        elif name != "CFDefinitions" or value in (None, []):
            shell[name] = value
        if name not in PACKAGE_PROPERTIES:
            _unknown(faults, (*path, name), name, "CFPackage")
    return shell if _is_whole(shell, "CFPackage", path, faults) else {}


def _is_whole(value: JsonObject, kind: str, path: Path, faults: Faults) -> bool:
    """Whether the value can be written as JSON again."""
    try:
        canonical_json(value)
    except ValueError:
        faults.must(
            "case.unwritable",
            path,
            f"Got a {kind} with half of a surrogate pair, a number beyond all bounds or too much nesting, expected "
            f"what JSON can write; it is not read.",
            "Mend the value; the file was damaged or made wrongly.",
        )
        return False
    return True


def _entities(
    value: Json, kind: Kind, path: Path, document: str | None, faults: Faults, *, single: bool = False
) -> Iterator[Entity]:
    """The entities of an array; of a `single` one the path is its own."""
    if value is None:
        return
    if not isinstance(value, list):
        _wrong_type(faults, path, value, f"an array of {kind.name}s")
        return
    for index, each in enumerate(value):
        where = path if single else (*path, index)
        if not isinstance(each, dict):
            _wrong_type(faults, where, each, f"a {kind.name}, which is an object")
        elif _is_whole(each, kind.name, where, faults) and _is_named(each, kind, where, faults):
            if not _check(each, kind, where, faults):
                continue
            source = Source(file=faults.file, pointer=pointer(*where))
            yield Entity(kind=kind, iri=entity_iri(each), properties=each, source=source, document=document)


def entity_iri(properties: Mapping[str, Json]) -> str:
    """The IRI of an entity that has an identifier: its `uri` where that is an absolute IRI."""
    uri = properties.get("uri")
    if isinstance(uri, str) and is_iri(uri):
        return uri
    return minted_case_iri(str(properties["identifier"]))


def language_of(tag: str) -> str:
    """The language that a text is read as: `_` as `-`, `und` for what is no BCP 47 tag."""
    if is_well_formed(tag):
        return tag
    guessed = tag.strip().replace("_", "-")
    return guessed if is_well_formed(guessed) else UNDETERMINED


def link_iri(link: Json) -> str | None:
    """The IRI that a link leads to, None where it names nothing."""
    if not isinstance(link, dict):
        return None
    uri, identifier = link.get("uri"), link.get("identifier")
    if isinstance(uri, str) and is_iri(uri):
        return uri
    return minted_case_iri(identifier) if isinstance(identifier, str) and identifier.strip() else None


def _is_named(properties: JsonObject, kind: Kind, path: Path, faults: Faults) -> bool:
    identifier = properties.get("identifier")
    if isinstance(identifier, str) and identifier.strip():
        return True
    got = "no identifier" if identifier in (None, "") else f"the identifier {canonical(identifier)}"
    faults.must(
        "case.missing-identifier",
        path,
        f"Got a {kind.name} with {got}, expected a string with a UUID; it is not read.",
        "Give it an identifier.",
    )
    return False


def _check(properties: JsonObject, kind: Kind, path: Path, faults: Faults) -> bool:
    """Whether the entity can be read; all that is wrong with its properties is told."""
    for name in kind.required:
        if properties.get(name) is None and (kind.name, name) not in _ELSEWHERE:
            faults.should(
                "case.missing-property",
                path,
                f"Got a {kind.name} without {name}, which CASE requires.",
                f"Give it {name}; the export writes a neutral value.",
                about=f"{kind.name} {name}",
            )
    for name, value in properties.items():
        shape = kind.properties.get(name)
        if shape is None:
            _unknown(faults, (*path, name), name, kind.name)
        elif value is not None:
            _check_value(value, shape, name, kind, (*path, name), faults)
    ends = ("originNodeURI", "destinationNodeURI") if kind is CF_ASSOCIATION else ()
    lacking = [end for end in ends if not _has_end(properties, end, path, faults)]
    return not lacking


def _has_end(properties: JsonObject, name: str, path: Path, faults: Faults) -> bool:
    value = properties.get(name)
    if link_iri(value) is not None:
        return True
    faults.must(
        "case.missing-end",
        (*path, name) if name in properties else path,
        f"Got {canonical(value) if name in properties else 'nothing'} as {name} of a CFAssociation, expected "
        f"{Shape.NODE}; it is not read.",
        "Say by uri or identifier what it leads to.",
    )
    return False


def _check_value(value: Json, shape: Shape, name: str, kind: Kind, path: Path, faults: Faults) -> None:
    if shape is Shape.OBJECTS and name in NESTED:
        _check_nested(value, NESTED[name], path, faults)
    elif shape is Shape.ASSOCIATION_TYPE and isinstance(value, str):
        if value not in ASSOCIATION_TYPES and not EXTENDED_TYPE.fullmatch(value):
            faults.should(
                "case.unknown-association-type",
                path,
                f"Got the associationType {value[:60]!r}, expected {shape}; it is kept.",
                f"Write one of {', '.join(sorted(ASSOCIATION_TYPES))}, or ext: and a name.",
                about=value,
            )
    elif name == "language" and isinstance(value, str) and value.strip() and language_of(value) != value:
        faults.should(
            "case.language",
            path,
            f"Got the language {value[:60]!r}, expected a BCP 47 tag; it is read as {language_of(value)!r} and kept.",
            "Write a tag such as en, de-AT, or leave it out.",
            about=value,
        )
    elif not _has_shape(value, shape):
        faults.should(
            "case.wrong-value",
            path,
            f"Got {canonical(value)} as {name} of a {kind.name}, expected {shape}; it is kept.",
            f"Write {shape}.",
            about=f"{kind.name} {name}",
        )


def _check_nested(value: Json, kind: Kind, path: Path, faults: Faults) -> None:
    """Criteria and levels: they are kept inside of their rubric, so nothing of it is left out."""
    if not isinstance(value, list):
        _wrong_type(faults, path, value, f"an array of {kind.name}s")
        return
    for index, each in enumerate(value):
        where = (*path, index)
        if not isinstance(each, dict):
            _wrong_type(faults, where, each, f"a {kind.name}, which is an object")
        elif _is_named(each, kind, where, faults):
            _check(each, kind, where, faults)


def _has_shape(value: Json, shape: Shape) -> bool:
    if shape in _LINKS:
        return link_iri(value) is not None
    if shape is Shape.TEXTS:
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    if shape is Shape.LINKS:
        return isinstance(value, list) and all(link_iri(each) is not None for each in value)
    if shape in {Shape.INTEGER, Shape.NUMBER}:
        return isinstance(value, int if shape is Shape.INTEGER else int | float) and not isinstance(value, bool)
    if shape is Shape.OBJECT:
        return isinstance(value, dict)
    if shape is Shape.OBJECTS:
        return isinstance(value, list) and all(isinstance(each, dict) for each in value)
    return isinstance(value, str)


def _unknown(faults: Faults, path: Path, name: str, kind: str) -> None:
    faults.should(
        "case.unknown-property",
        path,
        f"Got the property {name[:60]!r} of a {kind}, which CASE does not know; it is kept.",
        "Write it below `extensions`, as CASE 1.1 wants it.",
        about=f"{kind} {name}",
    )


def _wrong_type(faults: Faults, path: Path, value: Json, expected: str) -> None:
    message = f"Got {canonical(value)}, expected {expected}; it is not read."
    faults.must("case.wrong-type", path, message, f"Write {expected}.")


def canonical(value: Json) -> str:
    """A value as messages show it, cut short."""
    if isinstance(value, dict | list):
        name = "object" if isinstance(value, dict) else "array"
        return f"an {name} of {len(value)}"
    return repr(value)[:80]
