"""How honest the numbers of a release are, for stewards: what is unknown, out of reach, decided by factors.

Shows what `graph.fairness` finds; docs/fairness.md says what each figure means.
"""

from collections.abc import Sequence
from typing import Final

import strawberry
from strawberry import ID

from graph.fairness import Fairness, Known, assess_fairness
from graph.policy import Policy
from ontology.errors import InputError

from .connections import TOLD_IN_PART, check_first
from .context import Context
from .matches import role_of
from .requirements import Requirement
from .resources import JobRole, Resource
from .view import View

LEARNERS_AT_MOST: Final = 2_000
"""Drawn ones of one report: a second or two of work on full ESCO."""
BLOCKING_SHOWN: Final = 100
"""Requirements in the way of one role; all are counted."""


@strawberry.type(description="Of so many things, how many have a figure.")
class KnownFigures:
    """Of so many things, how many have a figure."""

    count: int = strawberry.field(description="How many there are.")
    known: int = strawberry.field(description="How many of them have a figure; 0 is one.")


@strawberry.type(
    description="Competency requirements of roles that ask for a level, each by the first that applies to what teaches "
    "the same competency."
)
class LevelsAsked:
    """Competency requirements of roles that ask for a level."""

    asked: int = strawberry.field(description="How many ask for one.")
    comparable: int = strawberry.field(description="Something teaches it at a level that can be compared.")
    unknown: int = strawberry.field(description="What teaches it does not say at which level.")
    other_scale: int = strawberry.field(description="What teaches it says a level of other scales alone.")
    untaught: int = strawberry.field(description="Nothing teaches it.")


@strawberry.type(description="A role for which not even who has learned everything is qualified.")
class RoleOutOfReach:
    """A role for which not even who has learned everything is qualified."""

    role: JobRole = strawberry.field(description="Which role.")
    blocking_count: int = strawberry.field(description="How many requirements are in the way.")
    blocking: list[Requirement] = strawberry.field(description="The first hundred of them.")


@strawberry.type(description="Something that nothing teaches.")
class Untaught:
    """Something that nothing teaches."""

    resource: Resource = strawberry.field(description="What it is.")
    roles: int = strawberry.field(description="How many of the first hundred roles out of reach it blocks.")


@strawberry.type(description="Which roles can be reached by who has done every course and has every credential.")
class Reach:
    """Which roles can be reached at all."""

    stating: int = strawberry.field(description="Roles that state something that must hold.")
    out_of_reach_count: int = strawberry.field(description="How many of these are out of reach.")
    out_of_reach: list[RoleOutOfReach] = strawberry.field(description="The first of them by IRI.")
    untaught: list[Untaught] = strawberry.field(description="What blocks most of them, at most ten.")


@strawberry.type(description="What one change of a factor of the policy does to the rankings of drawn learners.")
class FactorEffect:
    """What one change of a factor does."""

    factor: str = strawberry.field(description="The factor, as `MatchPolicyInput` spells it.")
    value: float = strawberry.field(description="Its value after the change.")
    kept: float = strawberry.field(description="Mean share of the ten best roles that stay among the ten best.")
    first_changed: float = strawberry.field(description="Share of learners whose best role is another one.")
    agreement: float = strawberry.field(description="Mean Kendall's tau-b of the scores of the first fifty roles.")
    moved: float = strawberry.field(description="Mean absolute change of the score of the ten best.")
    requalified: float = strawberry.field(
        description="Mean number of the ten best for which who was qualified is not, or the other way round."
    )


@strawberry.type(description="How honest the numbers of a release are under a policy. No learner's data enters it.")
class FairnessReport:
    """How honest the numbers of a release are under a policy."""

    release: ID = strawberry.field(description="Which release.")
    levels: LevelsAsked = strawberry.field(description="Levels that roles ask for.")
    taught_levels: KnownFigures = strawberry.field(description="Teachings, and those that say a level.")
    course_costs: KnownFigures = strawberry.field(description="Costs of courses.")
    credential_costs: KnownFigures = strawberry.field(description="Costs of credentials.")
    course_durations: KnownFigures = strawberry.field(description="Durations of courses.")
    credential_durations: KnownFigures = strawberry.field(description="Durations of credentials.")
    reach: Reach = strawberry.field(description="Roles that nobody can learn.")
    learners: int = strawberry.field(description="How many learners were drawn.")
    effects: list[FactorEffect] = strawberry.field(description="Each factor, a tenth lower and higher.")


def assess(view: View, policy: Policy, learners: int, seed: int) -> Fairness:
    """The report on what a view shows. Takes seconds."""
    return assess_fairness(view.snapshot, policy, learners=learners, seed=seed)


def check_question(context: Context, learners: int, first: int) -> None:
    """Nothing. Raises InputError (`fairness.learners`, `input.first`)."""
    check_first(first, context.limits.page, TOLD_IN_PART)
    if not 0 <= learners <= LEARNERS_AT_MOST:
        raise InputError(
            f"`learners` is from 0 to {LEARNERS_AT_MOST:,}, got {learners}.",
            code="fairness.learners",
            hint="`headwater fairness` draws more.",
            subject="learners",
        )


def show_fairness(context: Context, view: View, found: Fairness, first: int) -> FairnessReport:
    """The report, with the first roles out of reach."""
    roles = found.reach.named[:first]
    shown = [
        RoleOutOfReach(
            role=role_of(view, each.role),
            blocking_count=len(each.blocking),
            blocking=[view.requirement(node) for node in each.blocking[:BLOCKING_SHOWN]],
        )
        for each in roles
    ]
    context.spend(sum(1 + len(each.blocking) for each in shown) + len(found.effects))
    return FairnessReport(
        release=view.release,
        levels=LevelsAsked(
            asked=found.levels.asked,
            comparable=found.levels.comparable,
            unknown=found.levels.unknown,
            other_scale=found.levels.other_scale,
            untaught=found.levels.untaught,
        ),
        taught_levels=_known(found.taught_levels),
        course_costs=_known(found.costs["course"]),
        credential_costs=_known(found.costs["credential"]),
        course_durations=_known(found.durations["course"]),
        credential_durations=_known(found.durations["credential"]),
        reach=Reach(
            stating=found.reach.stating,
            out_of_reach_count=found.reach.out_of_reach,
            out_of_reach=shown,
            untaught=[Untaught(resource=view.resource(row), roles=count) for row, count in found.reach.untaught],
        ),
        learners=found.learners,
        effects=_effects(found),
    )


def _known(found: Known) -> KnownFigures:
    return KnownFigures(count=found.count, known=found.known)


def _effects(found: Fairness) -> list[FactorEffect]:
    return [
        FactorEffect(
            factor=_camel(each.factor.split("_")),
            value=each.value,
            kept=each.kept,
            first_changed=each.first_changed,
            agreement=each.agreement,
            moved=each.moved,
            requalified=each.requalified,
        )
        for each in found.effects
    ]


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])
