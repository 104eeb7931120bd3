"""Open Badges 2.0: an assertion that its issuer hosts, or signs as a JWS; a record of CLR 1.0 is proven the same way.

A hosted one holds where its own address gives the same document and its issuer allows that address; a signed one where
the issuer's key signed it and its revocation list does not name it. Badge class, issuer and key are documents of their
own, resolved by their addresses. Source: Open Badges 2.0, "Verification" and "Data Classes".
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ontology.fetching import Purpose
from ontology.json_documents import Json

from .addresses import place_of
from .circumstances import Circumstances
from .claims import MAX_CLAIMS, Claim, claims_of_badge_class, text
from .formats import Format, strings
from .identity import read_identity
from .reading import Object, Presented, same_json
from .resolving import UnresolvedError
from .safe_terms import find_term_faults
from .strict_json import NotStrictError, parse_object
from .structure import MAX_PROBLEMS, Classes, find_problems, is_uri, read_time
from .tokens import UNTAKEN, read_parts
from .verdicts import Issuer, Notes, Step, Verdict, Verification
from .w3c_credentials import last_moment, note_dates, note_recipient

BADGE_2_CLASSES: Final[Classes] = {
    "Assertion": {
        "type": "Assertion",
        "id": "uri 1",
        "recipient": "Identity 1",
        "badge": "uri|BadgeClass 1",
        "verification": "Verification 1",
        "issuedOn": "date-time 1",
        "expires": "date-time 0..1",
        "image": "uri|object 0..1",
        "evidence": "uri|object 0..*",
        "narrative": "text 0..1",
        "revoked": "boolean 0..1",
    },
    "Identity": {"type": "-", "identity": "text 1", "hashed": "boolean 1", "salt": "text 0..1"},
    "Verification": {"type": "hosted|HostedBadge|signed|SignedBadge", "creator": "uri 0..1"},
    "BadgeClass": {
        "type": "BadgeClass",
        "id": "uri 1",
        "name": "text 1",
        "description": "text 1",
        "image": "uri|object 0..1",
        "criteria": "uri|object 1",
        "issuer": "uri|Profile 1",
        "alignment": "uri|Alignment 0..*",
        "tags": "text 0..*",
    },
    "Alignment": {"targetName": "text 1", "targetUrl": "uri 1", "targetCode": "text 0..1"},
    "Profile": {"type": "Issuer|Profile", "id": "uri 1", "name": "text 1", "url": "uri 1", "email": "text 1"},
    "Publisher": {"type": "Issuer|Profile", "id": "uri 1"},
    "CryptographicKey": {"type": "CryptographicKey|Key", "id": "uri 1", "owner": "uri 1", "publicKeyPem": "text 1"},
}
"""What Open Badges 2.0 requires, and CLR 1.0 of a publisher; `structure` compares."""

HOSTED: Final = frozenset({"hosted", "HostedBadge", "Hosted"})
_SIGNED: Final = frozenset({"signed", "SignedBadge", "Signed"})
_DEFINITIONS: Final = frozenset({"BadgeClass", "Issuer", "Profile", "CryptographicKey", "RevocationList"})


@dataclass(slots=True)
class _Badge:
    """An assertion on its way, and what was resolved for it."""

    assertion: Object
    under: Circumstances
    notes: Notes = field(default_factory=Notes)
    badge: Object | None = None
    publisher: Json = None
    """Of a record of CLR 1.0, which has no badge class."""
    issuer: Object | None = None
    published: bool = False
    """Whether the issuer's profile came from the address that is its id; any other is a mere claim."""
    proven: bool = False

    def resolve(self, url: str, purpose: Purpose, step: Step, what: str) -> Object | None:
        """A document by its address; None, and a failed step, where it cannot be had."""
        try:
            return parse_object(self.under.resolver.get(url, purpose))
        except UnresolvedError as error:
            self.notes.fail(step, Verdict.UNVERIFIABLE, f"The {what} cannot be had: {error.reason}")
        except NotStrictError as error:
            self.notes.fail(step, Verdict.INVALID, f"The {what} at {url[:200]} cannot be read: {error}.")
        return None

    def part(self, value: Json, name: str, step: Step, what: str) -> Object | None:
        """A part that stands in the document or behind an address, checked; None where it is not as it must be."""
        url = value if isinstance(value, str) else None
        found = self.resolve(url, Purpose.KEYS, step, what) if url is not None else value
        if not isinstance(found, dict):
            return None
        problems = list(find_problems(found, name, BADGE_2_CLASSES))
        for problem in problems[:MAX_PROBLEMS]:
            self.notes.fail(Step.SCHEMA, Verdict.INVALID, f"The {what}: {problem}")
        if url is not None and found.get("id") != url:
            self.notes.remark(step, f"The {what} at {url[:200]} calls itself {str(found.get('id'))[:200]}.")
        return None if problems else found


