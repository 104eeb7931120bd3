"""Keys: made once, kept as a digest, refused alike whatever is wrong with them."""

import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from graph.lock import writer_lock
from ontology.errors import ForbiddenError, InputError, UnauthenticatedError, UnknownReferenceError
from service.app import create_app
from service.auth import ANYBODY, Caller, Keys, Role
from service.cli import run
from service.settings import Settings

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUERY = {"query": "{ __typename }"}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path, clock=lambda: NOW)


def bearer(key: str) -> str:
    return f"Bearer {key}"


def test_a_key_identifies_its_holder_and_its_secret_is_not_kept(keys: Keys, tmp_path: Path) -> None:
    """What the file holds does not open anything, and only its owner reads it."""
    text, key = keys.create(Role.STEWARD, note="portal")
    assert keys.identify(bearer(text)) == Caller(key=key.id, role=Role.STEWARD)
    assert keys.identify(f"bearer  {text} ").role is Role.STEWARD
    kept = tmp_path / "keys.json"
    assert text.split("_", 2)[2] not in kept.read_text("utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert keys.identify(bearer(text)) == Keys(tmp_path, clock=lambda: NOW).identify(bearer(text))


def test_no_header_is_anybody(keys: Keys) -> None:
    """Public data needs no key."""
    assert keys.identify(None) is ANYBODY
    assert keys.identify("  ") is ANYBODY


@pytest.mark.parametrize("change", ["secret", "id", "basic", "word", "cut", "other", "blank"])
def test_whatever_is_wrong_with_a_key_is_the_same_answer(keys: Keys, change: str) -> None:
    """Nobody learns from the answer whether a key exists."""
    text, _ = keys.create(Role.READER)
    flipped = text[:-1] + ("A" if text[-1] != "A" else "B")
    headers = {
        "secret": bearer(flipped),
        "id": bearer("hw_" + "0" * 12 + text[15:]),
        "basic": f"Basic {text}",
        "word": text,
        "cut": bearer(text[:-3]),
        "other": bearer("eyJhbGciOiJub25lIn0.e30."),
        "blank": "Bearer ",
    }
    with pytest.raises(UnauthenticatedError) as caught:
        keys.identify(headers[change])
    assert caught.value.message == "The key is not valid."


def test_a_key_ends_when_it_expires_or_is_revoked(tmp_path: Path) -> None:
    """At the second of its end it opens nothing; a revoked one neither, in every process that has read it before."""
    now = [NOW]
    keys = Keys(tmp_path, clock=lambda: now[0])
    text, _ = keys.create(Role.READER, expires_at=NOW + timedelta(hours=1))
    lasting, key = keys.create(Role.READER)
    assert keys.identify(bearer(text)).sees_private
    now[0] = NOW + timedelta(hours=1)
    for given in (text,):
        with pytest.raises(UnauthenticatedError):
            keys.identify(bearer(given))
    assert keys.identify(bearer(lasting)).sees_private
    assert Keys(tmp_path).revoke(key.id).revoked_at is not None
    with pytest.raises(UnauthenticatedError):
        keys.identify(bearer(lasting))
    with pytest.raises(UnknownReferenceError):
        keys.revoke("nobody")
    with pytest.raises(InputError):
        keys.create(Role.READER, expires_at=NOW)


def test_a_key_can_be_revoked_while_a_load_is_running(keys: Keys, tmp_path: Path) -> None:
    """A leaked key cannot wait for a writer."""
    _, key = keys.create(Role.READER)
    with writer_lock(tmp_path):
        assert keys.revoke(key.id).revoked_at is not None


def test_rights() -> None:
    """Without a key one is unauthenticated, with the wrong one forbidden."""
    with pytest.raises(UnauthenticatedError):
        ANYBODY.require(Role.STEWARD)
    with pytest.raises(ForbiddenError):
        Caller(key="k", role=Role.READER).require(Role.STEWARD)
    Caller(key="k", role=Role.STEWARD).require(Role.STEWARD)


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """The application in production, with a limit of two requests a minute; Neo4j is never reached for."""
    settings = Settings(home=tmp_path, profile="production", rate_anonymous=2)
    return TestClient(create_app(settings, clock=lambda: 0.0))


def test_a_wrong_key_is_401_and_a_right_one_is_not_paced(client: TestClient, tmp_path: Path) -> None:
    """An invalid key is told before anything runs; whoever has a key is not limited as anybody is."""
    text, _ = Keys(tmp_path).create(Role.READER)
    refused = client.post("/graphql", json=QUERY, headers={"authorization": "Bearer nonsense"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    anonymous = [client.post("/graphql", json=QUERY).status_code for _ in range(3)]
    assert anonymous == [200, 200, 429]
    known = [client.post("/graphql", json=QUERY, headers={"authorization": bearer(text)}).status_code for _ in range(4)]
    assert known == [200] * 4


def test_keys_made_at_once_are_all_there(tmp_path: Path) -> None:
    """Two that write at once: one is told that the other does, none is lost."""
    made: list[str] = []
    refused: list[Exception] = []

    def make() -> None:
        try:
            made.append(Keys(tmp_path).create(Role.READER)[1].id)
        except Exception as error:  # noqa: BLE001  which kind it is, is looked at below
            refused.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.id for key in Keys(tmp_path).all()} == set(made)
    assert len(made) + len(refused) == 8
    assert {getattr(error, "code", None) for error in refused} <= {"busy.writer"}


def test_the_command_makes_lists_and_revokes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The key is on stdout alone, so that a script can take it."""
    home = ["--home", str(tmp_path)]
    assert run(["keys", "create", "--role", "steward", "--days", "3", "--note", "portal", *home]) == 0
    text = capsys.readouterr().out.strip()
    caller = Keys(tmp_path).identify(bearer(text))
    assert caller.role is Role.STEWARD
    assert run(["keys", "list", *home]) == 0
    listed = capsys.readouterr().out
    assert caller.key is not None
    assert caller.key in listed
    assert text not in listed
    assert run(["keys", "revoke", caller.key, *home]) == 0
    assert run(["keys", "create", "--role", "king", *home]) == 2
