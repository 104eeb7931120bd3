"""Scales from the file to the answer: a rubric of CASE, a port's own scale, and what the port says of the two.

The framework, the port and its course are invented.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from service_serving import ask, fail, service_on
from starlette.testclient import TestClient
from test_ontology_readers_case_rubrics import ITEM, criterion, level, package

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from service.cli import run
from service.exporting import export_to
from service.stewarding import LoadOptions, load_one

X = "https://port.example/"
KNOTS = str(ITEM["uri"])
RUBRIC = package(
    criterion(
        level(31, quality="Novice", score=1),
        level(32, quality="Able", description="Ties it alone.", score=2),
        level(34, quality="Expert", score=4),
        category="Speed",
    ),
    criterion(level(35), level(36), number=21, category="Beauty"),
    title="Knots",
)
SPEED, BEAUTY = (
    f"{KNOTS.partition('/CFItems')[0]}/CFRubricCriterions/000000{n}-0000-4000-8000-000000000001" for n in (20, 21)
)
TABLES = {
    "scales.csv": f"iri,label,language,min,max\n{X}x/port,Port,en,0,10\n{X}x/school,School,en,1,5\n",
    "scale_levels.csv": (
        "iri,scale,level,label,language\n"
        f"{X}l/hand,Port,5,Deckhand,en\n{X}l/bosun,Port,9,Bosun,en\n{X}l/good,School,4,Good,en\n"
    ),
    "scale_mappings.csv": f"scale,level,to_scale,to_level\n{SPEED},2,Port,Deckhand\n{SPEED},4,Port,9\n",
    "courses.csv": f"iri,label,language\n{X}k/knots,Knot course,en\n",
    "teaches.csv": f"subject,competency,level,scale\n{X}k/knots,{KNOTS},2,{SPEED}\n",
    "job_roles.csv": f"iri,label,language\n{X}r/bosun,Boatswain,en\n{X}r/teacher,Teacher of knots,en\n",
    "requires.csv": (f"role,target,level,scale\n{X}r/bosun,{KNOTS},bosun,Port\n{X}r/teacher,{KNOTS},4,{SPEED}\n"),
}
DOUBTS = {
    "scale_mappings.csv": f"scale,level,to_scale,to_level\n{X}x/school,4,{X}x/port,3\n{X}x/school,2,{X}x/port,2\n",
}
DENIAL = {"scale_mappings.csv": f"scale,level,to_scale,to_level\n{X}x/school,3,{X}x/port,8\n"}
GAP = """query ($held: HeldInput!, $role: ID!) { gap(held: $held, role: $role) {
  met { ...c } partial { ...c } missing { ...c } } }
  fragment c on Coverage { coverage levelUnknown evidence { sentence readLevel {
    held { value name { text } } readAs { value name { text language } }
    mapping { counts dataset { name } readFrom { dataset file line } } } } }"""
READING = """query ($scale: ID!, $on: ID!) { node(id: $scale) { ... on Scale { readOn(scale: $on) {
  scale { id } readOn { id } comparison steps { held { value } readAs { value name { text } } } knownFrom { value }
  unknown { id label { text } level { value } } } } } }"""


def written(folder: Path, tables: dict[str, str]) -> Path:
    folder.mkdir()
    for name, content in tables.items():
        folder.joinpath(name).write_text(content, "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the rubric, the port's tables, and two more that contradict each other, each a dataset."""
    home = tmp_path_factory.mktemp("scales")
    home.joinpath("knots.json").write_text(json.dumps(RUBRIC), "utf-8")
    found = []
    with Store(emptied_server) as store:
        for name, source in (
            ("knots", home / "knots.json"),
            ("port", written(home / "tables", TABLES)),
            ("doubts", written(home / "doubts", DOUBTS)),
            ("denial", written(home / "denial", DENIAL)),
        ):
            report = load_one(Releases(home), store, source, LoadOptions(dataset=name))
            assert report.published, report.findings
            found += [(name, each.code, each.source and each.source.pointer) for each in report.findings]
    assert ("knots", "case.unordered-levels", "/CFRubrics/0/CFRubricCriteria/1") in found
    assert ("denial", "level-mapping.contradicts-another", None) in found
    return home


