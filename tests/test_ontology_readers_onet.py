"""The O*NET database: every kind of table as text and as CSV, both scales, flags, codes of 2010, and real folders."""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology.documents import Document, open_source
from ontology.model import (
    Code,
    Competency,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Level,
    Located,
    Record,
    Requirement,
    Scale,
    Text,
    Unmapped,
    derived_iri,
)
from ontology.ntriples import find_literal
from ontology.readers import KnownCodes, read_source
from ontology.readers.detection import Fit
from ontology.readers.onet import FORMAT, find_version, read_onet
from ontology.readers.sources import ONET
from ontology.validation import validate

DATA = Path(__file__).parent / "data" / "onet-29.2"
ID = "https://w3id.org/headwater/id/onet"
SKOS = "http://www.w3.org/2004/02/skos/core#"
CODE, OTHER = "15-1212.00", "15-1299.04"
ROLE, ELEMENT = f"{ID}/{CODE}", f"{ID}/element/2.A.1.a"
OFFICIAL = (
    *("O*NET-SOC Code", "Element ID", "Element Name", "Scale ID", "Data Value", "N", "Standard Error"),
    *("Lower CI Bound", "Upper CI Bound", "Recommend Suppress", "Not Relevant", "Date", "Domain Source"),
)
"""Columns of the official Skills.txt."""


def table(name: str, *rows: Sequence[str]) -> Document:
    """A table as O*NET publishes it: tab-separated, nothing quoted."""
    return Document(name=name, data="".join("\t".join(row) + "\r\n" for row in rows).encode())


def rating(
    scale: str, value: str, *, suppress: str = "N", relevant: str = "", element: str = "2.A.1.a", code: str = CODE
) -> tuple[str, ...]:
    name = {"2.A.1.a": "Reading Comprehension"}.get(element, element)
    return (code, element, name, scale, value, "8", "0.125", "3.88", "4.37", suppress, relevant, "08/2023", "Analyst")


def read(*documents: Document, around: KnownCodes | None = None) -> tuple[dict[str, Record], list[Finding]]:
    items = list(read_onet(documents, surroundings=around))
    return (
        {item.record.iri: item.record for item in items if isinstance(item, Located)},
        [item for item in items if isinstance(item, Finding)],
    )


def requirements(records: dict[str, Record]) -> list[Requirement]:
    return [record for record in records.values() if isinstance(record, Requirement)]


def competency(records: dict[str, Record], iri: str) -> Competency:
    record = records[iri]
    assert isinstance(record, Competency)
    return record


def role(records: dict[str, Record], code: str = CODE) -> JobRole:
    record = records[f"{ID}/{code}"]
    assert isinstance(record, JobRole)
    return record


def kept(record: Record, name: str) -> list[dict[str, str]]:
    """The rows that a record keeps under a name, as the source has them."""
    found = []
    for predicate, term in getattr(record, "statements", ()):
        literal = find_literal(term)
        if predicate == f"{ID}/term/{name}" and literal is not None:
            found.append(orjson.loads(literal.value))
    return found


def codes(findings: Sequence[Finding]) -> list[tuple[str, str, int | None, str | None]]:
    return [
        (each.level.value, each.code, each.source.line, each.source.column)
        for each in findings
        if each.source and each.fix
    ]


OCCUPATIONS = table(
    "Occupation Data.txt",
    ("O*NET-SOC Code", "Title", "Description"),
    (CODE, "Information Security Analysts", 'Say "no" to what is not secure.'),
    (OTHER, "Penetration Testers", '"Quoted as a whole"'),
)


def test_the_official_text_is_read_with_its_quotes_as_they_are() -> None:
    """Tabs and no quoting; a cell that a spreadsheet quoted as a whole loses those quotes."""
    records, findings = read(OCCUPATIONS)
    assert not findings
    assert records[ROLE] == JobRole(
        iri=ROLE,
        labels=(Text("Information Security Analysts", "en"),),
        descriptions=(Text('Say "no" to what is not secure.', "en"),),
        codes=(Code("onetsoc", CODE), Code("soc", "15-1212")),
        framework=ID,
    )
    assert role(records, OTHER).descriptions == (Text("Quoted as a whole", "en"),)


