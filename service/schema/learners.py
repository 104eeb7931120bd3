"""What learners read and change of what is stored of them, and what a link shows. Receivers read by consent.

Whoever asks gets the same answer for a learner who is not there and one whom they may not read. The service's own audit
names the learner by pseudonym; what was read is in the learner's.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

import orjson
import strawberry
from strawberry import ID, Info

from graph import learner_records as records
from graph.learner_grants import Grants
from graph.learner_log import AuditEntry as StoredEntry
from graph.learner_rules import Reader
from ontology.errors import ForbiddenError, UnauthenticatedError
from service.auth import Role
from service.learners import LearnerDesk, new_document, read_end

from .context import Context, context_of
from .descriptions import resolver
from .rights import act
from .verifying import verify_documents

Result = TypeVar("Result")
EndsAt = Annotated[str, strawberry.argument(description="A date, which ends with its day, or a time with its zone.")]
DocumentIds = Annotated[list[ID], strawberry.argument(description="Ids of stored documents.")]


@strawberry.type(description="A credential that is stored of a learner. Times are RFC 3339 in UTC.")
class StoredDocument:
    """A credential that is stored."""

    id: ID = strawberry.field(description="Random.")
    added_at: str = strawberry.field(description="When it was stored.")
    sha256: str = strawberry.field(description="Of its text in UTF-8.")
    format: str = strawberry.field(description="As `verify` names it.")
    verdict: str = strawberry.field(description="When it was stored; a question verifies it anew.")
    issuer: str | None = strawberry.field(description="Who issued it, as it says.")
    text: str | None = strawberry.field(
        description="The document, a picture as its data URL; null where it has only just been stored."
    )


@strawberry.type(description="That a receiver may read what is stored of a learner, for one purpose, until an end.")
class Consent:
    """A consent."""

    id: ID = strawberry.field(description="Random.")
    receiver: ID = strawberry.field(description="Id of the receiver's key, or the employer's name.")
    purpose: str = strawberry.field(description="What for; the receiver states the same.")
    given_at: str = strawberry.field(description="When it was given.")
    ends_at: str = strawberry.field(description="When it ends.")
    withdrawn_at: str | None = strawberry.field(description="When it was withdrawn, if it was.")


@strawberry.type(description="A link that shows chosen documents to whoever has it, until an end.")
class SharedLink:
    """A link."""

    id: ID = strawberry.field(description="Random.")
    documents: list[ID] = strawberry.field(description="What it shows.")
    given_at: str = strawberry.field(description="When it was made.")
    ends_at: str = strawberry.field(description="When it ends.")
    revoked_at: str | None = strawberry.field(description="When it was revoked, if it was.")


@strawberry.type(description="That an application may act for the learner within some scopes, until an end.")
class ApplicationGrant:
    """What an application may do."""

    id: ID = strawberry.field(description="Random.")
    client: ID = strawberry.field(description="Id of the application's registration.")
    client_name: str = strawberry.field(description="As the application called itself when the learner agreed.")
    scopes: list[str] = strawberry.field(description="What it may do: scopes of Open Badges 3.0 and CLR 2.0.")
    given_at: str = strawberry.field(description="When the learner agreed.")
    ends_at: str = strawberry.field(description="When it ends.")
    revoked_at: str | None = strawberry.field(description="When it was ended, if it was.")


@strawberry.type(description="A link as it leaves, once: only a hash of its secret is kept.")
class NewLink:
    """A link as it leaves."""

    url: str = strawberry.field(description="Its address; the secret stands behind the `#`, which no browser sends.")
    link: SharedLink = strawberry.field(description="What is kept of it.")


@strawberry.type(description="That an employer, who knows the learner by a pseudonym, asks who they are.")
class ContactRequest:
    """A request for contact."""

    id: ID = strawberry.field(description="Random.")
    receiver: ID = strawberry.field(description="The employer's name.")
    text: str | None = strawberry.field(description="What the employer says, as it came: text, no markup.")
    asked_at: str = strawberry.field(description="When it was asked.")
    ends_at: str = strawberry.field(description="Until when it can be answered.")
    answered_at: str | None = strawberry.field(description="When it was answered, if it was.")
    consent: ID | None = strawberry.field(description="The consent by which the learner agreed; null otherwise.")


@strawberry.type(description="One reading or change of what is stored of a learner.")
class AuditEntry:
    """One reading or change."""

    at: str = strawberry.field(description="When.")
    who: str = strawberry.field(description="`learner`, `operator`, `key <id>` or `link <id>`.")
    act: str = strawberry.field(description="What was done.")
    why: str = strawberry.field(description="The purpose that was stated.")
    what: list[str] = strawberry.field(description="Ids or fields that were read or changed.")


@strawberry.type(description="What is stored of a learner, as far as the caller may read it.")
class StoredLearner:
    """What is stored of a learner."""

    id: ID = strawberry.field(description="The pseudonym.")
    created_at: str = strawberry.field(description="Since when.")
    documents: list[StoredDocument] = strawberry.field(description="Credentials, in the order in which they came.")
    name: str | None = strawberry.field(description="For the learner alone; null for others.")
    consents: list[Consent] = strawberry.field(description="For the learner alone; empty for others.")
    links: list[SharedLink] = strawberry.field(description="For the learner alone; empty for others.")
    grants: list[ApplicationGrant] = strawberry.field(description="For the learner alone; empty for others.")
    contact_requests: list[ContactRequest] = strawberry.field(description="For the learner alone; empty for others.")
    reader: strawberry.Private[Reader]

    @resolver(description="What was read and changed, oldest first, this reading last. For the learner alone.")
    async def audit(self, info: Info) -> list[AuditEntry]:
        """What was read and changed."""
        if not self.reader.own:
            return []
        entries, _ = await _learned(info, lambda desk: desk.stored.audit(str(self.id), self.reader))
        return [_entry(each) for each in entries]

    @resolver(description="All that is stored, as one JSON document: texts, consents, links, audit. Null for others.")
    async def export(self, info: Info) -> str | None:
        """All that is stored."""
        if not self.reader.own:
            return None
        found = await _learned(info, lambda desk: desk.stored.export(str(self.id), self.reader))
        return orjson.dumps(found).decode()


@strawberry.type(description="That a learner was erased.")
class ErasureReceipt:
    """That a learner was erased."""

    learner: ID = strawberry.field(description="The pseudonym, never given again.")
    erased_at: str = strawberry.field(description="When the key was destroyed.")
    audit_count: int = strawberry.field(description="Entries in the chain of the audit, of all learners.")
    audit_hash: str = strawberry.field(description="Of the last of them and all before it.")


@strawberry.type
class LearnerQueries:
    """What learners, and receivers by consent, read."""

    @resolver(description="What is stored of a learner. Needs the learner's key, or a consent; each reading is noted.")
    async def learner(
        self,
        info: Info,
        id: Annotated[ID | None, strawberry.argument(description="Default: the learner whose key it is.")] = None,  # noqa: A002 - the customary name
        purpose: Annotated[str | None, strawberry.argument(description="What a receiver reads it for.")] = None,
    ) -> StoredLearner:
        """What is stored of a learner."""
        context = context_of(info)
        context.personal = True
        named = str(id) if id is not None else context.caller.learner
        if named is None:
            refused = UnauthenticatedError if context.caller.role is None else ForbiddenError
            raise refused("This needs a learner's key, or `id`.", hint="Send the key, or name the learner.")
        reader = context.learners.reader(context.caller, named, purpose)

        def work(desk: LearnerDesk) -> StoredLearner:
            found = desk.stored.read(named, reader)
            documents = desk.stored.documents(named, reader)
            return StoredLearner(
                id=ID(found.id),
                created_at=found.created_at,
                documents=[_document(each, text) for each, text in documents],
                name=found.name if reader.own else None,
                consents=[_consent(each) for each in found.consents] if reader.own else [],
                links=[_link(each) for each in found.links] if reader.own else [],
                grants=[_grant(each) for each in found.grants if each.redeemed] if reader.own else [],
                contact_requests=[_request(each) for each in found.requests] if reader.own else [],
                reader=reader,
            )

        return await _learned(info, work)


@strawberry.type
class LearnerMutations:
    """What learners change. Each needs the learner's key, but for opening a link."""

    @resolver(
        description="Verifies documents and stores them, at most 20 of 256 KiB; a baked PNG comes as its data URL. "
        "Needs a learner's key."
    )
    async def store_documents(self, info: Info, documents: list[str]) -> list[StoredDocument]:
        """Verifies documents and stores them."""
        context = _for_learner(info)
        found = await verify_documents(context, documents)
        new = [new_document(text, each) for text, each in zip(documents, found, strict=True)]

        def work(desk: LearnerDesk, learner: str, by: Reader) -> list[records.StoredDocument]:
            return [desk.stored.store_document(learner, each, by) for each in new]

        return [_document(each, None) for each in await _changed(info, work)]

    @resolver(description="Removes a stored document for good. Needs a learner's key.")
    async def remove_document(self, info: Info, id: ID) -> ID:  # noqa: A002 - the customary name
        """Removes a stored document."""
        await _changed(info, lambda desk, learner, by: desk.stored.remove_document(learner, str(id), by))
        return id

    @resolver(description="Lets a receiver read what is stored, for one purpose, until an end. Needs a learner's key.")
    async def give_consent(self, info: Info, receiver: ID, purpose: str, ends_at: EndsAt) -> Consent:
        """Gives a consent."""
        _for_learner(info)
        end = read_end(ends_at)

        def work(desk: LearnerDesk, learner: str, by: Reader) -> records.Consent:
            name = desk.find_receiver(str(receiver), purpose)
            return desk.stored.give_consent(learner, name, purpose, end, by)

        return _consent(await _changed(info, work))

    @resolver(description="Withdraws a consent, at once. Needs a learner's key.")
    async def withdraw_consent(self, info: Info, id: ID) -> Consent:  # noqa: A002 - the customary name
        """Withdraws a consent."""
        return _consent(await _changed(info, lambda desk, learner, by: desk.stored.withdraw(learner, str(id), by)))

    @resolver(
        description="Answers an employer's request: with an end, the employer sees until then who the learner is (a "
        "consent to talent-disclosure); without, the learner declines. Needs a learner's key."
    )
    async def answer_contact(
        self,
        info: Info,
        id: ID,  # noqa: A002 - the customary name
        ends_at: Annotated[
            str | None, strawberry.argument(description="A date or a time with its zone. Null: declines.")
        ] = None,
    ) -> ContactRequest:
        """Answers an employer's request."""
        _for_learner(info)
        end = None if ends_at is None else read_end(ends_at)

        def work(desk: LearnerDesk, learner: str, by: Reader) -> records.ContactRequest:
            return desk.contacts.answer(learner, str(id), by, ends_at=end)

        return _request(await _changed(info, work))

    @resolver(description="Makes a link that shows these documents until an end. Needs a learner's key.")
    async def share_documents(self, info: Info, documents: DocumentIds, ends_at: EndsAt) -> NewLink:
        """Makes a link."""
        _for_learner(info)
        end = read_end(ends_at)

        def work(desk: LearnerDesk, learner: str, by: Reader) -> tuple[str, records.Link]:
            token, link = desk.stored.share(learner, [str(each) for each in documents], end, by)
            return desk.link(token), link

        url, link = await _changed(info, work)
        return NewLink(url=url, link=_link(link))

    @resolver(description="Revokes a link, at once. Needs a learner's key.")
    async def revoke_link(self, info: Info, id: ID) -> SharedLink:  # noqa: A002 - the customary name
        """Revokes a link."""
        return _link(await _changed(info, lambda desk, learner, by: desk.stored.revoke_link(learner, str(id), by)))

    @resolver(description="Ends what an application may do, at once. Needs a learner's key.")
    async def end_grant(self, info: Info, id: ID) -> ApplicationGrant:  # noqa: A002 - the customary name
        """Ends what an application may do."""

        def work(desk: LearnerDesk, learner: str, by: Reader) -> records.Grant:
            return Grants(desk.stored).revoke(learner, str(id), by)

        return _grant(await _changed(info, work))

    @resolver(description="Erases the learner and all that is stored of them, with their keys. Needs a learner's key.")
    async def erase_learner(self, info: Info, confirm: ID) -> ErasureReceipt:
        """Erases the learner, whose pseudonym is given once more."""

        def work(desk: LearnerDesk, learner: str, by: Reader) -> ErasureReceipt:
            receipt = desk.erase(str(confirm), by if str(confirm) == learner else Reader(who=by.who))
            return ErasureReceipt(
                learner=ID(receipt.learner),
                erased_at=receipt.erased_at,
                audit_count=receipt.audit.count,
                audit_hash=receipt.audit.hash,
            )

        return await _changed(info, work)

    @resolver(description="What a link shows, given what stands behind its `#`. Needs no key; the opening is noted.")
    async def open_link(self, info: Info, secret: str) -> list[StoredDocument]:
        """What a link shows."""
        found = await _learned(info, lambda desk: desk.stored.open_link(secret))
        return [_document(each, text) for each, text in found]


