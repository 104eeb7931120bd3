"""Stored learners: consents, links, the audit, erasure, what a backup brings back, and what a kill leaves. All invented."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graph.backup import make_backup, restore_backup
from graph.learner_keys import FOLDER as KEYS_FOLDER
from graph.learner_log import AUDIT, ENDINGS
from graph.learner_log import FOLDER as LOG_FOLDER
from graph.learner_rules import OPERATOR, NewDocument, Reader
from graph.learners import Learners
from ontology.errors import DamagedError, HeadwaterError, InputError, UnknownReferenceError

ROOT = Path(__file__).resolve().parent.parent
MARKERS = ["Marker-Ada-1815", "marker-badge-7731", "marker-degree-9902", "marker-purpose-5150", "marker-note-4242"]
EMPLOYER = Reader(who="key 0123456789ab", receiver="0123456789ab", purpose="hiring")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def document(text: str) -> NewDocument:
    return NewDocument(text=text, format="ob3", verdict="verified", issuer="did:example:college")


def tomorrow() -> datetime:
    return NOON + timedelta(days=1)


def content_of(folder: Path) -> bytes:
    """Every byte of every file in a folder, and every name."""
    return b"\n".join(
        str(path).encode() + b"\n" + (path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    )


def told(attempt: Callable[[], object]) -> tuple[str, str, str | None]:
    """The error as a caller sees it, without the id that they gave."""
    with pytest.raises(HeadwaterError) as caught:
        attempt()
    subject = caught.value.subject or ""
    return caught.value.code, caught.value.message.replace(subject, "…"), caught.value.hint


def test_what_is_stored_is_unreadable_without_the_key(tmp_path: Path) -> None:
    """No name, document or purpose lies open in any file; all files are their owner's alone."""
    learners = Learners(tmp_path)
    ada = learners.add(MARKERS[0])
    stored = learners.store_document(ada.id, document(MARKERS[1]), OPERATOR)
    learners.give_consent(ada.id, "0123456789ab", MARKERS[3], datetime.now(UTC) + timedelta(days=1), OPERATOR)
    learners.share(ada.id, [stored.id], datetime.now(UTC) + timedelta(days=1), OPERATOR)
    content = content_of(tmp_path)
    assert [marker for marker in MARKERS if marker.encode() in content] == []
    assert {oct(path.stat().st_mode & 0o077) for path in tmp_path.rglob("*") if path.suffix != ".lock"} == {"0o0"}
    assert learners.export(ada.id, OPERATOR)["name"] == MARKERS[0]


def test_others_read_by_consent_alone_and_learn_nothing_else(tmp_path: Path) -> None:
    """Without a consent for receiver, purpose and time the answer is that of a learner who is not there."""
    clock = Clock()
    learners = Learners(tmp_path, clock=clock)
    ada = learners.add("Ada")
    learners.store_document(ada.id, document("badge"), OPERATOR)
    absent = told(lambda: learners.read("0" * 32, EMPLOYER))
    assert told(lambda: learners.read(ada.id, EMPLOYER)) == absent
    consent = learners.give_consent(ada.id, "0123456789ab", "hiring", tomorrow(), OPERATOR)
    assert [text for _, text in learners.documents(ada.id, EMPLOYER)] == ["badge"]
    for other in (
        Reader(who="key", receiver="ba9876543210", purpose="hiring"),
        Reader(who="key", receiver="0123456789ab", purpose="marketing"),
        Reader(who="key", receiver="0123456789ab"),
        Reader(who="anybody"),
    ):
        assert told(lambda other=other: learners.documents(ada.id, other)) == absent  # type: ignore[misc]
    for change in (
        lambda: learners.erase(ada.id, EMPLOYER),
        lambda: learners.withdraw(ada.id, consent.id, EMPLOYER),
        lambda: learners.share(ada.id, ["x"], tomorrow(), EMPLOYER),
        lambda: learners.store_document(ada.id, document("forged"), EMPLOYER),
    ):
        assert told(change) == absent
    clock.now = tomorrow()
    assert told(lambda: learners.documents(ada.id, EMPLOYER)) == absent


def test_a_withdrawn_consent_opens_nothing_in_any_process(tmp_path: Path) -> None:
    """Withdrawal is in force at once, for somebody who read before too; a second withdrawal changes nothing."""
    here, there = Learners(tmp_path), Learners(tmp_path)
    ada = here.add("Ada")
    consent = here.give_consent(ada.id, "0123456789ab", "hiring", datetime.now(UTC) + timedelta(days=1), OPERATOR)
    assert there.read(ada.id, EMPLOYER).name == "Ada"
    withdrawn = here.withdraw(ada.id, consent.id, OPERATOR)
    assert withdrawn.withdrawn_at is not None
    with pytest.raises(UnknownReferenceError):
        there.read(ada.id, EMPLOYER)
    assert there.withdraw(ada.id, consent.id, OPERATOR) == withdrawn


def test_a_link_shows_chosen_documents_until_it_ends(tmp_path: Path) -> None:
    """Its secret is kept nowhere; ended, revoked, forged and foreign links get the same answer."""
    clock = Clock()
    learners = Learners(tmp_path, clock=clock)
    ada = learners.add("Ada")
    shown = learners.store_document(ada.id, document("shown"), OPERATOR)
    learners.store_document(ada.id, document("kept to herself"), OPERATOR)
    token, link = learners.share(ada.id, [shown.id], tomorrow(), OPERATOR)
    secret = token.rpartition(".")[2]
    assert secret.encode() not in content_of(tmp_path)
    assert ada.id not in token
    assert [text for _, text in learners.open_link(token)] == ["shown"]
    refused = told(lambda: learners.open_link("x"))
    other, _ = learners.share(ada.id, [shown.id], tomorrow(), OPERATOR)
    for wrong in (token[:-1], secret, "", f"{other.rpartition('.')[0]}.{secret}", "é.é", token.replace(".", "A.")):
        assert told(lambda wrong=wrong: learners.open_link(wrong)) == refused  # type: ignore[misc]
    assert learners.revoke_link(ada.id, link.id, OPERATOR).revoked_at is not None
    assert told(lambda: learners.open_link(token)) == refused
    assert len(learners.open_link(other)) == 1
    clock.now = tomorrow()
    assert told(lambda: learners.open_link(other)) == refused


def test_every_reading_is_noted_and_the_learner_can_read_it(tmp_path: Path) -> None:
    """Who, when, why and what, before anything is given back; the reading of the audit is noted too."""
    learners = Learners(tmp_path, clock=Clock())
    ada, bob = learners.add("Ada"), learners.add("Bob")
    stored = learners.store_document(ada.id, document("badge"), OPERATOR)
    consent = learners.give_consent(ada.id, "0123456789ab", "hiring", tomorrow(), OPERATOR)
    learners.documents(ada.id, EMPLOYER)
    learners.read(bob.id, OPERATOR)
    own = Reader(who="learner", own=True, purpose="own")
    entries, head = learners.audit(ada.id, own)
    assert [(each.who, each.act, each.why, each.what) for each in entries] == [
        ("operator", "stored", "command line", ("name",)),
        ("operator", "add document", "command line", (stored.id,)),
        ("operator", "consent", "command line", (consent.id,)),
        ("key 0123456789ab", "read", "hiring", (stored.id,)),
        ("learner", "audit", "own", ()),
    ]
    assert {each.at for each in entries} == {"2026-01-01T12:00:00Z"}
    assert head.count == 7


@pytest.mark.parametrize("fault", ["removed", "changed", "reordered", "cut off", "first", "all", "anchor"])
@pytest.mark.parametrize("log", [AUDIT, ENDINGS])
def test_a_log_that_is_not_what_was_written_is_told(tmp_path: Path, fault: str, log: str) -> None:
    """A line that was removed, changed, put elsewhere or cut off at the end; nothing of the learner is given then."""
    learners = Learners(tmp_path)
    ada = learners.add("Ada")
    ends = datetime.now(UTC) + timedelta(days=1)
    for place in range(4):
        consent = learners.give_consent(ada.id, "0123456789ab", f"purpose {place}", ends, OPERATOR)
        learners.withdraw(ada.id, consent.id, OPERATOR)
    path = tmp_path / LOG_FOLDER / log
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "removed": [*lines[:1], *lines[2:]],
        "changed": [lines[0].replace(b"4", b"5"), *lines[1:]],
        "reordered": [lines[1], lines[0], *lines[2:]],
        "cut off": lines[:-1],
        "first": lines[1:],
        "all": [],
        "anchor": lines,
    }[fault]
    assert fault == "anchor" or changed != lines
    path.write_bytes(b"".join(changed))
    if fault == "anchor":
        path.with_suffix(".anchor").unlink()
    for reader in (learners, Learners(tmp_path)):
        with pytest.raises(DamagedError) as caught:
            reader.audit(ada.id, OPERATOR)
        assert caught.value.code == "learners.log-damaged"


