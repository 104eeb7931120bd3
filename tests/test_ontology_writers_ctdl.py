"""CTDL out: the graph that came in, and other frameworks in CTDL's words with what it cannot say."""

import json
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, Quad, RdfFormat, parse

from ontology.context_files import bundled_contexts
from ontology.documents import Document, open_source
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
    LevelMapping,
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
    Teaching,
    Text,
)
from ontology.rdf import from_nquads_lines, to_nquads_lines
from ontology.readers.ctdl import read_ctdl
from ontology.readers.ctdl_terms import CONTEXTS
from ontology.readers.detection import ReadContext
from ontology.readers.surroundings import KnownCodes
from ontology.validation import validate
from ontology.writers.ctdl import write_ctdl
from ontology.writers.ctdl_fields import iso_duration
from ontology.writers.ctdl_trees import trees_of

GOLDEN = Path(__file__).parent / "data/ctdl/harbour.jsonld"
X = "https://x.example/"
REFERENCE = os.environ.get("HEADWATER_REFERENCE")
SAMPLES = sorted(Path(REFERENCE, "standards/ctdl/samples").glob("*/*.[jt]*")) if REFERENCE else []


def load(data: bytes, name: str = "x.jsonld") -> tuple[tuple[Record, ...], bool]:
    """The records as a release keeps them, and whether anything blocks."""
    context = ReadContext(language="und", surroundings=KnownCodes())
    items = list(read_ctdl([Document(name=name, data=data)], context))
    validated = validate([item for item in items if isinstance(item, Located)], dataset="x")
    faults = [item for item in items if isinstance(item, Finding) and item.level is FindingLevel.MUST]
    return validated.records, bool(faults) or validated.blocked


def expanded(value: Json) -> Dataset:
    """The graph of a document by PyLD alone, tags of languages in lower case."""

    def bundled(url: str, options: object) -> object:
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(json.dumps(bundled_contexts()[url]))}

    tops = value if isinstance(value, list) else [value]
    named = any(isinstance(top, dict) and "@context" in top for top in tops)
    options = {"documentLoader": bundled, "base": None, "format": "application/n-quads"}
    lines = jsonld.to_rdf(value, options if named else {**options, "expandContext": list(CONTEXTS)})
    return canonical([quad for line in lines.splitlines() for quad in _quads(line)])


def _quads(line: str) -> list[Quad]:
    """PyLD writes IRIs that are none, which no parser reads."""
    try:
        return list(parse(line, format=RdfFormat.N_QUADS))
    except SyntaxError:
        return []


def canonical(quads: list[Quad]) -> Dataset:
    dataset = Dataset(_lower(quad) for quad in quads)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def _lower(quad: Quad) -> Quad:
    term = quad.object
    if isinstance(term, Literal) and term.language:
        term = Literal(term.value, language=term.language.lower())
    return Quad(quad.subject, quad.predicate, term, quad.graph_name)


def test_the_golden_document_comes_out_as_the_same_graph() -> None:
    """Through the archive's lines and back; the report is empty, the bytes do not depend on the order of records."""
    records, blocked = load(GOLDEN.read_bytes())
    assert not blocked
    lines = sorted(line for record in records for line in to_nquads_lines(record, "https://x.example/g"))
    written, losses = write_ctdl(from_nquads_lines(lines))
    assert not losses
    assert expanded(json.loads(written)) == expanded(json.loads(GOLDEN.read_bytes()))
    assert write_ctdl(reversed(records))[0] == written
    assert load(written)[0] == records


def test_undefined_terms_odd_iris_and_envelopes_come_out_as_they_were() -> None:
    """What CTDL does not know stands in its place again."""
    document: Json = {
        "envelope_id": "e-1",
        "node_headers": {"a": [1]},
        "decoded_resource": {
            "@context": [CONTEXTS[0], {"schema": None}],
            "@id": "urn:x",
            "@type": ["ceterms:Badge", "NoClass"],
            "ceterms:name": [{"@value": "B", "@language": "en"}, "plain"],
            "shoe size": {"deep": [None, 1]},
            "ceterms:subjectWebpage": ["see our page", "https://x.example/a b"],
            "schema:odd": {"@list": [1, 2.5]},
            "ceterms:image": "schema:odd",
        },
    }
    records, blocked = load(json.dumps(document).encode())
    assert not blocked
    written, losses = write_ctdl(records)
    assert not losses
    inner = document["decoded_resource"] if isinstance(document, dict) else None
    assert expanded(json.loads(written)) == expanded(inner)
    nodes = {node["@id"]: node for node in json.loads(written)["@graph"]}
    assert nodes["urn:x"]["shoe size"] == {"deep": [None, 1]}
    assert any(node.get("node_headers") == {"a": [1]} for node in nodes.values())
    assert load(written)[0] == records


def test_an_edited_record_is_written_as_it_is_now() -> None:
    """A new label, a removed requirement and a new one win over what the source said."""
    records, _ = load(GOLDEN.read_bytes())
    edited: list[Record] = []
    for record in records:
        if isinstance(record, Requirement) and record.owner.endswith("/licence"):
            continue
        if record.iri.endswith("/job") and isinstance(record, JobRole):
            edited.append(replace(record, labels=(Text("Crane operator", "en"),)))
            continue
        edited.append(record)
    written, losses = write_ctdl(edited)
    assert not losses
    again, _ = load(written)
    assert next(each for each in again if isinstance(each, JobRole) and each.iri.endswith("/job")).labels == (
        Text("Crane operator", "en"),
    )
    assert not [each for each in again if isinstance(each, Requirement) and each.owner.endswith("/licence")]


def foreign() -> list[Record]:
    """Records of no CTDL source, all of them within what CTDL can say."""
    must, should = Importance.MUST, Importance.SHOULD
    return [
        Framework(iri=f"{X}f", labels=(Text("F", "en"),), license="https://x.example/licence", attribution="by X"),
        Competency(
            iri=f"{X}a", labels=(Text("A", "en"),), framework=f"{X}f", kind="skill", codes=(Code("nice", "S1"),)
        ),
        Competency(iri=f"{X}b", labels=(Text("B", "en"),), framework=f"{X}f", broader=(f"{X}a",)),
        Course(
            iri=f"{X}k", labels=(Text("K"),), provider="School", cost=Money(1999, "EUR"), duration_days=Decimal("1.5")
        ),
        Credential(iri=f"{X}c", labels=(Text("C"),), kind="certification", issuer="Board"),
        JobRole(iri=f"{X}r", labels=(Text("R"),), alternative_labels=(Text("R2"),), url="https://x.example/r.html"),
        JobRole(
            iri=f"{X}j1",
            labels=(Text("J1"),),
            employer="Works",
            employer_iri=f"{X}works",
            salary=Salary("EUR", 2450, 3100, PayPeriod.HOUR),
        ),
        JobRole(iri=f"{X}j2", labels=(Text("J2"),), employer="Mill", salary=Salary("JPY", 4000000, 4000000)),
        JobRole(iri=f"{X}j3", labels=(Text("J3"),), employer_iri=f"{X}works2", salary=Salary("USD", None, 100)),
        Teaching(iri=f"{X}t1", subject=f"{X}k", competency=f"{X}b"),
        Teaching(iri=f"{X}t2", subject=f"{X}c", competency=f"{X}a"),
        Awarding(iri=f"{X}w", course=f"{X}k", credential=f"{X}c"),
        Alignment(iri=f"{X}m1", subject=f"{X}a", object="https://y.example/a", relation=Relation.BROAD),
        Alignment(iri=f"{X}m2", subject=f"{X}b", object="https://y.example/b", relation=Relation.CLOSE, confidence=0.5),
        RequirementGroup(iri=f"{X}g", owner=f"{X}r", minimum=1),
        Requirement(iri=f"{X}q1", owner=f"{X}r", group=f"{X}g", target=f"{X}c", importance=must),
        Requirement(iri=f"{X}q2", owner=f"{X}r", group=f"{X}g", experience_days=730.0, importance=must),
        Requirement(iri=f"{X}q3", owner=f"{X}r", target=f"{X}a", importance=must),
        Requirement(iri=f"{X}q4", owner=f"{X}r", target=f"{X}b", importance=should, importance_value=0.25),
        Requirement(iri=f"{X}q5", owner=f"{X}c", target=f"{X}k", importance=must),
    ]


def test_mappings_between_scales_are_told_as_a_loss() -> None:
    """CTDL has no term for them: each is counted, none goes in silence."""
    scale = Scale(iri=f"{X}s", labels=(Text("S"),), minimum=0, maximum=5)
    mapping = LevelMapping(iri=f"{X}v", level=Level(f"{X}s", 1), matched=Level("https://y.example/s", 2))
    level = ScaleLevel(iri=f"{X}v1", level=Level(f"{X}s", 1), labels=(Text("One"),))
    _, losses = write_ctdl([*foreign(), scale, mapping, level])
    told = [loss.what for loss in losses]
    for name in ("LevelMapping", "ScaleLevel"):
        assert f"CTDL cannot say {name}: 1 of them are left out." in told


def test_foreign_records_are_said_in_ctdl_without_a_loss() -> None:
    """Read back they are the same things, trees, teachings, awards and alignments; written again the same bytes."""
    records = foreign()
    written, losses = write_ctdl(records)
    assert not losses
    again, blocked = load(written)
    assert not blocked
    for record in records:
        if isinstance(record, Framework | Competency | Course | JobRole):
            found = next(each for each in again if each.iri == record.iri)
            assert replace(found, statements=()) == record
    assert trees_of(again) == trees_of(records)
    assert write_ctdl(again)[0] == written


