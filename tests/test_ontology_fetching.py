"""The guarded fetcher: what it asks, whom it dials, when it stops. Real servers on loopback, TLS included."""

import gzip
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fetch_serving import HOST, drip, loopback_fetcher, raw_server, serving_context, trusting

from ontology.errors import FetchError, FetchRefusedError, HeadwaterError
from ontology.fetching import Fetcher, PublicAddresses, Purpose, UnsafeLoopbackAddresses

PUBLIC = "93.184.215.14"


def answering(body: bytes, *headers: str, status: str = "200 OK") -> Callable[[socket.socket], None]:
    """Answers with these bytes and closes."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()
    return lambda connection: connection.sendall(head + body)


def fetch(answer: Callable[[socket.socket], None], purpose: Purpose = Purpose.KEYS) -> bytes:
    """What comes of one exchange in plain HTTP."""
    with raw_server(answer) as port:
        return loopback_fetcher().fetch(f"http://{HOST}:{port}/x", purpose).body


def code_of(answer: Callable[[socket.socket], None], purpose: Purpose = Purpose.KEYS) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(answer, purpose)
    assert caught.value.hint
    assert caught.value.exit_code == 3
    return caught.value.code


def refused(url: str, fetcher: Fetcher | None = None) -> str:
    """Code of a refusal before anything is dialled; a name that would be looked up fails the test."""

    def fail(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host}:{port} was looked up")

    asking = fetcher or Fetcher(allowed=frozenset(Purpose), resolve=fail)
    with pytest.raises(FetchRefusedError) as caught:
        asking.fetch(url, Purpose.HARVEST)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return caught.value.code


@pytest.mark.parametrize("purpose", Purpose)
def test_it_is_off_unless_its_purpose_is_allowed(purpose: Purpose) -> None:
    """The error names the setting and the word."""
    others = Fetcher(allowed=frozenset(Purpose) - {purpose})
    for fetcher in (Fetcher(), others):
        with pytest.raises(FetchRefusedError) as caught:
            fetcher.fetch("https://example.org/", purpose)
        assert caught.value.code == "fetch.off"
        assert f"HEADWATER_FETCH={purpose.word}" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https:///x",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org:8443/",
        "https://example.org:99999/",
        "https://localhost/",
        "https://localhost./",
        "https://a.localhost/",
        "https://printer/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:93.184.215.14]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/",
        "https://[ff02::1]/",
        "https://[::1/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/\r\nX: y",
        "https://example.org /",
        "https://exämple.org/",
        "https://example.org/" + "a" * 3000,
    ],
)
def test_an_address_that_is_not_public_is_refused_before_it_is_looked_up(url: str) -> None:
    assert refused(url) == "fetch.address"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        ["fe80::1%eth0"],
        ["2002:0a00:0001::1"],
    ],
)
def test_a_public_name_that_leads_to_a_private_address_is_refused(addresses: list[str]) -> None:
    """One such address among several is enough, and nothing is dialled."""
    fetcher = Fetcher(allowed=frozenset(Purpose), resolve=lambda host, port: addresses)
    assert refused("https://example.org/", fetcher) == "fetch.address"


def test_only_named_hosts_are_asked_where_some_are_named() -> None:
    fetcher = Fetcher(
        allowed=frozenset(Purpose),
        hosts=frozenset({"a.example.org", "b.example.org:8443"}),
        resolve=lambda host, port: ["10.0.0.1"],
    )
    for url in ("https://c.example.org/", "https://a.example.org:8443/", "https://b.example.org/"):
        with pytest.raises(FetchRefusedError, match="HEADWATER_FETCH_HOSTS"):
            fetcher.fetch(url, Purpose.KEYS)
    for url in ("https://A.example.org/", "https://a.example.org:443/", "https://b.example.org:8443/"):
        with pytest.raises(FetchRefusedError, match=r"leads to 10\.0\.0\.1"):
            fetcher.fetch(url, Purpose.KEYS)


def test_public_addresses_are_dialled() -> None:
    policy = PublicAddresses()
    for address in (PUBLIC, "2606:4700:4700::1111", "1.1.1.1"):
        assert policy.permits(ipaddress.ip_address(address))
    assert not UnsafeLoopbackAddresses().permits(ipaddress.ip_address(PUBLIC))


def test_a_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_dialled() -> None:
    """A second look-up would give an address where nobody listens."""
    answers = [["127.0.0.1"], ["127.0.0.9"]]
    with raw_server(answering(b"{}", "Content-Length: 2")) as port:
        fetcher = Fetcher(
            allowed=frozenset(Purpose), addresses=UnsafeLoopbackAddresses(), resolve=lambda host, port: answers.pop(0)
        )
        assert fetcher.fetch(f"http://rebinding.example.org:{port}/", Purpose.KEYS).body == b"{}"
    assert answers == [["127.0.0.9"]]


def test_the_request_says_no_more_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cookie, no credentials; a proxy of the environment is not asked."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        import threading

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                answering(b"{}", "Content-Length: 2", "Set-Cookie: a=b")(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        loopback_fetcher().fetch(f"http://{HOST}:{port}/a%20b?c=d", Purpose.KEYS)
        thread.join()
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET /a%20b?c=d HTTP/1.1"
    assert sorted(line.partition(":")[0].lower() for line in lines[1:] if line) == [
        "accept",
        "accept-encoding",
        "connection",
        "host",
        "user-agent",
    ]
    assert f"Host: {HOST}:{port}" in lines


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_told_and_not_followed(status: str) -> None:
    assert code_of(answering(b"", "Location: http://169.254.169.254/", status=status)) == "fetch.redirect"


@pytest.mark.parametrize("status", ["204 No", "206 Part", "401 Who", "404 Gone", "500 Oh"])
def test_another_status_than_200_is_told(status: str) -> None:
    assert code_of(answering(b"", "Content-Length: 0", status=status)) == "fetch.status"


LIMIT = Purpose.KEYS.max_bytes


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_at_the_limit_is_taken_and_one_byte_more_is_not(packed: bool) -> None:
    """As it comes and unpacked."""
    for size in (LIMIT, LIMIT + 1):
        body = gzip.compress(b"a" * size) if packed else b"a" * size
        headers = ["Content-Encoding: gzip"] if packed else []
        answer = answering(body, f"Content-Length: {len(body)}", *headers)
        if size == LIMIT:
            assert fetch(answer) == b"a" * size
        else:
            assert code_of(answer) == "fetch.too-large"


@pytest.mark.parametrize("headers", [[], ["Content-Length: 99999999999"], ["Transfer-Encoding: chunked"]])
def test_a_body_without_end_stops_at_the_limit(headers: list[str]) -> None:
    def pour(connection: socket.socket) -> None:
        answering(b"", *headers)(connection)
        while True:
            connection.sendall(b"1000\r\n" + b"a" * 4096 + b"\r\n" if "chunked" in str(headers) else b"a" * 4096)

    assert code_of(pour) == "fetch.too-large"


def test_a_bomb_of_gzip_stops_at_the_limit() -> None:
    body = gzip.compress(b"\0" * (60 << 20))
    assert len(body) < LIMIT
    assert code_of(answering(body, "Content-Encoding: gzip")) == "fetch.too-large"


@pytest.mark.parametrize(
    "answer",
    [
        answering(b"abc", "Content-Length: 10"),
        answering(gzip.compress(b"abc" * 100)[:-9], "Content-Encoding: gzip"),
        answering(b"abc", "Content-Encoding: gzip"),
        answering(b"abc", "Content-Encoding: br"),
        answering(b"5\r\nab", "Transfer-Encoding: chunked"),
        answering(b"zz\r\nab", "Transfer-Encoding: chunked"),
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n"),
        lambda connection: None,
        answering(b"", *[f"X-{number}: y" for number in range(200)]),
        answering(b"", "X: " + "y" * 70_000),
    ],
)
def test_an_answer_that_is_cut_off_or_is_none_is_told(answer: Callable[[socket.socket], None]) -> None:
    assert code_of(answer) == "fetch.failed"


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError) as caught:
        loopback_fetcher().fetch(f"http://{HOST}:{port}/", Purpose.KEYS)
    assert caught.value.code == "fetch.failed"


def test_a_byte_now_and_then_does_not_stretch_the_time() -> None:
    """The two seconds of keys are for the whole of it; each byte alone would come in time."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    def give_body(connection: socket.socket) -> None:
        connection.sendall(head)
        drip(connection, b"a" * 20, 0.25)

    answers: dict[str, Callable[[socket.socket], None]] = {
        "silence": lambda connection: time.sleep(4),
        "header": lambda connection: drip(connection, head[:20], 0.25),
        "body": give_body,
        "handshake": lambda connection: drip(connection, b"\x16\x03\x03\x20\x00" * 4, 0.25),
    }

    def ask(where: str) -> tuple[str, float]:
        secure = where == "handshake"
        with raw_server(answers[where], secure=secure) as port:
            began = time.monotonic()
            with pytest.raises(FetchError) as caught:
                loopback_fetcher().fetch(f"http{'s' * secure}://{HOST}:{port}/", Purpose.KEYS)
            return caught.value.code, time.monotonic() - began

    with ThreadPoolExecutor(len(answers)) as pool:
        told = dict(zip(answers, pool.map(ask, answers), strict=True))
    assert {where: code for where, (code, _) in told.items()} == dict.fromkeys(answers, "fetch.timeout")
    limit = Purpose.KEYS.max_seconds
    assert all(limit - 0.2 < seconds < limit + 2 for _, seconds in told.values())


