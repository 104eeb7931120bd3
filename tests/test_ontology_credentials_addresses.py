"""Wherever a credential names an address of this machine or its network: a reason is told, and nobody is dialled.

Fetching is on, and the operator has even named the hosts; connections are counted by a listener on loopback. All
issuers and learners are invented.
"""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest
from credential_forms import BADGES, NOW, around_2, assertion
from proof_signing import VC2, Object, badge, signer, token_of, with_proof

from ontology.credentials.canonical import UnsafeDocumentError
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.resolving import FetchingResolver, FileResolver, Resolver, UnresolvedError
from ontology.credentials.verdicts import Outcome, Step, Verdict, Verification
from ontology.credentials.verification import verify
from ontology.fetching import Fetcher, PublicAddresses, Purpose, UnsafeLoopbackAddresses

BY: Final = signer("Ed25519")
NAMES: Final = {
    "inside.example": ["127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "both.example": ["93.184.215.14", "127.0.0.1"],
}
"""Public names that lead to private addresses."""
HOSTS: Final = (
    "127.0.0.1", "127.1", "127.0.0.1.", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fd00:ec2::254]",
    "169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:169.254.169.254]", "metadata.google.internal", "10.0.0.1",
    "100.100.100.200", "192.168.0.1", "user@127.0.0.1", "college.example@127.0.0.1", "127.0.0.1#@college.example",
    "127.0.0.1\\@college.example", "127。0。0。1", "\uff11\uff12\uff17.0.0.1", "\u24db\u24deca\u24dbhost", "intranet", "printer.local", *NAMES,
)  # fmt: skip


