"""JSON as values: what is no JSON, what cannot be used, what is told and read all the same; never a crash."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.json_documents import MAX_DIGITS, Json, objects_in, pointer, read_json, read_json_lines
from ontology.model import Finding, FindingLevel, Source


def document(text: str | bytes) -> Document:
    return Document(name="a.json", data=text.encode() if isinstance(text, str) else text)


def fault(text: str | bytes) -> Finding:
    found = read_json(document(text))
    assert isinstance(found, Finding)
    assert (found.level, found.code) == (FindingLevel.MUST, "json.syntax")
    assert found.fix
    assert len(found.message) < 300
    return found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"a": 1,\n "b": }', 2, "column 7"),
        ('{"a": 1,\n "b": [1, 2', 2, "column"),
        ('{"a": 1}\n{"b": 2}', 2, "more follows after the end of its value (column 1)"),
        ('// one\n{"a": 1}', 1, "no comments"),
        ('{"a":\n /* one */ 1}', 2, "no comments, and one begins here (column 2)"),
        ("[1,\n 2,\n]", 3, "a comma stands before the closing ] (column 1)"),
        ('{"a": 1,\n}', 2, "a comma stands before the closing } (column 1)"),
        ("\n\n{'a': 1}", 3, "double quotes"),
        ("", 1, "it ends where more is expected"),
        ('{"a":\n NaN}', 2, "NaN is no number"),
        ('{"a":\n -Infinity}', 2, "-Infinity is no number"),
        ('{"a":\n 1e999}', 2, "1e999 is no number"),
        ('{"a":\n "\\ud800"}', 2, "\\ud800 is half a character"),
        ('{"a":\n "\\uD83D\\uDE00 \\uDE00"}', 2, "\\uDE00 is half a character"),
        ('{"a":\n "\\\\\\udfff"}', 2, "\\udfff is half a character"),
        ('{"a":\n "x\ty"}', 2, "control character"),
        ('{"a":\n' + "9" * (MAX_DIGITS + 1) + "}", 2, "999… is no number"),
        ('{"a":\n' + "9" * 309 + "}", 2, "999… is no number"),
        ('{"a":\n -1' + "0" * 309 + "}", 2, "000… is no number"),
        ('{"a":\n -0.' + "9" * MAX_DIGITS + "}", 2, "999… is no number"),
        ("[" * 100_000, None, "nests too deeply"),
    ],
)
def test_what_cannot_be_read_is_one_finding_with_its_line(text: str, line: int | None, words: str) -> None:
    found = fault(text)
    assert words in found.message
    assert found.source == Source(file="a.json", line=line)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ('{"a": "\\\\ud800"}', {"a": "\\ud800"}),
        ("\ufeff[1.5e3, -0, null]", [1500.0, 0, None]),
        ("9" * 308, int("9" * 308)),
    ],
)
def test_what_looks_like_a_fault_and_is_none_is_read(text: str, value: Json) -> None:
    assert read_json(document(text)) == value


def test_of_repeated_names_the_last_counts_and_they_are_told_once() -> None:
    """However often it is read: the finder of formats and the reader both do."""
    read = document('{"a": 1, "a": 2, "b": {"c": 1, "c": 2, "d": 3, "d": 3, "e": 4, "e": 4}}')
    for _ in range(2):
        assert read_json(read) == {"a": 2, "b": {"c": 2, "d": 3, "e": 4}}
    (remark,) = read.remarks
    assert (remark.level, remark.code) == (FindingLevel.SHOULD, "json.repeated-name")
    assert "('c', 'd', 'e' and 1 more)" in remark.message
    assert remark.fix


def test_a_reader_that_looks_for_it_itself_gets_what_cannot_be_written_again() -> None:
    assert read_json(document('["\\ud800", 1e999]'), whole=False) == ["\ud800", float("inf")]
    assert isinstance(read_json(document("[NaN]"), whole=False), Finding)


def test_lines_are_read_one_by_one() -> None:
    """A broken one does not cost the others; blank ones are none."""
    read = document('{"a": 1}\n\n{"b": \n[3, NaN]\r\n{"c": 1, "c": 2}\n')
    items = list(read_json_lines(read))
    assert [item for item in items if not isinstance(item, Finding)] == [(1, {"a": 1}), (5, {"c": 2})]
    assert [item.source and item.source.line for item in items if isinstance(item, Finding)] == [3, 4]
    assert [remark.source and remark.source.line for remark in read.remarks] == [5]


def test_pointers_escape_what_they_must() -> None:
    assert pointer("CFItems", 3, "a/b~c") == "/CFItems/3/a~1b~0c"
    assert pointer() == ""


def test_objects_are_found_in_a_list_or_as_the_value() -> None:
    assert list(objects_in({"a": 1})) == [((), {"a": 1})]
    assert list(objects_in([{"a": 1}, 2, {"b": 3}], ["x"])) == [(("x", 0), {"a": 1}), (("x", 2), {"b": 3})]
    assert list(objects_in("x")) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(value=anything, ascii_only=st.booleans())
def test_what_json_writes_is_read_back(value: Json, ascii_only: bool) -> None:
    read = document(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace"))
    found = read_json(read)
    assert found == json.loads(read.text())
    assert not read.remarks


@settings(max_examples=50, deadline=None)
@given(text=st.lists(st.sampled_from(['{"a":', "[", "]", "}", '"', "\\ud8", "\\u0041", "1e9", ",", "NaN", "é", "\n"])))
def test_no_text_raises(text: list[str]) -> None:
    for item in (read_json(document("".join(text))), *read_json_lines(document("".join(text)))):
        assert not isinstance(item, Finding) or item.code == "json.syntax"
