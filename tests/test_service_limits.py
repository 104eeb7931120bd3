"""Limits: each at L and at L+1, fragments as if written out, linear time; and the bucket."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from graphql import get_introspection_query, parse

from service.limits import AddressBuckets, QueryLimits, Violation, count_uses, count_values, find_violation


def nested(depth: int) -> str:
    """A query of this depth."""
    return "{ " + "a { " * (depth - 1) + "b" + " }" * depth


def limited(name: str, value: int) -> QueryLimits:
    """The defaults with one limit changed."""
    return replace(QueryLimits(), **{name: value})


AT_LIMIT: dict[str, Callable[[int], str]] = {
    "depth": nested,
    "aliases": lambda count: "{ a { " + " ".join(f"x{i}: b" for i in range(count)) + " } }",
    "root_fields": lambda count: "{ " + " ".join(f"f{i}" for i in range(count)) + " }",
    "directives": lambda count: "{ a " + "@skip(if: false) " * count + "}",
    "repeats": lambda count: "{ x { b ... { b c } } y { b } a " + "a " * (count - 1) + "}",
}


@pytest.mark.parametrize("name", AT_LIMIT)
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_a_limit_holds_at_one_more_and_not_before(name: str, limit: int) -> None:
    """A document at L passes, one at L+1 does not and says how much it has."""
    limits = limited(name, limit)
    assert find_violation(parse(AT_LIMIT[name](limit)), limits) is None
    assert find_violation(parse(AT_LIMIT[name](limit + 1)), limits) == Violation(
        name=name, limit=limit, found=limit + 1
    )


INLINE = "{ a { x: b { c } } z: a { b @skip(if: true) { c } } }"
SPREAD = """
{ ...root z: a { b @skip(if: true) { ...leaf } } }
fragment root on Query { a { ...inner } }
fragment inner on A { x: b { ...leaf } }
fragment leaf on B { c }
"""
INLINE_FRAGMENTS = "{ ... { a { ... { x: b { ... { c } } } } } ... { z: a { b @skip(if: true) { c } } } }"


@pytest.mark.parametrize("document", [INLINE, SPREAD, INLINE_FRAGMENTS])
@pytest.mark.parametrize(
    ("name", "count"), [("depth", 3), ("aliases", 2), ("root_fields", 2), ("directives", 1), ("repeats", 0)]
)
def test_fragments_count_as_if_written_out(document: str, name: str, count: int) -> None:
    """The same fields inline, in inline fragments and in named ones have the same figures."""
    assert find_violation(parse(document), limited(name, count)) is None
    assert count == 0 or find_violation(parse(document), limited(name, count - 1)) is not None


def test_uses_of_variables_are_counted_as_if_written_out() -> None:
    """In arguments, inside lists and objects, in directives, by every spread; by operation."""
    document = parse("""
      query A($h: H, $b: Boolean!) @own(if: $b) { a(x: [$h, $h], y: { z: $h }) ...f ...f }
      query B($h: H) { a(x: 1) }
      fragment f on Query { a(x: $h) @skip(if: $b) ... @include(if: $b) { b } ...g }
      fragment g on Query { c(d: [[{ e: $h }]]) }
    """)
    assert count_uses(document) == {"A": {"h": 7, "b": 5}, "B": {}}
    assert count_values({"h": [{"id": 1}, {"id": 2}], "b": True, "other": [1]}, {"h": 3, "b": 2, "gone": 9}) == 17


def test_of_two_operations_without_name_both_are_counted() -> None:
    """Validation refuses them, and no limit is missed before."""
    document = parse("{ " + "a " * 60 + "} { b }")
    assert find_violation(document, QueryLimits()) is not None


def test_uses_that_double_are_counted_in_linear_time() -> None:
    """Two hundred fragments that double: the count stops at a ceiling."""
    document = parse(doubling(200).replace("a: node", "node(id: $x)").replace("{ ...f0 }", "query ($x: ID) { ...f0 }"))
    assert count_uses(document)[""]["x"] >= 1_000_000


def doubling(size: int) -> str:
    """A chain of fragments that each spread the next one twice."""
    links = "".join(f"fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} }} " for i in range(size))
    return f"{{ ...f0 }} {links} fragment f{size} on Query {{ a: node }}"


def test_doubling_fragments_take_linear_time() -> None:
    """Two hundred fragments that double are counted at once, and are over the limit of aliases."""
    document = parse(doubling(200))
    start = time.perf_counter()
    assert find_violation(document, QueryLimits()) == Violation(name="aliases", limit=30, found=None)
    assert time.perf_counter() - start < 0.1


def test_cycles_end() -> None:
    """A fragment that spreads itself is counted once; validation refuses it."""
    document = parse("{ ...a } fragment a on Query { x { ...b } } fragment b on Query { y { ...a } }")
    assert find_violation(document, QueryLimits()) is None


def test_introspection_of_tools_passes() -> None:
    """The query that GraphiQL and code generators send is under the limits."""
    document = parse(get_introspection_query(descriptions=True, input_value_deprecation=True))
    assert find_violation(document, QueryLimits()) is None


def test_a_bucket_gives_a_minutes_requests_then_evenly() -> None:
    """Three a minute: three at once, then one every twenty seconds, for each address by itself."""
    now = [0.0]
    buckets = AddressBuckets(3, lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, pytest.approx(20)]
    assert buckets.take("b") == 0
    now[0] = 10.0
    assert buckets.take("a") == pytest.approx(10)
    now[0] = 20.0
    assert buckets.take("a") == 0


def test_buckets_are_bounded() -> None:
    """Only so many addresses are remembered; the one unseen for longest is forgotten."""
    buckets = AddressBuckets(1, lambda: 0.0, addresses=2)
    assert [buckets.take(address) for address in ("a", "b", "c")] == [0, 0, 0]
    assert buckets.take("c") > 0
    assert buckets.take("a") == 0
