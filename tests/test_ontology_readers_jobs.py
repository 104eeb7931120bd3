"""Jobs of schema.org and JDX: the golden pair, every way to write a context, what is asked for, what is refused and kept."""

import json
import os
import runpy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    PayPeriod,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Salary,
    Source,
    Unmapped,
)
from ontology.readers import KnownCodes, Nothing, read_source
from ontology.readers.detection import Fit, ReadContext
from ontology.readers.jdx import fit_jdx, read_jdx
from ontology.readers.job_texts import read_experience, read_learning_days, read_list, read_occupation_codes
from ontology.readers.ler_rs import fit_ler_rs, read_ler_rs
from ontology.readers.linked_json import link_json
from ontology.readers.schema_org import VOCABULARY, fit_schema_org, read_schema_org
from ontology.skolem import without_blanks
from ontology.validation import validate
from ontology.writers.rdf_source import original_triples

DATA = Path(__file__).parent / "data" / "jobs"
SCHEMA = "https://schema.org/"
ANALYST = "https://w3id.org/headwater/id/onet/15-1212.00"


def known() -> KnownCodes:
    codes = KnownCodes()
    codes.add(JobRole(iri=ANALYST, codes=(Code("onetsoc", "15-1212.00"), Code("soc", "15-1212"))))
    codes.add(Competency(iri="http://data.europa.eu/esco/skill/sql", codes=(Code("esco", "S1.1"),)))
    return codes


def read(value: object, name: str = "a.json", reader: str = "schema-org") -> tuple[list[Record], list[Finding]]:
    text = value if isinstance(value, str) else json.dumps(value)
    context = ReadContext(language="und", surroundings=known(), dataset="x")
    readers = {"schema-org": read_schema_org, "jdx": read_jdx, "ler-rs": read_ler_rs}
    items = list(readers[reader]([Document(name=name, data=text.encode())], context))
    return (
        [item.record for item in items if isinstance(item, Located)],
        [item for item in items if isinstance(item, Finding)],
    )


def posting(**said: object) -> dict[str, object]:
    return {"@context": "https://schema.org", "@id": "https://acme.example/job", "@type": "JobPosting", **said}


def asked(records: Sequence[Record]) -> list[tuple[str, str]]:
    """(label or days, importance) of each requirement."""
    labels = {each.iri: each.labels[0].text for each in records if isinstance(each, Competency | Credential | Course)}
    return [
        (labels.get(each.target, each.target) if each.target else f"{each.experience_days:g}", each.importance.value)
        for each in records
        if isinstance(each, Requirement)
    ]


def test_the_reader_gives_what_its_golden_pair_says() -> None:
    """Every record with its file and JSON pointer, in order; the known analyst is aligned, its code not taken over."""
    expected = runpy.run_path(str(DATA / "records_jobs.py"))
    codes = KnownCodes()
    codes.add(JobRole(iri=ANALYST, codes=(Code("onetsoc", "15-1212.00"), Code("soc", "15-1212"))))
    reading = read_source(DATA, surroundings=codes)
    items = list(reading.items)
    assert reading.format == "schema-org+jdx"
    found = [(item.record, item.source.file, item.source.pointer) for item in items if isinstance(item, Located)]
    assert found == expected["RECORDS"]
    faults = [item for item in items if isinstance(item, Finding) and item.code != "reader.unknown-file"]
    told = [(each.code, each.subject, each.source.pointer if each.source else None) for each in faults]
    assert told == expected["FINDINGS"]


def test_a_document_cut_anywhere_is_one_finding_with_its_line() -> None:
    data = (DATA / "postings.json").read_bytes().rstrip()
    for cut in range(1, len(data), 211):
        records, findings = read(data[:cut].decode(), "postings.json")
        assert not records
        assert [(each.level, each.code) for each in findings] == [(FindingLevel.MUST, "json.syntax")]
        assert findings[0].source
        assert findings[0].source.line


