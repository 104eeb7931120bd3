"""The status of credentials: bit lists of both kinds, 1EdTech's revocation lists, and lists that are not to be believed."""

import base64
import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
from proof_signing import VC1, VC2, Library, Object, badge, signer, token_of, with_proof

from ontology.credentials.bitstrings import MAX_BYTES, NotBitsError, unpack_bits, value_at
from ontology.credentials.reports import StatusOutcome, StatusReport
from ontology.credentials.resolving import FileResolver, NoResolver
from ontology.credentials.status import check_status
from ontology.credentials.status_lists import StatusPurpose, encode_bits, status_list_credential
from ontology.fetching import Purpose
from ontology.json_documents import Json

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests/data/credentials"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ED = signer("Ed25519")
LIST = "https://college.example/status/1"


def packed(bits: bytes, prefix: str = "u") -> str:
    """An `encodedList`."""
    return prefix + base64.urlsafe_b64encode(gzip.compress(bits, mtime=0)).rstrip(b"=").decode()


def entry(index: Json = 7, **more: Json) -> Object:
    """Of a credential, in the list at `LIST`."""
    return {"id": f"{LIST}#7", "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": index,
            "statusListCredential": LIST, **more}  # fmt: skip


def status_list(encoded: str, purpose: Json = "revocation", **more: Json) -> Object:
    """A list, unsigned."""
    subject: Object = {
        "id": f"{LIST}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": encoded,
    }
    return {"@context": [VC2], "id": LIST, "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": ED.did, "validFrom": "2026-01-01T00:00:00Z", "credentialSubject": subject, **more}  # fmt: skip


def bits_with(*indexes: int) -> str:
    """A list of the least length with these bits set."""
    return encode_bits(indexes)


def checked(status: Json, documents: dict[str, Any], **more: Any) -> StatusReport:
    """The status of a badge with these entries and these documents."""
    return check_status(badge(ED.did, credentialStatus=status, **more), Library(documents), now=NOW)


def reasons(report: StatusReport) -> str:
    """All that is told."""
    return " ".join(f"{check.outcome} {check.reason}" for check in report.checks)


def test_without_a_status_nothing_is_asked() -> None:
    """It is absent."""
    library = Library()
    for document in (badge(ED.did), badge(ED.did, credentialStatus=None), badge(ED.did, credentialStatus=[])):
        assert check_status(document, library, now=NOW).outcome is StatusOutcome.ABSENT
    assert not library.asked


@pytest.mark.parametrize("index", [0, 7, 8, 131_071, "7"])
def test_a_bit_that_is_set_revokes(index: Json) -> None:
    """Counted from the left; a number or digits."""
    signed = with_proof(status_list(bits_with(int(str(index)))), ED)
    report = checked(entry(index), {LIST: signed})
    assert report.outcome is StatusOutcome.REVOKED, reasons(report)
    beside = checked(entry(int(str(index)) ^ 1), {LIST: signed})
    assert beside.outcome is StatusOutcome.VALID
    assert [check.outcome for check in beside.checks] == ["pass"]


def test_what_the_issuer_of_this_project_publishes_is_read() -> None:
    """The other half's list."""
    made = status_list_credential(
        address=LIST, issuer=ED.did, purpose=StatusPurpose.SUSPENSION, indexes=[3], valid_from=NOW,
        valid_until=datetime(2027, 1, 1, tzinfo=UTC), ttl_seconds=300,
    )  # fmt: skip
    report = checked(entry(3, statusPurpose="suspension"), {LIST: with_proof(made, ED)})
    assert report.outcome is StatusOutcome.SUSPENDED


def test_a_list_may_be_a_token() -> None:
    """Of the same issuer."""
    token = token_of({**status_list(bits_with(7)), "iss": ED.did}, ED).encode()
    assert checked(entry(), {LIST: token}).outcome is StatusOutcome.REVOKED
    broken = token[:-4] + b"AAAA"
    assert checked(entry(), {LIST: broken}).outcome is StatusOutcome.UNVERIFIABLE


