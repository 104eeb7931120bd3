"""From one role to others: how like they are to who fulfils the first, and what effort lies between.

Pure, on the snapshot; what it finds of a role is kept with the snapshot, bounded. Called by `career_paths` and the
service. The meaning is docs/matching.md, "From role to role".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ontology.model import Relation

from .coverage import Recent, gifts_of
from .layout import RELATIONS, Flags, Floats, Ints, Longs, NodeKind
from .matching import Held, HeldCompetency
from .policy import Policy
from .role_index import ranked_roles, role_index_of
from .snapshot import Snapshot
from .standing import Sources, Standing

EFFORT_UNITS = 1e9
"""Efforts are whole numbers of billionths, so that sums over a path are exact and do not hang on their order."""
NEIGHBOURS_AT_MOST = 50
_QUESTIONS_KEPT = 8
_ROLES_KEPT = 20_000
"""Roles whose moves are kept for a question: some 30 MB."""


class Fulfilment(StrEnum):
    """What one who fulfils a role is taken to hold."""

    EVERYTHING = "EVERYTHING"
    """All that the role asks for."""
    MUSTS = "MUSTS"
    """What its musts ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveQuestion:
    """Under what moves are looked at."""

    policy: Policy
    fulfilment: Fulfilment = Fulfilment.EVERYTHING
    alignments: bool = True
    """Whether an alignment of two roles counts too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Moves from one role, best first: by similarity falling, effort rising, IRI."""

    rows: Longs
    """Resource rows of the roles that they lead to."""
    similarities: Floats
    """From 0 to 1, 12 decimals."""
    efforts: Longs
    """In billionths of one must."""
    alignments: Longs
    """The alignment that says more than the requirements do, as a row; -1 none."""


def holder_of(snapshot: Snapshot, role: int, fulfilment: Fulfilment) -> Held:
    """What one who fulfils a role is taken to hold, such as for a match of what such a one lacks for others."""
    nodes = _leaves(snapshot, [int(snapshot.canonical[role])], fulfilment)[0]
    targets, kinds = role_index_of(snapshot).targets(nodes), snapshot.node_kind[nodes]

    def asked(kind: NodeKind) -> tuple[int, ...]:
        return tuple(dict.fromkeys(targets[kinds == kind].tolist()))

    competencies = []
    which = kinds == NodeKind.COMPETENCY
    for node, target in zip(nodes[which].tolist(), targets[which].tolist(), strict=True):
        scale, value = int(snapshot.node_scale[node]), float(snapshot.node_value[node])
        known = scale >= 0 and value == value
        competencies.append(HeldCompetency(row=target, value=value if known else None, scale=scale if known else -1))
    days = snapshot.node_days[nodes[kinds == NodeKind.EXPERIENCE]]
    return Held(
        competencies=tuple(dict.fromkeys(competencies)),
        credentials=asked(NodeKind.CREDENTIAL),
        courses=asked(NodeKind.COURSE),
        experience_days=float(days.max(initial=0.0)),
    )


def _leaves(snapshot: Snapshot, roles: Sequence[int], fulfilment: Fulfilment) -> list[Longs]:
    """Rows of the leaves that count, of each role."""
    leaf = snapshot.derived("leaves that are held", _leaf_flags)[fulfilment is Fulfilment.MUSTS]
    found = []
    for role in roles:
        nodes = np.arange(int(snapshot.node_offsets[role]), int(snapshot.node_offsets[role + 1]))
        found.append(nodes[leaf[nodes]])
    return found


def _leaf_flags(snapshot: Snapshot) -> tuple[Flags, Flags]:
    """By node: whether it is a leaf; whether it is one below a top must."""
    rows = np.arange(len(snapshot.node_kind))
    tops = np.maximum.accumulate(np.where(snapshot.node_parent < 0, rows, 0)) if len(rows) else rows
    leaf = snapshot.node_kind <= NodeKind.EXPERIENCE
    return leaf, leaf & snapshot.node_must[tops]