@pytest.mark.parametrize(
    "context",
    [
        "https://schema.org",
        "http://schema.org/",
        "http://www.schema.org",
        ["https://schema.org", {"acme": "https://acme.example/"}],
        {"@vocab": "http://schema.org/"},
        {"schema": "http://schema.org/", "JobPosting": "schema:JobPosting", "@vocab": "https://schema.org/"},
    ],
)
def test_every_way_to_name_schema_org_gives_the_same_records(context: object) -> None:
    said = posting(title="Analyst", skills=["SQL"], url="https://acme.example/1")
    changed = {**said, "@context": context}
    assert fit_schema_org(Document(name="a.json", data=json.dumps(changed).encode())) is Fit.EXACT
    assert read(changed) == read(said)


def test_prefixed_terms_and_aliases_of_keywords_mean_the_same() -> None:
    plain = read(posting(title="Analyst"))
    written = {
        "@context": {"schema": "http://schema.org/"},
        "id": "https://acme.example/job",
        "type": "schema:JobPosting",
        "schema:title": [{"@value": "Analyst"}],
    }
    assert read(written) == plain


def test_the_same_in_turtle_gives_the_same_job() -> None:
    turtle = """@prefix s: <http://schema.org/> .
    <https://acme.example/job> a s:JobPosting ; s:title "Analyst" ; s:skills "SQL, Python" ; s:baseSalary 5 ."""
    document = Document(name="a.ttl", data=turtle.encode())
    assert fit_schema_org(document) is Fit.EXACT
    records = read(turtle, "a.ttl")[0]
    assert records == read(posting(title="Analyst", skills="SQL, Python", baseSalary=5))[0]


def test_json_lines_are_postings_of_their_own() -> None:
    lines = "\n".join(json.dumps({**posting(title=name), "@id": f"urn:job:{name}"}) for name in "abc")
    assert [each.iri for each in read(lines, "a.jsonl")[0] if isinstance(each, JobRole)] == [
        "urn:job:a",
        "urn:job:b",
        "urn:job:c",
    ]


def test_skills_of_postings_in_one_dataset_are_one_competency_and_in_two_datasets_two() -> None:
    one = read([{**posting(skills=["SQL"]), "@id": f"urn:job:{name}"} for name in "ab"])[0]
    assert len([each for each in one if isinstance(each, Competency)]) == 1
    documents = [Document(name="a.json", data=json.dumps(posting(skills=["SQL"])).encode())]
    other = list(read_schema_org(documents, ReadContext(language="und", surroundings=Nothing(), dataset="y")))
    iris = {item.record.iri for item in other if isinstance(item, Located) and isinstance(item.record, Competency)}
    assert not iris & {each.iri for each in one}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Python, SQL, and Docker", ["Python", "SQL", "Docker"]),
        ("Python; SQL (queries, tuning)", ["Python", "SQL (queries, tuning)"]),
        ("- Python\n- SQL", ["Python", "SQL"]),
        ("1. Python\n2) SQL", ["Python", "SQL"]),
        ("Python or Java, SQL", ["Python or Java, SQL"]),
        ("Works well, alone. Learns, too.", ["Works well, alone. Learns, too."]),
        ("Handles 1,000 calls", ["Handles 1,000 calls"]),
        ("Has led, over many years and in several large firms, a team", None),
        ("", []),
    ],
)
def test_a_text_is_split_only_where_it_is_clearly_a_list(text: str, items: list[str] | None) -> None:
    found = [item for item, _ in read_list(text, Importance.MUST)]
    assert found == ([text] if items is None else items)


def test_what_is_only_wished_for_is_should_item_by_item_and_below_a_heading() -> None:
    assert read_list("Python, SQL (preferred)", Importance.MUST) == [
        ("Python", Importance.MUST),
        ("SQL (preferred)", Importance.SHOULD),
    ]
    text = "Required:\n- Python\nNice to have:\n- Go\n- Rust"
    assert [importance.value for _, importance in read_list(text, Importance.MUST)] == ["must", "should", "should"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Minumum 3 years experience as a software engineer", 1095),
        ("2-4 yrs", 730),
        ("two or more years", 730),
        ("18 months", 547.5),
        ("P2Y6M", 912.5),
        ("no requirements", 0),
        ("2 years Java, 5 years in all", None),
        ("a lot", None),
        ("P", None),
    ],
)
def test_experience_is_read_where_it_can_mean_one_thing(text: str, days: float | None) -> None:
    assert read_experience(text) == days


