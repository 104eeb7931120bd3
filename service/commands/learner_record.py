"""The command that puts what is stored of a learner into one record, issued by the issuer of the data folder."""

from functools import partial
from typing import Annotated

import typer

from graph.learner_rules import OPERATOR, Reader
from service import console

from .issuing import DATA_INTEGRITY, Output, Partial, ProofOption, RecordName, ValidUntil, deliver, read_proof
from .learners import Id, Why, learners_app
from .options import AsJson, Home, Resolve, settings_of


@learners_app.command("record")
def issue_record(
    learner: Id,
    documents: Annotated[
        list[str] | None,
        typer.Option("--document", "-d", help="Id of a document that goes into it. Default: all that can."),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Whose they are, as at issuing. Default: the subject that most name by an IRI."),
    ] = None,
    name: RecordName = None,
    partial_record: Partial = False,
    valid_until: ValidUntil = None,
    proof: ProofOption = DATA_INTEGRITY,
    resolve: Resolve = None,
    output: Output = None,
    why: Why = OPERATOR.purpose,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Issue what is stored of a learner as one Comprehensive Learner Record (CLR 2.0). Each is verified anew."""
    from graph.releases import current_snapshot
    from ontology.credentials.verification import verify
    from service.gathering import Gathering, candidate
    from service.issuing import Issuing
    from service.learners import LearnerDesk
    from service.verifying import circumstances_of

    settings = settings_of(home)
    gathering = Gathering(
        to=tuple(to or ()),
        name=name,
        partial=partial_record or documents is not None,
        proof=read_proof(proof),
        valid_until=valid_until,
    )
    issuing = Issuing(settings.home, settings.public_url)
    issuing.check()
    recipients = [each.value for each in gathering.recipient().identifiers]
    desk = LearnerDesk(settings.home, settings.public_url)
    stored = desk.stored.documents(
        learner, Reader(who=OPERATOR.who, own=True, purpose=why), act="record", only=documents
    )
    under = circumstances_of(settings, resolve=resolve, recipients=recipients)
    candidates = []
    for each, text in stored:
        content = text.encode("utf-8", "surrogatepass")
        candidates.append(candidate(each.id, content, verify(content, under, each.id)))
    gathered = issuing.gather_stored(candidates, gathering, partial(current_snapshot, settings.home))
    left = [{"document": each.name, "code": each.code, "reason": each.reason} for each in gathered.left_out]
    for one in gathered.left_out:
        console.tell(f"Left out: {one.reason}")
    deliver(gathered.issued, output, as_json=as_json, told={"documents": list(gathered.taken), "leftOut": left})
