"""The columns of a snapshot, computed from records.

Pure and a function of the content alone: neither the order of datasets nor that of records changes a byte. Faults were
found by validation before: what is dangling becomes an EXTERNAL row, what has no place (a requirement without owner, a
child of a missing or cyclic group) is left out. Plain lists first, one array each at the end: no work per row in numpy.
"""

import gc
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, compress
from math import nan
from operator import attrgetter, ne
from typing import TypeVar, cast

import numpy as np

from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Record,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
)

from .layout import MICRODAYS, RELATIONS, Bytes, Column, Columns, Ints, NodeKind, ResourceType, Table
from .references import fold
from .strings import OptionalStrings, RepeatedStrings, SplitStrings, Strings

RESOURCE_TYPES: dict[type[Resource], ResourceType] = {
    Framework: ResourceType.FRAMEWORK,
    Competency: ResourceType.COMPETENCY,
    Course: ResourceType.COURSE,
    Credential: ResourceType.CREDENTIAL,
    JobRole: ResourceType.JOB_ROLE,
}
_NODE_KINDS = {ResourceType.CREDENTIAL: NodeKind.CREDENTIAL, ResourceType.COURSE: NodeKind.COURSE}
"""Anything else that is asked for is treated as a competency: an EXTERNAL one may be reached by alignments."""

_IN_ORDER = attrgetter("language", "text")
"""What texts are sorted by."""

Node = RequirementGroup | Requirement
Key = TypeVar("Key")
Kept = TypeVar("Kept")


class _Records:
    """Records by class and IRI, each with the row of its dataset. Of two with one IRI the first by content stays."""

    def __init__(self, numbered: Iterable[tuple[int, Record]]):
        self.resources: dict[str, tuple[int, Resource]] = {}
        self.levels: dict[str, tuple[int, RoleLevel]] = {}
        self.scales: dict[str, tuple[int, Scale]] = {}
        self.scale_levels: dict[tuple[str, int], tuple[int, ScaleLevel]] = {}
        self.mappings: dict[tuple[str, int], tuple[int, LevelMapping]] = {}
        self.nodes: dict[str, tuple[int, Node]] = {}
        self.teachings: dict[tuple[str, int], tuple[int, Teaching]] = {}
        self.awards: dict[tuple[str, int], tuple[int, Awarding]] = {}
        self.alignments: dict[tuple[str, int], tuple[int, Alignment]] = {}
        for dataset, record in numbered:
            match record:
                case Requirement() | RequirementGroup():
                    _keep(self.nodes, record.iri, dataset, record)
                case Alignment():
                    _keep(self.alignments, (record.iri, dataset), dataset, record)
                case Teaching():
                    _keep(self.teachings, (record.iri, dataset), dataset, record)
                case Awarding():
                    _keep(self.awards, (record.iri, dataset), dataset, record)
                case RoleLevel():
                    _keep(self.levels, record.iri, dataset, record)
                case Scale():
                    _keep(self.scales, record.iri, dataset, record)
                case ScaleLevel():
                    _keep(self.scale_levels, (record.iri, dataset), dataset, record)
                case LevelMapping():
                    _keep(self.mappings, (record.iri, dataset), dataset, record)
                case Resource():
                    _keep(self.resources, record.iri, dataset, record)
                case _:  # Unmapped: kept for export, not part of the graph
                    pass
        self.levels = {iri: entry for iri, entry in self.levels.items() if entry[1].role in self.resources}

    def is_level_of(self, level: str | None, owner: str) -> bool:
        """Whether an owner has this level; no level is one that every owner has."""
        return level is None or (level in self.levels and self.levels[level][1].role == owner)

    def referenced(self, nodes: Iterable[Node]) -> set[str]:
        """Every IRI that a row must be there for."""
        resources = [resource for _, resource in self.resources.values()]
        found: set[str | None] = set(self.resources)
        found.update(resource.framework for resource in resources)
        found.update(resource.replaced_by for resource in resources)
        for resource in resources:
            if isinstance(resource, Competency):
                found.update(resource.broader)
        found.update(node.target for node in nodes if isinstance(node, Requirement))
        for _, teaching in self.teachings.values():
            found.update((teaching.subject, teaching.competency))
        for _, awarding in self.awards.values():
            found.update((awarding.course, awarding.credential))
        for _, alignment in self.alignments.values():
            found.update((alignment.subject, alignment.object))
        return {iri for iri in found if iri is not None}


