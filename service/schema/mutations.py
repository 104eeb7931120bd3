"""What stewards change. Each needs a steward's key; what takes longer than an edit is a job.

Over HTTP by POST alone, and over WebSocket. A job goes on when its client goes away; `waitSeconds` waits for its end.
"""

import asyncio
import contextlib
from typing import Annotated

import strawberry
from strawberry import ID, Info

from ontology.errors import InputError
from service.jobs import Job as ServiceJob
from service.stewarding import LoadOptions
from service.stewardship import Upload, write_upload

from .context import Context, context_of
from .counts import Visibility
from .descriptions import resolver
from .issuers import IssuerMutations
from .learner_record import LearnerRecordMutations
from .learners import LearnerMutations
from .overlay_drafts import OverlayDraft, OverlayDraftInput, OverlayEditInput, read_edits, read_text
from .presenting import PresentationMutations
from .reports import Job, show_job
from .rights import act
from .talent import TalentMutations

WAIT_SECONDS_AT_MOST = 30
ANSWERED_SECONDS = 5.0
"""At most so long an answer waits, after a job's end, for the process to answer from its release; one is usual."""
_SUBJECT_CHARACTERS = 100

WaitSeconds = Annotated[
    int, strawberry.argument(description="So long the answer waits for the job's end, at most 30. The job goes on.")
]
DraftName = Annotated[str, strawberry.argument(description="Name of the draft.")]


@strawberry.input(description="A source: one file or archive, as text or in Base64, up to the body's limit.")
class SourceInput:
    """A source."""

    filename: str = strawberry.field(description="Its plain name; the ending tells text formats apart.")
    content: str | None = strawberry.field(default=None, description="The file as text in UTF-8.")
    content_base64: str | None = strawberry.field(default=None, description="The file in Base64, as for archives.")
    format: str | None = strawberry.field(
        default=None, description="One of the formats of docs/standards.md. Default: found by content."
    )
    language: str = strawberry.field(
        default="und", description="BCP 47 tag of texts whose source does not say in which language they are."
    )


@strawberry.input(description="A source and how to load it.")
class LoadInput(SourceInput):
    """A source and how to load it."""

    dataset: str | None = strawberry.field(
        default=None, description="Name of the dataset. Default: by the framework's identifier or the file's name."
    )
    dry_run: bool = strawberry.field(default=False, description="Tell what would change; change nothing.")
    skip_broken: bool = strawberry.field(default=False, description="Leave broken records out, load the rest.")
    allow_removals: bool = strawberry.field(
        default=False, description="Load also where more than a tenth goes, or what other datasets name."
    )
    visibility: Visibility | None = strawberry.field(
        default=None, description="Who sees the dataset. Default: as before, public at first."
    )


