"""The quality report: each rule on a few things drawn by hand, with what is told of them and what is not."""

import csv
import io
import json
from pathlib import Path

import pytest

from ontology.model import (
    UNDETERMINED,
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Source,
    Teaching,
    Text,
)
from ontology.quality import assess
from service.cli import run
from service.findings_report import findings_csv, findings_sarif

W = "http://quality.example/"


def skill(name: str, *labels: tuple[str, str], **fields: object) -> Competency:
    """A competency of the framework `f` with these labels, its name in English where there are none."""
    texts = tuple(sorted(Text(*label) for label in labels or ((name, "en"),)))
    return Competency(iri=W + name, labels=texts, **{"framework": f"{W}f", **fields})  # type: ignore[arg-type]


def role(name: str) -> JobRole:
    return JobRole(iri=W + name, labels=(Text(name, "en"),))


def needs(owner: str, target: str | None, **fields: object) -> Requirement:
    """A must of a role."""
    iri = f"{W}{owner}-{target}-{len(fields)}"
    return Requirement(iri=iri, owner=W + owner, target=target and W + target, **fields)  # type: ignore[arg-type]


def teaches(subject: str, competency: str) -> Teaching:
    return Teaching(iri=f"{W}{subject}>{competency}", subject=W + subject, competency=W + competency)


def aligned(one: str, other: str, relation: Relation = Relation.EXACT) -> Alignment:
    return Alignment(iri=f"{W}{one}~{relation}~{other}", subject=W + one, object=W + other, relation=relation)


def course(name: str) -> Course:
    return Course(iri=W + name, labels=(Text(name, "en"),))


def told(records: list[Record], code: str) -> list[str]:
    """Local names of what a rule tells of, in order."""
    return [(each.subject or "").removeprefix(W) for each in assess(records) if each.code == f"quality.{code}"]


def test_an_orphan_is_what_nothing_leads_to_or_from() -> None:
    """a is alone; b is a parent, c a child, d asked for, e taught, g aligned."""
    records: list[Record] = [
        *(skill(name) for name in "abdeg"),
        skill("c", broader=(f"{W}b",)),
        role("r"),
        needs("r", "d"),
        teaches("k", "e"),
        aligned("g", "x"),
    ]
    assert told(records, "orphan") == ["a"]


def test_labels_shared_in_one_framework_and_language_overlap() -> None:
    """Case and blanks do not tell things apart; another framework, language or kind does, and so does a successor."""
    records: list[Record] = [
        skill("a", ("Drive a  car", "en")),
        skill("b", ("drive a car", "en")),
        skill("c", ("drive a car", "fr")),
        skill("d", ("drive a car", "en"), framework=f"{W}other"),
        skill("e", ("drive a car", "en"), replaced_by=f"{W}a"),
        JobRole(iri=f"{W}r", labels=(Text("drive a car", "en"),), framework=f"{W}f"),
    ]
    assert told(records, "overlapping-labels") == ["a"]


def test_an_alternative_label_that_repeats_the_preferred_one() -> None:
    """SKOS keeps the two apart (S13); another language is another label."""
    records: list[Record] = [
        skill("a", ("Car", "en"), alternative_labels=(Text("car", "en"),)),
        skill("b", ("Car", "en"), alternative_labels=(Text("car", "fr"),)),
    ]
    assert told(records, "repeated-label") == ["a"]


def test_a_language_that_most_have_is_missing_in_the_rest() -> None:
    """Three of four are in German: the fourth lacks it. One of four is in French: nobody lacks that."""
    records: list[Record] = [
        skill("a", ("a", "en"), ("a", "de"), ("a", "fr")),
        skill("b", ("b", "en"), ("b", "de")),
        skill("c", ("c", "en"), ("c", "de")),
        skill("d", ("d", "en")),
    ]
    assert told(records, "missing-language") == ["d"]


def test_labels_without_a_language_beside_those_with_one() -> None:
    """Where the whole framework has none, nothing is told of each."""
    mixed: list[Record] = [skill("a", ("a", "en")), skill("b", ("b", UNDETERMINED))]
    plain: list[Record] = [skill("a", ("a", UNDETERMINED)), skill("b", ("b", UNDETERMINED))]
    assert (told(mixed, "untagged-label"), told(plain, "untagged-label")) == (["b"], [])


