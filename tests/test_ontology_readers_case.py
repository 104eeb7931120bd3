"""CASE read: the golden pair, every kind of payload, what is wrong with a file, and files mutated at random."""

import copy
import json
import runpy
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Competency,
    Finding,
    FindingLevel,
    Framework,
    Located,
    Record,
    Relation,
    Unmapped,
)
from ontology.rdf import from_nquads_lines, to_nquads_lines
from ontology.readers import read_source
from ontology.readers.case import fit_case, read_case
from ontology.readers.detection import Fit
from ontology.validation import validate
from ontology.writers.case_index import CasePackages

DATA = Path(__file__).parent / "data" / "case"
BASE = "https://case.example.org/ims/case/v1p1"
TIME = "2026-01-01T00:00:00Z"
ITEM = {"identifier": "i", "uri": f"{BASE}/CFItems/i", "fullStatement": "Sails", "lastChangeDateTime": TIME}
DOCUMENT = {"identifier": "d", "uri": f"{BASE}/CFDocuments/d", "creator": "c", "title": "t", "lastChangeDateTime": TIME}


def small_boats() -> dict[str, object]:
    found: dict[str, object] = json.loads((DATA / "small-boats-1.1.json").read_text("utf-8"))
    return found


def document(value: object, name: str = "c.json") -> Document:
    return Document(name=name, data=json.dumps(value).encode())


def read(*values: object) -> list[Located | Finding]:
    return list(read_case([document(value, f"{number}.json") for number, value in enumerate(values)]))


