"""The service description documents of the two 1EdTech APIs: OpenAPI 3, with where applications register and ask.

Profiles of 1EdTech's own: the paths, parameters, answers and scopes that are served here, in our own words. Source:
Open Badges 3.0, 6 and 7.1.1.1 (ServiceDescriptionDocument).
"""

from typing import Final

from service.authorizing import AUTHORIZE, REGISTER, TOKEN
from service.scopes import OF_API, OFFLINE, SCOPES, Api

_TITLES: Final = {Api.BADGES: "Headwater, Open Badges 3.0", Api.RECORDS: "Headwater, CLR 2.0"}
_VERSIONS: Final = {Api.BADGES: "3.0", Api.RECORDS: "2.0"}
CREDENTIALS: Final = {Api.BADGES: "AchievementCredential", Api.RECORDS: "ClrCredential"}
RESPONSES: Final = {Api.BADGES: "GetOpenBadgeCredentialsResponse", Api.RECORDS: "GetClrCredentialsResponse"}
_TOKEN_FORM: Final = r"^[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]*\.[a-zA-Z0-9_-]+$"  # noqa: S105 - how one is written
Json = dict[str, object]


def describe_api(api: Api, base: str, *, privacy: str, terms: str) -> Json:
    """The document of one API at an address."""
    credential = {"$ref": f"#/components/schemas/{CREDENTIALS[api]}"}
    profile: Json = {"$ref": "#/components/schemas/Profile"}
    both = {
        "application/json": {"schema": credential},
        "application/vc+ld+json": {"schema": credential},
        "text/plain": {"schema": {"type": "string", "pattern": _TOKEN_FORM}},
    }
    paths = {
        "/credentials": {
            "get": _operation(
                api,
                "getCredentials",
                "credential.readonly",
                {"200": _json_answer("The credentials.", RESPONSES[api], paged=True)},
                parameters=[
                    _parameter("limit", {"type": "integer", "minimum": 1}, "Credentials on a page."),
                    _parameter("offset", {"type": "integer", "minimum": 0}, "Index of the first one."),
                    _parameter("since", {"type": "string", "format": "date-time"}, "Those issued after this time."),
                ],
            ),
            "post": _operation(
                api,
                "upsertCredential",
                "credential.upsert",
                {
                    "200": {"description": "It replaced an older version.", "content": both},
                    "201": {"description": "It is new here.", "content": both},
                    "304": {"description": "The same or a newer version was here already."},
                },
                body={"required": True, "content": both},
            ),
        },
        "/profile": {
            "get": _operation(
                api, "getProfile", "profile.readonly", {"200": _json_answer("The learner's profile.", "Profile")}
            ),
            "put": _operation(
                api,
                "putProfile",
                "profile.update",
                {"200": _json_answer("The learner's profile.", "Profile")},
                body={"required": True, "content": {"application/json": {"schema": profile}}},
            ),
        },
        "/discovery": {
            "get": {
                "operationId": "getServiceDescription",
                "tags": ["Discovery"],
                "security": [],
                "responses": {"200": {"description": "This document."}, "default": _failure("Why not.")},
            }
        },
    }
    return {
        "openapi": "3.0.1",
        "info": {
            "title": _TITLES[api],
            "description": "What is stored of a learner, for the applications that the learner lets in.",
            "version": _VERSIONS[api],
            "termsOfService": terms,
            "x-imssf-privacyPolicyUrl": privacy,
        },
        "servers": [{"url": f"{base}{api.path}"}],
        "tags": [{"name": "Credentials"}, {"name": "Discovery"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"OAuth2ACG": _security(api, base, privacy, terms)},
            "schemas": _schemas(api),
            "headers": {"X-Total-Count": {"schema": {"type": "integer", "format": "int32"}}},
        },
    }


def _security(api: Api, base: str, privacy: str, terms: str) -> Json:
    return {
        "type": "oauth2",
        "description": "OAuth 2.0, authorization code grant with PKCE (S256).",
        "x-imssf-name": "Headwater",
        "x-imssf-privacyPolicyUrl": privacy,
        "x-imssf-termsOfServiceUrl": terms,
        "x-imssf-registrationUrl": base + REGISTER,
        "flows": {
            "authorizationCode": {
                "authorizationUrl": base + AUTHORIZE,
                "tokenUrl": base + TOKEN,
                "refreshUrl": base + TOKEN,
                "scopes": {each.name: each.words for each in (*OF_API[api], SCOPES[OFFLINE])},
            }
        },
    }


def _operation(
    api: Api, name: str, scope: str, answers: Json, *, parameters: list[Json] | None = None, body: Json | None = None
) -> Json:
    failures = {
        status: _failure(why)
        for status, why in {
            "400": "The request is not right.",
            "401": "There is no token that is good.",
            "403": "The token is not for this.",
            "404": "There is nothing.",
            "405": "There is no such method.",
            "500": "Something failed here.",
            "default": "Why not.",
        }.items()
    }
    found: Json = {
        "operationId": name,
        "tags": ["Credentials"],
        "security": [{"OAuth2ACG": [api.scope(scope)]}],
        "responses": answers | failures,
    }
    if parameters is not None:
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = body
    return found


def _parameter(name: str, schema: Json, words: str) -> Json:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}


def _json_answer(words: str, schema: str, *, paged: bool = False) -> Json:
    found: Json = {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    if paged:
        found["headers"] = {
            "X-Total-Count": {"$ref": "#/components/headers/X-Total-Count"},
            "Link": {"schema": {"type": "string"}, "description": "next, last, first and prev (RFC 8288)."},
        }
    return found


def _failure(words: str) -> Json:
    return {
        "description": words,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Imsx_StatusInfo"}}},
    }


def _schemas(api: Api) -> Json:
    text: Json = {"type": "string"}
    names: Json = {"oneOf": [text, {"type": "array", "items": text, "minItems": 1}]}
    minor: Json = {
        "type": "object",
        "required": ["imsx_codeMinorField"],
        "properties": {
            "imsx_codeMinorField": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["imsx_codeMinorFieldName", "imsx_codeMinorFieldValue"],
                    "properties": {"imsx_codeMinorFieldName": text, "imsx_codeMinorFieldValue": text},
                },
            }
        },
    }
    return {
        CREDENTIALS[api]: {
            "type": "object",
            "required": ["@context", "id", "type", "issuer", "credentialSubject"],
            "properties": {"id": text, "type": names},
            "additionalProperties": True,
        },
        RESPONSES[api]: {
            "type": "object",
            "properties": {
                "credential": {"type": "array", "items": {"$ref": f"#/components/schemas/{CREDENTIALS[api]}"}},
                "compactJwsString": {"type": "array", "items": {"type": "string", "pattern": _TOKEN_FORM}},
            },
            "additionalProperties": False,
        },
        "Profile": {
            "type": "object",
            "required": ["id", "type"],
            "properties": {"id": text, "type": names, "name": text},
            "additionalProperties": True,
        },
        "Imsx_StatusInfo": {
            "type": "object",
            "required": ["imsx_codeMajor", "imsx_severity"],
            "properties": {
                "imsx_codeMajor": {"type": "string", "enum": ["failure", "processing", "success", "unsupported"]},
                "imsx_severity": {"type": "string", "enum": ["error", "status", "warning"]},
                "imsx_description": text,
                "imsx_codeMinor": minor,
            },
        },
    }
