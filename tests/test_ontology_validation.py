"""All faults of a load at once: each rule by a small example, merging, and leaving out what is broken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from ontology.model import (
    ONTOLOGY,
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Located,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    Source,
    Teaching,
    Text,
    Unmapped,
)
from ontology.terms import RDF_TYPE
from ontology.validation import Validated, validate

MUST, SHOULD = Importance.MUST, Importance.SHOULD
NAMED = (Text("named", "en"),)


def at(name: str) -> str:
    return f"https://x.example/{name}"


def competency(name: str, **more: object) -> Competency:
    return replace(Competency(iri=at(name), labels=NAMED), **more)  # type: ignore[arg-type]


def course(name: str, **more: object) -> Course:
    return replace(Course(iri=at(name), labels=NAMED), **more)  # type: ignore[arg-type]


def credential(name: str, **more: object) -> Credential:
    return replace(Credential(iri=at(name), labels=NAMED), **more)  # type: ignore[arg-type]


def role(name: str, **more: object) -> JobRole:
    return replace(JobRole(iri=at(name), labels=NAMED), **more)  # type: ignore[arg-type]


def asks(name: str, owner: str, target: str, **more: object) -> Requirement:
    return replace(Requirement(iri=at(name), owner=at(owner), target=at(target)), **more)  # type: ignore[arg-type]


def group(name: str, owner: str, **more: object) -> RequirementGroup:
    return replace(RequirementGroup(iri=at(name), owner=at(owner), minimum=1), **more)  # type: ignore[arg-type]


def teaches(name: str, subject: str, target: str, **more: object) -> Teaching:
    return replace(Teaching(iri=at(name), subject=at(subject), competency=at(target)), **more)  # type: ignore[arg-type]


WORLD: tuple[Record, ...] = (
    Framework(iri=at("f"), labels=NAMED),
    competency("c", framework=at("f")),
    competency("c2", broader=(at("c"),)),
    course("k"),
    credential("d"),
    role("r"),
    RoleLevel(iri=at("basic"), role=at("r"), name="Basic", rank=1),
    Scale(iri=at("s"), labels=NAMED, minimum=0, maximum=5),
    asks("q", "r", "c", level=Level(at("s"), 3.0)),
    asks("q2", "r", "d", role_level=at("basic")),
    teaches("t", "k", "c", level=Level(at("s"), 5.0)),
    Awarding(iri=at("w"), course=at("k"), credential=at("d")),
    Alignment(
        iri=at("a"), subject=at("c"), object="https://elsewhere.example/z", relation=Relation.EXACT, confidence=1.0
    ),
)
"""A world without a fault."""


def checked(records: Iterable[Record], **options: object) -> Validated:
    items = [
        Located(record=record, source=Source(file="data.csv", line=line, column="c"))
        for line, record in enumerate(records, start=2)
    ]
    return validate(items, dataset="mine", **options)  # type: ignore[arg-type]


def told(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.level.value, finding.code) for finding in findings]


def changed(*records: Record) -> list[Record]:
    """The world with records of the same IRI replaced and others added."""
    found = {record.iri: record for record in WORLD} | {record.iri: record for record in records}
    return list(found.values())


def test_a_world_without_a_fault_has_no_finding_and_stays_as_it_is() -> None:
    """An alignment to what no dataset describes is no fault."""
    validated = checked(WORLD)
    assert validated.findings == ()
    assert set(validated.records) == set(WORLD)
    assert (validated.read, validated.merged, validated.refused, validated.blocked) == (len(WORLD), 0, 0, False)


DEFAULT = {"owner": at("r"), "importance": MUST}
FAULTS: dict[str, tuple[str, Sequence[Record]]] = {
    "alignment.itself": ("should", [Alignment(iri=at("a"), subject=at("c"), object=at("c"), relation=Relation.CLOSE)]),
    "broader.cycle": ("should", [competency("c", broader=(at("c2"),))]),
    "code.empty": ("should", [course("k", codes=(Code("x", ""),))]),
    "code.shared": ("should", [competency("c", codes=(Code("x", "1"),)), competency("c2", codes=(Code("x", "1"),))]),
    "competency.not-taught": ("should", [teaches("t", "k", "c2")]),
    "confidence.out-of-range": (
        "must",
        [Alignment(iri=at("a"), subject=at("c"), object=at("z"), relation=Relation.EXACT, confidence=1.01)],
    ),
    "cost.out-of-range": ("must", [course("k", cost=Money(-1, "USD"))]),
    "place.unclear": ("should", [role("r2", places=("Oakland",), replaced_by=at("r"))]),
    "salary.out-of-range": ("must", [role("r2", salary=Salary("USD", -1), replaced_by=at("r"))]),
    "salary.reversed": ("must", [role("r2", salary=Salary("USD", 2, 1), replaced_by=at("r"))]),
    "currency.invalid": ("must", [course("k", cost=Money(1, "US$"))]),
    "duration.out-of-range": ("must", [credential("d", duration_days=Decimal(-1))]),
    "duration.too-precise": ("should", [credential("d", duration_days=Decimal("0.1234567"))]),
    "experience.out-of-range": (
        "must",
        [replace(asks("q2", "r", "d"), target=None, experience_days=-1.0, role_level=at("basic"))],
    ),
    "group.cycle": (
        "must",
        [group("g", "r", parent=at("h")), group("h", "r", parent=at("g")), asks("q3", "r", "c", group=at("g"))],
    ),
    "group.empty": ("must", [group("g", "r", minimum=None)]),
    "group.minimum-too-large": (
        "must",
        [group("g", "r", minimum=2), asks("q3", "r", "c2", group=at("g")), teaches("t2", "k", "c2")],
    ),
    "group.minimum-too-small": ("must", [group("g", "r", minimum=0), asks("q3", "r", "c", group=at("g"))]),
    "identity.invalid-iri": ("must", [Scale(iri="https://x.example/a b", labels=NAMED, minimum=0, maximum=1)]),
    "identity.too-long": ("must", [Scale(iri=at("a" * 2048), labels=NAMED, minimum=0, maximum=1)]),
    "importance.graded-must": ("should", [asks("q", "r", "c", importance_value=0.5)]),
    "importance.out-of-range": ("must", [asks("q", "r", "c", importance=SHOULD, importance_value=float("nan"))]),
    "level.not-finite": ("must", [asks("q", "r", "c", level=Level(at("s"), float("nan")))]),
    "level.out-of-scale": ("must", [asks("q", "r", "c", level=Level(at("s"), 5.5))]),
    "level.unknown-scale": ("must", [asks("q", "r", "c", level=Level(at("nowhere"), 1.0))]),
    "link.dangling": ("must", [asks("q", "r", "nowhere")]),
    "link.wrong-class": ("must", [teaches("t2", "k", "r")]),
    "prerequisite.cycle": ("should", [asks("q3", "k", "c")]),
    "prerequisite.deadlock": ("must", [asks("q3", "k", "k2"), course("k2"), asks("q4", "k2", "k")]),
    "record.incomplete": ("must", [Unmapped(iri=at("u"), statements=((RDF_TYPE, f"<{ONTOLOGY}Teaching>"),))]),
    "replaced-by.cycle": ("should", [course("k2", replaced_by=at("k3")), course("k3", replaced_by=at("k2"))]),
    "replaced-by.unknown": ("should", [course("k", replaced_by=at("nowhere"))]),
    "requirement.foreign-group": (
        "must",
        [group("g", "k"), asks("q3", "k", "d", group=at("g")), asks("q4", "r", "d", group=at("g"))],
    ),
    "requirement.foreign-level": ("must", [role("r2"), asks("q3", "r2", "c", role_level=at("basic"))]),
    "requirement.level-differs": (
        "should",
        [group("g", "r"), asks("q3", "r", "c", group=at("g"), role_level=at("basic"))],
    ),
    "requirement.must-and-should": ("should", [asks("q3", "r", "c", importance=SHOULD)]),
    "requirement.unclear": ("must", [asks("q", "r", "c", experience_days=3.0)]),
    "role-level.unnamed": ("should", [RoleLevel(iri=at("basic"), role=at("r"), name=" ", rank=1)]),
    "role-level.without-requirements": ("should", [RoleLevel(iri=at("high"), role=at("r"), name="High", rank=2)]),
    "role.without-requirements": ("should", [role("r2")]),
    "scale.empty": ("must", [Scale(iri=at("s2"), labels=NAMED, minimum=1, maximum=1)]),
    "statement.malformed": ("must", [course("k", statements=(("urn:p", '"open'),))]),
    "text.empty-label": ("should", [course("k", labels=(*NAMED, Text(" ", "fr")))]),
    "text.invalid-character": ("must", [course("k", descriptions=(Text("\ud800"),))]),
    "text.invalid-language": ("should", [course("k", labels=(Text("x", "en_GB"),))]),
    "text.missing-label": ("should", [course("k", labels=())]),
    "text.non-breaking-space": ("should", [course("k", descriptions=(Text("a\u00a0b"),))]),
    "text.outer-blanks": ("should", [course("k", labels=(Text(" x", "en"),))]),
    "text.several-labels": ("should", [course("k", labels=(Text("x", "en"), Text("y", "en")))]),
    "url.not-web": ("should", [course("k", url="javascript:alert(1)")]),
}


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_each_fault_is_told_alone_with_its_place_and_its_way_out(code: str) -> None:
    """One fault in a world without others is one finding: level, code, subject, file and line, fix."""
    level, records = FAULTS[code]
    validated = checked(changed(*records))
    assert told(validated.findings) == [(level, code)]
    (finding,) = validated.findings
    assert finding.source is not None
    assert finding.source.file == "data.csv"
    assert finding.source.line is not None
    assert finding.subject in {record.iri for record in changed(*records)}
    assert finding.fix
    assert finding.message.endswith(".")
    assert validated.blocked is (level == "must")


@pytest.mark.parametrize("code", sorted(code for code, (level, _) in FAULTS.items() if level == "must"))
def test_what_stays_without_the_broken_has_no_must(code: str) -> None:
    """The rest that is loaded when broken records are skipped is a world without must-findings, and the counts add up."""
    records = changed(*FAULTS[code][1])
    validated = checked(records, skip_broken=True)
    assert validated.refused > 0
    assert validated.read == len(validated.records) + validated.refused + validated.merged
    assert not checked(validated.records).blocked


def test_all_faults_are_told_at_once_must_before_should() -> None:
    """Every fault together: every code, no finding lost."""
    records: list[Record] = [
        replace(record, iri=f"{record.iri}-{number}")
        for number, (_, found) in enumerate(FAULTS.values())
        for record in found[:1]
    ]
    findings = checked([*WORLD, *records]).findings
    levels = [finding.level for finding in findings]
    assert levels == sorted(levels)
    assert {"cost.out-of-range", "currency.invalid", "scale.empty", "statement.malformed"} <= {
        each.code for each in findings
    }


def test_identical_duplicates_are_merged_and_told() -> None:
    """The same thing twice, but for the order of its labels, is one."""
    both = (Text("a", "en"), Text("b", "fr"))
    validated = checked([course("k", labels=both), course("k", labels=both[::-1])])
    assert told(validated.findings) == [("should", "identity.duplicate")]
    assert validated.records == (course("k", labels=both),)
    assert (validated.read, validated.merged) == (2, 1)


def test_differing_duplicates_block_and_say_where_and_in_what() -> None:
    """The finding is at the second, and names the first and the fields."""
    validated = checked([course("k"), course("k", provider="Other", url="https://a.example/")])
    (finding,) = validated.findings
    assert (finding.level, finding.code) == (FindingLevel.MUST, "identity.conflict")
    assert finding.source == Source(file="data.csv", line=3, column="c")
    assert "data.csv, line 2" in finding.message
    assert "url and provider" in finding.message


@dataclass(frozen=True)
class Others:
    """What a dataset named theirs describes."""

    records: tuple[Record, ...]

    def owner(self, iri: str) -> str | None:
        return "theirs" if self.type_of(iri) else None

    def type_of(self, iri: str) -> type[Record] | None:
        return next((type(record) for record in self.records if record.iri == iri), None)

    def level_mappings(self) -> Iterable[LevelMapping]:
        return (record for record in self.records if isinstance(record, LevelMapping))


def mapped(name: str, one: tuple[str, float], other: tuple[str, float]) -> LevelMapping:
    return LevelMapping(iri=at(name), level=Level(at(one[0]), one[1]), matched=Level(at(other[0]), other[1]))


@pytest.mark.parametrize(
    ("level", "matched", "expected"),
    [
        (1, 1, 0),
        (1, 3, 1),
        (2, 1, 0),
        (2, 4, 0),
        (2, 5, 1),
        (3, 2, 1),
        (3, 3, 0),
        (4, 4, 0),
        (4, 1, 1),
        (5, 3, 1),
        (5, 5, 0),
    ],
)
def test_mappings_of_another_dataset_that_contradict_are_told(level: float, matched: float, expected: int) -> None:
    """2 is 1 to 3 and 4 is 4 elsewhere, stated from either scale: neither counts where one here crosses these."""
    theirs = Others(
        (
            mapped("below", ("s", 2), ("s2", 1)),
            mapped("low", ("s2", 3), ("s", 2)),
            mapped("above", ("s", 4), ("s2", 4)),
        )
    )
    scales = [Scale(iri=at(name), labels=NAMED, minimum=0, maximum=5) for name in ("s", "s2")]
    found = checked([*scales, mapped("v", ("s2", matched), ("s", level))], known=theirs).findings
    assert told(found) == [("should", "level-mapping.contradicts-another")] * expected
    assert all("'theirs'" in finding.message for finding in found)


def test_what_another_dataset_describes_may_be_named_and_not_described() -> None:
    """References are free; a claim on the same framework is a must that names the owner."""
    theirs = Others((Framework(iri=at("f"), labels=NAMED), competency("c")))
    assert checked([course("k"), teaches("t", "k", "c")], known=theirs).findings == ()
    (finding,) = checked([Framework(iri=at("f"), labels=NAMED), competency("c")], known=theirs).findings
    assert (finding.level, finding.code, finding.subject) == (FindingLevel.MUST, "identity.owned-elsewhere", at("f"))
    assert "'theirs'" in finding.message


def test_the_class_of_what_another_dataset_describes_counts() -> None:
    """A teaching of a role of another dataset is a must."""
    theirs = Others((role("r"),))
    assert told(checked([course("k"), teaches("t", "k", "r")], known=theirs).findings) == [("must", "link.wrong-class")]


def test_levels_on_scales_of_other_datasets_are_held_to_them() -> None:
    """The scale comes with what is known."""
    scale = Scale(iri=at("s"), minimum=1, maximum=5)
    records: list[Record] = [course("k"), competency("c"), teaches("t", "k", "c", level=Level(at("s"), 0.0))]
    validated = checked(records, known=Others((scale,)), known_scales={scale.iri: scale})
    assert told(validated.findings) == [("must", "level.out-of-scale")]


def test_many_of_a_kind_become_one_finding_with_their_number() -> None:
    """Ten roles without requirements are told one by one, eleven at once."""
    assert len(checked([role(f"r{number}") for number in range(10)]).findings) == 10
    (finding,) = checked([role(f"r{number}") for number in range(11)]).findings
    assert finding.message.startswith("11 roles")


def test_a_must_and_a_should_at_different_levels_both_stay() -> None:
    """Only the same level of the role makes them one; graded importance is a should."""
    records = changed(asks("q3", "r", "c", importance=SHOULD, role_level=at("basic")))
    assert checked(records).findings == ()
    validated = checked(changed(asks("q3", "r", "c", importance=SHOULD, importance_value=0.9)))
    assert told(validated.findings) == [("should", "requirement.must-and-should")]
    assert at("q3") not in {record.iri for record in validated.records}
    assert (validated.merged, validated.refused) == (1, 0)


def test_leaving_out_takes_what_depends_along_and_counts_it() -> None:
    """A broken course takes its teachings, awards and prerequisites along; the group of any one keeps the others."""
    records = changed(
        course("k", cost=Money(-1, "USD")),
        course("k2"),
        group("g", "r"),
        asks("q3", "r", "k", group=at("g")),
        asks("q4", "r", "k2", group=at("g")),
    )
    validated = checked(records, skip_broken=True)
    kept = {record.iri for record in validated.records}
    assert {at("g"), at("q4")} <= kept
    assert not {at("k"), at("t"), at("w"), at("q3")} & kept
    assert validated.refused == 4
    assert told(validated.findings) == [("must", "cost.out-of-range"), ("should", "load.left-out")]


def test_a_group_left_with_too_few_children_goes_too() -> None:
    """At least two of two, one of which is left out, can never hold."""
    records = changed(
        course("k2", cost=Money(-1, "USD")),
        group("g", "r", minimum=2),
        asks("q3", "r", "k2", group=at("g")),
        asks("q4", "r", "k", group=at("g")),
    )
    kept = {record.iri for record in checked(records, skip_broken=True).records}
    assert not {at("g"), at("q3"), at("q4"), at("k2")} & kept


def prerequisites(*records: Record) -> list[tuple[str, str]]:
    courses = [course(name) for name in ("k1", "k2", "k3", "k4")]
    found = checked([*courses, credential("d1"), competency("c1"), competency("c2"), *records]).findings
    return [each for each in told(found) if each[1].startswith("prerequisite")]


DEADLOCK, CYCLE = [("must", "prerequisite.deadlock")], [("should", "prerequisite.cycle")]


def test_a_course_that_requires_itself_is_a_deadlock() -> None:
    """The smallest cycle."""
    assert prerequisites(asks("q1", "k1", "k1")) == DEADLOCK


def test_an_alternative_outside_the_cycle_breaks_it() -> None:
    """k1 needs k2; k2 needs k1 or k3."""
    either: list[Record] = [
        group("g", "k2"),
        asks("q2", "k2", "k1", group=at("g")),
        asks("q3", "k2", "k3", group=at("g")),
    ]
    assert prerequisites(asks("q1", "k1", "k2"), *either) == CYCLE


def test_an_alternative_inside_the_cycle_does_not_break_it() -> None:
    """k1 needs k2; k2 needs k1 or k3; k3 needs k1."""
    either: list[Record] = [
        group("g", "k2"),
        asks("q2", "k2", "k1", group=at("g")),
        asks("q3", "k2", "k3", group=at("g")),
    ]
    assert prerequisites(asks("q1", "k1", "k2"), *either, asks("q4", "k3", "k1")) == DEADLOCK


def test_an_all_group_needs_its_alternative_too() -> None:
    """k2 needs k1 and k3: k3 alone opens no way."""
    both: list[Record] = [
        group("g", "k2", minimum=None),
        asks("q2", "k2", "k1", group=at("g")),
        asks("q3", "k2", "k3", group=at("g")),
    ]
    assert prerequisites(asks("q1", "k1", "k2"), *both) == DEADLOCK


def test_a_competency_taught_elsewhere_breaks_the_cycle() -> None:
    """k2 needs k1 or c1, and k3 teaches c1; where only k1 teaches it, nothing is broken."""
    either: list[Record] = [
        group("g", "k2"),
        asks("q2", "k2", "k1", group=at("g")),
        asks("q3", "k2", "c1", group=at("g")),
    ]
    assert prerequisites(asks("q1", "k1", "k2"), *either, teaches("t1", "k3", "c1")) == CYCLE
    assert prerequisites(asks("q1", "k1", "k2"), *either, teaches("t1", "k1", "c1")) == DEADLOCK
    assert prerequisites(asks("q1", "k1", "k2"), *either) == CYCLE


def test_a_cycle_through_competencies_is_told_and_does_not_block() -> None:
    """k1 teaches c1 and needs c2, k2 teaches c2 and needs c1."""
    records: list[Record] = [
        asks("q1", "k1", "c2"),
        asks("q2", "k2", "c1"),
        teaches("t1", "k1", "c1"),
        teaches("t2", "k2", "c2"),
    ]
    assert prerequisites(*records) == CYCLE


def test_a_credential_that_another_course_awards_breaks_the_cycle() -> None:
    """k1 needs d1, d1 needs k1; k2 awards d1 without prerequisites."""
    cycle: list[Record] = [asks("q1", "k1", "d1"), asks("q2", "d1", "k1")]
    assert prerequisites(*cycle) == DEADLOCK
    assert prerequisites(*cycle, Awarding(iri=at("w1"), course=at("k2"), credential=at("d1"))) == CYCLE


def test_two_deadlocks_are_two_findings() -> None:
    """Each names its own members."""
    records: list[Record] = [
        asks("q1", "k1", "k2"),
        asks("q2", "k2", "k1"),
        asks("q3", "k3", "k4"),
        asks("q4", "k4", "k3"),
    ]
    assert prerequisites(*records) == DEADLOCK * 2


def test_a_chain_of_prerequisites_is_no_cycle() -> None:
    """k1 needs k2 needs k3."""
    assert prerequisites(asks("q1", "k1", "k2"), asks("q2", "k2", "k3")) == []


def test_a_long_chain_needs_no_recursion() -> None:
    """Five thousand courses, and the last requires the first."""
    count = 5000
    courses = [course(f"k{number}") for number in range(count)]
    needs = [asks(f"q{number}", f"k{number}", f"k{(number + 1) % count}") for number in range(count)]
    assert told(checked([*courses, *needs]).findings) == DEADLOCK


def test_the_order_of_reading_changes_nothing_but_the_places() -> None:
    """Backwards gives the same records and the same findings."""
    records = changed(*FAULTS["prerequisite.deadlock"][1], *FAULTS["group.cycle"][1], *FAULTS["cost.out-of-range"][1])
    first, second = checked(records), checked(records[::-1])
    assert first.records == second.records
    assert sorted(told(first.findings)) == sorted(told(second.findings))


def test_long_values_are_cut_in_findings() -> None:
    """An IRI, a label, a code or a currency of a MiB: no message is long, no subject much longer than an IRI may be."""
    long = "a" * (1 << 20)
    records: list[Record] = [
        Framework(iri=f"https://e.example/{long}", labels=(Text(text=long, language="en"),)),
        Competency(iri="https://e.example/1", framework=long, codes=(Code(system="", value=long),)),
        Course(iri="https://e.example/2", cost=Money(minor_units=-1, currency=long), provider=long),
    ]
    found = validate(
        [Located(record=record, source=Source(file="a.csv", line=1)) for record in records], dataset="long"
    ).findings
    assert {"identity.too-long", "currency.invalid", "code.empty"} <= {finding.code for finding in found}
    assert all(len(finding.message) <= 1000 and len(finding.subject or "") <= 4096 for finding in found)
