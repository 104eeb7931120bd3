"""What a job asks for, as competencies and credentials: those that are known, else new ones in the posting's framework.

A term of a vocabulary leads to the competency with its IRI or its code where one is known. Else it becomes a competency
of the posting's own framework, aligned with the IRI that it has. Same words, same thing, within one dataset. Called by
`job_records` and `job_requirements`.
"""

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from ontology.model import (
    UNDETERMINED,
    Alignment,
    Code,
    Competency,
    Credential,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Record,
    Relation,
    Resource,
    Text,
    derived_iri,
)
from ontology.terms import SCHEMA

from .job_terms import CREDENTIAL_TYPES, DESCRIPTIONS, JDX, TERM_CODES, TERM_SETS
from .job_texts import read_list, stated_importance
from .job_things import Things, text_of
from .sources import folded
from .surroundings import Surroundings

MAX_LABEL: Final = 300
"""Characters of a label; a longer text is a description, and the label its beginning."""

Found = tuple[str, list[Record | Finding]]
"""IRI of a target and the records that describe it, where nothing did so before."""

_SYSTEMS: Final = MappingProxyType(
    {
        "esco": ("esco",),
        "onet": ("onet", "onetsoc"),
        "nice": ("nice",),
        "isco": ("isco",),
        "case": ("case",),
        "ctdl": ("ctid",),
        "credentialregistry": ("ctid",),
    }
)
"""Systems of codes, by a word in the name or address of a set of terms."""
_SAME: Final = (f"{SCHEMA}sameAs",)


class Targets:
    """Targets of requirements; each is described once."""

    def __init__(self, surroundings: Surroundings, framework: str):
        self._surroundings = surroundings
        self.framework = framework
        """IRI of the framework of what postings name in their own words."""
        self.language = UNDETERMINED
        """BCP 47 tag of the words of the thing that is being read, where they state none."""
        self._told: set[str] = set()

    def competencies(self, things: Things, iri: str, *predicates: str, kind: str | None = None) -> Iterator[Found]:
        """The competencies that values of the predicates mean; a single text may be a list of them."""
        for predicate in predicates:
            terms = things.terms(iri, predicate)
            for term in terms:
                text = text_of(term)
                if text is not None:
                    for item in items_of(text.text, alone=len(terms) == 1):
                        yield self.competency(Text(item[0], text.language), kind=kind)
                elif term.startswith("<"):
                    found = self.term(things, term[1:-1], kind=kind)
                    if found is not None:
                        yield found

    def competency(
        self,
        text: Text,
        *,
        kind: str | None = None,
        code: Code | None = None,
        description: str = "",
        same: Sequence[str] = (),
    ) -> Found:
        """A competency in the posting's own framework."""
        key = (code.system, code.value) if code else (None, None)
        iri = derived_iri("competency", self.framework, folded(text.text), *key)
        if not self._is_new(iri):
            return iri, []
        label, rest = _shortened(in_language(text, self.language))
        descriptions = tuple(sorted({*rest, *([Text(description, label.language)] if description else [])}, key=_order))
        record = Competency(
            iri=iri,
            labels=(label,),
            descriptions=descriptions,
            codes=(code,) if code else (),
            framework=self.framework,
            kind=kind,
        )
        return iri, [record, *(_exact(iri, other) for other in same)]

    def term(self, things: Things, iri: str, *, kind: str | None = None) -> Found | None:
        """The competency that a term of a vocabulary means; None where nothing says what it is called."""
        own = [] if iri.startswith(things.unnamed) else [iri]
        same = [*own, *(link for link in things.links(iri, *_SAME))]
        for candidate in (*same, *things.links(iri, f"{SCHEMA}url")):
            if self._is(candidate, Competency):
                return candidate, []
        code, system, said = self.coded(things, iri)
        for each in systems_of(system) if code else ():
            known = self._surroundings.find_by_code(each, code, [Competency])
            if len(known) == 1:
                return known[0], []
        names = things.name(iri) or things.texts(iri, *DESCRIPTIONS)
        if not names and not code and not own:
            return None
        label = names[0] if names else Text(code or re.split(r"[/#]", iri.rstrip("/#"))[-1])
        found, records = self.competency(
            label,
            kind=kind,
            code=Code(said, code) if code else None,
            description=things.text(iri, *DESCRIPTIONS) if things.name(iri) else "",
            same=list(dict.fromkeys(same)),
        )
        if records and not names and own and not things.is_described(iri):
            records.append(_undescribed(iri))
        return found, records

    def credential(self, things: Things, term: str) -> tuple[str | None, list[Record | Finding]]:
        """The credential that a value means, None where it means none."""
        text = text_of(term)
        if text is not None:
            return self.own_credential(text)
        iri = term[1:-1]
        if things.kinds.get(iri) == "credential" or self._is(iri, Credential):
            return iri, []
        label = things.named(
            iri, f"{SCHEMA}name", f"{JDX}program", f"{JDX}credentialCategory", f"{SCHEMA}credentialCategory"
        )
        parts = [label] if label else []
        if label and not things.name(iri):
            category = things.named(iri, f"{JDX}credentialCategory")
            concentration = things.text(iri, f"{JDX}programConcentration")
            parts = list(dict.fromkeys(part for part in (category, label, concentration) if part))
        for said in (f"{JDX}educationLevel", *DESCRIPTIONS):
            if not parts and (name := things.named(iri, said)):
                parts = [name]
        return self.own_credential(Text(", ".join(parts))) if parts else (None, [])

    def own_credential(self, text: Text) -> tuple[str, list[Record | Finding]]:
        """A credential that is known by its words alone."""
        iri = derived_iri("credential", self.framework, folded(text.text))
        if not self._is_new(iri):
            return iri, []
        label, rest = _shortened(in_language(text, self.language))
        return iri, [Credential(iri=iri, labels=(label,), descriptions=rest, framework=self.framework)]

    def is_credential(self, things: Things, term: str) -> bool:
        """Whether a value is a credential."""
        return term.startswith("<") and (
            bool(things.types(term[1:-1]) & CREDENTIAL_TYPES) or self._is(term[1:-1], Credential)
        )

    def coded(self, things: Things, iri: str) -> tuple[str, str, str]:
        """(code, all that names its set, one word for the set) of a term of a vocabulary, each empty where not said."""
        code = things.text(iri, *TERM_CODES)
        words = []
        for term in things.terms(iri, *TERM_SETS):
            text = text_of(term)
            if text is not None:
                words.append(text.text)
            else:
                names = [text.text for text in things.name(term[1:-1])]
                words.extend((*names, *things.links(term[1:-1], f"{SCHEMA}url")))
                words.extend(() if term[1:-1].startswith(things.unnamed) else (term[1:-1],))
        said = re.sub(r"^https?://", "", words[0]).rstrip("/")[:80] if words else "termCode"
        known = systems_of(" ".join(words))
        return code, " ".join(words), known[0] if known else said

    def needs_framework(self, record: Record) -> bool:
        """Whether the record is the first of the posting's framework, which must be described before it."""
        ours = isinstance(record, JobRole | Competency | Credential) and record.framework == self.framework
        return ours and self._is_new(self.framework)

    def _is_new(self, iri: str) -> bool:
        """Whether nothing of this load describes it yet; from now on something does."""
        if iri in self._told or self._surroundings.type_of(iri) is not None:
            return False
        self._told.add(iri)
        return True

    def _is(self, iri: str, kind: type[Resource]) -> bool:
        return self._surroundings.type_of(iri) is kind


