"""CASE written: nothing lost of what was imported, valid 1.1 of anything, and the payloads of a provider."""

import json
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.errors import InputError
from ontology.model import (
    Alignment,
    Code,
    Competency,
    Course,
    Finding,
    Framework,
    Located,
    Record,
    Relation,
    Text,
)
from ontology.rdf import from_nquads_lines, to_nquads_lines
from ontology.readers import read_source
from ontology.readers.case import read_case
from ontology.readers.case_terms import (
    CF_DOCUMENT,
    DEFINITIONS,
    NESTED,
    PARTS,
    Kind,
    Shape,
)
from ontology.validation import validate
from ontology.writers.case import write_case_packages, write_original_case_packages
from ontology.writers.case_index import CasePackages

DATA = Path(__file__).parent / "data" / "case"
BASE = "https://case.example.org/ims/case/v1p1"
LARGE = 10_000
SERVED_SECONDS = 1.0
MADE_SECONDS = 25.0
"""Five times what it takes."""

Value = Mapping[str, object]


def read(*values: object) -> list[Record]:
    """The records of JSON values, as they come out of validation and out of the archive."""
    documents = [Document(name=f"{n}.json", data=json.dumps(value).encode()) for n, value in enumerate(values)]
    return archived([item for item in read_case(documents) if isinstance(item, Located)])


def archived(items: Sequence[Located]) -> list[Record]:
    found = validate(items, dataset="d")
    lines = sorted(line for record in found.records for line in to_nquads_lines(record, "urn:g"))
    return list(from_nquads_lines(lines))


def golden(name: str) -> Value:
    found: Value = json.loads((DATA / name).read_text("utf-8"))
    return found


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def without_order(package: object) -> list[str]:
    """A package as sorted texts: each entity once, everything else as it is."""
    found = []
    for name, value in cast("Value", package).items():
        inner = value.items() if name == "CFDefinitions" and isinstance(value, dict) else [("", value)]
        for second, each in inner:
            found.append(f"{name}/{second}")
            found += [f"{name}/{second}/{canonical(one)}" for one in (each if isinstance(each, list) else [each])]
    return sorted(set(found))


def objects(value: object) -> Iterator[Value]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(each)


def entities(package: Value) -> Iterator[tuple[Kind, Value]]:
    """(kind, entity) of all that stands in a package, criteria and levels too."""
    yield CF_DOCUMENT, cast("Value", package["CFDocument"])
    arrays = [(PARTS[name], package.get(name)) for name in PARTS]
    definitions = cast("Value", package.get("CFDefinitions") or {})
    arrays += [(DEFINITIONS[name], definitions.get(name)) for name in DEFINITIONS]
    while arrays:
        kind, values = arrays.pop()
        for each in cast("list[Value]", values or []):
            yield kind, each
            arrays += [(inner, each.get(name)) for name, inner in NESTED.items()]


# --- nothing is lost


@pytest.mark.parametrize("name", ["small-boats-1.1.json", "small-boats-1.0.json"])
def test_an_imported_package_comes_out_as_it_was(name: str) -> None:
    """Through validation and the archive: outer blanks, odd language tags, null, 1.0's strings for arrays, all."""
    value = golden(name)
    (package,) = write_original_case_packages(read(value))
    assert without_order(package) == without_order(value.get("CFPackage", value))


def test_a_valid_package_is_exported_unchanged() -> None:
    """What is valid 1.1 needs no change, and the report is empty."""
    value = golden("small-boats-1.1.json")
    export = write_case_packages(read(value))
    assert without_order(export.packages[0]) == without_order(value)
    assert export.report.changes == []


def test_the_order_of_records_makes_no_difference() -> None:
    records = read(golden("small-boats-1.1.json"), golden("small-boats-1.0.json"))
    expected = canonical(write_case_packages(records).packages)
    for seed in range(3):
        random.Random(seed).shuffle(records)
        assert canonical(write_case_packages(records).packages) == expected


