"""What CTDL documents say, looked up by short names: texts, links, kinds of things.

Called by the readers of CTDL and by its writer, which reads back what it writes.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import unquote

from ontology.jsonld import JSON_DATATYPE, LANGUAGE, UNDEFINED
from ontology.languages import is_well_formed, normalised
from ontology.model import UNDETERMINED, Finding, FindingLevel, Record, Source, Statement, Text, sorted_texts
from ontology.ntriples import find_literal, is_iri

from .ctdl_terms import COMPONENTS, kind_among, short
from .surroundings import Nothing, Surroundings

_KIND_OF_RECORD: Final = {
    "Framework": "framework",
    "Competency": "competency",
    "Course": "course",
    "Credential": "credential",
    "JobRole": "role",
    "Scale": "scale",
}
_LEVELS: Final = ("asn:hasProgressionLevel", "ceasn:complexityLevel", "ceterms:performanceLevelType")


@dataclass(slots=True)
class Doubts:
    """What the mapping could not read, by code: an example, its subject, how often."""

    found: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def add(self, code: str, subject: str, what: str) -> None:
        """Notes one case; the same case is noted once."""
        self.found.setdefault(code, {}).setdefault(f"{subject} {what}", (subject, what))


class CtdlGraph:
    """All subjects of a reading."""

    def __init__(self, subjects: Mapping[str, Sequence[Statement]], surroundings: Surroundings | None = None):
        self.subjects = subjects
        self.doubts = Doubts()
        self._surroundings = surroundings or Nothing()
        self._by_key: dict[str, dict[str, list[str]]] = {}
        self._kinds: dict[str, str | None] = {}
        self._inverse: dict[str, dict[str, list[str]]] = {}
        self.scale_levels: dict[str, tuple[str, float]] = {}
        """Level of a scale -> the scale and its value on it."""

    def said(self, iri: str) -> Mapping[str, list[str]]:
        """Short name of a predicate -> terms, of one subject."""
        found = self._by_key.get(iri)
        if found is None:
            found = {}
            for predicate, term in self.subjects.get(iri, ()):
                found.setdefault(short(predicate), []).append(term)
            self._by_key[iri] = found
        return found

    def types(self, iri: str) -> list[str]:
        """Short names of the classes that the subject has, sorted."""
        return sorted(short(term[1:-1]) for term in self.said(iri).get("rdf:type", ()) if term.startswith("<"))

    def kind(self, iri: str) -> str | None:
        """What the subject is to us, None where it is nothing of ours or is not described in this source."""
        if iri not in self._kinds:
            self._kinds[iri] = self._find_kind(iri)
        return self._kinds[iri]

    def _find_kind(self, iri: str) -> str | None:
        types = self.types(iri)
        kind = kind_among(types)
        if kind is None:
            component = next((COMPONENTS[each] for each in types if each in COMPONENTS), None)
            if component is not None and not self.proxied(iri):
                return component
        return kind

    def kind_anywhere(self, iri: str) -> str | None:
        """The same, also of what this source does not describe and another dataset does."""
        kind = self.kind(iri)
        if kind is None and iri not in self.subjects:
            record: type[Record] | None = self._surroundings.type_of(iri)
            return _KIND_OF_RECORD.get(record.__name__) if record else None
        return kind

    def proxied(self, iri: str) -> str | None:
        """The described thing that a component of a pathway stands for."""
        targets = (*self.links(iri, "ceterms:proxyFor"), *self.links(iri, "ceterms:sourceData"))
        return next((each for each in targets if kind_among(self.types(each)) is not None), None)

    def links(self, iri: str, *names: str) -> list[str]:
        """IRIs that the subject names, also where they are written as texts; in order, each once."""
        found: dict[str, None] = {}
        said = self.said(iri)
        for name in names:
            for term in said.get(name, ()):
                if term.startswith("<"):
                    found.setdefault(term[1:-1])
                elif (literal := find_literal(term)) and literal.language is None and is_iri(literal.value):
                    found.setdefault(literal.value)
        return sorted(found)

    def inverse(self, name: str) -> Mapping[str, list[str]]:
        """IRI -> the subjects that name it so, sorted."""
        if name not in self._inverse:
            found: dict[str, list[str]] = {}
            for subject in sorted(self.subjects):
                for target in self.links(subject, name):
                    found.setdefault(target, []).append(subject)
            self._inverse[name] = found
        return self._inverse[name]

    def both_ways(self, iri: str, name: str, *inverses: str) -> list[str]:
        """What the subject names, and what names the subject the other way round."""
        found = set(self.links(iri, name))
        for inverse in inverses:
            found.update(self.inverse(inverse).get(iri, ()))
        return sorted(found)

    def texts(self, iri: str, *names: str) -> list[Text]:
        """Texts that are not empty, trimmed, by language; those of language maps that no context declares as well."""
        found: list[Text] = []
        for name in names:
            for term in self.said(iri).get(name, ()):
                found.extend(self._texts_of(term))
        return list(sorted_texts(found))

    def _texts_of(self, term: str) -> list[Text]:
        if term.startswith("<"):
            return self._language_map(term[1:-1])
        literal = find_literal(term)
        if literal is None or not literal.value.strip():
            return []
        language = literal.language or ""
        if literal.datatype.startswith(LANGUAGE):
            guessed = unquote(literal.datatype.removeprefix(LANGUAGE)).replace("_", "-")
            language = guessed if is_well_formed(guessed) else ""
        return [Text(literal.value.strip(), normalised(language) if language else UNDETERMINED)]

    def _language_map(self, iri: str) -> list[Text]:
        """The texts of a node that is nothing but a language map."""
        pairs = self.subjects.get(iri, ())
        found: list[Text] = []
        for predicate, term in pairs:
            literal = find_literal(term)
            tag = unquote(predicate.removeprefix(UNDEFINED))
            if not predicate.startswith(UNDEFINED) or not is_well_formed(tag) or literal is None:
                return []
            if literal.datatype == JSON_DATATYPE:
                try:
                    value = json.loads(literal.value)
                except ValueError:
                    return []
                texts = value if isinstance(value, list) else [value]
                found.extend(Text(each.strip(), normalised(tag)) for each in texts if isinstance(each, str))
        return [text for text in found if text.text]

    def values(self, iri: str, *names: str) -> list[str]:
        """Plain values of literals, trimmed, sorted, each once."""
        found = set()
        for name in names:
            for term in self.said(iri).get(name, ()):
                literal = find_literal(term)
                if literal is not None and literal.value.strip():
                    found.add(literal.value.strip())
        return sorted(found)

    def name(self, iri: str) -> str | None:
        """One name of a thing: English, else of no stated language, else the first."""
        texts = self.texts(iri, "ceterms:name", "ceasn:name", "schema:name", "skos:prefLabel", "rdfs:label")
        order = {"en": 0, UNDETERMINED: 1}
        return min(texts, key=lambda text: (order.get(text.language.split("-")[0], 2), text)).text if texts else None

    def level(self, iri: str) -> tuple[str, float] | None:
        """The scale and the value of the level that a node states."""
        return next((self.scale_levels[each] for each in self.links(iri, *_LEVELS) if each in self.scale_levels), None)

    @cached_property
    def learner_data(self) -> frozenset[str]:
        """Subjects that say what a person holds: verifiable credentials, their subjects, proofs."""
        marked = {"cred:VerifiableCredential", "cred:VerifiablePresentation"}
        waiting = [iri for iri in self.subjects if marked.intersection(self.types(iri))]
        found = set(waiting)
        while waiting:
            for _, term in self.subjects[waiting.pop()]:
                iri = term[1:-1]
                if term.startswith("<") and iri in self.subjects and iri not in found and not self._is_ctdl(iri):
                    found.add(iri)
                    waiting.append(iri)
        return frozenset(found)

    def _is_ctdl(self, iri: str) -> bool:
        return any(re.match(r"(ceterms|ceasn|asn|skos):", each) for each in self.types(iri))


def doubt_findings(doubts: Doubts, sources: Mapping[str, Source]) -> list[Finding]:
    """One finding for each code: the first case, and how many there are."""
    found = []
    for code, cases in sorted(doubts.found.items()):
        subject, what = cases[min(cases)]
        more = f" ({len(cases)} like it)" if len(cases) > 1 else ""
        message, fix = _WORDS[code]
        found.append(
            Finding(
                level=FindingLevel.SHOULD,
                code=code,
                message=message.format(what) + more,
                subject=subject,
                source=sources.get(subject),
                fix=fix,
            )
        )
    return found


_WORDS: Final = {
    "ctdl.dangling": (
        "Got a link to <{}>, which neither this source nor another dataset describes; it is kept as a statement only.",
        "Load what describes it first, or put its description into the source.",
    ),
    "ctdl.unread-cost": (
        "Got {}, expected one price with an ISO 4217 currency; the cost counts as unknown.",
        "State one ceterms:price, with a ceterms:currency such as USD.",
    ),
    "ctdl.unread-salary": (
        "Got {}, expected one pay profile with an ISO 4217 currency; the salary counts as unknown.",
        "State one ceterms:workPay, with ceterms:currency, schema:minValue and schema:maxValue, ceterms:basePeriod.",
    ),
    "ctdl.unread-length": (
        "Got the duration {!r}, expected ISO 8601 such as PT40H or P2W; it counts as unknown.",
        "Write the duration as ISO 8601.",
    ),
    "ctdl.partial-condition": (
        "Got a condition with {}, of which not all alternatives can be read; it is kept as statements only.",
        "Describe what each alternative asks for, or load it first.",
    ),
}
