"""The two 1EdTech APIs over HTTP. All learners, issuers and applications are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from credential_signing import Signer, badge, record
from httpx2 import Response
from learner_access import ALL, CLR, OB, PROFILES, READ, UPSERT, Application, Person, service
from starlette.testclient import TestClient
from test_service_rest_authorization import client

from graph.learner_rules import DOCUMENTS_AT_MOST, OPERATOR, NewDocument

__all__ = ["client"]
BADGES, RECORDS = "/ims/ob/v3p0", "/ims/clr/v2p0"
MINOR = {
    "forbidden",
    "fullsuccess",
    "internal_server_error",
    "invalid_data",
    "invalid_query_parameter",
    "misdirected_request",
    "not_acceptable",
    "not_allowed",
    "not_found",
    "not_modified",
    "server_busy",
    "unauthorizedrequest",
    "unknown",
}
"""The words of Imsx_CodeMinorFieldValue in Open Badges 3.0."""


class Wallet:
    """An application with a token for everything, of one learner."""

    def __init__(self, client: TestClient, home: Path) -> None:
        self.client = client
        self.person = Person(home, client)
        self.application = Application(client)
        self.token = self.person.tokens(self.application, [*ALL, *PROFILES])["access_token"]

    def headers(self, token: str | None = None) -> dict[str, str]:
        return {"authorization": f"Bearer {token or self.token}"}

    def get(self, path: str, token: str | None = None) -> Response:
        return self.client.get(path, headers=self.headers(token))

    def post(self, credential: dict[str, Any] | str, path: str = BADGES, **headers: str) -> Response:
        kind = "text/plain" if isinstance(credential, str) else "application/json"
        content = credential if isinstance(credential, str) else json.dumps(credential)
        sent = self.headers() | {"content-type": kind} | headers
        return self.client.post(f"{path}/credentials", content=content.encode(), headers=sent)

    def listed(self, path: str = BADGES) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"{path}/credentials").json()
        return found


@pytest.fixture
def wallet(client: TestClient, home: Path) -> Wallet:
    return Wallet(client, home)


def numbered(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": f"https://college.example/badges/{number}", **changes}


def check_status(response: Response, status: int, minor: str) -> None:
    """The answer is an imsx_StatusInfo in the words of the specification."""
    assert response.status_code == status, response.text
    told = response.json()
    assert set(told) <= {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_codeMinor"}
    assert told["imsx_codeMajor"] in ("failure", "unsupported")
    assert told["imsx_severity"] == "error"
    (field,) = told["imsx_codeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldValue"] in MINOR
    assert field["imsx_codeMinorFieldValue"] == minor


def test_a_credential_goes_in_and_comes_out(wallet: Wallet) -> None:
    """JSON and compact JWS in their own lists, byte for byte as they came; the audit says who and by which scope."""
    signer = Signer()
    one = signer.sign(badge(signer, **numbered(1)))
    two = signer.token(badge(signer, **numbered(2)))
    created = wallet.post(one)
    assert created.status_code == 201
    assert created.json() == one
    token = wallet.post(two)
    assert (token.status_code, token.text) == (201, two)
    assert token.headers["content-type"].startswith("text/plain")
    assert wallet.listed() == {"credential": [one], "compactJwsString": [two]}
    assert wallet.listed(RECORDS) == {"credential": [], "compactJwsString": []}
    entries, _ = wallet.person.desk.stored.audit(wallet.person.id, OPERATOR)
    who = f"client {wallet.application.id}"
    acts = [(each.act, each.why) for each in entries if each.who == who and each.why.startswith("https")]
    clr = f"{CLR}credential.readonly"
    assert acts == [("add document", UPSERT), ("add document", UPSERT), ("read", READ), ("read", clr)]


def test_records_have_their_own_api(wallet: Wallet) -> None:
    """A CLR 2.0 goes in and comes out there alone; each API refuses what is the other's."""
    signer = Signer()
    inside = signer.sign(badge(signer, **numbered(1)))
    whole = signer.sign(record(signer, [inside]))
    check_status(wallet.post(whole), 400, "invalid_data")
    check_status(wallet.post(inside, RECORDS), 400, "invalid_data")
    assert wallet.post(whole, RECORDS).status_code == 201
    assert wallet.listed(RECORDS)["credential"] == [whole]
    assert wallet.listed()["credential"] == []