def test_both_ratings_are_one_requirement_graded_and_with_a_level() -> None:
    """IM 4.12 of 1 to 5 is 0.78; LV stays on its scale of 0 to 7; the rows are kept whole."""
    records, findings = read(OCCUPATIONS, table("Skills.txt", OFFICIAL, rating("IM", "4.12"), rating("LV", "4.62")))
    assert not findings
    (requirement,) = requirements(records)
    assert requirement.iri == derived_iri("requirement", ROLE, None, None, ELEMENT)
    assert (requirement.owner, requirement.target) == (ROLE, ELEMENT)
    assert (requirement.importance, requirement.importance_value) == (Importance.SHOULD, 0.78)
    assert requirement.level == Level(f"{ID}/scale/LV", 4.62)
    assert records[f"{ID}/scale/LV"] == Scale(
        iri=f"{ID}/scale/LV", labels=(Text("Level", "en"),), minimum=0.0, maximum=7.0
    )
    assert [row["Data Value"] for row in kept(requirement, "rating")] == ["4.12", "4.62"]
    assert kept(requirement, "rating")[0] == {
        "Scale ID": "IM",
        "Data Value": "4.12",
        "N": "8",
        "Standard Error": "0.125",
        "Lower CI Bound": "3.88",
        "Upper CI Bound": "4.37",
        "Recommend Suppress": "N",
        "Date": "08/2023",
        "Domain Source": "Analyst",
    }


@pytest.mark.parametrize(
    ("im", "lv", "asked", "told"),
    [
        (("3", "N", ""), ("2", "N", "N"), (0.5, 2.0), None),
        (("3", "Y", ""), ("2", "N", "N"), None, "onet.suppressed"),
        (("3", "N", ""), ("2", "Y", "N"), (0.5, None), "onet.suppressed"),
        (("1.5", "N", ""), ("0.4", "N", "Y"), None, "onet.not-relevant"),
        (("1.5", "N", ""), ("0.4", "Y", "Y"), None, "onet.not-relevant"),
        (("n/a", "N", ""), ("2", "N", "N"), None, None),
        (("3", "n/a", "n/a"), ("n/a", "n/a", "n/a"), (0.5, None), None),
    ],
)
def test_what_is_not_to_be_used_makes_no_requirement_and_is_kept(
    im: tuple[str, str, str], lv: tuple[str, str, str], asked: tuple[float, float | None] | None, told: str | None
) -> None:
    rows = [
        rating(scale, value, suppress=suppress, relevant=relevant)
        for scale, (value, suppress, relevant) in (("IM", im), ("LV", lv))
    ]
    records, findings = read(OCCUPATIONS, table("Skills.txt", OFFICIAL, *rows))
    found = [(each.importance_value, each.level and each.level.value) for each in requirements(records)]
    assert found == ([asked] if asked else [])
    assert [each.code for each in findings] == ([told] if told else [])
    everything = [row for record in records.values() for row in kept(record, "rating")]
    assert sorted(row["Data Value"] for row in everything) == sorted((im[0], lv[0]))


def test_rows_in_any_order_give_the_same_requirements() -> None:
    """All of one scale first, occupations mixed; a rating without the other one stands by itself."""
    rows = [
        rating(scale, value, element=element, code=code)
        for scale, value in (("IM", "3"), ("LV", "2"))
        for element in ("2.A.1.a", "2.C.1", "1.A.1.a.1", "4.A.1.a.1")
        for code in (CODE, OTHER)
    ]
    straight, _ = read(OCCUPATIONS, table("Skills.txt", OFFICIAL, *sorted(rows)))
    mixed, _ = read(OCCUPATIONS, table("Skills.txt", OFFICIAL, *rows))
    assert straight == mixed
    assert len(requirements(mixed)) == 8
    alone, _ = read(OCCUPATIONS, table("Skills.txt", OFFICIAL, rating("LV", "2")))
    assert [(each.importance_value, each.level) for each in requirements(alone)] == [
        (None, Level(f"{ID}/scale/LV", 2.0))
    ]


