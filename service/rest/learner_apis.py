"""`/ims/ob/v3p0` and `/ims/clr/v2p0`: a learner's credentials and profile, for applications that the learner lets in.

Each request proves a grant by its access token and is in the learner's audit with the scope that it used. Source: Open
Badges 3.0, 6 "Open Badges API"; CLR 2.0, which is built alike.
"""

import asyncio
import re
import uuid
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.learner_grants import Found, Kind
from graph.learner_records import Learner
from graph.learner_rules import DOCUMENT_BYTES, Reader, Standing
from graph.learners import Change, Put
from ontology.credentials.badge_classes import BADGE_CLASSES
from ontology.credentials.instants import instant
from ontology.credentials.strict_json import NotStrictError, parse_object
from ontology.credentials.structure import find_problems
from service.auth import ANYBODY
from service.learners import LearnerDesk, new_document
from service.limits import AddressBuckets, QueryLimits
from service.same_credential import FORMATS, Shown, compare, shown_by
from service.schema.errors import ErrorCode
from service.scopes import Api
from service.settings import Settings
from service.transport import RefusedError, read_body
from service.verifying import DocumentVerifier

from .authorization import Authorization
from .case_query import page_links
from .guard import Guard, media_type_of, refused
from .learner_api_description import describe_api

PATHS: Final = tuple(f"{api.path}/" for api in Api)
LIMIT: Final = 100
MOST_NUMBER: Final = 2**31 - 1
PROFILE_BYTES: Final = 32 << 10
_JSON_TYPES: Final = ("application/json", "application/vc+ld+json", "application/ld+json", "application/vc")
_TOKEN: Final = re.compile(r"[\w-]+\.[\w-]*\.[\w-]+\Z", re.ASCII)
_OBJECT: Final = re.compile(r"\{")
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MINOR: Final = {
    401: "unauthorizedrequest",
    403: "forbidden",
    404: "not_found",
    405: "not_allowed",
    429: "server_busy",
    500: "internal_server_error",
    503: "server_busy",
}


