"""schema.org in JSON-LD and RDF: JobPosting and Occupation, courses, programmes and credentials, terms in their sets.

The terms of schema.org stand here in place of its context; `http` and `https`, with `schema:` and without, mean the
same. All that is said stays in statements under schema.org's predicates. Source: schema.org 30.0.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ontology.documents import Document
from ontology.json_documents import Json, read_json, read_json_lines
from ontology.model import ONTOLOGY, Finding, FindingLevel, Located, Source
from ontology.terms import SCHEMA

from .detection import Fit, Format, ReadContext
from .job_records import JobReader
from .job_terms import COURSE_TYPES, CREDENTIAL_TYPES, JDX, KEPT_ID, LINKS, PERSON, ROLE_TYPES, TERM, TERM_SET
from .json_outline import find_outline
from .linked_json import Linked, Vocabulary, link_json
from .nodes import find_rdf_format, read_triples

HTTP_SCHEMA: Final = "http://schema.org/"
_SCHEMAS: Final = dict.fromkeys((HTTP_SCHEMA, "http://www.schema.org/", "https://www.schema.org/"), SCHEMA)
_CONTEXT: Final = re.compile(r"^(?:https?:)?//(?:www\.)?schema\.org(?:/.*)?$", re.IGNORECASE)
_PREFIXES: Final = {
    "schema": SCHEMA,
    "sdo": SCHEMA,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "ceterms": "http://purl.org/ctdl/terms/",
    "ceasn": "http://purl.org/ctdlasn/terms/",
}
VOCABULARY: Final = Vocabulary(
    base=SCHEMA, contexts=_CONTEXT, prefixes=_PREFIXES, links=LINKS, folded=_SCHEMAS, relative=KEPT_ID
)

_READ_HERE: Final = frozenset(
    iri.removeprefix(SCHEMA)
    for iri in (*ROLE_TYPES, *COURSE_TYPES, *CREDENTIAL_TYPES, PERSON, TERM, TERM_SET)
    if iri.startswith(SCHEMA)
)
_VOCABULARY_TYPES: Final = frozenset({"Class", "Property", "Concept", "ConceptScheme", "Ontology"})
_OTHERS: Final = re.compile(
    r"purl\.org/(?:ctdl|ctdlasn|jdx)|jobdataexchange|/credentials/v\d|ns/credentials|purl\.imsglobal|openbadges"
)
_TYPED: Final = re.compile(rb"schema\.org/|\bschema:|\bsdo:")
_MAIN: Final = re.compile(rb"\b(?:JobPosting|Occupation|Course|EducationalOccupational(?:Program|Credential))\b")
_EXPORTED: Final = re.compile(rb"# Dataset: [^\n]*\n# Format: schema-org\n")
"""How our own export of such a dataset as Turtle begins: it declares prefixes that it may not use."""
_VOCABULARIES: Final = (ONTOLOGY.encode(), b"www.w3.org/2004/02/skos/core#", b"purl.org/ctdl", JDX.encode())


def fit_schema_org(document: Document) -> Fit:
    """Whether the document is JSON-LD or RDF in schema.org's words about things that are read here."""
    outline = find_outline(document)
    if outline is None:
        head = document.head
        if _EXPORTED.match(head):
            return Fit.EXACT
        said = find_rdf_format(document) is not None and _TYPED.search(head) and _MAIN.search(head)
        return Fit.EXACT if said and not any(other in head for other in _VOCABULARIES) else Fit.NONE
    stated = [text for text in outline.contexts if _CONTEXT.match(text)]
    if not stated or any(_OTHERS.search(text) for text in outline.contexts):
        return Fit.NONE
    types = {re.split(r"[/:]", each)[-1] for each in outline.types}
    if types & _READ_HERE:
        return Fit.EXACT
    return Fit.NONE if types & _VOCABULARY_TYPES else Fit.NEAR


def read_schema_org(documents: Sequence[Document], context: ReadContext) -> Iterator[Located | Finding]:
    """Each document's faults and things, then what several of them share."""
    reader = JobReader(context)
    for document in documents:
        if find_outline(document) is None:
            yield from reader.read(document, _linked_rdf(document))
            continue
        for value in json_values(document):
            if isinstance(value, Finding):
                yield value
            else:
                yield from reader.read(document, link_json(value[0], VOCABULARY, file=document.name))
    yield from reader.rest()


def json_values(document: Document) -> Iterator[tuple[Json] | Finding]:
    """The value of a JSON document, or one of each line where the lines are values of their own."""
    if re.search(r"\.(?:jsonl|ndjson)$", document.name, re.IGNORECASE):
        for line in read_json_lines(document):
            yield line if isinstance(line, Finding) else (line[1],)
        return
    value = read_json(document)
    yield value if isinstance(value, Finding) else (value,)


def _linked_rdf(document: Document) -> Linked:
    """RDF in schema.org's words; `http` and `https` mean the same."""
    linked = Linked()
    for head, said, term in read_triples(document, linked.findings):
        linked.triples.append(
            (_folded(head), _folded(said), f"<{_folded(term[1:-1])}>" if term.startswith("<") else term)
        )
    if not linked.triples and not linked.findings:
        linked.findings.append(
            Finding(
                level=FindingLevel.SHOULD,
                code="rdf.nothing-said",
                message=f"{document.name} is RDF without a single statement.",
                source=Source(file=document.name),
                fix="Check that the file is whole.",
            )
        )
    return linked


def _folded(iri: str) -> str:
    for other, counted in _SCHEMAS.items():
        if iri.startswith(other):
            return counted + iri.removeprefix(other)
    return iri


FORMAT: Final = Format(name="schema-org", fit=fit_schema_org, read=read_schema_org)