def test_a_newer_version_replaces_and_an_older_one_does_not(wallet: Wallet) -> None:
    """Equal by issuer and id, percent encoding and blanks apart; across JSON and JWS (Open Badges 3.0, equality)."""
    signer = Signer()

    def version(when: str, identifier: str = "https://college.example/b%61dges/1") -> dict[str, Any]:
        return badge(signer, id=identifier, validFrom=when)

    first = signer.sign(version("2025-02-01T00:00:00Z"))
    assert wallet.post(first).status_code == 201
    same = wallet.post(first)
    assert (same.status_code, same.content) == (304, b"")
    older = signer.sign(version("2025-01-01T00:00:00Z", "https://college.example/badges/1"))
    assert wallet.post(older).status_code == 304
    newer = signer.token(version("2025-03-01T00:00:00+02:00", "https://college.example/badges/1"))
    assert wallet.post(newer).status_code == 200
    assert wallet.listed() == {"credential": [], "compactJwsString": [newer]}
    other = Signer()
    foreign = other.sign(badge(other, id="https://college.example/badges/1", validFrom="2025-01-01T00:00:00Z"))
    assert wallet.post(foreign).status_code == 201, "another issuer's"


def test_what_is_not_proven_is_not_stored(wallet: Wallet) -> None:
    signer = Signer()
    signed = signer.sign(badge(signer, **numbered(1)))
    token = signer.token(badge(signer, **numbered(2)))
    head, payload, signature = token.split(".")
    for wrong in (
        signed | {"name": "Tampered"},
        signed | {"evilUndefinedTerm": "x"},
        f"{head}.{payload}.{signature[:-4]}AAAA",
        {"a": 1},
        "https://college.example/badge.json",
        "<svg/>",
        "x.y.z",
    ):
        check_status(wallet.post(wrong), 400, "invalid_data")
    assert wallet.listed() == {"credential": [], "compactJwsString": []}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff{", {}, 400),
        (b"", {}, 400),
        (b"[]", {}, 400),
        (b'{"x":' * 3000, {}, 400),
        (b"{}", {"content-type": "text/plain"}, 400),
        (b"a.b.c", {}, 400),
        (b"{}", {"content-type": "text/html"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
        (b'{"x": "' + b"y" * 300_000 + b'"}', {}, 413),
    ],
)
def test_a_bad_body_is_refused(wallet: Wallet, content: bytes, headers: dict[str, str], status: int) -> None:
    sent = wallet.headers() | {"content-type": "application/json"} | headers
    response = wallet.client.post(f"{BADGES}/credentials", content=content, headers=sent)
    check_status(response, status, "invalid_data")


def test_pages_have_links_and_a_count(wallet: Wallet) -> None:
    """Each page leads to the next one, the last and the first; together they are all, in order, once."""
    signer = Signer()
    documents = [signer.sign(badge(signer, **numbered(number))) for number in range(5)]
    for each in documents:
        assert wallet.post(each).status_code == 201
    seen: list[Any] = []
    address: str | None = f"{BADGES}/credentials?limit=2"
    while address is not None:
        page = wallet.get(address)
        assert page.headers["x-total-count"] == "5"
        assert set(page.links) >= {"first", "last"}
        seen += page.json()["credential"]
        address = page.links["next"]["url"] if "next" in page.links else None
    assert seen == documents
    last = wallet.get(page.links["last"]["url"])
    assert last.json()["credential"] == documents[4:]
    assert "next" not in last.links
    assert last.links["prev"]["url"].endswith("limit=2&offset=2")
    assert wallet.get(f"{BADGES}/credentials?offset=99").json() == {"credential": [], "compactJwsString": []}


def test_since_leaves_out_what_was_issued_before(wallet: Wallet) -> None:
    signer = Signer()
    times = ["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"]
    for number, when in enumerate(times):
        wallet.post(signer.sign(badge(signer, **numbered(number), validFrom=when)))
    for since, count in [(times[0], 2), ("2025-02-01T02:00:00%2B02:00", 1), ("2025-02-01T02:00:00+02:00", 1)]:
        response = wallet.get(f"{BADGES}/credentials?since={since}&limit=1")
        assert response.headers["x-total-count"] == str(count), since
    assert wallet.get(wallet.get(f"{BADGES}/credentials?since={times[0]}&limit=1").links["next"]["url"]).json()[
        "credential"
    ]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=²", "limit=", "offset=-1", "offset=9999999999999", "since=monday"],
)
def test_a_wrong_parameter_is_told(wallet: Wallet, query: str) -> None:
    check_status(wallet.get(f"{BADGES}/credentials?{query}"), 400, "invalid_query_parameter")


