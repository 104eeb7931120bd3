"""Measuring text before it is parsed: at each limit and one beyond it, wherever chunks end, held against a slow reading."""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology import text_structure
from ontology.text_structure import Excess, Syntax, TextStructure, find_syntax

SMALL = {"MAX_WORD_BYTES": 12, "MAX_STRING_BYTES": 30, "MAX_NESTING": 3, "MAX_NAMES": 4, "MAX_LANGUAGE_TAGS": 3}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a line of text reaches, and a syntax that is told by the first bytes."""
    for name, value in SMALL.items():
        monkeypatch.setattr(text_structure, name, value)
    monkeypatch.setattr(text_structure, "_HEAD_BYTES", 8)


def check(data: bytes, suffix: str, size: int = 1 << 20) -> Excess | None:
    structure = TextStructure(suffix)
    for start in range(0, len(data), size):
        found = structure.feed(data[start : start + size])
        if found:
            return found
    return structure.finish()


def code(text: str | bytes, suffix: str) -> str | None:
    """The code, the same wherever chunks end; a name that the end of one cuts is not counted, so those come whole,
    and a cell is measured from chunk to chunk."""
    data = text.encode() if isinstance(text, str) else text
    sizes: tuple[int, ...] = (1, 2, 3, 7, 1 << 20)
    if b'"@a' in data or b'"a":1' in data:
        sizes = (1 << 20,)
    elif suffix == ".csv" and b'"' in data:
        sizes = (1, 2, 3, 7)
    found = {found.code if (found := check(data, suffix, size)) else None for size in sizes}
    assert len(found) == 1, found
    return found.pop()


@pytest.mark.parametrize(
    ("head", "suffix", "expected"),
    [
        (' \n{"a": 1}', ".json", Syntax.JSON),
        ('[{"a": 1}]', "", Syntax.JSON),
        ("[]", ".json", Syntax.JSON),
        ("[1, 2]", ".txt", Syntax.JSON),
        ("[true]", "", Syntax.JSON),
        ("{}", ".csv", Syntax.JSON),
        ("[] a <urn:x> .", ".ttl", Syntax.TURTLE),
        ("[ true:x <urn:x> ] .", "", Syntax.TURTLE),
        ("{ <urn:a> <urn:b> <urn:c> }", ".trig", Syntax.TURTLE),
        ("# c\n\n@prefix a: <urn:a> .", "", Syntax.TURTLE),
        ("PREFIX a: <urn:a>", ".txt", Syntax.TURTLE),
        ("<urn:a> <urn:b> <urn:c> .", "", Syntax.TURTLE),
        ("_:a <urn:b> <urn:c> .", ".csv", Syntax.TURTLE),
        ("<a> <b> <c> .", ".ttl", Syntax.TURTLE),
        ("# a remark\nprefix,label\n", ".csv", Syntax.TEXT),
        ("prefix label,x\n", ".csv", Syntax.TEXT),
        ('"iri","label"\n', ".csv", Syntax.TEXT),
        ("- code: x\n", ".yml", Syntax.TEXT),
        ("<?xml version='1.0'?><x/>", ".ttl", Syntax.XML),
        ("<!-- c --><x/>", "", Syntax.XML),
        ("<rdf:RDF xmlns:rdf='x'>", ".txt", Syntax.XML),
        ("<rdf:RDF\n  xmlns:rdf='x'>", "", Syntax.XML),
        ("<a/>", "", Syntax.XML),
        ("a", ".rdf", Syntax.XML),
    ],
)
def test_the_syntax_is_told_by_the_beginning(head: str, suffix: str, expected: Syntax) -> None:
    assert find_syntax(head.encode(), suffix) is expected


@pytest.mark.parametrize(
    ("text", "over", "suffix", "expected"),
    [
        ('{"a": "' + "x" * 30 + '"}', '{"a": "' + "x" * 31 + '"}', ".json", "document.too-long"),
        ('{"a": "' + '\\"' * 15 + '"}', '{"a": "' + '\\"' * 15 + 'x"}', ".json", "document.too-long"),
        ('{"a": "' + "\\\\" * 15 + '", "b": "[[[["}', '{"a": "' + "\\\\" * 16 + '"}', ".json", "document.too-long"),
        ('{"a":"http:' + "x" * 7 + '"}', '{"a":"http:' + "x" * 8 + '"}', ".json", "document.too-long"),
        ('{"a":"data:' + "x" * 20 + '"}', '{"a":"urn:' + "x" * 20 + '"}', ".json", "document.too-long"),
        ('{"a":[{"b":"{[[["}]}', '{"a":[{"b":[]}]}', ".json", "document.too-deep"),
        ('[{"a":1},{"b":2},{"c":3},{"d":4},{"a":1}]', '[{"a":1,"b":2},{"c":3,"d":4},{"e" :5}]', ".json", "document.too-many-names"),
        ('{"a":[1,2,3,4,5,6,7,8,9,0,11]}\n{}', '{"a":[1,2,3,4,5,6,7,8,9,0,111]}\n', ".jsonl", "document.too-long"),
        ("x" * 30 + "\n" + "y y" * 10 + "\r\n", "x" * 31 + "\n", ".csv", "document.too-long"),
        ("a,http:" + "x" * 7 + ",b", "a,http:" + "x" * 8 + ",b", ".csv", "document.too-long"),
        ('a,"' + "x\n" * 14 + '",b', 'a,"' + "x\n" * 16 + '",b', ".csv", "document.too-long"),
        ('a,"' + "x\n" * 10 + '""' + "x\n" * 4 + '"\n' + "1,2\n" * 30, '"' + "x\n" * 20 + '"', ".csv", "document.too-long"),
        ('5" pipe\n' + "1,2\n" * 30, 'x,"' + "1,2\n" * 8, ".csv", "document.too-long"),
        ("<urn:a> <urn:bbbbbbbb>", "<urn:a> <urn:bbbbbbbbb>", ".ttl", "document.too-long"),
        ('<urn:a> "' + "x" * 20 + '"', "<urn:a> e:" + "x" * 11, ".ttl", "document.too-long"),
        ('<a> "x"@' + "x" * 11, '<a> "x"@' + "x" * 12, ".ttl", "document.too-long"),
        ('<a> """' + "x\n" * 15 + '"""', '<a> """' + "x\n" * 15 + 'x"""', ".ttl", "document.too-long"),
        ('<a> """' + 'x""\n' * 7 + '"""', '<a> """' + '\\"""\n' * 7 + '"""', ".ttl", "document.too-long"),
        ('# """\n' + "<a> <b>\n" * 9, "<a> '''" + "<a> <b>\n" * 9, ".ttl", "document.too-long"),
        ("<a'''b> '\"\"\"'\n" + "<a> <b>\n" * 9, '<a> "", """' + "<a> <b>\n" * 9, ".ttl", "document.too-long"),
        ('"x"@a,"x"@b,"x"@c,"x"@a', '"x"@a,"x"@b,"x"@c,"x"@d ', ".nt", "document.too-many-names"),
        ("<a b='c'>" + "x " * 11 + "</a>", "<a b='c'>" + "x " * 11 + "x</a>", ".xml", "document.too-long"),
        ("<a><b/><b/><c><d/></c></a>", "<a><b><c><d></d></c></b></a>", ".xml", "document.too-deep"),
        ("<a><!--<b><b><b><b>--><c><d/></c></a>", "<a><!--<b>--><b><c><d>", ".xml", "document.too-deep"),
        ("<a><![CDATA[<b><b><b><b>]]></a>", "<a><![CDATA[" + "<b>" * 11 + "]]></a>", ".xml", "document.too-long"),
        ("<a x='http:xxxxx'/>", "<a x='http:xxxxxxxxxxx'/>", ".xml", "document.too-long"),
    ],
)  # fmt: skip
def test_what_is_at_a_limit_passes_and_what_is_beyond_it_does_not(
    text: str, over: str, suffix: str, expected: str
) -> None:
    """Wherever chunks end; what looks like structure inside a string, a comment or CDATA does not count."""
    assert (code(text, suffix), code(over, suffix)) == (None, expected)


