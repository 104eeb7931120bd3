"""ESCO's CSV tables: the same things as from its RDF, every table and column, and the traps of the real files."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology.documents import Document, open_source
from ontology.model import (
    Code,
    Competency,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Located,
    Record,
    Requirement,
    Text,
    Unmapped,
    derived_iri,
)
from ontology.readers import read_source
from ontology.readers.detection import Fit
from ontology.readers.esco import FORMAT, read_esco
from ontology.readers.sources import ESCO_ATTRIBUTION
from ontology.validation import validate

DATA = Path(__file__).parent / "data"
ESCO = "http://data.europa.eu/esco/"
MODEL = f"{ESCO}model#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
TERM = "https://w3id.org/headwater/id/esco/term/"
ROLE, SKILL, OTHER = f"{ESCO}occupation/a", f"{ESCO}skill/a", f"{ESCO}skill/b"
CONCEPT = ("conceptType", "conceptUri", "preferredLabel")


def table(name: str, *rows: Sequence[str]) -> Document:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return Document(name=name, data=buffer.getvalue().encode())


def read(*documents: Document, language: str = "und") -> tuple[dict[str, Record], list[Finding]]:
    items = list(read_esco(documents, language=language))
    return (
        {item.record.iri: item.record for item in items if isinstance(item, Located)},
        [item for item in items if isinstance(item, Finding)],
    )


def concept(iri: str, kind: str, **cells: str) -> Document:
    """A table of one concept in English."""
    return table("x_en.csv", (*CONCEPT, *cells), (kind, iri, "label", *cells.values()))


def codes(findings: Sequence[Finding]) -> list[tuple[str, str, int | None, str | None]]:
    return [
        (each.level.value, each.code, each.source.line, each.source.column)
        for each in findings
        if each.source and each.fix
    ]


def checked(folder: Path) -> dict[str, Record]:
    """The records of a folder by IRI, after the checks, none of which blocks."""
    items = list(read_source(folder).items)
    validated = validate([item for item in items if isinstance(item, Located)], dataset="esco")
    found = [*(item for item in items if isinstance(item, Finding)), *validated.findings]
    assert [each for each in found if each.level is FindingLevel.MUST] == []
    return {record.iri: record for record in validated.records}


def test_the_tables_give_the_same_things_as_the_rdf_of_the_same_cut() -> None:
    """Same IRIs, classes, labels, codes, hierarchy, requirements; the tables say more: other labels, status, schemes."""
    tables, rdf = checked(DATA / "esco"), checked(DATA / "esco_rdf")
    assert rdf.keys() <= tables.keys()
    assert {type(tables[iri]) for iri in tables.keys() - rdf.keys()} == {Framework}
    for iri, record in rdf.items():
        other = tables[iri]
        assert type(other) is type(record)
        for field in fields(record):
            here, there = getattr(other, field.name), getattr(record, field.name)
            if isinstance(record, Framework) and field.name == "labels":
                continue  # the tables name the scheme, this RDF does not
            if field.name == "statements":  # labels that the RDF's reader trims stay there as they were
                there = tuple(each for each in record.statements if not each[0].endswith("Label"))
            if isinstance(there, tuple) and field.name != "broader":
                assert set(there) <= set(here), (iri, field.name)
            else:
                assert here == there, (iri, field.name)


def test_the_cut_tells_its_traps_and_nothing_blocks() -> None:
    """A pair both essential and optional is one must; outer blanks are trimmed; a skill without a type has none."""
    items = list(read_source(DATA / "esco").items)
    validated = validate([item for item in items if isinstance(item, Located)], dataset="esco")
    found = Counter(each.code for each in (*(item for item in items if isinstance(item, Finding)), *validated.findings))
    assert found["requirement.must-and-should"] == found["text.outer-blanks"] == found["esco.no-skill-type"] == 1
    assert found["text.non-breaking-space"]
    competencies = [record for record in validated.records if isinstance(record, Competency)]
    assert {each.kind for each in competencies} == {"group", "skill", "knowledge", None}
    assert max(len(each.broader) for each in competencies) > 1


def test_an_occupation_is_a_role_with_all_that_its_row_says() -> None:
    cells = {
        "iscoGroup": "2529",
        "code": "2529.1",
        "altLabels": "one\ntwo | three",
        "hiddenLabels": "four",
        "status": "released",
        "modifiedDate": "2024-01-25T11:28:50.295Z",
        "regulatedProfessionNote": f"{ESCO}regulated-professions/unregulated",
        "scopeNote": "note",
        "definition": "what it is",
        "inScheme": f"{ESCO}concept-scheme/member-occupations,\n{ESCO}concept-scheme/occupations",
        "description": "what it does",
        "replacedBy": f"{ESCO}occupation/z",
    }
    records, findings = read(concept(ROLE, "Occupation", **cells))
    assert findings == []
    assert records[ROLE] == JobRole(
        iri=ROLE,
        labels=(Text("label", "en"),),
        alternative_labels=tuple(Text(each, "en") for each in ("four", "one", "three", "two")),
        descriptions=(Text("what it does", "en"), Text("what it is", "en")),
        codes=(Code("esco", "2529.1"), Code("isco", "2529")),
        framework=f"{ESCO}concept-scheme/occupations",
        replaced_by=f"{ESCO}occupation/z",
        statements=(
            (f"{MODEL}regulatedProfessionNote", f"<{ESCO}regulated-professions/unregulated>"),
            (
                "http://purl.org/dc/terms/modified",
                '"2024-01-25T11:28:50.295Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>',
            ),
            ("http://purl.org/iso25964/skos-thes#status", '"released"'),
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"<{MODEL}Occupation>"),
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"<{SKOS}Concept>"),
            (f"{SKOS}inScheme", f"<{ESCO}concept-scheme/member-occupations>"),
            (f"{SKOS}scopeNote", '"note"@en'),
        ),
    )
    framework = records[f"{ESCO}concept-scheme/occupations"]
    assert isinstance(framework, Framework)
    assert framework.attribution == ESCO_ATTRIBUTION


@pytest.mark.parametrize(
    ("kind", "expected"), [("skill/competence", "skill"), ("knowledge", "knowledge"), ("attitude", "attitude")]
)
def test_a_skill_is_a_competency_of_its_type(kind: str, expected: str) -> None:
    records, _ = read(concept(SKILL, "KnowledgeSkillCompetence", skillType=kind, reuseLevel="cross-sector"))
    skill = records[SKILL]
    assert isinstance(skill, Competency)
    assert skill.kind == expected
    assert (f"{MODEL}skillType", f"<{ESCO}skill-type/{expected}>") in skill.statements
    assert (f"{MODEL}skillReuseLevel", f"<{ESCO}skill-reuse-level/cross-sector>") in skill.statements


def test_a_skill_without_a_type_and_an_obsolete_concept_are_told_and_read() -> None:
    records, findings = read(concept(SKILL, "KnowledgeSkillCompetence", status="obsolete"))
    assert isinstance(records[SKILL], Competency)
    assert [each.code for each in findings] == ["esco.no-skill-type", "esco.obsolete"]


def test_an_isco_group_is_kept_in_the_words_of_the_rdf() -> None:
    group = f"{ESCO}isco/C25"
    records, _ = read(
        concept(group, "ISCOGroup", code="25", description="d "),
        table("broaderRelationsOccPillar_en.csv", ("conceptUri", "broaderUri"), (group, f"{ESCO}isco/C2")),
    )
    assert records[group] == Unmapped(
        iri=group,
        statements=(
            ("http://purl.org/dc/terms/description", '"d "@en'),
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"<{SKOS}Concept>"),
            (f"{SKOS}broader", f"<{ESCO}isco/C2>"),
            (f"{SKOS}inScheme", f"<{ESCO}concept-scheme/isco>"),
            (f"{SKOS}notation", '"25"'),
            (f"{SKOS}prefLabel", '"label"@en'),
        ),
    )


def test_an_occupation_without_isco_group_finds_it_above_others_and_in_a_circle_none() -> None:
    above, header = f"{ESCO}occupation/b", ("conceptUri", "broaderUri")
    rows = [(ROLE, above), (above, f"{ESCO}isco/C2529")]
    records, _ = read(concept(ROLE, "Occupation"), table("b.csv", header, *rows))
    assert getattr(records[ROLE], "codes", None) == (Code("isco", "2529"),)
    records, _ = read(concept(ROLE, "Occupation"), table("b.csv", header, (ROLE, above), (above, ROLE)))
    assert getattr(records[ROLE], "codes", None) == ()


def test_all_languages_of_a_folder_are_one_concept_and_one_requirement() -> None:
    """The relations stand in the tables of each language again; a row told twice in one table is two."""
    relations = (("occupationUri", "relationType", "skillType", "skillUri"), (ROLE, "essential", "", SKILL))
    header = ("conceptType", "conceptUri", "preferredLabel", "altLabels")
    items = list(
        read_esco(
            [
                table("occupations_en.csv", header, ("Occupation", ROLE, "a", "b")),
                table("occupations_de.csv", header, ("Occupation", ROLE, "ä", "")),
                table("occupations_nb-NO.csv", header, ("Occupation", ROLE, "å", "")),
                table("occupationSkillRelations_en.csv", *relations),
                table("occupationSkillRelations_de.csv", *relations),
            ],
            language="und",
        )
    )
    records = [item.record for item in items if isinstance(item, Located)]
    (role,) = (record for record in records if isinstance(record, JobRole))
    assert role.labels == (Text("ä", "de"), Text("a", "en"), Text("å", "nb-NO"))
    assert [record for record in records if isinstance(record, Requirement)] == [
        Requirement(
            iri=derived_iri("requirement", ROLE, None, None, SKILL, Importance.MUST),
            owner=ROLE,
            target=SKILL,
            importance=Importance.MUST,
        )
    ]


def test_optional_is_should_and_another_word_is_told() -> None:
    header = ("occupationUri", "relationType", "skillUri")
    records, findings = read(
        table(
            "r.csv",
            header,
            (ROLE, "Optional", SKILL),
            (ROLE, "maybe", SKILL),
            (ROLE, "", SKILL),
            (ROLE, "optional", "x"),
        )
    )
    assert [getattr(record, "importance", None) for record in records.values()] == [Importance.SHOULD]
    assert codes(findings) == [
        ("must", "esco.unknown-relation", 3, "relationType"),
        ("must", "table.missing-value", 4, "relationType"),
        ("must", "esco.bad-uri", 5, "skillUri"),
    ]


def test_relations_of_skills_are_statements() -> None:
    header = ("originalSkillUri", "originalSkillType", "relationType", "relatedSkillType", "relatedSkillUri")
    records, findings = read(
        concept(SKILL, "KnowledgeSkillCompetence", skillType="knowledge"),
        table("s.csv", header, (SKILL, "", "essential", "", OTHER), (SKILL, "", "no", "", OTHER)),
    )
    assert (f"{MODEL}relatedEssentialSkill", f"<{OTHER}>") in getattr(records[SKILL], "statements", ())
    assert codes(findings) == [("must", "esco.unknown-relation", 3, "relationType")]


def test_the_hierarchy_describes_the_last_level_of_a_row_and_rows_may_end_early() -> None:
    """Level 0 alone, then one below it: the cells after a row's last level are missing in the real file."""
    header = (
        "Level 0 URI",
        "Level 0 preferred term",
        "Level 1 URI",
        "Level 1 preferred term",
        "Level 0 code",
        "Level 1 code",
    )
    text = "\n".join(
        (
            ",".join(header),
            f"{SKILL},top,,,S",
            f"{SKILL},top,{OTHER},below,S,S1",
            f"{SKILL},top,{OTHER},below,S,S1,more",
        )
    )
    records, findings = read(Document(name="skillsHierarchy_en.csv", data=text.encode()))
    top, below = records[SKILL], records[OTHER]
    assert isinstance(top, Competency)
    assert isinstance(below, Competency)
    assert (top.kind, top.codes, top.broader) == ("group", (Code("esco", "S"),), ())
    assert (below.labels, below.codes, below.broader) == ((Text("below", "en"),), (Code("esco", "S1"),), (SKILL,))
    assert codes(findings) == [("must", "table.wrong-width", 4, "Level 1 code")]