def verify_badge_2(presented: Presented, under: Circumstances) -> Verification:
    """The verdict of an assertion; of a mere definition that it is none."""
    badge = _Badge(presented.document, under)
    notes = badge.notes
    notes.passed(Step.PARSE)
    if _is_address(presented.document):
        hosted = badge.resolve(str(presented.document["id"]), Purpose.KEYS, Step.PROOF, "hosted assertion")
        badge.assertion = hosted or presented.document
    if _is_address(badge.assertion):
        return _verification(badge)
    _note_terms(badge)
    types = set(strings(badge.assertion.get("type")))
    if types & _DEFINITIONS and "Assertion" not in types:
        return _definition(badge, min(types & _DEFINITIONS))
    _note_assertion(badge)
    if not notes.failed(Step.SCHEMA, Step.JSON_LD, Step.CONTEXT):
        _note_proof(badge, presented.token)
    return _verification(badge)


def prove_record(record: Object, token: str | None, under: Circumstances, notes: Notes) -> tuple[Object | None, bool]:
    """(the publisher's profile, whether it is proven) of a record of CLR 1.0, which is proven as a badge is."""
    badge = _Badge(record, under, notes, publisher=record.get("publisher"))
    _note_proof(badge, token)
    return badge.issuer, badge.proven


def _is_address(document: Object) -> bool:
    """Whether a picture had no more than the address of its assertion."""
    return document.keys() == {"type", "id"} and str(document["id"]).startswith(("http://", "https://"))


def _definition(badge: _Badge, kind: str) -> Verification:
    name = "Profile" if kind == "Issuer" else kind
    if name in BADGE_2_CLASSES:
        for problem in list(find_problems(badge.assertion, name, BADGE_2_CLASSES))[:MAX_PROBLEMS]:
            badge.notes.fail(Step.SCHEMA, Verdict.INVALID, str(problem))
    badge.notes.passed(Step.SCHEMA)
    badge.notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, f"Its type is {kind}: it is no assertion, and nobody holds it.")
    return _verification(badge)


def _note_terms(badge: _Badge) -> None:
    for fault in find_term_faults(badge.assertion):
        if fault.verdict is None:
            badge.notes.remark(fault.step, fault.reason)
        else:
            badge.notes.fail(fault.step, fault.verdict, fault.reason)
    badge.notes.passed(Step.CONTEXT)
    badge.notes.passed(Step.JSON_LD)


def _note_assertion(badge: _Badge) -> None:
    """Schema, subject, dates and recipient: what the assertion shows by itself."""
    notes, assertion = badge.notes, badge.assertion
    if "verification" not in assertion and "verify" in assertion:
        assertion = badge.assertion = {**assertion, "verification": assertion["verify"]}
    if assertion.get("revoked") is True:
        return
    for problem in list(find_problems(assertion, "Assertion", BADGE_2_CLASSES))[:MAX_PROBLEMS]:
        notes.fail(Step.SCHEMA, Verdict.INVALID, str(problem))
    issued, expires = read_time(assertion.get("issuedOn")), read_time(assertion.get("expires"))
    if issued is not None and expires is not None and expires < issued:
        notes.fail(Step.SCHEMA, Verdict.INVALID, "It expires before it was issued.")
    if any(key.startswith("extensions:") for key in assertion):
        notes.remark(Step.SCHEMA, "Its extensions were not checked by their own schemas.")
    notes.passed(Step.SCHEMA)
    notes.passed(Step.SUBJECT)
    dates: Object = {"validFrom": assertion.get("issuedOn"), "validUntil": assertion.get("expires")}
    note_dates(dates, badge.under.now, notes)
    recipient = assertion.get("recipient")
    note_recipient([recipient] if isinstance(recipient, dict) else [], badge.under.recipients, notes)


def _note_proof(badge: _Badge, token: str | None) -> None:
    verification = badge.assertion.get("verification")
    kinds = set(strings(verification.get("type"))) if isinstance(verification, dict) else set()
    if token is not None:
        _note_signature(badge, token)
    elif kinds & _SIGNED:
        badge.notes.fail(
            Step.PROOF, Verdict.UNVERIFIABLE, "There is no proof: it says that it is signed, and is no JWS."
        )
    else:
        _note_hosted(badge)


