"""Batches of credentials: scores of what is proven, as `match` has them; nothing lost, whoever does the work."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import pyarrow.parquet as pq
import pytest
from batch_world import carry_out, files_of, matches_of, planned
from credential_signing import Document, Signer, achievement, badge, record
from many_worlds import network

from graph.awards import References, count_documents
from graph.batch import Run, finish_run, instant_of, open_run
from graph.batch_documents import DocumentTerms, end_verifying
from graph.batch_scoring import score_part
from graph.batch_workers import score_parts
from graph.matching import Held, Policy, match
from graph.snapshot import ResourceType, Snapshot
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.verification import verify
from ontology.credentials.verifying_worker import Given, Terms
from ontology.errors import InputError
from ontology.learner_files import Gathering
from ontology.model import FindingLevel

SIGNER = Signer()
TERMS = DocumentTerms(terms=Terms(), instant="2026-06-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return network(11)


@pytest.fixture
def index(tmp_path: Path, snapshot: Snapshot) -> Path:
    path = tmp_path / "1.snapshot"
    snapshot.save(path)
    return path


def award(learner: str | None, *iris: str, signer: Signer = SIGNER, **changes: Any) -> Document:
    """A badge whose achievement is the first and is aligned to the others."""
    alignments = [{"type": ["Alignment"], "targetName": "x", "targetUrl": iri} for iri in iris[1:]]
    more = {"alignment": alignments} if alignments else {}
    subject = {"type": ["AchievementSubject"], "achievement": achievement(id=iris[0], **more)}
    return badge(signer, credentialSubject=subject | ({} if learner is None else {"id": learner}), **changes)


def things(snapshot: Snapshot, kind: ResourceType) -> list[str]:
    return [snapshot.iris[row] for row in snapshot.rows(kind).tolist()]


@pytest.fixture(scope="module")
def documents(snapshot: Snapshot) -> list[Document | str]:
    """Badges, records and tokens of six learners, in turns; what is wrong with some is their number's."""
    skills, credentials = things(snapshot, ResourceType.COMPETENCY), things(snapshot, ResourceType.CREDENTIAL)
    made: list[Document | str] = []
    for number in range(24):
        learner = f"did:example:invented-{number % 6}"
        iris = [credentials[number % 6], *skills[number : number + 4]]
        if number % 8 == 3:
            made.append(SIGNER.token(award(learner, *iris), sub=learner))
        elif number % 8 == 5:
            inside: list[Document | str] = [SIGNER.sign(award(learner, skill)) for skill in skills[number : number + 3]]
            subject = {"id": learner, "type": ["ClrSubject"], "verifiableCredential": inside}
            made.append(SIGNER.sign(record(SIGNER, inside, credentialSubject=subject)))
        elif number % 8 == 6:
            made.append(SIGNER.sign(award(learner, *iris, validUntil="2026-05-01T00:00:00Z")))
        else:
            made.append(SIGNER.sign(award(learner, *iris)))
    return made


def lines_of(path: Path, documents: Sequence[Document | str | bytes]) -> Path:
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in documents]
    path.write_bytes(b"\n".join(lines))
    return path


def run_of(source: Path, folder: Path, index: Path, *, terms: DocumentTerms = TERMS, **how: Any) -> Run:
    scratch = folder.with_name(f"{folder.name}.scratch")
    scratch.mkdir(exist_ok=True)
    gathering = Gathering(folder=scratch, by_subject=terms.by_subject)
    return planned(source, folder, index, gathering=gathering, documents=terms, **how)


def expected(snapshot: Snapshot, learners: dict[str, list[bytes]], policy: Policy) -> list[tuple[Any, ...]]:
    """What `match` says of each learner's documents."""
    under = Circumstances(now=datetime.fromisoformat(TERMS.instant))
    found = []
    for learner, own in learners.items():
        verified = [verify(each, under) for each in own]
        awards = count_documents(References(snapshot), verified, count_unproven=policy.count_unproven).awards
        ranked = match(snapshot, Held(awards=awards), policy)
        for place in range(min(5, len(ranked))):
            role = ranked.detail(place)
            counts = (len(role.met), len(role.partial), len(role.missing))
            found.append((learner, place + 1, snapshot.iris[role.role], role.score, role.qualified, *counts))
    return found


