"""What reading the files beside this one gives, in the order in which it is read."""

from ontology.model import Code, Competency, Framework, Importance, JobRole, Record, Requirement, Text, Unmapped

RECORDS: list[tuple[Record, str, int | None]] = [
    (
        Framework(
            iri="https://w3id.org/headwater/id/nice",
            labels=(Text("NICE Workforce Framework for Cybersecurity", "en"),),
            url="https://www.nist.gov/nice/framework",
            license="United States public domain (17 USC 105)",
            attribution="NICE Workforce Framework for Cybersecurity (NIST SP 800-181 Rev. 1), National Institute of Standards and Technology.",
        ),
        "components.json",
        None,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/nice/PD",
            statements=(
                (
                    "http://www.w3.org/2004/02/skos/core#definition",
                    '"Protects."@en',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#notation",
                    '"PD"',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#prefLabel",
                    '"PROTECTION"@en',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/element_type",
                    '"category"',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/sort",
                    '"00004"',
                ),
            ),
        ),
        "components.json",
        None,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/nice/PD-WRL-001",
            labels=(Text("Defensive Cybersecurity", "en"),),
            descriptions=(Text("Analyses data.", "en"),),
            codes=(
                Code("nice", "PD-WRL-001"),
                Code("opm", "511"),
            ),
            framework="https://w3id.org/headwater/id/nice",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice/term/category",
                    '"PROTECTION"',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/categoryElement",
                    "<https://w3id.org/headwater/id/nice/PD>",
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/projection",
                    "<https://w3id.org/headwater/id/nice/S0873>",
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/sort",
                    '"00004.00001"',
                ),
            ),
        ),
        "components.json",
        None,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/nice/DD-WRL-004",
            labels=(Text("Secure Systems Development", "en"),),
            descriptions=(Text("Develops.", "en"),),
            codes=(
                Code("nice", "DD-WRL-004"),
                Code("opm", "631"),
                Code("opm", "632"),
            ),
            framework="https://w3id.org/headwater/id/nice",
        ),
        "components.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/T0006",
            labels=(Text("Advocate a position", "en"),),
            codes=(Code("nice", "T0006"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="task",
        ),
        "components.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/K0018",
            labels=(Text("Knowledge of encryption", "en"),),
            codes=(Code("nice", "K0018"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="knowledge",
            broader=("https://w3id.org/headwater/id/nice/NF-COM-001",),
        ),
        "components.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/S0136",
            labels=(Text("Skill in network systems", "en"),),
            codes=(Code("nice", "S0136"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="skill",
            broader=("https://w3id.org/headwater/id/nice/NF-COM-001",),
        ),
        "components.json",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice/NF-COM-001",
            labels=(Text("Access Controls", "en"),),
            descriptions=(Text("Who may see what.", "en"),),
            codes=(Code("nice", "NF-COM-001"),),
            framework="https://w3id.org/headwater/id/nice",
            kind="competency-area",
        ),
        "components.json",
        None,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/04b2ab2136577300f5a27941",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            target="https://w3id.org/headwater/id/nice/T0006",
            importance=Importance.SHOULD,
        ),
        "components.json",
        None,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/5fcb1af8aafbf85262a4da7a",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            target="https://w3id.org/headwater/id/nice/K0018",
            importance=Importance.SHOULD,
        ),
        "components.json",
        None,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/756b105eb46cc8aeaa73fe0c",
            owner="https://w3id.org/headwater/id/nice/DD-WRL-004",
            target="https://w3id.org/headwater/id/nice/K0018",
            importance=Importance.SHOULD,
        ),
        "components.json",
        None,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/nice/documents/SP_800_181_rev_1",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice/term/doc_identifier",
                    '"SP_800_181_rev_1"',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/name",
                    '"NICE Framework"',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/version",
                    '"2.0.0"',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/website",
                    '"https://example.org/nice"',
                ),
            ),
        ),
        "components.json",
        None,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/nice/relationship_types/projection",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice/term/description",
                    '"Between two elements."',
                ),
                (
                    "https://w3id.org/headwater/id/nice/term/relationship_identifier",
                    '"projection"',
                ),
            ),
        ),
        "components.json",
        None,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "nice.unknown-identifier", "components.json", None, None),
]
