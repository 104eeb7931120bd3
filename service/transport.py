"""GraphQL over HTTP and WebSocket.

Reads a request under limits, hands it to the schema and gives the answer the status and media type that GraphQL over
HTTP asks for. Knows nothing of what is asked. Source: GraphQL over HTTP, draft of 2025; graphql-transport-ws,
protocol 5.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from ontology.errors import UnauthenticatedError

from .auth import Caller, Role
from .limits import AddressBuckets, QueryLimits
from .long_bodies import LONG_TEXT_BYTES, LongBodies, NoRoomError, Room, is_short_without_texts
from .schema import Schema
from .schema.context import Context, parse_accept_language
from .schema.errors import DETAILS, ErrorCode, client_error, shape_error

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
PREFLIGHT_HEADERS = ("x-apollo-operation-name", "apollo-require-preflight", "x-headwater-preflight")
"""A request with one of these cannot be made by a plain form or link. Source: Apollo Server, preventCsrf."""
LONG_BODY_SECONDS = 30
"""Within which the rest of a long body must have come, for it keeps others out."""
WS_INIT_SECONDS = 10
WS_OPERATIONS_AT_MOST = 20
"""Operations that run at once on one WebSocket."""

MakeContext = Callable[[tuple[str, ...], Caller], Context]
"""A new request's context, for a client that prefers these languages, and for this caller."""


