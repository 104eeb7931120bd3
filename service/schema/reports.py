"""Findings, load reports and jobs, as stewards see them."""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from graphql import GraphQLError
from strawberry import ID, Info, Private

from graph.archive import Manifest
from graph.loading import LoadReport as GraphReport
from ontology.errors import BusyError, DamagedError, HeadwaterError, UnavailableError
from ontology.model import Finding as ModelFinding
from service.jobs import Job as ServiceJob

from .connections import CURSOR, EDGES, NODE, TOTAL, PageInfo
from .context import Context, context_of
from .counts import RecordCount
from .descriptions import resolver
from .errors import INTERNAL_MESSAGE, ErrorCode, new_request_id, shape_error
from .paging import page_of

if TYPE_CHECKING:
    from .releases import Release

LazyRelease = Annotated["Release", strawberry.lazy(".releases")]
ALL_ON_ONE_PAGE = 100


OWN_WORDS = {
    "archive.not-writable": "The disk or the data folder cannot be written; nothing was changed.",
    "internal": INTERNAL_MESSAGE,
    "jobs.stopped": "The service was stopping; nothing was changed.",
}
"""Of errors whose own message tells a path, or nothing that is for clients."""
DAMAGED_MESSAGE = "What is stored does not have the checksum that it must have; the log says what."


@strawberry.enum(description="How much a finding weighs.")
class FindingLevel(Enum):
    """How much a finding weighs."""

    MUST = strawberry.enum_value("must", description="It blocks a load.")
    SHOULD = strawberry.enum_value("should", description="It is told.")


@strawberry.type(description="Where something was read.")
class FindingSource:
    """Where something was read."""

    file: str = strawberry.field(description="Name of the file; inside an archive or folder with its path there.")
    line: int | None = strawberry.field(description="From 1.")
    column: str | None = strawberry.field(description="Name of the column in a table.")
    pointer: str | None = strawberry.field(description="Where in a JSON document (RFC 6901).")


@strawberry.type(description="A fault in data: what, where, and how to mend it.")
class Finding:
    """A fault in data."""

    level: FindingLevel = strawberry.field(description="Whether it blocks.")
    code: str = strawberry.field(description="Which rule; docs/findings.md lists them.")
    message: str = strawberry.field(description="What was got, and what was expected.")
    subject: ID | None = strawberry.field(description="IRI of what it is about.")
    source: FindingSource | None = strawberry.field(description="Where it was read.")
    fix: str | None = strawberry.field(description="The way out.")