@strawberry.type(
    description="What stewards change, issuers issue, learners decide. Each field needs a key of its role."
)
class Mutation(IssuerMutations, LearnerMutations, LearnerRecordMutations, PresentationMutations, TalentMutations):
    """What stewards change, issuers issue and learners decide."""

    @resolver(description="Loads a source as the next version of a dataset and publishes it, or only tries it.")
    async def load(self, info: Info, input: LoadInput, wait_seconds: WaitSeconds = 0) -> Job:  # noqa: A002 - the customary name
        """Loads a source."""
        check_wait(wait_seconds)

        def work(context: Context, key: str) -> ServiceJob:
            options = LoadOptions(
                format=input.format,
                dataset=input.dataset,
                language=input.language,
                dry_run=input.dry_run,
                skip_broken=input.skip_broken,
                allow_removals=input.allow_removals,
                visibility=None if input.visibility is None else str(input.visibility.value),
            )
            context.stewardship.check_load(options)
            return context.stewardship.load(_upload(input), options, key=key)

        return await _show(info, await act(info, work, subject=_short(input.dataset), told=_job), wait_seconds)

    @resolver(description="Publishes a release without a dataset.")
    async def remove_dataset(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="Name of the dataset.")],
        allow_removals: Annotated[
            bool, strawberry.argument(description="Also where other datasets name what goes.")
        ] = False,
        wait_seconds: WaitSeconds = 0,
    ) -> Job:
        """Removes a dataset."""
        check_wait(wait_seconds)

        def work(context: Context, key: str) -> ServiceJob:
            return context.stewardship.remove_dataset(name, allow_removals=allow_removals, key=key)

        return await _show(info, await act(info, work, subject=_short(name), told=_job), wait_seconds)

    @resolver(description="Publishes a release in which a dataset is public or private.")
    async def set_visibility(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="Name of the dataset.")],
        visibility: Annotated[Visibility, strawberry.argument(description="Who sees it from then on.")],
        wait_seconds: WaitSeconds = 0,
    ) -> Job:
        """Makes a dataset public or private."""
        check_wait(wait_seconds)

        def work(context: Context, key: str) -> ServiceJob:
            return context.stewardship.set_visibility(name, str(visibility.value), key=key)

        return await _show(info, await act(info, work, subject=_short(name), told=_job), wait_seconds)

    @resolver(description="Publishes the content of an old release as the next one.")
    async def roll_back(
        self,
        info: Info,
        release: Annotated[ID, strawberry.argument(description="Number or IRI of the release to go back to.")],
        wait_seconds: WaitSeconds = 0,
    ) -> Job:
        """Goes back to an old release."""
        check_wait(wait_seconds)

        def work(context: Context, key: str) -> ServiceJob:
            return context.stewardship.roll_back(str(release), key=key)

        return await _show(info, await act(info, work, subject=_short(str(release)), told=_job), wait_seconds)

    @resolver(
        description="Begins a draft: of the published overlay of that name where there is one, else an empty one."
    )
    async def create_overlay_draft(self, info: Info, input: OverlayDraftInput) -> OverlayDraft:  # noqa: A002 - the customary name
        """Begins a draft."""

        def work(context: Context, _: str) -> OverlayDraft:
            label = None if input.label is None else read_text(input.label)
            draft = context.stewardship.create_draft(input.name, input.over or (), label, input.license)
            return OverlayDraft(draft=draft)

        return await act(info, work, subject=_short(input.name), told=_draft)

    @resolver(description="Edits a draft: all of the edits are made, or none.")
    async def edit_overlay_draft(
        self,
        info: Info,
        name: DraftName,
        edits: Annotated[list[OverlayEditInput], strawberry.argument(description="At most 1,000.")],
    ) -> OverlayDraft:
        """Edits a draft."""

        def work(context: Context, _: str) -> OverlayDraft:
            wanted = read_edits(context.release.view.snapshot, edits)
            return OverlayDraft(draft=context.stewardship.edit_draft(name, wanted))

        return await act(info, work, subject=_short(name), told=_draft)

    @resolver(description="Takes back what a draft says of things, or adds.")
    async def drop_from_overlay_draft(
        self,
        info: Info,
        name: DraftName,
        targets: Annotated[
            list[ID], strawberry.argument(description="What it amends (IRI, code, label) or adds (IRI).")
        ],
    ) -> OverlayDraft:
        """Takes back what a draft says."""

        def work(context: Context, _: str) -> OverlayDraft:
            return OverlayDraft(draft=context.stewardship.drop_from_draft(name, [str(each) for each in targets]))

        return await act(info, work, subject=_short(name), told=_draft)

    @resolver(description="Adds to a draft what a source describes: requirements, competencies, alignments.")
    async def add_to_overlay_draft(
        self,
        info: Info,
        name: DraftName,
        input: SourceInput,  # noqa: A002 - the customary name
        wait_seconds: WaitSeconds = 0,
    ) -> Job:
        """Adds to a draft what a source describes."""
        check_wait(wait_seconds)

        def work(context: Context, key: str) -> ServiceJob:
            options = LoadOptions(format=input.format, dataset=name, language=input.language)
            context.stewardship.check_load(options)
            return context.stewardship.add_to_draft(_upload(input), name, options, key=key)

        return await _show(info, await act(info, work, subject=_short(name), told=_job), wait_seconds)

    @resolver(description="Publishes a draft as a release of the overlay's dataset; the draft is gone then.")
    async def publish_overlay_draft(self, info: Info, name: DraftName, wait_seconds: WaitSeconds = 0) -> Job:
        """Publishes a draft."""
        check_wait(wait_seconds)

        def work(context: Context, key: str) -> ServiceJob:
            return context.stewardship.publish_draft(name, key=key)

        return await _show(info, await act(info, work, subject=_short(name), told=_job), wait_seconds)

    @resolver(description="Throws a draft away and gives it back as it was; what is published stays.")
    async def discard_overlay_draft(self, info: Info, name: DraftName) -> OverlayDraft:
        """Throws a draft away."""

        def work(context: Context, _: str) -> OverlayDraft:
            return OverlayDraft(draft=context.stewardship.discard_draft(name))

        return await act(info, work, subject=_short(name), told=_draft)


def check_wait(seconds: int) -> int:
    """The seconds, where an answer may wait so long. Raises InputError (`input.wait`)."""
    if not 0 <= seconds <= WAIT_SECONDS_AT_MOST:
        raise InputError(
            f"`waitSeconds` is from 0 to {WAIT_SECONDS_AT_MOST}, got {seconds}.",
            code="input.wait",
            hint="Ask `job` again, or watch `jobProgress`.",
        )
    return seconds


async def _show(info: Info, job: ServiceJob, wait_seconds: int) -> Job:
    context = context_of(info)
    if wait_seconds:
        job = await context.stewardship.jobs.wait(job, wait_seconds)
        if job.release is not None:
            await _await_release(context, job.release.number)
    return show_job(job)


async def _await_release(context: Context, number: int) -> None:
    """Nothing, as soon as this process answers from the release: who waited for it sees it in what is asked next."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWERED_SECONDS):
            while (seen := context.announcer.number()) < number:
                await context.announcer.after(seen)


def _upload(source: SourceInput) -> Upload:
    return write_upload(source.filename, source.content, source.content_base64)


def _job(job: ServiceJob) -> str:
    return f"job {job.id}"


def _draft(draft: OverlayDraft) -> str:
    return f"draft of {len(draft.draft.records)} records"


def _short(subject: str | None) -> str | None:
    """What the audit repeats of a name that a client gave."""
    return None if subject is None else subject[:_SUBJECT_CHARACTERS]