def _note_hosted(badge: _Badge) -> None:
    """The same document at its own address, which the issuer must allow."""
    notes, assertion = badge.notes, badge.assertion
    address = str(assertion.get("id"))
    if not address.startswith(("https://", "http://")):
        notes.fail(Step.PROOF, Verdict.INVALID, "A hosted assertion has an https address as its id.")
        return
    hosted = badge.resolve(address, Purpose.KEYS, Step.PROOF, "hosted assertion")
    if hosted is None:
        return
    if hosted.get("revoked") is True:
        notes.fail(Step.STATUS, Verdict.REVOKED, _why_revoked(hosted))
        notes.passed(Step.PROOF)
        return
    if not same_json({**hosted, "verification": hosted.get("verification", hosted.get("verify"))}, assertion):
        notes.fail(Step.PROOF, Verdict.TAMPERED, "It differs from the assertion that its own address gives.")
        return
    _find_issuer(badge)
    if badge.issuer is None:
        return
    if not _is_allowed(address, badge.issuer):
        notes.fail(Step.PROOF, Verdict.TAMPERED, f"Its issuer does not allow assertions at {address[:200]}.")
        return
    notes.passed(Step.PROOF)
    notes.passed(Step.STATUS)
    _note_published(badge)


def _find_issuer(badge: _Badge) -> None:
    """The badge class and its issuer, as objects or behind their addresses."""
    if badge.publisher is None:
        badge.badge = badge.part(badge.assertion.get("badge"), "BadgeClass", Step.PROOF, "badge class")
        if badge.badge is None:
            return
    said = badge.publisher if badge.badge is None else badge.badge.get("issuer")
    address = said.get("id") if isinstance(said, dict) else said
    if isinstance(said, dict) and isinstance(address, str):
        with suppress(UnresolvedError, NotStrictError):
            said = parse_object(badge.under.resolver.get(address, Purpose.KEYS))
            badge.published = said.get("id") == address
    name = "Profile" if badge.publisher is None else "Publisher"
    badge.issuer = badge.part(said, name, Step.PROOF, "issuer's profile")
    if badge.issuer is not None and isinstance(said, str):
        badge.published = badge.issuer["id"] == address


def _note_published(badge: _Badge) -> None:
    badge.proven = badge.published
    if not badge.published:
        badge.notes.remark(Step.ISSUER, "The issuer's profile did not come from the address that is its id.")
    badge.notes.passed(Step.ISSUER)


def _is_allowed(address: str, issuer: Object) -> bool:
    """Whether an issuer's profile allows assertions there: by `startsWith`, `allowedOrigins`, else its own origin.

    An issuer whose id is no address allows any, and is never proven.
    """
    policy = issuer.get("verification")
    rules = policy if isinstance(policy, dict) else {}
    starts, origins = strings(rules.get("startsWith")), strings(rules.get("allowedOrigins"))
    if starts and not any(_starts(address, each) for each in starts):
        return False
    allowed = {place_of(each) or each for each in origins}
    if not starts and not allowed and str(issuer.get("id")).startswith(("https://", "http://")):
        allowed = {place_of(str(issuer.get("id")))}
    return not allowed or place_of(address) in allowed - {""}


def _starts(address: str, start: str) -> bool:
    """`https://example.org` allows no address at example.org.evil.net."""
    return address.startswith(start) and place_of(address) == place_of(start) != ""


def _note_signature(badge: _Badge, token: str) -> None:
    notes, assertion = badge.notes, badge.assertion
    verification = assertion.get("verification")
    creator = verification.get("creator") if isinstance(verification, dict) else None
    if not is_uri(creator):
        notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, "It names no key (`verification.creator`).")
        return
    key = badge.part(creator, "CryptographicKey", Step.PROOF, "key")
    if key is None or not _note_key(badge, token, key):
        return
    notes.passed(Step.PROOF)
    _find_issuer(badge)
    if badge.issuer is None:
        return
    keys = [each.get("id") if isinstance(each, dict) else each for each in _values(badge.issuer.get("publicKey"))]
    if key["owner"] == badge.issuer["id"] and creator in keys:
        _note_published(badge)
    else:
        notes.fail(Step.ISSUER, Verdict.TAMPERED, "The key that signed it is not among those of the badge's issuer.")
        return
    _note_revocations(badge)


