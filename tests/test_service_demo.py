"""The README's promise: the demo answers its question from the data, and prints what the README shows."""

import re
from pathlib import Path

import pytest

from graph.releases import Releases
from graph.server import Connection
from service.cli import run
from service.demo import answer_question, find_examples, print_answer, read_question

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def demo_output(
    connection: Connection, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What `headwater demo --once` prints on stdout."""
    monkeypatch.setenv("HEADWATER_HOME", str(home))
    monkeypatch.setenv("NEO4J_URI", connection.uri)
    monkeypatch.setenv("NEO4J_PASSWORD", connection.password)
    assert run(["demo", "--once"]) == 0
    return capsys.readouterr().out


def test_the_demo_prints_what_the_readme_shows(
    demo_output: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's block is the output, byte for byte; asking once more gives the same; another question another answer."""
    block = re.search(r"```text\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert block
    assert demo_output.rstrip("\n") == block[1]

    snapshot = Releases(home).snapshot()
    question = read_question(find_examples())
    print_answer(snapshot, question, answer_question(snapshot, question))
    assert capsys.readouterr().out == demo_output


def test_the_readmes_graphql_queries_are_valid() -> None:
    """Each query to paste passes validation against the printed schema."""
    from graphql import build_schema, parse, validate

    schema = build_schema((ROOT / "service/schema/schema.graphql").read_text("utf-8"))
    queries = re.findall(r"```graphql\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(queries) == 3
    for query in queries:
        assert validate(schema, parse(query)) == []
