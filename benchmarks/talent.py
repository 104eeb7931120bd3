"""Talent search over stored learners, beside one ranking after another by the engine's match.

The learners are real ones, sealed in a data folder of the run's own: every search reads its ten anew from their files,
notes each in the audit and counts against the budget, all durably. All of them are invented.
"""

import os
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from graph.evidence import EvidenceBook, evidence_of
from graph.layout import ResourceType
from graph.learner_files import LearnerFiles
from graph.learner_keys import LearnerKeys
from graph.learner_log import Audit, AuditEntry
from graph.learner_records import TALENT_SEARCH, Consent, Learner, StoredDocument
from graph.learners import Learners
from graph.matching import match
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import Snapshot
from graph.talent import Employer, Question, Talent
from graph.talent_trees import tree_of_role
from ontology.credentials.claims import Claim, Reference
from ontology.credentials.verdicts import Issuer, Verdict, Verification

from .made_world import Size, made_snapshot
from .report import Table

AWARDS: Final = 10
"""Of a learner: one record (CLR 2.0) with as many credentials in it."""
EMPLOYER: Final = Employer(name="acme.example", who="employer acme.example (key made)")
SIZE: Final = Size(roles=3_039, competencies=13_939, requirements=126_000)
"""As many as ESCO 1.2 has."""
SEED: Final = 20_260_101
SEARCHES: Final = 200
ONE_BY_ONE: Final = 300
"""Learners whom the engine ranks one after the other; the time of all is told from theirs."""
_AT: Final = "2026-01-01T00:00:00Z"
Tell = Callable[[str], None]


def talent_table(count: int, folder: Path, tell: Tell) -> Table:
    """Seconds of a search over so many learners with ten awards each, all of whom let the employer find them."""
    snapshot = made_snapshot(SIZE, SEED)
    home = folder / "talent"
    held = _store(home, snapshot, count)
    tell(f"talent: {count:,} learners with {AWARDS * count:,} awards stored")
    talent = Talent(home, Learners(home), searches_a_day=1_000_000)
    talent.index.refreshed(wait_seconds=3_600)
    figures = talent.index.figures()
    roles = np.random.default_rng(SEED).choice(snapshot.rows(ResourceType.JOB_ROLE), SEARCHES + 1, replace=False)
    seconds = [_searched(talent, snapshot, int(role)) for role in roles][1:]  # the first makes what is kept
    slow = _one_by_one(snapshot, held[:ONE_BY_ONE]) * count
    table = Table(title="Talent search", columns=("learners", "median ms", "p95 ms"))
    table.add("Headwater, page of ten, read anew and noted", count, *_figures(seconds))
    table.add("the engine's match of one learner after the other", count, slow * 1e3, None)
    table.remarks.append(
        f"{SEARCHES} roles of {SIZE.roles:,}, {SIZE.requirements:,} requirements, made; every learner may be found. "
        f"The index was made in {figures.seconds:,.1f} s and has {figures.size_bytes / 1e6:,.0f} MB. The second row is "
        f"{ONE_BY_ONE} learners, multiplied; it reads no record and notes nothing."
    )
    return table


def _figures(seconds: list[float]) -> tuple[float, float]:
    return statistics.median(seconds) * 1e3, sorted(seconds)[max(0, round(0.95 * len(seconds)) - 1)] * 1e3


def _searched(talent: Talent, snapshot: Snapshot, role: int) -> float:
    begun = time.perf_counter()
    question = Question(snapshot=snapshot, tree=tree_of_role(snapshot, role), policy=Policy())
    page = talent.search(question, EMPLOYER, 10)
    taken = time.perf_counter() - begun
    assert page.candidates, "every role asks for something that somebody has"
    return taken


def _one_by_one(snapshot: Snapshot, learners: list[Held]) -> float:
    """Seconds for one."""
    match(snapshot, learners[0], Policy())
    begun = time.perf_counter()
    for each in learners:
        match(snapshot, each, Policy())
    return (time.perf_counter() - begun) / len(learners)


def _store(home: Path, snapshot: Snapshot, count: int) -> list[Held]:
    """What they hold; the learners are stored as the service stores them, but for waiting for the disk."""
    home.mkdir()
    draw = np.random.default_rng(SEED)
    keys, files, audit = LearnerKeys(home), LearnerFiles(home), Audit(home)
    held, entries = [], []
    with _without_fsync():
        for _ in range(count):
            rows = dict.fromkeys(draw.choice(snapshot.node_target, AWARDS).tolist())
            learner, document = secrets.token_hex(16), secrets.token_hex(16)
            seal = keys.create(learner)
            record = _record(learner, document)
            files.write(record, seal)
            found = _record_of([snapshot.iris[row] for row in rows], learner)
            files.write_evidence(learner, EvidenceBook().having(document, evidence_of(found, _AT)), seal)
            entries.append((learner, seal, AuditEntry(at=_AT, who="operator", act="stored", why="made", what=())))
            held.append(Held(competencies=tuple(HeldCompetency(row=row) for row in rows)))
        audit.append_all(entries)
    return held


def _record(learner: str, document: str) -> Learner:
    stored = StoredDocument(
        id=document, added_at=_AT, sha256="0" * 64, size_bytes=0, format="clr2", verdict="verified", issuer=None
    )
    consent = Consent(
        id=secrets.token_hex(16), receiver=EMPLOYER.name, purpose=TALENT_SEARCH, given_at=_AT, ends_at="2999-01-01"
    )
    return Learner(id=learner, name=None, created_at=_AT, documents=(stored,), consents=(consent,))


def _record_of(iris: list[str], learner: str) -> Verification:
    """A record that was verified, with a credential inside for each thing."""
    issuer, subject = Issuer(id="did:example:college", proven=True), frozenset({f"did:example:{learner}"})

    def verified(claims: tuple[Claim, ...], inside: tuple[Verification, ...], form: str) -> Verification:
        return Verification(
            format=form, verdict=Verdict.VERIFIED, issuer=issuer, subject_ids=subject, claims=claims, embedded=inside
        )

    badges = (verified((Claim(achievement=Reference(iris=(iri,))),), (), "ob3") for iri in iris)
    return verified((), tuple(badges), "clr2")


@contextmanager
def _without_fsync() -> Iterator[None]:
    """Nothing is waited for: what a run makes for itself need not outlive the machine."""
    before, os.fsync = os.fsync, lambda fd: None
    try:
        yield
    finally:
        os.fsync = before