def test_each_operation_needs_its_scope(client: TestClient, home: Path) -> None:
    """A token with one scope does one thing, in one API; any other is 403 and leaves no trace but that."""
    person, application = Person(home, client), Application(client)
    signer = Signer()
    content = json.dumps(signer.sign(badge(signer, **numbered(1))))
    calls = {
        "credential.readonly": ("GET", "/credentials", None),
        "credential.upsert": ("POST", "/credentials", content),
        "profile.readonly": ("GET", "/profile", None),
        "profile.update": ("PUT", "/profile", json.dumps({"id": "urn:x:1", "type": ["Profile"]})),
    }
    for what in calls:
        token = person.tokens(application, [f"{OB}{what}"])["access_token"]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        for path in (BADGES, RECORDS):
            for other, (method, name, body) in calls.items():
                response = client.request(method, path + name, content=body, headers=headers)
                if (path, other) == (BADGES, what):
                    assert response.status_code in (200, 201), response.text
                else:
                    check_status(response, 403, "forbidden")
                    assert "insufficient_scope" in response.headers["www-authenticate"]


@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer x", "Bearer hw_000000000000_" + "A" * 43, "Basic eDp5"]
)
def test_without_a_good_token_nothing_is_told(wallet: Wallet, authorization: str | None) -> None:
    headers = {"authorization": authorization} if authorization is not None else {}
    for path in (BADGES, RECORDS):
        for method, name in (
            ("GET", "/credentials"),
            ("POST", "/credentials"),
            ("GET", "/profile"),
            ("PUT", "/profile"),
        ):
            response = wallet.client.request(method, path + name, headers=headers)
            check_status(response, 401, "unauthorizedrequest")
            assert response.headers["www-authenticate"].startswith("Bearer")
    in_address = wallet.client.get(f"{BADGES}/credentials?access_token={wallet.token}")
    check_status(in_address, 401, "unauthorizedrequest")


def test_a_token_ends_with_its_grant_client_and_learner(wallet: Wallet, home: Path) -> None:
    """Revoked, removed, erased: the next request is 401."""
    assert wallet.get(f"{BADGES}/profile").status_code == 200
    other = wallet.person.tokens(wallet.application, [READ])["access_token"]
    wallet.application.send("/oauth/revoke", {"token": wallet.token})
    check_status(wallet.get(f"{BADGES}/profile"), 401, "unauthorizedrequest")
    assert wallet.get(f"{BADGES}/credentials", other).status_code == 200
    second = Application(wallet.client)
    third = wallet.person.tokens(second, [READ])["access_token"]
    wallet.person.desk.access.remove_client(second.id)
    check_status(wallet.get(f"{BADGES}/credentials", third), 401, "unauthorizedrequest")
    wallet.person.desk.erase(wallet.person.id, OPERATOR)
    check_status(wallet.get(f"{BADGES}/credentials", other), 401, "unauthorizedrequest")


def test_a_learner_sees_and_ends_what_an_application_may_do(wallet: Wallet) -> None:
    """Over GraphQL, with the learner's key: at once, a second time the same; nobody else's key ends it."""
    listed = "{ learner { grants { id client clientName scopes revokedAt } } }"
    end = "mutation ($id: ID!) { endGrant(id: $id) { revokedAt } }"

    def ask(learner: str, query: str, **variables: str) -> Any:
        headers = {"authorization": f"Bearer {wallet.person.desk.new_key(learner)}"}
        return wallet.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()

    (grant,) = ask(wallet.person.id, listed)["data"]["learner"]["grants"]
    assert (grant["client"], grant["clientName"]) == (wallet.application.id, "Wallet (invented)")
    assert READ in grant["scopes"]
    assert grant["revokedAt"] is None
    other = wallet.person.desk.stored.add("Eve (invented)").id
    assert ask(other, end, id=grant["id"])["errors"][0]["extensions"]["detail"] == "learners.entry"
    assert wallet.get(f"{BADGES}/credentials").status_code == 200
    ended = ask(wallet.person.id, end, id=grant["id"])["data"]["endGrant"]["revokedAt"]
    assert ask(wallet.person.id, end, id=grant["id"])["data"]["endGrant"]["revokedAt"] == ended
    check_status(wallet.get(f"{BADGES}/credentials"), 401, "unauthorizedrequest")
    assert ask(wallet.person.id, listed)["data"]["learner"]["grants"][0]["revokedAt"] == ended


