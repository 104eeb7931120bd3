"""What reading the files beside this one gives, in the order in which it is read."""

from ontology.model import Code, Competency, Framework, Level, LevelMapping, Record, Scale, ScaleLevel, Text, Unmapped

RECORDS: list[tuple[Record, str, int | None]] = [
    (
        Framework(
            iri="https://w3id.org/headwater/id/digcomp3",
            labels=(Text("DigComp 3.0: European Digital Competence Framework", "en"),),
            url="https://joint-research-centre.ec.europa.eu/projects-and-activities/education-and-training/digital-transformation-education/digital-competence-framework-citizens-digcomp_en",
            license="https://creativecommons.org/licenses/by/4.0/",
            attribution="DigComp 3.0 (c) European Union, Joint Research Centre, CC BY 4.0. Dutch texts: iXperium.",
        ),
        "core-framework_en.csv",
        None,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/digcomp3/1",
            labels=(
                Text("Information search", "en"),
                Text("Informatie zoeken", "nl"),
            ),
            descriptions=(Text("To articulate information needs.", "en"),),
            codes=(Code("digcomp", "1"),),
            framework="https://w3id.org/headwater/id/digcomp3",
            kind="area",
        ),
        "core-framework_en.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/digcomp3/1.1",
            labels=(
                Text("Browsing", "en"),
                Text("Browsen", "nl"),
            ),
            codes=(Code("digcomp", "1.1"),),
            framework="https://w3id.org/headwater/id/digcomp3",
            kind="competence",
            broader=("https://w3id.org/headwater/id/digcomp3/1",),
        ),
        "core-framework_en.csv",
        4,
    ),
    (
        Unmapped(
            iri="https://w3id.org/headwater/id/digcomp3/glossary/accessibility",
            statements=(
                (
                    "http://www.w3.org/2004/02/skos/core#definition",
                    '"Extent of use."@en',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#notation",
                    '"accessibility"',
                ),
                (
                    "http://www.w3.org/2004/02/skos/core#prefLabel",
                    '"Accessibility"@en',
                ),
            ),
        ),
        "glossary_en.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/digcomp3/LO1.1.01",
            labels=(
                Text("Acknowledge the benefits.", "en"),
                Text("De voordelen inzien.", "nl"),
            ),
            codes=(Code("digcomp", "LO1.1.01"),),
            framework="https://w3id.org/headwater/id/digcomp3",
            kind="learning-outcome",
            broader=("https://w3id.org/headwater/id/digcomp3/1.1",),
        ),
        "outcomes_nl.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/digcomp3/CS2.1.01",
            labels=(Text("Use tools.", "en"),),
            codes=(Code("digcomp", "CS2.1.01"),),
            framework="https://w3id.org/headwater/id/digcomp3",
            kind="competence-statement",
            broader=("https://w3id.org/headwater/id/digcomp3/2.1",),
        ),
        "statements_en.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/digcomp3/2.1",
            labels=(Text("Competence 2.1", "en"),),
            codes=(Code("digcomp", "2.1"),),
            framework="https://w3id.org/headwater/id/digcomp3",
            kind="competence",
            broader=("https://w3id.org/headwater/id/digcomp3/2",),
        ),
        "statements_en.csv",
        2,
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/digcomp3/2",
            labels=(Text("Competence area 2", "en"),),
            codes=(Code("digcomp", "2"),),
            framework="https://w3id.org/headwater/id/digcomp3",
            kind="area",
        ),
        "statements_en.csv",
        2,
    ),
    (
        Scale(
            iri="https://w3id.org/headwater/id/digcomp3/scale/8",
            labels=(Text("DigComp 3.0 proficiency, eight levels", "en"),),
            minimum=1,
            maximum=8,
            statements=(
                (
                    "https://w3id.org/headwater/id/digcomp3/term/level.1.eight_level_description",
                    '"At the bottom."@en',
                ),
                (
                    "https://w3id.org/headwater/id/digcomp3/term/level.1.four_level_name",
                    '"Basic"@en',
                ),
                (
                    "https://w3id.org/headwater/id/digcomp3/term/level.2.four_level_name",
                    '"Basic"@en',
                ),
                (
                    "https://w3id.org/headwater/id/digcomp3/term/level.3.four_level_name",
                    '"Intermediate"@en',
                ),
            ),
        ),
        "levels_en.csv",
        2,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/digcomp3/scale/8/1",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/8", 1),
            descriptions=(Text("At the bottom.", "en"),),
        ),
        "levels_en.csv",
        2,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/digcomp3/scale/8/2",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/8", 2),
        ),
        "levels_en.csv",
        2,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/digcomp3/scale/8/3",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/8", 3),
        ),
        "levels_en.csv",
        2,
    ),
    (
        Scale(
            iri="https://w3id.org/headwater/id/digcomp3/scale/4",
            labels=(Text("DigComp 3.0 proficiency, four levels", "en"),),
            minimum=1,
            maximum=4,
            statements=(
                (
                    "https://w3id.org/headwater/id/digcomp3/term/level.1.four_level_name",
                    '"Basic"@en',
                ),
                (
                    "https://w3id.org/headwater/id/digcomp3/term/level.2.four_level_name",
                    '"Intermediate"@en',
                ),
            ),
        ),
        "levels_en.csv",
        2,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/digcomp3/scale/4/1",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/4", 1),
            labels=(Text("Basic", "en"),),
        ),
        "levels_en.csv",
        2,
    ),
    (
        ScaleLevel(
            iri="https://w3id.org/headwater/id/digcomp3/scale/4/2",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/4", 2),
            labels=(Text("Intermediate", "en"),),
        ),
        "levels_en.csv",
        2,
    ),
    (
        LevelMapping(
            iri="https://w3id.org/headwater/id/digcomp3/level-mapping/1",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/8", 1),
            matched=Level("https://w3id.org/headwater/id/digcomp3/scale/4", 1),
        ),
        "levels_en.csv",
        2,
    ),
    (
        LevelMapping(
            iri="https://w3id.org/headwater/id/digcomp3/level-mapping/2",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/8", 2),
            matched=Level("https://w3id.org/headwater/id/digcomp3/scale/4", 1),
        ),
        "levels_en.csv",
        2,
    ),
    (
        LevelMapping(
            iri="https://w3id.org/headwater/id/digcomp3/level-mapping/3",
            level=Level("https://w3id.org/headwater/id/digcomp3/scale/8", 3),
            matched=Level("https://w3id.org/headwater/id/digcomp3/scale/4", 2),
        ),
        "levels_en.csv",
        2,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = []
