"""docs/standards.md says what became of every sample and data set; with HEADWATER_REFERENCE it is held to the files."""

import os
import re
from pathlib import Path

import pytest
from standards_table import (
    BEGIN,
    END,
    OF_THE_FOLDER,
    PAGE,
    REMARKS,
    STANDARDS,
    files_of,
    put_into,
    read_sample,
    read_set,
    sample_section,
    samples_of,
    set_section,
    sets_of,
)

from graph.loading import load
from graph.releases import Releases
from ontology.model import FindingLevel
from ontology.readers import read_source

PAGE_TEXT = PAGE.read_text("utf-8")
NOT_JSON = 13
LARGE = ("esco-1.2.0", "onet-29.2")
"""Sets that test_round_trips reads once, for the table and for the way back."""


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    _, _, below = PAGE_TEXT.partition(f"### {heading}\n")
    lines = below.partition("\n## ")[0].partition("\n### ")[0].splitlines()
    table = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("| `")]
    return [[cell.strip() for cell in cells] for cells in table]


def names_of(heading: str) -> list[str]:
    return [cells[0].strip("`") for cells in rows_of(heading)]


def headings() -> list[str]:
    return re.findall(r"^### ((?:standards|data)/\S+)$", PAGE_TEXT, re.MULTILINE)


def test_every_row_tells_a_file_its_format_records_findings_and_outcome() -> None:
    """A refused one has a must-finding and a reason in words, any other has none."""
    rows = [cells for heading in headings() for cells in rows_of(heading)]
    assert len(rows) > 200
    for cells in rows:
        name, _, _, told, outcome = cells
        refused = outcome.startswith("refused")
        assert refused == ("must `" in told), name
        assert refused or outcome == "loads" or outcome.startswith("passed over: "), name
        assert not refused or len(outcome) > len("refused: ") + 10, name


def test_every_code_that_the_page_tells_is_documented() -> None:
    """In the lists of findings."""
    documented = "".join((PAGE.parent / name).read_text("utf-8") for name in ("findings.md", "tables.md"))
    codes = {
        code for heading in headings() for cells in rows_of(heading) for code in re.findall(r"`([^`]+)`", cells[3])
    }
    assert len(codes) > 30
    assert [code for code in sorted(codes) if f"`{code}`" not in documented] == []


def test_what_is_made_goes_between_the_marks_and_nowhere_else() -> None:
    """The words around it stay."""
    page = put_into(PAGE_TEXT, ["one", "two"])
    assert page == put_into(page, ["one", "two"])
    assert page.partition(BEGIN)[0] == PAGE_TEXT.partition(BEGIN)[0]
    assert page.partition(END)[2] == PAGE_TEXT.partition(END)[2]
    assert f"{BEGIN}\n\none\n\ntwo\n\n{END}" in page


if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"])
    SETS = [folder for folder in sets_of(REFERENCE) if folder.name not in LARGE]

    @pytest.mark.parametrize("standard", STANDARDS)
    def test_the_table_of_a_standard_is_what_reading_its_samples_gives(standard: str) -> None:
        """Each in an empty store; `make standards` makes it anew."""
        assert sample_section(REFERENCE, standard) in PAGE_TEXT

    @pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
    def test_the_table_of_a_data_set_is_what_reading_it_gives(folder: Path) -> None:
        """As one load."""
        assert set_section(read_set(folder)) in PAGE_TEXT

    def test_every_file_of_every_folder_is_in_the_table() -> None:
        """Once, and nothing else is."""
        for standard in STANDARDS:
            folder = REFERENCE / "standards" / standard / "samples"
            names = [path.relative_to(folder).as_posix() for path in samples_of(REFERENCE, standard)]
            assert names_of(f"standards/{standard}") == names
        for folder in sets_of(REFERENCE):
            assert names_of(f"data/{folder.name}") == [folder.name, *files_of(folder)]
        assert headings() == [
            *(f"standards/{standard}" for standard in STANDARDS),
            *(f"data/{folder.name}" for folder in sets_of(REFERENCE)),
        ]

    @pytest.mark.parametrize("standard", STANDARDS)
    def test_a_load_into_an_empty_data_folder_says_what_the_table_says(standard: str, tmp_path: Path) -> None:
        """The load that would be: blocked where the table says refused, by the same findings, else with all records."""
        for number, path in enumerate(samples_of(REFERENCE, standard)):
            expected = read_sample(path, path.name)
            report = load(Releases(tmp_path / str(number)), read_source(path), store=None, dry_run=True)
            assert report.blocked == expected.blocked, path
            assert sorted(each.code for each in report.findings) == sorted(each.code for each in expected.findings), (
                path
            )
            assert report.blocked or report.counts.loaded, path
            assert not report.blocked or any(each.level is FindingLevel.MUST and each.fix for each in report.findings)

    def test_thirteen_samples_of_ctdl_are_no_json_and_each_has_one_clear_finding() -> None:
        """With the line, and what stands there."""
        broken = [cells for cells in rows_of("standards/ctdl") if "json.syntax" in cells[3]]
        assert len(broken) == NOT_JSON
        for cells in broken:
            assert cells[3] == "must `json.syntax`"
            assert re.search(r"not JSON: .+ \(column \d+\)\. Line \d+\.", cells[4]), cells

    def test_a_file_that_no_reader_knows_has_a_reason_in_words() -> None:
        """What it is instead."""
        for heading in headings():
            for cells in rows_of(heading):
                if "must `reader.unknown-file`" in cells[3]:
                    assert REMARKS[cells[0].strip("`")] in cells[4]
                assert not cells[4].startswith("passed over") or OF_THE_FOLDER in cells[4]
