"""Tables: every fault with its place, all of them at once; the template and docs/tables.md agree with the reader."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from ontology.documents import Document, open_source
from ontology.errors import InputError
from ontology.model import Finding, FindingLevel, Located
from ontology.readers.table_columns import FAULTS, SSSOM_COLUMNS
from ontology.readers.table_template import EXAMPLES, write_template
from ontology.readers.tables import TABLE_FILES, read_tables

DOCS = (Path(__file__).parent.parent / "docs" / "tables.md").read_text(encoding="utf-8")
X = "https://x.example/"


def read(files: Mapping[str, str]) -> tuple[list[Located], list[Finding]]:
    """Records and findings of tables given as text."""
    items = list(read_tables([Document(name=name, data=text.encode()) for name, text in files.items()]))
    located = [item for item in items if isinstance(item, Located)]
    return located, [item for item in items if isinstance(item, Finding)]


def courses(row: str, header: str = "iri,cost,currency,duration_days,codes,language,label") -> dict[str, str]:
    return {"courses.csv": f"{header}\n{row}\n"}


WORLD = {
    "job_roles.csv": f"iri,label\n{X}r,R\n",
    "role_levels.csv": f"role,name,rank\n{X}r,Low,1\n{X}r,High,2\n",
    "competencies.csv": f"iri,label\n{X}a,Solder joints\n{X}b,Same\n{X}c,Same\n",
    "scales.csv": f"iri,label,min,max\n{X}s,S,0,4\n",
}
"""What the rows under test refer to; it has no fault."""


def with_world(file: str, text: str) -> dict[str, str]:
    return {**WORLD, file: text}


def roles(row: str) -> dict[str, str]:
    columns = "iri,places,remote,salary_min,salary_max,salary_currency,salary_period"
    return {"job_roles.csv": f"{columns}\n{row}\n"}


def requires(row: str) -> dict[str, str]:
    return with_world("requires.csv", f"role,role_level,group,target,level,scale,importance,days\n{row}\n")


def groups(*rows: str) -> dict[str, str]:
    return with_world("groups.csv", "\n".join(["role,role_level,group,parent,min,importance", *rows]))


def alignments(row: str) -> dict[str, str]:
    columns = "subject_id,predicate_id,object_id,confidence,mapping_date,predicate_modifier"
    return {"alignments.csv": f"{columns}\n{row}\n"}


FAULTY: list[tuple[str, dict[str, str], str, int, str | None]] = [
    ("alignment-with-itself", alignments(f"{X}a,skos:exactMatch,{X}a,,,"), "alignments.csv", 2, "object_id"),
    ("ambiguous-reference", requires("R,,,same,,,,"), "requires.csv", 2, "target"),
    ("bad-code", courses(f"{X}k,,,,own:1 nosystem,,"), "courses.csv", 2, "codes"),
    ("bad-code", courses(f"{X}k,,,,own:%FF,,"), "courses.csv", 2, "codes"),
    ("bad-code", courses(f"{X}k,,,,own:%20,,"), "courses.csv", 2, "codes"),
    ("bad-cost", courses(f"{X}k,12.345,EUR,,,,"), "courses.csv", 2, "cost"),
    ("bad-cost", courses(f"{X}k,0.5,JPY,,,,"), "courses.csv", 2, "cost"),
    ("bad-cost", courses(f"{X}k,-1,EUR,,,,"), "courses.csv", 2, "cost"),
    ("bad-cost", courses(f"{X}k,NaN,EUR,,,,"), "courses.csv", 2, "cost"),
    ("bad-cost", courses(f"{X}k,1e999,EUR,,,,"), "courses.csv", 2, "cost"),
    ("bad-cost", courses(f"{X}k,1,Euro,,,,"), "courses.csv", 2, "cost"),
    ("bad-period", roles(f"{X}q,,,1,,EUR,fortnight"), "job_roles.csv", 2, "salary_period"),
    ("bad-place", roles(f"{X}q,US; Oakland,,,,,"), "job_roles.csv", 2, "places"),
    ("bad-place", roles(f"{X}q,XX,,,,,"), "job_roles.csv", 2, "places"),
    ("bad-remote", roles(f"{X}q,,perhaps,,,,"), "job_roles.csv", 2, "remote"),
    ("bad-salary", roles(f'{X}q,,,"1,000",,EUR,'), "job_roles.csv", 2, "salary_min"),
    ("bad-salary", roles(f"{X}q,,,,0.5,JPY,"), "job_roles.csv", 2, "salary_max"),
    ("bad-salary", roles(f"{X}q,,,2,1,EUR,"), "job_roles.csv", 2, "salary_max"),
    ("bad-salary", roles(f"{X}q,,,,,Euro,"), "job_roles.csv", 2, "salary_currency"),
    ("salary-without-currency", roles(f"{X}q,,,1,,,"), "job_roles.csv", 2, "salary_currency"),
    ("salary-without-currency", roles(f"{X}q,,,,,,year"), "job_roles.csv", 2, "salary_currency"),
    ("bad-date", alignments(f"{X}a,skos:exactMatch,{X}b,,31.1.2026,"), "alignments.csv", 2, "mapping_date"),
    ("bad-importance", requires(f"R,,,{X}a,,,perhaps,"), "requires.csv", 2, "importance"),
    ("bad-importance", requires(f"R,,,{X}a,,,1.01,"), "requires.csv", 2, "importance"),
    ("bad-importance", requires(f"R,,,{X}a,,,nan,"), "requires.csv", 2, "importance"),
    ("bad-importance", groups("R,,g,,,-0.1"), "groups.csv", 2, "importance"),
    ("bad-language", courses(f"{X}k,,,,,German!,Kurs"), "courses.csv", 2, "language"),
    ("conflicting-group", groups("R,,g,,2,", "R,,g,,any,"), "groups.csv", 3, "group"),
    ("conflicting-group", groups("R,,h,,,", "R,,g,h,2,", "R,,g,,2,"), "groups.csv", 4, "group"),
    (
        "conflicting-role-level",
        with_world("role_levels.csv", "role,name,rank\nR,Low,1\nR,low,2\n"),
        "role_levels.csv",
        3,
        "name",
    ),
    ("cost-without-currency", courses(f"{X}k,12,,,,,"), "courses.csv", 2, "currency"),
    (
        "duplicate-rank",
        with_world("role_levels.csv", "role,name,rank\nR,Low,1\nR,High,1\n"),
        "role_levels.csv",
        3,
        "rank",
    ),
    ("empty-scale", {"scales.csv": f"iri,min,max\n{X}s,4,4\n"}, "scales.csv", 2, "max"),
    ("label-of-nothing", {"labels.csv": f"iri,property,text\n{X}a,label,A\n"}, "labels.csv", 2, "iri"),
    ("level-without-scale", requires(f"R,,,{X}a,2,,,"), "requires.csv", 2, "scale"),
    ("missing-value", courses(",,,,,,a name alone"), "courses.csv", 2, "iri"),
    ("missing-value", requires("R,,,,,,should,"), "requires.csv", 2, "target"),
    ("missing-value", {"scales.csv": f"iri,min,max\n{X}s,,4\n"}, "scales.csv", 2, "min"),
    ("negated-alignment", alignments(f"{X}a,skos:exactMatch,{X}b,,,Not"), "alignments.csv", 2, "predicate_modifier"),
    ("negative-duration", courses(f"{X}k,,,-1,,,"), "courses.csv", 2, "duration_days"),
    ("not-a-number", requires(f"R,,,{X}a,high,S,,"), "requires.csv", 2, "level"),
    ("not-a-number", requires(f"R,,,{X}a,inf,S,,"), "requires.csv", 2, "level"),
    ("not-a-number", requires("R,,,,,,,1e999"), "requires.csv", 2, "days"),
    ("not-a-number", {"scales.csv": f"iri,min,max\n{X}s,0,NaN\n"}, "scales.csv", 2, "max"),
    ("not-a-whole-number", with_world("role_levels.csv", "role,name,rank\nR,Low,1.5\n"), "role_levels.csv", 2, "rank"),
    ("not-a-whole-number", groups("R,,g,,some,"), "groups.csv", 2, "min"),
    ("not-an-iri", courses("course 7,,,,,,"), "courses.csv", 2, "iri"),
    ("not-an-iri", courses("relative/7,,,,,,"), "courses.csv", 2, "iri"),
    ("not-an-iri", {"courses.csv": f"iri,url\n{X}k,www.x.example\n"}, "courses.csv", 2, "url"),
    ("out-of-range", alignments(f"{X}a,skos:exactMatch,{X}b,1.5,,"), "alignments.csv", 2, "confidence"),
    ("out-of-range", requires("R,,,,,,,-1"), "requires.csv", 2, "days"),
    ("out-of-range", groups("R,,g,,0,"), "groups.csv", 2, "min"),
    (
        "several-labels",
        {**courses(f"{X}k,,,,,en,One"), "labels.csv": f"iri,property,language,text\n{X}k,label,EN,Two\n"},
        "courses.csv",
        2,
        "label",
    ),
    ("target-and-days", requires(f"R,,,{X}a,,,,10"), "requires.csv", 2, "days"),
    ("unknown-parent", groups("R,Low,g,,,", "R,High,h,g,,"), "groups.csv", 3, "parent"),
    ("unknown-predicate", alignments(f"{X}a,skos:sameMatch,{X}b,,,"), "alignments.csv", 2, "predicate_id"),
    (
        "unknown-property",
        with_world("labels.csv", f"iri,property,text\n{X}a,title,A\n"),
        "labels.csv",
        2,
        "property",
    ),
    (
        "unknown-property",
        with_world("labels.csv", f"iri,property,text\n{X}s,description,A\n"),
        "labels.csv",
        2,
        "property",
    ),
    ("unknown-reference", requires("R,,,Solder joint,,,,"), "requires.csv", 2, "target"),
    ("unknown-role-level", requires(f"R,Middle,,{X}a,,,,"), "requires.csv", 2, "role_level"),
    (
        "group-of-another-level",
        {**groups("R,Low,g,,,"), "requires.csv": f"role,role_level,group,target\nR,High,g,{X}a\n"},
        "requires.csv",
        2,
        "group",
    ),
    (
        "group-of-another-level",
        {**groups("R,Low,g,,,"), "requires.csv": f"role,role_level,group,target\nR,,g,{X}a\n"},
        "requires.csv",
        2,
        "group",
    ),
    ("repeated-group", groups("R,,h,,,", "R,,g,h,2,", "R,,g,h,2,"), "groups.csv", 4, "group"),
    (
        "repeated-role-level",
        with_world("role_levels.csv", "role,name,rank\nR,Low,1\nR,Low,1\n"),
        "role_levels.csv",
        3,
        "name",
    ),
    ("scale-without-level", requires(f"R,,,{X}a,,S,,"), "requires.csv", 2, "scale"),
    ("unknown-file", {"curses.csv": "iri\n"}, "curses.csv", 0, None),
    ("unreadable-duration", courses(f"{X}k,,,three months,,,"), "courses.csv", 2, "duration_days"),
    ("unreadable-duration", courses(f"{X}k,,,NaN,,,"), "courses.csv", 2, "duration_days"),
]


@pytest.mark.parametrize(("code", "files", "file", "line", "column"), FAULTY)
def test_a_fault_is_one_finding_with_file_line_and_column(
    code: str, files: dict[str, str], file: str, line: int, column: str | None
) -> None:
    """One fault gives one finding, a message with what was got, and a way to mend it."""
    _, findings = read(files)
    assert [
        (each.code, each.level, each.source and (each.source.file, each.source.line or 0, each.source.column))
        for each in findings
    ] == [(f"tables.{code}", FAULTS[code], (file, line, column))]
    assert findings[0].message.endswith(".")
    assert findings[0].fix


def test_every_fault_has_a_case_here() -> None:
    """A fault that no test shows cannot be declared."""
    assert {code for code, *_ in FAULTY} == set(FAULTS)


@pytest.mark.parametrize(("code", "files", "file", "line", "column"), FAULTY)
def test_a_blocking_fault_leaves_its_row_out_and_the_others_in(
    code: str, files: dict[str, str], file: str, line: int, column: str | None
) -> None:
    """With --skip-broken the valid rest is loaded: no record comes from the row that blocks, all others do."""
    located, _ = read(files)
    from_row = [each for each in located if each.source.file == file and each.source.line == line]
    if FAULTS[code] is FindingLevel.MUST or code in {"negated-alignment", "repeated-group", "repeated-role-level"}:
        assert from_row == []
    elif code != "unknown-file":
        assert len(from_row) == 1
    for name, text in WORLD.items():
        if files.get(name) == text:
            assert len([each for each in located if each.source.file == name]) == len(text.splitlines()) - 1


def test_all_faults_are_told_at_once() -> None:
    """Also several in one row, and in rows that build on each other."""
    _, findings = read(
        {
            **WORLD,
            "courses.csv": f"iri,cost,currency,duration_days,codes\nx,-1,EUR,soon,1\n{X}k,12,,-3,\n",
            "requires.csv": f"role,role_level,target,level\nNobody,Top,{X}a,9\nR,Top,Solder jonts,\n",
        }
    )
    assert [(each.code.removeprefix("tables."), each.source and each.source.line) for each in findings] == [
        ("not-an-iri", 2),
        ("bad-code", 2),
        ("bad-cost", 2),
        ("unreadable-duration", 2),
        ("cost-without-currency", 3),
        ("negative-duration", 3),
        ("unknown-reference", 2),
        ("level-without-scale", 2),
        ("unknown-role-level", 3),
        ("unknown-reference", 3),
    ]


def test_a_missing_key_column_is_a_fault_of_the_file_alone() -> None:
    """The other files are read all the same."""
    located, findings = read({"courses.csv": "label,cost\nK,1\n", "competencies.csv": f"iri\n{X}a\n"})
    assert [(each.code, each.level, each.source and each.source.file) for each in findings] == [
        ("table.missing-column", FindingLevel.MUST, "courses.csv")
    ]
    assert [each.record.iri for each in located] == [f"{X}a"]


def test_an_unknown_reference_names_the_nearest() -> None:
    """Of the kind that is asked for, as label with IRI."""
    _, findings = read({**requires("R,,,Solder jonts,,,,"), "courses.csv": f"iri,label\n{X}k,Solder joint\n"})
    assert findings[0].fix == f"Nearest: Solder joints ({X}a); Solder joint ({X}k)."
    _, findings = read(with_world("teaches.csv", f"subject,competency\n{X}k,Solder jonts\n"))
    assert findings[0].fix == f"Nearest: Solder joints ({X}a)."


def test_a_code_of_a_known_system_is_never_taken_for_an_iri() -> None:
    """`own:8` is a slip of the pen where `own:7` is known; an unknown scheme is somebody's IRI."""
    files = {"competencies.csv": f"iri,codes\n{X}a,own:7\n", "courses.csv": f"iri\n{X}k\n"}
    _, findings = read({**files, "teaches.csv": f"subject,competency\n{X}k,own:8\n"})
    assert [each.code for each in findings] == ["tables.unknown-reference"]
    located, findings = read({**files, "teaches.csv": f"subject,competency\n{X}k,other:8\n"})
    assert findings == []
    assert len(located) == 3


