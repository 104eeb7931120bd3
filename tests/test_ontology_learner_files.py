"""Files of learners: what a row says in each format, and what is told of a row or file that cannot be read."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology import learner_files
from ontology.errors import InputError
from ontology.learner_files import LearnerFormat, find_learners, read_slice
from ontology.learner_rows import LISTS, LearnerRows

Said = dict[str, Any]


def read(path: Path, rows: int = 1000) -> list[LearnerRows]:
    """The slices of a file."""
    files, slices, _ = find_learners(path, rows)
    return [read_slice(files[each.file], each) for each in slices]


def said(rows: LearnerRows) -> list[Said]:
    """Rows as they are meant: lists of (text, level, scale)."""
    found: list[Said] = []
    for place, learner in enumerate(rows.learners):
        row: Said = {"learner": learner, "line": int(rows.lines[place]), "days": float(rows.experience_days[place])}
        for name in LISTS:
            claims = rows.claims[name]
            span = range(int(claims.offsets[place]), int(claims.offsets[place + 1]))
            row[name] = [
                (
                    claims.texts[claims.codes[each]],
                    None if math.isnan(claims.levels[each]) else float(claims.levels[each]),
                    None if claims.scales[each] < 0 else claims.texts[claims.scales[each]],
                )
                for each in span
            ]
        found.append(row)
    return found


def faults(rows: LearnerRows) -> list[tuple[str, int | None]]:
    return [(each.code, each.source.line if each.source else None) for each in rows.findings]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ANN: Said = {
    "learner": "ann",
    "days": 365.0,
    "credentials": [("Security+", None, None)],
    "courses": [],
    "competencies": [("s/a", None, None), ("s/b", 3.0, "x/five")],
}


def test_csv_with_everything_a_spreadsheet_does(tmp_path: Path) -> None:
    """BOM, semicolons, CRLF, blank lines, quotes, blanks around items; items are separated by |."""
    content = (
        "\ufefflearner;experienceDays;credentials;competencies\r\n\r\n"
        'ann;365;Security+; s/a | "s;b" |\r\n7;;;\r\n"the ""other""";0.5;a|b;\r\n'
    )
    (rows,) = read(written(tmp_path / "l.csv", content.replace(' s/a | "s;b" |', '" s/a | s;b |"')))
    assert [row["learner"] for row in said(rows)] == ["ann", "7", 'the "other"']
    assert [row["line"] for row in said(rows)] == [3, 4, 5]
    assert [row["days"] for row in said(rows)] == [365.0, 0.0, 0.5]
    assert said(rows)[0]["competencies"] == [("s/a", None, None), ("s;b", None, None)]
    assert said(rows)[2]["credentials"] == [("a", None, None), ("b", None, None)]
    assert rows.findings == []


def test_json_lines_take_texts_and_objects(tmp_path: Path) -> None:
    """As the API's HeldInput: competencies are texts, or objects with id, level, scale."""
    line = (
        '{"learner": "ann", "experienceDays": 365, "credentials": ["Security+"], "courses": null, '
        '"competencies": ["s/a", {"id": "s/b", "level": 3, "scale": "x/five"}]}'
    )
    (rows,) = read(written(tmp_path / "l", f'{line}\n\n{{"learner": 12}}'))
    assert said(rows)[0] == ANN | {"line": 1}
    assert (rows.learners[1], int(rows.lines[1]), rows.read) == ("12", 3, 2)


