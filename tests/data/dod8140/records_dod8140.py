"""What reading the files of this folder gives; an analyst known by OPM 511, SOC 15-1212 and ESCO 2512.4 is around."""

from decimal import Decimal

from ontology.model import Code, Course, Credential, JobRole, Record, Requirement, RequirementGroup, RoleLevel, Text
from ontology.readers.sources import DOD8140

RECORDS: list[tuple[Record, str, int | None]] = [
    (DOD8140, "certifications.csv", None),
    (
        Credential(
            iri="https://w3id.org/headwater/id/dod8140/certification/ceh%28p%29",
            labels=(Text("Certified Ethical Hacker (Practical)", "en"),),
            codes=(Code("abbreviation", "CEH (P)"),),
            framework="https://w3id.org/headwater/id/dod8140",
            issuer="EC-Council",
            kind="certification",
        ),
        "certifications.csv",
        2,
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/dod8140/certification/security%2B",
            labels=(Text("CompTIA Security plus", "en"),),
            codes=(Code("abbreviation", "Security+"),),
            framework="https://w3id.org/headwater/id/dod8140",
            issuer="CompTIA, Inc",
            kind="certification",
        ),
        "certifications.csv",
        3,
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/dod8140/certification/dawiapmadvanced",
            labels=(Text("DAWIA PM Advanced", "en"),),
            codes=(Code("abbreviation", "DAWIA PM Advanced"),),
            framework="https://w3id.org/headwater/id/dod8140",
            issuer="DAU",
            kind="certification",
        ),
        "certifications_by_role.csv",
        4,
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/dod8140/degree/bachelors%20in%20computer%20science",
            labels=(Text("Bachelors in Computer Science", "en"),),
            framework="https://w3id.org/headwater/id/dod8140",
            kind="degree",
        ),
        "degrees_by_role.csv",
        2,
    ),
    (
        Course(
            iri="https://w3id.org/headwater/id/dod8140/course/dc3%20cyber%20training%20academy/cyber%20101",
            labels=(Text("OTHER TITLE", "en"),),
            descriptions=(Text("An introduction.", "en"),),
            codes=(Code("dod8140", "Cyber 101"),),
            framework="https://w3id.org/headwater/id/dod8140",
            provider="DC3 Cyber Training Academy",
            duration_days=Decimal(10),
        ),
        "training_courses_by_role.csv",
        2,
    ),
    (
        Course(
            iri="https://w3id.org/headwater/id/dod8140/course/navy/anything%20else",
            labels=(Text("Anything Else", "en"),),
            framework="https://w3id.org/headwater/id/dod8140",
            provider="Navy",
        ),
        "training_courses_by_role.csv",
        3,
    ),
    (
        RoleLevel(
            iri="https://w3id.org/headwater/id/level/7ee41697c59c660c7ad05109",
            role="https://w3id.org/headwater/id/nice/PD-WRL-001",
            name="Intermediate",
            rank=2,
        ),
        "certifications_by_role.csv",
        2,
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/116cc0376647c93cb2e142b7",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/7ee41697c59c660c7ad05109",
            minimum=1,
        ),
        "certifications_by_role.csv",
        2,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/db9ed398eda64d8c1e0ae074",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/7ee41697c59c660c7ad05109",
            group="https://w3id.org/headwater/id/group/116cc0376647c93cb2e142b7",
            target="https://w3id.org/headwater/id/dod8140/course/dc3%20cyber%20training%20academy/cyber%20101",
        ),
        "training_courses_by_role.csv",
        4,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/911be79c9a1e421dd96fc3b6",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/7ee41697c59c660c7ad05109",
            group="https://w3id.org/headwater/id/group/116cc0376647c93cb2e142b7",
            target="https://w3id.org/headwater/id/dod8140/certification/security%2B",
            statements=(("https://w3id.org/headwater/id/dod8140/term/element", '"Cybersecurity"'),),
        ),
        "certifications_by_role.csv",
        2,
    ),
    (
        RoleLevel(
            iri="https://w3id.org/headwater/id/level/dbc7ff5c553c3f8b57dc5e9e",
            role="https://w3id.org/headwater/id/nice/PD-WRL-001",
            name="Advanced",
            rank=3,
        ),
        "certifications_by_role.csv",
        3,
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/9b80872c824d0239920bf7a6",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/dbc7ff5c553c3f8b57dc5e9e",
            minimum=1,
        ),
        "certifications_by_role.csv",
        3,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/bdee54c419aa39cb117bd987",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/dbc7ff5c553c3f8b57dc5e9e",
            group="https://w3id.org/headwater/id/group/9b80872c824d0239920bf7a6",
            target="https://w3id.org/headwater/id/dod8140/course/dc3%20cyber%20training%20academy/cyber%20101",
        ),
        "training_courses_by_role.csv",
        2,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/11c96b85d1f09a39016eae82",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/dbc7ff5c553c3f8b57dc5e9e",
            group="https://w3id.org/headwater/id/group/9b80872c824d0239920bf7a6",
            target="https://w3id.org/headwater/id/dod8140/certification/ceh%28p%29",
            statements=(("https://w3id.org/headwater/id/dod8140/term/element", '"Cybersecurity"'),),
        ),
        "certifications_by_role.csv",
        3,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/aaab2ffba98b40cd3ca3a8a3",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/dbc7ff5c553c3f8b57dc5e9e",
            group="https://w3id.org/headwater/id/group/9b80872c824d0239920bf7a6",
            target="https://w3id.org/headwater/id/dod8140/certification/dawiapmadvanced",
            statements=(("https://w3id.org/headwater/id/dod8140/term/element", '"Cybersecurity"'),),
        ),
        "certifications_by_role.csv",
        4,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/f43cfd03ab5f434270c151a9",
            owner="https://w3id.org/headwater/id/nice/PD-WRL-001",
            role_level="https://w3id.org/headwater/id/level/dbc7ff5c553c3f8b57dc5e9e",
            group="https://w3id.org/headwater/id/group/9b80872c824d0239920bf7a6",
            target="https://w3id.org/headwater/id/dod8140/degree/bachelors%20in%20computer%20science",
            statements=(("https://w3id.org/headwater/id/dod8140/term/element", '"CS"'),),
        ),
        "degrees_by_role.csv",
        2,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/opm/900",
            labels=(Text("Work role 900", "en"),),
            codes=(Code("opm", "900"),),
            framework="https://w3id.org/headwater/id/dod8140",
        ),
        "training_courses_by_role.csv",
        3,
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/e5b57b183ae4d9b2cfd12610",
            owner="https://w3id.org/headwater/id/opm/900",
            minimum=1,
        ),
        "training_courses_by_role.csv",
        3,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/167ad7d1331cb91936d9d5b3",
            owner="https://w3id.org/headwater/id/opm/900",
            group="https://w3id.org/headwater/id/group/e5b57b183ae4d9b2cfd12610",
            target="https://w3id.org/headwater/id/dod8140/course/navy/anything%20else",
        ),
        "training_courses_by_role.csv",
        3,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "dod8140.no-course", "training_courses_by_role.csv", 5, "courseNumber"),
    ("should", "dod8140.unread-length", "training_courses_by_role.csv", 3, "length"),
]
