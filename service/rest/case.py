"""The CASE provider: `/ims/case/v1p1` and `/ims/case/v1p0`, all twelve endpoints, discovery, imsx errors.

Every public framework is served, from whatever source it came. Source: CASE Service 1.1 (final, 24 January 2025).
`invalid_filter_field` is in the specification's text and not in the schema of errors; the text is followed.
"""

import asyncio
import hashlib
import re
import zlib
from collections import OrderedDict
from functools import partial
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from graph.case_store import ENDPOINTS
from ontology.readers.case_terms import CF_DOCUMENT, UUID, UUID_1_0, JsonObject
from service.transport import RefusedError

from .case_discovery import DISCOVERY_PATHS, describe_service
from .case_query import LIMIT, LIMIT_AT_MOST, filtered, page_links, read_fields, selected, sorted_by
from .case_source import CaseSource
from .case_versions import as_1_0
from .guard import Guard, Handler, refused
from .negotiation import entity_tag, not_modified

CASE_PATH = "/ims/case/"
VERSIONS = {"v1p1": "1.1", "v1p0": "1.0"}
JSON = "application/json"
_MINOR = {
    "case.identifier": "invalid_uuid",
    "case.unknown": "unknownobject",
    "case.endpoint": "unknownobject",
    "case.filter": "invalid_filter_field",
    "case.fields": "invalid_selection_field",
    "case.paging": "invalid_selection_field",
    "http.rate": "server_busy",
}
_MINOR_BY_STATUS = {
    401: "unauthorised_request",
    403: "forbidden",
    404: "unknownobject",
    429: "server_busy",
    503: "server_busy",
}
_MOST_OFFSET = 10**9
_LARGE_BYTES = 1 << 20
_KEPT_BYTES = 16 << 20


def case_routes(source: CaseSource, guard: Guard, base: str) -> list[Route]:
    """The routes.

    Args:
        base: address that clients see, without a slash at the end; empty where only the request tells.
    """
    routes = []
    for path, version in VERSIONS.items():
        provider = _Provider(source, base, f"{CASE_PATH}{path}", version)
        prefix = provider.prefix
        discovery = f"{prefix}/discovery/{DISCOVERY_PATHS[version]}"
        routes += [
            guard.route(f"{prefix}/CFDocuments", provider.show_documents, render=render_imsx),
            guard.route(f"{prefix}/CFPackages/{{identifier}}/original", provider.show_original, render=render_imsx),
            guard.route(discovery, provider.show_discovery, render=render_imsx),
            *(
                guard.route(f"{prefix}/{endpoint}/{{identifier}}", partial(provider.show, endpoint), render=render_imsx)
                for endpoint in ENDPOINTS
            ),
            guard.route(f"{prefix}/{{rest:path}}", _no_endpoint, render=render_imsx),
        ]
    return [*routes, guard.route("/id/case/CFPackages/{identifier}", _lead_on(base))]