class RefusedError(Exception):
    """A request that is answered before GraphQL: a status, the error, headers."""

    def __init__(self, status: int, error: GraphQLError, headers: Mapping[str, str] | None = None):
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class _Taking:
    """Keeps room for what of a body is longer than most, and hurries it."""

    room: Room
    most: int
    patience: asyncio.Timeout

    def __call__(self, size: int) -> None:
        if size > self.most:
            self.room.take(size)
            if self.patience.when() is None:
                self.patience.reschedule(asyncio.get_running_loop().time() + LONG_BODY_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a request asks to run."""

    query: str
    operation_name: str | None
    variables: dict[str, object] | None


class GraphQLEndpoint:
    """`/graphql` over HTTP.

    Args:
        bodies: what long bodies of all requests may take together.
        plain_get: whether GET needs no preflight header.
        page: what a browser gets that asks for HTML; None where there is no such page.
        etag: what identifies the content that answers come from; None where answers must not be kept.
        buckets: paces anonymous callers; None: nobody is paced.
        identify: who sends an `Authorization` header; raises UnauthenticatedError.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        limits: QueryLimits,
        bodies: LongBodies,
        make_context: MakeContext,
        etag: Callable[[], str | None],
        plain_get: bool,
        page: Callable[[Request], Response] | None,
        buckets: AddressBuckets | None,
        identify: Callable[[str | None], Caller],
    ):
        self._identify = identify
        self._schema = schema
        self._limits = limits
        self._bodies = bodies
        self._make_context = make_context
        self._etag = etag
        self._plain_get = plain_get
        self._page = page
        self._buckets = buckets

    async def handle(self, request: Request) -> Response:
        """The answer to a request; never raises for what a client does."""
        accepted = request.headers.get("accept")
        if request.method in ("GET", "HEAD") and self._page is not None and wants_page(request):
            return self._page(request)
        media_type = choose_media_type(accepted)
        try:
            if media_type is None:
                raise _refused(406, "http.not-acceptable", f"Ask for {GRAPHQL_JSON} or {JSON}.")
            caller = identified(self._identify, request)
            if caller.key is None:
                self._pace(request)
            with self._bodies.room() as room:
                question = await self._read(request, room)
                return await self._answer(request, question, media_type, caller)
        except RefusedError as refused:
            body = {"errors": [refused.error.formatted]}
            return _respond(body, refused.status, media_type or JSON, refused.headers)
        except ClientDisconnect:  # within its body; nobody is there to read an answer
            return Response(status_code=400)

    def _pace(self, request: Request) -> None:
        if self._buckets is None:
            return
        wait = self._buckets.take(address_of(request))
        if wait > 0:
            raise too_many_requests(wait)

    async def _read(self, request: Request, room: Room) -> Question:
        if request.method in ("GET", "HEAD"):
            if not self._plain_get and not any(name in request.headers for name in PREFLIGHT_HEADERS):
                raise _refused(
                    400, "http.preflight", f"Send one of the headers {', '.join(PREFLIGHT_HEADERS)}, or use POST."
                )
            return _question(_from_url(request))
        if request.method != "POST":
            raise _refused(405, "http.method", "Use POST, or GET for queries.", {"Allow": "GET, POST"})
        media_type, _, parameters = request.headers.get("content-type", "").partition(";")
        if media_type.strip().lower() != JSON or not _is_utf8(parameters):
            raise _refused(415, "http.media-type", f"Send {JSON} in UTF-8.")
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _refused(415, "http.media-type", "Send the body without content encoding.")
        return _question(parse_json(await self._read_body(request, room)))

    async def _read_body(self, request: Request, room: Room) -> bytes:
        """The body; one that is longer than most has its length from texts such as documents, and its time is short.

        Raises RefusedError: 413 for one that is too long, 408 for one that takes too long, 503 where there is no room.
        """
        most = self._limits.body_bytes
        try:
            async with asyncio.timeout(None) as patience:
                body = await read_body(request, max(most, self._limits.whole_bytes), _Taking(room, most, patience))
        except TimeoutError:
            hint = f"Send a body of more than {most} bytes within {LONG_BODY_SECONDS} s."
            raise _refused(408, "http.slow-body", hint, {"Connection": "close"}) from None
        except NoRoomError:
            await self._drop(request)
            hint = "Try again in a few seconds, or send fewer documents at once."
            raise _refused(503, "http.busy", hint, {"Retry-After": "2"}) from None
        if len(body) > most and not await asyncio.to_thread(is_short_without_texts, body, most):
            hint = f"A request has at most {most} bytes, but for texts of {LONG_TEXT_BYTES} bytes and more."
            raise _refused(413, "http.too-large", hint)
        return body

    async def _drop(self, request: Request) -> None:
        """Nothing; the rest of a body is read and not kept: a client that is still sending would not see the answer."""
        size = 0
        with contextlib.suppress(TimeoutError, RuntimeError):  # the second where it was the last part that had no room
            async with asyncio.timeout(LONG_BODY_SECONDS):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > self._limits.whole_bytes:
                        return

    async def _answer(self, request: Request, question: Question, media_type: str, caller: Caller) -> Response:
        reading = request.method in ("GET", "HEAD")
        headers: dict[str, str] = {}
        languages = request.headers.get("accept-language")
        wanted = request.headers.get("if-none-match", "").strip()
        if reading:
            headers["Vary"] = "Accept, Accept-Language, Authorization"
            headers["Cache-Control"] = "no-cache"
            tag = self._tag(question, languages, media_type, caller)
            if tag is not None:
                headers["ETag"] = tag
                if _is_known(tag, wanted):
                    return Response(status_code=304, headers=headers)
        context = self._make_context(parse_accept_language(languages), caller)
        result = await self._execute(context, question, reading=reading)
        errors = [shape_error(error, context.request_id) for error in result.errors or ()]
        if errors or context.loaders.publishing:
            headers.pop("ETag", None)
        if context.personal:
            headers.pop("ETag", None)
            headers["Cache-Control"] = "no-store"
        if wanted == "*" and "ETag" in headers:  # any answer will do, and whether there is one shows only now
            return Response(status_code=304, headers=headers)
        body: dict[str, object] = {}
        if errors:
            body["errors"] = [error.formatted for error in errors]
        refused = result.data is None and all(error.path is None for error in errors)
        if not refused:
            body["data"] = result.data
        if result.extensions:
            body["extensions"] = result.extensions
        headers["X-Request-Id"] = context.request_id
        return _respond(body, _status(errors, refused=refused, media_type=media_type), media_type, headers)

    async def _execute(self, context: Context, question: Question, *, reading: bool) -> ExecutionResult:
        allowed = {OperationType.QUERY} if reading else {OperationType.QUERY, OperationType.MUTATION}
        try:
            return await self._schema.execute(
                question.query,
                variable_values=question.variables,
                context_value=context,
                operation_name=question.operation_name,
                allowed_operation_types=allowed,
            )
        except InvalidOperationTypeError as error:
            message = "A mutation is not run by GET." if reading else "This operation is not run over HTTP."
            raise RefusedError(
                405, client_error(ErrorCode.BAD_USER_INPUT, "graphql.operation", message), {"Allow": "POST"}
            ) from error
        except CannotGetOperationTypeError as error:
            shaped = client_error(ErrorCode.BAD_USER_INPUT, "graphql.operation", error.as_http_error_reason())
            return ExecutionResult(data=None, errors=[shaped])

    def _tag(self, question: Question, languages: str | None, media_type: str, caller: Caller) -> str | None:
        content = self._etag()
        if content is None or caller.role is Role.STEWARD:  # who sees jobs and drafts, which no release tells
            return None
        parts = (
            content,
            question.query,
            question.operation_name,
            question.variables,
            languages,
            media_type,
            caller.role,
        )
        return f'W/"{hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]}"'


