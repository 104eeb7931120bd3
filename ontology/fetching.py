"""The one guarded fetcher: a document from a public address over https, within a size and a time, and nothing else.

Off unless a purpose is allowed. The name is looked up once, every address that it has must be public, and the one that
was checked is the one that is dialled, with the certificate checked against the name. No redirects, cookies, proxies or
credentials; the environment has no say. Harvests, keys of issuers and status lists come through here. docs/security.md
has the limits and why.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from .errors import FetchError, FetchRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → its addresses, as text."""

MAX_URL_CHARACTERS: Final = 2048
MAX_SHOWN: Final = 120
"""Characters of an address that a message repeats."""
CHUNK_BYTES: Final = 1 << 16
HTTPS_PORT: Final = 443
_USER_AGENT: Final = "Headwater"
_URL: Final = re.compile(r"[!#-;=?-\[\]_a-z~%]+")
"""Printable ASCII that a URL may have; no blank, quote, backslash or control character."""
_HOST_NAME: Final = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
"""At least two labels, the last one no number: `localhost`, `127.1`, `0x7f.1` and `2130706433` are none."""
_PRIVATE_NAMES: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".localdomain")


class Purpose(Enum):
    """What a fetch is for: (name, bytes, seconds). The limits hold for one document, to its last byte."""

    HARVEST = ("harvest", 64 << 20, 60.0)
    KEYS = ("keys", 64 << 10, 2.0)
    STATUS = ("status", 1 << 20, 5.0)

    @property
    def word(self) -> str:
        """How `HEADWATER_FETCH` names it."""
        return self.value[0]

    @property
    def max_bytes(self) -> int:
        """Of the body, as it comes and unpacked."""
        return self.value[1]

    @property
    def max_seconds(self) -> float:
        """From the look-up of the name to the last byte."""
        return self.value[2]


class AddressPolicy(Protocol):
    """Which addresses may be dialled."""

    @property
    def schemes(self) -> frozenset[str]:
        """In which an address may be."""

    @property
    def any_port(self) -> bool:
        """Whether other ports than 443 are dialled where no hosts are named."""

    def permits_name(self, host: str) -> bool:
        """Whether a host name may be looked up."""

    def permits(self, address: Address) -> bool:
        """Whether an address may be dialled."""


@dataclass(frozen=True, slots=True)
class PublicAddresses:
    """https to addresses that are reachable from anywhere; port 443 unless a host is allowed with another one."""

    schemes: frozenset[str] = frozenset({"https"})
    any_port: bool = False

    def permits_name(self, host: str) -> bool:
        """A name of at least two labels outside of what is private by convention."""
        return bool(_HOST_NAME.fullmatch(host)) and not f".{host}".endswith(_PRIVATE_NAMES)

    def permits(self, address: Address) -> bool:
        """Global, and so is every IPv4 address inside of it; `::/8`, where others are wrapped, is reserved."""
        return all(
            each.is_global and not each.is_multicast and not each.is_reserved and not each.is_unspecified
            for each in _unwrapped(address)
        )


