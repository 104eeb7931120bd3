"""CTDL in: what each thing becomes, what is refused or told, and that every published sample loads."""

import base64
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from ontology.documents import Document
from ontology.json_documents import Json
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
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
    Unmapped,
)
from ontology.readers import read_source
from ontology.readers.ctdl import fit_ctdl, read_ctdl
from ontology.readers.ctdl_terms import class_parents, kind_of
from ontology.readers.ctdl_things import read_iso_days
from ontology.readers.detection import Fit, ReadContext
from ontology.readers.surroundings import KnownCodes
from ontology.validation import validate

GOLDEN = Path(__file__).parent / "data/ctdl/harbour.jsonld"
SITE = "https://harbour.example/"
REFERENCE = os.environ.get("HEADWATER_REFERENCE")
SAMPLES = sorted(Path(REFERENCE, "standards/ctdl/samples").glob("*/*")) if REFERENCE else []


def read(data: bytes, name: str = "x.jsonld", known: KnownCodes | None = None) -> tuple[list[Record], list[Finding]]:
    context = ReadContext(language="und", surroundings=known or KnownCodes())
    items = list(read_ctdl([Document(name=name, data=data)], context))
    records = [item.record for item in items if isinstance(item, Located)]
    return records, [item for item in items if isinstance(item, Finding)]


def read_graph(*nodes: Json, known: KnownCodes | None = None) -> tuple[list[Record], list[Finding]]:
    context = "https://credreg.net/ctdl/schema/context/json"
    return read(json.dumps({"@context": context, "@graph": list(nodes)}).encode(), known=known)


def plain(record: Record) -> tuple[object, ...]:
    """What a requirement or group says, without its IRI."""
    if isinstance(record, Requirement):
        return (
            record.target,
            record.experience_days,
            record.importance,
            record.importance_value,
            record.group is not None,
        )
    assert isinstance(record, RequirementGroup)
    return record.minimum, record.importance, record.parent is not None


def test_the_golden_document_is_these_records() -> None:
    """Every kind of record that CTDL has, with the fields that its words fill."""
    records, findings = read(GOLDEN.read_bytes())
    assert not findings
    by_iri = {record.iri: record for record in records}
    framework = by_iri[f"{SITE}framework"]
    assert isinstance(framework, Framework)
    assert framework.labels == (Text("Harbour work (invented)", "en"),)
    assert framework.license == "https://creativecommons.org/licenses/by/4.0/"
    assert framework.codes == (Code("ctid", "ce-00000000-0000-4000-8000-000000000001"),)
    lifting, crane = by_iri[f"{SITE}lifting"], by_iri[f"{SITE}crane"]
    assert isinstance(lifting, Competency)
    assert isinstance(crane, Competency)
    assert lifting.labels == (Text("Lift loads", "en"), Text("Lasten hijsen", "nl"))
    assert (lifting.descriptions, lifting.framework, lifting.broader) == ((), framework.iri, ())
    assert lifting.codes == (Code("notation", "1"),)
    assert (crane.labels, crane.framework, crane.broader) == (
        (Text("Crane signals", "en"),),
        framework.iri,
        (lifting.iri,),
    )
    assert crane.descriptions == (Text("Give and read the signals of a crane.", "en"),)
    course, licence, job = by_iri[f"{SITE}course"], by_iri[f"{SITE}licence"], by_iri[f"{SITE}job"]
    assert isinstance(course, Course)
    assert (course.provider, course.cost, course.duration_days) == ("Quay School", Money(19950, "EUR"), Decimal("4.5"))
    assert isinstance(licence, Credential)
    assert (licence.kind, licence.issuer) == ("License", "Quay School")
    assert isinstance(job, JobRole)
    assert job.replaced_by == f"{SITE}job2"
    assert by_iri[f"{SITE}levels"] == Scale(
        iri=f"{SITE}levels",
        labels=(Text("Harbour levels", "en"),),
        minimum=0.0,
        maximum=2.0,
        statements=by_iri[f"{SITE}levels"].statements,
    )
    levels = [each for each in records if isinstance(each, ScaleLevel)]
    assert [(each.iri, each.level) for each in levels] == [
        (f"{SITE}level/{number}", Level(f"{SITE}levels", number)) for number in (1, 2)
    ]
    assert all(each.labels and each.statements for each in levels)
    assert [(each.subject, each.competency, each.level) for each in records if isinstance(each, Teaching)] == [
        (course.iri, crane.iri, Level(f"{SITE}levels", 2.0))
    ]
    assert [(each.course, each.credential) for each in records if isinstance(each, Awarding)] == [
        (course.iri, licence.iri)
    ]
    assert [(each.subject, each.relation, each.object) for each in records if isinstance(each, Alignment)] == [
        (crane.iri, Relation.CLOSE, "https://elsewhere.example/signals")
    ]
    wanted = [each for each in records if isinstance(each, Requirement | RequirementGroup)]
    assert {plain(each) for each in wanted if each.owner == job.iri} == {
        (lifting.iri, None, Importance.MUST, None, False),
        (1, Importance.MUST, False),
        (licence.iri, None, Importance.MUST, None, True),
        (None, 730.0, Importance.MUST, None, True),
        (crane.iri, None, Importance.SHOULD, 0.5, False),
    }
    assert {plain(each) for each in wanted if each.owner == licence.iri} == {
        (course.iri, None, Importance.MUST, None, False)
    }


