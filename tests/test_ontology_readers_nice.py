"""NICE in its two versions: the components as NIST exports them, and the framework of 2017 as YAML and CSV."""

import json
import os
import runpy
from collections import Counter
from pathlib import Path

import pytest

from ontology.documents import Document
from ontology.model import Code, Competency, Finding, FindingLevel, JobRole, Located, Record, Requirement
from ontology.readers import KnownCodes, Nothing, read_source
from ontology.readers.nice import read_nice
from ontology.readers.nice_2017 import read_nice_2017
from ontology.readers.nice_components import read_components
from ontology.validation import validate

DATA = Path(__file__).parent / "data"
ID = "https://w3id.org/headwater/id"


def components(**changes: object) -> Document:
    value = json.loads((DATA / "nice_components" / "components.json").read_text())
    return Document(name="c.json", data=json.dumps({**value, **changes}).encode())


def yaml_document(text: str, name: str = "n.yml") -> Document:
    return Document(name=name, data=text.encode())


def records_of(items: list[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def faults_of(items: list[Located | Finding]) -> list[tuple[str, str, str | int | None]]:
    return [
        (item.level.value, item.code, item.source.pointer or item.source.line)
        for item in items
        if isinstance(item, Finding) and item.source and item.fix
    ]


def test_the_components_give_what_their_golden_pair_says() -> None:
    expected = runpy.run_path(str(DATA / "nice_components" / "records_nice_components.py"))
    reading = read_source(DATA / "nice_components")
    items = list(reading.items)
    assert reading.format == "nice"
    located = [item for item in items if isinstance(item, Located)]
    assert [(item.record, item.source.file, item.source.line) for item in located] == expected["RECORDS"]
    assert ("should", "nice.unknown-identifier", "/relationships/6/dest_element_identifier") in faults_of(items)
    assert located[2].source.pointer == "/elements/3"


def test_the_components_may_stand_within_a_response() -> None:
    """NIST's reference tool wraps what it exports: `response.elements` holds the lists."""
    value = json.loads((DATA / "nice_components" / "components.json").read_text())
    wrapped = Document(name="w.json", data=json.dumps({"response": {"requestType": 4, "elements": value}}).encode())
    assert records_of(list(read_nice([wrapped]))) == records_of(list(read_nice([components()])))


def test_tables_and_components_give_a_role_and_its_requirements_the_same_iris() -> None:
    """`id/nice/PD-WRL-001` and the requirement of K0018, whichever of the two forms is loaded."""
    table = Document(name="r.csv", data=b"workRoleId,statementId\nPD-WRL-001,K0018\n")
    (asked,) = (record for record in records_of(list(read_nice([table]))) if isinstance(record, Requirement))
    assert asked in records_of(list(read_nice([components()])))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"elements": 3}, ("must", "nice.no-elements", None)),
        ({"elements": ["x"]}, ("must", "json.wrong-type", "/elements/0")),
        (
            {"elements": [{"element_type": "task", "element_identifier": 7, "text": ["x"]}]},
            ("must", "json.wrong-type", "/elements/0/text"),
        ),
        (
            {"elements": [{"element_type": "task", "element_identifier": "T1", "text": ""}]},
            ("must", "json.missing-member", "/elements/0/text"),
        ),
        (
            {"elements": [{"element_type": "play", "element_identifier": "P1", "text": "x"}]},
            ("should", "nice.unknown-element", "/elements/0/element_type"),
        ),
        (
            {"elements": [{"element_type": "task", "element_identifier": "T1", "text": "x", "since": 2024}]},
            ("should", "json.unknown-member", "/elements/0/since"),
        ),
        ({"relationships": {"a": 1}}, ("must", "json.wrong-type", "/relationships/a")),
    ],
)
def test_each_fault_of_the_components_is_told_at_its_pointer(
    changes: dict[str, object], expected: tuple[str, str, str | None]
) -> None:
    faults = faults_of(list(read_components(components(**{"relationships": [], **changes}))))
    assert faults == [expected]


def test_an_element_described_twice_differently_is_told_and_one_in_the_same_words_is_one() -> None:
    first = {"element_type": "task", "element_identifier": "T1", "text": "x"}
    items = list(read_components(components(elements=[first, first, {**first, "text": "y"}], relationships=[])))
    assert faults_of(items) == [("must", "identity.conflict", "/elements/2")]
    assert sum(isinstance(record, Competency) for record in records_of(items)) == 1


@pytest.mark.parametrize("cut", [1, 40, 700, 2500])
def test_components_that_end_too_early_are_told_with_their_line(cut: int, tmp_path: Path) -> None:
    data = (DATA / "nice_components" / "components.json").read_bytes()[:cut]
    (tmp_path / "c.json").write_bytes(data)
    findings = [item for item in read_source(tmp_path / "c.json", format="nice").items if isinstance(item, Finding)]
    assert any(item.code in {"json.syntax", "table.missing-column"} and item.source for item in findings)


def test_a_role_of_2017_leads_on_to_the_role_of_2_0_that_has_its_opm_code() -> None:
    """Where NICE 2.0.0 is known, the old role is superseded and leaves the code to its successor."""
    known = KnownCodes()
    known.add(JobRole(iri=f"{ID}/nice/PD-WRL-001", codes=(Code("opm", "511"),)))
    known.add(JobRole(iri=f"{ID}/dcwf/role/511", codes=(Code("opm", "511"),)))
    text = "- workRoleID: PR-CDA-001\n  workRole: Analyst\n  opmCode: 511\n"
    (role,) = (
        record
        for record in records_of(list(read_nice_2017([yaml_document(text)], surroundings=known)))
        if isinstance(record, JobRole)
    )
    assert role.replaced_by == f"{ID}/nice/PD-WRL-001"
    assert [code.system for code in role.codes] == ["nice2017"]
    (alone,) = (
        record
        for record in records_of(list(read_nice_2017([yaml_document(text)], surroundings=Nothing())))
        if isinstance(record, JobRole)
    )
    assert alone.replaced_by is None
    assert Code("opm", "511") in alone.codes