odd_text = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('\u00a0 \u202f\t"\\\n\x00\x85\u2028'), max_size=8
)
identifiers = st.uuids(version=4).map(str) | st.uuids().map(lambda value: str(value).upper()) | st.text(
    "abc-/ \u00e4", min_size=1, max_size=5
).filter(str.strip)  # fmt: skip
odd_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | odd_text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(odd_text | st.just("a:b"), inner, max_size=2),
    max_leaves=4,
)
links = st.fixed_dictionaries({"title": odd_text, "identifier": identifiers, "uri": st.just("urn:case:x") | odd_text})
VALUES: dict[Shape, st.SearchStrategy[object]] = {
    Shape.TEXT: odd_text,
    Shape.URI: odd_text | st.just("https://example.org/a"),
    Shape.IDENTIFIER: identifiers,
    Shape.DATE: st.dates().map(str) | st.datetimes().map(lambda value: value.isoformat()) | odd_text,
    Shape.TIME: st.datetimes().map(lambda value: value.isoformat() + "Z") | odd_text,
    Shape.INTEGER: st.integers() | st.just("3") | st.just(2.0),
    Shape.NUMBER: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5),
    Shape.TEXTS: st.lists(odd_text, max_size=3) | odd_text,
    Shape.LINK: links,
    Shape.NODE: links | links.map(lambda value: {**value, "targetType": "ext:a"}),
    Shape.LINKS: st.lists(links, max_size=2),
    Shape.OBJECT: st.dictionaries(odd_text | st.just("a:b"), odd_json, max_size=2),
    Shape.OBJECTS: st.lists(st.dictionaries(odd_text | st.just("a:b"), odd_json, max_size=2), max_size=2),
    Shape.ASSOCIATION_TYPE: st.sampled_from(("isChildOf", "replacedBy", "exactMatchOf", "precedes", "ext:x", "isLike")),
    Shape.VERSION: st.just("1.1") | odd_text,
}


@st.composite
def made_entity(draw: st.DrawFn, kind: Kind, number: int, ends: Sequence[Value] = ()) -> Value:
    found: dict[str, object] = {"identifier": draw(identifiers), "uri": f"{BASE}/{kind.name}s/{number}"}
    for name, shape in kind.properties.items():
        if name in NESTED:
            found[name] = [
                draw(made_entity(NESTED[name], number * 10 + each)) for each in range(draw(st.integers(0, 2)))
            ]
        elif name not in found and draw(st.booleans()):
            found[name] = draw(VALUES[shape] | st.none())
    if "originNodeURI" in kind.properties:
        found |= {name: draw(st.sampled_from(ends)) for name in ("originNodeURI", "destinationNodeURI")}
    if draw(st.booleans()):
        found[draw(odd_text)] = draw(odd_json)
    for name in ("identifier", "uri"):
        found[name] = found[name] or "x"
    return found


@st.composite
def made_package(draw: st.DrawFn) -> Value:
    """A package with everything that CASE has, its arrays in any order."""
    document = draw(made_entity(CF_DOCUMENT, 0))
    items = [draw(made_entity(PARTS["CFItems"], number)) for number in range(draw(st.integers(1, 3)))]
    ends = [{"title": "t", **{name: each[name] for name in ("identifier", "uri")}} for each in [document, *items]]
    ends += [{"title": "far", "identifier": "far", "uri": "https://far.example.org/1", "targetType": "CASE"}]
    package: dict[str, object] = {"CFDocument": document, "CFItems": items}
    for name, kind in PARTS.items():
        if name != "CFItems" and draw(st.booleans()):
            package[name] = [draw(made_entity(kind, number, ends)) for number in range(draw(st.integers(0, 2)))]
    definitions: dict[str, object] = {
        name: [draw(made_entity(kind, number)) for number in range(draw(st.integers(0, 1)))]
        for name, kind in DEFINITIONS.items()
        if draw(st.booleans())
    }
    package["CFDefinitions"] = definitions
    for inner in (package, definitions):
        if draw(st.booleans()):
            inner["extensions"] = draw(VALUES[Shape.OBJECT])
    return draw(st.permutations(list(package.items())).map(dict))


few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@few
@given(package=made_package())
def test_any_package_comes_out_as_it_was_and_upgraded_the_same_again(package: Value) -> None:
    """Letter by letter; what 1.1 makes of it stays what it is when it is read and written again."""
    records = read(package)
    (original,) = write_original_case_packages(records)
    assert without_order(original) == without_order(package)
    export = write_case_packages(records)
    assert_valid_shape(export.packages[0])
    again = write_case_packages(read(export.packages[0]))
    assert canonical(again.packages) == canonical(export.packages)
    assert again.report.changes == []
    assert {each["uri"] for _, each in entities(export.packages[0])} == {each["uri"] for _, each in entities(package)}