def test_a_progression_model_may_name_its_levels_itself() -> None:
    """As the published example of the European Qualifications Framework does; they are in order by what precedes what."""
    names = [f"{SITE}eqf/{number}" for number in (1, 2, 3)]
    model = {"@id": f"{SITE}eqf", "@type": "asn:ProgressionModel", "ceasn:name": {"en": "EQF"}}
    graph: list[object] = [model | {"asn:hasProgressionLevel": names}]
    for number, (one, after) in enumerate(zip(names, [*names[1:], None], strict=True), 1):
        level: dict[str, object] = {
            "@id": one,
            "@type": "asn:ProgressionLevel",
            "skos:prefLabel": {"en": f"Level {number}"},
        }
        graph.append(level | ({"ceterms:precedes": after} if after else {}))
    context = "https://credreg.net/ctdlasn/schema/context/json"
    records, _ = read(json.dumps({"@context": context, "@graph": graph}).encode())
    found = [(each.labels, each.level) for each in records if isinstance(each, ScaleLevel)]
    assert found == [((Text(f"Level {n}", "en"),), Level(f"{SITE}eqf", n)) for n in (1, 2, 3)]
    assert [each.maximum for each in records if isinstance(each, Scale)] == [3]


def test_what_fields_say_is_not_kept_twice() -> None:
    """Statements hold what no field says letter by letter."""
    records, _ = read(GOLDEN.read_bytes())
    lifting = next(record for record in records if record.iri == f"{SITE}lifting")
    assert lifting.statements == (("https://purl.org/ctdlasn/terms/isTopChildOf", f"<{SITE}framework>"),)


def test_golden_records_validate() -> None:
    """Nothing dangles, nothing clashes."""
    items = [item for item in read_source(GOLDEN).items if isinstance(item, Located)]
    assert read_source(GOLDEN).format == "ctdl"
    assert not [each for each in validate(items, dataset="x").findings if each.level is FindingLevel.MUST]


def test_class_table_follows_the_hierarchy() -> None:
    """Subclasses are what their classes are."""
    assert {kind_of(each) for each in ("ceterms:MasterOfArtsDegree", "ceterms:OpenBadge", "ceterms:License")} == {
        "credential"
    }
    assert (kind_of("ceterms:LearningProgram"), kind_of("ceterms:WorkRole")) == ("course", "role")
    assert (kind_of("asn:ProgressionModel"), kind_of("skos:ConceptScheme")) == ("scale", "framework")
    assert kind_of("ceterms:PathwaySet") is None
    assert kind_of("ceterms:Unheard") is None