def test_what_ctdl_cannot_say_is_told() -> None:
    """Levels of roles, some of several, how an alignment was found: a line for each, and nothing wrong in the document."""
    records = [
        *foreign(),
        RoleLevel(iri=f"{X}l", role=f"{X}r", name="Senior", rank=1),
        RequirementGroup(iri=f"{X}g2", owner=f"{X}k", minimum=2),
        *(Requirement(iri=f"{X}z{n}", owner=f"{X}k", group=f"{X}g2", target=f"{X}{n}") for n in ("a", "b", "c")),
        Alignment(
            iri=f"{X}m3", subject=f"{X}a", object="https://y.example/z", relation=Relation.EXACT, method="semapv:x"
        ),
        Credential(iri=f"{X}c2", labels=(Text("C2"),), kind="driving lesson"),
        JobRole(iri=f"{X}placed", labels=(Text("Placed"),), places=("US-CA",)),
    ]
    written, losses = write_ctdl(records)
    told = " ".join(loss.what for loss in losses)
    assert len(losses) == 5
    assert all(word in told for word in ("RoleLevel", "requirements", "method", "Credential.kind", "JobRole.places"))
    again, blocked = load(written)
    assert not blocked
    assert f"{X}k" not in trees_of(again)


def test_durations_are_engaged_time() -> None:
    """Eight hours a day."""
    assert [iso_duration(Decimal(each)) for each in ("1.5", "0", "10", "0.0625")] == ["PT12H", "PT0H", "PT80H", "PT30M"]


WORDS = st.sampled_from(["ceterms:name", "ceterms:description", "ceasn:competencyText", "ceterms:codedNotation", "ceasn:isPartOf",
                         "ceterms:requires", "ceterms:targetCompetency", "ceterms:estimatedCost", "odd term", "skos:notation"])  # fmt: skip
CLASSES = st.sampled_from(["ceterms:Job", "ceterms:Course", "ceterms:License", "ceasn:Competency", "ceasn:CompetencyFramework",
                           "ceterms:ConditionProfile", "skos:Concept", "Odd"])  # fmt: skip
IDS = st.sampled_from([f"{X}1", f"{X}2", f"{X}3", "_:a", "_:b"])
VALUES: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(["text", " outer ", "https://x.example/1", "_:a", 1, 2.5, True]),
    st.builds(lambda tag, text: {tag: text}, st.sampled_from(["en", "de-AT"]), st.sampled_from(["one", "two"])),
    st.builds(lambda text: {"@value": text, "@language": "en"}, st.sampled_from(["one", "two"])),
    st.builds(lambda iri: {"@id": iri}, IDS),
)
NODES = st.builds(
    lambda iri, kind, said: {"@id": iri, "@type": kind, **said},
    IDS, CLASSES, st.dictionaries(WORDS, st.one_of(VALUES, st.lists(VALUES, min_size=1, max_size=2)), max_size=4),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(NODES, min_size=1, max_size=4))
def test_whatever_ctdl_says_comes_out_as_the_same_graph(nodes: list[dict[str, Json]]) -> None:
    """Any nodes, odd ones too: the graph of the export is that of the document, and nothing is reported."""
    document: Json = {"@context": CONTEXTS[0], "@graph": [*nodes]}
    records, blocked = load(json.dumps(document).encode())
    if blocked:
        return
    written, losses = write_ctdl(records)
    assert not losses
    mine, theirs = expanded(json.loads(written)), expanded(document)
    assert _merged(mine) == _merged(theirs)


def _merged(dataset: Dataset) -> set[str]:
    """The graph where blank nodes of which the same is said are one: lines with each blank node as what is said of it."""
    lines = [(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in dataset]
    seen = {each for line in lines for each in (line[0], line[2]) if each.startswith("_:")}
    names = dict.fromkeys(seen, "")
    for _ in range(6):
        names = {
            blank: repr(sorted({(p, names.get(o, o), ">") for s, p, o in lines if s == blank}
                               | {(p, names.get(s, s), "<") for s, p, o in lines if o == blank}))
            for blank in names
        }  # fmt: skip
    return {repr((names.get(s, s), p, names.get(o, o))) for s, p, o in lines}


if REFERENCE:

    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
    def test_every_sample_that_loads_comes_out_as_it_was(path: Path) -> None:
        """Isomorphic to the published graph; of verifiable credentials what they describe."""
        (document,) = open_source(path)
        assert isinstance(document, Document)
        records, blocked = load(document.data, document.name)
        if blocked or not records:
            return
        written, losses = write_ctdl(records)
        assert not losses
        assert load(written)[0] == records
        if path.suffix == ".ttl":
            original = canonical(list(parse(document.data, format=RdfFormat.TURTLE)))
        else:
            original = expanded(json.loads(document.data))
        mine = expanded(json.loads(written))
        if path.parent.name == "ctdl-in-vc":
            named = [quad for quad in mine if "_:" not in str(quad)]
            assert named
            assert all(quad in original for quad in named)
        else:
            assert mine == original
