"""`/metrics`: what was answered is counted by route, and nothing of the callers is in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(home=tmp_path, neo4j_uri="bolt://127.0.0.1:1"))) as found:
        yield found


def figures(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """(name, labels) → value, as a Prometheus server would read them."""
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    samples = [sample for family in text_string_to_metric_families(response.text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def counted(client: TestClient, route: str, method: str, status: str) -> float | None:
    labels = frozenset({("route", route), ("method", method), ("status", status)})
    return figures(client).get(("headwater_http_requests_total", labels))


def test_requests_are_counted_by_route_method_and_status(client: TestClient) -> None:
    for _ in range(3):
        client.post("/graphql", json={"query": "{ jobRoles { totalCount } }"})
    client.post("/graphql", content=b"{", headers={"content-type": "application/json"})
    client.get("/ims/case/v1p1/CFItems/secret-identifier?filter=secret")
    client.get("/secret-path")
    client.request("BREW", "/livez")
    assert counted(client, "/graphql", "POST", "200") == 3
    assert counted(client, "/graphql", "POST", "400") == 1
    assert counted(client, "/readyz", "GET", "503") is None
    client.get("/readyz")
    assert counted(client, "/readyz", "GET", "503") == 1
    assert counted(client, "other", "GET", "404") == 1
    assert counted(client, "/livez", "other", "405") == 1
    text = client.get("/metrics").text
    assert "secret" not in text
    assert 'headwater_http_request_seconds_count{route="/graphql"} 4.0' in text


def test_state_is_told_and_each_application_has_its_own(client: TestClient, tmp_path: Path) -> None:
    found = figures(client)
    assert found["headwater_release", frozenset()] == 0
    assert found["headwater_http_running", frozenset()] == 1, "the request that asks"
    assert found["process_resident_memory_bytes", frozenset()] > 1_000_000
    client.get("/livez")
    with TestClient(create_app(Settings(home=tmp_path / "other", neo4j_uri="bolt://127.0.0.1:1"))) as other:
        assert counted(other, "/livez", "GET", "200") is None
    assert counted(client, "/livez", "GET", "200") == 1