def assert_valid_shape(package: Value) -> None:
    """What the schema asks of every entity: known properties, none that must be there missing, identifiers, no null."""
    assert not package.keys() - {"CFDocument", "CFDefinitions", "extensions", *PARTS}
    for kind, each in entities(package):
        assert not each.keys() - kind.properties.keys() - {"extensions"}
        assert set(kind.required) <= each.keys()
        assert None not in each.values()
        assert str(UUID(str(each["identifier"]))) == each["identifier"]
        for name, value in each.items():
            if kind.properties[name] is Shape.LINK:
                assert isinstance(value, dict)
                assert value.keys() == {"title", "identifier", "uri"}


# --- what 1.1 does not allow


def upgraded(value: Value) -> tuple[Value, list[tuple[str, str | None]]]:
    export = write_case_packages(read(value))
    return export.packages[0], [(change.code, change.property) for change in export.report.changes]


def package(*items: Value, associations: Sequence[Value] = (), **more: object) -> dict[str, object]:
    document = {
        "identifier": str(uuid5(NAMESPACE_URL, "d")),
        "uri": f"{BASE}/CFDocuments/d",
        "creator": "c",
        "title": "t",
        "lastChangeDateTime": "2026-01-01T00:00:00Z",
        "caseVersion": "1.1",
    }
    return {"CFDocument": document, "CFItems": list(items), "CFAssociations": list(associations), **more}


def item(identifier: str, **more: object) -> Value:
    return {
        "identifier": identifier,
        "uri": f"{BASE}/CFItems/{identifier}",
        "fullStatement": "s",
        "lastChangeDateTime": "2026-01-01T00:00:00Z",
        **more,
    }


GOOD = str(uuid5(NAMESPACE_URL, "good"))


def test_an_identifier_that_1_1_does_not_allow_becomes_one_of_its_uri_and_links_follow() -> None:
    """Upper case, no UUID, version 7: each the UUIDv5 of the uri; the original stands in extensions."""
    bad = ["00000000-0000-0000-0000-000000000001", GOOD.upper(), "0190163d-8694-739b-aea5-966c26f8ad91", "x y"]
    made = [{**item(each), "uri": f"{BASE}/CFItems/{number}"} for number, each in enumerate(bad)]
    up: dict[str, object] = {
        "identifier": GOOD,
        "uri": "urn:a",
        "associationType": "isChildOf",
        "lastChangeDateTime": "2026-01-01T00:00:00Z",
        "originNodeURI": {"title": "a", "identifier": bad[0], "uri": f"{BASE}/CFItems/0"},
        "destinationNodeURI": {"title": "b", "identifier": bad[3], "uri": "https://proxy.example.org/3"},
    }
    found, changes = upgraded(package(*made, associations=[up]))
    expected = {
        f"{BASE}/CFItems/{number}": str(uuid5(NAMESPACE_URL, f"{BASE}/CFItems/{number}")) for number in range(4)
    }
    items = cast("list[Value]", found["CFItems"])
    assert {each["uri"]: each["identifier"] for each in items} == expected
    assert [each["extensions"] for each in items] == [{"headwater:original": {"identifier": each}} for each in bad]
    (association,) = cast("list[Value]", found["CFAssociations"])
    assert "extensions" not in association
    assert association["originNodeURI"] == {
        **cast("Value", up["originNodeURI"]),
        "identifier": expected[f"{BASE}/CFItems/0"],
    }
    assert association["destinationNodeURI"] == {
        **cast("Value", up["destinationNodeURI"]),
        "identifier": expected[f"{BASE}/CFItems/3"],
    }
    assert changes == [("case-export.identifier", "identifier")] * 4