def test_a_text_with_an_unquoted_colon_is_read_as_it_stands_and_told() -> None:
    """NICE 2017's own file has one; YAML forbids it, and it costs no other item."""
    text = "-\n    tId: T1\n    taskDescription: such as: this\n-\n    tId: T2\n    taskDescription: 'it''s'\n"
    items = list(read_nice_2017([yaml_document(text)], surroundings=Nothing()))
    assert faults_of(items) == [("should", "yaml.unquoted", 3)]
    labels = [record.labels[0].text for record in records_of(items) if isinstance(record, Competency)]
    assert labels == ["such as: this", "it's"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- tId: T1\n", ("must", "table.missing-value", 1)),
        ("- tId: [T1]\n  taskDescription: x\n", ("must", "yaml.syntax", 1)),
        ("- tId: &a T1\n  taskDescription: *a\n", ("must", "yaml.syntax", 2)),
        ("- other: x\n", ("must", "table.missing-value", 1)),
        ("tId: T1\ntaskDescription: x\n", ("must", "yaml.syntax", 1)),
        ("- tId: T1\n  taskDescription: x\n- tId: T1\n  taskDescription: y\n", ("must", "identity.conflict", 3)),
        ("- tId: 'T1\n  taskDescription: x\n", ("must", "yaml.syntax", 2)),
    ],
)
def test_each_fault_of_the_yaml_is_told_with_its_line(text: str, expected: tuple[str, str, int]) -> None:
    assert faults_of(list(read_nice_2017([yaml_document(text)], surroundings=Nothing()))) == [expected]


def test_yaml_that_nests_twenty_thousand_deep_is_told_and_breaks_nothing() -> None:
    items = list(read_nice_2017([yaml_document("- tId: " + "[" * 20_000)], surroundings=Nothing()))
    assert [code for _, code, _ in faults_of(items)] == ["yaml.syntax"]


def test_a_role_without_identifier_and_an_unknown_kind_are_told() -> None:
    header = "Work Role,KSA ID,KSA,K S or A\n"
    table = Document(name="j.csv", data=f"{header}Analyst,K1,x,Knowledge\nAnalyst (A-B-1),K1,x,Wish\n".encode())
    items = list(read_nice_2017([table], surroundings=Nothing()))
    assert faults_of(items) == [("must", "nice.unreadable", 2), ("must", "nice.unreadable", 3)]


def test_both_versions_stand_beside_each_other(tmp_path: Path) -> None:
    """One folder with both: no IRI is described twice, and the old role leads on."""
    for folder in ("nice_components", "nice2017"):
        for path in (DATA / folder).iterdir():
            if path.suffix != ".py":
                (tmp_path / path.name).write_bytes(path.read_bytes())
    validated = validate([item for item in read_source(tmp_path).items if isinstance(item, Located)], dataset="both")
    assert not [finding for finding in validated.findings if finding.level is FindingLevel.MUST]
    assert {record.replaced_by for record in validated.records if isinstance(record, JobRole)} == {
        None,
        f"{ID}/nice/PD-WRL-001",
    }


if "HEADWATER_REFERENCE" in os.environ:
    CYBER = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "cyber-workforce"

    def test_all_of_nice_is_read() -> None:
        """41 roles, 942 tasks, 631 K, 538 S, 11 areas, 5,336 of roles and 123 of areas; four lead to nothing."""
        items = list(read_source(CYBER / "nice_v2.0.0_components.json.gz").items)
        records = records_of(items)
        competencies = [record for record in records if isinstance(record, Competency)]
        assert Counter(record.kind for record in competencies) == {
            "task": 942,
            "knowledge": 631,
            "skill": 538,
            "competency-area": 11,
        }
        assert sum(len(record.broader) for record in competencies) == 123
        assert sum(isinstance(record, JobRole) for record in records) == 41
        assert sum(isinstance(record, Requirement) for record in records) == 5336
        assert Counter(code for _, code, _ in faults_of(items)) == {"nice.unknown-identifier": 4}
        assert validate([item for item in items if isinstance(item, Located)], dataset="nice").refused == 0

    def test_all_of_nice_2017_is_read_without_a_must() -> None:
        """52 roles, 32 areas, 7 categories; 594 + 368 + 176 statements and four that only the table has; 3,266 pairs."""
        items = list(read_source(CYBER / "nice_2017").items)
        records = records_of(items)
        kinds = Counter(record.kind for record in records if isinstance(record, Competency))
        assert (kinds["task"], kinds["ability"], kinds["competency"], kinds["competency-group"]) == (1003, 176, 60, 4)
        assert kinds["knowledge"] + kinds["skill"] == 594 + 368 + 4
        assert Counter(type(record).__name__ for record in records)["JobRole"] == 52
        assert sum(isinstance(record, Requirement) for record in records) == 3266
        assert Counter(code for _, code, _ in faults_of(items)) == {"yaml.unquoted": 1}

    def test_all_of_the_cyber_workforce_loads_together() -> None:
        """NICE of both versions, DCWF and 8140 in one folder: nothing blocks, no IRI is described twice."""
        items = list(read_source(CYBER).items)
        validated = validate([item for item in items if isinstance(item, Located)], dataset="cyber")
        assert not [item for item in items if isinstance(item, Finding) and item.level is FindingLevel.MUST]
        assert not [item for item in validated.findings if item.level is FindingLevel.MUST]
