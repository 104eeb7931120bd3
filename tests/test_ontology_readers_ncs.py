"""Job profiles of the National Careers Service: routes as alternatives, what it takes to begin, registrations, ranks."""

import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Code,
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Money,
    Record,
    Requirement,
    RequirementGroup,
)
from ontology.readers import KnownCodes, Nothing, read_source
from ontology.readers.ncs import read_ncs
from ontology.readers.ncs_routes import levels_in
from ontology.readers.surroundings import Surroundings
from ontology.validation import validate

ID = "https://w3id.org/headwater/id"
PROFILE: dict[str, object] = {
    "slug": "baker",
    "title": "Baker",
    "onetCode": ["51-3011.00"],
    "routes": {},
    "apprenticeshipStandards": [],
    "registrations": [],
    "dayToDayTasks": [],
}


def lines(*objects: object, name: str = "p.jsonl") -> Document:
    return Document(name=name, data="\n".join(map(json.dumps, objects)).encode())


def read(*documents: Document, around: Surroundings | None = None) -> list[Located | Finding]:
    return list(read_ncs(documents, surroundings=around or Nothing()))


def records_of(items: list[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def faults_of(items: list[Located | Finding]) -> list[tuple[str, str, str | int | None]]:
    return [
        (item.level.value, item.code, item.source.pointer or item.source.line)
        for item in items
        if isinstance(item, Finding) and item.source and item.fix
    ]


def asked(records: list[Record], owner: str) -> dict[str, Requirement]:
    return {
        (record.target or "").removeprefix(f"{ID}/ncs/"): record
        for record in records
        if isinstance(record, Requirement) and record.owner == f"{ID}/ncs/{owner}"
    }


def test_routes_are_alternatives_and_a_route_any_of_what_it_names() -> None:
    """University: maths or physics. Work: nothing is named, so a course stands for it. One of both routes is enough."""
    routes = {"university": {"options": ["maths", "Maths", "physics"]}, "work": {"text": "Start small."}}
    records = records_of(read(lines({**PROFILE, "routes": routes})))
    groups = {record.iri: record for record in records if isinstance(record, RequirementGroup)}
    (top,) = (group for group in groups.values() if group.parent is None)
    inner = {group.labels[0].text: group for group in groups.values() if group.parent == top.iri}
    assert (top.minimum, top.importance, set(inner)) == (1, Importance.MUST, {"University", "Work"})
    leaves = {name: record.group for name, record in asked(records, "baker").items()}
    assert leaves == {
        "university/maths": inner["University"].iri,
        "university/physics": inner["University"].iri,
        "baker/route/work": inner["Work"].iri,
    }
    assert {type(record) for record in records if "/route/" in record.iri} == {Course}


def test_what_is_needed_to_begin_a_qualification_is_its_prerequisite_by_level() -> None:
    """`for a level 2 course` concerns the level 2 certificate alone; what names no level concerns both."""
    college = {
        "options": ["Level 2 Certificate in Bread", "Level 3 Diploma in Bread"],
        "requirementsPrefix": ["You'll usually need:"],
        "requirements": ["2 GCSEs, for a level 2 course", "4 GCSEs, for a level 3 course", "an apron"],
    }
    records = records_of(read(lines({**PROFILE, "routes": {"college": college}})))
    begin = {
        owner: {(record.target or "").rpartition("/")[2] for record in asked(records, f"college/{owner}").values()}
        for owner in ("level%202%20certificate%20in%20bread", "level%203%20diploma%20in%20bread")
    }
    assert begin == {
        "level%202%20certificate%20in%20bread": {"2%20gcses%2C%20for%20a%20level%202%20course", "an%20apron"},
        "level%203%20diploma%20in%20bread": {"4%20gcses%2C%20for%20a%20level%203%20course", "an%20apron"},
    }
    tops = [record for record in records if isinstance(record, RequirementGroup) and "/college/" in record.owner]
    assert {(group.minimum, group.importance) for group in tops} == {(1, Importance.MUST)}


@pytest.mark.parametrize(
    ("prefix", "importance"),
    [
        ("You'll usually need:", Importance.MUST),
        ("You may need:", Importance.SHOULD),
        ("There are no set entry requirements but it may help you to get in if you have:", Importance.SHOULD),
        ("Entry requirements for these courses vary.", Importance.SHOULD),
    ],
)
def test_what_may_be_needed_only_weighs(prefix: str, importance: Importance) -> None:
    route = {"options": ["maths"], "requirementsPrefix": [prefix], "requirements": ["an A level"]}
    records = records_of(read(lines({**PROFILE, "routes": {"university": route}})))
    (entry,) = asked(records, "university/maths").values()
    assert entry.importance is importance


@pytest.mark.parametrize(
    ("text", "importance"),
    [
        ("you'll need to register with the Health and Care Professions Council", Importance.MUST),
        ("you must be registered with the General Osteopathic Council to work as an osteopath", Importance.MUST),
        ("you'll need to be registered with X before you can work as a chiropractor", Importance.MUST),
        ("you can register with the Intellectual Property Regulation Board", Importance.SHOULD),
        ("you'll usually need qualified teacher status (QTS) to teach in a state school", Importance.SHOULD),
        ("you'll need a Security Industry Authority licence for agency and contractor jobs", Importance.SHOULD),
        ("you'll need a Construction Plant Competence Scheme card to operate some machinery", Importance.SHOULD),
    ],
)
def test_a_regulated_profession_must_have_its_registration(text: str, importance: Importance) -> None:
    """A registration that everybody needs is a must; one for some jobs, or one that one can have, weighs."""
    records = records_of(read(lines({**PROFILE, "registrations": [text]})))
    (requirement,) = asked(records, "baker").values()
    assert requirement.importance is importance
    assert isinstance(next(record for record in records if record.iri == requirement.target), Credential)


def test_an_apprenticeship_is_a_course_with_its_length_and_what_is_paid_for_it() -> None:
    """36 months are 780 working days; 21,000 pounds; a framework without figures has none."""
    standard = {"reference": "ST0561", "title": "Banker", "larsCode": 204, "maxFundingGBP": 21000, "durationMonths": 36}
    bare = {"reference": None, "title": "Arts", "larsCode": 0, "maxFundingGBP": 0, "durationMonths": 0}
    profile = {**PROFILE, "apprenticeshipStandards": ["ST0561"]}
    items = read(lines(profile), lines(standard, bare, name="s.jsonl"))
    records = records_of(items)
    known = {record.iri: record for record in records if isinstance(record, Course)}
    banker = known[f"{ID}/ncs/apprenticeship/ST0561"]
    assert (banker.duration_days, banker.cost) == (Decimal(780), Money(2_100_000, "GBP"))
    assert Code("ifate", "ST0561") in banker.codes
    arts = known[f"{ID}/ncs/apprenticeship/framework%20arts"]
    assert (arts.duration_days, arts.cost) == (None, None)
    assert "apprenticeship/ST0561" in asked(records, "baker")


def test_a_standard_that_nobody_describes_is_told_and_kept() -> None:
    items = read(lines({**PROFILE, "apprenticeshipStandards": ["ST1"]}))
    assert faults_of(items) == [("should", "ncs.unknown-standard", "/apprenticeshipStandards")]
    validated = validate([item for item in items if isinstance(item, Located)], dataset="x")
    assert not [finding for finding in validated.findings if finding.level is FindingLevel.MUST]
    assert any((f"{ID}/ncs/term/apprenticeshipStandard", '"ST1"') in r.statements for r in validated.records)


def test_a_rank_becomes_graded_importance_of_each_profile_with_the_code() -> None:
    """A rank of 3.5 of 7 is an importance of 0.5, and never a must."""
    ranks = Document(name="r.csv", data=b"onetCode,skill,rank\n51-3011.00,Listening,3.5\n11-1011.00,Listening,4\n")
    items = read(lines(PROFILE, {**PROFILE, "slug": "cook", "title": "Cook"}), ranks)
    records = records_of(items)
    for owner in ("baker", "cook"):
        requirement = asked(records, owner)["skill/listening"]
        assert (requirement.importance, requirement.importance_value) == (Importance.SHOULD, 0.5)
    assert sum(isinstance(record, Competency) for record in records) == 1
    assert faults_of(items) == [("should", "ncs.unused-rank", 3)]


def test_profiles_align_with_the_occupations_that_are_known_and_say_when_they_have_none() -> None:
    known = KnownCodes()
    known.add(JobRole(iri=f"{ID}/onet/51-3011.00", codes=(Code("onetsoc", "51-3011.00"),)))
    known.add(JobRole(iri="urn:else", codes=(Code("onetsoc", "51-3011.00"),)))
    items = read(lines(PROFILE, {**PROFILE, "slug": "x", "title": "X", "onetCode": ["00-0000.00"]}), around=known)
    (alignment,) = (record for record in records_of(items) if isinstance(record, Alignment))
    assert (alignment.subject, alignment.object) == (f"{ID}/ncs/baker", f"{ID}/onet/51-3011.00")
    assert [code for _, code, _ in faults_of(items)] == ["ncs.no-occupation"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({**PROFILE, "title": ""}, ("must", "json.missing-member", "/title")),
        ({**PROFILE, "slug": {}}, ("must", "json.wrong-type", "/slug")),
        ({**PROFILE, "routes": []}, ("must", "json.wrong-type", "/routes")),
        ({**PROFILE, "routes": {"work": 1}}, ("must", "json.wrong-type", "/routes/work")),
        ({**PROFILE, "dayToDayTasks": [{}]}, ("must", "json.wrong-type", "/dayToDayTasks/0")),
        ({**PROFILE, "colour": "red"}, ("should", "json.unknown-member", "/colour")),
        ({**PROFILE, "routes": {"work": {"colour": "red"}}}, ("should", "json.unknown-member", "/routes/work/colour")),
        ("text", ("must", "json.wrong-type", 1)),
        ({"larsCode": 1, "title": "x", "durationMonths": "long"}, ("must", "json.wrong-type", "/durationMonths")),
    ],
)
def test_each_fault_of_a_line_is_told_at_its_pointer(value: object, expected: tuple[str, str, str | int]) -> None:
    document = Document(name="p.jsonl", data=("{}\n" + json.dumps(value)).encode())
    faults = [fault for fault in faults_of(read(document)) if fault[2] not in {"/slug", "/title"} or fault == expected]
    assert expected in [(level, code, 1 if place == 2 else place) for level, code, place in faults]


def test_a_line_cut_off_is_told_and_the_others_are_read() -> None:
    document = Document(name="p.jsonl", data=(json.dumps(PROFILE) + '\n{"slug": "cut", "ti').encode())
    items = read(document)
    assert faults_of(items) == [("must", "json.syntax", 2)]
    assert [record.iri for record in records_of(items) if isinstance(record, JobRole)] == [f"{ID}/ncs/baker"]


@pytest.mark.parametrize("rank", ["", "many", "7.5", "-1"])
def test_a_rank_that_is_none_is_told(rank: str) -> None:
    ranks = Document(name="r.csv", data=f"onetCode,skill,rank\n51-3011.00,Listening,{rank}\n".encode())
    assert [(level, place) for level, _, place in faults_of(read(ranks))] == [("must", 2)]


def test_levels_are_read_out_of_names() -> None:
    assert levels_in("Level 2 Certificate in Bread") == {2}
    assert levels_in("a level 4 or level 5 course") == {4, 5}
    assert levels_in("T level in Education") == {3}
    assert levels_in("a higher or degree apprenticeship") == {4, 5, 6, 7}
    assert levels_in("A level in Computing") == frozenset()


if "HEADWATER_REFERENCE" in os.environ:
    NCS = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "ncs-job-profiles"

    def test_all_of_ncs_loads_without_a_must() -> None:
        """829 profiles, 581 apprenticeships, 95 skills; one group of routes for each profile that has any; 31 nowhere."""
        items = list(read_source(NCS).items)
        records = records_of(items)
        assert sum(isinstance(record, JobRole) for record in records) == 829
        assert sum("/ncs/apprenticeship/" in record.iri and isinstance(record, Course) for record in records) == 581
        kinds = Counter(record.kind for record in records if isinstance(record, Competency))
        assert kinds["skill"] == 95
        tops = [
            r for r in records if isinstance(r, RequirementGroup) and r.labels and r.labels[0].text == "Entry routes"
        ]
        assert len(tops) == 828
        standards = [r for r in records if isinstance(r, Requirement) and "/ncs/apprenticeship/" in (r.target or "")]
        assert len(standards) == 751
        codes = Counter(code for _, code, _ in faults_of(items))
        assert codes == {"reader.unknown-file": 1, "ncs.no-occupation": 1, "ncs.unused-rank": 1}
        assert any(isinstance(i, Finding) and i.message.startswith("31 profiles") for i in items)
        validated = validate([item for item in items if isinstance(item, Located)], dataset="ncs")
        assert not [finding for finding in validated.findings if finding.level is FindingLevel.MUST]
