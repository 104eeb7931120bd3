"""The discovery document of the CASE provider: OpenAPI 3, made from our own table of the words of CASE.

Says only what this service offers, at its own address.
"""

from collections.abc import Mapping
from typing import Final

from graph.case_store import ENDPOINTS
from ontology.readers.case_terms import CF_DOCUMENT, DEFINITIONS, KINDS, NESTED, Kind, Shape
from ontology.writers.case_downgrade import as_version_1_0

from .case_query import LIMIT, LIMIT_AT_MOST

DISCOVERY_PATHS: Final = {"1.1": "imscasev1p1_openapi3_v1p0.json", "1.0": "imscasev1p0_openapi3_v1p0.json"}
"""Version -> name of its discovery document."""
_TEXT: Final[Mapping[str, object]] = {"type": "string"}
_SHAPES: Final[Mapping[Shape, Mapping[str, object]]] = {
    Shape.TEXT: _TEXT,
    Shape.VERSION: {"type": "string", "enum": ["1.1"]},
    Shape.ASSOCIATION_TYPE: _TEXT,
    Shape.URI: {"type": "string", "format": "uri"},
    Shape.IDENTIFIER: {"type": "string", "format": "uuid"},
    Shape.DATE: {"type": "string", "format": "date"},
    Shape.TIME: {"type": "string", "format": "date-time"},
    Shape.INTEGER: {"type": "integer"},
    Shape.NUMBER: {"type": "number"},
    Shape.TEXTS: {"type": "array", "items": _TEXT},
    Shape.LINK: {"$ref": "#/components/schemas/Link"},
    Shape.NODE: {"$ref": "#/components/schemas/Link"},
    Shape.LINKS: {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
    Shape.OBJECT: {"type": "object"},
    Shape.OBJECTS: {"type": "array", "items": {"type": "object"}},
}
_ANSWERS: Final = {
    "CFDocuments": "CFDocument",
    "CFPackages": "CFPackage",
    "CFItems": "CFItem",
    "CFItemAssociations": "CFItemAssociations",
    "CFAssociations": "CFAssociation",
    "CFAssociationGroupings": "CFAssociationGrouping",
    "CFConcepts": "CFConcepts",
    "CFItemTypes": "CFItemTypes",
    "CFLicenses": "CFLicense",
    "CFRubrics": "CFRubric",
    "CFSubjects": "CFSubjects",
}
"""Endpoint -> name of the schema of its answer."""
_FAILURES: Final = ("400", "401", "403", "404", "429", "500")


def describe_service(version: str, address: str) -> dict[str, object]:
    """The document.

    Args:
        version: `1.1` or `1.0`.
        address: URL of the service in this version.
    """
    paths: dict[str, object] = {"/CFDocuments": {"get": _list()}}
    for endpoint in ENDPOINTS:
        paths[f"/{endpoint}/{{sourcedId}}"] = {"get": _single(endpoint)}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Competencies and Academic Standards Exchange {version}, provided by Headwater",
            "description": "Read-only. Every public framework is served, from whatever source it came.",
            "version": version,
        },
        "servers": [{"url": address}],
        "paths": paths,
        "components": {"schemas": _schemas(version)},
    }


def _list() -> dict[str, object]:
    parameters = [
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_AT_MOST, "default": LIMIT}),
        _parameter("offset", {"type": "integer", "minimum": 0, "default": 0}),
        _parameter("sort", _TEXT),
        _parameter("orderBy", {"type": "string", "enum": ["asc", "desc"]}),
        _parameter("filter", _TEXT),
        _parameter("fields", {"type": "array", "items": _TEXT}, style="form", explode=False),
    ]
    headers = {"X-Total-Count": {"schema": {"type": "integer"}}, "Link": {"schema": _TEXT}}
    found = {"description": "CFDocuments.", "headers": headers, "content": _content("CFDocuments")}
    return {
        "operationId": "getAllCFDocuments",
        "parameters": parameters,
        "responses": {"200": found, **_failures()},
    }


def _single(endpoint: str) -> dict[str, object]:
    name = _ANSWERS[endpoint]
    identifier = {"name": "sourcedId", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    return {
        "operationId": f"get{endpoint if endpoint == 'CFItemAssociations' else endpoint.removesuffix('s')}",
        "parameters": [identifier],
        "responses": {"200": {"description": f"{name}.", "content": _content(name)}, **_failures()},
    }


def _parameter(name: str, schema: Mapping[str, object], **rest: object) -> dict[str, object]:
    return {"name": name, "in": "query", "required": False, "schema": schema, **rest}


def _content(name: str) -> dict[str, object]:
    return {"application/json": {"schema": _reference(name)}}


def _failures() -> dict[str, object]:
    return {status: {"description": "Not answered.", "content": _content("imsx_StatusInfo")} for status in _FAILURES}


def _reference(name: str) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(name: str) -> dict[str, object]:
    return {"type": "array", "items": _reference(name)}


def _schemas(version: str) -> dict[str, object]:
    link = {"type": "object", "properties": {"title": _TEXT, "identifier": _TEXT, "uri": _TEXT, "targetType": _TEXT}}
    schemas: dict[str, object] = {"Link": {**link, "required": ["title", "identifier", "uri"]}}
    for kind in KINDS.values():
        schemas[kind.name] = _entity(kind, version)
    definitions = {name: _array(kind.name) for name, kind in DEFINITIONS.items()}
    package = {
        "CFDocument": _reference("CFDocument"),
        "CFItems": _array("CFItem"),
        "CFAssociations": _array("CFAssociation"),
        "CFDefinitions": {"type": "object", "properties": definitions},
        "CFRubrics": _array("CFRubric"),
    }
    schemas["CFPackage"] = {"type": "object", "properties": package, "required": ["CFDocument"]}
    schemas["CFDocuments"] = {"type": "object", "properties": {"CFDocuments": _array("CFDocument")}}
    ends = {"CFItem": _reference("CFItem"), "CFAssociations": _array("CFAssociation")}
    schemas["CFItemAssociations"] = {"type": "object", "properties": ends}
    for name in ("CFConcepts", "CFItemTypes", "CFSubjects"):
        schemas[name] = {"type": "object", "properties": {name: definitions[name]}}
    schemas["imsx_StatusInfo"] = _status_info()
    return schemas


def _entity(kind: Kind, version: str) -> dict[str, object]:
    shown: dict[str, Mapping[str, object]] = {
        name: {"type": "array", "items": _reference(NESTED[name].name)} if name in NESTED else _SHAPES[shape]
        for name, shape in kind.properties.items()
    }
    if version == "1.0":
        kept = as_version_1_0(dict.fromkeys(shown, ""), kind)
        shown = {name: schema for name, schema in shown.items() if name in kept}
    required = [*kind.required, *(("CFPackageURI",) if kind is CF_DOCUMENT else ())]
    return {"type": "object", "properties": shown, "required": [name for name in required if name in shown]}


def _status_info() -> dict[str, object]:
    field = {"type": "object", "properties": {"imsx_codeMinorFieldName": _TEXT, "imsx_codeMinorFieldValue": _TEXT}}
    fields = {"imsx_codeMinorField": {"type": "array", "items": field}}
    properties = {
        "imsx_codeMajor": {"type": "string", "enum": ["success", "processing", "failure", "unsupported"]},
        "imsx_severity": {"type": "string", "enum": ["status", "warning", "error"]},
        "imsx_description": _TEXT,
        "imsx_codeMinor": {"type": "object", "properties": fields},
    }
    return {"type": "object", "properties": properties, "required": ["imsx_codeMajor", "imsx_severity"]}
