"""Levels across scales, from tables to the answer: loaded, served, explained, exported, refused where they clash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from service_serving import ask, service_on
from starlette.testclient import TestClient

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from service.exporting import export_to
from service.stewarding import LoadOptions, load_one

X = "https://example.org/"
TABLES = {
    "competencies.csv": f"iri,label,language\n{X}s/write,Technical writing,en\n",
    "courses.csv": f"iri,label,language,duration_days\n{X}k/short,Short course,en,2\n{X}k/long,Long course,en,9\n",
    "teaches.csv": f"subject,competency,level,scale\n{X}k/short,{X}s/write,4,EQF\n{X}k/long,{X}s/write,6,EQF\n",
    "scales.csv": f"iri,label,language,min,max\n{X}x/eqf,EQF,en,1,8\n{X}x/rubric,Rubric,en,0,4\n",
    "scale_mappings.csv": "scale,level,to_scale,to_level\nRubric,1,EQF,3\nRubric,2,EQF,4\nRubric,4,EQF,6\n",
    "job_roles.csv": f"iri,label,language\n{X}r/author,Author,en\n",
    "requires.csv": f"role,target,level,scale\n{X}r/author,{X}s/write,4,Rubric\n",
}
GAP = """query ($held: HeldInput!) { gap(held: $held, role: "Author") { score
  met(first: 5) { levelUnknown } partial(first: 5) { levelUnknown coverage evidence { sentence readLevel {
    held { value scale { label { text } } } readAs { value fraction scale { id } }
    mapping { id level { value } matched { value } } } } } } }"""


def written(folder: Path, **other: str) -> Path:
    folder.mkdir()
    for name, content in {**TABLES, **{f"{each}.csv": content for each, content in other.items()}}.items():
        folder.joinpath(name).write_text(content, "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the tables as a release."""
    home = tmp_path_factory.mktemp("levels")
    with Store(emptied_server) as store:
        report = load_one(Releases(home), store, written(home / "tables"), LoadOptions(dataset="levels"))
    assert report.published, report.findings
    return home


@pytest.fixture
def releases(folder: Path) -> Releases:
    """The releases in it."""
    return Releases(folder)


@pytest.fixture(scope="module")
def client(folder: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on it."""
    with service_on(folder, neo4j_server) as client:
        yield client


def gap(client: TestClient, held: dict[str, Any]) -> Any:
    return ask(client, GAP, held=held)["gap"]


def test_what_a_course_teaches_is_read_on_the_scale_that_is_asked_for(client: TestClient) -> None:
    """EQF 4 is 2 of the rubric, half of the 4 asked for; EQF 6 is 4. The evidence says by which mapping."""
    (partial,) = gap(client, {"courses": ["Short course"]})["partial"]
    (evidence,) = partial["evidence"]
    read = evidence["readLevel"]
    assert (partial["coverage"], partial["levelUnknown"]) == (0.5, False)
    assert evidence["sentence"] == (
        "You hold Short course, which teaches Technical writing; level 4 of EQF is read as 2 of Rubric; "
        "the level counts 0.5."
    )
    assert read["held"] == {"value": 4, "scale": {"label": {"text": "EQF"}}}
    assert read["readAs"] == {"value": 2, "fraction": 0.5, "scale": {"id": f"{X}x/rubric"}}
    assert (read["mapping"]["level"], read["mapping"]["matched"]) == ({"value": 2}, {"value": 4})
    found = ask(
        client, "query ($id: ID!) { node(id: $id) { id __typename ... on LevelMapping { matched { value } } } }",
        id=read["mapping"]["id"],
    )["node"]  # fmt: skip
    assert found == {"id": read["mapping"]["id"], "__typename": "LevelMapping", "matched": {"value": 4}}
    assert gap(client, {"courses": ["Long course"]})["met"] == [{"levelUnknown": False}]
    claimed = {"competencies": [{"id": "Technical writing", "level": 2, "scale": "EQF"}]}
    assert gap(client, claimed)["partial"][0]["levelUnknown"]


def test_a_plan_takes_the_course_whose_level_is_enough(client: TestClient) -> None:
    """The short one is cheaper and not enough."""
    query = '{ plans(held: {}, role: "Author", objective: FASTEST, first: 1) { plans { steps { resource { id } } } } }'
    (plan,) = ask(client, query)["plans"]["plans"]
    assert plan["steps"] == [{"resource": {"id": f"{X}k/long"}}]


@pytest.mark.usefixtures("folder")
def test_mappings_are_nodes_between_scales(neo4j_server: Connection) -> None:
    """In Neo4j with both levels, and as relationships to both scales."""
    with neo4j.GraphDatabase.driver(
        neo4j_server.uri, auth=(neo4j_server.username, neo4j_server.password)
    ) as driver, driver.session() as session:  # fmt: skip
        rows = session.run(
            "MATCH (one:Scale)<-[:LEVEL_SCALE]-(m:LevelMapping)-[:MATCHED_LEVEL_SCALE]->(other:Scale) "
            "RETURN one.name AS one, m.level AS level, other.name AS other, m.matched_level AS matched ORDER BY level"
        ).values()
    assert rows == [["Rubric", 1.0, "EQF", 3.0], ["Rubric", 2.0, "EQF", 4.0], ["Rubric", 4.0, "EQF", 6.0]]


@pytest.mark.parametrize("fmt", ["csv", "turtle", "nquads"])
def test_mappings_leave_and_come_back(releases: Releases, neo4j_server: Connection, tmp_path: Path, fmt: str) -> None:
    """Loading the export changes nothing."""
    path = tmp_path / {"csv": "out", "turtle": "out.ttl", "nquads": "out.nq"}[fmt]
    assert export_to(releases, "levels", fmt, path).losses == ()
    with Store(neo4j_server) as store:
        report = load_one(releases, store, path, LoadOptions(dataset="levels"))
    assert not report.published, report.findings


def test_mappings_that_contradict_each_other_or_lie_off_their_scale_are_refused(tmp_path: Path) -> None:
    """Each with the record that it is about."""
    wrong = "scale,level,to_scale,to_level\nRubric,1,EQF,5\nRubric,2,EQF,4\nRubric,9,EQF,8\nRubric,1,Rubric,1\n"
    releases = Releases(tmp_path / "home")
    report = load_one(releases, None, written(tmp_path / "wrong", scale_mappings=wrong), LoadOptions(dataset="levels"))
    assert not report.published
    assert sorted(each.code for each in report.findings if "level" in each.code) == [
        "level-mapping.contradiction", "level-mapping.itself", "level.out-of-scale",
    ]  # fmt: skip
