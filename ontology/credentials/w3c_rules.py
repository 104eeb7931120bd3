"""The rules of the W3C's data models for a verifiable credential or presentation, 1.1 and 2.0.

Source: VC Data Model 1.1 and 2.0, sections 4 and 5. Types and terms that no context defines are found before, by
`safe_jsonld`; what a badge or a record needs beyond these rules is in `badge_classes`.
"""

from collections.abc import Iterator
from typing import Final

from ontology.json_documents import Json, pointer

from .formats import VC_1_CONTEXT, VC_2_CONTEXT, is_version_2, listed, strings
from .reading import Object, enveloped_token
from .structure import Problem, has_zone, is_uri, read_time

_ZERO_KNOWLEDGE: Final = ("CLSignature", "AnonCred")
"""Types of proof from which others are derived; they need a schema (VC 1.1, 5.8)."""
_ENVELOPED: Final = "EnvelopedVerifiableCredential"
_DATES: Final = ("validFrom", "validUntil", "issuanceDate", "expirationDate", "issued")
_TYPED: Final = ("evidence", "termsOfUse", "refreshService", "credentialStatus", "credentialSchema", "proof")
_WITH_ID: Final = ("credentialSchema",)
_TEXTS: Final = ("name", "description")


def find_context_problems(document: Object) -> Iterator[Problem]:
    """What is wrong with the contexts and types of a credential or presentation."""
    contexts = listed(document.get("@context"))
    if not contexts:
        yield Problem(pointer="", what="has no @context")
    elif contexts[0] not in (VC_1_CONTEXT, VC_2_CONTEXT):
        shown = repr(contexts[0])[:120] if isinstance(contexts[0], str) else "an object"
        yield Problem(pointer="/@context", what=f"begins with {shown}, expected {VC_2_CONTEXT} or {VC_1_CONTEXT}")
    for index, each in enumerate(contexts):
        if not isinstance(each, dict) and not is_uri(each):
            yield Problem(
                pointer=pointer("@context", index), what=f"is {str(each)[:80]!r}, expected a URL or an object"
            )
    types = listed(document.get("type"))
    if not types or any(not isinstance(each, str) for each in types):
        yield Problem(pointer="/type", what="is no list of texts")


