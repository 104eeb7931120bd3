"""An achievement and an award of an invented college, with everything that can be said of them; invented learners."""

from datetime import UTC, datetime, timedelta

from ontology.credentials.issuing import (
    Achievement,
    Alignment,
    Award,
    Evidence,
    Profile,
    Recipient,
    Result,
    ResultDescription,
    ResultStatus,
    RubricLevel,
    identifier,
)
from ontology.credentials.status_lists import StatusPurpose, status_entry

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
COLLEGE = Profile(
    iri="did:web:college.example",
    name="Invented College",
    url="https://college.example",
    description="A college that does not exist.",
    email="registrar@college.example",
    image="https://college.example/logo.png",
)
ACHIEVEMENT = Achievement(
    iri="https://college.example/issuer/achievements/welding",
    name="Welding, advanced",
    description="Welds pipes in all positions.",
    criteria="Passed the *bend test*.",
    criteria_url="https://college.example/criteria/welding",
    type="Certificate",
    code="WELD-2",
    identifiers=("https://catalogue.example/welding",),
    image="https://college.example/welding.png",
    language="en",
    tags=("welding", "pipes"),
    alignments=(
        Alignment(
            url="https://frameworks.example/items/12",
            name="Welds pipes",
            type="CFItem",
            framework="Metal work",
            code="MW.12",
            description="Joins pipes.",
        ),
        Alignment(url="urn:uuid:2a8e0c14-4c92-4b7e-a1d2-6f6f2e1a9d11", name="Reads drawings", type="ext:Competency"),
    ),
    results=(
        ResultDescription(iri="urn:example:grade", name="Grade", type="LetterGrade", allowed_values=("C", "B", "A")),
        ResultDescription(iri="urn:example:score", name="Score", type="RawScore", minimum="0", maximum="100"),
        ResultDescription(iri="urn:example:state", name="State", type="Status"),
        ResultDescription(
            iri="urn:example:rubric",
            name="Seam",
            type="RubricCriterionLevel",
            levels=(
                RubricLevel(iri="urn:example:level-1", name="Basic", level="1", points="5"),
                RubricLevel(
                    iri="urn:example:level-2",
                    name="Mastered",
                    level="2",
                    points="10",
                    description="No pores.",
                    alignments=(Alignment(url="https://frameworks.example/levels/2", name="Level 2"),),
                ),
            ),
            required_level="urn:example:level-1",
        ),
    ),
)
RECIPIENT = Recipient(
    iri="did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    identifiers=(identifier("emailAddress", "Kim@Learners.example", "salt-1"),),
)
AWARD = Award(
    iri="urn:uuid:0d3fa355-f31f-467c-be1d-e54827879c76",
    recipient=RECIPIENT,
    valid_from=NOW,
    valid_until=NOW + timedelta(days=365),
    awarded_at=NOW - timedelta(days=1),
    evidence=(
        Evidence(
            url="https://college.example/seams/7",
            name="Seam 7",
            description="A pipe.",
            narrative="Cut and bent.",
            genre="Workpiece",
        ),
    ),
    results=(
        Result(description="urn:example:grade", value="A"),
        Result(description="urn:example:score", value="92.5"),
        Result(description="urn:example:state", status=ResultStatus.COMPLETED),
        Result(description="urn:example:rubric", level="urn:example:level-2"),
    ),
    credits_earned=4.5,
    narrative="Two years.",
    license_number="licence-77",
    status=(status_entry("https://college.example/issuer/status/1", 7, StatusPurpose.REVOCATION),),
)
