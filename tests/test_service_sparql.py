"""SPARQL over HTTP: the protocol, formats, limits, what is refused before it runs, damaged stores."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_world import WORLD, iri
from starlette.testclient import TestClient
from test_service_rdf import HIDDEN, publish, service

from graph.archive import dataset_iri
from graph.rdf_store import MARKER, find_store, store_path
from graph.sparql_process import Builder
from graph.sparql_text import read_query
from ontology.errors import UnavailableError
from service.settings import Profile

LABELS = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> SELECT ?s ?o { ?s skos:prefLabel ?o } ORDER BY ?s ?o"
EVIL = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
QUERY = {"content-type": "application/sparql-query"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world and a private dataset."""
    folder = tmp_path_factory.mktemp("sparql")
    publish(folder, {**WORLD, "hidden": HIDDEN}, hidden={"visibility": "private"})
    return folder


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    """A service on it whose queries have two seconds, two at once."""
    with service(home, sparql_seconds=2, sparql_at_once=2) as found:
        assert found.get("/sparql", params={"query": "ASK {}"}).status_code == 200
        yield found


def ask(client: TestClient, query: str, accept: str = "application/sparql-results+json", **parameters: Any) -> Any:
    """The answer to a query by GET."""
    return client.get("/sparql", params={"query": query, **parameters}, headers={"accept": accept})


def detail(response: Any) -> str:
    """Our code of an answer's only error."""
    (error,) = response.json()["errors"]
    return str(error["extensions"]["detail"])


# ------------------------------------------------------------------------------------------------------- protocol


@pytest.mark.parametrize(
    ("asked", "media_type"),
    [
        ("application/json", "application/ld+json"),
        ("text/plain", "application/n-triples"),
        ("application/xml", "application/rdf+xml"),
    ],
)
def test_plain_names_of_formats_do_for_graphs_too(client: TestClient, asked: str, media_type: str) -> None:
    """JSON, XML and text mean a format that can hold the results; `format=json` as well."""
    response = ask(client, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", asked)
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, media_type)
    if asked != "text/plain":
        named = ask(client, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", format=asked.removeprefix("application/"))
        assert (named.status_code, named.headers["content-type"]) == (200, media_type)


def test_relative_graphs_are_below_the_base(client: TestClient) -> None:
    """FROM with an IRI that BASE completes: the graph it means, and none but those that are here."""
    base = dataset_iri("")
    found = ask(client, f"BASE <{base}> ASK FROM <skills> {{ ?s ?p ?o }}")
    assert (found.status_code, found.json()["boolean"]) == (200, True)
    assert detail(ask(client, f"BASE <{base}> ASK FROM <hidden> {{ ?s ?p ?o }}")) == "sparql.graph"


def test_three_ways_to_ask(client: TestClient) -> None:
    """GET, a form and a query as the body give the same answer."""
    answers = [
        ask(client, LABELS),
        client.post("/sparql", data={"query": LABELS}),
        client.post("/sparql", content=LABELS, headers=QUERY),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    found = answers[0].json()
    assert found["head"] == {"vars": ["s", "o"]}
    assert found["results"]["bindings"][0] == {
        "s": {"type": "uri", "value": iri("coder")},
        "o": {"type": "literal", "xml:lang": "en", "value": "Coder"},
    }
    assert answers[0].headers["x-headwater-release"] == "1"
    assert answers[0].headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values, text/csv;q=0.1", "text/tab-separated-values; charset=utf-8"),
    ],
)
def test_results_of_select_are_read_back(client: TestClient, accept: str, expected: str) -> None:
    """Each format holds the same solutions."""
    response = ask(client, LABELS, accept)
    assert response.headers["content-type"] == expected
    wanted = [(each["s"]["value"], each["o"]["value"]) for each in ask(client, LABELS).json()["results"]["bindings"]]
    if "csv" in expected:
        lines = response.text.split("\r\n")
        assert lines[0] == "s,o"
        assert [tuple(line.split(",", 1)) for line in lines[1:-1]] == wanted
        return
    assert read_rows(response, ("s", "o")) == wanted