@pytest.mark.parametrize(
    ("name", "before", "after", "kept"),
    [
        ("educationLevel", "09", ["09"], True),
        ("subject", ["a", 3], ["a", "3"], True),
        ("notes", 3.5, "3.5", True),
        ("notes", None, None, False),
        ("notes", {"a": 1}, None, True),
        ("colour", "red", None, True),
        ("statusStartDate", "2017-01-31T10:00:00Z", "2017-01-31", True),
        ("statusStartDate", "2017-02-31", None, True),
        ("lastChangeDateTime", "2017-09-22", "2017-09-22T00:00:00Z", True),
        ("lastChangeDateTime", "2017-09-22T10:00:00", "2017-09-22T10:00:00Z", True),
        ("lastChangeDateTime", "yesterday", "1970-01-01T00:00:00Z", True),
        ("lastChangeDateTime", "2017-09-22T10:00:00.5+02:00", "2017-09-22T10:00:00.5+02:00", False),
        ("conceptKeywordsURI", [{"title": "t", "identifier": GOOD, "uri": "urn:k"}], {"title": "t", "identifier": GOOD, "uri": "urn:k"}, True),
        ("CFItemTypeURI", {"identifier": "k", "uri": "urn:k"}, {"title": "", "identifier": str(uuid5(NAMESPACE_URL, "urn:k")), "uri": "urn:k"}, True),
        ("CFItemTypeURI", "x", None, True),
        ("subjectURI", {"title": "t", "identifier": GOOD, "uri": "urn:k"}, [{"title": "t", "identifier": GOOD, "uri": "urn:k"}], True),
        ("CFDocumentURI", {"title": "t", "identifier": GOOD, "uri": "urn:k"}, None, False),
    ],
)  # fmt: skip
def test_a_value_is_made_valid_or_moved_and_the_original_kept(
    name: str, before: object, after: object, kept: bool
) -> None:
    """In `extensions`, below `headwater:original`; each change is a line of the report."""
    found, changes = upgraded(package(item(GOOD, **{name: before})))
    (made,) = cast("list[Value]", found["CFItems"])
    assert made.get(name) == after
    expected = {"headwater:original": {name: before}} if kept else None
    assert made.get("extensions") == expected
    assert bool(changes) == (before is None or before != after)
    assert {property_name for _, property_name in changes} <= {name}


def test_required_and_absent_properties_get_a_neutral_value() -> None:
    """Empty strings, the epoch, the IRI as uri; a line for each."""
    bare = {"identifier": GOOD}
    value = package(
        bare, CFDefinitions={"CFItemTypes": [bare | {"uri": "urn:t"}], "CFLicenses": [bare | {"uri": "urn:l"}]}
    )
    value["CFDocument"] = {"identifier": GOOD, "uri": "urn:d"}
    found, changes = upgraded(value)
    assert found["CFDocument"] == {
        "identifier": GOOD,
        "uri": "urn:d",
        "caseVersion": "1.1",
        "creator": "",
        "title": "",
        "lastChangeDateTime": "1970-01-01T00:00:00Z",
    }
    assert found["CFItems"] == [
        {
            "identifier": GOOD,
            "uri": f"https://w3id.org/headwater/id/case/{GOOD}",
            "fullStatement": "",
            "lastChangeDateTime": "1970-01-01T00:00:00Z",
        }
    ]
    assert {code for code, _ in changes} == {"case-export.neutral", "case-export.version"}
    assert len(changes) == 4 + 3 + 4 + 3


def test_whole_numbers_in_extensions_are_written_as_strings() -> None:
    """The official schema takes no integer below a key with a colon: it is a number and an integer, and one is asked."""
    extensions = {"a:n": 3, "a:f": 2.5, "a:null": None, "plain": 3, "a:b": True}
    found, _ = upgraded(package(item(GOOD, extensions=extensions)))
    (made,) = cast("list[Value]", found["CFItems"])
    assert made["extensions"] == {
        "a:n": "3",
        "a:f": 2.5,
        "plain": 3,
        "a:b": True,
        "headwater:original": {"extensions": {"a:n": 3, "a:null": None}},
    }


def test_a_renamed_competency_is_exported_under_its_new_name() -> None:
    """An overlay gave it another label: the statement that was read does not come back."""
    record = next(each for each in read(package(item(GOOD, fullStatement=" old "))) if isinstance(each, Competency))
    (changed,) = CasePackages([replace(record, labels=(Text("new"),))]).packages()
    items = cast("list[object]", changed["CFItems"])
    assert [cast("Value", each)["fullStatement"] for each in items] == ["new"]


def test_only_two_versions_are_written() -> None:
    with pytest.raises(InputError) as raised:
        write_case_packages([], version="2.0")
    assert raised.value.code == "input.unknown-version"


