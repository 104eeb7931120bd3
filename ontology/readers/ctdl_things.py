"""What CTDL describes, as records: frameworks, competencies, courses, credentials, roles, scales.

One subject, one record; its statements keep what no field says. Called by `ctdl` and by the writer of CTDL.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypedDict

from ontology.model import (
    IDENTITY,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    JobRole,
    Level,
    Money,
    Record,
    Salary,
    Scale,
    ScaleLevel,
    Text,
    Unmapped,
    sorted_texts,
)
from ontology.quantities import DAYS_A_WEEK, HOURS_A_DAY, LARGEST_DAYS, read_amount, read_money

from .ctdl_graph import CtdlGraph
from .ctdl_spelling import ALTERNATIVES, DESCRIPTIONS, LABELS, NOTATIONS, unspelled
from .ctdl_terms import ancestors, kind_among
from .job_terms import read_period

_BLANK: Final = f"{IDENTITY}blank/"
_WEEKS_A_YEAR: Final = 52
_MONTHS_A_YEAR: Final = 12
_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_UNITS: Final = (
    Fraction(_WEEKS_A_YEAR * DAYS_A_WEEK),
    Fraction(_WEEKS_A_YEAR * DAYS_A_WEEK, _MONTHS_A_YEAR),
    Fraction(DAYS_A_WEEK),
    Fraction(1),
    Fraction(1, HOURS_A_DAY),
    Fraction(1, HOURS_A_DAY * 60),
    Fraction(1, HOURS_A_DAY * 3600),
)
"""Learning days in a year, month, week, day, hour, minute, second."""
_CURRENCIES: Final = MappingProxyType(
    {
        "us dollar": "USD", "us dollars": "USD", "u.s. dollar": "USD", "united states dollar": "USD", "dollar": "USD",
        "euro": "EUR", "pound sterling": "GBP", "british pound": "GBP", "canadian dollar": "CAD",
        "australian dollar": "AUD", "swiss franc": "CHF", "japanese yen": "JPY", "mexican peso": "MXN",
    }
)  # fmt: skip
"""Names that publishers write where CTDL asks for the code."""


class _Described(TypedDict):
    iri: str
    labels: tuple[Text, ...]
    alternative_labels: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    codes: tuple[Code, ...]
    framework: str | None
    replaced_by: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class _Words:
    labels: tuple[Text, ...]
    alternatives: tuple[Text, ...]
    descriptions: tuple[Text, ...]


class CtdlThings:
    """The records of the described subjects."""

    def __init__(self, graph: CtdlGraph):
        self._graph = graph
        self._frameworks = _frameworks(graph)
        self.named: set[str] = set()
        """Alignment objects that stand for the competency which they name."""
        self._scales = {
            iri: levels
            for iri in graph.subjects
            if graph.kind(iri) == "scale" and (levels := _ordered_levels(graph, iri))
        }
        for iri, levels in self._scales.items():
            for level, value in levels.items():
                graph.scale_levels.setdefault(level, (iri, value))

    def read(self, iri: str) -> Record:
        """The record of a subject."""
        graph, pairs = self._graph, self._graph.subjects[iri]
        kind = "competency" if iri in self.named else graph.kind(iri)
        if kind == "scale" and iri in self._scales:
            return self._scale(iri)
        if kind is None and iri in graph.scale_levels:
            return self._scale_level(iri)
        if kind is None or kind == "scale":
            return Unmapped(iri=iri, statements=tuple(sorted(set(pairs))))
        described = self._described(iri, kind)
        record: Framework | Competency | Course | Credential | JobRole
        if kind == "framework":
            record = Framework(**described, license=self._first(iri, "ceasn:license", "dct:license"),
                               attribution=self._first(iri, "ceasn:rights"))  # fmt: skip
        elif kind == "competency":
            record = Competency(**described, kind=self._competency_kind(iri), broader=self._broader(iri))
        elif kind == "course":
            record = Course(
                **described, provider=self._agent(iri), cost=self._cost(iri), duration_days=self._duration(iri)
            )
        elif kind == "credential":
            record = Credential(**described, issuer=self._agent(iri), kind=self._credential_kind(iri),
                                cost=self._cost(iri), duration_days=self._duration(iri))  # fmt: skip
        else:
            name, address = self._employer(iri)
            record = JobRole(**described, employer=name, employer_iri=address, salary=self._salary(iri))
        return _with_statements(record, unspelled(record, pairs))

    def _described(self, iri: str, kind: str) -> _Described:
        words = self._words(iri, kind)
        return _Described(
            iri=iri,
            labels=words.labels,
            alternative_labels=words.alternatives,
            descriptions=words.descriptions,
            codes=self._codes(iri),
            framework=self._frameworks.get(iri),
            replaced_by=self._successor(iri, kind),
            url=self._url(iri),
        )

    def _words(self, iri: str, kind: str) -> _Words:
        """Labels, at most one a language; what is left of them is alternative. Without a label the text is it."""
        graph = self._graph
        labels = graph.texts(iri, *LABELS)
        descriptions = graph.texts(iri, *DESCRIPTIONS, "ceasn:competencyText")
        if not labels and kind == "competency":
            labels, descriptions = descriptions, []
        chosen: dict[str, Text] = {}
        for text in labels:
            chosen.setdefault(text.language, text)
        others = [text for text in labels if chosen[text.language] != text]
        return _Words(
            tuple(chosen.values()),
            sorted_texts([*graph.texts(iri, *ALTERNATIVES), *others]),
            tuple(descriptions),
        )

    def _codes(self, iri: str) -> tuple[Code, ...]:
        graph = self._graph
        found = {Code("ctid", value) for value in graph.values(iri, "ceterms:ctid")}
        found |= {Code("notation", value) for value in graph.values(iri, *NOTATIONS)}
        for node in graph.links(iri, "ceterms:identifier", "ceasn:identifier", "ceterms:versionIdentifier"):
            systems = [text.text for text in graph.texts(node, "ceterms:identifierTypeName")]
            system = re.sub(r"[\s:]+", "-", systems[0]) if systems else "identifier"
            if node not in graph.links(iri, "ceterms:versionIdentifier"):
                found |= {Code(system, value) for value in graph.values(node, "ceterms:identifierValueCode")}
        return tuple(sorted(found))

    def _competency_kind(self, iri: str) -> str | None:
        if "ceterms:Task" in self._graph.types(iri):
            return "task"
        categories = self._graph.texts(iri, "ceasn:competencyCategory")
        return categories[0].text if categories else None

    def _broader(self, iri: str) -> tuple[str, ...]:
        parents = self._graph.both_ways(iri, "ceasn:isChildOf", "ceasn:hasChild")
        return tuple(each for each in parents if each != iri and self._graph.kind(each) == "competency")

    def _successor(self, iri: str, kind: str) -> str | None:
        successors = self._graph.both_ways(iri, "ceterms:supersededBy", "ceterms:supersedes")
        fitting = (each for each in successors if self._graph.kind_anywhere(each) in {None, kind} and each != iri)
        return next((each for each in fitting if not each.startswith(_BLANK) or each in self._graph.subjects), None)

    def _url(self, iri: str) -> str | None:
        pages = self._graph.links(iri, "ceterms:subjectWebpage") or self._graph.links(iri, "schema:url")
        return next((page for page in pages if page.startswith(("http:", "https:"))), None)

    def _first(self, iri: str, *names: str) -> str | None:
        said = [*self._graph.links(iri, *names), *(text.text for text in self._graph.texts(iri, *names))]
        return said[0] if said else None

    def _agent(self, iri: str) -> str | None:
        """Name of who offers or owns it; the IRI where nobody names that one."""
        graph = self._graph
        for name in ("ceterms:offeredBy", "ceterms:ownedBy"):
            agents = graph.links(iri, name)
            names = [found for each in agents if (found := graph.name(each))]
            names += [text.text for text in graph.texts(iri, name)] if not agents else []
            if names:
                return names[0]
        known = (*graph.links(iri, "ceterms:offeredBy"), *graph.links(iri, "ceterms:ownedBy"))
        return next((each for each in known if not each.startswith(IDENTITY)), None)

    def _employer(self, iri: str) -> tuple[str | None, str | None]:
        """Name and IRI of who offers a job; of several, the first by name."""
        graph = self._graph
        found = [
            (graph.name(each) or "", "" if each.startswith(IDENTITY) else each)
            for each in graph.links(iri, "ceterms:offeredBy")
        ]
        found += [(text.text, "") for text in graph.texts(iri, "ceterms:offeredBy")] if not found else []
        named = [each for each in found if any(each)]
        if not named:
            return None, None
        name, address = min(named, key=lambda each: (not each[0], each))
        return name or None, address or None

    def _salary(self, iri: str) -> Salary | None:
        """The one pay that all pay profiles agree on."""
        found = {self._pay(profile) for profile in self._graph.links(iri, "ceterms:workPay")}
        if not found:
            return None
        pay = found.pop()
        if pay is None or found:
            self._graph.doubts.add("ctdl.unread-salary", iri, "several or unclear figures of pay")
            return None
        return pay

    def _pay(self, profile: str) -> Salary | None:
        """What a pay profile says; None where it cannot be read as one amount or range of one currency."""
        graph = self._graph
        figures = {name: graph.values(profile, f"schema:{name}") for name in ("value", "minValue", "maxValue")}
        currencies = graph.values(profile, "ceterms:currency", "schema:currency")
        periods = graph.values(profile, "ceterms:basePeriod")
        if len(currencies) != 1 or len(periods) > 1 or any(len(each) > 1 for each in figures.values()):
            return None
        least, most = (figures[name] or figures["value"] for name in ("minValue", "maxValue"))
        currency = _CURRENCIES.get(currencies[0].casefold(), currencies[0])
        try:
            low, high = (read_amount(each[0], currency) if each else None for each in (least, most))
        except ValueError:
            return None
        if (low is None and high is None) or (low is not None and high is not None and low > high):
            return None
        return Salary(currency, low, high, read_period(periods[0]) if periods else None)

    def _credential_kind(self, iri: str) -> str | None:
        """The narrowest class of credential, without its prefix; a component says it by `credentialType`."""
        graph = self._graph
        types = [each for each in graph.types(iri) if kind_among([each]) == "credential"]
        if not types:
            stated = [*graph.links(iri, "ceterms:credentialType"), *graph.values(iri, "ceterms:credentialType")]
            return re.split(r"[/:#]", stated[0])[-1] if stated else None
        narrow = [each for each in types if not any(each != other and each in ancestors(other) for other in types)]
        name = narrow[0].partition(":")[2]
        return None if name == "Credential" else name

    def _cost(self, iri: str) -> Money | None:
        """The one price that all cost profiles agree on."""
        graph = self._graph
        found: set[tuple[str, str]] = set()
        for profile in graph.links(iri, "ceterms:estimatedCost"):
            prices = [*graph.values(profile, "ceterms:price"), *graph.values(profile, "schema:price")]
            currencies = graph.values(profile, "ceterms:currency") or [""]
            found |= {(price, currency) for price in prices for currency in currencies}
        if not found:
            return None
        if len(found) > 1:
            self._graph.doubts.add("ctdl.unread-cost", iri, f"{len(found)} prices of one thing")
            return None
        price, currency = found.pop()
        try:
            return read_money(_plain(price), _CURRENCIES.get(currency.casefold(), currency))
        except (ValueError, InvalidOperation):
            self._graph.doubts.add("ctdl.unread-cost", iri, f"the price {price!r} in {currency!r}")
            return None

    def _duration(self, iri: str) -> Decimal | None:
        """Learning days: the time that is engaged, else the time that it spans; profiles that differ mean none."""
        graph = self._graph
        lengths: set[Decimal | None] = set()
        profiles = graph.links(iri, "ceterms:estimatedDuration")
        for profile in profiles:
            for name in ("ceterms:timeRequired", "ceterms:exactDuration"):
                if stated := graph.values(profile, name):
                    lengths |= {self._days(iri, each) for each in stated}
                    break
        direct = [] if profiles else graph.values(iri, "ceterms:estimatedDuration")
        read = {*lengths, *(self._days(iri, each) for each in direct)}
        return read.pop() if len(read) == 1 else None

    def _days(self, iri: str, text: str) -> Decimal | None:
        days = read_iso_days(text)
        if days is None:
            self._graph.doubts.add("ctdl.unread-length", iri, text)
        return days

    def _scale(self, iri: str) -> Scale:
        levels = self._scales[iri]
        return Scale(
            iri=iri,
            labels=_one_a_language(self._graph.texts(iri, *LABELS)),
            minimum=0.0,
            maximum=max(levels.values()),
            statements=tuple(sorted(set(self._graph.subjects[iri]))),
        )

    def _scale_level(self, iri: str) -> ScaleLevel:
        graph = self._graph
        return ScaleLevel(
            iri=iri,
            level=Level(*graph.scale_levels[iri]),
            labels=_one_a_language(graph.texts(iri, *LABELS)),
            descriptions=sorted_texts(graph.texts(iri, *DESCRIPTIONS)),
            statements=tuple(sorted(set(graph.subjects[iri]))),
        )


def _one_a_language(texts: Iterable[Text]) -> tuple[Text, ...]:
    """The first text of each language."""
    found: dict[str, Text] = {}
    for text in texts:
        found.setdefault(text.language, text)
    return tuple(found.values())


def read_iso_days(text: str) -> Decimal | None:
    """Learning days of an ISO 8601 duration, None where it is none: PT8H is 1, P1W 5, P1Y 52 weeks, P1M a twelfth."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()) or len(text) > 100:
        return None
    exact = sum((Fraction(part) * unit for part, unit in zip(match.groups(), _UNITS, strict=True) if part), Fraction())
    if exact > LARGEST_DAYS:
        return None
    days = Decimal(round(exact * 10**6)).scaleb(-6)
    return days.quantize(Decimal(1)) if days == days.to_integral_value() else days.normalize()


