"""Stored learners over GraphQL: whose key opens what, consents, links, erasure. All learners are invented."""

import base64
import contextlib
import gzip
import json
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import graphql
import neo4j
import pytest
from credential_signing import Document, Signer, achievement, badge
from service_serving import service_on
from service_world import iri
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from graph.backup import make_backup
from graph.learner_rules import OPERATOR
from graph.learners import Learners
from graph.server import Connection
from ontology.errors import InputError
from service.app import create_app
from service.auth import Keys, Role
from service.learners import LearnerDesk, read_end
from service.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MARKERS = ["Marker-Ada-1815", "marker-badge-7731", "marker-purpose-5150", "marker-note-4242", "marker-link-8008"]
STORE = "mutation ($documents: [String!]!) { storeDocuments(documents: $documents) { id verdict text } }"
CONSENT = """mutation ($receiver: ID!, $purpose: String!) {
  giveConsent(receiver: $receiver, purpose: $purpose, endsAt: "2999-12-31") { id withdrawnAt } }"""
WITHDRAW = "mutation ($id: ID!) { withdrawConsent(id: $id) { withdrawnAt } }"
SHARE = (
    'mutation ($documents: [ID!]!) { shareDocuments(documents: $documents, endsAt: "2999-12-31") { url link { id } } }'
)
OPEN = "mutation ($secret: String!) { openLink(secret: $secret) { id text } }"
READ = "query ($id: ID, $purpose: String) { learner(id: $id, purpose: $purpose) { name documents { text } consents { id } } }"
MATCH = """query ($held: HeldInput!) { match(held: $held) {
  documents { verdict } edges { node { role { id } qualified met { evidence { status } } } } } }"""
GAP = 'query ($held: HeldInput!) { gap(held: $held, role: "511") { qualified } }'
PLANS = 'query ($held: HeldInput!) { plans(held: $held, role: "511") { plans { steps { position } } } }'
ABSENT = "0" * 32


@pytest.fixture(scope="module")
def home(world_home: Path) -> Path:
    return world_home