def test_a_collection_adds_what_it_lists_and_links_to_parents_that_are_described() -> None:
    header = (*CONCEPT, "skillType", "broaderConceptUri", "broaderConceptPT")
    row = ("KnowledgeSkillCompetence", SKILL, "label", "knowledge", f"{OTHER} | {ESCO}isced-f/06", "x | y")
    collection = table("digitalSkillsCollection_en.csv", header, row)
    records, _ = read(collection, concept(OTHER, "SkillGroup"))
    skill = records[SKILL]
    assert isinstance(skill, Competency)
    assert skill.broader == (OTHER,)
    assert (f"{SKOS}broader", f"<{ESCO}isced-f/06>") in skill.statements
    assert (f"{TERM}collection", '"digitalSkillsCollection"') in skill.statements


def test_a_scheme_is_a_framework_and_a_cell_may_be_longer_than_csv_allows() -> None:
    """Python's csv stops at 131,072 characters; ESCO's member skills have 651,423."""
    scheme = f"{ESCO}concept-scheme/green"
    concepts = [f"{ESCO}skill/{number:036}" for number in range(3000)]
    header = ("conceptType", "conceptSchemeUri", "preferredLabel", "title", "status", "description", "hasTopConcept")
    row = ("ConceptScheme", scheme, "Green", "Green skills", "released", "d", ",\n".join(concepts))
    assert len(row[-1]) > 131_072
    records, findings = read(table("conceptSchemes_en.csv", header, row))
    framework = records[scheme]
    assert isinstance(framework, Framework)
    assert not findings
    assert (framework.labels, framework.alternative_labels) == ((Text("Green", "en"),), (Text("Green skills", "en"),))
    assert sum(said == f"{SKOS}hasTopConcept" for said, _ in framework.statements) == len(concepts)