def _keep(into: dict[Key, tuple[int, Kept]], key: Key, dataset: int, record: Kept) -> None:
    before = into.setdefault(key, (dataset, record))
    if before[1] is not record and (dataset, repr(record)) < (before[0], repr(before[1])):
        into[key] = (dataset, record)


@dataclass(slots=True)
class _Forest:
    """The nodes of all trees by row, each with the row of its parent, the level of its top and the row of its dataset.

    Columns, for there are hundreds of thousands.
    """

    nodes: list[Node] = field(default_factory=list)
    datasets: "array[int]" = field(default_factory=lambda: array("i"))
    levels: list[str | None] = field(default_factory=list)
    parents: "array[int]" = field(default_factory=lambda: array("i"))
    children: dict[int, int] = field(default_factory=dict)
    """Of each group, how many there are."""
    ends: dict[int, int] = field(default_factory=dict)
    """Of each group, the row after its last descendant."""

    def add(self, dataset: int, node: Node, level: str | None, parent: int) -> None:
        """Nothing; the node is the last."""
        self.nodes.append(node)
        self.datasets.append(dataset)
        self.levels.append(level)
        self.parents.append(parent)


def _forest(records: _Records) -> _Forest:
    """All requirement trees: by owner, each in preorder, siblings by IRI. A child belongs to the level of its top."""
    tops: dict[str, list[tuple[int, Node]]] = defaultdict(list)
    children: dict[str, list[tuple[int, Node]]] = defaultdict(list)
    for entry in sorted(records.nodes.values(), key=lambda entry: entry[1].iri):
        node = entry[1]
        enclosing = node.parent if isinstance(node, RequirementGroup) else node.group
        if enclosing is not None:
            children[enclosing].append(entry)
        elif node.owner in records.resources and records.is_level_of(node.role_level, node.owner):
            tops[node.owner].append(entry)
    placed = _Forest()
    for owner in sorted(tops):
        for dataset, node in tops[owner]:
            placed.add(dataset, node, node.role_level, -1)
            if isinstance(node, RequirementGroup):
                _place_below(placed, node, children)
    return placed


def _place_below(placed: _Forest, top: RequirementGroup, children: Mapping[str, Sequence[tuple[int, Node]]]) -> None:
    """Nothing; all that is below a group follows it, which is the last node that was placed."""

    def opened(group: RequirementGroup) -> tuple[int, Iterator[tuple[int, Node]]]:
        row = len(placed.nodes) - 1
        below = [entry for entry in children.get(group.iri, ()) if entry[1].owner == top.owner]
        placed.children[row] = len(below)
        return row, iter(below)

    # A stack instead of recursion: documents nest as deep as they like.
    stack = [opened(top)]
    while stack:
        parent, below = stack[-1]
        dataset, node = next(below, (-1, None))
        if node is None:
            placed.ends[parent] = len(placed.nodes)
            stack.pop()
        else:
            placed.add(dataset, node, top.role_level, parent)
            if isinstance(node, RequirementGroup):
                stack.append(opened(node))


def _canonical(successors: Sequence[int], types: Sequence[int]) -> list[int]:
    """Row of the last successor that a dataset describes; whatever leads into a cycle stays where it is."""
    final = list(range(len(successors)))
    for row, successor in enumerate(successors):
        if successor < 0:
            continue
        seen = {row}
        at = row
        while (following := successors[at]) >= 0 and types[following] != ResourceType.EXTERNAL:
            if following in seen:
                at = row
                break
            seen.add(following)
            at = following
        final[row] = at
    return final


def _offsets(rows: Sequence[int], count: int) -> Ints:
    """CSR offsets of entries that are sorted by row."""
    offsets = np.zeros(count + 1, np.int32)
    if rows:
        np.cumsum(np.bincount(np.array(rows, np.int64), minlength=count), out=offsets[1:])
    return offsets


