"""What stewards ask: datasets, what differs, quality, drafts, jobs. What needs a key says so."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Concatenate, ParamSpec, TypeVar

import strawberry
from strawberry import ID, Info

from graph.archive import Manifest
from graph.drafts import Draft
from graph.layout import DatasetInfo
from graph.views import visible
from ontology.errors import UnknownReferenceError
from ontology.model import Finding as ModelFinding

from .arguments import After, First, Which, view_for
from .connections import CURSOR, EDGES, NODE, TOTAL, PageInfo
from .context import Context, context_of
from .descriptions import resolver
from .diffs import ChangeKind, ReleaseChangeConnection, answer_diff
from .fairness import FairnessReport, assess, check_question, show_fairness
from .finding import find_release, show_dataset
from .held import read_policy
from .inputs import MatchPolicyInput
from .overlay_drafts import OverlayDraft, OverlayDraftConnection, list_drafts
from .paging import page_of
from .releases import Release
from .reports import FindingConnection, FindingLevel, Job, JobConnection, list_findings, list_jobs, show_job
from .resources import Dataset
from .rights import steward_of

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


@strawberry.type(description="A dataset, in a page.")
class DatasetEdge:
    """A dataset, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Dataset = strawberry.field(description=NODE)


@strawberry.type(description="A page of datasets, by name.")
class DatasetConnection:
    """A page of datasets."""

    edges: list[DatasetEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type
class StewardQueries:
    """Root fields for stewards; the public ones among them are for everybody."""

    @resolver(description="A release by number or IRI; null where there is none.")
    async def release(self, info: Info, id: ID) -> Release | None:  # noqa: A002 - the contract's word
        """A release."""
        return await _read(context_of(info), find_release, str(id))

    @resolver(description="What differs between two releases: by dataset and IRI, with counts by kind and type.")
    async def release_diff(
        self,
        info: Info,
        from_: Annotated[
            ID, strawberry.argument(name="from", description="Number or IRI of the release before; 0 for nothing.")
        ],
        to: Annotated[
            ID | None, strawberry.argument(description="Number or IRI of the release after. Default: the current one.")
        ] = None,
        datasets: Annotated[list[str] | None, strawberry.argument(description="Only of these datasets.")] = None,
        kinds: Annotated[list[ChangeKind] | None, strawberry.argument(description="Only of these kinds.")] = None,
        types: Annotated[
            list[str] | None, strawberry.argument(description="Only of these records: Competency, Requirement …")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> ReleaseChangeConnection:
        """What differs between two releases."""
        before, until = str(from_), None if to is None else str(to)
        return await answer_diff(context_of(info), before, until, datasets, kinds, types, first, after)

    @resolver(description="The datasets of a release, overlays among them, by name.")
    async def datasets(
        self,
        info: Info,
        release: Annotated[
            ID | None, strawberry.argument(description="Number or IRI. Default: the current release.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> DatasetConnection:
        """The datasets of a release."""
        context = context_of(info)
        manifest, shown = await _read(context, _datasets, None if release is None else str(release))
        found, where = page_of(context, "datasets", shown, lambda each: (each.name,), (str,), first, after)
        edges = [
            DatasetEdge(cursor=cursor, node=show_dataset(each, manifest.iri))
            for cursor, each in found
            if manifest is not None
        ]
        return DatasetConnection(edges=edges, page_info=where, total_count=len(shown))

    @resolver(
        description="The quality report of a dataset of the current release: faults, orphans, labels, what nobody "
        "teaches or can reach. Needs a steward's key."
    )
    async def findings(
        self,
        info: Info,
        dataset: Annotated[str, strawberry.argument(description="Name of the dataset.")],
        level: Annotated[FindingLevel | None, strawberry.argument(description="Only of this level.")] = None,
        codes: Annotated[list[str] | None, strawberry.argument(description="Only of these rules.")] = None,
        first: First = 20,
        after: After = None,
    ) -> FindingConnection:
        """The quality report of a dataset."""
        context = steward_of(info)
        async with context.stewardship.reporting:
            found = await _read(context, _assess, dataset)
        return list_findings(context, found, level, codes, first, after)

    @resolver(
        description="How honest the numbers of a release are under a policy: what is unknown, which roles nobody can "
        "learn, what each factor decides for learners that are drawn. Needs a steward's key."
    )
    async def fairness(
        self,
        info: Info,
        policy: MatchPolicyInput | None = None,
        learners: Annotated[int, strawberry.argument(description="How many are drawn, from 0 to 2,000.")] = 200,
        seed: Annotated[int, strawberry.argument(description="Of the draw.")] = 1,
        view: Which = None,
        first: Annotated[int, strawberry.argument(description="How many roles out of reach, from 1 to 100.")] = 20,
    ) -> FairnessReport:
        """How honest the numbers of a release are."""
        context = steward_of(info)
        check_question(context, learners, first)
        shown = await view_for(info, view)
        chosen = read_policy(policy)
        async with context.stewardship.reporting:
            found = await asyncio.to_thread(assess, shown, chosen, learners, seed)
        return show_fairness(context, shown, found, first)

    @resolver(description="The drafts of overlays, by name. Needs a steward's key.")
    async def overlay_drafts(self, info: Info, first: First = 20, after: After = None) -> OverlayDraftConnection:
        """The drafts of overlays."""
        context = steward_of(info)
        return list_drafts(context, await _read(context, _drafts), first, after)

    @resolver(description="A draft by name; null where there is none. Needs a steward's key.")
    async def overlay_draft(self, info: Info, name: str) -> OverlayDraft | None:
        """A draft."""
        draft = await _read(steward_of(info), _draft, name)
        return None if draft is None else OverlayDraft(draft=draft)

    @resolver(description="A job; null where there is none, or no longer. Needs a steward's key.")
    async def job(self, info: Info, id: ID) -> Job | None:  # noqa: A002 - the contract's word
        """A job."""
        context = steward_of(info)
        found = context.stewardship.jobs.find(str(id))
        return None if found is None else show_job(found)

    @resolver(description="The jobs that are kept, newest first. Needs a steward's key.")
    async def jobs(self, info: Info, first: First = 20, after: After = None) -> JobConnection:
        """The jobs that are kept."""
        context = steward_of(info)
        return list_jobs(context, context.stewardship.jobs.all(), first, after)


async def _read(
    context: Context,
    work: Callable[Concatenate[Context, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    return await context.stewardship.read(partial(work, context), *args, **kwargs)


def _draft(context: Context, name: str) -> Draft | None:
    return context.stewardship.find_draft(name)


def _datasets(context: Context, release: str | None) -> tuple[Manifest | None, Sequence[DatasetInfo]]:
    current = context.release.manifest
    manifest = current if release is None else context.stewardship.release(release)
    if manifest is None:
        return None, ()
    return manifest, visible(manifest.datasets, current, private=context.caller.sees_private)


def _assess(context: Context, name: str) -> Sequence[ModelFinding]:
    current = context.release.manifest
    info = current.find(name) if current else None
    if current is None or info is None:
        names = [each.name for each in current.datasets] if current else []
        raise UnknownReferenceError(
            f"There is no dataset {name[:100]!r}.",
            hint=f"There are: {', '.join(names)}." if names else "Nothing has been loaded yet.",
            subject=name[:100],
        )
    return context.stewardship.assessor.findings(current, info)


def _drafts(context: Context) -> Sequence[Draft]:
    drafts = context.stewardship.drafts
    return [drafts.get(name) for name in drafts.names()]