def read_rows(response: Any, names: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    """The values of an answer in JSON, XML or TSV (of IRIs and texts without escapes)."""
    media_type = response.headers["content-type"].partition(";")[0]
    if media_type.endswith("json"):
        return [
            tuple(each[name]["value"] if name in each else None for name in names)
            for each in response.json()["results"]["bindings"]
        ]
    if media_type.endswith("xml"):
        space = "{http://www.w3.org/2005/sparql-results#}"
        results = ET.fromstring(response.text).iter(f"{space}result")
        rows = [{each.get("name"): each[0].text for each in result} for result in results]
        return [tuple(row.get(name) for name in names) for row in rows]
    lines = response.text.splitlines()
    assert lines[0] == "\t".join(f"?{name}" for name in names)
    return [tuple(re.sub(r'^[<"](.*)[>"](@\w+)?$', r"\1", cell) for cell in line.split("\t")) for line in lines[1:]]


def test_every_kind_of_term_is_written(client: TestClient) -> None:
    """Unbound, numbers, blank nodes, what XML and CSV must escape; an empty result; ASK."""
    query = 'SELECT ?a ?b ?c ?d { VALUES (?a ?b) { (1.5 "<&>\\"\\n,\\t") (UNDEF "x"@de) } BIND(BNODE() AS ?c) }'
    assert '\t"<&>\\"\\n,\\t"\t_:' in ask(client, query, "text/tab-separated-values").text
    (first, second) = ask(client, query).json()["results"]["bindings"]
    decimal = "http://www.w3.org/2001/XMLSchema#decimal"
    assert first["a"] == {"type": "literal", "value": "1.5", "datatype": decimal}
    assert first["b"] == {"type": "literal", "value": '<&>"\n,\t'}
    assert first["c"]["type"] == "bnode"
    assert second.keys() == {"b", "c"}
    assert second["b"] == {"type": "literal", "value": "x", "xml:lang": "de"}
    rows = read_rows(ask(client, query, "application/sparql-results+xml"), ("a", "b", "d"))
    assert rows == [("1.5", '<&>"\n,\t', None), (None, "x", None)]
    assert ask(client, query, "text/csv").text.startswith('a,b,c,d\r\n1.5,"<&>""\n,\t",_:')
    assert ask(client, "SELECT * { <urn:x> ?p ?o }").json()["results"]["bindings"] == []
    assert ask(client, "ASK { ?s ?p ?o }").json() == {"head": {}, "boolean": True}
    assert "<boolean>false</boolean>" in ask(client, "ASK { <urn:x> ?p ?o }", "application/sparql-results+xml").text


@pytest.mark.parametrize(
    "media_type", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
def test_graphs_are_given_in_each_format(client: TestClient, media_type: str) -> None:
    """CONSTRUCT and DESCRIBE."""
    for query in (f"DESCRIBE <{iri('network')}>", f"CONSTRUCT WHERE {{ <{iri('network')}> ?p ?o }}"):
        response = ask(client, query, media_type)
        found = pyoxigraph.RdfFormat.from_media_type(media_type)
        assert found is not None
        subjects = {quad.subject for quad in pyoxigraph.parse(response.content, format=found)}
        assert subjects == {pyoxigraph.NamedNode(iri("network"))}


def test_what_cannot_be_given_is_406(client: TestClient) -> None:
    """Nothing of ours, or a table where there is a graph, and the other way."""
    assert ask(client, LABELS, "image/png").status_code == 406
    assert ask(client, LABELS, "text/turtle").status_code == 406
    assert ask(client, "DESCRIBE <urn:x>", "text/csv").status_code == 406
    assert ask(client, LABELS, "image/png", format="csv").headers["content-type"].startswith("text/csv")


def test_the_graphs_of_a_query(client: TestClient) -> None:
    """The default graph is all datasets; FROM and the protocol's parameters choose, the parameters first."""

    def number(query: str, **parameters: Any) -> int:
        return int(ask(client, query, **parameters).json()["results"]["bindings"][0]["n"]["value"])

    sizes = {name: number(f"SELECT (COUNT(*) AS ?n) FROM <{dataset_iri(name)}> {{ ?s ?p ?o }}") for name in WORLD}
    everything = number("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert everything == sum(sizes.values())
    plain = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    jobs, skills = dataset_iri("jobs"), dataset_iri("skills")
    assert number(plain, **{"default-graph-uri": jobs}) == sizes["jobs"]
    assert number(plain, **{"default-graph-uri": [jobs, skills]}) == sizes["jobs"] + sizes["skills"]
    assert number(plain, **{"named-graph-uri": jobs}) == 0
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    assert number(named) == everything
    assert number(named, **{"named-graph-uri": jobs}) == sizes["jobs"]
    assert number(named, **{"default-graph-uri": jobs}) == 0
    assert number(f"SELECT (COUNT(*) AS ?n) FROM NAMED <{jobs}> {{ GRAPH ?g {{ ?s ?p ?o }} }}") == sizes["jobs"]


def test_private_datasets_are_not_in_the_store(client: TestClient) -> None:
    """Neither their graph nor their statements."""
    assert ask(client, f"ASK {{ <{iri('hidden')}> ?p ?o }}").json()["boolean"] is False
    assert detail(ask(client, LABELS, **{"default-graph-uri": dataset_iri("hidden")})) == "sparql.graph"


def test_without_a_query_the_service_describes_itself(client: TestClient) -> None:
    """GET without a query is a service description in Turtle."""
    response = client.get("/sparql", headers={"accept": "text/turtle"})
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    triples = {quad.triple for quad in pyoxigraph.parse(response.content, format=pyoxigraph.RdfFormat.TURTLE)}
    sd = "http://www.w3.org/ns/sparql-service-description#"
    endpoint = pyoxigraph.NamedNode("http://testserver/sparql")
    assert pyoxigraph.Triple(endpoint, pyoxigraph.NamedNode(f"{sd}endpoint"), endpoint) in triples
    names = {each.object.value for each in triples if each.predicate.value == f"{sd}name"}
    assert names == {dataset_iri(name) for name in WORLD}
    assert client.get("/sparql", headers={"accept": "text/csv"}).status_code == 406


def test_bad_requests(client: TestClient) -> None:
    """Each is told what is wrong, and nothing internal."""
    assert detail(ask(client, "SELECT * { oh }")) == "sparql.syntax"
    assert "1:" in ask(client, "SELECT * { oh }").json()["errors"][0]["message"]
    assert ask(client, "").status_code == 400
    assert client.get("/sparql?query=ASK%7B%7D&query=ASK%7B%7D").status_code == 400
    assert client.post("/sparql", data={"query": "ASK {}"}, headers={"content-type": "text/plain"}).status_code == 415
    assert client.post("/sparql", content=b"\xff", headers=QUERY).status_code == 400
    assert client.post("/sparql", content=b"query=%ff").status_code == 415
    assert client.post("/sparql", content=b"#" * 1_100_000, headers=QUERY).status_code == 413
    assert client.put("/sparql", content="ASK {}").status_code == 405
    assert client.post("/sparql", data={"update": "CLEAR ALL"}).status_code == 400
    assert (
        client.post("/sparql", content="CLEAR ALL", headers={"content-type": "application/sparql-update"}).status_code
        == 400
    )
    assert str(Path(__file__).parent.parent) not in ask(client, "SELECT * { oh }").text


# --------------------------------------------------------------------------------------------- what is refused

REFUSED = [
    "SELECT * { SERVICE <%s> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <%s> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { sErViCe <%s> { ?s ?p ?o } } } }",
    "SELECT * { \\u0053ERVICE <%s> { ?s ?p ?o } }",
    "SELECT * { SERV\\u0049CE <%s> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<%s>{ ?s ?p ?o } }",
    "PREFIX ex: <%s#> SELECT * { SERVICEex:x { ?s ?p ?o } }",
    "PREFIX : <%s#> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "SELECT * { ?s ?p 1SERVICE<%s>{} }",
    "SELECT * { ?s ?p 'a'@en.SERVICE<%s>{} }",
    "SELECT * { ?s ?p true.SERVICE<%s>{} }",
    "SELECT * { ?s <x:a>|a ?b.SERVICE<%s>{} }",
    "SELECT * { ?s ?p 'it\\'s' . SERVICE <%s> {} }",
    "SELECT * { ?s ?p '''a'b''' . SERVICE <%s> {} }",
    "SELECT * { ?s ?p <urn:\\u0041#x> . SERVICE <%s> {} }",
    "SELECT * { ?s ?p ?o # SERVICE\rSERVICE <%s> {} }",
    "SELECT * { ?s ?p ?o FILTER(1 < 2) SERVICE <%s> {} FILTER(2 > 1) }",
    "SELECT * { BIND('<' AS ?x) SERVICE <%s> {} BIND('>' AS ?y) }",
    "SELECT * { ?g ?p ?o SERVICE ?g { ?a ?b ?c } BIND(<%s> AS ?g) }",
]


@pytest.fixture
def listener() -> Iterator[tuple[str, list[int]]]:
    """An address, and what has been connected to it."""
    connected: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    server.accept()[0].close()
                    connected.append(1)
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x", connected
        stop.set()
        thread.join()


def test_no_other_endpoint_is_asked(client: TestClient, listener: tuple[str, list[int]]) -> None:
    """SERVICE however it is spelt, FROM and LOAD of somewhere else: refused, and nothing is connected to."""
    address, connected = listener
    for query in REFUSED:
        response = ask(client, query % address)
        assert response.status_code == 400, query
        assert detail(response) == "sparql.service", query
    for query in (f"SELECT * FROM <{address}> {{ ?s ?p ?o }}", f"SELECT * FROM NAMED <{address}> {{}}"):
        assert detail(ask(client, query)) == "sparql.graph"
    for query in (f"LOAD <{address}>", "PREFIX a: <b:>\nINSERT DATA { <a:a> <a:a> 1 }", "BASE <a:> clear all"):
        assert detail(ask(client, query)) == "sparql.update"
    time.sleep(0.2)
    assert not connected


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { ?s ?p "SERVICE <x> {}" } # SERVICE <x> {}',
        "SELECT * { ?s ?p '''it's a SERVICE''' }",
        "PREFIX service: <urn:x#> SELECT * { ?service service:a [ a service:SERVICE ] }",
        "SELECT * { GRAPH <http://x.example/SERVICE#SERVICE> { ?s ?p ?o } }",
        "PREFIX ex: <urn:x#> SELECT * { ex:SERVICE ex:load ?insert }",
        'SELECT ("\\u0053ERVICE" AS ?x) {}',
        "SELECT * { ?s ?p 'x'@service }",
    ],
)
def test_words_in_other_places_do_not_mislead(client: TestClient, query: str) -> None:
    """Strings, comments, IRIs, names, variables and language tags may say SERVICE."""
    assert ask(client, query).status_code == 200


PIECES = st.sampled_from(
    ["", "?s ?p ?o", "?s ?p ?o.", " ", ".", "FILTER(true)", "{}", "OPTIONAL{}", "BIND(1 AS ?q)", "VALUES ?v {1}", "?s ?p 1",
     "?s ?p 1.", "?s ?p 1e5", "?s ?p true", "?s ?p 'a'", "?s ?p 'a'@en", "?s ?p 'it\\'s'.", "#c\n", "# '\n", "?s a ?o;", "?s a ?o,?b ",
     "?s ?p <urn:\\u0041#x>", "?s ?p ex:a", "?s ?p ex:a.", "?s ?p service:a.", "FILTER(?s < ?o)", "FILTER(?o > 1)", "?s ?p _:b."]
)  # fmt: skip
KEYWORDS = st.sampled_from(
    ["SERVICE", "service", "Service", "SERVICESILENT", "SERVICE SILENT", "SERVICE#c\n", "sErViCe "]
)
TARGETS = st.sampled_from(
    ["<http://127.0.0.1:9/>", " <http://127.0.0.1:9/>", "ex:x", " ex:x", ":x", " :x", "service:x", " service:x"]
)


@given(before=st.lists(PIECES, max_size=3), keyword=KEYWORDS, target=TARGETS, after=PIECES)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_the_engine_would_ask_is_refused(before: list[str], keyword: str, target: str, after: str) -> None:
    """Whatever the engine takes for SERVICE, and would connect to, is refused before: held against the engine itself."""
    prefixes = "PREFIX ex: <http://127.0.0.1:9/> PREFIX : <http://127.0.0.1:9/> PREFIX service: <http://127.0.0.1:9/> "
    query = f"{prefixes}SELECT * {{ {''.join(before)}{keyword}{target}{{}}{after} }}"
    store = pyoxigraph.Store()
    store.add(pyoxigraph.Quad(pyoxigraph.NamedNode("urn:s"), pyoxigraph.NamedNode("urn:p"), pyoxigraph.Literal("o")))
    try:
        results = store.query(query)
        assert isinstance(results, pyoxigraph.QuerySolutions)
        list(results)
        asks = False
    except OSError:
        asks = True
    except SyntaxError:
        asks = False
    assert not asks or read_query(query).refusal is not None, query


def test_a_long_text_is_read_in_linear_time() -> None:
    """Texts that would make a careless pattern go back and forth."""
    for text in (
        "'" * 100_000,
        "a." * 100_000,
        "<" * 100_000,
        "ex:" + "a-" * 100_000,
        "'''" + "''a" * 30_000,
        "_:a." * 50_000,
    ):
        start = time.monotonic()
        read_query(text)
        assert time.monotonic() - start < 5


# ----------------------------------------------------------------------------------------------------- limits


def test_an_evil_query_is_ended_and_the_service_goes_on(client: TestClient) -> None:
    """A product of everything with everything ends in time; others are answered meanwhile and after."""
    with ThreadPoolExecutor() as pool:
        start = time.monotonic()
        evil = pool.submit(ask, client, EVIL)
        time.sleep(0.3)
        assert client.get("/livez").status_code == 200
        assert not evil.done(), "answered while the other one was running"
        assert ask(client, "ASK {}").json()["boolean"] is True
        response = evil.result()
    assert time.monotonic() - start < 2 * 5
    assert response.status_code == 504
    assert detail(response) == "sparql.timeout"
    assert ask(client, "ASK {}").json()["boolean"] is True


def test_more_queries_than_allowed_are_told_to_come_again(client: TestClient) -> None:
    """Two at once run; the third is 503 at once, with Retry-After."""
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(ask, client, EVIL) for _ in range(2)]
        time.sleep(0.5)
        response = ask(client, "ASK {}")
        assert (response.status_code, detail(response)) == (503, "sparql.busy")
        assert response.headers["retry-after"] == "2"
        assert [each.result().status_code for each in running] == [504, 504]
    assert ask(client, "ASK {}").status_code == 200


