"""Long bodies of GraphQL requests: only texts make them long, and there is room for a few."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from credential_signing import Signer, badge
from hypothesis import given
from hypothesis import strategies as st
from service_serving import listening

from service.app import LONG_BODIES_AT_ONCE
from service.limits import QueryLimits
from service.long_bodies import LONG_TEXT_BYTES, LongBodies, NoRoomError, is_short_without_texts
from service.settings import Settings
from service.verifying import DOCUMENT_BYTES, DOCUMENTS_AT_MOST

AWAY = "bolt://127.0.0.1:9"
VERIFY = "query ($documents: [String!]!) { verify(documents: $documents) { index verdict } }"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a real server that listens on a socket; its data folder is empty."""
    settings = Settings(home=tmp_path_factory.mktemp("long"), neo4j_uri=AWAY)
    with listening(settings, "/livez") as address, httpx.Client(base_url=f"http://{address}", timeout=300) as client:
        yield client


def documents_of(size: int, count: int) -> list[str]:
    """Signed badges of exactly so many bytes each."""
    signer, found = Signer(), []
    for number in range(count):
        identifier = f"urn:uuid:6a2f7a3e-3b6f-4f0e-9c59-{number:012d}"

        def signed(description: str, identifier: str = identifier) -> str:
            return json.dumps(signer.sign(badge(signer, id=identifier, description=description)))

        count_x = size - len(signed(""))
        for attempt in range(10, 99):  # a signature has one character more or less, as the content is
            text = signed(str(attempt) + "x" * (count_x - 2))
            if len(text) == size:
                break
            count_x += size - len(text)
        found.append(text)
    assert all(len(each) == size for each in found)
    return found


def post(client: httpx.Client, **variables: Any) -> httpx.Response:
    return client.post("/graphql", json={"query": VERIFY, "variables": variables})


def test_twenty_documents_of_256_kib_are_verified(client: httpx.Client) -> None:
    """As the contract says, over a socket; a byte more of one of them is too large."""
    documents = documents_of(DOCUMENT_BYTES, DOCUMENTS_AT_MOST)
    answer = post(client, documents=documents)
    assert answer.status_code == 200
    assert answer.json()["data"]["verify"] == [{"index": at, "verdict": "verified"} for at in range(DOCUMENTS_AT_MOST)]
    (error,) = post(client, documents=[*documents[1:], documents[0] + " "]).json()["errors"]
    assert error["extensions"]["detail"] == "documents.too-large"


def test_documents_of_which_json_makes_thrice_as_much(client: httpx.Client) -> None:
    """Letters of two bytes as escapes of six: 15 MiB of body, told as what they are."""
    body = json.dumps({"query": VERIFY, "variables": {"documents": ["\u00e9" * (DOCUMENT_BYTES // 2)] * 20}})
    assert len(body) > 15 << 20
    answer = client.post("/graphql", content=body.encode(), headers=JSON)
    assert {each["verdict"] for each in answer.json()["data"]["verify"]} == {"invalid"}


def test_only_texts_make_a_body_long(client: httpx.Client) -> None:
    """Two MiB of small values are 413 before anything is parsed; more than 16 MiB before they are read."""
    small = b'{"query": "{ __typename }", "variables": {"x": [' + b",".join([b"[]"] * 700_000) + b"]}}"
    for content in (small, iter([small[: 1 << 20], small[1 << 20 :]])):
        answer = client.post("/graphql", content=content, headers=JSON)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["detail"]) == (413, "http.too-large")
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.sendall(head_of((16 << 20) + 1))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def head_of(length: int) -> bytes:
    """The head of a request with so long a body."""
    head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json"
    return f"{head}\r\ncontent-length: {length}\r\n\r\n".encode()


def test_there_is_room_for_a_few(client: httpx.Client) -> None:
    """While others hold the room a long body is 503 at once; short ones are answered, and long ones afterwards."""
    most = QueryLimits().whole_bytes - 1024
    long = {"documents": ["z" * (250 << 10)] * 6}
    deadline = time.monotonic() + 120
    status = 0
    while status != 503:  # the last of the bodies may come after the question
        assert time.monotonic() < deadline
        with ExitStack() as held:
            for _ in range(LONG_BODIES_AT_ONCE):
                address = (client.base_url.host, client.base_url.port or 0)
                held.enter_context(socket.create_connection(address)).sendall(head_of(most + 9) + b"{" + b" " * most)
            answer = post(client, **long)
            status = answer.status_code
            assert client.post("/graphql", json={"query": "{ __typename }"}).status_code == 200
    assert answer.json()["errors"][0]["extensions"]["detail"] == "http.busy"
    assert answer.headers["retry-after"]
    while post(client, **long).status_code != 200:  # a connection that ends gives its room back
        assert time.monotonic() < deadline


def test_room_is_given_back() -> None:
    """So much together, no more; what one took is free when it ends."""
    bodies = LongBodies(10)
    with bodies.room() as one, bodies.room() as two:
        one.take(4)
        one.take(6)
        two.take(4)
        with pytest.raises(NoRoomError):
            two.take(5)
    with bodies.room() as three:
        three.take(10)
    with bodies.room() as four:
        four.take(10)


TEXTS = st.lists(st.one_of(st.text(max_size=40), st.text(min_size=LONG_TEXT_BYTES, max_size=LONG_TEXT_BYTES + 40)))


@given(texts=TEXTS)
def test_what_is_beside_long_texts(texts: list[str]) -> None:
    """The bytes beside the long texts, counted to the byte, whatever is escaped in them."""
    body = json.dumps(texts).encode()
    sizes = [len(json.dumps(each)) for each in texts]
    rest = len(body) - sum(size for size in sizes if size >= LONG_TEXT_BYTES)
    assert is_short_without_texts(body, rest)
    assert not is_short_without_texts(body, rest - 1)


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 400_000, b'"' * 400_000, b"\\" * 400_000, b'"a\\'])
def test_what_is_no_json_is_measured_in_one_pass(body: bytes) -> None:
    """A text without an end goes to the end; nothing is looked at again."""
    assert is_short_without_texts(body, len(body))
