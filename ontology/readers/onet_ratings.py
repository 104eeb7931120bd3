"""O*NET's ratings: how important an element is for an occupation and at what level, as one graded requirement.

Importance (IM, 1 to 5) is the requirement's importance from 0 to 1, the level (LV, 0 to 7) its level. What O*NET
recommends to suppress or says is not relevant makes no requirement and stays with the occupation; so do ratings of
what is no competency: interests, work styles, work context, education. Called by `onet`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ontology.documents import Row
from ontology.model import Finding, Importance, Level, Located, Requirement, Source, derived_iri

from .onet_elements import Elements
from .onet_roles import Roles
from .onet_tables import CODE, ELEMENT, RATINGS
from .onet_things import IMPORTANCE, LEVEL, domain, find_faults, find_number, kept_row, says_yes
from .tally import Tally

DIGITS: Final = 6
"""Decimals of a graded importance; ratings have two."""


@dataclass(frozen=True, slots=True)
class _Rating:
    value: float | None
    suppressed: bool
    irrelevant: bool
    row: Row

    @property
    def source(self) -> Source:
        return self.row.source


class Ratings:
    """Pairs of ratings that wait for each other; rows of one pair need not stand together, though they do."""

    def __init__(self, roles: Roles, elements: Elements) -> None:
        self._roles = roles
        self._elements = elements
        self._waiting: dict[tuple[str, str], dict[str, _Rating]] = {}
        self.suppressed = Tally(
            code="onet.suppressed",
            what="ratings are recommended to be suppressed; they make no requirement and are kept with the occupation",
            fix="Nothing to do: O*NET says so itself.",
        )
        self.irrelevant = Tally(
            code="onet.not-relevant",
            what="elements are not relevant for the occupation; they make no requirement and are kept with it",
            fix="Nothing to do: O*NET says so itself.",
        )

    def read(self, row: Row) -> Iterator[Located | Finding]:
        """Takes a row of ratings; the requirement, as soon as both of its ratings are there."""
        if faults := find_faults(row, (CODE, ELEMENT, "Scale ID")):
            yield from faults
            return
        code, element, scale = row.get(CODE), row.get(ELEMENT), row.get("Scale ID")
        self._roles.mention(row, code)
        if domain(element) is None or scale not in (IMPORTANCE, LEVEL):
            self._roles.keep(code, kept_row(RATINGS.name, row))
            return
        value, fault = find_number(row, "Data Value")
        if fault:
            yield fault
            return
        self._elements.mention(row, element, row.get("Element Name"))
        self._elements.scale(scale, row.source)
        rating = _Rating(
            value,
            says_yes(row, "Recommend Suppress"),
            says_yes(row, "Not Relevant"),
            row,
        )
        pair = self._waiting.setdefault((code, element), {})
        if scale in pair:
            del self._waiting[code, element]
            yield from self._requirement(code, element, pair)
            self._waiting[code, element] = {scale: rating}
        elif pair:
            pair[scale] = rating
            del self._waiting[code, element]
            yield from self._requirement(code, element, pair)
        else:
            pair[scale] = rating

    def rest(self) -> Iterator[Located]:
        """Requirements of ratings that have no other one beside them."""
        for (code, element), pair in self._waiting.items():
            yield from self._requirement(code, element, pair)
        self._waiting.clear()

    def _requirement(self, code: str, element: str, pair: dict[str, _Rating]) -> Iterator[Located]:
        importance, level = pair.get(IMPORTANCE), pair.get(LEVEL)
        first = importance or level
        assert first is not None, "a pair has one rating or two"
        if any(each.irrelevant for each in pair.values()):
            self.irrelevant.add(f"{code} {element}", first.source)
        elif first.suppressed:
            self.suppressed.add(f"{code} {element}", first.source)
        elif first.value is not None:
            yield Located(record=self._graded(code, element, importance, level), source=first.source)
            return
        for each in pair.values():
            self._roles.keep(code, kept_row(RATINGS.name, each.row))

    def _graded(self, code: str, element: str, importance: _Rating | None, level: _Rating | None) -> Requirement:
        owner, target = self._roles.iri(code), self._elements.iri(element)
        value = None
        if importance is not None and importance.value is not None:
            scale = self._elements.scale(IMPORTANCE, importance.source)
            value = round((importance.value - scale.minimum) / ((scale.maximum - scale.minimum) or 1), DIGITS)
        asked = None
        if level is not None and level.value is not None:
            if level.suppressed:
                self.suppressed.add(f"{code} {element}", level.source)
            else:
                asked = Level(self._elements.scale(LEVEL, level.source).iri, level.value)
        rows = [each.row for each in (importance, level) if each is not None]
        return Requirement(
            iri=derived_iri("requirement", owner, None, None, target),
            owner=owner,
            target=target,
            level=asked,
            importance=Importance.SHOULD,
            importance_value=value,
            statements=tuple(sorted(kept_row(RATINGS.name, row, (ELEMENT,)) for row in rows)),
        )