def table_of(folder: Path, name: str = "documents") -> list[dict[str, Any]]:
    return [row for path in sorted((folder / name).iterdir()) for row in pq.read_table(path).to_pylist()]


def subject_of(document: Document | str) -> str:
    if isinstance(document, str):
        carried: Document = jwt.decode(document, options={"verify_signature": False})["vc"]
        return subject_of(carried)
    return str(document["credentialSubject"]["id"])


def test_each_document_is_a_learner_or_each_subject(
    tmp_path: Path, index: Path, snapshot: Snapshot, documents: list[Document | str]
) -> None:
    """The scores of `match` over the same documents, bit for bit; a row for each document; unproven ones as asked."""
    source = lines_of(tmp_path / "all.jsonl", documents)
    raw = [json.dumps(each).encode() for each in documents]
    policy = Policy(close=0.7)
    totals, _ = carry_out(run_of(source, tmp_path / "each", index, policy=policy, rows=7), index)
    assert (totals.read, totals.scored, totals.refused, totals.documents, totals.parts) == (24, 24, 0, 24, 4)
    alone = [(subject_of(each), data) for each, data in zip(documents, raw, strict=True)]
    want = [row for name, data in alone for row in expected(snapshot, {name: [data]}, policy)]
    assert matches_of(tmp_path / "each") == want
    learners = table_of(tmp_path / "each", "learners")
    assert [(row["learner"], row["line"]) for row in learners] == [(name, n) for n, (name, _) in enumerate(alone, 1)]
    gathered: dict[str, list[bytes]] = {}
    for name, data in alone:
        gathered.setdefault(name, []).append(data)
    by_subject = DocumentTerms(terms=Terms(), instant=TERMS.instant, by_subject=True)
    totals, _ = carry_out(run_of(source, tmp_path / "by", index, terms=by_subject, policy=policy, rows=9), index)
    assert (totals.read, totals.scored, totals.documents) == (6, 6, 24)
    assert matches_of(tmp_path / "by") == expected(snapshot, gathered, policy)
    verdicts = [row["verdict"] for row in sorted(table_of(tmp_path / "by"), key=lambda row: row["line"])]
    assert verdicts == ["expired" if number % 8 == 6 else "verified" for number in range(24)]


def test_workers_and_parts_change_nothing(
    tmp_path: Path, index: Path, snapshot: Snapshot, documents: list[Document | str]
) -> None:
    """Two processes give the bytes of one; other parts give the same rows; a run goes on as of when it began."""
    source = lines_of(tmp_path / "all.jsonl", documents)
    carry_out(run_of(source, tmp_path / "one", index, rows=5), index)
    carry_out(run_of(source, tmp_path / "two", index, rows=5), index, workers=2)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    carry_out(run_of(source, tmp_path / "parts", index, rows=3), index)
    assert matches_of(tmp_path / "parts") == matches_of(tmp_path / "one")
    assert table_of(tmp_path / "parts") == table_of(tmp_path / "one")
    before = files_of(tmp_path / "one")
    (tmp_path / "one/documents/part-00001.parquet").write_bytes(b"PAR1")
    (tmp_path / "one/parts/00003.json").unlink()
    assert instant_of(tmp_path / "one") == TERMS.instant
    _, done = carry_out(run_of(source, tmp_path / "one", index, rows=5), index)
    assert sorted(report.number for report in done) == [1, 3]
    assert files_of(tmp_path / "one") == before
    for other in (
        DocumentTerms(terms=Terms(trusted={"x": ["y"]}), instant=TERMS.instant),
        DocumentTerms(terms=Terms(), instant="2026-07-01T00:00:00+00:00"),
    ):
        with pytest.raises(InputError, match="documents"):
            open_run(run_of(source, tmp_path / "one", index, rows=5, terms=other), index)


