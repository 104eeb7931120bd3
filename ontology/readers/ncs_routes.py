"""Ways into a job as the National Careers Service tells them: alternatives, each with what it leads through.

The routes of a profile are one ANY group; each route is an ANY of the qualifications and apprenticeships that it names,
or, where it names none, of one course that stands for the route itself. What is usually needed to begin (so many
GCSEs) is a prerequisite of those: any one of what words such as `for a level 3 course` do not keep apart. Called by
`ncs`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ontology.model import (
    Course,
    Credential,
    FindingLevel,
    Importance,
    Located,
    Requirement,
    RequirementGroup,
    Source,
    Statement,
    Text,
    derived_iri,
)

from .json_fields import Fields
from .sources import ENGLISH, NCS, english, folded, minted_iri, said

SOURCE: Final = "ncs"
ROUTES: Final = MappingProxyType(
    {
        "university": "University",
        "college": "College",
        "apprenticeship": "Apprenticeship",
        "work": "Work",
        "volunteering": "Volunteering",
        "direct": "Direct application",
        "other": "Other routes",
    }
)
"""Member -> what the route is called."""
NAMING: Final = MappingProxyType({"university": "university-subject", "college": "college-qualification"})
"""Routes whose options are qualifications or subjects -> kind of the credential. Elsewhere options are phrases."""
APPRENTICESHIP: Final = "apprenticeship"
LONGEST_KEY: Final = 160
"""Characters up to which a name is part of an IRI; a longer text is told apart by its digest."""
_ROUTE: Final = frozenset({"id", "text", "options", "requirementsPrefix", "requirements", "furtherInfo"})
_SOFT: Final = re.compile(r"\b(may|might|could|vary|varies|no set|their own)\b", re.IGNORECASE)
_LEVELS: Final = re.compile(r"\blevel (\d)(?: (?:or|to|and) (?:level )?(\d))?", re.IGNORECASE)
_STAGES: Final = (
    (re.compile(r"\bT level\b"), (3,)),
    (re.compile(r"\bintermediate apprenticeship", re.IGNORECASE), (2,)),
    (re.compile(r"\badvanced apprenticeship", re.IGNORECASE), (3,)),
    (re.compile(r"\bhigher (?:or degree )?apprenticeship", re.IGNORECASE), (4, 5, 6, 7)),
    (re.compile(r"\bdegree apprenticeship", re.IGNORECASE), (6, 7)),
)


def named_iri(kind: str, name: str) -> str:
    """An IRI for what NCS only names: case and runs of blanks make no difference."""
    key = folded(name)
    return minted_iri(SOURCE, kind, key) if len(key) <= LONGEST_KEY else derived_iri(f"{SOURCE}/{kind}", key)


def standard_iri(reference: str) -> str:
    """The course of an apprenticeship standard, by its reference (`ST0561`)."""
    return minted_iri(SOURCE, APPRENTICESHIP, reference)


def levels_in(text: str) -> frozenset[int]:
    """Levels of qualification that a name speaks of: `Level 2 Certificate in …` 2, `T level in …` 3; empty: unknown."""
    found = {int(level) for match in _LEVELS.finditer(text) for level in match.groups() if level}
    for pattern, levels in _STAGES:
        if pattern.search(text):
            found.update(levels)
    return frozenset(found)


@dataclass(slots=True)
class Entrance:
    """What it takes to begin something, as all profiles tell it."""

    source: Source
    levels: frozenset[int]
    entries: dict[Importance, dict[str, Source]] = field(
        default_factory=lambda: {Importance.MUST: {}, Importance.SHOULD: {}}
    )


class Routes:
    """All routes of all profiles; what several of them name is described once."""

    def __init__(self, standards: dict[str, frozenset[int]]) -> None:
        self._standards = standards
        """IRI of each apprenticeship that is described -> its levels."""
        self._credentials: dict[str, Located] = {}
        self._entrances: dict[str, Entrance] = {}

    def take(self, profile: Fields, owner: str, title: str, slug: str) -> Iterator[Located]:
        """The tree of one profile, and the courses that stand for routes which name nothing."""
        routes = profile.object("routes")
        apprenticeships = profile.texts("apprenticeshipStandards")
        if routes is None:
            return
        names = [name for name in (*ROUTES, *sorted(set(routes.values) - set(ROUTES))) if name in routes.values]
        if apprenticeships and APPRENTICESHIP not in names:
            names.append(APPRENTICESHIP)
        top = derived_iri("group", owner, None, NCS.iri)
        if names:
            group = RequirementGroup(iri=top, owner=owner, minimum=1, labels=(Text("Entry routes", ENGLISH),))
            yield Located(record=group, source=routes.at())
        for name in names:
            route = routes.object(name) if name in routes.values else _unnamed(profile)
            if route is not None:
                named = apprenticeships if name == APPRENTICESHIP else ()
                yield from self._take_route(route, name, owner, top, (title, slug), named)

    def _take_route(
        self, route: Fields, name: str, owner: str, top: str, profile: tuple[str, str], named: Sequence[str]
    ) -> Iterator[Located]:
        title, slug = profile
        label = ROUTES.get(name, name)
        iri = derived_iri("group", owner, None, NCS.iri, name)
        members: dict[str, frozenset[int]] = {}
        for option in route.texts("options") if name in NAMING else ():
            members[self._qualification(route, name, option)] = levels_in(option)
        statements = set(self._besides(route, name, named=bool(members)))
        for reference in named:
            course = standard_iri(reference)
            if course in self._standards:
                members[course] = self._standards[course]
            else:
                route.fault(
                    "ncs.unknown-standard",
                    f"No apprenticeship standard {reference} is known; {title} goes without it.",
                    "Load the file of apprenticeship standards together with the profiles.",
                    level=FindingLevel.SHOULD,
                )
                statements.update(said(SOURCE, "apprenticeshipStandard", reference))
        if not members:
            course = minted_iri(SOURCE, slug, "route", name)
            members[course] = frozenset()
            record = Course(
                iri=course,
                labels=english(f"{label}: {title}"),
                descriptions=english(route.text("text")),
                framework=NCS.iri,
            )
            yield Located(record=record, source=route.at())
        group = RequirementGroup(
            iri=iri,
            owner=owner,
            parent=top,
            minimum=1,
            labels=english(label),
            statements=tuple(sorted(statements)),
        )
        yield Located(record=group, source=route.at())
        for target in members:
            leaf = Requirement(
                iri=derived_iri("requirement", owner, None, iri, target), owner=owner, group=iri, target=target
            )
            yield Located(record=leaf, source=route.at())
        self._take_entries(route, members)

    def _qualification(self, route: Fields, name: str, option: str) -> str:
        iri = named_iri(name, option)
        record = Credential(iri=iri, labels=english(option), framework=NCS.iri, kind=NAMING[name])
        self._credentials.setdefault(iri, Located(record=record, source=route.at("options")))
        return iri

    def _besides(self, route: Fields, name: str, *, named: bool) -> Iterator[Statement]:
        yield from said(SOURCE, "route", name)
        for member in ("id", "text", "furtherInfo"):
            yield from said(SOURCE, member, route.text(member))
        for member in ("requirementsPrefix", "requirements", *(() if named else ("options",))):
            for text in route.texts(member):
                yield from said(SOURCE, member, text)
        yield from route.besides(SOURCE, _ROUTE)

    def _take_entries(self, route: Fields, members: dict[str, frozenset[int]]) -> None:
        """What the route asks for before anything in it is begun; `you may need` only weighs."""
        soft = any(_SOFT.search(text) for text in route.texts("requirementsPrefix"))
        importance = Importance.SHOULD if soft else Importance.MUST
        for index, text in enumerate(route.texts("requirements")):
            entry = named_iri("entry", text)
            record = Credential(iri=entry, labels=english(text), framework=NCS.iri, kind="entry-requirement")
            source = route.at("requirements", index)
            self._credentials.setdefault(entry, Located(record=record, source=source))
            meant = levels_in(text.rpartition(" for ")[2]) if " for " in text else frozenset[int]()
            for target, levels in members.items():
                if not meant or not levels or meant & levels:
                    entrance = self._entrances.setdefault(target, Entrance(source, levels))
                    entrance.entries[importance].setdefault(entry, source)

    def shared(self) -> Iterator[Located]:
        """What the routes name, each once, and the prerequisites of each as all profiles tell them."""
        yield from self._credentials.values()
        for target, entrance in self._entrances.items():
            musts = entrance.entries[Importance.MUST]
            shoulds = {iri: at for iri, at in entrance.entries[Importance.SHOULD].items() if iri not in musts}
            for importance, entries in ((Importance.MUST, musts), (Importance.SHOULD, shoulds)):
                if entries:
                    yield from _prerequisites(target, importance, entries, entrance.source)


def _unnamed(profile: Fields) -> Fields:
    """The route of apprenticeships that a profile lists and tells nothing else of."""
    member = "apprenticeshipStandards"
    return Fields(values={}, file=profile.file, line=profile.line, path=(member,), findings=profile.findings)


def _prerequisites(
    target: str, importance: Importance, entries: dict[str, Source], source: Source
) -> Iterator[Located]:
    group = derived_iri("group", target, None, NCS.iri, importance)
    record = RequirementGroup(
        iri=group, owner=target, minimum=1, importance=importance, labels=(Text("Entry requirements", ENGLISH),)
    )
    yield Located(record=record, source=source)
    for entry, at in entries.items():
        leaf = Requirement(
            iri=derived_iri("requirement", target, None, group, entry),
            owner=target,
            group=group,
            target=entry,
            importance=importance,
        )
        yield Located(record=leaf, source=at)