def test_version_1_0_has_nothing_that_1_1_added() -> None:
    """No extensions, no caseVersion, no notes of associations; types that 1.0 does not know become isRelatedTo."""
    export = write_case_packages(read(golden("small-boats-1.1.json")), version="1.0")
    (found,) = export.packages
    told = {change.property for change in export.report.losses}
    assert told == {"extensions", "frameworkType", "notes", "subject", "subjectURI", "targetType", "associationType"}
    assert not [
        each for each in objects(found) if "extensions" in each or "targetType" in each or "caseVersion" in each
    ]
    types = sorted(str(each["associationType"]) for each in cast("list[Value]", found["CFAssociations"]))
    assert types == ["exactMatchOf", *["isChildOf"] * 3, "isRelatedTo", "isRelatedTo", "precedes", "replacedBy"]


def test_version_1_0_keeps_the_identifiers_that_1_0_allows() -> None:
    """`d0000000-0000-0000-0000-000000000001` is none of 1.1; whoever asks in 1.0 gets it as it was."""
    index = CasePackages(read(golden("small-boats-1.0.json")))
    (document,) = index.documents("1.0")
    assert document["identifier"] == "d0000000-0000-0000-0000-000000000001"
    (modern,) = index.documents("1.1")
    assert index.find_document(str(modern["identifier"]), "1.0") == document
    assert index.find_document("d0000000-0000-0000-0000-000000000001", "1.1") == modern


# --- what did not come from CASE

FOREIGN: list[Record] = [
    Framework(
        iri="https://example.org/f",
        labels=(Text("Rahmen", "de"), Text("Frame", "en")),
        descriptions=(Text("What it is", "en"),),
        license="https://creativecommons.org/licenses/by/4.0/",
        attribution="Somebody",
        url="https://example.org/about",
    ),
    Competency(
        iri="https://example.org/a",
        labels=(Text("Kochen", "de"), Text("Cooking", "en")),
        alternative_labels=(Text("Food", "en"), Text("Meals", "en")),
        codes=(Code("esco", "S1"), Code("x", "2")),
        framework="https://example.org/f",
        kind="skill",
    ),
    Competency(
        iri="https://example.org/b",
        labels=(Text("Baking"),),
        framework="https://example.org/f",
        broader=("https://example.org/a",),
        replaced_by="https://example.org/a",
        statements=(("https://example.org/p", '"v"'),),
    ),
    Competency(iri="https://example.org/c", labels=(Text("Loose"),)),
    Alignment(iri="https://example.org/m1", subject="https://example.org/a", object="urn:far", relation=Relation.EXACT),
    Alignment(
        iri="https://example.org/m2",
        subject="https://example.org/a",
        object="https://example.org/b",
        relation=Relation.BROAD,
        confidence=0.5,
        comment="why",
    ),
    Alignment(iri="https://example.org/m3", subject="urn:1", object="urn:2", relation=Relation.RELATED),
    Course(iri="https://example.org/course", labels=(Text("Course"),)),
]


def test_a_framework_from_elsewhere_becomes_a_package() -> None:
    """Labels, codes, parents, successors, alignments; what CASE has no property for stands in extensions."""
    export = write_case_packages(FOREIGN)
    frame = next(
        each for each in export.packages if cast("Value", each["CFDocument"])["uri"] == "https://example.org/f"
    )
    assert_valid_shape(frame)
    assert cast("Value", frame["CFDocument"])["title"] == "Frame"
    assert cast("Value", frame["CFDocument"])["creator"] == "Somebody"
    (license_,) = cast("list[Value]", cast("Value", frame["CFDefinitions"])["CFLicenses"])
    assert license_["licenseText"] == "https://creativecommons.org/licenses/by/4.0/"
    cooking, baking = cast("list[Value]", frame["CFItems"])
    assert cooking == {
        "identifier": str(uuid5(NAMESPACE_URL, "https://example.org/a")),
        "uri": "https://example.org/a",
        "fullStatement": "Cooking",
        "alternativeLabel": "Food",
        "CFItemType": "skill",
        "humanCodingScheme": "S1",
        "language": "en",
        "lastChangeDateTime": "1970-01-01T00:00:00Z",
        "extensions": {
            "headwater:labels": {"de": ["Kochen"]},
            "headwater:alternativeLabels": {"en": ["Meals"]},
            "headwater:codeSystem": "esco",
            "headwater:codes": ["x:2"],
        },
    }
    assert baking["extensions"] == {"headwater:statements": [["https://example.org/p", '"v"']]}
    said = {
        (
            str(each["associationType"]),
            str(cast("Value", each["originNodeURI"])["uri"])[-1],
            str(cast("Value", each["destinationNodeURI"])["uri"])[-1],
        )
        for each in cast("list[Value]", frame["CFAssociations"])
    }
    assert said == {
        ("isChildOf", "a", "f"),
        ("isChildOf", "b", "a"),
        ("replacedBy", "b", "a"),
        ("exactMatchOf", "a", "r"),
        ("isRelatedTo", "a", "b"),
    }