async def _learned(info: Info, work: Callable[[LearnerDesk], Result]) -> Result:
    """What some work on stored learners gives, done beside the loop; nobody may keep the answer."""
    context = context_of(info)
    context.personal = True
    return await asyncio.to_thread(work, context.learners)


def _for_learner(info: Info) -> Context:
    context = context_of(info)
    context.caller.require(Role.LEARNER)
    return context


async def _changed(info: Info, work: Callable[[LearnerDesk, str, Reader], Result]) -> Result:
    """What a change by a learner gives. Raises UnauthenticatedError, ForbiddenError, and what the work raises."""
    context_of(info).personal = True

    def run(context: Context, _: str) -> Result:
        learner = context.caller.learner
        assert learner is not None, "a learner's key has a learner"
        return work(context.learners, learner, context.learners.reader(context.caller, learner, None))

    subject = context_of(info).caller.learner
    return await act(info, run, subject=subject, told=lambda _: "done", role=Role.LEARNER)


def _document(document: records.StoredDocument, text: str | None) -> StoredDocument:
    return StoredDocument(
        id=ID(document.id),
        added_at=document.added_at,
        sha256=document.sha256,
        format=document.format,
        verdict=document.verdict,
        issuer=document.issuer,
        text=text,
    )


def _consent(consent: records.Consent) -> Consent:
    return Consent(
        id=ID(consent.id),
        receiver=ID(consent.receiver),
        purpose=consent.purpose,
        given_at=consent.given_at,
        ends_at=consent.ends_at,
        withdrawn_at=consent.withdrawn_at,
    )


def _grant(grant: records.Grant) -> ApplicationGrant:
    return ApplicationGrant(
        id=ID(grant.id),
        client=ID(grant.client),
        client_name=grant.client_name,
        scopes=list(grant.scopes),
        given_at=grant.given_at,
        ends_at=grant.ends_at,
        revoked_at=grant.revoked_at,
    )


def _request(request: records.ContactRequest) -> ContactRequest:
    return ContactRequest(
        id=ID(request.id),
        receiver=ID(request.receiver),
        text=request.text,
        asked_at=request.asked_at,
        ends_at=request.ends_at,
        answered_at=request.answered_at,
        consent=None if request.consent is None else ID(request.consent),
    )


def _link(link: records.Link) -> SharedLink:
    return SharedLink(
        id=ID(link.id),
        documents=[ID(each) for each in link.documents],
        given_at=link.given_at,
        ends_at=link.ends_at,
        revoked_at=link.revoked_at,
    )


def _entry(entry: StoredEntry) -> AuditEntry:
    return AuditEntry(at=entry.at, who=entry.who, act=entry.act, why=entry.why, what=list(entry.what))
