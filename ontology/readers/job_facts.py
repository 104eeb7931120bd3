"""Who hires, where the work is and what it pays, out of what a posting says in schema.org's words.

What cannot be read is a finding and counts as unknown; all of it stays in the statements. Called by `job_records`.
Source: schema.org 30.0 (`hiringOrganization`, `jobLocation`, `applicantLocationRequirements`, `occupationLocation`,
`jobLocationType`, `baseSalary`, `estimatedSalary`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ontology.model import Finding, FindingLevel, Salary
from ontology.ntriples import find_literal
from ontology.places import place_of, place_of_name
from ontology.quantities import read_amount
from ontology.terms import SCHEMA

from .job_terms import JDX, read_period
from .job_things import Things, text_of
from .linked_json import MAX_SHOWN

_EMPLOYERS: Final = (f"{SCHEMA}hiringOrganization",)
_EMPLOYER_NAMES: Final = (f"{SCHEMA}legalName", f"{SCHEMA}name")
_WHERE: Final = (
    f"{SCHEMA}jobLocation",
    f"{SCHEMA}applicantLocationRequirements",
    f"{SCHEMA}occupationLocation",
    f"{JDX}applicantLocationRequirement",
)
_WITHIN: Final = (f"{SCHEMA}address", f"{SCHEMA}containedInPlace", f"{SCHEMA}geo")
_ADDRESS: Final = (f"{SCHEMA}addressCountry", f"{SCHEMA}addressRegion", f"{SCHEMA}addressLocality")
_LOCATION_TYPE: Final = f"{SCHEMA}jobLocationType"
_REMOTE: Final = frozenset({"telecommute", "remote", "fullyremote"})
_COUNTRY: Final = f"{SCHEMA}Country"
_CURRENCIES: Final = (f"{SCHEMA}currency", f"{SCHEMA}priceCurrency", f"{SCHEMA}salaryCurrency")
_AMOUNTS: Final = (f"{SCHEMA}value", f"{SCHEMA}price")
_LEAST: Final = (f"{SCHEMA}minValue", f"{SCHEMA}minPrice")
_MOST: Final = (f"{SCHEMA}maxValue", f"{SCHEMA}maxPrice")
_SPREAD: Final = tuple(
    f"{SCHEMA}{name}" for name in ("percentile10", "percentile25", "median", "percentile75", "percentile90")
)
_UNITS: Final = (f"{SCHEMA}unitText", f"{SCHEMA}unitCode", f"{SCHEMA}duration")
_DEEPEST: Final = 3
"""Places in places, values in values that are looked into."""


@dataclass(slots=True)
class Facts:
    """What is read of one job, and what of it could not be."""

    employer: str | None = None
    employer_iri: str | None = None
    places: tuple[str, ...] = ()
    remote: bool = False
    salary: Salary | None = None
    findings: list[Finding] = field(default_factory=list)


def read_facts(things: Things, iri: str) -> Facts:
    """Employer, places and salary of a job."""
    facts = Facts()
    _read_employer(things, iri, facts)
    _read_places(things, iri, facts)
    _Pay(things, iri, facts).read()
    return facts


def _read_employer(things: Things, iri: str, facts: Facts) -> None:
    """The first by name where several hire; an organisation's IRI is its `@id`, else what it is the same as."""
    found: list[tuple[str, str]] = []
    for term in things.terms(iri, *_EMPLOYERS):
        text = text_of(term)
        if text is not None:
            found.append((text.text, ""))
        elif term.startswith("<"):
            other = term[1:-1]
            names = [
                text for said in _EMPLOYER_NAMES for text in sorted(each.text for each in things.texts(other, said))
            ]
            own = "" if other.startswith(things.unnamed) else other
            alike = sorted(things.links(other, f"{SCHEMA}sameAs"))
            found.append((names[0] if names else "", own or (alike[0] if alike else "")))
    if found:
        name, address = min(found, key=lambda each: (not each[0], each))
        facts.employer, facts.employer_iri = name or None, address or None


def _read_places(things: Things, iri: str, facts: Facts) -> None:
    found: set[str] = set()
    for term in things.terms(iri, *_WHERE):
        found.update(_places(things, term, 0))
    facts.places = tuple(sorted(found))
    stated = [text.text for text in things.texts(iri, _LOCATION_TYPE)]
    stated += [name for other in things.links(iri, _LOCATION_TYPE) for name in [other.rpartition("/")[2]]]
    stated += [text.text for other in things.links(iri, _LOCATION_TYPE) for text in things.name(other)]
    facts.remote = any(re.sub(r"[^a-z]", "", each.casefold()) in _REMOTE for each in stated)
    unknown = [place for place in facts.places if place.startswith("/")]
    if unknown:
        facts.findings.append(
            _finding(
                iri,
                "jobs.place-without-country",
                f"Got the place {unknown[0].lstrip('/')[:MAX_SHOWN]!r} without a country that is known; no region that "
                "has a code is asked for with it.",
                "Write `addressCountry` as an ISO 3166 code, and the region by its code or name.",
            )
        )