def test_a_look_up_that_does_not_end_is_not_waited_for() -> None:
    def never(host: str, port: int) -> Sequence[str]:
        time.sleep(6)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(FetchError) as caught:
        Fetcher(allowed=frozenset(Purpose), resolve=never).fetch("https://example.org/", Purpose.KEYS)
    assert caught.value.code == "fetch.timeout"
    assert time.monotonic() - began < Purpose.KEYS.max_seconds + 2


def secured(connection: socket.socket) -> None:
    with serving_context().wrap_socket(connection, server_side=True) as wrapped:
        wrapped.recv(65536)
        wrapped.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def test_a_certificate_is_checked_by_the_name_and_by_who_signed_it() -> None:
    """The right name by a known authority passes; another name, an unknown authority, no TLS do not."""
    with raw_server(secured, secure=True) as port:
        assert loopback_fetcher().fetch(f"https://{HOST}:{port}/", Purpose.KEYS).body == b"{}"
        faults: dict[str, HeadwaterError] = {}
        system = Fetcher(
            allowed=frozenset(Purpose), addresses=UnsafeLoopbackAddresses(), resolve=lambda host, port: ["127.0.0.1"]
        )
        for what, fetcher, host in (("name", loopback_fetcher(), "other.example.org"), ("authority", system, HOST)):
            with pytest.raises(FetchError) as caught:
                fetcher.fetch(f"https://{host}:{port}/", Purpose.KEYS)
            faults[what] = caught.value
        assert {what: fault.code for what, fault in faults.items()} == {"name": "fetch.tls", "authority": "fetch.tls"}
    with raw_server(answering(b"{}")) as port, pytest.raises(FetchError) as caught:
        loopback_fetcher().fetch(f"https://{HOST}:{port}/", Purpose.KEYS)
    assert caught.value.code in {"fetch.tls", "fetch.timeout"}


def test_the_certificate_of_these_tests_is_good_for_no_other_authority() -> None:
    """Nothing of the tests' trust reaches the program."""
    assert trusting().cert_store_stats()["x509_ca"] == 1
    assert "authority.pem" not in Path("ontology/fetching.py").read_text("utf-8")
