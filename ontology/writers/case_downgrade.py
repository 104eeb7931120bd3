"""Valid CASE 1.1 as 1.0: without what only 1.1 has. Called by `case_index` for clients that speak 1.0.

Source: CASE Service 1.0; CASE Service 1.1, changes since 1.0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ontology.json_documents import Json
from ontology.readers.case_terms import (
    ASSOCIATION_TYPES,
    CF_ASSOCIATION,
    CF_DOCUMENT,
    CF_ITEM,
    DEFINITIONS,
    NESTED,
    PARTS,
    JsonObject,
    Kind,
    Shape,
)

_NEW: Final = {
    CF_DOCUMENT.name: frozenset({"frameworkType", "caseVersion"}),
    CF_ITEM.name: frozenset({"subject", "subjectURI"}),
    CF_ASSOCIATION.name: frozenset({"notes"}),
}
"""Kind -> properties that 1.1 added, beside `extensions` on every kind."""
_TYPES = ASSOCIATION_TYPES - {"isTranslationOf"}


Tell = Callable[[str, str], None]
"""Is told the uri of an entity and the property that 1.0 does not have, or has otherwise."""


def as_version_1_0(value: JsonObject, kind: Kind | None = None, tell: Tell | None = None) -> JsonObject:
    """An entity of a kind, or a package where no kind is given."""
    downgrade = _Downgrade(tell or (lambda uri, name: None))
    return downgrade.package(value) if kind is None else downgrade.entity(value, kind)


@dataclass(frozen=True, slots=True)
class _Downgrade:
    tell: Tell

    def package(self, value: JsonObject) -> JsonObject:
        made: JsonObject = {}
        for name, each in value.items():
            if name == "CFDocument" and isinstance(each, dict):
                made[name] = self.entity(each, CF_DOCUMENT)
            elif name in PARTS:
                made[name] = self._entities(each, PARTS[name])
            elif name == "CFDefinitions" and isinstance(each, dict):
                made[name] = {
                    inner: self._entities(values, DEFINITIONS[inner])
                    for inner, values in each.items()
                    if inner in DEFINITIONS
                }
        return made

    def _entities(self, value: Json, kind: Kind) -> Json:
        return [self.entity(each, kind) for each in value if isinstance(each, dict)] if isinstance(value, list) else []

    def entity(self, value: JsonObject, kind: Kind) -> JsonObject:
        new = _NEW.get(kind.name, frozenset())
        made: JsonObject = {}
        for name, each in value.items():
            if name == "extensions" or name in new:
                self._tell(value, name)
            elif name in NESTED:
                made[name] = self._entities(each, NESTED[name])
            elif kind.properties[name] is Shape.NODE and isinstance(each, dict):
                made[name] = {key: each[key] for key in each if key != "targetType"}
                if "targetType" in each:
                    self._tell(value, "targetType")
            elif name == "associationType" and each not in _TYPES:
                made[name] = "isRelatedTo"
                self._tell(value, name)
            else:
                made[name] = each
        return made

    def _tell(self, value: JsonObject, name: str) -> None:
        if name != "caseVersion":
            self.tell(str(value["uri"]), name)
