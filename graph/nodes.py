"""What a record is in Neo4j: a node with its properties and the relationships it states, or a relationship.

Pure. Labels are the records' names, types the ontology's properties, properties the records' fields; a text in several
languages is a pair of parallel lists. Called by `publication`.
"""

from dataclasses import dataclass

from ontology.model import (
    Alignment,
    Amendment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    JobRole,
    Level,
    LevelMapping,
    Money,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
    Unmapped,
)

Value = str | int | float | list[str]
Properties = dict[str, Value]
Described = Framework | Competency | Course | Credential | JobRole
DISPLAY_LANGUAGE = "en"
"""Language of the property `name`, which is what Neo4j Browser writes on a node; any other where there is none."""

LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node and what leads away from it: (type, IRI of the other end)."""

    label: str
    iri: str
    properties: Properties
    relationships: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A relationship that is a record itself."""

    type: str
    iri: str
    start: str
    end: str
    properties: Properties


def graph_form(record: Record, dataset: str) -> Node | Relationship | None:
    """What a record is in Neo4j; None for one that is kept for export only."""
    match record:
        case Framework() | Competency() | Course() | Credential() | JobRole():
            return _described(record, dataset)
        case Requirement() | RequirementGroup():
            return _requirement(record, dataset)
        case RoleLevel():
            properties = _present(iri=record.iri, name=record.name, role=record.role, rank=record.rank, dataset=dataset)
            return Node(
                label="RoleLevel", iri=record.iri, properties=properties, relationships=(("ROLE", record.role),)
            )
        case Scale():
            properties = _present(
                iri=record.iri,
                name=_name(record.labels, record.iri),
                minimum=record.minimum,
                maximum=record.maximum,
                dataset=dataset,
            )
            properties |= _texts("label", record.labels)
            return Node(label="Scale", iri=record.iri, properties=properties)
        case ScaleLevel():
            name = _name(record.labels, f"{record.level.value:g}")
            properties = _present(iri=record.iri, name=name, dataset=dataset) | _level(record.level)
            properties |= _texts("label", record.labels) | _texts("description", record.descriptions)
            scale = (("LEVEL_SCALE", record.level.scale),)
            return Node(label="ScaleLevel", iri=record.iri, properties=properties, relationships=scale)
        case LevelMapping():
            properties = _present(
                iri=record.iri,
                name=f"{record.level.value:g} is {record.matched.value:g}",
                level=record.level.value,
                scale=record.level.scale,
                matched_level=record.matched.value,
                matched_scale=record.matched.scale,
                dataset=dataset,
            )
            ends = (("LEVEL_SCALE", record.level.scale), ("MATCHED_LEVEL_SCALE", record.matched.scale))
            return Node(label="LevelMapping", iri=record.iri, properties=properties, relationships=ends)
        case Teaching():
            properties = _present(iri=record.iri, dataset=dataset) | _level(record.level)
            return _relationship("TEACHES", record.subject, record.competency, properties)
        case Awarding():
            return _relationship("AWARDS", record.course, record.credential, _present(iri=record.iri, dataset=dataset))
        case Alignment():
            properties = _present(
                iri=record.iri,
                relation=record.relation.value,
                confidence=record.confidence,
                method=record.method,
                source=record.source,
                author=record.author,
                date=record.date,
                comment=record.comment,
                dataset=dataset,
            )
            return _relationship("ALIGNED_WITH", record.subject, record.object, properties)
        case Amendment() | Unmapped():
            return None