def test_lists_of_labels_add_languages_and_labels_of_unknown_concepts_are_told_and_kept() -> None:
    records, findings = read(
        concept(ROLE, "Occupation"),
        table(
            "occupation_labels_multilingual.csv",
            ("conceptUri", "lang", "kind", "label"),
            (ROLE, "de", "pref", "Beruf"),
            (ROLE, "de", "alt", "Tätigkeit"),
            (ROLE, "en", "pref", "another"),
            (f"{ESCO}occupation/gone", "de", "pref", "Weg"),
        ),
        table("skill_prefLabels_multilingual.csv", ("conceptUri", "lang", "prefLabel"), (ROLE, "sv", "yrke")),
    )
    role = records[ROLE]
    assert isinstance(role, JobRole)
    assert role.labels == (Text("Beruf", "de"), Text("label", "en"), Text("yrke", "sv"))
    assert role.alternative_labels == (Text("Tätigkeit", "de"), Text("another", "en"))
    assert [each.code for each in findings] == ["esco.several-labels", "esco.unlisted-labels"]
    kept = records[derived_iri("esco-labels", f"{ESCO}occupation/gone")]
    assert getattr(kept, "statements", None) == (
        (f"{SKOS}prefLabel", '"Weg"@de'),
        (f"{TERM}concept", f"<{ESCO}occupation/gone>"),
    )