def records_of(items: Sequence[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def faults_of(items: Sequence[Located | Finding]) -> list[tuple[str, str, str | None]]:
    return [
        (item.level.value, item.code, item.source.pointer)
        for item in items
        if isinstance(item, Finding) and item.source and item.fix
    ]


def package(*items: object, associations: Sequence[object] = (), **more: object) -> dict[str, object]:
    return {"CFDocument": DOCUMENT, "CFItems": list(items), "CFAssociations": list(associations), **more}


def association(kind: str, origin: object, destination: object, **more: object) -> dict[str, object]:
    ends = {"originNodeURI": origin, "destinationNodeURI": destination}
    name = str(more.pop("identifier", "a"))
    return {
        "identifier": name,
        "uri": f"{BASE}/CFAssociations/{name}",
        "associationType": kind,
        "lastChangeDateTime": TIME,
        **ends,
        **more,
    }


def item(name: str, **more: object) -> dict[str, object]:
    return {**ITEM, "identifier": name, "uri": f"{BASE}/CFItems/{name}", **more}


def link(name: str, kind: str = "CFItems") -> dict[str, object]:
    return {"title": name, "identifier": name, "uri": f"{BASE}/{kind}/{name}"}


def test_reading_gives_what_the_golden_pair_says() -> None:
    """Every record with its file and pointer, in order, and every finding; the format is found by content."""
    expected = runpy.run_path(str(DATA / "records_case.py"))
    reading = read_source(DATA)
    items = list(reading.items)
    assert reading.format == "case"
    assert [
        (item.record, item.source.file, item.source.pointer) for item in items if isinstance(item, Located)
    ] == expected["RECORDS"]
    assert [
        (item.level.value, item.code, item.source.file, item.source.pointer)
        for item in items
        if isinstance(item, Finding) and item.source and item.code != "reader.unknown-file"
    ] == expected["FINDINGS"]


def test_the_original_documents_are_kept() -> None:
    """An imported package stays downloadable byte for byte."""
    reading = read_source(DATA / "small-boats-1.1.json")
    assert [each.data for each in reading.originals] == [(DATA / "small-boats-1.1.json").read_bytes()]


@pytest.mark.parametrize("name", ["small-boats-1.0.json", "small-boats-1.1.json", "documents.json"])
def test_a_file_cut_anywhere_is_one_finding(name: str, tmp_path: Path) -> None:
    """It is still taken for CASE, and the finding says that it is no JSON."""
    data = (DATA / name).read_bytes()
    for cut in range(120, len(data) - 2, 501):
        (tmp_path / name).write_bytes(data[:cut])
        reading = read_source(tmp_path / name)
        items = list(reading.items)
        assert reading.format in {"case", ""}
        assert {item.code for item in items if isinstance(item, Finding)} <= {
            "json.syntax",
            "document.not-utf-8",
            "reader.unknown-file",
        }
        assert not records_of(items)
        assert items


@pytest.mark.parametrize(
    ("value", "fit"),
    [
        ({"CFDocument": DOCUMENT}, Fit.EXACT),
        ({"CFPackage": {"CFDocument": DOCUMENT}}, Fit.EXACT),
        ({"CFDocuments": []}, Fit.EXACT),
        ([{"CFDocument": DOCUMENT}], Fit.EXACT),
        ({"CFItems": [], "CFDocument": DOCUMENT}, Fit.EXACT),
        (ITEM, Fit.EXACT),
        (DOCUMENT, Fit.EXACT),
        (association("isChildOf", link("a"), link("b")), Fit.EXACT),
        ({"CFItem": ITEM, "CFAssociations": []}, Fit.EXACT),
        ({"CFConcepts": []}, Fit.EXACT),
        ({"about": {"CFDocument": DOCUMENT}}, Fit.NONE),
        ({"title": "CFItems", "identifier": "x"}, Fit.NONE),
        ({"@context": "https://credreg.net/ctdlasn/schema/context/json", "@graph": []}, Fit.NONE),
        ([], Fit.NONE),
        ([1, {"a": 1}], Fit.NONE),
        ("CFDocument", Fit.NONE),
    ],
)
def test_a_document_is_claimed_by_its_outermost_keys(value: object, fit: Fit) -> None:
    assert fit_case(document(value)) is fit


def test_what_begins_with_a_bracket_and_is_no_json_is_not_claimed() -> None:
    assert fit_case(Document(name="x.ttl", data=b'[ a <CFItems> ; "CFDocument" "x" ] .')) is Fit.NONE


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: {"CFPackage": value},
        lambda value: [value],
        lambda value: dict(reversed(value.items())),
    ],
    ids=["bare", "wrapped", "in a list", "keys in another order"],
)
def test_a_package_gives_the_same_records_however_it_is_wrapped(wrap: Callable[[dict[str, object]], object]) -> None:
    """Wrapped, in a list, with its keys in another order: what is read is the same."""
    plain = {repr(record) for record in records_of(read(small_boats()))}
    assert {repr(record) for record in records_of(read(wrap(small_boats())))} == plain


def test_the_words_of_case_become_ours() -> None:
    """Documents, items, parents, successors, alignments, the license: as docs/case.md says."""
    records = {record.iri: record for record in records_of(read(small_boats()))}
    named = {
        record.labels[0].text.strip(): record
        for record in records.values()
        if isinstance(record, Framework | Competency)
    }
    framework, rope, bowline = named["Small boats"], named["Handles ropes"], named["Ties a bowline\u00a0knot"]
    reef, square = named["Ties a reef knot"], named["Ties a square knot"]
    assert isinstance(framework, Framework)
    assert (framework.license, framework.attribution) == (
        "CC0-1.0",
        "Harbour College (invented), Port of Nowhere (invented)",
    )
    assert framework.url == "https://case.example.org/small-boats"
    assert isinstance(bowline, Competency)
    assert bowline.broader == (rope.iri,)
    assert bowline.kind == "Skill"
    assert [text.text for text in bowline.alternative_labels] == ["Bowline", "Bowline, by hand"]
    assert [(code.system, code.value) for code in bowline.codes][1] == ("case-code", "R.1")
    assert [each.labels[0].language for each in (framework, rope, bowline, reef)] == ["en", "en", "en-GB", "en"]
    assert square.replaced_by == reef.iri
    aligned = {
        (record.subject, record.object, record.relation) for record in records.values() if isinstance(record, Alignment)
    }
    assert aligned == {
        (bowline.iri, "https://knots.example.org/bowline", Relation.EXACT),
        (bowline.iri, reef.iri, Relation.RELATED),
    }
    kept = Counter(iri.rsplit("/", 2)[1] for iri, record in records.items() if isinstance(record, Unmapped))
    assert kept == {
        "CFAssociations": 6,
        "CFSubjects": 2,
        **dict.fromkeys(("CFConcepts", "CFLicenses", "CFItemTypes", "CFAssociationGroupings", "CFRubrics"), 1),
    }


