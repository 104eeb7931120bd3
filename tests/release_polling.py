"""A client that asks a served process a hundred times a second while releases follow each other, and what it must be told.

Shared by the suite (a tenth of the loads) and the torture (30).
"""

import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from release_world import W, load_world
from service_serving import served, wait_until_ready
from starlette.testclient import TestClient

from graph.archive import Manifest, write_durably
from graph.drafts import Drafts, Edit
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import Importance, Text
from service.app import create_app
from service.settings import Settings

ASKERS = 4
REQUESTS_A_SECOND = 100.0
OVERLAY_NAME = "north"
MATCH = """match(held: { credentials: ["Security+"] }, first: 50 VIEW) {
  release totalCount
  edges { node { score qualified metCount missingCount role { id label { text } codes { value } }
    levels { stated qualified level { name } }
    missing(first: 100) { weight requirement { id importance importanceValue level { value } target { label { text } } }
    } } } }"""
LISTS = """competencies(first: 100 VIEW) { totalCount edges { node { id label { text } } } }
courses(first: 100 VIEW) { totalCount edges { node { id label { text } provider cost { amount currency } } } }
credentials(first: 100 VIEW) { totalCount edges { node { id label { text } kind } } }
jobRoles(first: 100 VIEW) { totalCount edges { node { id label { text } } } }
frameworks(first: 100) { totalCount edges { node { id label { text } } } }"""
COUNTS = "datasets(first: 10) { totalCount edges { node { name checksum release counts { type count } } } }"
VIEW = f', view: {{ overlays: ["{OVERLAY_NAME}"] }}'
PINNED = 2
"""The release that is asked for as it was, whatever is published: the first that has the overlay."""
AS_OF = {"match of an older release": "match", "match of an older release, with the overlay": "match, with the overlay"}
"""What those who ask for it must be told, by what would have been told then."""
QUERIES = {
    "all in one": MATCH + LISTS + COUNTS,
    "all in one, with the overlay": MATCH.replace("VIEW", VIEW) + LISTS.replace("VIEW", VIEW) + COUNTS,
    "match": MATCH,
    "lists": LISTS + "match(held: {}, first: 1) { release }",
    "counts": COUNTS,
    "lists alone": LISTS,
    "match, with the overlay": MATCH.replace("VIEW", VIEW),
    "match of an older release": MATCH.replace("VIEW", f', view: {{ asOf: "{PINNED}" }}'),
    "match of an older release, with the overlay": MATCH.replace("VIEW", f'{VIEW[:-2]}, asOf: "{PINNED}" }}'),
}
_RELEASE = re.compile(r"[^\"]*/release/(\d+)")


def query(name: str) -> str:
    """The GraphQL of a question."""
    return "{ " + QUERIES[name].replace("VIEW", "") + " }"


def split(answer: dict[str, Any]) -> tuple[set[int], str]:
    """(numbers of the releases that an answer names, the rest of it as text)."""
    text = json.dumps(answer, sort_keys=True)
    return {int(found) for found in _RELEASE.findall(text)}, _RELEASE.sub("RELEASE", text)


def expected_answers(folder: Path, releases: Releases, number: int) -> dict[str, str]:
    """What each question must be answered with the content of a release: asked in process, of a folder that has no other."""
    home = folder / f"expected-{number}"
    alone = Releases(home)
    infos = []
    for info in releases.archive.manifest(number).datasets:
        checksum = alone.archive.write(info.name, releases.archive.records(info.name, info.checksum))
        assert checksum == info.checksum
        infos.append(info)
    manifest = Manifest(number=1, published_at="2026-01-01T12:00:00Z", note=None, datasets=tuple(infos))
    alone.archive.write_manifest(manifest)
    write_durably(home / "current.json", b'{"release": 1}')
    settings = Settings(home=home, neo4j_uri="bolt://127.0.0.1:9")
    with TestClient(create_app(settings)) as client:
        found = {}
        for name in QUERIES.keys() - AS_OF.keys():
            body = client.post("/graphql", json={"query": query(name)}).json()
            assert "errors" not in body, body
            found[name] = split(body["data"])[1]
    return found


@dataclass(slots=True, kw_only=True)
class Polled:
    """What the askers were told."""

    begun: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    answers: Counter[tuple[str, int | None, str]] = field(default_factory=Counter)
    """How often, by question, number of the release that is named, and the rest."""
    failures: list[str] = field(default_factory=list)
    newest: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(self.answers.values()) / (self.ended - self.begun)