def in_language(text: Text, language: str) -> Text:
    """The text, in the language given where it states none."""
    return Text(text.text, language) if text.language == UNDETERMINED else text


def items_of(text: str, *, alone: bool, otherwise: Importance = Importance.MUST) -> list[tuple[str, Importance]]:
    """(item, importance) of a value: one among several is an item, one alone may be a list."""
    return read_list(text, otherwise) if alone else [(text, stated_importance(text, otherwise))]


def systems_of(words: str) -> tuple[str, ...]:
    """Systems of codes that words about a set of terms may mean."""
    letters = re.sub(r"[\W_]", "", words).casefold()
    return tuple(system for word, systems in _SYSTEMS.items() if word in letters for system in systems)


def _shortened(text: Text) -> tuple[Text, tuple[Text, ...]]:
    words = " ".join(text.text.split())
    if len(words) <= MAX_LABEL:
        return Text(words, text.language), ()
    return Text(f"{words[: MAX_LABEL - 1].rstrip()}…", text.language), (text,)


def _order(text: Text) -> tuple[str, str]:
    return text.language, text.text


def _exact(iri: str, other: str) -> Alignment:
    return Alignment(
        iri=derived_iri("alignment", iri, Relation.EXACT, other),
        subject=iri,
        object=other,
        relation=Relation.EXACT,
        method="stated",
        statements=((_SAME[0], f"<{other}>"),),
    )


def _undescribed(iri: str) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code="jobs.undescribed-term",
        message=f"Got the term {iri[:200]}, which nothing here describes; it is called by the end of its address.",
        subject=iri[:200],
        fix="Load the framework that the term belongs to before the jobs, or give its name.",
    )
