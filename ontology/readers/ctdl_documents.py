"""CTDL documents as descriptions: JSON-LD, registry envelopes, RDF; blank nodes named by their content.

What a source calls a graph becomes a statement about the graph's name. Knows no records. Called by `ctdl`.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

from ontology.documents import Document
from ontology.errors import InputError
from ontology.json_documents import Json, objects_in, pointer, read_json
from ontology.jsonld import read_jsonld
from ontology.model import Finding, FindingLevel, Source, Statement, derived_iri
from ontology.skolem import skolemised, without_blanks

from .ctdl_terms import CONTEXTS, IN_GRAPH
from .nodes import find_rdf_format, read_lines, read_triples

_ENVELOPE: Final = frozenset({"envelope_id", "envelope_ceterms_ctid", "envelope_ctdl_type", "decoded_resource",
                              "envelope_version", "envelope_community"})  # fmt: skip
_RESOURCES: Final = ("decoded_resource", "resource")
DESCRIBES: Final = "envelope_describes"
"""Key that an envelope gets beside its own: the `@id` of what it describes."""


@dataclass(slots=True)
class Nodes:
    """What documents say. `subjects` is in the order of first appearance; terms are canonical N-Triples."""

    subjects: dict[str, list[Statement]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def is_rdf(document: Document) -> bool:
    """Whether the document is RDF in a syntax of its own; JSON is not."""
    return find_rdf_format(document) is not None


def read_documents(documents: Sequence[Document]) -> Nodes:
    """All that the documents say together, and the faults of their syntax."""
    nodes = Nodes()
    for document in documents:
        if is_rdf(document):
            _read_rdf(nodes, document)
            continue
        value = read_json(document)
        if isinstance(value, Finding):
            nodes.findings.append(value)
            continue
        _read_value(nodes, document.name, value)
    return nodes


def _read_rdf(nodes: Nodes, document: Document) -> None:
    prefixes: dict[str, str] = {}
    new: set[str] = set()
    for subject, predicate, term in without_blanks(dict.fromkeys(read_triples(document, nodes.findings, prefixes))):
        if subject not in nodes.subjects:
            new.add(subject)
        nodes.subjects.setdefault(subject, []).append((predicate, term))
    lines = read_lines(document, prefixes, new.__contains__)
    for subject in new:
        nodes.sources[subject] = Source(file=document.name, line=lines.get(subject))


def _read_value(nodes: Nodes, name: str, value: Json) -> None:
    for at, part in _resources(value, name, nodes.findings):
        read = read_jsonld(part, file=name, default=CONTEXTS)
        nodes.findings.extend(_placed(read.findings, at))
        places = {iri: at.found(path) for path, iri in _identities(part)}
        try:
            triples = list(skolemised(dict.fromkeys(_with_graphs(read.quads))))
        except InputError as error:
            nodes.findings.append(
                Finding(level=FindingLevel.MUST, code=error.code, message=error.message, source=Source(file=name))
            )
            continue
        for subject, predicate, term in triples:
            nodes.subjects.setdefault(subject, []).append((predicate, term))
            if subject not in nodes.sources:
                nodes.sources[subject] = Source(file=name, pointer=places.get(subject))


def _placed(findings: Sequence[Finding], at: "_Place") -> Iterator[Finding]:
    """Findings of a part with their place in the whole; none of what is no vocabulary's and meant to be kept so."""
    for finding in findings:
        source = finding.source
        if at.ours and finding.code == "jsonld.undefined-term":
            continue
        if source is None or (source.pointer is None and not at.path):
            yield finding
        else:
            yield replace(finding, source=replace(source, pointer=at.told(source.pointer)))


def _with_graphs(quads: Sequence[Quad]) -> Iterator[Triple]:
    held = NamedNode(IN_GRAPH)
    told: set[tuple[object, object]] = set()
    for quad in quads:
        yield quad.triple
        if not isinstance(quad.graph_name, DefaultGraph) and (quad.graph_name, quad.subject) not in told:
            told.add((quad.graph_name, quad.subject))
            yield Triple(quad.graph_name, held, quad.subject)