class RoleMoves:
    """Moves between roles under one question, found when they are asked for.

    Only roles that the question leaves are led to. Safe from several threads: two may find the same, which is equal.
    """

    def __init__(self, snapshot: Snapshot, question: MoveQuestion, roles: Ints):
        self._snapshot = snapshot
        self._question = question
        self._nobody = Standing(snapshot, Held(), question.policy)
        index = self._nobody.index
        self._allowed: Flags = np.zeros(len(index.roles), np.bool_)
        self._allowed[index.position[roles]] = True
        self._from_nothing: Longs = self._efforts(
            np.arange(len(index.roles)), self._nobody.scores, self._nobody.unscored_unmet
        )
        self._aligned = snapshot.derived("aligned roles", aligned_roles)
        self._kept: dict[int, Moves] = {}

    def nearest(self, roles: Iterable[int]) -> dict[int, Moves]:
        """Of each of these roles its most similar ones, at most `NEIGHBOURS_AT_MOST`."""
        wanted = list(dict.fromkeys(roles))
        if len(self._kept) > _ROLES_KEPT:
            self._kept = {}
        kept = self._kept
        missing = [role for role in wanted if role not in kept]
        for role, moves in zip(missing, self._found(missing), strict=True):
            first = slice(0, NEIGHBOURS_AT_MOST)
            kept[role] = Moves(
                rows=moves.rows[first],
                similarities=moves.similarities[first],
                efforts=moves.efforts[first],
                alignments=moves.alignments[first],
            )
        return {role: kept[role] for role in wanted}

    def all(self, role: int) -> Moves:
        """All roles that are similar to one at all."""
        (found,) = self._found([role])
        return found

    def between(self, start: int, goal: int) -> tuple[float, int, int]:
        """(similarity, effort, alignment or -1) from one role to another, however unlike."""
        ((similarity, effort, alignment),) = self._measured([start])
        position = int(self._nobody.index.position[goal])
        return float(similarity[position]), int(effort[position]), int(alignment[position])

    def _efforts(self, roles: Longs, scores: Floats, unscored: Longs) -> Longs:
        policy, total = self._question.policy, self._nobody.total[roles]
        effort = total * (1.0 - scores) + policy.must_weight * unscored
        return np.rint(effort * EFFORT_UNITS).astype(np.int64)

    def _found(self, roles: Sequence[int]) -> list[Moves]:
        """Moves from each of these roles."""
        measured = zip(roles, self._measured(roles), strict=True)
        return [self._moves(role, *arrays) for role, arrays in measured]

    def _measured(self, roles: Sequence[int]) -> Iterator[tuple[Floats, Longs, Longs]]:
        """For each of these roles (similarity, effort, alignment or -1) of every role, by position."""
        if not roles:
            return
        sources = sources_of_holders(self._snapshot, roles, self._question.fulfilment)
        parts = [part for part in self._nobody.changes(sources, len(roles)) if len(part.owners)]
        for owner, role in enumerate(roles):
            similarity, effort = self._nobody.scores.copy(), self._from_nothing.copy()
            alignment = np.full(len(effort), -1)
            for part in parts:
                own = slice(*np.searchsorted(part.owners, (owner, owner + 1)))
                touched = part.roles[own]
                similarity[touched] = part.scores[own]
                effort[touched] = self._efforts(touched, part.scores[own], part.unscored_unmet[own])
            if self._question.alignments:
                self._align(role, similarity, effort, alignment)
            yield similarity, effort, alignment

    def _moves(self, role: int, similarity: Floats, effort: Longs, alignment: Longs) -> Moves:
        """Those that are similar at all, in order."""
        index = self._nobody.index
        listed = (similarity > 0) & self._allowed
        listed[index.position[role]] = False
        place = np.flatnonzero(listed)
        place = place[np.lexsort((place, effort[place], -similarity[place]))]
        return Moves(
            rows=index.roles[place].astype(np.int64),
            similarities=similarity[place],
            efforts=effort[place],
            alignments=alignment[place],
        )

    def _align(self, role: int, similarity: Floats, effort: Longs, alignment: Longs) -> None:
        """Nothing; what an alignment says where it says more."""
        factors = self._factors()
        for other, step, confidence, row in self._aligned.get(role, ()):
            position = int(self._nobody.index.position[other])
            factor = round(factors[step] * confidence, 12)
            if factor > similarity[position]:
                similarity[position] = factor
                alignment[position] = row
            shortened = round(int(self._from_nothing[position]) * (1.0 - factor))
            effort[position] = min(int(effort[position]), shortened)

    def _factors(self) -> tuple[float, ...]:
        policy = self._question.policy
        by_relation = {
            Relation.EXACT: policy.exact,
            Relation.CLOSE: policy.close,
            Relation.BROAD: policy.held_narrower,
            Relation.NARROW: policy.held_broader,
            Relation.RELATED: policy.related,
        }
        return tuple(by_relation[relation] for relation in RELATIONS)


