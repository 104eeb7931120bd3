"""What reading the jobs of this folder gives, where the analyst of O*NET 15-1212.00 is known by that code."""

from decimal import Decimal

from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Salary,
    Teaching,
    Text,
    Unmapped,
)

RECORDS: list[tuple[Record, str, str | None]] = [
    (
        Framework(iri="https://w3id.org/headwater/id/jobs/jobs", labels=(Text("Jobs: jobs", "en"),)),
        "postings.json",
        "/@graph/0",
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            labels=(Text("Data engineer", "en"),),
            descriptions=(Text("<p>Invented posting of an invented firm.</p>", "en"),),
            codes=(Code("ACME", "J-1"), Code("isco", "2529"), Code("soc", "15-1212")),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            url="https://acme.example/jobs/1",
            employer="ACME",
            employer_iri="https://acme.example",
            places=("/WA",),
            salary=Salary("USD", 10000000, 10000000),
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/JobPosting>"),
                ("https://schema.org/baseSalary", "<https://w3id.org/headwater/id/blank/76eba53a0e66e4026bb2298c>"),
                ("https://schema.org/datePosted", '"2026-10-01"'),
                ("https://schema.org/description", '"<p>Invented posting of an invented firm.</p>"'),
                (
                    "https://schema.org/educationRequirements",
                    "<https://w3id.org/headwater/id/schema-org/credential/b60b9eebf3c4099a5eea35e3>",
                ),
                (
                    "https://schema.org/experienceInPlaceOfEducation",
                    '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>',
                ),
                (
                    "https://schema.org/experienceRequirements",
                    "<https://w3id.org/headwater/id/blank/126a851f909f473f2909d043>",
                ),
                (
                    "https://schema.org/hiringOrganization",
                    "<https://w3id.org/headwater/id/blank/96cefdc003ccaf48643e0492>",
                ),
                ("https://schema.org/identifier", "<https://w3id.org/headwater/id/blank/8730e030441a1a0c99605d59>"),
                ("https://schema.org/inLanguage", '"en"'),
                ("https://schema.org/jobLocation", "<https://w3id.org/headwater/id/blank/95f81006b57a891d37bbc198>"),
                ("https://schema.org/occupationalCategory", '"15-1212.00 Information Security Analysts"'),
                (
                    "https://schema.org/occupationalCategory",
                    "<https://w3id.org/headwater/id/blank/e3bdf9b40bd5c7418c34aeae>",
                ),
                ("https://schema.org/qualifications", '"German is a plus"'),
                (
                    "https://schema.org/qualifications",
                    "<https://w3id.org/headwater/id/schema-org/credential/7e5efe2038e915de77b87dd5>",
                ),
                ("https://schema.org/skills", '"Python, SQL, and Docker"'),
                ("https://schema.org/title", '"Data engineer"'),
                ("https://schema.org/url", "<https://acme.example/jobs/1>"),
            ),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/da41e2ed0171257c64e99935",
            subject="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            object="https://w3id.org/headwater/id/onet/15-1212.00",
            relation=Relation.BROAD,
            method="stated",
            statements=(("https://schema.org/occupationalCategory", '"15-1212.00 Information Security Analysts"'),),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/40c5d80038b27f2e5b136fd9",
            labels=(Text("Python", "en"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/e8b443815b1f8ba41e85f5bf",
            labels=(Text("SQL", "en"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/f25a8390b92c692863f2f080",
            labels=(Text("Docker", "en"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/3b929a9d71b47fb49df0b80b",
            labels=(Text("German is a plus", "en"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="qualification",
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/125d33b218cb08b3b845241c",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            target="https://w3id.org/headwater/id/competency/40c5d80038b27f2e5b136fd9",
            importance=Importance.MUST,
            statements=(("https://schema.org/skills", '"Python, SQL, and Docker"'),),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/ff1cfa757f13f69484ec1ad2",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            target="https://w3id.org/headwater/id/competency/e8b443815b1f8ba41e85f5bf",
            importance=Importance.MUST,
            statements=(("https://schema.org/skills", '"Python, SQL, and Docker"'),),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/cc0ce403e1584d869d903003",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            target="https://w3id.org/headwater/id/competency/f25a8390b92c692863f2f080",
            importance=Importance.MUST,
            statements=(("https://schema.org/skills", '"Python, SQL, and Docker"'),),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/96a13214338f4deed5a9ebd4",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            target="https://w3id.org/headwater/id/schema-org/credential/7e5efe2038e915de77b87dd5",
            importance=Importance.MUST,
            statements=(
                (
                    "https://schema.org/qualifications",
                    "<https://w3id.org/headwater/id/schema-org/credential/7e5efe2038e915de77b87dd5>",
                ),
            ),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/e3358629c908714eb04abf54",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            target="https://w3id.org/headwater/id/competency/3b929a9d71b47fb49df0b80b",
            importance=Importance.SHOULD,
            statements=(("https://schema.org/qualifications", '"German is a plus"'),),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/23b748fecef4eeabc94beaec",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            minimum=1,
            importance=Importance.MUST,
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/e7616685086d58e24a97a2c4",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            group="https://w3id.org/headwater/id/group/23b748fecef4eeabc94beaec",
            target="https://w3id.org/headwater/id/schema-org/credential/b60b9eebf3c4099a5eea35e3",
            importance=Importance.MUST,
            statements=(
                (
                    "https://schema.org/educationRequirements",
                    "<https://w3id.org/headwater/id/schema-org/credential/b60b9eebf3c4099a5eea35e3>",
                ),
            ),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/f6590d490c5202fe561f49bd",
            owner="https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb",
            group="https://w3id.org/headwater/id/group/23b748fecef4eeabc94beaec",
            importance=Importance.MUST,
            experience_days=730.0,
            statements=(
                (
                    "https://schema.org/experienceRequirements",
                    "<https://w3id.org/headwater/id/blank/126a851f909f473f2909d043>",
                ),
            ),
        ),
        "postings.json",
        "/@graph/0",
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/schema-org/credential/7e5efe2038e915de77b87dd5",
            labels=(Text("Data Badge"),),
            statements=(
                (
                    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
                    "<https://schema.org/EducationalOccupationalCredential>",
                ),
                ("https://schema.org/credentialCategory", '"certificate"'),
                ("https://schema.org/name", '"Data Badge"'),
            ),
            kind="certificate",
        ),
        "postings.json",
        "/@graph/0/qualifications/0",
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/schema-org/credential/b60b9eebf3c4099a5eea35e3",
            labels=(Text("bachelor degree"),),
            statements=(
                (
                    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
                    "<https://schema.org/EducationalOccupationalCredential>",
                ),
                ("https://schema.org/credentialCategory", '"bachelor degree"'),
            ),
            kind="bachelor degree",
        ),
        "postings.json",
        "/@graph/0/educationRequirements",
    ),
    (
        JobRole(
            iri="https://acme.example/jobs/2",
            labels=(Text("Analyst", "en"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/JobPosting>"),
                ("https://schema.org/experienceRequirements", '"At least 2-3 years in banking"'),
                ("https://schema.org/relevantOccupation", "<https://acme.example/occupations/analyst>"),
                ("https://schema.org/skills", '"Python"'),
                ("https://schema.org/skills", "<https://terms.example/skills/2>"),
                ("https://schema.org/skills", "<https://w3id.org/headwater/id/blank/a504e5fbeda4f2ffe889a791>"),
                ("https://schema.org/title", '"Analyst"@en'),
            ),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/c96b91d7821873005eb585a4",
            subject="https://acme.example/jobs/2",
            object="https://acme.example/occupations/analyst",
            relation=Relation.BROAD,
            method="stated",
            statements=(("https://schema.org/relevantOccupation", "<https://acme.example/occupations/analyst>"),),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/9b58f220415e6f01657e4a6f",
            labels=(Text("SQL queries"),),
            codes=(Code("terms.example/skills", "S-1"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/7d287c4b6be3e204fd903126",
            labels=(Text("Reporting"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/ddb58bb33a469aa320701854",
            subject="https://w3id.org/headwater/id/competency/7d287c4b6be3e204fd903126",
            object="https://terms.example/skills/2",
            relation=Relation.EXACT,
            method="stated",
            statements=(("https://schema.org/sameAs", "<https://terms.example/skills/2>"),),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/6ee3a4b6ccf3a891395ea53e",
            owner="https://acme.example/jobs/2",
            target="https://w3id.org/headwater/id/competency/9b58f220415e6f01657e4a6f",
            importance=Importance.MUST,
            statements=(
                ("https://schema.org/skills", "<https://w3id.org/headwater/id/blank/a504e5fbeda4f2ffe889a791>"),
            ),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/9b923ee6f667721ed636e629",
            owner="https://acme.example/jobs/2",
            target="https://w3id.org/headwater/id/competency/7d287c4b6be3e204fd903126",
            importance=Importance.MUST,
            statements=(("https://schema.org/skills", "<https://terms.example/skills/2>"),),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/8f36e8c2fb5db54fb12e6164",
            owner="https://acme.example/jobs/2",
            target="https://w3id.org/headwater/id/competency/40c5d80038b27f2e5b136fd9",
            importance=Importance.MUST,
            statements=(("https://schema.org/skills", '"Python"'),),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/8f63f1ae7687b969ff832756",
            owner="https://acme.example/jobs/2",
            importance=Importance.MUST,
            experience_days=730.0,
            statements=(("https://schema.org/experienceRequirements", '"At least 2-3 years in banking"'),),
        ),
        "postings.json",
        "/@graph/1",
    ),
    (
        Course(
            iri="https://acme.example/courses/sql",
            labels=(Text("SQL in a week"),),
            codes=(Code("courseCode", "C-7"),),
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/Course>"),
                ("https://schema.org/courseCode", '"C-7"'),
                ("https://schema.org/educationalCredentialAwarded", '"SQL certificate"'),
                ("https://schema.org/name", '"SQL in a week"'),
                ("https://schema.org/offers", "<https://w3id.org/headwater/id/blank/dc32ed4f3c3bec11be6cb43e>"),
                ("https://schema.org/provider", "<https://w3id.org/headwater/id/blank/4980aa0bd0dc8a1ec4c8bef1>"),
                ("https://schema.org/teaches", "<https://w3id.org/headwater/id/blank/18cf1cf14ab4033d264e3b90>"),
                ("https://schema.org/timeRequired", '"PT40H"'),
            ),
            provider="ACME School",
            cost=Money(9950, "USD"),
            duration_days=Decimal(5),
        ),
        "postings.json",
        "/@graph/2",
    ),
    (
        Teaching(
            iri="https://w3id.org/headwater/id/teaching/d573827a452467e56a3c4525",
            subject="https://acme.example/courses/sql",
            competency="https://w3id.org/headwater/id/competency/9b58f220415e6f01657e4a6f",
        ),
        "postings.json",
        "/@graph/2",
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/credential/781fe2bdc32a45501764d305",
            labels=(Text("SQL certificate"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
        ),
        "postings.json",
        "/@graph/2",
    ),
    (
        Awarding(
            iri="https://w3id.org/headwater/id/awarding/2443f12e19dcde33b9341add",
            course="https://acme.example/courses/sql",
            credential="https://w3id.org/headwater/id/credential/781fe2bdc32a45501764d305",
        ),
        "postings.json",
        "/@graph/2",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/8730e030441a1a0c99605d59",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/PropertyValue>"),
                ("https://schema.org/name", '"ACME"'),
                ("https://schema.org/value", '"J-1"'),
            ),
        ),
        "postings.json",
        "/@graph/0/identifier",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/96cefdc003ccaf48643e0492",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/Organization>"),
                ("https://schema.org/name", '"ACME"'),
                ("https://schema.org/sameAs", "<https://acme.example>"),
            ),
        ),
        "postings.json",
        "/@graph/0/hiringOrganization",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/95f81006b57a891d37bbc198",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/Place>"),
                ("https://schema.org/address", "<https://w3id.org/headwater/id/blank/68fe32345fbcc7e3766eb45a>"),
            ),
        ),
        "postings.json",
        "/@graph/0/jobLocation",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/68fe32345fbcc7e3766eb45a",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/PostalAddress>"),
                ("https://schema.org/addressRegion", '"WA"'),
            ),
        ),
        "postings.json",
        "/@graph/0/jobLocation/address",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/76eba53a0e66e4026bb2298c",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/MonetaryAmount>"),
                ("https://schema.org/currency", '"USD"'),
                ("https://schema.org/value", "<https://w3id.org/headwater/id/blank/93a07ef6aa58d48702b31403>"),
            ),
        ),
        "postings.json",
        "/@graph/0/baseSalary",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/93a07ef6aa58d48702b31403",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/QuantitativeValue>"),
                ("https://schema.org/value", '"100000"^^<http://www.w3.org/2001/XMLSchema#integer>'),
            ),
        ),
        "postings.json",
        "/@graph/0/baseSalary/value",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/e3bdf9b40bd5c7418c34aeae",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/CategoryCode>"),
                ("https://schema.org/codeValue", '"2529"'),
                ("https://schema.org/inCodeSet", '"ISCO-08"'),
            ),
        ),
        "postings.json",
        "/@graph/0/occupationalCategory/1",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/126a851f909f473f2909d043",
            statements=(
                (
                    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
                    "<https://schema.org/OccupationalExperienceRequirements>",
                ),
                ("https://schema.org/monthsOfExperience", '"24"^^<http://www.w3.org/2001/XMLSchema#integer>'),
            ),
        ),
        "postings.json",
        "/@graph/0/experienceRequirements",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/a504e5fbeda4f2ffe889a791",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/DefinedTerm>"),
                ("https://schema.org/inDefinedTermSet", "<https://terms.example/skills>"),
                ("https://schema.org/name", '"SQL queries"'),
                ("https://schema.org/termCode", '"S-1"'),
            ),
        ),
        "postings.json",
        "/@graph/1/skills/0",
    ),
    (
        Unmapped(
            iri="https://terms.example/skills/2",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/DefinedTerm>"),
                ("https://schema.org/name", '"Reporting"'),
            ),
        ),
        "postings.json",
        "/@graph/1/skills/1",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/4980aa0bd0dc8a1ec4c8bef1",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/Organization>"),
                ("https://schema.org/name", '"ACME School"'),
            ),
        ),
        "postings.json",
        "/@graph/2/provider",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/dc32ed4f3c3bec11be6cb43e",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/Offer>"),
                ("https://schema.org/price", '"99.50"'),
                ("https://schema.org/priceCurrency", '"USD"'),
            ),
        ),
        "postings.json",
        "/@graph/2/offers",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/18cf1cf14ab4033d264e3b90",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/DefinedTerm>"),
                ("https://schema.org/inDefinedTermSet", "<https://terms.example/skills>"),
                ("https://schema.org/name", '"SQL queries"'),
                ("https://schema.org/termCode", '"S-1"'),
            ),
        ),
        "postings.json",
        "/@graph/2/teaches",
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            labels=(Text("Welder"),),
            descriptions=(Text("Welds. Invented posting of an invented firm."),),
            codes=(Code("ATS", "77"), Code("positionID", "W-1")),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            employer="ACME",
            statements=(
                (
                    "http://purl.org/jdx/terms/alternativeCredential",
                    "<https://w3id.org/headwater/id/blank/9221cc59011baeca76d5777c>",
                ),
                (
                    "http://purl.org/jdx/terms/minimumExperience",
                    "<https://w3id.org/headwater/id/blank/173c5682f6d0748faf2ee899>",
                ),
                ("http://purl.org/jdx/terms/positionID", '"W-1"'),
                (
                    "http://purl.org/jdx/terms/requiredCondition",
                    "<https://w3id.org/headwater/id/blank/2174165ab1fb03cb1340bbc1>",
                ),
                (
                    "http://purl.org/jdx/terms/requiredCredential",
                    "<https://w3id.org/headwater/id/blank/9048f93c322e5b7012b8608e>",
                ),
                ("http://purl.org/jdx/terms/skill", "<https://w3id.org/headwater/id/blank/a183cacfb54a1515733f9b4a>"),
                ("http://purl.org/jdx/terms/skill", "<https://w3id.org/headwater/id/blank/a78aed96ef53f8e3868436de>"),
                ("http://purl.org/jdx/terms/task", "<https://w3id.org/headwater/id/blank/be497de45c40ce2712a059a9>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://purl.org/jdx/terms/JobDescription>"),
                ("https://schema.org/description", '"Welds. Invented posting of an invented firm."'),
                (
                    "https://schema.org/hiringOrganization",
                    "<https://w3id.org/headwater/id/blank/6ca92fb55bfca0acff029376>",
                ),
                ("https://schema.org/identifier", "<https://w3id.org/headwater/id/blank/0c4f19171cacd4ece2e2793d>"),
                ("https://schema.org/title", '"Welder"'),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/cc8f0e8532d0be82084c3fcd",
            labels=(Text("MIG welding"),),
            codes=(Code("AWS", "W1"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "welder.json",
        "",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/fdaf0bbe890f88d30f45d21b",
            labels=(Text("TIG welding"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="skill",
        ),
        "welder.json",
        "",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/competency/e505054f77b0a6ef312ca504",
            labels=(Text("Weld pipes"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
            kind="task",
        ),
        "welder.json",
        "",
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/credential/531573aeb33247def319a027",
            labels=(Text("Certification, Welding"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
        ),
        "welder.json",
        "",
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/credential/cd73d7e237d35bf6b286fa88",
            labels=(Text("Journeyman card"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
        ),
        "welder.json",
        "",
    ),
    (
        Credential(
            iri="https://w3id.org/headwater/id/credential/9d5e8b7572e3494f61c0c91a",
            labels=(Text("High school"),),
            framework="https://w3id.org/headwater/id/jobs/jobs",
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/cdb4ab71772bd2fbd9619025",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            target="https://w3id.org/headwater/id/competency/cc8f0e8532d0be82084c3fcd",
            importance=Importance.MUST,
            statements=(
                ("http://purl.org/jdx/terms/skill", "<https://w3id.org/headwater/id/blank/a183cacfb54a1515733f9b4a>"),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/f29e420f49527938aee6899b",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            target="https://w3id.org/headwater/id/competency/fdaf0bbe890f88d30f45d21b",
            importance=Importance.SHOULD,
            statements=(
                ("http://purl.org/jdx/terms/skill", "<https://w3id.org/headwater/id/blank/a78aed96ef53f8e3868436de>"),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/2332ce6d29c55806a2f27cf2",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            target="https://w3id.org/headwater/id/competency/e505054f77b0a6ef312ca504",
            importance=Importance.SHOULD,
            statements=(
                ("http://purl.org/jdx/terms/task", "<https://w3id.org/headwater/id/blank/be497de45c40ce2712a059a9>"),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/b35e10f9211c930ee03b6aef",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            minimum=1,
            importance=Importance.MUST,
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/5f38a13a03209ef7afe70b1d",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            group="https://w3id.org/headwater/id/group/b35e10f9211c930ee03b6aef",
            target="https://w3id.org/headwater/id/credential/531573aeb33247def319a027",
            importance=Importance.MUST,
            statements=(
                (
                    "http://purl.org/jdx/terms/requiredCredential",
                    "<https://w3id.org/headwater/id/blank/9048f93c322e5b7012b8608e>",
                ),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/0728daec529aa873309525b6",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            group="https://w3id.org/headwater/id/group/b35e10f9211c930ee03b6aef",
            target="https://w3id.org/headwater/id/credential/cd73d7e237d35bf6b286fa88",
            importance=Importance.MUST,
            statements=(
                (
                    "http://purl.org/jdx/terms/alternativeCredential",
                    "<https://w3id.org/headwater/id/blank/9221cc59011baeca76d5777c>",
                ),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/151441cecf73debc1df886ab",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            importance=Importance.MUST,
            experience_days=730.0,
            statements=(
                (
                    "http://purl.org/jdx/terms/minimumExperience",
                    "<https://w3id.org/headwater/id/blank/173c5682f6d0748faf2ee899>",
                ),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        RequirementGroup(
            iri="https://w3id.org/headwater/id/group/25ed1d27096f69e3b11762d2",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            minimum=1,
            importance=Importance.MUST,
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/96755fb555d455b3d2af551e",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            group="https://w3id.org/headwater/id/group/25ed1d27096f69e3b11762d2",
            target="https://w3id.org/headwater/id/credential/9d5e8b7572e3494f61c0c91a",
            importance=Importance.MUST,
            statements=(
                (
                    "http://purl.org/jdx/terms/requiredEducation",
                    "<https://w3id.org/headwater/id/blank/b7f19643b27e69758f687872>",
                ),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/d5109f3f7467a052d51a1d50",
            owner="https://w3id.org/headwater/id/schema-org/job/805f8a1360987b67b93b180b",
            group="https://w3id.org/headwater/id/group/25ed1d27096f69e3b11762d2",
            importance=Importance.MUST,
            experience_days=1460.0,
            statements=(
                (
                    "http://purl.org/jdx/terms/requiredExperience",
                    "<https://w3id.org/headwater/id/blank/f1fadbdec3a23da1f741460e>",
                ),
            ),
        ),
        "welder.json",
        "",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/6ca92fb55bfca0acff029376",
            statements=(("https://schema.org/legalName", '"ACME"'),),
        ),
        "welder.json",
        "/hiringOrganization",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/a183cacfb54a1515733f9b4a",
            statements=(
                (
                    "http://purl.org/jdx/terms/annotation",
                    "<https://w3id.org/headwater/id/blank/d9a1e80b8df3cc1628f3d013>",
                ),
                (
                    "https://schema.org/inDefinedTermSet",
                    "<https://w3id.org/headwater/id/blank/e5e7e9c48652c7b74e83619a>",
                ),
                ("https://schema.org/name", '"MIG welding"'),
                ("https://schema.org/termCode", '"W1"'),
            ),
        ),
        "welder.json",
        "/skills/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/e5e7e9c48652c7b74e83619a",
            statements=(("https://schema.org/name", '"AWS"'), ("https://schema.org/url", "<https://aws.example/>")),
        ),
        "welder.json",
        "/skills/0/inDefinedTermSet",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/d9a1e80b8df3cc1628f3d013",
            statements=(("http://purl.org/jdx/terms/required", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),),
        ),
        "welder.json",
        "/skills/0/annotation",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/a78aed96ef53f8e3868436de",
            statements=(
                (
                    "http://purl.org/jdx/terms/annotation",
                    "<https://w3id.org/headwater/id/blank/af403b3f9657c8b20c41bb45>",
                ),
                ("https://schema.org/name", '"TIG welding"'),
            ),
        ),
        "welder.json",
        "/skills/1",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/af403b3f9657c8b20c41bb45",
            statements=(("http://purl.org/jdx/terms/preferred", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),),
        ),
        "welder.json",
        "/skills/1/annotation",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/be497de45c40ce2712a059a9",
            statements=(("https://schema.org/name", '"Weld pipes"'),),
        ),
        "welder.json",
        "/tasks/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/35e68837bd06e12af9f0c623",
            statements=(("https://schema.org/name", '"Certification"'),),
        ),
        "welder.json",
        "/requiredCredentials/0/credentialCategory",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/9048f93c322e5b7012b8608e",
            statements=(
                (
                    "http://purl.org/jdx/terms/credentialCategory",
                    "<https://w3id.org/headwater/id/blank/35e68837bd06e12af9f0c623>",
                ),
                ("http://purl.org/jdx/terms/program", '"Welding"'),
            ),
        ),
        "welder.json",
        "/requiredCredentials/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/9221cc59011baeca76d5777c",
            statements=(("https://schema.org/description", '"Journeyman card"'),),
        ),
        "welder.json",
        "/alternativeCredentials/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/173c5682f6d0748faf2ee899",
            statements=(("https://schema.org/duration", '"P2Y"'),),
        ),
        "welder.json",
        "/minimumExperiences/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/f60c401b2c83933d40da8bda",
            statements=(("https://schema.org/name", '"High school"'),),
        ),
        "welder.json",
        "/requiredConditions/0/requiredEducation/0/educationLevels/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/b7f19643b27e69758f687872",
            statements=(
                (
                    "http://purl.org/jdx/terms/educationLevel",
                    "<https://w3id.org/headwater/id/blank/f60c401b2c83933d40da8bda>",
                ),
            ),
        ),
        "welder.json",
        "/requiredConditions/0/requiredEducation/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/2174165ab1fb03cb1340bbc1",
            statements=(
                (
                    "http://purl.org/jdx/terms/alternativeCondition",
                    "<https://w3id.org/headwater/id/blank/3fef4a8d34c09bae9503c960>",
                ),
                (
                    "http://purl.org/jdx/terms/requiredEducation",
                    "<https://w3id.org/headwater/id/blank/b7f19643b27e69758f687872>",
                ),
            ),
        ),
        "welder.json",
        "/requiredConditions/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/f1fadbdec3a23da1f741460e",
            statements=(("https://schema.org/description", '"4 years of welding"'),),
        ),
        "welder.json",
        "/requiredConditions/0/alternativeCondition/requiredExperiences/0",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/3fef4a8d34c09bae9503c960",
            statements=(
                (
                    "http://purl.org/jdx/terms/requiredExperience",
                    "<https://w3id.org/headwater/id/blank/f1fadbdec3a23da1f741460e>",
                ),
            ),
        ),
        "welder.json",
        "/requiredConditions/0/alternativeCondition",
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/0c4f19171cacd4ece2e2793d",
            statements=(("http://purl.org/jdx/terms/schemeId", '"ATS"'), ("https://schema.org/value", '"77"')),
        ),
        "welder.json",
        "/identifiers/0",
    ),
]

_ENGINEER = "https://w3id.org/headwater/id/schema-org/job/b15a994ace32aab79bd921eb"
FINDINGS: list[tuple[str, str, str | None]] = [
    ("jobs.place-without-country", _ENGINEER, "/@graph/0"),
    ("jobs.salary-without-period", _ENGINEER, "/@graph/0"),
]