@pytest.mark.parametrize(
    ("kind", "relation"),
    [
        ("exactMatchOf", Relation.EXACT),
        ("isTranslationOf", Relation.EXACT),
        ("isRelatedTo", Relation.RELATED),
        ("isPeerOf", Relation.RELATED),
        ("isPartOf", None),
        ("precedes", None),
        ("exemplar", None),
        ("hasSkillLevel", None),
        ("isChildOf", None),
        ("ext:like", None),
    ],
)
def test_an_association_is_an_alignment_only_where_it_says_that_two_correspond(
    kind: str, relation: Relation | None
) -> None:
    """Everything else is kept and aligns nothing."""
    records = records_of(read(package(item("x"), item("y"), associations=[association(kind, link("x"), link("y"))])))
    found = [record for record in records if record.iri.endswith("/CFAssociations/a")]
    assert [getattr(record, "relation", None) for record in found] == [relation]


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        (ITEM, ["CFItem"]),
        ({"CFItem": ITEM, "CFAssociations": [association("precedes", link("i"), link("j"))]}, ["CFItem", "CFAssociation"]),
        ({"CFDocuments": [DOCUMENT, {**DOCUMENT, "identifier": "e", "uri": "urn:e"}]}, ["CFDocument", "CFDocument"]),
        ({"CFSubjects": [{"identifier": "s", "uri": "urn:s", "title": "t", "hierarchyCode": "1", "lastChangeDateTime": TIME}]}, ["CFSubject"]),
        ({"identifier": "g", "uri": f"{BASE}/CFAssociationGroupings/g", "title": "g", "lastChangeDateTime": TIME}, ["CFAssociationGrouping"]),
        ({"identifier": "l", "uri": "urn:l", "title": "l", "licenseText": "CC0", "lastChangeDateTime": TIME}, ["CFLicense"]),
        ({"identifier": "r", "uri": f"{BASE}/CFRubrics/r", "lastChangeDateTime": TIME}, ["CFRubric"]),
    ],
)  # fmt: skip
def test_the_payload_of_every_endpoint_is_read(payload: object, kinds: list[str]) -> None:
    """As a file of its own, without findings; what was read comes out again."""
    items = read(payload)
    assert faults_of(items) == []
    marks = [term for record in records_of(items) for _, term in record.statements if "/case/vocab#CF" in term]
    assert [mark.rpartition("#")[2].rstrip(">") for mark in marks if '"' not in mark] == kinds
    assert validate([each for each in items if isinstance(each, Located)], dataset="d").blocked is False


def test_an_item_alone_belongs_to_the_document_it_names_where_that_is_there() -> None:
    """By CFDocumentURI; where nobody describes the document it belongs to none."""
    single = {**ITEM, "CFDocumentURI": link("d", "CFDocuments")}
    assert [getattr(record, "framework", None) for record in records_of(read(single))] == [None]
    found = [
        record for record in records_of(read({"CFDocuments": [DOCUMENT]}, single)) if isinstance(record, Competency)
    ]
    assert [record.framework for record in found] == [DOCUMENT["uri"]]


# --- what is wrong


