"""What applications may do for a learner: codes, tokens and their end. All invented."""

import base64
import contextlib
import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graph.access_register import CLIENTS_AT_MOST, UNUSED_HOURS, AccessRegister
from graph.backup import make_backup, restore_backup
from graph.learner_grants import ACCESS_SECONDS, CODE_SECONDS, GRANT_DAYS, GRANTS_AT_MOST, Asked, Client, Grants, Kind
from graph.learner_rules import OPERATOR, NewDocument, Reader, Standing
from graph.learners import Learners, Put
from ontology.errors import BusyError, HeadwaterError, InputError, UnauthenticatedError, UnknownReferenceError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLIENT = Client(id="c" * 32, name="Wallet (invented)")
READ, WRITE = "scope/credential.readonly", "scope/credential.upsert"
ASKED = Asked(scopes=(READ, WRITE), redirect_uri="https://wallet.example/cb", challenge="x" * 43)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class World:
    """A data folder with one learner."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = Clock()
        self.learners = Learners(home, clock=self.clock)
        self.grants = Grants(self.learners, clock=self.clock)
        self.learner = self.learners.add("Ada (invented)").id

    def code(self) -> str:
        return self.grants.give(self.learner, CLIENT, ASKED)

    def later(self, **span: float) -> None:
        self.clock.now += timedelta(**span)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def document(text: str) -> NewDocument:
    return NewDocument(text=text, format="Open Badges 3.0", verdict="verified", issuer="did:example:college")


def test_a_code_gives_tokens_once(world: World) -> None:
    """The first exchange gives tokens; the second gives none and takes back what the first gave."""
    code = world.code()
    assert world.grants.find(Kind.CODE, code) is not None
    tokens = world.grants.redeem(Kind.CODE, code, with_refresh=True)
    assert tokens.scopes == (READ, WRITE)
    assert tokens.refresh is not None
    assert world.grants.find(Kind.ACCESS, tokens.access) is not None
    with pytest.raises(UnauthenticatedError):
        world.grants.redeem(Kind.CODE, code, with_refresh=True)
    assert world.grants.find(Kind.ACCESS, tokens.access) is None
    assert world.grants.find(Kind.REFRESH, tokens.refresh) is None


def test_looking_at_a_spent_code_ends_the_grant(world: World) -> None:
    code = world.code()
    tokens = world.grants.redeem(Kind.CODE, code, with_refresh=False)
    assert world.grants.find(Kind.CODE, code) is None
    assert world.grants.find(Kind.ACCESS, tokens.access) is None


def test_a_code_and_a_token_are_good_for_a_time(world: World) -> None:
    late = world.code()
    world.later(seconds=CODE_SECONDS)
    assert world.grants.find(Kind.CODE, late) is None
    tokens = world.grants.redeem(Kind.CODE, world.code(), with_refresh=True)
    assert tokens.refresh is not None
    world.later(seconds=ACCESS_SECONDS - 1)
    assert world.grants.find(Kind.ACCESS, tokens.access) is not None
    world.later(seconds=1)
    assert world.grants.find(Kind.ACCESS, tokens.access) is None
    assert world.grants.find(Kind.REFRESH, tokens.refresh) is not None
    world.later(days=GRANT_DAYS)
    assert world.grants.find(Kind.REFRESH, tokens.refresh) is None


def test_a_refresh_token_is_replaced_and_its_return_ends_everything(world: World) -> None:
    """Whoever sends an old refresh token may have stolen it, or been robbed of the new one: nothing holds then."""
    first = world.grants.redeem(Kind.CODE, world.code(), with_refresh=True)
    assert first.refresh is not None
    second = world.grants.redeem(Kind.REFRESH, first.refresh, scopes=[READ], with_refresh=True)
    assert second.scopes == (READ,)
    assert second.refresh is not None
    assert world.grants.find(Kind.ACCESS, first.access) is None
    assert world.grants.find(Kind.ACCESS, second.access) is not None
    with pytest.raises(UnauthenticatedError):
        world.grants.redeem(Kind.REFRESH, first.refresh, with_refresh=True)
    assert world.grants.find(Kind.ACCESS, second.access) is None
    with pytest.raises(UnauthenticatedError):
        world.grants.redeem(Kind.REFRESH, second.refresh, with_refresh=True)


def test_a_text_of_one_kind_is_none_of_another(world: World) -> None:
    code = world.code()
    tokens = world.grants.redeem(Kind.CODE, code, with_refresh=True)
    assert tokens.refresh is not None
    for kind, text in [
        (Kind.ACCESS, tokens.refresh),
        (Kind.REFRESH, tokens.access),
        (Kind.CODE, tokens.access),
        (Kind.ACCESS, code),
    ]:
        assert world.grants.find(kind, text) is None
    assert world.grants.find(Kind.ACCESS, tokens.access) is not None


def test_no_changed_character_is_taken(world: World) -> None:
    """Each character of an access token counts."""
    text = world.grants.redeem(Kind.CODE, world.code(), with_refresh=False).access
    for place, was in enumerate(text):
        changed = text[:place] + ("A" if was != "A" else "B") + text[place + 1 :]
        if _same_bytes(text, changed):
            continue  # the last character of BASE64URL has bits that say nothing
        assert world.grants.find(Kind.ACCESS, changed) is None
    for other in ("", ".", "a.b", text.partition(".")[0], "é" * 40, text + "=", "\ud800." + text):
        assert world.grants.find(Kind.ACCESS, other) is None


def _same_bytes(one: str, other: str) -> bool:
    parts = [each.partition(".") for each in (one, other)]
    addresses = {base64.urlsafe_b64decode(f"{address}==") for address, _, _ in parts}
    return len(addresses) == 1 and parts[0][2] == parts[1][2]


def test_of_exchanges_at_once_one_succeeds(world: World) -> None:
    code = world.code()
    results: list[str] = []
    barrier = threading.Barrier(4)

    def exchange() -> None:
        barrier.wait()
        with contextlib.suppress(UnauthenticatedError):
            results.append(world.grants.redeem(Kind.CODE, code, with_refresh=False).access)

    threads = [threading.Thread(target=exchange) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(results) == 1
    assert world.grants.find(Kind.ACCESS, results[0]) is None, "the others ended it"


def test_secrets_are_kept_as_hashes_and_sealed(world: World) -> None:
    tokens = world.grants.redeem(Kind.CODE, world.code(), with_refresh=True)
    assert tokens.refresh is not None
    everything = b"".join(path.read_bytes() for path in world.home.rglob("*") if path.is_file())
    for text in (tokens.access, tokens.refresh):
        secret = text.rpartition(".")[2]
        assert secret.encode() not in everything
        assert hashlib.sha256(secret.encode()).hexdigest().encode() not in everything, "the record is sealed"
    assert CLIENT.name.encode() not in everything
    shown = world.learners.export(world.learner, OPERATOR)
    assert tokens.access.rpartition(".")[2] not in str(shown)
    assert hashlib.sha256(tokens.access.rpartition(".")[2].encode()).hexdigest() not in str(shown)


def test_a_grant_reads_within_its_scopes_and_is_in_the_audit(world: World) -> None:
    world.learners.store_document(world.learner, document("{}"), OPERATOR)
    access = world.grants.redeem(Kind.CODE, world.code(), with_refresh=False).access
    found = world.grants.find(Kind.ACCESS, access)
    assert found is not None
    by = replace(found.by, purpose=READ)
    assert len(world.learners.documents(world.learner, by)) == 1
    with pytest.raises(UnknownReferenceError):
        world.learners.documents(world.learner, replace(found.by, purpose="scope/profile.readonly"))
    other = world.learners.add().id
    with pytest.raises(UnknownReferenceError):
        world.learners.documents(other, by)
    entries, _ = world.learners.audit(world.learner, OPERATOR)
    assert (f"client {CLIENT.id}", READ, "read") in [(each.who, each.why, each.act) for each in entries]
    world.grants.revoke(world.learner, found.grant.id)
    with pytest.raises(UnknownReferenceError):
        world.learners.documents(world.learner, by)
    assert world.grants.find(Kind.ACCESS, access) is None


def test_an_erased_learner_has_no_tokens(world: World) -> None:
    access = world.grants.redeem(Kind.CODE, world.code(), with_refresh=False).access
    world.learners.erase(world.learner, OPERATOR)
    assert world.grants.find(Kind.ACCESS, access) is None
    with pytest.raises(UnknownReferenceError):
        world.code()


def test_a_restore_brings_no_revoked_grant_back(world: World, tmp_path: Path) -> None:
    tokens = world.grants.redeem(Kind.CODE, world.code(), with_refresh=True)
    found = world.grants.find(Kind.ACCESS, tokens.access)
    assert found is not None
    file = tmp_path.parent / f"{tmp_path.name}.backup"
    make_backup(world.home, file, with_keys=True)
    world.grants.revoke(world.learner, found.grant.id)
    restore_backup(file, world.home, force=True)
    again = Grants(Learners(world.home, clock=world.clock), clock=world.clock)
    assert again.find(Kind.ACCESS, tokens.access) is None
    assert Learners(world.home, clock=world.clock).glance(world.learner).grants[0].revoked_at is not None


def test_grants_are_bounded_and_the_ended_ones_go_first(world: World) -> None:
    kept = world.grants.redeem(Kind.CODE, world.code(), with_refresh=False).access
    for _ in range(GRANTS_AT_MOST):
        world.grants.redeem(Kind.CODE, world.code(), with_refresh=False)
    assert len(world.learners.glance(world.learner).grants) == GRANTS_AT_MOST
    assert world.grants.find(Kind.ACCESS, kept) is None, "the oldest of all that hold"
    for _ in range(3):
        world.code()
    world.later(seconds=CODE_SECONDS)
    world.code()
    assert len([each for each in world.learners.glance(world.learner).grants if not each.redeemed]) == 1


def test_a_document_that_comes_is_new_newer_or_known(world: World) -> None:
    """Compared under the lock; what was replaced is gone, and the audit names both."""

    def compare(text: str) -> Standing:
        return Standing(text) if text in [each.value for each in Standing] else Standing.OTHER

    by = Reader(who="learner", own=True)
    assert world.learners.put_document(world.learner, document("first"), by, compare) is Put.CREATED
    world.learners.store_document(world.learner, document(Standing.NEWER.value), by)
    assert world.learners.put_document(world.learner, document("second"), by, compare) is Put.REPLACED
    world.learners.store_document(world.learner, document(Standing.KNOWN.value), by)
    assert world.learners.put_document(world.learner, document("third"), by, compare) is Put.KEPT
    texts = [text for _, text in world.learners.documents(world.learner, by)]
    assert texts == ["first", "second", Standing.KNOWN.value]
    tampered = replace(document("fourth"), verdict="tampered")
    with pytest.raises(InputError):
        world.learners.put_document(world.learner, tampered, by, compare)


def register(access: AccessRegister, name: str = "Wallet (invented)") -> str:
    return access.register(
        name=name,
        redirect_uris=("https://wallet.example/cb",),
        scopes=(READ,),
        grant_types=("authorization_code",),
        auth_method="client_secret_basic",
        described={},
    )[1].id


def test_registrations_that_nobody_uses_go(tmp_path: Path) -> None:
    clock = Clock()
    access = AccessRegister(tmp_path, clock=clock)
    unused, used = register(access), register(access)
    access.note_use(used)
    assert {each.id for each in access.clients()} == {unused, used}
    clock.now += timedelta(hours=UNUSED_HOURS)
    assert [each.id for each in access.clients()] == [used]
    assert access.find_client(unused) is None


def test_registrations_are_bounded(tmp_path: Path) -> None:
    access = AccessRegister(tmp_path)
    first = register(access)
    path = tmp_path / "learner-access" / "clients.json"
    one = path.read_text(encoding="utf-8").split('"clients": [')[1].rsplit("]", 1)[0]
    many = ",".join(one.replace(first, f"{number:032x}") for number in range(CLIENTS_AT_MOST))
    path.write_text('{"clients": [' + many + "]}", encoding="utf-8")
    with pytest.raises(BusyError) as caught:
        register(access)
    assert caught.value.code == "oauth.full"


def test_a_client_that_was_removed_stays_removed(tmp_path: Path) -> None:
    """Also after a restore of a backup that has it; files are their owner's alone."""
    home = tmp_path / "home"
    Learners(home).add()
    access = AccessRegister(home)
    secret, client = access.register(
        name="Wallet (invented)",
        redirect_uris=("https://wallet.example/cb",),
        scopes=(READ,),
        grant_types=("authorization_code",),
        auth_method="client_secret_basic",
        described={"software_id": "x"},
    )
    assert client.has_secret(secret)
    assert not client.has_secret(secret + "x")
    assert access.find_client(client.id) == client
    content = (home / "learner-access" / "clients.json").read_bytes()
    assert secret.encode() not in content
    assert (home / "learner-access" / "clients.json").stat().st_mode & 0o077 == 0
    make_backup(home, tmp_path / "backup")
    access.remove_client(client.id)
    with pytest.raises(HeadwaterError):
        access.remove_client(client.id)
    restore_backup(tmp_path / "backup", home, force=True)
    assert AccessRegister(home).find_client(client.id) is None


def test_accounts_go_with_the_learner(tmp_path: Path) -> None:
    """Who signs in as whom is a keyed hash and a pseudonym; after the erasure neither is left, nor restored."""
    home = tmp_path / "home"
    learners, access = Learners(home), AccessRegister(home)
    ada, bob = learners.add().id, learners.add().id
    marks = {each: learners.keys.mark(f"https://idp.example {each}") for each in ("ada", "bob")}
    access.bind(marks["ada"], ada)
    access.bind(marks["bob"], bob)
    password = access.make_local("local", ada)
    assert access.sign_in_locally("local", password) == ada
    assert access.sign_in_locally("local", password + "x") is None
    assert access.sign_in_locally("other", password) is None
    make_backup(home, tmp_path / "backup", with_keys=True)
    learners.erase(ada, OPERATOR)
    access.forget(learners.erased())
    for _ in range(2):
        assert access.learner_of(marks["ada"]) is None
        assert access.learner_of(marks["bob"]) == bob
        assert access.sign_in_locally("local", password) is None
        left = b"".join(each.read_bytes() for each in (home / "learner-access").rglob("*") if each.is_file())
        assert ada.encode() not in left
        restore_backup(tmp_path / "backup", home, force=True)
        access = AccessRegister(home)
