"""The records of one load with what other datasets already describe, and the report that the rules write into.

Called by `validation` and its rules. Knows no rule itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from .model import Finding, FindingLevel, LevelMapping, Record, Resource, Scale, Source, Text, shorten

MAXIMUM_IN_FULL = 10
"""So many findings of a summarised code are told one by one; more become one finding with their number."""
EXAMPLES = 3
"""So many subjects a summary names."""

LONGEST_MESSAGE = 1000
"""Characters; a message names several things, each of them cut already."""
LONGEST_SUBJECT = 4096
"""Characters of an IRI that a finding is about: twice as many as an IRI may have."""

_R = TypeVar("_R", bound=Record)


class KnownGraph(Protocol):
    """What other datasets have loaded."""

    def owner(self, iri: str) -> str | None:
        """Name of the dataset that describes the IRI."""

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of the record that describes the IRI."""

    def level_mappings(self) -> Iterable[LevelMapping]:
        """The mappings between scales."""


@dataclass(frozen=True, slots=True)
class NothingKnown:
    """No other dataset is loaded."""

    def owner(self, iri: str) -> str | None:
        """None: nobody describes it."""

    def type_of(self, iri: str) -> type[Record] | None:
        """None: nobody describes it."""

    def level_mappings(self) -> Iterable[LevelMapping]:
        """None: there is no mapping."""
        return ()


@dataclass(slots=True, kw_only=True)
class World:
    """The records of one load by IRI, where each was read, and what is known beside them."""

    dataset: str
    known: KnownGraph
    known_scales: Mapping[str, Scale]
    records: dict[str, Record] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)

    def of(self, kind: type[_R]) -> Iterator[_R]:
        """The records of one class, in the order read."""
        return (record for record in self.records.values() if type(record) is kind)

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of what describes an IRI, here or in another dataset."""
        record = self.records.get(iri)
        return type(record) if record is not None else self.known.type_of(iri)

    def find_scale(self, iri: str) -> Scale | None:
        """The scale of this IRI, here or in another dataset."""
        record = self.records.get(iri)
        return record if isinstance(record, Scale) else self.known_scales.get(iri)

    def successor(self, iri: str) -> str:
        """The last successor of a superseded thing as far as this load tells; itself in a cycle."""
        seen = {iri}
        found = iri
        while True:
            record = self.records.get(found)
            follower = record.replaced_by if isinstance(record, Resource) else None
            if follower is None:
                return found
            if follower in seen:
                return iri
            seen.add(follower)
            found = follower

    def name(self, iri: str) -> str:
        """The IRI with its label, for messages."""
        record = self.records.get(iri)
        labels: tuple[Text, ...] = getattr(record, "labels", ())
        chosen = next((each for each in labels if each.language == "en"), labels[0] if labels else None)
        return f"{shorten(chosen.text)!r} <{shorten(iri)}>" if chosen else f"<{shorten(iri)}>"


@dataclass(slots=True, kw_only=True)
class Report:
    """Findings as the rules tell them, and the records that must-findings are about."""

    world: World
    findings: list[Finding] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    many: dict[str, list[Finding]] = field(default_factory=dict)
    summaries: dict[str, tuple[str, str]] = field(default_factory=dict)

    def must(
        self, code: str, message: str, iri: str, *, fix: str, source: Source | None = None, also: Iterable[str] = ()
    ) -> None:
        """A fault that blocks: the record `iri` and those in `also` are broken."""
        self.broken.add(iri)
        self.broken.update(also)
        self.findings.append(self._finding(FindingLevel.MUST, code, message, iri, fix, source))

    def should(self, code: str, message: str, iri: str, *, fix: str, source: Source | None = None) -> None:
        """A fault that is told."""
        self.findings.append(self._finding(FindingLevel.SHOULD, code, message, iri, fix, source))

    def should_summarised(
        self, code: str, message: str, iri: str, *, fix: str, summary: str, source: Source | None = None
    ) -> None:
        """A fault that whole frameworks may have: beyond ten, one finding with their number. `summary` names many."""
        self.summaries[code] = (summary, fix)
        self.many.setdefault(code, []).append(self._finding(FindingLevel.SHOULD, code, message, iri, fix, source))

    def all(self, *, in_full: bool = False) -> tuple[Finding, ...]:
        """All findings, must before should, then in the order of the files; `in_full` without summaries."""
        found = [*self.findings]
        for code, findings in self.many.items():
            found.extend(findings if in_full or len(findings) <= MAXIMUM_IN_FULL else [self._summary(code, findings)])
        return tuple(sorted(found, key=_order))

    def _summary(self, code: str, findings: list[Finding]) -> Finding:
        summary, fix = self.summaries[code]
        examples = ", ".join(self.world.name(each.subject or "") for each in findings[:EXAMPLES])
        first = findings[0]
        return Finding(
            level=FindingLevel.SHOULD,
            code=code,
            message=f"{len(findings)} {summary}, such as {examples}.",
            subject=first.subject,
            source=first.source,
            fix=fix,
        )

    def _finding(
        self, level: FindingLevel, code: str, message: str, iri: str, fix: str, source: Source | None
    ) -> Finding:
        found = source or self.world.sources.get(iri)
        subject = iri if len(iri) <= LONGEST_SUBJECT else shorten(iri)
        return Finding(level=level, code=code, message=_bounded(message), subject=subject, source=found, fix=fix)


def _bounded(message: str) -> str:
    """The beginning and the end of a message that is too long: what was expected stands at the end."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 300]} … {message[-297:]}"


def _order(finding: Finding) -> tuple[str, str, int, str, str, str]:
    source = finding.source
    return (
        finding.level.value,
        source.file if source else "",
        (source.line if source else None) or 0,
        finding.code,
        finding.subject or "",
        finding.message,
    )