def _note_key(badge: _Badge, token: str, key: Object) -> bool:
    """Whether a key signed the token. The algorithm follows from the key, never from the token alone."""
    try:
        header, _ = read_parts(token)
    except NotStrictError as error:
        badge.notes.fail(Step.PROOF, Verdict.INVALID, f"The token cannot be read: {error}.")
        return False
    if found := next((each for each in UNTAKEN if each in header), None):
        badge.notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, f"A header with {found} is not taken.")
        return False
    try:
        public = load_pem_public_key(str(key["publicKeyPem"]).encode())
    except (ValueError, UnsupportedAlgorithm):
        badge.notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, "The issuer's key cannot be read.")
        return False
    algorithms = list(_algorithms(public))
    if not algorithms:
        badge.notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, "The issuer's key is of a kind that is not known.")
        return False
    try:
        jwt.PyJWS().decode_complete(token, public, algorithms=algorithms)  # type: ignore[arg-type]  # one of the kinds
    except jwt.InvalidAlgorithmError:
        badge.notes.fail(Step.PROOF, Verdict.TAMPERED, f"Its algorithm is not the key's, {' or '.join(algorithms)}.")
        return False
    except jwt.PyJWTError:
        badge.notes.fail(Step.PROOF, Verdict.TAMPERED, "The signature does not hold.")
        return False
    return True


def _algorithms(public: object) -> Iterator[str]:
    if isinstance(public, RSAPublicKey) and public.key_size >= 2048:
        yield "RS256"
    elif isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        yield "ES256"
    elif isinstance(public, Ed25519PublicKey):
        yield "EdDSA"


def _note_revocations(badge: _Badge) -> None:
    issuer, notes = badge.issuer or {}, badge.notes
    address = issuer.get("revocationList")
    if not isinstance(address, str):
        notes.skip(Step.STATUS, "The issuer names no revocation list.")
        return
    found = badge.resolve(address, Purpose.STATUS, Step.STATUS, "revocation list")
    if found is None:
        return
    if found.get("issuer") not in (None, issuer["id"]):
        notes.fail(Step.STATUS, Verdict.UNVERIFIABLE, "The revocation list is of another issuer.")
        return
    identifier = badge.assertion.get("id")
    for each in _values(found.get("revokedAssertions")):
        named = {each.get("id"), each.get("uid")} if isinstance(each, dict) else {each}
        if identifier in named or (badge.assertion.get("uid") or object()) in named:
            notes.fail(Step.STATUS, Verdict.REVOKED, _why_revoked(each if isinstance(each, dict) else {}))
    notes.passed(Step.STATUS)


def _why_revoked(said: Object) -> str:
    reason = text(said.get("revocationReason"))
    return f"The issuer revoked it: {reason[:200]}" if reason else "The issuer revoked it."


def _verification(badge: _Badge) -> Verification:
    notes, assertion = badge.notes, badge.assertion
    notes.skip(Step.ENDORSEMENTS, "Endorsements of Open Badges 2.0 are not looked at.")
    notes.skip(Step.EMBEDDED, "There are none.")
    for step in Step:
        notes.skip(step, "It was not reached.")
    recipient = assertion.get("recipient")
    identity = read_identity(recipient) if isinstance(recipient, dict) else None
    subject = None
    if identity is not None:
        subject = identity.shown
    identifier = assertion.get("id")
    embedded = badge.badge or (assertion["badge"] if isinstance(assertion.get("badge"), dict) else None)
    return Verification(
        format=Format.BADGES_2.value,
        verdict=notes.verdict,
        issuer=_issuer(badge),
        subject=subject,
        subject_ids=frozenset({subject} if subject else ()),
        id=identifier if isinstance(identifier, str) else None,
        name=text(embedded.get("name")) if isinstance(embedded, dict) else None,
        valid_until=last_moment({"validUntil": assertion.get("expires")}),
        checks=notes.checks(),
        claims=() if notes.verdict is Verdict.INVALID else tuple(islice(_claims(assertion, embedded), MAX_CLAIMS)),
    )


def _claims(assertion: Object, badge: Json) -> Iterator[Claim]:
    if isinstance(badge, dict):
        yield from claims_of_badge_class(badge)
    elif isinstance(assertion.get("badge"), str):
        yield from claims_of_badge_class({"id": assertion["badge"]})


def _issuer(badge: _Badge) -> Issuer:
    said = badge.issuer or {}
    if not said and badge.badge is not None:
        inside = badge.badge.get("issuer")
        said = inside if isinstance(inside, dict) else {"id": inside}
    identifier = said.get("id")
    return Issuer(
        id=identifier if isinstance(identifier, str) else None, name=text(said.get("name")), proven=badge.proven
    )


def _values(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
