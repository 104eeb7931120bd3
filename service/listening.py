"""`headwater serve`: the application on a port until SIGTERM or Ctrl-C, draining what is under way."""

import errno
import socket

from ontology.errors import InputError, UnavailableError

from . import console
from .app import create_app, make_server
from .settings import Settings

BACKLOG = 512


def listen(settings: Settings, *, as_json: bool = False) -> None:
    """Nothing, when the server has been told to stop and has drained.

    Raises UnavailableError (`serve.port-taken`) and InputError (`serve.address`) before anything is served, and
    KeyboardInterrupt where it was Ctrl-C that ended it.
    """
    listener = _listener(settings.host, settings.port)
    with listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        if as_json:
            console.print_json({"home": str(settings.home), "host": host, "port": port})
        console.tell(f"Serving on http://{shown}:{port}/ (GraphQL at /graphql); Ctrl-C ends it.")
        server = make_server(create_app(settings), settings)
        server.run(sockets=[listener])
    if server.interrupted:  # uvicorn's own second signal is lost in the event loop that has ended by then
        raise KeyboardInterrupt


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
