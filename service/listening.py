"""`headwater serve`: the application on a port until SIGTERM or Ctrl-C, draining what is under way."""

import errno
import logging
import socket

import uvicorn

from ontology.errors import InputError, UnavailableError

from . import console
from .app import create_app
from .settings import Settings

DRAIN_SECONDS = 20
"""Time that requests under way have to end after SIGTERM."""
IDLE_SECONDS = 30
"""Time that a connection may stay open without a request."""
BACKLOG = 512


def listen(settings: Settings) -> None:
    """Nothing, when the server has been told to stop and has drained.

    Raises UnavailableError (`serve.port-taken`) and InputError (`serve.address`) before anything is served.
    """
    listener = _listener(settings.host, settings.port)
    with listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            create_app(settings),
            log_level=logging.WARNING,
            access_log=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=IDLE_SECONDS,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=1 << 20,
        )
        console.tell(f"Serving on http://{shown}:{port}/ (GraphQL at /graphql); Ctrl-C ends it.")
        uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is told before anything starts."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UnavailableError(
                f"Port {port} on {host} is taken by another process.",
                code="serve.port-taken",
                hint="Choose another with --port, or 0 for a free one.",
            ) from error
        raise InputError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}.",
            code="serve.address",
            hint="Choose an address of this machine with --host, and a port above 1023.",
        ) from error
    return listener
