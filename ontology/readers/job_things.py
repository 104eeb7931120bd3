"""The things of one document of jobs: what is said of each, their texts and values, and IRIs for those that have none.

Knows triples, not records. A job, course or credential without an IRI is named by its address or its identifier and
employer where it states them, else by its content; everything else that is unnamed is a blank node (see `skolem`).
Called by `job_records`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ontology.languages import normalised
from ontology.model import IDENTITY, Statement, Text
from ontology.ntriples import find_literal, is_iri
from ontology.skolem import without_blanks
from ontology.terms import RDF_TYPE, SCHEMA

from .job_terms import (
    COURSE_TYPES,
    CREDENTIAL_TYPES,
    IDENTIFIERS,
    PERSON,
    ROLE_TYPES,
    TITLES,
)
from .linked_json import MAX_DEPTH

_KINDS: Final = (("job", ROLE_TYPES), ("course", COURSE_TYPES), ("credential", CREDENTIAL_TYPES))
_EMPLOYER: Final = (f"{SCHEMA}hiringOrganization", f"{SCHEMA}provider", f"{SCHEMA}recognizedBy")
_SEPARATOR: Final = "\x1f"


class Things:
    """What a document says, every thing under an IRI."""

    unnamed = f"{IDENTITY}blank/"
    """Beginning of the IRIs of what has none of its own."""

    def __init__(self, triples: Sequence[tuple[str, str, str]], pointers: dict[str, str], dataset: str):
        names = _named(triples, dataset)
        renamed = [
            (names.get(head, head), said, f"<{names[term]}>" if term in names else term) for head, said, term in triples
        ]
        self.subjects: dict[str, list[Statement]] = {}
        self.pointers: dict[str, str] = {}
        self.referred: set[str] = set()
        heads = [head for head, _, _ in triples]
        for old, (head, said, term) in zip(heads, without_blanks(renamed), strict=True):
            self.subjects.setdefault(head, []).append((said, term))
            if head not in self.pointers and old in pointers:
                self.pointers[head] = pointers[old]
            if term.startswith("<"):
                self.referred.add(term[1:-1])
        self.subjects = {iri: list(dict.fromkeys(pairs)) for iri, pairs in self.subjects.items()}
        self.kinds = {iri: kind for iri, pairs in self.subjects.items() if (kind := _kind(pairs)) is not None}

    def types(self, iri: str) -> set[str]:
        """Its classes."""
        return {term[1:-1] for said, term in self.subjects.get(iri, ()) if said == RDF_TYPE}

    def terms(self, iri: str, *predicates: str) -> list[str]:
        """The values of the predicates, in their order, each once."""
        pairs = self.subjects.get(iri, ())
        return list(dict.fromkeys(term for wanted in predicates for said, term in pairs if said == wanted))

    def texts(self, iri: str, *predicates: str) -> list[Text]:
        """The values that are texts."""
        return [text for term in self.terms(iri, *predicates) if (text := text_of(term)) is not None]

    def text(self, iri: str, *predicates: str) -> str:
        """The first text, empty where there is none."""
        return next((text.text for text in self.texts(iri, *predicates)), "")

    def links(self, iri: str, *predicates: str) -> list[str]:
        """IRIs of the values that are things."""
        return [term[1:-1] for term in self.terms(iri, *predicates) if term.startswith("<")]

    def is_described(self, iri: str) -> bool:
        """Whether the document says anything of it."""
        return iri in self.subjects

    def name(self, iri: str) -> list[Text]:
        """What it is called: by its title, else its name."""
        return next((texts for said in TITLES if (texts := self.texts(iri, said))), [])

    def named(self, iri: str, *predicates: str) -> str:
        """The name of the first value: a text, or a thing by its name or else its IRI; empty where there is none."""
        for term in self.terms(iri, *predicates):
            text = text_of(term)
            if text is not None:
                return text.text
            if term.startswith("<"):
                names = self.name(term[1:-1])
                if names or not term[1:-1].startswith(self.unnamed):
                    return names[0].text if names else term[1:-1]
        return ""

    def roots(self) -> Iterator[str]:
        """What nothing else in the document leads to."""
        return (iri for iri in self.subjects if iri not in self.referred)

    def private(self) -> set[str]:
        """People that no job or course leads to, and what only leads on from them: not part of a release."""
        people = [iri for iri in self.roots() if PERSON in self.types(iri)]
        held = self._reachable(people, through_kinds=False) if people else set()
        kept = [iri for iri in self.kinds if iri not in held or self.kinds[iri] == "job"]
        return held - self._reachable(kept, through_kinds=True)

    def _reachable(self, starts: Sequence[str], *, through_kinds: bool) -> set[str]:
        seen, waiting = set(starts), list(starts)
        while waiting:
            iri = waiting.pop()
            if not through_kinds and self.kinds.get(iri) == "job":
                continue
            for _, term in self.subjects.get(iri, ()):
                other = term[1:-1]
                if term.startswith("<") and other in self.subjects and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen


def text_of(term: str) -> Text | None:
    """A literal with words as a text."""
    literal = find_literal(term)
    if literal is None or not literal.value.strip():
        return None
    return Text(literal.value.strip(), normalised(literal.language or ""))


def _kind(pairs: Sequence[Statement]) -> str | None:
    types = {term[1:-1] for said, term in pairs if said == RDF_TYPE}
    return next((kind for kind, classes in _KINDS if types & classes), None)


def _named(triples: Sequence[tuple[str, str, str]], dataset: str) -> dict[str, str]:
    """Label of a blank node that is a job, course or credential -> its IRI."""
    subjects: dict[str, list[Statement]] = {}
    referred = set()
    for head, said, term in triples:
        subjects.setdefault(head, []).append((said, term))
        referred.add(term)
    digests = _Digests(subjects)
    keys: dict[str, tuple[str, ...]] = {}
    for head, pairs in subjects.items():
        kind = _kind(pairs) if head.startswith("_:") else None
        if kind is not None:
            stated = _stated_key(pairs, subjects) if head not in referred else ()
            keys[head] = (kind, *stated) if stated else (kind, dataset, digests.of(head))
    often = Counter(keys.values())
    names = {}
    for head, key in keys.items():
        parts = key if often[key] == 1 else (*key, digests.of(head))
        digest = hashlib.sha256(_SEPARATOR.join(parts[1:]).encode()).hexdigest()[:24]
        names[head] = f"{IDENTITY}schema-org/{parts[0]}/{digest}"
    return names


def _stated_key(pairs: Sequence[Statement], subjects: dict[str, list[Statement]]) -> tuple[str, ...]:
    """The address of a thing, else its identifier and whose it is."""
    for said, term in pairs:
        if said == f"{SCHEMA}url":
            address = term[1:-1] if term.startswith("<") else (literal.value if (literal := find_literal(term)) else "")
            if is_iri(address):
                return ("url", address)
    identifiers = sorted(_inner(term, subjects) for said, term in pairs if said in IDENTIFIERS)
    employers = sorted(_inner(term, subjects) for said, term in pairs if said in _EMPLOYER)
    return ("identifier", *identifiers, *employers) if identifiers and employers else ()


def _inner(term: str, subjects: dict[str, list[Statement]]) -> str:
    """What tells a value apart: its own text or IRI, of a thing its name or value."""
    said = dict(subjects.get(term if term.startswith("_:") else term[1:-1], ()))
    if not term.startswith("_:"):
        return term
    return next((said[each] for each in (f"{SCHEMA}value", *TITLES) if each in said), "")


class _Digests:
    """Digest of all that is said of a thing and of what it leads to, whatever blank nodes are called."""

    def __init__(self, subjects: dict[str, list[Statement]]):
        self._subjects = subjects
        self._known: dict[str, str] = {}

    def of(self, head: str, depth: int = 0) -> str:
        """The digest of one thing."""
        if head in self._known or depth > MAX_DEPTH:
            return self._known.get(head, "deep")
        self._known[head] = "circle"
        parts = sorted(
            f"{said} {self.of(term, depth + 1) if term.startswith('_:') else term}"
            for said, term in self._subjects.get(head, ())
        )
        self._known[head] = hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()
        return self._known[head]