class WebSocketEndpoint(GraphQL[None, None]):
    """`/graphql` over WebSocket: graphql-transport-ws only, with the limits and errors of HTTP."""

    def __init__(self, schema: Schema, *, make_connection: Callable[[WebSocket], object], origins: tuple[str, ...]):
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=WS_INIT_SECONDS),
            max_subscriptions_per_connection=WS_OPERATIONS_AT_MOST,
            allowed_origins=origins,
        )
        self._make_connection = make_connection

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> None:
        """What `Schema.stream` makes each operation's context from."""
        assert isinstance(request, WebSocket)
        return cast("None", self._make_connection(request))

    def decode_json(self, data: str | bytes) -> object:
        """A message; depth and numbers are bounded by the parser."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """A message."""
        return orjson.dumps(data).decode()


# ------------------------------------------------------------------------------------------------- parts of HTTP


async def read_body(request: Request, limit: int, take: Callable[[int], None] = lambda _: None) -> bytes:
    """The body. Raises RefusedError (413) as soon as it is over the limit, without reading on.

    Args:
        take: is told the bytes so far before they are kept; may raise.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:18]) > limit:
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        take(size)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> RefusedError:
    return _refused(413, "http.too-large", f"A request has at most {limit} bytes.", {"Connection": "close"})


def parse_json(body: bytes | str) -> object:
    """The value. Raises RefusedError (400) for what is not JSON in UTF-8, nests too deep or has too large a number."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _refused(400, "http.body", "Send one JSON object in UTF-8.", message=f"Not JSON: {error}.") from error


def _from_url(request: Request) -> dict[str, object]:
    found: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        text = found.get(name)
        if isinstance(text, str):
            found[name] = parse_json(text) if text else None
    return found


def _question(body: object) -> Question:
    if isinstance(body, list):
        raise _refused(400, "http.body", "Send one operation a request: batching is off.")
    if not isinstance(body, dict):
        raise _refused(400, "http.body", "Send one JSON object with `query`.")
    query, name = body.get("query"), body.get("operationName")
    variables, extensions = body.get("variables"), body.get("extensions")
    if not isinstance(query, str) or not query:
        raise _refused(400, "http.body", "`query` is the GraphQL document, a string.")
    if not isinstance(name, str | None):
        raise _refused(400, "http.body", "`operationName` is a string or null.")
    if not isinstance(variables, dict | None):
        raise _refused(400, "http.body", "`variables` is an object or null.")
    if not isinstance(extensions, dict | None):
        raise _refused(400, "http.body", "`extensions` is an object or null.")
    return Question(query=query, operation_name=name or None, variables=variables)


def choose_media_type(accept: str | None) -> str | None:
    """What the client gets of the two media types: the one it weighs more, `application/json` among equals of `*`.

    None where it takes neither. Source: RFC 9110, 12.5.1.
    """
    if not accept or not accept.strip():
        return JSON
    weights: dict[str, float] = {}
    for part in accept.split(","):
        media_range, _, parameters = part.partition(";")
        weights[media_range.strip().lower()] = _weight(parameters)
    everything = weights.get("application/*", weights.get("*/*", 0.0))
    own, plain = weights.get(GRAPHQL_JSON), weights.get(JSON)
    if own and own >= (plain if plain is not None else everything):
        return GRAPHQL_JSON
    return JSON if (plain if plain is not None else everything) > 0 else None


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def identified(identify: Callable[[str | None], Caller], request: Request | WebSocket) -> Caller:
    """Who sends the request. Raises RefusedError (401) for a key that is not valid."""
    return _identified(identify, request.headers.get("authorization"))


def identified_on(
    identify: Callable[[str | None], Caller], websocket: WebSocket, params: Mapping[str, object]
) -> Caller:
    """Who uses the WebSocket. Raises RefusedError (401) for a key that is not valid."""
    return _identified(identify, authorization_of(websocket, params))


def authorization_of(websocket: WebSocket, params: Mapping[str, object]) -> str | None:
    """What the client said at its `connection_init`, for browsers can set no header; else the upgrade's header."""
    found = next((value for name, value in params.items() if name.lower() == "authorization"), None)
    return websocket.headers.get("authorization") if found is None else str(found)