@pytest.mark.parametrize(
    ("text", "days"), [("PT40H", "5"), ("P2W", "10"), ("P4Y", None), ("40 hours", "5"), ("12", None)]
)
def test_lengths_of_courses_are_learning_days(text: str, days: str | None) -> None:
    found = read_learning_days(text)
    assert (str(found) if found is not None else None) == days


def test_codes_of_occupations_need_the_name_of_their_set_unless_they_look_like_no_other() -> None:
    assert read_occupation_codes("15-1132.00 Software Developers")[0] == Code("onetsoc", "15-1132.00")
    assert read_occupation_codes("2512", "ISCO-08") == [Code("isco", "2512")]
    assert read_occupation_codes("2512") == read_occupation_codes("511210", "NAICS") == []


def test_a_known_occupation_is_aligned_and_keeps_its_code() -> None:
    records = read(posting(occupationalCategory="15-1212.00"))[0]
    (role,) = (each for each in records if isinstance(each, JobRole))
    (alignment,) = (each for each in records if isinstance(each, Alignment))
    assert (alignment.object, alignment.relation) == (ANALYST, Relation.BROAD)
    assert role.codes == (Code("soc", "15-1212"),)
    unknown = read(posting(occupationalCategory="15-1252.00"))[0]
    assert [each.codes for each in unknown if isinstance(each, JobRole)] == [
        (Code("onetsoc", "15-1252.00"), Code("soc", "15-1252"))
    ]


@pytest.mark.parametrize(
    "skill",
    [
        {"@type": "DefinedTerm", "name": "x", "termCode": "S1.1", "inDefinedTermSet": "ESCO v1.2"},
        {"@type": "DefinedTerm", "name": "x", "url": "http://data.europa.eu/esco/skill/sql"},
        {"@type": "DefinedTerm", "name": "x", "sameAs": "http://data.europa.eu/esco/skill/sql"},
        {"@id": "http://data.europa.eu/esco/skill/sql"},
    ],
)
def test_a_term_of_a_known_framework_is_asked_for_itself(skill: object) -> None:
    assert asked(read(posting(skills=skill))[0]) == [("http://data.europa.eu/esco/skill/sql", "must")]


def test_a_term_of_an_unknown_framework_is_a_competency_aligned_with_its_address() -> None:
    records, findings = read(posting(skills=[{"@id": "https://terms.example/7"}]))
    (alignment,) = (each for each in records if isinstance(each, Alignment))
    assert (alignment.relation, alignment.object) == (Relation.EXACT, "https://terms.example/7")
    assert asked(records) == [("7", "must")]
    assert [each.code for each in findings] == ["jobs.undescribed-term"]


def test_experience_may_stand_in_for_education() -> None:
    said = posting(educationRequirements="Bachelor's degree", experienceRequirements="4 years")
    assert not [each for each in read(said)[0] if isinstance(each, RequirementGroup)]
    records = read({**said, "experienceInPlaceOfEducation": True})[0]
    (group,) = (each for each in records if isinstance(each, RequirementGroup))
    assert group.minimum == 1
    assert {each.group for each in records if isinstance(each, Requirement)} == {group.iri}


def test_jdx_alternatives_are_any_of_and_annotations_say_what_is_preferred() -> None:
    value = json.loads((DATA / "welder.json").read_text())
    records = read(value, reader="jdx")[0]
    assert set(asked(records)) == {
        ("MIG welding", "must"),
        ("TIG welding", "should"),
        ("Weld pipes", "should"),
        ("Certification, Welding", "must"),
        ("Journeyman card", "must"),
        ("730", "must"),
        ("High school", "must"),
        ("1460", "must"),
    }
    assert [each.minimum for each in records if isinstance(each, RequirementGroup)] == [1, 1]


def test_jdx_in_json_ld_says_the_same_as_plain_json() -> None:
    plain = {
        "title": "Welder",
        "positionID": "1",
        "skills": [{"name": "MIG"}],
        "requiredCredentials": [{"program": "W"}],
    }
    linked = {
        "@context": "http://jobdataexchange.org/jdxcontext.json",
        "@type": "jdx:JobDescription",
        "title": "Welder",
        "positionID": "1",
        "skill": [{"name": {"en-us": "MIG"}}],
        "jdx:requiredCredential": {"program": "W"},
    }
    for value in (plain, linked):
        assert fit_jdx(Document(name="a.json", data=json.dumps(value).encode())) is Fit.EXACT
    assert (
        asked(read(plain, reader="jdx")[0]) == asked(read(linked, reader="jdx")[0]) == [("MIG", "must"), ("W", "must")]
    )


