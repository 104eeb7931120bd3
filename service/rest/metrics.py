"""`/metrics`: what a service has done since it started, in the text format of Prometheus.

Each application has a registry of its own. Paths are told as the routes name them, so that no address, query or
identifier of anybody's gets in. Source: Prometheus exposition format 0.0.4; prometheus-client.
"""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the classes of duration."""
OTHER = "other"
"""What is told for a path or a method that is none of ours."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one application."""

    def __init__(self, release: Callable[[], int]) -> None:
        """Args: release: number of the release that is answered from."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "headwater_http_requests",
            "Answers given, by route, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "headwater_http_request_seconds",
            "Time from a request to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._running = Gauge("headwater_http_running", "Requests that are being answered.", registry=self._registry)
        described = "Number of the release that is answered from."
        Gauge("headwater_release", described, registry=self._registry).set_function(release)
        self._paths: dict[object, str] = {}

    def know(self, routes: list[BaseRoute]) -> None:
        """Nothing; these routes are told by their paths."""
        self._paths |= {route.endpoint: route.path for route in routes if isinstance(route, Route)}

    @property
    def route(self) -> Route:
        """Where they are read."""

        def metrics(_: Request) -> Response:
            return Response(
                generate_latest(self._registry),
                headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"},
            )

        return Route("/metrics", metrics, methods=["GET"])

    def begin(self) -> float:
        """The moment; a request is being answered from now on."""
        self._running.inc()
        return time.perf_counter()

    def end(self, begun: float, scope: Scope, status: int) -> None:
        """Nothing; the request that began then has its answer."""
        self._running.dec()
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        path = self._paths.get(scope.get("endpoint"), OTHER)
        self._requests.labels(path, method, str(status)).inc()
        self._seconds.labels(path).observe(time.perf_counter() - begun)


class Measured:
    """Counts each HTTP request with its status and time."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = self._metrics.begin()
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._metrics.end(begun, scope, status)