def test_memory_is_limited(client: TestClient) -> None:
    """What sorts and keeps too much, or nests too deep, ends its own process only."""
    for query in (EVIL.replace("(COUNT(*) AS ?n)", "*") + " ORDER BY ?a", "SELECT * " + "{" * 50_000 + "}" * 50_000):
        response = client.post("/sparql", content=query, headers=QUERY)
        assert detail(response) in ("sparql.memory", "sparql.timeout")
    assert ask(client, "ASK {}").status_code == 200


@pytest.mark.parametrize(
    "media_type", ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"]
)
def test_a_cut_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch, media_type: str) -> None:
    """More rows than are given: the answer is whole in its format, and a header says that it is cut."""
    monkeypatch.setattr("service.rest.sparql.ROWS", 3)
    response = ask(client, LABELS, media_type)
    assert response.headers["x-headwater-cut"] == "the results are cut at 3 rows"
    rows = response.text.splitlines()[1:] if media_type == "text/csv" else read_rows(response, ("s", "o"))
    assert len(rows) == 3
    assert ask(client, f"DESCRIBE <{iri('network')}>", "text/turtle").headers["x-headwater-cut"]
    assert "x-headwater-cut" not in ask(client, f"{LABELS} LIMIT 3").headers


# ------------------------------------------------------------------------------------------------------- stores