@pytest.mark.parametrize("log", [AUDIT, ENDINGS])
def test_a_line_that_is_missing_anywhere_is_told(tmp_path: Path, log: str) -> None:
    """Each line in turn, the first, those between and the last; put back, the log holds again."""
    learners = Learners(tmp_path)
    ada, ends = learners.add("Ada"), datetime.now(UTC) + timedelta(days=1)
    for place in range(5):
        consent = learners.give_consent(ada.id, "0123456789ab", f"purpose {place}", ends, OPERATOR)
        learners.withdraw(ada.id, consent.id, OPERATOR)
    path = tmp_path / LOG_FOLDER / log
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) >= 5
    for missing in range(len(lines)):
        path.write_bytes(b"".join(lines[:missing] + lines[missing + 1 :]))
        for reader in (learners, Learners(tmp_path)):
            with pytest.raises(DamagedError):
                reader.audit(ada.id, OPERATOR)
    path.write_bytes(whole)
    assert len(Learners(tmp_path).audit(ada.id, OPERATOR)[0]) >= 11


def test_a_missing_log_is_no_empty_one(tmp_path: Path) -> None:
    """Where learners are stored, a log that is gone with its anchor is told."""
    ada = Learners(tmp_path).add("Ada")
    for path in (tmp_path / LOG_FOLDER).glob("audit.*"):
        path.unlink()
    with pytest.raises(DamagedError):
        Learners(tmp_path).read(ada.id, OPERATOR)


def test_an_erased_learner_is_in_no_file(tmp_path: Path) -> None:
    """None of five planted markers is anywhere, the key is gone, and a copy of the sealed files opens for nobody."""
    learners = Learners(tmp_path / "home")
    ada, bob = learners.add(MARKERS[0]), learners.add("Bob")
    texts = [learners.store_document(ada.id, document(marker), OPERATOR) for marker in MARKERS[1:3]]
    learners.give_consent(ada.id, "0123456789ab", MARKERS[3], datetime.now(UTC) + timedelta(days=1), OPERATOR)
    learners.read(ada.id, Reader(who="operator", own=True, purpose=MARKERS[4]))
    token, _ = learners.share(ada.id, [texts[0].id], datetime.now(UTC) + timedelta(days=1), OPERATOR)
    make_backup(tmp_path / "home", tmp_path / "old.backup")
    receipt = learners.erase(ada.id, OPERATOR)
    assert learners.erase(ada.id, OPERATOR) == receipt
    content = content_of(tmp_path)
    assert [marker for marker in MARKERS if marker.encode() in content] == []
    assert not list(tmp_path.rglob(f"{ada.id}*"))
    assert learners.ids() == [bob.id]
    with pytest.raises(UnknownReferenceError):
        learners.read(ada.id, OPERATOR)
    with pytest.raises(InputError):
        learners.open_link(token)
    with pytest.raises(UnknownReferenceError):
        learners.erase("0" * 32, OPERATOR)
    assert [each.act for each in learners.audit(bob.id, OPERATOR)[0]] == ["stored", "audit"]


@pytest.mark.parametrize("with_keys", [False, True])
def test_an_old_backup_brings_nothing_back(tmp_path: Path, *, with_keys: bool) -> None:
    """What was erased, withdrawn, revoked or removed after a backup stays so when it is restored."""
    home, ends = tmp_path / "home", datetime.now(UTC) + timedelta(days=1)
    learners = Learners(home)
    ada, bob = learners.add(MARKERS[0]), learners.add("Bob")
    kept = learners.store_document(bob.id, document("kept"), OPERATOR)
    removed = learners.store_document(bob.id, document("removed"), OPERATOR)
    consent = learners.give_consent(bob.id, "0123456789ab", "hiring", ends, OPERATOR)
    token, link = learners.share(bob.id, [kept.id], ends, OPERATOR)
    make_backup(home, tmp_path / "old.backup", with_keys=with_keys)
    learners.erase(ada.id, OPERATOR)
    learners.remove_document(bob.id, removed.id, OPERATOR)
    learners.withdraw(bob.id, consent.id, OPERATOR)
    learners.revoke_link(bob.id, link.id, OPERATOR)
    noted = len(learners.audit(bob.id, OPERATOR)[0])
    restore_backup(tmp_path / "old.backup", home, force=True)
    for reader in (learners, Learners(home)):
        assert reader.ids() == [bob.id]
        for reading in (OPERATOR, EMPLOYER):
            with pytest.raises(UnknownReferenceError):
                reader.read(ada.id, reading)
        with pytest.raises(UnknownReferenceError):
            reader.read(bob.id, EMPLOYER)
        with pytest.raises(InputError):
            reader.open_link(token)
        assert [text for _, text in reader.documents(bob.id, OPERATOR)] == ["kept"]
    assert len(learners.audit(bob.id, OPERATOR)[0]) == noted + 3
    assert not list(home.rglob(f"{ada.id}.key"))
    assert MARKERS[0].encode() not in content_of(home)