class _Builder:
    """Fills the columns one subject after the other."""

    def __init__(self, records: _Records):
        self.records = records
        self.arrays: dict[str, Column] = {}
        self.tables: dict[str, Table] = {}
        self.forest = _forest(records)
        self.iris = sorted(records.referenced(self.forest.nodes))
        self.row = {iri: row for row, iri in enumerate(self.iris)}
        self.scale_row = self._scale_rows()

    def _scale_rows(self) -> dict[str, int]:
        named = set(self.records.scales)
        levels = [leaf.level for leaf in self.forest.nodes if isinstance(leaf, Requirement)]
        levels += [teaching.level for _, teaching in self.records.teachings.values()]
        levels += [named_level.level for _, named_level in self.records.scale_levels.values()]
        for _, mapping in self.records.mappings.values():
            levels += [mapping.level, mapping.matched]
        named.update(level.scale for level in levels if level is not None)
        return {iri: row for row, iri in enumerate(sorted(named))}

    def _ints(self, **columns: Sequence[int]) -> None:
        for name, values in columns.items():
            self.arrays[name] = np.array(values, np.int32)

    def _floats(self, **columns: Sequence[float]) -> None:
        for name, values in columns.items():
            self.arrays[name] = np.array(values, np.float64)

    def _texts(self, prefix: str, names: tuple[str, str], texts_of: Sequence[Sequence[Text]]) -> None:
        ordered = [sorted(entries, key=_IN_ORDER) if len(entries) > 1 else entries for entries in texts_of]
        every = list(chain.from_iterable(ordered))
        offsets = np.zeros(len(ordered) + 1, np.int32)
        np.cumsum(np.fromiter(map(len, ordered), np.int32, len(ordered)), out=offsets[1:])
        self.arrays[f"{prefix}_offsets"] = offsets
        self.tables[names[0]] = Strings.pack(text.text for text in every)
        self.tables[names[1]] = RepeatedStrings.pack([text.language for text in every])

    def resources(self) -> None:
        """Resource rows with labels, codes, parents, successors."""
        described = [self.records.resources.get(iri) for iri in self.iris]
        things = [None if entry is None else entry[1] for entry in described]
        types = [ResourceType.EXTERNAL if thing is None else RESOURCE_TYPES[type(thing)] for thing in things]
        successors = [-1 if t is None or t.replaced_by is None else self.row[t.replaced_by] for t in things]
        self.canonical = _canonical(successors, types)
        self.types = types
        self.arrays["types"] = np.array(types, np.uint8)
        self._ints(
            dataset=[-1 if entry is None else entry[0] for entry in described],
            framework=[-1 if t is None or t.framework is None else self.row[t.framework] for t in things],
            replaced_by=successors,
            canonical=self.canonical,
        )
        self.tables["iris"] = Strings.pack(self.iris)
        self._texts("label", ("label_texts", "label_languages"), [() if t is None else t.labels for t in things])
        alternatives = [() if t is None else t.alternative_labels for t in things]
        self._texts("alternative", ("alternative_texts", "alternative_languages"), alternatives)
        self._figures(things)
        self._jobs(things)
        self._codes(things)
        self._parents(things)

    def _figures(self, things: Sequence[Resource | None]) -> None:
        offered = [t if isinstance(t, Course | Credential) else None for t in things]
        costs = [None if t is None else t.cost for t in offered]
        days = [None if t is None else t.duration_days for t in offered]
        self.arrays["cost"] = np.array([-1 if cost is None else cost.minor_units for cost in costs], np.int64)
        self.arrays["duration"] = np.array([-1 if d is None else int(d * MICRODAYS) for d in days], np.int64)
        columns: dict[str, list[str | None]] = {
            "currency": [None if cost is None else cost.currency for cost in costs],
            "kind": [t.kind if isinstance(t, Competency | Credential) else None for t in things],
            "provider": [
                t.provider if isinstance(t, Course) else t.issuer if isinstance(t, Credential) else None for t in things
            ],
            "url": [None if t is None else t.url for t in things],
        }
        for name, values in columns.items():
            self.tables[name] = OptionalStrings.pack(values)

    def _jobs(self, things: Sequence[Resource | None]) -> None:
        """Employer, places and salary of roles."""
        roles = [t if isinstance(t, JobRole) else None for t in things]
        pays = [None if role is None else role.salary for role in roles]
        placed = [(row, place) for row, role in enumerate(roles) if role is not None for place in role.places]
        self.arrays["place_offsets"] = _offsets([row for row, _ in placed], len(roles))
        self.tables["places"] = RepeatedStrings.pack([place for _, place in placed])
        self.arrays["remote"] = np.array([role is not None and role.remote for role in roles], np.bool_)
        for name, amounts in (
            ("salary_minimum", [None if pay is None else pay.minimum for pay in pays]),
            ("salary_maximum", [None if pay is None else pay.maximum for pay in pays]),
        ):
            self.arrays[name] = np.array([-1 if amount is None else amount for amount in amounts], np.int64)
        columns: dict[str, list[str | None]] = {
            "employer": [None if role is None else role.employer for role in roles],
            "employer_iri": [None if role is None else role.employer_iri for role in roles],
            "salary_currency": [None if pay is None else pay.currency for pay in pays],
            "salary_period": [None if pay is None else pay.period for pay in pays],
        }
        for name, values in columns.items():
            self.tables[name] = OptionalStrings.pack(values)

    def _codes(self, things: Sequence[Resource | None]) -> None:
        entries = [(r, c.system, c.value) for r, t in enumerate(things) if t is not None for c in sorted(set(t.codes))]
        self.arrays["code_offsets"] = _offsets([entry[0] for entry in entries], len(things))
        self.tables["code_systems"] = RepeatedStrings.pack([entry[1] for entry in entries])
        self.tables["code_values"] = Strings.pack([entry[2] for entry in entries])

    def _parents(self, things: Sequence[Resource | None]) -> None:
        up = sorted(
            {(r, self.row[iri]) for r, t in enumerate(things) if isinstance(t, Competency) for iri in t.broader}
        )
        down = sorted((parent, child) for child, parent in up)
        for name, links in (("broader", up), ("narrower", down)):
            self._ints(**{name: [link[1] for link in links]})
            self.arrays[f"{name}_offsets"] = _offsets([link[0] for link in links], len(things))

    def scales(self) -> None:
        """Scale rows; one that nobody describes has unknown bounds."""
        known = [self.records.scales.get(iri) for iri in self.scale_row]
        self.tables["scale_iris"] = Strings.pack(self.scale_row)
        self._floats(
            scale_minimum=[nan if entry is None else entry[1].minimum for entry in known],
            scale_maximum=[nan if entry is None else entry[1].maximum for entry in known],
        )
        self._ints(scale_dataset=[-1 if entry is None else entry[0] for entry in known])
        labels = [() if entry is None else entry[1].labels for entry in known]
        self._texts("scale_label", ("scale_label_texts", "scale_label_languages"), labels)

    def scale_levels(self) -> None:
        """Named levels of scales, by scale, value, IRI. Needs `scales` before it."""
        entries = sorted(
            (
                (self.scale_row[each.level.scale], each.level.value, each.iri, dataset, each)
                for dataset, each in self.records.scale_levels.values()
            ),
            key=lambda entry: entry[:4],
        )
        self.tables["scale_level_iris"] = Strings.pack(entry[2] for entry in entries)
        self._floats(scale_level_value=[entry[1] for entry in entries])
        self._ints(scale_level_dataset=[entry[3] for entry in entries])
        self.arrays["scale_level_offsets"] = _offsets([entry[0] for entry in entries], len(self.scale_row))
        labels = [entry[4].labels for entry in entries]
        self._texts("scale_level_label", ("scale_level_label_texts", "scale_level_label_languages"), labels)

    def mappings(self) -> None:
        """Levels of scales that correspond, by IRI and dataset. Needs `scales` before it."""
        entries = [entry for _, entry in sorted(self.records.mappings.items())]
        levels, matched = [each.level for _, each in entries], [each.matched for _, each in entries]
        self.tables["mapping_iris"] = Strings.pack(each.iri for _, each in entries)
        self._ints(
            mapping_dataset=[dataset for dataset, _ in entries],
            mapping_scale=[self.scale_row[level.scale] for level in levels],
            mapping_matched_scale=[self.scale_row[level.scale] for level in matched],
        )
        self._floats(
            mapping_value=[level.value for level in levels],
            mapping_matched_value=[level.value for level in matched],
        )

    def levels(self) -> None:
        """Role level rows, by owner, rank, IRI."""
        entries = sorted((self.row[lv.role], lv.rank, lv.iri, ds, lv) for ds, lv in self.records.levels.values())
        self.level_row = {entry[2]: row for row, entry in enumerate(entries)}
        owners = [entry[0] for entry in entries]
        self._ints(
            level_owner=owners,
            level_rank=[entry[1] for entry in entries],
            level_dataset=[entry[3] for entry in entries],
        )
        self.arrays["level_offsets"] = _offsets(owners, len(self.iris))
        self.tables["level_iris"] = Strings.pack(self.level_row)
        self.tables["level_names"] = Strings.pack(entry[4].name for entry in entries)

    def _kinds(self, targets: Ints) -> tuple[Bytes, Ints]:
        """Kinds of nodes, and how many children must hold.

        Args:
            targets: rows of what leaves ask for, -1 of nodes that ask for nothing.
        """
        forest = self.forest
        by_type = np.full(len(ResourceType), NodeKind.COMPETENCY, np.uint8)
        for asked, kind in _NODE_KINDS.items():
            by_type[asked] = kind
        kinds = by_type[self.arrays["types"][self.arrays["canonical"][targets]]]
        kinds[targets < 0] = NodeKind.EXPERIENCE
        minimums = np.zeros(len(targets), np.int32)
        for row, count in forest.children.items():
            group = forest.nodes[row]
            assert isinstance(group, RequirementGroup)
            if group.minimum is None:
                kinds[row], minimums[row] = NodeKind.ALL, count
            else:
                kinds[row] = NodeKind.ANY if group.minimum == 1 else NodeKind.AT_LEAST
                minimums[row] = group.minimum
        return kinds, minimums

    def nodes(self) -> None:
        """Requirement trees. Needs `resources` and `levels` before it."""
        forest, nodes = self.forest, self.forest.nodes
        leaves = [node if isinstance(node, Requirement) else None for node in nodes]
        targets = [-1 if leaf is None or leaf.target is None else self.row[leaf.target] for leaf in leaves]
        owners = [self.row[node.owner] for node in nodes]
        ends = np.arange(1, len(nodes) + 1, dtype=np.int32)
        ends[list(forest.ends)] = list(forest.ends.values())
        self._ints(
            node_owner=owners,
            node_level=[-1 if level is None else self.level_row[level] for level in forest.levels],
            node_parent=forest.parents,
            node_target=targets,
            node_dataset=forest.datasets,
        )
        self.arrays["node_end"] = ends
        self.arrays["node_kind"], self.arrays["node_minimum"] = self._kinds(np.array(targets, np.int32))
        self.arrays["node_must"] = np.array([node.importance == Importance.MUST for node in nodes], np.bool_)
        graded = [node.importance_value for node in nodes]
        days = [None if leaf is None else leaf.experience_days for leaf in leaves]
        self._floats(
            node_importance=[nan if value is None else value for value in graded],
            node_days=[nan if value is None else value for value in days],
        )
        self._asked("node", [None if leaf is None else leaf.level for leaf in leaves])
        self.arrays["node_offsets"] = _offsets(owners, len(self.iris))
        self.tables["node_iris"] = SplitStrings.pack(node.iri for node in nodes)
        labels = [node.labels if isinstance(node, RequirementGroup) else () for node in nodes]
        self._texts("node_label", ("node_label_texts", "node_label_languages"), labels)

    def _asked(self, prefix: str, levels: Sequence[Level | None]) -> None:
        self._floats(**{f"{prefix}_value": [nan if level is None else level.value for level in levels]})
        self._ints(**{f"{prefix}_scale": [-1 if level is None else self.scale_row[level.scale] for level in levels]})

    def statements(self) -> None:
        """Teachings and awards by their subject, alignments by subject, object, relation, IRI."""
        row = self.row
        teachings = sorted(
            ((row[t.subject], row[t.competency], t.iri, ds, t) for ds, t in self.records.teachings.values()),
            key=lambda entry: entry[:4],
        )
        self.arrays["teaches_offsets"] = _offsets([entry[0] for entry in teachings], len(row))
        self._ints(
            teaches_competency=[entry[1] for entry in teachings], teaches_dataset=[entry[3] for entry in teachings]
        )
        self._asked("teaches", [entry[4].level for entry in teachings])
        self.tables["teaches_iris"] = SplitStrings.pack(entry[2] for entry in teachings)
        awards = sorted((row[a.course], row[a.credential], a.iri, ds) for ds, a in self.records.awards.values())
        self.arrays["awards_offsets"] = _offsets([entry[0] for entry in awards], len(row))
        self._ints(awards_credential=[entry[1] for entry in awards], awards_dataset=[entry[3] for entry in awards])
        self.tables["awards_iris"] = SplitStrings.pack(entry[2] for entry in awards)
        index = {relation: position for position, relation in enumerate(RELATIONS)}
        alignments = sorted(
            ((row[a.subject], row[a.object], index[a.relation], a.iri, ds, a) for ds, a in self.alignments()),
            key=lambda entry: entry[:5],
        )
        self._ints(
            alignment_subject=[entry[0] for entry in alignments],
            alignment_object=[entry[1] for entry in alignments],
            alignment_dataset=[entry[4] for entry in alignments],
        )
        self.arrays["alignment_relation"] = np.array([entry[2] for entry in alignments], np.uint8)
        confidences = [entry[5].confidence for entry in alignments]
        self._floats(alignment_confidence=[nan if value is None else value for value in confidences])
        self.tables["alignment_iris"] = SplitStrings.pack(entry[3] for entry in alignments)
        self.tables["alignment_source"] = OptionalStrings.pack([entry[5].source for entry in alignments])
        self.tables["alignment_method"] = OptionalStrings.pack([entry[5].method for entry in alignments])

    def alignments(self) -> Iterable[tuple[int, Alignment]]:
        """Alignments with the row of their dataset."""
        return self.records.alignments.values()

    def references(self) -> None:
        """What references are looked up by: folded labels, alternative labels and code values, each sorted."""
        for name, texts in (("label", "label_texts"), ("alternative", "alternative_texts")):
            offsets = self.arrays[f"{name}_offsets"]
            owners = np.repeat(np.arange(len(self.iris), dtype=np.int32), np.diff(offsets))
            keys, key_offsets, rows = _keyed(cast("Strings", self.tables[texts]), owners)
            self.tables[f"{name}_keys"] = keys
            self.arrays[f"{name}_key_offsets"], self.arrays[f"{name}_key_rows"] = key_offsets, rows
        codes = cast("Strings", self.tables["code_values"])
        keys, key_offsets, entries = _keyed(codes, range(len(codes)))
        self.tables["code_keys"] = keys
        self.arrays["code_key_offsets"], self.arrays["code_key_entries"] = key_offsets, entries


