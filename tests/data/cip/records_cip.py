"""What reading the files of this folder gives; an analyst known by OPM 511, SOC 15-1212 and ESCO 2512.4 is around."""

from ontology.model import Code, Course, Importance, JobRole, Record, Requirement, RequirementGroup, Text
from ontology.readers.sources import CIP

RECORDS: list[tuple[Record, str, int | None]] = [
    (CIP, "crosswalk.csv", None),
    (
        Course(
            iri="https://w3id.org/headwater/id/cip/11.1003",
            labels=(Text("Computer and Information Systems Security", "en"),),
            codes=(Code("cip", "11.1003"),),
            framework="https://w3id.org/headwater/id/cip",
        ),
        "crosswalk.csv",
        2,
    ),
    (
        Course(
            iri="https://w3id.org/headwater/id/cip/01.0508",
            labels=(Text("Taxidermy/Taxidermist", "en"),),
            codes=(Code("cip", "01.0508"),),
            framework="https://w3id.org/headwater/id/cip",
        ),
        "crosswalk.csv",
        4,
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/001e881c22b676cb9a539fb4",
            owner="https://w3id.org/headwater/id/onet/15-1212.00",
            minimum=1,
            importance=Importance.SHOULD,
        ),
        "crosswalk.csv",
        2,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/57f1ccbfe7ac25a6ad6853a4",
            owner="https://w3id.org/headwater/id/onet/15-1212.00",
            group="https://w3id.org/headwater/id/group/001e881c22b676cb9a539fb4",
            target="https://w3id.org/headwater/id/cip/11.1003",
            importance=Importance.SHOULD,
        ),
        "crosswalk.csv",
        2,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/soc/15-1299",
            labels=(Text("Computer Occupations, All Other", "en"),),
            codes=(Code("soc", "15-1299"),),
            framework="https://w3id.org/headwater/id/cip",
        ),
        "crosswalk.csv",
        3,
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/70d4921011bfaba6286fa02c",
            owner="https://w3id.org/headwater/id/soc/15-1299",
            minimum=1,
            importance=Importance.SHOULD,
        ),
        "crosswalk.csv",
        3,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/fc1b2c2163f9025f2f517ed3",
            owner="https://w3id.org/headwater/id/soc/15-1299",
            group="https://w3id.org/headwater/id/group/70d4921011bfaba6286fa02c",
            target="https://w3id.org/headwater/id/cip/11.1003",
            importance=Importance.SHOULD,
        ),
        "crosswalk.csv",
        3,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = []
