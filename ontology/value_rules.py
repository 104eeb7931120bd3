"""What each record must say by itself: IRIs, numbers within their bounds, required words. Looks at no other record.

Called by `validation` once a record. Where a rule is in shapes.ttl too, a test holds both equal.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from urllib.parse import urlsplit

from . import model
from .model import (
    Alignment,
    Amendment,
    Code,
    Course,
    Credential,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Record,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Scale,
    ScaleLevel,
    Source,
    Teaching,
    Text,
    Unmapped,
    shorten,
)
from .ntriples import is_iri
from .places import is_place
from .terms import RDF_TYPE, ValueKind, read_ontology
from .world import Report

MAXIMUM_IRI_LENGTH = 2048
"""Characters; what browsers and index keys take without trouble."""
MAXIMUM_COST = 10**15
"""Minor units: sums of many thousand such costs fit 64 bits."""
MAXIMUM_DAYS = 10**6
"""Days a course or credential may take, or experience may be asked for: some 2,700 years."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Case:
    """One record at a time, with the means to tell its faults."""

    record: Record
    source: Source
    report: Report

    def must(self, code: str, message: str, fix: str) -> None:
        self.report.must(code, message, self.record.iri, fix=fix, source=self.source)

    def should(self, code: str, message: str, fix: str) -> None:
        self.report.should(code, message, self.record.iri, fix=fix, source=self.source)


@lru_cache(maxsize=64)
def iri_fields(class_name: str) -> tuple[str, ...]:
    """The fields of a record class that hold IRIs of other things, `level.scale` as it is written."""
    return tuple(
        each.field for each in read_ontology().properties_of(class_name) if each.kind is ValueKind.IRI and each.field
    )


def field_iris(record: Record, field: str) -> tuple[str, ...]:
    """The IRIs that a field of `iri_fields` holds, none where it is empty."""
    name, _, part = field.partition(".")
    value = getattr(record, name)
    if value is None:
        return ()
    if part:
        value = getattr(value, part)
    return value if isinstance(value, tuple) else (value,)


def check_values(record: Record, source: Source, report: Report) -> None:
    """All that can be said of a record by itself, told to the report."""
    case = _Case(record, source, report)
    _check_iris(case)
    _check_characters(case)
    if isinstance(record, Resource):
        _check_resource(case, record)
    check = _CHECKS.get(type(record))
    if check is not None:
        check(case)


def _check_iris(case: _Case) -> None:
    record = case.record
    _check_iri(case, record.iri, "as identity")
    for field in iri_fields(type(record).__name__):
        for iri in field_iris(record, field):
            _check_iri(case, iri, f"as {field}")


def _check_iri(case: _Case, iri: str, where: str) -> None:
    if len(iri) > MAXIMUM_IRI_LENGTH:
        case.must(
            "identity.too-long",
            f"Got an IRI of {len(iri)} characters {where} ({iri[:60]}...), expected at most {MAXIMUM_IRI_LENGTH}.",
            "Give a shorter IRI.",
        )
    elif not is_iri(iri):
        case.must(
            "identity.invalid-iri",
            f"Got {shorten(iri)!r} {where}, expected an absolute IRI.",
            'Write the scheme (https://, urn:) and percent-encode blanks and the characters <>"{}|^`\\.',
        )


def _check_characters(case: _Case) -> None:
    bad = next((words for words in _strings(case.record) if _SURROGATE.search(words)), None)
    if bad is not None:
        case.must(
            "text.invalid-character",
            f"Got half of a surrogate pair in {bad[:60]!r}, expected Unicode text.",
            "Write the whole character; the file was damaged or decoded wrongly.",
        )


def _strings(record: Record) -> Iterator[str]:
    for each in fields(record):
        value = getattr(record, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, str):
                yield part
            elif isinstance(part, Text):
                yield part.text
            elif isinstance(part, Code):
                yield part.value