@pytest.fixture(scope="module")
def client(folder: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on it."""
    with service_on(folder, neo4j_server) as client:
        yield client


def gap(client: TestClient, role: str, **held: Any) -> Any:
    found = ask(client, GAP, role=role, held=held)["gap"]
    ((part, (unit,)),) = [(part, units) for part, units in found.items() if units]
    return part, unit


def test_a_level_of_a_rubric_is_held_by_its_name_and_read_on_the_ports_scale(client: TestClient) -> None:
    """Expert is 4 points, which the port takes for a bosun; the evidence names the levels, the mapping and its line."""
    held = {"id": "Ties knots", "levelName": "expert", "scale": "Knots: Speed"}
    part, unit = gap(client, "Boatswain", competencies=[held])
    (evidence,) = unit["evidence"]
    assert (part, unit["coverage"], unit["levelUnknown"]) == ("met", 1, False)
    assert evidence["sentence"] == (
        "You hold Ties knots; level 4 (Expert) of Knots: Speed is read as 9 (Bosun) of Port."
    )
    assert evidence["readLevel"] == {
        "held": {"value": 4, "name": {"text": "Expert"}},
        "readAs": {"value": 9, "name": {"text": "Bosun", "language": "en"}},
        "mapping": {
            "counts": True,
            "dataset": {"name": "port"},
            "readFrom": {"dataset": "port", "file": "scale_mappings.csv", "line": 3},
        },
    }


def test_what_is_below_the_lowest_mapped_level_stays_unknown(client: TestClient) -> None:
    """A novice by the rubric is no deckhand; by the IRI of the level the scale is said too."""
    held = {"id": "Ties knots", "levelName": level(31)["uri"]}
    part, unit = gap(client, "Boatswain", competencies=[held])
    assert (part, unit["coverage"], unit["levelUnknown"]) == ("partial", 0.5, True)
    part, unit = gap(client, "Teacher of knots", competencies=[held])
    assert (part, unit["coverage"], unit["levelUnknown"]) == ("missing", 0, False)


def test_a_level_of_a_rubric_is_asked_for_and_taught(client: TestClient) -> None:
    """The course teaches level 2 of 1 to 4, the role asks for 4: a third of the way."""
    part, unit = gap(client, "Teacher of knots", courses=["Knot course"])
    assert (part, unit["levelUnknown"]) == ("partial", False)
    assert unit["coverage"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("held", "code", "detail"),
    [
        ({"levelName": "Master", "scale": "Port"}, "BAD_USER_INPUT", "reference.unknown"),
        ({"levelName": "Bosun"}, "BAD_USER_INPUT", "reference.unknown"),
        ({"levelName": "Bosun", "level": 9, "scale": "Port"}, "BAD_USER_INPUT", "input.held"),
    ],
)
def test_a_level_that_is_no_name_of_its_scale_is_refused(client: TestClient, held: Any, code: str, detail: str) -> None:
    """With those there are."""
    found = fail(client, GAP, role="Boatswain", held={"competencies": [{"id": "Ties knots", **held}]})
    assert (found["code"], found["detail"]) == (code, detail)


def test_scales_are_listed_with_their_levels_and_who_says_so(client: TestClient) -> None:
    """A criterion whose levels have no order is none; pages go by IRI."""
    query = """query ($after: String) { scales(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor }
      edges { node { id label { text } minimum maximum dataset { name } readFrom { file pointer line }
        levels { id level { value fraction } label { text } description { text } dataset { name } readFrom { file line pointer } }
        readings { readOn { id } comparison } } } } }"""
    first = ask(client, query)["scales"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    port, school = (edge["node"] for edge in first["edges"])
    assert (port["id"], port["dataset"], port["readFrom"]) == (
        f"{X}x/port",
        {"name": "port"},
        {"file": "scales.csv", "pointer": None, "line": 2},
    )
    assert [(each["label"]["text"], each["level"]["value"]) for each in port["levels"]] == [
        ("Deckhand", 5),
        ("Bosun", 9),
    ]
    assert port["readings"] == [
        {"readOn": {"id": f"{X}x/school"}, "comparison": "CONTRADICTORY"},
        {"readOn": {"id": SPEED}, "comparison": "MAPPED"},
    ]
    assert [each["comparison"] for each in school["readings"]] == ["CONTRADICTORY"]
    (edge,) = ask(client, query, after=first["pageInfo"]["endCursor"])["scales"]["edges"]
    speed = edge["node"]
    assert (speed["id"], speed["minimum"], speed["maximum"], speed["label"]) == (SPEED, 1, 4, {"text": "Knots: Speed"})
    assert speed["readFrom"] == {"file": "knots.json", "pointer": "/CFRubrics/0/CFRubricCriteria/0", "line": None}
    able = speed["levels"][1]
    assert (able["id"], able["level"]) == (level(32)["uri"], {"value": 2, "fraction": pytest.approx(1 / 3)})
    assert (able["description"], able["dataset"]) == ({"text": "Ties it alone."}, {"name": "knots"})
    assert ask(client, "query ($id: ID!) { node(id: $id) { __typename } }", id=able["id"])["node"] == {
        "__typename": "ScaleLevel"
    }
    before = '{ scales(view: { asOf: "1" }) { edges { node { id levels { description { text } } } } } }'
    (old,) = ask(client, before)["scales"]["edges"]
    assert [each["description"] for each in old["node"]["levels"]] == [None, {"text": "Ties it alone."}, None]


def test_mappings_are_listed_with_who_says_them_and_whether_they_count(client: TestClient) -> None:
    """Of all datasets; those between the school's and the port's scale contradict each other, and none counts."""
    query = """query ($scale: ID) { levelMappings(scale: $scale) { totalCount edges { node {
      level { value scale { id } } matched { value name { text } } counts dataset { name } readFrom { file line } } } } }"""
    found = ask(client, query)["levelMappings"]
    assert found["totalCount"] == 5
    by_dataset = [(edge["node"]["dataset"]["name"], edge["node"]["counts"]) for edge in found["edges"]]
    assert sorted(by_dataset) == [("denial", False), *[("doubts", False)] * 2, *[("port", True)] * 2]
    of_speed = ask(client, query, scale="Knots: Speed")["levelMappings"]["edges"]
    assert {(edge["node"]["level"]["value"], edge["node"]["matched"]["name"]["text"]) for edge in of_speed} == {
        (2, "Deckhand"),
        (4, "Bosun"),
    }
    assert fail(client, query, scale="Nowhere")["detail"] == "reference.unknown"


def test_which_levels_of_two_scales_do_not_compare_is_told(client: TestClient) -> None:
    """Below the lowest mapped level, on a scale that no mapping joins, and where mappings contradict each other."""
    found = ask(client, READING, scale=SPEED, on="Port")["node"]["readOn"]
    assert (found["comparison"], found["knownFrom"]) == ("MAPPED", {"value": 2})
    assert [(each["held"]["value"], each["readAs"]["value"]) for each in found["steps"]] == [(2, 5), (4, 9)]
    assert [each["label"]["text"] for each in found["unknown"]] == ["Novice"]
    back = ask(client, READING, scale=f"{X}x/port", on=SPEED)["node"]["readOn"]
    assert [(each["held"]["value"], each["readAs"]["value"]) for each in back["steps"]] == [(5, 2), (9, 4)]
    assert (back["knownFrom"], back["unknown"]) == ({"value": 5}, [])
    for scale, on, comparison in (("school", SPEED, "UNMAPPED"), ("school", f"{X}x/port", "CONTRADICTORY")):
        none = ask(client, READING, scale=f"{X}x/{scale}", on=on)["node"]["readOn"]
        assert (none["comparison"], none["steps"], none["knownFrom"]) == (comparison, [], None)
        assert [each["label"]["text"] for each in none["unknown"]] == ["Good"]
    same = ask(client, READING, scale=SPEED, on=SPEED)["node"]["readOn"]
    assert (same["comparison"], same["knownFrom"], same["unknown"]) == ("SAME", {"value": 1}, [])


def test_the_command_tells_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON and for people, without a server."""

    def told(*arguments: str) -> str:
        assert run(["scales", *arguments, "--home", str(folder)]) == 0
        return capsys.readouterr().out

    every = json.loads(told("--json"))
    assert [each["id"] for each in every["scales"]] == [f"{X}x/port", f"{X}x/school", SPEED]
    assert [each["label"] for each in every["scales"][2]["levels"]] == ["Novice", "Able", "Expert"]
    assert sorted(each["counts"] for each in every["levelMappings"]) == [False, False, False, True, True]
    one = json.loads(told("Knots: Speed", "--json"))
    (reading,) = one["readings"]
    assert [(each["held"], each["readAs"]) for each in reading["steps"]] == [(2, 5), (4, 9)]
    assert reading["steps"][1]["mapping"]["readFrom"] == {
        "dataset": "port",
        "file": "scale_mappings.csv",
        "line": 3,
        "pointer": None,
    }
    assert [each["label"] for each in reading["unknown"]] == ["Novice"]
    text = told("Knots: Speed", "--on", "Port")
    assert "Below 2 (Able) nothing is known." in text
    assert "Not known on it: 1 (Novice)." in text
    assert "do not compare: no mapping joins them" in told("School", "--on", "Knots: Speed")
    assert "contradict each other" in told("School")
    assert "Deckhand" in told()