def _described(record: Described, dataset: str) -> Node:
    properties = _present(iri=record.iri, name=_name(record.labels, record.iri), url=record.url, dataset=dataset)
    properties |= _texts("label", record.labels)
    properties |= _texts("alternative_label", record.alternative_labels)
    properties |= _texts("description", record.descriptions)
    properties |= _codes(record.codes)
    relationships = []
    if record.framework is not None:
        relationships.append(("FRAMEWORK", record.framework))
    if record.replaced_by is not None:
        relationships.append(("REPLACED_BY", record.replaced_by))
    match record:
        case Framework():
            properties |= _present(license=record.license, attribution=record.attribution)
        case Competency():
            properties |= _present(kind=record.kind)
            relationships.extend(("BROADER", parent) for parent in record.broader)
        case Course():
            properties |= _present(provider=record.provider, duration_days=_number(record.duration_days))
            properties |= _cost(record.cost)
        case Credential():
            properties |= _present(issuer=record.issuer, kind=record.kind, duration_days=_number(record.duration_days))
            properties |= _cost(record.cost)
        case JobRole():
            properties |= _present(employer=record.employer, employer_iri=record.employer_iri)
            properties |= _present(places=list(record.places) or None, remote=record.remote or None)
            properties |= _salary(record.salary)
    return Node(label=type(record).__name__, iri=record.iri, properties=properties, relationships=tuple(relationships))


def _requirement(record: Requirement | RequirementGroup, dataset: str) -> Node:
    properties = _present(
        iri=record.iri,
        importance=record.importance.value,
        importance_value=record.importance_value,
        dataset=dataset,
    )
    relationships = [("OWNER", record.owner)]
    if record.role_level is not None:
        relationships.append(("ROLE_LEVEL", record.role_level))
    if isinstance(record, RequirementGroup):
        properties |= _present(name=_name(record.labels, _group_name(record.minimum)), minimum=record.minimum)
        properties |= _texts("label", record.labels)
        enclosing = ("PARENT", record.parent)
    else:
        properties |= _present(name=record.importance.value, experience_days=record.experience_days)
        properties |= _level(record.level)
        enclosing = ("GROUP", record.group)
        if record.target is not None:
            relationships.append(("TARGET", record.target))
        if record.level is not None:
            relationships.append(("LEVEL_SCALE", record.level.scale))
    if enclosing[1] is not None:
        relationships.append((enclosing[0], enclosing[1]))
    return Node(label=type(record).__name__, iri=record.iri, properties=properties, relationships=tuple(relationships))


def _relationship(kind: str, start: str, end: str, properties: Properties) -> Relationship:
    return Relationship(type=kind, iri=str(properties["iri"]), start=start, end=end, properties=properties)


def _group_name(minimum: int | None) -> str:
    return "all of" if minimum is None else "any of" if minimum == 1 else f"at least {minimum} of"


def _present(**values: Value | None) -> Properties:
    return {name: _fitting(value) for name, value in values.items() if value is not None}


def _fitting(value: Value) -> Value:
    """The value, an integer beyond Neo4j's 64 bits as a float."""
    return float(value) if isinstance(value, int) and abs(value) > LARGEST_INTEGER else value


def _texts(name: str, texts: tuple[Text, ...]) -> Properties:
    if not texts:
        return {}
    return {f"{name}s": [text.text for text in texts], f"{name}_languages": [text.language for text in texts]}


def _codes(codes: tuple[Code, ...]) -> Properties:
    if not codes:
        return {}
    return {
        "codes": [f"{code.system}:{code.value}" for code in codes],
        "code_values": sorted({code.value for code in codes}),
    }


def _level(level: Level | None) -> Properties:
    return {} if level is None else {"level": level.value, "scale": level.scale}


def _cost(cost: Money | None) -> Properties:
    return {} if cost is None else _present(cost_minor_units=cost.minor_units, currency=cost.currency)


def _salary(salary: Salary | None) -> Properties:
    if salary is None:
        return {}
    return _present(
        salary_minimum=salary.minimum,
        salary_maximum=salary.maximum,
        salary_currency=salary.currency,
        salary_period=None if salary.period is None else salary.period.value,
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _name(texts: tuple[Text, ...], otherwise: str) -> str:
    for text in texts:
        if text.language.partition("-")[0] == DISPLAY_LANGUAGE:
            return text.text
    return texts[0].text if texts else otherwise