@dataclass(frozen=True, slots=True)
class UnsafeLoopbackAddresses:
    """Loopback alone, by http too, on any port: for tests that run a server of their own. Never from a setting."""

    schemes: frozenset[str] = frozenset({"https", "http"})
    any_port: bool = True

    def permits_name(self, host: str) -> bool:
        """Any name; its addresses decide."""
        return True

    def permits(self, address: Address) -> bool:
        """Loopback only."""
        return address.is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document that was fetched, whole."""

    url: str
    body: bytes
    """Unpacked, where it came packed."""
    headers: Mapping[str, str]
    """By names in lower case; of repeated ones joined by `, `."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Fetches documents for the purposes that are allowed. Nothing is kept between two fetches.

    Args:
        allowed: purposes, none of them where empty.
        hosts: `host` or `host:port` that may be asked; any public host at port 443 where empty.
        addresses: which addresses may be dialled.
        context: how certificates are checked; by the system's authorities where not given.
        resolve: looks up a name; the system's way where not given.
    """

    allowed: frozenset[Purpose] = frozenset()
    hosts: frozenset[str] = frozenset()
    addresses: AddressPolicy = field(default_factory=PublicAddresses)
    context: ssl.SSLContext | None = None
    resolve: Resolve | None = None

    def check(self, url: str, purpose: Purpose) -> None:
        """Raises FetchRefusedError where `fetch` would before it looks up the name."""
        if purpose not in self.allowed:
            raise FetchRefusedError(
                f"Fetching for {purpose.word} is off, so {_shown(url)} was not fetched.",
                code="fetch.off",
                hint=f"Set HEADWATER_FETCH={purpose.word} to allow it, or give a file.",
                subject=url[:MAX_URL_CHARACTERS],
            )
        self._target(url)

    def fetch(self, url: str, purpose: Purpose, *, accept: str = "application/json") -> Fetched:
        """The document at the address.

        Raises:
            FetchRefusedError: the purpose is off, or the address is not one that may be asked.
            FetchError: it was asked and did not give the document within the limits.
        """
        self.check(url, purpose)
        target = self._target(url)
        deadline = time.monotonic() + purpose.max_seconds
        address = self._find_address(target, purpose, deadline)
        with _Watch(deadline) as watch:
            try:
                return self._exchange(target, address, purpose, accept, watch)
            except FetchError:
                if watch.rang:
                    raise _timeout(target.url, purpose) from None
                raise
            except ssl.SSLCertVerificationError as error:
                raise FetchError(
                    f"The certificate of {target.host} does not hold: {error.verify_message}.",
                    code="fetch.tls",
                    hint="Ask the server's owner; no setting lets it pass. Or download the file and give that.",
                    subject=target.url,
                ) from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                if watch.rang or isinstance(error, TimeoutError):
                    raise _timeout(target.url, purpose) from error
                code = "fetch.tls" if isinstance(error, ssl.SSLError) else "fetch.failed"
                raise FetchError(
                    f"{_shown(target.url)} cannot be fetched: {str(error)[:MAX_SHOWN] or type(error).__name__}.",
                    code=code,
                    hint="Try again later, or give a file.",
                    subject=target.url,
                ) from error

    def _target(self, url: str) -> "_Target":
        """The address taken apart. Raises FetchRefusedError (`fetch.address`)."""
        if len(url) > MAX_URL_CHARACTERS or not _URL.fullmatch(url):
            raise _refused(url, "it has characters that an address must percent-encode, or is too long")
        try:
            parts = urlsplit(url)
            port = parts.port
            host = (parts.hostname or "").lower().removesuffix(".")
        except ValueError as error:
            raise _refused(url, str(error)) from None
        if parts.scheme not in self.addresses.schemes:
            raise _refused(url, f"{parts.scheme or 'nothing'} is no scheme that is asked, https is")
        if "@" in parts.netloc:
            raise _refused(url, "it names a user")
        secure = parts.scheme == "https"
        port = port or (HTTPS_PORT if secure else 80)
        literal = _literal(host)
        if literal is None and not self.addresses.permits_name(host):
            raise _refused(url, f"{host!r} is not the name of a public host")
        if literal is not None and not self.addresses.permits(literal):
            raise _refused(url, f"{host} is not a public address")
        self._check_host(url, host, port)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        return _Target(url=url, host=host, port=port, path=path, secure=secure, literal=literal)

    def _check_host(self, url: str, host: str, port: int) -> None:
        shown = host if port == HTTPS_PORT else f"{host}:{port}"
        if self.hosts and shown not in self.hosts and f"{host}:{port}" not in self.hosts:
            raise _refused(url, f"{shown} is not among the hosts of HEADWATER_FETCH_HOSTS", hosts=shown)
        if not self.hosts and port != HTTPS_PORT and not self.addresses.any_port:
            raise _refused(url, f"port {port} is asked only of a host that is allowed with it", hosts=shown)

    def _find_address(self, target: "_Target", purpose: Purpose, deadline: float) -> Address:
        """The address to dial: the first of the name's, where all of them may be."""
        if target.literal is not None:
            return target.literal
        found: list[str] = []
        faults: list[OSError | UnicodeError] = []

        def look_up() -> None:
            try:
                found.extend((self.resolve or _resolve)(target.host, target.port))
            except (OSError, UnicodeError) as error:
                faults.append(error)

        thread = threading.Thread(target=look_up, name="name look-up", daemon=True)
        thread.start()
        thread.join(max(deadline - time.monotonic(), 0))
        if thread.is_alive():
            raise _timeout(target.url, purpose)
        addresses = [literal for each in found if (literal := _literal(each)) is not None]
        if faults or not addresses:
            raise FetchError(
                f"There is no host {target.host}{f': {faults[0]}' if faults else ''}.",
                code="fetch.failed",
                hint="Check the address, and whether this machine may reach other networks.",
                subject=target.url,
            )
        private = next((each for each in addresses if not self.addresses.permits(each)), None)
        if private is not None:
            raise _refused(target.url, f"{target.host} leads to {private}, which is not a public address")
        return addresses[0]

    def _exchange(self, target: "_Target", address: Address, purpose: Purpose, accept: str, watch: "_Watch") -> Fetched:
        connection = _Pinned(target, address, self.context or ssl.create_default_context(), watch)
        try:
            connection.request(
                "GET",
                target.path,
                headers={"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": _USER_AGENT, "Connection": "close"},
            )
            with connection.getresponse() as response:
                headers = {name.lower(): ", ".join(response.headers.get_all(name) or ()) for name in response.headers}
                _check_status(target.url, response.status, headers)
                return Fetched(url=target.url, body=_read_body(target.url, response, purpose, watch), headers=headers)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    url: str
    host: str
    port: int
    path: str
    secure: bool
    literal: Address | None


