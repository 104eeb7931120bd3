"""The `headwater` command: exit codes, JSON on stdout, messages on stderr; loads against the session's Neo4j."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graph.server import Connection
from service.cli import run

Command = Callable[..., "Outcome"]

COMPETENCY = "https://example.org/c/"
TABLES = {
    "frameworks.csv": "iri,label,license,attribution\nhttps://example.org/f,Example,CC0,Invented\n",
    "competencies.csv": "iri,label,language,framework\n"
    + "".join(f"{COMPETENCY}{name},{name},en,https://example.org/f\n" for name in ("reading", "writing", "counting")),
    "courses.csv": "iri,label,provider,cost,currency,duration_days\n"
    "https://example.org/course/pen,Pen,College,100,EUR,2\nhttps://example.org/course/abacus,Abacus,College,50,EUR,9\n",
    "job_roles.csv": "iri,label,codes\nhttps://example.org/r/clerk,Clerk,job:1\n",
    "requires.csv": "role,target,importance\n"
    + "".join(f"https://example.org/r/clerk,{COMPETENCY}{name},must\n" for name in ("reading", "writing", "counting")),
    "teaches.csv": "subject,competency\n"
    f"https://example.org/course/pen,{COMPETENCY}writing\nhttps://example.org/course/abacus,{COMPETENCY}counting\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting from outside; the working folder is empty."""
    for name in ("NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_DATABASE", "HEADWATER_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def headwater(
    home: Path, capsys: pytest.CaptureFixture[str], plain_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command on an empty data folder, in this process."""
    monkeypatch.setenv("HEADWATER_HOME", str(home))

    def command(*arguments: str | Path) -> Outcome:
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(code=code, out=said.out, err=said.err)

    return command


@pytest.fixture
def with_neo4j(connection: Connection, headwater: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same with the session's Neo4j, by NEO4J_URI."""
    monkeypatch.setenv("NEO4J_URI", connection.uri)
    monkeypatch.setenv("NEO4J_USERNAME", connection.username)
    monkeypatch.setenv("NEO4J_PASSWORD", connection.password)
    return headwater


def write_tables(folder: Path, **changed: str) -> Path:
    """The example's tables in a folder, some of them replaced."""
    folder.mkdir(exist_ok=True)
    for name, text in (TABLES | {f"{table}.csv": text for table, text in changed.items()}).items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["load"],
        ["load", "nothing-here"],
        ["check", "nothing-here"],
        ["match", "--first", "0"],
        ["serve", "--port", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_and_missing_files_end_with_two(headwater: Command, arguments: Sequence[str]) -> None:
    """Exit code 2, the reason on stderr, nothing on stdout."""
    outcome = headwater(*arguments)
    assert outcome.code == 2
    assert outcome.err
    assert outcome.out == ""


def test_an_error_is_json_too(headwater: Command) -> None:
    """With --json an error is one document with code, message and hint on stdout."""
    outcome = headwater("match", "--json")
    assert outcome.code == 2
    assert outcome.json["error"]["code"] == "home.nothing-loaded"
    assert "headwater load" in outcome.json["error"]["hint"]


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["load"], ["load", "x", "--nosuch"], ["match", "--first", "0"], ["releases", "show", "x"], ["export"]],
    ids=" ".join,
)
def test_wrong_usage_is_json_too(headwater: Command, arguments: Sequence[str]) -> None:
    """With --json wrong usage is the same one document on stdout, with exit code 2."""
    outcome = headwater(*arguments, "--json")
    assert outcome.code == 2
    assert set(outcome.json["error"]) == {"code", "message", "hint", "subject"}
    assert outcome.json["error"]["code"] == "input.usage"
    assert outcome.json["error"]["message"] in outcome.err


