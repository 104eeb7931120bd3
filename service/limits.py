"""The limits of what one request may ask for, and the bucket that paces anonymous callers.

Knows documents as syntax trees and counts them in linear time: every fragment is summed once, whatever spreads it.
Does not parse, answer or know the schema. Called by the schema's gate, so that WebSocket queries meet the same limits.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

_CEILING = 1_000_000
"""Counts saturate here: a chain of fragments that each spread the next twice doubles two hundred times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """What one GraphQL request may be. Source: graphql-armor's defaults, widened where our own contract needs it."""

    body_bytes: int = 1_048_576
    """Without its long texts, such as documents; of what is no GraphQL, the whole body."""
    whole_bytes: int = 16 << 20
    """With its long texts. 20 documents of 256 KiB have 5 MiB, and JSON may write each of their bytes with three."""
    characters: int = 20_000
    tokens: int = 2_000
    depth: int = 16
    """Nested fields, fragments flattened. GraphiQL's introspection has 15."""
    aliases: int = 30
    root_fields: int = 10
    directives: int = 20
    repeats: int = 50
    """Fields that a selection set names once more. Validation compares each two of one name: the same field 150 times,
    in five kilobytes, cost it half a second."""
    page: int = 100
    """Greatest `first`."""
    rows: int = 50_000
    """Edges that one request may make, over all its lists."""
    variable_values: int = 250_000
    """Values in variables, those that are used in several places counted at each. A learner with 10,000 competencies,
    each at a level, has 40,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A limit that a document is over. `name` is the field of `QueryLimits`."""

    name: str
    limit: int
    found: int | None = None
    """None where counting stopped at the limit."""


@dataclass(slots=True)
class _Counts:
    """What a selection set holds by itself, and the fragments it spreads with the depth of each spread."""

    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    repeats: int = 0
    depth: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)
    """How often each variable is used."""


def find_violation(document: DocumentNode, limits: QueryLimits) -> Violation | None:
    """The first limit that an operation of the document is over, None where there is none.

    Cost: linear in the document. Fragments count at every spread as if written out; a cycle counts once (validation
    refuses it).
    """
    for _, counts in _counted(document):
        violation = _compare(counts, limits)
        if violation is not None:
            return violation
    return None


def count_uses(document: DocumentNode) -> dict[str, dict[str, int]]:
    """By operation (`` for one without a name), how often it uses each variable, fragments written out."""
    return {name: counts.uses for name, counts in _counted(document)}


def count_values(variables: Mapping[str, object], uses: Mapping[str, int]) -> int:
    """How many values variables have, each counted as often as it is used: what is read of them, lists and all."""
    return sum(_count_value(variables[name]) * count for name, count in uses.items() if name in variables)


def _count_value(value: object) -> int:
    count, pending = 0, [value]
    while pending:
        each = pending.pop()
        count += 1
        if isinstance(each, dict):
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
    return count


def _counted(document: DocumentNode) -> list[tuple[str, _Counts]]:
    """(name, counts) of each operation, fragments written out."""
    fragments: dict[str, _Counts] = {}
    operations: list[tuple[str, _Counts]] = []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = _count_own(definition.selection_set, definition.directives)
        elif isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name is not None else ""
            operations.append((name, _count_own(definition.selection_set, definition.directives)))
    totals: dict[str, _Counts] = {}
    for name in _children_first(fragments):
        totals[name] = _with_spreads(fragments[name], totals)
    return [(name, _with_spreads(own, totals)) for name, own in operations]


def _compare(counts: _Counts, limits: QueryLimits) -> Violation | None:
    found = {
        "depth": counts.depth,
        "aliases": counts.aliases,
        "root_fields": counts.root_fields,
        "directives": counts.directives,
        "repeats": counts.repeats,
    }
    for name, value in found.items():
        limit = getattr(limits, name)
        if value > limit:
            return Violation(name=name, limit=limit, found=value if value < _CEILING else None)
    return None


