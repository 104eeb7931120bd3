"""The steward's figures: a load again, a roll-back until readers see it, and CASE packages made by a seeded generator.

Each stands beside a rival that does less: the first load, the load of the other version, JSON read and written alone.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import orjson

from graph.loading import remove_dataset
from graph.releases import Releases
from graph.store import Store
from ontology.documents import Document
from ontology.model import Located, Record
from ontology.rdf import from_nquads_lines, to_nquads_lines
from ontology.readers.case import read_case
from ontology.validation import validate
from ontology.writers.case import write_case_packages
from ontology.writers.case_index import CasePackages
from service.stewarding import LoadOptions, load_one

from .home import empty
from .report import Table
from .timing import best

LARGE = 10_000
"""Items of a state's whole framework."""
SMALL = 585
"""Items of the largest public package that we know."""
_GRAPH = "https://w3id.org/headwater/id/dataset/bench"
_SEED = 20261124
_MOMENT = "2026-01-01T00:00:00+00:00"


def case_package(items: int) -> bytes:
    """A CASE package of so many items in a tree, invented, with five associations an item at most."""
    chance = random.Random(_SEED)

    def identity() -> str:
        return str(UUID(int=chance.getrandbits(128), version=4))

    def link(kind: str, identifier: str, title: str) -> dict[str, str]:
        return {"title": title, "identifier": identifier, "uri": f"https://case.example/{kind}/{identifier}"}

    document = identity()
    names = [identity() for _ in range(items)]
    about = {"lastChangeDateTime": _MOMENT}
    statements: list[dict[str, object]] = [
        {
            "identifier": name,
            "uri": f"https://case.example/CFItems/{name}",
            "fullStatement": f"Invented statement {number}: {chance.choice(['explain', 'apply', 'compare'])} it.",
            "humanCodingScheme": f"I.{number}",
            "educationLevel": ["09", "10"],
            **about,
        }
        for number, name in enumerate(names)
    ]
    associations: list[dict[str, object]] = []
    for number, name in enumerate(names):
        parent = names[(number - 1) // 8] if number else document
        ends = [("isChildOf", parent), *(("isRelatedTo", chance.choice(names)) for _ in range(chance.randrange(4)))]
        for kind, end in ends:
            identifier = identity()
            associations.append(
                {
                    "identifier": identifier,
                    "uri": f"https://case.example/CFAssociations/{identifier}",
                    "associationType": kind,
                    "originNodeURI": link("CFItems", name, name),
                    "destinationNodeURI": link("CFItems", end, end),
                    **about,
                }
            )
    head = {
        "identifier": document,
        "uri": f"https://case.example/CFDocuments/{document}",
        "creator": "Invented",
        "title": f"Invented framework of {items} items",
        "caseVersion": "1.1",
        **about,
    }
    return json.dumps({"CFDocument": head, "CFItems": statements, "CFAssociations": associations}).encode()


def case_table(rounds: int) -> Table:
    """A package served from the index, and one that goes round: read, checked, archived, restored, written."""
    table = Table(title="CASE", columns=("Headwater s", "JSON alone s", "ratio"))
    large, small = case_package(LARGE), case_package(SMALL)
    index = CasePackages(_records(large))
    (document,) = index.documents("1.1")
    identifier = str(document["identifier"])
    value = json.loads(large)
    served = _compare(rounds, lambda: _served(index, identifier), lambda: orjson.dumps(value))
    table.add(f"a package of {LARGE:,} items served", *served)
    around = _compare(rounds, lambda: _there_and_back(small), lambda: json.dumps(json.loads(small)))
    table.add(f"a package of {SMALL} items there and back", *around)
    table.remarks.append("Aims: served in less than 1 s, there and back in less than 2 s.")
    return table


def steward_table(store: Store, source: Path, name: str) -> Table:
    """The first load, the same again, and a roll-back until a reader sees it. The graph is empty before and after."""
    table = Table(title="Stewards", columns=("seconds", "share of the first load"))
    moved: list[float] = []

    def note(step: str) -> None:
        if step == "current":
            moved.append(time.perf_counter())

    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as scratch:
        releases = Releases(Path(scratch), checkpoint=note)
        empty(store)
        options = LoadOptions(dataset=name, allow_removals=True)
        first = timed_once(lambda: load_one(releases, store, source, options))
        again = timed_once(lambda: load_one(releases, store, source, options))
        anew = timed_once(lambda: load_one(releases, store, source, replace(options, anew=True)))
        remove_dataset(releases, name, store=store, allow_removals=True)
        moved.clear()
        begun = time.perf_counter()
        releases.roll_back(store, 1)
        whole = time.perf_counter() - begun
        empty(store)
    for what, seconds in (
        ("first load", first),
        ("the same again", again),
        ("the same again, read anew", anew),
        ("roll-back of all of it, until readers see it", moved[0] - begun),
        ("roll-back of all of it, until Neo4j has it too", whole),
    ):
        table.add(what, seconds, seconds / first)
    table.remarks.append("Aims: the same again below 0.20 of the first load, a roll-back seen within 1 s.")
    return table


def _records(data: bytes) -> list[Record]:
    items = [item for item in read_case([Document(name="package.json", data=data)]) if isinstance(item, Located)]
    return list(validate(items, dataset="bench").records)


def _served(index: CasePackages, identifier: str) -> bytes:
    return orjson.dumps(index.find_package(identifier, "1.1"))


def _there_and_back(data: bytes) -> bytes:
    lines = sorted(line for record in _records(data) for line in to_nquads_lines(record, _GRAPH))
    return orjson.dumps(write_case_packages(from_nquads_lines(lines)).packages)


def _compare(rounds: int, own: Callable[[], object], alone: Callable[[], object]) -> tuple[float, float, float]:
    """(best seconds, best seconds of the rival, ratio), in turns."""
    mine, others = [], []
    for _ in range(rounds):
        mine.append(timed_once(own))
        others.append(timed_once(alone))
    return best(mine), best(others), best(mine) / best(others)


def timed_once(work: Callable[[], object]) -> float:
    """Seconds that the work took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
