"""What reading the files beside this one gives, in the order in which it is read."""

from ontology.model import (
    Alignment,
    Code,
    Competency,
    Framework,
    Importance,
    JobRole,
    Record,
    Relation,
    Requirement,
    Text,
    Unmapped,
)

RECORDS: list[tuple[Record, str, int | None]] = [
    (
        Framework(
            iri="https://w3id.org/headwater/id/dcwf",
            labels=(Text("DoD Cyber Workforce Framework", "en"),),
            url="https://www.cyber.mil/dod-workforce-innovation-directorate/dod-cyber-workforce-framework",
            license="United States public domain (17 USC 105)",
            attribution="DoD Cyber Workforce Framework (DCWF), U.S. Department of Defense.",
        ),
        "dcwf.json",
        None,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/dcwf/element/it-cyberspace",
            statements=(
                (
                    "http://www.w3.org/2004/02/skos/core#notation",
                    '"it-cyberspace"',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#prefLabel",
                    '"IT (Cyberspace)"@en',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf/term/role",
                    "<https://w3id.org/headwater/id/dcwf/role/421>",
                ),
                (
                    "https://w3id.org/headwater/id/dcwf/term/url",
                    '"https://example.org/it"',
                ),
            ),
        ),
        "dcwf.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/dcwf/ksat/22",
            labels=(Text("Knowledge of networking.", "en"),),
            codes=(Code("dcwf", "22"),),
            framework="https://w3id.org/headwater/id/dcwf",
            kind="knowledge",
        ),
        "dcwf.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/dcwf/ksat/108",
            labels=(Text("Knowledge of risk.", "en"),),
            codes=(Code("dcwf", "108"),),
            framework="https://w3id.org/headwater/id/dcwf",
            kind="ksa",
        ),
        "dcwf.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/dcwf/ksat/421",
            labels=(Text("Plan.", "en"),),
            codes=(Code("dcwf", "421"),),
            framework="https://w3id.org/headwater/id/dcwf",
            kind="task",
        ),
        "dcwf.json",
        None,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/dcwf/role/421",
            labels=(Text("Database Admin", "en"),),
            alternative_labels=(Text("Database Administrator", "en"),),
            descriptions=(Text("Administers databases, and more.", "en"),),
            codes=(Code("dcwf", "421"),),
            framework="https://w3id.org/headwater/id/dcwf",
            url="https://example.org/421",
            statements=(
                (
                    "https://w3id.org/headwater/id/dcwf/term/description",
                    '"Administers databases."',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf/term/element",
                    "<https://w3id.org/headwater/id/dcwf/element/it-cyberspace>",
                ),
                (
                    "https://w3id.org/headwater/id/dcwf/term/name_id",
                    '"database-administrator"',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf/term/nist_id",
                    '"OM-DA-001"',
                ),
            ),
        ),
        "work_roles.csv",
        2,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/dcwf/role/999",
            labels=(Text("New Role", "en"),),
            descriptions=(Text("Is new.", "en"),),
            codes=(Code("dcwf", "999"),),
            framework="https://w3id.org/headwater/id/dcwf",
        ),
        "work_roles.csv",
        3,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/03a4f7012ad7c10ed993fbcc",
            owner="https://w3id.org/headwater/id/dcwf/role/421",
            target="https://w3id.org/headwater/id/dcwf/ksat/421",
            importance=Importance.SHOULD,
        ),
        "dcwf.json",
        None,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/d62f8d4dd0e172a7c944159f",
            owner="https://w3id.org/headwater/id/dcwf/role/421",
            target="https://w3id.org/headwater/id/dcwf/ksat/22",
            importance=Importance.SHOULD,
            importance_value=1.0,
        ),
        "dcwf.json",
        None,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/19f7b593158a6344df15396e",
            owner="https://w3id.org/headwater/id/dcwf/role/421",
            target="https://w3id.org/headwater/id/dcwf/ksat/108",
            importance=Importance.SHOULD,
            importance_value=1.0,
        ),
        "dcwf.json",
        None,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/b7499f30d99a752e2b14cc8b",
            subject="https://w3id.org/headwater/id/dcwf/role/421",
            object="https://w3id.org/headwater/id/nice2017/OM-DTA-001",
            relation=Relation.CLOSE,
            method="stated",
            source="https://w3id.org/headwater/id/dcwf",
        ),
        "dcwf.json",
        None,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "dcwf.core-and-additional", "dcwf.json", None, None),
]