def test_a_learners_record_is_refused_whole() -> None:
    """Wrapped or bare, nothing of it becomes a record: learner data is never part of a release."""
    bare = {"person": {"name": {"formattedName": "Invented Person"}}, "skills": [{"name": "Python"}]}
    wrapped = {
        "@context": ["https://www.w3.org/2018/credentials/v1", "http://x/LER-RSType.json"],
        "credentialSubject": bare,
    }
    for value in (bare, wrapped):
        assert fit_ler_rs(Document(name="a.json", data=json.dumps(value).encode())) is Fit.EXACT
        records, findings = read(value, reader="ler-rs")
        assert not records
        assert [(each.level, each.code) for each in findings] == [(FindingLevel.MUST, "ler-rs.learner-record")]


def test_a_person_is_left_out_and_the_occupation_that_it_names_is_read() -> None:
    value = {
        "@context": "https://schema.org",
        "@type": "Person",
        "name": "Invented Person",
        "hasOccupation": {"@type": "Role", "hasOccupation": {"@type": "Occupation", "name": "Clerk"}},
        "hasCredential": {"@type": "EducationalOccupationalCredential", "name": "PhD"},
    }
    records, findings = read(value)
    assert [each.code for each in findings] == ["jobs.person-left-out"]
    assert [each.labels[0].text for each in records if isinstance(each, JobRole)] == ["Clerk"]
    assert "Invented Person" not in repr(records)
    assert not [each for each in records if isinstance(each, Credential)]


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ([1], "json.wrong-type", "/0"),
        (posting(**{"@id": 5}), "json.wrong-type", "/@id"),
        (posting(**{"@type": 5}), "json.wrong-type", "/@type"),
        (posting(**{"@id": "./a"}), "json.relative-id", "/@id"),
        (posting(title={"@value": "x", "@language": "no tag at all"}), "text.invalid-language", "/title"),
        (
            posting(**{"@context": ["https://schema.org", "https://other.example/c"]}),
            "json.unknown-context",
            "/@context",
        ),
        ({"@context": "https://schema.org", "@type": "Organization", "name": "x"}, "jobs.nothing-found", None),
    ],
)
def test_faults_are_told_with_their_pointer(value: object, code: str, pointer: str | None) -> None:
    findings = read(value)[1]
    assert code in {each.code for each in findings}
    (fault,) = (each for each in findings if each.code == code)
    assert fault.source
    assert fault.source.pointer == pointer
    assert fault.fix


def test_what_is_not_known_stays_word_for_word() -> None:
    records = read(posting(title="a", acmeTerm={"@type": "Thing", "weight": 1.5, "tags": ["x", "y"]}))[0]
    (role,) = (each for each in records if isinstance(each, JobRole))
    (link,) = (term for said, term in role.statements if said == f"{SCHEMA}acmeTerm")
    (thing,) = (each for each in records if isinstance(each, Unmapped) and f"<{each.iri}>" == link)
    assert (f"{SCHEMA}weight", '"1.5E0"^^<http://www.w3.org/2001/XMLSchema#double>') in thing.statements
    assert {term for said, term in thing.statements if said == f"{SCHEMA}tags"} == {'"x"', '"y"'}


