"""Signing in at a provider over real HTTP, and what is refused. All persons and providers are invented."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx2 import Response
from learner_access import OB, READ, Application, Person, answer_of, service, ticket_of
from oidc_provider import CLIENT_ID, SECRET, Claims, OidcProvider, provider_running
from starlette.testclient import TestClient

from graph.learner_rules import OPERATOR
from graph.learners import Learners
from service.cli import run
from service.learners import LearnerDesk

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with provider_running() as found:
        yield found


@pytest.fixture
def client(home: Path, provider: OidcProvider) -> Iterator[TestClient]:
    settings = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": SECRET}
    with service(home, **settings) as found:
        yield found


@pytest.fixture
def application(client: TestClient) -> Application:
    return Application(client)


def come_back(application: Application, provider: OidcProvider, **changes: str | None) -> Response:
    """The page after the person signed in at the provider; parameters of the way back changed."""
    begun = application.ask()
    assert begun.status_code == 303
    address = begun.headers["location"]
    assert address.startswith(f"{provider.issuer}/authorize?")
    given = provider.sign_in(address) | changes
    return application.client.get(
        "/oauth/callback", params={name: value for name, value in given.items() if value is not None}
    )


def allow(application: Application, page: Response) -> dict[str, Any]:
    """The tokens after the consent."""
    assert page.status_code == 200, page.text
    form = {"ticket": ticket_of(page), "decision": "allow", "scope": READ}
    code = answer_of(application.client.post("/oauth/decide", data=form))["code"]
    found: dict[str, Any] = application.exchange(code).json()
    return found


def test_the_first_sign_in_makes_a_learner_and_the_next_finds_them(
    home: Path, application: Application, provider: OidcProvider
) -> None:
    """One learner for one person; another person is another learner; who the person is stands in no file."""
    assert allow(application, come_back(application, provider))["scope"] == READ
    (ada,) = Learners(home).ids()
    allow(application, come_back(application, provider))
    assert Learners(home).ids() == [ada]
    assert len(Learners(home).glance(ada).grants) == 2
    provider.subject = "somebody-else"
    allow(application, come_back(application, provider))
    assert len(Learners(home).ids()) == 2
    for path in home.rglob("*"):
        assert not path.is_file() or b"ada-at-the-provider" not in path.read_bytes(), path


def test_who_refuses_is_not_stored(home: Path, application: Application, provider: OidcProvider) -> None:
    page = come_back(application, provider)
    form = {"ticket": ticket_of(page), "decision": "refuse"}
    assert answer_of(application.client.post("/oauth/decide", data=form))["error"] == "access_denied"
    assert Learners(home).ids() == []


def test_an_erased_learner_comes_back_as_a_new_one(
    home: Path, application: Application, provider: OidcProvider
) -> None:
    """The binding goes with the learner."""
    allow(application, come_back(application, provider))
    (first,) = Learners(home).ids()
    LearnerDesk(home, None).erase(first, OPERATOR)
    assert not list((home / "learner-access" / "accounts").glob("*"))
    allow(application, come_back(application, provider))
    (second,) = Learners(home).ids()
    assert second != first


def test_the_operator_binds_a_person_to_a_stored_learner(
    home: Path, application: Application, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = Learners(home).add("Ada (invented)").id
    monkeypatch.setenv("HEADWATER_OIDC_ISSUER", provider.issuer)
    arguments = ["learners", "account", learner, "--subject", provider.subject, "--home", str(home)]
    assert run(arguments) == 0
    allow(application, come_back(application, provider))
    assert Learners(home).ids() == [learner]
    assert len(Learners(home).glance(learner).grants) == 1


LIES: dict[str, Callable[[Claims], Claims]] = {
    "another nonce": lambda claims: claims | {"nonce": "n" * 43},
    "no nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "a nonce that is no text": lambda claims: claims | {"nonce": 5},
    "another audience": lambda claims: claims | {"aud": "other"},
    "audience of none": lambda claims: claims | {"aud": []},
    "several audiences, no azp": lambda claims: claims | {"aud": [CLIENT_ID, "other"]},
    "another azp": lambda claims: claims | {"azp": "other"},
    "another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "expired": lambda claims: claims | {"exp": int(time.time()) - 120, "iat": int(time.time()) - 400},
    "of the future": lambda claims: claims | {"iat": int(time.time()) + 3600},
    "without end": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "of nobody": lambda claims: claims | {"sub": ""},
    "of a long name": lambda claims: claims | {"sub": "x" * 256},
    "a subject that is no text": lambda claims: claims | {"sub": 5},
}


@pytest.mark.parametrize("name", LIES)
def test_an_id_token_that_says_something_else_signs_nobody_in(
    home: Path, application: Application, provider: OidcProvider, name: str
) -> None:
    provider.lie = LIES[name]
    response = come_back(application, provider)
    assert response.status_code == 403
    assert "ticket" not in response.text
    assert Learners(home).ids() == []


def _public(provider: OidcProvider) -> bytes:
    return provider.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _mac(claims: Claims, key: bytes, kid: str) -> str:
    """A token whose secret is what everybody knows; no library makes it."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": kid}, claims]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts)
    mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