def test_a_damaged_store_is_built_anew(tmp_path: Path) -> None:
    """Without its marker, with a file cut short, with another content: never trusted."""
    manifest = publish(tmp_path, WORLD)
    with service(tmp_path) as client:
        assert ask(client, "ASK { ?s ?p ?o }").json()["boolean"] is True
    path = store_path(tmp_path, 1)
    assert find_store(tmp_path, manifest) == path
    table = max(path.glob("*.sst"), key=lambda each: each.stat().st_size)
    table.write_bytes(table.read_bytes()[:-100])
    assert find_store(tmp_path, manifest) is None
    with service(tmp_path) as client:
        assert ask(client, f"ASK {{ <{iri('python')}> ?p ?o }}").json()["boolean"] is True
    assert find_store(tmp_path, manifest) == path
    (path / MARKER).unlink()
    assert find_store(tmp_path, manifest) is None
    other = publish(tmp_path, {"skills": WORLD["skills"]})
    with service(tmp_path) as client:
        assert ask(client, f"ASK {{ <{iri('defender')}> ?p ?o }}").json()["boolean"] is False
    assert find_store(tmp_path, other) == path
    assert find_store(tmp_path, manifest) is None


def test_bytes_that_went_bad_are_noticed(tmp_path: Path) -> None:
    """A store whose file has its length and other bytes answers nothing wrong: it is built anew."""
    publish(tmp_path, WORLD)
    with service(tmp_path) as client:
        before = ask(client, LABELS).json()
    for table in store_path(tmp_path, 1).glob("*.sst"):
        content = bytearray(table.read_bytes())
        for position in range(0, len(content), 7):
            content[position] ^= 0xFF
        table.write_bytes(bytes(content))
    with service(tmp_path) as client:
        end = time.monotonic() + 20
        while (answer := ask(client, LABELS)).status_code != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert answer.json() == before


