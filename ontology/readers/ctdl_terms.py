"""The words of CTDL and CTDL-ASN: short names whatever the namespace's spelling, and what each class is to us.

The hierarchy of classes stands in `ctdl_classes.json`, taken from the published schemas. Called by the readers and the
writer of CTDL. Source: credreg.net/ctdl/schema and credreg.net/ctdlasn/schema (CC BY 4.0), 2026-08-06.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from ontology.context_files import bundled_contexts
from ontology.model import IDENTITY

CETERMS: Final = "https://purl.org/ctdl/terms/"
CEASN: Final = "https://purl.org/ctdlasn/terms/"
CONTEXTS: Final = (
    "https://credreg.net/ctdl/schema/context/json",
    "https://credreg.net/ctdlasn/schema/context/json",
)
IN_GRAPH: Final = f"{IDENTITY}ctdl/term/holds"
"""Predicate of what the source calls a graph: its subjects."""
UNSAID: Final = f"{IDENTITY}ctdl/term/unsaid"
"""Predicate that names a group of fields which the source says in no words of its own."""

_NAMESPACES: Final = (
    ("https://purl.org/ctdl/terms/", "ceterms:"),
    ("http://purl.org/ctdl/terms/", "ceterms:"),
    ("http://purl.org/ceterms/terms/", "ceterms:"),
    ("https://purl.org/ctdlasn/terms/", "ceasn:"),
    ("http://purl.org/ctdlasn/terms/", "ceasn:"),
    ("http://purl.org/ASN/schema/core/", "asn:"),
    ("https://schema.org/", "schema:"),
    ("http://schema.org/", "schema:"),
    ("https://credreg.net/qdata/terms/", "qdata:"),
    ("http://credreg.net/qdata/terms/", "qdata:"),
    ("http://www.w3.org/2004/02/skos/core#", "skos:"),
    ("http://purl.org/dc/terms/", "dct:"),
    ("http://purl.org/dc/elements/1.1/", "dc:"),
    ("http://www.w3.org/2000/01/rdf-schema#", "rdfs:"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:"),
    ("https://www.w3.org/2018/credentials#", "cred:"),
    ("https://purl.org/ctdl/vocabs/logic/", "logic:"),
)
_FULL: Final = MappingProxyType(
    {"rdf:": "http://www.w3.org/1999/02/22-rdf-syntax-ns#"} | {short: full for full, short in reversed(_NAMESPACES)}
)
_KINDS: Final = (
    ("scale", ("asn:ProgressionModel", "ceasn:ProficiencyScale")),
    ("framework", ("ceterms:Collection", "ceterms:CredentialFramework", "ceterms:QualificationsFramework",
                   "skos:ConceptScheme")),
    ("competency", ("ceasn:Competency", "ceterms:Task")),
    ("course", ("ceterms:LearningOpportunity", "ceterms:LearningOpportunityProfile")),
    ("credential", ("ceterms:Credential",)),
    ("role", ("ceterms:Job", "ceterms:Occupation", "ceterms:WorkRole")),
)  # fmt: skip
"""What a class is to us, with all its subclasses; the first that holds."""
_NO_FRAMEWORK: Final = frozenset({"ceterms:PathwaySet"})
COMPONENTS: Final = MappingProxyType(
    {
        "ceterms:CompetencyComponent": "competency",
        "ceterms:CourseComponent": "course",
        "ceterms:CredentialComponent": "credential",
        "ceterms:JobComponent": "role",
    }
)
"""Components of a pathway that stand for something, and for what."""


@lru_cache(maxsize=16_384)
def short(iri: str) -> str:
    """`ceterms:name` for each spelling of the namespace; the IRI itself where it is of none that is known."""
    for full, prefix in _NAMESPACES:
        if iri.startswith(full):
            return prefix + iri[len(full) :]
    return iri


def full(name: str) -> str:
    """The IRI of a short name as CTDL now writes it."""
    prefix, _, local = name.partition(":")
    return _FULL[f"{prefix}:"] + local


@lru_cache(maxsize=1)
def class_parents() -> Mapping[str, tuple[str, ...]]:
    """Class -> the classes that it is a subclass of, by the schemas."""
    content = files("ontology").joinpath("readers/ctdl_classes.json").read_bytes()
    return MappingProxyType({name: tuple(parents) for name, parents in json.loads(content).items()})


@lru_cache(maxsize=512)
def ancestors(name: str) -> frozenset[str]:
    """The class and all above it."""
    found = {name}
    for parent in class_parents().get(name, ()):
        found |= ancestors(parent)
    return frozenset(found)


@lru_cache(maxsize=512)
def kind_of(name: str) -> str | None:
    """What a class is to us: `framework`, `competency`, `course`, `credential`, `role`, `scale`; None for the rest."""
    above = ancestors(name)
    if above & _NO_FRAMEWORK:
        return None
    return next((kind for kind, roots in _KINDS if above.intersection(roots)), None)


def kind_among(names: Iterable[str]) -> str | None:
    """What a thing of several classes is to us."""
    kinds = {kind_of(name) for name in names}
    return next((kind for kind, _ in _KINDS if kind in kinds), None)


@lru_cache(maxsize=1)
def credential_classes() -> Mapping[str, str]:
    """Folded name -> name of each class of credential."""
    names = (name for name in class_parents() if "ceterms:Credential" in ancestors(name))
    return MappingProxyType({name.partition(":")[2].casefold(): name for name in names})


@lru_cache(maxsize=1)
def known_terms() -> frozenset[str]:
    """Short names of the properties and classes that CTDL and CTDL-ASN define."""
    found = set(class_parents())
    for url in CONTEXTS:
        document = bundled_contexts()[url]
        context = document["@context"] if isinstance(document, dict) else None
        assert isinstance(context, dict)
        found.update(name for name in context if ":" in name)
    return frozenset(found)