def _identified(identify: Callable[[str | None], Caller], authorization: str | None) -> Caller:
    try:
        return identify(authorization)
    except UnauthenticatedError as error:
        shaped = client_error(ErrorCode.UNAUTHENTICATED, error.code, error.message, hint=error.hint)
        raise RefusedError(401, shaped, {"WWW-Authenticate": "Bearer"}) from error


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page: HTML before JSON, and no query."""
    accept = request.headers.get("accept", "")
    return "text/html" in accept and "query" not in request.query_params


def address_of(request: Request | WebSocket) -> str:
    """The client's address; behind a proxy, uvicorn's `--forwarded-allow-ips` makes it the real one."""
    return request.client.host if request.client is not None else "unknown"


def too_many_requests(wait: float) -> RefusedError:
    """The refusal of a caller that is to wait so many seconds."""
    seconds = max(1, int(wait + 0.999))
    error = client_error(
        ErrorCode.LIMIT_EXCEEDED,
        "http.rate",
        "Too many requests from this address.",
        hint=f"Try again in {seconds} s.",
    )
    return RefusedError(429, error, {"Retry-After": str(seconds)})


def _is_known(tag: str, wanted: str) -> bool:
    """Whether `If-None-Match` names the tag; weak and strong are not told apart (RFC 9110, 13.1.2)."""
    return tag.removeprefix("W/") in [each.strip().removeprefix("W/") for each in wanted.split(",")]


def _is_utf8(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in ("utf-8", "utf8")
    return True


def _status(errors: list[GraphQLError], *, refused: bool, media_type: str) -> int:
    """The status: 200 for what ran; 400 for what did not, which `application/json` clients see for limits only."""
    if not refused:
        return 200
    over_limit = any((error.extensions or {}).get("code") == ErrorCode.LIMIT_EXCEEDED for error in errors)
    return 400 if over_limit or media_type == GRAPHQL_JSON else 200


def _refused(
    status: int, detail: str, hint: str, headers: Mapping[str, str] | None = None, *, message: str | None = None
) -> RefusedError:
    classes = {413: ErrorCode.LIMIT_EXCEEDED, 503: ErrorCode.SERVICE_UNAVAILABLE}
    code = classes.get(status, ErrorCode.BAD_USER_INPUT)
    return RefusedError(status, client_error(code, detail, message or DETAILS[detail], hint=hint), headers)


def _respond(body: object, status: int, media_type: str, headers: Mapping[str, str]) -> Response:
    return Response(
        orjson.dumps(body), status_code=status, media_type=f"{media_type}; charset=utf-8", headers=dict(headers)
    )