def _keyed(texts: Iterable[str], values: Sequence[int] | Ints) -> tuple[Strings, Ints, Ints]:
    """Sorted distinct folded texts and, CSR, the sorted distinct values of each. The values rise."""
    # In UTF-8, whose order is that of code points and which is compared the fastest.
    keys = [fold(text).encode() for text in texts]
    order = sorted(range(len(keys)), key=keys.__getitem__)  # which leaves the values of one key in their order
    keys = list(map(keys.__getitem__, order))
    ordered = np.asarray(values, np.int32)[order]
    new_key = np.ones(len(keys), np.bool_)
    new_key[1:] = np.fromiter(map(ne, keys[1:], keys), np.bool_, max(len(keys) - 1, 0))
    new_value = new_key.copy()
    new_value[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(new_key[new_value])
    offsets = np.append(starts, np.count_nonzero(new_value)).astype(np.int32)
    return Strings.pack_encoded(list(compress(keys, new_key.tolist()))), offsets, ordered[new_value]


def build_columns(numbered: Iterable[tuple[int, Record]]) -> Columns:
    """The columns of these records, each with the row of its dataset (-1: described outside of the view)."""
    with _without_collector():
        return _build(numbered)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing, while Python looks for no cycles: millions of records are made, none of which is in one."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def _build(numbered: Iterable[tuple[int, Record]]) -> Columns:
    records = _Records(numbered)
    builder = _Builder(records)
    builder.resources()
    records.resources.clear()  # from here on what is in columns is not kept as records too
    builder.scales()
    builder.scale_levels()
    builder.mappings()
    builder.levels()
    builder.nodes()
    builder.forest = _Forest()
    records.nodes.clear()
    builder.statements()
    for kept in (records.teachings, records.awards, records.alignments):
        kept.clear()
    builder.references()
    return Columns(arrays=builder.arrays, tables=builder.tables)
