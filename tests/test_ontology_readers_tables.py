"""Tables: what each file means, every fault with its place, and random worlds read as they were written."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from ontology.documents import Document
from ontology.model import (
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
    Located,
    Money,
    PayPeriod,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    ScaleLevel,
    Source,
    Teaching,
    Text,
)
from ontology.readers.table_columns import STATEMENT_NAMESPACE
from ontology.readers.tables import read_tables
from ontology.writers.tables import write_tables

DOCS = (Path(__file__).parent.parent / "docs" / "tables.md").read_text(encoding="utf-8")
X = "https://x.example/"
"""Where the things of these tests are."""


def read(files: Mapping[str, str], language: str = "und") -> tuple[list[Record], list[Finding]]:
    """Records and findings of tables given as text."""
    documents = [Document(name=name, data=text.encode()) for name, text in files.items()]
    items = list(read_tables(documents, language=language))
    records = [item.record for item in items if isinstance(item, Located)]
    return records, [item for item in items if isinstance(item, Finding)]


def records(files: Mapping[str, str], language: str = "und") -> list[Record]:
    """Records of tables that have no fault at all."""
    found, findings = read(files, language)
    assert findings == []
    return found


T = TypeVar("T")


def only(kind: type[T], found: list[Record]) -> list[T]:
    """The records of one kind."""
    return [record for record in found if isinstance(record, kind)]


# --- what each file means ------------------------------------------------------------------------------------------


def test_a_described_thing_has_all_its_fields() -> None:
    """frameworks, competencies, courses, credentials, roles and scales: every column, with what labels.csv adds."""
    found = records(
        {
            "frameworks.csv": f"iri,label,description,license,attribution\n{X}f,Ours,What we teach,CC-BY,Ours AG\n",
            "competencies.csv": "iri,label,description,language,framework,kind,parent,codes,replaced_by\n"
            f"{X}a,Solder,Join metals,en-gb,{X}f,skill,{X}b {X}c,own:1 iso:a:b%20c%25,{X}b\n"
            f"{X}b,,,,,,,,\n{X}c,,,,,,,,\n",
            "courses.csv": "iri,label,provider,cost,currency,duration_days,url,codes\n"
            f"{X}k,Soldering,School,12.5,EUR,16 h,{X}page,own:2\n",
            "credentials.csv": "iri,label,issuer,kind,cost,currency,duration_days\n"
            f"{X}z,Solderer,School,Badge,1.234,KWD,\n",
            "job_roles.csv": f"iri,label,framework,codes\n{X}r,Tinker,{X}f,isco:7213\n",
            "scales.csv": f"iri,label,min,max\n{X}s,Mastery,-1,4\n",
            "labels.csv": "iri,property,language,text\n"
            f"{X}a,label,de,Löten\n{X}a,alternative_label,,Brazing\n{X}a,description,de,Metalle verbinden\n"
            f"{X}s,label,de,Können\n",
        },
        language="en",
    )
    assert found == [
        Framework(
            iri=f"{X}f",
            labels=(Text("Ours", "en"),),
            descriptions=(Text("What we teach", "en"),),
            license="CC-BY",
            attribution="Ours AG",
        ),
        Scale(iri=f"{X}s", labels=(Text("Können", "de"), Text("Mastery", "en")), minimum=-1, maximum=4),
        Competency(
            iri=f"{X}a",
            labels=(Text("Löten", "de"), Text("Solder", "en-GB")),
            alternative_labels=(Text("Brazing", "en"),),
            descriptions=(Text("Metalle verbinden", "de"), Text("Join metals", "en-GB")),
            codes=(Code("iso", "a:b c%"), Code("own", "1")),
            framework=f"{X}f",
            kind="skill",
            broader=(f"{X}b", f"{X}c"),
            replaced_by=f"{X}b",
        ),
        Competency(iri=f"{X}b"),
        Competency(iri=f"{X}c"),
        Course(
            iri=f"{X}k",
            labels=(Text("Soldering", "en"),),
            provider="School",
            cost=Money(1250, "EUR"),
            duration_days=Decimal(2),
            url=f"{X}page",
            codes=(Code("own", "2"),),
        ),
        Credential(
            iri=f"{X}z", labels=(Text("Solderer", "en"),), issuer="School", kind="Badge", cost=Money(1234, "KWD")
        ),
        JobRole(iri=f"{X}r", labels=(Text("Tinker", "en"),), framework=f"{X}f", codes=(Code("isco", "7213"),)),
    ]


def test_a_blank_cost_or_length_is_unknown_and_zero_is_not() -> None:
    """Nothing stated is not the same as nothing to pay; a currency alone says nothing."""
    free, unknown = only(
        Course, records({"courses.csv": f"iri,cost,currency,duration_days\n{X}a,0,EUR,0\n{X}b,,EUR,\n"})
    )
    assert (free.cost, free.duration_days) == (Money(0, "EUR"), Decimal(0))
    assert (unknown.cost, unknown.duration_days) == (None, None)


def test_semicolons_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    """A spreadsheet's export in a country with decimal commas."""
    data = f"\ufeffiri;label\r\n{X}a;eins, zwei\r\n".encode()
    items = list(read_tables([Document(name="x/Competencies.CSV", data=data)]))
    assert [item.record for item in items if isinstance(item, Located)] == [
        Competency(iri=f"{X}a", labels=(Text("eins, zwei"),))
    ]


