"""Rubrics: issued by command, GraphQL and REST, proven, and counted as levels of the graph. All learners are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from service_world import WORLD, iri
from starlette.testclient import TestClient
from test_service_awarding import SNAPSHOT, snapshot_of
from test_service_issuing import Command, ask, client, college, headwater, home

from ontology.credentials.issuing import RubricLevel
from ontology.errors import InputError
from ontology.model import Level, ScaleLevel, Text
from service.auth import Keys, Role
from service.awarding import Wanted, read_achievement
from service.rubrics import WantedLevel, WantedResult, parse_results

__all__ = ["client", "college", "headwater", "home"]
LEVELS = [
    {"name": "Novice", "value": 0.5, "description": "With help."},
    {"name": "Developing", "value": 1},
    {"name": "Proficient", "value": 3, "points": "20"},
    {"name": "Expert", "value": 4},
]
RUBRIC: dict[str, Any] = {"competency": "Python", "scale": "Depth", "name": "Scripting", "levels": LEVELS}
MATCH = """query ($held: HeldInput!) { match(held: $held, filter: { ids: ["621"] }) { edges { node {
  met { ...c } partial { ...c } missing { ...c } } } } }
  fragment c on Coverage { coverage levelUnknown requirement { id } evidence {
    status held { id } heldLevel { value scale { id } } document } }"""


@pytest.mark.parametrize(("achieved", "value", "part"), [("Proficient", 3, "met"), ("Developing", 1, "partial")])
def test_a_rubric_level_of_the_command_is_a_level_of_the_match(
    college: Command, tmp_path: Path, achieved: str, value: float, part: str
) -> None:
    """Issued, verified, matched: the role asks for level 2 of the scale, and the evidence says at which level it is held.
    What the badge is for beside it takes nothing of that level."""
    rubric = RUBRIC | {"achieved": achieved, "required": "Developing", "score": "62", "minimum": "0", "maximum": "100"}
    (tmp_path / "results.json").write_text(json.dumps([rubric]), "utf-8")
    code, _, err = college(
        "issue", "-c", "Security+", "--results", "results.json", "--to", "did:example:ada", "-o", "badge.json"
    )
    assert code == 0, err
    subject = json.loads((tmp_path / "badge.json").read_text("utf-8"))["credentialSubject"]
    (description,) = subject["achievement"]["resultDescription"]
    assert (description["resultType"], description["name"]) == ("RubricCriterionLevel", "Scripting")
    assert [each["name"] for each in description["rubricCriterionLevel"]] == [each["name"] for each in LEVELS]
    reached = next(each for each in description["rubricCriterionLevel"] if each["name"] == achieved)
    (result,) = subject["result"]
    assert (result["achievedLevel"], result["value"]) == (reached["id"], "62")
    assert reached["id"].startswith(subject["achievement"]["id"])
    assert reached["alignment"][0]["targetUrl"] == iri("scale")
    found = json.loads(college("verify", "badge.json", "--json")[1])
    assert found["verdict"] == "verified"
    code, out, err = college("match", "--role", "621", "--document", "badge.json", "--json")
    assert code == 0, err
    (match,) = json.loads(out)["matches"]
    (unit,) = [each for each in match[part] if each["requirement"]["id"] == iri("needs-python")]
    assert unit["coverage"] == min(value / 2, 1)
    assert not unit["levelUnknown"]
    (evidence,) = unit["evidence"]
    assert evidence["level"] == {"scale": iri("scale"), "value": value}
    assert (evidence["held"], evidence["status"]) == (iri("python"), "VERIFIED")
    code, out, _ = college("match", "--role", "511", "--document", "badge.json", "--json")
    (defender,) = json.loads(out)["matches"]
    levels = [item["level"] for each in defender["met"] + defender["partial"] for item in each["evidence"]]
    assert levels
    assert not any(levels), "firewalls are held at no level that anybody said"


@pytest.mark.parametrize("over", ["graphql", "rest"])
def test_a_rubric_goes_over_the_network_too(client: TestClient, home: Path, over: str) -> None:
    """The same members; a service's match has the level of the scale, where levels divide it evenly too."""
    key, _ = Keys(home).create(Role.ISSUER)
    rubric = {"competency": "Python", "scale": iri("scale"), "levels": [{"name": name} for name in "abc"]}
    wanted = {"to": ["did:example:ada"], "results": [rubric | {"achieved": "b"}]}
    if over == "graphql":
        issue = "mutation ($input: IssueInput!) { issueCredential(input: $input) { credential } }"
        text = ask(client, key, issue, input=wanted)["data"]["issueCredential"]["credential"]
    else:
        answer = client.post("/issuer/credentials", json=wanted, headers={"Authorization": f"Bearer {key}"})
        text = json.dumps(answer.json()["credential"])
    (edge,) = ask(client, None, MATCH, held={"documents": [text]})["data"]["match"]["edges"]
    (unit,) = [each for each in edge["node"]["met"] if each["requirement"]["id"] == iri("needs-python")]
    (evidence,) = unit["evidence"]
    assert (evidence["heldLevel"], evidence["status"]) == ({"value": 2.0, "scale": {"id": iri("scale")}}, "VERIFIED")


