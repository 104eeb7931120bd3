"""Probes and the schema as text: `/livez`, `/readyz`, `/schema.graphql`."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ontology.errors import UnavailableError


def health_routes(check_ready: Callable[[], Awaitable[None]], release: Callable[[], int], sdl: str) -> list[Route]:
    """The routes.

    Args:
        check_ready: raises UnavailableError, within two seconds, where queries cannot all be answered.
        release: number of the release that is answered from; 0 where nothing is loaded.
        sdl: the schema.
    """

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})

    async def readyz(_: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            await check_ready()
        except UnavailableError as error:
            body = {"status": "unavailable", "detail": error.code, "release": release()}
            return JSONResponse(body, status_code=503, headers={**headers, "Retry-After": "2"})
        return JSONResponse({"status": "ready", "release": release()}, headers=headers)

    async def schema(_: Request) -> Response:
        return PlainTextResponse(sdl, headers={"Cache-Control": "no-cache"}, media_type="text/plain; charset=utf-8")

    return [
        Route("/livez", livez, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/schema.graphql", schema, methods=["GET"]),
    ]