def test_an_alignment_object_stands_for_the_competency_that_it_names() -> None:
    """A target that nothing describes is a competency under the object's own name, the same as the foreign one."""
    target: Json = {"@id": "_:a", "@type": "ceterms:CredentialAlignmentObject", "ceterms:targetNode": "https://far.example/c",
              "ceterms:targetNodeName": {"en": "Far thing"}}  # fmt: skip
    records, findings = read_graph({"@id": "https://x.example/k", "@type": "ceterms:Course", "ceterms:teaches": target})
    (competency,) = [each for each in records if isinstance(each, Competency)]
    assert competency.labels == (Text("Far thing", "en"),)
    assert [each.competency for each in records if isinstance(each, Teaching)] == [competency.iri]
    assert [(each.subject, each.object) for each in records if isinstance(each, Alignment)] == [
        (competency.iri, "https://far.example/c")
    ]
    assert not findings


def test_a_link_into_nothing_is_told_and_no_requirement() -> None:
    """One should-finding; with another dataset that describes the target it is a requirement."""
    node: Json = {"@id": "https://x.example/j", "@type": "ceterms:Job",
                  "ceterms:requires": {"@type": "ceterms:ConditionProfile",
                                       "ceterms:targetCompetency": ["https://far.example/1", "https://far.example/2"]}}  # fmt: skip
    records, findings = read_graph(node)
    assert not [each for each in records if isinstance(each, Requirement)]
    assert [(each.level, each.code) for each in findings] == [("should", "ctdl.dangling")]
    assert "2 like it" in findings[0].message
    known = KnownCodes()
    for number in (1, 2):
        known.add(Competency(iri=f"https://far.example/{number}"))
    records, findings = read_graph(node, known=known)
    assert len([each for each in records if isinstance(each, Requirement)]) == 2
    assert not findings


def test_an_alternative_that_cannot_be_read_makes_the_tree_laxer() -> None:
    """Any of a known and an unknown way is told and not asked for."""
    records, findings = read_graph(
        {"@id": "https://x.example/c", "@type": "ceasn:Competency", "ceasn:competencyText": {"en": "C"}},
        {"@id": "https://x.example/j", "@type": "ceterms:Job", "ceterms:requires": {
            "@type": "ceterms:ConditionProfile", "ceterms:alternativeCondition": [
                {"@type": "ceterms:ConditionProfile", "ceterms:targetCompetency": "https://x.example/c"},
                {"@type": "ceterms:ConditionProfile", "ceterms:condition": {"en": "or be lucky"}}]}})  # fmt: skip
    assert not [each for each in records if isinstance(each, Requirement | RequirementGroup)]
    assert [each.code for each in findings] == ["ctdl.partial-condition"]


def test_a_pathway_asks_what_its_conditions_say() -> None:
    """The destination's real credential requires two of the three courses that components stand for."""
    courses: list[Json] = [
        {"@id": f"https://x.example/k{n}", "@type": "ceterms:Course", "ceterms:name": {"en": str(n)}} for n in range(3)
    ]
    parts: list[Json] = [{"@id": f"https://x.example/p{n}", "@type": "ceterms:CourseComponent", "ceterms:proxyFor": f"https://x.example/k{n}"}
             for n in range(3)]  # fmt: skip
    records, findings = read_graph(
        *courses,
        *parts,
        {"@id": "https://x.example/d", "@type": "ceterms:Diploma", "ceterms:name": {"en": "D"}},
        {"@id": "https://x.example/goal", "@type": "ceterms:CredentialComponent", "ceterms:proxyFor": "https://x.example/d",
         "ceterms:hasCondition": {"@type": "ceterms:ComponentCondition", "ceterms:requiredNumber": 2,
                                  "ceterms:targetComponent": [f"https://x.example/p{n}" for n in range(3)]}},
        {"@id": "https://x.example/w", "@type": "ceterms:Pathway", "ceterms:hasDestinationComponent": "https://x.example/goal"},
    )  # fmt: skip
    assert not findings
    wanted = [each for each in records if isinstance(each, Requirement | RequirementGroup)]
    assert {each.owner for each in wanted} == {"https://x.example/d"}
    assert [each.minimum for each in wanted if isinstance(each, RequirementGroup)] == [2]
    assert {each.target for each in wanted if isinstance(each, Requirement)} == {
        f"https://x.example/k{n}" for n in range(3)
    }