def test_a_fault_of_our_own_is_told_without_a_traceback(headwater: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no room foresaw ends with 3 and one sentence; only --debug shows where."""

    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("service.cli.describe_settings", stumble)
    outcome = headwater("config", "show", "--json")
    assert outcome.code == 3
    assert outcome.json["error"]["code"] == "internal"
    assert "Traceback" not in outcome.err
    assert "ZeroDivisionError" in outcome.err
    assert "Traceback" in headwater("--debug", "config", "show").err


def test_the_template_passes_its_own_check(headwater: Command, tmp_path: Path) -> None:
    """What `template` writes has no finding."""
    assert headwater("template", tmp_path / "mine").code == 0
    outcome = headwater("check", tmp_path / "mine", "--json")
    assert outcome.code == 0
    assert [finding for finding in outcome.json["findings"] if finding["level"] == "must"] == []


def test_all_faults_are_told_at_once_with_their_places(headwater: Command, tmp_path: Path) -> None:
    """A dangling target, a wrong importance and a bad amount: three must-findings, exit 1, nothing loaded."""
    tables = write_tables(
        tmp_path / "broken",
        requires="role,target,importance\nhttps://example.org/r/clerk,https://example.org/c/none,must\n"
        f"https://example.org/r/clerk,{COMPETENCY}reading,perhaps\n",
        courses="iri,label,provider,cost,currency,duration_days\nhttps://example.org/course/pen,Pen,College,-3,EUR,2\n",
        teaches="subject,competency\n",
    )
    outcome = headwater("check", tables, "--json")
    assert outcome.code == 1
    musts = [finding for finding in outcome.json["findings"] if finding["level"] == "must"]
    places = {(finding["source"]["file"], finding["source"]["line"]) for finding in musts}
    assert {("requires.csv", 2), ("requires.csv", 3), ("courses.csv", 2)} <= places
    assert all(finding["fix"] and finding["message"] and finding["code"] for finding in musts)
    assert outcome.json["release"] is None


def test_load_publishes_and_answers(with_neo4j: Command, tmp_path: Path) -> None:
    """A load is counted, a second one is a no-op, match and plan answer from the snapshot."""
    tables = write_tables(tmp_path / "office")
    outcome = with_neo4j("load", tables, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["release"] == 1
    assert outcome.json["counts"]["refused"] == 0
    again = with_neo4j("load", tables, "--json").json
    assert (again["release"], again["published"], again["counts"]["loaded"]) == (1, False, 0)
    assert again["counts"]["unchanged"] == outcome.json["counts"]["loaded"]

    found = with_neo4j("match", "-s", "reading", "--json").json
    assert [(match["role"]["label"], match["score"]) for match in found["matches"]] == [("Clerk", pytest.approx(1 / 3))]
    plans = with_neo4j("plan", "Clerk", "-s", "reading", "--json").json
    assert [step["label"] for step in plans["plans"][0]["steps"]] == ["Abacus", "Pen"]
    assert plans["plans"][0]["cost"] == {"minorUnits": 15000, "currency": "EUR"}
    assert plans["optimal"] is True
    assert with_neo4j("plan", "Clerk", "-s", "reading", "--max-cost", "100", "--json").json["reason"] == "LIMITS"


def test_match_tells_what_more_would_change(with_neo4j: Command, tmp_path: Path) -> None:
    """A course more: the clerk's score before and after; a competency as well, and nothing that is unknown."""
    with_neo4j("load", write_tables(tmp_path / "office"))
    told = with_neo4j("match", "-s", "reading", "--what-if", "Pen", "--what-if", "Abacus", "--json").json
    (change,) = told["changes"]
    assert change["role"]["label"] == "Clerk"
    assert (change["before"]["score"], change["after"]["score"]) == (pytest.approx(1 / 3), 1.0)
    assert (change["opened"], change["before"]["rank"], change["after"]["rank"]) == (True, 1, 1)
    assert len(change["closed"]) == 2
    assert (told["totalCount"], told["openedCount"]) == (1, 1)
    assert "Clerk" in with_neo4j("match", "--what-if", "reading").out
    assert with_neo4j("match", "-s", "reading", "--what-if", "reading", "--json").json["changes"] == []
    assert with_neo4j("match", "--what-if", "nothing", "--json").json["error"]["code"] == "reference.unknown"


def test_match_and_plan_need_no_server(with_neo4j: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With Neo4j away the snapshot still answers, and a load ends with 3 and changes nothing."""
    with_neo4j("load", write_tables(tmp_path / "office"))
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:9")
    assert with_neo4j("match", "-s", "job:1", "--json").code == 2
    assert with_neo4j("match", "-s", "reading", "--json").json["totalCount"] == 1
    assert with_neo4j("plan", "job:1", "-s", "reading").code == 0
    outcome = with_neo4j("load", write_tables(tmp_path / "other"), "--json")
    assert outcome.code == 3
    assert outcome.json["error"]["hint"]
    assert with_neo4j("releases", "list", "--json").json["releases"][0]["number"] == 1


def test_a_dry_run_changes_nothing_and_needs_no_server(headwater: Command, tmp_path: Path, home: Path) -> None:
    """It tells what would be added and leaves the data folder as it was."""
    outcome = headwater("load", write_tables(tmp_path / "office"), "--dry-run", "--json")
    assert outcome.code == 0
    assert outcome.json["changes"]["added"]["Competency"] == 3
    assert outcome.json["release"] is None
    assert headwater("releases", "list", "--json").json == {"releases": []}


def test_releases_are_compared_and_rolled_back(with_neo4j: Command, tmp_path: Path) -> None:
    """Diff names subjects; rollback is a new release with the old content."""
    with_neo4j("load", write_tables(tmp_path / "office"))
    changed = TABLES["job_roles.csv"].replace("Clerk", "Senior clerk")
    assert with_neo4j("load", write_tables(tmp_path / "office", job_roles=changed), "--json").json["release"] == 2
    difference = with_neo4j("releases", "diff", "1", "2", "--json").json
    assert difference["changes"] == [{"dataset": "office", "subject": "https://example.org/r/clerk", "kind": "changed"}]
    assert with_neo4j("releases", "rollback", "1", "--json").json["number"] == 3
    assert with_neo4j("match", "-s", "reading", "--json").json["matches"][0]["role"]["label"] == "Clerk"
    assert with_neo4j("releases", "diff", "1", "3", "--json").json["changes"] == []
    assert with_neo4j("releases", "show", "9").code == 2


def test_datasets_are_listed_and_removed(with_neo4j: Command, tmp_path: Path) -> None:
    """Licence and attribution come with a dataset; an unknown name is told with the known ones."""
    with_neo4j("load", write_tables(tmp_path / "office"))
    (dataset,) = with_neo4j("datasets", "list", "--json").json["datasets"]
    assert (dataset["name"], dataset["license"], dataset["attribution"]) == ("office", "CC0", "Invented")
    unknown = with_neo4j("datasets", "remove", "ofice")
    assert unknown.code == 2
    assert "office" in unknown.err
    assert with_neo4j("datasets", "remove", "office", "--json").code == 0
    assert with_neo4j("datasets", "list", "--json").json["datasets"] == []


def test_skip_broken_loads_the_rest(with_neo4j: Command, tmp_path: Path) -> None:
    """The broken row is refused and counted, the others are loaded."""
    teaches = TABLES["teaches.csv"] + "https://example.org/course/pen,https://example.org/c/none\n"
    tables = write_tables(tmp_path / "office", teaches=teaches)
    assert with_neo4j("load", tables, "--json").json["release"] is None
    outcome = with_neo4j("load", tables, "--skip-broken", "--json")
    assert outcome.code == 1
    assert outcome.json["release"] == 1
    assert outcome.json["counts"]["refused"] == 1


def test_several_sources_cannot_be_one_dataset(headwater: Command, tmp_path: Path) -> None:
    """Each would replace the one before, so it is an error that names the way out."""
    first, second = write_tables(tmp_path / "one"), write_tables(tmp_path / "two")
    outcome = headwater("load", first, second, "--dataset", "both")
    assert outcome.code == 2
    assert "one folder" in outcome.err


def test_config_shows_values_and_origins(headwater: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret is hidden, and each value says where it comes from."""
    monkeypatch.setenv("NEO4J_PASSWORD", "very secret")
    rows = {row["name"]: row for row in headwater("config", "show", "--json").json["settings"]}
    assert rows["HEADWATER_HOME"] == {"name": "HEADWATER_HOME", "value": str(home), "origin": "environment"}
    assert "very secret" not in json.dumps(rows)


def test_doctor_and_stats_and_schema_answer(headwater: Command) -> None:
    """On an empty folder nothing is wrong, nothing is loaded, and the schema is there."""
    checks = headwater("doctor", "--json").json["checks"]
    assert {"python", "java", "jars", "home", "server"} <= {check["name"] for check in checks}
    assert headwater("stats", "--json").json["counts"]["job_role"] == 0
    assert "type Query" in headwater("schema").out


def test_the_shapes_are_run_where_asked(headwater: Command, tmp_path: Path) -> None:
    """`check --shapes` tells no fault twice and finds the same table clean or broken."""
    assert headwater("check", write_tables(tmp_path / "office"), "--shapes", "--json").code == 0
    broken = TABLES["job_roles.csv"] + "https://example.org/r/nobody,,\n"
    tables = write_tables(tmp_path / "broken", job_roles=broken)
    plain = headwater("check", tables, "--json").json["findings"]
    shaped = headwater("check", tables, "--shapes", "--json").json["findings"]
    told = [(finding["code"], finding["subject"]) for finding in shaped]
    assert len(told) == len(set(told))
    assert {(finding["code"], finding["subject"]) for finding in plain} == set(told)
    assert ("text.missing-label", "https://example.org/r/nobody") in told
