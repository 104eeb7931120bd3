"""Payloads of the endpoints of CASE 1.1 as those of 1.0. Pure; the rules are those of the CASE writer."""

from collections.abc import Mapping

from ontology.json_documents import Json
from ontology.readers.case_terms import CF_ASSOCIATION, CF_ITEM, DEFINITIONS, KINDS, JsonObject, Kind
from ontology.writers.case_downgrade import as_version_1_0

_SETS: Mapping[str, Mapping[str, Kind]] = {
    "CFItemAssociations": {"CFItem": CF_ITEM, "CFAssociations": CF_ASSOCIATION},
    **{name: {name: DEFINITIONS[name]} for name in ("CFConcepts", "CFItemTypes", "CFSubjects")},
}
"""Endpoints that answer with several entities: the kind of each property."""


def as_1_0(payload: JsonObject, endpoint: str) -> JsonObject:
    """The payload of an endpoint, or an entity where the name of its kind is given, as 1.0 has it."""
    if endpoint == "CFPackages":
        return as_version_1_0(payload)
    if endpoint not in _SETS:
        return as_version_1_0(payload, KINDS[endpoint.removesuffix("s")])
    kinds = _SETS[endpoint]
    return {name: _version(value, kinds[name]) for name, value in payload.items()}


def _version(value: Json, kind: Kind) -> Json:
    if isinstance(value, list):
        return [as_version_1_0(each, kind) for each in value if isinstance(each, dict)]
    return as_version_1_0(value, kind) if isinstance(value, dict) else value