def test_an_unknown_column_is_told_and_kept_word_for_word() -> None:
    """Nothing that a source says is lost, in any file; a repeated load gives the same record."""
    files = {
        "courses.csv": f'iri,Room (old)\n{X}k,"a ""b"" é"\n',
        "competencies.csv": f"iri\n{X}a\n",
        "teaches.csv": f"subject,competency,note\n{X}k,{X}a,first\n{X}k,{X}a,second\n",
    }
    found, findings = read(files)
    assert {(finding.code, finding.level) for finding in findings} == {("table.unknown-column", FindingLevel.SHOULD)}
    assert only(Course, found)[0].statements == ((f"{STATEMENT_NAMESPACE}Room%20%28old%29", '"a \\"b\\" é"'),)
    first, second = only(Teaching, found)
    assert first.statements == ((f"{STATEMENT_NAMESPACE}note", '"first"'),)
    assert first.iri != second.iri
    assert read(files)[0] == found


def test_references_are_iris_codes_or_labels() -> None:
    """A label or code means the thing of the fitting kind; case and runs of blanks do not count; labels.csv counts."""
    found = records(
        {
            "competencies.csv": f"iri,label,codes\n{X}a,Read  plans,own:1\n{X}b,Basics,\n",
            "courses.csv": f"iri,label,codes\n{X}k,Basics,own:k\n",
            "labels.csv": f"iri,property,language,text\n{X}a,label,de,Pläne lesen\n",
            "teaches.csv": "subject,competency\nbasics,read plans\nOWN:K,basics\nBasics,pläne LESEN\n"
            f"{X}k,http://elsewhere.example/1\n{X}k,urn:x:1\n",
        }
    )
    assert [(teaching.subject, teaching.competency) for teaching in only(Teaching, found)] == [
        (f"{X}k", f"{X}a"),
        (f"{X}k", f"{X}b"),
        (f"{X}k", f"{X}a"),
        (f"{X}k", "http://elsewhere.example/1"),
        (f"{X}k", "urn:x:1"),
    ]


def test_parents_are_several_iris_or_one_label_with_blanks() -> None:
    """`parent` is separated by blanks, and a label may have some."""
    found = records({"competencies.csv": f"iri,label,parent\n{X}a,Read plans,\n{X}b,B,Read plans\n{X}c,C,b {X}a\n"})
    assert [competency.broader for competency in only(Competency, found)] == [(), (f"{X}a",), (f"{X}a", f"{X}b")]


ROLE = f"iri,label\n{X}r,R\n{X}q,Q\n"
LEVELS = f"role,name,rank\n{X}r,Low,1\n{X}r,High,2\n"


def tree(found: list[Record]) -> dict[str, object]:
    """Groups by name → (level, parent, minimum, importance, value), and the leaves as a sorted list under `leaves`."""
    levels = {level.iri: level.name for level in only(RoleLevel, found)}
    groups = {group.iri: group for group in only(RequirementGroup, found)}
    named: dict[str | None, str] = {iri: group.labels[0].text for iri, group in groups.items()}
    shown: dict[str, object] = {
        named[group.iri]: (
            levels.get(group.role_level or ""),
            named.get(group.parent),
            group.minimum,
            group.importance.value,
            group.importance_value,
        )
        for group in groups.values()
    }
    shown["leaves"] = sorted(
        (
            levels.get(leaf.role_level or "", ""),
            named.get(leaf.group, ""),
            (leaf.target or "").removeprefix(X) or f"{leaf.experience_days:g} days",
            leaf.importance.value if leaf.importance_value is None else leaf.importance_value,
        )
        for leaf in only(Requirement, found)
    )
    return shown


