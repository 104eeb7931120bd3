"""What issuers change: credentials that are issued, revoked, suspended, reinstated. Each needs an issuer's key.

What is issued is in the answer and kept nowhere. The audit names the credential by its id, never its recipient.
"""

import asyncio
from enum import Enum
from typing import Annotated

import orjson
import strawberry
from strawberry import ID, Info

from graph.issuer import IssuedCredential as GraphIssued
from graph.issuer import Proof
from graph.issuer_register import Issued
from ontology.credentials.issuing import ResultStatus
from ontology.errors import InputError
from service.auth import Role
from service.awarding import Wanted
from service.gathering import Gathering
from service.issuing import Form, Order, State, list_issued, state_of
from service.pictures import Picture, read_picture
from service.rubrics import WantedLevel, WantedResult

from .arguments import After, First
from .connections import CURSOR, EDGES, NODE, TOTAL, PageInfo
from .context import Context, context_of
from .descriptions import resolver
from .paging import page_of
from .rights import act

DOCUMENTS_AT_MOST = 50
"""Credentials in one request: each costs some milliseconds to verify."""
CredentialId = Annotated[ID, strawberry.argument(description="The credential's `id`.")]


@strawberry.enum(description="How a credential is secured: a Data Integrity proof, or VC-JWT, a compact JWS.")
class CredentialProof(Enum):
    """How a credential is secured."""

    EDDSA_RDFC_2022 = Proof.DATA_INTEGRITY.value
    JWT = Proof.JWT.value


@strawberry.enum(description="What is issued: an Open Badges 3.0 credential, or it inside a CLR 2.0 of its own.")
class CredentialFormat(Enum):
    """What is issued."""

    OB3 = Form.OB3.value
    CLR2 = Form.CLR2.value


@strawberry.enum(description="How far somebody came with an achievement, in the words of Open Badges.")
class AchievementStatus(Enum):
    """How far somebody came with an achievement."""

    COMPLETED = ResultStatus.COMPLETED.value
    ENROLLED = ResultStatus.ENROLLED.value
    FAILED = ResultStatus.FAILED.value
    IN_PROGRESS = ResultStatus.IN_PROGRESS.value
    ON_HOLD = ResultStatus.ON_HOLD.value
    PROVISIONAL = ResultStatus.PROVISIONAL.value
    WITHDREW = ResultStatus.WITHDREW.value


@strawberry.input(description="One level of a rubric.")
class RubricLevelInput:
    """One level of a rubric."""

    name: str = strawberry.field(description="Of the level.")
    value: float | None = strawberry.field(
        default=None, description="Its place on the scale. Default for all together: they divide it evenly."
    )
    points: str | None = strawberry.field(default=None, description="What it gives.")
    description: str | None = strawberry.field(default=None, description="What it takes.")


@strawberry.input(description="A rubric for one competency, and what was reached of it.")
class ResultInput:
    """A rubric for one competency, and what was reached of it."""

    competency: ID = strawberry.field(description="What is measured.")
    scale: ID | None = strawberry.field(default=None, description="The scale of the levels: IRI or label.")
    name: str | None = strawberry.field(default=None, description="Of what is measured. Default: its label.")
    levels: list[RubricLevelInput] = strawberry.field(description="From low to high.")
    achieved: str | None = strawberry.field(default=None, description="Name of the level that was reached.")
    required: str | None = strawberry.field(default=None, description="Name of the level that is needed.")
    score: str | None = strawberry.field(default=None, description="What was scored.")
    minimum: str | None = strawberry.field(default=None, description="Least score.")
    maximum: str | None = strawberry.field(default=None, description="Greatest score.")
    status: AchievementStatus | None = strawberry.field(default=None, description="How far it went.")