def test_wrong_values_codes_and_gaps_are_told_with_their_place() -> None:
    rows = (
        rating("IM", "high"),
        rating("IM", "nan", element="2.A.1.b"),
        rating("IM", "3", code="15-1212"),
        rating("", "3"),
    )
    _, findings = read(OCCUPATIONS, table("Skills.txt", OFFICIAL, *rows))
    assert codes(findings) == [
        ("must", "onet.bad-value", 2, "Data Value"),
        ("must", "onet.bad-value", 3, "Data Value"),
        ("must", "onet.bad-code", 4, "O*NET-SOC Code"),
        ("must", "table.missing-value", 5, "Scale ID"),
    ]


def test_elements_stand_below_the_one_whose_id_they_continue() -> None:
    rows = [
        ("2", "Worker Requirements", "w"),
        ("2.A", "Basic Skills", "b"),
        ("2.A.1", "Content", "c"),
        ("2.A.1.a", "Reading Comprehension", "r"),
        ("4.C.1", "Interpersonal Relationships", "i"),
    ]
    records, _ = read(table("Content Model Reference.txt", ("Element ID", "Element Name", "Description"), *rows))
    reading, content = competency(records, ELEMENT), competency(records, f"{ID}/element/2.A.1")
    assert (reading.kind, reading.broader, reading.codes) == ("skill", (content.iri,), (Code("onet", "2.A.1.a"),))
    assert (content.kind, content.broader) == ("group", (f"{ID}/element/2.A",))
    top = competency(records, f"{ID}/element/2.A")
    assert (top.broader, top.statements) == ((), ((f"{SKOS}broader", f"<{ID}/element/2>"),))
    assert isinstance(records[f"{ID}/element/4.C.1"], Unmapped)


@pytest.mark.parametrize(
    ("element", "kind"),
    [("1.A.1.a.1", "ability"), ("2.B.1.a", "skill"), ("2.C.1.a", "knowledge"), ("4.A.1.a.1", "work activity")],
)
def test_each_branch_of_the_content_model_has_its_kind(element: str, kind: str) -> None:
    records, _ = read(table("x.txt", OFFICIAL, rating("IM", "3", element=element)))
    assert competency(records, f"{ID}/element/{element}").kind == kind


@pytest.mark.parametrize("element", ["1.B.1.a", "1.C.1.a", "1.D.1", "2.D.1", "4.C.1.a.1"])
def test_ratings_of_what_is_no_competency_stay_with_the_occupation(element: str) -> None:
    """Interests, work styles (of both releases), education, work context."""
    columns = (*OFFICIAL[:5], "Category")
    records, findings = read(OCCUPATIONS, table("x.txt", columns, (CODE, element, "e", "CX", "3", "2")))
    assert not findings
    assert not requirements(records)
    assert kept(role(records), "rating") == [
        {"Element ID": element, "Scale ID": "CX", "Data Value": "3", "Category": "2"}
    ]


def test_tasks_are_competencies_below_their_activities_and_graded_where_rated() -> None:
    records, findings = read(
        OCCUPATIONS,
        table(
            "Task Statements.txt",
            ("O*NET-SOC Code", "Task ID", "Task", "Task Type", "Incumbents Responding", "Date", "Domain Source"),
            (CODE, "1", "Encrypt data.", "Core", "95", "08/2023", "Incumbent"),
            (CODE, "2", "Train users.", "Supplemental", "n/a", "08/2023", "Incumbent"),
        ),
        table(
            "Task Ratings.txt",
            ("O*NET-SOC Code", "Task ID", "Scale ID", "Category", "Data Value", "N", "Recommend Suppress"),
            (CODE, "1", "IM", "n/a", "4.5", "90", "N"),
            (CODE, "1", "FT", "3", "40.1", "90", "N"),
            (CODE, "2", "IM", "n/a", "4.5", "9", "Y"),
        ),
        table(
            "Tasks to DWAs.txt",
            ("O*NET-SOC Code", "Task ID", "DWA ID", "Date", "Domain Source"),
            (CODE, "1", "4.A.1.a.1.I01.D01", "07/2014", "Analyst"),
            (CODE, "9", "4.A.1.a.1.I01.D01", "07/2014", "Analyst"),
        ),
        table(
            "DWA Reference.txt",
            ("Element ID", "IWA ID", "DWA ID", "DWA Title"),
            ("4.A.1.a.1", "4.A.1.a.1.I01", "4.A.1.a.1.I01.D01", "Protect data."),
        ),
        table(
            "IWA Reference.txt",
            ("Element ID", "IWA ID", "IWA Title"),
            ("4.A.1.a.1", "4.A.1.a.1.I01", "Protect things."),
        ),
    )
    assert not findings
    task = competency(records, f"{ID}/task/1")
    detailed, intermediate = f"{ID}/activity/4.A.1.a.1.I01.D01", f"{ID}/activity/4.A.1.a.1.I01"
    assert (task.kind, task.labels, task.broader) == ("task", (Text("Encrypt data.", "en"),), (detailed,))
    assert (competency(records, detailed).labels, competency(records, detailed).broader) == (
        (Text("Protect data.", "en"),),
        (intermediate,),
    )
    assert competency(records, intermediate).labels == (Text("Protect things.", "en"),)
    assert competency(records, intermediate).broader == (f"{ID}/element/4.A.1.a.1",)
    asked = {each.target: (each.importance, each.importance_value) for each in requirements(records)}
    assert asked == {
        f"{ID}/task/1": (Importance.SHOULD, 0.875),
        f"{ID}/task/2": (Importance.SHOULD, None),
    }
    assert {row["Scale ID"] for row in kept(task, "task%20rating")} == {"IM", "FT"}
    assert isinstance(records[f"{ID}/task/9"], Unmapped)


