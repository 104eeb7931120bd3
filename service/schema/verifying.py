"""Documents of a question: verified beside the loop, counted as cost, shown with what of them is known here.

Called by the root fields that take documents.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from graph.awards import References, recognise
from ontology.credentials.verdicts import Verification
from service.presenting import ANSWERED, Judged

from .context import Context
from .documents import Check, DocumentVerdict
from .view import View

ROWS_PER_DOCUMENT = 500
"""What a document costs of a request's budget, in edges: some 10 ms of work."""
ODD = "It is about somebody else than the other documents, so it does not count."
NOT_THE_HOLDERS = "A credential in it is about somebody else than its holder, and does not count."


async def verify_documents(
    context: Context, documents: Sequence[str], recipients: Sequence[str] = ()
) -> list[Verification]:
    """The verdicts in order. Raises InputError, RowsExceededError, BusyError."""
    if not documents:
        return []
    context.spend(ROWS_PER_DOCUMENT * len(documents))
    return await context.verifier.verify(documents, recipients)


async def look_up(view: View, verifications: Sequence[Verification]) -> References:
    """The references of documents, looked up beside the loop."""
    references = References(view.snapshot)

    def find_all() -> None:
        for verification in verifications:
            recognise(references, verification)

    await asyncio.to_thread(find_all)
    return references


def show_verdicts(
    view: View,
    references: References,
    verifications: Iterable[Verification],
    told: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> list[DocumentVerdict]:
    """The verdicts as the contract has them.

    Args:
        references: of the view's release; what they have looked up already costs nothing.
        told: what is to be said of whose they are, by position.
    """
    return [
        _show(view, references, index, verification, told.get(index, ()))
        for index, verification in enumerate(verifications)
    ]


def tell_whose(judged: Mapping[int, Judged], odd: Iterable[int] = ()) -> dict[int, list[str]]:
    """What is to be said of whose documents are, by position.

    Args:
        judged: what came of presentations.
        odd: positions of documents that are about somebody else than the others.
    """
    told = {place: [each.told] for place, each in judged.items()}
    for place in odd:
        presented = place in judged and judged[place].holder is not None
        told.setdefault(place, []).append(NOT_THE_HOLDERS if presented else ODD)
    return told


def _show(
    view: View, references: References, index: int, verification: Verification, told: Sequence[str]
) -> DocumentVerdict:
    known = recognise(references, verification)
    checks = [
        Check(step=check.step.value, outcome=check.outcome.value, reason=check.reason) for check in verification.checks
    ]
    if told:
        checks = [
            Check(
                step=each.step,
                outcome=each.outcome if tuple(told) == (ANSWERED,) else "remark",
                reason=" ".join(filter(None, (each.reason, *told))),
            )
            if each.step == "subject" and each.outcome != "fail"
            else each
            for each in checks
        ]
    return DocumentVerdict(
        index=index,
        format=verification.format,
        verdict=verification.verdict.value,
        issuer=verification.issuer.id,
        issuer_proven=verification.issuer.proven,
        subject=verification.subject,
        checks=checks,
        recognised=[view.resource(row) for row in known.rows],
        unresolved=list(known.unresolved),
        embedded=show_verdicts(view, references, verification.embedded),
    )
