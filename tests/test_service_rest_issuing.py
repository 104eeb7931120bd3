"""Issuing and managing over REST: what GraphQL and the command do, with their rights. All learners are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from service_world import iri
from starlette.testclient import TestClient
from structlog.testing import capture_logs
from test_service_issuing import SVG, Command, accept, ask, client, college, headwater, home

from graph.learner_rules import OPERATOR
from graph.learners import Learners
from ontology.credentials.data_urls import as_file, data_url
from ontology.credentials.reading import read_presented
from service.auth import Keys, Role
from service.learners import LearnerDesk

__all__ = ["client", "college", "headwater", "home"]
CREDENTIALS = "/issuer/credentials"
VERIFY = """query ($documents: [String!]!) { verify(documents: $documents) {
  format verdict subject embedded { verdict } } }"""


class Keyed:
    """Somebody with a key, over HTTP."""

    def __init__(self, client: TestClient, key: str | None) -> None:
        self._client = client
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def post(self, path: str, body: Any = None) -> Any:
        """The response to a body in JSON."""
        return self._client.post(path, json=body, headers=self._headers)

    def get(self, path: str) -> Any:
        """The response."""
        return self._client.get(path, headers=self._headers)


@pytest.fixture
def issuer(client: TestClient, home: Path) -> Keyed:
    return Keyed(client, Keys(home).create(Role.ISSUER)[0])


def detail(response: Any) -> tuple[int, str]:
    """(status, code) of a refusal."""
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["detail"]


@pytest.mark.parametrize("proof", ["eddsa-rdfc-2022", "jwt"])
@pytest.mark.parametrize("form", ["ob3", "clr2"])
def test_each_format_and_proof_is_issued_listed_suspended_reinstated_and_revoked(
    client: TestClient, issuer: Keyed, college: Command, proof: str, form: str
) -> None:
    """Accepted by this verifier; the command sees the same register; each state is told, and seen by who verifies."""
    body = {"to": ["kim@learners.example"], "credential": "S+", "proof": proof, "format": form, "suspendable": True}
    with capture_logs() as logged:
        answer = issuer.post(CREDENTIALS, body)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    told = answer.json()
    identifier = told["issued"]["id"]
    assert answer.headers["location"] == f"{CREDENTIALS}/{identifier}"
    assert (told["issued"]["format"], told["issued"]["proof"], told["issued"]["state"]) == (form, proof, "valid")
    (line,) = [each for each in logged if each.get("act") == "issueCredential"]
    assert (line["event"], line["result"]) == ("done", identifier)
    assert "kim@" not in json.dumps(logged)
    text = told["credential"] if proof == "jwt" else json.dumps(told["credential"])
    (verdict,) = ask(client, None, VERIFY, documents=[text])["data"]["verify"]
    assert verdict["verdict"] == "verified"
    assert [each["verdict"] for each in verdict["embedded"]] == (["verified"] if form == "clr2" else [])
    assert issuer.get(f"{CREDENTIALS}/{identifier}").json() == {"issued": told["issued"]}
    out = college("issuer", "list", "--json")[1]  # behind what the service has logged until then
    listed = json.loads(out[out.index("{") :])["issued"]
    assert issuer.get(CREDENTIALS).json() == {"issued": listed}
    for word, state, seen in (
        ("suspend", "suspended", "suspended"),
        ("reinstate", "valid", "verified"),
        ("revoke", "revoked", "revoked"),
        ("revoke", "revoked", "revoked"),
    ):
        changed = issuer.post(f"{CREDENTIALS}/{identifier}/{word}")
        assert (changed.status_code, changed.json()["issued"]["state"]) == (200, state)
        (verdict,) = ask(client, None, VERIFY, documents=[text])["data"]["verify"]
        assert verdict["verdict"] == seen
        by_state = [each["id"] for each in issuer.get(f"{CREDENTIALS}?state={state}").json()["issued"]]
        assert identifier in by_state
    assert detail(issuer.post(f"{CREDENTIALS}/{identifier}/reinstate")) == (400, "issuer.revoked")


def test_an_independent_verifier_accepts_it_and_the_picture_has_it(client: TestClient, issuer: Keyed) -> None:
    """openvc, by what the service publishes; `bakeInto` gives the picture with the same credential inside."""
    body = {"to": ["did:example:kim"], "competencies": [f"Python=3@{iri('scale')}"], "bakeInto": data_url(SVG)}
    told = issuer.post(CREDENTIALS, body).json()
    accept(client, told["credential"])
    assert read_presented(as_file(told["picture"])).document == told["credential"]
    (result,) = told["credential"]["credentialSubject"]["result"]
    assert result["value"] == "3"


def test_what_was_issued_comes_in_pages_and_by_recipient(client: TestClient, issuer: Keyed, home: Path) -> None:
    """Oldest first, counted, with links; whom it is about goes in a body. GraphQL has the same pages."""
    ids = [
        issuer.post(CREDENTIALS, {"to": [to], "credential": "S+"}).json()["issued"]["id"]
        for to in ("kim@learners.example", "did:example:lee", "kim@learners.example")
    ]
    page = issuer.get(f"{CREDENTIALS}?limit=2")
    assert [each["id"] for each in page.json()["issued"]] == ids[:2]
    assert page.headers["x-total-count"] == "3"
    assert f'<{CREDENTIALS}?limit=2&offset=2>; rel="next"' in page.headers["link"]
    assert [each["id"] for each in issuer.get(f"{CREDENTIALS}?limit=2&offset=2").json()["issued"]] == ids[2:]
    found = issuer.post(f"{CREDENTIALS}/search", {"to": ["kim@learners.example"]})
    assert [each["id"] for each in found.json()["issued"]] == [ids[0], ids[2]]
    assert issuer.post(f"{CREDENTIALS}/search", {"to": ["eve@learners.example"]}).json() == {"issued": []}
    assert issuer.post(f"{CREDENTIALS}/{ids[0]}/revoke").status_code == 200
    found = issuer.post(f"{CREDENTIALS}/search", {"to": ["kim@learners.example"], "state": "valid"})
    assert [each["id"] for each in found.json()["issued"]] == [ids[2]]

    key, _ = Keys(home).create(Role.ISSUER)
    query = """query ($after: String, $to: [String!], $state: IssuedState) {
      issuedCredentials(first: 1, after: $after, to: $to, state: $state) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { id state } } } }"""
    seen, after = [], None
    while True:
        listed = ask(client, key, query, to=["kim@learners.example"], after=after)["data"]["issuedCredentials"]
        assert listed["totalCount"] == 2
        seen += [edge["node"] for edge in listed["edges"]]
        after = listed["pageInfo"]["endCursor"]
        if not listed["pageInfo"]["hasNextPage"]:
            break
    assert seen == [{"id": ids[0], "state": "REVOKED"}, {"id": ids[2], "state": "VALID"}]
    one = "query ($id: ID!) { issuedCredential(id: $id) { state revokedAt } }"
    assert ask(client, key, one, id=ids[0])["data"]["issuedCredential"]["state"] == "REVOKED"
    (error,) = ask(client, key, one, id="urn:uuid:none")["errors"]
    assert error["extensions"]["detail"] == "reference.unknown"


def test_only_an_issuer_s_key_opens_it(client: TestClient, home: Path) -> None:
    """401 without a key, 403 with another role's, before anything of the body is looked at; nothing is issued."""
    routes = [
        ("get", CREDENTIALS),
        ("post", CREDENTIALS),
        ("post", f"{CREDENTIALS}/search"),
        ("get", f"{CREDENTIALS}/urn:uuid:1"),
        *(("post", f"{CREDENTIALS}/urn:uuid:1/{word}") for word in ("revoke", "suspend", "reinstate")),
        ("post", "/issuer/records"),
        ("post", "/learners/00000000000000000000000000000000/record"),
    ]
    learner = LearnerDesk(home, None).new_key(Learners(home).add().id)
    for method, path in routes:
        others = [Keys(home).create(role)[0] for role in (Role.READER, Role.STEWARD)]
        if not path.startswith("/learners/"):
            others.append(learner)
        for key in others:
            assert getattr(Keyed(client, key), method)(path).status_code == 403, path
        answer = getattr(Keyed(client, None), method)(path)
        assert detail(answer) == (401, "auth.unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert getattr(Keyed(client, "hw_wrong"), method)(path).status_code == 401
    assert Keyed(client, Keys(home).create(Role.ISSUER)[0]).get(CREDENTIALS).json() == {"issued": []}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "input.invalid"),
        ({"to": "kim@learners.example", "credential": "S+"}, "input.invalid"),
        ({"to": ["did:example:1"], "credential": "S+", "learner": "x"}, "input.invalid"),
        ({"to": ["did:example:1"], "credential": "S+", "proof": "none"}, "input.invalid"),
        ({"to": ["did:example:1"], "credential": "S+", "format": "ob2"}, "input.invalid"),
        ({"to": ["did:example:1"], "credential": "S+", "suspendable": "yes"}, "input.invalid"),
        ([], "input.invalid"),
        ({"to": [], "credential": "S+"}, "issue.recipient"),
        ({"to": ["did:example:1"]}, "issue.achievement"),
        ({"to": ["did:example:1"], "credential": "S+", "validUntil": "soon"}, "issue.dates"),
        ({"to": ["did:example:1"], "credential": "S+", "bakeInto": "data:image/png;base64,AAAA"}, "baking.image"),
    ],
)
def test_what_cannot_be_issued_is_told(issuer: Keyed, body: Any, code: str) -> None:
    """With its code, and nothing is issued."""
    assert detail(issuer.post(CREDENTIALS, body)) == (400, code)
    assert issuer.get(CREDENTIALS).json() == {"issued": []}


