"""The floor of any Strawberry service: plain types whose fields are attributes of objects that are made beforehand.

Nothing is matched and nothing is looked up but the whole answer, by what the learner holds. Also gives the shape to
the rows of the Cypher rival.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import orjson
import strawberry
from strawberry import ID
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.http import GraphQLHTTPResponse

Json = Mapping[str, object]
Key = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Credentials, courses, competencies."""


@strawberry.input
class HeldCompetency:
    id: ID


@strawberry.input
class HeldInput:
    credentials: list[ID] | None = None
    courses: list[ID] | None = None
    competencies: list[HeldCompetency] | None = None

    def key(self) -> Key:
        """What tells one learner from another."""
        skills = tuple(str(each.id) for each in self.competencies or ())
        return tuple(map(str, self.credentials or ())), tuple(map(str, self.courses or ())), skills


@strawberry.type
class Label:
    text: str


@strawberry.type
class Thing:
    id: ID
    label: Label


@strawberry.type
class Named:
    name: str


@strawberry.type
class Requirement:
    id: ID
    label: Label
    kind: str
    importance: str


@strawberry.type
class ChainLink:
    from_: ID = strawberry.field(name="from")
    to: ID
    relation: str
    factor: float


@strawberry.type
class Evidence:
    held: Thing
    factor: float
    chain: list[ChainLink]
    sentence: str


@strawberry.type
class Coverage:
    requirement: Requirement
    coverage: float
    weight: float
    part: float
    level_unknown: bool
    evidence: list[Evidence]


@strawberry.type
class LevelResult:
    level: Named
    qualified: bool
    stated: bool
    met_by: list[Thing]


@strawberry.type
class Match:
    role: Thing
    score: float
    qualified: bool | None
    met_count: int
    partial_count: int
    missing_count: int
    levels: list[LevelResult]
    blocking: list[Requirement]
    met: list[Coverage]
    partial: list[Coverage]
    missing: list[Coverage]


@strawberry.type
class MatchEdge:
    node: Match


@strawberry.type
class MatchConnection:
    total_count: int
    edges: list[MatchEdge]


def make_connection(data: Json) -> MatchConnection:
    """The objects of an answer, given as the JSON of `match`."""
    edges = [MatchEdge(node=_match(_map(edge["node"]))) for edge in _maps(data["edges"])]
    return MatchConnection(total_count=cast("int", data["totalCount"]), edges=edges)


def _match(node: Json) -> Match:
    parts = {name: [_coverage(each) for each in _maps(node[name])] for name in ("met", "partial", "missing")}
    return Match(
        role=_thing(_map(node["role"])),
        score=_float(node["score"]),
        qualified=cast("bool | None", node["qualified"]),
        met_count=cast("int", node["metCount"]),
        partial_count=cast("int", node["partialCount"]),
        missing_count=cast("int", node["missingCount"]),
        levels=[
            LevelResult(
                level=Named(name=str(_map(each["level"])["name"])),
                qualified=bool(each["qualified"]),
                stated=bool(each["stated"]),
                met_by=[_thing(thing) for thing in _maps(each["metBy"])],
            )
            for each in _maps(node["levels"])
        ],
        blocking=[_requirement(each) for each in _maps(node["blocking"])],
        **parts,
    )


def _coverage(unit: Json) -> Coverage:
    return Coverage(
        requirement=_requirement(_map(unit["requirement"])),
        coverage=_float(unit["coverage"]),
        weight=_float(unit["weight"]),
        part=_float(unit["part"]),
        level_unknown=bool(unit["levelUnknown"]),
        evidence=[_evidence(each) for each in _maps(unit["evidence"])],
    )


def _evidence(item: Json) -> Evidence:
    return Evidence(
        held=_thing(_map(item["held"])),
        factor=_float(item["factor"]),
        chain=[
            ChainLink(
                from_=ID(str(link["from"])),
                to=ID(str(link["to"])),
                relation=str(link["relation"]),
                factor=_float(link["factor"]),
            )
            for link in _maps(item["chain"])
        ],
        sentence=str(item.get("sentence", "")),
    )


def _requirement(node: Json) -> Requirement:
    return Requirement(
        id=ID(str(node["id"])),
        label=_label(node),
        kind=str(node.get("kind", "")),
        importance=str(node.get("importance", "")),
    )


def _thing(node: Json) -> Thing:
    return Thing(id=ID(str(node["id"])), label=_label(node))


def _label(node: Json) -> Label:
    return Label(text=str(_map(node.get("label", {"text": ""}))["text"]))


def _map(value: object) -> Json:
    assert isinstance(value, Mapping)
    return value


def _maps(value: object) -> Sequence[Json]:
    return cast("Sequence[Json]", value)


def _float(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def build_static_schema(answers: Mapping[Key, Json], *, tuned: bool) -> strawberry.Schema:
    """The schema.

    Args:
        answers: by `HeldInput.key`, the JSON of `match`.
        tuned: with Strawberry's own caches of parsed and validated documents.
    """
    prepared = {key: make_connection(answer) for key, answer in answers.items()}

    @strawberry.type
    class Query:
        @strawberry.field
        def match(self, held: HeldInput, first: int = 10) -> MatchConnection:
            return prepared[held.key()]

    return strawberry.Schema(
        query=Query, extensions=[lambda: ParserCache(), lambda: ValidationCache()] if tuned else []
    )


class TunedGraphQL(GraphQL[object, None]):
    """Strawberry's ASGI application with a fast JSON library."""

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: GraphQLHTTPResponse) -> bytes:  # type: ignore[override]  # bytes are as good
        return orjson.dumps(data)