def _plain(price: str) -> str:
    """The number without an exponent and superfluous zeros: JSON-LD writes 19.99 as 1.999E1."""
    number = Decimal(price)
    if not number.is_finite() or abs(number.adjusted()) > 20:
        raise ValueError(price)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_statements(
    record: Framework | Competency | Course | Credential | JobRole, statements: tuple[tuple[str, str], ...]
) -> Record:
    return replace(record, statements=statements)


def _frameworks(graph: CtdlGraph) -> Mapping[str, str]:
    """Thing -> the framework that it belongs to: what it says itself, else what its ancestors say."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for iri in sorted(graph.subjects):
        if graph.kind(iri) in {None, "framework", "scale"}:
            continue
        for name, inverse in _MEMBERSHIPS:
            named = graph.both_ways(iri, name, inverse)
            framework = next((each for each in named if graph.kind_anywhere(each) == "framework"), None)
            if framework is not None:
                found[iri] = framework
                waiting.append(iri)
                break
    while waiting:
        iri = waiting.pop(0)
        for child in graph.both_ways(iri, "ceasn:hasChild", "ceasn:isChildOf"):
            if child not in found and graph.kind(child) == "competency":
                found[child] = found[iri]
                waiting.append(child)
    return found


_MEMBERSHIPS: Final = (
    ("ceasn:isPartOf", "ceasn:hasPart"),
    ("ceasn:isTopChildOf", "ceasn:hasTopChild"),
    ("ceasn:isChildOf", "ceasn:hasChild"),
    ("ceterms:isMemberOf", "ceterms:hasMember"),
    ("skos:inScheme", "skos:hasTopConcept"),
)
"""Words by which a thing says where it belongs, and the inverse of each."""


def _ordered_levels(graph: CtdlGraph, scale: str) -> dict[str, float]:
    """Level -> its value: its numeric notation, else its place in what precedes what. Empty where neither is clear."""
    levels: set[str] = set(
        graph.links(scale, "skos:hasTopConcept", "ceasn:hasProgressionLevel", "asn:hasProgressionLevel")
    )
    for name in ("ceasn:inProgressionModel", "skos:inScheme", "skos:topConceptOf"):
        levels.update(graph.inverse(name).get(scale, ()))
    levels = {each for each in levels if each in graph.subjects}
    if not levels:
        return {}
    numbers = {level: graph.values(level, "skos:notation", "ceterms:codedNotation") for level in levels}
    if all(len(each) == 1 and re.fullmatch(r"\d{1,9}(\.\d{1,9})?", each[0]) for each in numbers.values()):
        values = {level: float(each[0]) for level, each in numbers.items()}
        if len(set(values.values())) == len(levels) and max(values.values()) > 0:
            return values
    following = {
        level: [each for each in graph.both_ways(level, "ceterms:precedes", "ceterms:precededBy") if each in levels]
        for level in levels
    }
    return _chain(levels, following)


def _chain(levels: set[str], following: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Places from 1, where every level but the last has one next level and every one is reached."""
    later = {each for nexts in following.values() for each in nexts}
    first = sorted(levels - later)
    if len(first) != 1 or any(len(nexts) > 1 for nexts in following.values()):
        return {}
    order: dict[str, float] = {}
    level: str | None = first[0]
    while level is not None and level not in order:
        order[level] = float(len(order) + 1)
        level = next(iter(following[level]), None)
    return order if len(order) == len(levels) else {}