@strawberry.type(description="A finding, in a page.")
class FindingEdge:
    """A finding, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Finding = strawberry.field(description=NODE)


@strawberry.type(description="How many findings of one code.")
class FindingCount:
    """How many findings of one code."""

    level: FindingLevel = strawberry.field(description="Whether they block.")
    code: str = strawberry.field(description="Which rule.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="A page of findings, must before should.")
class FindingConnection:
    """A page of findings."""

    edges: list[FindingEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)
    counts: list[FindingCount] = strawberry.field(description="How many of each code, on all pages.")


def list_findings(
    context: Context,
    findings: Sequence[ModelFinding],
    level: FindingLevel | None,
    codes: Sequence[str] | None,
    first: int,
    after: str | None,
) -> FindingConnection:
    """A page of findings, of one level and of some codes where that is asked."""
    numbered = [
        (number, each)
        for number, each in enumerate(findings)
        if (level is None or each.level.name == level.name) and (codes is None or each.code in codes)
    ]
    found, where = page_of(context, "findings", numbered, lambda each: (float(each[0]),), (float,), first, after)
    counts = Counter((each.level.name, each.code) for _, each in numbered)
    return FindingConnection(
        edges=[FindingEdge(cursor=cursor, node=_show_finding(each)) for cursor, (_, each) in found],
        page_info=where,
        total_count=len(numbered),
        counts=[
            FindingCount(level=FindingLevel[name], code=code, count=count)
            for (name, code), count in sorted(counts.items())
        ],
    )


def _show_finding(finding: ModelFinding) -> Finding:
    source = finding.source
    return Finding(
        level=FindingLevel[finding.level.name],
        code=finding.code,
        message=finding.message,
        subject=None if finding.subject is None else ID(finding.subject),
        source=None
        if source is None
        else FindingSource(file=source.file, line=source.line, column=source.column, pointer=source.pointer),
        fix=finding.fix,
    )


@strawberry.type(description="Records of a load. What is removed is of the dataset's version before.")
class LoadCounts:
    """Records of a load."""

    read: int = strawberry.field(description="Read from the source.")
    loaded: int = strawberry.field(description="New or changed.")
    unchanged: int = strawberry.field(description="There before in the same words.")
    removed: int = strawberry.field(description="There before and no longer.")
    refused: int = strawberry.field(description="Not loaded for a finding.")


@strawberry.type(description="How many records come, change and go, by type.")
class LoadChanges:
    """How many records come, change and go."""

    added: list[RecordCount] = strawberry.field(description="What comes.")
    changed: list[RecordCount] = strawberry.field(description="What is said otherwise.")
    removed: list[RecordCount] = strawberry.field(description="What goes.")


@strawberry.type(description="What a new version breaks for others. IRIs, sorted.")
class LoadImpact:
    """What a version breaks."""

    roles: list[ID] = strawberry.field(description="Roles whose requirements are no longer what they were.")
    alignments: list[ID] = strawberry.field(description="Alignments that stay and lose an end that was described.")


@strawberry.type(description="What a load did; where it was blocked or only tried, what it would have done.")
class LoadReport:
    """What a load did."""

    dataset: str = strawberry.field(description="Name of the dataset.")
    counts: LoadCounts = strawberry.field(description="Records.")
    changes: LoadChanges = strawberry.field(description="What comes, changes and goes.")
    breaks: LoadImpact = strawberry.field(description="What it breaks.")
    blocked: bool = strawberry.field(description="Whether findings stopped it.")
    published: bool = strawberry.field(description="Whether there is a new release.")
    release: LazyRelease | None = strawberry.field(
        description="The release that is current after it; null where findings stopped it or it was a dry run."
    )
    found: Private[tuple[ModelFinding, ...]]

    @resolver(description="Its faults, must before should.")
    def findings(
        self,
        info: Info,
        level: FindingLevel | None = None,
        codes: list[str] | None = None,
        first: int = ALL_ON_ONE_PAGE,
        after: str | None = None,
    ) -> FindingConnection:
        """Its faults."""
        return list_findings(context_of(info), self.found, level, codes, first, after)


def show_report(report: GraphReport) -> LoadReport:
    """A report as the API shows it."""
    counts, changes = report.counts, report.changes
    return LoadReport(
        dataset=report.dataset,
        counts=LoadCounts(
            read=counts.read,
            loaded=counts.loaded,
            unchanged=counts.unchanged,
            removed=counts.removed,
            refused=counts.refused,
        ),
        changes=LoadChanges(
            added=show_counts(changes.added),
            changed=show_counts(changes.changed),
            removed=show_counts(changes.removed),
        ),
        breaks=LoadImpact(
            roles=[ID(iri) for iri in report.impact.roles],
            alignments=[ID(iri) for iri in report.impact.alignments],
        ),
        blocked=report.blocked,
        published=report.published,
        release=_show_release(report.release),
        found=report.findings,
    )


def show_counts(counts: dict[str, int]) -> list[RecordCount]:
    """Counts by name of the record."""
    return [RecordCount(type=name, count=count) for name, count in counts.items()]


def _show_release(manifest: Manifest | None) -> "Release | None":
    from .finding import show_release

    return None if manifest is None else show_release(manifest, manifest.datasets)


@strawberry.enum(description="What a job does.")
class JobKind(Enum):
    """What a job does."""

    LOAD = strawberry.enum_value("load", description="Loads a source into a dataset, or tries it.")
    REMOVE_DATASET = strawberry.enum_value("remove-dataset", description="Publishes a release without a dataset.")
    SET_VISIBILITY = strawberry.enum_value("set-visibility", description="Makes a dataset public or private.")
    ROLL_BACK = strawberry.enum_value("roll-back", description="Publishes the content of an old release again.")
    ADD_TO_OVERLAY_DRAFT = strawberry.enum_value(
        "add-to-overlay-draft", description="Adds to a draft what a source describes."
    )
    PUBLISH_OVERLAY_DRAFT = strawberry.enum_value("publish-overlay-draft", description="Publishes a draft.")


@strawberry.enum(description="How a job stands.")
class JobState(Enum):
    """How a job stands."""

    QUEUED = strawberry.enum_value("queued", description="It waits its turn.")
    RUNNING = strawberry.enum_value("running", description="It is being done.")
    DONE = strawberry.enum_value("done", description="It is over.")
    BLOCKED = strawberry.enum_value("blocked", description="It is over: findings kept it from changing anything.")
    FAILED = strawberry.enum_value("failed", description="It is over, and could not be done: `error` tells why.")


@strawberry.type(description="What a job is at, and how far.")
class JobProgress:
    """What a job is at."""

    stage: str = strawberry.field(description="What it is doing, in words.")
    done: float = strawberry.field(description="How much of it is done, in `unit`.")
    total: float | None = strawberry.field(description="Of how much; null where nobody knows.")
    unit: str = strawberry.field(description="records, bytes, s; empty where nothing is counted.")


@strawberry.type(description="Why a job failed, in the words of an error.")
class JobError:
    """Why a job failed."""

    code: str = strawberry.field(description="The class: BAD_USER_INPUT, SERVICE_UNAVAILABLE …")
    detail: str = strawberry.field(description="Our own stable code; docs/errors.md lists them.")
    message: str = strawberry.field(description="What happened.")
    hint: str | None = strawberry.field(description="The way out.")
    subject: str | None = strawberry.field(description="What it is about.")


@strawberry.type(description="A change that is made in the background. Kept with its report for a while after its end.")
class Job:
    """A change that is made in the background."""

    id: ID = strawberry.field(description="To ask for it again.")
    kind: JobKind = strawberry.field(description="What it does.")
    subject: str | None = strawberry.field(
        description="Name of the dataset or draft, number of the release; null where the source names the dataset."
    )
    state: JobState = strawberry.field(description="How it stands.")
    dry_run: bool = strawberry.field(description="Whether it only tells what would change.")
    key: str = strawberry.field(description="Id of the key that it was asked for with.")
    created_at: str = strawberry.field(description="When it was asked for: ISO 8601 in UTC.")
    started_at: str | None = strawberry.field(description="When it began.")
    ended_at: str | None = strawberry.field(description="When it was over.")
    progress: JobProgress | None = strawberry.field(description="What it is at; null unless it is running.")
    report: LoadReport | None = strawberry.field(
        description="What it found and changed; null before its end, and for a roll-back or a visibility."
    )
    release: LazyRelease | None = strawberry.field(
        description="The release that is current after it; null before its end, and where nothing was published."
    )
    error: JobError | None = strawberry.field(description="Why it failed, where it did.")


@strawberry.type(description="A job, in a page.")
class JobEdge:
    """A job, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Job = strawberry.field(description=NODE)


