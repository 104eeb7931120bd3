"""What is asked: the learners, the GraphQL document, and the answer of the engine alone in the rivals' terms.

Learners are fixed by the release and a seed: the same ones in every run on the same data.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graph.matching import Held, HeldCompetency, Policy, RoleMatch, UnitCoverage, match
from graph.role_index import role_index_of
from graph.snapshot import Ints, ResourceType, Snapshot
from ontology.errors import UnknownReferenceError
from service.demo import Question, read_question

FIRST = 10
"""Roles on the page."""
LISTED = 100
"""Units listed of each sort, the contract's default; the counts are of all."""
SEED = 20_260
Json = Mapping[str, object]

_MATCH = """
query Match($held: HeldInput!) {
  match(held: $held, first: 10) {
    totalCount
    edges { node {
      role { id label { text } }
      score qualified metCount partialCount missingCount
      levels { level { name } qualified stated metBy { id } }
      blocking { id label { text } }
      met { ...Covered } partial { ...Covered } missing { ...Covered }
    } }
  }
}
fragment Covered on Coverage {
  requirement { id label { text } kind importance }
  coverage weight part levelUnknown
  evidence { held { id label { text } } factor chain { from to relation factor }%s }
}
"""
MATCH = _MATCH % " sentence"
"""Ten roles with everything met, partly met and missing, and the evidence of each."""
MATCH_WITHOUT_SENTENCES = _MATCH % ""
"""The same without the sentences, which Cypher does not write."""

