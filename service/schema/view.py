"""The objects of one snapshot: each row's resource, requirement, level, scale and dataset, made once and shared.

Everything here is a pure function of the snapshot; nothing awaits. Called by the resolvers of every request.
"""

from collections.abc import Callable, Sequence
from math import isnan

from strawberry import ID

from graph.phrases import Phrases, phrases_in
from graph.role_detail import UnitCoverage
from graph.scales import scale_of_level
from graph.snapshot import MICRODAYS, RELATIONS, NodeKind, ResourceType, Snapshot
from graph.snapshot_reader import SnapshotReader
from graph.statements import alignment_statement
from ontology.languages import look_up
from ontology.quantities import minor_digits

from .answers import Coverage
from .requirements import Importance, Requirement, RequirementKind, RoleLevel
from .resources import (
    RESOURCE_CLASSES,
    Alignment,
    Code,
    Dataset,
    Duration,
    ExternalResource,
    Label,
    Level,
    LevelMapping,
    Money,
    Node,
    Resource,
    Scale,
    ScaleLevel,
)

_KINDS = tuple(RequirementKind)
_LABELS_AT_MOST = 200_000
"""Kept labels: all of the largest framework in a few languages; a client that asks in ever new ones starts afresh."""

_BUILT_AT_MOST = 10_000
"""Kept parts of answers: some 7 MB."""

_UNTOUCHED_AT_MOST = 10_000
"""Kept coverages with their parts of answers: some 10 MB."""

_DAYS_A_YEAR = 365


