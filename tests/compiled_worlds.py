"""Documents of every kind, and the two ways to answer one: by builders and by the executor alone. Shared by the suite and
the torture.

Hypothesis-graphql draws selections from the schema; they are then given arguments that mean something, aliases,
directives, fragments, repeated fields and variables.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from graphql import build_schema as parse_schema
from hypothesis import strategies as st
from hypothesis_graphql import queries
from service_world import WORLD, iri

from graph.layout import DatasetInfo
from graph.releases import Releases
from graph.snapshot import Snapshot
from service.announcing import Announcer
from service.issuing import Issuing
from service.learners import LearnerDesk
from service.limits import QueryLimits
from service.presenting import Presenting
from service.schema import SDL_PATH, Schema, build_schema
from service.schema.compiled import Compiled, compiled_of
from service.schema.context import Context
from service.schema.errors import shape_error
from service.schema.loaders import Loaders
from service.schema.state import ReleaseState
from service.settings import Settings
from service.stewardship import Stewardship
from service.verifying import DocumentVerifier

SCHEMA = parse_schema(SDL_PATH.read_text("utf-8"))
WIDE = QueryLimits(
    characters=1_000_000, tokens=100_000, depth=60, aliases=10_000, root_fields=100, directives=10_000, repeats=10_000
)
"""Limits that no drawn document is over."""
HELD = (
    f'{{ credentials: ["Security+"], competencies: [{{ id: "{iri("python")}", level: 1, scale: "{iri("scale")}" }}] }}'
)
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "match": (f"held: {HELD}", "held: $held", "held: $held, first: 1", 'held: { courses: ["nowhere"] }'),
    "gap": (f'held: {HELD}, role: "511"', 'held: $held, role: "621"', 'held: $held, role: "nobody"'),
    "plans": ('held: $held, role: "621", first: 1',),
    "compare": ('held: $held, roles: ["511", "621"]', 'held: $held, roles: ["621"]'),
    "gapMany": ('held: $held, roles: ["511", "621"]', 'held: $held, roles: ["511", "nobody"]'),
    "matchMany": ("held: [$held, {}]", f"held: [{HELD}], first: 1"),
    "whatIf": ('held: $held, add: { courses: ["Networks"] }', "held: $held, add: $held"),
    "node": tuple(f'id: "{iri(name)}"' for name in ("network", "course-network", "any", "aligned", "scale", "nothing")),
    "resource": ('ref: "511"', 'ref: "Security+"', 'ref: "Skills"', 'ref: "Networks"', 'ref: "?"'),
    "jobRoles": ("", "first: 1", "first: 0"),
    "competencies": ("", "first: 2"),
    "courses": ("",),
    "credentials": ("",),
    "frameworks": ("",),
}
"""Arguments of root fields; the last ones of some are refused."""
BELOW: dict[str, tuple[str, ...]] = {
    "languages": ('["fr"]', '["de", "fr-CA"]', "$languages", "null", "[]"),
    "first": ("1", "3", "$first", "100", "0"),
}
"""Values of arguments further down."""
TYPES = {
    "held": "HeldInput!",
    "languages": "[String!]",
    "first": "Int!",
    "yes": "Boolean!",
    "maybe": "Boolean! = true",
}
"""Variables that a document may use."""


def variables(draw: random.Random) -> dict[str, object]:
    """Values of all variables; one that has a default is there or not."""
    found: dict[str, object] = {
        "held": draw.choice(
            [{}, {"credentials": ["S+"]}, {"courses": ["Networks", "Scripts"]}, {"competencies": [{"id": "Firewalls"}]}]
        ),
        "languages": draw.choice([None, [], ["fr"], ["xx", "fr-FR"], ["en"] * 30]),
        "first": draw.choice([1, 1, 2, 100, 101]),
        "yes": draw.random() < 0.5,
    }
    if draw.random() < 0.5:
        found["maybe"] = draw.random() < 0.5
    return found


class _Turned(Visitor):
    """Gives a drawn document what clients write: arguments that are understood, aliases, directives, fragments."""

    def __init__(self, draw: random.Random, info: TypeInfo):
        super().__init__()
        self._draw = draw
        self._info = info
        self._aliases = 0
        self._refused = draw.random() < 0.2
        self.fragments: list[FragmentDefinitionNode] = []

    def leave_field(self, node: FieldNode, *_: object) -> FieldNode:
        """The field, otherwise."""
        parent = self._info.get_parent_type()
        name = node.name.value
        if parent is not None and parent.name == "Query":
            arguments = _arguments(self._draw.choice(ARGUMENTS[name]))
        else:
            arguments = self._arguments_below()
        alias = node.alias
        if self._draw.random() < 0.2:
            self._aliases += 1
            alias = NameNode(value="same" if self._draw.random() < 0.002 else f"a{self._aliases}")
        return replace(node, arguments=arguments, alias=alias, directives=self._directives())

    def _arguments_below(self) -> tuple[ArgumentNode, ...]:
        """What means something; in one document of five, each list further down is asked for what is refused."""
        field = self._info.get_field_def()
        if self._refused and field is not None and "first" in field.args:
            return _arguments("first: 0")
        names = [name for name in BELOW if field is not None and name in field.args and self._draw.random() < 0.3]
        return _arguments(", ".join(f"{name}: {self._draw.choice(BELOW[name])}" for name in names))

    def _directives(self) -> tuple[DirectiveNode, ...]:
        if self._draw.random() > 0.1:
            return ()
        value = self._draw.choice(
            [
                BooleanValueNode(value=True),
                BooleanValueNode(value=False),
                VariableNode(name=NameNode(value="yes")),
                VariableNode(name=NameNode(value="maybe")),
            ]
        )
        argument = ArgumentNode(name=NameNode(value="if"), value=value)
        return (DirectiveNode(name=NameNode(value=self._draw.choice(["skip", "include"])), arguments=(argument,)),)

    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        """The selections, in another order, some repeated, some in fragments."""
        kind = self._info.get_parent_type()
        selections = list(node.selections)
        if kind is None or kind.name == "Query":
            return node
        self._draw.shuffle(selections)
        if self._draw.random() < 0.1:
            selections.append(self._draw.choice(selections))
        if self._draw.random() < 0.3:
            selections.append(FieldNode(name=NameNode(value="__typename")))
        if self._draw.random() < 0.2:
            cut = self._draw.randrange(len(selections))
            inside = selections[cut:]
            selections = [*selections[:cut], *self._wrapped(kind.name, inside)]
        return replace(node, selections=tuple(selections))

    def _wrapped(self, kind: str, selections: list[SelectionNode]) -> list[SelectionNode]:
        """The same in a fragment: inline or named, maybe on an interface of the type."""
        on = NamedTypeNode(name=NameNode(value=kind))
        body = SelectionSetNode(selections=tuple(selections))
        if self._draw.random() < 0.5:
            bare = self._draw.random() < 0.3
            return [
                InlineFragmentNode(
                    type_condition=None if bare else on, selection_set=body, directives=self._directives()
                )
            ]
        name = NameNode(value=f"F{len(self.fragments)}")
        self.fragments.append(FragmentDefinitionNode(name=name, type_condition=on, selection_set=body, directives=()))
        return [FragmentSpreadNode(name=name, directives=self._directives())]


def _arguments(text: str) -> tuple[ArgumentNode, ...]:
    if not text:
        return ()
    operation = parse(f"{{ x({text}) }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    field = operation.selection_set.selections[0]
    assert isinstance(field, FieldNode)
    return tuple(field.arguments or ())


def turned(document: DocumentNode, draw: random.Random) -> str:
    """The text of a drawn document, turned into what clients write."""
    document = parse(print_ast(document))
    info = TypeInfo(SCHEMA)
    turning = _Turned(draw, info)
    document = visit(document, TypeInfoVisitor(info, turning))
    text = "\n".join(map(print_ast, [*document.definitions, *turning.fragments]))
    used = [name for name in TYPES if f"${name}" in text]
    declared = ", ".join(f"${name}: {TYPES[name]}" for name in used)
    body = text.removeprefix("query").lstrip()
    return f"query Drawn{f'({declared})' if declared else ''} {body}"


ROOTS = (
    ["match"],
    ["gap"],
    ["match", "gap"],
    ["plans", "whatIf"],
    ["compare", "gapMany", "matchMany"],
    ["resource", "jobRoles"],
    ["node"],
    sorted(ARGUMENTS),
)
"""Root fields that are drawn together."""
SELECTIONS = [queries(SCHEMA, fields=each, print_ast=lambda node: node, allow_x00=False) for each in ROOTS]


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, object]]:
    """A document and values of its variables."""
    found = draw(st.one_of(SELECTIONS))
    assert isinstance(found, DocumentNode)
    chance = draw(st.randoms(use_true_random=False))
    text = turned(found, chance)
    return text, {name: value for name, value in variables(chance).items() if f"${name}:" in text}


class Ways:
    """A state of the service and the two ways to answer from it."""

    def __init__(self, state: ReleaseState, folder: Path, limits: QueryLimits = WIDE):
        self.state = state
        self._limits = limits
        self._stewardship = Stewardship(Settings(home=folder), Releases(folder))
        self._issuing = Issuing(folder, None)
        self._learners = LearnerDesk(folder, None)
        self._presenting = Presenting(folder, "https://skills.example")
        self._verifier = DocumentVerifier(Settings(home=folder))
        self.built = build_schema(limits, introspection=True, suggestions=True)
        self.executed = build_schema(limits, introspection=True, suggestions=True, compiled=False)

    @property
    def compiled(self) -> Compiled:
        """The builders of the one."""
        found = compiled_of(self.built._schema)
        assert found is not None
        assert compiled_of(self.executed._schema) is None
        return found

    async def ask(
        self, schema: Schema, text: str, values: Mapping[str, object] | None = None, languages: Sequence[str] = ()
    ) -> tuple[bytes, int]:
        """The answer as it is sent, and the edges that it cost."""
        context = Context(
            release=self.state,
            loaders=Loaders(None, lambda: False),
            limits=self._limits,
            published=lambda: (),
            stewardship=self._stewardship,
            announcer=Announcer(lambda: 1),
            issuing=self._issuing,
            learners=self._learners,
            verifier=self._verifier,
            presenting=self._presenting,
            languages=tuple(languages),
            request_id="r",
        )
        result = await schema.execute(text, variable_values=dict(values or {}), context_value=context)
        errors = [shape_error(error, "r").formatted for error in result.errors or ()]
        return orjson.dumps({"data": result.data, "errors": errors}), context.rows

    async def compare(
        self, text: str, values: Mapping[str, object] | None = None, languages: Sequence[str] = ()
    ) -> bytes:
        """The answer, which is the same whichever way and how often it is asked for, and costs the same edges.

        Where an error voids all of it, a root field that a thread still works on has counted its edges, or has not yet.
        """
        expected, edges = await self.ask(self.executed, text, values, languages)
        for _ in range(3):
            found, cost = await self.ask(self.built, text, values, languages)
            assert found == expected
            assert cost == edges or expected.startswith(b'{"data":null')
        return expected


def world_snapshot() -> Snapshot:
    """The small world as a release."""
    return Snapshot.build(
        [
            (DatasetInfo(iri=iri(name), name=name, format="tables", license=None, attribution=None, checksum="c"), each)
            for name, each in WORLD.items()
        ],
        release=1,
    )