def test_nothing_is_lost_of_what_does_not_count(tmp_path: Path, index: Path, snapshot: Snapshot) -> None:
    """Each document has its row and its finding: what is invalid or tampered with is refused, the rest is scored."""
    skill, other = things(snapshot, ResourceType.COMPETENCY)[:2]
    good = SIGNER.sign(award("did:x:1", skill))
    changed = json.loads(json.dumps(good))
    changed["credentialSubject"]["achievement"]["id"] = other
    https = award("did:x:4", skill, issuer={"id": "https://college.example/i", "type": ["Profile"]})
    unproven = SIGNER.sign(https, method=f"https://college.example/i#{SIGNER.multikey}")
    unknown = SIGNER.sign(award("did:x:6", "https://nowhere.example/1", skill, "https://nowhere.example/2"))
    documents: list[Document | str | bytes] = [
        good,
        b"{nonsense",
        changed,
        SIGNER.sign(award("did:x:3", skill, validUntil="2026-02-01T00:00:00Z")),
        unproven,
        award("did:x:5", skill),
        unknown,
        b'"not.a.token"',
        SIGNER.sign(award(None, skill)),
        SIGNER.sign(award("did:x:9", "https://nowhere.example/3")),
    ]
    source = lines_of(tmp_path / "all.jsonl", documents)
    totals, done = carry_out(run_of(source, tmp_path / "out", index), index)
    assert (totals.read, totals.scored, totals.refused, totals.documents) == (10, 7, 3, 10)
    rows = table_of(tmp_path / "out")
    assert [(row["verdict"], row["counted"], row["learner"]) for row in rows] == [
        ("verified", 1, "did:x:1"),
        ("invalid", 0, None),
        ("tampered", 0, None),
        ("expired", 0, "did:x:3"),
        ("verified", 0, "did:x:4"),
        ("unverifiable", 0, "did:x:5"),
        ("verified", 1, "did:x:6"),
        ("invalid", 0, None),
        ("verified", 0, "all.jsonl"),
        ("verified", 0, "did:x:9"),
    ]
    assert (rows[6]["recognised"], rows[6]["unresolved"]) == (
        [skill],
        ["https://nowhere.example/1", "https://nowhere.example/2"],
    )
    told = [(each.source.line, each.code, each.level) for part in done for each in part.findings if each.source]
    must, should = FindingLevel.MUST, FindingLevel.SHOULD
    assert told == [
        (2, "batch.document-invalid", must),
        (3, "batch.document-tampered", must),
        (4, "batch.document-not-counted", should),
        (5, "batch.document-not-counted", should),
        (6, "batch.document-not-counted", should),
        (7, "batch.document-unresolved", should),
        (8, "batch.document-invalid", must),
        (9, "batch.document-not-counted", should),
        (10, "batch.document-unresolved", should),
    ]
    totals, _ = carry_out(run_of(source, tmp_path / "more", index, policy=Policy(count_unproven=True)), index)
    assert [row["counted"] for row in table_of(tmp_path / "more")] == [1, 0, 0, 0, 1, 1, 1, 0, 1, 0]


def test_a_learner_is_refused_only_without_any_document_that_stands(
    tmp_path: Path, index: Path, snapshot: Snapshot
) -> None:
    """By subject: a tampered document beside a good one is told, and the good one counts."""
    skill, other = things(snapshot, ResourceType.COMPETENCY)[:2]
    good = SIGNER.sign(award("did:x:1", skill))
    changed = json.loads(json.dumps(good))
    changed["credentialSubject"]["achievement"]["id"] = other
    alone = json.loads(json.dumps(changed))
    alone["credentialSubject"]["id"] = "did:x:2"
    source = lines_of(tmp_path / "all.jsonl", [changed, good, alone])
    by_subject = DocumentTerms(terms=Terms(), instant=TERMS.instant, by_subject=True)
    totals, _ = carry_out(run_of(source, tmp_path / "out", index, terms=by_subject), index)
    assert (totals.read, totals.scored, totals.refused, totals.documents) == (2, 1, 1, 3)
    assert {row[0] for row in matches_of(tmp_path / "out")} <= {"did:x:1"}
    assert matches_of(tmp_path / "out") == expected(snapshot, {"did:x:1": [json.dumps(good).encode()]}, Policy())