def test_before_the_first_release_there_is_nothing(tmp_path: Path) -> None:
    """An empty service answers about nothing."""
    with service(tmp_path) as client:
        assert ask(client, "ASK { ?s ?p ?o }").json()["boolean"] is False
        assert client.get("/id/nice").status_code == 404


def test_what_is_being_built_does_not_hold_up_the_end() -> None:
    """A builder that is closed ends what it runs, and begins nothing any more."""
    builder = Builder()
    with ThreadPoolExecutor() as pool:
        start = time.monotonic()
        running = pool.submit(builder.run, "timeit", "-n", "1", "-r", "1", "import time; time.sleep(60)")
        time.sleep(0.3)
        builder.close()
        running.result()
        builder.run("timeit", "-n", "1", "-r", "1", "import time; time.sleep(60)")
    assert time.monotonic() - start < 30
    with pytest.raises(UnavailableError, match=r"graph\.rdf_store failed"):
        Builder().run("graph.rdf_store")


def test_it_can_be_switched_off_and_is_paced(home: Path) -> None:
    """HEADWATER_SPARQL=false: 404. In production an address without a key has its requests a minute."""
    with service(home, sparql=False, profile=Profile.PRODUCTION, rate_anonymous=2) as client:
        assert client.get("/sparql").status_code == 404
        codes = [client.get("/ontology").status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        assert client.get("/ontology", headers={"authorization": "Bearer no"}).status_code == 401