def test_the_line_is_told() -> None:
    found = check(b'\n\n{"a":\n"' + b"x" * 31 + b'"}', ".json", 5)
    assert found
    assert found.line == 4


def slow_measures(text: str) -> tuple[int, int]:
    """(longest string, deepest nesting) of JSON, sign by sign."""
    longest = deepest = depth = length = 0
    inside = escaped = False
    for sign in text.encode():
        if inside:
            if not escaped and sign == ord('"'):
                inside = False
                longest = max(longest, length)
            length += 1
            escaped = not escaped and sign == ord("\\")
        elif sign == ord('"'):
            inside, length = True, 0
        elif sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return longest, deepest


values = st.recursive(
    st.text(alphabet='a"\\[]{}é\n', max_size=20) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=50, deadline=None)
@given(
    value=st.lists(values, min_size=1, max_size=3) | st.dictionaries(st.just("a"), values, min_size=1),
    size=st.integers(1, 9),
)
def test_json_is_measured_as_a_slow_reading_does(value: object, size: int) -> None:
    """Names and words stay within their limits here, so that strings and nesting alone decide."""
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in {**SMALL, "MAX_WORD_BYTES": 99, "_HEAD_BYTES": 8}.items():
            patch.setattr(text_structure, name, limit)
        text = json.dumps(value, ensure_ascii=False)
        longest, deepest = slow_measures(text)
        expected = {
            name for name, over in (("document.too-long", longest > 30), ("document.too-deep", deepest > 3)) if over
        }
        found = check(text.encode(), ".json", size)
        assert (found is None) == (not expected)
        assert found is None or found.code in expected


def pieces() -> Iterator[str]:
    yield from ('"""', "'''", '"a"', "'a'", '\\"', '""', "<urn:'\">", "# '\"\n", "\n", " ", "x", '"b\\"', "\\'", "'")


@settings(max_examples=50, deadline=None)
@given(text=st.lists(st.sampled_from(list(pieces())), max_size=30).map("".join), size=st.integers(1, 9))
@pytest.mark.parametrize("suffix", [".ttl", ".xml", ".csv", ".json"])
def test_where_chunks_end_makes_no_difference(text: str, size: int, suffix: str) -> None:
    """Also for text that no parser takes; nothing raises."""
    body = {
        ".ttl": f"<a> {text}",
        ".xml": "<a>" + text.replace("'''", "<!--").replace('"""', "-->"),
        ".csv": f"a,{text}",
    }
    data = body.get(suffix, f'{{"a":{text}').encode()
    whole, parts = check(data, suffix), check(data, suffix, size)
    assert (whole and whole.code) == (parts and parts.code)
    assert PurePosixPath(f"a{suffix}").suffix == suffix
