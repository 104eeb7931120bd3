"""Servers on loopback for tests of fetching: CASE over TLS, and bytes as they come for servers that misbehave.

The certificate in `data/tls` was made for these tests by an authority that nobody trusts and whose key is gone.
"""

import contextlib
import http.server
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ontology.fetching import Fetcher, Purpose, UnsafeLoopbackAddresses

TLS = Path(__file__).parent / "data" / "tls"
HOST = "case.example.org"


def trusting() -> ssl.SSLContext:
    """Checks certificates by the tests' own authority."""
    return ssl.create_default_context(cafile=str(TLS / "authority.pem"))


def serving_context() -> ssl.SSLContext:
    """Shows the tests' own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    return context


def loopback_fetcher(*purposes: Purpose, hosts: frozenset[str] = frozenset()) -> Fetcher:
    """Fetches from this machine, whatever the name; for all purposes where none is given."""
    return Fetcher(
        allowed=frozenset(purposes or Purpose),
        hosts=hosts,
        addresses=UnsafeLoopbackAddresses(),
        context=trusting(),
        resolve=lambda host, port: ["127.0.0.1"],
    )


@contextlib.contextmanager
def raw_server(answer: Callable[[socket.socket], None], *, secure: bool = False) -> Iterator[int]:
    """The port of a server that gives each connection to `answer` once its request has come."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            if not secure:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    part = connection.recv(65536)
                    if not part:
                        return
                    asked += part
            answer(connection)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join(5)
        listener.close()


def drip(connection: socket.socket, data: bytes, seconds: float) -> None:
    """Sends a byte at a time."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)


@contextlib.contextmanager
def case_server(
    packages: Mapping[str, object],
    *,
    links: bool = True,
    total: int | None = None,
    page: int = 1000,
    next_host: str = "",
) -> Iterator[tuple[str, list[str]]]:
    """(address, paths asked for) of a CASE server over TLS with these packages by identifier; bytes are sent as such.

    A name of `packages` is also a file at the root; `CFDocuments` is what is given in place of the list.

    Args:
        links: whether it gives `Link` and `X-Total-Count`.
        total: what it claims instead of the truth.
        page: the most that it lists at once.
        next_host: where it says that the next page is; itself where not given.
    """
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            parts = urlsplit(self.path)
            found = re.fullmatch(r"/ims/case/(v1p[01])/(CFDocuments|CFPackages/(.+))", parts.path)
            if found and found[3] in packages:
                self._give(packages[found[3]], {})
            elif parts.path[1:] in packages:
                self._give(packages[parts.path[1:]], {})
            elif found and "CFDocuments" in packages:
                self._give(packages["CFDocuments"], {})
            elif found and found[3] is None:
                self._list(found[1], parse_qs(parts.query))
            else:
                self.send_error(404)

        def _list(self, version: str, query: Mapping[str, list[str]]) -> None:
            limit, offset = min(int(query["limit"][0]), page), int(query["offset"][0])
            names = list(packages)
            listed = [{"identifier": name, "title": name} for name in names[offset : offset + limit]]
            headers = {"X-Total-Count": str(len(names) if total is None else total)} if links else {}
            if links and offset + limit < len(names):
                headers["Link"] = (
                    f'<{next_host}/ims/case/{version}/CFDocuments?limit={limit}&offset={offset + limit}>; rel="next", <x>; rel="first"'
                )
            self._give({"CFDocuments": listed}, headers)

        def _give(self, value: object, headers: Mapping[str, str]) -> None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(200)
            for name, text in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
            del format, args

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = serving_context().wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"https://{HOST}:{server.server_address[1]}/ims/case/v1p1", asked
        finally:
            server.shutdown()
            thread.join(5)