class _Watch:
    """Shuts a socket down at the deadline, whatever it is waiting for: a handshake, a header, a byte a second."""

    def __init__(self, deadline: float):
        self.rang = False
        self._deadline = deadline
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(self.left(), 0), self._ring)
        self._timer.daemon = True

    def left(self) -> float:
        """Seconds."""
        return self._deadline - time.monotonic()

    def watch(self, connected: socket.socket) -> None:
        """Takes the socket that is to be shut down."""
        with self._lock:
            self._socket = connected
            if self.rang:
                raise TimeoutError("the time is over")

    def _ring(self) -> None:
        with self._lock:
            self.rang = True
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # below TLS, which would say goodbye first

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the name leads to by now; the certificate is checked by the name."""

    def __init__(self, target: _Target, address: Address, context: ssl.SSLContext, watch: _Watch):
        super().__init__(target.host, target.port)
        self.default_port = HTTPS_PORT if target.secure else 80
        self._target = target
        self._address = address
        self._context = context
        self._watch = watch

    def connect(self) -> None:
        """Dials the address."""
        family = socket.AF_INET6 if self._address.version == 6 else socket.AF_INET
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.settimeout(max(self._watch.left(), 0.001))
            raw.connect((str(self._address), self._target.port))
            self._watch.watch(raw)
            self.sock = self._secured(raw) if self._target.secure else raw
        except BaseException:
            raw.close()
            raise

    def _secured(self, raw: socket.socket) -> ssl.SSLSocket:
        # wrapping takes the descriptor away from the plain socket, so the watch is given the new one
        wrapped = self._context.wrap_socket(raw, server_hostname=self._target.host, do_handshake_on_connect=False)
        self._watch.watch(wrapped)
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


def _unwrapped(address: Address) -> Iterable[Address]:
    """The address and the IPv4 addresses that are inside of it."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        yield from (each for each in inner if each is not None)


