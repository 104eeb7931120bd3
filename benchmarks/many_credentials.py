"""A thousand mixed credentials from files, by one process and by two, beside a loop of PyLD, PyJWT and cryptography.

All are signed for the run by a key of its own: badges, tokens, records with six badges, expired and changed ones. Two
processes are to be compared with what the machine gives at that moment: two that do nothing but count are timed beside.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import base58
import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ontology.credentials.proofs import data_to_sign
from ontology.credentials.verdicts import Verdict
from ontology.credentials.verifying_worker import Request, Terms
from service.verifying_many import find_documents, verify_documents

from .credentials import SAMPLES, Document, verify_plainly
from .processes import count_in, processor_seconds
from .report import Table

COUNT: Final = 1000
NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)
INSIDE: Final = 6
"""Badges in a record."""
ONE: Final = "headwater verify, 1 process"
TWO: Final = "headwater verify, 2 processes"
LOOP: Final = "PyLD + PyJWT + cryptography, a loop"
COUNTED: Final = "only counting, 1 process"
COUNTED_TWICE: Final = "only counting, 2 processes, twice as much"
_KINDS: Final = ("badge", "badge", "token", "badge", "record", "badge", "token", "expired", "badge", "changed")


class Issuer:
    """An invented issuer, whose DID is its key."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.did = f"did:key:z{base58.b58encode(bytes([0xED, 0x01]) + raw).decode()}"
        self.method = f"{self.did}#{self.did.removeprefix('did:key:')}"

    def signed(self, document: Document) -> Document:
        """The document with its proof."""
        proof: Document = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-01-01T00:00:00Z",
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
        }
        signature = self._key.sign(data_to_sign(document, proof, "eddsa-rdfc-2022"))
        return {**document, "proof": [{**proof, "proofValue": f"z{base58.b58encode(signature).decode()}"}]}

    def token(self, document: Document) -> str:
        """The document as a VC-JWT."""
        return jwt.encode({"vc": document, "iss": self.did}, self._key, algorithm="EdDSA", headers={"kid": self.method})


def made_credentials(count: int) -> list[tuple[bytes, Verdict]]:
    """So many, no two alike, and the verdict that each should have."""
    issuer = Issuer()
    badge = json.loads(SAMPLES.joinpath("ob3/simple.json").read_bytes())
    record = json.loads(SAMPLES.joinpath("clr2/simple.json").read_bytes())
    return [_made(issuer, badge, record, number) for number in range(count)]


def _made(issuer: Issuer, badge: Document, record: Document, number: int) -> tuple[bytes, Verdict]:
    kind = _KINDS[number % len(_KINDS)]
    plain = _named(issuer, badge, f"{number}")
    if kind == "token":
        return issuer.token(plain).encode(), Verdict.VERIFIED
    if kind == "record":
        inside = [issuer.signed(_named(issuer, badge, f"{number}-{place}")) for place in range(INSIDE)]
        whole = _named(issuer, record, f"{number}")
        whole["credentialSubject"] = {**whole["credentialSubject"], "verifiableCredential": inside}
        return json.dumps(issuer.signed(whole)).encode(), Verdict.VERIFIED
    if kind == "expired":
        return json.dumps(issuer.signed({**plain, "validUntil": "2026-02-01T00:00:00Z"})).encode(), Verdict.EXPIRED
    signed = issuer.signed(plain)
    if kind == "changed":
        return json.dumps({**signed, "name": "Another name"}).encode(), Verdict.TAMPERED
    return json.dumps(signed).encode(), Verdict.VERIFIED