def test_deep_nesting_is_told_and_no_crash() -> None:
    value: dict[str, object] = {"name": "end"}
    for _ in range(200):
        value = {"about": value}
    assert "json.too-deep" in {each.code for each in read(posting(**value))[1]}


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False, width=32),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "value", "note"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(
    said=st.dictionaries(st.sampled_from(["title", "skills", "qualifications", "baseSalary", "x", "industry"]), VALUES)
)
def test_all_that_a_document_says_comes_back(said: dict[str, object]) -> None:
    """The triples of the document, blank nodes named, are the triples that the records give back; nothing is added."""
    value = {**posting(), **said}
    linked = link_json(json.loads(json.dumps(value)), VOCABULARY, file="a.json")
    items = list(
        read_schema_org(
            [Document(name="a.json", data=json.dumps(value).encode())],
            ReadContext(language="und", surroundings=Nothing(), dataset="x"),
        )
    )
    assert all(item.level is FindingLevel.SHOULD for item in items if isinstance(item, Finding))
    located = [item for item in items if isinstance(item, Located)]
    assert set(original_triples([item.record for item in located])) == set(without_blanks(linked.triples))
    musts = [each for each in validate(located, dataset="x").findings if each.level is FindingLevel.MUST]
    assert not musts


if "HEADWATER_REFERENCE" in os.environ:
    STANDARDS = Path(os.environ["HEADWATER_REFERENCE"]) / "standards"
    SAMPLES = [
        path
        for name in ("schema-org", "jdx", "ler-rs")
        for path in sorted((STANDARDS / name).glob("samples/**/*.json"))
    ]

    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
    def test_every_sample_loads_or_is_refused_for_its_reason(path: Path) -> None:
        """Each by itself with nothing known: valid records and no must-finding, or a learner's record refused."""
        items = list(read_source(path).items)
        musts = [item.code for item in items if isinstance(item, Finding) and item.level is FindingLevel.MUST]
        if "LER-RS" in path.name:
            assert musts == ["ler-rs.learner-record"]
            assert len(items) == 1
            return
        located = [item for item in items if isinstance(item, Located)]
        assert located
        assert not musts
        assert not [each for each in validate(located, dataset="x").findings if each.level is FindingLevel.MUST]


def job(said: dict[str, object]) -> tuple[JobRole, list[str]]:
    """The one role of a posting, and the codes of what is told of it."""
    records, findings = read(posting(title="Analyst", **said))
    (role,) = [each for each in records if isinstance(each, JobRole)]
    return role, [each.code for each in findings]


ORGANISATION = {"@type": "Organization", "name": "Acme", "sameAs": "https://acme.example"}
BERLIN = {"@type": "PostalAddress", "addressCountry": "DE", "addressRegion": "BE", "addressLocality": "Berlin"}


@pytest.mark.parametrize(
    ("said", "name", "iri"),
    [
        (ORGANISATION, "Acme", "https://acme.example"),
        ({**ORGANISATION, "@id": "https://acme.example/#it"}, "Acme", "https://acme.example/#it"),
        ({**ORGANISATION, "legalName": "Acme Ltd"}, "Acme Ltd", "https://acme.example"),
        ("Acme", "Acme", None),
        ({"@id": "https://acme.example/#it"}, None, "https://acme.example/#it"),
        (["Zeta", ORGANISATION], "Acme", "https://acme.example"),
        ({"@type": "Organization"}, None, None),
    ],
)
def test_who_hires_has_a_name_and_an_address(said: object, name: str | None, iri: str | None) -> None:
    """The legal name first; its `@id`, else what it is the same as; of several the first by name."""
    role, told = job({"hiringOrganization": said})
    assert (role.employer, role.employer_iri, told) == (name, iri, [])


@pytest.mark.parametrize(
    ("said", "places", "told"),
    [
        ({"jobLocation": {"@type": "Place", "address": BERLIN}}, ["DE-BE/Berlin"], []),
        ({"jobLocation": BERLIN}, ["DE-BE/Berlin"], []),
        ({"jobLocation": [BERLIN, {"@type": "Place", "address": "Lyon, France"}]}, ["DE-BE/Berlin", "FR/Lyon"], []),
        ({"jobLocation": {"@type": "Place", "address": {**BERLIN, "addressCountry": {"@type": "Country", "name": "Germany"}}}},
         ["DE-BE/Berlin"], []),
        ({"applicantLocationRequirements": {"@type": "Country", "name": "US"}}, ["US"], []),
        ({"applicantLocationRequirements": {"@type": "State", "name": "Michigan, USA"}}, ["US-MI"], []),
        ({"jobLocation": {"@type": "Place", "address": {"addressRegion": "WA"}}}, ["/WA"], ["jobs.place-without-country"]),
        ({"jobLocation": "Kirkland WA"}, ["/Kirkland WA"], ["jobs.place-without-country"]),
        ({"jobLocation": {"@type": "Place", "geo": {"@type": "GeoCoordinates", "latitude": 1}}}, [], []),
    ],
)  # fmt: skip
def test_where_a_job_is(said: dict[str, object], places: list[str], told: list[str]) -> None:
    """Codes of the address, of areas by their name; a place without a country is told."""
    role, codes = job(said)
    assert (list(role.places), codes, role.remote) == (places, told, False)


