"""What reading the files beside this one gives, in the order in which it is read."""

from ontology.model import Code, Competency, Framework, Importance, JobRole, Record, Requirement, Text, Unmapped

RECORDS: list[tuple[Record, str, int | None]] = [
    (
        Framework(
            iri="https://w3id.org/headwater/id/nice2017",
            labels=(Text("NICE Cybersecurity Workforce Framework (2017)", "en"),),
            url="https://doi.org/10.6028/NIST.SP.800-181",
            license="United States public domain (17 USC 105)",
            attribution="National Initiative for Cybersecurity Education (NICE) Cybersecurity Workforce Framework (NIST SP 800-181, 2017), National Institute of Standards and Technology.",
        ),
        "nice_domains.yml",
        None,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/nice2017/category/SP",
            statements=(
                (
                    "http://www.w3.org/2004/02/skos/core#definition",
                    '"Conceptualizes systems."@en',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#notation",
                    '"SP"',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#prefLabel",
                    '"Securely Provision"@en',
                ),
            ),
        ),
        "nice_domains.yml",
        2,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/nice2017/area/TST",
            statements=(
                (
                    "http://www.w3.org/2004/02/skos/core#definition",
                    '"Develops tests."@en',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#notation",
                    '"TST"',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#prefLabel",
                    '"Test and Evaluation"@en',
                ),
            ),
        ),
        "nice_specialityAreas.yml",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/CG01",
            labels=(Text("Technical", "en"),),
            codes=(Code("nice2017", "CG01"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="competency-group",
        ),
        "work_role_ksa_competencies.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/C005",
            labels=(Text("Computer Forensics", "en"),),
            codes=(Code("nice2017", "C005"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="competency",
            broader=("https://w3id.org/headwater/id/nice2017/CG01",),
        ),
        "work_role_ksa_competencies.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/C006",
            labels=(Text("Computer Languages", "en"),),
            codes=(Code("nice2017", "C006"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="competency",
            broader=("https://w3id.org/headwater/id/nice2017/CG01",),
        ),
        "work_role_ksa_competencies.csv",
        4,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/nice2017/SP-TST-001",
            labels=(Text("System Testing and Evaluation Specialist", "en"),),
            alternative_labels=(Text("System Test & Evaluation Specialist", "en"),),
            descriptions=(Text("Plans tests.", "en"),),
            codes=(
                Code("nice2017", "SP-TST-001"),
                Code("opm", "671"),
            ),
            framework="https://w3id.org/headwater/id/nice2017",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice2017/term/Category",
                    '"Securely Provision (SP)"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/Skills%20Community",
                    '"Cybersecurity"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/Specialty%20Area",
                    '"Test and Evaluation (TST)"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/area",
                    "<https://w3id.org/headwater/id/nice2017/area/TST>",
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/category",
                    "<https://w3id.org/headwater/id/nice2017/category/SP>",
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/domain",
                    '"SECURELY PROVISION (SP)"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/opmCode",
                    '"671"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/specialityArea",
                    '"Test and Evaluation (TST)"',
                ),
            ),
        ),
        "nice_workRoles.yml",
        3,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/nice2017/PR-CDA-001",
            labels=(Text("Cyber Defense Analyst", "en"),),
            descriptions=(Text("Uses data from tools.", "en"),),
            codes=(Code("nice2017", "PR-CDA-001"),),
            framework="https://w3id.org/headwater/id/nice2017",
            replaced_by="https://w3id.org/headwater/id/nice/PD-WRL-001",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice2017/term/area",
                    "<https://w3id.org/headwater/id/nice2017/area/CDA>",
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/category",
                    "<https://w3id.org/headwater/id/nice2017/category/PR>",
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/domain",
                    '"PROTECT and DEFEND (PR)"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/opmCode",
                    '"511"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017/term/specialityArea",
                    '"Cyber Defense Analysis (CDA)"',
                ),
            ),
        ),
        "nice_workRoles.yml",
        10,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/K0143",
            labels=(Text("Knowledge of front-end systems.", "en"),),
            codes=(Code("nice2017", "K0143"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="knowledge",
            broader=("https://w3id.org/headwater/id/nice2017/C005",),
        ),
        "nice_knowledge.yml",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/K0357",
            labels=(Text("Knowledge of constructs.", "en"),),
            codes=(Code("nice2017", "K0357"),),
            framework="https://w3id.org/headwater/id/nice2017",
            replaced_by="https://w3id.org/headwater/id/nice2017/K0143",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice2017/term/KSA",
                    '"WITHDRAWN: Knowledge of constructs. (See K0143)"',
                ),
            ),
            kind="knowledge",
            broader=("https://w3id.org/headwater/id/nice2017/C005",),
        ),
        "nice_knowledge.yml",
        5,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/T0001",
            labels=(Text("Acquire resources.", "en"),),
            codes=(Code("nice2017", "T0001"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="task",
        ),
        "nice_tasks.yml",
        4,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/T0403",
            labels=(Text("Read simple scripts (e.g., those that perform tasks such as: parsing files).", "en"),),
            codes=(Code("nice2017", "T0403"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="task",
        ),
        "nice_tasks.yml",
        6,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/T0404",
            labels=(Text("Write the user's guide.", "en"),),
            codes=(Code("nice2017", "T0404"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="task",
        ),
        "nice_tasks.yml",
        10,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/nice2017/S0060",
            labels=(Text("Skill in writing code.", "en"),),
            codes=(Code("nice2017", "S0060"),),
            framework="https://w3id.org/headwater/id/nice2017",
            kind="skill",
            broader=("https://w3id.org/headwater/id/nice2017/C006",),
        ),
        "work_role_ksa_competencies.csv",
        4,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/95de384d2773520dc4809170",
            owner="https://w3id.org/headwater/id/nice2017/SP-TST-001",
            target="https://w3id.org/headwater/id/nice2017/K0143",
            importance=Importance.SHOULD,
        ),
        "work_role_ksa_competencies.csv",
        2,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/3f8f23d4fcaa6f0689fad57b",
            owner="https://w3id.org/headwater/id/nice2017/SP-TST-001",
            target="https://w3id.org/headwater/id/nice2017/K0357",
            importance=Importance.SHOULD,
        ),
        "work_role_ksa_competencies.csv",
        3,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/9af066de9173052e2b5597bb",
            owner="https://w3id.org/headwater/id/nice2017/SP-TST-001",
            target="https://w3id.org/headwater/id/nice2017/S0060",
            importance=Importance.SHOULD,
        ),
        "work_role_ksa_competencies.csv",
        4,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "yaml.unquoted", "nice_tasks.yml", 8, None),
]
