"""The way to Neo4j: what is answered, what is counted, and how it fails and comes back when Neo4j is away, slow or hostile."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar, cast

import pytest
from release_world import W, load_world, reading

from graph.loading import load
from graph.reader import AlignmentRow, Description, GraphReader, Hit
from graph.reader import Relation as Link
from graph.releases import Releases
from graph.search import find_words, lucene_query
from graph.server import Connection
from graph.snapshot import ResourceType
from graph.store import AsyncStore, Store
from ontology.errors import HeadwaterError, InputError, UnavailableError
from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    JobRole,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Teaching,
    Text,
)

T = TypeVar("T")
QUERY_SECONDS = 2.0
COMMAND_SECONDS = 5.0


def away(port: int, scheme: str = "bolt") -> Connection:
    return Connection(uri=f"{scheme}://127.0.0.1:{port}", username="neo4j", password="x", managed=False)


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def silent_server() -> Iterator[int]:
    """A listener that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield int(listener.getsockname()[1])


class Relay:
    """A way to the real server that can be cut and mended."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._sockets: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self._held = False
        self.port = 0

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def hold(self) -> None:
        """From now on connections are taken, and nothing goes through."""
        self._held = True

    def cut(self) -> None:
        assert self._listener is not None
        for each in (self._listener, *self._sockets):
            end(each)
        self._sockets.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._held:
                    sink.sendall(data)
        end(sink)


def end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def test_a_query_fails_within_two_seconds_when_nobody_listens(closed_port: int) -> None:
    """Refused: an UnavailableError with a way out, for a query and for the check."""

    async def ask() -> None:
        async with AsyncStore(away(closed_port)) as store:
            for question in (store.read("RETURN 1 AS one"), store.verify()):
                begun = time.monotonic()
                with pytest.raises(UnavailableError) as caught:
                    await question
                assert time.monotonic() - begun < QUERY_SECONDS
                assert (caught.value.code, caught.value.exit_code) == ("store.away", 3)
                assert caught.value.hint

    asyncio.run(ask())


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_query_fails_within_two_seconds_when_the_server_is_silent(scheme: str) -> None:
    """It takes the connection and says nothing."""

    async def ask(port: int) -> list[float]:
        took = []
        async with AsyncStore(away(port, scheme)) as store:
            for question in (store.verify(), store.read("RETURN 1 AS one")):
                begun = time.monotonic()
                with pytest.raises(UnavailableError) as caught:
                    await question
                assert caught.value.code == "store.away"
                took.append(time.monotonic() - begun)
        return took

    with silent_server() as port:
        assert max(asyncio.run(ask(port))) < QUERY_SECONDS


def test_a_command_fails_within_five_seconds_when_neo4j_is_away(closed_port: int, releases: Releases) -> None:
    """Refused or silent, a load ends before anything is read or written."""
    with silent_server() as silent:
        for port in (closed_port, silent):
            begun = time.monotonic()
            with Store(away(port)) as store, pytest.raises(UnavailableError) as caught:
                load_world(releases, store, 1)
            assert time.monotonic() - begun < COMMAND_SECONDS
            assert caught.value.code == "store.away"
    assert list(releases.home.iterdir()) == []


def test_an_address_that_is_none_is_the_callers_fault() -> None:
    """A scheme that does not exist: exit code 2."""
    connection = Connection(uri="nonsense://localhost", username="", password="", managed=False)
    with pytest.raises(InputError) as caught:
        Store(connection)
    assert caught.value.code == "store.address"


def test_wrong_credentials_are_told_as_such(neo4j_server: Connection) -> None:
    """Not as a server that is away; the password is not in the message."""
    wrong = Connection(uri=neo4j_server.uri, username="neo4j", password="wrong-secret", managed=False)
    with Store(wrong) as store, pytest.raises(UnavailableError) as caught:
        store.verify()
    assert caught.value.code == "store.credentials"
    assert "wrong-secret" not in caught.value.message


def test_a_wrong_database_is_told_as_such(neo4j_server: Connection) -> None:
    """With the setting to correct."""
    wrong = Connection(
        uri=neo4j_server.uri,
        username=neo4j_server.username,
        password=neo4j_server.password,
        database="no",
        managed=False,
    )
    with Store(wrong) as store, pytest.raises(UnavailableError) as caught:
        store.read("RETURN 1 AS one")
    assert caught.value.code == "store.database"


def test_it_comes_back_by_itself(neo4j_server: Connection) -> None:
    """The way is cut under open connections and mended: failing in between, answering afterwards, with the same store."""
    host, port = neo4j_server.uri.removeprefix("bolt://").split(":")
    relay = Relay((host, int(port)))
    relay.open()
    through = Connection(
        uri=f"bolt://127.0.0.1:{relay.port}",
        username=neo4j_server.username,
        password=neo4j_server.password,
        managed=False,
    )

    async def ask() -> None:
        with Store(through) as store:
            async with AsyncStore(through) as reader:
                assert store.read("RETURN 1 AS one") == await reader.read("RETURN 1 AS one") == [{"one": 1}]
                relay.cut()
                begun = time.monotonic()
                with pytest.raises(UnavailableError):
                    await reader.read("RETURN 1 AS one")
                assert time.monotonic() - begun < QUERY_SECONDS
                with pytest.raises(UnavailableError):
                    store.read("RETURN 1 AS one")
                relay.open()
                assert store.read("RETURN 2 AS two") == await reader.read("RETURN 2 AS two") == [{"two": 2}]

    asyncio.run(ask())
    relay.cut()


def test_a_server_that_falls_silent_is_told_from_a_slow_one(
    neo4j_server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that takes long is waited for; one to a server that no longer says anything is not, whatever the deadline."""
    monkeypatch.setattr("graph.store.PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr("graph.store.READ_DEADLINE_SECONDS", 120.0)
    host, _, port = neo4j_server.uri.removeprefix("bolt://").partition(":")
    relay = Relay((host, int(port)))
    relay.open()
    through = neo4j_server.__class__(
        uri=f"bolt://127.0.0.1:{relay.port}",
        username=neo4j_server.username,
        password=neo4j_server.password,
        managed=False,
    )

    async def ask() -> None:
        async with AsyncStore(through) as store:
            slow = "UNWIND range(1, 2000000) AS a WITH a WHERE a % 7 = 3 RETURN count(a) AS n"
            assert await store.read(slow) == [{"n": 285714}]
            relay.hold()
            begun = time.monotonic()
            with pytest.raises(UnavailableError) as caught:
                await store.read("RETURN 1 AS one")
            assert caught.value.code == "store.away"
            assert time.monotonic() - begun < QUERY_SECONDS

    try:
        asyncio.run(ask())
    finally:
        relay.cut()


def test_a_read_is_ended_by_neo4j_after_its_time(neo4j_server: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that would run for ever is an UnavailableError, and the connection is good for the next one."""
    monkeypatch.setattr("graph.store.READ_TIMEOUT_SECONDS", 0.3)

    async def ask() -> None:
        async with AsyncStore(neo4j_server) as store:
            with pytest.raises(UnavailableError) as caught:
                await store.read("UNWIND range(1, 1000000000) AS a WITH a WHERE a % 7 = 8 RETURN count(a) AS n")
            assert caught.value.code == "store.timeout"
            assert await store.read("RETURN 1 AS one") == [{"one": 1}]

    asyncio.run(ask())


def test_several_statements_are_done_together_or_not_at_all(connection: Connection) -> None:
    """The second one is wrong: nothing of the first stays; the error is no UnavailableError."""
    with Store(connection) as store:
        with pytest.raises(HeadwaterError) as caught:
            store.write_together([("CREATE (:Tried)", {}), ("THIS IS NOT CYPHER", {})])
        assert caught.value.code == "store.statement"
        assert not isinstance(caught.value, UnavailableError)
        assert store.read("MATCH (n:Tried) RETURN count(n) AS n") == [{"n": 0}]
        assert store.bookmarks()


@pytest.fixture
def releases(home: Path) -> Releases:
    return Releases(home)


LABELLED: list[Record] = [
    Competency(iri=W + "water", labels=(Text("Wasserbau", "de"), Text("Hydraulic engineering", "en"))),
    Competency(
        iri=W + "python", labels=(Text("Python programming", "en-GB"),), alternative_labels=(Text("Schlange", "de"),)
    ),
    Competency(iri=W + "cafe", labels=(Text("Führung im Café", "de"),)),
    Competency(iri=W + "plain", labels=(Text("Undetermined wording"),)),
    Credential(
        iri=W + "secplus", labels=(Text("CompTIA Security+", "en"),), codes=(Code("abbreviation", "Security+"),)
    ),
    Credential(iri=W + "ccnp", labels=(Text("CCNP Security", "en"),), codes=(Code("abbreviation", "CCNP Security"),)),
    JobRole(iri=W + "developer", labels=(Text("Developer", "en"),), codes=(Code("onetsoc", "15-1252.00"),)),
    Course(iri=W + "course-a", labels=(Text("Security of water", "en"),)),
]


def ask(connection: Connection, question: Callable[[GraphReader], Awaitable[T]]) -> T:
    """The answer of one question to a reader of its own."""

    async def run() -> T:
        async with AsyncStore(connection) as store:
            return await question(GraphReader(store))

    return asyncio.run(run())


@pytest.fixture
def labelled(connection: Connection, releases: Releases) -> Connection:
    with Store(connection) as store:
        report = load(releases, reading(LABELLED), store=store, dataset="labelled")
        assert report.published, report.findings
    return connection


SEARCHES: list[tuple[str, bool, list[str]]] = [
    ("hydraulic", False, ["water"]),
    ("WASSERBAU", False, ["water"]),
    ("hydralic enginering", False, ["water"]),
    ("prog", False, []),
    ("prog", True, ["python"]),
    ("python prog", True, ["python"]),
    ("schlange", False, ["python"]),
    ("fuhrung cafe", False, ["cafe"]),
    ("Führung", False, ["cafe"]),
    ("Security+", False, ["secplus", "ccnp", "course-a"]),
    ("security comptia", False, ["secplus"]),
    ("15-1252.00", False, ["developer"]),
    ("onetsoc:15-1252.00", False, ["developer"]),
    ("abbreviation:security+", False, ["secplus"]),
    ("hydraulic unicorn", False, ["water"]),
    ("unicorn", False, []),
    ("", False, []),
    ("   ", False, []),
    ('+-&&||!(){}[]^"~*?:\\/', False, []),
    ("python*", False, ["python"]),
    ("labels:python", False, []),
    ('py"thon', False, []),
    ("hydraulic AND NOT python", False, ["python", "water"]),
    ("*", True, []),
    ("_", False, []),
]


def test_search_finds_words_whatever_is_typed(labelled: Connection) -> None:
    """All words, in any language, one slip forgiven, beginnings where asked; Lucene's operators mean nothing."""

    async def question(reader: GraphReader) -> dict[tuple[str, bool], list[str]]:
        found = {}
        for text, prefix, _ in SEARCHES:
            page = await reader.search(text, first=10, prefix=prefix)
            assert (page.total, page.has_next) == (len(page.hits), False)
            found[text, prefix] = sorted(hit.iri.removeprefix(W) for hit in page.hits)
        return found

    assert ask(labelled, question) == {(text, prefix): sorted(expected) for text, prefix, expected in SEARCHES}


def test_who_types_a_code_finds_its_owner_first(labelled: Connection) -> None:
    """Before others that have the word in a label, or in a longer code."""
    page = ask(labelled, lambda reader: reader.search("Security+", first=1))
    assert [hit.iri for hit in page.hits] == [W + "secplus"]


def test_a_number_means_a_code_before_a_word(connection: Connection, releases: Releases) -> None:
    """The role 511 comes before a course that has 511 in its names and in a longer code."""
    courses = [Course(iri=f"{W}course-{each}", labels=(Text(f"Course {each}", "en"),)) for each in range(20)]
    named = Course(
        iri=W + "named",
        labels=(Text("DISA (511)", "en"), Text("511", "de")),
        alternative_labels=(Text("511"),),
        codes=(Code("course", "DISA (511)"),),
    )
    role = JobRole(iri=W + "role", labels=(Text("Defence", "en"),), codes=(Code("nice", "PD-1"), Code("opm", "511")))
    with Store(connection) as store:
        load(releases, reading([*courses, named, role]), store=store, dataset="numbers")
    page = ask(connection, lambda reader: reader.search("511", first=2))
    assert [hit.iri for hit in page.hits] == [W + "role", W + "named"]


def test_search_survives_any_text(labelled: Connection) -> None:
    """Ten thousand words, a word of a million letters, nothing but operators."""
    texts = [
        "unheard " * 10_000,
        " ".join(f"w{number}" for number in range(10_000)),
        "x" * 1_000_000,
        "\\" * 5_000,
        '"' * 5_001,
        "-".join(f"w{number}" for number in range(10_000)),
    ]

    async def question(reader: GraphReader) -> list[int]:
        return [(await reader.search(text, first=10, prefix=True)).total for text in texts]

    assert ask(labelled, question) == [0] * len(texts)
    assert max(len(lucene_query(find_words(text, prefix=True))) for text in texts) < 100_000


def test_search_keeps_to_languages_types_and_datasets(labelled: Connection) -> None:
    """A language takes its regions and undetermined texts; codes have none; types and datasets are held to."""

    async def question(reader: GraphReader) -> list[int]:
        pages = [
            await reader.search("wasserbau", first=5, languages=["en"]),
            await reader.search("wasserbau", first=5, languages=["de"]),
            await reader.search("wasserbau", first=5, languages=["de-AT"]),
            await reader.search("python", first=5, languages=["en"]),
            await reader.search("python", first=5, languages=["EN-gb"]),
            await reader.search("python", first=5, languages=["en-US"]),
            await reader.search("undetermined", first=5, languages=["fr"]),
            await reader.search("15-1252.00", first=5, languages=["fr"]),
            await reader.search("fuhrung", first=5, languages=["de"]),
            await reader.search("security", first=5, types=[ResourceType.COURSE]),
            await reader.search("security", first=5, types=[]),
            await reader.search("security", first=5, datasets=["labelled"]),
            await reader.search("security", first=5, datasets=["other"]),
        ]
        return [page.total for page in pages]

    assert ask(labelled, question) == [0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 3, 0]


@pytest.mark.parametrize("languages", [None, ["en"]])
def test_search_pages_follow_each_other(labelled: Connection, languages: list[str] | None) -> None:
    """Page by page gives what one page gives, each with the total."""

    async def question(reader: GraphReader) -> tuple[list[Hit], list[Hit]]:
        whole = await reader.search("security", first=10, languages=languages)
        singly: list[Hit] = []
        more = True
        while more:
            page = await reader.search("security", first=1, languages=languages, after=singly[-1] if singly else None)
            assert page.total == whole.total == 3
            singly.extend(page.hits)
            more = page.has_next
        return list(whole.hits), singly

    whole, singly = ask(labelled, question)
    assert whole == singly
    assert [hit.score for hit in whole] == sorted((hit.score for hit in whole), reverse=True)


NETWORK: list[Record] = [
    Competency(iri=W + "a", labels=(Text("A", "en"),), descriptions=(Text("Über A", "de"), Text("About A", "en"))),
    Competency(iri=W + "b", broader=(W + "a",)),
    Competency(iri=W + "c", broader=(W + "a",)),
    Competency(iri=W + "old", replaced_by=W + "a"),
    Course(iri=W + "k1"),
    Course(iri=W + "k2"),
    Credential(iri=W + "x"),
    JobRole(iri=W + "role"),
    JobRole(iri=W + "role2"),
    Teaching(iri=W + "t1", subject=W + "k1", competency=W + "a"),
    Teaching(iri=W + "t1b", subject=W + "k1", competency=W + "a"),
    Teaching(iri=W + "t2", subject=W + "k2", competency=W + "old"),
    Teaching(iri=W + "t3", subject=W + "x", competency=W + "a"),
    Awarding(iri=W + "w", course=W + "k1", credential=W + "x"),
    RequirementGroup(iri=W + "g", owner=W + "role", minimum=1),
    Requirement(iri=W + "r1", owner=W + "role", group=W + "g", target=W + "a"),
    Requirement(iri=W + "r2", owner=W + "role", group=W + "g", target=W + "x"),
    Requirement(iri=W + "r3", owner=W + "role2", target=W + "old"),
    Requirement(iri=W + "r4", owner=W + "k2", target=W + "a"),
    Alignment(
        iri=W + "al1", subject=W + "a", object=W + "out", relation=Relation.EXACT, confidence=0.5, method="stated"
    ),
    Alignment(iri=W + "al2", subject=W + "out2", object=W + "a", relation=Relation.BROAD),
]


def test_relations_are_pages_by_iri_with_exact_totals(connection: Connection, releases: Releases) -> None:
    """Each relation, for several things in one statement; a superseded thing stands for its successor."""
    with Store(connection) as store:
        report = load(releases, reading(NETWORK), store=store, dataset="net")
        assert report.published, report.findings
    expected = {
        (Link.BROADER, "b"): ["a"],
        (Link.BROADER, "a"): [],
        (Link.NARROWER, "a"): ["b", "c"],
        (Link.TAUGHT_BY, "a"): ["k1", "k2"],
        (Link.CERTIFIED_BY, "a"): ["x"],
        (Link.REQUIRED_BY, "a"): ["role", "role2"],
        (Link.REQUIRED_BY, "x"): ["role"],
        (Link.REQUIRED_BY, "k1"): [],
        (Link.TEACHES, "k1"): ["a"],
        (Link.TEACHES, "k2"): ["a"],
        (Link.TEACHES, "x"): ["a"],
        (Link.AWARDS, "k1"): ["x"],
        (Link.AWARDED_BY, "x"): ["k1"],
        (Link.ALIGNMENTS, "a"): ["al1", "al2"],
        (Link.ALIGNMENTS, "out"): ["al1"],
        (Link.ALIGNMENTS, "nowhere"): [],
    }

    async def question(reader: GraphReader) -> None:
        for link in Link:
            names = [name for each, name in expected if each is link]
            before = reader.store.statements
            pages = await reader.related(link, [W + name for name in names], first=10)
            assert reader.store.statements == before + 1
            for name in names:
                page = pages[W + name]
                assert [iri.removeprefix(W) for iri in page.iris] == expected[link, name], (link, name)
                assert (page.total, page.has_next) == (len(expected[link, name]), False)
        first = (await reader.related(Link.NARROWER, [W + "a"], first=1))[W + "a"]
        assert (first.iris, first.total, first.has_next) == ((W + "b",), 2, True)
        second = (await reader.related(Link.NARROWER, [W + "a"], first=1, after=first.iris[-1]))[W + "a"]
        assert (second.iris, second.total, second.has_next) == ((W + "c",), 2, False)
        assert (await reader.related(Link.NARROWER, [W + "a"], first=5, datasets=["other"]))[W + "a"].total == 0
        assert await reader.descriptions([W + "a", W + "b", W + "out"]) == {
            W + "a": (
                Description(text="Über A", language="de"),
                Description(text="About A", language="en"),
            ),
            W + "b": (),
        }
        (row,) = (await reader.alignments([W + "al1", W + "missing"])).values()
        assert (row.subject, row.object, row.relation) == (W + "a", W + "out", "exactMatch")
        assert (row.confidence, row.method, row.source, row.dataset) == (0.5, "stated", None, "net")
        assert isinstance(row, AlignmentRow)

    ask(connection, question)


def test_neo4j_shows_the_releases(connection: Connection, releases: Releases) -> None:
    """A node for each, with its datasets; one of them is current."""
    with Store(connection) as store:
        for version in (1, 2, 1):
            load_world(releases, store, version)
        rows = store.read("MATCH (r:Release) RETURN r {.*} AS release ORDER BY r.number DESC")
    found = [cast("Mapping[str, object]", row["release"]) for row in rows]
    assert [release["number"] for release in found] == [3, 2, 1]
    assert [bool(release.get("current")) for release in found] == [True, False, False]
    manifest = releases.get(2)
    (second,) = (release for release in found if release["iri"] == manifest.iri)
    assert (second["datasets"], second["dataset_checksums"]) == (["world"], [manifest.datasets[0].checksum])
    assert second["published_at"] == manifest.published_at
