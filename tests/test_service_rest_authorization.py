"""Registration, consent and tokens over HTTP, and what attackers try. All learners and applications are invented."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from httpx2 import Response
from learner_access import (
    ALL,
    BASE,
    CALLBACK,
    OB,
    READ,
    REGISTRATION,
    UPSERT,
    Application,
    Person,
    answer_of,
    challenge_of,
    service,
    ticket_of,
)
from starlette.testclient import TestClient

from graph.learner_grants import Grants, Kind
from graph.learner_rules import OPERATOR
from graph.learners import Learners
from service.cli import run


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with service(home) as found:
        yield found


@pytest.fixture
def person(home: Path, client: TestClient) -> Person:
    return Person(home, client)


@pytest.fixture
def application(client: TestClient) -> Application:
    return Application(client)


def good(home: Path, token: str) -> bool:
    """Whether an access token is good."""
    return Grants(Learners(home)).find(Kind.ACCESS, token) is not None


def test_the_whole_way(home: Path, application: Application, person: Person) -> None:
    """Ask, sign in, agree, exchange, refresh, revoke; the answer names the server, the scopes and the state."""
    page = application.ask(scope=f"{READ} {UPSERT} offline_access")
    assert "Wallet (invented)" not in page.text, "who has not signed in is told nothing"
    consent = person.sign_in(page)
    assert "Wallet (invented)" in consent.text
    assert consent.text.count('type="checkbox"') == 3
    answer = answer_of(person.decide(consent))
    assert answer["iss"] == BASE
    assert answer["state"] == "st-1"
    assert answer["scope"] == f"{READ} {UPSERT} offline_access"
    response = application.exchange(answer["code"])
    assert response.status_code == 200
    assert "no-store" in response.headers["cache-control"]
    told = response.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 3600, answer["scope"])
    assert good(home, told["access_token"])
    again = application.refresh(told["refresh_token"], scope=READ).json()
    assert again["scope"] == READ
    assert not good(home, told["access_token"])
    assert good(home, again["access_token"])
    ended = application.send("/oauth/revoke", {"token": again["refresh_token"], "token_type_hint": "refresh_token"})
    assert ended.status_code == 200
    assert not good(home, again["access_token"])


def test_the_learner_may_refuse_or_allow_less(application: Application, person: Person) -> None:
    refused = answer_of(person.decide(person.sign_in(application.ask()), "refuse"))
    assert (refused["error"], refused["state"], refused["iss"]) == ("access_denied", "st-1", BASE)
    assert "code" not in refused
    nothing = answer_of(person.decide(person.sign_in(application.ask()), "allow", []))
    assert nothing["error"] == "access_denied"
    less = person.decide(person.sign_in(application.ask(scope=f"{READ} {UPSERT}")), "allow", [READ])
    told = application.exchange(answer_of(less)["code"]).json()
    assert told["scope"] == READ
    assert "refresh_token" not in told, "offline_access was not asked for"


def test_a_form_cannot_widen_what_was_asked(application: Application, person: Person) -> None:
    """Scopes that the request had not are not in the code, whatever the form says."""
    page = person.sign_in(application.ask(scope=READ))
    answer = answer_of(person.decide(page, "allow", [READ, UPSERT, "offline_access"]))
    assert answer["scope"] == READ
    assert application.exchange(answer["code"]).json()["scope"] == READ


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"state": "x" * 513}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "offline_access"}, "invalid_scope"),
        ({"scope": f"{READ} admin"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request_uri": "https://evil.example/r"}, "invalid_request"),
    ],
)
def test_a_wrong_request_leads_back_with_an_error(
    application: Application, changes: dict[str, str | None], error: str
) -> None:
    """The client and its address are right, the rest is not: no page is shown, nobody signs in."""
    response = application.ask(**changes)
    assert urlsplit(response.headers["location"])[:3] == urlsplit(CALLBACK)[:3]
    answer = answer_of(response)
    assert (answer["error"], answer["iss"]) == (error, BASE)
    if changes.get("state", "st-1") == "st-1":
        assert answer["state"] == "st-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "0" * 32},
        {"client_id": None},
        {"client_id": 'x"\\'},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": CALLBACK + "#x"},
        {"redirect_uri": "https://wallet.example.evil.example/cb"},
        {"redirect_uri": "https://wallet.example@evil.example/cb"},
        {"redirect_uri": "//evil.example"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": 'https://wallet.example/cb"><script>alert(1)</script>'},
        {"redirect_uri": "https://wallet.example/cb\r\nX: y"},
        {"redirect_uri": "https://wallet.exämple/cb"},
        {"redirect_uri": "https://evil.example/cb", "response_type": "token"},
        {"redirect_uri": "https://evil.example/cb", "scope": "admin"},
        {"scope": "x" * 4096},
    ],
)
def test_nobody_is_led_to_an_address_that_was_not_registered(
    application: Application, changes: dict[str, str | None]
) -> None:
    response = application.ask(**changes)
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "<script" not in response.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "scope", "state", "code_challenge_method"])
def test_a_parameter_that_comes_twice_is_refused(application: Application, name: str) -> None:
    parameters = [*application.request().items(), (name, application.request()[name])]
    response = application.client.get(f"/oauth/authorize?{urlencode(parameters)}")
    assert response.status_code == 400


def test_a_scope_that_the_client_did_not_register_is_not_asked(client: TestClient) -> None:
    narrow = Application(client, scope=READ)
    assert answer_of(narrow.ask(scope=f"{READ} {UPSERT}"))["error"] == "invalid_scope"


def test_a_code_is_exchanged_once_and_a_second_time_ends_all(
    home: Path, application: Application, person: Person
) -> None:
    code = person.agree(application)
    token = application.exchange(code).json()["access_token"]
    assert good(home, token)
    again = application.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not good(home, token)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": challenge_of("v" * 43)}, "invalid_grant"),
        ({"redirect_uri": "https://wallet.example/other"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"code": "x"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_exchange_gives_no_token(
    application: Application, person: Person, changes: dict[str, str], error: str
) -> None:
    """And the code is as good as before for who has it rightly."""
    code = person.agree(application)
    response = application.exchange(code, **changes)
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert application.exchange(code).status_code == 200


def test_without_a_verifier_there_is_no_token(application: Application, person: Person) -> None:
    form = {"grant_type": "authorization_code", "code": person.agree(application), "redirect_uri": CALLBACK}
    assert application.send("/oauth/token", form).json()["error"] == "invalid_request"


def test_another_client_cannot_use_a_code_or_token(home: Path, application: Application, person: Person) -> None:
    other = Application(application.client, client_name="Other (invented)")
    code = person.agree(application, scope=f"{READ} offline_access")
    assert other.exchange(code).json()["error"] == "invalid_grant"
    tokens = application.exchange(code).json()
    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert other.send("/oauth/revoke", {"token": tokens["access_token"]}).status_code == 400
    assert good(home, tokens["access_token"])


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"nobody:secret").decode(),
        "Bearer x",
        "basic é",
    ],
)
def test_a_client_without_its_secret_is_401(
    application: Application, person: Person, authorization: str | None
) -> None:
    code = person.agree(application)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": "v" * 43,
        "client_id": application.id,
        "client_secret": application.secret,
    }
    headers = [(b"authorization", authorization.encode("latin-1"))] if authorization is not None else []
    response = application.client.post("/oauth/token", data=form, headers=headers)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["www-authenticate"].startswith("Basic")


def test_a_token_request_in_the_address_counts_for_nothing(application: Application, person: Person) -> None:
    code = person.agree(application)
    query = urlencode({"grant_type": "authorization_code", "code": code})
    response = application.client.post(
        f"/oauth/token?{query}", data={"redirect_uri": CALLBACK}, auth=(application.id, application.secret)
    )
    assert response.json()["error"] == "unsupported_grant_type"
    assert application.client.get("/oauth/token").status_code == 405


def test_a_refresh_cannot_widen_the_scopes(application: Application, person: Person) -> None:
    tokens = person.tokens(application, [READ, "offline_access"])
    wider = application.refresh(tokens["refresh_token"], scope=f"{READ} {UPSERT}")
    assert wider.json()["error"] == "invalid_scope"


def test_a_form_of_another_site_decides_nothing(home: Path, application: Application, person: Person) -> None:
    """Without the cookie, with another browser's, from another site, with a changed or another stage's ticket: 403."""
    sign_in = application.ask()
    consent = person.sign_in(sign_in)
    ticket = ticket_of(consent)
    form = {"ticket": ticket, "decision": "allow", "scope": READ}

    def decide(**changes: str) -> Response:
        return application.client.post("/oauth/decide", data=form | changes)

    for site in ("cross-site", "same-site"):
        response = application.client.post("/oauth/decide", data=form, headers={"sec-fetch-site": site})
        assert response.status_code == 403
    assert decide(ticket=ticket[:-2] + ("AA" if not ticket.endswith("AA") else "BB")).status_code == 403
    assert decide(ticket=ticket_of(sign_in)).status_code == 403
    assert decide(ticket="").status_code == 403
    assert decide(ticket="x" * 20_000).status_code == 403
    kept = dict(application.client.cookies)
    application.client.cookies.clear()
    assert decide().status_code == 403
    application.client.cookies.set("headwater-access", "y" * 43, domain="127.0.0.1")
    assert decide().status_code == 403
    application.client.cookies.clear()
    for name, value in kept.items():
        application.client.cookies.set(name, value, domain="127.0.0.1")
    assert decide(decision="maybe").status_code == 400
    assert not Learners(home).glance(person.id).grants
    assert "code" in answer_of(decide())


def test_pages_are_not_framed_and_run_nothing(application: Application, person: Person) -> None:
    """No script, no frame, no cache; the form leads to this service and to the application alone."""
    sign_in = application.ask()
    consent = person.sign_in(sign_in)
    for page, leads in ((sign_in, "form-action 'self';"), (consent, "form-action 'self' https://wallet.example;")):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert leads in policy
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "no-store" in page.headers["cache-control"]
        assert "<script" not in page.text
        assert "<label" in page.text
        assert '<html lang="en">' in page.text
    cookie = sign_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_what_a_client_calls_itself_is_shown_as_text(client: TestClient, person: Person) -> None:
    shady = Application(client, client_name='<img src=x onerror="alert(1)">')
    page = person.sign_in(shady.ask())
    assert "<img" not in page.text
    assert "&lt;img" in page.text


def test_wrong_passwords_are_paced(application: Application, person: Person) -> None:
    page = application.ask()
    wrong = [person.sign_in(page, "wrong").status_code for _ in range(12)]
    assert wrong[:10] == [403] * 10
    assert wrong[-1] == 429


def test_an_erased_learner_takes_everything_along(home: Path, application: Application, person: Person) -> None:
    """Tokens open nothing, the account signs in nobody, a consent page that is still open gives no code."""
    tokens = person.tokens(application, [READ, "offline_access"])
    page = person.sign_in(application.ask())
    person.desk.erase(person.id, OPERATOR)
    assert not good(home, tokens["access_token"])
    assert application.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    response = person.decide(page)
    assert response.status_code == 404
    assert person.sign_in(application.ask()).status_code == 403


def test_a_removed_client_can_do_nothing(
    home: Path, application: Application, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = person.tokens(application, [READ, "offline_access"])
    assert run(["learners", "clients", "--home", str(home), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["clients"]
    assert [(each["id"], bool(each["usedAt"])) for each in listed] == [(application.id, True)]
    assert run(["learners", "remove-client", application.id, "--home", str(home)]) == 0
    assert application.refresh(tokens["refresh_token"]).status_code == 401
    assert application.ask().status_code == 400


def test_a_grant_ends_by_command(
    home: Path, application: Application, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    token = person.tokens(application, [READ])["access_token"]
    assert run(["learners", "show", person.id, "--home", str(home), "--json"]) == 0
    grants = json.loads(capsys.readouterr().out)["grants"]
    assert [each["clientName"] for each in grants] == ["Wallet (invented)"]
    assert run(["learners", "end-grant", person.id, grants[0]["id"], "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["revokedAt"]
    assert not good(home, token)


def test_the_local_account_is_for_development(
    home: Path, person: Person, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In production the command makes none and the service takes none."""
    assert run(["learners", "account", person.id, "--home", str(home), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["password"]) == 20
    monkeypatch.setenv("HEADWATER_PROFILE", "production")
    assert run(["learners", "account", person.id, "--home", str(home), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "oauth.development"
    with service(home, profile="production", public_url="https://skills.example") as found:
        for path in ("/oauth/authorize", "/.well-known/oauth-authorization-server"):
            assert found.get(path).status_code == 404
        assert found.post("/oauth/sign-in", data={"ticket": "x"}).status_code == 404
        assert found.post("/oauth/register", json=REGISTRATION).status_code == 404


def test_another_host_name_is_not_an_address_of_this_service(client: TestClient) -> None:
    """In development without a public address: a page that rebinds its name to this machine gets nothing."""
    assert client.get("/oauth/about").status_code == 200
    assert client.get("/oauth/about", headers={"host": "evil.example"}).status_code == 404


def test_the_metadata_is_what_is_there(client: TestClient) -> None:
    told = client.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == BASE
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    for name in ("token_endpoint", "registration_endpoint", "revocation_endpoint"):
        assert client.post(told[name], content=b"x").status_code == 415
    assert set(ALL) <= set(told["scopes_supported"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["http://wallet.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://wallet.example/cb#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://user@wallet.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["wallet:cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://wallet.example:x/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://wallet.example/\\evil"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_client_metadata"),
        ({"redirect_uris": 5}, "invalid_client_metadata"),
        ({"redirect_uris": [5]}, "invalid_client_metadata"),
        ({"redirect_uris": [f"https://wallet.example/{n}" for n in range(11)]}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://other.example/cb"]}, "invalid_client_metadata"),
        ({"logo_uri": "http://wallet.example/logo.png"}, "invalid_client_metadata"),
        ({"tos_uri": None}, "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "x\u0000"}, "invalid_client_metadata"),
        ({"client_name": "x" * 201}, "invalid_client_metadata"),
        ({"client_name": ["x"]}, "invalid_client_metadata"),
        ({"scope": "admin"}, "invalid_client_metadata"),
        ({"scope": "offline_access"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"contacts": ["x"] * 6}, "invalid_client_metadata"),
    ],
)
def test_a_wrong_registration_is_refused(client: TestClient, changes: dict[str, object], error: str) -> None:
    response = client.post("/oauth/register", json=REGISTRATION | changes)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_a_registration_is_given_back_with_what_became_of_it(client: TestClient) -> None:
    """Unknown members and scopes are left away; an application on this machine registers in development."""
    local = "http://127.0.0.1:9999"
    pages = {f"{name}_uri": f"{local}/{name}" for name in ("client", "logo", "tos", "policy")}
    told = Application(
        client, **pages, redirect_uris=[f"{local}/cb"], scope=f"{READ} admin", evil="x", contacts=["ada@wallet.example"]
    ).told
    assert told["scope"] == READ
    assert told["redirect_uris"] == [f"{local}/cb"]
    assert told["contacts"] == ["ada@wallet.example"]
    assert "evil" not in told
    assert told["client_secret_expires_at"] == 0
    assert told["client_id_issued_at"] > 0


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"client_name": "a", "client_name": "b"}', 400),
        (b"[" * 5000, 400),
        (b"\xff", 400),
        (b"", 400),
        (b'"' + b"x" * 9000 + b'"', 413),
    ],
)
def test_a_bad_body_is_refused(client: TestClient, content: bytes, status: int) -> None:
    headers = {"content-type": "application/json"}
    response = client.post("/oauth/register", content=content, headers=headers)
    assert response.status_code == status
    assert "error" in response.json()


def test_huge_forms_are_refused_unread(application: Application) -> None:
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/sign-in", "/oauth/decide"):
        response = application.client.post(path, data={"x": "y" * 100_000}, auth=(application.id, application.secret))
        assert response.status_code == 413, path
    many = "&".join(f"a{number}=b" for number in range(100))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert application.client.post("/oauth/token", content=many, headers=headers).status_code == 400


def test_registrations_are_paced(client: TestClient) -> None:
    codes = [client.post("/oauth/register", json=REGISTRATION).status_code for _ in range(14)]
    assert codes[:10] == [201] * 10
    assert 429 in codes[10:]


def test_scopes_are_one_for_each_operation(client: TestClient) -> None:
    told = client.get("/.well-known/oauth-authorization-server").json()["scopes_supported"]
    for what in ("credential.readonly", "credential.upsert", "profile.readonly", "profile.update"):
        assert f"{OB}{what}" in told