def test_an_item_without_identifier_is_told_by_its_pointer_and_the_rest_is_read() -> None:
    without = {name: value for name, value in ITEM.items() if name != "identifier"}
    items = read(package(item("a"), item("b"), item("c"), without, item("e")))
    assert faults_of(items) == [("must", "case.missing-identifier", "/CFItems/3")]
    assert [record.iri.rpartition("/")[2] for record in records_of(items)[1:]] == ["a", "b", "c", "e"]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("CFItems",), {"a": 1}, ("must", "case.wrong-type", "/CFItems")),
        (("CFItems", 1), "x", ("must", "case.wrong-type", "/CFItems/1")),
        (("CFItems", 1), ["x"], ("must", "case.wrong-type", "/CFItems/1")),
        (("CFItems", 1, "identifier"), 7, ("must", "case.missing-identifier", "/CFItems/1")),
        (("CFItems", 1, "identifier"), " ", ("must", "case.missing-identifier", "/CFItems/1")),
        (("CFItems", 1, "fullStatement"), ["x"], ("should", "case.wrong-value", "/CFItems/1/fullStatement")),
        (("CFItems", 1, "uri"), 3, ("should", "case.wrong-value", "/CFItems/1/uri")),
        (("CFItems", 1, "educationLevel"), [9], ("should", "case.wrong-value", "/CFItems/1/educationLevel")),
        (("CFItems", 1, "subjectURI"), link("s"), ("should", "case.wrong-value", "/CFItems/1/subjectURI")),
        (("CFItems", 1, "CFItemTypeURI"), "x", ("should", "case.wrong-value", "/CFItems/1/CFItemTypeURI")),
        (("CFItems", 1, "language"), "english!", ("should", "case.language", "/CFItems/1/language")),
        (("CFItems", 1, "fullStatement"), None, ("should", "case.missing-property", "/CFItems/1")),
        (("CFItems", 1, "extensions"), [], ("should", "case.wrong-value", "/CFItems/1/extensions")),
        (("CFItems", 1, "a/b~c"), 1, ("should", "case.unknown-property", "/CFItems/1/a~1b~0c")),
        (("CFItems", 1, "notes"), "\ud800", ("must", "case.unwritable", "/CFItems/1")),
        (("CFItems", 1, "notes"), json.loads("[" * 101 + "]" * 101), ("must", "case.unwritable", "/CFItems/1")),
        (("CFAssociations", 0, "sequenceNumber"), "1", ("should", "case.wrong-value", "/CFAssociations/0/sequenceNumber")),
        (("CFAssociations", 0, "sequenceNumber"), True, ("should", "case.wrong-value", "/CFAssociations/0/sequenceNumber")),
        (("CFAssociations", 0, "originNodeURI"), "x", ("must", "case.missing-end", "/CFAssociations/0/originNodeURI")),
        (("CFAssociations", 0, "originNodeURI"), {}, ("must", "case.missing-end", "/CFAssociations/0/originNodeURI")),
        (("CFAssociations", 0, "associationType"), "isLike", ("should", "case.unknown-association-type", "/CFAssociations/0/associationType")),
        (("CFAssociations", 0, "associationType"), 4, ("should", "case.wrong-value", "/CFAssociations/0/associationType")),
        (("CFDefinitions",), "x", ("must", "case.wrong-type", "/CFDefinitions")),
        (("CFDefinitions", "CFItemTypes"), "x", ("must", "case.wrong-type", "/CFDefinitions/CFItemTypes")),
        (("CFDefinitions", "other"), 1, ("should", "case.unknown-property", "/CFDefinitions/other")),
        (("CFRubrics", 0, "CFRubricCriteria", 0, "weight"), "1", ("should", "case.wrong-value", "/CFRubrics/0/CFRubricCriteria/0/weight")),
        (("CFRubrics", 0, "CFRubricCriteria", 0, "identifier"), None, ("must", "case.missing-identifier", "/CFRubrics/0/CFRubricCriteria/0")),
        (("CFRubrics", 0, "CFRubricCriteria"), {}, ("must", "case.wrong-type", "/CFRubrics/0/CFRubricCriteria")),
        (("CFDocument",), [], ("must", "case.wrong-type", "/CFDocument")),
        (("CFDocument",), None, ("must", "case.missing-document", "")),
        (("other",), 1, ("should", "case.unknown-property", "/other")),
    ],
)  # fmt: skip
def test_a_wrong_value_anywhere_is_told_by_its_pointer(
    path: tuple[str | int, ...], value: object, fault: tuple[str, str, str]
) -> None:
    """One change to a faultless package is one new finding, and what does not hang on it is read."""
    whole = small_boats()
    whole["CFItems"][1]["language"] = "en"  # type: ignore[index]
    assert faults_of(read(whole)) == []
    inner: object = whole
    for step in path[:-1]:
        inner = inner[step]  # type: ignore[index]
    inner[path[-1]] = value  # type: ignore[index]
    items = read(whole)
    assert fault in faults_of(items)
    assert len(records_of(items)) > 5