def test_an_emerging_task_without_a_number_is_asked_for_and_names_what_it_revises() -> None:
    columns = ("O*NET-SOC Code", "Task", "Category", "Original Task ID", "Original Task", "Date", "Domain Source")
    rows = ((CODE, "Guard models.", "New", "", "", "08/2024", "x"), (CODE, "Guard data.", "Revision", "1", "y", "", ""))
    records, _ = read(OCCUPATIONS, table("Emerging Tasks.txt", columns, *rows))
    new, revised = (competency(records, derived_iri("onet-task", CODE, row[1])) for row in rows)
    assert (new.kind, new.labels) == ("task", (Text("Guard models.", "en"),))
    assert (f"{SKOS}related", f"<{ID}/task/1>") in revised.statements
    assert {each.target for each in requirements(records)} == {new.iri, revised.iri}


def test_a_technology_is_one_thing_whoever_uses_it_and_a_tool_of_the_same_name_another() -> None:
    """Two commodities of one product, spelled in two ways, asked for once by each occupation."""
    columns = ("O*NET-SOC Code", "Example", "Commodity Code", "Commodity Title", "Hot Technology", "In Demand")
    records, findings = read(
        OCCUPATIONS,
        table(
            "Technology Skills.txt",
            columns,
            (CODE, "C++", "43232408", "Web platform", "Y", "Y"),
            (CODE, "c++", "43232409", "Object software", "N", "N"),
            (OTHER, "C++", "43232408", "Web platform", "Y", "N"),
        ),
        table("Tools Used.txt", columns[:4], (CODE, "C++", "43211503", "Notebooks")),
    )
    assert not findings
    technology, tool = competency(records, f"{ID}/technology/c%2B%2B"), competency(records, f"{ID}/tool/c%2B%2B")
    assert (technology.kind, tool.kind) == ("technology", "tool")
    assert technology.statements == (
        (f"{SKOS}broader", f"<{ID}/unspsc/43232408>"),
        (f"{SKOS}broader", f"<{ID}/unspsc/43232409>"),
        (f"{ID}/term/Hot%20Technology", '"Y"'),
    )
    asked = Counter((each.owner.rpartition("/")[2], each.target) for each in requirements(records))
    assert asked == {(CODE, technology.iri): 1, (OTHER, technology.iri): 1, (CODE, tool.iri): 1}
    first = records[derived_iri("requirement", ROLE, None, None, technology.iri)]
    assert (f"{ID}/term/In%20Demand", '"Y"') in getattr(first, "statements", ())
    assert isinstance(records[f"{ID}/unspsc/43211503"], Unmapped)


