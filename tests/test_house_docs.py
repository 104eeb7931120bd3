"""Pages say what is there: commands, links, settings' names in the README."""

import re
from pathlib import Path

import pytest

from service.cli import app
from service.manual import cli_manual

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def test_the_manual_of_commands_is_up_to_date() -> None:
    """docs/cli.md is what `make docs` writes."""
    assert (ROOT / "docs/cli.md").read_text("utf-8") == cli_manual()


def test_every_command_has_a_help_and_takes_json() -> None:
    """No command of the manual without a sentence and without --json."""
    sections = cli_manual().split("\n## ")[1:]
    assert len(sections) >= 16
    assert app.info.name == "headwater"
    for section in sections:
        title, _, rest = section.partition("\n")
        assert re.match(r"\n[A-Z].*\.", rest), title
        assert "`--json`" in rest, title


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page is a file of the project."""
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_commands_of_the_readme_exist() -> None:
    """Each `headwater …` line of the README names a command of the manual."""
    known = {line[3:] for line in cli_manual().splitlines() if line.startswith("## ")}
    lines = re.findall(r"^headwater ([a-z]+(?: (?:list|show))?)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert lines
    assert {f"headwater {line}" for line in lines} <= known
