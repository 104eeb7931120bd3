"""Talent search: an employer's question about learners who let themselves be found, and what it may see of them.

Needs an employer's key. Who is found is a pseudonym of this employer's own, a score and which requirements are met;
more only where the learner agreed. Every showing is in the learner's audit. Needs no database.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import ID, Info

from graph.snapshot import ResourceType, Snapshot
from graph.talent import Candidate, Employer, Place, Question, TalentPage, is_pseudonym, may_see
from graph.talent_contacts import contact_of
from graph.talent_scores import MET, PARTLY
from graph.talent_trees import DEPTH_AT_MOST, Tree, Wish, tree_of_role, tree_of_wishes
from ontology.errors import InputError
from service.auth import Role
from service.learners import employer_of

from .arguments import view_for
from .connections import PageInfo, decode_cursor, encode_cursor, page_info
from .context import Context, context_of
from .descriptions import resolver
from .held import read_level, read_policy
from .inputs import MatchPolicyInput
from .resources import Resource
from .rights import act
from .view import View

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
    level_name: str | None = strawberry.field(
        default=None, description="In place of `level`: exact label of one of the scale's levels, or the IRI of one."
    )
    importance: float | None = strawberry.field(
        default=None, description="From 0 to 1 for what only weighs. Null: it must hold."
    )
    minimum: int | None = strawberry.field(
        default=None, description="Of a group: how many of `children` must hold. Null: all of them."
    )
    children: list["TalentRequirementInput"] | None = strawberry.field(
        default=None, description="What is in the group."
    )


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
    name: str | None = strawberry.field(description="The name that is stored.")


@strawberry.enum(description="How an employer's request to know who a learner is stands.")
class ContactState(Enum):
    """How an employer's request stands."""

    ASKED = strawberry.enum_value("ASKED", description="The learner has not answered.")
    AGREED = strawberry.enum_value("AGREED", description="The learner lets this employer see who they are.")
    DECLINED = strawberry.enum_value("DECLINED", description="The learner declined less than half a year ago.")


@strawberry.type(description="A learner who let this employer find them.")
class TalentCandidate:
    """A learner who was found."""

    pseudonym: ID = strawberry.field(description="What this employer, and nobody else, knows them by; always the same.")
    score: float = strawberry.field(description="As `match` gives it for the same evidence.")
    qualified: bool | None = strawberry.field(description="Whether all that must hold holds; null where nothing must.")
    requirements: list[TalentRequirement] = strawberry.field(description="Those at the top, heaviest first.")
    disclosed: DisclosedLearner | None = strawberry.field(
        description="Where the learner consented to talent-disclosure; null otherwise."
    )
    contact: ContactState | None = strawberry.field(description="How `requestContact` stands; null: it can be asked.")


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
        description="Learners who let this employer find them, by a role or by requirements, by proven evidence alone. "
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
            return asked.learners.talent.search(question, employer, first, place)

        page = await act(
            info, search, role=Role.EMPLOYER, told=lambda found: f"{len(found.candidates)} shown to {employer.name}"
        )
        return _show(context, view, tree, employer, page)


@strawberry.type
class TalentMutations:
    """What employers do about whom they found."""

    @resolver(
        description="Asks a learner, known by a pseudonym, to be told who they are. They are shown the text and answer "
        "with `answerContact`, or not. For employers; counts as a search. Asking again changes nothing."
    )
    async def request_contact(
        self,
        info: Info,
        pseudonym: Annotated[ID, strawberry.argument(description="As `talent` gave it to this employer.")],
        text: Annotated[
            str | None, strawberry.argument(description="What the learner is told, at most 500 characters.")
        ] = None,
    ) -> ContactState:
        """Asks a learner to be told who they are."""
        context = context_of(info)
        context.caller.require(Role.EMPLOYER)
        context.personal = True
        employer = employer_of(context.caller)
        state = await act(
            info,
            lambda asked, _: asked.learners.contacts.ask(employer, str(pseudonym), text),
            role=Role.EMPLOYER,
            told=lambda state: state.value,
        )
        return ContactState[state.name]