def test_an_erasure_after_a_restore_reaches_what_was_moved_aside(tmp_path: Path) -> None:
    """Keys and files in the folder that a restore leaves are gone with the learner."""
    home = tmp_path / "home"
    learners = Learners(home)
    ada = learners.add("Ada")
    make_backup(home, tmp_path / "a.backup", with_keys=True)
    restore_backup(tmp_path / "a.backup", home, force=True)
    assert len(list(home.rglob(f"{ada.id}.key"))) == 2
    learners.erase(ada.id, OPERATOR)
    assert not list(home.rglob(f"{ada.id}*"))


def test_a_backup_makes_learners_elsewhere_only_with_its_keys(tmp_path: Path) -> None:
    """With the keys all is as it was, the audit too; without them nothing can be read."""
    learners = Learners(tmp_path / "home")
    ada = learners.add("Ada")
    learners.store_document(ada.id, document("badge"), OPERATOR)
    for name, with_keys in (("bare", False), ("whole", True)):
        make_backup(tmp_path / "home", tmp_path / f"{name}.backup", with_keys=with_keys)
        restore_backup(tmp_path / f"{name}.backup", tmp_path / name)
    moved = Learners(tmp_path / "whole")
    assert [text for _, text in moved.documents(ada.id, OPERATOR)] == ["badge"]
    assert [each.act for each in moved.audit(ada.id, OPERATOR)[0]] == ["stored", "add document", "read", "audit"]
    assert oct((tmp_path / "whole" / KEYS_FOLDER).stat().st_mode & 0o777) == "0o700"
    with pytest.raises(UnknownReferenceError):
        Learners(tmp_path / "bare").read(ada.id, OPERATOR)


def test_sealed_files_cannot_change_places(tmp_path: Path) -> None:
    """A record or document of another learner, or a changed byte, is told and not shown."""
    learners = Learners(tmp_path)
    ada, bob = learners.add("Ada"), learners.add("Bob")
    record = tmp_path / "learners" / ada.id / "record.sealed"
    own = record.read_bytes()
    foreign = (tmp_path / "learners" / bob.id / "record.sealed").read_bytes()
    for wrong in (foreign, own[:-1], bytes([own[0] ^ 1]) + own[1:], b""):
        record.write_bytes(wrong)
        with pytest.raises(DamagedError):
            learners.read(ada.id, OPERATOR)


@pytest.mark.parametrize("what", ["add", "store", "remove", "consent", "withdraw", "share", "read", "erase"])
def test_a_kill_leaves_no_half_of_a_change(tmp_path: Path, what: str) -> None:
    """Killed before each change of a file, the learner is as before or as after, the logs hold, and work goes on."""
    home, copies = tmp_path / "home", tmp_path / "copies"
    copies.mkdir()
    learners = Learners(home)
    ada = learners.add("Ada")
    badge = learners.store_document(ada.id, document("badge"), OPERATOR)
    ends = datetime.now(UTC) + timedelta(days=1)
    consent = learners.give_consent(ada.id, "0123456789ab", "hiring", ends, OPERATOR)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/learner_worker.py"), home, copies, ada.id, badge.id, consent.id, what],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    report = json.loads(done.stdout)
    assert report["status"] == 0
    assert report["killed"] >= 3
    seen = {_state(copies / str(step), ada.id) for step in range(report["killed"] + 1)}
    assert len(seen) == (1 if what == "read" else 2)


def _state(home: Path, ada: str) -> object:
    """What a data folder says of its learners after a kill, once the next writer has looked at it."""
    learners = Learners(home)
    learners.recover()
    states: list[object] = []
    for each in learners.ids():
        found = learners.read(each, OPERATOR)
        texts = tuple(text for _, text in learners.documents(each, OPERATOR))
        purposes = tuple((consent.purpose, consent.withdrawn_at is not None) for consent in found.consents)
        states.append((found.name, texts, purposes, len(found.links)))
        assert learners.audit(each, OPERATOR)[0][-1].act == "audit"
    if ada not in learners.ids():
        assert not list(home.rglob(f"{ada}*"))
    learners.add("The next one")
    return tuple(sorted(map(str, states)))
