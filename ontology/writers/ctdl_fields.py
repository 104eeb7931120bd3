"""What CTDL says for fields, teachings, awards and alignments that no statement says yet: pure, record by record.

Things that CTDL has a node for and we have none get an IRI derived from their content, written as a blank node.
Called by `ctdl`.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from ontology.model import (
    IDENTITY,
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    JobRole,
    Money,
    PayPeriod,
    Record,
    Relation,
    Resource,
    Salary,
    Scale,
    Statement,
    Teaching,
    derived_iri,
)
from ontology.ntriples import is_iri, literal_term, text_term
from ontology.quantities import HOURS_A_DAY, minor_digits
from ontology.rdf import double_lexical
from ontology.readers.ctdl_terms import full
from ontology.terms import RDF_TYPE, XSD

Fact = tuple[str, str, str]
Kinds = Callable[[str], type[Record] | None]

MADE: Final = f"{IDENTITY}blank/made/"
"""Prefix of the nodes that an export makes."""
SPELLED_FIELDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "texts": frozenset({"labels", "alternative_labels", "descriptions"}),
        "url": frozenset({"url"}),
        "license": frozenset({"license"}),
        "attribution": frozenset({"attribution"}),
    }
)
"""Groups of `ctdl_spelling` that can be said anew, and their fields."""
_RELATIONS: Final = MappingProxyType(
    {
        Relation.EXACT: "exactAlignment",
        Relation.CLOSE: "majorAlignment",
        Relation.RELATED: "minorAlignment",
        Relation.BROAD: "broadAlignment",
        Relation.NARROW: "narrowAlignment",
    }
)
_LENGTHS: Final = MappingProxyType(
    {
        PayPeriod.HOUR: "PT1H",
        PayPeriod.DAY: "P1D",
        PayPeriod.WEEK: "P1W",
        PayPeriod.MONTH: "P1M",
        PayPeriod.YEAR: "P1Y",
    }
)
_DURATION_TYPE: Final = "https://schema.org/Duration"
_SECONDS_A_DAY: Final = HOURS_A_DAY * 3600
_SPELLED_CODES: Final = frozenset({"ctid", "notation"})


def node_iri(*parts: object) -> str:
    """The IRI of a node without a name of its own; it is written as a blank node."""
    return derived_iri("blank/made", *parts)


def field_statements(record: Resource, name: str) -> tuple[frozenset[str], list[Fact]]:
    """(short names of the words that say the field now, what says it anew); nothing where CTDL has no word for it."""
    say = _FIELDS.get(name)
    if say is None:
        return frozenset(), []
    words, facts = say(record)
    return frozenset(words), list(facts)


def _framework(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    word = "ceasn:isPartOf" if isinstance(record, Competency) else "ceterms:isMemberOf"
    return {word}, _links(record.iri, word, [record.framework] if record.framework else [])


def _broader(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    assert isinstance(record, Competency)
    return {"ceasn:isChildOf"}, _links(record.iri, "ceasn:isChildOf", record.broader)


def _replaced_by(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    successors = [record.replaced_by] if record.replaced_by else []
    return {"ceterms:supersededBy"}, _links(record.iri, "ceterms:supersededBy", successors)


def _kind(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    if not isinstance(record, Competency) or record.kind in {None, "task"}:
        return set(), iter(())
    word = "ceasn:competencyCategory"
    return {word}, iter([(record.iri, full(word), literal_term(record.kind or ""))])


def _codes(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    others = [code for code in record.codes if code.system not in _SPELLED_CODES]
    return {"ceterms:identifier"}, (fact for code in others for fact in _identifier(record.iri, code))


def _identifier(iri: str, code: Code) -> Iterator[Fact]:
    node = node_iri("identifier", code.system, code.value)
    yield iri, full("ceterms:identifier"), f"<{node}>"
    yield node, RDF_TYPE, f"<{full('ceterms:IdentifierValue')}>"
    yield node, full("ceterms:identifierTypeName"), literal_term(code.system)
    yield node, full("ceterms:identifierValueCode"), literal_term(code.value)


def _agent(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    name = record.provider if isinstance(record, Course) else record.issuer if isinstance(record, Credential) else None
    word = "ceterms:offeredBy" if isinstance(record, Course) else "ceterms:ownedBy"
    words = {"ceterms:offeredBy", "ceterms:ownedBy"}
    if name is None:
        return words, iter(())
    if is_iri(name):
        return words, _links(record.iri, word, [name])
    node = node_iri("organization", name)
    facts = [
        (record.iri, full(word), f"<{node}>"),
        (node, RDF_TYPE, f"<{full('ceterms:CredentialOrganization')}>"),
        (node, full("ceterms:name"), literal_term(name)),
    ]
    return words, iter(facts)


def _employer(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    assert isinstance(record, JobRole)
    return {"ceterms:offeredBy"}, _hirer(record)


def _hirer(record: JobRole) -> Iterator[Fact]:
    if record.employer is None and record.employer_iri is None:
        return
    node = record.employer_iri if record.employer_iri is not None else node_iri("organization", record.employer)
    yield record.iri, full("ceterms:offeredBy"), f"<{node}>"
    if record.employer is not None:
        yield node, RDF_TYPE, f"<{full('ceterms:Organization')}>"
        yield node, full("ceterms:name"), literal_term(record.employer)


def _salary(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    assert isinstance(record, JobRole)
    return {"ceterms:workPay"}, _pay(record.iri, record.salary) if record.salary else iter(())


def _pay(iri: str, salary: Salary) -> Iterator[Fact]:
    node = node_iri("pay", salary.currency, salary.minimum, salary.maximum, salary.period)
    yield iri, full("ceterms:workPay"), f"<{node}>"
    yield node, RDF_TYPE, f"<{full('ceterms:PayProfile')}>"
    yield node, full("ceterms:currency"), literal_term(salary.currency)
    figures = {"minValue": salary.minimum, "maxValue": salary.maximum}
    if salary.minimum == salary.maximum:
        figures = {"value": salary.minimum}
    for name, units in figures.items():
        if units is not None:
            amount = float(Decimal(units).scaleb(-minor_digits(salary.currency)))
            yield node, full(f"schema:{name}"), literal_term(double_lexical(amount), f"{XSD}float")
    if salary.period is not None:
        yield node, full("ceterms:basePeriod"), literal_term(_LENGTHS[salary.period], f"{XSD}duration")


def _cost(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    cost: Money | None = record.cost if isinstance(record, Course | Credential) else None
    return {"ceterms:estimatedCost"}, _price(record.iri, cost) if cost else iter(())


def _price(iri: str, cost: Money) -> Iterator[Fact]:
    node = node_iri("cost", cost.minor_units, cost.currency)
    digits = minor_digits(cost.currency)
    amount = format(Decimal(cost.minor_units).scaleb(-digits), "f")
    yield iri, full("ceterms:estimatedCost"), f"<{node}>"
    yield node, RDF_TYPE, f"<{full('ceterms:CostProfile')}>"
    yield node, full("ceterms:price"), literal_term(amount, f"{XSD}decimal")
    yield node, full("ceterms:currency"), literal_term(cost.currency)


def _duration(record: Resource) -> tuple[set[str], Iterator[Fact]]:
    days = record.duration_days if isinstance(record, Course | Credential) else None
    return {"ceterms:estimatedDuration"}, _length(record.iri, days) if days is not None else iter(())


def _length(iri: str, days: Decimal) -> Iterator[Fact]:
    node = node_iri("duration", days)
    yield iri, full("ceterms:estimatedDuration"), f"<{node}>"
    yield node, RDF_TYPE, f"<{full('ceterms:DurationProfile')}>"
    yield node, full("ceterms:timeRequired"), literal_term(iso_duration(days), _DURATION_TYPE)


def iso_duration(days: Decimal) -> str:
    """Engaged time of learning days as ISO 8601: 1.5 is PT12H."""
    seconds = days * _SECONDS_A_DAY
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [
        f"{format(value.normalize(), 'f')}{unit}"
        for value, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if value
    ]
    return "PT" + ("".join(parts) or "0H")


def _links(iri: str, word: str, targets: object) -> Iterator[Fact]:
    assert isinstance(targets, list | tuple)
    return ((iri, full(word), f"<{each}>") for each in targets)


_FIELDS: Final[Mapping[str, Callable[[Resource], tuple[set[str], Iterator[Fact]]]]] = MappingProxyType(
    {
        "framework": _framework,
        "broader": _broader,
        "replaced_by": _replaced_by,
        "kind": _kind,
        "codes": _codes,
        "provider": _agent,
        "employer": _employer,
        "employer_iri": _employer,
        "salary": _salary,
        "issuer": _agent,
        "cost": _cost,
        "duration_days": _duration,
    }
)


def related_statements(record: Record, kind: Kinds) -> list[Fact]:
    """What says a teaching, an award, an alignment or a scale."""
    if isinstance(record, Teaching):
        return list(_teaching(record, kind))
    if isinstance(record, Awarding):
        return [(record.course, full("ceterms:resultsInCredential"), f"<{record.credential}>")]
    if isinstance(record, Alignment):
        return list(_alignment(record, kind))
    assert isinstance(record, Scale)
    said: list[Statement] = [(full("skos:prefLabel"), text_term(text)) for text in record.labels]
    return [
        (record.iri, predicate, term) for predicate, term in [(RDF_TYPE, f"<{full('asn:ProgressionModel')}>"), *said]
    ]


def _teaching(record: Teaching, kind: Kinds) -> Iterator[Fact]:
    """A course teaches; a credential requires an assessment that assesses."""
    if kind(record.subject) is Course:
        yield record.subject, full("ceterms:teaches"), f"<{record.competency}>"
        return
    profile, assessment = node_iri("assessed", record.subject), node_iri("assessment", record.subject)
    yield record.subject, full("ceterms:requires"), f"<{profile}>"
    yield profile, RDF_TYPE, f"<{full('ceterms:ConditionProfile')}>"
    yield profile, full("ceterms:targetAssessment"), f"<{assessment}>"
    yield assessment, RDF_TYPE, f"<{full('ceterms:AssessmentProfile')}>"
    yield assessment, full("ceterms:assesses"), f"<{record.competency}>"


def _alignment(record: Alignment, kind: Kinds) -> Iterator[Fact]:
    """A word of the subject's; in an alignment map where it has a confidence or a date, or nothing describes it."""
    described = kind(record.subject)
    word = _RELATIONS[record.relation]
    if described is not None and record.confidence is None and record.date is None:
        prefix = "ceasn" if described is Competency else "ceterms"
        yield record.subject, full(f"{prefix}:{word}"), f"<{record.object}>"
        return
    chart = node_iri("alignments")
    node = node_iri("alignment", record.subject, record.relation, record.object, record.confidence, record.date)
    yield chart, RDF_TYPE, f"<{full('ceterms:AlignmentMap')}>"
    yield chart, full("ceterms:hasPart"), f"<{node}>"
    yield node, RDF_TYPE, f"<{full('ceterms:AlignmentObject')}>"
    yield node, full("ceterms:alignmentType"), f"<http://www.w3.org/2004/02/skos/core#{record.relation.value}>"
    yield node, full("ceterms:sourceNode"), f"<{record.subject}>"
    yield node, full("ceterms:targetNode"), f"<{record.object}>"
    if record.confidence is not None:
        yield node, full("ceterms:weight"), literal_term(double_lexical(record.confidence), f"{XSD}float")
    if record.date is not None:
        yield node, full("ceterms:alignmentDate"), literal_term(record.date, f"{XSD}date")
