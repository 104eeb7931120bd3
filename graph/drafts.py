"""Drafts of overlays: edited in the data folder, never served, published as a release of the overlay's dataset.

A draft is a file of canonical N-Quads, replaced as a whole with each edit; one editor at a time, by a lock of its own,
so that drafts can be edited while a load is running. Called by the command line and by mutations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ontology.amendments import amendment_iri, datasets_under, find_header, make_header
from ontology.errors import InputError, UnknownReferenceError
from ontology.model import (
    UNDETERMINED,
    Amendment,
    Finding,
    FindingLevel,
    Importance,
    Level,
    LevelMapping,
    Located,
    Record,
    Scale,
    Source,
    Text,
)
from ontology.rdf import from_nquads_lines, to_nquads_lines
from ontology.readers import Reading
from ontology.validation import validate

from .archive import dataset_iri, write_durably
from .comparison import Changes
from .conflicts import described_by_release
from .known import KnownDatasets
from .layout import OVERLAY, ResourceType
from .loading import Counts, LoadReport, check_name, load
from .lock import writer_lock
from .overlays import digest, fitting, merged
from .releases import Releases

if TYPE_CHECKING:
    from pathlib import Path

    from .store import Store

LOCK = "drafts.lock"
_TYPES = tuple(kind for kind in ResourceType if kind is not ResourceType.EXTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be said otherwise of one thing; what is left out stays as the draft has it."""

    target: str
    """IRI, or code or exact label of a thing."""
    removed: bool | None = None
    labels: tuple[Text, ...] = ()
    descriptions: tuple[Text, ...] = ()
    weight: tuple[Importance, float | None] | None = None
    """Importance, and its value where it is graded."""
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft: the overlay as it is being edited."""

    name: str
    records: tuple[Record, ...]
    """By IRI."""

    @property
    def over(self) -> tuple[str, ...]:
        """Names of the datasets that it is made for."""
        return datasets_under(self.records)

    @property
    def amendments(self) -> tuple[Amendment, ...]:
        """What it says otherwise, by IRI."""
        return tuple(record for record in self.records if isinstance(record, Amendment))


class Drafts:
    """The drafts of a data folder. Whatever writes raises BusyError while somebody else edits."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._folder = releases.home / "drafts"

    def names(self) -> tuple[str, ...]:
        """Names of the drafts there are, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.nq")))

    def get(self, name: str) -> Draft:
        """A draft. Raises UnknownReferenceError with those there are, DamagedError."""
        try:
            lines = self._path(name).read_text("utf-8").splitlines()
        except FileNotFoundError:
            names = self.names()
            raise UnknownReferenceError(
                f"There is no draft {name!r}.",
                hint=f"There are: {', '.join(names)}." if names else f"Make one: headwater overlays new {name}.",
                subject=name,
                candidates=[(dataset_iri(each), each) for each in names],
            ) from None
        return Draft(name=name, records=tuple(from_nquads_lines(lines)))

    def create(
        self,
        name: str,
        *,
        over: Sequence[str] = (),
        label: Text | None = None,
        license: str | None = None,  # noqa: A002 - the field's name
    ) -> Draft:
        """A new draft: of the published overlay of that name where there is one, otherwise an empty one.

        Raises InputError (`overlay.draft-exists`, `overlay.other-kind`), UnknownReferenceError for a dataset in `over`.
        """
        check_name(name)
        current = self._releases.current()
        published = current.find(name) if current else None
        if published is not None and not published.is_overlay:
            raise InputError(
                f"{name!r} is a dataset and no overlay.", code="overlay.other-kind", hint="Choose another name."
            )
        for each in over:
            self._releases.get_dataset(each)
        with self._editing():
            if self._path(name).exists():
                raise InputError(
                    f"There is a draft {name!r} already.",
                    code="overlay.draft-exists",
                    hint=f"Edit it, or discard it first: headwater overlays discard {name}.",
                )
            records: list[Record] = list(self._releases.records(name)) if published else []
            header = find_header(records)
            if header is None or over or label or license:
                made = make_header(
                    name,
                    over=over or datasets_under(records),
                    labels=(label,) if label else header.labels if header else (),
                    license=license or (header.license if header else None),
                    attribution=header.attribution if header else None,
                )
                records = [
                    made if header is None else replace(made, iri=header.iri),
                    *(r for r in records if r != header),
                ]
            return self._write(name, records)

    def edit(self, name: str, edits: Iterable[Edit]) -> Draft:
        """The draft with these said otherwise, all of them or none.

        Each amendment remembers what its target says now, so that a later change of the base can be told.

        Raises UnknownReferenceError for a target that nothing describes, InputError (`overlay.not-fitting`) for what
        cannot be said of it.
        """
        wanted = list(edits)
        with self._editing():
            draft = self.get(name)
            targets = {edit.target: self._resolve(draft, edit.target) for edit in wanted}
            said = self._described(draft, targets.values())
            own = {record.iri: record for record in draft.records}
            overlay = self._overlay(draft)
            for edit in wanted:
                target = targets[edit.target]
                iri = amendment_iri(overlay, target)
                before = own.get(iri)
                amendment = before if isinstance(before, Amendment) else Amendment(iri=iri, target=target)
                own[iri] = _edited(amendment, edit, said[target])
            return self._write(name, own.values())

    def drop(self, name: str, references: Iterable[str]) -> Draft:
        """The draft without its amendments of these things, and without these additions.

        Raises UnknownReferenceError for what it neither amends nor adds.
        """
        with self._editing():
            draft = self.get(name)
            gone: set[str] = set()
            for reference in references:
                found = [each.iri for each in draft.amendments if each.target == reference]
                found += [each.iri for each in draft.records if each.iri == reference]
                if not found:
                    resolved = self._resolve(draft, reference)
                    found = [each.iri for each in draft.amendments if each.target == resolved]
                if not found:
                    raise UnknownReferenceError(f"{name} says nothing of {reference!r}.", subject=reference)
                gone.update(found)
            return self._write(name, (record for record in draft.records if record.iri not in gone))

    def add(self, name: str, records: Iterable[Record]) -> Draft:
        """The draft with these records added; one of an IRI that it has already takes its place."""
        with self._editing():
            draft = self.get(name)
            own = {record.iri: record for record in draft.records}
            own.update((record.iri, record) for record in records)
            return self._write(name, own.values())

    def add_read(self, name: str, items: Iterable[Located | Finding]) -> LoadReport:
        """The report of what a source adds, checked beside what is loaded and what the draft adds already.

        Nothing is added where a must-finding blocks it, or where nothing was read.
        """
        located: list[Located] = []
        faults: list[Finding] = []
        for item in items:
            if isinstance(item, Located):
                located.append(item)
            else:
                faults.append(item)
        draft = self.get(name)
        known = _Known(KnownDatasets(self._releases.snapshot(), without=name), draft)
        validated = validate(located, dataset=name, known=known, known_scales=known.scales())
        findings = (*faults, *validated.findings)
        blocked = not located or any(each.level is FindingLevel.MUST for each in findings)
        if not blocked:
            self.add(name, validated.records)
        added = Counter(type(record).__name__ for record in validated.records)
        return LoadReport(
            dataset=name,
            findings=findings,
            counts=Counts(read=validated.read, loaded=0 if blocked else len(validated.records)),
            changes=Changes(added=dict(sorted(added.items())), changed={}, removed={}),
            release=None,
            blocked=blocked,
            published=False,
        )

    def check(self, name: str) -> LoadReport:
        """What publishing the draft would do, with all findings, conflicts with the base among them."""
        return load(
            self._releases, self._reading(self.get(name)), store=None, dataset=name, dry_run=True, allow_removals=True
        )

    def publish(self, name: str, store: Store) -> LoadReport:
        """The report of the release that has the overlay; the draft is gone then, and stays where it is blocked.

        Raises UnknownReferenceError, BusyError, UnavailableError, DamagedError.
        """
        with self._editing():
            report = load(self._releases, self._reading(self.get(name)), store=store, dataset=name, allow_removals=True)
            if not report.blocked:
                self._path(name).unlink()
            return report

    def discard(self, name: str) -> None:
        """Nothing; the draft is gone. Raises UnknownReferenceError."""
        with self._editing():
            self.get(name)
            self._path(name).unlink()

    # ---------------------------------------------------------------------------------------------------- inside

    def _path(self, name: str) -> Path:
        return self._folder / f"{check_name(name)}.nq"

    @contextmanager
    def _editing(self) -> Iterator[None]:
        with writer_lock(self._releases.home, LOCK):
            yield

    def _write(self, name: str, records: Iterable[Record]) -> Draft:
        kept = sorted(records, key=lambda record: record.iri)
        graph = dataset_iri(name)
        lines = sorted(line for record in kept for line in to_nquads_lines(record, graph))
        write_durably(self._path(name), "".join(f"{line}\n" for line in lines).encode())
        return Draft(name=name, records=tuple(kept))

    def _reading(self, draft: Draft) -> Reading:
        source = Source(file=f"drafts/{draft.name}.nq")
        items = (Located(record=record, source=source) for record in draft.records)
        return Reading(name=draft.name, format=OVERLAY, items=items)

    @staticmethod
    def _overlay(draft: Draft) -> str:
        header = find_header(draft.records)
        return header.iri if header else dataset_iri(draft.name)

    def _resolve(self, draft: Draft, reference: str) -> str:
        """The IRI that a reference means: what a dataset or the draft describes by it, else a code or exact label."""
        snapshot = self._releases.snapshot()
        known = KnownDatasets(snapshot, without="")
        if known.owner(reference) is not None or any(record.iri == reference for record in draft.records):
            return reference
        return snapshot.iris[snapshot.resolve(reference, _TYPES)]

    def _described(self, draft: Draft, iris: Iterable[str]) -> dict[str, Record]:
        snapshot = self._releases.snapshot()
        found = described_by_release(
            self._releases.archive, self._releases.current(), snapshot, iris, without=draft.name
        )
        return {record.iri: record for record in draft.records} | found


class _Known:
    """What the datasets of a release describe, and what a draft adds."""

    def __init__(self, known: KnownDatasets, draft: Draft) -> None:
        self._known = known
        self._name = draft.name
        self._own = {record.iri: record for record in draft.records if not isinstance(record, Amendment)}

    def owner(self, iri: str) -> str | None:
        """Name of the dataset that describes the IRI."""
        return self._name if iri in self._own else self._known.owner(iri)

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of the record that describes the IRI."""
        own = self._own.get(iri)
        return self._known.type_of(iri) if own is None else type(own)

    def scales(self) -> dict[str, Scale]:
        """The scales that are described, by IRI."""
        return self._known.scales() | {iri: each for iri, each in self._own.items() if isinstance(each, Scale)}

    def level_mappings(self) -> Iterator[LevelMapping]:
        """The mappings between scales."""
        yield from self._known.level_mappings()
        yield from (each for each in self._own.values() if isinstance(each, LevelMapping))


