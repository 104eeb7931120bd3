"""What `reader` answers from Neo4j, answered from a snapshot and the archive: for views that Neo4j does not hold.

Overlays laid over a release, and releases that were. Relations are the same as Neo4j's, held equal by a test; what
search finds is, its scores are not. Called by the service's loaders in place of a GraphReader.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from ontology.model import Alignment, Record, Text

from .described import Descriptions
from .layout import RELATIONS, Ints, ResourceType
from .overlays import merged
from .reader import NO_PAGE, AlignmentRow, Description, Hit, Page, Relation, SearchPage
from .scales import level_row
from .search import find_words
from .snapshot import Snapshot
from .snapshot_search import SearchIndex

MAXIMUM_SUCCESSORS = 32
"""Steps from a superseded thing to its successor that are followed, as in Neo4j."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a snapshot does not hold, by row of a dataset. Both are blocking and may read files."""

    descriptions: Callable[[int], Descriptions | None]
    """None for an overlay, whose descriptions are given."""
    records: Callable[[int, Collection[str]], Mapping[str, Record]]
    """The records of these IRIs as their dataset states them."""


class SnapshotReader:
    """Questions about single things of one view. Raises DamagedError where the archive is damaged."""

    def __init__(self, snapshot: Snapshot, sources: Sources, given: Mapping[str, Sequence[Text]]) -> None:
        """Answers about this snapshot.

        Args:
            sources: what it does not hold.
            given: descriptions by IRI that overlays put in place of a thing's own, language by language.
        """
        self._snapshot = snapshot
        self._sources = sources
        self._given = given

    async def descriptions(self, iris: Sequence[str]) -> dict[str, tuple[Description, ...]]:
        """Descriptions by IRI, by language; no entry for what is not described."""
        return await asyncio.to_thread(self._descriptions, tuple(dict.fromkeys(iris)))

    def _descriptions(self, iris: Sequence[str]) -> dict[str, tuple[Description, ...]]:
        found = {}
        for iri in iris:
            dataset = self._describing(iri)
            if dataset < 0:
                continue
            own = self._sources.descriptions(dataset)
            texts = merged(own.find(iri) if own else (), self._given.get(iri, ()))
            found[iri] = tuple(Description(text=text.text, language=text.language) for text in texts)
        return found

    def _describing(self, iri: str) -> int:
        """Row of the dataset that describes a thing or names a level of a scale, -1 where none does."""
        row, level = self._snapshot.find_row(iri), level_row(self._snapshot, iri)
        if row >= 0 and self._snapshot.types[row] != ResourceType.EXTERNAL:
            return int(self._snapshot.dataset[row])
        return -1 if level < 0 else int(self._snapshot.scale_level_dataset[level])

    async def related(
        self,
        relation: Relation,
        iris: Sequence[str],
        *,
        first: int,
        after: str | None = None,
        datasets: Sequence[str] | None = None,
    ) -> dict[str, Page]:
        """A page of a relation for each of these things, as `GraphReader.related`; the view is that of its datasets."""
        del datasets
        links = self._snapshot.derived("links", _Links)
        return {iri: _page(links.related(relation, iri), first, after) for iri in iris}

    async def alignments(
        self, iris: Sequence[str], *, datasets: Sequence[str] | None = None
    ) -> dict[str, AlignmentRow]:
        """Alignments by their own IRI; no entry where there is none."""
        del datasets
        return await asyncio.to_thread(self._alignments, frozenset(iris))

    def _alignments(self, iris: Collection[str]) -> dict[str, AlignmentRow]:
        snapshot = self._snapshot
        rows = [row for row, iri in enumerate(snapshot.alignment_iris) if iri in iris]
        owners = {int(snapshot.alignment_dataset[row]) for row in rows}
        stated = {owner: self._sources.records(owner, iris) for owner in sorted(owners)}
        found = {}
        for row in rows:
            iri, owner = snapshot.alignment_iris[row], int(snapshot.alignment_dataset[row])
            record = stated[owner].get(iri)
            said = record if isinstance(record, Alignment) else None
            confidence = float(snapshot.alignment_confidence[row])
            found[iri] = AlignmentRow(
                iri=iri,
                subject=snapshot.iris[int(snapshot.alignment_subject[row])],
                object=snapshot.iris[int(snapshot.alignment_object[row])],
                relation=RELATIONS[int(snapshot.alignment_relation[row])].value,
                confidence=None if isnan(confidence) else confidence,
                method=snapshot.alignment_method[row],
                source=snapshot.alignment_source[row],
                author=said.author if said else None,
                date=said.date if said else None,
                comment=said.comment if said else None,
                dataset=snapshot.datasets[owner].name,
            )
        return found

    async def search(
        self,
        text: str,
        *,
        first: int,
        after: Hit | None = None,
        types: Sequence[ResourceType] | None = None,
        languages: Sequence[str] | None = None,
        prefix: bool = False,
        datasets: Sequence[str] | None = None,
    ) -> SearchPage:
        """A page of the things whose labels or codes have the words of a text, as `GraphReader.search`."""
        del datasets
        words = find_words(text, prefix=prefix)
        if not words:
            return SearchPage(hits=(), total=0, has_next=False)

        def search() -> tuple[Ints, list[float]]:
            index = self._snapshot.derived("search index", SearchIndex)
            for every in (True, False):
                rows, scores = index.find(text, words, types=types, languages=languages, every=every)
                if len(rows) or len(words.pieces) == 1:
                    break
            return rows, scores.tolist()

        rows, scores = await asyncio.to_thread(search)
        hits = (
            Hit(iri=self._snapshot.iris[row], score=score) for row, score in zip(rows.tolist(), scores, strict=True)
        )
        rest = [hit for hit in hits if after is None or (-hit.score, hit.iri) > (-after.score, after.iri)]
        return SearchPage(hits=tuple(rest[:first]), total=len(rows), has_next=len(rest) > first)