def test_messages_tell_the_levels_that_there_are() -> None:
    """A wrong level names the listed ones; a group of another level names both places."""
    _, findings = read(requires(f"R,Middle,,{X}a,,,,"))
    assert "lists Low, High for this role" in findings[0].message
    _, findings = read({**groups("R,Low,g,,,"), "requires.csv": f"role,role_level,group,target\nR,High,g,{X}a\n"})
    assert "at level High; groups.csv lists it at level Low" in findings[0].message


def test_many_unknown_references_are_told_in_linear_time() -> None:
    """Near names are looked up for the first 200 alone, so that a wrong column does not stall a load."""
    rows = "".join(f"{X}k{number},nothing {number}\n" for number in range(400))
    many = "".join(f"{X}{number},Competency {number}\n" for number in range(400))
    _, findings = read({"competencies.csv": f"iri,label\n{many}", "teaches.csv": f"subject,competency\n{rows}"})
    assert len(findings) == 400
    assert findings[0].fix is not None
    assert findings[-1].fix == "Write its IRI."


def test_the_template_loads_without_a_finding(tmp_path: Path) -> None:
    """Every file with its header and one line of example, which together are one small world."""
    folder = tmp_path / "new" / "tables"
    paths = write_template(folder)
    assert [path.name for path in paths] == list(TABLE_FILES) == list(EXAMPLES)
    documents = [document for document in open_source(folder) if isinstance(document, Document)]
    items = list(read_tables(documents))
    assert [item for item in items if isinstance(item, Finding)] == []
    assert len(items) == len(TABLE_FILES)  # labels.csv gives no record of its own; a mapping needs a second scale
    for path in paths:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        assert set(header.split(",")) <= set(TABLE_FILES[path.name].columns)
        assert len(lines) == (2 if path.name == "scales.csv" else 1)