def _named(issuer: Issuer, sample: Document, name: str) -> Document:
    bare = {key: value for key, value in sample.items() if key != "proof"}
    profile = bare["issuer"] if isinstance(bare["issuer"], dict) else {"type": ["Profile"]}
    return {**bare, "id": f"urn:example:{name}", "issuer": {**profile, "id": issuer.did}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a contender took."""

    start: float
    """Seconds until the first verdict."""
    seconds: float
    """Afterwards."""
    cpu: float
    """Processor seconds of all processes, afterwards."""
    busiest: float
    """The same of the process that took most of it."""


def many_table(folder: Path, rounds: int, tell: Callable[[str], None], *, count: int = COUNT) -> Table:
    """Contenders in turns; medians of the rounds."""
    made = made_credentials(count)
    for number, (data, _) in enumerate(made):
        (folder / f"{number:05}.json").write_bytes(data)
    expected = [verdict for _, verdict in made]
    contenders: dict[str, Callable[[], Spent]] = {
        ONE: lambda: _verify(folder, 1, expected),
        TWO: lambda: _verify(folder, 2, expected),
        LOOP: lambda: _verify_all_plainly(made),
        COUNTED: lambda: _count(1),
        COUNTED_TWICE: lambda: _count(2),
    }
    kept: dict[str, list[Spent]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, work in contenders.items():
            kept[name].append(work())
        tell(f"credentials: round {number + 1} done")
    return _as_table(kept, count)


def _as_table(kept: dict[str, list[Spent]], count: int) -> Table:
    table = Table(
        title="Credentials: mixed ones from files",
        columns=("start s", "then s", "a second", "CPU s", "of the busiest", "x one", "x one by CPU"),
    )
    for name, runs in kept.items():
        base, work = (kept[COUNTED], 2 if name == COUNTED_TWICE else 1) if "count" in name else (kept[ONE], 1)
        pairs = list(zip(base, runs, strict=True))
        seconds = median(each.seconds for each in runs)
        table.add(
            name,
            median(each.start for each in runs),
            seconds,
            None if "count" in name else round(count / seconds),
            median(each.cpu for each in runs),
            median(each.busiest for each in runs),
            median(one.seconds * work / each.seconds for one, each in pairs),
            median(one.busiest * work / each.busiest for one, each in pairs),
        )
    table.remarks.append(
        f"{count:,} of 1 to 12 kB, read from files, all steps; in ten: six badges (one of them changed), two tokens, "
        "an expired badge, a record with six badges. All but the first column are from the first verdict on. The loop "
        "proves signatures and nothing else. x one by CPU: by the processor time of the busiest process, which other "
        "work on the machine lengthens less; on free cores both agree. Counting shows what the machine gives."
    )
    return table


def _verify(folder: Path, workers: int, expected: Sequence[Verdict]) -> Spent:
    """Verdicts of all; processor time is looked at while the processes are there."""
    told = verify_documents(find_documents([folder]), Terms(), Request(now=NOW), workers=workers)
    begun = time.perf_counter()
    found, ready, at_first = [], begun, processor_seconds()
    at_last = at_first
    for each in told:
        assert isinstance(each, tuple), each
        found.append(each[1].verdict)
        if len(found) == 1:
            ready, at_first = time.perf_counter(), processor_seconds()
        if len(found) == len(expected):
            at_last = processor_seconds()
            ended = time.perf_counter()
    assert found == list(expected), "verdicts differ"
    spent = [at_last[process] - at_first.get(process, 0.0) for process in at_last]
    return Spent(start=ready - begun, seconds=ended - ready, cpu=sum(spent), busiest=max(spent))


def _count(processes: int) -> Spent:
    seconds, spent = count_in(processes)
    return Spent(start=0.0, seconds=seconds, cpu=sum(spent), busiest=max(spent))


def _verify_all_plainly(made: Sequence[tuple[bytes, Verdict]]) -> Spent:
    """As one would write it: a token by PyJWT, a proof by PyLD; whether it is expired is not looked at."""
    begun, before = time.perf_counter(), time.process_time()
    for data, verdict in made:
        holds = _holds(data)
        assert holds is (verdict is not Verdict.TAMPERED), "the loop finds another signature"
    used = time.process_time() - before
    return Spent(start=0.0, seconds=time.perf_counter() - begun, cpu=used, busiest=used)


def _holds(data: bytes) -> bool:
    if not data.startswith(b"{"):
        method = jwt.get_unverified_header(data)["kid"]
        raw = base58.b58decode(method.rpartition("#z")[2])[2:]
        jwt.decode(data, Ed25519PublicKey.from_public_bytes(raw), algorithms=["EdDSA"])
        return True
    document = json.loads(data)
    subject = document["credentialSubject"]
    try:
        verify_plainly([document, *subject.get("verifiableCredential", ())])
    except InvalidSignature:
        return False
    return True
