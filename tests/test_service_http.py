"""GraphQL over HTTP without a database: media types, statuses, bad bodies, limits, profiles, pages."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.limits import QueryLimits
from service.settings import Profile, Settings
from service.transport import GRAPHQL_JSON, choose_media_type
from service.web.pages import VENDOR

AWAY = "bolt://127.0.0.1:9"
"""Nobody listens there."""
TYPENAME = {"query": "{ __typename }"}
Make = Callable[..., TestClient]


@pytest.fixture
def make(home: Path) -> Iterator[Make]:
    """Makes clients of applications on an empty folder, without Neo4j. They are closed at the end."""
    clients: list[TestClient] = []

    def make_client(
        limits: QueryLimits | None = None, clock: Callable[[], float] = lambda: 0.0, **own: Any
    ) -> TestClient:
        settings = Settings(home=home, neo4j_uri=AWAY, **own)
        client = TestClient(create_app(settings, limits=limits, clock=clock), raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return client

    yield make_client
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(make: Make) -> TestClient:
    """A client in the development profile."""
    return make()


def code_of(response: Any) -> tuple[str, str]:
    """(code, detail) of an answer's only error."""
    (error,) = response.json()["errors"]
    return error["extensions"]["code"], error["extensions"]["detail"]


# ----------------------------------------------------------------------------------------------- media types


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, application/json;q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.5, application/json", "application/json"),
        (f"text/html, {GRAPHQL_JSON};q=0.1, */*;q=0", GRAPHQL_JSON),
        ("text/html", None),
        ("application/json;q=0", None),
    ],
)
def test_media_type_is_negotiated(accept: str | None, expected: str | None) -> None:
    """The client gets what it weighs more; `application/json` where it does not say."""
    assert choose_media_type(accept) == expected


def test_answer_has_the_type_that_was_asked_for(client: TestClient) -> None:
    """Both types, in UTF-8; something else is 406."""
    for accept in ("application/json", GRAPHQL_JSON):
        response = client.post("/graphql", json=TYPENAME, headers={"accept": accept})
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
        assert response.json() == {"data": {"__typename": "Query"}}
    assert client.post("/graphql", json=TYPENAME, headers={"accept": "text/csv"}).status_code == 406


REFUSED = [
    ({"query": "{"}, "GRAPHQL_PARSE_FAILED", "graphql.syntax"),
    ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED", "graphql.validation"),
    ({"query": "query($id: ID!) { node(id: $id) { id } }"}, "BAD_USER_INPUT", "graphql.variables"),
    ({"query": "query A { __typename } query B { __typename }"}, "BAD_USER_INPUT", "graphql.operation"),
    ({"query": "query A { __typename }", "operationName": "B"}, "BAD_USER_INPUT", "graphql.operation"),
    ({"query": "fragment A on Query { __typename }"}, "BAD_USER_INPUT", "graphql.operation"),
]


@pytest.mark.parametrize(("body", "code", "detail"), REFUSED)
def test_request_errors_have_code_and_status(client: TestClient, body: Any, code: str, detail: str) -> None:
    """400 without `data` for GraphQL clients, 200 for plain JSON ones; the same error."""
    for accept, status in ((GRAPHQL_JSON, 400), ("application/json", 200)):
        response = client.post("/graphql", json=body, headers={"accept": accept})
        assert response.status_code == status
        assert "data" not in response.json()
        assert code_of(response) == (code, detail)


@pytest.mark.parametrize(
    "query",
    [
        "query ($n: Int = 3) { jobRoles(first: $n) { totalCount } }",
        "query ($n: Boolean = true) { jobRoles { totalCount @skip(if: $n) } }",
    ],
)
def test_null_where_a_default_lets_it_pass_validation_is_the_clients(client: TestClient, query: str) -> None:
    """The specification allows the document; the value is refused when it is used."""
    response = client.post("/graphql", json={"query": query, "variables": {"n": None}})
    assert response.json()["data"] is None
    assert code_of(response) == ("BAD_USER_INPUT", "graphql.variables")


# ----------------------------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}",
        b'{"query": "{ __typename }", "variables": {"a": ' + b"1" * 5001 + b"}}",
        b'{"query": "{ __typename }"',
        b'\xef\xbb\xbf{"query": "{ __typename }"}',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"3",
        b"{}",
        b'{"query": 3}',
        b'{"query": ""}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "operationName": 3}',
        b'{"query": "{ __typename }", "extensions": []}',
    ],
)
def test_bad_bodies_are_400(client: TestClient, body: bytes) -> None:
    """Whatever is no request of GraphQL over HTTP is 400 `http.body`, never 500."""
    response = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, code_of(response)) == (400, ("BAD_USER_INPUT", "http.body"))


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_types_that_any_page_can_send_are_not_run(client: TestClient, media_type: str) -> None:
    """Only application/json is run, which a foreign page cannot send without a preflight."""
    response = client.post("/graphql", content=b'{"query": "{ __typename }"}', headers={"content-type": media_type})
    assert (response.status_code, code_of(response)[1]) == (415, "http.media-type")


