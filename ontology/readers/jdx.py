"""JDX JobSchema+: jobs and postings as JSON-LD, HR Open's JobDescription as plain JSON, JDX's own vocabularies.

Plain JSON names its lists in the plural (`requiredCredentials`), JSON-LD its properties in the singular; both become
`jdx:requiredCredential`. What JDX takes from schema.org is schema.org's. Its vocabularies are SKOS. Source: JDX
JobSchema+ as Credential Engine's JDX schema has it; HR Open JobDescriptionType 4.3.
"""

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

from ontology.documents import Document
from ontology.model import Finding, Located, Source, Statement
from ontology.terms import RDF_TYPE, SCHEMA, SKOS

from .detection import Fit, Format, ReadContext
from .graphs import Graph
from .job_records import JobReader
from .job_terms import JDX, KEPT_ID, LINKS, ROLE_TYPES
from .job_things import Things
from .json_outline import find_outline
from .linked_json import Linked, Vocabulary, link_json
from .schema_org import VOCABULARY as SCHEMA_ORG
from .schema_org import json_values
from .skos import read_vocabulary
from .skos_facts import Facts

_DCT: Final = "http://purl.org/dc/terms/"
_OF_SCHEMA: Final = (
    "additionalProperty",
    "address",
    "addressCountry",
    "addressLocality",
    "addressRegion",
    "baseSalary",
    "contactPoint",
    "contactType",
    "currency",
    "dateCreated",
    "dateModified",
    "datePosted",
    "department",
    "description",
    "duns",
    "duration",
    "email",
    "estimatedSalary",
    "faxNumber",
    "geo",
    "hiringOrganization",
    "identifier",
    "inDefinedTermSet",
    "inLanguage",
    "incentiveCompensation",
    "industry",
    "isicV4",
    "jobLocation",
    "jobLocationType",
    "latitude",
    "legalName",
    "leiCode",
    "logo",
    "longitude",
    "maxValue",
    "median",
    "minValue",
    "naics",
    "name",
    "numberOfEmployees",
    "occupationCategory",
    "parentOrganization",
    "percentile10",
    "percentile25",
    "percentile75",
    "percentile90",
    "postalCode",
    "propertyID",
    "sameAs",
    "streetAddress",
    "subOrganization",
    "telephone",
    "termCode",
    "title",
    "unitText",
    "url",
    "validFrom",
    "validThrough",
    "value",
    "workHours",
)
"""Properties that JDX takes from schema.org."""
_OF_SKOS: Final = (
    "altLabel",
    "broader",
    "definition",
    "hasTopConcept",
    "inScheme",
    "narrower",
    "notation",
    "prefLabel",
    "related",
    "topConceptOf",
)
_IRREGULAR: Final = MappingProxyType(
    {
        "competencies": "competency",
        "technologies": "technology",
        "abilities": "ability",
        "workActivities": "workActivity",
        "physicalActivities": "physicalActivity",
        "responsibilities": "responsibility",
        "industries": f"{SCHEMA}industry",
        "descriptions": f"{SCHEMA}description",
        "identifiers": f"{SCHEMA}identifier",
        "jobLocationTypes": f"{SCHEMA}jobLocationType",
        "occupationCategories": f"{SCHEMA}occupationCategory",
        "experienceCategories": "experienceCategory",
    }
)
_REGULAR: Final = (
    "attitude",
    "citizenshipRequirement",
    "disclaimer",
    "educationLevel",
    "industryCode",
    "jobAgreement",
    "jobTerm",
    "physicalRequirement",
    "reportingRelationship",
    "requiredAssessment",
    "requiredCondition",
    "riskExposure",
    "securityClearanceRequirement",
    "sensoryRequirement",
    "skill",
    "task",
    "travelRequirement",
    "workLanguage",
)
_NEEDS: Final = tuple(
    f"{need}{what}"
    for need in ("required", "minimum", "preferred", "alternative", "equivalent")
    for what in ("Credential", "Experience", "Education")
)


def _terms() -> dict[str, str]:
    terms = {name: f"{SCHEMA}{name}" for name in _OF_SCHEMA} | {name: f"{SKOS}{name}" for name in _OF_SKOS}
    terms |= {"Organization": f"{SCHEMA}Organization", "DefinedTermSet": f"{SCHEMA}DefinedTermSet"}
    terms |= {"Concept": f"{SKOS}Concept", "ConceptScheme": f"{SKOS}ConceptScheme"}
    terms |= {name: iri if ":" in iri else f"{JDX}{iri}" for name, iri in _IRREGULAR.items()}
    terms |= {f"{name}s": f"{JDX}{name}" for name in (*_REGULAR, *_NEEDS) if not name.endswith("Education")}
    return terms


