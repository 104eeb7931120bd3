"""Credentials of many learners as rows of a snapshot: verified, counted, and told one by one.

Verified by processes that can be killed, one at a time beside each process that scores; counted as those of a query
are. Knows no ranking. Called by batch_scoring.
"""

import atexit
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from ontology.credentials.verdicts import Verdict, Verification
from ontology.credentials.verifying_process import VerifyingProcesses
from ontology.credentials.verifying_worker import Request, Terms, all_terms
from ontology.learner_documents import LearnerDocument, read_documents
from ontology.learner_files import Slice
from ontology.learner_rows import MAX_NAME_CHARACTERS
from ontology.model import Finding, FindingLevel, Source, shorten

from .awards import CountedDocuments, References, count_documents, leaves, recognise
from .batch_references import ResolvedRows
from .layout import ResourceType
from .many_learners import learners_of
from .policy import Held, HeldAward, HeldCompetency
from .snapshot import Snapshot

SECONDS: Final = 60.0
"""For one document, with all that it may fetch."""
NAMED: Final = 5
"""Things not known here that a finding names; the table has all."""
_FALSE: Final = frozenset({Verdict.INVALID, Verdict.TAMPERED})
"""What makes a document nothing that anybody holds."""

DOCUMENT_COLUMNS: Final = pa.schema(
    [
        ("learner", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("format", pa.string()),
        ("id", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("issuer", pa.string()),
        ("issuer_proven", pa.bool_()),
        ("issuer_trusted", pa.bool_()),
        ("subject", pa.string()),
        ("same_subject", pa.bool_()),
        ("inside", pa.int32()),
        ("inside_verified", pa.int32()),
        ("counted", pa.int32()),
        ("recognised", pa.list_(pa.string())),
        ("unresolved", pa.list_(pa.string())),
    ]
)
"""A row for each document, scored or not. `same_subject`: it is about whom the learner's others are about; `inside`:
credentials in it at all depths; `counted`: things that it gives; `recognised`: IRIs, `unresolved`: as the document says
it. `learner` is null of a document that no learner could be made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTerms:
    """How a run verifies credentials. The same terms, the same verdicts, as long as what is fetched stays the same."""

    terms: Terms
    instant: str
    """ISO 8601; of a run that goes on the one when it began."""
    by_subject: bool = False
    checksum: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(all_terms().dump_json(self.terms))
        for given in self.terms.given:
            for path in given.files.values():
                digest.update(path.read_bytes() if path.is_file() else b"")
        object.__setattr__(self, "checksum", digest.hexdigest())

    def __hash__(self) -> int:
        return hash((self.checksum, self.instant, self.by_subject))

    def described(self) -> dict[str, object]:
        """What makes it the one it is."""
        return {"instant": self.instant, "terms": self.checksum, "bySubject": self.by_subject}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldDocument:
    """A document and what became of it."""

    learner: str | None
    document: LearnerDocument
    found: Verification
    same_subject: bool
    counted: int
    recognised: tuple[str, ...]
    unresolved: tuple[str, ...]


_processes: dict[str, VerifyingProcesses] = {}


def _processes_of(terms: DocumentTerms) -> VerifyingProcesses:
    """Those of this process; a run that comes after another one takes their place."""
    if terms.checksum not in _processes:
        end_verifying()
        _processes[terms.checksum] = VerifyingProcesses(terms.terms, at_once=1, seconds=SECONDS)
    return _processes[terms.checksum]


@atexit.register
def end_verifying() -> None:
    """Nothing; no process that verifies runs any more."""
    while _processes:
        _processes.popitem()[1].close()


class DocumentBook:
    """Makes learners of documents, in one snapshot under one run's terms. Not safe from threads."""

    def __init__(self, snapshot: Snapshot, terms: DocumentTerms, *, count_unproven: bool):
        self._snapshot = snapshot
        self._terms = terms
        self._count_unproven = count_unproven
        self._now = datetime.fromisoformat(terms.instant)
        self._references = References(snapshot)

    def resolved(self, path: Path, part: Slice) -> tuple[ResolvedRows, list[ToldDocument]]:
        """The learners of a part of a file of documents, and what is told of each document."""
        told: list[ToldDocument] = []
        findings: list[Finding] = []
        names, files, lines, held, read = [], [], [], [], 0
        for documents in read_documents(path, part.start, part.end):
            read += 1
            processes = _processes_of(self._terms)
            found = [processes.answer(Request(now=self._now, name=_name(each)), each.data) for each in documents]
            counted = count_documents(self._references, found, count_unproven=self._count_unproven)
            stands = any(each.verdict not in _FALSE for each in found)
            learner = _learner(documents, found) if stands else None
            own = list(self._told(learner, documents, found, counted))
            told += own
            findings += [finding for each in own for finding in _findings(each)]
            if learner is not None:
                names.append(learner)
                files.append(documents[0].file)
                lines.append(documents[0].line)
                held.append(self._held(counted.awards))
        rows = ResolvedRows(
            learners=learners_of(held),
            names=names,
            files=files,
            lines=np.array(lines, np.int64),
            findings=findings,
            read=read,
            refused=read - len(names),
        )
        return rows, told

    def _told(
        self,
        learner: str | None,
        documents: Iterable[LearnerDocument],
        found: Iterable[Verification],
        counted: CountedDocuments,
    ) -> Iterator[ToldDocument]:
        for place, (document, each) in enumerate(zip(documents, found, strict=True)):
            recognised = recognise(self._references, each)
            yield ToldDocument(
                learner=learner,
                document=document,
                found=each,
                same_subject=place not in counted.odd,
                counted=len({award.row for award in counted.awards if award.counts and award.document == place}),
                recognised=tuple(self._snapshot.iris[row] for row in recognised.rows),
                unresolved=recognised.unresolved,
            )

    def _held(self, awards: Iterable[HeldAward]) -> Held:
        """What counts, as what is claimed: its standing changes no score."""
        counted = [award for award in awards if award.counts]
        kinds = {award.row: ResourceType(int(self._snapshot.types[award.row])) for award in counted}
        return Held(
            competencies=tuple(
                HeldCompetency(row=each.row, value=each.value, scale=each.scale)
                for each in counted
                if kinds[each.row] is ResourceType.COMPETENCY
            ),
            credentials=tuple(row for row, kind in kinds.items() if kind is ResourceType.CREDENTIAL),
            courses=tuple(row for row, kind in kinds.items() if kind is ResourceType.COURSE),
        )


def _name(document: LearnerDocument) -> str:
    return document.file.rpartition("/")[2]


def _learner(documents: list[LearnerDocument], found: list[Verification]) -> str:
    """The subject by which they were gathered, else the one that is said, else the file."""
    said = documents[0].learner or next((each.subject for each in found if each.subject), None)
    return said if said and len(said) <= MAX_NAME_CHARACTERS else documents[0].file


def _findings(told: ToldDocument) -> Iterator[Finding]:
    """What is told of one document."""
    found, document = told.found, told.document
    source = Source(file=document.file, line=document.line)
    subject = shorten(found.id) if found.id else None

    def finding(level: FindingLevel, code: str, message: str, fix: str) -> Finding:
        return Finding(
            level=level,
            code=code,
            message=message,
            subject=subject,
            source=source,
            fix=fix,
        )

    reason = found.reason or ""
    if found.verdict is Verdict.INVALID:
        fix = "Give a credential as JSON, JSON-LD, JWT, or baked PNG or SVG."
        yield finding(FindingLevel.MUST, "batch.document-invalid", f"It is invalid: {reason}", fix)
        return
    if found.verdict is Verdict.TAMPERED:
        fix = "Ask its issuer for it again."
        yield finding(FindingLevel.MUST, "batch.document-tampered", f"It is tampered with: {reason}", fix)
        return
    if not told.same_subject:
        message = "It is about somebody else than the learner's other documents, and does not count."
        yield finding(FindingLevel.SHOULD, "batch.document-subject", message, "Give it as that learner's.")
    elif not told.counted and (why := _why(told)):
        fix = "Nothing, where that is so; docs/credentials.md says what counts, and --count-unproven counts more."
        yield finding(FindingLevel.SHOULD, "batch.document-not-counted", f"It does not count: {why}", fix)
    if told.unresolved:
        shown = ", ".join(shorten(each) for each in told.unresolved[:NAMED])
        more = f" and {len(told.unresolved) - NAMED:,} more" if len(told.unresolved) > NAMED else ""
        fix = "Load the dataset that describes it, or align it."
        yield finding(FindingLevel.SHOULD, "batch.document-unresolved", f"Not known here: {shown}{more}.", fix)


def _why(told: ToldDocument) -> str | None:
    """Why nothing of a document counts; None where nothing that it says is known here."""
    if not told.recognised:
        return None
    for leaf in leaves(told.found):
        if leaf.claims and leaf.verdict is not Verdict.VERIFIED:
            return f"{leaf.verdict.value}: {leaf.reason}"
    unproven = [leaf for leaf in leaves(told.found) if leaf.claims and not (leaf.issuer.proven or leaf.issuer.trusted)]
    if unproven:
        return "it is not proven that the key is the issuer's."
    if any(leaf.claims and not leaf.subject_ids for leaf in leaves(told.found)):
        return "it does not say whose it is."
    return "its results say that nothing was achieved."


def document_table(told: Iterable[ToldDocument]) -> pa.Table:
    """The rows of `DOCUMENT_COLUMNS`."""
    rows = [
        {
            "learner": each.learner,
            "file": each.document.file,
            "line": each.document.line,
            "format": each.found.format,
            "id": each.found.id,
            "verdict": each.found.verdict.value,
            "reason": each.found.reason,
            "issuer": each.found.issuer.id,
            "issuer_proven": each.found.issuer.proven,
            "issuer_trusted": each.found.issuer.trusted,
            "subject": each.found.subject,
            "same_subject": each.same_subject,
            "inside": sum(1 for _ in leaves(each.found)) - 1,
            "inside_verified": sum(leaf.verdict is Verdict.VERIFIED for leaf in list(leaves(each.found))[1:]),
            "counted": each.counted,
            "recognised": list(each.recognised),
            "unresolved": list(each.unresolved),
        }
        for each in told
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENT_COLUMNS)