def _count_own(selections: SelectionSetNode | None, directives: Iterable[DirectiveNode] | None) -> _Counts:
    """Counts of a selection set without the fragments that it spreads."""
    own = tuple(directives or ())
    counts = _Counts(directives=len(own))
    _count_uses(counts.uses, (argument.value for each in own for argument in each.arguments or ()))
    names: set[str] = set()
    pending = [(selections, 0, names)] if selections is not None else []
    while pending:
        selection_set, depth, names = pending.pop()
        for selection in selection_set.selections:
            counts.directives += len(selection.directives or ())
            for each in selection.directives or ():
                _count_uses(counts.uses, (argument.value for argument in each.arguments or ()))
            match selection:
                case FieldNode():
                    counts.aliases += selection.alias is not None
                    _count_uses(counts.uses, (argument.value for argument in selection.arguments or ()))
                    counts.root_fields += depth == 0
                    counts.depth = max(counts.depth, depth + 1)
                    name = (selection.alias or selection.name).value
                    counts.repeats += name in names
                    names.add(name)
                    if selection.selection_set is not None:
                        pending.append((selection.selection_set, depth + 1, set()))
                case InlineFragmentNode():
                    pending.append((selection.selection_set, depth, names))
                case FragmentSpreadNode():
                    counts.spreads.append((selection.name.value, depth))
    return counts


def _count_uses(uses: dict[str, int], values: Iterable[ValueNode]) -> None:
    """Nothing; counts the variables in these values."""
    for name in _variables_in(values):
        uses[name] = min(uses.get(name, 0) + 1, _CEILING)


def _variables_in(values: Iterable[ValueNode]) -> Iterator[str]:
    """Names of the variables in values, as often as they are there."""
    pending = list(values)
    while pending:
        match pending.pop():
            case VariableNode(name=name):
                yield name.value
            case ListValueNode(values=inner):
                pending.extend(inner)
            case ObjectValueNode(fields=inner_fields):
                pending.extend(each.value for each in inner_fields)


def _with_spreads(own: _Counts, totals: dict[str, _Counts]) -> _Counts:
    """Counts with every spread written out; a fragment that is not there (yet) counts nothing."""
    result = _Counts(own.aliases, own.directives, own.root_fields, own.repeats, own.depth, uses=dict(own.uses))
    for name, depth in own.spreads:
        total = totals.get(name)
        if total is not None:
            result.aliases = min(result.aliases + total.aliases, _CEILING)
            result.directives = min(result.directives + total.directives, _CEILING)
            result.repeats = min(result.repeats + total.repeats, _CEILING)
            result.root_fields = min(result.root_fields + (total.root_fields if depth == 0 else 0), _CEILING)
            result.depth = max(result.depth, depth + total.depth)
            for each, count in total.uses.items():
                result.uses[each] = min(result.uses.get(each, 0) + count, _CEILING)
    return result


def _children_first(fragments: dict[str, _Counts]) -> Iterable[str]:
    """Names of fragments so that each comes after those that it spreads, cycles aside."""
    order: list[str] = []
    seen: set[str] = set()
    for start in fragments:
        pending = [(start, False)]
        while pending:
            name, done = pending.pop()
            if done:
                order.append(name)
            elif name not in seen and name in fragments:
                seen.add(name)
                pending.append((name, True))
                pending.extend((child, False) for child, _ in fragments[name].spreads if child not in seen)
    return order


class AddressBuckets:
    """A token bucket for each client address: a minute's requests at once, then evenly.

    Holds at most `addresses`; the one unseen for longest is forgotten first.
    """

    def __init__(self, a_minute: int, clock: Callable[[], float], addresses: int = 10_000):
        self._a_minute = a_minute
        self._clock = clock
        self._addresses = addresses
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> float:
        """Zero where the request may pass, else the seconds until the next one may."""
        now = self._clock()
        tokens, then = self._buckets.pop(address, (float(self._a_minute), now))
        tokens = min(tokens + (now - then) * self._a_minute / 60, float(self._a_minute))
        wait = 0.0 if tokens >= 1 else (1 - tokens) * 60 / self._a_minute
        self._buckets[address] = (tokens - 1 if tokens >= 1 else tokens, now)
        while len(self._buckets) > self._addresses:
            self._buckets.popitem(last=False)
        return wait
