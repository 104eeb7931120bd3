"""Match, gap and plans: from the contract's question to its answer. Needs no database.

A match of all roles takes a fraction of a millisecond on arrays; only the roles on the page get their reasons. Plans
are searched for in a thread with the deadline passed down, so that the loop goes on serving.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

import numpy as np
from strawberry import ID

from graph import planning
from graph.explanation import coverage_sentence, evidence_sentence
from graph.matching import EvidenceItem, LevelOutcome, Link, Matches, RoleMatch, UnitCoverage, gap, match
from graph.snapshot import Ints, ResourceType
from graph.statements import link_statement
from ontology.errors import InputError
from ontology.model import Money as MoneyRecord

from . import connections, held
from .answers import (
    ChainLink,
    Coverage,
    Evidence,
    EvidenceBinding,
    EvidenceStatus,
    LevelResult,
    Match,
    NoPlanReason,
    Part,
    Plan,
    PlanAnswer,
    PlanStep,
)
from .connections import check_first, decode_cursor
from .context import Context
from .held import Learner
from .inputs import MatchPolicyInput, Objective, PlanLimits, RoleFilter
from .narrowing import count_unstated, looked_at
from .requirements import Requirement
from .resources import Duration, JobRole, Level, Money
from .scales import show_read_level
from .thinking import Thinkers, left_seconds
from .view import View, money

PLANNERS = 2
"""Searches that run at once in a process; the solver itself takes more than one core where there is one."""
PLANS_AT_MOST = 10

_planners = Thinkers("plans", at_once=PLANNERS)


def answer_match(
    context: Context,
    view: View,
    learner: Learner,
    wanted: RoleFilter | None,
    policy_input: MatchPolicyInput | None,
    first: int,
    after: str | None,
) -> connections.MatchConnection:
    """A page of matched roles, best first. Raises InputError, UnknownReferenceError."""
    check_first(first, context.limits.page)
    key = decode_cursor("match", after, (float, str))
    snapshot = view.snapshot
    policy = held.read_policy(policy_input)
    looked = looked_at(snapshot, wanted)
    found = match(snapshot, learner.held, policy, roles=looked.roles, named=looked.named)
    if key is None and (wanted is None or (wanted.min_score is None and wanted.qualified is None)):
        start, total, page = 0, len(found), list(range(min(first, len(found))))
    else:
        positions = kept_positions(found, wanted)
        start = 0 if key is None else _place_after(view, found, positions, float(key[0]), str(key[1]))
        total, page = len(positions), positions[start : start + first].tolist()
    context.spend(len(page))
    edges = [_show_edge(view, found, position) for position in page]
    where = connections.match_page_info(edges, has_next=start + first < total, has_previous=start > 0)
    return connections.MatchConnection(
        edges=edges,
        page_info=where,
        total_count=total,
        documents=learner.documents,
        unstated_count=count_unstated(snapshot, wanted),
        release=view.release,
    )


def kept_positions(found: Matches, wanted: RoleFilter | None) -> Ints:
    """Positions of the ranking that `qualified` and `minScore` leave."""
    kept = np.ones(len(found), dtype=np.bool_)
    if wanted is not None and wanted.min_score is not None:
        kept &= found.scores >= wanted.min_score
    if wanted is not None and wanted.qualified is not None:
        kept &= found.qualified == int(wanted.qualified)
    return np.flatnonzero(kept).astype(np.int32)


def _place_after(view: View, found: Matches, positions: Ints, score: float, iri: str) -> int:
    """Where the page after a role begins: after it where it still has that score, else after those above the score."""
    scores = -found.scores[positions]
    low, high = int(np.searchsorted(scores, -score, "left")), int(np.searchsorted(scores, -score, "right"))
    row = view.snapshot.find_row(iri)
    for place in range(low, high):
        if found.rows[positions[place]] == row:
            return place + 1
    return low


def answer_gap(view: View, learner: Learner, role: ID, policy_input: MatchPolicyInput | None) -> Match:
    """One role in detail. Raises InputError, UnknownReferenceError."""
    snapshot = view.snapshot
    policy = held.read_policy(policy_input)
    row = snapshot.resolve(str(role), (ResourceType.JOB_ROLE,))
    return show_match(view, gap(snapshot, learner.held, policy, row))


async def answer_plans(
    view: View,
    learner: Learner,
    role: ID,
    role_level: str | None,
    objective: Objective,
    limits_input: PlanLimits | None,
    policy_input: MatchPolicyInput | None,
    first: int,
) -> PlanAnswer:
    """The best plans, or why there is none. Raises InputError, UnknownReferenceError, BusyError (`questions.busy`)."""
    if not 1 <= first <= PLANS_AT_MOST:
        raise InputError(
            f"`first` is from 1 to {PLANS_AT_MOST} plans, got {first}.", code="input.first", hint="Ask for fewer."
        )
    snapshot = view.snapshot
    policy = held.read_policy(policy_input)
    limits = held.read_limits(limits_input)
    search = partial(
        planning.plan,
        snapshot,
        learner.held,
        snapshot.resolve(str(role), (ResourceType.JOB_ROLE,)),
        level=role_level,
        objective=held.read_objective(objective),
        limits=limits,
        policy=policy,
        first=first,
    )
    answer = await _planners.think(lambda waited: search(left_seconds=left_seconds(limits.deadline_ms, waited)))
    return PlanAnswer(
        plans=[show_plan(view, each) for each in answer.plans],
        optimal=answer.optimal,
        reason=None if answer.reason is None else NoPlanReason[answer.reason.name],
        unmet=[view.requirement(row) for row in answer.unmet],
        documents=learner.documents,
        release=view.release,
    )


# -------------------------------------------------------------------------------------------------------- showing


class _Detail:
    """A role in detail as the contract has it, each part made when it is asked for."""

    def __init__(self, view: View, find: Callable[[], RoleMatch]):
        self._view = view
        self._find = find
        self._found: RoleMatch | None = None

    def _detail(self) -> RoleMatch:
        if self._found is None:
            self._found = self._find()
        return self._found

    def blocking(self) -> list[Requirement]:
        """The musts that do not hold."""
        return [self._view.requirement(row) for row in self._detail().blocking]

    def levels(self) -> list[LevelResult]:
        """Its levels, lowest first."""
        return [_show_level(self._view, level) for level in self._detail().levels]

    def count(self, which: Part) -> int:
        """How many requirements are met, met in part, or missing."""
        return len(getattr(self._detail(), which))

    def coverages(self, which: Part, first: int) -> list[Coverage]:
        """The first of them, heaviest first, then by IRI."""
        units: tuple[UnitCoverage, ...] = getattr(self._detail(), which)
        return [_show_coverage(self._view, unit, which) for unit in units[:first]]


def show_match(view: View, found: RoleMatch) -> Match:
    """A role's match as the contract has it."""
    role, detail = role_of(view, found.role), _Detail(view, lambda: found)
    return Match(role=role, score=found.score, qualified=found.qualified, detail=detail)