@pytest.mark.parametrize("value", [1, None, "CFDocument", True, [3], [[]], {}, {"CFPackage": 3}, {"CFItem": 3}])
def test_what_is_no_payload_is_told_and_never_a_crash(value: object) -> None:
    items = read(value)
    assert not records_of(items)
    assert {level for level, _, _ in faults_of(items)} == {"must"}


def test_a_number_beyond_all_bounds_is_told() -> None:
    """1e999 is infinite to the parser, and no JSON can say so again."""
    data = json.dumps(package(item("x", extensions={"n": 17}))).replace("17", "1e999").encode()
    items = list(read_case([Document(name="c.json", data=data)]))
    assert faults_of(items) == [("must", "case.unwritable", "/CFItems/0")]


def test_an_unknown_property_is_told_and_kept() -> None:
    items = read(package(item("x", colour="red", weight=3)))
    assert [code for _, code, _ in faults_of(items)] == ["case.unknown-property"] * 2
    (competency,) = (record for record in records_of(items) if isinstance(record, Competency))
    assert {
        ("https://purl.imsglobal.org/spec/case/vocab#colour", '"red"'),
        (
            "https://purl.imsglobal.org/spec/case/vocab#weight",
            '"3"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>',
        ),
    } < set(competency.statements)


def test_what_a_whole_file_has_is_told_ten_times_and_then_counted() -> None:
    """Thirty items without lastChangeDateTime: ten findings, and one that says twenty more."""
    items = [{name: value for name, value in item(str(n)).items() if name != "lastChangeDateTime"} for n in range(30)]
    findings = [each for each in read(package(*items)) if isinstance(each, Finding)]
    assert len(findings) == 11
    assert findings[-1].message.startswith("20 more")
    assert findings[-1].source
    assert findings[-1].source.pointer == "/CFItems/29"


def test_repeated_items_merge_where_they_are_identical_and_clash_where_not() -> None:
    """In one package or two of one source; `validation` tells both."""
    second = {**DOCUMENT, "identifier": "e", "uri": f"{BASE}/CFDocuments/e"}
    for other in (package(item("x")), {**package(item("x")), "CFDocument": second}):
        found = validate([each for each in read(package(item("x")), other) if isinstance(each, Located)], dataset="d")
        assert {finding.code for finding in found.findings} == {"identity.duplicate"}
        assert not found.blocked
    clash = validate(
        [each for each in read(package(item("x"), item("x", notes="n"))) if isinstance(each, Located)], dataset="d"
    )
    assert [finding.code for finding in clash.findings if finding.level is FindingLevel.MUST] == ["identity.conflict"]


def test_an_item_in_two_packages_comes_out_in_both() -> None:
    second = {**DOCUMENT, "identifier": "e", "uri": f"{BASE}/CFDocuments/e"}
    records = records_of(read(package(item("x")), {**package(item("x")), "CFDocument": second}))
    packages = CasePackages(set(records)).original_packages()
    assert [each["CFItems"] for each in packages] == [[item("x")], [item("x")]]