def test_other_bodies_methods_and_names_are_refused(client: TestClient, issuer: Keyed, home: Path) -> None:
    """Not JSON, another media type, too long, a method that there is not, a number that is none, what nobody issued."""
    headers = {"Authorization": f"Bearer {Keys(home).create(Role.ISSUER)[0]}"}
    plain = client.post(CREDENTIALS, content=b"{}", headers=headers | {"Content-Type": "text/plain"})
    assert detail(plain) == (415, "http.media-type")
    json_type = headers | {"Content-Type": "application/json"}
    assert detail(client.post(CREDENTIALS, content=b"{", headers=json_type)) == (400, "input.invalid")
    assert detail(client.post(CREDENTIALS, content=b" " * (1 << 21), headers=json_type)) == (413, "http.too-large")
    assert detail(client.delete(CREDENTIALS, headers=headers)) == (405, "http.method")
    assert detail(issuer.get(f"{CREDENTIALS}?limit=x")) == (400, "input.number")
    assert detail(issuer.get(f"{CREDENTIALS}?state=lost")) == (400, "input.invalid")
    assert detail(issuer.get(f"{CREDENTIALS}/urn:uuid:none")) == (404, "reference.unknown")
    assert detail(issuer.post(f"{CREDENTIALS}/urn:uuid:none/revoke")) == (404, "reference.unknown")
    assert detail(issuer.post("/issuer/records", {"documents": ["a"] * 51})) == (400, "issue.too-many")