@pytest.fixture(scope="module")
def client(home: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on the world."""
    with service_on(home, neo4j_server) as client:
        yield client


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


class Someone:
    """Somebody with a key."""

    def __init__(self, client: TestClient, key: str | None) -> None:
        self._client = client
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self.id = "" if key is None else key.split("_")[1]

    def send(self, query: str, **variables: Any) -> Any:
        """The response."""
        return self._client.post("/graphql", json={"query": query, "variables": variables}, headers=self._headers)

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = self.send(query, **variables).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def fail(self, query: str, **variables: Any) -> tuple[str, str, str]:
        """(code, detail, message) of the one error; what the caller gave as subject is left out of the message."""
        (error,) = self.send(query, **variables).json()["errors"]
        told = error["extensions"]
        return told["code"], told["detail"], error["message"].replace(told["subject"] or "…", "…")

    def get(self, query: str, variables: Any, **headers: str) -> Any:
        """The response to a GET."""
        params = {"query": query, "variables": json.dumps(variables)}
        return self._client.get("/graphql", params=params, headers=self._headers | headers)


@pytest.fixture
def ada(home: Path, client: TestClient) -> tuple[str, Someone]:
    """A stored learner and her key."""
    learner = Learners(home).add(MARKERS[0])
    return learner.id, Someone(client, LearnerDesk(home, None).new_key(learner.id))


@pytest.fixture
def employer(home: Path, client: TestClient) -> Someone:
    return Someone(client, Keys(home).create(Role.READER)[0])


def certificate(signer: Signer, **changes: Any) -> str:
    """A badge whose achievement is the world's Security+."""
    subject = {"id": "did:example:ada", "type": ["AchievementSubject"], "achievement": achievement(id=iri("secure"))}
    document: Document = badge(signer, credentialSubject=subject, **changes)
    return json.dumps(signer.sign(document))


def test_a_stored_learner_counts_for_whom_the_learner_lets(
    ada: tuple[str, Someone], employer: Someone, client: TestClient, signer: Signer
) -> None:
    """Her own key, and the receiver of a consent for its purpose, in match, gap and plans; after withdrawal nobody."""
    learner, own = ada
    assert own.ask(STORE, documents=[certificate(signer)])["storeDocuments"][0]["verdict"] == "verified"
    answer = own.ask(MATCH, held={"learner": learner})["match"]
    assert answer["documents"] == [{"verdict": "verified"}]
    (node,) = [edge["node"] for edge in answer["edges"]]
    assert (node["role"]["id"], node["qualified"]) == (iri("defender"), True)
    hiring = {"learner": learner, "purpose": "hiring"}
    questions = (MATCH, GAP, PLANS)
    absent = employer.fail(MATCH, held={"learner": ABSENT, "purpose": "hiring"})
    assert absent[:2] == ("BAD_USER_INPUT", "learners.closed")
    assert {employer.fail(each, held=hiring) for each in questions} == {absent}
    consent = own.ask(CONSENT, receiver=employer.id, purpose="hiring")["giveConsent"]["id"]
    assert employer.ask(MATCH, held=hiring)["match"] == answer
    assert employer.ask(GAP, held=hiring)["gap"] == {"qualified": True}
    assert employer.ask(PLANS, held=hiring)["plans"]["plans"] == [{"steps": []}]
    assert employer.fail(MATCH, held=hiring | {"purpose": "marketing"}) == absent
    assert employer.fail(MATCH, held={"learner": learner})[1] == "learners.purpose"
    assert Someone(client, None).fail(MATCH, held=hiring)[0] == "UNAUTHENTICATED"
    own.ask(WITHDRAW, id=consent)
    assert {employer.fail(each, held=hiring) for each in questions} == {absent}
    told = own.ask("{ learner { audit { who act why } } }")["learner"]["audit"]
    assert [each["act"] for each in told if each["who"] == f"key {employer.id}"] == ["question"] * 3
    assert {each["why"] for each in told if each["who"] == f"key {employer.id}"} == {"hiring"}


ASKING = {
    "match": "match(held: $held) { totalCount }",
    "gap": 'gap(held: $held, role: "511") { qualified }',
    "plans": 'plans(held: $held, role: "511") { plans { steps { position } } }',
    "reachable": "reachable(held: $held, limits: { maxSteps: 2 }) { edges { node { score } } }",
    "whatIf": "whatIf(held: $held, add: {}) { edges { cursor } }",
    "marginal": "marginal(held: $held) { edges { cursor } }",
    "compare": 'compare(held: $held, roles: ["511"]) { sharedCount }',
    "matchMany": "matchMany(learners: [$held]) { totalCount }",
    "gapMany": 'gapMany(held: $held, roles: ["511"]) { qualified }',
}
"""Every field that takes what is held, asked as briefly as may be."""
ELSEWHERE = {
    "whatIf, added": "whatIf(held: {}, add: $held) { edges { cursor } }",
    "matchMany, second": "matchMany(learners: [{}, $held]) { totalCount }",
    "under another name": "first: match(held: {}) { totalCount } second: match(held: $held) { totalCount }",
}


def test_every_question_that_takes_what_is_held_is_asked_here() -> None:
    """A new one is added to `ASKING`."""
    schema = graphql.build_schema((ROOT / "service/schema/schema.graphql").read_text("utf-8"))
    assert schema.query_type is not None
    takes = {
        name for name, field in schema.query_type.fields.items()
        if any(str(graphql.get_named_type(each.type)) == "HeldInput" for each in field.args.values())
    }  # fmt: skip
    assert takes == ASKING.keys()
    for other in (schema.mutation_type, schema.subscription_type):
        for field in other.fields.values() if other is not None else ():
            assert all(str(graphql.get_named_type(each.type)) != "HeldInput" for each in field.args.values())


def test_after_a_withdrawal_no_question_shows_the_learner(
    ada: tuple[str, Someone], employer: Someone, signer: Signer
) -> None:
    """By POST and by GET, asked before or not, with whatever tag came before: as if nobody were stored."""
    learner, own = ada
    own.ask(STORE, documents=[certificate(signer)])
    asking = {
        name: f"query ($held: HeldInput!) {{ {body} }}"
        for name, body in (ASKING | ELSEWHERE).items()
    }  # fmt: skip
    asking["learner"] = (
        'query ($held: HeldInput!, $id: ID!) { gap(held: {}, role: "511") { qualified } match(held: $held) { totalCount } learner(id: $id, purpose: "hiring") { id documents { text } } }'
    )
    hiring = {"held": {"learner": learner, "purpose": "hiring"}}
    consent = own.ask(CONSENT, receiver=employer.id, purpose="hiring")["giveConsent"]["id"]
    for name, query in asking.items():
        variables = hiring | ({"id": learner} if name == "learner" else {})
        assert employer.ask(query, **variables), name
        answer = employer.get(query, variables)
        assert "errors" not in answer.json(), name
        assert answer.headers["Cache-Control"] == "no-store", name
        assert "ETag" not in answer.headers
    own.ask(WITHDRAW, id=consent)
    for name, query in asking.items():
        variables = hiring | ({"id": learner} if name == "learner" else {})
        absent = {"held": hiring["held"] | {"learner": ABSENT}} | ({"id": ABSENT} if name == "learner" else {})
        answers = [
            employer.send(query, **variables),
            employer.get(query, variables),
            employer.get(query, variables, **{"If-None-Match": "*"}),
        ]
        unknown = employer.send(query, **absent)
        for answer in answers:
            assert answer.status_code == unknown.status_code, name
            told = refusal(answer).replace(learner, ABSENT)
            assert told == refusal(unknown), name
            assert '"learners.closed"' in told, name


def refusal(answer: Any) -> str:
    """An answer without data, as text; of two fields that are refused at once either may be the one that is told."""
    told = answer.json()
    assert told["data"] is None
    return json.dumps([[error["message"], error["extensions"]] for error in told["errors"]])


def test_no_answer_about_a_learner_is_kept(ada: tuple[str, Someone], employer: Someone, signer: Signer) -> None:
    """No ETag, `no-store`, and no 304 after a withdrawal; answers about nobody keep theirs."""
    learner, own = ada
    own.ask(STORE, documents=[certificate(signer)])
    consent = own.ask(CONSENT, receiver=employer.id, purpose="hiring")["giveConsent"]["id"]
    hiring = {"held": {"learner": learner, "purpose": "hiring"}}
    answer = employer.get(MATCH, hiring)
    assert answer.json()["data"]["match"]["edges"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    nobody = employer.get(MATCH, {"held": {}})
    assert "ETag" in nobody.headers
    own.ask(WITHDRAW, id=consent)
    for tag in ("*", nobody.headers["ETag"]):
        again = employer.get(MATCH, hiring, **{"If-None-Match": tag})
        assert again.json()["errors"][0]["extensions"]["detail"] == "learners.closed"
    assert employer.get(MATCH, {"held": {}}, **{"If-None-Match": "*"}).status_code == 304
    assert own.send(READ).headers["Cache-Control"] == "no-store"


def test_each_key_opens_one_learner(
    home: Path, ada: tuple[str, Someone], employer: Someone, client: TestClient, signer: Signer
) -> None:
    """Another learner's key, a steward's, an issuer's and nobody's read and change nothing of her."""
    learner, own = ada
    own.ask(STORE, documents=[certificate(signer)])
    assert own.ask(READ)["learner"]["name"] == MARKERS[0]
    bob = Someone(client, LearnerDesk(home, None).new_key(Learners(home).add("Bob").id))
    absent = bob.fail(READ, id=ABSENT)
    assert bob.fail(READ, id=learner) == absent
    assert bob.fail(MATCH, held={"learner": learner, "purpose": "hiring"}) == absent
    assert bob.fail("mutation ($id: ID!) { eraseLearner(confirm: $id) { learner } }", id=learner) == absent
    for role in (Role.STEWARD, Role.ISSUER, Role.READER):
        other = Someone(client, Keys(home).create(role)[0])
        assert other.fail(READ, id=learner, purpose="curiosity") == absent
        assert other.fail(STORE, documents=[certificate(signer)])[0] == "FORBIDDEN"
        assert other.fail(CONSENT, receiver=other.id, purpose="x")[0] == "FORBIDDEN"
    nobody = Someone(client, None)
    assert nobody.fail(READ, id=learner)[0] == nobody.fail(STORE, documents=[])[0] == "UNAUTHENTICATED"
    consent = own.ask(CONSENT, receiver=employer.id, purpose="hiring")["giveConsent"]
    seen = employer.ask(READ, id=learner, purpose="hiring")["learner"]
    assert (seen["name"], len(seen["documents"]), seen["consents"]) == (None, 1, [])
    assert bob.fail(WITHDRAW, id=consent["id"])[1] == "learners.entry"
    assert own.fail(CONSENT, receiver=bob.id, purpose="x")[1] == "reference.unknown"


def test_a_learners_key_sees_no_private_dataset(home: Path, ada: tuple[str, Someone]) -> None:
    """It is no reader's key."""
    _, own = ada
    assert Keys(home).identify(f"Bearer {own._headers['Authorization'].split()[1]}").sees_private is False


def test_a_link_shows_chosen_documents_to_whoever_has_it(
    ada: tuple[str, Someone], client: TestClient, signer: Signer
) -> None:
    """Its secret is in the fragment; no GET opens it; revoked, it opens nothing."""
    _, own = ada
    documents = [certificate(signer), certificate(signer, validUntil="2999-01-01T00:00:00Z")]
    first, _ = own.ask(STORE, documents=documents)["storeDocuments"]
    made = own.ask(SHARE, documents=[first["id"]])["shareDocuments"]
    page, _, secret = made["url"].partition("#")
    shown = client.get(page)
    assert "assets/shared.js" in shown.text
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
    assert client.get("/assets/shared.js").status_code == 200
    nobody = Someone(client, None)
    assert nobody.ask(OPEN, secret=secret)["openLink"] == [{"id": first["id"], "text": documents[0]}]
    assert nobody.get(OPEN, {"secret": secret}).status_code == 405
    own.ask("mutation ($id: ID!) { revokeLink(id: $id) { revokedAt } }", id=made["link"]["id"])
    assert nobody.fail(OPEN, secret=secret)[1] == "learners.link"


CONTROL = "a control that Neo4j's log of transactions keeps though it was deleted"


def unpacked(content: bytes) -> bytes:
    """What is in a packed file, else nothing more."""
    with contextlib.suppress(zlib.error, OSError, EOFError):
        if content.startswith(b"\x1f\x8b"):
            return gzip.decompress(content)
    return b""


def spelled(marker: str) -> Iterator[bytes]:
    """A marker as files could have it: plain, in UTF-16, in base64 wherever it begins."""
    yield marker.encode()
    yield marker.encode("utf-16-le")
    for before in range(3):
        start = -(-before * 8 // 6)
        yield base64.b64encode(bytes(before) + marker.encode()).rstrip(b"=")[start:-1]


def everything_in(folders: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    """(file, content) of every file: names, bytes, and what is packed in it; members of backups one by one."""
    for folder in folders:
        for path in folder.rglob("*"):
            if not path.is_file():
                continue
            content = path.read_bytes()
            yield path, str(path).encode() + content + unpacked(content)
            if path.suffix == ".backup":
                with tarfile.open(path) as opened:
                    for member in opened.getmembers():
                        inside = opened.extractfile(member)
                        assert inside is not None
                        yield path, unpacked(inside.read())


def test_an_erased_learner_leaves_nothing(
    home: Path,
    ada: tuple[str, Someone],
    client: TestClient,
    signer: Signer,
    session_driver: neo4j.Driver,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Five planted markers are in no file, log, snapshot or backup, in no store of Neo4j nor its logs of transactions.

    Backups were made before the erasure, with the keys and without.
    """
    learner, own = ada
    with capture_logs() as logs:
        named = certificate(signer, name=MARKERS[1], description=MARKERS[3])
        documents = [named, certificate(signer, name=MARKERS[4])]
        stored = own.ask(STORE, documents=documents)["storeDocuments"]
        receiver = Someone(client, Keys(home).create(Role.READER)[0])
        own.ask(CONSENT, receiver=receiver.id, purpose=MARKERS[2])
        assert receiver.ask(MATCH, held={"learner": learner, "purpose": MARKERS[2]})["match"]["edges"]
        secret = own.ask(SHARE, documents=[stored[0]["id"]])["shareDocuments"]["url"].partition("#")[2]
        assert MARKERS[1] in own.ask("{ learner { export } }")["learner"]["export"]
        for with_keys in (False, True):
            make_backup(home, tmp_path / f"{with_keys}.backup", with_keys=with_keys)
        receipt = own.ask(
            "mutation ($id: ID!) { eraseLearner(confirm: $id) { learner erasedAt auditCount } }", id=learner
        )["eraseLearner"]
        assert (receipt["learner"], receipt["auditCount"] >= 6) == (learner, True)
    wanted = [*MARKERS, secret]
    assert [each for each in wanted if each in str(logs)] == []
    session_driver.execute_query("CREATE (:Planted {text: $text})", text=CONTROL)
    session_driver.execute_query("MATCH (n:Planted) DELETE n")
    (database,) = tmp_path_factory.getbasetemp().glob("session home[0-9]*")
    seen = list(everything_in([home, database, tmp_path]))
    names = " ".join(str(path) for path, _ in seen)
    assert all(each in names for each in ("neostore.transaction.db", "neostore.nodestore", ".snapshot", "True.backup"))
    assert any(CONTROL.encode() in content for _, content in seen), "Neo4j's log keeps deleted text"
    for path, content in seen:
        assert [each for each in wanted if any(spelling in content for spelling in spelled(each))] == [], path
    found, _, _ = session_driver.execute_query(
        "MATCH (n) WITH n UNWIND keys(n) AS key WITH toStringOrNull(n[key]) AS text "
        "WHERE any(each IN $wanted WHERE text CONTAINS each) RETURN count(*) AS found",
        wanted=wanted,
    )
    assert found[0]["found"] == 0
    assert own.fail(READ)[0] == "UNAUTHENTICATED"
    assert Someone(client, None).fail(OPEN, secret=secret)[1] == "learners.link"
    assert receiver.fail(MATCH, held={"learner": learner, "purpose": MARKERS[2]})[1] == "learners.closed"
    assert not list(home.rglob(f"{learner}*"))


@pytest.mark.parametrize(
    "text", ["soon", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_what_is_no_end_is_told(text: str) -> None:
    """Words, a time without its zone, and hours that are in no year of UTC."""
    with pytest.raises(InputError) as caught:
        read_end(text)
    assert caught.value.code == "learners.ends"


def test_a_service_ends_at_its_start_what_a_kill_left_of_an_erasure(tmp_path: Path) -> None:
    """Key and files that are still there after the end was written are gone before anybody asks."""
    home, kept = tmp_path / "home", tmp_path / "kept"
    learner = Learners(home).add("Ada").id
    shutil.copytree(home, kept)
    Learners(home).erase(learner, OPERATOR)
    for folder in ("learners", "learner-keys"):
        shutil.copytree(kept / folder, home / folder, dirs_exist_ok=True)
    assert list(home.rglob(f"{learner}*"))
    with TestClient(create_app(Settings(home=home, neo4j_uri="bolt://127.0.0.1:9"))):
        assert not list(home.rglob(f"{learner}*"))