def test_tabiya_adds_labels_beside_the_tables_and_describes_by_itself() -> None:
    tabiya = table(
        "occupations_fr_tabiya_v1.1.2.csv",
        ("ORIGINURI", "PREFERREDLABEL", "ALTLABELS", "OCCUPATIONGROUPCODE", "CODE", "DESCRIPTION", "OCCUPATIONTYPE"),
        (ROLE, "métier", "métier\nemploi", "2529", "2529.1", "d", "escooccupation"),
    )
    beside, _ = read(tabiya, concept(ROLE, "Occupation"))
    alone, _ = read(tabiya)
    assert getattr(beside[ROLE], "labels", None) == (Text("label", "en"), Text("métier", "fr"))
    role = alone[ROLE]
    assert isinstance(role, JobRole)
    assert role.alternative_labels == (Text("emploi", "fr"),)
    assert role.codes == (Code("esco", "2529.1"), Code("isco", "2529"))


def test_an_unknown_column_is_told_and_kept_an_unknown_type_is_kept_as_it_is() -> None:
    records, findings = read(concept(SKILL, "KnowledgeSkillCompetence", skillType="knowledge", greenShare="0.5"))
    assert codes(findings) == [("should", "table.unknown-column", 1, "greenShare")]
    assert (f"{TERM}greenShare", '"0.5"') in getattr(records[SKILL], "statements", ())
    records, findings = read(concept(SKILL, "Thing"))
    assert isinstance(records[SKILL], Unmapped)
    assert codes(findings) == [("should", "esco.unknown-type", 2, "conceptType")]


def test_cells_that_are_no_uris_and_rows_that_do_not_fit_are_told_with_their_line() -> None:
    """National tables have unquoted commas: the row is told, the next one read."""
    text = f"conceptType,conceptUri,preferredLabel\nOccupation,no uri,x\nOccupation,{ROLE},a, b\nOccupation,{ROLE},c\nOccupation,,d\n"
    records, findings = read(Document(name="occupations_en.csv", data=text.encode()))
    assert getattr(records[ROLE], "labels", None) == (Text("c", "en"),)
    assert [code for code in codes(findings) if code[1] != "esco.bad-uri"] == [
        ("must", "table.wrong-width", 3, "preferredLabel"),
        ("must", "table.missing-value", 5, "conceptUri"),
    ]
    assert {code[1:3] for code in codes(findings)} >= {("esco.bad-uri", 2)}