VOCABULARY: Final = Vocabulary(
    base=JDX,
    contexts=re.compile(r"jobdataexchange\.org|purl\.org/jdx|^https?://schema\.org/?$", re.IGNORECASE),
    prefixes={**SCHEMA_ORG.prefixes, "jdx": JDX},
    terms=_terms(),
    links=LINKS
    | {f"{SKOS}{name}" for name in ("inScheme", "topConceptOf", "hasTopConcept", "broader", "narrower", "related")},
    folded=SCHEMA_ORG.folded,
    relative=KEPT_ID,
    language_maps=True,
)

_PLAIN_ALONE: Final = frozenset(f"{name}s" if not name.endswith("Education") else name for name in _NEEDS)
"""Keys that nothing but a JobDescription has."""
_PLAIN_TOGETHER: Final = frozenset(
    {
        "hiringOrganization",
        "positionID",
        "jobAgreements",
        "jobTerms",
        "qualificationSummary",
        "employmentUnit",
        "workActivities",
        "requiredAssessments",
        "requiredConditions",
        "securityClearanceRequirements",
        "experienceCategories",
        "technologies",
    }
)
_JOB_NAMES: Final = frozenset(iri.removeprefix(JDX) for iri in ROLE_TYPES if iri.startswith(JDX))


def fit_jdx(document: Document) -> Fit:
    """Whether the document is a job, posting or vocabulary of JDX."""
    outline = find_outline(document)
    if outline is None:
        return Fit.NONE
    if outline.contexts or "@context" in outline.keys:
        if any("jobdataexchange.org" in text for text in outline.contexts):
            return Fit.EXACT
        types = {re.split(r"[/:]", each)[-1] for each in outline.types}
        return Fit.EXACT if any(JDX in text for text in outline.contexts) and types & _JOB_NAMES else Fit.NONE
    if outline.keys & {"$schema", "$id", "person", "credentialSubject"}:
        return Fit.NONE
    if outline.keys & _PLAIN_ALONE or len(outline.keys & _PLAIN_TOGETHER) > 1:
        return Fit.EXACT
    return Fit.NEAR if outline.keys & _PLAIN_TOGETHER and outline.keys & {"title", "name"} else Fit.NONE


def read_jdx(documents: Sequence[Document], context: ReadContext) -> Iterator[Located | Finding]:
    """Each document's faults and things, then what several of them share."""
    reader = JobReader(context)
    for document in documents:
        outline = find_outline(document)
        plain = outline is None or not ("@context" in outline.keys or "@type" in outline.all_keys)
        for value in json_values(document):
            if isinstance(value, Finding):
                yield value
                continue
            linked = link_json(value[0], VOCABULARY, file=document.name, root=f"{JDX}JobDescription" if plain else None)
            if any(term in {f"<{SKOS}Concept>", f"<{SKOS}ConceptScheme>"} for _, _, term in linked.triples):
                yield from _vocabulary(document, linked, context)
            else:
                yield from reader.read(document, linked)
    yield from reader.rest()


def _vocabulary(document: Document, linked: Linked, context: ReadContext) -> Iterator[Located | Finding]:
    """A vocabulary of JDX as SKOS: its scheme has name and description where SKOS has titles."""
    things = Things(linked.triples, linked.pointers, context.dataset)
    subjects, sources = {}, {}
    for iri, pairs in things.subjects.items():
        scheme = (RDF_TYPE, f"<{SKOS}ConceptScheme>") in pairs
        subjects[iri] = [_in_dct(pair) for pair in pairs] if scheme else pairs
        sources[iri] = Source(file=document.name, pointer=things.pointers.get(iri))
    facts = Facts()
    graph = Graph(observe=facts.take)
    graph.findings.extend(linked.findings)
    graph.add(subjects, sources)
    yield from read_vocabulary(graph, facts, document.name)


def _in_dct(pair: Statement) -> Statement:
    said, term = pair
    return {f"{SCHEMA}name": f"{_DCT}title", f"{SCHEMA}description": f"{_DCT}description"}.get(said, said), term


FORMAT: Final = Format(name="jdx", fit=fit_jdx, read=read_jdx)