def test_titles_zones_and_relations_are_with_the_occupation() -> None:
    records, findings = read(
        OCCUPATIONS,
        table(
            "Alternate Titles.txt",
            ("O*NET-SOC Code", "Alternate Title", "Short Title", "Source(s)"),
            (CODE, "Chief Security Officer", "CSO", "08"),
            (CODE, "Guard", "n/a", "10"),
        ),
        table("Sample of Reported Titles.txt", ("O*NET-SOC Code", "Reported Job Title"), (CODE, "Analyst")),
        table("Job Zones.txt", ("O*NET-SOC Code", "Job Zone", "Date"), (CODE, "4", "08/2023")),
        table(
            "Related Occupations.txt",
            ("O*NET-SOC Code", "Related O*NET-SOC Code", "Relatedness Tier", "Index"),
            (CODE, OTHER, "Primary-Short", "1"),
        ),
        table("Job Zone Reference.txt", ("Job Zone", "Name", "Experience"), ("4", "Zone Four", "Years.")),
    )
    assert not findings
    found = role(records)
    assert [text.text for text in found.alternative_labels] == ["Analyst", "CSO", "Chief Security Officer", "Guard"]
    assert (f"{ID}/term/Job%20Zone", '"4"') in found.statements
    assert (f"{SKOS}related", f"<{ID}/{OTHER}>") in found.statements
    assert kept(found, "related%20occupation") == [
        {"Related O*NET-SOC Code": OTHER, "Relatedness Tier": "Primary-Short", "Index": "1"}
    ]
    assert (f"{SKOS}prefLabel", '"Zone Four"@en') in getattr(records[f"{ID}/job-zone/4"], "statements", ())


def test_scales_categories_and_pairs_of_elements_are_kept() -> None:
    records, findings = read(
        table(
            "Scales Reference.txt",
            ("Scale ID", "Scale Name", "Minimum", "Maximum"),
            ("LV", "Level", "0", "7"),
            ("X", "x", "a", "1"),
        ),
        table(
            "Work Context Categories.txt",
            ("Element ID", "Element Name", "Scale ID", "Category", "Category Description"),
            ("4.C.1", "w", "CXP", "1", "Never"),
        ),
        table(
            "Skills to Work Activities.txt",
            ("Skills Element ID", "Skills Element Name", "Work Activities Element ID", "Work Activities Element Name"),
            ("2.A.1.a", "Reading", "4.A.1", "Looking"),
        ),
        table(
            "Level Scale Anchors.txt",
            ("Element ID", "Element Name", "Scale ID", "Anchor Value", "Anchor Description"),
            ("2.A.1.a", "Reading", "LV", "2", "Read steps"),
        ),
    )
    assert codes(findings) == [("must", "onet.bad-value", 3, "Minimum")]
    assert isinstance(records[f"{ID}/scale/LV"], Scale)
    assert isinstance(records[f"{ID}/category/4.C.1-CXP-1"], Unmapped)
    reading = competency(records, ELEMENT)
    assert (f"{SKOS}related", f"<{ID}/element/4.A.1>") in reading.statements
    assert kept(reading, "level%20scale%20anchors") == [
        {"Scale ID": "LV", "Anchor Value": "2", "Anchor Description": "Read steps"}
    ]


def test_a_table_without_a_mapping_is_kept_row_by_row() -> None:
    document = table("Occupation Level Metadata.txt", ("O*NET-SOC Code", "Item", "Response"), (CODE, "Mode", "Web"))
    assert FORMAT.fit(document) is Fit.NEAR
    records, findings = read(OCCUPATIONS, document)
    assert not findings
    assert kept(role(records), "occupation%20level%20metadata") == [{"Item": "Mode", "Response": "Web"}]


MOVES = (
    ("11-1011.00", "Chief", "11-1011.00", "Chief"),
    ("11-2011.01", "Green Marketers", "11-2011.00", "Marketing Managers"),
    ("11-2031.00", "Public Relations and Fundraising", "11-2032.00", "Public Relations"),
    ("11-2031.00", "Public Relations and Fundraising", "11-2033.00", "Fundraising"),
    ("13-2099.00", "Financial, Other", "13-2099.00", "Financial, Other"),
    ("13-2099.00", "Financial, Other", "13-2054.00", "Risk"),
)