def test_a_parent_that_nothing_describes_blocks() -> None:
    items = read_esco(
        [
            concept(SKILL, "KnowledgeSkillCompetence", skillType="knowledge"),
            table("broaderRelationsSkillPillar_en.csv", ("conceptUri", "broaderUri"), (SKILL, OTHER)),
        ],
        language="und",
    )
    validated = validate((item for item in items if isinstance(item, Located)), dataset="esco")
    assert [each.code for each in validated.findings if each.level is FindingLevel.MUST] == ["link.dangling"]


def test_rdf_beside_the_tables_adds_only_what_they_do_not_describe(tmp_path: Path) -> None:
    (tmp_path / "occupations_en.csv").write_bytes(concept(ROLE, "Occupation", code="1").data)
    (tmp_path / "esco.ttl").write_text(
        f"@prefix skos: <{SKOS}> . @prefix esco: <{MODEL}> .\n"
        f'<{ROLE}> a esco:Occupation ; skos:prefLabel "other"@en .\n'
        f'<{OTHER}> a esco:Skill, skos:Concept ; skos:prefLabel "more"@en .\n'
    )
    reading = read_source(tmp_path)
    items = list(reading.items)
    assert reading.format == "esco+skos"
    records = {item.record.iri: item.record for item in items if isinstance(item, Located)}
    assert getattr(records[ROLE], "labels", None) == (Text("label", "en"),)
    assert isinstance(records[OTHER], Competency)
    assert [item.code for item in items if isinstance(item, Finding)] == ["esco.both-forms"]


@pytest.mark.parametrize("path", sorted((DATA / "esco").glob("*.csv")), ids=lambda path: path.stem)
def test_each_table_is_told_by_its_columns_and_a_cut_one_is_never_passed_over(path: Path) -> None:
    data = path.read_bytes()
    assert FORMAT.fit(Document(name="a.csv", data=data)) is Fit.EXACT
    for cut in range(len(data) // 3, len(data), len(data) // 5 + 1):
        try:
            data[:cut].decode()
        except UnicodeDecodeError:
            continue
        items = list(read_esco([Document(name=path.name, data=data[:cut])], language="und"))
        assert items or path.stem.startswith(("skillSkill", "broader"))
        assert all(item.source and item.fix for item in items if isinstance(item, Finding))


LABELS = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1).filter(
    lambda text: bool(text.strip()) and " | " not in text
)


@settings(max_examples=40)
@given(labels=st.dictionaries(st.sampled_from(("en", "de", "fr", "bg")), LABELS), alternatives=st.lists(LABELS))
def test_every_label_of_every_language_comes_back(labels: Mapping[str, str], alternatives: list[str]) -> None:
    """What the tables say is what the record says, trimmed."""

    def documents() -> Iterator[Document]:
        for language, label in labels.items():
            header = (*CONCEPT, "altLabels")
            yield table(f"skills_{language}.csv", header, ("SkillGroup", SKILL, label, "\n".join(alternatives)))

    records, findings = read(*documents())
    assert not findings
    if labels:
        record = records[SKILL]
        assert isinstance(record, Competency)
        assert {text.language: text.text.strip() for text in record.labels} == {
            language: label.strip() for language, label in labels.items()
        }
        assert {text.text for text in record.alternative_labels} == {label.strip() for label in alternatives}


if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "esco-1.2.0"

    def test_the_whole_folder_is_read_and_counted() -> None:
        """The official numbers of rows; the labels of 21 languages; the 17 pairs that are both stand as two rows."""
        documents = [each for each in open_source(REFERENCE) if isinstance(each, Document)]
        tables = [each for each in documents if FORMAT.fit(each) is Fit.EXACT]
        assert len(tables) == 21
        counts = Counter[tuple[str, bool]]()
        weights = Counter[str]()
        languages: set[str] = set()
        pairs: dict[tuple[str, str | None], int] = Counter()
        for item in read_esco(tables, language="und"):
            if isinstance(item, Finding):
                assert item.level is FindingLevel.SHOULD
                continue
            record = item.record
            counts[type(record).__name__, getattr(record, "kind", "") == "group"] += 1
            if isinstance(record, JobRole):
                languages.update(text.language for text in record.labels)
            elif isinstance(record, Requirement):
                weights[record.importance] += 1
                pairs[record.owner, record.target] += 1
        assert weights == {"must": 67_622, "should": 61_382}
        assert sum(times > 1 for times in pairs.values()) == 17
        assert len(languages) == 21
        assert counts == {
            ("JobRole", False): 3_039,
            ("Competency", False): 13_939,
            ("Competency", True): 640,
            ("Framework", False): 19,
            ("Unmapped", False): 619 + 259,
            ("Requirement", False): 129_004,
        }