def test_what_case_cannot_hold_is_told_as_a_loss() -> None:
    report = write_case_packages(FOREIGN).report
    assert {(change.code, change.subject) for change in report.losses} == {
        ("case-export.no-such-thing", None),
        ("case-export.foreign-alignment", "https://example.org/m3"),
    }
    assert [line.partition(":")[0] for line in report.lines()][:2] == [
        "case-export.foreign-alignment",
        "case-export.no-such-thing",
    ]


def test_a_framework_from_elsewhere_read_back_says_the_same() -> None:
    """Parents, successors and the direction of alignments come back; the second export is the first."""
    export = write_case_packages(FOREIGN)
    records = read(*export.packages)
    by_iri = {record.iri: record for record in records}
    baking = by_iri["https://example.org/b"]
    assert isinstance(baking, Competency)
    assert (baking.broader, baking.replaced_by) == (("https://example.org/a",), "https://example.org/a")
    broad = by_iri["https://example.org/m2"]
    assert isinstance(broad, Alignment)
    assert (broad.relation, broad.comment) == (Relation.BROAD, "why")
    assert canonical(write_case_packages(records).packages) == canonical(export.packages)


def test_items_without_a_package_get_a_document() -> None:
    """By the CFDocumentURI that they state, and one for those that state none; each is told."""
    link = {"title": "Far", "identifier": GOOD, "uri": "https://far.example.org/d"}
    export = write_case_packages(read(item(GOOD, CFDocumentURI=link), item("x")))
    documents = [cast("Value", each["CFDocument"]) for each in export.packages]
    assert {each["title"] for each in documents} == {"Far", "Competencies without a framework"}
    assert [len(cast("list[Value]", each["CFItems"])) for each in export.packages] == [1, 1]
    assert [each.code for each in export.report.changes][:2] == ["case-export.document-made"] * 2


# --- a provider's payloads