def test_what_people_hold_is_left_out() -> None:
    """A verifiable credential is no part of a release; what it describes is."""
    context: Json = ["https://www.w3.org/2018/credentials/v1", "https://credreg.net/ctdl/schema/context/json"]
    award: dict[str, Json] = {"@context": context, "id": "https://x.example/vc", "type": "VerifiableCredential",
                              "credentialSubject": {"id": "did:example:pat"}}  # fmt: skip
    records, findings = read(json.dumps(award).encode())
    assert not records
    assert [(each.level, each.code) for each in findings] == [("must", "ctdl.learner-data")]
    skill: Json = {"id": "https://x.example/s", "type": "ceasn:Competency", "ceasn:competencyText": {"en": "S"}}
    award["credentialSubject"] = {"id": "did:example:pat", "https://x.example/has": skill}
    records, findings = read(json.dumps(award).encode())
    assert [record.iri for record in records] == ["https://x.example/s"]
    assert [(each.level, each.code) for each in findings] == [("should", "ctdl.learner-data")]


@pytest.mark.parametrize("form", ["decoded", "token", "list"])
def test_envelopes_give_their_resource_and_keep_their_metadata(form: str) -> None:
    """Decoded or as a token's payload; the envelope is a thing of its own."""
    resource: Json = {"@context": "https://credreg.net/ctdl/schema/context/json", "@id": "https://x.example/c",
                      "@type": "ceterms:Badge", "ceterms:name": {"en": "B"}}  # fmt: skip
    token = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", json.dumps(resource).encode(), b"s")
    )
    envelope: dict[str, Json] = {"envelope_id": "e-1", "envelope_version": "1.0.0", "resource": token}
    if form == "decoded":
        envelope["decoded_resource"] = resource
    records, findings = read(json.dumps([envelope] if form == "list" else envelope).encode())
    (badge,) = [each for each in records if isinstance(each, Credential)]
    assert badge.kind == "Badge"
    (kept,) = [each for each in records if isinstance(each, Unmapped)]
    assert any(predicate.endswith("undefined/envelope_version") for predicate, _ in kept.statements)
    assert not [each for each in findings if each.level is FindingLevel.MUST]
    _, findings = read(b'{"envelope_id": "e", "resource": "no.t!k.n"}')
    assert [each.code for each in findings] == ["ctdl.empty-envelope"]


def test_faults_inside_of_envelopes_have_their_place_in_the_document() -> None:
    """A pointer leads through the list and the envelope; what an envelope says of itself is no fault."""
    context = "https://credreg.net/ctdl/schema/context/json"
    good: Json = {"envelope_id": "e-1", "decoded_resource": {"@context": context, "@id": "https://x.example/a",
                  "@type": "ceterms:Badge", "ceterms:name": {"en": "A"}}}  # fmt: skip
    bad: Json = {"envelope_id": "e-2", "decoded_resource": {"@context": context, "@id": "https://x.example/b",
                 "@type": "ceterms:Badge", "ceterms:name": {"no tag": "B"}, "nonsense": 1,
                 "ceterms:Name": "x", "y:z": 3}}  # fmt: skip
    _, findings = read(json.dumps([good, bad]).encode())
    places = {each.code: each.source.pointer for each in findings if each.source}
    assert places == {
        "jsonld.undefined-term": "/1/decoded_resource/nonsense",
        "jsonld.undefined-prefix": "/1/decoded_resource/y:z",
        "jsonld.invalid-language": "/1/decoded_resource/ceterms:name/no tag",
        "ctdl.unknown-term": "/1/decoded_resource",
    }
    assert len(findings) == 4