@strawberry.type(description="A page of jobs, newest first.")
class JobConnection:
    """A page of jobs."""

    edges: list[JobEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


def show_job(job: ServiceJob) -> Job:
    """A job as the API shows it."""
    stage = job.stage
    return Job(
        id=ID(job.id),
        kind=JobKind[job.kind.name],
        subject=job.subject,
        state=JobState[job.state.name],
        dry_run=job.dry_run,
        key=job.key,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        progress=None
        if stage is None
        else JobProgress(stage=stage.name, done=stage.done, total=stage.total, unit=stage.unit),
        report=None if job.report is None else show_report(job.report),
        release=_show_release(job.release),
        error=None if job.error is None else show_error(job.error),
    )


def list_jobs(context: Context, jobs: Sequence[ServiceJob], first: int, after: str | None) -> JobConnection:
    """A page of jobs, newest first."""
    found, where = page_of(context, "jobs", jobs, lambda each: (-float(each.number),), (float,), first, after)
    edges = [JobEdge(cursor=cursor, node=show_job(each)) for cursor, each in found]
    return JobConnection(edges=edges, page_info=where, total_count=len(jobs))


def show_error(error: HeadwaterError) -> JobError:
    """The error in the words that are for clients; where the fault is the service's own, without its particulars."""
    message = OWN_WORDS.get(error.code)
    if message is not None or isinstance(error, DamagedError):
        code = ErrorCode.SERVICE_UNAVAILABLE if isinstance(error, UnavailableError) else ErrorCode.INTERNAL_SERVER_ERROR
        return JobError(
            code=code.value, detail=error.code, message=message or DAMAGED_MESSAGE, hint=error.hint, subject=None
        )
    shaped = shape_error(GraphQLError(error.message, original_error=error), new_request_id())
    told = {name: None if value is None else str(value) for name, value in (shaped.extensions or {}).items()}
    message = shaped.message
    if isinstance(error, BusyError) and error.code == "busy.writer":
        message = f"{message} The other one has gone on since {_since(error)}."
    return JobError(
        code=told["code"] or "",
        detail=told["detail"] or "",
        message=message,
        hint=told["hint"],
        subject=told["subject"],
    )


def _since(error: BusyError) -> str:
    """When the other writer began; neither its process nor the folder is the client's."""
    _, found, time = error.message.rpartition(" since ")
    return time.rstrip(".") if found else "a moment ago"