RANKED = """
query Ranked($held: HeldInput!) {
  match(held: $held, first: 10) { totalCount edges { node { role { id label { text } } score qualified } } }
}
"""
"""Ten roles without what is met and missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Somebody who asks. References are IRIs."""

    name: str
    credentials: tuple[str, ...] = ()
    courses: tuple[str, ...] = ()
    competencies: tuple[str, ...] = ()
    """Without a level."""
    levels: tuple[tuple[str, float, str], ...] = ()
    """(competency, value, scale) of those that are held at a level; the made learners of the benchmarks have none."""

    @property
    def key(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """What is held, as the static resolver looks it up."""
        return self.credentials, self.courses, self.competencies

    def variables(self) -> dict[str, object]:
        """Variables of the GraphQL document."""
        return {
            "held": {
                "credentials": list(self.credentials),
                "courses": list(self.courses),
                "competencies": [
                    *({"id": iri} for iri in self.competencies),
                    *({"id": iri, "level": {"value": value, "scale": scale}} for iri, value, scale in self.levels),
                ],
            }
        }

    def held(self, snapshot: Snapshot) -> Held:
        """The same for the engine."""
        return Held(
            credentials=tuple(map(snapshot.find_row, self.credentials)),
            courses=tuple(map(snapshot.find_row, self.courses)),
            competencies=(
                *(HeldCompetency(row=snapshot.find_row(iri)) for iri in self.competencies),
                *(
                    HeldCompetency(
                        row=snapshot.find_row(iri), value=value, scale=snapshot.scale_iris.find_sorted(scale)
                    )
                    for iri, value, scale in self.levels
                ),
            ),
        )


def learners_of(snapshot: Snapshot, examples: Path | None) -> list[Learner]:
    """The example's own learner where the release has what they hold, and made ones: a few and many skills, courses."""
    found = list(_examples_learners(snapshot, read_question(examples))) if examples else []
    draw = random.Random(SEED)
    asked = _iris(snapshot, asked_competencies(snapshot))
    giving = _iris(snapshot, _giving(snapshot, ResourceType.COURSE))
    for count in (3, 12, 40):
        skills = tuple(sorted(draw.sample(asked, min(count, len(asked)))))
        found.append(Learner(name=f"{count} skills", competencies=skills))
    if giving:
        courses = tuple(sorted(draw.sample(giving, min(6, len(giving)))))
        found.append(Learner(name="6 courses", courses=courses))
    return found


def _examples_learners(snapshot: Snapshot, question: Question) -> Iterator[Learner]:
    def iris(references: Sequence[str], kind: ResourceType) -> tuple[str, ...]:
        return tuple(snapshot.iris[snapshot.resolve(each, [kind])] for each in references)

    try:
        credentials = iris(question.credentials, ResourceType.CREDENTIAL)
        skills = iris(question.skills, ResourceType.COMPETENCY)
    except UnknownReferenceError:  # another release than the example's
        return
    yield Learner(name="certified", credentials=credentials)
    yield Learner(name="skilled", credentials=credentials, competencies=skills)


def asked_competencies(snapshot: Snapshot) -> Ints:
    """Rows of competencies that a role asks for."""
    index = role_index_of(snapshot)
    targets = np.unique(index.targets(index.leaf_nodes))
    found: Ints = targets[snapshot.types[targets] == ResourceType.COMPETENCY].astype(np.int32)
    return found


def _giving(snapshot: Snapshot, kind: ResourceType) -> Ints:
    """Rows of a type that teach something."""
    rows = snapshot.rows(kind)
    return rows[snapshot.teaches_offsets[rows + 1] > snapshot.teaches_offsets[rows]]


def _iris(snapshot: Snapshot, rows: Ints) -> list[str]:
    return [snapshot.iris[row] for row in rows.tolist()]


def ask_engine(snapshot: Snapshot, held: Held) -> tuple[int, list[RoleMatch]]:
    """How many roles match, and the page of them in detail: what every contender has to find out."""
    found = match(snapshot, held, Policy())
    return len(found), [found.detail(position) for position in range(min(FIRST, len(found)))]


def engine_answer(snapshot: Snapshot, learner: Learner) -> dict[str, object]:
    """The engine's answer with IRIs, to be compared with that of a rival."""
    total, page = ask_engine(snapshot, learner.held(snapshot))
    return {"totalCount": total, "roles": [_role(snapshot, each) for each in page]}


def _role(snapshot: Snapshot, found: RoleMatch) -> dict[str, object]:
    return {
        "id": snapshot.iris[found.role],
        "score": found.score,
        "qualified": found.qualified,
        "levels": [
            (snapshot.level_names[each.level], each.qualified, each.stated, sorted(_names(snapshot, each.met_by)))
            for each in found.levels
        ],
        "blocking": sorted(_nodes(snapshot, found.blocking)),
        "counts": (len(found.met), len(found.partial), len(found.missing)),
        **{
            name: [_unit(snapshot, unit) for unit in units[:LISTED]]
            for name, units in (("met", found.met), ("partial", found.partial), ("missing", found.missing))
        },
    }


def _unit(snapshot: Snapshot, unit: UnitCoverage) -> tuple[object, ...]:
    evidence = tuple(
        (
            snapshot.iris[item.held],
            round(item.factor, 9),
            tuple(
                (snapshot.iris[link.from_row], snapshot.iris[link.to_row], link.relation, round(link.factor, 9))
                for link in item.chain
            ),
        )
        for item in unit.evidence
    )
    figures = (round(unit.coverage, 9), round(unit.weight, 9), round(unit.part, 9), unit.level_unknown)
    return (snapshot.node_iris[unit.node], *figures, evidence)


def _names(snapshot: Snapshot, rows: Sequence[int]) -> list[str]:
    return [snapshot.iris[row] for row in rows]


def _nodes(snapshot: Snapshot, rows: Sequence[int]) -> list[str]:
    return [snapshot.node_iris[row] for row in rows]


def shown_answer(data: Json) -> dict[str, object]:
    """The same of what a GraphQL answer says."""
    connection = _mapping(data["match"])
    return {
        "totalCount": connection["totalCount"],
        "roles": [_shown_role(_mapping(_mapping(edge)["node"])) for edge in _list(connection["edges"])],
    }


def _shown_role(node: Json) -> dict[str, object]:
    return {
        "id": _mapping(node["role"])["id"],
        "score": node["score"],
        "qualified": node["qualified"],
        "levels": [
            (
                _mapping(level["level"])["name"],
                level["qualified"],
                level["stated"],
                sorted(str(_mapping(each)["id"]) for each in _list(level["metBy"])),
            )
            for level in map(_mapping, _list(node["levels"]))
        ],
        "blocking": sorted(str(_mapping(each)["id"]) for each in _list(node["blocking"])),
        "counts": (node["metCount"], node["partialCount"], node["missingCount"]),
        **{part: [_shown_unit(_mapping(unit)) for unit in _list(node[part])] for part in ("met", "partial", "missing")},
    }


def _shown_unit(unit: Json) -> tuple[object, ...]:
    evidence = tuple(
        (
            _mapping(item["held"])["id"],
            _rounded(item["factor"]),
            tuple(
                (link["from"], link["to"], link["relation"], _rounded(link["factor"]))
                for link in map(_mapping, _list(item["chain"]))
            ),
        )
        for item in map(_mapping, _list(unit["evidence"]))
    )
    figures = tuple(_rounded(unit[name]) for name in ("coverage", "weight", "part"))
    return (_mapping(unit["requirement"])["id"], *figures, unit["levelUnknown"], evidence)


def _rounded(value: object) -> float:
    assert isinstance(value, int | float)
    return round(float(value), 9)


def _mapping(value: object) -> Json:
    assert isinstance(value, Mapping)
    return value


def _list(value: object) -> Sequence[object]:
    assert isinstance(value, list | tuple)
    return value
