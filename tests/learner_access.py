"""What tests of applications and learners share: an application that registers and asks, a learner who answers.

All learners and applications are invented.
"""

import base64
import hashlib
import re
import secrets
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from httpx2 import Response
from starlette.testclient import TestClient

from service.app import create_app
from service.learners import LearnerDesk
from service.settings import Settings

BASE = "http://127.0.0.1:8000"
CALLBACK = "https://wallet.example/cb"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/scope/"
READ, UPSERT = f"{OB}credential.readonly", f"{OB}credential.upsert"
ALL = [
    *(f"{api}{what}" for api in (OB, CLR) for what in ("credential.readonly", "credential.upsert")),
    "offline_access",
]
PROFILES = [f"{api}profile.{what}" for api in (OB, CLR) for what in ("readonly", "update")]
VERIFIER = "v" * 43
REGISTRATION: dict[str, Any] = {
    "client_name": "Wallet (invented)",
    "client_uri": "https://wallet.example/",
    "logo_uri": "https://wallet.example/logo.png",
    "tos_uri": "https://wallet.example/terms",
    "policy_uri": "https://wallet.example/privacy",
    "software_id": "c88b6ed8-269e-448e-99be-7e2ff47167d1",
    "software_version": "1.0",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": " ".join([*ALL, *PROFILES]),
}


def challenge_of(verifier: str) -> str:
    """PKCE, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def service(home: Path, **settings: Any) -> TestClient:
    """The service on a data folder, without Neo4j, as a browser and as an application see it."""
    found = Settings(home=home, neo4j_uri="bolt://127.0.0.1:9", **settings)
    return TestClient(create_app(found), base_url=BASE, follow_redirects=False)


def ticket_of(page: Response) -> str:
    """The ticket in the form of a page."""
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found, page.text
    return unescape(found[1])


def answer_of(response: Response) -> dict[str, str]:
    """The parameters of the way back to the application."""
    assert response.status_code == 303, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query, keep_blank_values=True))


class Application:
    """An application that registered."""

    def __init__(self, client: TestClient, **registration: Any) -> None:
        self.client = client
        response = client.post("/oauth/register", json=REGISTRATION | registration)
        assert response.status_code == 201, response.text
        self.told = response.json()
        self.id, self.secret = self.told["client_id"], self.told["client_secret"]

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one away."""
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": CALLBACK,
            "scope": READ,
            "state": "st-1",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (parameters | changes).items() if value is not None}

    def ask(self, **changes: str | None) -> Response:
        """The answer to an authorization request."""
        return self.client.get(f"/oauth/authorize?{urlencode(self.request(**changes))}")

    def exchange(self, code: str, /, **changes: str) -> Response:
        """The answer to a token request with a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.send("/oauth/token", form | changes)

    def refresh(self, token: str, /, **changes: str) -> Response:
        """The answer to a token request with a refresh token."""
        return self.send("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token} | changes)

    def send(self, path: str, form: dict[str, str]) -> Response:
        """A form with the client's secret."""
        return self.client.post(path, data=form, auth=(self.id, self.secret))


class Person:
    """A stored learner with the local account, at a browser."""

    def __init__(self, home: Path, client: TestClient) -> None:
        desk = LearnerDesk(home, None)
        self.client, self.desk = client, desk
        self.id = desk.stored.add("Ada (invented)").id
        self.password = desk.access.make_local("ada", self.id)

    def sign_in(self, page: Response, password: str | None = None) -> Response:
        """The page after the sign-in."""
        assert page.status_code == 200, page.text
        form = {"ticket": ticket_of(page), "name": "ada", "password": password or self.password}
        return self.client.post("/oauth/sign-in", data=form)

    def decide(self, page: Response, decision: str = "allow", scopes: list[str] | None = None) -> Response:
        """The way back after the decision; all scopes of the page where none are given."""
        assert page.status_code == 200, page.text
        offered = [unescape(each) for each in re.findall(r'name="scope" value="([^"]+)"', page.text)]
        chosen = offered if scopes is None else scopes
        return self.client.post(
            "/oauth/decide", data={"ticket": ticket_of(page), "decision": decision, "scope": chosen}
        )

    def agree(self, application: Application, **changes: str | None) -> str:
        """The code after the whole way through the browser."""
        answer = answer_of(self.decide(self.sign_in(application.ask(**changes))))
        return answer["code"]

    def tokens(self, application: Application, scopes: list[str]) -> dict[str, Any]:
        """What the application gets."""
        response = application.exchange(self.agree(application, scope=" ".join(scopes), state=secrets.token_hex(4)))
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found
