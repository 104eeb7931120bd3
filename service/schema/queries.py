"""The root fields. Each has its own `view`; all of one request is answered from one release."""

from typing import Annotated

import strawberry
from strawberry import ID, Info

from graph.snapshot import ResourceType as RowType

from . import matches
from .answers import Match, PlanAnswer
from .arguments import After, First, Reference, Which, view_for
from .connections import (
    COMPETENCIES,
    COURSES,
    CREDENTIALS,
    FRAMEWORKS,
    JOB_ROLES,
    CompetencyConnection,
    CourseConnection,
    CredentialConnection,
    FrameworkConnection,
    JobRoleConnection,
    MatchConnection,
    ReleaseConnection,
    SearchConnection,
)
from .context import context_of
from .descriptions import resolver
from .documents import DocumentVerdict
from .finding import answer_search, find_node, list_releases
from .held import read_learner
from .inputs import (
    HeldInput,
    MatchPolicyInput,
    Objective,
    PlanLimits,
    ResourceFilter,
    ResourceType,
    RoleFilter,
)
from .issuers import IssuerQueries
from .learners import LearnerQueries
from .lists import list_resources
from .presenting import judge_presentations
from .questions import PathwayQueries
from .resources import Node, Resource
from .scales import ScaleQueries
from .stewards import StewardQueries
from .talent import TalentQueries
from .verifying import look_up, show_verdicts, tell_whose, verify_documents

DESCRIBED = (RowType.FRAMEWORK, RowType.COMPETENCY, RowType.COURSE, RowType.CREDENTIAL, RowType.JOB_ROLE)


@strawberry.type(description="What can be asked.")
class Query(PathwayQueries, ScaleQueries, StewardQueries, IssuerQueries, LearnerQueries, TalentQueries):
    """What can be asked."""

    @resolver(description="Anything by its IRI; null where there is no such thing.")
    async def node(self, info: Info, id: ID, view: Which = None) -> Node | None:  # noqa: A002 - the contract's name
        """Anything by its IRI."""
        return await find_node(context_of(info), await view_for(info, view), str(id))

    @resolver(description="A thing by IRI, then code (511, opm:511, nice/511), then exact label.")
    async def resource(self, info: Info, ref: str, view: Which = None) -> Resource | None:
        """A thing by reference."""
        found = await view_for(info, view)
        return found.resource(found.snapshot.resolve(ref, DESCRIBED))

    @resolver(description="Full text search in labels, other names and codes; forgives typing errors.")
    async def search(
        self,
        info: Info,
        text: str,
        types: list[ResourceType] | None = None,
        languages: Annotated[
            list[str] | None, strawberry.argument(description="Only texts in these languages. Default: all.")
        ] = None,
        prefix: Annotated[bool, strawberry.argument(description="Whether the last word may be unfinished.")] = False,
        view: Which = None,
        first: First = 10,
        after: After = None,
    ) -> SearchConnection:
        """What a text finds, best first."""
        found = await view_for(info, view)
        return await answer_search(context_of(info), found, text, types, languages, prefix, first, after)

    @resolver(description="Frameworks, by IRI.")
    async def frameworks(
        self,
        info: Info,
        filter: ResourceFilter | None = None,  # noqa: A002 - the contract's name
        view: Which = None,
        first: First = 20,
        after: After = None,
    ) -> FrameworkConnection:
        """Frameworks."""
        return list_resources(context_of(info), await view_for(info, view), FRAMEWORKS, filter, first, after)

    @resolver(description="Competencies, by IRI.")
    async def competencies(
        self,
        info: Info,
        filter: ResourceFilter | None = None,  # noqa: A002 - the contract's name
        view: Which = None,
        first: First = 20,
        after: After = None,
    ) -> CompetencyConnection:
        """Competencies."""
        return list_resources(context_of(info), await view_for(info, view), COMPETENCIES, filter, first, after)

    @resolver(description="Courses, by IRI.")
    async def courses(
        self,
        info: Info,
        filter: ResourceFilter | None = None,  # noqa: A002 - the contract's name
        view: Which = None,
        first: First = 20,
        after: After = None,
    ) -> CourseConnection:
        """Courses."""
        return list_resources(context_of(info), await view_for(info, view), COURSES, filter, first, after)

    @resolver(description="Credentials, by IRI.")
    async def credentials(
        self,
        info: Info,
        filter: ResourceFilter | None = None,  # noqa: A002 - the contract's name
        view: Which = None,
        first: First = 20,
        after: After = None,
    ) -> CredentialConnection:
        """Credentials."""
        return list_resources(context_of(info), await view_for(info, view), CREDENTIALS, filter, first, after)

    @resolver(description="Job roles, by IRI.")
    async def job_roles(
        self,
        info: Info,
        filter: ResourceFilter | None = None,  # noqa: A002 - the contract's name
        view: Which = None,
        first: First = 20,
        after: After = None,
    ) -> JobRoleConnection:
        """Job roles."""
        return list_resources(context_of(info), await view_for(info, view), JOB_ROLES, filter, first, after)

    @resolver(
        description="Which roles what is held leads to, best first: by score, then by musts that hold, then by IRI."
    )
    async def match(
        self,
        info: Info,
        held: HeldInput,
        filter: RoleFilter | None = None,  # noqa: A002 - the contract's name
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: First = 10,
        after: After = None,
    ) -> MatchConnection:
        """Matched roles."""
        found = await view_for(info, view)
        learner = await read_learner(context_of(info), found, held, policy)
        return matches.answer_match(context_of(info), found, learner, filter, policy, first, after)

    @resolver(description="How what is held meets one role: what is met, what is missing, and why.")
    async def gap(
        self, info: Info, held: HeldInput, role: Reference, policy: MatchPolicyInput | None = None, view: Which = None
    ) -> Match:
        """One role in detail."""
        found = await view_for(info, view)
        return matches.answer_gap(found, await read_learner(context_of(info), found, held, policy), role, policy)

    @resolver(description="The best ways from what is held into a role, with proof.")
    async def plans(
        self,
        info: Info,
        held: HeldInput,
        role: Reference,
        role_level: Annotated[
            str | None, strawberry.argument(description="Name of the level to reach. Default: any.")
        ] = None,
        objective: Objective = Objective.CHEAPEST,
        limits: PlanLimits | None = None,
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: Annotated[int, strawberry.argument(description="How many, from 1 to 10.")] = 3,
    ) -> PlanAnswer:
        """The best plans."""
        found = await view_for(info, view)
        learner = await read_learner(context_of(info), found, held, policy)
        return await matches.answer_plans(found, learner, role, role_level, objective, limits, policy, first)

    @resolver(
        description="Verifies documents, at most 20 of 256 KiB: Open Badges, CLR, W3C credentials and presentations, "
        "as JSON, token, SVG, or a picture's data URL. Nothing of them is kept."
    )
    async def verify(self, info: Info, documents: list[str]) -> list[DocumentVerdict]:
        """Verdicts, in the order of the documents."""
        found = await view_for(info, None)
        verdicts = await verify_documents(context_of(info), documents)
        judged = await judge_presentations(context_of(info), documents, verdicts, use=False)
        return show_verdicts(found, await look_up(found, verdicts), verdicts, tell_whose(judged))

    @resolver(description="Releases, newest first.")
    async def releases(self, info: Info, first: First = 20, after: After = None) -> ReleaseConnection:
        """Releases."""
        return await list_releases(context_of(info), first, after)
