"""`POST /datasets/{name}`: a file that is too large for a mutation, streamed to a temporary file and loaded as a job.

The body is the file itself; everything else is in the query string. Same rights, same job, same audit as the mutation
`load`. Knows nothing of what is in the file.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graph.layout import VISIBILITIES
from ontology.errors import BusyError, ForbiddenError, HeadwaterError, InputError, UnauthenticatedError
from ontology.model import UNDETERMINED
from service.auth import Caller, Role
from service.console import report_json
from service.jobs import Job
from service.schema.errors import new_request_id, shape_error
from service.schema.mutations import WAIT_SECONDS_AT_MOST
from service.schema.reports import show_error
from service.stewarding import LoadOptions
from service.stewardship import UPLOAD_BYTES, Stewardship, Upload, append, receive
from service.transport import RefusedError, identified

from .guard import Guard, refused, whole_number

log = structlog.get_logger("headwater.audit")

RETRY_SECONDS = "30"
_CHUNK = 1 << 20
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_PARAMETERS = frozenset(
    ("filename", "format", "language", "dryRun", "skipBroken", "allowRemovals", "visibility", "waitSeconds")
)


def upload_routes(
    stewardship: Stewardship,
    guard: Guard,
    identify: Callable[[str | None], Caller],
    *,
    upload_bytes: int = UPLOAD_BYTES,
) -> list[Route]:
    """The route, for POST alone: other methods of the path are another's.

    Args:
        identify: who sends an `Authorization` header; raises UnauthenticatedError.
        upload_bytes: greatest size of a file.
    """

    async def upload(request: Request) -> Response:
        caller = identified(identify, request)
        name = request.path_params["name"]
        entry = log.bind(act="upload", key=caller.key, subject=name[:100])
        try:
            caller.require(Role.STEWARD)
            assert caller.key is not None, "a role comes with a key"
            options = _options(name, request)
            seconds = whole_number(request, "waitSeconds", 0, WAIT_SECONDS_AT_MOST)
            await asyncio.to_thread(stewardship.check_load, options)
            file = await asyncio.to_thread(receive, request.query_params.get("filename") or name)
            try:
                await _store(request, file, upload_bytes)
            except BaseException:
                file.discard()
                raise
            job = await asyncio.to_thread(stewardship.load, file, options, key=caller.key)
        except HeadwaterError as error:
            entry.warning("refused", error=error.code)
            raise _refusal(error) from error
        entry.info("done", result=f"job {job.id}")
        shown = await stewardship.jobs.wait(job, seconds) if seconds else job
        return JSONResponse(_job_json(shown), 200 if shown.state.is_over else 202, {"Cache-Control": "no-store"})

    route = guard.route("/datasets/{name}", upload, methods=("POST",))
    return [Route(route.path, route.endpoint, methods=["POST"])]


def _options(name: str, request: Request) -> LoadOptions:
    given = request.query_params
    unknown = sorted(set(given) - _PARAMETERS)
    if unknown:
        raise InputError(
            f"There is no parameter {unknown[0][:80]!r}.",
            code="input.invalid",
            hint=f"There are: {', '.join(sorted(_PARAMETERS))}.",
        )
    visibility = given.get("visibility")
    if visibility is not None and visibility not in VISIBILITIES:
        raise InputError(f"A dataset is {' or '.join(VISIBILITIES)}.", code="dataset.visibility", subject=name)
    return LoadOptions(
        format=given.get("format"),
        dataset=name,
        language=given.get("language") or UNDETERMINED,
        dry_run=_flag(given, "dryRun"),
        skip_broken=_flag(given, "skipBroken"),
        allow_removals=_flag(given, "allowRemovals"),
        visibility=visibility,
    )


def _flag(given: Mapping[str, str], name: str) -> bool:
    word = given.get(name, "false").lower()
    if word not in _WORDS:
        raise InputError(f"`{name}` is true or false, got {word[:80]!r}.", code="input.invalid")
    return _WORDS[word]


async def _store(request: Request, file: Upload, limit: int) -> None:
    """Nothing; the body is in the file. Raises RefusedError (400, 413, 415) as soon as it is known."""
    too_large = refused(
        413, "http.too-large", hint=f"A file has at most {limit} bytes.", headers={"Connection": "close"}
    )
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise refused(415, "http.media-type", "Send the file itself, without content encoding; .gz files are read.")
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:18]) > limit:
        raise too_large
    size = 0
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large
            waiting += chunk
            if len(waiting) >= _CHUNK:
                await asyncio.to_thread(append, file, bytes(waiting))
                waiting.clear()
    except ClientDisconnect as error:
        raise refused(400, "http.body", hint="The connection ended before the file did.") from error
    await asyncio.to_thread(append, file, bytes(waiting))


def _refusal(error: HeadwaterError) -> RefusedError:
    """The error as it is in GraphQL, with the status of HTTP."""
    request_id = new_request_id()
    shaped = shape_error(GraphQLError(error.message, original_error=error), request_id)
    if isinstance(error, UnauthenticatedError):
        return RefusedError(401, shaped, {"WWW-Authenticate": "Bearer"})
    if isinstance(error, ForbiddenError):
        return RefusedError(403, shaped)
    if isinstance(error, BusyError):
        return RefusedError(503, shaped, {"Retry-After": RETRY_SECONDS})
    if isinstance(error, InputError):
        return RefusedError(400, shaped)
    return RefusedError(503, shaped, {"Retry-After": RETRY_SECONDS, "X-Request-Id": request_id})


def _job_json(job: Job) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "subject": job.subject,
        "dryRun": job.dry_run,
        "report": None if job.report is None else report_json(job.report),
        "release": None if job.release is None else job.release.number,
        "error": None,
    }
    if job.error is not None:
        error = show_error(job.error)
        extensions = {"code": error.code, "detail": error.detail, "hint": error.hint, "subject": error.subject}
        shown["error"] = {"message": error.message, "extensions": extensions}
    return {"job": shown}