def test_a_profile_is_the_learners_own(wallet: Wallet, client: TestClient) -> None:
    """Before it is put: a name and an id that no two applications share; afterwards what was put."""
    told = wallet.get(f"{BADGES}/profile").json()
    assert told["name"] == "Ada (invented)"
    assert told["id"].startswith("urn:uuid:")
    assert wallet.person.id not in json.dumps(told)
    assert wallet.get(f"{RECORDS}/profile").json()["id"] == told["id"]
    other = wallet.person.tokens(Application(client), [f"{OB}profile.readonly"])["access_token"]
    assert wallet.get(f"{BADGES}/profile", other).json()["id"] != told["id"]
    profile = {"@context": told["@context"], "id": "https://ada.example/", "type": ["Profile"], "name": "Ada L."}

    def put(content: object) -> Response:
        headers = wallet.headers() | {"content-type": "application/json"}
        return wallet.client.put(f"{BADGES}/profile", content=json.dumps(content), headers=headers)

    assert put(profile).json() == profile
    assert wallet.get(f"{RECORDS}/profile").json() == profile
    wrongs: tuple[object, ...] = (
        {},
        {"id": "x", "type": ["Profile"]},
        {"id": "urn:x:1", "type": ["Person"]},
        [],
        {**profile, "name": 5},
    )
    for wrong in wrongs:
        check_status(put(wrong), 400, "invalid_data")
    check_status(put({**profile, "description": "x" * 40_000}), 413, "invalid_data")
    assert wallet.get(f"{BADGES}/profile").json() == profile


def test_no_more_is_stored_than_may_be(wallet: Wallet) -> None:
    for number in range(DOCUMENTS_AT_MOST):
        document = NewDocument(text=f'{{"n": {number}}}', format="x", verdict="verified", issuer=None)
        wallet.person.desk.stored.store_document(wallet.person.id, document, OPERATOR)
    signer = Signer()
    check_status(wallet.post(signer.sign(badge(signer))), 400, "invalid_data")


def test_what_there_is_not_is_told(wallet: Wallet) -> None:
    check_status(wallet.get(f"{BADGES}/nothing"), 404, "not_found")
    check_status(wallet.client.delete(f"{BADGES}/credentials"), 405, "not_allowed")
    assert wallet.client.options(f"{BADGES}/credentials").headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(("path", "scopes"), [(BADGES, OB), (RECORDS, CLR)])
def test_the_description_says_where_to_register_and_ask(client: TestClient, path: str, scopes: str) -> None:
    """It is OpenAPI 3 with what 1EdTech requires; each address in it is served."""
    response = client.get(f"{path}/discovery")
    assert response.status_code == 200
    told = response.json()
    assert told["openapi"].startswith("3.0")
    assert {"title", "version", "termsOfService", "x-imssf-privacyPolicyUrl"} <= set(told["info"])
    scheme = told["components"]["securitySchemes"]["OAuth2ACG"]
    flow = scheme["flows"]["authorizationCode"]
    assert set(flow["scopes"]) == {
        "offline_access",
        *(
            f"{scopes}{what}"
            for what in ("credential.readonly", "credential.upsert", "profile.readonly", "profile.update")
        ),
    }
    assert client.post(scheme["x-imssf-registrationUrl"]).status_code == 415
    assert client.post(flow["tokenUrl"]).status_code == 415
    assert client.get(flow["authorizationUrl"]).status_code == 400
    assert client.get(told["info"]["termsOfService"]).status_code == 200
    (server,) = told["servers"]
    for name, operations in told["paths"].items():
        for method, operation in operations.items():
            status = client.request(method, server["url"] + name).status_code
            assert status == (401 if operation["security"] else 200), (method, name)


def test_production_without_a_provider_lets_nobody_in(home: Path) -> None:
    with service(home, profile="production", public_url="https://skills.example") as client:
        for path in (BADGES, RECORDS):
            check_status(client.get(f"{path}/discovery"), 404, "not_found")
            check_status(client.get(f"{path}/credentials"), 404, "not_found")


def test_nothing_of_an_erased_learner_is_left(wallet: Wallet, home: Path) -> None:
    """Markers in name, badge, token, profile and grant are in no file afterwards, nor is a token's secret."""
    signer = Signer()
    desk = wallet.person.desk
    assert wallet.post(signer.sign(badge(signer, **numbered(1), name="Marker-badge-7731"))).status_code == 201
    assert wallet.post(signer.token(badge(signer, **numbered(2), name="Marker-token-9902"))).status_code == 201
    profile = {"id": "urn:x:marker-profile-5150", "type": ["Profile"], "name": "Marker-Ada-1815"}
    headers = wallet.headers() | {"content-type": "application/json"}
    assert wallet.client.put(f"{BADGES}/profile", content=json.dumps(profile), headers=headers).status_code == 200
    grant = desk.stored.glance(wallet.person.id).grants[0].id
    desk.erase(wallet.person.id, OPERATOR)
    markers = [b"Marker-badge-7731", b"Marker-token-9902", b"marker-profile-5150", b"Marker-Ada-1815", grant.encode()]
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [each for each in (*markers, wallet.token.rpartition(".")[2].encode()) if each in content], path
    assert not (home / "learner-access" / "local.json").exists()
