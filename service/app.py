"""The composition root: settings in, application out. Everything that the service is made of is put together here."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from functools import partial
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from ontology.errors import HeadwaterError, UnauthenticatedError

from .announcing import Announcer
from .auth import ANYBODY, Caller, Keys
from .issuing import Issuing
from .learners import SHARED_PATH, LearnerDesk
from .limits import AddressBuckets, QueryLimits
from .long_bodies import LongBodies
from .presenting import Presenting
from .rest.authorization import Authorization
from .rest.case import CASE_PATH, render_imsx
from .rest.guard import Guard
from .rest.health import health_routes
from .rest.issuer import issuer_routes
from .rest.issuing import IssuingRoutes
from .rest.learner_apis import PATHS, LearnerApis, render_status
from .rest.metrics import Measured, Metrics
from .rest.surfaces import Surfaces
from .rest.uploads import upload_routes
from .schema import build_schema, print_sdl
from .schema.context import Connection, Context, parse_accept_language
from .schema.errors import INTERNAL_MESSAGE, ErrorCode, client_error, new_request_id
from .schema.loaders import Loaders
from .serving import Serving
from .settings import Profile, Settings
from .stewardship import Stewardship
from .transport import (
    PREFLIGHT_HEADERS,
    GraphQLEndpoint,
    RefusedError,
    WebSocketEndpoint,
    address_of,
    authorization_of,
    identified_on,
    too_many_requests,
)
from .verifying import DocumentVerifier, circumstances_of
from .web.pages import (
    ASSETS,
    GRAPHIQL_POLICY,
    PAGE_POLICY,
    SHARED_POLICY,
    VENDOR,
    Loaded,
    example_query,
    render_graphiql,
    render_page,
    render_shared,
)

GRACE_SECONDS = 20
"""Time that requests have to end after SIGTERM."""
LONG_BODIES_AT_ONCE = 4
"""The greatest bodies that there is room for."""
COLLECTED_AFTER = (50_000, 20, 50)
"""New objects after which Python looks for garbage, and how often among older ones. Its own: 700, 10, 10."""
HANDED_OVER_AFTER = 0.0002
"""Seconds after which a thread that computes lets another one go on. Python's own: 0.005, and an answer waits that long
several times, each time it was on the network, while a thread gets a new release ready."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
}


def create_app(
    settings: Settings,
    *,
    limits: QueryLimits | None = None,
    clock: Callable[[], float] = time.monotonic,
    compiled: bool = True,
) -> Starlette:
    """The application. It starts without Neo4j and reaches for it in the background.

    Args:
        settings: where the data is and what is switched on.
        limits: what one query may ask for; the defaults where None.
        clock: seconds, for pacing callers.
        compiled: whether plain selections are built directly; tests compare both ways.

    Raises DamagedError where the current release is damaged.
    """
    limits = limits or QueryLimits(whole_bytes=settings.body_mib << 20)
    serving = Serving(settings)
    schema = build_schema(
        limits,
        introspection=settings.is_on("introspection"),
        suggestions=settings.is_on("suggestions"),
        compiled=compiled,
    )
    pace = settings.requests_a_minute
    buckets = AddressBuckets(pace, clock) if pace is not None else None
    base = settings.public_url or ""
    keys = Keys(settings.home)

    stewardship = Stewardship(settings, serving.releases)
    issuing = Issuing(settings.home, settings.public_url, partial(circumstances_of, settings))
    learners = LearnerDesk(settings.home, settings.public_url, settings.talent_searches)
    verifier = DocumentVerifier(settings)
    presenting = Presenting(settings.home, settings.public_url or f"http://{settings.host}:{settings.port}")
    announcer = Announcer(lambda: serving.state.number)

    def make_context(languages: tuple[str, ...], caller: Caller) -> Context:
        return Context(
            caller=caller,
            release=serving.state,
            loaders=Loaders(serving.reader, serving.releases.is_publishing),
            limits=limits,
            published=serving.published,
            stewardship=stewardship,
            issuing=issuing,
            learners=learners,
            announcer=announcer,
            verifier=verifier,
            presenting=presenting,
            languages=languages,
        )

    def make_connection(websocket: WebSocket) -> Connection:
        languages = parse_accept_language(websocket.headers.get("accept-language"))

        def new_request(params: Mapping[str, object]) -> Context:
            try:
                caller = identified_on(keys.identify, websocket, params)
            except RefusedError as refused:
                context = make_context(languages, ANYBODY)
                context.refusal = refused.error
                return context
            context = make_context(languages, caller)
            context.check_caller = lambda: _check(keys.identify(authorization_of(websocket, params)), caller)
            wait = buckets.take(address_of(websocket)) if buckets is not None and caller.key is None else 0.0
            if wait > 0:
                context.refusal = too_many_requests(wait).error
            return context

        return Connection(new_request=new_request)

    def show_graphiql(request: Request) -> Response:
        query = request.query_params.get("query") or example_query(serving.state.public.snapshot)
        return _page(render_graphiql(base, query), GRAPHIQL_POLICY)

    async def show_page(_: Request) -> Response:
        loaded = Loaded(
            snapshot=serving.state.public.snapshot,
            published_at=serving.published_at,
            base=base,
            graphiql=settings.is_on("graphiql"),
        )
        return _page(render_page(loaded), PAGE_POLICY)

    async def show_shared(_: Request) -> Response:
        return _page(render_shared(base), SHARED_POLICY)

    graphql = GraphQLEndpoint(
        schema,
        limits=limits,
        bodies=LongBodies(LONG_BODIES_AT_ONCE * limits.whole_bytes),
        make_context=make_context,
        etag=serving.etag,
        plain_get=settings.is_on("plain_get"),
        page=show_graphiql if settings.is_on("graphiql") else None,
        buckets=buckets,
        identify=keys.identify,
    )
    sockets = WebSocketEndpoint(schema, make_connection=make_connection, origins=settings.cors_origins)
    guard = Guard(limits=limits, buckets=buckets, identify=keys.identify)
    authorization = Authorization(settings, learners, limits=limits, clock=clock, pace=buckets)
    apis = LearnerApis(settings, learners, authorization, verifier, limits=limits, pace=buckets)
    surfaces = Surfaces(serving, settings, guard)
    routes: list[BaseRoute] = [
        Route("/", show_page, methods=["GET"]),
        Route(SHARED_PATH, show_shared, methods=["GET"]),
        Route("/graphql", graphql.handle, methods=_METHODS),
        WebSocketRoute("/graphql", sockets),
        *health_routes(serving.check_ready, lambda: serving.state.number, print_sdl(schema)),
        *upload_routes(stewardship, guard, keys.identify),
        *IssuingRoutes(issuing, learners, verifier, lambda: serving.state, guard, keys.identify).routes(),
        *issuer_routes(issuing.issuer, guard),
        *authorization.routes(),
        *apis.routes(),
        *surfaces.routes,
        Mount("/assets", StaticFiles(directory=ASSETS)),
    ]
    metrics = Metrics(lambda: serving.state.number)
    routes.append(metrics.route)
    metrics.know(routes)
    if settings.is_on("graphiql"):
        routes.append(Mount("/vendor", StaticFiles(directory=VENDOR)))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with contextlib.suppress(HeadwaterError):  # whoever asks about a learner is told
            await asyncio.to_thread(learners.recover)
        async with (
            serving.running(),
            surfaces.running(),
            announcer.running(),
            stewardship.running(),
            verifier.running(),
        ):
            yield

    return Starlette(
        routes=routes,
        middleware=[Middleware(Measured, metrics=metrics), *_middleware(settings)],
        lifespan=lifespan,
        exception_handlers={Exception: _answer_failure},
    )