@pytest.mark.parametrize(
    "columns",
    [
        ("soc2010_code", "soc2010_title", "soc2019_code", "soc2019_title"),
        ("O*NET-SOC 2010 Code", "O*NET-SOC 2010 Title", "O*NET-SOC 2019 Code", "O*NET-SOC 2019 Title"),
    ],
)
def test_a_code_of_2010_leads_to_its_successors(columns: tuple[str, ...]) -> None:
    """One successor: a superseded role; split: a code on each; still in use: what it is now."""
    records, findings = read(table("2010_to_2019.txt", columns, *MOVES))
    assert [each.code for each in findings] == ["onet.unlisted-occupation"]
    old = role(records, "11-2011.01")
    assert (old.replaced_by, old.codes) == (f"{ID}/11-2011.00", (Code("onetsoc", "11-2011.01"),))
    assert old.labels == (Text("Green Marketers", "en"),)
    assert f"{ID}/11-2031.00" not in records
    holders = {
        code.value: sorted(
            record.iri.rpartition("/")[2]
            for record in records.values()
            if isinstance(record, JobRole) and code in record.codes
        )
        for record in records.values()
        if isinstance(record, JobRole)
        for code in record.codes
        if code.system == "onetsoc2010"
    }
    assert holders == {"11-2011.01": ["11-2011.00"], "11-2031.00": ["11-2032.00", "11-2033.00"]}
    assert kept(role(records, "13-2054.00"), "2010%20to%202019")[0][columns[0]] == "13-2099.00"
    assert role(records, "11-1011.00").statements == ()


def test_an_occupation_that_only_other_tables_name_is_told_unless_it_is_described_elsewhere() -> None:
    skills = table("Skills.txt", OFFICIAL, rating("IM", "3"), rating("LV", "2"))
    records, findings = read(skills)
    assert role(records).labels == ()
    assert [each.code for each in findings] == ["onet.unlisted-occupation"]
    around = KnownCodes()
    around.add(JobRole(iri=ROLE, codes=(Code("onetsoc", CODE),)))
    records, findings = read(skills, around=around)
    assert ROLE not in records
    assert not findings


def test_an_occupation_described_twice_is_told_and_blocks_where_it_differs() -> None:
    columns = ("O*NET-SOC Code", "Title", "Description")
    _, findings = read(table("a.txt", columns, (CODE, "a", "b"), (CODE, "a", "b"), (CODE, "a", "c")))
    assert codes(findings) == [("should", "identity.duplicate", 3, None), ("must", "identity.conflict", 4, None)]


@pytest.mark.parametrize(
    ("dataset", "name", "version"),
    [
        ("onet-29.2", "skills.csv", "29.2"),
        ("x", "db_30_1_text/Skills.txt", "30.1"),
        ("db_30_0_text", "Skills.txt", "30.0"),
        ("x", "onet_occupations.csv", "29.2"),
        ("onet", "Skills.txt", None),
    ],
)
def test_the_attribution_names_the_release_where_a_name_tells_it(dataset: str, name: str, version: str | None) -> None:
    document = table(name, OFFICIAL, rating("IM", "3"))
    assert find_version([document], dataset) == version
    first = next(iter(read_onet([document], dataset=dataset)))
    assert isinstance(first, Located)
    assert isinstance(first.record, Framework)
    database = f"O*NET {version} Database" if version else "O*NET Database"
    assert f"information from the {database} by the U.S. Department of Labor" in (first.record.attribution or "")
    assert (first.record == ONET) is (version is None)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.stem)
def test_each_table_is_told_by_its_columns_as_csv_and_as_text_and_a_cut_one_is_not_passed_over(path: Path) -> None:
    """The same records from either form; a row that is cut is told."""
    data = path.read_bytes()
    rows = list(csv.reader(io.StringIO(data.decode())))
    text = table(path.name, *([cell.replace("\n", " ") for cell in row] for row in rows))
    document = Document(name=path.name, data=data)
    assert FORMAT.fit(document) is FORMAT.fit(text) is Fit.EXACT
    if "\n" not in "".join(cell for row in rows for cell in row):
        assert read(document)[0] == read(text)[0]
    lines = data.splitlines(keepends=True)
    if len(lines) > 2:
        cut = b"".join(lines[:-1]) + lines[-1].split(b",")[0]
        _, findings = read(Document(name=path.name, data=cut))
        assert any(each.level is FindingLevel.MUST for each in findings)