class Polling:
    """Askers that share a pace."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ticks = itertools.count()
        self.told = Polled()

    @contextmanager
    def asking(self) -> Iterator[Polled]:
        """What is told meanwhile."""
        threads = [threading.Thread(target=self._ask) for _ in range(ASKERS)]
        self.told.begun = time.monotonic()
        for thread in threads:
            thread.start()
        try:
            yield self.told
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()
            self.told.ended = time.monotonic()

    def _ask(self) -> None:
        newest = 0
        names = list(QUERIES)
        with httpx.Client(base_url=self._base, timeout=60) as client:
            while not self._stopping.is_set():
                with self._lock:
                    tick = next(self._ticks)
                ahead = self.told.begun + tick / REQUESTS_A_SECOND - time.monotonic()
                if ahead > 0:
                    time.sleep(ahead)
                name = names[tick % len(names)]
                newest = self._ask_once(client, name, newest)

    def _ask_once(self, client: httpx.Client, name: str, newest: int) -> int:
        """The newest release that this asker has seen."""
        try:
            body = client.post("/graphql", json={"query": query(name)}).json()
        except (httpx.HTTPError, ValueError) as error:
            body = {"errors": repr(error)}
        numbers, rest = split(body.get("data") or {})
        number = max(numbers, default=None)
        with self._lock:
            if "errors" in body or len(numbers) > 1:
                self.told.failures.append(f"{name}: {sorted(numbers)} {body.get('errors')}")
            elif name in AS_OF and number != PINNED:
                self.told.failures.append(f"{name}: release {number}, not {PINNED}")
            elif name not in AS_OF and number is not None and number < newest:
                self.told.failures.append(f"{name}: release {number} after {newest}")
            else:
                self.told.answers[name, number, rest] += 1
            self.told.newest = max(self.told.newest, number or 0)
        return max(newest, number or 0)


def make_overlay(releases: Releases, store: Store) -> None:
    """Nothing; a release has the overlay: a name, a weight and a removal."""
    drafts = Drafts(releases)
    drafts.create(OVERLAY_NAME, over=["world"])
    edits = [
        Edit(target=f"{W}c1", labels=(Text("The north's own skill", "en"),)),
        Edit(target=f"{W}r2", weight=(Importance.MUST, None)),
        Edit(target=f"{W}c3", removed=True),
    ]
    drafts.edit(OVERLAY_NAME, edits)
    assert drafts.publish(OVERLAY_NAME, store).published


def poll_through(connection: Connection, folder: Path, *, loads: int) -> Polled:
    """What was told during so many loads of two versions by turns, a rollback after each third; all of it is right."""
    home = folder / "home"
    with Store(connection) as store:
        releases = Releases(home)
        load_world(releases, store, 1)
        make_overlay(releases, store)
        with served(home, connection) as (base, _):
            with httpx.Client(base_url=base, timeout=30) as client:
                wait_until_ready(client)
            with Polling(base).asking() as told:
                version = 1
                for turn in range(loads):
                    version = 3 - version
                    report = load_world(releases, store, version)
                    assert report.published
                    if turn % 3 == 2:
                        current = releases.current()
                        assert current is not None
                        releases.roll_back(store, current.number - 1)
                        version = 3 - version
                    if turn % 2:
                        _wait_for(told, releases)
                _wait_for(told, releases)
    _check(told, releases, folder)
    return told


def _wait_for(told: Polled, releases: Releases) -> None:
    """Nothing, as soon as somebody was told of the current release."""
    current = releases.current()
    assert current is not None
    end = time.monotonic() + 60
    while told.newest < current.number and not told.failures:
        assert time.monotonic() < end, f"nobody was told of release {current.number}"
        time.sleep(0.02)


def _check(told: Polled, releases: Releases, folder: Path) -> None:
    """Each answer is that of the release that it names; one that names none is that of some release."""
    assert not told.failures, told.failures[:3]
    expected: dict[tuple[str, ...], dict[str, str]] = {}
    by_number = {}
    for manifest in releases.published():
        content = tuple(dataset.checksum for dataset in manifest.datasets)
        if content not in expected and len(content) > 1:
            expected[content] = expected_answers(folder, releases, manifest.number)
        by_number[manifest.number] = expected.get(content)
    assert len(expected) == 2
    first, second = expected.values()
    for name in QUERIES:
        assert any(key[0] == name for key in told.answers)
    for name in first:
        assert first[name] != second[name], "the versions differ in what is asked"
    assert first["match"] != first["match, with the overlay"]
    assert first["all in one"] != first["all in one, with the overlay"]
    for name, number, rest in told.answers:
        if number is None:
            assert rest in (first[name], second[name]), name
        else:
            answers = by_number[number]
            assert answers is not None
            assert rest == answers[AS_OF.get(name, name)], (name, number)
