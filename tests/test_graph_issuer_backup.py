"""An issuer in a backup: whole, secret, and never so restored that an index is given away twice."""

import stat
import threading
from pathlib import Path

import pytest
from credential_samples import ACHIEVEMENT, RECIPIENT

from graph.backup import make_backup, restore_backup, verify_backup
from graph.issuer import Issuer, Proof, Terms
from ontology.errors import DamagedError, InputError

TERMS = Terms(recipient=RECIPIENT, proof=Proof.JWT)


def issue(issuer: Issuer) -> str:
    return issuer.issue(issuer.define(ACHIEVEMENT), TERMS).record.id


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    found = Issuer(tmp_path / "home")
    found.create({}, "Invented College", "https://college.example")
    return found


def test_a_restored_issuer_revokes_what_was_issued_and_goes_on_with_new_lists(issuer: Issuer, tmp_path: Path) -> None:
    """Keys, definitions and register are there, readable for their owner alone; what came after the backup is not in them."""
    before = issue(issuer)
    report = make_backup(tmp_path / "home", tmp_path / "b.tar", with_issuer=True)
    assert (report.with_issuer, report.release) == (True, None)
    assert verify_backup(tmp_path / "b.tar").with_issuer
    after = issue(issuer)
    issuer.rotate()
    restore_backup(tmp_path / "b.tar", tmp_path / "new")
    restored = Issuer(tmp_path / "new")
    assert restored.identity().key.multikey == issuer.identity().keys[0].multikey
    assert [each.id for each in restored.issued()] == [before]
    assert restored.revoke(before, by="test").revoked_at is not None
    following = restored.get(issue(restored))
    assert following.status[0][0] == 2, "a list of its own: an index of the first may be out there"
    assert restored.get(issue(restored)).status[0][0] == 2
    assert restored.achievement_keys() == issuer.achievement_keys()
    assert after not in {each.id for each in restored.issued()}
    for path in (tmp_path / "new" / "issuer").rglob("*"):
        if path.is_file() and "achievements" not in path.parts:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "new" / "issuer").stat().st_mode) == 0o700


def test_an_issuer_is_in_no_backup_that_does_not_ask_for_it(issuer: Issuer, tmp_path: Path) -> None:
    """Neither its keys nor its register; with nothing else to back up there is no backup."""
    issue(issuer)
    (tmp_path / "home" / "keys.json").write_text('{"keys": []}')
    report = make_backup(tmp_path / "home", tmp_path / "b.tar", with_keys=True)
    assert not report.with_issuer
    content = (tmp_path / "b.tar").read_bytes()
    assert b"PRIVATE KEY" not in content
    assert b"register" not in content
    (tmp_path / "home" / "keys.json").unlink()
    with pytest.raises(InputError):
        make_backup(tmp_path / "home", tmp_path / "c.tar")


def test_a_living_issuer_is_not_put_back(issuer: Issuer, tmp_path: Path) -> None:
    """A restore into its own folder leaves the register as it is, with what was issued since."""
    before = issue(issuer)
    make_backup(tmp_path / "home", tmp_path / "b.tar", with_issuer=True)
    after = issue(issuer)
    restore_backup(tmp_path / "b.tar", tmp_path / "home", force=True)
    assert [each.id for each in Issuer(tmp_path / "home").issued()] == [before, after]


def test_a_backup_beside_issuing_is_of_one_moment(issuer: Issuer, tmp_path: Path) -> None:
    """Whatever was acknowledged before it began is in it, and it restores whole, a change of the key meanwhile or not."""
    issued: list[str] = []
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            issued.append(issue(issuer))
            if len(issued) % 5 == 0:
                issuer.rotate()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(4):
            known = list(issued)
            make_backup(tmp_path / "home", tmp_path / f"{number}.tar", with_issuer=True)
            restore_backup(tmp_path / f"{number}.tar", tmp_path / f"new-{number}")
            restored = Issuer(tmp_path / f"new-{number}")
            assert {each.id for each in restored.issued()} >= set(known)
            issue(restored)
    finally:
        done.set()
        worker.join()


def test_what_does_not_belong_to_an_issuer_makes_no_backup_whole(issuer: Issuer, tmp_path: Path) -> None:
    """A changed register is found, as any changed byte."""
    issue(issuer)
    make_backup(tmp_path / "home", tmp_path / "b.tar", with_issuer=True)
    content = (tmp_path / "b.tar").read_bytes()
    at = content.index(b'"event":"issued"')
    (tmp_path / "b.tar").write_bytes(content[:at] + b'"event":"Issued"' + content[at + 16 :])
    with pytest.raises(DamagedError):
        restore_backup(tmp_path / "b.tar", tmp_path / "new")
    assert not (tmp_path / "new" / "issuer").exists()