def test_the_template_overwrites_nothing(tmp_path: Path) -> None:
    """Where one file is there already, none is written."""
    (tmp_path / "courses.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        write_template(tmp_path)
    assert raised.value.code == "template.exists"
    assert [path.name for path in tmp_path.iterdir()] == ["courses.csv"]
    with pytest.raises(InputError) as raised:
        write_template(tmp_path / "courses.csv" / "below")
    assert raised.value.code == "template.not-writable"


def test_the_page_lists_every_finding_with_its_level() -> None:
    """docs/tables.md, section Findings."""
    listed = dict(re.findall(r"^\| `tables\.([a-z-]+)` \| (must|should) \|", DOCS, re.MULTILINE))
    assert listed == {code: level.value for code, level in FAULTS.items()}


@pytest.mark.parametrize("file", list(TABLE_FILES))
def test_the_page_lists_every_column(file: str) -> None:
    """docs/tables.md, section of the file: all columns, the required ones in bold."""
    section = DOCS.split(f"\n### {file}\n")[1].split("\n#")[0]
    spec = TABLE_FILES[file]
    assert tuple(re.findall(r"\*\*(\w+)\*\*", section)) == spec.required
    words = set(re.findall(r"\w+", section))
    assert set(spec.columns) - set(SSSOM_COLUMNS) <= words