def test_a_file_of_recipients_takes_a_rubric_for_all(college: Command, tmp_path: Path) -> None:
    """Each gets the level; a second run keeps them, one with another level issues anew."""
    (tmp_path / "to.csv").write_text("to\ndid:example:ada\ndid:example:lee\n", "utf-8")
    counts = []
    for achieved in ("Proficient", "Proficient", "Expert"):
        (tmp_path / "results.json").write_text(json.dumps([RUBRIC | {"achieved": achieved}]), "utf-8")
        code, out, err = college(
            "issue", "--recipients", "to.csv", "--results", "results.json", "-o", "issued", "--json"
        )
        assert code == 0, err
        told = json.loads(out)
        counts.append((told["issued"], told["kept"]))
    assert counts == [(2, 0), (0, 2), (2, 0)]
    for path in (tmp_path / "issued").glob("*.json"):
        subject = json.loads(path.read_text("utf-8"))["credentialSubject"]
        assert subject["result"][0]["achievedLevel"].startswith(subject["achievement"]["id"])


def test_what_was_begun_and_not_achieved_does_not_count(college: Command, tmp_path: Path) -> None:
    """A result with a status and no level: told, not counted."""
    (tmp_path / "results.json").write_text(json.dumps([RUBRIC | {"status": "InProgress"}]), "utf-8")
    code, _, err = college("issue", "--results", "results.json", "--to", "did:example:ada", "-o", "badge.json")
    assert code == 0, err
    (match,) = json.loads(college("match", "--role", "621", "--document", "badge.json", "--json")[1])["matches"]
    (unit,) = [each for each in match["missing"] if each["requirement"]["id"] == iri("needs-python")]
    assert "InProgress" in unit["evidence"][0]["reason"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"achieved": "Master"}, "no level of the rubric"),
        ({"required": "Master"}, "no level of the rubric"),
        ({"levels": []}, "has 1 to 100 levels"),
        ({"levels": [{"name": "a"}, {"name": "a"}]}, "the same name"),
        ({"achieved": "a", "levels": [{"name": "a", "value": 2}, {"name": "b", "value": 1}]}, "rise"),
        ({"achieved": "a", "levels": [{"name": "a", "value": 2}, {"name": "b", "value": 5}]}, "lie on the scale"),
        ({"achieved": "a", "levels": [{"name": "a", "value": 2}, {"name": "b"}]}, "must all be given"),
        ({"achieved": "a", "levels": [{"name": "a"}]}, "must all be given"),
        ({"scale": None}, "is not named"),
        ({"achieved": None}, "says nothing"),
        ({"score": "120", "maximum": "100"}, "is not between"),
        ({"points": "1"}, "points"),
        ({"levels": [{"name": "a", "value": "high"}]}, "value"),
    ],
)
def test_a_rubric_that_cannot_be_issued_is_told(
    college: Command, tmp_path: Path, change: dict[str, Any], word: str
) -> None:
    """With what is wrong, and nothing is issued."""
    rubric = {name: each for name, each in (RUBRIC | {"achieved": "Expert"} | change).items() if each is not None}
    (tmp_path / "results.json").write_text(json.dumps([rubric]), "utf-8")
    code, out, _ = college("issue", "--results", "results.json", "--to", "did:example:ada", "--json")
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (2, "issue.result")
    assert word in error["message"]
    assert json.loads(college("issuer", "list", "--json")[1]) == {"issued": []}


def test_levels_without_a_scale_have_names_alone() -> None:
    """And an achievement may be of results alone; its competency is aligned once."""
    wanted = WantedResult(
        competency="Python", levels=[WantedLevel(name="a", points="3"), WantedLevel(name="b")], achieved="b"
    )
    achievement, results = read_achievement(SNAPSHOT, Wanted(results=(wanted,), competencies=("Python", "Firewalls")))
    assert [each.name for each in achievement.alignments] == ["Python", "Firewalls"]
    (description,) = achievement.results
    assert description.levels == (
        RubricLevel(iri=f"{description.iri}-level-1", name="a", points="3"),
        RubricLevel(iri=f"{description.iri}-level-2", name="b"),
    )
    assert [each.level for each in results] == [f"{description.iri}-level-2"]


def test_a_level_that_the_graph_names_is_aligned_to_by_its_iri() -> None:
    """Such as a level of a CASE rubric; the others to the scale. The value stands beside both."""
    named = ScaleLevel(iri=iri("depth-3"), level=Level(iri("scale"), 3), labels=(Text("Deep", "en"),))
    datasets: dict[str, tuple[str, tuple[object, ...]]] = {name: ("tables", records) for name, records in WORLD.items()}
    snapshot = snapshot_of({**datasets, "names": ("tables", (named,))})
    wanted = parse_results(json.dumps([RUBRIC | {"achieved": "Expert"}]).encode())
    (description,) = read_achievement(snapshot, Wanted(results=wanted))[0].results
    places = [(each.alignments[0].url, each.alignments[0].code) for each in description.levels]
    assert places == [(iri("scale"), "0.5"), (iri("scale"), "1"), (iri("depth-3"), "3"), (iri("scale"), "4")]


def test_a_file_of_results_is_a_list() -> None:
    """Not an object, not text."""
    for content in (b"{}", b"[", b"[1]", b""):
        with pytest.raises(InputError) as refused:
            parse_results(content)
        assert refused.value.code == "issue.result"