def _check_resource(case: _Case, record: Resource) -> None:
    if not record.labels and record.replaced_by is None:
        case.report.should_summarised(
            "text.missing-label",
            f"Got no label for <{record.iri}>, expected one; its IRI is shown instead.",
            record.iri,
            fix="Give it a preferred label.",
            summary="resources have no label and are shown by their IRI",
            source=case.source,
        )
    if record.url is not None and not _is_web_page(record.url):
        case.should(
            "url.not-web",
            f"Got {record.url[:80]!r} as web page, expected an http or https address; it is kept and not linked.",
            "Write the whole address, with https://.",
        )
    for code in record.codes:
        if not code.system.strip() or not code.value.strip():
            case.should(
                "code.empty",
                f"Got the code {shorten(code.value)!r} of the system {shorten(code.system)!r}, expected words in both.",
                "Write system:value, or leave the code out.",
            )


def _is_web_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _check_figures(case: _Case) -> None:
    record = case.record
    assert isinstance(record, Course | Credential), "called for what has a cost"
    cost, days = record.cost, record.duration_days
    if cost is not None:
        _check_range(case, "cost.out-of-range", cost.minor_units, 0, MAXIMUM_COST, "minor units")
        if not _CURRENCY.fullmatch(cost.currency):
            case.must(
                "currency.invalid",
                f"Got the currency {shorten(cost.currency)!r}, expected three capital letters of ISO 4217.",
                "Write a code such as USD, EUR or GBP.",
            )
    if days is not None:
        _check_range(case, "duration.out-of-range", days, 0, MAXIMUM_DAYS, "days")


def _check_job(case: _Case) -> None:
    record = case.record
    assert isinstance(record, JobRole)
    for place in record.places:
        if not is_place(place):
            case.should(
                "place.unclear",
                f"Got the place {shorten(place)!r}, expected an ISO 3166 code, then names after slashes.",
                "Write it as US, US-CA or US-CA/Oakland.",
            )
    pay = record.salary
    if pay is None:
        return
    for amount in (pay.minimum, pay.maximum):
        if amount is not None:
            _check_range(case, "salary.out-of-range", amount, 0, MAXIMUM_COST, "minor units")
    if pay.minimum is not None and pay.maximum is not None and pay.minimum > pay.maximum:
        case.must(
            "salary.reversed",
            f"Got a salary from {pay.minimum} to {pay.maximum} minor units, expected the least first.",
            "Give the least as minimum and the most as maximum.",
        )
    if not _CURRENCY.fullmatch(pay.currency):
        case.must(
            "currency.invalid",
            f"Got the currency {shorten(pay.currency)!r}, expected three capital letters of ISO 4217.",
            "Write a code such as USD, EUR or GBP.",
        )


def _check_range(case: _Case, code: str, value: object, low: float, high: float, unit: str) -> None:
    """Tells `code` where the value is not a number from low to high."""
    number = float(str(value))
    area = code.partition(".")[0]
    if not (math.isfinite(number) and low <= number <= high):
        case.must(
            code,
            f"Got the {area} {f'{value} {unit}'.strip()}, expected from {low:g} to {high:g}.",
            f"Give a number from {low:g} to {high:g}, or leave it out where it is not known.",
        )


def _check_importance(case: _Case, importance: Importance, value: float | None) -> None:
    if value is None:
        return
    _check_range(case, "importance.out-of-range", value, 0, 1, "")
    if importance is Importance.MUST:
        case.should(
            "importance.graded-must",
            f"Got the importance {value} on a must, expected it on a should; the must counts.",
            "Leave the value out, or make it a should.",
        )


def _check_level(case: _Case, level: Level | None) -> None:
    if level is not None and not math.isfinite(level.value):
        case.must("level.not-finite", f"Got the level {level.value}, expected a number.", "Give a number on the scale.")


def _check_requirement(case: _Case) -> None:
    record = case.record
    assert isinstance(record, Requirement)
    _check_importance(case, record.importance, record.importance_value)
    _check_level(case, record.level)
    if record.experience_days is not None:
        _check_range(case, "experience.out-of-range", record.experience_days, 0, MAXIMUM_DAYS, "days")
    if (record.target is None) == (record.experience_days is None):
        what = "neither a target nor experience" if record.target is None else "both a target and experience"
        case.must(
            "requirement.unclear",
            f"Got a requirement of <{record.owner}> with {what}, expected one of the two.",
            "Name a competency, credential or course, or give days of experience, not both.",
        )


def _check_group(case: _Case) -> None:
    record = case.record
    assert isinstance(record, RequirementGroup)
    _check_importance(case, record.importance, record.importance_value)
    if record.minimum is not None and record.minimum < 1:
        case.must(
            "group.minimum-too-small",
            f"Got the minimum {record.minimum} for a group of <{record.owner}>, expected 1 or more.",
            "Give the number of children that must hold; leave it out where all of them must.",
        )


def _check_scale(case: _Case) -> None:
    record = case.record
    assert isinstance(record, Scale)
    low, high = record.minimum, record.maximum
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        case.must(
            "scale.empty",
            f"Got a scale from {low} to {high}, expected a minimum below the maximum.",
            "Give the lowest and the highest value of the scale.",
        )


def _check_scale_level(case: _Case) -> None:
    record = case.record
    assert isinstance(record, ScaleLevel)
    _check_level(case, record.level)


def _check_level_mapping(case: _Case) -> None:
    record = case.record
    assert isinstance(record, LevelMapping)
    _check_level(case, record.level)
    _check_level(case, record.matched)
    if record.level.scale == record.matched.scale:
        case.should(
            "level-mapping.itself",
            f"Got a mapping of <{record.level.scale}> to itself, expected two scales; it has no effect.",
            "Leave it out, or name the other scale.",
        )


def _check_role_level(case: _Case) -> None:
    record = case.record
    assert isinstance(record, RoleLevel)
    if not record.name.strip():
        case.should("role-level.unnamed", f"Got a level of <{record.role}> without a name.", "Give the level a name.")


def _check_teaching(case: _Case) -> None:
    record = case.record
    assert isinstance(record, Teaching)
    _check_level(case, record.level)


def _check_alignment(case: _Case) -> None:
    record = case.record
    assert isinstance(record, Alignment)
    if record.confidence is not None:
        _check_range(case, "confidence.out-of-range", record.confidence, 0, 1, "")
    if record.subject == record.object:
        case.should(
            "alignment.itself",
            f"Got an alignment of <{record.subject}> with itself, expected two different things; it has no effect.",
            "Leave it out, or mend one of its ends.",
        )


def _check_amendment(case: _Case) -> None:
    record = case.record
    assert isinstance(record, Amendment)
    if record.importance_value is not None:
        _check_importance(case, record.importance or Importance.SHOULD, record.importance_value)
    _check_level(case, record.level)
    texts, weight = record.labels + record.descriptions, (record.importance, record.importance_value)
    if not (record.removed or texts or record.level) and weight == (None, None):
        case.should(
            "overlay.says-nothing",
            f"Got an amendment of <{record.target}> without a change, expected a removal, name, weight or level.",
            "Say what is to change, or leave the amendment out.",
        )


def _check_unmapped(case: _Case) -> None:
    ours = {f"<{each.iri}>": each.name for each in read_ontology().classes}
    names = [ours[term] for predicate, term in case.record.statements if predicate == RDF_TYPE and term in ours]
    if names:
        case.must(
            "record.incomplete",
            f"Got a {names[0]} without all that it must have: {', '.join(_required(names[0]))}.",
            "Give each of these properties one value of the right type.",
        )


def _required(name: str) -> list[str]:
    record: type[Record] = getattr(model, name)
    required = {each.name for each in fields(record) if each.default is MISSING}
    return [
        each.predicate
        for each in read_ontology().properties_of(name)
        if (each.field or "").partition(".")[0] in required
    ]


_CHECKS: dict[type[Record], Callable[[_Case], None]] = {
    Course: _check_figures,
    Credential: _check_figures,
    JobRole: _check_job,
    RoleLevel: _check_role_level,
    Scale: _check_scale,
    ScaleLevel: _check_scale_level,
    LevelMapping: _check_level_mapping,
    RequirementGroup: _check_group,
    Requirement: _check_requirement,
    Teaching: _check_teaching,
    Alignment: _check_alignment,
    Amendment: _check_amendment,
    Unmapped: _check_unmapped,
}
