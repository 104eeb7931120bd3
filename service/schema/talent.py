"""Talent search: an employer's question about learners who let themselves be found, and what it may see of them.

Needs an employer's key. Who is found is a pseudonym of this employer's own, a score and which requirements are met;
more only where the learner agreed. Every showing is in the learner's audit. Needs no database.
"""

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import ID, Info

from graph.learner_records import TALENT_DISCLOSURE
from graph.learners import may_disclose
from graph.snapshot import ResourceType, Snapshot
from graph.talent import Candidate, Employer, Place, Question, TalentPage, is_pseudonym
from graph.talent_scores import MET, PARTLY
from graph.talent_trees import Tree, Wish, tree_of_role, tree_of_wishes
from ontology.errors import InputError
from service.auth import Role
from service.learners import employer_of

from .connections import PageInfo, decode_cursor, encode_cursor, page_info
from .context import Context, context_of
from .descriptions import resolver
from .held import find_level, read_policy
from .inputs import MatchPolicyInput
from .resources import Resource
from .rights import act
from .view import View, view_for

_ASKED = (ResourceType.COMPETENCY, ResourceType.CREDENTIAL, ResourceType.COURSE)
_CURSOR = "talent"


@strawberry.input(description="A requirement of a search: something asked for, or a group of requirements.")
class TalentRequirementInput:
    """A requirement of a search."""

    target: ID | None = strawberry.field(
        default=None, description="Competency, credential or course: IRI, code or label. Null for a group."
    )
    level: float | None = strawberry.field(default=None, description="Of a competency: the level asked, on `scale`.")
    scale: ID | None = strawberry.field(default=None, description="IRI or exact label of the scale.")
    importance: float | None = strawberry.field(
        default=None, description="From 0 to 1 for what only weighs. Null: it must hold."
    )
    minimum: int | None = strawberry.field(
        default=None, description="Of a group: how many of `children` must hold. Null: all of them."
    )
    children: list["TalentRequirementInput"] | None = strawberry.field(default=None, description="What is in the group.")


@strawberry.enum(description="How far a requirement is covered.")
class TalentOutcome(Enum):
    """How far a requirement is covered."""

    MET = strawberry.enum_value("MET", description="As far as the policy asks.")
    PARTLY = strawberry.enum_value("PARTLY", description="Less than that.")
    MISSING = strawberry.enum_value("MISSING", description="Not at all.")


@strawberry.type(description="A requirement that was asked for, and how a learner stands to it.")
class TalentRequirement:
    """A requirement and how a learner stands to it."""

    place: int = strawberry.field(description="Among all requirements asked for, groups included, from 0 in preorder.")
    id: ID | None = strawberry.field(description="IRI of the role's requirement; null where requirements were given.")
    target: Resource | None = strawberry.field(description="What is asked for; null for a group.")
    outcome: TalentOutcome = strawberry.field(description="How far it is covered, by proven evidence alone.")


@strawberry.type(description="What a learner agreed to show this employer.")
class DisclosedLearner:
    """What a learner agreed to show."""

    id: ID = strawberry.field(description="The learner, for reading what further consents allow.")
    name: str = strawberry.field(description="The name that is stored.")


@strawberry.type(description="A learner who let this employer find them.")
class TalentCandidate:
    """A learner who was found."""

    pseudonym: ID = strawberry.field(description="This employer's name for them: the same in each search, nobody else's.")
    score: float = strawberry.field(description="As `match` gives it for the same evidence.")
    qualified: bool | None = strawberry.field(description="Whether all that must hold holds; null where nothing must.")
    requirements: list[TalentRequirement] = strawberry.field(description="Those at the top, heaviest first.")
    disclosed: DisclosedLearner | None = strawberry.field(
        description="Where the learner consented to talent-disclosure; null otherwise."
    )


@strawberry.type(description="A learner who was found, in a page.")
class TalentEdge:
    """A learner who was found, in a page."""

    cursor: str = strawberry.field(description="Where it is in the list.")
    node: TalentCandidate = strawberry.field(description="The learner.")


@strawberry.type(description="Learners who were found, best first; among equals by pseudonym.")
class TalentConnection:
    """Learners who were found."""

    edges: list[TalentEdge] = strawberry.field(description="This page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    about: int | None = strawberry.field(description="About how many on all pages, in fives; null for fewer than five.")
    searches_left: int = strawberry.field(description="How many searches this employer may still make today.")
    release: ID = strawberry.field(description="The release that says what covers what.")


@strawberry.type
class TalentQueries:
    """Root fields for employers."""

    @resolver(
        description="Learners who let this employer find them, by a role or by requirements, over proven evidence only. "
        "For employers; each page is a search of the day's, and each learner on it is told in their audit."
    )
    async def talent(
        self,
        info: Info,
        role: Annotated[ID | None, strawberry.argument(description="What a role asks.")] = None,
        requirements: Annotated[
            list[TalentRequirementInput] | None, strawberry.argument(description="Or what the caller asks.")
        ] = None,
        qualified: Annotated[bool | None, strawberry.argument(description="Only those (not) qualified.")] = None,
        min_score: Annotated[float | None, strawberry.argument(description="Only from this score on.")] = None,
        policy: MatchPolicyInput | None = None,
        first: Annotated[int, strawberry.argument(description="0: only about how many there are.")] = 10,
        after: Annotated[str | None, strawberry.argument(description="Cursor of the last one seen.")] = None,
    ) -> TalentConnection:
        """Learners who let this employer find them."""
        context = context_of(info)
        context.caller.require(Role.EMPLOYER)
        view = await view_for(info, None)
        employer, place = employer_of(context.caller), _read_place(after)
        if not 0 <= first <= context.limits.page:
            raise InputError(f"`first` is from 0 to {context.limits.page}, got {first}.", code="input.first")
        tree = _read_tree(view.snapshot, role, requirements)
        question = Question(
            snapshot=view.snapshot,
            tree=tree,
            policy=read_policy(policy),
            qualified=qualified,
            min_score=min_score,
        )
        context.personal = True

        def search(asked: Context, _: str) -> TalentPage:
            return asked.talent.search(question, employer, first, place)

        page = await act(
            info, search, role=Role.EMPLOYER, told=lambda found: f"{len(found.candidates)} shown to {employer.name}"
        )
        return _show(context, view, tree, employer, page)
