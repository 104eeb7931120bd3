"""The steward's quality report: what no rule forbids and a good framework does not have. It is told, and never blocks.

After qSKOS (Mader, Haslhofer, Isaac 2012), with what pathways need besides. Looks at all records that are served
together, so that what one dataset teaches counts for what another asks; tells of one dataset, or of all. Pure. Called
by reports and checks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from .model import (
    UNDETERMINED,
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Finding,
    Framework,
    Importance,
    JobRole,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Source,
    Teaching,
    Text,
)
from .world import NothingKnown, Report, World

LANGUAGE_SHARE: Final = 0.5
"""A language that more than this share of a framework's things has is one that the rest lacks."""
HIERARCHICAL: Final = frozenset((Relation.BROAD, Relation.NARROW))
_COVERING: Final = frozenset((Relation.EXACT, Relation.CLOSE, Relation.BROAD, Relation.NARROW, Relation.RELATED))
_DESCRIBED: Final = (Competency, Course, Credential, JobRole)
_R = TypeVar("_R", bound=Record)
_Node = Requirement | RequirementGroup


def assess(
    records: Iterable[Record],
    *,
    about: Collection[str] | None = None,
    sources: Mapping[str, Source] | None = None,
    in_full: bool = True,
) -> tuple[Finding, ...]:
    """Should-findings, in the order of the rules in docs/findings.md, each by IRI.

    Args:
        records: all that is served together.
        about: IRIs of what is told of; None: everything.
        sources: where each was read, where that is known.
        in_full: each finding by itself, instead of one with their number where there are more than ten of a kind.
    """
    world = World(dataset="", known=NothingKnown(), known_scales={})
    world.records = {record.iri: record for record in records}
    world.sources = dict(sources or {})
    report = Report(world=world)
    quality = _Quality(world=world, report=report, about=about)
    for rule in (
        quality.find_orphans,
        quality.find_overlapping_labels,
        quality.find_repeated_labels,
        quality.find_missing_languages,
        quality.find_untagged,
        quality.find_undocumented,
        quality.find_clashing_alignments,
        quality.find_retired_ends,
        quality.find_unaligned_frameworks,
        quality.find_never_taught,
        quality.find_unmeetable,
        quality.find_idle_courses,
    ):
        rule()
    return report.all(in_full=in_full)


