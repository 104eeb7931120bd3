"""One record of what is stored of a learner, issued by the service's issuer: for the learner, or an issuer by consent.

The documents are read as a receiver reads them, which is in the learner's audit, and verified beside the loop.
"""

from functools import partial
from typing import Annotated

import strawberry
from strawberry import ID, Info

from graph.issuer import Proof
from ontology.errors import InputError
from service.auth import Role
from service.gathering import Gathered, Gathering
from service.record_reading import read_candidates

from .context import Context, context_of
from .descriptions import resolver
from .issuers import CredentialProof, NewCredential, new_credential
from .rights import act
from .verifying import verify_documents


@strawberry.input(description="What goes into a stored learner's record, and how it is issued.")
class LearnerRecordInput:
    """What goes into a stored learner's record."""

    documents: list[ID] | None = strawberry.field(
        default=None, description="Ids of stored documents. Default: all that can; the record is partial otherwise."
    )
    to: str | None = strawberry.field(
        default=None,
        description="Whose it is, as the credentials say: an IRI, e-mail address or kind:value. Default: the subject "
        "that most name by an IRI.",
    )
    name: str | None = strawberry.field(default=None, description="Of the record.")
    partial: bool = strawberry.field(default=False, description="Whether the learner has more than is in it.")
    valid_until: str | None = strawberry.field(default=None, description="Date or time. Default: no end.")
    proof: CredentialProof = strawberry.field(default=CredentialProof.EDDSA_RDFC_2022, description="How it is secured.")


@strawberry.type(description="A stored document that is not in a record.")
class LeftOutDocument:
    """A stored document that is not in a record."""

    document: ID = strawberry.field(description="Its id.")
    code: str = strawberry.field(description="Why, as errors say it (`issue.*`).")
    reason: str = strawberry.field(description="Why, in one sentence.")


@strawberry.type(description="A learner's record as it leaves, once.")
class NewLearnerRecord:
    """A learner's record as it leaves."""

    record: NewCredential = strawberry.field(description="The CLR 2.0 credential.")
    documents: list[ID] = strawberry.field(description="Ids of the documents that are in it.")
    left_out: list[LeftOutDocument] = strawberry.field(description="Those that are not, where no others were chosen.")


@strawberry.type
class LearnerRecordMutations:
    """Records of stored learners."""

    @resolver(
        description="Issues what is stored of a learner as one record, a CLR 2.0 credential. Each document is verified "
        "anew; those that cannot be in it are told. Needs the learner's key, or an issuer's and a consent."
    )
    async def issue_learner_record(
        self,
        info: Info,
        input: LearnerRecordInput,  # noqa: A002 - the customary name
        learner: Annotated[ID | None, strawberry.argument(description="Default: the learner whose key it is.")] = None,
        purpose: Annotated[str | None, strawberry.argument(description="What an issuer reads it for.")] = None,
    ) -> NewLearnerRecord:
        """Issues what is stored of a learner as one record."""
        context = context_of(info)
        if context.caller.role is not Role.LEARNER:
            context.caller.require(Role.ISSUER)
        named = str(learner) if learner is not None else context.caller.learner
        if named is None:
            raise InputError("Whose record is not said.", code="learners.purpose", hint="Name the `learner`.")
        gathering = Gathering(
            to=() if input.to is None else (input.to,),
            name=input.name,
            partial=input.partial or input.documents is not None,
            proof=Proof(input.proof.value),
            valid_until=input.valid_until,
        )
        only = None if input.documents is None else [str(each) for each in input.documents]
        context.personal = True
        reader = context.learners.reader(context.caller, named, purpose)
        candidates = await read_candidates(
            context.issuing, context.learners, partial(verify_documents, context), named, reader, gathering, only
        )

        def work(own: Context, _: str) -> Gathered:
            release = own.release.view if own.caller.sees_private else own.release.public
            return own.issuing.gather_stored(candidates, gathering, lambda: release.snapshot)

        found = await act(info, work, subject=named, told=_id_of, role=context.caller.role or Role.ISSUER)
        return NewLearnerRecord(
            record=new_credential(found.issued),
            documents=[ID(each) for each in found.taken],
            left_out=[LeftOutDocument(document=ID(e.name), code=e.code, reason=e.reason) for e in found.left_out],
        )


def _id_of(found: Gathered) -> str:
    return found.issued.record.id
