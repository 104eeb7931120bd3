"""What reading the files of this folder gives; an analyst known by OPM 511, SOC 15-1212 and ESCO 2512.4 is around."""

from ontology.model import Code, Competency, Importance, JobRole, Record, Requirement, Text
from ontology.readers.sources import NICE

RECORDS: list[tuple[Record, str, int | None]] = [
    (NICE, "requirements.csv", None),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/8e541d5255a9156f86be4141",
            owner="https://w3id.org/headwater/id/nice/OG-WRL-001",
            target="https://w3id.org/headwater/id/nice/T1015",
            importance=Importance.SHOULD,
        ),
        "requirements.csv",
        2,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/7559222cb207212f5f90b8c9",
            owner="https://w3id.org/headwater/id/nice/DD-WRL-009",
            target="https://w3id.org/headwater/id/nice/K0018",
            importance=Importance.SHOULD,
        ),
        "requirements.csv",
        3,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/nice/OG-WRL-001",
            labels=(Text("Communications Security (COMSEC) Management", "en"),),
            descriptions=(Text("Manages communications security resources.", "en"),),
            codes=(Code("nice", "OG-WRL-001"), Code("opm", "723")),
            framework="https://w3id.org/headwater/id/nice",
            statements=(("https://w3id.org/headwater/id/nice/term/category", '"OVERSIGHT and GOVERNANCE"'),),
        ),
        "roles.csv",
        2,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/nice/DD-WRL-009",
            labels=(Text("Operational Technology Engineering", "en"),),
            codes=(Code("nice", "DD-WRL-009"),),
            framework="https://w3id.org/headwater/id/nice",
            statements=(("https://w3id.org/headwater/id/nice/term/category", '"DESIGN and DEVELOPMENT"'),),
        ),
        "roles.csv",
        3,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/T1015",
            labels=(Text("Determine requirements", "en"),),
            codes=(Code("nice", "T1015"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="task",
        ),
        "statements.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/K0018",
            labels=(Text("Knowledge of encryption, and of algorithms", "en"),),
            codes=(Code("nice", "K0018"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="knowledge",
        ),
        "statements.csv",
        3,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/S0001",
            labels=(Text("Skill in auditing", "en"),),
            codes=(Code("nice", "S0001"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="skill",
        ),
        "statements.csv",
        4,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = []
