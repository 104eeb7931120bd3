"""What reading the graph of this folder with its mapping gives."""

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
    Level,
    LevelMapping,
    Money,
    Record,
    Relation,
    Requirement,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
    Unmapped,
)

RECORDS: list[tuple[Record, str, int | None]] = [
    (
        Scale(iri="https://acme.example/terms#scale", labels=(Text("ACME levels"),), minimum=0.0, maximum=5.0),
        "acme.mapping.toml",
        34,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/scale-level/7ec224070ac6c0de663457a8",
            level=Level("https://acme.example/terms#scale", 1.0),
            labels=(Text("Apprentice"),),
        ),
        "acme.mapping.toml",
        38,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/scale-level/a54bdad53ab1d30ba7e71716",
            level=Level("https://acme.example/terms#scale", 5.0),
            labels=(Text("Master"),),
        ),
        "acme.mapping.toml",
        38,
    ),
    (Scale(iri="https://acme.example/terms#guild", minimum=1.0, maximum=3.0), "acme.mapping.toml", 43),
    (
        LevelMapping(
            iri="https://w3id.org/headwater/id/level-mapping/1d66747b9a7b77f1ba974423",
            level=Level("https://acme.example/terms#scale", 5.0),
            matched=Level("https://acme.example/terms#guild", 3.0),
        ),
        "acme.mapping.toml",
        40,
    ),
    (
        Framework(
            iri="https://acme.example/id/catalogue",
            labels=(Text("ACME abilities", "en"),),
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Catalogue>"),
                ("https://acme.example/terms#credit", '"ACME, an invented firm."'),
                ("https://acme.example/terms#terms", "<https://creativecommons.org/publicdomain/zero/1.0/>"),
                ("https://acme.example/terms#title", '"ACME abilities"@en'),
            ),
            license="https://creativecommons.org/publicdomain/zero/1.0/",
            attribution="ACME, an invented firm.",
        ),
        "acme.ttl",
        4,
    ),
    (
        Competency(
            iri="https://acme.example/id/welding",
            labels=(Text("Schweißen", "de"), Text("Welding", "en")),
            alternative_labels=(Text("torch work", "en"),),
            descriptions=(Text("Joining metals.", "en"),),
            codes=(Code("acme", "A-1"),),
            framework="https://acme.example/id/catalogue",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Ability>"),
                ("https://acme.example/terms#about", '"Joining metals."@en'),
                ("https://acme.example/terms#hasPart", "<https://acme.example/id/mig>"),
                ("https://acme.example/terms#listedIn", "<https://acme.example/id/catalogue>"),
                ("https://acme.example/terms#nickname", '"torch work"@en'),
                ("https://acme.example/terms#number", '"A-1"'),
                ("https://acme.example/terms#sameAsIn", "<http://data.europa.eu/esco/skill/weld>"),
                ("https://acme.example/terms#shelf", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
                ("https://acme.example/terms#sort", '"craft"'),
                ("https://acme.example/terms#title", '"Schweißen"@de'),
                ("https://acme.example/terms#title", '"Welding"@en'),
            ),
            kind="craft",
        ),
        "acme.ttl",
        7,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/7ea3ec2f56bcf4623c4ef70c",
            subject="https://acme.example/id/welding",
            object="http://data.europa.eu/esco/skill/weld",
            relation=Relation.CLOSE,
            method="stated",
            statements=(("https://acme.example/terms#sameAsIn", "<http://data.europa.eu/esco/skill/weld>"),),
        ),
        "acme.ttl",
        7,
    ),
    (
        Competency(
            iri="https://acme.example/id/mig",
            labels=(Text("MIG welding", "en"),),
            framework="https://acme.example/id/catalogue",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Ability>"),
                ("https://acme.example/terms#listedIn", "<https://acme.example/id/catalogue>"),
                ("https://acme.example/terms#title", '"MIG welding"@en'),
                ("https://acme.example/terms#trainedBy", "<https://acme.example/id/evening>"),
            ),
            broader=("https://acme.example/id/welding",),
        ),
        "acme.ttl",
        10,
    ),
    (
        Teaching(
            iri="https://w3id.org/headwater/id/teaching/ded7a7b957830ee58cc3bbb1",
            subject="https://acme.example/id/evening",
            competency="https://acme.example/id/mig",
            statements=(("https://acme.example/terms#trainedBy", "<https://acme.example/id/evening>"),),
        ),
        "acme.ttl",
        10,
    ),
    (
        Competency(
            iri="https://acme.example/id/old",
            labels=(Text("Old welding", "en"),),
            replaced_by="https://acme.example/id/mig",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Ability>"),
                ("https://acme.example/terms#newer", "<https://acme.example/id/mig>"),
                ("https://acme.example/terms#partOf", "<https://acme.example/id/welding>"),
                ("https://acme.example/terms#title", '"Old welding"@en'),
            ),
            broader=("https://acme.example/id/welding",),
        ),
        "acme.ttl",
        11,
    ),
    (
        Course(
            iri="https://acme.example/id/evening",
            labels=(Text("Evening class", "en"),),
            url="https://acme.example/evening",
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Module>"),
                ("https://acme.example/terms#givenBy", '"ACME School"'),
                ("https://acme.example/terms#leadsTo", "<https://acme.example/id/diploma>"),
                ("https://acme.example/terms#length", '"PT40H"'),
                ("https://acme.example/terms#money", '"EUR"'),
                ("https://acme.example/terms#page", "<https://acme.example/evening>"),
                ("https://acme.example/terms#price", '"120.50"'),
                ("https://acme.example/terms#title", '"Evening class"@en'),
                ("https://acme.example/terms#trains", "<https://acme.example/id/welding>"),
            ),
            provider="ACME School",
            cost=Money(12050, "EUR"),
            duration_days=Decimal(5),
        ),
        "acme.ttl",
        13,
    ),
    (
        Teaching(
            iri="https://w3id.org/headwater/id/teaching/44f14578df1206e4d93e26f3",
            subject="https://acme.example/id/evening",
            competency="https://acme.example/id/welding",
            level=Level("https://acme.example/terms#scale", 3.0),
            statements=(("https://acme.example/terms#trains", "<https://acme.example/id/welding>"),),
        ),
        "acme.ttl",
        13,
    ),
    (
        Awarding(
            iri="https://w3id.org/headwater/id/awarding/1a661da83858c895fd8d9b1f",
            course="https://acme.example/id/evening",
            credential="https://acme.example/id/diploma",
            statements=(("https://acme.example/terms#leadsTo", "<https://acme.example/id/diploma>"),),
        ),
        "acme.ttl",
        13,
    ),
    (
        Credential(
            iri="https://acme.example/id/diploma",
            labels=(Text("Welder's diploma", "en"),),
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Diploma>"),
                ("https://acme.example/terms#awardedBy", '"ACME School"'),
                ("https://acme.example/terms#sort", '"diploma"'),
                ("https://acme.example/terms#title", '"Welder\'s diploma"@en'),
            ),
            issuer="ACME School",
            kind="diploma",
        ),
        "acme.ttl",
        16,
    ),
    (
        JobRole(
            iri="https://acme.example/id/welder",
            labels=(Text("Welder", "en"),),
            statements=(
                ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://acme.example/terms#Post>"),
                ("https://acme.example/terms#likes", "<https://acme.example/id/old>"),
                ("https://acme.example/terms#needs", "<https://acme.example/id/diploma>"),
                ("https://acme.example/terms#needs", "<https://acme.example/id/welding>"),
                ("https://acme.example/terms#title", '"Welder"@en'),
                ("https://acme.example/terms#wants", "<https://w3id.org/headwater/id/blank/64cfb89d422ef744438b02e4>"),
            ),
        ),
        "acme.ttl",
        18,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/4c8e194597b2b85e72a15d9e",
            owner="https://acme.example/id/welder",
            target="https://acme.example/id/welding",
            importance=Importance.MUST,
            statements=(("https://acme.example/terms#needs", "<https://acme.example/id/welding>"),),
        ),
        "acme.ttl",
        18,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/6e7b0c5b0b92e4c49b137de5",
            owner="https://acme.example/id/welder",
            target="https://acme.example/id/diploma",
            importance=Importance.MUST,
            statements=(("https://acme.example/terms#needs", "<https://acme.example/id/diploma>"),),
        ),
        "acme.ttl",
        18,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/7df63b97026a6c6c3590dabb",
            owner="https://acme.example/id/welder",
            target="https://acme.example/id/old",
            importance=Importance.SHOULD,
            importance_value=0.25,
            statements=(("https://acme.example/terms#likes", "<https://acme.example/id/old>"),),
        ),
        "acme.ttl",
        18,
    ),
    (
        Requirement(
            iri="https://w3id.org/headwater/id/requirement/cfa677edd09e3f531261b4d8",
            owner="https://acme.example/id/welder",
            target="https://acme.example/id/mig",
            level=Level("https://acme.example/terms#scale", 4.0),
            importance=Importance.MUST,
            statements=(
                ("https://acme.example/terms#wants", "<https://w3id.org/headwater/id/blank/64cfb89d422ef744438b02e4>"),
            ),
        ),
        "acme.ttl",
        18,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/blank/64cfb89d422ef744438b02e4",
            statements=(
                ("https://acme.example/terms#ability", "<https://acme.example/id/mig>"),
                ("https://acme.example/terms#level", '"4"^^<http://www.w3.org/2001/XMLSchema#integer>'),
                ("https://acme.example/terms#weight", '"must"'),
            ),
        ),
        "acme.ttl",
        None,
    ),
]

FINDINGS: list[tuple[str, str, str, int | None, str | None]] = []
