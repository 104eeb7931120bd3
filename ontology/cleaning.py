"""Records as they are kept: tuples sorted, one spelling of language tags, labels trimmed, terms canonical.

Called by `validation` before anything is compared, so that two spellings of one thing are one thing.
"""

from dataclasses import fields, replace
from decimal import Decimal
from functools import lru_cache
from typing import cast

from . import model
from .errors import InputError
from .languages import is_well_formed, normalised
from .model import UNDETERMINED, Course, Credential, Record, Resource, Source, Statement, Text, Unmapped, sorted_texts
from .ntriples import canonical_term, is_iri, text_term
from .world import Report

DURATION_DECIMALS = Decimal("0.000001")
"""A learning day is kept to a millionth."""
_ALTERNATIVE_LABEL = "http://www.w3.org/2004/02/skos/core#altLabel"
_TEXT_FIELDS = ("labels", "alternative_labels", "descriptions")
_NON_BREAKING = ("\u00a0", "\u202f", "\u2007")


@lru_cache(maxsize=64)
def _text_fields(class_name: str) -> tuple[str, ...]:
    kind: type[Record] = getattr(model, class_name)
    names = {each.name for each in fields(kind)}
    return tuple(name for name in _TEXT_FIELDS if name in names)


def cleaned(record: Record, source: Source, report: Report) -> Record:
    """The record as it is kept. What had to be changed is a should-finding; what cannot be kept a must-finding."""
    changes: dict[str, object] = {}
    statements = _statements(record, source, report)
    for name in _text_fields(type(record).__name__):
        texts: tuple[Text, ...] = getattr(record, name)
        mended = sorted_texts(_texts(record, name, texts, source, report)) if texts else ()
        if mended != texts:
            changes[name] = mended
    if "labels" in _text_fields(type(record).__name__):
        statements = _single_labels(record, changes, statements, source, report)
    if statements != record.statements:
        changes["statements"] = statements
    if isinstance(record, Resource):
        codes = tuple(sorted(set(record.codes)))
        if codes != record.codes:
            changes["codes"] = codes
    for name in ("broader", "places"):
        several: tuple[str, ...] = getattr(record, name, ())
        if several != tuple(sorted(set(several))):
            changes[name] = tuple(sorted(set(several)))
    if isinstance(record, Course | Credential) and record.duration_days is not None:
        duration = _duration(record, record.duration_days, source, report)
        if duration != record.duration_days:
            changes["duration_days"] = duration
    return replace(record, **changes) if changes else record  # type: ignore[arg-type]


def _texts(record: Record, name: str, texts: tuple[Text, ...], source: Source, report: Report) -> list[Text]:
    found = []
    for text in texts:
        language = _language(record, text, source, report)
        words = text.text
        if name != "descriptions":
            words = _label(record, words, source, report)
            if not words:
                continue
        if any(blank in words for blank in _NON_BREAKING):
            report.should_summarised(
                "text.non-breaking-space",
                f"Got a non-breaking space in {words[:80]!r}; an ordinary one is easier to find.",
                record.iri,
                fix="Write ordinary spaces; the text is kept as it is.",
                summary="texts have non-breaking spaces",
                source=source,
            )
        found.append(text if language == text.language and words == text.text else Text(words, language))
    return found


def _label(record: Record, words: str, source: Source, report: Report) -> str:
    trimmed = words.strip()
    if not trimmed:
        report.should(
            "text.empty-label",
            "Got an empty label, expected words; it is left out.",
            record.iri,
            fix="Write the label, or leave it out.",
            source=source,
        )
    elif trimmed != words:
        report.should(
            "text.outer-blanks",
            f"Got the label {words[:80]!r} with outer blanks, expected it without; it is trimmed.",
            record.iri,
            fix="Remove the blanks around the label.",
            source=source,
        )
    return trimmed


def _language(record: Record, text: Text, source: Source, report: Report) -> str:
    tag = text.language
    if is_well_formed(tag):
        return normalised(tag)
    guessed = tag.strip().replace("_", "-")
    language = normalised(guessed) if guessed and is_well_formed(guessed) else UNDETERMINED
    report.should(
        "text.invalid-language",
        f"Got the language tag {tag!r} on {text.text[:60]!r}, expected BCP 47; it is read as {language!r}.",
        record.iri,
        fix="Write a BCP 47 tag such as en, de-AT, or und where the language is not known.",
        source=source,
    )
    return language


def _single_labels(
    record: Record,
    changes: dict[str, object],
    statements: tuple[Statement, ...],
    source: Source,
    report: Report,
) -> tuple[Statement, ...]:
    """At most one preferred label a language stays; the others become alternative ones."""
    labels = cast("tuple[Text, ...]", changes.get("labels", getattr(record, "labels", ())))
    first: dict[str, Text] = {}
    for text in labels:
        first.setdefault(text.language, text)
    if len(first) == len(labels):
        return statements
    moved = [text for text in labels if first[text.language] is not text]
    changes["labels"] = tuple(first.values())
    report.should(
        "text.several-labels",
        f"Got {len(labels)} preferred labels in {len(first)} languages, expected at most one a language; "
        f"{', '.join(repr(text.text[:60]) for text in moved)} became alternative.",
        record.iri,
        fix="Keep one preferred label a language and give the others as alternative labels.",
        source=source,
    )
    if isinstance(record, Resource):
        others = cast("tuple[Text, ...]", changes.get("alternative_labels", record.alternative_labels))
        changes["alternative_labels"] = sorted_texts((*others, *moved))
        return statements
    return tuple(sorted({*statements, *((_ALTERNATIVE_LABEL, text_term(text)) for text in moved)}))


def _statements(record: Record, source: Source, report: Report) -> tuple[Statement, ...]:
    if not record.statements:
        return ()
    found: set[Statement] = set()
    for predicate, term in record.statements:
        try:
            canonical = canonical_term(term)
        except InputError as error:
            _malformed(record, f"{error.message.rstrip('.')} in a statement with {predicate!r}.", source, report)
            continue
        if not is_iri(predicate):
            message = f"Got the predicate {predicate!r} of a statement, expected an absolute IRI."
            _malformed(record, message, source, report)
            continue
        found.add((predicate, canonical))
    return tuple(sorted(found))


def _malformed(record: Unmapped | Record, message: str, source: Source, report: Report) -> None:
    report.must(
        "statement.malformed", message, record.iri, fix="Mend what the source says, or leave it out.", source=source
    )


def _duration(record: Record, days: Decimal, source: Source, report: Report) -> Decimal:
    if not days.is_finite() or abs(days.adjusted()) > 20:
        return days
    rounded = days.quantize(DURATION_DECIMALS)
    if rounded != days:
        report.should(
            "duration.too-precise",
            f"Got {days} days, expected at most six decimals; it is read as {rounded}.",
            record.iri,
            fix="Round to six decimals.",
            source=source,
        )
    return rounded
