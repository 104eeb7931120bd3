"""What HTTP says of tags and addresses that a client makes up."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from service.app import create_app, make_server
from service.settings import Profile, Settings

QUESTION = {"query": "{ __typename }"}
AWAY = "bolt://127.0.0.1:9"
"""Nobody listens there."""


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=home, neo4j_uri=AWAY))) as client:
        yield client


@pytest.mark.parametrize("given", ["{weak}", "{strong}", "*", '"other", {strong}', " {weak} "])
def test_if_none_match(client: TestClient, given: str) -> None:
    """Weak and strong tags are not told apart, `*` is any (RFC 9110, 13.1.2)."""
    weak = client.get("/graphql", params=QUESTION).headers["etag"]
    wanted = given.format(weak=weak, strong=weak.removeprefix("W/"))
    assert client.get("/graphql", params=QUESTION, headers={"if-none-match": wanted}).status_code == 304


@pytest.mark.parametrize("given", ['"other"', 'W/"other"', "", "W/"])
def test_if_none_match_of_another(client: TestClient, given: str) -> None:
    assert client.get("/graphql", params=QUESTION, headers={"if-none-match": given}).status_code == 200


@pytest.mark.parametrize(("trusted", "statuses"), [(None, [200, 429, 429]), ("127.0.0.1", [200, 200, 200])])
def test_a_client_does_not_choose_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch, trusted: str | None, statuses: list[int]
) -> None:
    """X-Forwarded-For counts only where FORWARDED_ALLOW_IPS says whose word is taken, also on the loopback address."""
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    if trusted:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    settings = Settings(home=home, neo4j_uri=AWAY, profile=Profile.PRODUCTION, rate_anonymous=1)
    config: uvicorn.Config = make_server(create_app(settings, clock=lambda: 0.0), settings).config
    config.load()
    with TestClient(config.loaded_app, client=("127.0.0.1", 50000)) as client:
        answers = [
            client.post("/graphql", json=QUESTION, headers={"x-forwarded-for": f"192.0.2.{number}"})
            for number in range(3)
        ]
    assert [answer.status_code for answer in answers] == statuses
