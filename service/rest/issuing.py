"""`/issuer/credentials`, `/issuer/records` and `/learners/{id}/record`: issuing and managing, for keys of issuers.

The same orders, rights, audit and answers as in GraphQL; a learner's record is for the learner too. Whom a credential
is for is never in an address. Called by the composition root.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.issuer import IssuedCredential, Proof
from graph.issuer_register import Issued
from ontology.errors import InputError
from service.auditing import audited
from service.auth import Caller, Role
from service.awarding import Wanted
from service.gathering import Gathered, Gathering
from service.issuing import Form, Issuing, Order, State, issued_json, list_issued
from service.learners import LearnerDesk
from service.pictures import read_picture
from service.record_reading import read_candidates
from service.rubrics import WantedResult
from service.schema.issuers import DOCUMENTS_AT_MOST
from service.schema.state import ReleaseState
from service.transport import identified, read_body
from service.verifying import DocumentVerifier

from .case_query import page_links
from .guard import Guard, media_type_of, refused, whole_number

LIMIT: Final = 100
LIMIT_AT_MOST: Final = 1_000
CREDENTIALS: Final = "/issuer/credentials"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_JSON: Final = "application/json"
Result = TypeVar("Result")
Given = TypeVar("Given", bound=BaseModel)
Name = Annotated[str, Field(max_length=4096)]


class _Given(BaseModel):
    """A body: names as GraphQL has them, nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class _Issue(_Given):
    to: list[Name]
    credential: Name | None = None
    competencies: list[Name] = []
    results: list[WantedResult] = []
    name: str | None = None
    description: str | None = None
    criteria: str | None = None
    criteria_url: str | None = None
    achievement_type: str | None = None
    image: str | None = None
    evidence: list[Name] = []
    narrative: str | None = None
    language: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    suspendable: bool = False
    proof: Annotated[Proof, Field(strict=False)] = Proof.DATA_INTEGRITY
    format: Annotated[Form, Field(strict=False)] = Form.OB3
    bake_into: str | None = None
    replace: bool = False

    def order(self) -> Order:
        """What is to be issued."""
        return Order(
            wanted=Wanted(
                credential=self.credential,
                competencies=tuple(self.competencies),
                results=tuple(self.results),
                name=self.name,
                description=self.description,
                criteria=self.criteria,
                criteria_url=self.criteria_url,
                type=self.achievement_type,
                image=self.image,
                language=self.language,
            ),
            to=tuple(self.to),
            proof=self.proof,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            suspendable=self.suspendable,
            evidence=tuple(self.evidence),
            narrative=self.narrative,
            form=self.format,
        )


class _Search(_Given):
    to: list[Name] = []
    state: Annotated[State | None, Field(strict=False)] = None


class _Record(_Given):
    name: str | None = None
    partial: bool = False
    valid_until: str | None = None
    proof: Annotated[Proof, Field(strict=False)] = Proof.DATA_INTEGRITY

    def gathering(self, to: tuple[str, ...], *, suspendable: bool, partial: bool) -> Gathering:
        """How the record is issued."""
        return Gathering(
            to=to,
            name=self.name,
            partial=partial,
            proof=self.proof,
            valid_until=self.valid_until,
            suspendable=suspendable,
        )


class _Gather(_Record):
    documents: list[str]
    to: list[Name] = []
    suspendable: bool = False


class _LearnerRecord(_Record):
    documents: list[Name] | None = None
    to: Name | None = None
    purpose: str | None = None


