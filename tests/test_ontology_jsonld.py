"""JSON-LD with nothing but bundled contexts: the same triples as PyLD, nothing fetched, nothing dropped in silence."""

import json
import time
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, NamedNode, RdfFormat, parse

from ontology.context_files import bundled_contexts
from ontology.json_documents import Json
from ontology.jsonld import (
    JSON_DATATYPE,
    LANGUAGE,
    MAX_CONTEXTS,
    RELATIVE,
    UNDEFINED,
    original_reference,
    original_term,
    read_jsonld,
    to_triples,
)
from ontology.jsonld_faults import MAX_DEPTH
from ontology.model import FindingLevel

CTDL = "https://credreg.net/ctdl/schema/context/json"


def codes(value: Json) -> list[str]:
    return sorted(finding.code for finding in read_jsonld(value, file="x.jsonld").findings)


def test_a_document_becomes_triples() -> None:
    """Prefixes, coercions and language maps of a bundled context count."""
    value: Json = {
        "@context": CTDL,
        "@id": "https://x.example/c",
        "@type": "ceterms:Course",
        "ceterms:name": {"en": "C"},
    }
    triples, findings = to_triples(value, file="x.jsonld")
    assert not findings
    assert {str(triple.object) for triple in triples} == {"<https://purl.org/ctdl/terms/Course>", '"C"@en'}