class View:
    """A snapshot as the API shows it: of one release, maybe of some datasets only, maybe with overlays laid over."""

    def __init__(
        self,
        snapshot: Snapshot,
        release: str,
        names: Sequence[str] | None = None,
        reader: SnapshotReader | None = None,
    ):
        self.snapshot = snapshot
        self.names = names
        """Names of the datasets that it is restricted to; None for all."""
        self.reader = reader
        """What answers about single things where Neo4j does not hold the view."""
        self.release = ID(release)
        self.datasets = tuple(
            Dataset(
                id=ID(info.iri),
                name=info.name,
                format=info.format,
                license=info.license,
                attribution=info.attribution,
                release=self.release,
            )
            for info in snapshot.datasets
        )
        self._resources: dict[int, Resource] = {}
        self._requirements: dict[int, Requirement] = {}
        self._levels: dict[int, RoleLevel] = {}
        self._labels: dict[tuple[str, int, tuple[str, ...]], Label] = {}
        self.built: dict[tuple[object, int, tuple[str, ...]], object] = {}
        """Parts of answers: by who built it, row and languages. Only `keep_built` writes."""
        self.untouched: dict[int, tuple[UnitCoverage, Coverage]] = {}
        """What becomes of requirements that nothing bears on, by the identity of the unit, which is kept with it.
        Only `keep_untouched` writes."""

    # ------------------------------------------------------------------------------------------------ resources

    def resource(self, row: int) -> Resource:
        """The object of a described row. Raises LookupError for a row that no dataset describes."""
        found = self._resources.get(row)
        if found is None:
            kind = ResourceType(int(self.snapshot.types[row]))
            if kind is ResourceType.EXTERNAL:
                raise LookupError(f"row {row} is described by no dataset")
            made = RESOURCE_CLASSES[kind](id=ID(self.snapshot.iris[row]), view=self, row=row)
            found = self._resources.setdefault(row, made)
        return found

    def find_resource(self, row: int) -> Resource | None:
        """The object of a row, None for -1 and for what no dataset describes."""
        if row < 0 or self.snapshot.types[row] == ResourceType.EXTERNAL:
            return None
        return self.resource(row)

    def end(self, row: int) -> Resource | ExternalResource:
        """The object of a row, described or not."""
        return self.find_resource(row) or ExternalResource(id=ID(self.snapshot.iris[row]))

    def label(self, row: int, languages: tuple[str, ...]) -> Label:
        """The label of a resource row."""
        return self._label("resource", row, languages, self.snapshot.label)

    def scale_label(self, row: int, languages: tuple[str, ...]) -> Label:
        """The label of a scale row."""
        return self._label("scale", row, languages, self.snapshot.scale_label)

    def codes(self, row: int) -> list[Code]:
        """Codes of a resource row, sorted."""
        return [Code(system=system, value=value) for system, value in self.snapshot.codes(row)]

    def cost(self, row: int) -> Money | None:
        """What a course or credential costs."""
        currency = self.snapshot.currency[row]
        amount = int(self.snapshot.cost[row])
        return None if amount < 0 or currency is None else money(amount, currency)

    def duration(self, row: int) -> Duration | None:
        """How long a course or credential takes."""
        microdays = int(self.snapshot.duration[row])
        return None if microdays < 0 else Duration(days=microdays / MICRODAYS)

    def choose_text(self, texts: Sequence[tuple[str, str]], languages: tuple[str, ...]) -> Label | None:
        """The text to show of (text, language) pairs."""
        found = look_up([language for _, language in texts], languages)
        return None if found < 0 else Label(text=texts[found][0], language=texts[found][1])

    # ---------------------------------------------------------------------------------------------- requirements

    def requirement(self, row: int) -> Requirement:
        """The object of a requirement node."""
        found = self._requirements.get(row)
        if found is None:
            found = self._requirements.setdefault(row, self._make_requirement(row))
        return found

    def top_requirements(self, owner: int) -> list[Requirement]:
        """The top of the tree of a role, course or credential."""
        return [self.requirement(row) for row in self.snapshot.top_nodes(owner)]

    def level_requirements(self, level: int) -> list[Requirement]:
        """The top of the tree of one role level."""
        owner = int(self.snapshot.level_owner[level])
        return [
            self.requirement(row) for row in self.snapshot.top_nodes(owner) if self.snapshot.node_level[row] == level
        ]

    def child_requirements(self, row: int) -> list[Requirement]:
        """The children of a group."""
        return [self.requirement(child) for child in self.snapshot.child_nodes(row)]

    def requirement_label(self, row: int, languages: tuple[str, ...]) -> Label:
        """The name of a requirement: the target's, the source's own of a group, or what the group asks."""
        found = self._labels.get(("requirement", row, languages))
        if found is None:
            found = self._label("requirement", row, languages, self._requirement_text)
        return found

    def _requirement_text(self, row: int, languages: Sequence[str]) -> tuple[str, str]:
        target = int(self.snapshot.node_target[row])
        if target >= 0:
            return self.snapshot.label(target, languages)
        return self.snapshot.node_label(row, languages) or self._said(row, phrases_in(languages))

    def role_levels(self, owner: int) -> list[RoleLevel]:
        """Levels of a role, lowest first."""
        return [self.role_level(row) for row in self.snapshot.span("level_offsets", owner)]

    def role_level(self, row: int) -> RoleLevel:
        """The object of a role level row."""
        found = self._levels.get(row)
        if found is None:
            rank = int(self.snapshot.level_rank[row])
            made = RoleLevel(view=self, row=row, name=self.snapshot.level_names[row], rank=rank)
            found = self._levels.setdefault(row, made)
        return found

    def scale(self, row: int) -> Scale:
        """The object of a scale row."""
        low, high = float(self.snapshot.scale_minimum[row]), float(self.snapshot.scale_maximum[row])
        return Scale(id=ID(self.snapshot.scale_iris[row]), view=self, row=row, minimum=low, maximum=high)

    def describes_scale(self, row: int) -> bool:
        """Whether somebody says where a scale begins and ends."""
        return not isnan(float(self.snapshot.scale_minimum[row]))

    def scale_level(self, row: int) -> ScaleLevel:
        """The object of a named level's row."""
        snapshot = self.snapshot
        scale, value = scale_of_level(snapshot, row), float(snapshot.scale_level_value[row])
        return ScaleLevel(id=ID(snapshot.scale_level_iris[row]), view=self, row=row, level=self.level(scale, value))

    def dataset_at(self, row: int) -> Dataset | None:
        """The dataset of this row, None for -1."""
        return None if row < 0 else self.datasets[row]

    def level_mapping(self, row: int) -> LevelMapping:
        """The object of a mapping's row."""
        snapshot = self.snapshot
        return LevelMapping(
            id=ID(snapshot.mapping_iris[row]),
            view=self,
            row=row,
            level=self.level(int(snapshot.mapping_scale[row]), float(snapshot.mapping_value[row])),
            matched=self.level(int(snapshot.mapping_matched_scale[row]), float(snapshot.mapping_matched_value[row])),
        )

    def alignment(self, row: int) -> Alignment:
        """The object of an alignment row."""
        snapshot = self.snapshot
        confidence = float(snapshot.alignment_confidence[row])
        return Alignment(
            id=ID(snapshot.alignment_iris[row]),
            subject=self.end(int(snapshot.alignment_subject[row])),  # type: ignore[arg-type]  # a Resource is one of the union
            object=self.end(int(snapshot.alignment_object[row])),  # type: ignore[arg-type]  # the same
            relation=RELATIONS[int(snapshot.alignment_relation[row])].value,
            confidence=None if isnan(confidence) else confidence,
            method=snapshot.alignment_method[row],
            source=snapshot.alignment_source[row],
            said=alignment_statement(snapshot, row),
        )

    def find_node(self, iri: str) -> Node | None:
        """What is there under an IRI: a resource, scale, dataset, requirement, alignment; or an IRI only named."""
        row = self.snapshot.find_row(iri)
        if row >= 0:
            return self.end(row)
        table, row = self.snapshot.derived("places of other nodes", _places).get(iri, ("", -1))
        makers: dict[str, Callable[[int], Node]] = {
            "dataset": lambda found: self.datasets[found],
            "scale": self._scale_or_iri,
            "scale level": self.scale_level,
            "level mapping": self.level_mapping,
            "requirement": self.requirement,
            "alignment": self.alignment,
        }
        return makers[table](row) if table else None

    def keep_built(self, key: tuple[object, int, tuple[str, ...]], part: object) -> None:
        """Nothing; the part is kept for the answers to come, which must not change it."""
        if len(self.built) >= _BUILT_AT_MOST:
            self.built.clear()
        self.built[key] = part

    def keep_untouched(self, unit: UnitCoverage, coverage: Coverage) -> None:
        """Nothing; it is kept for the answers to come."""
        if len(self.untouched) >= _UNTOUCHED_AT_MOST:
            self.untouched.clear()
        self.untouched[id(unit)] = unit, coverage

    # ---------------------------------------------------------------------------------------------------- inside

    def _label(
        self, table: str, row: int, languages: tuple[str, ...], look_up: Callable[[int, Sequence[str]], tuple[str, str]]
    ) -> Label:
        key = (table, row, languages)
        found = self._labels.get(key)
        if found is None:
            text, language = look_up(row, languages)
            if len(self._labels) >= _LABELS_AT_MOST:
                self._labels.clear()
            found = self._labels.setdefault(key, Label(text=text, language=language))
        return found

    def _scale_or_iri(self, row: int) -> Scale | ExternalResource:
        return self.scale(row) if self.describes_scale(row) else ExternalResource(id=ID(self.snapshot.scale_iris[row]))

    def _make_requirement(self, row: int) -> Requirement:
        snapshot = self.snapshot
        kind = NodeKind(int(snapshot.node_kind[row]))
        level = int(snapshot.node_level[row])
        return Requirement(
            id=ID(snapshot.node_iris[row]),
            view=self,
            row=row,
            kind=_KINDS[kind],
            target=self.find_resource(int(snapshot.node_target[row])),
            minimum=int(snapshot.node_minimum[row]) if kind >= NodeKind.ALL else None,
            level=self._level_asked(row),
            days=_known(float(snapshot.node_days[row])),
            role_level=snapshot.level_names[level] if level >= 0 else None,
            importance=Importance.MUST if snapshot.node_must[row] else Importance.SHOULD,
            importance_value=_known(float(snapshot.node_importance[row])),
        )

    def _level_asked(self, row: int) -> Level | None:
        value, scale = float(self.snapshot.node_value[row]), int(self.snapshot.node_scale[row])
        return None if isnan(value) or scale < 0 else self.level(scale, value)

    def level(self, scale: int, value: float) -> Level:
        """A value of a scale."""
        fraction = self.snapshot.fraction(scale, value)
        return Level(scale=self.scale(scale), value=value, fraction=0.0 if isnan(fraction) else fraction)

    def _said(self, row: int, phrases: Phrases) -> tuple[str, str]:
        """What a group or an experience asks, and the language of that: the words are ours, not a source's."""
        kind = NodeKind(int(self.snapshot.node_kind[row]))
        count = sum(1 for _ in self.snapshot.child_nodes(row))
        if kind is NodeKind.EXPERIENCE:
            text = say_experience(float(self.snapshot.node_days[row]), phrases)
        elif kind is NodeKind.ALL:
            text = phrases.say("all of", number=count)
        elif kind is NodeKind.ANY:
            text = phrases.say("any one of", number=count)
        elif kind is NodeKind.AT_LEAST:
            text = phrases.say("at least", least=int(self.snapshot.node_minimum[row]), number=count)
        else:
            text = phrases.say("undescribed")
        return text, phrases.language


def money(minor_units: int, currency: str) -> Money:
    """An amount in minor units as the contract has it."""
    return Money(amount=minor_units / 10 ** minor_digits(currency), currency=currency)


def say_experience(days: float, phrases: Phrases) -> str:
    """Days of experience in words: whole years where they are."""
    if days >= _DAYS_A_YEAR and days % _DAYS_A_YEAR == 0:
        years = int(days // _DAYS_A_YEAR)
        return phrases.say("one year") if years == 1 else phrases.say("years", number=years)
    return phrases.say("one day") if days == 1 else phrases.say("days of experience", number=phrases.exact(f"{days:g}"))


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _places(snapshot: Snapshot) -> dict[str, tuple[str, int]]:
    """Where what is no resource is, by IRI."""
    places: dict[str, tuple[str, int]] = {}
    for table, iris in (
        ("alignment", snapshot.alignment_iris),
        ("requirement", snapshot.node_iris),
        ("scale level", snapshot.scale_level_iris),
        ("scale", snapshot.scale_iris),
        ("level mapping", snapshot.mapping_iris),
        ("dataset", [info.iri for info in snapshot.datasets]),
    ):
        places.update((iri, (table, row)) for row, iri in enumerate(iris))
    return places