class IssuingRoutes:
    """What issuers, and learners for their record, do over HTTP."""

    def __init__(
        self,
        issuing: Issuing,
        learners: LearnerDesk,
        verifier: DocumentVerifier,
        release: Callable[[], ReleaseState],
        guard: Guard,
        identify: Callable[[str | None], Caller],
    ) -> None:
        self._issuing = issuing
        self._learners = learners
        self._verifier = verifier
        self._release = release
        self._guard = guard
        self._identify = identify

    def routes(self) -> list[Route]:
        """The routes."""
        one = f"{CREDENTIALS}/{{id}}"
        return [
            self._guard.route(CREDENTIALS, self.credentials, methods=("GET", "POST")),
            self._guard.route(f"{CREDENTIALS}/search", self.search, methods=("POST",)),
            self._guard.route(one, self.credential),
            *(
                self._guard.route(f"{one}/{word}", self._changing(word), methods=("POST",))
                for word in ("revoke", "suspend", "reinstate")
            ),
            self._guard.route("/issuer/records", self.gather, methods=("POST",)),
            self._guard.route("/learners/{id}/record", self.learner_record, methods=("POST",)),
        ]

    async def credentials(self, request: Request) -> Response:
        """A page of what was issued, or a new credential."""
        caller = self._issuer(request)
        if request.method != "POST":
            state = {name: value for name, value in request.query_params.items() if name == "state"}
            return await self._page(request, _validated(lambda: _Search.model_validate(state)))
        given = await self._read(request, _Issue)
        picture = await asyncio.to_thread(read_picture, given.bake_into, replace=given.replace)
        release, order = self._release(), given.order()
        issued = await _done(
            caller,
            "issueCredential",
            lambda _: self._issuing.issue(lambda: release.view.snapshot, order),
            told=lambda found: found.record.id,
        )
        shown = _new(issued)
        if picture is not None:
            shown["picture"] = await asyncio.to_thread(picture.baked, issued)
        return _answer(shown, 201, {"Location": f"{CREDENTIALS}/{issued.record.id}"})

    async def search(self, request: Request) -> Response:
        """A page of what somebody received: whom, is in the body, which no log of addresses has."""
        self._issuer(request)
        return await self._page(request, await self._read(request, _Search))

    async def _page(self, request: Request, wanted: _Search) -> Response:
        limit = whole_number(request, "limit", LIMIT, LIMIT_AT_MOST) or LIMIT
        offset = whole_number(request, "offset", 0, 10**9)
        found = await asyncio.to_thread(list_issued, self._issuing.issuer, wanted.to, wanted.state)
        rest = [("state", wanted.state.value)] if wanted.state is not None else []
        headers = {
            "X-Total-Count": str(len(found)),
            "Link": page_links(request.url.path, rest, limit=limit, offset=offset, total=len(found)),
        }
        shown = [issued_json(each) for _, each in found[offset : offset + limit]]
        return _answer({"issued": shown}, headers=headers)

    async def credential(self, request: Request) -> Response:
        """A credential that was issued, as the register has it."""
        self._issuer(request)
        found = await asyncio.to_thread(self._issuing.issuer.get, request.path_params["id"])
        return _answer({"issued": issued_json(found)})

    def _changing(self, word: str) -> Callable[[Request], Awaitable[Response]]:
        issuer = self._issuing.issuer
        change = {"revoke": issuer.revoke, "suspend": issuer.suspend, "reinstate": issuer.reinstate}[word]

        async def handle(request: Request) -> Response:
            identifier = request.path_params["id"]

            def work(key: str) -> Issued:
                return change(identifier, by=key)

            issued = await _done(self._issuer(request), f"{word}Credential", work, told=lambda found: found.id)
            return _answer({"issued": issued_json(issued)})

        return handle

    async def gather(self, request: Request) -> Response:
        """One record of credentials that are given."""
        caller = self._issuer(request)
        given = await self._read(request, _Gather, self._guard.limits.whole_bytes)
        if len(given.documents) > DOCUMENTS_AT_MOST:
            raise refused(400, "issue.too-many", f"At most {DOCUMENTS_AT_MOST} documents are gathered in one request.")
        documents = [
            (f"document {at}", text.encode("utf-8", "surrogatepass")) for at, text in enumerate(given.documents, 1)
        ]
        gathering = given.gathering(tuple(given.to), suspendable=given.suspendable, partial=given.partial)
        release = self._release()
        issued = await _done(
            caller,
            "gatherCredentials",
            lambda _: self._issuing.gather(documents, gathering, lambda: release.view.snapshot),
            told=lambda found: found.record.id,
        )
        return _answer(_new(issued), 201, {"Location": f"{CREDENTIALS}/{issued.record.id}"})

    async def learner_record(self, request: Request) -> Response:
        """One record of what is stored of a learner."""
        caller = identified(self._identify, request)
        if caller.role is not Role.LEARNER:
            caller.require(Role.ISSUER)
        given = await self._read(request, _LearnerRecord)
        learner = request.path_params["id"]
        partial = given.partial or given.documents is not None
        gathering = given.gathering(() if given.to is None else (given.to,), suspendable=False, partial=partial)
        reader = self._learners.reader(caller, learner, given.purpose)
        candidates = await read_candidates(
            self._issuing, self._learners, self._verifier.verify, learner, reader, gathering, given.documents
        )
        release = self._release()
        view = release.view if caller.sees_private else release.public
        found: Gathered = await _done(
            caller,
            "issueLearnerRecord",
            lambda _: self._issuing.gather_stored(candidates, gathering, lambda: view.snapshot),
            told=lambda done: done.issued.record.id,
            role=caller.role or Role.ISSUER,
            subject=learner,
        )
        left = [{"document": each.name, "code": each.code, "reason": each.reason} for each in found.left_out]
        return _answer({**_new(found.issued), "documents": list(found.taken), "leftOut": left}, 201)

    def _issuer(self, request: Request) -> Caller:
        """Who asks, an issuer. Raises UnauthenticatedError, ForbiddenError."""
        caller = identified(self._identify, request)
        caller.require(Role.ISSUER)
        return caller

    async def _read(self, request: Request, kind: type[Given], most: int | None = None) -> Given:
        """The body. Raises RefusedError (400, 413, 415)."""
        if media_type_of(request) != _JSON:
            raise refused(415, "http.media-type", f"Send {_JSON}.")
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise refused(415, "http.media-type", "Send the body without content encoding.")
        body = await read_body(request, most or self._guard.limits.body_bytes)
        return _validated(lambda: kind.model_validate_json(body))


def _validated(make: Callable[[], Given]) -> Given:
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))[:200]
        raise InputError(
            f"The request cannot be used: {place + ': ' if place else ''}{first['msg']}.",
            code="input.invalid",
            hint="docs/issuing.md has the members of each request.",
            subject=place or None,
        ) from error


async def _done(
    caller: Caller,
    act: str,
    work: Callable[[str], Result],
    *,
    told: Callable[[Result], str],
    role: Role = Role.ISSUER,
    subject: str | None = None,
) -> Result:
    return await asyncio.to_thread(audited, caller, role, work, told=told, act=act, subject=subject)


def _new(issued: IssuedCredential) -> dict[str, Any]:
    return {"credential": issued.credential, "issued": issued_json(issued.record)}


def _answer(shown: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(shown), status, {**_NO_STORE, **(headers or {})}, _JSON)