def test_turtle_says_the_same_as_json() -> None:
    """Old namespaces and a blank node in Turtle."""
    text = b"""@prefix c: <http://purl.org/ctdl/terms/> .
<https://x.example/k> a c:Course ; c:name "K"@en-us ;
  c:estimatedCost [ c:price 12 ; c:currency "US Dollar" ] ; c:estimatedDuration [ c:exactDuration "P2W" ] .
"""
    records, findings = read(text, "x.ttl")
    (course,) = [each for each in records if isinstance(each, Course)]
    assert (course.labels, course.cost, course.duration_days) == (
        (Text("K", "en-US"),),
        Money(1200, "USD"),
        Decimal(10),
    )
    assert not findings
    assert fit_ctdl(Document(name="x.ttl", data=text)) is Fit.EXACT


def test_faults_are_told() -> None:
    """Cut off, no CTDL at all, a misspelt term, figures that cannot be read."""
    _, findings = read(GOLDEN.read_bytes()[:500])
    assert [(each.level, each.code) for each in findings] == [("must", "json.syntax")]
    _, findings = read(b'{"CTID": "ce-1", "Name": "x"}')
    assert "ctdl.no-term" in {each.code for each in findings if each.level is FindingLevel.MUST}
    records, findings = read_graph(
        {"@id": "https://x.example/k", "@type": "ceterms:Course", "ceterms:Name": "x",
         "ceterms:estimatedCost": {"ceterms:price": "dear", "ceterms:currency": "EUR"},
         "ceterms:estimatedDuration": {"ceterms:exactDuration": "soon"}})  # fmt: skip
    assert [each.code for each in findings] == ["ctdl.unknown-term", "ctdl.unread-cost", "ctdl.unread-length"]
    assert findings[0].fix == "Write ceterms:name."
    course = next(each for each in records if isinstance(each, Course))
    assert ("https://purl.org/ctdl/terms/Name", '"x"') in course.statements


@pytest.mark.parametrize(
    ("text", "days"),
    [("PT8H", "1"), ("P1W", "5"), ("P3D", "3"), ("P1Y", "260"), ("P6M", "130"), ("PT90M", "0.1875"), ("P1DT4H", "1.5")],
)
def test_iso_durations_are_learning_days(text: str, days: str) -> None:
    """Eight hours a day, five days a week, 52 weeks a year."""
    assert read_iso_days(text) == Decimal(days)


@pytest.mark.parametrize("text", ["", "P", "PT", "8 hours", "P-1D", "P99999999Y"])
def test_other_durations_are_unknown(text: str) -> None:
    """No guess."""
    assert read_iso_days(text) is None


if REFERENCE:
    INVALID = 13

    def test_the_class_table_is_that_of_the_schemas() -> None:
        """`ctdl_classes.json` is derived from the published schemas."""
        found: dict[str, tuple[str, ...]] = {}
        for name in ("ctdl", "ctdlasn"):
            schema = json.loads(Path(str(REFERENCE), f"standards/ctdl/schema/{name}-schema.json").read_bytes())
            for each in schema["@graph"]:
                if each["@type"] == "rdfs:Class":
                    found.setdefault(each["@id"], tuple(sorted(each.get("rdfs:subClassOf", ()))))
        assert dict(class_parents()) == found

    def test_thirteen_samples_are_no_json_and_each_has_one_finding() -> None:
        """As published."""
        broken = []
        for path in SAMPLES:
            if path.suffix in {".json", ".jsonld"}:
                try:
                    json.loads(path.read_text("utf-8-sig"))
                except ValueError:
                    broken.append(path)
        assert len(broken) == INVALID
        for path in broken:
            assert [each.code for each in read_source(path).items if isinstance(each, Finding)] == ["json.syntax"], path

    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
    def test_every_sample_loads_or_says_why_not(path: Path) -> None:
        """Each in a store of its own."""
        reading = read_source(path)
        items = list(reading.items)
        refused = {each.code for each in items if isinstance(each, Finding) and each.level is FindingLevel.MUST}
        assert refused <= {"json.syntax", "rdf.syntax", "jsonld.unknown-context", "ctdl.no-term", "ctdl.learner-data",
                           "reader.unknown-file"}, path  # fmt: skip
        if not refused:
            validated = validate([each for each in items if isinstance(each, Located)], dataset="x")
            assert not validated.blocked
            assert validated.records