@pytest.mark.parametrize("said", ["TELECOMMUTE", "Remote", {"@id": "https://schema.org/TELECOMMUTE"}])
def test_a_job_may_be_done_from_elsewhere(said: object) -> None:
    """As schema.org writes it, and as people do."""
    assert job({"jobLocationType": said})[0].remote
    assert not job({"jobLocationType": "Hybrid"})[0].remote


def amount(value: object, **said: object) -> dict[str, object]:
    return {"@type": "MonetaryAmount", "currency": "USD", "value": value, **said}


RANGE = {"@type": "QuantitativeValue", "minValue": 40000, "maxValue": "50000.50", "unitText": "YEAR"}
YEARLY = Salary("USD", 4_000_000, 5_000_050, PayPeriod.YEAR)


@pytest.mark.parametrize(
    ("said", "salary", "told"),
    [
        ({"baseSalary": amount(RANGE)}, YEARLY, []),
        ({"baseSalary": amount(24.5, unitText="HUR")}, Salary("USD", 2450, 2450, PayPeriod.HOUR), []),
        ({"baseSalary": amount({"minValue": 1e5, "unitText": "per month"})},
         Salary("USD", 10_000_000, None, PayPeriod.MONTH), []),
        ({"baseSalary": amount({"value": 7, "unitCode": "DAY"}, currency="jpy")}, Salary("JPY", 7, 7, PayPeriod.DAY), []),
        ({"baseSalary": "100000", "salaryCurrency": "USD"}, Salary("USD", 10_000_000, 10_000_000), ["jobs.salary-without-period"]),
        ({"baseSalary": amount(5, unitText="fortnight")}, Salary("USD", 500, 500), ["jobs.salary-without-period"]),
        ({"baseSalary": {"@type": "PriceSpecification", "minPrice": 1, "maxPrice": 2, "priceCurrency": "EUR", "unitText": "WEEK"}},
         Salary("EUR", 100, 200, PayPeriod.WEEK), []),
        ({"estimatedSalary": {"@type": "MonetaryAmountDistribution", "currency": "USD", "duration": "P1Y", "median": 45000.0,
                              "percentile10": 40000, "percentile90": 50000.5}}, YEARLY, []),
        ({"baseSalary": amount(RANGE), "estimatedSalary": amount(1)}, YEARLY, []),
        ({"baseSalary": [amount(RANGE), amount(RANGE)]}, YEARLY, []),
        ({"baseSalary": [amount(1), amount(2)]}, None, ["jobs.unread-salary"]),
        ({"baseSalary": "100000"}, None, ["jobs.unread-salary"]),
        ({"baseSalary": amount("$50k")}, None, ["jobs.unread-salary"]),
        ({"baseSalary": amount("1e999")}, None, ["jobs.unread-salary"]),
        ({"baseSalary": amount(-1)}, None, ["jobs.unread-salary"]),
        ({"baseSalary": amount(1.001)}, None, ["jobs.unread-salary"]),
        ({"baseSalary": amount({"minValue": 2, "maxValue": 1})}, None, ["jobs.unread-salary"]),
        ({"baseSalary": {"@type": "MonetaryAmount", "currency": "USD"}}, None, ["jobs.unread-salary"]),
    ],
)  # fmt: skip
def test_what_a_job_pays(said: dict[str, object], salary: Salary | None, told: list[str]) -> None:
    """One amount or range in minor units with its period; what cannot be read is told and unknown."""
    role, codes = job(said)
    assert (role.salary, codes) == (salary, told)
    validated = validate([Located(record=replace(role, framework=None), source=Source(file="a"))], dataset="x")
    assert not [each for each in validated.findings if each.level is FindingLevel.MUST]