def _identities(value: Json) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(path, `@id`) of each object that has one and says more; the first comes last, so that it counts."""
    waiting: list[tuple[tuple[str | int, ...], Json]] = [((), value)]
    found: list[tuple[tuple[str | int, ...], str]] = []
    while waiting:
        path, each = waiting.pop()
        if isinstance(each, dict):
            iri = each.get("@id")
            if isinstance(iri, str) and len(each) > 1:
                found.append((path, iri))
            waiting.extend(((*path, key), item) for key, item in each.items())
        elif isinstance(each, list):
            waiting.extend(((*path, index), item) for index, item in enumerate(each))
    return reversed(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a part stands in its document. `whole`: pointers into it are not, for it is packed in a token."""

    path: tuple[str | int, ...] = ()
    whole: bool = False
    ours: bool = False
    """The part is metadata of an envelope, which no vocabulary defines."""

    def found(self, path: Sequence[str | int]) -> str:
        """Pointer in the document of a path in the part."""
        return pointer(*self.path) if self.whole else pointer(*self.path, *path)

    def told(self, inner: str | None) -> str:
        """Pointer in the document of a pointer in the part."""
        return pointer(*self.path) + ("" if self.whole or inner is None else inner)


def _resources(value: Json, name: str, findings: list[Finding]) -> Iterator[tuple[_Place, Json]]:
    """The value; of envelopes what is inside of each, and its metadata as a thing of its own. Each with its place."""
    envelopes = [(path, each) for path, each in objects_in(value) if _is_envelope(each)]
    if not envelopes:
        yield _Place(), value
        return
    if isinstance(value, list):
        for index, each in enumerate(value):
            if not (isinstance(each, dict) and _is_envelope(each)):
                yield _Place(path=(index,)), each
    for path, envelope in envelopes:
        key, resource = _inside(envelope)
        if resource is None:
            findings.append(
                Finding(
                    level=FindingLevel.MUST,
                    code="ctdl.empty-envelope",
                    message="Got a registry envelope without a readable resource, expected `decoded_resource` or "
                    "a JSON Web Token in `resource`.",
                    source=Source(file=name, pointer=pointer(*path)),
                    fix="Download the envelope again, or give the resource itself.",
                )
            )
            continue
        yield _Place(path=(*path, key), whole=envelope[key] is not resource), resource
        yield _Place(path=tuple(path), ours=True), _metadata(envelope, resource)


def _is_envelope(value: dict[str, Json]) -> bool:
    return "@type" not in value and "@graph" not in value and bool(_ENVELOPE & value.keys())


def _inside(envelope: dict[str, Json]) -> tuple[str, dict[str, Json] | None]:
    """The key and the described resource: decoded, or the payload of the token. No signature is looked at."""
    for key in ("decoded_resource", "resource"):
        found = envelope.get(key)
        if isinstance(found, dict):
            return key, found
    resource = envelope.get("resource")
    return "resource", _payload(resource) if isinstance(resource, str) else None


def _payload(resource: str) -> dict[str, Json] | None:
    parts = resource.split(".")
    payload = parts[1] if len(parts) == 3 else resource
    try:
        text = (
            payload
            if payload.lstrip().startswith("{")
            else base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
        value = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _metadata(envelope: dict[str, Json], resource: dict[str, Json]) -> Json:
    """The envelope without the resource; its keys are of no vocabulary, so they are kept as they are."""
    kept: dict[str, Json] = {key: value for key, value in envelope.items() if key not in _RESOURCES}
    token = envelope.get("resource")
    if isinstance(token, str):
        kept["resource"] = token
    described = resource.get("@id")
    if isinstance(described, str):
        kept[DESCRIBES] = described
    identity = kept.get("envelope_id") or json.dumps(kept, sort_keys=True)
    return {"@context": {}, "@id": derived_iri("ctdl/envelope", identity), **kept}
