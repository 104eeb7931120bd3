"""A client that keeps asking while the example is loaded in two versions gets whole releases, never a mix."""

import csv
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from service_serving import service_on

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from service.stewarding import LoadOptions, load_one

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "ict"
FILES = (
    "nice_work_roles.csv",
    "nice_statements.csv",
    "nice_work_role_requirements.csv",
    "certifications.csv",
    "certifications_by_role.csv",
)
CERTIFICATION = "Security+"
QUERY = """
query ($first: Int!) {
  match(held: { credentials: ["Security+"] }, first: $first) {
    totalCount
    release
    edges { node { qualified metCount missingCount role { codes { system value } } levels { stated level { name } } } }
  }
  jobRoles(first: $first) { totalCount edges { node { codes { system value } } } }
  competencies(first: 1) { totalCount }
}
"""


def write_version(folder: Path, *, second: bool) -> Path:
    """The NICE and 8140 tables; in the second version Security+ is Advanced everywhere and the even roles no longer list it."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes((EXAMPLE / name).read_bytes())
    if second:
        path = folder / "certifications_by_role.csv"
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        kept = [row for row in rows if row["certification"] != CERTIFICATION or int(row["workRoleCode"]) % 2]
        for row in kept:
            if row["certification"] == CERTIFICATION:
                row["proficiency"] = "Advanced"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(kept)
    return folder


def expected_levels(folder: Path) -> dict[str, set[str]]:
    """By OPM code, the levels at which the table lists Security+."""
    levels = defaultdict(set)
    with (folder / "certifications_by_role.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["certification"] == CERTIFICATION:
                levels[row["workRoleCode"]].add(row["proficiency"])
    return dict(levels)


def told_levels(answer: dict[str, Any]) -> dict[str, set[str]]:
    """The same as a match tells it."""
    return {
        code["value"]: {level["level"]["name"] for level in edge["node"]["levels"] if level["stated"]}
        for edge in answer["match"]["edges"]
        for code in edge["node"]["role"]["codes"]
        if code["system"] == "opm"
    }


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders: the tables as they are, and changed."""
    return write_version(tmp_path / "first", second=False), write_version(tmp_path / "second", second=True)


def test_a_client_sees_only_whole_releases(versions: tuple[Path, Path], home: Path, connection: Connection) -> None:
    """Each answer of match and lists is that of one of the two versions, the one that its release number says."""
    releases = Releases(home)
    options = LoadOptions(dataset="cyber", allow_removals=True)
    expected = [expected_levels(folder) for folder in versions]
    assert expected[0] != expected[1]
    with Store(connection) as store:
        load_one(releases, store, versions[0], options)
        with service_on(home, connection) as client:
            loads = threading.Thread(
                target=lambda: [load_one(releases, store, versions[turn % 2], options) for turn in (1, 2, 3)]
            )
            loads.start()
            seen = set()
            answers = 0
            while loads.is_alive() or 4 not in seen:
                body = client.post("/graphql", json={"query": QUERY, "variables": {"first": 100}}).json()
                assert "errors" not in body, body
                answer = body["data"]
                number = int(answer["match"]["release"].rsplit("/", 1)[-1])
                assert told_levels(answer) == expected[(number - 1) % 2], number
                assert answer["match"]["totalCount"] == len(expected[(number - 1) % 2])
                assert len(answer["jobRoles"]["edges"]) == answer["jobRoles"]["totalCount"]
                seen.add(number)
                answers += 1
            loads.join()
    assert seen >= {1, 4}
    assert answers > len(seen)
