"""What reading the files of this folder gives; an analyst known by OPM 511, SOC 15-1212 and ESCO 2512.4 is around."""

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
            iri="http://data.europa.eu/esco/concept-scheme/occupations",
            labels=(Text("ESCO occupations", "en"),),
            license="https://eur-lex.europa.eu/eli/dec/2011/833/oj",
            attribution="This service uses the ESCO classification of the European Commission. ESCO (c) European Union; what is shown here is derived from it and modified.",
        ),
        "esco.ttl",
        None,
    ),
    (
        Framework(
            iri="http://data.europa.eu/esco/concept-scheme/skills",
            labels=(Text("ESCO skills", "en"),),
            license="https://eur-lex.europa.eu/eli/dec/2011/833/oj",
            attribution="This service uses the ESCO classification of the European Commission. ESCO (c) European Union; what is shown here is derived from it and modified.",
        ),
        "esco.ttl",
        None,
    ),
    (
        Unmapped(
            iri="http://data.europa.eu/esco/isco/C2529",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
                ("http://www.w3.org/2004/02/skos/core#inScheme", "<http://data.europa.eu/esco/concept-scheme/isco>"),
                ("http://www.w3.org/2004/02/skos/core#notation", '"2529"'),
                ("http://www.w3.org/2004/02/skos/core#prefLabel", '"Database professionals"@en'),
            ),
        ),
        "esco.ttl",
        6,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/b70b29ba58d7e14c12f2ba31",
            subject="http://data.europa.eu/esco/occupation/admin",
            object="https://w3id.org/headwater/id/onet/15-1212.00",
            relation=Relation.EXACT,
            method="stated",
        ),
        "esco.ttl",
        10,
    ),
    (
        JobRole(
            iri="http://data.europa.eu/esco/occupation/admin",
            labels=(Text("IKT-Sicherheitsadministrator", "de"), Text("ICT security administrator", "en")),
            alternative_labels=(Text("CISO", "en"), Text("sysadmin", "en-GB")),
            descriptions=(Text("Protects information.", "en"),),
            codes=(Code("esco", "2529.6"), Code("isco", "2529")),
            framework="http://data.europa.eu/esco/concept-scheme/occupations",
            statements=(
                ("http://data.europa.eu/esco/model#relatedOptionalSkill", "<http://data.europa.eu/esco/skill/law>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://data.europa.eu/esco/model#Occupation>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
                ("http://www.w3.org/2004/02/skos/core#broader", "<http://data.europa.eu/esco/isco/C2529>"),
                ("http://www.w3.org/2004/02/skos/core#hiddenLabel", '"sysadmin"@en-gb'),
                ("http://www.w3.org/2004/02/skos/core#prefLabel", '" ICT security administrator "@en'),
            ),
        ),
        "esco.ttl",
        10,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/bc2df9abb5bbeb1af163aa16",
            owner="http://data.europa.eu/esco/occupation/admin",
            target="http://data.europa.eu/esco/skill/firewall",
            importance=Importance.MUST,
        ),
        "esco.ttl",
        10,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/d38f56f407c4e91a19538ee3",
            owner="http://data.europa.eu/esco/occupation/admin",
            target="http://data.europa.eu/esco/skill/law",
            importance=Importance.MUST,
        ),
        "esco.ttl",
        10,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/a703489182ee18e4ce449fe4",
            owner="http://data.europa.eu/esco/occupation/admin",
            target="http://data.europa.eu/esco/skill/law",
            importance=Importance.SHOULD,
        ),
        "esco.ttl",
        10,
    ),
    (
        JobRole(
            iri="http://data.europa.eu/esco/occupation/junior",
            labels=(Text("junior", "en"),),
            codes=(Code("isco", "2529"),),
            replaced_by="http://data.europa.eu/esco/occupation/admin",
            statements=(
                ("http://purl.org/dc/terms/isReplacedBy", "<http://data.europa.eu/esco/occupation/admin>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://data.europa.eu/esco/model#Occupation>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
                ("http://www.w3.org/2004/02/skos/core#broader", "<http://data.europa.eu/esco/occupation/admin>"),
            ),
        ),
        "esco.ttl",
        20,
    ),
    (
        Competency(
            iri="http://data.europa.eu/esco/skill/S5",
            labels=(Text("working with computers", "en"),),
            codes=(Code("esco", "S5"),),
            framework="http://data.europa.eu/esco/concept-scheme/skills",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
            ),
            kind="group",
        ),
        "esco.ttl",
        24,
    ),
    (
        Competency(
            iri="http://data.europa.eu/esco/skill/firewall",
            labels=(Text("implement a firewall", "en"),),
            framework="http://data.europa.eu/esco/concept-scheme/skills",
            statements=(
                (
                    "http://data.europa.eu/esco/model#isEssentialSkillFor",
                    "<http://data.europa.eu/esco/occupation/admin>",
                ),
                (
                    "http://data.europa.eu/esco/model#isEssentialSkillFor",
                    "<http://data.europa.eu/esco/occupation/junior>",
                ),
                ("http://data.europa.eu/esco/model#relatedEssentialSkill", "<http://data.europa.eu/esco/skill/law>"),
                ("http://data.europa.eu/esco/model#skillType", "<http://data.europa.eu/esco/skill-type/skill>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://data.europa.eu/esco/model#Skill>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
            ),
            kind="skill",
            broader=("http://data.europa.eu/esco/skill/S5",),
        ),
        "esco.ttl",
        28,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/d5655e33d5422bd3eeb99e0b",
            owner="http://data.europa.eu/esco/occupation/junior",
            target="http://data.europa.eu/esco/skill/firewall",
            importance=Importance.MUST,
            statements=(
                (
                    "http://data.europa.eu/esco/model#isEssentialSkillFor",
                    "<http://data.europa.eu/esco/occupation/junior>",
                ),
            ),
        ),
        "esco.ttl",
        28,
    ),
    (
        Competency(
            iri="http://data.europa.eu/esco/skill/law",
            labels=(Text("security law", "en"),),
            statements=(
                ("http://data.europa.eu/esco/model#skillType", "<http://data.europa.eu/esco/skill-type/knowledge>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://data.europa.eu/esco/model#Skill>"),
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
                (
                    "http://www.w3.org/2004/02/skos/core#note",
                    "<https://w3id.org/headwater/id/blank/e00b24ecaaf1b78dc1aff129>",
                ),
            ),
            kind="knowledge",
        ),
        "esco.ttl",
        35,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/e00b24ecaaf1b78dc1aff129",
            statements=(("http://www.w3.org/1999/02/22-rdf-syntax-ns#value", '"blank"@en'),),
        ),
        "esco.ttl",
        None,
    ),
    (
        Framework(
            iri="https://example.org/kit/scheme",
            labels=(Text("Toolkit", "en"),),
            statements=(
                ("http://purl.org/dc/terms/license", "<https://creativecommons.org/licenses/by/4.0/>"),
                ("http://purl.org/dc/terms/rights", '"Made by us."'),
                ("http://purl.org/dc/terms/title", '"Toolkit"@en'),
                (
                    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
                    "<http://www.w3.org/2004/02/skos/core#ConceptScheme>",
                ),
                ("http://www.w3.org/2004/02/skos/core#hasTopConcept", "<https://example.org/kit/a>"),
            ),
            license="https://creativecommons.org/licenses/by/4.0/",
            attribution="Made by us.",
        ),
        "plain.ttl",
        4,
    ),
    (
        Competency(
            iri="https://example.org/kit/a",
            labels=(Text("A", "en"),),
            alternative_labels=(Text("Other A", "en"),),
            codes=(Code("notation", "A1"),),
            framework="https://example.org/kit/scheme",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
                ("http://www.w3.org/2004/02/skos/core#narrower", "<https://example.org/kit/b>"),
                ("http://www.w3.org/2004/02/skos/core#prefLabel", '"Other A"@en'),
                ("http://www.w3.org/2004/02/skos/core#topConceptOf", "<https://example.org/kit/scheme>"),
            ),
        ),
        "plain.ttl",
        9,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/f191512bc10be8b3998c95f2",
            subject="https://example.org/kit/b",
            object="urn:x:c",
            relation=Relation.BROAD,
            method="stated",
        ),
        "plain.ttl",
        10,
    ),
    (
        Competency(
            iri="https://example.org/kit/b",
            labels=(Text("B"),),
            descriptions=(Text("The second.", "en"),),
            framework="https://example.org/kit/scheme",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
                ("http://www.w3.org/2004/02/skos/core#definition", '"The second."@en'),
                ("http://www.w3.org/2004/02/skos/core#inScheme", "<https://example.org/kit/z>"),
            ),
            broader=("https://example.org/kit/a",),
        ),
        "plain.ttl",
        10,
    ),
]

FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "skos.several-labels", "plain.ttl", 9, None),
]