def _read_place(after: str | None) -> Place | None:
    """Where a page goes on. Raises InputError (`cursor.invalid`)."""
    key = decode_cursor(_CURSOR, after, (float, int, str))
    if key is None:
        return None
    score, musts, pseudonym = float(key[0]), int(key[1]), str(key[2])
    if not is_pseudonym(pseudonym):
        raise InputError("The cursor is none of this list.", code="cursor.invalid", hint="Send `endCursor` as it came.")
    return Place(score, musts, pseudonym)


def _read_tree(snapshot: Snapshot, role: ID | None, requirements: list[TalentRequirementInput] | None) -> Tree:
    """What is asked for. Raises InputError (`talent.requirements`), UnknownReferenceError."""
    if (role is None) == (requirements is None):
        raise InputError(
            "A search is by `role` or by `requirements`, one of the two.",
            code="talent.requirements",
            hint="Leave one of them out.",
        )
    if role is not None:
        return tree_of_role(snapshot, snapshot.resolve(str(role), (ResourceType.JOB_ROLE,)))
    return tree_of_wishes(snapshot, _read_wishes(snapshot, requirements or (), 1))


def _read_wishes(snapshot: Snapshot, given: Sequence[TalentRequirementInput], depth: int) -> tuple[Wish, ...]:
    if depth > DEPTH_AT_MOST:
        raise InputError(f"`requirements` nest at most {DEPTH_AT_MOST} deep.", code="talent.requirements")
    return tuple(_read_wish(snapshot, each, depth) for each in given)


def _read_wish(snapshot: Snapshot, given: TalentRequirementInput, depth: int) -> Wish:
    importance = given.importance
    if importance is not None and not 0 <= importance <= 1:
        raise InputError(f"`importance` is from 0 to 1, got {importance}.", code="talent.requirements")
    if given.target is None:
        children = _read_wishes(snapshot, given.children or (), depth + 1)
        return Wish(must=importance is None, importance=importance, minimum=given.minimum, children=children)
    if given.children is not None or given.minimum is not None:
        raise InputError(
            f"{given.target} is asked for and is no group.",
            code="talent.requirements",
            hint="Leave out `children` and `minimum`, or `target`.",
            subject=str(given.target),
        )
    row = snapshot.resolve(str(given.target), _ASKED)
    value, scale = read_level(snapshot, str(given.target), given.level, given.scale, given.level_name)
    return Wish(target=row, value=value, scale=scale, must=importance is None, importance=importance)


def _show(context: Context, view: View, tree: Tree, employer: Employer, page: TalentPage) -> TalentConnection:
    context.spend(len(page.candidates))
    edges = [
        TalentEdge(
            cursor=encode_cursor(_CURSOR, tuple(each.place)),
            node=_show_candidate(context, view, tree, employer, each),
        )
        for each in page.candidates
    ]
    return TalentConnection(
        edges=edges,
        page_info=page_info([each.cursor for each in edges], has_next=page.has_next, has_previous=page.has_previous),
        about=page.count,
        searches_left=page.searches_left,
        release=view.release,
    )


def _show_candidate(context: Context, view: View, tree: Tree, employer: Employer, found: Candidate) -> TalentCandidate:
    context.spend(len(found.outcomes))
    sees = may_see(found.record, employer.name, found.at)
    contact = contact_of(found.record, employer.name, found.at)
    return TalentCandidate(
        pseudonym=ID(found.place.pseudonym),
        score=found.place.score,
        qualified=found.qualified,
        requirements=[_show_requirement(view, tree, place, outcome) for place, outcome in found.outcomes],
        disclosed=DisclosedLearner(id=ID(found.record.id), name=found.record.name) if sees else None,
        contact=None if contact is None else ContactState[contact.name],
    )


def _show_requirement(view: View, tree: Tree, place: int, outcome: int) -> TalentRequirement:
    target = int(tree.targets[place])
    known = target >= 0 and view.snapshot.types[target] != ResourceType.EXTERNAL
    said = TalentOutcome.MET if outcome == MET else TalentOutcome.PARTLY if outcome == PARTLY else TalentOutcome.MISSING
    return TalentRequirement(
        place=place,
        id=None if tree.role is None else ID(view.snapshot.node_iris[int(tree.nodes[place])]),
        target=view.resource(target) if known else None,
        outcome=said,
    )
