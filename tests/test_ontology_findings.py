"""docs/findings.md lists every code of a finding, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9-]+")
ERRORS = {
    "rdf.invalid-iri",
    "rdf.invalid-language",
    "rdf.invalid-number",
    "rdf.invalid-term",
    "document.refused",
    "load.must-findings",
}
"""Errors in the areas of findings."""
NO_CODES = {"level.scale", "level.value", "cost.currency", "rdf.xml", "salary.period"}
"""Fields and names that look like codes."""


def documented() -> set[str]:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    return {found for found in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) if CODE.fullmatch(found)}


def modules() -> Iterator[Path]:
    yield from sorted((ROOT / "ontology").rglob("*.py"))
    yield from (
        ROOT / "graph" / name
        for name in (
            "loading.py",
            "comparison.py",
            "overlays.py",
            "batch.py",
            "batch_references.py",
            "batch_documents.py",
        )
    )


def words(path: Path) -> set[str]:
    """All string constants that look like a code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {found for found in constants if CODE.fullmatch(found)}


def given_to_findings(path: Path) -> set[str]:
    """The codes that stand in a call of Finding."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }


def test_every_code_of_a_documented_area_is_documented() -> None:
    """Source and page name the same codes; `tables.*` has a page of its own."""
    areas = {code.partition(".")[0] for code in documented()}
    found = {code for path in modules() for code in words(path) if code.partition(".")[0] in areas}
    assert found - ERRORS - NO_CODES == documented()


def test_every_finding_is_of_a_documented_area() -> None:
    """No finding is made whose code is on neither page."""
    found = {code for path in modules() for code in given_to_findings(path)}
    assert len(found) > 20
    tables = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert {code for code in found - documented() if f"`{code}`" not in tables} == set()
