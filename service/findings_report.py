"""Findings as files for other programs: CSV for spreadsheets, SARIF for code review and continuous integration.

Source: SARIF 2.1.0 (OASIS Standard, 27 March 2020). Called by the command line.
"""

import csv
import io
from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import quote

import orjson

from ontology.model import Finding, FindingLevel

COLUMNS = ("level", "code", "message", "subject", "file", "line", "column", "pointer", "fix")
_SARIF_LEVELS = {FindingLevel.MUST: "error", FindingLevel.SHOULD: "warning"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = "https://w3id.org/headwater/findings#"


def findings_csv(findings: Sequence[Finding]) -> str:
    """A row a finding, with a header."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in findings:
        source = each.source
        place = (source.file, source.line, source.column, source.pointer) if source else (None,) * 4
        row = (each.level.value, each.code, each.message, each.subject, *place, each.fix)
        writer.writerow(["" if cell is None else cell for cell in row])
    return written.getvalue()


def findings_sarif(findings: Sequence[Finding]) -> str:
    """One run with a rule for each code that occurs and a result for each finding, in their order."""
    codes = sorted({each.code for each in findings})
    rules = [{"id": code, "helpUri": f"{_RULES}{code}"} for code in codes]
    places = {code: index for index, code in enumerate(codes)}
    run = {
        "tool": {"driver": {"name": "headwater", "version": version("headwater"), "rules": rules}},
        "results": [_result(each, places[each.code]) for each in findings],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _result(finding: Finding, rule: int) -> dict[str, object]:
    text = finding.message if finding.fix is None else f"{finding.message} {finding.fix}"
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": text},
    }
    location = _location(finding)
    if location:
        result["locations"] = [location]
    if finding.subject is not None:
        result["properties"] = {"subject": finding.subject}
    return result


def _location(finding: Finding) -> dict[str, object]:
    found: dict[str, object] = {}
    source = finding.source
    if source is not None:
        physical: dict[str, object] = {"artifactLocation": {"uri": _uri(source.file)}}
        if source.line is not None:
            physical["region"] = {"startLine": source.line}
        found["physicalLocation"] = physical
    names = [name for name in ((source.pointer or source.column) if source else None, finding.subject) if name]
    if names:
        found["logicalLocations"] = [{"fullyQualifiedName": name} for name in names]
    return found


def _uri(file: str) -> str:
    """A relative reference: what RFC 3986 does not allow in a path is percent-encoded."""
    return quote(file)