@dataclass(slots=True, kw_only=True)
class _Quality:
    """The rules over one world."""

    world: World
    report: Report
    about: Collection[str] | None
    _links: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """IRI → what names it, or is named by it, in any statement."""
    _aligned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for record in self.world.records.values():
            for one, other in _pairs(record):
                self._links[one].add(other)
                self._links[other].add(one)
            if isinstance(record, Alignment) and record.relation in _COVERING:
                self._aligned[record.subject].add(record.object)
                self._aligned[record.object].add(record.subject)

    # ------------------------------------------------------------------------------------------ structure

    def find_orphans(self) -> None:
        """Competencies that nothing leads to or from."""
        for each in self._told(Competency):
            if not self._links.get(each.iri):
                self._tell(
                    "quality.orphan",
                    f"{self._name(each)} has no parent and no child; nothing asks for it, teaches it or is aligned "
                    "with it.",
                    each,
                    "Give it a place in the hierarchy, or say what asks for it or teaches it.",
                    "competencies stand alone",
                )

    def find_clashing_alignments(self) -> None:
        """Pairs that are aligned as equal and as broader or narrower. SKOS Reference, S46."""
        found: dict[tuple[str, str], set[Relation]] = defaultdict(set)
        for each in self.world.of(Alignment):
            found[each.subject, each.object].add(each.relation)
        for each in self._told(Alignment):
            relations = found[each.subject, each.object]
            if each.relation is Relation.EXACT and relations & HIERARCHICAL:
                self._tell(
                    "quality.clashing-alignments",
                    f"<{each.subject}> and <{each.object}> are aligned as {_listed(relations)}, expected one of them.",
                    each,
                    "Keep the one that is right.",
                    "pairs are aligned as equal and as broader or narrower",
                )

    def find_retired_ends(self) -> None:
        """Alignments of things that have a successor."""
        for each in self._told(Alignment):
            for end in (each.subject, each.object):
                thing = self.world.records.get(end)
                if isinstance(thing, Resource) and thing.replaced_by is not None:
                    self._tell(
                        "quality.retired-end",
                        f"The alignment names {self.world.name(end)}, which <{thing.replaced_by}> replaces.",
                        each,
                        "Align the successor.",
                        "alignments name things that have been replaced",
                    )

    def find_unaligned_frameworks(self) -> None:
        """Frameworks of competencies none of which is aligned with something outside."""
        members: dict[str, set[str]] = defaultdict(set)
        for each in self._described():
            if each.framework is not None:
                members[each.framework].add(each.iri)
        for framework in self._told(Framework):
            own = members.get(framework.iri, set())
            if own and not any(self._aligned.get(iri, set()) - own for iri in own):
                self._tell(
                    "quality.unaligned-framework",
                    f"None of the {len(own)} things of {self._name(framework)} is aligned with anything outside of it.",
                    framework,
                    "Align it with a framework that your roles or courses speak.",
                    "frameworks are not aligned with any other",
                )

    # --------------------------------------------------------------------------------------------- labels

    def find_overlapping_labels(self) -> None:
        """Things of one kind and framework that have a name in common."""
        named: dict[tuple[str, str | None, str, str], set[str]] = defaultdict(set)
        for each in self._described():
            if each.replaced_by is None:
                for text in each.labels:
                    named[type(each).__name__, each.framework, text.language, _folded(text)].add(each.iri)
        for (_, _, language, _), iris in sorted(named.items(), key=lambda item: min(item[1])):
            told = [iri for iri in sorted(iris) if self._is_told(iri)]
            if len(iris) > 1 and told:
                others = ", ".join(f"<{iri}>" for iri in sorted(iris - {told[0]})[:3])
                self._tell(
                    "quality.overlapping-labels",
                    f"{self.world.name(told[0])} has its label in {language!r} in common with {others}.",
                    self.world.records[told[0]],
                    "Tell them apart by their names, or make one the successor of the other.",
                    "labels are shared by several things of one framework",
                )

    def find_repeated_labels(self) -> None:
        """Alternative labels that say the preferred one again. SKOS Reference, S13."""
        for each in self._described():
            again = {(text.language, _folded(text)) for text in each.labels} & {
                (text.language, _folded(text)) for text in each.alternative_labels
            }
            if again and self._is_told(each.iri):
                self._tell(
                    "quality.repeated-label",
                    f"{self._name(each)} has its label in {_listed(language for language, _ in again)} "
                    "as an alternative one too.",
                    each,
                    "Remove the alternative label.",
                    "things repeat their label as an alternative one",
                )

    def find_missing_languages(self) -> None:
        """Things without a label in a language that most of their framework has."""
        for things in self._by_framework().values():
            counts: dict[str, int] = defaultdict(int)
            for each in things:
                for language in {text.language for text in each.labels} - {UNDETERMINED}:
                    counts[language] += 1
            least = len(things) * LANGUAGE_SHARE
            usual = {language for language, count in counts.items() if least < count < len(things)}
            for each in things:
                lacking = usual - {text.language for text in each.labels}
                if lacking and each.labels and self._is_told(each.iri):
                    self._tell(
                        "quality.missing-language",
                        f"{self._name(each)} has no label in {_listed(lacking)}, which most of its framework has.",
                        each,
                        "Translate it.",
                        "things lack a label in a language that most of their framework has",
                    )

    def find_untagged(self) -> None:
        """Labels without a language beside others of the framework that have one."""
        for things in self._by_framework().values():
            tagged = any(text.language != UNDETERMINED for each in things for text in each.labels)
            for each in things:
                plain = [text for text in each.labels if text.language == UNDETERMINED]
                if tagged and plain and self._is_told(each.iri):
                    self._tell(
                        "quality.untagged-label",
                        f"{self._name(each)} has a label without a language, and others of its framework have one.",
                        each,
                        "Say in which language it is, or load with --language.",
                        "labels have no language where others of their framework have one",
                    )

    def find_undocumented(self) -> None:
        """Competencies and roles without a description, where some of their framework have one."""
        for things in self._by_framework().values():
            if any(each.descriptions for each in things):
                for each in things:
                    if not each.descriptions and isinstance(each, Competency | JobRole) and self._is_told(each.iri):
                        self._tell(
                            "quality.undocumented",
                            f"{self._name(each)} has no description, and others of its framework have one.",
                            each,
                            "Describe it.",
                            "things have no description where others of their framework have one",
                        )

    # ------------------------------------------------------------------------------------------- pathways

    def find_never_taught(self) -> None:
        """Competencies that something asks for and that nothing teaches, nor anything that they are aligned with."""
        taught = self._taught()
        asked = {self.world.successor(each.target) for each in self.world.of(Requirement) if each.target is not None}
        for each in self._told(Competency):
            if each.iri in asked and each.iri not in taught:
                self._tell(
                    "quality.never-taught",
                    f"{self._name(each)} is asked for, and no course or credential teaches it or what it is aligned "
                    "with.",
                    each,
                    "Say what teaches it, or align it.",
                    "competencies are asked for and taught by nothing",
                )

    def find_unmeetable(self) -> None:
        """Roles and levels whose musts no course or credential leads to."""
        trees = _Trees.of(self.world, self._taught())
        for owner, blocking in sorted(trees.unmeetable().items()):
            role, level = owner
            thing = self.world.records.get(role)
            if isinstance(thing, JobRole) and self._is_told(role):
                named = self.world.records.get(level or "")
                at = f" at {named.name}" if isinstance(named, RoleLevel) else ""
                shown = ", ".join(self.world.name(iri) for iri in blocking[:3])
                self._tell(
                    "quality.unmeetable",
                    f"{self._name(thing)}{at} cannot be reached: it must have {shown}"
                    f"{f' and {len(blocking) - 3} more' if len(blocking) > 3 else ''}, which nothing teaches.",
                    thing,
                    "Say what teaches them, align them, or ask for them as should.",
                    "roles ask for what nobody can learn",
                )

    def find_idle_courses(self) -> None:
        """Courses that teach nothing, award nothing and admit to nothing."""
        for each in self._told(Course):
            if not self._links.get(each.iri):
                self._tell(
                    "quality.idle-course",
                    f"{self._name(each)} teaches nothing, awards nothing and nothing asks for it.",
                    each,
                    "Say what it teaches.",
                    "courses lead to nothing",
                )

    # --------------------------------------------------------------------------------------------- inside

    def _taught(self) -> set[str]:
        """Competencies that something teaches, or that an alignment leads to from one that something teaches."""
        taught = {self.world.successor(each.competency) for each in self.world.of(Teaching)}
        return taught.union(*(self._aligned.get(iri, set()) for iri in taught))

    def _told(self, kind: type[_R]) -> Iterator[_R]:
        return (each for each in self.world.of(kind) if self._is_told(each.iri))

    def _is_told(self, iri: str) -> bool:
        return self.about is None or iri in self.about

    def _described(self) -> Iterator[Competency | Course | Credential | JobRole]:
        for record in self.world.records.values():
            if isinstance(record, _DESCRIBED):
                yield record

    def _by_framework(self) -> dict[tuple[str | None, str], list[Competency | Course | Credential | JobRole]]:
        """Things of one kind and framework that have not been replaced, by IRI."""
        found: dict[tuple[str | None, str], list[Competency | Course | Credential | JobRole]] = defaultdict(list)
        for each in self._described():
            if each.framework is not None and each.replaced_by is None:
                found[each.framework, type(each).__name__].append(each)
        return found

    def _name(self, record: Record) -> str:
        return self.world.name(record.iri)

    def _tell(self, code: str, message: str, record: Record, fix: str, summary: str) -> None:
        self.report.should_summarised(code, message, record.iri, fix=fix, summary=summary)