def test_the_cut_folder_is_read_and_nothing_blocks() -> None:
    """All 24 tables of 29.2 together: requirements of every kind, both scales, and the flags honoured."""
    reading = read_source(DATA)
    items = list(reading.items)
    assert reading.format == "onet"
    validated = validate([item for item in items if isinstance(item, Located)], dataset="onet")
    found = [*(item for item in items if isinstance(item, Finding)), *validated.findings]
    assert [each for each in found if each.level is FindingLevel.MUST] == []
    assert {each.code for each in found} >= {"onet.not-relevant", "onet.unlisted-occupation"}
    by_iri = {record.iri: record for record in validated.records}
    asked = [record for record in validated.records if isinstance(record, Requirement)]
    targets = Counter(getattr(by_iri[each.target or ""], "kind", None) for each in asked)
    assert targets.keys() == {"skill", "knowledge", "task", "technology", "tool"}
    assert all(each.importance is Importance.SHOULD for each in asked)
    assert {each.level.scale for each in asked if each.level} == {f"{ID}/scale/LV"}
    with (DATA / "knowledge.csv").open(newline="") as lines:
        irrelevant = {
            (row["O*NET-SOC Code"], row["Element ID"]) for row in csv.DictReader(lines) if row["Not Relevant"] == "Y"
        }
    assert irrelevant
    assert not {(each.owner.rpartition("/")[2], (each.target or "").rpartition("/")[2]) for each in asked} & irrelevant
    framework = by_iri[ID]
    assert isinstance(framework, Framework)
    assert "O*NET 29.2 Database" in (framework.attribution or "")


VALUES = st.decimals(min_value=1, max_value=5, places=2)


@settings(max_examples=40)
@given(
    pairs=st.dictionaries(st.sampled_from(("2.A.1.a", "2.A.1.b", "2.C.4.b", "1.A.1.a.1")), st.tuples(VALUES, VALUES))
)
def test_every_pair_of_ratings_comes_back(pairs: dict[str, tuple[object, object]]) -> None:
    rows = [
        rating(scale, str(value), element=element)
        for element, both in pairs.items()
        for scale, value in zip(("IM", "LV"), both, strict=True)
    ]
    records, _ = read(OCCUPATIONS, table("x.txt", OFFICIAL, *rows))
    found = {
        (each.target or "").rpartition("/")[2]: (round((each.importance_value or 0) * 4 + 1, 2), each.level.value)
        for each in requirements(records)
        if each.level
    }
    assert found == {element: (float(str(im)), float(str(lv))) for element, (im, lv) in pairs.items()}


if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"])

    def test_the_whole_database_is_read_and_counted() -> None:
        """Against the number of rows of each table; 93 occupations have no tasks, 137 no ratings of skills."""
        documents = [each for each in open_source(REFERENCE / "data" / "onet-29.2") if isinstance(each, Document)]
        tables = [each for each in documents if each.name.endswith(".csv")]
        kinds: Counter[str] = Counter()
        owners: dict[str, set[str]] = {"task": set(), "element": set()}
        asked: Counter[str] = Counter()
        for item in read_onet(tables, dataset="onet-29.2"):
            if isinstance(item, Finding):
                assert item.level is FindingLevel.SHOULD
                continue
            record = item.record
            if isinstance(record, Requirement):
                kind = (record.target or "").removeprefix(f"{ID}/").partition("/")[0]
                asked[kind] += 1
                if kind in owners:
                    owners[kind].add(record.owner)
            else:
                kinds[getattr(record, "kind", None) or type(record).__name__] += 1
                if isinstance(record, JobRole) and record.replaced_by:
                    kinds["superseded"] += 1
        assert kinds["JobRole"] - kinds["superseded"] == 1_016
        assert kinds["superseded"] == 236
        assert (kinds["skill"], kinds["knowledge"], kinds["task"]) == (35, 33, 18_796 + 240)
        assert (kinds["technology"], kinds["tool"]) == (8_768, 18_105)
        assert (kinds["intermediate work activity"], kinds["detailed work activity"]) == (332, 2_087)
        assert (asked["technology"], asked["tool"], asked["task"]) == (32_627, 41_662, 18_796)
        assert 1_016 - len(owners["task"]) == 93
        assert 1_016 - len(owners["element"]) == 137

    def test_the_official_text_of_all_occupations_is_read() -> None:
        items = list(read_source(REFERENCE / "standards" / "onet" / "samples").items)
        roles = [item.record for item in items if isinstance(item, Located) and isinstance(item.record, JobRole)]
        assert len(roles) == 1_016
