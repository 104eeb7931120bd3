"""Several roles side by side, and many learners or roles in one call. Needs no database."""

from collections.abc import Sequence

import strawberry
from strawberry import ID, Info, Private

from graph.matching import Held, Matches, Policy, RoleMatch, match
from graph.side_by_side import Asking, ComparedThing, SideBySide
from graph.snapshot import ResourceType, Snapshot
from ontology.errors import InputError

from . import connections
from .answers import DocumentList, Match
from .connections import TOLD_IN_PART, check_first
from .context import Context, context_of
from .descriptions import resolver
from .documents import DocumentVerdict
from .inputs import RoleFilter
from .lists import resolve_all
from .matches import kept_positions, role_of, show_match
from .narrowing import Looked, count_unstated
from .requirements import Requirement
from .resources import JobRole, Resource
from .view import View

COMPARED_AT_MOST = 10
"""Roles side by side: more columns nobody reads."""
LEARNERS_AT_MOST = 50
ROLES_AT_MOST = 100


@strawberry.type(description="A requirement of one of the roles, and how far it is covered.")
class RoleAsking:
    """A requirement of one of the roles."""

    role: JobRole = strawberry.field(description="The role.")
    requirement: Requirement = strawberry.field(description="What asks for the thing, somewhere in the role's tree.")
    coverage: float = strawberry.field(description="How far it is covered, from 0 to 1.")
    holds: bool = strawberry.field(description="Whether it holds.")
    level_unknown: bool = strawberry.field(description="Whether the held level is unknown or not comparable.")


@strawberry.type(description="Something that at least one of the roles asks for.")
class SharedThing:
    """Something that at least one of the roles asks for."""

    id: ID = strawberry.field(description="Its IRI.")
    thing: Resource | None = strawberry.field(
        description="The competency, credential or course; null where no dataset describes it."
    )
    role_count: int = strawberry.field(description="How many of the roles ask for it.")
    asked: list[RoleAsking] = strawberry.field(description="By which requirements, in the order of the roles.")


@strawberry.type(description="Several roles side by side, for one learner.")
class Comparison:
    """Several roles side by side."""

    matches: list[Match] = strawberry.field(description="Each role once, in the order asked.")
    shared_count: int = strawberry.field(description="How many things every role asks for.")
    differing_count: int = strawberry.field(description="How many things only some of the roles ask for.")
    documents: DocumentList = strawberry.field(description="What was found of each document that was given.")
    release: ID = strawberry.field(description="The release that this answer is from.")
    found: Private[SideBySide]
    shown: Private[View]

    @resolver(description="What every role asks for; what most ask for as a must first, then by IRI.")
    def shared(self, info: Info, first: int = 100) -> list[SharedThing]:
        """What every role asks for."""
        return _show_things(context_of(info), self.shown, self.found.shared, first)

    @resolver(
        description="What only some ask for: first what most ask for, then what most ask for as a must, then by IRI."
    )
    def differing(self, info: Info, first: int = 100) -> list[SharedThing]:
        """What only some ask for."""
        return _show_things(context_of(info), self.shown, self.found.differing, first)


def _show_things(context: Context, view: View, things: Sequence[ComparedThing], first: int) -> list[SharedThing]:
    shown = things[: check_first(first, context.limits.page, TOLD_IN_PART)]
    context.spend(sum(len(each.asked) for each in shown))
    return [
        SharedThing(
            id=ID(view.snapshot.iris[each.thing]),
            thing=view.find_resource(each.thing),
            role_count=each.roles,
            asked=[_show_asking(view, asking) for asking in each.asked],
        )
        for each in shown
    ]


def _show_asking(view: View, asking: Asking) -> RoleAsking:
    return RoleAsking(
        role=role_of(view, asking.role),
        requirement=view.requirement(asking.leaf.node),
        coverage=asking.leaf.coverage,
        holds=asking.leaf.holds,
        level_unknown=asking.leaf.level_unknown,
    )


def read_roles(snapshot: Snapshot, roles: Sequence[str], most: int) -> list[int]:
    """Rows of the roles that are named. Raises UnknownReferenceError, InputError (`input.many`)."""
    check_many("roles", len(roles), most)
    return resolve_all(snapshot, roles, (ResourceType.JOB_ROLE,))


def check_many(name: str, count: int, most: int) -> None:
    """Nothing. Raises InputError (`input.many`) where there are none or too many."""
    if not 1 <= count <= most:
        raise InputError(
            f"`{name}` takes from 1 to {most}, got {count}.",
            code="input.many",
            hint="Ask in several requests.",
            subject=name,
        )


def show_comparison(context: Context, view: View, found: SideBySide, documents: list[DocumentVerdict]) -> Comparison:
    """Roles side by side as the API has them."""
    context.spend(len(found.matches))
    shared = len(found.shared)
    return Comparison(
        matches=[show_match(view, each) for each in found.matches],
        shared_count=shared,
        differing_count=len(found.things) - shared,
        documents=documents,
        release=view.release,
        found=found,
        shown=view,
    )


def match_each(
    snapshot: Snapshot, learners: Sequence[Held], policy: Policy, looked: Looked, wanted: RoleFilter | None, first: int
) -> list[tuple[Matches, list[int], list[RoleMatch]]]:
    """For each learner the match, the places that the filter leaves, and the first of them in detail."""
    found = []
    for learner in learners:
        ranked = match(snapshot, learner, policy, roles=looked.roles, named=looked.named)
        places = kept_positions(ranked, wanted).tolist()
        found.append((ranked, places, [ranked.detail(place) for place in places[:first]]))
    return found


def show_each(
    view: View,
    found: Sequence[tuple[Matches, list[int], list[RoleMatch]]],
    documents: Sequence[list[DocumentVerdict]],
    wanted: RoleFilter | None,
) -> list[connections.MatchConnection]:
    """The first page of each learner's match, with the verdicts on its documents; its cursors are those of `match`."""
    unstated = count_unstated(view.snapshot, wanted)
    return [_show_page(view, *each, told, unstated) for each, told in zip(found, documents, strict=True)]


def _show_page(
    view: View,
    ranked: Matches,
    places: list[int],
    details: list[RoleMatch],
    documents: list[DocumentVerdict],
    unstated: int,
) -> connections.MatchConnection:
    iris = view.snapshot.iris
    edges = [
        connections.MatchEdge(
            score=float(ranked.scores[place]), iri=iris[int(ranked.rows[place])], node=show_match(view, detail)
        )
        for place, detail in zip(places, details, strict=False)
    ]
    return connections.MatchConnection(
        edges=edges,
        page_info=connections.match_page_info(edges, has_next=len(places) > len(details), has_previous=False),
        total_count=len(places),
        documents=documents,
        unstated_count=unstated,
        release=view.release,
    )