def aligned_roles(snapshot: Snapshot) -> dict[int, list[tuple[int, int, float, int]]]:
    """By ranked role: (aligned role, relation as read from the first, confidence, alignment row), by these."""
    index = role_index_of(snapshot)
    flipped = {Relation.BROAD: Relation.NARROW, Relation.NARROW: Relation.BROAD}
    found: dict[int, list[tuple[int, int, float, int]]] = {}
    subjects = snapshot.canonical[snapshot.alignment_subject]
    objects = snapshot.canonical[snapshot.alignment_object]
    kept = (index.position[subjects] >= 0) & (index.position[objects] >= 0) & (subjects != objects)
    for row in np.flatnonzero(kept).tolist():
        start, end, relation = int(subjects[row]), int(objects[row]), RELATIONS[int(snapshot.alignment_relation[row])]
        stated = float(snapshot.alignment_confidence[row])
        confidence = 1.0 if stated != stated else min(max(stated, 0.0), 1.0)
        found.setdefault(start, []).append((end, RELATIONS.index(relation), confidence, row))
        back = RELATIONS.index(flipped.get(relation, relation))
        found.setdefault(end, []).append((start, back, confidence, row))
    return {role: sorted(ends) for role, ends in found.items()}


def sources_of_holders(snapshot: Snapshot, roles: Sequence[int], fulfilment: Fulfilment) -> Sources:
    """What those who fulfil these roles hold, one owner a role."""
    index = role_index_of(snapshot)
    fractions = snapshot.derived("fractions asked", _fractions)
    gifts = gifts_of(snapshot)
    owners, nodes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    things: list[tuple[int, int]] = []
    taught: list[tuple[int, int, float, int]] = []
    days: list[tuple[int, float]] = []
    for owner, leaves in enumerate(_leaves(snapshot, roles, fulfilment)):
        kinds = snapshot.node_kind[leaves]
        own = leaves[kinds == NodeKind.COMPETENCY]
        owners.append(np.full(len(own), owner))
        nodes.append(own)
        things_asked = (kinds == NodeKind.CREDENTIAL) | (kinds == NodeKind.COURSE)
        held = set(index.targets(leaves[things_asked]).tolist())
        given = sorted(held.union(*(gifts.awards.get(row, ()) for row in held)))
        things += [(owner, row) for row in given]
        taught += [(owner, *each) for row in given for each in gifts.teachings.get(row, ())]
        lasting = snapshot.node_days[leaves[kinds == NodeKind.EXPERIENCE]]
        days += [(owner, float(lasting.max()))] if len(lasting) else []
    node = np.concatenate(nodes)
    whose = np.concatenate((np.concatenate(owners), np.array([each[0] for each in taught], np.int64)))
    order = np.argsort(whose, kind="stable")
    competencies: Longs = np.concatenate((index.targets(node), np.array([each[1] for each in taught], np.int64)))
    levels = np.array([snapshot.fraction(scale, value) for _, _, value, scale in taught], np.float64)
    scales: Longs = np.concatenate((snapshot.node_scale[node], np.array([each[3] for each in taught], np.int64)))
    return Sources(
        owners=whose[order],
        competencies=competencies[order],
        fractions=np.concatenate((fractions[node], levels))[order],
        scales=scales[order],
        thing_owners=np.array([owner for owner, _ in things], np.int64),
        things=np.array([row for _, row in things], np.int64),
        day_owners=np.array([owner for owner, _ in days], np.int64),
        days=np.array([length for _, length in days], np.float64),
    )


def _fractions(snapshot: Snapshot) -> Floats:
    """By node: the level asked as a fraction of its scale, NaN where none is asked or it cannot be told."""
    low, high = snapshot.scale_minimum, snapshot.scale_maximum
    found = np.full(len(snapshot.node_scale), np.nan)
    asking = np.flatnonzero(snapshot.node_scale >= 0)
    scale = snapshot.node_scale[asking]
    span = high[scale] - low[scale]
    part = np.full(len(asking), np.nan)
    np.divide(snapshot.node_value[asking] - low[scale], span, out=part, where=span > 0)
    found[asking] = np.clip(part, 0.0, 1.0)
    return found


def moves_of(snapshot: Snapshot, question: MoveQuestion, roles: Ints | None = None) -> RoleMoves:
    """Moves under a question, shared by all that ask an equal one.

    Args:
        roles: only to these rows moves lead; None: to all. Superseded ones are read at their last successor.
    """
    wanted = ranked_roles(snapshot, roles)
    kept: Recent[object, RoleMoves] = snapshot.derived("moves", lambda _: Recent(_QUESTIONS_KEPT))
    return kept.get((question, wanted.tobytes()), lambda: RoleMoves(snapshot, question, wanted))
