"""Where documents of a verification come from: a map of files, the guarded fetcher, one after the other."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fetch_serving import loopback_fetcher, raw_server
from proof_signing import ED2020, OB3, VC2, badge, signer, with_proof

from ontology.credentials.proofs import verify_proofs
from ontology.credentials.reports import ProofOutcome
from ontology.credentials.resolving import (
    ChainedResolver,
    FetchingResolver,
    FileResolver,
    NoResolver,
    Resolver,
    UnresolvedError,
)
from ontology.credentials.strict_json import NotStrictError, check_strict, parse_object, parse_strict
from ontology.errors import InputError
from ontology.fetching import Fetcher, Purpose
from ontology.json_documents import Json

DID, ADDRESS = "did:web:college.example:a", "https://college.example/a/did.json"


def write(folder: Path, content: Json) -> Path:
    """A map in a file."""
    path = folder / "map.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_a_map_gives_files_and_documents(tmp_path: Path) -> None:
    """Paths are relative to the map; objects and tokens stand in it."""
    tmp_path.joinpath("keys").mkdir()
    tmp_path.joinpath("keys/did.json").write_bytes(b'{"id": "x"}')
    token = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.x"
    resolver = FileResolver.read(
        write(
            tmp_path, {ADDRESS: "keys/did.json", "https://x.example/list": {"a": [1]}, "https://x.example/jwt": token}
        )
    )
    assert resolver.get(ADDRESS, Purpose.KEYS) == b'{"id": "x"}'
    assert resolver.get("https://x.example/list#7", Purpose.STATUS) == b'{"a":[1]}'
    assert resolver.get("https://x.example/jwt", Purpose.STATUS) == token.encode()
    with pytest.raises(UnresolvedError, match="not among the documents"):
        resolver.get("https://x.example/other", Purpose.STATUS)


@pytest.mark.parametrize(
    ("did", "address"),
    [
        (DID, ADDRESS),
        ("did:web:college.example", "https://college.example/.well-known/did.json"),
        ("did:web:college.example%3A8443:a", "https://college.example:8443/a/did.json"),
    ],
)
def test_a_did_may_stand_for_its_address(did: str, address: str) -> None:
    """Either is a key of the map."""
    for key in (did, address):
        assert FileResolver({key: b"{}"}).get(address, Purpose.KEYS) == b"{}"
    with pytest.raises(UnresolvedError):
        FileResolver({did: b"{}"}).get("https://college.example/b/did.json", Purpose.KEYS)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": 7}', '{"a": ""}', '{"a": null}', '{"a": "x", "a": "y"}', "not json", "\ufeff{}"]
)
def test_what_is_no_map_is_refused(tmp_path: Path, content: str) -> None:
    """With a code and a hint."""
    path = tmp_path / "map.json"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        FileResolver.read(path)
    assert caught.value.code == "credential.resolve-map"
    assert caught.value.hint
    with pytest.raises(InputError):
        FileResolver.read(tmp_path / "none.json")
    with pytest.raises(InputError):
        FileResolver.read(tmp_path)


def test_documents_of_files_have_the_limits_of_their_purpose(tmp_path: Path) -> None:
    """64 KiB for keys, 1 MiB for status lists; a file that is gone is told."""
    tmp_path.joinpath("large").write_bytes(bytes(64 << 10) + b"x")
    resolver = FileResolver.read(
        write(
            tmp_path,
            {
                "https://x.example/1": "large",
                "https://x.example/2": "gone",
                "https://x.example/3": {"a": "x" * (64 << 10)},
            },
        )
    )
    for url in ("https://x.example/1", "https://x.example/3"):
        with pytest.raises(UnresolvedError, match="64 KiB"):
            resolver.get(url, Purpose.KEYS)
        assert len(resolver.get(url, Purpose.STATUS)) > 64 << 10
    with pytest.raises(UnresolvedError, match="cannot be read"):
        resolver.get("https://x.example/2", Purpose.KEYS)


@pytest.mark.parametrize("purpose", [Purpose.KEYS, Purpose.STATUS])
def test_what_is_switched_off_names_its_setting(purpose: Purpose) -> None:
    """Whatever stands before it in the chain."""
    for resolver in (
        NoResolver(),
        FetchingResolver(Fetcher()),
        ChainedResolver((FileResolver({}), FetchingResolver(Fetcher()))),
        ChainedResolver(()),
    ):
        with pytest.raises(UnresolvedError) as caught:
            resolver.get("https://college.example/x", purpose)
        assert f"HEADWATER_FETCH={purpose.word}" in caught.value.reason


@pytest.mark.parametrize(
    "url",
    ["http://college.example/", "https://127.0.0.1/", "https://localhost/", "https://169.254.169.254/latest/meta-data", "https://[::1]/",
     "https://10.0.0.1/", "https://user@college.example/", "file:///etc/passwd", "https://college.example:8443/", "https://2130706433/"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_not_asked(url: str) -> None:
    """Though fetching is on."""

    def reached(host: str, port: int) -> list[str]:
        raise AssertionError("a name was looked up")

    fetcher = Fetcher(allowed=frozenset(Purpose), resolve=reached)
    with pytest.raises(UnresolvedError):
        FetchingResolver(fetcher).get(url, Purpose.KEYS)


def test_a_document_is_fetched_once() -> None:
    """Also where it cannot be had; a redirect is no document."""
    asked: list[int] = []
    body = b'{"id": "x"}'

    def answer(connection: object) -> None:
        asked.append(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))  # type: ignore[attr-defined]

    with raw_server(answer) as port:
        resolver = FetchingResolver(loopback_fetcher())
        for _ in range(3):
            assert resolver.get(f"http://college.example:{port}/did.json#1", Purpose.KEYS) == body
    assert len(asked) == 1

    def turn_away(connection: object) -> None:
        asked.append(2)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]

    with raw_server(turn_away) as port:
        resolver = FetchingResolver(loopback_fetcher())
        for _ in range(3):
            with pytest.raises(UnresolvedError):
                resolver.get(f"http://college.example:{port}/", Purpose.STATUS)
    assert asked.count(2) == 1


def test_no_more_than_some_documents_are_fetched() -> None:
    """Whatever names them; those that were had are still given."""
    body = b"{}"

    def answer(connection: object) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))  # type: ignore[attr-defined]

    with raw_server(answer) as port:
        resolver = FetchingResolver(loopback_fetcher(), most=2)
        first = f"http://college.example:{port}/1"
        for url in (first, f"http://college.example:{port}/2"):
            assert resolver.get(url, Purpose.KEYS) == body
        with pytest.raises(UnresolvedError, match="after 2 others"):
            resolver.get(f"http://college.example:{port}/3", Purpose.KEYS)
        assert resolver.get(first, Purpose.KEYS) == body


def test_the_first_resolver_that_has_a_document_gives_it() -> None:
    """Files before the network."""
    resolver: Resolver = ChainedResolver(
        (FileResolver({"https://x.example/": b"1"}), FileResolver({"https://x.example/": b"2"}))
    )
    assert resolver.get("https://x.example/", Purpose.KEYS) == b"1"


def test_a_credential_is_proven_by_files_alone(tmp_path: Path) -> None:
    """Its did:web document in a map."""
    by = signer("Ed25519")
    key: Json = {
        "id": f"{DID}#1",
        "type": "Ed25519VerificationKey2020",
        "controller": DID,
        "publicKeyMultibase": by.key.multikey(),
    }
    path = write(tmp_path, {DID: {"id": DID, "assertionMethod": [key]}})
    document = with_proof(
        badge(DID, contexts=(VC2, OB3, ED2020)), by, "Ed25519Signature2020", verificationMethod=f"{DID}#1"
    )
    report = verify_proofs(document, FileResolver.read(path), now=datetime(2026, 11, 22, tzinfo=UTC))
    assert report.outcome is ProofOutcome.PASS
    assert report.issuer_proven


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"a":1,"a":1}', b'{"a":{"b":1,"b":1}}', b"NaN", b"Infinity", b"1e999", b"-1e999", b'"\\ud800"', b'{"\\udc00":1}', b"\xff", b"\xef\xbb\xbf{}",
     b"1" * 500, b"[" * 100_000, b"[" * 100 + b"]" * 100],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_json_that_could_be_read_in_two_ways_is_refused(content: bytes) -> None:
    """Repeated names, numbers without measure, halves of characters, other encodings, endless nesting."""
    with pytest.raises(NotStrictError):
        parse_strict(content)


def test_plain_json_is_read() -> None:
    """As it stands."""
    assert parse_object('{"a": [1, 2.5, null, true, "\u00e9\\ud83d\\ude00"]}'.encode()) == {
        "a": [1, 2.5, None, True, "\u00e9\U0001f600"]
    }
    with pytest.raises(NotStrictError, match="not a JSON object"):
        parse_object(b"[]")
    values: list[Json] = [float("nan"), {"a": "\ud800"}, {"\ud800": 1}]
    for value in values:
        with pytest.raises(NotStrictError):
            check_strict(value)
