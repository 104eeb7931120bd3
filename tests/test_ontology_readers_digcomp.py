"""DigComp 3.0: tables of several languages become one record of each thing."""

import os
from collections import Counter
from pathlib import Path

import pytest

from ontology.documents import Document
from ontology.model import Competency, Finding, LevelMapping, Located, Record, Scale, Text, Unmapped
from ontology.readers import read_source
from ontology.readers.digcomp import read_digcomp
from ontology.validation import validate

ID = "https://w3id.org/headwater/id/digcomp3"
HEADER = '"location","context","source","target"\n'


def table(*rows: str, name: str = "outcomes_nl.csv") -> Document:
    return Document(name=name, data=(HEADER + "".join(f"{row}\n" for row in rows)).encode())


def read(*documents: Document, language: str = "und") -> list[Located | Finding]:
    return list(read_digcomp(documents, language=language))


def competencies(items: list[Located | Finding]) -> dict[str, Competency]:
    records: list[Record] = [item.record for item in items if isinstance(item, Located)]
    return {record.iri.removeprefix(f"{ID}/"): record for record in records if isinstance(record, Competency)}


def test_the_language_is_that_of_the_tables_name() -> None:
    row = '"digcomp.outcome.LO1.1.01","","Acknowledge","Inzien"'
    found = competencies(read(table(row), table(row.replace("Inzien", "Erkennen"), name="outcomes_de.csv")))
    assert found["LO1.1.01"].labels == (Text("Erkennen", "de"), Text("Acknowledge", "en"), Text("Inzien", "nl"))
    named = competencies(read(table(row, name="outcomes.csv"), language="fr"))
    assert Text("Inzien", "fr") in named["LO1.1.01"].labels


def test_outcomes_stand_below_their_competence_and_that_below_its_area() -> None:
    """A parent that no table describes is named by its number, so that nothing dangles."""
    items = read(table('"digcomp.outcome.LO4.2.03","","Protect",""'))
    found = competencies(items)
    assert (found["LO4.2.03"].broader, found["4.2"].broader) == ((f"{ID}/4.2",), (f"{ID}/4",))
    assert found["4"].labels == (Text("Competence area 4", "en"),)
    assert validate([item for item in items if isinstance(item, Located)], dataset="d").refused == 0


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (['"digcomp.outcome.XX","","x",""'], ("digcomp.unknown-location", 2)),
        (['"digcomp.outcome.LO1.1.01","","",""'], ("table.missing-value", 2)),
        (['"digcomp.outcome.LO1.1.01","","a",""', '"digcomp.outcome.LO1.1.01","","b",""'], ("identity.conflict", 3)),
        (['"digcomp.outcome.LO1.1.01","","a"'], ("table.wrong-width", 2)),
    ],
)
def test_each_fault_is_told_with_its_line(rows: list[str], expected: tuple[str, int]) -> None:
    findings = [item for item in read(table(*rows)) if isinstance(item, Finding)]
    assert [(finding.code, finding.source and finding.source.line) for finding in findings] == [expected]


def test_an_unknown_column_is_told_and_kept() -> None:
    document = Document(name="o.csv", data=b'location,source,note\ndigcomp.outcome.LO1.1.01,Acknowledge,"by hand"\n')
    items = read(document)
    assert [item.code for item in items if isinstance(item, Finding)] == ["table.unknown-column"]
    assert competencies(items)["LO1.1.01"].statements == ((f"{ID}/term/note", '"by hand"'),)


def test_levels_that_share_a_name_are_mapped_to_it() -> None:
    """Levels 1 and 2 are the first of the four, 3 the second; one without a name is mapped to nothing."""
    names = {1: "Basic", 2: "Basic", 3: "Intermediate", 4: ""}
    rows = [f'"digcomp.level.{level}.eight_level_description","","Level {level}",""' for level in names]
    rows += [f'"digcomp.level.{level}.four_level_name","","{name}",""' for level, name in names.items() if name]
    items = read(table(*rows, name="levels_en.csv"))
    records = [item.record for item in items if isinstance(item, Located)]
    found = [record for record in records if isinstance(record, LevelMapping)]
    assert [(each.level.value, each.matched.value) for each in found] == [(1, 1), (2, 1), (3, 2)]
    assert {(each.level.scale, each.matched.scale) for each in found} == {(f"{ID}/scale/8", f"{ID}/scale/4")}
    assert not validate([item for item in items if isinstance(item, Located)], dataset="d").findings


if "HEADWATER_REFERENCE" in os.environ:
    DATA = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "digcomp-3.0"

    def test_all_of_digcomp_is_read_in_both_languages() -> None:
        """5 areas, 21 competences, 523 outcomes, 362 statements, two scales, 126 terms; each with English and Dutch."""
        items = list(read_source(DATA).items)
        found = competencies(items)
        assert Counter(record.kind for record in found.values()) == {
            "area": 5,
            "competence": 21,
            "learning-outcome": 523,
            "competence-statement": 362,
        }
        assert all({label.language for label in record.labels} == {"en", "nl"} for record in found.values())
        records = [item.record for item in items if isinstance(item, Located)]
        assert [(r.maximum, len(r.statements)) for r in records if isinstance(r, Scale)] == [(8, 32), (4, 8)]
        mappings = [record for record in records if isinstance(record, LevelMapping)]
        assert [(each.level.value, each.matched.value) for each in mappings] == [(n, (n + 1) // 2) for n in range(1, 9)]
        assert sum(isinstance(record, Unmapped) for record in records) == 126
        assert [item.code for item in items if isinstance(item, Finding)] == ["reader.unknown-file"]
        assert not validate([item for item in items if isinstance(item, Located)], dataset="d").findings