@strawberry.input(description="What is issued, and to whom.")
class IssueInput:
    """What is issued, and to whom."""

    to: list[str] = strawberry.field(
        description="One recipient: a DID or address, an e-mail address, or kind:value; all but the first are hashed."
    )
    credential: ID | None = strawberry.field(
        default=None, description="Credential or course that is awarded: IRI, code or label."
    )
    competencies: list[ID] = strawberry.field(
        default_factory=list, description="Competencies that it shows too; =VALUE@SCALE behind one gives its level."
    )
    results: list[ResultInput] = strawberry.field(
        default_factory=list, description="Rubrics with levels, and what was reached of them."
    )
    name: str | None = strawberry.field(default=None, description="Of the achievement. Default: its label.")
    description: str | None = strawberry.field(default=None, description="Of the achievement. Default: labels.")
    criteria: str | None = strawberry.field(default=None, description="What earns it, Markdown.")
    criteria_url: str | None = strawberry.field(default=None, description="Address of the criteria.")
    achievement_type: str | None = strawberry.field(default=None, description="Certificate, MicroCredential, …")
    image: str | None = strawberry.field(default=None, description="Address of the achievement's picture.")
    evidence: list[str] = strawberry.field(default_factory=list, description="Addresses of what was done for it.")
    narrative: str | None = strawberry.field(default=None, description="What is to be said of this award.")
    language: str | None = strawberry.field(default=None, description="Of labels (BCP 47).")
    valid_from: str | None = strawberry.field(default=None, description="Date or time. Default: now.")
    valid_until: str | None = strawberry.field(default=None, description="Date or time. Default: no end.")
    suspendable: bool = strawberry.field(
        default=False, description="Whether it can be suspended too: a second status entry, beyond Open Badges 3.0."
    )
    proof: CredentialProof = strawberry.field(default=CredentialProof.EDDSA_RDFC_2022, description="How it is secured.")
    format: CredentialFormat = strawberry.field(default=CredentialFormat.OB3, description="What is issued.")
    bake_into: str | None = strawberry.field(default=None, description="A PNG or SVG to put it into, as its data URL.")
    replace: bool = strawberry.field(
        default=False, description="Whether a badge that the picture has in it already is replaced."
    )


@strawberry.input(description="A learner's credentials that go into one record, and whose they are.")
class GatherInput:
    """A learner's credentials that go into one record."""

    documents: list[str] = strawberry.field(
        description="Credentials as JSON or compact JWS, at most 50. Each is verified."
    )
    to: list[str] = strawberry.field(
        default_factory=list,
        description="The learner, named as at issuing. Default: the subject that all name by an IRI.",
    )
    name: str | None = strawberry.field(default=None, description="Of the record.")
    partial: bool = strawberry.field(default=False, description="Whether the learner has more than is in it.")
    valid_until: str | None = strawberry.field(default=None, description="Date or time. Default: no end.")
    suspendable: bool = strawberry.field(default=False, description="Whether it can be suspended too.")
    proof: CredentialProof = strawberry.field(default=CredentialProof.EDDSA_RDFC_2022, description="How it is secured.")


@strawberry.type(description="A credential that was issued, as the register has it. Times are RFC 3339 in UTC.")
class IssuedCredential:
    """A credential that was issued."""

    id: ID = strawberry.field(description="Its `id`.")
    state: "IssuedState" = strawberry.field(description="Whether it is in force.")
    format: str = strawberry.field(description="`ob3` or `clr2`.")
    proof: CredentialProof = strawberry.field(description="How it is secured.")
    issuer: str = strawberry.field(description="DID of who issued it.")
    achievement: str | None = strawberry.field(description="Address of the achievement's definition.")
    issued_at: str = strawberry.field(description="When.")
    valid_until: str | None = strawberry.field(description="When it ends, if it does.")
    revoked_at: str | None = strawberry.field(description="When it was withdrawn, if it was.")
    suspended_at: str | None = strawberry.field(description="Since when it is not valid for now, if it is so.")
    sha256: str = strawberry.field(description="Of the compact JWS, or of the document in canonical JSON (RFC 8785).")


@strawberry.enum(description="Whether what was issued is in force, its own end not looked at.")
class IssuedState(Enum):
    """Whether what was issued is in force."""

    VALID = State.VALID.value
    SUSPENDED = State.SUSPENDED.value
    REVOKED = State.REVOKED.value