def find_credential_problems(document: Object, path: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """What keeps a document from being a verifiable credential, beyond its contexts."""
    if enveloped_token(document) is None and "VerifiableCredential" not in strings(document.get("type")):
        yield Problem(pointer=pointer(*path, "type"), what="has no VerifiableCredential")
    yield from _identifier_problems(document, path)
    yield from _issuer_problems(document.get("issuer"), path)
    yield from _subject_problems(document.get("credentialSubject"), path)
    yield from _date_problems(document, path)
    yield from _part_problems(document, path)
    for member in _TEXTS:
        yield from _text_problems(document.get(member), (*path, member))


def find_presentation_problems(document: Object) -> Iterator[Problem]:
    """What keeps a document from being a verifiable presentation, beyond its contexts."""
    if not {"VerifiablePresentation", "EnvelopedVerifiablePresentation"} & set(strings(document.get("type"))):
        yield Problem(pointer="/type", what="has no VerifiablePresentation")
    yield from _identifier_problems(document, ())
    for holder in listed(document.get("holder")):
        identifier = holder.get("id") if isinstance(holder, dict) else holder
        if not is_uri(identifier):
            yield Problem(pointer="/holder", what="has no URI")
    for index, each in enumerate(listed(document.get("verifiableCredential"))):
        if not isinstance(each, dict) and not (isinstance(each, str) and not is_version_2(document)):
            kind = "an object" if is_version_2(document) else "an object or a token"
            yield Problem(pointer=pointer("verifiableCredential", index), what=f"is no credential, expected {kind}")
        elif (
            isinstance(each, dict) and enveloped_token(each) is not None and _ENVELOPED not in strings(each.get("type"))
        ):
            yield Problem(pointer=pointer("verifiableCredential", index, "type"), what=f"has no {_ENVELOPED}")
    yield from _proof_problems(document, ())


def _identifier_problems(document: Object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if "id" in document and not is_uri(document["id"]):
        yield Problem(pointer=pointer(*path, "id"), what="is no URI")


def _issuer_problems(issuer: Json, path: tuple[str | int, ...]) -> Iterator[Problem]:
    place = pointer(*path, "issuer")
    if isinstance(issuer, list):
        yield Problem(pointer=place, what=f"has {len(issuer)} values, expected one")
    elif issuer is None:
        yield Problem(pointer=pointer(*path), what="has no issuer, which is required")
    elif not is_uri(issuer.get("id") if isinstance(issuer, dict) else issuer):
        yield Problem(pointer=place, what="has no URI")
    elif isinstance(issuer, dict):
        for member in _TEXTS:
            yield from _text_problems(issuer.get(member), (*path, "issuer", member))


def _subject_problems(value: Json, path: tuple[str | int, ...]) -> Iterator[Problem]:
    subjects = listed(value)
    if not subjects:
        yield Problem(pointer=pointer(*path), what="has no credentialSubject, which is required")
    for index, subject in enumerate(subjects):
        place = (*path, "credentialSubject", index) if isinstance(value, list) else (*path, "credentialSubject")
        if not isinstance(subject, dict) or not subject:
            yield Problem(pointer=pointer(*place), what="says nothing")
        elif "id" in subject and not is_uri(subject["id"]):
            yield Problem(pointer=pointer(*place, "id"), what="is no URI")


def _date_problems(document: Object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    second = is_version_2(document)
    if not second and "issuanceDate" not in document:
        yield Problem(pointer=pointer(*path), what="has no issuanceDate, which VC 1.1 requires")
    for member in _DATES:
        value = document.get(member)
        if value is None:
            continue
        if isinstance(value, list) or read_time(value) is None:
            yield Problem(pointer=pointer(*path, member), what=f"is {value!r:.60}, expected a date and time (RFC 3339)")
        elif second and not has_zone(str(value)):
            yield Problem(
                pointer=pointer(*path, member), what=f"is {value!r:.60}, expected a date and time with its zone"
            )
    start, end = read_time(document.get("validFrom")), read_time(document.get("validUntil"))
    if start is not None and end is not None and end < start:
        yield Problem(pointer=pointer(*path, "validUntil"), what="is before validFrom")


def _part_problems(document: Object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    for member in _TYPED:
        if member != "proof":
            for place, part in _parts(document, member, path):
                yield from _typed_problems(part, place, needs_id=member in _WITH_ID)
    yield from _proof_problems(document, path)


def _proof_problems(document: Object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    for place, proof in _parts(document, "proof", path):
        yield from _typed_problems(proof, place, needs_id=False)
        kinds = strings(proof.get("type")) if isinstance(proof, dict) else []
        derived = any(word in kind for kind in kinds for word in _ZERO_KNOWLEDGE)
        credential = "VerifiableCredential" in strings(document.get("type"))
        if derived and credential and not document.get("credentialSchema"):
            yield Problem(pointer=pointer(*path), what=f"has a proof of type {kinds[0]} and no credentialSchema")


def _parts(document: Object, member: str, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    value = document.get(member)
    for index, part in enumerate(listed(value)):
        yield ((*path, member, index) if isinstance(value, list) else (*path, member)), part


def _typed_problems(part: Json, place: tuple[str | int, ...], *, needs_id: bool) -> Iterator[Problem]:
    if not isinstance(part, dict):
        yield Problem(pointer=pointer(*place), what="is no object")
        return
    types = listed(part.get("type"))
    if not types or any(not isinstance(each, str) for each in types):
        yield Problem(pointer=pointer(*place), what="has no type")
    if ("id" in part or needs_id) and not is_uri(part.get("id")):
        yield Problem(pointer=pointer(*place, "id"), what="is no URI" if "id" in part else "is missing")


def _text_problems(value: Json, place: tuple[str | int, ...]) -> Iterator[Problem]:
    """A name or description is a text, or value objects that have nothing else."""
    for each in listed(value):
        if isinstance(each, dict) and "@value" in each and each.keys() - {"@value", "@language", "@direction"}:
            yield Problem(pointer=pointer(*place), what="has more than a text, its language and direction")