def render_imsx(_: Request, error: RefusedError) -> Response:
    """An error as imsx_StatusInfo."""
    extensions = error.error.extensions or {}
    detail = str(extensions.get("detail"))
    minor = _MINOR.get(detail) or _MINOR_BY_STATUS.get(error.status)
    minor = minor or ("internal_server_error" if error.status >= 500 else "invalid_selection_field")
    hint = extensions.get("hint")
    body = {
        "imsx_codeMajor": "unsupported" if detail in ("case.endpoint", "http.method") else "failure",
        "imsx_severity": "error",
        "imsx_description": error.error.message + (f" {hint}" if hint else ""),
        "imsx_codeMinor": {
            "imsx_codeMinorField": [{"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor}]
        },
    }
    headers = {"Cache-Control": "no-store", **error.headers}
    return Response(orjson.dumps(body), error.status, headers, JSON)


async def _no_endpoint(_: Request) -> Response:
    raise refused(404, "case.endpoint")


def _lead_on(base: str) -> Handler:
    """Leads from the CFPackageURI of a document that states none, where no public address is set."""

    async def lead_on(request: Request) -> Response:
        identifier = quote(request.path_params["identifier"], safe="")
        return RedirectResponse(f"{base}/ims/case/v1p1/CFPackages/{identifier}", status_code=303)

    return lead_on


class _Provider:
    """One version of the service."""

    def __init__(self, source: CaseSource, base: str, prefix: str, version: str) -> None:
        self._source = source
        self._base = base
        self.prefix = prefix
        self._version = version
        self._large: OrderedDict[bytes, bytes] = OrderedDict()
        """Large payloads of 1.0, compressed, by the digest of those of 1.1; the one asked for last comes last."""

    async def show_documents(self, request: Request) -> Response:
        """A page of CFDocuments."""
        given = request.query_params
        limit = _number(given.get("limit"), LIMIT, 1, LIMIT_AT_MOST)
        offset = _number(given.get("offset"), 0, 0, _MOST_OFFSET)
        fields = read_fields(",".join(given.getlist("fields"))) if "fields" in given else None
        documents = await self._source.documents()
        found = await asyncio.to_thread(_arranged, documents, dict(given))
        page = found[offset : offset + limit]
        if self._version == "1.0":
            page = [as_1_0(each, CF_DOCUMENT.name) for each in page]
        shown = [selected(each, fields) for each in page] if fields else page
        body = orjson.dumps({"CFDocuments": shown})
        rest = [
            (name, quote(value, safe=""))
            for name, value in given.multi_items()
            if name in ("sort", "orderBy", "filter", "fields")
        ]
        headers = {
            "X-Total-Count": str(len(found)),
            "Link": page_links(
                f"{self._base_of(request)}{self.prefix}/CFDocuments", rest, limit=limit, offset=offset, total=len(found)
            ),
        }
        return self._respond(request, body, headers)

    async def show(self, endpoint: str, request: Request) -> Response:
        """One object."""
        identifier = request.path_params["identifier"]
        pattern = UUID if self._version == "1.1" else UUID_1_0
        if not pattern.fullmatch(identifier):
            raise refused(404, "case.identifier")
        body = await self._source.find(endpoint, identifier)
        if body is None and identifier.lower() != identifier:
            body = await self._source.find(endpoint, identifier.lower())
        if body is None:
            raise refused(404, "case.unknown")
        headers = self._headers(request)
        unchanged = not_modified(request, headers["ETag"], headers)
        if unchanged is None and self._version == "1.0":
            body = await self._as_1_0(body, endpoint)
        return unchanged or self._respond(request, body, {})

    async def _as_1_0(self, body: bytes, endpoint: str) -> bytes:
        """The payload as 1.0 has it; large ones are kept, for to make one takes as long as to send it a few times."""
        if len(body) < _LARGE_BYTES:
            return await asyncio.to_thread(_downgraded, body, endpoint)
        key = (await asyncio.to_thread(hashlib.sha256, body)).digest()
        if key not in self._large:
            self._large[key] = await asyncio.to_thread(_packed, body, endpoint)
        self._large.move_to_end(key)
        while sum(map(len, self._large.values())) > _KEPT_BYTES and len(self._large) > 1:
            self._large.popitem(last=False)
        return await asyncio.to_thread(zlib.decompress, self._large[key])

    async def show_original(self, request: Request) -> Response:
        """The document that a package was imported from, byte for byte."""
        identifier = request.path_params["identifier"]
        if not UUID_1_0.fullmatch(identifier):
            raise refused(404, "case.identifier")
        body = await self._source.original(identifier)
        if body is None:
            raise refused(404, "case.unknown", "No original of such a package is kept.")
        return self._respond(request, body, {})

    async def show_discovery(self, request: Request) -> Response:
        """What the service offers, as OpenAPI 3."""
        address = f"{self._base_of(request)}{self.prefix}"
        return self._respond(request, orjson.dumps(describe_service(self._version, address)), {})

    def _base_of(self, request: Request) -> str:
        return self._base or str(request.base_url).rstrip("/")

    def _respond(self, request: Request, body: bytes, headers: dict[str, str]) -> Response:
        headers = {**headers, **self._headers(request)}
        return not_modified(request, headers["ETag"], headers) or Response(body, headers=headers, media_type=JSON)

    def _headers(self, request: Request) -> dict[str, str]:
        asked = (request.url.path, request.url.query, self._base_of(request))
        return {"ETag": entity_tag(self._source.version(), self._version, *asked), "Cache-Control": "no-cache"}


def _arranged(documents: list[JsonObject], given: dict[str, str]) -> list[JsonObject]:
    found = filtered(documents, given["filter"]) if given.get("filter", "").strip() else documents
    if given.get("sort", "").strip():
        falling = given.get("orderBy", "").strip().lower() == "desc"
        found = sorted_by(found, given["sort"].strip(), falling=falling)
    return found


def _number(text: str | None, default: int, least: int, most: int) -> int:
    if text is None or not text.strip():
        return default
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise refused(400, "case.paging", f"Expected a whole number from {least} to {most}.")
    return int(text)


def _downgraded(body: bytes, endpoint: str) -> bytes:
    return orjson.dumps(as_1_0(orjson.loads(body), endpoint))


def _packed(body: bytes, endpoint: str) -> bytes:
    return zlib.compress(_downgraded(body, endpoint), 1)