def made_large() -> Value:
    """Ten thousand items in a tree of tens, each a child of its tenth."""
    items = [item(str(uuid5(NAMESPACE_URL, f"i{n}")), humanCodingScheme=f"C.{n}") for n in range(LARGE)]
    document = cast("Value", package()["CFDocument"])
    parents = [items[n // 10] if n else document for n in range(LARGE)]
    associations = [
        {
            "identifier": str(uuid5(NAMESPACE_URL, f"a{n}")),
            "uri": f"{BASE}/CFAssociations/{n}",
            "associationType": "isChildOf",
            "lastChangeDateTime": "2026-01-01T00:00:00Z",
            "originNodeURI": {"title": "c", "identifier": child["identifier"], "uri": child["uri"]},
            "destinationNodeURI": {"title": "p", "identifier": parent["identifier"], "uri": parent["uri"]},
        }
        for n, (child, parent) in enumerate(zip(items, parents, strict=True))
    ]
    return package(*items, associations=associations)


def test_ten_thousand_items_are_served_in_less_than_a_second() -> None:
    """Once the index is made, which takes seconds; the package is whole."""
    value = made_large()
    data = json.dumps(value).encode()
    start = time.perf_counter()
    records = [item.record for item in read_case([Document(name="l.json", data=data)]) if isinstance(item, Located)]
    index = CasePackages(records)
    assert time.perf_counter() - start < MADE_SECONDS
    identifier = str(cast("Value", value["CFDocument"])["identifier"])
    start = time.perf_counter()
    found = index.find_package(identifier)
    written = json.dumps(found)
    assert time.perf_counter() - start < SERVED_SECONDS
    assert [len(each) for each in json.loads(written).values()] == [len(each) for each in value.values()]  # type: ignore[arg-type]


def test_descendants_go_by_hierarchy_code() -> None:
    """`1` has `1.1` and `1.1.1`, not `10`; a type without a code has none."""
    codes = ["1", "1.1", "10", "1.1.1", ""]
    types = [
        {
            "identifier": str(uuid5(NAMESPACE_URL, str(n))),
            "uri": f"urn:t{n}",
            "title": code,
            "description": "",
            "hierarchyCode": code,
            "lastChangeDateTime": "2026-01-01T00:00:00Z",
        }
        for n, code in enumerate(codes)
    ]
    index = CasePackages(read(package(CFDefinitions={"CFItemTypes": types})))
    found = [index.find_item_types(str(each["identifier"])) or {} for each in types]
    names = [[cast("Value", each)["title"] for each in cast("list[object]", one["CFItemTypes"])] for one in found]
    assert names == [["1", "1.1", "1.1.1"], ["1.1", "1.1.1"], ["10"], ["1.1.1"], [""]]


def test_links_follow_an_identifier_that_they_write_in_other_letters() -> None:
    """The item's GUID in capitals becomes another one, and so does that of the link in small letters; both keep theirs."""
    large = "AAAAAAAA-0000-4000-8000-000000000001"
    small = {"title": "", "identifier": large.lower(), "uri": f"{BASE}/CFItems/{large.lower()}"}
    one = {"identifier": large, "uri": f"{BASE}/CFItems/{large}", "fullStatement": "x"}
    related = {"associationType": "isRelatedTo", "originNodeURI": small, "destinationNodeURI": small}
    made, _ = upgraded(package({**item("1"), **one}, associations=[{**item("2"), **related}]))
    (written,) = cast("list[Value]", made["CFItems"])
    (linked,) = cast("list[Value]", made["CFAssociations"])
    assert written["identifier"] == str(uuid5(NAMESPACE_URL, f"{BASE}/CFItems/{large}"))
    assert linked["originNodeURI"] == small | {"identifier": written["identifier"]}
    assert cast("Value", cast("Value", linked["extensions"])["headwater:original"])["originNodeURI"] == small


def test_entities_are_found_by_their_old_and_new_identifier() -> None:
    """Outside of a package they name their document; an unknown identifier finds nothing."""
    index = CasePackages(read(golden("small-boats-1.0.json")), base="https://me.example.org/ims/case/v1p1")
    (document,) = index.documents()
    uri = str(cast("Value", document["CFPackageURI"])["uri"])
    assert uri.endswith("/CFPackages/d0000000-0000-0000-0000-000000000001")
    old = index.find_item("no-uri")
    assert old
    assert index.find_item(str(old["identifier"])) == old
    assert cast("Value", old["CFDocumentURI"])["identifier"] == document["identifier"]
    assert index.find_item("unknown") is None
    assert index.find_item_associations("no-uri") is None
    found = index.find_item_associations("10000000-0000-0000-0000-000000000001")
    assert found
    assert len(cast("list[object]", found["CFAssociations"])) == 4


def test_two_datasets_that_hold_one_definition_keep_their_own_words() -> None:
    """Servers share item types between packages; each package comes out as it was loaded."""
    kind = {"identifier": GOOD, "uri": "urn:t", "title": "T", "description": "", "hierarchyCode": "1"}
    below = {**kind, "identifier": str(uuid5(NAMESPACE_URL, "b")), "uri": "urn:b", "hierarchyCode": "1.1"}
    loaded = []
    for number in range(2):
        time_ = {"lastChangeDateTime": f"2026-01-0{number + 1}T00:00:00Z"}
        one = package(CFDefinitions={"CFItemTypes": [kind | time_, *([below | time_] if number else [])]})
        name = str(uuid5(NAMESPACE_URL, f"d{number}"))
        one["CFDocument"] = {**cast("Value", one["CFDocument"]), "identifier": name, "uri": f"urn:d{number}"}
        loaded.append(one)
    index = CasePackages([record for one in loaded for record in read(one)])
    assert [without_order(each) for each in index.packages()] == [without_order(each) for each in loaded]
    assert len(cast("list[object]", (index.find_item_types(GOOD) or {})["CFItemTypes"])) == 2


if "HEADWATER_REFERENCE" in os.environ:
    from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"])
    SCHEMA = REFERENCE / "standards" / "case" / "schema"
    SAMPLES = sorted((REFERENCE / "standards" / "case" / "samples").glob("*.json"))
    PACKED = sorted((REFERENCE / "data" / "case-frameworks").glob("*.gz"))
    VALIDATORS = {
        path.name.removesuffix("-200.json"): Draft202012Validator(
            json.loads(path.read_text("utf-8")), format_checker=FormatChecker()
        )
        for path in (SCHEMA / "jsonschema-v1p1").glob("*-200.json")
    }
    BROKEN = {"smarterbalanced-ELA-5items-1assoc.json", "smarterbalanced-ELAPackage0-38items-56assoc.json"}
    """A CFItem without identifier and two pairs that clash; one pair that clashes."""

    def faults(operation: str, payload: object) -> list[str]:
        """What the official schema finds wrong."""
        return [f"{list(each.path)}: {each.message[:200]}" for each in VALIDATORS[operation].iter_errors(payload)]

    @pytest.mark.parametrize("path", [*SAMPLES, *PACKED], ids=lambda path: path.name)
    def test_every_sample_comes_back_whole_and_valid(path: Path) -> None:
        """Import, archive, export: the same properties; valid 1.1 by the official schema, and the same when repeated."""
        items = list(read_source(path).items)
        if path.name in BROKEN:
            musts = [each.code for each in items if isinstance(each, Finding) and each.level.value == "must"]
            checked = validate([each for each in items if isinstance(each, Located)], dataset="d")
            musts += [each.code for each in checked.findings if each.level.value == "must"]
            assert set(musts) <= {"case.missing-identifier", "identity.conflict"}
            assert musts
        records = archived([each for each in items if isinstance(each, Located)])
        (document,) = read_source(path).originals
        value = json.loads(document.text())
        originals = write_original_case_packages(records)
        if "CFDocuments" in value:
            assert {canonical(each["CFDocument"]) for each in originals} == {
                canonical(each) for each in value["CFDocuments"]
            }
        elif path.name not in BROKEN:
            assert [without_order(each) for each in originals] == [without_order(value)]
        export = write_case_packages(records)
        assert [fault for each in export.packages for fault in faults("getCFPackage", each)] == []
        again = write_case_packages(read(*export.packages))
        assert canonical(again.packages) == canonical(export.packages)

    @few
    @given(package=made_package())
    def test_any_package_is_exported_as_valid_1_1(package: Value) -> None:
        """By the official schema, dates and times included; so is every payload of a provider."""
        index = CasePackages(read(package))
        assert [fault for each in index.packages() for fault in faults("getCFPackage", each)] == []
        assert_payloads(index)

    @pytest.mark.parametrize("records", [FOREIGN, read(golden("small-boats-1.0.json"), golden("small-boats-1.1.json"))])
    def test_every_payload_of_a_provider_is_valid(records: list[Record]) -> None:
        """All twelve operations, for everything that is there."""
        assert_payloads(CasePackages(records))

    def assert_payloads(index: CasePackages) -> None:
        assert faults("getAllCFDocuments", {"CFDocuments": index.documents()}) == []
        finders = {
            "CFItem": ("getCFItem", index.find_item),
            "CFAssociation": ("getCFAssociation", index.find_association),
            "CFAssociationGrouping": ("getCFAssociationGrouping", index.find_association_grouping),
            "CFConcept": ("getCFConcept", index.find_concepts),
            "CFSubject": ("getCFSubject", index.find_subjects),
            "CFLicense": ("getCFLicense", index.find_license),
            "CFItemType": ("getCFItemType", index.find_item_types),
            "CFRubric": ("getCFRubric", index.find_rubric),
            "CFDocument": ("getCFDocument", index.find_document),
        }
        for package in index.packages():
            for kind, each in entities(package):
                identifier = str(each["identifier"])
                if kind.name in finders:
                    operation, find = finders[kind.name]
                    assert faults(operation, find(identifier)) == []
                if kind.name == "CFItem" and (found := index.find_item_associations(identifier)):
                    assert faults("getCFItemAssociations", found) == []
                if kind.name == "CFDocument":
                    assert index.find_package(identifier) == package

    def test_what_is_written_as_1_0_is_valid_1_0() -> None:
        """By the schema of 1.0, whose dates are a choice between two formats that no validator here tells apart."""
        schema = Draft7Validator(json.loads((SCHEMA / "case-v1p0-cfpackage-schema.json").read_text("utf-8")))
        records = read(golden("small-boats-1.1.json"), golden("small-boats-1.0.json")) + FOREIGN
        for each in write_case_packages(records, version="1.0").packages:
            found = [error for error in schema.iter_errors(each) if not str(error.path[-1]).startswith("status")]
            assert [error.message for error in found] == []