def test_a_requirement_tree_is_read_with_levels_groups_and_importance() -> None:
    """ALL, ANY and AT_LEAST, nested, a child before its parent; general rows; must by default; days of experience."""
    found = records(
        {
            "job_roles.csv": ROLE,
            "role_levels.csv": LEVELS,
            "groups.csv": "role,role_level,group,parent,min,importance\n"
            "R,High,inner,outer,2,0.5\nR,High,outer,,any,should\nR,,every,,,\nR,low,all of it,,ALL,MUST\n",
            "requires.csv": "role,role_level,group,target,level,scale,importance,days\n"
            f"R,High,inner,{X}a,,,,\nR,high,INNER,{X}b,,,,\nR,High,outer,,,,,90.5\nR,,every,{X}c,,,,\n"
            f"R,,,{X}d,,,should,\nR,Low,all of it,{X}e,,,0.25,\n",
        }
    )
    assert tree(found) == {
        "inner": ("High", "outer", 2, "should", 0.5),
        "outer": ("High", None, 1, "should", None),
        "every": (None, None, None, "must", None),
        "all of it": ("Low", None, None, "must", None),
        "leaves": [
            ("", "", "d", "should"),
            ("", "every", "c", "must"),
            ("High", "inner", "a", "must"),
            ("High", "inner", "b", "must"),
            ("High", "outer", "90.5 days", "must"),
            ("Low", "all of it", "e", 0.25),
        ],
    }
    assert [(level.role, level.name, level.rank) for level in only(RoleLevel, found)] == [
        (f"{X}r", "Low", 1),
        (f"{X}r", "High", 2),
    ]


def test_a_group_that_is_not_listed_is_any_with_its_strongest_importance() -> None:
    """Local to role and role level: the same name elsewhere is another group."""
    found = records(
        {
            "job_roles.csv": ROLE,
            "role_levels.csv": LEVELS,
            "requires.csv": "role,role_level,group,target,importance\n"
            f"R,,g,{X}a,0.3\nR,,g,{X}b,should\nR,Low,g,{X}a,0.3\nR,Low,g,{X}b,0.7\n"
            f"R,High,g,{X}a,0.9\nR,High,g,{X}b,\nQ,,g,{X}a,0\n",
        }
    )
    levels = {level.iri: level.name for level in only(RoleLevel, found)}
    assert [
        (
            group.owner.removeprefix(X),
            levels.get(group.role_level or ""),
            group.minimum,
            group.importance,
            group.importance_value,
        )
        for group in only(RequirementGroup, found)
    ] == [
        ("r", None, 1, Importance.SHOULD, None),
        ("r", "Low", 1, Importance.SHOULD, 0.7),
        ("r", "High", 1, Importance.MUST, None),
        ("q", None, 1, Importance.SHOULD, 0),
    ]
    assert len({group.iri for group in only(RequirementGroup, found)}) == 4


def test_a_level_is_asked_and_taught_on_its_scale() -> None:
    """The scale by label or IRI; no level, no Level."""
    found = records(
        {
            "scales.csv": f"iri,label,min,max\n{X}s,Mastery,0,4\n",
            "competencies.csv": f"iri\n{X}a\n",
            "courses.csv": f"iri\n{X}k\n",
            "job_roles.csv": ROLE,
            "teaches.csv": f"subject,competency,level,scale\n{X}k,{X}a,2,Mastery\n{X}k,{X}a,,\n",
            "requires.csv": f"role,target,level,scale\nR,{X}a,2.5,{X}s\nR,{X}a,3,http://other.example/scale\n",
        }
    )
    assert [teaching.level for teaching in only(Teaching, found)] == [Level(f"{X}s", 2), None]
    assert [leaf.level for leaf in only(Requirement, found)] == [
        Level(f"{X}s", 2.5),
        Level("http://other.example/scale", 3),
    ]
    assert len({record.iri for record in found}) == len(found)


