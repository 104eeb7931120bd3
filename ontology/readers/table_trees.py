"""Role levels, groups, requirements and prerequisites of Tables: rows that point at each other by local names.

A group's name is local to its role and role level. Called by `tables`, which hands over rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from ontology.documents import Row
from ontology.model import (
    Finding,
    Importance,
    Located,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Source,
    Text,
    derived_iri,
)

from .table_cells import Cells, Names, fold, is_iri
from .table_columns import TABLE_FILES

ANY_MINIMUM: Final = 1
TARGETS: Final = ("competency", "credential", "course")

GroupKey = tuple[str, str | None, str]
"""Role, IRI of its role level or None, folded name of the group."""


@dataclass(slots=True)
class _RoleLevels:
    """The levels that role_levels.csv lists."""

    by_name: dict[tuple[str, str], RoleLevel] = field(default_factory=dict)
    """Role and folded name → level."""

    def of(self, role: str) -> list[RoleLevel]:
        """Levels of one role, lowest first."""
        return sorted(
            (level for (owner, _), level in self.by_name.items() if owner == role), key=lambda level: level.rank
        )


@dataclass(slots=True)
class _Leaf:
    """One row of requires.csv or prerequisites.csv, read, before its group is known."""

    requirement: Requirement
    source: Source
    key: GroupKey | None
    group_name: str | None


class TreeReader:
    """Reads the four files of one set of tables. The order of calls is the order in which one builds on the other."""

    def __init__(self, names: Names, findings: list[Finding], *, language: str):
        self._names = names
        self._findings = findings
        self._language = language
        self._levels = _RoleLevels()
        self._groups: dict[GroupKey, Located] = {}
        self._listed: dict[tuple[str, str], list[str]] = {}
        """Role and folded group name → the levels that groups.csv lists it under, as they can be shown."""

    def read_role_levels(self, rows: Iterable[Row]) -> Iterator[Located]:
        """The levels; a name or a rank that is taken is a fault of the later row."""
        columns = TABLE_FILES["role_levels.csv"].columns
        ranks: dict[tuple[str, int], RoleLevel] = {}
        for row in rows:
            cells = Cells(row, self._findings, self._names)
            role = cells.reference("role", "job_role")
            cells.subject = role
            name, rank = cells.needed("name"), cells.integer("rank")
            if cells.broken or role is None or name is None or rank is None:
                continue
            level = RoleLevel(
                iri=derived_iri("role-level", role, fold(name)),
                role=role,
                name=name,
                rank=rank,
                statements=cells.statements(columns),
            )
            earlier = self._levels.by_name.get((role, fold(name)))
            if earlier is not None:
                _tell_repeated(cells, "name", "role-level", f"the role level {name!r}", same=earlier == level)
            elif (role, rank) in ranks:
                cells.fault(
                    "rank",
                    "duplicate-rank",
                    f"`rank` has {rank}, which {ranks[role, rank].name!r} of this role has; each level has its own.",
                    "Give the higher level the higher rank.",
                )
                self._levels.by_name[role, fold(name)] = level  # rows that name it are not at fault
            else:
                self._levels.by_name[role, fold(name)] = ranks[role, rank] = level
                yield Located(record=level, source=cells.source)

    def read_groups(self, rows: Iterable[Row]) -> Iterator[Located]:
        """The groups that groups.csv lists. A parent may stand below its child."""
        read = []
        for row in rows:
            cells = Cells(row, self._findings, self._names)
            key, group = self._read_group(cells)
            if key is None or group is None:
                continue
            earlier = self._groups.get(key)
            if earlier is not None:
                parent = fold(cells.text("parent") or "")
                same = earlier.record == replace(group, parent=self._group_iri((*key[:2], parent)) if parent else None)
                _tell_repeated(cells, "group", "group", f"the group {cells.text('group')!r}", same=same)
                continue
            parent_name = cells.text("parent")
            if parent_name is not None:
                group = replace(group, parent=self._group_iri((*key[:2], fold(parent_name))))
            self._groups[key] = Located(record=group, source=cells.source)
            self._listed.setdefault((key[0], key[2]), []).append(self._shown_level(key[1]))
            read.append((cells, key, parent_name))
        for cells, key, parent_name in read:
            if parent_name is not None and (*key[:2], fold(parent_name)) not in self._groups:
                self._tell_unknown_parent(cells, key, parent_name)
            else:
                yield self._groups[key]

    def read_requires(self, rows: Iterable[Row]) -> Iterator[Located]:
        """Requirements, each followed by nothing; groups that only their rows name come before them."""
        leaves = []
        columns = TABLE_FILES["requires.csv"].columns
        for row in rows:
            cells = Cells(row, self._findings, self._names)
            role = cells.reference("role", "job_role")
            cells.subject = role
            level = self._role_level(cells, role)
            importance, value = cells.importance()
            self._check_group(cells, role, level)
            leaf = self._read_leaf(cells, "target", role, level, columns)
            if leaf is None:
                continue
            leaf.requirement = replace(leaf.requirement, importance=importance, importance_value=value)
            leaves.append(leaf)
        yield from self._finish(leaves)

    def read_prerequisites(self, rows: Iterable[Row]) -> Iterator[Located]:
        """What must hold before a course or credential is begun; rows of one group are alternatives."""
        leaves = []
        columns = TABLE_FILES["prerequisites.csv"].columns
        for row in rows:
            cells = Cells(row, self._findings, self._names)
            owner = cells.reference("target", "course", "credential")
            cells.subject = owner
            leaf = self._read_leaf(cells, "needs", owner, None, columns)
            if leaf is not None:
                leaves.append(leaf)
        yield from self._finish(leaves)

    def _read_group(self, cells: Cells) -> tuple[GroupKey | None, RequirementGroup | None]:
        role = cells.reference("role", "job_role")
        cells.subject = role
        level = self._role_level(cells, role)
        name = cells.needed("group")
        importance, value = cells.importance()
        minimum = _minimum(cells)
        if cells.broken or role is None or name is None:
            return None, None
        key = (role, level, fold(name))
        return key, RequirementGroup(
            iri=self._group_iri(key),
            owner=role,
            role_level=level,
            minimum=minimum,
            importance=importance,
            importance_value=value,
            labels=(Text(name, cells.language(self._language)),),
            statements=cells.statements(TABLE_FILES["groups.csv"].columns),
        )

    def _read_leaf(
        self, cells: Cells, column: str, owner: str | None, level: str | None, columns: tuple[str, ...]
    ) -> _Leaf | None:
        """The requirement of a row; `column` is the one with its target."""
        days = cells.number("days", least=0)
        target = cells.reference(column, *TARGETS, blank=cells.text("days") is not None)
        if cells.text("days") is not None and cells.text(column) is not None:
            cells.fault(
                "days",
                "target-and-days",
                f"`{column}` and `days` are both filled in; a row asks for one of them.",
                f"Write two rows, or leave one of `{column}` and `days` blank.",
            )
        asked = cells.level()
        if cells.broken or owner is None:
            return None
        name = cells.text("group")
        return _Leaf(
            requirement=Requirement(
                iri="",
                owner=owner,
                role_level=level,
                target=target,
                level=asked,
                experience_days=days,
                statements=cells.statements(columns),
            ),
            source=cells.source,
            key=(owner, level, fold(name)) if name is not None else None,
            group_name=name,
        )

    def _finish(self, leaves: list[_Leaf]) -> Iterator[Located]:
        """Groups that only rows name, each at its first row, then the leaves with their IRIs."""
        unlisted: dict[GroupKey, list[_Leaf]] = {}
        for leaf in leaves:
            if leaf.key is not None and leaf.key not in self._groups:
                unlisted.setdefault(leaf.key, []).append(leaf)
        for key, members in unlisted.items():
            yield Located(record=self._implicit_group(key, members), source=members[0].source)
        for leaf in leaves:
            group = self._group_iri(leaf.key) if leaf.key is not None else None
            requirement = replace(leaf.requirement, group=group)
            yield Located(record=replace(requirement, iri=_requirement_iri(requirement)), source=leaf.source)

    def _implicit_group(self, key: GroupKey, members: list[_Leaf]) -> RequirementGroup:
        importance, value = max(
            ((leaf.requirement.importance, leaf.requirement.importance_value) for leaf in members), key=_strength
        )
        return RequirementGroup(
            iri=self._group_iri(key),
            owner=key[0],
            role_level=key[1],
            minimum=ANY_MINIMUM,
            importance=importance,
            importance_value=value,
            labels=(Text(members[0].group_name or "", self._language),),
        )

    def _role_level(self, cells: Cells, role: str | None) -> str | None:
        """IRI of the level that the row names, None where the row binds at all levels."""
        name = cells.text("role_level")
        if name is None or role is None:
            return None
        level = self._levels.by_name.get((role, fold(name)))
        if level is not None:
            return level.iri
        if is_iri(name) and "://" in name:
            return name
        listed = ", ".join(level.name for level in self._levels.of(role))
        cells.fault(
            "role_level",
            "unknown-role-level",
            f"`role_level` has {name!r}; role_levels.csv lists {listed or 'no level'} for this role.",
            f"Write one of {listed}, or list {name!r} in role_levels.csv."
            if listed
            else f"List {name!r} with its rank in role_levels.csv.",
        )
        return None

    def _check_group(self, cells: Cells, role: str | None, level: str | None) -> None:
        """Tell a row whose group groups.csv lists under another level; a group that is not listed at all is fine."""
        name = cells.text("group")
        if role is None or name is None or cells.broken:
            return
        elsewhere = self._listed.get((role, fold(name)))
        if (role, level, fold(name)) in self._groups or not elsewhere:
            return
        cells.fault(
            "group",
            "group-of-another-level",
            f"`group` has {name!r} at {self._shown_level(level)}; "
            f"groups.csv lists it at {', '.join(sorted(elsewhere))}.",
            "Write the same role_level in both files, or list the group for this level too.",
        )

    def _tell_unknown_parent(self, cells: Cells, key: GroupKey, parent: str) -> None:
        siblings = sorted(name for role, level, name in self._groups if (role, level) == key[:2] and name != key[2])
        cells.fault(
            "parent",
            "unknown-parent",
            f"`parent` has {parent!r}, which is no group of this role at {self._shown_level(key[1])}; "
            f"listed are {', '.join(siblings) or 'no others'}.",
            f"List {parent!r} in groups.csv with the same role and role_level.",
        )

    def _shown_level(self, iri: str | None) -> str:
        if iri is None:
            return "all levels (role_level blank)"
        return next((f"level {level.name}" for level in self._levels.by_name.values() if level.iri == iri), iri)

    @staticmethod
    def _group_iri(key: GroupKey) -> str:
        return derived_iri("group", *key)


def _requirement_iri(requirement: Requirement) -> str:
    level = requirement.level
    return derived_iri(
        "requirement",
        requirement.owner,
        requirement.role_level,
        requirement.group,
        requirement.target,
        level and level.scale,
        level and level.value,
        requirement.importance,
        requirement.importance_value,
        requirement.experience_days,
        *(part for statement in requirement.statements for part in statement),
    )


def _strength(importance: tuple[Importance, float | None]) -> tuple[int, float]:
    """Order of importances: graded by its value, then should, then must."""
    kind, value = importance
    if kind is Importance.MUST:
        return 2, 0
    return (1, 0) if value is None else (0, value)


def _minimum(cells: Cells) -> int | None:
    text = (cells.text("min") or "all").casefold()
    if text == "all":
        return None
    if text == "any":
        return ANY_MINIMUM
    minimum = cells.integer("min")
    if minimum is not None and minimum < 1:
        cells.fault(
            "min",
            "out-of-range",
            f"`min` has {text!r}; all, any or a whole number of at least 1 is expected.",
            "Leave it blank for all, write any for one of them, or how many.",
        )
    return minimum


def _tell_repeated(cells: Cells, column: str, code: str, what: str, *, same: bool) -> None:
    """Tell a row that says again, or otherwise, what an earlier one said."""
    if same:
        cells.fault(
            column,
            f"repeated-{code}",
            f"{what[0].upper()}{what[1:]} is listed twice with the same values.",
            "Remove one of the rows.",
        )
    else:
        cells.fault(
            column,
            f"conflicting-{code}",
            f"{what[0].upper()}{what[1:]} is listed twice with different values.",
            "Keep the row that is right.",
        )