@dataclass(slots=True)
class Listener:
    """Counts the connections to a port of this machine."""

    port: int
    connections: int = 0
    looked_up: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a name, and a note of it."""
        self.looked_up.append(host)
        return NAMES.get(host, [])

    def fetcher(self, *, unsafe: bool = False) -> Fetcher:
        """Fetches for all purposes from all the hosts, with the port and without."""
        hosts = frozenset(each for host in HOSTS for each in (host, f"{host}:{self.port}", f"{host.strip('[]')}"))
        addresses = UnsafeLoopbackAddresses() if unsafe else PublicAddresses()
        return Fetcher(allowed=frozenset(Purpose), hosts=hosts, addresses=addresses, resolve=self.resolve)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener on loopback; whoever connects is counted and hung up on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        counting, over = Listener(server.getsockname()[1]), threading.Event()

        def accept() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    counting.connections += 1
                    connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield counting
        finally:
            over.set()
            thread.join()


@dataclass(frozen=True, slots=True)
class Half:
    """Gives documents of a library; what it does not have is fetched."""

    library: FileResolver
    rest: Resolver

    def get(self, url: str, purpose: Purpose) -> bytes:
        """Raises UnresolvedError."""
        try:
            return self.library.get(url, purpose)
        except UnresolvedError:
            return self.rest.get(url, purpose)


def proved(document: Object, method: str) -> bytes:
    """The document with a proof by a method; with one of another document where an address in it is no IRI."""
    try:
        signed = with_proof(document, BY, verificationMethod=method)
    except UnsafeDocumentError:
        signed = {**document, "proof": {**_of(with_proof(badge(BY.did), BY)), "verificationMethod": method}}
    return json.dumps(signed).encode()


def _of(signed: Object) -> Object:
    proof = signed["proof"]
    assert isinstance(proof, dict)
    return proof


def documents(host: str) -> Iterator[tuple[str, bytes]]:
    """(where it stands, a signed document) for every place of a credential that an address can stand in."""
    did, url = f"did:web:{host.replace(':', '%3A')}", f"https://{host}/x"
    octets = f"did:web:{host.replace('.', '%2E').replace(':', '%3A')}"
    for name in (did, octets, f"did:web:{host}", f"{did}:latest:meta-data"):
        yield "did:web", proved(badge(name), f"{name}#1")
    yield "did:web in a token", token_of({**badge(did), "iss": did}, BY, kid=f"{did}#1").encode()
    yield "verificationMethod", proved(badge(url), f"{url}#1")
    yield "JWKS", token_of({**badge(url), "iss": url}, BY, kid="1").encode()
    yield "kid", token_of({**badge(url), "iss": url}, BY, kid=f"{url}/key").encode()
    for status in (
        {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": url},
        {"id": url, "type": "1EdTechRevocationList"},
    ):  # fmt: skip
        contexts = (VC2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json")
        more = ("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",) if "id" in status else ()
        document: Object = badge(BY.did, contexts=(*contexts, *more), credentialStatus=dict(status))
        yield "status", proved(document, BY.method)
    yield "hosted badge", json.dumps(assertion(id=url)).encode()
    yield "address in a picture", url.encode()
    yield "badge class", json.dumps(assertion(badge=url)).encode()
    signed = assertion(verification={"type": "signed", "creator": url}, id="urn:uuid:2-1")
    yield "creator", token_of(signed, signer("RSA"), kid=None, typ=None).encode()


def found(document: bytes, fetcher: Fetcher) -> Verification:
    own = {str(assertion()["id"]): json.dumps(assertion()).encode()}
    with contextlib.suppress(ValueError):
        read = json.loads(document)
        if isinstance(read, dict) and read.get("id") in own:
            own = {str(read["id"]): document}
    library = FileResolver({**{url: json.dumps(each).encode() for url, each in around_2("RSA").items()}, **own})
    resolver = Half(library, FetchingResolver(fetcher))
    return verify(document, Circumstances(now=NOW, resolver=resolver))


@pytest.mark.parametrize("host", HOSTS)
def test_nobody_is_dialled(host: str, listener: Listener) -> None:
    """Refused with a reason, before a look-up unless it is a public name."""
    fetcher = listener.fetcher()
    for place, document in documents(f"{host}:{listener.port}"):
        verification = found(document, fetcher)
        assert verification.verdict in (Verdict.UNVERIFIABLE, Verdict.INVALID), place
        failed = [check for check in verification.checks if check.outcome is Outcome.FAIL]
        assert failed, place
        assert all(check.reason for check in failed)
    assert listener.connections == 0
    assert set(listener.looked_up) <= ({host} if host in NAMES else set())


@pytest.mark.parametrize(
    "rest", ["[", "[x", "[::1", "[x#y", "[x]#z6Mk", "a]b", "\u2100.example", "x:y", "x:99999999", "[v1.x]", "[::1]a", "[#", "%zz", "?#["]
)  # fmt: skip
def test_what_is_no_address_has_a_reason_and_is_no_error(rest: str, listener: Listener) -> None:
    """Wherever it stands, whether documents come from files or would be fetched; and in what the issuer publishes."""
    for resolver in (FetchingResolver(listener.fetcher()), FileResolver({})):
        for place, document in documents(rest):
            verification = verify(document, Circumstances(now=NOW, resolver=resolver))
            assert verification.verdict in (Verdict.UNVERIFIABLE, Verdict.INVALID), place
            assert any(each.outcome is Outcome.FAIL and each.reason for each in verification.checks), place
    around, own = around_2("RSA"), assertion()
    profile = around[f"{BADGES}/issuer"]
    for policy in ({"allowedOrigins": [f"https://{rest}"]}, {"startsWith": f"https://{rest}"}):
        known = {**around, f"{BADGES}/issuer": {**profile, "verification": policy}, str(own["id"]): own}
        library = FileResolver({url: json.dumps(each).encode() for url, each in known.items()})
        found = verify(json.dumps(own).encode(), Circumstances(now=NOW, resolver=library))
        assert found.verdict is Verdict.TAMPERED
    assert listener.connections == 0


def test_a_guard_that_is_off_dials(listener: Listener) -> None:
    """Each of these places is one from which a fetch would come: the counting counts."""
    fetcher, host = listener.fetcher(unsafe=True), f"inside.example:{listener.port}"
    places = set()
    for place, document in documents(host):
        before = listener.connections
        found(document, fetcher)
        deadline = threading.Event()
        for _ in range(200):
            if listener.connections > before:
                places.add(place)
                break
            deadline.wait(0.01)
    assert places == {place for place, _ in documents(host)}


def test_a_status_is_refused_for_its_address(listener: Listener) -> None:
    """The reason names it, at the step at which it was needed."""
    wanted = {"did:web": Step.PROOF, "status": Step.STATUS, "hosted badge": Step.PROOF, "creator": Step.PROOF}
    for place, document in documents("169.254.169.254"):
        if place in wanted:
            failed = [each for each in found(document, listener.fetcher()).checks if each.outcome is Outcome.FAIL]
            assert failed[0].step is wanted[place], (place, failed)
            assert any(word in str(failed[0].reason) for word in ("169.254.169.254", "name a host")), failed