class LearnerApis:
    """Both APIs."""

    def __init__(
        self,
        settings: Settings,
        desk: LearnerDesk,
        authorization: Authorization,
        verifier: DocumentVerifier,
        *,
        limits: QueryLimits,
        pace: AddressBuckets | None,
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._authorization = authorization
        self._verifier = verifier
        self._guard = Guard(limits=limits, buckets=pace, identify=lambda _: ANYBODY)

    def routes(self) -> list[Route]:
        """The routes of both APIs."""
        found = []
        for api in Api:
            route = partial(self._guard.route, render=render_status)
            found += [
                route(f"{api.path}/credentials", partial(self.credentials, api), methods=("GET", "POST")),
                route(f"{api.path}/profile", partial(self.profile, api), methods=("GET", "PUT")),
                route(f"{api.path}/discovery", partial(self.discovery, api)),
                route(f"{api.path}/{{rest:path}}", _no_endpoint),
            ]
        return found

    async def discovery(self, api: Api, request: Request) -> Response:
        """The service description document."""
        base = self._authorization.base(request)
        privacy = self._settings.privacy_url or f"{base}/oauth/about#privacy"
        terms = self._settings.terms_url or f"{base}/oauth/about#terms"
        body = orjson.dumps(describe_api(api, base, privacy=privacy, terms=terms))
        return Response(body, 200, {"Cache-Control": "public, max-age=300"}, "application/json")

    async def credentials(self, api: Api, request: Request) -> Response:
        """A page of credentials, or what became of one that came."""
        if request.method == "POST":
            return await self._put_credential(api, request)
        found, by = await self._granted(request, api.scope("credential.readonly"))
        limit = _number(request, "limit", LIMIT, 1)
        offset = _number(request, "offset", 0, 0)
        since, text = None, request.query_params.get("since")
        if text is not None:
            since = instant(text.replace(" ", "+"), zone_needed=False)
            if since is None:
                raise refused(400, "ims.query", "`since` is a time such as 2026-01-01T00:00:00Z.")

        def read() -> list[Shown]:
            stored = self._desk.stored.documents(found.learner, by)
            shown = (shown_by(api, each) for _, each in stored)
            return [
                each
                for each in shown
                if each is not None
                and (since is None or (each.known.valid_from is not None and each.known.valid_from > since))
            ]

        listed = await asyncio.to_thread(read)
        page = listed[offset : offset + limit]
        address = f"{self._authorization.base(request)}{api.path}/credentials"
        rest = [("since", quote(text.replace(" ", "+"), safe=""))] if text is not None else []
        headers = {
            **_NO_STORE,
            "X-Total-Count": str(len(listed)),
            "Link": page_links(address, rest, limit=limit, offset=offset, total=len(listed)),
        }
        body = {
            "credential": [orjson.Fragment(each.json) for each in page if each.token is None],
            "compactJwsString": [each.token for each in page if each.token is not None],
        }
        return Response(orjson.dumps(body), 200, headers, "application/json")

    async def _put_credential(self, api: Api, request: Request) -> Response:
        """What became of a credential that came."""
        found, by = await self._granted(request, api.scope("credential.upsert"))
        text, media_type = await self._text(request, DOCUMENT_BYTES, (*_JSON_TYPES, "text/plain"))
        if not (_TOKEN if media_type == "text/plain" else _OBJECT).match(text):
            raise refused(400, "ims.data", "JSON comes as application/json, a compact JWS as text/plain.")
        (verification,) = await self._verifier.verify([text])
        document = new_document(text, verification)
        if document.verdict in ("invalid", "tampered"):
            reason = verification.reason or "see `headwater verify`"
            raise refused(400, "ims.data", f"The credential is {document.verdict}: {reason}"[:500])
        if verification.format != FORMATS[api] or await asyncio.to_thread(shown_by, api, text) is None:
            raise refused(400, "ims.data", f"The credential is none of {FORMATS[api]}, but {verification.format}.")
        put = await asyncio.to_thread(
            self._desk.stored.put_document, found.learner, document, by, partial(_compared, api, text)
        )
        if put is Put.KEPT:
            return Response(status_code=304, headers=_NO_STORE)
        status = 200 if put is Put.REPLACED else 201
        kind = "text/plain" if media_type == "text/plain" else "application/json"
        return Response(text.encode(), status, _NO_STORE, kind)

    async def profile(self, api: Api, request: Request) -> Response:
        """The profile, as it is or as it came."""
        if request.method == "PUT":
            return await self._put_profile(api, request)
        found, by = await self._granted(request, api.scope("profile.readonly"))
        record = await asyncio.to_thread(self._desk.stored.read, found.learner, by)
        if record.profile is not None:
            return Response(record.profile.encode(), 200, _NO_STORE, "application/json")
        shown = {
            "@context": ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
            "type": ["Profile"],
            "id": await asyncio.to_thread(self._pairwise, found),
            **({"name": record.name} if record.name else {}),
        }
        return Response(orjson.dumps(shown), 200, _NO_STORE, "application/json")

    def _pairwise(self, found: Found) -> str:
        """What a learner is called towards one application: no two of them know that it is the same one."""
        mark = self._desk.stored.keys.mark(f"profile {found.learner} {found.grant.client}")
        return f"urn:uuid:{uuid.UUID(mark[:32], version=4)}"

    async def _put_profile(self, api: Api, request: Request) -> Response:
        """The profile that came, stored."""
        found, by = await self._granted(request, api.scope("profile.update"))
        text, _ = await self._text(request, PROFILE_BYTES, _JSON_TYPES)
        try:
            profile = parse_object(text.encode())
        except NotStrictError as error:
            raise refused(400, "ims.data", f"The profile cannot be read: {error}.") from error
        problem = next(iter(find_problems(profile, "Profile", BADGE_CLASSES)), None)
        if problem is not None:
            raise refused(400, "ims.data", f"The profile is not right: {problem.pointer or '/'} {problem.what}.")
        kept = orjson.dumps(profile).decode()

        def change(record: Learner, _: str) -> Change:
            return Change(record=replace(record, profile=kept), what=("profile",))

        await asyncio.to_thread(self._desk.stored.change, found.learner, by, "profile", change)
        return Response(kept.encode(), 200, _NO_STORE, "application/json")

    async def _granted(self, request: Request, scope: str) -> tuple[Found, Reader]:
        """(the grant that a token proves, who acts by it for this scope). Raises RefusedError (401, 403)."""
        self._authorization.base(request)
        kind, _, token = request.headers.get("authorization", "").strip().partition(" ")
        if not kind:
            raise _unauthorized("Send an access token: `Authorization: Bearer …`.", "Bearer")
        found = None
        if kind.lower() == "bearer":
            found = await asyncio.to_thread(self._authorization.given.find, Kind.ACCESS, token.strip())
        if found is None or await asyncio.to_thread(self._desk.access.find_client, found.grant.client) is None:
            raise _unauthorized("The access token is not good, or no longer.", 'Bearer error="invalid_token"')
        if scope not in found.grant.access_scopes:
            raise refused(
                403,
                "auth.forbidden",
                f"The access token is not for {scope}.",
                code=ErrorCode.FORBIDDEN,
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
            )
        return found, replace(found.by, purpose=scope)

    async def _text(self, request: Request, most: int, types: tuple[str, ...]) -> tuple[str, str]:
        """(the body, its media type). Raises RefusedError (400, 413, 415)."""
        media_type = media_type_of(request)
        if media_type not in types:
            raise refused(415, "http.media-type", f"Send {' or '.join(types)}.")
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise refused(415, "http.media-type", "Send the body without content encoding.")
        body = await read_body(request, most)
        try:
            return body.decode("utf-8").strip(), media_type
        except UnicodeDecodeError as error:
            raise refused(400, "ims.data", "The body is not UTF-8.") from error


def render_status(_: Request, error: RefusedError) -> Response:
    """An error as imsx_StatusInfo, with the words of Open Badges 3.0."""
    extensions = error.error.extensions or {}
    detail, hint = str(extensions.get("detail")), extensions.get("hint")
    minor = "invalid_query_parameter" if detail == "ims.query" else _MINOR.get(error.status)
    body = {
        "imsx_codeMajor": "unsupported" if error.status == 405 else "failure",
        "imsx_severity": "error",
        "imsx_description": error.error.message + (f" {hint}" if hint else ""),
        "imsx_codeMinor": {
            "imsx_codeMinorField": [
                {
                    "imsx_codeMinorFieldName": "TargetEndSystem",
                    "imsx_codeMinorFieldValue": minor or ("invalid_data" if error.status < 500 else "unknown"),
                }
            ]
        },
    }
    return Response(orjson.dumps(body), error.status, {**_NO_STORE, **error.headers}, "application/json")


async def _no_endpoint(_: Request) -> Response:
    raise refused(404, "resource.unknown")


def _compared(api: Api, text: str, stored: str) -> Standing:
    """What a credential is to a stored document, which may be of another kind."""
    return compare(text, stored) if shown_by(api, stored) is not None else Standing.OTHER


def _unauthorized(message: str, challenge: str) -> RefusedError:
    return refused(
        401, "auth.unauthenticated", message, code=ErrorCode.UNAUTHENTICATED, headers={"WWW-Authenticate": challenge}
    )


def _number(request: Request, name: str, default: int, least: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or not least <= int(text) <= MOST_NUMBER:
        raise refused(400, "ims.query", f"`{name}` is a whole number from {least} to {MOST_NUMBER}.")
    return int(text)