@pytest.mark.parametrize(
    "context",
    [
        "https://unknown.example/context",
        "file:///etc/passwd",
        "relative.jsonld",
        {"@version": 1.1, "@import": "https://unknown.example/context"},
        {"a": {"@id": "https://x.example/a", "@context": "https://unknown.example/context"}},
        [CTDL, ["https://unknown.example/context"]],
    ],
)
def test_a_context_that_is_not_bundled_is_a_fault_and_never_fetched(
    context: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding names the context; PyLD's own loader is not reached."""

    def reached(*arguments: object, **named: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(jsonld, "_default_document_loader", reached)
    monkeypatch.setattr("socket.create_connection", reached)
    read = read_jsonld({"@context": context, "@id": "https://x.example/c", "a": {"b": "c"}}, file="x.jsonld")
    assert [finding.code for finding in read.findings] == ["jsonld.unknown-context"]
    named = ["unknown.example", "file:///etc/passwd", "relative.jsonld"]
    assert read.findings[0].level is FindingLevel.MUST
    assert any(each in read.findings[0].message for each in named)
    assert read.findings[0].source is not None
    assert (read.findings[0].source.pointer or "").startswith("/@context")
    assert not read.quads


def test_an_undefined_term_is_told_and_kept_as_raw_json() -> None:
    """A statement with the term and its JSON, and a should-finding with the place."""
    read = read_jsonld(
        {"@context": CTDL, "@id": "https://x.example/c", "shoe size": [42, {"b": None}]}, file="x.jsonld"
    )
    (quad,) = read.quads
    assert quad.predicate == NamedNode(f"{UNDEFINED}shoe%20size")
    assert quad.object == Literal('[42,{"b":null}]', datatype=NamedNode(JSON_DATATYPE))
    assert original_term(quad.predicate.value) == "shoe size"
    assert [(finding.level, finding.code) for finding in read.findings] == [("should", "jsonld.undefined-term")]
    assert read.findings[0].source is not None
    assert read.findings[0].source.pointer == "/shoe size"


def test_undefined_terms_that_no_node_can_hold_are_told() -> None:
    """Beside a plain value and around a graph nothing can hold them; the graph stays the default one."""
    value: Json = {
        "@context": {"a": "https://x.example/a"},
        "lost": 1,
        "@graph": [{"@id": "https://x.example/c", "a": {"@value": "v", "gone": 2}}],
    }
    read = read_jsonld(value, file="x.jsonld")
    assert codes(value) == ["jsonld.left-out", "jsonld.left-out"]
    assert [str(quad.object) for quad in read.quads] == ['"v"']
    assert str(read.quads[0].graph_name) == "DEFAULT"


def test_what_is_no_iri_is_kept_word_by_word() -> None:
    """A relative or malformed IRI stands below RELATIVE and can be put back."""
    value: Json = {"@context": CTDL, "@id": "here", "ceterms:subjectWebpage": "see our page", "@type": "Course"}
    read = read_jsonld(value, file="x.jsonld")
    objects = {original_reference(quad.object.value) for quad in read.quads if isinstance(quad.object, NamedNode)}
    assert objects == {"see our page", "Course"}
    assert {str(quad.subject) for quad in read.quads} == {f"<{RELATIVE}here>"}
    assert codes(value) == ["jsonld.relative-iri"]


def test_a_base_is_used_where_it_is_given() -> None:
    """Relative IRIs start from the base."""
    value: Json = {"@context": {"a": "https://x.example/a"}, "@id": "c", "a": "v"}
    assert str(read_jsonld(value, file="f", base="https://b.example/").quads[0].subject) == "<https://b.example/c>"


def test_other_faults_are_told() -> None:
    """A language that is none, an unknown prefix, half a surrogate pair, a wrong type."""
    read = read_jsonld(
        {"@id": "https://x.example/c", "https://x.example/a": {"@value": "v", "@language": "en_US"}}, file="x.jsonld"
    )
    assert [finding.code for finding in read.findings] == ["jsonld.invalid-language"]
    assert isinstance(read.quads[0].object, Literal)
    assert read.quads[0].object.datatype.value == f"{LANGUAGE}en_us"
    assert codes({"@id": "https://x.example/c", "foo:bar": 1}) == ["jsonld.undefined-prefix"]
    assert codes({"@id": "https://x.example/c", "https://x.example/a": "\ud800"}) == ["jsonld.invalid"]
    assert codes({"@id": 7, "https://x.example/a": 1}) == ["jsonld.invalid"]
    assert codes({"@context": 7}) == ["jsonld.invalid"]


def test_hostile_contexts_end_quickly() -> None:
    """Too deep, too many contexts, contexts that grow by being applied: told within seconds."""
    started = time.monotonic()
    deep: Json = "end"
    for _ in range(MAX_DEPTH + 2):
        deep = {"https://x.example/a": deep}
    assert codes(deep) == ["jsonld.too-deep"]
    assert codes([{"@context": {f"t{n}": f"https://x.example/{n}"}, "@id": f"https://x.example/{n}", f"t{n}": 1}
                  for n in range(MAX_CONTEXTS + 1)]) == ["jsonld.too-many-contexts"]  # fmt: skip
    large: Json = {f"t{n}": f"https://x.example/{n}" for n in range(20_000)}
    again: Json = {
        "@id": "https://x.example/c",
        "https://x.example/a": {"@context": [{"y": None}, large, {"z": None}, large]},
    }
    assert codes({"@context": large, **cast("dict[str, Json]", again)}) == ["jsonld.too-many-contexts"]
    assert codes({"@context": {"a": {"@id": "b:x"}, "b": "a:y"}, "a": 1}) == ["jsonld.invalid"]
    assert time.monotonic() - started < 20


NAMES = st.sampled_from(["https://x.example/a", "https://x.example/b", "ceterms:price", "ceterms:ctid"])
PLAIN = st.one_of(st.booleans(), st.integers(-5, 5), st.floats(-9, 9), st.sampled_from(["", "w", 'Zoë \n"']))
VALUES = st.recursive(
    st.one_of(PLAIN, st.builds(lambda value: {"@value": value, "@language": "en"}, st.text("ab", max_size=2))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.builds(lambda items: {"@list": items}, st.lists(PLAIN, max_size=2)),
        st.dictionaries(NAMES, inner, max_size=2),
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=3), st.booleans())
def test_the_triples_are_those_of_pyld(said: dict[str, Json], named: bool) -> None:
    """Expansion is PyLD's; what follows it gives the same graph as PyLD's to_rdf, kept texts aside."""
    node: dict[str, Json] = {"@id": "https://x.example/s", **said}
    value: Json = {"@context": CTDL, **({"@id": "https://x.example/g"} if named else {}), "@graph": [node]}

    def load(url: str, options: object) -> object:
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(json.dumps(bundled_contexts()[url]))}

    read = read_jsonld(value, file="x.jsonld")
    if any(finding.code == "jsonld.invalid-language" for finding in read.findings):
        return  # PyLD writes these as lines that no parser reads
    try:
        theirs = jsonld.to_rdf(value, {"documentLoader": load, "base": None, "format": "application/n-quads"})
    except jsonld.JsonLdError:
        assert [finding.code for finding in read.findings] == ["jsonld.invalid"]
        return
    mine = Dataset(quad for quad in read.quads if "headwater" not in str(quad))
    expected = Dataset(parse(theirs, format=RdfFormat.N_QUADS))
    for dataset in (mine, expected):
        dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    assert mine == expected
