"""The commands backup and restore, and a service beside them; how commands end that are interrupted or find Neo4j away."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from release_world import load_world
from service_serving import served, wait_until_ready
from service_world import WORLD, iri, publish_world, texts, world_folder

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import JobRole
from service.auth import Keys, Role
from service.cli import run

DEFENDER = '{ jobRoles { totalCount } related: resource(ref: "511") { description { text } } }'


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    """Runs a command with --json: (exit code, what it said)."""
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:9")

    def call(*arguments: str | Path) -> tuple[int, Any]:
        code = run([*map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_backup_and_restore_say_what_they_did(
    command: Callable[..., tuple[int, Any]], connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit codes, JSON and text; neither needs Neo4j, which is away here."""
    home, new, file = tmp_path / "home", tmp_path / "new", tmp_path / "b.tar"
    with Store(connection) as store:
        load_world(Releases(home), store, 1)
    text, _ = Keys(home).create(Role.STEWARD)
    code, said = command("backup", file, "--home", home, "--with-keys")
    assert code == 0
    assert (said["file"], said["release"], said["withKeys"]) == (str(file), 1, True)
    assert 0 <= said["rpoSeconds"] < 600
    assert said["sizeBytes"] == file.stat().st_size
    assert command("backup", file, "--verify")[1]["sha256"] == said["sha256"]
    code, restored = command("restore", file, "--home", new)
    assert (code, restored["home"], restored["aside"], restored["sha256"]) == (0, str(new), None, said["sha256"])
    assert Keys(new).identify(f"Bearer {text}").role is Role.STEWARD
    assert command("stats", "--home", new) == command("stats", "--home", home)
    for arguments, code, expected in (
        (["backup", file, "--home", home], 2, "backup.exists"),
        (["backup", tmp_path / "c.tar", "--home", tmp_path / "none"], 2, "home.nothing-loaded"),
        (["backup", file, "--verify", "--force"], 2, "input.invalid"),
        (["backup", tmp_path / "none.tar", "--verify"], 2, "input.missing-file"),
        (["backup", tmp_path / "none" / "c.tar", "--home", home], 3, "backup.not-writable"),
        (["restore", file, "--home", new], 2, "restore.not-empty"),
        (["restore", tmp_path / "none.tar", "--home", tmp_path / "third"], 2, "input.missing-file"),
    ):
        given, error = command(*arguments)
        assert (given, error["error"]["code"]) == (code, expected)
        assert error["error"]["hint"] or expected == "input.invalid"
    assert command("restore", file, "--home", new, "--force")[1]["aside"].startswith(str(new / "replaced-"))
    file.write_bytes(file.read_bytes()[:-1])
    given, error = command("backup", file, "--verify")
    assert (given, error["error"]["code"]) == (1, "backup.damaged")
    assert run(["backup", str(file), "--home", str(home), "--force"]) == 0
    out = capsys.readouterr().out
    assert "Newest release in it: 1, published " in out
    assert "(RPO)" in out
    assert not (tmp_path / "third").exists()


def test_a_running_service_follows_a_restore_with_neo4j(connection: Connection, home: Path, tmp_path: Path) -> None:
    """Snapshot and Neo4j are both those of the backup within seconds, without a command or a new start."""
    file = tmp_path / "b.tar"
    with Store(connection) as store:
        world_folder(home, store)
        assert run(["backup", str(file), "--home", str(home)]) == 0
        with served(home, connection) as (base, _), httpx.Client(base_url=base, timeout=30) as client:
            wait_until_ready(client)
            before = client.post("/graphql", json={"query": DEFENDER}).json()
            changed = JobRole(iri=iri("zoo-keeper"), labels=texts("Zoo keeper"), framework=iri("jobs"))
            jobs = tuple(each for each in WORLD["jobs"] if each.iri != iri("coder"))
            publish_world(Releases(home), store, WORLD | {"jobs": (*jobs, changed)})
            wait_until(lambda: search(client, "keeper") == 1 and search(client, "coder") == 0)
            assert run(["restore", str(file), "--home", str(home), "--force"]) == 0
            wait_until(lambda: search(client, "keeper") == 0 and search(client, "coder") == 1)
            wait_until(lambda: not Releases(home).is_publishing())
            after = client.post("/graphql", json={"query": DEFENDER}).json()
            assert after["data"] == before["data"]
            assert "extensions" not in after or not after["extensions"].get("publishing")


def search(client: httpx.Client, text: str) -> int:
    """How many things Neo4j finds by a text, as the service shows them."""
    query = f'{{ search(text: "{text}") {{ totalCount edges {{ node {{ id }} }} }} }}'
    body = client.post("/graphql", json={"query": query}).json()
    assert "errors" not in body, body
    found = body["data"]["search"]
    return len(found["edges"]) if found["totalCount"] == len(found["edges"]) else -1


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Nothing, as soon as something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"
        time.sleep(0.1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_service_that_is_ended_says_how(home: Path, number: int, code: int) -> None:
    """Ctrl-C is an interruption (130); SIGTERM is how services are ended (0)."""
    with served(home) as (base, process):
        assert httpx.get(f"{base}/livez").status_code == 200
        process.send_signal(number)
        assert process.wait(60) == code


def test_doctor_ends_with_three_where_neo4j_is_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that should answer does not; wrong settings are another matter."""
    for uri, code in (("bolt://127.0.0.1:9", 3), ("ftp://x", 1)):
        monkeypatch.setenv("NEO4J_URI", uri)
        assert run(["doctor", "--home", str(home)]) == code