def _literal(host: str) -> Address | None:
    """The address that a host is, where it is written as one and not as a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _resolve(host: str, port: int) -> Sequence[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _check_status(url: str, status: int, headers: Mapping[str, str]) -> None:
    if 300 <= status < 400:
        raise FetchError(
            f"{_shown(url)} redirects to {_shown(headers.get('location', 'nowhere'))}, and redirects are not followed.",
            code="fetch.redirect",
            hint="Give that address itself if you trust it.",
            subject=url,
        )
    if status != 200:
        raise FetchError(
            f"{_shown(url)} answered with the status {status}, expected 200.",
            code="fetch.status",
            hint="Check the address; what needs a key or a login cannot be fetched.",
            subject=url,
        )


def _read_body(url: str, response: http.client.HTTPResponse, purpose: Purpose, watch: _Watch) -> bytes:
    stated = response.length
    if stated is not None and stated > purpose.max_bytes:
        raise _too_large(url, purpose)
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip", ""):
        raise FetchError(
            f"{_shown(url)} came packed as {packed[:20]!r}, which was not asked for.",
            code="fetch.failed",
            hint="Download the file and give that.",
            subject=url,
        )
    body = _Body(url, purpose, gzipped=packed.endswith("gzip"))
    came = 0
    while chunk := response.read1(CHUNK_BYTES):
        came += len(chunk)
        body.add(chunk, came)
        if watch.left() <= 0:
            raise _timeout(url, purpose)
    if watch.rang:
        raise _timeout(url, purpose)
    if stated is not None and came < stated:
        raise _cut_off(url)
    return body.whole()


class _Body:
    """A body as it comes, unpacked on the way and never beyond the limit."""

    def __init__(self, url: str, purpose: Purpose, *, gzipped: bool):
        self._url = url
        self._purpose = purpose
        self._parts: list[bytes] = []
        self._size = 0
        self._unpacker = zlib.decompressobj(wbits=31) if gzipped else None

    def add(self, chunk: bytes, came: int) -> None:
        """Takes in what came; `came` counts all of it. Raises FetchError."""
        if came > self._purpose.max_bytes:
            raise _too_large(self._url, self._purpose)
        if self._unpacker is not None:
            try:
                chunk = self._unpacker.decompress(chunk, self._purpose.max_bytes - self._size + 1)
            except zlib.error:
                raise _cut_off(self._url) from None
        self._size += len(chunk)
        if self._size > self._purpose.max_bytes:
            raise _too_large(self._url, self._purpose)
        self._parts.append(chunk)

    def whole(self) -> bytes:
        """All of it. Raises FetchError where the end is missing."""
        if self._unpacker is not None and not self._unpacker.eof:
            raise _cut_off(self._url)
        return b"".join(self._parts)


def _shown(url: str) -> str:
    return url if len(url) <= MAX_SHOWN else f"{url[:MAX_SHOWN]}…"


def _refused(url: str, why: str, *, hosts: str | None = None) -> FetchRefusedError:
    hint = (
        f"Add {hosts} to HEADWATER_FETCH_HOSTS to allow it." if hosts else "Give a public https:// address, or a file."
    )
    return FetchRefusedError(
        f"{_shown(url)} is not fetched: {why}.", code="fetch.address", hint=hint, subject=url[:MAX_URL_CHARACTERS]
    )


def _timeout(url: str, purpose: Purpose) -> FetchError:
    return FetchError(
        f"{_shown(url)} was not there after {purpose.max_seconds:g} seconds, the most for {purpose.word}.",
        code="fetch.timeout",
        hint="Try again later, or download the file and give that.",
        subject=url,
    )


def _too_large(url: str, purpose: Purpose) -> FetchError:
    return FetchError(
        f"{_shown(url)} has more than {purpose.max_bytes:,} bytes, the most for {purpose.word}.",
        code="fetch.too-large",
        hint="Download the file and give that.",
        subject=url,
    )


def _cut_off(url: str) -> FetchError:
    return FetchError(f"{_shown(url)} was cut off on its way.", code="fetch.failed", hint="Try again.", subject=url)