def _show_edge(view: View, found: Matches, position: int) -> connections.MatchEdge:
    """A role at a position of the ranking; its reasons are looked for when they are asked for."""
    row, score, verdict = found.at(position)
    match = Match(
        role=role_of(view, row),
        score=score,
        qualified=None if verdict < 0 else bool(verdict),
        detail=_Detail(view, lambda: found.detail(position)),
    )
    return connections.MatchEdge(score=score, iri=view.snapshot.iris[row], node=match)


def role_of(view: View, row: int) -> JobRole:
    """The object of a role's row."""
    role = view.resource(row)
    assert isinstance(role, JobRole), "a match is of a role"
    return role


def _show_level(view: View, level: LevelOutcome) -> LevelResult:
    return LevelResult(
        level=view.role_level(level.level),
        qualified=level.qualified,
        stated=level.stated,
        met_by=[view.resource(row) for row in level.met_by],
    )


def _show_coverage(view: View, unit: UnitCoverage, outcome: Part) -> Coverage:
    """What becomes of a requirement. Of one that nothing bears on it is kept: the engine keeps such units too."""
    kept = view.untouched.get(id(unit))
    if kept is not None:
        return kept[1]
    touched = bool(unit.evidence) or unit.coverage > 0
    made = Coverage(
        requirement=view.requirement(unit.node),
        coverage=unit.coverage,
        weight=unit.weight,
        part=unit.part,
        level_unknown=unit.level_unknown,
        evidence=[_show_evidence(view, unit.node, item) for item in unit.evidence] if unit.evidence else [],
        sentence_in=partial(coverage_sentence, view.snapshot, unit, outcome),
        parts=None if touched else {},
    )
    if not touched:
        view.keep_untouched(unit, made)
    return made


def _show_evidence(view: View, node: int, item: EvidenceItem) -> Evidence:
    return Evidence(
        held=view.resource(item.held),
        status=EvidenceStatus[item.standing.name],
        binding=EvidenceBinding[item.binding.name],
        document=None if item.document < 0 else item.document,
        reason=item.reason,
        factor=item.factor,
        chain=[_show_link(view, link) for link in item.chain],
        read_level=None if item.level is None else show_read_level(view, item.level),
        level_of=partial(_held_level, view, item),
        sentence_in=partial(evidence_sentence, view.snapshot, node, item),
    )


def _held_level(view: View, item: EvidenceItem) -> Level | None:
    return None if item.value is None else view.level(item.scale, item.value)


def _show_link(view: View, link: Link) -> ChainLink:
    iris = view.snapshot.iris
    return ChainLink(
        from_=ID(iris[link.from_row]),
        to=ID(iris[link.to_row]),
        relation=link.relation,
        factor=link.factor,
        source=link.source,
        said=lambda: link_statement(view.snapshot, link),
    )


def show_plan(view: View, found: planning.Plan) -> Plan:
    """A plan as the contract has it."""
    return Plan(
        steps=[_show_step(view, found, step) for step in found.steps],
        cost=_money(found.cost),
        duration=_duration(found.duration_days),
        unknowns=found.unknowns,
        unknowns_bound=found.unknowns_bound,
        total=float(found.total),
        bound=float(found.bound),
        optimal=found.optimal,
        closes=[view.requirement(row) for row in found.closes],
        assumptions=list(found.assumptions),
    )


def _show_step(view: View, found: planning.Plan, step: planning.PlanStep) -> PlanStep:
    def reason_in(languages: Sequence[str]) -> str:
        return planning.step_reason(view.snapshot, found, step, languages)

    return PlanStep(
        position=step.position,
        resource=view.resource(step.row),
        cost=_money(step.cost),
        duration=_duration(step.duration_days),
        closes=[view.requirement(row) for row in step.closes],
        enables=list(step.enables),
        alternatives=[view.resource(row) for row in step.alternatives],
        reason_in=reason_in,
    )


def _money(amount: MoneyRecord | None) -> Money | None:
    return None if amount is None else money(amount.minor_units, amount.currency)


def _duration(days: Decimal | None) -> Duration | None:
    return None if days is None else Duration(days=float(days))
