"""Whom a document says that it is about, before anything of it is verified: what documents are gathered by.

Nothing here is proven. Called where documents of many learners are read (`learner_files`).
"""

from ontology.json_documents import Json

from .claims import objects
from .identity import read_identity
from .reading import Object, UnreadableError, enveloped_token, read_presented, read_token


def said_subject(data: bytes, name: str = "document") -> str | None:
    """The first identifier of the subject, of a presentation its holder; None where none is said, or nothing is read.

    It is the `subject` of the verdict, where the document is whole.
    """
    try:
        presented = read_presented(data, name)
        token = enveloped_token(presented.document)
        if token is not None:
            presented = read_token(token)
    except UnreadableError:
        return None
    carried = presented.carried
    claim = presented.document.get("sub") if presented.token is not None else None
    return _subject(carried) or (claim if isinstance(claim, str) and claim else None)


def _subject(document: Object) -> str | None:
    if "verifiableCredential" in document or "holder" in document:
        holder = document.get("holder")
        return _identifier(holder.get("id") if isinstance(holder, dict) else holder)
    for member in ("credentialSubject", "learner", "person"):
        subjects = list(objects(document.get(member)))
        found = next((own for each in subjects if (own := _identifier(each.get("id")))), None)
        found = found or next((own for each in subjects for own in _identities(each)), None)
        if found:
            return found
    return next(iter(_identities({"identifier": document.get("recipient")})), None)


def _identities(subject: Object) -> list[str]:
    said = [*objects(subject.get("identifier")), subject]
    return [found.shown for each in said if (found := read_identity(each)) is not None]


def _identifier(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None
