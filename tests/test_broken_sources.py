"""Folders with things in them that are no files, headers out of measure: each told, none a crash and none left out in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ontology.documents import Document, open_source, read_rows
from ontology.model import Finding, FindingLevel, Source
from ontology.readers import read_source

GOOD = b"iri,label\nhttps://college.example/course/7,Seven\n"


def opened(folder: Path) -> tuple[list[str], list[Finding]]:
    items = list(open_source(folder))
    return [item.name for item in items if isinstance(item, Document)], [
        item for item in items if isinstance(item, Finding)
    ]


@pytest.mark.parametrize("target", ["nowhere.csv", "competencies.csv", "courses.csv/within"])
def test_link_to_nothing(tmp_path: Path, target: str) -> None:
    """A link that dangles, one to itself, one through a file: the rest is read, the link is told."""
    (tmp_path / "courses.csv").write_bytes(GOOD)
    (tmp_path / "competencies.csv").symlink_to(target)
    names, findings = opened(tmp_path)
    assert names == ["courses.csv"]
    assert [(each.level, each.code, each.source) for each in findings] == [
        (FindingLevel.MUST, "document.damaged", Source(file="competencies.csv"))
    ]
    assert findings[0].fix


READ_AS_NOBODY = """
import os
from pathlib import Path
from ontology.documents import Document, open_source

if os.geteuid() == 0:
    os.seteuid(65534)
for item in open_source(Path(".")):
    print(item.name if isinstance(item, Document) else f"{item.code} {item.source.file}")
"""


def test_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    """What lies in it is not left out in silence. Whoever may read everything gives that right up first."""
    (tmp_path / "courses.csv").write_bytes(GOOD)
    tmp_path.chmod(0o755)
    shut = tmp_path / "spring"
    shut.mkdir(mode=0o000)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", READ_AS_NOBODY]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    shut.chmod(0o755)
    assert run.stdout.splitlines() == ["courses.csv", "document.damaged spring"]


def test_many_columns(tmp_path: Path) -> None:
    """Each of ten thousand unknown columns is told, each column looked at once."""
    columns = [f"c{number}" for number in range(10_000)]
    path = tmp_path / "wide.csv"
    path.write_text(",".join(["iri", *columns]) + "\n")
    (document,) = (item for item in open_source(path) if isinstance(item, Document))
    findings = [item for item in read_rows(document, required=["iri"], optional=["label"]) if isinstance(item, Finding)]
    assert [each.source.column for each in findings if each.source] == columns


def test_a_file_of_tables_with_a_wrong_header_is_not_passed_over(tmp_path: Path) -> None:
    """In a folder too: its name says what it is meant to be, so the columns it lacks are must-findings."""
    (tmp_path / "competencies.csv").write_text("id,name\nx,y\n", "utf-8")
    (tmp_path / "courses.csv").write_text("iri,label\nhttps://example.org/course,Course\n", "utf-8")
    found = [item for item in read_source(tmp_path).items if isinstance(item, Finding)]
    assert ("must", "table.missing-column") in {(finding.level.value, finding.code) for finding in found}