def _places(things: Things, term: str, depth: int) -> Iterator[str]:
    """Places that a text, an address, a place or an area names."""
    text = text_of(term)
    if text is not None:
        place = place_of_name(text.text)
        if place is not None:
            yield place
        return
    if not term.startswith("<") or depth > _DEEPEST:
        return
    iri = term[1:-1]
    country, region, locality = (things.named(iri, said) for said in _ADDRESS)
    if country or region or locality:
        place = place_of(country, region, locality)
        if place is not None:
            yield place
        return
    inner = [place for each in things.terms(iri, *_WITHIN) for place in _places(things, each, depth + 1)]
    names = things.texts(iri, f"{SCHEMA}name")
    if inner or not names:
        yield from inner
        return
    place = place_of_name(names[0].text, country=_COUNTRY in things.types(iri))
    if place is not None:
        yield place


@dataclass(frozen=True, slots=True)
class _Figures:
    least: str
    most: str
    currency: str
    unit: str


class _Pay:
    """The one salary that a job states, else the one that somebody estimates."""

    def __init__(self, things: Things, iri: str, facts: Facts):
        self._things = things
        self._iri = iri
        self._facts = facts

    def read(self) -> None:
        """Sets the salary, or tells why there is none."""
        for said in (f"{SCHEMA}baseSalary", f"{SCHEMA}estimatedSalary"):
            terms = self._things.terms(self._iri, said)
            if not terms:
                continue
            found = {self._figures(term, 0) for term in terms}
            known = [each for each in found if each is not None]
            if len(known) == 1 and len(found) == 1:
                self._take(known[0])
            else:
                shown = f"{len(terms)} values of {said.removeprefix(SCHEMA)}"
                self._unread(shown, "one value with its currency is expected")
            return

    def _take(self, figures: _Figures) -> None:
        shown = f"{figures.least} to {figures.most} {figures.currency}".strip()
        currency = figures.currency.upper()
        try:
            least = read_amount(figures.least, currency) if figures.least else None
            most = read_amount(figures.most, currency) if figures.most else None
        except ValueError as error:
            self._unread(shown, str(error))
            return
        if least is not None and most is not None and least > most:
            self._unread(shown, "the least is above the most")
            return
        period = read_period(figures.unit) if figures.unit else None
        self._facts.salary = Salary(currency, least, most, period)
        if period is None:
            self._facts.findings.append(
                _finding(
                    self._iri,
                    "jobs.salary-without-period",
                    f"Got the salary {shown[:MAX_SHOWN]!r} for {figures.unit[:MAX_SHOWN] or 'no stated period'!r}; "
                    "it compares with no other.",
                    "Write `unitText` as HOUR, DAY, WEEK, MONTH or YEAR.",
                )
            )

    def _figures(self, term: str, depth: int) -> _Figures | None:
        """What a number, an amount, a value or a distribution says; None where it has no figure."""
        things = self._things
        stated = things.text(self._iri, f"{SCHEMA}salaryCurrency")
        literal = find_literal(term)
        if literal is not None:
            figure = literal.value.strip()
            return _Figures(figure, figure, stated, "") if figure else None
        iri = term[1:-1]
        currency, unit = things.named(iri, *_CURRENCIES), things.named(iri, *_UNITS)
        least, most = things.text(iri, *_LEAST), things.text(iri, *_MOST)
        spread = [text for said in _SPREAD if (text := things.text(iri, said))]
        if not (least or most) and spread:
            least, most = spread[0], spread[-1]
        if least or most:
            return _Figures(least, most, currency or stated, unit)
        values = things.terms(iri, *_AMOUNTS)
        if len(values) != 1 or depth > _DEEPEST:
            return None
        inner = self._figures(values[0], depth + 1)
        return inner and _Figures(inner.least, inner.most, currency or inner.currency or stated, inner.unit or unit)

    def _unread(self, got: str, why: str) -> None:
        self._facts.findings.append(
            _finding(
                self._iri,
                "jobs.unread-salary",
                f"Got the salary {got[:MAX_SHOWN]!r}, which is not read ({why[:MAX_SHOWN]}); it counts as unknown.",
                "Write a MonetaryAmount with its currency and a QuantitativeValue of plain numbers.",
            )
        )


def _finding(iri: str, code: str, message: str, fix: str) -> Finding:
    return Finding(level=FindingLevel.SHOULD, code=code, message=message, subject=iri, fix=fix)