def test_prerequisites_without_group_must_all_hold_and_a_group_is_any() -> None:
    """The group's name is local to the target; a credential has prerequisites too; experience counts."""
    found = records(
        {
            "courses.csv": f"iri,label\n{X}k,K\n{X}l,L\n",
            "credentials.csv": f"iri,label\n{X}z,Z\n",
            "prerequisites.csv": f"target,group,needs,days\nK,,{X}a,\nK,g,L,\nK,g,{X}b,\nL,g,{X}b,\nZ,,,365\n",
        }
    )
    groups = {group.iri: (group.owner.removeprefix(X), group.minimum) for group in only(RequirementGroup, found)}
    assert sorted(groups.values()) == [("k", 1), ("l", 1)]
    assert [
        (leaf.owner.removeprefix(X), groups.get(leaf.group or ""), leaf.target or leaf.experience_days, leaf.importance)
        for leaf in only(Requirement, found)
    ] == [
        ("k", None, f"{X}a", Importance.MUST),
        ("k", ("k", 1), f"{X}l", Importance.MUST),
        ("k", ("k", 1), f"{X}b", Importance.MUST),
        ("l", ("l", 1), f"{X}b", Importance.MUST),
        ("z", None, 365.0, Importance.MUST),
    ]


def test_an_award_joins_a_course_and_a_credential() -> None:
    """Its identity is the pair, so a repeated row is the same record."""
    found = records(
        {
            "courses.csv": f"iri,label\n{X}k,K\n",
            "credentials.csv": f"iri,label\n{X}z,Z\n",
            "awards.csv": "course,credential\nK,Z\nK,Z\n",
        }
    )
    first, second = only(Awarding, found)
    assert first == second
    assert (first.course, first.credential) == (f"{X}k", f"{X}z")


@pytest.mark.parametrize(
    ("predicate", "relation"),
    [
        ("skos:exactMatch", Relation.EXACT),
        ("http://www.w3.org/2004/02/skos/core#closeMatch", Relation.CLOSE),
        ("broadMatch", Relation.BROAD),
        ("narrowmatch", Relation.NARROW),
        ("skos:relatedMatch", Relation.RELATED),
        ("owl:equivalentClass", Relation.EXACT),
        ("http://www.w3.org/2002/07/owl#sameAs", Relation.EXACT),
        ("ceasn:majorAlignment", Relation.CLOSE),
        ("https://purl.org/ctdlasn/terms/minorAlignment", Relation.RELATED),
        ("ceasn:broadAlignment", Relation.BROAD),
        ("ceterms:narrowAlignment", Relation.NARROW),
    ],
)
def test_an_alignment_has_the_relation_of_its_predicate(predicate: str, relation: Relation) -> None:
    """As CURIE, IRI or bare name; both ends may be foreign."""
    text = f"subject_id,predicate_id,object_id\nhttp://a.example/1,{predicate},http://b.example/2\n"
    (alignment,) = only(Alignment, records({"alignments.csv": text}))
    assert (alignment.subject, alignment.relation, alignment.object) == (
        "http://a.example/1",
        relation,
        "http://b.example/2",
    )


def test_a_whole_sssom_file_is_read() -> None:
    """Metadata lines, the curie_map, tabs; slots that no field holds are kept; lines are those of the file."""
    text = (
        "#mapping_set_id: https://x.example/set\n#curie_map:\n#  ex: https://x.example/\n"
        '#  "orcid": "https://orcid.org/"\n#license: none\n'
        "subject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification\tconfidence\tauthor_id\t"
        "mapping_date\tmapping_source\tcomment\n"
        'ex:a\tA, the first\tskos:broadMatch\tex:b\tsemapv:ManualMappingCuration\t0.8\torcid:0\t2026-01-31\tex:m\t"x ""y"""\n'
        "ex:a\t\tskos:nearlyMatch\tex:c\t\t\t\t\t\t\n"
    )
    found, findings = read({"alignments.csv": text})
    (alignment,) = only(Alignment, found)
    assert alignment == Alignment(
        iri=alignment.iri,
        subject=f"{X}a",
        object=f"{X}b",
        relation=Relation.BROAD,
        confidence=0.8,
        method="semapv:ManualMappingCuration",
        source=f"{X}m",
        author="https://orcid.org/0",
        date="2026-01-31",
        comment='x "y"',
        statements=((f"{STATEMENT_NAMESPACE}subject_label", '"A, the first"'),),
    )
    assert [(finding.code, finding.source) for finding in findings] == [
        ("tables.unknown-predicate", Source(file="alignments.csv", line=8, column="predicate_id"))
    ]


def test_rows_that_differ_are_different_things() -> None:
    """One pair with two importances, levels or confidences stays two records, for validation to judge."""
    found = records(
        {
            "job_roles.csv": ROLE,
            "requires.csv": f"role,target,importance\nR,{X}a,\nR,{X}a,should\nR,{X}a,0.5\nQ,{X}a,\n",
            "alignments.csv": "subject_id,predicate_id,object_id,confidence\n"
            f"{X}a,skos:closeMatch,{X}b,\n{X}a,skos:closeMatch,{X}b,0.5\n",
        }
    )
    assert len({record.iri for record in found}) == len(found) == 8