def test_a_level_is_held_by_name_on_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name and label of the scale, by the IRI of the level; what is none is told with the scales there are."""
    for text in ("Ties knots=Expert@Knots: Speed", f"Ties knots={level(34)['uri']}", f"Ties knots=4@{SPEED}"):
        assert run(["match", "--role", "Boatswain", "-s", text, "--json", "--home", str(folder)]) == 0
        (found,) = json.loads(capsys.readouterr().out)["matches"]
        assert found["score"] == 1, text
    assert run(["match", "-s", "Ties knots=Master@Port", "--json", "--home", str(folder)]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "held.level"


@pytest.mark.parametrize(
    ("dataset", "fmt"),
    [("port", "csv"), ("port", "turtle"), ("port", "nquads"), ("knots", "turtle"), ("knots", "case")],
)
def test_levels_that_have_names_leave_and_come_back(
    folder: Path, neo4j_server: Connection, tmp_path: Path, dataset: str, fmt: str
) -> None:
    """Nothing is a loss, and loading the export changes nothing."""
    path = tmp_path / {"csv": "out", "turtle": "out.ttl", "nquads": "out.nq", "case": "out.json"}[fmt]
    releases = Releases(folder)
    assert export_to(releases, dataset, fmt, path).losses == ()
    with Store(neo4j_server) as store:
        report = load_one(releases, store, path, LoadOptions(dataset=dataset))
    assert not report.blocked
    assert not report.published, report.findings


def test_the_levels_are_nodes_of_their_scale(folder: Path, session_driver: neo4j.Driver) -> None:
    """With their names and values."""
    assert folder.is_dir()
    with session_driver.session() as session:
        rows = session.run(
            "MATCH (l:ScaleLevel)-[:LEVEL_SCALE]->(s:Scale) RETURN s.name, l.level, l.name ORDER BY s.name, l.level"
        ).values()
    assert rows == [
        ["Knots: Speed", 1.0, "Novice"],
        ["Knots: Speed", 2.0, "Able"],
        ["Knots: Speed", 4.0, "Expert"],
        ["Port", 5.0, "Deckhand"],
        ["Port", 9.0, "Bosun"],
        ["School", 4.0, "Good"],
    ]