@pytest.mark.parametrize("prefix", ["", "u"])
def test_status_list_2021_is_read(prefix: str) -> None:
    """With the prefix of multibase or without, in VC 1.1."""
    made: Object = {
        "@context": [VC1, "https://w3id.org/vc/status-list/2021/v1"],
        "id": LIST,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": ED.did,
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": f"{LIST}#list", "type": "StatusList2021", "statusPurpose": "revocation",
                              "encodedList": packed(b"\x01" + bytes(16383), prefix)},
    }  # fmt: skip
    signed = with_proof({**made, "@context": [*made["@context"], "https://w3id.org/security/data-integrity/v2"]}, ED)  # type: ignore[misc]
    old = entry(7, type="StatusList2021Entry")
    assert checked(old, {LIST: signed}).outcome is StatusOutcome.REVOKED
    assert checked({**old, "statusListIndex": "6"}, {LIST: signed}).outcome is StatusOutcome.VALID
    assert checked(entry(7), {LIST: signed}).outcome is StatusOutcome.UNVERIFIABLE, "an entry of the other kind"


def test_short_lists_and_other_addresses_are_read_with_a_remark() -> None:
    """They are in real use."""
    signed = with_proof(status_list(packed(b"\x01" + bytes(99)), id="urn:other"), ED)
    report = checked(entry(), {LIST: signed})
    assert report.outcome is StatusOutcome.REVOKED
    assert "remark The status list's id is not its address." in reasons(report)
    assert "remark The status list has 800 entries" in reasons(report)


def test_entries_of_several_bits_give_messages() -> None:
    """Which need one for each value."""
    messages: list[Json] = [{"status": f"0x{value}", "message": f"stage {value}"} for value in range(4)]
    status = entry(2, statusPurpose="message", statusSize=2, statusMessage=messages)
    signed = with_proof(status_list(packed(bytes([0b00000010]) + bytes(32767)), "message"), ED)
    report = checked(status, {LIST: signed})
    assert (report.outcome, report.messages) == (StatusOutcome.VALID, ("stage 0",))
    report = checked({**status, "statusListIndex": 3}, {LIST: signed})
    assert report.messages == ("stage 2",)
    assert checked({**status, "statusMessage": messages[:3]}, {LIST: signed}).outcome is StatusOutcome.UNVERIFIABLE


def test_of_several_entries_the_worst_counts() -> None:
    """Revoked before suspended; what cannot be checked before both."""
    other = "https://college.example/status/2"
    documents = {
        LIST: with_proof(status_list(bits_with(7), ["revocation", "suspension"]), ED),
        other: with_proof(status_list(bits_with(7), "suspension", id=other), ED),
    }
    suspended = entry(statusListCredential=other, statusPurpose="suspension")
    report = checked([suspended, entry()], documents)
    assert report.outcome is StatusOutcome.REVOKED
    assert len(report.checks) == 2
    assert checked([suspended, entry(8)], documents).outcome is StatusOutcome.SUSPENDED
    gone = entry(statusListCredential="https://college.example/gone")
    assert checked([entry(), gone], documents).outcome is StatusOutcome.UNVERIFIABLE
    assert checked([entry(8)] * 100, documents).outcome is StatusOutcome.UNVERIFIABLE


def resigned(**changes: Json) -> Callable[[], Any]:
    """A list with changes, signed."""
    return lambda: with_proof(status_list(bits_with(), **changes), ED)


def of_subject(**changes: Json) -> Callable[[], Any]:
    """A list whose subject has changes, signed."""

    def make() -> Any:
        made = status_list(bits_with())
        made["credentialSubject"] = {**made["credentialSubject"], **changes}  # type: ignore[dict-item]
        return with_proof(made, ED)

    return make


