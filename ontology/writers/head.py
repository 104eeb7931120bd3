"""What an export says of its dataset: name, format, licence and attribution travel with the content.

A document that begins with it is one of ours and is read back as it was written, see `readers.headwater`.
"""

from dataclasses import dataclass

from ontology.model import ONTOLOGY
from ontology.ntriples import is_iri, literal_term
from ontology.terms import RDF_TYPE

DCT = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
DATASET_CLASS = f"{ONTOLOGY}Dataset"
NAME = f"{DCT}identifier"
FORMAT = f"{DCT}format"
LICENSE = f"{DCT}license"
ATTRIBUTION = f"{ONTOLOGY}attribution"
RELEASE = f"{PROV}wasDerivedFrom"
PUBLISHED_AT = f"{PROV}generatedAtTime"
_DATE_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetHead:
    """The dataset that is written."""

    iri: str
    name: str
    format: str
    license: str | None = None
    attribution: str | None = None
    release: str | None = None
    """IRI of the release that it is of; only where provenance is asked for: same content, same bytes otherwise."""
    published_at: str | None = None
    """RFC 3339."""

    def statements(self) -> list[tuple[str, str]]:
        """(predicate, N-Triples term): the class, by which a reader knows it, first."""
        said = [
            (NAME, literal_term(self.name)),
            (FORMAT, literal_term(self.format)),
        ]
        if self.license is not None:
            said.append((LICENSE, f"<{self.license}>" if is_iri(self.license) else literal_term(self.license)))
        if self.attribution is not None:
            said.append((ATTRIBUTION, literal_term(self.attribution)))
        if self.release is not None:
            said.append((RELEASE, f"<{self.release}>"))
        if self.published_at is not None:
            said.append((PUBLISHED_AT, literal_term(self.published_at, _DATE_TIME)))
        return [(RDF_TYPE, f"<{DATASET_CLASS}>"), *sorted(said)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What an export cannot say in its format."""

    subject: str | None
    what: str
    """One sentence."""