def test_a_job_has_employer_places_and_pay_and_comes_out_again() -> None:
    """Codes in any case, names of countries, semicolons in names; an export gives the same rows."""
    (role,) = records(
        {
            "job_roles.csv": "iri,label,employer,employer_iri,places,remote,salary_min,salary_max,salary_currency,salary_period\n"
            f'{X}r,Tinker,Acme,{X}acme,"us-ca/Oakland; Germany;/Oz%3B West",yes,24.50,,eur,Hour\n'
        }
    )
    assert isinstance(role, JobRole)
    assert (role.employer, role.employer_iri, role.remote) == ("Acme", f"{X}acme", True)
    assert role.places == ("/Oz; West", "DE", "US-CA/Oakland")
    assert role.salary == Salary("EUR", 2450, None, PayPeriod.HOUR)
    files, losses = write_tables([role])
    assert losses == []
    assert records({name: data.decode() for name, data in files.items()}) == [role]


def test_what_a_job_does_not_state_is_unknown() -> None:
    """A currency alone is a salary without figures; nothing is none."""
    one, two = records({"job_roles.csv": f"iri,label,salary_currency,remote\n{X}a,A,JPY,no\n{X}b,B,,\n"})
    assert isinstance(one, JobRole)
    assert isinstance(two, JobRole)
    assert (one.salary, one.remote, one.places) == (Salary("JPY"), False, ())
    assert (two.salary, two.employer) == (None, None)


NAMED = {
    "scales.csv": "iri,label,min,max\nurn:s,Own,0,4\nurn:t,Other,0,9\n",
    "scale_levels.csv": (
        "iri,scale,level,label,description\nurn:s/1,Own,1,Able,Alone.\nurn:t/7,urn:t,7,able,\n"
        "urn:f/2,https://far.example/s,2,Good,\n"
    ),
}


def named(content: str) -> tuple[list[Level | None], list[str]]:
    """The levels that teachings of these rows are at, and the codes of what is told."""
    files = {**NAMED, "teaches.csv": f"subject,competency,level,scale\n{content}"}
    items = list(read_tables([Document(name=name, data=text.encode()) for name, text in files.items()]))
    levels = [item.record.level for item in items if isinstance(item, Located) and isinstance(item.record, Teaching)]
    return levels, [item.code for item in items if isinstance(item, Finding)]


@pytest.mark.parametrize(
    ("level", "scale", "expected"),
    [
        ("ABLE", "Own", Level("urn:s", 1)),
        ("Able", "Other", Level("urn:t", 7)),
        ("urn:s/1", "urn:s", Level("urn:s", 1)),
        ("Good", "https://far.example/s", Level("https://far.example/s", 2)),
        ("2.5", "Own", Level("urn:s", 2.5)),
        ("Good", "Own", None),
        ("urn:t/7", "Own", None),
        ("Able", "https://far.example/other", None),
    ],
)
def test_a_level_is_named_on_its_own_scale(level: str, scale: str, expected: Level | None) -> None:
    """By label or IRI, of whichever dataset the scale is; the name of another scale's level is no number."""
    found = named(f"https://x.example/k,https://x.example/c,{level},{scale}\n")
    assert found == ([expected], []) if expected else found == ([], ["tables.not-a-number"])


def test_levels_of_a_scale_are_read_with_what_they_mean() -> None:
    """Two of one name on one scale cannot be told apart by it."""
    documents = [Document(name=name, data=text.encode()) for name, text in NAMED.items()]
    records = [item.record for item in read_tables(documents) if isinstance(item, Located)]
    assert (
        ScaleLevel(iri="urn:s/1", level=Level("urn:s", 1), labels=(Text("Able"),), descriptions=(Text("Alone."),))
        in records
    )
    twice = NAMED["scale_levels.csv"] + "urn:s/3,Own,3,Able,\n"
    teaches = "subject,competency,level,scale\nurn:k:1,urn:c:1,able,Own\n"
    files = {**NAMED, "scale_levels.csv": twice, "teaches.csv": teaches}
    items = list(read_tables([Document(name=name, data=text.encode()) for name, text in files.items()]))
    assert [item.code for item in items if isinstance(item, Finding)] == ["tables.ambiguous-reference"]