def _page(found: Sequence[str], first: int, after: str | None) -> Page:
    if not found:
        return NO_PAGE
    rest = [iri for iri in found if after is None or iri > after]
    return Page(iris=tuple(rest[:first]), total=len(found), has_next=len(rest) > first)


class _Inverse:
    """Entries of a column by their value."""

    def __init__(self, column: Ints, count: int) -> None:
        self._order = np.argsort(column, kind="stable")
        self._starts = np.searchsorted(column[self._order], np.arange(count + 1))

    def entries(self, value: int) -> list[int]:
        """Positions in the column that have this value."""
        found: list[int] = self._order[self._starts[value] : self._starts[value + 1]].tolist()
        return found


class _Links:
    """How the things of a snapshot are related, both ways. A superseded thing stands for its last successor."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        count = len(snapshot.iris)
        self._replacing = _Inverse(snapshot.replaced_by, count)
        self._taught = _Inverse(snapshot.teaches_competency, count)
        self._teachers: Ints = np.repeat(np.arange(count, dtype=np.int32), np.diff(snapshot.teaches_offsets))
        self._awarded = _Inverse(snapshot.awards_credential, count)
        self._givers: Ints = np.repeat(np.arange(count, dtype=np.int32), np.diff(snapshot.awards_offsets))
        self._required = _Inverse(snapshot.node_target, count)
        self._subjects = _Inverse(snapshot.alignment_subject, count)
        self._objects = _Inverse(snapshot.alignment_object, count)

    def related(self, relation: Relation, iri: str) -> list[str]:
        """IRIs of what a relation leads to, sorted."""
        snapshot = self._snapshot
        row = snapshot.find_row(iri)
        if row < 0:
            return []
        meant = self._meant(row)
        if relation is Relation.ALIGNMENTS:
            entries = {
                entry for each in meant for entry in (*self._subjects.entries(each), *self._objects.entries(each))
            }
            return sorted({snapshot.alignment_iris[entry] for entry in entries})
        kind = _KINDS[relation]
        rows = {self._last(found) for each in meant for found in self._from(relation, each)}
        return [snapshot.iris[found] for found in sorted(rows) if snapshot.types[found] == kind]

    def _meant(self, row: int) -> list[int]:
        """The thing and all that it replaces."""
        found, waiting = {row}, [row]
        while waiting:
            for each in self._replacing.entries(waiting.pop()):
                if each not in found:
                    found.add(each)
                    waiting.append(each)
        return sorted(found)

    def _last(self, row: int) -> int:
        """What a superseded thing leads to at the end; itself where there is no end."""
        at = row
        for _ in range(MAXIMUM_SUCCESSORS):
            following = int(self._snapshot.replaced_by[at])
            if following < 0:
                return at
            at = following
        return at if self._snapshot.replaced_by[at] < 0 else row

    def _from(self, relation: Relation, row: int) -> Iterator[int]:
        snapshot = self._snapshot
        match relation:
            case Relation.BROADER | Relation.NARROWER:
                column = snapshot.broader if relation is Relation.BROADER else snapshot.narrower
                return (int(column[entry]) for entry in snapshot.span(f"{relation.value}_offsets", row))
            case Relation.TEACHES:
                return (int(snapshot.teaches_competency[entry]) for entry in snapshot.span("teaches_offsets", row))
            case Relation.AWARDS:
                return (int(snapshot.awards_credential[entry]) for entry in snapshot.span("awards_offsets", row))
            case Relation.TAUGHT_BY | Relation.CERTIFIED_BY:
                found = (int(self._teachers[entry]) for entry in self._taught.entries(row))
                return (each for each in found if snapshot.types[each] == _KINDS[relation])
            case Relation.AWARDED_BY:
                return (int(self._givers[entry]) for entry in self._awarded.entries(row))
            case _:
                return (int(snapshot.node_owner[node]) for node in self._required.entries(row))


_KINDS = {
    Relation.BROADER: ResourceType.COMPETENCY,
    Relation.NARROWER: ResourceType.COMPETENCY,
    Relation.TAUGHT_BY: ResourceType.COURSE,
    Relation.CERTIFIED_BY: ResourceType.CREDENTIAL,
    Relation.REQUIRED_BY: ResourceType.JOB_ROLE,
    Relation.TEACHES: ResourceType.COMPETENCY,
    Relation.AWARDS: ResourceType.CREDENTIAL,
    Relation.AWARDED_BY: ResourceType.COURSE,
}
