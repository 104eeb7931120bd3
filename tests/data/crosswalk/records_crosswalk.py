"""What reading the files of this folder gives; an analyst known by OPM 511, SOC 15-1212 and ESCO 2512.4 is around."""

from ontology.model import Alignment, Record, Relation
from ontology.readers.sources import CROSSWALK

RECORDS: list[tuple[Record, str, int | None]] = [
    (CROSSWALK, "esco_to_onet.csv", None),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/4d158fe001bb56eda76ef272",
            subject="http://data.europa.eu/esco/occupation/dev",
            object="https://w3id.org/headwater/id/onet/15-1252.00",
            relation=Relation.RELATED,
            method="stated",
            source="https://w3id.org/headwater/id/esco-onet",
            statements=(
                ("https://w3id.org/headwater/id/esco-onet/term/ESCO%2FISCO%20Title", '"software developer"'),
                ("https://w3id.org/headwater/id/esco-onet/term/O%2ANET-SOC%202019%20Title", '"Software Developers"'),
            ),
        ),
        "esco_to_onet.csv",
        2,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/0924f71bd07913d96ae149e4",
            subject="http://data.europa.eu/esco/isco/C2512",
            object="https://w3id.org/headwater/id/onet/15-1252.00",
            relation=Relation.RELATED,
            method="stated",
            source="https://w3id.org/headwater/id/esco-onet",
            statements=(
                ("https://w3id.org/headwater/id/esco-onet/term/ESCO%2FISCO%20Title", '"Software developers"'),
                ("https://w3id.org/headwater/id/esco-onet/term/O%2ANET-SOC%202019%20Title", '"Software Developers"'),
            ),
        ),
        "esco_to_onet.csv",
        3,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/3940e2bbba7751d41b126f22",
            subject="https://w3id.org/headwater/id/onet/15-1252.00",
            object="http://data.europa.eu/esco/occupation/mobile",
            relation=Relation.NARROW,
            method="stated",
            source="https://w3id.org/headwater/id/esco-onet",
            statements=(
                (
                    "https://w3id.org/headwater/id/esco-onet/term/ESCO%20or%20ISCO%20Title",
                    '"mobile application developer"',
                ),
                ("https://w3id.org/headwater/id/esco-onet/term/O%2ANET%20Title", '"Software Developers"'),
            ),
        ),
        "onet_to_esco.csv",
        5,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/e102f32a517936955c16dc3c",
            subject="https://w3id.org/headwater/id/onet/15-1252.00",
            object="http://data.europa.eu/esco/isco/C2512",
            relation=Relation.EXACT,
            method="stated",
            source="https://w3id.org/headwater/id/esco-onet",
            statements=(
                ("https://w3id.org/headwater/id/esco-onet/term/ESCO%20or%20ISCO%20Title", '"Software developers"'),
                ("https://w3id.org/headwater/id/esco-onet/term/O%2ANET%20Title", '"Software Developers"'),
            ),
        ),
        "onet_to_esco.csv",
        6,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/d2248f0d6801680f0359f3c2",
            subject="https://w3id.org/headwater/id/onet/15-1252.00",
            object="http://data.europa.eu/esco/occupation/wide",
            relation=Relation.BROAD,
            method="stated",
            source="https://w3id.org/headwater/id/esco-onet",
            statements=(
                ("https://w3id.org/headwater/id/esco-onet/term/ESCO%20or%20ISCO%20Title", '"ICT professional"'),
                ("https://w3id.org/headwater/id/esco-onet/term/O%2ANET%20Title", '"Software Developers"'),
            ),
        ),
        "onet_to_esco.csv",
        7,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "crosswalk.unknown-code", "esco_to_onet.csv", 4, "ESCO/ISCO Code"),
    ("should", "crosswalk.remark", "esco_to_onet.csv", 6, None),
]