@pytest.mark.parametrize("kind", ["plain", "large", "dictionary"])
def test_parquet_of_any_writer(kind: str, tmp_path: Path) -> None:
    """Lists, large lists, dictionaries; structs or texts; absent columns; whole numbers as names."""
    text = pa.dictionary(pa.int32(), pa.string()) if kind == "dictionary" else pa.string()
    if kind == "large":
        text = pa.large_string()
    many = pa.large_list if kind == "large" else pa.list_
    claim = pa.struct([("id", text), ("level", pa.int32()), ("scale", text)])
    table = pa.table(
        {
            "learner": pa.array(["ann", "bob"], text),
            "competencies": pa.array(
                [[{"id": "s/a"}, {"id": "s/b", "level": 3, "scale": "x/five"}], None], many(claim)
            ),
            "credentials": pa.array([["Security+"], []], many(text)),
            "experience_days": pa.array([365, None], pa.int16()),
        }
    )
    pq.write_table(table, tmp_path / "l.parquet")
    (rows,) = read(tmp_path / "l.parquet")
    empty: Said = {"credentials": [], "courses": [], "competencies": []}
    assert said(rows) == [ANN | {"line": 1}, {"learner": "bob", "line": 2, "days": 0.0, **empty}]
    numbered = pa.table({"learner": pa.array([5], pa.int64()), "competencies": pa.array([["s/a"]], many(text))})
    pq.write_table(numbered, tmp_path / "n.parquet")
    assert [row["learner"] for row in said(*read(tmp_path / "n.parquet"))] == ["5"]


@given(st.lists(st.sampled_from(["", "a", "b,", "é", "12"]), max_size=30), st.integers(1, 9))
def test_slices_are_the_whole_file(tmp_path_factory: pytest.TempPathFactory, names: list[str], rows: int) -> None:
    """However many rows a slice has, the same rows with the same lines; a blank line is no row."""
    path = tmp_path_factory.mktemp("cut") / "l.jsonl"
    lines = ['{"learner": "' + name + '"}' if name else "" for name in names]
    written(path, "\n".join(['{"learner": "first"}', *lines]))
    parts = read(path, rows)
    assert [row for part in parts for row in said(part)] == said(*read(path, 1000))
    assert [int(line) for part in parts for line in part.lines] == [
        1, *(number for number, name in enumerate(names, 2) if name)
    ]  # fmt: skip
    table = pa.table({"learner": [str(number) for number in range(len(names) + 1)]})
    pq.write_table(table, path.with_suffix(".parquet"), row_group_size=7)
    cut = read(path.with_suffix(".parquet"), rows)
    assert [name for part in cut for name in part.learners] == table["learner"].to_pylist()
    assert [int(line) for part in cut for line in part.lines] == list(range(1, len(names) + 2))


def test_faults_of_json_rows(tmp_path: Path) -> None:
    """Each row that cannot be meant is told with its line, and the next one is read."""
    lines = [
        '{"learner": "ann"}',
        '{"learner": "x"',
        "[1]",
        '{"learner": true}',
        "{}",
        '{"learner": "x", "competencies": "s/a"}',
        '{"learner": "x", "competencies": [7]}',
        '{"learner": "x", "competencies": [{"id": "a", "level": "3"}]}',
        '{"learner": "x", "courses": [{"id": "a"}]}',
        '{"learner": "x", "experience_days": "many"}',
        '{"learner": "x", "experience_days": 1e400}',
        '{"learner": "x", "town": "Bern"}',
        '{"learner": "' + "x" * 3000 + '"}',
        '{"learner": "bob"}',
    ]
    (rows,) = read(written(tmp_path / "l.jsonl", "\n".join(lines)))
    assert rows.learners == ["ann", "bob"]
    json, name, claim = "batch.not-json", "batch.learner", "batch.claim"
    codes = [json, json, name, name, "batch.list", claim, claim, claim, "batch.days", json, "batch.field", name]
    assert faults(rows) == list(zip(codes, range(2, 14), strict=True))
    assert rows.read == 14


def test_faults_of_csv_rows(tmp_path: Path) -> None:
    """Widths, quotes, encodings: of their line alone."""
    content = b'learner,courses\nann,a\nx\nx,"a\nx,"a"b\nx,\xff\n,a\nbob,b\n'
    (rows,) = read(written(tmp_path / "l.csv", content))
    assert rows.learners == ["ann", "bob"]
    codes = ["batch.row-width", "batch.quotes", "batch.quotes", "batch.line-encoding", "batch.learner"]
    assert faults(rows) == list(zip(codes, range(3, 8), strict=True))