def make_server(app: Starlette, settings: Settings) -> "DrainingServer":
    """The server of an application. SIGTERM drains it; messages are JSON lines on stderr in production."""
    configure_logging(settings)
    _rest_collector()
    sys.setswitchinterval(HANDED_OVER_AFTER)
    return DrainingServer(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            # uvicorn would take any local client's word for its address, and with it the rate limit
            proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
            ws="websockets-sansio",
            ws_max_size=QueryLimits().body_bytes,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


def _rest_collector() -> None:
    """Nothing; Python looks for garbage in cycles rarely, and not among what there is already.

    An answer is ten thousand dictionaries and lists, none of them in a cycle: looking at them all costs a third of it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def configure_logging(settings: Settings) -> None:
    """Nothing; what the service tells goes to stderr, as JSON lines in production."""
    readable = settings.profile is Profile.DEVELOPMENT
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if readable else [structlog.processors.format_exc_info]),
            structlog.dev.ConsoleRenderer(colors=False) if readable else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class DrainingServer(uvicorn.Server):
    """A server that SIGTERM lets end what it has begun and exit with 0; a second one ends it at once."""

    interrupted = False
    """Whether Ctrl-C ended it."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins to drain. Any other signal is raised again at the end, as uvicorn does."""
        if sig != signal.SIGTERM:
            self.interrupted = self.interrupted or sig == signal.SIGINT
            super().handle_exit(sig, frame)
        elif self.should_exit:
            self.force_exit = True
        else:
            self.should_exit = True


class SecurityHeaders:
    """Adds to every answer what keeps browsers from guessing and telling."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _check(now: Caller, then: Caller) -> None:
    """Nothing, where a caller is still who it was; a key that is no longer valid has raised by then."""
    if now != then:
        raise UnauthenticatedError("The key is not valid.", hint="Send `Authorization: Bearer <key>`, or nothing.")


def _add_headers(message: MutableMapping[str, object]) -> None:
    headers = message.setdefault("headers", [])
    assert isinstance(headers, list)
    headers.extend(_SECURITY_HEADERS.items())


def _middleware(settings: Settings) -> list[Middleware]:
    found = [Middleware(SecurityHeaders)]
    if settings.cors_origins:
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type", "accept-language", "if-none-match", *PREFLIGHT_HEADERS],
                expose_headers=["etag", "link", "retry-after", "x-headwater-cut", "x-request-id", "x-total-count"],
            )
        )
    return found


def _page(html: str, policy: str) -> Response:
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


async def _answer_failure(request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw: logged once, nothing told."""
    request_id = new_request_id()
    structlog.get_logger("headwater.app").error("request failed", request_id=request_id, exc_info=error)
    masked = client_error(ErrorCode.INTERNAL_SERVER_ERROR, "internal", INTERNAL_MESSAGE)
    if request.url.path.startswith(CASE_PATH):
        return render_imsx(request, RefusedError(500, masked, {"X-Request-Id": request_id}))
    if request.url.path.startswith(PATHS):
        return render_status(request, RefusedError(500, masked, {"X-Request-Id": request_id}))
    shown = masked.formatted
    shown["extensions"]["requestId"] = request_id
    return JSONResponse({"errors": [shown]}, status_code=500)