def test_other_encodings_are_refused(client: TestClient) -> None:
    """Neither another charset nor a compressed body is read."""
    for headers in ({"content-type": "application/json; charset=utf-16"}, {"content-encoding": "gzip"}):
        headers = {"content-type": "application/json", **headers}
        assert client.post("/graphql", content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize("announced", [True, False])
def test_body_limit(make: Make, announced: bool) -> None:
    """A body at the limit passes; one byte more is 413, announced or not."""
    client = make(QueryLimits(body_bytes=200))

    def post(size: int) -> int:
        body = b'{"query": "{ __typename }"'.ljust(size - 1) + b"}"
        content = body if announced else iter([body[:50], body[50:]])
        return client.post("/graphql", content=content, headers={"content-type": "application/json"}).status_code

    assert (post(200), post(201)) == (200, 413)


def test_methods(client: TestClient) -> None:
    """GET and POST; others are 405."""
    response = client.put("/graphql", json=TYPENAME)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


# ----------------------------------------------------------------------------------------------------- limits


def spread(count: int) -> str:
    """A query of so many aliases, hidden in fragments."""
    half, rest = divmod(count, 2)
    twice = f"fragment half on Query {{ {' '.join(f'h{i}: __typename' for i in range(half))} }}"
    odd = "odd: __typename" if rest else ""
    return f"{{ ... {{ ...half }} ...half {odd} }} {twice}"


LIMITS: list[tuple[str, int, Callable[[int], str]]] = [
    ("characters", 40, lambda size: "{ __typename }".ljust(size)),
    ("tokens", 9, lambda size: "{ " + "__typename " * (size - 2) + "}"),
    ("depth", 4, lambda size: "{ __schema { types { " + "ofType { " * (size - 3) + "name" + " }" * size),
    ("aliases", 4, spread),
    ("root_fields", 3, lambda size: "{ " + "__typename " * size + "}"),
    ("repeats", 2, lambda size: "{ __typename " + "__typename " * size + "}"),
    ("directives", 2, lambda size: "{ " + "__typename @skip(if: false) " * size + "}"),
]


@pytest.mark.parametrize(("name", "limit", "document"), LIMITS, ids=[name for name, *_ in LIMITS])
@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
def test_document_limits(make: Make, name: str, limit: int, document: Callable[[int], str], accept: str) -> None:
    """A document at the limit runs, one over it is 400 LIMIT_EXCEEDED with the limit's own detail."""
    client = make(QueryLimits(**{name: limit}))

    def post(size: int) -> Any:
        return client.post("/graphql", json={"query": document(size)}, headers={"accept": accept})

    passed, refused = post(limit), post(limit + 1)
    assert passed.status_code == 200
    assert "errors" not in passed.json()
    assert refused.status_code == 400
    assert code_of(refused) == ("LIMIT_EXCEEDED", f"limit.{name.replace('_', '-')}")


def test_nesting_beyond_the_parser_is_a_limit(client: TestClient) -> None:
    """What the parser itself will not descend into is told as depth."""
    response = client.post("/graphql", json={"query": "{ a " * 900 + "}" * 900})
    assert code_of(response) == ("LIMIT_EXCEEDED", "limit.depth")


@pytest.mark.parametrize(("first", "detail"), [(0, "input.first"), (101, "input.first"), (1, None), (100, None)])
def test_pages_are_1_to_100(client: TestClient, first: int, detail: str | None) -> None:
    """`first` outside is an error of its field."""
    response = client.post("/graphql", json={"query": f"{{ courses(first: {first}) {{ totalCount }} }}"})
    assert (code_of(response)[1] if detail else "errors" not in response.json()) == (detail or True)


@pytest.mark.parametrize(
    "cursor", ["", "x", "====", "ä", "WyJqb2JSb2xlcyIsImEiXQ", "WyJjb3Vyc2VzIl0", "WyJjb3Vyc2VzIiwzXQ", "a" * 5000]
)
def test_a_cursor_of_something_else_is_refused(client: TestClient, cursor: str) -> None:
    """Nonsense, another list's cursor, one without a key or with a key of another type: `cursor.invalid`."""
    query = "query($after: String) { courses(after: $after) { totalCount } }"
    response = client.post("/graphql", json={"query": query, "variables": {"after": cursor}})
    assert code_of(response) == ("BAD_USER_INPUT", "cursor.invalid")


# --------------------------------------------------------------------------------------------------- profiles


def test_production_is_closed(make: Make) -> None:
    """No GraphiQL, no introspection, no suggestions, GET with a preflight header only; the schema is still to be had."""
    client = make(profile=Profile.PRODUCTION)
    asked = client.post("/graphql", json={"query": "{ __schema { types { name } } }"})
    assert code_of(asked) == ("GRAPHQL_VALIDATION_FAILED", "introspection.off")
    for query in (
        "{ framework }",
        "query($x: ResourceTipe) { __typename }",
        "{ search(text: 1, typs: []) { totalCount } }",
    ):
        assert "Did you mean" not in client.post("/graphql", json={"query": query}).text
    assert client.get("/graphql", headers={"accept": "text/html"}).status_code == 406
    assert client.get("/vendor/graphiql.min.js").status_code == 404
    assert code_of(client.get("/graphql", params=TYPENAME))[1] == "http.preflight"
    assert client.get("/graphql", params=TYPENAME, headers={"apollo-require-preflight": "1"}).status_code == 200
    assert "type Query" in client.get("/schema.graphql").text


def test_production_opens_what_is_switched_on(make: Make) -> None:
    """Each of the four by its own setting."""
    client = make(profile=Profile.PRODUCTION, graphiql=True, introspection=True, suggestions=True, plain_get=True)
    assert "data" in client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"}).json()
    assert "Did you mean" in client.post("/graphql", json={"query": "{ framework }"}).text
    assert client.get("/graphql", params=TYPENAME).status_code == 200
    assert "GraphiQL" in client.get("/graphql", headers={"accept": "text/html"}).text


def test_anonymous_callers_are_paced_in_production(make: Make) -> None:
    """After a minute's requests 429 with Retry-After; then again. Development paces nobody."""
    now = [0.0]
    client = make(profile=Profile.PRODUCTION, rate_anonymous=2, clock=lambda: now[0])
    answers = [client.post("/graphql", json=TYPENAME) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert (code_of(answers[2]), answers[2].headers["retry-after"]) == (("LIMIT_EXCEEDED", "http.rate"), "30")
    now[0] = 30.0
    assert client.post("/graphql", json=TYPENAME).status_code == 200
    assert [make(rate_anonymous=1).post("/graphql", json=TYPENAME).status_code for _ in range(2)] == [200, 200]


def test_cors_is_off_unless_set(make: Make) -> None:
    """Only the origins of the setting may read answers."""
    headers = {"origin": "https://app.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in make().post("/graphql", json=TYPENAME, headers=headers).headers
    client = make(cors_origins="https://app.example")
    allowed = client.post("/graphql", json=TYPENAME, headers={"origin": "https://app.example"}).headers
    assert allowed["access-control-allow-origin"] == "https://app.example"
    assert client.options("/graphql", headers=headers).status_code == 200
    other = client.post("/graphql", json=TYPENAME, headers={"origin": "https://evil.example"}).headers
    assert "access-control-allow-origin" not in other


# ------------------------------------------------------------------------------------------------------ pages


def test_etag_of_get(client: TestClient) -> None:
    """A GET that has not changed is 304; another query, language or type has another tag. POST has none."""
    first = client.get("/graphql", params=TYPENAME)
    tag = first.headers["etag"]
    again = client.get("/graphql", params=TYPENAME, headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    others = [
        client.get("/graphql", params={"query": "{ a: __typename }"}),
        client.get("/graphql", params=TYPENAME, headers={"accept-language": "fr"}),
        client.get("/graphql", params=TYPENAME, headers={"accept": GRAPHQL_JSON}),
    ]
    assert len({tag, *(each.headers["etag"] for each in others)}) == 4
    assert "etag" not in client.post("/graphql", json=TYPENAME).headers
    assert "etag" not in client.get("/graphql", params={"query": "{ nothing }"}).headers


def test_get_takes_variables(client: TestClient) -> None:
    """Variables are JSON in the address; what is not is 400."""
    query = "query($first: Int!) { courses(first: $first) { totalCount } }"
    response = client.get("/graphql", params={"query": query, "variables": '{"first": 1}'})
    assert response.json() == {"data": {"courses": {"totalCount": 0}}}
    assert client.get("/graphql", params={"query": query, "variables": "{first"}).status_code == 400


def test_pages_load_nothing_from_elsewhere(client: TestClient) -> None:
    """The pages and what they name come from here, under a policy that says so."""
    for path, accept in (("/", "text/html"), ("/graphql", "text/html")):
        response = client.get(path, headers={"accept": accept})
        assert response.status_code == 200
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["x-content-type-options"] == "nosniff"
        for name in [part.split('"')[0] for part in response.text.replace("src=", "href=").split('href="')[1:]]:
            assert name.startswith(("/", "data:"))
            if name.startswith(("/assets", "/vendor")):
                assert client.get(name).status_code == 200


def test_page_of_an_empty_service(client: TestClient) -> None:
    """It says that nothing is loaded and how to load."""
    assert "Nothing is loaded yet" in client.get("/").text


def test_vendored_builds_are_those_of_their_table() -> None:
    """Every file has the sum that service/web/vendor/README.md tells."""
    table = (VENDOR / "README.md").read_text("utf-8")
    for path in VENDOR.glob("*.min.*"):
        assert f"| `{path.name}` |" in table
        assert hashlib.sha256(path.read_bytes()).hexdigest() in table


def test_probes_without_neo4j(client: TestClient) -> None:
    """Alive, not ready; the page and the snapshot's answers are there."""
    assert client.get("/livez").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert client.post("/graphql", json={"query": "{ jobRoles { totalCount } }"}).json() == {
        "data": {"jobRoles": {"totalCount": 0}}
    }