def test_a_parent_that_is_not_there_is_told_and_does_not_block() -> None:
    """Nor does an end in another framework: it is an external resource."""
    items = read(
        package(
            item("x"),
            associations=[
                association("isChildOf", link("x"), link("gone")),
                association("exactMatchOf", link("x"), link("far"), identifier="b"),
                association("isChildOf", link("lost"), link("x"), identifier="c"),
            ],
        )
    )
    assert faults_of(items) == [
        ("should", "case.missing-parent", "/CFAssociations/0"),
        ("should", "case.missing-child", "/CFAssociations/2"),
    ]
    assert not validate([each for each in items if isinstance(each, Located)], dataset="d").blocked


def test_links_find_their_end_by_uri_and_else_by_identifier() -> None:
    """Servers that republish a framework write other uris into links than into items."""
    moved = {**link("p"), "uri": "https://elsewhere.example.org/p"}
    records = records_of(read(package(item("c"), item("p"), associations=[association("isChildOf", link("c"), moved)])))
    assert [record.broader for record in records if isinstance(record, Competency)] == [(item("p")["uri"],), ()]


def test_the_case_of_a_uuid_makes_no_difference_to_links() -> None:
    """GUIDs in capitals on the items and in small letters in links, uris too, are the same things."""
    large, small = "AAAAAAAA-0000-4000-8000-00000000000", "aaaaaaaa-0000-4000-8000-00000000000"
    items = [item(f"{large}{digit}", uri=f"{BASE}/CFItems/{large}{digit}") for digit in "12"]
    child = association("isChildOf", link(f"{small}2"), link(f"{small}1"))
    found = {record.iri: record for record in records_of(read(package(*items, associations=[child])))}
    competency = found[f"{BASE}/CFItems/{large}2"]
    assert isinstance(competency, Competency)
    assert competency.broader == (f"{BASE}/CFItems/{large}1",)


def test_a_successor_of_another_kind_and_a_parent_of_itself_join_nothing() -> None:
    items = read(
        package(
            item("x"),
            associations=[
                association("replacedBy", link("x"), link("d", "CFDocuments")),
                association("replacedBy", link("x"), link("x"), identifier="b"),
                association("replacedBy", link("d", "CFDocuments"), link("later", "CFDocuments"), identifier="c"),
            ],
        )
    )
    assert [getattr(record, "replaced_by", None) for record in records_of(items)[:2]] == [
        f"{BASE}/CFDocuments/later",
        None,
    ]
    assert not validate([each for each in items if isinstance(each, Located)], dataset="d").blocked


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(found for key, each in inner for found in paths_of(each, (*path, key)))]


GOLDEN = [json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json"))]
PLACES = [(number, path) for number, value in enumerate(GOLDEN) for path in paths_of(value) if path]
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=4)
    | st.sampled_from(("isChildOf", "replacedBy", "urn:x", " ", "\x00", "\ud800")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3) | st.sampled_from(("uri", "identifier", "title")), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.none() | anything), min_size=1, max_size=4))
def test_a_file_mutated_at_random_is_never_a_crash(
    changes: list[tuple[tuple[int, tuple[str | int, ...]], object]],
) -> None:
    """It gives records and findings with pointers; what loads survives the archive and can be exported."""
    values = copy.deepcopy(GOLDEN)
    for (number, path), value in changes:
        inner = values[number]
        try:
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    items = read(*values)
    assert all(each.source and each.fix for each in items if isinstance(each, Finding))
    found = validate([each for each in items if isinstance(each, Located)], dataset="d", skip_broken=True)
    lines = sorted(line for record in found.records for line in to_nquads_lines(record, "urn:g"))
    restored = list(from_nquads_lines(lines))
    assert {repr(record) for record in restored} == {repr(record) for record in found.records}
    index = CasePackages(restored)
    json.dumps([index.packages(), index.packages("1.0"), index.documents(), index.original_packages()], allow_nan=False)
