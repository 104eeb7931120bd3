"""What every REST route has in common: pace, keys, limits of a body, errors of one shape, no body for HEAD.

Knows no route. An error looks as it does before GraphQL; a surface with errors of its own (CASE) gives its own
rendering. Called by the composition root, which makes one for all routes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import parse_qsl

import orjson
import structlog
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ontology.errors import (
    ForbiddenError,
    HeadwaterError,
    InputError,
    UnauthenticatedError,
    UnavailableError,
    UnknownReferenceError,
)
from service.auth import Caller
from service.limits import AddressBuckets, QueryLimits
from service.schema.errors import DETAILS, INTERNAL_MESSAGE, ErrorCode, client_error, new_request_id
from service.transport import RefusedError, address_of, identified, read_body, too_many_requests

log = structlog.get_logger("headwater.rest")

Handler = Callable[[Request], Awaitable[Response]]
Render = Callable[[Request, RefusedError], Response]
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
RETRY_SECONDS = "2"
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


def refused(
    status: int,
    detail: str,
    message: str | None = None,
    *,
    hint: str | None = None,
    code: ErrorCode = ErrorCode.BAD_USER_INPUT,
    headers: Mapping[str, str] | None = None,
) -> RefusedError:
    """The refusal of a request, to be raised."""
    return RefusedError(status, client_error(code, detail, message or DETAILS[detail], hint=hint), headers)


def render_error(_: Request, error: RefusedError) -> Response:
    """The shape that errors before GraphQL have."""
    headers = {"Cache-Control": "no-store", **error.headers}
    return Response(
        orjson.dumps({"errors": [error.error.formatted]}), error.status, headers, "application/json; charset=utf-8"
    )


class Guard:
    """Makes routes.

    Args:
        buckets: paces callers without a key; None: nobody is paced.
        identify: who sends an `Authorization` header; raises UnauthenticatedError.
    """

    def __init__(
        self, *, limits: QueryLimits, buckets: AddressBuckets | None, identify: Callable[[str | None], Caller]
    ) -> None:
        self.limits = limits
        self._buckets = buckets
        self._identify = identify

    def route(
        self,
        path: str,
        handler: Handler,
        *,
        methods: Sequence[str] = ("GET",),
        elsewhere: Sequence[str] = (),
        render: Render = render_error,
    ) -> Route:
        """A route whose handler may raise RefusedError and HeadwaterError. GET takes HEAD; OPTIONS is answered.

        Args:
            elsewhere: methods of this path that a route before this one takes.
        """
        taken = {*methods, *(("HEAD",) if "GET" in methods else ())}
        allow = {"Allow": ", ".join(sorted({*taken, *elsewhere}))}

        async def handle(request: Request) -> Response:
            try:
                if request.method == "OPTIONS":
                    return Response(status_code=204, headers=allow)
                if request.method not in taken:
                    raise refused(405, "http.method", headers=allow)
                self._pace(request)
                response = await handler(request)
            except RefusedError as error:
                response = render(request, error)
            except HeadwaterError as error:
                response = render(request, shaped(error))
            response.headers.setdefault("Content-Security-Policy", DATA_POLICY)
            if request.method == "HEAD" and response.status_code != 304:
                response.body = b""
            return response

        route = Route(path, handle)
        route.methods = None  # all come here, to be refused in the surface's own shape
        return route

    def _pace(self, request: Request) -> None:
        caller = identified(self._identify, request)
        if caller.key is None and self._buckets is not None:
            wait = self._buckets.take(address_of(request))
            if wait > 0:
                raise too_many_requests(wait)

    async def body(self, request: Request) -> bytes:
        """The body. Raises RefusedError (413, 415)."""
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise refused(415, "http.media-type", "Send the body without content encoding.")
        return await read_body(request, self.limits.body_bytes)

    async def fields(self, request: Request) -> list[tuple[str, str]]:
        """(name, value) of the query string, then of a urlencoded body. Raises RefusedError (400, 413, 415)."""
        found = list(request.query_params.multi_items())
        if request.method == "POST":
            if media_type_of(request) != _FORM:
                raise refused(415, "http.media-type", f"Send {_FORM}.")
            try:
                text = (await self.body(request)).decode("utf-8")
                found += parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
            except ValueError as error:
                raise refused(400, "http.body", "The form cannot be read as UTF-8.") from error
        return found


def whole_number(request: Request, name: str, default: int, most: int) -> int:
    """A parameter that is a number from 0 to `most`. Raises RefusedError (400)."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > most:
        raise refused(400, "input.number", f"`{name}` is a whole number from 0 to {most}.")
    return int(text)


def media_type_of(request: Request) -> str:
    """Of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def shaped(error: HeadwaterError) -> RefusedError:
    """One of the project's errors as a refusal: 401, 403, 404 for what is not known, 400 for other input, 503, 500."""
    if isinstance(error, UnauthenticatedError):
        return _own(401, ErrorCode.UNAUTHENTICATED, error, {"WWW-Authenticate": "Bearer"})
    if isinstance(error, ForbiddenError):
        return _own(403, ErrorCode.FORBIDDEN, error)
    if isinstance(error, UnknownReferenceError):
        return _own(404, ErrorCode.BAD_USER_INPUT, error)
    if isinstance(error, InputError):
        return _own(400, ErrorCode.BAD_USER_INPUT, error)
    if isinstance(error, UnavailableError):
        shown = client_error(ErrorCode.SERVICE_UNAVAILABLE, "unavailable", "This cannot be answered right now.")
        return RefusedError(503, shown, {"Retry-After": RETRY_SECONDS})
    request_id = new_request_id()
    log.error("request failed", request_id=request_id, exc_info=error)
    masked = client_error(ErrorCode.INTERNAL_SERVER_ERROR, "internal", INTERNAL_MESSAGE)
    extensions = {**(masked.extensions or {}), "requestId": request_id}
    return RefusedError(500, GraphQLError(masked.message, extensions=extensions), {"X-Request-Id": request_id})


def _own(status: int, code: ErrorCode, error: HeadwaterError, headers: Mapping[str, str] | None = None) -> RefusedError:
    shown = client_error(code, error.code, error.message, hint=error.hint, subject=error.subject)
    return RefusedError(status, shown, headers)
