"""The DoD Cyber Workforce Framework: KSATs, core and additional, roles of two editions, and what 8140 admits to them."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Competency,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Record,
    Requirement,
    RequirementGroup,
)
from ontology.readers import read_source
from ontology.readers.dcwf import nice_2017_iri, read_dcwf
from ontology.validation import validate

DATA = Path(__file__).parent / "data" / "dcwf"
ID = "https://w3id.org/headwater/id"


def document(**changes: object) -> Document:
    value = json.loads((DATA / "dcwf.json").read_text())
    return Document(name="d.json", data=json.dumps({**value, **changes}).encode())


def records_of(items: list[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def musts(items: list[Located | Finding]) -> list[tuple[str, str | None]]:
    return [
        (item.code, item.source.pointer)
        for item in items
        if isinstance(item, Finding) and item.level is FindingLevel.MUST and item.source
    ]


def test_core_statements_weigh_like_a_must_and_block_nothing() -> None:
    """Core: should with importance 1. Additional: should. One that is both is core, and told."""
    asked = {
        record.target: (record.importance, record.importance_value)
        for record in records_of(list(read_dcwf([document()])))
        if isinstance(record, Requirement)
    }
    assert asked == {
        f"{ID}/dcwf/ksat/22": (Importance.SHOULD, 1.0),
        f"{ID}/dcwf/ksat/108": (Importance.SHOULD, 1.0),
        f"{ID}/dcwf/ksat/421": (Importance.SHOULD, None),
    }


def test_a_role_and_a_ksat_of_one_number_are_two_things() -> None:
    records = {record.iri: record for record in records_of(list(read_dcwf([document()])))}
    assert isinstance(records[f"{ID}/dcwf/role/421"], JobRole)
    assert isinstance(records[f"{ID}/dcwf/ksat/421"], Competency)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"roles": 3}, ("json.wrong-type", "/roles")),
        ({"ksats": {"1": "x"}}, ("json.wrong-type", "/ksats/1")),
        ({"ksats": {"22": {"id": "22", "description": "x", "kind": "Wish"}}}, ("dcwf.unknown-kind", "/ksats/22/kind")),
        ({"ksats": {"22": {"id": "22", "kind": "Task"}}}, ("json.missing-member", "/ksats/22/description")),
        (
            {"roles": {"1": {"id": "1", "name": "x", "core_ksats": ["9"]}}},
            ("dcwf.unknown-ksat", "/roles/1/core_ksats/0"),
        ),
        ({"roles": {"1": {"id": "1", "name": "x", "core_ksats": [{}]}}}, ("json.wrong-type", "/roles/1/core_ksats/0")),
    ],
)
def test_each_fault_is_told_at_its_pointer(changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert expected in musts(list(read_dcwf([document(**changes)])))


def test_a_file_cut_off_is_told() -> None:
    data = (DATA / "dcwf.json").read_bytes()
    assert [code for code, _ in musts(list(read_dcwf([Document(name="d.json", data=data[:500])])))] == ["json.syntax"]


def test_what_no_member_is_known_for_is_kept_and_told() -> None:
    items = list(read_dcwf([document(version="2023-10")]))
    assert ("should", "json.unknown-member") in {(i.level.value, i.code) for i in items if isinstance(i, Finding)}
    assert any(
        (f"{ID}/dcwf/term/version", '"2023-10"') in getattr(record, "statements", ()) for record in records_of(items)
    )


def test_dcwf_abbreviates_the_areas_of_nice_2017_in_its_own_way() -> None:
    """`OM-DA-001` is NICE 2017's `OM-DTA-001`; an area that both spell alike stays."""
    assert nice_2017_iri("OM-DA-001") == f"{ID}/nice2017/OM-DTA-001"
    assert nice_2017_iri("SP-DEV-001") == f"{ID}/nice2017/SP-DEV-001"


def test_8140_admits_to_the_roles_of_dcwf(tmp_path: Path) -> None:
    """In one folder the matrix finds the role by its DCWF code and makes none of its own."""
    (tmp_path / "a.csv").write_text("workRoleCode,certification,proficiency\n421,A,Basic\n")
    (tmp_path / "z.json").write_bytes((DATA / "dcwf.json").read_bytes())
    records = records_of(list(read_source(tmp_path).items))
    assert {record.owner for record in records if isinstance(record, RequirementGroup)} == {f"{ID}/dcwf/role/421"}
    assert [record.iri for record in records if isinstance(record, JobRole)] == [f"{ID}/dcwf/role/421"]


def test_8140_gives_a_role_with_two_codes_one_tree_of_both(tmp_path: Path) -> None:
    """NICE's Secure Systems Development has the codes 631 and 632: what admits to either admits to it."""
    (tmp_path / "a.csv").write_text("workRoleCode,certification,proficiency\n631,A,Basic\n632,A,Basic\n632,B,Basic\n")
    (tmp_path / "n.json").write_bytes((DATA.parent / "nice_components" / "components.json").read_bytes())
    located = [item for item in read_source(tmp_path).items if isinstance(item, Located)]
    validated = validate(located, dataset="x")
    owned = [record for record in validated.records if isinstance(record, Requirement) and record.group]
    assert {(record.owner, (record.target or "").rpartition("/")[2]) for record in owned} == {
        (f"{ID}/nice/DD-WRL-004", "a"),
        (f"{ID}/nice/DD-WRL-004", "b"),
    }
    assert validated.merged == 0


if "HEADWATER_REFERENCE" in os.environ:
    CYBER = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "cyber-workforce"

    def test_all_of_dcwf_is_read(tmp_path: Path) -> None:
        """68 roles, 74 of 2025 with them; 2,221 KSATs; 2,076 core and 3,100 additional, two of which are core too."""
        for name in ("dcwf_2023-10.json.gz", "dcwf_2025_work_roles.csv.gz"):
            (tmp_path / name).write_bytes((CYBER / name).read_bytes())
        items = list(read_source(tmp_path).items)
        records = records_of(items)
        asked = Counter(record.importance_value for record in records if isinstance(record, Requirement))
        doubled = sum(isinstance(item, Finding) and item.code == "dcwf.core-and-additional" for item in items)
        assert asked[1.0] == 2076
        assert asked[None] + doubled == 3100
        assert sum(isinstance(record, Competency) for record in records) == 2221
        assert sum(isinstance(record, Alignment) for record in records) == 51
        roles = {record.iri for record in records if isinstance(record, JobRole)}
        assert len(roles) >= 74
        assert not musts(items)
        assert not [
            f for f in validate([i for i in items if isinstance(i, Located)], dataset="d").findings if f.level == "must"
        ]
