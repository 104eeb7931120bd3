"""Jobs, courses and credentials of schema.org and JDX as records, with what employers ask for as requirements.

All that a document says stays word for word in the statements of the thing that it says it of; fields, requirements,
competencies and alignments are read out of it. docs/jobs.md has the rules. Called by `schema_org` and `jdx`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypedDict

from ontology.documents import Document
from ontology.languages import is_well_formed, normalised
from ontology.model import (
    UNDETERMINED,
    Alignment,
    Awarding,
    Code,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    JobRole,
    Located,
    Money,
    Record,
    Relation,
    Source,
    Statement,
    Teaching,
    Text,
    Unmapped,
    derived_iri,
    sorted_texts,
)
from ontology.quantities import read_money
from ontology.terms import SCHEMA

from .detection import ReadContext
from .job_facts import read_facts
from .job_requirements import Needs
from .job_targets import Targets, in_language
from .job_terms import (
    AWARDS,
    DESCRIPTIONS,
    IDENTIFIERS,
    INSTANCES,
    JDX,
    LENGTHS,
    OCCUPATION_CODES,
    OTHER_NAMES,
    PREREQUISITES,
    TEACHES,
    TITLES,
)
from .job_texts import read_learning_days, read_occupation_codes
from .job_things import Things, text_of
from .linked_json import MAX_SHOWN, Linked
from .sources import minted_iri

_OFFERS: Final = (f"{SCHEMA}offers", f"{SCHEMA}priceSpecification")
_ISSUERS: Final = (f"{SCHEMA}issuedBy", f"{SCHEMA}provider", f"{SCHEMA}sourceOrganization", f"{SCHEMA}recognizedBy")


class JobReader:
    """The documents of one load: what several of them share is described once."""

    def __init__(self, context: ReadContext):
        self._context = context
        self._shared: dict[str, tuple[Unmapped, Source]] = {}
        self._targets = Targets(context.surroundings, minted_iri("jobs", context.dataset))

    def read(self, document: Document, linked: Linked) -> Iterator[Located | Finding]:
        """The records of one document and its faults."""
        yield from linked.findings
        things = Things(linked.triples, linked.pointers, self._context.dataset)
        private = things.private()
        if private:
            yield _private(document.name, things, private)
        told = _Thing(things, self._targets, self._context)
        used = False
        for iri in things.subjects:
            if iri in private:
                continue
            source = Source(file=document.name, pointer=things.pointers.get(iri))
            items = list(told.read(iri)) if iri in things.kinds else []
            if not items:
                self._keep(iri, things, source)
            used = used or bool(items)
            for item in items:
                if isinstance(item, Finding):
                    yield _placed(item, source)
                    continue
                if self._targets.needs_framework(item):
                    yield Located(record=self._framework(), source=source)
                yield Located(record=item, source=source)
        if not used and not private:
            yield _nothing_found(document.name)

    def rest(self) -> Iterator[Located]:
        """What the documents describe beside jobs, courses and credentials: kept as it is."""
        for record, source in self._shared.values():
            yield Located(record=record, source=source)

    def _keep(self, iri: str, things: Things, source: Source) -> None:
        statements = set(things.subjects[iri])
        if iri in self._shared:
            known, first = self._shared[iri]
            self._shared[iri] = Unmapped(iri=iri, statements=tuple(sorted(statements.union(known.statements)))), first
        else:
            self._shared[iri] = Unmapped(iri=iri, statements=tuple(sorted(statements))), source

    def _framework(self) -> Framework:
        return Framework(iri=self._targets.framework, labels=(Text(f"Jobs: {self._context.dataset}", "en"),))


class _Described(TypedDict):
    iri: str
    labels: tuple[Text, ...]
    alternative_labels: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    codes: tuple[Code, ...]
    url: str | None
    statements: tuple[Statement, ...]


class _Thing:
    """One job, course or credential after the other."""

    def __init__(self, things: Things, targets: Targets, context: ReadContext):
        self._things = things
        self._targets = targets
        self._context = context

    def read(self, iri: str) -> Iterator[Record | Finding]:
        """Its record, what it asks for, teaches and gives, and what of it could not be read."""
        kind = self._things.kinds[iri]
        stated = self._things.text(iri, f"{SCHEMA}inLanguage") or self._context.language
        self._targets.language = normalised(stated) if is_well_formed(stated) else UNDETERMINED
        if kind == "job":
            yield from self._role(iri)
        elif kind == "course":
            yield from self._course(iri)
        else:
            yield from self._credential(iri)

    def _role(self, iri: str) -> Iterator[Record | Finding]:
        codes, alignments = self._occupation(iri)
        names = self._things.name(iri) or self._things.texts(iri, f"{JDX}careerLevel")
        for term in [] if names else self._things.links(iri, *OCCUPATION_CODES):
            names = names or self._things.name(term)
        facts = read_facts(self._things, iri)
        yield JobRole(
            **self._described(iri, codes, names),
            framework=self._targets.framework,
            employer=facts.employer,
            employer_iri=facts.employer_iri,
            places=facts.places,
            remote=facts.remote,
            salary=facts.salary,
        )
        yield from facts.findings
        yield from alignments
        yield from Needs(self._things, self._targets, iri).read()

    def _occupation(self, iri: str) -> tuple[list[Code], list[Alignment]]:
        """Codes of the occupation that a job belongs to, and alignments with those that are known.

        A code that leads to a known occupation is that one's, not the job's, unless it is a classification's.
        """
        things = self._things
        codes: list[Code] = []
        alignments: list[Alignment] = []
        posting = not things.types(iri) & {f"{SCHEMA}Occupation"}
        relation = Relation.BROAD if posting else Relation.CLOSE
        for term in things.terms(iri, *OCCUPATION_CODES):
            for code in self._codes_of(term):
                found = self._context.surroundings.find_by_code(code.system, code.value, [JobRole])
                only = found if code.system in {"onetsoc", "esco"} and len(found) == 1 else ()
                stated = (OCCUPATION_CODES[0], term)
                alignments.extend(_aligned(iri, relation, other, stated) for other in only if other != iri)
                if not only:
                    codes.append(code)
        others = things.links(iri, f"{SCHEMA}relevantOccupation") if posting else ()
        said = f"{SCHEMA}relevantOccupation"
        alignments.extend(
            _aligned(iri, Relation.BROAD, other, (said, f"<{other}>")) for other in others if other != iri
        )
        return codes, list({each.iri: each for each in alignments}.values())

    def _codes_of(self, term: str) -> list[Code]:
        text = text_of(term)
        if text is not None:
            return read_occupation_codes(text.text)
        code, system, _ = self._targets.coded(self._things, term[1:-1])
        return read_occupation_codes(code, system) if code else read_occupation_codes(term[1:-1], system)

    def _described(self, iri: str, codes: Iterable[Code] = (), labels: Iterable[Text] = ()) -> _Described:
        things = self._things
        names = list(labels) or things.name(iri)
        language = self._targets.language
        preferred: dict[str, Text] = {}
        others = things.texts(iri, *TITLES[:2], *OTHER_NAMES)
        for text in names:
            preferred.setdefault(text.language, text)
        addresses = things.terms(iri, f"{SCHEMA}url")
        return _Described(
            iri=iri,
            labels=_in_language(preferred.values(), language),
            alternative_labels=_in_language((text for text in others if text not in preferred.values()), language),
            descriptions=_in_language(things.texts(iri, *DESCRIPTIONS), language),
            codes=tuple(sorted({*codes, *self._identifiers(iri)})),
            url=next((address[1:-1] for address in addresses if address.startswith("<")), None),
            statements=tuple(sorted(set(things.subjects[iri]))),
        )

    def _identifiers(self, iri: str) -> Iterator[Code]:
        things = self._things
        for said in IDENTIFIERS:
            for term in things.terms(iri, said):
                text, local = text_of(term), said.rpartition("/")[2]
                if text is not None:
                    yield Code(local, text.text)
                elif term.startswith("<") and things.is_described(term[1:-1]):
                    value = things.text(term[1:-1], f"{SCHEMA}value")
                    system = things.text(term[1:-1], f"{SCHEMA}propertyID", f"{JDX}schemeId", f"{SCHEMA}name")
                    system = system or local
                    if value:
                        yield Code(system, value)

    def _credential(self, iri: str) -> Iterator[Record | Finding]:
        things = self._things
        category = things.named(iri, f"{SCHEMA}credentialCategory")
        about = things.named(iri, f"{SCHEMA}about")
        labels = [] if things.name(iri) else [Text(", ".join(filter(None, (category, about))))]
        yield Credential(
            **self._described(iri, labels=[label for label in labels if label.text]),
            issuer=things.named(iri, *_ISSUERS) or None,
            kind=category or None,
        )
        for target, records in self._targets.competencies(things, iri, f"{SCHEMA}competencyRequired", *TEACHES):
            yield from records
            yield _teaching(iri, target)
        yield from Needs(things, self._targets, iri).prerequisites(f"{SCHEMA}educationRequirements", *PREREQUISITES)

    def _course(self, iri: str) -> Iterator[Record | Finding]:
        things = self._things
        cost, length, faults = self._cost(iri), self._length(iri), []
        if isinstance(cost, Finding):
            faults.append(cost)
        if isinstance(length, Finding):
            faults.append(length)
        yield Course(
            **self._described(iri),
            provider=things.named(iri, f"{SCHEMA}provider") or None,
            cost=cost if isinstance(cost, Money) else None,
            duration_days=None if isinstance(length, Finding) else length,
        )
        yield from faults
        for target, records in self._targets.competencies(things, iri, *TEACHES):
            yield from records
            yield _teaching(iri, target)
        for said in AWARDS:
            for term in things.terms(iri, said):
                credential, records = self._targets.credential(things, term)
                yield from records
                if credential is not None:
                    awarding = derived_iri("awarding", iri, credential)
                    yield Awarding(iri=awarding, course=iri, credential=credential)
        yield from Needs(things, self._targets, iri).prerequisites(*PREREQUISITES, f"{SCHEMA}competencyRequired")

    def _cost(self, iri: str) -> Money | Finding | None:
        """The one price that is stated of a course or of all its instances; of several, none."""
        things = self._things
        prices: set[tuple[str, str]] = set()
        offers = things.links(iri, *_OFFERS)
        for instance in things.links(iri, INSTANCES):
            offers.extend(things.links(instance, *_OFFERS))
        for offer in offers:
            inner = things.links(offer, f"{SCHEMA}priceSpecification") or [offer]
            for each in inner:
                price = things.text(each, f"{SCHEMA}price")
                currency = things.text(each, f"{SCHEMA}priceCurrency") or things.text(offer, f"{SCHEMA}priceCurrency")
                if price:
                    prices.add((price, currency))
        if len(prices) != 1:
            return None
        ((price, currency),) = prices
        try:
            return read_money(price, currency)
        except ValueError as error:
            return _unread(iri, "jobs.unread-cost", "the price", f"{price} {currency}", str(error))

    def _length(self, iri: str) -> Decimal | Finding | None:
        """The one length that is stated of a course, else of all its instances."""
        things = self._things
        stated = things.texts(iri, *LENGTHS)
        for instance in [] if stated else things.links(iri, INSTANCES):
            stated.extend(things.texts(instance, f"{SCHEMA}courseWorkload"))
        texts = sorted({text.text for text in stated})
        if len(texts) != 1:
            return None
        days = read_learning_days(texts[0])
        return (
            days
            if days is not None
            else _unread(iri, "jobs.unread-length", "the length", texts[0], "months and years have no set hours")
        )


def _in_language(texts: Iterable[Text], language: str) -> tuple[Text, ...]:
    """Texts, those without a language in the one that the thing or the reader states."""
    return sorted_texts(in_language(text, language) for text in texts)


def _aligned(subject: str, relation: Relation, other: str, said: Statement) -> Alignment:
    return Alignment(
        iri=derived_iri("alignment", subject, relation, other),
        subject=subject,
        object=other,
        relation=relation,
        method="stated",
        statements=(said,),
    )


def _teaching(subject: str, competency: str) -> Teaching:
    return Teaching(
        iri=derived_iri("teaching", subject, competency, None, None), subject=subject, competency=competency
    )


def _unread(iri: str, code: str, words: str, got: str, why: str) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code=code,
        message=f"Got {words} {got[:MAX_SHOWN]!r}, which is not read ({why[:MAX_SHOWN]}); it counts as unknown.",
        subject=iri,
        fix="Write an amount with its currency."
        if code == "jobs.unread-cost"
        else "Write one length such as PT40H or P5D.",
    )


def _placed(finding: Finding, source: Source) -> Finding:
    return replace(finding, source=finding.source or source)


def _private(name: str, things: Things, private: set[str]) -> Finding:
    first = min(things.pointers.get(iri, "") for iri in private)
    return Finding(
        level=FindingLevel.SHOULD,
        code="jobs.person-left-out",
        message=f"{name} describes a person, and what is said of people is never part of a release; it was left out.",
        source=Source(file=name, pointer=first),
        fix="Nothing to do for the rest; a learner's documents are checked by `headwater verify`.",
    )


def _nothing_found(name: str) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code="jobs.nothing-found",
        message=f"Nothing in {name} is a job, an occupation, a course or a credential; it was kept as it is.",
        source=Source(file=name),
        fix="Check that this is the file you meant; a job has the type JobPosting.",
    )