def test_what_is_given_needs_no_fetch_and_is_part_of_the_run(tmp_path: Path, index: Path, snapshot: Snapshot) -> None:
    """A key document from a file; the same file with another content is another run."""
    did = "did:web:college.example"
    skill = things(snapshot, ResourceType.COMPETENCY)[0]
    document = award("did:x:1", skill, issuer={"id": did, "type": ["Profile"]})
    source = lines_of(tmp_path / "all.jsonl", [SIGNER.sign(document, method=f"{did}#k")])
    method = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": SIGNER.multikey}
    published = {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    (tmp_path / "did.json").write_text(json.dumps(published), "utf-8")

    def terms() -> DocumentTerms:
        given = Given(files={"https://college.example/.well-known/did.json": tmp_path / "did.json"})
        return DocumentTerms(terms=Terms(given=(given,)), instant=TERMS.instant)

    carry_out(run_of(source, tmp_path / "without", index), index)
    assert [row["counted"] for row in table_of(tmp_path / "without")] == [0]
    carry_out(run_of(source, tmp_path / "out", index, terms=terms()), index)
    assert [row["counted"] for row in table_of(tmp_path / "out")] == [1]
    (tmp_path / "did.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match="documents"):
        open_run(run_of(source, tmp_path / "out", index, terms=terms()), index)


def test_a_document_that_kills_costs_its_own_verdict(
    tmp_path: Path, index: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes too long is unverifiable; the ones beside it are scored."""
    skill = things(snapshot, ResourceType.COMPETENCY)[0]
    many = [SIGNER.sign(award("did:x:1", skill, id=f"urn:uuid:{number}")) for number in range(300)]
    subject = {"id": "did:x:1", "type": ["ClrSubject"], "verifiableCredential": many}
    slow = SIGNER.sign(record(SIGNER, [], credentialSubject=subject))
    good = SIGNER.sign(award("did:x:2", skill))
    source = lines_of(tmp_path / "all.jsonl", [good, slow, good])
    run = run_of(source, tmp_path / "out", index)
    open_run(run, index)
    end_verifying()
    monkeypatch.setattr("graph.batch_documents.SECONDS", 0.1)
    try:
        report = score_part(run, 0)
    finally:
        end_verifying()
    finish_run(run, [report])
    verdicts = [row["verdict"] for row in table_of(tmp_path / "out")]
    assert verdicts[1] == "unverifiable"
    assert "0.1 s" in str(table_of(tmp_path / "out")[1]["reason"])


def test_tables_and_documents_are_one_run(tmp_path: Path, index: Path, snapshot: Snapshot) -> None:
    """Files of both kinds in one folder: the parts of each beside each other, and no process stays behind."""
    skill = things(snapshot, ResourceType.COMPETENCY)[0]
    folder = tmp_path / "in"
    folder.mkdir()
    lines_of(folder / "a.json", [SIGNER.sign(award("did:x:1", skill))])
    (folder / "b.csv").write_text(f"learner,competencies\nann,{skill}\n", "utf-8")
    run = run_of(folder, tmp_path / "out", index)
    reports = open_run(run, index)
    done = list(score_parts(run, [n for n in range(len(run.slices)) if n not in reports], workers=1))
    totals = finish_run(run, done)
    assert (totals.scored, totals.documents, totals.parts) == (2, 1, 2)
    scores: dict[str, list[Any]] = {}
    for row in matches_of(tmp_path / "out"):
        scores.setdefault(row[0], []).append(row[1:])
    assert scores["ann"] == scores["did:x:1"]