SIGNATURES: dict[str, Callable[[OidcProvider, Claims], str]] = {
    "none": lambda _, claims: jwt.encode(claims, "", algorithm="none"),
    "HS256 with the public key": lambda provider, claims: _mac(claims, _public(provider), provider.kid),
    "HS256 with the client's secret": lambda provider, claims: jwt.encode(
        claims, SECRET * 3, algorithm="HS256", headers={"kid": provider.kid}
    ),
    "another key of the same name": lambda provider, claims: jwt.encode(
        claims, OTHER_KEY, algorithm="RS256", headers={"kid": provider.kid}
    ),
    "an unknown key": lambda _, claims: jwt.encode(claims, OTHER_KEY, algorithm="RS256", headers={"kid": "other"}),
    "RS512": lambda provider, claims: jwt.encode(
        claims, provider.key, algorithm="RS512", headers={"kid": provider.kid}
    ),
    "a key for another algorithm": lambda provider, claims: jwt.encode(
        claims, provider.key, algorithm="PS256", headers={"kid": provider.kid}
    ),
    "a changed signature": lambda provider, claims: provider.signed(claims)[:-8] + "AAAAAAAA",
    "no token at all": lambda _, __: "x.y",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_an_id_token_that_is_not_signed_by_the_provider_signs_nobody_in(
    home: Path, application: Application, provider: OidcProvider, name: str
) -> None:
    provider.sign = lambda claims: SIGNATURES[name](provider, claims)
    assert come_back(application, provider).status_code == 403
    assert Learners(home).ids() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "x"},
        {"state": None},
        {"code": "x"},
        {"code": None},
        {"iss": "https://evil.example"},
        {"error": "access_denied"},
    ],
)
def test_a_changed_way_back_signs_nobody_in(
    home: Path, application: Application, provider: OidcProvider, changes: dict[str, str | None]
) -> None:
    """Another provider's answer (mix-up), no state, a code that is none."""
    assert come_back(application, provider, **changes).status_code == 403
    assert Learners(home).ids() == []


def test_another_browser_cannot_come_back(application: Application, provider: OidcProvider) -> None:
    """An attacker's own answer, sent to a victim, signs nobody in: the cookie is another one."""
    given = provider.sign_in(application.ask().headers["location"])
    application.client.cookies.clear()
    assert application.client.get("/oauth/callback", params=given).status_code == 403
    application.ask()
    assert application.client.get("/oauth/callback", params=given).status_code == 403


def test_a_code_of_another_sign_in_is_none(application: Application, provider: OidcProvider) -> None:
    """A code that was put into another sign-in of the same browser: nonce and verifier are other ones."""
    one = provider.sign_in(application.ask().headers["location"])
    other = provider.sign_in(application.ask().headers["location"])
    mixed = one | {"state": other["state"]}
    assert application.client.get("/oauth/callback", params=mixed).status_code == 403


def test_keys_that_changed_are_asked_for_once_a_minute(application: Application, provider: OidcProvider) -> None:
    """Of many tokens by an unknown key, one asks again."""
    assert come_back(application, provider).status_code == 200
    provider.kid = "key-2"
    for _ in range(3):
        come_back(application, provider)
    assert provider.asked.count("/jwks") <= 2


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/a"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"x": "y" * 300_000},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    application: Application, provider: OidcProvider, changes: dict[str, str | None]
) -> None:
    provider.describe = lambda told: told | changes
    response = application.ask()
    assert response.status_code == 503
    assert "evil" not in response.headers.get("location", "")


def test_with_a_provider_there_is_no_local_account(home: Path, client: TestClient) -> None:
    person = Person(home, client)
    response = client.post("/oauth/sign-in", data={"ticket": "x", "name": "ada", "password": person.password})
    assert response.status_code == 404


def test_production_wants_https(home: Path, provider: OidcProvider) -> None:
    """A provider on plain http is refused at the start; with https the descriptions are there."""
    known: dict[str, Any] = {"oidc_client_id": CLIENT_ID, "oidc_client_secret": SECRET, "profile": "production"}
    with pytest.raises(Exception, match="HEADWATER_OIDC_ISSUER"):
        service(home, oidc_issuer=provider.issuer, **known)
    public = "https://skills.example"
    with service(home, oidc_issuer="https://idp.example", public_url=public, **known) as client:
        told = client.get("/ims/ob/v3p0/discovery").json()
        flow = told["components"]["securitySchemes"]["OAuth2ACG"]["flows"]["authorizationCode"]
        assert flow["authorizationUrl"] == f"{public}/oauth/authorize"
        assert f"{OB}credential.readonly" in flow["scopes"]
        local = {"redirect_uris": ["http://127.0.0.1/cb"]}
        response = client.post("/oauth/register", json=local)
        assert response.json()["error"] == "invalid_redirect_uri"