@dataclass(slots=True, kw_only=True)
class _Trees:
    """Requirement trees of roles, and which of their leaves something leads to."""

    world: World
    taught: Collection[str]
    tops: dict[tuple[str, str | None], list[_Node]] = field(default_factory=lambda: defaultdict(list))
    """Role and level (None: all levels) → the musts at the top."""
    children: dict[str, list[_Node]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, world: World, taught: Collection[str]) -> "_Trees":
        """The trees of a world."""
        trees = cls(world=world, taught=taught)
        for record in world.records.values():
            if isinstance(record, Requirement | RequirementGroup):
                parent = record.group if isinstance(record, Requirement) else record.parent
                if parent is not None:
                    trees.children[parent].append(record)
                elif record.importance is Importance.MUST:
                    trees.tops[record.owner, record.role_level].append(record)
        return trees

    def unmeetable(self) -> dict[tuple[str, str | None], list[str]]:
        """Role and level → the competencies that stand in the way, by IRI."""
        found = {}
        for owner, nodes in self.tops.items():
            blocking = sorted({iri for node in nodes for iri in self._blocking(node, frozenset())})
            if blocking:
                found[owner] = blocking
        return found

    def _blocking(self, node: _Node, above: frozenset[str]) -> list[str]:
        """What keeps a node from ever holding; empty where it can hold."""
        if node.iri in above:
            return []
        if isinstance(node, Requirement):
            target = self.world.successor(node.target) if node.target is not None else ""
            competency = isinstance(self.world.records.get(target), Competency)
            return [target] if competency and target not in self.taught else []
        each = [self._blocking(child, above | {node.iri}) for child in self.children.get(node.iri, ())]
        possible = sum(not blocking for blocking in each)
        wanted = len(each) if node.minimum is None else node.minimum
        return [] if possible >= wanted else [iri for blocking in each for iri in blocking]


def _pairs(record: Record) -> Iterator[tuple[str, str]]:
    """The links that give a thing a place: (one, other)."""
    match record:
        case Competency():
            yield from ((record.iri, parent) for parent in record.broader)
        case Teaching():
            yield record.subject, record.competency
        case Awarding():
            yield record.course, record.credential
        case Alignment():
            yield record.subject, record.object
        case Requirement() if record.target is not None:
            yield record.owner, record.target
        case _:
            return


def _folded(text: Text) -> str:
    return " ".join(text.text.split()).casefold()


def _listed(words: Iterable[str]) -> str:
    return " and ".join(sorted(set(words)))