def test_things_without_a_description_beside_those_with_one() -> None:
    """Where nothing is described, nothing is told of each."""
    described: list[Record] = [skill("a", descriptions=(Text("what", "en"),)), skill("b")]
    assert (told(described, "undocumented"), told([skill("a"), skill("b")], "undocumented")) == (["b"], [])


def test_equal_and_broader_at_once_clash() -> None:
    """SKOS, S46: exactMatch and broadMatch exclude each other; closeMatch does not."""
    records: list[Record] = [
        aligned("a", "x"),
        aligned("a", "x", Relation.BROAD),
        aligned("b", "x"),
        aligned("b", "x", Relation.CLOSE),
    ]
    assert told(records, "clashing-alignments") == ["a~exactMatch~x"]


def test_an_alignment_of_what_was_replaced() -> None:
    """It keeps its meaning by the successor; the steward may want to say so."""
    records: list[Record] = [skill("a", replaced_by=f"{W}b"), skill("b"), aligned("a", "x"), aligned("b", "x")]
    assert told(records, "retired-end") == ["a~exactMatch~x"]


def test_a_framework_is_aligned_by_any_link_that_leads_out() -> None:
    """f has one only inside; g has one to f; h holds nothing."""
    frameworks = [Framework(iri=W + name, labels=(Text(name, "en"),)) for name in "fgh"]
    records: list[Record] = [*frameworks, skill("a"), skill("b"), skill("c", framework=f"{W}g"), aligned("a", "b")]
    assert told(records, "unaligned-framework") == ["f", "g"]
    assert told([*records, aligned("c", "b", Relation.RELATED)], "unaligned-framework") == []


def test_what_is_asked_for_and_taught_by_nothing() -> None:
    """a is taught, b aligned with it, c by its successor; d is not asked for; e is told."""
    records: list[Record] = [
        *(skill(name) for name in "abde"),
        skill("c", replaced_by=f"{W}a"),
        role("r"),
        *(needs("r", name) for name in "abce"),
        teaches("k", "a"),
        aligned("b", "a"),
    ]
    assert told(records, "never-taught") == ["e"]


def test_a_role_whose_must_nothing_teaches_cannot_be_reached() -> None:
    """
    easy: asks for what is taught.  hard: asks for what is not.  lucky: any of both.  many: 2 of both.
    wish: should only.  lived: experience.  badge: a credential, which can be gained by itself.
    stepped: its level `High` cannot be reached.
    """
    roles = [role(name) for name in ("easy", "hard", "lucky", "many", "wish", "lived", "badge", "stepped")]
    records: list[Record] = [
        *roles,
        skill("taught"),
        skill("not"),
        Credential(iri=f"{W}c", labels=(Text("c"),)),
        teaches("k", "taught"),
        needs("easy", "taught"),
        needs("hard", "not"),
        RequirementGroup(iri=f"{W}any", owner=f"{W}lucky", minimum=1),
        needs("lucky", "taught", group=f"{W}any"),
        needs("lucky", "not", group=f"{W}any"),
        RequirementGroup(iri=f"{W}two", owner=f"{W}many", minimum=2),
        needs("many", "taught", group=f"{W}two"),
        needs("many", "not", group=f"{W}two"),
        needs("wish", "not", importance=Importance.SHOULD),
        needs("lived", None, experience_days=30.0),
        needs("badge", "c"),
        RoleLevel(iri=f"{W}high", role=f"{W}stepped", name="High", rank=2),
        needs("stepped", "not", role_level=f"{W}high"),
    ]
    assert told(records, "unmeetable") == ["hard", "many", "stepped"]
    texts = [each.message for each in assess(records) if each.code == "quality.unmeetable"]
    assert " at High cannot be reached" in texts[2]


