"""What each source is called here: IRIs of what it leaves unnamed, predicates of its own columns, its attribution.

The patterns are those of docs/identity.md. Called by the readers of one source each; reads nothing itself.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from ontology.documents import Row
from ontology.model import IDENTITY, Finding, FindingLevel, Framework, Statement, Text, Unmapped
from ontology.ntriples import iri_term, literal_term, text_term

ENGLISH: Final = "en"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"

NICE: Final = Framework(
    iri=f"{IDENTITY}nice",
    labels=(Text("NICE Workforce Framework for Cybersecurity", ENGLISH),),
    url="https://www.nist.gov/nice/framework",
    license="United States public domain (17 USC 105)",
    attribution="NICE Workforce Framework for Cybersecurity (NIST SP 800-181 Rev. 1), "
    "National Institute of Standards and Technology.",
)
DOD8140: Final = Framework(
    iri=f"{IDENTITY}dod8140",
    labels=(Text("DoD 8140 Qualification Matrix", ENGLISH),),
    url="https://www.cyber.mil/dod-workforce-innovation-directorate/dod8140",
    license="United States public domain (17 USC 105)",
    attribution="DoD 8140 Qualification Matrix V2.1, U.S. Department of Defense. "
    "Names of certifications are trademarks of their owners.",
)


def onet_attribution(version: str | None) -> str:
    """The line that O*NET asks for, with the version of the database where it is known."""
    database = f"O*NET {version} Database" if version else "O*NET Database"
    return (
        f"This product includes information from the {database} by the U.S. Department of Labor, Employment and "
        "Training Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET(R) is a trademark of USDOL/ETA. "
        "Some of this information has been modified; USDOL/ETA has not approved, endorsed, or tested these "
        "modifications."
    )


_ONET_ATTRIBUTION = onet_attribution("29.2")
ONET: Final = Framework(
    iri=f"{IDENTITY}onet",
    labels=(Text("O*NET", ENGLISH),),
    url="https://www.onetcenter.org/",
    license="https://creativecommons.org/licenses/by/4.0/",
    attribution=onet_attribution(None),
)
"""Of an unknown version."""
CIP: Final = Framework(
    iri=f"{IDENTITY}cip",
    labels=(Text("CIP 2020 programmes of study", ENGLISH),),
    url="https://nces.ed.gov/ipeds/cipcode/",
    license="United States public domain (17 USC 105)",
    attribution="CIP 2020 and the CIP 2020 - SOC 2018 crosswalk, National Center for Education Statistics and "
    "Bureau of Labor Statistics.",
)
ESCO_LICENSE: Final = "https://eur-lex.europa.eu/eli/dec/2011/833/oj"
ESCO_ATTRIBUTION: Final = (
    "This service uses the ESCO classification of the European Commission. ESCO (c) European Union; "
    "what is shown here is derived from it and modified."
)
CROSSWALK: Final = Framework(
    iri=f"{IDENTITY}esco-onet",
    labels=(Text("ESCO - O*NET crosswalk", ENGLISH),),
    url="https://esco.ec.europa.eu/en/use-esco/other-crosswalks",
    license="https://creativecommons.org/licenses/by/4.0/",
    attribution=f"{ESCO_ATTRIBUTION}\n{_ONET_ATTRIBUTION}",
)

_PUBLIC_DOMAIN = "United States public domain (17 USC 105)"
NICE2017: Final = Framework(
    iri=f"{IDENTITY}nice2017",
    labels=(Text("NICE Cybersecurity Workforce Framework (2017)", ENGLISH),),
    url="https://doi.org/10.6028/NIST.SP.800-181",
    license=_PUBLIC_DOMAIN,
    attribution="National Initiative for Cybersecurity Education (NICE) Cybersecurity Workforce Framework "
    "(NIST SP 800-181, 2017), National Institute of Standards and Technology.",
)
DCWF: Final = Framework(
    iri=f"{IDENTITY}dcwf",
    labels=(Text("DoD Cyber Workforce Framework", ENGLISH),),
    url="https://www.cyber.mil/dod-workforce-innovation-directorate/dod-cyber-workforce-framework",
    license=_PUBLIC_DOMAIN,
    attribution="DoD Cyber Workforce Framework (DCWF), U.S. Department of Defense.",
)
_OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_NCS_ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0. "
    "(National Careers Service, Department for Education)"
)
NCS: Final = Framework(
    iri=f"{IDENTITY}ncs",
    labels=(Text("National Careers Service job profiles", ENGLISH),),
    url="https://nationalcareers.service.gov.uk/",
    license=_OGL,
    attribution=_NCS_ATTRIBUTION,
)
DIGCOMP: Final = Framework(
    iri=f"{IDENTITY}digcomp3",
    labels=(Text("DigComp 3.0: European Digital Competence Framework", ENGLISH),),
    url="https://joint-research-centre.ec.europa.eu/projects-and-activities/education-and-training/"
    "digital-transformation-education/digital-competence-framework-citizens-digcomp_en",
    license="https://creativecommons.org/licenses/by/4.0/",
    attribution="DigComp 3.0 (c) European Union, Joint Research Centre, CC BY 4.0. Dutch texts: iXperium.",
)


def alignment_set(name: str, label: str, *, license: str | None, attribution: str) -> Framework:  # noqa: A002
    """The record that carries the licence and attribution of a table of alignments."""
    return Framework(
        iri=f"{IDENTITY}alignments/{name}",
        labels=(Text(label, ENGLISH),),
        license=license,
        attribution=attribution,
    )


NICE_VERSIONS: Final = alignment_set(
    "nice2017-nice",
    "NICE work roles, 2017 to 2.0.0",
    license=_PUBLIC_DOMAIN,
    attribution=f"{NICE2017.attribution}\n{NICE.attribution}",
)
DCWF_NICE: Final = alignment_set(
    "dcwf-nice",
    "DCWF work roles to NICE work roles",
    license=_PUBLIC_DOMAIN,
    attribution=f"{DCWF.attribution}\n{NICE.attribution}",
)
NCS_ONET: Final = alignment_set(
    "ncs-onet",
    "National Careers Service job profiles to O*NET",
    license=_OGL,
    attribution=_NCS_ATTRIBUTION,
)
NESTA: Final = alignment_set(
    "nesta-esco-onet",
    "Nesta, Mapping Career Causeways: ESCO to O*NET",
    license="https://opensource.org/license/mit",
    attribution=f"Mapping Career Causeways, Nesta.\n{ESCO_ATTRIBUTION}\n{_ONET_ATTRIBUTION}",
)
VDAB: Final = alignment_set(
    "vdab-esco",
    "VDAB Competent to ESCO",
    license=None,
    attribution=f"VDAB Competent 3.8, mapped to ESCO by VDAB.\n{ESCO_ATTRIBUTION}",
)


def minted_iri(source: str, *keys: str) -> str:
    """`https://w3id.org/headwater/id/<source>/<key>/…`, keys percent-encoded."""
    return "/".join((f"{IDENTITY}{source}", *(quote(key, safe="") for key in keys)))


def folded(key: str) -> str:
    """A key in which case and the number of blanks make no difference."""
    return " ".join(key.casefold().split())


def said(source: str, column: str, value: str) -> tuple[Statement, ...]:
    """What a column says that no field of a record holds; nothing where the cell is empty."""
    return ((minted_iri(source, "term", column), literal_term(value)),) if value else ()


def link(source: str, column: str, iri: str) -> Statement:
    """What a column says by naming another thing."""
    return minted_iri(source, "term", column), iri_term(iri)


def class_of_source(
    iri: str, *, code: str = "", label: str = "", description: str = "", more: Iterable[Statement] = ()
) -> Unmapped:
    """A class by which a source groups its roles, such as a category: kept under SKOS terms, not in the graph."""
    texts = (("prefLabel", label), ("definition", description))
    said_here = {(f"{SKOS}{name}", text_term(Text(text, ENGLISH))) for name, text in texts if text}
    if code:
        said_here.add((f"{SKOS}notation", literal_term(code)))
    return Unmapped(iri=iri, statements=tuple(sorted(said_here.union(more))))


def said_besides(source: str, row: Row, known: Iterable[str]) -> tuple[Statement, ...]:
    """What the columns say that the reader does not know: kept, though told."""
    unknown = row.cells.keys() - known
    return tuple(statement for column in sorted(unknown) for statement in said(source, column, row.get(column)))


def is_onet_code(text: str) -> bool:
    """Whether the text has the form of an O*NET-SOC code, `15-1212.00`."""
    return bool(re.fullmatch(r"\d\d-\d{4}\.\d\d", text, re.ASCII))


def english(text: str) -> tuple[Text, ...]:
    """One English text, or none where there is nothing."""
    return (Text(text, ENGLISH),) if text else ()


def find_gaps(row: Row, columns: Iterable[str]) -> list[Finding]:
    """A finding for each of the columns that has no value in this row."""
    return [
        Finding(
            level=FindingLevel.MUST,
            code="table.missing-value",
            message=f"The cell `{column}` is empty; every row needs one.",
            source=row.at(column),
            fix=f"Fill in `{column}`, or remove the row.",
        )
        for column in columns
        if not row.get(column)
    ]