def _edited(amendment: Amendment, edit: Edit, target: Record) -> Amendment:
    changed = replace(
        amendment,
        removed=amendment.removed if edit.removed is None else edit.removed,
        labels=merged(amendment.labels, _in_language(edit.labels, getattr(target, "labels", ()), amendment)),
        descriptions=merged(
            amendment.descriptions, _in_language(edit.descriptions, getattr(target, "descriptions", ()), amendment)
        ),
        level=edit.level or amendment.level,
        was=digest(target),
    )
    if edit.weight is not None:
        changed = replace(changed, importance=edit.weight[0], importance_value=edit.weight[1])
    if not fitting(target, changed):
        raise InputError(
            f"This cannot be said of a {type(target).__name__}, got it of <{amendment.target}>.",
            code="overlay.not-fitting",
            hint="Names go with things and groups, weights with requirements and groups, levels with requirements.",
            subject=amendment.target,
        )
    return changed


def _in_language(texts: Sequence[Text], others: Sequence[Text], amendment: Amendment) -> list[Text]:
    """The texts, one without a language in that of the text whose place it takes.

    Raises InputError (`overlay.language`) where that may be one of several: nobody would see it.
    """
    languages = sorted({text.language for text in others})
    if UNDETERMINED in languages or not languages:
        return list(texts)
    if len(languages) > 1 and any(text.language == UNDETERMINED for text in texts):
        raise InputError(
            f"<{amendment.target}> has texts in {', '.join(languages)}, got one without a language.",
            code="overlay.language",
            hint="Say in whose place it comes: --language.",
            subject=amendment.target,
        )
    return [Text(text.text, languages[0]) if text.language == UNDETERMINED else text for text in texts]