def bomb(mebibytes: int = 1024) -> str:
    """A list of 1 GiB in about 1 MB: a packed MiB of zeros that stands for itself, 1,024 times or as often as said."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    content = head + part * mebibytes + packer.flush()
    assert len(content) < 2 << 20
    return "u" + base64.urlsafe_b64encode(content).rstrip(b"=").decode()


BAD_LISTS: list[tuple[str, Callable[[], Any]]] = [
    ("there is no proof", lambda: status_list(bits_with())),
    ("does not hold", lambda: {**with_proof(status_list(bits_with(7)), ED), "credentialSubject": status_list(bits_with())["credentialSubject"]}),
    ("was signed by another key", lambda: with_proof(status_list(bits_with()), signer("Ed25519", 1))),
    ("is no BitstringStatusListCredential", resigned(type=["VerifiableCredential"])),
    ("has expired", resigned(validUntil="2026-11-22T00:00:00Z")),
    ("not yet valid", resigned(validFrom="2026-11-23T00:00:00Z")),
    ("no point in time", resigned(validFrom="soon")),
    ("is not for revocation", of_subject(statusPurpose="suspension")),
    ("is no BitstringStatusList", resigned(credentialSubject=[])),
    ("no encodedList", of_subject(encodedList=None)),
    ("cannot be read", of_subject(encodedList="u!!")),
    ("is not packed by gzip", of_subject(encodedList="u" + base64.urlsafe_b64encode(bytes(30)).decode())),
    ("was cut off", of_subject(encodedList=packed(bytes(16384))[:-12])),
    ("and not one of index 7", of_subject(encodedList=packed(b""))),
    ("larger than 16 MiB", lambda: with_proof(status_list(packed(bytes(MAX_BYTES + 1))), ED)),
    ("is not JSON", lambda: b"<html>"),
    ("more than once", lambda: b'{"id": 1, "id": 2}'),
    ("there is no proof", lambda: b"{}"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "make"), BAD_LISTS, ids=range(len(BAD_LISTS)))
def test_a_list_that_is_not_to_be_believed_says_nothing(word: str, make: Callable[[], Any]) -> None:
    """The status is unverifiable, for a reason."""
    report = checked(entry(), {LIST: make()})
    assert report.outcome is StatusOutcome.UNVERIFIABLE
    assert word in reasons(report)


def test_a_list_of_a_gigabyte_is_not_unpacked() -> None:
    """Refused at 16 MiB."""
    with pytest.raises(NotBitsError, match="larger than 16 MiB"):
        unpack_bits(bomb())


def test_a_swollen_list_takes_little_memory() -> None:
    """Lists of both kinds, of 1 GiB and of as much as a megabyte of JSON holds: a whole verification, with 96 MiB to spare."""
    cases = []
    for kind, mebibytes in product(("BitstringStatusList", "StatusList2021"), (720, 1024)):
        made = status_list(bomb(mebibytes), type=["VerifiableCredential", f"{kind}Credential"])
        made["credentialSubject"] = {**cast("Object", made["credentialSubject"]), "type": kind}
        document = badge(ED.did, credentialStatus=entry(type=f"{kind}Entry"))
        if kind == "StatusList2021":
            document["issuanceDate"], document["expirationDate"] = document.pop("validFrom"), document.pop("validUntil")
            made["issuanceDate"] = made.pop("validFrom")
            older = ["https://w3id.org/vc/status-list/2021/v1", "https://w3id.org/security/data-integrity/v2"]
            made["@context"] = [VC1, *older]
            document["@context"] = [VC1, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json", *older]
        cases.append((with_proof(document, ED), {LIST: with_proof(made, ED)}))
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/swollen_list_worker.py")],
        input=json.dumps({"spare": 96 << 20, "documents": cases}),
        check=True, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert [verdict for verdict, _ in answer["found"]] == ["unverifiable"] * 4
    for (_, reason), word in zip(answer["found"], ["larger than 16 MiB", "larger than the 1024 KiB"] * 2, strict=True):
        assert word in reason
    assert answer["limited"]
    assert answer["peak"] < 64 << 20


BAD_ENTRIES: list[tuple[str, Json]] = [
    ("is no object", "x"),
    ("of type nothing", {}),
    ("of type CredentialStatusList2017", {"id": LIST, "type": "CredentialStatusList2017"}),
    ("no statusListCredential", {"type": "BitstringStatusListEntry"}),
    ("no statusPurpose", entry(statusPurpose=None)),
    ("statusListIndex is no whole number", entry(None)),
    ("statusListIndex is no whole number", entry(-1)),
    ("statusListIndex is no whole number", entry("-1")),
    ("statusListIndex is no whole number", entry(1.5)),
    ("statusListIndex is no whole number", entry(True)),
    ("statusListIndex is no whole number", entry("\u0661")),
    ("and not one of index 131,072", entry(131_072)),
    ("and not one of index", entry(999_999_999_999)),
    ("of 64 bits is not read", entry(statusSize=64)),
    ("of 0 bits is not read", entry(statusSize=0)),
    ("statusSize is no whole number", entry(statusSize="x")),
]


@pytest.mark.parametrize(("word", "status"), BAD_ENTRIES, ids=range(len(BAD_ENTRIES)))
def test_an_entry_that_says_nothing_is_unverifiable(word: str, status: Json) -> None:
    """For a reason."""
    report = checked(status, {LIST: with_proof(status_list(bits_with()), ED)})
    assert report.outcome is StatusOutcome.UNVERIFIABLE
    assert word in reasons(report)


def test_a_purpose_that_is_not_known_counts_where_it_is_set() -> None:
    """And refresh is only remarked."""
    for purpose, outcome in (("recall", StatusOutcome.UNVERIFIABLE), ("refresh", StatusOutcome.VALID)):
        signed = with_proof(status_list(bits_with(7), purpose), ED)
        assert checked(entry(statusPurpose=purpose), {LIST: signed}).outcome is outcome
        assert checked(entry(8, statusPurpose=purpose), {LIST: signed}).outcome is StatusOutcome.VALID


REVOCATIONS = "https://college.example/revocations"
BY_1EDTECH: Json = {"id": REVOCATIONS, "type": "1EdTechRevocationList"}
OWN = badge(ED.did)["id"]


@pytest.mark.parametrize(
    ("outcome", "word", "listed"),
    [
        (StatusOutcome.VALID, "does not have it", {"revokedCredential": []}),
        (StatusOutcome.VALID, "does not have it", {"revokedCredential": [{"id": "urn:other"}, 7]}),
        (StatusOutcome.VALID, "does not have it", {"revokedCredential": [{"id": OWN, "revoked": False}]}),
        (StatusOutcome.REVOKED, "revoked", {"revokedCredential": [{"id": OWN}]}),
        (StatusOutcome.REVOKED, "Plagiarism", {"revokedCredential": [{"id": OWN, "revoked": True, "revocationReason": "Plagiarism"}]}),
        (StatusOutcome.REVOKED, "not its address", {"id": "urn:x", "revokedCredential": [{"id": OWN}]}),
        (StatusOutcome.UNVERIFIABLE, "not the credential's issuer", {"issuer": "https://evil.example/", "revokedCredential": []}),
        (StatusOutcome.UNVERIFIABLE, "is no revocation list", {}),
        (StatusOutcome.UNVERIFIABLE, "is no revocation list", {"revokedCredential": {}}),
    ],
)  # fmt: skip
def test_revocation_lists_of_1edtech_are_read(outcome: StatusOutcome, word: str, listed: dict[str, Any]) -> None:
    """An id that is listed is revoked unless the list says otherwise."""
    report = checked(BY_1EDTECH, {REVOCATIONS: {"id": REVOCATIONS, **listed}})
    assert report.outcome is outcome
    assert word in reasons(report)


def test_a_credential_without_an_id_is_in_no_revocation_list() -> None:
    """Nothing could name it."""
    assert checked(BY_1EDTECH, {REVOCATIONS: {"revokedCredential": []}}, id=None).outcome is StatusOutcome.UNVERIFIABLE


def test_a_switched_off_fetch_names_its_setting() -> None:
    """So that whoever reads the reason knows what to do."""
    report = check_status(badge(ED.did, credentialStatus=entry()), NoResolver(), now=NOW)
    assert report.outcome is StatusOutcome.UNVERIFIABLE
    assert "HEADWATER_FETCH=status" in reasons(report)


def test_lists_are_asked_for_as_lists_and_their_keys_as_keys() -> None:
    """Each within its own limits."""
    did = "did:web:college.example"
    key: Json = {"id": f"{did}#1", "type": "Multikey", "controller": did, "publicKeyMultibase": ED.key.multikey()}
    there = "https://college.example/.well-known/did.json"
    made = with_proof(status_list(bits_with(7), issuer=did), ED, verificationMethod=f"{did}#1")
    library = Library({LIST: made, there: {"id": did, "assertionMethod": [key]}})
    report = check_status(badge(did, credentialStatus=entry()), library, now=NOW)
    assert report.outcome is StatusOutcome.REVOKED
    assert library.asked == [(LIST, Purpose.STATUS), (there, Purpose.KEYS)]


FIXTURES = "https://digitalcredentials.github.io/vc-test-fixtures/statusLists/didkey-ed25519Signature2020/"
RAW = "https://raw.githubusercontent.com/1EdTech/digital-credentials-public-validator/refs/heads/main/inspector-vc/src/test/resources/ob30/bit-string-list/testlist"
SAMPLES = FileResolver(
    {
        **{
            FIXTURES + path.name: path
            for path in DATA.joinpath("dcc/statusLists/didkey-ed25519Signature2020").iterdir()
        },
        RAW: DATA / "1edtech/ob3/bit-string-list/testlist",
    }
)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("1edtech/ob3/bit-string-list/credential-status-revoked.json", StatusOutcome.REVOKED),
        ("1edtech/ob3/bit-string-list/credential-status-revoked-blank-nodes.json", StatusOutcome.REVOKED),
        ("dcc/samples/v1/ed25519/didWeb/legacy-revokedStatus-noExpiry.json", StatusOutcome.REVOKED),
        ("dcc/samples/v1/ed25519/didKey/mixedRegistry-validStatus-noExpiry.json", StatusOutcome.VALID),
        ("dcc/samples/v2/ed25519/didKey/legacy-expiredStatus-noExpiry.json", StatusOutcome.UNVERIFIABLE),
        ("dcc/samples/v2/ed25519/didKey/legacy-notYetValidStatus-noExpiry.json", StatusOutcome.UNVERIFIABLE),
        ("dcc/samples/v2/ed25519/didKey/legacy-missingTypeStatus-noExpiry.json", StatusOutcome.UNVERIFIABLE),
    ],
)
def test_the_samples_have_the_status_of_their_names(name: str, outcome: StatusOutcome) -> None:
    """1EdTech's list and those of the Digital Credentials Consortium."""
    report = check_status(json.loads(DATA.joinpath(name).read_bytes()), SAMPLES, now=NOW)
    assert report.outcome is outcome, reasons(report)


def test_a_tampered_list_says_nothing() -> None:
    """The consortium's own."""
    report = checked(entry(statusListCredential=FIXTURES + "tampered"), {
        FIXTURES + "tampered": json.loads(DATA.joinpath("dcc/statusLists/didkey-ed25519Signature2020/tampered").read_bytes())
    })  # fmt: skip
    assert report.outcome is StatusOutcome.UNVERIFIABLE
    assert "does not hold" in reasons(report)


def test_values_are_read_across_bytes() -> None:
    """Of three bits each."""
    bits = bytes([0b00000101, 0b10111000])
    assert [value_at(bits, index, 3) for index in range(5)] == [0, 1, 3, 3, 4]
    with pytest.raises(NotBitsError):
        value_at(bits, 5, 3)


def test_more_after_a_list_is_refused() -> None:
    """A second member of gzip, or anything else."""
    content = gzip.compress(bytes(16384), mtime=0)
    for more in (content, b"x"):
        with pytest.raises(NotBitsError, match="more follows"):
            unpack_bits("u" + base64.urlsafe_b64encode(content + more).rstrip(b"=").decode())