@strawberry.type(description="A credential that was issued, in a page.")
class IssuedCredentialEdge:
    """A credential that was issued, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: IssuedCredential = strawberry.field(description=NODE)


@strawberry.type(description="A page of what was issued, oldest first.")
class IssuedCredentialConnection:
    """A page of what was issued."""

    edges: list[IssuedCredentialEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A credential as it leaves, once.")
class NewCredential:
    """A credential as it leaves."""

    credential: str = strawberry.field(description="The document as JSON, or the compact JWS.")
    issued: IssuedCredential = strawberry.field(description="Its line in the register.")
    picture: str | None = strawberry.field(
        default=None, description="The picture with the credential in it, as its data URL, where one was given."
    )


@strawberry.type
class IssuerQueries:
    """What issuers ask."""

    @resolver(description="What was issued, oldest first. Needs an issuer's key.")
    async def issued_credentials(
        self,
        info: Info,
        to: Annotated[
            list[str] | None, strawberry.argument(description="Only what they received, named as at issuing.")
        ] = None,
        state: Annotated[IssuedState | None, strawberry.argument(description="Only what is in this state.")] = None,
        first: First = 20,
        after: After = None,
    ) -> IssuedCredentialConnection:
        """What was issued."""
        context = _for_issuer(info)
        wanted = None if state is None else State(state.value)
        found = await asyncio.to_thread(list_issued, context.issuing.issuer, to or (), wanted)
        page, where = page_of(context, "issued", found, lambda each: (float(each[0]),), (float,), first, after)
        edges = [IssuedCredentialEdge(cursor=cursor, node=shown_issued(each)) for cursor, (_, each) in page]
        return IssuedCredentialConnection(edges=edges, page_info=where, total_count=len(found))

    @resolver(description="A credential that was issued, as the register has it. Needs an issuer's key.")
    async def issued_credential(self, info: Info, id: CredentialId) -> IssuedCredential:  # noqa: A002 - the contract's word
        """A credential that was issued."""
        context = _for_issuer(info)
        return shown_issued(await asyncio.to_thread(context.issuing.issuer.get, str(id)))


@strawberry.type
class IssuerMutations:
    """What issuers change."""

    @resolver(
        description="Issues an Open Badges 3.0 credential, aligned to what the graph holds, in a CLR 2.0 or a picture "
        "where asked. Needs an issuer's key."
    )
    async def issue_credential(self, info: Info, input: IssueInput) -> NewCredential:  # noqa: A002 - the customary name
        """Issues a credential."""
        order = _order(input)
        picture = await asyncio.to_thread(_picture, info, input)

        def work(context: Context, _: str) -> GraphIssued:
            snapshot = context.release.view.snapshot
            return context.issuing.issue(lambda: snapshot, order)

        issued = await act(info, work, told=_id_of_new, role=Role.ISSUER)
        baked = None if picture is None else await asyncio.to_thread(picture.baked, issued)
        return new_credential(issued, baked)

    @resolver(description="Puts a learner's credentials into one record, a CLR 2.0 credential. Needs an issuer's key.")
    async def gather_credentials(self, info: Info, input: GatherInput) -> NewCredential:  # noqa: A002 - the customary name
        """Gathers credentials."""
        documents = [(f"document {at}", text.encode()) for at, text in enumerate(input.documents, 1)]
        gathering = Gathering(
            to=tuple(input.to),
            name=input.name,
            partial=input.partial,
            proof=Proof(input.proof.value),
            valid_until=input.valid_until,
            suspendable=input.suspendable,
        )

        def work(context: Context, _: str) -> GraphIssued:
            if (count := len(documents)) > DOCUMENTS_AT_MOST:
                raise InputError(
                    f"At most {DOCUMENTS_AT_MOST} documents are gathered in one request, got {count}.",
                    code="issue.too-many",
                    hint="Gather more by `headwater issuer gather`.",
                )
            return context.issuing.gather(documents, gathering, lambda: context.release.view.snapshot)

        return new_credential(await act(info, work, told=_id_of_new, role=Role.ISSUER))

    @resolver(description="Withdraws a credential for good. Needs an issuer's key.")
    async def revoke_credential(self, info: Info, id: CredentialId) -> IssuedCredential:  # noqa: A002 - the contract's word
        """Withdraws a credential."""

        def work(context: Context, key: str) -> Issued:
            return context.issuing.issuer.revoke(str(id), by=key)

        return shown_issued(await act(info, work, told=_id_of, role=Role.ISSUER))

    @resolver(description="Makes a credential that was issued as suspendable not valid for now. Needs an issuer's key.")
    async def suspend_credential(self, info: Info, id: CredentialId) -> IssuedCredential:  # noqa: A002 - the contract's word
        """Suspends a credential."""

        def work(context: Context, key: str) -> Issued:
            return context.issuing.issuer.suspend(str(id), by=key)

        return shown_issued(await act(info, work, told=_id_of, role=Role.ISSUER))

    @resolver(description="Makes a suspended credential valid again. Needs an issuer's key.")
    async def reinstate_credential(self, info: Info, id: CredentialId) -> IssuedCredential:  # noqa: A002 - the contract's word
        """Reinstates a credential."""

        def work(context: Context, key: str) -> Issued:
            return context.issuing.issuer.reinstate(str(id), by=key)

        return shown_issued(await act(info, work, told=_id_of, role=Role.ISSUER))


def _order(given: IssueInput) -> Order:
    wanted = Wanted(
        credential=None if given.credential is None else str(given.credential),
        competencies=tuple(str(each) for each in given.competencies),
        results=tuple(_result(each) for each in given.results),
        name=given.name,
        description=given.description,
        criteria=given.criteria,
        criteria_url=given.criteria_url,
        type=given.achievement_type,
        image=given.image,
        language=given.language,
    )
    return Order(
        wanted=wanted,
        to=tuple(given.to),
        proof=Proof(given.proof.value),
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        suspendable=given.suspendable,
        evidence=tuple(given.evidence),
        narrative=given.narrative,
        form=Form(given.format.value),
    )


def _result(given: ResultInput) -> WantedResult:
    levels = [
        WantedLevel(name=each.name, value=each.value, points=each.points, description=each.description)
        for each in given.levels
    ]
    return WantedResult(
        competency=str(given.competency),
        scale=None if given.scale is None else str(given.scale),
        name=given.name,
        levels=levels,
        achieved=given.achieved,
        required=given.required,
        score=given.score,
        minimum=given.minimum,
        maximum=given.maximum,
        status=None if given.status is None else ResultStatus(given.status.value),
    )


def _for_issuer(info: Info) -> Context:
    context = context_of(info)
    context.caller.require(Role.ISSUER)
    return context


def _picture(info: Info, given: IssueInput) -> Picture | None:
    """What it is to be baked into. Raises UnauthenticatedError, ForbiddenError; InputError where that cannot be."""
    _for_issuer(info)
    return read_picture(given.bake_into, replace=given.replace)


def new_credential(issued: GraphIssued, picture: str | None = None) -> NewCredential:
    """A credential as it is told once."""
    credential = issued.credential
    text = credential if isinstance(credential, str) else orjson.dumps(credential).decode()
    return NewCredential(credential=text, issued=shown_issued(issued.record), picture=picture)


def shown_issued(issued: Issued) -> IssuedCredential:
    """A line of the register, without the hashes of recipients."""
    return IssuedCredential(
        id=ID(issued.id),
        state=IssuedState(state_of(issued).value),
        format=issued.format,
        proof=CredentialProof(issued.proof),
        issuer=issued.issuer,
        achievement=issued.achievement,
        issued_at=issued.issued_at,
        valid_until=issued.valid_until,
        revoked_at=issued.revoked_at,
        suspended_at=issued.suspended_at,
        sha256=issued.digest,
    )


def _id_of(issued: Issued) -> str:
    return issued.id


def _id_of_new(issued: GraphIssued) -> str:
    return issued.record.id