def test_a_course_that_leads_to_nothing() -> None:
    """One teaches, one awards, one is asked for."""
    records: list[Record] = [
        *(course(name) for name in ("idle", "teaching", "awarding", "asked")),
        role("r"),
        teaches("teaching", "a"),
        Awarding(iri=f"{W}aw", course=f"{W}awarding", credential=f"{W}c"),
        needs("r", "asked"),
    ]
    assert told(records, "idle-course") == ["idle"]


def test_only_what_is_asked_about_is_told_beside_all_that_is_known() -> None:
    """The teaching of another dataset counts; its own orphans are not told."""
    records: list[Record] = [skill("a"), skill("b"), skill("z"), role("r"), needs("r", "a"), teaches("k", "a")]
    found = assess(records, about={f"{W}a", f"{W}b"}, sources={f"{W}b": Source(file="b.csv", line=3)})
    assert [(each.code, each.subject, each.source and each.source.line) for each in found] == [
        ("quality.orphan", f"{W}b", 3)
    ]


def test_many_of_a_kind_are_one_where_that_is_wanted() -> None:
    """Ten are told one by one, eleven as one with their number; the report lists all."""
    eleven: list[Record] = [skill(f"s{number:02}") for number in range(11)]
    assert len([each for each in assess(eleven) if each.code == "quality.orphan"]) == 11
    (summary,) = [each for each in assess(eleven, in_full=False) if each.code == "quality.orphan"]
    assert summary.message.startswith("11 competencies stand alone")


FINDINGS = [
    Finding(level=FindingLevel.MUST, code="a.b", message='with "quotes", and a comma', subject=f"{W}s",
            source=Source(file="my file.csv", line=3, column="cost"), fix="Mend it."),
    Finding(level=FindingLevel.SHOULD, code="c.d", message="one", source=Source(file="f.json", pointer="/CFItems/3")),
    Finding(level=FindingLevel.SHOULD, code="a.b", message="two"),
]  # fmt: skip


def test_findings_as_csv() -> None:
    """A header and a row each, nothing lost."""
    rows = list(csv.DictReader(io.StringIO(findings_csv(FINDINGS))))
    assert [row["code"] for row in rows] == ["a.b", "c.d", "a.b"]
    assert rows[0]["message"] == FINDINGS[0].message
    assert (rows[0]["file"], rows[0]["line"], rows[0]["column"]) == ("my file.csv", "3", "cost")
    assert (rows[1]["pointer"], rows[2]["file"]) == ("/CFItems/3", "")


def test_findings_as_sarif() -> None:
    """What SARIF 2.1.0 asks for: version, driver, rules by index, results with level, message and place."""
    document = json.loads(findings_sarif(FINDINGS))
    assert document["version"] == "2.1.0"
    (run_of,) = document["runs"]
    rules = run_of["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["a.b", "c.d"]
    first, second, third = run_of["results"]
    for result in run_of["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
    assert [result["level"] for result in run_of["results"]] == ["error", "warning", "warning"]
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("my%20file.csv", 3)
    assert second["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "/CFItems/3"
    assert "locations" not in third


@pytest.mark.parametrize("shape", ["text", "json", "csv", "sarif"])
def test_check_prints_findings_in_every_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: str) -> None:
    """The quality report with the file and line of each; an unknown shape is a usage error."""
    (tmp_path / "source").mkdir()
    table = tmp_path / "source" / "competencies.csv"
    table.write_text("iri,label,language\nhttp://q.example/a,Alone,en\n", "utf-8")
    arguments = ["check", str(tmp_path / "source"), "--home", str(tmp_path / "home"), "--quality"]
    assert run([*arguments, "--findings", shape]) == 0
    printed = capsys.readouterr().out
    assert "quality.orphan" in printed
    assert "competencies.csv" in printed
    if shape in {"json", "sarif"}:
        json.loads(printed)
    assert run([*arguments, "--findings", "xml"]) == 2


def test_the_report_of_nothing_loaded_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No release, no finding; a dataset that is not there is an error."""
    home = ["--home", str(tmp_path)]
    assert run(["report", "--json", *home]) == 0
    assert json.loads(capsys.readouterr().out) == {"findings": []}
    assert run(["report", "nothing", *home]) == 2
