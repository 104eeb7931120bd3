"""Stored learners by command, from adding to the receipt. All learners are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from credential_signing import Signer, achievement, badge

from service.auth import Keys, Role
from service.cli import run


def certificate(signer: Signer) -> str:
    """A badge of an invented learner."""
    subject = {"id": "did:example:ada", "type": ["AchievementSubject"], "achievement": achievement()}
    return json.dumps(signer.sign(badge(signer, credentialSubject=subject)))


def test_the_commands_do_what_the_learner_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Add, consent, share, open, withdraw, audit, export, erase; the second erasure is the same receipt."""
    signer = Signer()
    text = certificate(signer)
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path / "home"))
    (tmp_path / "badge.json").write_text(text, "utf-8")
    (tmp_path / "wrong.json").write_text(text.replace("did:example:ada", "did:example:eve"), "utf-8")

    def command(*arguments: str, code: int = 0) -> Any:
        assert run(["learners", *arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    assert command("add", str(tmp_path / "wrong.json"), code=2)["error"]["code"] == "learners.document"
    assert command("list") == {"learners": []}
    added = command("add", str(tmp_path / "badge.json"), "--name", "Ada")
    learner, badge_id = added["id"], added["documents"][0]["id"]
    assert added["documents"][0]["verdict"] == "verified"
    receiver = Keys(tmp_path / "home").create(Role.READER)[1].id
    consent = command("consent", learner, "--to", receiver, "--purpose", "hiring", "--until", "2999-01-01")["id"]
    url = command("share", learner, "-d", badge_id, "--until", "2999-01-01T00:00:00Z")["url"]
    assert [each["id"] for each in command("open", url)["documents"]] == [badge_id]
    assert command("withdraw", learner, consent)["withdrawnAt"]
    acts = [each["act"] for each in command("audit", learner)["entries"]]
    assert acts == ["stored", "add document", "consent", "share", "read", "withdraw", "audit"]
    exported = command("export", learner)
    assert exported["documents"][0]["text"] == text
    assert [each["act"] for each in exported["audit"]] == [*acts, "export"]
    key = command("key", learner)["key"]
    assert Keys(tmp_path / "home").identify(f"Bearer {key}").learner == learner
    receipt = command("erase", learner)
    assert command("erase", learner) == receipt
    assert [each.learner for each in Keys(tmp_path / "home").all()] == [None]
    assert command("show", learner, code=2)["error"]["code"] == "learners.closed"
    assert command("open", url, code=2)["error"]["code"] == "learners.link"