def test_faults_of_parquet_rows(tmp_path: Path) -> None:
    """Nulls and empty texts where something is named, days that are none; lines are row numbers."""
    table = pa.table(
        {
            "learner": ["ann", None, " ", "x", "x", "x", "bob"],
            "courses": [["a"], [], [], [None], [""], [], ["b"]],
            "experience_days": [0.0, 0.0, 0.0, 0.0, 0.0, float("nan"), 2.0],
        }
    )
    pq.write_table(table, tmp_path / "l.parquet")
    (rows,) = read(tmp_path / "l.parquet")
    assert [(row["learner"], row["line"], row["days"]) for row in said(rows)] == [("ann", 1, 0.0), ("bob", 7, 2.0)]
    assert said(rows)[1]["courses"] == [("b", None, None)]
    codes = ["batch.learner", "batch.learner", "batch.claim", "batch.claim", "batch.days"]
    assert faults(rows) == list(zip(codes, range(2, 7), strict=True))


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line at the limit is read; one longer is told and the lines beside it are read."""
    monkeypatch.setattr(learner_files, "MAX_SLICE_BYTES", 200)
    fits = '{"learner": "' + "x" * (199 - 15) + '"}'
    content = "\n".join(['{"learner": "ann"}', fits, fits[:-2] + 'xx"}', '{"learner": "bob"}'])
    parts = read(written(tmp_path / "l.jsonl", content))
    assert [name[:3] for part in parts for name in part.learners] == ["ann", "xxx", "bob"]
    assert [fault for part in parts for fault in faults(part)] == [("batch.line-too-long", 3)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("l.csv", b"", "learners.columns"),
        ("l.csv", b"name,courses\n", "learners.columns"),
        ("l.csv", b"learner,courses,courses\n", "learners.columns"),
        ("l.csv", b"\xff\xfel\x00e\x00", "learners.encoding"),
        ("l.csv.gz", b"\x1f\x8b\x08", "learners.format"),
        ("l.zip", b"PK\x03\x04", "learners.format"),
        ("l.parquet", b"PAR1 and no more", "learners.format"),
    ],
)
def test_files_that_hold_no_learners(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    """One clear error each."""
    with pytest.raises(InputError) as caught:
        read(written(tmp_path / name, content))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "columns",
    [
        {"name": pa.array(["ann"])},
        {"learner": pa.array([1.5])},
        {"learner": pa.array(["ann"]), "courses": pa.array(["a"])},
        {"learner": pa.array(["ann"]), "courses": pa.array([[{"id": "a"}]])},
        {"learner": pa.array(["ann"]), "competencies": pa.array([[{"name": "a"}]])},
        {"learner": pa.array(["ann"]), "competencies": pa.array([[{"id": "a", "level": "3"}]])},
        {"learner": pa.array(["ann"]), "experience_days": pa.array(["3"])},
    ],
)
def test_parquet_columns_of_other_types(columns: dict[str, Any], tmp_path: Path) -> None:
    """A fault of the file, not of its rows."""
    pq.write_table(pa.table(columns), tmp_path / "l.parquet")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "l.parquet")
    assert caught.value.code == "learners.columns"


def test_nothing_there(tmp_path: Path) -> None:
    """No file, an empty folder."""
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.code == "learners.no-file"


def test_a_file_without_rows_has_no_slices(tmp_path: Path) -> None:
    """A header alone, a table without rows; what is not known is named."""
    files, slices, _ = find_learners(written(tmp_path / "l.csv", "learner,town\n"), 10)
    assert (files[0].unread, files[0].format, slices) == (("town",), LearnerFormat.CSV, [])
    pq.write_table(pa.table({"learner": pa.array([], pa.string())}), tmp_path / "l.parquet")
    assert find_learners(tmp_path / "l.parquet", 10)[1] == []
