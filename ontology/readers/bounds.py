"""How many findings of one kind a file may give one by one, and how much of a value a message repeats.

A file in which every row has the same small fault would otherwise give a finding for each; the rest of them become one
finding with their number. Called by `reading`, around every reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ontology.model import Finding, FindingLevel, Located, Source

MAX_TOLD: Final = 100
"""Should-findings of one code and file that are told one by one."""
MAX_BLOCKING_TOLD: Final = 10_000
"""Must-findings of one code and file that are told one by one: each of them has to be mended."""
MAX_MESSAGE: Final = 600
"""Characters of a message or a fix. Readers cut what they repeat of a value; this holds for all of them."""
MAX_SUBJECT: Final = 4096
"""Characters of an IRI that a finding is about."""


@dataclass(slots=True)
class _More:
    """Findings of one kind beyond those that are told."""

    first: Finding
    count: int = 0


def bounded(items: Iterator[Located | Finding]) -> Iterator[Located | Finding]:
    """The same records in the same order; beyond the limits one finding with the number of the others, at the end."""
    told: dict[tuple[FindingLevel, str, str], int] = {}
    more: dict[tuple[FindingLevel, str, str], _More] = {}
    for item in items:
        if isinstance(item, Located):
            yield item
            continue
        finding = _cut(item)
        key = (finding.level, finding.code, finding.source.file if finding.source else "")
        told[key] = told.get(key, 0) + 1
        if told[key] <= (MAX_BLOCKING_TOLD if finding.level is FindingLevel.MUST else MAX_TOLD):
            yield finding
        else:
            more.setdefault(key, _More(finding)).count += 1
    for each in more.values():
        yield _summary(each)


def _summary(more: _More) -> Finding:
    first = more.first
    file = first.source.file if first.source else None
    where = f" in {file}" if file else ""
    return Finding(
        level=first.level,
        code=first.code,
        message=_shortened(f"{more.count:,} more findings like this{where}, such as: {first.message}"),
        source=Source(file=file, line=first.source.line if first.source else None) if file else None,
        fix=first.fix,
    )


def _cut(finding: Finding) -> Finding:
    """The finding with nothing in it that is longer than a person would read; nearly always itself."""
    subject = finding.subject
    if (
        _is_writable(finding)
        and len(finding.message) <= MAX_MESSAGE
        and len(finding.fix or "") <= MAX_MESSAGE
        and len(subject or "") <= MAX_SUBJECT
    ):
        return finding
    return replace(
        finding,
        message=_shortened(finding.message),
        fix=_shortened(finding.fix) if finding.fix else finding.fix,
        subject=_writable(f"{subject[:MAX_SUBJECT]}…" if len(subject) > MAX_SUBJECT else subject) if subject else None,
    )


def _is_writable(finding: Finding) -> bool:
    words = f"{finding.message}{finding.fix or ''}{finding.subject or ''}"
    return words.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in words)


def _writable(text: str) -> str:
    """The text with `?` for halves of characters, which no terminal and no UTF-8 takes."""
    return text.encode("utf-8", "replace").decode()


def _shortened(text: str) -> str:
    """The beginning and the end, where what was expected stands, of a text that is too long."""
    return _writable(text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 200]} … {text[-197:]}")
