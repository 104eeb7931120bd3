"""Entities of CASE made valid 1.1: each change is a line of the report, and what 1.1 has no place for is kept.

`uri` never changes. An identifier that 1.1 does not allow becomes the UUIDv5 (URL namespace) of the `uri`, and every
reference follows; the property as it was stands in `extensions` below `headwater:original`. Doing it again changes
nothing. Called by `case` and `case_index`; docs/case.md has the rules.
Source: CASE Service 1.1, JSON schema binding of getCFPackage.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from ontology.json_documents import Json
from ontology.ntriples import is_iri
from ontology.readers.case_terms import (
    CF_DOCUMENT,
    CF_RUBRIC_CRITERION_LEVEL,
    DEFINITIONS,
    NESTED,
    ORIGINAL,
    PARTS,
    UUID,
    JsonObject,
    Kind,
    Shape,
    folded_identifier,
    minted_case_iri,
)

from .case_parts import ARRAYS, Package, Part, Parts, ordered
from .case_report import CaseReport
from .case_values import NEUTRAL_TIME, SIMPLE, VERSION, extensions_of, target_type_of, text_of

OUTSIDE: Final = frozenset({"CFPackageURI", "CFDocumentURI"})
"""Properties that an entity has only outside of a package."""


class Upgrade:
    """Makes the entities of one export valid 1.1, so that references between them stay whole.

    Args:
        parts: all entities of the export.
        report: what each change is told to.
        allowed: identifiers that stay: those of 1.1, or of 1.0 where `case_downgrade` makes 1.0 of it.
    """

    def __init__(self, parts: Iterable[Part], report: CaseReport, *, allowed: re.Pattern[str] = UUID):
        self._report = report
        self._allowed = allowed
        self._parts = Parts()
        self._identifiers: dict[str, str] = {}
        """Identifier as it was -> as it is, of rubrics and of what stands inside of them."""
        for part in parts:
            self._parts.add(part)
            self._collect(part.properties, part.kind, part.iri)

    def _collect(self, properties: JsonObject, kind: Kind, iri: str) -> None:
        before = text_of(properties.get("identifier"))
        if before is not None:
            self._identifiers.setdefault(folded_identifier(before), self._identifier(properties, iri))
        for name, inner in NESTED.items():
            if name in kind.properties:
                for index, each in _objects(properties.get(name)):
                    self._collect(each, inner, _nested_iri(each, iri, inner, index))

    def _identifier(self, properties: JsonObject, iri: str) -> str:
        before, uri = properties.get("identifier"), properties.get("uri")
        if isinstance(before, str) and self._allowed.fullmatch(before):
            return before
        return str(uuid5(NAMESPACE_URL, uri if isinstance(uri, str) and uri.strip() else iri))

    def entity(self, part: Part) -> JsonObject:
        """The entity as valid 1.1, with its `OUTSIDE` properties where it has them."""
        return self._entity(part.properties, part.kind, part.iri)

    def _entity(self, properties: JsonObject, kind: Kind, iri: str) -> JsonObject:
        made: JsonObject = {}
        kept: JsonObject = {}
        for name, value in properties.items():
            shape = kind.properties.get(name)
            if name == "extensions":
                continue
            if value is None:
                self._tell("case-export.null-removed", "null is left out", iri, name)
            elif shape is None:
                kept[name] = value
                self._tell("case-export.moved", "unknown to CASE, kept in extensions", iri, name)
            else:
                self._property(name, value, shape, iri, made, kept)
        self._fill(made, properties, kind, iri, kept)
        self._extend(made, properties.get("extensions"), kept, kind, iri)
        return ordered(made, kind)

    def _property(self, name: str, value: Json, shape: Shape, iri: str, made: JsonObject, kept: JsonObject) -> None:
        if name == "identifier" or shape is Shape.VERSION:
            return
        simple = SIMPLE.get(shape)
        if simple is not None:
            found = simple(value)
            followed = False
        elif shape is Shape.OBJECTS:
            found, followed = self._nested(value, NESTED[name], iri)
        elif shape is Shape.IDENTIFIER:
            found, followed = self._reference(value)
        else:
            found, followed = self._links(value, shape)
        if found is None:
            kept[name] = value
            self._tell("case-export.moved", "not valid in 1.1, kept in extensions", iri, name)
            return
        made[name] = found
        if followed or name in OUTSIDE or _same(found, value):
            return
        kept[name] = value
        code, message = ("case-export.converted", "made valid, the original kept in extensions")
        self._tell(code, message, iri, name)

    def _reference(self, value: Json) -> tuple[Json, bool]:
        text = text_of(value)
        if text is None:
            return None, False
        known = self._identifiers.get(folded_identifier(text))
        if known is not None:
            return known, isinstance(value, str)
        return (text, False) if self._allowed.fullmatch(text) else (str(uuid5(NAMESPACE_URL, text)), False)

    def _nested(self, value: Json, kind: Kind, iri: str) -> tuple[Json, bool]:
        if not isinstance(value, list):
            return None, False
        found: list[Json] = [
            self._entity(each, kind, _nested_iri(each, iri, kind, index)) for index, each in _objects(value)
        ]
        return found, len(found) == len(value)

    def _links(self, value: Json, shape: Shape) -> tuple[Json, bool]:
        """The links as 1.1 wants them, and whether they differ by nothing but identifiers of this export."""
        if shape is Shape.LINKS:
            values = value if isinstance(value, list) else [value]
            found = [link for each in values if (link := self._link(each, shape)) is not None]
            followed = isinstance(value, list) and len(found) == len(values)
            links: list[Json] = [link for link, _ in found]
            return (links if found or value == [] else None), followed and all(same for _, same in found)
        if isinstance(value, list) and len(value) == 1:
            one = self._link(value[0], shape)
            return (one[0] if one else None), False
        link = self._link(value, shape)
        return (link[0], link[1]) if link else (None, False)

    def _link(self, value: Json, shape: Shape) -> tuple[JsonObject, bool] | None:
        if not isinstance(value, dict):
            return None
        target = self._parts.find(value)
        before, uri = text_of(value.get("identifier")), text_of(value.get("uri"))
        if not (before or uri):
            return None
        iri = uri or (target.iri if target else minted_case_iri(before or ""))
        named = text_of(target.properties.get("identifier")) if target else None
        other = named is None or before is None or folded_identifier(before) != folded_identifier(named)
        if before and self._allowed.fullmatch(before) and other:
            identifier = before
        elif target is not None:
            identifier = self._identifier(target.properties, target.iri)
        elif before and shape is Shape.NODE:
            identifier = before
        else:
            identifier = str(uuid5(NAMESPACE_URL, iri))
        title = text_of(value.get("title"))
        made: JsonObject = {
            "title": title if title is not None else target.title if target else "",
            "identifier": identifier,
            "uri": iri,
        }
        target_type = target_type_of(value.get("targetType")) if shape is Shape.NODE else None
        if target_type is not None:
            made["targetType"] = target_type
        follows = named is not None and value.get("identifier") == named
        same = all(_same(made.get(name), each) or (name == "identifier" and follows) for name, each in value.items())
        return made, same and made.keys() == value.keys()

    def _fill(self, made: JsonObject, properties: JsonObject, kind: Kind, iri: str, kept: JsonObject) -> None:
        before = properties.get("identifier")
        made["identifier"] = self._identifier(properties, iri)
        if made["identifier"] != before:
            if before is not None:
                kept["identifier"] = before
            self._tell(
                "case-export.identifier", "the UUIDv5 of the uri, the original kept in extensions", iri, "identifier"
            )
        if kind is CF_DOCUMENT:
            made["caseVersion"] = VERSION
            if properties.get("caseVersion") != VERSION:
                self._tell("case-export.version", f"set to {VERSION}", iri, "caseVersion")
        for name in kind.required:
            if name not in made:
                made[name] = self._neutral(name, kind, iri)
                self._tell("case-export.neutral", "required and absent, a neutral value is written", iri, name)

    def _neutral(self, name: str, kind: Kind, iri: str) -> Json:
        if name == "uri":
            return iri
        if kind.properties[name] is Shape.TIME:
            return NEUTRAL_TIME
        if kind.properties[name] is Shape.ASSOCIATION_TYPE:
            return "isRelatedTo"
        if kind.properties[name] is Shape.NODE:
            return {"title": "", "identifier": "", "uri": iri}
        return ""

    def _extend(self, made: JsonObject, extensions: Json, kept: JsonObject, kind: Kind, iri: str) -> None:
        """Writes `extensions`: what was there, and what has no other place."""
        several = kind is CF_RUBRIC_CRITERION_LEVEL
        values = extensions if several and isinstance(extensions, list) else [extensions]
        allowed: list[JsonObject] = []
        for each in values:
            if isinstance(each, dict):
                found, changed = extensions_of(each)
                allowed.append(found)
                if changed:
                    kept.setdefault("extensions", {})
                    cast_object(kept["extensions"]).update(changed)
                    self._tell(
                        "case-export.converted", "made valid, the original kept in extensions", iri, "extensions"
                    )
            elif each is not None:
                kept["extensions"] = extensions
                self._tell("case-export.moved", "not valid in 1.1, kept in extensions", iri, "extensions")
        if kept:
            target = next((each for each in allowed if isinstance(each.get(ORIGINAL), dict)), None)
            if target is None:
                target = allowed[0] if allowed else {}
                if not allowed:
                    allowed.append(target)
            before = target.get(ORIGINAL)
            target[ORIGINAL] = {**(before if isinstance(before, dict) else {}), **kept}
        if several and (allowed or isinstance(extensions, list)):
            made["extensions"] = list[Json](allowed)
        elif allowed:
            made["extensions"] = allowed[0]

    def package(self, package: Package, entity: Callable[[Part], JsonObject]) -> JsonObject:
        """The package as valid 1.1 of entities that `entity` gives; what stands only outside of it is left out."""
        document = package.document
        self._tell_outside(package, entity)
        written: JsonObject = {"CFDocument": inside(entity(document)), "CFItems": [], "CFAssociations": []}
        shell = package.shell
        definitions = shell.get("CFDefinitions")
        defined: JsonObject = {}
        if isinstance(definitions, dict):
            defined = {name: [] for name in DEFINITIONS if isinstance(definitions.get(name), list)}
            unknown = {name: each for name, each in definitions.items() if name not in DEFINITIONS}
            self._beside(defined, unknown, document.iri, "CFDefinitions")
        for kind, parts in package.parts.items():
            name = ARRAYS[kind]
            values: list[Json] = [inside(entity(part)) for part in parts]
            (defined if name in DEFINITIONS else written)[name] = values
        if defined or isinstance(definitions, dict):
            written["CFDefinitions"] = {name: defined[name] for name in (*DEFINITIONS, "extensions") if name in defined}
        if isinstance(shell.get("CFRubrics"), list):
            written.setdefault("CFRubrics", [])
        beside = {name: each for name, each in shell.items() if name not in {*PARTS, "CFDefinitions"}}
        self._beside(written, beside, document.iri, "CFPackage")
        names = ("CFDocument", "CFItems", "CFAssociations", "CFDefinitions", "CFRubrics", "extensions")
        return {name: written[name] for name in names if name in written}

    def _tell_outside(self, package: Package, entity: Callable[[Part], JsonObject]) -> None:
        for part in (package.document, *(part for parts in package.parts.values() for part in parts)):
            for name in OUTSIDE & entity(part).keys():
                self._tell(
                    "case-export.outside", "1.1 has it outside of a package only; left out there", part.iri, name
                )

    def _beside(self, written: JsonObject, values: JsonObject, iri: str, where: str) -> None:
        """What stands in a package or its definitions beside entities."""
        extensions = values.get("extensions")
        kept: JsonObject = {name: each for name, each in values.items() if name != "extensions" and each is not None}
        if kept:
            self._tell("case-export.moved", f"unknown to CASE in {where}, kept in extensions", iri, where)
        self._extend(written, extensions, kept, CF_DOCUMENT, iri)

    def _tell(self, code: str, message: str, iri: str, name: str) -> None:
        self._report.tell(code, f"{name}: {message}", iri, name)


def inside(entity: JsonObject) -> JsonObject:
    """The entity as it stands in a package."""
    if OUTSIDE.isdisjoint(entity):
        return entity
    return {name: value for name, value in entity.items() if name not in OUTSIDE}


def cast_object(value: Json) -> JsonObject:
    """The value, which is an object."""
    assert isinstance(value, dict), "made here as an object"
    return value


def _objects(value: Json) -> Iterator[tuple[int, JsonObject]]:
    if isinstance(value, list):
        yield from ((index, each) for index, each in enumerate(value) if isinstance(each, dict))


def _nested_iri(properties: JsonObject, iri: str, kind: Kind, index: int) -> str:
    """The IRI of what stands inside of another entity."""
    uri, identifier = properties.get("uri"), properties.get("identifier")
    if isinstance(uri, str) and is_iri(uri):
        return uri
    return minted_case_iri(identifier) if isinstance(identifier, str) and identifier else f"{iri}#{kind.name}/{index}"


def _same(made: Json, before: Json) -> bool:
    """Whether nothing was changed: equal, and of the same type."""
    return made == before and type(made) is type(before)