def test_records_of_what_is_given_and_of_what_is_stored(client: TestClient, issuer: Keyed, home: Path) -> None:
    """Gathered by an issuer; of a stored learner by the learner and, with a consent, by the issuer for its purpose."""
    documents = [
        json.dumps(issuer.post(CREDENTIALS, {"to": ["did:example:ada"], "credential": each}).json()["credential"])
        for each in ("S+", "Networks")
    ]
    gathered = issuer.post("/issuer/records", {"documents": documents, "name": "All", "proof": "jwt"})
    assert gathered.status_code == 201
    (verdict,) = ask(client, None, VERIFY, documents=[gathered.json()["credential"]])["data"]["verify"]
    assert (verdict["format"], verdict["verdict"], len(verdict["embedded"])) == ("CLR 2.0", "verified", 2)

    learner = Learners(home).add("Ada (invented)").id
    text = LearnerDesk(home, None).new_key(learner)
    own, path = Keyed(client, text), f"/learners/{learner}/record"
    store = "mutation ($documents: [String!]!) { storeDocuments(documents: $documents) { id } }"
    stored = [each["id"] for each in ask(client, text, store, documents=documents)["data"]["storeDocuments"]]
    mine = own.post(path, {"documents": stored[:1]})
    assert (mine.status_code, mine.headers["cache-control"]) == (201, "no-store")
    assert (mine.json()["documents"], mine.json()["leftOut"]) == (stored[:1], [])
    assert mine.json()["credential"]["partial"] is True
    assert detail(issuer.post(path, {})) == (400, "learners.purpose")
    assert detail(issuer.post(path, {"purpose": "transcript"})) == (404, "learners.closed")
    receiver_key, receiver = Keys(home).create(Role.ISSUER)
    consent = (
        """mutation ($to: ID!) { giveConsent(receiver: $to, purpose: "transcript", endsAt: "2999-12-31") { id } }"""
    )
    ask(client, text, consent, to=receiver.id)
    theirs = Keyed(client, receiver_key).post(path, {"purpose": "transcript", "name": "Transcript"})
    assert theirs.json()["documents"] == stored
    subject = theirs.json()["credential"]["credentialSubject"]
    assert {each["associationType"] for each in subject["association"]} == {"precedes"}
    assert detail(Keyed(client, receiver_key).post(path, {"purpose": "hiring"})) == (404, "learners.closed")
    other = LearnerDesk(home, None).new_key(Learners(home).add().id)
    assert detail(Keyed(client, other).post(path, {})) == (404, "learners.closed")
    entries, _ = Learners(home).audit(learner, OPERATOR)
    noted = [(each.who, each.why, each.what) for each in entries if each.act == "record"]
    assert noted == [
        ("learner", "own", (stored[0],)),
        (f"key {receiver.id}", "transcript", tuple(stored)),
    ]
